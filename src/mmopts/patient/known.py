"""Facts while they are settled, for many worlds at once: what is stated, what follows; for a single world, the account.

A world is a patient of a batch, or one patient with some atoms answered otherwise; an integer has one bit a world.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mmopts.diagnostics import Diagnostic
from mmopts.facts import DENIAL, FACTS, NONE, incomplete_key, split_atom
from mmopts.logic import Value, Worlds, common
from mmopts.names import split_list
from mmopts.patient.stated import Implied, Stated, assumed, show_value
from mmopts.record import Record


class Statements(Record):
    """What was stated in each of `size` worlds: atoms, and what else their words imply.

    `columns`: atom to value to the mask of those who stated it. `whole`: fact to those whose list is presumed whole.
    `last`: drug or class to those who had it in the last line. `implied`: what a word also says, to those for whom it
    does. `open`: fact to those whose list was said not to be whole. `none`: the facts of which one patient said "none".
    """

    size: int
    columns: Mapping[str, Mapping[Value, int]]
    whole: Mapping[str, int]
    last: Mapping[str, int]
    implied: Mapping[Implied, int]
    open: Mapping[str, int]
    none: frozenset[str] = frozenset()

    def stating(self, atom: str, value: Value) -> int:
        """Those who stated this value of an atom."""
        return self.columns.get(atom, {}).get(value, 0)

    @classmethod
    def around(cls, stated: Stated, answers: Sequence[Mapping[str, Value]] = ()) -> Statements:
        """World 0 is one patient's statement, each further world the same with some atoms answered."""
        worlds = Worlds.around(stated.atoms, answers)
        every = worlds.mask
        open_ = {name: every for name in FACTS if stated.given.get(incomplete_key(name)) is True}
        whole, last = dict.fromkeys(stated.whole, every), dict.fromkeys(stated.last, every)
        none = frozenset(name for name, raw in stated.given.items() if NONE in (split_list(raw) or ()))
        return cls(worlds.count, worlds.columns, whole, last, dict.fromkeys(stated.implied, every), open_, none)


class Account:
    """What settling tells a single patient: contradictions, and what was taken for granted."""

    def __init__(self, stated: Iterable[str], none: frozenset[str]) -> None:
        self.stated, self.none = frozenset(stated), none
        self.assumptions: list[Diagnostic] = []
        self.closed = False
        self._of_stated: list[Diagnostic] = []
        self._unstated: list[Diagnostic] = []

    def copy(self) -> Account:
        """A copy that can be changed independently."""
        out = Account(self.stated, self.none)
        out.assumptions, out.closed = [*self.assumptions], self.closed
        out._of_stated, out._unstated = [*self._of_stated], self._unstated
        return out

    @property
    def conflicts(self) -> list[Diagnostic]:
        """The conflicts of stated facts; without any, the first one of what follows from them."""
        return self._of_stated or self._unstated

    def clash(self, told: Diagnostic) -> None:
        """Add a conflict of stated facts."""
        self._of_stated.append(told)

    def contradicted(self, atom: str, have: Value, because: str) -> None:
        """Add a conflict of what is known of an atom with what follows: one for each stated fact, else only the first."""
        if self.closed:
            return
        fact, about = split_atom(atom)
        name = f"⟨{fact.name}⟩"
        if about and isinstance(have, bool):
            word = about if have else NONE if fact.name in self.none else f"{DENIAL}{about}"
        else:
            word = show_value(have, fact)
        plain = name if have is True else f"not {name}"
        shown = plain if not about and isinstance(have, bool) else f"{name} {word}"
        told = Diagnostic("contradiction", f"{shown} contradicts {because}.", fact.name, word)
        if atom not in self.stated:
            self._unstated = self._unstated or [told]
        elif not any(p.fact == fact.name for p in self._of_stated):
            self._of_stated.append(told)


class Known(Worlds):
    """Facts while they are settled: a new value narrows what is known, or is in `conflict` with it.

    `account`: what is told about it; it is kept only for a single world.
    """

    def __init__(self, count: int, columns: Mapping[str, Mapping[Value, int]], none: frozenset[str] = frozenset()) -> None:
        super().__init__(count)
        self.columns = {atom: dict(column) for atom, column in columns.items()}
        self.conflict = 0
        self.account = Account(columns, none)

    def copy(self) -> Known:
        """A copy that can be changed independently."""
        out = Known(self.count, self.columns)
        out.conflict = self.conflict
        out.account = self.account.copy()
        return out

    def facts(self, world: int = 0) -> dict[str, Value]:
        """What is known in one world."""
        return {a: value for a, column in self.columns.items() for value, where in column.items() if where >> world & 1}

    def having(self, atom: str, value: Value) -> int:
        """Those for whom an atom is known to have exactly this value."""
        column = self.columns.get(atom)
        return column.get(value, 0) if column else 0

    def known(self, atom: str) -> int:
        """Those for whom anything is known of an atom."""
        out = 0
        for where in self.columns.get(atom, {}).values():
            out |= where
        return out

    def learn(self, atom: str, value: Value, where: int, because: str) -> None:
        """Add what is entailed for those of `where`; if it contradicts what is known, add a conflict that names both."""
        if not where:
            return
        column = self.columns.setdefault(atom, {})
        if isinstance(value, bool):
            against = column.get(not value, 0) & where
            column[value] = column.get(value, 0) | (where ^ against)
            if against:
                self._conflict(atom, not value, against, because)
            return
        left = where
        for have, mask in list(column.items()):
            hit = mask & left
            if not hit:
                continue
            left ^= hit
            both = common(have, value)
            if both is None:
                self._conflict(atom, have, hit, because)
            elif both != have:
                column[have] ^= hit
                column[both] = column.get(both, 0) | hit
        if left:
            column[value] = column.get(value, 0) | left

    def _conflict(self, atom: str, have: Value, where: int, because: str) -> None:
        self.conflict |= where
        if self.count == 1:
            self.account.contradicted(atom, have, because)

    def presume(self, atom: str, value: Value, where: int) -> int:
        """Fill the gaps of those of `where`; returns those who had one."""
        gap = where & ~self.known(atom)
        if gap:
            column = self.columns.setdefault(atom, {})
            column[value] = column.get(value, 0) | gap
        return gap

    def assume(self, code: str, text: str, fact: str, where: int, rule: str = "") -> None:
        """Add to the account what is taken for granted for those of `where`, by which `rule` if the code does not say it."""
        if where and self.count == 1:
            self.account.assumptions.append(assumed(code, text, fact, rule or code))
