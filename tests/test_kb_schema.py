"""The form of a knowledge base, held by our own reader of its JSON Schema: each keyword, and only those it knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mmopts.facts import FACTS, OPEN_LISTS
from mmopts.knowledge.schema import KEYWORDS, MOST, Checker, kb_schema

CASES: list[tuple[dict[str, Any], list[Any], list[Any]]] = [
    ({"type": "string"}, ["", "a"], [1, True, None, [], {}]),
    ({"type": "number"}, [1, 1.5, float("inf")], [True, "1", None]),
    ({"type": "integer"}, [1, 2.0], [1.5, True, "1", float("inf")]),
    ({"type": "boolean"}, [True, False], [0, 1, "true"]),
    ({"type": ["string", "null"]}, ["a", None], [1, []]),
    ({"enum": ["a", 1]}, ["a", 1], ["b", True, 2]),
    ({"const": True}, [True], [1, False, "true"]),
    ({"required": ["a"]}, [{"a": 1}, "no mapping"], [{}, {"b": 1}]),
    ({"properties": {"a": {"type": "string"}}, "additionalProperties": False}, [{}, {"a": "x"}], [{"a": 1}, {"b": 1}]),
    ({"additionalProperties": {"type": "string"}}, [{"a": "x"}], [{"a": 1}]),
    ({"propertyNames": {"enum": ["a"]}}, [{}, {"a": 1}], [{"b": 1}]),
    ({"items": {"type": "string"}}, [[], ["a"], "a"], [[1], ["a", 1]]),
    ({"prefixItems": [{"type": "string"}, {"type": "boolean"}]}, [["a", True], ["a"]], [["a", 1], [True, True]]),
    ({"uniqueItems": True}, [[], ["a", "b"]], [["a", "a"], [{"a": 1}, {"a": 1}]]),
    ({"minItems": 1, "maxItems": 2}, [[1], [1, 2]], [[], [1, 2, 3]]),
    ({"minLength": 2}, ["ab"], ["", "a"]),
    ({"minProperties": 1}, [{"a": 1}], [{}]),
    ({"minimum": 1, "maximum": 2}, [1, 2, "0"], [0, 3]),
    ({"exclusiveMinimum": 1, "exclusiveMaximum": 2}, [1.5], [1, 2]),
    ({"pattern": "^a$"}, ["a", 1], ["b", "ab"]),
    ({"if": {"type": "string"}, "then": {"enum": ["a"]}, "else": {"type": "number"}}, ["a", 1], ["b", []]),
    ({"$ref": "#/$defs/n", "$defs": {"n": {"items": {"$ref": "#/$defs/n"}, "type": "array"}}}, [[], [[[]]]], [1, [[1]]]),
]


@pytest.mark.parametrize(("schema", "fit", "misfit"), CASES, ids=[next(iter(case[0])) for case in CASES])
def test_a_keyword_means_what_json_schema_says(schema: dict[str, Any], fit: list[Any], misfit: list[Any]) -> None:
    form = Checker(schema)
    assert [value for value in fit if form.misfits(value)] == []
    assert [value for value in misfit if not form.misfits(value)] == []


def test_a_keyword_that_the_reader_does_not_know_is_no_silent_pass() -> None:
    with pytest.raises(KeyError, match="anyOf"):
        Checker({"anyOf": []})


def subschemas(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            inner = list(value.values())
        elif key in ("items", "additionalProperties", "if", "then", "else"):
            inner = [value] if isinstance(value, dict) else []
        else:
            inner = value if key == "prefixItems" else []
        for part in inner:
            yield from subschemas(part)


def test_every_part_of_the_schema_is_known_and_every_reference_leads_somewhere() -> None:
    schema = kb_schema()
    parts = list(subschemas(schema))
    assert {key for part in parts for key in part} <= set(KEYWORDS)
    assert {part["$ref"].removeprefix("#/$defs/") for part in parts if "$ref" in part} <= set(schema["$defs"])


def test_conditions_and_examples_may_speak_of_every_fact() -> None:
    parts = kb_schema()["$defs"]
    assert {fact.atom for fact in FACTS.values()} <= set(parts["condition"]["properties"])
    assert parts["example"]["properties"]["patient"]["propertyNames"]["enum"] == [*FACTS, *OPEN_LISTS]


def test_a_list_of_misfits_ends() -> None:
    form = Checker({"additionalProperties": False, "properties": {"known": {}}})
    found = form.misfits({f"know{n}": 1 for n in range(MOST + 1)})
    assert len(found) == MOST
    assert found[0].suggestion == "known"
    assert found[-1].suggestion == "known here: known"


def test_of_very_many_known_keys_it_is_told_where_they_stand() -> None:
    form = Checker({"additionalProperties": False, "properties": {f"x{n}": {} for n in range(21)}})
    assert form.misfits({"unlike": 1})[0].suggestion == "mmopts schema kb has the 21 known here"
