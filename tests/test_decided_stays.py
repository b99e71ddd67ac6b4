"""What is decided stays decided as more is known: the law over the built-in data and random patients."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from asked import suggest
from bases import builtin
from conftest import DATA, atoms_of, authored, compiled, examples
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import mmopts
from mmopts.assess.asking import possible
from mmopts.assess.assessment import assess_given
from mmopts.assess.reasons import Clause, Reasons
from mmopts.assess.truths import Scope, Truths, judge, judge_worlds, of_scope
from mmopts.diagnostics import QuestionError
from mmopts.facts import FACTS as KNOWN
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Facts, Interval, Value, Worlds, fold
from mmopts.patient import intake
from mmopts.patient.settling import settle_answers
from mmopts.patient.stated import Patient, restate

KB = builtin()
TODAY = KB.meta.reviewed
REGION = st.sampled_from(["us", "eu", "any"])
DAYS = st.sampled_from([TODAY, "2019-09-01", "2024-04-10", "2025-07-15"])

# --- random facts ---------------------------------------------------------------------------------------

ATOMS = sorted(atoms_of(KB))
CHOICES = {fact.name: fact.values for fact in KNOWN.values() if fact.kind == "choice"}
NUMBERS = {"lines": 6, "age": 90, "ecog": 4, "adl": 6, "iadl": 8, "cci": 6, "crcl": 120, "neuropathy": 4}


def values_of(atom: str) -> st.SearchStrategy[Value]:
    if atom in CHOICES:
        return st.frozensets(st.sampled_from(CHOICES[atom]), min_size=1)
    if atom in NUMBERS or atom.startswith("months_since:"):
        ends = st.integers(0, NUMBERS.get(atom, 40))
        return st.tuples(ends, ends).map(lambda pair: Interval(float(min(pair)), float(max(pair))))
    return st.booleans()


ANY_FACT = st.sampled_from(ATOMS).flatmap(lambda atom: st.tuples(st.just(atom), values_of(atom)))
OFTEN = st.sampled_from([a for a in ATOMS if a in CHOICES or a in NUMBERS or a.split(":")[0] in ("exposed", "refractory")])
FACTS = st.lists(ANY_FACT | OFTEN.flatmap(lambda atom: st.tuples(st.just(atom), values_of(atom))), max_size=60).map(dict)


def refine(first: Facts, more: Facts) -> dict[str, Value]:
    """`first` with more known: what was unknown filled in, ranges and sets narrowed where that is possible."""
    out = {**more, **first}
    for name in first.keys() & more.keys():
        a, b = first[name], more[name]
        if isinstance(a, Interval) and isinstance(b, Interval) and max(a.low, b.low) <= min(a.high, b.high):
            out[name] = Interval(max(a.low, b.low), min(a.high, b.high))
        elif isinstance(a, frozenset) and isinstance(b, frozenset) and a & b:
            out[name] = a & b
    return out


def decided(truths: Truths) -> dict[str, bool]:
    """Every verdict and label that is decided."""
    out: dict[str, bool | None] = {}
    for name, regimen in KB.regimens.items():
        out[name] = truths.at(regimen.verdict)
        out |= {f"{name} {region}": truths.at(cond) for region, cond in regimen.labels.items() if cond is not None}
    return {key: value for key, value in out.items() if value is not None}


@settings(max_examples=examples(20))
@given(FACTS, FACTS, REGION, DAYS)
def test_what_is_decided_stays_decided_when_more_is_known(first: Facts, more: Facts, region: str, day: str) -> None:
    asked_of = Scope(region, day)
    before = decided(judge(KB, first, asked_of))
    after = decided(judge(KB, refine(first, more), asked_of))
    assert before.items() <= after.items()


@given(FACTS, st.randoms(use_true_random=False), REGION)
def test_the_order_of_facts_does_not_matter(facts: Facts, rng: random.Random, region: str) -> None:
    names = list(facts)
    rng.shuffle(names)
    asked_of = Scope(region, TODAY)
    assert decided(judge(KB, facts, asked_of)) == decided(judge(KB, {n: facts[n] for n in names}, asked_of))


@settings(max_examples=examples(5))
@given(st.lists(FACTS, min_size=1, max_size=5), REGION, DAYS)
def test_many_patients_at_once_get_the_verdicts_of_each_alone(patients: list[Facts], region: str, day: str) -> None:
    asked_of = Scope(region, day)
    together = judge_worlds(KB, Worlds.of(patients), asked_of)
    for number, facts in enumerate(patients):
        alone = judge(KB, facts, asked_of)
        assert {name: together.verdict(regimen, number) for name, regimen in KB.regimens.items()} == {
            name: alone.verdict(regimen) for name, regimen in KB.regimens.items()
        }


def test_a_large_batch_keeps_its_order() -> None:
    relapsed: Facts = {"setting": frozenset({"relapsed"})}
    fresh: Facts = {"setting": frozenset({"newly-diagnosed"})}
    patients = [relapsed] * 2048 + [fresh] + [relapsed] * 3
    worlds = Worlds.of(patients)
    assert worlds.count == len(patients)
    truths, regimen = judge_worlds(KB, worlds, Scope("any", TODAY)), KB.regimens["watchful-waiting"]
    words = [truths.verdict(regimen, world) for world in range(worlds.count)]
    assert [i for i, word in enumerate(words) if word == "excluded"] == [2048]


@given(FACTS, DAYS)
def test_a_wider_region_never_takes_an_option_away(facts: Facts, day: str) -> None:
    wide, narrow = judge(KB, facts, Scope("any", day)), [judge(KB, facts, Scope(r, day)) for r in ("us", "eu")]
    for name, regimen in KB.regimens.items():
        cond = regimen.verdict
        for one in narrow:
            assert one.at(cond) is not True or wide.at(cond) is True, name
            assert wide.at(cond) is not False or one.at(cond) is False, name
            assert one.labels(regimen) == wide.labels(regimen)


# --- random patients as stated --------------------------------------------------------------------------

DRUGS = [
    "len",
    "btz",
    "dex",
    "dara",
    "pom",
    "carf",
    "isa",
    "ixa",
    "thal",
    "mel",
    "cyclo",
    "bela",
    "tec",
    "tal",
    "cilta-cel",
    "ide-cel",
    "sel",
    "ven",
    "elra",
]
WORDS = [*DRUGS, "PI", "IMiD", "anti-CD38", "VRd", "DRd", "ASCT"]
some = st.lists
PATIENTS = st.fixed_dictionaries(
    {},
    optional={
        "prior": st.just(["none"]) | some(st.sampled_from(WORDS), min_size=1, max_size=6, unique=True),
        "refractory": st.just(["none"]) | some(st.sampled_from([*DRUGS, "PI"]), min_size=1, max_size=4, unique=True),
        "intolerant": some(st.sampled_from(DRUGS), min_size=1, max_size=2, unique=True),
        "prior_incomplete": st.booleans(),
        "refractory_incomplete": st.booleans(),
        "lines": st.integers(1, 6)
        | st.integers(1, 4).map(lambda n: {"min": n})
        | st.integers(1, 4).map(lambda n: {"max": n}),
        "last": some(st.sampled_from(["len", "dara", "Kd", "VRd"]), min_size=1, max_size=1),
        "progressed_on_last": st.booleans(),
        "fitness": st.sampled_from(["fit", "intermediate", "frail"]),
        "age": st.integers(40, 90),
        "ecog": st.integers(0, 4),
        "adl": st.integers(2, 6),
        "iadl": st.integers(3, 8),
        "cci": st.integers(0, 4),
        "transplant": st.sampled_from(["eligible", "ineligible"]),
        "prior_asct": st.booleans(),
        "cytogenetics": some(
            st.sampled_from(["del(17p)", "t(4;14)", "t(11;14)", "no-t(11;14)", "standard", "gain(1q)"]),
            min_size=1,
            max_size=2,
            unique=True,
        ),
        "crcl": st.integers(5, 120),
        "neuropathy": st.integers(0, 4),
        "condition": some(
            st.sampled_from(
                [
                    "heart-failure",
                    "vte",
                    "pregnancy",
                    "active-infection",
                    "no-ocular",
                    "ocular",
                    "cns",
                    "none",
                    "hepatitis-b",
                    "dialysis",
                ]
            ),
            min_size=1,
            max_size=3,
            unique=True,
        ),
        "months_since": st.dictionaries(
            st.sampled_from(["btz", "len", "tec", "mel"]), st.integers(0, 40), min_size=1, max_size=2
        ),
        "relapse": st.sampled_from(["slow", "rapid"]),
        "setting": st.sampled_from(CHOICES["setting"]),
        "unavailable": some(st.sampled_from(["car-t", "bispecific", "eye-care"]), min_size=1, max_size=2, unique=True),
        "smm_risk": st.sampled_from(["low", "high"]),
    },
)
QUESTIONS = st.fixed_dictionaries({}, optional={"region": REGION, "as_of": DAYS, "strict": st.booleans()})


def read(stated: Mapping[str, Any], strict: bool = False) -> Patient:
    """The patient, or another draw if the facts contradict each other."""
    assume(any(not key.endswith("incomplete") for key in stated))
    try:
        return intake(stated, KB, strict=strict)
    except QuestionError:
        assume(False)
        raise


def gist(found: Mapping[str, Any]) -> tuple[Any, Any]:
    """What must not change: the options in order with verdict, labels and tier, and what is excluded."""
    return (
        [(o["id"], o["verdict"], o["labels"], o["tier"]) for o in found["options"]],
        {e["id"]: e["labels"] for e in found["excluded"]},
    )


@pytest.mark.slow
@settings(max_examples=examples(12))
@given(PATIENTS, QUESTIONS)
def test_the_patient_of_an_answer_gives_that_answer_again(stated: dict[str, Any], asked: dict[str, Any]) -> None:
    read(stated, asked.get("strict", False))
    first = mmopts.suggest({**stated, **asked}, KB)
    again = mmopts.suggest(json.loads(json.dumps(first["patient"])), KB)
    assert gist(again) == gist(first)
    assert again["patient"] == first["patient"]


@pytest.mark.slow
@settings(max_examples=examples(12))
@given(PATIENTS, QUESTIONS, st.integers(0, 100))
def test_every_regimen_is_offered_excluded_or_counted(stated: dict[str, Any], asked: dict[str, Any], limit: int) -> None:
    read(stated, asked.get("strict", False))
    found = suggest({**stated, **asked}, KB, limit=limit)
    options, excluded = [o["id"] for o in found["options"]], [e["id"] for e in found["excluded"]]
    assert len({*options, *excluded}) == len(options) + len(excluded)
    assert len(options) + len(excluded) + found["omitted"] == len(KB.regimens)
    assert len(options) <= limit
    assert {o["verdict"] for o in found["options"]} <= {"eligible", "conditional"}
    assert all(e["because"] for e in found["excluded"])


@settings(max_examples=examples(20))
@given(PATIENTS, REGION)
def test_presumptions_only_decide_what_strict_leaves_open(stated: dict[str, Any], region: str) -> None:
    patient = read(stated)
    strict = decided(judge(KB, patient.firm, Scope(region, TODAY)))
    assert strict.items() <= decided(judge(KB, patient.facts, Scope(region, TODAY))).items()


@settings(max_examples=examples(20))
@given(PATIENTS)
def test_presumptions_refine_what_is_firm(stated: dict[str, Any]) -> None:
    patient = read(stated)
    for atom, firm in patient.firm.items():
        fact = patient.facts[atom]
        if isinstance(firm, Interval) and isinstance(fact, Interval):
            assert firm.low <= fact.low <= fact.high <= firm.high
        elif isinstance(firm, frozenset) and isinstance(fact, frozenset):
            assert fact <= firm
        else:
            assert fact == firm


@settings(max_examples=examples(10))
@given(PATIENTS, st.randoms(use_true_random=False))
def test_the_order_of_words_and_of_facts_in_a_patient_file_does_not_matter(
    stated: dict[str, Any], rng: random.Random
) -> None:
    keys = list(stated)
    rng.shuffle(keys)
    other = {k: rng.sample(stated[k], len(stated[k])) if isinstance(stated[k], list) else stated[k] for k in keys}
    assume(any(not key.endswith("incomplete") for key in stated))
    results = []
    for given_facts in (stated, other):
        try:
            results.append(intake(given_facts, KB).facts)
        except QuestionError as error:
            results.append({p.code for p in error.problems})
    assert results[0] == results[1]


@settings(max_examples=examples(8))
@given(
    PATIENTS,
    st.sampled_from(
        [
            "lines",
            "prior_asct",
            "relapse",
            "refractory:lenalidomide",
            "refractory:bortezomib",
            "cytogenetics:t(11;14)",
            "progressed_on_last",
            "early_relapse",
        ]
    ),
)
def test_an_answer_never_overturns_a_verdict_or_a_label(stated: dict[str, Any], atom: str) -> None:
    # Not for fitness, transplant and age: "frail" and "ineligible" replace the presumption that a transplant is to be had.
    patient = read(stated)
    assume(atom not in patient.facts)
    asked_of = Scope("any", TODAY)
    before = decided(judge(KB, patient.facts, asked_of))
    for value in possible(atom, patient.facts, KB):
        settled = settle_answers(restate(patient.stated, {atom: value}), [], KB, presume=True)
        if not settled.conflict:
            assert before.items() <= decided(judge(KB, settled.facts(), asked_of)).items()


# --- the order of the knowledge base ------------------------------------------------------------------------

SHUFFLED = ("regimens", "drugs", "classes", "sources", "rules", "spent", "indications", "trials", "arms", "evidence",
            "states", "guidelines", "exclusions", "care", "any")  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_entries_does_not_matter(seed: int) -> None:
    rng = random.Random(seed)

    def mixed(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {k: mixed(v, k) for k, v in value.items()}
        if isinstance(value, list):
            items = [mixed(v) for v in value]
            if key in SHUFFLED and not (key == "classes" and isinstance(value[0], str)):  # an order of classes is one
                rng.shuffle(items)
            return items
        return value

    other = compiled(mixed(authored(DATA)))
    for given_facts in (
        {"prior": ["len", "btz"], "fitness": "frail"},
        {"prior": ["VRd"], "refractory": ["len"], "lines": 1, "fitness": "fit"},
        {"prior": ["none"], "transplant": "eligible", "fitness": "fit"},
        {"prior": ["VRd", "DPd", "Kd", "tec"], "refractory": ["len", "pom", "dara", "carf", "tec"], "lines": 4},
        {"prior": ["VRd"], "condition": ["active-infection"], "crcl": 20},
    ):
        mine, theirs = assess_given(given_facts, KB), assess_given(given_facts, other)
        for name, regimen in KB.regimens.items():
            assert mine.at(regimen.verdict) is theirs.at(other.regimens[name].verdict), name
            assert mine.truths.labels(regimen) == theirs.truths.labels(other.regimens[name]), name
        assert {n: s.tier for n, s in mine.standings.items()} == {n: s.tier for n, s in theirs.standings.items()}
        assert mine.order == theirs.order


def test_the_law_is_tested_on_a_knowledge_base_worth_testing() -> None:
    facts: Facts = {}
    assert isinstance(KB, Knowledge)
    assert len(KB.regimens) >= 90
    assert len(ATOMS) > 100
    # Of a verdict and two labels for each regimen, at most half are settled before anything is known.
    assert 2 * len(decided(judge(KB, facts, Scope("any", TODAY)))) < 3 * len(KB.regimens)


# --- why not -------------------------------------------------------------------------------------------------


def satisfied(facts: Facts, clauses: Iterable[Clause]) -> dict[str, Value]:
    """The facts, changed so that each clause has the value asked of it."""
    out = dict(facts)
    for clause in clauses:
        cond, wanted = clause
        if cond.op == "named":
            reason = fold(cond.args[0], Reasons(out), {})
            if reason.value is not wanted:
                out = satisfied(out, reason.clauses if wanted else reason.undo)
        elif cond.test in (">=", "<="):
            bound = float(cond.value)  # type: ignore[arg-type]
            at_least = (cond.test == ">=") is wanted
            edge = bound if wanted else bound + (1 if at_least else -1)
            have = out.get(cond.fact)
            if not isinstance(have, Interval) or not (have.low >= edge if at_least else have.high <= edge):
                out[cond.fact] = Interval(edge, edge)
        elif cond.test == "in":
            words = frozenset(cond.value)  # type: ignore[call-overload]
            out[cond.fact] = words if wanted else frozenset(CHOICES[cond.fact]) - words
        else:
            out[cond.fact] = cond.value is wanted
    return out


@settings(max_examples=examples(15))
@given(PATIENTS, REGION)
def test_changing_the_facts_that_the_reasons_name_lifts_every_exclusion(stated: dict[str, Any], region: str) -> None:
    patient, asked_of = read(stated), Scope(region, TODAY)
    truths = judge(KB, patient.facts, asked_of)
    everything = {**patient.facts, **asked_of.facts(KB)}
    for name, regimen in KB.regimens.items():
        cond = regimen.verdict
        never = cond.op == "any" and not cond.args
        if never or truths.at(cond) is not False or truths.at(regimen.in_setting) is False:
            continue
        reason = fold(cond, Reasons(everything), {})
        assert reason.value is False
        if any(of_scope(c.cond.fact) for c in reason.clauses):
            continue
        # What lifts one reason may run into another: so on, until it is lifted or a fact is asked for both ways.
        changed, asked = dict(everything), {}
        for _ in range(4):
            if any(asked.setdefault(c.cond, c.wanted) is not c.wanted for c in reason.clauses):
                break
            changed = satisfied(changed, reason.clauses)
            reason = fold(cond, Reasons(changed), {})
            if reason.value is not False or any(of_scope(c.cond.fact) for c in reason.clauses):
                break
        else:
            raise AssertionError(f"{name} stays excluded")
