"""Which rows of a prescription are this patient's: one variant for the whole regimen, never one for each drug.

The doses of a regimen may depend on a fact (transplant, age, setting) or on the region. While that is open, each answer
makes a plan with the rows of all drugs; a plan that only a presumption rules out is kept too, and told as open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import product
from math import prod

from mmopts.assess.asking import possible
from mmopts.assess.assessment import FIRM, Assessment
from mmopts.assess.grades import diseases_apart
from mmopts.assess.reasons import SETTING, Clause, Clauses, Reasons
from mmopts.assess.truths import of_scope
from mmopts.facts import ACTIVE_DISEASE, SETTINGS
from mmopts.knowledge.records import DoseRow, Regimen, rows_of_region
from mmopts.logic import Cond, Facts, Interval, One, Value, leaves
from mmopts.record import Record

Held = tuple[bool | None, bool | None]
"""The truth of a condition, for the patient as answered and without presumptions."""
TRIED = 300
"""At most so many combinations of answers are tried to find the rows that may hold together."""


class Plan(Record):
    """The rows of a whole regimen for some patients.

    `supposed`: the answers to open facts with which it holds; `true`: the conditions of rows that hold then. `possible`:
    whether it may be the plan of the patient as answered; if not, only a presumption rules it out.
    """

    region: str | None
    rows: tuple[DoseRow, ...]
    supposed: Mapping[str, Value]
    true: frozenset[Cond]
    possible: bool


@lru_cache(4096)
def atoms_of(cond: Cond) -> frozenset[str]:
    """The atoms that a condition tests."""
    return frozenset(leaf.fact for leaf in leaves([cond]))


class Recipient:
    """A patient given one regimen; an unknown setting is taken to be one of those that the regimen is for.

    `anybody`: nobody in particular, for whom no disease is presumed absent.
    """

    def __init__(self, assessment: Assessment, regimen: Regimen, anybody: bool = False) -> None:
        self.assessment, self._regimen = assessment, regimen
        known, own = assessment.settings, frozenset(regimen.settings)
        settings = known & own or known or own
        self._known: dict[str, Value] = {} if known == settings else {SETTING: settings}
        # Doses for a disease of its own are told for those who may have it, not for all in whom it is presumed absent.
        if not anybody:
            self._known |= {atom: False for atom in diseases_apart(assessment.kb) if assessment.facts.get(atom) is False}
        self._supposing: dict[tuple[tuple[str, Value], ...], tuple[One, One]] = {}

    @cached_property
    def facts(self) -> tuple[Facts, Facts]:
        """What is known of the patient, as answered and without presumptions."""
        a = self.assessment
        return {**a.facts, **self._known}, {**a.firm_facts, **self._known}

    def both(self, cond: Cond, supposed: Mapping[str, Value] | None = None) -> Held:
        """The truth of a condition, as answered and without presumptions, with some facts as supposed."""
        change = {**self._known, **supposed} if supposed else self._known
        if not change or atoms_of(cond).isdisjoint(change):
            return self.assessment.truths.first_two(cond)
        key = tuple(change.items())
        if key not in self._supposing:
            now, firm = self.facts
            self._supposing[key] = One({**now, **change}), One({**firm, **change})
        now_one, firm_one = self._supposing[key]
        return now_one.value(cond), firm_one.value(cond)

    @cached_property
    def rows(self) -> Mapping[Cond, Held]:
        """The truth of the condition of each row of the prescription, as answered and without presumptions."""
        return {cond: self.both(cond) for cond in dict.fromkeys([row.when for row in self._regimen.prescription])}

    @cached_property
    def settled(self) -> bool:
        """Whether it is known, and not only presumed, which rows are the patient's."""
        return all([now is firm is not None for now, firm in self.rows.values()])

    @cached_property
    def plans(self) -> list[Plan]:
        """The plans that may be this patient's, those first that are possible as answered; none if none is."""
        rows = self._regimen.prescription
        regional = any(row.region for row in rows)
        regions: Sequence[str | None] = self.assessment.scope.regions if regional else (None,)
        out: dict[tuple[str | None, frozenset[Cond]], Plan] = {}
        for world in (0,) if self.settled else (0, FIRM):
            for true, supposed in self._worlds(world):
                for region in regions:
                    mine = rows_of_region([r for r in rows if r.when in true], region)
                    if mine:
                        out.setdefault((region, true), Plan(region, mine, supposed, true, world != FIRM))
        return sorted(out.values(), key=lambda plan: not plan.possible) if any(p.possible for p in out.values()) else []

    def use(self, plan: Plan) -> tuple[bool, bool, bool]:
        """A sort key by what a plan is used for: active disease first, then with a label, then as in a trial."""
        settings = plan.supposed.get(SETTING, self.facts[0].get(SETTING))
        if not isinstance(settings, frozenset):
            settings = frozenset(self._regimen.settings)
        regions = self.assessment.scope.regions
        labelled = (row for row in self._regimen.rows if row.region in regions and not settings.isdisjoint(row.settings))
        in_force = (row for row in labelled if self.both(row.force)[0] is True)
        on_label = any(self.both(row.when, plan.supposed)[0] is not False for row in in_force)
        trials = (trial for trial in self._regimen.evidence if self.both(trial.setting)[0] is not False)
        tried = any(self.both(trial.population, plan.supposed)[0] is not False for trial in trials)
        return settings.isdisjoint(ACTIVE_DISEASE), not on_label, not tried

    def _worlds(self, world: int) -> Iterator[tuple[frozenset[Cond], Mapping[str, Value]]]:
        """The sets of conditions of rows that may hold together, each with the answers with which they do."""
        truths = {cond: held[world] for cond, held in self.rows.items()}
        sure, doubted = ([c for c, value in truths.items() if value is wanted] for wanted in (True, None))
        if not doubted:
            yield frozenset(sure), {}
            return
        facts = self.facts[world]
        one = One(facts)
        atoms = list(dict.fromkeys(leaf.fact for leaf in leaves(doubted) if one.value(leaf) is None))
        values = [possible(atom, facts, self.assessment.kb) for atom in atoms]
        if prod(map(len, values)) > TRIED:
            yield frozenset(sure), {}
            return
        found: dict[frozenset[Cond], dict[str, Value]] = {}
        for answers in product(*values):
            supposed = dict(zip(atoms, answers, strict=True))
            logic = One({**facts, **supposed})
            true = frozenset([*sure, *(c for c in doubted if logic.value(c))])
            have = found.get(true)
            found[true] = supposed if have is None else _either(have, supposed)
        yield from found.items()

    def told(self, plan: Plan, instead: Plan, drug: str) -> tuple[str, str]:
        """The fact that makes a plan hold instead of another, and its value in words, as far as it matters to a drug."""
        if plan.region != instead.region and plan.true == instead.true:
            return "region", (plan.region or "").upper()
        reasons = Reasons(self.facts[0 if plan.possible else FIRM])
        listed = [r.when for r in plan.rows if r.drug == drug]
        new = [c for c in dict.fromkeys([*listed, *plan.true]) if c in plan.true - instead.true]
        gone = [r.when for r in instead.rows if r.drug == drug and r.when not in plan.true]
        own = [c for c in new if c in listed] or ([] if gone else new)
        clauses: Clauses = tuple(
            [clause for c in own for clause in _either_said(c, reasons.of(c).clauses)]
            or [clause for c in gone or instead.true - plan.true for clause in reasons.of(c).undo]
        )
        clauses = tuple(dict.fromkeys(c for c in clauses if not of_scope(c.cond.fact)))
        said = dict.fromkeys(self.assessment.say(c.cond, c.wanted) for c in clauses)
        return next((leaf.fact for c in clauses for leaf in leaves([c.cond])), ""), ", ".join(said)


def _either_said(cond: Cond, clauses: Clauses) -> Clauses:
    """The clauses that make a condition true; alternatives of which each is enough are joined into one, said with "or"."""
    for part in (cond, *cond.args):
        each = [Clause(arg.args[0], False) if arg.op == "not" else Clause(arg, True) for arg in part.args]
        if part.op == "any" and len(each) > 1 and set(each) <= set(clauses):
            clauses = (Clause(part, True), *(c for c in clauses if c not in each))
    return clauses


def phase_facts(plan: Plan, phase: str | None) -> Mapping[str, Value]:
    """What is supposed of a patient in one phase of a plan: a phase named after a setting is judged as in that setting."""
    return {**plan.supposed, **phase_of(phase)} if phase in SETTINGS else plan.supposed


def phase_of(setting: str) -> Mapping[str, Value]:
    """What is supposed in a phase that is named after a setting."""
    return {SETTING: frozenset({setting})}


def _either(one: Mapping[str, Value], other: Mapping[str, Value]) -> dict[str, Value]:
    """What is common to two sets of answers: an atom may have either value; one about which nothing is left is dropped."""
    out: dict[str, Value] = {}
    for atom, mine in one.items():
        theirs = other.get(atom)
        if isinstance(mine, Interval) and isinstance(theirs, Interval):
            out[atom] = Interval(min(mine.low, theirs.low), max(mine.high, theirs.high))
        elif isinstance(mine, frozenset) and isinstance(theirs, frozenset):
            out[atom] = mine | theirs
        elif mine == theirs:
            out[atom] = mine
    return out
