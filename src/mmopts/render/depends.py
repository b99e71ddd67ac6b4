"""What depends on an answer, grouped by the answer that opens it, in the words of a colleague."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mmopts.answers.forms import LEADING, Option, Suggest
from mmopts.record import Record
from mmopts.render.blocks import Line
from mmopts.render.phrases import answer_clause, answers_that_open, named
from mmopts.words import alternatives, capitalised, short_question, supposing

_SEVERAL = "more than one answer is needed"
_SETTING = "setting"
_DENIALS = ("not ", "without ", "no ")
TOLD = 4
"""What hangs on more than so many answers together is told without them: ``explain`` and ``all`` have them."""


class Opening(Record):
    """What opens a conditional option.

    `clause`: the words are an answer, to be said behind "if"; else they say by themselves what is the matter. `needed`:
    the questions of which no single one is enough.
    """

    words: str
    clause: bool = False
    needed: tuple[str, ...] = ()


def what_opens(option: Option, asked: Suggest) -> Opening:
    """The answers of which one alone opens a conditional option; if none does, what must be known of it."""
    elsewhere = any(question.fact == _SETTING for question in asked.next_questions)
    for question in asked.next_questions:
        shut = len(question.answers) > 1 and all(option.id in answer.closes for answer in question.answers)
        if shut and not (elsewhere and question.fact != _SETTING):  # only of one setting is it asked
            return Opening(f"ruled out by any answer ({_lowered(short_question(question.question))})")
    found: list[str] = []
    known: list[str] = []
    for question in asked.next_questions:
        answers = answers_that_open(question.answers, option.id)
        if len(answers) > 1 and all(option.id in answer.opens for answer in question.answers):
            known.append(f'once "{short_question(question.question)}" is answered')
        elif answers:
            found.append(answer_clause(question.fact, answers, asked.names))
    if alone := [*sorted(found, key=_place), *known]:  # "not A or B" reads as neither
        return Opening(alternatives(alone), clause=bool(found))
    if needed := tuple(_lowered(short_question(need.question)) for need in option.needs if need.question):
        return Opening(f"{_SEVERAL} ({'; '.join(needed)})", needed=needed)
    return Opening("a date that is known only to the month")


def _place(clause: str) -> tuple[bool, bool]:
    return clause.startswith(_DENIALS), clause.startswith("with ")


def _lowered(question: str) -> str:
    """A question as a part of a sentence."""
    asked = question.rstrip("?")
    return f"{asked[0].lower()}{asked[1:]}" if asked.split()[0][1:].islower() else asked


def depends_lines(options: Sequence[Option], asked: Suggest, names: Mapping[str, str]) -> list[Line]:
    """A line for each answer that opens options of the first two tiers; the others are counted elsewhere.

    Behind them stands what hangs on several answers together, whatever their order, and what hangs on very many.
    """
    groups: dict[Opening, list[str]] = {}
    several: dict[frozenset[str], tuple[Opening, list[str]]] = {}
    many: list[str] = []
    for option in (o for o in options if o.tier in LEADING):
        opening = what_opens(option, asked)
        if not opening.needed:
            groups.setdefault(opening, []).append(option.id)
        elif len(opening.needed) > TOLD:
            many.append(option.id)
        else:
            several.setdefault(frozenset(opening.needed), (opening, []))[1].append(option.id)
    lines = [
        Line(named(ids, names), lead=f"{supposing(one.words) if one.clause else capitalised(one.words)}:")
        for one, ids in groups.items()
    ]
    if len(several) == 1:
        [(opening, ids)] = several.values()
        lines.append(Line(named(ids, names), lead=f"{capitalised(opening.words)}:"))
    elif several:
        lines.append(Line("", lead=f"{capitalised(_SEVERAL)}:"))
        lines += [Line("; ".join(one.needed), lead=f"{named(ids, names)}:", indent=1) for one, ids in several.values()]
    if many:
        lines.append(
            Line(f"{named(many, names)} (mmopts explain tells them).", lead=f"More than {TOLD} answers are needed:")
        )
    return lines
