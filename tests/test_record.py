"""Records: fields by name and place, defaults, and every way to make a wrong one."""

from __future__ import annotations

import pickle

import pytest

from mmopts.record import Lazy, Record, later


class Point(Record):
    x: int
    y: int
    name: str = ""


@pytest.mark.parametrize("made", [Point(1, 2), Point(1, y=2), Point(y=2, x=1), Point(1, 2, ""), Point(x=1, y=2, name="")])
def test_fields_have_names_places_and_defaults(made):
    assert made == (1, 2, "") == (made.x, made.y, made.name)
    assert hash(made) == hash((1, 2, ""))


@pytest.mark.parametrize(
    ("given", "named", "told"),
    [
        ((1,), {}, "Point needs 'y'"),
        ((), {"y": 2}, "Point needs 'x'"),
        ((1, 2, "", 4), {}, "Point takes x, y, name, not more than that"),
        ((1, 2), {"z": 3}, "Point needs 'name'"),
        ((1, 2, ""), {"x": 1}, "Point takes x, y, name, not 'x'"),
        ((1,), {"x": 1, "y": 2, "z": 3}, "Point takes x, y, name, not 'x', 'z'"),
    ],
)
def test_a_wrong_record_is_refused(given, named, told):
    with pytest.raises(TypeError, match=f"^{told}$"):
        Point(*given, **named)


def test_made_of_a_row():
    assert Point._make([1, 2, "a"]) == Point(1, 2, "a")
    with pytest.raises(TypeError, match="3 fields, not 2"):
        Point._make([1, 2])


def test_changed_and_told():
    assert Point(1, 2)._replace(y=3) == Point(1, 3)
    assert Point(1, 2)._asdict() == {"x": 1, "y": 2, "name": ""}
    assert repr(Point(1, 2, "a")) == "Point(x=1, y=2, name='a')"
    with pytest.raises(TypeError):
        Point(1, 2)._replace(z=3)


def test_it_holds_nothing_else_and_is_not_written_to():
    point = Point(1, 2)
    for name in ("x", "other"):
        with pytest.raises(AttributeError):
            setattr(point, name, 3)


def test_it_goes_to_another_process():
    there = pickle.loads(pickle.dumps(Point(1, 2, "a")))
    assert type(there) is Point
    assert there == Point(1, 2, "a")


class Place(Point):
    """A point with more behind its own fields."""

    z: int = 0


def test_a_record_that_extends_another_has_its_fields_first():
    assert Place._fields == ("x", "y", "name", "z")
    made = Place(1, 2, z=4)
    assert (made.x, made.y, made.name, made.z) == (1, 2, "", 4) == tuple(made)
    assert made._replace(x=5) == Place(5, 2, "", 4)
    assert Point._fields == ("x", "y", "name")


# --- worked out when read ----------------------------------------------------------------------------


class Slow(Lazy):
    name: str
    size: int
    parts: tuple[int, ...] = ()


def test_a_later_value_is_made_when_it_is_read_and_once():
    made = []

    def size() -> int:
        made.append(1)
        return 3

    slow = Slow("a", later(size))
    assert slow.name == "a"
    assert made == []
    assert [slow.size, slow.size] == [3, 3]
    assert made == [1]


def test_a_lazy_record_is_the_same_whenever_it_was_made():
    slow, quick = Slow("a", later(lambda: 3), later(lambda: (1, 2))), Slow("a", 3, (1, 2))
    assert list(slow) == ["a", 3, (1, 2)]
    assert slow == quick == ("a", 3, (1, 2))
    assert hash(slow) == hash(quick)
    assert slow._replace(name="b") == Slow("b", 3, (1, 2))
    assert slow._asdict() == {"name": "a", "size": 3, "parts": (1, 2)}
    assert pickle.loads(pickle.dumps(Slow("a", later(lambda: 3)))) == Slow("a", 3)
    assert slow != "a"
