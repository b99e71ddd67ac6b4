"""One dose a drug for this patient: the regimen's own amount, and of all changes that hold the most restrictive.

A change whose fact is open, or only presumed away, is told beside the dose; it never hides behind a full one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from mmopts.assess.assessment import FIRM, Assessment
from mmopts.assess.schedule import BY_MOUTH, doses_in_28_days, visits
from mmopts.assess.truths import of_scope
from mmopts.knowledge.days import days_of
from mmopts.knowledge.once import Once
from mmopts.knowledge.records import Adjustment, Cited, DoseRow, Regimen
from mmopts.logic import Cond, One

OMITTED = "do not give"
NOT_RECORDED = "not recorded"
ONCE = "once"
STEP_UP = "step-up"
"""Said of the first, small doses of a drug that is raised to its dose in hospital."""


class Changed(NamedTuple):
    """A row with an adjustment applied; `dose` in words where numbers cannot say it."""

    row: DoseRow
    amount: float | None
    days: str
    dose: str | None = None

    @property
    def weight(self) -> float:
        """The amount in 28 days, by which what is more restrictive is told."""
        if self.amount is None:
            return 0.0 if self.dose == OMITTED else -1.0
        return self.amount * doses_in_28_days(self.row, self.days)


class Open(NamedTuple):
    """A change that an open or a presumed fact would ask for."""

    fact: str
    words: str
    dose: str
    text: str
    source: Cited


class Resolved(NamedTuple):
    """One drug's dose: its rows as they are for this patient, and as they stand in the regimen."""

    drug: str
    rows: tuple[Changed, ...]
    standard: tuple[DoseRow, ...]
    applied: tuple[Adjustment, ...]
    open: tuple[Open, ...]
    source: Cited
    unread: bool


_Held = Mapping[Cond, tuple[bool | None, bool | None]]
"""Conditions to their truth, for the patient as answered and without presumptions."""
_Key = tuple[int, str, Sequence[str], tuple[tuple[bool | None, bool | None], ...]]
_kept: Once[dict[_Key, tuple[Regimen, Resolved]]] = Once(lambda _: {})
KEPT = 10_000
"""Doses that are remembered: of a regimen's drug, for what holds of the conditions that they hang on."""


def prescription(assessment: Assessment, regimen: Regimen) -> tuple[Resolved, ...]:
    """The dose of each drug of a regimen, one a drug."""
    use = _Use(assessment, regimen)
    return tuple([_remembered(assessment, regimen, drug, use) for drug in _drugs(regimen)])


def _remembered(assessment: Assessment, regimen: Regimen, drug: str, use: _Use) -> Resolved:
    """A dose as it was worked out before, where the same conditions hold and none of its rows is open."""
    rows = [r for r in regimen.prescription if r.drug == drug]
    rules = _adjustments(assessment, regimen, drug)
    held = {cond: use.both(cond) for cond in [*(r.when for r in rows), *(a.when for a in rules)]}
    if any(None in held[r.when] for r in rows):
        return _resolve(assessment, drug, rows, rules, held)
    kept, key = _kept(assessment.kb), (id(regimen), drug, assessment.scope.regions, tuple(held.values()))
    if key not in kept:
        if len(kept) >= KEPT:
            kept.clear()
        kept[key] = regimen, _resolve(assessment, drug, rows, rules, held)
    return kept[key][1]


def _drugs(regimen: Regimen) -> list[str]:
    """The drugs in the order of the prescription; those without a row last."""
    return list(dict.fromkeys([*(r.drug for r in regimen.prescription if r.drug in regimen.drugs), *regimen.drugs]))


class _Use:
    """A patient given one regimen: where the setting is not known, it is one of those that the regimen is for."""

    def __init__(self, assessment: Assessment, regimen: Regimen) -> None:
        self._assessment = assessment
        known = assessment.facts.get("setting")
        self._settings = frozenset(regimen.settings)
        if isinstance(known, frozenset):
            self._settings = known & self._settings or known
        self._settled = known == self._settings
        self._logic: dict[int, One] = {}

    def both(self, cond: Cond) -> tuple[bool | None, bool | None]:
        """The truth of a condition, for the patient as answered and without presumptions."""
        return self._at(cond, 0), self._at(cond, FIRM)

    def _at(self, cond: Cond, world: int) -> bool | None:
        found = self._assessment.at(cond, world)
        if found is not None or self._settled:
            return found
        if world not in self._logic:
            facts = self._assessment.firm_facts if world == FIRM else self._assessment.facts
            self._logic[world] = One({**facts, "setting": self._settings})
        return self._logic[world].value(cond)


def _resolve(
    assessment: Assessment, drug: str, listed: Sequence[DoseRow], rules: Sequence[Adjustment], truth: _Held
) -> Resolved:
    """A dose from the rows of a drug and the changes that may bear on it."""
    held = [a for a in rules if truth[a.when][0]]
    versions = _versions(assessment, listed, rules, truth)
    if not versions:
        return Resolved(drug, (), (), (), (), None, False)
    made = [(v, _applied(v.rows, [a for a in held if a.region in (None, v.region)])) for v in versions]
    chosen, (changed, applied) = min((m for m in made if m[0].possible), key=lambda m: sum(c.weight for c in m[1][0]))
    rows, held = chosen.rows, [a for a in held if a.region in (None, chosen.region)]
    opened: dict[tuple[str, str, str], Open] = {}
    for other, (theirs, _) in made:
        if other is not chosen and [c[1:] for c in theirs] != [c[1:] for c in changed]:
            sources = cited(r.source for r in other.rows)
            found = Open(other.fact, other.words, dose_words(theirs), schedule_words(theirs), sources)
            opened[found[:3]] = found
    for rule in rules:
        if truth[rule.when][1] is None and rule not in held and not rule.unchanged:
            would, used = _applied(rows, [*held, rule])
            if used and [c[1:] for c in would] != [c[1:] for c in changed]:
                found = Open(rule.because, rule.words, dose_words(would), rule.text, rule.source)
                opened.setdefault(found[:3], found)
    return Resolved(
        drug,
        tuple(changed),
        tuple(rows),
        tuple(applied),
        tuple(opened.values()),
        cited([*(r.source for r in rows), *(a.source for a in applied)]),
        any(r.unread for r in rows) or any(a.unread for a in applied),
    )


class _Version(NamedTuple):
    """The rows of a drug for some patients: by region, or by a fact and its value in words.

    `possible`: for this patient as answered; else only a presumption rules it out, and it is told as open.
    """

    region: str | None
    fact: str
    words: str
    rows: list[DoseRow]
    possible: bool = True


def _versions(assessment: Assessment, rows: Sequence[DoseRow], rules: Sequence[Adjustment], truth: _Held) -> list[_Version]:
    """The versions of a drug's rows that may be this patient's: by region where something differs, and by an open fact."""
    out: list[_Version] = []
    regional = any(row.region for row in rows) or any(rule.region for rule in rules)
    regions: Sequence[str | None] = assessment.scope.regions if regional else (None,)
    for region in regions:
        mine = [r for r in rows if r.region in (None, region)]
        # Where a region has rows of its own for the same people, they replace those that are for every region.
        own = {r.when for r in mine if r.region is not None}
        mine = [r for r in mine if r.region is not None or r.when not in own]
        sure = [r for r in mine if truth[r.when][0]]
        if sure:
            label = ("region", region.upper()) if region else ("", "")
            out.append(_Version(region, *label, sure))
        for cond in dict.fromkeys(r.when for r in mine):
            now, firm = truth[cond]
            possible = not sure and now is None
            if possible or (now is False and firm is None):
                clauses = (assessment.reasons if possible else assessment.firm_reasons).of(cond).clauses
                fact = next((c.cond.fact for c in clauses if not of_scope(c.cond.fact)), "")
                theirs = [r for r in mine if r.when is cond]
                out.append(_Version(region, fact, assessment.say(cond), theirs, possible))
    return out if any(v.possible for v in out) else []


def _adjustments(assessment: Assessment, regimen: Regimen, drug: str) -> list[Adjustment]:
    """The changes that may bear on a drug of this regimen: the regimen's own, and of the drug's those it says nothing of."""
    own = [a for a in regimen.adjustments if a.drug == drug]
    known = assessment.kb.drugs.get(drug)
    spoken = {a.because for a in own}
    general = [a for a in known.adjustments if a.because not in spoken] if known else []
    parts = {p for d in regimen.drugs for p in (d, *assessment.kb.drugs[d].classes)}
    regions = (None, *assessment.scope.regions)
    return [a for a in (*own, *general) if a.region in regions and set(a.together) <= parts]


def _applied(rows: Sequence[DoseRow], rules: Iterable[Adjustment]) -> tuple[list[Changed], list[Adjustment]]:
    """The rows with every adjustment applied, the most restrictive of them for each row; and those that changed one."""
    out: list[Changed] = []
    used: dict[Adjustment, None] = {}
    for row in rows:
        best, why = unchanged([row])[0], None
        for rule in rules:
            if rule.unchanged or (rule.standard is not None and rule.standard != row.amount):
                continue
            new = _one(row, rule)
            if new is not None and row.amount is not None and new.weight < best.weight:
                best, why = new, rule
        out.append(best)
        if why is not None:
            used[why] = None
    return out, list(used)


def _one(row: DoseRow, rule: Adjustment) -> Changed | None:
    """One row with one adjustment; None where the adjustment's unit is another, so that only its text can say it."""
    if rule.omit:
        return Changed(row, None, row.days, OMITTED)
    days = rule.days or row.days
    if rule.days is not None and row.cycle:
        listed = days_of(rule.days)
        days = row.days if listed and max(listed) > row.cycle else rule.days
    if rule.factor is not None:
        return Changed(row, None if row.amount is None else row.amount * rule.factor, days)
    if rule.amount is None or row.amount is None or (rule.unit or row.unit) != row.unit:
        return None
    return Changed(row, min(row.amount, rule.amount), days)


# --- in words ---------------------------------------------------------------------------------------


def amount_words(changed: Changed) -> str:
    """An amount with its unit: ``25 mg``, ``0.5-1 x 10^6 cells/kg``."""
    if changed.dose is not None:
        return changed.dose
    assert changed.amount is not None
    row = changed.row
    top = f"-{row.most:g}" if row.most is not None and changed.amount == row.amount else ""
    times = "x " if row.unit[:1].isdigit() else ""
    return f"{changed.amount:g}{top} {times}{row.unit}"


def dose_words(rows: Sequence[Changed]) -> str:
    """The amounts of a drug in the order of its phases: ``20 mg/m2, then 56 mg/m2``."""
    said: list[str] = []
    for changed in rows:
        words = amount_words(changed)
        if not said or said[-1] != words:
            said.append(words)
    return ", then ".join(said) or NOT_RECORDED


def days_words(changed: Changed) -> str:
    """The days of one phase: ``1-21 of 28``, ``every other day of 1-21 of 28``, ``once``."""
    row, days = changed.row, changed.days
    if not row.cycle:
        return ONCE if days in ("0", "1", "") else f"day {days}"
    body, _, step = days.partition("/")
    every = "every other day, " if step == "2" else ""
    return f"{every}{body} of {row.cycle}"


def schedule_words(rows: Sequence[Changed]) -> str:
    """The days of each phase: ``1, 8, 15, 22 of 28 (cycles 1-2); 1, 15 of 28 (cycles 3-6)``; step-up doses are marked."""
    said: list[tuple[str, str, str]] = []
    for changed in rows:
        row = changed.row
        cycles = f"cycle{'' if row.cycles.isdigit() else 's'} {row.cycles}" if row.cycles else ""
        phase = [x for x in (STEP_UP if row.step_up else "", row.phase or "", cycles) if x]
        part = (amount_words(changed), days_words(changed), ", ".join(phase))
        if part not in said:
            said.append(part)
    several = len({amount for amount, _, _ in said}) > 1
    words = []
    for amount, days, cycles in said:
        head = f"{amount} on " if several else ""
        words.append(f"{head}{days}{f' ({cycles})' if cycles else ''}")
    return "; ".join(words)


def cited(sources: Iterable[Cited]) -> Cited:
    """Several citations as one."""
    flat = [i for source in sources for i in ((source,) if isinstance(source, str) else source or ())]
    found = tuple(dict.fromkeys(flat))
    return found[0] if len(found) == 1 else found or None


class Asked(NamedTuple):
    """What a prescription asks of the patient."""

    routes: tuple[str, ...]
    visits_first: int | None
    visits_later: int | None
    until: str | None


@lru_cache(2048)
def asked_of_patient(resolved: tuple[Resolved, ...]) -> Asked:
    """Routes, visits and duration of a prescription as it is for this patient."""
    given = [[c.row._replace(days=c.days) for c in r.rows if c.dose != OMITTED] for r in resolved]
    found = visits(given)
    routes = dict.fromkeys(row.route for rows in given for row in rows if row.route)
    ordered = sorted(routes, key=lambda route: (route == BY_MOUTH, list(routes).index(route)))
    ends = [rows[-1].until for rows in given if rows and rows[-1].until]
    until = "progression" if "progression" in ends else max(ends, key=_length, default=None)
    return Asked(tuple(ordered), found.first, found.later, until)


def _length(until: str) -> tuple[int, int]:
    """How long an end is away, for telling the longest."""
    number = int(until.split(maxsplit=1)[0]) if until[:1].isdigit() else 0
    return (2 if "month" in until else 1 if number else 0, number)


def standard_prescription(regimen: Regimen) -> tuple[Resolved, ...]:
    """The doses of a regimen as they stand, for nobody in particular: every region's and every version's rows."""
    out = []
    for drug in _drugs(regimen):
        rows = [r for r in regimen.prescription if r.drug == drug]
        source, unread = cited(r.source for r in rows), any(r.unread for r in rows)
        out.append(Resolved(drug, tuple(unchanged(rows)), tuple(rows), (), (), source, unread))
    return tuple(out)


def unchanged(rows: Sequence[DoseRow]) -> list[Changed]:
    """Rows as they stand in the regimen."""
    return [Changed(r, r.amount, r.days, None if r.amount is not None else NOT_RECORDED) for r in rows]
