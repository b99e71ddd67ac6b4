"""What each screen says, in which order, and what it folds."""

from __future__ import annotations

import re

import pytest
from render_examples import LABELS, blank, caution, figure, full, option, suggest

from mmopts.answers import forms
from mmopts.answers.forms import Answered, Ask, Burden, Care, Clause, NextQuestion
from mmopts.answers.kinds import ANSWERS
from mmopts.knowledge.records import Figures
from mmopts.render import FORMATS, rendered
from mmopts.render.blocks import Interval, Plot
from mmopts.render.forest import plot_lines

NONE: frozenset[str] = frozenset()
ALL = frozenset({"all"})


def screen(answer, *view: str, width: int = 100) -> str:
    return rendered(answer, "terminal", frozenset(view), width)


def line_with(text: str, shown: str) -> str:
    (line,) = [line for line in shown.splitlines() if text in line and not line.startswith("Next")]
    return line


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("kind", list(ANSWERS))
def test_every_answer_is_written_in_every_format_full_or_empty(kind, fmt):
    for answer in (full(ANSWERS[kind]), blank(ANSWERS[kind])):
        assert rendered(answer, fmt, ALL, 80)


def test_an_unknown_format_and_a_record_that_is_no_answer_are_refused():
    with pytest.raises(KeyError):
        rendered(suggest(), "pdf")
    with pytest.raises(KeyError):
        rendered(blank(forms.Dose), "plain")


# --- suggest ---------------------------------------------------------------------------------------

REFRACTORY = NextQuestion(
    "refractory:alpha", "Refractory to alpha (progression on it)?", "--refractory alpha", 2, 1, 3,
    (Answered("yes", "--refractory alpha", ("cell",), ("ABd",)), Answered("no", "--refractory no-alpha", ("ABd", "D"), ())),
)  # fmt: skip


def test_a_page_is_called_after_the_command_that_made_it():
    for kind, form in ANSWERS.items():
        page = rendered(full(form)._replace(schema=f"mmopts.{kind}/1"), "html")
        title = re.search(r"<title>(.*?)</title>", page)
        assert title
        if kind != "report":  # called after its case
            assert title[1] == f"mmopts {kind.replace('-', ' ')}"


def conditional(name: str, tier: str = "preferred") -> forms.Option:
    need = Ask("refractory:alpha", "Refractory to alpha (progression on it)?", "--refractory alpha")
    return option(name, verdict="conditional", tier=tier, needs=(need,))


def test_the_summary_stands_before_the_options():
    line = forms.SummaryLine("first", "First: ABC.", ("ABC",), None)
    shown = screen(suggest(summary=(line,), options=(option("ABC"),)))
    assert shown.index("First: ABC.") < shown.index("Preferred")


def test_a_row_tells_months_and_hazard_ratio_against_which_control_in_which_trial():
    shown = screen(suggest(options=(option("ABC", key_figure=figure()),)))
    assert "12.4 v 6.9, HR 0.63 (0.47-0.85) v C in TRIAL" in line_with("ABC ", shown)


def test_a_median_not_reached_is_said():
    shown = screen(suggest(options=(option("ABC", key_figure=figure(months=None, reached=False)),)))
    assert "not reached v 6.9, HR 0.63" in shown


def test_a_median_that_was_not_reported_is_not_made_up():
    shown = screen(suggest(options=(option("ABC", key_figure=figure(months=None, control_months=None)),)))
    assert line_with("ABC ", shown).split()[1:3] == ["HR", "0.63"]
    assert "not reached" not in shown


def test_without_a_comparison_the_response_rate_has_its_own_column():
    single = figure(versus=None, hr=None, ci=None, months=None, control_months=None, orr=61.0, n=112)
    shown = screen(suggest(options=(option("ABC", key_figure=single),)))
    assert "ORR" in line_with("Preferred", shown)
    assert "no comparison" in line_with("ABC ", shown)
    assert "61% in TRIAL (n=112)" in line_with("ABC ", shown)


def test_a_regimen_without_a_trial_says_no_comparison():
    assert "no comparison" in line_with("ABC ", screen(suggest(options=(option("ABC"),))))


def test_every_mark_in_use_is_explained_and_no_other():
    shown = screen(suggest(options=(option("ABC", labels=LABELS),)))
    assert "on = on label" in shown
    assert "open = not known yet" in shown
    assert "off = off label" not in shown
    assert "recalled" not in shown
    assert "* recalled" in screen(suggest(options=(option("ABC", cautions=(caution("x", unread=True),)),)))


def test_cautions_of_this_patient_come_whole_and_first_then_one_general_one():
    cautions = (caution("g1", always=True), caution("mine 1"), caution("g2", always=True), caution("mine 2"))
    shown = screen(suggest(options=(option("ABC", cautions=cautions),)))
    assert line_with("mine 1", shown).strip() == "This patient: mine 1; mine 2"
    assert line_with("g1", shown).strip() == "In general: g1"
    assert "g2" not in shown
    assert shown.index("mine 1") < shown.index("g1")


def test_the_strongest_general_caution_is_the_one_that_is_shown():
    cautions = (caution("weak", always=True)._replace(strength="editorial"), caution("strong", always=True))
    shown = screen(suggest(options=(option("ABC", cautions=cautions),)))
    assert "strong" in shown
    assert "weak" not in shown


def test_all_shows_every_general_caution():
    cautions = (caution("g1", always=True), caution("g2", always=True))
    assert "In general: g1; g2" in screen(suggest(options=(option("ABC", cautions=cautions),)), "all")


def test_an_alternative_has_its_own_cautions_but_no_general_one():
    cautions = (caution("mine"), caution("general", always=True))
    shown = screen(suggest(options=(option("ABC", tier="alternative", cautions=cautions),)))
    assert "This patient: mine" in shown
    assert "general" not in shown


def test_new_or_again_is_said_of_a_preferred_option():
    shown = screen(suggest(options=(option("ABC", for_this_patient="again: alpha"),)))
    assert "again: alpha." in shown


def test_route_and_visits_stand_in_the_row_with_what_they_count():
    burden = Burden(("SC", "PO"), 4, 1, None, None)
    shown = screen(suggest(options=(option("ABC", burden=burden, key_figure=figure()),)))
    assert line_with("ABC ", shown).rstrip().endswith("SC, PO  4, then 1")
    assert line_with("Preferred", shown).rstrip().endswith("route   visits/28 d")


def test_what_depends_is_grouped_by_the_answer_that_opens_it():
    answer = suggest(options=(conditional("ABd"), conditional("cell")), next_questions=(REFRACTORY,))
    shown = screen(answer)
    assert "If not refractory to alpha: ABd" in shown
    assert "If refractory to alpha: cell" in shown


def test_numbers_that_follow_each_other_are_drawn_together():
    answers = tuple(Answered(a, f"--lines {a}", o, ()) for a, o in (("1", ()), ("2", ("X1",)), ("3", ("X1",))))
    lines = NextQuestion("lines", "How many?", "--lines", 1, 1, 1, answers)
    need = Ask("lines", "How many?", "--lines")
    shown = screen(suggest(options=(option("X1", verdict="conditional", needs=(need,)),), next_questions=(lines,)))
    assert "With 2 or more prior lines: X1" in shown


def test_an_option_that_needs_several_answers_names_them():
    needs = (Ask("lines", "How many prior lines?", "--lines"), Ask("age", "What age?", "--age"))
    shown = screen(suggest(options=(option("X1", verdict="conditional", needs=needs),)))
    assert "More than one answer is needed (how many prior lines; what age): X1" in shown


def test_what_hangs_on_several_answers_is_listed_under_one_head_whatever_their_order():
    def hangs(name: str, *about: str) -> forms.Option:
        return option(name, verdict="conditional", needs=tuple(Ask(a, f"Is it {a}?", f"--{a}") for a in about))

    options = (hangs("X1", "old", "new"), hangs("X2", "new", "old"), hangs("X3", "old", "blue"), hangs("X4", *"abcde"))
    shown = screen(suggest(options=options))
    assert shown.count("More than one answer is needed") == 1
    assert "  X1, X2: is it old; is it new" in shown
    assert "  X3: is it old; is it blue" in shown
    assert "More than 4 answers are needed: X4 (mmopts explain tells them)." in shown
    assert "is it e)" in screen(suggest(options=options), "all", width=200)


def test_what_the_summary_says_of_nothing_open_is_not_said_again():
    told = forms.SummaryLine("first", "Nothing preferred is open.", (), None)
    shown = screen(suggest(options=(conditional("ABd"),), summary=(told,), next_questions=(REFRACTORY,)))
    assert shown.count("Nothing preferred") == 1
    assert "Open now" not in shown
    assert "Open now" in screen(suggest(options=(conditional("ABd"),), next_questions=(REFRACTORY,)))


def test_one_option_that_is_folded_is_it_and_several_are_them():
    assert "1 other (--all shows it)." in screen(suggest(options=(option("A"), option("B", tier="other"))))
    assert "2 other (--all shows them)." in screen(suggest(options=(option("B", tier="other"), option("C", tier="other"))))


def test_one_letter_names_are_written_out():
    answer = suggest(options=(option("D", name="delta alone"), option("E", name="epsilon alone", tier="other")))
    shown = screen(answer)
    assert "D: delta alone" in shown
    assert "E (epsilon alone)" in screen(suggest(excluded=(excluded("E", "x", name="epsilon alone"), excluded("Ed", "x"))))


def test_historical_options_are_only_counted_and_named():
    answer = suggest(options=(option("NEW"), option("OLD", historical=True, key_figure=figure(trial="ANCIENT"))))
    shown = screen(answer)
    assert "1 historical, replaced since: OLD." in shown
    assert "ANCIENT" not in shown
    assert "ANCIENT" in screen(answer, "all")


def test_what_the_limit_left_out_is_said():
    assert "3 more options left out by --limit." in screen(suggest(options=(option("ABC"),), omitted=3))
    assert "1 more option left out by --limit." in screen(suggest(options=(option("ABC"),), omitted=1))
    assert "--limit" not in screen(suggest(options=(option("ABC"),)))


def excluded(name: str, reason: str, /, **fields) -> forms.Excluded:
    return blank(forms.Excluded, id=name, reason=reason, **{"name": name, **fields})


def test_ruled_out_is_grouped_by_reason_in_words():
    answer = suggest(excluded=(excluded("X1", "4 lines needed"), excluded("Y1", "clot"), excluded("X2", "4 lines needed")))
    shown = screen(answer)
    assert "4 lines needed: X1, X2" in shown
    assert "also 1 for another reason (--why-not)." in shown
    assert "clot" in screen(answer, "why_not")


def test_what_waits_says_so_and_other_settings_are_counted():
    answer = suggest(excluded=(excluded("X1", "infection", waits=True), excluded("Y1", "z", other_setting=True)))
    shown = screen(answer)
    assert "for now, infection: X1" in shown
    assert "also 1 for other settings (--why-not)." in shown
    assert "Y1" not in shown


def test_why_not_tells_the_reason_and_what_would_change_it():
    flip = blank(forms.Flip, text="needs 2 lines; you gave 1", options="--lines 2")
    answer = suggest(excluded=(excluded("X1", "lines", because=(forms.Said("too few", "s"),), flips=(flip,)),))
    shown = screen(answer, "why_not", width=160)
    assert "too few [s]" in line_with("X1 ", shown)
    assert "needs 2 lines; you gave 1 (--lines 2)" in line_with("X1 ", shown)


def care(title: str, mine: bool = False, emergency: bool = False) -> Care:
    return Care(title, title, f"do {title}", (), mine, "s", False, emergency)


def test_care_is_told_by_topics_those_of_this_patient_first():
    shown = screen(suggest(options=(option("ABC"),), supportive_care=(care("zoster"), care("clots", mine=True))))
    assert "for this patient: clots; as usual: zoster." in shown
    assert "do clots" in screen(suggest(supportive_care=(care("clots", mine=True),)), "all")


def test_care_for_which_hours_count_is_told_in_full_and_once():
    topics = (care("zoster"), care("clots", mine=True), care("cord", mine=True, emergency=True))
    shown = screen(suggest(options=(option("ABC"),), supportive_care=topics))
    assert "cord: do cord" in shown
    assert "for this patient: clots; as usual: zoster." in shown
    alone = screen(suggest(options=(option("ABC"),), supportive_care=topics[-1:]))
    assert "cord: do cord" in alone
    assert "for this patient" not in alone
    assert not [line for line in alone.splitlines() if line.split() in (["."], ["Care", "."])]


@pytest.mark.parametrize("fmt", ["plain", "markdown", "html"])
def test_where_there_is_room_care_has_its_words_and_every_reason_is_told(fmt):
    topics = tuple(care(f"topic{n}") for n in range(10))
    answer = suggest(supportive_care=topics, excluded=(excluded("X1", "clot"), excluded("Y1", "lines")),
                     options=(option("AB"), option("CD", tier="other")))  # fmt: skip
    shown = rendered(answer, fmt)
    assert [text in shown for text in ("do topic7", "do topic8", "topic9", "clot:", "lines:", "CD")] == [
        True, False, True, True, True, True,
    ]  # fmt: skip


def test_presumptions_keep_one_order_and_definitions_are_not_among_them():
    notes = (forms.Note("entailed-lines", "defined", "lines"), forms.Note("a", "kidneys", "crcl"), forms.Note("b", "nerves",
             "neuropathy"))  # fmt: skip
    leaning = option("ABC", checks=(Ask("neuropathy", "?", "--neuropathy"),))
    shown = screen(suggest(options=(leaning,), assumptions=notes))
    assert "Presumed: kidneys; nerves." in shown
    assert "defined" not in shown


def test_the_plan_of_the_clinician_is_answered():
    plan = forms.Plan("XYZ", "conditional", "other", 7, ("ABC",), "XYZ is weak here.")
    shown = screen(suggest(options=(option("ABC"),), plan=plan))
    assert "Place 7: XYZ is weak here." in shown


def test_the_next_command_puts_the_same_question_again():
    shown = screen(suggest(options=(option("ABC"),), patient={"setting": "relapsed", "prior": ["alpha"],
                   "cytogenetics": ["t(4;14)"], "strict": True}, question=forms.Asked("us", "2026-11-21")))  # fmt: skip
    assert (
        "Next       mmopts explain ABC --setting relapsed --prior alpha --cytogenetics 't(4;14)' --region us --strict"
        in shown
    )


# --- ask -------------------------------------------------------------------------------------------


def test_each_answer_tells_what_it_opens_and_closes_and_the_words_to_paste():
    shown = screen(full(forms.AskAnswer)._replace(next_questions=(REFRACTORY,)))
    lines = [line.strip() for line in shown.splitlines()]
    at = lines.index("yes: opens cell; closes ABd")
    assert lines[at + 1] == "--refractory alpha"


def test_words_to_paste_are_never_broken():
    long = "--prior " + ",".join(f"drug{n}" for n in range(40))
    question = REFRACTORY._replace(answers=(Answered("yes", long, ("X1",), ()),))
    shown = screen(full(forms.AskAnswer)._replace(next_questions=(question,)), width=60)
    assert long in [line.strip() for line in shown.splitlines()]


def test_a_regimen_of_one_letter_is_written_out_in_what_an_answer_opens():
    question = REFRACTORY._replace(answers=(Answered("no", "--x", ("V", "X1"), ()),))
    asked = full(forms.AskAnswer)._replace(
        next_questions=(question,), ranked=(forms.Ranked("V", "valpha alone", "open", "x"),)
    )
    assert "no: opens V (valpha alone), X1" in screen(asked)


def test_a_number_is_told_with_what_it_counts():
    question = REFRACTORY._replace(fact="lines", answers=(Answered("2 or more", "--lines 2-", ("X1",), ()),))
    assert "2 or more prior lines: opens X1" in screen(full(forms.AskAnswer)._replace(next_questions=(question,)))


def test_an_answer_that_changes_nothing_says_so():
    question = REFRACTORY._replace(answers=(Answered("yes", "--x", (), ()),))
    assert "yes: changes no verdict" in screen(full(forms.AskAnswer)._replace(next_questions=(question,)))


# --- explain, dose ---------------------------------------------------------------------------------


def dose(**fields) -> forms.Dose:
    given = {"drug": "alpha", "dose": "10 mg", "route": "PO", "days": "1-21 of 28", "standard": "25 mg",
             "adjusted_for": ("crcl",), "changed_for": ("CrCl under 30 mL/min",), "recorded": True,
             "source": "label-a", **fields}  # fmt: skip
    return blank(forms.Dose, **given)


BOXED = forms.Warned("alpha", "us", "embryo-fetal toxicity", "label-a", False)


def explain(**fields) -> forms.Explain:
    given = {"prescription": (dose(),), "boxed_warnings": (BOXED,),
             "cautions": (caution("mine"), caution("general", always=True)), **fields}  # fmt: skip
    holds = blank(forms.IndicationRow, text="US label", opens="yes", holds="yes", in_force="yes", source="s1",
                  clauses=(Clause("1 or more lines", "yes", "lines", "2"),))  # fmt: skip
    fails = blank(forms.IndicationRow, text="EU label", opens="no", holds="no", in_force="yes", source="s2",
                  clauses=(Clause("3 or more lines", "no", "lines", "2"),))  # fmt: skip
    forbid = blank(forms.Forbid, text="infection", holds="unknown", source="s3",
                   clauses=(Clause("active infection", "unknown", "condition:x", None),))  # fmt: skip
    regimen = blank(forms.Explained, option=option("ABC", tier_because="B; on label: preferred", **given),
                    indications=(fails, holds), forbids=(forbid,))  # fmt: skip
    return blank(forms.Explain, regimen=regimen, patient={"setting": "relapsed"})


def test_explain_tells_the_decision_then_doses_then_clauses():
    shown = screen(explain())
    order = ["Open now: preferred for this patient", "Tier: preferred (B; on label)", "Doses", "What holds", "What is open",
             "What would forbid it", "What does not hold", "1 general caution"]  # fmt: skip
    places = [shown.index(text) for text in order]
    assert places == sorted(places)


def test_a_clause_tells_true_false_or_unknown_what_was_found_and_the_source():
    shown = screen(explain())
    assert "holds: US label [s1]" in shown
    assert "true: 1 or more lines (found: 2)" in shown
    assert "false: 3 or more lines (found: 2)" in shown
    assert "unknown: active infection" in shown
    assert "open: infection [s3]" in shown


def test_general_cautions_of_explain_are_last_and_folded():
    folded, opened = screen(explain()), screen(explain(), "all")
    assert "Caution: mine" in folded
    assert "general" not in folded.replace("general caution of this regimen", "")
    assert opened.index("What does not hold") < opened.index("General cautions")


def dose_card(**fields) -> forms.DoseCard:
    given = {"id": "ABC", "name": "alpha, beta", "verdict": "eligible", "prescription": (dose(),),
             "boxed_warnings": (BOXED,), "burden": Burden(("PO",), 2, 1, 3, "progression"), **fields}  # fmt: skip
    return blank(forms.DoseCard, **given)


@pytest.mark.parametrize("answer", [dose_card(), explain()], ids=["dose", "explain"])
def test_boxed_warnings_are_shown_whole(answer):
    for fmt in ("terminal", "plain", "markdown", "html"):
        assert "embryo-fetal toxicity" in rendered(answer, fmt)
    assert "alpha (US): embryo-fetal toxicity [label-a]" in screen(answer)


@pytest.mark.parametrize("answer", [dose_card(), explain()], ids=["dose", "explain"])
def test_a_dose_card_says_that_doses_are_to_be_checked(answer):
    assert "Check every dose against the current label" in screen(answer)


def test_a_changed_dose_tells_for_what_and_the_standard_dose():
    shown = screen(dose_card())
    assert [c in line_with("1-21 of 28", shown) for c in ("alpha", "10 mg", "PO", "label-a")] == [True] * 4
    assert "Changed for: CrCl under 30 mL/min. Standard: 25 mg" in shown


def test_an_open_fact_tells_what_the_dose_would_be():
    would = forms.OpenDose("crcl", "CrCl is under 60", "5 mg", "", "label-a")
    shown = screen(dose_card(prescription=(dose(open=(would,)),)))
    assert "If CrCl is under 60: 5 mg [label-a]" in shown
    assert "10 mg, unless as below" in shown
    assert "unless as below" not in screen(dose_card())


def test_a_dose_that_is_not_recorded_is_said_not_left_out():
    shown = screen(dose_card(prescription=(dose(recorded=False),)))
    assert "not recorded" in line_with("alpha ", shown.split("Check")[0].split("Doses")[1])
    assert "No drug of its own." in screen(dose_card(prescription=()))


def test_visits_of_a_dose_card_are_told_in_words():
    visits = "PO; 2 visits in the first 28 days; about 1 in each later 28 days of the first year; 3 days in hospital; "
    assert f"{visits}until progression" in screen(dose_card(), width=140)


# --- compare ---------------------------------------------------------------------------------------


def trial(name: str, hr: float, low: float, high: float, versus: str = "C") -> forms.TrialRow:
    return blank(forms.TrialRow, trial=name, versus=(versus,), pfs=Figures(10, 5, hr, (low, high)), grade="B", applies="yes")


def compare(*options: forms.Option) -> forms.Compare:
    explained = tuple(blank(forms.Explained, option=o) for o in options)
    return blank(forms.Compare, for_patient=explained, patient={"setting": "relapsed"})


SAID = blank(forms.GuidanceRow, body="BODY", year=2025, position="preferred")


def test_compare_shows_what_each_body_says():
    shown = screen(compare(option("A1", guidance=(SAID,)), option("B1")))
    assert "BODY 2025: preferred" in line_with("guidance", shown)


def test_differences_hide_what_is_alike_and_name_it():
    answer = compare(
        option("A1", intensity="low", for_this_patient="x"), option("B1", intensity="low", for_this_patient="y")
    )
    shown = screen(answer, "differences")
    assert not [line for line in shown.splitlines() if line.startswith("intensity")]
    assert "intensity (low)" in " ".join(shown.split())
    assert line_with("this patient", shown).split()[-2:] == ["x", "y"]


def test_the_boxed_warnings_of_a_drug_stand_together_in_a_comparison():
    warned = tuple(forms.Warned("alpha", "us", text, "s", False) for text in ("harm one", "harm two"))
    assert "alpha: harm one; harm two" in screen(compare(option("A1", boxed_warnings=warned), option("B1")), width=160)


def test_without_a_patient_only_what_always_goes_with_a_regimen_is_compared():
    rules = (blank(forms.RuleRow, effect="caution", text="for all"),
             blank(forms.RuleRow, effect="caution", text="for some", when="age over 75"))  # fmt: skip
    rows = tuple(blank(forms.RegimenRow, id=name, name=name, rules=rules) for name in ("A1", "B1"))
    shown = screen(blank(forms.Compare, regimens=rows))
    assert ("for all" in shown, "for some" in shown) == (True, False)


def test_a_rule_is_shown_with_its_condition_unless_its_text_says_it():
    rules = tuple(
        blank(forms.RuleRow, effect="caution", text=text, when="age over 75", strength="label")
        for text in ("watch the heart", "at an age over 75 watch the kidneys")
    )
    lines = screen(blank(forms.Show, regimens=(blank(forms.RegimenRow, id="A1", rules=rules),))).splitlines()
    told = [line.partition(" [")[0].removeprefix("Caution").strip() for line in lines if "watch" in line]
    assert told == ["watch the heart (if age over 75); label", "at an age over 75 watch the kidneys; label"]


def test_each_paragraph_of_a_cell_is_seen_to_begin():
    long = tuple(dose(drug=name, days="1, 8, 15, 22 of 28 and so on for many cycles") for name in ("alpha", "beta"))
    shown = screen(compare(option("A1", prescription=long), option("B1")), width=60)
    lines = [line for line in shown.splitlines() if "alpha" in line or "beta" in line]
    after = [shown.splitlines()[shown.splitlines().index(line) + 1] for line in lines]
    starts = [line.index("alpha" if "alpha" in line else "beta") for line in lines]
    assert len(lines) == 2
    assert [len(line) - len(line.lstrip()) for line in after] == [start + 1 for start in starts]


def test_compare_works_without_a_patient():
    rows = tuple(blank(forms.RegimenRow, id=name, name=name, labels=LABELS, key_figure=figure()) for name in ("A1", "B1"))
    shown = screen(blank(forms.Compare, regimens=rows))
    assert "US on label, EU open" in shown
    assert "verdict" not in shown


def test_a_forest_plot_has_a_group_for_each_control_and_pools_nothing():
    answer = compare(option("A1", key_figure=figure(trial="T1", hr=0.5, ci=(0.4, 0.6), versus="K")),
                     option("B1", key_figure=figure(trial="T2", hr=0.9, ci=(0.7, 1.2), versus="V")))  # fmt: skip
    shown = screen(answer)
    assert "v K" in [line.strip() for line in shown.splitlines()]
    assert "v V" in [line.strip() for line in shown.splitlines()]
    assert "0.50 (0.40-0.60)" in line_with("A1 (T1)", shown)
    assert "not compared head to head" in shown
    assert "pooled" not in shown


def test_a_trial_that_is_not_the_key_figure_is_not_plotted():
    routes = trial("ROUTES", 1.02, 0.76, 1.36, "A1 by another route")
    answer = compare(option("A1", key_figure=figure(trial="T1", versus="K"), evidence=(routes,)), option("B1"))
    plot = screen(answer).partition("PFS hazard ratios")[2]
    assert "A1 (T1)" in plot
    assert "ROUTES" not in plot


def test_a_hazard_ratio_below_one_is_drawn_left_of_the_line_of_no_effect():
    lines = plot_lines(Plot("", [("v C", [Interval("A", 0.5, 0.4, 0.6), Interval("B", 1.5, 1.2, 1.9)])], ""), 80)
    left, right = lines[1], lines[2]
    assert left.index("o") < left.index("|")
    assert right.index("|") < right.index("o")
    assert left.index("|") == right.index("|")


# --- others ----------------------------------------------------------------------------------------


def test_kb_check_tells_each_fault_with_its_place():
    fault = forms.FaultRow("a.yaml", 3, 7, "error", "bad-key", "no such key", "key")
    shown = screen(blank(forms.KbCheck, path="a.yaml", usable=False, errors=1, faults=(fault,)))
    assert "a.yaml:3:7: error: no such key (key) [bad-key]" in shown
    assert "1 error, 0 warnings; it cannot be used." in shown


def test_a_score_that_was_not_made_for_such_a_patient_says_so():
    score = blank(forms.ScoreRow, id="s", name="A score", applies="no", made_for="age 65 and over")
    shown = screen(blank(forms.Scores, scores=(score,)))
    assert "not made for such a patient (made for: age 65 and over)" in shown


def test_a_source_that_was_not_read_says_so():
    shown = screen(full(forms.OneSource)._replace(source=full(forms.OneSource).source._replace(checked="unread")))
    assert "not read" in shown


def test_an_outcome_of_a_score_has_its_unit():
    group = blank(forms.ScoreGroupRow, id="g", name="frail", outcome={"os_3_years": 57, "pfs_median_months": 19.4})
    shown = screen(blank(forms.Scores, scores=(blank(forms.ScoreRow, name="A score", groups=(group,)),)))
    assert "OS at 3 years 57%; median PFS 19.4 months" in shown


def test_kb_format_names_what_is_not_in_form():
    answer = blank(forms.KbFormat, path="data", files=("a.yaml", "b.yaml"), changed=("b.yaml",))
    assert "not in form: b.yaml" in screen(answer)
    assert "data: 1 file in form." in screen(answer)
    assert "laid out anew: b.yaml" in screen(answer._replace(written=True))


def test_for_a_patient_the_general_caution_is_compared_too():
    shown = screen(compare(option("A1", cautions=(caution("mind in general", always=True),)), option("B1")), width=160)
    assert "mind in general" in shown


def test_two_knowledge_bases_that_say_the_same_are_said_to():
    alike = screen(blank(forms.KbDiff, old="1", new="2", patients=3))
    assert "No verdict, tier or label of the regimens in both differs." in alike
    assert "Changed" not in alike
    change = blank(forms.Change, regimen="AB")
    differ = screen(blank(forms.KbDiff, old="1", new="2", patients=3, changed=(change,)))
    assert "Changed (1)" in differ
    assert "No verdict" not in differ


def test_what_stands_under_each_drug_treatment_is_told_once_above_them() -> None:
    both, own = caution(text="glucose rises", always=False), caution(text="its own", always=False)
    drugs = [option(name, drugs=("d",), cautions=(both, own) if name == "A" else (both,)) for name in "ABC"]
    care = option("watch", drugs=(), cautions=())
    page = rendered(suggest(options=(*drugs, care)), "plain")
    assert page.count("glucose rises") == 1
    assert "With each drug treatment below: glucose rises" in page
    assert "This patient: its own" in page
    for fewer in ((*drugs[:2], care), (*drugs, option("D", drugs=("d",), cautions=()))):
        page = rendered(suggest(options=fewer), "plain")
        assert page.count("This patient: glucose rises") == len([o for o in fewer if both in o.cautions])
        assert "With each" not in page
    assert "With each" not in rendered(suggest(options=tuple(drugs)), "plain", frozenset({"all"}))


@pytest.mark.parametrize(
    ("settles", "least", "of", "said"),
    [
        (3, 1, 5, "Settles 1 to 3 of the 5 that depend."),
        (3, 3, 5, "Settles 3 of the 5 that depend."),
        (3, 3, 3, "Settles all 3 that depend."),
        (1, 1, 1, "Settles the one that depends."),
        (1, 0, 1, "Settles 0 to 1 of the 1 that depends."),
    ],
)
def test_what_a_question_settles_is_counted_in_a_sentence(settles, least, of, said):
    question = REFRACTORY._replace(settles=settles, settles_at_least=least, of=of)
    assert said in screen(full(forms.AskAnswer)._replace(next_questions=(question,)))


def test_one_regimen_that_depends_depends():
    answer = full(forms.AskAnswer)._replace(counts=forms.Counts(eligible=2, conditional=1, excluded=3))
    assert "Now: 2 open, 1 that depends, 3 ruled out." in screen(answer)


def test_a_warning_ends_as_a_sentence_does():
    shown = screen(suggest(warnings=(forms.Note("a", "Take care", None, None), forms.Note("b", "Take heed.", None, None))))
    assert "Warning: Take care.\n" in shown
    assert "Warning: Take heed.\n" in shown
