"""A patient back to the form of a patient file, which gives the same answer."""

from __future__ import annotations

from typing import Any

from mmopts.facts import DENIAL, FACTS, NONE, Fact, incomplete_key
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Interval, Value
from mmopts.names import look_up, split_list
from mmopts.patient.settling import NO_LINES
from mmopts.patient.stated import Patient, Stated


def as_file(patient: Patient, kb: Knowledge) -> dict[str, Any]:
    """Every fact after normalisation, in the form of a patient file that gives the same answer. Unknown is None."""
    out: dict[str, Any] = {}
    stated = patient.stated
    for fact in FACTS.values():
        out[fact.name] = fact_as_file(fact, patient, kb)
        if incomplete_key(fact.name) in stated.given and out[fact.name] is not None:
            out[incomplete_key(fact.name)] = fact.name not in stated.whole
    return out


def fact_as_file(fact: Fact, patient: Patient, kb: Knowledge) -> Any:
    """One fact in the form of a patient file. Unknown is None."""
    if fact.name == "last":
        return list(patient.stated.last) or None
    if fact.kind in ("drugs", "words", "months"):
        return _list(fact, patient.stated, kb)
    untreated = patient.firm.get("lines") == NO_LINES  # what only a treated patient can have need not be denied
    # Fitness is worked out anew from other facts each time, and not written unless it was stated.
    known = patient.stated.atoms if fact.name == "fitness" or (fact.after_therapy and untreated) else patient.firm
    return _value(fact, known[fact.atom]) if fact.atom in known else None


def _list(fact: Fact, stated: Stated, kb: Knowledge) -> Any:
    """A list as a patient file has it, denials behind what is affirmed; ``none`` where all is denied."""
    besides = {i.atom: i.value for i in stated.implied if fact.kind == "words"}  # words that a drug list also says
    atoms, head = {**besides, **stated.atoms}, f"{fact.atom}:"
    found = {a.removeprefix(head): v for a, v in atoms.items() if a.startswith(head)}
    if fact.kind == "months":
        return {d: _value(fact, v) for d, v in sorted(found.items())} or None
    if stated.given.get(fact.name) is None and not found:
        return None
    positive = {k for k, v in found.items() if v is True}
    denied = sorted(k for k, v in found.items() if v is False)
    if fact.kind == "words" and len(denied) == len(kb.vocabulary[fact.name].words):
        return [NONE]
    if fact.kind == "words":
        return sorted(positive) + [f"{DENIAL}{k}" for k in denied]
    if len(denied) == len(kb.drugs) + len(kb.classes):
        return [NONE]
    if fact.name == "prior" and positive:
        meaning = ("refractory:", "intolerant:", "months_since:")
        also = {a.partition(":")[2] for a, v in stated.atoms.items() if v is not False and a.startswith(meaning)}
        also = also.union(stated.last).difference(denied)
        positive |= also.difference(kb.classes)
    # Words without a drug, such as the name of a phase, keep a list whole that says nothing else.
    words = [] if positive else [w for w in split_list(stated.given.get(fact.name)) or [] if _without_drugs(w, kb)]
    return sorted(positive) + words + [f"{DENIAL}{k}" for k in denied]


def _without_drugs(word: str, kb: Knowledge) -> bool:
    meaning = look_up(word, kb.names)
    return meaning is not None and not meaning.drugs and not meaning.classes


def number_or_range(low: float, high: float, most: float | None = None) -> Any:
    """One number, or a range as in a patient file, without an upper end if that is `most`; whole numbers as integers."""
    first, last = (int(end) if end % 1 == 0 else end for end in (low, high))
    return first if low == high else {"min": first, "max": None if most is not None and high >= most else last}


def _value(fact: Fact, value: Value) -> Any:
    if isinstance(value, Interval):
        return number_or_range(max(value.low, fact.low), value.high, fact.high)
    if isinstance(value, frozenset):
        return next(iter(value)) if len(value) == 1 else sorted(value)
    return value
