"""The published schemas fit what the program takes and gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mmopts import schemas
from mmopts.facts import FACTS
from mmopts.knowledge.authored import merge
from mmopts.knowledge.conditions import KEYS
from mmopts.knowledge.layers import read_layer
from mmopts.knowledge.model import Knowledge

Answer = Callable[..., dict[str, Any]]
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
def patient_schema(kb: Knowledge) -> dict[str, Any]:
    return schemas.patient_schema(kb)


def test_each_schema_is_a_valid_schema_and_plain_json(patient_schema: dict[str, Any]) -> None:
    for schema in (patient_schema, schemas.suggest_schema(), schemas.kb_schema()):
        Draft202012Validator.check_schema(schema)
        assert json.loads(json.dumps(schema, allow_nan=False)) == schema


@pytest.mark.parametrize("given", PATIENTS, ids=str)
def test_patients_and_answers_fit_their_schemas(
    given: dict[str, Any], answer: Answer, patient_schema: dict[str, Any]
) -> None:
    assert errors(patient_schema, given) == []
    found = json.loads(json.dumps(answer(**given), allow_nan=False))
    assert errors(schemas.suggest_schema(), found) == []
    assert errors(patient_schema, found["patient"]) == []


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
def test_what_no_patient_can_be_does_not_fit(wrong: dict[str, Any], patient_schema: dict[str, Any]) -> None:
    assert errors(patient_schema, wrong)


def test_unknown_is_null_for_every_fact(patient_schema: dict[str, Any]) -> None:
    assert errors(patient_schema, dict.fromkeys(patient_schema["properties"])) == []
    assert set(FACTS) < set(patient_schema["properties"])


@pytest.mark.parametrize("key", ["schema", "knowledge", "patient", "options", "omitted", "excluded", "next_questions"])
def test_an_answer_without_a_key_of_the_contract_does_not_fit(key: str, answer: Answer) -> None:
    found = dict(answer(prior=["len"]))
    del found[key]
    assert errors(schemas.suggest_schema(), found) == [f": {key!r} is a required property"]


def test_the_shipped_files_fit_the_schema_of_the_knowledge_base() -> None:
    raw = merge([read_layer(str(Path(__file__).parents[1] / "data"))]).raw
    assert errors(schemas.kb_schema(), raw) == []


def test_the_schema_knows_the_keys_of_conditions_and_patients_that_the_program_knows() -> None:
    defs = schemas.kb_schema()["$defs"]
    assert set(defs["condition"]["properties"]) == set(KEYS)
    named = defs["example"]["properties"]["patient"]["propertyNames"]["enum"]
    assert set(named) == {*FACTS, "prior_incomplete", "refractory_incomplete"}
