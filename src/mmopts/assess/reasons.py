"""Why a condition has the value it has: the clauses that decide it, leave it open, or would turn it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mmopts.facts import FACTS
from mmopts.logic import Cond, Facts, fold, test_leaf

SETTING = FACTS["setting"].atom


class Clause(NamedTuple):
    """A leaf or a named condition, and the value that is asked of it."""

    cond: Cond
    wanted: bool


Clauses = tuple[Clause, ...]


class Reason(NamedTuple):
    """A value, with the fewest clauses that make the condition true and the fewest that make it false.

    Where the condition already is so, they are the clauses that hold; while it is open, those that are open.
    """

    value: bool | None
    clauses: Clauses
    undo: Clauses


def _joined(parts: Sequence[Clauses]) -> Clauses:
    return parts[0] if len(parts) == 1 else tuple(dict.fromkeys([clause for part in parts for clause in part]))


def _fewest(parts: Sequence[Clauses], count: int = 1) -> Clauses:
    """The shortest of them; of equals rather one that leaves the setting alone, for every indication asks for that."""
    if len(parts) == 1:
        return parts[0]
    return min(parts, key=_length, default=()) if count == 1 else _joined(sorted(parts, key=_length)[:count])


def _length(part: Clauses) -> tuple[int, bool]:
    for cond, _ in part:
        if cond.fact == SETTING:
            return len(part), True
    return len(part), False


class Explain:
    """The algebra of `logic.fold` that finds reasons, in one world.

    `named`: a decided condition that has a name is one clause; else what it is made of is told.
    """

    def __init__(self, facts: Facts, names: bool = True) -> None:
        self.facts, self.names = facts, names

    def leaf(self, cond: Cond) -> Reason:
        """A leaf explains itself."""
        return Reason(test_leaf(cond, self.facts.get(cond.fact)), (Clause(cond, True),), (Clause(cond, False),))

    def all(self, items: Sequence[Reason]) -> Reason:
        """Made true by every part that is not; made false by any one."""
        return self.at_least(len(items), items)

    def any(self, items: Sequence[Reason]) -> Reason:
        """Made true by any one part, the nearest miss; made false by every part that is true."""
        return self.at_least(1, items)

    def not_(self, item: Reason) -> Reason:
        """The two sides exchanged."""
        return Reason(None if item.value is None else not item.value, item.undo, item.clauses)

    def at_least(self, count: int, items: Sequence[Reason]) -> Reason:
        """True by so many parts, the shortest; false by so many that too few are left."""
        yes, no = [[i for i in items if i.value is v] for v in (True, False)]
        spare = len(items) - count + 1
        if len(yes) >= count:
            return Reason(
                True, _fewest([i.clauses for i in yes], count), _fewest([i.undo for i in yes], len(yes) - count + 1)
            )
        if len(no) >= spare:
            return Reason(False, _fewest([i.clauses for i in no], len(no) - spare + 1), _fewest([i.undo for i in no], spare))
        still = [i for i in items if i.value is None]
        return Reason(None, _joined([i.clauses for i in still]), _joined([i.undo for i in still]))

    def named(self, cond: Cond, item: Reason) -> Reason:
        """Its name, once it is decided; while it is open, what is open in it."""
        if item.value is None or not self.names:
            return item
        return Reason(item.value, (Clause(cond, True),), (Clause(cond, False),))


class Reasons:
    """The reasons of conditions for one set of facts, each worked out when it is asked for, and once."""

    def __init__(self, facts: Facts, names: bool = True) -> None:
        self._explain = Explain(facts, names)
        self._memo: dict[Cond, Reason] = {}

    def of(self, cond: Cond) -> Reason:
        """Why a condition has the value it has."""
        return fold(cond, self._explain, self._memo)
