"""The next best question: what it claims to settle, checked by asking again with each answer."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from asked import suggest
from conftest import Answer
from hypothesis import given as drawn
from hypothesis import strategies as st

from mmopts.assess.asking import _worth_asking, needs, next_questions, possible
from mmopts.assess.assessment import Assessment, assess_given
from mmopts.assess.summary import MANY, _conditions
from mmopts.assess.truths import judge
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Cond, Conditions, Interval, One
from mmopts.patient.settling import settle_answers
from mmopts.patient.stated import restate

PATIENTS: list[dict[str, Any]] = [
    {"prior": ["len", "btz"], "fitness": "frail"},
    {"prior": ["VRd"], "refractory": ["len"], "fitness": "fit"},
    {"prior": ["VRd", "dara"], "prior_incomplete": True, "region": "us"},
    {"setting": "relapsed", "lines": {"max": 4}, "region": "eu", "strict": True},
    {"setting": "newly-diagnosed"},
    {"setting": "smoldering"},
]


def conditionals(assessed: Assessment) -> list[str]:
    return [n for n in assessed.order if assessed.verdicts[n] is None]


@pytest.mark.parametrize("given", PATIENTS, ids=str)
def test_what_a_question_settles_is_what_asking_again_settles(kb: Knowledge, given: dict[str, Any]) -> None:
    assessed = assess_given(given, kb)
    patient, open_ids = assessed.patient, conditionals(assessed)
    found = next_questions(assessed)
    assert found
    for asked in found:
        counts = []
        for answer in asked.answers:
            settled = settle_answers(restate(patient.stated, {asked.atom: answer.value}), [], kb, presume=not patient.strict)
            assert not settled.conflict
            truths = judge(kb, settled.facts(), assessed.scope)
            verdicts = {n: truths.at(kb.regimens[n].verdict) for n in open_ids}
            assert sorted(answer.opens) == sorted(n for n, v in verdicts.items() if v is True)
            assert sorted(answer.closes) == sorted(n for n, v in verdicts.items() if v is False)
            counts.append(len(answer.opens) + len(answer.closes))
        if counts:
            assert (asked.settles, asked.settles_at_least, asked.of) == (max(counts), min(counts), len(open_ids))
        else:  # a whole list, which is asked for before drug by drug: what hangs on it is counted
            assert asked.atom in ("prior", "refractory", "intolerant")
            assert (asked.settles_at_least, asked.of) == (0, len(open_ids))
        assert asked.settles <= asked.of
        # Only how long ago a drug was given is asked where no verdict hangs on it: re-use within a year lowers an option.
        assert asked.settles or asked.atom.startswith("months_since:")


def settled(answer: Callable[..., Answer], given: dict[str, Any], changes: dict[str, Any]) -> int:
    """How many of the conditional options an answer, given as a user gives it, decides."""
    before = {o["id"] for o in answer(**given)["options"] if o["verdict"] == "conditional"}
    after = {o["id"] for o in answer(**{**given, **changes})["options"] if o["verdict"] == "conditional"}
    return len(before - after)


@pytest.mark.parametrize(
    ("fact", "answers"),
    [
        ("lines", [{"min": 1, "max": 1}, {"min": 2, "max": 2}, {"min": 3, "max": 3}, {"min": 4}]),
        ("prior_asct", [True, False]),
        ("progressed_on_last", [True, False]),
    ],
)
def test_the_count_is_what_a_user_sees_who_answers(answer: Callable[..., Answer], fact: str, answers: list[Any]) -> None:
    given = {"prior": ["VRd", "dara"], "refractory": ["len"], "region": "eu"}
    found = [q for q in answer(**given)["next_questions"] if q["fact"] == fact]
    counts = [settled(answer, given, {fact.partition(":")[0]: a}) for a in answers]
    assert [(q["settles"], q["settles_at_least"]) for q in found] == ([(max(counts), min(counts))] if max(counts) else [])


@pytest.mark.parametrize("given", PATIENTS, ids=str)
def test_what_is_asked_first_in_a_setting_leads_then_preferred_options_then_the_mean(
    kb: Knowledge, given: dict[str, Any]
) -> None:
    # CLINICAL 6 puts a list of first questions before the ranking by what is settled.
    assessed = assess_given(given, kb)
    first = {n for n in conditionals(assessed) if assessed.standings[n].tier == "preferred"}
    setting = assessed.patient.facts.get("setting", frozenset({""}))
    listed = [*(a for s in assessed.states for a in s.ask), *kb.asking.first.get(min(setting), ())]
    keys = []
    for asked in next_questions(assessed):
        names = (asked.atom, asked.atom.partition(":")[0])  # a fact that is listed stands for each of its atoms
        place = next((listed.index(name) for name in names if name in listed), len(listed))
        touched = [{*a.opens, *a.closes} for a in asked.answers]
        if touched:
            led = max(len(first & t) for t in touched)
            # Where nothing certain leads, what the preferred options hang on goes before the list.
            keys.append((not assessed.leaders() and not led, place, -led, -sum(map(len, touched)) / len(touched)))
    assert keys == sorted(keys)


def test_the_frail_patient_is_asked_about_both_drugs_and_the_lines(answer: Callable[..., Answer]) -> None:
    # What a senior colleague would ask: refractory to lenalidomide? to bortezomib? how many lines?
    asked = [q["fact"] for q in answer(prior=["len", "btz"], fitness="frail")["next_questions"]]
    assert set(asked[:4]) >= {"refractory:lenalidomide", "refractory:bortezomib", "lines"}


def test_how_long_ago_is_asked_soon_where_a_state_asks_for_it(answer: Callable[..., Answer]) -> None:
    # After a BCMA bispecific 6 months are left before CAR-T (Costa 2025): the date is worth asking at once.
    failed = ["len", "dara", "pom", "carf", "tec"]
    found = answer(prior=["VRd", "DPd", "Kd", "Tec"], refractory=failed, lines=4, age=70, last=["tec"])
    asked = [q["fact"] for q in found["next_questions"]]
    assert asked.index("months_since:teclistamab") < 3
    # At 80 the kidneys are presumed well and seldom are: that doubt stands second, the date behind it.
    found = answer(prior=["VRd", "DPd", "Kd", "Tec"], refractory=failed, lines=4, age=80, last=["tec"])
    assert [q["fact"] for q in found["next_questions"]][1:3] == ["crcl", "months_since:teclistamab"]
    # Bortezomib may be used again too, and no state asks for its date: that stands last.
    found = answer(prior=["VRd"], refractory=["len"], lines=1, fitness="fit")
    assert [q["fact"] for q in found["next_questions"]][-1] == "months_since:bortezomib"


def test_how_long_ago_a_drug_was_given_is_asked_where_its_use_again_hangs_on_it(answer: Callable[..., Answer]) -> None:
    # NCI PDQ: re-use from about a year after the last dose. DKd leads at first relapse on lenalidomide.
    def asked(**given: Any) -> set[str]:
        return {q["fact"] for q in answer(refractory=["len"], lines=1, **given)["next_questions"]}

    assert "months_since:daratumumab" in asked(prior=["D-VRd"])
    assert "months_since:daratumumab" not in asked(prior=["D-VRd"], months_since={"daratumumab": 20})
    assert "months_since:daratumumab" not in asked(prior=["VRd"])


@pytest.mark.parametrize("given", [{"prior": ["VRd"], "lines": 1}, {"prior": ["VRd", "no-melphalan"], "lines": 1}])
def test_nobody_is_asked_how_long_ago_a_drug_was_given_that_was_not(
    answer: Callable[..., Answer], given: dict[str, Any]
) -> None:
    needed = {n["fact"] for o in answer(**given)["options"] for n in o["needs"]}
    assert "months_since:melphalan" not in needed
    again = answer(prior=["VRd"], lines=1, prior_asct=True, transplant="eligible")
    assert "months_since:melphalan" in {n["fact"] for o in again["options"] if o["id"] == "HDM-ASCT" for n in o["needs"]}


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
        asked = {q.atom for q in next_questions(assess_given({"prior": ["none"], "fitness": "fit", "strict": strict}, kb))}
        assert not asked & {"adl", "iadl", "cci"}


def test_while_several_settings_are_possible_the_first_questions_of_none_of_them_lead(kb: Knowledge) -> None:
    both = frozenset({"newly-diagnosed", "relapsed"})
    assert kb.asking.first_in(both) == kb.asking.first_in(frozenset()) == kb.asking.first[""]
    assert next_questions(assess_given({"setting": sorted(both)}, kb))[0].atom == "setting"


def test_what_is_known_is_not_asked(answer: Callable[..., Answer]) -> None:
    asked = {q["fact"] for q in answer(prior=["VRd"], refractory=["len"], lines=1)["next_questions"]}
    assert not asked & {"lines", "refractory:lenalidomide", "refractory:bortezomib", "exposed:lenalidomide", "setting"}


def test_nothing_is_asked_when_nothing_is_open(tiny: Knowledge) -> None:
    found = suggest({"prior": ["alpha", "beta"], "refractory": ["none"], "lines": 1, "region": "us"}, tiny)
    assert not [o for o in found["options"] if o["verdict"] == "conditional"]
    assert found["next_questions"] == []


def test_numbers_are_asked_in_the_ranges_that_the_knowledge_base_tells_apart(tiny: Knowledge) -> None:
    # The invented knowledge base has: lines of 1, 2, 3, 4, 5 or more; at most 3.
    whole = possible("lines", {}, tiny)
    assert whole == [*(Interval(n, n) for n in range(5)), Interval(5, 30)]
    assert possible("lines", {"lines": Interval(2, 30)}, tiny) == whole[2:]
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


# --- on invented drugs ----------------------------------------------------------------------------------


def test_what_was_given_is_asked_for_as_a_whole_before_drug_by_drug(tiny: Knowledge) -> None:
    found = suggest({"setting": "relapsed", "lines": 1, "region": "us"}, tiny)["next_questions"]
    by_fact = {q["fact"]: q for q in found}
    assert by_fact["prior"]["answers"] == []
    assert by_fact["prior"]["question"] == "What was given?"
    assert not [q for q in by_fact if q.startswith("exposed:")]


def test_months_are_not_asked_of_a_drug_never_received(answer: Callable[..., Answer]) -> None:
    for given in ({"prior": ["VRd"], "refractory": ["none"]}, {"prior": ["no-carfilzomib"], "setting": "relapsed"}):
        found = answer(**given)
        asked = {q["fact"] for q in found["next_questions"]} | {n["fact"] for o in found["options"] for n in o["needs"]}
        assert "months_since:carfilzomib" not in asked


def test_months_are_not_asked_of_a_drug_that_was_denied(kb: Knowledge) -> None:
    # The label of a regimen may turn on the months since melphalan: no question for who never had it.
    for prior, asked in ((["thal", "no-melphalan"], False), (["thal", "mel"], True)):
        assert _worth_asking("months_since:melphalan", assess_given({"prior": prior, "setting": "relapsed"}, kb)) is asked


@pytest.mark.parametrize(("count", "told"), [(MANY, "no-1 and no-2"), (MANY + 1, None)])
def test_what_an_option_hangs_on_is_named_unless_it_is_more_than_a_sentence_holds(count: int, told: str | None) -> None:
    # "Beyond so many conditions none is named": five are not beyond five.
    made = Conditions()
    asked = [made.leaf(f"{i}", "is", True) for i in range(1, count + 1)]
    clauses = tuple(SimpleNamespace(cond=cond, wanted=False) for cond in asked)
    assessment: Any = SimpleNamespace(
        reasons=SimpleNamespace(of=lambda _: SimpleNamespace(clauses=clauses)),
        kb=SimpleNamespace(regimens={"AB": SimpleNamespace(verdict=made.all([made.not_(cond) for cond in asked]))}),
        facts={},
        speech=SimpleNamespace(say=lambda cond, _: f"no-{cond.fact}", names={}),
    )
    assert _conditions(assessment, "AB") == told


def test_neighbouring_ranges_that_settle_the_same_are_one_answer(tiny: Knowledge) -> None:
    # Open on lines alone: near-and-far needs 3, storm-opened 5. Other conditions also turn at 4, which settles nothing here.
    kept = {name: tiny.regimens[name] for name in ("near-and-far", "storm-opened", "grade-a")}
    given = {"prior": ["alpha", "beta"], "refractory": ["none"], "region": "us", "lines": "2-"}
    [asked] = suggest(given, tiny._replace(regimens=kept))["next_questions"]
    assert [(a["answer"], a["options"], a["opens"], a["closes"]) for a in asked["answers"]] == [
        ("2", "--lines 2", [], ["near-and-far", "storm-opened"]),
        ("3 to 4", "--lines 3-4", ["near-and-far"], ["storm-opened"]),
        ("5 or more", "--lines 5-", ["near-and-far", "storm-opened"], []),
    ]


def test_each_answer_says_in_words_what_it_is(answer: Callable[..., Answer]) -> None:
    found = answer(prior=["VRd"])["next_questions"]
    [asked] = [q for q in found if q["fact"] == "refractory:lenalidomide"]
    assert {a["answer"]: a["options"] for a in asked["answers"]} == {
        "yes": "--refractory lenalidomide --refractory-incomplete",
        "no": "--refractory no-lenalidomide",
    }


FLAGS = ("prior_asct", "early_relapse", "progressed_on_last", "progressed_after_last")
MADE = Conditions()
LEAVES = st.sampled_from([MADE.leaf(name, "is", True) for name in FLAGS])
CONDITIONS = st.recursive(
    LEAVES | LEAVES.map(MADE.not_),
    lambda inner: st.tuples(st.sampled_from([MADE.all, MADE.any]), st.lists(inner, min_size=2, max_size=3)).map(
        lambda drawn_: drawn_[0](drawn_[1])
    ),
    max_leaves=6,
)


@drawn(CONDITIONS)
def test_of_several_ways_to_open_an_option_only_facts_that_can_move_its_verdict_are_needed(cond: Cond) -> None:
    knowledge = SimpleNamespace(drugs={}, starts={})
    assessed = SimpleNamespace(kb=knowledge, facts={}, open_atoms=lambda _: list(FLAGS), at=lambda _: None)
    regimen = SimpleNamespace(verdict=cond, rows=[SimpleNamespace(open=None)] * 2)

    def moves(atom: str) -> bool:
        """Whether some values of the others give two verdicts for two values of this one."""
        for values in itertools.product((None, True, False), repeat=len(FLAGS) - 1):
            others = dict(zip((name for name in FLAGS if name != atom), values, strict=True))
            worlds = [{**others, atom: value} for value in (None, True, False)]
            known = [{name: value for name, value in world.items() if value is not None} for world in worlds]
            if len({One(world).value(cond) for world in known}) > 1:
                return True
        return False

    assert needs(assessed, regimen) == [name for name in FLAGS if moves(name)]
