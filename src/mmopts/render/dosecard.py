"""The dose card: what is given to this patient, what was changed and why, what would change it, and what comes with it."""

from __future__ import annotations

from collections.abc import Sequence

from mmopts.answers.forms import Burden, Care, Dose, Said, Warned
from mmopts.facts import split_atom
from mmopts.patient.spoken import joined
from mmopts.render.blocks import Block, Column, Group, Line, Row, Table
from mmopts.render.phrases import cite, counted, said, spaced, star

CHECK = "Check every dose against the current label before it is prescribed."
_COLUMNS = (Column("", "name"), Column("dose", wrap=True), Column("route"), Column("days", wrap=True),
            Column("standard", wrap=True), Column("until", wrap=True), Column("source", "dim", wrap=True))  # fmt: skip


def card_blocks(
    prescription: Sequence[Dose], preparation: Sequence[Said], burden: Burden, boxed: Sequence[Warned], care: Sequence[Care]
) -> list[Block]:
    """The dose card of one regimen."""
    out: list[Block] = []
    if prescription:
        out.append(Table(_COLUMNS, [_row(dose) for dose in prescription], "Doses", "changes"))
    else:
        out.append(Group("Doses", [Line("Not recorded here.")]))
    out.append(Group("Check", [Line(CHECK, "strong")]))
    if preparation:
        out.append(Group("Before", [Line(said(p)) for p in preparation]))
    visits = burden_lines(burden)
    out += [Group("Visits", visits)] if visits else []
    out += boxed_blocks(boxed)
    return out + care_blocks(care)


def burden_lines(burden: Burden) -> list[Line]:
    """What the prescription asks of the patient."""
    first, later = burden.visits_first_28_days, burden.visits_later_28_days
    words = (
        ", ".join(burden.routes),
        f"{counted(first, 'visit')} in the first 28 days" if first is not None else "",
        f"{counted(later, 'visit')} in each later 28 days" if later is not None else "",
        f"{counted(burden.inpatient_days, 'day')} in hospital" if burden.inpatient_days else "",
        f"until {burden.until}" if burden.until else "",
    )
    said_ = "; ".join(w for w in words if w)
    return [Line(said_)] if said_ else []


def boxed_blocks(boxed: Sequence[Warned]) -> list[Block]:
    """Boxed warnings, whole."""
    lines = [
        Line(f"{w.text}{star(w.unread)}{cite(w.source)}", "warn",
             lead=f"{w.drug}{f' ({w.region.upper()})' if w.region else ''}:")
        for w in boxed
    ]  # fmt: skip
    return [Group("Boxed warnings", lines)] if lines else []


def care_blocks(care: Sequence[Care]) -> list[Block]:
    """Supportive care, a line a topic; what is for this patient before the rest."""
    ranked = sorted(care, key=lambda c: not c.for_this_patient)
    lines = [Line(f"{c.text}{star(c.unread)}{cite(c.source)}", lead=f"{c.title or c.topic}:") for c in ranked]
    return [Group("Care", lines)] if lines else []


def fact_name(atom: str) -> str:
    """A fact that changed a dose, in a word or two."""
    try:
        fact, about = split_atom(atom)
    except KeyError:
        return spaced(atom)
    if about:
        return f"{fact.verb} {about}".strip() if fact.verb else spaced(about)
    return fact.phrase.replace("{}", "").strip() or fact.many or spaced(fact.name)


def dose_words(dose: Dose) -> str:
    """A dose on one line: drug, amount, route, days."""
    if not dose.recorded:
        return f"{dose.drug}: not recorded"
    days = f", {dose.days}" if dose.days else ""
    return f"{dose.drug} {dose.dose} {dose.route}".rstrip() + days + star(dose.unread)


def _row(dose: Dose) -> Row:
    if not dose.recorded:
        return Row((dose.drug, "not recorded", "", "", "", "", ""), tuple(_open(dose)))
    changed = bool(dose.adjusted_for)
    below = [Line(f"for {joined([fact_name(f) for f in dose.adjusted_for])}", "strong", lead="Changed")] if changed else []
    cells = (
        dose.drug,
        dose.dose + star(dose.unread),
        dose.route,
        dose.days,
        dose.standard if changed or dose.standard != dose.dose else "",
        dose.until or "",
        cite(dose.source).strip(" []"),
    )
    if _more(dose.text, " ".join(cells)):
        below.append(Line(dose.text, "dim"))
    return Row(cells, (*below, *_open(dose)))


def _more(text: str, told: str) -> bool:
    """Whether a sentence says more than what was told in columns."""
    known = {word.strip("(),;*") for word in told.split()} | {"days", "until"}
    return bool({word.strip("(),;*") for word in text.split()} - known)


def _open(dose: Dose) -> list[Line]:
    """What would change the dose."""
    return [
        Line(f"{o.dose or o.text}{f' ({o.text})' if o.dose and o.text and o.text != o.dose else ''}{cite(o.source)}", "open",
             lead=f"If {o.if_.removeprefix('if ')}:")
        for o in dose.open
    ]  # fmt: skip
