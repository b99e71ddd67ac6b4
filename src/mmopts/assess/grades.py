"""How strong a trial is by itself, what it is worth for this patient, and which one speaks for an option.

A grade (A to D) is read off a trial's design and figures; the constants are in the knowledge base (`Policy`).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from mmopts.assess.truths import Truths
from mmopts.knowledge.once import Once
from mmopts.knowledge.records import RANDOMISED, EvidenceGrade, Exclusion, Knowledge, Policy, Regimen, Trial, Win
from mmopts.logic import Cond, Facts, One, fold, kleene, leaves, test_leaf
from mmopts.record import Record
from mmopts.words import Speech, demanded, joined

diseases_apart: Once[tuple[str, ...]] = Once(
    lambda kb: tuple([f"condition:{word.id}" for word in kb.vocabulary["condition"].words.values() if word.apart])
)
"""The atoms of conditions that are diseases of their own."""
SINGLE_ARM, RETROSPECTIVE = "single-arm", "retrospective"


class Graded(Record):
    """A trial's grade for this patient, and why it is that one.

    `applies`: whether the patient fits the trial; `outside`: why not, in one sentence. `steps`: the reasons that lower the
    tier. `barred`: the usual exclusions that keep the patient out; `missed`: how many recorded criteria are not met, and
    `unmet` the facts that these are about.
    `lighter`: earlier treatment that a single-arm trial required and that a label for the regimen does not.
    """

    grade: str
    text: str
    trial: Trial
    applies: bool | None
    outside: tuple[str, ...]
    steps: tuple[str, ...]
    barred: tuple[Exclusion, ...]
    missed: int
    lighter: AbstractSet[str] = frozenset()
    unmet: AbstractSet[str] = frozenset()

    @property
    def presumed(self) -> bool:
        """Whether it is only presumed that the trial left the patient out: no recorded criterion says so."""
        return self.applies is False and not self.missed


# --- a trial by itself -----------------------------------------------------------------------------


def response_rate(trial: Trial) -> float | None:
    """The overall response rate of the trial's arm in percent, as far as it was read."""
    if trial.response is None or trial.response.orr is None or "response" in trial.unread:
        return None
    return trial.response.orr[0]


def base_grade(trial: Trial, policy: Policy) -> str:
    """The grade of a trial by itself: the first whose demands it meets."""
    return next((grade.id for grade in policy.grades if _earns(trial, grade, policy.win)), lowest(policy))


def lowest(policy: Policy) -> str:
    """The grade of what no trial supports."""
    return policy.grades[-1].id


def _earns(trial: Trial, grade: EvidenceGrade, win: Win) -> bool:
    """Whether a trial meets what a grade demands."""
    limits = {"pfs": grade.pfs_upper_below, "os": grade.os_upper_below}
    return (trial.design != RETROSPECTIVE or not grade.prospective) and all(
        win.decided(trial) and trial.ends_below(endpoint, limit) for endpoint, limit in limits.items() if limit is not None
    )


# --- and for this patient --------------------------------------------------------------------------

Bounds = tuple[bool | None, bool | None]
"""A value at best, and at worst."""


class Favourable:
    """The algebra of `logic.fold` that gives an entry criterion's value at best and at worst.

    A fact that is open and not `counted` is taken as favourable in the one and unfavourable in the other; a counted one
    stays open in both. Facts in `passed` are treated as open.
    """

    def __init__(self, facts: Facts, counted: Callable[[str], bool], passed: Container[str] = ()) -> None:
        self.facts, self.counted, self.passed = facts, counted, passed

    def leaf(self, cond: Cond) -> Bounds:
        """One fact."""
        value = None if cond.fact in self.passed else test_leaf(cond, self.facts.get(cond.fact))
        return (True, False) if value is None and not self.counted(cond.fact) else (value, value)

    def all(self, items: Sequence[Bounds]) -> Bounds:
        """All of them."""
        return self.at_least(len(items), items)

    def any(self, items: Sequence[Bounds]) -> Bounds:
        """One of them."""
        return self.at_least(1, items)

    def not_(self, item: Bounds) -> Bounds:
        """The opposite of the worst, and of the best."""
        best, worst = item
        return (None if worst is None else not worst, None if best is None else not best)

    def at_least(self, count: int, items: Sequence[Bounds]) -> Bounds:
        """So many of them."""
        return kleene(count, [best for best, _ in items]), kleene(count, [worst for _, worst in items])

    def named(self, cond: Cond, item: Bounds) -> Bounds:
        """As the condition inside."""
        return item


def mentioned(cond: Cond) -> set[str]:
    """The facts that a condition tests: each atom, and the name before its colon."""
    return {name for leaf in leaves([cond]) for name in (leaf.fact, leaf.fact.partition(":")[0])}


def _asked_for(cond: Cond, wanted: bool) -> Iterator[str]:
    """The facts that a criterion requires; not those that it forbids."""
    if cond.op == "leaf":
        if wanted is (cond.value is not False):
            yield cond.fact
        return
    for part in cond.args:
        yield from _asked_for(part, wanted is (cond.op != "not"))


class Grader:
    """Grades trials for one patient.

    `holding`: the usual exclusions that hold for the patient; `common`: the ids of those that lower no tier, because all
    trials that matter share them.
    """

    def __init__(self, kb: Knowledge, truths: Truths, facts: Facts, speech: Speech) -> None:
        self.kb, self.truths, self.facts, self.speech = kb, truths, facts, speech
        self.policy = kb.policy
        self.holding = [e for e in kb.exclusions if truths.at(e.cond)]
        self.common: set[str] = set()
        self._in_disease = One({atom: False for atom in diseases_apart(kb) if facts.get(atom) is False})

    def share(self) -> None:
        """Note that all trials that matter share the exclusions that hold: those usual in all trials lower no tier then."""
        everywhere = self.kb.regimens.keys()
        self.common = {e.id for e in self.holding if everywhere <= e.regimens}

    def trials(self, regimen: Regimen) -> list[Trial]:
        """A regimen's trials that count on the day asked about, in what may be the patient's setting and disease."""
        at = self.truths.at
        in_setting = (t for t in regimen.evidence if at(t.setting) is not False and at(t.counts))
        return [trial for trial in in_setting if self._in_disease.value(trial.population) is not False]

    def _bars(self, exclusion: Exclusion, regimen: Regimen, trial: Trial) -> bool:
        """Whether a usual exclusion applies to a trial: only if its own recorded criteria do not mention the fact."""
        usual = not trial.full and regimen.id in exclusion.regimens
        return usual and not mentioned(trial.population).intersection(exclusion.facts)

    def solely(self, graded: Graded, facts: AbstractSet[str]) -> bool:
        """Whether a trial counts less for the patient because of these facts alone."""
        if any(facts.isdisjoint(e.facts) for e in graded.barred if e.id not in self.common):
            return False
        if any(f"refractory:{name}" not in facts for name in self._lacked(graded.trial)):
            return False
        passed = graded.lighter | facts
        return self._at_best(graded.trial, lambda atom: atom not in passed, passed) is not False

    def _lacked(self, trial: Trial) -> list[str]:
        """The drugs and classes that failed the patient and that nobody in the trial had received."""
        return [name for name in trial.lacked if self.facts.get(f"refractory:{name}") is True]

    def grade(self, regimen: Regimen, trial: Trial, needed: Container[str], *, granted: bool = False) -> Graded:
        """The grade of a regimen's trial for the patient.

        An open entry criterion lowers it only if it is about drugs received (`unknown_lowers`) and the option itself does
        not need that fact (`needed`: the atoms on which its verdict depends). It does so even if another one leaves the
        patient out; otherwise it would help to be further from a trial. If a label grants the regimen (`granted`), a patient
        with less earlier treatment than a single-arm trial required is no step away from it.
        """
        grade, notes = self._shown(trial)
        fits = self.truths.at(trial.population)
        barred = tuple(e for e in self.holding if self._bars(e, regimen, trial))
        lacked = " or ".join(self._named(n) for n in self._lacked(trial))
        unmet = self._unmet(trial.population) if fits is False else []
        away = f"outside the population of {trial.trial}{demanded(unmet, self.speech).of_trial}" if unmet else ""
        unseen = f"{trial.trial} enrolled no patient exposed to {lacked}" if lacked else ""
        alone = trial.design == SINGLE_ARM
        lighter = self._lighter(unmet) if alone and granted else frozenset[str]()
        steps = [away] if away and self._outside_otherwise(trial, lighter) else []
        steps += [f"{trial.trial} may have excluded {e.text}" for e in barred if e.id not in self.common]
        steps += [unseen] if unseen else []
        missed_by = {leaf.fact for leaf in leaves([cond for cond, _ in unmet])}
        untold = " or ".join(self._named(n) for n in self._lacked(trial) if f"exposed:{n}" not in missed_by)
        outside = _distance(trial.trial, away, [e.text for e in barred], untold)
        if fits is not True:
            better, grade = grade, self._if_open(trial, grade, needed, missed_by)
            if grade != better:
                notes.append(f"{better} if its {'other ' if unmet else ''}entry criteria are met")
        applies = False if barred else fits
        text = ", ".join([f"{grade}: {trial.trial}{_figure(trial)}", *notes])
        asked = trial.population.args if trial.population.op == "all" else (trial.population,)
        missed = [self.truths.at(c) for c in asked].count(False) if fits is False else 0
        return Graded(grade, text, trial, applies, outside, tuple(steps), barred, missed, lighter, missed_by)

    def left_out_for_a_drug(self, trial: Trial) -> bool:
        """Whether a trial left the patient out for a drug that was received or that failed (`unknown_lowers`)."""
        unmet = self._unmet(trial.population) if self.truths.at(trial.population) is False else []
        had = leaves([cond for cond, wanted in unmet if not wanted])
        return any(leaf.fact.partition(":")[0] in self.policy.unknown_lowers for leaf in had)

    def _unmet(self, cond: Cond, wanted: bool = True) -> list[tuple[Cond, bool]]:
        """The parts of a criterion that fail in the patient, each with whether it must hold or must not."""
        if cond.op == "not":
            return self._unmet(cond.args[0], not wanted)
        if cond.op == ("all" if wanted else "any"):
            failing = [c for c in cond.args if self.truths.at(c) is (not wanted)]
            return [part for c in failing for part in self._unmet(c, wanted)]
        return [(cond, wanted)]

    def _lighter(self, unmet: Iterable[tuple[Cond, bool]]) -> AbstractSet[str]:
        """The earlier treatment, received or failed, that unmet criteria require and the patient has not had."""
        atoms = {atom for cond, wanted in unmet for atom in _asked_for(cond, wanted)}
        counted = (atom for atom in atoms if atom.partition(":")[0] in self.policy.unknown_lowers)
        return frozenset(atom for atom in counted if self.facts.get(atom) is not True)

    def _outside_otherwise(self, trial: Trial, lighter: AbstractSet[str]) -> bool:
        """Whether a patient is still outside a trial with the facts of `common` exclusions and `lighter` ignored."""
        passed = {fact for exclusion in self.holding if exclusion.id in self.common for fact in exclusion.facts} | lighter
        return not passed or self._at_best(trial, lambda _: False, passed) is False

    def _at_best(self, trial: Trial, counted: Callable[[str], bool], passed: Container[str]) -> bool | None:
        """Whether the patient fits a trial at best (`Favourable`)."""
        return fold(trial.population, Favourable(self.facts, counted, passed), {})[0]

    def _named(self, name: str) -> str:
        found = self.kb.classes.get(name)
        return f"{found.article} {found.name}" if found else name

    def _shown(self, trial: Trial) -> tuple[str, list[str]]:
        """What the trial showed in patients like this one: its grade, raised for late lines, lowered in a weak subgroup."""
        grade, notes, late = base_grade(trial, self.policy), [], self.policy.late
        rate = response_rate(trial)
        if trial.design == SINGLE_ARM and (trial.n or 0) >= late.n and (rate or 0) >= late.orr:
            holds = self.truths.at(late.when)
            if holds:
                grade = min(grade, late.grade)
                notes.append("large single arm, late line")
            elif holds is None:
                notes.append(f"{late.grade} if late line is confirmed")
        for sub in trial.subgroups:
            holds = self.truths.at(sub.when)
            if sub.weak and holds is not False:
                grade = max(grade, self.policy.weak_grade)
                notes.append(f"weak when {sub.name}" + (" (unknown)" if holds is None else ""))
        return grade, notes

    def _if_open(self, trial: Trial, grade: str, needed: Container[str], missed_by: AbstractSet[str]) -> str:
        """The grade while criteria are open, without regard to the facts that leave the patient out (`missed_by`)."""
        lowering = self.policy.unknown_lowers

        def counts(atom: str) -> bool:
            return atom.partition(":")[0] in lowering and atom not in needed and atom not in missed_by

        lowered = self._at_best(trial, counts, missed_by) is None
        scale = [known.id for known in self.policy.grades]
        return scale[min(scale.index(grade) + 1, len(scale) - 1)] if lowered else grade


def _distance(trial: str, away: str, left_out: Sequence[str], lacked: str) -> tuple[str, ...]:
    """Why a patient does not fit a trial, in one sentence that names the trial once; nothing for a patient who may fit."""
    parts = [away] if away else []
    if left_out:
        parts.append(f"{'it' if away else trial} may have excluded {joined(left_out)}")
    if lacked:
        parts.append(f"{'it' if parts else trial} enrolled no patient exposed to {lacked}")
    return ("; ".join(parts),) if parts else ()


def _figure(trial: Trial) -> str:
    if trial.pfs and trial.pfs.hr:
        return f", {trial.pfs.endpoint or 'PFS'} HR {round(trial.pfs.hr, 2):g}"
    rate = trial.response.orr[0] if trial.response and trial.response.orr else None
    return f", ORR {rate:g}%" if rate else ""


def by_strength(graded: Iterable[Graded]) -> list[Graded]:
    """Trials, the one that is strongest for this patient first."""
    fit: Mapping[bool | None, int] = {True: 0, None: 1, False: 2}
    return sorted(
        graded,
        key=lambda g: (g.grade, g.applies is False, -g.trial.phase, g.missed, fit[g.applies], -(g.trial.n or 0)),
    )


# --- the one that speaks for an option --------------------------------------------------------------


def key_trial(trials: Sequence[Graded]) -> Graded | None:
    """Of graded trials, best first, the one whose figure is shown; None if none has one.

    The hazard ratio of a randomised trial that the patient may fit comes before the response rate of a better graded single
    arm, whose criteria are often just not recorded; the medians of such a trial come before any figure of a trial that the
    patient does not fit, and of those the one comes first of which fewest recorded criteria are not met. A ratio that nobody
    read in its source has no such precedence. Trials that compare only routes or doses do not count.
    """
    told = [g for g in trials if g.trial.key]
    best = told[0].grade if told else None
    read = [g for g in told if "pfs" not in g.trial.unread]
    won = [g for g in read if _ratio(g.trial) < 1 and (g.grade == best or g.trial.design == RANDOMISED)]
    fitting = [g for g in (*won, *told) if g.applies is not False]
    shown = [g for g in fitting if _has_figure(g.trial)]
    nearest = sorted(told, key=lambda g: g.missed)
    return next((g for g in (*shown, *fitting, *nearest) if _has_figure(g.trial) or medians(g.trial)), None)


def medians(trial: Trial) -> bool:
    """Whether a randomised trial gave the medians of both arms."""
    pfs = trial.pfs
    return trial.design == RANDOMISED and pfs is not None and pfs.months is not None and pfs.control is not None


def _ratio(trial: Trial) -> float:
    return trial.pfs.hr if trial.pfs and trial.pfs.hr else 1.0


def _has_figure(trial: Trial) -> bool:
    return bool(trial.pfs and trial.pfs.hr) or bool(trial.response and trial.response.orr)
