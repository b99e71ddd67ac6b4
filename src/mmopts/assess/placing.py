"""The order of the options once each has its tier, and which one is lifted if the first two tiers would be empty.

Within a tier some pairs have a fixed order: the winner of a deciding trial stands before the control that lost it, and the
knowledge base names further pairs (`Policy.precedence`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from mmopts.assess.grades import base_grade, lowest
from mmopts.assess.standing import (
    ALTERNATIVE,
    LABEL_ORDER,
    OTHER,
    Standing,
    View,
    capping,
    classes_of,
    defeats,
    place_given,
    supported,
)
from mmopts.assess.truths import LABELS, Truths
from mmopts.knowledge.records import LEADING, TIERS, Knowledge, Policy, Regimen, Trial

FIRST = -1
"""The rank of what goes before all classes that keep an order of their own."""
FLOOR = "nothing else stands in the first two tiers: the best of what is open and on label"


def paced(standings: Mapping[str, Standing], view: View) -> dict[str, Standing]:
    """The standings, so changed that no later step of a pathway stands in a higher tier than its best first step."""
    regimens = view.kb.regimens
    firm = [n for n in standings if regimens[n].drugs and view.truths.at(regimens[n].verdict)]
    out = dict(standings)
    for name, standing in standings.items():
        earlier = [TIERS.index(standings[n].tier) for n in firm if regimens[n].step < regimens[name].step]
        if earlier and min(earlier) > TIERS.index(standing.tier):
            tier = TIERS[min(earlier)]
            out[name] = standing._replace(tier=tier, steps=(*standing.steps, f"not before what opens the pathway: {tier}"))
    return out


def behind_winners(standings: Mapping[str, Standing], view: View) -> dict[str, Standing]:
    """The standings, so changed that no control stands in a higher tier than what beat it, if a label of that may hold.

    What a state puts first is left where it stands, unless one puts the winner first too.
    """
    out = dict(standings)
    for name in sorted(standings, key=lambda n: TIERS.index(standings[n].tier)):
        tier, first = out[name].tier, bool(supported(out[name].firsts, view))
        for trial, loser in _outdone(name, standings, view) if out[name].label != LABELS[False] else ():
            control = out[loser]
            if TIERS.index(control.tier) < TIERS.index(tier) and (first or not supported(control.firsts, view)):
                out[loser] = control._replace(tier=tier, steps=(*control.steps, f"beaten by {name} ({trial}): {tier}"))
    return out


def placed(standings: Mapping[str, Standing], view: View) -> tuple[Mapping[str, Standing], list[str]]:
    """The standings, one of them lifted if nothing stands in the first two tiers, and the order of the options."""
    order = _in_place(standings, view)
    best = _best_of_rest(order, standings, view)
    if best is None:
        return standings, order
    steps = (*standings[best].steps, f"{FLOOR}: {ALTERNATIVE}")
    lifted = standings[best]._replace(tier=ALTERNATIVE, steps=steps, lifted=True)
    standings = {**standings, best: lifted}
    return standings, _in_place(standings, view)


_Groups = Mapping[str, tuple[object, ...]]
"""By option, what orders it before any evidence does (`_group`)."""


def _in_place(standings: Mapping[str, Standing], view: View) -> list[str]:
    """The order of the options."""
    ranks = {name: class_rank(name, view.kb, view.truths) for name in standings}
    groups = {name: _group(name, standing, ranks[name], view) for name, standing in standings.items()}
    return _arranged(_ordered(standings, ranks, groups, view), standings, groups, view)


def _best_of_rest(order: Sequence[str], standings: Mapping[str, Standing], view: View) -> str | None:
    """If no certain treatment stands in the first two tiers: the first one that is on label, tried, and not capped.

    One that is not certain is taken only if no treatment at all stands there; a later step of a pathway never is, since it
    waits for the first.
    """
    regimens, policy = view.kb.regimens, view.kb.policy
    if view.truths.at(policy.floor) is not True:
        return None
    treated = [n for n in order if regimens[n].drugs and not standings[n].historical]
    begin = min((regimens[n].step for n in treated), default=None)
    treated = [n for n in treated if regimens[n].step == begin or standings[n].tier != OTHER]
    for certain in ([n for n in treated if view.truths.at(regimens[n].verdict)], treated):
        if any(standings[n].tier in LEADING for n in certain):
            return None
        found = next((n for n in certain if _may_be_lifted(standings[n], policy)), None)
        if found is not None:
            return found
    return None


def _may_be_lifted(standing: Standing, policy: Policy) -> bool:
    """Whether the floor can lift an option: on label, of its grade, and not capped."""
    labelled = standing.label == LABELS[True] and standing.grade <= policy.floor_grade
    return standing.tier == OTHER and labelled and not standing.capped


def _arranged(order: Sequence[str], standings: Mapping[str, Standing], groups: _Groups, view: View) -> list[str]:
    """The order, after moving up what goes before an option of the same group; in a circle the first stays first."""
    before: dict[str, set[str]] = {}
    for one, other in _pairs(standings, view):
        if groups[one] == groups[other]:
            before.setdefault(other, set()).add(one)
    seen: set[str] = set()
    out: list[str] = []

    def place(name: str) -> None:
        if name not in seen:
            seen.add(name)
            for earlier in (n for n in order if n in before.get(name, ())):
                place(earlier)
            out.append(name)

    for name in order:
        place(name)
    return out


def _pairs(standings: Mapping[str, Standing], view: View) -> Iterator[tuple[str, str]]:
    """Pairs of options of which the first goes before the second, if both stand in the same group.

    What the knowledge base says beats what a trial found.
    """
    said: set[tuple[str, str]] = set()
    for row in (r for r in view.kb.policy.precedence if view.truths.at(r.when)):
        for one, other in product(row.first & standings.keys(), row.then & standings.keys()):
            if standings[other].capped or not standings[one].capped:
                said.add((one, other))
    yield from said
    for name in standings:
        yield from ((name, loser) for _, loser in _outdone(name, standings, view) if (loser, name) not in said)


def _outdone(name: str, standings: Mapping[str, Standing], view: View) -> Iterator[tuple[str, str]]:
    """The controls that lost a deciding trial to this option, with that trial, if it is certain and was in such patients.

    Not if something speaks against the winner here and not against the control: a caution that lowers, a cap, in the frail
    more weight; nor if more bodies prefer the control, or a state names only the control.
    """
    regimens, policy = view.kb.regimens, view.kb.policy
    winner, standing = regimens[name], standings[name]
    let_in = {g.trial.id for g in standing.trials if g.applies is not False or not g.steps}
    if not view.truths.at(winner.verdict) or (view.frail and winner.intensity in policy.heavy):
        return
    for trial, loser in defeats(winner, view):
        control = standings.get(loser)
        if control is None or trial.id not in let_in or _preferring(control, policy) > _preferring(standing, policy):
            continue
        if control.firsts and not standing.firsts:
            continue
        heavier = view.frail and _weight(winner, policy) > _weight(regimens[loser], policy)
        worse = (standing.capped and not control.capped) or not _against(winner, view) <= _against(regimens[loser], view)
        if not heavier and not worse:
            yield trial.trial, loser


def _against(regimen: Regimen, view: View) -> set[str]:
    """The rules that lower a regimen for this patient."""
    return {r.id for r in regimen.cautions if (r.step > 0 or r.effect == "cap") and view.closed.holds(r.cond)}


# --- what orders them ------------------------------------------------------------------------------


def _ordered(standings: Mapping[str, Standing], ranks: Mapping[str, int | None], groups: _Groups, view: View) -> list[str]:
    """The options in the order in which they are shown.

    By tier; eligible before conditional; what only a trial opens although a label would decide, behind the others; what a
    state puts first; the step of the pathway; what a rule caps here, behind the rest; how many bodies prefer it; grade; for
    the frail, lighter ones and those of fewer drugs first; label; the grade of its deciding trials in any patient; the
    newest of those that the patient may fit; name. Classes with an order of their own (`Policy.orders`) keep it among the
    places that they have. In the frail, what a centre must first agree to stands behind what is equally well proved.
    """
    out = sorted(standings, key=lambda name: _key(name, standings[name], groups[name], view))
    for tier in TIERS:
        places = [i for i, n in enumerate(out) if standings[n].tier == tier and ranks[n] is not None]
        keys = {n: (_open(n, view), _unlabelled(n, standings[n], view), ranks[n] or 0) for n in (out[i] for i in places)}
        ranked = sorted(keys, key=lambda n: keys[n])
        for place, name in zip(places, ranked, strict=True):
            out[place] = name
    return out


def _open(name: str, view: View) -> bool:
    return view.truths.at(view.kb.regimens[name].verdict) is None


def _unlabelled(name: str, standing: Standing, view: View) -> bool:
    """Whether a label would decide on an option, and it is off label: a trial alone opens it."""
    return view.kb.regimens[name].label_decides and standing.label == "off-label"


def _group(name: str, standing: Standing, rank: int | None, view: View) -> tuple[object, ...]:
    """What orders the options before any evidence does: tier, certainty, a label, what a state asks for, pathway.

    What gives no drug stands behind what does, unless a state puts it first. `rank`: see `class_rank`.
    """
    regimen, policy = view.kb.regimens[name], view.kb.policy
    return (
        TIERS.index(standing.tier),
        standing.historical is not None,
        _open(name, view),
        _unlabelled(name, standing, view),
        not any(f.position in policy.preferring_positions for f in standing.firsts),
        not supported(standing.firsts, view),
        regimen.step,
        not regimen.drugs,
        rank != FIRST,
    )


def _key(name: str, standing: Standing, group: tuple[object, ...], view: View) -> tuple[object, ...]:
    """What an option is sorted by: its group, then the evidence, in the order that `_ordered` tells."""
    regimen, policy = view.kb.regimens[name], view.kb.policy
    deciding = [g for g in standing.trials if g.trial.phase == policy.win.phase and g.trial.key]
    pivotal = max((_registered(g.trial) for g in deciding if g.applies is not False), default=0)
    referred = bool(policy.referred_classes & classes_of(regimen, view.kb))
    shown = min((base_grade(g.trial, policy) for g in deciding), default=lowest(policy))
    grade = _best_grade(standing, view)
    return (
        *group,
        standing.capped and any(capping(regimen, view)),
        *((grade not in policy.strong_grades, referred) if view.frail else ()),
        -_preferring(standing, policy),
        standing.spared,
        grade,
        *((_weight(regimen, policy), len(regimen.drugs)) if view.frail else ()),
        LABEL_ORDER.index(standing.label),
        shown,
        -pivotal,
        name.casefold(),
    )


def _preferring(standing: Standing, policy: Policy) -> int:
    """How many bodies prefer an option."""
    return len({p.body for p in standing.bodies if p.position in policy.preferring_positions})


def _weight(regimen: Regimen, policy: Policy) -> int:
    """How much a regimen asks of patients: 0 light, 1, or 2 heavy."""
    return 0 if regimen.intensity in policy.light else 2 if regimen.intensity in policy.heavy else 1


def _registered(trial: Trial) -> int:
    """The number of a trial's registration: the higher, the newer; 0 if it has none."""
    return int(trial.nct[3:]) if trial.nct else 0


def _best_grade(standing: Standing, view: View) -> str:
    """The best grade among the trials that give a standing its tier, not only that of the trial in the likest patients."""
    places = [(place_given(g, standing.label, view), g.grade) for g in standing.trials if g.trial.key]
    return min([standing.grade, *(grade for place, grade in places if place == min(places)[0])])


def class_rank(name: str, kb: Knowledge, truths: Truths) -> int | None:
    """The place of a regimen among classes that keep their own order; None if none of its drugs is of such a class."""
    policy, classes = kb.policy, classes_of(kb.regimens[name], kb)
    listed = next((o.classes for o in policy.orders if truths.at(o.when)), ())
    rank = next((i for i, c in enumerate(listed) if c in classes), None)
    if rank is not None and classes & set(policy.first_class.classes) and truths.at(policy.first_class.when):
        return FIRST
    return rank
