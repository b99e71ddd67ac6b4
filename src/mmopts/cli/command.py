"""How a command is declared: plain data, from which `parse` reads a command line and `help` makes a Typer program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from mmopts.cli.environment import Environment
from mmopts.diagnostics import Exit, Problem, QuestionError

Values = Mapping[str, Any]
"""What was given: of a flag a bool, of another option the list of its texts, of an argument its text (None) or texts."""
Run = Callable[[Environment, Values], Exit | None]
Completer = Callable[[str], Iterable[str]]


class Option(NamedTuple):
    """An option; without a metavar it is a flag. Its meaning is left to whoever reads its text."""

    flag: str
    metavar: str
    help: str
    group: str
    complete: Completer | None = None
    hidden: bool = False
    short: str | None = None

    @property
    def key(self) -> str:
        """Its key in `Values`."""
        return key_of(self.flag)


class Argument(NamedTuple):
    """A positional argument; `many`: one or more."""

    key: str
    help: str
    many: bool = False
    required: bool = True
    complete: Completer | None = None


class Command(NamedTuple):
    """A command: what it is for, what runs it, what it takes."""

    name: str
    help: str
    run: Run
    params: Sequence[Option | Argument]
    examples: Sequence[str] = ()


class Group(NamedTuple):
    """Commands under one name."""

    name: str
    help: str
    commands: Mapping[str, Command]


def text(
    flag: str, metavar: str, help: str, group: str, complete: Completer | None = None, short: str | None = None
) -> Option:
    """An option with a text, or several when repeated."""
    return Option(flag, metavar, help, group, complete, short=short)


def flag(flag: str, help: str, group: str, hidden: bool = False) -> Option:
    """An option without a value."""
    return Option(flag, "", help, group, hidden=hidden)


def key_of(flag: str) -> str:
    """The key of an option in `Values`."""
    return flag.lstrip("-").replace("-", "_")


def refuse_blank(values: Values) -> None:
    """An option or argument that was given without a text is a fault, never the same as not given. Raises QuestionError."""
    blank = [
        k
        for k, v in values.items()
        if any(isinstance(t, str) and not t.strip() for t in (v if isinstance(v, list) else [v]))
    ]
    if blank:
        raise QuestionError(
            [Problem("missing-value", f"{name.replace('_', '-')} was given without a value.", name) for name in blank]
        )
