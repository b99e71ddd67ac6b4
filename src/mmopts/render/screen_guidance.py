"""The screen of ``mmopts guidance``: each body under its own name, then where bodies differ."""

from __future__ import annotations

from mmopts.answers.forms import DisagreementRow, Guidance, PositionRow
from mmopts.render.about import RECALLED, foot
from mmopts.render.blocks import Block, Column, Group, Line, Row, Table, View
from mmopts.render.phrases import cite, cited_in, graded_words, recalled, spaced, star

_COLUMNS = (
    Column("", "name", least=20),
    Column("of", wrap=True),
    Column("what, and for whom", wrap=True, least=40),
)


def guidance_screen(answer: Guidance, view: View) -> list[Block]:
    """What each body says; then the points on which they differ, and what is done here."""
    out: list[Block] = []
    for body in dict.fromkeys(row.body for row in answer.guidance):
        rows = [_row(row) for row in answer.guidance if row.body == body]
        out.append(Table(_COLUMNS, rows, body))
    if not out:
        out.append(Line("No body here has a position on that."))
    out += [_difference(point) for point in answer.disagreements]
    ids = cited_in(answer.guidance)
    return [*out, *foot(answer, view, [RECALLED] if recalled(answer.guidance) else [], ids if "all" in view else ())]


def _row(row: PositionRow) -> Row:
    """When, how strongly, of which regimens, what and for whom."""
    tail = (*graded_words(row.strength, row.level), f"if {row.when}" if row.when else "")
    text = "; ".join(p for p in (f"{row.title}: {row.text}{star(row.unread)}", *tail) if p)
    return Row((f"{spaced(row.position)}, {row.year}", ", ".join(row.regimens), f"{text}{cite(row.source)}"))


def _difference(point: DisagreementRow) -> Group:
    lines = [Line(f"{v.view}{cite(v.source)}", lead=f"{v.body}:") for v in point.views]
    return Group(f"Bodies differ: {point.topic}", [*lines, Line(point.we_do, lead="Here:")])
