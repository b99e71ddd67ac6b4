"""One patient judged: verdicts, tiers, order, and the reasons that every answer is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mmopts.facts import REGIONS
from mmopts.intake import Patient
from mmopts.judge import Judged, Question, judge
from mmopts.knowledge.model import Knowledge
from mmopts.logic import Cond, Value, fold
from mmopts.reasons import Explain, Reason
from mmopts.tiers import Setting, Tier, beaten, order, tier_of

Data = dict[str, Any]
FIRM_WORLD = 1
"""The world of the patient without presumptions; world 0 is the patient as answered."""


class Case(NamedTuple):
    """One patient judged: what every command that takes a patient starts from.

    `explain` gives reasons for this patient, `firm` without presumptions; `tiers` are those of the options,
    `open_ids` their order; the rest remembers what was worked out.
    """

    kb: Knowledge
    patient: Patient
    question: Question
    judged: Judged
    tiers: Mapping[str, Tier]
    open_ids: list[str]
    explain: Explain
    memo: dict[Cond, Reason]
    firm: Explain
    firm_memo: dict[Cond, Reason]
    presumed: dict[int, list[Data]]

    def reason(self, number: int) -> Reason:
        """Why a condition has the value it has."""
        return fold(self.kb.conds[number], self.explain, self.memo)

    def regions(self) -> Sequence[str]:
        """The regions asked for."""
        return asked_regions(self.question)


def asked_regions(question: Question) -> Sequence[str]:
    """The regions whose labels count."""
    return REGIONS[:-1] if question.region == REGIONS[-1] else (question.region,)


def consider(kb: Knowledge, patient: Patient, question: Question) -> Case:
    """Judge a patient: verdicts, tiers, order."""
    facts: Mapping[str, Value] = patient.facts
    without = {atom: patient.firm.get(atom) for atom in facts if patient.firm.get(atom) != facts[atom]}
    judged = judge(kb, facts, question, [without])
    fitness, relapse = facts.get("fitness"), facts.get("relapse")
    explain = Explain(question_values(judged))
    memo: dict[Cond, Reason] = {}
    firm = {atom: value for atom, value in explain.facts.items() if atom not in without}
    setting = Setting(judged, asked_regions(question), fitness == frozenset({"frail"}), explain.facts)
    values = {name: judged.at(regimen["verdict"]) for name, regimen in kb.regimens.items()}
    losers = beaten(kb, setting, [name for name, value in values.items() if value])
    open_ids = [name for name, value in values.items() if value is not False]

    def needed(number: int) -> set[str]:
        return {clause.cond.fact for clause in fold(kb.conds[number], explain, memo).clauses}

    tiers = {}
    for name in open_ids:
        regimen = kb.regimens[name]
        depends = needed(regimen["verdict"]) if values[name] is None else set()
        tiers[name] = tier_of(regimen, kb, setting, losers.get(name), depends)
    ordered = order(open_ids, tiers, kb, setting, relapse == frozenset({"rapid"}))
    return Case(kb, patient, question, judged, tiers, ordered, explain, memo, Explain(firm), {}, {})


def question_values(judged: Judged) -> Mapping[str, Value]:
    """The facts of world 0, those of the question among them."""
    return {fact: value for fact, column in judged.columns.items() for value, where in column.items() if where & 1}
