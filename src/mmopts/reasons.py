"""Why a condition has the value it has: the clauses that decide it, or that leave it open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mmopts.logic import Cond, Facts, test_leaf


class Clause(NamedTuple):
    """A leaf or a named condition, and whether it would have to hold (or not) for the whole to be true."""

    cond: Cond
    wanted: bool


class Reason(NamedTuple):
    """A value, and the fewest clauses that explain it.

    True: the clauses that hold. False: those of the nearest miss. Unknown: those that are open.
    """

    value: bool | None
    clauses: tuple[Clause, ...]


def _joined(reasons: Sequence[Reason]) -> tuple[Clause, ...]:
    return tuple(dict.fromkeys(clause for reason in reasons for clause in reason.clauses))


class Explain:
    """The algebra of `logic.fold` that finds reasons, in one world."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def leaf(self, cond: Cond) -> Reason:
        """A leaf explains itself."""
        return Reason(test_leaf(cond, self.facts.get(cond.fact)), (Clause(cond, True),))

    def all(self, items: Sequence[Reason]) -> Reason:
        """False for every part that is false; else open for every part that is open."""
        for value in (False, None):
            found = [i for i in items if i.value is value]
            if found:
                return Reason(value, _joined(found))
        return Reason(True, _joined(items))

    def any(self, items: Sequence[Reason]) -> Reason:
        """True by its shortest true part; open for every open part; false by its nearest miss."""
        for value in (True, None, False):
            found = [i for i in items if i.value is value]
            if found:
                return Reason(value, _joined(found) if value is None else min(found, key=lambda i: len(i.clauses)).clauses)
        return Reason(False, ())

    def not_(self, item: Reason) -> Reason:
        """The same clauses, wanted the other way round."""
        value = None if item.value is None else not item.value
        return Reason(value, tuple(Clause(c.cond, not c.wanted) for c in item.clauses))

    def at_least(self, count: int, items: Sequence[Reason]) -> Reason:
        """As `all` and `any`, for a number of parts."""
        yes, no = [[i for i in items if i.value is v] for v in (True, False)]
        if len(yes) >= count:
            return Reason(True, _joined(yes[:count]))
        missing = count - (len(items) - len(no))
        if missing <= 0:
            return Reason(None, _joined([i for i in items if i.value is None]))
        return Reason(False, _joined(sorted(no, key=lambda i: len(i.clauses))[:missing]))

    def named(self, cond: Cond, item: Reason) -> Reason:
        """Its name, once it is decided; while it is open, what is open in it."""
        return item if item.value is None else Reason(item.value, (Clause(cond, True),))
