"""Turn patients given one by one, as patient files, into columns: the form in which a chunk is judged at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from mmopts.cohort.cells import FLAGS, LISTS, NUMBERS, PLAIN_NUMBER, words_of
from mmopts.cohort.heads import ID, of_a_patient
from mmopts.facts import FACTS

_EXACT = 1 << 53
"""The greatest whole number up to which a column of floats keeps every one."""
_PLAIN = re.compile(PLAIN_NUMBER)


class Sheet:
    """Collects rows. `odd`: those that columns cannot hold, as patient files; they are read one by one."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.odd: dict[int, dict[str, Any]] = {}
        self._cells: dict[str, list[Any]] = {}

    def put(self, row: int, found: Mapping[str, Any], ignore: bool = False) -> None:
        """Put in the facts of one row, and its id. `ignore`: leave out what is no fact."""
        facts = {k: v for k, v in found.items() if k != ID and (not ignore or of_a_patient(k.replace("-", "_")))}
        cells = [_plain(name, value) for name, value in facts.items() if value is not None]
        plain = [each for each in cells if each is not None]
        if len(plain) < len(cells):
            self.odd[row] = facts
            plain = []
        if found.get(ID) is not None:
            plain.append({ID: str(found[ID])})
        for name, value in (pair for each in plain for pair in each.items()):
            self._cells.setdefault(name, [None] * self.size)[row] = value

    def columns(self) -> dict[str, pa.Array]:
        """The columns of what is not odd, and the ids of all."""
        return {name: pa.array(column, _type_of(name)) for name, column in self._cells.items()}


def _plain(name: str, value: Any) -> dict[str, Any] | None:
    """A value as the cells of its column or columns, none if it says nothing; None if they cannot hold it."""
    if name in FLAGS:
        return {name: value} if isinstance(value, bool) else None
    if name in NUMBERS:
        return _ends(name, value)
    if name not in LISTS:
        return None
    words = _words(name, value)
    if isinstance(value, str) and not words:
        return {}
    if words is None or FACTS[name].kind != "choice":
        return None if words is None else {name: words}
    return {name: ";".join(words)} if words and not any(";" in word for word in words) else None


def _ends(name: str, value: Any) -> dict[str, Any] | None:
    """A number, or a range, as the columns of its two ends; None where an end is no number that a column keeps."""
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        value = float(value)
    ranged = isinstance(value, dict) and set(value) <= {"min", "max"} and value
    ends = (value.get("min"), value.get("max")) if ranged else (value, value)
    if ends == (None, None) or not all(end is None or _is_number(end) for end in ends):
        return None
    if any(isinstance(end, int) and abs(end) > _EXACT for end in ends):
        return None
    return dict(zip((f"{name}_min", f"{name}_max"), ends, strict=True))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _words(name: str, value: Any) -> list[str] | None:
    """A list as words; None where it is none."""
    if isinstance(value, str):
        return words_of(value)
    if name == "months_since" and isinstance(value, dict):
        sound = all(_is_number(v) for v in value.values()) and not any("," in k or "=" in k for k in value)
        return [f"{drug}={months!r}" for drug, months in value.items()] if sound else None
    return value if isinstance(value, list) and all(isinstance(word, str) for word in value) else None


def _type_of(name: str) -> pa.DataType:
    if name == ID:
        return pa.string()
    if name in FLAGS:
        return pa.bool_()
    if name in LISTS:
        return pa.string() if FACTS[name].kind == "choice" else pa.list_(pa.string())
    return pa.float64()
