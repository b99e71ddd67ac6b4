"""What is drawn in letters: a plot of hazard ratios, a timeline of treatments. Few screens have any."""

from __future__ import annotations

from mmopts.render.blocks import Plot, Timeline

DRAWN = (Plot, Timeline)


def drawn_lines(block: Plot | Timeline, width: int) -> list[str]:
    """The drawing as lines of at most `width` columns."""
    if isinstance(block, Plot):
        from mmopts.render.forest import plot_lines

        return plot_lines(block, width)
    from mmopts.render.timeline import timeline_lines

    return timeline_lines(block, width)
