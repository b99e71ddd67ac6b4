"""From a command's options to a judged case: what every command about a patient does first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mmopts.callers import identity, without_id
from mmopts.cli import engine
from mmopts.cli.declare import Values
from mmopts.cli.environment import Environment
from mmopts.cli.options import facts_given, one, raise_if
from mmopts.cli.output import Output, of_the_question, output_given, show
from mmopts.cli.settings import defaults
from mmopts.diagnostics import Diagnostic, KnowledgeError, QuestionError
from mmopts.facts import FACTS, QUESTION_KEYS
from mmopts.record import Record

if TYPE_CHECKING:
    from mmopts.answers.patient import About
    from mmopts.knowledge.records import Knowledge

Data = dict[str, Any]
Acted = tuple[str, str, str]
"""A default that had an effect, as an answer names it: its option, its value, where it was found."""


class Here:
    """A knowledge base, its path, and the defaults of this place; remembers which of them had an effect."""

    def __init__(self, given: Values, env: Environment) -> None:
        problems: list[Diagnostic] = []
        path = one(given.get("kb"), "kb", problems)
        raise_if(problems)
        self.defaults = defaults(env)
        self.used: list[Acted] = []
        default = self.defaults.get("kb") if path is None else None
        if default is not None:
            self.used.append(default.acted)
            path = str(default.value)
            file = one(given.get("output"), "output", problems)
            raise_if(list(of_the_question(file, {"kb": path})) if file is not None else [])
        self.path = path
        self.kb = engine.load_knowledge(path) if default is None else loaded(path, default.origin)
        columns = self.defaults.get("columns")
        self.env = env._replace(width=columns.value) if columns and env.terminal else env

    def filled(self, facts: Mapping[str, Any], begun: bool = False) -> tuple[Data, list[Acted]]:
        """Facts, an ``id`` apart, with the defaults for what they leave open; and the defaults that acted.

        What cannot be had here is no fact about a patient: where none was given, it is not one by default, unless the
        patient is only `begun`.
        """
        patient = without_id(facts)
        names = ("region", "unavailable") if begun or patient.keys() - set(QUESTION_KEYS) else ("region",)
        found = [self.defaults[n] for n in names if n in self.defaults and patient.get(n) is None]
        for default in found:
            raise_if([of_default(p, default.origin) for p in engine.word_faults(default.name, default.value, self.kb)])
        return patient | {d.name: d.value for d in found}, [*self.used, *(d.acted for d in found)]


def loaded(path: str | None, origin: str) -> Knowledge:
    """The knowledge base that is the default here. Raises KnowledgeError; one that is not there with where it is named."""
    try:
        return engine.load_knowledge(path)
    except KnowledgeError as error:
        unread = "kb-unreadable"
        raise KnowledgeError([of_default(p, origin) if p.code == unread else p for p in error.problems]) from None


def of_default(fault: Diagnostic, origin: str) -> Diagnostic:
    """A fault in a default, with the place where the default was found."""
    return fault._replace(message=f"{origin}: {fault.message}")


class Posed(Record):
    """A patient, assessed (`about` gives the answers), and the place where they are shown."""

    env: Environment
    kb: Knowledge
    about: About


def posed(facts: Mapping[str, Any], here: Here) -> Posed:
    """The patient of `facts`, which may hold an ``id``. Raises QuestionError with every fault."""
    filled, used = here.filled(facts)
    return Posed(here.env, here.kb, engine.about(filled, here.kb, identity(facts), used))


@contextmanager
def given_facts(env: Environment, given: Values, problems: list[Diagnostic]) -> Iterator[Data]:
    """The facts of the options and of the patient file; what is wrong with options is added to `problems`.

    A fault of a fact that the file stated, raised while they are used, names the file, and the fact as the file does.
    Raises QuestionError for a patient file that cannot be read.
    """
    facts = facts_given(given, problems)
    path = one(given.get("patient"), "patient", problems)
    if path is None:
        yield facts
        return
    from mmopts.cli.patient_file import as_written, file_named, merged, read_patient

    stated = read_patient(path, env)
    try:
        yield merged(stated, facts)
    except QuestionError as error:
        raise as_written(error, stated.keys() - facts.keys(), f"{file_named(path)}: ") from None


@contextmanager
def together(problems: list[Diagnostic]) -> Iterator[None]:
    """Raise QuestionError with the faults found before (`problems`) and those of what is done meanwhile, if any."""
    try:
        yield
    except QuestionError as error:
        lost = any(p.fact in FACTS for p in problems)  # a fact that was given wrong is not one that was not given
        told = [p for p in error.problems if not (lost and p.code == "no-facts")]
        raise QuestionError([*problems, *told]) from None
    raise_if(problems)


def asked(env: Environment, given: Values, problems: list[Diagnostic]) -> Posed:
    """The patient of the options and of the patient file, judged.

    Raises QuestionError: faults of both are reported with those found before.
    """
    with together(problems), given_facts(env, given, problems) as facts:
        return posed(facts, Here(given, env))


def told_of(regimen: str, all_: bool, env: Environment, given: Values, answer: Callable[[About, str], Record]) -> None:
    """Write what `answer` makes of the patient and of the id of the regimen that was named.

    Raises QuestionError, with every fault of the options and of the patient file.
    """
    problems: list[Diagnostic] = []
    output = output_given(given, problems, view=["all"] if all_ else ())
    found = asked(env, given, problems)
    show(answer(found.about, engine.regimen_named(regimen, found.kb)), output, found.env)


def plainly(env: Environment, given: Values) -> tuple[Here, Output]:
    """The knowledge base and the output, for a command without a patient."""
    problems: list[Diagnostic] = []
    output = output_given(given, problems)
    raise_if(problems)
    return Here(given, env), output
