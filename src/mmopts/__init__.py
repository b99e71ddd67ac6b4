"""mmopts: which multiple myeloma regimens are still open to a patient, why, and on what evidence.

>>> import mmopts
>>> kb = mmopts.load()
>>> answer = mmopts.suggest({"prior": ["len", "btz"], "fitness": "frail"}, kb)
>>> answer["options"][0]["id"], answer["options"][0]["tier"]
"""

from __future__ import annotations

from mmopts.version import __version__

TYPE_CHECKING = False
"""As in `typing`, which takes long to import: an interrupt meanwhile would find nobody to take it."""
if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike
    from typing import Any

    from mmopts.answers.patient import About
    from mmopts.diagnostics import Diagnostic, KnowledgeError, MmoptsError, QuestionError
    from mmopts.knowledge.records import Knowledge

__all__ = [
    "Diagnostic",
    "KnowledgeError",
    "MmoptsError",
    "QuestionError",
    "__version__",
    "explain",
    "history",
    "load",
    "suggest",
]

_FAULTS = ("Diagnostic", "KnowledgeError", "MmoptsError", "QuestionError")
_loaded: list[Knowledge] = []
"""The built-in knowledge base, once an answer without another one was asked for."""


def __getattr__(name: str) -> Any:
    """What is raised, and what it holds (`problems`); loaded when it is asked for."""
    if name in _FAULTS:
        from mmopts import diagnostics

        return getattr(diagnostics, name)
    raise AttributeError(f"module 'mmopts' has no attribute {name!r}")


def load(path: str | PathLike[str] | None = None) -> Knowledge:
    """The built-in knowledge base, or the one (or the overlay) at `path`.

    Raises KnowledgeError if it is unusable, TypeError for what is no path.
    """
    import os

    from mmopts.knowledge.load import load_knowledge

    if path is not None and not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path is a path or None, not {type(path).__name__}")
    return load_knowledge(None if path is None else os.fsdecode(path))


def suggest(patient: Mapping[str, Any], kb: Knowledge | None = None, *, limit: int | None = None) -> dict[str, Any]:
    """The answer for one patient, as ``mmopts suggest --json`` gives it.

    `patient` has the keys of a patient file (docs/patient-file.md), `id`, `region`, `as_of` and `strict` among them.
    Raises QuestionError for facts that cannot be used, ValueError for a limit below zero, TypeError for another argument
    of a kind that it does not take.
    """
    from mmopts.answers.form import to_data

    if type(limit) not in (int, type(None)):
        raise TypeError(f"limit is a whole number or None, not {type(limit).__name__}")
    if limit is not None and limit < 0:
        raise ValueError("limit counts options: 0 or more")
    answer: dict[str, Any] = to_data(_about(patient, _known(kb)).suggest(limit))
    return answer


def explain(regimen: str, patient: Mapping[str, Any], kb: Knowledge | None = None) -> dict[str, Any]:
    """Every clause of one regimen for one patient, as ``mmopts explain --json`` gives it.

    Raises QuestionError for facts that cannot be used and for a regimen that is not known, TypeError for an argument of
    another kind.
    """
    from mmopts.answers.form import to_data
    from mmopts.answers.knowledge import regimen_named

    if not isinstance(regimen, str):
        raise TypeError(f"regimen is the name of one, not {type(regimen).__name__}")
    known = _known(kb)
    answer: dict[str, Any] = to_data(_about(patient, known).explain(regimen_named(regimen, known)))
    return answer


def history(patient: Mapping[str, Any], kb: Knowledge | None = None) -> dict[str, Any]:
    """What follows from a list of treatments, as ``mmopts history --json`` gives it: facts, lines, derivations.

    `patient` has the keys of a patient file, `treatments` among them (docs/history.md); facts stated beside them beat the
    derived ones. Raises QuestionError for treatments or facts that cannot be used, TypeError for another kind of argument.
    """
    from mmopts.answers import history as answers
    from mmopts.answers.form import to_data
    from mmopts.callers import patient_of

    known = _known(kb)
    facts, named = patient_of(patient)
    answer: dict[str, Any] = to_data(answers.history(facts, known, named))
    return answer


def _known(kb: Knowledge | None) -> Knowledge:
    from mmopts.knowledge.records import Knowledge as _Knowledge

    if kb is not None and not isinstance(kb, _Knowledge):
        raise TypeError(f"kb is a knowledge base as load() gives it, not {type(kb).__name__}")
    if kb is None and not _loaded:
        _loaded.append(load())
    return _loaded[0] if kb is None else kb


def _about(patient: Mapping[str, Any], kb: Knowledge) -> About:
    from mmopts.answers.patient import About as _About
    from mmopts.assess.assessment import assess_given
    from mmopts.callers import patient_of

    facts, named = patient_of(patient)
    return _About(assess_given(facts, kb), named)
