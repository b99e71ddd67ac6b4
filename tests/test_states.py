"""What is said of special states: the urgent first, and nothing praised that the same answer does not offer."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import product
from typing import Any

import pytest
from asked import suggest
from conftest import DATA, authored

from mmopts.answers.forms import Suggest
from mmopts.answers.patient import About
from mmopts.assess.assessment import assess_given
from mmopts.diagnostics import QuestionError
from mmopts.knowledge.records import URGENCIES, Knowledge

FIRST_TIERS = ("preferred", "alternative")
TRIPLE = {"prior": ["VRd", "DPd", "Kd"], "refractory": ["lenalidomide", "pomalidomide", "daratumumab", "carfilzomib"]}
HISTORIES: dict[str, dict[str, Any]] = {
    "new": {"prior": ["none"]},
    "new, fit candidate": {"prior": ["none"], "fitness": "fit", "age": 58, "transplant": "eligible"},
    "new, frail": {"prior": ["none"], "fitness": "frail", "age": 84, "transplant": "ineligible"},
    "smoldering": {"setting": "smoldering", "smm_risk": "high", "age": 60},
    "maintenance": {"setting": "maintenance", "prior": ["VRd", "melphalan"], "refractory": ["none"], "prior_asct": True},
    "after VRd, lenalidomide-refractory": {"prior": ["VRd"], "refractory": ["lenalidomide"], "lines": 1, "fitness": "fit"},
    "after VRd, nothing refractory": {"prior": ["VRd"], "refractory": ["none"], "lines": 1, "fitness": "intermediate"},
    "after DRd": {
        "prior": ["DRd"],
        "refractory": ["lenalidomide", "daratumumab"],
        "lines": 1,
        "fitness": "frail",
        "age": 80,
    },
    "after bortezomib alone": {"prior": ["VCd"], "refractory": ["none"], "lines": 1, "age": 70},
    "triple-class refractory": {**TRIPLE, "lines": 3, "fitness": "fit", "age": 62},
    "triple-class refractory, frail": {**TRIPLE, "lines": 3, "fitness": "frail", "age": 80, "ecog": 2},
    "triple-class refractory, no T cells": {
        **TRIPLE,
        "lines": 4,
        "fitness": "frail",
        "unavailable": ["car-t", "bispecific"],
    },
    "maintenance after CAR-T": {
        "setting": "maintenance",
        "prior": ["VRd", "melphalan", "cilta-cel"],
        "refractory": ["none"],
        "prior_asct": True,
    },
}
FIVE = ["lenalidomide", "pomalidomide", "bortezomib", "carfilzomib", "daratumumab"]
ALL_FIVE: dict[str, Any] = {"prior": FIVE, "refractory": FIVE, "lines": 5, "fitness": "intermediate", "age": 72}
MORE: list[dict[str, Any]] = [
    {"cytogenetics": ["del(17p)"]},
    {"cytogenetics": ["del(17p)", "gain(1q)"]},
    {"cytogenetics": ["t(11;14)"]},
    *(
        {"condition": [word]}
        for word in ("parkinsonism", "extramedullary", "amyloidosis", "pregnancy", "plasma-cell-leukemia")
    ),
    {"condition": ["recurrent-infection"]},
    {"condition": ["parkinsonism"], "unavailable": ["car-t"]},
    {"neuropathy": 3, "intolerant": ["carfilzomib"]},
    {"neuropathy": 3, "intolerant": ["pomalidomide"]},
    {"age": 87, "ecog": 3, "intolerant": ["cyclophosphamide"]},
    {"months_since": {"lenalidomide": 20}},
    {"smm_risk": "low"},
    {"prior": ["VRd"], "prior_asct": False},
    {"neuropathy": 2},
    {"neuropathy": 3},
    {"crcl": 22},
    {"crcl": 38},
    {"relapse": "rapid"},
    {"relapse": "slow"},
    {"early_relapse": True},
    {"age": 87, "ecog": 3},
    {"intolerant": ["lenalidomide"]},
    {"intolerant": ["daratumumab"]},
    {"unavailable": ["transplant"]},
    {"condition": ["cord-compression", "pregnancy", "active-infection", "hyperviscosity"]},
    {"condition": ["plasma-cell-leukemia", "dialysis"], "neuropathy": 3},
    {"condition": ["amyloidosis"], "neuropathy": 3},
    {"condition": ["amyloidosis"], "prior": ["D-VCd"], "prior_asct": False},
    {"condition": ["plasma-cell-leukemia"], "prior": ["KRd"]},
    {"prior": ["D-VMP"], "prior_asct": False},
    {"condition": ["pregnancy", "hypercalcaemia"]},
    {"condition": ["asct-progression-3y"], "transplant": "eligible"},
]
NO_PRAISE = (
    "Active infection", "Where the kidneys fail", "Counts are low", "With neuropathy grade 2", "Neuropathy grade 3 or 4: no",
    "Heart failure", "Recent infarct", "Uncontrolled arrhythmia", "Active corneal", "With an impaired liver",
    "COPD", "Acute infiltrative", "Pericardial", "Diabetes", "Hereditary", "Responded to bortezomib",
    "Stem or T cells", "Another cancer", "Seizures", "Active autoimmune", "Strong CYP3A", "Severe skin", "Anuria",
    "Low sodium", "t(11;14)", "Blood pressure", "Controlled heart", "Strong CYP1A2", "Blocked",
    "Transfusion refused", "Pregnant", "Maintenance: lenalidomide is out", "No carer", "Children wanted",
    "Hepatitis", "In AL amyloidosis heart", "High tumour burden", "A fast, full", "Neuropathy grade 2: no",
    "With an infiltrated lung", "No panobinostat",
    "Lung function before transplant", "A long remission after transplant meets", "After T-cell therapy",
    "Bortezomib and daratumumab do not", "Selinexor and talquetamab", "Rapid relapse: bridging",
    "No transplant within reach: a referral", "Pulmonary hypertension", "Kidneys: bortezomib, carfilzomib",
    "Kidneys: bortezomib and", "Kidneys: carfilzomib and", "Kidneys: antibodies", "Pomalidomide too", "Once the cord",
    "Bortezomib and daratumumab are not reduced", "Kidneys that fail",
    "Earlier allogeneic", "Before CAR-T or step-up",
)  # fmt: skip
"""How sentences begin that name a drug or a procedure to warn, to dose or to compare, and recommend nothing."""


def patients(kb: Knowledge) -> list[dict[str, Any]]:
    """Every condition with every third history, and what else makes a state with each; the two regions in turn."""
    words = enumerate(sorted(kb.vocabulary["condition"].words))
    pairs = [(history, {"condition": [word]}) for n, word in words for history in [*HISTORIES.values()][n % 3 :: 3]]
    pairs += product(HISTORIES.values(), MORE)
    pairs += product([ALL_FIVE], [{}, {"intolerant": ["cyclophosphamide"]}])
    pairs += product(
        [HISTORIES["triple-class refractory"]], [{"condition": [word]} for word in ("cord-compression", "gvhd")]
    )
    pairs.append(
        ({"setting": "maintenance", "prior": ["VRd", "melphalan"], "prior_asct": True}, {"condition": ["myeloid-neoplasm"]})
    )
    return [{**history, **change, "region": ("us", "eu")[n % 2]} for n, (history, change) in enumerate(pairs)]


@pytest.fixture(scope="module")
def answers(kb: Knowledge) -> list[tuple[dict[str, Any], Suggest]]:
    """Each of these patients with the answer; not those that there cannot be, such as a relapse of the untreated."""
    found = []
    for patient in patients(kb):
        with suppress(QuestionError):
            found.append((patient, About(assess_given(patient, kb)).suggest()))
    return found


@pytest.mark.slow
def test_what_a_printed_sentence_praises_is_open_and_in_the_first_tiers_of_that_answer(kb, answers):
    sentences = [(state, sentence) for state in kb.states for sentence in state.summary if sentence.praises]
    printed: set[str] = set()
    for patient, answer in answers:
        told = " ".join(line.text for line in answer.summary if line.kind == "state")
        leading = {o.id for o in answer.options if o.tier in FIRST_TIERS and not o.historical}
        shut = {e.id for e in answer.excluded}
        eligible = {o.id for o in answer.options if o.verdict == "eligible" and not o.historical}
        for state, sentence in sentences:
            if sentence.text in told:
                printed.add(sentence.text)
                for praised in sentence.praises:
                    assert leading.intersection(praised) - shut, (patient, state.id, sentence.text)
                for offered in sentence.offers:
                    assert eligible.intersection(offered), (patient, state.id, sentence.text)
    assert {s.text for _, s in sentences} <= printed, "a sentence that nobody ever reads"


def test_a_sentence_that_names_an_option_praises_it_or_is_known_to_recommend_none(kb):
    options = {n for n in kb.regimens if any(c.isupper() for c in n)} | {r.called for r in kb.regimens.values() if r.called}
    named = {
        *options,
        *(kb.drugs.keys() - kb.steroids),
        "T-cell",
        "CAR-T",
        "bispecific",
        "transplant",
        "quadruplet",
        "triplet",
        "antibodies",
        "observe",
    }
    for state in kb.states:
        for sentence in state.summary:
            words = set(re.findall(r"[\w()-]+", sentence.text.replace("-based", "")))
            if named & words and not sentence.text.startswith(NO_PRAISE):
                assert sentence.praises or sentence.offers, (state.id, sentence.text)


DAYS = ("2012-06-01", "2016-06-01", "2019-06-01", "2022-06-01", "2024-06-01", None)
ASKED_THEN: list[dict[str, Any]] = [
    {**history, **change}
    for history in (
        {"prior": ["none"], "age": 58, "fitness": "fit", "transplant": "eligible"},
        {"prior": ["none"], "age": 86, "fitness": "frail", "ecog": 3},
        {"prior": ["Td"], "lines": 1, "age": 86, "fitness": "frail", "ecog": 3},
        {**ALL_FIVE, "fitness": "frail", "prior_asct": False},
    )
    for change in (
        {}, {"neuropathy": 2}, {"neuropathy": 3}, {"crcl": 20}, {"unavailable": ["transplant"]},
        {"condition": ["asct-declined"]}, {"condition": ["active-infection"]}, {"condition": ["urinary-obstruction"]},
        {"condition": ["plasma-cell-leukemia"]}, {"condition": ["heart-failure"]},
    )
]  # fmt: skip
SPOKEN = {
    "palliative care": {"palliative-care"}, "a steroid.": {"dex"}, "oral cyclophosphamide": {"Cyclo-P"},
    "carfilzomib-lenalidomide": {"KRd", "D-KRd", "Isa-KRd"}, "quadruplet": {"D-VRd", "Isa-VRd", "D-KRd", "Isa-KRd", "D-VTd"},
    "DRd": {"DRd"}, "T-cell therapy first": {"cilta-cel", "ide-cel", "Tec", "Elra", "Linvo", "Tal"},
}  # fmt: skip
"""Words with which sentences speak well of an option, and what must be open then."""


@pytest.mark.slow
@pytest.mark.parametrize("day", DAYS)
def test_on_no_day_does_a_sentence_speak_well_of_what_is_not_open_on_it(kb: Knowledge, day: str | None) -> None:
    for patient in ASKED_THEN:
        for region in ("us", "eu"):
            with suppress(QuestionError):
                found = suggest({**patient, "region": region, **({"as_of": day} if day else {})}, kb)
                open_ = {o["id"] for o in found["options"] if not o["historical"]}
                said = " ".join(s["text"] for s in found["summary"] if s["kind"] == "state")
                for words, options in SPOKEN.items():
                    assert words not in said or options & open_, (patient, region, words)


def test_a_general_caution_yields_to_one_of_this_patient_and_to_nothing_less(kb: Knowledge) -> None:
    # Prophylaxis of clots (US Revlimid label, boxed warning) is said of every patient given an IMiD, in whatever words.
    given: dict[str, Any] = {"prior": ["VRd"], "refractory": ["lenalidomide"], "lines": 1, "fitness": "fit"}
    cases = ({}, {"strict": True}, {"condition": ["vte"]}, {"condition": ["cardiac"]}, {"condition": ["no-vte"]})
    for change in cases:
        found = suggest({**given, **change}, kb)
        cautions = next(o for o in found["options"] if o["id"] == "DPd")["cautions"]
        general = [c for c in cautions if c["id"] == "imid-thrombosis"]
        assert len(general) == (change.get("condition") not in (["vte"], ["cardiac"])), change
        assert all(c["always"] for c in general)
        assert any("clot" in c["text"] for c in cautions)


def test_what_a_state_lifts_is_told_until_the_state_is_certain(kb: Knowledge) -> None:
    # A high-dose alkylator before T cells are collected harms them (Costa 2025); nothing is said of a collection.
    given: dict[str, Any] = {"prior": ["VRd"], "lines": 1, "age": 60}
    for change in ({}, {"strict": True}, {"condition": ["no-cell-collection-planned"]}):
        option = next(o for o in suggest({**given, **change}, kb)["options"] if o["id"] == "HDM-ASCT")
        assert [c["id"] for c in option["cautions"] if "T-cell collection" in c["text"]] == ["hdm-asct-before-car-t"], change


@pytest.mark.slow
def test_a_caution_that_a_state_lifts_is_said_by_another_at_every_option_that_had_it(kb: Knowledge) -> None:
    def words(text: str) -> set[str]:
        return {word[:5] for word in re.findall(r"[a-z]{4,}", text.lower())}

    def told(given: dict[str, Any]) -> dict[str, dict[str, str]]:
        return {o["id"]: {c["id"]: c["text"] for c in o["cautions"]} for o in suggest(given, kb)["options"]}

    # In pregnancy what is lifted does not hold: no other caution takes its place.
    lifting = {
        s["when"]["condition"]: s["lifts"] for s in authored(DATA)["states"] if "lifts" in s and "condition" in s["when"]
    }
    for word in lifting.keys() - {"pregnancy"}:
        for history in ({"prior": ["none"]}, {"prior": ["VRd"], "lines": 2}, {"setting": "maintenance", "prior": ["VRd"]}):
            before, after = told(history), told({**history, "condition": [word]})
            for name in before.keys() & after.keys():
                new = [text for key, text in after[name].items() if key not in before[name]]
                for gone in before[name].keys() & set(lifting[word]) - after[name].keys():
                    assert any(words(before[name][gone]) & words(text) for text in new), (word, name, gone)


COMMON = {"more", "with", "after", "before", "from", "have", "where", "than", "that", "what", "under", "over", "label"}


@pytest.mark.slow
def test_no_general_caution_says_again_what_this_patient_s_own_says(kb: Knowledge) -> None:
    def words(text: str) -> set[str]:
        return set(re.findall(r"[a-z]{4,}", text.lower())) - COMMON

    twice = set()
    for word in sorted(kb.vocabulary["condition"].words):
        for history in ({"prior": ["none"]}, {"prior": ["VRd"], "refractory": ["lenalidomide"], "lines": 1}):
            with suppress(QuestionError):
                for option in suggest({**history, "condition": [word]}, kb)["options"]:
                    for own, general in product(
                        *([c for c in option["cautions"] if c["always"] is a] for a in (False, True))
                    ):
                        less, more = sorted((words(own["text"]), words(general["text"])), key=len)
                        if len(less & more) >= 3 and len(less & more) > 0.7 * len(less):
                            twice.add((own["text"], general["text"]))
    assert not twice


def test_emergencies_come_before_all_else_and_none_of_them_is_told_by_its_name_alone(kb):
    ill = ["cardiac", "diabetes", "active-infection", "plasma-cell-leukemia", "hypercalcaemia", "cord-compression"]
    found = suggest({"prior": ["none"], "age": 60, "neuropathy": 2, "crcl": 20, "condition": ill}, kb)
    lines = [line["text"] for line in found["summary"] if line["kind"] == "state"]
    assert [line.partition(".")[0].partition(":")[0] for line in lines[:2]] == ["EMERGENCY", "EMERGENCY"]
    assert [line.split(":")[0] for line in lines[2:5]] == ["Kidneys", "Plasma cell leukaemia", "Active infection"]
    assert lines[5].startswith("Also weighed: ")
    assert len(lines) == 6


@pytest.mark.parametrize(
    ("state", "urgency"),
    [
        ("cord-compression", "emergency"),
        ("hyperviscosity", "emergency"),
        ("hypercalcaemia", "emergency"),
        ("smoldering-event", "emergency"),
        ("kidneys", "urgent"),
        ("cns", "urgent"),
        ("plasma-cell-leukemia", "urgent"),
        ("active-infection", "urgent"),
        ("pregnancy", "urgent"),
        ("diabetes", None),
    ],
)
def test_how_urgent_a_state_is_stands_in_the_data(kb, state: str, urgency: str | None):
    assert next(s.urgency for s in kb.states if s.id == state) == urgency
    assert all(s.urgency in (None, *URGENCIES) for s in kb.states)


def test_at_relapse_in_amyloidosis_daratumumab_leads_where_it_is_new_and_is_not_spoken_of_where_it_failed(kb):
    new = suggest({"prior": ["VRd"], "refractory": ["lenalidomide"], "lines": 1, "condition": ["amyloidosis"]}, kb)
    first = [o for o in new["options"] if o["verdict"] == "eligible"][:3]
    assert all("daratumumab" in o["drugs"] for o in first)  # EHA-ISA: a class not given before
    failed = suggest({"prior": ["VRd", "DPd"], "refractory": ["daratumumab"], "lines": 2, "condition": ["amyloidosis"]}, kb)
    assert not any("daratumumab" in line["text"] for line in failed["summary"] if line["kind"] == "state")


def test_a_call_that_another_makes_more_urgent_is_made_once(kb):
    found = suggest({**HISTORIES["triple-class refractory"], "relapse": "rapid"}, kb)
    (call,) = (line["text"] for line in found["summary"] if line["text"].startswith("Call: "))
    assert call.count("a cell-therapy centre") == 1
    assert "a cell-therapy centre, today" in call


@pytest.mark.parametrize("change", [{"condition": ["pregnancy"]}, {"crcl": 10}, {"condition": ["dialysis"]}])
def test_lenalidomide_is_not_put_before_all_where_a_rule_lowers_or_bars_it(kb, change: dict[str, Any]):
    patient = {"prior": ["bortezomib"], "lines": 1}
    words = "No lenalidomide yet: daratumumab-lenalidomide before all."
    assert words in [line["text"] for line in suggest(patient, kb)["summary"]]
    told = " ".join(line["text"] for line in suggest({**patient, **change}, kb)["summary"])
    assert "before all" not in told


def test_a_sign_of_active_disease_in_smoldering_myeloma_is_told_before_all_else(kb):
    found = suggest({"setting": "smoldering", "condition": ["hypercalcaemia"]}, kb)
    assert found["summary"][0]["text"].startswith("NOT SMOLDERING")


def test_pregnancy_asks_only_what_decides(kb):
    about = {"condition": ["pregnancy"]}
    assert [q["fact"] for q in suggest(about, kb)["next_questions"]] == ["setting", "relapse"]
    assert [q["fact"] for q in suggest({**about, "prior": ["VRd"]}, kb)["next_questions"]] == ["relapse"]
    assert not suggest({**about, "prior": ["none"], "age": 31}, kb)["next_questions"]


@pytest.mark.parametrize("history", ["new, fit candidate", "after VRd, nothing refractory", "triple-class refractory"])
def test_chemotherapy_over_days_stands_behind_all_other_treatment_in_those_who_are_not_fit(kb, history: str):
    patient = {**HISTORIES[history], "fitness": "intermediate", "age": 77, "transplant": "ineligible"}
    found = suggest(patient, kb)
    rest = [o for o in found["options"] if o["tier"] == "other" and o["verdict"] == "eligible" and not o["historical"]]
    drugs = [kb.regimens[o["id"]].intensity == "intensive" for o in rest if o["drugs"]]
    assert drugs == sorted(drugs)
    frail = suggest({**patient, "fitness": "frail"}, kb)
    assert not [o["id"] for o in frail["options"] if kb.regimens[o["id"]].intensity == "intensive"]


def test_in_a_fit_candidate_two_drugs_stand_behind_every_triplet(kb):
    found = suggest(HISTORIES["new, fit candidate"], kb)
    other = [o["id"] for o in found["options"] if o["tier"] == "other" and not o["historical"]]
    assert all(other.index(triplet) < other.index("Rd") for triplet in ("VRd", "KRd", "VCd"))


@pytest.mark.parametrize(("day", "option", "is_open"), [("2009-06-01", "VCd", False), ("2016-06-01", "VCd", True)])
def test_a_state_opens_nothing_before_what_it_rests_on_was_written(kb, day, option, is_open):
    # Bortezomib for kidneys that fail is the recommendation of the IMWG of 2016.
    patient = {"prior": ["none"], "age": 76, "transplant": "ineligible", "condition": ["cast-nephropathy"]}
    found = suggest({**patient, "region": "us", "as_of": day}, kb)
    assert (option in [o["id"] for o in found["options"]]) is is_open
    if not is_open:
        assert find_excluded(found, option)["reason"] == "not in force on that day"


def find_excluded(found: dict[str, Any], option: str) -> dict[str, Any]:
    """The row of what is ruled out."""
    return next(row for row in found["excluded"] if row["id"] == option)
