"""Verdicts and labels: the conditions of a knowledge base evaluated for a patient, or for many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mmopts.facts import ANY_REGION, REGIONS
from mmopts.knowledge.dates import reached
from mmopts.knowledge.once import Once
from mmopts.knowledge.records import Knowledge, Regimen
from mmopts.logic import Cond, Evaluate, Facts, Truth, Value, Worlds, fold
from mmopts.record import Record

VERDICTS = {True: "eligible", False: "excluded", None: "conditional"}
LABELS = {True: "on-label", False: "off-label", None: "unknown"}
NOT_APPLICABLE = "not-applicable"
SAID = {True: "yes", False: "no", None: "unknown"}
COUNTRIES = REGIONS[:-1]
"""The regions with labels of their own; the last of `REGIONS` means any of them."""

REMEMBERED = 64
"""Of so many scopes the facts are kept: a run asks for few of them, a service that runs on for ever more."""


class Scope(Record):
    """What belongs to the question and not to the patient: a region and a day (YYYY-MM-DD)."""

    region: str
    as_of: str

    @property
    def regions(self) -> Sequence[str]:
        """The regions whose labels count."""
        return COUNTRIES if self.region == ANY_REGION else (self.region,)

    def counts(self, region: str | None) -> bool:
        """Whether what is said for a region counts; what is said for no region in particular always does."""
        return region is None or region in self.regions

    def facts(self, kb: Knowledge) -> Mapping[str, Value]:
        """The scope as facts: which dates have come, and which regions' labels count."""
        known = _asked(kb)
        if self not in known:
            if len(known) >= REMEMBERED:
                known.clear()
            known[self] = self._facts(kb)
        return known[self]

    def _facts(self, kb: Knowledge) -> dict[str, Value]:
        out: dict[str, Value] = {f"counts:{region}": region in self.regions for region in COUNTRIES}
        for text, (first, last) in kb.dates.items():
            come = reached(first, last, self.as_of)
            if come is not None:
                out[f"since:{text}"] = come
        return out


_asked: Once[dict[Scope, dict[str, Value]]] = Once(lambda _: {})


def of_scope(atom: str) -> bool:
    """Whether an atom belongs to the scope and not to the patient."""
    return atom.startswith(("since:", "counts:"))


class Truths:
    """Truth values of conditions in every world, each worked out when it is asked for, and once."""

    def __init__(self, worlds: Worlds) -> None:
        self.worlds = worlds
        self._evaluate = Evaluate(worlds)
        self._memo: dict[Cond, Truth] = {}
        self._labels: dict[tuple[str, int], Mapping[str, str]] = {}
        self._open: dict[tuple[Cond, int], tuple[Cond, ...]] = {}

    def truth(self, cond: Cond) -> Truth:
        """The truth of a condition."""
        found = self._memo.get(cond)
        return fold(cond, self._evaluate, self._memo) if found is None else found

    def at(self, cond: Cond, world: int = 0) -> bool | None:
        """The truth of a condition in one world."""
        t, f = self._memo.get(cond) or self.truth(cond)
        return True if t >> world & 1 else False if f >> world & 1 else None

    def first_two(self, cond: Cond) -> tuple[bool | None, bool | None]:
        """The truth of a condition in the first two worlds."""
        t, f = self._memo.get(cond) or self.truth(cond)
        return True if t & 1 else False if f & 1 else None, True if t & 2 else False if f & 2 else None

    def open_leaves(self, cond: Cond, world: int = 0) -> tuple[Cond, ...]:
        """The tests of facts that leave a condition open in one world, each once; none if it is decided."""
        key = (cond, world)
        found = self._open.get(key)
        if found is None:
            if self.at(cond, world) is not None:
                found = ()
            elif cond.op == "leaf":
                found = (cond,)
            else:
                found = tuple(dict.fromkeys([leaf for part in cond.args for leaf in self.open_leaves(part, world)]))
            self._open[key] = found
        return found

    def verdict(self, regimen: Regimen, world: int = 0) -> str:
        """eligible, conditional or excluded."""
        return VERDICTS[self.at(regimen.verdict, world)]

    def labels(self, regimen: Regimen, world: int = 0) -> Mapping[str, str]:
        """Per region: on-label, unknown, off-label, or not-applicable where no product is involved."""
        key = (regimen.id, world)
        found = self._labels.get(key)
        if found is None:
            found = self._labels[key] = {
                region: NOT_APPLICABLE if cond is None else LABELS[self.at(cond, world)]
                for region, cond in regimen.labels.items()
            }
        return found


def judge(kb: Knowledge, facts: Facts, scope: Scope, changes: Sequence[Mapping[str, Value | None]] = ()) -> Truths:
    """Judge one patient; world 0 is the patient, each further world differs from it by one of `changes`."""
    return Truths(Worlds.around({**facts, **scope.facts(kb)}, changes))


def judge_worlds(kb: Knowledge, worlds: Worlds, scope: Scope) -> Truths:
    """Judge worlds whose facts are settled, all of them in one scope."""
    asked = Worlds(worlds.count)
    asked.columns = {**worlds.columns, **{fact: {value: worlds.mask} for fact, value in scope.facts(kb).items()}}
    return Truths(asked)
