"""One dose a drug for this patient: worked out by hand on invented drugs, then properties over random patients."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from itertools import product
from typing import Any

import pytest
from cli_runner import mmopts as cli
from conftest import Answer
from patients import patients
from render_examples import blank

import mmopts
from mmopts.answers.forms import Burden
from mmopts.answers.knowledge import compared, shown
from mmopts.assess import dose
from mmopts.assess.adjusting import OMITTED, Changed, unchanged
from mmopts.assess.assessment import Assessment, assess_given
from mmopts.assess.dose import Resolved, alternatives, asked_of_patient, prescription, standard_prescription
from mmopts.assess.dose_words import dose_words, phase_notes, schedule_words
from mmopts.assess.plans import Recipient
from mmopts.assess.schedule import doses_in_28_days
from mmopts.facts import SETTINGS, split_atom
from mmopts.knowledge.days import cycles_of, days_of, weekly
from mmopts.knowledge.records import Adjustment, DoseRow, Knowledge
from mmopts.logic import Interval, One, Value, leaves
from mmopts.render.phrases import visits_sentence

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


# --- one variant for the whole regimen ---------------------------------------------------------------------------


def doses(kb: Knowledge, name: str, **given: Any) -> dict[str, Answer]:
    """The doses of a regimen for a patient, by drug."""
    found = mmopts.explain(name, given, kb)["regimen"]["prescription"]
    return {row["drug"]: row for row in found}


PERSEUS = {"daratumumab": "1, 8, 15, 22 of 28", "bortezomib": "1, 4, 8, 11 of 28", "lenalidomide": "1-21 of 28",
           "dexamethasone": "1-4, 9-12 of 28"}  # fmt: skip
"""The first cycle of four drugs before and after a transplant: cycles of 28 days (PERSEUS)."""
CEPHEUS = {"daratumumab": "1, 8, 15 of 21", "bortezomib": "1, 4, 8, 11 of 21", "lenalidomide": "1-14 of 21",
           "dexamethasone": "1, 2, 4, 5, 8, 9, 11, 12 of 21"}  # fmt: skip
"""And without one: cycles of 21 days (CEPHEUS)."""


@pytest.mark.parametrize(
    ("given", "trial", "other"),
    [
        ({"transplant": "eligible"}, PERSEUS, None),
        ({"transplant": "ineligible"}, CEPHEUS, None),
        ({"age": 66}, CEPHEUS, PERSEUS),  # open: the lower doses over twelve weeks, three drugs of four
    ],
)
def test_four_drugs_are_those_of_one_trial(
    kb: Knowledge, given: dict[str, Any], trial: dict[str, str], other: dict[str, str] | None
) -> None:
    found = doses(kb, "D-VRd", setting="newly-diagnosed", prior=["none"], **given)
    for drug, days in trial.items():
        first = found[drug]["days"].partition(" (")[0].removeprefix("25 mg on ").removeprefix("20 mg on ")
        assert first == days, drug
        told = [o["text"] for o in found[drug]["open"] if o["fact"] == "transplant" and o["if"] == "transplant-eligible"]
        assert bool(told) is (other is not None), drug
        assert all(other is not None and other[drug] in text for text in told), drug


@pytest.mark.parametrize("given", [{"fitness": "frail"}, {"age": 80, "fitness": "fit"}])
def test_a_frail_patient_has_no_more_dexamethasone_later_in_a_regimen_than_at_its_start(
    kb: Knowledge, given: dict[str, Any]
) -> None:
    # Coulson 2022 gives the frail dexamethasone once a week. The trial of VRd at relapse goes on with 10 mg on 8 days.
    found = doses(kb, "VRd", prior=["Kd"], refractory=["none"], lines=1, **given)["dexamethasone"]
    days = found["days"]
    assert "1, 8 of 21 (cycles 1-4)" in days
    assert "10 mg on 1, 8 of 21 (cycles 5-8)" in days


def test_a_fact_that_is_open_gives_the_doses_of_one_answer_throughout(card: Callable[..., Answer]) -> None:
    # Over 75 sterol is halved by the regimen and pill by its label: the lower doses, both as for that age.
    found = {r["drug"]: r for r in card("dosed", age=None)["prescription"]}
    assert (found["sterol"]["dose"], found["pill"]["dose"]) == ("20 mg", "12.5 mg")
    assert ("age", "age at most 75", "40 mg") in opened(found["sterol"])
    assert ("age", "age at most 75", "25 mg") in opened(found["pill"])


@pytest.mark.parametrize(
    ("name", "drug", "dose", "when", "others"),
    [
        ("cilta-cel", "ciltacabtagene autoleucel", "0.5-1 x 10^6 cells/kg", "US", {"EU": "0.75 x 10^6 cells/kg"}),
        ("ide-cel", "idecabtagene vicleucel", "300-510 x 10^6 cells", "US", {"EU": "420 x 10^6 cells"}),
        (
            "KRd", "carfilzomib", "20 mg/m2, then 27 mg/m2", "relapsed",
            {"newly diagnosed": "20 mg/m2, then 36 mg/m2", "maintenance": "20 mg/m2, then 36 mg/m2"},
        ),
        ("EPd", "dexamethasone", "28 mg, then 40 mg", "age at most 75", {"age over 75": "8 mg, then 20 mg"}),
        (
            "D-VCd", "daratumumab", "16 mg/kg", "no systemic light chain amyloidosis",
            {"systemic light chain amyloidosis": "1800 mg SC"},
        ),
        ("VTd", "thalidomide", "100 mg", "newly diagnosed", {"relapsed": "200 mg"}),
        ("Td", "thalidomide", "200 mg", "newly diagnosed", {"relapsed": "100 mg"}),
        (
            "Kd", "carfilzomib", "20 mg/m2, then 56 mg/m2", "not frail, age at most 75",
            {"frail or age over 75": "20 mg/m2, then 70 mg/m2"},
        ),
        ("Pd", "pomalidomide", "4 mg", None, {}),
    ],
)  # fmt: skip
def test_shown_to_nobody_in_particular_each_version_stands_apart(
    kb: Knowledge, name: str, drug: str, dose: str, when: str | None, others: dict[str, str]
) -> None:
    [regimen] = shown(name, kb).regimens
    [found] = [r for r in regimen.prescription if r.drug == drug]
    assert (found.dose, found.when) == (dose, when)
    assert {o.if_: o.dose for o in found.open} == others
    assert compared([name, "Vd"], kb).regimens[0].prescription == regimen.prescription


@pytest.mark.parametrize(
    ("name", "drug", "dose", "elsewhere"),
    [
        ("Rd", "dexamethasone", "40 mg", "smoldering"),  # uspi-revlimid; QuiRedex (mateos-2022) was off label
        ("KRd", "carfilzomib", "20 mg/m2, then 27 mg/m2", "maintenance"),  # uspi-kyprolis; ATLAS (dytfeld-2023)
        ("VRd", "bortezomib", "1.3 mg/m2", "relapsed"),  # swog-1211; the phase 2 at relapse (richardson-2014-vrd)
        ("R", "lenalidomide", "10 mg", "smoldering"),  # uspi-revlimid: maintenance; lonial-2019
    ],
)
def test_with_the_setting_open_the_labels_dose_in_active_disease_is_told_first(
    kb: Knowledge, name: str, drug: str, dose: str, elsewhere: str
) -> None:
    found = doses(kb, name, age=60, fitness="fit")[drug]
    assert found["dose"] == dose
    assert elsewhere in {o["if"] for o in found["open"]}


@pytest.mark.slow
def test_no_prescription_mixes_variants(kb: Knowledge) -> None:
    # Every regimen, for random patients of whom much is open: the rows of all drugs hold for one and the same patient,
    # and their first cycles are of one length.
    lengths = {r.id: variants(r.prescription) for r in kb.regimens.values()}
    for _, given, assessed in patients("variants", COUNT, kb, lambda g: assess_given(g, kb)):
        for name, regimen in kb.regimens.items():
            rows = [row for found in prescription(assessed, regimen) for row in found.standard]
            cycles = frozenset((r.drug, r.cycle) for r in rows if r.cycles in ("", "1") or r.cycles.startswith("1-"))
            assert not rows or cycles in lengths[name], (name, given)


def variants(rows: tuple[DoseRow, ...]) -> set[frozenset[tuple[str, int]]]:
    """The cycle lengths of each drug's first cycle, for every set of conditions and region that rows are written for."""
    out = set()
    atoms = {leaf.fact: leaf for row in rows for leaf in leaves([row.when])}
    options = [_answers(fact, rows) for fact in atoms]
    for region in {r.region for r in rows if r.region} or {None}:
        for values in product(*options):
            logic = One(dict(zip(atoms, values, strict=True)))
            held = [r for r in rows if logic.value(r.when) and r.region in (None, region)]
            own = {(r.drug, r.when) for r in held if r.region}
            held = [r for r in held if r.region or (r.drug, r.when) not in own]
            first = [r for r in held if r.cycles in ("", "1") or r.cycles.startswith("1-")]
            out.add(frozenset((r.drug, r.cycle) for r in first))
    return out


def _answers(fact: str, rows: tuple[DoseRow, ...]) -> list[Value]:
    """The answers about a fact that conditions of rows tell apart."""
    tests = [leaf for row in rows for leaf in leaves([row.when]) if leaf.fact == fact]
    if all(isinstance(leaf.value, bool) for leaf in tests):
        return [True, False]
    if all(isinstance(leaf.value, frozenset) for leaf in tests):
        return [frozenset({value}) for value in split_atom(fact)[0].values]
    bounds = sorted(float(str(leaf.value)) for leaf in tests)
    return [Interval(x, x) for bound in bounds for x in (bound - 1, bound, bound + 1)]


# --- phases ------------------------------------------------------------------------------------------------------

# Revlimid US: in combination 10 mg at 30-60 mL/min, 15 mg every other day below, 5 mg on dialysis; maintenance, from
# 10 mg: 5 mg (of a table read without its figures), 2.5 mg, 2.5 mg (recalled): all three are so marked.
KIDNEYS: list[tuple[dict[str, Any], str, str]] = [
    ({"crcl": 40}, "10 mg", "5 mg"),
    ({"crcl": 25}, "15 mg", "2.5 mg"),
    ({"condition": ["dialysis"]}, "5 mg", "2.5 mg"),
]


@pytest.mark.parametrize(("kidneys", "induction", "maintenance"), KIDNEYS)
@pytest.mark.parametrize("name", ["D-VRd", "KRd", "D-CVRd"])
def test_a_maintenance_phase_follows_the_steps_for_maintenance(
    kb: Knowledge, name: str, kidneys: dict[str, Any], induction: str, maintenance: str
) -> None:
    given = {"setting": "newly-diagnosed", "prior": ["none"], "transplant": "eligible", "region": "us", **kidneys}
    found = doses(kb, name, **given)["lenalidomide"]
    assert found["dose"] == f"{induction}, then {maintenance}"
    *before, last = found["days"].split("; ")
    assert "maintenance" in last
    assert "every other day" not in last
    assert all(("every other day" in days) is (induction == "15 mg") for days in before)
    assert found["unread"]


@pytest.mark.parametrize(("kidneys", "induction", "maintenance"), KIDNEYS)
def test_a_combination_given_as_maintenance_keeps_the_steps_of_the_combination(
    kb: Knowledge, kidneys: dict[str, Any], induction: str, maintenance: str
) -> None:
    given = {"setting": "maintenance", "prior": ["VRd", "melphalan"], "prior_asct": True, "region": "us", **kidneys}
    assert doses(kb, "KRd", **given)["lenalidomide"]["dose"] == induction  # 25 mg as in ATLAS
    assert doses(kb, "R", **given)["lenalidomide"]["dose"] == maintenance


@pytest.mark.slow
@pytest.mark.parametrize("region", ["us", "eu", "any"])
def test_no_lenalidomide_is_at_its_full_dose_in_severe_kidney_disease(kb: Knowledge, region: str) -> None:
    # Both labels: at most 15 mg every other day, on dialysis 5 mg.
    for setting in SETTINGS:
        for kidneys, most in (({"crcl": 25}, 15 * 14), ({"condition": ["dialysis"]}, 5 * 28)):
            given = {"setting": setting, "prior": ["none"] if setting == "newly-diagnosed" else ["VRd"], **kidneys}
            assessed = assess_given({**given, "region": region}, kb)
            for name, regimen in kb.regimens.items():
                for found in prescription(assessed, regimen):
                    if found.drug == "lenalidomide":
                        assert all(c.weight <= most for c in found.rows), (name, given)


def test_every_other_day_stays_within_the_days_of_the_row(kb: Knowledge) -> None:
    given = {"setting": "newly-diagnosed", "prior": ["none"], "transplant": "ineligible", "region": "us", "crcl": 25}
    found = doses(kb, "D-VRd", **given)["lenalidomide"]
    assert found["days"].startswith("every other day, 1-14 of 21")  # CEPHEUS gives days 1-14
    assert doses(kb, "Isa-VRd", **given)["lenalidomide"]["dose"] == "15 mg"


# --- one dose in a line ------------------------------------------------------------------------------------------


def test_a_note_that_names_an_amount_goes_with_the_amount(kb: Knowledge) -> None:
    given = {"setting": "maintenance", "prior": ["VRd", "melphalan"], "region": "us"}
    assert "15 mg after 3 cycles" in doses(kb, "R", **given, crcl=90)["lenalidomide"]["text"]
    lowered = doses(kb, "R", **given, condition=["dialysis"])["lenalidomide"]
    assert lowered["dose"] == "2.5 mg"
    assert "15 mg" not in lowered["text"]
    assert "about 3 months after transplant" in lowered["text"]


def test_a_lowered_transplant_dose_stands_alone(kb: Knowledge) -> None:
    # 140 mg/m2 over two days; 200 mg/m2 is what it is instead of.
    found = doses(kb, "HDM-ASCT", prior=["VRd"], region="us", crcl=20)["melphalan"]
    assert found["dose"] == "70 mg/m2"
    assert "140 mg/m2 in all" in found["text"]
    assert "200" not in found["text"]
    assert "200 mg/m2 in all" in doses(kb, "HDM-ASCT", prior=["VRd"], region="us", crcl=90)["melphalan"]["text"]


def test_between_30_and_60_the_transplant_dose_stands_and_its_series_is_told(kb: Knowledge) -> None:
    # CIBMTR, 185 at 30-59 mL/min: 75% had 200 mg/m2; progression-free at 5 years 46%, 18% with 140 (PMC5859934).
    for name in ("HDM-ASCT", "Tandem-ASCT"):
        given = {"prior": ["none"], "age": 60, "transplant": "eligible", "region": "us", "crcl": 40}
        assert doses(kb, name, **given)["melphalan"]["dose"] == "100 mg/m2"
        assert any("18 v 46%" in c["text"] for c in mmopts.explain(name, given, kb)["regimen"]["cautions"])
        assert doses(kb, name, **{**given, "crcl": 29})["melphalan"]["dose"] == "70 mg/m2"


@pytest.mark.parametrize(("region", "dose"), [("us", "15 mg/m2"), ("eu", "22.5 mg/m2")])
def test_liposomal_doxorubicin_by_liver_differs_by_region(kb: Knowledge, region: str, dose: str) -> None:
    # Bilirubin 1.2-3 mg/dL: half in the US label (drugs.com), a quarter less in the EU text (Caelyx); of 30 mg/m2.
    given = {"prior": ["Rd"], "lines": 1, "transplant": "ineligible", "condition": ["hepatic"], "region": region}
    assert doses(kb, "V-PLD", **given)["pegylated liposomal doxorubicin"]["dose"] == dose


@pytest.mark.slow
def test_no_adjusted_dose_is_told_beside_a_note_with_another(
    kb: Knowledge, drawn: list[tuple[dict[str, Any], Assessment]]
) -> None:
    for given, assessed in drawn:
        for key, found in rows_of(assessed).items():
            if found.rows and found.rows[0][1:] != unchanged(found.standard)[0][1:]:  # the route alone changes no amount
                assert not [n for n in phase_notes(found.rows) if re.search(r"\d (mg|g|mcg)\b", n)], (key, given)


# --- amyloidosis, and other schedules ----------------------------------------------------------------------------

# ANDROMEDA and the Darzalex SC labels: 1800 mg weekly x 8, every two weeks x 8, every four weeks; bortezomib 1.3 mg/m2,
# cyclophosphamide 300 mg/m2 (500 mg at most) and dexamethasone 40 mg weekly for six cycles; 20 mg over 70 years.


def test_amyloidosis_has_the_doses_of_its_own_label(kb: Knowledge) -> None:
    found = doses(kb, "D-VCd", setting="newly-diagnosed", prior=["none"], age=60, condition=["amyloidosis"])
    assert [(d, r["dose"], r["route"]) for d, r in found.items()] == [
        ("daratumumab", "1800 mg", "SC"),
        ("bortezomib", "1.3 mg/m2", "SC"),
        ("cyclophosphamide", "300 mg/m2", "PO"),
        ("dexamethasone", "40 mg", "PO"),
    ]
    intervals = "1, 8, 15, 22 of 28 (cycles 1-2); 1, 15 of 28 (cycles 3-6); 1 of 28 (cycles 7-24)"
    assert found["daratumumab"]["days"] == intervals
    assert {found[d]["days"] for d in list(found)[1:]} == {"1, 8, 15, 22 of 28 (cycles 1-6)"}
    assert "at most 500 mg a week" in found["cyclophosphamide"]["text"]


@pytest.mark.parametrize(
    ("facts", "dose"),
    [({"age": 70}, "40 mg"), ({"age": 71}, "20 mg"), ({"age": 60, "condition": ["heart-failure"]}, "20 mg")],
)
def test_dexamethasone_is_halved_in_amyloidosis_as_in_its_trial(kb: Knowledge, facts: dict[str, Any], dose: str) -> None:
    given = {"setting": "newly-diagnosed", "prior": ["none"], "fitness": "fit", **facts}
    given["condition"] = ["amyloidosis", *facts.get("condition", [])]
    assert doses(kb, "D-VCd", **given)["dexamethasone"]["dose"] == dose


@pytest.mark.parametrize("age", [66, 72, 78])
def test_who_has_myeloma_alone_is_told_no_dose_of_amyloidosis(kb: Knowledge, age: int) -> None:
    for found in rows_of(assess_given({"setting": "newly-diagnosed", "prior": ["none"], "age": age}, kb)).values():
        said = [change.words for change in found.open] + [reason for row in found.applied for reason in (row.words,)]
        assert not any("amyloidosis" in words for words in said), found.drug


def test_myeloma_has_those_of_its_trial_and_daratumumab_under_the_skin_beside_it(kb: Knowledge) -> None:
    given = {"setting": "newly-diagnosed", "prior": ["none"], "condition": ["dialysis"]}
    mine = doses(kb, "D-VCd", **given)
    assert (mine["daratumumab"]["dose"], mine["bortezomib"]["dose"]) == ("16 mg/kg", "1.5 mg/m2")  # LYRA
    [other] = alternatives(assess_given(given, kb), kb.regimens["D-VCd"])
    assert [(r.drug, dose_words(r.rows), r.rows[0].row.route) for r in other.doses] == [("daratumumab", "1800 mg", "SC")]


def test_another_schedule_is_changed_for_the_patient_too(kb: Knowledge) -> None:
    given = {"setting": "newly-diagnosed", "prior": ["none"], "region": "us", "crcl": 25}
    others = alternatives(assess_given(given, kb), kb.regimens["VRd"])
    told = [r for other in others for r in other.doses if r.drug == "lenalidomide"]
    assert told
    assert {dose_words(r.rows) for r in told} == {"15 mg"}
    assert all(schedule_words(r.rows).startswith("every other day") for r in told)


def test_an_if_of_one_regions_label_says_so(kb: Knowledge) -> None:
    # uspi-revlimid: 10 mg at 30 to 60 mL/min; smpc-revlimid-early: 10 mg at 30 to 50;
    # below 30 both say 15 mg every other day.
    found = {o["if"]: o["region"] for o in doses(kb, "DRd", age=60)["lenalidomide"]["open"]}
    assert (found["CrCl 30 to under 60 mL/min"], found["CrCl 30 to under 50 mL/min"]) == ("us", "eu")
    assert found["CrCl under 30 mL/min, no dialysis"] is None
    assert "If CrCl 30 to under 50 mL/min (EU):" in cli("dose", "DRd", "--age", "60", width=300).out
    assert not any(o["region"] for o in doses(kb, "DRd", age=60, region="eu")["lenalidomide"]["open"])


def test_two_changes_that_ask_for_the_same_are_both_named(kb: Knowledge) -> None:
    # uspi-pomalyst: 3 mg on dialysis; 3 mg in Child-Pugh A or B, 2 mg in C.
    found = doses(kb, "Isa-Pd", prior=["VRd"], condition=["dialysis", "hepatic"], region="us")["pomalidomide"]
    assert (found["dose"], len(found["changed_for"])) == ("3 mg", 2)
    assert "C: 2 mg" in found["text"]


def test_what_became_one_dose_is_told_as_one(kb: Knowledge) -> None:
    found = doses(kb, "DKd", prior=["VRd"], lines=1, age=78)["dexamethasone"]  # kyprolis-hcp-dkd: 20 mg once weekly
    assert (found["dose"], found["days"]) == ("20 mg", "1, 8, 15, 22 of 28")


TRIPLE: dict[str, Any] = {"prior": ["VRd", "DPd", "Kd"], "lines": 4, "region": "us"}


@pytest.mark.parametrize(
    ("name", "given", "drug", "said"),
    [
        # uspi-tecvayli, uspi-lynozyfic, uspi-elrexfio: who goes on to fewer doses.
        ("Tec", TRIPLE, "teclistamab", "every 2 weeks after 6 months of CR"),
        ("Linvo", TRIPLE, "linvoseltamab", "cycles 5+: every 4 weeks with VGPR kept at week 24 or later"),
        ("Elra", TRIPLE, "elranatamab", "cycles 7-12: responders, from week 25"),
        ("D-VRd", {"setting": "newly-diagnosed", "transplant": "eligible"}, "daratumumab", "may stop after 24 months"),
    ],
)
def test_notes_of_later_phases_are_told(kb: Knowledge, name: str, given: dict[str, Any], drug: str, said: str) -> None:
    assert said in doses(kb, name, **given)[drug]["text"]


@pytest.mark.parametrize(
    ("name", "given", "drug", "said", "cause"),
    [
        ("Vd", {"neuropathy": 1}, "bortezomib", "with pain: 1.0 mg/m2", "neuropathy grade 1"),  # uspi-velcade
        ("Vd", {"condition": ["dialysis"]}, "bortezomib", "after dialysis", "dialysis"),
        ("Kd", {"condition": ["dialysis"]}, "carfilzomib", "after dialysis", "dialysis"),  # quach-2017
        ("PanoVd", {"age": 78, "region": "eu"}, "panobinostat", "consider 15 mg in cycle 1", "age over 75"),  # farydak
        ("Pd", {"fitness": "frail"}, "pomalidomide", "2 mg (frail", "frail or intermediate"),  # larocca-2018
        ("VRd", {"fitness": "frail"}, "bortezomib", "consider 1.0 mg/m2 once weekly", "frail"),  # larocca-2018
    ],
)
def test_what_holds_and_changes_no_number_is_told_at_the_drug(
    kb: Knowledge, name: str, given: dict[str, Any], drug: str, said: str, cause: str
) -> None:
    remarks = doses(kb, name, prior=["Rd"], **given)[drug]["remarks"]
    assert any(said in r["text"] and r["if"] == cause for r in remarks), remarks
    words = [
        w for k, v in {"prior": ["Rd"], **given}.items() for w in (f"--{k}", ",".join(v) if isinstance(v, list) else str(v))
    ]
    assert said in " ".join(cli("dose", name, *words, width=300).out.split())
    if "fitness" not in given:
        assert not doses(kb, name, prior=["Rd"], age=60)[drug]["remarks"]  # presumed kidneys and nerves say nothing


def test_another_schedule_is_for_the_same_patient_as_the_prescription(kb: Knowledge) -> None:
    # R is given as maintenance: its step there is 5 mg at 30-60 mL/min (drugs.com), whether the setting is said or not.
    for setting in ({}, {"setting": "maintenance"}):
        given = assess_given({"crcl": 45, "region": "us", **setting}, kb)
        [mine] = prescription(given, kb.regimens["R"])
        [other] = alternatives(given, kb.regimens["R"])
        assert (dose_words(mine.rows), [dose_words(r.rows) for r in other.doses]) == ("5 mg", ["5 mg"])


def test_what_would_change_another_schedule_is_said_of_it() -> None:
    said = " ".join(cli("dose", "Kd", "--prior", "VRd", "--age", "60", "--fit").out.split())
    # uspi-kyprolis: a quarter less in mild or moderate impairment; of 70 that is 52.5 mg/m2, of 56 it is 42.
    assert "if moderate or severe liver impairment (US): 15 mg/m2, then 52.5 mg/m2" in said.partition("Also given as")[2]
    # The steps of lenalidomide are those of the prescription above.
    said = " ".join(cli("dose", "VRd", "--setting", "newly-diagnosed", "--age", "60").out.split())
    assert "lenalidomide 25 mg PO, days 1-14 of 21, unless as above" in said.partition("Also given as")[2]


@pytest.mark.parametrize(
    ("region", "days"),
    [("us", ["1", "4", "7", "10, 24"]), ("eu", ["1", "3", "5", "7, 21"])],  # the step-up days of either label
)
def test_another_schedule_is_that_of_its_region(kb: Knowledge, region: str, days: list[str]) -> None:
    given = {"prior": ["VRd", "DPd", "Kd"], "refractory": ["len", "pom", "dara", "carf"], "lines": 4, "region": region}
    [other] = alternatives(assess_given(given, kb), kb.regimens["Tal"])
    [drug] = other.doses
    assert (other.region, [c.days for c in drug.rows]) == (region, days)
    assert [o.region for o in kb.regimens["Tal"].alternatives] == ["us", "eu"]
    assert asked_of_patient(standard_prescription(kb, kb.regimens["Tal"])).visits.first == 6


def test_no_amount_falls_back_within_a_schedule_that_steps_up(kb: Knowledge) -> None:
    for regimen in kb.regimens.values():
        for other in regimen.alternatives:
            for drug in {row.drug for row in other.rows if row.step_up}:
                amounts = [row.amount or 0 for row in other.rows if row.drug == drug]
                assert amounts == sorted(amounts), (regimen.id, other.name)


def test_in_pregnancy_no_dose_is_told_but_what_is_given_instead(kb: Knowledge) -> None:
    given = {"prior": ["VRd"], "refractory": ["len"], "lines": 1, "age": 31, "condition": ["pregnancy"]}
    found = doses(kb, "dex", **given)["dexamethasone"]
    assert (found["recorded"], found["dose"], found["open"]) == (False, "not recorded", [])
    assert "prednisolone" in found["text"]


@pytest.mark.parametrize("given", [{"age": 90, "ecog": 3}, {"age": 78}, {"fitness": "frail"}])
def test_the_old_and_the_frail_get_no_pulses(kb: Knowledge, given: dict[str, Any]) -> None:
    found = doses(kb, "dex", prior=["none"], **given)["dexamethasone"]
    assert (found["dose"], found["days"]) == ("20 mg", "1, 8, 15, 22 of 28")


LATER: dict[str, Any] = {"prior": ["VRd"], "refractory": ["len"], "lines": 2, "age": 78, "fitness": "intermediate"}


@pytest.mark.parametrize("name", ["Isa-Kd", "Kd", "SVd", "VCd", "Ven-Vd", "EVd", "Benda-Vd", "DVd", "DKd", "PanoVd"])
def test_over_75_dexamethasone_is_20_mg_a_week(kb: Knowledge, name: str) -> None:
    # kyprolis-hcp-dkd, mateos-2020, coulson-2022: 20 mg once weekly over 75 or unfit.
    [found] = [r for r in prescription(assess_given(LATER, kb), kb.regimens[name]) if r.drug == "dexamethasone"]
    for changed in found.rows:
        weeks = changed.row.cycle / 7
        assert (changed.amount or 0) * len(days_of(changed.days) or ()) <= 20 * weeks, (name, changed.days)


@pytest.mark.parametrize(
    ("days", "first"),
    [("1, 2, 8, 9, 15, 16", "1, 8, 15"), ("1, 2, 4, 5, 8, 9, 11, 12", "1, 8"), ("1, 8, 15, 22", "1, 8, 15, 22"), ("x", "x")],
)
def test_the_first_day_of_each_week(days: str, first: str) -> None:
    assert weekly(days) == first


@pytest.mark.parametrize(
    ("days", "cycle", "runs", "given"),
    [
        ("1, 4, 8, 11", 21, False, "1, 8"),  # OPTIMISMM, cycles 9 and later: bortezomib on days 1 and 8 of 21
        ("1, 4, 8, 11", 28, False, "1, 8, 15"),  # BENEFIT: weekly on days 1, 8 and 15 of 28
        ("1, 4, 8, 11, 22, 25, 29, 32", 42, False, "1, 8, 22, 29"),  # VISTA, cycles 5 to 9
        ("1-4, 8-11", 28, False, "1, 8, 15"),
        ("1-4", 28, False, "1"),  # a pulse stays one
        ("8, 9, 15, 16", 28, False, "8, 15"),  # what begins later has another row before it
        ("1, 2, 4, 5, 8, 9, 11, 12", 21, True, "1, 2, 8, 9"),  # OPTIMISMM: dexamethasone on the day of bortezomib and after
        ("1, 2, 4, 5, 8, 9, 11, 12", 28, True, "1, 2, 8, 9, 15, 16"),
        ("1, 2, 8, 9, 15, 16", 28, True, "1, 2, 8, 9, 15, 16"),
        ("1-4, 9-12", 28, True, "1-4, 9-12"),
    ],
)
def test_once_a_week_goes_on_to_the_week_before_the_last(days: str, cycle: int, runs: bool, given: str) -> None:
    assert weekly(days, cycle, runs=runs) == given


@pytest.mark.parametrize(
    ("name", "given", "bortezomib", "dexamethasone"),
    [
        ("PVd", {"prior": ["Rd"]}, "1, 8 of 21", "1, 2, 8, 9 of 21"),  # richardson-2019: as of cycle 9
        ("PVd", {"prior": ["Rd"], "age": 78}, "1, 8 of 21", "1, 2, 8, 9 of 21"),  # 10 mg over 75, on the same days
        ("D-VRd", {"setting": "newly-diagnosed", "transplant": "eligible"}, "1, 8, 15 of 28", "1-4, 9-12 of 28"),  # BENEFIT
    ],
)
def test_the_steroid_goes_with_the_bortezomib_that_is_left(
    kb: Knowledge, name: str, given: dict[str, Any], bortezomib: str, dexamethasone: str
) -> None:
    found = doses(kb, name, **given, neuropathy=2)
    assert (found["bortezomib"]["dose"], found["bortezomib"]["days"].split(" (")[0]) == ("1 mg/m2", bortezomib)
    assert found["dexamethasone"]["days"].split(" (")[0] == dexamethasone


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("D-VRd", {"setting": "newly-diagnosed", "transplant": "eligible"}),
        ("Vd", {"prior": ["Rd"]}),
        ("BVd", {"prior": ["Rd"]}),
        ("VMP", {"setting": "newly-diagnosed"}),
    ],
)
def test_at_neuropathy_grade_2_the_dose_says_what_the_caution_says(kb: Knowledge, name: str, given: dict[str, Any]) -> None:
    # uspi-velcade: 1.0 mg/m2; pdq-2025: weekly. With a failing liver 0.7 mg/m2 (lorusso-2012), and still weekly.
    for condition, amount in (([], 1.0), (["hepatic"], 0.7)):
        found = assess_given({**given, "neuropathy": 2, "condition": condition}, kb)
        [bortezomib] = [r for r in prescription(found, kb.regimens[name]) if r.drug == "bortezomib"]
        for changed in bortezomib.rows:
            assert changed.amount == amount
            weeks = [(day - 1) // 7 for day in days_of(changed.days) or ()]
            assert len(weeks) == len(set(weeks)), changed.days
    said = " ".join(c["text"] for c in mmopts.explain(name, {**given, "neuropathy": 2}, kb)["regimen"]["cautions"])
    assert "1.0 mg/m2 once weekly" in said


def test_at_neuropathy_grade_3_bortezomib_is_given_once_a_week(kb: Knowledge) -> None:
    # uspi-velcade: grade 2 with pain or grade 3: withhold, then 0.7 mg/m2 once per week.
    given = assess_given({"prior": ["Rd"], "neuropathy": 3}, kb)
    seen = 0
    for regimen in kb.regimens.values():
        doses = [*prescription(given, regimen), *(r for a in alternatives(given, regimen) for r in a.doses)]
        for changed in [c for r in doses if r.drug == "bortezomib" for c in r.rows]:
            listed = days_of(changed.days) or ()
            assert changed.amount is None or changed.amount <= 0.7, regimen.id
            assert len(listed) <= changed.row.cycle / 7 or not changed.row.cycle, (regimen.id, changed.days)
            seen += 1
    assert seen > 30


@pytest.mark.parametrize(("name", "own"), [("PVd", "10 mg"), ("Ixa-d", "10 mg")])
def test_a_rule_for_20_mg_leaves_40_mg_once_a_week_to_the_drugs(kb: Knowledge, name: str, own: str) -> None:
    # richardson-2019, ixad-registry: 10 mg instead of 20; uspi-pomalyst, smpc-neofordex: 20 mg instead of 40 once weekly.
    given = assess_given({"prior": ["VRd"], "lines": 1, "age": 80, "fitness": "fit"}, kb)
    regimen = kb.regimens[name]
    [mine] = [r for r in prescription(given, regimen) if r.drug == "dexamethasone"]
    [other] = [r for a in alternatives(given, regimen) for r in a.doses if r.drug == "dexamethasone"]
    assert (dose_words(mine.rows), dose_words(other.rows)) == (own, "20 mg")


@pytest.mark.parametrize(
    ("given", "dose"),
    [
        ({"fitness": "frail", "age": 72}, "20 mg/m2, then 70 mg/m2"),  # A.R.R.O.W.
        ({"fitness": "fit", "age": 78}, "20 mg/m2, then 70 mg/m2"),
        ({"fitness": "fit", "age": 62}, "20 mg/m2, then 56 mg/m2"),  # ENDEAVOR
    ],
)
def test_the_frail_and_the_old_get_carfilzomib_once_a_week(kb: Knowledge, given: dict[str, Any], dose: str) -> None:
    assert doses(kb, "Kd", **{**LATER, **given})["carfilzomib"]["dose"] == dose


def test_who_cannot_swallow_gets_nothing_by_mouth(kb: Knowledge) -> None:
    for setting in ({"prior": ["none"]}, {"prior": ["VRd"], "refractory": ["none"], "lines": 1}):
        assessed = assess_given({**setting, "age": 70, "condition": ["oral-unsuitable"]}, kb)
        for name in assessed.order:
            regimen = kb.regimens[name]
            by_mouth = {r.drug for r in prescription(assessed, regimen) for c in r.rows if c.row.route == "PO"}
            # What is given into a vein besides may have a steroid in tablets, for which the base knows no other way.
            assert by_mouth <= {"prednisone", "prednisolone"}, name
    assert "Cyclo-P" not in assessed.order


def test_amyloid_in_the_heart_lowers_the_steroid_and_lenalidomide(kb: Knowledge) -> None:
    # sanchorawala-2012: lenalidomide from 15 mg, dexamethasone 20 mg a week with heart failure or oedema.
    given = {"prior": ["VMP"], "refractory": ["none"], "lines": 1, "fitness": "fit", "age": 66}
    here, plain = (doses(kb, "DRd", **given, condition=c) for c in (["amyloidosis", "cardiac"], ["none"]))
    assert (here["lenalidomide"]["dose"], here["dexamethasone"]["dose"]) == ("15 mg", "20 mg")
    assert (plain["lenalidomide"]["dose"], plain["dexamethasone"]["dose"]) == ("25 mg", "40 mg")


# --- what it asks of the patient ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "routes", "first", "later", "lasting", "until"),
    [
        # Weekly in cycles 1-2, every two weeks in 3-6, then monthly: 4, then 4 + 4 x 2 + 7 x 1 = 19 in 12 months of 28 days.
        ("dosed", ["SC", "PO"], 4, 2, 1, "progression"),
        # Four days of 21 for 8 cycles: 6 (1, 4, 8, 11, 22, 25), then 26 in the 5 months of 28 days to the last, day 158.
        ("with-beta", ["SC", "PO"], 6, 5, 0, "progression"),
        ("regional", ["PO"], 0, 0, 0, "progression"),
        ("infused", ["IV"], 1, 0, 0, "once"),
        ("not-recorded", ["PO"], None, None, None, "progression"),
    ],
)
def test_visits_follow_from_routes_and_days(
    card: Callable[..., Answer],
    name: str,
    routes: list[str],
    first: int | None,
    later: int | None,
    lasting: int | None,
    until: str,
) -> None:
    burden = card(name)["burden"]
    assert (burden["routes"], burden["until"]) == (routes, until)
    assert [burden[f"visits_{when}_28_days"] for when in ("first", "later", "lasting")] == [first, later, lasting]


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("HDM-ASCT", 17),  # 17.3 days, mean of US admissions in 2014 (National Inpatient Sample, ASH 2019)
        ("cilta-cel", 11),  # median at one centre (Moffitt, 2024)
        ("ide-cel", None),  # nothing was read
    ],
)
def test_the_days_of_a_stay_in_hospital_are_no_visits(kb: Knowledge, name: str, days: int | None) -> None:
    burden = mmopts.explain(name, {"prior": ["VRd"], "lines": 1}, kb)["regimen"]["burden"]
    assert (burden["hospital_stay"], burden["inpatient_days"]) == (True, days)
    assert (burden["visits_first_28_days"], burden["visits_later_28_days"]) == (None, None)


def test_visits_before_the_full_dose_that_are_not_recorded_are_not_counted_as_none(kb: Knowledge) -> None:
    # The step-up of RedirecTT-1 was not read; its full doses, every second week, were.
    burden = mmopts.explain("Tec-Tal", {"prior": ["VRd", "DPd"], "lines": 3}, kb)["regimen"]["burden"]
    assert (burden["visits_first_28_days"], burden["visits_later_28_days"]) == (None, 2)
    assert visits_sentence(blank(Burden, visits_later_28_days=2)) == "visits/28 d not known, then 2"


def test_days_in_hospital_that_one_regions_label_asks_for_are_not_the_others(kb: Knowledge) -> None:
    # Elrexfio US: 48 h after the first and 24 h after the second step-up dose; the EU text asks for none.
    given = {"prior": ["VRd", "DPd", "Kd"], "lines": 4}
    found = {r: mmopts.explain("Elra", {**given, "region": r}, kb)["regimen"]["burden"] for r in ("us", "eu")}
    assert (found["us"]["inpatient_days"], found["eu"]["inpatient_days"]) == (3, None)


def test_days_in_hospital_and_what_goes_before_are_told(card: Callable[..., Answer]) -> None:
    found = card("dosed")
    assert found["burden"]["inpatient_days"] == 2
    assert [(p["text"], p["source"]) for p in found["preparation"]] == [("an antihistamine first", "s")]


@pytest.mark.parametrize(("age", "told"), [(75, False), (76, True), (None, True)])
def test_what_goes_before_is_told_to_those_it_is_for(card: Callable[..., Answer], age: int | None, told: bool) -> None:
    # While the age is open it is told: leaving it out would be the guess.
    assert ("a glass of milk" in [p["text"] for p in card("dosed", age=age)["preparation"]]) is told


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


@pytest.mark.slow
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


def keys(found: Resolved, without: Collection[str] = ()) -> set[str]:
    """What the open changes hang on, each clause by itself: an answer may leave only a part of them.

    Not of those that speak of anything in `without`.
    """
    told = (o.words.split(", ") for o in found.open)
    each = ([clause.removeprefix("no ") for clause in clauses] for clauses in told)
    return {clause for clauses in each if not set(clauses) & set(without) for clause in clauses}


def adjustments_of(key: tuple[str, str], kb: Knowledge) -> list[Adjustment]:
    """The changes of a drug in a regimen, the drug's and the regimen's own."""
    name, drug = key
    return [*kb.drugs[drug].adjustments, *kb.regimens[name].adjustments]


@pytest.mark.slow
def test_a_presumption_hides_no_change_that_is_open_without_it(
    kb: Knowledge, drawn: list[tuple[dict[str, Any], Assessment]]
) -> None:
    apart = {word.name for word in kb.vocabulary["condition"].words.values() if word.apart}
    # Nor is another plan: who declines a transplant, or has none within reach, says so.
    apart |= {kb.vocabulary["condition"].words["asct-declined"].name, kb.vocabulary["unavailable"].words["transplant"].name}
    for given, _ in drawn:
        strict, usual = (
            rows_of(assess_given({**given, "strict": True}, kb)),
            rows_of(assess_given({**given, "strict": False}, kb)),
        )
        for key in strict.keys() & usual.keys():
            if strict[key].standard == usual[key].standard and not usual[key].applied:
                silent = {clause for a in adjustments_of(key, kb) if a.silent for clause in a.words.split(", ")}
                # The doses of a disease of its own are no change of dose: nobody is told of them who is not asked.
                assert keys(strict[key], apart) - silent <= keys(usual[key]), (key, given)


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


def test_a_note_names_no_amount_beside_a_dose_that_is_not_given(tiny: Knowledge) -> None:
    # The amounts in a note are those of the row: they would read as a dose where none is given.
    row = next(r for r in tiny.regimens["dosed"].prescription if r.drug == "pill")._replace(
        note="with food; 10 mg at night", cap="25 mg at most"
    )
    assert phase_notes([Changed(row, row.amount, row.days)]) == ["25 mg at most", "with food", "10 mg at night"]
    assert phase_notes([Changed(row, row.amount, row.days, OMITTED)]) == ["with food"]
    assert phase_notes([Changed(row, 5.0, row.days)]) == ["with food"]


MPT = {  # thalidomide summary of product characteristics, table of starting doses and its note d: a half at CrCl under 50
    (75, 60, ()): "0.25 mg/kg", (75, 60, ("cytopenia-moderate",)): "0.125 mg/kg", (75, 49, ()): "0.125 mg/kg",
    (76, 60, ()): "0.2 mg/kg", (76, 60, ("cytopenia-moderate",)): "0.1 mg/kg", (76, 49, ()): "0.1 mg/kg",
    (76, 50, ()): "0.2 mg/kg",
}  # fmt: skip


@pytest.mark.parametrize(("patient", "dose"), MPT.items())
def test_a_further_reduction_is_taken_off_what_age_leaves(kb: Knowledge, patient: Any, dose: str) -> None:
    age, crcl, conditions = patient
    found = doses(kb, "MPT", age=age, crcl=crcl, condition=list(conditions) or ["none"], region="eu")
    assert found["melphalan"]["dose"] == dose


def test_what_further_reductions_leave_is_told_while_they_are_open(kb: Knowledge) -> None:
    found = doses(kb, "MPT", age=76, region="eu")["melphalan"]
    assert {(one["fact"], one["dose"]) for one in found["open"]} >= {("crcl", "0.1 mg/kg"), ("condition", "0.1 mg/kg")}


@pytest.mark.slow
def test_a_remembered_prescription_is_the_one_that_would_be_worked_out(kb: Knowledge) -> None:
    found = remembered = 0
    for _, given, assessed in patients("remembered", 60, kb, lambda given: assess_given(given, kb)):
        for name in assessed.order:
            regimen = kb.regimens[name]
            anew = dose._prescribed(Recipient(assessed, regimen), regimen)[0]
            for _ in range(2):
                kept = prescription(assessed, regimen)
                assert kept == anew, (name, given)
            found += 1
            remembered += kept is not anew and kept is prescription(assessed, regimen)
    assert remembered > found / 2
