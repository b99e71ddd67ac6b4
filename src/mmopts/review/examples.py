"""Runs the examples that stand beside each regimen, and tells which clauses none of them ever made decisive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mmopts.assess.assessment import word_names
from mmopts.assess.truths import Scope, Truths
from mmopts.diagnostics import Place, QuestionError
from mmopts.facts import ANY_REGION
from mmopts.knowledge.build import Faults
from mmopts.knowledge.read import Path, Raw
from mmopts.knowledge.records import NEVER_IN_FORCE, Indication, Knowledge, Regimen
from mmopts.logic import Cond, Evaluate, Facts, Interval, Truth, Worlds, fold, leaves
from mmopts.patient import intake
from mmopts.patient.settling import TREATED
from mmopts.review.records import ClausesTested, LimitsTested, Untested
from mmopts.words import Names, say

Turned = tuple[int, Cond, bool]
"""An indication's position, a clause of it, and whether the clause holds where the indication turns on it."""
_LIMITS = (">=", "<=")
_STEP = 1
"""A patient within this of a limit stands at its edge."""


class _Way(NamedTuple):
    """A clause of an indication in one direction (it holds, it fails).

    `decisive`: whether the indication turns on it in an example; `at_edge`: in one at its edge, if it is a `limit`.
    `told`: how it is reported if it is not decisive.
    """

    decisive: bool
    at_edge: bool
    limit: bool
    told: Untested


def run(raw: Raw, kb: Knowledge, report: Faults) -> ClausesTested:
    """Report the examples that do not hold; return clause coverage.

    A clause of an indication is covered in one direction (it holds, it fails) once an example shows the
    indication to turn on it: with the clause alone the other way round, the indication is not as it was. A limit also
    needs such an example at its edge: the next value would be on the other side.
    """
    scopes, names = _Scopes(kb), word_names(kb)
    ways: list[_Way] = []
    for i, entry in enumerate(raw["regimens"]):
        regimen = kb.regimens[entry["id"]]
        tested = _tested(regimen)
        edges: dict[Turned, bool] = {}
        for j, example in enumerate(entry.get("examples", ())):
            for turned, close in _example(kb, regimen, tested, example, scopes, ("regimens", i, "examples", j), report):
                edges[turned] = close or edges.get(turned, False)
        for j, row in enumerate(regimen.rows[: len(entry["indications"])]):
            place = report.place(("regimens", i, "indications", j))
            ways += _ways(regimen, j, row, edges, place, names)
    missing = tuple(way.told for way in ways if not way.decisive)
    limits = [way for way in ways if way.limit]
    far = tuple(way.told for way in limits if not way.at_edge)
    at_edge = LimitsTested(len(limits), len(limits) - len(far), far)
    return ClausesTested(len(ways), len(ways) - len(missing), missing, at_edge)


def _ways(
    regimen: Regimen, number: int, row: Indication, edges: Mapping[Turned, bool], place: Place, names: Names
) -> Iterator[_Way]:
    """The clauses of an indication in each direction that an example can show; `edges`: those shown at an edge."""
    for clause in _clauses(row.when) if row.status not in NEVER_IN_FORCE else ():
        for holds in (True, False) if not _entailed(clause, row) else (True,):
            turned = number, clause, holds
            untested = Untested(
                regimen=regimen.id,
                indication=number + 1,
                basis=row.basis,
                file=place.file,
                line=place.line,
                clause=say(clause, names),
                when="holds" if holds else "fails",
            )
            yield _Way(turned in edges, edges.get(turned, False), clause.test in _LIMITS, untested)


class _Scopes:
    """The facts of each scope that examples ask for, worked out once."""

    def __init__(self, kb: Knowledge) -> None:
        self._kb = kb
        self._known: dict[Scope, Facts] = {}

    def facts(self, example: Raw) -> Facts:
        """The facts of an example's region and day."""
        scope = Scope(example.get("region", ANY_REGION), example.get("as_of", self._kb.meta.reviewed))
        if scope not in self._known:
            self._known[scope] = scope.facts(self._kb)
        return self._known[scope]


def _tested(regimen: Regimen) -> set[str]:
    """The facts that a regimen's verdict, labels and indications ask for: all that its examples need."""
    labels = [cond for cond in regimen.labels.values() if cond is not None]
    rows = [cond for row in regimen.rows for cond in (row.strict, row.when)]
    return {leaf.fact for leaf in leaves([regimen.verdict, *labels, *rows])}


def _entailed(clause: Cond, row: Indication) -> bool:
    """Whether a clause follows from the setting of an indication: whoever has relapsed has had a line of therapy."""
    later = TREATED.issuperset(row.settings)
    return later and clause.fact == "lines" and clause.test == ">=" and clause.bound <= 1


def _example(
    kb: Knowledge, regimen: Regimen, tested: set[str], example: Raw, scopes: _Scopes, path: Path, report: Faults
) -> set[tuple[Turned, bool]]:
    """Check one example; gives the clauses that are decisive in it, by indication and direction, and whether at an edge."""
    try:
        patient = intake(example["patient"], kb, example.get("strict", False))
    except QuestionError as error:
        for problem in error.problems:
            report("example-unusable", problem.text, (*path, "patient"), ", ".join(problem.suggestions[:3]))
        return set()
    known = {**patient.facts, **scopes.facts(example)}
    facts = {atom: known[atom] for atom in tested if atom in known}
    truths = Truths(Worlds.around(facts, []))
    verdict, labels = truths.verdict(regimen), truths.labels(regimen)
    hint = f"mmopts explain {regimen.id} shows why"
    if verdict != example["verdict"]:
        report("example-fails", f"{regimen.id} is {verdict} here, not {example['verdict']}", (*path, "verdict"), hint)
    for region, label in example.get("labels", {}).items():
        if labels[region] != label:
            text = f"{regimen.id} is {labels[region]} in {region} here, not {label}"
            report("example-fails", text, (*path, "labels", region), hint)
    return {(turned, _at_edge(turned, facts)) for turned in _decisive(regimen, facts)}


def _at_edge(turned: Turned, facts: Facts) -> bool:
    """Whether a patient's value is the last before a limit on this side of it."""
    _, clause, holds = turned
    known = facts.get(clause.fact)
    if not isinstance(known, Interval) or clause.test not in _LIMITS:
        return False
    inside, outside = (known.low, known.high) if clause.test == _LIMITS[0] else (-known.high, -known.low)
    bound = clause.bound if clause.test == _LIMITS[0] else -clause.bound
    return inside < bound + _STEP if holds else outside >= bound - _STEP


def _clauses(cond: Cond) -> Iterator[Cond]:
    """The leaves and named conditions that a condition is made of, each once."""
    if cond.op in ("leaf", "named"):
        yield cond
    else:
        yield from dict.fromkeys(clause for part in cond.args for clause in _clauses(part))


def _decisive(regimen: Regimen, facts: Facts) -> set[Turned]:
    """The clauses on which an indication turns: world k is the patient with clause k alone turned round."""
    by_row = [list(_clauses(row.when)) for row in regimen.rows]
    clauses = list(dict.fromkeys(clause for row in by_row for clause in row))
    evaluate = Evaluate(Worlds.around(facts, [{}] * len(clauses)))
    plain: dict[Cond, Truth] = {}
    memo: dict[Cond, Truth] = {}
    ways: dict[Cond, tuple[int, bool]] = {}
    for world, clause in enumerate(clauses, 1):
        truth = fold(clause, evaluate, plain)
        value, bit = truth.at(), 1 << world
        if value is not None:
            ways[clause] = world, value
            truth = Truth(truth.t ^ bit, truth.f ^ bit)
        memo[clause] = truth
    out: set[Turned] = set()
    for j, (row, mine) in enumerate(zip(regimen.rows, by_row, strict=True)):
        truth = fold(row.strict, evaluate, memo)
        out |= {(j, c, ways[c][1]) for c in mine if c in ways and truth.at(ways[c][0]) is not truth.at()}
    return out
