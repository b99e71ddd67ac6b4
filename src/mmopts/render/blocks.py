"""What a screen is made of: headings, lines, groups, tables, plots. Every format writes them in its own way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from mmopts.record import Record

View = frozenset[str]
"""What a screen unfolds (``all``, ``why_not``) or hides (``differences``).

`ROOMY` is added where a screen need not fit a terminal: less is folded then.
"""
ROOMY = "roomy"
PRINTED = "printed"
"""Added if the reader has paper and no command line: then no command and no option is shown."""

Cell = str | tuple[str, ...]
"""The text of a cell, or several paragraphs."""


class Heading(Record):
    """The title of what follows."""

    text: str


class Line(Record):
    """A paragraph. `lead`: its first words, set off from the rest. `indent`: how deep it stands in a list, from 0.

    `style` is one of those that a writer may colour; it never carries meaning alone.
    """

    text: str
    style: str = ""
    indent: int = 0
    lead: str = ""


class Command(Record):
    """Text to be copied to a command line, never wrapped. `lead`: what stands before it."""

    text: str
    indent: int = 0
    lead: str = ""


LineOrCommand = Line | Command


class Group(Record):
    """A few lines under a short title, which a terminal sets beside them, or above those that are long."""

    title: str
    lines: Sequence[LineOrCommand]
    beside: bool = True


class Column(Record):
    """A column, at least `least` wide.

    `wrap`: its cells may take several lines; `yields`: where there is no room it goes beneath its row. `share`: on a
    page, its part of the width in percent; 0: what its texts need.
    """

    title: str
    style: str = ""
    wrap: bool = False
    yields: bool = False
    least: int = 0
    share: int = 0


class Row(Record):
    """Cells under the columns of a table, and lines beneath them."""

    cells: tuple[Cell, ...]
    below: tuple[Line, ...] = ()


class Table(Record):
    """Rows under columns. `title` stands above the first column, which has no title of its own then."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    title: str = ""
    below: str = ""
    """What the lines beneath the rows are, for a format in which they are a column."""
    alike: bool = False
    """Whether the columns are of one kind (regimens): where they cannot stand side by side, equal cells share a line."""


class Interval(Record):
    """A hazard ratio with its 95% interval, and what it is of."""

    label: str
    hr: float
    low: float
    high: float
    mark: str = ""


class Plot(Record):
    """Hazard ratios on one logarithmic axis, a group for each control arm; nothing is pooled."""

    title: str
    groups: Sequence[tuple[str, Sequence[Interval]]]
    note: str


class Bar(Record):
    """A treatment on a timeline. Dates are the first and the last day that they may mean, as ordinals.

    `once`: given on one day. `response`: the best response to it.
    """

    label: str
    response: str
    start: tuple[int, int] | None
    end: tuple[int, int] | None
    progression: tuple[int, int] | None
    ongoing: bool = False
    once: bool = False


class Timeline(Record):
    """Treatments on one axis of time up to `today` (an ordinal), a group for each line of therapy."""

    title: str
    groups: Sequence[tuple[str, Sequence[Bar]]]
    today: int
    note: str


class Reference(Record):
    """A source as a reference: its number, what it is, and the addresses under which it is found, each with a name."""

    number: int
    text: str
    links: tuple[tuple[str, str], ...]


class References(Record):
    """References under their numbers; a text before them that cites one has its number in square brackets."""

    title: str
    items: Sequence[Reference]


class Section(Record):
    """Blocks under a title of their own. `page`: on paper it begins a new page."""

    title: str
    blocks: Sequence[Block]
    page: bool = False


Flat = Heading | Line | Command | Group | Table | Plot | Timeline
Block: TypeAlias = "Flat | References | Section"


def flat(blocks: Iterable[Block]) -> list[Flat]:
    """The blocks without sections, and references as lines: for formats that know no depth."""
    out: list[Flat] = []
    for block in blocks:
        if isinstance(block, Section):
            out += [Heading(block.title), *flat(block.blocks)]
        elif isinstance(block, References):
            lines = [Line(" ".join((r.text, *(url for _, url in r.links))), lead=f"{r.number}.") for r in block.items]
            out += [Group(block.title, lines, beside=False)] if lines else []
        else:
            out.append(block)
    return out


def paragraphs(cell: Cell) -> tuple[str, ...]:
    """The paragraphs of a cell that are not empty, each once."""
    return tuple(dict.fromkeys(p for p in ((cell,) if isinstance(cell, str) else cell) if p))


def filled(table: Table) -> Table:
    """The table without its empty columns; the first always stays."""
    kept = [i for i in range(len(table.columns)) if i == 0 or any(paragraphs(row.cells[i]) for row in table.rows)]
    if len(kept) == len(table.columns):
        return table
    rows = [Row(tuple(row.cells[i] for i in kept), row.below) for row in table.rows]
    return table._replace(columns=[table.columns[i] for i in kept], rows=rows)


def beneath(table: Table, row: Row) -> list[Line]:
    """The cells of a row but its first, a line for each paragraph with the title of its column."""
    out: dict[str, Line] = {}
    for column, head, cell in list(zip(table.columns, titles(table), row.cells, strict=True))[1:]:
        for text in paragraphs(cell):
            key = text if table.alike else f"{head}: {text}"
            heads = f"{out[key].lead[:-1]}, {head}" if key in out else head
            out[key] = Line(text, column.style, lead=f"{heads}:" if heads else "")
    return list(out.values())


def titles(table: Table) -> tuple[str, ...]:
    """What stands above each column."""
    first, *others = table.columns
    return (first.title or table.title, *(c.title for c in others))
