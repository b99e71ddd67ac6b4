"""Why a regimen is ruled out, and what must change to open it: the changes are tried, not only proposed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from mmopts.assess.assessment import Assessment
from mmopts.assess.reasons import Clause, Reasons
from mmopts.assess.truths import Scope, judge_worlds, of_scope
from mmopts.facts import split_atom
from mmopts.knowledge.once import Once
from mmopts.knowledge.records import NEVER_IN_FORCE, WITHDRAWN, Indication, Regimen, Rule
from mmopts.logic import Cond, Facts, Interval, Value, common
from mmopts.patient.settling import settle_answers
from mmopts.record import Record

ROUNDS = 3
"""How often further reasons are looked for once the ones found so far are taken away."""


At = Callable[[Cond], bool | None]


class Miss(Record):
    """Why a regimen is excluded.

    `rules` forbid it; `row` is the nearest indication, with the `clauses` that fail in it (none: it is not in force);
    `other_setting`: its indications are for other settings. `must`: all clauses that must change; `changes`: facts with
    which the regimen is no longer excluded (None: no such change was found).
    """

    regimen: Regimen
    rules: tuple[Rule, ...]
    row: Indication | None
    clauses: tuple[Clause, ...]
    other_setting: bool
    must: tuple[Clause, ...]
    changes: Mapping[str, Value] | None


def misses(assessment: Assessment) -> list[Miss]:
    """Every excluded regimen with its reasons; `opened` finds what would open it."""
    return [missed(assessment, r) for name, r in assessment.kb.regimens.items() if name not in assessment.standings]


def missed(assessment: Assessment, regimen: Regimen) -> Miss:
    """The reasons of one excluded regimen."""
    return _miss(assessment, regimen, assessment.reasons, assessment.at)


def opened(assessment: Assessment, shut: Iterable[Miss]) -> dict[str, Miss]:
    """Excluded regimens, by their ids, with what was found to open them."""
    found = {miss.regimen.id: miss for miss in shut}
    trying: dict[str, tuple[list[Clause], Facts]] = {
        name: (list(miss.must), assessment.facts) for name, miss in found.items() if miss.must
    }
    for _ in range(ROUNDS):
        trying = _tried(assessment, found, trying)
    return found


def _miss(assessment: Assessment, regimen: Regimen, reasons: Reasons, at: At) -> Miss:
    """The reasons in one world; `at` gives the truth of a condition there."""
    rules = tuple(rule for rule in regimen.forbids if at(rule.cond))
    must = [c for rule in rules for c in reasons.of(rule.cond).undo]
    other = at(regimen.in_setting) is False
    row: Indication | None = None
    clauses: tuple[Clause, ...] = ()
    if at(regimen.indicated) is False:
        row, clauses = _nearest(assessment, regimen, reasons, at)
        must += clauses
    return Miss(regimen, rules, row, clauses, other, tuple(dict.fromkeys(must)), None)


def _nearest(assessment: Assessment, regimen: Regimen, reasons: Reasons, at: At) -> tuple[Indication, tuple[Clause, ...]]:
    """The indication that fails by the fewest clauses about the patient; those in force here, for this setting, come first.

    One of another region comes behind the asked region's own, even if those are not yet in force. What a special state opens
    comes late: that the patient is not in that state says little.
    """
    scope, settings = assessment.scope, assessment.settings
    states = _states(assessment.kb)

    def rank(row: Indication) -> tuple[bool, ...]:
        counted = scope.counts(row.region)
        in_setting = not settings or not settings.isdisjoint(row.settings)
        gone = not counted or at(row.force) is False
        not_yet = counted and gone and (row.since or "") > scope.as_of
        return gone and not not_yet, not in_setting, row.body in states, gone, not counted

    ranks = [rank(row) for row in regimen.rows]
    best = min(ranks)
    first = [row for row, found in zip(regimen.rows, ranks, strict=True) if found == best]
    missing = [_missing(row, reasons) for row in first]
    nearest = min(range(len(first)), key=lambda i: len(missing[i]))
    return first[nearest], missing[nearest]


_states = Once(lambda kb: frozenset(state.name for state in kb.states))
"""The names of the special states; an indication that a state opens has its name as `body`."""


def _missing(row: Indication, reasons: Reasons) -> tuple[Clause, ...]:
    """The clauses about the patient that make an indication fail, or leave it open."""
    found = reasons.of(row.open)
    return () if found.value else tuple(c for c in found.clauses if not of_scope(c.cond.fact))


def _tried(
    assessment: Assessment, found: dict[str, Miss], trying: Mapping[str, tuple[list[Clause], Facts]]
) -> dict[str, tuple[list[Clause], Facts]]:
    """Try the changes found so far, for all regimens at once; returns those still excluded, with more clauses to change."""
    patient, kb = assessment.patient, assessment.kb
    wanted = {name: changes for name, (must, facts) in trying.items() if (changes := _changes(must, facts)) is not None}
    several = {frozenset(changes.items()): changes for changes in wanted.values()}
    if not several:
        return {}
    place = {key: world for world, key in enumerate(several, 1)}
    worlds = settle_answers(patient.stated, list(several.values()), kb, presume=not patient.strict)
    truths = judge_worlds(kb, worlds, assessment.scope)
    again: dict[str, tuple[list[Clause], Facts]] = {}
    scope = assessment.scope.facts(kb)
    for name, changes in wanted.items():
        world, must = place[frozenset(changes.items())], trying[name][0]
        if worlds.conflict >> world & 1:
            continue
        regimen = kb.regimens[name]
        if truths.at(regimen.verdict, world) is not False:
            found[name] = found[name]._replace(changes=changes, must=tuple(dict.fromkeys(must)))
            continue
        now = {**worlds.facts(world), **scope}
        further = _miss(assessment, regimen, Reasons(now), partial(truths.at, world=world)).must
        more = list(dict.fromkeys([*must, *further]))
        if len(more) > len(must):
            again[name] = (more, now)
    return again


def _changes(clauses: Iterable[Clause], facts: Facts) -> dict[str, Value] | None:
    """Facts with which each clause is as wanted; None if two clauses contradict each other, or no fact can do it."""
    out: dict[str, Value] = {}
    plain = Reasons(facts, names=False)
    for clause in clauses:
        named = plain.of(clause.cond) if clause.cond.op == "named" else None
        for one in (clause,) if named is None else named.clauses if clause.wanted else named.undo:
            if one.cond.op != "leaf" or of_scope(one.cond.fact):
                return None
            value = _wanted(one)
            have = out.get(one.cond.fact, value)
            both = common(have, value)
            if both is None:
                return None
            out[one.cond.fact] = both
    return out


def _wanted(clause: Clause) -> Value:
    """The values of the fact with which a leaf is as wanted."""
    cond, wanted = clause
    fact, _ = split_atom(cond.fact)
    if cond.test == "is":
        return cond.value is wanted
    if cond.test == "in":
        return cond.listed if wanted else frozenset(fact.values) - cond.listed
    if cond.test == ">=":
        return Interval(cond.bound, fact.high) if wanted else Interval(fact.low, fact.below(cond.bound))
    return Interval(fact.low, cond.bound) if wanted else Interval(fact.above(cond.bound), fact.high)


def out_of_force(row: Indication, at: At, scope: Scope) -> str:
    """Why an indication does not count, apart from the patient; nothing if it does."""
    if row.status_on(scope.as_of) == WITHDRAWN and at(row.force) is False:
        return f"withdrawn {row.until}"
    if row.status in NEVER_IN_FORCE:
        return row.status.replace("-", " ")
    if row.region is not None and not scope.counts(row.region):
        return f"labelled in the {row.region.upper()} alone"
    return "" if at(row.force) is not False else "not in force on that day"
