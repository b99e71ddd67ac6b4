"""Checks a knowledge base: its form, its meaning and its examples, all faults at once, each with its place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from mmopts.diagnostics import Diagnostic
from mmopts.knowledge.build import Built, TooMany, build, errors
from mmopts.knowledge.layers import Layer
from mmopts.knowledge.records import Knowledge
from mmopts.review.coverage import coverage
from mmopts.review.doubts import doubts
from mmopts.review.examples import run
from mmopts.review.records import Coverage


class CheckResult(NamedTuple):
    """Faults by place; coverage and the knowledge base, both None if errors forbid its use.

    A failing example is an error but does not forbid use: an overlay may mean to change what the base's example shows.
    """

    faults: list[Diagnostic]
    coverage: Coverage | None
    knowledge: Knowledge | None


def check(layers: list[Layer], today: date | None = None) -> CheckResult:
    """Everything that is wrong with a knowledge base, and what its examples and its sources cover.

    The layout of its files is checked elsewhere (`layout_faults`).
    """
    built = build(layers, "")
    covered: Coverage | None = None
    kb = None if errors(built.faults) else built.knowledge
    if kb is not None:
        # What is doubtful or fails waits until nothing is wrong: it might only follow from that.
        covered = _covered(built, kb, today or datetime.now(UTC).date())
    return CheckResult(by_place(built.faults), covered, kb)


def _covered(built: Built, kb: Knowledge, today: date) -> Coverage:
    """The coverage; doubts and failing examples are reported on the way, until there are too many."""
    found = coverage(built.raw, kb)
    try:
        doubts(built, kb, today)
        return found._replace(clauses=run(built.raw, kb, built.report))
    except TooMany:
        return found


def by_place(faults: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Faults in the order of the files, each once."""
    return sorted(dict.fromkeys(faults), key=lambda f: (f.place, f.code, f.message))
