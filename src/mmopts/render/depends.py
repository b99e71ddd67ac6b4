"""What depends on an answer, grouped by the answer that opens it, in the words of a colleague."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mmopts.answers.forms import Option, Suggest
from mmopts.render.blocks import Line
from mmopts.render.phrases import answer_phrase, answers_that_open, named, short_question

FIRST = ("preferred", "alternative")
"""The tiers of which a screen tells most."""


def if_words(option: Option, asked: Suggest) -> str:
    """The answers of which one alone opens a conditional option; if none does, what must be known of it."""
    alone = []
    for question in asked.next_questions:
        answers = answers_that_open(question.answers, option.id)
        if answers:
            alone.append(answer_phrase(question.fact, answers, asked.names))
    if alone:
        return " or ".join(alone)
    open_ = [short_question(n.question).rstrip("?") for n in option.needs]
    open_ = [f"{a[0].lower()}{a[1:]}" if a.split()[0][1:].islower() else a for a in open_ if a]
    return f"more than one answer is needed ({'; '.join(open_)})" if open_ else "a date that is known only to the month"


def depends_lines(options: Sequence[Option], asked: Suggest, names: Mapping[str, str]) -> list[Line]:
    """A line for each answer that opens options of the first two tiers; the others are counted elsewhere."""
    groups: dict[str, list[str]] = {}
    for option in options:
        if option.tier in FIRST:
            groups.setdefault(if_words(option, asked), []).append(option.id)
    return [Line(named(ids, names), lead=f"{_headed(words)}:") for words, ids in groups.items()]


def _headed(words: str) -> str:
    """What opens options, before their names: an answer behind "if", else a sentence."""
    return f"{words[0].upper()}{words[1:]}" if words.startswith(("more than", "a date")) else f"If {words}"
