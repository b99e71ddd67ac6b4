"""CSV: a row for each entry, figures as numbers, units in the heads, the version of the knowledge base in each row."""

from __future__ import annotations

import csv
import io

import pytest
from render_examples import blank, caution, figure, full, option, suggest

from mmopts.answers import forms
from mmopts.answers.kinds import ANSWERS
from mmopts.render import rendered
from mmopts.render.csvrows import TABLES, own


def rows(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(rendered(answer, "csv"))))


def test_a_hazard_ratio_and_its_interval_are_numbers():
    (row,) = rows(suggest(options=(option("ABC", key_figure=figure()),)))
    assert [row[k] for k in ("hr", "hr_ci95_low", "hr_ci95_high")] == ["0.63", "0.47", "0.85"]
    assert [row[k] for k in ("pfs_months", "control_pfs_months", "versus", "trial")] == ["12.4", "6.9", "C", "TRIAL"]


def test_a_median_that_was_not_reached_is_no_missing_one():
    (row,) = rows(suggest(options=(option("ABC", key_figure=figure(months=None, reached=False)),)))
    assert (row["pfs_months"], row["pfs_reached"]) == ("", "false")


def test_a_regimen_without_a_trial_has_empty_figures():
    (row,) = rows(suggest(options=(option("ABC"),)))
    assert (row["hr"], row["orr_percent"], row["trial"]) == ("", "", "")


def test_open_and_excluded_regimens_have_a_row_each_in_their_order():
    answer = suggest(options=(option("A1"), option("B1", verdict="conditional")),
                     excluded=(blank(forms.Excluded, id="C1", reason="too few lines"),))  # fmt: skip
    assert [(r["id"], r["verdict"], r["reason"]) for r in rows(answer)] == [
        ("A1", "eligible", ""),
        ("B1", "conditional", ""),
        ("C1", "excluded", "too few lines"),
    ]


def test_cautions_for_this_patient_and_general_ones_are_not_exchanged():
    (row,) = rows(suggest(options=(option("ABC", cautions=(caution("mine"), caution("any", always=True))),)))
    assert (row["cautions_this_patient"], row["cautions_general"]) == ("mine", "any")


def test_a_patient_of_a_stream_has_its_id_and_line():
    (row,) = rows(suggest(patient_id="p7", line=3, options=(option("ABC"),)))
    assert (row["patient_id"], row["line"]) == ("p7", "3")


@pytest.mark.parametrize("kind", [k for k in ANSWERS if k not in ("kb-check", "kb-format")])
def test_each_row_names_the_version_of_the_knowledge_base(kind):
    found = rows(full(ANSWERS[kind], "v1"))
    assert found
    assert {row["knowledge_version"] for row in found} == {"v1"}


@pytest.mark.parametrize("kind", list(ANSWERS))
def test_every_row_has_as_many_cells_as_heads(kind):
    table = list(csv.reader(io.StringIO(rendered(full(ANSWERS[kind]), "csv"))))
    assert len(table) > 1
    assert {len(row) for row in table} == {len(table[0])}
    assert len(set(table[0])) == len(table[0])


def test_clauses_stand_beneath_their_indication_with_what_was_found():
    clause = forms.Clause("2 or more lines", "no", "lines", "1")
    row = blank(forms.IndicationRow, text="label", opens="no", holds="no", clauses=(clause,))
    answer = blank(forms.Explain, regimen=blank(forms.Explained, option=option("ABC"), indications=(row,)))
    assert [(r["depth"], r["text"], r["holds"], r["found"]) for r in rows(answer)] == [
        ("0", "label", "false", ""),
        ("1", "2 or more lines", "false", "1"),
    ]


def test_what_is_said_of_a_dose_is_not_lost():
    remark = forms.DoseRemark("age", "age over 75", "age over 75: start lower", "us", "s", True)
    change = forms.OpenDose("crcl", "if CrCl under 30", "", "half of it", "s")
    dose = blank(forms.Dose, drug="alpha", dose="10 mg", days="1-21 of 28", recorded=True, remarks=(remark,),
                 open=(change,), when="standard risk", changed_for=("kidneys",))  # fmt: skip
    other = forms.OtherSchedule("weekly", "eu", (dose._replace(dose="20 mg", open=()), dose._replace(drug="beta")))
    warned = tuple(forms.Warned(drug, None, f"{drug} warns", "s", False) for drug in ("alpha", "beta"))
    (row,) = rows(blank(forms.DoseCard, prescription=(dose,), alternatives=(other,), boxed_warnings=warned))
    assert (row["for"], row["changed_for"]) == ("standard risk", "kidneys")
    assert row["remarks"] == "age over 75 (US): start lower*"
    assert row["would_change_it"] == "if CrCl under 30: half of it"
    on_others = change._replace(dose="5 mg", text="day -1")
    (other_days,) = rows(blank(forms.DoseCard, prescription=(dose._replace(open=(on_others,)),)))
    assert other_days["would_change_it"] == "if CrCl under 30: 5 mg (day -1)"
    assert row["also_given_as"].startswith("weekly (EU): alpha 20 mg")
    assert "beta" not in row["also_given_as"] + row["boxed_warnings"]


def test_each_row_of_an_option_has_its_guidance_doses_and_why_it_stands_there():
    said = blank(forms.GuidanceRow, body="Body", year=2025, position="preferred")
    dose = blank(forms.Dose, drug="alpha", dose="10 mg", recorded=True)
    one = option("A", tier_because="two bodies", guidance=(said,), prescription=(dose,))
    flip = forms.Flip("crcl", None, "", None, "needs CrCl of 30 or more", "--crcl 30-")
    out = blank(forms.Excluded, id="B", flips=(flip,), waits=True)
    first, second = rows(suggest(options=(one,), excluded=(out,)))
    assert (first["tier_because"], first["guidance"], first["doses"]) == (
        "two bodies",
        "Body 2025: preferred",
        "alpha 10 mg",
    )
    assert (second["would_change_it"], second["waits"]) == ("needs CrCl of 30 or more (--crcl 30-)", "true")


def test_the_words_of_a_fact_follow_it():
    word = blank(forms.WordRow, id="vte", name="clot", synonyms=("dvt",), definition="any")
    found = rows(blank(forms.FactList, facts=(blank(forms.FactRow, name="condition"),), words=(word,)))
    assert [(r["name"], r["kind"], r["help"], r["values"]) for r in found][1:] == [("vte", "word", "clot: any", "dvt")]


def test_what_a_regimen_was_stands_under_old_and_what_it_is_under_new():
    old = blank(forms.Standing, verdict="eligible", tier="preferred", labels={"us": "on-label", "eu": "unknown"})
    new = blank(forms.Standing, verdict="conditional", tier="other", labels={"us": "off-label", "eu": "on-label"})
    change = blank(forms.Change, regimen="AB", old=old, new=new)
    (row,) = rows(blank(forms.KbDiff, changed=(change,)))
    heads = ("verdict", "tier", "us", "eu")
    assert [row[f"old_{h}"] for h in heads] == ["eligible", "preferred", "on-label", "unknown"]
    assert [row[f"new_{h}"] for h in heads] == ["conditional", "other", "off-label", "on-label"]


def test_a_column_that_is_no_field_of_its_form_is_refused():
    with pytest.raises(AttributeError, match="ListedRegimen has no verdict"):
        own(forms.ListedRegimen, "id", "verdict")


@pytest.mark.parametrize("kind", list(ANSWERS))
def test_no_cell_stands_beneath_a_head_that_is_not_there(kind):
    table = TABLES[ANSWERS[kind]]
    found = list(table.rows(full(ANSWERS[kind])))
    assert found
    assert all(set(row) <= set(table.heads) for row in found)
