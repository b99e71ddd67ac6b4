"""Records from authored rows: fields by name, blanks by kind."""

from collections.abc import Mapping
from typing import NamedTuple

import pytest

from mmopts.knowledge.fill import fill


class Row(NamedTuple):
    """A record with a field of each kind."""

    id: str
    year: int
    since: str | None
    words: tuple[str, ...]
    names: frozenset[str]
    table: Mapping[str, int]
    unread: bool
    level: float = 95


def test_what_a_row_says_is_taken_over_in_the_kind_of_the_field():
    made = fill(Row, {"id": "a", "year": 2020, "since": 2019, "words": "one", "names": ["b", "b"], "table": {"x": 1},
                      "unread": True, "level": 80})  # fmt: skip
    assert made == Row("a", 2020, "2019", ("one",), frozenset({"b"}), {"x": 1}, True, 80)


def test_what_a_row_leaves_out_is_blank_or_the_default():
    assert fill(Row, {"year": 2020}) == Row("", 2020, None, (), frozenset(), {}, False, 95)


def test_a_null_is_as_if_it_were_left_out():
    assert fill(Row, {"year": 2020, "words": None, "level": None}) == Row("", 2020, None, (), frozenset(), {}, False, 95)


def test_a_made_field_beats_the_row_and_other_keys_are_passed_over():
    assert fill(Row, {"id": "a", "year": 1, "other": 2}, year=3).year == 3


def test_a_number_without_a_blank_must_be_there():
    with pytest.raises(KeyError, match="year"):
        fill(Row, {"id": "a"})
