"""The shapes that intake works with: what was stated, what was made of it, and how values are spoken of."""

from collections.abc import Mapping
from math import inf, nextafter
from typing import Any

from mmopts.diagnostics import ASSUMPTION, WARNING, Diagnostic
from mmopts.logic import Interval, Value
from mmopts.record import Record


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


def show_value(value: Value) -> str:
    """A value in words: a number, a range, the possible words, yes or no."""
    if isinstance(value, frozenset):
        return " or ".join(sorted(value))
    if not isinstance(value, Interval):
        return "yes" if value else "no"
    low, high = value
    if low == high:
        return f"{low:g}"
    above, below = left_out(low, up=False), left_out(high, up=True)
    start = f"{low:g}" if above is None else f"over {above:g}"
    end = f"{high:g}" if below is None else f"under {below:g}"
    if high == inf:
        return start if above is not None else f"{start} or more"
    return end if low == -inf else f"{start} to {end}"


def left_out(end: float, up: bool) -> float | None:
    """The bound behind the upper or the lower end of a range that does not include it; None where the end is included.

    Such an end is stored as the float next to its bound.
    """
    bound = nextafter(end, inf if up else -inf)
    return bound if end % 1 and bound % 1 == 0 else None


def restate(stated: Stated, changes: Mapping[str, Value]) -> Stated:
    """The same statement with some atoms answered."""
    return stated._replace(atoms={**stated.atoms, **changes})
