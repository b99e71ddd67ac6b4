"""HTML: one page that needs nothing else, every text escaped."""

from __future__ import annotations

from html import escape
from typing import Any

from mmopts.render.blocks import Cell, Heading, Line, Short, Table, View
from mmopts.render.plain import plain
from mmopts.render.views import blocks_of, kind_of

_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}
h2{font-size:1.05rem;margin:1.6rem 0 .4rem;border-bottom:1px solid #bbb}p{margin:.3rem 0}
.dim{color:#555}.strong,.name,.command{font-weight:600}.warn,.open{color:#7a4b00}.bad{color:#9b1c1c}.good{color:#1b5e20}
.in{margin-left:1.5rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #e5e5e5}
"""


def _text(text: str) -> str:
    return escape(plain(text))


def _cell(cell: Cell, style: str) -> str:
    return f'<td class="{style}">{_text(cell.long if isinstance(cell, Short) else cell)}</td>'


def html_text(envelope: dict[str, Any], view: View) -> str:
    """An answer as a page."""
    title = f"mmopts {kind_of(envelope)}"
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
    for block in blocks_of(envelope, view):
        if isinstance(block, Heading):
            out.append(f"<h2>{_text(block.text)}</h2>")
        elif isinstance(block, Line):
            out.append(f'<p class="{block.style}{" in" if block.indent else ""}">{_text(block.text.strip())}</p>')
        elif block.rows:
            out += _table(block)
    return "\n".join([*out, "</body>", "</html>"]) + "\n"


def _table(table: Table) -> list[str]:
    head = (
        "".join(f'<th scope="col">{_text(c.title)}</th>' for c in table.columns)
        if any(c.title for c in table.columns)
        else ""
    )
    rows = [
        "<tr>" + "".join(_cell(cell, c.style) for c, cell in zip(table.columns, row, strict=True)) + "</tr>"
        for row in table.rows
    ]
    return ["<table>", *([f"<thead><tr>{head}</tr></thead>"] if head else []), "<tbody>", *rows, "</tbody>", "</table>"]
