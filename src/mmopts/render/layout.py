"""Blocks as plain text for a pipe or a file: columns in line, nothing wrapped, cut or coloured."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from mmopts.render.blocks import (
    Block,
    Command,
    Group,
    Heading,
    Line,
    LineOrCommand,
    Row,
    Table,
    beneath,
    filled,
    flat,
    paragraphs,
    titles,
)
from mmopts.render.drawn import DRAWN, drawn_lines
from mmopts.render.plain import breadth, plain

PLOT = 100
"""How wide a plot is drawn."""
TALL = 170
"""If cells have several paragraphs and a row would be wider than this, each paragraph has a line with its title."""
WIDE, PADDED = 300, 40
"""In other rows wider than this no cell is padded beyond so many columns: nobody follows columns there."""


def plain_text(blocks: Sequence[Block]) -> str:
    """A screen for a pipe or a file."""
    out: list[str] = []
    for block in flat(blocks):
        if (out and isinstance(block, (Heading, Group, *DRAWN))) or (isinstance(block, Table) and block.title and out):
            out.append("")
        if isinstance(block, Heading):
            out.append(plain(block.text))
        elif isinstance(block, (Line, Command)):
            out.append(_line(block))
        elif isinstance(block, Group):
            out += [plain(block.title), *(_line(line, 2) for line in block.lines)]
        elif isinstance(block, DRAWN):
            out += [plain(block.title), *drawn_lines(block, PLOT), plain(block.note)]
        elif block.rows:
            out += _table(filled(block))
    return "\n".join(line.rstrip() for line in out) + "\n"


def _line(line: LineOrCommand, indent: int = 0) -> str:
    lead = f"{plain(line.lead)} " if line.lead else ""
    return f"{'':{indent + 2 * line.indent}}{lead}{plain(line.text)}"


def _table(table: Table) -> list[str]:
    """Rows in line, what stands beneath them on lines of their own; a paragraph of a cell has a line of its own too."""
    heads = [plain(title) for title in titles(table)]
    several = any(isinstance(cell, tuple) for row in table.rows for cell in row.cells)
    rows = [[[plain(p) for p in paragraphs(cell)] or [""] for cell in row.cells] for row in table.rows]
    widths = [max([breadth(head), *(breadth(p) for row in rows for p in row[i])]) for i, head in enumerate(heads)]
    if several and sum(widths) > TALL:
        kept = [i for i, column in enumerate(table.columns) if not column.yields]
        fits = len(kept) < len(widths) and sum(widths[i] for i in kept) <= TALL
        return _table(_yielded(table, kept)) if fits else _stacked(table)
    if sum(widths) > WIDE:
        widths = [min(width, PADDED) for width in widths]
    out = [_aligned(heads, widths)] if any(heads) else []
    for row, cells in zip(table.rows, rows, strict=True):
        out += [_aligned(line, widths) for line in zip_longest(*cells, fillvalue="")]
        out += [_line(line, 4) for line in row.below]
    return out


def _yielded(table: Table, kept: Sequence[int]) -> Table:
    """The table with these columns alone, and beneath each row what stands in the others."""
    rows = []
    for row in table.rows:
        gone = beneath(table, row._replace(cells=tuple("" if i in kept else c for i, c in enumerate(row.cells))))
        rows.append(Row(tuple(row.cells[i] for i in kept), (*gone, *row.below)))
    return table._replace(columns=[table.columns[i] for i in kept], rows=rows)


def _stacked(table: Table) -> list[str]:
    """Each row as a block: its first cell, and beneath it a line for each paragraph of the others with its title."""
    out = [plain(table.title)] if table.title else []
    for row in table.rows:
        out.append("; ".join(plain(p) for p in paragraphs(row.cells[0])))
        out += [*(_line(line, 2) for line in beneath(table, row)), *(_line(line, 4) for line in row.below)]
    return out


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell + " " * (width - breadth(cell)) for cell, width in zip(cells, widths, strict=True))
