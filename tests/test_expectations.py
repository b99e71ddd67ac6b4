"""Worked patients (`expectations.yaml`): each expectation carries the source from which it was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from asked import suggest
from conftest import Answer, find, verdict

from mmopts.knowledge.read import read_yaml
from mmopts.knowledge.records import Knowledge

CASES: list[dict[str, Any]] = read_yaml((Path(__file__).parent / "expectations.yaml").read_text("utf-8")).data
KEYS = {
    "name",
    "patient",
    "source",
    "open",
    "eligible",
    "conditional",
    "out",
    "none_with",
    "guarded",
    "us",
    "eu",
    "before",
    "caution",
    "because",
    "tier",
}
LABELS = {"on": "on-label", "off": "off-label", "unknown": "unknown"}


def guarded(entry: Answer, regions: list[str]) -> bool:
    """Not offered as plainly open: conditional, cautioned, or on label nowhere that was asked for."""
    return (
        entry.get("verdict") != "eligible"
        or bool(entry["cautions"])
        or all(entry["labels"][region] != "on-label" for region in regions)
    )


def complaints(case: dict[str, Any], found: Answer) -> list[str]:
    """What the answer says otherwise than expected."""
    out: list[str] = []
    for key, wanted in (
        ("open", {"eligible", "conditional"}),
        ("eligible", {"eligible"}),
        ("conditional", {"conditional"}),
        ("out", {"excluded"}),
    ):
        for name in case.get(key, ()):
            got = verdict(found, name)
            if got not in wanted:
                why = (
                    [b["text"] for b in find(found, name)["because"]]
                    if got == "excluded"
                    else [n["fact"] for n in find(found, name)["needs"]]
                )
                out.append(f"{name} is {got}, not {key}: {why}")
    for option in found["options"]:
        spent = set(case.get("none_with", ())) & set(option["drugs"])
        if spent and option["verdict"] == "eligible":
            out.append(f"{option['id']} is eligible and contains {sorted(spent)}")
    asked = found["question"]["region"]
    regions = ["us", "eu"] if asked == "any" else [asked]
    out += [
        f"{name} is offered plainly"
        for name in case.get("guarded", ())
        if verdict(found, name) != "excluded" and not guarded(find(found, name), regions)
    ]
    for region in ("us", "eu"):
        for word, names in case.get(region, {}).items():
            out += [
                f"{name} is {find(found, name)['labels'][region]} in {region}, not {LABELS[word]}"
                for name in names
                if find(found, name)["labels"][region] != LABELS[word]
            ]
    order = [o["id"] for o in found["options"]]
    out += [
        f"{a} does not stand before {b}"
        for a, b in case.get("before", ())
        if a not in order or (b in order and order.index(a) > order.index(b))
    ]
    for name, word in case.get("caution", {}).items():
        texts = [c["text"] for c in find(found, name).get("cautions", ())]
        if not any(word in text for text in texts):
            out.append(f"{name} has no caution with {word!r}: {texts}")
    for name, word in case.get("because", {}).items():
        entry = find(found, name)
        texts = [b["text"] for b in entry["because"]]
        if "verdict" in entry or not any(word in text for text in texts):
            out.append(f"{name} is not excluded because of {word!r}: {texts}")
    out += [
        f"{name} is {find(found, name).get('tier')}, not {tier}"
        for name, tier in case.get("tier", {}).items()
        if find(found, name).get("tier") != tier
    ]
    return out


@pytest.mark.parametrize("case", CASES, ids=[c["name"] for c in CASES])
def test_the_answer_is_as_expected(kb: Knowledge, case: dict[str, Any]) -> None:
    unmet = complaints(case, suggest(case["patient"], kb))
    assert not unmet, case["source"]


def test_every_expectation_has_a_name_a_source_and_something_to_expect() -> None:
    assert len(CASES) >= 40
    assert len({c["name"] for c in CASES}) == len(CASES)
    for case in CASES:
        assert not case.keys() - KEYS, case["name"]
        assert case["source"], case["name"]
        assert case.keys() - {"name", "patient", "source"}, case["name"]


def test_an_unmet_expectation_is_noticed(kb: Knowledge) -> None:
    # True of this patient: DKd is eligible, on label in the US, preferred; DVd stands behind it; DRd is excluded.
    patient = {"prior": ["VRd"], "refractory": ["len"], "lines": 1, "region": "us"}
    found = suggest(patient, kb)
    for wrong in (
        {"eligible": ["DRd"]},
        {"out": ["DKd"]},
        {"conditional": ["DKd"]},
        {"open": ["DRd"]},
        {"none_with": ["carfilzomib"]},
        {"us": {"off": ["DKd"]}},
        {"before": [["DVd", "DKd"]]},
        {"before": [["DRd", "DKd"]]},
        {"caution": {"DKd": "xyzzy"}},
        {"because": {"DKd": "3"}},
        {"because": {"DRd": "xyzzy"}},
        {"tier": {"DKd": "other"}},
    ):
        assert complaints(wrong, found), wrong
    for right in (
        {"eligible": ["DKd"]},
        {"out": ["DRd"]},
        {"us": {"on": ["DKd"]}},
        {"before": [["DKd", "DVd"]]},
        {"because": {"DRd": "lenalidomide"}},
        {"tier": {"DKd": "preferred"}},
    ):
        assert not complaints(right, found), right
