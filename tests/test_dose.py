"""One dose a drug for this patient: worked out by hand on invented drugs, then properties over random patients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import Answer
from patients import patients

import mmopts
from mmopts.assess.assessment import Assessment, assess_given
from mmopts.assess.dose import OMITTED, Resolved, prescription, unchanged
from mmopts.assess.schedule import doses_in_28_days
from mmopts.facts import split_atom
from mmopts.knowledge.days import cycles_of, days_of
from mmopts.knowledge.records import Knowledge

WHOLE: dict[str, Any] = {
    "prior": ["alpha", "beta"], "refractory": ["none"], "lines": 1, "region": "us",
    "age": 70, "crcl": 80, "neuropathy": 0, "condition": ["none"], "fitness": "fit",
}  # fmt: skip


@pytest.fixture(scope="session")
def card(tiny: Knowledge) -> Callable[..., Answer]:
    """Everything said of an invented regimen, for a patient of whom all is known, with changes (None: not said)."""

    def explain(name: str, **changes: Any) -> Answer:
        given = {k: v for k, v in {**WHOLE, **changes}.items() if v is not None}
        found: Answer = mmopts.explain(name, given, tiny)["regimen"]
        return found

    return explain


@pytest.fixture(scope="session")
def row(card: Callable[..., Answer]) -> Callable[..., Answer]:
    """The one row of a drug."""

    def one(name: str, drug: str, **changes: Any) -> Answer:
        [found] = [r for r in card(name, **changes)["prescription"] if r["drug"] == drug]
        return dict(found)

    return one


def opened(found: Answer) -> set[tuple[str, str, str]]:
    return {(o["fact"], o["if"], o["dose"]) for o in found["open"]}


# --- the regimen's own dose ---------------------------------------------------------------------------------


def test_a_dose_is_told_whole(row: Callable[..., Answer]) -> None:
    found = row("dosed", "pill")
    assert (found["dose"], found["route"], found["days"], found["until"]) == ("25 mg", "PO", "1-21 of 28", "progression")
    assert (found["standard"], found["adjusted_for"], found["open"], found["unread"]) == ("25 mg", [], [], False)
    assert found["source"] == "s"
    assert found["text"] == "pill 25 mg PO, days 1-21 of 28, until progression"


def test_every_phase_is_told(row: Callable[..., Answer]) -> None:
    found = row("dosed", "shot")
    assert found["dose"] == "8 mg/kg"
    assert found["days"] == "1, 8, 15, 22 of 28 (cycles 1-2); 1, 15 of 28 (cycles 3-6); 1 of 28 (cycles 7+)"


def test_a_range_and_a_single_infusion(row: Callable[..., Answer]) -> None:
    found = row("infused", "iota")
    assert (found["dose"], found["days"], found["route"], found["until"]) == ("0.5-1 x 10^6 cells/kg", "once", "IV", "once")
    assert found["unread"] is True


@pytest.mark.parametrize(
    ("name", "drug"), [("not-recorded", "shot"), ("no-prescription", "pill"), ("no-prescription", "shot")]
)
def test_what_is_not_recorded_is_said(row: Callable[..., Answer], name: str, drug: str) -> None:
    found = row(name, drug)
    assert (found["dose"], found["recorded"]) == ("not recorded", False)
    assert "not recorded" in found["text"]


def test_the_amount_may_differ_by_a_fact_of_the_regimen_itself(row: Callable[..., Answer]) -> None:
    assert row("dosed", "sterol")["dose"] == "40 mg"
    assert row("dosed", "sterol", age=80)["dose"] == "20 mg"
    assert opened(row("dosed", "sterol")) == set()


def test_while_that_fact_is_open_the_lower_stands_and_the_other_is_told(row: Callable[..., Answer]) -> None:
    found = row("dosed", "sterol", age=None)
    assert found["dose"] == "20 mg"
    assert opened(found) == {("age", "age at most 75", "40 mg")}


# --- changes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "dose", "days", "because"),
    [
        ({"crcl": 60}, "25 mg", "1-21 of 28", []),
        ({"crcl": 59}, "10 mg", "1-21 of 28", ["crcl"]),
        ({"crcl": 30}, "10 mg", "1-21 of 28", ["crcl"]),
        ({"crcl": 29}, "15 mg", "every other day, 1-21 of 28", ["crcl"]),
        ({"age": 76}, "12.5 mg", "1-21 of 28", ["age"]),
        ({"age": 76, "crcl": 45}, "10 mg", "1-21 of 28", ["crcl"]),  # 10 mg is less than 12.5
        ({"age": 76, "crcl": 20}, "15 mg", "every other day, 1-21 of 28", ["crcl"]),  # 15 x 11 days < 12.5 x 21
        ({"condition": ["cough"]}, "12.5 mg", "1-21 of 28", ["condition"]),
        ({"condition": ["ache"]}, "25 mg", "1-21 of 28", []),  # only beside beta
        ({"neuropathy": 3}, "25 mg", "1-21 of 28", []),  # an EU rule
        ({"neuropathy": 3, "region": "eu"}, "do not give", "1-21 of 28", ["neuropathy"]),
    ],
)
def test_of_the_changes_that_hold_the_most_restrictive_wins(
    row: Callable[..., Answer], changes: dict[str, Any], dose: str, days: str, because: list[str]
) -> None:
    found = row("dosed", "pill", **changes)
    assert (found["dose"], found["adjusted_for"]) == (dose, because)
    if dose != OMITTED:
        assert found["days"] == days
    assert found["standard"].startswith("25 mg")


def test_a_share_is_taken_of_every_phase(row: Callable[..., Answer]) -> None:
    found = row("dosed", "shot", neuropathy=2)
    assert found["dose"] == "6 mg/kg"
    assert found["days"] == row("dosed", "shot")["days"]


def test_no_change_needed_is_no_change(row: Callable[..., Answer]) -> None:
    for changes in ({"crcl": 20}, {"crcl": None}):
        found = row("dosed", "shot", **changes)
        assert (found["dose"], found["adjusted_for"], found["open"]) == ("8 mg/kg", [], [])


def test_a_change_for_a_partner_acts_beside_it_and_carries_that_it_was_recalled(row: Callable[..., Answer]) -> None:
    found = row("with-beta", "pill", condition=["ache"])
    assert (found["dose"], found["unread"]) == ("20 mg", True)
    assert row("with-beta", "pill")["unread"] is False


def test_a_change_of_one_standard_leaves_another_alone(row: Callable[..., Answer]) -> None:
    assert row("regional", "pill", condition=["cough"])["dose"] == "10 mg"


def test_the_regimens_own_change_beats_the_drugs(row: Callable[..., Answer]) -> None:
    assert row("own-dose", "pill", crcl=20)["dose"] == "20 mg"
    assert row("own-dose", "pill", age=80)["dose"] == "12.5 mg"  # of what it says nothing, the drug's holds


def test_no_change_raises_a_dose(row: Callable[..., Answer]) -> None:
    assert row("dosed", "pill", fitness="fit")["dose"] == "25 mg"


# --- open and presumed facts ----------------------------------------------------------------------------------


def test_a_presumption_hides_no_change(row: Callable[..., Answer]) -> None:
    found = row("dosed", "pill", crcl=None)
    assert found["dose"] == "25 mg"
    assert opened(found) == {("crcl", "CrCl 30 to under 60 mL/min", "10 mg"), ("crcl", "CrCl under 30 mL/min", "15 mg")}


def test_an_open_fact_names_what_it_would_ask_for(row: Callable[..., Answer]) -> None:
    assert opened(row("with-beta", "pill", age=None)) == {("age", "age over 75", "12.5 mg")}
    assert opened(row("with-beta", "pill", age="70-80", crcl="40-80")) == {
        ("age", "age over 75", "12.5 mg"),
        ("crcl", "CrCl 30 to under 60 mL/min", "10 mg"),
    }
    assert opened(row("dosed", "pill", condition=None)) == {("condition", "cough", "12.5 mg")}


def test_what_would_change_nothing_further_is_not_open(row: Callable[..., Answer]) -> None:
    # 10 mg for the kidneys is already less than half of 25 mg for the age.
    assert opened(row("dosed", "pill", crcl=45, age=None)) == set()


# --- regions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "region", "dose", "other"),
    [
        ("regional", "us", "10 mg", set()),
        ("regional", "eu", "5 mg", set()),
        ("regional", "any", "5 mg", {("region", "US", "10 mg")}),
        ("replaced-in-eu", "us", "25 mg", set()),
        ("replaced-in-eu", "eu", "15 mg", set()),
        ("replaced-in-eu", "any", "15 mg", {("region", "US", "25 mg")}),
    ],
)
def test_any_region_gives_the_lower_dose_with_the_other_open(
    row: Callable[..., Answer], name: str, region: str, dose: str, other: set[tuple[str, str, str]]
) -> None:
    found = row(name, "pill", region=region)
    assert (found["dose"], opened(found)) == (dose, other)


def test_a_change_of_one_region_is_not_that_of_the_other(row: Callable[..., Answer]) -> None:
    found = row("dosed", "pill", neuropathy=3, region="any")
    assert found["dose"] == "do not give"
    assert opened(found) == {("region", "US", "25 mg")}


def test_step_up_doses_are_marked_in_the_schedule(kb: Knowledge) -> None:
    # Tecvayli US: 0.06 mg/kg on day 1, 0.3 on day 4, then 1.5 from day 7; EU: days 1, 3, 5 (both read in the labels).
    given = {"prior": ["VRd", "DPd", "Kd"], "refractory": ["len", "dara"], "lines": 4}
    for region, second in (("us", 4), ("eu", 3)):
        found = mmopts.explain("Tec", {**given, "region": region}, kb)["regimen"]["prescription"]
        [days] = [r["days"] for r in found if r["drug"] == "teclistamab"]
        first = f"0.06 mg/kg on 1 of 28 (step-up, cycle 1); 0.3 mg/kg on {second} of 28 (step-up, cycle 1); 1.5 mg/kg on "
        assert days.startswith(first)
        assert days.count("step-up") == 2


# --- what it asks of the patient ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "routes", "first", "later", "until"),
    [
        ("dosed", ["SC", "PO"], 4, 1, "progression"),  # weekly at first, on day 1 of 28 in the end
        ("with-beta", ["SC", "PO"], 6, 6, "progression"),  # days 1, 4, 8, 11, 22, 25; later 113, 116, 127, 130, 134, 137
        ("regional", ["PO"], 0, 0, "progression"),
        ("infused", ["IV"], 1, 0, "once"),
        ("not-recorded", ["PO"], None, None, "progression"),
    ],
)
def test_visits_follow_from_routes_and_days(
    card: Callable[..., Answer], name: str, routes: list[str], first: int | None, later: int | None, until: str
) -> None:
    burden = card(name)["burden"]
    assert (burden["routes"], burden["visits_first_28_days"], burden["visits_later_28_days"]) == (routes, first, later)
    assert burden["until"] == until


def test_days_in_hospital_and_what_goes_before_are_told(card: Callable[..., Answer]) -> None:
    found = card("dosed")
    assert found["burden"]["inpatient_days"] == 2
    assert [(p["text"], p["source"]) for p in found["preparation"]] == [("an antihistamine first", "s")]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("1-3", (1, 2, 3)),
        ("1, 8, 15", (1, 8, 15)),
        ("1-7/2", (1, 3, 5, 7)),
        ("-2, 1", (-2, 1)),
        ("1-2, 8-9", (1, 2, 8, 9)),
        ("weekly", None),
        ("", None),
    ],
)
def test_days_are_read(text: str, days: tuple[int, ...] | None) -> None:
    assert days_of(text) == days


@pytest.mark.parametrize(
    ("text", "span"), [("1-2", (1, 2)), ("3", (3, 3)), ("7+", (7, float("inf"))), ("", (1, float("inf")))]
)
def test_cycles_are_read(text: str, span: tuple[int, float]) -> None:
    assert cycles_of(text) == span


# --- over random patients --------------------------------------------------------------------------------------

COUNT = 40


@pytest.fixture(scope="module")
def drawn(kb: Knowledge) -> list[tuple[dict[str, Any], Assessment]]:
    return [(given, a) for _, given, a in patients("doses", COUNT, kb, lambda g: assess_given(g, kb))]


def rows_of(assessed: Assessment) -> dict[tuple[str, str], Resolved]:
    """The dose of every drug of every option."""
    kb = assessed.kb
    return {(n, r.drug): r for n in assessed.order for r in prescription(assessed, kb.regimens[n])}


def test_exactly_one_row_a_drug(drawn: list[tuple[dict[str, Any], Assessment]]) -> None:
    for given, assessed in drawn:
        for name, regimen in assessed.kb.regimens.items():
            assert sorted(r.drug for r in prescription(assessed, regimen)) == sorted(regimen.drugs), (name, given)


def test_no_dose_is_above_the_standard(drawn: list[tuple[dict[str, Any], Assessment]]) -> None:
    for given, assessed in drawn:
        for key, found in rows_of(assessed).items():
            for new, old in zip(found.rows, unchanged(found.standard), strict=True):
                assert new.weight <= old.weight or old.amount is None, (key, given)
                if new.amount is not None and old.amount is not None:
                    assert new.amount <= old.amount, (key, given)
                    assert doses_in_28_days(new.row, new.days) * new.amount <= old.amount * doses_in_28_days(old.row), key


def keys(found: Resolved) -> set[tuple[str, str]]:
    return {(o.fact, o.words) for o in found.open}


def test_a_presumption_hides_no_change_that_is_open_without_it(
    kb: Knowledge, drawn: list[tuple[dict[str, Any], Assessment]]
) -> None:
    for given, _ in drawn:
        strict, usual = (
            rows_of(assess_given({**given, "strict": True}, kb)),
            rows_of(assess_given({**given, "strict": False}, kb)),
        )
        for key in strict.keys() & usual.keys():
            if strict[key].standard == usual[key].standard and not usual[key].applied:
                assert keys(strict[key]) <= keys(usual[key]), (key, given)


def test_more_facts_only_narrow_what_is_open(kb: Knowledge) -> None:
    more = {"crcl": 45, "age": 70, "neuropathy": 1, "fitness": "fit", "condition": ["none"]}
    for given in ({"prior": ["VRd"], "refractory": ["len"]}, {"prior": ["none"]}, {"prior": ["dara"], "region": "us"}):
        before = rows_of(assess_given(given, kb))
        for fact, value in more.items():
            after = rows_of(assess_given({**given, fact: value}, kb))
            for key in before.keys() & after.keys():
                if before[key].standard == after[key].standard:
                    assert keys(after[key]) <= keys(before[key]), (key, given, fact)


def test_what_is_open_names_a_fact_or_the_region(drawn: list[tuple[dict[str, Any], Assessment]]) -> None:
    for _, assessed in drawn:
        for key, found in rows_of(assessed).items():
            for change in found.open:
                assert change.fact == "region" or split_atom(change.fact)[0], key
                assert change.words, key
                assert change.dose, key
