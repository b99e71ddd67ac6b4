"""The screen of one regimen: the decision, its clauses, evidence, labels, and the figures of its trials."""

from __future__ import annotations

import pytest
from render_examples import blank, caution, figure, option

from mmopts.answers import forms
from mmopts.answers.forms import Ask, Asked, Clause, Flip, KnowledgeHead, Note, Said
from mmopts.knowledge.records import Figures, Source
from mmopts.render import rendered
from mmopts.render.clauses import clause_lines, forbid_lines, indication_lines
from mmopts.render.figures import (
    figure_paragraphs,
    key_figure_words,
    months_words,
    percent_words,
    ratio_words,
    response_words,
    survival_words,
    trial_lines,
)  # fmt: skip

KNOWN = KnowledgeHead("2026.11", "2026-11-21", "d", ())


def answer(regimen: forms.Option, patient=None, **fields) -> forms.Explain:
    asked = Asked("any", "2026-11-21")
    explained = {name: fields.pop(name) for name in list(fields) if name in forms.Explained._fields}
    given = {"knowledge": KNOWN, "question": asked, "patient": patient or {"setting": "relapsed"}, **fields}
    return blank(forms.Explain, regimen=blank(forms.Explained, option=regimen, **explained), **given)


def lines(regimen: forms.Option, *view: str, **fields) -> list[str]:
    """The screen as lines of text, without what stands before them."""
    return [line.strip() for line in rendered(answer(regimen, **fields), "plain", frozenset(view)).splitlines()]


def after(title: str, shown: list[str]) -> list[str]:
    """The lines under a title, up to the next empty one."""
    rest = shown[shown.index(title) + 1 :]
    return rest[: rest.index("")] if "" in rest else rest


# --- the decision --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"verdict": "eligible", "tier": "preferred"}, "Open now: preferred for this patient"),
        ({"verdict": "conditional", "tier": "alternative"}, "Depends: an alternative for this patient"),
        (
            {"verdict": "eligible", "tier": "other", "historical": True},
            "Open now: behind the preferred options and the alternatives, historical",
        ),
    ],
)
def test_the_decision_is_the_verdict_the_tier_and_whether_it_is_history(fields, line):
    assert after("Decision", lines(option("ABC", **fields)))[0] == line


def test_what_is_ruled_out_tells_its_reason_why_and_what_would_change_it_once():
    flip = Flip("crcl", "--crcl", "30 or more", "20", "CrCl of 30 or more", "--crcl 30")
    ruled = option("ABC", verdict="excluded", tier=None, because=(Said("not this one", "s"),))
    flips = (flip, flip, flip._replace(text="other", options=None))
    shown = lines(ruled, reason="renal function", excluded_because=(Said("too low", "s1"),), flips=flips)
    told = after("Decision", shown)
    assert told[0] == "Ruled out: renal function"
    assert [line for line in told if line.startswith("Because:")] == ["Because: too low [s1]"]
    changes = [line for line in told if line.startswith("Would change it:")]
    assert changes == ["Would change it: CrCl of 30 or more (--crcl 30)", "Would change it: other"]
    assert shown[-1] == "mmopts suggest --setting relapsed --why-not"


def test_what_is_open_is_set_among_the_others_next():
    assert lines(option("ABC"))[-1] == "mmopts suggest --setting relapsed --plan ABC"


def test_the_tier_is_told_in_steps_where_there_are_several():
    stepped = option("ABC", tier_steps=("on label", "but weak"), tier_because="one word")
    assert after("Decision", lines(stepped))[1:3] == ["Tier: on label", "then but weak"]
    assert "Tier: one word" in after("Decision", lines(option("ABC", tier_because="one word")))
    assert not [line for line in lines(option("ABC")) if line.startswith(("Tier:", "then"))]


def test_the_decision_has_what_is_special_its_figure_labels_and_open_questions():
    whole = option(
        "ABC",
        for_this_patient="new for the patient",
        cautions=(caution("mine", source="c"), caution("general", always=True)),
        key_figure=figure(source="t"),
        because=(Said("on label", "s1"),),
        needs=(Ask("crcl", "Creatinine clearance?", "--crcl"),),
    )
    assert after("Decision", lines(whole))[1:] == [
        "For this patient: new for the patient",
        "Caution: mine [c]",
        "PFS: 12.4 v 6.9 months, HR 0.63 (0.47-0.85) v C in TRIAL [t]",
        "Label: US on label, EU open",
        "Because: on label [s1]",
        "Find out: Creatinine clearance? (--crcl)",
    ]


def test_a_regimen_has_its_name_behind_its_id_where_it_says_more():
    assert lines(option("ABC", name="alpha, beta"))[0] == "ABC: alpha, beta"
    assert lines(option("ABC"))[0] == "ABC"


# --- clauses -------------------------------------------------------------------------------------------


def row(text: str, opens: str, *settings: str, **fields) -> forms.IndicationRow:
    return blank(forms.IndicationRow, text=text, opens=opens, holds=opens, in_force="yes", settings=settings, **fields)


def forbid(text: str, holds: str, *clauses: Clause) -> forms.Forbid:
    return blank(forms.Forbid, text=text, holds=holds, clauses=clauses)


def test_each_clause_stands_under_what_became_of_it():
    rows = (row("A", "no"), row("B", "yes"), row("C", "unknown"))
    rules = (forbid("R", "unknown"), forbid("S", "no"), forbid("T", "yes"))
    shown = lines(option("ABC"), indications=rows, forbids=rules)
    assert after("What holds (one indication is enough)", shown) == ["holds: B"]
    assert after("What is open", shown) == ["open: C", "open: R"]
    assert after("What would forbid it", shown) == ["forbids: T", "does not apply: S"]
    assert after("What does not hold", shown) == ["does not hold: A"]


def test_without_an_indication_or_a_rule_that_is_said_and_nothing_open_has_no_title():
    shown = lines(option("ABC"))
    assert after("What holds (one indication is enough)", shown) == ["No indication."]
    assert after("What would forbid it", shown) == ["No rule."]
    assert not {"What is open", "What does not hold"} & set(shown)


FAILING = (
    row("A", "no", "relapsed"),
    row("B", "no", "maintenance"),
    row("C", "no"),
    row("D", "no", "smoldering", "relapsed"),
)


@pytest.mark.parametrize(
    ("setting", "view", "told"),
    [
        ("relapsed", (), ["A", "C", "D", "1 indication for other settings (--all)."]),
        (("newly-diagnosed",), (), ["C", "3 indications for other settings (--all)."]),
        (("relapsed", "maintenance"), (), ["A", "B", "C", "D"]),
        ("relapsed", ("all",), ["A", "B", "C", "D"]),
        (None, (), ["A", "B", "C", "D"]),
    ],
)
def test_what_fails_for_other_settings_is_counted(setting, view, told):
    shown = lines(option("ABC"), *view, patient={"setting": setting} if setting else {"age": 70}, indications=FAILING)
    assert [line.removeprefix("does not hold: ") for line in after("What does not hold", shown)] == told


@pytest.mark.parametrize(
    ("opens", "holds", "lead"),
    [("yes", "yes", "holds"), ("yes", "no", "opens it, off label"), ("yes", "unknown", "opens it, label open"),
     ("no", "yes", "holds, but for the other region"), ("no", "no", "does not hold"), ("unknown", "yes", "open"),
     ("no", "unknown", "does not hold")],
)  # fmt: skip
def test_an_indication_says_whether_it_opens_and_where_that_differs_whether_it_holds(opens, holds, lead):
    assert indication_lines(row("A", opens)._replace(holds=holds))[0].lead == f"{lead}:"


def test_an_indication_tells_its_force_its_note_and_whether_it_was_read():
    old = row("A", "no", source="s", note="withdrawn", unread=("condition",))
    assert indication_lines(old._replace(in_force="no"))[0].text == "A (not in force; withdrawn)* [s]"
    assert indication_lines(old._replace(note=None, unread=()))[0].text == "A [s]"
    day = "A (in force from a date known only to the month or year)"
    assert indication_lines(row("A", "no")._replace(in_force="unknown"))[0].text == day


def test_what_was_found_is_told_of_a_clause_where_it_says_more():
    age, frail = Clause("age over 65", "yes", "age", "70"), Clause("frail", "unknown", "f", None)
    found = clause_lines((age, frail, Clause("no VTE", "no", "condition:vte", "yes")))
    assert [(line.indent, line.lead, line.text) for line in found] == [
        (1, "true:", "age over 65 (found: 70)"),
        (1, "unknown:", "frail"),
        (1, "false:", "no VTE"),
    ]


def test_a_rule_that_does_not_apply_takes_a_line_with_what_keeps_it_from_applying():
    found = Clause("age under 18", "no", "age", "70"), Clause("pregnant", "no", "condition:p", "no")
    told = forbid_lines([forbid("R", "no", *found)])
    assert [line.text for line in told] == ["R (false: age under 18, found: 70; false: pregnant)"]
    assert [line.text for line in forbid_lines([forbid("R", "no")])] == ["R"]
    assert [line.lead for line in forbid_lines([forbid("R", "yes", *found)])] == ["forbids:", "false:", "false:"]


# --- checks, guidance, labels, cautions ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "view", "told", "more"), [(8, (), 8, ""), (10, (), 8, "and 2 more (--all)."), (10, ("all",), 10, "")]
)
def test_eight_presumed_facts_are_told_and_the_others_counted(count, view, told, more):
    checks = tuple(Ask(f"f{i}", f"Question {i}?", f"--fact-{i}") for i in range(count))
    shown = lines(option("ABC", checks=checks), *view)
    found = after("Presumed, to be checked", [line.replace("  ", "\t").partition("\t")[0] for line in shown])
    assert [line for line in found if line.startswith("Question")] == [f"Question {i}?" for i in range(told)]
    assert [line for line in found if line.startswith("and ")] == ([more] if more else [])


def test_no_presumed_fact_is_no_table():
    assert "Presumed, to be checked" not in lines(option("ABC"))


def test_each_body_says_its_position_strength_and_level():
    rows = (
        blank(forms.GuidanceRow, body="BODY", year=2025, position="preferred", strength="I", level="A", text="say so",
              source="g", unread=True),
        blank(forms.GuidanceRow, body="OTHER", year=2024, position="listed", text="and so", source="h"),
    )  # fmt: skip
    shown = after("Guidance", lines(option("ABC", guidance=rows)))
    assert shown == ["BODY 2025: preferred; strength: I; evidence: A; say so* [g]", "OTHER 2024: listed; and so [h]"]
    assert "Guidance" not in lines(option("ABC"))


def test_a_trial_has_its_grade_with_the_reason_and_none_is_said():
    trial = blank(
        forms.TrialRow, trial="TRIAL", grade="A", grade_because="randomised", source="t", phase=3, design="randomised"
    )
    shown = after(
        "Evidence",
        lines(option("ABC", evidence=(trial, trial._replace(trial="TWO", grade_because=""), trial._replace(grade="")))),
    )
    assert shown[:4] == ["TRIAL: grade A (randomised) [t]", "phase 3, randomised", "TWO: grade A [t]", "phase 3, randomised"]
    assert shown[4].startswith("TRIAL: ")
    assert after("Evidence", lines(option("ABC"))) == ["No trial is recorded."]


def label(**fields) -> forms.LabelRow:
    given = {
        "product": "Brand",
        "status": "approved",
        "approval": "approved",
        "holds": "yes",
        "condition": "adults",
        **fields,
    }
    return blank(forms.LabelRow, **given)


def cells(*rows: forms.LabelRow) -> list[list[str]]:
    shown = lines(option("ABC", label_detail={"us": rows}))
    start = next(i for i, line in enumerate(shown) if line.startswith("Labels"))
    return [[cell for cell in line.split("  ") if cell] for line in shown[start + 1 : start + 1 + len(rows)]]


def test_a_label_row_has_its_product_status_dates_and_source():
    (first,) = cells(label(formulation="SC", since="2015-11", until="2020-01-31", source=("a", "b"), unread=("since",)))
    assert [cell.strip() for cell in first] == [
        "US",
        "Brand SC",
        "approved",
        "holds",
        "adults*",
        "2015-11 to 2020-01-31",
        "a, b",
    ]
    (second,) = cells(label(approval="accelerated", holds="no", since="2015-11", failing=("age", "lines"), source="a"))
    assert [cell.strip() for cell in second] == [
        "US", "Brand", "approved, accelerated", "does not hold", "adults", "age", "2015-11", "a",
    ]  # fmt: skip  # "lines" stands beneath "age"
    (third,) = cells(label(product=None, holds="unknown", condition=None, until="2020"))
    assert [cell.strip() for cell in third] == ["US", "approved", "open", "2020"]
    for product, form, told in (("Brand SC", "SC", "Brand SC"), ("Scion", "SC", "Scion SC"), ("SCion", "SC", "SCion SC"),
                                (None, "SC", "SC")):  # fmt: skip
        (row,) = cells(label(product=product, formulation=form))
        assert row[1].strip() == told


def test_general_cautions_are_counted_with_the_option_that_opens_them():
    cautions = (caution("one", always=True, source="s"), caution("two", always=True), caution("mine"))
    shown = lines(option("ABC", cautions=cautions))
    assert "2 general cautions of this regimen (--all)." in shown
    opened = after("General cautions", lines(option("ABC", cautions=cautions), "all"))
    assert [line.split(maxsplit=1) for line in opened] == [["label", "one [s]"], ["label", "two"]]
    assert not [line for line in lines(option("ABC", cautions=cautions[2:])) if "general caution" in line]


@pytest.mark.parametrize("part", ["cautions", "because", "guidance", "evidence", "boxed_warnings"])
def test_the_mark_of_what_was_recalled_is_explained_if_any_part_has_it(part):
    kinds = {"cautions": forms.Caution, "because": Said, "guidance": forms.GuidanceRow, "evidence": forms.TrialRow,
             "boxed_warnings": forms.Warned}  # fmt: skip
    unread = {"unread": ("pfs",) if part == "evidence" else True}
    assert "* recalled, not read." in lines(option("ABC", **{part: (blank(kinds[part], **unread),)}))
    assert "* recalled, not read." not in lines(option("ABC", **{part: (blank(kinds[part]),)}))


# --- who the patient is ----------------------------------------------------------------------------------


def test_the_patient_has_a_name_presumptions_warnings_scope_and_defaults():
    shown = lines(
        option("ABC"),
        patient_id="p1",
        assumptions=(Note("presumed-a", "able to travel"), Note("entailed-b", "by definition")),
        warnings=(Note("odd", "This is odd."),),
        question=Asked("eu", "2024-01-31", (forms.Default("--region", "eu", "config"),)),
    )
    assert shown[1:6] == [
        "p1: Relapsed.",
        "Presumed: able to travel.",
        "Warning: This is odd.",
        "Scope: labels of the EU alone; as of 2024-01-31.",
        "Default: --region eu (config)",
    ]
    assert not [line for line in lines(option("ABC")) if line.startswith(("Scope:", "Presumed:"))]


def test_sources_are_references_where_all_is_shown():
    source = blank(Source, id="s", title="Title", year=2020, checked="read")
    known = "Knowledge 2026.11 of 2026-11-21."
    citing = option(
        "ABC", because=(Said("one", "s"),), boxed_warnings=(blank(forms.Warned, source="t"),), sources=("s", "t")
    )
    folded = rendered(answer(citing, sources={"s": source}), "terminal", frozenset(), 100)
    assert f"s, t. {known}" in folded
    opened = after("Sources", lines(citing, "all", sources={"s": source}))
    assert opened == ["s: Title. 2020", "t:", known]
    assert after("Knowledge", lines(option("ABC"))) == ["2026.11 of 2026-11-21."]
    assert "Notice." in lines(option("ABC"), notice="Notice.")


# --- figures -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "12.4 v 6.9 months, HR 0.63 (0.47-0.85) v C in TRIAL"),
        ({"months": None, "reached": False}, "not reached v 6.9 months, HR 0.63 (0.47-0.85) v C in TRIAL"),
        ({"control_months": None}, "12.4 months, HR 0.63 (0.47-0.85) v C in TRIAL"),
        ({"months": None}, "HR 0.63 (0.47-0.85) v C in TRIAL"),
        ({"endpoint": "OS", "ci": None}, "12.4 v 6.9 months, OS HR 0.63 v C in TRIAL"),
        ({"versus": "", "unread": True}, "12.4 v 6.9 months, HR 0.63 (0.47-0.85)* in TRIAL"),
        ({"hr": None, "unread": True}, "12.4 v 6.9 months* with C in TRIAL"),
        ({"hr": None, "months": None, "control_months": None}, "no comparison"),
        ({"hr": None, "endpoint": "TTP"}, "TTP 12.4 v 6.9 months with C in TRIAL"),
        ({"hr": None, "control_months": None}, "no comparison; 12.4 months in TRIAL"),
        ({"hr": None, "control_months": None, "endpoint": "TTP"}, "no comparison; TTP 12.4 months in TRIAL"),
    ],
)
def test_a_key_figure_tells_months_ratio_comparator_and_trial(fields, words):
    assert key_figure_words(figure(**fields)) == words


def test_a_response_rate_is_told_only_where_there_is_no_comparison():
    single = figure(hr=None, months=None, control_months=None, orr=61.0, n=112)
    assert response_words(single) == "61% in TRIAL (n=112)"
    assert response_words(single._replace(n=None, unread=True)) == "61%* in TRIAL"
    assert response_words(single._replace(hr=0.5)) == ""
    assert response_words(single._replace(orr=None)) == ""
    assert response_words(None) == ""
    assert figure_paragraphs(single) == ("no comparison", "ORR 61% in TRIAL (n=112)")
    assert figure_paragraphs(None) == ("no comparison",)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((12.4, True, 6.9, True), "12.4 v 6.9 months"),
        ((None, False, 6.9, True), "not reached v 6.9 months"),
        ((None, False, None, False), "not reached v not reached"),
        ((None, False, None, True), "not reached"),
        ((12.0, True, None, True), "12 months"),
        ((12.0, True, None, False), "12 months v not reached"),
        ((None, True, 6.9, True), ""),
        ((None, True, None, True), ""),
    ],
)
def test_medians_say_what_was_reached_and_make_nothing_up(given, words):
    assert months_words(*given) == words


def test_an_interval_of_another_level_says_so():
    assert ratio_words(0.5, (0.4, 0.6)) == "HR 0.50 (0.40-0.60)"
    assert ratio_words(0.5, (0.4, 0.6), 98.5) == "HR 0.50 (0.40-0.60, 98.5% interval)"
    assert ratio_words(0.5, None) == "HR 0.50"


def test_rates_stand_against_the_control():
    assert percent_words((69.0, 46.5)) == "69% v 46.5%"
    assert percent_words((69.0, None)) == "69% v not reported"
    assert percent_words((69.0,)) == "69%"
    assert percent_words(None) == ""


def figures(**fields) -> Figures:
    return blank(
        Figures, **{"months": None, "reached": True, "control": None, "control_reached": True, "level": 95, **fields}
    )


def test_survival_is_told_with_its_note_or_not_at_all():
    assert survival_words("PFS", None) == ""
    assert survival_words("PFS", figures()) == ""
    assert survival_words("PFS", figures(note="immature")) == "PFS (immature)"
    both = figures(months=28.4, control=15.2, hr=0.64, ci=(0.49, 0.83), note="final")
    assert survival_words("PFS", both, "*") == "PFS 28.4 v 15.2 months, HR 0.64 (0.49-0.83)* (final)"
    assert survival_words("OS", figures(hr=0.64)) == "OS HR 0.64"
    assert survival_words("PFS", figures(hr=0.48, endpoint="TTP")) == "TTP HR 0.48"


def test_a_trial_in_lines():
    toxic = (
        blank(forms.Toxicity, event="neutropenia", percent=(30.0, 20.0)),
        blank(forms.Toxicity, event="VTE", percent=(3.0,)),
    )
    rates = blank(forms.Response, orr=(80.0, 70.0), mrd=(20.0,))
    groups = (
        blank(forms.SubgroupRow, name="frail", pfs=figures(hr=0.9), weak=True, applies="yes"),
        blank(forms.SubgroupRow, name="young", applies="unknown"),
        blank(forms.SubgroupRow, name="old", os=figures(hr=0.5), applies="no"),
    )
    trial = blank(
        forms.TrialRow, trial="T", phase=3, design="randomised", versus=("A", "B"), n=500, follow_up=30.5, nct="NCT1",
        pfs=figures(hr=0.6), os=figures(hr=0.7), response=rates, population="adults", applies="no", outside=("age", "lines"),
        met=False, endpoint="PFS", toxicity=toxic, subgroups=groups, alert="stopped", note="a note",
        unread=("pfs", "toxicity", "population", "response"),
    )  # fmt: skip
    assert trial_lines(trial) == [
        "phase 3, randomised, v A and B, n=500, followed for 30.5 months, NCT1",
        "PFS HR 0.60*; OS HR 0.70; ORR 80% v 70%, MRD-negative 20%*",
        "enrolled: adults*",
        "this patient would not have been eligible: age; lines",
        "missed its primary endpoint (PFS)",
        "grade 3 or more: neutropenia 30% v 20%, VTE 3%*",
        "subgroup frail (this patient), little gain: PFS HR 0.90",
        "subgroup young (perhaps this patient): no figures",
        "subgroup old: OS HR 0.50",
        "alert: stopped",
        "a note",
    ]


def test_a_trial_of_which_little_is_known_takes_few_lines():
    assert trial_lines(blank(forms.TrialRow, design="single arm")) == ["single arm"]
    met = blank(forms.TrialRow, design="single arm", met=True, applies="yes", os=figures(hr=0.7), unread=("os",))
    assert trial_lines(met) == ["single arm", "OS HR 0.70*", "this patient would have been eligible"]
    missed = blank(forms.TrialRow, design="single arm", met=False, applies="unknown")
    assert trial_lines(missed)[1:] == ["open whether this patient would have been eligible", "missed its primary endpoint"]


@pytest.mark.parametrize(
    ("applies", "presumed", "line"),
    [
        ("no", False, "this patient would not have been eligible: why"),
        ("no", True, "this patient would perhaps not have been eligible: why"),
        ("yes", False, "this patient would have been eligible, but why"),
    ],
)
def test_whether_a_trial_would_have_let_the_patient_in_is_said_as_surely_as_it_is_known(applies, presumed, line):
    trial = blank(forms.TrialRow, trial="T", applies=applies, presumed_outside=presumed, outside=("why",))
    assert line in trial_lines(trial)


def test_the_grades_have_a_legend_where_a_trial_has_one():
    trial = blank(forms.TrialRow, trial="T", grade="A")
    grades = {"A": "longer survival", "B": "longer PFS"}
    assert "grade: A longer survival, B longer PFS" in " ".join(lines(option("ABC", evidence=(trial,)), grades=grades))
    assert "grade: A" not in " ".join(lines(option("ABC"), grades=grades))
