"""Defaults of a place, never of a patient: a small file and MMOPTS_* variables; an option beats both, a variable the file.

What may stand there is region, unavailable, kb and columns. Each default that acts on an answer is named in it.
"""

from __future__ import annotations

import os
from typing import Any

import typer

from mmopts.cli.environment import Environment
from mmopts.diagnostics import (
    BRIEF,
    LINE,
    REASON,
    Diagnostic,
    QuestionError,
    cut,
    did_you_mean,
    in_quotes,
    nearest,
    no_choice,
)
from mmopts.facts import FACTS, REGIONS
from mmopts.partfiles import home
from mmopts.record import Record

FILE = "MMOPTS_CONFIG"
"""The variable that names another file; empty: none."""
NAMES = {
    "region": "whose labels count: us, eu or any",
    "unavailable": "what cannot be had here; mmopts facts unavailable",
    "kb": "another knowledge base, or an overlay",
    "columns": "the width of tables at a terminal, 40 to 400",
}
NARROWEST, WIDEST = 40, 400
MAX_BYTES = 100_000
MOST_DIGITS = 10


class Default(Record):
    """A default and where it was found: a variable, or the path of the file."""

    name: str
    value: Any
    origin: str

    @property
    def option(self) -> str:
        """The option that it stands for."""
        return f"--{self.name}"

    @property
    def text(self) -> str:
        """Its value as an option takes it."""
        return ",".join(self.value) if isinstance(self.value, list) else str(self.value)

    @property
    def acted(self) -> tuple[str, str, str]:
        """As an answer names it: the option, its value, where it was found."""
        return self.option, self.text, self.origin


def place(env: Environment) -> str:
    """The path of the file, there or not; empty if none is to be read.

    A relative path in XDG_CONFIG_HOME is ignored, as the XDG base directory specification asks.
    """
    named = env.variables.get(FILE)
    if named is not None:
        return named
    if not home() and not os.path.isabs(os.environ.get("XDG_CONFIG_HOME", "")):
        return ""
    folder = typer.get_app_dir("mmopts")
    if not os.path.isabs(folder):
        folder = os.path.join(home(), ".config", "mmopts")
    return os.path.join(folder, "config.toml")


def defaults(env: Environment) -> dict[str, Default]:
    """The defaults of this place. Raises QuestionError for those that cannot be used."""
    path = place(env)
    found = {name: Default(name, value, path) for name, value in read(path).items()}
    for name in NAMES:
        word = env.variables.get(variable(name))
        if word and word.strip(" ,"):
            found[name] = Default(name, from_words([word], name, variable(name)), variable(name))
    return found


def knowledge_path(env: Environment) -> str | None:
    """The path of the knowledge base that is the default here, if any. Raises QuestionError as `defaults` does."""
    kb = defaults(env).get("kb")
    return str(kb.value) if kb else None


def variable(name: str) -> str:
    """The variable of a default."""
    return f"MMOPTS_{name.upper()}"


def read(path: str, but: str = "") -> dict[str, Any]:
    """The defaults in the file at `path`, one perhaps left out; none if there is no file. Raises QuestionError."""
    try:
        with open(path, "rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        if not path or isinstance(error, (FileNotFoundError, NotADirectoryError)):
            return {}
        raise _unusable(path, getattr(error, "strerror", None) or "it is no path") from None
    import tomllib

    try:
        data = tomllib.loads(raw.decode("utf-8-sig")) if len(raw) <= MAX_BYTES else {}
    except (ValueError, RecursionError) as error:
        raise _unusable(path, cut(str(error), REASON)) from None
    if len(raw) > MAX_BYTES:
        raise _unusable(path, f"it is larger than {MAX_BYTES} bytes")
    return {name: checked(name, value, path) for name, value in data.items() if name != but}


def _unusable(path: str, reason: str) -> QuestionError:
    text = f"cannot use the defaults in {in_quotes(path, LINE)}: {reason}."
    return QuestionError([Diagnostic("bad-config", text, "config", cut(path, LINE))])


def checked(name: str, value: Any, origin: str) -> Any:
    """The value of a default. Raises QuestionError for a name or a value that cannot stand there."""
    if name not in NAMES:
        near = nearest(name, NAMES)
        why = " A patient's facts are never kept." if name in FACTS else did_you_mean(near)
        text = f"{origin}: {in_quotes(name, BRIEF)} is no default; those are {', '.join(NAMES)}.{why}"
        raise QuestionError([Diagnostic("unknown-default", text, "config", cut(name), near or list(NAMES))])
    if name == "region" and isinstance(value, str):
        if value.casefold() in REGIONS:
            return value.casefold()
        raise QuestionError([no_choice(f"{origin}: region", "region", value, REGIONS)])
    if name == "unavailable" and isinstance(value, str) and value.strip(" ,"):
        return from_words([value], name, origin)
    if name == "unavailable" and isinstance(value, list) and all(isinstance(v, str) and v.strip() for v in value):
        return value
    if name == "kb" and isinstance(value, str) and value.strip():
        return value
    if name == "columns" and type(value) is int and NARROWEST <= value <= WIDEST:
        return value
    text = f"{origin}: {name} ({NAMES[name]}) cannot be {in_quotes(str(value), BRIEF)}."
    raise QuestionError([Diagnostic("bad-value", text, name, cut(str(value)))])


def from_words(words: list[str], name: str, origin: str) -> Any:
    """The value of a default that was given as text: by a variable or on the command line. Raises QuestionError."""
    if name == "unavailable":
        return checked(name, [w.strip() for text in words for w in text.split(",") if w.strip()], origin)
    word = " ".join(words).strip()
    number = name == "columns" and word.isascii() and word.isdigit() and len(word) < MOST_DIGITS
    return checked(name, int(word) if number else word, origin)
