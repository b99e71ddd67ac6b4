"""Blocks in letters: plain text, forest plots and timelines; what is ruled out, and what depends."""

from __future__ import annotations

import math
import re
from datetime import date
from itertools import pairwise

import pytest
from cli_runner import mmopts
from hypothesis import given
from hypothesis import strategies as st
from render_examples import blank, option, suggest

from mmopts.answers import forms
from mmopts.answers.forms import Answered, Ask, NextQuestion, Said
from mmopts.render.blocks import (
    PRINTED,
    ROOMY,
    Bar,
    Column,
    Command,
    Group,
    Heading,
    Interval,
    Line,
    Plot,
    Reference,
    References,
    Row,
    Section,
    Table,
    Timeline,
)
from mmopts.render.depends import Opening, depends_lines, what_opens
from mmopts.render.forest import Axis, bounds, plot_lines
from mmopts.render.layout import plain_text
from mmopts.render.ruled_out import ruled_out
from mmopts.render.timeline import day_of, days_in, days_of, marks_in, new_year, new_years, timeline_lines


def shown(*blocks) -> list[str]:
    text = plain_text(blocks)
    assert text.endswith("\n")
    return text[:-1].split("\n")


# --- plain text --------------------------------------------------------------------------------------


def test_what_has_a_title_is_parted_from_what_stands_before_it_and_nothing_else_is():
    table = Table([Column("a")], [Row(("x",))])
    assert shown(Heading("H"), Line("l"), Command("c"), Group("G", [Line("m")]), table, table._replace(title="T")) == [
        "H", "l", "c", "", "G", "  m", "a", "x", "", "a", "x",
    ]  # fmt: skip
    assert shown(Group("G", []), Heading("H")) == ["G", "", "H"]
    assert shown(table._replace(title="T", columns=[Column("")])) == ["T", "x"]


def test_lines_have_their_lead_and_their_depth():
    assert shown(Line("text", lead="Lead:", indent=2), Command("mmopts", 1, "then")) == ["    Lead: text", "  then mmopts"]
    assert shown(Group("G", [Line("a", indent=1)])) == ["G", "    a"]


def test_a_table_is_in_line_without_empty_columns_and_what_is_beneath_a_row_stands_beneath_it():
    rows = [Row(("a", "", ("b", "c", "b")), (Line("below"),)), Row(("long", "", "d"))]
    assert shown(Table([Column(""), Column("empty"), Column("wide title")], rows, "T")) == [
        "T     wide title", "a     b", "      c", "    below", "long  d",
    ]  # fmt: skip
    assert shown(Table([Column(""), Column("")], [Row(("漢字", "b")), Row(("c", "d"))])) == ["漢字  b", "c     d"]
    assert shown(Table([Column("a")], [], "T")) == [""]


def test_paragraphs_too_wide_to_stand_in_line_have_a_line_each_with_the_title_of_their_column():
    long = "x" * 170
    rows = [Row(("a", ("b", long), "b"), (Line("below"),)), Row(("c", "", "d"))]
    table = Table([Column(""), Column("one"), Column("two")], rows, "T")
    assert shown(table) == ["T", "a", "  one: b", f"  one: {long}", "  two: b", "    below", "c", "  two: d"]
    yielding = table._replace(columns=[Column(""), Column("one", yields=True), Column("two")])
    assert shown(yielding) == ["T  two", "a  b", "    one: b", f"    one: {long}", "    below", "c  d"]
    assert shown(table._replace(alike=True))[2:4] == ["  one, two: b", f"  one: {long}"]


def test_sections_and_references_are_lines_where_a_format_knows_no_depth():
    one = Reference(1, "A trial.", (("PubMed", "https://p"), ("DOI", "https://d")))
    assert shown(Section("S", [Line("a"), References("Sources", [one]), References("None", [])])) == [
        "S", "a", "", "Sources", "  1. A trial. https://p https://d",
    ]  # fmt: skip


# --- forest plots ------------------------------------------------------------------------------------


def interval(hr: float, low: float, high: float, label: str = "A") -> Interval:
    return Interval(label, hr, low, high)


RATIOS = st.tuples(*[st.floats(0.12, 4.5)] * 3).map(sorted).map(lambda found: interval(found[1], found[0], found[2]))


@given(st.lists(RATIOS, min_size=1, max_size=5))
def test_the_axis_runs_from_tick_to_tick_around_every_interval_and_one(rows):
    ticks = (0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0)
    low, high = bounds(rows)
    least, most = min(1.0, *(r.low for r in rows)), max(1.0, *(r.high for r in rows))
    assert low in ticks
    assert high in ticks
    assert low <= least
    assert high >= max(most, 2.0)
    assert not [t for t in ticks if low < t <= least]
    assert not [t for t in ticks if max(most, 1.01) <= t < high]


def test_beyond_the_ticks_the_axis_ends_where_the_interval_does():
    assert bounds([interval(0.5, 0.05, 8.0)]) == (0.05, 8.0)
    assert bounds([interval(0.5, 0.4, 0.6)]) == (0.3, 2.0)
    assert bounds([interval(1.5, 1.2, 2.0)]) == (1.0, 2.0)


@given(RATIOS, st.integers(50, 140))
def test_an_interval_is_drawn_from_its_low_end_to_its_high_end_with_its_ratio_in_it(row, width):
    label, *scale = plot_lines(Plot("T", [("", [row])], ""), width)
    head = f"  A  {row.hr:.2f} ({row.low:.2f}-{row.high:.2f})  "
    axis = Axis(*bounds([row]), width - len(head))
    assert label.startswith(head)
    drawn = label[len(head) :].ljust(axis.width)
    low, mid, high = (axis.at(value) for value in (row.low, row.hr, row.high))
    assert drawn[mid] == "o"
    assert drawn[axis.at(1)] in "|o"
    for place in range(axis.width):
        expected = "o" if place == mid else "|" if place == axis.at(1) else "-" if low <= place <= high else " "
        assert drawn[place] == expected
    assert all(len(line) <= width for line in (label, *scale))


@pytest.mark.parametrize(("most", "at", "numbers"), [(50, 3, ["0.5", "50"]), (12, 4, ["0.5", "1", "12"])])
def test_a_number_of_the_axis_that_would_touch_another_is_left_out(most, at, numbers):
    assert Axis(0.5, most, 21).at(1) == at  # "0.5" ends at 2
    assert plot_lines(Plot("T", [("", [interval(1.0, 0.6, most)])], ""), 20)[-1].split() == numbers


def test_the_axis_is_logarithmic_and_ends_at_its_ends():
    axis = Axis(0.1, 10, 101)
    assert [axis.at(v) for v in (0.1, 1, 10, math.sqrt(10), 0.01, 100)] == [0, 50, 100, 75, 0, 100]


def test_the_scale_has_numbers_at_both_ends_and_at_one():
    *_, marks, numbers = plot_lines(Plot("T", [("v C", [interval(0.5, 0.4, 0.6)])], ""), 80)
    head = len("  A  0.50 (0.40-0.60)  ")
    axis = Axis(0.3, 2.0, 80 - head)
    assert [i for i, sign in enumerate(marks[head:]) if sign == "+"] == [0, axis.at(1), axis.width - 1]
    assert set(marks[head:]) == {"+", "-"}
    assert numbers.split() == ["0.3", "1", "2"]
    assert numbers[head + axis.at(1)] == "1"
    assert (numbers.index("0.3"), len(numbers)) == (head, 80)


def test_a_number_that_would_touch_another_is_left_out():
    *_, numbers = plot_lines(Plot("T", [("", [interval(4.9, 4.8, 90.0)])], ""), 44)
    assert numbers.split() == ["1", "90"]
    *_, numbers = plot_lines(Plot("T", [("", [interval(0.95, 0.02, 1.01)])], ""), 44)
    assert numbers.split() in (["0.02", "1"], ["0.02", "1", "2"])


def test_a_long_label_has_its_figure_and_axis_beneath_and_is_folded():
    label = "a regimen whose name goes on and on and on"
    lines = plot_lines(Plot("T", [("against a control", [interval(0.5, 0.4, 0.6, label)])], ""), 44)
    at = next(i for i, line in enumerate(lines) if "0.50 (" in line)
    assert lines[0] == "against a control"
    assert " ".join(line.strip() for line in lines[1:at]) == label
    assert all(line.startswith("  ") for line in lines[1:at])
    assert lines[at].startswith("    0.50 (0.40-0.60)  ")
    assert plot_lines(Plot("T", [("g", [])], ""), 80) == []


# --- timelines ---------------------------------------------------------------------------------------


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


TODAY = day("2024-12-31")


def bar(start: str, end: str = "", /, **fields) -> Bar:
    first = (day(start),) * 2 if start else None
    last = (day(end),) * 2 if end else None
    return Bar(**{"label": "A", "response": "", "start": first, "end": last, "progression": None, **fields})


def drawn(*bars: Bar, width: int = 80) -> list[str]:
    """The bars alone, as wide as their axis."""
    lines = timeline_lines(Timeline("T", [("", list(bars))], TODAY, ""), width)
    axis, head = lines[-2], len(lines[-2]) - len(lines[-2].lstrip())
    return [line[head:].ljust(len(axis) - head) for line in lines[:-2]]


def test_a_bar_runs_from_its_first_to_its_last_day_on_an_axis_of_years():
    (line,) = drawn(bar("2020-01-01", "2022-07-01"))
    share = (day("2022-07-01") - day("2020-01-01")) / (TODAY - day("2020-01-01"))
    assert line.count("=") == int(share * (len(line) - 1)) + 1
    assert line.strip() == "=" * line.count("=")
    assert line.startswith("=")


@pytest.mark.parametrize(
    ("one", "signs"),
    [
        (bar("2021-01-01", ongoing=True), "=>"),
        (bar("2021-01-01"), "?"),
        (bar("2021-01-01", once=True), "+"),
        (bar("", "2021-01-01"), "?"),
        (bar("2021-01-01", "2022-01-01", progression=(day("2023-01-01"),) * 2), "=P"),
        (bar("2021-01-01", start=(day("2021-01-01"), day("2021-12-31")), end=(day("2023-01-01"), day("2023-12-31"))), "~="),
        (bar("2021-01-01", start=(day("2021-01-01"), day("2023-12-31"))), "~?"),
        (bar("2021-01-01", start=(day("2021-01-01"), day("2021-12-31")), once=True), "~+"),
        (bar("2021-01-01", start=(day("2021-01-01"), day("2022-12-31")), end=(day("2021-06-01"), day("2022-12-31"))), "~"),
        (bar("", progression=(day("2021-01-01"),) * 2), "P"),
    ],
)
def test_each_part_of_a_bar_has_its_sign_and_the_signs_in_use_are_explained(one, signs):
    (line,) = drawn(bar("2020-01-01", "2020-01-02"), one)[1:]
    assert set(line) - {" "} == set(signs)
    block = Timeline("T", [("", [one])], TODAY, "")
    assert {text.partition(" ")[0] for text in marks_in(block)} == set(signs)


def test_what_is_sure_lies_within_what_coarse_dates_leave_open():
    coarse = bar("2021-01-01", start=(day("2021-01-01"), day("2021-12-31")), end=(day("2023-01-01"), day("2023-12-31")))
    lines = drawn(coarse, bar("2021-01-01", "2023-12-31"), bar("2021-12-31", "2023-01-01"))
    whole, sure = lines[1], lines[2]
    assert [c != " " for c in lines[0]] == [c != " " for c in whole]
    assert [c == "=" for c in lines[0]] == [c == "=" for c in sure]


def test_the_last_column_of_what_is_still_given_says_so_and_progression_stands_above_all():
    ongoing, progressed = drawn(
        bar("2021-01-01", ongoing=True), bar("2021-01-01", "2022-01-01", progression=(day("2021-02-01"), day("2021-12-31")))
    )
    assert ongoing[-1] == ">"
    assert progressed.rindex("P") in (progressed.rindex("="), progressed.rindex("=") + 1)
    assert progressed.count("P") == 1


def test_a_line_of_therapy_is_bracketed():
    def signs(count: int) -> list[str]:
        bars = [bar("2021-01-01", "2022-01-01")] * count
        lines = timeline_lines(Timeline("T", [("1", bars), ("", [bar("2023-01-01", "2023-02-01")])], TODAY, ""), 80)
        assert lines[count].startswith("    A")
        return [line[:4] for line in lines[:count]]

    assert signs(1) == ["1 - "]
    assert signs(2) == ["1 / ", "  \\ "]
    assert signs(4) == ["1 / ", "  | ", "  | ", "  \\ "]


def test_a_label_has_its_response_and_stands_above_its_bar_where_there_is_no_room_beside():
    long = bar("2021-01-01", "2022-01-01", label="a treatment of many drugs", response="VGPR")
    wide = timeline_lines(Timeline("T", [("1", [long])], TODAY, ""), 80)
    narrow = timeline_lines(Timeline("T", [("1", [long])], TODAY, ""), 40)
    assert wide[0].startswith("1 - a treatment of many drugs  VGPR  =")
    assert narrow[0] == "1 / a treatment of many drugs VGPR"
    assert narrow[1].startswith("  \\   =")
    assert all(len(line) <= 40 for line in narrow)
    assert timeline_lines(Timeline("T", [("1", [bar("")])], TODAY, ""), 80) == []


@given(st.integers(1990, 2023), st.integers(50, 200))
def test_the_axis_is_as_wide_as_there_is_room_for_and_a_tick_stands_at_each_year_beneath_it(year, width):
    *_, marks, numbers = timeline_lines(Timeline("T", [("", [bar(f"{year}-06-01", f"{year}-07-01")])], TODAY, ""), width)
    head = len(marks) - len(marks.lstrip())
    assert len(marks) == min(width, head + 120)
    years = [int(word) for word in numbers.split()]
    steps = {b - a for a, b in pairwise(years)}
    assert years[0] == year
    assert len(steps) <= 1
    ticks = [i for i, sign in enumerate(marks) if sign == "+"]
    assert [numbers[i : i + 4] for i in ticks] == [str(y) for y in years]
    axis, first = len(marks) - head, day(f"{year}-01-01")
    expected = [head + int((day(f"{y}-01-01") - first) / (TODAY - first) * (axis - 1)) for y in years]
    assert ticks == expected


def test_years_are_as_many_as_there_is_room_for():
    start, end = day("2001-03-01"), day("2020-03-01")

    def years(room: int) -> list[int]:
        found = new_years(start, end, room, 6)
        assert [first for first, _ in found] == [day(f"{year}-01-01") for _, year in found]
        return [year for _, year in found]

    assert years(120) == list(range(2001, 2021))
    assert years(119) == list(range(2001, 2021, 2))
    assert years(59) == [2001, 2006, 2011, 2016]
    assert years(23) == [2001, 2011]
    assert years(5) == [2001]
    assert new_year(day("2020-07-14")) == day("2020-01-01")


def test_days_are_read_from_texts():
    assert day_of("2020-02-29") == day("2020-02-29")
    assert day_of("2020-02") is None
    assert days_of(("2020-01-01", "2020-12-31")) == (day("2020-01-01"), day("2020-12-31"))
    assert days_of(("2020-01-01",)) == (day("2020-01-01"),) * 2
    assert days_of(("soon", "2020-12-31")) == (day("2020-12-31"),) * 2
    assert days_of(("soon",)) is None
    assert days_of(None) is None
    one = bar("2020-01-01", "2020-02-01", progression=(5, 6))
    assert days_in(Timeline("T", [("", [one])], TODAY, "")) == [*one.start, *one.end, 5, 6]


# --- what is ruled out ---------------------------------------------------------------------------------


def excluded(name: str, reason: str, **fields) -> forms.Excluded:
    return blank(forms.Excluded, id=name, name=name, reason=reason, **fields)


OUT = (
    excluded("A1", "frailty"),
    *(excluded(f"B{i}", "no label") for i in (1, 2, 3)),
    *(excluded(f"C{i}", "refractory") for i in (1, 2)),
    *(excluded(f"D{i}", "renal") for i in (1, 2)),
    excluded("W", "infection", waits=True),
    excluded("S1", "setting", other_setting=True),
    excluded("S2", "setting", other_setting=True),
)


def told(found, *view: str) -> list[str]:
    (group,) = ruled_out(found, {}, frozenset(view))
    return [f"{line.lead} {line.text}".strip() for line in group.lines]


def test_reasons_that_wait_come_first_then_those_of_most_regimens_and_the_others_are_counted():
    assert told(OUT) == [
        "for now, infection: W",
        "no label: B1, B2, B3",
        "also 5 for other reasons and 2 for other settings (--why-not).",
    ]
    assert told(OUT, ROOMY) == [
        "for now, infection: W", "no label: B1, B2, B3", "refractory: C1, C2", "renal: D1, D2", "frailty: A1",
        "also 2 for other settings (--why-not).",
    ]  # fmt: skip


def test_paper_tells_no_option_and_a_reason_of_one_alone_is_counted():
    assert told(OUT[:1]) == ["1 for a reason of its own (--why-not)."]
    assert told((excluded("A1", "frailty"), excluded("A2", "clot"))) == ["2 for various reasons (--why-not)."]
    assert told(OUT[-1:], PRINTED) == ["1 for other settings."]
    assert told(OUT[1:4]) == ["no label: B1, B2, B3"]
    assert ruled_out((), {}, frozenset()) == []


@pytest.mark.parametrize("view", ["why_not", "all"])
def test_each_that_is_ruled_out_has_its_own_reason_and_what_would_change_it(view):
    flip = forms.Flip(None, None, "", None, "another kidney", "--crcl 60")
    one = excluded(
        "A", "renal", because=(Said("too low", "s"),), flips=(flip, flip, flip._replace(text="time", options=None))
    )
    table, tail = ruled_out((one, OUT[0], *OUT[-2:]), {}, frozenset({view}))
    assert table.title == "Ruled out (2)"
    assert [row.cells for row in table.rows] == [
        ("A", ("too low [s]",), ("another kidney (--crcl 60)", "time")),
        ("A1", ("frailty",), ()),
    ]
    assert tail.text == "2 more regimens are for other settings."
    assert ruled_out((one, OUT[-1]), {}, frozenset({view}))[1].text == "1 more regimen is for other settings."
    assert len(ruled_out((one,), {}, frozenset({view}))) == 1


# --- what depends --------------------------------------------------------------------------------------


def asks(fact: str, **opened: tuple[str, ...]) -> NextQuestion:
    return blank(NextQuestion, fact=fact, answers=tuple(Answered(a, "", names, ()) for a, names in opened.items()))


FRAIL = asks("condition:frailty", yes=(), no=("A", "B"))
REFRACTORY = asks("refractory:alpha", yes=("C",), no=("A",))


def asked(*questions: NextQuestion) -> forms.Suggest:
    return suggest(next_questions=questions)


def depends(name: str, tier: str = "preferred", *needs: str) -> forms.Option:
    return option(name, verdict="conditional", tier=tier, needs=tuple(Ask("f", need, "--f") for need in needs))


def test_a_conditional_option_has_each_answer_that_opens_it_alone():
    assert what_opens(depends("A"), asked(FRAIL, REFRACTORY)).words == "without frailty or not refractory to alpha"
    assert what_opens(depends("C"), asked(FRAIL, REFRACTORY)).words == "refractory to alpha"


def test_without_such_an_answer_all_that_is_needed_is_told_or_a_coarse_date_is_to_blame():
    several = depends("X", "preferred", "Heart failure (NYHA)?", "CrCl?", "t(4;14)?")
    words = "more than one answer is needed (heart failure; CrCl; t(4;14))"
    assert what_opens(several, asked(FRAIL)) == Opening(words, needed=("heart failure", "CrCl", "t(4;14)"))
    assert what_opens(depends("X"), asked(FRAIL)).words == "a date that is known only to the month"


def test_what_any_answer_opens_is_said_so_and_what_must_be_stands_before_what_must_not():
    either = asks("condition:frailty", yes=("A",), no=("A",))._replace(question="Frailty (by a score)?")
    assert what_opens(depends("A"), asked(either)).words == 'once "Frailty?" is answered'
    first = asks("refractory:alpha", no=("A",))
    second = asks("refractory:beta", yes=("A",), no=())
    first = first._replace(answers=(Answered("yes", "", (), ()), *first.answers))
    assert what_opens(depends("A"), asked(first, second)).words == "refractory to beta or not refractory to alpha"


def test_what_every_answer_closes_waits_for_none():
    shut = NextQuestion("refractory:alpha", "Refractory to alpha?", "", 1, 1, 2,
                        (Answered("yes", "", (), ("A",)), Answered("no", "", ("B",), ("A",))))  # fmt: skip
    assert what_opens(depends("A"), asked(shut)).words == "ruled out by any answer (refractory to alpha)"
    assert depends_lines([depends("A")], asked(shut), {})[0].lead == "Ruled out by any answer (refractory to alpha):"


def test_while_the_setting_is_open_no_other_question_rules_out_by_any_answer():
    shut = NextQuestion("relapse", "Slow or rapid relapse?", "", 1, 1, 2,
                        (Answered("slow", "", (), ("A",)), Answered("rapid", "", (), ("A",))))  # fmt: skip
    assert what_opens(depends("A"), asked(shut)).words == "ruled out by any answer (slow or rapid relapse)"
    setting = NextQuestion("setting", "Which setting?", "", 1, 1, 2,
                           (Answered("newly-diagnosed", "", ("A",), ()), Answered("relapsed", "", (), ("A",))))  # fmt: skip
    assert what_opens(depends("A"), asked(setting, shut)).words == "newly diagnosed"


def test_options_that_hang_on_the_same_answer_share_a_line_and_lesser_tiers_have_none():
    options = [depends("A"), depends("B", "alternative"), depends("C"), depends("X"), depends("Y", "other")]
    found = depends_lines(options, asked(FRAIL, REFRACTORY._replace(answers=REFRACTORY.answers[:1])), {})
    assert [(line.lead, line.text) for line in found] == [
        ("Without frailty:", "A, B"),
        ("If refractory to alpha:", "C"),
        ("A date that is known only to the month:", "X"),
    ]


def test_wide_rows_are_not_filled_up():
    """A comparison of long texts in a pipe: no line of more than its own words."""
    told = mmopts("compare", "cilta-cel", "ide-cel").out.splitlines()
    assert not [line for line in told if re.search(r"\S {60,}\S", line)]
