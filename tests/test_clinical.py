"""What a haematologist expects of one patient each (`clinical.yaml`), one test an entry, each with its source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asked import suggest
from conftest import Answer

from mmopts.knowledge.read import read_yaml
from mmopts.knowledge.records import Knowledge
from mmopts.render.phrases import patient_line

CASES: list[dict[str, Any]] = read_yaml((Path(__file__).parent / "clinical.yaml").read_text("utf-8")).data
ASKED = 3
"""How many questions count as the first ones."""
LED = ("preferred", "alternative")
PLACES = {
    "caution_contains": ("cautions", "summary"),
    "care_contains": ("care", "cautions"),
    "care_not": ("care",),
    "summary_contains": ("summary",),
    "summary_not": ("summary",),
    "not_contains": ("cautions", "care", "summary", "places"),
}
"""Where the words of a key are looked for."""


def complaints(case: dict[str, Any], found: Answer) -> Iterator[str]:
    """What the answer says otherwise than expected."""
    options = {o["id"]: o for o in found["options"]}
    order = [o["id"] for o in found["options"]]
    shown = [name for name in order if not options[name]["historical"]]
    yield from _of_places(case, options, order, shown)
    yield from _of_words(case, found)
    atoms = [q["fact"] for q in found["next_questions"]] if case.keys() & {"asks", "ask_first", "ask_not"} else []
    yield from (f"{a} is not asked" for a in case.get("asks", ()) if a not in atoms)
    yield from (f"{a} is not among the first of {atoms[:5]}" for a in case.get("ask_first", ()) if a not in atoms[:ASKED])
    yield from (f"{a} is among the first of {atoms[:5]}" for a in case.get("ask_not", ()) if a in atoms[:ASKED])


def _of_places(case: dict[str, Any], options: dict[str, Any], order: list[str], shown: list[str]) -> Iterator[str]:
    """What is open, and where it stands."""

    def led(name: str) -> bool:
        return name in options and options[name]["tier"] in LED

    def why(name: str) -> str:
        return options[name]["tier_because"] if name in options else "ruled out"

    leads = case.get("leads")
    if leads and shown[0] not in leads:
        yield f"{shown[0]} is first: {why(shown[0])}; {leads[0]}: {why(leads[0])}"
    yield from (f"{n} is not in the first tiers: {why(n)}" for n in case.get("first_tiers", ()) if not led(n))
    yield from (f"{n} is in the first tiers: {why(n)}" for n in case.get("not_first_tiers", ()) if led(n))
    not_preferred = (n for n in case.get("not_preferred", ()) if n in options and options[n]["tier"] == "preferred")
    yield from (f"{n} is preferred: {why(n)}" for n in not_preferred)
    yield from (f"{n} is not open" for n in case.get("offers", ()) if n not in options)
    yield from (f"{n} is open" for n in case.get("never_offered", ()) if n in options)
    yield from (
        f"{n} is eligible" for n in case.get("never_eligible", ()) if n in options and options[n]["verdict"] == "eligible"
    )
    for one, other in case.get("before", ()):
        if one not in order or (other in order and order.index(one) > order.index(other)):
            yield f"{one} is not before {other}: {why(one)} // {why(other)}"


def _of_words(case: dict[str, Any], found: Answer) -> Iterator[str]:
    """What is said of cautions, care and in short."""
    texts: dict[str, Callable[[], list[str]]] = {
        "cautions": lambda: [c["text"] for o in found["options"] for c in o["cautions"]],
        "care": lambda: [c["text"] for c in found["supportive_care"]],
        "summary": lambda: [s["text"] for s in found["summary"]],
        "places": lambda: [o["tier_because"] for o in found["options"]],
    }
    of, not_of = case.get("caution_of", {}), case.get("caution_not_of", {})
    for o in (one for one in found["options"] if one["id"] in of or one["id"] in not_of):
        said = " ".join(c["text"] for c in o["cautions"]).lower()
        yield from (f"{o['id']}: no {w!r}" for w in of.get(o["id"], ()) if w.lower() not in said)
        yield from (f"{o['id']}: {w!r}" for w in not_of.get(o["id"], ()) if w.lower() in said)
    for key in PLACES.keys() & case.keys():
        said = " ".join(text for place in PLACES[key] for text in texts[place]()).lower()
        for word in case[key]:
            if (word.lower() in said) is ("not" in key.split("_")):
                yield f"{key}: {word!r}"


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=[c["id"] for c in CASES])
def test_the_answer_is_one_a_haematologist_would_sign(kb: Knowledge, case: dict[str, Any]) -> None:
    unmet = list(complaints(case, suggest(case["patient"], kb)))
    assert not unmet, case["source"]


def test_maintenance_is_not_told_as_a_relapse(kb: Knowledge) -> None:
    # It presumes a response to what went before; "1 or more prior lines" is not said of it.
    found = suggest({"setting": "maintenance", "prior": ["D-VRd"], "prior_asct": True}, kb)
    line = patient_line(found["patient"])
    assert "prior line" not in line
    assert "refractory" not in line
    assert "prior line" in patient_line(suggest({"prior": ["D-VRd"]}, kb)["patient"])


def test_every_expectation_has_a_source_in_the_base_and_something_to_expect(kb: Knowledge) -> None:
    assert len(CASES) >= 120
    assert len({c["id"] for c in CASES}) == len(CASES)
    for case in CASES:
        assert case.keys() - {"id", "patient", "source"}, case["id"]
        unknown = {case["source"]} if isinstance(case["source"], str) else set(case["source"])
        assert not unknown - kb.sources.keys(), case["id"]


def test_an_unmet_expectation_is_noticed(kb: Knowledge) -> None:
    # Of a fit patient at first relapse, refractory to lenalidomide: cilta-cel first, DKd preferred, DRd ruled out.
    found = suggest({"prior": ["VRd"], "refractory": ["len"], "lines": 1, "fitness": "fit", "region": "us"}, kb)
    wrong: tuple[dict[str, Any], ...] = (
        {"leads": ["Kd"]},
        {"first_tiers": ["Kd"]},
        {"not_first_tiers": ["DKd"]},
        {"not_preferred": ["DKd"]},
        {"before": [["Kd", "DKd"]]},
        {"before": [["DRd", "DKd"]]},
        {"offers": ["DRd"]},
        {"never_offered": ["DKd"]},
        {"never_eligible": ["DKd"]},
        {"caution_contains": ["xyzzy"]},
        {"caution_of": {"DKd": ["xyzzy"]}},
        {"caution_not_of": {"DKd": ["infection"]}},
        {"care_contains": ["xyzzy"]},
        {"care_not": ["aciclovir"]},
        {"summary_contains": ["xyzzy"]},
        {"summary_not": ["cilta-cel"]},
        {"not_contains": ["cilta-cel"]},
        {"asks": ["smm_risk"]},
        {"ask_first": ["smm_risk"]},
        {"ask_not": ["relapse"]},
    )
    for case in wrong:
        assert list(complaints(case, found)), case
    assert not list(complaints({"leads": ["cilta-cel"], "first_tiers": ["DKd"], "never_offered": ["DRd"]}, found))
