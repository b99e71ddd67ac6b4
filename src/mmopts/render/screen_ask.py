"""The screen of ``mmopts ask``: what to find out, what each answer opens and closes, and the words to paste."""

from __future__ import annotations

from mmopts.answers.forms import Answered, AskAnswer, NextQuestion
from mmopts.render.about import about_patient, command, foot, next_commands, options_of
from mmopts.render.blocks import Block, Command, Heading, Line, View
from mmopts.render.phrases import answer_phrase, counts_words, depending, moves_words


def ask_screen(answer: AskAnswer, view: View) -> list[Block]:
    """Questions in order of what they settle."""
    out: list[Block] = [
        *about_patient(answer),
        Line(counts_words(answer.counts), lead="Now:"),
    ]
    if not answer.next_questions:
        out.append(Line("No answer would change a verdict.", "strong"))
    for number, question in enumerate(answer.next_questions, 1):
        out += _question(number, question, answer)
    out += foot(answer, view)
    return [*out, *next_commands([command("suggest", options_of(answer))])]


def _question(number: int, question: NextQuestion, asked: AskAnswer) -> list[Block]:
    """One question: what it settles, what each answer opens and closes, and the words to answer it with."""
    names = {one.id: one.name for one in asked.ranked}
    best, least = question.settles, question.settles_at_least
    settled = f"{best}" if best == least else f"{least} to {best}"
    of = f"all {depending(best)}" if best == least == question.of else f"{settled} of the {depending(question.of)}"
    of = "the one that depends" if best == least == question.of == 1 else of
    out: list[Block] = [
        Heading(f"{number}. {question.question}"),
        Line(
            f"Settles {of}." if best else "No verdict hangs on it; doses, cautions or the order may.",
            "dim",
        ),
    ]
    for answer in question.answers:
        out.append(Line(moves_words(answer, long=names), lead=f"{_said(question, answer)}:"))
        if answer.options:
            out.append(Command(answer.options, 1))
    if not question.answers:
        out.append(Command(question.option, lead="Answer with"))
    return out


def _said(question: NextQuestion, answer: Answered) -> str:
    """An answer with what it is of, "2 prior lines"; a yes or a no stands for itself."""
    return answer.answer if answer.answer in ("yes", "no") else answer_phrase(question.fact, [answer.answer])
