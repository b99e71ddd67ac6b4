"""What a knowledge base holds, once compiled: records with names and types. Conditions in them are objects.

`knowledge.codec` writes a record to the compiled form and reads it back; it needs annotations that are objects, so the
modules here do without ``from __future__ import annotations``. `source` is what a record cites; `unread` says that it was
recalled and not read there, or which of its fields were.
"""

from collections.abc import Callable, Mapping

from mmopts.knowledge.records.evidence import *
from mmopts.knowledge.records.judging import *
from mmopts.knowledge.records.patients import *
from mmopts.knowledge.records.regimens import *
from mmopts.record import Record


class Meta(Record):
    """Which knowledge base it is: its version, the day it was reviewed, a digest of its content, and its layers."""

    version: str
    reviewed: str
    notice: str
    dose_notice: str
    digest: str = ""
    layers: tuple[str, ...] = ()


class Library(Record):
    """What judging does not need. `clots`: scores of clots, from a list of what holds.

    `history`: None where a knowledge base does not read lists of treatments.
    """

    sources: Mapping[str, Source]
    disagreements: tuple[Disagreement, ...]
    scores: tuple[Score, ...]
    clots: tuple[Score, ...] = ()
    history: HistoryPolicy | None = None


class Knowledge(Record):
    """A compiled knowledge base.

    `names` maps a folded word to what it means; `dates` the first and last day of each date; `starts` the bounds at which
    conditions tell values of a number apart, by atom; `library` gives what judging does not need.
    """

    meta: Meta
    classes: Mapping[str, DrugClass]
    drugs: Mapping[str, Drug]
    steroids: frozenset[str]
    names: Mapping[str, Meaning]
    ambiguous: Mapping[str, tuple[str, ...]]
    vocabulary: Mapping[str, Vocabulary]
    entailments: tuple[Entailment, ...]
    presumptions: tuple[Presumption, ...]
    questions: Mapping[str, str]
    fitness: tuple[Score, ...]
    policy: Policy
    asking: Asking
    dates: Mapping[str, tuple[str, str]]
    starts: Mapping[str, tuple[float, ...]]
    regimens: Mapping[str, Regimen]
    positions: tuple[Position, ...]
    states: tuple[State, ...]
    exclusions: tuple[Exclusion, ...]
    unlikely: tuple[Unlikely, ...]
    care: tuple[CareTopic, ...]
    aliases: Mapping[str, str]
    library: Callable[[], Library]

    @property
    def infused_once(self) -> frozenset[str]:
        """The drugs and classes that are given in one infusion, after which nothing is left to stop."""
        once = [c for c in self.classes.values() if c.infused_once]
        return frozenset(name for c in once for name in (c.id, *c.drugs))

    @property
    def sources(self) -> Mapping[str, Source]:
        """Every source by id."""
        return self.library().sources

    @property
    def history(self) -> HistoryPolicy | None:
        """How a list of treatments is read."""
        return self.library().history
