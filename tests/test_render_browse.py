"""The screens that browse the knowledge base, check it, and tell scores."""

from __future__ import annotations

import pytest
from render_examples import blank, figure

from mmopts.answers import forms, knowledge
from mmopts.answers.forms import Ask, Points, Warned
from mmopts.answers.knowledge import one_drug
from mmopts.knowledge.records import Knowledge, Source
from mmopts.render import rendered

KNOWN = forms.KnowledgeHead("2026.11", "2026-11-21", "d", ())


def shown(answer, *view: str, fmt: str = "terminal") -> list[str]:
    """The screen, each line without the room around and within it."""
    return [" ".join(line.split()) for line in rendered(answer, fmt, frozenset(view), 120).splitlines()]


def of(kind, **fields):
    return blank(kind, knowledge=KNOWN, **fields)


def listed(name: str, **fields) -> forms.ListedRegimen:
    labels = {"us": "label", "eu": "none"}
    given = {"name": name, "labels": labels, "settings": ("newly-diagnosed",), "drugs": ("alpha", "beta"), **fields}
    return blank(forms.ListedRegimen, id=name, **given)


def test_a_list_tells_its_filters_and_parts_what_is_history():
    filters = forms.Filters(("newly-diagnosed",), ("alpha",), ("PI",))
    found = shown(of(forms.List, regimens=(listed("Old", historical=True), listed("New")), filters=filters))
    assert found[0] == "2 regimens for newly diagnosed with alpha and PI."
    heads = [line.split(" ")[0] for line in found]
    assert [word for word in heads if word in ("Regimens", "New", "Historical", "Old")] == [
        "Regimens",
        "New",
        "Historical",
        "Old",
    ]
    assert next(line for line in found if line.startswith("New ")).endswith("label none newly diagnosed alpha, beta")
    assert "Marks US, EU: label = has a label, none = no label." in found
    assert found[-1] == "Next mmopts show Old"
    alone = shown(of(forms.List, regimens=(listed("New", key_figure=figure(unread=True)),)))
    assert alone[0] == "1 regimen."
    assert not [line for line in alone if line.startswith("Historical")]
    assert any("recalled, not read" in line for line in alone)
    assert shown(of(forms.List))[0] == "0 regimens."
    assert not [line for line in shown(of(forms.List)) if line.startswith("Next")]


DRUG = blank(
    forms.DrugRow, id="alpha x", abbreviations=("a",), brands=("Brand", "Other"), classes=("PI",), target="T",
    routes=("PO",), regimens=("R1", "R2"),
)  # fmt: skip


def test_drugs_have_their_names_and_classes_their_members():
    classes = (
        forms.ClassRow("PI", "inhibitors", ("alpha x", "beta")),
        forms.ClassRow("X", "X", ("c",)),
        forms.ClassRow("Y", "", ()),
    )
    found = shown(of(forms.Drugs, drugs=(DRUG,), classes=classes))
    assert "alpha x a Brand, Other PI PO" in found
    at = found.index("Classes")
    assert found[at + 1 : at + 4] == ["PI (inhibitors): alpha x, beta", "X: c", "Y:"]
    assert "Next mmopts drugs 'alpha x'" in found
    assert "Next mmopts drugs b" in shown(of(forms.Drugs, drugs=(DRUG._replace(id="b"),)))
    none = shown(of(forms.Drugs))
    assert not {"Classes"} & set(none)
    assert not [line for line in none if line.startswith("Next")]


def test_a_drug_tells_what_is_known_of_it_and_cites_it():
    adjusted = tuple(
        blank(forms.AdjustmentRow, text=f"dose {i}", when=when, region=region, source=f"a{i}")
        for i, (when, region) in enumerate([("frail", "us"), ("frail", None), (None, "eu"), (None, None)])
    )
    care = (
        blank(forms.CareRow, topic="clots", text="aspirin", when="high risk", region="us", source="c1", unread=True),
        blank(forms.CareRow, topic="z", text="w"),
    )
    drug = DRUG._replace(
        boxed_warnings=(Warned("alpha x", "us", "toxic", "b1", False),), adjustments=adjusted, investigational=True
    )
    found = shown(of(forms.OneDrug, drug=drug, care=care))
    assert found[:8] == [
        "alpha x", "Short: a", "Brands: Brand, Other", "Classes: PI", "Target: T", "Given: PO", "Regimens: R1, R2",
        "Investigational: no US or EU approval",
    ]  # fmt: skip
    doses = [line for line in found if "dose " in line]
    assert doses == ["Doses US if frail: dose 0 [a0]", "if frail: dose 1 [a1]", "EU: dose 2 [a2]", "dose 3 [a3]"]
    assert "Care clots (US): aspirin* (if high risk) [c1]" in found
    assert "z: w" in found
    assert next(line for line in found if line.startswith("Sources")).startswith("Sources b1, a0, a1, a2, a3, c1. Knowledge")
    assert "Marks * recalled, not read." in found
    bare = shown(of(forms.OneDrug, drug=blank(forms.DrugRow, id="beta")))
    assert bare[0] == "beta"
    assert not [line for line in bare if line.startswith(("Short", "Target", "Doses", "Care", "Marks", "Investigational"))]


SOURCE = blank(Source, id="s", title="Title", kind="label", checked="read", region="us", year=2020, on="2026-01-01",
               extent="all", copy="pdf", url="https://u")  # fmt: skip


def test_sources_tell_whether_they_were_read():
    unread = SOURCE._replace(id="t", checked="unread", year=None)
    found = shown(of(forms.Sources, sources={"s": SOURCE, "t": unread}))
    assert "s read label 2020 Title" in found
    assert "t not read label Title" in found
    assert "Next mmopts sources s" in found
    assert not [line for line in shown(of(forms.Sources)) if line.startswith("Next")]
    one = shown(of(forms.OneSource, source=SOURCE, regimens=("A", "B")))
    assert one[:10] == [
        "s", "Reference: Title. 2020. https://u", "Kind: label", "Region: US", "Checked: read",
            "On: 2026-01-01",
        "Read of it: all", "Copy: pdf", "Address: https://u", "Cited for: A, B",
    ]  # fmt: skip
    other = shown(of(forms.OneSource, source=blank(Source, id="t", title="T", kind="web", checked="unread")))
    assert other[:5] == [
        "t", "Reference: T", "Kind: web", "Checked: not read: its figures are recalled",
        "Cited for: no regimen of its own",
    ]  # fmt: skip


def test_facts_tell_what_they_take_and_words_what_they_mean():
    def fact(kind: str, **fields) -> forms.FactRow:
        return blank(forms.FactRow, name=f"a_{kind}", option=f"--{kind}", kind=kind, help="Help.", **fields)

    facts = (
        fact("flag"), fact("drugs"), fact("words"), fact("choice", values=("slow", "rapid")),
        fact("number", low=0.0, high=4.5), fact("months", low=0.0, high=600.0),
    )  # fmt: skip
    words = (forms.WordRow("hf", "heart failure", ("CHF", "HF"), "NYHA III", "s"), blank(forms.WordRow, id="x", name="y"))
    found = shown(of(forms.FactList, facts=facts, words=words))
    told = ["--flag true or false Help.", "--drugs drugs, regimens, classes Help.",
            "--words words: mmopts facts a-words Help.", "--choice slow, rapid Help.", "--number 0 to 4.5 Help.",
            "--months DRUG=MONTHS Help."]  # fmt: skip
    assert [line for line in found if line.startswith("--")] == told
    assert "hf heart failure CHF, HF NYHA III [s]" in found
    assert "x y" in found
    assert not [line for line in shown(of(forms.FactList, facts=facts)) if line.startswith("Words")]


# --- checking -----------------------------------------------------------------------------------------


def test_a_check_tells_each_fault_with_its_place_then_what_is_covered():
    faults = (
        blank(
            forms.FaultRow,
            file="a.yaml",
            line=3,
            column=5,
            severity="error",
            code="bad-day",
            message="no day",
            suggestion="write one",
        ),
        blank(forms.FaultRow, file="b.yaml", line=1, column=2, severity="warning", code="odd", message="odd"),
    )
    never = (blank(forms.Untested, regimen="R", file="a.yaml", line=9, clause="age", when="holds"),)
    edges = forms.LimitsTested(2, 2, ())
    clauses = forms.ClausesTested(5, 3, never, edges)
    coverage = {
        "read_sources": forms.ReadRows(4, 3),
        "regimens": forms.Exampled(7, 6, 9),
        "words": forms.WordsUsed(4, ("a", "b")),
        "clauses": clauses,
    }
    checked = blank(forms.KbCheck, path="data", usable=False, errors=1, warnings=2, faults=faults, coverage=coverage)
    found = shown(checked)
    assert found[:3] == [
        "a.yaml:3:5: error: no day (write one) [bad-day]",
        "b.yaml:1:2: warning: odd [odd]",
        "data: 1 error, 2 warnings; it cannot be used.",
    ]
    assert "read sources read 4, unread 3" in found
    assert "regimens total 7, with examples 6, examples 9" in found
    assert "words total 4, idle 2" in found
    assert found[-2] == "examples make 3 of 5 clauses decisive, each way counted; --all lists the rest"
    opened = shown(checked, "all")
    assert "examples make 3 of 5 clauses decisive, each way counted" in opened
    assert opened[-3:] == [
        "R a.yaml:9 age: never decisive where it holds",
        "",
        "examples stand at 2 of 2 edges of limits, each side counted",
    ]
    decided = forms.ClausesTested(5, 5, (), edges)
    whole = checked._replace(usable=True, errors=0, faults=(), coverage={"clauses": decided})
    assert shown(whole) == [
        "data: 0 errors, 2 warnings; it can be used.",
        "examples make 5 of 5 clauses decisive, each way counted",
        "examples stand at 2 of 2 edges of limits, each side counted",
    ]
    far = whole._replace(coverage={"clauses": decided._replace(limits=forms.LimitsTested(2, 1, never))})
    assert shown(far)[-1] == "examples stand at 1 of 2 edges of limits, each side counted; --all lists the rest"
    assert shown(far, "all")[-1] == "R a.yaml:9 age: never just where it holds"
    assert "examples stand at 1 of 2 edges of limits, each side counted" in shown(far, "all")
    assert shown(whole._replace(coverage={})) == ["data: 0 errors, 2 warnings; it can be used."]


# --- scores ---------------------------------------------------------------------------------------------


def group(name: str, **fields) -> forms.ScoreGroupRow:
    return blank(forms.ScoreGroupRow, id=name[0], name=name, **fields)


def score(**fields) -> forms.ScoreRow:
    given = {"id": "x", "name": "Score", "groups": (group("fit"), group("frail")), "applies": "yes", "source": "s", **fields}
    return blank(forms.ScoreRow, **given)


def scores(one: forms.ScoreRow) -> list[str]:
    return shown(of(forms.Scores, scores=(one,), patient={"age": 70}))


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"group": "f", "points": Points(2, 2)}, "Group: frail, 2 points"),
        ({"group": "f", "points": Points(1, 1)}, "Group: frail, 1 point"),
        ({"group": "f", "points": Points(0, 0)}, "Group: frail, 0 points"),
        ({"group": "f", "points": Points(1, 3), "unread": ("points",)}, "Group: frail, 1 to 3 points*"),
        ({"group": "z"}, "Group: z"),
        ({"possible": ("f", "g"), "points": Points(0, 2.5)}, "Open: frail or g, 0 to 2.5 points"),
        ({"possible": ()}, "Open: not decided"),
    ],
)
def test_a_score_tells_its_group_as_far_as_the_facts_decide_it(fields, line):
    assert line in scores(score(**fields))


@pytest.mark.parametrize(
    ("applies", "made_for", "line"),
    [("no", "the old", "Use: not made for such a patient (made for: the old)"),
     ("unknown", None, "Use: open whether it was made for such a patient"), ("yes", "the old", None)],
)  # fmt: skip
def test_a_score_says_where_it_was_not_made_for_such_a_patient(applies, made_for, line):
    assert [told for told in scores(score(applies=applies, made_for=made_for)) if told.startswith("Use:")] == (
        [line] if line else []
    )


def test_a_score_tells_its_items_what_is_missing_and_its_groups():
    items = (
        forms.ScoreItemRow("age over 75", 1, "yes"),
        forms.ScoreItemRow("dependent", 0, "unknown"),
        forms.ScoreItemRow("less", -1, "no"),
    )
    groups = (
        group("low", high=1, holds="yes", outcome={"os_3_years": 84, "pfs_median_months": None}),
        group("mid", low=2, high=2, holds="unknown", outcome={"os_median_months": [30, 40.5], "grade_3": 12}),
        group("top", low=3, high=5), group("out", low=6), group("any"),
    )  # fmt: skip
    found = scores(score(items=items, groups=groups, missing=(Ask("ecog", "ECOG?", "--ecog"),), note="a note"))
    assert found[0] == "Age 70."
    assert "Score [s]" in found
    assert "Missing: ECOG? (--ecog)" in found
    assert [line for line in found if line.startswith(("true:", "unknown:", "false:"))] == [
        "true: age over 75 (+1)", "unknown: dependent", "false: less (-1)",
    ]  # fmt: skip
    assert "low up to 1 this patient OS at 3 years 84%; median PFS not reached" in found
    assert "mid 2 possible median OS 30 to 40.5 months; grade 3 12" in found
    assert {"top 3 to 5", "out 6 or more", "any", "a note"} <= set(found)


def test_a_dose_of_one_setting_is_not_told_as_of_all(kb: Knowledge) -> None:
    # lenalidomide at 30 to 59 mL/min: 10 mg in treatment, 5 mg in maintenance
    rows = {(r.region, r.when): r.text for r in one_drug("lenalidomide", kb).drug.adjustments}
    assert rows["us", "CrCl 30 to under 60 mL/min"].startswith("10 mg")
    assert rows["us", "CrCl 30 to under 60 mL/min, maintenance"].startswith("5 mg")


def test_an_indication_tells_its_setting():
    regimen = blank(
        forms.RegimenRow,
        id="AB",
        indications=(
            blank(forms.IndicationRow, status="active", text="US label", settings=("newly-diagnosed", "relapsed")),
        ),
    )
    assert "active newly diagnosed, relapsed US label" in shown(of(forms.Show, regimens=(regimen,)))


def test_a_list_of_one_setting_has_figures_of_that_setting(kb: Knowledge) -> None:
    # MAIA is of newly diagnosed patients, POLLUX of relapsed ones; CALGB 100104 and Myeloma XI are of maintenance
    def trial(name: str, *settings: str) -> str | None:
        (row,) = (r for r in knowledge.listed(kb, settings, [], []).regimens if r.id == name)
        return row.key_figure.trial if row.key_figure else None

    assert trial("DRd", "relapsed") == "POLLUX"
    assert trial("DRd", "newly-diagnosed") == "MAIA"
    assert "CALGB 100104" in str(trial("R", "maintenance"))
    assert "CALGB 100104" not in str(trial("R", "smoldering"))
