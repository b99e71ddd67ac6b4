"""A knowledge base to its compiled text and back: a line for judging, and a line for each part that is read when asked for.

A record is the list of its fields, a condition is its number in a table.

A record of a kind in `SHARED` stands once, in a table of its kind, however many others hold it. What a field gives by a
function is a part, read when that is called; so is each record of a kind in `APART` in a mapping. The form of a record is
stated by its annotations alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from types import UnionType
from typing import Any, Union, get_args, get_origin

from mmopts.knowledge.records import Cited, Knowledge, Meaning, Point, Position, Rule, Source
from mmopts.logic import Cond, Conditions, load_conditions
from mmopts.record import Record

FORMAT = 14
"""Of the text; another one is compiled anew."""
SHARED = (Rule, Position)
"""Kinds of records that many regimens hold."""
APART = (Meaning, Source)
"""Kinds of records of which there are many by name, and a run asks for few."""
_JSON = json.JSONDecoder()


class Tables(Record):
    """What records refer to by number: conditions, shared records by their kind, and the data of parts."""

    conds: Sequence[Cond]
    shared: Mapping[type, Sequence[Any]]
    part: Callable[[int], Any]


Loader = Callable[[Any, Tables], Any]


def pack(knowledge: Knowledge, conditions: Conditions) -> str:
    """A knowledge base as text; `conditions` is the table in which its conditions were made."""
    writer = Writer(conditions)
    data = {"format": FORMAT, "knowledge": writer.write(list(knowledge)), **writer.tables()}
    return "\n".join([json.dumps(part, separators=(",", ":")) for part in (data, *writer.parts)])


def unpack(text: str) -> Knowledge:
    """The knowledge base of a packed text. Raises ValueError, KeyError, IndexError or TypeError if it is none."""
    data, end = _JSON.raw_decode(text)
    if data["format"] != FORMAT:
        raise ValueError("compiled by another version")
    parts = cache(lambda: text[end + 1 :].split("\n"))
    tables = read_tables(data, lambda number: _JSON.raw_decode(parts()[number])[0])
    found: Knowledge = read(Knowledge, data["knowledge"], tables)
    return found


# --- to data ---------------------------------------------------------------------------------------


class Writer:
    """Writes records; the conditions, shared records and `parts` that they use are gathered on the way."""

    def __init__(self, conditions: Conditions) -> None:
        self.parts: list[Any] = []
        self._conditions = conditions
        self._place: dict[Cond, int] = {}
        self._conds: list[Cond] = []
        self._shared: dict[type, dict[int, int]] = {kind: {} for kind in SHARED}
        self._rows: dict[type, list[Any]] = {kind: [] for kind in SHARED}

    def write(self, value: Any) -> Any:
        """A value as JSON data."""
        if isinstance(value, Cond):
            return self._number(value)
        if isinstance(value, SHARED):
            return self._share(value)
        if isinstance(value, Mapping):
            return {key: self._part(v) if isinstance(v, APART) else self.write(v) for key, v in value.items()}
        if isinstance(value, frozenset):
            return sorted(value)
        if callable(value):
            return self._part(value())
        return [self.write(v) for v in value] if isinstance(value, (tuple, list)) else value

    def tables(self) -> dict[str, Any]:
        """The tables, once everything is written."""
        rows, place = self._conditions.dump(self._conds)
        return {
            "conds": rows,
            "numbers": [place[cond] for cond in self._conds],
            "shared": [self._rows[kind] for kind in SHARED],
        }

    def _part(self, value: Any) -> int:
        data = self.write(value)
        self.parts.append(data)
        return len(self.parts) - 1

    def _number(self, cond: Cond) -> int:
        found = self._place.get(cond)
        if found is None:
            found = self._place[cond] = len(self._conds)
            self._conds.append(cond)
        return found

    def _share(self, record: Any) -> int:
        known, rows = self._shared[type(record)], self._rows[type(record)]
        found = known.get(id(record))
        if found is None:
            rows.append([self.write(v) for v in record])
            found = known[id(record)] = len(rows) - 1
        return found


# --- and back --------------------------------------------------------------------------------------


def read_tables(data: Mapping[str, Any], part: Callable[[int], Any]) -> Tables:
    """The tables of a compiled form; `part` gives the data of a part."""
    made = load_conditions(data["conds"])
    tables = Tables([made[number] for number in data["numbers"]], {}, part)
    shared: dict[type, list[Any]] = {
        kind: [_record(kind)(row, tables) for row in data["shared"][i]] for i, kind in enumerate(SHARED)
    }
    return tables._replace(shared=shared)


def read(kind: Any, value: Any, tables: Tables) -> Any:
    """A value of a kind (a record's class, or an annotation) from its data."""
    loader = _loader(kind)
    return value if loader is None else loader(value, tables)


@cache
def _record(kind: Any) -> Loader:
    """The loader of a record's fields."""
    hints = kind.__annotations__  # objects, not text: the records are written without postponed annotations
    kinds = [hints[name] for name in kind._fields]
    numbered = [i for i, hint in enumerate(kinds) if hint is Cond]  # the most frequent, without a call for each
    loaders = [(i, loader) for i, hint in enumerate(kinds) if hint is not Cond and (loader := _loader(hint)) is not None]
    count, make = len(kinds), partial(tuple.__new__, kind)

    def load(row: Any, tables: Tables) -> Any:
        if len(row) != count:
            raise ValueError(f"{kind.__name__} has {count} fields, not {len(row)}")
        conds = tables.conds
        for i in numbered:
            row[i] = conds[row[i]]
        for i, loader in loaders:
            if row[i] is not None:
                row[i] = loader(row[i], tables)
        return make(row)

    return load


@cache
def _loader(kind: Any) -> Loader | None:
    """How a value of this kind is read; None if its data already is the value."""
    if kind == Cited:
        return lambda value, _: tuple(value) if isinstance(value, list) else value
    if kind == Point:
        return lambda value, _: tuple(value)
    if kind is Cond:
        return lambda number, tables: tables.conds[number]
    if kind in SHARED:
        return lambda number, tables: tables.shared[kind][number]
    if isinstance(kind, type) and hasattr(kind, "_fields"):
        return _record(kind)
    origin, args = get_origin(kind), get_args(kind)
    if origin in (UnionType, Union):
        inner = [found for arg in args if (found := _loader(arg)) is not None]
        return inner[0] if inner else None
    if origin is Callable:
        part = _record(args[1])
        return lambda number, tables: cache(lambda: part(tables.part(number), tables))
    if origin is frozenset:
        return lambda value, _: frozenset(value)
    if origin is tuple:
        item = _loader(args[0])
        if item is None:
            return lambda value, _: tuple(value)
        return lambda value, tables: tuple([item(v, tables) for v in value])
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if args[1] in APART:
            load = _record(args[1])
            return lambda numbers, tables: _OneByOne(numbers, lambda number: load(tables.part(number), tables))
        each = _loader(args[1])
        return None if each is None else lambda value, t: {k: None if v is None else each(v, t) for k, v in value.items()}
    return None


class _OneByOne(Mapping[str, Any]):
    """Records by name, each of which is read when it is first asked for."""

    def __init__(self, numbers: Mapping[str, int], read: Callable[[int], Any]) -> None:
        self._numbers, self._read = numbers, read
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = self._read(self._numbers[name])
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._numbers

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)
