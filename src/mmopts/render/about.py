"""What every screen about a patient begins and ends with: who it is, what was presumed; sources, knowledge, what next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from mmopts.answers.forms import Asked, KnowledgeHead, Note
from mmopts.render.blocks import ROOMY, Block, Command, Group, Line, View
from mmopts.render.phrases import knowledge_words, patient_line, presumed, reference, same_question, sentence

if TYPE_CHECKING:
    from mmopts.knowledge.records import Source

RECALLED = "* recalled, not read"
VISITS = "visits/28 d: first, later"


class OfKnowledge(Protocol):
    """An answer from a knowledge base."""

    @property
    def knowledge(self) -> KnowledgeHead:
        """Which knowledge base answered."""

    @property
    def notice(self) -> str:
        """What the answer is not."""


class OfPatient(OfKnowledge, Protocol):
    """An answer about a patient."""

    @property
    def patient_id(self) -> str | None:
        """The name that the caller gave the patient."""

    @property
    def question(self) -> Asked | None:
        """The scope of the question."""

    @property
    def patient(self) -> Mapping[str, Any] | None:
        """The facts."""

    @property
    def names(self) -> Mapping[str, str]:
        """The names of the words of lists, by atom."""

    @property
    def assumptions(self) -> tuple[Note, ...]:
        """What was taken for granted."""

    @property
    def warnings(self) -> tuple[Note, ...]:
        """What is to be known of the facts."""


def about_patient(answer: OfPatient) -> list[Block]:
    """The patient in one line, presumptions in one, warnings, the scope if it is narrow."""
    if answer.patient is None:
        return []
    name = f"{answer.patient_id}: " if answer.patient_id else ""
    out: list[Block] = [Line(f"{name}{patient_line(answer.patient, answer.names)}", "strong")]
    taken = presumed(answer.assumptions)
    if taken:
        out.append(Line(f"{taken}.", "dim", lead="Presumed:"))
    out += [Line(sentence(w.text), "warn", lead="Warning:") for w in answer.warnings]
    asked = answer.question
    if asked is not None:
        scope = [f"labels of the {asked.region.upper()} alone"] if asked.region != "any" else []
        scope += [f"as of {asked.as_of}"] if asked.as_of != answer.knowledge.reviewed else []
        out += [Line(f"{'; '.join(scope)}.", "dim", lead="Scope:")] if scope else []
        out += [Line(f"{d.option} {d.value} ({d.origin})", "dim", lead="Default:") for d in asked.defaults]
    return out


def options_of(answer: OfPatient) -> str:
    """The options that put the same question again."""
    if answer.patient is None:
        return ""
    return same_question(answer.patient, answer.assumptions, answer.question, answer.knowledge.reviewed)


def foot(answer: OfKnowledge, view: View, marks: Sequence[str] = (), ids: Sequence[str] = ()) -> list[Block]:
    """The sources that a screen uses (as references where there is room), the knowledge base, marks, notice."""
    known = knowledge_words(answer.knowledge)
    if ids and view & {"all", ROOMY}:
        sources: Mapping[str, Source] = getattr(answer, "sources", {})
        told = [Line(reference(sources[i]) if i in sources else "", lead=f"{i}:") for i in ids]
        out: list[Block] = [Group("Sources", [*told, Line(f"Knowledge {known}", "dim")], beside=False)]
    elif ids:
        out = [Group("Sources", [Line(f"{', '.join(ids)}. Knowledge {known}", "dim")])]
    else:
        out = [Group("Knowledge", [Line(known, "dim")])]
    out += [Group("Marks", [Line("; ".join(marks) + ".", "dim")])] if marks else []
    return [*out, Line(answer.notice, "dim")] if answer.notice else out


def next_commands(commands: Sequence[str]) -> list[Block]:
    """What to run next."""
    return [Group("Next", [Command(command) for command in commands])] if commands else []


def command(*words: str) -> str:
    """A command line of ours."""
    return " ".join(["mmopts", *(w for w in words if w)])
