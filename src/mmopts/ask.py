"""A patient file's mapping to a judged case: the one way in for commands and for Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmopts.case import Case, consider
from mmopts.errors import Problem, QuestionError, nearest
from mmopts.facts import QUESTION_KEYS, REGIONS
from mmopts.intake import Note, intake
from mmopts.judge import Question
from mmopts.knowledge.dates import span
from mmopts.knowledge.model import Knowledge


def pose(given: Mapping[str, Any], kb: Knowledge) -> Case:
    """Read facts and question, and judge. Raises QuestionError with every fault, also when no fact was given."""
    named = {str(key).replace("-", "_"): value for key, value in given.items()}
    told: list[Note] = []
    if named.get("treatments") is not None:
        from mmopts.patient.merge import resolve  # a list of treatments is rare

        resolved = resolve(named, kb)
        named, told = resolved.facts, resolved.notes
    facts = {k: v for k, v in named.items() if k not in QUESTION_KEYS}
    asked = {k: v for k, v in named.items() if k in QUESTION_KEYS}
    problems: list[Problem] = []
    question = _question(asked, kb, problems)
    if all(v is None for k, v in facts.items() if not k.endswith("_incomplete")):
        problems.append(
            Problem("no-facts", "No fact about the patient was given. Try: mmopts suggest --prior len,btz --frail")
        )
    if problems:
        raise QuestionError(problems)
    patient = intake(facts, kb, strict=asked.get("strict") is True)
    patient.warnings.extend([*told, *_dated(question, kb)])
    return consider(kb, patient, question)


def _dated(question: Question, kb: Knowledge) -> list[Note]:
    """What to mind when the question is about another day than that of the review."""
    reviewed = kb.meta["reviewed"]
    if question.as_of < reviewed:
        text = "labels are those of that day; tiers and cautions weigh what is known at the review"
    elif question.as_of > reviewed:
        text = f"that day is after the knowledge base was reviewed ({reviewed})"
    else:
        return []
    return [Note("as-of", text, "as_of", "--as-of")]


def _question(asked: Mapping[str, Any], kb: Knowledge, problems: list[Problem]) -> Question:
    region = REGIONS[-1] if asked.get("region") is None else asked["region"]
    folded = region.casefold() if isinstance(region, str) else ""
    if folded not in REGIONS:
        near = nearest(str(region), REGIONS) or list(REGIONS)
        problems.append(
            Problem("bad-value", f"--region takes {', '.join(REGIONS)}, not {str(region)[:40]!r}.", "region", region, near)
        )
    as_of = asked.get("as_of")
    if as_of is None:
        as_of = kb.meta["reviewed"]
    else:
        try:
            first, last = span(str(as_of))
            if first != last:
                raise ValueError
        except ValueError:
            shown = str(as_of)[:40]
            text = f"--as-of takes a day like {kb.meta['reviewed']}, not {shown!r}."
            problems.append(Problem("bad-value", text, "as_of", shown))
    strict = asked.get("strict")
    if strict is not None and not isinstance(strict, bool):
        problems.append(Problem("bad-value", f"strict is true or false, not {strict!r}.", "strict", str(strict)[:80]))
    return Question(folded, str(as_of))
