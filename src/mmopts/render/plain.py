"""Text that cannot steer a terminal, and how wide it is in a file."""

from __future__ import annotations


def plain(text: object) -> str:
    """`text` on one line, without control characters, invisible direction marks or broken code points."""
    shown = str(text)
    if shown.isprintable():
        return shown
    return "".join(c if c.isprintable() else " " if c.isspace() else "" for c in shown)


def folded(text: str, width: int) -> list[str]:
    """Text on lines of at most `width` columns, parted between words only."""
    lines: list[str] = []
    for word in plain(text).split():
        if lines and breadth(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def breadth(text: str) -> int:
    """How many columns `text` takes where letters are of one width; wide characters take two."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width  # most text is ASCII

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)
