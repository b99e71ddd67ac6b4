"""Days and cycles as a prescription writes them: ``1-21``, ``1, 8, 15``, ``1-21/2``; ``1-2``, ``7+``."""

from __future__ import annotations

import re
from functools import cache
from math import inf


@cache
def days_of(text: str) -> tuple[int, ...] | None:
    """The days that ``1-21``, ``1, 8, 15`` or ``1-21/2`` (every other day) name; None for what is no list of days."""
    out: list[int] = []
    for part in text.split(","):
        found = re.fullmatch(r"\s*(-?\d+)(?:-(\d+)(?:/(\d+))?)?\s*", part)
        if not found:
            return None
        first, last = int(found[1]), int(found[2] or found[1])
        out += range(first, last + 1, int(found[3] or 1))
    return tuple(out)


@cache
def cycles_of(text: str) -> tuple[int, float]:
    """The first and last cycle that ``1-2``, ``7+`` or ``3`` name; nothing: every cycle."""
    found = re.fullmatch(r"(\d+)(?:-(\d+)|(\+))?", text)
    if not found:
        return 1, inf
    return int(found[1]), inf if found[3] else int(found[2] or found[1])
