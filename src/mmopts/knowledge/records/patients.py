"""From what is said of a patient to facts: words, what follows from them, scores, and lists of treatments."""

from collections.abc import Mapping

from mmopts.knowledge.records.evidence import Cited
from mmopts.logic import Cond
from mmopts.record import Record


class Meaning(Record):
    """What a word of a drug list stands for: drugs, classes, and facts that it sets as well.

    `filler`: it is no systemic therapy. `also`: what else the word can mean. `qualifier`: a filler that says how or when
    something was given, such as the name of a phase, but not what.
    """

    name: str
    drugs: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    sets: Mapping[str, bool] = {}
    filler: bool = False
    also: tuple[str, ...] = ()
    qualifier: bool = False


class Word(Record):
    """A word of a vocabulary: its name, the question that asks for it, what it means.

    `apart`: it is a disease of its own, with doses told only for those who have or may have it.
    """

    id: str
    name: str
    question: str | None
    definition: str | None
    synonyms: tuple[str, ...]
    note: str | None
    apart: bool
    source: Cited


class Vocabulary(Record):
    """The words that a list fact takes: by id, by every folded name, in groups; `elsewhere`: where other words belong."""

    words: Mapping[str, Word]
    names: Mapping[str, str]
    groups: Mapping[str, tuple[str, ...]]
    elsewhere: Mapping[str, str]


class Given(Record):
    """A value that an atom gets: a yes or no, bounds of a number, or words."""

    atom: str
    flag: bool | None = None
    low: float | None = None
    high: float | None = None
    words: tuple[str, ...] | None = None


class Entailment(Record):
    """One atom's value fixes others, by definition; `said`: only if it was stated, not if it is presumed."""

    given: Given
    then: tuple[Given, ...]
    because: str
    said: bool = False


class Presumption(Record):
    """What fills the gap if nothing is known of a fact; `when` (if any) limits it.

    `doubt_when`: for whom it is often wrong, so that the fact is asked for all the same; `doubt`: the words for that.
    """

    id: str
    fact: str
    text: str
    then: tuple[Given, ...]
    when: Cond | None
    doubt_when: Cond | None
    doubt: str


class Unlikely(Record):
    """Facts that hardly any patient has together: if all hold, a warning is given, and they are used all the same."""

    fact: str
    text: str
    when: Cond


class Asking(Record):
    """What is asked first and what never, by setting ("": where that is open), and only while another fact is not stated."""

    first: Mapping[str, tuple[str, ...]]
    never: Mapping[str, tuple[str, ...]]
    only_without: Mapping[str, tuple[str, ...]]

    def first_in(self, settings: frozenset[str]) -> tuple[str, ...]:
        """What is asked first of a patient who may be in these settings."""
        return self.first.get(next(iter(settings)) if len(settings) == 1 else "", ())


class ScoreItem(Record):
    """An item of a score: its words, its points and the condition for which they count."""

    text: str
    points: float
    cond: Cond


class ScoreGroup(Record):
    """A group of a score: by points from `low` to `high`, or by a condition; `values` are those of the fact it gives."""

    id: str
    name: str
    cond: Cond | None
    low: float | None
    high: float | None
    values: tuple[str, ...]
    outcome: Mapping[str, float | str | None]


class Input(Record):
    """What a score asks for: a fact of a patient file, or a laboratory value with its unit and largest meaningful value.

    `when`: facts of a patient from which it follows; None where it must be told.
    """

    id: str
    question: str
    unit: str | None
    limit: float | None
    when: Cond | None = None


class Score(Record):
    """A score: items with points, groups of points or of conditions.

    `applies`: for whom it was made; `unless`: what puts its answer aside, even for those; `decides_transplant`: its group
    settles candidacy; `counted`: its groups are of points. `doubt_when`, `doubt`: as those of a `Presumption`.
    """

    id: str
    name: str
    setting: str | None
    applies: Cond
    applies_words: str
    decides_transplant: bool
    counted: bool
    inputs: tuple[Input, ...]
    items: tuple[ScoreItem, ...]
    groups: tuple[ScoreGroup, ...]
    note: str | None
    source: Cited
    unread: tuple[str, ...]
    unless: Cond | None = None
    doubt_when: Cond | None = None
    doubt: str = ""


class HistoryRule(Record):
    """A rule by which a fact follows from treatments, with who holds it; `other_reading`: how others read the same."""

    id: str
    text: str
    authority: str
    source: Cited
    other_reading: str | None
    other_source: Cited
    unread: bool


class HistoryPolicy(Record):
    """How a list of treatments becomes facts.

    `limits`: days or months, as the name of each says. `transplant_word`: the word for a transplant of which nothing else
    is told. `long_remission_word`: the condition that a late progression after a transplant is. `no_response`: best
    responses that are none. `template`: a list to be filled in, in YAML with comments. `first_labels`: the first day on
    which a drug may have had a label; not of drugs that are older than the labels recorded.
    """

    limits: Mapping[str, int]
    rules: Mapping[str, HistoryRule]
    transplant_word: str
    long_remission_word: str
    no_response: tuple[str, ...]
    template: str
    first_labels: Mapping[str, str] = {}
