"""What a compiled knowledge base holds, as the rest of the program sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from mmopts.logic import Cond, load_conditions

FORMAT = 1
"""Of the compiled form; another one is compiled anew."""

Row = Mapping[str, Any]
"""An entry of the knowledge base as plain data; where it has a condition, the condition's number in `conds`."""


class Knowledge(NamedTuple):
    """A compiled knowledge base. Conditions in its rows are numbers into `conds`.

    `regimens` maps an id to its row: drugs, rows of indications, what forbids it, cautions, evidence, doses.
    `names` maps a folded word to the drugs or classes that it means; `vocabulary` the words of list facts.
    """

    meta: Row
    conds: list[Cond]
    classes: Mapping[str, Row]
    drugs: Mapping[str, Row]
    steroids: frozenset[str]
    names: Mapping[str, Row]
    ambiguous: Mapping[str, list[str]]
    vocabulary: Mapping[str, Row]
    entailments: list[Row]
    presumptions: list[Row]
    questions: Mapping[str, str]
    fitness_tools: list[Row]
    fitness_inputs: frozenset[str]
    tiers: Row
    ask: Row
    dates: list[str]
    regimens: Mapping[str, Row]
    aliases: Mapping[str, str]
    sources: Mapping[str, Row]
    guidance: Row


def from_compiled(data: Mapping[str, Any]) -> Knowledge:
    """The knowledge base of a compiled form."""
    return Knowledge(
        **{
            **data,
            "conds": load_conditions(data["conds"]),
            "steroids": frozenset(data["steroids"]),
            "fitness_inputs": frozenset(data["fitness_inputs"]),
        }
    )
