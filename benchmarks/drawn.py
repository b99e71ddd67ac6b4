"""Random patients for benchmarks, as patient files that contradict nothing; the same ones for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from mmopts.diagnostics import QuestionError
from mmopts.facts import FACTS
from mmopts.knowledge.records import Knowledge
from mmopts.patient import Patient, intake

SEED = 20261121


def patients(kb: Knowledge) -> Iterator[tuple[dict[str, Any], Patient]]:
    """Patient files without end, each with what was read of it; draws that contradict themselves are left out."""
    random = Random(SEED)
    while True:
        given = drawn(random, kb)
        try:
            yield given, intake(given, kb)
        except QuestionError:
            continue


def drawn(random: Random, kb: Knowledge) -> dict[str, Any]:
    """A patient file: one to eight prior drugs, some of them refractory, and about half of the other facts."""
    prior = random.sample(list(kb.drugs), random.randint(1, 8))
    out: dict[str, Any] = {"setting": "relapsed", "prior": prior}
    if random.random() < 0.7:
        out["refractory"] = random.sample(prior, random.randint(0, len(prior))) or ["none"]
    if random.random() < 0.8:
        out["lines"] = random.randint(1, 6)
    for fact in FACTS.values():
        if fact.name in ("setting", "lines") or random.random() < 0.5:
            continue
        if fact.kind == "choice":
            out[fact.name] = random.choice(fact.values)
        elif fact.kind == "flag" and fact.name != "progressed_on_last":
            out[fact.name] = random.random() < 0.5
        elif fact.kind == "number":
            out[fact.name] = random.randint(int(fact.low), int(fact.high))
        elif fact.kind == "words" and random.random() < 0.3:
            out[fact.name] = random.sample(list(kb.vocabulary[fact.name].words), 1)
    return out
