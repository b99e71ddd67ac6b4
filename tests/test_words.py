"""Conditions and questions in the words a clinician reads."""

from __future__ import annotations

import re
from math import nextafter
from typing import Any

import pytest
from conftest import atoms_of

from mmopts.assess.asking import option_words, question_words
from mmopts.assess.assessment import word_names
from mmopts.facts import FACTS, SETTINGS
from mmopts.knowledge.language import Builder, Terms
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Cond, Conditions, Interval
from mmopts.words import (
    Noun,
    Speech,
    capitalised,
    clause_of,
    days_words,
    demanded,
    denied,
    led_once,
    numbered,
    opposite,
    say,
    span_words,
)


@pytest.fixture
def made(kb: Knowledge) -> Any:
    """Authored conditions to conditions, with the vocabulary of the built-in knowledge base."""
    terms = Terms(
        {c: e.drugs for c, e in kb.classes.items()},
        {c: e.name for c, e in kb.classes.items()},
        {c: e.article for c, e in kb.classes.items()},
        list(kb.drugs),
        {fact: list(table.words) for fact, table in kb.vocabulary.items()},
        {},
    )
    faults: list[Any] = []
    builder = Builder(Conditions(), terms, lambda *fault, **_: faults.append(fault))

    def build(when: dict[str, Any]) -> Cond:
        cond = builder.build(when, ())
        assert not faults
        return cond

    return build


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ({"lines": {"min": 1, "max": 3}}, "1 to 3 prior lines"),
        ({"lines": {"min": 2}}, "2 or more prior lines"),
        ({"lines": {"min": 1}}, "1 or more prior lines"),
        ({"lines": 1}, "exactly 1 prior line"),
        ({"lines": {"max": 0}}, "no prior line"),
        ({"lines": 0}, "no prior line"),
        ({"lines": {"max": 3}}, "at most 3 prior lines"),
        ({"crcl": {"min": 30}}, "CrCl 30 mL/min or more"),
        ({"crcl": {"below": 30}}, "CrCl under 30 mL/min"),
        ({"crcl": {"min": 30, "below": 60}}, "CrCl 30 to under 60 mL/min"),
        ({"age": {"above": 75}}, "age over 75"),
        ({"age": {"above": 75, "max": 80}}, "age over 75 to 80"),
        ({"neuropathy": 2}, "neuropathy grade 2"),
        ({"neuropathy": {"min": 3}}, "neuropathy grade 3 or more"),
        ({"months_since": {"bortezomib": {"min": 6}}}, "months since bortezomib 6 or more"),
        ({"exposed": "lenalidomide"}, "received lenalidomide"),
        ({"exposed": ["lenalidomide", "bortezomib"]}, "received lenalidomide and bortezomib"),
        ({"exposed": "PI"}, "received a proteasome inhibitor"),
        ({"exposed": "IMiD"}, "received an immunomodulatory drug"),
        ({"exposed": ["lenalidomide", "PI"]}, "received lenalidomide and a proteasome inhibitor"),
        ({"refractory": "lenalidomide"}, "refractory to lenalidomide"),
        ({"refractory": {"at_least": 2, "of": "PI"}}, "refractory to 2 or more proteasome inhibitors"),
        ({"intolerant": "lenalidomide"}, "intolerant of lenalidomide"),
        ({"not": {"exposed": "bortezomib"}}, "not received bortezomib"),
        ({"transplant": "ineligible"}, "transplant-ineligible"),
        ({"fitness": ["intermediate", "frail"]}, "intermediate or frail"),
        ({"relapse": "rapid"}, "rapid relapse"),
        ({"smm_risk": "high"}, "high smoldering risk"),
        ({"prior_asct": True}, "autologous transplant before"),
        ({"prior_asct": False}, "no autologous transplant before"),
        ({"progressed_on_last": True}, "progressed on the last therapy"),
        ({"cytogenetics": "t(11;14)"}, "translocation t(11;14)"),
        ({"condition": "heart-failure"}, "heart failure"),
        (
            {"lines": {"min": 2}, "exposed": ["lenalidomide", "PI"], "progressed_on_last": True},
            "2 or more prior lines, received lenalidomide and a proteasome inhibitor, progressed on the last therapy",
        ),
        ({}, ""),
    ],
)
def test_a_condition_reads_as_a_clinician_would_say_it(kb: Knowledge, made: Any, when: dict[str, Any], words: str) -> None:
    assert say(made(when), word_names(kb)) == words


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ({"exposed": "bortezomib"}, "not received bortezomib"),
        ({"not": {"exposed": "bortezomib"}}, "received bortezomib"),
        ({"lines": {"min": 2}}, "under 2 prior lines"),
        ({"lines": {"max": 3}}, "over 3 prior lines"),
        ({"progressed_on_last": True}, "not progressed on the last therapy"),
        ({"exposed": "PI"}, "not received a proteasome inhibitor"),
        (
            {"any": [{"exposed": "PI"}, {"refractory": "lenalidomide"}]},
            "neither received a proteasome inhibitor nor refractory to lenalidomide",
        ),
    ],
)
def test_the_opposite_of_a_condition_can_be_said(kb: Knowledge, made: Any, when: dict[str, Any], words: str) -> None:
    assert say(made(when), word_names(kb), wanted=False) == words


@pytest.mark.parametrize(
    ("when", "wanted", "words"),
    [
        ({"lines": {"min": 2}}, True, "needs 2 or more prior lines"),
        ({"exposed": "PI"}, True, "needs exposure to a proteasome inhibitor"),
        ({"exposed": "PI"}, False, "must not have received a proteasome inhibitor"),
        ({"refractory": "lenalidomide"}, True, "needs disease refractory to lenalidomide"),
        ({"refractory": "lenalidomide"}, False, "must not be refractory to lenalidomide"),
        ({"refractory": {"at_least": 2, "of": "PI"}}, True, "needs disease refractory to 2 or more proteasome inhibitors"),
        ({"transplant": "eligible"}, True, "only for transplant-eligible patients"),
        ({"not": {"transplant": "ineligible"}}, True, "only for transplant-eligible patients"),
        ({"fitness": "frail"}, False, "must not be frail"),
        ({"prior_asct": True}, True, "needs an earlier autologous transplant"),
        ({"prior_asct": False}, True, "must not have had an autologous transplant"),
        ({"condition": "heart-failure"}, True, "needs heart failure"),
        ({"condition": "heart-failure"}, False, "must not have heart failure"),
        ({"setting": "newly-diagnosed"}, True, "needs the newly diagnosed setting"),
    ],
)
def test_what_an_indication_demands_is_said_without_a_double_negative(
    kb: Knowledge, made: Any, when: dict[str, Any], wanted: bool, words: str
) -> None:
    assert demanded([(made(when), wanted)], Speech(word_names(kb))).words == words


def test_demands_stand_before_what_must_not_be(kb: Knowledge, made: Any) -> None:
    demands = (({"refractory": "anti-CD38"}, False), ({"exposed": "PI"}, True), ({"lines": {"min": 3}}, True))
    asked = [(made(when), wanted) for when, wanted in demands]
    assert demanded(asked, Speech(word_names(kb))).words == (
        "needs exposure to a proteasome inhibitor and 3 or more prior lines; must not be refractory to an anti-CD38 antibody"
    )


def test_an_alternative_within_a_list_keeps_its_parentheses(kb: Knowledge, made: Any) -> None:
    said = say(
        made({"any": [{"lines": {"min": 3}, "exposed": ["PI", "IMiD"]}, {"refractory": ["PI", "IMiD"]}]}), word_names(kb)
    )
    assert said == (
        "(3 or more prior lines, received a proteasome inhibitor and an immunomodulatory drug) or "
        "(refractory to a proteasome inhibitor and an immunomodulatory drug)"
    )


def test_an_alternative_beside_another_demand_is_not_read_as_one_of_two(kb: Knowledge, made: Any) -> None:
    alone = say(made({"any": [{"prior_asct": True}, {"transplant": "ineligible"}]}), word_names(kb))
    beside = say(made({"any": [{"prior_asct": True}, {"transplant": "ineligible"}], "lines": {"min": 1}}), word_names(kb))
    assert alone == "autologous transplant before or transplant-ineligible"
    assert f"({alone})" in beside


@pytest.mark.parametrize(
    ("atom", "words"),
    [
        ("refractory:lenalidomide", "--refractory lenalidomide"),
        ("lines", "--lines"),
        ("exposed:PI", "--prior PI"),
        ("cytogenetics:t(11;14)", "--cytogenetics t(11;14)"),
        ("months_since:bortezomib", "--months-since bortezomib=MONTHS"),
        ("condition:vte", "--condition vte"),
        ("progressed_on_last", "--progressed-on-last"),
    ],
)
def test_an_open_fact_names_its_option(atom: str, words: str) -> None:
    assert option_words(atom) == words


def test_every_fact_that_a_condition_tests_has_a_question(kb: Knowledge) -> None:
    for atom in atoms_of(kb):
        asked = question_words(atom, kb)
        assert asked.endswith("?"), atom
        assert "{" not in asked, atom


def test_every_condition_of_the_knowledge_base_can_be_said(kb: Knowledge) -> None:
    for regimen in kb.regimens.values():
        for row in regimen.rows:
            text = say(row.when, word_names(kb))
            assert not re.search(r"\b(leaf|inf|None|self)\b|{", text), (regimen.id, text)


def test_what_is_out_of_reach_is_said_once_and_its_opposite_with_one_negative(kb: Knowledge, made: Any) -> None:
    for word in kb.vocabulary["unavailable"].words:
        cond = made({"unavailable": word})
        plain, opposite = (f" {say(cond, word_names(kb), wanted)} " for wanted in (True, False))
        assert (plain.count("out of reach"), sum(plain.count(negative) for negative in (" not ", "cannot", " no "))) == (
            1,
            0,
        )
        assert sum(opposite.count(negative) for negative in (" not ", "cannot", " no ")) == 1, opposite


def test_settings_are_those_of_the_contract() -> None:
    assert SETTINGS == ("newly-diagnosed", "maintenance", "relapsed", "smoldering")


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("1, 8 of 21 (cycles 1-2); 1 of 21 (cycles 3+)", "days 1, 8 of 21 (cycles 1-2); day 1 of 21 (cycles 3+)"),
        ("20 mg on 1, 2 of 28; 40 mg on 22 of 28", "20 mg on days 1, 2 of 28; 40 mg on day 22 of 28"),
        ("every other day, 1-21 of 28", "every other day, 1-21 of 28"),
        ("once", "once"),
    ],
)
def test_days_are_called_days_in_a_sentence(days: str, expected: str) -> None:
    assert days_words(days) == expected


@pytest.mark.parametrize(
    ("when", "wanted", "clause"),
    [
        ({"ecog": {"max": 2}}, True, "with ECOG at most 2"),
        ({"lines": {"min": 2}}, True, "with 2 or more prior lines"),
        ({"age": {"above": 75}}, True, "aged over 75"),
        ({"smm_risk": "high"}, True, "at high smoldering risk"),
        ({"progressed_on_last": True}, True, "with progression on the last therapy"),
        ({"progressed_on_last": True}, False, "without progression on the last therapy"),
        ({"condition": "heart-failure"}, True, "with heart failure"),
        ({"exposed": "lenalidomide"}, False, "not treated with lenalidomide"),
        ({"refractory": "lenalidomide"}, True, "refractory to lenalidomide"),
        ({"fitness": "frail"}, True, "frail"),
    ],
)
def test_a_condition_behind_if_is_a_clause_about_a_patient(
    kb: Knowledge, made: Any, when: dict[str, Any], wanted: bool, clause: str
) -> None:
    assert clause_of(made(when), Speech(word_names(kb)), wanted) == clause


@pytest.mark.parametrize(
    ("demands", "words"),
    [
        (
            [({"lines": {"max": 1, "min": 1}}, True), ({"fitness": "frail"}, False), ({"condition": "hiv"}, False)],
            ", which asked for exactly 1 prior line; its patients must not be frail and must not have HIV infection",
        ),
        ([({"fitness": "frail"}, False)], ", whose patients must not be frail"),
        (
            [({"transplant": "ineligible"}, True), ({"age": {"min": 65}}, True)],
            ", which took only transplant-ineligible patients and asked for age 65 or more",
        ),
        ([], ""),
    ],
)
def test_what_a_trial_asked_for_is_said_behind_its_name(kb: Knowledge, made: Any, demands: Any, words: str) -> None:
    asked = [(made(when), wanted) for when, wanted in demands]
    assert demanded(asked, Speech(word_names(kb))).of_trial == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (37.5, 250, "CrCl 37.5 mL/min or more"),
        (0, 37.5, "CrCl at most 37.5 mL/min"),
        (0, nextafter(37.5, 0), "CrCl under 37.5 mL/min"),
        (nextafter(37.5, 100), 250, "CrCl over 37.5 mL/min"),
        (0.1, nextafter(0.3, 0), "CrCl 0.1 to under 0.3 mL/min"),
    ],
)
def test_an_end_that_is_left_out_is_told_whatever_its_digits(low, high, words):
    assert numbered(span_words(Interval(low, high), FACTS["crcl"]), FACTS["crcl"], "CrCl {}") == words


@pytest.mark.parametrize(
    ("said", "words"),
    [("at most 1", "at most 1 prior line"), ("1 or more", "1 or more prior lines"), ("0", "0 prior lines")],
)
def test_a_noun_is_singular_where_the_number_before_it_is_one(said, words):
    assert numbered(said, FACTS["lines"], FACTS["lines"].phrase) == words


def test_the_opposite_of_being_on_a_drug_is_not_being_on_it():
    assert opposite(Noun("on full anticoagulation")) == "not on full anticoagulation"
    assert (denied("heart failure"), denied("refractory to X")) == ("no heart failure", "not refractory to X")


def test_an_opening_is_dropped_only_behind_a_text_that_has_it_too():
    assert led_once(["A: x.", "A: y.", "Plain.", "A: z."]) == ["A: x.", "y.", "Plain.", "A: z."]
    assert led_once(["A: x.", "A: y."], capitalised) == ["A: x.", "Y."]
    assert led_once(["Plain.", "Plain."]) == ["Plain.", "Plain."]
