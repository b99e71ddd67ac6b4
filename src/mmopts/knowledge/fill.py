"""Records from authored rows: a field is the row's key of the same name, or blank where the row has none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import NoneType
from typing import Any, NamedTuple, TypeVar, get_args, get_origin

from mmopts.knowledge.read import as_list

R = TypeVar("R", bound=tuple[Any, ...])
_NO_BLANK: Any = object()


class _Field(NamedTuple):
    """How a field is made from the row's value, and its value if the row has none."""

    read: Callable[[Any], Any]
    blank: Any


def fill(kind: type[R], row: Mapping[str, Any], **made: Any) -> R:
    """A record of this kind: some fields are `made`, the others are as the row says.

    A list becomes a tuple or a set, and so does a single word where several are allowed; a number where text is meant
    (a year, a day) becomes text. What the row leaves out is the field's default; else False, an empty text, tuple, set
    or mapping after its kind, or None where the field may be None.
    Raises KeyError for a field that the row lacks and that has no blank.
    """
    for name, field in _fields(kind).items():
        if name not in made:
            value = row.get(name)
            if value is None and field.blank is _NO_BLANK:
                raise KeyError(name)
            made[name] = field.blank if value is None else field.read(value)
    return kind(**made)


@cache
def _fields(kind: Any) -> Mapping[str, _Field]:
    return {name: _field(said, kind._field_defaults.get(name, _NO_BLANK)) for name, said in kind.__annotations__.items()}


def _field(said: Any, default: Any) -> _Field:
    """How a field of this annotation and default is read."""
    origin, blank = get_origin(said), _NO_BLANK
    read: Callable[[Any], Any] = _as_it_is
    if origin in (tuple, frozenset):
        read, blank = (lambda value: origin(as_list(value))), origin()
    elif origin is Mapping:
        blank = {}
    elif NoneType in get_args(said):
        read, blank = str if said == str | None else _as_it_is, None
    elif said is str:
        read, blank = str, ""
    elif said is bool:
        blank = False
    return _Field(read, blank if default is _NO_BLANK else default)


def _as_it_is(value: Any) -> Any:
    return value
