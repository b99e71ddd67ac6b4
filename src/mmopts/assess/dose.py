"""One dose a drug for this patient: the regimen's own amount, and of all changes that hold the most restrictive.

A change whose fact is open, or only presumed away, is told beside the dose; it never hides behind a full one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from mmopts.assess.assessment import Assessment, assess_given
from mmopts.assess.plans import Given, Plan, phase_facts
from mmopts.assess.schedule import BY_MOUTH, HORIZON, START, adjustments, doses_in_28_days, total, visits
from mmopts.knowledge.days import days_of, step_of, stepped, weekly
from mmopts.knowledge.once import Once
from mmopts.knowledge.records import Adjustment, Cited, DoseRow, Knowledge, Regimen
from mmopts.record import Record

OMITTED = "do not give"
NOT_RECORDED = "not recorded"
ONCE = "once"
_AMOUNT = r"\d\s*(?:mg|mcg|g|MU)\b|10\^6"
"""An amount in a note, by its unit."""
STEP_UP = "step-up"
"""Said of the first, small doses of a drug that is raised to its dose in hospital."""


class Changed(Record):
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

    @property
    def given(self) -> DoseRow:
        """The row as it is given."""
        amount = 0.0 if self.dose == OMITTED else self.amount
        same = amount == self.row.amount and self.days == self.row.days
        return self.row if same else self.row._replace(amount=amount, days=self.days)


class Open(Record):
    """A change that an open or a presumed fact would ask for: by the label of one `region`, where others differ."""

    fact: str
    words: str
    dose: str
    text: str
    source: Cited
    region: str | None = None


class Resolved(Record):
    """One drug's dose: its rows as they are for this patient, and as they stand in the regimen.

    `remarks`: what holds of the patient and changes no number, whatever is presumed.
    `when`: of whom it is so, where it is told of nobody in particular and others have another.
    """

    drug: str
    rows: tuple[Changed, ...]
    standard: tuple[DoseRow, ...]
    applied: tuple[Adjustment, ...]
    open: tuple[Open, ...]
    source: Cited
    unread: bool
    when: str = ""
    remarks: tuple[Adjustment, ...] = ()


class _Made(Record):
    """One drug's rows in one plan and by the labels of one region, changed; and what the changes would be if ..."""

    rows: tuple[DoseRow, ...]
    changed: tuple[Changed, ...]
    applied: tuple[Adjustment, ...]
    open: tuple[Open, ...]
    region: str | None
    remarks: tuple[Adjustment, ...] = ()

    @property
    def told(self) -> list[tuple[object, ...]]:
        """What is said of the rows, by which two versions are told apart."""
        return [(*c[1:], c.row.unit, c.row.cycle, c.row.cycles, c.row.route) for c in self.changed]


_Held = tuple[bool | None, bool | None]
"""The truth of a condition, for the patient as answered and without presumptions."""
_Key = tuple[int, str, Sequence[str], tuple[int, ...], tuple[_Held, ...]]
_kept: Once[dict[_Key, tuple[Regimen, tuple[_Made, ...]]]] = Once(lambda _: {})
KEPT = 10_000
"""Doses that are remembered: of a regimen's drug, for the rows and what holds of the conditions that they hang on."""


def prescription(assessment: Assessment, regimen: Regimen) -> tuple[Resolved, ...]:
    """The dose of each drug of a regimen, one a drug, and all of them from one variant of the regimen.

    Of the variants that may be this patient's it is one of active disease before one of smoldering disease or
    maintenance, then one of a label that may hold for such a patient, then one of a trial that may have taken them; of these
    the one with the lower doses over `START` days, each drug against its most among them; of equal ones over the whole. The
    others are told as open.
    """
    return _prescribed(Given(assessment, regimen), regimen)[0]


def _prescribed(given: Given, regimen: Regimen) -> tuple[tuple[Resolved, ...], list[Plan]]:
    """The dose of each drug, and the plans of the regimen, the one that was chosen first."""
    drugs = _drugs(regimen)
    plans = given.plans
    if not plans:
        return tuple([Resolved(drug, (), (), (), (), None, False) for drug in drugs]), []
    made = [[_made(given, regimen, plan, drug) for drug in drugs] for plan in plans]
    uses = {i: given.use(plan) for i, plan in enumerate(plans) if plan.possible}
    likely = [i for i, use in uses.items() if use == min(uses.values())]
    chosen = likely[_lowest([[versions[0].changed for versions in made[i]] for i in likely])]
    others = [(plan, each) for i, (plan, each) in enumerate(zip(plans, made, strict=True)) if i != chosen]
    found = [
        _resolved(given, drug, made[chosen][i], plans[chosen], [(plan, each[i]) for plan, each in others])
        for i, drug in enumerate(drugs)
    ]
    return tuple(found), [plans[chosen], *(plan for plan, _ in others)]


class Schedule(Record):
    """Another accepted schedule of a regimen, with the doses of the drugs that differ in it."""

    name: str
    region: str | None
    doses: tuple[Resolved, ...]


def alternatives(assessment: Assessment, regimen: Regimen) -> tuple[Schedule, ...]:
    """The other schedules that may be this patient's, changed for the patient like the prescription itself.

    Not one that is the prescription itself. What the plan of the prescription supposes of the patient is supposed of them
    too, as far as they are for such patients.
    """
    if not regimen.alternatives:
        return ()
    given = Given(assessment, regimen)
    prescribed, plans = _prescribed(given, regimen)
    main = {_told(one) for one in prescribed}
    out = []
    for other in regimen.alternatives:
        if given.both(other.when)[0] is not False and other.region in (None, *assessment.scope.regions):
            fitting = (p.supposed for p in plans if given.both(other.when, p.supposed)[0] is not False)
            plan = Plan(other.region, other.rows, next(fitting, {}), frozenset(), True)
            drugs = dict.fromkeys(row.drug for row in other.rows)
            doses = [_resolved(given, drug, _made(given, regimen, plan, drug), plan, ()) for drug in drugs]
            if not {_told(one) for one in doses} <= main:
                out.append(Schedule(other.name, other.region, tuple(doses)))
    return tuple(out)


def _told(one: Resolved) -> tuple[str, str, str]:
    """What is said of a drug's dose."""
    return one.drug, dose_words(one.rows), schedule_words(one.rows)


def standard_alternatives(regimen: Regimen) -> tuple[Schedule, ...]:
    """The other schedules of a regimen as they stand, for nobody in particular."""
    found = regimen.alternatives
    return tuple([Schedule(a.name, a.region, _standing(dict.fromkeys(r.drug for r in a.rows), a.rows)) for a in found])


def _drugs(regimen: Regimen) -> list[str]:
    """The drugs in the order of the prescription; those without a row last."""
    return list(dict.fromkeys([*(r.drug for r in regimen.prescription if r.drug in regimen.drugs), *regimen.drugs]))


def _resolved(
    given: Given, drug: str, made: tuple[_Made, ...], plan: Plan, others: Sequence[tuple[Plan, tuple[_Made, ...]]]
) -> Resolved:
    """A drug's dose in the chosen plan, with what it is in the other regions and plans as open."""
    here, *elsewhere = made
    opened: dict[tuple[str, str, str], Open] = {}
    for other in elsewhere:
        _add(opened, _instead(other, "region", (other.region or "").upper()), other, here)
    for theirs, versions in others:
        if versions[0].told != here.told:
            _add(opened, _instead(versions[0], *given.told(theirs, plan, drug)), versions[0], here)
    for change in here.open:
        same = opened.setdefault(change[:3], change)
        if same.region != change.region:
            opened[change[:3]] = same._replace(region=None)
    return Resolved(
        drug,
        here.changed,
        here.rows,
        here.applied,
        tuple(opened.values()),
        cited([*(r.source for r in here.rows), *(a.source for a in here.applied)]),
        any(r.unread for r in here.rows) or any(a.unread for a in here.applied),
        remarks=tuple(dict.fromkeys(a for one in made for a in one.remarks)),
    )


def _instead(made: _Made, fact: str, words: str) -> Open:
    return Open(fact, words, dose_words(made.changed), schedule_words(made.changed), cited(r.source for r in made.rows))


def _add(opened: dict[tuple[str, str, str], Open], found: Open, other: _Made, here: _Made) -> None:
    """Tell another version, unless it is the same, or nothing is given or recorded in it."""
    routes = {row.route for row in other.rows}
    if routes != {row.route for row in here.rows}:
        found = found._replace(dose=f"{found.dose} {' or '.join(sorted(routes))}".rstrip())
    recorded = any(c.row.amount is not None for c in other.changed)
    if recorded and other.told != here.told and found.words:
        opened.setdefault(found[:3], found)


def _lowest(plans: Sequence[Sequence[Sequence[Changed]]]) -> int:
    """Which of several plans, each the changed rows of the same drugs, has the lower doses."""
    if len(plans) == 1:
        return 0

    def shares(days: int) -> list[float]:
        out = [0.0] * len(plans)
        for drug in zip(*plans, strict=True):
            units = {c.row.unit for rows in drug for c in rows if c.dose != OMITTED}
            totals = [total(tuple([c.given for c in rows]), days) for rows in drug]
            most = max((t for t in totals if t is not None), default=0.0)
            if most and len(units) == 1 and None not in totals:
                out = [have + (t or 0.0) / most for have, t in zip(out, totals, strict=True)]
        return [round(share, 6) for share in out]

    start, whole = shares(START), shares(HORIZON)
    return min(range(len(plans)), key=lambda i: (start[i], whole[i]))


def _made(given: Given, regimen: Regimen, plan: Plan, drug: str) -> tuple[_Made, ...]:
    """A drug in one plan, by the labels of each region where these differ, the lowest first."""
    rows = tuple([r for r in plan.rows if r.drug == drug])
    rules = adjustments(given.assessment, regimen, drug) if rows else []
    if plan.region:
        rules = [a for a in rules if a.region in (None, plan.region)]
    phases = {phase: phase_facts(plan, phase) for phase in dict.fromkeys(row.phase for row in rows)}
    truth = {phase: [given.both(rule.when, facts) for rule in rules] for phase, facts in phases.items()}
    held = [truth[row.phase] for row in rows]
    regions = given.assessment.scope.regions
    truths = tuple([one for each in truth.values() for one in each])
    kept, key = _kept(given.assessment.kb), (id(regimen), drug, regions, tuple(map(id, rows)), truths)
    if key not in kept:
        if len(kept) >= KEPT:
            kept.clear()
        several: Sequence[str | None] = regions if plan.region is None and any(a.region for a in rules) else (plan.region,)
        found = [_version(rows, rules, held, region) for region in several]
        # What another region's label would ask of an open fact is told whichever region's dose is the lower.
        told = tuple(dict.fromkeys(change for one in found for change in one.open))
        if len(regions) == 1:
            told = tuple([change._replace(region=None) for change in told])
        found.sort(key=lambda one: sum(c.weight for c in one.changed))
        kept[key] = regimen, (found[0]._replace(open=told), *found[1:])
    return kept[key][1]


def _version(
    rows: tuple[DoseRow, ...], rules: Sequence[Adjustment], held: Sequence[Sequence[_Held]], region: str | None
) -> _Made:
    """A drug's rows with the changes that hold in each phase, and what those would make of them that are open.

    `held`: for each row the truth of each rule.
    """
    spoken = {(a.because, a.standard) for a in rules if a.own}
    each = [
        [
            (a, t)
            for a, t in zip(rules, truths, strict=True)
            if (t[0] or t[1] is None)
            and a.region in (None, region)
            and (a.own or a.route or (a.because, row.amount) not in spoken)
        ]
        for row, truths in zip(rows, held, strict=True)
    ]
    changed, applied = _applied([(row, [a for a, t in mine if t[0]]) for row, mine in zip(rows, each, strict=True)])
    asked = dict.fromkeys((a.because, a.words) for mine in each for a, t in mine if _asks(a, t))
    opened = []
    for fact, words in asked:
        would, used = _applied(
            [
                (row, [a for a, t in mine if t[0] or (t[1] is None and (a.because, a.words) == (fact, words))])
                for row, mine in zip(rows, each, strict=True)
            ]
        )
        if [c[1:] for c in would] != [c[1:] for c in changed]:
            new = [a for a in used if (a.because, a.words) == (fact, words)]
            text = "; ".join(reasons_words(would, new)) or schedule_words(would)
            of = region if new and all(a.region for a in new) else None
            opened.append(Open(fact, words, dose_words(would), text, cited(a.source for a in new), of))
    given = any(c.dose != OMITTED for c in changed)
    remarks = dict.fromkeys(a for mine in each for a, t in mine if given and a.unchanged and a.words and all(t))
    return _Made(rows, tuple(changed), tuple(applied), tuple(opened), region, tuple(remarks))


def _asks(rule: Adjustment, held: _Held) -> bool:
    """Whether a change that is open is told beside the dose."""
    now, firm = held
    return firm is None and not rule.unchanged and not (rule.silent and now is False)


def _applied(
    rows: Iterable[tuple[DoseRow, Sequence[Adjustment]]],
) -> tuple[list[Changed], list[Adjustment]]:
    """The rows with every adjustment applied, the most restrictive of them for each row; and those that ask for just that.

    A change of the route stands beside the others; once a week holds for whatever else lowers the dose, and a further
    reduction is taken off what the others leave.
    """
    out: list[Changed] = []
    used: dict[Adjustment, None] = {}
    for authored, rules in rows:
        row, turned = _turned(authored, rules)
        if turned is not None:
            used[turned] = None
        plain = best = unchanged([row])[0]
        made: list[tuple[Adjustment, Changed]] = []
        asking = [rule for rule in rules if not rule.unchanged and rule.standard in (None, row.amount)]
        thinned = any(rule.weekly for rule in asking)
        for rule in (rule for rule in asking if not rule.further):
            new = _one(row, rule)
            if new is not None and thinned:
                new = new._replace(days=weekly(new.days))
            if new is not None and row.amount is not None and new.weight < plain.weight:
                made.append((rule, new))
                best = new if new.weight < best.weight else best
        used.update(dict.fromkeys(rule for rule, new in made if new == best or (rule.weekly and best.days == new.days)))
        for rule in asking:
            if rule.further and rule.factor is not None and best.amount is not None:
                best = best._replace(amount=best.amount * rule.factor)
                used[rule] = None
        out.append(best)
    return out, list(used)


def _turned(row: DoseRow, rules: Sequence[Adjustment]) -> tuple[DoseRow, Adjustment | None]:
    """A row by the route that a rule asks for in place of tablets, and that rule."""
    for rule in rules:
        if rule.route and row.route == BY_MOUTH:
            return row._replace(route=rule.route), rule
    return row, None


def _one(row: DoseRow, rule: Adjustment) -> Changed | None:
    """One row with one adjustment; None where the adjustment's unit is another, so that only its text can say it."""
    if rule.omit:
        return Changed(row, None, row.days, OMITTED)
    days = _days(row, rule)
    if rule.factor is not None:
        return Changed(row, None if row.amount is None else row.amount * rule.factor, days)
    if rule.amount is None or row.amount is None or (rule.unit or row.unit) != row.unit:
        return None
    return Changed(row, min(row.amount, rule.amount), days)


def _days(row: DoseRow, rule: Adjustment) -> str:
    """The days of an adjusted row: those of the rule, where they lie in the cycle; of a step, every so many of the row's."""
    if rule.weekly:
        return weekly(row.days)
    if rule.days is None:
        return row.days
    step = step_of(rule.days)
    if step:
        return stepped(row.days, step)
    listed = days_of(rule.days)
    return row.days if row.cycle and listed and max(listed) > row.cycle else rule.days


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


def reasons_words(rows: Sequence[Changed], rules: Iterable[Adjustment]) -> list[str]:
    """What adjustments say of the doses that they made: for one condition those of its phases, one after the other.

    One that names more than is given after all says nothing.
    """
    given = {c.amount for c in rows}
    out: dict[tuple[str, str], list[str]] = {}
    for rule in rules:
        if rule.amount is None or rule.amount in given:
            out.setdefault((rule.because, rule.words), []).append(rule.text)
    return [", then ".join(dict.fromkeys(texts)) for texts in out.values()]


def notes(rows: Sequence[Changed]) -> list[str]:
    """The limits and notes of the phases, of a later one with its name.

    What names an amount in them is told only while the dose is the regimen's own.
    """
    own = all((c.amount, c.days) == (c.row.amount, c.row.days) and c.dose != OMITTED for c in rows)
    out: list[str] = []
    told: set[str] = set()
    for i, changed in enumerate(rows):
        row = changed.row
        said = [part.strip() for text in (row.cap, row.note) if text for part in text.split(";")]
        new = [part for part in dict.fromkeys(said) if part not in told and (own or not re.search(_AMOUNT, part))]
        told.update(said)
        phase = _phase(row) if i else ""
        out += [f"{phase}: {new[0]}", *new[1:]] if phase and new else new
    return out


def _phase(row: DoseRow) -> str:
    """The phase of a row: ``step-up, cycle 1``, ``maintenance, cycles 7+``."""
    cycles = f"cycle{'' if row.cycles.isdigit() else 's'} {row.cycles}" if row.cycles else ""
    return ", ".join(x for x in (STEP_UP if row.step_up else "", row.phase or "", cycles) if x)


def days_words(changed: Changed) -> str:
    """The days of one phase: ``1-21 of 28``, ``every other day of 1-21 of 28``, ``once``."""
    row, days = changed.row, changed.days
    if not row.cycle:
        return ONCE if days in ("0", "1", "") else f"day {days}"
    if step_of(days) == 2:
        return f"every other day, {days.replace('/2', '')} of {row.cycle}"
    return f"{days} of {row.cycle}"


def schedule_words(rows: Sequence[Changed]) -> str:
    """The days of each phase: ``1, 8, 15, 22 of 28 (cycles 1-2); 1, 15 of 28 (cycles 3-6)``; step-up doses are marked."""
    said: list[tuple[str, str, str]] = []
    for changed in _together(rows):
        part = (amount_words(changed), days_words(changed), _phase(changed.row))
        if part not in said:
            said.append(part)
    several = len({amount for amount, _, _ in said}) > 1
    words = []
    for amount, days, cycles in said:
        head = f"{amount} on " if several else ""
        words.append(f"{head}{days}{f' ({cycles})' if cycles else ''}")
    return "; ".join(words)


def _together(rows: Sequence[Changed]) -> list[Changed]:
    """Rows of which those that became the same dose on other days of the same cycles are one."""
    out: list[Changed] = []
    for changed in rows:
        last = out[-1] if out else changed
        same = [(c.amount, c.dose, c.row.most, c.row.unit, c.row.route, c.row.cycle, _phase(c.row)) for c in (last, changed)]
        listed = [days_of(c.days) for c in (last, changed)]
        if (
            out
            and same[0] == same[1]
            and all(listed)
            and last.days != changed.days
            and max(listed[0] or ()) < min(listed[1] or ())
        ):
            out[-1] = last._replace(days=f"{last.days}, {changed.days}")
        else:
            out.append(changed)
    return out


def cited(sources: Iterable[Cited]) -> Cited:
    """Several citations as one."""
    flat = [i for source in sources for i in ((source,) if isinstance(source, str) else source or ())]
    found = tuple(dict.fromkeys(flat))
    return found[0] if len(found) == 1 else found or None


class Asked(Record):
    """What a prescription asks of the patient."""

    routes: tuple[str, ...]
    visits_first: int | None
    visits_later: int | None
    visits_lasting: int | None
    until: str | None


@lru_cache(2048)
def asked_of_patient(resolved: tuple[Resolved, ...]) -> Asked:
    """Routes, visits and duration of a prescription as it is for this patient."""
    given = [
        [c.row if c.days == c.row.days else c.row._replace(days=c.days) for c in r.rows if c.dose != OMITTED]
        for r in resolved
    ]
    found = visits(given)
    routes = dict.fromkeys(row.route for rows in given for row in rows if row.route)
    ordered = sorted(routes, key=lambda route: (route == BY_MOUTH, list(routes).index(route)))
    ends = [rows[-1].until for rows in given if rows and rows[-1].until]
    until = "progression" if "progression" in ends else max(ends, key=_length, default=None)
    return Asked(tuple(ordered), *found, until)


def _length(until: str) -> tuple[int, int]:
    """How long an end is away, for telling the longest."""
    number = int(until.split(maxsplit=1)[0]) if until[:1].isdigit() else 0
    return (2 if "month" in until else 1 if number else 0, number)


_nobody: Once[Assessment] = Once(lambda kb: assess_given({}, kb, needs_facts=False))
"""Nobody in particular: whose doses a regimen has as it stands."""


def standard_prescription(kb: Knowledge, regimen: Regimen) -> tuple[Resolved, ...]:
    """The doses of a regimen as they stand, for nobody in particular: one version of it, the others told as open.

    It is of the versions with the foremost use the one that is written first, unless it is for what is presumed absent.
    """
    given = Given(_nobody(kb), regimen, anybody=True)
    drugs, plans = _drugs(regimen), given.plans
    if not plans:
        return _standing(drugs, regimen.prescription)
    place = {id(row): i for i, row in enumerate(regimen.prescription)}
    likely = [i for i, plan in enumerate(plans) if plan.possible]
    first = min(likely, key=lambda i: (given.use(plans[i]), [place[id(row)] for row in plans[i].rows]))
    chosen, others = plans[first], [plan for i, plan in enumerate(plans) if i != first]
    out = []
    for drug in drugs:
        made, theirs = _as_written(chosen, drug), [(plan, (_as_written(plan, drug),)) for plan in others]
        found = _resolved(given, drug, (made,), chosen, theirs)
        unlike = next((plan for plan, [other] in theirs if other.told != made.told), None)
        if found.open and unlike is not None:
            found = found._replace(when=given.told(chosen, unlike, drug)[1])
        out.append(found)
    return tuple(out)


def _as_written(plan: Plan, drug: str) -> _Made:
    """A drug's rows in a plan, as they stand."""
    rows = tuple([row for row in plan.rows if row.drug == drug])
    return _Made(rows, tuple(unchanged(rows)), (), (), plan.region)


def _standing(drugs: Iterable[str], listed: Sequence[DoseRow]) -> tuple[Resolved, ...]:
    out = []
    for drug in drugs:
        rows = [r for r in listed if r.drug == drug]
        source, unread = cited(r.source for r in rows), any(r.unread for r in rows)
        out.append(Resolved(drug, tuple(unchanged(rows)), tuple(rows), (), (), source, unread))
    return tuple(out)


def unchanged(rows: Sequence[DoseRow]) -> list[Changed]:
    """Rows as they stand in the regimen."""
    return [Changed(r, r.amount, r.days, None if r.amount is not None else NOT_RECORDED) for r in rows]
