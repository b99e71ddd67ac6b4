"""From what a user states to what is known of the patient: stated, entailed, presumed.

A *stated* fact is taken as it is. An *entailment* is a definition (refractory means received). A
*presumption* fills a gap so that the answer is usable, and is always listed. A stated fact replaces a
presumption; against an entailment or another stated fact it is an error that names both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmopts.errors import Problem, QuestionError
from mmopts.intake.reading import read
from mmopts.intake.record import record
from mmopts.intake.settling import any_received, computed_fitness, settle
from mmopts.intake.stated import Note, Patient, Stated, restate, show_value
from mmopts.knowledge.model import Knowledge
from mmopts.logic import Interval, Value

__all__ = ["Note", "Patient", "Stated", "computed_fitness", "intake", "record", "restate", "settle", "show_value"]


def intake(given: Mapping[str, Any], kb: Knowledge, strict: bool = False) -> Patient:
    """Read stated facts (a patient file's keys and values, or the same from options) against a knowledge base.

    Raises QuestionError with every fault found: unknown words, values out of range, contradictions.
    """
    problems: list[Problem] = []
    warnings: list[Note] = []
    stated = read(given, kb, problems, warnings)
    if problems:
        raise QuestionError(problems)
    firm, conflicts, _ = settle(stated, kb, presume=False)
    facts, more, assumptions = settle(stated, kb, presume=True)
    conflicts = conflicts or more
    if conflicts:
        raise QuestionError(conflicts)
    warnings += _doubts(stated, firm, kb)
    if strict:
        return Patient(firm, firm, stated, [a for a in assumptions if a.code.startswith("entailed")], warnings, True)
    return Patient(facts, firm, stated, assumptions, warnings)


def _doubts(stated: Stated, firm: Mapping[str, Value], kb: Knowledge) -> list[Note]:
    """Stated facts that sit oddly together without contradicting each other."""
    out: list[Note] = []
    fitness = firm.get("fitness")
    if isinstance(fitness, frozenset):
        origin = "stated" if "fitness" in stated.atoms else "computed"
        for tool, points, values in computed_fitness(firm, kb):
            if not fitness & values:
                out.append(
                    Note(
                        "fitness-differs",
                        f"{origin} {show_value(fitness)}, but {show_value(values)} by the "
                        f"{tool['name']} ({show_value(points)} points); the {origin} one is used",
                        "fitness",
                        "--fitness",
                    )
                )
    setting, lines = stated.atoms.get("setting"), firm.get("lines")
    treated = any_received(firm) or (isinstance(lines, Interval) and lines.low >= 1)
    if setting in (frozenset({"newly-diagnosed"}), frozenset({"smoldering"})) and treated:
        out.append(
            Note(
                "treated-before",
                f"{show_value(setting)}, yet there was prior therapy; it is taken as part of the first treatment",
                "setting",
                "--setting",
            )
        )
    return out
