"""Staging and risk scores, as the knowledge base defines them: points, criteria or groups with a condition each.

Their inputs (a laboratory value, a yes or no) are no facts of a patient file; they are read here, within the
knowledge base's own list of inputs, and evaluated in the same three-valued logic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, isfinite
from typing import Any

from mmopts.diagnostics import Problem, QuestionError
from mmopts.facts import FACTS
from mmopts.patient import intake
from mmopts.knowledge.records import Knowledge, Row
from mmopts.logic import Cond, Conditions, Evaluate, Interval, Value, Worlds, fold

SAID = {True: "yes", False: "no", None: "unknown"}
LIMITS = {"b2m": 200.0, "albumin": 20.0, "creatinine": 50.0}
"""The largest value that can be meant, in the unit of the knowledge base; beyond it, it is a slip of units."""


def inputs(kb: Knowledge) -> dict[str, Row]:
    """The inputs of all scores by id, facts of a patient file left out."""
    return {i["id"]: i for tool in kb.guidance["risk"] for i in tool["inputs"] if i["id"] not in FACTS}


def score_facts(given: Mapping[str, Any], kb: Knowledge) -> dict[str, Value]:
    """What is known: facts as `intake` settles them, and the inputs. Raises QuestionError."""
    known = inputs(kb)
    problems: list[Problem] = []
    out: dict[str, Value] = {}
    for name, raw in given.items():
        if name not in known or raw is None:
            continue
        if isinstance(raw, bool):
            out[name] = raw
            continue
        number = _number(raw)
        if number is None or not 0 <= number <= LIMITS.get(name, inf):
            unit = known[name].get("unit", "")
            problems.append(
                Problem(
                    "bad-value",
                    f"--{name} takes a number from 0 to {LIMITS.get(name, inf):g} ({unit}), not {str(raw)[:40]!r}.",
                    name,
                    str(raw)[:80],
                )
            )
        else:
            out[name] = Interval(number, number)
    try:
        patient = intake({k: v for k, v in given.items() if k in FACTS and v is not None}, kb)
    except QuestionError as error:
        raise QuestionError([*problems, *error.problems]) from None
    if problems:
        raise QuestionError(problems)
    return {**patient.firm, **out}


def _number(raw: Any) -> float | None:
    try:
        number = float(raw) if len(str(raw)) < 40 else inf
    except (TypeError, ValueError):
        return None
    return number if isfinite(number) else None


class _Reader:
    """Conditions of scores, which stand in the knowledge base as they were authored."""

    def __init__(self, facts: Mapping[str, Value], kb: Knowledge) -> None:
        self.conds = Conditions()
        self.definitions = {d["id"]: d for d in kb.guidance["definitions"]}
        self.evaluate = Evaluate(Worlds.around(facts, []))

    def holds(self, when: Mapping[str, Any]) -> bool | None:
        """Whether a condition holds."""
        return fold(self.read(when), self.evaluate, {}).at()

    def read(self, when: Mapping[str, Any]) -> Cond:
        """A condition: all its keys must hold."""
        return self.conds.all([self._key(key, value) for key, value in when.items()])

    def _key(self, key: str, value: Any) -> Cond:
        conds = self.conds
        if key in ("all", "any"):
            parts = [self.read(v) for v in value]
            return conds.all(parts) if key == "all" else conds.any(parts)
        if key == "not":
            return conds.not_(self.read(value))
        if key == "at_least":
            return conds.at_least(value["count"], [self.read(v) for v in value["of"]])
        if key == "is":
            return conds.all([self.read(self.definitions[name]["when"]) for name in _listed(value)])
        if isinstance(value, bool):
            return conds.leaf(key, "is", value)
        if isinstance(value, Mapping):
            return conds.all([self._bound(key, bound, float(number)) for bound, number in value.items()])
        return conds.all([conds.leaf(f"{key}:{word}", "is", True) for word in _listed(value)])

    def _bound(self, key: str, bound: str, number: float) -> Cond:
        at_most = bound in ("max", "above")
        leaf = self.conds.leaf(key, "<=" if at_most else ">=", number)
        return leaf if bound in ("min", "max") else self.conds.not_(leaf)


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def score(tool: Row, facts: Mapping[str, Value], kb: Knowledge) -> dict[str, Any]:
    """One score: its groups, each yes, no or unknown; its points or criteria; and the inputs that are missing."""
    reader = _Reader(facts, kb)
    items = [
        {"text": i["name"], "points": i.get("points"), "holds": SAID[reader.holds(i["when"])]}
        for i in (*tool.get("points", ()), *tool.get("criteria", ()))
    ]
    low = sum(i["points"] or 1 for i in items if i["holds"] == "yes")
    high = low + sum(i["points"] or 1 for i in items if i["holds"] == "unknown")
    groups = []
    for group in tool["groups"]:
        if "when" in group:
            state = reader.holds(group["when"])
        else:
            bounds = group.get("criteria", group)
            least, most = bounds.get("min", -inf), bounds.get("max", inf)
            state = True if least <= low and high <= most else False if high < least or low > most else None
        groups.append(
            {"id": group["id"], "name": group["name"], "holds": SAID[state], "outcome": _finite(group.get("outcome"))}
        )
    if any(g["holds"] == "yes" for g in groups):
        groups = [{**g, "holds": "no" if g["holds"] == "unknown" else g["holds"]} for g in groups]
    decided = next((g["name"] for g in groups if g["holds"] == "yes"), None)
    missing = (
        []
        if decided
        else [
            {"fact": i["id"], "question": i["question"], "option": _option(i["id"])}
            for i in tool["inputs"]
            if not _known(i["id"], facts)
        ]
    )
    return {
        "id": tool["id"],
        "name": tool["name"],
        "group": decided,
        "possible": [g["name"] for g in groups if g["holds"] != "no"],
        "groups": groups,
        "items": items,
        "points": {"min": low, "max": high} if tool.get("points") else None,
        "missing": missing,
        "setting": tool.get("setting"),
        "note": tool.get("note"),
        "source": tool["source"],
        "unread": tool.get("unread", []),
    }


def _option(name: str) -> str:
    return "--ldh" if name == "ldh_high" else f"--{name}"


def _known(name: str, facts: Mapping[str, Value]) -> bool:
    return name in facts or any(atom.startswith(f"{name}:") for atom in facts)


def _finite(outcome: Mapping[str, Any] | None) -> dict[str, Any]:
    """Outcomes without infinities, which JSON lacks: a median that was not reached becomes None."""
    return {k: None if isinstance(v, float) and not isfinite(v) else v for k, v in (outcome or {}).items()}
