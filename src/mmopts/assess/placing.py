"""The order of the options once each has its tier, and what is lifted where the first two tiers would be empty.

Within a tier some pairs have an order of their own, whatever else orders: the winner of a deciding trial stands before the
control that lost it, and what the knowledge base names so (`Policy.precedence`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from mmopts.assess.standing import ALTERNATIVE, OTHER, PREFERRED, Standing, View, defeats, group, ordered, preferring, weight
from mmopts.assess.truths import LABELS
from mmopts.knowledge.records import Regimen

FLOOR = "nothing else stands in the first two tiers: the best of what is open and on label"


def placed(standings: Mapping[str, Standing], view: View) -> tuple[Mapping[str, Standing], list[str]]:
    """The standings, one of them lifted where nothing stands in the first two tiers, and the order of the options."""
    order = _arranged(ordered(standings, view), standings, view)
    best = _best_of_rest(order, standings, view)
    if best is None:
        return standings, order
    steps = (*standings[best].steps, f"{FLOOR}: {ALTERNATIVE}")
    lifted = standings[best]._replace(tier=ALTERNATIVE, steps=steps, lifted=True)
    standings = {**standings, best: lifted}
    return standings, _arranged(ordered(standings, view), standings, view)


def _best_of_rest(order: Sequence[str], standings: Mapping[str, Standing], view: View) -> str | None:
    """Where no certain treatment stands in the first two tiers, the first that is on label, tried, and capped by nothing.

    One that is not certain serves where no treatment at all stands there. A later step of a pathway never serves: it
    waits for the first.
    """
    regimens = view.kb.regimens
    if view.truths.at(view.kb.policy.floor) is not True:
        return None
    treated = [n for n in order if regimens[n].drugs and not standings[n].historical]
    begin = min((regimens[n].step for n in treated), default=None)
    treated = [n for n in treated if regimens[n].step == begin or standings[n].tier != OTHER]
    for certain in ([n for n in treated if view.truths.at(regimens[n].verdict)], treated):
        if any(standings[n].tier in (PREFERRED, ALTERNATIVE) for n in certain):
            return None
        rest = ((n, standings[n]) for n in certain)
        best = (n for n, s in rest if s.tier == OTHER and s.label == LABELS[True] and s.grade != "D" and not s.capped)
        found = next(best, None)
        if found is not None:
            return found
    return None


def _arranged(order: Sequence[str], standings: Mapping[str, Standing], view: View) -> list[str]:
    """The order, where what goes before an option of the same standing moves up to it; in a circle the first stays first."""
    groups = {name: group(name, standings[name], view) for name in order}
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
    """Pairs of options, the first of which goes before the second where the two stand together."""
    for name in standings:
        yield from ((name, loser) for loser in _outdone(name, standings, view))
    for row in (r for r in view.kb.policy.precedence if view.truths.at(r.when)):
        for one, other in product(row.first & standings.keys(), row.then & standings.keys()):
            if standings[other].capped or not standings[one].capped:
                yield one, other


def _outdone(name: str, standings: Mapping[str, Standing], view: View) -> Iterator[str]:
    """The controls that lost a deciding trial to an option that is certain, in patients such as this one.

    None where the winner has something against it here that the control has not: a caution that lowers, a cap, in the
    frail more weight; nor where more bodies prefer the control, or a state names it.
    """
    regimens, policy = view.kb.regimens, view.kb.policy
    winner, standing = regimens[name], standings[name]
    let_in = {g.trial.id for g in standing.trials if g.applies is not False or not g.steps}
    if not view.truths.at(winner.verdict) or (view.frail and winner.intensity in policy.heavy):
        return
    for trial, loser in defeats(winner, view):
        control = standings.get(loser)
        if control is None or trial.id not in let_in or preferring(control, policy) > preferring(standing, policy):
            continue
        if control.firsts and not standing.firsts:
            continue
        heavier = view.frail and weight(winner, policy) > weight(regimens[loser], policy)
        worse = (standing.capped and not control.capped) or not _against(winner, view) <= _against(regimens[loser], view)
        if not heavier and not worse:
            yield loser


def _against(regimen: Regimen, view: View) -> set[str]:
    """The rules that lower a regimen for this patient."""
    return {r.id for r in regimen.cautions if (r.step > 0 or r.effect == "cap") and view.closed.holds(r.cond)}
