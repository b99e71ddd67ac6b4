"""Verdicts and labels by region, product and day."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from typing import Any

import pytest
from asked import suggest
from conftest import Answer, find, verdict

from mmopts.assess.truths import Scope, judge, judge_worlds
from mmopts.knowledge.dates import reached, span
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Interval, Worlds

BASE: dict[str, Any] = {"prior": ["alpha", "beta"], "refractory": ["none"], "lines": 1}


@pytest.fixture(scope="session")
def invented(tiny: Knowledge) -> Callable[..., Answer]:
    return lambda name, **changes: find(suggest({**BASE, **changes}, tiny), name)


# --- dates --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2023-02", "2023-02-01", "2023-02-28"),
        ("2024-12", "2024-12-01", "2024-12-31"),
        ("2024-12-05", "2024-12-05", "2024-12-05"),
    ],
)
def test_a_date_means_the_days_it_may_be(text: str, first: str, last: str) -> None:
    assert span(text) == (first, last)


@pytest.mark.parametrize(
    "text", ["", "24", "2024-13", "2024-02-30", "2024-1-1", "2024-01-01T00", "today", "2024-", "2024-00"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"date|month|day"):
        span(text)


@pytest.mark.parametrize(
    ("text", "day", "expected"),
    [
        ("2024-04-05", "2024-04-04", False),
        ("2024-04-05", "2024-04-05", True),
        ("2024-04-05", "2024-04-06", True),
        ("2024-04", "2024-03-31", False),
        ("2024-04", "2024-04-01", None),
        ("2024-04", "2024-04-30", None),
        ("2024-04", "2024-05-01", True),
        ("2024", "2023-12-31", False),
        ("2024", "2024-06-01", None),
        ("2024", "2025-01-01", True),
    ],
)
def test_a_month_or_a_year_is_unknown_while_it_runs(text: str, day: str, expected: bool | None) -> None:
    assert reached(*span(text), day) is expected


@pytest.mark.parametrize(
    ("day", "label"),
    [
        ("2022-02-28", "off-label"),
        ("2022-03-01", "unknown"),
        ("2022-03-31", "unknown"),
        ("2022-04-01", "on-label"),
        ("2023-12-31", "on-label"),
        ("2024-01-01", "unknown"),
        ("2024-12-31", "unknown"),
        ("2025-01-01", "off-label"),
    ],
)
def test_a_label_is_unknown_in_the_month_it_began_and_the_year_it_ended(tiny: Knowledge, day: str, label: str) -> None:
    found = find(suggest({**BASE, "region": "us", "as_of": day}, tiny), "month")
    assert found["labels"]["us"] == label


def test_an_option_that_hangs_on_a_running_month_says_so(tiny: Knowledge) -> None:
    found = find(suggest({**BASE, "region": "us", "as_of": "2022-03-15"}, tiny), "month")
    assert found["verdict"] == "conditional"
    told = [entry["text"] for key in ("because", "cautions") for entry in found[key]] + [
        n["question"] for n in found["needs"]
    ]
    assert any("2022-03" in text for text in told), told


def test_the_day_asked_for_decides_what_is_in_force(kb: Knowledge) -> None:
    facts = Scope("us", "2024-04-05").facts(kb)
    assert facts["since:2024-04-05"] is True
    assert facts["counts:us"] is True
    assert facts["counts:eu"] is False


# --- regions and labels ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("region", "expected"), [("eu", "eligible"), ("any", "eligible"), ("us", "excluded")])
def test_a_label_of_another_region_does_not_count_towards_the_verdict(
    invented: Callable[..., Answer], region: str, expected: str
) -> None:
    found = invented("european", region=region)
    assert found.get("verdict", "excluded") == expected
    assert found["labels"] == {"us": "off-label", "eu": "on-label"}


def test_a_us_label_does_not_count_in_the_eu(invented: Callable[..., Answer]) -> None:
    assert "verdict" not in invented("grade-a", region="eu")
    assert invented("grade-a", region="us")["verdict"] == "eligible"


def test_a_trial_counts_in_every_region(invented: Callable[..., Answer]) -> None:
    for region in ("us", "eu", "any"):
        found = invented("off-label-b", region=region)
        assert (found["verdict"], found["labels"]) == ("eligible", {"us": "off-label", "eu": "off-label"})


def test_what_is_no_drug_has_no_label(invented: Callable[..., Answer]) -> None:
    found = invented("advice")
    assert found["drugs"] == []
    assert found["labels"] == {"us": "not-applicable", "eu": "not-applicable"}


@pytest.mark.slow
def test_a_label_takes_no_account_of_spent_drugs_or_prohibitions(invented: Callable[..., Answer]) -> None:
    spent = invented("grade-a", prior=["alpha", "delta"], refractory=["delta"])
    forbidden = invented("itchy", condition=["ache"])
    for found in (spent, forbidden):
        assert "verdict" not in found
        assert found["labels"]["us"] == "on-label"


def test_where_no_label_must_hold_an_upper_limit_and_progression_decide_the_label_alone(
    invented: Callable[..., Answer],
) -> None:
    for changes in ({"lines": 4}, {"progressed_on_last": None}):
        open_, decided = invented("relaxed", **changes), invented("decided", **changes)
        assert (open_["verdict"], open_["labels"]["us"]) == ("eligible", "off-label")
        assert "verdict" not in decided
        assert decided["labels"]["us"] == "off-label"


RELAXED = [
    "relaxed-below",  # lines: {min: 1, below: 4}
    "relaxed-not",  # not: {lines: {min: 4}}
    "relaxed-not-above",  # not: {lines: {above: 3}}
    "relaxed-at-least",  # at_least 2 of lines at most 3, beta
    "relaxed-is",  # a definition: lines 1 to 3
    "relaxed-in-any",  # at most 3, or kappa
]


@pytest.mark.parametrize("name", RELAXED)
def test_an_upper_limit_never_excludes_however_it_is_written(invented: Callable[..., Answer], name: str) -> None:
    within, beyond = invented(name, lines=3), invented(name, lines=4)
    assert (within["verdict"], within["labels"]["us"]) == ("eligible", "on-label")
    assert (beyond["verdict"], beyond["labels"]["us"]) == ("eligible", "off-label")
    assert "verdict" not in invented(name, lines=4, prior=["alpha"])  # what is no limit of lines still excludes


def test_a_lower_limit_excludes_however_it_is_written(invented: Callable[..., Answer]) -> None:
    assert invented("not-relaxed", lines=2)["verdict"] == "eligible"
    assert "verdict" not in invented("not-relaxed", lines=1)


@pytest.mark.parametrize("name", ["relaxed", *RELAXED])
def test_no_row_of_an_off_label_use_is_said_to_hold(invented: Callable[..., Answer], name: str) -> None:
    for changes in ({"lines": 4}, {"lines": {"min": 3}}, {"lines": 2, "progressed_on_last": None}):
        found = invented(name, **changes)
        said = {row["holds"] for row in found["label_detail"]["us"]}
        expected = {"on-label": "yes", "off-label": "no", "unknown": "unknown"}[found["labels"]["us"]]
        assert said == {expected}, changes
        for row in found["label_detail"]["us"]:
            assert bool(row["failing"]) == (row["holds"] != "yes")
            assert (row["status"] == "not-met") == (row["holds"] == "no")


def test_where_a_lower_limit_or_an_exposure_is_missing_both_are_excluded(invented: Callable[..., Answer]) -> None:
    for name in ("relaxed", "decided"):
        assert "verdict" not in invented(name, prior=["alpha"])


def test_a_pending_label_never_holds(invented: Callable[..., Answer]) -> None:
    found = invented("pending")
    assert "verdict" not in found
    assert found["labels"]["us"] == "off-label"
    assert any("pending" in b["text"] for b in found["because"])


# --- label detail: products, formulations, the failing condition ------------------------------------------------


def test_iv_and_sc_are_rows_of_their_own_and_say_what_fails(invented: Callable[..., Answer]) -> None:
    found = invented("two-forms", region="us")
    rows = {row["formulation"]: row for row in found["label_detail"]["us"]}
    assert rows["SC"]["holds"] == "yes"
    assert rows["IV"]["holds"] == "no"
    assert rows["IV"]["status"] == "not-met"
    assert rows["IV"]["failing"] == ["2 or more prior lines"]
    assert found["labels"]["us"] == "on-label"


def test_a_product_that_does_not_cover_the_patient_is_a_caution(invented: Callable[..., Answer]) -> None:
    texts = [c["text"] for c in invented("two-forms", region="us")["cautions"]]
    assert "US: P SC covers this; P IV needs 2 or more prior lines" in texts
    later = [c["text"] for c in invented("two-forms", region="us", lines=2)["cautions"]]
    assert not [t for t in later if "covers this" in t]


def test_only_subcutaneous_daratumumab_covers_pomalidomide_after_one_line(answer: Callable[..., Answer]) -> None:
    # US Darzalex Faspro: at least one line with lenalidomide and a PI; US Darzalex IV: at least two.
    given = {"prior": ["VRd"], "refractory": ["len"], "lines": 1, "region": "us"}
    found = find(answer(**given), "DPd")
    rows = {row["formulation"]: row["holds"] for row in found["label_detail"]["us"]}
    assert rows == {"IV": "no", "SC": "yes"}
    assert found["labels"]["us"] == "on-label"
    assert any("SC covers this" in c["text"] and "IV needs 2 or more" in c["text"] for c in found["cautions"])
    twice = find(answer(**{**given, "lines": 2}), "DPd")
    assert {row["holds"] for row in twice["label_detail"]["us"]} == {"yes"}


def test_products_of_a_region_not_asked_for_give_no_caution(answer: Callable[..., Answer]) -> None:
    given = {"prior": ["VRd"], "refractory": ["len"], "lines": 1}
    told = {
        region: [c["text"] for c in find(answer(**given, region=region), "DPd")["cautions"]]
        for region in ("us", "eu", "any")
    }
    assert any(text.startswith("US: Darzalex") for text in told["us"])
    assert any(text.startswith("US: Darzalex") for text in told["any"])
    assert not any(text.startswith("US: Darzalex") for text in told["eu"])


def test_an_accelerated_approval_is_named_as_such(answer: Callable[..., Answer]) -> None:
    found = answer(prior=["VRd", "dara", "Kd", "pom"], refractory=["len", "dara", "pom", "carf"], lines=4, region="us")
    assert {row["status"] for row in find(found, "Linvo")["label_detail"]["us"]} == {"accelerated"}
    assert any("accelerated" in b["text"] for b in find(found, "Linvo")["because"])


@pytest.mark.parametrize(
    ("name", "in_2019"),
    [
        ("DRd", True),
        ("DVd", True),
        ("Kd", True),
        ("DPd", True),
        ("IRd", True),
        ("ERd", True),
        ("PanoVd", True),
        ("DKd", False),
        ("Isa-Pd", False),
        ("BVd", False),
        ("cilta-cel", False),
        ("ide-cel", False),
        ("Tec", False),
        ("Tec-D", False),
        ("SVd", False),
        ("IberDd", False),
        ("Linvo", False),
        ("Tal", False),
    ],
)
def test_the_answer_of_the_first_of_september_2019(answer: Callable[..., Answer], name: str, in_2019: bool) -> None:
    found = answer(prior=["VRd"], refractory=["none"], lines=3, region="us", as_of="2019-09-01")
    assert found["question"]["as_of"] == "2019-09-01"
    assert (find(found, name)["labels"]["us"] == "on-label") is in_2019


def test_a_positive_phase_3_that_the_patient_fits_opens_what_else_only_a_label_would(
    invented: Callable[..., Answer],
) -> None:
    found = invented("decided-by-trial")
    assert (found["verdict"], found["labels"]["us"]) == ("eligible", "off-label")
    assert "verdict" not in invented("decided-by-trial", prior=["alpha"])
    assert "verdict" not in invented("alerted-decided")  # a survival alert opens nothing


@pytest.mark.parametrize(
    ("day", "expected"), [("2020-05-31", None), ("2020-06-15", "conditional"), ("2020-07-01", "eligible")]
)
def test_a_trial_opens_from_its_first_report(invented: Callable[..., Answer], day: str, expected: str | None) -> None:
    assert invented("decided-by-trial", as_of=day).get("verdict") == expected


def test_a_row_whose_date_has_not_come_is_told_as_such(invented: Callable[..., Answer]) -> None:
    found = invented("grade-a", as_of="2019-12-31")
    assert "verdict" not in found
    assert [b["text"] for b in found["because"]] == ["US label (P): not in force on that day"]


def test_a_state_lifts_the_rules_that_it_names(invented: Callable[..., Answer]) -> None:
    assert "verdict" not in invented("sheltered", condition=["ache"])
    assert invented("sheltered", condition=["ache", "storm"])["verdict"] == "eligible"


def test_many_patients_at_once_get_all_three_verdicts(tiny: Knowledge) -> None:
    facts: list[dict[str, Any]] = [
        {"setting": frozenset({"relapsed"}), "lines": Interval(1, 1), **dict.fromkeys(blocked(tiny), False)},
        {"setting": frozenset({"smoldering"})},
        {"setting": frozenset({"relapsed"})},
    ]
    truths = judge_worlds(tiny, Worlds.of(facts), Scope("any", "2026-01-15"))
    words = {name: [truths.verdict(regimen, world) for world in range(3)] for name, regimen in tiny.regimens.items()}
    assert words["grade-a"] == ["eligible", "excluded", "conditional"]
    assert words["watch"] == ["excluded", "eligible", "excluded"]


def blocked(kb: Knowledge) -> list[str]:
    """What would make a drug of grade-a spent."""
    return [f"{fact}:{drug}" for fact in ("refractory", "intolerant") for drug in kb.regimens["grade-a"].drugs]


def test_world_zero_is_the_patient_and_the_others_are_changes(kb: Knowledge) -> None:
    facts = {"setting": frozenset({"relapsed"})}
    judged = judge(kb, facts, Scope("any", "2026-06-01"), [{"setting": frozenset({"maintenance"})}, {"setting": None}])
    regimen = kb.regimens["no-maintenance"]
    assert [judged.verdict(regimen, w) for w in range(3)] == ["excluded", "eligible", "conditional"]


def test_refractory_disease_excludes_every_regimen_with_the_drug(answer: Callable[..., Answer]) -> None:
    found = answer(prior=["VRd", "dara"], refractory=["btz", "len", "dara"], lines=2, cytogenetics=["t(11;14)"])
    spent = {"bortezomib", "lenalidomide", "daratumumab", "isatuximab", "thalidomide"}
    salvage = {option["id"] for option in found["options"] if spent & set(option["drugs"])}
    # PACE-type salvage is the exception: its other drugs do the work, and it says what is spent.
    assert salvage == {"mCBAD"}
    assert any("refractory to bortezomib" in c["text"] for c in find(found, "mCBAD")["cautions"])


def test_steroids_are_never_spent(answer: Callable[..., Answer]) -> None:
    assert verdict(answer(prior=["VRd"], refractory=["dex"], lines=1), "DKd") == "eligible"
    assert verdict(answer(prior=["VRd"], intolerant=["dex"], lines=1), "DKd") == "excluded"


@pytest.mark.parametrize("year", [2023, 2024])
@pytest.mark.parametrize("month", range(1, 13))
def test_a_month_is_all_of_its_days_and_a_year_all_of_its_months(year: int, month: int) -> None:
    days = monthrange(year, month)[1]
    assert span(f"{year}-{month:02}") == (f"{year}-{month:02}-01", f"{year}-{month:02}-{days}")
    assert span(f"{year}-{month:02}-05") == (f"{year}-{month:02}-05",) * 2
    assert span(str(year)) == (f"{year}-01-01", f"{year}-12-31")
