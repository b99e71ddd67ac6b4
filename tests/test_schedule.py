"""The calendar of a prescription against a slow walk through its cycles, day by day."""

from __future__ import annotations

from math import ceil, inf
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mmopts.assess.schedule import BEFORE, HORIZON, MONTH, WINDOW, calendar, visits
from mmopts.knowledge.records import DoseRow
from mmopts.logic import Conditions

ALWAYS = Conditions().true
DAYS = {
    "1": (1,),
    "1, 8, 15": (1, 8, 15),
    "-2": (-2,),
    "1-7": tuple(range(1, 8)),
    "1-21/2": tuple(range(1, 22, 2)),
    "0": (0,),
}
CYCLES = {"": (1, inf), "1": (1, 1), "1-2": (1, 2), "3-6": (3, 6), "7+": (7, inf), "9": (9, 9)}
ENDS = {None: (inf, None), "progression": (inf, None), "8 cycles": (8, None), "24 months": (inf, 24), "2 months": (inf, 2)}


def row(**fields: Any) -> DoseRow:
    """A phase of a drug that is infused."""
    return DoseRow(
        **{
            "drug": "x", "amount": 1.0, "most": None, "unit": "mg", "route": "IV", "days": "1", "cycle": 28, "cycles": "",
            "until": None, "phase": None, "step_up": False, "region": None, "when": ALWAYS, "cap": None, "note": None,
            "source": None, "unread": False, **fields,
        }
    )  # fmt: skip


phases = st.builds(
    row,
    days=st.sampled_from(list(DAYS)),
    cycle=st.sampled_from([0, 7, 14, 21, 28, 35, 42]),
    cycles=st.sampled_from(list(CYCLES)),
    until=st.sampled_from(list(ENDS)),
)


def walked(rows: tuple[DoseRow, ...]) -> set[int]:
    """The days, one cycle after the other."""
    months = [ENDS[r.until][1] for r in rows if ENDS[r.until][1]]
    last_day = ceil(max(months) * MONTH) if months else HORIZON
    limits = [ENDS[r.until][0] for r in rows if ENDS[r.until][0] < inf]
    last = min(max(CYCLES[r.cycles][1] for r in rows), max(limits, default=inf))
    found: set[int] = set()
    start, number = 0, 1
    while start < HORIZON and number <= last:
        active = [r for r in rows if CYCLES[r.cycles][0] <= number <= CYCLES[r.cycles][1]]
        found |= {start + day for r in active for day in DAYS[r.days] if start + day <= last_day}
        length = max((r.cycle for r in active), default=0) or max(r.cycle for r in rows)
        if not length:
            break
        start, number = start + length, number + 1
    return found


@given(st.lists(phases, min_size=1, max_size=3).map(tuple))
def test_a_calendar_has_the_days_that_a_walk_through_its_cycles_meets(rows):
    bits = calendar(rows)
    assert {place - BEFORE for place in range(bits.bit_length()) if bits >> place & 1} == walked(rows)


@given(st.lists(st.lists(phases, min_size=1, max_size=2), min_size=1, max_size=3))
def test_a_day_on_which_several_drugs_are_given_is_one_visit(drugs):
    days = set().union(*(walked(tuple(rows)) for rows in drugs))
    assert visits(drugs).first == sum(day <= WINDOW for day in days)


def test_what_is_taken_by_mouth_asks_for_no_visit():
    assert visits([[row(route="PO", days="1-7")], [row(days="1, 8, 15")]]) == (3, 3, 3)
    assert visits([[row(route="PO")]]) == (0, 0, 0)


def test_later_visits_are_the_mean_of_the_first_year_and_lasting_ones_come_after_it():
    # Weekly for 3 months of 28 days, then monthly: 4; then 2 x 4 + 10 x 1 = 18 in the 12 that are left; then 1.
    weekly, monthly = row(days="1, 8, 15, 22", cycles="1-3"), row(cycles="4+")
    assert visits([[weekly, monthly]]) == (4, 2, 1)
    assert visits([[weekly]]) == (4, 4, 0)
    assert visits([[row(days="1, 8", cycles="1")]]) == (2, 0, 0)


def test_visits_are_not_known_where_an_amount_or_the_days_are_not():
    assert visits([[row(amount=None)]]) == (None, None, None)
    assert visits([[row(days="as needed")]]) == (None, None, None)
