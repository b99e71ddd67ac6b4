"""What words, cells and numbers of a table say, each read once and remembered from chunk to chunk."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mmopts.cohort.cells import said
from mmopts.diagnostics import MANY, Diagnostic
from mmopts.facts import FACTS, Fact, incomplete_key
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Cond, Interval, Value, leaves
from mmopts.patient.reading import Reader
from mmopts.patient.settling import NO_LINES, ONE_LINE, value_of

KEPT = 1 << 16
"""So many distinct cells or words of a fact are remembered from chunk to chunk."""
ODD, NONE, SOME = ("odd",), ("none",), ("some",)
Signal = tuple[Any, ...]
"""What a word says: (``atom``, atom, value), (``whole``,), (``last``, name), (``implied``, atom, value), or one of `ODD`,
`NONE`, `SOME`, or (``twice``, atom), which no two words of a cell may say."""
_FAULTS = [Diagnostic("", "")] * MANY
"""Faults that are there already: a reader then looks for no nearest words, which takes long."""


class Numbers:
    """Values of number atoms, told apart only where a condition does: a number between two bounds stands for all there."""

    def __init__(self, kb: Knowledge) -> None:
        self.bounds: dict[str, list[float]] = {}
        for atom, bound in _bounds(kb):
            self.bounds.setdefault(atom, []).append(bound)
        self.bounds = {atom: sorted(set(found)) for atom, found in self.bounds.items()}

    def stands(self, atom: str, number: float) -> float:
        """The number that stands for this one."""
        bounds = self.bounds.get(atom, ())
        at = bisect_left(bounds, number)
        if at < len(bounds) and bounds[at] == number:
            return number
        return self.inside(atom, at)

    def inside(self, atom: str, at: int) -> float:
        """A number between two neighbouring bounds, or beyond the last."""
        bounds = self.bounds.get(atom, ())
        if not bounds:
            return 0.0
        if at == 0:
            return bounds[0] - 1
        return bounds[-1] + 1 if at == len(bounds) else (bounds[at - 1] + bounds[at]) / 2

    def interval(self, atom: str, value: Interval) -> Interval:
        """The same for both ends."""
        return Interval(self.stands(atom, value.low), self.stands(atom, value.high))

    def value(self, atom: str, value: Value) -> Value:
        """The same for any value: what is no number stands for itself."""
        return self.interval(atom, value) if isinstance(value, Interval) else value

    def places(self, atom: str, numbers: pa.Array) -> pa.Array:
        """For a float array: twice the number of bounds below each number, and one more if it is a bound."""
        out = pa.scalar(0, pa.int16())
        for bound in self.bounds.get(atom, ()):
            for test in (pc.greater, pc.greater_equal):
                out = pc.add(out, pc.cast(test(numbers, bound), pa.int16()))
        return out if isinstance(out, pa.Array) else pa.repeat(pa.scalar(0, pa.int16()), len(numbers))

    def number(self, atom: str, place: int) -> float:
        """The number that stands at a place of `places`."""
        return self.bounds[atom][place // 2] if place % 2 else self.inside(atom, place // 2)


def conditions(kb: Knowledge) -> Iterable[Cond]:
    """Every condition that verdicts, labels and settling ask for."""
    for regimen in kb.regimens.values():
        yield regimen.verdict
        yield from (c for c in regimen.labels.values() if c is not None)
        yield regimen.indicated
        yield from (rule.cond for rule in regimen.forbids)
    for tool in kb.fitness:
        yield from (cond for cond in (tool.applies, tool.unless) if cond is not None)
        yield from (item.cond for item in tool.items)
    yield from (rule.when for rule in kb.presumptions if rule.when is not None)


def _bounds(kb: Knowledge) -> Iterable[tuple[str, float]]:
    for leaf in leaves(conditions(kb)):
        if leaf.test in (">=", "<="):
            yield leaf.fact, leaf.bound
    given = [g for rule in kb.entailments for g in (rule.given, *rule.then)]
    given += [g for rule in kb.presumptions for g in rule.then]
    for fact_given in given:
        value = value_of(fact_given)
        if isinstance(value, Interval):
            yield from ((fact_given.atom, end) for end in value)
    yield from (("lines", end) for end in (*NO_LINES, *ONE_LINE, FACTS["lines"].high))


class Lexicon:
    """What words and cells say, remembered from chunk to chunk."""

    def __init__(self, kb: Knowledge) -> None:
        self.kb, self.numbers = kb, Numbers(kb)
        self._words: dict[str, dict[str | None, int]] = {}
        self.signals: dict[str, dict[Signal, int]] = {}
        self._cells: dict[str, dict[str, Value | None]] = {}
        self.ranges: dict[str, dict[str, Interval]] = {}
        self._faults: dict[tuple[str, str, bool], tuple[Diagnostic, ...]] = {}

    def word(self, name: str, word: str | None) -> int:
        """The signals of one word of a list, a bit each; None stands for an empty list."""
        known = self._words.setdefault(name, {})
        found = known.get(word)
        if found is None:
            if len(known) > KEPT:
                known.clear()
            signals = self.signals.setdefault(name, {})
            found = 0
            for signal in self._read(FACTS[name], word):
                found |= 1 << signals.setdefault(signal, len(signals))
            known[word] = found
        return found

    def _read(self, fact: Fact, word: str | None) -> Iterable[Signal]:
        """What one word, or none, says of a fact; `ODD` if that must be left to reading the patient alone."""
        problems = list(_FAULTS)
        reader = Reader(self.kb, problems, [])
        stated = reader.read({fact.name: [] if word is None else word if fact.kind == "months" else [word]})
        if len(problems) > MANY:
            return [ODD]
        out: list[Signal] = []
        for atom, value in stated.atoms.items():
            out.append(("atom", atom, self.numbers.value(atom, value)))
            if fact.kind == "months":
                out.append(("twice", atom))
        out += [("whole",)] if stated.whole else []
        out += [("last", name) for name in stated.last]
        out += [("implied", i.atom, i.value) for i in stated.implied]
        if fact.kind == "drugs":
            out.append(NONE if word is None or word.strip().casefold() == "none" else SOME)
        return out

    def faults(self, name: str, value: Any, incomplete: bool) -> tuple[Diagnostic, ...]:
        """What is wrong with one fact of a patient file by itself; looking for the nearest words is done once for each."""
        key = name, repr(value), incomplete
        found = self._faults.get(key)
        if found is None:
            if len(self._faults) > KEPT:
                self._faults.clear()
            problems: list[Diagnostic] = []
            Reader(self.kb, problems, []).read({name: value, **({incomplete_key(name): True} if incomplete else {})})
            found = self._faults[key] = tuple(problems)
        return found

    def cell(self, fact: Fact, cell: str) -> Value | None:
        """What a cell of a single value says; None where it is odd. An empty cell must not come here."""
        known = self._cells.setdefault(fact.name, {})
        if cell not in known:
            if len(known) > KEPT:
                known.clear()
                self.ranges[fact.name] = {}
            problems = list(_FAULTS)
            stated = Reader(self.kb, problems, []).read({fact.name: said(fact.name, cell)})
            value = stated.atoms.get(fact.atom) if len(problems) == MANY else None
            known[cell] = None if value is None else self.numbers.value(fact.atom, value)
            if isinstance(value, Interval):
                self.ranges.setdefault(fact.name, {})[cell] = value
        return known[cell]
