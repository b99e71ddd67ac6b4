"""What a cohort comes to, against counting each patient by hand and trying every answer to a fact."""

from __future__ import annotations

from collections import Counter
from itertools import product
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mmopts.answers.forms import CohortQuestion
from mmopts.cohort.summary import Counting, Counts, Hanging, summary
from mmopts.logic import Cond, Conditions, Evaluate, Worlds, fold
from mmopts.render import rendered

MADE = Conditions()
MINE = ("condition:a", "condition:b", "condition:c")
OTHERS = ("prior_asct", "early_relapse", "progressed_on_last")


def truth_in(facts: list[dict[str, bool]]) -> Any:
    """The truth of a condition in each world, as the cohort has it."""
    memo: dict[Cond, Any] = {}
    algebra = Evaluate(Worlds.of(facts))
    return lambda cond: fold(cond, algebra, memo)


@st.composite
def once_each(draw: Any) -> Cond:
    """A condition that tests each atom once at most: of such the algebra is exact."""
    found = [MADE.leaf(name, "is", True) for name in draw(st.permutations((*MINE, *OTHERS)))[: draw(st.integers(1, 6))]]
    while len(found) > 1:
        size = draw(st.integers(2, len(found)))
        items, found = found[:size], found[size:]
        kind = draw(st.sampled_from(("all", "any", "at_least", "not")))
        if kind == "at_least":
            made = MADE.at_least(draw(st.integers(1, size)), items)
        else:
            made = MADE.any(items) if kind == "any" else MADE.all(items)
        found.append(MADE.named("words", MADE.not_(made)) if kind == "not" else made)
    return found[0]


def outcomes(cond: Cond, facts: dict[str, bool]) -> set[bool | None]:
    """What becomes of a condition by every answer to the fact `condition`, the others staying as they are."""
    open_ = [name for name in MINE if name not in facts]
    worlds = [facts | dict(zip(open_, values, strict=True)) for values in product((True, False), repeat=len(open_))]
    truth = truth_in(worlds)(cond)
    return {truth.at(i) for i in range(len(worlds))}


@given(once_each(), st.lists(st.dictionaries(st.sampled_from((*MINE, *OTHERS)), st.booleans()), min_size=1, max_size=4))
def test_what_hangs_on_one_fact_is_open_and_decided_by_every_answer_to_it(cond, patients):
    everybody = (1 << len(patients)) - 1
    truth = truth_in(patients)
    true, false, hangs = fold(cond, Hanging(truth, "condition", everybody), {})
    for number, facts in enumerate(patients):
        now = truth(cond).at(number)
        assert bool(true >> number & 1) is (now is True)
        assert bool(false >> number & 1) is (now is False)
        assert bool(hangs >> number & 1) is (now is None and None not in outcomes(cond, facts))


# --- counting ------------------------------------------------------------------------------------------


def leaf(name: str) -> Cond:
    return MADE.leaf(name, "is", True)


INDICATED = leaf("early_relapse")
RULES = {"r1": (leaf("condition:a"), leaf("condition:c")), "r2": (leaf("condition:b"),)}
"""Two rules that shut a regimen out; the first has two ways to do so."""


def kb() -> Any:
    forbids = [SimpleNamespace(id=rule, cond=cond) for rule, conds in RULES.items() for cond in conds]
    allowed = [MADE.not_(rule.cond) for rule in forbids]
    labels = {"us": INDICATED, "eu": None}
    one = SimpleNamespace(verdict=MADE.all([INDICATED, *allowed]), indicated=INDICATED, forbids=forbids, labels=labels)
    free = SimpleNamespace(
        verdict=leaf("prior_asct"), indicated=leaf("prior_asct"), forbids=[], labels={"us": None, "eu": None}
    )
    meta = SimpleNamespace(version="1", reviewed="2020-01-01", digest="d", notice="Notice.")
    return SimpleNamespace(regimens={"ONE": one, "FREE": free}, meta=meta)


ATOMS = (*MINE, "early_relapse", "prior_asct")
PATIENTS = st.lists(st.dictionaries(st.sampled_from(ATOMS), st.booleans()), min_size=1, max_size=12)


def by_hand(patients: list[dict[str, bool]]) -> Counts:
    """The same counts, a patient at a time."""
    options: Counter[tuple[str, str]] = Counter()
    alone: Counter[tuple[str, str]] = Counter()
    settled: dict[str, list[int]] = {}
    for facts in patients:
        bars = [facts.get(name) for name in MINE]
        held = facts.get("early_relapse")
        ruled = True in bars or held is False
        one = "excluded" if ruled else "eligible" if held and bars == [False] * 3 else "conditional"
        free = {True: "eligible", False: "excluded", None: "conditional"}[facts.get("prior_asct")]
        options.update({("ONE", one): 1, ("FREE", free): 1, ("ONE", "label_us"): int(held is True)})
        shut = {rule for rule, conds in RULES.items() if any(facts.get(cond.fact) for cond in conds)}
        if held is not False and len(shut) == 1:
            alone["ONE", shut.pop()] += 1
        hangs = {"prior_asct": 1} if free == "conditional" else {}
        if one == "conditional":
            hangs |= {"condition": 1} if held else {"early_relapse": 1} if bars == [False] * 3 else {}
        for fact in hangs:
            settled.setdefault(fact, [0, 0])[0] += 1
            settled[fact][1] += 1
    return Counts(len(patients), +options, alone, {fact: (n, m) for fact, (n, m) in settled.items()})


def same(one: Counts, other: Counts) -> bool:
    """Whether counts say the same; none is as good as zero."""
    return (one.patients, +Counter(one.options), +Counter(one.alone), dict(one.facts)) == (
        other.patients, +Counter(other.options), +Counter(other.alone), dict(other.facts),
    )  # fmt: skip


@given(PATIENTS, st.data())
def test_counts_are_those_of_the_kept_patients_one_at_a_time(patients, data):
    kept = data.draw(st.lists(st.booleans(), min_size=len(patients), max_size=len(patients)))
    mask = sum(1 << i for i, stays in enumerate(kept) if stays)
    found = Counting(kb()).count(truth_in(patients), mask)
    assert same(found, by_hand([facts for facts, stays in zip(patients, kept, strict=True) if stays]))


@given(PATIENTS, PATIENTS)
def test_chunks_add_up_to_the_whole(left, right):
    assert same(by_hand(left).add(by_hand(right)), by_hand(left + right))
    assert same(Counts().add(by_hand(left)), by_hand(left))


def test_an_option_that_several_facts_leave_open_hangs_on_none_and_one_patient_counts_once():
    everything = kb()
    everything.regimens["TWO"] = everything.regimens["FREE"]
    found = Counting(everything).count(truth_in([{}, {"prior_asct": True}]), 0b11)
    assert dict(found.facts) == {"prior_asct": (2, 1)}


# --- the answer and its table ----------------------------------------------------------------------------


COUNTS = Counts(
    1200,
    {("ONE", "eligible"): 200, ("ONE", "conditional"): 300, ("ONE", "excluded"): 700, ("ONE", "label_us"): 1150,
     ("FREE", "conditional"): 1200},
    {("ONE", "r1"): 5, ("ONE", "r2"): 1100, ("ONE", "r0"): 5},
    {"age": (300, 300), "condition": (600, 450), "crcl": (300, 240)},
)  # fmt: skip


REJECTS = {"unknown-name": 2, "bad-value": 1000}


def answer(counts: Counts = COUNTS, strict: bool = False, rejects: dict[str, int] | None = None) -> Any:
    known = kb()
    known.meta.layers = ()
    return summary(counts, known, CohortQuestion("us", "2024-01-31", strict), REJECTS if rejects is None else rejects)


def test_the_answer_has_rows_patients_rejects_and_regimens() -> None:
    found = answer()
    assert (found.rows, found.patients, found.rejected) == (2202, 1200, 1002)
    assert list(found.rejected_by_code) == ["bad-value", "unknown-name"]
    assert found.conditional == 1500
    one, free = found.regimens
    assert one[:6] == ("ONE", 200, 300, 700, 1150, 0)
    assert [row.patients for row in one.lost_to_one_rule] == [1100, 5, 5]
    assert one.lost_to_one_rule[0].rule == "r2"
    assert free.lost_to_one_rule == ()


def test_missing_facts_come_by_what_they_settle_then_by_name() -> None:
    assert [tuple(row) for row in answer().missing_facts] == [
        ("condition", "--condition", 450, 600, 1500),
        ("age", "--age", 300, 300, 1500),
        ("crcl", "--crcl", 240, 300, 1500),
    ]


def screen(found: Any) -> list[str]:
    return [" ".join(line.split()) for line in rendered(found, "plain", frozenset(), 120).splitlines()]


def test_the_screen_has_the_same_figures() -> None:
    lines = screen(answer(strict=True))
    told = (
        "1200 patients judged, 1002 rows rejected; region us, as of 2024-01-31, strict (bad-value: 1,000; unknown-name: 2)"
    )
    assert lines[0] == told
    assert any(line.startswith("ONE 200 300 700 1,150 0 r2: 1,100; ") for line in lines)
    assert "FREE 0 1,200 0 0 0" in lines
    assert lines[-3:] == [
        "condition --condition 40.0% 450 (38%)",
        "age --age 20.0% 300 (25%)",
        "crcl --crcl 20.0% 240 (20%)",
    ]


def test_nobody_is_told_without_a_share() -> None:
    lines = screen(answer(Counts(), rejects={}))
    assert lines[0] == "0 patients judged, 0 rows rejected; region us, as of 2024-01-31"
    assert not [line for line in lines if line.startswith("What to record")]
    found = answer(Counts(facts={"age": (0, 0)}), rejects={})
    assert screen(found)[-1] == "age --age 0.0% 0 (0%)"
