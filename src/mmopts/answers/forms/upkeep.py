"""The answers of scores, of the keeping of a knowledge base, and about many patients."""

from collections.abc import Mapping
from typing import Any

from mmopts.answers.forms.parts import Answer, Ask, Default
from mmopts.knowledge.records import Cited, Source
from mmopts.record import Record


class ScoreItemRow(Record):
    """An item of a score, and whether it holds."""

    text: str
    points: float
    holds: str


class ScoreGroupRow(Record):
    """A group of a score, and whether it is this patient's."""

    id: str
    name: str
    values: tuple[str, ...]
    low: float | None
    high: float | None
    holds: str
    outcome: Mapping[str, Any]


class Points(Record):
    """The points that are certain, and those that are possible."""

    min: float
    max: float


class ScoreRow(Record):
    """A score: its group as far as the facts decide it, and what is missing. `applies`: whether it was made for such."""

    id: str
    name: str
    group: str | None
    possible: tuple[str, ...]
    applies: str
    made_for: str | None
    points: Points | None
    items: tuple[ScoreItemRow, ...]
    groups: tuple[ScoreGroupRow, ...]
    missing: tuple[Ask, ...]
    setting: str | None
    note: str | None
    source: Cited
    unread: tuple[str, ...]


class Scores(Answer):
    """The answer to ``mmopts frailty`` and ``mmopts risk``. `measured` is each laboratory value in words, by its input."""

    patient: Mapping[str, Any]
    measured: Mapping[str, str]
    scores: tuple[ScoreRow, ...]
    sources: Mapping[str, Source]
    notice: str


class FaultRow(Record):
    """A fault of a knowledge base, with its place."""

    file: str
    line: int
    column: int
    severity: str
    code: str
    message: str
    suggestion: str


class KbCheck(Record):
    """The answer to ``mmopts kb check``. `usable`: whether it would be used; an example that fails forbids no use.

    `coverage`: the parts of a `Coverage` that were looked at, by their names.
    """

    schema: str
    tool_version: str
    path: str
    usable: bool
    errors: int
    warnings: int
    faults: tuple[FaultRow, ...]
    coverage: Mapping[str, object]


class KbFormat(Record):
    """The answer to ``mmopts kb format``: `changed` are the files that were out of form; `written`: they no longer are."""

    schema: str
    tool_version: str
    path: str
    written: bool
    files: tuple[str, ...]
    changed: tuple[str, ...]
    faults: tuple[FaultRow, ...]


class DefaultRow(Record):
    """A default of this place: its value, where that comes from, and the variable that sets it too."""

    name: str
    value: object
    from_: str | None
    variable: str
    meaning: str


class Config(Record):
    """The answer to ``mmopts config``; `file` is where the defaults are kept."""

    schema: str
    tool_version: str
    file: str | None
    defaults: tuple[DefaultRow, ...]


class ErrorRow(Record):
    """One thing that is wrong: a stable code, a sentence, the fact or option at fault, and the nearest right words."""

    code: str
    message: str
    fact: str | None
    value: object
    suggestions: tuple[str, ...]


class Error(Record):
    """What is said on standard error with a JSON format, or in the place of a stream's line (`line`, `patient_id`)."""

    schema: str
    exit_code: int
    errors: tuple[ErrorRow, ...]


class Standing(Record):
    """A regimen's verdict, tier and labels for an example patient."""

    verdict: str
    tier: str | None
    labels: Mapping[str, str]


class Change(Record):
    """A regimen that stands otherwise, and for which example patient."""

    regimen: str
    old: Standing
    new: Standing
    patient: Mapping[str, Any]


class NotCompared(Record):
    """An example patient that one of two knowledge bases cannot read."""

    patient: Mapping[str, Any]
    in_: str
    because: str


class KbDiff(Answer):
    """The answer to ``mmopts kb diff``."""

    old: str
    new: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    patients: int
    changed: tuple[Change, ...]
    not_compared: tuple[NotCompared, ...]
    notice: str


class CohortQuestion(Record):
    """The scope in which a cohort was judged, and the defaults that acted."""

    region: str
    as_of: str
    strict: bool
    defaults: tuple[Default, ...] = ()


class RuleLoss(Record):
    """Patients who lose a regimen to one rule and to no other."""

    rule: str
    patients: int


class RegimenCount(Record):
    """Patients by verdict and label of one regimen, and those who lose it to one rule alone."""

    id: str
    eligible: int
    conditional: int
    excluded: int
    on_label_us: int
    on_label_eu: int
    lost_to_one_rule: tuple[RuleLoss, ...]


class MissingFact(Record):
    """A fact that alone would settle `settles` of the `of` conditional verdicts, of so many patients."""

    fact: str
    option: str
    patients: int
    settles: int
    of: int


class Cohort(Answer):
    """What a cohort comes to. `rows`: those of the input, of which `rejected` could not be used."""

    question: CohortQuestion
    rows: int
    patients: int
    rejected: int
    rejected_by_code: Mapping[str, int]
    columns_left_out: tuple[str, ...]
    conditional: int
    regimens: tuple[RegimenCount, ...]
    missing_facts: tuple[MissingFact, ...]
    notice: str
