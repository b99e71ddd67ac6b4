"""The summary of a cohort: counts by regimen, whom one rule alone shuts out, and what one missing fact leaves open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from mmopts.answers.forms import Cohort, CohortQuestion, MissingFact, RegimenCount, RuleLoss
from mmopts.answers.patient import frame
from mmopts.assess.truths import COUNTRIES, VERDICTS, of_scope
from mmopts.facts import FACTS, split_atom
from mmopts.knowledge.records import Knowledge, Regimen
from mmopts.logic import Cond, Truth, fold, leaves, reached


class Counts(NamedTuple):
    """Counts that chunks add up.

    `options`: (regimen, verdict or label) to patients. `alone`: (regimen, rule) to patients whom that rule alone shuts
    out. `facts`: fact to (conditionals, patients) that its answer alone would settle.
    """

    patients: int = 0
    options: Mapping[tuple[str, str], int] = {}
    alone: Mapping[tuple[str, str], int] = {}
    facts: Mapping[str, tuple[int, int]] = {}

    def add(self, other: Counts) -> Counts:
        """The sum of both."""
        pairs = dict.fromkeys((*self.facts, *other.facts), (0, 0))
        for counted in (self.facts, other.facts):
            for fact, (options, patients) in counted.items():
                pairs[fact] = pairs[fact][0] + options, pairs[fact][1] + patients
        return Counts(
            self.patients + other.patients,
            Counter(self.options) + Counter(other.options),
            Counter(self.alone) + Counter(other.alone),
            pairs,
        )


class Hanging:
    """The algebra that asks what hangs on one fact alone: true, false, and `h`: open, but decided by any answer to it.

    A value is (t, f, h). What is open for another reason has none of the three.
    """

    def __init__(self, truth: Callable[[Cond], Truth], fact: str, mask: int) -> None:
        self.truth, self.fact, self.mask = truth, fact, mask

    def leaf(self, cond: Cond) -> tuple[int, int, int]:
        """A leaf of the fact is decided by its answer."""
        t, f = self.truth(cond)
        mine = not of_scope(cond.fact) and split_atom(cond.fact)[0].name == self.fact
        return t, f, self.mask & ~(t | f) if mine else 0

    def all(self, items: Sequence[tuple[int, int, int]]) -> tuple[int, int, int]:
        """Decided whatever the answer if each part is."""
        t, f, settled = self.mask, 0, self.mask
        for true, false, hangs in items:
            t &= true
            f |= false
            settled &= true | false | hangs
        return t, f, settled & ~(t | f)

    def any(self, items: Sequence[tuple[int, int, int]]) -> tuple[int, int, int]:
        """The same."""
        t, f, settled = 0, self.mask, self.mask
        for true, false, hangs in items:
            t |= true
            f &= false
            settled &= true | false | hangs
        return t, f, settled & ~(t | f)

    def not_(self, item: tuple[int, int, int]) -> tuple[int, int, int]:
        """The two sides exchanged."""
        return item[1], item[0], item[2]

    def at_least(self, count: int, items: Sequence[tuple[int, int, int]]) -> tuple[int, int, int]:
        """The same as for all, once it is not decided yet."""
        yes = reached(count, [i[0] for i in items], self.mask)
        no = reached(len(items) - count + 1, [i[1] for i in items], self.mask)
        settled = self.mask
        for true, false, hangs in items:
            settled &= true | false | hangs
        return yes, no, settled & ~(yes | no)

    def named(self, cond: Cond, item: tuple[int, int, int]) -> tuple[int, int, int]:
        """As the condition inside."""
        return item


class Counting:
    """Counts chunks against one knowledge base."""

    def __init__(self, kb: Knowledge) -> None:
        self.kb = kb
        self.tested = {name: _tested(regimen.verdict) for name, regimen in kb.regimens.items()}

    def count(self, truth: Callable[[Cond], Truth], kept: int) -> Counts:
        """Count the kept patients of one chunk; `truth` gives the truth of a condition."""
        options: Counter[tuple[str, str]] = Counter()
        alone: Counter[tuple[str, str]] = Counter()
        conditional: dict[str, int] = {}
        for name, regimen in self.kb.regimens.items():
            t, f = truth(regimen.verdict)
            open_ = kept & ~(t | f)
            for value, where in ((True, t), (False, f), (None, open_)):
                options[name, VERDICTS[value]] += (where & kept).bit_count()
            if open_:
                conditional[name] = open_
            for region, cond in regimen.labels.items():
                if cond is not None:
                    options[name, f"label_{region}"] += (truth(cond).t & kept).bit_count()
            for rule, where in self._alone(regimen, truth, f & kept).items():
                alone[name, rule] += where.bit_count()
        facts = {}
        for fact in FACTS:
            pairs = patients = 0
            algebra = Hanging(truth, fact, kept)
            memo: dict[Cond, tuple[int, int, int]] = {}
            for name, where in conditional.items():
                if fact not in self.tested[name]:
                    continue
                hanging = fold(self.kb.regimens[name].verdict, algebra, memo)[2] & where
                pairs += hanging.bit_count()
                patients |= hanging
            if pairs:
                facts[fact] = pairs, patients.bit_count()
        return Counts(kept.bit_count(), options, alone, facts)

    def _alone(self, regimen: Regimen, truth: Callable[[Cond], Truth], excluded: int) -> dict[str, int]:
        """By rule: the patients with a possible indication whom this rule, and no other, shuts out."""
        possible = excluded & ~truth(regimen.indicated).f
        if not possible:
            return {}
        once = more = 0
        by_rule: dict[str, int] = {}
        for rule in regimen.forbids:
            where = truth(rule.cond).t & possible
            if not where:
                continue
            before = by_rule.get(rule.id, 0)
            new = where & ~before
            more |= once & new
            once |= new
            by_rule[rule.id] = before | where
        return {rule: where & ~more for rule, where in by_rule.items() if where & ~more}


def _tested(cond: Cond) -> set[str]:
    """The facts of the patient that a condition tests."""
    return {split_atom(leaf.fact)[0].name for leaf in leaves([cond]) if not of_scope(leaf.fact)}


def summary(
    counts: Counts, kb: Knowledge, question: CohortQuestion, rejects: Mapping[str, int], left_out: Sequence[str] = ()
) -> Cohort:
    """The counts as an answer: by regimen, by rule, by missing fact; `left_out`: the columns that were ignored."""
    rejected = sum(rejects.values())
    open_ = sum(n for (_, what), n in counts.options.items() if what == VERDICTS[None])
    facts = sorted(counts.facts.items(), key=lambda item: (-item[1][0], item[0]))
    return Cohort(
        **frame("cohort", kb.meta),
        question=question,
        rows=counts.patients + rejected,
        patients=counts.patients,
        rejected=rejected,
        rejected_by_code=dict(sorted(rejects.items())),
        columns_left_out=tuple(left_out),
        conditional=open_,
        regimens=tuple(_regimen(counts, name) for name in kb.regimens),
        missing_facts=tuple(
            MissingFact(fact, FACTS[fact].option, patients, pairs, open_) for fact, (pairs, patients) in facts
        ),
    )


def _regimen(counts: Counts, name: str) -> RegimenCount:
    """The counts of one regimen."""
    lost = sorted(((n, rule) for (regimen, rule), n in counts.alone.items() if regimen == name), reverse=True)

    def of(what: str) -> int:
        return counts.options.get((name, what), 0)

    return RegimenCount(
        id=name,
        eligible=of(VERDICTS[True]),
        conditional=of(VERDICTS[None]),
        excluded=of(VERDICTS[False]),
        **{f"on_label_{region}": of(f"label_{region}") for region in COUNTRIES},
        lost_to_one_rule=tuple(RuleLoss(rule, n) for n, rule in lost),
    )
