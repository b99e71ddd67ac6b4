"""What is known, and from where: sources, what bodies hold of a point, trials and their figures."""

from collections.abc import Iterable

from mmopts.logic import Cond
from mmopts.record import Record

Cited = str | tuple[str, ...] | None
"""The id of a source, or several."""
Point = tuple[float | None, ...]
"""One number for a single arm; one for this arm and one for the control of a comparison. None: not reached."""


def cited_ids(sources: Iterable[Cited]) -> tuple[str, ...]:
    """The ids that citations name, each once."""
    found: dict[str, None] = {}
    for source in sources:
        if isinstance(source, str):
            found[source] = None
        elif source:
            found.update(dict.fromkeys(source))
    return tuple(found)


def cited_together(sources: Iterable[Cited]) -> Cited:
    """Several citations as one."""
    found = cited_ids(sources)
    return found[0] if len(found) == 1 else found or None


LABEL = "label"
"""The kind of a source whose year is that of the edition that was read."""


class Source(Record):
    """A source: what it is, where it is, whether and in what copy the cited fact was read there."""

    id: str
    title: str
    kind: str
    checked: str
    region: str | None
    year: int | None
    pmid: int | None
    doi: str | None
    url: str | None
    on: str | None
    extent: str | None
    copy: str | None


class View(Record):
    """What one body holds of a point on which bodies differ."""

    body: str
    view: str
    source: Cited


class Disagreement(Record):
    """A point on which bodies differ, and what is done here."""

    id: str
    topic: str
    views: tuple[View, ...]
    we_do: str


RANDOMISED = "randomised"
"""The design of a trial that tells what a regimen does against its control."""


class Figures(Record):
    """A time-to-event endpoint: median months of this arm and of the control, hazard ratio with its interval.

    `level`: the interval's level in percent. `reached`: whether a median that is None was not reached, or not reported.
    `endpoint`: what it is where it is not the usual one, as TTP in the place of PFS.
    """

    months: float | None = None
    control: float | None = None
    hr: float | None = None
    ci: tuple[float, float] | None = None
    level: float = 95
    reached: bool = True
    control_reached: bool = True
    note: str | None = None
    endpoint: str | None = None


class Response(Record):
    """Response rates in percent."""

    orr: Point | None = None
    vgpr: Point | None = None
    cr: Point | None = None
    mrd: Point | None = None


class Toxicity(Record):
    """An adverse event of grade 3 or more, in percent."""

    event: str
    percent: Point


class Subgroup(Record):
    """A subgroup of a trial; `weak`: shown to gain little."""

    name: str
    when: Cond
    pfs: Figures | None
    os: Figures | None
    weak: bool


class Trial(Record):
    """A trial as evidence for one regimen: one of its arms against its control.

    `population`: who was let in; `full`: whether that is the whole list of entry criteria, so that what it does not name
    was allowed. `lacked`: drugs or classes that nobody in it had received. `alert`: a survival signal against it. `key`:
    whether it compares this use with another treatment (not routes, doses or strategies of several steps). `known`: whether
    it had been reported by the day asked about, and may count against a regimen; `counts`: whether it may count for its own.
    """

    id: str
    trial: str
    nct: str | None
    phase: int
    design: str
    setting: Cond
    versus: tuple[str, ...]
    n: int | None
    population: Cond
    words: str
    full: bool
    lacked: tuple[str, ...]
    endpoint: str | None
    met: bool | None
    pfs: Figures | None
    os: Figures | None
    response: Response | None
    toxicity: tuple[Toxicity, ...]
    follow_up: float | None
    subgroups: tuple[Subgroup, ...]
    alert: str | None
    note: str | None
    key: bool
    known: Cond
    counts: Cond
    source: Cited
    unread: tuple[str, ...]

    def read(self, group: str) -> Figures | None:
        """Its `pfs` or `os`; None if they were recalled and not read, for such decide nothing."""
        found: Figures | None = getattr(self, group)
        return None if group in self.unread else found

    def ends_below(self, group: str, limit: float) -> bool:
        """Whether the confidence interval of its `pfs` or `os` was read and ends below a limit."""
        figures = self.read(group)
        return figures is not None and figures.ci is not None and figures.ci[1] < limit
