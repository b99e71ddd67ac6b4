"""A screen on a terminal: the only file that imports rich. All text goes through `Text`, so brackets are only brackets."""

from __future__ import annotations

from io import StringIO
from typing import Any

from rich.console import Console
from rich.text import Text

from mmopts.render.blocks import View
from mmopts.render.layout import lay_out
from mmopts.render.views import blocks_of

STYLES = {"": "", "heading": "bold underline", "title": "dim", "name": "bold", "good": "green", "open": "yellow",
          "bad": "red", "dim": "dim", "warn": "yellow", "beneath": "dim", "strong": "bold"}


def terminal_text(envelope: dict[str, Any], view: View, width: int, colour: bool) -> str:
    """An answer for a terminal of this width."""
    held = StringIO()
    console = Console(file=held, force_terminal=True, color_system="standard" if colour else None, width=width, highlight=False,
                      markup=False, emoji=False, no_color=not colour, legacy_windows=False)
    for line in lay_out(blocks_of(envelope, view), width):
        text = Text(no_wrap=True, overflow="ignore", end="\n")
        for part, style in line:
            text.append(part, STYLES[style] if colour else "")
        text.rstrip()
        console.print(text, soft_wrap=True)
    return held.getvalue()
