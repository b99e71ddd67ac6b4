"""From treatments to the facts of a patient: lines, drugs, the last line, the transplant, the relapse, the setting.

`derive` gives the facts in the form of a patient file and, for each, a derivation: the rule of the knowledge base
that says so, why it applies here, its source, and which date would settle what is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from mmopts.diagnostics import Diagnostic
from mmopts.facts import DENIAL, FACTS, NONE, TREATMENTS, incomplete_key
from mmopts.knowledge.records import Knowledge
from mmopts.patient.as_file import number_or_range
from mmopts.patient.dates import Date, day, months_from, ordinal, within_months
from mmopts.patient.derived import Days, Derivation, Therapy, TherapyLine
from mmopts.patient.doubtful import doubts
from mmopts.patient.lines import Line, count_lines, progress, readings
from mmopts.patient.response import Finding, Responses, strongest
from mmopts.patient.stated import doubted
from mmopts.patient.treatments import (
    BRIDGING,
    MAINTENANCE,
    RESPONSES,
    SMOLDERING,
    Treatment,
    policy_of,
    read_treatments,
)

_LAST = "progressed_on_last"
_REMISSION = "remission_after_asct"
"""A derivation that is no fact of a patient file: months from the latest transplant to progression."""


class History(NamedTuple):
    """What follows from a list of treatments: `facts` in the form of a patient file, and the account of them.

    `besides`: atoms of other facts that the treatments imply; `no-` stands before a word that they deny.
    """

    facts: dict[str, Any]
    lines: tuple[TherapyLine, ...]
    treatments: tuple[Therapy, ...]
    derivations: tuple[Derivation, ...]
    warnings: tuple[Diagnostic, ...]
    besides: tuple[str, ...] = ()


def derive(treatments: object, kb: Knowledge, as_of: str) -> History:
    """The facts that follow from the `treatments` of a patient file on the day `as_of` (YYYY-MM-DD).

    Raises QuestionError with every fault of the list, KnowledgeError if the knowledge base has no rules for it.
    """
    read = read_treatments(treatments, kb, as_of)
    return _Derive(read.rows, list(read.warnings), kb, as_of).history()


class _Derive:
    """One derivation: each method adds the facts that it knows, and how it came to them."""

    def __init__(self, rows: Sequence[Treatment], warnings: list[Diagnostic], kb: Knowledge, as_of: str) -> None:
        self.rows, self.warnings, self.kb = rows, warnings, kb
        self.today, self.policy = ordinal(as_of), policy_of(kb)
        self.lines = count_lines(rows, self.today, self.policy.limits)
        self.responses = Responses(rows, self.lines, self.today, self.policy)
        self.facts: dict[str, Any] = {}
        self.derivations: list[Derivation] = []
        self.besides = [atom for row in rows for atom in row.besides]
        self.counted = self.responses.counted

    def history(self) -> History:
        """Everything, in the order in which the facts stand in a patient file."""
        self._doubts()
        self._setting()
        received = self._prior()
        self._refractory(received)
        self._intolerant()
        self._lines()
        self._last()
        self._transplant()
        self._months_since(received)
        self._early_relapse()
        order = [key for fact in FACTS for key in (fact, incomplete_key(fact))]
        return History(
            {key: self.facts[key] for key in order if key in self.facts},
            tuple(self._line_data(line) for line in self.lines.lines),
            tuple(self._row_data(place) for place in range(len(self.rows))),
            tuple(self.derivations),
            tuple(self.warnings),
            tuple(dict.fromkeys(self.besides)),
        )

    def _add(
        self, fact: str, value: Any, rule: str, because: str, open_: str | None = None, about: str | None = None
    ) -> None:
        """Add a derivation: the value of a fact (None: open), the rule, why, and what would settle it (`open_`)."""
        by = self.policy.rules[rule]
        found = Derivation(
            fact=fact,
            about=about,
            value=value,
            rule=rule,
            text=by.text,
            because=because,
            authority=by.authority,
            source=by.source,
            open=open_,
            other_reading=by.other_reading,
            other_source=by.other_source,
            unread=by.unread,
        )
        self.derivations.append(found)

    def _know(self, fact: str, value: Any, rule: str, because: str) -> None:
        """A fact that is decided, and how."""
        self.facts[fact] = value
        self._add(fact, value, rule, because)

    # --- doubts ----------------------------------------------------------------------------------

    def _doubt(self, code: str, text: str, fact: str = TREATMENTS) -> None:
        self.warnings.append(doubted(code, text, fact))

    def _doubts(self) -> None:
        """Warnings of dates and lines that do not go together."""
        self.warnings += doubts(self.rows, self.policy, self.today)
        for row in self.rows:
            found = progress(row, self.today)
            if row.stopped == "progression" and found and found.dated and row.end and found.when.first > row.end.last:
                text = f"{row.said}: stopped for progression at {row.end}, yet progression at {found.when}; taken as on it"
                self._doubt("dates-differ", text)
        for place, number in self.lines.clashes:
            row = self.rows[place]
            text = (
                f"{row.said} states line {row.line}, yet line {number} came before it; both are used, the higher is counted"
            )
            self._doubt("line-runs-back", text)
        if self.lines.skipped:
            text = "the stated numbers of lines leave out earlier lines; what was given in them is unknown"
            self._doubt("lines-missing", text)

    # --- setting ---------------------------------------------------------------------------------

    def _setting(self) -> None:
        """The setting: from no line of treatment, from maintenance that goes on, from a progression; else it stays open."""
        if not self.counted:
            treated = [row for row in self.rows if row.smoldering]
            going_on = [row for row in treated if row.ongoing]
            if going_on and not any(event.certain for event in self.responses.events):
                self._know("setting", SMOLDERING, "on-smoldering", f"{going_on[-1].said} is still given")
                return
            if treated:
                self._add("setting", None, "setting-open", "only smoldering disease was treated", "`setting`")
                return
            said = ", ".join(row.said for row in self.rows)
            self._know("setting", "newly-diagnosed", "untreated", f"no line in {said}" if said else "the list is empty")
            return
        place = self.counted[-1]
        last = self.rows[place]
        sure = [event for event in self.responses.events if event.certain and event.place >= self.counted[0]]
        if last.maintained and not any(event.place >= place for event in sure):
            self._know("setting", "maintenance", "on-maintenance", f"{last.said} is still given")
        elif sure:
            at = self.rows[sure[-1].place]
            self._know("setting", "relapsed", "has-progressed", f"progression at {at.said}{sure[-1].said}")
        else:
            text = f"`progression` of entry {last.entry}, or `setting`"
            self._add("setting", None, "setting-open", f"no progression is recorded up to {last.said}", text)

    # --- drugs -----------------------------------------------------------------------------------

    def _prior(self) -> list[str]:
        """The drugs and classes received; steroids alone do not count if there was no other treatment."""
        given: dict[str, list[str]] = {}
        for row in self.rows:
            if self.counted or not row.steroids_alone:
                for name in row.names:
                    given.setdefault(name, []).append(str(row.entry))
        received = sorted(given)
        if received or not self.counted:
            self.facts["prior"] = received or [NONE]
        if self.lines.skipped:
            self.facts[incomplete_key("prior")] = True
            text = "the treatments of the lines that are missing"
            self._add("prior", received, "earlier-lines-missing", "stated numbers leave out lines", text)
        for name, entries in sorted(given.items()):
            where = "entries" if len(entries) > 1 else "entry"
            self._add("prior", True, "received", f"{where} {', '.join(entries)}", about=name)
        if not received and not self.counted:
            self._add("prior", False, "untreated", "no systemic treatment is listed")
        return received

    def _refractory(self, received: Sequence[str]) -> None:
        findings = {name: self._finding(name, received) for name in received}
        for name, found in findings.items():
            self._add("refractory", found.state, found.rule, found.because, found.open, name)
        yes = [name for name, found in findings.items() if found.state]
        no = [name for name, found in findings.items() if found.state is False]
        if findings and len(yes) + len(no) == len(findings) and not self.lines.skipped:
            self.facts["refractory"] = yes or [NONE]
        elif yes or no:
            self.facts["refractory"] = [*yes, *(f"{DENIAL}{name}" for name in no)]
            self.facts[incomplete_key("refractory")] = True

    def _finding(self, name: str, received: Sequence[str]) -> Finding:
        """Whether refractory to a drug, or to a class: by the class itself or any drug of it."""
        members = self.kb.classes[name].drugs if name in self.kb.classes else ()
        every, named = range(len(self.rows)), (name, *(d for d in members if d in received))
        found = strongest(self.responses.refractory(one, every) for one in named)
        assert found is not None, name
        return found

    def _intolerant(self) -> None:
        found: dict[str, list[str]] = {}
        for row in self.rows:
            for name in row.not_tolerated:
                found.setdefault(name, []).append(row.said)
            if row.stopped == "toxicity" and not row.not_tolerated:
                text = f"which drug of entry {row.entry} was not tolerated (`not_tolerated`)"
                self._add("intolerant", None, "toxicity-not-told", row.said, text)
        for name in sorted(found):
            self._add("intolerant", True, "not-tolerated", ", ".join(found[name]), about=name)
        if found:
            self.facts["intolerant"] = sorted(found)

    def _months_since(self, received: Sequence[str]) -> None:
        """How long ago each drug was last given, as a range where dates are coarse."""
        today = Date(self.today, self.today)
        for name in received:
            courses = [(place, row) for place, row in enumerate(self.rows) if name in row.drugs and name not in row.product]
            if not courses:
                continue
            doses = [self.responses.last_dose(place, name) for place, _ in courses]
            latest = Date(max((d or today).first for d in doses), max((d or today).last for d in doses))
            fewest, longest = months_from(latest, today)
            at = courses[-1][1]
            if longest > FACTS["months_since"].high:
                self._add("months_since", None, "last-dose", f"{name} of {at.said}", f"`start` of entry {at.entry}", name)
                continue
            value = number_or_range(fewest, longest)
            because = "still given" if None in doses else f"last dose of {name} in {at.said}"
            wide = None if latest.first == latest.last else f"the day of the last {name} (`end` of entry {at.entry})"
            self.facts.setdefault("months_since", {})[name] = value
            self._add("months_since", value, "last-dose", because, wide, name)

    # --- lines -----------------------------------------------------------------------------------

    def _lines(self) -> None:
        """To which line each treatment belongs, and how many lines there were."""
        for place, row in enumerate(self.rows):
            about = f"entry {row.entry}"
            if place in self.lines.aside:
                self._add("lines", None, self.lines.aside[place], row.said, about=about)
            else:
                step = self.lines.steps[place]
                self._add("lines", self._number(place), step.rule, step.because, step.open, about)
        if not self.counted:
            if self.facts.get("setting") not in (None, SMOLDERING):
                self._know("lines", 0, "counted", "no line of treatment")
            return
        last = self.lines.lines[-1]
        low, high = (max(bound) for bound in zip(*((line.low, line.high) for line in self.lines.lines), strict=True))
        value = self.facts["lines"] = number_or_range(low, high)
        opens = [step.open for step in self.lines.steps.values() if step.open]
        ongoing = [self.rows[p].said for p in last.places if self.rows[p].ongoing]
        because = f"{ongoing[-1]} is still given" if ongoing else f"{self.rows[last.places[-1]].said} is in the last line"
        self._add("lines", value, "counted", because, "; ".join(opens) if low != high else None)

    def _number(self, place: int) -> Any:
        """The number of the line of a treatment, or a range; None if it belongs to none."""
        line = self.lines.of(place)
        return None if line is None else number_or_range(self.lines.lines[line].low, self.lines.lines[line].high)

    def _last(self) -> None:
        """What the last line held, and whether the disease progressed on it."""
        if not self.counted:
            return
        line = self.lines.lines[-1]
        found, names = self._progressed(line.places), self._names(line.places)
        if line.joined:
            told = f"whether {self.rows[line.places[0]].said} begins a line"
            for wider in list(readings(self.lines.lines))[1:]:
                other = self._progressed(wider)
                if other.state is not found.state:
                    found = Finding(None, found.rule, f"{found.because}; or, as one line, {other.because}", told)
            self._add("last", None, "last-line", ", ".join(names), told)
        else:
            names = self._names(self._last_parts(line.places))
            self._add("last", names, "last-line", ", ".join(self.rows[p].said for p in line.places))
            failed = self._failed_elsewhere(names, line.places) or self._failed_early(line.places)
            if names and (found.state or not failed):
                self.facts["last"] = names
        if found.state is not None:
            self.facts[_LAST] = found.state
        if not found.state and "last" not in self.facts and self.facts["lines"] == 1:
            # A single line would have failed on that drug; others count the treatment with it as a line of its own.
            self.facts["lines"] = {"min": 1, "max": 2}
            text = "a drug of the only line failed in treatment before it, which some count as a line: 1 to 2"
            self._doubt("lines-opened", text, "lines")
        self._add(_LAST, found.state, "progressed-on-last", found.because, found.open)

    def _progressed(self, places: Sequence[int]) -> Finding:
        """Whether the disease progressed on the treatments in `places`: on one of their drugs, steroids aside."""
        places = self._last_parts(places)
        found = strongest(self.responses.progressed(name, places) for name in self._active(self._names(places)))
        return found or Finding(None, "progressed-on-last", "no drug of it is told but steroids", "`progressed_on_last`")

    def _last_parts(self, places: Sequence[int]) -> Sequence[int]:
        """The treatments of a line that say what was given last: without bridging, once the product was given."""
        given = any(self.rows[p].product for p in places)
        return [p for p in places if not given or self.rows[p].part != BRIDGING]

    def _failed_early(self, places: Sequence[int]) -> bool:
        """Whether a drug failed in the last line, in which there was no transplant and is no maintenance now."""
        if any(self.rows[p].autologous for p in places) or self.facts.get("setting") == MAINTENANCE:
            return False
        parts = self._last_parts(places)
        return any(self.responses.refractory(name, parts).state for name in self._active(self._names(parts)))

    def _failed_elsewhere(self, names: Sequence[str], places: Sequence[int]) -> bool:
        """Whether a drug of the last line failed in another line: that it is refractory then says nothing about the last."""
        others = [place for place in range(len(self.rows)) if place not in places]
        wanted, drugs = set(self._active(names)), self.kb.drugs
        given = {name for place in others for name in self.rows[place].names}
        shared = [name for name in given if wanted & {name, *(drugs[name].classes if name in drugs else ())}]
        return any(self.responses.refractory(name, others).state for name in shared)

    def _names(self, places: Iterable[int]) -> list[str]:
        return sorted({name for place in places for name in self.rows[place].names})

    def _active(self, names: Iterable[str]) -> list[str]:
        """Those that are no steroids."""
        steroids, classes = self.kb.steroids, self.kb.classes
        return [n for n in names if not steroids.issuperset(classes[n].drugs if n in classes else (n,))]

    # --- transplant and relapse --------------------------------------------------------------------

    def _transplant(self) -> None:
        """Whether there was an autologous transplant, and how long the remission after the last one lasted."""
        places = [place for place, row in enumerate(self.rows) if row.autologous]
        if not places:
            if self.lines.skipped:
                self._add("prior_asct", None, "transplanted", "earlier lines are not listed", "their treatments")
            else:
                self._know("prior_asct", False, "transplanted", "no treatment listed is one")
            return
        row = self.rows[places[-1]]
        self._know("prior_asct", True, "transplanted", row.said)
        event = next((event for event in self.responses.events if event.place >= places[-1]), None)
        at = self.rows[event.place] if event else row
        rule = "remission-after-transplant"
        if not event or not event.certain:
            shortest, lasted = months_from(row.start, Date(self.today, self.today))
            value: Any = None if event else {"min": shortest, "max": None}
            text = f"`progression` of entry {at.entry}" if event else None
            self._add(_REMISSION, value, rule, f"no progression is recorded in {lasted:g} months after {row.said}", text)
            return
        fewest, most = months_from(row.start, event.when)
        text = f"from {row.said} to the progression at {at.said}{event.said}"
        told = f"the days of `start` of entry {row.entry} and of `progression` of entry {at.entry}"
        self._add(_REMISSION, number_or_range(fewest, most), rule, text, None if fewest == most else told)
        long, word = self.policy.limits["long_remission_months"], self.policy.long_remission_word
        if fewest >= long or most < long:
            self.besides.append(f"condition:{'' if fewest >= long else DENIAL}{word}")

    def _early_relapse(self) -> None:
        """Whether the first relapse came early, by the definition of functional high risk in the data."""
        if not self.counted:
            return
        fact, rule = "early_relapse", "functional-high-risk"
        first = self.rows[self.counted[0]]
        if self.lines.skipped and self.lines.lines[0].low > 1:
            self._add(fact, None, rule, "the first line is not listed", "`start` and `progression` of the first line")
            return
        outcomes: list[bool | None] = []
        because = f"first treatment {first.said}, begun {first.start.text or 'on a day not told'}"
        for event in (e for e in self.responses.events if e.place >= self.counted[0]):
            outcomes.append(self._early(first.start, event.place, event.when))
            if event.certain:
                because += f"; progression at {self.rows[event.place].said}{event.said}"
                break
        else:
            outcomes.append(self._late_by_now(first.start))
            because += "; no progression is recorded"
        if len(set(outcomes)) == 1 and outcomes[0] is not None:
            self._know(fact, outcomes[0], rule, because)
            return
        told = f"the days of `start` of entry {first.entry}, of its line's transplant, and of the first `progression`"
        self._add(fact, None, rule, because, told)

    def _early(self, start: Date, place: int, when: Date) -> bool | None:
        """Whether a first progression, at a place in the list, came early after the first line's start or transplant."""
        limits = self.policy.limits
        clocks = [within_months(start, when, limits["early_from_start_months"])]
        for given in self._first_transplants():
            if given <= place:
                state = within_months(self.rows[given].start, when, limits["early_from_transplant_months"])
                clocks.append(state if self.lines.of(given) == 0 or state is False else None)
        return True if True in clocks else None if None in clocks else False

    def _first_transplants(self) -> list[int]:
        """The transplants that are, or may be, of the first line."""
        lines = self.lines.lines
        near = [line for i, line in enumerate(lines) if all(one.joined for one in lines[1 : i + 1])]
        return [place for line in near for place in line.places if self.rows[place].transplant]

    def _late_by_now(self, start: Date) -> bool | None:
        """Without a progression so far: False once both limits have passed, else open."""
        today = Date(self.today, self.today)
        return False if self._early(start, len(self.rows), today) is False else None

    # --- the account -------------------------------------------------------------------------------

    def _line_data(self, line: Line) -> TherapyLine:
        rows = [self.rows[place] for place in line.places]
        best = [row.best_response for row in rows if row.best_response]
        ongoing = any(row.ongoing for row in rows)
        return TherapyLine(
            line=number_or_range(line.low, line.high),
            drugs=tuple(self._names(line.places)),
            start=rows[0].start.text or None,
            end=None if ongoing else next((row.end.text for row in reversed(rows) if row.end), None),
            best_response=min(best, key=RESPONSES.index) if best else None,
            progression=next((row.progression.text for row in rows if row.progression), None),
            ongoing=ongoing,
            entries=tuple(row.entry for row in rows),
        )

    def _row_data(self, place: int) -> Therapy:
        """One treatment as an answer tells it."""
        row = self.rows[place]
        return Therapy(
            entry=row.entry,
            label=row.label,
            drugs=row.names,
            line=self._number(place),
            part=row.part,
            start=row.start.text or None,
            end=row.end.text if row.end else None,
            ongoing=row.ongoing,
            once=row.transplant or bool(row.product),
            best_response=row.best_response,
            stopped=row.stopped,
            progression=row.progression.text if row.progression else None,
            not_tolerated=row.not_tolerated,
            start_days=_days(row.start),
            end_days=_days(row.end),
            progression_days=_days(row.progression),
        )


def _days(date: Date | None) -> Days:
    return (day(date.first), day(date.last)) if date is not None and date.text else None
