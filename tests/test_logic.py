"""Kleene's logic over worlds, against his tables, against counting, and one world against many."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmopts.logic import (
    Cond,
    Conditions,
    Evaluate,
    Interval,
    Truth,
    Value,
    Worlds,
    fold,
    load_conditions,
    worlds_of,
)
from mmopts.logic import (
    test_leaf as leaf_truth,
)

T, F, U = True, False, None
VALUES = (T, F, U)

# Kleene 1952, section 64; the same tables stand in the CQL specification, appendix B.
AND = {(T, T): T, (T, F): F, (T, U): U, (F, T): F, (F, F): F, (F, U): F, (U, T): U, (U, F): F, (U, U): U}
OR = {(T, T): T, (T, F): T, (T, U): T, (F, T): T, (F, F): F, (F, U): U, (U, T): T, (U, F): U, (U, U): U}
NOT = {T: F, F: T, U: U}


def truth_of(cond: Cond, facts: dict[str, Value]) -> bool | None:
    """The truth of a condition in one world of its own."""
    return fold(cond, Evaluate(Worlds.of([facts])), {}).at()


def stated(**values: bool | None) -> dict[str, Value]:
    """Facts without those that are unknown."""
    return {name: value for name, value in values.items() if value is not None}


@pytest.fixture
def made() -> Conditions:
    return Conditions()


@pytest.mark.parametrize(("left", "right"), list(product(VALUES, repeat=2)))
def test_all_is_kleenes_and(made: Conditions, left: bool | None, right: bool | None) -> None:
    both = made.all([made.leaf("a", "is", True), made.leaf("b", "is", True)])
    assert truth_of(both, stated(a=left, b=right)) is AND[left, right]


@pytest.mark.parametrize(("left", "right"), list(product(VALUES, repeat=2)))
def test_any_is_kleenes_or(made: Conditions, left: bool | None, right: bool | None) -> None:
    either = made.any([made.leaf("a", "is", True), made.leaf("b", "is", True)])
    assert truth_of(either, stated(a=left, b=right)) is OR[left, right]


@pytest.mark.parametrize("value", VALUES)
def test_not_is_kleenes_not(made: Conditions, value: bool | None) -> None:
    assert truth_of(made.not_(made.leaf("a", "is", True)), stated(a=value)) is NOT[value]


@pytest.mark.parametrize("count", range(6))
def test_at_least_agrees_with_trying_every_completion(made: Conditions, count: int) -> None:
    cond = made.at_least(count, [made.leaf(name, "is", True) for name in "abcd"])
    for values in product(VALUES, repeat=4):
        completions = product(*[(v,) if v is not None else (True, False) for v in values])
        outcomes = {sum(c) >= count for c in completions}
        expected = outcomes.pop() if len(outcomes) == 1 else None
        assert truth_of(cond, stated(**dict(zip("abcd", values, strict=True)))) is expected, values


def test_at_least_none_is_always_true_and_more_than_there_are_never(made: Conditions) -> None:
    one = made.leaf("a", "is", True)
    assert made.at_least(0, [one]) is made.true
    assert made.at_least(-1, []) is made.true
    assert made.at_least(2, [one]) is made.false


def test_at_least_counts_an_item_given_twice_twice(made: Conditions) -> None:
    one = made.leaf("a", "is", True)
    assert truth_of(made.at_least(2, [one, one]), {"a": True}) is True


@pytest.mark.parametrize(
    ("low", "high", "test", "bound", "expected"),
    [
        (3, 5, ">=", 3, T),
        (4, 4, ">=", 3, T),
        (1, 2, ">=", 3, F),
        (1, 3, ">=", 3, U),
        (2, 4, ">=", 3, U),
        (1, 3, "<=", 3, T),
        (0, 0, "<=", 3, T),
        (4, 9, "<=", 3, F),
        (3, 4, "<=", 3, U),
        (1, 9, "<=", 3, U),
    ],
)
def test_a_range_passes_inside_fails_outside_and_else_leaves_open(
    made: Conditions, low: float, high: float, test: str, bound: float, expected: bool | None
) -> None:
    assert leaf_truth(made.leaf("n", test, float(bound)), Interval(low, high)) is expected


@pytest.mark.parametrize(
    ("possible", "expected"),
    [
        ({"fit"}, T),
        ({"fit", "intermediate"}, T),
        ({"frail"}, F),
        ({"fit", "frail"}, U),
        ({"fit", "intermediate", "frail"}, U),
    ],
)
def test_a_choice_passes_if_every_possible_value_does(made: Conditions, possible: set[str], expected: bool | None) -> None:
    leaf = made.leaf("fitness", "in", frozenset({"fit", "intermediate"}))
    assert leaf_truth(leaf, frozenset(possible)) is expected


def test_a_leaf_of_an_unknown_fact_is_unknown(made: Conditions) -> None:
    for leaf in (made.leaf("a", "is", False), made.leaf("n", ">=", 0.0), made.leaf("c", "in", frozenset({"x"}))):
        assert truth_of(leaf, {}) is None


def test_a_leaf_may_ask_for_false(made: Conditions) -> None:
    leaf = made.leaf("a", "is", False)
    assert truth_of(leaf, {"a": False}) is True
    assert truth_of(leaf, {"a": True}) is False


def test_of_no_parts_all_holds_and_any_does_not(made: Conditions) -> None:
    assert truth_of(made.all([]), {}) is True
    assert truth_of(made.any([]), {}) is False


def test_conditions_of_one_shape_are_one_object(made: Conditions) -> None:
    def build() -> Cond:
        a, n = made.leaf("a", "is", True), made.leaf("n", ">=", 2.0)
        return made.any([made.all([a, made.not_(n)]), made.at_least(2, [a, n, made.named("x", n)])])

    assert build() is build()
    assert made.leaf("a", "is", True) is not made.leaf("a", "is", False)


def test_conditions_are_simplified_without_change_of_meaning(made: Conditions) -> None:
    a, b = made.leaf("a", "is", True), made.leaf("b", "is", True)
    assert made.all([a, made.true, a]) is a
    assert made.any([made.false, b]) is b
    assert made.all([a, made.false]) is made.false
    assert made.any([a, made.true]) is made.true
    assert made.not_(made.not_(a)) is a
    assert made.not_(made.true) is made.false


@pytest.mark.parametrize(
    ("truth", "world", "expected"), [(Truth(0b01, 0b10), 0, T), (Truth(0b01, 0b10), 1, F), (Truth(0b01, 0b10), 2, U)]
)
def test_a_truth_value_is_read_per_world(truth: Truth, world: int, expected: bool | None) -> None:
    assert truth.at(world) is expected


# --- any condition, any worlds ---------------------------------------------------------------------

_LEAVES = st.one_of(
    st.tuples(st.just("leaf"), st.sampled_from("ab"), st.just("is"), st.booleans()),
    st.tuples(st.just("leaf"), st.just("n"), st.sampled_from([">=", "<="]), st.integers(0, 5).map(float)),
    st.tuples(st.just("leaf"), st.just("c"), st.just("in"), st.frozensets(st.sampled_from("xyz"), min_size=1)),
)
SHAPES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["all", "any"]), st.lists(inner, max_size=3)),
        st.tuples(st.just("not"), inner),
        st.tuples(st.just("named"), inner),
        st.tuples(st.just("at_least"), st.integers(0, 4), st.lists(inner, max_size=4)),
    ),
    max_leaves=12,
)
NUMBERS = st.tuples(st.integers(0, 5), st.integers(0, 5)).map(lambda p: Interval(float(min(p)), float(max(p))))
FACTS = st.fixed_dictionaries(
    {},
    optional={"a": st.booleans(), "b": st.booleans(), "c": st.frozensets(st.sampled_from("xyz"), min_size=1), "n": NUMBERS},
)


def build(made: Conditions, shape: tuple) -> Cond:
    """The condition that a drawn shape describes."""
    op = shape[0]
    if op == "leaf":
        return made.leaf(*shape[1:])
    if op in ("not", "named"):
        inner = build(made, shape[1])
        return made.not_(inner) if op == "not" else made.named("some name", inner)
    parts = [build(made, s) for s in shape[-1]]
    return made.at_least(shape[1], parts) if op == "at_least" else made.all(parts) if op == "all" else made.any(parts)


@given(SHAPES, st.lists(FACTS, min_size=1, max_size=6))
def test_many_worlds_at_once_equal_one_at_a_time(shape: tuple, patients: list[dict[str, Value]]) -> None:
    cond = build(Conditions(), shape)
    together = fold(cond, Evaluate(Worlds.of(patients)), {})
    assert [together.at(w) for w in range(len(patients))] == [truth_of(cond, p) for p in patients]
    assert together.t & together.f == 0
    assert (together.t | together.f) >> len(patients) == 0


@given(SHAPES, FACTS, st.lists(st.dictionaries(st.sampled_from("ab"), st.sampled_from([True, False, None])), max_size=4))
def test_worlds_around_a_patient_equal_the_changed_patients(
    shape: tuple, base: dict[str, Value], changes: list[dict[str, Value | None]]
) -> None:
    cond = build(Conditions(), shape)
    together = fold(cond, Evaluate(Worlds.around(base, changes)), {})
    for world, change in enumerate([{}, *changes]):
        facts = {k: v for k, v in {**base, **change}.items() if v is not None}
        assert together.at(world) is truth_of(cond, facts)


@given(SHAPES, FACTS)
def test_conditions_keep_their_truth_through_dump_and_load(shape: tuple, facts: dict[str, Value]) -> None:
    made = Conditions()
    build(made, ("any", [("leaf", "q", "is", True)]))
    cond = build(made, shape)
    rows, place = made.dump([cond])
    assert truth_of(load_conditions(rows)[place[cond]], facts) is truth_of(cond, facts)


def test_a_dump_holds_only_what_is_needed_children_first(made: Conditions) -> None:
    made.leaf("unused", "is", True)
    cond = made.all([made.leaf("a", "is", True), made.not_(made.leaf("n", ">=", 2.0))])
    rows, place = made.dump([cond])
    assert rows == [["leaf", "a", "is", True], ["leaf", "n", ">=", 2.0], ["not", [1]], ["all", [0, 2]]]
    assert place[cond] == 3


@given(SHAPES, FACTS, FACTS)
def test_what_is_decided_stays_decided_when_more_is_known(
    shape: tuple, first: dict[str, Value], more: dict[str, Value]
) -> None:
    cond = build(Conditions(), shape)
    refined: dict[str, Value] = {**more, **first}
    for name in set(first) & set(more):
        a, b = first[name], more[name]
        if isinstance(a, Interval) and isinstance(b, Interval) and max(a.low, b.low) <= min(a.high, b.high):
            refined[name] = Interval(max(a.low, b.low), min(a.high, b.high))
        elif isinstance(a, frozenset) and isinstance(b, frozenset) and a & b:
            refined[name] = a & b
    before = truth_of(cond, first)
    assert before is None or truth_of(cond, refined) is before


def test_worlds_are_listed_in_their_order() -> None:
    assert [list(worlds_of(where)) for where in (0, 0b1, 0b10110, 1 << 70)] == [[], [0], [1, 2, 4], [70]]
