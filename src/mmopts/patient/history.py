"""From treatments to the facts of a patient: lines, drugs, the last line, the transplant, the relapse, the setting.

`derive` gives the facts in the form of a patient file and, for each, a derivation: the rule of the knowledge base
that says so, why it applies here, its source, and which date would settle what is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from mmopts.diagnostics import KnowledgeError, Diagnostic
from mmopts.facts import FACTS
from mmopts.patient import Note
from mmopts.knowledge.records import Knowledge
from mmopts.patient.dates import Date, months_from, ordinal, within_months
from mmopts.patient.lines import Line, Lines, count_lines, progress, readings
from mmopts.patient.response import Event, Finding, Responses, strongest
from mmopts.patient.treatments import FACT, RESPONSES, Treatment, Treatments, read_treatments

INCOMPLETE = "_incomplete"
_LAST = "progressed_on_last"


class Derivation(NamedTuple):
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
    source: list[str]
    open: str | None = None
    other_reading: str | None = None
    unread: bool = False

    def data(self) -> dict[str, Any]:
        """As JSON has it."""
        return self._asdict()


class History(NamedTuple):
    """What follows from a list of treatments: `facts` in the form of a patient file, and the account of them."""

    facts: dict[str, Any]
    lines: list[dict[str, Any]]
    treatments: list[dict[str, Any]]
    derivations: list[Derivation]
    notes: list[Note]
    as_of: str

    def data(self) -> dict[str, Any]:
        """The body of ``mmopts.history/1``: facts, lines, treatments, derivations and warnings."""
        return {
            "as_of": self.as_of,
            "facts": self.facts,
            "lines": self.lines,
            "treatments": self.treatments,
            "derivations": [one.data() for one in self.derivations],
            "warnings": [{"code": note.code, "text": note.text} for note in self.notes],
        }


def derive(treatments: object, kb: Knowledge, as_of: str) -> History:
    """The facts that follow from the `treatments` of a patient file on the day `as_of` (YYYY-MM-DD).

    Raises QuestionError with every fault of the list, KnowledgeError if the knowledge base has no rules for it.
    """
    if not kb.history:
        message = "this knowledge base has no rules for a list of treatments (`history`)"
        raise KnowledgeError([Diagnostic("no-history-rules", message, FACT)])
    return _Derive(read_treatments(treatments, kb, as_of), kb, as_of).history()


class _Derive:
    """One derivation: each method adds the facts that it knows, and how it came to them."""

    def __init__(self, treatments: Treatments, kb: Knowledge, as_of: str) -> None:
        self.rows, self.kb, self.as_of = treatments.rows, kb, as_of
        self.today = ordinal(as_of)
        limits: Mapping[str, Any] = kb.history["limits"]
        self.limits: dict[str, int] = {name: limit["value"] for name, limit in limits.items()}
        self.lines: Lines = count_lines(self.rows, self.today, self.limits)
        self.responses = Responses(self.rows, self.lines, self.today, kb.history)
        self.facts: dict[str, Any] = {}
        self.derivations: list[Derivation] = []
        self.notes = list(treatments.notes)
        self.counted = [place for line in self.lines.lines for place in line.places]

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
        facts = {key: self.facts[key] for key in _ORDER if key in self.facts}
        lines = [self._line_data(line) for line in self.lines.lines]
        rows = [self._row_data(place) for place in range(len(self.rows))]
        return History(facts, lines, rows, self.derivations, self.notes, self.as_of)

    def _add(
        self, fact: str, value: Any, rule: str, because: str, open_: str | None = None, about: str | None = None
    ) -> None:
        entry = self.kb.history["rules"][rule]
        source, text = entry["source"], entry["text"]
        for name, limit in self.limits.items():
            text = text.replace(f"{{{name}}}", str(limit))
        self.derivations.append(
            Derivation(
                fact,
                about,
                value,
                rule,
                text,
                because,
                entry["authority"],
                list(source) if isinstance(source, list) else [source],
                open_,
                entry.get("other_reading"),
                entry.get("unread", False),
            )
        )

    # --- doubts ----------------------------------------------------------------------------------

    def _doubts(self) -> None:
        for row in self.rows:
            found = progress(row, self.today)
            if row.stopped == "progression" and found and found.dated and row.end and found.when.first > row.end.last:
                text = f"{row.said}: stopped for progression at {row.end}, yet progression at {found.when}; taken as on it"
                self.notes.append(Note("dates-differ", text, FACT))
        for place, number in self.lines.clashes:
            row = self.rows[place]
            text = f"{row.said} states line {row.line}, yet line {number} came before it; the stated number is used"
            self.notes.append(Note("line-runs-back", text, FACT))
        if self.lines.skipped:
            text = "the stated numbers of lines leave out earlier lines; what was given in them is unknown"
            self.notes.append(Note("lines-missing", text, FACT))

    # --- setting ---------------------------------------------------------------------------------

    def _setting(self) -> None:
        if not self.counted:
            if any(row.smoldering for row in self.rows):
                self._add("setting", None, "setting-open", "only smoldering disease was treated", "`setting`")
                return
            said = ", ".join(row.said for row in self.rows)
            self.facts["setting"] = "newly-diagnosed"
            self._add("setting", "newly-diagnosed", "untreated", f"no line in {said}" if said else "the list is empty")
            return
        last = self.rows[self.counted[-1]]
        sure = [event for event in self.responses.events if event.certain and event.place >= self.counted[0]]
        if last.part == "maintenance" and last.ongoing and not any(e.place >= self.counted[-1] for e in sure):
            self.facts["setting"] = "maintenance"
            self._add("setting", "maintenance", "on-maintenance", f"{last.said} is still given")
        elif sure:
            at = self.rows[sure[-1].place]
            self.facts["setting"] = "relapsed"
            self._add("setting", "relapsed", "has-progressed", f"progression at {at.said}{_when(sure[-1])}")
        else:
            text = f"`progression` of entry {last.entry}, or `setting`"
            self._add("setting", None, "setting-open", f"no progression is recorded up to {last.said}", text)

    # --- drugs -----------------------------------------------------------------------------------

    def _prior(self) -> list[str]:
        """The drugs and classes received; a pulse of steroids is none of them where there was no other treatment."""
        rows = [row for row in self.rows if self.counted or not row.steroids_alone]
        given: dict[str, list[str]] = {}
        for row in rows:
            for name in row.names:
                given.setdefault(name, []).append(str(row.entry))
        received = sorted(given)
        if received or not self.counted:
            self.facts["prior"] = received or ["none"]
        if self.lines.skipped:
            self.facts["prior" + INCOMPLETE] = True
            text = "the treatments of the lines that are missing"
            self._add("prior", received, "earlier-lines-missing", "stated numbers leave out lines", text)
        for name in received:
            where = "entries" if len(given[name]) > 1 else "entry"
            self._add("prior", True, "received", f"{where} {', '.join(given[name])}", about=name)
        if not received and not self.counted:
            self._add("prior", False, "untreated", "no systemic treatment is listed")
        return received

    def _refractory(self, received: Sequence[str]) -> None:
        findings = {name: self._finding(name, received) for name in received}
        for name, found in findings.items():
            self._add("refractory", found.state, found.rule, found.because, found.open, name)
        if not received:
            return
        yes = [name for name, found in findings.items() if found.state]
        no = [name for name, found in findings.items() if found.state is False]
        if len(yes) + len(no) == len(findings) and not self.lines.skipped:
            self.facts["refractory"] = yes or ["none"]
        elif yes or no:
            self.facts["refractory"] = [*yes, *(f"no-{name}" for name in no)]
            self.facts["refractory" + INCOMPLETE] = True

    def _finding(self, name: str, received: Sequence[str]) -> Finding:
        """Whether refractory to a drug; to a class, by itself or by a drug of it."""
        members = [d for d in self.kb.classes.get(name, {}).get("drugs", ()) if d in received]
        found = strongest(self.responses.refractory(one) for one in (name, *members))
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
        out: dict[str, Any] = {}
        most = FACTS["months_since"].high
        for name in received:
            courses = [(place, row) for place, row in enumerate(self.rows) if name in row.drugs and name not in row.product]
            doses = [self.responses.last_dose(place, name) for place, _ in courses]
            if not courses:
                continue
            today = Date(self.today, self.today)
            latest = Date(max((d or today).first for d in doses), max((d or today).last for d in doses))
            fewest, longest = months_from(latest, today)
            at = courses[-1][1]
            if longest > most:
                self._add("months_since", None, "last-dose", f"{name} of {at.said}", f"`start` of entry {at.entry}", name)
                continue
            value = _months(fewest, longest)
            because = "still given" if None in doses else f"last dose of {name} in {at.said}"
            wide = None if latest.first == latest.last else f"the day of the last {name} (`end` of entry {at.entry})"
            out[name] = value
            self._add("months_since", value, "last-dose", because, wide, name)
        if out:
            self.facts["months_since"] = out

    # --- lines -----------------------------------------------------------------------------------

    def _lines(self) -> None:
        for place, row in enumerate(self.rows):
            if place in self.lines.aside:
                self._add("lines", None, self.lines.aside[place], row.said, about=f"entry {row.entry}")
            else:
                step = self.lines.steps[place]
                number = self.lines.lines[self.lines.of(place) or 0]
                self._add("lines", _range(number.low, number.high), step.rule, step.because, step.open, f"entry {row.entry}")
        if not self.counted:
            if "newly-diagnosed" in self.facts.get("setting", ()):
                self.facts["lines"] = 0
                self._add("lines", 0, "counted", "no line of treatment")
            return
        last = self.lines.lines[-1]
        value = _range(last.low, last.high)
        self.facts["lines"] = value
        opens = [step.open for step in self.lines.steps.values() if step.open]
        ongoing = [self.rows[p].said for p in last.places if self.rows[p].ongoing]
        because = f"{ongoing[-1]} is still given" if ongoing else f"{self.rows[last.places[-1]].said} is in the last line"
        self._add("lines", value, "counted", because, "; ".join(opens) if last.low != last.high else None)

    def _last(self) -> None:
        if not self.counted:
            return
        line = self.lines.lines[-1]
        found = self._progressed(line.places)
        names = self._names(line.places)
        told = f"whether {self.rows[line.places[0]].said} begins a line"
        if line.joined:
            for wider in list(readings(self.lines.lines))[1:]:
                other = self._progressed(wider)
                if other.state is not found.state:
                    found = Finding(None, found.rule, f"{found.because}; or, as one line, {other.because}", told)
            self._add("last", None, "last-line", ", ".join(names), told)
        else:
            self._add("last", names, "last-line", ", ".join(self.rows[p].said for p in line.places))
            if names and (found.state or not self._failed_elsewhere(names, line.places)):
                self.facts["last"] = names
        if found.state is not None:
            self.facts[_LAST] = found.state
        if not found.state and "last" not in self.facts and self.facts["lines"] == 1:
            # As a single line it would hold the drug that failed before it; others count that treatment as a line.
            self.facts["lines"] = {"min": 1, "max": 2}
            text = "a drug of the only line failed in treatment before it, which some count as a line: 1 to 2"
            self.notes.append(Note("lines-opened", text, "lines", FACTS["lines"].option))
        self._add(_LAST, found.state, "progressed-on-last", found.because, found.open)

    def _progressed(self, places: Sequence[int]) -> Finding:
        """Whether the disease progressed on the treatments in `places`: refractory to one of their drugs by them."""
        found = strongest(self.responses.over(name, places) for name in self._active(self._names(places)))
        return found or Finding(None, "progressed-on-last", "no drug of it is told but steroids", "`progressed_on_last`")

    def _failed_elsewhere(self, names: Sequence[str], places: Sequence[int]) -> bool:
        """Whether a drug of the last line failed in another: then its being refractory tells nothing of the last."""
        others = [place for place in range(len(self.rows)) if place not in places]
        wanted = set(self._active(names))
        given = {name for place in others for name in self.rows[place].names}
        shared = [name for name in given if wanted & {name, *self.kb.drugs.get(name, {}).get("classes", ())}]
        return any(self.responses.over(name, others).state for name in shared)

    def _names(self, places: Iterable[int]) -> list[str]:
        return sorted({name for place in places for name in self.rows[place].names})

    def _active(self, names: Iterable[str]) -> list[str]:
        """Those that are no steroids."""
        steroids = self.kb.steroids
        classes = self.kb.classes
        return [n for n in names if n not in steroids and not (n in classes and steroids.issuperset(classes[n]["drugs"]))]

    # --- transplant and relapse --------------------------------------------------------------------

    def _transplant(self) -> None:
        places = [place for place, row in enumerate(self.rows) if row.autologous]
        if not places:
            if not self.lines.skipped:
                self.facts["prior_asct"] = False
                self._add("prior_asct", False, "transplanted", "no treatment listed is one")
            else:
                self._add("prior_asct", None, "transplanted", "earlier lines are not listed", "their treatments")
            return
        row = self.rows[places[-1]]
        self.facts["prior_asct"] = True
        self._add("prior_asct", True, "transplanted", row.said)
        after = [event for event in self.responses.events if event.place >= places[-1]]
        fact, rule = "remission_after_asct", "remission-after-transplant"
        if not after or not after[0].certain:
            shortest, lasted = months_from(row.start, Date(self.today, self.today))
            value: Any = None if after else {"min": shortest, "max": None}
            text = f"`progression` of entry {self.rows[after[0].place].entry}" if after else None
            self._add(fact, value, rule, f"no progression is recorded in {lasted:g} months after {row.said}", text)
            return
        event = after[0]
        fewest, most = months_from(row.start, event.when)
        value = _months(fewest, most)
        text = f"from {row.said} to the progression at {self.rows[event.place].said}{_when(event)}"
        told = f"the days of `start` of entry {row.entry} and of `progression` of entry {self.rows[event.place].entry}"
        self._add(fact, value, rule, text, None if fewest == most else told)

    def _early_relapse(self) -> None:
        if not self.counted:
            return
        fact, rule = "early_relapse", "functional-high-risk"
        first = self.rows[self.counted[0]]
        if self.lines.skipped and self.lines.lines[0].low > 1:
            self._add(fact, None, rule, "the first line is not listed", "`start` and `progression` of the first line")
            return
        outcomes: list[bool | None] = []
        because = f"first treatment {first.said}, begun {_said(first.start)}"
        for event in (e for e in self.responses.events if e.place >= self.counted[0]):
            outcomes.append(self._early(first.start, event))
            if event.certain:
                because += f"; progression at {self.rows[event.place].said}{_when(event)}"
                break
        else:
            outcomes.append(self._late_by_now(first.start))
            because += "; no progression is recorded"
        state = outcomes[0] if len(set(outcomes)) == 1 else None
        told = None
        if state is None:
            told = f"the days of `start` of entry {first.entry}, of its line's transplant, and of the first `progression`"
        else:
            self.facts[fact] = state
        self._add(fact, state, rule, because, told)

    def _early(self, start: Date, event: Event) -> bool | None:
        """Whether a first progression came early, by the clock of the first line or of its transplant."""
        clocks = [within_months(start, event.when, self.limits["early_from_start_months"])]
        for place in self._first_transplants():
            if place <= event.place:
                state = within_months(self.rows[place].start, event.when, self.limits["early_from_transplant_months"])
                sure = self.lines.of(place) == 0
                clocks.append(state if sure or state is False else None)
        return True if True in clocks else None if None in clocks else False

    def _first_transplants(self) -> list[int]:
        """Transplants of the first line, also those that may be of it."""
        lines = self.lines.lines
        near = [line for i, line in enumerate(lines) if i == 0 or all(one.joined for one in lines[1 : i + 1])]
        return [place for line in near for place in line.places if self.rows[place].transplant]

    def _late_by_now(self, start: Date) -> bool | None:
        """Without a progression so far: False once both times are over, else open."""
        today = Event(len(self.rows), Date(self.today, self.today), True, True)
        return False if self._early(start, today) is False else None

    # --- the account -------------------------------------------------------------------------------

    def _line_data(self, line: Line) -> dict[str, Any]:
        rows = [self.rows[place] for place in line.places]
        best = [row.best_response for row in rows if row.best_response]
        found = [row.progression for row in rows if row.progression]
        return {
            "line": _range(line.low, line.high),
            "drugs": self._names(line.places),
            "start": rows[0].start.text or None,
            "end": None if any(row.ongoing for row in rows) else next((r.end.text for r in reversed(rows) if r.end), None),
            "best_response": min(best, key=RESPONSES.index) if best else None,
            "progression": found[0].text if found else None,
            "ongoing": any(row.ongoing for row in rows),
            "entries": [row.entry for row in rows],
        }

    def _row_data(self, place: int) -> dict[str, Any]:
        row, line = self.rows[place], self.lines.of(place)
        return {
            "entry": row.entry,
            "label": row.label,
            "drugs": list(row.names),
            "line": None if line is None else _range(self.lines.lines[line].low, self.lines.lines[line].high),
            "part": row.part,
            "start": row.start.text or None,
            "end": row.end.text if row.end else None,
            "ongoing": row.ongoing,
            "best_response": row.best_response,
            "stopped": row.stopped,
            "progression": row.progression.text if row.progression else None,
            "not_tolerated": list(row.not_tolerated),
        }


_ORDER = tuple(key for fact in FACTS for key in (fact, fact + INCOMPLETE))


def _range(low: int, high: int) -> Any:
    return low if low == high else {"min": low, "max": high}


def _months(fewest: float, most: float) -> Any:
    low, high = (int(n) if n % 1 == 0 else n for n in (fewest, most))
    return low if low == high else {"min": low, "max": high}


def _when(event: Event) -> str:
    return f" ({event.when})" if event.dated else ""


def _said(date: Date) -> str:
    return date.text or "on a day not told"


__all__ = ["Derivation", "History", "Treatment", "derive"]
