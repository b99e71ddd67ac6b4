"""HTML: one page that needs nothing else, legible in light and dark and on paper, every text escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from mmopts.render.blocks import (
    Block,
    Cell,
    Column,
    Command,
    Group,
    Heading,
    Line,
    Row,
    Said,
    Table,
    filled,
    paragraphs,
)  # fmt: skip
from mmopts.render.drawn import DRAWN, drawn_lines
from mmopts.render.plain import plain

PLOT = 100
_STYLE = """
:root{color-scheme:light dark;--ink:#1b1b1b;--paper:#fff;--faint:#555;--rule:#bbb;--good:#1b5e20;--open:#6a1b8a;
--bad:#9b1c1c}
@media (prefers-color-scheme:dark){
:root{--ink:#e8e8e8;--paper:#161616;--faint:#b0b0b0;--rule:#555;--good:#8fd694;--open:#d9a6f2;--bad:#ff9d94}}
body{font:15px/1.45 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:var(--ink);
background:var(--paper);overflow-wrap:break-word}
h1{font-size:1.3rem}h2,caption{font-size:1.05rem;font-weight:600;text-align:left}
h2{margin:1.4rem 0 .4rem;border-bottom:1px solid var(--rule)}caption{padding:1.4rem 0 .4rem}p{margin:.3rem 0}
ul{margin:.2rem 0;padding-left:1.3rem}a{color:inherit}
.dim{color:var(--faint)}.strong,.name{font-weight:600}.open{color:var(--open)}.bad,.warn{color:var(--bad)}
.good{color:var(--good)}.figure{white-space:nowrap}.in1{margin-left:1.5rem}.in2{margin-left:3rem}.in3{margin-left:4.5rem}
code,pre{font:13px/1.4 ui-monospace,monospace}pre{overflow-x:auto}
table{border-collapse:collapse;width:100%}tbody{border-bottom:1px solid var(--rule);break-inside:avoid}
th,td{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0}thead th{font-weight:400;color:var(--faint)}
@page{margin:15mm}
@media print{body{margin:0;max-width:none;font-size:10pt}p,li,tr,pre{break-inside:avoid}h2,caption{break-after:avoid}}
"""
_INTERVAL = re.compile(r"\(\d[\d.]*-\d[\d.]*\)\*?")
_ADDRESS = re.compile(r"https://[^\s<>&]+[^\s<>&.,;:)\]]")


def html_text(blocks: Sequence[Block], title: str) -> str:
    """A screen as a page with this title."""
    out = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_text(title)}</title>",
        f"<style>{_STYLE}</style>",
        "</head>",
        "<body>",
        f"<h1>{_text(title)}</h1>",
    ]
    for block in blocks:
        if isinstance(block, Heading):
            out.append(f"<h2>{_text(block.text)}</h2>")
        elif isinstance(block, (Line, Command)):
            out.append(f'<p class="{_class(block)}">{_said(block)}</p>')
        elif isinstance(block, Group):
            items = "\n".join(f'<li class="{_class(line)}">{_said(line)}</li>' for line in block.lines)
            out.append(f"<h2>{_text(block.title)}</h2>\n<ul>\n{items}\n</ul>")
        elif isinstance(block, DRAWN):
            drawn = "\n".join(escape(line) for line in drawn_lines(block, PLOT))
            out.append(f'<h2>{_text(block.title)}</h2>\n<pre>{drawn}</pre>\n<p class="dim">{_text(block.note)}</p>')
        elif block.rows:
            out += _table(filled(block))
    return "\n".join([*out, "</body>", "</html>"]) + "\n"


def _text(text: str) -> str:
    """Escaped text; an interval is not parted, an address is a link."""
    shown = _ADDRESS.sub(r'<a href="\g<0>">\g<0></a>', escape(plain(text)))
    return _INTERVAL.sub(r'<span class="figure">\g<0></span>', shown)


def _class(line: Said) -> str:
    style = line.style if isinstance(line, Line) else ""
    return f"{style}{f' in{min(line.indent, 3)}' if line.indent else ''}".strip()


def _said(line: Said) -> str:
    lead = f"<strong>{_text(line.lead)}</strong> " if line.lead else ""
    return lead + (f"<code>{escape(plain(line.text))}</code>" if isinstance(line, Command) else _text(line.text.strip()))


def _cell(cell: Cell, column: Column, first: bool) -> str:
    text = "<br>".join(_text(p) for p in paragraphs(cell))
    return f'<th scope="row" class="{column.style}">{text}</th>' if first else f'<td class="{column.style}">{text}</td>'


def _row(row: Row, columns: Sequence[Column]) -> str:
    """A row with what stands beneath it, kept together on paper."""
    cells = "".join(_cell(cell, c, i == 0) for i, (c, cell) in enumerate(zip(columns, row.cells, strict=True)))
    below = "".join(f'<p class="{_class(line)}">{_said(line)}</p>' for line in row.below)
    beneath = f'<tr><td colspan="{len(columns)}"><div class="in1">{below}</div></td></tr>' if below else ""
    return f"<tbody><tr>{cells}</tr>{beneath}</tbody>"


def _table(table: Table) -> list[str]:
    heads = "".join(f'<th scope="col">{_text(c.title)}</th>' for c in table.columns)
    caption = [f"<caption>{_text(table.title)}</caption>"] if table.title else []
    head = [f"<thead><tr>{heads}</tr></thead>"] if any(c.title for c in table.columns) else []
    return ["<table>", *caption, *head, *(_row(row, table.columns) for row in table.rows), "</table>"]
