"""When the disease progressed, and to which drugs it is refractory, in three-valued logic.

A progression belongs to the treatment that it follows. Refractoriness is judged for each drug in each of its courses: no
response, or progression during the course or within a limit of days after the last dose. A product that is infused once
has no last dose.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mmopts.knowledge.records import HistoryPolicy
from mmopts.patient.dates import Date, before, within_days
from mmopts.patient.lines import PROGRESSIVE, Lines, progress
from mmopts.patient.treatments import BRIDGING, PLANNED, RESPONSES, Treatment


class Event(NamedTuple):
    """A progression at the treatment in `place`; not `certain`: the record leaves open whether there was one."""

    place: int
    when: Date
    certain: bool
    dated: bool

    @property
    def said(self) -> str:
        """Its date in brackets, to be put behind a text; empty if it has none."""
        return f" ({self.when})" if self.dated else ""


class Finding(NamedTuple):
    """Whether something holds, by which rule, why, and what would settle it if it is open."""

    state: bool | None
    rule: str
    because: str
    open: str | None = None


class Responses:
    """The progressions of a history and what they say of each drug. `today` is the ordinal of the day asked about."""

    def __init__(self, rows: Sequence[Treatment], lines: Lines, today: int, policy: HistoryPolicy) -> None:
        self.rows, self.lines, self.today = rows, lines, today
        self.limit = policy.limits["refractory_days"]
        self.no_response = policy.no_response
        self._courses: dict[tuple[int, str, bool], Finding] = {}
        self.counted = [*lines.steps]
        self.events = [event for place in range(len(rows)) for event in self._event(place)]

    # --- progressions ----------------------------------------------------------------------------

    def _event(self, place: int) -> list[Event]:
        """The progression after a treatment: as recorded, none, or perhaps one where nothing is said."""
        row = self.rows[place]
        found = progress(row, self.today)
        if found is not None:
            return [Event(place, found.when, True, found.dated)]
        if row.supportive or (row.steroids_alone and place in self.lines.aside) or self._told_elsewhere(place):
            return []
        following = self._following(place)
        if following is None:
            if row.stopped == "planned" or row.maintained:
                return []
            return [self._perhaps(place, self.today)]
        step = self.lines.steps[following]
        if (step.new is False and place not in self.lines.aside) or row.stopped == "toxicity":
            return []
        return [self._perhaps(place, self.rows[following].start.last)]

    def _following(self, place: int) -> int | None:
        """The counted treatment after a place."""
        return next((p for p in self.counted if p > place), None)

    def _told_elsewhere(self, place: int) -> bool:
        """Whether a progression is recorded at another treatment of the line, or at a later one that is no line.

        Not if it had come before this treatment began.
        """
        line = self.lines.of(place)
        if line is None:
            return False
        places = self.lines.lines[line].places
        end = self._following(places[-1]) or len(self.rows)
        span = [p for p in range(places[0], end) if p in places or p in self.lines.aside]
        row, found = self.rows[place], {p: progress(self.rows[p], self.today) for p in span}
        bridged = {p for p in span if row.product and self.rows[p].part == BRIDGING}
        return any(
            f and p not in bridged and (p >= place or before(f.when, row.start) is not True) for p, f in found.items()
        )

    def _perhaps(self, place: int, latest: int) -> Event:
        """A possible progression; after the end of a treatment that was stopped for another reason."""
        row = self.rows[place]
        first = row.end.first if row.stopped and row.end else row.start.first
        return Event(place, Date(min(first, latest), latest), False, False)

    # --- doses -----------------------------------------------------------------------------------

    def last_dose(self, place: int, name: str) -> Date | None:
        """The day of the last dose of a drug in one treatment; None while it is still given."""
        row = self.rows[place]
        early = name in row.not_tolerated
        if row.ongoing and not early:
            return None
        if row.end is not None:
            return Date(row.start.first, row.end.last) if early else row.end
        if row.transplant:
            return row.start
        following = self._following(place)
        latest = self.today
        if following is not None and not row.ongoing:
            ahead, step = self.rows[following], self.lines.steps[following]
            if step.new is False and (ahead.part in PLANNED or (row.part == BRIDGING and ahead.product)):
                latest = ahead.start.last
        return Date(row.start.first, max(row.start.first, latest))

    # --- drugs -----------------------------------------------------------------------------------

    def refractory(self, name: str, places: Iterable[int]) -> Finding:
        """Whether the disease is refractory to a drug or class, by the treatments in `places`, one of which gave it."""
        found = strongest([self.course(p, name) for p in places if name in self.rows[p].names])
        assert found is not None, name
        return found

    def progressed(self, name: str, places: Sequence[int]) -> Finding:
        """Whether the disease progressed on a drug in some treatments, one of which gave it.

        A part without a response does not count as progression if a later part brought a response.
        """
        given = [p for p in places if name in self.rows[p].names]
        found = strongest([self.course(p, name, not self._responded(q for q in places if q > p)) for p in given])
        assert found is not None, name
        return found

    def course(self, place: int, name: str, by_response: bool = True) -> Finding:
        """Whether one course showed refractoriness to a drug: by progression or, with `by_response`, by no response."""
        found = self._courses.get((place, name, by_response))
        if found is None:
            found = self._courses[place, name, by_response] = self._course(place, name, by_response)
        return found

    def _course(self, place: int, name: str, by_response: bool) -> Finding:
        row = self.rows[place]
        if row.product:
            if name not in row.product:
                text = f"{name} was given with {', '.join(row.product)} in {row.said}"
                return Finding(False, "after-single-infusion", text)
            none = Finding(False, "after-single-infusion", f"no progression after {', '.join(row.product)} of {row.said}")
            found: list[Finding | None] = [*self._after_product(place)]
        else:
            none = Finding(False, "progression-on-or-within", f"no progression is recorded with {name} of {row.said}")
            found = [self._against(event, place, name) for event in self.events]
        return strongest([self._response(place, name) if by_response else None, *found]) or none

    def _response(self, place: int, name: str) -> Finding | None:
        """Whether no response shows that a drug failed; open where it was not tolerated, held, or answered later."""
        row = self.rows[place]
        if row.best_response not in self.no_response:
            return None
        text = f"best response {row.best_response} in {row.said}"
        if name in row.not_tolerated:
            told = f"how long {name} was given in entry {row.entry}"
            return Finding(None, "stopped-early", f"{text}, but {name} was not tolerated", told)
        if row.best_response != PROGRESSIVE and row.part in PLANNED and self._responded_before(place):
            told = f"whether `best_response` of entry {row.entry} is measured from the start of the line"
            return Finding(None, "held-response", f"{text}, after a response in an earlier part of the line", told)
        later = next(
            (p for p in self._parts(place) if p > place and name in self.rows[p].names and self._responded([p])), None
        )
        if later is not None:
            told = f"whether it was {name} that brought the response of entry {self.rows[later].entry}"
            at = self.rows[later]
            return Finding(None, "responded-later", f"{text}, but {at.best_response} with {name} in {at.said}", told)
        return Finding(True, "no-response", text)

    def _parts(self, place: int) -> Sequence[int]:
        """The treatments of the line of a treatment, and of the lines after it that may be the same line."""
        line = self.lines.of(place)
        parts: list[int] = []
        for at, one in enumerate(self.lines.lines[line:] if line is not None else ()):
            if at and not one.joined:
                break
            parts += one.places
        return parts

    def _responded(self, places: Iterable[int]) -> bool:
        """Whether one of some treatments brought a response."""
        good = [response for response in RESPONSES if response not in self.no_response]
        return any(self.rows[p].best_response in good for p in places)

    def _responded_before(self, place: int) -> bool:
        """Whether an earlier part of the line, or of one that may be the same line, brought a response."""
        line = self.lines.of(place)
        earlier: list[int] = []
        while line is not None:
            earlier += [p for p in self.lines.lines[line].places if p < place]
            line = line - 1 if line and self.lines.lines[line].joined else None
        return self._responded(earlier)

    def _against(self, event: Event, place: int, name: str) -> Finding | None:
        """What one progression says about one course; None if it does not concern it."""
        row, at = self.rows[place], self.rows[event.place]
        unsure = not event.certain
        if event.place < place:
            if not event.dated or event.when.last < row.start.first:
                return None
            if row.progression is not None and before(event.when, row.progression):
                return None  # what is told here is the first progression after its start
            if event.when.first <= row.start.last:
                if row.part not in PLANNED or self.lines.of(place) != self.lines.of(event.place):
                    return None  # a progression belongs to the treatment that it follows
                unsure = True
        dose = self.last_dose(place, name)
        if event.place > place and at.product:
            if unsure or (dose is not None and within_days(dose, event.when, self.limit) is False):
                return None
            alone = f"counts for {', '.join(at.product)} alone, not for {name} of {row.said}"
            text = f"progression at {at.said}{event.said} {alone}"
            return Finding(False, "after-single-infusion", text)
        early = name in row.not_tolerated
        if event.place == place and row.stopped == "progression" and not early:
            return Finding(True, "progression-on-or-within", f"{row.said} was stopped for progression{event.said}")
        state = True if dose is None else within_days(dose, event.when, self.limit)
        rule = "stopped-early" if early else "progression-on-or-within"
        untold = dose is not None and not dose.text and dose.last == self.today
        given = "still given" if dose is None else f"last dose {'not told' if untold else dose}"
        text = f"{name} of {row.said}, {given}; " + (
            f"progression at {at.said}{event.said}" if event.certain else f"no progression is recorded after {at.said}"
        )
        if state is False:
            return Finding(False, "progression-on-or-within", text)
        if unsure or state is None:
            return Finding(None, rule, text, self._missing(event, place, name, dose))
        return Finding(True, "progression-on-or-within", text)

    def _missing(self, event: Event, place: int, name: str, dose: Date | None) -> str:
        """Which dates would settle whether a progression was on a drug or within the limit of its last dose."""
        row, at = self.rows[place], self.rows[event.place]
        wanted = []
        if not event.certain:
            wanted.append(f"whether and when there was a progression after entry {at.entry} (`progression`)")
        elif event.when.first != event.when.last:
            wanted.append(f"the day of `progression` of entry {at.entry}")
        if event.place < place:
            wanted.append(f"the day of `start` of entry {row.entry}")
        if name in row.not_tolerated:
            wanted.append(f"the day of the last {name} in entry {row.entry}")
        elif dose is not None and dose.first != dose.last:
            wanted.append(f"the day of `end` of entry {row.entry}")
        return "; ".join(wanted)

    def _after_product(self, place: int) -> list[Finding]:
        """The progressions after a product that was infused once, while its line lasts."""
        row, line = self.rows[place], self.lines.of(place)
        product = ", ".join(row.product)
        out = []
        for event in self.events:
            at = self.rows[event.place]
            theirs = self.lines.of(self._counted_at(event.place))
            joined = line is not None and theirs == line + 1 and self.lines.lines[theirs].joined
            if event.place < place or (theirs != line and not joined):
                continue
            if event.certain and not joined:
                out.append(Finding(True, "after-single-infusion", f"progression at {at.said}{event.said}, after {product}"))
            else:
                told = f"whether there was a progression after entry {row.entry} (`progression`)"
                text = f"progression after {product} of {row.said} is not recorded"
                out.append(Finding(None, "after-single-infusion", text, told))
        return out

    def _counted_at(self, place: int) -> int:
        """The counted treatment that a place belongs to: itself, or the last counted one before it."""
        return max((p for p in self.counted if p <= place), default=place)


def strongest(found: Iterable[Finding | None]) -> Finding | None:
    """The finding that decides: the first that is true, else the first that is open, else the first that is false."""
    kept = [one for one in found if one is not None]
    for state in (True, None, False):
        deciding = [one for one in kept if one.state is state]
        if deciding:
            return deciding[0]
    return None
