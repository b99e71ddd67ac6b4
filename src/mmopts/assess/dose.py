"""One dose for each drug of a regimen: the regimen's own, after the most restrictive of all changes that hold.

A change that depends on an open or presumed fact is told beside the dose, so that a full dose never hides it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from mmopts.assess.adjusting import Changed, adjusted, adjustments, unchanged
from mmopts.assess.assessment import Assessment, assess_given
from mmopts.assess.dose_words import dose_words, reasons_words, schedule_words
from mmopts.assess.hinges import remembered
from mmopts.assess.plans import Held, Plan, Recipient, phase_facts
from mmopts.assess.schedule import BY_MOUTH, HORIZON, START, Visits, total, visits
from mmopts.knowledge.once import Once
from mmopts.knowledge.records import Adjustment, Cited, DoseRow, Knowledge, Regimen, cited_together
from mmopts.record import Record
from mmopts.words import OMITTED


class Open(Record):
    """The dose that an open or presumed fact would ask for; `region`: by this region's label alone, if the others differ."""

    fact: str
    words: str
    dose: str
    text: str
    source: Cited
    region: str | None = None


class Resolved(Record):
    """One drug's dose: its rows as they are for this patient, and as they stand in the regimen (`standard`).

    `remarks`: what holds for the patient, whatever is presumed, and changes no number. `when`: for whom this is the dose, if
    no patient is given and other patients have another.
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
    """One drug's rows in one plan, by one region's labels: as they stand, changed, and as open facts would change them."""

    rows: tuple[DoseRow, ...]
    changed: tuple[Changed, ...]
    applied: tuple[Adjustment, ...]
    open: tuple[Open, ...]
    region: str | None
    remarks: tuple[Adjustment, ...] = ()

    @property
    def told(self) -> list[tuple[object, ...]]:
        """What two versions are compared by: all that is said of the rows."""
        return [(*c[1:], c.row.unit, c.row.cycle, c.row.cycles, c.row.route) for c in self.changed]


_Bearing = tuple[DoseRow, list[tuple[Adjustment, Held]]]
"""A row, and the changes that apply to it, each with its truth."""
_Prescribed = tuple[tuple[Resolved, ...], list[Plan]]
"""The dose of each drug of a regimen; and its plans, the chosen one first."""


def prescription(assessment: Assessment, regimen: Regimen) -> tuple[Resolved, ...]:
    """One dose for each drug of a regimen, all of them from one variant (plan) of it; the other variants are told as open.

    A variant for active disease comes before one for smoldering disease or maintenance, then one with a label that may hold
    for the patient, then one of a trial that may have taken the patient. Of those that are equal in this, the one with the
    lower doses over `START` days is chosen (each drug as a share of its highest dose among them), then over the whole time.
    """
    return remembered(Recipient(assessment, regimen), regimen, _prescribed)[0]


def _prescribed(recipient: Recipient, regimen: Regimen) -> _Prescribed:
    """The prescription of a regimen, and its plans."""
    drugs = _drugs(regimen)
    plans = recipient.plans
    if not plans:
        return _standing(drugs, ()), []
    made = [[_made(recipient, regimen, plan, drug) for drug in drugs] for plan in plans]
    uses = {i: recipient.use(plan) for i, plan in enumerate(plans) if plan.possible}
    likely = [i for i, use in uses.items() if use == min(uses.values())]
    chosen = likely[_lowest([[here.changed for here, *_ in made[i]] for i in likely])]
    plan = plans[chosen]
    others = [(theirs, each) for i, (theirs, each) in enumerate(zip(plans, made, strict=True)) if i != chosen]
    found = []
    for i, drug in enumerate(drugs):
        here, *elsewhere = made[chosen][i]
        beside = _beside(recipient, drug, here, plan, [(theirs, each[i][0]) for theirs, each in others])
        found.append(_resolved(drug, here, elsewhere, beside))
    return tuple(found), [plan, *(theirs for theirs, _ in others)]


class Schedule(Record):
    """Another accepted schedule of a regimen, with the doses of the drugs that differ in it."""

    name: str
    region: str | None
    doses: tuple[Resolved, ...]


def alternatives(assessment: Assessment, regimen: Regimen) -> tuple[Schedule, ...]:
    """The other schedules that may be this patient's, with the same changes as the prescription; not one that is the same.

    What the plan of the prescription supposes about the patient is supposed here too, if the schedule is for such patients.
    """
    if not regimen.alternatives:
        return ()
    recipient = Recipient(assessment, regimen)
    prescribed, plans = remembered(recipient, regimen, _prescribed)
    main = {_told(one) for one in prescribed}
    out = []
    for other in regimen.alternatives:
        if recipient.both(other.when)[0] is not False and assessment.scope.counts(other.region):
            fitting = (p.supposed for p in plans if recipient.both(other.when, p.supposed)[0] is not False)
            plan = Plan(other.region, other.rows, next(fitting, {}), frozenset(), True)
            drugs = dict.fromkeys(row.drug for row in other.rows)
            made = [_made(recipient, regimen, plan, drug) for drug in drugs]
            doses = [_resolved(drug, here, elsewhere) for drug, (here, *elsewhere) in zip(drugs, made, strict=True)]
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


def _resolved(drug: str, here: _Made, elsewhere: Sequence[_Made], beside: Iterable[tuple[Open, _Made]] = ()) -> Resolved:
    """A drug's dose in the chosen plan (`here`); as open, what it is in other regions (`elsewhere`) and in other plans."""
    opened: dict[tuple[str, str, str], Open] = {}
    for other in elsewhere:
        _add(opened, _instead(other, "region", (other.region or "").upper()), other, here)
    for found, other in beside:
        _add(opened, found, other, here)
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
        cited_together([*(r.source for r in here.rows), *(a.source for a in here.applied)]),
        any(r.unread for r in here.rows) or any(a.unread for a in here.applied),
        remarks=tuple(dict.fromkeys(a for one in (here, *elsewhere) for a in one.remarks)),
    )


def _beside(
    recipient: Recipient, drug: str, here: _Made, plan: Plan, others: Iterable[tuple[Plan, _Made]]
) -> Iterator[tuple[Open, _Made]]:
    """What a drug is in other plans than the chosen one, where it is something else."""
    for theirs, made in others:
        if made.told != here.told:
            yield _instead(made, *recipient.told(theirs, plan, drug)), made


def _instead(made: _Made, fact: str, words: str) -> Open:
    return Open(
        fact, words, dose_words(made.changed), schedule_words(made.changed), cited_together(r.source for r in made.rows)
    )


def _add(opened: dict[tuple[str, str, str], Open], found: Open, other: _Made, here: _Made) -> None:
    """Add another version to those told as open, unless it is the same, or gives or records nothing."""
    routes = {row.route for row in other.rows}
    if routes != {row.route for row in here.rows}:
        found = found._replace(dose=f"{found.dose} {' or '.join(sorted(routes))}".rstrip())
    recorded = any(c.row.amount is not None for c in other.changed)
    if recorded and other.told != here.told and found.words:
        opened.setdefault(found[:3], found)


def _lowest(plans: Sequence[Sequence[Sequence[Changed]]]) -> int:
    """The position of the plan with the lowest doses; each plan is the changed rows of the same drugs."""
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


def _made(recipient: Recipient, regimen: Regimen, plan: Plan, drug: str) -> tuple[_Made, ...]:
    """A drug in one plan; one version for each region where their labels differ, the lowest first."""
    rows = tuple([r for r in plan.rows if r.drug == drug])
    rules = adjustments(recipient.assessment, regimen, drug) if rows else ()
    if plan.region:
        rules = tuple([a for a in rules if a.region in (None, plan.region)])
    phases = {phase: phase_facts(plan, phase) for phase in dict.fromkeys(row.phase for row in rows)}
    truth = {phase: [recipient.both(rule.when, facts) for rule in rules] for phase, facts in phases.items()}
    held = [truth[row.phase] for row in rows]
    regions = recipient.assessment.scope.regions
    several: Sequence[str | None] = regions if plan.region is None and any(a.region for a in rules) else (plan.region,)
    found = [_version(rows, rules, held, region) for region in several]
    # What another region's label would ask of an open fact is told whichever region's dose is the lower.
    told = tuple(dict.fromkeys(change for one in found for change in one.open))
    if len(regions) == 1:
        told = tuple([change._replace(region=None) for change in told])
    found.sort(key=lambda one: sum(c.weight for c in one.changed))
    return (found[0]._replace(open=told), *found[1:])


def _version(
    rows: tuple[DoseRow, ...], rules: Sequence[Adjustment], held: Sequence[Sequence[Held]], region: str | None
) -> _Made:
    """A drug's rows with the changes that hold in each phase, and what the open changes would make of them.

    `held`: for each row, the truth of each rule.
    """
    spoken = {(a.because, a.standard) for a in rules if a.own}
    bearing: list[_Bearing] = [
        (
            row,
            [
                (a, t)
                for a, t in zip(rules, truths, strict=True)
                if (t[0] or t[1] is None)
                and a.region in (None, region)
                and (a.own or a.route or (a.because, row.amount) not in spoken)
            ],
        )
        for row, truths in zip(rows, held, strict=True)
    ]
    changed, applied = adjusted([(row, [a for a, t in mine if t[0]]) for row, mine in bearing])
    opened = tuple(_opened(bearing, changed, region))
    given = any(c.dose != OMITTED for c in changed)
    remarks = dict.fromkeys(a for _, mine in bearing for a, t in mine if given and a.unchanged and a.words and all(t))
    return _Made(rows, tuple(changed), tuple(applied), opened, region, tuple(remarks))


def _opened(bearing: Sequence[_Bearing], changed: Sequence[Changed], region: str | None) -> Iterator[Open]:
    """What each open fact would make of the rows, if that is another dose than `changed`."""
    for asked in dict.fromkeys((a.because, a.words) for _, mine in bearing for a, t in mine if _asks(a, t)):
        fact, words = asked
        would, used = adjusted(
            [
                (row, [a for a, t in mine if t[0] or (t[1] is None and (a.because, a.words) == asked)])
                for row, mine in bearing
            ]
        )
        if [c[1:] for c in would] == [c[1:] for c in changed]:
            continue
        new = [a for a in used if (a.because, a.words) == asked]
        text = "; ".join(reasons_words(would, new)) or schedule_words(would)
        of = region if new and all(a.region for a in new) else None
        yield Open(fact, words, dose_words(would), text, cited_together(a.source for a in new), of)


def _asks(rule: Adjustment, held: Held) -> bool:
    """Whether a change is open in such a way that it is told beside the dose."""
    now, firm = held
    return firm is None and not rule.unchanged and not (rule.silent and now is False)


class Effort(Record):
    """What a prescription asks of the patient."""

    routes: tuple[str, ...]
    visits: Visits
    until: str | None


@lru_cache(2048)
def asked_of_patient(resolved: tuple[Resolved, ...]) -> Effort:
    """Routes, visits and duration of a prescription as it is for this patient."""
    given = [
        [c.row if c.days == c.row.days else c.row._replace(days=c.days) for c in r.rows if c.dose != OMITTED]
        for r in resolved
    ]
    routes = dict.fromkeys(row.route for rows in given for row in rows if row.route)
    ordered = sorted(routes, key=lambda route: (route == BY_MOUTH, list(routes).index(route)))
    ends = [rows[-1].until for rows in given if rows and rows[-1].until]
    until = "progression" if "progression" in ends else max(ends, key=_length, default=None)
    return Effort(tuple(ordered), visits(given), until)


def _length(until: str) -> tuple[int, int]:
    """A sort key for ends such as "12 months" or "8 cycles": the later, the greater."""
    number = int(until.split(maxsplit=1)[0]) if until[:1].isdigit() else 0
    return (2 if "month" in until else 1 if number else 0, number)


_nobody: Once[Assessment] = Once(lambda kb: assess_given({}, kb, needs_facts=False))
"""The assessment of nobody in particular."""


def standard_prescription(kb: Knowledge, regimen: Regimen) -> tuple[Resolved, ...]:
    """The doses of a regimen as they stand, for nobody in particular: one version of it, the others told as open.

    Of the versions with the foremost use it is the one written first; never one for a disease that is presumed absent.
    """
    recipient = Recipient(_nobody(kb), regimen, anybody=True)
    drugs, plans = _drugs(regimen), recipient.plans
    if not plans:
        return _standing(drugs, regimen.prescription)
    place = {id(row): i for i, row in enumerate(regimen.prescription)}
    likely = [i for i, plan in enumerate(plans) if plan.possible]
    first = min(likely, key=lambda i: (recipient.use(plans[i]), [place[id(row)] for row in plans[i].rows]))
    chosen, others = plans[first], [plan for i, plan in enumerate(plans) if i != first]
    out = []
    for drug in drugs:
        made = _as_written(chosen.rows, drug, chosen.region)
        theirs = [(plan, _as_written(plan.rows, drug, plan.region)) for plan in others]
        found = _resolved(drug, made, (), _beside(recipient, drug, made, chosen, theirs))
        unlike = next((plan for plan, other in theirs if other.told != made.told), None)
        if found.open and unlike is not None:
            found = found._replace(when=recipient.told(chosen, unlike, drug)[1])
        out.append(found)
    return tuple(out)


def _as_written(listed: Sequence[DoseRow], drug: str, region: str | None = None) -> _Made:
    """A drug's rows among those of a regimen, as they stand."""
    rows = tuple([row for row in listed if row.drug == drug])
    return _Made(rows, tuple(unchanged(rows)), (), (), region)


def _standing(drugs: Iterable[str], listed: Sequence[DoseRow]) -> tuple[Resolved, ...]:
    """The doses of drugs as they stand, with nothing open."""
    return tuple([_resolved(drug, _as_written(listed, drug), ()) for drug in drugs])
