"""What can go wrong, in one shape, and the exit code that each kind of fault has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import NamedTuple


class Exit(IntEnum):
    """Exit codes of the command line; the README's table is checked against this."""

    OK = 0
    FAULTS = 1
    USAGE = 2
    KNOWLEDGE = 3
    INTERNAL = 70
    INTERRUPTED = 130
    PIPE = 141


class Problem(NamedTuple):
    """One thing at fault: a stable `code`, a message that names it, and where it came from.

    `fact` is the option or key concerned, `value` what was given, `suggestions` the nearest right words.
    """

    code: str
    message: str
    fact: str | None = None
    value: object = None
    suggestions: Sequence[str] = ()


class MmoptsError(Exception):
    """One or more problems and the exit code they lead to."""

    exit_code = Exit.INTERNAL

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(p.message for p in self.problems))


class QuestionError(MmoptsError):
    """The question cannot be used: unknown words, contradictions, no facts."""

    exit_code = Exit.USAGE


class KnowledgeError(MmoptsError):
    """The knowledge base cannot be used."""

    exit_code = Exit.KNOWLEDGE


def nearest(word: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The known words most like `word`, best first; none if none is near."""
    from difflib import get_close_matches

    by_fold = {k.casefold(): k for k in known}
    found = get_close_matches(word.casefold()[:80], by_fold, count, 0.6)
    return [by_fold[f] for f in found]


MANY = 10
"""From so many problems on, no nearest words are looked for: a list of nonsense should not take minutes."""


def did_you_mean(suggestions: Sequence[str]) -> str:
    """`` Did you mean X or Y?`` or nothing."""
    return f" Did you mean {' or '.join(suggestions)}?" if suggestions else ""


def unknown_word(code: str, what: str, fact: str, word: str, near: Sequence[str], otherwise: Sequence[str] = ()) -> Problem:
    """A word that names no `what` known here; `near` are the nearest that do, `otherwise` what to suggest if none is."""
    return Problem(code, f"{word[:80]!r} is no {what} known here." + did_you_mean(near), fact, word[:80], near or otherwise)


def no_choice(said: str, fact: str, word: str, choices: Sequence[str]) -> Problem:
    """A word that is none of the choices that the option or argument `said` takes."""
    near = nearest(word, choices)
    message = f"{said} takes {', '.join(choices)}; not {word[:40]!r}." + did_you_mean(near)
    return Problem("bad-value", message, fact, word[:80], near or choices)
