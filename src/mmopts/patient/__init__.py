"""From what a user states to what is known of the patient: stated, entailed, presumed.

A *stated* fact is taken as it is. An *entailment* is a definition (refractory means received). A
*presumption* fills a gap so that the answer is usable, and is always listed. A stated fact replaces a
presumption; against an entailment or another stated fact it is an error that names both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mmopts.diagnostics import Diagnostic, QuestionError
from mmopts.facts import FACTS, split_atom
from mmopts.knowledge.records import Knowledge
from mmopts.logic import One, Value, common
from mmopts.patient.fitness import scored
from mmopts.patient.known import Known, Statements
from mmopts.patient.reading import Reader
from mmopts.patient.settling import (
    UNTREATED,
    any_received,
    had_line,
    settle,
    treated,
    value_of,
)
from mmopts.patient.stated import Patient, Stated, doubted, show_value

__all__ = ["Patient", "intake"]


def intake(given: Mapping[str, Any], kb: Knowledge, strict: bool = False) -> Patient:
    """Read stated facts (a patient file's keys and values, or the same from options) against a knowledge base.

    Raises QuestionError with every fault found: unknown words, values out of range, contradictions.
    """
    problems: list[Diagnostic] = []
    warnings: list[Diagnostic] = []
    stated = Reader(kb, problems, warnings).read(given)
    if problems:
        raise QuestionError(problems)
    firm, filled, _ = settle(Statements.around(stated), kb)
    conflicts = firm.account.conflicts or filled.account.conflicts
    if conflicts:
        raise QuestionError(conflicts)
    facts, assumptions = firm.facts(), filled.account.assumptions
    warnings += _doubts(stated, firm, facts, kb)
    if strict:
        entailed = [a for a in assumptions if a.code.startswith("entailed")]
        return Patient(facts, facts, stated, entailed, warnings, True)
    return Patient(filled.facts(), facts, stated, assumptions, warnings)


def _doubts(stated: Stated, known: Known, firm: Mapping[str, Value], kb: Knowledge) -> list[Diagnostic]:
    """Facts that hardly go together without contradicting each other: stated ones, or scores of fitness that disagree."""
    out: list[Diagnostic] = []
    fitness = firm.get("fitness")
    if isinstance(fitness, frozenset):
        origin = "stated" if "fitness" in stated.atoms else "computed"
        for tool in kb.fitness:
            for values, points in scored(known, tool, known.mask):
                if not fitness & values:
                    text = (
                        f"{origin} {show_value(fitness)}, but {show_value(values)} by the {tool.name} "
                        f"({show_value(points)} points); {show_value(fitness)} is used"
                    )
                    out.append(doubted("fitness-differs", text, FACTS["fitness"].name))
    setting = stated.atoms.get("setting")
    if setting in UNTREATED and (any_received(known, kb)[0] or had_line(firm.get("lines"))):
        _, because = treated(known, Statements.around(stated))
        text = f"{show_value(setting)}, yet there was prior therapy"
        text += f" ({because})" if because else ""
        out.append(doubted("treated-before", f"{text}; it is taken as part of the first treatment", "setting"))
    logic = One(firm)
    unlikely = [doubted("against-the-usual", row.text, row.fact) for row in kb.unlikely if logic.value(row.when) is True]
    if "lines" in stated.atoms or any(atom.startswith("months_since:") for atom in stated.atoms):
        from mmopts.patient.doubtful import times, unnamed

        unlikely += [*unnamed(stated, kb), *times(stated.atoms, kb)]
    return [*out, *_denied_progression(stated, kb), *_against_presumptions(stated, kb), *unlikely]


def _against_presumptions(stated: Stated, kb: Knowledge) -> Iterator[Diagnostic]:
    """Warnings of stated values that exclude what another stated fact would have presumed."""
    for rule in kb.presumptions:
        if rule.when is None or One(stated.atoms).value(rule.when) is not True:
            continue
        fact, _ = split_atom(rule.fact)
        for usual in (value_of(given) for given in rule.then if given.flag is None and given.atom == fact.atom):
            have = stated.atoms.get(fact.atom)
            if have is not None and common(have, usual) is None:
                told = fact.phrase.format(show_value(have, fact))
                text = f"{told} is taken as stated; without that it would be presumed: {rule.text}"
                yield doubted("against-the-usual", text, rule.fact)


def _denied_progression(stated: Stated, kb: Knowledge) -> Iterator[Diagnostic]:
    """A warning if no progression on the last therapy is stated and the other facts would have it presumed."""
    atom = FACTS["progressed_on_last"].atom
    if stated.atoms.get(atom) is not False:
        return
    left = stated._replace(atoms={a: v for a, v in stated.atoms.items() if a != atom})
    for usual in settle(Statements.around(left), kb).filled.account.assumptions:
        if usual.fact == atom:
            text = f"no progression on the last therapy is taken as stated; it would be presumed otherwise: {usual.message}"
            yield doubted("responded-since", text, atom)
