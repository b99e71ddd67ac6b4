"""What changes between two knowledge bases, as verdicts, tiers and labels on the example patients of both."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from functools import partial
from typing import NamedTuple

from mmopts.assess.assessment import Assessment, assess_given
from mmopts.diagnostics import QuestionError
from mmopts.facts import QUESTION_KEYS
from mmopts.knowledge.authored import merge
from mmopts.knowledge.load import layers_at, load_knowledge
from mmopts.knowledge.read import Raw
from mmopts.knowledge.records import Knowledge
from mmopts.processes import in_order

PART = 25
"""So many patients are compared at a time."""
Progress = Callable[[int, int], None]
"""Takes how many patients are done, and how many there are."""


class Standing(NamedTuple):
    """A regimen's verdict, tier and labels for one patient."""

    verdict: str
    tier: str | None
    labels: Mapping[str, str]


class Change(NamedTuple):
    """A regimen that stands otherwise, and for which example patient."""

    regimen: str
    old: Standing
    new: Standing
    patient: Raw


class NotCompared(NamedTuple):
    """An example patient that one knowledge base (old, new) cannot read, and why."""

    patient: Raw
    side: str
    because: str


Compared = tuple[list[Change], list[NotCompared]]
"""What changes for some patients, and who of them was not compared."""


class Difference(NamedTuple):
    """How the newer of two knowledge bases differs from the older."""

    old: Knowledge
    new: Knowledge
    added: tuple[str, ...]
    removed: tuple[str, ...]
    patients: int
    changed: tuple[Change, ...]
    not_compared: tuple[NotCompared, ...]


def difference(old: str | None, new: str | None, progress: Progress | None = None, jobs: int = 1) -> Difference:
    """How two knowledge bases differ: regimens added and removed, verdicts changed. None: the built-in one.

    The patients are shared among `jobs` processes. Raises KnowledgeError if a knowledge base cannot be used.
    """
    before, after = load_knowledge(old), load_knowledge(new)
    patients = list({json.dumps(e, sort_keys=True): e for path in (old, new) for e in _examples(path)}.values())
    changed: list[Change] = []
    skipped: list[NotCompared] = []
    parts = [patients[i : i + PART] for i in range(0, len(patients), PART)]
    alone = jobs == 1 or len(parts) < 2
    if progress:
        progress(0, len(patients))
    with closing(_alone(before, after, parts) if alone else in_order(jobs, _comparing, (old, new), parts)) as compared:
        for done, (moved, unread) in enumerate(compared):
            changed += moved
            skipped += unread
            if progress:
                progress(min((done + 1) * PART, len(patients)), len(patients))
    return Difference(
        before,
        after,
        tuple(name for name in after.regimens if name not in before.regimens),
        tuple(name for name in before.regimens if name not in after.regimens),
        len(patients),
        tuple(changed),
        tuple(skipped),
    )


def _comparing(old: str | None, new: str | None) -> Callable[[list[Raw]], Compared]:
    """What compares some patients, in a process that has the knowledge bases by their paths alone."""
    return partial(_compare, load_knowledge(old), load_knowledge(new))


def _alone(before: Knowledge, after: Knowledge, parts: list[list[Raw]]) -> Generator[Compared, None, None]:
    """The parts compared in this process."""
    yield from (_compare(before, after, part) for part in parts)


def _compare(before: Knowledge, after: Knowledge, patients: list[Raw]) -> Compared:
    """What changes for some patients, and who of them cannot be read."""
    changed: list[Change] = []
    skipped: list[NotCompared] = []
    for example in patients:
        cases = []
        for side, kb in (("old", before), ("new", after)):
            try:
                cases.append(assess_given(example, kb))
            except QuestionError as error:
                skipped.append(NotCompared(example, side, str(error)))
        if len(cases) == 2:
            changed += _changes(example, *cases)
    return changed, skipped


def _examples(path: str | None) -> Iterator[Raw]:
    """The example patients of a knowledge base that can be used, each with its question."""
    for regimen in merge(layers_at(path)).raw["regimens"]:
        for example in regimen.get("examples", ()):
            yield {**example["patient"], **{k: example[k] for k in QUESTION_KEYS if k in example}}


def _changes(example: Raw, old: Assessment, new: Assessment) -> Iterator[Change]:
    for name in sorted(old.kb.regimens.keys() & new.kb.regimens.keys()):
        was, now = standing(old, name), standing(new, name)
        if was != now:
            yield Change(name, was, now, example)


def standing(case: Assessment, name: str) -> Standing:
    """How a regimen stands for a patient."""
    regimen, standing = case.kb.regimens[name], case.standings.get(name)
    return Standing(case.truths.verdict(regimen), standing.tier if standing else None, case.truths.labels(regimen))
