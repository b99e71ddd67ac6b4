"""One shape for whatever is wrong or must be known, and the exit code that each kind of fault has.

A `Diagnostic` is made where something is found, collected in lists, and raised in one place as `QuestionError` or
`KnowledgeError`. `docs/diagnostics.md` lists every code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from typing import NamedTuple

from mmopts.record import Record


class Exit(IntEnum):
    """Exit codes of the command line; the README's table is checked against this."""

    OK = 0
    FAULTS = 1
    USAGE = 2
    KNOWLEDGE = 3
    INTERNAL = 70
    INTERRUPTED = 130
    PIPE = 141


class Place(NamedTuple):
    """Where in a file something stands; lines and columns count from 1, 0 is unknown."""

    file: str = ""
    line: int = 0
    column: int = 0


NOWHERE = Place()
ERROR, WARNING, ASSUMPTION = "error", "warning", "assumption"
"""Severities: an error forbids use, a warning is to be looked at, an assumption was made in an answer that lists it."""


class Diagnostic(Record):
    """One thing at fault or to be known: a stable `code` and a message that names it.

    `fact` is the fact or the option concerned, `value` what was given, `suggestions` the nearest right words or what to
    do, best first. In a message ``⟨lines⟩`` stands for a fact: `said` writes it as its reader knows it.
    """

    code: str
    message: str
    fact: str | None = None
    value: object = None
    suggestions: Sequence[str] = ()
    severity: str = ERROR
    place: Place = NOWHERE

    @property
    def text(self) -> str:
        """The message with facts under their plain names, as in a patient file."""
        return said(self.message, str)

    @property
    def suggestion(self) -> str:
        """The best suggestion, or nothing."""
        return self.suggestions[0] if self.suggestions else ""


def fault_at(
    code: str, message: str, file: str, line: int = 0, column: int = 0, suggestion: str = "", severity: str = ERROR
) -> Diagnostic:
    """A fault of a file, with its place and what would be right."""
    hints = (suggestion,) if suggestion else ()
    return Diagnostic(code, message, suggestions=hints, severity=severity, place=Place(file, line, column))


def said(message: str, name: Callable[[str], str]) -> str:
    """A message with each fact that it names written by `name`."""
    return re.sub("⟨([a-z0-9_]+)⟩", lambda found: name(found[1]), message) if "⟨" in message else message


def as_option(fact: str) -> str:
    """A fact as a command line knows it."""
    return f"--{fact.replace('_', '-')}"


class MmoptsError(Exception):
    """One or more diagnostics and the exit code they lead to."""

    exit_code = Exit.INTERNAL

    def __init__(self, problems: Iterable[Diagnostic]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(p.text for p in self.problems))

    def __reduce__(self) -> tuple[type[MmoptsError], tuple[list[Diagnostic]]]:
        """How it is pickled on the way between processes."""
        return type(self), (self.problems,)


class QuestionError(MmoptsError):
    """The question cannot be used: unknown words, contradictions, no facts; or its answer cannot be made or written here."""

    exit_code = Exit.USAGE


class KnowledgeError(MmoptsError):
    """The knowledge base cannot be used."""

    exit_code = Exit.KNOWLEDGE


BRIEF, WORD, REASON, LINE = 40, 80, 120, 200
"""The most letters that a message shows: of one word among others, of a single word, of a reason, of a path or a line."""


def cut(text: str, most: int = WORD) -> str:
    """The beginning of a text, as much as a message shows."""
    return text[:most]


def in_quotes(text: str, most: int = WORD) -> str:
    """The beginning of a text, in quotes."""
    return repr(cut(text, most))


def shown(value: object, most: int = WORD) -> str:
    """The beginning of any value as a message shows it; never raises, even if the value's own `repr` does."""
    try:
        return (repr(value) if isinstance(value, str) else str(value))[:most]
    except Exception:  # noqa: BLE001  a number too long to print, a list that holds itself, another's fault
        return f"a value of the type {type(value).__name__}"[:most]


def unquoted(value: object) -> str:
    """Text as it was given, of any length; any other value as `shown` shows it."""
    return value if isinstance(value, str) else shown(value)


def cannot_write(path: str, reason: object, option: str) -> QuestionError:
    """The file that an option names cannot be written."""
    text = f"cannot write {in_quotes(path, LINE)}: {reason}."
    return QuestionError([Diagnostic("cannot-write", text, option, cut(path, LINE))])


def nearest(word: str, known: Iterable[str], count: int = 3, alike: float = 0.6) -> list[str]:
    """The known words most like `word`, best first; none if none is near: at least so much `alike`, from 0 to 1."""
    from difflib import get_close_matches

    by_fold = {k.casefold(): k for k in known}
    found = get_close_matches(cut(word.casefold()), by_fold, count, alike)
    return [by_fold[f] for f in found]


def near(word: str, known: Iterable[str]) -> str:
    """The known word most like `word`; empty if none is near."""
    return next(iter(nearest(word, known, 1)), "")


MANY = 10
"""After so many problems the nearest words are no longer looked up: a list of nonsense must not take minutes."""


def did_you_mean(suggestions: Sequence[str]) -> str:
    """`` Did you mean X or Y?`` or nothing."""
    return f" Did you mean {' or '.join(suggestions)}?" if suggestions else ""


_LISTED_BY = {
    "regimen": "mmopts list",
    "drug": "mmopts drugs",
    "class": "mmopts drugs",
    "source": "mmopts sources",
    "fact": "mmopts facts",
}
"""The command that lists what can be named."""


def unknown_word(
    code: str, what: str, fact: str, word: str, near: Sequence[str], otherwise: Sequence[str] = ()
) -> Diagnostic:
    """The fault of a word that names no known `what`: suggests the nearest (`near`), or `otherwise` if none is near."""
    text = f"{in_quotes(word)} is no {what} known here." + (did_you_mean(near) or f" {_LISTED_BY[what]} lists them.")
    return Diagnostic(code, text, fact, cut(word), near or otherwise)


def no_choice(subject: str, fact: str, word: object, choices: Sequence[str]) -> Diagnostic:
    """The fault of a word that is none of the choices of the option or argument `subject`."""
    said = unquoted(word)
    near = nearest(said, choices)
    message = f"{subject} takes {', '.join(choices)}; not {in_quotes(said, BRIEF)}." + did_you_mean(near)
    return Diagnostic("bad-value", message, fact, cut(said), near or choices)
