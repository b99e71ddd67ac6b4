"""What all parts of the compiler share: the merged data, its terms, the conditions being built, and where faults go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from mmopts.diagnostics import near
from mmopts.knowledge.dates import span
from mmopts.knowledge.fill import fill
from mmopts.knowledge.language import Builder, Report, Terms
from mmopts.knowledge.read import Path, Raw, as_list
from mmopts.knowledge.records import LABEL, LABEL_REGIONS, NEVER_IN_FORCE, Cited
from mmopts.knowledge.target import Target, target_of
from mmopts.logic import Cond, Conditions
from mmopts.words import Names, say

R = TypeVar("R", bound=tuple[Any, ...])
WORD_FACTS = {"cytogenetics": "cytogenetics", "condition": "conditions", "unavailable": "unavailable"}
"""Facts that take words of a vocabulary, and where that stands in the authored form."""


def is_label(row: Raw) -> bool:
    """Whether an authored indication is a label that is in force on some day."""
    return row["basis"] in LABEL_REGIONS and row.get("status") not in NEVER_IN_FORCE


def by_id(rows: Iterable[Raw]) -> dict[str, Raw]:
    """Entries by their ids."""
    return {row["id"]: row for row in rows}


NAMING = ("praises", "offers")
"""The keys of a sentence with regimens that must be open for it to be said."""


def sentences(state: Raw) -> list[Raw]:
    """What is said of a state; a text alone is one sentence."""
    said = state["summary"]
    return [{"text": said}] if isinstance(said, str) else said


def each(row: Raw, key: str, path: Path, make: Callable[[Any, Path], R]) -> tuple[R, ...]:
    """What `make` makes of each row of a list and its path; nothing if the list is missing."""
    return tuple([make(one, (*path, key, i)) for i, one in enumerate(row.get(key, ()))])


def _label_days(raw: Raw) -> dict[str, list[str]]:
    """By label, the first days of all indications that cite it."""
    out: dict[str, list[str]] = {}
    for row in (row for regimen in raw["regimens"] for row in regimen.get("indications", ()) if "since" in row):
        for name in as_list(row.get("source", [])):
            with suppress(ValueError):  # a date that is none is reported where it is read
                out.setdefault(name, []).append(span(str(row["since"]))[0])
    return out


class Context:
    """One merged knowledge base while it is being compiled. `report` takes (code, message, path, suggestion, severity)."""

    def __init__(self, raw: Raw, report: Report) -> None:
        self.raw, self.report = raw, report
        self.conds = Conditions()
        self.drugs, self.classes = by_id(raw["drugs"]), by_id(raw["classes"])
        self.members = {c: [d for d in self.drugs if c in self.classes_of(d)] for c in self.classes}
        vocabulary = raw["vocabulary"]
        self.words = {fact: by_id(vocabulary[key]) for fact, key in WORD_FACTS.items()}
        self.sources = by_id(raw["sources"])
        self._label_days = _label_days(raw)
        self.dates: set[str] = set()
        known = {drug for regimen in raw["regimens"] for drug in regimen["drugs"]} | self.drugs.keys()
        self._classes = {drug: frozenset(self.classes_of(drug)) for drug in known}
        self._targets: dict[int, Target] = {}
        terms = Terms(
            self.members,
            {c: entry["name"] for c, entry in self.classes.items()},
            {c: self.article(c) for c in self.classes},
            list(self.drugs),
            {fact: list(entries) for fact, entries in self.words.items()},
            by_id(raw.get("definitions", ())),
        )
        self.build = Builder(self.conds, terms, report)
        self.names: Names = {fact: {i: e["name"] for i, e in entries.items()} for fact, entries in self.words.items()}
        self.state_conds: dict[str, Cond] = {}
        self.lifting: dict[str, list[Cond]] = {}
        for i, state in enumerate(raw.get("states", ())):
            cond = self.state_conds[state["id"]] = self.when(state, ("states", i))
            for rule in state.get("lifts", ()):
                self.lifting.setdefault(rule, []).append(cond)

    def say(self, cond: Cond) -> str:
        """A condition in words."""
        return say(cond, self.names)

    def classes_of(self, drug: str) -> Sequence[str]:
        """The classes of a drug; none of a drug that is not known."""
        found: Sequence[str] = self.drugs.get(drug, {}).get("classes", ())
        return found

    def atoms(self, facts: Iterable[str]) -> Iterator[str]:
        """Facts; one about a class is followed by the same about each of its drugs."""
        for atom in facts:
            fact, _, about = atom.partition(":")
            yield atom
            yield from (f"{fact}:{drug}" for drug in self.members.get(about, ()))

    def article(self, name: str) -> str:
        """The article before a class's name: its own, else by the first letter."""
        entry = self.classes[name]
        said: str = entry.get("article", "an" if entry["name"][:1].casefold() in "aeiou" else "a")
        return said

    def setting(self, settings: Sequence[str]) -> Cond:
        """The condition that the patient's setting is one of these."""
        return self.conds.leaf("setting", "in", frozenset(settings))

    def cited(self, entry: Raw, path: Path) -> Cited:
        """What a row cites; an unknown source is a fault."""
        for name in as_list(entry.get("source", [])):
            if name not in self.sources:
                self.report("unknown-source", f"no source {name!r}", (*path, "source"), near(str(name), self.sources))
        source = entry.get("source")
        return tuple(source) if isinstance(source, list) else source

    def filled(self, kind: type[R], row: Raw, path: Path, **made: Any) -> R:
        """The record of a row that cites its source; see `fill`."""
        return fill(kind, row, source=self.cited(row, path), **made)

    def when(self, row: Raw, path: Path) -> Cond:
        """The condition of a row: always, where it has none."""
        return self.build.build(row.get("when"), (*path, "when"))

    def force(self, entry: Raw, path: Path) -> Cond:
        """Whether a row is in force: from `since`, until `until`."""
        since, until = self._date(entry, "since", path), self._date(entry, "until", path)
        if since is not None and until is not None and span(str(entry["since"]))[0] > span(str(entry["until"]))[1]:
            self.report("unsatisfiable", "ends before it begins", (*path, "until"))
        return self.conds.all([c for c in (since, self.conds.not_(until) if until is not None else None) if c is not None])

    def _date(self, entry: Raw, key: str, path: Path) -> Cond | None:
        text = entry.get(key)
        if text is None:
            return None
        try:
            span(str(text))
        except ValueError as error:
            self.report("bad-date", str(error), (*path, key))
            return None
        self.dates.add(str(text))
        return self.conds.leaf(f"since:{text}", "is", True)

    def public(self, row: Raw, path: Path) -> Cond:
        """Whether what a row says was public; a month or a year counts from its first day, so that this is never open."""
        return self.reached(self.public_day(row), path)

    def reached(self, since: object, path: Path) -> Cond:
        """Whether a day, a month or a year has come; always, where none is told (None)."""
        return self.force({} if since is None else {"since": since}, path)

    def dated(self, cond: Cond, row: Raw, path: Path) -> Cond:
        """A condition that also asks whether its row was public, if the row says since when."""
        return self.conds.all([cond, self.public(row, path)]) if "since" in row else cond

    def public_day(self, row: Raw) -> str | None:
        """The day from which a row was public: its `since`, else the earliest day of its sources, if that is known."""
        since = row.get("since") or self.first_day(as_list(row.get("source", [])))
        with suppress(ValueError):  # a date that is none is reported where it is read
            return None if since is None else span(str(since))[0]
        return str(since)

    def first_day(self, sources: Iterable[str]) -> str | None:
        """The day on which the first of these sources appeared; None if none says.

        A label's year is that of the edition that was read, so a label counts from the first indication that cites it.
        """
        days = []
        for name in sources:
            source = self.sources.get(name, {})
            if source.get("kind") == LABEL:
                days += self._label_days.get(name, [])
            elif "year" in source:
                days.append(f"{source['year']}-01-01")
        return min(days, default=None)

    def relaxed(self, cond: Cond, wanted: bool = True) -> Cond:
        """The condition without what decides a label but never rules a regimen out (`tiers.never_exclude`).

        A limit is left out wherever it stands: by itself, under ``not``, in a group, in a definition.
        """
        conds = self.conds
        if cond.op == "leaf":
            test = cond.test if wanted else {">=": "<=", "<=": ">="}.get(cond.test, cond.test)
            gone = any(cond.fact == r["fact"] and test == r["test"] for r in self.raw["tiers"]["never_exclude"])
            if not gone:
                return cond
            return conds.true if wanted else conds.false
        parts = [self.relaxed(c, wanted is (cond.op != "not")) for c in cond.args]
        if all(new is old for new, old in zip(parts, cond.args, strict=True)):
            return cond
        if cond.op in ("all", "any"):
            return conds.all(parts) if cond.op == "all" else conds.any(parts)
        if cond.op == "not":
            return conds.not_(parts[0])
        if cond.op == "at_least":
            return conds.at_least(cond.count, parts)
        if cond.op != "named":
            raise TypeError(f"no limit can be left out of the operator {cond.op!r}")
        return conds.named(str(cond.value), parts[0])

    def selected(self, rule: Raw, regimen: Raw) -> Iterator[str | None]:
        """The drugs of a regimen to which a rule's ``for`` applies; None where it applies to the regimen itself."""
        chosen = rule["for"]
        target = self._targets.get(id(chosen))
        if target is None:
            target = self._targets[id(chosen)] = target_of(chosen)
        return target.selected(regimen, self._classes)

    def those(self, chosen: Raw) -> tuple[str, ...]:
        """The ids of the regimens that are chosen, as in a rule's ``for``."""
        return tuple(r["id"] for r in self.raw["regimens"] if self.selects({"for": chosen}, r))

    def selects(self, rule: Raw, regimen: Raw) -> bool:
        """Whether a rule's ``for`` applies to a regimen, or to any drug of it."""
        return any(True for _ in self.selected(rule, regimen))
