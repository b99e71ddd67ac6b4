"""The pages for a tumour board: what they hold, whom they name, and what they never hold."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from cli_runner import ASK, Ran, mmopts
from render_examples import blank, caution, figure, option, suggest

from mmopts.answers import forms
from mmopts.knowledge.records import Source
from mmopts.render import rendered

FIRST_RELAPSE = Path(__file__).resolve().parents[1] / "docs" / "first-relapse.yaml"
PATIENT = """\
id: Jane Doe 1950
age: 71
fitness: intermediate
treatments:
  - regimen: VRd
    start: 2021-03
    end: 2021-08
    best_response: VGPR
    part: induction
  - regimen: lenalidomide
    part: maintenance
    start: 2022-01
    end: 2024-05
    stopped: progression
    progression: 2024-05
"""


class Page(HTMLParser):
    """The words of a page, its links, its marks, and its tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.marks: set[str] = set()
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        if "href" in given:
            self.links.append(given["href"])
        if "id" in given:
            self.marks.add(given["id"])
        assert not {"src", "srcset", "style", "onload", "onclick"} & given.keys() or tag == "col"

    def handle_data(self, data):
        if self.tags and self.tags[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("board") / "p.yaml"
    path.write_text(PATIENT)
    return str(path)


@pytest.fixture(scope="module")
def html(file: str) -> str:
    ran = mmopts("report", "--patient", file, "--case", "K-17")
    assert (ran.code, ran.err) == (0, "")
    return ran.out


@pytest.fixture(scope="module")
def data(file: str) -> dict:
    return mmopts("report", "--patient", file, "--case", "K-17", "--json").json


# --- the answer ------------------------------------------------------------------------------------


def test_the_answer_explains_each_option_of_the_first_two_tiers_and_no_other(data):
    assert data["schema"] == "mmopts.report/1"
    led = [o["id"] for o in data["suggest"]["options"] if o["tier"] in ("preferred", "alternative") and not o["historical"]]
    assert [r["id"] for r in data["regimens"]] == led
    assert all(r["indications"] for r in data["regimens"])


def test_the_history_is_there_only_where_treatments_are(data):
    assert [t["label"] for t in data["history"]["treatments"]] == ["VRd", "lenalidomide"]
    assert mmopts("report", *ASK, "--case", "K", "--json").json["history"] is None


def test_every_source_that_is_cited_is_among_the_sources(data):
    cited = {s for r in data["regimens"] for s in r["sources"]} | set(data["history"]["sources"])
    assert cited | set(data["suggest"]["sources"]) <= set(data["sources"])


@pytest.mark.parametrize("form", ["html", "markdown", "json"])
def test_the_label_is_all_that_names_the_patient(file, form):
    ran = mmopts("report", "--patient", file, "--case", "K-17", "--format", form)
    assert "K-17" in ran.out
    assert "Jane" not in ran.out
    assert "1950" not in ran.out


# --- the command -----------------------------------------------------------------------------------


def wrong(*words: str, terminal: bool = False) -> tuple[int, str]:
    ran: Ran = mmopts("report", *words, terminal=terminal)
    assert ran.out == ""
    return ran.code, ran.err.splitlines()[0]


def test_a_report_without_a_label_is_refused():
    said = "report needs a label for the case: --case K-17. It is printed; a name does not belong there."
    assert wrong(*ASK) == (2, f"mmopts: {said}")


def test_a_page_is_not_written_to_a_terminal():
    code, said = wrong(*ASK, "--case", "K", terminal=True)
    assert (code, "give -o board.html" in said) == (2, True)


@pytest.mark.parametrize("form", ["markdown", "json"])
def test_text_and_data_may_go_to_a_terminal(form):
    assert mmopts("report", *ASK, "--case", "K", "--format", form, terminal=True).code == 0


def test_a_page_goes_to_its_file_also_from_a_terminal(tmp_path: Path):
    out = tmp_path / "board.html"
    ran = mmopts("report", *ASK, "--case", "K", "-o", str(out), terminal=True)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert out.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_a_label_longer_than_a_label_is_refused():
    assert wrong(*ASK, "--case", "x" * 81) == (2, "mmopts: --case takes a label of 1 to 80 letters.")


def test_a_table_is_no_form_of_a_report():
    assert wrong(*ASK, "--case", "K", "--format", "table")[1] == "mmopts: --format takes html, markdown, json; not 'table'."


def test_faults_of_the_label_and_of_the_facts_are_told_together():
    ran = mmopts("report", "--prior", "nonsense")
    assert "needs a label" in ran.err
    assert "'nonsense'" in ran.err


# --- the page --------------------------------------------------------------------------------------


def test_the_page_asks_for_nothing_and_runs_nothing(html):
    page = Page(html)
    assert not {"script", "link", "img", "iframe", "object", "image", "use"} & set(page.tags)
    assert not re.search(r"@import|url\(|javascript:", html)


def test_links_lead_to_references_of_the_page_or_to_addresses(html):
    page = Page(html)
    inner = {link[1:] for link in page.links if link.startswith("#")}
    assert inner
    assert inner <= page.marks
    assert all(link.startswith("https://") for link in page.links if not link.startswith("#"))


def test_references_are_numbered_in_the_order_in_which_they_are_cited(html):
    first = dict.fromkeys(int(n) for n in re.findall(r'href="#ref-(\d+)"', html))
    assert list(first) == sorted(first)
    listed = [int(n) for n in re.findall(r'id="ref-(\d+)"', html)]
    assert listed == list(range(1, len(listed) + 1))
    assert set(first) == set(listed)


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ASK,
        ("--setting", "newly-diagnosed", "--prior", "none"),
        ("--prior", "none", "--age", "50"),
        ("--prior", "len,btz,dara", "--refractory", "dara", "--region", "eu"),
    ],
)
@pytest.mark.parametrize("form", ["html", "markdown"])
def test_no_option_of_a_command_line_stands_on_the_pages(words, form):
    out = mmopts("report", *words, "--case", "K", "--format", form).out
    told = Page(out).text if form == "html" else re.sub(r"^    .*", "", out, flags=re.MULTILINE)  # but for drawings
    text = re.sub(r"https://\S+", "", told)
    assert re.findall(r"(?<![-\w])--[a-z][a-z-]*", text) == []
    assert not re.search(r"\bmmopts [a-z]", text)


def test_the_first_words_are_the_label_and_the_patient(html):
    assert Page(html).text.partition("K-17")[2].partition("Treatments")[0].count("Treatment options: K-17 Relapsed") == 1


def test_what_is_to_be_decided_stands_before_what_explains_it(html):
    text = Page(html).text
    order = ["Treatments", "In short", "Open now", "Also open", "Open questions", "Boxed warnings of", "Marks:", "Appendix:",
             "Ruled out", "References"]  # fmt: skip
    places = [text.index(title) for title in order]
    assert places == sorted(places)


def test_the_foot_of_each_sheet_tells_label_version_and_day(html, data):
    known = data["knowledge"]
    style = html.partition("</style>")[0]
    told = re.search(r'@bottom-left\{content:"([^"]*)"', style)
    assert told
    text = re.sub(r"\\([0-9a-f]{6})", lambda m: chr(int(m[1], 16)), told[1])
    assert text.startswith("K-17 ")
    assert f"knowledge {known['version']}, reviewed {known['reviewed']}" in text
    assert "counter(page)" in style


@pytest.mark.parametrize("label", ['"}</style><script>x</script>', "\\", "a\nb", "a; } body{display:none", "é 字"])
def test_no_label_leaves_the_string_that_it_stands_in(label):
    out = mmopts("report", *ASK, "--case", label).out
    content = re.search(r'@bottom-left\{content:"([^"]*)";', out)
    assert content
    assert re.fullmatch(r"(?:[A-Za-z0-9]|\\[0-9a-f]{6})+", content[1])
    assert "<script" not in out
    assert out.count("</style>") == 1


def test_no_interval_and_no_amount_is_parted():
    answer = report(option("AB", key_figure=figure(), prescription=(dose("alpha", "16 mg/m2", "1, 8 of 28"),)))
    page = rendered(answer, "html")
    assert '<span class="figure">HR 0.63 (0.47-0.85)</span>' in page
    assert "16&nbsp;mg/m\N{SUPERSCRIPT TWO}" in page
    assert "8&nbsp;of&nbsp;28" in page


def test_rows_headings_and_pictures_are_kept_whole_on_paper(html):
    style = html.partition("</style>")[0]
    assert re.search(r"tbody\{[^}]*break-inside:avoid", style)
    assert re.search(r"h1,h2,h3,h4,caption\{break-after:avoid", style)
    assert re.search(r"svg\{[^}]*break-inside:avoid", style)
    assert "section.page{break-before:page}" in style
    assert re.findall(r'<section class="page">\s*<h2[^>]*>([^<:]*)', html) == ["Appendix"]


# --- the screen ------------------------------------------------------------------------------------


def report(*options: forms.Option, **fields) -> forms.Report:
    explained = tuple(blank(forms.Explained, option=o) for o in options if o.tier in ("preferred", "alternative"))
    sources = {n: blank(Source, id=n, title=n.upper(), doi=f"10.1/{n}", checked="read") for n in ("s1", "s2")}
    given = {"case": "K", "suggest": suggest(options=options, **fields), "regimens": explained, "sources": sources,
             "knowledge": forms.KnowledgeHead("2026.11", "2026-11-21", "d", ())}  # fmt: skip
    return blank(forms.Report, **given)


def dose(drug: str, amount: str, days: str, **fields) -> forms.Dose:
    return blank(forms.Dose, drug=drug, dose=amount, days=days, recorded=True, route="IV", text=amount, **fields)


def shown(answer: forms.Report) -> str:
    return rendered(answer, "plain")


def test_cautions_for_this_patient_are_whole_and_before_the_general_one():
    own = "a caution of this very patient that is long " * 6
    text = shown(report(option("AB", cautions=(caution("in general so", always=True), caution(own)))))
    assert own.strip() in text
    assert text.index(own.strip()) < text.index("In general: in general so")


def test_without_a_caution_for_this_patient_nothing_is_said_of_this_patient():
    assert "This patient" not in shown(report(*many(8), option("AB", cautions=(caution("in general so", always=True),))))


def test_a_dose_that_an_open_fact_would_change_bears_a_mark_that_is_explained():
    change = blank(forms.OpenDose, fact="crcl", if_="low", dose="5 mg")
    text = shown(report(option("AB", prescription=(dose("alpha", "10 mg", "1-21 of 28", open=(change,)),))))
    assert "alpha 10 mg IV, days 1-21 of 28\N{DAGGER}" in text
    assert "\N{DAGGER} an open fact would change the dose" in text
    assert "If low: 5 mg" in text


def test_the_first_page_tells_what_bodies_say_for_this_situation_and_no_statement():
    said = [
        blank(forms.GuidanceRow, body=body, year=2025, position=position, text="t", applies=applies)
        for body, position, applies in (("A", "preferred", "yes"), ("B", "option", "no"), ("C", "option", "unknown"),
                                        ("D", "statement", "yes"), ("E", "recommended", "yes"))
    ]  # fmt: skip
    first, _, _ = shown(report(option("AB", guidance=tuple(said)))).partition("Appendix")
    assert "A 2025: preferred; E 2025: recommended." in first
    assert not re.search(r"\b[BCD] 2025", first)


def test_the_appendix_tells_what_is_open_with_its_clauses_and_names_what_does_not_apply():
    rules = (blank(forms.Forbid, text="no alpha with an ache", holds="unknown"),
             blank(forms.Forbid, text="no beta with a cough", holds="no"))  # fmt: skip
    one = report(option("AB"))
    asked = one._replace(regimens=(one.regimens[0]._replace(forbids=rules),))
    _, _, appendix = shown(asked).partition("Appendix")
    assert "\nOpen\n  open: no alpha with an ache\n" in appendix
    assert "Would forbid it, and does not apply: no beta with a cough." in appendix
    assert "\nOpen\n" not in shown(one).partition("Appendix")[2]


def test_days_that_differ_by_cycle_are_left_to_the_appendix():
    days = "1, 8 of 28 (cycles 1-2); 1 of 28 (cycles 3+)"
    text = shown(report(option("AB", prescription=(dose("alpha", "10 mg", days),))))
    first, _, appendix = text.partition("Appendix")
    assert "alpha 10 mg IV\N{DOUBLE DAGGER}" in first
    assert days not in first
    assert all(phase in appendix for phase in days.split("; "))


def test_a_single_day_is_called_a_day():
    assert "alpha 10 mg IV, day 1 of 21" in shown(report(option("AB", prescription=(dose("alpha", "10 mg", "1 of 21"),))))


def test_an_open_label_tells_what_is_open():
    row = blank(forms.LabelRow, holds="unknown", failing=("2 or more prior lines", "refractory to alpha"))
    text = shown(report(option("AB", labels={"us": "unknown", "eu": "off-label"}, label_detail={"us": (row,), "eu": ()})))
    assert "US open: 2 or more prior lines? refractory to alpha?" in text
    assert "EU off label" in text


def test_many_days_are_left_to_the_appendix():
    days = "1, 2, 8, 9, 15, 16 of 28"
    first, _, appendix = shown(report(option("AB", prescription=(dose("alpha", "10 mg", days),)))).partition("Appendix:")
    assert "alpha 10 mg IV\N{DOUBLE DAGGER}" in first
    assert "\N{DOUBLE DAGGER} days: see the appendix" in first
    assert (days in first, days in appendix) == (False, True)


def many(count: int, **fields) -> list[forms.Option]:
    return [option(f"R{i}", prescription=(dose(f"drug-{i}", "1 mg", "1 of 28"),), **fields) for i in range(count)]


@pytest.mark.parametrize(("count", "whole"), [(6, 6), (7, 4), (12, 4)])
def test_of_more_than_six_options_the_first_page_tells_four_whole_and_a_line_of_each_other(count, whole):
    first, _, appendix = shown(report(*many(count))).partition("Appendix:")
    assert [f"drug-{i} 1 mg" in first for i in range(count)] == [i < whole for i in range(count)]
    assert all(re.search(rf"^R{i} ", first, re.MULTILINE) for i in range(count))
    assert all(f"drug-{i}" in appendix for i in range(count))


def test_a_caution_of_several_options_that_have_a_line_is_told_once_with_all_their_names():
    own = caution("mind the heart")
    first, _, appendix = shown(report(*many(8, cautions=(own,)))).partition("Appendix:")
    assert "This patient, R4, R5, R6 and R7: mind the heart" in first
    assert appendix.count("This patient: mind the heart") == 8


def test_an_option_that_waits_is_named_at_its_question_and_told_in_the_appendix():
    answers = (forms.Answered("yes", "--x", ("CD",), ()), forms.Answered("no", "--y", (), ("CD",)))
    question = forms.NextQuestion("refractory:alpha", "Refractory to alpha (long)?", "--x", 1, 1, 1, answers)
    waiting = option("CD", verdict="conditional")
    text = shown(report(option("AB"), waiting, next_questions=(question,)))
    first, _, appendix = text.partition("Appendix:")
    assert "CD" not in first.partition("Open questions")[0]
    assert "Refractory to alpha? yes: opens CD; no: closes CD" in first
    assert "If: refractory to alpha." in appendix.partition("\nCD\n")[2]


def test_an_option_that_no_single_answer_moves_is_named_among_the_open_questions_with_all_that_it_needs():
    needs = (forms.Ask("lines", "How many lines?", "--lines"), forms.Ask("age", "Age in years?", "--age"))
    first = shown(report(option("AB"), option("CD", verdict="conditional", needs=needs))).partition("Appendix:")[0]
    assert "CD: more than one answer is needed (how many lines; age in years)" in first


def test_questions_that_move_no_option_of_the_first_two_tiers_are_left_out():
    answers = (forms.Answered("yes", "--x", ("ZZ",), ()),)
    question = forms.NextQuestion("ecog", "ECOG?", "--x", 1, 1, 1, answers)
    assert "Open questions" not in shown(report(option("AB"), next_questions=(question,)))


def test_what_may_open_an_option_is_not_said_to_open_it():
    row = (forms.Said("label of the US", "s1"),)
    text = shown(report(option("AB", because=row), option("CD", verdict="conditional", because=row)))
    first, _, second = text.partition("Appendix")[2].partition("\nCD\n")
    assert "Opened by: label of the US" in first
    assert "Would be" not in first
    assert "Would be opened by: label of the US" in second


def test_the_first_page_tells_once_what_the_boxed_warnings_of_each_drug_are_about_and_the_appendix_all_of_them():
    texts = ("bad for eyes: look before each dose", "harm (rare)")
    warned = tuple(blank(forms.Warned, drug="alpha", region="us", text=text) for text in texts)
    both = report(option("AB", boxed_warnings=warned), option("AC", boxed_warnings=warned))
    first, _, appendix = shown(both).partition("Appendix:")
    assert "Boxed warnings of the US labels (whole in the appendix): alpha: bad for eyes, harm." in first
    assert first.count("bad for eyes") == 1
    assert appendix.count("Boxed warning, alpha (US): bad for eyes: look before each dose; harm (rare).") == 2


def test_boxed_warnings_of_two_regions_name_theirs():
    warned = tuple(blank(forms.Warned, drug="alpha", region=region, text=f"harm {region}") for region in ("us", "eu"))
    first = shown(report(option("AB", boxed_warnings=warned))).partition("Appendix:")[0]
    assert "alpha (EU): harm eu; alpha (US): harm us." in first


def test_a_source_is_cited_by_one_number_wherever_it_is_cited():
    answer = report(option("AB", key_figure=figure(source=("s2", "s1")), cautions=(caution("mind", source="s1"),)))
    text = shown(answer)
    assert "in TRIAL [1, 2]" in text
    assert "mind [2]" in text
    assert "1. S2. https://doi.org/10.1/s2" in text
    assert "[s1" not in text


def test_a_source_that_was_not_read_says_so():
    answer = report(option("AB", cautions=(caution("mind", source="s3"),)))
    unread = {"s3": blank(Source, id="s3", title="Text", checked="unread")}
    assert "1. Text. Not read." in shown(answer._replace(sources=unread))


def test_defaults_that_acted_are_told_without_their_options():
    asked = forms.Asked("eu", "2026-11-21", (forms.Default("--region", "eu", "a file"),))
    text = shown(report(option("AB"), question=asked))
    assert "By default: region eu." in text
    assert "--region" not in text


def test_nothing_preferred_is_said_in_words():
    assert "Nothing preferred or alternative is open" in shown(report())


def test_markdown_has_title_links_and_the_version_of_the_knowledge(file):
    out = mmopts("report", "--patient", file, "--case", "K-17", "--format", "markdown").out
    known = mmopts("report", *ASK, "--case", "K", "--json").json["knowledge"]
    assert out.startswith("# Treatment options: K-17\n")
    assert f"knowledge {known['version']}, reviewed {known['reviewed']}" in out.splitlines()[-1]
    assert re.search(r"^1\. .*\]\(https://", out, re.MULTILINE)


def test_json_is_one_document(file):
    out = mmopts("report", "--patient", file, "--case", "K", "--format", "json").out
    assert json.loads(out)["case"] == "K"


def plain(text: str) -> str:
    """Without what Markdown escapes and how powers are written."""
    return text.replace("\\", "").replace("m\N{SUPERSCRIPT TWO}", "m2").replace("10\N{SUPERSCRIPT SIX}", "10^6")


@pytest.mark.parametrize("words", [("--patient", str(FIRST_RELAPSE)), ASK])
def test_the_first_page_has_a_dose_for_each_option_that_stands_first(words):
    answer = mmopts("report", *words, "--case", "K-17", "--json").json["suggest"]
    [first] = [line for line in answer["summary"] if line["kind"] == "first"]
    told = first["text"].partition(". Next:")[0]
    page = mmopts("report", *words, "--case", "K-17", "--format", "markdown").out.partition("## Appendix")[0]
    named = [o for o in answer["options"] if o["id"] in first["options"] and re.search(rf"\b{re.escape(o['id'])}\b", told)]
    assert named
    doses = [f"{d['drug']} {d['dose']}" for o in named for d in o["prescription"] if d["dose"]]
    assert [dose for dose in doses if plain(dose) not in plain(page)] == []


def test_marks_of_a_page_are_those_in_use():
    for words in (ASK, ("--prior", "none", "--transplant", "ineligible", "--age", "70", "--fit")):
        page = mmopts("report", *words, "--case", "K-17", "--format", "markdown").out.partition("## Appendix")[0]
        assert ("label open: a fact decides" in page) is bool(re.search(r"(US|EU) open", page))


def test_boxed_warnings_are_of_the_options_that_are_open_and_not_of_those_that_wait():
    warned = (blank(forms.Warned, drug="alpha", region="us", text="harm"),)
    waiting = option("AB", verdict="conditional", boxed_warnings=warned)
    first, _, appendix = shown(report(waiting)).partition("Appendix:")
    assert "harm" not in first
    assert "harm" in appendix
    assert "alpha: harm." in shown(report(waiting._replace(verdict="eligible"))).partition("Appendix:")[0]


def test_a_boxed_warning_that_was_recalled_bears_a_star():
    warned = (blank(forms.Warned, drug="alpha", region="us", text="harm: look", unread=True),)
    assert "alpha: harm*." in shown(report(option("AB", boxed_warnings=warned))).partition("Appendix:")[0]


def test_the_marks_of_the_first_page_are_explained():
    first = shown(report(option("AB", labels={"us": "unknown", "eu": "off-label"}))).partition("Appendix:")[0]
    marks = first[first.index("Marks:") :]
    assert "label open: a fact decides" in " ".join(marks.split())
    assert "* recalled, not read" in " ".join(marks.split())


def test_the_visits_of_an_option_stand_with_what_is_new_and_its_routes():
    burden = blank(forms.Burden, routes=("IV",), visits_first_28_days=4)
    first = shown(report(option("AB", for_this_patient="new", burden=burden))).partition("Appendix:")[0]
    assert "new; IV; visits/28 d 4" in " ".join(first.split())
    for nothing in (blank(forms.Burden), blank(forms.Burden, visits_first_28_days=0, visits_later_28_days=0)):
        none = shown(report(option("AB", for_this_patient="new", burden=nothing))).partition("Appendix:")[0]
        assert "visits/28 d" not in none.partition("Marks:")[0]


def test_alternatives_about_one_number_ask_for_the_number_once():
    row = blank(
        forms.LabelRow, holds="unknown", failing=("at most 1 prior line", "refractory to alpha", "2 or more prior lines")
    )
    one = option("AB", labels={"us": "unknown", "eu": "on-label"}, label_detail={"us": (row,)})
    text = shown(report(one))
    assert "US open: prior lines? refractory to alpha?" in text
    assert "prior lines? refractory to alpha? EU on label." in text.partition("Appendix")[2]
