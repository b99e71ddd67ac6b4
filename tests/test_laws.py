"""Laws of every answer, held over random patients through the public doors. `MMOPTS_LONG=1` for the long run."""

from __future__ import annotations

import contextlib
import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from math import prod
from typing import Any, NamedTuple

import pytest
from asked import suggest
from conftest import LAWS
from patients import MAKERS, Given, answered, options, patients

from mmopts.answers.form import to_data
from mmopts.answers.parts import patient_data
from mmopts.answers.patient import About
from mmopts.assess import asking
from mmopts.assess.assessment import Assessment, assess_given
from mmopts.assess.truths import Scope, Truths, judge
from mmopts.diagnostics import QuestionError
from mmopts.facts import FACTS, QUESTION_KEYS
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Interval, Value
from mmopts.patient import intake
from mmopts.patient.settling import settle_answers
from mmopts.patient.stated import Patient, restate

FEW, SOME = max(LAWS // 6, 10), max(LAWS // 3, 20)


class Judged(NamedTuple):
    """A patient with verdicts and labels alone, of which most laws speak; the first test below ties it to whole answers."""

    kb: Knowledge
    patient: Patient
    truths: Truths


def judged(given: Mapping[str, Any], kb: Knowledge) -> Judged:
    facts = {k: v for k, v in given.items() if k not in QUESTION_KEYS}
    patient = intake(facts, kb, strict=given.get("strict") is True)
    scope = Scope(given.get("region") or "any", given.get("as_of") or kb.meta.reviewed)
    return Judged(kb, patient, judge(kb, patient.facts, scope))


def drawn(seed: str, count: int, kb: Knowledge) -> Iterator[tuple[random.Random, Given, Judged]]:
    return patients(seed, count, kb, lambda given: judged(given, kb))


def verdicts(found: Judged | Assessment) -> dict[str, bool | None]:
    return {name: found.truths.at(regimen.verdict) for name, regimen in found.kb.regimens.items()}


def labels(found: Judged | Assessment) -> dict[str, dict[str, str]]:
    return {name: found.truths.labels(regimen) for name, regimen in found.kb.regimens.items()}


def gist(assessed: Assessment) -> tuple[Any, ...]:
    """What must be the same where nothing but words was changed."""
    tiers = {name: (s.tier, s.steps) for name, s in assessed.standings.items()}
    return verdicts(assessed), labels(assessed), tiers, assessed.order


def refines(less: Mapping[str, Value], more: Mapping[str, Value]) -> bool:
    """Whether all that was known is still so, or is known better."""

    def within(old: Value, new: Value | None) -> bool:
        if isinstance(old, Interval) and isinstance(new, Interval):
            return old.low <= new.low and new.high <= old.high
        if isinstance(old, frozenset) and isinstance(new, frozenset):
            return new <= old
        return old == new

    return all(within(value, more.get(atom)) for atom, value in less.items())


def kept(before: Judged, after: Judged) -> list[str]:
    """The regimens and labels that were decided and are not so any more."""
    was, now = verdicts(before), verdicts(after)
    moved = [name for name, verdict in was.items() if verdict is not None and now[name] is not verdict]
    decided = ("on-label", "off-label")
    old, new = labels(before), labels(after)
    moved += [f"{n} {r}" for n in old for r, label in old[n].items() if label in decided and new[n][r] != label]
    return moved


def test_an_answer_has_the_same_verdicts_as_the_patient_judged(kb: Knowledge) -> None:
    for _, given, found in drawn("answer", 12, kb):
        answer = suggest(given, kb)
        told = {o["id"]: o["verdict"] for o in answer["options"]} | {e["id"]: "excluded" for e in answer["excluded"]}
        words = {True: "eligible", None: "conditional", False: "excluded"}
        assert told == {name: words[verdict] for name, verdict in verdicts(found).items()}, given


@pytest.mark.slow
@pytest.mark.parametrize("strict", [True, False])
def test_stating_one_more_fact_never_flips_what_is_decided(kb: Knowledge, strict: bool) -> None:
    tried = 0
    for rng, given, _ in drawn(f"refinement {strict}", LAWS, kb):
        stated = {**given, "strict": strict}
        before = judged(stated, kb)
        # What is worked out when it is left out gives way to what is stated ("stated beats computed").
        left_out = {f for f in GIVES_WAY if f in before.patient.firm}
        fact = rng.choice([f for f in MAKERS if f not in given and f not in left_out])
        try:
            after = judged({**stated, fact: MAKERS[fact](rng, kb)}, kb)
        except QuestionError:
            continue
        if "fitness" in left_out and after.patient.firm.get("fitness") != before.patient.firm["fitness"]:
            continue  # another score says more, now that it can be worked out
        assert refines(before.patient.firm, after.patient.firm), (given, fact, after.patient.stated.given[fact])
        # What was only presumed may give way to what is stated; then it is another patient.
        if refines(before.patient.facts, after.patient.facts):
            tried += 1
            assert kept(before, after) == [], (given, fact, after.patient.stated.given[fact])
    assert tried > LAWS // 4


GIVES_WAY = ("setting", "fitness")
"""What is worked out when it is left out, and gives way to what is stated ("stated beats computed")."""


def opposite(atom: str, value: Value) -> Value | None:
    """What is not so if an atom has this value; None where nothing else is possible."""
    fact = FACTS.get(atom.partition(":")[0])
    if isinstance(value, bool):
        return not value
    if isinstance(value, Interval):
        if fact is None or value.low <= fact.low:
            return None
        return Interval(fact.low, value.low - 1)
    return frozenset(fact.values) - value or None if fact is not None else None


def likely_last(rng: random.Random, kb: Knowledge) -> Given:
    """What speaks for progression on the last therapy and against it, which seldom comes together by chance."""
    drugs = ["len", "btz", "dara", "pom"]
    failed = rng.sample(drugs, rng.randint(1, 3))
    out: Given = {"prior": ["VRd", *rng.sample(drugs, rng.randint(0, 2))], "refractory": failed}
    some = {
        "lines": rng.choice([1, 1, 2, {"min": 1, "max": 2}]),
        "last": [rng.choice([*drugs, "VRd", "ASCT"])],
        "prior_asct": rng.random() < 0.5,
        "setting": rng.choice(["relapsed", "maintenance"]),
        "refractory_incomplete": True,
    }
    return out | {fact: value for fact, value in some.items() if rng.random() < 0.5}


def sound(draw: Callable[[], Given], count: int, kb: Knowledge) -> Iterator[Patient]:
    """So many drawn patients, without those who contradict themselves."""
    for _ in range(count):
        with contextlib.suppress(QuestionError):
            yield judged(draw(), kb).patient


def test_what_is_taken_for_certain_cannot_be_denied(kb: Knowledge) -> None:
    # Else the denial would flip it. One patient alone is told of the same contradictions that are found among many.
    rng = random.Random("denied")
    tried = 0
    usual = (patient for _, _, patient in patients("denied", SOME, kb, lambda given: judged(given, kb).patient))
    for patient in itertools.chain(usual, sound(lambda: likely_last(rng, kb), SOME, kb)):
        follow = [a for a in patient.firm if a not in patient.stated.atoms and a not in GIVES_WAY]
        wanted = [a for a in follow if a.startswith("progressed")] + rng.sample(follow, min(6, len(follow)))
        denials = {a: no for a in wanted if (no := opposite(a, patient.firm[a])) is not None}
        for presume in (False, True):
            worlds = settle_answers(patient.stated, [{a: no} for a, no in denials.items()], kb, presume)
            for world, (atom, no) in enumerate(denials.items(), 1):
                alone = settle_answers(restate(patient.stated, {atom: no}), [], kb, presume)
                assert alone.account.conflicts, (patient.stated.given, atom, no)
                assert worlds.conflict >> world & 1, (patient.stated.given, atom, no)
                tried += 1
    assert tried > SOME * 4


def test_the_refinement_law_holds_where_progression_is_at_stake(kb: Knowledge) -> None:
    rng = random.Random("progression")
    tried = 0
    for _ in range(LAWS):
        given = {**likely_last(rng, kb), "strict": rng.random() < 0.5}
        more = rng.choice([{"progressed_on_last": rng.random() < 0.5}, {"prior_asct": rng.random() < 0.5}, {"lines": 1}])
        if more.keys() & given.keys():
            continue
        try:
            before, after = judged(given, kb), judged({**given, **more}, kb)
        except QuestionError:
            continue
        assert refines(before.patient.firm, after.patient.firm), (given, more)
        if refines(before.patient.facts, after.patient.facts):
            tried += 1
            assert kept(before, after) == [], (given, more)
    assert tried > LAWS // 4


def mixed(given: Given, rng: random.Random) -> Given:
    """The same in another order: of facts, and of the words in each list."""
    keys = rng.sample(list(given), len(given))
    return {k: rng.sample(v, len(v)) if isinstance(v, list) else v for k, v in ((k, given[k]) for k in keys)}


def test_the_order_of_facts_and_of_words_never_matters(kb: Knowledge) -> None:
    for rng, given, _ in drawn("order", FEW, kb):
        assessed = assess_given(given, kb)
        other = assess_given(mixed(given, rng), kb)
        assert other.patient.facts == assessed.patient.facts, given
        assert gist(other) == gist(assessed), given


@pytest.mark.slow
def test_the_patient_of_an_answer_gives_that_answer(kb: Knowledge) -> None:
    for _, given, _ in drawn("feedback", SOME, kb):
        assessed = assess_given(given, kb)
        fed = patient_data(assessed)
        again = assess_given(fed, kb)
        assert again.patient.facts == assessed.patient.facts, given
        assert again.patient.firm == assessed.patient.firm, given
        assert gist(again) == gist(assessed), given
        assert patient_data(again) == fed, given


def test_the_patient_of_an_answer_stays_that_patient_as_more_is_learnt(kb: Knowledge) -> None:
    # Partly computed facts fed back must not become stated: what is learnt later acts as if they had never been fed back.
    for rng, given, _ in drawn("feedback and more", FEW, kb):
        more = {"age": 82} if "age" not in given else {"ecog": 2} if "ecog" not in given else {"lines": rng.randint(1, 4)}
        if more.keys() & given.keys():
            continue
        try:
            direct = judged({**given, **more}, kb)
        except QuestionError:
            continue
        fed = judged({**patient_data(assess_given(given, kb)), **more}, kb)
        assert fed.patient.facts.get("fitness") == direct.patient.facts.get("fitness"), (given, more)


def test_a_wider_region_takes_no_option_away_and_changes_no_label_and_no_fact(kb: Knowledge) -> None:
    for _, given, _ in drawn("region", SOME, kb):
        found = {region: judged({**given, "region": region}, kb) for region in ("us", "eu", "any")}
        wide = verdicts(found["any"])
        for region in ("us", "eu"):
            narrow = verdicts(found[region])
            assert found[region].patient.facts == found["any"].patient.facts
            assert labels(found[region]) == labels(found["any"])
            for name, verdict in narrow.items():
                assert verdict is not True or wide[name] is True, (given, region, name)
                assert wide[name] is not False or verdict is False, (given, region, name)


def test_the_day_belongs_to_the_question_and_not_to_the_patient(kb: Knowledge) -> None:
    for _, given, found in drawn("day", FEW // 2, kb):
        assert judged({**given, "as_of": "2021-03-01"}, kb).patient.facts == found.patient.facts, given
        today = {**given, "as_of": kb.meta.reviewed}
        assert gist(assess_given(today, kb)) == gist(assess_given({k: v for k, v in given.items() if k != "as_of"}, kb))


def test_presumptions_only_decide_what_strict_leaves_open(kb: Knowledge) -> None:
    for _, given, _ in drawn("strict", SOME, kb):
        strict, usual = (judged({**given, "strict": value}, kb) for value in (True, False))
        assert refines(strict.patient.facts, usual.patient.facts), given
        assert kept(strict, usual) == [], given


# --- words that are offered do what they promise -----------------------------------------------------------------


def test_an_offered_answer_moves_exactly_what_it_announced(kb: Knowledge) -> None:
    for rng, given, _ in drawn("answers", FEW, kb):
        assessed = assess_given(given, kb)
        before = verdicts(assessed)
        found = to_data(About(assessed).ask())["next_questions"]
        offered = [(q, a) for q in found for a in q["answers"]]
        for asked, answer in rng.sample(offered, min(3, len(offered))):
            announced = {**dict.fromkeys(answer["opens"], True), **dict.fromkeys(answer["closes"], False)}
            for merged in (answered(given, answer["options"]), behind(given, answer["options"])):
                after = verdicts(judged(merged, kb))
                assert after == {**before, **announced}, (given, asked["fact"], answer["options"], moved(after, before))


def test_an_answer_keeps_open_a_list_that_was_said_to_be_open(kb: Knowledge) -> None:
    # In maintenance a list of denials is else taken for the whole: the disease has responded.
    given = {"setting": "maintenance", "prior": ["VRd"], "refractory": ["no-btz"], "refractory_incomplete": True}
    found = to_data(About(assess_given(given, kb)).ask())["next_questions"]
    offered = [a["options"] for q in found if q["fact"].startswith("refractory:") for a in q["answers"]]
    assert offered
    assert all("--refractory-incomplete" in words for words in offered)


def test_no_flip_asks_for_what_intake_would_refuse(kb: Knowledge) -> None:
    # Lenalidomide taken away, only the steroid would be left that failed, and yet there was progression.
    given = {"refractory": ["Rd", "no-cilta-cel"], "progressed_on_last": True, "strict": True}
    offered = [f["options"] for entry in suggest(given, kb)["excluded"] for f in entry["flips"] if f["options"]]
    assert offered
    for words in offered:
        judged(answered(given, words), kb)


def test_an_answer_about_a_drug_keeps_the_transplant_that_stood_in_the_list(kb: Knowledge) -> None:
    given = {"setting": "maintenance", "prior": ["ASCT", "no-cyclophosphamide"], "prior_incomplete": True, "age": 60}
    found = to_data(About(assess_given(given, kb)).ask())["next_questions"]
    offered = [a["options"] for q in found if q["fact"].startswith("exposed") for a in q["answers"]]
    assert offered
    assert all(words.endswith("--prior-asct") for words in offered)
    for words in offered:
        assert judged(answered(given, words), kb).patient.facts["prior_asct"] is True


@pytest.mark.parametrize(
    "given",
    [{"prior": ["VRd"], "age": 80}, {"prior": ["none"], "age": 77}, {"prior": ["DRd"], "refractory": ["DRd"], "age": 75}],
)
def test_an_answer_to_what_is_presumed_in_doubt_moves_exactly_what_it_announced(kb: Knowledge, given: Given) -> None:
    # From 75 on the kidneys are asked for, though they are presumed adequate: an answer that agrees, and those that do not.
    assessed = assess_given(given, kb)
    before = verdicts(assessed)
    (asked,) = [q for q in to_data(About(assessed).ask())["next_questions"] if q["fact"] == "crcl"]
    told = [a["options"] for a in asked["answers"]]
    assert "--crcl 60-" in told
    assert told[0].startswith("--crcl '0-<")
    assert told[-1].endswith(" 60-")
    for answer in asked["answers"]:
        announced = {**dict.fromkeys(answer["opens"], True), **dict.fromkeys(answer["closes"], False)}
        assert verdicts(judged(answered(given, answer["options"]), kb)) == {**before, **announced}, answer


@pytest.mark.parametrize("given", [{"prior": ["VRd"], "age": 80}, {"prior": ["none"], "age": 77}])
def test_an_answer_against_a_presumption_tells_of_which_drugs_it_changes_the_dose(kb: Knowledge, given: Given) -> None:
    def doses(facts: Given) -> dict[str, set[str]]:
        leading = [o for o in suggest(facts, kb)["options"] if o["tier"] in ("preferred", "alternative")]
        out: dict[str, set[str]] = {}
        for option in leading:
            for row in option["prescription"]:
                out.setdefault(row["drug"], set()).add(f"{option['id']} {row['dose']} {row['days']}")
        return out

    (asked,) = [q for q in suggest(given, kb)["next_questions"] if q["fact"] == "crcl"]
    now = doses(given)
    for answer in asked["answers"]:
        then = doses(answered(given, answer["options"]))
        other = {drug for drug in now if drug in then and (now[drug] & then[drug]) != now[drug]}
        assert other <= {*answer["doses"]}, answer
        assert not answer["doses"] or answer["options"] != "--crcl 60-"
    assert any(answer["doses"] for answer in asked["answers"])


def test_an_interview_offers_what_a_presumption_denies(kb: Knowledge) -> None:
    # Frail: presumed no candidate for a transplant. Whoever is asked can say that it is otherwise.
    assessed = assess_given({"prior": ["none"], "fitness": "frail"}, kb)
    assert [a.value for a in asking.effects(assessed, "transplant").answers] == [
        frozenset({"eligible"}),
        frozenset({"ineligible"}),
    ]


def moved(after: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    return {name: (before[name], now) for name, now in after.items() if now is not before[name]}


def behind(given: Given, words: str) -> Given:
    """The words pasted behind a command line that said the same: of an option given twice the lists are joined."""
    said, out = options(words), dict(given)
    for name, value in said.items():
        have = out.get(name)
        if isinstance(value, list) and have is not None and not isinstance(have, dict):
            out[name] = [*(have if isinstance(have, list) else [have]), *value]
        else:
            out[name] = value
    return out


def test_flips_with_words_open_the_option_once_they_are_applied(kb: Knowledge) -> None:
    applied = 0
    for rng, given, _ in drawn("flips", FEW, kb):
        excluded = suggest(given, kb)["excluded"]
        told = [e for e in excluded if e["flips"] and all(f["options"] for f in e["flips"])]
        for entry in rng.sample(told, min(4, len(told))):
            words = " ".join(dict.fromkeys(f["options"] for f in entry["flips"]))
            after = verdicts(judged(answered(given, words), kb))
            assert after[entry["id"]] is not False, (given, entry["id"], words)
            applied += 1
    assert applied > FEW


@pytest.mark.slow
def test_every_need_decides_something(kb: Knowledge) -> None:
    for rng, given, _ in drawn("needs", FEW, kb):
        assessed = assess_given(given, kb)
        conditional = [kb.regimens[n] for n, v in verdicts(assessed).items() if v is None]
        wanted = {r.id: asking.needs(assessed, r) for r in conditional}
        tries = {n: prod(1 + len(asking.possible(a, assessed.patient.facts, kb)) for a in wanted[n]) for n in wanted}
        # Where several facts are needed, one may make up for another: these are looked at first.
        several = [n for n in wanted if len(wanted[n]) > 1 and tries[n] <= FEW_TRIES]
        single = [n for n in wanted if len(wanted[n]) == 1 and tries[n] <= FEW_TRIES]
        for name in [*rng.sample(several, min(3, len(several))), *rng.sample(single, min(1, len(single)))]:
            assert idle(assessed, name, wanted[name]) == [], (given, name)


@pytest.mark.parametrize("given", [{"prior": ["dara"], "fitness": "fit", "prior_asct": False}, {"prior": ["thal"]}])
def test_no_rule_that_another_makes_up_for_asks_anything(kb: Knowledge, given: Given) -> None:
    # A transplant from 85 on is for the eligible alone, and candidacy is asked for at any age: age decides nothing more.
    assessed = assess_given(given, kb)
    told = {n: asking.needs(assessed, kb.regimens[n]) for n, v in verdicts(assessed).items() if v is None}
    assert any("transplant" in atoms for atoms in told.values())
    assert [n for n, atoms in told.items() if "transplant" in atoms and "age" in atoms] == []


FEW_TRIES = 200
"""How many combinations of answers are settled one by one at most."""


def idle(assessed: Assessment, name: str, needed: list[str]) -> list[str]:
    """The needs whose value, or its being known at all, never moves the verdict, whatever the others are."""
    patient, kb = assessed.patient, assessed.kb
    values = [[None, *asking.possible(atom, patient.facts, kb)] for atom in needed]
    outcomes: dict[tuple[Value | None, ...], bool | None] = {}
    for combination in itertools.islice(itertools.product(*values), 2000):
        said = {atom: value for atom, value in zip(needed, combination, strict=True) if value is not None}
        settled = settle_answers(restate(patient.stated, said), [], kb, not patient.strict)
        if not settled.conflict:
            outcomes[combination] = judge(kb, settled.facts(), assessed.scope).at(kb.regimens[name].verdict)
    out = []
    for i, atom in enumerate(needed):
        others: dict[tuple[Value | None, ...], set[bool | None]] = {}
        for combination, verdict in outcomes.items():
            others.setdefault(combination[:i] + combination[i + 1 :], set()).add(verdict)
        if all(len(found) == 1 for found in others.values()):
            out.append(atom)
    return out
