"""A plot of hazard ratios and a timeline of treatments as SVG inside a page: no library, no script, no address.

Lengths are in units of a picture that is `WIDTH` wide; the page scales it. Colours are the page's own (`STYLE`), and
nothing is told by colour alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from html import escape
from math import log
from typing import NamedTuple

from mmopts.render.blocks import Plot, Timeline
from mmopts.render.forest import LEFT, RIGHT, TICKS, bounds, figure
from mmopts.render.plain import breadth, folded, plain
from mmopts.render.timeline import (
    COARSE,
    GIVEN,
    LEGEND,
    ONCE,
    ONGOING,
    OPEN,
    PROGRESSION,
    days_in,
    new_year,
    new_years,
    strokes,
)

WIDTH = 760
ROW, LETTER, PAD = 16, 5.7, 8
"""The height of a line of text, the mean width of a letter, and the room around a picture."""
STYLE = """
svg{display:block;width:100%;max-width:760px;height:auto;break-inside:avoid}
svg text{font:11px system-ui,sans-serif;fill:var(--ink)}svg .t{font-weight:600}svg .s{fill:var(--faint)}
svg .e{text-anchor:end}svg .m{text-anchor:middle}svg .a{stroke:var(--faint);fill:none}svg .g{stroke:var(--rule);fill:none}
svg .l{stroke:var(--ink);stroke-width:1.5;fill:none}svg .f{fill:var(--ink)}svg .b{fill:var(--bar)}
svg .c{fill:none;stroke:var(--bar);stroke-width:1.2;stroke-dasharray:3 2}
"""
"""What a page with a picture says of its colours."""


def svg(block: Plot | Timeline) -> str:
    """The picture; empty where there is nothing to draw."""
    return _forest(block) if isinstance(block, Plot) else _timeline(block)


# --- strokes ---------------------------------------------------------------------------------------


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _text(x: float, y: float, text: str, style: str = "") -> str:
    return f'<text x="{_n(x)}" y="{_n(y)}" class="{style}">{escape(plain(text))}</text>'


def _path(way: str, style: str) -> str:
    return f'<path d="{way}" class="{style}"></path>'


def _line(x: float, y: float, to_x: float, to_y: float, style: str) -> str:
    return _path(f"M{_n(x)} {_n(y)}L{_n(to_x)} {_n(to_y)}", style)


def _box(x: float, y: float, width: float, height: float, style: str) -> str:
    return _path(f"M{_n(x)} {_n(y)}h{_n(width)}v{_n(height)}h{_n(-width)}z", style)


def _picture(title: str, height: float, parts: Iterable[str]) -> str:
    drawn = "\n".join(parts)
    named = escape(plain(title), quote=True)
    return f'<svg viewBox="0 0 {WIDTH} {_n(height)}" role="img" aria-label="{named}">\n{drawn}\n</svg>'


def _room(texts: Iterable[str], most: float) -> float:
    """The width that texts take, at most so much."""
    return min(max((breadth(plain(text)) for text in texts), default=0) * LETTER + PAD, most)


def _letters(width: float) -> int:
    return max(int((width - PAD) / LETTER), 8)


# --- hazard ratios ---------------------------------------------------------------------------------


def _forest(plot: Plot) -> str:
    """A square where the hazard ratio is, a line as wide as its interval; a rule at 1, and nothing pooled."""
    rows = [row for _, group in plot.groups for row in group]
    if not rows:
        return ""
    low, high = (log(end) for end in bounds(rows))
    labels, figures = _room((r.label for r in rows), 260) + PAD, _room(map(figure, rows), 200)
    start, end = labels + PAD, WIDTH - figures - PAD
    letters = _letters(labels)

    def at(ratio: float) -> float:
        return start + (log(ratio) - low) / (high - low) * (end - start)

    parts: list[str] = []
    y = float(PAD)
    for title, group in plot.groups:
        for text in folded(title, _letters(WIDTH)):
            y += ROW
            parts.append(_text(0, y, text, "t"))
        for row in group:
            lines = folded(row.label, letters)
            middle = y + ROW - 4
            parts += [_text(PAD, y + ROW * i, text) for i, text in enumerate(lines, 1)]
            parts += [*_interval(at(row.low), at(row.hr), at(row.high), middle), _text(end + PAD, y + ROW, figure(row))]
            y += ROW * max(len(lines), 1)
        y += PAD / 2
    foot = y + PAD
    ticks = [t for t in TICKS if low <= log(t) <= high]
    scale = [part for t in ticks for part in (_line(at(t), foot, at(t), foot + 4, "a"),
                                              _text(at(t), foot + ROW, f"{t:g}", "m s"))]  # fmt: skip
    rule = [_line(at(1), PAD, at(1), foot, "a"), _line(start, foot, end, foot, "a")]
    sides = [_text(at(1) - PAD, foot + 2 * ROW, LEFT, "e s"), _text(at(1) + PAD, foot + 2 * ROW, RIGHT, "s")]
    return _picture(plot.title, foot + 2 * ROW + PAD, [*rule, *parts, *scale, *sides])


def _interval(low: float, middle: float, high: float, y: float) -> list[str]:
    return [
        _line(low, y, high, y, "l"),
        _line(low, y - 3, low, y + 3, "l"),
        _line(high, y - 3, high, y + 3, "l"),
        _box(middle - 3.5, y - 3.5, 7, 7, "f"),
    ]


# --- treatments ------------------------------------------------------------------------------------


class _Years(NamedTuple):
    """Days (ordinals) from the first of January of a year to `last`, from `start` to `end` in the picture."""

    first: int
    last: int
    start: float
    end: float

    def at(self, day: int) -> float:
        share = (day - self.first) / max(self.last - self.first, 1)
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)

    def ticks(self) -> list[tuple[float, str]]:
        """The first of January of as many years as there is room for."""
        return [(self.at(day), str(year)) for day, year in new_years(self.first, self.last, self.end - self.start, 34)]


def _timeline(block: Timeline) -> str:
    """A bar for each treatment beside its name and the best response to it, bracketed by line."""
    bars = [bar for _, group in block.groups for bar in group]
    days = days_in(block)
    if not days:
        return ""
    heads = _room((title for title, _ in block.groups), 90) + PAD
    labels, responses = _room((b.label for b in bars), 260), _room((b.response for b in bars), 60)
    start = heads + labels + responses + PAD
    axis = _Years(new_year(min(days)), max(block.today, *days), start, WIDTH - 2 * PAD)
    parts: list[str] = []
    used: set[str] = set()
    y = float(PAD)
    for title, group in block.groups:
        top = y + 3
        parts.append(_text(0, y + ROW - 4, title, "t"))
        for bar in group:
            lines = folded(bar.label, _letters(labels))
            parts += [_text(heads, y + ROW * i - 4, text) for i, text in enumerate(lines, 1)]
            parts.append(_text(heads + labels, y + ROW - 4, bar.response, "s"))
            for sign, first, last in strokes(bar, axis.last):
                used.add(sign)
                parts.append(_stroke(sign, first, last, axis, y + ROW / 2))
            y += ROW * max(len(lines), 1)
        if title:
            parts.append(_path(f"M{_n(heads - 4)} {_n(top)}h-4V{_n(y - 3)}h4", "a"))
        y += 3
    grid = [_line(x, PAD, x, y, "g") for x, _ in axis.ticks()]
    scale = [_text(x, y + ROW - 2, year, "m s") for x, year in axis.ticks()]
    legend, height = _legend(used, y + 2 * ROW)
    return _picture(block.title, height, [*grid, *parts, _line(start, y, axis.end, y, "a"), *scale, *legend])


def _stroke(sign: str, first: int, last: int, axis: _Years, y: float) -> str:
    """One stroke of a treatment: a box from day to day, or a sign on its day."""
    if sign in _BOXES:
        return _box(axis.at(first), y - 4, max(axis.at(last) - axis.at(first), 2), 8, _BOXES[sign])
    return _SIGNS[sign](axis.end if sign == ONGOING else axis.at(first), y)


def _ongoing(x: float, y: float) -> str:
    return _path(f"M{_n(x - 2)} {_n(y - 6)}l9 6l-9 6z", "f")


def _once(x: float, y: float) -> str:
    return _path(f"M{_n(x)} {_n(y - 6)}l5 6l-5 6l-5 -6z", "f")


def _open(x: float, y: float) -> str:
    return _text(x, y + 4, "?", "m t")


def _progression(x: float, y: float) -> str:
    return _line(x, y - 7, x, y + 7, "l") + _text(x + 3, y + 4, "P", "t")


_BOXES = {GIVEN: "b", COARSE: "c"}
"""The signs that go on for days, each with its class of style."""
_SIGNS: dict[str, Callable[[float, float], str]] = {
    GIVEN: lambda x, y: _box(x - 8, y - 4, 14, 8, "b"), COARSE: lambda x, y: _box(x - 8, y - 4, 14, 8, "c"),
    ONGOING: _ongoing, OPEN: _open, ONCE: _once, PROGRESSION: _progression,
}  # fmt: skip
"""How each sign is drawn, in the order of the legend."""


def _legend(used: Collection[str], y: float) -> tuple[list[str], float]:
    """The signs in use with what they mean, and where the picture ends."""
    parts: list[str] = []
    x = 2.0 * PAD
    for sign, draw in _SIGNS.items():
        if sign not in used:
            continue
        words = LEGEND[sign]
        size = 6 * PAD + len(words) * LETTER
        if x + size > WIDTH and x > 2 * PAD:
            x, y = 2.0 * PAD, y + ROW
        parts += [draw(x, y), _text(x + 2 * PAD, y + 4, words, "s")]
        x += size
    return parts, y + PAD + 2
