"""What depends on an answer, grouped by the answer that opens it, in the words of a colleague."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mmopts.answers.forms import Option, Suggest
from mmopts.render.blocks import Line
from mmopts.render.phrases import answer_clause, answers_that_open, capitalised, named, short_question
from mmopts.words import alternatives, supposing

_DENIALS = ("not ", "without ", "no ")
FIRST = ("preferred", "alternative")
"""The tiers of which a screen tells most."""


def if_words(option: Option, asked: Suggest) -> str:
    """The answers of which one alone opens a conditional option; if none does, what must be known of it."""
    for question in asked.next_questions:
        if len(question.answers) > 1 and all(option.id in answer.closes for answer in question.answers):
            return f"ruled out by any answer ({_lowered(short_question(question.question))})"
    found: list[str] = []
    known: list[str] = []
    for question in asked.next_questions:
        answers = answers_that_open(question.answers, option.id)
        if len(answers) > 1 and all(option.id in answer.opens for answer in question.answers):
            known.append(f'once "{short_question(question.question)}" is answered')
        elif answers:
            found.append(answer_clause(question.fact, answers, asked.names))
    if alone := [*sorted(found, key=_place), *known]:  # "not A or B" reads as neither
        return alternatives(alone)
    open_ = [_lowered(short_question(n.question)) for n in option.needs if n.question]
    return f"more than one answer is needed ({'; '.join(open_)})" if open_ else "a date that is known only to the month"


def _place(clause: str) -> tuple[bool, bool]:
    return clause.startswith(_DENIALS), clause.startswith("with ")


def _lowered(question: str) -> str:
    """A question as part of a sentence."""
    asked = question.rstrip("?")
    return f"{asked[0].lower()}{asked[1:]}" if asked.split()[0][1:].islower() else asked


def depends_lines(options: Sequence[Option], asked: Suggest, names: Mapping[str, str]) -> list[Line]:
    """A line for each answer that opens options of the first two tiers; the others are counted elsewhere."""
    groups: dict[str, list[str]] = {}
    for option in options:
        if option.tier in FIRST:
            groups.setdefault(if_words(option, asked), []).append(option.id)
    return [Line(named(ids, names), lead=f"{_headed(words)}:") for words, ids in groups.items()]


def _headed(words: str) -> str:
    """What opens options, before their names: an answer behind "if", else a sentence."""
    return capitalised(words) if words.startswith(("more than", "a date", "ruled out by", "once ")) else supposing(words)
