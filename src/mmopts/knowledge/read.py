"""Reads YAML as people mean it, refusing what YAML would silently change.

Duplicate keys, anchors and aliases, tags, over-deep nesting and huge numbers are faults with a place, and
plain words stay words: only ``true`` and ``false`` are booleans, and dates and times stay text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

import yaml

from mmopts.diagnostics import Diagnostic, fault_at

MAX_DEPTH = 40
MAX_BYTES = 20_000_000
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BRACKET = re.compile(r"[\[\]{}]")
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,14})\Z")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]{0,14})?\.[0-9]{1,15}([eE][-+]?[0-9]{1,3})?\Z")

Path = tuple[Hashable, ...]


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
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\t", " "))


def plain_value(text: str) -> Any:
    """What a word without quotes means: a number, true, false, nothing, or itself."""
    if text in ("true", "false"):
        return text == "true"
    if text in ("", "~", "null"):
        return None
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    if text in (".inf", "+.inf", "-.inf"):
        return float(text.replace(".", ""))
    return clean(text)


def read_yaml(text: str, file: str = "") -> Document:
    """`text` as data. Never raises for bad input: what is wrong comes back as faults, data then None."""
    places: dict[Path, tuple[int, int]] = {}
    faults: list[Diagnostic] = []

    def fault(code: str, message: str, mark: Any, suggestion: str = "") -> None:
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        faults.append(fault_at(code, message, file, line, column, suggestion))

    def build(node: yaml.Node, path: Path) -> Any:
        mark = node.start_mark
        places[path] = (mark.line + 1, mark.column + 1)
        if len(path) > MAX_DEPTH:
            fault("too-deep", _TOO_DEEP, mark)
            return None
        if isinstance(node, yaml.ScalarNode):
            return clean(node.value) if node.style else plain_value(node.value)
        if isinstance(node, yaml.SequenceNode):
            return [build(child, (*path, i)) for i, child in enumerate(node.value)]
        out: dict[str, Any] = {}
        for key_node, child in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                fault("bad-key", "a key must be a word", key_node.start_mark)
                continue
            key = clean(key_node.value)
            if key in out:
                first = places[(*path, key)][0]
                fault(
                    "duplicate-key",
                    f"{key!r} stands twice here (first on line {first})",
                    key_node.start_mark,
                    "keep one of them",
                )
                continue
            out[key] = build(child, (*path, key))
            places[(*path, key)] = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        return out

    if len(text) > MAX_BYTES:
        return Document(None, places, [fault_at("too-large", f"larger than {MAX_BYTES} bytes", file)])
    try:
        if _trapped(text, fault):
            return Document(None, places, faults)
        root = yaml.compose(text, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        fault("bad-yaml", clean(f"{error.problem or 'not YAML'}"), error.problem_mark)
        return Document(None, places, faults)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return Document(None, places, [fault_at("bad-yaml", clean(str(error)).splitlines()[0][:200], file)])
    data = build(root, ()) if root is not None else None
    return Document(data, places, faults)


def _trapped(text: str, fault: Callable[..., None]) -> bool:
    """Whether there is an alias, a tag or too deep nesting; the first is reported. Raises what PyYAML raises."""
    depth = end = 0
    try:
        for event in yaml.parse(text, Loader=LOADER):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                fault("alias", "anchors and aliases are not allowed", event.start_mark, "write the value out")
                return True
            if tag := getattr(event, "tag", None):
                fault("tag", f"the tag {tag} is not allowed", event.start_mark, "write plain data")
                return True
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            end = getattr(event.end_mark, "index", end)
            if depth > MAX_DEPTH:
                fault("too-deep", _TOO_DEEP, event.start_mark)
                return True
    except yaml.MarkedYAMLError as error:
        # libyaml from 0.2.6 on has a limit of its own; looking ahead, it may meet that before the events do.
        if "nesting depth" not in str(error.problem):
            raise
        fault("too-deep", _TOO_DEEP, _opened(text, end, MAX_DEPTH - depth))
        return True
    return False


def _opened(text: str, start: int, levels: int) -> _Mark:
    """Where, from `start`, more than so many brackets stand open; else the end."""
    index = len(text)
    for found in _BRACKET.finditer(text, start):
        levels += -1 if found[0] in "[{" else 1
        if levels < 0:
            index = found.start()
            break
    return _Mark(text.count("\n", 0, index), index - text.rfind("\n", 0, index) - 1)
