"""The JSON Schemas of what goes in and what comes out: a patient file, the answer of `suggest`, the knowledge base.

They describe; the program itself does not read a patient through them (`intake` gives better messages, and is
more lenient: it folds case and reads numbers in quotes).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmopts.facts import FACTS, OPEN_LISTS, REGIONS, SETTINGS, Fact
from mmopts.judge import LABELS, VERDICTS
from mmopts.knowledge.model import Knowledge
from mmopts.patient import treatments
from mmopts.tiers import GRADES, TIERS

Schema = dict[str, Any]
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_DAY = r"^\d{4}-\d{2}-\d{2}$"
_TEXT: Schema = {"type": "string"}
_WORD: Schema = {"type": ["string", "null"]}
_FLAG: Schema = {"type": "boolean"}
_NUMBER: Schema = {"type": ["number", "null"]}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_CITED: Schema = {"type": ["string", "array", "null"], "items": _TEXT}


def kb_schema() -> Schema:
    """The schema of the merged knowledge base."""
    from mmopts.knowledge.schema import kb_schema as read

    return read()


# --- the patient -----------------------------------------------------------------------------------


def patient_schema(kb: Knowledge) -> Schema:
    """The schema of a patient file: every fact, whether a list is whole, and what belongs to the question."""
    facts = {fact.name: {"description": fact.option, **_fact(fact, kb)} for fact in FACTS.values()}
    return {
        "$schema": _DRAFT,
        "$id": "urn:mmopts:patient:1",
        "title": "mmopts patient",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **facts,
            **{name: {"type": ["boolean", "null"]} for name in OPEN_LISTS},
            "region": {"enum": [*REGIONS, None]},
            "as_of": {"type": ["string", "null"], "pattern": _DAY},
            "strict": {"type": ["boolean", "null"]},
            "treatments": {"type": ["array", "null"], "items": _treatment()},
        },
    }


def _treatment() -> Schema:
    """One entry of `treatments`: what was given, when, and what came of it."""
    words: Schema = {"type": ["string", "array"], "items": {"type": "string"}}
    date: Schema = {"type": ["string", "integer", "null"], "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$"}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "regimen": words,
            "drugs": words,
            "start": date,
            "end": date,
            "progression": date,
            "ongoing": {"type": ["boolean", "null"]},
            "part": {"enum": [*treatments.PARTS, None]},
            "line": {"type": ["integer", "null"], "minimum": 0},
            "best_response": {"enum": [*treatments.RESPONSES, None]},
            "stopped": {"enum": [*treatments.REASONS, None]},
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
    known = list(kb.drugs) if fact.kind == "drugs" else list(kb.vocabulary[fact.name]["ids"])
    return {
        "type": ["string", "array", "null"],
        "minLength": 1,
        "items": {"type": "string", "minLength": 1},
        "examples": [["none"], known],
    }


def _measure(fact: Fact) -> Schema:
    """A number within the bounds of its fact, or a range."""
    one: Schema = {"minimum": fact.low, "maximum": fact.high, **({"multipleOf": 1} if fact.whole else {})}
    ends = {"type": ["number", "null"], **one}
    return {
        "type": ["number", "object", "null"],
        **one,
        "additionalProperties": False,
        "minProperties": 1,
        "properties": {"min": ends, "max": ends},
    }


# --- the answer ------------------------------------------------------------------------------------


def _object(properties: Schema, optional: Sequence[str] = ()) -> Schema:
    """A mapping that has these keys; further ones may come to it."""
    return {"type": "object", "required": [k for k in properties if k not in optional], "properties": properties}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _map(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def suggest_schema() -> Schema:
    """The schema of the answer to ``mmopts suggest --json``, version 1."""
    because = _list(_object({"text": _TEXT, "source": _CITED}))
    ask = _object({"fact": _TEXT, "question": _TEXT, "option": _TEXT})
    note = _object({"code": _TEXT, "text": _TEXT, "fact": _WORD, "option": _WORD})
    labels = _map({"enum": [*LABELS.values(), "not-applicable"]})
    regimen = {"id": _TEXT, "name": _TEXT, "drugs": _list(_TEXT)}
    question = {"region": {"enum": list(REGIONS)}, "as_of": {"type": "string", "pattern": _DAY}}
    option = _object(
        {
            **regimen,
            "verdict": {"enum": [VERDICTS[True], VERDICTS[None]]},
            "tier": {"enum": list(TIERS)},
            "tier_because": _TEXT,
            "grade": {"enum": list(GRADES)},
            "settings": _list({"enum": list(SETTINGS)}),
            "because": because,
            "needs": _list(ask),
            "checks": _list(ask),
            "cautions": because,
            "labels": labels,
            "label_detail": _map(_list(_label())),
            "evidence": _list(_trial()),
            "doses": _list(_object({"text": _TEXT, "source": _CITED, "unread": _FLAG})),
            "guidance": _list(_object({"body": _TEXT, "statement": _TEXT, "source": _CITED})),
            "sources": _list(_TEXT),
        }
    )
    excluded = _object(
        {
            **regimen,
            "labels": labels,
            "because": because,
            "flips": _list(_object({"fact": _WORD, "option": _WORD, "text": _TEXT})),
        }
    )
    return {
        "$schema": _DRAFT,
        "$id": "urn:mmopts:suggest:1",
        "title": "mmopts suggest",
        **_object(
            {
                "schema": {"const": "mmopts.suggest/1"},
                "tool_version": _TEXT,
                "knowledge": _object(
                    {
                        "version": _TEXT,
                        "reviewed": {"type": "string", "pattern": _DAY},
                        "digest": _TEXT,
                        "layers": _list(_TEXT),
                    }
                ),
                "question": _object(question),
                "patient": _object({**{name: {} for name in FACTS}, **question, "strict": _FLAG}),
                "assumptions": _list(note),
                "warnings": _list(note),
                "options": _list(option),
                "omitted": _COUNT,
                "excluded": _list(excluded),
                "next_questions": _list(
                    _object({"fact": _TEXT, "option": _TEXT, "settles": _COUNT, "settles_at_least": _COUNT, "of": _COUNT})
                ),
                "supportive_care": _list(_object({"text": _TEXT, "for": _list(_TEXT), "source": _CITED})),
                "sources": _map(
                    _object({"id": _TEXT, "title": _TEXT, "kind": _TEXT, "checked": {"enum": ["read", "unread"]}})
                ),
                "notice": _TEXT,
            }
        ),
    }


def _label() -> Schema:
    """A row of a label: product, formulation, status, and what fails."""
    date = {"type": ["string", "integer", "null"]}
    return _object(
        {
            "product": _WORD,
            "formulation": _WORD,
            "status": _TEXT,
            "holds": {"enum": ["yes", "no", "unknown"]},
            "condition": _WORD,
            "since": date,
            "until": date,
            "source": _CITED,
            "failing": _list(_TEXT),
        },
        ["failing"],
    )


def _trial() -> Schema:
    """A trial with its figures; a median that was not reached is null."""
    interval = {"type": "array", "minItems": 2, "maxItems": 2}
    figures = {"type": "object", "properties": {"months": _NUMBER, "control": _NUMBER, "hr": _NUMBER, "ci": interval}}
    return _object(
        {
            "trial": _TEXT,
            "phase": _COUNT,
            "source": _CITED,
            "grade": {"enum": list(GRADES)},
            "unread": _list(_TEXT),
            "n": _COUNT,
            "pfs": figures,
            "os": figures,
        },
        ["n", "pfs", "os"],
    )
