"""Why a condition holds, fails or is open: reasons that suffice, that are as few as can be, and that flip the verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations, product
from typing import Any

import pytest
from asked import suggest
from conftest import Answer, examples, find, verdict
from hypothesis import given, settings
from hypothesis import strategies as st

from mmopts.assess.reasons import Clause, Reason, Reasons
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Cond, Conditions, Evaluate, Interval, Value, Worlds, fold


def explain(cond: Cond, facts: Mapping[str, Value]) -> Reason:
    return fold(cond, Reasons(facts), {})


def truth(cond: Cond, facts: Mapping[str, Value]) -> bool | None:
    return fold(cond, Evaluate(Worlds.of([facts])), {}).at()


@pytest.fixture
def made() -> Conditions:
    return Conditions()


def leaf(made: Conditions, name: str) -> Cond:
    return made.leaf(name, "is", True)


def said(reason: Reason) -> set[tuple[str, bool]]:
    return {(c.cond.fact or str(c.cond.value), c.wanted) for c in reason.clauses}


def test_a_failed_conjunction_names_every_part_that_fails_and_no_other(made: Conditions) -> None:
    cond = made.all([leaf(made, n) for n in "abcd"])
    found = explain(cond, {"a": True, "b": False, "d": False})
    assert found.value is False
    assert found.clauses == (Clause(leaf(made, "b"), True), Clause(leaf(made, "d"), True))


def test_a_failed_alternative_names_its_nearest_miss(made: Conditions) -> None:
    cond = made.any(
        [made.all([leaf(made, "a"), leaf(made, "b")]), leaf(made, "c"), made.all([leaf(made, "d"), leaf(made, "e")])]
    )
    assert said(explain(cond, dict.fromkeys("abcde", False))) == {("c", True)}
    assert said(explain(cond, {**dict.fromkeys("abce", False), "d": True})) <= {("c", True), ("e", True)}
    assert len(explain(cond, {**dict.fromkeys("abce", False), "d": True}).clauses) == 1


def test_what_holds_is_explained_by_what_makes_it_hold(made: Conditions) -> None:
    cond = made.any([made.all([leaf(made, "a"), leaf(made, "b")]), leaf(made, "c")])
    assert said(explain(cond, dict.fromkeys("abc", True))) == {("c", True)}
    assert said(explain(cond, {"a": True, "b": True, "c": False})) == {("a", True), ("b", True)}


def test_an_open_condition_names_the_open_facts_alone(made: Conditions) -> None:
    cond = made.all([leaf(made, "a"), made.any([leaf(made, "b"), leaf(made, "c")]), made.not_(leaf(made, "d"))])
    assert said(explain(cond, {"a": True, "b": False})) == {("c", True), ("d", False)}


def test_too_few_names_as_many_as_are_missing(made: Conditions) -> None:
    cond = made.at_least(2, [leaf(made, n) for n in "abc"])
    assert len(explain(cond, dict.fromkeys("abc", False)).clauses) == 2
    assert len(explain(cond, {"a": True, "b": False, "c": False}).clauses) == 1
    assert said(explain(cond, {"a": True, "b": False})) == {("c", True)}
    assert len(explain(cond, dict.fromkeys("abc", True)).clauses) == 2


def test_a_named_condition_speaks_for_itself_once_decided_and_opens_up_while_open(made: Conditions) -> None:
    cond = made.named("some class", made.any([leaf(made, "a"), leaf(made, "b")]))
    assert said(explain(cond, {"a": False, "b": False})) == {("some class", True)}
    assert said(explain(cond, {"a": False})) == {("b", True)}
    assert said(explain(made.not_(cond), {"a": True})) == {("some class", False)}


def test_every_member_that_forbids_must_go_before_a_prohibition_is_lifted(made: Conditions) -> None:
    either = made.not_(made.any([leaf(made, "a"), leaf(made, "b")]))
    assert said(explain(either, {"a": True, "b": True})) == {("a", False), ("b", False)}


def test_one_of_the_facts_that_together_forbid_is_enough_to_lift_it(made: Conditions) -> None:
    both = made.not_(made.all([leaf(made, "a"), leaf(made, "b")]))
    assert len(explain(both, {"a": True, "b": True}).clauses) == 1


def test_numbers_are_compared_as_ranges(made: Conditions) -> None:
    cond = made.leaf("n", ">=", 3.0)
    assert explain(cond, {"n": Interval(1, 2)}).value is False
    assert explain(cond, {"n": Interval(1, 5)}).value is None


# --- any condition over facts that each occur once ----------------------------------------------------------

_SHAPES = st.recursive(
    st.just("leaf"),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3)),
        st.tuples(st.just("not"), inner),
        st.tuples(st.integers(1, 3), st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=7,
)


def build(made: Conditions, shape: Any, names: Iterator[int]) -> Cond:
    if shape == "leaf":
        return made.leaf(f"x{next(names)}", "is", True)
    if shape[0] == "not":
        return made.not_(build(made, shape[1], names))
    parts = [build(made, s, names) for s in shape[1]]
    if isinstance(shape[0], int):
        return made.at_least(min(shape[0], len(parts)), parts)
    return made.all(parts) if shape[0] == "all" else made.any(parts)


CASES = st.tuples(_SHAPES, st.lists(st.sampled_from([True, False, None]), min_size=8, max_size=8))


def case(drawn: tuple[Any, list[bool | None]]) -> tuple[Cond, dict[str, Value]]:
    cond = build(Conditions(), drawn[0], iter(range(100)))
    return cond, {f"x{i}": v for i, v in enumerate(drawn[1]) if v is not None}


@settings(max_examples=examples(40))
@given(CASES)
def test_the_value_explained_is_the_value_judged(drawn: tuple[Any, list[bool | None]]) -> None:
    cond, facts = case(drawn)
    assert explain(cond, facts).value is truth(cond, facts)


@settings(max_examples=examples(60))
@given(st.tuples(_SHAPES, st.lists(st.sampled_from([True, False, True, False, None]), min_size=8, max_size=8)))
def test_changing_what_the_nearest_miss_names_flips_it_and_nothing_smaller_does(
    drawn: tuple[Any, list[bool | None]],
) -> None:
    cond, facts = case(drawn)
    reason = explain(cond, facts)
    if reason.value is not False:
        return
    flipped = {**facts, **{c.cond.fact: c.wanted for c in reason.clauses}}
    assert truth(cond, flipped) is not False
    fewest = next(
        size
        for size in range(1, 9)
        for names in combinations(facts, size)
        if truth(cond, {**facts, **{n: not facts[n] for n in names}}) is not False
    )
    assert len(reason.clauses) == fewest


@settings(max_examples=examples(40))
@given(CASES)
def test_what_is_said_to_make_it_hold_does_so_alone(drawn: tuple[Any, list[bool | None]]) -> None:
    cond, facts = case(drawn)
    reason = explain(cond, facts)
    if reason.value is True:
        assert truth(cond, {c.cond.fact: facts[c.cond.fact] for c in reason.clauses}) is True


@settings(max_examples=examples(40))
@given(CASES)
def test_the_facts_needed_are_open_and_settle_it_whatever_they_are(drawn: tuple[Any, list[bool | None]]) -> None:
    cond, facts = case(drawn)
    reason = explain(cond, facts)
    if reason.value is not None:
        return
    names = list(dict.fromkeys(c.cond.fact for c in reason.clauses))
    assert not set(names) & facts.keys()
    results = {
        truth(cond, {**facts, **dict(zip(names, answers, strict=True))})
        for answers in product([True, False], repeat=len(names))
    }
    assert results == {True, False}


# --- why not, in an answer --------------------------------------------------------------------------------

FLIPS: list[tuple[str, dict[str, Any], str, set[str], dict[str, Any]]] = [
    (
        "Carvykti asks for lenalidomide-refractory disease",
        {"prior": ["VRd"], "refractory": ["none"], "lines": 1, "region": "us"},
        "cilta-cel",
        {"refractory"},
        {"refractory": ["len"]},
    ),
    (
        "Carvykti asks for a PI as well",
        {"prior": ["DRd"], "refractory": ["len"], "lines": 1, "region": "us"},
        "cilta-cel",
        {None},
        {"prior": ["DRd", "btz"]},
    ),
    # Where no positive phase 3 opens it off label (CLINICAL 2), the label's lines decide.
    (
        "US Talvey alone asks for 4 lines",
        {"prior": ["VRd", "dara"], "refractory": ["len"], "lines": 3, "region": "us"},
        "Tal",
        {"lines"},
        {"lines": 4},
    ),
    (
        "US Talvey alone asks for an anti-CD38 antibody and 4 lines",
        {"prior": ["VRd"], "refractory": ["len"], "lines": 3, "region": "us"},
        "Tal",
        {"lines", None},
        {"lines": 4, "prior": ["VRd", "dara"]},
    ),
    (
        "lenalidomide is spent",
        {"prior": ["VRd"], "refractory": ["len"], "lines": 1},
        "DRd",
        {"refractory"},
        {"refractory": ["none"]},
    ),
    (
        "daratumumab crosses to isatuximab",
        {"prior": ["DRd"], "refractory": ["dara"], "lines": 1},
        "Isa-Kd",
        {"refractory"},
        {"refractory": ["none"]},
    ),
    (
        "heart failure forbids carfilzomib",
        {"prior": ["VRd"], "lines": 1, "condition": ["heart-failure"]},
        "Kd",
        {"condition"},
        {"condition": ["none"]},
    ),
    (
        "grade 3 neuropathy forbids bortezomib",
        {"prior": ["len"], "lines": 1, "neuropathy": 3},
        "DVd",
        {"neuropathy"},
        {"neuropathy": 2},
    ),
    (
        "t(11;14) opens venetoclax",
        {"prior": ["VRd"], "lines": 1, "cytogenetics": ["no-t(11;14)"]},
        "Ven-d",
        {"cytogenetics"},
        {"cytogenetics": ["t(11;14)"]},
    ),
    (
        "no CAR-T centre",
        {"prior": ["VRd"], "refractory": ["len"], "lines": 1, "unavailable": ["car-t"]},
        "cilta-cel",
        {"unavailable"},
        {"unavailable": ["none"]},
    ),
    (
        "an intolerance",
        {"prior": ["VRd"], "intolerant": ["len"], "lines": 1},
        "DRd",
        {"intolerant"},
        {"intolerant": ["none"]},
    ),
]


@pytest.mark.parametrize(("given_facts", "name", "named", "change"), [f[1:] for f in FLIPS], ids=[f[0] for f in FLIPS])
def test_what_the_flips_ask_for_flips_the_verdict(
    answer: Callable[..., Answer], given_facts: dict[str, Any], name: str, named: set[str], change: dict[str, Any]
) -> None:
    before = answer(**given_facts)
    assert verdict(before, name) == "excluded"
    assert {flip["fact"] for flip in find(before, name)["flips"]} == named
    assert verdict(answer(**{**given_facts, **change}), name) != "excluded"


def test_a_flip_says_what_is_needed_and_what_was_given(answer: Callable[..., Answer]) -> None:
    found = find(answer(prior=["VRd", "dara"], refractory=["len"], lines=3, region="us"), "Tal")
    [flip] = found["flips"]
    assert flip["text"] == "needs 4 or more prior lines; you gave 3"
    assert (flip["option"], flip["options"]) == ("--lines", "--lines 4-")
    assert any("4 or more prior lines" in b["text"] and b["source"] for b in found["because"])


def test_every_condition_that_forbids_is_among_the_flips(tiny: Knowledge) -> None:
    found = find(suggest({"prior": ["alpha"], "lines": 1, "condition": ["ache", "itch"]}, tiny), "itchy")
    assert {f["option"] for f in found["flips"]} == {"--condition ache", "--condition itch"}


def test_an_exclusion_for_another_setting_says_so(answer: Callable[..., Answer]) -> None:
    found = find(answer(prior=["VRd"], refractory=["len"], lines=1), "active-surveillance")
    assert found["other_setting"] is True
    assert found["because"][0]["text"] == "for smoldering disease"
    assert {f["fact"] for f in found["flips"]} <= {"setting", "smm_risk"}


BASE: dict[str, Any] = {"prior": ["alpha", "beta"], "refractory": ["none"], "lines": 1}


@pytest.fixture(scope="session")
def shut(tiny: Knowledge) -> Callable[..., Answer]:
    """An invented regimen that is excluded, for the base patient with changes."""
    return lambda name, **changes: find(suggest({**BASE, **changes}, tiny), name)


@pytest.mark.parametrize(
    ("changes", "needs", "head"),
    [
        # The US IV label misses by lines and two drugs, the SC one by lines alone, the EU one by one drug.
        ({"region": "us"}, {"3 or more prior lines"}, "US label (P SC)"),
        ({"region": "eu"}, {"received kappa"}, "EU label (Q)"),
        ({"region": "us", "prior": ["alpha", "kappa", "epsilon"]}, {"2 or more prior lines"}, "US label (P)"),
    ],
)
def test_the_nearest_indication_is_the_one_explained(
    shut: Callable[..., Answer], changes: dict[str, Any], needs: set[str], head: str
) -> None:
    found = shut("near-and-far", **changes)
    assert {f["needs"] for f in found["flips"]} == needs
    [because] = found["because"]
    assert because["text"].startswith(f"{head} needs ")


def test_everything_that_must_change_is_among_the_flips(shut: Callable[..., Answer]) -> None:
    found = shut(
        "itchy", region="us", refractory=["gamma"], prior=["alpha", "gamma"], condition=["ache"], setting="maintenance"
    )
    assert {(f["fact"], f["needs"]) for f in found["flips"]} == {
        ("refractory", "not refractory to gamma"),
        ("condition", "no ache"),
        ("setting", "relapsed"),
    }


def test_a_rule_that_forbids_is_told_before_the_indication_that_misses(shut: Callable[..., Answer]) -> None:
    found = shut("near-and-far", region="us", refractory=["gamma"], prior=["alpha", "gamma"])
    assert [b["text"] for b in found["because"]] == [
        "refractory to gamma",
        "US label (P SC) needs 3 or more prior lines",
    ]
    assert found["reason"] == "refractory to gamma"


def test_what_waits_for_a_state_to_end_says_when_it_opens(shut: Callable[..., Answer]) -> None:
    found = shut("storm-waits", condition=["storm"])
    assert found["waits"] is True
    assert found["because"][0]["text"] == "shelter first; opens when the storm is over"
    assert shut("cells", condition=["storm"])["waits"] is False
    # Refractory to its drug, it would not open once the storm is over.
    assert shut("storm-waits", condition=["storm"], prior=["alpha", "beta", "kappa"], refractory=["kappa"])["waits"] is False
    assert shut("cells", condition=["storm"])["because"][0]["text"] == "no cells in a storm"


def test_what_no_fact_of_the_patient_opens_offers_no_words(shut: Callable[..., Answer]) -> None:
    found = shut("pending", region="us")
    assert found["because"][0]["text"] == "US label (P): pending"
    assert not [f for f in found["flips"] if f["options"]]


@pytest.mark.parametrize(
    "given_facts",
    [
        {"transplant": "eligible"},
        {"age": 70, "as_of": "2012-06-01"},
        {"fitness": "fit", "region": "us", "as_of": "2015-11-01"},
        {"crcl": 20, "region": "eu", "as_of": "2020-03-01"},
    ],
)
def test_a_label_in_force_is_never_said_to_be_out_of_force(
    kb: Knowledge, answer: Callable[..., Answer], given_facts: dict[str, Any]
) -> None:
    day, told = given_facts.get("as_of", kb.meta.reviewed), 0
    for entry in answer(**given_facts)["excluded"]:
        rows = [r for r in kb.regimens[entry["id"]].rows if r.region]
        texts = [b["text"] for b in entry["because"] if "not in force on that day" in b["text"] and " label (" in b["text"]]
        for said in texts:
            shown = [r for r in rows if said.startswith(f"{r.region.upper()} label ({r.product}")]
            out = [r for r in shown if (r.since or "") > day or (r.until is not None and r.until <= day)]
            assert out, (entry["id"], said)
            told += 1
    assert told or "as_of" not in given_facts, "nothing was said to be out of force"


def test_what_one_trial_asked_for_is_told_as_of_that_trial(kb: Knowledge) -> None:
    given = {"setting": "maintenance", "prior": ["VRd"], "prior_asct": True, "refractory": ["none"]}
    reasons = {e["id"]: e["reason"] for e in suggest(given, kb)["excluded"]}
    assert reasons["D"] == "rests here on CASSIOPEIA part 2, which asked for exposure to thalidomide"
    assert reasons["Ixa"] == "needs intolerance of lenalidomide"  # a body's condition, not a trial's


def test_only_what_waits_says_when_it_opens(tiny: Knowledge) -> None:
    # The other rules of a state say nothing of its end: a caution holds while it lasts, and what is avoided is avoided.
    rules = {rule.id: rule.text for r in tiny.regimens.values() for rule in (*r.forbids, *r.cautions) if rule.state}
    assert rules["storm-wait"] == "shelter first; opens when the storm is over"
    assert rules["storm-caution"] == "careful in a storm"
    assert not [name for name, text in rules.items() if "opens when" in text and name != "storm-wait"]


@pytest.mark.parametrize(("age", "flip"), [(65, "--age '>65-'"), (66, None)])
def test_a_limit_that_does_not_count_is_left_out_of_what_would_change_a_verdict(
    kb: Knowledge, age: int, flip: str | None
) -> None:
    # Levact SmPC: older than 65 years.
    patient = {"prior": ["none"], "age": age, "transplant": "ineligible", "neuropathy": 2, "region": "eu"}
    found = find(suggest(patient, kb), "Benda-P")
    assert [one["options"] for one in found.get("flips", [])] == ([flip] if flip else [])


def test_what_was_not_yet_in_force_is_told_before_a_state_that_would_open_it(kb):
    # VRd before anybody wrote of it: not that it "needs plasma cell leukaemia".
    young = {"prior": ["none"], "age": 66, "transplant": "eligible"}
    then = {e["id"]: e["reason"] for e in suggest({**young, "as_of": "2009-10-01"}, kb)["excluded"]}
    assert then["VRd"] == "not in force on that day"
    assert then["KRd"] == "not in force on that day"
    today = {e["id"]: e["reason"] for e in suggest(young, kb)["excluded"]}
    assert "hyperviscosity" in today["plasma-exchange"]
