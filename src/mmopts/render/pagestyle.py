"""How a page looks: on a screen, light or dark, and on paper of any size, where no row and no interval is parted."""

from __future__ import annotations

from mmopts.render.plain import plain
from mmopts.render.svg import STYLE as DRAWN

_LIGHT = "--ink:#1b1b1b;--paper:#fff;--faint:#555;--rule:#bbb;--good:#1b5e20;--open:#6a1b8a;--bad:#9b1c1c;--bar:#4a6785"
_DARK = "--ink:#e8e8e8;--paper:#161616;--faint:#b0b0b0;--rule:#555;--good:#8fd694;--open:#d9a6f2;--bad:#ff9d94;--bar:#8fb0d4"
_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:var(--ink);
background:var(--paper);overflow-wrap:break-word}
h1{font-size:1.5em;margin:0 0 .4em}h2,caption{font-size:1.15em;font-weight:600;text-align:left}
h2{margin:1.2em 0 .35em;border-bottom:1px solid var(--rule)}caption{padding:1em 0 .25em}
h3{font-size:1.1em;margin:1.1em 0 .3em}h4{font-size:1em;margin:.7em 0 .2em}
section section caption{font-size:1em;padding:.5em 0 .1em}section section h3{border-bottom:1px solid var(--rule)}
p{margin:.3em 0}
ul{margin:.2rem 0;padding-left:1.3rem}a{color:inherit}a.ref{text-decoration:none;color:var(--faint);white-space:nowrap}
.dim{color:var(--faint)}.strong,.name{font-weight:600}.open{color:var(--open)}.bad,.warn{color:var(--bad)}
.good{color:var(--good)}.figure{white-space:nowrap}.in1{margin-left:1.5rem}.in2{margin-left:3rem}.in3{margin-left:4.5rem}
.said{border-left:3px solid var(--bar);padding:.1em 0 .1em .8em}td p,th p{margin:0 0 .1em}
th[scope=row] p+p{font-weight:400;color:var(--faint)}
code,pre{font:13px/1.4 ui-monospace,monospace}pre{overflow-x:auto}
table{border-collapse:collapse;width:100%}tbody{border-bottom:1px solid var(--rule);break-inside:avoid}
th,td{text-align:left;vertical-align:top;padding:.2em .8em .2em 0}tbody:first-of-type{break-before:avoid}
@media screen and (max-width:45rem){table{display:block;overflow-x:auto}}
.below{margin-left:1.2em}.refs{font-size:.9em}@media (min-width:60rem){.refs{columns:2;column-gap:2em}}
thead th{font-weight:400;color:var(--faint)}
footer{margin-top:1.5rem;border-top:1px solid var(--rule);color:var(--faint);font-size:.85rem}
"""
_PAPER = """
@media print{:root{LIGHT}body{margin:0;padding:0;max-width:none;font-size:8pt;line-height:1.2}
p{margin:.2em 0}.dim{font-size:.94em}
.refs{columns:2;column-gap:2em}section.page{font-size:7.5pt}
code,pre{font-size:7.5pt}p,li,tr,pre,svg{break-inside:avoid}h1,h2,h3,h4,caption{break-after:avoid}
thead{display:table-header-group}section.page{break-before:page}p,li{orphans:3;widows:3}
h2{margin:.6em 0 .2em}caption{padding:.4em 0 .1em}ul{margin:.1em 0}th,td{padding:.1em .7em .1em 0}h3{margin:.8em 0 .2em}
a{text-decoration:none}footer{display:none}
@supports (-moz-appearance:none){footer{display:block}}}
"""


def style(foot: str) -> str:
    """The style sheet of a page; `foot` stands at the foot of each sheet of paper, with its number."""
    small = "font:7.5pt system-ui,sans-serif;color:#555"
    told = f'@bottom-left{{content:"{_quoted(foot)}";width:84%;{small}}}' if foot else ""
    number = f'@bottom-right{{content:counter(page) " / " counter(pages);{small}}}'
    page = f"@page{{margin:10mm 12mm 13mm;{told}{number}}}"
    roots = f":root{{color-scheme:light dark;{_LIGHT}}}\n@media (prefers-color-scheme:dark){{:root{{{_DARK}}}}}"
    return f"\n{roots}{_STYLE}{DRAWN}{page}{_PAPER.replace('LIGHT', f'color-scheme:light;{_LIGHT}')}"


def _quoted(text: str) -> str:
    """Text as it may stand in a string of a style sheet: whatever is no letter or figure by its number."""
    return "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):06x}" for c in plain(text))
