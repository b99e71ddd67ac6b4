"""The answers about what the knowledge base holds, without a patient or beside one."""

from collections.abc import Mapping
from typing import Any

from mmopts.answers.forms.parts import (
    Answer,
    Asked,
    Burden,
    Dose,
    GuidanceRow,
    IndicationRow,
    KeyFigure,
    Note,
    OtherSchedule,
    Said,
    TrialRow,
    Warned,
)
from mmopts.answers.forms.patient import Explained
from mmopts.knowledge.records import Cited, Source
from mmopts.record import Record


class RuleRow(Record):
    """A rule as it stands in the knowledge base."""

    id: str
    effect: str
    text: str
    strength: str
    when: str | None
    state: str | None
    source: Cited
    unread: bool


class RegimenRow(Record):
    """Everything that the knowledge base says of a regimen, without a patient."""

    id: str
    name: str
    aliases: tuple[str, ...]
    drugs: tuple[str, ...]
    settings: tuple[str, ...]
    intensity: str
    label_decides: bool
    investigational: bool
    historical: tuple[Said, ...]
    labels: Mapping[str, str]
    indications: tuple[IndicationRow, ...]
    evidence: tuple[TrialRow, ...]
    key_figure: KeyFigure | None
    guidance: tuple[GuidanceRow, ...]
    rules: tuple[RuleRow, ...]
    prescription: tuple[Dose, ...]
    alternatives: tuple[OtherSchedule, ...]
    preparation: tuple[Said, ...]
    burden: Burden
    boxed_warnings: tuple[Warned, ...]
    sources: tuple[str, ...]


class Show(Answer):
    """The answer to ``mmopts show``."""

    regimens: tuple[RegimenRow, ...]
    sources: Mapping[str, Source]
    notice: str


class Compare(Answer):
    """The answer to ``mmopts compare``: regimens side by side, for a patient where one is given."""

    patient_id: str | None
    question: Asked | None
    patient: Mapping[str, Any] | None
    names: Mapping[str, str]
    assumptions: tuple[Note, ...]
    warnings: tuple[Note, ...]
    regimens: tuple[RegimenRow, ...]
    for_patient: tuple[Explained, ...]
    sources: Mapping[str, Source]
    notice: str


class ListedRegimen(Record):
    """A regimen of a list."""

    id: str
    name: str
    drugs: tuple[str, ...]
    settings: tuple[str, ...]
    intensity: str
    historical: bool
    labels: Mapping[str, str]
    key_figure: KeyFigure | None


class Filters(Record):
    """What a list was narrowed to."""

    setting: tuple[str, ...]
    drug: tuple[str, ...]
    class_: tuple[str, ...]


class List(Answer):
    """The answer to ``mmopts list``."""

    filters: Filters
    regimens: tuple[ListedRegimen, ...]
    notice: str


class AdjustmentRow(Record):
    """A change of a drug's dose that a fact asks for."""

    text: str
    when: str | None
    region: str | None
    source: Cited
    unread: bool


class CareRow(Record):
    """A line of supportive care as it stands in the knowledge base."""

    topic: str
    text: str
    when: str | None
    region: str | None
    source: Cited
    unread: bool


class DrugRow(Record):
    """What the knowledge base says of a drug."""

    id: str
    abbreviations: tuple[str, ...]
    brands: tuple[str, ...]
    classes: tuple[str, ...]
    target: str
    routes: tuple[str, ...]
    investigational: bool
    boxed_warnings: tuple[Warned, ...]
    adjustments: tuple[AdjustmentRow, ...]
    regimens: tuple[str, ...]


class ClassRow(Record):
    """A class and its members."""

    id: str
    name: str
    drugs: tuple[str, ...]


class Drugs(Answer):
    """The answer to ``mmopts drugs``."""

    drugs: tuple[DrugRow, ...]
    classes: tuple[ClassRow, ...]
    notice: str


class OneDrug(Answer):
    """The answer to ``mmopts drugs NAME``."""

    drug: DrugRow
    rules: tuple[RuleRow, ...]
    care: tuple[CareRow, ...]
    sources: Mapping[str, Source]
    notice: str


class Sources(Answer):
    """The answer to ``mmopts sources``."""

    sources: Mapping[str, Source]
    notice: str


class OneSource(Answer):
    """The answer to ``mmopts sources ID``, with what cites it."""

    source: Source
    regimens: tuple[str, ...]
    notice: str


class PositionRow(Record):
    """What one body says."""

    id: str
    body: str
    year: int
    title: str
    text: str
    position: str
    strength: str | None
    level: str | None
    regimens: tuple[str, ...]
    when: str | None
    source: Cited
    unread: bool


class ViewRow(Record):
    """What one body holds of a point."""

    body: str
    view: str
    source: Cited


class DisagreementRow(Record):
    """A point on which bodies differ, and what is done here."""

    id: str
    topic: str
    views: tuple[ViewRow, ...]
    we_do: str


class Guidance(Answer):
    """The answer to ``mmopts guidance``."""

    guidance: tuple[PositionRow, ...]
    disagreements: tuple[DisagreementRow, ...]
    sources: Mapping[str, Source]
    notice: str


class FactRow(Record):
    """A fact: its option, the values or words it takes, and what it is."""

    name: str
    option: str
    kind: str
    help: str
    values: tuple[str, ...]
    low: float | None
    high: float | None


class WordRow(Record):
    """A word of a fact's vocabulary: other names for it, and what it means."""

    id: str
    name: str
    synonyms: tuple[str, ...]
    definition: str | None
    source: Cited


class FactList(Answer):
    """The answer to ``mmopts facts``."""

    facts: tuple[FactRow, ...]
    words: tuple[WordRow, ...]
    notice: str
