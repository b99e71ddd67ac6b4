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
def step_of(text: str) -> int | None:
    """The step of days that are all given as ``1-21/2``; None where they are not, or differ in it."""
    steps = {part.partition("/")[2] for part in text.split(",")}
    return int(*steps) if len(steps) == 1 and "" not in steps else None


@cache
def stepped(text: str, step: int) -> str:
    """The same spans of days, of each every so many: ``1-14, 22-35`` by 2 is ``1-14/2, 22-35/2``."""
    return ", ".join(f"{p}/{step}" if "-" in p[1:] and "/" not in p else p for p in map(str.strip, text.split(",")))


WEEK = 7


@cache
def weekly(text: str, cycle: int | None = None, *, runs: bool = False) -> str:
    """Of the days of a cycle the first in each week: ``1, 2, 8, 9`` is ``1, 8``; as it is, where it is no list of days.

    `runs`: the first days that follow one another: ``1, 2, 4, 5`` is ``1, 2``. Where that leaves more than two weeks of the
    `cycle` (days) without a dose, a list that begins in the first week and goes into another is given on: ``1, 4, 8, 11`` of
    28 is ``1, 8, 15``.
    """
    listed = days_of(text)
    if listed is None:
        return text
    weeks: dict[int, list[int]] = {}
    for day in listed:
        mine = weeks.setdefault((day - 1) // WEEK, [day])
        if runs and day == mine[-1] + 1:
            mine.append(day)
    kept = [day for mine in weeks.values() for day in mine]
    if len(kept) < len(listed) and cycle and 0 in weeks and len(weeks) > 1:
        last = list(weeks.values())[-1]
        while last[0] + 2 * WEEK < cycle + kept[0]:
            last = [day + WEEK for day in last]
            kept += last
    return text if len(kept) >= len(listed) else ", ".join(map(str, kept))


@cache
def cycles_of(text: str) -> tuple[int, float]:
    """The first and last cycle that ``1-2``, ``7+`` or ``3`` name; nothing: every cycle."""
    found = re.fullmatch(r"(\d+)(?:-(\d+)|(\+))?", text)
    if not found:
        return 1, inf
    return int(found[1]), inf if found[3] else int(found[2] or found[1])
