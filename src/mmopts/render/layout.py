"""Blocks laid out as lines: fitted to a width for a terminal, or whole and unwrapped for a pipe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from mmopts.render.blocks import Block, Cell, Heading, Line, Short, Table, View
from mmopts.render.plain import plain

Segment = tuple[str, str]
"""Text and its style."""
GAP = 2
INLINE = 32
"""The last column goes beneath its row rather than be narrower than this."""


def plain_text(envelope: dict[str, Any], view: View) -> str:
    """An answer for a pipe or a file: nothing wrapped, cut or coloured."""
    from mmopts.render.views import blocks_of

    lines = lay_out(blocks_of(envelope, view), None)
    return "\n".join("".join(text for text, _ in line).rstrip() for line in lines) + "\n"


def lay_out(blocks: Iterable[Block], width: int | None) -> list[list[Segment]]:
    """Lines of styled text no wider than `width`; None for no limit."""
    out: list[list[Segment]] = []
    for block in blocks:
        if isinstance(block, Heading):
            if out:
                out.append([])
            out += [[(text, "heading")] for text in wrapped(plain(block.text), width)]
        elif isinstance(block, Line):
            out += _line(block, width)
        else:
            out += _table(block, width)
    return out


def _line(line: Line, width: int | None) -> list[list[Segment]]:
    room = None if width is None or line.style == "command" else max(width - line.indent - GAP, 1)
    lead = plain(line.text)[: len(line.text) - len(line.text.lstrip())]
    parts = wrapped(plain(line.text).lstrip(), room)
    return [[(" " * line.indent + (" " * GAP if i else lead) + text, line.style)] for i, text in enumerate(parts)]


def wrapped(text: str, width: int | None) -> list[str]:
    """`text` in lines of at most `width`, broken between words where it can be."""
    if width is None or len(text) <= width:
        return [text]
    out: list[str] = []
    line = ""
    for word in (part for whole in text.split(" ") for part in _pieces(whole, width)):
        if line and len(line) + 1 + len(word) > width:
            out.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*out, line] if line else out


def _pieces(word: str, width: int) -> list[str]:
    """A word, or the pieces of one that is wider than a line."""
    return [word[i : i + width] for i in range(0, len(word), width)] or [""]


def _table(table: Table, width: int | None) -> list[list[Segment]]:
    if not table.rows:
        return []
    rows = [[plain(_long(cell)) for cell in row] for row in table.rows]
    brief = [[plain(_short(cell)) for cell in row] for row in table.rows]
    if width is None:
        return _lines(table, rows, _widest(table, rows), None)
    for texts, beneath, only_last in (
        (rows, False, True),
        (brief, False, True),
        (rows, True, False),
        (brief, True, False),
        (rows, False, False),
        (brief, False, False),
    ):
        if table.below != (beneath or only_last):
            continue
        columns = table._replace(columns=table.columns[:-1]) if beneath else table
        shown = [row[:-1] for row in texts] if beneath else texts
        widths = _fitted(columns, shown, width, only_last)
        if widths is not None:
            return _lines(columns, shown, widths, [row[-1] for row in texts] if beneath else None, width)
    shown = [row[:-1] for row in brief] if table.below else brief
    columns = table._replace(columns=table.columns[:-1]) if table.below else table
    return _lines(
        columns, shown, _squeezed(_widest(columns, shown), width), [r[-1] for r in brief] if table.below else None, width
    )


def _long(cell: Cell) -> str:
    return cell.long if isinstance(cell, Short) else cell


def _short(cell: Cell) -> str:
    return cell.short if isinstance(cell, Short) else cell


def _widest(table: Table, rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(len(column.title), *(len(row[i]) for row in rows)) for i, column in enumerate(table.columns)]


def _fitted(table: Table, rows: Sequence[Sequence[str]], width: int, only_last: bool) -> list[int] | None:
    """Column widths within `width`, cutting those that may be cut; None if that is not enough."""
    widths = _widest(table, rows)
    least = [min(w, c.least or w) for c, w in zip(table.columns, widths, strict=True)]
    if only_last:
        least = [*widths[:-1], min(widths[-1], INLINE)]
    while (over := sum(widths) + GAP * (len(widths) - 1) - width) > 0:
        slack = [w - m for w, m in zip(widths, least, strict=True)]
        most = max(slack)
        if most <= 0:
            return None
        i = slack.index(most)
        widths[i] -= min(over, max(1, most // 4))
    return widths


def _squeezed(widths: list[int], width: int) -> list[int]:
    """Widths brought within `width` at any price."""
    while sum(widths) + GAP * (len(widths) - 1) > width and max(widths) > 4:
        widths[widths.index(max(widths))] -= 1
    return widths


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 1, 0)].rstrip() + "…"


def _lines(
    table: Table,
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
    beneath: Sequence[str] | None,
    width: int | None = None,
) -> list[list[Segment]]:
    gap = " " * GAP
    out: list[list[Segment]] = []
    if any(c.title for c in table.columns):
        out.append([(gap.join(f"{c.title:<{w}}" for c, w in zip(table.columns, widths, strict=True)).rstrip(), "title")])
    for number, row in enumerate(rows):
        cells = [
            wrapped(text, w) if c.wrap and width else [_cut(text, w) if width else text]
            for c, text, w in zip(table.columns, row, widths, strict=True)
        ]
        for i in range(max(map(len, cells))):
            line: list[Segment] = []
            for c, parts, w in zip(table.columns, cells, widths, strict=True):
                text = parts[i] if i < len(parts) else ""
                line.append((f"{text:<{w}}{gap}", c.style))
            out.append(line)
        if beneath is not None and beneath[number] and width:
            out.append([(_cut(f"    {beneath[number]}", width), "beneath")])
    return out
