"""Typed answers to JSON data and to JSON Schema: the record is the one statement of the form."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from mmopts.answers.forms import INLINED
from mmopts.knowledge.records import Cited

Schema = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"


_SIMPLE = (str, int, float, NoneType)


def key_of(field: str) -> str:
    """The JSON key of a record's field."""
    return field.rstrip("_")


def to_data(value: Any) -> Any:
    """A typed answer, or a part of one, as JSON data."""
    if isinstance(value, tuple):
        keys = keys_of(type(value))
        if keys is None:
            return [to_data(v) for v in value]
        out: dict[str, Any] = {k: v if isinstance(v, _SIMPLE) else to_data(v) for k, v in zip(keys, value, strict=True)}
        inlined = INLINED.get(type(value))
        return {**out.pop(inlined), **out} if inlined else out
    if isinstance(value, Mapping):
        return {k: to_data(v) for k, v in value.items()}
    if isinstance(value, (list, frozenset, set)):
        return [to_data(v) for v in value]
    return value


@cache
def keys_of(kind: type) -> tuple[str, ...] | None:
    """The JSON keys of a record; None for a tuple that is a list."""
    fields = getattr(kind, "_fields", None)
    return None if fields is None else tuple(key_of(f) for f in fields)


def schema_of(kind: Any, title: str, name: str) -> Schema:
    """The JSON Schema of an answer of this record."""
    return {"$schema": DRAFT, "$id": f"urn:mmopts:{name}:1", "title": title, **_schema(kind)}


_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}


def _schema(kind: Any) -> Schema:
    """The schema of an annotation."""
    if kind == Cited:
        return {"type": ["string", "array", "null"], "items": {"type": "string"}}
    if kind in _PLAIN:
        return {"type": _PLAIN[kind]}
    if isinstance(kind, type) and hasattr(kind, "_fields"):
        return _record(kind)
    origin, args = get_origin(kind), get_args(kind)
    if origin in (UnionType, Union):
        return _either([_schema(arg) for arg in args])
    if origin is tuple:
        return {"type": "array", "items": _schema(args[0])}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _schema(args[1])}
    return {}


def _either(options: list[Schema]) -> Schema:
    if all(set(o) == {"type"} for o in options):
        return {"type": [o["type"] for o in options]}
    return {"anyOf": options}


def _record(kind: Any) -> Schema:
    """A record: an object that has every field; more keys may come with later versions."""
    hints = get_type_hints(kind)
    first_line = (kind.__doc__ or "").strip().partition("\n")[0]
    properties: Schema = {}
    for field in kind._fields:
        inner = _schema(hints[field])
        properties |= inner["properties"] if INLINED.get(kind) == field else {key_of(field): inner}
    return {"type": "object", "description": first_line, "required": list(properties), "properties": properties}
