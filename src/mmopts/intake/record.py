"""A patient back to the form of a patient file, which gives the same answer."""

from __future__ import annotations

from typing import Any

from mmopts.facts import FACTS, Fact
from mmopts.intake.stated import Patient, Stated
from mmopts.knowledge.model import Knowledge
from mmopts.logic import Interval, Value
from mmopts.names import split_list


def record(patient: Patient, kb: Knowledge) -> dict[str, Any]:
    """Every fact after normalisation, in the form of a patient file that gives the same answer. Unknown is None."""
    out: dict[str, Any] = {}
    facts, stated = patient.firm if patient.strict else patient.facts, patient.stated
    for fact in FACTS.values():
        if fact.name == "last":
            out["last"] = list(stated.last) or None
        elif fact.kind in ("drugs", "words", "months"):
            out[fact.name] = _record_list(fact, stated, kb)
        else:
            presumed = fact.atom not in patient.firm
            out[fact.name] = None if presumed else _record_value(fact, facts[fact.atom])
        if fact.name in ("prior", "refractory") and out[fact.name] is not None:
            out[f"{fact.name}_incomplete"] = fact.name not in stated.whole
    return out


def _record_list(fact: Fact, stated: Stated, kb: Knowledge) -> Any:
    found = {a.partition(":")[2]: v for a, v in stated.atoms.items() if a.startswith(f"{fact.atom}:")}
    if fact.kind == "months":
        return {d: _record_value(fact, v) for d, v in sorted(found.items())} or None
    if stated.given.get(fact.name) is None:
        return None
    positive = {k for k, v in found.items() if v is True}
    if fact.name == "prior":
        also = {
            a.partition(":")[2]
            for a, v in stated.atoms.items()
            if v is True and a.startswith(("refractory:", "intolerant:"))
        }
        positive |= {name for name in also if not positive.intersection(kb.classes.get(name, {}).get("drugs", ()))}
    if fact.kind == "drugs":
        if not positive and not found:
            return split_list(stated.given[fact.name])
        return sorted(positive) or ["none"]
    return sorted(positive) + [f"no-{k}" for k, v in sorted(found.items()) if v is False]


def _record_value(fact: Fact, value: Value) -> Any:
    if isinstance(value, Interval):
        ends = [
            None if end == bound else int(end) if end % 1 == 0 else end
            for end, bound in ((value.low, None), (value.high, fact.high))
        ]
        if value.low == value.high:
            return int(value.low) if value.low % 1 == 0 else value.low
        return {"min": ends[0], "max": ends[1]}
    if isinstance(value, frozenset):
        return next(iter(value)) if len(value) == 1 else sorted(value)
    return value
