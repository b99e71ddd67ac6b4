"""Dates as precise as they are known, and what can be said of two of them in three-valued logic.

A date is the interval of days that it may mean, as ordinals (``date.toordinal``); comparing two gives True or
False where every pair of their days agrees, and None where it does not.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import NamedTuple

from mmopts.diagnostics import BRIEF, REASON, cut, in_quotes, shown
from mmopts.knowledge.dates import span
from mmopts.names import plain

_CYCLE = 146_097
"""Days of 400 years, after which the calendar repeats itself."""


class Date(NamedTuple):
    """The first and the last day that a date may mean, as ordinals, and the text it was given in ("" if in none)."""

    first: int
    last: int
    text: str = ""

    def clip(self, low: int | None = None, high: int | None = None) -> Date:
        """The same date, known to lie not before `low` and not after `high` (ordinals)."""
        first = self.first if low is None else max(self.first, low)
        last = self.last if high is None else min(self.last, high)
        return Date(first, max(first, last), self.text)

    def shift(self, days: int) -> Date:
        """The date so many days later."""
        return Date(self.first + days, self.last + days)

    def __str__(self) -> str:
        return self.text or f"{day(self.first)} to {day(self.last)}"


def read_date(raw: object) -> Date:
    """The date that a patient file gives: YYYY, YYYY-MM or YYYY-MM-DD, as text or number. Raises ValueError."""
    if isinstance(raw, bool) or not isinstance(raw, (str, int, date)):
        raise ValueError(f"{shown(raw, BRIEF)} is no date like 2024, 2024-04 or 2024-04-05")
    text = plain(raw).strip() if isinstance(raw, str) else shown(raw)
    try:
        first, last = span(text)
    except ValueError as error:
        reason = str(error) if cut(text, BRIEF) in str(error) else f"{in_quotes(text, BRIEF)} is no day of the calendar"
        raise ValueError(cut(reason, REASON)) from None
    return Date(ordinal(first), ordinal(last), text)


def ordinal(text: str) -> int:
    """The ordinal of a day in the form YYYY-MM-DD."""
    return date.fromisoformat(text).toordinal()


def day(number: int) -> str:
    """The day with an ordinal, as YYYY-MM-DD."""
    return date.fromordinal(number).isoformat()


def before(one: Date, other: Date) -> bool | None:
    """Whether `one` is not after `other`."""
    if one.last <= other.first:
        return True
    return False if one.first > other.last else None


def add_months(number: int, months: int) -> int:
    """The ordinal of the same day so many calendar months later; of the month's last day where it has no such day."""
    start = date.fromordinal(number)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if year > date.max.year:
        return add_months(number - _CYCLE, months) + _CYCLE
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1])).toordinal()


def within_months(start: Date, then: Date, months: int) -> bool | None:
    """Whether `then` is at most so many calendar months after `start`."""
    if then.last <= add_months(start.first, months):
        return True
    return False if then.first > add_months(start.last, months) else None


def within_days(start: Date, then: Date, days: int) -> bool | None:
    """Whether `then` is at most so many days after `start`, or before it."""
    if then.last - start.first <= days:
        return True
    return False if then.first - start.last > days else None


def months_between(start: int, end: int) -> float:
    """Calendar months from one ordinal to a later one, cut (not rounded) to a tenth, so that no limit is reached early."""
    one, other = date.fromordinal(start), date.fromordinal(end)
    whole = (other.year - one.year) * 12 + other.month - one.month
    if add_months(start, whole) > end:
        whole -= 1
    floor, ceiling = add_months(start, whole), add_months(start, whole + 1)
    return whole + int(10 * (end - floor) / (ceiling - floor)) / 10


def months_from(start: Date, end: Date) -> tuple[float, float]:
    """The fewest and the most calendar months between two dates, of which the first is not after the second."""
    return months_between(min(start.last, end.first), end.first), months_between(start.first, max(start.first, end.last))
