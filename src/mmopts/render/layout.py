"""Blocks as plain text for a pipe or a file: columns in line, nothing wrapped, cut or coloured."""

from __future__ import annotations

from typing import Any

from mmopts.render.blocks import Cell, Heading, Line, Short, Table, View
from mmopts.render.plain import plain
from mmopts.render.views import blocks_of


def plain_text(envelope: dict[str, Any], view: View) -> str:
    """An answer for a pipe or a file."""
    out: list[str] = []
    for block in blocks_of(envelope, view):
        if isinstance(block, Heading):
            out += ["", plain(block.text)] if out else [plain(block.text)]
        elif isinstance(block, Line):
            out.append(f"{'':{block.indent}}{plain(block.text)}")
        else:
            out += _lines(block)
    return "\n".join(line.rstrip() for line in out) + "\n"


def words_of(cell: Cell, brief: bool = False) -> str:
    """The text of a cell, on one line; `brief`: the short one, where there is one."""
    if isinstance(cell, Short):
        return plain(cell.short if brief else cell.long)
    return plain(cell)


def widths_of(table: Table, brief: bool = False) -> list[int]:
    """How wide each column is if nothing is cut."""
    return [
        max(len(column.title), *(len(words_of(row[i], brief)) for row in table.rows))
        for i, column in enumerate(table.columns)
    ]


def _lines(table: Table) -> list[str]:
    if not table.rows:
        return []
    titles = [c.title for c in table.columns]
    rows = [titles] if any(titles) else []
    rows += [[words_of(cell) for cell in row] for row in table.rows]
    widths = widths_of(table)
    return ["  ".join(f"{text:<{w}}" for text, w in zip(row, widths, strict=True)) for row in rows]
