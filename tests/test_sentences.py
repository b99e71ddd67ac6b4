"""What is said of a state fits the patient: no sentence speaks well of what has failed, and the list says the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from asked import suggest

from mmopts.knowledge.records import Knowledge

WARNING = re.compile(
    r"\b(no|not|never|without|out|forbidden|wait|last|behind|harm|flare|rejection|contains|that still work|may not"
    r"|loses?|avoid|barred|bars|add to the risk|take more|parkinsonism|before|starts? at|protect|low|lower|weigh"
    r"|at most|contraindicated)\b",
    re.IGNORECASE,
)
"""Words of a sentence, or of a part of it, that warns of a drug, doses it or holds it back."""
SPENT: dict[str, dict[str, Any]] = {
    "triple-class": {
        "prior": ["VRd", "DPd", "Kd"],
        "refractory": ["lenalidomide", "pomalidomide", "daratumumab", "carfilzomib"],
        "lines": 3,
    },
    "five drugs": {
        "prior": ["VRd", "DPd", "Kd"],
        "refractory": ["lenalidomide", "pomalidomide", "daratumumab", "carfilzomib", "bortezomib"],
        "lines": 4,
    },
    "T-cell drugs too": {
        "prior": ["VRd", "DPd", "Kd", "cilta-cel", "talquetamab", "Cyclo-P", "ide-cel"],
        "refractory": [
            "lenalidomide", "pomalidomide", "daratumumab", "carfilzomib", "bortezomib", "talquetamab",
            "cyclophosphamide",
        ],
        "lines": 6,
    },
}  # fmt: skip
CHANGES: list[dict[str, Any]] = [
    {}, {"neuropathy": 2}, {"neuropathy": 3}, {"crcl": 22}, {"relapse": "rapid"}, {"relapse": "slow"},
    {"early_relapse": True}, {"cytogenetics": ["t(11;14)"]}, {"cytogenetics": ["del(17p)"]},
    {"age": 87, "ecog": 3, "fitness": "frail"},
]  # fmt: skip


def told(answer: dict[str, Any]) -> list[str]:
    """What is said of states."""
    return [s["text"] for s in answer["summary"] if s["kind"] == "state"]


def words_of(drugs: set[str], kb: Knowledge) -> dict[str, str]:
    """How sentences may name a drug that failed, each with the drug."""
    names = {d: d for d in drugs}
    for regimen in kb.regimens.values():
        if drugs.intersection(regimen.drugs) and regimen.drugs:
            names[regimen.called or regimen.id] = regimen.id
    return {name: drug for name, drug in names.items() if len(name) > 2}


def parts(text: str) -> Iterator[str]:
    """A text in its clauses."""
    yield from (part for part in re.split(r"[.;:] ", text) if part)


@pytest.mark.slow
@pytest.mark.parametrize("history", SPENT)
def test_no_sentence_speaks_well_of_what_the_disease_is_refractory_to(kb: Knowledge, history: str) -> None:
    failed = set(SPENT[history]["refractory"])
    names = words_of(failed, kb)
    words = sorted(kb.vocabulary["condition"].words) if history == "T-cell drugs too" else []
    praised = []
    for change in [*CHANGES, *({"condition": [word]} for word in words)]:
        found = suggest({**SPENT[history], **change}, kb)
        for part in (p for text in told(found) for p in parts(text)):
            named = [n for n in names if re.search(rf"(?<![\w-]){re.escape(n)}(?![\w])", part, re.IGNORECASE)]
            if named and not WARNING.search(part.replace("before all", "")):
                praised.append((change, part, named))
    assert not praised


EVENTS: list[dict[str, Any]] = [
    *({"condition": [word]} for word in (
        "hypercalcaemia", "bone-lesion-symptomatic", "cord-compression", "cast-nephropathy", "dialysis",
        "plasma-cell-leukemia", "extramedullary", "cns", "hyperviscosity", "amyloidosis",
    )),
    {"crcl": 39},
    {"crcl": 12},
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("risk", ["low", "intermediate", "high", None])
@pytest.mark.parametrize("event", EVENTS, ids=lambda e: str(*e.values()))
def test_what_is_stated_as_smoldering_with_a_sign_of_active_disease_is_not_watched(
    kb: Knowledge, event: dict[str, Any], risk: str | None
) -> None:
    # IMWG 2014 (table in PMC4435605): clearance under 40, calcium, bone; smoldering has neither event nor amyloidosis.
    for region in ("us", "eu", "any"):
        found = suggest({"setting": "smoldering", "smm_risk": risk, "age": 60, "region": region, **event}, kb)
        assert "--setting newly-diagnosed" in told(found)[0]
        assert "observe" not in " ".join(told(found))
        assert "active surveillance" not in " ".join(s["text"] for s in found["summary"])
        assert not {"active-surveillance", "D", "R", "Rd"} & {o["id"] for o in found["options"]}
        assert any(e["id"] == "active-surveillance" for e in found["excluded"])


@pytest.mark.parametrize("more", [{"crcl": 40}, {"crcl": 90}, {"condition": ["copd"]}, {}])
def test_smoldering_without_such_a_sign_is_told_as_before(kb: Knowledge, more: dict[str, Any]) -> None:
    found = suggest({"setting": "smoldering", "smm_risk": "low", "age": 60, **more}, kb)
    assert found["options"][0]["id"] == "active-surveillance"
    assert "observe" in " ".join(told(found))


@pytest.mark.parametrize("day", ["1999-01-01", "2012-06-01", "2025-06-01", None])
@pytest.mark.parametrize("risk", ["low", "high", None])
def test_observation_is_no_drug_that_is_approved_some_day(kb: Knowledge, day: str | None, risk: str | None) -> None:
    found = suggest({"setting": "smoldering", "smm_risk": risk, "as_of": day}, kb)
    watched = next(o for o in found["options"] if o["id"] == "active-surveillance")
    assert watched["verdict"] == "eligible"
    assert watched["tier"] in ("preferred", "alternative")


BEHIND = [
    "dialysis", "cast-nephropathy", "amyloidosis", "imid-hypersensitivity", "organ-transplant", "recent-mi",
    "oral-unsuitable",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("prior", [["VMP"], ["VRd"]])
@pytest.mark.parametrize("state", [{"crcl": 22}, *({"condition": [w]} for w in BEHIND)], ids=lambda s: str(*s.values()))
def test_lenalidomide_is_praised_before_all_only_where_it_is_first(
    kb: Knowledge, prior: list[str], state: dict[str, Any]
) -> None:
    patient = {"prior": prior, "refractory": ["none"], "lines": 1, "fitness": "intermediate", "age": 70, "region": "eu"}
    patient |= {"months_since": {"lenalidomide": 20}} if prior == ["VRd"] else {}
    found = suggest({**patient, **state}, kb)
    assert "before all" not in " ".join(told(found))
    plain = suggest(patient, kb)
    assert "before all" in " ".join(told(plain))
    assert plain["options"][0]["id"] == "DRd"


def test_after_both_targets_neither_is_praised(kb: Knowledge) -> None:
    history = SPENT["T-cell drugs too"]
    found = suggest({**history, "fitness": "fit"}, kb)
    said = " ".join([*told(found), *(c["text"] for o in found["options"] for c in o["cautions"])])
    assert "T-cell therapy first" not in said
    assert "GPRC5D) first" not in said
    one = {"prior": ["VRd", "DPd", "Kd", "cilta-cel"], "refractory": history["refractory"][:4]}
    after_one = suggest({**history, **one}, kb)
    assert "GPRC5D) first" in " ".join(c["text"] for o in after_one["options"] for c in o["cautions"])


@pytest.mark.slow
def test_a_label_of_the_eu_alone_neither_bars_nor_lowers_in_the_us(kb: Knowledge) -> None:
    def asked(region: str) -> dict[str, Any]:
        patient = {"prior": ["none"], "age": 60, "fitness": "fit", "condition": ["pericardial"]}
        return suggest({**patient, "region": region}, kb)

    us, eu, both = asked("us"), asked("eu"), asked("any")
    assert next(o["tier"] for o in us["options"] if o["id"] == "D-VRd") in ("preferred", "alternative")
    assert "no bortezomib" not in " ".join(told(us))
    assert any(c["text"].startswith("EU label") for o in us["options"] if o["id"] == "D-VRd" for c in o["cautions"])
    assert "D-VRd" not in {o["id"] for o in eu["options"]}
    for found in (eu, both):
        assert "no bortezomib (EU label)" in " ".join(told(found))
    order = [o["id"] for o in both["options"]]
    assert order.index("DRd") < order.index("D-VRd")


def test_the_call_of_one_state_is_not_said_again_by_another(kb: Knowledge) -> None:
    tcr = SPENT["triple-class"]
    for change in ({"condition": ["cns"]}, {"relapse": "rapid"}, {"crcl": 20, "condition": ["anuria"]}):
        call = next(s["text"] for s in suggest({**tcr, **change}, kb)["summary"] if s["text"].startswith("Call"))
        calls = call.removeprefix("Call: ").rstrip(".").split("; ")
        assert not any(a != b and b.startswith(a) for a in calls for b in calls), call


def test_what_one_state_says_of_t_cells_is_not_said_where_none_are_given(kb: Knowledge) -> None:
    found = suggest(
        {"prior": ["none"], "fitness": "frail", "age": 84, "condition": ["dementia", "no-caregiver", "malnutrition"]}, kb
    )
    said = " ".join(told(found))
    assert not re.search("CAR-T|ICANS|step-up|selinexor|talquetamab", said)
    later = suggest({**SPENT["triple-class"], "condition": ["dementia", "no-caregiver"]}, kb)
    assert "ICANS" in " ".join(told(later))
    assert "a hospital stay or housing" in " ".join(told(later))


def test_the_last_dose_of_an_antibody_that_did_not_fail_is_asked_for_in_words(kb: Knowledge) -> None:
    patient = {"prior": ["D-VRd", "melphalan"], "refractory": ["lenalidomide"], "lines": 1}
    again = "re-use is supported from about a year"
    found = suggest(patient, kb)
    assert again in " ".join(told(found))
    assert "months_since:daratumumab" in [question["fact"] for question in found["next_questions"]]
    failed = {**patient, "refractory": ["lenalidomide", "daratumumab"]}
    assert again not in " ".join(told(suggest(failed, kb)))
    assert again in " ".join(told(suggest({**patient, "months_since": {"daratumumab": 5}}, kb)))
    assert again not in " ".join(told(suggest({**patient, "months_since": {"daratumumab": 20}}, kb)))


FLUIDS = r"\bhydrate\b(?!.*overload)|keep hydrated|maintain hydration|fluids generously|\bsaline,"
AGAINST = {
    # What is said of one condition must not be undone by what is said of another, or by what always stands there.
    "anuria": FLUIDS,
    "cord-compression": r"exercise helps",
    "hyperviscosity": r"(?<!no )aspirin (81|100)|enoxaparin \d+ mg",
    "pregnancy": r"with (any|an) IMiD|within 4 cycles of lenalidomide|effective contraception|full regimen",
}
"""By condition, what nothing in an answer may say."""
HISTORY: list[dict[str, Any]] = [
    {"setting": "newly-diagnosed", "transplant": "eligible"},
    {"prior": ["VRd"], "refractory": ["lenalidomide"], "lines": 1},
    SPENT["triple-class"],
]


def everything(answer: dict[str, Any]) -> Iterator[str]:
    """All that an answer tells of treatment: summary, care and cautions."""
    yield from (s["text"] for s in answer["summary"])
    yield from (c["text"] for c in answer["supportive_care"])
    yield from (c["text"] for o in answer["options"] for c in o["cautions"])


@pytest.mark.slow
@pytest.mark.parametrize("word", AGAINST)
def test_one_condition_is_not_undone_by_another(kb: Knowledge, word: str) -> None:
    wrong = []
    for n, other in enumerate(sorted(set(kb.vocabulary["condition"].words) - {word})):
        if n % 2:
            continue
        begun = HISTORY[n // 2 % 3] if other != "asct-progression-3y" else HISTORY[1]  # it is of those treated before
        found = suggest({**begun, "condition": [word, other]}, kb)
        wrong += [(other, text) for text in everything(found) if re.search(AGAINST[word], text)]
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("event", ["cns", "extramedullary", "plasma-cell-leukemia", "amyloidosis", "hyperviscosity"])
def test_the_advice_to_ask_again_is_given_once(kb: Knowledge, event: str) -> None:
    for other in ("hypercalcaemia", "amyloidosis", "extramedullary"):
        found = suggest({"setting": "smoldering", "age": 60, "condition": [event, other]}, kb)
        assert " ".join(told(found)).count("--setting newly-diagnosed") == 1
