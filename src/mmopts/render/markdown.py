"""Markdown: the blocks of a screen, whole, with every character that Markdown or HTML would read as its own escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mmopts.render.blocks import (
    Block,
    Cell,
    Command,
    Group,
    Heading,
    Line,
    LineOrCommand,
    Reference,
    References,
    Section,
    Table,
    filled,
    paragraphs,
)
from mmopts.render.drawn import DRAWN, drawn_lines
from mmopts.render.plain import plain

PLOT = 80
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")
_ADDRESS = re.compile(r"https://[^\s<>()\[\]]+(?:\([^\s<>()\[\]]*\)[^\s<>()\[\]]*)*")
"""An address that may stand in a link as it is: its brackets are in pairs."""
_LIST_SIGN = re.compile(r"^(\s*)([-+=])|^(\s*\d+)([.)])(?=\s|$)")


def escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    shown = _SPECIAL.sub(r"\\\1", plain(text).replace("&", "&amp;"))
    return _LIST_SIGN.sub(lambda m: f"{m[1]}\\{m[2]}" if m[2] else f"{m[3]}\\{m[4]}", shown)


def markdown_text(blocks: Sequence[Block], title: str = "", foot: str = "") -> str:
    """A screen as Markdown, under a title and above a foot if there are any."""
    head = [f"# {escaped(title)}"] if title else []
    parts = [*head, *_parts(blocks, 2), *([escaped(foot)] if foot else [])]
    return "\n\n".join(part for part in parts if part.strip()).replace("\n\n- ", "\n- ") + "\n"


def _parts(blocks: Sequence[Block], depth: int) -> list[str]:
    """The parts of blocks whose headings are of this depth."""
    sign = "#" * min(depth, 6)
    out: list[str] = []
    for block in blocks:
        if isinstance(block, Heading):
            out.append(f"{sign} {escaped(block.text)}")
        elif isinstance(block, (Line, Command)):
            out.append(_line(block) if not block.indent else _item(block))
        elif isinstance(block, Section):
            out += [f"{sign} {escaped(block.title)}", *_parts(block.blocks, depth + 1)]
        elif isinstance(block, Group):
            out += [f"{sign} {escaped(block.title)}", "\n".join(_item(line, 0) for line in block.lines)]
        elif isinstance(block, References):
            out += [f"{sign} {escaped(block.title)}", "\n".join(map(_reference, block.items))] if block.items else []
        elif isinstance(block, DRAWN):
            drawn = "\n".join(f"    {line}" for line in ["", *drawn_lines(block, PLOT)])
            out += [f"{sign} {escaped(block.title)}", drawn, escaped(block.note)]
        elif block.rows:
            out += [f"{sign} {escaped(block.title)}"] if block.title else []
            out.append(_table(filled(block)))
    return out


def _reference(item: Reference) -> str:
    links = [f"[{escaped(name)}]({url})" for name, url in item.links if _ADDRESS.fullmatch(url)]
    return " ".join([f"{item.number}. {escaped(item.text)}", *links])


def _line(line: LineOrCommand) -> str:
    lead = f"**{escaped(line.lead)}** " if line.lead.strip() else ""
    if isinstance(line, Command):
        return f"{lead}{_code(line.text)}"
    text = escaped(line.text.strip())
    return f"{lead}**{text}**" if line.style in ("name", "strong") and text else f"{lead}{text}"


def _item(line: LineOrCommand, least: int = 1) -> str:
    """An item of a list; `least`: the indent of its first items."""
    return f"{'  ' * max(line.indent - least, 0)}- {_line(line).rstrip()}"


def _code(text: str) -> str:
    """Text as code, in as many ticks as it needs."""
    shown = plain(text)
    ticks = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}" if shown.strip() else ""


def _cell(cell: Cell) -> str:
    return "<br>".join(escaped(p) for p in paragraphs(cell)) or " "


def _table(table: Table) -> str:
    """A table; what stands beneath its rows is its last column."""
    beneath = any(row.below for row in table.rows)
    heads = [*(c.title for c in table.columns), *([table.below] if beneath else [])]
    rows = [[escaped(h) or " " for h in heads], ["---"] * len(heads)]
    for row in table.rows:
        notes = tuple(f"{line.lead} {line.text}".strip() for line in row.below)
        rows.append([*(_cell(c) for c in row.cells), *([_cell(notes)] if beneath else [])])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
