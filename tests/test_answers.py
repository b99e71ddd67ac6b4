"""The answer as data: the envelope of the contract and what stands in its parts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import Answer, find
from contract import EXCLUDED, OPTION, TOP

import mmopts
from mmopts.facts import FACTS
from mmopts.knowledge.model import Knowledge

QUESTIONS: list[dict[str, Any]] = [
    {"prior": ["len", "btz"], "fitness": "frail"},
    {"prior": ["VRd"], "refractory": ["len"], "lines": 1, "fitness": "fit"},
    {"prior": ["VRd", "dara", "Kd", "pom"], "refractory": ["len", "dara", "pom", "carf"], "lines": 4, "region": "eu"},
    {"setting": "newly-diagnosed", "prior": ["none"], "transplant": "eligible"},
    {"setting": "smoldering", "smm_risk": "high"},
    {"setting": "maintenance", "prior": ["VRd", "ASCT"], "refractory": ["none"]},
    {"prior": ["VRd"], "refractory": ["len"], "cytogenetics": ["no-t(11;14)"], "transplant": "ineligible"},
    {"prior": ["len"], "strict": True},
    {"age": 70},
]


@pytest.fixture(params=QUESTIONS, ids=str)
def found(request: pytest.FixtureRequest, kb: Knowledge) -> Answer:
    return mmopts.suggest(request.param, kb)


def test_the_envelope_has_every_key_of_the_contract(found: Answer) -> None:
    assert found.keys() >= TOP
    assert found["schema"] == "mmopts.suggest/1"
    assert found["knowledge"].keys() >= {"version", "reviewed", "digest", "layers"}
    assert found["question"].keys() >= {"region", "as_of"}
    assert found["patient"].keys() >= FACTS.keys()
    assert all(o.keys() >= OPTION for o in found["options"])
    assert all(e.keys() >= EXCLUDED for e in found["excluded"])
    assert all(a.keys() >= {"code", "text", "fact", "option"} for a in found["assumptions"])
    assert all(w.keys() >= {"code", "text"} for w in found["warnings"])
    assert all(q.keys() >= {"fact", "option", "settles", "settles_at_least", "of"} for q in found["next_questions"])
    assert all(c.keys() >= {"text", "for", "source"} for c in found["supportive_care"])


def test_values_are_of_the_contracts_words(found: Answer) -> None:
    for entry in (*found["options"], *found["excluded"]):
        assert set(entry["labels"].values()) <= {"on-label", "unknown", "off-label", "not-applicable"}
        assert entry["labels"].keys() == {"us", "eu"}
        assert entry["drugs"] == sorted(entry["drugs"])
        assert all(d == d.casefold() for d in entry["drugs"])
    for option in found["options"]:
        assert option["tier"] in {"preferred", "alternative", "other", "investigational"}
        assert option["because"]
        assert (option["verdict"] == "conditional") == bool(option["needs"]), option["id"]


def cited(value: Any) -> set[str]:
    """Every source that data names, however deep."""
    if isinstance(value, list):
        return {source for inner in value for source in cited(inner)}
    if not isinstance(value, dict):
        return set()
    source = value.get("source")
    here = set() if not source else set(source) if isinstance(source, list) else {source}
    return here | {found for inner in value.values() for found in cited(inner)}


def test_every_reason_and_caution_has_a_source_that_is_listed(found: Answer) -> None:
    for option in found["options"]:
        assert all(entry["source"] for key in ("because", "cautions", "doses") for entry in option[key])
        assert set(option["sources"]) == cited(option)
    for entry in found["excluded"]:
        assert entry["because"]
        assert entry["other_setting"] or all(b["source"] for b in entry["because"]), entry["id"]
    assert all(item["source"] for item in found["supportive_care"])
    assert cited([found["options"], found["excluded"], found["supportive_care"]]) == found["sources"].keys()


def test_no_reason_and_no_flip_is_told_twice(found: Answer) -> None:
    for entry in found["excluded"]:
        for key in ("because", "flips"):
            texts = [item["text"] for item in entry[key]]
            assert len(texts) == len(set(texts)), (entry["id"], texts)


def test_the_answer_is_plain_json(found: Answer) -> None:
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def test_no_text_carries_a_placeholder_or_a_control_character(found: Answer) -> None:
    for text in strings(found):
        assert "{drug}" not in text
        assert "{about}" not in text
        assert text.isprintable() or "\n" in text, text


def test_a_limit_cuts_the_options_last_and_counts_them(answer: Callable[..., Answer], kb: Knowledge) -> None:
    whole = answer(prior=["len", "btz"], fitness="frail")
    cut = mmopts.suggest({"prior": ["len", "btz"], "fitness": "frail"}, kb, limit=3)
    assert [o["id"] for o in cut["options"]] == [o["id"] for o in whole["options"]][:3]
    assert cut["omitted"] == len(whole["options"]) - 3
    assert whole["omitted"] == 0
    assert cut["excluded"] == whole["excluded"]
    assert cut["next_questions"] == whole["next_questions"]
    assert mmopts.suggest({"prior": ["len"]}, kb, limit=0)["options"] == []


def test_supportive_care_is_that_of_the_drugs_offered(found: Answer) -> None:
    offered = {d for o in found["options"] for d in o["drugs"]}
    for item in found["supportive_care"]:
        assert item["for"]
        assert set(item["for"]) <= offered


# --- checks: the presumptions an option leans on ----------------------------------------------------------------


def checks(found: Answer, name: str) -> set[str]:
    return {c["fact"] for c in find(found, name)["checks"]}


def test_an_option_names_the_presumptions_it_leans_on(answer: Callable[..., Answer]) -> None:
    found = answer(prior=["VRd"], refractory=["len"], lines=1)
    assert "condition:heart-failure" in checks(found, "DKd")
    assert "neuropathy" in checks(found, "DVd")
    assert "condition:pregnancy" in checks(found, "DPd")
    assert "refractory" in checks(found, "DVd")  # bortezomib is only presumed to work still
    assert "unavailable:car-t" in checks(found, "cilta-cel")


def test_what_was_stated_is_not_to_be_checked(answer: Callable[..., Answer]) -> None:
    found = answer(
        prior=["VRd"],
        refractory=["len"],
        lines=1,
        condition=["no-heart-failure"],
        neuropathy=0,
        crcl=80,
        unavailable=["none"],
    )
    assert "condition:heart-failure" not in checks(found, "DKd")
    assert "neuropathy" not in checks(found, "DVd")
    assert not any(c["fact"].startswith(("unavailable", "crcl")) for o in found["options"] for c in o["checks"])


def test_strict_leaves_nothing_to_check(answer: Callable[..., Answer]) -> None:
    assert not any(o["checks"] for o in answer(prior=["VRd"], strict=True)["options"])


def test_what_strict_leaves_conditional_is_checked_or_needed_otherwise(answer: Callable[..., Answer]) -> None:
    given = {"prior": ["VRd"], "refractory": ["len"], "lines": 1}
    strict = {o["id"]: o["verdict"] for o in answer(**given, strict=True)["options"]}
    for option in answer(**given)["options"]:
        if option["verdict"] == "eligible" and strict[option["id"]] == "conditional":
            assert option["checks"], option["id"]


# --- cautions an expert would look for -------------------------------------------------------


CAUTIONS = [
    ("DKd", {}, "heart"),
    ("DVd", {"neuropathy": 2}, "neuropathy"),
    ("DPd", {"condition": ["hepatitis-b"]}, "hepatitis B"),
    ("DPd", {"condition": ["vte"]}, "clot"),
    ("BVd", {}, "keratopathy"),
    ("DKd", {"condition": ["cardiac"]}, "heart disease"),
    ("Tec-D", {}, "ICANS"),
    ("cilta-cel", {"relapse": "rapid"}, "rapid relapse"),
    ("cilta-cel", {"fitness": "frail"}, "frail"),
    ("DKd", {"condition": ["plasma-cell-leukemia"]}, "plasma-cell leukaemia"),
    ("HDM-ASCT", {}, "refer"),
    ("cilta-cel", {}, "refer"),
]


@pytest.mark.parametrize(("name", "changes", "word"), CAUTIONS)
def test_a_caution_an_expert_would_name_is_there(
    answer: Callable[..., Answer], name: str, changes: dict[str, Any], word: str
) -> None:
    found = answer(prior=["VRd"], refractory=["len"], lines=1, **changes)
    assert any(word in c["text"] for c in find(found, name)["cautions"]), [c["text"] for c in find(found, name)["cautions"]]


@pytest.mark.parametrize(
    ("topic", "drug"),
    [
        ("zoster", "daratumumab"),
        ("pneumocystis", "daratumumab"),
        ("immunoglobulin", "daratumumab"),
        ("zoster", "teclistamab"),
        ("pneumocystis", "teclistamab"),
        ("immunoglobulin", "teclistamab"),
        ("hepatitis-b", "daratumumab"),
        ("zoster", "carfilzomib"),
        ("thrombosis", "pomalidomide"),
        ("immunoglobulin", "ciltacabtagene autoleucel"),
    ],
)
def test_supportive_care_an_expert_would_name_is_there(answer: Callable[..., Answer], topic: str, drug: str) -> None:
    care = answer(prior=["VRd"], refractory=["len"], lines=1)["supportive_care"]
    assert any(item["topic"] == topic and drug in item["for"] for item in care)


def test_cautions_never_exclude(answer: Callable[..., Answer]) -> None:
    found = answer(
        prior=["VRd"],
        refractory=["none"],
        lines=1,
        neuropathy=2,
        condition=["cardiac", "vte", "hepatitis-b", "copd"],
        crcl=20,
        fitness="frail",
        months_since={"btz": 2, "len": 2},
    )
    for name in ("DKd", "DVd", "DRd", "DPd", "Vd"):
        assert find(found, name).get("verdict") == "eligible", name


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        # Revlimid US, section 2, in combination: CrCl 30-60 10 mg daily; below 30 15 mg every other day, dialysis 5 mg.
        ({"crcl": 45}, "10 mg daily"),
        ({"crcl": 20}, "15 mg every other day"),
        ({"condition": ["dialysis"]}, "5 mg daily"),
    ],
)
def test_lenalidomide_doses_follow_the_kidneys(answer: Callable[..., Answer], facts: dict[str, Any], text: str) -> None:
    given = {"prior": ["VRd"], "refractory": ["none"], "lines": 1, "region": "us"}
    found = find(answer(**given, **facts), "DRd")
    assert found["verdict"] == "eligible"
    assert any(text in dose["text"] for dose in found["doses"])
    assert not any(text in dose["text"] for dose in find(answer(**given, crcl=90), "DRd")["doses"])


# --- what it says of this patient ----------------------------------------------------------------------------------


def test_an_option_says_which_drugs_are_new_and_which_may_still_work(answer: Callable[..., Answer]) -> None:
    found = answer(prior=["len", "btz"])
    assert find(found, "DRd")["for_this_patient"] == "new: daratumumab; if lenalidomide still works"
    assert find(found, "DPd")["for_this_patient"] == "every drug new"
    assert find(found, "Kd")["for_this_patient"] == "carfilzomib is new"


def test_evidence_shows_trial_figures_grade_and_fit(answer: Callable[..., Answer]) -> None:
    found = find(answer(prior=["VRd"], refractory=["len"], lines=1), "DKd")
    [candor] = [e for e in found["evidence"] if e["trial"] == "CANDOR"]
    assert candor["nct"] == "NCT03158688"
    assert candor["pfs"]["hr"] == 0.64  # Usmani 2022, progression-free survival at 27.8 months
    assert candor["applies"] == "unknown"  # ECOG is open; CANDOR took 0 to 2
    assert candor["versus"] == ["Kd"]
    complete = find(answer(prior=["VRd"], refractory=["len"], lines=1, ecog=1), "DKd")
    assert [e["applies"] for e in complete["evidence"] if e["trial"] == "CANDOR"] == ["yes"]
    late = find(answer(prior=["VRd"], refractory=["len"], lines=4), "DKd")
    assert [e["applies"] for e in late["evidence"] if e["trial"] == "CANDOR"] == ["no"]
