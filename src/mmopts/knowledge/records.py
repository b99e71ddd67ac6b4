"""What a knowledge base holds, once compiled: records with names and types. Conditions in them are objects.

`knowledge.codec` writes a record to the compiled form and reads it back. `Cited` is the id of a source, or several.
`unread` says that a fact was recalled and not read in its source.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from mmopts.logic import Cond
from mmopts.record import Record

Cited = str | tuple[str, ...] | None
Point = tuple[float | None, ...]
"""One number for a single arm; one for this arm and one for the control of a comparison. None: not reached."""


def cited_ids(sources: Iterable[Cited]) -> tuple[str, ...]:
    """The ids that citations name, each once."""
    found: dict[str, None] = {}
    for source in sources:
        if isinstance(source, str):
            found[source] = None
        elif source:
            found.update(dict.fromkeys(source))
    return tuple(found)


def cited_together(sources: Iterable[Cited]) -> Cited:
    """Several citations as one."""
    found = cited_ids(sources)
    return found[0] if len(found) == 1 else found or None


class Meta(Record):
    """Which knowledge base it is: its version, the day it was reviewed, a digest of its content, and its layers."""

    version: str
    reviewed: str
    notice: str
    dose_notice: str
    digest: str = ""
    layers: tuple[str, ...] = ()


class Rule(Record):
    """What follows from a condition for a regimen.

    `effect`: ``avoid`` and ``spent`` exclude; ``wait`` excludes until the state ends; ``cap`` puts the option into the
    tier `other`; ``lower`` takes it a tier down; ``caution`` warns. `unlifted`: the condition but for the states that lift
    it; `always`: there is none but those. `step`: how many tiers a caution lowers as well.
    `strength`: label, guideline, consensus or editorial. `state`: the state that it belongs to. `facts`: what it is
    about, so that it takes no second step where a trial already counts less for just these facts.
    """

    id: str
    effect: str
    strength: str
    text: str
    cond: Cond
    unlifted: Cond
    step: int
    always: bool
    source: Cited
    unread: bool
    state: str
    facts: frozenset[str]


NEVER_IN_FORCE = ("pending", "not-approved")
"""Statuses of a label that is in force on no day."""


WITHDRAWN = "withdrawn"
"""The status of an indication whose approval ended."""


LABEL_REGIONS = {"us-label": "us", "eu-label": "eu"}
"""The region of each kind of label, by the basis of an indication."""


class Indication(Record):
    """What opens a regimen: a label's text, a body's guidance or a trial, in a setting and while it is in force.

    `strict` is the indication as it stands; `open` leaves out what decides a label but never rules a regimen out;
    `when` is its condition alone, `force` whether it is in force.
    """

    basis: str
    region: str | None
    settings: tuple[str, ...]
    strict: Cond
    open: Cond
    when: Cond
    force: Cond
    words: str
    source: Cited
    unread: tuple[str, ...]
    product: str | None
    formulation: str | None
    status: str
    since: str | None
    until: str | None
    body: str | None
    position: str | None
    trial: str | None
    unit: str | None
    note: str | None

    def status_on(self, day: str) -> str:
        """Its status on a day (YYYY-MM-DD): what was withdrawn later was active until then."""
        return "active" if self.status == WITHDRAWN and (self.until or "") > day else self.status


class Figures(Record):
    """A time-to-event endpoint: median months of this arm and of the control, hazard ratio with its interval.

    `level`: the interval's level in percent. `reached`: whether a median that is None was not reached, or not reported.
    """

    months: float | None = None
    control: float | None = None
    hr: float | None = None
    ci: tuple[float, float] | None = None
    level: float = 95
    reached: bool = True
    control_reached: bool = True
    note: str | None = None


class Response(Record):
    """Response rates in percent."""

    orr: Point | None = None
    vgpr: Point | None = None
    cr: Point | None = None
    mrd: Point | None = None


class Toxicity(Record):
    """An adverse event of grade 3 or more, in percent."""

    event: str
    percent: Point


class Subgroup(Record):
    """A subgroup of a trial; `weak`: shown to gain little."""

    name: str
    when: Cond
    words: str
    pfs: Figures | None
    os: Figures | None
    weak: bool


RANDOMISED = "randomised"
"""The design of a trial that tells what a regimen does against its control."""


class Trial(Record):
    """A trial as evidence for one regimen: one of its arms against its control.

    `population`: who was let in; `full`: whether that is the whole list of entry criteria, so that what it does not
    name was allowed. `lacked`: drugs or classes that nobody in it had had. `alert`: a survival signal against it.
    `key`: whether its figure compares this use with another treatment (not a route or a dose with another, nor a
    strategy of several steps as a whole). `known`: whether anything of it had been reported on the day asked about, so
    that it may take from another; `counts`: whether it may speak for its regimen by then.
    """

    id: str
    trial: str
    nct: str | None
    phase: int
    design: str
    setting: Cond
    versus: tuple[str, ...]
    n: int | None
    population: Cond
    words: str
    full: bool
    lacked: tuple[str, ...]
    endpoint: str | None
    met: bool | None
    pfs: Figures | None
    os: Figures | None
    response: Response | None
    toxicity: tuple[Toxicity, ...]
    follow_up: float | None
    subgroups: tuple[Subgroup, ...]
    alert: str | None
    note: str | None
    key: bool
    known: Cond
    counts: Cond
    source: Cited
    unread: tuple[str, ...]

    def read(self, group: str) -> Figures | None:
        """Its `pfs` or `os`; None if they were recalled and not read, for such decide nothing."""
        found: Figures | None = getattr(self, group)
        return None if group in self.unread else found


class DoseRow(Record):
    """One phase of one drug of a regimen: an amount, a route, and days of a cycle of `cycle` days (0: once).

    `amount` is in `unit`, up to `most` where the source gives a range.

    `cycles`: which cycles, such as ``1-2`` or ``7+`` (empty: every cycle). `days`: such as ``1-21`` or ``1, 8, 15``.
    `until`: progression, ``8 cycles``, once, ... `when`: for whom, where the regimen itself differs by a fact.
    `phase`: a setting, as which this phase counts for adjustments. `step_up`: one of the first, small doses before the
    full one.
    """

    drug: str
    amount: float | None
    most: float | None
    unit: str
    route: str
    days: str
    cycle: int
    cycles: str
    until: str | None
    phase: str | None
    step_up: bool
    region: str | None
    when: Cond
    cap: str | None
    note: str | None
    source: Cited
    unread: bool


def rows_of_region(rows: Sequence[DoseRow], region: str | None) -> tuple[DoseRow, ...]:
    """The rows for a region: where it has rows of its own for a drug and the same people, these alone."""
    mine = [r for r in rows if r.region in (None, region)]
    own = {(r.drug, r.when) for r in mine if r.region is not None}
    return tuple([r for r in mine if r.region is not None or (r.drug, r.when) not in own])


class Adjustment(Record):
    """A change of a drug's dose that a fact asks for.

    One of: `amount` in `unit` (with `days` where they change), `factor` of the standard (`further`: of what the other
    changes leave), `omit`, `unchanged`, `route` (what is else taken by mouth is given so). `weekly`: of the row's days only
    the first of each seven. `silent`: not told where a presumption denies it.
    `because`: the fact. `together`: drugs that must be in the regimen for it to apply. `standard`: only where that is
    the amount. `own`: it stands at the regimen and beats the drug's. `when`: with the setting or phase that it is for;
    `words`: its condition in words, without that.
    """

    id: str
    drug: str
    because: str
    region: str | None
    when: Cond
    words: str
    amount: float | None
    unit: str | None
    days: str | None
    weekly: bool
    route: str | None
    factor: float | None
    further: bool
    omit: bool
    unchanged: bool
    silent: bool
    text: str
    together: tuple[str, ...]
    standard: float | None
    own: bool
    source: Cited
    unread: bool


class Alternative(Record):
    """Another accepted schedule of the same regimen."""

    name: str
    region: str | None
    when: Cond
    rows: tuple[DoseRow, ...]


class Inpatient(Record):
    """Days in hospital in the first 28. `stay`: the treatment is given during a stay, so that its days are no visits.

    `infusion`: an infusion runs for so many days and nights in each 28, in hospital or from a pump; they are no visits.
    """

    first_28_days: int | None
    infusion: int | None
    stay: bool
    region: str | None
    note: str | None
    source: Cited
    unread: bool


class Preparation(Record):
    """What goes before: lymphodepletion, premedication. `uncounted`: it asks for visits whose days are not recorded."""

    text: str
    source: Cited
    unread: bool
    uncounted: bool


class Position(Record):
    """What one body says of regimens, in a situation, from `year`.

    `position`: preferred, recommended, alternative, option, conditional, named, not-routine, against or funded.
    """

    id: str
    body: str
    year: int
    title: str
    text: str
    position: str
    strength: str | None
    level: str | None
    regimens: tuple[str, ...]
    cond: Cond
    words: str
    source: Cited
    unread: bool


class First(Record):
    """What a state puts first, by whom, and how firmly, once it was public.

    `called`: what it is called there, where not by its own name.
    """

    state: str
    position: str
    text: str
    called: str
    cond: Cond
    source: Cited
    unread: bool


class Place(Record):
    """A regimen that history has overtaken in a setting, or that is capped there by a source."""

    place: str
    cond: Cond
    text: str
    source: Cited
    unread: bool


class Administration(Record):
    """How a regimen is given: its doses, what changes them, what goes before, other schedules, and days in hospital."""

    prescription: tuple[DoseRow, ...]
    adjustments: tuple[Adjustment, ...]
    preparation: tuple[Preparation, ...]
    alternatives: tuple[Alternative, ...]
    inpatient: Inpatient | None


class Regimen(Record):
    """A regimen: what opens it, what forbids it, what warns of it, its evidence, how it is given.

    `verdict`: some indication opens it and nothing forbids it; `indicated`: some indication opens it; `labels`: per
    region, whether some label holds (None: no product is involved). `intensity`: low, standard, high or intensive
    (infusions of chemotherapy over days). `step`: its place
    in a pathway, 1 first. `counts_as`: the regimen as which it counts in the frail, because it only spares a drug of it.
    `lighter_when`: for whom its prescription has a schedule of its own that is not of high intensity.
    `called`: what it is called in a sentence, where not by its id. `beside`: a measure that goes together with treatment.
    `administration` gives what judging does not need.
    """

    id: str
    name: str
    drugs: tuple[str, ...]
    aliases: tuple[str, ...]
    intensity: str
    lighter_when: Cond
    settings: tuple[str, ...]
    label_decides: bool
    counts_as: str
    called: str
    beside: bool
    step: int
    investigational: bool
    verdict: Cond
    indicated: Cond
    in_setting: Cond
    labels: Mapping[str, Cond | None]
    rows: tuple[Indication, ...]
    forbids: tuple[Rule, ...]
    cautions: tuple[Rule, ...]
    evidence: tuple[Trial, ...]
    positions: tuple[Position, ...]
    firsts: tuple[First, ...]
    places: tuple[Place, ...]
    administration: Callable[[], Administration]

    @property
    def prescription(self) -> tuple[DoseRow, ...]:
        """The doses of its drugs, phase by phase."""
        return self.administration().prescription

    @property
    def adjustments(self) -> tuple[Adjustment, ...]:
        """The changes of dose that are its own."""
        return self.administration().adjustments

    @property
    def preparation(self) -> tuple[Preparation, ...]:
        """What goes before."""
        return self.administration().preparation

    @property
    def alternatives(self) -> tuple[Alternative, ...]:
        """Its other accepted schedules."""
        return self.administration().alternatives

    @property
    def inpatient(self) -> Inpatient | None:
        """Its days in hospital."""
        return self.administration().inpatient


class BoxedWarning(Record):
    """A boxed warning."""

    region: str | None
    text: str
    source: Cited
    unread: bool


class Drug(Record):
    """A drug: its names, its classes, and what its label warns of in a box."""

    id: str
    abbreviations: tuple[str, ...]
    brands: tuple[str, ...]
    classes: tuple[str, ...]
    target: str
    routes: tuple[str, ...]
    investigational: bool
    boxed_warnings: tuple[BoxedWarning, ...]
    adjustments: tuple[Adjustment, ...]


class DrugClass(Record):
    """A class of drugs and its members."""

    id: str
    name: str
    article: str
    drugs: tuple[str, ...]


class CareLine(Record):
    """One line of supportive care: for patients of `cond`, with any of `drugs` (None: whatever is given) or `regimens`.

    `alone`: only where one regimen is asked for. `general`: it holds for everybody.
    """

    text: str
    drugs: tuple[str, ...] | None
    regimens: tuple[str, ...]
    cond: Cond
    words: str
    general: bool
    alone: bool
    region: str | None
    source: Cited
    unread: bool


class CareTopic(Record):
    """A topic of supportive care; its lines from the most specific to the most general: the first that holds counts."""

    id: str
    title: str
    lines: tuple[CareLine, ...]


class Sentence(Record):
    """What is said of a state where `cond` holds.

    `praises`: regimens that it puts before others, a group for each thing praised, of which one must then be open in the
    first tiers, else the sentence is not said; `offers`: the same for what it calls possible: one of a group must be open
    for certain, in whatever tier. `region`: it is said only where this region's labels were asked for.
    `known`: whether what it rests on was public on the day asked about.
    """

    text: str
    cond: Cond
    known: Cond
    praises: tuple[tuple[str, ...], ...]
    offers: tuple[tuple[str, ...], ...]
    region: str | None
    source: Cited


URGENCIES = ("emergency", "urgent", "leading")
"""How urgent a state may be: minutes and hours count; days count; it decides what is given. The rest comes after."""


class State(Record):
    """A special state: what to say of it at the top of the answer, what to ask, what never (`ask_not`).

    `urgency`: one of `URGENCIES`, which orders what is said; None for what can wait its turn. `refer`: whom to call, where
    `refer_when` holds. `opens_when`: what ends the wait of options that wait in it; where `holds_back` holds, all wait.
    `known`: whether what it rests on was public on the day asked about.
    """

    id: str
    name: str
    cond: Cond
    summary: tuple[Sentence, ...]
    urgency: str | None
    refer: str | None
    refer_when: Cond
    ask: tuple[str, ...]
    ask_not: tuple[str, ...]
    opens_when: str | None
    holds_back: Cond
    known: Cond
    source: Cited
    unread: bool


class Exclusion(Record):
    """A usual exclusion of pivotal trials, which holds where a trial's recorded population is partial.

    `facts`: what it is about. `regimens`: those whose trials it is usual in.
    """

    id: str
    cond: Cond
    text: str
    facts: tuple[str, ...]
    regimens: frozenset[str]
    source: Cited
    unread: bool


class Meaning(Record):
    """What a word of a drug list stands for: drugs, classes, and facts that it sets as well.

    `filler`: no systemic therapy of its own. `also`: what else the word can mean. `qualifier`: a filler that says how or
    when something was given, such as the name of a phase; alone it does not say what.
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

    `apart`: a disease of its own, whose doses are told only of those in whom it is known or asked about.
    """

    id: str
    name: str
    question: str | None
    definition: str | None
    synonyms: tuple[str, ...]
    group: tuple[str, ...]
    note: str | None
    apart: bool
    source: Cited


class Vocabulary(Record):
    """The words that a list fact takes: by id, by every folded name; `groups` named together; `elsewhere` hints."""

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
    """One atom's value fixes others, by definition; `said`: only a value that was said, none that is presumed."""

    given: Given
    then: tuple[Given, ...]
    because: str
    said: bool = False


class Presumption(Record):
    """What fills the gap where nothing is said of a fact; `when` (if any) limits it.

    `doubt_when`: for whom it holds but is often wrong, so that it is asked for all the same; `doubt`: the words for that.
    """

    id: str
    fact: str
    text: str
    then: tuple[Given, ...]
    when: Cond | None
    doubt_when: Cond | None
    doubt: str


class Unlikely(Record):
    """Facts of which no patient has all, or hardly one: when they hold together, it is told; they are used all the same."""

    id: str
    fact: str
    text: str
    when: Cond


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
    """What a score asks for: a fact of a patient file, or a laboratory value with its unit and largest meaningful value."""

    id: str
    question: str
    unit: str | None
    limit: float | None


class Score(Record):
    """A score: items with points, groups of points or of conditions.

    `applies`: for whom it was made; `decides_transplant`: its group settles candidacy; `counted`: its groups are of points.
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


class Late(Record):
    """The grade of a large single arm in late lines."""

    when: Cond
    n: int
    orr: float
    grade: str


class ClassOrder(Record):
    """Classes that keep an order of their own within a tier, where `when` holds."""

    when: Cond
    classes: tuple[str, ...]


class Precedence(Record):
    """Regimens that stand before others within a tier, where `when` holds, by their ids."""

    when: Cond
    first: frozenset[str]
    then: frozenset[str]
    source: Cited


class Win(Record):
    """What makes a deciding trial a won one: its phase, and the limits below which an interval must end."""

    phase: int
    pfs_upper_below: float
    strong_pfs_upper_below: float
    os_upper_below: float

    def decided(self, trial: Trial) -> bool:
        """Whether a randomised trial of the deciding phase showed longer progression-free survival for its regimen."""
        pfs = trial.read("pfs")
        longer = pfs is not None and pfs.ci is not None and pfs.ci[1] < self.pfs_upper_below
        return longer and trial.met is not False and trial.design == RANDOMISED and trial.phase == self.phase


class Policy(Record):
    """How evidence, guidance and the patient make a tier: this project's editorial constants.

    `os_alert`: the survival hazard ratio from which a regimen is capped. `by_label`: per grade, the tier that each state
    of the label gives. `preferring_positions`, `lifting_positions`, `refusing_positions`: positions of a body that put
    first, lift, advise against. `frail`: the condition that means frail. `light`, `heavy`: intensities. `orders`: classes
    in their own order, the first that applies counts; `first_class`: what goes before them all. `precedence`: regimens
    that stand before others of their tier. `floor`: where one option is lifted if the first two tiers are empty.
    `referred_classes`: those for which one refers to a centre.
    """

    win: Win
    os_alert: float
    late: Late
    by_label: Mapping[str, Mapping[str, str]]
    preferring_positions: frozenset[str]
    lifting_positions: frozenset[str]
    refusing_positions: frozenset[str]
    bodies_for_preferred: int
    strong_grades: frozenset[str]
    unknown_lowers: frozenset[str]
    doublet: Cond
    frail: Cond
    light: frozenset[str]
    heavy: frozenset[str]
    orders: tuple[ClassOrder, ...]
    first_class: ClassOrder
    precedence: tuple[Precedence, ...]
    floor: Cond
    referred_classes: frozenset[str]


class Asking(Record):
    """What is asked first, never asked in a setting, and asked only while another fact is not stated."""

    first: Mapping[str, tuple[str, ...]]
    never: Mapping[str, tuple[str, ...]]
    only_without: Mapping[str, tuple[str, ...]]


class Definition(Record):
    """A term: what it means, and where."""

    id: str
    name: str
    text: str
    note: str | None
    source: Cited
    unread: bool


class View(Record):
    """What one body holds of a point on which bodies differ."""

    body: str
    view: str
    source: Cited


class Disagreement(Record):
    """A point on which bodies differ, and what is done here."""

    id: str
    topic: str
    views: tuple[View, ...]
    we_do: str


LABEL = "label"
"""The kind of a source whose year is that of the edition that was read."""


class Source(Record):
    """A source: what it is, where it is, whether and in what copy the cited fact was read there."""

    id: str
    title: str
    kind: str
    checked: str
    region: str | None
    year: int | None
    pmid: int | None
    doi: str | None
    url: str | None
    on: str | None
    extent: str | None
    copy: str | None


class HistoryLimit(Record):
    """A limit for reading a list of treatments: `value` in `unit` (days or months)."""

    value: int
    unit: str
    text: str
    source: Cited
    unread: bool


class HistoryRule(Record):
    """A rule by which a fact follows from treatments, with who holds it; `other_reading`: how others read the same."""

    id: str
    fact: str
    text: str
    authority: str
    source: Cited
    other_reading: str | None
    other_source: Cited
    unread: bool


class HistoryPolicy(Record):
    """How a list of treatments becomes facts.

    `single_infusion_class`: products that are infused once, act from then on and have no last dose. `transplant_word`:
    what a transplant is that nothing else is told of. `long_remission_word`: the condition that a late progression after a
    transplant is. `no_response`: best responses that are none. `template`: a list to
    be filled in, in YAML with comments. `first_labels`: the first day on which a drug may have had a label, but of drugs
    that are older than the labels recorded.
    """

    limits: Mapping[str, HistoryLimit]
    rules: Mapping[str, HistoryRule]
    single_infusion_class: str
    transplant_word: str
    long_remission_word: str
    no_response: tuple[str, ...]
    template: str
    first_labels: Mapping[str, str] = {}


class Library(Record):
    """What judging does not need. `clots`: scores of clots, from a list of what holds.

    `history`: None where a knowledge base does not read lists of treatments.
    """

    sources: Mapping[str, Source]
    definitions: tuple[Definition, ...]
    disagreements: tuple[Disagreement, ...]
    scores: tuple[Score, ...]
    clots: tuple[Score, ...] = ()
    history: HistoryPolicy | None = None


class Knowledge(Record):
    """A compiled knowledge base.

    `names` maps a folded word to what it means; `dates` the first and last day of each date; `starts` the bounds at which
    conditions tell values of a number apart, by atom; `library` gives what judging does not need.
    """

    meta: Meta
    classes: Mapping[str, DrugClass]
    drugs: Mapping[str, Drug]
    steroids: frozenset[str]
    names: Mapping[str, Meaning]
    ambiguous: Mapping[str, tuple[str, ...]]
    vocabulary: Mapping[str, Vocabulary]
    entailments: tuple[Entailment, ...]
    presumptions: tuple[Presumption, ...]
    questions: Mapping[str, str]
    fitness: tuple[Score, ...]
    policy: Policy
    asking: Asking
    dates: Mapping[str, tuple[str, str]]
    starts: Mapping[str, tuple[float, ...]]
    regimens: Mapping[str, Regimen]
    positions: tuple[Position, ...]
    states: tuple[State, ...]
    exclusions: tuple[Exclusion, ...]
    unlikely: tuple[Unlikely, ...]
    care: tuple[CareTopic, ...]
    aliases: Mapping[str, str]
    library: Callable[[], Library]

    @property
    def sources(self) -> Mapping[str, Source]:
        """Every source by id."""
        return self.library().sources

    @property
    def history(self) -> HistoryPolicy | None:
        """How a list of treatments is read."""
        return self.library().history
