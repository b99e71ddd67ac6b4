"""Answers read key by key: what `mmopts.suggest` gives, of which nothing is made that a test does not read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from mmopts.answers.form import key_of, to_data
from mmopts.answers.forms import INLINED
from mmopts.answers.patient import About
from mmopts.assess.assessment import assess_given
from mmopts.knowledge.records import Knowledge


class Part(Mapping[str, Any]):
    """A record of an answer under the keys of its JSON, each read once; equal to the mapping that `to_data` makes of it."""

    def __init__(self, record: Any) -> None:
        self._record = record
        self._fields = _fields(record.__class__)
        self._read: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        if key not in self._read:
            self._read[key] = _data(getattr(self._record, self._fields[key]))
        return self._read[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return repr(to_data(self._record))


@cache
def _fields(kind: Any) -> dict[str, str]:
    """The fields of a record by their keys."""
    return {key_of(field): field for field in kind._fields}


def _data(value: Any) -> Any:
    """A value as JSON data, records in it as parts."""
    if not isinstance(value, tuple) or type(value) in INLINED:
        return to_data(value)
    return Part(value) if hasattr(value, "_fields") else [_data(one) for one in value]


def suggest(patient: Mapping[str, Any], kb: Knowledge, *, limit: int | None = None) -> Any:
    """The answer that `mmopts.suggest` gives, key by key."""
    return Part(About(assess_given(patient, kb)).suggest(limit))
