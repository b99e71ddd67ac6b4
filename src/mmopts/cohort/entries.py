"""One treatment in the cells of a table, as a patient file has it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from mmopts.cohort.cells import NO, YES, words_of
from mmopts.patient.treatments import KEYS

LIST_KEYS, DATE_KEYS = ("regimen", "drugs", "not_tolerated"), ("start", "end", "progression")
_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)[T ]00:00(:00(\.0+)?)?")
_WHOLE = re.compile(r"(\d+)\.0+")


def entry_cell(name: str, value: Any) -> Any:
    """A cell of a table of treatments as a patient file has it; None where it says nothing."""
    if isinstance(value, float):
        return None if math.isnan(value) else int(value) if value.is_integer() else value
    if not isinstance(value, str):
        return value
    text = value.strip()
    if not text:
        return None
    if name in LIST_KEYS:
        return words_of(text) or text
    if name == "ongoing":
        folded = text.casefold()
        return True if folded in YES else False if folded in NO else text
    if name == "line":
        digits = _WHOLE.fullmatch(text)
        digits_text = digits[1] if digits else text
        return int(digits_text) if digits_text.isascii() and digits_text.isdecimal() and len(digits_text) < 10 else text
    if name in DATE_KEYS:
        day, year = _MIDNIGHT.fullmatch(text), _WHOLE.fullmatch(text)
        return day[1] if day else year[1] if year else text
    return text


def nested(entries: Any) -> Any:
    """A list of treatments from a column of lists, as a patient file has it."""
    if not isinstance(entries, list):
        return entries
    return [_entry(e) if isinstance(e, Mapping) else e for e in entries]


def known_keys(entries: Any) -> Any:
    """A list of treatments without what is no key of one."""
    if not isinstance(entries, list):
        return entries
    return [
        {name: value for name, value in e.items() if str(name).replace("-", "_") in KEYS} if isinstance(e, Mapping) else e
        for e in entries
    ]


def _entry(cells: Mapping[str, Any]) -> dict[str, Any]:
    found = ((name, _nested_cell(name, value)) for name, value in cells.items())
    return {name: value for name, value in found if value is not None}


def _nested_cell(name: str, value: Any) -> Any:
    if hasattr(value, "isoformat"):
        value = value.isoformat()
    return entry_cell(name, value)
