"""The next best question: what it claims to settle, checked by asking again with each answer."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Answer

import mmopts
from mmopts.ask import pose
from mmopts.case import Case
from mmopts.intake import restate, settle
from mmopts.judge import VERDICTS, judge
from mmopts.knowledge.model import Knowledge
from mmopts.logic import Interval
from mmopts.questions import possible
from mmopts.report import questions_of

PATIENTS: list[dict[str, Any]] = [
    {"prior": ["len", "btz"], "fitness": "frail"},
    {"prior": ["VRd"], "refractory": ["len"], "fitness": "fit"},
    {"prior": ["VRd", "dara"], "prior_incomplete": True, "region": "us"},
    {"setting": "relapsed", "lines": {"max": 4}, "region": "eu", "strict": True},
    {"setting": "newly-diagnosed"},
    {"setting": "smoldering"},
]


def conditionals(case: Case) -> list[str]:
    return [n for n in case.open_ids if case.judged.verdict(case.kb.regimens[n]) == "conditional"]


@pytest.mark.parametrize("given", PATIENTS, ids=str)
def test_what_a_question_settles_is_what_asking_again_settles(kb: Knowledge, given: dict[str, Any]) -> None:
    case = pose(given, kb)
    open_ids = conditionals(case)
    found = questions_of(case)
    assert found
    for asked in found:
        counts = []
        for answer in asked.answers:
            stated = restate(case.patient.stated, {asked.atom: answer.value})
            facts, conflicts, _ = settle(stated, kb, presume=not case.patient.strict)
            assert not conflicts
            judged = judge(kb, facts, case.question)
            verdicts = {n: judged.verdict(kb.regimens[n]) for n in open_ids}
            assert sorted(answer.opens) == sorted(n for n, v in verdicts.items() if v == "eligible")
            assert sorted(answer.closes) == sorted(n for n, v in verdicts.items() if v == "excluded")
            counts.append(sum(v != VERDICTS[None] for v in verdicts.values()))
        assert (asked.settles, asked.settles_at_least, asked.of) == (max(counts), min(counts), len(open_ids))
        assert asked.settles > 0


def settled(answer: Callable[..., Answer], given: dict[str, Any], changes: dict[str, Any]) -> int:
    """How many of the conditional options an answer, given as a user gives it, decides."""
    before = {o["id"] for o in answer(**given)["options"] if o["verdict"] == "conditional"}
    after = {o["id"] for o in answer(**{**given, **changes})["options"] if o["verdict"] == "conditional"}
    return len(before - after)


@pytest.mark.parametrize(
    ("fact", "answers"),
    [
        ("lines", [{"min": 1, "max": 1}, {"min": 2, "max": 2}, {"min": 3, "max": 3}, {"min": 4}]),
        ("cytogenetics:t(11;14)", [["t(11;14)"], ["no-t(11;14)"]]),
        ("progressed_on_last", [True, False]),
    ],
)
def test_the_count_is_what_a_user_sees_who_answers(answer: Callable[..., Answer], fact: str, answers: list[Any]) -> None:
    given = {"prior": ["VRd", "dara"], "refractory": ["len"], "region": "eu"}
    [asked] = [q for q in answer(**given)["next_questions"] if q["fact"] == fact] or [None]
    if asked is None:
        assert fact == "progressed_on_last"
        assert max(settled(answer, given, {fact: a}) for a in answers) == 0
        return
    counts = [settled(answer, given, {fact.partition(":")[0]: a}) for a in answers]
    assert (asked["settles"], asked["settles_at_least"]) == (max(counts), min(counts))


def test_questions_are_ranked_by_preferred_options_then_by_the_mean(kb: Knowledge) -> None:
    for given in PATIENTS:
        case = pose(given, kb)
        first = {n for n in conditionals(case) if case.tiers[n].tier == "preferred"}
        keys = []
        for asked in questions_of(case):
            touched = [{*a.opens, *a.closes} for a in asked.answers]
            keys.append((-max(len(first & t) for t in touched), -sum(map(len, touched)) / len(touched)))
        assert keys == sorted(keys)


def test_the_frail_patient_is_asked_about_both_drugs_and_the_lines(answer: Callable[..., Answer]) -> None:
    # What a senior colleague would ask: refractory to lenalidomide? to bortezomib? how many lines?
    asked = [q["fact"] for q in answer(prior=["len", "btz"], fitness="frail")["next_questions"]]
    assert set(asked[:4]) >= {"refractory:lenalidomide", "refractory:bortezomib", "lines"}


@pytest.mark.parametrize(
    "given", [{"prior": ["VRd"]}, {"prior": ["VRd"], "strict": True}, {"prior": ["PI"], "prior_incomplete": True}]
)
def test_at_relapse_some_facts_are_never_asked(answer: Callable[..., Answer], given: dict[str, Any]) -> None:
    asked = {q["fact"] for q in answer(**given)["next_questions"]}
    assert not asked & {
        "cytogenetics:gain(1q)",
        "cytogenetics:del(1p)",
        "cytogenetics:t(14;20)",
        "condition:copd",
        "smm_risk",
    }


def test_the_parts_of_a_frailty_score_are_not_asked_once_fitness_is_stated(kb: Knowledge) -> None:
    for strict in (True, False):
        asked = {q.atom for q in questions_of(pose({"prior": ["none"], "fitness": "fit", "strict": strict}, kb))}
        assert not asked & {"adl", "iadl", "cci"}


def test_what_is_known_is_not_asked(answer: Callable[..., Answer]) -> None:
    asked = {q["fact"] for q in answer(prior=["VRd"], refractory=["len"], lines=1)["next_questions"]}
    assert not asked & {"lines", "refractory:lenalidomide", "refractory:bortezomib", "exposed:lenalidomide", "setting"}


def test_nothing_is_asked_when_nothing_is_open(tiny: Knowledge) -> None:
    found = mmopts.suggest({"prior": ["alpha", "beta"], "refractory": ["none"], "lines": 1, "region": "us"}, tiny)
    assert not [o for o in found["options"] if o["verdict"] == "conditional"]
    assert found["next_questions"] == []


def test_numbers_are_asked_in_the_ranges_that_the_knowledge_base_tells_apart(tiny: Knowledge) -> None:
    # The invented knowledge base has: lines of 1, 2, 3 or more; at most 3.
    whole = possible("lines", {}, tiny)
    assert whole == [Interval(0, 0), Interval(1, 1), Interval(2, 2), Interval(3, 3), Interval(4, 30)]
    assert possible("lines", {"lines": Interval(2, 30)}, tiny) == [Interval(2, 2), Interval(3, 3), Interval(4, 30)]
    assert possible("lines", {"lines": Interval(3, 3)}, tiny) == [Interval(3, 3)]


def test_ranges_cover_every_number_once(kb: Knowledge) -> None:
    for atom in ("lines", "age", "crcl", "neuropathy", "months_since:bortezomib"):
        ranges = possible(atom, {}, kb)
        assert all(a.high < b.low for a, b in itertools.pairwise(ranges))
        for number in [n / 2 for n in range(260)] if atom in ("age", "crcl", "months_since:bortezomib") else range(5):
            low, high = ranges[0].low, ranges[-1].high
            inside = [r for r in ranges if r.low <= number <= r.high]
            assert len(inside) == (1 if low <= number <= high else 0), (atom, number)


def test_a_choice_already_narrowed_is_asked_within_what_is_left(kb: Knowledge) -> None:
    left = possible("fitness", {"fitness": frozenset({"fit", "intermediate"})}, kb)
    assert left == [frozenset({"fit"}), frozenset({"intermediate"})]


def test_each_need_names_fact_question_and_option(answer: Callable[..., Answer]) -> None:
    found = answer(prior=["len", "btz"])
    for entry in [n for o in found["options"] for n in o["needs"]] + found["next_questions"]:
        assert entry["question"].endswith("?")
        assert entry["option"].startswith("--")
        assert entry["fact"]
    [need] = [n for o in found["options"] if o["id"] == "DRd" for n in o["needs"]]
    assert (need["fact"], need["option"]) == ("refractory:lenalidomide", "--refractory lenalidomide")
