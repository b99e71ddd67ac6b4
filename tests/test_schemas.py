"""The published schemas fit what the program takes and gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cli_runner import mmopts as mmopts_run
from jsonschema import Draft202012Validator
from patients import draw

import mmopts
from mmopts.answers import forms, knowledge, scores
from mmopts.answers.form import schema_of, to_data
from mmopts.answers.kinds import ANSWERS, BESIDE
from mmopts.answers.patient import About
from mmopts.answers.patient_schema import patient_schema
from mmopts.assess.assessment import assess_given
from mmopts.diagnostics import QuestionError
from mmopts.facts import FACTS, OPEN_LISTS
from mmopts.knowledge.authored import merge
from mmopts.knowledge.context import Context
from mmopts.knowledge.layers import read_layer
from mmopts.knowledge.records import Knowledge
from mmopts.knowledge.schema import kb_schema

PATIENTS: list[dict[str, Any]] = [
    {"prior": ["len", "btz"], "fitness": "frail"},
    {"prior": "VRd", "refractory": "len", "lines": 1, "region": "us", "as_of": "2025-01-31"},
    {"prior": ["none"], "age": 71.5, "transplant": "ineligible", "strict": True},
    {"prior": ["PI", "DRd"], "prior_incomplete": True, "lines": {"min": 2}, "cytogenetics": "standard,no-t(11;14)"},
    {"prior": "VRd", "months_since": {"bortezomib": {"min": 3, "max": 9}}, "crcl": 25, "condition": ["cardiac", "no-vte"]},
    {"prior": "VRd,DPd", "intolerant": ["pom"], "last": ["DPd"], "fitness": ["fit", "intermediate"], "relapse": "rapid"},
    {"setting": "smoldering", "smm_risk": "high"},
]


def errors(schema: dict[str, Any], data: Any) -> list[str]:
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in Draft202012Validator(schema).iter_errors(data)]


@pytest.fixture(scope="module")
def of_patient(kb: Knowledge) -> dict[str, Any]:
    return patient_schema(kb)


def of_answer(kind: str) -> dict[str, Any]:
    return schema_of((ANSWERS | BESIDE)[kind], f"mmopts {kind}", kind)


@pytest.mark.slow
def test_each_schema_is_a_valid_schema_and_plain_json(of_patient: dict[str, Any]) -> None:
    for schema in (of_patient, kb_schema(), *map(of_answer, (*ANSWERS, *BESIDE))):
        Draft202012Validator.check_schema(schema)
        assert json.loads(json.dumps(schema, allow_nan=False)) == schema


@pytest.mark.slow
@pytest.mark.parametrize("given", PATIENTS, ids=str)
def test_patients_and_answers_fit_their_schemas(given: dict[str, Any], kb: Knowledge, of_patient: dict[str, Any]) -> None:
    assert errors(of_patient, given) == []
    found = json.loads(json.dumps(mmopts.suggest(given, kb), allow_nan=False))
    assert errors(of_answer("suggest"), found) == []
    assert errors(of_patient, found["patient"]) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"prioor": ["len"]},
        {"age": 17},
        {"age": 121},
        {"lines": 31},
        {"lines": 1.5},
        {"lines": {"least": 1}},
        {"lines": {}},
        {"ecog": -1},
        {"fitness": "unfit"},
        {"prior": [1]},
        {"prior_asct": "yes"},
        {"region": "uk"},
        {"as_of": "2025-1-1"},
        {"strict": 1},
        {"months_since": {"bortezomib": "six"}},
        {"months_since": "bortezomib"},
        {"crcl": 251},
        {"neuropathy": 5},
    ],
    ids=str,
)
def test_what_no_patient_can_be_does_not_fit(wrong: dict[str, Any], of_patient: dict[str, Any]) -> None:
    assert errors(of_patient, wrong)


def test_unknown_is_null_for_every_fact(of_patient: dict[str, Any]) -> None:
    assert errors(of_patient, dict.fromkeys(of_patient["properties"])) == []
    assert set(FACTS) < set(of_patient["properties"])


@pytest.mark.slow
@pytest.mark.parametrize("key", ["schema", "knowledge", "patient", "options", "omitted", "excluded", "next_questions"])
def test_an_answer_without_a_key_of_the_contract_does_not_fit(key: str, kb: Knowledge) -> None:
    found = mmopts.suggest({"prior": ["len"]}, kb)
    del found[key]
    assert errors(of_answer("suggest"), found) == [f": {key!r} is a required property"]


@pytest.mark.slow
def test_the_shipped_files_fit_the_schema_of_the_knowledge_base() -> None:
    raw = merge([read_layer(str(Path(__file__).parents[1] / "data"))]).raw
    assert errors(kb_schema(), raw) == []


def test_the_invented_files_fit_the_schema_of_the_knowledge_base() -> None:
    assert errors(kb_schema(), merge([read_layer(str(Path(__file__).parent / "tiny.yaml"))]).raw) == []


def test_the_schema_knows_the_keys_of_conditions_that_the_program_knows() -> None:
    raw = merge([read_layer(str(Path(__file__).parent / "tiny.yaml"))]).raw
    operators = set(Context(raw, lambda *_, **__: None).build.operators)
    tested = {fact.atom for fact in FACTS.values()} - {"treatments"}
    assert set(kb_schema()["$defs"]["condition"]["properties"]) >= operators | tested


def test_an_example_of_a_regimen_takes_the_facts_of_a_patient(of_patient: dict[str, Any]) -> None:
    assert set(of_patient["properties"]) >= {*FACTS, *OPEN_LISTS, "region", "as_of", "strict", "id"}


GIVEN: dict[str, Any] = {"prior": ["VRd"], "refractory": ["len"], "fitness": "fit"}
KINDS: dict[str, Callable[[Knowledge], Any]] = {
    "suggest": lambda kb: About(assess_given(GIVEN, kb), "A").suggest(plan="DKd", limit=3),
    "ask": lambda kb: About(assess_given(GIVEN, kb)).ask(),
    "explain": lambda kb: About(assess_given(GIVEN, kb)).explain("DRd"),
    "dose": lambda kb: About(assess_given(GIVEN, kb)).dose("DKd"),
    "show": lambda kb: knowledge.shown("DKd", kb),
    "compare": lambda kb: knowledge.compared(["DKd", "DRd"], kb, About(assess_given(GIVEN, kb))),
    "list": lambda kb: knowledge.listed(kb, ["relapsed"], ["daratumumab"], []),
    "drugs": knowledge.drugs,
    "drug": lambda kb: knowledge.one_drug("daratumumab", kb),
    "sources": knowledge.sources,
    "source": lambda kb: knowledge.one_source(next(iter(kb.sources)), kb),
    "guidance": knowledge.guidance,
    "frailty": lambda kb: scores.frailty({"age": 82, "adl": 4}, kb),
    "risk": lambda kb: scores.risk({"cytogenetics": ["del(17p)"]}, kb),
    "facts": lambda kb: knowledge.facts(kb, "condition"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_answer_fits_its_schema_and_names_it(kb: Knowledge, kind: str) -> None:
    found = json.loads(json.dumps(to_data(KINDS[kind](kb)), allow_nan=False))
    assert found["schema"] == f"mmopts.{kind}/1"
    assert errors(of_answer(kind), found) == []


@pytest.mark.parametrize(
    "words",
    [["config"], ["config", "region"], ["suggest", "--prior", "lenalidomid"], ["suggest", "--lines", "x"], ["sugest"]],
    ids=" ".join,
)
def test_the_defaults_and_what_goes_wrong_fit_the_schema_that_is_printed(words: list[str]) -> None:
    ran = mmopts_run(*words, "--json")
    found = json.loads(ran.err or ran.out)
    kind = found["schema"].removeprefix("mmopts.").removesuffix("/1")
    assert kind == ("config" if words[0] == "config" else "error")
    published = json.loads(mmopts_run("schema", kind).out)
    assert errors(published, found) == []
    assert published["properties"].keys() == found.keys()
    [rows] = [key for key in found if isinstance(found[key], list)]
    assert found[rows]
    assert all(published["properties"][rows]["items"]["properties"].keys() == row.keys() for row in found[rows])


def test_a_comparison_for_nobody_fits_too(kb: Knowledge) -> None:
    assert errors(of_answer("compare"), to_data(knowledge.compared(["DKd", "Kd"], kb))) == []


def test_every_kind_of_answer_is_tried_here_or_belongs_to_the_knowledge_base_or_to_histories() -> None:
    assert set(ANSWERS) - set(KINDS) <= {"kb-check", "kb-diff", "kb-format", "history", "config", "report", "cohort"}


def test_explain_tells_the_option_with_its_clauses_in_one_object(kb: Knowledge) -> None:
    found = mmopts.explain("DKd", GIVEN, kb)["regimen"]
    assert found["id"] == "DKd"
    assert found.keys() >= {"verdict", "indications", "forbids", "prescription", "flips"}
    assert "option" not in found


def test_a_form_that_is_about_no_patient_is_found_where_it_stands() -> None:
    assert forms.Drugs.__module__ == "mmopts.answers.forms.library"
    with pytest.raises(AttributeError, match="'Nothing'"):
        _ = forms.Nothing


def test_no_two_rooms_of_forms_have_a_name_in_common() -> None:
    # `forms` gives what it does not hold itself from these, the first that has it.
    rooms = ("mmopts.answers.forms.library", "mmopts.answers.forms.upkeep", "mmopts.review.records")
    defined = [{n for n, v in vars(import_module(room)).items() if getattr(v, "__module__", "") == room} for room in rooms]
    assert sum(map(len, defined)) == len(set().union(*defined))
    assert not set().union(*defined) & {n for n in vars(forms) if n[0].isupper()}


def test_what_intake_takes_fits_the_schema_of_a_patient(kb: Knowledge, of_patient: dict[str, Any]) -> None:
    rng, taken = Random(7), 0
    for _ in range(300):
        given = draw(rng, kb)
        try:
            assess_given(given, kb, needs_facts=False)
        except QuestionError:
            continue
        assert errors(of_patient, given) == []
        taken += 1
    assert taken > 50


@pytest.mark.parametrize("words", ["2-4", "7-", "30-<60", ">65-", "2 to 4", "3", "48.5"])
def test_a_number_in_words_fits_the_schema_of_a_patient(words: str, of_patient: dict[str, Any]) -> None:
    assert errors(of_patient, {"crcl": words, "months_since": {"bortezomib": words}}) == []


@pytest.mark.parametrize("words", ["", "-", "many", "2-4-6", "<", "1,5"])
def test_other_words_do_not_fit_as_a_number(words: str, of_patient: dict[str, Any]) -> None:
    assert errors(of_patient, {"crcl": words})
