"""A screen on a terminal: the only file that imports rich, and only its styles, so that brackets are only brackets."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from mmopts.render.blocks import View
from mmopts.render.layout import lay_out
from mmopts.render.views import blocks_of

STYLES = {
    "heading": "bold underline",
    "title": "dim",
    "name": "bold",
    "good": "green",
    "open": "yellow",
    "bad": "red",
    "dim": "dim",
    "warn": "yellow",
    "beneath": "dim",
    "strong": "bold",
    "command": "bold",
}


def terminal_text(envelope: dict[str, Any], view: View, width: int, colour: bool) -> str:
    """An answer for a terminal of this width."""
    lines = []
    for line in lay_out(blocks_of(envelope, view), width):
        parts = line
        while parts and not parts[-1][0].rstrip():
            parts = parts[:-1]
        if parts:
            parts = [*parts[:-1], (parts[-1][0].rstrip(), parts[-1][1])]
        lines.append("".join(_coloured(text, style) if colour else text for text, style in parts))
    return "\n".join(lines) + "\n"


def _coloured(text: str, style: str) -> str:
    """`text` in its style; the spaces around it stay bare."""
    kept = text.rstrip()
    return f"{_style(style)(kept)}{text[len(kept) :]}" if style and kept else text


@cache
def _style(name: str) -> Callable[[str], str]:
    from rich.color import ColorSystem
    from rich.style import Style

    style = Style.parse(STYLES[name])
    return lambda text: style.render(text, color_system=ColorSystem.STANDARD)
