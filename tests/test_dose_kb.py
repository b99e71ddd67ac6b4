"""The built-in prescriptions: what labels ask before a dose stands on every card, and nothing stands there twice."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mmopts import suggest
from mmopts.answers.doses import dose_row
from mmopts.answers.patient import About
from mmopts.assess.assessment import assess_given
from mmopts.assess.dose import prescription, standard_prescription
from mmopts.knowledge.records import Knowledge, Regimen
from mmopts.render import rendered
from mmopts.render.phrases import visit_words

BEFORE = {
    # Labels: Darzalex, Sarclisa and Empliciti ask for an antihistamine and paracetamol, the bispecifics for the step-up.
    "anti-CD38": r"antihistamine",
    "anti-SLAMF7": r"antihistamine",
    "bispecific": r"antihistamine|diphenhydramine|protocol",
    # Carvykti, Abecma: lymphodepletion with fludarabine and cyclophosphamide.
    "CAR-T": r"lymphodepletion|fludarabine \S+ mg/m2 \(by clearance, see below\) and cyclophosphamide",
}
"""What is given before a drug of a class, by its label."""


def recorded(regimen: Regimen) -> bool:
    """Whether any dose of it is."""
    return any(row.amount is not None for row in regimen.prescription)


def prepared(regimen: Regimen) -> str:
    return "; ".join(one.text for one in regimen.preparation)


@pytest.mark.parametrize("word", BEFORE)
def test_what_a_label_asks_before_a_drug_stands_on_every_card_of_it(kb: Knowledge, word: str) -> None:
    of = [r for r in kb.regimens.values() if any(word in kb.drugs[d].classes for d in r.drugs) and recorded(r)]
    assert len(of) > 2
    assert [r.id for r in of if not re.search(BEFORE[word], prepared(r))] == []


def test_selinexor_has_its_antiemetics_on_every_card(kb: Knowledge) -> None:
    # US label (Xpovio): a 5-HT3 antagonist and other antiemetics before and during treatment.
    of = [r for r in kb.regimens.values() if "selinexor" in r.drugs and recorded(r)]
    assert len(of) > 3
    assert [r.id for r in of if "antiemetic" not in prepared(r)] == []


def test_the_dose_of_carfilzomib_is_capped_at_a_body_surface_of_two_point_two(kb: Knowledge) -> None:
    # US label (Kyprolis) 2.1: dose by actual body surface, over 2.2 m2 as for 2.2 m2.
    rows: list[tuple[str, Any]] = []
    for regimen in kb.regimens.values():
        given = [*regimen.prescription, *(row for other in regimen.alternatives for row in other.rows)]
        rows += [(regimen.id, row) for row in given if row.drug == "carfilzomib" and row.unit == "mg/m2"]
    assert len(rows) > 20
    assert [name for name, row in rows if "2.2 m2" not in (row.cap or "")] == []


def test_fluids_before_carfilzomib_are_told_by_care_alone_that_knows_heart_and_kidney(kb: Knowledge) -> None:
    # US label (Kyprolis) 2.2: hydrate in cycle 1, not where overload is to be feared; a fixed line would contradict that.
    of = [r for r in kb.regimens.values() if "carfilzomib" in r.drugs]
    assert [r.id for r in of if "fluids" in prepared(r)] == []


def test_no_prescription_says_a_thing_twice_in_a_row(kb: Knowledge) -> None:
    for regimen in kb.regimens.values():
        for found in standard_prescription(kb, regimen):
            assert not re.search(r"\b([a-z]+), \1\b", dose_row(found).text), regimen.id


def test_premedication_is_told_by_the_card_of_the_regimen_alone(kb: Knowledge) -> None:
    lines = [line.text for topic in kb.care for line in topic.lines]
    assert [text for text in lines if "paracetamol" in text] == []


@pytest.mark.parametrize(
    ("given", "until"),
    [
        # GMMG-HD7 took transplant candidates up to 70 (3 cycles of 42 days), IMROZ others up to 80 (until progression).
        ({"age": 79}, "progression"),
        ({"age": 79, "transplant": "eligible"}, "3 cycles"),
        ({"age": 58}, "3 cycles"),
        # The US label of 2024 is for those who are no candidates alone (Sarclisa).
        ({"age": 58, "region": "us"}, "progression"),
    ],
)
def test_of_two_schedules_that_is_told_which_a_label_or_a_trial_has_for_such_a_patient(
    kb: Knowledge, given: dict[str, Any], until: str
) -> None:
    found = prescription(assess_given({"setting": "newly-diagnosed", **given}, kb), kb.regimens["Isa-VRd"])
    assert dose_row(next(r for r in found if r.drug == "isatuximab")).until == until


@pytest.mark.parametrize(("name", "visits"), [("DCEP", 0), ("D-PACE", 0), ("mCBAD", 2), ("VTD-PACE", 2)])
def test_the_days_of_one_long_infusion_are_not_told_as_visits_apart(kb: Knowledge, name: str, visits: int) -> None:
    # DCEP: each drug as an infusion over 24 hours on days 1 to 4 (Dadacaridou 2007, abstract); beside the infusions of
    # mCBAD and VTD-PACE bortezomib is given on days 8 and 11 too.
    patient = {"prior": ["VRd"], "lines": 2, "fitness": "fit", "condition": ["extramedullary"]}
    card = About(assess_given(patient, kb)).dose(name)
    assert (card.burden.infusion_days, card.burden.visits_first_28_days) == (4, visits)
    assert visit_words(card.burden) == "; ".join([*(["2"] if visits else []), "infusion over 4 days and nights"])


@pytest.mark.parametrize("word", ["hepatitis-b", "hepatitis-b-past"])
def test_one_thing_is_told_once_beside_an_option(kb: Knowledge, word: str) -> None:
    found = suggest({"prior": ["VRd"], "lines": 1, "fitness": "fit", "condition": [word]}, kb)
    counts = [sum("hepatitis B" in c["text"] for c in o["cautions"]) for o in found["options"]]
    assert max(counts) == 1


@pytest.mark.parametrize("word", ["hepatitis-b", "hepatitis-b-past"])
def test_how_hepatitis_b_is_covered_is_told_by_the_care_alone(kb: Knowledge, word: str) -> None:
    # Labels speak of 6 months after treatment, guidelines of 12: beside each other they would contradict.
    about = About(assess_given({"prior": ["VRd"], "lines": 1, "fitness": "fit", "condition": [word]}, kb))
    for name in ("DPd", "Isa-Kd", "Tec-D", "cilta-cel", "BPd"):
        card = about.dose(name)
        assert "12 months after" in next(row.text for row in card.care if row.topic == "hepatitis-b"), name
        warned = [c.text for c in card.cautions if "hepatitis B" in c.text]
        assert len(warned) == 1, name
        assert not re.search("months|antiviral|entecavir", warned[0]), name


@pytest.mark.parametrize(
    ("name", "strength"),
    [
        # Regulators' letters: carfilzomib (MHRA 2019), lenalidomide (HALMED 2016), pomalidomide (MHRA 2016),
        # daratumumab (DKMA 2019). No word of it was read in a label of isatuximab.
        ("Kd", "label"),
        ("Rd", "label"),
        ("Pd", "label"),
        ("DVd", "label"),
        ("Isa-Kd", "editorial"),
        ("Vd", None),
    ],
)
def test_what_labels_say_of_hepatitis_b_is_told_as_theirs(kb: Knowledge, name: str, strength: str | None) -> None:
    card = About(assess_given({"prior": ["VMP"], "lines": 1, "condition": ["hepatitis-b"]}, kb)).dose(name)
    assert [c.strength for c in card.cautions if "hepatitis B" in c.text] == ([strength] if strength else [])


@pytest.mark.parametrize("name", ["cilta-cel", "ide-cel"])
def test_a_card_names_the_antidote_of_cytokine_release_once(kb: Knowledge, name: str) -> None:
    # Labels: tocilizumab at hand before the infusion (Carvykti, Abecma); then a week of daily checks, two near the centre.
    given = {"prior": ["VRd", "DPd"], "refractory": ["len", "pom", "dara"], "lines": 2, "fitness": "fit"}
    about = About(assess_given(given, kb))
    card = about.dose(name)
    assert sum("tocilizumab" in said.text for said in (*card.preparation, *card.care)) == 1
    assert any("daily checks 1 week" in line.text for line in card.care)
    # Where no preparation is told, the care says it.
    assert any("two doses of tocilizumab" in line.text for line in about.suggest().supportive_care)


def test_a_dose_that_is_not_that_of_the_figure_beside_it_says_so(kb: Knowledge) -> None:
    # AMaRC 03-16: nine cycles of 5 weeks, bortezomib 1.3 mg/m2; LYRA: 4 to 8 cycles of 28 days, 1.5 mg/m2.
    card = About(assess_given({"prior": ["none"], "age": 76, "transplant": "ineligible"}, kb)).dose("D-VCd")
    bortezomib = next(d for d in card.prescription if d.drug == "bortezomib")
    assert "LYRA" in str(bortezomib.text)
    assert "AMaRC 03-16" in str(bortezomib.text)


@pytest.mark.parametrize(("name", "prior"), [("ERd", ["VCd"]), ("EPd", ["VRd", "Kd"])])
@pytest.mark.parametrize("who", [{"age": 80}, {"age": 70, "fitness": "frail"}])
def test_the_steroid_of_elotuzumab_steps_down_with_the_rest(
    kb: Knowledge, name: str, prior: list[str], who: dict[str, Any]
) -> None:
    # US label (Empliciti, with pomalidomide) over 75: 8 mg by mouth beside the 8 mg before it, on other days 20 mg.
    found = suggest({"prior": prior, "refractory": ["none"], "region": "us", "lines": len(prior), **who}, kb)
    [option] = [o for o in found["options"] if o["id"] == name]
    [row] = [r for r in option["prescription"] if r["drug"] == "dexamethasone"]
    assert row["dose"] == "8 mg, then 20 mg"
    assert "28 mg" not in row["days"]


@pytest.mark.parametrize(("crcl", "told"), [
    (60, []),
    (59, ["US label: clearance 50 to 59: lenalidomide starts at 10 mg"]),
    (50, ["US label: clearance 50 to 59: lenalidomide starts at 10 mg"]),
    (49, ["clearance 30 to 49: lenalidomide starts at 10 mg"]),
    (30, ["clearance 30 to 49: lenalidomide starts at 10 mg"]),
    (29, []),
])  # fmt: skip
@pytest.mark.parametrize("region", ["us", "eu"])
def test_a_lower_start_of_lenalidomide_that_one_label_asks_for_is_said_to_be_of_that_label(
    kb: Knowledge, region: str, crcl: int, told: list[str]
) -> None:
    # Revlimid, US 2.1: 10 mg from 30 to 60 mL/min; EU 4.2: moderate impairment is 30 to under 50.
    card = About(assess_given({"prior": ["VMP"], "lines": 1, "crcl": crcl, "region": region}, kb)).dose("Rd")
    assert [c.text for c in card.cautions if "starts at 10 mg" in c.text] == told


@pytest.mark.parametrize(
    ("given", "told"), [({"prior": ["none"], "transplant": "ineligible"}, True), ({"prior": ["VMP"]}, False)]
)
def test_the_steroid_of_the_frail_of_one_trial_is_told_in_its_setting_only(
    kb: Knowledge, given: dict[str, Any], told: bool
) -> None:
    # IFM2017-03 was of newly diagnosed frail patients.
    card = About(assess_given({**given, "fitness": "frail"}, kb)).dose("D-R")
    assert any("cycles 1 and 2" in said.text for said in card.preparation) is told


@pytest.mark.parametrize("name", ["D-VRd", "Isa-VRd"])
def test_a_candidate_who_declines_is_dosed_as_those_who_are_no_candidates(kb: Knowledge, name: str) -> None:
    # CEPHEUS and IMROZ: no transplant within the schedule, lenalidomide 25 mg to progression.
    base = {"setting": "newly-diagnosed", "prior": ["none"], "age": 63, "fitness": "fit", "region": "eu"}
    declined = About(assess_given({**base, "transplant": "eligible", "condition": ["asct-declined"]}, kb)).dose(name)
    none = About(assess_given({**base, "transplant": "ineligible"}, kb)).dose(name)
    planned = About(assess_given({**base, "transplant": "eligible"}, kb)).dose(name)
    assert [(d.drug, d.dose, d.days) for d in declined.prescription] == [(d.drug, d.dose, d.days) for d in none.prescription]
    assert [d.days for d in planned.prescription] != [d.days for d in none.prescription]
    assert not any("then transplant" in d.text for d in declined.prescription)


def test_another_reduction_keeps_the_time_after_dialysis(kb: Knowledge) -> None:
    # Pomalyst US 2.3: with a strong CYP1A2 inhibitor 2 mg; on dialysis days after dialysis.
    given = {
        "prior": ["VRd"],
        "refractory": ["len"],
        "lines": 1,
        "region": "us",
        "condition": ["dialysis", "cyp1a2-inhibitor"],
    }
    (row,) = [d for d in About(assess_given(given, kb)).dose("DPd").prescription if d.drug == "pomalidomide"]
    assert (row.dose.startswith("2 mg"), any("after dialysis" in r.text for r in row.remarks)) == (True, True)


def test_no_line_of_a_card_loses_half_of_a_bracket(kb: Knowledge) -> None:
    given = {"prior": ["len", "btz"], "crcl": 25, "age": 80, "fitness": "frail", "neuropathy": 2, "condition": ["hepatic"]}
    about = About(assess_given(given, kb))
    for name in kb.regimens:
        card = about.dose(name)
        for line in rendered(card, "plain", frozenset()).splitlines():
            assert line.count("(") == line.count(")"), (name, line)


def test_steps_of_selinexor_are_told_for_the_regimens_that_have_them(kb: Knowledge) -> None:
    # Xpovio: with bortezomib from 100 mg weekly, with dexamethasone alone from 80 mg twice weekly; none for other partners.
    given = {"prior": ["VRd", "DRd"], "refractory": ["len", "dara"], "lines": 2, "condition": ["cytopenia-moderate"]}
    about = About(assess_given(given, kb))
    told = {
        name: [r.text for d in about.dose(name).prescription if d.drug == "selinexor" for r in d.remarks]
        for name in ("SVd", "Sd", "SKd", "SPd", "SDd")
    }
    assert ["80, then 60, then 40" in " ".join(told["SVd"]), "100, then 80, then 60" in " ".join(told["Sd"])] == [True, True]
    assert not any("80" in text for name in ("SKd", "SPd", "SDd") for text in told[name])


def card(kb: Knowledge, name: str, given: dict[str, Any]) -> str:
    """The plain text of a dose card."""
    return rendered(About(assess_given(given, kb)).dose(name), "plain", frozenset())


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        # Ninlaro: platelets 75. Revlimid after a transplant: 1.0 and 75. Alkeran: stop under platelets 100.
        ("IRd", {"prior": ["btz"], "lines": 1}, "start a cycle from neutrophils 1.0 and platelets 75"),
        ("R", {"setting": "maintenance", "region": "us"}, "neutrophils are 1.0 and platelets 75"),
        ("VMP", {"setting": "newly-diagnosed", "age": 78}, "stops under platelets 100 or leukocytes 3.0"),
    ],
)
def test_counts_below_the_floor_of_a_label_are_told_whichever_word_says_them(
    kb: Knowledge, name: str, given: dict[str, Any], told: str
) -> None:
    for word in ("cytopenia", "cytopenia-moderate"):
        assert told in card(kb, name, given | {"condition": [word]})
    assert told not in card(kb, name, given | {"condition": ["none"]})


def test_panobinostat_waits_for_counts_that_no_moderate_cytopenia_has(kb: Knowledge) -> None:
    # Farydak: from platelets 100 and neutrophils 1.5, both of which the word for moderate counts stays under.
    given = {"prior": ["len", "btz"], "refractory": ["len"], "lines": 2}
    assert assess_given(given | {"condition": ["none"]}, kb).verdicts["PanoVd"] is not False
    for word in ("cytopenia", "cytopenia-moderate"):
        assert assess_given(given | {"condition": [word]}, kb).verdicts["PanoVd"] is False


def test_vincristine_with_a_strong_inhibitor_says_which_way_its_level_goes(kb: Knowledge) -> None:
    # Moriyama 2012: 47 patients with azoles; another antifungal if possible.
    found = card(kb, "VAD", {"setting": "newly-diagnosed", "condition": ["cyp3a-inhibitor"]})
    assert "vincristine rises" in found
    assert "change the inhibitor, or no vincristine" in found


@pytest.mark.parametrize("who", [{"age": 80}, {"age": 68, "fitness": "frail"}])
def test_days_of_elotuzumab_have_their_own_steroid_in_a_lower_dose_too(kb: Knowledge, who: dict[str, Any]) -> None:
    # CA204-009: 8 mg by mouth and 8 mg IV on days of elotuzumab.
    assert "on days of elotuzumab 8 mg by mouth and 8 mg IV instead" in card(kb, "EVd", {"prior": ["len"], "lines": 1} | who)


def test_a_liver_is_not_forgotten_beside_a_stronger_reason_for_a_lower_dose(kb: Knowledge) -> None:
    given = {"prior": ["len", "btz"], "lines": 2, "cytogenetics": ["t(11;14)"], "condition": ["hepatic", "cyp3a-inhibitor"]}
    found = card(kb, "Ven-d", given)
    assert "200 mg" in found
    assert "Child-Pugh C" in found
