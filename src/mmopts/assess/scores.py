"""A score for one set of facts: which items and groups hold, and how many points there may be."""

from __future__ import annotations

from math import inf

from mmopts.knowledge.records import Score
from mmopts.logic import Facts, One
from mmopts.record import Record


class Tally(Record):
    """What the facts decide about a score: its items and groups, in order; the fewest and the most points."""

    items: tuple[bool | None, ...]
    groups: tuple[bool | None, ...]
    low: float
    high: float
    applies: bool | None


def tally(tool: Score, facts: Facts) -> Tally:
    """The score as far as the facts decide it. Once one group is certain, the open ones are ruled out."""
    logic = One(facts)
    items = tuple(logic.value(item.cond) for item in tool.items)
    low = sum(item.points for item, holds in zip(tool.items, items, strict=True) if holds)
    high = low + sum(item.points for item, holds in zip(tool.items, items, strict=True) if holds is None)
    groups: list[bool | None] = []
    for group in tool.groups:
        if group.cond is not None:
            groups.append(logic.value(group.cond))
            continue
        least, most = -inf if group.low is None else group.low, inf if group.high is None else group.high
        outside = high < least or low > most
        groups.append(True if least <= low and high <= most else False if outside else None)
    if True in groups:
        groups = [holds is True for holds in groups]
    return Tally(items, tuple(groups), low, high, logic.value(tool.applies))
