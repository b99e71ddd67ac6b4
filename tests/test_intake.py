"""From stated facts to what is known: each row of the contract's table, contradictions, ranges."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

import mmopts
from mmopts.diagnostics import Diagnostic, QuestionError, as_option, said
from mmopts.facts import FACTS, Fact, split_atom
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Interval, leaves
from mmopts.patient import intake
from mmopts.patient.as_file import as_file
from mmopts.patient.stated import Patient, show_value

Known = Callable[..., Patient]
Refused = Callable[..., list[Diagnostic]]


def one(word: str) -> frozenset[str]:
    return frozenset({word})


def codes(patient: Patient) -> set[str]:
    return {note.code for note in patient.assumptions}


# --- what is presumed, entailed or unknown when left out ---------------------------------------------


@pytest.mark.parametrize(
    ("given", "setting"),
    [
        ({"prior": ["len"]}, one("relapsed")),
        ({"refractory": ["len"]}, one("relapsed")),
        ({"intolerant": ["len"]}, one("relapsed")),
        ({"last": ["VRd"]}, one("relapsed")),
        ({"lines": 2}, one("relapsed")),
        ({"months_since": {"len": 3}}, one("relapsed")),
        ({"prior": ["PI"]}, one("relapsed")),
        ({"prior": ["none"]}, one("newly-diagnosed")),
        ({"age": 70}, None),
        ({"prior": ["VRd"], "setting": "maintenance"}, one("maintenance")),
        ({"prior": ["VRd"], "setting": "newly-diagnosed"}, one("newly-diagnosed")),
    ],
)
def test_the_setting_follows_from_prior_therapy(known: Known, given: dict[str, Any], setting: frozenset[str] | None) -> None:
    assert known(**given).facts.get("setting") == setting


def test_a_prior_list_is_presumed_whole_and_says_so(known: Known) -> None:
    patient = known(prior=["len", "btz"])
    assert patient.facts["exposed:lenalidomide"] is True
    assert patient.facts["exposed:PI"] is True
    assert patient.facts["exposed:daratumumab"] is False
    assert patient.facts["exposed:anti-CD38"] is False
    assert "exposed:daratumumab" not in patient.firm
    [note] = [n for n in patient.assumptions if n.code == "prior-whole"]
    assert note.fact == "prior"


@pytest.mark.parametrize("key", ["prior_incomplete", "prior-incomplete"])
def test_an_incomplete_prior_list_leaves_the_rest_unknown(known: Known, key: str) -> None:
    patient = known(**{"prior": ["len"], key: True})
    assert patient.facts["exposed:lenalidomide"] is True
    assert "exposed:daratumumab" not in patient.facts
    assert "prior-whole" not in codes(patient)


def test_a_class_is_received_while_its_members_stay_unknown(known: Known) -> None:
    patient = known(prior=["PI", "len"])
    assert patient.facts["exposed:PI"] is True
    assert all(f"exposed:{d}" not in patient.facts for d in ("bortezomib", "carfilzomib", "ixazomib"))
    assert patient.facts["exposed:pomalidomide"] is False


def test_no_prior_therapy_is_a_statement_not_a_presumption(known: Known) -> None:
    patient = known(prior=["none"])
    assert patient.firm["exposed:lenalidomide"] is False
    assert patient.firm["exposed:PI"] is False
    assert patient.firm["lines"] == Interval(0, 0)


@pytest.mark.parametrize("setting", ["newly-diagnosed", "smoldering"])
def test_untreated_disease_is_presumed_untreated(known: Known, setting: str) -> None:
    patient = known(setting=setting)
    assert patient.facts["exposed:lenalidomide"] is False
    assert patient.facts["lines"] == Interval(0, 0)
    assert "prior-whole" in codes(patient)
    assert "exposed:lenalidomide" not in patient.firm


@pytest.mark.parametrize("setting", [None, "relapsed"])
def test_one_drug_never_received_is_not_no_prior_therapy(known: Known, setting: str | None) -> None:
    given = {"prior": ["no-carfilzomib"], **({"setting": setting} if setting else {})}
    patient = known(**given)
    assert patient.facts["exposed:carfilzomib"] is False
    assert patient.facts["refractory:carfilzomib"] is False
    assert "exposed:lenalidomide" not in patient.facts
    assert "exposed:PI" not in patient.facts
    assert patient.facts.get("setting") == (one("relapsed") if setting else None)
    assert "prior-whole" not in codes(patient)
    assert known(lines=3, **given).facts["lines"] == Interval(3, 3)


def test_a_denial_beside_a_drug_leaves_the_list_whole(known: Known) -> None:
    patient = known(prior=["len", "no-dara"])
    assert patient.firm["exposed:daratumumab"] is False
    assert patient.facts["exposed:bortezomib"] is False
    assert "exposed:bortezomib" not in patient.firm


@pytest.mark.parametrize(
    ("given", "atom", "left"),
    [
        ({"prior": ["VRd"], "refractory": ["no-btz"]}, "refractory:bortezomib", "refractory:lenalidomide"),
        ({"prior": ["VRd"], "prior_incomplete": True, "intolerant": ["no-len"]}, "intolerant:lenalidomide", None),
        ({"prior": ["no-PI"]}, "exposed:PI", "exposed:IMiD"),
    ],
)
def test_a_list_of_denials_alone_leaves_the_rest_as_if_it_had_been_left_out(
    known: Known, given: dict[str, Any], atom: str, left: str | None
) -> None:
    patient = known(**given)
    assert patient.firm[atom] is False
    assert left is None or left not in patient.facts


def test_a_class_that_is_named_leaves_open_whatever_else_its_members_are(known: Known) -> None:
    # A bispecific antibody may bind BCMA, GPRC5D or FcRH5: which of them was received is not told.
    facts = known(prior=["bispecific"]).facts
    shared = {"BCMA-directed", "GPRC5D-directed"}
    assert {name: facts.get(f"exposed:{name}") for name in shared} == dict.fromkeys(shared)
    assert facts["exposed:PI"] is False


def test_denying_a_class_denies_its_members(known: Known) -> None:
    facts = known(prior=["no-PI"]).firm
    assert all(facts[f"exposed:{d}"] is False for d in ("bortezomib", "carfilzomib", "ixazomib"))


def test_refractoriness_left_out_is_open_for_what_was_received_and_false_for_the_rest(known: Known) -> None:
    patient = known(prior=["len"])
    assert "refractory:lenalidomide" not in patient.facts
    assert "refractory:IMiD" not in patient.facts
    assert patient.facts["refractory:bortezomib"] is False
    assert patient.facts["refractory:PI"] is False


def test_a_refractory_list_is_presumed_whole_unless_reopened(known: Known) -> None:
    closed = known(prior=["len", "btz"], refractory=["len"])
    assert closed.facts["refractory:lenalidomide"] is True
    assert closed.facts["refractory:IMiD"] is True
    assert closed.facts["refractory:bortezomib"] is False
    assert "refractory-whole" in codes(closed)
    reopened = known(prior=["len", "btz"], refractory=["len"], refractory_incomplete=True)
    assert "refractory:bortezomib" not in reopened.facts
    assert "refractory-whole" not in codes(reopened)


def test_refractory_and_intolerant_drugs_count_as_prior(known: Known) -> None:
    patient = known(prior=["dara"], refractory=["len"], intolerant=["btz"])
    assert patient.firm["exposed:lenalidomide"] is True
    assert patient.firm["exposed:bortezomib"] is True
    assert patient.facts["refractory:bortezomib"] is False
    assert patient.facts["exposed:carfilzomib"] is False


def test_intolerance_never_makes_refractory_and_is_presumed_absent(known: Known) -> None:
    patient = known(prior=["len", "btz"], intolerant=["btz"])
    assert patient.facts["intolerant:bortezomib"] is True
    assert "refractory:bortezomib" not in patient.facts
    assert patient.facts["intolerant:lenalidomide"] is False
    assert "tolerant" in codes(patient)


def test_intolerance_of_a_class_leaves_its_members_open(known: Known) -> None:
    patient = known(prior=["VRd"], intolerant=["PI"])
    assert patient.facts["intolerant:PI"] is True
    assert "intolerant:bortezomib" not in patient.facts
    assert patient.facts["intolerant:lenalidomide"] is False


def test_intolerance_of_a_class_means_that_some_member_was_received(known: Known) -> None:
    patient = known(prior=["len"], intolerant=["PI"])
    assert patient.facts["exposed:PI"] is True
    assert any(patient.facts.get(f"exposed:{d}") is not False for d in ("bortezomib", "carfilzomib", "ixazomib"))


def test_refractory_none_makes_every_drug_sensitive(known: Known) -> None:
    patient = known(prior=["VRd"], refractory=["none"])
    assert patient.firm["refractory:bortezomib"] is False
    assert patient.firm["refractory:IMiD"] is False


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        ({"prior": ["len"]}, Interval(1, 30)),
        ({"prior": ["none"]}, Interval(0, 0)),
        ({"prior": ["len"], "lines": 3}, Interval(3, 3)),
        ({"prior": ["len"], "lines": {"max": 2}}, Interval(1, 2)),
        ({"prior": ["len"], "lines": {"min": 2}}, Interval(2, 30)),
        ({"prior": ["len"], "lines": "2"}, Interval(2, 2)),
        ({"age": 70}, None),
    ],
)
def test_lines_are_at_least_one_with_prior_therapy(known: Known, given: dict[str, Any], lines: Interval | None) -> None:
    assert known(**given).facts.get("lines") == lines


@pytest.mark.parametrize(
    ("given", "progressed"),
    [
        ({"prior": ["VRd", "dara"], "refractory": ["dara"], "last": ["dara"]}, True),
        ({"prior": ["VRd", "dara"], "refractory": ["len"], "last": ["dara"]}, False),
        ({"prior": ["VRd", "dara"], "refractory": ["len"], "last": ["dara", "dex"]}, False),
        ({"prior": ["VRd"], "refractory": ["len"], "lines": 1}, True),
        ({"prior": ["VRd"], "refractory": ["none"], "lines": 1}, False),
        ({"prior": ["VRd"], "lines": 1}, None),
        ({"prior": ["VRd"], "refractory": ["len", "btz"]}, True),
        ({"prior": ["VRd"], "refractory": ["len"]}, None),
        ({"prior": ["VRd", "dara"], "refractory": ["len"], "lines": 2}, None),
        ({"prior": ["VRd", "dara"], "refractory": ["len", "btz", "dara"], "lines": 3}, True),
        ({"prior": ["VRd"], "refractory": ["none"]}, False),
        ({"prior": ["VRd"], "refractory": ["len"], "lines": 2, "progressed_on_last": True}, True),
        ({"prior": ["VRd"], "refractory": ["len"], "lines": 2, "progressed_on_last": False}, False),
        ({"prior": ["VRd"]}, None),
        ({"refractory": ["len"]}, None),  # what else was received is not told
        ({"refractory": ["len"], "lines": 2}, None),
        ({"refractory": ["len"], "lines": 1}, True),
    ],
)
def test_progression_on_the_last_line_follows_from_what_is_known(
    known: Known, given: dict[str, Any], progressed: bool | None
) -> None:
    assert known(**given).facts.get("progressed_on_last") is progressed


@pytest.mark.parametrize(
    ("given", "because"),
    [
        ({"prior": ["VRd"], "refractory": ["len", "btz"]}, "every drug is refractory"),
        ({"prior": ["VRd"], "refractory": ["len"], "lines": 1}, "a drug of the last line is refractory"),
        ({"prior": ["VRd", "dara"], "refractory": ["dara"], "last": ["dara"]}, "a drug of the last line is refractory"),
        ({"prior": ["VRd", "ide-cel"], "last": ["ide-cel"]}, "a relapse after a product that is infused once"),
        (
            {"prior": ["VRd", "ide-cel"], "refractory": ["ide-cel"], "last": ["ide-cel"]},
            "a drug of the last line is refractory",
        ),
    ],
)
def test_a_progression_that_is_presumed_says_from_what(known: Known, given: dict[str, Any], because: str) -> None:
    (note,) = (n for n in known(**given).assumptions if n.code == "progressed")
    assert note.fact == "progressed_on_last"
    assert note.message.startswith("progressed on the last therapy, as ")
    assert because in note.message


def test_a_steroid_alone_does_not_tell_of_progression(known: Known) -> None:
    by_line = known(prior=["VRd"], refractory=["dex"], lines=1).facts.get("progressed_on_last")
    by_last = known(prior=["VRd"], refractory=["dex"], lines=1, last=["VRd"]).facts.get("progressed_on_last")
    assert by_line is by_last
    assert by_line is not True


# Where a score was made for such a patient (CLINICAL 5): the IMWG score from 65; the simplified scale from 65, and at
# diagnosis for those who are no transplant candidates. Below, nothing is worked out.
@pytest.mark.parametrize(
    ("given", "fitness"),
    [
        ({"age": 82, "adl": 4, "iadl": 5, "cci": 1}, {"frail"}),  # IMWG 2+1+1+0
        ({"age": 66, "adl": 6, "iadl": 8, "cci": 0}, {"fit"}),  # IMWG 0
        ({"age": 76, "adl": 6, "iadl": 8, "cci": 1}, {"intermediate"}),  # IMWG 1
        ({"age": 75, "adl": 6, "iadl": 8, "cci": 2}, {"intermediate"}),  # IMWG 1: 75 is not above 75
        ({"age": 75, "adl": 5, "iadl": 6, "cci": 1}, {"fit"}),  # IMWG 0: ADL above 4, IADL above 5, CCI below 2
        ({"age": 80, "adl": 6, "iadl": 5, "cci": 0}, {"frail"}),  # IMWG 1+1
        ({"age": 81}, {"frail"}),  # 2 points by age alone in both
        ({"age": 65, "ecog": 2}, {"frail"}),  # simplified scale: ECOG 2 alone
        ({"age": 70, "ecog": 0, "cci": 1}, {"fit", "intermediate"}),  # simplified 0: not frail
        ({"age": 70, "ecog": 1, "cci": 2}, {"frail"}),  # simplified 1+1
        ({"age": 78, "ecog": 1, "cci": 0}, {"frail"}),  # simplified 1+1
        ({"age": 60, "setting": "newly-diagnosed", "transplant": "ineligible", "ecog": 2}, {"frail"}),
        ({"age": 60, "setting": "newly-diagnosed", "transplant": "eligible", "ecog": 2}, None),
        ({"age": 64, "ecog": 2}, None),
        ({"age": 60, "adl": 3, "iadl": 4, "cci": 2}, None),
        ({"ecog": 2}, None),  # the age is open, so whether the scale applies is too
        ({"age": 60}, None),
        ({"ecog": 1}, None),
        ({"prior": ["len"]}, None),
        ({"age": 82, "fitness": "fit"}, {"fit"}),
    ],
)
def test_fitness_is_computed_where_a_score_was_made_for_it_and_decides_it(
    known: Known, given: dict[str, Any], fitness: set[str] | None
) -> None:
    found = known(**given).facts.get("fitness")
    assert found == (None if fitness is None else frozenset(fitness))


def test_stated_fitness_beats_the_computed_one_with_a_warning(known: Known) -> None:
    patient = known(prior=["len"], fitness="fit", age=84)
    assert patient.facts["fitness"] == one("fit")
    warned = [n for n in patient.warnings if n.code == "fitness-differs"]
    assert warned
    assert "fit" in warned[0].text
    assert "frail" in warned[0].text
    assert not [n for n in known(prior=["len"], fitness="frail", age=84).warnings if n.code == "fitness-differs"]


def test_scores_that_disagree_are_both_told(known: Known) -> None:
    # IMWG score 0: fit. Simplified scale: ECOG 2 alone makes frail (Facon 2020).
    patient = known(prior=["len"], age=70, adl=6, iadl=8, cci=0, ecog=2)
    told = " ".join(n.text for n in (*patient.assumptions, *patient.warnings) if n.fact == "fitness")
    assert "IMWG" in told
    assert "simplified" in told


def test_only_a_full_imwg_score_takes_a_transplant_away(known: Known) -> None:
    full = {"prior": ["len"], "age": 82, "adl": 4, "iadl": 5, "cci": 1}
    assert known(**full).facts["transplant"] == one("ineligible")
    assert known(**full, transplant="eligible").facts["transplant"] == one("eligible")
    simplified = known(prior=["len"], age=70, ecog=2)
    assert simplified.facts["fitness"] == one("frail")
    assert "transplant" not in simplified.facts


def test_no_presumption_decides_candidacy_of_those_not_frail(known: Known) -> None:
    for given in ({"prior": ["none"]}, {"prior": ["len"]}, {"prior": ["none"], "age": 58}, {"fitness": "fit"}):
        patient = known(**given)
        assert "transplant" not in patient.facts, given
        stated = known(**given, transplant="ineligible")
        assert stated.facts["transplant"] == one("ineligible")


def test_the_frail_are_presumed_ineligible_for_transplant_unless_stated(known: Known) -> None:
    patient = known(prior=["len"], fitness="frail")
    assert patient.facts["transplant"] == one("ineligible")
    assert "transplant" not in patient.firm
    assert known(prior=["len"], fitness="frail", transplant="eligible").facts["transplant"] == one("eligible")
    assert "transplant" not in known(prior=["len"], fitness="fit").facts


@pytest.mark.parametrize("unavailable", [["none"], ["no-transplant"]])
def test_a_stated_availability_replaces_what_frailty_presumes(known: Known, unavailable: list[str]) -> None:
    assert known(prior=["len"], fitness="frail", unavailable=unavailable).facts["unavailable:transplant"] is False


@pytest.mark.parametrize(
    "name",
    [
        "age",
        "ecog",
        "adl",
        "iadl",
        "cci",
        "prior_asct",
        "relapse",
        "early_relapse",
        "smm_risk",
        "fitness",
        "transplant",
        "months_since:lenalidomide",
        "cytogenetics:t(11;14)",
    ],
)
def test_what_nobody_presumes_stays_unknown(known: Known, name: str) -> None:
    assert name not in known(prior=["len"]).facts


def test_kidneys_nerves_comorbidity_and_supply_are_presumed_and_listed(known: Known) -> None:
    patient = known(prior=["len"])
    assert patient.facts["crcl"].low >= 60
    assert patient.facts["neuropathy"] == Interval(0, 1)
    assert patient.facts["condition:heart-failure"] is False
    assert patient.facts["unavailable:car-t"] is False
    assert codes(patient) >= {"kidneys", "nerves", "no-condition", "available"}
    assert not {"crcl", "neuropathy", "condition:heart-failure", "unavailable:car-t"} & patient.firm.keys()


@pytest.mark.parametrize(("age", "doubted"), [(74, False), (75, True)])
def test_what_is_often_not_so_is_presumed_with_that_word(known: Known, age: int, doubted: bool) -> None:
    [text] = [a.message for a in known(prior=["len"], age=age).assumptions if a.code == "kidneys"]
    assert text.endswith(", often not so at this age") is doubted


def test_a_stated_fact_replaces_its_presumption(known: Known) -> None:
    patient = known(prior=["len"], crcl=22, neuropathy=3, condition=["heart-failure"], unavailable=["car-t"])
    assert patient.facts["crcl"] == Interval(22, 22)
    assert patient.facts["neuropathy"] == Interval(3, 3)
    assert patient.facts["condition:heart-failure"] is True
    assert patient.facts["condition:pregnancy"] is False
    assert patient.facts["unavailable:car-t"] is True
    assert not codes(patient) & {"kidneys", "nerves"}


def test_a_condition_can_be_denied(known: Known) -> None:
    patient = known(prior=["len"], condition=["no-heart-failure", "vte"])
    assert patient.firm["condition:heart-failure"] is False
    assert patient.firm["condition:vte"] is True
    assert known(prior=["len"], condition=["none"]).firm["condition:pregnancy"] is False


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("chf", "heart-failure"),
        ("DVT", "vte"),
        ("HBV", "hepatitis-b"),
        ("Heart Failure", "heart-failure"),
        ("keratopathy", "ocular"),
    ],
)
def test_conditions_have_synonyms(known: Known, word: str, meant: str) -> None:
    assert known(prior=["len"], condition=[word]).firm[f"condition:{meant}"] is True


def test_dialysis_means_a_clearance_below_15(known: Known) -> None:
    crcl = known(prior=["len"], condition=["dialysis"]).firm["crcl"]
    assert crcl.low == 0
    assert 14.9 < crcl.high < 15


HIGH_RISK = ("del(17p)", "TP53", "t(4;14)", "t(14;16)", "t(14;20)", "gain(1q)", "del(1p)")


def test_standard_cytogenetics_deny_high_risk_and_leave_t_11_14_open(known: Known) -> None:
    facts = known(prior=["len"], cytogenetics=["standard"]).facts
    assert all(facts[f"cytogenetics:{marker}"] is False for marker in HIGH_RISK)
    assert "cytogenetics:t(11;14)" not in facts


def test_one_igh_translocation_denies_the_others_and_no_more(known: Known) -> None:
    facts = known(prior=["len"], cytogenetics=["t(4;14)"]).facts
    assert facts["cytogenetics:t(4;14)"] is True
    assert all(facts[f"cytogenetics:{m}"] is False for m in ("t(11;14)", "t(14;16)", "t(14;20)"))
    assert not {"cytogenetics:del(17p)", "cytogenetics:gain(1q)"} & facts.keys()


def test_listed_cytogenetics_leave_the_unlisted_open_and_can_be_denied(known: Known) -> None:
    facts = known(prior=["len"], cytogenetics=["del(17p)", "no-t(11;14)"]).facts
    assert facts["cytogenetics:del(17p)"] is True
    assert facts["cytogenetics:t(11;14)"] is False
    assert "cytogenetics:t(4;14)" not in facts


def test_months_since_are_kept_per_drug_and_mean_received(known: Known) -> None:
    for given in ({"btz": 7, "Revlimid": 3.5}, "btz=7,len=3.5", ["btz=7", "len=3.5"]):
        facts = known(months_since=given).firm
        assert facts["months_since:bortezomib"] == Interval(7, 7)
        assert facts["months_since:lenalidomide"] == Interval(3.5, 3.5)
        assert facts["exposed:bortezomib"] is True
        assert "months_since:carfilzomib" not in facts


@pytest.mark.parametrize("given", [{"PI": 3}, "btz", "btz=", "btz=x", "=3", {"btz": -1}, {"btz": 601}, {"xyzzy": 3}])
def test_months_that_name_no_drug_or_no_number_are_refused(refused: Refused, given: Any) -> None:
    assert {p.fact for p in refused(prior=["VRd"], months_since=given)} == {"months_since"}


def test_last_counts_as_prior(known: Known) -> None:
    assert known(last=["Kd"]).firm["exposed:carfilzomib"] is True


@pytest.mark.parametrize("word", ["steroid", "dex", "VRd", "PI", "anti-CD38"])
def test_the_last_line_may_be_any_word_for_drugs(known: Known, word: str) -> None:
    assert known(last=[word]).facts["setting"] == one("relapsed")


def test_stating_the_last_line_takes_no_progression_back(known: Known) -> None:
    # One line, all refractory: progression on the last therapy; the last line's name adds to that, and takes nothing away.
    given: dict[str, Any] = {"prior": ["VRd", "carf"], "refractory": ["VRd", "carf"], "lines": 1}
    assert known(**given).facts["progressed_on_last"] is True
    assert known(last=["pom"], **given).facts["progressed_on_last"] is True


FAILED_ONCE: list[dict[str, Any]] = [
    {"prior": ["VRd"], "refractory": ["len"], "lines": 1},
    {"prior": ["VRd"], "refractory": ["len"], "lines": 1, "prior_asct": True},
    {"prior": ["VRd", "ASCT"], "refractory": ["btz"], "lines": 1},
    {"prior": ["VRd"], "refractory": ["len"], "lines": 1, "prior_asct": False, "setting": "maintenance"},
    {"prior": ["VRd", "dara"], "refractory": ["dara"], "last": ["dara"]},
    {"prior": ["VRd"], "refractory": ["len", "btz"], "lines": 1},
    {"prior": ["VRd", "dara", "cilta-cel"], "last": ["cilta-cel"]},
    {"prior": ["VRd", "dara", "cilta-cel"], "refractory": ["len", "dara"], "last": ["cilta-cel"], "lines": 3},
    {"prior": ["VRd", "dara", "ide-cel"], "refractory": ["len"], "last": ["CAR-T"]},
]


@pytest.mark.parametrize("given", FAILED_ONCE)
def test_a_drug_of_the_last_line_that_failed_makes_progression_on_it_likely_and_no_more(
    known: Known, given: dict[str, Any]
) -> None:
    # A later part of the same line, as a transplant or maintenance, may have brought the response that an earlier did not.
    patient = known(**given)
    assert patient.facts["progressed_on_last"] is True
    assert "progressed" in codes(patient)
    assert "progressed_on_last" not in known(strict=True, **given).facts
    denied = known(**given, progressed_on_last=False)
    assert denied.facts["progressed_on_last"] is False
    assert "responded-since" in {w.code for w in denied.warnings}


@pytest.mark.parametrize(
    "given",
    [
        {"setting": "maintenance"},
        {"refractory": ["none"]},
        {"refractory": ["len", "no-cilta-cel"]},
        {"last": ["cilta-cel", "len"], "refractory": ["dara", "no-cilta-cel"]},
        {"last": ["len"], "refractory": ["dara"]},
    ],
)
def test_an_infusion_that_still_works_is_no_progression_on_it(known: Known, given: dict[str, Any]) -> None:
    # What is infused once has no last dose: only a relapse after it is a progression.
    patient = known(**{"prior": ["VRd", "dara", "cilta-cel"], "last": ["cilta-cel"], **given})
    assert patient.facts.get("progressed_on_last") is not True


@pytest.mark.parametrize(
    ("given", "open_"),
    [
        ({"setting": "newly-diagnosed", "lines": 2}, True),
        ({"setting": "smoldering", "lines": "1-"}, True),
        ({"setting": "newly-diagnosed", "prior_asct": True}, True),
        ({"setting": "newly-diagnosed"}, False),
        ({"setting": "newly-diagnosed", "lines": 0}, False),
        ({"setting": "newly-diagnosed", "lines": "0-2"}, False),
    ],
)
def test_who_had_a_line_of_therapy_is_not_presumed_to_have_received_nothing(
    known: Known, given: dict[str, Any], open_: bool
) -> None:
    patient = known(**given)
    assert ("exposed:lenalidomide" not in patient.facts) is open_
    assert ("treated-before" in {w.code for w in patient.warnings}) is open_


@pytest.mark.parametrize(
    ("given", "odd"),
    [
        ({"fitness": "fit", "ecog": 4}, True),
        ({"fitness": "fit", "ecog": "3-"}, True),
        ({"fitness": "fit", "ecog": 2}, False),
        ({"fitness": "fit", "ecog": "2-3"}, False),
        ({"fitness": "intermediate", "ecog": 4}, False),
        ({"fitness": "frail", "transplant": "eligible"}, True),
        ({"fitness": "frail", "transplant": "ineligible"}, False),
        ({"fitness": ["fit", "frail"], "transplant": "eligible"}, False),
        ({"setting": "maintenance", "prior": ["VRd"], "refractory": ["btz"]}, False),
        ({"crcl": 20}, False),
    ],
)
def test_facts_that_seldom_go_together_are_both_used_and_told(known: Known, given: dict[str, Any], odd: bool) -> None:
    # What a stated fact would have presumed is denied by another one: a presumption gives way, but not in silence.
    patient = known(**{"prior": ["len"], **given})
    told = [w.text for w in patient.warnings if w.code == "against-the-usual"]
    assert bool(told) is odd
    assert not odd or "because" in told[0]


# --- presumed only, never in strict -------------------------------------------------------------------


def test_strict_presumes_nothing(known: Known) -> None:
    patient = known(strict=True, prior=["len"], refractory=["len"], fitness="frail")
    assert patient.facts["exposed:IMiD"] is True
    assert patient.facts["setting"] == one("relapsed")
    assert patient.facts["lines"] == Interval(1, 30)
    presumed = {
        "exposed:bortezomib",
        "crcl",
        "neuropathy",
        "transplant",
        "condition:pregnancy",
        "unavailable:car-t",
        "intolerant:lenalidomide",
    }
    assert not presumed & patient.facts.keys()
    assert all(code.startswith("entailed") for code in codes(patient))


def test_the_assumptions_are_those_made_and_no_others(known: Known) -> None:
    patient = known(prior=["len", "btz"], refractory=["len"], fitness="frail", crcl=40, condition=["none"], lines=2)
    assert codes(patient) == {
        "entailed-setting",
        "prior-whole",
        "refractory-whole",
        "tolerant",
        "no-transplant",
        "nerves",
        "available",
    }
    assert all(note.fact in FACTS for note in patient.assumptions)


# --- contradictions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "sides"),
    [
        ({"prior": ["none", "len"]}, ("none", "len")),
        ({"prior": ["none"], "refractory": ["len"]}, ("--prior none", "--refractory lenalidomide")),
        ({"prior": ["none"], "intolerant": ["len"]}, ("--prior none", "--intolerant lenalidomide")),
        ({"prior": ["none"], "months_since": {"len": 3}}, ("--prior none", "--months-since lenalidomide")),
        ({"prior": ["none"], "lines": 2}, ("--prior none", "--lines 2")),
        ({"prior": ["none"], "last": ["VRd"]}, ("--prior none", "--last")),
        ({"prior": ["len"], "lines": 0}, ("--lines 0", "prior")),
        ({"prior": ["none"], "setting": "relapsed"}, ("--prior none", "--setting relapsed")),
        ({"prior": ["none"], "setting": "maintenance"}, ("--prior none", "--setting maintenance")),
        ({"setting": "relapsed", "lines": 0}, ("--lines 0", "--setting relapsed")),
        ({"prior": ["len"], "condition": ["vte", "no-vte"]}, ("vte", "--condition")),
        ({"prior": ["len"], "condition": ["none", "vte"]}, ("vte", "--condition")),
        ({"prior": ["len"], "cytogenetics": ["standard", "del(17p)"]}, ("del(17p)", "--cytogenetics")),
        ({"prior": ["len"], "cytogenetics": ["t(4;14)", "t(11;14)"]}, ("t(4;14)", "t(11;14)")),
        ({"prior": ["len"], "condition": ["dialysis"], "crcl": 50}, ("dialysis", "--crcl 50")),
        ({"prior": ["VRd"], "refractory": ["none"], "progressed_on_last": True}, ("--progressed-on-last", "refractory")),
        ({"prior": ["VRd", "ASCT"], "prior_asct": False}, ("--prior ", "prior-asct")),
        ({"prior": ["none"], "prior_incomplete": True}, ("--prior", "none", "--prior-incomplete")),
        (
            {"prior": ["VRd"], "refractory": ["none"], "refractory_incomplete": True},
            ("--refractory", "none", "--refractory-incomplete"),
        ),
        ({"prior": ["len", "no-len"]}, ("--prior", "lenalidomide")),
        ({"prior": ["no-len"], "refractory": ["len"]}, ("--prior", "--refractory lenalidomide")),
        ({"prior": ["VRd"], "refractory": ["len", "no-len"]}, ("--refractory", "lenalidomide")),
        ({"prior": ["PI", "no-btz", "no-carf", "no-ixa"]}, ("--prior PI", "denial")),
        ({"prior": ["VRd", "elo"], "refractory": ["anti-SLAMF7", "no-elo"]}, ("--refractory anti-SLAMF7", "denial")),
        ({"intolerant": ["anti-CD38", "no-dara", "no-isa"]}, ("--intolerant anti-CD38", "denial")),
        ({"setting": "newly-diagnosed", "early_relapse": True}, ("--setting newly-diagnosed", "--early-relapse")),
        ({"setting": "newly-diagnosed", "relapse": "slow"}, ("--setting newly-diagnosed", "--relapse slow")),
        ({"setting": "smoldering", "relapse": "rapid"}, ("--setting smoldering", "--relapse rapid")),
        ({"condition": ["hepatitis-b", "hepatitis-b-past"]}, ("hepatitis-b", "hepatitis-b-past", "HBsAg")),
        ({"prior": ["none"], "condition": ["responded-bortezomib"]}, ("--prior none", "--condition responded-bortezomib")),
        ({"lines": 0, "condition": ["responded-bortezomib"]}, ("--lines 0", "--condition responded-bortezomib")),
        ({"prior": ["none"], "condition": ["asct-progression-3y"]}, ("--prior none", "--condition asct-progression-3y")),
        ({"lines": 0, "condition": ["asct-progression-3y"]}, ("--lines 0", "--condition asct-progression-3y")),
        ({"prior_asct": False, "condition": ["asct-progression-3y"]}, ("--prior-asct", "--condition asct-progression-3y")),
    ],
)
def test_a_contradiction_is_refused_and_names_both_sides(
    refused: Refused, given: dict[str, Any], sides: tuple[str, ...]
) -> None:
    problems = refused(**given)
    assert {p.code for p in problems} == {"contradiction"}
    text = " ".join(said(p.message, as_option) for p in problems)
    assert all(side in text for side in sides), text
    assert all("--" not in p.text for p in problems)  # a Python caller is not told of options


def test_a_contradiction_names_only_facts_that_were_given(refused: Refused, kb: Knowledge) -> None:
    """Whatever entails something, against what cannot be beside it: the message has the words of the two, and no others."""
    against: dict[str, dict[str, Any]] = {
        "lines": {"lines": 0},
        "setting": {"setting": "newly-diagnosed"},
        "prior_asct": {"prior_asct": False},
        "exposed": {"prior": ["none"]},
        "crcl": {"crcl": 90},
        "progressed_on_last": {"progressed_on_last": True},
    }
    tried = 0
    for rule in kb.entailments:
        fact, about = split_atom(rule.given.atom)
        value = rule.given.words[0] if rule.given.words else rule.given.flag
        given = {fact.name: [about]} if about and value is True else {fact.name: value}
        for then in rule.then:
            other = against.get(then.atom.partition(":")[0])
            if other is None or (about and value is not True) or set(other) & set(given):
                continue
            told = refused(**given, **other)
            named = {name for p in told for name in re.findall("⟨([a-z_]+)⟩", p.message)}
            assert {p.code for p in told} == {"contradiction"}
            assert named == {*given, *other}, [p.message for p in told]
            tried += 1
    assert tried >= 10


def test_what_only_a_treated_patient_has_is_told_in_a_setting_before_treatment(kb: Knowledge) -> None:
    for fact in (f for f in FACTS.values() if f.after_therapy):
        for setting in ("newly-diagnosed", "smoldering"):
            given = {"setting": setting, fact.name: fact.values[0] if fact.values else True}
            try:
                told = " ".join(w.message for w in intake(given, kb).warnings)
            except QuestionError as error:
                told = " ".join(p.message for p in error.problems)
            assert f"⟨{fact.name}⟩" in told, given


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"prior": ["len"], "smm_risk": "high"}, "smoldering"),
        ({"setting": "newly-diagnosed", "smm_risk": "low"}, "smoldering"),
        ({"setting": "maintenance", "smm_risk": "high"}, "smoldering"),
        ({"setting": "maintenance", "progressed_on_last": True}, "maintenance"),
        ({"setting": "maintenance", "relapse": "rapid"}, "maintenance"),
        ({"setting": "maintenance", "lines": 1, "early_relapse": True}, "early_relapse"),
        ({"prior": ["len"], "progressed_on_last": False, "progressed_after_last": False}, "progressed neither"),
        ({"transplant": "eligible", "ecog": 4}, "ECOG 4"),
        ({"transplant": "eligible", "age": 80}, "80 years"),
        ({"ecog": 4, "adl": 6}, "ECOG 4"),
        ({"ecog": 4, "iadl": 8}, "ECOG 4"),
        ({"ecog": 0, "adl": 2}, "ECOG 0"),
        ({"condition": ["pregnancy"], "age": 60}, "60 years"),
        ({"condition": ["lactation"], "age": 85}, "60 years"),
        ({"condition": ["cast-nephropathy"], "crcl": 90}, "cast-nephropathy"),
        ({"prior": ["none"], "condition": ["imid-hypersensitivity"]}, "no such drug was received"),
        ({"prior": ["no-len"], "condition": ["lenalidomide-hypersensitivity"]}, "no such drug was received"),
        ({"age": 20, "months_since": {"len": 241}}, "more than ⟨age⟩ 20"),
        ({"months_since": {"cilta-cel": 400}}, "before the first label"),
        ({"prior": ["len"], "lines": 2}, "only 1 drug in"),
        ({"prior": ["len", "btz", "dex"], "lines": "3-4"}, "only 2 drugs in"),
    ],
)
def test_what_hardly_any_patient_has_is_told_and_either_fact_alone_is_not(
    known: Known, given: dict[str, Any], word: str
) -> None:
    def odd(**facts: Any) -> list[str]:
        codes = ("against-the-usual", "date-implausible")
        return [w.message for w in known(**facts).warnings if w.code in codes]

    assert word in " ".join(odd(**given))
    for left in given:
        rest = {key: value for key, value in given.items() if key != left}
        assert not rest or not odd(**rest), rest


@pytest.mark.parametrize(
    "given",
    [
        {"prior": ["len", "btz"], "lines": 2},
        {"prior": ["len"], "lines": "1-3"},
        {"prior": ["len"], "prior_incomplete": True, "lines": 4},
        {"prior": ["DVRd"], "lines": 3},
        {"prior": ["PI", "IMiD", "anti-CD38"], "lines": 5},
    ],
)
def test_as_many_drugs_as_lines_or_a_list_that_is_not_whole_is_no_doubt(known: Known, given: dict[str, Any]) -> None:
    assert not [w for w in known(**given).warnings if w.code == "against-the-usual"]


def test_every_row_of_what_is_unlikely_takes_more_than_one_fact(kb: Knowledge) -> None:
    for row in kb.unlikely:
        assert len({leaf.fact.partition(":")[0] for leaf in leaves([row.when])}) > 1, row.id


@pytest.mark.parametrize("months", [{"len": 240}, {"len": "230-250"}, {"dex": 500}])
def test_a_time_since_a_drug_that_can_be_is_not_doubted(known: Known, months: dict[str, Any]) -> None:
    assert not [w for w in known(age="20-90", months_since=months).warnings if w.code == "date-implausible"]


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        ("condition", ["vte", "none"]),
        ("condition", ["vte", "no-vte"]),
        ("cytogenetics", ["del(17p)", "standard"]),
        ("unavailable", ["car-t", "none"]),
        ("prior", ["len", "none"]),
        ("refractory", ["len", "none"]),
    ],
)
def test_a_list_that_contradicts_itself_is_refused_in_any_order(refused: Refused, fact: str, words: list[str]) -> None:
    for order in permutations(words):
        assert {p.code for p in refused(**{"prior": ["len"], fact: list(order)})} == {"contradiction"}, order


@pytest.mark.parametrize(
    ("fact", "words", "said"),
    [
        ("condition", ["none", "vte"], "says none and also vte."),
        ("cytogenetics", ["standard", "t(4;14)"], "says standard and also t(4;14)."),
        ("cytogenetics", ["standard", "no-t(11;14)", "del(17p)"], "says standard and also del(17p)."),
    ],
)
def test_a_word_that_denies_others_is_named_wherever_it_stands(
    refused: Refused, fact: str, words: list[str], said: str
) -> None:
    for order in (words, words[::-1]):
        [problem] = refused(**{"prior": ["len"], fact: order})
        assert (problem.code, problem.message) == ("contradiction", f"⟨{fact}⟩ {said}")


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"prior": ["btz"]}, "⟨prior⟩ bortezomib contradicts ⟨last⟩ none."),
        ({"lines": 2}, "⟨lines⟩ 2 contradicts ⟨last⟩ none."),
    ],
)
def test_no_last_line_means_that_nothing_was_given(refused: Refused, facts: dict[str, Any], said: str) -> None:
    # It was dropped in silence.
    assert [p.message for p in refused(**facts, last=["none"])] == [said]


def test_no_last_line_of_somebody_untreated_is_no_contradiction(kb: Knowledge) -> None:
    for given in ({"prior": ["none"], "last": ["none"]}, {"last": "none"}, {"prior": ["none"], "last": []}):
        assert mmopts.suggest(given, kb)["patient"]["setting"] == "newly-diagnosed"
    assert mmopts.suggest({"prior": ["btz"], "last": []}, kb)["patient"]["lines"] == {"min": 1, "max": None}


def test_contradictions_do_not_depend_on_the_order_of_the_facts(kb: Knowledge) -> None:
    for given in (
        {"prior": ["VRd", "ASCT"], "prior_asct": False},
        {"prior": ["none"], "last": ["VRd"]},
        {"prior": ["none"], "refractory": ["len"]},
    ):
        for order in permutations(given):
            with pytest.raises(QuestionError):
                intake({key: given[key] for key in order}, kb)


# --- unusable values ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fact", "low", "high"),
    [
        ("lines", 0, 30),
        ("age", 18, 120),
        ("ecog", 0, 4),
        ("adl", 0, 6),
        ("iadl", 0, 8),
        ("cci", 0, 40),
        ("crcl", 0, 250),
        ("neuropathy", 0, 4),
    ],
)
def test_a_number_out_of_range_is_refused_and_the_bounds_are_not(
    known: Known, refused: Refused, fact: str, low: int, high: int
) -> None:
    for bad in (low - 1, high + 1, "many", True, [], float("nan"), float("inf"), {"min": high, "max": low}, {}):
        [problem] = refused(**{fact: bad})
        assert (problem.code, problem.fact) == ("bad-value", fact)
        assert str(low) in problem.message
        assert str(high) in problem.message
    for good in (low, high):
        if (fact, good) != ("lines", 0):
            assert known(**{fact: good}).facts[fact] == Interval(good, good)


def test_a_number_too_large_for_a_float_is_refused_like_any_other(refused: Refused) -> None:
    assert refused(lines=10**400)[0].code == "bad-value"
    assert refused(prior=["len"], months_since={"len": 10**400})[0].code == "bad-value"


@pytest.mark.parametrize("fact", ["lines", "ecog", "adl", "iadl", "cci", "neuropathy"])
def test_a_count_or_a_grade_is_a_whole_number(refused: Refused, fact: str) -> None:
    [problem] = refused(**{fact: 1.5})
    assert "whole" in problem.message


@pytest.mark.parametrize(
    ("fact", "good"),
    [("setting", "relapsed"), ("fitness", "frail"), ("transplant", "eligible"), ("relapse", "rapid"), ("smm_risk", "high")],
)
def test_a_choice_takes_its_words_only(known: Known, refused: Refused, fact: str, good: str) -> None:
    assert known(**{fact: good.upper()}).facts[fact] == one(good)
    for bad in (good[:-1], "", [], 3, [good, "other"]):
        [problem] = refused(**{fact: bad})
        assert problem.code == "bad-value"
    assert refused(**{fact: good[:-1]})[0].suggestions[0] == good


@pytest.mark.parametrize(
    ("fact", "text", "low", "high"),
    [
        ("lines", "2-4", 2, 4),
        ("lines", "7-", 7, 30),
        ("lines", "-3", None, None),
        ("lines", "2 to 4", 2, 4),
        ("lines", ">1-3", 2, 3),
        ("lines", "<3", None, None),
        ("lines", "4-2", None, None),
        ("lines", "1-31", None, None),
        ("lines", "-", None, None),
        ("age", "70-74.5", 70, 74.5),
        ("neuropathy", "0-1", 0, 1),
    ],
)
def test_a_number_may_be_a_range(
    known: Known, refused: Refused, fact: str, text: str, low: float | None, high: float | None
) -> None:
    if low is None or high is None:
        assert [p.code for p in refused(**{fact: text})] == ["bad-value"]
    else:
        assert known(**{"setting": "relapsed", fact: text}).facts[fact] == Interval(max(low, float(fact == "lines")), high)


def test_an_end_left_out_of_a_range_is_not_itself_in_it(known: Known) -> None:
    crcl = known(prior=["len"], crcl="30-<60").facts["crcl"]
    assert crcl.low == 30
    assert 59.99 < crcl.high < 60


def test_several_ranges_say_what_they_have_in_common(known: Known, refused: Refused) -> None:
    assert known(prior=["len"], lines=["2-4", "3-"]).facts["lines"] == Interval(3, 4)
    assert refused(prior=["len"], lines=["1", "3-"])[0].code == "contradiction"


@pytest.mark.parametrize(("word", "told"), [("alloSCT", True), ("ASCT", False), ("radiotherapy", False), ("len", False)])
def test_a_treatment_that_no_rule_asks_for_is_told_and_what_says_something_is_not(
    kb: Knowledge, word: str, told: bool
) -> None:
    # An autologous transplant says that there was one; radiotherapy is no line of its own. An allogeneic one says so too
    # in this base, not in one without a fact for it.
    bare = kb._replace(names={k: m._replace(sets={}) if m.name and "allo" in k else m for k, m in kb.names.items()})
    warned = [w.text for w in intake({"prior": ["Kd", word]}, bare).warnings if w.code == "no-rule"]
    assert warned == ([f"{word} is understood, but no rule asks for it"] if told else [])
    assert not [w for w in intake({"prior": ["Kd", word]}, kb).warnings if w.code == "no-rule"]


def test_an_allogeneic_transplant_among_the_drugs_is_a_condition(kb: Knowledge) -> None:
    had = intake({"prior": ["VRd", "allo-SCT"], "condition": ["vte"]}, kb)
    assert had.facts["condition:allogeneic-transplant"] is True
    assert as_file(had, kb)["condition"] == ["allogeneic-transplant", "vte"]
    assert intake({"prior": ["VRd", "ASCT"]}, kb).facts.get("condition:allogeneic-transplant") is not True


@pytest.mark.parametrize(("given", "told"), [({}, True), ({"lines": 2}, False), ({"lines": {"min": 1}}, False)])
def test_at_least_one_line_is_told_where_lines_are_not_stated(known: Known, given: dict[str, Any], told: bool) -> None:
    assumed = {a.code: a.text for a in known(prior=["VRd"], **given).assumptions}
    assert assumed.get("entailed-lines") == ("at least 1 prior line, upper end open" if told else None)


@pytest.mark.parametrize(("crcl", "dialysis"), [(45, False), (15, False), (14, None), ({"min": 10, "max": 20}, None)])
def test_a_condition_is_denied_by_the_opposite_of_what_it_means(known: Known, crcl: Any, dialysis: bool | None) -> None:
    patient = known(crcl=crcl, prior=["none"])
    assert patient.firm.get("condition:dialysis") is dialysis


@pytest.mark.parametrize(
    ("given", "firm"), [({"lines": 0}, True), ({"prior": ["none"]}, True), ({"setting": "smoldering"}, False)]
)
def test_nobody_untreated_has_what_only_treatment_brings(known: Known, given: dict[str, Any], firm: bool) -> None:
    # It follows from there being no treatment; where that is only presumed, so is this.
    patient = known(**given)
    for atom in ("progressed_on_last", "progressed_after_last", "prior_asct", "early_relapse"):
        assert patient.facts.get(atom) is False
        assert patient.firm.get(atom) is (False if firm else None)


@pytest.mark.parametrize(
    "named", [{}, {"refractory_incomplete": True}, {"refractory": ["len"], "refractory_incomplete": True}]
)
def test_the_melphalan_of_a_transplant_is_presumed_not_to_have_failed(known: Known, named: dict[str, Any]) -> None:
    # The drug was given once; else an answer "yes" to the transplant would make doubtful what was open before.
    patient = known(prior=["len", "ASCT"], **named)
    assert patient.facts["refractory:melphalan"] is False
    assert "refractory:melphalan" not in patient.firm
    assert ("transplant-once", "refractory") in {(a.code, a.fact) for a in patient.assumptions}
    assert known(prior=["len", "ASCT"], refractory=["mel"]).facts["refractory:melphalan"] is True
    assert "refractory:melphalan" not in known(prior=["len", "mel"]).facts


def test_what_was_said_is_not_presumed_besides(known: Known) -> None:
    assert "tolerant" not in {a.code for a in known(prior=["VRd"], intolerant=["none"]).assumptions}
    assert "tolerant" in {a.code for a in known(prior=["VRd"], intolerant=["len"]).assumptions}


@pytest.mark.parametrize("fact", ["prior", "refractory", "intolerant"])
def test_a_denial_does_not_say_that_there_was_treatment(known: Known, fact: str) -> None:
    patient = known(**{fact: ["no-len"]})
    assert {"lines", "setting"}.isdisjoint(patient.facts)


def test_progression_on_a_last_line_each_drug_of_which_is_denied_to_have_failed_is_a_contradiction(
    refused: Refused, known: Known
) -> None:
    given = {"prior": ["VRd", "Kd"], "last": ["carf"], "progressed_on_last": True}
    assert refused(**given, refractory=["no-carf"])[0].code == "contradiction"
    assert known(**given, refractory=["len"]).facts["progressed_on_last"] is True  # only presumed not to have failed
    assert known(**{**given, "progressed_on_last": None}, refractory=["no-carf"]).facts["progressed_on_last"] is False


@pytest.mark.parametrize(
    ("given", "atom"),
    [
        ({"prior": ["VRd", "dara"], "refractory": ["no-dara"]}, "refractory:anti-CD38"),
        ({"prior": ["VRd", "no-dara", "no-isa"], "prior_incomplete": True}, "exposed:anti-CD38"),
        ({"prior": ["dara", "PI"], "refractory": ["no-dara", "no-isa"], "prior_incomplete": True}, "refractory:anti-CD38"),
    ],
)
def test_what_is_so_of_none_of_its_drugs_is_not_so_of_a_class(known: Known, given: dict[str, Any], atom: str) -> None:
    assert known(**given).facts[atom] is False


def test_a_class_that_some_drug_may_make_true_stays_open(known: Known) -> None:
    assert "refractory:anti-CD38" not in known(prior=["dara", "isa"], refractory=["no-dara"]).facts
    assert "exposed:anti-CD38" not in known(prior=["VRd", "no-dara"], prior_incomplete=True).facts
    assert known(prior=["PI"]).facts["exposed:PI"] is True


@pytest.mark.parametrize(("lines", "treated"), [(1, True), ({"min": 1}, True), ({"min": 0, "max": 2}, False)])
def test_who_had_a_line_and_no_refractory_drug_has_not_progressed_on_it(known: Known, lines: Any, treated: bool) -> None:
    patient = known(lines=lines, refractory=["none"])
    assert (patient.facts.get("progressed_on_last") is False) is treated


@pytest.mark.parametrize("fact", ["progressed_on_last", "prior_asct", "early_relapse"])
def test_a_flag_is_true_or_false(known: Known, refused: Refused, fact: str) -> None:
    assert known(**{"prior": ["len"], fact: False}).facts[fact] is False
    for bad in ("yes", 1, []):
        assert refused(**{"prior": ["len"], fact: bad})[0].fact == fact


@pytest.mark.parametrize(
    ("fact", "word", "near"),
    [
        ("condition", "hart-failure", "heart-failure"),
        ("condition", "no-hart-failure", "heart-failure"),
        ("cytogenetics", "del(17x)", "del(17p)"),
        ("unavailable", "bispecifik", "bispecific"),
    ],
)
def test_an_unknown_word_is_refused_with_the_nearest(refused: Refused, fact: str, word: str, near: str) -> None:
    [problem] = refused(**{"prior": ["len"], fact: [word]})
    assert (problem.code, problem.fact) == ("unknown-word", fact)
    assert near in problem.suggestions


def test_an_unknown_fact_is_refused_with_the_nearest(refused: Refused) -> None:
    [problem] = refused(prior=["len"], refractry=["len"])
    assert problem.code == "unknown-fact"
    assert "refractory" in problem.suggestions


@pytest.mark.parametrize(
    ("key", "meant"),
    [("egfr", "crcl"), ("frail", "fitness"), ("prior_lines", "lines"), ("performance-status", "ecog"), ("charlson", "cci")],
)
def test_what_is_mistaken_for_a_fact_is_refused_with_the_fact(refused: Refused, key: str, meant: str) -> None:
    # The command line pointed there; a patient file was told nothing, or of `prior_lines` three facts that are not meant.
    [problem] = refused(**{"prior": ["len"], key: 1})
    assert (problem.code, list(problem.suggestions)) == ("unknown-fact", [meant])


def test_every_fault_is_told_at_once(refused: Refused) -> None:
    found = refused(prior=["xyzzy"], lines=99, fitness="fitt", condition=["nonsense"], foo=1)
    assert {p.code for p in found} == {"unknown-name", "bad-value", "unknown-word", "unknown-fact"}
    assert len(found) == 5


def test_no_fact_at_all_is_refused(refused: Refused) -> None:
    for given in (
        {},
        {"region": "us"},
        {"prior": None},
        {"prior_incomplete": True},
        {"strict": True, "as_of": "2024-01-01"},
    ):
        assert [p.code for p in refused(**given)] == ["no-facts"]


@pytest.mark.parametrize(
    ("key", "bad"),
    [("region", "uk"), ("region", 3), ("as_of", "2024-02-30"), ("as_of", "2024-02"), ("as_of", "today"), ("strict", "yes")],
)
def test_a_bad_question_is_refused(refused: Refused, key: str, bad: Any) -> None:
    [problem] = refused(**{"prior": ["len"], key: bad})
    assert (problem.code, problem.fact) == ("bad-value", key)


@pytest.mark.parametrize("fact", ["prior", "refractory", "intolerant", "last"])
@pytest.mark.parametrize("bad", ["", 5, True, {}, [5], [["len"]]])
def test_a_drug_list_is_words(refused: Refused, fact: str, bad: Any) -> None:
    assert {p.fact for p in refused(**{"age": 70, fact: bad})} == {fact}


# --- the record --------------------------------------------------------------------------------------


ROUND = [
    {"prior": ["len", "btz"], "fitness": "frail"},
    {"prior": ["PI", "len"]},
    {"prior": ["none"]},
    {"last": ["VRd"]},
    {"last": ["PI"]},
    {"refractory": ["PI"]},
    {"prior": ["VRd"], "intolerant": ["PI"]},
    {"prior": ["allo-SCT", "VRd"]},
    {"prior": ["allo-SCT"]},
    {"prior": ["VRd", "ASCT"], "months_since": {"melphalan": 30}},
    {"prior": ["len"], "prior_incomplete": True},
    {"prior": ["VRd"], "refractory": ["len"], "refractory_incomplete": True},
    {"prior": ["VRd"], "refractory": ["none"]},
    {"prior": ["len"], "condition": ["dialysis"]},
    {"prior": ["len"], "crcl": {"max": 40.5}, "age": {"min": 70, "max": 74}},
    {"prior": ["len"], "cytogenetics": ["standard"]},
    {"prior": ["len"], "cytogenetics": ["t(11;14)", "no-del(17p)"]},
    {"prior": ["len"], "unavailable": ["car-t"], "condition": ["none"]},
    {"age": 70, "ecog": 0, "cci": 0},
    {"prior": ["len"], "fitness": ["fit", "intermediate"], "relapse": "rapid", "early_relapse": True},
    {"prior": ["VRd"], "refractory": ["len"], "lines": 1, "strict": True},
    {"setting": "smoldering", "smm_risk": "high"},
    {"intolerant": ["btz"]},
    {"months_since": {"btz": 3}},
    {"refractory": ["none"]},
    {"prior": ["len"], "intolerant": ["none"]},
    {"prior": ["no-carfilzomib"]},
    {"prior": ["len", "no-dara"], "prior_incomplete": True},
    {"prior": ["VRd"], "refractory": ["no-btz"]},
    {"prior": ["VRd"], "refractory": ["len", "no-btz"], "refractory_incomplete": True},
    {"setting": "relapsed", "intolerant": ["no-len"]},
    {"prior": ["len"], "lines": "2-4", "crcl": "30-<60"},
    {"age": 82, "iadl": 2},
    {"age": 70, "adl": 6, "iadl": 8, "cci": 0, "ecog": 2, "transplant": "ineligible"},
    {"prior": ["len"], "progressed_after_last": True},
    {"prior": ["CAR-T"], "last": ["cilta-cel"]},
]


@pytest.mark.parametrize("given", ROUND, ids=str)
def test_the_recorded_patient_gives_the_same_facts_again(kb: Knowledge, given: dict[str, Any]) -> None:
    strict = bool(given.get("strict"))
    stated = {k: v for k, v in given.items() if k != "strict"}
    first = intake(stated, kb, strict=strict)
    again = intake(as_file(first, kb), kb, strict=strict)
    assert again.facts == first.facts


def test_the_record_has_every_fact_in_generic_names_with_unknown_as_null(kb: Knowledge) -> None:
    found = as_file(intake({"prior": ["Revlimid"], "lines": {"min": 2}}, kb), kb)
    assert found.keys() >= FACTS.keys()
    assert found["prior"] == ["lenalidomide"]
    assert found["lines"] == {"min": 2, "max": None}
    assert found["age"] is None
    assert found["setting"] == "relapsed"


def test_what_was_given_is_not_changed(kb: Knowledge) -> None:
    given: dict[str, Any] = {"prior": ["VRd"], "months_since": {"btz": 3}, "condition": ["vte"]}
    before = repr(given)
    mmopts.suggest(given, kb)
    assert repr(given) == before


@pytest.mark.parametrize("odd", ["1_0", "1e1", "nan", "inf", " ", "x", "٣", True, [1], 10**400, 1.5])
def test_an_end_of_a_range_that_is_no_number_of_its_fact_is_refused(refused, odd):
    assert [problem.code for problem in refused(prior=["len"], lines={"min": odd, "max": 12})] == ["bad-value"]


def test_an_end_of_a_range_may_be_left_out_and_may_be_excluded(known):
    given = {"lines": {"min": ">1", "max": "<5"}, "age": {"min": 70}, "prior": ["len"]}
    facts = known(**given).facts
    assert (facts["lines"].low, facts["lines"].high) == (2, 4)
    assert (facts["age"].low, facts["age"].high) == (70, 120)


@pytest.mark.parametrize(
    "more", [{"last": "btz"}, {"months_since": {"btz": 3}}, {"intolerant": "btz"}, {"refractory": "btz"}]
)
def test_whatever_says_that_a_drug_was_given_puts_it_among_what_was_received(kb: Knowledge, more: dict[str, Any]) -> None:
    patient = intake({"prior": "len", **more}, kb)
    assert as_file(patient, kb)["prior"] == ["bortezomib", "lenalidomide"]
    assert intake({k: v for k, v in as_file(patient, kb).items() if v is not None}, kb).facts == patient.facts


@pytest.mark.parametrize("transplant", [{"prior_asct": True}, {"prior": ["len", "btz", "ASCT"]}])
def test_the_drug_of_a_transplant_need_not_be_refractory_for_progression(known, transplant: dict[str, Any]) -> None:
    given = {"prior": ["len", "btz"], "refractory": ["len", "btz"], "lines": 2, **transplant}
    assert known(**given).facts["progressed_on_last"] is True


def test_an_alkylator_given_without_a_transplant_has_to_be_refractory(known) -> None:
    given = {"prior": ["len", "btz", "melphalan"], "refractory": ["len", "btz"], "lines": 2}
    assert "progressed_on_last" not in known(**given).facts


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(20, math.inf, "20 or more"), (math.nextafter(20, math.inf), math.inf, "over 20"), (30, 30, "30"),
     (30, math.nextafter(60, 0), "30 to under 60"), (math.nextafter(65, math.inf), 75, "over 65 to 75")],
)  # fmt: skip
def test_a_range_is_told_with_the_ends_that_belong_to_it(low: float, high: float, words: str) -> None:
    assert show_value(Interval(low, high)) == words


@pytest.mark.slow
@pytest.mark.parametrize("fact", [fact for fact in FACTS.values() if fact.kind == "number"], ids=lambda fact: fact.name)
def test_the_range_that_a_message_gives_as_an_example_is_taken(fact: Fact) -> None:
    with pytest.raises(QuestionError) as caught:
        mmopts.suggest({fact.name: "many"})
    example = re.search(r"a range such as ([0-9]+-[0-9]+)", caught.value.problems[0].message)
    assert example
    assert mmopts.suggest({fact.name: example[1]})["patient"][fact.name]


@pytest.mark.parametrize("fact", ["condition", "unavailable"])
def test_nothing_at_all_stays_one_word(known: Known, kb: Knowledge, fact: str) -> None:
    # Sixty denials would hide what a screen and the next command say.
    patient = known(prior=["len"], **{fact: ["none"]})
    assert as_file(patient, kb)[fact] == ["none"]
    words = kb.vocabulary[fact].words
    assert all(patient.facts[f"{FACTS[fact].atom}:{word}"] is False for word in words)
    one = next(iter(words))
    assert as_file(known(prior=["len"], **{fact: [f"no-{one}"]}), kb)[fact] == [f"no-{one}"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("heart", "heart-failure"),
        ("hart", "heart-failure"),
        ("clot", "vte"),
        ("eye", "ocular"),
        ("infect", "active-infection"),
        ("diabets", "diabetes"),
        ("kidny", "--crcl"),
        ("kidney", "--crcl"),
        ("neuropaty", "--neuropathy"),
        ("xyzzy", "facts condition lists"),
    ],
)
def test_a_word_that_is_no_condition_leads_to_what_was_meant(refused, word, meant):
    (problem,) = refused(prior=["len"], condition=[word])
    assert meant in problem.message


@pytest.mark.parametrize(
    ("given", "denial"),
    [
        ({"prior": ["dara", "no-anti-CD38"]}, "⟨prior⟩ no-anti-CD38"),
        ({"prior": ["no-PI"], "refractory": ["btz"]}, "⟨prior⟩ no-PI"),
        ({"prior": ["no-dara"], "months_since": {"dara": 3}}, "⟨prior⟩ no-daratumumab"),
        ({"prior": ["none"], "refractory": ["len"]}, "⟨prior⟩ none"),
    ],
)
def test_a_contradiction_names_the_denial_that_was_given(refused, given, denial):
    (problem,) = refused(**given)
    assert problem.message.startswith(f"{denial} contradicts ")
    assert problem.value == denial.partition(" ")[2]


def test_who_declines_a_transplant_could_have_one(known, refused):
    # By its definition: fit for a transplant, and declines it.
    assert known(prior=["none"], condition=["asct-declined"]).facts["transplant"] == {"eligible"}
    (problem,) = refused(prior=["none"], condition=["asct-declined"], transplant="ineligible")
    assert problem.code == "contradiction"


@pytest.mark.parametrize(
    ("fact", "word", "bare"),
    [("cytogenetics", "t(4;14)-", "t(4;14)"), ("cytogenetics", "-del(17p)", "del(17p)"), ("condition", "HBV \u2212", "HBV")],
)
def test_a_minus_beside_a_finding_is_neither_read_as_there_nor_as_not(
    refused: Refused, fact: str, word: str, bare: str
) -> None:
    [problem] = refused(**{fact: [word]})
    assert problem.suggestions == (bare, f"no-{bare}")


def test_the_short_name_of_a_deletion_ends_in_a_minus(known: Known) -> None:
    assert known(cytogenetics=["17p-"]).facts["cytogenetics:del(17p)"] is True


def test_a_class_named_beside_one_of_its_drugs_leaves_no_other_open(known: Known) -> None:
    for given in (
        {"refractory": ["VCd", "PI"]},
        {"refractory": ["btz", "PI"]},
        {"refractory": ["PI"], "last": ["btz"]},
        {"refractory": ["PI"], "months_since": {"btz": 5}},
    ):
        facts = known(prior=["DRd"], **given).facts
        assert (facts["exposed:bortezomib"], facts["exposed:carfilzomib"]) == (True, False)
    assert "exposed:carfilzomib" not in known(prior=["DRd"], refractory=["PI"]).facts
