"""Every limit of a number in the knowledge base at its edge: what it lets pass, and the next that it does not.

What is expected is read from the written form by `edges`, which shares nothing with the program: a bound that the
compiler or the logic takes for another differs from it.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pytest
from conftest import DATA, LAWS, authored
from edges import Limit, Patient, Written, as_list, within

import mmopts
from mmopts.answers import scores
from mmopts.answers.form import to_data
from mmopts.assess.truths import Truths
from mmopts.diagnostics import QuestionError
from mmopts.facts import FACTS
from mmopts.knowledge.records import Adjustment, Knowledge, Regimen, Score
from mmopts.knowledge.trials import with_evidence
from mmopts.logic import Cond, Interval, One, Value, Worlds, leaves

RAW = with_evidence(authored(DATA))[0]
SCORES = ("fitness", "risk", "vte_scores")
ASKED = [i["id"] for kind in SCORES for tool in RAW[kind] for i in tool["inputs"] if not isinstance(i, str)]
WRITTEN = Written(RAW, [name for name in ASKED if name not in FACTS])


class Place(NamedTuple):
    """A condition as it is written and as it was compiled: `me` is the drug that ``self`` stands for, `until` its end."""

    kind: str
    what: str
    when: Mapping[str, Any]
    cond: Cond
    me: str = ""
    until: str = ""


def settings(row: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {"setting": as_list(row[key])} if row.get(key) else {}


def places(kb: Knowledge) -> Iterator[Place]:
    """Every place with a condition: each row of the written form beside what became of it."""
    for entry in RAW["regimens"]:
        yield from of_regimen(entry, kb.regimens[entry["id"]])
    for entry in RAW["drugs"]:
        yield from of_doses(entry, kb.drugs[entry["id"]].adjustments)
    for entry, topic in zip(RAW["care"], kb.care, strict=True):
        for row, said in zip(entry["lines"], topic.lines, strict=True):
            yield Place("care", f"{entry['id']}: {said.text[:30]}", row.get("when", {}), said.cond)
    for entry, state in zip(RAW["states"], kb.states, strict=True):
        yield Place("state", entry["id"], entry["when"], state.cond)
        said = entry["summary"] if isinstance(entry["summary"], list) else [{}]
        for row, sentence in zip(said, state.summary, strict=True):
            yield Place("state", f"{entry['id']}: {sentence.text[:30]}", row.get("when", {}), sentence.cond)
        yield from firsts(entry, kb)
    for row, usual in zip(RAW["exclusions"], kb.exclusions, strict=True):
        yield Place("exclusion", row["id"], row["when"], usual.cond)
    for row, position in zip(RAW["guidelines"], kb.positions, strict=True):
        when = {"all": [row.get("when", {}), settings(row, "settings")]}
        yield Place("position", row["id"], when, position.cond, until=str(row.get("until", "")))
    for row, presumption in zip(RAW["presumptions"], kb.presumptions, strict=True):
        for when, cond in ((row.get("when"), presumption.when), (row.get("doubt", {}).get("when"), presumption.doubt_when)):
            if cond is not None:
                yield Place("presumption", row["id"], when, cond)
    for row, unlikely in zip(RAW["unlikely"], kb.unlikely, strict=True):
        yield Place("unlikely", row["id"], row["when"], unlikely.when)
    yield from rules(kb)
    made = (kb.fitness, kb.library().scores, kb.library().clots)
    for tools, mine in zip((RAW[kind] for kind in SCORES), made, strict=True):
        for tool, score in zip(tools, mine, strict=True):
            yield from of_score(tool, score)


def of_regimen(entry: Mapping[str, Any], made: Regimen) -> Iterator[Place]:
    name = entry["id"]
    for row, trial in zip(entry.get("evidence", ()), made.evidence, strict=True):
        yield Place("population", f"{name} {trial.trial}", row.get("population", {}), trial.population)
        for sub, part in zip(row.get("subgroups", ()), trial.subgroups, strict=True):
            yield Place("subgroup", f"{name} {trial.trial}", sub["when"], part.when)
    for row, line in zip(entry.get("indications", ()), made.rows, strict=False):
        yield Place("indication", f"{name} {row['source']}", row.get("when", {}), line.when)
    yield from of_doses(entry, made.adjustments)
    for row, dose in zip(entry.get("prescription", ()), made.prescription, strict=True):
        yield Place("dose", f"{name} {row['drug']}", row.get("when", {}), dose.when)
    for row in entry.get("alternatives", ()):
        for other in (one for one in made.alternatives if one.name == row["name"]):
            yield Place("dose", f"{name} {row['name']}", row.get("when", {}), other.when)
    if "lighter_when" in entry:
        yield Place("dose", f"{name} lighter", entry["lighter_when"], made.lighter_when)


def of_doses(entry: Mapping[str, Any], made: Sequence[Adjustment]) -> Iterator[Place]:
    for row, change in zip(entry.get("adjustments", ()), made, strict=True):
        when = {"all": [row.get("when", {}), settings(row, "setting")]}
        yield Place("dose", f"{entry['id']} {row['id']}", when, change.when)


def of_score(tool: Mapping[str, Any], score: Score) -> Iterator[Place]:
    yield Place("score", f"{tool['id']} applies", tool.get("applies", {}), score.applies)
    for row, item in zip([*tool.get("points", ()), *tool.get("criteria", ())], score.items, strict=True):
        yield Place("score", f"{tool['id']}: {item.text}", row["when"], item.cond)
    for row, group in zip(tool["groups"], score.groups, strict=True):
        if group.cond is not None:
            yield Place("score", f"{tool['id']} {group.id}", row["when"], group.cond)


def firsts(entry: Mapping[str, Any], kb: Knowledge) -> Iterator[Place]:
    """What a state puts first, at each regimen for which it does."""
    rows = [row for row in entry.get("first", ()) if [*WRITTEN.limits(row.get("when"))]]
    for name, regimen in kb.regimens.items():
        for first in (one for one in regimen.firsts if one.state == entry["id"]):
            for row in (one for one in rows if str(one["text"]) == first.text):
                yield Place("first", f"{entry['id']} {name}", {"all": [entry["when"], row["when"]]}, first.cond)


def rules(kb: Knowledge) -> Iterator[Place]:
    """The rules of regimens, of drugs and of all, at each regimen for which they hold; lifted where a state lifts them."""
    written = [(row, {}) for key in ("rules", "spent") for row in RAW[key]]
    of = [entry for kind in ("regimens", "drugs", "classes") for entry in RAW[kind]]
    written += [(row, {}) for entry in of for row in entry.get("rules", ())]
    written += [(row, entry["when"]) for entry in RAW["states"] for row in entry.get("rules", ())]
    lifted: dict[str, list[Mapping[str, Any]]] = {}
    for state in RAW["states"]:
        for name in state.get("lifts", ()):
            lifted.setdefault(name, []).append(state["when"])
    by_id = {row["id"]: (row, within) for row, within in written if [*WRITTEN.limits(row.get("when"), "self")]}
    for name, regimen in kb.regimens.items():
        for rule in (one for one in (*regimen.forbids, *regimen.cautions) if one.id in by_id):
            row, within = by_id[rule.id]
            when = {"all": [within, row["when"], *({"not": one} for one in lifted.get(rule.id, ()))]}
            drugs = {leaf.fact.partition(":")[2] for leaf in leaves([rule.cond]) if leaf.fact.startswith("months_since:")}
            for me in regimen.drugs if "self" in str(row["when"]) else [""]:
                if not me or me in drugs:
                    yield Place("rule", f"{name} {rule.id}", when, rule.cond, me)


def known(patient: Patient, place: Place) -> dict[str, Value]:
    """The patient as facts of which nothing that the condition asks for is open, on a day and where it is in force."""
    out: dict[str, Value] = {}
    for leaf in leaves([place.cond]):
        if leaf.test == "is":
            out[leaf.fact] = leaf.fact.startswith("since:") and leaf.fact != f"since:{place.until}"
        if leaf.fact.startswith("counts:"):  # what one region's label says, where it is asked for, or else where not
            out[leaf.fact] = f"not({leaf})" not in str(place.cond)
    for atom, value in patient.items():
        number = not isinstance(value, (bool, str))
        out[atom] = Interval(value, value) if number else frozenset({value}) if isinstance(value, str) else value
    return out


@pytest.mark.slow
def test_every_limit_of_a_number_is_held_at_its_edge(kb: Knowledge) -> None:
    rng = random.Random("edges")
    drawn: dict[tuple[str, Limit, str], Patient | None] = {}  # a rule of all regimens is written once
    held: Counter[str] = Counter()
    tried: dict[Limit, bool] = {}
    wrong = []
    for place in places(kb):
        for limit in dict.fromkeys(WRITTEN.limits(place.when, place.me)):
            written = (json.dumps(place.when, sort_keys=True), limit, place.me)
            if written not in drawn:
                drawn[written] = WRITTEN.hinged(place.when, limit, rng, place.me)
            there = drawn[written]
            tried[limit] = tried.get(limit, False) or there is not None
            if there is None:
                continue  # another clause there makes up for it, or it is of a definition that is used where it cannot hold
            sides: list[Patient] = [there, {**there, limit.atom: limit.fails}]
            expected = [WRITTEN.holds(place.when, patient, place.me) for patient in sides]
            facts = [known(patient, place) for patient in sides]
            truth = Truths(Worlds.of(facts)).truth(place.cond)
            alone = [One(one).value(place.cond) for one in facts]
            if not expected == alone == [truth.at(0), truth.at(1)]:
                wrong.append((place.kind, place.what, limit, sides, expected, alone))
            held[place.kind] += 1
    assert wrong[:3] == []
    assert [limit for limit, found in tried.items() if not found] == []
    # As many as there are today, or more: a place that is passed over in silence holds nothing.
    least = {
        "population": 300,
        "indication": 150,
        "dose": 120,
        "care": 80,
        "position": 45,
        "score": 30,
        "state": 25,
        "rule": 400,
    }
    assert {kind: count for kind, count in least.items() if held[kind] < count} == {}


# --- through the doors that users have -----------------------------------------------------------------------


def stated(patient: Patient) -> dict[str, Any]:
    """A patient file that says what is so of a patient: drugs that were not received are not so."""
    out: dict[str, Any] = {}
    for fact in FACTS.values():
        mine = {atom.partition(":")[2]: value for atom, value in patient.items() if atom.partition(":")[0] == fact.atom}
        if fact.kind in ("drugs", "words"):
            found = [name for name, so in mine.items() if so]
            out |= {fact.name: found} if found else {}
        elif fact.kind == "months":
            out |= {fact.name: mine} if mine else {}
        elif fact.atom in patient:
            out[fact.name] = patient[fact.atom]
    return out


HEALTHY: Patient = {"crcl": 90, "ecog": 0, "lines": 0}
"""The numbers that the usual exclusions ask for, of a patient whom none of them concerns."""


def test_who_was_let_into_a_trial_is_told_by_its_limits_as_they_are_written(kb: Knowledge) -> None:
    rng = random.Random("trials")
    told = {True: "yes", False: "no"}
    trials = []
    for entry in RAW["regimens"]:
        for row in entry.get("evidence", ()):
            trials += [(entry["id"], row, limit) for limit in dict.fromkeys(WRITTEN.limits(row.get("population", {})))]
    checked = 0
    for name, row, limit in rng.sample(trials, min(len(trials), max(40, LAWS // 3))):
        population, setting = row["population"], rng.choice(as_list(row["setting"]))
        there = WRITTEN.hinged({"all": [population, {"setting": setting}]}, limit, rng)
        assert there is not None, (name, row["trial"], limit)
        for patient in (there, {**there, limit.atom: limit.fails}):
            try:
                answer = mmopts.explain(name, stated(patient), kb)
            except QuestionError:
                continue  # such a patient contradicts itself, as one without a line before and with a drug received
            (applies,) = {e["applies"] for e in answer["regimen"]["evidence"] if e["trial"] == row["trial"]}
            so = WRITTEN.holds(population, patient)
            # What usual trials leave out beside the population, as it is written: of such patients "no" is right too.
            usual = any(WRITTEN.holds(one["when"], {**HEALTHY, **patient}) for one in RAW["exclusions"])
            right = {told[so], "unknown", *(["no"] if usual else [])}
            assert applies in right, (name, row["trial"], limit, patient, applies)
            checked += applies != "unknown"
    assert checked > 20


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["fitness", "risk"])
def test_a_score_counts_by_its_limits_as_they_are_written(kb: Knowledge, kind: str) -> None:
    rng = random.Random(kind)
    for tool in RAW[kind]:
        rows = [*tool.get("points", ()), *tool.get("criteria", ()), *(g for g in tool["groups"] if "when" in g)]
        limits = [limit for row in rows for limit in WRITTEN.limits(row["when"])]
        edges: dict[str, list[float]] = {}
        for limit in limits:
            edges.setdefault(limit.atom, []).extend([limit.passes, limit.fails])
        seen = set()
        for _ in range(400 if limits else 0):
            patient = with_marks(rng, {atom: rng.choice(values) for atom, values in edges.items()})
            found = scored(kind, tool, patient, kb)
            assert found == group_of(tool, patient), (tool["id"], patient)
            seen.add(found)
        assert not limits or len(seen) == len(tool["groups"]), (tool["id"], seen)


def with_marks(rng: random.Random, numbers: Patient) -> Patient:
    """A patient with these numbers, whose age and setting are those that scores were made for, and with drawn markers."""
    words = rng.sample(["del(17p)", "t(4;14)", "gain(1q)", "del(1p)"], rng.randint(0, 3))
    marks = {f"cytogenetics:{w}": True for w in words} | {"ldh_high": rng.random() < 0.5}
    return {**numbers, **marks, "age": max(65, numbers.get("age", 65)), "setting": "newly-diagnosed"}


def scored(kind: str, tool: Mapping[str, Any], patient: Patient, kb: Knowledge) -> str | None:
    """The group of a patient by one score, as the program tells it."""
    if kind == "risk":
        said = {k: v for k, v in patient.items() if k in WRITTEN.inputs}
        words = [k.partition(":")[2] for k in patient if k.startswith("cytogenetics:")]
        said["cytogenetics"] = [*words, *(f"no-{w}" for w in kb.vocabulary["cytogenetics"].words if w not in words)]
        answer = to_data(scores.risk(said, kb))
    else:
        answer = to_data(scores.frailty({k: v for k, v in patient.items() if k in FACTS and k != "setting"}, kb))
    (found,) = [s for s in answer["scores"] if s["id"] == tool["id"]]
    return found["group"]


def points_of(tool: Mapping[str, Any], patient: Patient) -> float:
    key = "points" if "points" in tool else "criteria"
    return sum(row.get("points", 1) for row in tool.get(key, ()) if WRITTEN.holds(row["when"], patient))


def group_of(tool: Mapping[str, Any], patient: Patient) -> str:
    """The name of the group as it is written: by its condition, else by its points."""
    points = points_of(tool, patient)
    names = [
        g
        for g in tool["groups"]
        if (WRITTEN.holds(g["when"], patient) if "when" in g else within(points, bounds_of_group(g)))
    ]
    (group,) = names
    return str(group.get("name") or " or ".join(group["values"]))


def bounds_of_group(group: Mapping[str, Any]) -> dict[str, float]:
    said = group.get("criteria", group)
    return {bound: said[bound] for bound in ("min", "max") if bound in said}


@pytest.mark.parametrize(("age", "points"), [(79, 0), (80, 1), (None, 0)])
def test_a_score_of_clots_knows_the_age(kb: Knowledge, age: int | None, points: int) -> None:
    # SAVED: a point from 80 (vte-ash-sap).
    answer = to_data(scores.risk({"age": age, "clots": "none"}, kb))
    (saved,) = (s for s in answer["scores"] if s["id"] == "saved")
    assert saved["points"]["min"] == points


@pytest.mark.parametrize("tool", RAW["vte_scores"], ids=lambda tool: str(tool["id"]))
def test_a_score_of_clots_changes_its_group_at_its_limit(kb: Knowledge, tool: dict[str, Any]) -> None:
    names = [i["id"] for i in tool["inputs"]]
    ends = {n for g in tool["groups"] for n in bounds_of_group(g).values()}
    rng = random.Random(tool["id"])
    seen = set()
    for _ in range(400):
        held = [name for name in names if rng.random() < 0.4]
        answer = to_data(scores.risk({"clots": [name.replace("_", "-") for name in held] or "none"}, kb))
        (found,) = [s for s in answer["scores"] if s["id"] == tool["id"]]
        patient = dict.fromkeys(held, True)
        assert (found["points"]["min"], found["group"]) == (points_of(tool, patient), group_of(tool, patient)), held
        seen.add(points_of(tool, patient))
    assert ends <= seen
