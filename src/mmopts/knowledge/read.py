"""Reads YAML as people mean it, refusing what YAML would silently change.

Duplicate keys, anchors and aliases, tags, over-deep nesting and huge numbers are faults with a place, and
plain words stay words: only ``true`` and ``false`` are booleans, and dates and times stay text.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

import yaml

from mmopts.diagnostics import LINE, Diagnostic, cut, fault_at
from mmopts.knowledge.limits import MAX_BYTES

MAX_DEPTH = 40
MAX_VALUES = 500_000
"""Keys, items and words of a file; the built-in knowledge base has some 60,000."""
MOST_FAULTS = 1000
"""Of a file before the rest is left unread."""
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BRACKET = re.compile(r"[\[\]{}]")
_NUMERIC = "+-.0123456789"
"""How numbers begin."""
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,14})\Z")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]{0,14})?\.[0-9]{1,15}([eE][-+]?[0-9]{1,3})?\Z")

Path = tuple[Hashable, ...]
"""The way to a value: the keys and the places in lists that lead there."""
Raw = Mapping[str, Any]
"""An entry as it was authored."""


def as_list(value: Any) -> list[Any]:
    """A value that may be one or a list, as a list."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


class _Mark(NamedTuple):
    """A place as PyYAML counts, from 0."""

    line: int
    column: int


class Document(NamedTuple):
    """A file as plain data, the place of every node, and what was wrong with it."""

    data: Any
    places: dict[Path, tuple[int, int]]
    faults: list[Diagnostic]


def clean(text: str) -> str:
    """`text` without control characters, so that no file can steer a terminal."""
    if text.isprintable():  # most texts; nothing that is taken out below is
        return text
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\t", " "))


def plain_value(text: str) -> Any:
    """What a word without quotes means: a number, true, false, nothing, or itself."""
    if text in ("true", "false"):
        return text == "true"
    if text in ("", "~", "null"):
        return None
    if text[0] not in _NUMERIC:
        return clean(text)
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    if text in (".inf", "+.inf", "-.inf"):
        return float(text.replace(".", ""))
    return clean(text)


def read_yaml(text: str, file: str = "") -> Document:
    """`text` as data. Never raises for bad input: what is wrong comes back as faults, data then None."""
    if len(text) > MAX_BYTES:
        return Document(None, {}, [fault_at("too-large", f"larger than {MAX_BYTES:,} bytes", file)])
    reader = _Reader(text, file)
    try:
        data = reader.document()
    except _Unreadable as found:
        return Document(None, reader.places, [found.fault])
    except yaml.MarkedYAMLError as error:
        # libyaml from 0.2.6 on has a limit of its own; looking ahead, it may meet that before the events do.
        if "nesting depth" in str(error.problem):
            fault = reader.fault("too-deep", _TOO_DEEP, _opened(text, reader.end, MAX_DEPTH - reader.depth))
        else:
            fault = reader.fault("bad-yaml", clean(f"{error.problem or 'not YAML'}"), error.problem_mark)
        return Document(None, reader.places, [fault])
    except yaml.reader.ReaderError as error:
        # Its position counts bytes or characters, as the parser has it.
        before = text.partition(chr(error.character))[0] if isinstance(error.character, int) else ""
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        told = cut(clean(str(error)).splitlines()[0], LINE)
        return Document(None, reader.places, [fault_at("bad-yaml", told, file, line, column)])
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return Document(None, reader.places, [fault_at("bad-yaml", cut(clean(str(error)).splitlines()[0], LINE), file)])
    return Document(data, reader.places, reader.faults)


class _Unreadable(Exception):  # noqa: N818 - carries the fault that ends the reading
    """Nothing behind this fault can be read."""

    def __init__(self, fault: Diagnostic) -> None:
        self.fault = fault


class _Reader:
    """Data from the events of one text; how deep it stands and where the last event ended."""

    def __init__(self, text: str, file: str) -> None:
        self.text, self.file = text, file
        self.places: dict[Path, tuple[int, int]] = {}
        self.faults: list[Diagnostic] = []
        self.depth = 0
        self._loader: Any = None
        self._event: Any = None

    def document(self) -> Any:
        """The one document of the text; None if it is empty. Raises _Unreadable, and what PyYAML raises."""
        self._loader = LOADER(self.text)
        data, seen = None, False
        while not isinstance(event := self._next(), yaml.StreamEndEvent):
            if isinstance(event, yaml.DocumentStartEvent) and seen:
                raise self._unreadable("bad-yaml", "a second document begins here", event.start_mark)
            if isinstance(event, yaml.NodeEvent):
                data, seen = self._value(event, ()), True
        return data

    def fault(self, code: str, message: str, mark: Any, suggestion: str = "") -> Diagnostic:
        """A fault at a mark."""
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        return fault_at(code, message, self.file, line, column, suggestion)

    def _unreadable(self, code: str, message: str, mark: Any, suggestion: str = "") -> _Unreadable:
        return _Unreadable(self.fault(code, message, mark, suggestion))

    def _tell(self, code: str, message: str, mark: Any, suggestion: str = "") -> None:
        self.faults.append(self.fault(code, message, mark, suggestion))
        if len(self.faults) >= MOST_FAULTS:
            raise self._unreadable(code, f"{message}; {MOST_FAULTS} such faults, the rest is not read", mark, suggestion)

    def _next(self) -> Any:
        self._event = self._loader.get_event()
        return self._event

    @property
    def end(self) -> int:
        """Where the last event ended."""
        return getattr(getattr(self._event, "end_mark", None), "index", 0)

    def _value(self, event: Any, path: Path) -> Any:
        """The value that begins with an event."""
        mark = event.start_mark
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise self._unreadable("alias", "anchors and aliases are not allowed", mark, "write the value out")
        if event.tag:
            raise self._unreadable("tag", f"the tag {cut(clean(event.tag))} is not allowed", mark, "write plain data")
        self.places[path] = (mark.line + 1, mark.column + 1)
        if len(self.places) > MAX_VALUES:
            raise self._unreadable("too-large", f"more than {MAX_VALUES:,} values", mark)
        if isinstance(event, yaml.ScalarEvent):
            return clean(event.value) if event.style else plain_value(event.value)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self._unreadable("too-deep", _TOO_DEEP, mark)
        inner = self._list(path) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(path)
        self.depth -= 1
        return inner

    def _list(self, path: Path) -> list[Any]:
        out: list[Any] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            out.append(self._value(event, (*path, len(out))))
        return out

    def _mapping(self, path: Path) -> dict[str, Any]:
        """A mapping, key by key, with the place of each; a key that is no word or stands twice is a fault."""
        out: dict[str, Any] = {}
        aside = (*path, None)
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            mark = event.start_mark
            self._value(event, aside)
            if not isinstance(event, yaml.ScalarEvent):
                self._tell("bad-key", "a key must be a word", mark)
                self._value(self._next(), aside)
                continue
            key = clean(event.value)
            inner = (*path, key)
            if key in out:
                first = self.places[inner][0]
                self._tell("duplicate-key", f"{key!r} stands twice here (first on line {first})", mark, "keep one of them")
                self._value(self._next(), aside)
                continue
            out[key] = self._value(self._next(), inner)
            self.places[inner] = (mark.line + 1, mark.column + 1)
        return out


def _opened(text: str, start: int, levels: int) -> _Mark:
    """Where, from `start`, more than so many brackets stand open; else the end."""
    index = len(text)
    for found in _BRACKET.finditer(text, start):
        levels += -1 if found[0] in "[{" else 1
        if levels < 0:
            index = found.start()
            break
    return _Mark(text.count("\n", 0, index), index - text.rfind("\n", 0, index) - 1)
