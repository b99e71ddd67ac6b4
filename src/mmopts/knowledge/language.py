"""The authored language of conditions (``when: {lines: {min: 1}, exposed: PI}``): the one place that reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf, nextafter
from typing import Any, NamedTuple, Protocol

from mmopts.diagnostics import ERROR, near
from mmopts.facts import FACTS, by_atom
from mmopts.knowledge.read import Path, as_list
from mmopts.logic import Cond, Conditions

BOUNDS = ("min", "max", "above", "below")
SELF = "self"
"""The word for the drug that a rule of drugs or classes stands for."""


class Report(Protocol):
    """Takes what is wrong at a path of the data, with what would be right."""

    def __call__(self, code: str, message: str, path: Path, suggestion: str = "", severity: str = ERROR) -> None:
        """Take a fault."""


class Terms(NamedTuple):
    """What conditions may name: classes with their members, names and articles; drugs; words; definitions."""

    members: Mapping[str, Sequence[str]]
    class_names: Mapping[str, str]
    articles: Mapping[str, str]
    drugs: Sequence[str]
    words: Mapping[str, Sequence[str]]
    definitions: Mapping[str, Mapping[str, Any]]


class Builder:
    """Builds conditions from authored ones, reporting what it does not know.

    `inputs` are numbers and flags besides the facts of a patient, such as laboratory values of a score: name to its kind.
    """

    def __init__(self, conds: Conditions, terms: Terms, report: Report) -> None:
        self.conds, self.terms, self.report = conds, terms, report
        self.verdicts: dict[str, Cond] = {}
        self.inputs: dict[str, str] = {}
        self._defining: list[str] = []
        self._tested = {fact.atom: fact.kind for fact in FACTS.values()}
        self.operators: dict[str, Callable[[Any, Path, str | None], Cond]] = {
            "any": self._any,
            "all": self._all,
            "not": self._not,
            "at_least": self._at_least,
            "is": self._definitions,
            "open": self._open,
        }
        self.kinds: dict[str, Callable[[str, Any, Path, str | None], Cond]] = {
            "number": self._number,
            "choice": self._choice,
            "flag": self._flag,
            "drugs": self._drugs,
            "words": self._words,
            "months": self._months,
        }

    def build(self, when: Any, path: Path, self_drug: str | None = None) -> Cond:
        """The condition of `when`; `self_drug` is what ``self`` stands for. Faults give a condition that is true."""
        if when is None:
            return self.conds.true
        if not isinstance(when, Mapping):
            return self._bad("a condition is a mapping of facts", path)
        return self.conds.all([self._key(key, value, (*path, key), self_drug) for key, value in when.items()])

    def _bad(self, message: str, path: Path) -> Cond:
        self.report("bad-condition", message, path)
        return self.conds.true

    def _key(self, key: str, value: Any, path: Path, me: str | None) -> Cond:
        if key in self.operators:
            return self.operators[key](value, path, me)
        kind = self._tested.get(key) or self.inputs.get(key)
        if kind is None or kind not in self.kinds:
            known = (*self._tested, *self.inputs, *self.operators)
            self.report("unknown-key", f"{key!r} is no fact that a condition can test", path, near(key, known))
            return self.conds.true
        return self.kinds[kind](key, value, path, me)

    # --- operators -------------------------------------------------------------------------------

    def _any(self, value: Any, path: Path, me: str | None) -> Cond:
        return self.conds.any([self.build(item, (*path, i), me) for i, item in enumerate(as_list(value))])

    def _all(self, value: Any, path: Path, me: str | None) -> Cond:
        return self.conds.all([self.build(item, (*path, i), me) for i, item in enumerate(as_list(value))])

    def _not(self, value: Any, path: Path, me: str | None) -> Cond:
        return self.conds.not_(self.build(value, path, me))

    def _at_least(self, value: Any, path: Path, me: str | None) -> Cond:
        if not isinstance(value, Mapping) or not isinstance(value.get("count"), int) or "of" not in value:
            return self._bad("at_least takes {count: a number, of: conditions}", path)
        parts = [self.build(v, (*path, "of", i), me) for i, v in enumerate(as_list(value["of"]))]
        return self.conds.at_least(value["count"], parts)

    def _definitions(self, value: Any, path: Path, _me: str | None) -> Cond:
        return self.conds.all([self._definition(w, path) for w in as_list(value)])

    def _open(self, value: Any, path: Path, _me: str | None) -> Cond:
        known = [w for w in as_list(value) if self._known(w, self.verdicts, "regimen", path) in self.verdicts]
        return self.conds.any([self.verdicts[w] for w in known])

    def _definition(self, name: Any, path: Path) -> Cond:
        definitions = self.terms.definitions
        if name not in definitions or "when" not in definitions[name]:
            self._known(name, [n for n, d in definitions.items() if "when" in d], "definition with a condition", path)
            return self.conds.true
        if name in self._defining:
            self.report("circular", f"the definition {name} needs itself", path)
            return self.conds.true
        self._defining.append(name)
        entry = definitions[name]
        found = self.build(entry["when"], ("definitions", name, "when"))
        self._defining.pop()
        return self.conds.named(entry["name"], found)

    # --- facts -----------------------------------------------------------------------------------

    def _flag(self, key: str, value: Any, path: Path, _me: str | None) -> Cond:
        if not isinstance(value, bool):
            self._bad(f"{key} is true or false", path)
        return self.conds.leaf(key, "is", bool(value))

    def _choice(self, key: str, value: Any, path: Path, _me: str | None) -> Cond:
        for word in as_list(value):
            self._known(word, by_atom(key).values, key, path)
        return self.conds.leaf(key, "in", frozenset(map(str, as_list(value))))

    def _words(self, key: str, value: Any, path: Path, _me: str | None) -> Cond:
        atom = by_atom(key).atom
        known = [self._known(w, self.terms.words[key], key, path) for w in as_list(value)]
        return self.conds.all([self.conds.leaf(f"{atom}:{w}", "is", True) for w in known])

    def _months(self, key: str, value: Any, path: Path, me: str | None) -> Cond:
        if not isinstance(value, Mapping):
            return self._bad(f"{key} takes a mapping of drugs to numbers", path)
        parts = [self._bounds(f"{key}:{self._drug(d, (*path, d), me)}", key, v, (*path, d)) for d, v in value.items()]
        return self.conds.all(parts)

    def _drugs(self, key: str, value: Any, path: Path, me: str | None) -> Cond:
        conds, fact = self.conds, by_atom(key)
        if isinstance(value, Mapping):
            if not isinstance(value.get("at_least"), int) or "of" not in value:
                return self._bad(f"{key} takes drugs, or {{at_least: a number, of: a class or drugs}}", path)
            names = value["of"]
            members = self.terms.members.get(names) if isinstance(names, str) else [self._drug(d, path, me) for d in names]
            if members is None:
                self._known(names, self.terms.members, "class", path)
                return conds.true
            inner = conds.at_least(value["at_least"], [conds.leaf(f"{fact.atom}:{d}", "is", True) for d in members])
            group = f"{self.terms.class_names[names]}s" if isinstance(names, str) else "of " + ", ".join(members)
            return conds.named(f"{fact.verb} {value['at_least']} or more {group}", inner)
        return conds.all([self._one_drug(key, name, path, me) for name in as_list(value)])

    def _one_drug(self, key: str, name: Any, path: Path, me: str | None) -> Cond:
        conds, fact, terms = self.conds, by_atom(key), self.terms
        if name in terms.members:
            leaves = [conds.leaf(f"{fact.atom}:{d}", "is", True) for d in (name, *terms.members[name])]
            return conds.named(f"{fact.verb} {terms.articles[name]} {terms.class_names[name]}", conds.any(leaves))
        return conds.leaf(f"{fact.atom}:{self._drug(name, path, me)}", "is", True)

    def _drug(self, word: Any, path: Path, me: str | None) -> str:
        if word == SELF:
            if me is None:
                self._bad("`self` stands for a drug only in a rule of drugs or classes", path)
            return me or SELF
        return str(self._known(word, self.terms.drugs, "drug", path))

    def _known(self, word: Any, known: Any, what: str, path: Path) -> Any:
        if not isinstance(word, str) or word not in known:
            self.report("unknown-word", f"{word!r} is no known {what}", path, near(str(word), known))
        return word

    def _number(self, key: str, value: Any, path: Path, _me: str | None) -> Cond:
        return self._bounds(key, key, value, path)

    def _bounds(self, atom: str, key: str, value: Any, path: Path) -> Cond:
        """Bounds of a number: ``{min, max, above, below}``, or one number that it must be."""
        conds = self.conds
        spec = FACTS.get(key)
        least, most = (spec.low, spec.high) if spec else (0, inf)
        parts, low, high = [], float(least), float(most)
        bounds = value if isinstance(value, Mapping) else {"min": value, "max": value}
        for bound, number in bounds.items():
            if bound not in BOUNDS or isinstance(number, bool) or not isinstance(number, (int, float)):
                return self._bad(f"{key} takes numbers for {', '.join(BOUNDS[:-1])} or {BOUNDS[-1]}", path)
            if not least <= number <= most:
                self.report("out-of-range", f"{key} lies between {least:g} and {most:g}, not {number:g}", path)
            at_most = bound in ("max", "above")
            leaf = conds.leaf(atom, "<=" if at_most else ">=", float(number))
            parts.append(leaf if bound in ("min", "max") else conds.not_(leaf))
            if bound in ("min", "above"):
                low = max(low, number if bound == "min" else nextafter(number, inf))
            else:
                high = min(high, number if bound == "max" else nextafter(number, -inf))
        if low > high:
            said = " and ".join(f"{k} {v:g}" for k, v in bounds.items())
            self.report("unsatisfiable", f"no {key} is both {said}", path)
        return conds.all(parts)


def speaks_of_itself(when: Any) -> bool:
    """Whether an authored condition names the drug itself that it stands for (`SELF`)."""
    inner = when.values() if isinstance(when, dict) else when if isinstance(when, list) else ()
    return when == SELF or any(map(speaks_of_itself, inner))
