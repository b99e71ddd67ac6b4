"""The screens: order, widths, what is folded, what a pipe gets, and text that cannot steer a terminal."""

from __future__ import annotations

import csv
import io
import json
import re
from copy import deepcopy
from html.parser import HTMLParser

import pytest
from cli_runner import ASK, child, mmopts
from hypothesis import given
from hypothesis import strategies as st

from mmopts.render.csvout import csv_text
from mmopts.render.html import html_text
from mmopts.render.layout import plain_text
from mmopts.render.markdown import markdown_text
from mmopts.render.phrases import answer_words, merged_answers, quoted, short_question
from mmopts.render.table import terminal_text

NONE: frozenset[str] = frozenset()
ALL = frozenset({"all", "why_not"})
EVERY = [
    ["suggest", *ASK],
    ["suggest", *ASK, "--all", "--why-not"],
    ["ask", *ASK],
    ["explain", "DKd", *ASK],
    ["explain", "Rd", "--prior", "len", "--refractory", "len"],
    ["show", "DKd"],
    ["compare", "DKd", "Isa-Kd", "PVd"],
    ["list"],
    ["drugs"],
    ["drugs", "len"],
    ["sources"],
    ["guidance"],
    ["guidance", "PDQ"],
    ["frailty", "--age", "82"],
    ["risk", "--b2m", "4"],
    ["kb", "check"],
]


ENVELOPE = mmopts("suggest", *ASK, "--json").json


@pytest.fixture(scope="module")
def envelope():
    return ENVELOPE


@pytest.mark.parametrize("width", [80, 100, 140])
@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_no_line_is_wider_than_the_terminal(words, width):
    out = mmopts(*words, terminal=True, width=width).out
    commands = ("Next: mmopts ", "      mmopts ")  # whole, so that they can be copied
    assert max(len(line) for line in out.splitlines() if not line.startswith(commands)) <= width


@pytest.mark.parametrize("width", [1, 10, 20, 40])
def test_narrow_terminal_is_survived(width):
    assert mmopts("suggest", *ASK, terminal=True, width=width).code == 0


def test_screen_has_its_parts_in_the_order_of_the_consultation():
    out = mmopts("suggest", *ASK, terminal=True, width=100).out
    parts = [
        "Relapsed; received bortezomib, lenalidomide; refractory to: not said; 1 or more prior lines;",
        "Assumed: ",
        "Ask first",
        "1. Refractory to lenalidomide?",
        "Eligible, preferred",
        "Eligible, alternative",
        "Depends on an answer",
        "Ruled out",
        "Supportive care",
        "Sources",
        "Knowledge base",
        "Next: mmopts explain",
    ]
    places = [out.index(part) for part in parts]
    assert places == sorted(places)


def test_pivot_says_in_one_sentence_what_each_answer_opens():
    out = mmopts("suggest", *ASK, terminal=True, width=140).out
    (pivot,) = [line for line in out.splitlines() if line.startswith("Refractory to lenalidomide? ")]
    assert re.fullmatch(r"Refractory to lenalidomide\? (yes|no): .+ opens?; (yes|no): .+(opens?|closes \d+)\.", pivot)


def test_other_tiers_are_folded_until_asked_for():
    folded, opened = (mmopts("suggest", *ASK, *more).out for more in ((), ("--all",)))
    assert "Eligible, other" not in folded
    assert "--all shows them" in folded
    assert "Eligible, other" in opened
    assert "--all shows them" not in opened


def test_why_not_lists_reasons_and_what_would_change_them():
    out = mmopts("suggest", *ASK, "--why-not").out
    assert re.search(r"^ide-cel +.*needs.*anti-CD38", out, re.MULTILINE)
    assert "--why-not says why" not in out


def test_supportive_care_takes_about_ten_lines():
    out = mmopts("suggest", *ASK).out
    care = out[out.index("Supportive care") : out.index("\nSources")].splitlines()
    assert 5 <= len(care) <= 13


def test_next_commands_put_the_same_question_again(envelope):
    out = mmopts("suggest", *ASK, "--cytogenetics", "t(4;14)", "--no-prior-asct", "--strict", "--region", "us").out
    (line,) = [line for line in out.splitlines() if line.startswith("Next: ")]
    options = "--prior bortezomib,lenalidomide --frail --no-prior-asct --cytogenetics 't(4;14)' --region us --strict"
    assert line.startswith("Next: mmopts explain ")
    assert line.endswith(options)


def test_piped_screen_is_whole_and_plain(envelope):
    out = child("suggest", *ASK, TERM="xterm-256color").out
    assert out == mmopts("suggest", *ASK).out
    assert "\x1b" not in out
    assert "…" not in out
    for option in envelope["options"]:
        if option["tier"] == "preferred" and option["verdict"] == "eligible":
            (line,) = [line for line in out.splitlines() if line.startswith(f"{option['id']} ")]
            assert (
                option["cautions"][0]["text"] in line
                or option["cautions"][-1]["text"] in line
                or len(option["cautions"]) > 2
            )


def test_colour_adds_nothing_but_colour():
    bare, coloured = (mmopts("suggest", *ASK, terminal=True, width=100, colour=colour).out for colour in (False, True))
    assert "\x1b" not in bare
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == bare
    assert coloured != bare


def test_json_on_a_terminal_is_indented_and_in_a_pipe_one_line():
    assert mmopts("suggest", *ASK, "--json", terminal=True).out.startswith('{\n  "schema"')
    assert mmopts("suggest", *ASK, "--json").out.count("\n") == 1


def test_every_renderer_works_from_json_alone(envelope):
    again = json.loads(json.dumps(envelope))
    assert plain_text(again, NONE) == mmopts("suggest", *ASK).out
    assert markdown_text(again, NONE) == mmopts("suggest", *ASK, "--format", "markdown").out
    assert html_text(again, NONE) == mmopts("suggest", *ASK, "--format", "html").out
    assert csv_text(again) == mmopts("suggest", *ASK, "--format", "csv").out


def test_csv_has_a_row_for_every_regimen(envelope):
    rows = list(csv.DictReader(io.StringIO(csv_text(envelope))))
    assert [r["id"] for r in rows] == [e["id"] for e in (*envelope["options"], *envelope["excluded"])]
    assert {r["verdict"] for r in rows} == {"eligible", "conditional", "excluded"}


def test_figures_that_were_not_read_are_marked(envelope):
    option = deepcopy(next(o for o in envelope["options"] if o["verdict"] == "eligible" and o["evidence"]))
    option["evidence"] = [{"trial": "T", "grade": "B", "pfs": {"hr": 0.5, "ci": [0.4, 0.6]}, "unread": ["pfs"]}]
    out = plain_text({**envelope, "options": [option]}, NONE)
    assert "HR 0.50 (0.40-0.60)* T" in out


# --- hostile text ----------------------------------------------------------------------------------


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen = set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)


def poisoned(envelope, text):
    """The answer with one text in every place that holds words."""
    out = deepcopy(envelope)
    option = next(o for o in out["options"] if o["verdict"] == "eligible")
    option.update(id=text, name=text, for_this_patient=text, tier="preferred")
    option["cautions"] = [{"text": text, "source": "s", "strength": "label", "id": "x", "always": False, "unread": False}]
    option["evidence"] = [{"trial": text, "grade": "A", "pfs": {"hr": 0.5, "ci": [0.4, 0.6]}, "unread": []}]
    out["options"] = [option]
    out["warnings"] = [{"code": "x", "text": text, "fact": None, "option": None}]
    out["assumptions"] = [{"code": "x", "text": text, "fact": None, "option": None}]
    out["supportive_care"] = [{"topic": text, "text": text, "for": option["drugs"], "source": "s", "unread": False}]
    out["excluded"] = [
        {
            **out["excluded"][0],
            "other_setting": False,
            "id": text,
            "because": [{"text": text, "source": None}],
            "flips": [{"text": text}],
        }
    ]
    out["next_questions"] = [
        {
            "fact": "x",
            "question": text,
            "option": text,
            "settles": 1,
            "settles_at_least": 1,
            "of": 1,
            "answers": [{"answer": text, "opens": [text], "closes": []}, {"answer": "no", "opens": [], "closes": [text]}],
        }
    ]
    out["notice"] = text
    return out


@given(st.text(max_size=60))
def test_no_text_can_steer_a_terminal_or_break_a_page(text):
    answer = poisoned(ENVELOPE, text)
    for out in (
        terminal_text(answer, ALL, 80, False),
        plain_text(answer, ALL),
        csv_text(answer),
        markdown_text(answer, ALL),
        html_text(answer, ALL),
    ):
        assert all(c.isprintable() or c == "\n" for c in out)
    tags = Tags()
    tags.feed(html_text(answer, ALL))
    assert tags.seen <= {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h1",
        "h2",
        "p",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }


ENVELOPE = mmopts("suggest", *ASK, "--json").json


def test_brackets_survive_in_colour():
    out = terminal_text(poisoned(ENVELOPE, "dara [iv] 16 mg/kg [/ref]"), ALL, 140, True)
    assert "dara [iv] 16 mg/kg [/ref]" in out


def test_formulas_do_not_run_in_a_spreadsheet():
    rows = list(csv.DictReader(io.StringIO(csv_text(poisoned(ENVELOPE, "=1+1")))))
    assert rows[0]["id"] == "'=1+1"


def test_markdown_shows_its_own_signs_as_text():
    out = markdown_text(poisoned(ENVELOPE, "*a* | <b> [c](d)"), NONE)
    assert r"\*a\* \| \<b\> \[c\](d)" in out


# --- parts -----------------------------------------------------------------------------------------


@given(st.text(alphabet="ab  xyz", min_size=1, max_size=200), st.integers(20, 60))
def test_wrapping_a_paragraph_keeps_every_letter_and_the_width(text, width):
    patient = {**ENVELOPE["patient"], "prior": None, "refractory": None}
    marked = {**ENVELOPE, "patient": patient, "assumptions": [], "warnings": [{"code": "x", "text": f"<{text}>"}]}
    out = terminal_text(marked, NONE, width, colour=False)
    said = out[out.index("Warning:") : out.index(">") + 1]
    assert all(len(line) <= width for line in said.splitlines())
    assert "".join(said.split()) == "Warning:" + "".join(f"<{text}>".split())


def test_short_question_keeps_the_brackets_of_a_name():
    assert short_question("Heart failure (NYHA III-IV or LVEF under 40%)?") == "Heart failure?"
    assert short_question("Translocation t(11;14)?") == "Translocation t(11;14)?"


def test_neighbouring_answers_that_do_the_same_are_drawn_together():
    answers = [
        {"answer": "1", "opens": [], "closes": ["A"]},
        {"answer": "2", "opens": ["A"], "closes": []},
        {"answer": "3 to 6", "opens": ["A"], "closes": []},
        {"answer": "7 to 30", "opens": ["A"], "closes": []},
    ]
    assert merged_answers(answers) == [("1", [], ["A"]), ("2 or more", ["A"], [])]
    assert answer_words({"answers": answers}, "A") == "2 or more"
    assert answer_words({"answers": answers[:3]}, "A") == "2 or more"


def test_words_are_quoted_as_a_shell_needs_them():
    assert [quoted(w) for w in ("len,btz", "t(4;14)", "it's")] == ["len,btz", "'t(4;14)'", "'it'\\''s'"]
