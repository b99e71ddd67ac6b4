"""Checking a knowledge base: every mistake at once, each with its code and its place, and no traceback for any."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from conftest import DATA

import mmopts
from mmopts.diagnostics import KnowledgeError
from mmopts.knowledge.build import build
from mmopts.knowledge.layers import Layer, read_layer
from mmopts.knowledge.read import read_yaml
from mmopts.review.check import CheckResult, check
from mmopts.review.records import Exampled, ReadRows

BASE = (Path(__file__).parent / "fixtures" / "kb" / "base.yaml").read_text("utf-8")
TODAY = date(2026, 11, 21)
Edit = tuple[str, str]


def edited(*edits: Edit) -> str:
    """The fixture base with texts replaced, each of which stands in it once."""
    text = BASE
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def checked(text: str, today: date = TODAY) -> CheckResult:
    return check([Layer("test", [("kb.yaml", text)])], today)


def found(*edits: Edit) -> list[tuple[str, int, int]]:
    return [(f.code, f.place.line, f.place.column) for f in checked(edited(*edits)).faults]


def test_a_sound_base_has_no_fault_and_compiles() -> None:
    result = checked(BASE)
    assert result.faults == []
    assert result.knowledge is not None
    assert list(result.knowledge.regimens) == ["Vd", "watch"]


MISTAKES = [
    # What the schema sees.
    ("unknown key", ("intensity: standard", "intensty: standard"), [("missing-key", 21, 5), ("unknown-key", 23, 5)]),
    ("stray key of an unquoted text", ("text: has had one,", "text: has had one, or two,"), [("unknown-key", 45, 74)]),
    ("missing key", ("    intensity: low\n", ""), [("missing-key", 33, 5)]),
    ("missing top-level key", ('version: "1"\n', ""), [("missing-key", 1, 1)]),
    ("word outside its list", ("basis: us-label", "basis: label"), [("bad-value", 25, 29)]),
    ("number in quotes", ("n: 300", 'n: "300"'), [("bad-type", 76, 27)]),
    ("NO for a boolean", ("    drugs: []", "    drugs: []\n    label_decides: NO"), [("bad-type", 35, 5)]),
    ("a version that is a number", ('version: "1"', "version: 3.10"), [("bad-type", 2, 1)]),
    ("a number of 100,000 digits", ("n: 300", f"n: {'9' * 100_000}"), [("bad-type", 76, 27)]),
    ("percent over 100", ("n: 300", "response: {orr: 101}"), [("bad-value", 76, 38)]),
    ("hazard ratio of nothing", ("hr: 0.5", "hr: 0"), [("bad-value", 76, 41)]),
    ("interval of one number", ("ci: [0.4, 0.6]", "ci: [0.4]"), [("bad-value", 76, 50)]),
    ("NCT of seven digits", ("NCT01234567", "NCT0123456"), [("bad-nct", 75, 15)]),
    ("PMID of nine digits", ("pmid: 1234", "pmid: 123456789"), [("bad-pmid", 18, 80)]),
    ("PMID with letters", ("pmid: 1234", "pmid: PMC1"), [("bad-pmid", 18, 80)]),
    ("DOI without its prefix", ("doi: 10.1000/abc", "doi: abc"), [("bad-doi", 19, 65)]),
    ("date with a month 13", ("since: 2010-05", "since: 2010-13"), [("bad-date", 25, 58)]),
    ("day that its month lacks", ("since: 2010-05", "since: 2010-02-30"), [("bad-date", 25, 58)]),
    ("source that does not say when it was read", ("on: 2026-01-01, ", ""), [("missing-key", 18, 5)]),
    (
        "indication without a source",
        (" when: {lines: {min: 1}}, source: label-us", " when: {lines: {min: 1}}"),
        [("missing-source", 25, 9)],
    ),
    ("trial without a source", ("randomised, source: trial-1,", "randomised,"), [("missing-source", 75, 5)]),
    (
        "trial without an arm",
        ("[{regimen: Vd, n: 300, pfs: {hr: 0.5, ci: [0.4, 0.6]}, unread: [n]}]", "[]"),
        [("bad-value", 76, 6)],
    ),
    ("trial in a regimen", ("      - ONE", "      - {trial: ONE, phase: 3}"), [("bad-type", 27, 9)]),
    ("trial named twice", ("      - ONE\n", "      - ONE\n      - ONE\n"), [("bad-value", 26, 5)]),
    ("rule without a source", ("text: nerves, source: label-us", "text: nerves"), [("missing-source", 14, 9)]),
    ("condition on an unknown fact", ("when: {lines: {min: 1}}", "when: {line: {min: 1}}"), [("unknown-key", 25, 81)]),
    (
        "fact that a patient cannot have",
        ("{prior: [ixazomib], lines: 2}", "{priors: [ixazomib], lines: 2}"),
        [("unknown-key", 30, 20)],
    ),
    # What the compiler sees.
    ("unknown source", ("randomised, source: trial-1", "randomised, source: trail-1"), [("unknown-source", 75, 82)]),
    (
        "unknown drug",
        ("drugs: [bortezomib, dexamethasone]", "drugs: [bortezomid, dexamethasone]"),
        [("unknown-drug", 22, 13)],
    ),
    ("condition of a form that is none", ("when: {lines: {min: 1}}", "when: {not: 3}"), [("bad-type", 25, 81)]),
    ("unknown word in a condition", ("when: {exposed: PI}", "when: {exposed: PIs}"), [("unknown-word", 45, 41)]),
    (
        "number that cannot be",
        ("{neuropathy: {min: 2}}", "{neuropathy: {min: 5}}"),
        [("out-of-range", 14, 63), ("unsatisfiable", 14, 63)],
    ),
    (
        "bounds that exclude each other",
        ("when: {lines: {min: 1}}", "when: {lines: {min: 3, max: 1}}"),
        [("unsatisfiable", 25, 81)],
    ),
    # Lints.
    (
        "source twice",
        ("  - {id: trial-1,", "  - {id: label-us, title: b, kind: label, checked: unread}\n  - {id: trial-1,"),
        [("duplicate-id", 19, 6)],
    ),
    (
        "rule twice",
        ("    rules:\n", "    rules:\n      - {id: nerves, effect: caution, text: again, source: label-us}\n"),
        [("duplicate-id", 15, 10)],
    ),
    (
        "unknown class of a drug",
        ("{id: ixazomib, classes: [PI]}", "{id: ixazomib, classes: [PIs]}"),
        [("unknown-class", 16, 20)],
    ),
    (
        "regimen under the name of another",
        ("  - id: watch\n", "  - id: watch\n    aliases: [Vd]\n"),
        [("name-clash", 33, 5)],
    ),
    ("unknown trial", ("      - ONE", "      - TWO"), [("unknown-trial", 27, 9)]),
    (
        "arm of an unknown regimen",
        ("arms: [{regimen: Vd,", "arms: [{regimen: Vd}, {regimen: Vb,"),
        [("unknown-regimen", 76, 29)],
    ),
    (
        "trial without an arm of its regimen",
        ("[{regimen: Vd,", "[{regimen: watch,"),
        [("no-arm", 27, 9)],
    ),
    ("hazard ratio outside its interval", ("hr: 0.5", "hr: 0.7"), [("hr-outside-ci", 76, 41)]),
    ("interval upside down", ("ci: [0.4, 0.6]", "ci: [0.6, 0.4]"), [("ci-upside-down", 76, 50)]),
    ("label without a date", ("since: 2010-05, ", ""), [("no-since", 25, 9)]),
    ("fact that is none", ("[smm_risk]", "[smm_risc]"), [("unknown-fact", 72, 13)]),
    ("fact about no word of its list", ("[smm_risk]", "[condition:itch]"), [("unknown-fact", 72, 13)]),
    (
        "procedure with an unknown class",
        ('version: "1"\n', 'version: "1"\nprocedures: {CART: {classes: [PIs]}}\n'),
        [("unknown-class", 3, 14)],
    ),
    ("value that its fact cannot have", ("value: {min: 60}", "value: true"), [("bad-value", 68, 19)]),
]


@pytest.mark.parametrize(("edit", "expected"), [pytest.param(e, x, id=name) for name, e, x in MISTAKES])
def test_each_mistake_is_one_fault_at_its_place(edit: Edit, expected: list[tuple[str, int, int]]) -> None:
    assert found(edit) == expected


def test_a_source_is_looked_for_also_where_nothing_is_compiled() -> None:
    unused = (
        "trials:\n  - {id: TWO, phase: 2, design: single-arm, setting: relapsed, source: nowhere, arms: [{regimen: Vd}]}\n"
    )
    assert "unknown-source" in [code for code, _, _ in found(("trials:\n", unused))]
    rule = "ixazomib, classes: [PI], rules: [{id: r, effect: caution, text: t, source: nowhere}]}"
    assert "unknown-source" in [code for code, _, _ in found(("ixazomib, classes: [PI]}", rule))]


def test_a_drug_that_stands_twice_tells_where_the_first_one_is() -> None:
    again = "  - {id: dexamethasone, classes: [corticosteroid]}\n  - {id: ixazomib,"
    faults = checked(edited(("  - {id: ixazomib,", again))).faults
    assert [(f.code, f.place.line, f.place.column, f.message) for f in faults] == [
        ("duplicate-id", 16, 6, "'dexamethasone' stands twice (first in kb.yaml, line 15)")
    ]


def test_a_condition_that_contradicts_itself_is_found_across_facts() -> None:
    faults = found(("when: {lines: {min: 1}}", "when: {refractory: ixazomib, not: {exposed: ixazomib}}"))
    assert ("unsatisfiable", 25, 74) in faults


SAME = "      - {setting: relapsed, basis: us-label, product: A, since: 2010-05, when: {lines: {min: 1}}, source: trial-1}\n"
WARNINGS = [
    (
        "source that nothing cites",
        ("  - {id: trial-1,", "  - {id: b, title: b, kind: label, checked: unread}\n  - {id: trial-1,"),
        ("unused-source", 19, 5),
    ),
    (
        "rule of a drug in no regimen",
        (
            "ixazomib, classes: [PI]}",
            "ixazomib, classes: [PI], rules: [{id: r, effect: caution, text: t, source: trial-1}]}",
        ),
        ("never-fires", 16, 43),
    ),
    (
        "rule that contradicts itself",
        ("when: {neuropathy: {min: 2}}", "when: {neuropathy: 1, not: {neuropathy: {max: 2}}}"),
        ("never-fires", 14, 9),
    ),
    ("trial that everybody fits", (", population: {lines: {min: 1}}", ""), ("no-population", 75, 5)),
    ("trial that no regimen names", ("      - ONE", "      []"), ("unused-trial", 75, 5)),
    (
        "arm whose regimen does not name the trial",
        ("{regimen: Vd, n", "{regimen: watch}, {regimen: Vd, n"),
        ("unused-arm", 76, 13),
    ),
    ("same indication twice", ("    evidence:\n", f"{SAME}    evidence:\n"), ("duplicate-indication", 26, 9)),
    (
        "two examples where three are due",
        ("      - {patient: {prior: [bortezomib]}, verdict: conditional}\n", ""),
        ("few-examples", 21, 5),
    ),
    (
        "no example of a verdict",
        ("      - {patient: {prior: [bortezomib]}, verdict: conditional}\n", ""),
        ("examples-lack", 29, 5),
    ),
]


@pytest.mark.parametrize(("edit", "expected"), [pytest.param(e, x, id=name) for name, e, x in WARNINGS])
def test_what_is_doubtful_is_a_warning_and_still_compiles(edit: Edit, expected: tuple[str, int, int]) -> None:
    result = checked(edited(edit))
    assert expected in [(f.code, f.place.line, f.place.column) for f in result.faults]
    assert {f.severity for f in result.faults} == {"warning"}
    assert result.knowledge is not None


@pytest.mark.parametrize(("today", "codes"), [(date(2027, 4, 30), []), (date(2027, 5, 1), ["stale-review"])])
def test_a_review_is_stale_after_180_days(today: date, codes: list[str]) -> None:
    assert [f.code for f in checked(BASE, today).faults] == codes


EXAMPLES = [
    (
        "a verdict",
        ("region: eu, verdict: excluded", "region: eu, verdict: eligible"),
        ("example-fails", 31, 52),
        "Vd is excluded here, not eligible",
    ),
    (
        "a label",
        ("labels: {us: on-label}", "labels: {us: off-label}"),
        ("example-fails", 30, 78),
        "Vd is on-label in us here, not off-label",
    ),
    (
        "a day",
        ("verdict: eligible, labels", "as_of: 2009-01-01, verdict: eligible, labels"),
        ("example-fails", 30, 69),
        "Vd is excluded here, not eligible",
    ),
    (
        "a word",
        ("[ixazomib], lines: 2", "[ixazomip], lines: 2"),
        ("example-unusable", 30, 10),
        "'ixazomip' is no drug, regimen or class known here. Did you mean ixazomib?",
    ),
]


@pytest.mark.parametrize(("edit", "place", "message"), [pytest.param(e, p, m, id=name) for name, e, p, m in EXAMPLES])
def test_an_example_that_does_not_hold_is_an_error(edit: Edit, place: tuple[str, int, int], message: str) -> None:
    faults = checked(edited(edit)).faults
    assert (*place, message) in [(f.code, f.place.line, f.place.column, f.message) for f in faults]


def test_a_file_that_is_no_mapping_is_a_fault_at_its_first_letter() -> None:
    assert [(f.code, f.place.line, f.place.column) for f in checked("- one\n- two\n").faults][:1] == [("bad-yaml", 1, 1)]


def test_five_mistakes_are_five_faults_in_the_order_of_the_file() -> None:
    assert found(
        ("pmid: 1234", "pmid: 123456789"),
        ("randomised, source: trial-1", "randomised, source: trail-1"),
        ("{neuropathy:", "{neuropathie:"),
        ("    intensity: low\n", ""),
        ("hr: 0.5", "hr: 0.7"),
    ) == [
        ("unknown-key", 14, 63),
        ("bad-pmid", 18, 80),
        ("missing-key", 33, 5),
        ("unknown-source", 74, 82),
        ("hr-outside-ci", 75, 41),
    ]


def test_a_fault_behind_a_row_that_was_set_aside_keeps_its_place() -> None:
    row = "      - {setting: relapsed, basis: trial, trial: T, since: 2010, source: nowhere}\n    evidence:\n"
    assert found(("basis: us-label", "basis: label"), ("    evidence:\n", row)) == [
        ("bad-value", 25, 29),
        ("unknown-source", 26, 66),
    ]


def test_a_message_says_what_is_wrong_what_was_expected_and_the_nearest_right_key() -> None:
    faults = checked(edited(("hr: 0.5", "hr: low"), ("intensity: standard", "intensty: standard"))).faults
    assert [(f.message, f.suggestion) for f in faults] == [
        ("regimens entry 1 needs 'intensity'", "add intensity: ..."),
        ("'intensty' is no key of regimens entry 1", "intensity"),
        ("hr must be a hazard ratio above 0, not 'low'", ""),
    ]


@pytest.mark.parametrize(
    ("edit", "suggestion"),
    [
        (("n: 300", 'n: "300"'), "write the number without quotes"),
        (("n: 300", 'n: "-3.5"'), "write the number without quotes"),
        (("n: 300", "n: many"), ""),
        (("n: 300", f'n: "{"9" * 15}"'), "write the number without quotes"),
        (("n: 300", f'n: "{"9" * 16}"'), ""),  # more digits than a number keeps
        (("n: 300", "n: [300]"), ""),
        (("drugs: []", "drugs: {bortezomib: 1}"), ""),
        (("    drugs: []", "    drugs: []\n    label_decides: NO"), "false"),
        (("    drugs: []", "    drugs: []\n    label_decides: Yes"), "true"),
        (("    drugs: []", "    drugs: []\n    label_decides: perhaps"), ""),
        (('version: "1"', "version: 3.10"), "put it in quotes"),
        (("drugs: []", "drugs: bortezomib"), "write it as a list: [...]"),
    ],
)
def test_a_value_of_another_type_is_told_how_it_is_written(edit: Edit, suggestion: str) -> None:
    (fault,) = checked(edited(edit)).faults
    assert (fault.code, fault.suggestion) == ("bad-type", suggestion)


def test_a_long_value_is_cut_in_a_message() -> None:
    (fault,) = checked(edited(("n: 300", f"n: {'9' * 100_000}"))).faults
    assert len(fault.message) < 120


def test_coverage_counts_what_was_read_and_what_the_examples_decide() -> None:
    coverage = checked(edited(("{prior: [ixazomib]}, region: eu", "{setting: relapsed, lines: 2}, region: eu"))).coverage
    assert coverage.sources == ReadRows(read=1, unread=1)
    assert coverage.figures == ReadRows(read=0, unread=3)
    assert coverage.indications == ReadRows(read=2, unread=0)
    assert coverage.regimens == Exampled(total=2, with_examples=2, examples=5)
    assert (coverage.clauses.total, coverage.clauses.decisive) == (1, 1)  # no one relapses without a line
    clauses = checked(edited(("when: {lines: {min: 1}}", "when: {lines: {min: 2}}"))).coverage.clauses
    assert (clauses.total, clauses.decisive) == (2, 1)
    never = [(c.regimen, c.indication, c.line, c.when) for c in clauses.never_decisive]
    assert never == [("Vd", 1, 25, "fails")]


def test_a_clause_counts_as_decided_only_where_it_turns_the_indication() -> None:
    two = ("when: {lines: {min: 1}}", "when: {any: [{lines: {min: 1}}, {prior_asct: false}]}")
    clauses = checked(edited(two)).coverage.clauses
    assert {(c.clause, c.when) for c in clauses.never_decisive} >= {("no autologous transplant before", "holds")}


@cache
def shipped() -> CheckResult:
    """The check of the knowledge base that is shipped."""
    return check([read_layer(str(DATA))], TODAY)


def off_the_edge(when: str, *values: int) -> set[str]:
    """The sides of a limit at whose edge none of the patients with these values stands."""
    fact = when.partition(":")[0]
    examples = "".join(
        f"      - {{patient: {{setting: relapsed, {fact}: {value}}}, verdict: eligible}}\n" for value in values
    )
    text = edited(("when: {lines: {min: 1}}", f"when: {{{when}}}"))
    start, end = text.index("      - {patient: {prior: [ixazomib], lines: 2}"), text.index("  - id: watch")
    found = checked(text[:start] + examples + text[end:]).coverage.clauses.limits
    assert (found.total, found.total - found.at_edge) == (2, len(found.never_at_edge))
    return {row.when for row in found.never_at_edge}


@pytest.mark.parametrize(
    ("when", "holds", "fails", "on"),
    [
        ("lines: {min: 3}", 3, 2, 1),
        ("lines: {max: 3}", 3, 4, -1),
        ("age: {min: 65}", 65, 64, 1),
        ("age: {above: 65}", 65, 66, -1),  # the clause is "at most 65", denied
        ("age: {below: 65}", 65, 64, 1),
    ],
)
def test_a_limit_needs_an_example_at_its_edge_on_either_side(when: str, holds: int, fails: int, on: int) -> None:
    assert off_the_edge(when, holds, fails) == set()
    assert off_the_edge(when, holds) == {"fails"}
    assert off_the_edge(when, fails) == {"holds"}
    assert off_the_edge(when, holds + on, fails) == {"holds"}
    assert off_the_edge(when, holds, fails - on) == {"fails"}


@pytest.mark.slow
def test_every_limit_of_an_indication_has_examples_at_its_edge() -> None:
    # One cannot: whoever the second half lets in has passed the limit of the first.
    found = shipped().coverage.clauses.limits.never_at_edge
    assert [(row.regimen, row.clause, row.when) for row in found] == [("DPd", "at most 1 prior line", "fails")]


HOSTILE = {
    "empty file": "",
    "list at top level": "- 1\n- 2\n",
    "text at top level": "hello\n",
    "5,000 brackets": "[" * 5_000,
    "aliases": "a: &a [1, 1]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "tab": "regimens:\n\t- id: x\n",
    "control character": "version: \x1b[31m\n",
    "tag": "version: !!python/name:os.system\n",
    "digits": f"version: {'9' * 100_000}\n",
    "only a word": "version\n",
    "other shapes": "regimens: 1\ndrugs: {a: 1}\nsources: [1, [2]]\n",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_files_give_faults_and_never_a_traceback(text: str) -> None:
    result = checked(text)
    assert [f for f in result.faults if f.severity == "error"]
    assert result.knowledge is None
    with pytest.raises(KnowledgeError):
        build([Layer("test", [("kb.yaml", text)])], "").packed()


def test_a_file_that_cannot_be_read_is_told_without_what_follows_from_it() -> None:
    assert [f.code for f in checked(BASE + "\tx: 1\n").faults] == ["bad-yaml"]


def test_a_duplicate_key_does_not_hide_the_other_faults() -> None:
    assert found(("intensity: low", "intensity: low\n    intensity: high"), ("hr: 0.5", "hr: 0.7")) == [
        ("duplicate-key", 36, 5),
        ("hr-outside-ci", 77, 41),
    ]


def test_bytes_that_are_not_utf_8_are_an_unusable_base(tmp_path: Path) -> None:
    file = tmp_path / "kb.yaml"
    file.write_bytes(b"version: \xff\xfe\n")
    with pytest.raises(KnowledgeError, match="not UTF-8"):
        read_layer(str(file))


def nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inner:
        yield from nodes(child, (*path, key))


@pytest.mark.slow
@pytest.mark.parametrize("odd", [None, [], {}, "zz", 1, True, -5, [[1]], {"a": {"b": 1}}], ids=repr)
def test_no_value_in_any_place_leads_to_a_traceback(odd: Any) -> None:
    data = read_yaml(BASE).data
    for path in [p for i, p in enumerate(nodes(data)) if len(p) == 1 or (p and i % 3 == 0)]:
        mutant = copy.deepcopy(data)
        holder = mutant
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = odd
        for fault in checked(json.dumps(mutant)).faults:
            assert fault.place.line
            assert fault.place.column
            assert "is not valid" not in fault.message


@pytest.mark.slow
def test_the_shipped_base_has_no_error() -> None:
    assert [f for f in shipped().faults if f.severity == "error"] == []


def test_a_word_of_a_list_is_told_with_the_whole_list() -> None:
    [fault] = checked(edited(("basis: us-label", "basis: label"))).faults
    assert "one of " in fault.message
    [fault] = checked(edited(("checked: read", "checked: seen"))).faults
    assert "must be one of read, unread" in fault.message


@pytest.mark.slow
@pytest.mark.parametrize(
    ("row", "code"),
    [
        ('{id: x, fact: "condition:vte", when: {age: {min: 30}}, text: t, source: editorial}', "unknown-fact"),
        ("{id: x, fact: agee, when: {age: {min: 30}}, text: t, source: editorial}", "unknown-fact"),
        ("{id: x, fact: age, when: {}, text: t, source: editorial}", "bad-condition"),
        ("{id: x, fact: age, when: {agee: {min: 30}}, text: t, source: editorial}", "unknown-key"),
        ("{id: x, fact: age, when: {age: {min: 30}}, text: t, source: nobody}", "unknown-source"),
        ("{id: x, fact: age, when: {age: {min: 30}}, text: t}", "missing-source"),
    ],
)
def test_a_row_of_what_is_unlikely_names_a_fact_and_says_when(row: str, code: str, tmp_path: Path) -> None:
    file = tmp_path / "overlay.yaml"
    file.write_text(f"extends: builtin\nunlikely:\n- {row}\n", "utf-8")
    with pytest.raises(KnowledgeError) as caught:
        mmopts.load(str(file))
    assert code in {p.code for p in caught.value.problems}


@pytest.mark.parametrize("apart", [False, True])
def test_an_id_that_stands_twice_in_an_overlay_is_a_fault(tmp_path: Path, apart: bool) -> None:
    # The second would take the keys of the first away, its rules among them.
    one = "extends: builtin\nversion: x\nregimens:\n- id: DKd\n  name: one\n"
    two = "- id: DKd\n  rules: []\n"
    (tmp_path / "a.yaml").write_text(one if apart else one + two)
    if apart:
        (tmp_path / "b.yaml").write_text("regimens:\n" + two)
    with pytest.raises(KnowledgeError) as refused:
        mmopts.load(tmp_path)
    assert [p.code for p in refused.value.problems if p.code != "not-formatted"] == ["duplicate-id"]


def test_a_folder_gives_its_yaml_files_however_their_endings_are_written(tmp_path):
    for name in ("a.yaml", "b.YML", "c.txt", "yaml"):
        (tmp_path / name).write_text("trials: []\n")
    assert [name for name, _ in read_layer(str(tmp_path)).files] == ["a.yaml", "b.YML"]
