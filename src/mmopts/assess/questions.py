"""The next best question: which open fact, once answered, settles the most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, nextafter
from typing import NamedTuple

from mmopts.facts import split_atom
from mmopts.patient import Patient, restate, settle, show_value
from mmopts.judge import Question, judge
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Facts, Interval, Value


class Answer(NamedTuple):
    """One possible answer, and the conditional options that it opens and closes."""

    value: Value
    words: str
    opens: list[str]
    closes: list[str]


class NextQuestion(NamedTuple):
    """A question, with what its best and its worst answer settle of `of` conditional options."""

    atom: str
    settles: int
    settles_at_least: int
    of: int
    answers: list[Answer]


def possible(atom: str, facts: Facts, kb: Knowledge) -> list[Value]:
    """The answers that the knowledge base tells apart and that are still possible."""
    fact, _ = split_atom(atom)
    if fact.kind in ("flag", "drugs", "words"):
        return [True, False]
    if fact.kind == "choice":
        have = facts.get(atom)
        return [frozenset({v}) for v in fact.values if not isinstance(have, frozenset) or v in have]
    have = facts.get(atom)
    low, high = (have.low, have.high) if isinstance(have, Interval) else (fact.low, fact.high)
    step = 1.0 if fact.whole else 0.0
    starts = {low}
    for cond in kb.conds:
        if cond.fact == atom and cond.test in (">=", "<="):
            bound = float(cond.value)  # type: ignore[arg-type]
            starts.add(bound if cond.test == ">=" else bound + step if step else nextafter(bound, inf))
    cuts = sorted(s for s in starts if low <= s <= high)
    ends = [(c - step if step else nextafter(c, -inf)) for c in cuts[1:]] + [high]
    return [Interval(a, b) for a, b in zip(cuts, ends, strict=True)]


def next_questions(
    kb: Knowledge,
    patient: Patient,
    question: Question,
    conditional: Sequence[str],
    needs: Mapping[str, Sequence[str]],
    preferred: Sequence[str],
) -> list[NextQuestion]:
    """The open facts behind the conditional options, the most settling first.

    `needs` maps an option to its open atoms; `preferred` are the conditional options of the first tier.
    """
    tried: list[tuple[str, Value]] = []
    changes: list[dict[str, Value | None]] = []
    for atom in dict.fromkeys(a for name in conditional for a in needs[name] if _worth_asking(a, patient, kb)):
        for value in possible(atom, patient.facts, kb):
            facts, conflicts, _ = settle(restate(patient.stated, {atom: value}), kb, presume=not patient.strict)
            if not conflicts:
                tried.append((atom, value))
                changes.append(
                    {k: facts.get(k) for k in facts.keys() | patient.facts.keys() if facts.get(k) != patient.facts.get(k)}
                )
    judged = judge(kb, patient.facts, question, changes)
    answers: dict[str, list[Answer]] = {}
    for world, (atom, value) in enumerate(tried, 1):
        settled = {name: judged.at(kb.regimens[name]["verdict"], world) for name in conditional}
        opens, closes = ([n for n, v in settled.items() if v is wanted] for wanted in (True, False))
        answers.setdefault(atom, []).append(Answer(value, show_value(value), opens, closes))
    first = set(preferred)
    out = []
    for atom, found in answers.items():
        counts = [len(a.opens) + len(a.closes) for a in found]
        if max(counts):
            out.append(
                (
                    max(len(first & {*a.opens, *a.closes}) for a in found),
                    sum(counts) / len(counts),
                    NextQuestion(atom, max(counts), min(counts), len(conditional), found),
                )
            )
    out.sort(key=lambda entry: (-entry[0], -entry[1], entry[2].atom))
    return [entry[2] for entry in out]


def _worth_asking(atom: str, patient: Patient, kb: Knowledge) -> bool:
    fact, about = split_atom(atom)
    if fact.kind == "months" and patient.facts.get(f"exposed:{about}") is False:
        return False
    setting = patient.facts.get("setting")
    never = kb.ask["never_ask"]
    if isinstance(setting, frozenset) and any(atom in never.get(s, ()) for s in setting):
        return False
    return not any(atom in atoms and fact in patient.facts for fact, atoms in kb.ask["ask_only_without"].items())
