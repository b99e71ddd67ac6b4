"""The screen of ``mmopts ask``: what to find out, what each answer opens and closes, and the words to paste."""

from __future__ import annotations

from mmopts.answers.forms import Answered, AskAnswer, NextQuestion
from mmopts.render.about import about_patient, command, foot, next_commands, options_of
from mmopts.render.blocks import Block, Command, Line, View
from mmopts.render.phrases import counted


def ask_screen(answer: AskAnswer, view: View) -> list[Block]:
    """Questions in order of what they settle."""
    counts = answer.counts
    out: list[Block] = [
        *about_patient(answer),
        Line(f"{counts.eligible} open, {counts.conditional} that depend, {counts.excluded} ruled out.", lead="Now:"),
    ]
    if not answer.next_questions:
        out.append(Line("No answer would change a verdict.", "strong"))
    for number, question in enumerate(answer.next_questions, 1):
        out += _question(number, question)
    out += foot(answer.knowledge, answer.notice)
    return [*out, *next_commands([command("suggest", options_of(answer))])]


def _question(number: int, question: NextQuestion) -> list[Block]:
    settled = f"Decides {question.settles} of the {counted(question.of, 'regimen')} that depend, at best"
    least = f"; at least {question.settles_at_least}" if question.settles_at_least != question.settles else ""
    out: list[Block] = [Line(question.question, "strong", lead=f"{number}."), Line(f"{settled}{least}.", "dim", 1)]
    for answer in question.answers:
        out.append(Line(_moves(answer), indent=1, lead=f"{answer.answer}:"))
        if answer.options:
            out.append(Command(answer.options, 2))
    if not question.answers:
        out.append(Command(question.option, 1, "Answer with"))
    return out


def _moves(answer: Answered) -> str:
    """What an answer opens and closes."""
    parts = [f"opens {', '.join(answer.opens)}"] if answer.opens else []
    parts += [f"closes {', '.join(answer.closes)}"] if answer.closes else []
    return "; ".join(parts) or "changes no verdict"
