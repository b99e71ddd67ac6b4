"""Parts of an answer in a few words."""

from __future__ import annotations

import math
import re

import pytest

from mmopts.answers.forms import Answered, Burden
from mmopts.facts import FACTS
from mmopts.render.phrases import (
    answer_phrase,
    answers_that_open,
    named,
    patient_line,
    short_question,
    title_of_id,
    visit_words,
)  # fmt: skip


@pytest.mark.parametrize(
    ("patient", "line"),
    [
        ({"setting": "newly-diagnosed", "prior": ["none"]}, "Newly diagnosed; no prior therapy."),
        ({"setting": "relapsed", "prior": ["a", "b"], "lines": {"min": 1, "max": None}},
         "Relapsed; received a, b; refractory: not stated; 1 or more prior lines."),
        ({"prior": ["a"], "refractory": ["a"], "refractory_incomplete": True, "lines": 1},
         "Received a; refractory to a (perhaps more); 1 prior line."),
        ({"prior": ["a"], "refractory": ["none"], "fitness": "frail", "age": 82, "crcl": {"min": None, "max": 30}},
         "Received a; refractory to none; frail; age 82; CrCl up to 30 mL/min."),
        ({"crcl": {"min": 30, "max": math.nextafter(60, 0)}, "age": {"min": math.nextafter(65, 99), "max": None}},
         "Age over 65; CrCl 30 to under 60 mL/min."),
        ({"condition": ["heart-failure", "no-vte"], "prior_asct": False},
         "No autologous transplant before; conditions: heart failure, no vte."),
        ({"progressed_on_last": False, "transplant": "ineligible"},
         "Not progressed on the last therapy; transplant-ineligible."),
        ({"setting": ["maintenance", "relapsed"]}, "Maintenance or relapsed."),
        ({}, "Nothing known."),
    ],
)  # fmt: skip
def test_the_patient_is_one_line(patient, line):
    assert patient_line(patient) == line


NAMES = {"condition:vte": "earlier clot", "condition:no-help": "no carer within reach",
         "condition:thin": "on full anticoagulation", "unavailable:car-t": "CAR-T out of reach"}  # fmt: skip


@pytest.mark.parametrize(
    ("patient", "line"),
    [
        ({"condition": ["vte", "heart-failure"]}, "Conditions: earlier clot, heart failure."),
        ({"condition": ["no-vte"]}, "Conditions: no earlier clot."),
        ({"condition": ["no-help"]}, "Conditions: no carer within reach."),
        ({"condition": ["no-no-help"]}, "Conditions: carer within reach."),
        ({"condition": ["no-thin"]}, "Conditions: not on full anticoagulation."),
        ({"unavailable": ["car-t"]}, "CAR-T out of reach."),
        ({"unavailable": ["none"]}, "Unavailable: none."),
    ],
)
def test_a_word_of_a_list_is_told_by_its_name(patient, line):
    assert patient_line(patient, NAMES) == line


def test_an_answer_about_a_word_of_a_list_is_told_by_its_name():
    assert answer_phrase("condition:vte", ["yes"], NAMES) == "earlier clot"
    assert answer_phrase("condition:vte", ["no"], NAMES) == "no earlier clot"


@pytest.mark.parametrize(
    ("atom", "answers", "phrase"),
    [
        ("refractory:alpha", ["no"], "not refractory to alpha"),
        ("refractory:alpha", ["yes"], "refractory to alpha"),
        ("exposed:alpha", ["no"], "not received alpha"),
        ("condition:heart-failure", ["yes"], "heart failure"),
        ("condition:heart-failure", ["no"], "no heart failure"),
        ("cytogenetics:t(4;14)", ["no"], "no t(4;14)"),
        ("lines", ["2 or more"], "2 or more prior lines"),
        ("lines", ["1"], "1 prior line"),
        ("fitness", ["fit", "intermediate"], "fit or intermediate"),
        ("prior_asct", ["no"], "no autologous transplant before"),
        ("progressed_on_last", ["no"], "not progressed on the last therapy"),
        ("crcl", ["under 30"], "CrCl under 30 mL/min"),
    ],
)
def test_an_answer_is_a_clause_a_colleague_would_say(atom, answers, phrase):
    assert answer_phrase(atom, answers) == phrase


def test_answers_that_open_are_drawn_together_where_they_follow_each_other():
    answers = [Answered(a, "", ("X",) if a != "1" else (), ()) for a in ("1", "2", "3 to 6", "7 or more")]
    assert answers_that_open(answers, "X") == ("2 or more",)
    assert answers_that_open(answers[:3], "X") == ("2 or more",)
    assert answers_that_open(answers, "Y") == ()


def test_a_short_question_keeps_the_brackets_of_a_name():
    assert short_question("Heart failure (NYHA III-IV or LVEF under 40%)?") == "Heart failure?"
    assert short_question("Translocation t(11;14)?") == "Translocation t(11;14)?"


def test_visits_are_told_once_where_they_stay_the_same():
    assert visit_words(Burden((), 4, 1, None, None)) == "4, then 1"
    assert visit_words(Burden((), 4, 4, None, None)) == "4"
    assert visit_words(Burden((), 1, 0, 14, None)) == "1, then 0; 14 days in hospital"
    assert visit_words(Burden((), None, None, None, None)) == ""


def test_only_names_of_one_letter_are_written_out():
    assert title_of_id("D", "delta alone") == "D: delta alone"
    assert title_of_id("Dd", "delta, steroid") == "Dd"
    assert named(["D", "Dd"], {"D": "delta alone", "Dd": "delta, steroid"}) == "D (delta alone), Dd"


@pytest.mark.parametrize("fact", [f for f in FACTS.values() if f.kind == "flag"], ids=lambda fact: fact.name)
def test_the_help_of_an_option_that_denies_a_flag_is_a_sentence_about_its_fact(fact):
    said = fact.denial_help
    assert said.startswith("There was no ")
    assert said.endswith(".")
    assert not re.search(r"\bno an?\b|[{}]", said)
    assert said.removeprefix("There was no ").rstrip(".").split()[-1] in fact.phrase + fact.need
