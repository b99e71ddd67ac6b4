"""Dates as precise as they are known: a day, a month, a year."""

from __future__ import annotations

import re


def span(text: str) -> tuple[str, str]:
    """The first and the last day that a date may mean, as YYYY-MM-DD. Raises ValueError if it is no date."""
    from datetime import date, timedelta  # not needed for asking, only for reading dates

    found = re.fullmatch("([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?", text)
    if not found:
        raise ValueError(f"{text!r} is no date like 2024, 2024-04 or 2024-04-05")
    year, month, day = (int(part) if part else None for part in found.groups())
    assert year is not None
    first = date(year, 1 if month is None else month, 1 if day is None else day)
    if day is not None:
        last = first
    elif month is not None:
        last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    else:
        last = date(year, 12, 31)
    return first.isoformat(), last.isoformat()


def reached(first: str, last: str, as_of: str) -> bool | None:
    """Whether a date has come by the day `as_of`: None while the month or the year that it names is running."""
    if first == last:
        return as_of >= first
    return None if first <= as_of <= last else as_of > last
