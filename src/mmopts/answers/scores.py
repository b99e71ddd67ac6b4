"""Frailty, staging and risk scores, as the knowledge base defines them, in the same three-valued logic as all else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import inf, isfinite
from typing import Any

from mmopts.answers import citing, forms
from mmopts.answers.patient import frame
from mmopts.assess.scores import tally
from mmopts.assess.truths import SAID
from mmopts.diagnostics import BRIEF, Diagnostic, QuestionError, as_option, cut, did_you_mean, no_choice, shown, unquoted
from mmopts.facts import FACTS
from mmopts.knowledge.records import Input, Knowledge, Score
from mmopts.logic import Facts, Interval, One, Value
from mmopts.patient import intake
from mmopts.patient.as_file import fact_as_file
from mmopts.patient.reading import with_point
from mmopts.patient.stated import Patient

CLOTS, NOTHING = "clots", "none"
"""What the list for the scores of clots is called, and its word for an empty one."""
_PLAIN = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?")
LONGEST = 40
"""A number has fewer characters."""
OPTIONS = {"ldh_high": "--ldh"}
"""The options of inputs whose option has a name of its own; any other has that of the input."""


def frailty(given: Mapping[str, Any], kb: Knowledge) -> forms.Scores:
    """The answer to ``mmopts frailty``: each score's points and groups, and what is missing. Raises QuestionError."""
    _some_fact(given)
    patient = intake(given, kb)
    scores = tuple(score(tool, patient.firm) for tool in kb.fitness)
    used = {i.id for tool in kb.fitness for i in tool.inputs}
    said = _as_file([name for name, fact in FACTS.items() if fact.atom in used and fact.atom in patient.firm], patient, kb)
    sources = citing.cited(citing.source_ids(scores), kb)
    return forms.Scores(**frame("frailty", kb.meta), patient=said, measured={}, scores=scores, sources=sources)


def risk(given: Mapping[str, Any], kb: Knowledge) -> forms.Scores:
    """The answer to ``mmopts risk``: each staging, as far as the facts decide it. Raises QuestionError.

    `clots`, if given, is a list of those inputs of the scores of clots that hold; the others count as absent, but for those
    that follow from a fact, as an earlier clot does.
    """
    _some_fact(given)
    patient = {k: v for k, v in given.items() if v is not None}
    stated = {k: v for k, v in patient.items() if k != CLOTS}
    scores: tuple[forms.ScoreRow, ...] = ()
    facts: Facts = {}
    if stated:
        settled, values = _laboratory(stated, kb)
        facts = settled.firm
        scores = tuple(score(tool, {**facts, **values}) for tool in kb.library().scores)
        patient |= _as_file([name for name in patient if name in FACTS], settled, kb)
        patient |= {name: value.low for name, value in values.items() if isinstance(value, Interval)}
    if CLOTS in patient:
        held = _held(patient[CLOTS], facts, kb)
        scores += tuple(score(tool, held) for tool in kb.library().clots)
        if isinstance(patient[CLOTS], list):
            patient[CLOTS] = list(dict.fromkeys(patient[CLOTS]))
    sources = citing.cited(citing.source_ids(scores), kb)
    measured = {name: _measured(known, given[name]) for name, known in inputs(kb).items() if name in patient}
    return forms.Scores(**frame("risk", kb.meta), patient=patient, measured=measured, scores=scores, sources=sources)


def _as_file(names: Iterable[str], patient: Patient, kb: Knowledge) -> dict[str, Any]:
    """Facts as a patient file has them."""
    return {name: fact_as_file(FACTS[name], patient, kb) for name in names}


def _some_fact(given: Mapping[str, Any]) -> None:
    if all(v is None for v in given.values()):
        raise QuestionError([Diagnostic("no-facts", "No fact about the patient was given.")])


def clot_inputs(kb: Knowledge) -> dict[str, Input]:
    """What the scores of clots ask for, by the word for it."""
    return {i.id.replace("_", "-"): i for tool in kb.library().clots for i in tool.inputs}


def _held(given: Any, facts: Facts, kb: Knowledge) -> dict[str, Value]:
    """Which inputs of the scores of clots hold, by a list of their words (or ``none``) or by facts. Raises QuestionError."""
    known = clot_inputs(kb)
    words = list(dict.fromkeys(str(word).strip() for word in ([given] if isinstance(given, str) else given)))
    held = [] if words == [NOTHING] else [word.casefold().replace("_", "-") for word in words]
    wrong = [word for word, name in zip(words, held, strict=False) if name not in known]
    if wrong:
        raise QuestionError([no_choice("⟨clots⟩", CLOTS, word, [*known, NOTHING]) for word in wrong])
    logic = One(facts)
    follows = {name for name, entry in known.items() if entry.when is not None and logic.value(entry.when) is True}
    return {entry.id: name in held or name in follows for name, entry in known.items()}


def inputs(kb: Knowledge) -> dict[str, Input]:
    """The inputs of scores that are no facts of a patient file, by id."""
    return {i.id: i for tool in kb.library().scores for i in tool.inputs if i.id not in FACTS}


def _measured(known: Input, value: Any) -> str:
    """A laboratory value as a sentence says it: the question that asks for it, with its answer."""
    what = known.question.removesuffix("?")
    what = what if what[1:2].isupper() else f"{what[:1].lower()}{what[1:]}"
    if known.unit is None:
        return f"{what}: {'yes' if value else 'no'}"
    return f"{what.removesuffix(f' ({known.unit})')} {str(value).strip()} {known.unit}"


def _laboratory(given: Mapping[str, Any], kb: Knowledge) -> tuple[Patient, dict[str, Value]]:
    """What is known: a patient as `intake` settles the facts, and laboratory values.

    Raises QuestionError with all faults.
    """
    problems: list[Diagnostic] = []
    out: dict[str, Value] = {}
    for name, known in inputs(kb).items():
        raw = given.get(name)
        if known.unit is None and raw is not None:
            if isinstance(raw, bool):
                out[name] = raw
            else:
                text = f"⟨{name}⟩ is true or false, not {shown(raw, BRIEF)}."
                problems.append(Diagnostic("bad-value", text, name, cut(unquoted(raw))))
        elif raw is not None:
            number, limit = _number(raw), inf if known.limit is None else known.limit
            if number is None or not 0 <= number <= limit:
                text = f"⟨{name}⟩ takes a number from 0 to {limit:g} ({known.unit or ''}), not {shown(raw, BRIEF)}."
                near = [with_point(raw)] if isinstance(raw, str) and with_point(raw) != raw else []
                problems.append(Diagnostic("bad-value", text + did_you_mean(near), name, cut(unquoted(raw)), near))
            else:
                out[name] = Interval(number, number)
    try:
        patient = intake({k: v for k, v in given.items() if k in FACTS}, kb)
    except QuestionError as error:
        raise QuestionError([*problems, *error.problems]) from None
    if problems:
        raise QuestionError(problems)
    return patient, out


def _number(raw: Any) -> float | None:
    """A number, or a plain one in words; None for what is none or has no end."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        return None
    if isinstance(raw, str) and not _PLAIN.fullmatch(raw.strip()):
        return None
    try:
        number = float(raw) if len(str(raw)) < LONGEST else inf
    except (OverflowError, ValueError):  # an integer may have more digits than can be written
        return None
    return number if isfinite(number) else None


def score(tool: Score, facts: Facts) -> forms.ScoreRow:
    """One score: its groups, each yes, no or unknown; its points or criteria; and the inputs that are missing."""
    found = tally(tool, facts)
    items = tuple(
        forms.ScoreItemRow(item.text, item.points, SAID[holds]) for item, holds in zip(tool.items, found.items, strict=True)
    )
    groups = tuple(
        forms.ScoreGroupRow(g.id, g.name or " or ".join(g.values), g.values, g.low, g.high, SAID[holds], g.outcome)
        for g, holds in zip(tool.groups, found.groups, strict=True)
    )
    decided = next((g.name for g, holds in zip(groups, found.groups, strict=True) if holds), None)
    missing = () if decided else tuple(_missing(i) for i in tool.inputs if not _known(i.id, facts))
    return forms.ScoreRow(
        id=tool.id,
        name=tool.name,
        group=decided,
        possible=tuple(g.name for g, holds in zip(groups, found.groups, strict=True) if holds is not False),
        applies=SAID[found.applies],
        made_for=tool.applies_words or None,
        points=forms.Points(found.low, found.high) if tool.counted else None,
        items=items,
        groups=groups,
        missing=missing,
        setting=tool.setting,
        note=tool.note,
        source=tool.source,
        unread=tool.unread,
    )


def _missing(known: Input) -> forms.Ask:
    """What to ask for, in the words of the score: of cytogenetics, those markers that it counts."""
    return forms.Ask(known.id, known.question, OPTIONS.get(known.id) or as_option(known.id))


def _known(name: str, facts: Facts) -> bool:
    return name in facts or any(atom.startswith(f"{name}:") for atom in facts)
