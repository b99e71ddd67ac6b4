"""Regimens and drugs: what opens a regimen, what forbids it, what bodies say of it, and how it is given."""

from collections.abc import Callable, Mapping, Sequence

from mmopts.knowledge.records.evidence import Cited, Trial
from mmopts.logic import Cond
from mmopts.record import Record


class Rule(Record):
    """What follows from a condition for a regimen.

    `effect`: ``avoid`` and ``spent`` exclude; ``wait`` excludes until the state ends; ``cap`` puts the option into the
    tier `other`; ``lower`` takes it a tier down; ``caution`` warns. `unlifted`: the condition without regard to the states
    that lift it; `always`: it has no condition but those. `step`: how many tiers a caution lowers the option as well.
    `strength`: label, guideline, consensus or editorial. `state`: the state that it belongs to. `facts`: what it is
    about; it takes no second step if a trial already counts less because of just these facts. `criterion_of`: the trial of
    which a caution tells an entry criterion; it is silent where the answer says that the trial left the patient out for it.
    `drug`: the one drug that the rule is about: at which it stands in the data, or that it names alone.
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
    criterion_of: str | None = None
    drug: str | None = None


NEVER_IN_FORCE = ("pending", "not-approved")
"""Statuses of a label that is in force on no day."""
WITHDRAWN = "withdrawn"
"""The status of an indication whose approval ended."""
LABEL_REGIONS = {"us-label": "us", "eu-label": "eu"}
"""The region of each kind of label, by the basis of an indication."""


class Indication(Record):
    """What opens a regimen: a label's text, a body's guidance or a trial, in a setting and while it is in force.

    `strict` is the indication as it stands; `open` leaves out limits that decide a label but rule no regimen out; `when` is
    its condition alone, `force` whether it is in force.
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
    """That a state puts a regimen first, and how firmly, once this was public.

    `called`: what the regimen is called there, if not by its own name.
    """

    state: str
    position: str
    text: str
    called: str
    cond: Cond
    source: Cited
    unread: bool


class Place(Record):
    """That history has overtaken a regimen in a setting, or that a source caps it there."""

    place: str
    cond: Cond
    text: str
    source: Cited
    unread: bool


class DoseRow(Record):
    """One phase of one drug of a regimen: an amount, a route, and days of a cycle of `cycle` days (0: once).

    `amount` is in `unit`, up to `most` if the source gives a range. `cycles`: which cycles, such as ``1-2`` or ``7+``
    (empty: every cycle). `days`: such as ``1-21`` or ``1, 8, 15``. `until`: progression, ``8 cycles``, once, ... `when`: for
    whom, if the regimen itself differs by a fact. `phase`: a setting, as which this phase counts for adjustments.
    `step_up`: one of the first, small doses before the full one.
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
    """The rows for a region; its own rows replace those of no region for the same drug and condition."""
    mine = [r for r in rows if r.region in (None, region)]
    own = {(r.drug, r.when) for r in mine if r.region is not None}
    return tuple([r for r in mine if r.region is not None or (r.drug, r.when) not in own])


class Adjustment(Record):
    """A change of a drug's dose that a fact asks for.

    One of: `amount` in `unit` (with `days` if they change), `factor` of the standard (`further`: of what the other
    changes leave), `omit`, `unchanged`, `route` (for what is otherwise taken by mouth). `weekly`: only the first of the
    row's days in each week; `runs`: the first days in each week that follow one another. `silent`: not told if a
    presumption denies it. `because`: the fact. `together`: drugs that the regimen must hold. `standard`: only if that is
    the amount. `own`: it stands at the regimen and beats the drug's. `when`: includes the setting or phase that it is for;
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
    runs: bool
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

    `infusion`: on so many days of each 28 an infusion runs day and night, in hospital or from a pump; no visits either.
    """

    first_28_days: int | None
    infusion: int | None
    stay: bool
    region: str | None
    note: str | None
    source: Cited
    unread: bool


class Preparation(Record):
    """What goes before: lymphodepletion, premedication. `uncounted`: it needs visits whose days are not recorded.

    `when`: for whom it is.
    """

    text: str
    source: Cited
    unread: bool
    uncounted: bool
    when: Cond


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
    (infusions of chemotherapy over days). `step`: its place in a pathway, 1 first. `counts_as`: in the frail it counts as
    this regimen, of which it only omits a drug. `lighter_when`: for whom it has a schedule that is not of high intensity.
    `called`: what it is called in a sentence, if not by its id. `beside`: it is a measure that accompanies treatment.
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
    """A class of drugs and its members.

    `infused_once`: its products are given in one infusion, act from then on and have no last dose. `one_target`: all act on
    one target, so that another of them is nothing quite new.
    """

    id: str
    name: str
    article: str
    drugs: tuple[str, ...]
    infused_once: bool = False
    one_target: bool = False
