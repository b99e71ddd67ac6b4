"""What depends on an answer, grouped by the answer that opens it, in the words of a colleague."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mmopts.answers.forms import Option, Suggest
from mmopts.render.blocks import Line
from mmopts.render.phrases import answer_clause, answers_that_open, capitalised, named, short_question
from mmopts.words import alternatives, supposing

_SEVERAL = "more than one answer is needed"
_SETTING = "setting"
_DENIALS = ("not ", "without ", "no ")
FIRST = ("preferred", "alternative")
"""The tiers of which a screen tells most."""
TOLD = 4
"""What hangs on more than so many answers together is told without them: ``explain`` and ``all`` have them."""


def if_words(option: Option, asked: Suggest) -> str:
    """The answers of which one alone opens a conditional option; if none does, what must be known of it."""
    elsewhere = any(question.fact == _SETTING for question in asked.next_questions)
    for question in asked.next_questions:
        shut = len(question.answers) > 1 and all(option.id in answer.closes for answer in question.answers)
        if shut and not (elsewhere and question.fact != _SETTING):  # only of one setting is it asked
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
    open_ = _needed(option)
    return f"{_SEVERAL} ({'; '.join(open_)})" if open_ else "a date that is known only to the month"


def _needed(option: Option) -> list[str]:
    """The questions on which an option hangs."""
    return [_lowered(short_question(n.question)) for n in option.needs if n.question]


def _place(clause: str) -> tuple[bool, bool]:
    return clause.startswith(_DENIALS), clause.startswith("with ")


def _lowered(question: str) -> str:
    """A question as part of a sentence."""
    asked = question.rstrip("?")
    return f"{asked[0].lower()}{asked[1:]}" if asked.split()[0][1:].islower() else asked


def depends_lines(options: Sequence[Option], asked: Suggest, names: Mapping[str, str]) -> list[Line]:
    """A line for each answer that opens options of the first two tiers; the others are counted elsewhere.

    Behind them stands what hangs on several answers together, whatever their order, and what hangs on very many.
    """
    groups: dict[str, list[str]] = {}
    several: dict[frozenset[str], list[Option]] = {}
    many: list[str] = []
    for option in (o for o in options if o.tier in FIRST):
        words = if_words(option, asked)
        needed = _needed(option) if words.startswith(_SEVERAL) else []
        if not needed:
            groups.setdefault(words, []).append(option.id)
        elif len(needed) > TOLD:
            many.append(option.id)
        else:
            several.setdefault(frozenset(needed), []).append(option)
    lines = [Line(named(ids, names), lead=f"{_headed(words)}:") for words, ids in groups.items()]
    told = [("; ".join(_needed(found[0])), named([o.id for o in found], names)) for found in several.values()]
    if len(told) == 1:
        lines.append(Line(told[0][1], lead=f"{capitalised(_SEVERAL)} ({told[0][0]}):"))
    elif told:
        lines.append(Line("", lead=f"{capitalised(_SEVERAL)}:"))
        lines += [Line(asks, lead=f"{ids}:", indent=1) for asks, ids in told]
    if many:
        lines.append(
            Line(f"{named(many, names)} (mmopts explain tells them).", lead=f"More than {TOLD} answers are needed:")
        )
    return lines


def _headed(words: str) -> str:
    """What opens options, before their names: an answer behind "if", else a sentence."""
    return capitalised(words) if words.startswith(("more than", "a date", "ruled out by", "once ")) else supposing(words)
