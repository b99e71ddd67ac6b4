"""Words for the shell to complete: loaded from the knowledge base only when a shell asks."""

from __future__ import annotations

import os
from collections.abc import Iterable

from mmopts.facts import Fact
from mmopts.knowledge.load import load_knowledge
from mmopts.knowledge.records import Knowledge


def _knowledge() -> Knowledge:
    return load_knowledge(os.environ.get("MMOPTS_KB") or None)


def words_for(fact: Fact) -> Iterable[str]:
    """The words that an option of this fact takes."""
    if fact.kind == "choice":
        return fact.values
    kb = _knowledge()
    if fact.kind == "words":
        return [*kb.vocabulary[fact.name]["ids"], *kb.vocabulary[fact.name].get("groups", {})]
    return sorted(
        {name for entry in kb.drugs.values() for name in (entry["id"], *entry.get("abbreviations", ()))}
        | set(kb.classes)
        | set(regimens())
    )


def regimens() -> Iterable[str]:
    """The ids of the regimens."""
    return list(_knowledge().regimens)


def drugs() -> Iterable[str]:
    """The generic names of the drugs."""
    return list(_knowledge().drugs)


def sources() -> Iterable[str]:
    """The ids of the sources."""
    return list(_knowledge().sources)
