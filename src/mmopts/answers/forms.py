"""The form of every answer, stated once: the JSON, its JSON Schema and the heads of CSV are made from these records.

A field is a key of the JSON, in this order; a trailing ``_`` is left out (``if_`` is ``if``). Text that cites carries
its `source` (an id, or several) and `unread` where it was recalled and not read.
"""

from collections.abc import Mapping
from typing import Any

from mmopts.knowledge.records import Cited, Figures, Meta, Response, Source, Toxicity
from mmopts.patient.derived import Derivation, Therapy, TherapyLine
from mmopts.record import Lazy, Record

# --- parts -----------------------------------------------------------------------------------------


class Said(Record):
    """A sentence with its source."""

    text: str
    source: Cited
    unread: bool = False


class KnowledgeHead(Record):
    """Which knowledge base answered."""

    version: str
    reviewed: str
    digest: str
    layers: tuple[str, ...]


class Default(Record):
    """A default that acted: which option, from where."""

    option: str
    value: str
    origin: str


class Asked(Record):
    """The scope of the question: whose labels count, on which day, and which defaults of the user acted."""

    region: str
    as_of: str
    defaults: tuple[Default, ...] = ()


class Note(Record):
    """An assumption or a warning: a stable code, words, and the fact and option that it concerns."""

    code: str
    text: str
    fact: str | None = None
    option: str | None = None


class Ask(Record):
    """An open or a presumed fact: the question that settles it, and the option that answers it."""

    fact: str
    question: str
    option: str


class Answered(Record):
    """One possible answer: the words to paste behind the same command line, and what it opens and closes."""

    answer: str
    options: str
    opens: tuple[str, ...]
    closes: tuple[str, ...]


class NextQuestion(Record):
    """A question; its best and its worst answer settle so many of `of` conditional options."""

    fact: str
    question: str
    option: str
    settles: int
    settles_at_least: int
    of: int
    answers: tuple[Answered, ...]


class Caution(Record):
    """A caution. `always`: it goes with the regimen, whoever the patient is; else it is for this patient."""

    text: str
    source: Cited
    strength: str
    id: str
    always: bool
    unread: bool = False


class LabelRow(Record):
    """A row of a label: what it is for, whether it holds for this patient, and what fails or is open (`failing`)."""

    product: str | None
    formulation: str | None
    status: str
    approval: str
    holds: str
    condition: str | None
    since: str | None
    until: str | None
    unit: str | None
    failing: tuple[str, ...]
    source: Cited
    unread: tuple[str, ...]


class SubgroupRow(Record):
    """A subgroup of a trial, and whether this patient belongs to it."""

    name: str
    pfs: Figures | None
    os: Figures | None
    weak: bool
    applies: str


class TrialRow(Record):
    """A trial as evidence for an option: its figures, its grade here, and whether the patient fits it.

    Medians in months; None with `reached` false: not reached. Rates in percent, this arm and the control.
    `presumed_outside`: that the trial left the patient out is usual in such trials, and not on record for this one.
    """

    trial: str
    nct: str | None
    phase: int
    design: str
    versus: tuple[str, ...]
    n: int | None
    population: str | None
    endpoint: str | None
    met: bool | None
    pfs: Figures | None
    os: Figures | None
    response: Response | None
    toxicity: tuple[Toxicity, ...]
    follow_up: float | None
    subgroups: tuple[SubgroupRow, ...]
    alert: str | None
    note: str | None
    grade: str
    grade_because: str
    applies: str
    outside: tuple[str, ...]
    presumed_outside: bool
    source: Cited
    unread: tuple[str, ...]


class KeyFigure(Record):
    """The figure of the trial that supports this use against another treatment.

    `months` and `control_months`: median progression-free survival. `orr`: response rate where there is no comparison.
    """

    trial: str
    versus: str | None
    endpoint: str
    hr: float | None
    ci: tuple[float, float] | None
    months: float | None
    control_months: float | None
    reached: bool
    control_reached: bool
    orr: float | None
    control_orr: float | None
    n: int | None
    applies: str
    source: Cited
    unread: bool


class OpenDose(Record):
    """What the dose would be if an open fact turned out so: by the label of one `region`, where others differ."""

    fact: str
    if_: str
    dose: str
    text: str
    source: Cited
    region: str | None = None


class DoseRemark(Record):
    """What is said of a dose to a patient like this without a change of it: by a label of a `region`, if any."""

    fact: str
    if_: str
    text: str
    region: str | None
    source: Cited
    unread: bool


class Dose(Record):
    """The dose of one drug for this patient. `standard`: before the changes that `adjusted_for` (facts) asked for.

    `changed_for`: the conditions of those changes, in words. `when`: of whom it is so, where it is told of nobody in
    particular and others (under `open`) have another.
    """

    drug: str
    dose: str
    route: str
    days: str
    standard: str
    adjusted_for: tuple[str, ...]
    changed_for: tuple[str, ...]
    open: tuple[OpenDose, ...]
    until: str | None
    text: str
    source: Cited
    unread: bool
    recorded: bool
    when: str | None = None
    remarks: tuple[DoseRemark, ...] = ()


class OtherSchedule(Record):
    """Another accepted schedule of a regimen: the doses of the drugs that differ in it."""

    name: str
    region: str | None
    prescription: tuple[Dose, ...]


class Burden(Record):
    """What a prescription asks of the patient: routes, visits, days in hospital, and how long.

    `visits_later_28_days`: the mean of the rest of the first year; `visits_lasting_28_days`: after that year.
    `hospital_stay`: it is given during a stay in hospital, so that visits say nothing; `inpatient_note`: of these days.
    """

    routes: tuple[str, ...]
    visits_first_28_days: int | None
    visits_later_28_days: int | None
    inpatient_days: int | None
    until: str | None
    visits_lasting_28_days: int | None = None
    hospital_stay: bool = False
    inpatient_note: Said | None = None


class GuidanceRow(Record):
    """What one body says of an option for this patient's situation."""

    body: str
    year: int
    position: str
    text: str
    title: str
    strength: str | None
    level: str | None
    applies: str
    source: Cited
    unread: bool


class SummaryLine(Record):
    """A line of what a colleague would say. `kind`: state, first, if, refer or ask; `options`: the regimens it names."""

    kind: str
    text: str
    options: tuple[str, ...]
    source: Cited


class Care(Record):
    """Supportive care of one topic for this patient: its line, and the drugs for which it is."""

    topic: str
    title: str
    text: str
    for_: tuple[str, ...]
    for_this_patient: bool
    source: Cited
    unread: bool


class Warned(Record):
    """A boxed warning of a drug."""

    drug: str
    region: str | None
    text: str
    source: Cited
    unread: bool


# --- options and exclusions ------------------------------------------------------------------------


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


class Clause(Record):
    """A clause of a condition: its words, whether it holds, what was found, and its parts."""

    text: str
    holds: str
    fact: str | None
    given: str | None
    parts: tuple[Any, ...] = ()


class IndicationRow(Record):
    """An indication: whether it opens the regimen, whether it holds as it stands, and the clauses that decide."""

    text: str
    basis: str
    region: str | None
    settings: tuple[str, ...]
    product: str | None
    formulation: str | None
    status: str
    since: str | None
    until: str | None
    unit: str | None
    body: str | None
    position: str | None
    trial: str | None
    note: str | None
    condition: str | None
    opens: str
    holds: str
    in_force: str
    clauses: tuple[Clause, ...]
    source: Cited
    unread: tuple[str, ...]


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


# --- answers ---------------------------------------------------------------------------------------


class Suggest(Record):
    """The answer to ``mmopts suggest``."""

    schema: str
    tool_version: str
    knowledge: KnowledgeHead
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


class AskAnswer(Record):
    """The answer to ``mmopts ask``."""

    schema: str
    tool_version: str
    knowledge: KnowledgeHead
    patient_id: str | None
    question: Asked
    patient: Mapping[str, Any]
    names: Mapping[str, str]
    assumptions: tuple[Note, ...]
    warnings: tuple[Note, ...]
    counts: Counts
    ranked: tuple[Ranked, ...]
    next_questions: tuple[NextQuestion, ...]
    notice: str


class Prompt(Record):
    """One question of an interview.

    `kind`: choice (the number of an answer or its word), number (a number or a range), or list (words, or numbers of the
    `answers`, which may be several). `presumed`: what is taken for granted as long as nothing is said. `number`: which
    question of the interview it is.
    """

    number: int
    fact: str
    question: str
    kind: str
    hint: str
    presumed: str | None
    answers: tuple[Answered, ...]
    counts: Counts


class Moved(Record):
    """What an answer of an interview changed: verdicts, and what is to be minded now."""

    opens: tuple[str, ...]
    closes: tuple[str, ...]
    warnings: tuple[Note, ...]


class Explain(Record):
    """The answer to ``mmopts explain``."""

    schema: str
    tool_version: str
    knowledge: KnowledgeHead
    patient_id: str | None
    question: Asked
    patient: Mapping[str, Any]
    names: Mapping[str, str]
    assumptions: tuple[Note, ...]
    warnings: tuple[Note, ...]
    regimen: Explained
    sources: Mapping[str, Source]
    notice: str


class DoseCard(Record):
    """The answer to ``mmopts dose``: one regimen's prescription for one patient."""

    schema: str
    tool_version: str
    knowledge: KnowledgeHead
    patient_id: str | None
    question: Asked
    patient: Mapping[str, Any]
    names: Mapping[str, str]
    assumptions: tuple[Note, ...]
    warnings: tuple[Note, ...]
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


class Show(Record):
    """The answer to ``mmopts show``."""

    schema: str
    tool_version: str
    knowledge: KnowledgeHead
    regimens: tuple[RegimenRow, ...]
    sources: Mapping[str, Source]
    notice: str


class Compare(Record):
    """The answer to ``mmopts compare``: regimens side by side, for a patient where one is given."""

    schema: str
    tool_version: str
    knowledge: KnowledgeHead
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


class List(Record):
    """The answer to ``mmopts list``."""

    schema: str
    tool_version: str
    knowledge: KnowledgeHead
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


class Drugs(Record):
    """The answer to ``mmopts drugs``."""

    schema: str
    tool_version: str
    knowledge: KnowledgeHead
    drugs: tuple[DrugRow, ...]
    classes: tuple[ClassRow, ...]
    notice: str


class OneDrug(Record):
    """The answer to ``mmopts drugs NAME``."""

    schema: str
    tool_version: str
    knowledge: KnowledgeHead
    drug: DrugRow
    rules: tuple[RuleRow, ...]
    care: tuple[CareRow, ...]
    sources: Mapping[str, Source]
    notice: str


class Sources(Record):
    """The answer to ``mmopts sources``."""

    schema: str
    tool_version: str
    knowledge: KnowledgeHead
    sources: Mapping[str, Source]
    notice: str


class OneSource(Record):
    """The answer to ``mmopts sources ID``, with what cites it."""

    schema: str
    tool_version: str
    knowledge: KnowledgeHead
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


class Guidance(Record):
    """The answer to ``mmopts guidance``."""

    schema: str
    tool_version: str
    knowledge: KnowledgeHead
    guidance: tuple[PositionRow, ...]
    disagreements: tuple[DisagreementRow, ...]
    sources: Mapping[str, Source]
    notice: str


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


class Scores(Record):
    """The answer to ``mmopts frailty`` and ``mmopts risk``. `measured` is each laboratory value in words, by its input."""

    schema: str
    tool_version: str
    knowledge: KnowledgeHead
    patient: Mapping[str, Any]
    measured: Mapping[str, str]
    scores: tuple[ScoreRow, ...]
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


class FactList(Record):
    """The answer to ``mmopts facts``."""

    schema: str
    tool_version: str
    knowledge: KnowledgeHead
    facts: tuple[FactRow, ...]
    words: tuple[WordRow, ...]
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
    """The answer to ``mmopts kb check``. `usable`: whether it would be used; an example that fails forbids no use."""

    schema: str
    tool_version: str
    path: str
    usable: bool
    errors: int
    warnings: int
    faults: tuple[FaultRow, ...]
    coverage: Mapping[str, Any]


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


class KbDiff(Record):
    """The answer to ``mmopts kb diff``."""

    schema: str
    tool_version: str
    knowledge: KnowledgeHead
    old: str
    new: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    patients: int
    changed: tuple[Change, ...]
    not_compared: tuple[NotCompared, ...]
    notice: str


class History(Record):
    """The answer to ``mmopts history``: what follows from a list of treatments, and how.

    `facts` are those of a patient file, derived and stated; `options` says the same on a command line.
    """

    schema: str
    tool_version: str
    knowledge: KnowledgeHead
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


class Report(Record):
    """The answer to ``mmopts report``: the pages for a conference about one case, known by its label alone.

    `regimens` explains each option of the first two tiers; `history` is there where the patient has treatments.
    """

    schema: str
    tool_version: str
    knowledge: KnowledgeHead
    case: str
    suggest: Suggest
    regimens: tuple[Explained, ...]
    history: History | None
    sources: Mapping[str, Source]
    notice: str


class KbFormat(Record):
    """The answer to ``mmopts kb format``: `changed` are the files that were out of form; `written`: they no longer are."""

    schema: str
    tool_version: str
    path: str
    written: bool
    files: tuple[str, ...]
    changed: tuple[str, ...]
    faults: tuple[FaultRow, ...]


class CohortQuestion(Record):
    """The scope in which a cohort was judged."""

    region: str
    as_of: str
    strict: bool


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


class Cohort(Record):
    """What a cohort comes to. `rows`: those of the input, of which `rejected` could not be used."""

    schema: str
    tool_version: str
    knowledge: KnowledgeHead
    question: CohortQuestion
    rows: int
    patients: int
    rejected: int
    rejected_by_code: Mapping[str, int]
    conditional: int
    regimens: tuple[RegimenCount, ...]
    missing_facts: tuple[MissingFact, ...]
    notice: str


ANSWERS: dict[str, Any] = {
    "suggest": Suggest,
    "ask": AskAnswer,
    "explain": Explain,
    "dose": DoseCard,
    "history": History,
    "report": Report,
    "cohort": Cohort,
    "show": Show,
    "compare": Compare,
    "list": List,
    "drugs": Drugs,
    "drug": OneDrug,
    "sources": Sources,
    "source": OneSource,
    "guidance": Guidance,
    "frailty": Scores,
    "risk": Scores,
    "facts": FactList,
    "kb-check": KbCheck,
    "kb-diff": KbDiff,
    "kb-format": KbFormat,
}
"""Each kind of answer: ``mmopts.<kind>/1``."""


INLINED: dict[type, str] = {Explained: "option"}
"""Records one of whose parts lends its keys to the JSON object of the whole."""


def head(meta: Meta) -> KnowledgeHead:
    """Which knowledge base answers."""
    return KnowledgeHead(meta.version, meta.reviewed, meta.digest, meta.layers)


REPEATED = frozenset({Ask, Care, Caution, Dose, Flip, GuidanceRow, LabelRow, Said, Source, Warned})
"""Records of words, whole numbers, yes and no that come back from patient to patient: their JSON may be kept."""
