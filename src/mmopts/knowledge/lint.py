"""What the schema cannot see: ids that clash, references into nothing, figures and conditions that contradict themselves.

`lint` expects data that fits the schema and its compiled form. It adds to what the compiler reports.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from math import inf, nextafter
from typing import Any

from mmopts.diagnostics import WARNING, Place, nearest
from mmopts.facts import FACTS, SETTINGS, Fact, by_atom
from mmopts.knowledge.dates import span
from mmopts.knowledge.language import Report, as_list
from mmopts.knowledge.read import Path
from mmopts.knowledge.records import Knowledge
from mmopts.knowledge.regimens import LABELS, NEVER_IN_FORCE
from mmopts.knowledge.schema import show
from mmopts.logic import Cond

Raw = Mapping[str, Any]
Where = Callable[[Path], Place]
STALE_DAYS = 180
FEWEST_EXAMPLES = 3
FIGURES = ("pfs", "os", "response", "toxicity", "follow_up", "n", "population", "primary")
_DATED = ("when", "since")
_WITH_IDS = (
    "regimens",
    "trials",
    "drugs",
    "classes",
    "sources",
    "definitions",
    "spent",
    "rules",
    "fitness",
    "risk",
    "vte_scores",
    "guidelines",
    "disagreements",
    "presumptions",
)
_ABOUT = {"cytogenetics": "cytogenetics", "condition": "conditions", "unavailable": "unavailable"}


def lint(raw: Raw, kb: Knowledge, report: Report, place: Where, today: date) -> None:
    """Report every lint; `today` is the day against which the review date is held."""
    _duplicates(raw, report, place)
    _citations(raw, report)
    _intervals(raw, report)
    _indications(raw, report)
    _conditions(raw, kb, report)
    _example_kinds(raw, kb, report)
    _review(raw, report, today)


# --- ids and references ----------------------------------------------------------------------------


def _lists_with_ids(raw: Raw) -> Iterator[Path]:
    for kind in _WITH_IDS:
        yield (kind,)
    for kind in raw["vocabulary"]:
        if kind in _ABOUT.values():
            yield ("vocabulary", kind)
    for kind in ("regimens", "drugs", "classes"):
        for i, entry in enumerate(raw[kind]):
            if "rules" in entry:
                yield (kind, i, "rules")


def at(raw: Raw, path: Path) -> Any:
    """What stands at a path; an empty list if nothing does."""
    found: Any = raw
    for step in path:
        found = found.get(step, []) if isinstance(found, Mapping) else found[step]
    return found


def _duplicates(raw: Raw, report: Report, place: Where) -> None:
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


def _cited(value: Any, path: Path = ()) -> Iterator[tuple[str, Path]]:
    """Every source that data cites, with the place of the citation."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in ("source", "other_source"):
                for name in as_list(inner):
                    yield str(name), (*path, key)
            else:
                yield from _cited(inner, (*path, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _cited(inner, (*path, i))


def _citations(raw: Raw, report: Report) -> None:
    known = {s["id"]: i for i, s in enumerate(raw["sources"])}
    used = set()
    for name, path in _cited({k: v for k, v in raw.items() if k != "sources"}):
        used.add(name)
        if name not in known:
            # In the compiler's words, so that a citation which both see is told once.
            report("unknown-source", f"no source {name!r}", path, _near(name, known))
    for name, i in known.items():
        if name not in used:
            report("unused-source", f"no entry cites {name!r}", ("sources", i), "cite it, or take it out", severity=WARNING)


def _near(word: str, known: Iterable[str]) -> str:
    near = nearest(word, known)
    return near[0] if near else ""


def references(raw: Raw, report: Report) -> None:
    """Report drugs, classes, regimens and facts that are named outside conditions and are not there."""
    known = {
        "drug": [d["id"] for d in raw["drugs"]],
        "class": [c["id"] for c in raw["classes"]],
        "regimen": [r["id"] for r in raw["regimens"]],
    }

    def hold(what: str, words: Iterable[Any], path: Path) -> None:
        for word in words:
            if word not in known[what]:
                report(
                    f"unknown-{what}", f"{word!r} is no {what} of this knowledge base", path, _near(str(word), known[what])
                )

    for i, drug in enumerate(raw["drugs"]):
        hold("class", drug.get("classes", ()), ("drugs", i, "classes"))
    for i, regimen in enumerate(raw["regimens"]):
        hold("drug", regimen.get("spent_exempt", ()), ("regimens", i, "spent_exempt"))
    for i, guideline in enumerate(raw.get("guidelines", ())):
        hold("regimen", guideline.get("regimens", ()), ("guidelines", i, "regimens"))
    for word, drugs in raw.get("combinations", {}).items():
        hold("drug", drugs, ("combinations", word))
    for word, entry in raw.get("procedures", {}).items():
        hold("drug", entry.get("drugs", ()), ("procedures", word))
    hold("class", [raw["steroid_class"]], ("steroid_class",))
    for i, row in enumerate(raw["tiers"]["class_orders"]):
        hold("class", row["classes"], ("tiers", "class_orders", i, "classes"))
    hold("class", raw["tiers"]["first_class"]["classes"], ("tiers", "first_class", "classes"))
    hold("class", raw["tiers"]["referred_classes"], ("tiers", "referred_classes"))
    for atom, value, path in _atoms(raw):
        if not _is_atom(atom, raw, known["drug"] + known["class"]):
            report("unknown-fact", f"{atom!r} is no fact of a patient", path, _near(atom.partition(":")[0], FACTS))
        elif value is not None and not _suits(by_atom(atom.partition(":")[0]), value):
            report("bad-value", f"{atom} cannot be {show(value)}", path)


def _atoms(raw: Raw) -> Iterator[tuple[str, Any, Path]]:
    """Facts named as such, with the value that they get: what entails, is entailed or presumed, is never asked."""
    for i, rule in enumerate(raw["entailments"]):
        yield *rule["if"], ("entailments", i, "if")
        for atom, value in rule["then"].items():
            yield atom, value, ("entailments", i, "then", atom)
    for i, rule in enumerate(raw["presumptions"]):
        if "absent" not in rule:
            yield rule["fact"], rule["value"], ("presumptions", i, "fact")
    for i, rule in enumerate(raw["tiers"]["never_exclude"]):
        yield rule["fact"], None, ("tiers", "never_exclude", i, "fact")
    named = [((key, name), atoms) for key in ("never_ask", "ask_only_without") for name, atoms in raw[key].items()]
    for path, atoms in (*named, *((("fitness", i, "inputs"), tool["inputs"]) for i, tool in enumerate(raw["fitness"]))):
        for atom in atoms:
            yield atom, None, path


def _suits(fact: Fact, value: Any) -> bool:
    """Whether a fact can have an authored value."""
    if fact.kind == "choice":
        return all(v in fact.values for v in as_list(value))
    return isinstance(value, Mapping if fact.kind in ("number", "months") else bool)


def _is_atom(atom: str, raw: Raw, drugs: Sequence[str]) -> bool:
    prefix, _, about = atom.partition(":")
    try:
        fact = by_atom(prefix)
    except KeyError:
        return False
    if fact.kind == "words":
        return any(about == entry["id"] for entry in raw["vocabulary"][_ABOUT[fact.name]])
    return about in drugs if fact.kind in ("drugs", "months") else not about


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


def _indications(raw: Raw, report: Report) -> None:
    for i, regimen in enumerate(raw["regimens"]):
        seen: dict[str, int] = {}
        for j, row in enumerate(regimen["indications"]):
            path: Path = ("regimens", i, "indications", j)
            if row["basis"] in LABELS and "since" not in row and row.get("status") not in NEVER_IN_FORCE:
                report("no-since", "a label needs the date of its approval in `since`", path, "add since: 2024-04-05")
            same = repr(sorted((k, v) for k, v in row.items() if k not in ("note", "unread", "unit", "source")))
            if seen.setdefault(same, j) != j:
                report(
                    "duplicate-indication",
                    f"says the same as indication {seen[same] + 1} of {regimen['id']}",
                    path,
                    "remove one of them",
                    severity=WARNING,
                )


def _review(raw: Raw, report: Report, today: date) -> None:
    try:
        age = (today - date.fromisoformat(span(raw["reviewed"])[1])).days
    except ValueError as error:
        report("bad-date", str(error), ("reviewed",))
        return
    if age > STALE_DAYS:
        report(
            "stale-review",
            f"last reviewed {age} days ago",
            ("reviewed",),
            f"review it every {STALE_DAYS} days",
            severity=WARNING,
        )


# --- conditions ------------------------------------------------------------------------------------


def _conditions(raw: Raw, kb: Knowledge, report: Report) -> None:
    """Indications that can never hold, and rules that can never fire."""
    fires: dict[str, bool] = {}
    for i, entry in enumerate(raw["regimens"]):
        regimen = kb.regimens[entry["id"]]
        for rule in (*regimen.forbids, *regimen.cautions):
            fires[rule.id] = fires.get(rule.id, False) or not impossible(rule.cond)
        for j, row in enumerate(regimen.rows[: len(entry["indications"])]):
            if impossible(row.when) and not _said(row.when):
                report("unsatisfiable", "this condition can never hold", ("regimens", i, "indications", j, "when"))
    for path in _rule_lists(raw):
        for j, rule in enumerate(at(raw, path)):
            if not fires.get(rule["id"], False):
                why = "its condition contradicts itself" if rule["id"] in fires else "no regimen has what it is for"
                report("never-fires", f"the rule {rule['id']} can never fire: {why}", (*path, j), severity=WARNING)


def _said(cond: Cond) -> bool:
    """Whether the compiler tells this contradiction already: bounds of one number, or nothing to choose from."""
    literals: list[tuple[Cond, bool]] = []
    return (cond.op, cond.args) == ("any", ()) or (
        _gather(cond, True, literals) and _clash([(leaf, wanted) for leaf, wanted in literals if leaf.test in (">=", "<=")])
    )


def _rule_lists(raw: Raw) -> Iterator[Path]:
    yield ("spent",)
    yield ("rules",)
    for kind in ("regimens", "drugs", "classes"):
        for i, _ in enumerate(raw[kind]):
            yield (kind, i, "rules")


def impossible(cond: Cond) -> bool:
    """Whether the parts that must all hold contradict each other; an alternative counts if all its branches do."""
    literals: list[tuple[Cond, bool]] = []
    return not _gather(cond, True, literals) or _clash(literals)


def _gather(cond: Cond, wanted: bool, out: list[tuple[Cond, bool]]) -> bool:
    """Collect the leaves that must hold, or must not, into `out`; whether that is possible."""
    if cond.op == "leaf":
        out.append((cond, wanted))
        return True
    if cond.op in ("not", "named"):
        return _gather(cond.args[0], wanted is (cond.op == "named"), out)
    if cond.op == ("all" if wanted else "any"):
        return all(_gather(part, wanted, out) for part in cond.args)
    if cond.op in ("all", "any"):
        return any(not _apart(part, wanted) for part in cond.args)
    return True


def _apart(cond: Cond, wanted: bool) -> bool:
    literals: list[tuple[Cond, bool]] = []
    return not _gather(cond, wanted, literals) or _clash(literals)


def _clash(literals: Sequence[tuple[Cond, bool]]) -> bool:
    """Whether leaves that must hold, or must not, leave some fact no value."""
    flags: dict[str, set[object]] = {}
    lows: dict[str, float] = {}
    highs: dict[str, float] = {}
    words: dict[str, frozenset[str]] = {}
    for leaf, wanted in literals:
        fact = leaf.fact
        prefix, _, about = fact.partition(":")
        if leaf.test == "is":
            flags.setdefault(fact, set()).add(leaf.value is wanted)
            if prefix in ("refractory", "intolerant") and leaf.value is wanted:
                flags.setdefault(f"exposed:{about}", set()).add(True)
        elif leaf.test == "in":
            listed: frozenset[str] = leaf.value  # type: ignore[assignment]
            values = listed if wanted else frozenset(by_atom(prefix).values) - listed
            words[fact] = words.get(fact, values) & values
        else:
            bound = float(leaf.value)  # type: ignore[arg-type]
            if wanted is (leaf.test == ">="):
                lows[fact] = max(lows.get(fact, -inf), bound if wanted else nextafter(bound, inf))
            else:
                highs[fact] = min(highs.get(fact, inf), bound if wanted else nextafter(bound, -inf))
    return (
        any(len(v) > 1 for v in flags.values())
        or any(not v for v in words.values())
        or any(low > highs.get(fact, inf) for fact, low in lows.items())
    )


# --- examples and reading --------------------------------------------------------------------------


def _example_kinds(raw: Raw, kb: Knowledge, report: Report) -> None:
    """Regimens with too few examples, or without one of each verdict; two do for what is open to everyone.

    What can never be open (no label yet, or never alone) can only be excluded.
    """
    for i, regimen in enumerate(raw["regimens"]):
        examples = regimen.get("examples", ())
        open_settings = {s for row in regimen["indications"] if not row.get("when") for s in as_list(row["setting"])}
        always = open_settings == set(SETTINGS) and not kb.regimens[regimen["id"]].forbids
        fewest = FEWEST_EXAMPLES - always
        if len(examples) < fewest:
            report(
                "few-examples",
                f"{regimen['id']} has {len(examples)} of at least {fewest} examples",
                ("regimens", i),
                severity=WARNING,
            )
        lacking = [v for v in ("eligible", "excluded", "conditional") if v not in {e["verdict"] for e in examples}]
        verdict = kb.regimens[regimen["id"]].verdict
        shut = (verdict.op, verdict.args) == ("any", ())
        if lacking and examples and not always and not shut:
            report(
                "examples-lack",
                f"no example of {regimen['id']} is {' or '.join(lacking)}",
                ("regimens", i, "examples"),
                severity=WARNING,
            )


def figures(raw: Raw) -> dict[str, Any]:
    """How many sources, trial figures and indications were read where they are cited, and regimens with examples."""
    checked = {s["id"]: s["checked"] == "read" for s in raw["sources"]}
    counts: Counter[str] = Counter()
    for regimen in raw["regimens"]:
        trials, rows = regimen.get("evidence", ()), regimen["indications"]
        for kind, entries, keys in (("figures", trials, FIGURES), ("indications", rows, _DATED)):
            for row in entries:
                seen = all(checked.get(str(name), False) for name in as_list(row["source"]))
                for key in (k for k in keys if k in row):
                    counts[f"{kind} {seen and key not in row.get('unread', ())}"] += 1
    with_examples = sum(1 for r in raw["regimens"] if r.get("examples"))
    return {
        "sources": {"read": sum(checked.values()), "unread": len(checked) - sum(checked.values())},
        **{kind: {"read": counts[f"{kind} True"], "unread": counts[f"{kind} False"]} for kind in ("figures", "indications")},
        "regimens": {
            "total": len(raw["regimens"]),
            "with_examples": with_examples,
            "examples": sum(len(r.get("examples", ())) for r in raw["regimens"]),
        },
    }
