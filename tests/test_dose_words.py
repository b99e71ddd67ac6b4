"""A dose in words: amounts, days, phases, what was changed, and what it asks of the patient."""

from __future__ import annotations

from typing import Any

import pytest
from render_examples import blank

from mmopts.answers.doses import dose_row
from mmopts.assess.adjusting import OMITTED, Changed, unchanged
from mmopts.assess.dose import Open, Resolved, asked_of_patient
from mmopts.assess.dose_words import (
    amount_words,
    dose_words,
    phase_days,
    phase_notes,
    reasons_words,
    schedule_words,
)
from mmopts.knowledge.records import Adjustment, DoseRow, cited_together


def row(**fields: Any) -> DoseRow:
    given = {"drug": "alpha", "amount": 25.0, "unit": "mg", "route": "PO", "days": "1-21", "cycle": 28, **fields}
    made: DoseRow = blank(DoseRow, **given)
    return made


def of(*rows: DoseRow) -> list[Changed]:
    return unchanged(rows)


def resolved(*rows: DoseRow, changed: list[Changed] | None = None, **fields: Any) -> Resolved:
    given = {"applied": (), "open": (), "source": "s", "unread": False, **fields}
    return Resolved("alpha", tuple(of(*rows) if changed is None else changed), rows, **given)


def test_phases_that_became_alike_are_told_once_and_others_keep_their_cycles():
    first, later, last = (row(cycles=c) for c in ("1-8", "9+", "9-12"))
    assert schedule_words(of(first, later)) == "1-21 of 28"
    assert schedule_words(of(first, last)) == "1-21 of 28 (cycles 1-12)"
    assert schedule_words(of(first, row(cycles="9+", days="1"))) == "1-21 of 28 (cycles 1-8); 1 of 28 (cycles 9+)"
    assert schedule_words(of(first, row(cycles="10+"))) == "1-21 of 28 (cycles 1-8); 1-21 of 28 (cycles 10+)"


def test_a_note_of_days_is_told_only_while_the_days_are_the_regimens_own():
    one = row(note="the day after too; by mouth")
    assert phase_notes([Changed(one, 25.0, "1-21")]) == ["the day after too", "by mouth"]
    assert phase_notes([Changed(one, 25.0, "1, 8")]) == ["by mouth"]


def test_what_another_change_says_with_more_is_not_said_twice():
    rules = [
        blank(Adjustment, id=i, because=i, words="", text=text, amount=None)
        for i, text in (("a", "20 mg"), ("b", "20 mg; fade out early"), ("c", "weekly"))
    ]
    assert reasons_words(of(row()), rules) == ["20 mg; fade out early", "weekly"]


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (row(), "25 mg"),
        (row(amount=0.5, most=1.0, unit="10^6 cells/kg"), "0.5-1 x 10^6 cells/kg"),
        (row(amount=1.3, unit="mg/m2"), "1.3 mg/m2"),
        (row(amount=None), "not recorded"),
    ],
)
def test_an_amount_has_its_unit_and_its_range(one, words):
    assert amount_words(of(one)[0]) == words


def test_a_reduced_amount_is_no_range_and_what_is_omitted_is_said():
    one = row(amount=20.0, most=25.0)
    assert amount_words(Changed(one, 10.0, "1-21")) == "10 mg"
    assert amount_words(Changed(one, None, "1-21", OMITTED)) == "do not give"


def test_phases_of_one_amount_are_told_once_and_different_ones_in_their_order():
    assert (
        dose_words(of(row(amount=20.0), row(amount=20.0), row(amount=56.0), row(amount=20.0)))
        == "20 mg, then 56 mg, then 20 mg"
    )
    assert dose_words([]) == "not recorded"


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (row(), "1-21 of 28"),
        (row(days="1-21/2"), "every other day, 1-21 of 28"),
        (row(days="1, 8", cycle=21), "1, 8 of 21"),
        (row(days="0", cycle=0), "once"),
        (row(days="1", cycle=0), "once"),
        (row(days="", cycle=0), "once"),
        (row(days="-2", cycle=0), "day -2"),
    ],
)
def test_days_are_of_a_cycle_or_once(one, words):
    assert phase_days(of(one)[0]) == words


def test_a_schedule_tells_days_with_their_cycles_and_the_amount_where_it_changes():
    early, late = row(days="1, 8, 15, 22", cycles="1-2"), row(days="1, 15", cycles="3")
    assert schedule_words(of(early, early, late)) == "1, 8, 15, 22 of 28 (cycles 1-2); 1, 15 of 28 (cycle 3)"
    assert schedule_words(of(early, late._replace(amount=20.0))) == (
        "25 mg on 1, 8, 15, 22 of 28 (cycles 1-2); 20 mg on 1, 15 of 28 (cycle 3)"
    )
    assert schedule_words(of(row(phase="induction", cycles="1-4"))) == "1-21 of 28 (induction, cycles 1-4)"
    assert schedule_words(of(row(phase="maintenance"))) == "1-21 of 28 (maintenance)"


def test_several_citations_are_one():
    assert cited_together(["a", None, ("b", "a")]) == ("a", "b")
    assert cited_together(["a", ("a",)]) == "a"
    assert cited_together([None, ()]) is None


# --- the row of an answer --------------------------------------------------------------------------------


RULE: Adjustment = blank(Adjustment, because="crcl", text="half, for the kidneys")


def test_a_dose_that_nothing_changed_is_told_in_one_line():
    found = dose_row(resolved(row(until="progression", cap="at most 40 mg", note="with food")))
    assert found.text == "alpha 25 mg PO, days 1-21 of 28, until progression; at most 40 mg; with food"
    assert (found.dose, found.standard, found.days, found.route) == ("25 mg", "25 mg", "1-21 of 28", "PO")
    assert (found.adjusted_for, found.open, found.recorded, found.until) == ((), (), True, "progression")


@pytest.mark.parametrize(
    ("until", "tail"), [("8 cycles", ", 8 cycles"), ("progression", ", until progression"), ("once", ", once"), (None, "")]
)
def test_an_end_is_a_count_a_state_or_once(until, tail):
    found = dose_row(resolved(row(until=None), row(until=until), row(until=None)))
    assert found.text == f"alpha 25 mg PO, days 1-21 of 28{tail}"
    assert found.until == until


def test_a_changed_dose_tells_the_standard_and_what_asked_for_it():
    half = dose_row(resolved(row(), changed=[Changed(row(), 12.5, "1-21")], applied=(RULE,)))
    assert half.text == "alpha 12.5 mg PO, days 1-21 of 28 (standard 25 mg; half, for the kidneys)"
    assert (half.standard, half.adjusted_for) == ("25 mg", ("crcl",))
    less = dose_row(resolved(row(), changed=[Changed(row(), 25.0, "1-14")], applied=(RULE, RULE._replace(text="shorter"))))
    assert less.text == ("alpha 25 mg PO, days 1-14 of 28 (standard 25 mg, 1-21 of 28; half, for the kidneys, then shorter)")
    assert (less.standard, less.adjusted_for) == ("25 mg, 1-21 of 28", ("crcl",))


def test_what_is_omitted_is_recorded_and_what_is_not_recorded_says_so():
    whole = row(until="progression")
    none = dose_row(resolved(whole, changed=[Changed(whole, None, "1-21", OMITTED)], applied=(RULE,)))
    assert none.text == "alpha do not give (standard 25 mg; half, for the kidneys)"
    assert none.recorded
    open_ = dose_row(resolved(row(amount=None)))
    assert open_.text == "alpha not recorded PO"
    assert not open_.recorded
    part = dose_row(resolved(row(), row(amount=None)))
    assert part.text.startswith("alpha not recorded PO")
    assert not part.recorded
    nothing = dose_row(resolved())
    assert (nothing.text, nothing.route, nothing.recorded, nothing.until) == ("alpha not recorded", "", False, None)


def test_every_route_is_told_once_and_what_is_open_with_its_source():
    change = Open("crcl", "CrCl under 30", "10 mg", "less", "t")
    found = dose_row(resolved(row(route="IV"), row(route="SC"), row(route="IV"), row(route=""), open=(change,), unread=True))
    assert found.route == "IV or SC"
    assert [tuple(o) for o in found.open] == [tuple(change)]
    assert (found.source, found.unread) == ("s", True)


# --- what it asks of the patient ---------------------------------------------------------------------------


def test_routes_are_told_with_tablets_last():
    asked = asked_of_patient((resolved(row()), resolved(row(route="IV", days="1")), resolved(row(route="SC", days="1"))))
    assert asked.routes == ("IV", "SC", "PO")


def test_what_is_omitted_asks_for_nothing():
    omitted = resolved(row(), changed=[Changed(row(route="IV", until="progression"), None, "1", OMITTED)])
    asked = asked_of_patient((omitted, resolved(row(until="8 cycles"))))
    assert (asked.routes, asked.until) == (("PO",), "8 cycles")
    assert asked_of_patient((omitted,)).until is None


@pytest.mark.parametrize(
    ("ends", "until"),
    [
        (("8 cycles", "progression", "24 months"), "progression"),
        (("8 cycles", "24 months", "once"), "24 months"),
        (("8 cycles", "12 cycles"), "12 cycles"),
        (("once", "8 cycles"), "8 cycles"),
        ((None, "once"), "once"),
        ((None, None), None),
    ],
)
def test_the_longest_end_is_that_of_the_prescription(ends, until):
    assert asked_of_patient(tuple(resolved(row(until=end)) for end in ends)).until == until
