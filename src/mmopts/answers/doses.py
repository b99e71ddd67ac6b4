"""Parts of answers that tell how a regimen is given: doses, what they ask of the patient, warnings and care."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from mmopts.answers import forms
from mmopts.assess import care, dose
from mmopts.assess.adjusting import NOT_RECORDED, unchanged
from mmopts.assess.assessment import Assessment
from mmopts.assess.dose_words import dose_words, phase_notes, reasons_words, schedule_words
from mmopts.knowledge.records import DoseRow, Knowledge, Regimen
from mmopts.words import OMITTED, ONCE, days_words


@lru_cache(4096)
def dose_row(found: dose.Resolved) -> forms.Dose:
    """One drug's dose."""
    shown, days = dose_words(found.rows), schedule_words(found.rows)
    routes = _routes(c.row for c in found.rows)
    standard, changed = _standard(found, shown, days)
    recorded = bool(found.rows) and all(c.row.amount is not None for c in found.rows)
    until = next((c.row.until for c in reversed(found.rows) if c.row.until), None)
    omitted = shown == OMITTED
    text = f"{found.drug} {shown}" if omitted else " ".join([found.drug, shown if recorded else NOT_RECORDED, *routes])
    text += f", {days_words(days)}" if recorded and days and not omitted else ""
    if until and until != days and not omitted:
        text += f", {until}" if until[0].isdigit() or until == ONCE else f", until {until}"
    reasons = reasons_words(found.rows, found.applied) if changed else []
    notes = phase_notes(found.rows)
    if changed:
        text += f" ({'; '.join([f'standard {standard}', *reasons])})"
    return forms.Dose(
        drug=found.drug,
        dose=shown,
        route=" or ".join(routes),
        days=days,
        standard=standard,
        adjusted_for=tuple(dict.fromkeys(a.because for a in found.applied)),
        changed_for=tuple(dict.fromkeys(a.words for a in found.applied)),
        open=tuple(forms.OpenDose(*o) for o in found.open),
        until=until,
        text="; ".join([text, *notes]),
        source=found.source,
        unread=found.unread,
        recorded=recorded or omitted,
        when=found.when or None,
        reasons=tuple(reasons),
        notes=tuple(notes),
        remarks=tuple(forms.DoseRemark(a.because, a.words, a.text, a.region, a.source, a.unread) for a in found.remarks),
    )


def _standard(found: dose.Resolved, shown: str, days: str) -> tuple[str, bool]:
    """The standard dose in words, with its days if these changed; and whether another dose is given (`shown`, `days`)."""
    as_it_stands = tuple(unchanged(found.standard))
    same = found.rows == as_it_stands
    plain = shown if same else dose_words(as_it_stands)
    plain_days = days if same else schedule_words(as_it_stands)
    routes, own = _routes(c.row for c in found.rows), _routes(found.standard)
    standard = plain if days == plain_days else plain_days if ", then " in plain else f"{plain}, {plain_days}"
    if set(own) != set(routes):
        standard = f"{standard} {' or '.join(own)}"
    return standard, not same and (shown, days, *routes) != (plain, plain_days, *own)


def _routes(rows: Iterable[DoseRow]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.route for row in rows if row.route))


def other_schedules(found: Iterable[dose.Schedule]) -> tuple[forms.OtherSchedule, ...]:
    """The other accepted schedules."""
    return tuple(forms.OtherSchedule(s.name, s.region, tuple(map(dose_row, s.doses))) for s in found)


def burden(found: tuple[dose.Resolved, ...], regimen: Regimen, regions: Sequence[str]) -> forms.Burden:
    """What a prescription asks of the patient, by the labels of these regions."""
    asked, here = dose.asked_of_patient(found), regimen.inpatient
    if here is not None and here.region not in (None, *regions):
        here = None
    stay = here is not None and here.stay
    uncounted = any(p.uncounted for p in regimen.preparation)
    running = here.infusion or 0 if here else 0
    return forms.Burden(
        routes=asked.routes,
        visits_first_28_days=None if stay or uncounted else _apart(asked.visits.first, running),
        visits_later_28_days=None if stay else _apart(asked.visits.later, running),
        inpatient_days=here.first_28_days if here else None,
        until=asked.until,
        visits_lasting_28_days=None if stay else asked.visits.lasting,
        hospital_stay=stay,
        inpatient_note=forms.Said(here.note, here.source, here.unread) if here and here.note else None,
        infusion_days=running or None,
    )


def _apart(visits: int | None, running: int) -> int | None:
    """Visits without the days on which an infusion runs day and night."""
    return visits and max(visits - running, 0)


def stay_notes(burden: forms.Burden) -> tuple[forms.Said, ...]:
    """What is said of the days in hospital, if anything is."""
    return (burden.inpatient_note,) if burden.inpatient_note else ()


def preparation(regimen: Regimen, assessment: Assessment | None = None) -> tuple[forms.Said, ...]:
    """What goes before, for a patient or for nobody in particular."""
    mine = (p for p in regimen.preparation if assessment is None or assessment.at(p.when) is not False)
    return tuple(forms.Said(p.text, p.source, p.unread) for p in mine)


def boxed_warnings(drugs: Sequence[str], kb: Knowledge, regions: Sequence[str]) -> tuple[forms.Warned, ...]:
    """The boxed warnings of drugs, those of these regions and those of no region in particular."""
    return tuple(
        forms.Warned(d, w.region, w.text, w.source, w.unread)
        for d in drugs
        for w in kb.drugs[d].boxed_warnings
        if w.region is None or w.region in regions
    )


def care_rows(lines: Sequence[care.CareFound]) -> tuple[forms.Care, ...]:
    """Supportive care, a line a topic."""
    return tuple(
        forms.Care(topic.id, topic.title, line.text, drugs, not line.general, line.source, line.unread, line.emergency)
        for topic, line, drugs in lines
    )
