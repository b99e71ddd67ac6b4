"""Rules of one region's label, on invented drugs: what they forbid, cap and lower there, and what they say elsewhere."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from asked import suggest
from conftest import HERE, authored, compiled, find

import mmopts
from mmopts.knowledge.layers import Layer
from mmopts.knowledge.records import Knowledge
from mmopts.review.check import check

BASE: dict[str, Any] = {"prior": ["alpha", "beta"], "refractory": ["none"], "lines": 1, "fitness": "fit"}
SAYS = "EU label: no delta with an itch"


def ruled(**rule: Any) -> Knowledge:
    """The invented data with a regimen on label everywhere, and a rule on its drug in those with an itch."""
    raw = deepcopy(authored(HERE / "tiny.yaml"))
    label = {"setting": "relapsed", "product": "P", "since": "2020-01-01", "source": "s", "when": {}}
    rows = [{**label, "basis": "us-label"}, {**label, "basis": "eu-label"}]
    raw["regimens"].append({"id": "added", "drugs": ["delta", "gamma"], "intensity": "standard", "indications": rows})
    own = {"id": "delta-itch", "strength": "label", "when": {"condition": "itch"}, "text": "no delta with an itch"}
    raw["rules"].append({**own, "for": {"drugs": ["delta"]}, "source": "s", **rule})
    return compiled(raw)


def told(kb: Knowledge, region: str, itch: bool = True) -> dict[str, Any]:
    """What is said of the added regimen."""
    condition = {"condition": ["itch"]} if itch else {"condition": ["no-itch"]}
    return find(suggest({**BASE, **condition, "region": region}, kb), "added")


def said(row: dict[str, Any]) -> list[str]:
    """Its cautions."""
    return [c["text"] for c in row["cautions"]]


@pytest.fixture(scope="module")
def forbids() -> Knowledge:
    """The EU label forbids it."""
    return ruled(effect="avoid", region="eu")


def test_a_contraindication_of_one_label_excludes_where_that_label_alone_counts(forbids: Knowledge) -> None:
    row = told(forbids, "eu")
    assert "verdict" not in row
    assert row["reason"] == SAYS


@pytest.mark.parametrize("region", ["us", "any"])
def test_where_another_label_counts_it_is_a_caution_that_names_its_label(forbids: Knowledge, region: str) -> None:
    row = told(forbids, region)
    assert row["verdict"] == "eligible"
    assert said(row).count(SAYS) == 1


@pytest.mark.parametrize("region", ["us", "eu", "any"])
def test_without_the_condition_nothing_is_said(forbids: Knowledge, region: str) -> None:
    row = told(forbids, region, itch=False)
    assert row["verdict"] == "eligible"
    assert SAYS not in said(row)


def test_while_the_condition_is_open_the_verdict_hangs_on_it_in_that_region_alone(forbids: Knowledge) -> None:
    asked = {**BASE, "strict": True, "crcl": 90, "neuropathy": 0, "intolerant": ["none"]}
    by_region = {r: find(suggest({**asked, "region": r}, forbids), "added")["needs"] for r in ("eu", "us")}
    assert "condition:itch" in [n["fact"] for n in by_region["eu"]]
    assert "condition:itch" not in [n["fact"] for n in by_region["us"]]


def test_what_would_open_it_is_the_patients_fact_and_not_the_question(forbids: Knowledge) -> None:
    found = mmopts.explain("added", {**BASE, "condition": ["itch"], "region": "eu"}, forbids)
    [flip] = found["regimen"]["flips"]
    assert "itch" in flip["text"]
    assert "counts" not in str(found)


STRONG = {"for": {"regimens": ["grade-b"]}, "region": "us"}
"""A rule of the US label on a regimen that is preferred by its evidence and on label in the US alone."""


@pytest.mark.parametrize(("effect", "there"), [("cap", "other"), ("lower", "alternative")])
def test_what_one_label_caps_or_lowers_keeps_its_tier_elsewhere(effect: str, there: str) -> None:
    kb = ruled(effect=effect, **STRONG)
    at = {r: find(suggest({**BASE, "condition": ["itch"], "region": r}, kb), "grade-b") for r in ("us", "any")}
    assert (at["us"]["tier"], at["any"]["tier"]) == (there, "preferred")
    assert all(SAYS.replace("EU", "US") in said(row) for row in at.values())


@pytest.mark.parametrize(("tier", "expected"), [(0, "preferred"), (-1, "alternative")])
def test_a_contraindication_may_lower_where_it_only_warns(tier: int, expected: str) -> None:
    kb = ruled(effect="avoid", tier=tier, **STRONG)
    asked = {**BASE, "region": "any"}
    assert find(suggest({**asked, "condition": ["no-itch"]}, kb), "grade-b")["tier"] == "preferred"
    assert find(suggest({**asked, "condition": ["itch"]}, kb), "grade-b")["tier"] == expected


def test_a_contraindication_of_a_region_that_was_not_asked_for_warns_and_lowers_nothing() -> None:
    kb = ruled(effect="avoid", tier=-1, **{**STRONG, "region": "eu"})
    at = {r: find(mmopts.suggest({**BASE, "condition": ["itch"], "region": r}, kb), "grade-b") for r in ("us", "any")}
    assert (at["us"]["tier"], at["any"]["tier"]) == ("preferred", "alternative")
    assert all(SAYS in said(row) for row in at.values())


def test_without_a_region_a_rule_holds_everywhere() -> None:
    kb = ruled(effect="avoid")
    assert [told(kb, r).get("reason") for r in ("us", "eu", "any")] == ["no delta with an itch"] * 3


@pytest.mark.slow
def test_only_a_labels_rule_has_a_region() -> None:
    text = (HERE / "tiny.yaml").read_text("utf-8")
    rule = "  - {id: worn, for: {drugs: [epsilon]}, effect: caution,"
    assert rule in text
    for strength, codes in (("", ["missing-key"]), (" strength: editorial,", ["bad-value"]), (" strength: label,", [])):
        edited = text.replace(rule, f"{rule} region: eu,{strength}")
        found = check([Layer("test", [("tiny.yaml", edited)])]).faults
        assert [f.code for f in found if f.severity == "error"] == codes


def test_in_a_regimen_of_salvage_what_is_spent_warns_and_lowers_where_its_row_says_so() -> None:
    raw = deepcopy(authored(HERE / "tiny.yaml"))
    for row in raw["spent"]:
        if row["when"] == {"refractory": "self"}:
            row["salvage"] = {"text": "{drug} no longer works, the rest must", "source": "s"}
    plain = {"drugs": ["delta", "gamma"], "intensity": "standard"}
    opened = {"setting": "relapsed", "basis": "us-label", "product": "P", "since": "2020-01-01", "source": "s", "when": {}}
    raw["regimens"].append({"id": "usual", **plain, "indications": [opened]})
    raw["regimens"].append({"id": "rescue", **plain, "salvage": True, "indications": [opened]})
    kb = compiled(raw)
    failed = suggest({"prior": ["delta"], "refractory": ["delta"], "lines": 1, "fitness": "fit"}, kb)
    assert "verdict" not in find(failed, "usual")
    row = find(failed, "rescue")
    assert (row["verdict"], said(row).count("delta no longer works, the rest must")) == ("eligible", 1)
    fresh = find(suggest({"prior": ["beta"], "lines": 1, "fitness": "fit"}, kb), "rescue")
    assert not any("no longer works" in text for text in said(fresh))
    harmed = suggest({"prior": ["delta"], "intolerant": ["delta"], "lines": 1, "fitness": "fit"}, kb)
    assert "verdict" not in find(harmed, "rescue")
