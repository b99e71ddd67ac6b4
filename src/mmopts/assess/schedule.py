"""The calendar of a prescription: which days a drug is given on, and what that asks of the patient in visits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from math import ceil, inf
from typing import NamedTuple

from mmopts.knowledge.days import cycles_of, days_of
from mmopts.knowledge.records import DoseRow

WINDOW = 28
"""Days over which visits are counted."""
HORIZON = 1096
"""Days that are laid out: three years, so that a schedule's last phase is reached."""
MONTH = 365.25 / 12
BY_MOUTH = "PO"


class Visits(NamedTuple):
    """Visits for an injection or infusion in the first `WINDOW` days, and in as many later ones; None if not known."""

    first: int | None
    later: int | None


def doses_in_28_days(row: DoseRow, days: str | None = None) -> float:
    """How many doses fall into 28 days of the row's phase; of what is given once, all of them."""
    listed = days_of(days or row.days)
    count = len(listed) if listed else 1
    return count * WINDOW / row.cycle if row.cycle else count


@cache
def calendar(rows: tuple[DoseRow, ...]) -> frozenset[int]:
    """The days, from 1, on which one drug is given, as far as `HORIZON`."""
    out: set[int] = set()
    start, number, longest = 0, 1, max((r.cycle for r in rows), default=0)
    last, last_day = _last_cycle(rows), _last_day(rows)
    phases = [(*cycles_of(r.cycles), r.cycle, days_of(r.days) or ()) for r in rows]
    while start < HORIZON and number <= last:
        active = [(cycle, days) for first, end, cycle, days in phases if first <= number <= end]
        out.update([start + day for _, days in active for day in days if start + day <= last_day])
        length = max([cycle for cycle, _ in active], default=0) or longest
        if not length:
            break
        start, number = start + length, number + 1
    return frozenset(out)


def _last_cycle(rows: Sequence[DoseRow]) -> float:
    """The last cycle of a drug: that of its last phase, or the number in ``8 cycles``."""
    limits = [int(found[1]) for r in rows if (found := re.match(r"(\d+) cycles?", r.until or ""))]
    ends = [cycles_of(r.cycles)[1] for r in rows]
    return min(max(ends, default=1), max(limits, default=inf))


def _last_day(rows: Sequence[DoseRow]) -> float:
    limits = [int(found[1]) * MONTH for r in rows if (found := re.match(r"(\d+) months?", r.until or ""))]
    return ceil(max(limits)) if limits else HORIZON


def visits(drugs: Iterable[Sequence[DoseRow]]) -> Visits:
    """The visits that the drugs which are not taken by mouth ask for; several on one day are one visit."""
    given = [[r for r in rows if r.route != BY_MOUTH] for rows in drugs]
    given = [rows for rows in given if rows]
    if any(r.amount is None or days_of(r.days) is None for rows in given for r in rows):
        return Visits(None, None)
    days = frozenset().union(*(calendar(tuple(rows)) for rows in given))
    end = max(days, default=0)
    start = min(end, HORIZON - WINDOW) - WINDOW if end > 2 * WINDOW else inf
    start = (start // WINDOW) * WINDOW if start < inf else inf
    return Visits(sum(day <= WINDOW for day in days), sum(start < day <= start + WINDOW for day in days))
