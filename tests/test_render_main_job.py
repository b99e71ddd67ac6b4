"""The main job on one screen, with the built-in knowledge base."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from mmopts import load
from mmopts.answers.patient import About
from mmopts.assess.assessment import assess_given
from mmopts.render import rendered


@pytest.fixture(scope="module")
def answer():
    return About(assess_given({"prior": ["len", "btz"], "fitness": "frail"}, load())).suggest()


def test_the_main_job_fits_40_lines_at_100_columns(answer):
    lines = rendered(answer, "terminal", width=100).splitlines()
    assert len(lines) <= 40
    assert max(map(cell_len, lines)) <= 100


def test_every_preferred_and_alternative_option_is_on_the_first_screen(answer):
    shown = rendered(answer, "terminal", width=100)
    for option in answer.options:
        if option.tier in ("preferred", "alternative") and not option.historical:
            assert option.id in shown


def test_every_caution_for_this_patient_is_whole_on_the_first_screen(answer):
    shown = " ".join(rendered(answer, "terminal", width=100).split())
    for option in answer.options:
        if option.verdict == "eligible" and option.tier in ("preferred", "alternative") and not option.historical:
            assert all(c.text in shown for c in option.cautions if not c.always)
