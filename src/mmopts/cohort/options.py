"""What ``mmopts cohort`` is asked. Needs no pyarrow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from mmopts.answers.forms import Cohort
    from mmopts.assess.truths import Scope


class Progress(Protocol):
    """Shows how far long work is."""

    def tell_rows(self, rows: int) -> None:
        """So many rows are done."""

    def clear(self) -> None:
        """Take away what is shown."""


class Options(NamedTuple):
    """What was asked. Paths of `-` are standard input and output.

    `scope`: region and day; `defaults`: those of this place that acted, each with its option, its value and where it stands.
    `max_rejects`: percent of rows. `tell` writes to standard error, `show` shows the summary;
    `progress` is told of every chunk.
    """

    source: str
    output: str
    scope: Scope
    treatments: str | None = None
    treatments_as: str | None = None
    read_as: str | None = None
    write_as: str | None = None
    layout: str = "wide"
    labels: bool = False
    tiers: bool = False
    summary: str | None = None
    rejects: str | None = None
    facts: str | None = None
    jobs: int = 1
    max_rejects: float = 10.0
    strict: bool = False
    kb: str | None = None
    ignore_columns: bool = False
    defaults: Sequence[tuple[str, str, str]] = ()
    tell: Callable[[str], object] = len
    show: Callable[[Cohort], object] = len
    progress: Progress | None = None
