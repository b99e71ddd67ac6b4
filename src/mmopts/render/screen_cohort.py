"""The screen of a cohort's summary: by regimen, and what would be worth recording."""

from __future__ import annotations

from mmopts.answers.forms import Cohort, MissingFact, RegimenCount
from mmopts.render.blocks import Block, Column, Heading, Line, Row, Table, View
from mmopts.render.phrases import counted

_COLUMNS = (
    Column("", "name"),
    Column("eligible"),
    Column("conditional"),
    Column("excluded"),
    Column("on label US"),
    Column("on label EU"),
    Column("lost to one rule alone", wrap=True, yields=True),
)
_MISSING = (Column("fact", "name"), Column("option"), Column("settles of the conditional"), Column("patients"))


def cohort_screen(answer: Cohort, view: View) -> list[Block]:
    """Counts by regimen; then the facts that alone would settle most of what is open."""
    scope = f"region {answer.question.region}, as of {answer.question.as_of}{', strict' if answer.question.strict else ''}"
    rejected = "; ".join(f"{code}: {n:,}" for code, n in answer.rejected_by_code.items())
    judged = f"{counted(answer.patients, 'patient')} judged, {counted(answer.rejected, 'row')} rejected; {scope}"
    out: list[Block] = [Line(judged + (f" ({rejected})" if rejected else ""))]
    out.append(Table(_COLUMNS, [_regimen(row) for row in answer.regimens], "Regimen"))
    if answer.missing_facts:
        rows = [_missing(row, answer.patients) for row in answer.missing_facts]
        out.append(Heading("What to record: conditionals that hang on one missing fact alone"))
        out.append(Table(_MISSING, rows))
    return out


def _regimen(row: RegimenCount) -> Row:
    counts = (row.eligible, row.conditional, row.excluded, row.on_label_us, row.on_label_eu)
    lost = "; ".join(f"{one.rule}: {one.patients:,}" for one in row.lost_to_one_rule)
    return Row((row.id, *(f"{n:,}" for n in counts), lost))


def _missing(row: MissingFact, patients: int) -> Row:
    share = f"{100 * row.settles / (row.of or 1):.1f}%"
    return Row((row.fact, row.option, share, f"{row.patients:,} ({100 * row.patients / (patients or 1):.0f}%)"))
