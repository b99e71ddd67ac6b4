"""The JSON Schema of a patient file.

It describes; the program itself does not read a patient through it (`patient.reading` gives better messages, and is
more lenient: it folds case and reads numbers in quotes).
"""

from __future__ import annotations

from mmopts.answers.form import DRAFT, Schema
from mmopts.callers import MAX_ID
from mmopts.facts import FACTS, OPEN_LISTS, REGIONS, TREATMENTS, Fact
from mmopts.knowledge.records import Knowledge
from mmopts.patient import treatments
from mmopts.patient.reading import IN_WORDS

_DAY = r"^\d{4}-\d{2}-\d{2}$"
_DATE = r"^\d{4}(-\d{2}(-\d{2})?)?$"


def patient_schema(kb: Knowledge) -> Schema:
    """The schema of a patient file: every fact, whether a list is whole, and what belongs to the question."""
    facts = {fact.name: {"description": fact.option, **_fact(fact, kb)} for fact in FACTS.values()}
    return {
        "$schema": DRAFT,
        "$id": "urn:mmopts:patient:1",
        "title": "mmopts patient",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "id": {"type": ["string", "null"], "maxLength": MAX_ID},
            **facts,
            **{name: {"type": ["boolean", "null"]} for name in OPEN_LISTS},
            "region": {"enum": [*REGIONS, None]},
            "as_of": {"type": ["string", "null"], "pattern": _DAY},
            "strict": {"type": ["boolean", "null"]},
            TREATMENTS: {
                "description": "what was given when, from which the facts follow (docs/history.md)",
                "anyOf": [
                    {"type": "array", "maxItems": treatments.MOST, "items": _treatment(kb)},
                    {"enum": ["none", None]},
                ],
            },
        },
    }


def _treatment(kb: Knowledge) -> Schema:
    """One entry of `treatments`: what was given, when, and what came of it."""
    words: Schema = {"type": ["string", "array", "null"], "items": {"type": "string"}}
    date: Schema = {"type": ["string", "integer", "null"], "pattern": _DATE, "minimum": 1900, "maximum": 2100}
    return {
        "type": "object",
        "additionalProperties": False,
        "anyOf": [
            {"required": ["regimen"]},
            {"required": ["drugs"]},
            {"required": ["part"], "properties": {"part": {"const": "transplant"}}},
        ],
        "properties": {
            "regimen": {**words, "examples": list(kb.regimens)[:1]},
            "drugs": {**words, "examples": [list(kb.drugs)[:2]]},
            "start": date,
            "end": {**date, "description": "the last dose"},
            "ongoing": {"type": ["boolean", "null"]},
            "part": {"enum": [*treatments.PARTS, None]},
            "line": {"type": ["integer", "null"], "minimum": 0, "maximum": treatments.MOST_LINES},
            "best_response": {"enum": [*treatments.RESPONSES, None]},
            "stopped": {"enum": [*treatments.REASONS, None]},
            "progression": {**date, "description": "the first progression after its start"},
            "not_tolerated": words,
            "setting": {"enum": [treatments.SMOLDERING, None]},
        },
    }


def _fact(fact: Fact, kb: Knowledge) -> Schema:
    """The values that a fact may have; null for unknown."""
    if fact.kind == "flag":
        return {"type": ["boolean", "null"]}
    if fact.kind == "choice":
        words: Schema = {"enum": list(fact.values)}
        return {"anyOf": [words, {"type": "array", "minItems": 1, "items": words}, {"type": "null"}]}
    if fact.kind == "number":
        return _measure(fact)
    if fact.kind == "months":
        pairs: Schema = {"type": "string", "pattern": "^[^=]+=[^=]+$"}
        by_drug = {"type": "object", "additionalProperties": _measure(fact)}
        return {"anyOf": [by_drug, pairs, {"type": "array", "items": pairs}, {"type": "null"}]}
    known = list(kb.drugs) if fact.kind == "drugs" else list(kb.vocabulary[fact.name].words)
    return {
        "type": ["string", "array", "null"],
        "minLength": 1,
        "items": {"type": "string", "minLength": 1},
        "examples": [["none"], known],
    }


def _measure(fact: Fact) -> Schema:
    """A number within the bounds of its fact, or a range."""
    one: Schema = {"minimum": fact.low, "maximum": fact.high, **({"multipleOf": 1} if fact.whole else {})}
    ends = {"type": ["number", "string", "null"], **one, "pattern": IN_WORDS}
    return {
        "type": ["number", "string", "object", "null"],
        **one,
        "pattern": IN_WORDS,
        "additionalProperties": False,
        "minProperties": 1,
        "properties": {"min": ends, "max": ends},
    }
