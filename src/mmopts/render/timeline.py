"""Treatments on an axis of years, in letters: a bar for each, its lines bracketed; any terminal can show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from mmopts.render.blocks import Bar, Timeline
from mmopts.render.plain import breadth, folded, plain

GIVEN, COARSE, ONGOING, OPEN, PROGRESSION, ONCE = "=", "~", ">", "?", "P", "+"
LEGEND = {
    GIVEN: "given", COARSE: "given or not: its dates are coarse", ONGOING: "still given", OPEN: "a date is not told",
    PROGRESSION: "progression", ONCE: "given at once",
}  # fmt: skip
LEAST = 24
"""The axis is never narrower than this many columns."""
MOST = 120
"""Nor wider than this: more columns would show no more."""
_BRACKET = 2


class _Axis:
    """Days (ordinals) from the first of January of a year to `end` over `width` columns."""

    def __init__(self, start: int, end: int, width: int) -> None:
        self.first = new_year(start)
        self.last, self.width = max(end, self.first + 1), width

    def at(self, day: int) -> int:
        """The column of a day."""
        share = (day - self.first) / (self.last - self.first)
        return min(max(int(share * (self.width - 1)), 0), self.width - 1)

    def scale(self) -> list[str]:
        """A tick at the first of January of as many years as there is room for, and the years beneath."""
        marks, numbers = ["-"] * self.width, [" "] * (self.width + 4)
        for day, year in new_years(self.first, self.last, self.width, 6):
            column = self.at(day)
            marks[column] = "+"
            numbers[column : column + 4] = f"{year:04}"
        return ["".join(marks), "".join(numbers).rstrip()]


def new_year(day: int) -> int:
    """The first of January of the year of a day."""
    return date(date.fromordinal(day).year, 1, 1).toordinal()


def new_years(start: int, end: int, room: float, each: float) -> list[tuple[int, int]]:
    """The first of January of as many years from `start` to `end` as have `each` its part of `room`, with its year."""
    first, last = (date.fromordinal(day).year for day in (start, end))
    step = next(n for n in (1, 2, 5, 10, 50, 10_000) if (last - first + 1) / n * each <= room or n == 10_000)
    return [(date(year, 1, 1).toordinal(), year) for year in range(first, last + 1, step)]


def days_in(block: Timeline) -> list[int]:
    """The first and the last day of every date of a timeline."""
    bars = (bar for _, group in block.groups for bar in group)
    return [day for bar in bars for pair in (bar.start, bar.end, bar.progression) if pair for day in pair]


def timeline_lines(block: Timeline, width: int) -> list[str]:
    """The timeline as lines: bracket, label, response, bar; the bar beneath its label where there is no room beside it."""
    bars = [bar for _, group in block.groups for bar in group]
    days = days_in(block)
    if not days:
        return []
    heads = max(breadth(plain(title)) for title, _ in block.groups) + 1 + _BRACKET
    labels = max(breadth(_label(bar)) for bar in bars) + 2
    beside = width - heads - labels >= LEAST
    indent = heads + (labels if beside else 2)
    axis = _Axis(min(days), block.today, min(max(width - indent, LEAST), MOST))
    out: list[str] = []
    for title, group in block.groups:
        rows: list[str] = []
        for bar in group:
            label, drawn = _label(bar), _drawn(bar, axis)
            if beside:
                rows.append(f"{label}{'':{labels - breadth(label)}}{drawn}")
            else:
                rows += [*folded(label, max(width - heads, LEAST)), f"  {drawn}"]
        out += [f"{head}{row}".rstrip() for head, row in zip(_heads(plain(title), len(rows), heads), rows, strict=True)]
    return [*out, *(f"{'':{indent}}{line}" for line in axis.scale())]


def marks_in(block: Timeline) -> list[str]:
    """What the signs in use mean."""
    axis = _Axis(block.today, block.today, LEAST)
    days = [day for _, group in block.groups for bar in group for pair in (bar.start, bar.end) if pair for day in pair]
    if days:
        axis = _Axis(min(days), block.today, MOST)
    used = {sign for _, group in block.groups for bar in group for sign in _drawn(bar, axis)}
    return [f"{sign} {text}" for sign, text in LEGEND.items() if sign in used]


def _label(bar: Bar) -> str:
    return plain(f"{bar.label}  {bar.response}" if bar.response else bar.label)


def _heads(title: str, count: int, width: int) -> Iterator[str]:
    """What stands before the rows of a group: its title, and a bracket around all of them."""
    for number in range(count):
        sign = "|" if 0 < number < count - 1 else "/" if number == 0 else "\\"
        sign = " " if not title else "-" if count == 1 else sign
        yield f"{title if number == 0 else '':{width - _BRACKET}}{sign} "


def strokes(bar: Bar, last: int) -> list[tuple[str, int, int]]:
    """The signs of a treatment, each with the days from which to which it goes, in the order in which they are drawn.

    What coarse dates leave open, what is sure, how it ends, and the progression above all; `last`: the last day of the axis.
    """
    out: list[tuple[str, int, int]] = []
    start, end = bar.start, (last, last) if bar.ongoing else bar.end
    if start is not None and end is not None:
        if (start[0] < start[1] or end[0] < end[1]) and start[0] <= end[1]:
            out.append((COARSE, start[0], end[1]))
        if start[1] <= end[0]:
            out.append((GIVEN, start[1], end[0]))
        if bar.ongoing:
            out.append((ONGOING, last, last))
    elif start is not None:
        if start[0] < start[1]:
            out.append((COARSE, *start))
        out.append((ONCE if bar.once else OPEN, start[1], start[1]))
    elif end is not None:
        out.append((ONGOING if bar.ongoing else OPEN, end[1], end[1]))
    if bar.progression is not None:
        out.append((PROGRESSION, bar.progression[1], bar.progression[1]))
    return out


def _drawn(bar: Bar, axis: _Axis) -> str:
    """The bar in letters."""
    cells = [" "] * axis.width
    for sign, first, last in strokes(bar, axis.last):
        low, high = axis.at(first), axis.at(last)
        cells[low : high + 1] = sign * (high + 1 - low)
    return "".join(cells)


def days_of(pair: Sequence[str] | None) -> tuple[int, int] | None:
    """The first and the last day that a date may mean, as ordinals; None where nothing is told."""
    days = [day_of(text) for text in pair or ()]
    found = [day for day in days if day is not None]
    return (found[0], found[-1]) if found else None


def day_of(text: str) -> int | None:
    """The ordinal of a day in the form YYYY-MM-DD; None of another text."""
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        return None
