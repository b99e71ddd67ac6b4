"""An answer for a past day puts nothing forward that was written later: every source that it leans on is looked at.

What warns, forbids or doses stays that of the review, and so do a trial's figures: the sources of these are the newest
restatement that was read, which is no date of what they say. docs/judgement.md says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mmopts import suggest
from mmopts.answers.knowledge import shown
from mmopts.assess.assessment import Assessment, assess_given
from mmopts.knowledge.records import Cited, Knowledge, cited_ids

PATIENTS: dict[str, dict[str, Any]] = {
    "new": {"prior": ["none"]},
    "new, candidate of high risk": {"prior": ["none"], "transplant": "eligible", "cytogenetics": ["del17p"]},
    "new, frail": {"prior": ["none"], "fitness": "frail", "age": 80},
    "new, kidneys": {"prior": ["none"], "condition": ["cast-nephropathy"], "crcl": 10},
    "new, leukaemia": {"prior": ["none"], "condition": ["plasma-cell-leukemia"]},
    "new, nerves": {"prior": ["none"], "neuropathy": 2},
    "smoldering": {"setting": "smoldering"},
    "smoldering of high risk": {"setting": "smoldering", "smm_risk": "high"},
    "smoldering with an event": {"setting": "smoldering", "condition": ["anaemia-myeloma"]},
    "maintenance": {"setting": "maintenance", "prior": ["VRd"]},
    "maintenance of high risk": {"setting": "maintenance", "prior": ["D-VRd"], "cytogenetics": ["del17p"]},
    "first relapse": {"prior": ["VRd"], "refractory": ["len"], "lines": 1, "fitness": "fit"},
    "relapse, frail": {"prior": ["len", "btz"], "fitness": "frail"},
    "relapse, many": {"prior": ["VRd", "DPd", "Kd"], "refractory": ["VRd", "DPd", "Kd"], "lines": 4},
    "relapse, amyloidosis": {"prior": ["VCd"], "lines": 1, "condition": ["amyloidosis"], "cytogenetics": ["t11_14"]},
    "relapse, pregnant": {"prior": ["VRd"], "condition": ["pregnancy"], "lines": 1},
    "relapse, ill": {"prior": ["VRd"], "condition": ["active-infection", "extramedullary", "cns"], "lines": 2},
}
DAYS = ["2010-06-01", "2016-06-01", "2020-06-01", "2024-06-01"]


def put_forward(about: Assessment) -> Iterator[tuple[str, Cited]]:
    """What states put first in an answer, with what it cites."""
    for name, standing in about.standings.items():
        yield from ((f"{name}: {first.text}", first.source) for first in standing.firsts)


@pytest.mark.slow
@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("patient", PATIENTS.values(), ids=PATIENTS.keys())
def test_nothing_is_put_forward_that_was_written_later(kb: Knowledge, patient: dict[str, Any], day: str) -> None:
    year = int(day[:4])

    def dated(cited: Cited) -> list[int]:
        found = (kb.sources[name] for name in cited_ids([cited]))
        return [s.year for s in found if s.year is not None and s.kind != "label"]

    found = suggest({**patient, "as_of": day}, kb)
    for line in found["summary"]:
        assert all(one <= year for one in dated(line["source"])), line
    for option in (o for o in found["options"] if o["drugs"]):  # observation is older than the text that was read
        assert all(body["year"] <= year for body in option["guidance"]), option["id"]
    about = assess_given({**patient, "as_of": day}, kb)
    for text, cited in put_forward(about):
        years = dated(cited)
        assert not years or min(years) <= year, text


def test_a_label_speaks_from_the_first_indication_that_rests_on_it(kb: Knowledge) -> None:
    # Kyprolis was first approved in July 2012 (US), the label that was read with dexamethasone in January 2016.
    old = {"prior": ["VMP"], "refractory": ["none"], "lines": 1, "age": 80}
    said = {day: str(suggest({**old, "as_of": day}, kb)["summary"]) for day in ("2010-06-01", "2016-06-01")}
    assert ["Carfilzomib with the heart in mind" in text for text in said.values()] == [False, True]


@pytest.mark.parametrize(("day", "is_told"), [("2016-06-01", False), ("2020-06-01", False), (None, True)])
def test_what_came_of_a_later_trial_is_not_said_of_smoldering_disease(kb: Knowledge, day: str | None, is_told: bool) -> None:
    # The report of AQUILA (dimopoulos-2025) is of 2025, the label that rests on it of November 2025 (US).
    found = suggest({"setting": "smoldering", "smm_risk": "high", "as_of": day}, kb)
    assert ("AQUILA" in str(found["summary"])) is is_told
    assert ("D" in [o["id"] for o in found["options"]]) is is_told


@pytest.mark.parametrize(("day", "is_told"), [("2016-06-01", False), ("2020-06-01", False), (None, True)])
@pytest.mark.parametrize("lines", [1, 3])
def test_no_patient_is_referred_for_a_treatment_that_there_was_not(
    kb: Knowledge, lines: int, day: str | None, is_told: bool
) -> None:
    # The first CAR-T of myeloma was approved in March 2021 (Abecma, US).
    found = suggest({"prior": ["VRd"], "refractory": ["len"], "lines": lines, "fitness": "fit", "as_of": day}, kb)
    lines_told = [row["text"] for row in found["supportive_care"] if row["text"].startswith("refer")]
    assert any("T-cell therapy" in text for text in lines_told) is is_told


def test_a_state_of_which_nothing_was_written_yet_is_named_all_the_same(kb: Knowledge) -> None:
    # The review that the sentences on pregnancy rest on is of 2016; that IMiDs are forbidden is of every day.
    found = suggest({"prior": ["VCd"], "lines": 1, "condition": ["pregnancy"], "as_of": "2010-06-01"}, kb)
    assert "Advice came only after that day for: pregnancy." in [s["text"] for s in found["summary"]]
    assert not {"Rd", "Pd", "Td"} & {o["id"] for o in found["options"]}


@pytest.mark.parametrize(("day", "counts"), [("2016-06-01", False), (None, True)])
def test_a_trial_counts_from_its_report_or_an_earlier_label(kb: Knowledge, day: str | None, counts: bool) -> None:
    # VISTA was behind the label of 2008, though the report that was read is of 2013. That of SWOG S0777
    # (durie-2017) is of 2017.
    about = {"prior": ["none"], "transplant": "ineligible", "age": 70}
    options = {o["id"]: o for o in suggest({**about, "as_of": day}, kb)["options"]}
    assert "VISTA" in str(options["VMP"]["evidence"])
    assert ("S0777" in str(options.get("VRd", {}).get("evidence"))) is counts


def first_of(kb: Knowledge, day: str, **facts: Any) -> list[str]:
    """What stands in the first two tiers of an answer for a past day."""
    found = suggest({"prior": ["none"], **facts, "as_of": day}, kb)
    return [o["id"] for o in found["options"] if o["tier"] in ("preferred", "alternative")]


@pytest.mark.parametrize(
    ("facts", "name", "before", "after"),
    [
        # Accelerated US approval in AL amyloidosis on 15 January 2021 (jnj-2021-01-15-al).
        ({"condition": ["amyloidosis"]}, "D-VCd", "2020-12-31", "2021-01-15"),
        # Bortezomib, cyclophosphamide and dexamethasone in cardiac AL: Haematologica, September 2014 (jaccard-2014-al).
        ({"condition": ["amyloidosis"]}, "VCd", "2013-12-31", "2014-12-31"),
        # Bortezomib reverses renal failure: Leukemia, August 2008 (dimopoulos-2008-renal).
        ({"condition": ["cast-nephropathy"], "crcl": 10}, "Vd", "2007-12-31", "2008-12-31"),
        # Bortezomib-based treatment of plasma cell leukaemia: IMWG, 2013 (fernandez-de-larrea-2013); it knew no anti-CD38.
        ({"condition": ["plasma-cell-leukemia"]}, "VRd", "2012-12-31", "2013-12-31"),
        ({"condition": ["plasma-cell-leukemia"]}, "D-VCd", "2018-12-31", "2020-12-31"),
        # Plasma exchange for hyperviscosity: Semin Thromb Hemost 2003 (zarkovic-2003).
        ({"condition": ["hyperviscosity"]}, "plasma-exchange", "2002-12-31", "2003-12-31"),
        # Cord compression: NICE, November 2008 (nice-cg75-2008).
        ({"condition": ["cord-compression"]}, "radiotherapy", "2007-12-31", "2008-12-31"),
    ],
)
def test_what_leads_leads_from_the_year_of_its_first_source(
    kb: Knowledge, facts: dict[str, Any], name: str, before: str, after: str
) -> None:
    assert [name in first_of(kb, day, **facts) for day in (before, after)] == [False, True]


def test_a_later_addition_takes_no_older_sentence_with_it(kb: Knowledge) -> None:
    # The anti-CD38 antibody of maintenance, and the end of CANOVA, are of 2025; lenalidomide and venetoclax are older.
    kept = {"setting": "maintenance", "prior": ["VRd"], "prior_asct": True}
    relapsed = {"prior": ["VRd"], "lines": 1, "cytogenetics": ["t11_14"]}
    for about, old, new in ((kept, "lenalidomide at least", "Daratumumab may"), (relapsed, "venetoclax is", "CANOVA")):
        said = [str(suggest({**about, "as_of": day}, kb)["summary"]) for day in ("2023-06-01", None)]
        assert [(old in text, new in text) for text in said] == [(True, False), (True, True)]


def test_a_day_that_is_not_known_exactly_is_no_condition_of_the_patient(kb: Knowledge) -> None:
    # The first label of Rd is of June 2006, without a day: on the first of that month it is open whether it counts.
    found = suggest({"prior": ["VRd"], "lines": 1, "as_of": "2006-06-01"}, kb)
    told = next(line["text"] for line in found["summary"] if line["kind"] == "first")
    assert told.startswith("First, if not refractory to lenalidomide: Rd.")


@pytest.mark.parametrize(
    ("name", "facts", "before", "after"),
    [
        # FIRST put MPT behind Rd in the New England Journal of 2014 (benboubker-2014).
        ("MPT", {"transplant": "ineligible", "age": 72}, "2013-12-31", "2014-12-31"),
        # Guidance that names lenalidomide quadruplets instead: ASCO of 2026, NCI PDQ of 2025.
        ("D-VTd", {"transplant": "eligible", "fitness": "fit", "age": 58}, "2022-06-01", "2026-06-01"),
        ("D-VMP", {"transplant": "ineligible", "age": 72, "fitness": "fit"}, "2022-06-01", "2026-06-01"),
    ],
)
def test_a_later_comparison_puts_nothing_behind_before_it_was_there(
    kb: Knowledge, name: str, facts: dict[str, Any], before: str, after: str
) -> None:
    def behind(day: str) -> bool:
        about = assess_given({"prior": ["none"], **facts, "as_of": day}, kb)
        rules = (rule for rule in kb.regimens[name].cautions if rule.step and not rule.state and not rule.facts)
        return any(about.at(rule.cond) for rule in rules)

    assert [behind(day) for day in (before, after)] == [False, True]
    assert name in first_of(kb, before, **facts)
    assert "since:" not in str(shown(name, kb).regimens[0].rules)
