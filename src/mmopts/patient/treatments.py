"""The treatments of a patient file: typed, checked and in order. What follows from them is told elsewhere.

Every fault is collected and names the entry, its line where the file tells it, and the field. Nothing is guessed here: a
field left out is None.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from mmopts.diagnostics import (
    BRIEF,
    Diagnostic,
    KnowledgeError,
    QuestionError,
    cut,
    did_you_mean,
    in_quotes,
    nearest,
    shown,
    unquoted,
)
from mmopts.facts import FACTS, NONE, TREATMENTS
from mmopts.knowledge.records import HistoryPolicy, Knowledge, Meaning
from mmopts.names import split_list, underscored
from mmopts.patient.dates import Date, day, ordinal, read_date
from mmopts.patient.drug_words import care_named, qualifiers_alone, read_drug_word
from mmopts.patient.stated import doubted

MOST = 200
"""No more entries than this: a longer list is no patient's."""
MAINTENANCE, BRIDGING = "maintenance", "bridging"
PARTS = ("induction", "transplant", "consolidation", MAINTENANCE, BRIDGING)
PLANNED = ("transplant", "consolidation", MAINTENANCE)
"""Parts that belong to the line before them."""
RESPONSES = ("sCR", "CR", "VGPR", "PR", "MR", "SD", "PD")
REASONS = ("planned", "progression", "toxicity", "other")
SMOLDERING = "smoldering"
KEYS = (
    "regimen", "drugs", "start", "end", "ongoing", "part", "line", "best_response", "stopped", "progression",
    "not_tolerated", "setting",
)  # fmt: skip
MOST_LINES = int(FACTS["lines"].high)
_TRANSPLANTED = "prior_asct"


class Treatment(NamedTuple):
    """One treatment as it was given.

    `entry` is its number in the file, from 1. `end` is the day of the last dose; None with `ongoing`, or not told.
    `line` is the stated number of the line. `transplant`: a stem cell transplant; `autologous`: one of the patient's
    own cells. `supportive`: no systemic therapy. `product`: those of its drugs and classes that are infused once and
    act from then on. `besides`: atoms of other facts that it implies.
    """

    entry: int
    label: str
    drugs: tuple[str, ...]
    classes: tuple[str, ...]
    start: Date
    end: Date | None = None
    ongoing: bool = False
    part: str | None = None
    line: int | None = None
    best_response: str | None = None
    stopped: str | None = None
    progression: Date | None = None
    not_tolerated: tuple[str, ...] = ()
    smoldering: bool = False
    transplant: bool = False
    autologous: bool = False
    supportive: bool = False
    product: tuple[str, ...] = ()
    steroids_alone: bool = False
    besides: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """How it is spoken of: its number in the file and what it calls itself."""
        return f"entry {self.entry} ({self.label})"

    @property
    def maintained(self) -> bool:
        """Whether it is maintenance that is still given."""
        return self.ongoing and self.part == MAINTENANCE

    @property
    def names(self) -> tuple[str, ...]:
        """Its drugs, and the classes of which the member is not told."""
        return self.drugs + self.classes


class Entries(list[Any]):
    """The entries of a list of treatments, and the line of the file at which each stands: for messages alone.

    `unit`: what the numbers count, where they are not those of lines.
    """

    def __init__(self, entries: Iterable[Any], lines: Sequence[int], unit: str = "line") -> None:
        super().__init__(entries)
        self.lines, self.unit = lines, unit


class Treatments(NamedTuple):
    """The treatments in the order in which they were begun, and what is to be minded about the list."""

    rows: tuple[Treatment, ...]
    warnings: tuple[Diagnostic, ...] = ()


def read_treatments(raw: object, kb: Knowledge, as_of: str) -> Treatments:
    """The treatments that a patient file lists, in order. `as_of` is the day asked about, as YYYY-MM-DD.

    Raises QuestionError with every fault found, KnowledgeError if the knowledge base has no rules for it.
    """
    policy = policy_of(kb)
    problems: list[Diagnostic] = []
    warnings: list[Diagnostic] = []
    rows: list[Treatment] = []
    if isinstance(raw, str) and raw.strip().casefold() == NONE:
        raw = []
    if not isinstance(raw, (list, tuple)):
        problems.append(
            Diagnostic("bad-value", "treatments is a list of treatments, each a mapping.", TREATMENTS, shown(raw))
        )
    elif len(raw) > MOST:
        problems.append(
            Diagnostic("too-large", f"treatments holds {len(raw)} entries; at most {MOST} are read.", TREATMENTS)
        )
    else:
        lines, unit = (raw.lines, raw.unit) if isinstance(raw, Entries) else ([0] * len(raw), "")
        for number, (entry, line) in enumerate(zip(raw, lines, strict=True), 1):
            where = f"treatments entry {number}" + (f" ({unit} {line})" if line else "")
            row = _Entry(number, where, kb, policy, ordinal(as_of), problems, warnings).read(entry)
            if row is not None:
                rows.append(row)
    if problems:
        raise QuestionError(problems)
    ordered = in_order(rows)
    if [row.entry for row in ordered] != [row.entry for row in rows]:
        numbers = ", ".join(str(row.entry) for row in ordered)
        warnings.append(
            doubted("treatments-sorted", f"the treatments are not in order; read as entries {numbers}", TREATMENTS)
        )
    return Treatments(tuple(ordered), tuple(warnings))


def policy_of(kb: Knowledge) -> HistoryPolicy:
    """The rules for a list of treatments. Raises KnowledgeError if the knowledge base has none."""
    if kb.history is None:
        text = "this knowledge base has no rules for a list of treatments (`history`)"
        raise KnowledgeError([Diagnostic("no-history-rules", text, TREATMENTS)])
    return kb.history


def in_order(rows: Sequence[Treatment]) -> list[Treatment]:
    """Sorted by start; two starts that may be in either order stay as they are in the list."""
    left, out = list(rows), []
    while left:
        found = next(one for one in left if not any(other.start.last < one.start.first for other in left))
        left.remove(found)
        out.append(found)
    return out


class _Entry:
    """Reads one entry; faults go to `problems`, doubts to `warnings`."""

    def __init__(
        self, number: int, where: str, kb: Knowledge, policy: HistoryPolicy, today: int,
        problems: list[Diagnostic], warnings: list[Diagnostic],
    ) -> None:  # fmt: skip
        self.number, self.where, self.kb, self.policy, self.today = number, where, kb, policy, today
        self.problems, self.warnings = problems, warnings

    def read(self, raw: object) -> Treatment | None:
        """The treatment, or None where it could not be read."""
        if not isinstance(raw, Mapping):
            self._fault("bad-value", "", "is a mapping with regimen or drugs, start, end, ...", raw)
            return None
        given, twice = underscored(raw)
        if twice:
            both = [name.replace("_", "-") for name in twice]
            self._fault("duplicate-key", "", f"{', '.join(map(in_quotes, both))} stands with an underscore too.")
        for key in given:
            if key not in KEYS:
                near = nearest(key, KEYS)
                text = f"{in_quotes(key, BRIEF)} is no key of a treatment." + did_you_mean(near)
                self._fault("unknown-key", "", text, key, near)
        given = {key: value for key, value in given.items() if value is not None}
        known = len(self.problems)
        part = self._choice(given, "part", PARTS)
        row = self._what(given, part)._replace(
            start=self._date(given, "start") or Date(1, self.today, ""),
            end=self._date(given, "end"),
            ongoing=self._flag(given, "ongoing"),
            line=self._line(given),
            best_response=self._choice(given, "best_response", RESPONSES),
            stopped=self._choice(given, "stopped", REASONS),
            progression=self._date(given, "progression"),
            smoldering=self._choice(given, "setting", (SMOLDERING,)) is not None or given.get("line") == 0,
        )
        row = row._replace(not_tolerated=self._not_tolerated(given, row))
        self._agree(row)
        return self._narrow(row) if len(self.problems) == known else None

    # --- fields ----------------------------------------------------------------------------------

    def _fault(self, code: str, field: str, text: str, value: object = None, near: Iterable[str] = ()) -> None:
        text = f"{self.where}, {field}: {text}" if field else f"{self.where}: {text}"
        plain = value is None or isinstance(value, (bool, int, float))
        kept = value if plain else cut(unquoted(value))
        self.problems.append(Diagnostic(code, text, TREATMENTS, kept, tuple(near)))

    def _choice(self, given: Mapping[str, Any], field: str, values: Sequence[str]) -> str | None:
        if field not in given:
            return None
        word = given[field].strip() if isinstance(given[field], str) else shown(given[field])
        found = next((value for value in values if value.casefold() == word.casefold()), None)
        if found is None:
            near = nearest(word, values)
            text = f"{in_quotes(word, BRIEF)} is none of {', '.join(values)}." + did_you_mean(near)
            self._fault("bad-value", field, text, word, near)
        return found

    def _flag(self, given: Mapping[str, Any], field: str) -> bool:
        value = given.get(field, False)
        if not isinstance(value, bool):
            self._fault("bad-value", field, f"is true or false, not {shown(value, BRIEF)}.", value)
        return value is True

    def _line(self, given: Mapping[str, Any]) -> int | None:
        value = given.get("line")
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_LINES):
            self._fault("bad-value", "line", f"is a whole number from 0 to {MOST_LINES}, not {shown(value, BRIEF)}.", value)
            return None
        return value

    def _date(self, given: Mapping[str, Any], field: str) -> Date | None:
        if field not in given:
            return None
        try:
            found = read_date(given[field])
        except ValueError as error:
            self._fault("bad-date", field, f"{error}.", given[field])
            return None
        if found.first > self.today:
            self._fault("bad-date", field, f"{found} is after the day asked about ({day(self.today)}).", given[field])
        return found

    def _what(self, given: Mapping[str, Any], part: str | None) -> Treatment:
        """What was given: drugs, classes, whether a transplant, and whether it is no systemic therapy."""
        words = {field: split_list(given[field]) for field in ("regimen", "drugs") if field in given}
        for field in (field for field, found in words.items() if not found):
            self._fault("bad-value", field, "is a regimen, or a list of drugs.", given[field])
        if not words and part != "transplant":
            self._fault("missing-key", "", "needs regimen or drugs.")
        by_field = {field: self._meanings(field, found or ()) for field, found in words.items()}
        if len(by_field) == 2:
            self._compare(*by_field.values())
        meanings = [meaning for found in by_field.values() for meaning in found]
        said = ", ".join(word for found in words.values() for word in found or ())
        if not_told := qualifiers_alone(meanings, said, TREATMENTS):
            self._fault(not_told.code, next(iter(words)), not_told.message, said)
        if not words and part == "transplant":
            meanings = [self._meaning("part", self.policy.transplant_word)]
        drugs = tuple(dict.fromkeys(d for meaning in meanings for d in meaning.drugs))
        classes = tuple(dict.fromkeys(c for meaning in meanings for c in meaning.classes))
        named = [meaning.sets.get(_TRANSPLANTED) is True for meaning in meanings]
        supportive = all(meaning.filler for meaning in meanings)
        # A procedure that gives no drug and is no supportive care is a transplant of another's cells.
        other = not (drugs or classes or supportive or any(named))
        once, steroids = self.kb.infused_once, self.kb.steroids
        return Treatment(
            self.number,
            cut(", ".join(split_list(given.get("regimen", given.get("drugs", part))) or [])),
            drugs,
            classes,
            Date(1, self.today),
            part=part,
            transplant=part == "transplant" or all(named) or other,
            autologous=any(named) or (part == "transplant" and not steroids.issuperset(drugs)),
            supportive=supportive,
            product=classes if once.intersection(classes) else tuple(d for d in drugs if d in once),
            steroids_alone=bool(drugs) and not classes and steroids.issuperset(drugs),
            besides=tuple(atom for meaning in meanings for atom, value in meaning.sets.items() if value and ":" in atom),
        )

    def _compare(self, regimen: Sequence[Meaning], drugs: Sequence[Meaning]) -> None:
        """A warning if `regimen` and `drugs` do not name the same; a class may stand for a drug of it."""
        known = self.kb.drugs
        one, other = (
            {name: {name, *(known[name].classes if name in known else ())} for m in found for name in (*m.drugs, *m.classes)}
            for found in (regimen, drugs)
        )
        told = []
        for field, mine, theirs in (("regimen", one, other), ("drugs", other, one)):
            alone = [n for n, wide in mine.items() if not any(n in wider or o in wide for o, wider in theirs.items())]
            told += [f"{', '.join(alone)} under {field} alone"] if alone and theirs else []
        if told:
            text = f"entry {self.number}: regimen and drugs differ: {'; '.join(told)}; all are taken as given"
            self.warnings.append(doubted("drugs-differ", text, TREATMENTS))

    def _meanings(self, field: str, words: Sequence[str]) -> list[Meaning]:
        """What words mean: together, if they name supportive care together, else each."""
        care = care_named(words, self.kb)
        return [care] if care else [self._meaning(field, word) for word in words]

    def _meaning(self, field: str, word: str) -> Meaning:
        found: list[Diagnostic] = []
        said: list[Diagnostic] = []
        meaning = read_drug_word(word, self.kb, TREATMENTS, found, said)
        for problem in found:
            self._fault(problem.code, field, problem.message, word, problem.suggestions)
        self.warnings += [doubted(one.code, f"entry {self.number}: {one.message}", TREATMENTS) for one in said]
        return meaning

    def _not_tolerated(self, given: Mapping[str, Any], row: Treatment) -> tuple[str, ...]:
        """The drugs of a treatment that were not tolerated. Each must be among its drugs."""
        words = split_list(given.get("not_tolerated", []))
        if words is None:
            self._fault("bad-value", "not_tolerated", "is a list of drugs.", given["not_tolerated"])
        out: list[str] = []
        for word in (word for word in words or () if word.casefold() != NONE):
            known = len(self.problems)
            meaning = self._meaning("not_tolerated", word)
            members = {d for c in meaning.classes for d in self.kb.classes[c].drugs}
            named = meaning.drugs or [d for d in row.drugs if d in members]
            theirs = {*row.drugs, *(d for c in row.classes for d in self.kb.classes[c].drugs)}
            wrong = [d for d in named if d not in theirs] or ([] if named else [word])
            if wrong and len(self.problems) == known:
                text = f"{', '.join(wrong)} is not among its drugs ({', '.join(row.names) or 'none'})."
                self._fault("bad-value", "not_tolerated", text, word)
            out += named
        return tuple(dict.fromkeys(out))

    # --- the whole entry -------------------------------------------------------------------------

    def _agree(self, row: Treatment) -> None:
        """Fields that contradict each other."""
        for field, date in (("end", row.end), ("progression", row.progression)):
            if date is not None and row.start.text and date.last < row.start.first:
                self._fault("bad-date", field, f"{date} is before start {row.start}.", date.text)
        at = row.progression
        if at is not None and row.start.text and at.first == at.last == row.start.first == row.start.last:
            text = f"{at} is the day of start; a progression after which it was begun stands at the treatment before."
            self._fault("bad-date", "progression", text, at.text)
        for field, value in (("end", row.end), ("stopped", row.stopped)):
            if row.ongoing and value is not None:
                self._fault("contradiction", "ongoing", f"true contradicts {field} {value}.", True)

    def _narrow(self, row: Treatment) -> Treatment:
        """Cut from each date the days that the other dates rule out."""
        ends = [date.last for date in (row.end, row.progression) if date is not None]
        start = row.start.clip(high=min([self.today, *ends]))
        end = row.end.clip(start.first, self.today) if row.end else None
        progression = row.progression.clip(start.first, self.today) if row.progression else None
        return row._replace(start=start, end=end, progression=progression)
