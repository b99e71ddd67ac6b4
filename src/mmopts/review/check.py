"""Checks a knowledge base: its form, its meaning and its examples, all faults at once, each with its place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, NamedTuple

from mmopts.diagnostics import Diagnostic
from mmopts.knowledge.build import build, errors
from mmopts.knowledge.language import Report
from mmopts.knowledge.layers import Layer
from mmopts.knowledge.lint import figures, lint
from mmopts.review.examples import run


class CheckResult(NamedTuple):
    """Faults by place; coverage as plain data; the compiled form, or None where errors forbid it."""

    faults: list[Diagnostic]
    coverage: dict[str, Any]
    data: dict[str, Any] | None


def check(layers: list[Layer], today: date | None = None) -> CheckResult:
    """Everything that is wrong with a knowledge base, and what its examples and its sources cover.

    How its files are laid out is not looked at (`form_faults`).
    """
    checked = build(layers, "")
    if checked.data is None:
        return CheckResult(by_place(checked.faults), {}, None)
    sound = not errors(checked.faults)
    # Warnings of what is missing wait until nothing else is wrong; they might only follow from it.
    quiet = checked.report if sound else partial(_errors_only, checked.report)
    lint(checked.raw, checked.data, quiet, checked.authored.place, today or datetime.now(UTC).date())
    coverage = figures(checked.raw)
    if sound:
        coverage["clauses"] = run(checked.raw, checked.data, checked.report, checked.authored.place)
    faults = by_place(checked.faults)
    return CheckResult(faults, coverage, None if errors(faults) else checked.data)


def _errors_only(report: Report, *fault: Any, severity: str = "error") -> None:
    if severity == "error":
        report(*fault)


def by_place(faults: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Faults in the order of the files, each once."""
    return sorted(dict.fromkeys(faults), key=lambda f: (f.place, f.code, f.message))
