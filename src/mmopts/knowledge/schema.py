"""The form of a knowledge base: its JSON Schema, applied. Each misfit is a fault in words that need no schema to read.

The schema avoids ``anyOf`` and ``oneOf``, so that every misfit already is the one that matters. A subschema's
``description`` says what was expected, its ``x-code`` gives the fault a code of its own. Only the keywords in
`KEYWORDS` are known; another one in the schema raises `KeyError` when the schema is made ready.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache, partial
from pathlib import Path as File
from typing import Any, NamedTuple

from mmopts.diagnostics import near
from mmopts.facts import FACTS, OPEN_LISTS
from mmopts.knowledge.read import Path

MOST = 1000
"""Of the faults that one look gathers; a file of nonsense gets no longer list."""
HINTED = 50
"""From so many faults on, no nearest word is looked for."""
_SHOWN = 60
_LISTED = 20
"""So many keys are named that are known at a place; of more it is said where they stand."""

Schema = Mapping[str, Any]
Near = Callable[[str, Iterable[str]], str]


class Misfit(NamedTuple):
    """One way in which data does not fit: code, message, where, and what would be right."""

    code: str
    message: str
    path: Path
    suggestion: str = ""


@cache
def kb_schema() -> dict[str, Any]:
    """The JSON Schema of the merged knowledge base."""
    found: dict[str, Any] = json.loads((File(__file__).parent / "kb.schema.json").read_text("utf-8"))
    parts = found["$defs"]
    parts["condition"]["properties"] |= {fact.atom: _TESTS[fact.kind] for fact in FACTS.values()}
    # A score may test its own inputs as well: the compiler knows which these are.
    for name in ("condition", "conditions"):
        parts[f"lab_{name}"] = json.loads(json.dumps(parts[name]).replace("/condition", "/lab_condition"))
    parts["lab_condition"]["additionalProperties"] = {"$ref": "#/$defs/lab_test"}
    parts["example"]["properties"]["patient"]["propertyNames"] = {"enum": [*FACTS, *OPEN_LISTS]}
    return found


_TESTS: dict[str, dict[str, Any]] = {
    "number": {"$ref": "#/$defs/bounds"},
    "drugs": {"$ref": "#/$defs/drug_test"},
    "months": {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/$defs/bounds"}},
    "choice": {"$ref": "#/$defs/words"},
    "words": {"$ref": "#/$defs/words"},
    "flag": {"type": "boolean"},
}
"""How a condition tests a fact of each kind."""


def misfits(raw: Any) -> list[Misfit]:
    """Every way in which the merged data does not fit the schema, each once; at most `MOST`."""
    return _ready().misfits(raw)


@cache
def _ready() -> Checker:
    return Checker(kb_schema())


# --- the checker -----------------------------------------------------------------------------------


class _Enough(Exception):  # noqa: N818 - it ends a search, it is no error
    """No more is to be found out."""


class _Gather:
    """Misfits as they are found, each once."""

    def __init__(self) -> None:
        self.found: dict[Misfit, None] = {}

    def add(self, make: Callable[[Near], Misfit]) -> None:
        """Keep one; raises _Enough once there are too many."""
        self.found[make(near if len(self.found) < HINTED else _none)] = None
        if len(self.found) >= MOST:
            raise _Enough


class _Probe:
    """Only whether there is a misfit."""

    def add(self, make: Callable[[Near], Misfit]) -> None:
        """There is one."""
        raise _Enough


Out = _Gather | _Probe
Check = Callable[[Any, Path, Out], None]


class Checker:
    """A JSON Schema made ready: data is held against it without a look at the schema again."""

    def __init__(self, schema: Schema) -> None:
        self._root = schema
        self._made: dict[int, list[Check]] = {}
        self._checks = self._checks_of(schema)

    def misfits(self, data: Any) -> list[Misfit]:
        """Every misfit of `data`, each once, at most `MOST`."""
        out = _Gather()
        with suppress(_Enough):
            _apply(self._checks, data, (), out)
        return list(out.found)

    def _checks_of(self, schema: Schema) -> list[Check]:
        """What a schema asks, as functions; a schema that holds itself is made once."""
        checks = self._made.get(id(schema))
        if checks is None:
            checks = self._made[id(schema)] = []
            checks += [check for key in schema if (check := KEYWORDS[key](self, schema)) is not None]
        return checks

    # --- keywords: each gives the check of one schema, or none --------------------------------------

    def _ref(self, schema: Schema) -> Check:
        found: Any = self._root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        checks = self._checks_of(found)
        return lambda value, path, out: _apply(checks, value, path, out)

    def _type(self, schema: Schema) -> Check:
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        known = tuple(_TYPES[kind] for kind in kinds)

        def check(value: Any, path: Path, out: Out) -> None:
            if not any([fits(value) for fits in known]):
                expected = schema.get("description") or " or ".join(_KINDS[kind] for kind in kinds)
                said = f"{_name(path)} must be {expected}, not {show(value)}"
                out.add(lambda _: Misfit(schema.get("x-code", "bad-type"), said, path, _retype(value, kinds)))

        return check

    def _enum(self, schema: Schema) -> Check:
        values = schema["enum"] if "enum" in schema else [schema["const"]]
        listed = ", ".join(map(_word, values))
        expected = f"one of {listed}" if len(values) > 1 else listed

        def check(value: Any, path: Path, out: Out) -> None:
            if not any(value == v and isinstance(value, bool) is isinstance(v, bool) for v in values):
                said = f"{_name(path)} must be {expected}, not {show(value)}"
                out.add(
                    lambda near: Misfit(schema.get("x-code", "bad-value"), said, path, near(str(value), map(_word, values)))
                )

        return check

    def _required(self, schema: Schema) -> Check:
        wanted: list[str] = schema["required"]

        def check(value: Any, path: Path, out: Out) -> None:
            for key in wanted if isinstance(value, dict) else ():
                if key not in value:
                    out.add(partial(_missing, key, path))

        return check

    def _properties(self, schema: Schema) -> Check:
        """Keys that are known, and (`additionalProperties`) those that are not."""
        known = {key: self._checks_of(inner) for key, inner in schema.get("properties", {}).items()}
        more = schema.get("additionalProperties", True)
        others = self._checks_of(more) if isinstance(more, Mapping) else None

        def check(value: Any, path: Path, out: Out) -> None:
            if not isinstance(value, dict):
                return
            for key, inner in value.items():
                checks = known.get(key, others)
                if checks is not None:
                    _apply(checks, inner, (*path, key), out)
                elif more is False:
                    out.add(partial(_unknown_key, key, inner, known, path))

        return check

    def _property_names(self, schema: Schema) -> Check:
        known: list[str] = schema["propertyNames"]["enum"]

        def check(value: Any, path: Path, out: Out) -> None:
            for key in value if isinstance(value, dict) else ():
                if key not in known:
                    out.add(partial(_unknown_key, key, "", known, path))

        return check

    def _items(self, schema: Schema) -> Check:
        """The items of a list: the first ones (`prefixItems`) each by its own schema, the others by `items`."""
        first = [self._checks_of(inner) for inner in schema.get("prefixItems", ())]
        others = self._checks_of(schema.get("items", {}))

        def check(value: Any, path: Path, out: Out) -> None:
            for i, inner in enumerate(value if isinstance(value, list) else ()):
                _apply(first[i] if i < len(first) else others, inner, (*path, i), out)

        return check

    def _unique(self, schema: Schema) -> Check:
        return _holds(schema, list, lambda value: len(set(map(repr, value))) == len(value), "")

    def _if(self, schema: Schema) -> Check:
        asked, then, other = (self._checks_of(schema.get(key, {})) for key in ("if", "then", "else"))

        def check(value: Any, path: Path, out: Out) -> None:
            try:
                _apply(asked, value, path, _Probe())
            except _Enough:
                _apply(other, value, path, out)
            else:
                _apply(then, value, path, out)

        return check

    def _pattern(self, schema: Schema) -> Check:
        return _holds(schema, str, re.compile(schema["pattern"]).search, "")

    def _said(self, schema: Schema) -> None:
        """Words for readers, or part of another keyword."""


def _bound(keyword: str, kind: Any, fits: Callable[[Any, Any], bool], words: str) -> Callable[[Checker, Schema], Check]:
    """A limit of a number or of a size, and how it is told."""

    def make(_: Checker, schema: Schema) -> Check:
        limit = schema[keyword]
        return _holds(schema, kind, lambda value: fits(value, limit), words.format(limit))

    return make


def _holds(schema: Schema, kind: Any, fits: Callable[[Any], Any], words: str) -> Check:
    """A check for values of one type; without `words` or a description the manual is named."""

    def check(value: Any, path: Path, out: Out) -> None:
        if isinstance(value, kind) and not isinstance(value, bool) and not fits(value):
            code, expected = schema.get("x-code", "bad-value"), schema.get("description")
            if kind is not _NUMBER and not value:
                text, hint = f"{_name(path)} is empty", expected or "give a value, or leave the key out"
            else:
                told = expected or words or "of the form that docs/knowledge-base.md describes"
                text, hint = f"{_name(path)} must be {told}, not {show(value)}", ""
            out.add(lambda _: Misfit(code, text, path, hint))

    return check


def _apply(checks: list[Check], value: Any, path: Path, out: Out) -> None:
    for check in checks:
        check(value, path, out)


_NUMBER = (int, float)
_TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda v: isinstance(v, str),
    "number": lambda v: isinstance(v, _NUMBER) and not isinstance(v, bool),
    "integer": lambda v: (isinstance(v, int) and not isinstance(v, bool)) or (isinstance(v, float) and v.is_integer()),
    "boolean": lambda v: isinstance(v, bool),
    "array": lambda v: isinstance(v, list),
    "object": lambda v: isinstance(v, dict),
    "null": lambda v: v is None,
}
_KINDS = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping of keys",
    "null": "nothing",
}
_SILENT = ("$schema", "$id", "$defs", "title", "description", "x-code", "then", "else")
KEYWORDS: dict[str, Callable[[Checker, Schema], Check | None]] = {
    **dict.fromkeys(_SILENT, Checker._said),
    "$ref": Checker._ref,
    "type": Checker._type,
    "enum": Checker._enum,
    "const": Checker._enum,
    "required": Checker._required,
    "properties": Checker._properties,
    "additionalProperties": lambda checker, schema: None if "properties" in schema else checker._properties(schema),
    "propertyNames": Checker._property_names,
    "items": Checker._items,
    "prefixItems": lambda checker, schema: None if "items" in schema else checker._items(schema),
    "uniqueItems": Checker._unique,
    "if": Checker._if,
    "pattern": Checker._pattern,
    "minimum": _bound("minimum", _NUMBER, lambda v, n: v >= n, "{} or more"),
    "maximum": _bound("maximum", _NUMBER, lambda v, n: v <= n, "at most {}"),
    "exclusiveMinimum": _bound("exclusiveMinimum", _NUMBER, lambda v, n: v > n, "above {}"),
    "exclusiveMaximum": _bound("exclusiveMaximum", _NUMBER, lambda v, n: v < n, "below {}"),
    "minItems": _bound("minItems", list, lambda v, n: len(v) >= n, "{} values or more"),
    "maxItems": _bound("maxItems", list, lambda v, n: len(v) <= n, "{} values at most"),
    "minLength": _bound("minLength", str, lambda v, n: len(v) >= n, ""),
    "minProperties": _bound("minProperties", dict, lambda v, n: len(v) >= n, ""),
}
"""What each keyword of a schema asks. A keyword that is not here cannot stand in the schema."""


# --- words -----------------------------------------------------------------------------------------


def _missing(key: str, path: Path, _near: Near) -> Misfit:
    """A key that must be there."""
    code = "missing-source" if key == "source" else "missing-key"
    return Misfit(code, f"{_name(path)} needs {key!r}", path, f"add {key}: ...")


def _unknown_key(key: str, value: object, known: Iterable[str], path: Path, near: Near) -> Misfit:
    """A key that has no place here; a key without a value is most often the rest of an unquoted text."""
    keys = list(known)
    listed = f"known here: {', '.join(keys)}" if len(keys) <= _LISTED else f"mmopts schema kb has the {len(keys)} known here"
    hint = near(key, keys) or (listed if value is not None else "put a text with a comma in quotes")
    return Misfit("unknown-key", f"{show(key)} is no key of {_name(path)}", (*path, key), hint)


def _name(path: Path) -> str:
    """What the value at a path is called: its key, and its number in a list."""
    if not path:
        return "the knowledge base"
    if isinstance(path[-1], int) and len(path) > 1:
        return f"{path[-2]} entry {path[-1] + 1}"
    return str(path[-1])[:_SHOWN]


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def show(value: object) -> str:
    """A value as it may be shown: short, quoted if it is text."""
    if isinstance(value, (Mapping, list)):
        return "a mapping" if isinstance(value, Mapping) else "a list"
    if value is None:
        return "nothing"
    text = repr(value) if isinstance(value, str) else _word(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _none(_word: str, _known: Iterable[str]) -> str:
    return ""


def _retype(found: object, kinds: list[str]) -> str:
    """How the same value would be written with a type that fits."""
    if isinstance(found, str) and "boolean" in kinds:
        folded = found.casefold()
        return "true" if folded in ("yes", "y", "on", "true") else "false" if folded in ("no", "n", "off", "false") else ""
    if isinstance(found, str) and ("number" in kinds or "integer" in kinds):
        numeric = len(found) < 16 and found.replace(".", "", 1).lstrip("+-").isdigit()
        return "write the number without quotes" if numeric else ""
    if "string" in kinds and isinstance(found, (int, float)):
        return "put it in quotes"
    return "write it as a list: [...]" if "array" in kinds and not isinstance(found, Mapping) else ""
