"""The answers about a knowledge base as a whole: ``kb check``, ``kb diff`` and ``kb format``."""

from __future__ import annotations

from collections.abc import Mapping

from mmopts.answers import forms
from mmopts.answers.patient import frame
from mmopts.diagnostics import ERROR, Diagnostic
from mmopts.knowledge.layers import BUILTIN
from mmopts.knowledge.load import layers_at
from mmopts.review.check import by_place, check
from mmopts.review.diff import Change, Progress, difference
from mmopts.review.format import format_at, layout_faults
from mmopts.review.records import Coverage
from mmopts.version import __version__


def check_answer(path: str | None) -> tuple[forms.KbCheck, bool]:
    """What is wrong with the knowledge base at `path` (None: the built-in one), and whether nothing is in error.

    Raises KnowledgeError if its files cannot be read.
    """
    layers = layers_at(path)
    result = check(layers)
    faults = by_place([*result.faults, *layout_faults(layers[-1:])])
    errors = sum(f.severity == ERROR for f in faults)
    answer = forms.KbCheck(
        schema="mmopts.kb-check/1",
        tool_version=__version__,
        path=path or BUILTIN,
        usable=result.knowledge is not None,
        errors=errors,
        warnings=len(faults) - errors,
        faults=tuple(map(_fault, faults)),
        coverage=_parts(result.coverage),
    )
    return answer, not errors


def _parts(coverage: Coverage | None) -> Mapping[str, object]:
    """The parts that were looked at, by their names."""
    return {name: part for name, part in coverage._asdict().items() if part is not None} if coverage else {}


def _fault(fault: Diagnostic) -> forms.FaultRow:
    return forms.FaultRow(*fault.place, fault.severity, fault.code, fault.text, fault.suggestion)


def diff_answer(old: str | None, new: str | None, progress: Progress | None = None, jobs: int = 1) -> forms.KbDiff:
    """What changes from one knowledge base to another (None: the built-in one) on the example patients of both.

    `progress` is told how many patients are done, and of how many; `jobs` processes share them. Raises KnowledgeError.
    """
    found = difference(old, new, progress, jobs)
    return forms.KbDiff(
        **frame("kb-diff", found.new.meta),
        old=found.old.meta.version,
        new=found.new.meta.version,
        added=found.added,
        removed=found.removed,
        patients=found.patients,
        changed=tuple(map(_change, found.changed)),
        not_compared=tuple(forms.NotCompared(*row) for row in found.not_compared),
    )


def _change(change: Change) -> forms.Change:
    return forms.Change(change.regimen, forms.Standing(*change.old), forms.Standing(*change.new), change.patient)


def format_answer(path: str | None, write: bool) -> tuple[forms.KbFormat, bool]:
    """Bring the files at `path` (None: the built-in ones) into form, or with `write` false only look; and whether all are.

    Raises KnowledgeError for what cannot be read or written.
    """
    found = format_at(path, write)
    good = not found.faults and (write or not found.changed)
    answer = forms.KbFormat(
        schema="mmopts.kb-format/1",
        tool_version=__version__,
        path=path or BUILTIN,
        written=write,
        files=tuple(found.files),
        changed=tuple(found.changed),
        faults=tuple(map(_fault, found.faults)),
    )
    return answer, good
