"""Typed answers to text: a screen is made of blocks, and a writer for each format writes the same blocks in its own way."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmopts.record import Record
    from mmopts.render.blocks import View

FORMATS = ("terminal", "plain", "csv", "markdown", "html")


def rendered(answer: Record, fmt: str, view: View = frozenset(), width: int = 80, colour: bool = False) -> str:
    """An answer (one of the records of `kinds.ANSWERS`) as text in one of `FORMATS`.

    ``terminal`` lays out for reading at `width` columns, coloured or not; ``plain`` is for a pipe or a file: nothing is
    wrapped and less is folded. `view` opens what a screen folds. Raises KeyError for another format or a record that
    has no screen.
    """
    if fmt == "csv":
        from mmopts.render.csvout import csv_text

        return csv_text(answer)
    from mmopts.render.blocks import ROOMY
    from mmopts.render.screens import foot_of, is_page, screen_of, title_of

    blocks = screen_of(answer, view if fmt == "terminal" else view | {ROOMY})
    if fmt == "terminal":
        from mmopts.render.table import terminal_text

        return terminal_text(blocks, width, colour)
    if fmt == "plain":
        from mmopts.render.layout import plain_text

        return plain_text(blocks)
    if fmt == "markdown":
        from mmopts.render.markdown import markdown_text

        return markdown_text(blocks, *((title_of(answer), foot_of(answer)) if is_page(answer) else ()))
    if fmt == "html":
        from mmopts.render.html import html_text

        return html_text(blocks, title_of(answer), foot_of(answer))
    raise KeyError(fmt)
