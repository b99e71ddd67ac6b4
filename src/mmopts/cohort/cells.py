"""One cell as a patient file would say it: the form in which a row is read by itself, for its faults and its odd words."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from mmopts.facts import FACTS, OPEN_LISTS

PLAIN_NUMBER = r"(0|[1-9][0-9]{0,6})(\.[0-9]{1,17})?"
"""A number in plain digits, which needs no reading as a range or in words."""
BETWEEN = re.compile(r"[;,](?![^(]*\))")
"""What stands between the words of a cell; what is in brackets, as in a translocation, stays together."""
YES, NO = ("true", "yes", "y", "1"), ("false", "no", "n", "0")
FLAGS = frozenset([*(f.name for f in FACTS.values() if f.kind == "flag"), *OPEN_LISTS])
LISTS = frozenset(f.name for f in FACTS.values() if f.kind in ("drugs", "words", "months", "choice"))
NUMBERS = frozenset(f.name for f in FACTS.values() if f.kind == "number")


def words_of(cell: str) -> list[str]:
    """The words of a cell: ``VRd; t(4;14)`` has two."""
    return [word for word in (part.strip() for part in BETWEEN.split(cell)) if word]


def said(name: str, value: Any) -> Any:
    """A value under the name of a fact, as a patient file has it; None where the cell is empty."""
    if isinstance(value, str):
        value = value.strip()
        if not value:
            return None
        if name in FLAGS:
            folded = value.casefold()
            return True if folded in YES else False if folded in NO else value
        return (words_of(value) or None) if name in LISTS else value
    if isinstance(value, float) and math.isnan(value):
        return None
    if name in FLAGS and not isinstance(value, bool) and value in (0, 1):
        return bool(value)
    if name == "months_since" and isinstance(value, list) and all(isinstance(v, tuple) for v in value):
        return {str(drug): months for drug, months in value if months is not None}
    if name in NUMBERS and isinstance(value, Mapping):
        ends = {k: v for k, v in value.items() if v is not None}
        return ends or None
    return value


def row_said(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row's cells as a patient file: ``lines_min`` and ``lines_max`` are the ends of one range."""
    out: dict[str, Any] = {}
    ranges: dict[str, dict[str, Any]] = {}
    for column, value in row.items():
        name, end = split_column(column)
        stated = said(name, value)
        if stated is None:
            continue
        if end:
            ranges.setdefault(name, {})[end] = stated
        else:
            out[name] = stated
    for name, ends in ranges.items():
        stated = _plainly(ends)
        out[name] = [out[name], stated] if name in out else stated
    return out


def _plainly(ends: Mapping[str, Any]) -> Any:
    """A range as a person would say it: one number where both ends are the same, without the ".0" of a table's columns."""
    said_so = {end: int(v) if isinstance(v, float) and v.is_integer() else v for end, v in ends.items()}
    return said_so["min"] if len(said_so) == 2 and said_so["min"] == said_so["max"] else said_so


def split_column(column: str) -> tuple[str, str]:
    """The fact of a column, and which end of its range: ``crcl_min`` is (``crcl``, ``min``)."""
    name, _, end = column.rpartition("_")
    return (name, end) if end in ("min", "max") and name in NUMBERS else (column, "")
