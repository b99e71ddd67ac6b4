"""A forest plot as a file, SVG or PNG, drawn by matplotlib (``pip install '.[plot]'``)."""

from __future__ import annotations

import logging
import os
from io import BytesIO
from typing import Any

from mmopts.render.blocks import Interval, Plot
from mmopts.render.forest import LEFT, RIGHT, TICKS, bounds, figure
from mmopts.render.plain import plain

KINDS = ("svg", "png")
INCH_A_ROW, WIDE = 0.26, 9.0
"""Inches: of a row, and of the whole picture."""
DOTS = 200
"""Dots an inch, of a PNG."""


def plot_bytes(plot: Plot, kind: str) -> bytes:
    """The picture as bytes of a file of this kind (one of `KINDS`), the same for the same plot.

    Raises ModuleNotFoundError without matplotlib, ValueError if there is nothing to draw.
    """
    mpl = _matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    rows = [row for _, group in plot.groups for row in group]
    if not rows:
        raise ValueError("there is no hazard ratio to draw")
    count = len(rows) + len(plot.groups)
    out = BytesIO()
    with mpl.rc_context():
        mpl.rcdefaults()  # a style of the place would make another picture
        mpl.rcParams.update({"svg.hashsalt": "mmopts", "svg.fonttype": "none", "font.size": 9, "text.parse_math": False})
        drawing = Figure(figsize=(WIDE, INCH_A_ROW * count + 1.6), layout="constrained")
        canvas = FigureCanvasSVG(drawing) if kind == "svg" else FigureCanvasAgg(drawing)
        _draw(drawing.add_subplot(), plot, bounds(rows), count)
        drawing.suptitle(plain(plot.title), fontsize=11, fontweight="bold")
        drawing.supxlabel(plain(plot.note), fontsize=8, color="0.35")
        metadata = {"Date": None} if kind == "svg" else {"Software": None}
        canvas.print_figure(out, format=kind, dpi=DOTS, metadata=metadata)
    return out.getvalue()


def _matplotlib() -> Any:
    """The library, which says nothing, and is asked for no window: a name of a backend that it does not know is an error."""
    logging.getLogger("matplotlib").setLevel(logging.CRITICAL)
    backend = os.environ.pop("MPLBACKEND", None)
    try:
        import matplotlib as mpl
    finally:
        if backend is not None:
            os.environ["MPLBACKEND"] = backend
    return mpl


def _draw(axes: Any, plot: Plot, ends: tuple[float, float], count: int) -> None:
    """The axis, a rule at 1, and for each group its control arm and its intervals; nothing is pooled."""
    axes.set_xscale("log")
    axes.set_xlim(*ends)
    axes.set_ylim(count, -0.5)
    ticks = [t for t in TICKS if ends[0] <= t <= ends[1]]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.set_xticks([], minor=True)
    axes.axvline(1, color="0.4", linewidth=1)
    for text, side, shift in ((f"\N{LEFTWARDS ARROW} {LEFT}", "right", -6), (f"{RIGHT} \N{RIGHTWARDS ARROW}", "left", 6)):
        axes.annotate(text, (1, 0), (shift, -24), ("data", "axes fraction"), "offset points", ha=side, va="top")
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    labels: list[tuple[int, str, str]] = []
    place = 0
    for title, group in plot.groups:
        labels.append((place, plain(title), "bold"))
        for row in group:
            place += 1
            labels.append((place, f"  {plain(row.label)}", "normal"))
            _interval(axes, row, place)
        place += 1
    axes.set_yticks([at for at, _, _ in labels], [text for _, text, _ in labels])
    for tick, (_, _, weight) in zip(axes.get_yticklabels(), labels, strict=True):
        tick.set_fontweight(weight)
    axes.tick_params(axis="y", length=0)


def _interval(axes: Any, row: Interval, place: int) -> None:
    ends = [[row.hr - row.low], [row.high - row.hr]]
    axes.errorbar([row.hr], [place], xerr=ends, fmt="s", color="black", markersize=5, linewidth=1.3, capsize=3)
    beside = axes.get_yaxis_transform()
    axes.text(1.02, place, plain(figure(row)), transform=beside, va="center", clip_on=False)
