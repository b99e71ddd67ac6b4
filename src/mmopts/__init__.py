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
    from typing import Any

    from mmopts.knowledge.records import Knowledge

__all__ = ["__version__", "explain", "history", "load", "suggest"]


def load(path: str | None = None) -> Knowledge:
    """The built-in knowledge base, or the one (or the overlay) at `path`. Raises KnowledgeError if it is unusable."""
    from mmopts.knowledge.load import load_knowledge

    return load_knowledge(path)


def suggest(patient: Mapping[str, Any], kb: Knowledge | None = None, *, limit: int | None = None) -> dict[str, Any]:
    """The answer for one patient, as ``mmopts suggest --json`` gives it.

    `patient` has the keys of a patient file (docs/patient-file.md), `region`, `as_of` and `strict` among them.
    Raises QuestionError for facts that cannot be used, and ValueError for a limit below zero.
    """
    from mmopts.answers.form import to_data
    from mmopts.answers.patient import About
    from mmopts.assess.assessment import assess_given

    if limit is not None and limit < 0:
        raise ValueError("limit counts options: 0 or more")
    answer: dict[str, Any] = to_data(About(assess_given(patient, kb or load())).suggest(limit))
    return answer


def explain(regimen: str, patient: Mapping[str, Any], kb: Knowledge | None = None) -> dict[str, Any]:
    """Every clause of one regimen for one patient, as ``mmopts explain --json`` gives it.

    Raises QuestionError for facts that cannot be used and for a regimen that is not known.
    """
    from mmopts.answers.form import to_data
    from mmopts.answers.knowledge import regimen_named
    from mmopts.answers.patient import About
    from mmopts.assess.assessment import assess_given

    known = kb or load()
    answer: dict[str, Any] = to_data(About(assess_given(patient, known)).explain(regimen_named(regimen, known)))
    return answer


def history(patient: Mapping[str, Any], kb: Knowledge | None = None) -> dict[str, Any]:
    """What follows from a list of treatments, as ``mmopts history --json`` gives it: facts, lines, derivations.

    `patient` has the keys of a patient file, `treatments` among them (docs/history.md); facts stated beside them beat the
    derived ones. Raises QuestionError for treatments or facts that cannot be used.
    """
    from mmopts.answers import history as answers
    from mmopts.answers.form import to_data

    answer: dict[str, Any] = to_data(answers.history(patient, kb or load()))
    return answer
