"""The answers about one patient."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mmopts.answers.forms.parts import (
    Answer,
    Answered,
    Ask,
    Asked,
    Burden,
    Care,
    Caution,
    Clause,
    Dose,
    GuidanceRow,
    IndicationRow,
    KeyFigure,
    LabelRow,
    NextQuestion,
    Note,
    OtherSchedule,
    PatientAnswer,
    Said,
    SummaryLine,
    TrialRow,
    Warned,
)
from mmopts.knowledge.records import Cited, Source
from mmopts.patient.derived import Derivation, Therapy, TherapyLine
from mmopts.record import Lazy, Record

NO_NAMES: Mapping[str, str] = MappingProxyType({})


class Option(Lazy):
    """A regimen for this patient: whether it is open, where it stands and why, on what evidence, and how it is given.

    One that is ruled out (in `Explained` only) has no tier.
    """

    id: str
    name: str
    drugs: tuple[str, ...]
    verdict: str
    tier: str | None
    tier_because: str | None
    tier_steps: tuple[str, ...]
    grade: str
    historical: bool
    intensity: str
    settings: tuple[str, ...]
    for_this_patient: str
    because: tuple[Said, ...]
    needs: tuple[Ask, ...]
    checks: tuple[Ask, ...]
    cautions: tuple[Caution, ...]
    labels: Mapping[str, str]
    label_detail: Mapping[str, tuple[LabelRow, ...]]
    guidance: tuple[GuidanceRow, ...]
    key_figure: KeyFigure | None
    evidence: tuple[TrialRow, ...]
    prescription: tuple[Dose, ...]
    preparation: tuple[Said, ...]
    burden: Burden
    boxed_warnings: tuple[Warned, ...]
    doses: tuple[Said, ...]
    sources: tuple[str, ...]


class Flip(Record):
    """What would have to be otherwise. `options`: words that say so, where a fact of the patient can."""

    fact: str | None
    option: str | None
    needs: str
    given: str | None
    text: str
    options: str | None


class Excluded(Lazy):
    """A regimen that is ruled out: why, and all that must change for it not to be (`flips`).

    `reason`: the kind of reason in a few words, by which a screen groups; `waits`: it opens once a state has passed,
    nothing else being against it.
    """

    id: str
    name: str
    drugs: tuple[str, ...]
    settings: tuple[str, ...]
    other_setting: bool
    reason: str
    waits: bool
    labels: Mapping[str, str]
    because: tuple[Said, ...]
    flips: tuple[Flip, ...]


class Forbid(Record):
    """A rule that would forbid the regimen, and whether it does."""

    id: str
    text: str
    holds: str
    clauses: tuple[Clause, ...]
    source: Cited
    unread: bool


class Explained(Record):
    """One regimen for one patient: the decision, then everything behind it. The keys of `option` are its own in JSON."""

    option: Option
    reason: str | None
    flips: tuple[Flip, ...]
    excluded_because: tuple[Said, ...]
    indications: tuple[IndicationRow, ...]
    forbids: tuple[Forbid, ...]
    care: tuple[Care, ...]


class Plan(Record):
    """Where the plan that somebody has in mind stands, and why."""

    id: str
    verdict: str
    tier: str | None
    place: int | None
    before: tuple[str, ...]
    text: str


class Suggest(Answer):
    """The answer to ``mmopts suggest``."""

    patient_id: str | None
    line: int | None
    question: Asked
    patient: Mapping[str, Any]
    names: Mapping[str, str]
    assumptions: tuple[Note, ...]
    warnings: tuple[Note, ...]
    summary: tuple[SummaryLine, ...]
    plan: Plan | None
    options: tuple[Option, ...]
    omitted: int
    excluded: tuple[Excluded, ...]
    next_questions: tuple[NextQuestion, ...]
    supportive_care: tuple[Care, ...]
    sources: Mapping[str, Source]
    notice: str


class Ranked(Record):
    """An open option by its id, name and tier."""

    id: str
    name: str
    verdict: str
    tier: str


class Counts(Record):
    """How many regimens have each verdict."""

    eligible: int
    conditional: int
    excluded: int


class AskAnswer(PatientAnswer):
    """The answer to ``mmopts ask``."""

    counts: Counts
    ranked: tuple[Ranked, ...]
    next_questions: tuple[NextQuestion, ...]
    notice: str


class Prompt(Record):
    """One question of an interview.

    `kind`: choice (the number of an answer or its word), number (a number or a range), or list (words, or numbers of the
    `answers`, which may be several). `presumed`: what is taken for granted as long as nothing is said. `number`: which
    question of the interview it is. `names`: those of the regimens whose id tells too little, by id.
    """

    number: int
    fact: str
    question: str
    kind: str
    hint: str
    presumed: str | None
    answers: tuple[Answered, ...]
    counts: Counts
    names: Mapping[str, str] = NO_NAMES


class Moved(Record):
    """What an answer of an interview changed: verdicts, and what is to be minded now."""

    opens: tuple[str, ...]
    closes: tuple[str, ...]
    warnings: tuple[Note, ...]
    names: Mapping[str, str] = NO_NAMES


class Explain(PatientAnswer):
    """The answer to ``mmopts explain``."""

    regimen: Explained
    grades: Mapping[str, str]
    sources: Mapping[str, Source]
    notice: str


class DoseCard(PatientAnswer):
    """The answer to ``mmopts dose``: one regimen's prescription for one patient."""

    id: str
    name: str
    verdict: str
    prescription: tuple[Dose, ...]
    alternatives: tuple[OtherSchedule, ...]
    preparation: tuple[Said, ...]
    burden: Burden
    boxed_warnings: tuple[Warned, ...]
    cautions: tuple[Caution, ...]
    care: tuple[Care, ...]
    sources: Mapping[str, Source]
    notice: str


class History(Answer):
    """The answer to ``mmopts history``: what follows from a list of treatments, and how.

    `facts` are those of a patient file, derived and stated; `options` says the same on a command line.
    """

    patient_id: str | None
    question: Asked
    facts: Mapping[str, Any]
    names: Mapping[str, str]
    options: str
    lines: tuple[TherapyLine, ...]
    treatments: tuple[Therapy, ...]
    derivations: tuple[Derivation, ...]
    warnings: tuple[Note, ...]
    sources: Mapping[str, Source]
    notice: str


class Report(Answer):
    """The answer to ``mmopts report``: the pages for a conference about one case, known by its label alone.

    `regimens` explains each option of the first two tiers; `history` is there where the patient has treatments.
    """

    case: str
    suggest: Suggest
    regimens: tuple[Explained, ...]
    history: History | None
    sources: Mapping[str, Source]
    notice: str
