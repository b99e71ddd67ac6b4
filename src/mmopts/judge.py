"""Verdicts and labels: the compiled conditions evaluated for a patient, or for many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mmopts.facts import REGIONS
from mmopts.knowledge.dates import reached
from mmopts.knowledge.model import Knowledge, Row
from mmopts.logic import Cond, Evaluate, Truth, Value, Worlds, fold

VERDICTS = {True: "eligible", False: "excluded", None: "conditional"}
LABELS = {True: "on-label", False: "off-label", None: "unknown"}


class Question(NamedTuple):
    """What belongs to the question and not to the patient: a region and a day (YYYY-MM-DD)."""

    region: str
    as_of: str


def question_facts(question: Question, kb: Knowledge) -> dict[str, Value]:
    """The question as facts: which dates have come, and which regions' labels count."""
    out: dict[str, Value] = {}
    for text, (first, last) in kb.dates.items():
        come = reached(first, last, question.as_of)
        if come is not None:
            out[f"since:{text}"] = come
    for region in REGIONS[:-1]:
        out[f"counts:{region}"] = question.region in (region, REGIONS[-1])
    return out


class Judged:
    """Truth values of a knowledge base's conditions in every world, worked out when asked for."""

    def __init__(self, kb: Knowledge, worlds: Worlds) -> None:
        self.kb, self.columns, self._evaluate = kb, worlds.columns, Evaluate(worlds)
        self._memo: dict[Cond, Truth] = {}
        self._truths: dict[int, Truth] = {}

    def truth(self, number: int) -> Truth:
        """The truth of a condition, by its number."""
        found = self._truths.get(number)
        if found is None:
            found = self._truths[number] = fold(self.kb.conds[number], self._evaluate, self._memo)
        return found

    def at(self, number: int, world: int = 0) -> bool | None:
        """The truth of a condition in one world."""
        t, f = self._truths.get(number) or self.truth(number)
        return True if t >> world & 1 else False if f >> world & 1 else None

    def verdict(self, regimen: Row, world: int = 0) -> str:
        """eligible, conditional or excluded."""
        return VERDICTS[self.at(regimen["verdict"], world)]

    def labels(self, regimen: Row, world: int = 0) -> dict[str, str]:
        """Per region: on-label, unknown, off-label, or not-applicable where no product is involved."""
        return {
            region: "not-applicable" if cond is None else LABELS[self.at(cond, world)]
            for region, cond in regimen["labels"].items()
        }


def judge(
    kb: Knowledge, facts: Mapping[str, Value], question: Question, changes: Sequence[Mapping[str, Value | None]] = ()
) -> Judged:
    """Judge one patient; world 0 is the patient, the further worlds differ from it by `changes`."""
    return Judged(kb, Worlds.around({**facts, **question_facts(question, kb)}, changes))


def judge_many(kb: Knowledge, patients: Sequence[Mapping[str, Value]], question: Question) -> dict[str, list[str]]:
    """Verdicts of many normalised patients: regimen id to one verdict a patient, in their order."""
    asked = question_facts(question, kb)
    out: dict[str, list[str]] = {name: [] for name in kb.regimens}
    step = 2048
    for start in range(0, len(patients), step):
        worlds = Worlds.of(patients[start : start + step])
        worlds.columns.update({fact: {value: worlds.mask} for fact, value in asked.items()})
        judged = Judged(kb, worlds)
        for name, regimen in kb.regimens.items():
            out[name] += _words(judged.truth(regimen["verdict"]), worlds.count)
    return out


def _words(truth: Truth, count: int) -> list[str]:
    """The verdict in each of `count` worlds."""
    t, f = (format(bits, f"0{count}b")[::-1] for bits in truth)
    return [
        VERDICTS[True] if a == "1" else VERDICTS[False] if b == "1" else VERDICTS[None] for a, b in zip(t, f, strict=True)
    ]


def label_rows(judged: Judged, regimen: Row) -> dict[str, list[dict[str, Any]]]:
    """Per region, each label row and whether it holds: met, not-met, unknown, or not in force."""
    out: dict[str, list[dict[str, Any]]] = {region: [] for region in regimen["labels"]}
    for row in regimen["rows"]:
        if row["region"]:
            out[row["region"]].append({**row, "value": judged.at(row["strict"])})
    return out
