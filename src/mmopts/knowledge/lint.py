"""Errors that the schema cannot see: references to what is not there, and contradictions.

`references` needs data that fits the schema, `lint` its compiled form as well. The compiler reports other errors;
`mmopts.review.doubts` tells what is only doubtful.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from mmopts.diagnostics import Place, near
from mmopts.facts import FACTS, Fact, by_atom
from mmopts.knowledge.context import NAMING, WORD_FACTS, by_id, is_label, sentences
from mmopts.knowledge.contradiction import impossible, plain_contradiction
from mmopts.knowledge.dates import span
from mmopts.knowledge.language import Report
from mmopts.knowledge.lint_doses import lint_doses
from mmopts.knowledge.read import Path, Raw, as_list
from mmopts.knowledge.records import Knowledge
from mmopts.knowledge.schema import show

_WITH_IDS = (
    "regimens", "trials", "drugs", "classes", "sources", "definitions", "states", "exclusions", "care",
    "fitness", "risk", "vte_scores", "guidelines", "disagreements", "presumptions", "unlikely",
)  # fmt: skip


def lint(raw: Raw, kb: Knowledge, report: Report, place: Callable[[Path], Place], whole: bool) -> None:
    """Report what contradicts itself; `place` finds the place of a path. `whole`: nothing was set aside."""
    _duplicates(raw, report, place)
    _citations(raw, report)
    _intervals(raw, report)
    _labels(raw, report)
    _conditions(raw, kb, report)
    lint_doses(raw, report, whole)
    try:
        span(raw["reviewed"])
    except ValueError as error:
        report("bad-date", str(error), ("reviewed",))


# --- ids and references ----------------------------------------------------------------------------


def rule_lists(raw: Raw) -> Iterator[Path]:
    """The path of every list of rules."""
    yield ("spent",)
    yield ("rules",)
    for kind in ("regimens", "drugs", "classes", "states"):
        for i, entry in enumerate(raw.get(kind, ())):
            if "rules" in entry:
                yield (kind, i, "rules")


def at(raw: Raw, path: Path) -> Any:
    """What stands at a path; an empty list if nothing does."""
    found: Any = raw
    for step in path:
        found = found.get(step, []) if isinstance(found, Mapping) else found[step]
    return found


def _lists_with_ids(raw: Raw) -> Iterator[Path]:
    for kind in _WITH_IDS:
        yield (kind,)
    for kind in WORD_FACTS.values():
        yield ("vocabulary", kind)
    yield from rule_lists(raw)


def _duplicates(raw: Raw, report: Report, place: Callable[[Path], Place]) -> None:
    for path in _lists_with_ids(raw):
        first: dict[str, int] = {}
        for i, entry in enumerate(at(raw, path)):
            j = first.setdefault(entry["id"], i)
            if j != i:
                where = place((*path, j, "id"))
                report(
                    "duplicate-id",
                    f"{entry['id']!r} stands twice (first in {where.file}, line {where.line})",
                    (*path, i, "id"),
                    "remove one, or give it an id of its own",
                )


def cited(raw: Raw) -> Iterator[tuple[str, Path]]:
    """Every source that the entries cite, with the place of the citation."""
    return _cited({k: v for k, v in raw.items() if k != "sources"}, ())


def _cited(value: Any, path: Path) -> Iterator[tuple[str, Path]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("source", "other_source"):
                for name in as_list(inner):
                    yield str(name), (*path, key)
            elif isinstance(inner, (dict, list)):
                yield from _cited(inner, (*path, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            if isinstance(inner, (dict, list)):
                yield from _cited(inner, (*path, i))


def _citations(raw: Raw, report: Report) -> None:
    known = by_id(raw["sources"])
    for name, path in cited(raw):
        if name not in known:
            # In the compiler's words, so that a citation which both see is told once.
            report("unknown-source", f"no source {name!r}", path, near(name, known))


class _Known:
    """What may be named: reports names that stand for nothing."""

    def __init__(self, raw: Raw, report: Report, removed: Collection[str]) -> None:
        self._report = report
        self.names: dict[str, Collection[str]] = {
            "drug": list(by_id(raw["drugs"])),
            "class": list(by_id(raw["classes"])),
            "regimen": list(by_id(raw["regimens"])),
        }
        self.names["drug or class"] = [*self.names["drug"], *self.names["class"]]
        self._removed = removed

    def hold(self, what: str, words: Any, path: Path) -> None:
        """Report the words that name no drug, class or regimen (`what`). A regimen that an overlay took out may be named."""
        known = self.names[what]
        for word in as_list(words):
            if word not in known and not (what == "regimen" and word in self._removed):
                code = {"class": "unknown-class", "regimen": "unknown-regimen"}.get(what, "unknown-drug")
                self._report(code, f"{word!r} is no {what} of this knowledge base", path, near(str(word), known))


_TARGETS = {
    "drugs": "drug",
    "not_drugs": "drug",
    "classes": "class",
    "not_classes": "class",
    "regimens": "regimen",
    "not_regimens": "regimen",
    "with": "drug or class",
    "without": "drug or class",
}
"""What the keys of a ``for`` name."""


def references(raw: Raw, report: Report, removed: Collection[str] = ()) -> None:
    """Report drugs, classes, regimens, rules and facts that are named outside conditions and are not there.

    `removed` are regimens that an overlay took out.
    """
    known = _Known(raw, report, removed)
    for i, drug in enumerate(raw["drugs"]):
        known.hold("class", drug.get("classes", []), ("drugs", i, "classes"))
        for j, row in enumerate(drug.get("adjustments", ())):
            known.hold("drug or class", row.get("with", []), ("drugs", i, "adjustments", j, "with"))
    for i, regimen in enumerate(raw["regimens"]):
        known.hold("drug", regimen.get("spent_exempt", []), ("regimens", i, "spent_exempt"))
    for i, guideline in enumerate(raw.get("guidelines", ())):
        known.hold("regimen", guideline.get("regimens", []), ("guidelines", i, "regimens"))
    for word, drugs in raw.get("combinations", {}).items():
        known.hold("drug", drugs, ("combinations", word))
    for word, entry in raw.get("procedures", {}).items():
        known.hold("drug", entry.get("drugs", []), ("procedures", word))
        known.hold("class", entry.get("classes", []), ("procedures", word))
    for path, target in _targets(raw):
        for key, what in _TARGETS.items():
            known.hold(what, target.get(key, []), (*path, key))
    known.hold("class", raw["steroid_class"], ("steroid_class",))
    tiers = raw["tiers"]
    for i, row in enumerate(tiers["class_orders"]):
        known.hold("class", row["classes"], ("tiers", "class_orders", i, "classes"))
    known.hold("class", tiers["first_class"]["classes"], ("tiers", "first_class", "classes"))
    known.hold("class", tiers["referred_classes"], ("tiers", "referred_classes"))
    _rules_named(raw, report)
    _facts(raw, known.names["drug or class"], report)


def _targets(raw: Raw) -> Iterator[tuple[Path, Raw]]:
    """Every ``for``: whom a rule, a preference or a line of care is meant for."""
    for kind in ("spent", "rules", "exclusions"):
        yield from (((kind, i, "for"), row.get("for", {})) for i, row in enumerate(raw.get(kind, ())))
    for i, state in enumerate(raw.get("states", ())):
        for key in ("first", "rules"):
            yield from ((("states", i, key, j, "for"), row["for"]) for j, row in enumerate(state.get(key, ())))
        for j, row in enumerate(sentences(state)):
            for key in NAMING:
                yield from ((("states", i, "summary", j, key, k), chosen) for k, chosen in enumerate(row.get(key, ())))
    for i, row in enumerate(raw["tiers"].get("precedence", ())):
        yield from ((("tiers", "precedence", i, key), row[key]) for key in ("first", "then"))
    for i, topic in enumerate(raw.get("care", ())):
        yield from ((("care", i, "lines", j, "for"), row.get("for", {})) for j, row in enumerate(topic["lines"]))


def _rules_named(raw: Raw, report: Report) -> None:
    """Report rules that a state lifts or that are told first, and that are not there."""
    rules = {rule["id"] for path in rule_lists(raw) for rule in at(raw, path)}
    lifted: Iterator[tuple[Path, Sequence[str]]] = (
        (("states", i, "lifts"), state.get("lifts", ())) for i, state in enumerate(raw.get("states", ()))
    )
    for path, names in (*lifted, (("tiers", "told_first"), raw["tiers"].get("told_first", ()))):
        for j, name in enumerate(names):
            if name not in rules:
                report("unknown-rule", f"{name!r} is no rule of this knowledge base", (*path, j), near(name, rules))


def _facts(raw: Raw, drugs: Collection[str], report: Report) -> None:
    """Report facts that no patient has, and values that a fact cannot have."""
    for i, rule in enumerate(raw.get("unlikely", ())):
        if rule["fact"] not in FACTS:
            text = f"{rule['fact']!r} is no fact of a patient"
            report("unknown-fact", text, ("unlikely", i, "fact"), near(rule["fact"].partition(":")[0], FACTS))
        if not rule["when"]:
            report("bad-condition", "this holds for everybody", ("unlikely", i, "when"), "name the facts")
    for atom, value, path in _atoms(raw):
        if not _is_atom(atom, raw, drugs, whole=value is None):
            report("unknown-fact", f"{atom!r} is no fact of a patient", path, near(atom.partition(":")[0], FACTS))
        elif value is not None and not _suits(by_atom(atom.partition(":")[0]), value):
            report("bad-value", f"{atom} cannot be {show(value)}", path)


def _atoms(raw: Raw) -> Iterator[tuple[str, Any, Path]]:
    """Atoms that are named outside conditions, with the value that they get, if any, and the path."""
    for i, rule in enumerate(raw["entailments"]):
        yield *rule["if"], ("entailments", i, "if")
        for atom, value in rule["then"].items():
            yield atom, value, ("entailments", i, "then", atom)
    for i, rule in enumerate(raw["presumptions"]):
        if "absent" not in rule:
            yield rule["fact"], rule["value"], ("presumptions", i, "fact")
    for i, rule in enumerate(raw["tiers"]["never_exclude"]):
        yield rule["fact"], None, ("tiers", "never_exclude", i, "fact")
    asking = ("ask_first", "never_ask", "ask_only_without")
    named: list[tuple[Path, Iterable[Any]]] = [((k, name), atoms) for k in asking for name, atoms in raw.get(k, {}).items()]
    for key in ("ask", "ask_not"):
        named += [(("states", i, key), state.get(key, ())) for i, state in enumerate(raw.get("states", ()))]
    named += [
        (("fitness", i, "inputs"), [one for one in tool["inputs"] if isinstance(one, str)])
        for i, tool in enumerate(raw["fitness"])
    ]
    for path in rule_lists(raw):
        named += [((*path, i, "facts"), rule.get("facts", ())) for i, rule in enumerate(at(raw, path))]
    for path, atoms in named:
        for atom in atoms:
            yield atom, None, path


def _suits(fact: Fact, value: Any) -> bool:
    """Whether a fact can have an authored value."""
    if fact.kind == "choice":
        return all(v in fact.values for v in as_list(value))
    return isinstance(value, Mapping if fact.kind in ("number", "months") else bool)


def _is_atom(atom: str, raw: Raw, drugs: Collection[str], whole: bool) -> bool:
    """Whether a word is an atom: a fact, for a list with one of its words, or (`whole`) the list itself."""
    prefix, _, about = atom.partition(":")
    try:
        fact = by_atom(prefix)
    except KeyError:
        return False
    listed = fact.kind in ("words", "drugs", "months")
    if not about:
        return whole or not listed
    if fact.kind == "words":
        return any(about == entry["id"] for entry in raw["vocabulary"][WORD_FACTS[fact.name]])
    return listed and about in drugs


# --- figures and rows ------------------------------------------------------------------------------


def _intervals(raw: Raw, report: Report) -> None:
    for i, regimen in enumerate(raw["regimens"]):
        for j, trial in enumerate(regimen.get("evidence", ())):
            path: Path = ("regimens", i, "evidence", j)
            rows = [(trial, path), *((s, (*path, "subgroups", k)) for k, s in enumerate(trial.get("subgroups", ())))]
            for row, where in rows:
                for key in ("pfs", "os"):
                    _interval(row.get(key, {}), (*where, key), report)


def _interval(figures: Raw, path: Path, report: Report) -> None:
    interval, ratio = figures.get("ci"), figures.get("hr")
    if interval is None:
        return
    low, high = interval
    if low > high:
        report("ci-upside-down", f"the interval runs from {low:g} down to {high:g}", (*path, "ci"), f"[{high:g}, {low:g}]")
    elif ratio is not None and not low <= ratio <= high:
        report(
            "hr-outside-ci",
            f"the hazard ratio {ratio:g} lies outside its interval {low:g} to {high:g}",
            (*path, "hr"),
            "look both up in the source",
        )


def _labels(raw: Raw, report: Report) -> None:
    for i, regimen in enumerate(raw["regimens"]):
        for j, row in enumerate(regimen["indications"]):
            if is_label(row) and "since" not in row:
                text = "a label needs the date of its approval in `since`"
                report("no-since", text, ("regimens", i, "indications", j), "add since: 2024-04-05")


def _conditions(raw: Raw, kb: Knowledge, report: Report) -> None:
    """Indications that can never hold."""
    for i, entry in enumerate(raw["regimens"]):
        rows = kb.regimens[entry["id"]].rows[: len(entry["indications"])]
        for j, row in enumerate(rows):
            if impossible(row.when) and not plain_contradiction(row.when):
                report("unsatisfiable", "this condition can never hold", ("regimens", i, "indications", j, "when"))


def same_rows(rows: Sequence[Raw]) -> Iterator[tuple[int, int]]:
    """Pairs of positions: an indication that repeats an earlier one, and that one."""
    seen: dict[str, int] = {}
    for j, row in enumerate(rows):
        same = repr(sorted((k, v) for k, v in row.items() if k not in ("note", "unread", "unit", "source")))
        if seen.setdefault(same, j) != j:
            yield j, seen[same]
