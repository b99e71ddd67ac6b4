"""What a Python caller gives for a patient, as a patient file would hold it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mmopts.diagnostics import BRIEF, Diagnostic, QuestionError, shown
from mmopts.names import is_text

ID = "id"
MAX_ID = 200
MAX_DEPTH = 20


A_PATIENT = 'a patient is a mapping of facts, such as {"prior": ["len"], "lines": 1}'
"""What is said of anything else."""


def is_answer(given: Mapping[Any, Any]) -> bool:
    """Whether a mapping is an answer of this program, by its schema."""
    return str(given.get("schema", "")).startswith("mmopts.")


def bounded_lines(readline: Callable[[int], bytes], most: int) -> Iterator[bytes]:
    """The lines that `readline` gives; of one of more than `most` bytes the beginning, which is still longer than that."""
    while line := readline(most + 1):
        rest = line
        while len(rest) > most and not rest.endswith(b"\n"):
            rest = readline(most + 1)
        yield line


def patient_of(given: object) -> tuple[dict[str, Any], str | None]:
    """The facts and the id. Raises QuestionError for what is no mapping of facts, an answer, or nested too deeply."""
    if not isinstance(given, Mapping):
        text = f"{A_PATIENT}, not {shown(given, BRIEF)}."
        raise QuestionError([Diagnostic("no-mapping", text, "patient", shown(given))])
    if is_answer(given):
        text = 'this is an answer of mmopts and no patient; give its "patient" (of a history its "facts").'
        raise QuestionError([Diagnostic("no-patient", text, "patient")])
    facts = plain(given)
    return without_id(facts), identity(facts)


def plain(given: Mapping[Any, Any]) -> dict[Any, Any]:
    """A patient as JSON would give it. Raises QuestionError if it is nested too deeply."""
    return {key: _plain(value, MAX_DEPTH) for key, value in given.items()}


def _plain(value: Any, deeper: int) -> Any:
    """A value as JSON would give it: mappings and sequences stay, a numpy scalar or array becomes what it holds.

    A number of another kind (Decimal, Fraction) becomes a float.
    """
    if hasattr(value, "dtype") and hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (str, int, float)) or value is None:
        return value
    if hasattr(value, "as_integer_ratio"):
        return float(value)
    if not deeper:
        raise QuestionError([Diagnostic("too-deep", f"the patient is nested deeper than {MAX_DEPTH} levels.", "patient")])
    if isinstance(value, Mapping):
        return {key: _plain(inner, deeper - 1) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner, deeper - 1) for inner in value]
    return value


def without_id(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of the patient."""
    return {key: value for key, value in facts.items() if key != ID}


def is_identity(found: object) -> bool:
    """Whether an ``id`` can be echoed."""
    return isinstance(found, str) and len(found) <= MAX_ID and is_text(found)


def identity(facts: Mapping[str, Any]) -> str | None:
    """The ``id`` of a patient. Raises QuestionError if it is no text."""
    found = facts.get(ID)
    if found is None or is_identity(found):
        return found
    quoted = "; put it in quotes" if isinstance(found, int) else ""
    text = f"id is a text of at most {MAX_ID} characters, not {shown(found, BRIEF)}{quoted}."
    raise QuestionError([Diagnostic("bad-value", text, ID, shown(found))])
