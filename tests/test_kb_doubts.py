"""Doses that make no sense are errors; what moves nothing, changes nothing or meets nobody is a warning, and is counted."""

from __future__ import annotations

import copy
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from test_kb_check import BASE, checked, edited, nodes

from mmopts.knowledge.read import read_yaml
from mmopts.knowledge.records import Knowledge
from mmopts.review.check import CheckResult
from mmopts.review.records import ReadDoses, ReadRows, WordsUsed

DOSES = """    prescription:
      - {drug: bortezomib, amount: 1.3, unit: mg/m2, route: SC, days: "1, 4, 8, 11", cycle: 21, until: 8 cycles, source: label-us}
      - {drug: dexamethasone, amount: 20, unit: mg, route: PO, days: "1, 2, 4, 5", cycle: 21, cycles: 1-4, source: label-us}
      - {drug: dexamethasone, amount: 20, unit: mg, route: PO, days: "1, 2", cycle: 21, cycles: "5+", source: label-us, unread: true}
    alternatives:
      - name: weekly
        prescription:
          - {drug: bortezomib, not_recorded: true, source: label-us}
"""  # noqa: E501 - a row a line
INDICATIONS = "    intensity: standard\n"
CHANGE = "{id: less, because: crcl, when: {crcl: {below: 30}}, text: less, source: label-us, amount: 1, unit: mg/m2}"


def base(prescription: str = DOSES, change: str = CHANGE) -> str:
    """The fixture base with a prescription for its regimen and a change of dose for a drug of it."""
    return edited(
        (INDICATIONS, INDICATIONS + prescription),
        ("    abbreviations: [btz, V]\n", f"    abbreviations: [btz, V]\n    adjustments: [{change}]\n"),
    )


def found(result: CheckResult) -> list[tuple[str, str]]:
    return [(f.code, f.severity) for f in result.faults]


def test_sound_doses_are_no_fault_and_are_counted() -> None:
    result = checked(base())
    assert found(result) == []
    assert result.coverage.doses == ReadDoses(read=2, unread=1, not_recorded=1)
    assert result.coverage.adjustments == ReadRows(read=1, unread=0)
    assert result.coverage.words == WordsUsed(total=3, idle=())


WRONG = [
    ("a unit that is none", ("unit: mg/m2", "unit: mg/m"), "bad-unit"),
    ("a dose without a unit", ("unit: mg/m2, ", ""), "missing-key"),
    ("a dose without days", ('days: "1, 4, 8, 11", ', ""), "missing-key"),
    ("days that are none", ('"1, 4, 8, 11"', "weekly"), "bad-days"),
    ("days that run backwards", ('"1, 4, 8, 11"', '"8, 4, 1"'), "bad-days"),
    ("a range that runs backwards", ('"1, 4, 8, 11"', "21-1"), "bad-days"),
    ("a day behind the cycle", ('"1, 4, 8, 11"', '"1, 4, 8, 22"'), "bad-days"),
    ("cycles that are none", ("cycles: 1-4", "cycles: first"), "bad-cycles"),
    ("cycles that run backwards", ("cycles: 1-4", "cycles: 4-1"), "bad-cycles"),
    ("a range of amounts upside down", ("amount: 1.3", "amount: 1.3, amount_max: 1.0"), "bad-value"),
    ("no row for a drug", ("{drug: bortezomib, amount: 1.3", "{drug: dexamethasone, amount: 1.3"), "dose-missing"),
    ("a drug of no part", ("{drug: bortezomib, not_recorded", "{drug: ixazomib, not_recorded"), "foreign-dose"),
]


@pytest.mark.parametrize(("old", "new", "code"), [pytest.param(*edit, code, id=name) for name, edit, code in WRONG])
def test_a_dose_that_makes_no_sense_is_an_error(old: str, new: str, code: str) -> None:
    assert DOSES.count(old) == 1
    result = checked(base(DOSES.replace(old, new)))
    assert (code, "error") in found(result)
    assert result.knowledge is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (CHANGE.replace(", amount: 1, unit: mg/m2", ""), "it has no amount, factor, days, route, omit or unchanged"),
        (CHANGE.replace("mg/m2", "mg"), "no prescription gives the drug in mg"),
        (CHANGE.replace("{below: 30}", "{below: 30}, not: {crcl: {max: 40}}"), "its condition contradicts itself"),
    ],
    ids=["no change", "another unit", "contradiction"],
)
def test_a_change_of_dose_without_effect_is_a_warning(change: str, why: str) -> None:
    result = checked(base(change=change))
    assert [(f.code, f.message) for f in result.faults] == [("idle-adjustment", f"less changes nothing: {why}")]


def test_a_change_of_dose_for_a_drug_that_no_prescription_has_is_a_warning() -> None:
    assert found(checked(base(prescription=""))) == [("idle-adjustment", "warning")]


def test_a_change_of_dose_for_what_is_no_fact_is_a_warning() -> None:
    assert found(checked(base(change=CHANGE.replace("because: crcl", "because: weight")))) == [("unknown-reason", "warning")]


# --- words, states, care, guidance -----------------------------------------------------------------


def test_a_word_that_no_condition_tests_is_a_warning_at_its_place() -> None:
    result = checked(
        edited(("{id: cardiac, name: heart disease}", "{id: cardiac, name: heart disease}, {id: ache, name: ache}"))
    )
    assert [(f.code, f.place.line, f.message) for f in result.faults] == [
        ("idle-word", 48, "'ache' moves nothing in any answer")
    ]
    assert result.coverage.words == WordsUsed(total=4, idle=("ache",))


def test_a_word_that_entails_one_that_is_tested_moves_something() -> None:
    entailed = 'entailments:\n  - {if: ["condition:ache", true], then: {"condition:cardiac": true}, because: ache}\n'
    text = edited(
        ("{id: cardiac, name: heart disease}", "{id: cardiac, name: heart disease}, {id: ache, name: ache}"),
        ("entailments:\n", entailed),
    )
    assert checked(text).coverage.words.idle == ()


STATE = """states:
  - id: heart
    name: heart
    when: {condition: cardiac}
    summary: mind the heart
    source: label-us
    first:
      - {for: {drugs: bortezomib}, position: preferred, text: gentle, source: label-us}
    rules:
      - {id: no-pi, for: {classes: PI}, effect: caution, when: {}, text: slowly, source: label-us}
care:
  - id: pills
    title: pills
    lines:
      - {for: {drugs: bortezomib}, text: aciclovir, source: label-us}
guidelines:
  - {id: g, body: B, year: 2020, title: t, statement: s, position: option, regimens: [Vd], source: trial-1}
  - {id: h, body: B, year: 2020, title: t, statement: s, position: option, regimens: [Vd], source: label-us}
"""


def test_sound_states_and_care_are_no_fault_and_unread_guidance_is_counted() -> None:
    result = checked(BASE + STATE)
    assert found(result) == []
    assert result.coverage.positions == ReadRows(read=1, unread=1)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{for: {drugs: bortezomib}, position", "{for: {drugs: ixazomib}, position"),
        ("for: {classes: PI}", "for: {size: {min: 5}}"),
        ("summary: mind the heart", "summary: [{text: mind the heart, praises: [{size: {min: 5}}]}]"),
        ("summary: mind the heart", "summary: [{text: mind the heart, offers: [{drugs: ixazomib}]}]"),
    ],
    ids=["first", "rule", "praises", "offers"],
)
def test_what_a_state_says_of_no_regimen_is_a_warning(old: str, new: str) -> None:
    assert ("never-fires", "warning") in found(checked(BASE + STATE.replace(old, new)))


def test_a_states_caution_under_every_option_is_a_doubt() -> None:
    rule = "      - {id: of-all, for: {all: true}, effect: caution, text: careful, source: label-us}\n"
    of_all = STATE.rstrip("\n").replace("    rules:\n", f"    rules:\n{rule}", 1) + "\n"
    assert of_all.count("of-all") == 1
    assert ("of-no-regimen", "warning") in found(checked(BASE + of_all))
    narrowed = of_all.replace("{all: true}, effect: caution", "{all: true, size: {max: 2}}, effect: caution")
    assert ("of-no-regimen", "warning") not in found(checked(BASE + narrowed))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("{for: {drugs: bortezomib}, text", "{for: {drugs: bortezomip}, text", "unknown-drug"),
        ("{for: {drugs: bortezomib}, text", "{for: {classes: PIs}, text", "unknown-class"),
        ("for: {classes: PI}", "for: {not_regimens: Vx, all: true}", "unknown-regimen"),
        ("for: {classes: PI}", "for: {with: PIs}", "unknown-drug"),
        ("regimens: [Vd], source: trial-1", "regimens: [Vx], source: trial-1", "unknown-regimen"),
        ("    first:", "    lifts: [no-rule]\n    first:", "unknown-rule"),
        ("    first:", "    ask: [crclx]\n    first:", "unknown-fact"),
        ("{id: h, body", "{id: g, body", "duplicate-id"),
    ],
)
def test_what_is_not_there_is_an_error(old: str, new: str, code: str) -> None:
    assert STATE.count(old) == 1
    assert found(checked(BASE + STATE.replace(old, new))) == [(code, "error")]


@pytest.mark.parametrize(("name", "faults"), [("nerves", []), ("nervs", [("unknown-rule", "error", "nerves")])])
def test_a_rule_that_is_told_first_is_there(name: str, faults: list[tuple[str, str, str]]) -> None:
    told = checked(edited(("  class_orders:", f"  told_first: [{name}], class_orders:")))
    assert [(f.code, f.severity, f.suggestion) for f in told.faults] == faults


@pytest.mark.parametrize(
    ("regimen", "trial", "codes"),
    [("Vd", "ONE", set()), ("Vd", "TWO", {("unknown-trial", "error")}), ("watch", "ONE", {("unknown-trial", "error")})],
)
def test_a_criterion_is_of_a_trial_on_which_its_regimen_rests(regimen: str, trial: str, codes: set[tuple[str, str]]) -> None:
    row = f"{{id: c, effect: caution, when: {{lines: {{min: 4}}}}, criterion_of: {trial}, text: none, source: trial-1}}"
    head = {"Vd": "    drugs: [bortezomib, dexamethasone]\n", "watch": "    drugs: []\n"}[regimen]
    text = edited((head, f"{head}    rules: [{row}]\n"))
    faults = [f for f in checked(text).faults if f.severity == "error"]
    assert {(f.code, f.severity) for f in faults} == codes
    lines = text.splitlines()
    assert all(lines[f.place.line - 1][f.place.column - 1 :].startswith(f"criterion_of: {trial}") for f in faults)


@pytest.mark.slow
def test_so_many_faults_end_the_look() -> None:
    many = "".join(f"  - {{id: s{n}, title: t, kind: letter, checked: unread}}\n" for n in range(1200))
    result = checked(edited(("sources:\n", f"sources:\n{many}")))
    assert len(result.faults) == 1001
    assert [f.message for f in result.faults if f.code == "too-many-faults"] == ["1,000 faults; no more are looked for"]


REST = """risk:
  - {id: r, name: r, inputs: [{id: b2m, question: B?, unit: mg/L}], source: label-us,
     groups: [{id: I, when: {b2m: {below: 3}}}, {id: II, name: x, when: {not: {b2m: {below: 3}}}}]}
exclusions: [{id: e, when: {condition: cardiac}, text: t, facts: [condition], source: label-us}]
ask_first: {relapsed: [lines]}
"""


@pytest.mark.slow
@pytest.mark.parametrize("odd", [None, [], {}, "zz", 1, True, -5, [[1]], {"a": {"b": 1}}], ids=repr)
def test_no_value_in_any_place_of_these_leads_to_a_traceback(odd: Any) -> None:
    data = read_yaml(base() + STATE + REST).data
    kinds = ("regimens", "drugs", "states", "care", "guidelines", "risk", "exclusions", "ask_first")
    paths = [path for i, path in enumerate(nodes(data)) if path and path[0] in kinds and i % 5 == 0]
    for path in paths:
        mutant = copy.deepcopy(data)
        holder = mutant
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = odd
        assert all(fault.place.line for fault in checked(json.dumps(mutant)).faults)


def test_each_source_that_was_read_tells_the_page_where_it_can_be_found(kb: Knowledge) -> None:
    # A number of a paper, or the address of a page: the front page of a journal or of a charity is none.
    ours = {"editorial", "mmopts-editorial"}
    for source in kb.sources.values():
        pages = [address for address in (source.url, source.copy) if address]
        assert all(urlsplit(page).path.strip("/") or urlsplit(page).query for page in pages), source.id
        assert source.checked == "unread" or source.id in ours or pages or source.pmid or source.doi, source.id
