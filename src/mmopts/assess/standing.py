"""Where an option stands for this patient: its tier and its place, computed and never set by hand.

In three passes that cannot undo one another, evidence and guidance *raise*, the patient *lowers*, safety *caps*. Each step
that changed something is told. The constants are in the knowledge base and are this project's editorial choice.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from typing import TypeVar

from mmopts.assess.grades import Graded, Grader, by_strength, lowest
from mmopts.assess.truths import Scope, Truths
from mmopts.knowledge.records import (
    LEADING,
    RANDOMISED,
    TIERS,
    WITHDRAWN,
    First,
    Knowledge,
    Place,
    Position,
    Regimen,
    Sentence,
    Trial,
)
from mmopts.logic import Cond, Facts, One, kleene
from mmopts.record import Record

PREFERRED, ALTERNATIVE, OTHER, INVESTIGATIONAL = TIERS
HISTORICAL = "historical"
LABEL_ORDER = ("on-label", "unknown", "off-label", "not-applicable")
_LABEL_WORDS = {
    "on-label": "on label",
    "unknown": "label unknown",
    "off-label": "off label",
    "not-applicable": "no product of its own",
}


Said = TypeVar("Said", Position, First)
"""What a body or a state says about an option, with its position."""


class Standing(Record):
    """An option's tier and the account of it.

    `steps`: what each pass did, in order. `trials`: its graded trials, best first. `bodies`: what bodies say of it for this
    patient; `firsts`: what states say. `spared`: one drug alone, not lowered for that, because nothing larger with the drug
    is open. `capped`: for safety. `historical`: by what history has overtaken it, if it has. `lifted`: it stands in the
    first two tiers for want of a better one, or off label because a state alone names it.
    """

    tier: str
    steps: tuple[str, ...]
    grade: str
    trials: tuple[Graded, ...]
    label: str
    bodies: tuple[Position, ...]
    firsts: tuple[First, ...]
    spared: bool
    capped: bool
    historical: Place | None
    lifted: bool = False

    @property
    def leads(self) -> bool:
        """Whether a colleague would talk about it: it is in the first two tiers, and history has not overtaken it."""
        return self.tier in LEADING and self.historical is None


class _Closing(One):
    """The logic in which a fact that is not known is false.

    An unknown number stays open, since a bound has no such reading.
    """

    def holds(self, cond: Cond) -> bool:
        """Whether a condition holds, as far as is known."""
        return self.value(cond) is True

    def leaf(self, cond: Cond) -> bool | None:
        """One fact."""
        found = super().leaf(cond)
        return found if found is not None or cond.test in (">=", "<=") else False


class Closed(_Closing):
    """The logic of what merely raises, lowers or caps a tier: "unless frail" holds while nothing is known of fitness.

    Verdicts never use it.
    """

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self._exceptions = _Exceptions(facts)

    def puts(self, said: First | Sentence) -> bool:
        """Whether a state says so here, or puts it first; exceptions by age or another number count once it is known."""
        return self._exceptions.holds(said.cond)


class _Exceptions(_Closing):
    """The logic in which an unknown number fails a bound as well, if that is one of several: "unless frail or over 75"."""

    def at_least(self, count: int, items: Sequence[bool | None]) -> bool | None:
        """So many of them."""
        return kleene(count, [item or False for item in items])

    def all(self, items: Sequence[bool | None]) -> bool | None:
        """All of them."""
        return self.at_least(len(items), items)

    def any(self, items: Sequence[bool | None]) -> bool | None:
        """One of them."""
        return self.at_least(1, items)


class View(Record):
    """What tiers depend on besides the regimen.

    `combined`: the drugs for which a larger regimen is open and on label, or put first by a state. `frail_by`: the facts by
    which a score found the patient frail; none if that was stated.
    """

    kb: Knowledge
    truths: Truths
    scope: Scope
    frail: bool
    grader: Grader
    closed: Closed
    open_atoms: Callable[[Cond], list[str]]
    combined: frozenset[str]
    frail_by: frozenset[str] = frozenset()


def _best_label(regimen: Regimen, view: View) -> str:
    """The best label of a regimen among the regions asked for."""
    labels = view.truths.labels(regimen)
    return min((labels[region] for region in view.scope.regions), key=LABEL_ORDER.index)


def classes_of(regimen: Regimen, kb: Knowledge) -> set[str]:
    """The classes of a regimen's drugs."""
    return {c for d in regimen.drugs for c in kb.drugs[d].classes}


def active_drugs(regimen: Regimen, kb: Knowledge) -> list[str]:
    """The drugs of a regimen without the steroids."""
    return [d for d in regimen.drugs if d not in kb.steroids]


DOUBLET, SINGLE = "a doublet", "a single agent"


def doublet_words(regimen: Regimen, kb: Knowledge) -> str | None:
    """What a regimen of one drug, steroids aside, is called; None for others, and for a heavy single agent."""
    if len(active_drugs(regimen, kb)) != 1:
        return None
    if len(regimen.drugs) > 1:
        return DOUBLET
    return None if regimen.intensity in kb.policy.heavy else SINGLE


def in_force(regimen: Regimen, closed: Closed) -> tuple[Position, ...]:
    """What each body says about a regimen for this patient: the newest of its texts that hold as far as is known."""
    held = [p for p in regimen.positions if not p.unread and closed.holds(p.cond)]
    newest = {p.body: max(q.year for q in held if q.body == p.body) for p in held}
    return tuple(p for p in held if p.year == newest[p.body])


class _Grounds(Record):
    """What the tier of a regimen rests on: the patient, its graded trials, its label, what bodies and states say."""

    regimen: Regimen
    view: View
    trials: Sequence[Graded]
    label: str
    bodies: Sequence[Position]
    firsts: Sequence[First]


class _Account:
    """A tier while it is worked out, with the steps that moved it."""

    def __init__(self, tier: str, *steps: str) -> None:
        self.tier, self.steps = tier, list(steps)

    def lift(self, to: str, why: str) -> None:
        """Up to a tier, where it is below that."""
        if TIERS.index(to) < TIERS.index(self.tier):
            self.tier = to
            self.steps.append(f"{why}: {to}")

    def lower(self, why: str, count: int = 1) -> None:
        """So many steps down, but never below `other`."""
        if self.tier in LEADING:
            self.tier = TIERS[min(TIERS.index(self.tier) + count, TIERS.index(OTHER))]
            self.steps.append(f"{why}: {self.tier}")

    def cap(self, why: str) -> None:
        """No more than `other`."""
        self.lower(why, TIERS.index(OTHER))


def stand(regimen: Regimen, view: View, beaten_by: str | None, needed: Container[str]) -> Standing:
    """The tier of one regimen for the patient of world 0; `needed` are the atoms on which its verdict depends."""
    label, bodies, firsts = _label(regimen, view, needed), in_force(regimen, view.closed), _firsts(regimen, view)
    granted, grader = label == "on-label", view.grader
    trials = by_strength(grader.grade(regimen, t, needed, granted=granted) for t in grader.trials(regimen))
    grounds = _Grounds(regimen, view, trials, label, bodies, firsts)
    account, best, near = _by_evidence(grounds)
    grade = best.grade if best else lowest(view.kb.policy)
    by_trials = account.tier
    _raise(account, grounds, grade)
    _lower(account, grounds, near if account.tier == by_trials else (), beaten_by)
    caps = list(_caps(grounds))
    for reason in caps:
        account.cap(reason)
    tier = account.tier
    weak = label == "off-label" and grade not in view.kb.policy.strong_grades and not supported(bodies, view)
    light = tier in LEADING and _too_light(regimen, view, bool(firsts)) is not None
    return Standing(
        tier=tier,
        steps=tuple(account.steps),
        grade=grade,
        trials=tuple(trials) if best is None else (best, *(t for t in trials if t is not best)),
        label=label,
        bodies=bodies,
        firsts=firsts,
        spared=light and _spared(regimen, view),
        capped=bool(caps),
        historical=overtaken(regimen, view),
        lifted=tier == ALTERNATIVE and weak and bool(firsts),
    )


def _firsts(regimen: Regimen, view: View) -> tuple[First, ...]:
    """What the states of this patient say of a regimen that they put first."""
    return tuple(f for f in regimen.firsts if not f.unread and view.closed.puts(f))


def _label(regimen: Regimen, view: View, needed: Container[str]) -> str:
    """The best label in the regions asked for; one that is open only by facts that the verdict needs counts as on label.

    In the frail, a regimen that omits a drug of another one (`counts_as`) counts as that one.
    """
    state = _best_label(regimen, view)
    if view.frail and regimen.counts_as in view.kb.regimens and state == "off-label":
        return _best_label(view.kb.regimens[regimen.counts_as], view)
    if state != "unknown" or view.truths.at(regimen.verdict) is not None:
        return state
    conds = [c for r in view.scope.regions if (c := regimen.labels[r]) is not None and view.truths.at(c) is None]
    hangs = [view.open_atoms(c) for c in conds]
    return "on-label" if any(all(a in needed for a in atoms) for atoms in hangs) else state


# --- raise -----------------------------------------------------------------------------------------


def _raise(account: _Account, grounds: _Grounds, grade: str) -> None:
    """Raise the tier that the trials gave by label, guidance and states."""
    regimen, view, label = grounds.regimen, grounds.view, grounds.label
    policy = view.kb.policy
    if regimen.investigational:
        account.tier = INVESTIGATIONAL
        account.steps[1:] = [f"approved neither in the US nor the EU: {INVESTIGATIONAL}"]
        return
    prefer = list(dict.fromkeys(p.body for p in grounds.bodies if p.position in policy.preferring_positions))
    lifting = list(dict.fromkeys(p.body for p in supported(grounds.bodies, view)))
    strong = label == "on-label" and any(g.grade in policy.strong_grades for g in grounds.trials if g.trial.key)
    if len(prefer) >= policy.bodies_for_preferred or (prefer and (strong or label == "not-applicable")):
        account.lift(PREFERRED, f"preferred by {' and '.join(prefer)}")
    if lifting:
        account.lift(ALTERNATIVE, f"named by {' and '.join(lifting)}")
    for first in grounds.firsts:
        account.lift(PREFERRED if first.position in policy.preferring_positions else ALTERNATIVE, first.text)
    suits = doublet_words(regimen, view.kb) == DOUBLET and not heavy(regimen, view)
    if view.frail and suits and grade <= policy.suited_grade and label != "off-label":
        account.lift(ALTERNATIVE, "a doublet suits the frail")


def supported(said: Iterable[Said], view: View) -> list[Said]:
    """What bodies or states say in favour of an option."""
    asked = view.kb.policy.lifting_positions | view.kb.policy.preferring_positions
    return [one for one in said if one.position in asked]


def _by_evidence(grounds: _Grounds) -> tuple[_Account, Graded | None, Sequence[Graded]]:
    """The best tier that a trial gives, one step less if the patient is at a distance from it; without a trial, the label's.

    Of trials that give the same, the nearest speaks. With that trial, and with those that give the same tier after such a
    step. A trial that compares doses, routes or strategies of several steps says nothing about the regimen against other
    treatment, and gives no tier.
    """
    view, label = grounds.view, grounds.label
    table = view.kb.policy.by_label
    said = _LABEL_WORDS[label]
    best: tuple[tuple[int, bool, int], Graded] | None = None
    against = [g for g in grounds.trials if g.trial.key]
    for graded in against:
        rank = place_given(graded, label, view), graded.applies is False, graded.missed
        if best is None or rank < best[0]:
            best = rank, graded
    if best is None:
        grade = lowest(view.kb.policy)
        tier = table[grade][label]
        found = "no trial against another treatment" if grounds.trials else "no trial"
        return _Account(tier, f"{grade}: {found}; {said}: {tier}"), None, ()
    (place, *_), graded = best
    start = table[graded.grade][label]
    account = _Account(TIERS[place], f"{graded.text}; {said}: {start}")
    if account.tier != start:
        account.steps.append(f"{graded.steps[0]}: {account.tier}")
    return account, graded, [g for g in against if g.steps and place_given(g, label, view) == place]


def place_given(graded: Graded, label: str, view: View) -> int:
    """The position of the tier that one trial gives, one lower if the patient is at a distance from the trial."""
    start = TIERS.index(view.kb.policy.by_label[graded.grade][label])
    return min(start + len(graded.steps[:1]), TIERS.index(OTHER))


# --- lower -----------------------------------------------------------------------------------------


def _lower(account: _Account, grounds: _Grounds, near: Sequence[Graded], beaten_by: str | None) -> None:
    """One step down for each reason that lies in the patient.

    A caution takes no second step if a trial in `near` already counts a step less because of the same facts alone, nor does
    the weight of treatment for those whom a score found frail by them. What a
    state puts first is not lowered by that state, nor for being light or beaten; but what a state merely names as an option
    is not preferred if a trial beat it.
    """
    regimen, view = grounds.regimen, grounds.view
    states = frozenset(f.state for f in grounds.firsts)
    light = _too_light(regimen, view, bool(states))
    if light and not _spared(regimen, view):
        account.lower(light)
    if beaten_by and (not states or (account.tier == PREFERRED and not supported(grounds.firsts, view))):
        account.lower(f"beaten by {beaten_by}")
    for rule in (r for r in regimen.cautions if r.step > 0 and r.effect != "cap" and r.state not in states):
        counted = bool(rule.facts) and any(view.grader.solely(graded, rule.facts) for graded in near)
        if view.closed.holds(rule.cond) and not counted:
            account.lower(rule.text, rule.step)
    counted = bool(view.frail_by) and any(view.grader.solely(graded, view.frail_by) for graded in near)
    if view.frail and heavy(regimen, view) and not counted:
        account.lower("high intensity, frail")
    if account.tier == PREFERRED and regimen.intensity in view.kb.policy.heavy and not heavy(regimen, view):
        account.lower("in a lighter schedule than that of its trial")


def _too_light(regimen: Regimen, view: View, wanted: bool) -> str | None:
    """What a regimen of one drug is called, if that is too little for the patient and no state wants it (`wanted`)."""
    counts = not view.frail and not wanted and view.truths.at(view.kb.policy.doublet) is not False
    return doublet_words(regimen, view.kb) if counts else None


def _spared(regimen: Regimen, view: View) -> bool:
    """Whether nothing larger with its drug is open."""
    return view.combined.isdisjoint(active_drugs(regimen, view.kb))


# --- cap -------------------------------------------------------------------------------------------


def _caps(grounds: _Grounds) -> Iterator[str]:
    """Why an option can be no more than `other`."""
    regimen, view = grounds.regimen, grounds.view
    truths, policy = view.truths, view.kb.policy
    reported = [g for g in grounds.trials if truths.at(g.trial.known) is not False]
    for trial in (graded.trial for graded in reported):
        if trial.alert:
            yield f"survival alert: {trial.alert}"
        overall = trial.os
        worse = overall and overall.hr and overall.hr >= policy.os_alert and overall.ci and overall.ci[0] > 1
        if overall and worse and trial.design == RANDOMISED:
            yield f"OS HR {overall.hr:g} in {trial.trial}"
    backed = bool(grounds.firsts) or bool(supported(grounds.bodies, view))
    won = any(policy.win.decided(g.trial) for g in grounds.trials)
    missed = next((g for g in reported if g.trial.key and g.trial.met is False and g.applies is not False), None)
    if missed is not None and not backed and not won:
        yield f"{missed.trial.trial} missed its primary endpoint"
    rows = [r for r in regimen.rows if r.region in view.scope.regions]
    gone = [r for r in rows if r.status_on(view.scope.as_of) == WITHDRAWN and truths.at(r.force) is False]
    if gone and not any(truths.at(r.force) and "status" not in r.unread for r in rows):
        yield "approval withdrawn"
    for position in grounds.bodies:
        if position.position in policy.refusing_positions:
            yield f"{position.body}: {position.text}"
    yield from capping(regimen, view)
    for place in regimen.places:
        if view.closed.holds(place.cond):
            yield place.text


def capping(regimen: Regimen, view: View) -> Iterator[str]:
    """The rules that cap a regimen for this patient, in words."""
    return (rule.text for rule in regimen.cautions if rule.effect == "cap" and view.closed.holds(rule.cond))


# --- what all regimens together say ----------------------------------------------------------------


def surveyed(view: View) -> View:
    """The view with what all regimens tell together: the drugs with a larger regimen, what the trials that matter share."""
    kb = view.kb
    firm = [r for r in kb.regimens.values() if view.truths.at(r.verdict) is not False and not r.investigational]
    larger = [active_drugs(r, kb) for r in firm if _stands(r, view, ("on-label", "unknown")) and not overtaken(r, view)]
    if view.grader.holding and not any(_tried(r, view) for r in firm):
        view.grader.share()
    return view._replace(combined=frozenset(d for drugs in larger if len(drugs) > 1 for d in drugs))


def overtaken(regimen: Regimen, view: View) -> Place | None:
    """Why history has overtaken a regimen, where it has."""
    return next((p for p in regimen.places if p.place == HISTORICAL and view.closed.holds(p.cond)), None)


def _tried(regimen: Regimen, view: View) -> bool:
    """Whether a trial that may let the patient in gives a regimen a place in the first two tiers.

    If there is one, the others are lowered for the usual exclusions that hold. If there is none, everything was tried in
    other patients only, and lowering would put a regimen without a trial before one that has one.
    """
    table, label = view.kb.policy.by_label, _label(regimen, view, ())
    graded = [view.grader.grade(regimen, t, ()) for t in view.grader.trials(regimen) if t.key]
    lifted = _firsts(regimen, view)
    return any(g.applies is not False and (bool(lifted) or table[g.grade][label] != OTHER) for g in graded)


def beaten(view: View, eligible: Iterable[Regimen]) -> dict[str, str]:
    """Controls that lost a deciding trial to an eligible regimen that is on label or put first here, with the winner.

    A trial that left the patient out because of a drug received or failed decides nothing; one that did because of lines or
    organs does, but where another may have taken the patient, that one is named. A winner for which a centre must first
    accept the patient beats nobody, nor does a heavy one in the frail.
    """
    kb, policy, at = view.kb, view.kb.policy, view.truths.at
    won: list[tuple[bool, str, str]] = []
    for regimen in eligible:
        if view.frail and regimen.intensity in policy.heavy:
            continue
        if policy.referred_classes & classes_of(regimen, kb) or not _stands(regimen, view):
            continue
        for trial, loser in defeats(regimen, view):
            if not view.grader.left_out_for_a_drug(trial):
                won.append((at(trial.population) is False, loser, f"{regimen.id} ({trial.trial})"))
    won.sort(key=lambda one: one[0])
    return {loser: winner for _, loser, winner in reversed(won)}


def defeats(regimen: Regimen, view: View) -> Iterator[tuple[Trial, str]]:
    """The deciding trials in the patient's setting that a regimen had won by the day asked about, each with a loser."""
    for trial in regimen.evidence:
        known = view.truths.at(trial.known) is not False
        if known and view.kb.policy.win.decided(trial) and view.truths.at(trial.setting):
            yield from ((trial, loser) for loser in trial.versus if loser in view.kb.regimens and loser != regimen.id)


def _stands(regimen: Regimen, view: View, labels: Container[str] = ("on-label",)) -> bool:
    """Whether a regimen has such a label in the regions asked for, or a state puts it first here."""
    preferring = view.kb.policy.preferring_positions
    put_first = any(f.position in preferring and view.closed.puts(f) for f in regimen.firsts)
    return put_first or _best_label(regimen, view) in labels


def heavy(regimen: Regimen, view: View) -> bool:
    """Whether a regimen is of high intensity for this patient: not if it has a lighter schedule for such patients."""
    return regimen.intensity in view.kb.policy.heavy and not view.closed.holds(regimen.lighter_when)
