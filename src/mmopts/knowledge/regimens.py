"""A regimen compiled: what opens it; with its rules (`rules`), its evidence (`evidence`) and its doses (`doses`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from mmopts.diagnostics import near
from mmopts.facts import SETTINGS
from mmopts.knowledge.context import Context, each, is_label
from mmopts.knowledge.doses import administration, lighter
from mmopts.knowledge.evidence import trial_of
from mmopts.knowledge.fill import fill
from mmopts.knowledge.read import Path, Raw, as_list
from mmopts.knowledge.records import (
    LABEL_REGIONS,
    WITHDRAWN,
    First,
    Indication,
    Place,
    Position,
    Regimen,
    Trial,
    Win,
)
from mmopts.knowledge.rules import Rules
from mmopts.logic import Cond


def _labelled(context: Context) -> dict[str, str]:
    """The day since which each drug, steroids aside, is on label in some regimen, setting and region."""
    out: dict[str, str] = {}
    steroids = context.members[context.raw["steroid_class"]]
    for entry in context.raw["regimens"]:
        for row in entry["indications"]:
            if is_label(row) and "since" in row:
                since = str(row["since"])
                out |= {d: min(since, out.get(d, since)) for d in entry["drugs"] if d not in steroids}
    return out


class Regimens:
    """Compiles the regimens of one merged knowledge base, faults going to the context's report."""

    def __init__(self, context: Context) -> None:
        self.context, self.conds = context, context.conds
        self._rules = Rules(context)
        self._win = fill(Win, context.raw["tiers"]["win"])
        self._labelled = _labelled(context)

    def regimen(self, entry: Raw, path: Path) -> Regimen:
        """One regimen, its cautions and positions left out: these may ask whether other regimens are open."""
        conds, drugs = self.conds, self.context.drugs
        for i, drug in enumerate(entry["drugs"]):
            if drug not in drugs:
                text = f"{drug!r} is no drug of this knowledge base"
                self.context.report("unknown-drug", text, (*path, "drugs", i), near(str(drug), drugs))
        evidence = each(entry, "evidence", path, partial(trial_of, self.context, entry))
        rows = (
            *each(entry, "indications", path, partial(self._indication, entry)),
            *self._opened_by_states(entry),
            *self._opened_by_trials(entry, path, evidence),
        )
        labels: dict[str, Cond | None] = dict.fromkeys(LABEL_REGIONS.values())
        if entry["drugs"]:
            labels = {r: conds.any([w.strict for w in rows if w.region == r]) for r in LABEL_REGIONS.values()}
        forbids = self._rules.forbidding(entry, path)
        indicated = conds.any([row.open for row in rows])
        settings = sorted({s for row in entry["indications"] for s in as_list(row["setting"])})
        given = administration(self.context, entry, path)
        return fill(
            Regimen,
            entry,
            name=entry.get("name") or ", ".join(entry["drugs"]) or entry["id"],
            drugs=tuple(sorted(entry["drugs"])),
            settings=tuple(settings),
            step=entry.get("pathway_step", 1),
            lighter_when=lighter(self.context, entry, path),
            investigational=any(e.get("investigational", False) for e in (entry, *self._known(entry))),
            verdict=conds.all([indicated, *[conds.not_(rule.cond) for rule in forbids]]),
            indicated=indicated,
            in_setting=self.context.setting(settings),
            labels=labels,
            rows=rows,
            forbids=forbids,
            cautions=(),
            evidence=evidence,
            positions=(),
            firsts=(),
            places=each(entry, "places", path, self._place),
            administration=lambda: given,
        )

    def _known(self, entry: Raw) -> list[Raw]:
        """The entries of a regimen's drugs."""
        return [self.context.drugs[d] for d in entry["drugs"] if d in self.context.drugs]

    def complete(self, regimen: Regimen, entry: Raw, path: Path, positions: Sequence[Position]) -> Regimen:
        """The regimen with what may ask whether others are open: its cautions, and what puts it first."""
        return regimen._replace(
            cautions=self._rules.warning(entry, path),
            positions=tuple(p for p in positions if regimen.id in p.regimens),
            firsts=tuple(self._firsts(entry)),
        )

    # --- what opens it ---------------------------------------------------------------------------

    def _indication(self, entry: Raw, row: Raw, path: Path) -> Indication:
        """An indication: `strict` as it is written, `open` without the limits that never exclude."""
        conds, context = self.conds, self.context
        region, settings = LABEL_REGIONS.get(row["basis"]), as_list(row["setting"])
        setting = context.setting(settings)
        when = self.context.when(row, path)
        if when is conds.false:
            context.report("unsatisfiable", "this condition can never hold", (*path, "when"))
        force = self._in_force(row, path)
        strict = opened = conds.all([setting, when, force])
        if region is not None:
            decided = when if entry.get("label_decides") else context.relaxed(when)
            opened = conds.all([conds.leaf(f"counts:{region}", "is", True), setting, decided, force])
        return context.filled(
            Indication,
            row,
            path,
            region=region,
            settings=tuple(settings),
            strict=strict,
            open=opened,
            when=when,
            force=force,
            words=context.say(when),
            status=row.get("status", "active"),
        )

    def _opened_by_states(self, entry: Raw) -> Iterator[Indication]:
        """Indications from what a special state opens, off label.

        In force once each of the drugs has had a label, and what the state says was public.
        """
        labelled = [self._labelled[d] for d in entry["drugs"] if d in self._labelled]
        for state, row, where in self._put_first(entry):
            if row.get("opens"):
                public = self.context.public_day(row)
                since = max([*labelled, *([public] if public else [])], default=None)
                cond = self._within(state, row, where)
                who = {"body": state["name"], "position": row["position"]}
                yield self._opened("guideline", row, where, cond, since, **who)._replace(since=None)

    def _opened_by_trials(self, entry: Raw, path: Path, evidence: Sequence[Trial]) -> Iterator[Indication]:
        """Indications from deciding trials that were won, where else only a label would open the regimen.

        They are in force from the day of the first report (`since`). A trial with a survival alert opens nothing.
        """
        if not (entry.get("label_decides") or any(d.get("investigational") for d in self._known(entry))):
            return
        for i, (row, trial) in enumerate(zip(entry.get("evidence", ()), evidence, strict=True)):
            if self._win.decided(trial) and trial.alert is None:
                cond = self.conds.all([trial.setting, trial.population])
                settings = as_list(row["setting"])
                yield self._opened("trial", row, (*path, "evidence", i), cond, row.get("since"), settings, trial=trial.trial)

    def _opened(
        self,
        basis: str,
        row: Raw,
        path: Path,
        cond: Cond,
        since: object = None,
        settings: Sequence[str] = SETTINGS,
        **who: str,
    ) -> Indication:
        """An indication by which a state or a body opens a regimen on a `basis` other than a label."""
        force = self.context.reached(since, path)
        strict = self.conds.all([cond, force])
        return fill(
            Indication,
            who,
            basis=basis,
            settings=tuple(settings),
            strict=strict,
            open=strict,
            when=cond,
            force=force,
            words=self.context.say(cond),
            source=self.context.cited(row, path),
            status="active",
            since=None if since is None else str(since),
        )

    def _in_force(self, row: Raw, path: Path) -> Cond:
        if row["basis"] in LABEL_REGIONS and not is_label(row):
            return self.conds.false
        force = self.context.force(row, path)
        if row.get("status") == WITHDRAWN and "until" not in row:
            self.context.report("no-end", "a withdrawn label needs the date of its withdrawal in `until`", path)
        return force

    def _firsts(self, regimen: Raw) -> Iterator[First]:
        """What states put this regimen first."""
        for state, row, where in self._put_first(regimen):
            cond = self.conds.all([self._within(state, row, where), self.context.public(row, where)])
            yield self.context.filled(First, row, where, state=state["id"], cond=cond)

    def _put_first(self, regimen: Raw) -> Iterator[tuple[Raw, Raw, Path]]:
        """What states put first and this regimen is: the state, the row, the row's path."""
        for i, state in enumerate(self.context.raw.get("states", ())):
            for j, row in enumerate(state.get("first", ())):
                if self.context.selects(row, regimen):
                    yield state, row, ("states", i, "first", j)

    def _within(self, state: Raw, row: Raw, path: Path) -> Cond:
        """The condition of a state's row: the state's own and that of the row."""
        return self.conds.all([self.context.state_conds[state["id"]], self.context.when(row, path)])

    def _place(self, row: Raw, path: Path) -> Place:
        cond = self.conds.all(
            [
                self.context.setting(as_list(row["setting"])) if "setting" in row else self.conds.true,
                self.context.when(row, path),
                self.context.force(row, path),
            ]
        )
        return self.context.filled(Place, row, path, cond=cond)
