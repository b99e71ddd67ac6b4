"""A regimen compiled: what opens it, what forbids it and warns of it, its evidence and its prescription."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from math import isinf
from typing import Any

from mmopts.diagnostics import near
from mmopts.facts import SETTINGS
from mmopts.knowledge.context import Context, each
from mmopts.knowledge.fill import fill
from mmopts.knowledge.read import Path, Raw, as_list
from mmopts.knowledge.records import (
    NEVER_IN_FORCE,
    WITHDRAWN,
    Adjustment,
    Administration,
    Alternative,
    DoseRow,
    Figures,
    First,
    Indication,
    Inpatient,
    Place,
    Position,
    Preparation,
    Regimen,
    Response,
    Rule,
    Subgroup,
    Toxicity,
    Trial,
    Win,
    rows_of_region,
)
from mmopts.logic import Cond

LABEL_REGIONS = {"us-label": "us", "eu-label": "eu"}
"""The region of each kind of label, by the basis of an indication."""
FORBIDDING = ("avoid", "wait")
WARNING = ("caution", "lower", "cap")


def _labelled(context: Context) -> dict[str, str]:
    """The day since which each drug, steroids aside, is on label in some regimen, setting and region."""
    out: dict[str, str] = {}
    steroids = context.members[context.raw["steroid_class"]]
    for entry in context.raw["regimens"]:
        for row in entry["indications"]:
            if row["basis"] in LABEL_REGIONS and row.get("status") not in NEVER_IN_FORCE and "since" in row:
                since = str(row["since"])
                out |= {d: min(since, out.get(d, since)) for d in entry["drugs"] if d not in steroids}
    return out


class Regimens:
    """Compiles the regimens of one merged knowledge base, faults going to the context's report."""

    def __init__(self, context: Context) -> None:
        self.context, self.conds, self.build = context, context.conds, context.build
        self._rules: dict[tuple[str, Cond, str], Rule] = {}
        self._win = fill(Win, context.raw["tiers"]["win"])
        self._labelled = _labelled(context)
        self._made: dict[tuple[Path, str | None, Cond | None], Rule] = {}
        """Rules by where they stand, the drug that they are about and for whom: one bears on many regimens."""

    def regimen(self, entry: Raw, path: Path) -> Regimen:
        """One regimen, its cautions and positions left out: these may ask whether other regimens are open."""
        conds, drugs = self.conds, self.context.drugs
        for i, drug in enumerate(entry["drugs"]):
            if drug not in drugs:
                text = f"{drug!r} is no drug of this knowledge base"
                self.context.report("unknown-drug", text, (*path, "drugs", i), near(str(drug), drugs))
        evidence = each(entry, "evidence", path, partial(self._trial, entry))
        rows = (
            *each(entry, "indications", path, partial(self._indication, entry)),
            *self._opened_by_states(entry),
            *self._opened_by_trials(entry, path, evidence),
        )
        labels: dict[str, Cond | None] = dict.fromkeys(LABEL_REGIONS.values())
        if entry["drugs"]:
            labels = {r: conds.any([w.strict for w in rows if w.region == r]) for r in LABEL_REGIONS.values()}
        forbids = tuple(self._forbids(entry, path))
        indicated = conds.any([row.open for row in rows])
        settings = sorted({s for row in entry["indications"] for s in as_list(row["setting"])})
        given = Administration(
            prescription=each(entry, "prescription", path, self._dose),
            adjustments=adjustments(self.context, entry, path, None),
            preparation=each(entry, "preparation", path, partial(self.context.filled, Preparation)),
            alternatives=tuple(one for several in each(entry, "alternatives", path, self._alternative) for one in several),
            inpatient=self._inpatient(entry, path),
        )
        return fill(
            Regimen,
            entry,
            name=entry.get("name") or ", ".join(entry["drugs"]) or entry["id"],
            drugs=tuple(sorted(entry["drugs"])),
            settings=tuple(settings),
            step=entry.get("pathway_step", 1),
            lighter_when=self._lighter(entry, path),
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

    def _lighter(self, entry: Raw, path: Path) -> Cond:
        """For whom a regimen is not of its intensity, because its prescription has a lighter schedule for them."""
        if "lighter_when" not in entry:
            return self.conds.false
        return self.build.build(entry["lighter_when"], (*path, "lighter_when"))

    def _known(self, entry: Raw) -> list[Raw]:
        """The entries of a regimen's drugs."""
        return [self.context.drugs[d] for d in entry["drugs"] if d in self.context.drugs]

    def complete(self, regimen: Regimen, entry: Raw, path: Path, positions: Sequence[Position]) -> Regimen:
        """The regimen with what may ask whether others are open: its cautions, and what puts it first."""
        return regimen._replace(
            cautions=tuple(self._shared([*self._spent(entry, warns=True), *self._rules_of(entry, path, WARNING)])),
            positions=tuple(p for p in positions if regimen.id in p.regimens),
            firsts=tuple(self._firsts(entry)),
        )

    # --- what opens it ---------------------------------------------------------------------------

    def _indication(self, entry: Raw, row: Raw, path: Path) -> Indication:
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
        force = self.context.force({} if since is None else {"since": since}, path)
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
        if row["basis"] in LABEL_REGIONS and row.get("status") in NEVER_IN_FORCE:
            return self.conds.false
        force = self.context.force(row, path)
        if row.get("status") == WITHDRAWN and "until" not in row:
            self.context.report("no-end", "a withdrawn label needs the date of its withdrawal in `until`", path)
        return force

    # --- what forbids it and warns of it ---------------------------------------------------------

    def _forbids(self, entry: Raw, path: Path) -> Iterator[Rule]:
        spent = self._spent(entry, warns=False)
        return self._shared([*spent, *self._rules_of(entry, path, FORBIDDING)])

    def _spent(self, entry: Raw, warns: bool) -> Iterator[Rule]:
        """What the disease has learnt to live with: it excludes, or in a regimen of salvage warns where a row says so."""
        exempt = set(entry.get("spent_exempt", ()))
        for i, rule in enumerate(self.context.raw["spent"]):
            eased = rule.get("salvage") if entry.get("salvage") else None
            if warns is not (eased is not None):
                continue
            made = {**rule, "effect": "spent"} if eased is None else {**rule, **eased, "effect": "caution", "tier": -1}
            where: Path = ("spent", i) if eased is None else ("spent", i, "salvage")
            yield from (self._rule(made, where, drug) for drug in self.context.selected(rule, entry) if drug not in exempt)

    def _rule(self, rule: Raw, path: Path, drug: str | None, state: str = "", within: Cond | None = None) -> Rule:
        found = self._made.get((path, drug, within))
        if found is None:
            found = self._made[path, drug, within] = self._compiled(rule, path, drug, state, within)
        return found

    def _compiled(self, rule: Raw, path: Path, drug: str | None, state: str, within: Cond | None) -> Rule:
        cond = self.build.build(rule.get("when"), (*path, "when"), drug)
        if within is not None:
            cond = self.conds.all([within, cond])
        lifting = [self.conds.not_(state) for state in self.context.lifting.get(rule["id"], ())]
        text = str(rule["text"]).replace("{drug}", drug or "it")
        return self.context.filled(
            Rule,
            rule,
            path,
            strength=rule.get("strength", "editorial"),
            text=f"{rule['region'].upper()} label: {text}" if "region" in rule else text,
            cond=self.context.dated(self.conds.all([cond, *lifting]), rule, path),
            unlifted=self.context.dated(cond, rule, path),
            step=-rule.get("tier", 0) if rule["effect"] != "lower" else 1,
            always=cond is self.conds.true,
            state=state,
            facts=frozenset(self.context.atoms(rule.get("facts", ()))),
        )

    def _by_region(self, rule: Rule, region: str | None, effects: Sequence[str]) -> Iterator[Rule]:
        """The rule as it acts, of these effects: one of a single region's label acts where only that region's labels count.

        Where another region's labels count as well, it is a caution that names its label: theirs do not say it. The
        caution lowers the tier by what the rule says of it (`tier`), if its own region was asked for too.
        """
        elsewhere = [self.conds.leaf(f"counts:{r}", "is", True) for r in LABEL_REGIONS.values() if r != region]
        if region is None or (rule.effect == "caution" and not rule.step):
            if rule.effect in effects:
                yield rule
            return
        others = self.conds.any(elsewhere)
        if rule.effect in effects:
            yield self._where(rule, self.conds.not_(others))
        if "caution" in effects:
            step = 0 if rule.effect == "lower" else rule.step
            own = self.conds.leaf(f"counts:{region}", "is", True)
            for lowering, where in ((step, own), (0, self.conds.not_(own))) if step else ((0, self.conds.true),):
                yield self._where(rule, others, where)._replace(effect="caution", step=lowering)

    def _where(self, rule: Rule, *where: Cond) -> Rule:
        """The rule, where these hold as well."""
        cond, unlifted = (self.conds.all([one, *where]) for one in (rule.cond, rule.unlifted))
        return rule._replace(cond=cond, unlifted=unlifted, always=False)

    def _of_intensity(self, rule: Raw, regimen: Raw, path: Path) -> Cond:
        """For whom a regimen is of an intensity that a rule is about, if it is about one."""
        about = "intensity" in rule.get("for", {})
        return self.conds.not_(self._lighter(regimen, path)) if about else self.conds.true

    def _shared(self, rules: Iterable[Rule]) -> Iterator[Rule]:
        """The rules, where equal ones are one object; what never holds is left out."""
        out: dict[tuple[str, Cond, str], Rule] = {}
        for rule in rules:
            if rule.cond is not self.conds.false:
                key = (rule.id, rule.cond, rule.text)
                out[key] = self._rules.setdefault(key, rule)
        yield from out.values()

    def _rules_of(self, regimen: Raw, path: Path, effects: Sequence[str]) -> Iterator[Rule]:
        """The rules of these effects that bear on a regimen: general, of a state, of its classes, of its drugs, its own."""
        for rule, region in self._bearing(regimen, path, effects):
            yield from self._by_region(rule, region, effects)

    def _bearing(self, regimen: Raw, path: Path, effects: Sequence[str]) -> Iterator[tuple[Rule, str | None]]:
        """The rules that may act by these effects, as they are authored, each with the region whose label it is of."""
        context, conds = self.context, self.conds

        def acts(rule: Raw) -> bool:
            return rule["effect"] in effects or ("region" in rule and "caution" in effects)

        for i, rule in enumerate(context.raw.get("rules", ())):
            for drug in context.selected(rule, regimen) if acts(rule) else ():
                within = self._of_intensity(rule, regimen, path)
                yield self._rule(rule, ("rules", i), drug, within=within), rule.get("region")
        for i, state in enumerate(context.raw.get("states", ())):
            for j, rule in enumerate(state.get("rules", ())):
                where: Path = ("states", i, "rules", j)
                if acts(rule):
                    drugs = list(context.selected(rule, regimen))
                    told = rule
                    if rule["effect"] == "wait" and "opens_when" in state:
                        told = {**rule, "text": f"{rule['text']}; opens when {state['opens_when']}"}
                    for drug in drugs if "{drug}" in rule["text"] or "self" in repr(rule.get("when")) else drugs[:1]:
                        within = conds.all([context.state_conds[state["id"]], self._of_intensity(rule, regimen, path)])
                        made = self._rule(told, where, drug, state["id"], within)
                        yield made, rule.get("region")
        for kind, entries in (("classes", context.raw["classes"]), ("drugs", context.raw["drugs"])):
            for i, entry in enumerate(entries):
                mine = [d for d in regimen["drugs"] if entry["id"] in (d, *context.classes_of(d))]
                for j, rule in enumerate(entry.get("rules", ()) if mine else ()):
                    for drug in mine if acts(rule) else ():
                        yield self._rule(rule, (kind, i, "rules", j), drug), rule.get("region")
        for j, rule in enumerate(regimen.get("rules", ())):
            if acts(rule):
                yield self._rule(rule, (*path, "rules", j), None), rule.get("region")

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

    # --- evidence --------------------------------------------------------------------------------

    def _trial(self, entry: Raw, row: Raw, path: Path) -> Trial:
        context = self.context
        primary = row.get("primary", {})
        population = self.build.build(row.get("population"), (*path, "population"))
        response = row.get("response")
        return context.filled(
            Trial,
            row,
            path,
            id=row.get("id", row["trial"]),
            setting=context.setting(as_list(row["setting"])),
            versus=tuple(str(v) for v in as_list(row.get("versus", []))),
            population=population,
            words=context.say(population),
            full=row.get("recorded", "partial") == "full",
            endpoint=primary.get("endpoint"),
            met=primary.get("met"),
            pfs=_figures(row.get("pfs")),
            os=_figures(row.get("os")),
            response=Response(**{k: _point(v) for k, v in response.items()}) if response else None,
            toxicity=tuple(Toxicity(t["event"], _point(t["percent"])) for t in row.get("toxicity", ())),
            subgroups=each(row, "subgroups", path, self._subgroup),
            key="compares" not in row,
            known=self._known_by(row, path),
            counts=self._counts_from(entry, row, path),
        )

    def _first_report(self, row: Raw) -> str | None:
        """When a trial was reported, as far as is recorded: its `since`, else the year of the first of its sources."""
        cited = [self.context.sources.get(name, {}) for name in row["reports"]]
        since = row.get("since") or min((str(source["year"]) for source in cited if "year" in source), default=None)
        return None if since is None else str(since)

    def _known_by(self, row: Raw, path: Path) -> Cond:
        """Whether a trial had been reported."""
        since = self._first_report(row)
        return self.context.force({} if since is None else {"since": since}, path)

    def _counts_from(self, entry: Raw, row: Raw, path: Path) -> Cond:
        """Whether a trial may speak for its regimen: from its `since`, else its first recorded report or an earlier label.

        What is recorded is often a later report than the first; a label of the setting rests on one that was there.
        """
        settings = set(as_list(row["setting"]))
        rows = (r for r in entry["indications"] if r["basis"] in LABEL_REGIONS and r.get("status") not in NEVER_IN_FORCE)
        labels = [str(r["since"]) for r in rows if "since" in r and settings.intersection(as_list(r["setting"]))]
        first = self._first_report(row)
        since = first if first is None or "since" in row else min([first, *labels])
        return self.context.public({"since": since} if since else {}, path)

    def _subgroup(self, sub: Raw, path: Path) -> Subgroup:
        when = self.context.when(sub, path)
        pfs, overall = _figures(sub.get("pfs")), _figures(sub.get("os"))
        return fill(Subgroup, sub, when=when, words=self.context.say(when), pfs=pfs, os=overall)

    # --- doses -----------------------------------------------------------------------------------

    def _dose(self, row: Raw, path: Path) -> DoseRow:
        return self.context.filled(
            DoseRow,
            row,
            path,
            amount=None if row.get("not_recorded") else row["amount"],
            most=row.get("amount_max"),
            cycle=row.get("cycle", 0),
            when=self.context.when(row, path),
        )

    def _inpatient(self, entry: Raw, path: Path) -> Inpatient | None:
        row = entry.get("inpatient")
        return self.context.filled(Inpatient, row, (*path, "inpatient")) if row else None

    def _alternative(self, row: Raw, path: Path) -> tuple[Alternative, ...]:
        """Another schedule; one whose doses differ by region is one for each of them."""
        rows, when = each(row, "prescription", path, self._dose), self.context.when(row, path)
        regions = tuple(dict.fromkeys(dose.region for dose in rows if dose.region is not None))
        several = (row["region"],) if "region" in row else regions or (None,)
        return tuple([fill(Alternative, row, when=when, region=r, rows=rows_of_region(rows, r)) for r in several])


def adjustments(context: Context, entry: Raw, path: Path, drug: str | None) -> tuple[Adjustment, ...]:
    """The changes of dose that stand at a drug, or at a regimen (`drug` None: each row names its own)."""

    def adjustment(row: Raw, path: Path) -> Adjustment:
        when = context.when(row, path)
        return context.filled(
            Adjustment,
            row,
            path,
            drug=drug or row["drug"],
            when=context.conds.all([when, context.setting(as_list(row["setting"]))]) if "setting" in row else when,
            words=context.say(when),
            together=tuple(as_list(row.get("with", []))),
            own=drug is None,
        )

    return each(entry, "adjustments", path, adjustment)


def _figures(row: Mapping[str, Any] | None) -> Figures | None:
    """A time-to-event endpoint; a median that was not reached is infinite in the authored form."""
    if row is None:
        return None
    months, control = row.get("months"), row.get("control")
    reached, theirs_reached = not _infinite(months), not _infinite(control)
    return fill(
        Figures, row, months=finite(months), control=finite(control), reached=reached, control_reached=theirs_reached
    )


def _infinite(value: Any) -> bool:
    return isinstance(value, float) and isinf(value)


def finite(value: Any) -> Any:
    """A value, or None for a number without end: the authored form of what was not reached, or has no bound."""
    return None if _infinite(value) else value


def _point(value: Any) -> tuple[float | None, ...]:
    return tuple(finite(v) for v in as_list(value))
