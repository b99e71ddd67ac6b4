"""Patients given one by one, as patient files, to columns: the form in which a chunk is judged at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from mmopts.cohort.cells import FLAGS, LISTS, NUMBERS, words_of
from mmopts.cohort.heads import HISTORY, ID
from mmopts.facts import FACTS, OPEN_LISTS

_PLAIN = re.compile(r"(0|[1-9][0-9]{0,6})(\.[0-9]{1,10})?")


class Sheet:
    """Rows as they are put in. `odd`: those that columns cannot hold, as patient files; they are read one by one."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.odd: dict[int, dict[str, Any]] = {}
        self._cells: dict[str, list[Any]] = {}

    def put(self, row: int, found: Mapping[str, Any], ignore: bool = False) -> None:
        """Put in the facts of one row, and its id. `ignore`: leave out what is no fact."""
        plain: dict[str, Any] = {}
        for name, value in found.items():
            if value is None or name == ID:
                continue
            if not _fits(name, value, plain):
                if ignore and not _is_fact(name):
                    continue
                self.odd[row] = {k: v for k, v in found.items() if k != ID and (not ignore or _is_fact(k))}
                plain = {}
                break
        identity = found.get(ID)
        if identity is not None:
            plain[ID] = str(identity)
        for name, value in plain.items():
            self._cells.setdefault(name, [None] * self.size)[row] = value

    def columns(self) -> dict[str, Any]:
        """The columns of what is not odd, and the ids of all."""
        return {name: pa.array(column, _type_of(name)) for name, column in self._cells.items()}


def _is_fact(name: str) -> bool:
    name = name.replace("-", "_")
    return name in FACTS or name in OPEN_LISTS or name == HISTORY


def _fits(name: str, value: Any, plain: dict[str, Any]) -> bool:
    """Put a value into its plain column or columns, if it fits."""
    if name in FLAGS:
        plain[name] = value
        return isinstance(value, bool)
    if name in NUMBERS:
        if isinstance(value, str) and _PLAIN.fullmatch(value):
            value = float(value)
        if isinstance(value, dict) and set(value) <= {"min", "max"} and value:
            low, high = value.get("min"), value.get("max")
        else:
            low = high = value
        if not all(end is None or (isinstance(end, (int, float)) and not isinstance(end, bool)) for end in (low, high)):
            return False
        if any(isinstance(end, int) and abs(end) > 1 << 53 for end in (low, high)):
            return False
        plain[f"{name}_min"], plain[f"{name}_max"] = low, high
        return low is not None or high is not None
    if name not in LISTS:
        return False
    if isinstance(value, str):
        words: Any = words_of(value)
        if not words:
            return True
    elif name == "months_since" and isinstance(value, dict):
        if not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in value.values()) or any(
            "," in k or "=" in k for k in value
        ):
            return False
        words = [f"{drug}={months!r}" for drug, months in value.items()]
    else:
        words = value
    if not isinstance(words, list) or not all(isinstance(w, str) for w in words):
        return False
    if FACTS[name].kind == "choice":
        plain[name] = ";".join(words)
        return bool(words) and not any(";" in w for w in words)
    plain[name] = words
    return True


def _type_of(name: str) -> Any:
    if name == ID:
        return pa.string()
    if name in FLAGS:
        return pa.bool_()
    if name in LISTS:
        return pa.string() if FACTS[name].kind == "choice" else pa.list_(pa.string())
    return pa.float64()
