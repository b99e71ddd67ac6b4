"""What small changes of the program would spoil unseen: counts, words, options that are offered, what follows from words."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

import pytest
from cli_runner import mmopts
from patients import options

import mmopts as library
from mmopts.answers.form import to_data
from mmopts.answers.patient import About
from mmopts.answers.scores import frailty, risk
from mmopts.assess.assessment import assess_given
from mmopts.diagnostics import QuestionError
from mmopts.knowledge.records import Knowledge
from mmopts.patient import intake
from mmopts.patient.spoken import patient_options
from mmopts.render import rendered

Answer = dict[str, Any]


def plain(answer: Any, *view: str) -> str:
    text: str = rendered(answer, "plain", frozenset(view), 100, False)
    return text


# --- verdicts and counts ---------------------------------------------------------------------------


def test_the_counts_of_ask_are_those_of_the_verdicts(kb: Knowledge) -> None:
    about = About(assess_given({"prior": ["VRd"], "refractory": ["len"], "lines": 1}, kb))
    suggested, asked = to_data(about.suggest(None)), to_data(about.ask())
    verdicts = [o["verdict"] for o in suggested["options"]]
    wanted = {"eligible": verdicts.count("eligible"), "conditional": verdicts.count("conditional")}
    assert asked["counts"] == {**wanted, "excluded": len(suggested["excluded"])}
    assert all(asked["counts"].values())


# --- words -----------------------------------------------------------------------------------------


def test_a_word_that_is_no_number_is_quoted_as_a_reader_would(refused: Callable[..., Any]) -> None:
    (problem,) = refused(prior=["len"], crcl="much")
    assert problem.message.endswith("not 'much'.")
    (problem,) = refused(prior=["len"], crcl=[None])
    assert problem.message.endswith("not [null].")


@pytest.mark.parametrize("word", ["ASCT", "len", "VRd", "PI"])
@pytest.mark.parametrize("fact", ["prior", "last"])
def test_any_treatment_that_is_named_makes_at_least_one_line(kb: Knowledge, fact: str, word: str) -> None:
    lines = intake({fact: [word]}, kb).firm["lines"]
    assert (lines.low, lines.high) == (1, 30)  # type: ignore[union-attr]


def test_a_patient_in_options_says_every_fact_that_is_known(kb: Knowledge) -> None:
    given = {"prior": ["lenalidomide", "bortezomib"], "lines": 2, "age": 70, "prior_asct": True, "fitness": "frail"}
    said = patient_options({**given, "crcl": None, "condition": [], "unheard_of": 1})
    found = options(said)
    assert set(found) == set(given)
    assert shlex.split(said)
    again = {k: (v[0] if isinstance(v, list) and k in ("lines", "age") else v) for k, v in found.items()}
    assert intake(again, kb).firm == intake(given, kb).firm


# --- treatments ------------------------------------------------------------------------------------

TANDEM = [
    {"regimen": "VRd", "start": "2021-01-10", "end": "2021-05-10", "part": "induction"},
    {"regimen": "ASCT", "start": "2021-06-15", "part": "transplant", "stopped": "planned"},
]


def test_a_remission_after_transplant_without_an_end_is_told_with_its_least_length(kb: Knowledge) -> None:
    answer = library.history({"treatments": TANDEM, "as_of": "2022-06-15"}, kb)
    (row,) = [d for d in answer["derivations"] if d["rule"] == "remission-after-transplant"]
    assert "no progression is recorded in 12 months" in row["because"]
    assert (row["value"]["min"], row["value"]["max"]) == (12, None)


def test_no_treatment_means_none_unless_the_list_may_not_be_whole(kb: Knowledge) -> None:
    assert library.history({"treatments": []}, kb)["facts"]["prior"] == ["none"]
    assert "prior" not in library.history({"treatments": [], "prior_incomplete": True}, kb)["facts"]


def test_a_stated_fact_beats_a_derived_one_and_the_rest_gives_way(kb: Knowledge) -> None:
    treated = [{"regimen": "VRd", "start": "2021-01", "end": "2021-06", "progression": "2021-06"}]
    told = library.suggest({"treatments": treated, "refractory": ["none"]}, kb)
    assert told["patient"]["refractory"] == ["none"]
    assert told["patient"]["progressed_on_last"] is not True
    assert told["warnings"]


# --- scores ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["\u0663", "1_0", "1e1", "0x4", "nan", "inf", " ", "4,5", "--4", "³", True, [4]])
def test_a_number_of_a_score_is_a_plain_number_as_everywhere_else(kb: Knowledge, text: object) -> None:
    for name, ask in (("b2m", risk), ("age", frailty)):
        with pytest.raises(QuestionError) as caught:
            ask({name: text}, kb)
        assert [p.fact for p in caught.value.problems] == [name]


def test_a_yes_or_no_of_a_score_is_no_number(kb: Knowledge) -> None:
    with pytest.raises(QuestionError, match="is true or false, not 3"):
        risk({"ldh_high": 3}, kb)


def test_what_holds_twice_for_clots_is_told_once(kb: Knowledge) -> None:
    assert risk({"clots": ["clot", "line", "clot"]}, kb).patient == {"clots": ["clot", "line"]}


def test_a_laboratory_value_as_long_as_a_number_can_be_is_read_and_a_longer_one_is_not(kb: Knowledge) -> None:
    long = "4." + "0" * 37
    assert len(long) == 39
    assert risk({"b2m": long}, kb).scores
    with pytest.raises(QuestionError):
        risk({"b2m": long + "0"}, kb)


def test_the_patient_of_a_score_is_a_patient_file(kb: Knowledge) -> None:
    # contract: a number is a number, a range has its ends, a list is one
    assert frailty({"age": "82", "ecog": "1-2", "cci": None}, kb).patient == {"age": 82, "ecog": {"min": 1, "max": 2}}
    found = risk({"b2m": "4.1", "ldh_high": True, "cytogenetics": ["del(17p),gain(1q)"]}, kb).patient
    assert found == {"b2m": 4.1, "ldh_high": True, "cytogenetics": ["del(17p)", "gain(1q)"]}


def test_what_a_score_misses_is_what_was_not_given(kb: Knowledge) -> None:
    score = to_data(frailty({"age": 70}, kb))["scores"][0]
    assert [m["fact"] for m in score["missing"]] == ["adl", "iadl", "cci"]
    whole = to_data(frailty({"age": 70, "adl": 6, "iadl": 8, "cci": 0}, kb))["scores"][0]
    assert (whole["missing"], whole["group"]) == ([], "fit")


def test_a_laboratory_value_that_is_missing_is_asked_for_by_its_option(kb: Knowledge) -> None:
    missing = [m for score in to_data(risk({"b2m": "4"}, kb))["scores"] for m in score["missing"]]
    assert {m["option"] for m in missing} >= {"--albumin"}
    assert all(m["option"].startswith("--") and m["question"] for m in missing)


def test_a_group_of_one_number_of_points_is_told_as_one_number(kb: Knowledge) -> None:
    text = plain(frailty({"age": 70, "adl": 6, "iadl": 8, "cci": 0}, kb))
    score = to_data(frailty({"age": 70}, kb))["scores"][0]
    for group in score["groups"]:
        low, high = group["low"], group["high"]
        wanted = f"{low:g} or more" if high is None else f"{low:g}" if low == high else None
        if wanted:
            assert any(group["name"] in line and f"  {wanted}  " in f"{line}  " for line in text.splitlines())
    assert any(g["low"] == g["high"] for g in score["groups"])


# --- doses -----------------------------------------------------------------------------------------


def test_an_adjustment_that_changes_the_dose_is_not_said_to_leave_it(kb: Knowledge) -> None:
    rows = [a for holder in (*kb.regimens.values(), *kb.drugs.values()) for a in holder.adjustments]
    assert any(a.unchanged for a in rows)
    assert {a.unchanged for a in rows} <= {True, False}
    assert not any(a.unchanged for a in rows if a.amount is not None or a.factor is not None or a.omit)


# --- the door --------------------------------------------------------------------------------------


def test_what_the_interview_rules_out_is_told() -> None:
    from mmopts.answers.forms import Moved
    from mmopts.render.screen_interview import moved_screen

    fields = dict.fromkeys(Moved._fields, ())
    shown = moved_screen(Moved(**{**fields, "opens": ("A",), "closes": ("B", "C"), "names": {}}), frozenset())  # type: ignore[arg-type]
    assert [(line.lead, line.text) for line in shown] == [("Opened:", "A"), ("Ruled out:", "B, C")]  # type: ignore[union-attr]


def test_the_command_and_the_api_give_one_answer(kb: Knowledge) -> None:
    given = {"prior": ["VRd"], "refractory": ["len"], "lines": 1}
    words = ("--prior", "VRd", "--refractory", "len", "--lines", "1", "--json")
    assert mmopts("suggest", *words).json == library.suggest(given, kb)
    assert mmopts("explain", "DKd", *words).json == library.explain("dkd", given, kb)
