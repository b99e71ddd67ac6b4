"""What was read of a knowledge base in its sources, and what its examples test: as counts, and what they miss."""

from __future__ import annotations

from mmopts.record import Record


class ReadRows(Record):
    """Counts of rows whose sources were read, and of rows recalled."""

    read: int
    unread: int


class ReadDoses(ReadRows):
    """The same of doses, and how many are nowhere recorded."""

    not_recorded: int


class Exampled(Record):
    """Regimens, those that have examples, and all examples."""

    total: int
    with_examples: int
    examples: int


class WordsUsed(Record):
    """Words of list facts, and those on which no answer turns."""

    total: int
    idle: tuple[str, ...]


class Untested(Record):
    """A clause that no example tests this way (`when`: it holds, it fails). `indication`: which of the regimen's, from 1."""

    regimen: str
    indication: int
    basis: str
    file: str
    line: int
    clause: str
    when: str


class LimitsTested(Record):
    """Limits, each side counted, with an example at their edge and without."""

    total: int
    at_edge: int
    never_at_edge: tuple[Untested, ...]


class ClausesTested(Record):
    """Clauses of indications, each way counted, on which an example turns and on which none does."""

    total: int
    decisive: int
    never_decisive: tuple[Untested, ...]
    limits: LimitsTested


class Coverage(Record):
    """How much of each part was read or is tested. `clauses`: None where too much is wrong for a look at the examples."""

    sources: ReadRows
    figures: ReadRows
    indications: ReadRows
    doses: ReadDoses
    adjustments: ReadRows
    positions: ReadRows
    regimens: Exampled
    words: WordsUsed
    clauses: ClausesTested | None = None
