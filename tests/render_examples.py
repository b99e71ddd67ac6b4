"""Records for the tests of rendering: `blank` makes one with as little as it can hold, `full` one of everything."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from mmopts.answers import forms

LIKELY = {
    "verdict": "eligible", "tier": "preferred", "applies": "yes", "opens": "yes", "holds": "yes", "in_force": "yes",
    "endpoint": "PFS", "strength": "label", "kind": "first", "fact": "lines", "checked": "read", "region": "any",
}  # fmt: skip
"""What stands in a field that takes one of a few words, where a record is `full`."""
LABELS = {"us": "on-label", "eu": "unknown"}


def blank(kind: Any, /, **fields: Any) -> Any:
    """A record with empty texts and lists, and these fields."""
    hints = get_type_hints(kind)
    return kind(**{name: fields[name] if name in fields else _least(hints[name]) for name in kind._fields})


def _least(hint: Any) -> Any:
    args = get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        return None if NoneType in args else _least(args[0])
    if get_origin(hint) is tuple or hint is tuple:
        return ()
    if isinstance(get_origin(hint), type) and issubclass(get_origin(hint), Mapping):
        return {}
    if hasattr(hint, "_fields"):
        return blank(hint)
    return {str: "", int: 0, float: 0.0, bool: False}.get(hint)


def full(kind: Any, text: str = "words", likely: bool = True) -> Any:
    """A record that has one of everything, `text` wherever there are words (`likely`: but in fields of a few words)."""
    hints = get_type_hints(kind)
    return kind(**{name: _one(name, hints[name], text, likely) for name in kind._fields})


def _one(name: str, hint: Any, text: str, likely: bool) -> Any:
    args = get_args(hint)
    if name == "ci":
        return (0.4, 0.6)
    if name == "hr":
        return 0.5
    if name == "patient":
        return {"setting": "relapsed", "prior": [text], "lines": {"min": 1, "max": None}}
    if name == "labels":
        return LABELS
    if name == "parts":
        return ()
    if get_origin(hint) in (Union, UnionType):
        return _one(name, next(a for a in args if a is not NoneType), text, likely)
    if get_origin(hint) is tuple:
        return tuple(_one(name, a, text, likely) for a in args if a is not Ellipsis)
    if isinstance(get_origin(hint), type) and issubclass(get_origin(hint), Mapping):
        return {text: _one("", args[1], text, likely)}
    if hasattr(hint, "_fields"):
        return full(hint, text, likely)
    if hint is str:
        return LIKELY.get(name, text) if likely else text
    return {int: 1, float: 1.5, bool: True}.get(hint, text)


def caution(text: str, always: bool = False, **fields: Any) -> forms.Caution:
    return blank(forms.Caution, text=text, always=always, strength="label", **fields)


def option(name: str, /, **fields: Any) -> forms.Option:
    given = {"verdict": "eligible", "tier": "preferred", "labels": LABELS, "name": name, **fields}
    return blank(forms.Option, id=name, **given)


def figure(**fields: Any) -> forms.KeyFigure:
    given = {"trial": "TRIAL", "versus": "C", "endpoint": "PFS", "hr": 0.63, "ci": (0.47, 0.85), "months": 12.4,
             "control_months": 6.9, "reached": True, "control_reached": True, "applies": "yes", **fields}  # fmt: skip
    return blank(forms.KeyFigure, **given)


def suggest(**fields: Any) -> forms.Suggest:
    known = forms.KnowledgeHead("2026.11", "2026-11-21", "d", ())
    asked = forms.Asked("any", "2026-11-21")
    patient = {"setting": "relapsed", "prior": ["alpha", "beta"], "lines": {"min": 1, "max": None}, "fitness": "frail"}
    return blank(forms.Suggest, **{"knowledge": known, "question": asked, "patient": patient, "notice": "Notice.", **fields})
