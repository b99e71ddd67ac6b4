"""What a compiled knowledge base holds, as the rest of the program sees it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from mmopts.logic import Cond, load_conditions

FORMAT = 2
"""Of the compiled form; another one is compiled anew."""

Row = Mapping[str, Any]
"""An entry of the knowledge base as plain data; where it has a condition, the condition's number in `conds`."""


class Knowledge(NamedTuple):
    """A compiled knowledge base. Conditions in its rows are numbers into `conds`.

    `regimens` maps an id to its row: drugs, rows of indications, what forbids it, cautions, evidence, doses;
    `forbids` and `cautions` are numbers into `rules`. `names` maps a folded word to the drugs or classes that it
    means; `vocabulary` the words of list facts. `library` gives what judging does not need.
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
    rules: list[Row]
    care: list[Row]
    aliases: Mapping[str, str]
    library: Callable[[], Row]

    @property
    def sources(self) -> Mapping[str, Row]:
        """Every source by id."""
        found: Mapping[str, Row] = self.library()["sources"]
        return found

    @property
    def guidance(self) -> Row:
        """Definitions, guidelines, disagreements, risk and thrombosis scores."""
        found: Row = self.library()["guidance"]
        return found


def from_compiled(data: Mapping[str, Any]) -> Knowledge:
    """The knowledge base of a compiled form."""
    library = data["library"]
    return _typed(data, lambda: library)


def pack(data: Mapping[str, Any]) -> str:
    """A compiled form as text: one line for judging, one for the library."""
    parts = ({k: v for k, v in data.items() if k != "library"}, data["library"])
    return "\n".join(json.dumps(part, ensure_ascii=False, separators=(",", ":")) for part in parts)


def unpack(text: str) -> Knowledge:
    """The knowledge base of a packed text. Raises ValueError or KeyError if it is none."""
    core, _, library = text.partition("\n")
    parsed: list[Row] = []

    def read_library() -> Row:
        if not parsed:
            parsed.append(json.loads(library))
        return parsed[0]

    data = json.loads(core)
    if data["meta"]["format"] != FORMAT:
        raise ValueError("compiled by another version")
    return _typed(data, read_library)


def _typed(data: Mapping[str, Any], library: Callable[[], Row]) -> Knowledge:
    return Knowledge(
        **{
            **data,
            "conds": load_conditions(data["conds"]),
            "steroids": frozenset(data["steroids"]),
            "fitness_inputs": frozenset(data["fitness_inputs"]),
            "library": library,
        }
    )
