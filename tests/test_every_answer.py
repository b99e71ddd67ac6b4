"""Every regimen, drug, class, name, source, body and fact through every answer: none of them raises or says nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from mmopts.answers import knowledge
from mmopts.answers.form import to_data
from mmopts.answers.patient import About
from mmopts.assess.assessment import assess_given
from mmopts.diagnostics import QuestionError
from mmopts.facts import FACTS, OPEN_LISTS
from mmopts.knowledge.records import Knowledge
from mmopts.patient import intake

PATIENTS: list[dict[str, Any]] = [
    {"prior": ["VRd"], "refractory": ["len"], "lines": 1},
    {"prior": ["none"], "region": "eu", "strict": True},
    {"setting": "smoldering"},
    {"prior": ["VRd", "DPd", "Kd"], "refractory": ["VRd", "DPd", "Kd"], "lines": 4, "crcl": 20, "fitness": "frail"},
]
PART, PARTS = range(4), 4
"""The regimens are tried in parts, so that several workers share them."""


@pytest.fixture(scope="module")
def asked(kb: Knowledge) -> list[About]:
    return [About(assess_given(given, kb)) for given in PATIENTS]


def told(answer: Any) -> dict[str, Any]:
    """An answer as data, which is plain JSON."""
    data: dict[str, Any] = to_data(answer)
    assert json.loads(json.dumps(data, allow_nan=False))["schema"].startswith("mmopts.")
    return data


@pytest.mark.slow
@pytest.mark.parametrize("part", PART)
def test_every_regimen_is_shown_compared_explained_and_dosed(kb: Knowledge, asked: list[About], part: int) -> None:
    for name in list(kb.regimens)[part::PARTS]:
        assert told(knowledge.shown(name, kb))["regimens"][0]["id"] == name
        for about in asked:
            assert told(about.explain(name))["regimen"]["verdict"] in ("eligible", "conditional", "excluded")
        card = told(asked[0].dose(name))
        assert [row["drug"] for row in card["prescription"]] or not kb.regimens[name].drugs
        compared = told(knowledge.compared([name, "DKd"], kb, asked[0]))
        assert [r["id"] for r in compared["for_patient"]] == [name, "DKd"]


@pytest.mark.parametrize("part", PART)
def test_every_regimen_is_a_plan_with_a_place_or_a_reason(kb: Knowledge, asked: list[About], part: int) -> None:
    for name in list(kb.regimens)[part::PARTS]:
        plan = asked[0]._plan(name)
        assert plan.id == name
        assert plan.text.startswith(name)


def test_every_drug_is_shown_with_the_regimens_that_hold_it(kb: Knowledge) -> None:
    for name in kb.drugs:
        row = told(knowledge.one_drug(name, kb))["drug"]
        assert row["id"] == name
        assert set(row["regimens"]) == {r.id for r in kb.regimens.values() if name in r.drugs}
    assert {d["id"] for d in told(knowledge.drugs(kb))["drugs"]} == set(kb.drugs)


@pytest.mark.parametrize("find", [knowledge.regimen_named, knowledge.drug_named, knowledge.class_named])
def test_every_name_names_something_or_is_refused_with_what_was_meant(
    kb: Knowledge, find: Callable[[str, Knowledge], str]
) -> None:
    found = 0
    for word in {*kb.names, *kb.aliases, *kb.ambiguous, *kb.drugs, *kb.classes, *kb.regimens}:
        try:
            assert find(word, kb) in {*kb.regimens, *kb.drugs, *kb.classes}
            found += 1
        except QuestionError as error:
            told = error.problems[0].message
            if not told:
                pytest.fail(f"{word} is refused without a word")
    assert found > 10


@pytest.mark.slow
@pytest.mark.parametrize("fact", ["prior", "refractory", "intolerant", "last"])
def test_every_word_for_a_treatment_can_be_said_in_every_list_of_drugs(kb: Knowledge, fact: str) -> None:
    for word in {*kb.names, *(m.name for m in kb.names.values()), *kb.drugs, *kb.classes, *kb.regimens}:
        for strict in (True, False):
            try:
                intake({"setting": "relapsed", fact: [word]}, kb, strict=strict)
            except QuestionError as error:
                codes = {p.code for p in error.problems}
                if not codes <= {"ambiguous-name", "contradiction", "bad-value", "unknown-name"}:
                    pytest.fail(f"{word}: {codes}")


@pytest.mark.slow
def test_every_word_of_a_vocabulary_can_be_stated_and_denied(kb: Knowledge) -> None:
    for fact, table in kb.vocabulary.items():
        for word in {*table.words, *(n for n in table.names if "," not in n), *table.groups}:
            for said in (word, f"no-{word}") if word in table.words else (word,):
                assert intake({"prior": ["len"], fact: [said]}, kb).facts


def test_every_class_lists_its_regimens_and_every_setting_too(kb: Knowledge) -> None:
    for name, entry in kb.classes.items():
        rows = told(knowledge.listed(kb, [], [], [name]))["regimens"]
        assert {r["id"] for r in rows} == {r.id for r in kb.regimens.values() if set(r.drugs) & set(entry.drugs)}
    for setting in FACTS["setting"].values:
        assert told(knowledge.listed(kb, [setting], [], []))["regimens"]


@pytest.mark.slow
def test_every_source_is_told_with_what_cites_it(kb: Knowledge) -> None:
    assert set(told(knowledge.sources(kb))["sources"]) == set(kb.sources)
    for name in list(kb.sources)[::100]:  # each is told in the same way, and takes its time
        assert told(knowledge.one_source(name, kb))["source"]["id"] == name


def test_every_body_is_told_with_what_it_says(kb: Knowledge) -> None:
    bodies = {p.body for p in kb.positions}
    assert len(bodies) > 2
    for body in bodies:
        rows = told(knowledge.guidance(kb, body))["guidance"]
        assert body in {r["body"] for r in rows}


def test_every_fact_is_told(kb: Knowledge) -> None:
    assert {f["name"] for f in told(knowledge.facts(kb))["facts"]} == {*FACTS, *OPEN_LISTS}
    for name, fact in FACTS.items():
        for word in (name, fact.option, name.replace("_", "-")):
            assert told(knowledge.facts(kb, word))["facts"][0]["name"] == name


def test_what_is_not_known_is_refused_by_its_code(kb: Knowledge) -> None:
    for find, code in (
        (knowledge.regimen_named, "unknown-regimen"),
        (knowledge.drug_named, "unknown-name"),
        (knowledge.class_named, "unknown-name"),
    ):
        with pytest.raises(QuestionError) as caught:
            find("xyzzy", kb)
        assert caught.value.problems[0].code == code
    for ask, code in (
        (lambda: knowledge.one_source("xyzzy", kb), "unknown-source"),
        (lambda: knowledge.guidance(kb, "xyzzy"), "unknown-body"),
        (lambda: knowledge.facts(kb, "xyzzy"), "unknown-fact"),
    ):
        with pytest.raises(QuestionError) as caught:
            ask()
        assert caught.value.problems[0].code == code
