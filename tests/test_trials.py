"""A trial stands once: each regimen sees what the trial and its own arm say, an overlay adds trials and replaces them."""

from __future__ import annotations

from datetime import date
from typing import Any

from test_kb_check import BASE, edited

from mmopts.knowledge.build import build
from mmopts.knowledge.layers import Layer
from mmopts.knowledge.records import Knowledge, Trial
from mmopts.knowledge.trials import with_evidence
from mmopts.review.check import check

TRIAL = {
    "id": "T",
    "name": "the trial",
    "phase": 3,
    "source": "s",
    "n": 300,
    "unread": ["n"],
    "arms": [
        {"regimen": "A", "versus": "B", "pfs": {"hr": 0.5}},
        {"regimen": "C", "n": 200, "source": "t", "unread": ["pfs"], "pfs": {"hr": 0.6}},
    ],
}
RAW: dict[str, Any] = {
    "regimens": [{"id": "A", "evidence": ["T"]}, {"id": "B"}, {"id": "C", "evidence": ["U", "T"]}],
    "trials": [TRIAL, {"id": "U", "phase": 2, "source": "s", "arms": [{"regimen": "C", "n": 9}, {"regimen": "C", "n": 8}]}],
}
OVERLAY = """extends: builtin
sources:
  - {id: trial-2, title: another trial, kind: trial, checked: unread}
"""


def checked_with(overlay: str, base: str = BASE) -> Any:
    return check([Layer("builtin", [("kb.yaml", base)]), Layer("o.yaml", [("o.yaml", overlay)])], date(2026, 11, 21))


def rows_of(overlay: str, regimen: str) -> tuple[Trial, ...]:
    built = build([Layer("builtin", [("kb.yaml", BASE)]), Layer("o.yaml", [("o.yaml", overlay)])], "")
    return built.usable().regimens[regimen].evidence


def test_a_regimen_sees_the_trial_with_what_its_own_arm_says_before_it() -> None:
    seen, _ = with_evidence(RAW)
    a, b, c = seen["regimens"]
    assert a["evidence"] == [
        {
            "trial": "the trial",
            "id": "T",
            "phase": 3,
            "source": "s",
            "n": 300,
            "unread": ["n"],
            "versus": "B",
            "pfs": {"hr": 0.5},
            "reports": ["s"],
        }
    ]
    assert c["evidence"][-1]["reports"] == ["s", "t"]
    assert "evidence" not in b
    assert [(row["trial"], row["n"]) for row in c["evidence"]] == [("U", 9), ("U", 8), ("the trial", 200)]
    assert c["evidence"][2]["source"] == "t"


def test_what_trial_and_arm_leave_unread_is_joined() -> None:
    seen, _ = with_evidence(RAW)
    assert seen["regimens"][2]["evidence"][2]["unread"] == ["n", "pfs"]


def test_a_path_in_a_row_leads_to_the_arm_if_it_says_so_and_else_to_the_trial() -> None:
    _, back = with_evidence(RAW)
    assert back(("regimens", 2, "evidence", 2, "pfs", "hr")) == ("trials", 0, "arms", 1, "pfs", "hr")
    assert back(("regimens", 2, "evidence", 2, "phase")) == ("trials", 0, "phase")
    assert back(("regimens", 2, "evidence", 1)) == ("trials", 1, "arms", 1)
    assert back(("regimens", 2, "indications", 1)) == ("regimens", 2, "indications", 1)


def test_a_fault_in_what_two_regimens_share_is_told_once() -> None:
    shared = edited(
        (
            "arms: [{regimen: Vd, n: 300, pfs: {hr: 0.5, ci: [0.4, 0.6]}, unread: [n]}]",
            "n: 300, pfs: {hr: 0.7, ci: [0.4, 0.6]},",
        ),
        ("    drugs: []\n", "    evidence: [ONE]\n    drugs: []\n"),
    ).replace("     n: 300,", "     arms: [{regimen: Vd}, {regimen: watch}], n: 300,")
    shared = shared.replace("[0.4, 0.6]},}", "[0.4, 0.6]}}")
    faults = check([Layer("test", [("kb.yaml", shared)])], date(2026, 11, 21)).faults
    assert [(f.code, f.place.line) for f in faults] == [("hr-outside-ci", 77)]


def test_an_overlay_adds_a_trial() -> None:
    overlay = OVERLAY + (
        "regimens: [{id: watch, evidence: [TWO]}]\n"
        "trials:\n"
        "  - {id: TWO, phase: 2, setting: relapsed, design: single-arm, source: trial-2, arms: [{regimen: watch, n: 40}],\n"
        "     population: {lines: {min: 1}}}\n"
    )
    assert [(row.trial, row.n) for row in rows_of(overlay, "watch")] == [("TWO", 40)]
    assert checked_with(overlay).faults == []


def test_an_overlay_replaces_the_keys_of_a_trial_that_it_gives() -> None:
    overlay = OVERLAY + "trials: [{id: ONE, source: trial-2, arms: [{regimen: Vd, n: 310}]}]\n"
    [row] = rows_of(overlay, "Vd")
    assert (row.source, row.n, row.nct) == ("trial-2", 310, "NCT01234567")
    assert row.pfs is None


def test_an_overlay_that_removes_a_regimen_leaves_its_arms_without_a_fault() -> None:
    codes = {f.code for f in checked_with("extends: builtin\nregimens: [{id: Vd, remove: true}]\n").faults}
    # The rules of a drug that no regimen has any more, and the words that only such rules test.
    assert codes == {"never-fires", "idle-word"}


def test_an_overlay_that_removes_a_trial_must_take_it_from_the_evidence() -> None:
    removed = "extends: builtin\ntrials: [{id: ONE, remove: true}]\n"
    assert [(f.code, f.place.file, f.place.line) for f in checked_with(removed).faults] == [("unknown-trial", "kb.yaml", 27)]
    assert checked_with(removed + "regimens: [{id: Vd, evidence: []}]\n").faults == []


def test_the_name_of_a_trial_is_a_name_and_its_remarks_stand_in_notes(kb: Knowledge) -> None:
    trials = [trial for regimen in kb.regimens.values() for trial in regimen.evidence]
    assert not [t.trial for t in trials if any(word in t.trial for word in ("no result", "not found", "read"))]
    assert next(t.note for t in trials if t.id.startswith("EMN29")) == "no result was found"
