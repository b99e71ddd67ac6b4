"""Runs the examples that stand beside each regimen, and tells which clauses none of them ever made decisive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mmopts.diagnostics import QuestionError
from mmopts.facts import REGIONS
from mmopts.judge import Question, judge, question_facts
from mmopts.knowledge.compile import NEVER_IN_FORCE
from mmopts.knowledge.language import Report
from mmopts.knowledge.lint import Place, Raw
from mmopts.knowledge.read import Path
from mmopts.knowledge.records import Knowledge, Row, from_compiled
from mmopts.logic import Cond, Evaluate, Facts, Truth, Worlds, fold
from mmopts.patient import intake
from mmopts.words import say


def run(raw: Raw, data: Mapping[str, Any], report: Report, place: Place) -> dict[str, Any]:
    """Report the examples that do not hold; return clause coverage.

    A clause of an indication is covered in one direction (it holds, it fails) once an example shows the
    indication to turn on it: with the clause alone the other way round, the indication is not as it was.
    """
    kb = from_compiled(data)
    clauses: list[dict[str, Any]] = []
    for i, entry in enumerate(raw["regimens"]):
        regimen = kb.regimens[entry["id"]]
        decisive: set[tuple[int, Cond, bool]] = set()
        for j, example in enumerate(entry.get("examples", ())):
            decisive |= _example(kb, regimen, example, ("regimens", i, "examples", j), report)
        for j, row in enumerate(regimen["rows"]):
            if row.get("status") in NEVER_IN_FORCE:
                continue
            file, line, _ = place(("regimens", i, "indications", j))
            clauses += [
                {
                    "regimen": entry["id"],
                    "indication": j + 1,
                    "basis": row["basis"],
                    "file": file,
                    "line": line,
                    "clause": clause,
                    "when": "holds" if way else "fails",
                    "decisive": (j, clause, way) in decisive,
                }
                for clause in _clauses(kb.conds[row["when"]])
                for way in (True, False)
                if way or not _entailed(clause, row)
            ]
    return _coverage(clauses, kb)


def _entailed(clause: Cond, row: Row) -> bool:
    """Whether the setting of an indication makes a clause hold: whoever has relapsed has had a line of therapy."""
    later = set(row["settings"]) <= {"relapsed", "maintenance"}
    return later and clause.fact == "lines" and clause.test == ">=" and float(clause.value) <= 1  # type: ignore[arg-type]


def _coverage(clauses: list[dict[str, Any]], kb: Knowledge) -> dict[str, Any]:
    missing = [c for c in clauses if not c["decisive"]]
    told = [{**c, "clause": say(c["clause"], kb.vocabulary)} for c in missing]
    for entry in told:
        del entry["decisive"]
    return {"total": len(clauses), "decisive": len(clauses) - len(missing), "never_decisive": told}


def _example(kb: Knowledge, regimen: Row, example: Raw, path: Path, report: Report) -> set[tuple[int, Cond, bool]]:
    """Hold one example; the clauses that are decisive in it, by indication and direction."""
    try:
        patient = intake(example["patient"], kb, example.get("strict", False))
    except QuestionError as error:
        for problem in error.problems:
            report("example-unusable", problem.message, (*path, "patient"), ", ".join(problem.suggestions[:3]))
        return set()
    question = Question(example.get("region", REGIONS[-1]), example.get("as_of", kb.meta["reviewed"]))
    judged = judge(kb, patient.facts, question)
    verdict, labels = judged.verdict(regimen), judged.labels(regimen)
    hint = f"mmopts explain {regimen['id']} shows why"
    if verdict != example["verdict"]:
        report("example-fails", f"{regimen['id']} is {verdict} here, not {example['verdict']}", (*path, "verdict"), hint)
    for region, label in example.get("labels", {}).items():
        if labels[region] != label:
            report(
                "example-fails",
                f"{regimen['id']} is {labels[region]} in {region} here, not {label}",
                (*path, "labels", region),
                hint,
            )
    return _decisive(kb, regimen, {**patient.facts, **question_facts(question, kb)})


def _clauses(cond: Cond) -> Iterator[Cond]:
    """The leaves and named conditions that a condition is made of, each once."""
    if cond.op in ("leaf", "named"):
        yield cond
    else:
        yield from dict.fromkeys(clause for part in cond.args for clause in _clauses(part))


def _decisive(kb: Knowledge, regimen: Row, facts: Facts) -> set[tuple[int, Cond, bool]]:
    """The clauses on which an indication turns: world k is the patient with clause k alone turned round."""
    by_row = [list(_clauses(kb.conds[row["when"]])) for row in regimen["rows"]]
    clauses = list(dict.fromkeys(clause for row in by_row for clause in row))
    worlds = Worlds.around(facts, [{}] * len(clauses))
    evaluate = Evaluate(worlds)
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
    out = set()
    for j, (row, mine) in enumerate(zip(regimen["rows"], by_row, strict=True)):
        truth = fold(kb.conds[row["strict"]], evaluate, memo)
        out |= {(j, c, ways[c][1]) for c in mine if c in ways and truth.at(ways[c][0]) is not truth.at()}
    return out
