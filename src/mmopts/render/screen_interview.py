"""The screens of an interview: a question with what each answer changes, and what an answer has changed."""

from __future__ import annotations

from mmopts.answers.forms import Moved, Prompt
from mmopts.render.blocks import Block, Line, View
from mmopts.render.phrases import counts_words, moves_words, named, sentence

FEW = 6
"""The most regimens named after an answer."""


def prompt_screen(prompt: Prompt, view: View) -> list[Block]:
    """How far the interview is, the question, its answers, and how to answer."""
    out: list[Block] = [
        Line(counts_words(prompt.counts), "dim", lead="Now:"),
        Line(prompt.question, "strong", lead=f"{prompt.number}."),
    ]
    if prompt.presumed:
        out.append(Line(f"{prompt.presumed}.", "dim", 1, "Presumed:"))
    moves = any(answer.opens or answer.closes for answer in prompt.answers)
    if not moves and prompt.kind != "list":
        out.append(Line("No answer changes a verdict; it may change the order, doses and cautions.", "dim", 1))
    for number, answer in enumerate(prompt.answers if moves or prompt.kind != "number" else (), 1):
        if prompt.kind == "list":
            out.append(Line("", indent=1, lead=f"{number} {answer.answer}"))
        else:
            lead = answer.answer if prompt.kind == "number" else f"{number} {answer.answer}"
            out.append(Line(moves_words(answer, FEW, prompt.names), indent=1, lead=f"{lead}:"))
    return [*out, Line(f"{prompt.hint}; u unknown, b back, q stop.", "dim", 1, "Answer:")]


def moved_screen(moved: Moved, view: View) -> list[Block]:
    """All that an answer has changed."""
    out: list[Block] = [Line(sentence(w.text), "warn", 1, "Warning:") for w in moved.warnings]
    if moved.opens:
        out.append(Line(named(moved.opens, moved.names), "good", 1, "Opened:"))
    if moved.closes:
        out.append(Line(named(moved.closes, moved.names), "bad", 1, "Ruled out:"))
    return out if moved.opens or moved.closes else [*out, Line("No verdict has changed.", "dim", 1)]
