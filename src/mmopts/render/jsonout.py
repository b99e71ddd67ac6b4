"""JSON: one document, written at once, in ASCII, so that no text in it can steer a terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from json.encoder import encode_basestring_ascii as quoted
from math import isfinite
from typing import Any

from mmopts.answers import forms
from mmopts.answers.form import keys_of, to_data

_KEPT = 8192
_CONSTANTS = {None: "null", True: "true", False: "false"}


def json_text(answer: Any, pretty: bool = False) -> str:
    """A typed answer, or data, as one line, or indented for a reader."""
    return (json.dumps(to_data(answer), indent=2) if pretty else _text(answer)) + "\n"


def _text(value: Any) -> str:
    """What ``json.dumps(to_data(value), separators=(",", ":"))`` gives, in a third of the time for typed answers."""
    kind = type(value)
    if kind is str:
        return quoted(value)
    if value is None or kind is bool:
        return _CONSTANTS[value]
    if kind is int or (kind is float and isfinite(value)):
        return repr(value)
    return _remembered(value) if kind in forms.REPEATED else _written(value)


def _written(value: Any) -> str:
    if type(value) in forms.INLINED:
        value = to_data(value)
    if isinstance(value, tuple):
        heads = _heads(type(value))
        if heads is None:
            return f"[{','.join([quoted(v) if type(v) is str else _text(v) for v in value])}]"
        said = [head + (quoted(v) if type(v) is str else _text(v)) for head, v in zip(heads, value, strict=True)]
        return f"{{{','.join(said)}}}"
    if isinstance(value, Mapping):
        return f"{{{','.join([f'{quoted(key)}:{_text(v)}' for key, v in value.items()])}}}"
    return json.dumps(to_data(value), separators=(",", ":"))


_remembered = lru_cache(_KEPT, typed=True)(_written)


@cache
def _heads(kind: type) -> tuple[str, ...] | None:
    """How each field of a record begins; None for a tuple that is a list."""
    keys = keys_of(kind)
    return None if keys is None else tuple(f"{quoted(key)}:" for key in keys)
