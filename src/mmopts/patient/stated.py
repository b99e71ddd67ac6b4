"""The shapes that intake works with: what was stated, what was made of it, and how values are spoken of."""

from collections.abc import Mapping
from typing import Any

from mmopts.diagnostics import ASSUMPTION, WARNING, Diagnostic
from mmopts.facts import Fact
from mmopts.logic import Interval, Value
from mmopts.record import Record
from mmopts.words import span_words


class Implied(Record):
    """What a word also says, such as an earlier transplant, and the word (`because`)."""

    atom: str
    value: Value
    because: str


class Stated(Record):
    """The stated atoms and what else the words imply.

    `whole` are the facts whose list is presumed whole; `last` the drugs and classes of the last line, if given.
    """

    atoms: dict[str, Value]
    whole: frozenset[str] = frozenset()
    last: tuple[str, ...] = ()
    implied: tuple[Implied, ...] = ()
    given: Mapping[str, Any] = {}


class Patient(Record):
    """A patient as known: `facts` with presumptions, `firm` without, and the account of both."""

    facts: dict[str, Value]
    firm: dict[str, Value]
    stated: Stated
    assumptions: list[Diagnostic]
    warnings: list[Diagnostic]
    strict: bool = False


def assumed(code: str, text: str, fact: str, rule: str) -> Diagnostic:
    """Something taken for granted in the answer, by a presumption or a score (`rule`, as the value)."""
    return Diagnostic(code, text, fact, rule, severity=ASSUMPTION)


def doubted(code: str, text: str, fact: str) -> Diagnostic:
    """Something to be looked at."""
    return Diagnostic(code, text, fact, severity=WARNING)


def show_value(value: Value, fact: Fact | None = None) -> str:
    """A value in words: a number, a range, the possible words, yes or no. `fact`: whose limits need not be said."""
    if isinstance(value, frozenset):
        return " or ".join(sorted(value))
    return span_words(value, fact) if isinstance(value, Interval) else "yes" if value else "no"


def restate(stated: Stated, changes: Mapping[str, Value]) -> Stated:
    """The same statement with some atoms answered."""
    return stated._replace(atoms={**stated.atoms, **changes})
