"""The dose card, and blocks as Markdown."""

from __future__ import annotations

import pytest
from render_examples import blank, caution

from mmopts.answers import forms
from mmopts.answers.forms import Burden, Care, OpenDose, Said, Warned
from mmopts.render import rendered
from mmopts.render.blocks import (
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
)
from mmopts.render.dosecard import (
    boxed_blocks,
    burden_lines,
    care_blocks,
    dose_table,
    dose_words,
    other_lines,
    would_be,
)
from mmopts.render.markdown import markdown_text


def dose(**fields) -> forms.Dose:
    given = {"drug": "alpha", "dose": "10 mg", "route": "PO", "days": "1-21 of 28", "standard": "10 mg", "recorded": True,
             "text": "alpha 10 mg PO, days 1-21 of 28", **fields}  # fmt: skip
    return blank(forms.Dose, **given)


OPEN = OpenDose("crcl", "if CrCl under 30", "5 mg", "", "s")


def only_row(**fields) -> tuple[tuple, list[tuple[str, str]]]:
    (table,) = dose_table([dose(**fields)])
    (row,) = table.rows
    return row.cells, [(line.lead, line.text) for line in row.below]


def test_a_dose_has_its_columns_and_its_marks():
    cells, below = only_row(until="progression", source=("a", "b"), unread=True)
    assert cells == ("alpha", "10 mg*", "PO", ("1-21 of 28",), "progression", "a, b")
    assert below == []
    assert only_row(recorded=False)[0] == ("alpha", "not recorded", "", "", "", "")
    assert only_row(recorded=False, text="alpha not recorded")[1] == []
    assert only_row(recorded=False, notes=("by the centre's plan",))[1] == [("", "by the centre's plan")]
    assert dose_table([])[0].lines[0].text == "No drug of its own."


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (OPEN, "5 mg [s]"),
        (OPEN._replace(text="half of it"), "5 mg (half of it) [s]"),
        (OPEN._replace(text="give 5 mg daily"), "give 5 mg daily [s]"),
        (OPEN._replace(dose="", text="less"), "less [s]"),
        (OPEN._replace(source=None), "5 mg"),
    ],
)
def test_what_an_open_fact_would_make_of_a_dose_is_told_and_the_dose_is_not_settled(row, told):
    cells, below = only_row(open=(row,))
    assert cells[1] == "10 mg, unless as below"
    assert below == [("If CrCl under 30:", told)]
    assert only_row(open=(row,), recorded=False)[1] == below


def test_a_changed_dose_tells_for_what_and_the_standard():
    changed = {
        "changed_for": ("CrCl under 30 mL/min", "heart failure"),
        "reasons": ("kidneys: half (EU: less; watch)", "5 mg"),
    }
    _, below = only_row(dose="5 mg", **changed)
    told = ("", "kidneys: half (EU: less; watch)")
    assert below == [("Changed for:", "CrCl under 30 mL/min; heart failure. Standard: 10 mg"), told]


def test_what_is_said_beyond_the_columns_is_told_and_no_more():
    assert only_row(notes=("with food", "10 mg PO"))[1] == [("", "with food")]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "alpha 10 mg PO, days 1-21 of 28"),
        ({"unread": True, "days": ""}, "alpha 10 mg PO*"),
        ({"route": "", "open": (OPEN, OPEN._replace(dose="", text="less"))},
         "alpha 10 mg, days 1-21 of 28; if CrCl under 30: 5 mg; if CrCl under 30: less"),
        ({"recorded": False}, "alpha: not recorded"),
    ],
)  # fmt: skip
def test_a_dose_on_one_line(fields, words):
    assert dose_words(dose(**fields)) == words


@pytest.mark.parametrize(
    ("burden", "line"),
    [
        (Burden(("SC", "PO"), 4, 1, 2, None),
         "SC, PO; 4 visits in the first 28 days; about 1 in each later 28 days of the first year; 2 days in hospital"),
        (Burden(("SC",), 4, 3, None, None, 2),
         "SC; 4 visits in the first 28 days; about 3 in each later 28 days of the first year; then 2"),
        (Burden(("IV",), None, None, None, "once", hospital_stay=True),
         "IV; a stay in hospital, days not recorded; once"),
        (Burden(("IV",), 1, 0, 1, "once"), "IV; 1 visit in the first 28 days; none later; 1 day in hospital; once"),
        (Burden(("PO",), 0, 0, None, None), "PO; no visits for infusions"),
        (Burden((), None, 2, None, "8 cycles"), "about 2 visits in each later 28 days; for 8 cycles"),
    ],
)  # fmt: skip
def test_what_a_prescription_asks_of_the_patient_is_one_line(burden, line):
    assert [found.text for found in burden_lines(burden)] == [line]
    assert burden_lines(Burden((), None, None, None, None)) == []


def test_boxed_warnings_have_drug_and_region():
    (group,) = boxed_blocks([Warned("alpha", "us", "toxic", "s", True), Warned("beta", None, "clots", "t", False)])
    assert [(line.lead, line.text) for line in group.lines] == [("alpha (US):", "toxic* [s]"), ("beta:", "clots [t]")]
    assert boxed_blocks([]) == []


def test_care_for_this_patient_comes_first():
    rows = [
        blank(Care, topic=t, title=title, text=f"do {t}", for_this_patient=mine)
        for t, title, mine in (("a", "A", False), ("b", "", True))
    ]
    (group,) = care_blocks(rows)
    assert [(line.lead, line.text) for line in group.lines] == [("b:", "do b"), ("A:", "do a")]
    assert care_blocks([]) == []


def card(**fields) -> forms.DoseCard:
    asked, known = forms.Asked("any", "2026-11-21"), forms.KnowledgeHead("2026.11", "2026-11-21", "d", ())
    given = {"id": "ABC", "name": "alpha", "verdict": "eligible", "question": asked, "knowledge": known,
             "patient": {"setting": "relapsed"}, **fields}  # fmt: skip
    return blank(forms.DoseCard, **given)


def test_the_card_of_a_regimen_tells_verdict_cautions_what_goes_before_and_what_to_run_next():
    mine, general = caution("mine", source="c"), caution("general", always=True)
    whole = card(cautions=(mine, general), preparation=(Said("a drink", "p"),), prescription=(dose(source="d"),))
    shown = [" ".join(line.split()) for line in rendered(whole, "terminal", frozenset(), 100).splitlines()]
    assert shown[:4] == ["ABC: alpha", "Relapsed.", "Verdict: eligible", "Cautions mine [c]"]
    assert "Before a drink [p]" in shown
    assert "1 general caution of this regimen (--all)." in shown
    assert any(line.startswith("Sources d, p. Knowledge") for line in shown)
    assert shown[-1] == "Next mmopts explain ABC --setting relapsed"
    assert "recalled" not in " ".join(shown)
    for part in (
        {"prescription": (dose(unread=True),)},
        {"preparation": (Said("x", None, True),)},
        {"cautions": (caution("x", unread=True),)},
    ):
        assert "recalled, not read" in rendered(card(**part), "terminal", frozenset(), 100)


# --- Markdown --------------------------------------------------------------------------------------------


def test_markdown_of_each_block():
    table = Table(
        [Column(""), Column("b|"), Column("gone")],
        [Row(("x", ("one", "two"), ""), (Line("below", lead="Lead"),)), Row(("y", "", ""))],
        "T",
        "under",
    )
    blocks = [
        Heading("H"),
        Line("said", lead="Lead:"),
        Line("loud", style="strong"),
        Line("deep", indent=1),
        Command("run `it`", lead="then"),
        Group("G", [Line("a"), Line("b", indent=1)]),
        table,
        table._replace(title="", rows=[Row(("x", "1", "2"))]),
        table._replace(rows=[]),
        References("R", [Reference(1, "A.", (("doi", "https://doi.org/1"), ("bad", "javascript:x")))]),
        References("none", []),
    ]
    assert markdown_text(blocks, "Title", "Foot").split("\n\n") == [
        "# Title",
        "## H",
        "**Lead:** said",
        "**loud**\n- deep",
        "**then** `` run `it` ``",
        "## G\n- a\n  - b",
        "## T",
        "|   | b\\| | under |\n| --- | --- | --- |\n| x | one<br>two | Lead below |\n| y |   |   |",
        "|   | b\\| | gone |\n| --- | --- | --- |\n| x | 1 | 2 |",
        "## R",
        "1. A. [doi](https://doi.org/1)",
        "Foot\n",
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [("run it", "`run it`"), ("run `it`", "`` run `it` ``"), ("``x``y", "``` ``x``y ```"), ("a`b", "``a`b``"), (" ", "")],
)
def test_a_command_is_code_in_as_many_ticks_as_it_needs(text, code):
    assert markdown_text([Command(text)]) == f"{code}\n"


def test_sections_go_deeper_and_never_below_the_sixth_heading():
    deep = Section("a", [Section("b", [Section("c", [Section("d", [Section("e", [Section("f", [Heading("g")])])])])])])
    assert markdown_text([deep]).split() == [
        "##",
        "a",
        "###",
        "b",
        "####",
        "c",
        "#####",
        "d",
        "######",
        "e",
        "######",
        "f",
        "######",
        "g",
    ]


def test_a_plot_is_code_under_its_title():
    parts = markdown_text([Plot("P", [("v C", [Interval("A", 0.5, 0.4, 0.6)])], "note")]).split("\n\n")
    assert parts[0] == "## P"
    assert all(line.startswith("    ") for line in parts[1].split("\n"))
    assert "0.50 (0.40-0.60)" in parts[1]
    assert parts[2] == "note\n"


def test_the_region_of_a_note_stands_within_its_brackets():
    notes = tuple(
        blank(forms.DoseRemark, if_="low counts", region=region, text="weekly", source="s") for region in ("us", None)
    )
    (table,) = dose_table([dose(remarks=notes)])
    assert [line.lead for line in table.rows[0].below] == ["Note (low counts, US):", "Note (low counts):"]


def test_without_a_drug_there_is_no_dose_to_check():
    assert "Check every dose" not in rendered(card(prescription=()), "plain", frozenset(), 100)
    assert "Check every dose" in rendered(card(prescription=(dose(),)), "plain", frozenset(), 100)


def test_what_stands_beneath_a_line_of_a_group_is_beneath_it_in_markdown():
    text = markdown_text([Group("Depends", [Line("", lead="Several:"), Line("a; b", indent=1, lead="X:"), Line("y")])])
    assert "- **Several:**\n  - **X:** a; b\n- y\n" in text


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (OpenDose("region", "EU", "200 mg/m2", "day -1", "s"), "200 mg/m2 (day -1)"),
        (OpenDose("fitness", "if fit", "56 mg/m2", "1, 2, 8, 9 of 28", "s"), "56 mg/m2 (1, 2, 8, 9 of 28)"),
        (OpenDose("crcl", "if CrCl under 30", "5 mg", "5 mg a day, more if it is borne", "s"), "5 mg"),
        (OpenDose("neuropathy", "grade 4", "", "stop", "s"), "stop"),
    ],
)
def test_a_dose_on_other_days_is_never_told_without_them(other: OpenDose, told: str) -> None:
    # 200 mg/m2 beside "day -3, -2" would read as twice the dose.
    assert would_be(other) == told
    assert dose_words(dose(drug="alpha", dose="100 mg/m2", open=(other,))).endswith(told)
    weekly = forms.OtherSchedule("weekly", None, (dose(drug="alpha", dose="100 mg/m2", source=None, open=(other,)),))
    (group,) = other_lines((weekly,), (dose(drug="alpha", dose="90 mg/m2"),))
    assert group.lines[0].text.endswith(told)
