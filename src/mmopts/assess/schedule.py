"""The calendar of a prescription: which days a drug is given on, and what that asks of the patient in visits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from math import ceil, inf
from typing import NamedTuple

from mmopts.knowledge.days import cycles_of, days_of
from mmopts.knowledge.records import DoseRow

WINDOW = 28
"""Days over which visits are counted."""
YEAR = 13 * WINDOW
"""Days of the first year, in whole windows."""
HORIZON = 1096
"""Days that are laid out: three years, so that a schedule's last phase is reached."""
START = 84
"""Days over which the doses of two variants are compared: twelve weeks, a multiple of 21, 28 and 42 days."""
BEFORE = 100
"""So many days before day 1 fit into a calendar, for what goes before an infusion of cells."""
MONTH = 365.25 / 12
BY_MOUTH = "PO"


class Visits(NamedTuple):
    """Visits for an injection or infusion, in each `WINDOW` of 28 days; None if not known.

    `first`: in the first 28 days. `later`: the rounded mean over the rest of the first `YEAR`, or until the last visit if
    that is earlier, so that the later cycles of an induction count too. `lasting`: after that year, in the last 28 days
    that are laid out; 0 if treatment has ended.
    """

    first: int | None
    later: int | None
    lasting: int | None


def doses_in_28_days(row: DoseRow, days: str | None = None) -> float:
    """How many doses fall into 28 days of the row's phase; if it is given once, all its doses."""
    listed = days_of(days or row.days)
    count = len(listed) if listed else 1
    return count * WINDOW / row.cycle if row.cycle else count


def _laid_out(rows: tuple[DoseRow, ...]) -> Iterator[tuple[DoseRow, int]]:
    """The rows of one drug with the days on which they are given, up to the last day, one stretch of cycles at a time."""
    start = 0
    number: float = 1
    longest = max((r.cycle for r in rows), default=0)
    last, end = _last_cycle(rows), days_until(_last_day(rows))
    spans = [cycles_of(r.cycles) for r in rows]
    bounds = sorted({n for first, final in spans for n in (first, final + 1)} | {last + 1})
    while start < HORIZON and number <= last:
        active = [row for row, (first, final) in zip(rows, spans, strict=True) if first <= number <= final]
        length = max([row.cycle for row in active], default=0) or longest
        left = ceil((HORIZON - start) / length) if length else 1
        times = min(left, next(n for n in bounds if n > number) - number)
        for row in active:
            yield row, _repeated(_bits(row.days), length, int(times)) << start & end
        if not length:
            break
        start, number = start + length * int(times), number + times


@cache
def calendar(rows: tuple[DoseRow, ...]) -> int:
    """The days up to `HORIZON` on which one drug is given, as bits: bit `BEFORE` + d for day d, the first being day 1."""
    out = 0
    for _, days in _laid_out(rows):
        out |= days
    return out


@cache
def total(rows: tuple[DoseRow, ...], days: int) -> float | None:
    """How much of one drug is given in so many days from the first, in the rows' unit; None if it is not recorded."""
    if not rows or any(row.amount is None for row in rows):
        return None
    return sum((row.amount or 0.0) * (given & days_until(days)).bit_count() for row, given in _laid_out(rows))


def _repeated(days: int, length: int, times: int) -> int:
    """The days of a cycle and of those that follow it, each `length` days after the one before."""
    out, done = days, 1
    while done < times:
        more = min(done, times - done)
        out |= out << length * more
        done += more
    return out


@cache
def _bits(days: str) -> int:
    """The days of a row as bits of a calendar; a day further back than `BEFORE` counts as the first that fits."""
    out = 0
    for day in days_of(days) or ():
        out |= 1 << max(day + BEFORE, 0)
    return out


def days_until(day: int) -> int:
    """All days of a calendar up to this one."""
    return (1 << (day + BEFORE + 1)) - 1


def _last_cycle(rows: Sequence[DoseRow]) -> float:
    """The last cycle of a drug: that of its last phase, or the number in ``8 cycles``."""
    limits = _limits(rows, "cycle")
    ends = [cycles_of(r.cycles)[1] for r in rows]
    return min(max(ends, default=1), max(limits, default=inf))


def _last_day(rows: Sequence[DoseRow]) -> int:
    limits = _limits(rows, "month")
    return ceil(max(limits) * MONTH) if limits else HORIZON


def _limits(rows: Iterable[DoseRow], unit: str) -> list[int]:
    """The numbers of cycles or months after which rows end: 8 of ``8 cycles``."""
    ends = [(row.until or "").split(" ") for row in rows]
    return [int(end[0]) for end in ends if len(end) > 1 and end[0].isdecimal() and end[1].startswith(unit)]


def visits(drugs: Iterable[Sequence[DoseRow]]) -> Visits:
    """The visits for drugs that are not taken by mouth; several on one day are one visit."""
    days = 0
    for rows in drugs:
        given = tuple([r for r in rows if r.route != BY_MOUTH])
        if any(r.amount is None or days_of(r.days) is None for r in given):
            return Visits(None, None, None)
        days |= calendar(given)
    first = (days & days_until(WINDOW)).bit_count()
    end = days.bit_length() - 1 - BEFORE
    if end <= WINDOW:
        return Visits(first, 0, 0)
    periods = ceil((min(end, YEAR) - WINDOW) / WINDOW)
    mean = _between(days, WINDOW, WINDOW * (1 + periods)) / periods
    start = (min(end, HORIZON - WINDOW) - WINDOW) // WINDOW * WINDOW
    return Visits(first, int(mean + 0.5), _between(days, start, start + WINDOW) if end > YEAR + WINDOW else 0)


def _between(days: int, start: int, end: int) -> int:
    """How many days of a calendar lie after `start`, up to `end`."""
    return (days & days_until(end) & ~days_until(start)).bit_count()
