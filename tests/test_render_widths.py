"""Laws of the terminal: nothing is cut, no word is broken, and a wider screen never shows less."""

from __future__ import annotations

import re

import pytest
from conftest import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from render_examples import blank, caution, figure, full, option, suggest
from rich.cells import cell_len

from mmopts.answers import forms
from mmopts.answers.kinds import ANSWERS
from mmopts.knowledge.records import Figures
from mmopts.render import rendered
from mmopts.render.blocks import Block, Command, Group, Heading, Line, Row, Table
from mmopts.render.blocks import Column as Col
from mmopts.render.screens import screen_of
from mmopts.render.table import terminal_text

ALL = frozenset({"all", "why_not"})
WORD = st.text("abcdefgß漢字éöñ0123456789[]", min_size=1, max_size=18)
TEXT = st.lists(WORD, min_size=1, max_size=12).map(" ".join)
WIDTH = st.integers(60, 200)


def words(text: str) -> set[str]:
    """The words of a screen, without the signs that join them."""
    found = {word.strip("(),;:.*") for word in text.split()}
    return {word for word in found if word and not re.fullmatch("[-+o|]+", word)}


def commands(blocks: list[Block]) -> set[str]:
    lines = [line for b in blocks for line in (b.lines if isinstance(b, Group) else [b])]
    return {line.text for line in lines if isinstance(line, Command)}


def trial(name: str, hr: float) -> forms.TrialRow:
    pfs = Figures(12.4, 6.9, hr, (hr - 0.1, hr + 0.1))
    return blank(forms.TrialRow, trial=name, versus=("C",), phase=3, pfs=pfs, grade="B", applies="yes")


def compared(text: str, count: int) -> forms.Compare:
    explained = [
        blank(
            forms.Explained,
            option=option(f"R{n}", cautions=(caution(f"{text} {n}"),), key_figure=figure(), evidence=(trial(f"T{n}", 0.5),)),
        )
        for n in range(count)
    ]
    return blank(forms.Compare, for_patient=tuple(explained), patient={"setting": "relapsed"})


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(ANSWERS))
@given(text=TEXT, narrow=WIDTH, wide=WIDTH)
@settings(max_examples=examples(6), deadline=None)
def test_a_wider_screen_shows_all_that_a_narrower_one_shows(kind, text, narrow, wide):
    answer = full(ANSWERS[kind], text)
    narrow, wide = sorted((narrow, wide))
    for view in (frozenset(), ALL):
        assert words(rendered(answer, "terminal", view, narrow)) == words(rendered(answer, "terminal", view, wide))


@pytest.mark.parametrize("kind", list(ANSWERS))
@given(text=TEXT, width=WIDTH)
@settings(max_examples=examples(6), deadline=None)
def test_no_line_is_wider_than_the_screen_but_commands_and_single_long_words(kind, text, width):
    answer = full(ANSWERS[kind], text)
    copied = commands(screen_of(answer, ALL))
    for line in rendered(answer, "terminal", ALL, width).splitlines():
        long_word = any(cell_len(word) > width - 20 for word in line.split())
        assert cell_len(line) <= width or long_word or any(line.endswith(c) for c in copied)


@given(text=TEXT, width=WIDTH, count=st.integers(2, 6))
@settings(max_examples=examples(12), deadline=None)
def test_a_comparison_is_whole_at_every_width(text, width, count):
    answer = compared(text, count)
    shown = rendered(answer, "terminal", width=width)
    assert words(shown) == words(rendered(answer, "terminal", width=400))
    assert all(cell_len(line) <= width for line in shown.splitlines())
    assert words(text) <= words(shown)


def test_six_regimens_are_stacked_at_80_columns():
    shown = rendered(compared("a caution that is rather long and takes its place", 6), "terminal", width=80)
    lines = shown.splitlines()
    assert "verdict" in lines
    assert "  R0, R1, R2, R3, R4, R5: open, preferred" in lines
    assert any(line.startswith("  R5: a caution") for line in lines)


def test_three_short_regimens_stand_side_by_side_at_80_columns():
    shown = rendered(compared("short", 3), "terminal", width=80)
    assert any(re.match(r"verdict +open, preferred +open, preferred +open, preferred$", line) for line in shown.splitlines())


def test_the_longest_caution_of_this_patient_is_whole_at_60_columns_and_at_200():
    text = " ".join(f"word{n}" for n in range(60))
    answer = suggest(options=(option("ABC", cautions=(caution(text),)),))
    for width in (60, 200):
        assert " ".join(rendered(answer, "terminal", width=width).split()).count(text) == 1


def test_wide_characters_count_for_two_columns():
    table = Table([Col(""), Col("")], [Row(("漢字", "x")), Row(("abcd", "y"))])
    first, second = terminal_text([table], 60, colour=False).splitlines()
    assert cell_len(first[: first.index("x")]) == second.index("y")


def test_what_yields_goes_beneath_its_row_with_its_title():
    table = Table([Col(""), Col("", wrap=False), Col("route", yields=True)], [Row(("A", "x" * 50, "SC, PO"))])
    assert terminal_text([table], 60, colour=False).splitlines()[1].strip() == "route: SC, PO"
    assert "SC, PO" in terminal_text([table], 90, colour=False).splitlines()[1]


def test_an_empty_column_takes_no_room():
    table = Table([Col(""), Col("ORR"), Col("US")], [Row(("A", "", "on"))])
    assert "ORR" not in terminal_text([table], 80, colour=False)


def test_a_long_command_stays_on_one_line():
    long = "mmopts explain X " + "--prior a " * 30
    assert terminal_text([Command(long.strip(), lead="Next:")], 60, colour=False).splitlines() == [f"Next: {long.strip()}"]


def test_colour_adds_nothing_but_colour():
    answer = full(forms.Suggest)
    bare, coloured = (rendered(answer, "terminal", ALL, 100, colour) for colour in (False, True))
    assert "\x1b" not in bare
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == bare
    assert coloured != bare


def test_no_yellow_is_used_and_dim_and_colour_are_beside_words():
    from mmopts.render.table import STYLES

    assert not [style for style in STYLES.values() if "yellow" in style or "white" in style or "black" in style]


def test_a_pipe_gets_no_wrapped_line():
    text = " ".join(["word"] * 80)
    answer = suggest(options=(option("ABC", cautions=(caution(text),)),))
    assert any(text in line for line in rendered(answer, "plain").splitlines())


def test_lines_in_a_list_are_indented_beneath_what_they_belong_to():
    blocks = [Line("one"), Line("two", indent=1), Line("three", indent=2)]
    assert terminal_text(blocks, 60, colour=False).splitlines() == ["one", "  two", "    three"]


def test_an_underline_runs_through_the_words_of_a_title() -> None:
    shown = terminal_text([Heading("Two words")], 80, colour=True)
    bare = re.sub(r"\x1b\[1;4m(.*?)\x1b\[0m", r"\1", shown)
    assert bare.strip() == "Two words"
    assert "m \x1b" in shown  # the space between them is inside
