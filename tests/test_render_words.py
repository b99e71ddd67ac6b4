"""Parts of an answer in a few words."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from render_examples import blank, caution

from mmopts.answers.forms import Answered, Asked, Burden, Counts, KnowledgeHead, Note, Said, cited_ids
from mmopts.answers.parts import value_words
from mmopts.facts import FACTS
from mmopts.knowledge.records import Source
from mmopts.logic import Interval
from mmopts.render.phrases import (
    all_said,
    answer_clause,
    answer_phrase,
    answers_that_open,
    cite,
    cited_in,
    counted,
    counts_words,
    fact_words,
    general_caution,
    id_and_name,
    knowledge_words,
    label_legend,
    label_words,
    moves_words,
    named,
    number_words,
    patient_line,
    presumed,
    recalled,
    reference,
    said,
    same_question,
    spaced,
    star,
    title_of_id,
    visit_words,
)  # fmt: skip
from mmopts.words import alternatives, short_question


@pytest.mark.parametrize(
    ("patient", "line"),
    [
        ({"setting": "newly-diagnosed", "prior": ["none"]}, "Newly diagnosed; no prior therapy."),
        ({"setting": "relapsed", "prior": ["a", "b"], "lines": {"min": 1, "max": None}},
         "Relapsed; received a, b; refractory: not stated; 1 or more prior lines."),
        ({"prior": ["a"], "refractory": ["a"], "refractory_incomplete": True, "lines": 1},
         "Received a; refractory to a (perhaps more); 1 prior line."),
        ({"prior": ["a", "b"], "refractory": ["a", "no-b"], "refractory_incomplete": True},
         "Received a, b; refractory to a (perhaps more); not refractory to b."),
        ({"prior": ["a"], "refractory": ["none"], "fitness": "frail", "age": 82, "crcl": {"min": None, "max": 30}},
         "Received a; not refractory to any drug; frail; age 82; CrCl at most 30 mL/min."),
        ({"crcl": {"min": 30, "max": math.nextafter(60, 0)}, "age": {"min": math.nextafter(65, 99), "max": None}},
         "Age over 65; CrCl 30 to under 60 mL/min."),
        ({"condition": ["heart-failure", "no-vte"], "prior_asct": False},
         "No autologous transplant before; conditions: heart failure, no vte."),
        ({"progressed_on_last": False, "transplant": "ineligible"},
         "No progression on the last therapy; transplant-ineligible."),
        ({"setting": ["maintenance", "relapsed"]}, "Maintenance or relapsed."),
        ({"prior": ["none"], "lines": 0}, "No prior therapy."),
        ({"prior": ["a"], "prior_incomplete": True, "refractory": ["a"]}, "Received a (perhaps more); refractory to a."),
        ({"setting": "maintenance", "prior": ["a"], "lines": {"min": 1, "max": None}}, "Maintenance; received a."),
        ({"setting": "maintenance", "lines": {"min": 1, "max": 2}}, "Maintenance; 1 to 2 prior lines."),
        ({"setting": "maintenance", "lines": 1}, "Maintenance; 1 prior line."),
        ({"prior": [], "months_since": {}, "age": None, "intolerant": ()}, "Nothing known."),
        ({"months_since": {"a": 6, "b": {"min": 12, "max": None}}}, "6 months since a, 12 or more months since b."),
        ({"condition": ["none"], "fitness": "fit"}, "Fit; conditions: none."),
        ({"neuropathy": 0, "ecog": {"min": 0, "max": 2}}, "ECOG at most 2; neuropathy grade 0."),
        ({"relapse": "slow", "early_relapse": False}, "Slow relapse; no early relapse (functional high risk)."),
        ({}, "Nothing known."),
    ],
)  # fmt: skip
def test_the_patient_is_one_line(patient, line):
    assert patient_line(patient) == line


NAMES = {"condition:vte": "earlier clot", "condition:no-help": "no carer within reach",
         "condition:thin": "on full anticoagulation", "unavailable:car-t": "CAR-T out of reach"}  # fmt: skip


@pytest.mark.parametrize(
    ("patient", "line"),
    [
        ({"condition": ["vte", "heart-failure"]}, "Conditions: earlier clot, heart failure."),
        ({"condition": ["no-vte"]}, "Conditions: no earlier clot."),
        ({"condition": ["no-help"]}, "Conditions: no carer within reach."),
        ({"condition": ["no-no-help"]}, "Conditions: carer within reach."),
        ({"condition": ["no-thin"]}, "Conditions: not on full anticoagulation."),
        ({"unavailable": ["car-t"]}, "CAR-T out of reach."),
        ({"unavailable": ["none"]}, "Unavailable: none."),
    ],
)
def test_a_word_of_a_list_is_told_by_its_name(patient, line):
    assert patient_line(patient, NAMES) == line


def test_an_answer_about_a_word_of_a_list_is_told_by_its_name():
    assert answer_phrase("condition:vte", ["yes"], NAMES) == "earlier clot"
    assert answer_phrase("condition:vte", ["no"], NAMES) == "no earlier clot"


@pytest.mark.parametrize(
    ("atom", "answers", "phrase"),
    [
        ("refractory:alpha", ["no"], "not refractory to alpha"),
        ("refractory:alpha", ["yes"], "refractory to alpha"),
        ("exposed:alpha", ["no"], "not received alpha"),
        ("condition:heart-failure", ["yes"], "heart failure"),
        ("condition:heart-failure", ["no"], "no heart failure"),
        ("cytogenetics:t(4;14)", ["no"], "no t(4;14)"),
        ("lines", ["2 or more"], "2 or more prior lines"),
        ("lines", ["1"], "1 prior line"),
        ("fitness", ["fit", "intermediate"], "fit or intermediate"),
        ("prior_asct", ["no"], "no autologous transplant before"),
        ("progressed_on_last", ["no"], "no progression on the last therapy"),
        ("crcl", ["under 30"], "CrCl under 30 mL/min"),
        ("lines", ["1", "2 or more"], "1 or 2 or more prior lines"),
        ("setting", ["newly-diagnosed", "relapsed"], "newly diagnosed or relapsed"),
        ("last:alpha", ["no"], "not last had alpha"),
        ("months_since:alpha", ["6 or more"], "6 or more months since alpha"),
        ("condition:heart-failure", ["yes", "unknown"], "heart failure: yes or unknown"),
        ("progressed_on_last", ["yes"], "progressed on the last therapy"),
        ("some-thing", ["yes", "no"], "some thing is yes or no"),
    ],
)
def test_an_answer_is_a_clause_a_colleague_would_say(atom, answers, phrase):
    assert answer_phrase(atom, answers) == phrase


def test_answers_that_open_are_drawn_together_where_they_follow_each_other():
    answers = [Answered(a, "", ("X",) if a != "1" else (), ()) for a in ("1", "2", "3 to 6", "7 or more")]
    assert answers_that_open(answers, "X") == ("2 or more",)
    assert answers_that_open(answers[:3], "X") == ("2 or more",)
    assert answers_that_open(answers, "Y") == ()


def test_a_short_question_keeps_the_brackets_of_a_name():
    assert short_question("Heart failure (NYHA III-IV or LVEF under 40%)?") == "Heart failure?"
    assert short_question("Translocation t(11;14)?") == "Translocation t(11;14)?"


def test_visits_are_told_once_where_they_stay_the_same():
    assert visit_words(Burden((), 4, 1, None, None)) == "4, then 1"
    assert visit_words(Burden((), 4, 4, None, None)) == "4"
    assert visit_words(Burden((), 1, 0, 14, None)) == "1, then 0; 14 days in hospital"
    assert visit_words(Burden((), None, None, None, None)) == ""


def test_only_names_of_one_letter_are_written_out():
    assert title_of_id("D", "delta alone") == "D: delta alone"
    assert title_of_id("Dd", "delta, steroid") == "Dd"
    assert named(["D", "Dd"], {"D": "delta alone", "Dd": "delta, steroid"}) == "D (delta alone), Dd"


@pytest.mark.parametrize("fact", [f for f in FACTS.values() if f.kind == "flag"], ids=lambda fact: fact.name)
def test_the_help_of_an_option_that_denies_a_flag_is_a_sentence_about_its_fact(fact):
    said = fact.denial_help
    assert said.startswith("There was no ")
    assert said.endswith(".")
    assert not re.search(r"\bno an?\b|[{}]", said)
    assert said.removeprefix("There was no ").rstrip(".").split()[-1] in fact.phrase + fact.need


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3, "3"),
        (2.5, "2.5"),
        ("2 or more", "2 or more"),
        ({"min": 2, "max": None}, "2 or more"),
        ({"min": None, "max": None}, "any"),
        ({"min": None, "max": 4}, "at most 4"),
        ({"min": 0, "max": 4}, "at most 4"),
        ({"min": None, "max": math.nextafter(30, 0)}, "under 30"),
        ({"min": math.nextafter(30, 99), "max": None}, "over 30"),
        ({"min": math.nextafter(30, 99), "max": 60}, "over 30 to 60"),
        ({"min": math.nextafter(30, 99), "max": math.nextafter(60, 0)}, "over 30 to under 60"),
        ({"min": 30.5, "max": 60.5}, "30.5 to 60.5"),
    ],
)
def test_a_range_has_its_ends_in_words(value, words):
    assert number_words(value) == words


def test_a_fact_that_can_be_denied_says_so_of_what_is_had_and_of_what_happened():
    for name in ("prior_asct", "early_relapse"):
        assert fact_words(FACTS[name], False) == f"no {FACTS[name].phrase}"
    for name in ("progressed_on_last", "progressed_after_last"):
        assert fact_words(FACTS[name], False) == f"no {FACTS[name].need}"
        assert fact_words(FACTS[name], True) == FACTS[name].phrase


def test_a_list_that_was_denied_is_none():
    assert fact_words(FACTS["prior"], ["none"]) == "no prior therapy"
    assert fact_words(FACTS["refractory"], ["none"]) == "not refractory to any drug"
    assert fact_words(FACTS["refractory"], "alpha") == "refractory to alpha"


@given(st.integers(0, 9), st.sampled_from(["option", "rule"]))
def test_one_is_counted_alone_and_any_other_number_in_the_plural(count, noun):
    assert counted(count, noun) == (f"1 {noun}" if count == 1 else f"{count} {noun}s")


def test_counts_tell_each_verdict():
    assert counts_words(Counts(3, 4, 5)) == "3 open, 4 that depend, 5 ruled out."


def test_sources_stand_in_brackets_behind_what_they_say():
    assert [cite(source) for source in (None, (), "a", ("a", "b"))] == ["", "", " [a]", " [a, b]"]
    assert said(Said("It holds", ("a", "b"))) == "It holds [a, b]"
    assert all_said([Said("It holds", "a"), Said("so does this", None, unread=True)]) == "It holds [a]; so does this*"


def test_what_was_recalled_has_an_asterisk():
    assert (star(True), star(False)) == ("*", "")
    assert (star(("pfs",)), star(())) == ("*", "")
    assert star(("pfs", "n"), "pfs", "os") == "*"
    assert star(("n",), "pfs", "os") == ""
    assert star((), "pfs") == ""


def test_a_name_follows_the_id_where_it_says_more():
    assert id_and_name("Dd", "delta, steroid") == "Dd: delta, steroid"
    assert id_and_name("delta", "delta") == "delta"
    assert title_of_id("D", "") == "D"
    assert named(["D", "E"], {"D": "D"}) == "D, E"


@pytest.mark.parametrize(
    ("word", "shown"),
    [("newly-diagnosed", "newly diagnosed"), ("a_b-c", "a b c"), ("t(4;14)", "t(4;14)"), ("del-17p", "del-17p"),
     ("fit", "fit"), ("CAR-T", "CAR-T"), ("-x", "-x")],
)  # fmt: skip
def test_a_word_of_a_vocabulary_is_said_without_its_dashes_and_a_name_keeps_them(word, shown):
    assert spaced(word) == shown


# --- presumptions and the same question --------------------------------------------------------------


NOTES = (
    Note("presumed-a", "first", "age"),
    Note("entailed-b", "by definition", "lines"),
    Note("presumed-c", "second", "crcl"),
    Note("presumed-d", "of no fact"),
)


def test_presumptions_come_in_the_order_of_facts():
    assert presumed(NOTES) == presumed(NOTES[::-1]) == "first; second; of no fact"
    assert presumed(NOTES[1:2]) == ""


def test_what_a_score_makes_of_fitness_is_told_with_the_presumptions():
    note = Note(**{**NOTES[1]._asdict(), "code": "entailed-fitness", "text": "frail by a scale", "fact": "fitness"})
    assert presumed([note]) == "frail by a scale"
    assert "--fit" not in same_question({"age": 69, "ecog": 2, "fitness": "frail"}, [note], None, "2026-01-01")


def test_the_same_question_has_its_scope_where_that_is_not_the_usual_and_no_fact_that_follows_from_others():
    patient = {"setting": "relapsed", "lines": 2, "age": 70}
    asked = Asked("eu", "2024-01-31")
    usual = Asked("any", "2026-01-01")
    assert same_question(patient, (), None, "2026-01-01") == "--setting relapsed --lines 2 --age 70"
    assert same_question(patient, NOTES, usual, "2026-01-01") == "--setting relapsed --age 70"
    told = same_question({**patient, "strict": True}, NOTES, asked, "2026-01-01")
    assert told == "--setting relapsed --age 70 --region eu --as-of 2024-01-31 --strict"
    assert same_question({}, (), usual, "2026-01-01") == ""


# --- answers -------------------------------------------------------------------------------------------


def test_what_an_answer_moves_is_told_up_to_so_many_names():
    answer = Answered("yes", "", ("A", "B", "C", "D"), ("X",))
    assert moves_words(answer) == "opens A, B, C, D; closes X"
    assert moves_words(answer, 4) == "opens A, B, C, D; closes X"
    assert moves_words(answer, 3) == "opens A, B and 2 others; closes X"
    assert moves_words(Answered("no", "", (), ())) == "changes no verdict"


@pytest.mark.parametrize("name", ["age", "crcl", "lines", "ecog", "neuropathy"])
@given(data=st.data())
def test_neighbouring_ranges_are_drawn_together_as_the_range_that_they_are(name, data):
    fact = FACTS[name]
    inside = st.integers(int(fact.low) + 1, int(fact.high) - 1)
    cuts = sorted(data.draw(st.sets(inside, min_size=1, max_size=4)))
    lows = [fact.low, *(cut if fact.whole or data.draw(st.booleans()) else fact.above(cut) for cut in cuts)]
    spans = [Interval(low, high) for low, high in zip(lows, [*map(fact.below, lows[1:]), fact.high], strict=True)]
    first = data.draw(st.integers(0, len(spans) - 1))
    last = data.draw(st.integers(first, len(spans) - 1))
    answers = [
        Answered(value_words(fact.atom, span), "", ("X",) if first <= n <= last else (), ()) for n, span in enumerate(spans)
    ]
    whole = Interval(spans[first].low, spans[last].high)
    if whole != Interval(fact.low, fact.high):
        told, words = answers_that_open(answers, "X"), value_words(fact.atom, whole)
        assert told in ((words,), (words.replace("at most", f"{fact.low:g} to"),))


@given(st.lists(st.text("AB", min_size=1), max_size=9), st.integers(2, 5))
def test_names_left_out_are_counted_with_those_told(names, most):
    told = moves_words(Answered("yes", "", tuple(names), ()), most)
    others = re.search(r" and (\d+) others$", told)
    shown = re.sub(r" and \d+ others$", "", told).removeprefix("opens ").split(", ") if names else []
    assert len(shown) + (int(others[1]) if others else 0) == len(names)
    assert len(shown) <= most


def test_only_numbers_that_follow_each_other_are_drawn_together():
    def opened(words: str, opens: str) -> tuple[str, ...]:
        return answers_that_open(
            [Answered(w, "", ("X",) if w in opens.split("|") else (), ()) for w in words.split("|")], "X"
        )

    assert opened("0|1|2|3 or more", "0|1") == ("0 to 1",)
    assert opened("0|1|2 to 4|5 or more", "1|2 to 4") == ("1 to 4",)
    assert opened("0|1|2|3 or more", "0|2") == ("0", "2")
    assert opened("0|1|2|3 or more", "1") == ("1",)
    assert opened("0|1|2|3 or more", "3 or more") == ("3 or more",)
    assert opened("fit|frail|other", "fit|frail") == ("fit", "frail")
    assert opened("0|1|other", "1|other") == ("1", "other")


# --- labels, burden, cautions, sources -------------------------------------------------------------------


def test_the_legend_explains_the_marks_in_use_and_is_left_out_without_any():
    found = [{"us": "on-label", "eu": "unknown"}, {"us": "not-applicable", "eu": "on-label"}]
    assert label_legend(found) == ["US, EU: on = on label, open = not known yet, - = no product"]
    assert label_legend([{"us": "label", "eu": "none"}]) == ["US, EU: label = has a label, none = no label"]
    assert label_legend([{}]) == []
    assert label_legend([]) == []


def test_the_labels_of_both_regions_are_told_in_words():
    assert label_words({"us": "on-label", "eu": "unknown"}) == "US on label, EU open"
    assert label_words({"us": "off-label", "eu": "not-applicable"}) == "US off label, EU no product"


def test_days_in_hospital_are_told_with_or_without_visits():
    assert visit_words(Burden((), None, None, 1, None)) == "1 day in hospital"
    assert visit_words(Burden((), 4, None, 0, None)) == "4"


def test_the_strongest_general_caution_is_chosen_and_of_equals_the_first():
    mine = caution("mine")
    general = [
        caution(t, always=True)._replace(strength=t[:-1]) for t in ("editorial1", "consensus1", "guideline1", "guideline2")
    ]
    assert general_caution([mine]) is None
    assert general_caution([]) is None
    assert general_caution([mine, *general]) == general[2]
    assert general_caution([caution("odd", always=True)._replace(strength="odd"), general[0]]) == general[0]


def test_sources_are_named_once_in_their_order():
    assert cited_ids(["b", None, ("a", "b"), "c"]) == ("b", "a", "c")
    assert cited_in([Said("x", "b"), None], [Said("y", ("a", "b"))]) == ("b", "a")


def test_one_recalled_row_of_any_part_is_enough():
    assert recalled([Said("x", "b")], [None, Said("y", None, unread=True)])
    assert not recalled([Said("x", "b"), None], [])


def test_a_reference_has_what_is_known_of_a_source_and_says_when_it_was_not_read():
    whole = blank(Source, title="A trial.", year=2024, pmid=12, doi="10.1/x", url="https://u", checked="read")
    assert reference(whole) == "A trial. 2024. PMID 12. https://doi.org/10.1/x"
    assert reference(whole._replace(year=None, pmid=None, doi=None, checked="unread")) == "A trial. https://u. Not read"
    assert reference(blank(Source, title="A label", checked="read")) == "A label"


def test_a_reference_leads_to_the_original_and_says_in_what_form_and_in_what_copy_it_was_read():
    source = blank(Source, title="A label", checked="read", extent="section 2", copy="https://copy.example")
    assert reference(source) == "A label. Read in a copy: section 2"
    assert reference(source._replace(copy=None, url="https://u", extent="abstract")) == "A label. https://u. Read: abstract"


def test_no_reference_leads_to_a_page_that_merely_holds_a_copy(kb):
    copies = (
        "github.com",
        "sites.google.com",
        "scribd.com",
        "120ty.net",
        "arxivlens.com",
        "medlibrary.org",
        "ashpublications.net",
    )
    sources = kb.library().sources.values()
    wrong = [s.id for s in sources if s.url and any(host in s.url for host in copies)]
    assert not wrong
    assert all(re.fullmatch(r"https?://\d+(\.\d+){3}.*", s.url or "") is None for s in sources)
    assert all(s.extent for s in sources if s.copy)  # what of it was read there


def test_the_knowledge_base_is_told_with_its_day():
    assert knowledge_words(KnowledgeHead("2026.11", "2026-11-21", "d", ())) == "2026.11 of 2026-11-21."


@pytest.mark.parametrize(
    ("atom", "answers", "clause"),
    [
        ("age", ["over 75"], "aged over 75"),
        ("ecog", ["2 or more"], "with ECOG 2 or more"),
        ("lines", ["2 or more"], "with 2 or more prior lines"),
        ("fitness", ["intermediate", "frail"], "intermediate or frail"),
        ("transplant", ["ineligible"], "transplant-ineligible"),
        ("smm_risk", ["high"], "at high smoldering risk"),
        ("relapse", ["slow"], "in slow relapse"),
        ("months_since:alpha", ["over 24"], "over 24 months after alpha"),
        ("prior_asct", ["no"], "without an earlier autologous transplant"),
        ("condition:vte", ["yes"], "with earlier clot"),
        ("condition:vte", ["no"], "without earlier clot"),
        ("exposed:alpha", ["no"], "not treated with alpha"),
        ("refractory:alpha", ["no"], "not refractory to alpha"),
        ("crcl", ["30 or more"], "with CrCl 30 mL/min or more"),
    ],
)
def test_an_answer_behind_if_is_a_clause_about_a_patient(atom: str, answers: list[str], clause: str) -> None:
    assert answer_clause(atom, answers, NAMES) == clause


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["frail"], "frail"),
        (["frail", "aged over 75"], "frail or aged over 75"),
        (["transplant-ineligible", "intermediate or frail"], "transplant-ineligible, or intermediate or frail"),
        (["intermediate or frail", "aged over 75", "x"], "intermediate or frail, aged over 75, or x"),
    ],
)
def test_clauses_of_which_one_is_enough_are_kept_apart(words: list[str], said: str) -> None:
    assert alternatives(words) == said


def test_what_gives_no_drug_asks_for_no_number_of_visits() -> None:
    # Plasma exchange or radiotherapy take visits that nobody counts here; "0" would say that there are none.
    assert visit_words(blank(Burden, routes=(), visits_first_28_days=0, visits_later_28_days=0)) == ""
    assert visit_words(blank(Burden, routes=("PO",), visits_first_28_days=0, visits_later_28_days=0)) == "0"
