"""YAML as people mean it: what YAML would silently change is a fault or stays as written; nothing raises."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmopts.diagnostics import fault_at
from mmopts.knowledge import read
from mmopts.knowledge.read import read_yaml


def faults(text: str) -> list[tuple[str, int, int]]:
    return [(f.code, f.place.line, f.place.column) for f in read_yaml(text, "kb.yaml").faults]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("12:30:00", "12:30:00"),
        ("2020-08-20", "2020-08-20"),
        ("2020", 2020),
        ("true", True),
        ("false", False),
        ("~", None),
        ("", None),
        ("0o17", "0o17"),
        ("010", "010"),
        ("1e5", "1e5"),
        ("1.5", 1.5),
        (".inf", float("inf")),
        ("'1'", "1"),
        ('"true"', "true"),
        ("1_000", "1_000"),
        ("NaN", "NaN"),
    ],
)
def test_a_plain_word_is_read_as_written(text: str, value: Any) -> None:
    document = read_yaml(f"a: {text}\n")
    assert document.data == {"a": value}
    assert type(document.data["a"]) is type(value)
    assert document.faults == []


def test_a_number_of_100_000_digits_stays_text() -> None:
    assert read_yaml(f"a: {'9' * 100_000}\n").data == {"a": "9" * 100_000}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2\n", [("duplicate-key", 4, 3)]),
        ("a: &x [1]\nb: *x\n", [("alias", 1, 4)]),
        ("a: !!python/name:os.system x\n", [("tag", 1, 4)]),
        ("a: " + "[" * 5_000, [("too-deep", 1, 43)]),
        ("- " * 5_000, [("too-deep", 1, 81)]),
        ("a: 1\nb: {c: [1, [2], " + "[" * 5_000, [("too-deep", 2, 54)]),
        ("a: [\n" + "[\n" * 5_000, [("too-deep", 40, 1)]),
        ("? [1]\n: 2\n", [("bad-key", 1, 3)]),
    ],
    ids=[
        "duplicate key",
        "alias",
        "tag",
        "5,000 brackets",
        "5,000 dashes",
        "brackets behind others",
        "a bracket a line",
        "list as key",
    ],
)
def test_a_trap_is_a_fault_at_its_place(text: str, expected: list[tuple[str, int, int]]) -> None:
    assert faults(text) == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [("a:\n\tb: 1\n", 2), ("a: 1\n---\nb: 2\n", 2), ("a: [1,\n  2\n", 3)],
    ids=["tab", "two documents", "open"],
)
def test_what_is_no_yaml_is_a_fault_on_its_line(text: str, line: int) -> None:
    assert [(f.code, f.place.line) for f in read_yaml(text).faults] == [("bad-yaml", line)]


@pytest.mark.parametrize(("text", "line", "column"), [("\0", 1, 1), ("a: 1\nb: \x01", 2, 4), ("a: 'é\x7f'", 1, 6)])
def test_a_character_that_yaml_forbids_is_told_at_its_place(text: str, line: int, column: int) -> None:
    (fault,) = read_yaml(text, "x.yaml").faults
    assert (fault.place.line, fault.place.column) == (line, column)


@pytest.mark.parametrize("text", ["a: \x00\n", "a: \x1b[31m\n", "a: \ud800\n"], ids=["null", "escape", "surrogate"])
def test_a_character_that_yaml_forbids_is_a_fault(text: str) -> None:
    assert [f[0] for f in faults(text)] == ["bad-yaml"]


def test_a_duplicate_key_names_the_line_of_the_first() -> None:
    assert read_yaml("a: 1\na: 2\n", "kb.yaml").faults == [
        fault_at("duplicate-key", "'a' stands twice here (first on line 1)", "kb.yaml", 2, 1, "keep one of them")
    ]


def test_escaped_control_characters_are_taken_out_of_keys_and_values() -> None:
    assert read_yaml('"a\\e": "x\\u202ey\\e[31m"\n').data == {"a": "xy[31m"}


def test_an_empty_file_is_no_data_and_a_list_is_a_list() -> None:
    assert read_yaml("").data is None
    assert read_yaml("- 1\n").data == [1]


def test_every_node_has_its_place() -> None:
    places = read_yaml("a:\n  - b: 1\n    c: [2, 3]\n").places
    assert places[("a",)] == (1, 1)
    assert places[("a", 0)] == (2, 5)
    assert places[("a", 0, "c")] == (3, 5)
    assert places[("a", 0, "c", 1)] == (3, 12)


@pytest.mark.slow
@given(st.text(max_size=60) | st.text(alphabet="[]{}:,-&*!|>'\"#%@`? \n\ta1", max_size=60))
def test_no_text_makes_it_raise(text: str) -> None:
    document = read_yaml(text, "kb.yaml")
    assert document.data is None or not any(f.code == "bad-yaml" for f in document.faults)


def test_a_file_beyond_the_limits_is_told_and_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "MAX_BYTES", 40)
    assert faults("a: " + "x" * 40) == [("too-large", 0, 0)]
    monkeypatch.setattr(read, "MAX_VALUES", 5)
    assert [f[:2] for f in faults("a: [1, 2,\n 3, 4, 5]")] == [("too-large", 2)]


def test_a_thousand_faults_end_the_reading() -> None:
    text = "a: 1\n" * 100_000
    document = read_yaml(text)
    assert document.data is None
    assert [(f.code, f.place.line) for f in document.faults] == [("duplicate-key", 1 + read.MOST_FAULTS)]


def test_brackets_that_are_closed_again_are_no_depth() -> None:
    text = "[[1]," + "[" * 5_000
    [fault] = read_yaml(text).faults
    assert fault.code == "too-deep"
    assert (fault.place.line, fault.place.column) == (1, len("[[1],") + read.MAX_DEPTH)
