"""HTML: one page that needs nothing else, legible in light and dark and on paper, every text escaped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from html import escape

from mmopts.render.blocks import (
    Block,
    Cell,
    Column,
    Command,
    Group,
    Heading,
    Line,
    LineOrCommand,
    Reference,
    References,
    Row,
    Section,
    Table,
    Timeline,
    filled,
    paragraphs,
)
from mmopts.render.drawn import DRAWN
from mmopts.render.pagestyle import style
from mmopts.render.plain import plain
from mmopts.render.svg import svg

_FIGURE = re.compile(r"(?:HR \d+(?:\.\d+)? )?\(\d[\d.]*-\d[\d.]*(?:, \d+(?:\.\d+)?% interval)?\)\*?")
_ADDRESS = re.compile(r"https://(?:[^\s<>&]|&amp;)*[^\s<>&.,;:)\]]")
_CITED = re.compile(r"\[(\d+(?:, \d+)*)\]")
_UNITS = "mg|mcg|g|kg|mL|IU|Gy|months?|days?|weeks?|years?|hours?|h|d"
_AMOUNT = re.compile(rf"(?<=\d) (?=(?:{_UNITS}|v \d+|of \d+)\b)|(?<=\d of) (?=\d)")
_SQUARE = re.compile(r"(?<=/m)2\b")
_POWER = re.compile(r"\b10\^(\d+)\b")
_RAISED = str.maketrans("0123456789", "".join(unicodedata.lookup(f"SUPERSCRIPT {n}") for n in (
    "ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE")))  # fmt: skip
_HYPHENED = re.compile(r"(?<![-\w/.])[A-Z][A-Za-z]*-(?:\d+|[A-Z]{2,5})(?![-\w])")
MOST_DEEP = 4


def html_text(blocks: Sequence[Block], title: str, foot: str = "") -> str:
    """A screen as a page with this title; `foot` stands at its end, and on paper at the foot of each sheet."""
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(plain(title))}</title>",
            f"<style>{style(foot)}</style>",
            "</head>",
            "<body>",
            f"<h1>{escape(plain(title))}</h1>",
            *_Body(blocks).written(blocks, 2),
            *([f"<footer><p>{escape(plain(foot))}</p></footer>"] if foot else []),
            "</body>",
            "</html>\n",
        ]
    )


def _references(blocks: Iterable[Block]) -> set[str]:
    """The numbers of all references of a page."""
    out: set[str] = set()
    for block in blocks:
        if isinstance(block, Section):
            out |= _references(block.blocks)
        elif isinstance(block, References):
            out |= {str(r.number) for r in block.items}
    return out


class _Body:
    """Blocks as HTML. What cites a reference of the page links to it."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.known = _references(blocks)

    def written(self, blocks: Iterable[Block], depth: int) -> list[str]:
        """The lines of HTML of blocks whose headings are of this depth."""
        return [line for block in blocks for line in self._block(block, min(depth, MOST_DEEP))]

    def _block(self, block: Block, depth: int) -> list[str]:
        """One block as lines of HTML; headings by depth."""
        if isinstance(block, Heading):
            return [self._heading(block.text, depth)]
        if isinstance(block, (Line, Command)):
            return [self._paragraph(block)]
        if isinstance(block, Section):
            kind = ' class="page"' if block.page else ""
            inner = self.written(block.blocks, depth + 1)
            return [f"<section{kind}>", self._heading(block.title, depth), *inner, "</section>"]
        if isinstance(block, Group):
            return [self._heading(block.title, depth), *self._group(block)]
        if isinstance(block, References):
            items = [self._reference(item) for item in block.items]
            return [self._heading(block.title, depth), '<div class="refs">', *items, "</div>"] if items else []
        if isinstance(block, DRAWN):
            drawn = svg(block)
            note = [] if isinstance(block, Timeline) or not block.note else [f'<p class="dim">{self._text(block.note)}</p>']
            return [self._heading(block.title, depth), drawn, *note] if drawn else []
        return self._table(filled(block)) if block.rows else []

    def _heading(self, text: str, depth: int) -> str:
        return f"<h{depth}>{self._text(text)}</h{depth}>"

    def _paragraph(self, line: LineOrCommand) -> str:
        return f'<p class="{_class(line)}">{self._said(line)}</p>'

    def _group(self, group: Group) -> list[str]:
        """Lines as paragraphs, or as a list."""
        if not group.beside:
            return ['<div class="said">', *map(self._paragraph, group.lines), "</div>"]
        return ["<ul>", *(f'<li class="{_class(line)}">{self._said(line)}</li>' for line in group.lines), "</ul>"]

    def _reference(self, item: Reference) -> str:
        links = " ".join(f'<a href="{escape(url)}">{escape(plain(name))}</a>' for name, url in item.links)
        return f'<p id="ref-{item.number}">{item.number}. {self._text(item.text)} {links}</p>'

    def _text(self, text: str) -> str:
        """Escaped text; no interval, amount or name with a hyphen is parted, an address is a link, a citation too."""
        shown = _ADDRESS.sub(r'<a href="\g<0>">\g<0></a>', escape(plain(text)))
        shown = _FIGURE.sub(lambda m: f'<span class="figure">{m[0]}</span>', _AMOUNT.sub("&nbsp;", shown))
        shown = _HYPHENED.sub(r'<span class="figure">\g<0></span>', _SQUARE.sub("\N{SUPERSCRIPT TWO}", shown))
        shown = _POWER.sub(lambda m: f"10{m[1].translate(_RAISED)}", shown)
        return _CITED.sub(self._cited, shown)

    def _cited(self, found: re.Match[str]) -> str:
        numbers = found[1].split(", ")
        if not self.known.issuperset(numbers):
            return found[0]
        return "[" + ", ".join(f'<a class="ref" href="#ref-{n}">{n}</a>' for n in numbers) + "]"

    def _said(self, line: LineOrCommand) -> str:
        lead = f"<strong>{self._text(line.lead)}</strong> " if line.lead else ""
        if isinstance(line, Command):
            return f"{lead}<code>{escape(plain(line.text))}</code>"
        return lead + self._text(line.text.strip())

    def _cell(self, cell: Cell, column: Column, first: bool) -> str:
        told = paragraphs(cell)
        text = "".join(f"<p>{self._text(p)}</p>" for p in told) if len(told) > 1 else "".join(map(self._text, told))
        tag, kind = ("th", ' scope="row"') if first else ("td", "")
        return f'<{tag}{kind} class="{column.style}">{text}</{tag}>'

    def _row(self, row: Row, columns: Sequence[Column]) -> str:
        """A row with what stands beneath it, kept together on paper."""
        cells = "".join(self._cell(cell, c, i == 0) for i, (c, cell) in enumerate(zip(columns, row.cells, strict=True)))
        below = "".join(map(self._paragraph, row.below))
        beneath = f'<tr><td colspan="{len(columns)}"><div class="below">{below}</div></td></tr>' if below else ""
        return f"<tbody><tr>{cells}</tr>{beneath}</tbody>"

    def _table(self, table: Table) -> list[str]:
        shares = "".join(f'<col style="width:{c.share}%">' if c.share else "<col>" for c in table.columns)
        columns = [f"<colgroup>{shares}</colgroup>"] if any(c.share for c in table.columns) else []
        heads = "".join(f'<th scope="col">{self._text(c.title)}</th>' for c in table.columns)
        caption = [f"<caption>{self._text(table.title)}</caption>"] if table.title else []
        head = [f"<thead><tr>{heads}</tr></thead>"] if any(c.title for c in table.columns) else []
        return ["<table>", *caption, *columns, *head, *(self._row(row, table.columns) for row in table.rows), "</table>"]


def _class(line: LineOrCommand) -> str:
    style = line.style if isinstance(line, Line) else ""
    return f"{style}{f' in{min(line.indent, 3)}' if line.indent else ''}".strip()
