"""Reads a command line that is in order, without Typer, which takes longer to import than an answer takes.

Whatever is not in order (an unknown option, a missing value, a call for help) is declined; Typer then reads the same
declarations and says what is wrong. The two read a sound command line alike, and a test holds them to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmopts.cli.command import Argument, Command, Option, Values


def parse(command: Command, words: Sequence[str]) -> Values | None:
    """The values of a command line, or None where it is not in order."""
    options = {name: p for p in command.params if isinstance(p, Option) for name in (p.flag, p.short) if name}
    values: dict[str, Any] = {p.key: [] if p.metavar else False for p in command.params if isinstance(p, Option)}
    positional: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            positional += rest
        elif word == "-" or not word.startswith("-"):
            positional.append(word)
        else:
            name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
            option = options.get(name)
            if option is None or (equals and not option.metavar):
                return None
            if not option.metavar:
                values[option.key] = True
                continue
            given = value if equals else next(rest, None)
            if given is None:
                return None
            values[option.key].append(given)
    return values if _placed(command, positional, values) else None


def _placed(command: Command, words: list[str], values: dict[str, Any]) -> bool:
    """Whether the positional words fit the arguments; they are put into `values`."""
    for argument in (p for p in command.params if isinstance(p, Argument)):
        taken, words = (words, []) if argument.many else (words[:1], words[1:])
        if argument.required and not taken:
            return False
        values[argument.key] = taken if argument.many else taken[0] if taken else None
    return not words
