"""What follows from a list of treatments, as records: each treatment, each line of therapy, each derivation."""

from typing import Any

from mmopts.knowledge.records import Cited
from mmopts.record import Record

Days = tuple[str, ...] | None
"""The first and the last day that a date may mean, each as YYYY-MM-DD; None where nothing is told."""


class Therapy(Record):
    """A treatment as it was read, in order of start. `line`: the number of its line, or a range; None: it is none.

    `once`: given on one day, as a transplant or an infused product is.
    """

    entry: int
    label: str
    drugs: tuple[str, ...]
    line: Any
    part: str | None
    start: str | None
    end: str | None
    ongoing: bool
    once: bool
    best_response: str | None
    stopped: str | None
    progression: str | None
    not_tolerated: tuple[str, ...]
    start_days: Days
    end_days: Days
    progression_days: Days


class TherapyLine(Record):
    """A line of therapy: its number (or a range), what was given in it, and the entries that it holds."""

    line: Any
    drugs: tuple[str, ...]
    start: str | None
    end: str | None
    best_response: str | None
    progression: str | None
    ongoing: bool
    entries: tuple[int, ...]


class Derivation(Record):
    """How a fact was derived. `about` is the drug or the treatment concerned; `open` what would settle the rest.

    `text` and `authority` tell the rule; `other_reading` how others read it. `unread`: recalled, not read.
    """

    fact: str
    about: str | None
    value: Any
    rule: str
    text: str
    because: str
    authority: str
    source: Cited
    open: str | None
    other_reading: str | None
    other_source: Cited
    unread: bool
