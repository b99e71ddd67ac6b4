"""The dose card: what is given to this patient, what was changed and why, what would change it, and what comes with it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mmopts.answers.forms import Burden, Care, Cites, Dose, OpenDose, OtherSchedule, Said, Warned
from mmopts.render.blocks import Block, Column, Group, Line, Row, Table
from mmopts.render.phrases import cite, counted, in_region, only_runs, said, star, stay_words
from mmopts.words import OMITTED, ONCE, capitalised, days_words

CHECK = "Check every dose against the current label before it is prescribed."
_COLUMNS = (Column("", "name"), Column("dose", wrap=True), Column("route"), Column("days", wrap=True),
            Column("until", wrap=True), Column("source", "dim", wrap=True, yields=True))  # fmt: skip


UNLESS = ", unless as below"
"""Behind a dose that an open fact would change: it must not be read as settled."""
ABOVE = ", unless as above"
"""Behind a dose of another schedule that an open fact would change as it does the prescription's."""
STOPPED = ("stop", "stopped")
"""How a sentence says that a dose is not given."""


def card_blocks(
    prescription: Sequence[Dose],
    preparation: Sequence[Said],
    burden: Burden,
    boxed: Sequence[Warned],
    care: Sequence[Care],
    others: Sequence[OtherSchedule] = (),
) -> list[Block]:
    """The dose card of one regimen."""
    out = dose_table(prescription)
    out += other_lines(others, prescription)
    out += [Group("Check", [Line(CHECK, "strong")])] if prescription or others or preparation else []
    if preparation:
        out.append(Group("Before", [Line(said(p)) for p in preparation]))
    visits = burden_lines(burden)
    out += [Group("Visits", visits)] if visits else []
    out += boxed_blocks(boxed)
    return out + care_blocks(care)


def dose_table(prescription: Sequence[Dose]) -> list[Block]:
    """The doses, a row for each drug, and beneath it what was changed and what would change it."""
    if prescription:
        return [Table(_COLUMNS, [_row(dose) for dose in prescription], "Doses", "changes")]
    return [Group("Doses", [Line("No drug of its own.")])]


def other_lines(others: Sequence[OtherSchedule], prescription: Sequence[Dose]) -> list[Block]:
    """Other accepted schedules, a line each: what differs in it, and what open facts would make of it.

    Those that make the same of the `prescription` are told there.
    """
    above = {(dose.drug, o.if_, o.dose) for dose in prescription for o in dose.open}
    lines = [
        Line(
            "; ".join(_other(dose, [o for o in dose.open if (dose.drug, o.if_, o.dose) not in above])
                      for dose in other.prescription),
            lead=f"{other.name}{in_region(other.region)}:",
        )
        for other in others
    ]  # fmt: skip
    return [Group("Also given as", lines)] if lines else []


def _other(dose: Dose, mine: Sequence[OpenDose]) -> str:
    """A dose of another schedule, with what an open fact would make of it alone."""
    unless = ABOVE if len(mine) < len(dose.open) else ""
    would = "".join(f", {open_words(o)}: {would_be(o)}" for o in mine)
    more = _more(dose)
    return f"{_short(dose)}{f' ({more})' if more else ''}{unless}{would}{cite(dose.source)}"


def burden_lines(burden: Burden) -> list[Line]:
    """What the prescription asks of the patient."""
    first, later, lasting = burden.visits_first_28_days, burden.visits_later_28_days, burden.visits_lasting_28_days
    words = (
        ", ".join(burden.routes),
        f"{counted(first, 'visit')} in the first 28 days" if first else _no_visits(burden),
        _later_visits(first, later, ended=bool(burden.until and burden.until[0].isdigit() and not lasting)),
        f"then {lasting}" if lasting and lasting != later else "",
        _stay(burden),
        _lasting(burden.until),
    )
    said_ = "; ".join(w for w in words if w)
    return [Line(said_)] if said_ else []


def _no_visits(burden: Burden) -> str:
    """The words that no visit is needed, if that is known and no infusion runs for days."""
    return "no visits for infusions" if burden.visits_first_28_days == 0 and not only_runs(burden) else ""


def _stay(burden: Burden) -> str:
    """The days in hospital, with what is said of them in brackets."""
    days, note = stay_words(burden), said(burden.inpatient_note) if burden.inpatient_note else ""
    return f"{days} ({note})" if days and note else days or note


def _lasting(until: str | None) -> str:
    """How long it goes on: ``until progression``, ``for 2 cycles``, ``once``."""
    if not until or until == ONCE:
        return until or ""
    return f"{'for' if until[0].isdigit() else 'until'} {until}"


def _later_visits(first: int | None, later: int | None, ended: bool) -> str:
    """Visits after the first 28 days; the noun where no figure stood before. `ended`: within the first year."""
    if later:
        often = f"about {later}" if first is not None else f"about {counted(later, 'visit')}"
        return f"{often} in each later 28 days{'' if ended else ' of the first year'}"
    return "none later" if later == 0 and first else ""


def boxed_blocks(boxed: Sequence[Warned]) -> list[Block]:
    """Boxed warnings, whole."""
    lines = [Line(said(w), "warn", lead=f"{w.drug}{in_region(w.region)}:") for w in boxed]
    return [Group("Boxed warnings", lines)] if lines else []


def care_blocks(care: Sequence[Care]) -> list[Block]:
    """Supportive care, a line a topic; what is for this patient before the rest."""
    ranked = sorted(care, key=lambda c: not c.for_this_patient)
    lines = [Line(said(c), lead=f"{c.title or c.topic}:") for c in ranked]
    return [Group("Care", lines)] if lines else []


def _short(dose: Dose) -> str:
    """A dose on one line: drug, amount, route, days."""
    if not dose.recorded:
        return f"{dose.drug}: not recorded"
    days = f", {days_words(dose.days)}" if dose.days else ""
    when = f" ({dose.when})" if dose.when else ""
    return f"{dose.drug} {dose.dose} {dose.route}".rstrip() + days + when + star(dose.unread)


def dose_words(dose: Dose) -> str:
    """A dose on one line: drug, amount, route, days, and what an open fact would make of it."""
    if not dose.recorded:
        return _short(dose)
    return "; ".join([_short(dose), *(f"{open_words(o)}: {would_be(o)}" for o in dose.open)])


def _row(dose: Dose) -> Row:
    """A drug in the table of doses, and beneath it what is said of its dose and what would change it."""
    if not dose.recorded:
        said_ = (dose.drug, "not recorded", "", "", "", cite(dose.source).strip(" []"))
        more = "; ".join(dose.notes)
        return Row(said_, (*([Line(more)] if more else []), *_remarks(dose), *_open(dose)))
    cells = (
        dose.drug,
        f"{dose.dose}{star(dose.unread)}{UNLESS if dose.open else ''}",
        dose.route,
        tuple(dose.days.split("; ")),
        dose.until or "",
        cite(dose.source).strip(" []"),
    )
    below = [Line(dose.when, lead="For:")] if dose.when else []
    if dose.changed_for:
        below.append(Line(f"{'; '.join(dose.changed_for)}. Standard: {dose.standard}", "strong", lead="Changed for:"))
    more = _more(dose)
    return Row(cells, (*below, *([Line(more)] if more else []), *_remarks(dose), *_open(dose)))


def _more(dose: Dose) -> str:
    """What is said of a dose besides the columns."""
    known = _words(f"{dose.drug} {dose.dose} {dose.route} {dose.days} {dose.until} {dose.standard}")
    return "; ".join(part for part in (*dose.reasons, *dose.notes) if _words(part) - known)


def _words(text: str) -> set[str]:
    return {word.strip("(),;*") for word in text.split()}


def _remarks(dose: Dose) -> list[Line]:
    """What is said of the dose to a patient like this."""
    return [
        Line(
            f"{r.text.removeprefix(f'{r.if_}: ')}{star(r.unread)}{cite(r.source)}",
            lead=f"Note ({r.if_}{f', {r.region.upper()}' if r.region else ''}):",
        )
        for r in dose.remarks
    ]


def dose_parts(prescription: Sequence[Dose]) -> list[Cites]:
    """The doses, what is said of them and what would change them: all that cites a source."""
    out: list[Cites] = []
    for dose in prescription:
        out.append(dose)
        out += dose.remarks
        out += dose.open
    return out


def _open(dose: Dose) -> list[Line]:
    """What would change the dose."""
    return [Line(f"{_would(o)}{cite(o.source)}", "open", lead=f"{capitalised(open_words(o))}:") for o in dose.open]


def open_words(row: OpenDose) -> str:
    """When a dose would be another: "if CrCl under 30 mL/min (US)", "in the EU"."""
    if row.fact == "region":
        return f"in the {row.if_}"
    return f"if {row.if_.removeprefix('if ')}{in_region(row.region)}"


_SCHEDULE = re.compile(r"\bdays? -?\d|\d of \d")
"""Words of a schedule: ``day -1``, ``1, 8, 15 of 28``."""


def would_be(row: OpenDose) -> str:
    """The dose that it would be, in few words; on which days, where its words tell other days."""
    return _would(row) if _SCHEDULE.search(row.text) else row.dose or row.text


def _would(row: OpenDose) -> str:
    """The dose that it would be, with the words that say more of it."""
    if row.dose and row.text and row.dose not in row.text:
        more = "; ".join(part for part in row.text.split("; ") if not _repeats(part, row.dose))
        return f"{row.dose} ({more})" if more else row.dose
    return row.text or row.dose


def _repeats(part: str, dose: str) -> bool:
    """Whether a part of a sentence only repeats the dose: ``grade 2: 1.0 mg/m2``, ``grade 4: stop``."""
    told = re.sub(r"(\d)\.0\b", r"\1", part.partition(": ")[2] or part)
    return told == dose or (dose == OMITTED and told in STOPPED)
