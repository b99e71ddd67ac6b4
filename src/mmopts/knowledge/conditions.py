"""Authored conditions (``when: {lines: {min: 1}, exposed: PI}``) to interned ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf, nextafter
from typing import Any

from mmopts.errors import nearest
from mmopts.facts import FACTS
from mmopts.knowledge.read import Path
from mmopts.logic import Cond, Conditions

Report = Callable[..., None]
"""Takes a fault: code, message, path, suggestion."""

_DRUG_FACTS = {"exposed": "received", "refractory": "refractory to", "intolerant": "intolerant of"}
_WORD_FACTS = ("cytogenetics", "condition", "unavailable")
_NUMBERS = [f.name for f in FACTS.values() if f.kind == "number"]
_CHOICES = [f.name for f in FACTS.values() if f.kind == "choice"]
_FLAGS = [f.name for f in FACTS.values() if f.kind == "flag"]
KEYS = (
    *_NUMBERS,
    *_CHOICES,
    *_FLAGS,
    *_DRUG_FACTS,
    *_WORD_FACTS,
    "months_since",
    "is",
    "open",
    "any",
    "all",
    "not",
    "at_least",
)


def as_list(value: Any) -> list[Any]:
    """A value that may be one or a list, as a list."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


class Builder:
    """Builds conditions from authored ones, reporting what it does not know.

    `classes` maps a class to its members, `drugs` and `words` are the vocabularies, `definitions` named conditions.
    """

    def __init__(
        self,
        conds: Conditions,
        classes: Mapping[str, Sequence[str]],
        class_names: Mapping[str, str],
        drugs: Sequence[str],
        words: Mapping[str, Sequence[str]],
        definitions: Mapping[str, Mapping[str, Any]],
        report: Report,
    ) -> None:
        self.conds, self.classes, self.class_names, self.drugs = conds, classes, class_names, drugs
        self.words, self.definitions, self.report = words, definitions, report
        self.verdicts: dict[str, Cond] = {}
        self._defining: list[str] = []

    def build(self, when: Any, path: Path, self_drug: str | None = None) -> Cond:
        """The condition of `when`; `self_drug` is what ``self`` stands for. Faults give a condition that is true."""
        if when is None:
            return self.conds.true
        if not isinstance(when, Mapping):
            self.report("bad-condition", "a condition is a mapping of facts", path)
            return self.conds.true
        return self.conds.all([self._key(key, value, (*path, key), self_drug) for key, value in when.items()])

    def _key(self, key: str, value: Any, path: Path, me: str | None) -> Cond:
        conds = self.conds
        if key in _NUMBERS:
            return self._number(key, value, path, key)
        if key in _DRUG_FACTS:
            return self._drugs(key, value, path, me)
        if key == "months_since":
            return conds.all(
                [self._number(f"months_since:{self._drug(d, (*path, d), me)}", v, (*path, d), key) for d, v in value.items()]
            )
        if key in _FLAGS:
            if not isinstance(value, bool):
                self.report("bad-condition", f"{key} is true or false", path)
            return conds.leaf(key, "is", bool(value))
        if key in _CHOICES:
            for word in as_list(value):
                self._known(word, FACTS[key].values, key, path)
            return conds.leaf(key, "in", frozenset(map(str, as_list(value))))
        if key in _WORD_FACTS:
            return conds.all(
                [conds.leaf(f"{key}:{self._known(w, self.words[key], key, path)}", "is", True) for w in as_list(value)]
            )
        if key == "is":
            return conds.all([self._definition(w, path) for w in as_list(value)])
        if key == "open":
            known = [w for w in as_list(value) if self._known(w, self.verdicts, "regimen", path) in self.verdicts]
            return conds.any([self.verdicts[w] for w in known])
        if key in ("any", "all"):
            parts = [self.build(item, (*path, i), me) for i, item in enumerate(as_list(value))]
            return conds.any(parts) if key == "any" else conds.all(parts)
        if key == "not":
            return conds.not_(self.build(value, path, me))
        if key == "at_least":
            if not isinstance(value, Mapping) or not isinstance(value.get("count"), int) or "of" not in value:
                self.report("bad-condition", "at_least takes {count: a number, of: conditions}", path)
                return conds.true
            return conds.at_least(value["count"], [self.build(v, (*path, "of", i), me) for i, v in enumerate(value["of"])])
        near = nearest(key, KEYS)
        self.report("unknown-key", f"{key!r} is no fact that a condition can test", path, near[0] if near else "")
        return conds.true

    def _known(self, word: Any, known: Any, what: str, path: Path) -> Any:
        if word not in known:
            near = nearest(str(word), known)
            self.report("unknown-word", f"{word!r} is no known {what}", path, near[0] if near else "")
        return word

    def _drug(self, word: Any, path: Path, me: str | None) -> str:
        if word == "self":
            if me is None:
                self.report("bad-condition", "`self` stands for a drug only in a rule of drugs or classes", path)
            return me or "self"
        return str(self._known(word, self.drugs, "drug", path))

    def _drugs(self, key: str, value: Any, path: Path, me: str | None) -> Cond:
        conds = self.conds
        if isinstance(value, Mapping):
            if not isinstance(value.get("at_least"), int) or "of" not in value:
                self.report("bad-condition", f"{key} takes drugs, or {{at_least: a number, of: a class or drugs}}", path)
                return conds.true
            names = value["of"]
            members = self.classes.get(names) if isinstance(names, str) else [self._drug(d, path, me) for d in names]
            if members is None:
                self._known(names, self.classes, "class", path)
                return conds.true
            inner = conds.at_least(value["at_least"], [conds.leaf(f"{key}:{d}", "is", True) for d in members])
            group = f"{self.class_names[names]}s" if isinstance(names, str) else "of " + ", ".join(members)
            return conds.named(f"{_DRUG_FACTS[key]} {value['at_least']} or more {group}", inner)
        return conds.all([self._one_drug(key, name, path, me) for name in as_list(value)])

    def _one_drug(self, key: str, name: Any, path: Path, me: str | None) -> Cond:
        conds = self.conds
        if name in self.classes:
            leaves = [conds.leaf(f"{key}:{d}", "is", True) for d in (name, *self.classes[name])]
            return conds.named(f"{_DRUG_FACTS[key]} {_article(self.class_names[name])}", conds.any(leaves))
        return conds.leaf(f"{key}:{self._drug(name, path, me)}", "is", True)

    def _definition(self, name: Any, path: Path) -> Cond:
        if name not in self.definitions or "when" not in self.definitions[name]:
            self._known(name, [n for n, d in self.definitions.items() if "when" in d], "definition with a condition", path)
            return self.conds.true
        if name in self._defining:
            self.report("circular", f"the definition {name} needs itself", path)
            return self.conds.true
        self._defining.append(name)
        entry = self.definitions[name]
        found = self.build(entry["when"], ("definitions", name, "when"))
        self._defining.pop()
        return self.conds.named(entry["name"], found)

    def _number(self, fact: str, value: Any, path: Path, key: str) -> Cond:
        conds = self.conds
        spec = FACTS[key]
        if not isinstance(value, Mapping):
            value = {"min": value, "max": value}
        parts, low, high = [], spec.low, spec.high
        for bound, number in value.items():
            if (
                bound not in ("min", "max", "above", "below")
                or isinstance(number, bool)
                or not isinstance(number, (int, float))
            ):
                self.report("bad-condition", f"{key} takes numbers for min, max, above or below", path)
                return conds.true
            if not spec.low <= number <= spec.high:
                self.report("out-of-range", f"{key} lies between {spec.low:g} and {spec.high:g}, not {number:g}", path)
            if bound == "min":
                parts.append(conds.leaf(fact, ">=", float(number)))
                low = max(low, number)
            elif bound == "max":
                parts.append(conds.leaf(fact, "<=", float(number)))
                high = min(high, number)
            elif bound == "above":
                parts.append(conds.not_(conds.leaf(fact, "<=", float(number))))
                low = max(low, nextafter(number, inf))
            else:
                parts.append(conds.not_(conds.leaf(fact, ">=", float(number))))
                high = min(high, nextafter(number, -inf))
        if low > high:
            self.report("unsatisfiable", f"no {key} is both {_bounds(value)}", path)
        return conds.all(parts)


def _article(name: str) -> str:
    return f"an {name}" if name[0].casefold() in "aeiou" or name[:2] in ("XP", "HD") else f"a {name}"


def _bounds(value: Mapping[str, Any]) -> str:
    return " and ".join(f"{k} {v:g}" for k, v in value.items())
