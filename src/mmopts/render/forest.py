"""A forest plot in letters: hazard ratios with their intervals on a logarithmic axis, grouped by control arm."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log

from mmopts.render.blocks import Interval, Plot
from mmopts.render.plain import breadth, folded, plain

LEFT, RIGHT = "favours the regimen", "favours the control"
"""What lies on either side of 1."""
TICKS = (0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0)
LEAST = 21
"""The axis is never drawn with fewer columns than these."""


class Axis:
    """A logarithmic axis from `low` to `high` over `width` columns; 1 always lies on it."""

    def __init__(self, low: float, high: float, width: int) -> None:
        self.low, self.high, self.width = log(low), log(high), width

    def at(self, value: float) -> int:
        """The column of a hazard ratio."""
        share = (log(value) - self.low) / (self.high - self.low)
        return min(max(round(share * (self.width - 1)), 0), self.width - 1)


def plot_lines(plot: Plot, width: int) -> list[str]:
    """The plot as lines of at most `width` columns: label, figure, axis; the figure and its axis beneath a long label."""
    rows = [row for _, group in plot.groups for row in group]
    if not rows:
        return []
    labels = max(breadth(plain(row.label)) for row in rows) + 4
    figures = max(len(figure(row)) for row in rows) + 2
    beside = width - labels - figures >= LEAST
    indent = labels if beside else 4
    axis = Axis(*bounds(rows), max(width - indent - figures, LEAST))
    out: list[str] = []
    for title, group in plot.groups:
        out += folded(title, width)
        for row in group:
            drawn = f"{figure(row):<{figures}}{_drawn(row, axis)}".rstrip()
            label = f"  {plain(row.label)}"
            if beside:
                out.append(f"{label}{'':{labels - breadth(label)}}{drawn}")
            else:
                out += [*(f"  {part}" for part in folded(row.label, width - 2)), f"    {drawn}"]
    out += [f"{'':{indent + figures}}{line}".rstrip() for line in _scale(axis)]
    return out


def figure(row: Interval) -> str:
    """``0.64 (0.49-0.83)``."""
    return f"{row.hr:.2f} ({row.low:.2f}-{row.high:.2f}){row.mark}"


def bounds(rows: Sequence[Interval]) -> tuple[float, float]:
    """The ticks between which every interval lies, and 1 too; beyond the last tick the interval's own end."""
    low, high = min(1.0, *(r.low for r in rows)), max(1.0, *(r.high for r in rows))
    below = max((t for t in TICKS if t <= low), default=low)
    return below, min((t for t in TICKS if t >= high and t > 1), default=high)


def _drawn(row: Interval, axis: Axis) -> str:
    """The interval as a line, o where its hazard ratio is, | where it is 1."""
    cells = [" "] * axis.width
    low, high = axis.at(row.low), axis.at(row.high)
    cells[low : high + 1] = "-" * (high - low + 1)
    cells[axis.at(1)] = "|"
    cells[axis.at(row.hr)] = "o"
    return "".join(cells)


def _scale(axis: Axis) -> list[str]:
    """The axis with numbers at both ends and at 1: the same at every width."""
    marks, numbers = ["-"] * axis.width, [" "] * axis.width
    for value in (exp(axis.low), 1.0, exp(axis.high)):
        at, text = axis.at(value), f"{value:.2g}"
        marks[at] = "+"
        start = min(max(at - len(text) // 2, 0), axis.width - len(text))
        if not "".join(numbers[max(start - 1, 0) : start + len(text) + 1]).strip():
            numbers[start : start + len(text)] = text
    return ["".join(marks), "".join(numbers).rstrip()]
