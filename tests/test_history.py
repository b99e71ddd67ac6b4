"""From treatments to facts: each edge of the definitions, with the expected value reasoned from them.

Lines: Rajkumar 2015. Refractory: no response, or progression on a drug or within 60 days of its last dose.
Functional high risk: progression within 18 months of the first line's start, or 12 of its transplant.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from asked import suggest
from bases import builtin
from conftest import DATA, authored, compiled, examples
from hypothesis import given, settings
from hypothesis import strategies as st

import mmopts
from mmopts.diagnostics import KnowledgeError, QuestionError
from mmopts.knowledge.read import as_list, read_yaml
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Interval
from mmopts.patient import intake
from mmopts.patient.history import History, derive
from mmopts.patient.merge import merge
from mmopts.patient.treatments import KEYS, MOST

AS_OF = "2026-11-21"
Derive = Callable[..., History]


@pytest.fixture(scope="module")
def read(kb: Knowledge) -> Derive:
    """The history of entries, each a mapping."""

    def reading(*entries: dict[str, Any], as_of: str = AS_OF) -> History:
        return derive(list(entries), kb, as_of)

    return reading


def given_(regimen: str, start: str, end: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"regimen": regimen, "start": start, **({"end": end} if end else {}), **fields}


def refractory(history: History) -> dict[str, bool | None]:
    return {d.about: d.value for d in history.derivations if d.fact == "refractory" and d.about}


def numbers(history: History) -> list[Any]:
    """The line of each treatment, in order."""
    return [row.line for row in history.treatments]


def why(history: History, fact: str, about: str | None = None) -> Any:
    return next(d for d in history.derivations if d.fact == fact and d.about == about)


VRD = given_("VRd", "2021-03-01", "2021-08-10", part="induction", best_response="VGPR", stopped="planned")
ASCT = given_("ASCT", "2021-10-05", part="transplant")
LEN = given_("len", "2022-01-10", "2024-05-01", part="maintenance", stopped="progression", progression="2024-05-01")


# --- lines -----------------------------------------------------------------------------------------


def test_an_empty_list_is_no_prior_therapy(read):
    facts = read().facts
    assert (facts["prior"], facts["lines"], facts["setting"]) == (["none"], 0, "newly-diagnosed")
    assert "refractory" not in facts


def test_planned_induction_transplant_consolidation_and_maintenance_are_one_line(read):
    found = read(VRD, ASCT, given_("VRd", "2021-12-01", "2022-01-05", part="consolidation"), LEN)
    assert numbers(found) == [1, 1, 1, 1]
    assert found.facts["lines"] == 1


def test_treatment_after_progression_is_the_next_line(read):
    assert numbers(read(VRD, ASCT, LEN, given_("DPd", "2024-06-01", ongoing=True))) == [1, 1, 1, 2]


def test_an_ongoing_line_counts(read):
    assert read(VRD, ASCT, LEN, given_("DPd", "2024-06-01", ongoing=True)).facts["lines"] == 2


def test_a_planned_tandem_transplant_stays_in_the_line(read):
    found = read(VRD, ASCT, given_("ASCT", "2022-01-05", part="transplant"))
    assert numbers(found) == [1, 1, 1]
    assert why(found, "lines", "entry 3").rule == "tandem"


def test_a_second_transplant_years_later_begins_a_line(read):
    found = read(VRD, ASCT, given_("ASCT", "2024-10-05", part="transplant"))
    assert numbers(found) == [1, 1, 2]
    assert why(found, "lines", "entry 3").rule == "further-transplant"


def test_a_second_transplant_soon_after_progression_begins_a_line(read):
    found = read(VRD, {**ASCT, "progression": "2021-12-20"}, given_("ASCT", "2022-01-05", part="transplant"))
    assert numbers(found) == [1, 1, 2]


def test_a_tandem_on_coarse_dates_across_its_limit_leaves_the_lines_open(read):
    # From a day in 2021 to a day in 2022: within 6 months or not.
    found = read(
        given_("VRd", "2020", "2020"), given_("ASCT", "2021", part="transplant"), given_("ASCT", "2022", part="transplant")
    )
    assert found.facts["lines"] == {"min": 1, "max": 2}
    assert "`start`" in why(found, "lines", "entry 3").open


def test_a_transplant_without_a_part_belongs_to_the_line_it_consolidates(read):
    assert numbers(read({**VRD, "part": None}, given_("ASCT", "2021-10-05"))) == [1, 1]


def test_a_change_for_toxicity_alone_begins_a_line_and_the_other_reading_is_told(read):
    found = read(
        given_("VCd", "2021-03-01", "2021-05-01", stopped="toxicity", not_tolerated=["bortezomib"]),
        given_("DRd", "2021-05-15", ongoing=True),
    )
    step = why(found, "lines", "entry 2")
    assert (numbers(found), step.rule) == ([1, 2], "changed-for-toxicity")
    assert "toxicity" in step.other_reading
    assert step.authority == "Rajkumar 2015"


def test_a_change_for_toxicity_alone_makes_no_drug_refractory(read):
    found = read(
        given_("VCd", "2021-03-01", "2021-05-01", stopped="toxicity", best_response="PR", not_tolerated=["bortezomib"]),
        given_("DRd", "2021-05-15", stopped="planned", end="2022-05-15"),
    )
    assert found.facts["refractory"] == ["none"]
    assert found.facts["intolerant"] == ["bortezomib"]


def test_a_drug_added_for_lack_of_response_begins_a_line(read):
    # The example of the letter: lenalidomide-dexamethasone, bortezomib added for inadequate response, are 2 lines.
    found = read(given_("Rd", "2021-03-01", "2021-06-01", best_response="SD"), given_("VRd", "2021-06-01", "2021-12-01"))
    assert numbers(found) == [1, 2]
    assert refractory(found)["lenalidomide"] is True


def test_a_drug_added_without_progression_begins_a_line_by_its_own_rule(read):
    found = read(given_("Rd", "2021-03-01", "2021-09-01", best_response="MR"), given_("VRd", "2021-09-01", "2022-12-01"))
    assert why(found, "lines", "entry 2").rule == "drug-added"


def test_another_regimen_without_a_plan_begins_a_line(read):
    found = read(given_("VCd", "2021-03-01", "2021-06-01", stopped="other"), given_("DRd", "2021-07-01", ongoing=True))
    assert (numbers(found), why(found, "lines", "entry 2").rule) == ([1, 2], "regimen-changed")


def test_a_drug_dropped_while_the_regimen_goes_on_begins_no_line(read):
    found = read(given_("VRd", "2021-03-01", "2021-06-01"), given_("Rd", "2021-06-02", "2024-01-01"))
    assert (numbers(found), why(found, "lines", "entry 2").rule) == ([1, 1], "drug-dropped")


def test_the_same_regimen_after_a_holiday_stays_in_the_line(read):
    found = read(given_("Rd", "2021-03-01", "2021-12-01", stopped="other"), given_("Rd", "2022-06-01", ongoing=True))
    assert (numbers(found), why(found, "lines", "entry 2").rule) == ([1, 1], "holiday")


@pytest.mark.parametrize(
    ("first", "between", "lines", "rule"),
    [
        # Not discontinued while some of its drugs go on; the same again, no other in between: one line (Rajkumar 2015).
        (given_("DRd", "2022-01", "2023-01"), given_("Rd", "2023-01", "2023-06"), [1, 1, 1], "holiday"),
        (
            given_("DRd", "2022-01", "2023-01", stopped="toxicity", not_tolerated=["dara"]),
            given_("Rd", "2023-01", "2023-06"),
            [1, 1, 1],
            "holiday",
        ),
        # Dropped as planned, given again without a plan: an addition.
        (
            given_("DRd", "2022-01", "2023-01", stopped="planned"),
            given_("Rd", "2023-01", "2023-06"),
            [1, 1, 2],
            "drug-added",
        ),
        (given_("DRd", "2022-01", "2023-01"), given_("Rd", "2023-01", "2023-06", progression="2023-06"), [1, 1, 2], None),
    ],
)
def test_a_drug_that_was_paused_is_no_addition_when_it_is_given_again(read, first, between, lines, rule):
    found = read(first, between, given_("DRd", "2023-07-01", ongoing=True))
    assert numbers(found) == lines
    assert why(found, "lines", "entry 3").rule == (rule or "after-progression")


@pytest.mark.parametrize("reason", ["toxicity", "other"])
def test_other_drugs_in_the_same_part_are_no_part_of_the_plan_after_an_unplanned_stop(read, reason):
    # Rajkumar 2015: to switch to another drug for any reason is a new line.
    len_ = given_("len", "2022-01-10", "2022-09-01", part="maintenance", stopped=reason)
    found = read(VRD, ASCT, len_, given_("ixazomib", "2022-10-01", part="maintenance", ongoing=True))
    assert numbers(found) == [1, 1, 1, 2]
    assert found.facts["setting"] == "maintenance"
    assert why(found, "lines", "entry 4").rule == ("changed-for-toxicity" if reason == "toxicity" else "regimen-changed")
    assert numbers(read(VRD, ASCT, len_, {**len_, "start": "2022-11-01", "end": "2023-05-01"})) == [1, 1, 1, 1]
    assert numbers(read({**VRD, "stopped": reason}, ASCT, LEN)) == [1, 1, 1]


def test_the_same_regimen_after_progression_begins_a_line_and_the_other_reading_is_told(read):
    found = read(
        given_("Rd", "2018-03-01", "2019-03-01", stopped="planned", progression="2021-05-01"),
        given_("Rd", "2021-06-01", ongoing=True),
    )
    step = why(found, "lines", "entry 2")
    assert (numbers(found), step.rule) == ([1, 2], "restart-after-progression")
    assert step.authority == "Rajkumar 2011"
    assert "Rajkumar 2015" in step.other_reading
    assert step.unread


def test_retreatment_after_another_regimen_is_a_line_of_its_own(read):
    # The manual's example: VRd, progression, VCd, then VRd again are 3 lines.
    found = read(
        given_("VRd", "2018-03-01", "2019-03-01", progression="2020-05-01"),
        given_("VCd", "2020-06-01", "2021-03-01", progression="2022-05-01"),
        given_("VRd", "2022-06-01", ongoing=True),
    )
    assert numbers(found) == [1, 2, 3]


def test_maintenance_after_progression_is_a_new_line(read):
    found = read({**VRD, "progression": "2021-08-20"}, given_("len", "2021-09-01", ongoing=True, part="maintenance"))
    assert numbers(found) == [1, 2]


def test_a_progression_told_at_induction_but_after_maintenance_began_does_not_part_the_line(read):
    found = read({**VRD, "progression": "2024-05-01"}, ASCT, {**LEN, "progression": None})
    assert numbers(found) == [1, 1, 1]
    assert refractory(found)["lenalidomide"] is True


def test_a_progression_in_the_month_in_which_a_planned_part_began_leaves_the_lines_open(read):
    found = read(
        given_("VRd", "2021-03", "2021-08", progression="2022-01"),
        given_("len", "2022-01", ongoing=True, part="maintenance"),
    )
    assert found.facts["lines"] == {"min": 1, "max": 2}
    assert "last" not in found.facts


def test_a_treatment_after_a_transplant_of_which_no_plan_is_told_leaves_the_lines_open(read):
    found = read(VRD, ASCT, given_("len", "2022-01-10", ongoing=True))
    assert found.facts["lines"] == {"min": 1, "max": 2}
    assert "`part`" in why(found, "lines", "entry 3").open


def test_a_stated_line_beats_counting_from_there_on(read):
    found = read(given_("VRd", "2018", "2019"), given_("DPd", "2020", "2021", line=3), given_("SVd", "2022", ongoing=True))
    assert numbers(found) == [1, 3, 4]


def test_a_stated_line_keeps_a_change_for_toxicity_in_the_line(read):
    found = read(
        given_("VCd", "2021-03-01", "2021-05-01", stopped="toxicity", line=1),
        given_("DRd", "2021-05-15", ongoing=True, line=1),
    )
    assert numbers(found) == [1, 1]


def test_stated_lines_that_leave_some_out_make_the_lists_incomplete(read):
    found = read(given_("DPd", "2022-01", "2023-01", line=3, stopped="progression"))
    assert found.facts["prior_incomplete"] is True
    assert found.facts["refractory_incomplete"] is True
    assert "early_relapse" not in found.facts
    assert "prior_asct" not in found.facts


def test_a_stated_line_that_runs_back_is_used_with_a_warning_and_the_highest_counts(read):
    found = read(given_("VRd", "2018", "2019", line=2), given_("DPd", "2020", "2021", line=1))
    assert "line-runs-back" in [note.code for note in found.warnings]
    assert (numbers(found), found.facts["lines"]) == ([2, 1], 2)  # a second line was begun, so 1 prior line is too few


def test_bridging_belongs_to_the_car_t_that_follows(read):
    found = read(
        VRD,
        {**LEN, "start": "2021-09-01"},
        given_("DPd", "2024-06-01", "2024-07-01", part="bridging"),
        given_("cilta-cel", "2024-08-01"),
    )
    assert numbers(found) == [1, 1, 2, 2]
    assert found.facts["last"] == ["ciltacabtagene autoleucel"]  # what was given last, once it was given


def test_what_a_later_part_of_the_line_brought_counts_for_what_was_given_last(read):
    # The labels ask for progression on the last therapy or within 60 days of it: not of an induction years ago.
    vrd = given_("VRd", "2020-01-10", "2020-05-01", part="induction", best_response="SD")
    asct = given_("ASCT", "2020-06-15", part="transplant", best_response="CR")
    off = read(vrd, {**asct, "progression": "2024-01-01"}).facts
    assert (off["progressed_on_last"], off["lines"]) == (False, 1)
    assert {"bortezomib", "lenalidomide"} <= set(off["refractory"])  # no response on it: IMWG
    kept = read(vrd, asct, given_("len", "2020-10-01", ongoing=True, part="maintenance", best_response="CR")).facts
    assert (kept["setting"], kept["progressed_on_last"]) == ("maintenance", False)
    assert "bortezomib" in kept["refractory"]
    assert not {"lenalidomide", "no-lenalidomide"} & set(kept["refractory"])  # it responds to it now
    bridged = read(
        given_("VRd", "2020-01-10", "2020-05-01", best_response="VGPR", progression="2022-01-03"),
        given_("Kd", "2023-01-10", "2023-03-01", part="bridging", best_response="PD"),
        given_("ide-cel", "2023-04-15", best_response="VGPR"),
    ).facts
    # The progression of the bridge was over when the product was given; whether one came after it is not told.
    assert "progressed_on_last" not in bridged
    assert "carfilzomib" in bridged["refractory"]
    alone = read(
        vrd, given_("len", "2020-06-15", "2022-01-01", part="maintenance", best_response="VGPR", stopped="planned")
    ).facts
    assert (alone["progressed_on_last"], alone["lines"]) == (False, {"min": 1, "max": 2})


@pytest.mark.parametrize("entries", [0, 1, 2], ids=["transplant", "maintenance", "bridging"])
def test_a_patient_with_a_late_response_can_be_asked_about(kb, entries):
    vrd = given_("VRd", "2020-01-10", "2020-05-01", part="induction", best_response="SD")
    asct = given_("ASCT", "2020-06-15", part="transplant", best_response="CR")
    lists = [
        [vrd, {**asct, "progression": "2024-01-01"}],
        [vrd, asct, given_("len", "2020-10-01", ongoing=True, part="maintenance", best_response="CR")],
        [
            given_("VRd", "2020-01-10", "2020-05-01", best_response="VGPR", progression="2022-01-03"),
            given_("Kd", "2023-01-10", "2023-03-01", part="bridging", best_response="PD"),
            given_("ide-cel", "2023-04-15", best_response="VGPR", progression="2026-01-03"),
        ],
    ]
    facts = mmopts.history({"treatments": lists[entries]}, kb)["facts"]
    by_facts, by_list = suggest(facts, kb), suggest({"treatments": lists[entries]}, kb)
    assert [o["id"] for o in by_facts["options"]] == [o["id"] for o in by_list["options"]]


def test_bridging_without_car_t_after_it_is_a_line(read):
    assert numbers(
        read(VRD, {**LEN, "start": "2021-09-01"}, given_("DPd", "2024-06-01", "2024-07-01", part="bridging"))
    ) == [1, 1, 2]


def test_planned_maintenance_after_car_t_stays_in_its_line(read):
    found = read(VRD, LEN, given_("cilta-cel", "2024-08-01"), given_("len", "2024-12-01", ongoing=True, part="maintenance"))
    assert numbers(found) == [1, 1, 2, 2]


def test_radiotherapy_is_no_line_and_no_drug(read):
    found = read(given_("radiotherapy", "2021-01-05", "2021-01-20"), VRD)
    assert numbers(found) == [None, 1]
    assert found.facts["lines"] == 1


def test_radiotherapy_alone_is_no_treatment_of_the_disease(read):
    found = read(given_("radiotherapy", "2021-01-05", "2021-01-20"))
    assert (found.facts["lines"], found.facts["prior"]) == (0, ["none"])


def test_a_pulse_of_steroids_alone_is_no_line(read):
    found = read(given_("dexamethasone", "2021-02-01", "2021-02-04"), VRD)
    assert numbers(found) == [None, 1]
    assert why(found, "lines", "entry 1").rule == "no-line-steroid"


def test_a_pulse_of_steroids_is_no_prior_therapy(read):
    found = read(given_("dexamethasone", "2026-11-01", "2026-11-04"))
    assert (found.facts["prior"], found.facts["setting"]) == (["none"], "newly-diagnosed")


def test_steroids_alone_count_where_their_line_is_stated(read):
    assert numbers(read(given_("dexamethasone", "2021-02", "2021-06", line=1), given_("VRd", "2021-09", ongoing=True))) == [
        1,
        2,
    ]


def test_treatment_of_smoldering_disease_is_no_line_but_was_received(read):
    found = read(
        given_("Rd", "2018-01-01", "2020-01-01", setting="smoldering", stopped="progression", progression="2020-01-01"),
        given_("VCd", "2020-03-01", ongoing=True),
    )
    assert numbers(found) == [None, 1]
    assert refractory(found)["lenalidomide"] is True
    assert "lenalidomide" in found.facts["prior"]
    assert "smoldering" in why(found, "lines", "entry 1").other_reading


@pytest.mark.parametrize(
    ("fields", "setting", "codes"),
    [
        ({"ongoing": True}, "smoldering", []),
        ({"end": "2025-06-01"}, None, ["no-progression-told"]),  # whether it is myeloma now is not told
        ({"ongoing": True, "progression": "2026-01-10"}, None, ["no-progression-told"]),
    ],
)
def test_treatment_of_smoldering_disease_alone_is_no_relapse_in_silence(read, kb, fields, setting, codes):
    found = read(given_("daratumumab", "2024-01-10", setting="smoldering", **fields))
    assert (found.facts.get("setting"), found.facts.get("lines")) == (setting, None)
    assert [note.code for note in merge(found, {}, kb)[1]] == codes


def test_line_zero_is_treatment_before_the_first_line(read):
    assert numbers(read(given_("Rd", "2018", "2019", line=0), given_("VCd", "2020-03-01", ongoing=True))) == [None, 1]


def test_drugs_listed_one_by_one_that_were_given_together_are_one_regimen(read):
    found = read(
        given_("bortezomib", "2021-03-01", "2021-08-01"),
        given_("lenalidomide", "2021-03-01", "2024-05-01", stopped="progression", progression="2024-05-01"),
        given_("dexamethasone", "2021-03-01", "2021-08-01"),
    )
    assert found.facts["lines"] == 1
    assert refractory(found) == {"bortezomib": False, "dexamethasone": False, "lenalidomide": True}


@pytest.mark.parametrize("days", [10, 7], ids=["days", "months"])
def test_drugs_listed_one_by_one_and_all_stopped_for_progression_are_one_regimen(read, days):
    start, end = "2021-01-05"[:days], "2022-09-20"[:days]
    rows = [given_(drug, start, end, stopped="progression") for drug in ("bortezomib", "lenalidomide", "dex")]
    found = read(*rows, given_("DKd", "2022-10-10"[:days], ongoing=True))
    assert numbers(found) == [1, 1, None, 2]
    assert (refractory(found)["bortezomib"], refractory(found)["lenalidomide"]) == (True, True)
    assert numbers(read(rows[0], rows[0])) == [1, 1]  # an entry that stands twice


@pytest.mark.parametrize(
    ("row", "lines"),
    [
        (given_("Rd", "2021-02-01", ongoing=True), [1, 2]),  # goes on: not stopped with it
        (given_("Rd", "2021-02-01", "2021-12-01"), [1, 2]),
        (given_("Kd", "2021-03", "2021-12"), [1, 2]),
        (given_("len", "2021", "2021"), [1, {"min": 1, "max": 2}]),  # days would tell
    ],
)
def test_what_outlasts_a_treatment_stopped_for_progression_is_a_new_line(read, row, lines):
    assert numbers(read(given_("VCd", "2021-01-10", "2021-03-10", stopped="progression"), row)) == lines


def test_a_progression_and_the_same_regimen_in_one_month_leave_the_lines_open(read):
    # By the days: a progression before the restart (a line) or after it (the same regimen goes on).
    rd, again = given_("Rd", "2020-01", "2021-03", progression="2021-06"), given_("Rd", "2021-06", ongoing=True)
    found = read(rd, again)
    assert found.facts["lines"] == {"min": 1, "max": 2}
    assert "`progression`" in why(found, "lines", "entry 2").open
    assert numbers(read({**rd, "progression": "2021-06-03"}, {**again, "start": "2021-06-20"})) == [1, 2]
    assert numbers(read(rd, given_("Kd", "2021-06", ongoing=True))) == [1, 2]  # another regimen: either way


def test_drugs_listed_one_by_one_in_the_same_part_are_one_regimen(read):
    rows = [given_(drug, "2021-01-05", "2021-05-20", part="induction") for drug in ("bortezomib", "lenalidomide", "dex")]
    assert numbers(read(*rows, given_("ASCT", "2021-07-10", part="transplant"))) == [1, 1, 1, 1]
    assert numbers(read(*rows[:2], given_("len", "2021-08-01", ongoing=True))) == [1, 1, 1]


def test_a_drug_added_while_another_goes_on_is_a_new_line(read):
    found = read(given_("daratumumab", "2021-03-01", ongoing=True), given_("pomalidomide", "2022-03-01", ongoing=True))
    assert numbers(found) == [1, 2]


# --- refractory ------------------------------------------------------------------------------------


def after(days: int) -> dict[str, Any]:
    """A fixed course that ended on 1 March 2023, with progression so many days later."""
    then = (date(2023, 3, 1) + timedelta(days=days)).isoformat()
    return given_("Rd", "2022-03-01", "2023-03-01", stopped="planned", best_response="PR", progression=then)


@pytest.mark.parametrize(("days", "state"), [(-30, True), (0, True), (59, True), (60, True), (61, False), (400, False)])
def test_refractory_is_progression_within_60_days_of_the_last_dose(read, days, state):
    assert refractory(read(after(days)))["lenalidomide"] is state


@pytest.mark.parametrize(
    ("end", "progression", "state"),
    [
        ("2023-03", "2023-03", True),  # at most 30 days
        ("2023-03", "2023-04", True),  # at most 60 days: 1 March to 30 April
        ("2023-03", "2023-05", None),  # 31 to 91
        ("2023-03", "2023-06", False),  # at least 62
        ("2023-03-01", "2023-04", True),
        ("2023-03-01", "2023-05", False),  # at least 61
        ("2023-03-02", "2023-05", None),  # from 60
        ("2023-03", "2023-05-30", None),  # 60 to 90
        ("2023-03", "2023-05-31", False),  # at least 61
        ("2023", "2024", None),
        ("2023-07", "2023-08", None),  # 1 July to 31 August: 61 days at most
        (None, "2024-05", None),
    ],
)
def test_coarse_dates_that_span_the_limit_leave_refractory_open(read, end, progression, state):
    found = read(given_("Rd", "2022-03", end, best_response="PR", stopped="planned", progression=progression))
    assert refractory(found)["lenalidomide"] is state


def test_what_is_open_names_the_date_that_settles_it(read):
    found = why(read(given_("Rd", "2022-03", "2023-03", progression="2023-05")), "refractory", "lenalidomide")
    assert "`progression` of entry 1" in found.open
    assert "`end` of entry 1" in found.open


@pytest.mark.parametrize(
    ("response", "state"),
    [("sCR", False), ("CR", False), ("VGPR", False), ("PR", False), ("MR", False), ("SD", True), ("PD", True)],
)
def test_no_response_is_refractory_and_a_minimal_response_is_a_response(read, response, state):
    found = read(given_("Rd", "2022-03", "2023-03", best_response=response, stopped="planned"))
    assert refractory(found)["lenalidomide"] is state


def test_refractory_is_kept_per_drug_of_the_line(read):
    assert refractory(read(VRD, ASCT, LEN)) == {
        "bortezomib": False,
        "dexamethasone": False,
        "lenalidomide": True,
        "melphalan": False,
    }


def test_progression_soon_after_induction_concerns_its_drugs_too(read):
    # Bortezomib to 1 August, transplant, progression on 20 September: 50 days.
    found = read(
        given_("VRd", "2021-03-01", "2021-08-01", part="induction"),
        given_("ASCT", "2021-08-20", part="transplant", progression="2021-09-20"),
    )
    assert refractory(found)["bortezomib"] is True
    assert refractory(found)["melphalan"] is True


def test_stopped_for_progression_is_progression_on_it_without_a_date(read):
    assert refractory(read(given_("Rd", "2022", "2023", stopped="progression")))["lenalidomide"] is True


def test_progression_while_a_treatment_goes_on_is_progression_on_it(read):
    assert refractory(read(given_("Rd", "2022-03", ongoing=True, progression="2023-05")))["lenalidomide"] is True


def test_an_ongoing_treatment_without_progression_leaves_it_open(read):
    found = read(given_("Rd", "2022-03", ongoing=True))
    assert refractory(found)["lenalidomide"] is None
    assert "refractory" not in found.facts


def test_the_last_treatment_stopped_as_planned_had_no_progression_so_far(read):
    found = read(given_("Rd", "2022-03", "2023-03", stopped="planned"))
    assert found.facts["refractory"] == ["none"]
    assert found.facts["progressed_on_last"] is False


@pytest.mark.parametrize("reason", ["toxicity", "other", None])
def test_the_last_treatment_stopped_otherwise_leaves_progression_open(read, reason):
    assert refractory(read(given_("Rd", "2022-03", "2023-03", stopped=reason)))["lenalidomide"] is None


def test_a_treatment_followed_by_a_planned_part_had_no_progression_before_it(read):
    found = read({**VRD, "stopped": None}, {**LEN, "stopped": "planned", "progression": None})
    assert refractory(found) == {"bortezomib": False, "dexamethasone": False, "lenalidomide": False}


def test_a_drug_stopped_early_has_a_last_dose_that_is_not_told(read):
    found = read(
        given_("VRd", "2021-03-01", "2021-12-01", stopped="progression", progression="2021-12-01", not_tolerated=["btz"])
    )
    assert refractory(found) == {"bortezomib": None, "dexamethasone": True, "lenalidomide": True}
    assert why(found, "refractory", "bortezomib").rule == "stopped-early"
    assert found.facts["refractory"] == ["dexamethasone", "lenalidomide"]
    assert found.facts["refractory_incomplete"] is True


def test_a_drug_dropped_in_an_entry_of_its_own_is_not_refractory(read):
    found = read(
        given_("VRd", "2021-03-01", "2021-06-01"),
        given_("Rd", "2021-06-02", "2024-01-01", stopped="progression", progression="2024-01-01"),
    )
    assert refractory(found) == {"bortezomib": False, "dexamethasone": True, "lenalidomide": True}


def test_intolerance_is_no_refractoriness(read):
    found = read(given_("VRd", "2021-03-01", "2021-12-01", stopped="planned", not_tolerated=["btz"]))
    assert found.facts["intolerant"] == ["bortezomib"]
    assert found.facts["refractory"] == ["none"]


def test_stopped_for_toxicity_without_the_drug_asks_which(read):
    found = read(given_("VRd", "2021-03-01", "2021-12-01", stopped="toxicity"))
    assert "intolerant" not in found.facts
    assert "`not_tolerated`" in why(found, "intolerant").open


def test_progression_after_car_t_is_refractoriness_of_the_product_alone(read):
    found = read(
        VRD,
        LEN,
        given_("DPd", "2024-06-01", "2024-07-10", part="bridging", best_response="PR"),
        given_("cilta-cel", "2024-08-01", progression="2024-08-25"),
    )
    states = refractory(found)
    assert states["ciltacabtagene autoleucel"] is True
    assert states["pomalidomide"] is states["daratumumab"] is False


@pytest.mark.parametrize("progression", ["2024-08-25", "2026-08-25"])
def test_car_t_has_no_last_dose_so_progression_years_later_counts(read, progression):
    found = read(given_("cilta-cel", "2024-08-01", best_response="CR", progression=progression))
    assert found.facts["refractory"] == ["ciltacabtagene autoleucel"]
    assert "months_since" not in found.facts


def test_a_progression_soon_after_a_bridge_counts_for_the_product_and_the_other_reading_is_told(read):
    # 48 days after the last dose of the bridge: by the last dose alone it would be refractory to it (IMWG).
    bridge = given_("DPd", "2024-12-01", "2025-02-10", part="bridging")
    found = read(bridge, given_("cilta-cel", "2025-03-04", progression="2025-03-30"))
    told = why(found, "refractory", "daratumumab")
    assert (told.value, told.rule, bool(told.other_reading)) == (False, "after-single-infusion", True)
    later = why(read(bridge, given_("cilta-cel", "2025-03-04", progression="2025-04-30")), "refractory", "daratumumab")
    assert (later.value, later.rule) == (False, "progression-on-or-within")  # 79 days: by either reading


@pytest.mark.parametrize("bridge", [{"stopped": "progression"}, {"best_response": "PD"}, {"progression": "2025-02-20"}])
@pytest.mark.parametrize("end", ["2025-02-10", None])
def test_a_progression_during_bridging_tells_nothing_of_what_came_after_the_product(read, bridge, end):
    rd = given_("Rd", "2022-01", "2024-11", stopped="progression")
    found = read(rd, given_("DPd", "2024-12-01", end, part="bridging", **bridge), given_("cilta-cel", "2025-03-04"))
    states = refractory(found)
    # Without an end the last dose was on a day up to that of the product: more than 60 days before that day or not.
    assert states["daratumumab"] is (None if end is None and "progression" in bridge else True)
    assert states["ciltacabtagene autoleucel"] is None
    assert "progressed_on_last" not in found.facts
    assert "`progression`" in why(found, "refractory", "ciltacabtagene autoleucel").open
    months = found.facts["months_since"]["daratumumab"]
    assert bounds(months)[0] == (20.5 if end is None else 21.3)  # from 4 March or 10 February 2025 to 21 November 2026


def test_progression_on_maintenance_after_car_t_is_after_the_product_too(read):
    found = read(
        given_("cilta-cel", "2023-08-01"),
        given_("len", "2023-12-01", ongoing=True, part="maintenance", progression="2025-01-01"),
    )
    assert found.facts["refractory"] == ["ciltacabtagene autoleucel", "lenalidomide"]


def test_a_class_of_which_the_product_is_not_told_is_kept_as_a_class(read):
    found = read(given_("BCMA CAR-T", "2024-08-01", progression="2025-08-25"))
    assert found.facts["refractory"] == ["BCMA-directed", "CAR-T"]


def test_stable_disease_in_maintenance_after_a_response_may_be_a_response_held(read):
    found = read(VRD, {**LEN, "stopped": "planned", "progression": None, "best_response": "SD"})
    assert refractory(found)["lenalidomide"] is None
    assert why(found, "refractory", "lenalidomide").rule == "held-response"


def test_a_drug_given_again_with_success_stays_refractory_from_before(read):
    found = read(
        given_("Rd", "2018-03-01", "2019-03-01", stopped="progression"),
        given_("DRd", "2019-04-01", "2022-04-01", stopped="planned", best_response="CR"),
    )
    assert refractory(found) == {"daratumumab": False, "dexamethasone": True, "lenalidomide": True}
    assert found.facts["progressed_on_last"] is False


def test_an_unrecorded_progression_before_a_new_line_leaves_the_old_drugs_open(read):
    found = read(given_("Rd", "2018-03", "2019-03", stopped="other"), given_("DVd", "2020-01", ongoing=True))
    assert refractory(found)["lenalidomide"] is None
    assert "entry 1" in why(found, "refractory", "lenalidomide").open


def test_progression_in_the_month_in_which_the_next_line_began_concerns_the_line_before(read):
    found = read(
        given_("Rd", "2018-03", "2020-01", progression="2020-01"),
        given_("DVd", "2020-01", "2020-06", stopped="planned", best_response="CR"),
    )
    assert refractory(found)["daratumumab"] is False


# --- the last line ---------------------------------------------------------------------------------


def test_last_holds_the_drugs_of_the_whole_last_line(read):
    assert read(VRD, ASCT, LEN).facts["last"] == ["bortezomib", "dexamethasone", "lenalidomide", "melphalan"]


@pytest.mark.parametrize(("days", "state"), [(10, True), (60, True), (61, False)])
def test_progressed_on_last_is_refractory_to_a_drug_of_it(read, days, state):
    assert read(after(days)).facts["progressed_on_last"] is state


def test_progressed_on_last_is_open_while_the_last_line_goes_on(read):
    assert "progressed_on_last" not in read(VRD, LEN, given_("DPd", "2024-06-01", ongoing=True)).facts


def test_steroids_alone_do_not_make_progressed_on_last(read):
    # Dexamethasone went on to the day of progression, bortezomib ended long before.
    found = read(
        given_("bortezomib", "2021-03-01", "2021-08-01"),
        given_("dexamethasone", "2021-03-01", "2022-08-01", progression="2022-08-01"),
    )
    assert refractory(found) == {"bortezomib": False, "dexamethasone": True}
    assert found.facts["progressed_on_last"] is False


# --- months, transplant, relapse -------------------------------------------------------------------


def test_months_since_is_counted_to_the_day_of_the_question(read):
    found = read(given_("VRd", "2021-03-01", "2026-05-21", stopped="planned"))
    assert found.facts["months_since"]["bortezomib"] == 6


def test_months_since_takes_the_latest_course(read):
    found = read(given_("Rd", "2018-03-01", "2019-03-01"), given_("DRd", "2020-01-01", "2025-11-21", stopped="planned"))
    assert found.facts["months_since"]["lenalidomide"] == 12


def test_months_since_is_a_range_for_a_coarse_date(read):
    found = read(given_("VRd", "2021-03", "2026-05", stopped="planned"))
    assert found.facts["months_since"]["bortezomib"] == {"min": 5.7, "max": 6.6}  # from 31 May and from 1 May


def test_months_since_is_nought_while_it_is_given(read):
    assert read(given_("Rd", "2021-03", ongoing=True)).facts["months_since"]["lenalidomide"] == 0


def test_months_since_may_be_anything_since_the_start_without_an_end(read):
    assert read(given_("Rd", "2025-11-21")).facts["months_since"]["lenalidomide"] == {"min": 0, "max": 12}


def test_prior_asct_is_true_or_false_by_the_list(read):
    assert read(VRD, ASCT).facts["prior_asct"] is True
    assert read(VRD).facts["prior_asct"] is False
    assert read(VRD, given_("allo-SCT", "2021-10", part="transplant")).facts["prior_asct"] is False


def test_remission_after_transplant_is_told_in_months(read):
    assert why(read(VRD, ASCT, LEN), "remission_after_asct").value == 30.8  # 5 October 2021 to 1 May 2024
    coarse = read(VRD, {**ASCT, "start": "2021-10"}, {**LEN, "progression": "2024-05"})
    assert why(coarse, "remission_after_asct").value == {"min": 30, "max": 31.9}


def relapse(**fields: Any) -> dict[str, Any]:
    return given_("VRd", "2021-03-15", "2021-08-10", stopped="planned", **fields)


@pytest.mark.parametrize(
    ("progression", "state"),
    [("2022-09-15", True), ("2022-09-16", False), ("2022-09", None), ("2022-08", True), ("2022", None), ("2023", False)],
)
def test_early_relapse_is_within_18_months_of_the_first_start(read, progression, state):
    assert read(relapse(progression=progression)).facts.get("early_relapse") is state


@pytest.mark.parametrize(
    ("progression", "state"), [("2022-12-05", True), ("2022-12-06", False), ("2022-12", None), ("2023-01", False)]
)
def test_early_relapse_is_within_12_months_of_the_first_lines_transplant_too(read, progression, state):
    found = read(relapse(part="induction"), given_("ASCT", "2021-12-05", part="transplant", progression=progression))
    assert found.facts.get("early_relapse") is state


def test_a_transplant_of_a_later_line_starts_no_clock(read):
    found = read(
        relapse(progression="2023-05-01"),
        given_("VCd", "2023-06-01", "2023-09-01", part="induction"),
        given_("ASCT", "2023-10-05", part="transplant", progression="2024-01-05"),
    )
    assert found.facts["early_relapse"] is False


def test_no_relapse_once_both_times_are_over_is_no_early_relapse(read):
    assert read(relapse()).facts["early_relapse"] is False


def test_no_relapse_so_far_within_the_time_leaves_it_open(read):
    assert "early_relapse" not in read(relapse(), as_of="2022-01-01").facts


# --- setting ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entries", "setting"),
    [
        ([], "newly-diagnosed"),
        ([VRD, ASCT, given_("len", "2022-01-10", ongoing=True, part="maintenance")], "maintenance"),
        ([VRD, ASCT, LEN], "relapsed"),
        ([VRD, ASCT, LEN, given_("DPd", "2024-06-01", ongoing=True)], "relapsed"),
        ([VRD, ASCT, given_("len", "2022-01-10", ongoing=True, part="maintenance", progression="2024-01")], "relapsed"),
        ([VRD], None),
        ([given_("VRd", "2026-09-01", ongoing=True, part="induction")], None),
    ],
)
def test_the_setting_follows_from_the_last_treatment_and_from_progression(read, entries, setting):
    assert read(*entries).facts.get("setting") == setting


# --- the account -----------------------------------------------------------------------------------


def test_every_derivation_names_rule_authority_source_and_reason(read, kb):
    found = read(VRD, ASCT, LEN, given_("cilta-cel", "2024-08-01"))
    for one in found.derivations:
        assert one.rule in kb.history.rules
        assert one.because
        assert one.authority
        assert set(as_list(one.source)) <= set(kb.sources)


def test_the_text_of_a_rule_tells_the_limit_that_is_used(read):
    assert "60 days" in why(read(after(10)), "refractory", "lenalidomide").text
    assert "18 months" in why(read(after(10)), "early_relapse").text


def test_the_answer_has_the_form_of_the_contract(kb):
    found = mmopts.history({"treatments": [VRD, ASCT, LEN], "age": 66}, kb)
    assert found["schema"] == "mmopts.history/1"
    assert {"facts", "lines", "derivations"} <= set(found)
    assert {"line", "drugs", "start", "end", "best_response", "progression"} <= set(found["lines"][0])
    assert {"fact", "value", "rule", "because", "source", "open"} <= set(found["derivations"][0])
    assert found["facts"]["age"] == 66
    assert found["lines"][0]["line"] == 1
    assert found["lines"][0]["start"] == "2021-03-01"
    assert found["lines"][0]["best_response"] == "VGPR"
    assert found["lines"][0]["progression"] == "2024-05-01"


def test_a_history_is_read_as_of_the_day_of_the_question(kb):
    facts = mmopts.history({"treatments": [VRD], "as_of": "2022-02-10"}, kb)["facts"]
    assert facts["months_since"]["bortezomib"] == 6
    with pytest.raises(QuestionError):
        mmopts.history({"treatments": [VRD], "as_of": "2021-02-10"}, kb)


@pytest.mark.parametrize("as_of", ["2022-02", "soon"])
def test_a_day_of_the_question_that_is_none_is_refused(kb, as_of):
    with pytest.raises(QuestionError):
        mmopts.history({"treatments": [VRD], "as_of": as_of}, kb)


def test_a_knowledge_base_without_rules_says_so(kb):
    bare = kb._replace(library=lambda: kb.library()._replace(history=None))
    with pytest.raises(KnowledgeError):
        derive([VRD], bare, AS_OF)


def test_the_facts_are_a_patient_file(read, kb):
    patient = intake(read(VRD, ASCT, LEN).facts, kb)
    assert patient.facts["lines"] == Interval(1, 1)
    assert patient.facts["refractory:lenalidomide"] is True
    assert patient.facts["refractory:bortezomib"] is False
    assert patient.facts["progressed_on_last"] is True


def test_every_command_that_takes_a_patient_takes_treatments(kb):
    found = suggest({"treatments": [VRD, ASCT, LEN], "age": 62}, kb)
    assert found["patient"]["lines"] == 1
    assert found["patient"]["refractory"] == ["lenalidomide"]


# --- stated facts ----------------------------------------------------------------------------------


def merged(history: History, kb: Knowledge, **stated: Any) -> tuple[dict[str, Any], list[str]]:
    facts, notes = merge(history, stated, kb)
    return facts, [note.text for note in notes]


def test_a_stated_fact_beats_a_derived_one_and_the_note_names_both(read, kb):
    facts, notes = merged(read(VRD, ASCT, LEN), kb, lines=2)
    assert facts["lines"] == 2
    assert "lines 2" in notes[0]
    assert "lines 1" in notes[0]


def test_a_range_and_months_are_told_in_a_note_as_they_would_be_written(read, kb):
    # No plan is told of what follows the transplant: one line or two. It is still given: 0 months since its last dose.
    found = read(VRD, ASCT, given_("len", "2022-01-10", ongoing=True))
    assert "lines 1-2, as the treatments would have it" in merged(found, kb, lines=3)[1][0]
    notes = merged(found, kb, months_since={"lenalidomide": 3})[1]
    [note] = [one for one in notes if "no progression is recorded" not in one]
    assert "months_since lenalidomide=3 is used" in note
    assert "lenalidomide=0, " in note


def test_a_stated_fact_that_agrees_needs_no_note(read, kb):
    assert merged(read(VRD, ASCT, LEN), kb, lines=1, refractory="len")[1] == []


def test_refractory_none_beats_progressed_on_the_last(read, kb):
    facts, notes = merged(read(VRD, ASCT, LEN), kb, refractory="none")
    assert facts["refractory"] == "none"
    assert "progressed_on_last" not in facts
    assert any("refractory none" in note and "progressed_on_last yes" in note for note in notes)
    assert intake(facts, kb).facts["progressed_on_last"] is False


def test_refractory_to_a_drug_of_the_last_line_beats_not_progressed(read, kb):
    facts, _ = merged(read(after(100)), kb, refractory=["len"])
    assert "progressed_on_last" not in facts
    assert intake(facts, kb).facts["progressed_on_last"] is True


def test_not_progressed_on_last_beats_refractory_to_its_drugs(read, kb):
    facts, notes = merged(read(VRD, ASCT, LEN), kb, progressed_on_last=False)
    assert facts["progressed_on_last"] is False
    assert "lenalidomide" not in facts["refractory"]
    assert facts["refractory_incomplete"] is True
    assert any("refractory lenalidomide" in note for note in notes)


def test_progressed_on_last_opens_what_the_last_line_denied(read, kb):
    facts, _ = merged(read(after(100)), kb, progressed_on_last=True)
    assert "no-lenalidomide" not in facts["refractory"]
    assert facts["refractory_incomplete"] is True


def test_prior_none_beats_all_that_the_treatments_say(read, kb):
    facts, notes = merged(read(VRD, ASCT, LEN), kb, prior="none")
    assert {name: value for name, value in facts.items() if value is not False} == {"prior": "none"}
    assert len(notes) >= 5
    assert intake(facts, kb).facts["lines"] == Interval(0, 0)


def test_a_progression_tells_of_an_infusion_before_it_only_within_its_line(read):
    infused = given_("cilta-cel", "2022-01-10", stopped="planned")
    failed = {"stopped": "progression", "progression": "2023-01-01"}
    product = "ciltacabtagene autoleucel"
    same = read(infused, given_("len", "2022-06-01", "2023-01-01", part="maintenance", **failed))
    assert refractory(same)[product] is True
    later = read(given_("cilta-cel", "2022-01-10"), given_("Kd", "2022-06-01", "2023-01-01", line=2, **failed))
    assert refractory(later)[product] is None
    perhaps = read(infused, given_("Kd", "2022-06-01", "2023-01-01", **failed))
    assert numbers(perhaps) == [1, {"min": 1, "max": 2}]
    assert refractory(perhaps)[product] is None
    tandem = read(  # on a coarse date it may be of the infusion's line, and so its progression
        given_("cilta-cel", "2024-08-01", part="transplant", stopped="toxicity"),
        given_("ASCT", "2025", progression="2025-12"),
    )
    assert numbers(tandem) == [1, {"min": 1, "max": 2}]
    assert "`progression`" in why(tandem, "refractory", product).open


def test_a_remission_between_coarse_dates_is_a_range_and_tells_which_days_would_settle_it(read):
    def remission(start: str, progression: str) -> Any:
        failed = given_(
            "len", "2021-12-01", "2024-05-01", part="maintenance", stopped="progression", progression=progression
        )
        return why(read(VRD, given_("ASCT", start, part="transplant"), failed), "remission_after_asct")

    exact, coarse = remission("2021-10-05", "2024-05-05"), remission("2021-10", "2024")
    assert exact.open is None
    assert exact.value == 31
    assert "entry 2" in coarse.open
    assert coarse.value["min"] < 31 < coarse.value["max"]


def test_an_induction_without_an_end_was_over_when_the_planned_part_after_it_began(read):
    """Progression is more than 60 days after that: on lenalidomide, and on nothing of the induction alone."""
    open_ended = given_("VRd", "2021-03-01", part="induction")
    found = read(open_ended, ASCT, LEN)
    assert refractory(found)["bortezomib"] is False
    assert refractory(found)["lenalidomide"] is True
    alone = read(open_ended, given_("len", "2022-01-10", "2024-05-01", stopped="progression", progression="2024-05-01"))
    assert refractory(alone)["bortezomib"] is None


def test_a_treatment_that_begins_a_line_only_by_one_reading_of_what_came_before_is_open(read):
    """As one line with the first transplant, the second is a further one and begins a line; after a line that the regimen
    began, it is that line's planned transplant."""
    found = read(given_("ASCT", "2020-01-10"), given_("VRd", "2020-03-01", "2020-08-01"), given_("ASCT", "2021-12-01"))
    step = why(found, "lines", "entry 3")
    assert step.open
    assert (step.value["min"], step.value["max"] >= 2) == (1, True)
    told = read(
        given_("ASCT", "2020-01-10"),
        given_("VRd", "2020-03-01", "2020-08-01", part="consolidation"),
        given_("ASCT", "2021-12-01"),
    )
    assert (numbers(told), why(told, "lines", "entry 3").open) == ([1, 1, 2], None)


def test_a_drug_of_the_only_line_that_failed_before_it_leaves_the_number_of_lines_open(read):
    """Some count the treatment in which it failed as a line, as it would be of a drug that failed in any other."""
    early = given_("Rd", "2018-01-01", "2020-01-01", setting="smoldering", stopped="progression", progression="2020-01-01")
    found = read(early, given_("KRd", "2021-01-01", "2022-01-01", stopped="toxicity"))
    assert found.facts["lines"] == {"min": 1, "max": 2}
    assert "last" not in found.facts
    assert [note.code for note in found.warnings] == ["lines-opened"]
    for last in (given_("Kd", "2021-01-01", "2022-01-01"), given_("KRd", "2021-01-01", "2022-01-01", stopped="progression")):
        counted = read(early, last)
        assert counted.facts["lines"] == 1
        assert "last" in counted.facts
    of_a_class = given_(
        "IMiD", "2018-01-01", "2020-01-01", setting="smoldering", stopped="progression", progression="2020-01-01"
    )
    assert read(of_a_class, given_("Kd", "2021-01-01", "2022-01-01")).facts["lines"] == 1


def test_no_lines_beats_all_that_the_treatments_say(read, kb):
    facts, _ = merged(read(VRD, ASCT, LEN), kb, lines=0)
    assert intake(facts, kb).facts["lines"] == Interval(0, 0)


def test_a_stated_list_of_prior_drugs_takes_the_others_out(read, kb):
    facts, notes = merged(read(VRD, ASCT, LEN), kb, prior=["bortezomib", "dexamethasone", "melphalan"])
    assert "lenalidomide" not in facts["months_since"]
    assert "refractory" not in facts
    assert any("refractory lenalidomide" in note for note in notes)


def test_a_stated_last_line_takes_its_progression_with_it(read, kb):
    facts, _ = merged(read(VRD, ASCT, LEN), kb, last="DPd")
    assert facts["last"] == "DPd"
    assert "progressed_on_last" not in facts


def test_null_states_nothing(read, kb):
    assert merged(read(VRD, ASCT, LEN), kb, lines=None)[0]["lines"] == 1


def test_a_list_said_to_be_incomplete_is_not_none(read, kb):
    facts, _ = merged(read(after(100)), kb, refractory_incomplete=True)
    assert facts["refractory"] == ["no-dexamethasone", "no-lenalidomide"]


def test_a_list_of_treatments_said_to_be_incomplete_denies_no_transplant(read, kb):
    facts, _ = merged(read(VRD), kb, prior_incomplete=True)
    assert "prior_asct" not in facts


@pytest.mark.parametrize(
    "stated", [{"last": "DPd"}, {"lines": 2}, {"prior": "VRd"}, {"setting": "relapsed"}, {"prior_asct": True}]
)
def test_a_stated_treatment_beats_an_empty_list(read, kb, stated):
    facts, notes = merged(read(), kb, **stated)
    assert intake(facts, kb).facts["lines"] != Interval(0, 0)
    assert any("prior none" in note or "lines 0" in note for note in notes)


# --- laws ------------------------------------------------------------------------------------------

REGIMENS = ("VRd", "Rd", "DRd", "DPd", "Kd", "ASCT", "cilta-cel", "lenalidomide", "VCd", "dexamethasone", "radiotherapy")
PARTS = (None, None, "induction", "transplant", "consolidation", "maintenance", "bridging")


@st.composite
def histories(draw: st.DrawFn, apart: bool = True) -> list[dict[str, Any]]:
    """Treatments in order, to the day; `apart`: each starts after the one before it, and after its progression."""
    today = date(2012, 1, 1) + timedelta(days=draw(st.integers(0, 400)))
    out = []
    for _ in range(draw(st.integers(1, 5))):
        entry: dict[str, Any] = {"regimen": draw(st.sampled_from(REGIMENS)), "start": today.isoformat()}
        end = today + timedelta(days=draw(st.integers(0, 300)))
        progression = today + timedelta(days=draw(st.integers(1, 450)))
        later = [end]
        if draw(st.integers(0, 3)):
            entry["end"] = end.isoformat()
        if draw(st.booleans()):
            entry["progression"] = progression.isoformat()
            later.append(progression)
        if part := draw(st.sampled_from(PARTS)):
            entry["part"] = part
        if reason := draw(st.sampled_from((None, "planned", "progression", "toxicity", "other"))):
            entry["stopped"] = reason
        if response := draw(st.sampled_from((None, "CR", "PR", "SD", "PD"))):
            entry["best_response"] = response
        out.append(entry)
        today = (max(later) if apart else today) + timedelta(days=draw(st.integers(int(apart), 300)))
    return out


def coarser(entries: list[dict[str, Any]], data: st.DataObject) -> list[dict[str, Any]]:
    """The same treatments with some dates cut to the month or the year."""
    out = []
    for entry in entries:
        cut = {key: data.draw(st.sampled_from((4, 7, 10))) for key in ("start", "end", "progression") if key in entry}
        out.append({**entry, **{key: entry[key][:length] for key, length in cut.items()}})
    return out


def bounds(value: Any) -> tuple[float, float]:
    return (value["min"], value["max"]) if isinstance(value, dict) else (value, value)


@settings(max_examples=examples(40), deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_entries_never_matters(entries, random):
    shuffled = random.sample(entries, len(entries))
    assert derive(shuffled, builtin(), AS_OF).facts == derive(entries, builtin(), AS_OF).facts


@pytest.mark.slow
@settings(max_examples=examples(100), deadline=None)
@given(histories(), st.data())
def test_a_coarser_date_only_opens_facts(entries, data):
    known, opened = derive(entries, builtin(), AS_OF), derive(coarser(entries, data), builtin(), AS_OF)
    exact, coarse = refractory(known), refractory(opened)
    assert {drug: state for drug, state in coarse.items() if state not in (None, exact[drug])} == {}
    for fact in ("setting", "prior_asct", "progressed_on_last", "early_relapse", "prior"):
        if fact in opened.facts:
            assert (fact, opened.facts[fact]) == (fact, known.facts.get(fact))
    assert opened.facts.get("last") in (None, why(known, "last").value if known.lines else None)
    low, high = bounds(opened.facts.get("lines", {"min": 0, "max": 30}))
    least, most = bounds(known.facts.get("lines", {"min": 0, "max": 30}))
    assert low <= least <= most <= high
    for drug, months in known.facts.get("months_since", {}).items():
        if drug in opened.facts.get("months_since", {}):
            low, high = bounds(opened.facts["months_since"][drug])
            least, most = bounds(months)
            assert low <= least <= most <= high


@settings(max_examples=examples(100), deadline=None)
@given(histories(apart=False), st.data())
def test_a_coarser_date_only_opens_the_lines_of_treatments_that_overlap(entries, data):
    try:
        known, opened = derive(entries, builtin(), AS_OF), derive(coarser(entries, data), builtin(), AS_OF)
    except QuestionError:  # a progression after the day of the question
        return
    low, high = bounds(opened.facts.get("lines", {"min": 0, "max": 30}))
    least, most = bounds(known.facts.get("lines", {"min": 0, "max": 30}))
    assert low <= least <= most <= high


@settings(max_examples=examples(40), deadline=None)
@given(histories())
def test_whole_facts_never_contradict_each_other(entries):
    facts = derive(entries, builtin(), AS_OF).facts
    if not facts.get("refractory_incomplete"):
        intake(facts, builtin())


def test_compiled_knowledge_carries_limits_and_rules(kb):
    assert kb.history.limits["refractory_days"] == 60


# --- the page --------------------------------------------------------------------------------------

PAGE = (Path(__file__).parents[1] / "docs" / "history.md").read_text("utf-8")


def blocks(kind: str) -> list[dict[str, Any]]:
    found = re.findall(rf"^```yaml {kind}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return [read_yaml(text).data for text in found]


@pytest.mark.parametrize("number", [0, 1])
def test_the_worked_histories_of_the_page_give_the_facts_that_it_tells(kb, number):
    facts = mmopts.history(blocks("history")[number], kb)["facts"]
    told = blocks("facts")[number]
    assert {name: facts.get(name) for name in told} == told


def test_the_page_tells_every_key_of_an_entry_and_every_limit(kb):
    assert [key for key in KEYS if f"`{key}`" not in PAGE] == []
    limits = kb.history.limits
    assert f"within {limits['refractory_days']} days" in PAGE
    assert f"within {limits['early_from_start_months']} months" in PAGE


@pytest.mark.slow
def test_the_longest_list_that_is_read_takes_seconds_even_where_every_line_is_open(read):
    entries = [given_(("VRd", "Kd")[i % 2], str(1820 + i), stopped="planned") for i in range(MOST)]
    start = process_time()
    assert read(*entries).facts["lines"] == {"min": 1, "max": MOST}
    assert process_time() - start < 20


# --- what is said of the last dose ---------------------------------------------------------------


def test_what_is_still_given_is_told_as_that_and_what_has_ended_with_its_last_dose(read):
    going = given_("len", "2024-01-10", part="maintenance", ongoing=True)
    found = why(read(VRD, ASCT, going), "months_since", "lenalidomide")
    assert (found.value, found.because) == (0, "still given")
    ended = why(read(VRD, ASCT, LEN), "months_since", "lenalidomide")
    assert ended.because == "last dose of lenalidomide in entry 3 (len)"


def test_a_refractory_drug_is_told_with_the_day_of_its_last_dose(read):
    late = given_("Kd", "2024-01-10", "2024-05-01", progression="2024-06-01")
    because = why(read(VRD, late), "refractory", "carfilzomib").because
    assert "last dose 2024-05-01; progression at entry 2 (Kd) (2024-06-01)" in because
    told = why(read(VRD, given_("Kd", "2024-01-10", "2024-05-01")), "refractory", "carfilzomib").because
    assert "last dose 2024-05-01; no progression is recorded after entry 2 (Kd)" in told


def test_only_what_was_stopped_for_progression_is_doubted_where_the_progression_comes_later(read):
    for stopped, doubted in (("progression", 1), ("toxicity", 0)):
        found = read(given_("VRd", "2021-03-01", "2021-08-01", stopped=stopped, progression="2022-03-01"))
        assert [w.code for w in found.warnings].count("dates-differ") == doubted


def test_facts_that_only_the_treated_can_have_beat_a_list_without_treatments(read, kb):
    # Progression on the last therapy, or an autologous transplant, presumes one; an age does not.
    facts, notes = merged(read(), kb, prior_asct=True)
    assert (facts.get("prior"), facts.get("lines"), bool(notes)) == (None, None, True)
    facts, notes = merged(read(), kb, age=60)
    assert (facts["prior"], facts["lines"], notes) == (["none"], 0, [])
    facts, notes = merged(read(), kb, prior_asct=False)
    assert (facts["prior"], facts["lines"], notes) == (["none"], 0, [])


# --- what is doubtful ------------------------------------------------------------------------------


def doubted_of(found: History) -> list[tuple[str, str]]:
    return [(one.code, one.text) for one in found.warnings]


@pytest.mark.parametrize(
    ("drugs", "told"),
    [
        ("daratumumab", ["daratumumab under drugs alone", "bortezomib, lenalidomide, dexamethasone under regimen alone"]),
        ("btz,len", ["dexamethasone under regimen alone"]),
        ("dara,btz,len,dex", ["daratumumab under drugs alone"]),
        ("btz,len,dex", []),
        ("PI,IMiD,dex", []),
        ("induction", []),
    ],
)
def test_a_regimen_and_drugs_that_do_not_name_the_same_are_doubted_and_all_taken(read, drugs, told):
    found = read({"regimen": "VRd", "drugs": drugs, "start": "2021"})
    assert [code for code, _ in doubted_of(found)] == ["drugs-differ"] * bool(told)
    assert [text for text in told if text not in found.warnings[0].text] == []
    assert {"bortezomib", "lenalidomide", "dexamethasone"} <= set(found.facts["prior"])


def test_the_drug_of_a_transplant_beside_it_is_no_doubt(read):
    assert not read({"regimen": "ASCT", "drugs": ["melphalan"], "start": "2021"}).warnings


@pytest.mark.parametrize(
    ("second", "twice"),
    [
        ({}, True),
        ({"regimen": None, "drugs": ["len", "dex", "btz"]}, True),
        ({"best_response": "PD"}, True),
        ({"end": "2021-09"}, False),
        ({"start": "2021-04"}, False),
        ({"regimen": "KRd"}, False),
        ({"line": 2}, False),
    ],
)
def test_an_entry_with_the_drugs_and_dates_of_another_is_doubted(read, second, twice):
    first = {"regimen": "VRd", "start": "2021-03", "end": "2021-08"}
    found = read(first, {"regimen": "Kd", "start": "2020"}, {**first, **second})
    told = [text for code, text in doubted_of(found) if code == "treatment-twice"]
    assert len(told) == twice
    assert all("entries 1 and 3 (" in text and "both are counted" in text for text in told)


def test_two_treatments_without_a_date_are_no_twins(read):
    assert not read({"regimen": "VRd"}, {"regimen": "VRd"}).warnings


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"regimen": "MP", "start": "0221-03", "end": "2021-08"}, "start: 0221-03 is more than 50 years ago"),
        ({"regimen": "MP", "start": "1976-11-20"}, "start: 1976-11-20 is more than 50 years ago"),
        ({"regimen": "MP", "start": "1976-11-21"}, None),
        ({"regimen": "MP", "start": "1976-11"}, None),
        ({"regimen": "MP", "end": "0221"}, "end: 0221 is more than 50 years ago"),
        ({"regimen": "MP", "progression": "0221"}, "progression: 0221 is more than 50 years ago"),
        # Darzalex: first US label on 2015-11-16.
        ({"drugs": ["dara"], "start": "2000-11-15"}, "more than 15 years before the first label of daratumumab (2015)"),
        ({"drugs": ["dara"], "start": "2000-11-16"}, None),
        ({"drugs": ["dara"], "start": "2000-11"}, None),
        # Evomela has had a label since 2016, melphalan was there before: no doubt.
        ({"drugs": ["melphalan"], "start": "1985"}, None),
        ({"regimen": "VRd"}, None),
    ],
)  # fmt: skip
def test_a_date_that_can_hardly_be_is_doubted(read, entry, told):
    found = doubted_of(read(entry))
    assert [code for code, _ in found] == ["date-implausible"] * bool(told)
    assert all(told in text and text.startswith("entry 1 (") for _, text in found)


def test_an_early_day_of_the_question_is_no_fault(kb):
    assert not derive([{"regimen": "MP", "start": "0003"}], kb, "0010-01-01").warnings
    assert derive([{"regimen": "MP", "start": "0003"}], kb, "9999-01-01").warnings


def test_the_limits_of_doubt_are_those_that_the_page_tells(kb):
    limits = kb.history.limits
    assert f"more than {limits['history_months'] // 12} years ago" in PAGE
    assert f"more than {limits['before_label_months'] // 12} years before the first label" in " ".join(PAGE.split())


def test_a_drug_said_to_be_older_than_its_labels_must_be_known():
    raw = authored(DATA)
    raw = {**raw, "history": {**raw["history"], "older_than_labels": ["melphalann"]}}
    with pytest.raises(AssertionError, match=r"unknown-drug at .*older_than_labels.* melphalan\b"):
        compiled(raw)


def test_a_list_without_a_progression_is_not_read_as_a_relapse_in_silence(read, kb):
    # A course that ended as planned, or one that goes on, is a remission until a progression is told.
    told = "no progression is recorded"
    planned = read(given_("D-VRd", "2024-06", end="2025-06", stopped="planned", best_response="VGPR"))
    assert [told in one for one in merged(planned, kb)[1]] == [True]
    assert [told in one for one in merged(read(given_("VRd", "2026-01", ongoing=True, part="induction")), kb)[1]] == [True]
    assert not merged(planned, kb, setting="maintenance")[1]
    assert not merged(planned, kb, relapse="slow")[1]
    assert not merged(read(given_("VRd", "2020-01", end="2020-06", progression="2022-01")), kb)[1]


def test_an_allogeneic_transplant_of_the_list_is_a_condition_beside_the_stated_ones(read, kb):
    found = read(VRD, given_("allo-SCT", "2021-10", progression="2024-01"))
    assert merged(found, kb)[0]["condition"] == ["allogeneic-transplant"]
    assert merged(found, kb, condition="vte, dialysis")[0]["condition"] == ["vte", "dialysis", "allogeneic-transplant"]
    assert merged(found, kb, condition=["no-allogeneic-transplant"])[0]["condition"] == ["no-allogeneic-transplant"]
    assert merged(found, kb, condition=["none"])[0]["condition"] == ["none"]
    assert "condition" not in merged(read(VRD, ASCT), kb)[0]


@pytest.mark.parametrize(
    ("progression", "late"),
    [
        ("2024-10-05", ["asct-progression-3y"]),
        ("2024-11", ["asct-progression-3y"]),
        ("2024-10-04", ["no-asct-progression-3y"]),
        ("2024-09", ["no-asct-progression-3y"]),
        ("2024-10", None),
        ("2024", None),
    ],
)
def test_a_progression_36_months_or_more_after_a_transplant_is_a_condition_and_an_earlier_one_denies_it(
    read, kb, progression, late
):
    found = read(VRD, {**ASCT, "progression": progression})
    assert merged(found, kb)[0].get("condition") == late
    for stated in ("asct-progression-3y", "no-asct-progression-3y"):
        assert merged(found, kb, condition=[stated])[0]["condition"] == [stated]


@pytest.mark.parametrize("stated", [{"prior": "none"}, {"lines": 0}, {"prior_asct": False}, {"setting": "newly-diagnosed"}])
def test_a_late_progression_of_the_list_gives_way_to_a_stated_fact_that_denies_it(read, kb, stated):
    assert "condition" not in merged(read(VRD, {**ASCT, "progression": "2024-11-05"}), kb, **stated)[0]


# --- what gives way --------------------------------------------------------------------------------

BEATEN = {
    "condition": ["asct-progression-3y"],
    "early_relapse": True,
    "relapse": "slow",
    "refractory": ["len"],
    "months_since": {"len": 5},
    "prior_asct": True,
    "lines": 0,
}


@pytest.mark.parametrize("entries", [[], [given_("VRd", "2021-03", "2021-08", stopped="planned", progression="2023-05")]])
@pytest.mark.parametrize("fact", BEATEN)
def test_only_what_stands_against_a_stated_fact_gives_way_and_that_fact_is_named(kb, entries, fact):
    history = derive(entries, kb, "2026-01-01")
    # Other stated facts, before it and behind it, have no part in it.
    told = {"age": 70, "ecog": 1, fact: BEATEN[fact], "crcl": 80}
    facts, warnings = merge(history, told, kb)
    assert all(f"⟨{fact}⟩ " in w.message.partition(" is used")[0] for w in warnings), warnings
    intake(facts, kb)


def test_a_derived_fact_that_contradicts_nothing_stays(kb):
    history = derive([given_("VRd", "2021-03", "2021-08", stopped="planned", progression="2023-05")], kb, "2026-01-01")
    facts, warnings = merge(history, {"age": 70, "condition": ["asct-progression-3y"]}, kb)
    assert history.facts.keys() - facts.keys() == {"prior_asct"}
    assert len(warnings) == 1


def test_a_key_of_a_treatment_in_both_spellings_is_a_fault(kb: Knowledge) -> None:
    treatment = {"regimen": "VRd", "start": "2020-01", "not_tolerated": ["bortezomib"], "not-tolerated": ["lenalidomide"]}
    with pytest.raises(QuestionError, match="not-tolerated"):
        mmopts.history({"treatments": [treatment]}, kb)


def test_a_progression_told_late_at_one_treatment_is_not_of_the_next_that_tells_its_own(read):
    rd = given_("Rd", "2020-01-10", "2022-01-05", best_response="VGPR", progression="2022-01-15")
    kd = given_("Kd", "2022-01-10", "2023-12-01", best_response="CR", stopped="planned", progression="2025-06-01")
    found = read(rd, kd)
    assert (refractory(found)["carfilzomib"], refractory(found)["lenalidomide"]) == (False, True)
    assert found.facts["progressed_on_last"] is False
    # Without one of its own, what is told at the treatment before may be of either: it began before that day.
    assert refractory(read(rd, {**kd, "progression": None}))["carfilzomib"] is not False


def test_a_progression_on_the_day_on_which_a_treatment_began_is_of_the_one_before(read):
    dkd = given_("DKd", "2023-05-02", "2024-05-02", progression="2023-05-02")
    with pytest.raises(QuestionError, match="stands at the treatment before"):
        read(given_("VRd", "2020-01-10", "2020-07-01"), dkd)
    assert read(given_("VRd", "2020-01-10", "2020-07-01"), {**dkd, "start": "2023-05", "progression": "2023-05"})


@pytest.mark.parametrize("words", [["fludarabine", "cyclophosphamide"], ["cyclophosphamide", "fludarabine"], "Flu/Cy"])
def test_lymphodepletion_told_by_its_drugs_is_no_line(read, words):
    vrd = given_("VRd", "2019-01-10", "2019-06-01", progression="2020-01-05")
    bridge = given_("Pd", "2020-02-01", "2020-03-01", part="bridging")
    lympho = {"drugs": words, "start": "2020-03-05", "end": "2020-03-08"}
    found = read(vrd, bridge, lympho, given_("cilta-cel", "2020-03-10", best_response="CR", progression="2024-04-15"))
    assert found.facts["lines"] == 2
    assert "cyclophosphamide" not in found.facts["prior"]


def test_drugs_by_their_letters_are_each_read_and_not_the_regimen_that_they_spell(read):
    found = read({"drugs": ["K", "D"], "start": "2020-01-10", "end": "2020-06-01", "progression": "2020-07-01"})
    assert {"carfilzomib", "daratumumab"} <= set(found.facts["prior"])
