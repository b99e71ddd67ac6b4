"""What options give: one value of many, flags that exclude each other, and the bounds of a number."""

from __future__ import annotations

from typing import Any

import pytest
from cli_runner import mmopts
from hypothesis import given
from hypothesis import strategies as st

from mmopts.cli.options import MAX_TEXT, fact_options, facts_given, metavar, number_given, one
from mmopts.diagnostics import Diagnostic
from mmopts.facts import FACTS


def faults(read: Any) -> tuple[Any, list[tuple[str, str, str | None]]]:
    """What a reader gives, and the code, the text and the fact of each fault."""
    problems: list[Diagnostic] = []
    return read(problems), [(p.code, p.text, p.fact) for p in problems]


def facts(**options: Any) -> tuple[dict[str, Any], list[tuple[str, str, str | None]]]:
    return faults(lambda problems: facts_given(options, problems))


def contradiction(text: str, fact: str) -> tuple[str, str, str]:
    return "contradiction", f"{text} contradict each other; give one.", fact


def test_an_option_given_twice_with_one_value_is_given_once():
    assert faults(lambda found: one(["us", "us"], "region", found)) == ("us", [])
    assert faults(lambda found: one(None, "region", found)) == (None, [])
    value, problems = faults(lambda found: one(["us", "eu", "us"], "as_of", found))
    assert (value, problems) == ("us", [contradiction("--as-of us and --as-of eu", "as_of")])


def test_a_long_value_is_cut_in_the_fault_and_of_many_three_are_told():
    _, problems = faults(lambda found: one([letter * 60 for letter in "abcd"], "region", found))
    assert problems == [contradiction(" and ".join(f"--region {letter * 40}" for letter in "abc"), "region")]


@pytest.mark.slow
@given(st.text(max_size=12) | st.integers(-5, 2 * 10**9).map(str), st.integers(0, 5))
def test_a_number_is_whole_in_digits_and_not_below_its_least(text, low):
    value, problems = faults(lambda found: number_given([text], "limit", low, found))
    right = text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= low
    assert value == (int(text) if right else None)
    said = f"--limit takes a whole number from {low} to 999999999, not {text!r}."
    assert problems == ([] if right else [("bad-value", said, "limit")])


def test_no_number_is_none_and_no_fault():
    assert faults(lambda found: number_given(None, "limit", 1, found)) == (None, [])


def test_a_flag_and_its_denial_contradict_each_other():
    assert facts(prior_asct=True) == ({"prior_asct": True}, [])
    assert facts(no_prior_asct=True) == ({"prior_asct": False}, [])
    assert facts(prior_asct=False, no_prior_asct=False) == ({}, [])
    found, problems = facts(prior_asct=True, no_prior_asct=True)
    assert problems == [contradiction("--prior-asct and --no-prior-asct", "prior_asct")]
    assert set(found) <= {"prior_asct"}


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"fit": True}, "fit"),
        ({"fitness": ["frail"]}, "frail"),
        ({"fitness": ["frail"], "frail": True}, "frail"),
        ({"fitness": ["Frail, intermediate"], "frail": True}, "frail"),
        ({"fitness": ["fit,frail", "frail,intermediate"]}, "frail"),
        ({"fitness": ["fit,frail,intermediate", "intermediate,frail"]}, "intermediate,frail"),
        ({"fitness": ["fit", "xyz"]}, "xyz"),
        ({"fitness": ["xyz"]}, "xyz"),
    ],
)
def test_of_a_choice_those_values_stay_that_all_options_leave(options, found):
    assert facts(**options) == ({"fitness": found}, [])


def test_a_choice_of_which_nothing_is_left_is_a_contradiction():
    found, problems = facts(fitness=["frail"], fit=True)
    assert (found, problems) == ({}, [contradiction("--fitness frail and --fit", "fitness")])
    found, problems = facts(fit=True, frail=True)
    assert problems == [contradiction("--fit and --frail", "fitness")]
    found, problems = facts(setting=["relapsed", "maintenance"])
    assert (found, problems) == ({}, [contradiction("--setting relapsed and --setting maintenance", "setting")])


def test_numbers_lists_and_the_question_go_on_as_they_were_given():
    assert facts(
        lines=["2"], age=["70", "60-80"], prior=["VRd", "len"], region=["us"], strict=True, prior_incomplete=True
    ) == (
        {
            "lines": "2",
            "age": ["70", "60-80"],
            "prior": ["VRd", "len"],
            "region": "us",
            "strict": True,
            "prior_incomplete": True,
        },
        [],
    )
    assert facts(lines=["2", "2"], prior=[], strict=False, refractory_incomplete=False) == ({"lines": "2"}, [])
    assert facts() == ({}, [])


def test_a_list_is_read_up_to_its_greatest_length():
    fits, more = "x" * (MAX_TEXT - 2), "yyy"
    assert facts(prior=[fits, "yy"])[1] == []
    assert facts(prior=[fits, more]) == ({}, [("too-large", f"--prior is longer than {MAX_TEXT} characters.", "prior")])


def test_each_fact_has_its_options_and_says_what_it_takes():
    made = fact_options()
    for name, fact in FACTS.items():
        assert name in made
        assert (f"no_{name}" in made) is (fact.kind == "flag")
    assert {"fit", "intermediate", "frail"} <= made.keys()
    assert not {"slow", "relapsed", "eligible", "high"} & made.keys()
    assert {"prior_incomplete", "refractory_incomplete"} == {name for name in made if name.endswith("_incomplete")}
    assert metavar(FACTS["age"]) == "18-120"
    assert metavar(FACTS["relapse"]) == "slow|rapid"
    assert metavar(FACTS["prior"]) == "LIST"
    assert list(fact_options(["age"])) == ["age"]


def test_all_faults_of_a_command_line_are_told_together():
    ran = mmopts("suggest", "--region", "us", "--region", "eu", "--fit", "--frail", "--limit", "x", "--json")
    assert ran.code == 2
    assert sorted(error["code"] for error in ran.errors) == ["bad-value", "contradiction", "contradiction"]
