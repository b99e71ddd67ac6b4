"""Supportive care on invented drugs: of a topic one line, the most specific that holds for the regimens that ask for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import HERE, authored, compiled

import mmopts
from mmopts.answers.knowledge import one_drug
from mmopts.assess.assessment import assess_given
from mmopts.assess.care import supportive_care
from mmopts.knowledge.records import Knowledge

BASE: dict[str, Any] = {"prior": ["beta"], "refractory": ["none"], "lines": 1, "region": "us", "crcl": 80}
Told = Callable[..., dict[str, tuple[str, tuple[str, ...]]]]


@pytest.fixture(scope="session")
def told(tiny: Knowledge) -> Told:
    """Topic to text and drugs, for regimens and a patient."""

    def care(*names: str, alone: bool = False, **changes: Any) -> dict[str, tuple[str, tuple[str, ...]]]:
        lines = supportive_care(assess_given({**BASE, **changes}, tiny), names, alone)
        assert len({line.topic.id for line in lines}) == len(lines)
        return {line.topic.id: (line.line.text, line.drugs) for line in lines}

    return care


def test_of_a_topic_the_most_specific_line_that_holds_is_told(told: Told) -> None:
    assert told("regional")["clots"] == ("aspirin", ("pill",))
    assert told("regional", condition=["ache"])["clots"] == ("an anticoagulant", ("pill",))


def test_a_line_is_for_the_drugs_and_classes_that_it_names(told: Told) -> None:
    assert "clots" not in told("grade-a")
    assert told("regional", "grade-a")["clots"][1] == ("pill",)


def test_a_line_for_everybody_is_told_of_all_drugs(told: Told) -> None:
    assert told("grade-a")["bones"] == ("bones", ("delta", "gamma", "sterol"))
    assert told("grade-a", crcl=20)["bones"][0] == "bones, weak kidneys"


def test_an_open_fact_does_not_make_a_specific_line_hold(told: Told) -> None:
    assert told("grade-a", crcl=None)["bones"][0] == "bones"
    assert told("grade-a", crcl="20-40")["bones"][0] == "bones"


def test_where_regimens_ask_for_different_lines_each_is_told_with_their_names_the_first_ones_first(told: Told) -> None:
    care = told("regional", "dosed", "grade-a")["rash"]
    assert care[0] == "with regional and grade-a: a cream; with dosed: a cream, throughout"
    assert care[1] == ("gamma", "pill", "shot")
    assert told("dosed", "regional")["rash"][0] == "with dosed: a cream, throughout; with regional: a cream"
    assert told("grade-a", "regional")["rash"] == ("a cream", ("gamma", "pill"))


def test_a_line_that_is_not_for_the_first_regimen_says_for_which_it_is(told: Told) -> None:
    assert told("grade-a", "regional")["clots"] == ("with regional: aspirin", ("pill",))
    assert told("regional", "grade-a")["clots"] == ("aspirin", ("pill",))
    # One without drugs asks for nothing, and what the others ask for is no less for everybody.
    assert told("advice", "regional")["clots"] == ("aspirin", ("pill",))


def test_of_many_regimens_with_a_line_the_first_ones_are_named(told: Told) -> None:
    care = told("dosed", "regional", "grade-a", "grade-b", "no-win")["rash"][0]
    assert care == "with dosed: a cream, throughout; with regional, grade-a and others: a cream"
    assert told("dosed", "regional", "grade-a", "grade-b")["rash"][0].endswith("with regional, grade-a and grade-b: a cream")


@pytest.mark.parametrize(("name", "wanted"), [("general", False), ("emergency", True)])
def test_of_lines_told_together_any_that_is_for_this_patient_or_urgent_counts(
    tiny: Knowledge, name: str, wanted: bool
) -> None:
    topic = next(topic for topic in tiny.care if topic.id == "rash")
    one, other = topic.lines
    changed = (one._replace(general=True, emergency=False), other._replace(general=False, emergency=True))
    kb = tiny._replace(care=(topic._replace(lines=changed),))
    (found,) = supportive_care(assess_given(BASE, kb), ["dosed", "regional"])
    assert getattr(found.line, name) is wanted


def test_lines_told_together_are_recalled_if_one_of_them_is(tiny: Knowledge) -> None:
    found = {c.topic.id: c.line for c in supportive_care(assess_given(BASE, tiny), ["regional", "dosed"])}
    assert (found["rash"].source, found["rash"].unread) == (("s", "hearsay"), True)
    alone = {c.topic.id: c.line for c in supportive_care(assess_given(BASE, tiny), ["regional"])}
    assert (alone["rash"].source, alone["rash"].unread) == ("s", False)


def test_what_goes_with_one_regimen_is_told_only_where_that_is_asked_for(told: Told) -> None:
    assert "needles" not in told("dosed")
    assert told("dosed", alone=True)["needles"] == ("how to hold the needle", ("shot",))


def test_a_line_of_a_region_is_told_there_alone(told: Told) -> None:
    for region, told_there in (("us", False), ("eu", True), ("any", True)):
        assert ("needles" in told("dosed", region=region)) is told_there


@pytest.mark.parametrize(
    ("region", "told_of_car_t", "told_of_kidneys"),
    [
        ("us", "daily checks 1 week", "aspirin 81 mg"),
        ("eu", "daily checks 2 weeks", "aspirin 100 mg"),
        (
            "any",
            "US: daily checks 1 week; near the centre and not driving 2 weeks; EU: longer",
            "enoxaparin 20 mg daily (US: 30 mg)",
        ),
    ],
)
def test_for_several_regions_no_line_of_one_is_told_as_that_of_all(
    kb: Knowledge, region: str, told_of_car_t: str, told_of_kidneys: str
) -> None:
    # Carvykti US 2.2 (2025-06); enoxaparin at a clearance of 15 to 29 differs between the labels.
    given = {"prior": ["VRd"], "refractory": ["len"], "lines": 1, "fitness": "fit", "region": region}
    texts = [c.line.text for c in supportive_care(assess_given(given, kb), ["cilta-cel"], alone=True)]
    assert any(told_of_car_t in text for text in texts)
    kidneys = [c.line.text for c in supportive_care(assess_given({**given, "crcl": 20}, kb), ["DPd"])]
    assert any(told_of_kidneys in text for text in kidneys)


def test_nothing_is_told_of_what_has_no_drugs(told: Told) -> None:
    assert told("advice") == {}


def test_an_answer_tells_care_with_its_source_and_whether_it_is_for_this_patient(tiny: Knowledge) -> None:
    care = {c["topic"]: c for c in mmopts.suggest({**BASE, "condition": ["ache"]}, tiny)["supportive_care"]}
    assert care["bones"]["unread"] is True
    assert {c["source"] for c in care.values()} <= {"s", "hearsay"}
    explained = {c["topic"]: c for c in mmopts.explain("dosed", {**BASE, "condition": ["ache"]}, tiny)["regimen"]["care"]}
    assert (explained["clots"]["text"], explained["clots"]["for_this_patient"]) == ("an anticoagulant", True)
    assert explained["needles"]["text"] == "how to hold the needle"
    assert explained["bones"]["for_this_patient"] is False


def test_a_drug_is_shown_with_the_care_that_it_asks_for(tiny: Knowledge) -> None:
    rows = [(row.topic, row.text, row.source, row.unread) for row in one_drug("pill", tiny).care]
    assert rows == [
        ("clots", "an anticoagulant", "s", False),
        ("clots", "aspirin", "s", False),
        ("rash", "a cream", "s", False),
    ]
    assert [(row.topic, row.text) for row in one_drug("shot", tiny).care] == [
        ("needles", "how to hold the needle"),
        ("needles", "a needle, in the EU"),
        ("rash", "a cream, throughout"),
    ]


def test_a_drug_is_shown_with_the_rules_about_it_whatever_their_ids() -> None:
    raw = authored(HERE / "tiny.yaml")
    house = {"id": "house", "effect": "caution", "text": "mind the house", "source": "s", "when": {"condition": "itch"}}
    next(d for d in raw["drugs"] if d["id"] == "pill").setdefault("rules", []).append(house)
    raw["rules"].append({**house, "id": "pill-and-beta", "for": {"drugs": ["pill", "beta"]}})
    raw["rules"].append({**house, "id": "everywhere", "for": {"drugs": ["pill"]}})
    told = [rule.id for rule in one_drug("pill", compiled(raw)).rules]
    assert [name in told for name in ("house", "everywhere", "pill-and-beta")] == [True, True, False]
