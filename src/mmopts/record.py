"""Records: tuples whose fields have names and types, as those of `typing.NamedTuple`, for a fifth of the time.

`typing.NamedTuple` compiles a constructor for each class, some 50 microseconds; a run has 150 of them and makes few
records of most. Here all classes share one constructor. A class of which thousands are made, with few fields, or
that is unpacked by place, is better a NamedTuple.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast, dataclass_transform

T = TypeVar("T")
WIDEST = 64
"""The most fields that a record may have."""
_WIDE = vars(namedtuple("_Wide", [f"at{place}" for place in range(WIDEST)]))  # noqa: PYI024  its fields have no types
_tuple = tuple.__new__
_READERS = [_WIDE[f"at{place}"] for place in range(WIDEST)]
"""Readers of a tuple's fields by place, taken from one wide namedtuple: they are quicker than any property."""


@dataclass_transform(frozen_default=True)
class _Kind(type):
    """The class of a record's class: its annotations are the fields, behind those of the record that it extends."""

    if TYPE_CHECKING:  # else a record without fields would take these annotations for its own
        _fields: tuple[str, ...]
        _field_defaults: Mapping[str, Any]
        _last: tuple[Any, ...]

    @classmethod
    def __prepare__(cls, name: str, bases: tuple[type, ...], /, **_: Any) -> dict[str, object]:
        return {"__slots__": ()}

    def __init__(cls, name: str, bases: tuple[type, ...], members: dict[str, Any]) -> None:
        super().__init__(name, bases, members)
        fields: list[str] = []
        defaults: dict[str, Any] = {}
        for base in bases:
            if isinstance(base, _Kind):
                fields += base._fields
                defaults |= base._field_defaults
        own = tuple(cls.__annotations__)
        cls._fields = (*fields, *own)
        cls._field_defaults = defaults | {field: members[field] for field in own if field in members}
        cls._last = tuple(cls._field_defaults.values())
        for place, field in enumerate(cls._fields):
            setattr(cls, field, cls._reader(_READERS[place]))

    def _reader(cls, plain: Any) -> Any:
        """What reads a field."""
        return plain


class Record(tuple[Any, ...], metaclass=_Kind):
    """A tuple whose fields have names: those that the class annotates, behind its base's; the last ones with defaults.

    Type checkers take it for a frozen dataclass. What is offered beyond is named as in a NamedTuple.
    """

    __slots__ = ()

    def __new__(cls, *given: Any, **named: Any) -> Self:
        """A record of these values. Raises TypeError if one is missing or too many are given."""
        short = len(cls._fields) - len(given)
        if named or short:
            given = given + cls._last[-short:] if not named and 0 < short <= len(cls._last) else _whole(cls, given, named)
        return _tuple(cls, given)

    @classmethod
    def _make(cls, values: Iterable[Any]) -> Self:
        """A record of all its values in order. Raises TypeError if there are more or fewer."""
        made = tuple.__new__(cls, values)
        if len(made) != len(cls._fields):
            raise TypeError(f"{cls.__name__} has {len(cls._fields)} fields, not {len(made)}")
        return made

    def _replace(self, **changes: Any) -> Self:
        """The same with some fields otherwise. Raises TypeError for a field that it does not have."""
        made = self._make(map(changes.pop, type(self)._fields, self))
        if changes:
            raise TypeError(f"{type(self).__name__} has no {', '.join(changes)}")
        return made

    def _asdict(self) -> dict[str, Any]:
        """The values by their fields."""
        return dict(zip(type(self)._fields, self, strict=True))

    def __getnewargs__(self) -> tuple[Any, ...]:
        return tuple(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{field}={value!r}' for field, value in self._asdict().items())})"


def _whole(kind: _Kind, given: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[Any, ...]:
    """All values of a record in order: the first given by place, others by name, the rest defaults."""
    rest = kind._fields[len(given) :]
    if len(named) != len(rest) or not rest:
        strange = [repr(name) for name in named if name not in rest]
        if strange or len(given) > len(kind._fields):
            raise TypeError(f"{kind.__name__} takes {', '.join(kind._fields)}, not {', '.join(strange) or 'more than that'}")
        named = {**kind._field_defaults, **named}
    try:
        return (*given, *[named[field] for field in rest])
    except KeyError as missing:
        raise TypeError(f"{kind.__name__} needs {missing}") from None


# --- worked out when read ----------------------------------------------------------------------------


class _Later:
    """A value that is worked out when it is first asked for, and only once."""

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], object]) -> None:
        self._make: Callable[[], object] | None = make

    def __call__(self) -> object:
        if self._make is not None:
            self._made, self._make = self._make(), None
        return self._made


def later(make: Callable[[], T]) -> T:
    """A field of a `Lazy` record that is worked out when it is first read."""
    return cast(T, _Later(make))


class _LazyKind(_Kind):
    def _reader(cls, plain: Any) -> Any:
        get = plain.__get__

        def read(record: Lazy) -> Any:
            value = get(record)
            return value() if type(value) is _Later else value

        return property(read)


class Lazy(Record, metaclass=_LazyKind):
    """A record whose fields may be `later` values: one that nobody reads is never worked out."""

    def __iter__(self) -> Iterator[Any]:
        return iter([value() if type(value) is _Later else value for value in super().__iter__()])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, tuple) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))
