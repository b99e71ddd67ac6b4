"""Text that cannot steer a terminal."""

from __future__ import annotations


def plain(text: object) -> str:
    """`text` on one line, without control characters, invisible direction marks or broken code points."""
    shown = str(text)
    if shown.isprintable():
        return shown
    return "".join(c if c.isprintable() else " " if c.isspace() else "" for c in shown)
