"""What is made of evidence and facts: tiers and their order, special states, supportive care."""

from collections.abc import Mapping

from mmopts.knowledge.records.evidence import RANDOMISED, Cited, Trial
from mmopts.logic import Cond
from mmopts.record import Record

TIERS = ("preferred", "alternative", "other", "investigational")
LEADING = TIERS[:2]
"""The tiers that a colleague would talk about."""


class Win(Record):
    """What makes a deciding trial a won one: its phase, and the limit below which the interval of PFS must end."""

    phase: int
    pfs_upper_below: float

    def decided(self, trial: Trial) -> bool:
        """Whether a randomised trial of the deciding phase showed longer progression-free survival for its regimen."""
        longer = trial.ends_below("pfs", self.pfs_upper_below)
        return longer and trial.met is not False and trial.design == RANDOMISED and trial.phase == self.phase


class EvidenceGrade(Record):
    """A grade, in words, and what earns it: the first grade whose demands a trial meets is the trial's.

    `pfs_upper_below`, `os_upper_below`: the trial was won and this interval ends below that. `prospective`: it looked ahead.
    """

    id: str
    text: str
    pfs_upper_below: float | None
    os_upper_below: float | None
    prospective: bool


class Late(Record):
    """The grade of a large single arm in late lines."""

    when: Cond
    n: int
    orr: float
    grade: str


class ClassOrder(Record):
    """Classes that have an order of their own within a tier, while `when` holds."""

    when: Cond
    classes: tuple[str, ...]


class Precedence(Record):
    """Regimens that stand before others within a tier, while `when` holds, by their ids."""

    when: Cond
    first: frozenset[str]
    then: frozenset[str]


class Policy(Record):
    """How evidence, guidance and the patient make a tier: this project's editorial constants.

    `grades`: best first, letters in their order; the last one demands nothing. `weak_grade`: the best one of a trial that
    was weak in patients like this. `os_alert`: the survival hazard ratio from which a regimen is capped. `by_label`: the
    tier, by grade and label. `preferring_positions`, `lifting_positions`, `refusing_positions`: positions of a body that
    put first, lift, advise against. `frail`: the condition that means frail. `suited_grade`: up to here two drugs are
    lifted in the frail. `light`, `heavy`: intensities. `orders`: the first that applies counts; `first_class`: what goes
    before all of its classes. `floor`: when one option is lifted if the first two tiers are empty; `floor_grade`: the
    lowest grade that it may have. `referred_classes`: those for which one refers to a centre. `told_first`: the rules
    that are told first of what always goes with a regimen.
    """

    win: Win
    grades: tuple[EvidenceGrade, ...]
    weak_grade: str
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
    suited_grade: str
    frail: Cond
    light: frozenset[str]
    heavy: frozenset[str]
    orders: tuple[ClassOrder, ...]
    first_class: ClassOrder
    precedence: tuple[Precedence, ...]
    floor: Cond
    floor_grade: str
    referred_classes: frozenset[str]
    told_first: tuple[str, ...] = ()


class Exclusion(Record):
    """A usual exclusion of pivotal trials; it is applied to a trial whose population is only partly recorded.

    `facts`: what it is about. `regimens`: those in whose trials it is usual.
    """

    id: str
    cond: Cond
    text: str
    facts: tuple[str, ...]
    regimens: frozenset[str]


class Sentence(Record):
    """What is said of a state if `cond` holds.

    `praises`: groups of regimens that it puts before others; it is said only if one of each group is open in the first
    two tiers. `offers`: groups of what it calls possible; one of each must be open for certain, in any tier. `region`: it is
    said only if this region's labels count. `known`: whether what it rests on was public on the day asked about.
    """

    text: str
    cond: Cond
    known: Cond
    praises: tuple[tuple[str, ...], ...]
    offers: tuple[tuple[str, ...], ...]
    region: str | None
    source: Cited


URGENCIES = ("emergency", "urgent", "leading")
"""How urgent a state may be: hours count; days count; it decides what is given."""


class State(Record):
    """A special state: what to say of it at the top of the answer, what to ask, what never (`ask_not`).

    `urgency`: one of `URGENCIES`, which orders what is said; None for the others, which come last. `refer`: whom to call if
    `refer_when` holds. `opens_when`: what ends the wait of options that wait in it; if `holds_back` holds, all wait.
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


class CareLine(Record):
    """One line of supportive care: for patients of `cond` with any of `drugs` (None: any drug) or `regimens`.

    `alone`: only if a single regimen is asked for. `general`: it holds for everybody. `emergency`: hours count.
    """

    text: str
    drugs: tuple[str, ...] | None
    regimens: tuple[str, ...]
    cond: Cond
    general: bool
    alone: bool
    region: str | None
    source: Cited
    unread: bool
    emergency: bool = False


class CareTopic(Record):
    """A topic of supportive care; its lines from the most specific to the most general: the first that holds counts."""

    id: str
    title: str
    lines: tuple[CareLine, ...]
