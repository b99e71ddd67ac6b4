"""Every code is explained, in one place, and the page of codes is as the code has it."""

from __future__ import annotations

import docs
import pytest

from mmopts.codes import CODES, KINDS


@pytest.mark.slow
def test_every_code_that_the_program_gives_is_explained_and_no_other() -> None:
    used = docs.used_codes()
    explained = {row.code for row in CODES}
    assert {code: used[code] for code in used.keys() - explained} == {}
    assert explained - used.keys() == set()


@pytest.mark.slow
def test_the_search_for_codes_finds_those_that_are_passed_chosen_and_in_the_schema() -> None:
    assert {"duplicate-id", "missing-source", "unknown-class", "bad-doi", "unknown-trial"} <= docs.used_codes().keys()


def test_a_code_is_explained_once_in_full_and_in_a_section() -> None:
    assert len({row.code for row in CODES}) == len(CODES)
    assert [row for row in CODES if not all(row) or row.kind not in KINDS] == []


def test_the_page_of_codes_is_as_the_code_has_it() -> None:
    assert docs.PAGE.read_text("utf-8") == docs.page()
