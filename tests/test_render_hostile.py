"""Texts of a knowledge base and of a patient file: none can steer a terminal, break a page or run in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser

import pytest
from conftest import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from render_examples import caution, full, option, suggest

from mmopts.answers import forms
from mmopts.answers.kinds import ANSWERS
from mmopts.render import FORMATS, rendered

ALL = frozenset({"all", "why_not"})
TAGS = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "ul", "li", "table", "caption", "thead", "tbody",
        "tr", "th", "td", "div", "span", "strong", "code", "colgroup", "col", "a", "section", "h3", "h4", "footer", "svg",
        "path", "text"}  # fmt: skip


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.words: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.links += [value for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data):
        self.words.append(data)


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(ANSWERS))
@given(text=st.text(max_size=40))
@settings(max_examples=examples(8), deadline=None)
def test_no_text_sends_a_control_character(kind, text):
    answer = full(ANSWERS[kind], text)
    for fmt in FORMATS:
        assert all(c.isprintable() or c == "\n" for c in rendered(answer, fmt, ALL, 80, colour=False))


@pytest.mark.parametrize("kind", list(ANSWERS))
@given(text=st.text("<>&\"'/=[]() abc", max_size=40))
@settings(max_examples=examples(8), deadline=None)
def test_no_text_makes_a_tag_or_a_link_of_its_own(kind, text):
    page = Page()
    page.feed(rendered(full(ANSWERS[kind], text), "html", ALL))
    assert page.seen <= TAGS
    assert all(link.startswith(("https://", "#ref-")) for link in page.links)


@pytest.mark.parametrize("kind", list(ANSWERS))
def test_a_page_asks_for_nothing_from_elsewhere(kind):
    page = rendered(full(ANSWERS[kind]), "html", ALL)
    assert not re.search(r"<(script|link|img|iframe)|@import|url\(", page)


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("kind", list(ANSWERS))
def test_brackets_are_only_brackets(kind, colour):
    text = "amount [iv] 16 mg/kg [/ref]"
    out = re.sub(r"\x1b\[[0-9;]*m", "", rendered(full(ANSWERS[kind], text), "terminal", ALL, 400, colour))
    assert "[iv]" in out
    assert "[/ref]" in out


def test_a_text_with_a_newline_stays_on_its_line_of_csv():
    rows = list(csv.reader(io.StringIO(rendered(suggest(options=(option("A\nB"),)), "csv"))))
    assert [len(row) for row in rows] == [len(rows[0])] * 2
    assert "A B" in rows[1]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+2", "@SUM(A1)", " =1+1", "\t=1+1"])
@pytest.mark.parametrize("kind", list(ANSWERS))
def test_no_formula_runs_in_a_spreadsheet(kind, text):
    for row in csv.reader(io.StringIO(rendered(full(ANSWERS[kind], text, likely=False), "csv"))):
        assert not [cell for cell in row if cell.lstrip()[:1] in ("=", "+", "-", "@") and cell.strip()]


def test_markdown_shows_its_own_signs_as_text():
    answer = suggest(options=(option("X", cautions=(caution("*a* | <b> [c](d)"),)),))
    assert r"\*a\* \| \<b\> \[c\](d)" in rendered(answer, "markdown")


def test_a_row_of_markdown_keeps_its_columns():
    answer = suggest(options=(option("X", cautions=(caution("a | b"), caution("c"))), option("Y")))
    rows = [line for line in rendered(answer, "markdown").splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1


def test_a_page_is_legible_in_the_dark_and_keeps_intervals_whole():
    page = rendered(full(forms.Suggest), "html", ALL)
    assert "prefers-color-scheme:dark" in page
    assert ".figure{white-space:nowrap}" in page
    assert "break-inside:avoid" in page


@pytest.mark.parametrize("kind", list(ANSWERS))
def test_every_tag_of_a_page_is_closed_where_it_was_opened(kind):
    void, open_tags = {"meta", "br", "col"}, []

    class Balance(HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag not in void:
                open_tags.append(tag)

        def handle_endtag(self, tag):
            assert open_tags.pop() == tag

    Balance().feed(rendered(full(ANSWERS[kind]), "html", ALL))
    assert open_tags == []
