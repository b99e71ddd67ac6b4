"""Limits at their edge (`limits.yaml`): what holds at the last value that counts, and no longer at the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from asked import Part

from mmopts.answers.patient import About
from mmopts.assess.assessment import assess_given
from mmopts.assess.truths import Scope, judge
from mmopts.knowledge.read import read_yaml
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Cond, leaves
from mmopts.patient import intake

LIMITS: dict[str, list[dict[str, Any]]] = read_yaml((Path(__file__).parent / "limits.yaml").read_text("utf-8")).data


def name(case: dict[str, Any]) -> str:
    return " ".join(str(case[key]) for key in ("regimen", "region", "product", "form", "as_of") if key in case)


def covered(kb: Knowledge, case: dict[str, Any], lines: int) -> bool | None:
    """Whether a product's label covers the regimen for a patient with so many prior lines."""
    words = {"progressed": "progressed_on_last", "asct": "prior_asct"}
    said = {words.get(key, key): case[key] for key in ("prior", "refractory", "progressed", "asct") if key in case}
    patient = intake({"setting": "relapsed", "lines": lines, **said}, kb)
    truths = judge(kb, patient.facts, Scope(case["region"], str(case.get("as_of", kb.meta.reviewed))))
    rows = [
        truths.at(row.strict)
        for row in kb.regimens[case["regimen"]].rows
        if (row.region, row.product) == (case["region"], case["product"]) and row.formulation == case.get("form")
    ]
    assert rows, "no such label"
    return True if True in rows else None if None in rows else False


@pytest.mark.parametrize("case", LIMITS["labels"], ids=name)
def test_a_label_covers_up_to_its_limit_and_no_further(kb: Knowledge, case: dict[str, Any]) -> None:
    found = {lines: covered(kb, case, lines) for lines in (*case["on"], *case.get("off", ()))}
    assert found == {**dict.fromkeys(case["on"], True), **dict.fromkeys(case.get("off", ()), False)}, case["source"]


def conditions(kb: Knowledge, case: dict[str, Any], atom: str) -> list[Cond]:
    """The conditions that an entry is about."""
    regimen = kb.regimens.get(case.get("regimen", ""))
    if regimen and "body" in case:
        rows = [row for row in regimen.rows if case["body"] in (row.body, row.product, row.trial)]
        return [row.when for row in rows if atom in {leaf.fact for leaf in leaves([row.when])}]
    if regimen and "first" in case:
        firsts = [one.cond for one in regimen.firsts if one.state == case["first"]]
        return [cond for cond in firsts if atom in {leaf.fact for leaf in leaves([cond])}]
    if regimen:
        return [rule.cond for rule in (*regimen.forbids, *regimen.cautions) if rule.id == case["rule"]]
    kind = next(key for key in ("position", "state", "exclusion") if key in case)
    return [one.cond for one in getattr(kb, f"{kind}s") if one.id == case[kind]]


def called(case: dict[str, Any]) -> str:
    return " ".join(
        str(case[key])
        for key in ("rule", "position", "state", "exclusion", "first", "body", "regimen", "fact")
        if key in case
    )


@pytest.mark.parametrize("case", LIMITS["conditions"], ids=called)
def test_what_has_a_limit_holds_up_to_it_and_no_further(kb: Knowledge, case: dict[str, Any]) -> None:
    months = case["fact"] in kb.drugs
    atom = f"months_since:{case['fact']}" if months else case["fact"]
    conds = conditions(kb, case, atom)
    assert conds, "there is none such"
    scope = Scope(case.get("region", "any"), str(case.get("as_of", kb.meta.reviewed)))
    found = {}
    for value in (*case["yes"], *case["no"]):
        said = {"months_since": {case["fact"]: value}} if months else {case["fact"]: value}
        lines = {"lines": case["lines"]} if "lines" in case else {}
        truths = judge(kb, intake({**case["patient"], **lines, **said}, kb).facts, scope)
        found[value] = any(truths.at(cond) for cond in conds)
    assert found == {**dict.fromkeys(case["yes"], True), **dict.fromkeys(case["no"], False)}, case["source"]


def asked(kb: Knowledge, case: dict[str, Any], value: str) -> Part:
    """The answer to the patient of an entry, with this value of the fact: the doses of its regimen, or the options."""
    about = About(assess_given({**case["patient"], case["fact"]: value}, kb))
    return Part(about.dose(case["regimen"]) if "regimen" in case else about.suggest())


@pytest.mark.slow
@pytest.mark.parametrize("case", LIMITS["care"], ids=lambda case: str(case["what"]))
def test_supportive_care_changes_at_its_limit(kb: Knowledge, case: dict[str, Any]) -> None:
    words = set(case["at"].values()) - {""}
    for value, word in case["at"].items():
        answer = asked(kb, case, value)
        said = " ".join(line["text"] for line in answer["care" if "regimen" in case else "supportive_care"])
        assert {one for one in words if one in said} == ({word} if word else set()), (value, case["source"])


@pytest.mark.parametrize("case", LIMITS["doses"], ids=lambda case: f"{case['regimen']} {case['drug']} {case['fact']}")
def test_a_dose_changes_at_its_limit(kb: Knowledge, case: dict[str, Any]) -> None:
    found = {}
    for value in case["at"]:
        rows = asked(kb, case, value)["prescription"]
        found[value] = next(row["dose"] for row in rows if row["drug"] == case["drug"])
    wrong = {
        value: dose
        for value, dose in found.items()
        if not f"{dose} ".startswith((f"{case['at'][value]} ", f"{case['at'][value]},"))
    }
    assert not wrong, case["source"]
