"""Each step of the tier rules on invented drugs, worked out by hand; then on the real ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import Answer, find

import mmopts
from mmopts.knowledge.model import Knowledge

BASE: dict[str, Any] = {"prior": ["alpha", "beta"], "refractory": ["none"], "lines": 1, "fitness": "fit", "region": "us"}


@pytest.fixture(scope="session")
def tier(tiny: Knowledge) -> Callable[..., str]:
    """The tier of an invented regimen, for the base patient with changes."""
    return lambda name, **changes: str(find(mmopts.suggest({**BASE, **changes}, tiny), name)["tier"])


@pytest.fixture(scope="session")
def row(tiny: Knowledge) -> Callable[..., Answer]:
    """The whole option."""
    return lambda name, **changes: find(mmopts.suggest({**BASE, **changes}, tiny), name)


@pytest.mark.parametrize(
    ("name", "grade", "expected"),
    [
        ("grade-a", "A", "preferred"),  # phase 3, PFS won, OS upper limit 0.99
        ("grade-b", "B", "preferred"),  # PFS upper limit 0.89; OS upper limit 1.0 is not below 1
        ("grade-c-weak-win", "C", "alternative"),  # PFS upper limit 0.90 is not below 0.90
        ("no-win", "C", "alternative"),  # PFS upper limit 1.0: no win
        ("phase-two", "C", "alternative"),  # a win, but phase 2
        ("recalled", "C", "alternative"),  # its figures were not read, so they give no B
        ("retrospective", "D", "other"),
        ("practice", "D", "other"),  # label only
        ("guided", "D", "alternative"),  # D with a guideline row that was read
        ("hearsay-guided", "D", "other"),  # D with one that was not read
        ("warned-against", "D", "other"),  # D with one that advises against
        ("off-label-b", "B", "alternative"),
        ("off-label-c", "C", "other"),
        ("off-label-guided", "D", "alternative"),
        ("unapproved", "B", "investigational"),
        ("advice", "D", "preferred"),
    ],
)
def test_grade_and_label_give_the_tier(row: Callable[..., Answer], name: str, grade: str, expected: str) -> None:
    found = row(name)
    assert (found["grade"], found["tier"]) == (grade, expected)


@pytest.mark.parametrize(
    ("name", "changes", "grade"),
    [
        ("late-arm", {"prior": ["alpha", "beta", "gamma"], "lines": 3}, "B"),
        ("late-arm", {"prior": ["alpha", "beta", "gamma"], "lines": 2}, "C"),
        ("late-arm", {"lines": 3}, "C"),
        ("small-arm", {"prior": ["alpha", "beta", "gamma"], "lines": 3}, "C"),
        ("dull-arm", {"prior": ["alpha", "beta", "gamma"], "lines": 3}, "C"),
    ],
)
def test_a_large_single_arm_counts_more_late_and_only_then(
    row: Callable[..., Answer], name: str, changes: dict[str, Any], grade: str
) -> None:
    assert row(name, **changes)["grade"] == grade


@pytest.mark.parametrize(
    ("name", "changes", "grade", "expected"),
    [
        ("early-lines", {"lines": 3}, "B", "preferred"),
        ("early-lines", {"lines": 4}, "C", "alternative"),
        ("early-lines", {"lines": 1}, "C", "alternative"),
        ("early-lines", {"lines": {"min": 1, "max": 4}}, "B", "preferred"),  # lines that were not said do not lower it
        ("alpha-failed", {"refractory": ["alpha"]}, "B", "preferred"),
        ("alpha-failed", {}, "C", "alternative"),
        ("alpha-failed", {"refractory": None}, "C", "alternative"),
    ],
)
def test_outside_the_trials_population_or_perhaps_outside_it_counts_a_grade_less(
    row: Callable[..., Answer], name: str, changes: dict[str, Any], grade: str, expected: str
) -> None:
    found = row(name, **changes)
    assert (found["grade"], found["tier"]) == (grade, expected)


def test_an_unknown_criterion_says_what_would_raise_the_grade(row: Callable[..., Answer]) -> None:
    assert "B if ALPHA-FAILED's entry criteria are met" in row("alpha-failed", refractory=None)["tier_because"]


@pytest.mark.parametrize(
    ("changes", "grade"), [({"refractory": ["none"]}, "B"), ({"refractory": ["beta"]}, "C"), ({"refractory": None}, "C")]
)
def test_a_subgroup_shown_weak_is_c_for_those_in_it_or_perhaps_in_it(
    row: Callable[..., Answer], changes: dict[str, Any], grade: str
) -> None:
    assert row("weak-in-beta", **changes)["grade"] == grade


def test_a_doublet_is_one_tier_down_but_not_for_the_frail(tier: Callable[..., str]) -> None:
    assert tier("doublet") == "alternative"
    assert tier("doublet", fitness=None) == "alternative"
    assert tier("doublet", fitness="frail") == "preferred"
    assert tier("doublet-c") == "other"
    assert tier("doublet-c", fitness="frail") == "alternative"


def test_a_beaten_control_is_one_tier_down_while_its_winner_is_open_and_on_label(tier: Callable[..., str]) -> None:
    assert tier("winner") == "preferred"
    assert tier("loser") == "alternative"
    assert tier("loser", prior=["alpha", "epsilon"], refractory=["epsilon"]) == "preferred"


def test_a_winner_that_is_off_label_beats_nobody(tier: Callable[..., str]) -> None:
    assert tier("off-label-winner") == "alternative"
    assert tier("unbeaten") == "preferred"


def test_the_winner_is_named(row: Callable[..., Answer]) -> None:
    assert "beaten by winner (WINNER)" in row("loser")["tier_because"]


def test_for_the_frail_a_high_intensity_winner_beats_nobody(tier: Callable[..., str]) -> None:
    assert tier("light-loser") == "alternative"
    assert tier("light-loser", fitness="frail") == "preferred"


def test_for_the_frail_high_intensity_is_one_tier_down(tier: Callable[..., str]) -> None:
    assert tier("heavy-winner") == "preferred"
    assert tier("heavy-winner", fitness="frail") == "alternative"


@pytest.mark.parametrize("name", ["missed", "os-worse", "alerted", "withdrawn"])
def test_a_missed_endpoint_worse_survival_an_alert_or_a_withdrawal_cap_at_other(tier: Callable[..., str], name: str) -> None:
    assert tier(name) == "other"


def test_survival_short_of_the_limit_does_not_cap(tier: Callable[..., str]) -> None:
    assert tier("os-nearly-worse") == "preferred"


def test_before_its_withdrawal_a_label_counts(row: Callable[..., Answer]) -> None:
    found = row("withdrawn", as_of="2022-01-01")
    assert (found["labels"]["us"], found["tier"]) == ("on-label", "preferred")


def test_a_caution_that_lowers_the_tier_does_so_where_it_holds(tier: Callable[..., str]) -> None:
    assert tier("worn") == "preferred"
    assert tier("worn", refractory=["alpha"]) == "alternative"


def test_every_step_is_told(row: Callable[..., Answer]) -> None:
    told = row("worn", refractory=["alpha"])["tier_because"]
    assert told.startswith("B: WORN, PFS HR 0.5")
    assert "worn: alternative" in told


def places(found: Answer, *names: str) -> list[str]:
    return [o["id"] for o in found["options"] if o["id"] in names]


def test_cells_before_engagers_before_conjugates_unless_the_relapse_is_rapid(tiny: Knowledge) -> None:
    names = ("cells", "engager", "conjugate")
    assert places(mmopts.suggest(BASE, tiny), *names) == ["cells", "engager", "conjugate"]
    assert places(mmopts.suggest({**BASE, "relapse": "rapid"}, tiny), *names) == ["engager", "cells", "conjugate"]


def test_after_progression_on_a_target_the_other_target_comes_first(tiny: Knowledge) -> None:
    after = {**BASE, "prior": ["alpha", "beta", "theta"], "refractory": ["theta"]}
    assert places(mmopts.suggest(after, tiny), "cells", "engager", "other-engager")[0] == "other-engager"


def test_within_a_tier_grade_orders_and_for_the_frail_intensity_first(tiny: Knowledge) -> None:
    found = mmopts.suggest(BASE, tiny)
    assert places(found, "grade-b", "grade-a") == ["grade-a", "grade-b"]
    assert places(found, "grade-c-weak-win", "off-label-b") == ["off-label-b", "grade-c-weak-win"]
    frail = mmopts.suggest({**BASE, "fitness": "frail"}, tiny)
    assert places(frail, "doublet-c", "off-label-b", "heavy-winner") == ["doublet-c", "off-label-b", "heavy-winner"]


def test_eligible_options_come_before_conditional_ones_of_their_tier_and_tiers_in_order(tiny: Knowledge) -> None:
    order = ["preferred", "alternative", "other", "investigational"]
    for given in (BASE, {**BASE, "refractory": None}, {**BASE, "fitness": "frail", "lines": None}):
        keys = [(order.index(o["tier"]), o["verdict"] == "conditional") for o in mmopts.suggest(given, tiny)["options"]]
        assert keys == sorted(keys)


# --- the real knowledge base ---------------------------------------------------------------------------

SECOND_LINE: dict[str, Any] = {"prior": ["VRd"], "refractory": ["len"], "lines": 1, "fitness": "fit"}


def test_controls_that_lost_are_below_what_beat_them(answer: Callable[..., Answer]) -> None:
    found = answer(**SECOND_LINE)
    tiers = {o["id"]: o["tier"] for o in found["options"]}
    order = ["preferred", "alternative", "other", "investigational"]
    for winner, loser in (("DKd", "Kd"), ("Isa-Kd", "Kd"), ("BVd", "DVd")):
        assert order.index(tiers[winner]) < order.index(tiers[loser]), (winner, loser)


def test_daratumumab_bortezomib_is_weak_after_lenalidomide_failed(answer: Callable[..., Answer]) -> None:
    assert find(answer(**SECOND_LINE), "DVd")["tier"] != "preferred"
    assert find(answer(**SECOND_LINE), "DVd")["grade"] >= "C"
    assert find(answer(**{**SECOND_LINE, "refractory": ["none"]}), "DVd")["grade"] < "C"


def test_venetoclax_never_rises_above_other(answer: Callable[..., Answer]) -> None:
    found = answer(**SECOND_LINE, cytogenetics=["t(11;14)"])
    assert find(found, "Ven-Vd")["tier"] == "other"
