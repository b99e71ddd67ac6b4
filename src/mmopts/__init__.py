"""mmopts: which multiple myeloma regimens are still open to a patient, why, and on what evidence.

>>> import mmopts
>>> kb = mmopts.load()
>>> answer = mmopts.suggest({"prior": ["len", "btz"], "fitness": "frail"}, kb)
>>> answer["options"][0]["id"], answer["options"][0]["tier"]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mmopts.version import __version__

if TYPE_CHECKING:
    from mmopts.knowledge.model import Knowledge

__all__ = ["__version__", "history", "load", "suggest"]


def load(path: str | None = None) -> Knowledge:
    """The built-in knowledge base, or the one (or the overlay) at `path`. Raises KnowledgeError if it is unusable."""
    from mmopts.knowledge.load import load_knowledge

    return load_knowledge(path)


def suggest(patient: Mapping[str, Any], kb: Knowledge | None = None, *, limit: int | None = None) -> dict[str, Any]:
    """The answer for one patient, as ``mmopts suggest --json`` gives it.

    `patient` has the keys of a patient file (docs/patient-file.md), `region`, `as_of` and `strict` among them.
    Raises QuestionError for facts that cannot be used.
    """
    from mmopts.ask import pose
    from mmopts.report import suggestion

    return suggestion(pose(patient, kb or load()), limit)


def history(patient: Mapping[str, Any], kb: Knowledge | None = None) -> dict[str, Any]:
    """What follows from a list of treatments, as ``mmopts history --json`` gives it: facts, lines, derivations.

    `patient` has the keys of a patient file, `treatments` among them (docs/history.md); facts stated beside them
    beat the derived ones. Raises QuestionError for treatments that cannot be used.
    """
    from mmopts.patient.merge import resolve
    from mmopts.report import cited, envelope

    kb = kb or load()
    found = resolve(patient, kb)
    body = found.history.data()
    body["facts"] = found.facts
    body["warnings"] = [{"code": note.code, "text": note.text} for note in found.notes]
    question = {"as_of": body.pop("as_of")}
    ids = (name for one in found.history.derivations for name in one.source)
    return envelope("history", kb, question=question, **body, sources=cited(ids, kb))
