"""Three-valued logic over many worlds at once. It knows no medicine.

A *world* is one complete question: the patient as given, the patient with one answer added, or
another patient of a batch. A truth value holds one bit per world, so that a condition is evaluated
once for all of them. Conditions are interned: two conditions of the same shape are one object, and
one `fold` walks them for every purpose: truth here, words in `words`, reasons, grades and SQL elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar


class Truth(NamedTuple):
    """A truth value in every world: bit ``w`` of `t` says true in world ``w``, of `f` false.

    Neither bit: unknown. Both bits are never set.
    """

    t: int
    f: int

    def at(self, world: int = 0) -> bool | None:
        """The value in one world: True, False, or None for unknown."""
        if self.t >> world & 1:
            return True
        return False if self.f >> world & 1 else None


OPEN = Truth(0, 0)
"""Unknown in every world."""


class Interval(NamedTuple):
    """A number of which only bounds may be known; both ends belong to it."""

    low: float
    high: float


Value = bool | Interval | frozenset[str]
"""What is known of a fact: yes or no, a range, or the values still possible."""
Facts = Mapping[str, Value]
"""Fact name to what is known of it; a name that is missing is unknown."""


def common(one: Value, other: Value) -> Value | None:
    """What two values of a fact have in common; None if nothing."""
    if isinstance(one, Interval) and isinstance(other, Interval):
        low, high = max(one.low, other.low), min(one.high, other.high)
        return Interval(low, high) if low <= high else None
    if isinstance(one, frozenset) and isinstance(other, frozenset):
        return one & other or None
    return one if one == other else None


class Cond:
    """A condition. Build it through `Conditions`, so that equal conditions are one object.

    `op` is ``leaf``, ``all``, ``any``, ``not``, ``at_least`` or ``named``. A leaf has `fact`, `test`
    (``is``, ``in``, ``>=``, ``<=``) and `value`; ``at_least`` has its count and ``named`` its words in `value`.
    `bound`, `listed` and `count` give that value with its type.
    """

    __slots__ = ("args", "fact", "op", "test", "value")

    def __init__(self, op: str, args: tuple[Cond, ...] = (), fact: str = "", test: str = "", value: object = None) -> None:
        self.op, self.args, self.fact, self.test, self.value = op, args, fact, test, value

    @property
    def bound(self) -> float:
        """The number of a leaf that tests ``>=`` or ``<=``."""
        assert isinstance(self.value, (int, float))
        return float(self.value)

    @property
    def listed(self) -> frozenset[str]:
        """The words of a leaf that tests ``in``."""
        assert isinstance(self.value, frozenset)
        return self.value

    @property
    def count(self) -> int:
        """How many an ``at_least`` asks for."""
        assert isinstance(self.value, int)
        return self.value

    def __repr__(self) -> str:
        if self.op == "leaf":
            return f"{self.fact} {self.test} {self.value}"
        return f"{self.op}({', '.join(map(repr, self.args))})"


class Conditions:
    """The table of interned conditions. Children always stand before their parents in `items`."""

    def __init__(self) -> None:
        self.items: list[Cond] = []
        self._known: dict[tuple[object, ...], Cond] = {}
        self.true = self._intern("all")
        self.false = self._intern("any")

    def _intern(self, op: str, args: tuple[Cond, ...] = (), fact: str = "", test: str = "", value: object = None) -> Cond:
        key = (op, args, fact, test, value)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Cond(op, args, fact, test, value)
            self.items.append(found)
        return found

    def leaf(self, fact: str, test: str, value: bool | float | frozenset[str]) -> Cond:
        """A test of one fact: ``is`` a bool, ``in`` a set of words, ``>=`` or ``<=`` a number."""
        return self._intern("leaf", (), fact, test, value)

    def all(self, items: Iterable[Cond]) -> Cond:
        """Every one holds; of none: true."""
        kept = dict.fromkeys(c for c in items if c is not self.true)
        if self.false in kept:
            return self.false
        return next(iter(kept)) if len(kept) == 1 else self._intern("all", tuple(kept))

    def any(self, items: Iterable[Cond]) -> Cond:
        """One at least holds; of none: false."""
        kept = dict.fromkeys(c for c in items if c is not self.false)
        if self.true in kept:
            return self.true
        return next(iter(kept)) if len(kept) == 1 else self._intern("any", tuple(kept))

    def not_(self, item: Cond) -> Cond:
        """It does not hold."""
        if item.op == "not":
            return item.args[0]
        if item is self.true or item is self.false:
            return self.false if item is self.true else self.true
        return self._intern("not", (item,))

    def at_least(self, count: int, items: Iterable[Cond]) -> Cond:
        """`count` of the items hold; an item given twice counts twice."""
        kept = tuple(items)
        if count <= 0:
            return self.true
        return self.false if count > len(kept) else self._intern("at_least", kept, value=count)

    def named(self, words: str, item: Cond) -> Cond:
        """`item`, to be spoken of as `words`."""
        return item if item in (self.true, self.false) else self._intern("named", (item,), value=words)

    def dump(self, used: Iterable[Cond]) -> tuple[list[list[object]], dict[Cond, int]]:
        """Conditions and all that they are made of, as JSON data with children before parents; and the place of each."""
        needed = within(used)
        kept = [c for c in self.items if c in needed]
        place = {c: i for i, c in enumerate(kept)}
        rows: list[list[object]] = []
        for c in kept:
            if c.op == "leaf":
                rows.append(["leaf", c.fact, c.test, sorted(c.value) if isinstance(c.value, frozenset) else c.value])
            else:
                rows.append([c.op, [place[a] for a in c.args], *([] if c.value is None else [c.value])])
        return rows, place


def within(conds: Iterable[Cond]) -> dict[Cond, None]:
    """These conditions and all that they are made of, each once."""
    seen: dict[Cond, None] = {}
    stack = list(conds)
    while stack:
        one = stack.pop()
        if one not in seen:
            seen[one] = None
            stack += one.args
    return seen


def leaves(conds: Iterable[Cond]) -> list[Cond]:
    """The leaves of conditions, each once."""
    return [c for c in within(conds) if c.op == "leaf"]


def load_conditions(rows: Sequence[Sequence[Any]]) -> list[Cond]:
    """The conditions of a `Conditions.dump`, in its order."""
    out: list[Cond] = []
    made = out.__getitem__
    for row in rows:
        op = row[0]
        if op == "leaf":
            _, fact, test, value = row
            out.append(Cond(op, (), fact, test, frozenset(value) if isinstance(value, list) else value))
        else:
            out.append(Cond(op, tuple(map(made, row[1])), "", "", row[2] if len(row) > 2 else None))
    return out


A = TypeVar("A")


class Algebra(Protocol[A]):
    """What a fold makes of each kind of condition.

    An algebra may have `never` and `ever`, the objects that it gives for what is false or true in every world. It is then
    spared what cannot matter: of `all` the items behind one that is `never`, of `any` those behind one that is `ever`.
    """

    def leaf(self, cond: Cond) -> A: ...
    def all(self, items: Sequence[A]) -> A: ...
    def any(self, items: Sequence[A]) -> A: ...
    def not_(self, item: A) -> A: ...
    def at_least(self, count: int, items: Sequence[A]) -> A: ...
    def named(self, cond: Cond, item: A) -> A: ...


def fold(cond: Cond, algebra: Algebra[A], memo: dict[Cond, A]) -> A:
    """Work a condition out from its leaves upwards; each distinct condition once per `memo`.

    Raises TypeError for an operator that the algebra does not handle.
    """
    if cond in memo:
        return memo[cond]
    op = cond.op
    if op == "leaf":
        found = algebra.leaf(cond)
    else:
        decided = getattr(algebra, _DECIDED[op], _NONE) if op in _DECIDED else _NONE
        items: list[A] = []
        for part in cond.args:  # a comprehension would take longer
            item = memo[part] if part in memo else fold(part, algebra, memo)
            items.append(item)
            if item is decided:
                break
        if op == "all":
            found = algebra.all(items)
        elif op == "any":
            found = algebra.any(items)
        elif op == "not":
            found = algebra.not_(items[0])
        elif op == "at_least":
            found = algebra.at_least(cond.count, items)
        elif op == "named":
            found = algebra.named(cond, items[0])
        else:
            found = _further(cond, algebra)(cond, items)
    memo[cond] = found
    return found


_DECIDED = {"all": "never", "any": "ever"}
"""The attribute of an algebra that holds the value which decides an operator, whatever the other items are."""
_NONE = object()


def _further(cond: Cond, algebra: Algebra[A]) -> Callable[[Cond, Sequence[A]], A]:
    """What an algebra makes of an operator beyond those of `Algebra`: its method of that name. Raises TypeError."""
    found: Callable[[Cond, Sequence[A]], A] | None = getattr(algebra, cond.op, None)
    if found is None:
        raise TypeError(f"{type(algebra).__name__} does not handle the operator {cond.op!r}")
    return found


def test_leaf(cond: Cond, value: Value | None) -> bool | None:
    """Whether what is known of a fact satisfies a leaf: True, False, or None where it leaves that open."""
    if value is None:
        return None
    wanted = cond.value
    if isinstance(value, bool):
        return value == wanted
    if isinstance(value, Interval):
        assert isinstance(wanted, (float, int))  # not `bound`: this is asked thousands of times for a patient
        if cond.test == ">=":
            return True if value.low >= wanted else False if value.high < wanted else None
        return True if value.high <= wanted else False if value.low > wanted else None
    assert isinstance(wanted, frozenset)
    return True if value <= wanted else None if value & wanted else False


def worlds_of(where: int) -> Iterator[int]:
    """The worlds whose bit is set, in their order."""
    text = format(where, "b")[::-1]
    at = text.find("1")
    while at >= 0:
        yield at
        at = text.find("1", at + 1)


class Worlds:
    """Many sets of facts, stored by fact: which worlds share which value of it."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.mask = (1 << count) - 1
        self.columns: dict[str, dict[Value, int]] = {}

    @classmethod
    def around(cls, base: Facts, changes: Sequence[Mapping[str, Value | None]]) -> Worlds:
        """World 0 is `base`; each further one is `base` with some facts changed (None: made unknown)."""
        self = cls(1 + len(changes))
        changed: dict[str, int] = {}
        for number, change in enumerate(changes, 1):
            for fact, value in change.items():
                changed[fact] = changed.get(fact, 0) | 1 << number
                if value is not None:
                    column = self.columns.setdefault(fact, {})
                    column[value] = column.get(value, 0) | 1 << number
        for fact, value in base.items():
            column = self.columns.setdefault(fact, {})
            column[value] = column.get(value, 0) | self.mask & ~changed.get(fact, 0)
        return self

    @classmethod
    def of(cls, patients: Sequence[Facts]) -> Worlds:
        """One world a patient."""
        self = cls(len(patients))
        columns = self.columns
        for number, facts in enumerate(patients):
            bit = 1 << number
            for fact, value in facts.items():
                column = columns.get(fact)
                if column is None:
                    columns[fact] = {value: bit}
                else:
                    column[value] = column.get(value, 0) | bit
        return self


class Evaluate:
    """Kleene's strong three-valued logic in every world at once."""

    def __init__(self, worlds: Worlds) -> None:
        self.columns, self.mask = worlds.columns, worlds.mask
        self.never, self.ever = Truth(0, self.mask), Truth(self.mask, 0)

    def leaf(self, cond: Cond) -> Truth:
        """True where the fact is known to pass, false where it is known to fail."""
        column = self.columns.get(cond.fact)
        if column is None:
            return OPEN
        t = f = 0
        for value, where in column.items():
            verdict = test_leaf(cond, value)
            if verdict is True:
                t |= where
            elif verdict is False:
                f |= where
        return self.ever if t == self.mask else self.never if f == self.mask else Truth(t, f)

    def all(self, items: Sequence[Truth]) -> Truth:
        """False as soon as one is false; true if all are."""
        t, f = self.mask, 0
        for true, false in items:
            t &= true
            f |= false
        return self.ever if t == self.mask else self.never if f == self.mask else Truth(t, f)

    def any(self, items: Sequence[Truth]) -> Truth:
        """True as soon as one is true; false if all are."""
        t, f = 0, self.mask
        for true, false in items:
            t |= true
            f &= false
        return self.ever if t == self.mask else self.never if f == self.mask else Truth(t, f)

    def not_(self, item: Truth) -> Truth:
        """The two sides exchanged."""
        t, f = item
        return self.never if t == self.mask else self.ever if f == self.mask else Truth(f, t)

    def at_least(self, count: int, items: Sequence[Truth]) -> Truth:
        """True where enough are true, false where those not false are too few."""
        return Truth(
            reached(count, [i.t for i in items], self.mask),
            reached(len(items) - count + 1, [i.f for i in items], self.mask),
        )

    def named(self, cond: Cond, item: Truth) -> Truth:
        """As the condition inside."""
        return item


def kleene(count: int, values: Sequence[bool | None]) -> bool | None:
    """Whether `count` of the values are true, as far as they are known."""
    if values.count(True) >= count:
        return True
    return False if len(values) - values.count(False) < count else None


class One:
    """Kleene's logic for one set of facts: quicker than a world where a few conditions are asked for once."""

    never, ever = False, True

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._memo: dict[Cond, bool | None] = {}

    def value(self, cond: Cond) -> bool | None:
        """The truth of a condition."""
        memo = self._memo
        return memo[cond] if cond in memo else fold(cond, self, memo)

    def leaf(self, cond: Cond) -> bool | None:
        """One fact."""
        return test_leaf(cond, self._facts.get(cond.fact))

    def all(self, items: Sequence[bool | None]) -> bool | None:
        """All of them."""
        return False if False in items else None if None in items else True

    def any(self, items: Sequence[bool | None]) -> bool | None:
        """One of them."""
        return True if True in items else None if None in items else False

    def not_(self, item: bool | None) -> bool | None:
        """Not so."""
        return None if item is None else not item

    def at_least(self, count: int, items: Sequence[bool | None]) -> bool | None:
        """So many of them."""
        return kleene(count, items)

    def named(self, cond: Cond, item: bool | None) -> bool | None:
        """As the condition inside."""
        return item


class Supposing(One):
    """The same, with one condition taken for true or for false whatever the facts say of it."""

    def __init__(self, facts: Facts, cond: Cond, value: bool) -> None:
        super().__init__(facts)
        self._memo[cond] = value


def reached(count: int, items: Sequence[int], mask: int) -> int:
    """In which worlds at least `count` of the items have their bit set."""
    found = [mask] + [0] * count
    for item in items:
        for k in range(count, 0, -1):
            found[k] |= found[k - 1] & item
    return found[count]
