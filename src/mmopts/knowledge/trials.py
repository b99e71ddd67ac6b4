"""A trial is written once, with an arm for each regimen that it is evidence for; each regimen gets its own rows.

A row has the keys of the trial, overridden by those of the arm; `unread` is joined, and `reports` are the sources of both.
Its path (``regimens, i, evidence, j, ...``) leads back to the place in the trial or in the arm.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from mmopts.diagnostics import WARNING, near
from mmopts.knowledge.language import Report
from mmopts.knowledge.read import Path, Raw, as_list
from mmopts.knowledge.schema import Misfit

_OF_TRIAL = ("name", "arms", "remove")


def with_evidence(raw: Raw) -> tuple[dict[str, Any], Callable[[Path], Path]]:
    """The data with rows for the ids in each regimen's `evidence`, and the way from a path in them to their trial."""
    trials = {trial["id"]: (t, trial) for t, trial in enumerate(raw.get("trials", ()))}
    origin: dict[Path, tuple[int, int]] = {}
    regimens = []
    for i, regimen in enumerate(raw["regimens"]):
        rows: list[dict[str, Any]] = []
        for t, trial in (trials[name] for name in regimen.get("evidence", ()) if name in trials):
            for a, arm in enumerate(trial["arms"]):
                if arm["regimen"] == regimen["id"]:
                    origin[i, len(rows)] = t, a
                    rows.append(_row(trial, arm))
        regimens.append({**regimen, "evidence": rows} if "evidence" in regimen else regimen)

    def back(path: Path) -> Path:
        if path[:1] != ("regimens",) or path[2:3] != ("evidence",) or len(path) < 4:
            return path
        t, a = origin[path[1], path[3]]
        trial = raw["trials"][t]
        if len(path) > 4 and path[4] not in trial["arms"][a] and path[4] in trial:
            return ("trials", t, *path[4:])
        return ("trials", t, "arms", a, *path[4:])

    return {**raw, "regimens": regimens}, back


def _row(trial: Raw, arm: Raw) -> dict[str, Any]:
    common = {k: v for k, v in trial.items() if k not in _OF_TRIAL}
    own = {k: v for k, v in arm.items() if k not in ("regimen", "name")}
    reports = [*as_list(trial.get("source", [])), *as_list(arm.get("source", []))]
    row = {"trial": arm.get("name") or trial.get("name") or trial["id"], **common, **own, "reports": reports}
    if "unread" in row:
        row["unread"] = list(dict.fromkeys([*trial.get("unread", ()), *arm.get("unread", ())]))
    return row


def trial_references(raw: Raw, removed: Collection[str], report: Report, whole: bool) -> None:
    """Report evidence that is no trial, arms of no regimen, and (warnings) trials and arms that no regimen names.

    An arm of a regimen in `removed` may stay. Unless the data is `whole`, or if a name is wrong, what is missing may
    only follow from that; it is not told then.
    """
    evidence = {regimen["id"]: regimen.get("evidence", ()) for regimen in raw["regimens"]}
    arms = {trial["id"]: [arm["regimen"] for arm in trial["arms"]] for trial in raw.get("trials", ())}
    wrong: list[Misfit] = []
    for i, regimen in enumerate(entry["id"] for entry in raw["regimens"]):
        for j, name in enumerate(evidence[regimen]):
            path: Path = ("regimens", i, "evidence", j)
            if name not in arms:
                wrong.append(Misfit("unknown-trial", f"{name!r} is no trial of this knowledge base", path, near(name, arms)))
            elif whole and regimen not in arms[name]:
                message = f"no arm of the trial {name} is of {regimen}"
                wrong.append(Misfit("no-arm", message, path, near(regimen, arms[name])))
    for i, entry in enumerate(raw["regimens"]):
        for k, rule in enumerate(entry.get("rules", ())):
            name = rule.get("criterion_of")
            if name is not None and name not in evidence[entry["id"]]:
                message = f"{name!r} is no trial of the evidence of {entry['id']}"
                path = ("regimens", i, "rules", k, "criterion_of")
                wrong.append(Misfit("unknown-trial", message, path, near(name, evidence[entry["id"]])))
    for t, trial in enumerate(entry["id"] for entry in raw.get("trials", ())):
        for a, regimen in enumerate(arms[trial]):
            if regimen not in evidence and regimen not in removed:
                path = ("trials", t, "arms", a, "regimen")
                message = f"{regimen!r} is no regimen of this knowledge base"
                wrong.append(Misfit("unknown-regimen", message, path, near(regimen, evidence)))
    for fault in wrong:
        report(*fault)
    if whole and not wrong:
        _unused(raw, evidence, report)


def _unused(raw: Raw, evidence: Mapping[str, Collection[str]], report: Report) -> None:
    """Warn of trials, and of single arms, whose regimens do not name them."""
    for t, entry in enumerate(raw.get("trials", ())):
        trial = entry["id"]
        here = {a: arm["regimen"] for a, arm in enumerate(entry["arms"]) if arm["regimen"] in evidence}
        unused = {a: regimen for a, regimen in here.items() if trial not in evidence[regimen]}
        if unused and unused == here:
            hint = f"add it to the evidence of {' and '.join(unused.values())}, or take it out"
            report("unused-trial", f"no regimen names the trial {trial}", ("trials", t), hint, severity=WARNING)
            continue
        for a, regimen in unused.items():
            hint = f"add {trial} to its evidence, or take the arm out"
            message = f"{regimen} does not name the trial {trial}"
            report("unused-arm", message, ("trials", t, "arms", a), hint, severity=WARNING)
