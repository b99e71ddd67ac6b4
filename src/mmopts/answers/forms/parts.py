"""What answers are made of: sentences with a source, questions, doses, trials, labels, care."""

from collections.abc import Mapping
from typing import Any, Protocol

from mmopts.knowledge.records import Cited, Figures, Response, Toxicity
from mmopts.record import Record


class Cites(Protocol):
    """A row of an answer that cites what it says."""

    @property
    def source(self) -> Cited:
        """The id of a source, or several."""


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


class Answer(Record):
    """What every answer of a knowledge base begins with: its kind, the version of the program, and which one it was."""

    schema: str
    tool_version: str
    knowledge: KnowledgeHead


class PatientAnswer(Answer):
    """What an answer about a patient begins with: who it is, what was asked, and what was taken for granted."""

    patient_id: str | None
    question: Asked
    patient: Mapping[str, Any]
    names: Mapping[str, str]
    assumptions: tuple[Note, ...]
    warnings: tuple[Note, ...]


class Ask(Record):
    """An open or a presumed fact: the question that settles it, and the option that answers it."""

    fact: str
    question: str
    option: str


class Answered(Record):
    """One possible answer: the words to paste behind the same command line, and what it opens and closes.

    `doses`: of a fact that was presumed, the drugs of which it would change a dose.
    """

    answer: str
    options: str
    opens: tuple[str, ...]
    closes: tuple[str, ...]
    doses: tuple[str, ...] = ()


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

    `changed_for`: the conditions of those changes, in words; `reasons`: what is said of the changes; `notes`: what is said
    of the doses as they stand. `text` tells all of it in a sentence. `when`: of whom it is so, where it is told of nobody in
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
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
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
    `infusion_days`: so many days and nights of each 28 an infusion runs; they are not among the visits.
    """

    routes: tuple[str, ...]
    visits_first_28_days: int | None
    visits_later_28_days: int | None
    inpatient_days: int | None
    until: str | None
    visits_lasting_28_days: int | None = None
    hospital_stay: bool = False
    inpatient_note: Said | None = None
    infusion_days: int | None = None


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
    """Supportive care of one topic for this patient: its line, the drugs for which it is, and whether hours count."""

    topic: str
    title: str
    text: str
    for_: tuple[str, ...]
    for_this_patient: bool
    source: Cited
    unread: bool
    emergency: bool = False


class Warned(Record):
    """A boxed warning of a drug."""

    drug: str
    region: str | None
    text: str
    source: Cited
    unread: bool


class Clause(Record):
    """A clause of a condition: its words, whether it holds, and what was found."""

    text: str
    holds: str
    fact: str | None
    given: str | None


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
