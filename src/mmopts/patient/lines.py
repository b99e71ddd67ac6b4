"""Which treatments make one line of therapy and which begin the next, in three-valued logic.

The rules stand in the knowledge base by id (`history`), each with its authority; this module decides which of
them applies at each treatment. A boundary that the record leaves open makes the number of lines a range.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from mmopts.patient.dates import Date, before, within_days, within_months
from mmopts.patient.treatments import BRIDGING, PLANNED, Treatment

PROGRESSIVE = "PD"
UNPLANNED = ("toxicity", "other")
"""Reasons for stopping after which other drugs in the same part are no part of the plan."""
UNSURE = "whether entry {0} was planned (its `part`), or followed a progression (`progression` of entry {1})"


class Progress(NamedTuple):
    """A progression that is recorded at a treatment: when, and whether the day or month itself is recorded."""

    when: Date
    dated: bool


class Step(NamedTuple):
    """Why a treatment begins a line or not: `new` is None where that is open, and `open` says what would settle it."""

    new: bool | None
    rule: str
    because: str
    open: str | None = None


class Line(NamedTuple):
    """A line: its number (`low` to `high` where that is open) and its treatments, as places in the ordered list.

    `joined`: whether it may be one with the line before it.
    """

    low: int
    high: int
    places: tuple[int, ...]
    joined: bool = False


class Lines(NamedTuple):
    """Every line; the step at each counted treatment and the rule by which another does not count, by place.

    `skipped`: the stated numbers leave out lines that the list does not hold. `clashes`: stated numbers that run
    back, as (place, number before).
    """

    lines: tuple[Line, ...]
    steps: dict[int, Step]
    aside: dict[int, str]
    skipped: bool = False
    clashes: tuple[tuple[int, int], ...] = ()

    def of(self, place: int) -> int | None:
        """The position among the lines of the line that holds a treatment; None where it counts for none."""
        return next((i for i, line in enumerate(self.lines) if place in line.places), None)


def progress(row: Treatment, today: int) -> Progress | None:
    """The progression recorded at a treatment: by its date, as the reason for stopping, or as best response."""
    if row.progression is not None:
        return Progress(row.progression, True)
    if row.stopped == "progression" or row.best_response == PROGRESSIVE:
        return Progress(Date(row.start.first, row.end.last if row.end else today), False)
    return None


def count_lines(rows: Sequence[Treatment], today: int, limits: Mapping[str, int]) -> Lines:
    """The lines of treatments in order. `today` is the ordinal of the day asked about, `limits` those of `history`."""
    aside = {place: rule for place, row in enumerate(rows) if (rule := _counts_not(row))}
    counted = [place for place in range(len(rows)) if place not in aside]
    told = [(row, found) if (found := progress(row, today)) else None for row in rows]
    lines: list[Line] = []
    steps: dict[int, Step] = {}
    clashes: list[tuple[int, int]] = []
    skipped = False
    for position, place in enumerate(counted):
        row = rows[place]
        ahead = [rows[p] for p in counted[position:]]
        step = _agreed(
            [
                _Boundary(rows, places, told[places[0] : place], steps, today, limits).step(row, ahead)
                for places in readings(lines)
            ]
        )
        step = step or Step(True, "first-line", f"{row.said} is the first treatment")
        low, high = (lines[-1].low, lines[-1].high) if lines else (0, 0)
        if row.line:
            skipped = skipped or row.line > low + 1
            if row.line < low:
                clashes.append((place, low))
            same = None if lines and low < high and low <= row.line <= high else bool(lines) and low == high == row.line
            step = Step(None if same is None else not same, "stated-line", f"{row.said} states line {row.line}")
            low = high = row.line
        else:
            low, high = low + (step.new is True), high + (step.new is not False)
        steps[place] = step
        if step.new is False:
            lines[-1] = lines[-1]._replace(places=(*lines[-1].places, place))
        else:
            lines.append(Line(low, high, (place,), step.new is None))
    return Lines(tuple(lines), steps, aside, skipped, tuple(clashes))


def readings(lines: Sequence[Line]) -> Iterator[tuple[int, ...]]:
    """The places of the last line: alone, and together with each earlier line that it may be one with."""
    places: tuple[int, ...] = ()
    for line in reversed(lines):
        places = (*line.places, *places)
        yield places
        if not line.joined:
            return


def _agreed(steps: Sequence[Step]) -> Step | None:
    """The step on which all readings of the line so far agree; if they do not, the first one, left open."""
    if not steps or len({step.new for step in steps}) == 1:
        return steps[0] if steps else None
    told = next((step.open for step in steps if step.open), None)
    return steps[0]._replace(new=None, open=told or "what settles where the line before it began")


def _counts_not(row: Treatment) -> str | None:
    """The rule by which a treatment is no line; None if it is one, as with a stated number."""
    if row.line:
        return None
    if row.smoldering:
        return "no-line-smoldering"
    if row.supportive:
        return "no-line-supportive"
    return "no-line-steroid" if row.steroids_alone and row.part is None else None


def _regimen(rows: Sequence[Treatment], places: Sequence[int], steps: Mapping[int, Step]) -> set[str]:
    """The drugs of the regimen to which the last of some treatments belongs, with those paused or dropped from it.

    Not a drug that was dropped as planned: giving it again is an addition.
    """
    names = set(rows[places[-1]].names)
    for place, one in zip(reversed(places), reversed(places[:-1]), strict=False):
        step = steps[place]
        paused = step.rule == "holiday" or (step.rule == "drug-dropped" and rows[one].stopped != "planned")
        if step.new is not False or not (step.rule == "begun-together" or paused):
            break
        names.update(rows[one].names)
    return names


def _negated(state: bool | None) -> bool | None:
    return None if state is None else not state


class _Boundary:
    """Decides at a treatment after the line in `places`.

    `told` are the progressions since the line began, `steps` how its treatments came to it.
    """

    def __init__(
        self,
        rows: Sequence[Treatment],
        places: Sequence[int],
        told: Sequence[tuple[Treatment, Progress] | None],
        steps: Mapping[int, Step],
        today: int,
        limits: Mapping[str, int],
    ) -> None:
        self.line, self.today, self.limits = [rows[p] for p in places], today, limits
        self.last = self.line[-1]
        self.regimen = _regimen(rows, places, steps)
        self.found = [one for one in told if one]

    def step(self, row: Treatment, ahead: Sequence[Treatment]) -> Step:
        """Whether `row` begins a line; `ahead` are the counted treatments from it on."""
        last = self.last
        if last.part == BRIDGING and row.product:
            return Step(False, "bridging", f"{last.said} bridged to {row.said}")
        earlier = [one for one in self.line if one.transplant]
        if row.transplant and earlier:
            return self._further_transplant(row, earlier[-1])
        if row.part in PLANNED:
            return self._planned(row)
        state = self._progressed(row)
        if state is not True:
            unplanned = self._unplanned(row, self._drugs(row, ahead))
            if state is False:
                return unplanned
            if unplanned.new is not True:
                at = self.found[-1][0]
                told = f"the days of `start` of {row.said} and of `progression`, or `end`, of entry {at.entry}"
                return unplanned._replace(new=None, open=unplanned.open or told)
        same = set(row.names) == set(last.names)
        rule = "restart-after-progression" if same else "after-progression"
        return Step(True, rule, self._after(row))

    def _together(self, row: Treatment) -> bool | None:
        """Whether a treatment was begun together with the first of the line, while the last of the line went on."""
        last, first = self.last, self.line[0]
        if row.transplant or last.transplant or row.product or last.product:
            return False
        near = within_days(first.start, row.start, self.limits["together_days"])
        if last.ongoing or near is False:
            return near
        overlap = before(row.start.shift(1), last.end or Date(last.start.first, self.today))
        return near if overlap else overlap

    def _drugs(self, row: Treatment, ahead: Sequence[Treatment]) -> set[str]:
        """The drugs of a treatment, with those of what it bridges to."""
        if row.part != BRIDGING:
            return set(row.names)
        target = next((one for one in ahead if one.part != BRIDGING), None)
        return {*row.names, *(target.names if target and target.product else ())}

    def _progressed(self, row: Treatment) -> bool | None:
        """Whether a progression recorded in the line came before `row` began."""
        states = [
            before(found.when, row.start) if found.dated else _negated(self._beside(at, row)) for at, found in self.found
        ]
        if True in states:
            return True
        return None if None in states else False

    def _beside(self, at: Treatment, row: Treatment) -> bool | None:
        """Whether a treatment ran beside one that was stopped for a progression of no date: begun and ended with it."""
        if at.end is None or row.transplant or at.transplant or row.product or at.product:
            return False
        limit = self.limits["together_days"]
        states = (
            within_days(at.start, row.start, limit),
            before(row.start.shift(1), at.end),
            not row.ongoing and within_days(at.end, row.end or Date(row.start.first, self.today), limit),
        )
        return False if False in states else None if None in states else True

    def _after(self, row: Treatment) -> str:
        at, found = self.found[-1]
        when = f" ({found.when})" if found.dated else ""
        return f"{row.said} follows the progression at {at.said}{when}"

    def _planned(self, row: Treatment) -> Step:
        state = self._progressed(row)
        if state is True:
            return Step(True, "after-progression", self._after(row))
        if state is None:
            at, found = self.found[-1]
            text = f"the progression at {at.said} ({found.when}) may lie before or after the start of {row.said}"
            return Step(
                None, "planned-part", text, f"the day of `progression` of entry {at.entry}, and of `start` of {row.said}"
            )
        last, drugs = self.last, set(row.names)
        if row.part == last.part and last.stopped in UNPLANNED and not drugs <= self.regimen:
            return self._unplanned(row, drugs)
        return Step(False, "planned-part", f"{row.said} is a planned part ({row.part or 'transplant'}) after {last.said}")

    def _further_transplant(self, row: Treatment, earlier: Treatment) -> Step:
        state = self._progressed(row)
        months = self.limits["tandem_months"]
        near = within_months(earlier.start, row.start, months)
        if state is True:
            return Step(True, "after-progression", self._after(row))
        text = f"{row.said} is a transplant after that of {earlier.said}"
        if near is False:
            return Step(True, "further-transplant", f"{text}, more than {months} months later")
        if near is True and state is False:
            return Step(False, "tandem", f"{text}, at most {months} months later, without progression")
        return Step(None, "tandem", text, f"the days of `start` of entries {earlier.entry} and {row.entry}")

    def _unplanned(self, row: Treatment, drugs: set[str]) -> Step:
        """Whether a treatment that is no planned part and follows no progression begins a line: by what changed, and why."""
        last, have = self.last, set(self.last.names)
        no_progression = f"without progression after {last.said}"
        together = self._together(row) if row.part in (None, last.part) else False
        begun = f"{row.said} and {last.said} were begun and given together"
        if drugs and drugs <= self.regimen:
            if together:
                return Step(False, "begun-together", begun)
            gone = have - drugs if drugs < have else set() if drugs >= have else self.regimen - drugs
            if not gone:
                return Step(False, "holiday", f"{row.said} resumes the same regimen {no_progression}")
            return Step(False, "drug-dropped", f"{row.said} goes on without {', '.join(sorted(gone))}, {no_progression}")
        if together is not False:
            text = begun
            if together:
                return Step(False, "begun-together", text)
            told = f"the days of `start` of entries {last.entry} and {row.entry}, and of `end` of entry {last.entry}"
            return Step(None, "begun-together", f"it is open whether {text}", told)
        if row.transplant and last.stopped in (None, "planned"):
            return Step(False, "planned-part", f"{row.said} is a transplant {no_progression}")
        unsure = row.transplant or last.transplant or last.stopped == "planned"
        if row.part is None and unsure and last.stopped not in ("toxicity", "progression"):
            text = f"{row.said} follows {last.said} without a recorded progression and without a `part`"
            return Step(None, "plan-not-told", text, UNSURE.format(row.entry, last.entry))
        if last.stopped == "toxicity":
            return Step(True, "changed-for-toxicity", f"{row.said} follows {last.said}, stopped for toxicity")
        if have and have < drugs:
            return Step(True, "drug-added", f"{row.said} adds {', '.join(sorted(drugs - have))} to {last.said}")
        return Step(True, "regimen-changed", f"{row.said} is another regimen than {last.said}, and no planned part of it")
