"""The treatments of a patient file: dates, fields, order, and every fault with its entry and field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mmopts.diagnostics import Diagnostic, QuestionError
from mmopts.knowledge.records import Knowledge
from mmopts.patient.dates import Date, add_months, day, months_between, ordinal, read_date, within_days, within_months
from mmopts.patient.treatments import Treatments, read_treatments

AS_OF = "2026-11-21"


@pytest.fixture(scope="module")
def read(kb: Knowledge) -> Callable[..., Treatments]:
    """The treatments that are read from entries, each a mapping."""

    def reading(*entries: dict[str, Any], as_of: str = AS_OF) -> Treatments:
        return read_treatments(list(entries), kb, as_of)

    return reading


@pytest.fixture(scope="module")
def faults(kb: Knowledge) -> Callable[..., list[Diagnostic]]:
    """The problems for which entries are refused."""

    def refuse(*entries: Any, as_of: str = AS_OF) -> list[Diagnostic]:
        with pytest.raises(QuestionError) as caught:
            read_treatments(list(entries), kb, as_of)
        return caught.value.problems

    return refuse


def entry(**fields: Any) -> dict[str, Any]:
    return {"regimen": "VRd", "start": "2021-03", **fields}


# --- dates -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "first", "last"),
    [
        ("2021", "2021-01-01", "2021-12-31"),
        (2021, "2021-01-01", "2021-12-31"),
        ("2021-03", "2021-03-01", "2021-03-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2023-02", "2023-02-01", "2023-02-28"),
        ("2021-12", "2021-12-01", "2021-12-31"),
        ("2021-03-05", "2021-03-05", "2021-03-05"),
        ("2021\u201103\u201305", "2021-03-05", "2021-03-05"),  # as a text processor writes hyphens
    ],
)
def test_a_coarse_date_is_the_interval_of_its_days(raw, first, last):
    found = read_date(raw)
    assert (day(found.first), day(found.last)) == (first, last)


@pytest.mark.parametrize("raw", ["2021-13", "2023-02-29", "2021-3", "03/2021", "spring", True, 2021.5, None, "2021-04-31"])
def test_what_is_no_day_of_the_calendar_is_refused(raw):
    with pytest.raises(ValueError, match="is no d"):
        read_date(raw)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2021-01-31", 1, "2021-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2021-03-15", 18, "2022-09-15"),
        ("2020-12-01", 12, "2021-12-01"),
    ],
)
def test_months_are_calendar_months(start, months, end):
    assert day(add_months(ordinal(start), months)) == end


def test_months_that_reach_beyond_the_calendar_are_later_than_any_day():
    assert add_months(ordinal("9999-06-01"), 18) > ordinal("9999-12-31")
    assert months_between(ordinal("9999-06-15"), ordinal("9999-12-31")) == 6.5  # 16 days of 31


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2021-01-01", "2021-07-01", 6.0),
        ("2021-01-01", "2021-06-30", 5.9),
        ("2021-01-15", "2021-01-15", 0.0),
        ("2021-01-31", "2021-02-28", 1.0),
    ],
)
def test_months_are_cut_so_that_no_limit_is_reached_early(start, end, months):
    assert months_between(ordinal(start), ordinal(end)) == months


def dates(*texts: str) -> list[Date]:
    return [read_date(text) for text in texts]


@pytest.mark.parametrize(
    ("dose", "then", "state"),
    [
        ("2024-01-01", "2024-03-01", True),  # 60 days: 30 of January, 29 of February, 1 of March
        ("2024-01-01", "2024-03-02", False),  # 61
        ("2024-01", "2024-01", True),
        ("2024-01", "2024-02", True),  # at most 59
        ("2024-01", "2024-03", None),  # 30 to 90
        ("2024-01", "2024-04", False),  # at least 61
        ("2023-12", "2024-02", None),  # 32 to 90
        ("2024-07", "2024-09", None),  # 32 to 91
        ("2024-07", "2024-10", False),  # at least 62
        ("2024-01-01", "2024-03", None),  # 60 to 90
        ("2024", "2024-06", None),
        ("2022", "2024-06", False),
    ],
)
def test_days_between_coarse_dates_are_known_only_where_every_pair_agrees(dose, then, state):
    assert within_days(*dates(dose, then), 60) is state


@pytest.mark.parametrize(
    ("start", "then", "state"),
    [
        ("2021-03-15", "2022-09-15", True),
        ("2021-03-15", "2022-09-16", False),
        ("2021-03", "2022-08", True),
        ("2021-03", "2022-09", None),
        ("2021-03", "2022-10", False),
    ],
)
def test_months_between_coarse_dates_are_known_only_where_every_pair_agrees(start, then, state):
    assert within_months(*dates(start, then), 18) is state


# --- reading ---------------------------------------------------------------------------------------


def test_a_regimen_is_read_as_its_drugs(read):
    assert set(read(entry()).rows[0].drugs) == {"bortezomib", "lenalidomide", "dexamethasone"}


def test_a_list_of_drugs_takes_abbreviations_and_brands(read):
    row = read({"drugs": ["Velcade", "len"], "start": 2021}).rows[0]
    assert set(row.drugs) == {"bortezomib", "lenalidomide"}


def test_keys_may_be_written_with_a_hyphen(read):
    assert read(entry(**{"best-response": "vgpr"})).rows[0].best_response == "VGPR"


def test_no_treatment_is_an_empty_list_or_none(kb):
    assert read_treatments([], kb, AS_OF).rows == read_treatments("none", kb, AS_OF).rows == ()


def test_a_field_of_null_is_a_field_left_out(read):
    assert read(entry(end=None, part=None)).rows[0].end is None


def test_a_transplant_needs_no_regimen(read):
    row = read(entry(), {"part": "transplant", "start": "2021-10"}).rows[1]
    assert row.transplant
    assert row.autologous
    assert row.drugs == ("melphalan",)


def test_an_allogeneic_transplant_is_a_transplant_but_not_of_ones_own_cells(read):
    row = read({"regimen": "allo-SCT", "start": "2021-10"}).rows[0]
    assert (row.transplant, row.autologous) == (True, False)


def test_radiotherapy_is_supportive(read):
    assert read({"regimen": "radiotherapy", "start": "2021-10"}).rows[0].supportive


@pytest.mark.parametrize("word", ["observation", "plasma exchange", "plerixafor", "Flu/Cy", "radiotherapy, zoledronic acid"])
def test_what_is_no_treatment_of_the_disease_is_supportive(read, word):
    row = read({"regimen": word, "start": "2021-10"}).rows[0]
    assert (row.supportive, row.transplant, row.drugs) == (True, False, ())


def test_a_phase_alone_does_not_say_what_was_given(faults):
    # As supportive care it would deny every progression on the drug that the record leaves out.
    [problem] = faults(entry(), {"regimen": "maintenance", "part": "maintenance", "start": "2022", "stopped": "progression"})
    assert (problem.value, "regimen" in problem.message) == ("maintenance", True)
    [problem] = faults({"drugs": ["maintenance", "consolidation"], "start": "2022"})
    assert "drugs" in problem.message


def test_a_phase_beside_a_drug_is_read_with_it(read):
    assert read({"drugs": ["len", "maintenance"], "start": "2022"}).rows[0].drugs == ("lenalidomide",)


def test_entries_out_of_order_are_sorted_with_a_warning(read):
    found = read({"regimen": "DKd", "start": "2024"}, entry())
    assert [row.entry for row in found.rows] == [2, 1]
    assert "2, 1" in found.warnings[0].text


def test_entries_whose_dates_do_not_tell_stay_as_they_stand(read):
    found = read({"regimen": "VCd", "start": "2021"}, entry())
    assert [row.entry for row in found.rows] == [1, 2]
    assert found.warnings == ()


def test_a_coarse_date_is_narrowed_by_the_others(read):
    row = read(entry(start="2021", end="2021-04-10", progression="2021")).rows[0]
    assert day(row.start.last) == "2021-04-10"


# --- faults ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"start": "2021-13"}, "entry 1, start"),
        ({"end": "2021-02-30"}, "entry 1, end"),
        ({"end": "2021-02"}, "entry 1, end"),
        ({"progression": "2020"}, "entry 1, progression"),
        ({"start": "2026-12"}, "entry 1, start"),
        ({"end": "2027"}, "entry 1, end"),
        ({"progression": "2026-11-22"}, "entry 1, progression"),
        ({"part": "inductoin"}, "entry 1, part"),
        ({"best_response": "great"}, "entry 1, best_response"),
        ({"stopped": "progressed"}, "entry 1, stopped"),
        ({"line": 1.5}, "entry 1, line"),
        ({"line": True}, "entry 1, line"),
        ({"line": 31}, "entry 1, line"),
        ({"ongoing": "yes"}, "entry 1, ongoing"),
        ({"ongoing": True, "end": "2022"}, "entry 1, ongoing"),
        ({"ongoing": True, "stopped": "planned"}, "entry 1, ongoing"),
        ({"not_tolerated": ["carfilzomib"]}, "entry 1, not_tolerated"),
        ({"not_tolerated": 3}, "entry 1, not_tolerated"),
        ({"regimen": "VRx"}, "entry 1, regimen"),
        ({"regimen": []}, "entry 1, regimen"),
        ({"drugs": ["bortezomip"]}, "entry 1, drugs"),
        ({"setting": "relapsed"}, "entry 1, setting"),
    ],
)
def test_a_fault_names_entry_and_field(faults, fields, where):
    assert where in faults(entry(**fields))[0].message


def test_a_date_in_the_month_of_the_question_is_no_fault(read):
    assert day(read(entry(end="2026-11")).rows[0].end.last) == AS_OF


def test_an_unknown_key_suggests_the_nearest(faults):
    assert faults(entry(respons="CR", stoped="planned"))[1].suggestions[0] == "stopped"


def test_an_unknown_drug_suggests_the_nearest(faults):
    problem = faults({"drugs": ["bortezomip"], "start": 2021})[0]
    assert problem.code == "unknown-name"
    assert "bortezomib" in problem.suggestions


def test_every_fault_of_every_entry_is_told_at_once(faults):
    found = faults(entry(end="2020"), {"start": "2021"}, entry(start="x", part="y"), "VRd")
    assert [message.partition(":")[0] for message in (p.message for p in found)] == [
        "treatments entry 1, end",
        "treatments entry 2",
        "treatments entry 3, part",
        "treatments entry 3, start",
        "treatments entry 4",
    ]


@pytest.mark.parametrize("raw", ["VRd", 3, {"regimen": "VRd"}, None])
def test_what_is_no_list_is_refused(kb, raw):
    with pytest.raises(QuestionError):
        read_treatments(raw, kb, AS_OF)


def test_a_list_without_bound_is_refused(kb):
    with pytest.raises(QuestionError):
        read_treatments([entry()] * 201, kb, AS_OF)
