"""Doubts about a knowledge base that can be used: parts that nothing uses, that never apply, or that have grown old."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from mmopts.assess.truths import VERDICTS
from mmopts.diagnostics import WARNING
from mmopts.facts import FACTS, SETTINGS
from mmopts.knowledge.build import Built
from mmopts.knowledge.context import NAMING, WORD_FACTS, Context, sentences
from mmopts.knowledge.contradiction import impossible
from mmopts.knowledge.dates import span
from mmopts.knowledge.lint import at, cited, rule_lists, same_rows
from mmopts.knowledge.lint_doses import prescriptions
from mmopts.knowledge.once import Once
from mmopts.knowledge.read import Path, Raw, as_list
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Cond, leaves

STALE_DAYS = 180
FEWEST_EXAMPLES = 3
_CHANGES = ("amount", "factor", "omit", "unchanged", "days", "route")


def doubts(built: Built, kb: Knowledge, today: date) -> None:
    """Report every doubt about a knowledge base without errors; `today` is the day against which the review is held."""
    assert built.context is not None
    found = _Doubts(built, kb, built.context)
    found.sources()
    found.indications()
    found.trials()
    found.rules()
    found.states()
    found.examples()
    found.words()
    found.adjustments()
    found.review(today)


class _Doubts:
    """The doubts about one knowledge base, and where they are reported."""

    def __init__(self, built: Built, kb: Knowledge, context: Context) -> None:
        self.raw: Raw = built.raw
        self.kb, self.context = kb, context
        self._built = built

    def _warn(self, code: str, message: str, path: Path, suggestion: str = "") -> None:
        self._built.report(code, message, path, suggestion, WARNING)

    def sources(self) -> None:
        """Sources that nothing cites."""
        used = {name for name, _ in cited(self.raw)}
        for i, source in enumerate(self.raw["sources"]):
            if source["id"] not in used:
                self._warn("unused-source", f"no entry cites {source['id']!r}", ("sources", i), "cite it, or take it out")

    def indications(self) -> None:
        """Indications that say the same."""
        for i, regimen in enumerate(self.raw["regimens"]):
            for j, first in same_rows(regimen["indications"]):
                text = f"says the same as indication {first + 1} of {regimen['id']}"
                self._warn("duplicate-indication", text, ("regimens", i, "indications", j), "remove one of them")

    def trials(self) -> None:
        """Trials without entry criteria, which everybody fits."""
        for i, row in enumerate(self.raw["trials"]):
            if not row.get("population") and not any(e["about"] == "population" for e in row.get("entry", ())):
                self._warn("no-population", f"everybody fits {row['id']}: it does not say whom it let in", ("trials", i))

    def rules(self) -> None:
        """Rules that can never fire."""
        fires: dict[str, bool] = {}
        for regimen in self.kb.regimens.values():
            for rule in (*regimen.forbids, *regimen.cautions):
                fires[rule.id] = fires.get(rule.id, False) or not impossible(rule.cond)
        for path in rule_lists(self.raw):
            for j, row in enumerate(at(self.raw, path)):
                if not fires.get(row["id"], False):
                    why = "its condition contradicts itself" if row["id"] in fires else "no regimen has what it is for"
                    self._warn("never-fires", f"the rule {row['id']} can never fire: {why}", (*path, j))

    def states(self) -> None:
        """States that put first, praise or warn of something that no regimen is."""
        for i, state in enumerate(self.raw.get("states", ())):
            for j, row in enumerate(state.get("first", ())):
                path: Path = ("states", i, "first", j)
                if not self.context.those(row["for"]):
                    self._warn("never-fires", f"what {state['id']} puts first is no regimen", path)
            for j, row in enumerate(sentences(state)):
                named = [
                    (key, k) for key in NAMING for k, target in enumerate(row.get(key, ())) if not self.context.those(target)
                ]
                for key, k in named:
                    where: Path = ("states", i, "summary", j, key, k)
                    self._warn("never-fires", f"what a sentence of {state['id']} {key} is no regimen", where)
            for j, row in enumerate(state.get("rules", ())):
                if row["effect"] == "caution" and row["for"] == {"all": True}:
                    text = f"the caution {row['id']} would stand under every option"
                    hint = "what is of the patient and no regimen is said once, in the state's summary"
                    self._warn("of-no-regimen", text, ("states", i, "rules", j), hint)

    def examples(self) -> None:
        """Regimens with too few examples, or without one of each verdict; two are enough for what is open to everyone.

        What can never be open (no label yet, or never alone) can only be excluded.
        """
        for i, entry in enumerate(self.raw["regimens"]):
            regimen, examples = self.kb.regimens[entry["id"]], entry.get("examples", ())
            settings = {s for row in entry["indications"] if not row.get("when") for s in as_list(row["setting"])}
            always = settings == set(SETTINGS) and not regimen.forbids
            fewest = FEWEST_EXAMPLES - always
            if len(examples) < fewest:
                text = f"{regimen.id} has {len(examples)} of at least {fewest} examples"
                self._warn("few-examples", text, ("regimens", i))
            lacking = [v for v in VERDICTS.values() if v not in {e["verdict"] for e in examples}]
            shut = (regimen.verdict.op, regimen.verdict.args) == ("any", ())
            if lacking and examples and not always and not shut:
                text = f"no example of {regimen.id} is {' or '.join(lacking)}"
                self._warn("examples-lack", text, ("regimens", i, "examples"))

    def words(self) -> None:
        """Words of the vocabulary without effect: no condition of any answer tests them, nor what they entail."""
        for fact, i, word in idle_words(self.kb):
            path: Path = ("vocabulary", WORD_FACTS[fact], i)
            hint = "let a rule or a state test it, or take it out"
            self._warn("idle-word", f"{word!r} moves nothing in any answer", path, hint)

    def adjustments(self) -> None:
        """Changes of dose that can have no effect."""
        units: dict[str, set[str]] = {}
        for _, _, rows in prescriptions(self.raw):
            for row in rows:
                units.setdefault(row["drug"], set()).update([row["unit"]] if "unit" in row else [])
        for kind in ("drugs", "regimens"):
            for i, entry in enumerate(self.raw[kind]):
                for j, row in enumerate(entry.get("adjustments", ())):
                    drug = row.get("drug", entry["id"])
                    known = units.get(drug)
                    why = self._idle(row, known)
                    if why:
                        path: Path = (kind, i, "adjustments", j)
                        self._warn("idle-adjustment", f"{row['id']} changes nothing: {why}", path)
                    if row["because"] not in FACTS:
                        text = f"{row['because']!r} is no fact of a patient"
                        self._warn("unknown-reason", text, (kind, i, "adjustments", j, "because"))

    def _idle(self, row: Raw, units: set[str] | None) -> str:
        """Why a change of dose has no effect; nothing if it has one."""
        if not any(key in row for key in _CHANGES):
            return "it has no amount, factor, days, route, omit or unchanged"
        if impossible(self.context.build.build(row.get("when"), ())):
            return "its condition contradicts itself"
        if units is None:
            return "no prescription has the drug"
        if "amount" in row and units and row["unit"] not in units:
            return f"no prescription gives the drug in {row['unit']}"
        return ""

    def review(self, today: date) -> None:
        """A review that lies too far back."""
        age = (today - date.fromisoformat(span(self.raw["reviewed"])[1])).days
        if age > STALE_DAYS:
            self._warn("stale-review", f"last reviewed {age} days ago", ("reviewed",), f"review it every {STALE_DAYS} days")


# --- words that move nothing -----------------------------------------------------------------------


@Once
def idle_words(kb: Knowledge) -> list[tuple[str, int, str]]:
    """Words of list facts that no condition of any answer tests, nor anything that they entail: fact, position, word."""
    tested = {leaf.fact for leaf in _leaves(kb)}
    follows: dict[str, set[str]] = {}
    for rule in kb.entailments:
        follows.setdefault(rule.given.atom, set()).update(given.atom for given in rule.then)

    def moves(atom: str, seen: frozenset[str] = frozenset()) -> bool:
        further = follows.get(atom, set()) - seen
        return atom in tested or any(moves(other, seen | further | {atom}) for other in further)

    return [
        (fact, i, word)
        for fact, vocabulary in kb.vocabulary.items()
        for i, word in enumerate(vocabulary.words)
        if not moves(f"{fact}:{word}")
    ]


def _leaves(kb: Knowledge) -> list[Cond]:
    """Every test of a fact in the records."""
    conds: list[Cond] = []
    stack: list[Any] = [*kb]
    while stack:
        value = stack.pop()
        if isinstance(value, Cond):
            conds.append(value)
        elif isinstance(value, Mapping):
            stack += value.values()
        elif isinstance(value, tuple):
            stack += value
        elif callable(value):
            stack.append(value())
    return leaves(conds)
