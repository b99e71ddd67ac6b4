"""What a compiled knowledge base holds, as the rest of the program sees it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from mmopts.logic import Cond, load_conditions

FORMAT = 5
"""Of the compiled form; another one is compiled anew."""

Row = Mapping[str, Any]
"""An entry of the knowledge base as plain data; where it has a condition, the condition's number in `conds`."""


class Knowledge(NamedTuple):
    """A compiled knowledge base. Conditions in its rows are numbers into `conds`.

    `regimens` maps an id to its row: drugs, rows of indications, what forbids it, cautions, evidence, doses;
    `forbids` and `cautions` are numbers into `rules`, `guidance` into `guidelines`. `names` maps a folded word to the
    drugs or classes that it means; `vocabulary` the words of list facts; `dates` the first and last day of each date.
    `library` gives, by name, what judging does not need.
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
    dates: Mapping[str, tuple[str, str]]
    regimens: Mapping[str, Row]
    rules: list[Row]
    guidelines: list[Row]
    care: list[Row]
    aliases: Mapping[str, str]
    library: Callable[[str], Row]

    @property
    def sources(self) -> Mapping[str, Row]:
        """Every source by id."""
        return self.library("sources")

    @property
    def guidance(self) -> Row:
        """Definitions, disagreements, risk and thrombosis scores."""
        return self.library("guidance")

    @property
    def history(self) -> Row:
        """Limits, words and rules by id for reading a list of treatments; empty where a knowledge base has none."""
        return self.library("history")


def from_compiled(data: Mapping[str, Any]) -> Knowledge:
    """The knowledge base of a compiled form."""
    return _typed(data, data["library"].__getitem__)


_SHELVES = ("sources", "guidance", "history")


def pack(data: Mapping[str, Any]) -> str:
    """A compiled form as text: a line for judging, and one for each part of the library."""
    parts = [{k: v for k, v in data.items() if k != "library"}, *(data["library"][name] for name in _SHELVES)]
    return "\n".join(json.dumps(part, ensure_ascii=False, separators=(",", ":")) for part in parts)


def unpack(text: str) -> Knowledge:
    """The knowledge base of a packed text. Raises ValueError or KeyError if it is none."""
    core, *shelves = text.split("\n")
    unread = dict(zip(_SHELVES, shelves, strict=True))
    parsed: dict[str, Row] = {}

    def library(name: str) -> Row:
        if name not in parsed:
            parsed[name] = json.loads(unread[name])
        return parsed[name]

    data = json.loads(core)
    if data["meta"]["format"] != FORMAT:
        raise ValueError("compiled by another version")
    return _typed(data, library)


def _typed(data: Mapping[str, Any], library: Callable[[str], Row]) -> Knowledge:
    return Knowledge(
        **{
            **data,
            "conds": load_conditions(data["conds"]),
            "steroids": frozenset(data["steroids"]),
            "fitness_inputs": frozenset(data["fitness_inputs"]),
            "library": library,
        }
    )
