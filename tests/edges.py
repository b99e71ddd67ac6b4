"""Conditions as they are written, read a second time and simply: what holds of one patient of whom everything is known.

Nothing of the program is used but the list of facts: what this says of a written limit is the expectation.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from mmopts.facts import FACTS

Raw = Mapping[str, Any]
Patient = dict[str, Any]
"""Atom to True or False, to a number, or to a word."""
BOUNDS = {"min", "max", "above", "below"}
TRIES = 3000
NUMBERS = {f.name for f in FACTS.values() if f.kind == "number"}
CHOICES = [f for f in FACTS.values() if f.kind == "choice"]


class Limit(NamedTuple):
    """One bound of a number, with the last value that it lets pass and the first that it does not."""

    atom: str
    bound: str
    passes: float
    fails: float


def as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def bounds_of(value: Any) -> dict[str, float]:
    return dict(value) if isinstance(value, Mapping) else {"min": value, "max": value}


def within(number: float, value: Any) -> bool:
    """Whether a number is within what is written: `min` and `max` with their ends, `above` and `below` without."""
    said = bounds_of(value)
    return (
        number >= said.get("min", number)
        and number <= said.get("max", number)
        and ("above" not in said or number > said["above"])
        and ("below" not in said or number < said["below"])
    )


class Written:
    """A knowledge base as it is written, and what its conditions say."""

    def __init__(self, raw: Raw, inputs: Sequence[str] = ()) -> None:
        self.raw = raw
        self.definitions = {d["id"]: d["when"] for d in raw["definitions"] if "when" in d}
        classes = [c["id"] for c in raw["classes"]]
        self.members = {c: [d["id"] for d in raw["drugs"] if c in d.get("classes", ())] for c in classes}
        self.inputs = set(inputs)

    # --- what holds ------------------------------------------------------------------------------

    def holds(self, when: Raw | None, patient: Patient, me: str = "") -> bool:
        """Whether a condition holds of a patient; what is not said of drugs, words and flags is not so."""
        return all(self._one(key, value, patient, me) for key, value in (when or {}).items())

    def _one(self, key: str, value: Any, patient: Patient, me: str) -> bool:
        if key in ("any", "all"):
            return (any if key == "any" else all)(self.holds(v, patient, me) for v in as_list(value))
        if key == "not":
            return not self.holds(value, patient, me)
        if key == "at_least":
            return sum(self.holds(v, patient, me) for v in as_list(value["of"])) >= value["count"]
        if key == "is":
            return all(self.holds(self.definitions[name], patient, me) for name in as_list(value))
        if key in NUMBERS or (key in self.inputs and not isinstance(value, bool)):
            return within(patient[key], value)
        if key == "months_since":
            return all(within(patient[f"{key}:{me if d == 'self' else d}"], v) for d, v in value.items())
        if isinstance(value, bool):
            return patient.get(key, False) is value
        kind, atom = self._fact(key)
        if kind == "choice":
            return patient[key] in as_list(value)
        if kind == "drugs" and isinstance(value, Mapping):
            of = self.members[value["of"]] if isinstance(value["of"], str) else value["of"]
            return sum(patient.get(f"{atom}:{d}", False) for d in of) >= value["at_least"]
        return all(any(patient.get(f"{atom}:{n}", False) for n in self._names(name, me)) for name in as_list(value))

    @staticmethod
    @cache
    def _fact(key: str) -> tuple[str, str]:
        fact = next(f for f in FACTS.values() if key in (f.name, f.atom))
        return fact.kind, fact.atom

    def _names(self, name: str, me: str) -> list[str]:
        return [me] if name == "self" else [name, *self.members.get(name, ())]

    # --- patients at the edge --------------------------------------------------------------------

    def limits(self, when: Any, me: str = "", top: bool = True) -> Iterator[Limit]:
        """Every bound of a number in a condition, definitions included."""
        for key, value in (when or {}).items() if isinstance(when, Mapping) else ():
            if key in ("any", "all", "not"):
                yield from chain.from_iterable(self.limits(v, me) for v in as_list(value))
            elif key == "at_least":
                yield from chain.from_iterable(self.limits(v, me) for v in as_list(value["of"]))
            elif key == "is":
                yield from chain.from_iterable(self.limits(self.definitions[name], me) for name in as_list(value))
            elif key == "months_since":
                for drug, bounds in value.items():
                    yield from self._edges(f"{key}:{me if drug == 'self' else drug}", bounds, 0.5)
            elif key in NUMBERS:
                yield from self._edges(key, value, 1 if FACTS[key].whole else 0.25)
            elif key in self.inputs and not isinstance(value, bool):
                yield from self._edges(key, value, 0.25)

    @staticmethod
    def _edges(atom: str, value: Any, step: float) -> Iterator[Limit]:
        fact = FACTS.get(atom)
        low, high = (fact.low, fact.high) if fact else (0, 10_000)
        for bound, number in bounds_of(value).items():
            passes, fails = {
                "min": (number, number - step),
                "max": (number, number + step),
                "above": (number + step, number),
                "below": (number - step, number),
            }[bound]
            if low <= passes <= high and low <= fails <= high:
                yield Limit(atom, bound, passes, fails)

    def hinged(self, when: Raw, limit: Limit, rng: random.Random, me: str = "") -> Patient | None:
        """A patient of whom the condition hangs on this limit alone; None if none is found."""
        numbers = self.numbers(when, me)
        for _ in range(TRIES):
            patient: Patient = {limit.atom: limit.passes}
            if not self._make(when, rng.random() < 0.5, patient, rng, me, limit.atom):
                continue
            for atom in numbers:
                patient.setdefault(atom, rng.choice([0, 1, 2, 50, 70]))
            for fact in CHOICES:
                patient.setdefault(fact.name, rng.choice(fact.values))
            there, beyond = patient, {**patient, limit.atom: limit.fails}
            if self.holds(when, there, me) is not self.holds(when, beyond, me):
                return patient
        return None

    def numbers(self, when: Raw, me: str = "") -> list[str]:
        return list(dict.fromkeys(limit.atom for limit in self.limits(when, me)))

    def _make(self, when: Any, wanted: bool, patient: Patient, rng: random.Random, me: str, kept: str) -> bool:
        """Give the patient what makes a condition hold, or not; the number of `kept` stays. Whether that may have worked."""
        parts = [*(when or {}).items()]
        if wanted:
            return all(self._make_one(k, v, True, patient, rng, me, kept) for k, v in parts)
        if not parts:
            return False
        key, value = rng.choice(parts)
        rest = [(k, v) for k, v in parts if k != key]
        return self._make_one(key, value, False, patient, rng, me, kept) and all(
            self._make_one(k, v, rng.random() < 0.8, patient, rng, me, kept) for k, v in rest
        )

    def _make_one(
        self, key: str, value: Any, wanted: bool, patient: Patient, rng: random.Random, me: str, kept: str
    ) -> bool:
        def make(part: Any, so: bool) -> bool:
            return self._make(part, so, patient, rng, me, kept)

        if key == "not":
            return make(value, not wanted)
        if key in ("any", "all", "at_least", "is"):
            parts = as_list(value["of"] if key == "at_least" else value)
            parts = [self.definitions[p] for p in parts] if key == "is" else parts
            least = value["count"] if key == "at_least" else 1 if key == "any" else len(parts)
            # As few as will do, or one too few: then each of them counts.
            so = set(rng.sample(range(len(parts)), least if wanted else least - 1))
            return all([make(part, i in so) for i, part in enumerate(parts)])
        if key in NUMBERS or key == "months_since" or (key in self.inputs and not isinstance(value, bool)):
            several = value.items() if key == "months_since" else [(None, value)]
            return all([self._put_number(key, d, v, wanted, patient, rng, me, kept) for d, v in several])
        if isinstance(value, bool):
            return patient.setdefault(key, value is wanted) is (value is wanted)
        kind, atom = self._fact(key)
        if kind == "choice":
            words = [w for w in FACTS[key].values if (w in as_list(value)) is wanted]
            return bool(words) and patient.setdefault(key, rng.choice(words)) in words
        if kind == "drugs" and isinstance(value, Mapping):
            of = self.members[value["of"]] if isinstance(value["of"], str) else value["of"]
            count = value["at_least"] if wanted else value["at_least"] - 1
            for drug in rng.sample(of, count):
                patient[f"{atom}:{drug}"] = True
            return True
        if wanted:
            for name in as_list(value):
                patient[f"{atom}:{rng.choice(self._names(name, me))}"] = True
        return True

    def _put_number(
        self, key: str, drug: str | None, value: Any, wanted: bool, patient: Patient, rng: random.Random, me: str, kept: str
    ) -> bool:
        atom = key if drug is None else f"{key}:{me if drug == 'self' else drug}"
        if atom == kept:
            return True
        edges = [n for limit in self._edges(atom, value, 1) for n in (limit.passes, limit.fails)]
        fitting = [n for n in edges if within(n, value) is wanted]
        if not fitting:
            return False
        return within(patient.setdefault(atom, rng.choice(fitting)), value) is wanted
