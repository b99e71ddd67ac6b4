"""Markdown: the blocks of a screen, whole, with every character that Markdown or HTML would read as its own escaped."""

from __future__ import annotations

import re
from typing import Any

from mmopts.render.blocks import Cell, Heading, Line, Short, Table, View
from mmopts.render.plain import plain
from mmopts.render.views import blocks_of

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", plain(text).replace("&", "&amp;"))


def _cell(cell: Cell) -> str:
    return escaped(cell.long if isinstance(cell, Short) else cell) or " "


def markdown_text(envelope: dict[str, Any], view: View) -> str:
    """An answer as Markdown."""
    out: list[str] = []
    for block in blocks_of(envelope, view):
        if isinstance(block, Heading):
            out.append(f"## {escaped(block.text)}")
        elif isinstance(block, Line):
            text = escaped(block.text.strip())
            out.append(
                f"- {text}" if block.indent else f"**{text}**" if block.style in ("name", "strong", "command") else text
            )
        elif block.rows:
            out.append(_table(block))
    return "\n\n".join(out).replace("\n\n- ", "\n- ") + "\n"


def _table(table: Table) -> str:
    rows = [
        [escaped(c.title) or " " for c in table.columns],
        ["---"] * len(table.columns),
        *([_cell(c) for c in row] for row in table.rows),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
