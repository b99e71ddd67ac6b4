"""A screen on a terminal, by rich: the only file that imports it. Texts are never markup, so brackets are only brackets."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from mmopts.render.blocks import Heading, Line, Table, View
from mmopts.render.layout import widths_of, words_of
from mmopts.render.plain import plain
from mmopts.render.views import blocks_of

STYLES = {
    "heading": "bold underline",
    "title": "dim",
    "name": "bold",
    "good": "green",
    "open": "yellow",
    "bad": "red",
    "dim": "dim",
    "warn": "yellow",
    "beneath": "dim",
    "strong": "bold",
    "command": "bold",
}
_TRAILING = re.compile(r" +((?:\x1b\[[0-9;]*m)*)$", re.MULTILINE)
GAP = 2
INLINE = 32
"""The last column of a table goes beneath its row rather than be narrower than this."""


def terminal_text(envelope: dict[str, Any], view: View, width: int, colour: bool) -> str:
    """An answer for a terminal of this width."""
    out = StringIO()
    console = Console(
        file=out, width=width, force_terminal=colour, no_color=not colour, color_system="standard" if colour else None,
        highlight=False, markup=False, emoji=False, legacy_windows=False,
    )  # fmt: skip
    for number, block in enumerate(blocks_of(envelope, view)):
        if isinstance(block, Heading):
            if number:
                console.print()
            console.print(Text(plain(block.text), STYLES["heading"]))
        elif isinstance(block, Line):
            _print_line(console, block)
        elif block.rows:
            _print_table(console, block)
    return _TRAILING.sub(r"\1", out.getvalue())


def _print_line(console: Console, line: Line) -> None:
    """A paragraph, its further lines indented; a command on one line, so that it can be copied."""
    text, style = plain(line.text), STYLES.get(line.style, "")
    if line.style == "command":
        console.print(Text(" " * line.indent + text, style), no_wrap=True, overflow="ignore", crop=False)
        return
    lead = " " * (line.indent + len(text) - len(text.lstrip()))
    wrapped = Text(text.strip(), style).wrap(console, max(console.width - len(lead) - GAP, 1))
    for number, part in enumerate(wrapped):
        console.print(Text(lead if number == 0 else " " * (line.indent + GAP)) + part, no_wrap=True, overflow="crop")


def _print_table(console: Console, table: Table) -> None:
    """A table, with shorter texts or its last column beneath each row where there is no room for all."""
    upper = Table(table.columns[:-1], [row[:-1] for row in table.rows])
    for brief in (False, True):
        widths = _fitted(table, brief, console.width)
        if widths is not None:
            console.print(_rich(table, brief, widths), no_wrap=True)
            return
    if not table.below:
        console.print(_rich(table, True, _squeezed(widths_of(table, True), console.width)), no_wrap=True)
        return
    for brief in (False, True):
        widths = _fitted(upper, brief, console.width)
        if widths is not None:
            break
    lines = console.render_lines(_rich(upper, brief, widths or _squeezed(widths_of(upper, True), console.width)), pad=False)
    heads = len(lines) - len(table.rows)
    for number, line in enumerate(lines):
        console.print(Text.assemble(*((part.text, part.style or "") for part in line)), no_wrap=True, overflow="crop")
        beneath = words_of(table.rows[number - heads][-1], brief) if number >= heads else ""
        if beneath:
            console.print(Text(f"    {beneath}", STYLES["beneath"]), no_wrap=True, overflow="ellipsis")


def _fitted(table: Table, brief: bool, room: int) -> list[int] | None:
    """Column widths that fit into `room`, cutting those that may be cut; None if that is not enough."""
    widths = widths_of(table, brief)
    least = [min(w, c.least or w) for c, w in zip(table.columns, widths, strict=True)]
    if table.below:
        least = [*widths[:-1], min(widths[-1], INLINE)]
    while (over := sum(widths) + GAP * (len(widths) - 1) - room) > 0:
        slack = [w - m for w, m in zip(widths, least, strict=True)]
        most = max(slack)
        if most <= 0:
            return None
        widths[slack.index(most)] -= min(over, max(1, most // 4))
    return widths


def _squeezed(widths: list[int], room: int) -> list[int]:
    """Widths brought within `room` at any price."""
    while sum(widths) + GAP * (len(widths) - 1) > room and max(widths) > 1:
        widths[widths.index(max(widths))] -= 1
    return widths


def _rich(table: Table, brief: bool, widths: list[int]) -> RichTable:
    """The table as one of rich, with columns of these widths: cut or wrapped as they were declared."""
    out = RichTable(
        box=None, padding=(0, GAP, 0, 0), pad_edge=False, show_header=any(c.title for c in table.columns),
        header_style=STYLES["title"],
    )  # fmt: skip
    for column, width in zip(table.columns, widths, strict=True):
        out.add_column(
            Text(plain(column.title)), style=STYLES.get(column.style, ""), width=width, no_wrap=not column.wrap,
            overflow="fold" if column.wrap else "ellipsis",
        )  # fmt: skip
    for row in table.rows:
        out.add_row(*(Text(words_of(cell, brief)) for cell in row))
    return out
