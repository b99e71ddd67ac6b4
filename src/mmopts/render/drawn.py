"""What is drawn in letters: a plot of hazard ratios, a timeline of treatments."""

from __future__ import annotations

from mmopts.render.blocks import Plot, Timeline
from mmopts.render.forest import plot_lines
from mmopts.render.timeline import timeline_lines

DRAWN = (Plot, Timeline)


def drawn_lines(block: Plot | Timeline, width: int) -> list[str]:
    """The drawing as lines of at most `width` columns."""
    return plot_lines(block, width) if isinstance(block, Plot) else timeline_lines(block, width)
