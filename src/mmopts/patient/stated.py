"""The shapes that intake works with: what was stated, what was made of it, and how values are spoken of."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, nextafter
from typing import Any, NamedTuple

from mmopts.diagnostics import ASSUMPTION, WARNING, Diagnostic
from mmopts.logic import Interval, Value


class Implied(NamedTuple):
    """What a word says besides: received in the last line, or transplanted before."""

    atom: str
    value: Value
    because: str


class Stated(NamedTuple):
    """The stated atoms and what else the words imply.

    `whole` are the facts whose list is presumed whole; `last` the drugs and classes of the last line, if given.
    """

    atoms: dict[str, Value]
    whole: frozenset[str] = frozenset()
    last: tuple[str, ...] = ()
    implied: tuple[Implied, ...] = ()
    given: Mapping[str, Any] = {}


class Patient(NamedTuple):
    """A patient as known: `facts` with presumptions, `firm` without, and the account of both."""

    facts: dict[str, Value]
    firm: dict[str, Value]
    stated: Stated
    assumptions: list[Diagnostic]
    warnings: list[Diagnostic]
    strict: bool = False


def assumed(code: str, text: str, fact: str) -> Diagnostic:
    """Something taken for granted in the answer."""
    return Diagnostic(code, text, fact, severity=ASSUMPTION)


def doubted(code: str, text: str, fact: str) -> Diagnostic:
    """Something to be looked at."""
    return Diagnostic(code, text, fact, severity=WARNING)


def show_value(value: Value) -> str:
    """A value in words: a number, a range, the possible words, yes or no."""
    if isinstance(value, frozenset):
        return " or ".join(sorted(value))
    if not isinstance(value, Interval):
        return "yes" if value else "no"
    low, high = value
    if low == high:
        return f"{low:g}"
    # A bound that is not itself included is stored as the float next to it.
    below, above = nextafter(high, inf), nextafter(low, -inf)
    start = f"over {above:g}" if low % 1 and above % 1 == 0 else f"{low:g}"
    end = f"under {below:g}" if high % 1 and below % 1 == 0 else f"{high:g}"
    if high == inf:
        return f"{start} or more"
    return end if low == -inf else f"{start} to {end}"


def restate(stated: Stated, changes: Mapping[str, Value]) -> Stated:
    """The same statement with some atoms answered."""
    return stated._replace(atoms={**stated.atoms, **changes})
