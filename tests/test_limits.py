"""Limits at their edge (`limits.yaml`): what holds at the last value that counts, and no longer at the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mmopts.assess.truths import Scope, judge
from mmopts.knowledge.read import read_yaml
from mmopts.knowledge.records import Knowledge
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
