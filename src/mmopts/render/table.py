"""A screen on a terminal, by rich: the only file that imports it. Texts are never markup, so brackets are only brackets.

Nothing is cut and no word is broken: a word wider than the screen, and a command, run on beyond it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from io import StringIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from mmopts.render.blocks import (
    Block,
    Cell,
    Command,
    Flat,
    Group,
    Heading,
    Line,
    LineOrCommand,
    Table,
    beneath,
    filled,
    flat,
    paragraphs,
    titles,
)
from mmopts.render.drawn import DRAWN, drawn_lines
from mmopts.render.plain import plain

STYLES = {"heading": "bold underline", "name": "bold", "good": "green", "open": "magenta", "bad": "red", "dim": "dim",
          "warn": "red", "strong": "bold", "command": "bold", "title": "italic"}  # fmt: skip
GAP, GUTTER, BENEATH, HANG = 2, 11, 2, 2
SHORT_TITLE = 14
"""A title up to this width is not wrapped."""
READABLE = 18
"""A column that wraps is at least this wide, or as wide as its longest text."""
_TRAILING = re.compile(r" +((?:\x1b\[[0-9;]*m)*)$", re.MULTILINE)

Piece = tuple[str, str]
"""Text and the name of its style."""


def terminal_text(blocks: Sequence[Block], width: int, colour: bool) -> str:
    """A screen for a terminal of this width."""
    out = StringIO()
    console = Console(
        file=out, width=width, force_terminal=colour, no_color=not colour, color_system="standard" if colour else None,
        highlight=False, markup=False, emoji=False, legacy_windows=False,
    )  # fmt: skip
    before: Flat | None = None
    for block in flat(blocks):
        lines = _lines(block, width)
        if lines and before is not None and _apart(before, block):
            console.print()
        for line in lines:
            console.print(line, soft_wrap=True)
        before = block if lines else before
    return _TRAILING.sub(r"\1", out.getvalue())


def _apart(before: Flat, block: Flat) -> bool:
    """Whether an empty line separates two blocks; what belongs together is not separated."""
    if isinstance(before, Heading):
        return False
    if isinstance(block, (Line, Command)):
        return not isinstance(before, (Line, Command, Group))
    if isinstance(block, Group):
        return isinstance(before, DRAWN) or (isinstance(before, (Line, Command)) and bool(before.indent))
    return not (isinstance(block, Table) and isinstance(before, Table) and bool(block.title))


def _lines(block: Flat, width: int) -> list[Text]:
    if isinstance(block, Heading):
        return _fill([(block.text, "heading")], 0, 0, width)
    if isinstance(block, (Line, Command)):
        return _said(block, 0, width)
    if isinstance(block, Group):
        return _group(block, width)
    if isinstance(block, DRAWN):
        drawn = [Text(line) for line in drawn_lines(block, width)]
        return [*_fill([(block.title, "heading")], 0, 0, width), *drawn, *_fill([(block.note, "dim")], 0, 0, width)]
    return _table(filled(block), width) if block.rows else []


def _fill(pieces: Iterable[Piece], first: int, rest: int, width: int) -> list[Text]:
    """Words filled into lines of `width`, the first indented by `first`, the others by `rest`."""
    out: list[Text] = []
    line, used, empty = Text(" " * first), first, True
    for text, style in pieces:
        for place, word in enumerate(plain(text).split()):
            size = cell_len(word)
            if not empty and used + 1 + size > width:
                out.append(line)
                line, used, empty = Text(" " * rest), rest, True
            if not empty:
                line.append(" ", STYLES.get(style, "") if place else "")  # an underline runs through
                used += 1
            line.append(word, STYLES.get(style, ""))
            used, empty = used + size, False
    return [*out, line] if not empty else out


def _said(line: LineOrCommand, indent: int, width: int) -> list[Text]:
    start = indent + HANG * line.indent
    if isinstance(line, Command):
        lead = f"{plain(line.lead)} " if line.lead else ""
        return [Text.assemble(" " * start, lead, (plain(line.text), STYLES["command"]))]
    hang = HANG if line.indent or indent or line.lead else 0
    return _fill([(line.lead, "strong"), (line.text, line.style)], start, start + hang, width)


def _group(group: Group, width: int) -> list[Text]:
    """The title in a gutter beside the lines, or above them if it is too long."""
    indent = GUTTER if group.beside else BENEATH
    lines = [part for line in group.lines for part in _said(line, indent, width)]
    title = Text(plain(group.title), STYLES["heading"])
    if not lines or not group.beside or cell_len(title.plain) >= GUTTER:
        return [*_fill([(group.title, "heading")], 0, 0, width), *lines]
    lines[0] = Text.assemble(title, " " * (GUTTER - cell_len(title.plain)), lines[0][GUTTER:])
    return lines


# --- tables ----------------------------------------------------------------------------------------


def _table(table: Table, width: int) -> list[Text]:
    """Columns side by side; those that yield go beneath their row, and at last all of them, if there is no room."""
    kept, widths = _layout(table, width)
    if widths is None:
        return _stacked(table, width)
    heads = titles(table)
    out: list[Text] = []
    if any(heads):
        styles = ["heading" if i == 0 and table.title else "title" for i in kept]
        out += _side_by_side([heads[i] for i in kept], styles, widths)
    for row in table.rows:
        out += _side_by_side([row.cells[i] for i in kept], [table.columns[i].style for i in kept], widths)
        gone = [i for i in range(len(row.cells)) if i not in kept and paragraphs(row.cells[i])]
        if gone:
            beneath = "; ".join(f"{heads[i]}: {'; '.join(paragraphs(row.cells[i]))}" for i in gone)
            out += _fill([(beneath, "")], BENEATH, BENEATH, width)
        out += [part for line in row.below for part in _said(line, BENEATH, width)]
    return out


def _layout(table: Table, width: int) -> tuple[list[int], list[int] | None]:
    """The columns that stay and their widths: what yields goes first, then what may be wrapped is; None if no way fits."""
    kept = list(range(len(table.columns)))
    while (widths := _widths(table, kept, width, wrapped=False)) is None:
        yielding = [i for i in kept if table.columns[i].yields]
        if not yielding:
            return kept, _widths(table, kept, width, wrapped=True)
        kept.remove(yielding[-1])
    return kept, widths


def _widths(table: Table, kept: Sequence[int], width: int, wrapped: bool) -> list[int] | None:
    """The widths of the columns, with `wrapped` as narrow as need be; None if they do not fit."""
    heads = titles(table)
    widths, least = [], []
    for i in kept:
        column = table.columns[i]
        texts = [plain(p) for row in table.rows for p in paragraphs(row.cells[i])]
        floor = max(_title_width(heads[i], i == 0), column.least if not column.wrap else 0)
        natural = max([floor, *map(cell_len, texts)])
        longest = max([floor, *(cell_len(w) for t in texts for w in t.split())])
        widths.append(max(natural, cell_len(plain(heads[i]))))
        least.append(max(longest, min(natural, column.least or READABLE)) if column.wrap and wrapped else natural)
    room = width - GAP * (len(widths) - 1)
    if sum(least) > room:
        return None
    while (over := sum(widths) - room) > 0:
        slack = [w - m for w, m in zip(widths, least, strict=True)]
        most = slack.index(max(slack))
        widths[most] -= min(over, max(1, slack[most] // 4))
    return widths


def _title_width(title: str, whole: bool) -> int:
    shown = plain(title)
    if whole or cell_len(shown) <= SHORT_TITLE:
        return cell_len(shown)
    return max(map(cell_len, shown.split()), default=0)


def _side_by_side(cells: Sequence[Cell], styles: Sequence[str], widths: Sequence[int]) -> list[Text]:
    """One row: its cells beside each other, each filled into its width."""
    parts = [
        [part for text in paragraphs(cell) for part in _fill([(text, style)], 0, _hang(cell, size), size)]
        for cell, style, size in zip(cells, styles, widths, strict=True)
    ]
    out: list[Text] = []
    for number in range(max(map(len, parts), default=0)):
        line = Text()
        for column, size in zip(parts, widths, strict=True):
            part = column[number] if number < len(column) else Text()
            line.append_text(part).append(" " * (size - cell_len(part.plain) + GAP))
        out.append(line)
    return out


def _hang(cell: Cell, size: int) -> int:
    """The indent of the further lines of a paragraph, so that one sees where each of several begins."""
    told = paragraphs(cell)
    return int(len(told) > 1 and all(cell_len(word) < size for text in told for word in plain(text).split()))


def _stacked(table: Table, width: int) -> list[Text]:
    """Each row as a block: its first cell, and beneath it a line for each other cell with its title."""
    out: list[Text] = _fill([(table.title, "heading")], 0, 0, width) if table.title else []
    for row in table.rows:
        out += [part for text in paragraphs(row.cells[0]) for part in _fill([(text, "name")], 0, HANG, width)]
        out += [part for line in (*beneath(table, row), *row.below) for part in _said(line, GAP, width)]
    return out
