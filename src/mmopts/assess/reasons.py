"""Why a condition has the value it has: the clauses that decide it, leave it open, or would turn it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mmopts.assess.truths import of_scope
from mmopts.facts import FACTS
from mmopts.logic import Cond, Facts, fold, test_leaf

SETTING = FACTS["setting"].atom


class Clause(NamedTuple):
    """A leaf or a named condition, and the value that is asked of it."""

    cond: Cond
    wanted: bool


Clauses = tuple[Clause, ...]


class Reason:
    """A value, with the fewest clauses that make the condition true (`clauses`) and the fewest that make it false (`undo`).

    If the condition already has that value, they are the clauses that give it; while it is open, the open ones. They come
    from the `cond` itself, or from so many of its `parts` (`counts`: for true and for false; None: all of them), and are
    worked out when asked for. `turned`: the parts are those of the opposite.
    """

    __slots__ = ("_cond", "_counts", "_parts", "_sides", "_turned", "value")

    def __init__(
        self,
        value: bool | None,
        cond: Cond | None = None,
        parts: Sequence[Reason] = (),
        counts: tuple[int | None, int | None] = (None, None),
        turned: bool = False,
    ) -> None:
        self.value = value
        self._cond, self._parts, self._counts, self._turned = cond, parts, counts, turned
        self._sides: list[Clauses | None] = [None, None]

    @property
    def clauses(self) -> Clauses:
        """The fewest clauses that make it true."""
        return self._side(0)

    @property
    def undo(self) -> Clauses:
        """The fewest clauses that make it false."""
        return self._side(1)

    def _side(self, side: int) -> Clauses:
        found = self._sides[side]
        if found is None and self._cond is not None:
            found = self._sides[side] = (Clause(self._cond, not side),)
        elif found is None:
            other = 1 - side if self._turned else side
            found = self._sides[side] = _fewest([part._side(other) for part in self._parts], self._counts[side])
        return found


def _fewest(parts: Sequence[Clauses], count: int | None) -> Clauses:
    """The clauses of the `count` shortest parts, or of all; those about the patient first, since the scope is given.

    Of equally short parts, one without the setting comes first, since every indication asks for that.
    """
    if count is not None:
        parts = sorted(parts, key=_length)[:count]
    return parts[0] if len(parts) == 1 else tuple(dict.fromkeys([clause for part in parts for clause in part]))


def _length(part: Clauses) -> tuple[bool, int, bool]:
    return any([of_scope(cond.fact) for cond, _ in part]), len(part), any([cond.fact == SETTING for cond, _ in part])


class Reasons:
    """The algebra of `logic.fold` that finds reasons for one set of facts; each is worked out when asked for, and once.

    `names`: a decided condition that has a name is one clause; else what it is made of is told.
    """

    def __init__(self, facts: Facts, names: bool = True) -> None:
        self._facts, self._names = facts, names
        self._memo: dict[Cond, Reason] = {}

    def of(self, cond: Cond) -> Reason:
        """Why a condition has the value it has."""
        return fold(cond, self, self._memo)

    def leaf(self, cond: Cond) -> Reason:
        """A leaf explains itself."""
        return Reason(test_leaf(cond, self._facts.get(cond.fact)), cond)

    def all(self, items: Sequence[Reason]) -> Reason:
        """Made true by every part that is not; made false by any one."""
        return self.at_least(len(items), items)

    def any(self, items: Sequence[Reason]) -> Reason:
        """Made true by any one part, the nearest miss; made false by every part that is true."""
        return self.at_least(1, items)

    def not_(self, item: Reason) -> Reason:
        """The two sides exchanged."""
        return Reason(None if item.value is None else not item.value, parts=(item,), turned=True)

    def at_least(self, count: int, items: Sequence[Reason]) -> Reason:
        """True by so many parts, the shortest; false by so many that too few are left."""
        yes, no = [[i for i in items if i.value is v] for v in (True, False)]
        spare = len(items) - count + 1
        if len(yes) >= count:
            return Reason(True, None, yes, (count, len(yes) - count + 1))
        if len(no) >= spare:
            return Reason(False, None, no, (len(no) - spare + 1, spare))
        return Reason(None, None, [i for i in items if i.value is None])

    def named(self, cond: Cond, item: Reason) -> Reason:
        """Its name, once it is decided; while it is open, what is open in it."""
        if item.value is None or not self._names:
            return item
        return Reason(item.value, cond)
