"""The form of authored files: the same data and comments, nothing wider than it must be, the same again when repeated."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli_runner import mmopts
from conftest import examples
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mmopts.knowledge.format import WIDTH, formatted
from mmopts.knowledge.read import read_yaml
from mmopts.review import format as review

DATA = sorted((Path(__file__).parents[1] / "data").glob("*.yaml"))
WORDS = st.text("ab:#,-[]{}'\"\\ %&*!|>?@`~0.1+é\u2028\u00a0\n\t", max_size=12) | st.sampled_from(
    ["true", "NO", "null", "2020-08-20", "12:30", "t(4;14)", "a: b", "b #c", " x ", "1e3", "=", "<<", "-", "a " * 80]
)
LEAVES = WORDS | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False, width=16)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=25
)
SIMPLE = st.recursive(
    st.sampled_from(["word", "two words", "long " * 30, "1.5", "[a, b]", "{min: 1}"]),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.sampled_from(["k", "name", "longer"]), inner, min_size=1, max_size=3)
    ),
    max_leaves=12,
)


def same(text: str) -> str:
    """What a text says, the order of its keys included."""
    document = read_yaml(text)
    assert document.faults == []
    return json.dumps(document.data)


def too_wide(text: str) -> list[str]:
    """The lines over the width."""
    return [line for line in text.split("\n") if len(line) > WIDTH]


def block(value: Any, indent: int = 0) -> list[str]:
    """Data as lines in block style, written without the formatter."""
    pad = " " * indent
    if isinstance(value, str):
        return [pad + value]
    out = []
    for key, inner in [("-", v) for v in value] if isinstance(value, list) else [(f"{k}:", v) for k, v in value.items()]:
        out += [f"{pad}{key} {inner}"] if isinstance(inner, str) else [pad + key, *block(inner, indent + 3)]
    return out


@given(VALUES, st.sampled_from([True, False, None]), st.sampled_from([20, 80, 400]))
@settings(max_examples=examples(60))
def test_data_stays_as_it_is_and_a_second_time_changes_nothing(value: Any, flow: bool | None, width: int) -> None:
    text = yaml.safe_dump(value, default_flow_style=flow, width=width, allow_unicode=True, sort_keys=False)
    assume(not read_yaml(text).faults)
    once = formatted(text)
    assert same(once) == same(text)
    assert formatted(once) == once


@given(
    st.text('ab/-?"\\ #é\u2028\n\t', min_size=60, max_size=400) | st.text("a", min_size=90, max_size=300), st.integers(0, 3)
)
@settings(max_examples=examples(60))
def test_a_text_of_any_length_keeps_the_width(text: str, deep: int) -> None:
    value: Any = {"url": text}
    for _ in range(deep):
        value = [{"of": value}]
    written = yaml.safe_dump(value, allow_unicode=True, width=400)
    assume(not read_yaml(written).faults)
    once = formatted(written)
    assert too_wide(once) == []
    assert same(once) == same(written)


@given(SIMPLE, st.data())
@settings(max_examples=examples(60))
def test_no_comment_is_lost_wherever_it_stands(value: Any, data: st.DataObject) -> None:
    lines = block(value)
    for number in range(data.draw(st.integers(0, 5))):
        at = data.draw(st.integers(0, len(lines)))
        kind = data.draw(st.sampled_from(["own", "aside", "blank", "outer"]))
        if kind == "blank":
            lines.insert(at, "")
        elif kind == "aside" and at < len(lines) and lines[at] and "#" not in lines[at]:
            lines[at] += f"  # c{number}"
        else:
            near = lines[min(at, len(lines) - 1)]
            pad = len(near) - len(near.lstrip()) if kind == "own" else 0
            lines.insert(at, " " * pad + f"# c{number}")
    text = "\n".join(lines) + "\n"
    assume(not read_yaml(text).faults)
    once = formatted(text)
    assert sorted(re.findall(r"# c\d", once)) == sorted(re.findall(r"# c\d", text))
    assert same(once) == same(text)
    assert formatted(once) == once
    assert too_wide(once) == []


@pytest.mark.slow
@pytest.mark.parametrize("file", DATA, ids=lambda file: file.name)
def test_the_data_has_the_form_and_keeps_the_width(file: Path) -> None:
    text = file.read_text("utf-8")
    assert formatted(text) == text
    assert too_wide(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: {b: 1, c: x}\n", "a:\n  b: 1\n  c: x\n"),
        ("a: {min: 1, max: 3}\n", "a: {min: 1, max: 3}\n"),
        ("a:\n  - PI\n  - IMiD\n", "a: [PI, IMiD]\n"),
        ("a: [{b: c, e: f}, {b: d, e: f}]\n", "a:\n- b: c\n  e: f\n\n- b: d\n  e: f\n"),
        ("a: {b: [{c: d}, {c: e}]}\n", "a:\n  b:\n    - c: d\n    - c: e\n"),
        ("a: 'x'\nb: \"2020\"\nc: 'a: b'\n", 'a: x\nb: "2020"\nc: "a: b"\n'),
        (f"a: {'word ' * 25}\n", f"a: >-\n  {' '.join(['word'] * 19)}\n  {' '.join(['word'] * 6)}\n"),
        (
            f"a: https://b.c/{'d' * 60}/{'e' * 40}\n",
            f'a: "https://b.c/{"d" * 60}/\\\n  {"e" * 40}"\n',
        ),
        ("a: |\n  one\n  two\n", "a: |\n  one\n  two\n"),
        (
            "# top\n\n\n\na: 1 # one\n# two\nb: [x, y] # list\n# end\n",
            "# top\n\na: 1  # one\n# two\nb: [x, y]  # list\n# end\n",
        ),
        ("a: [x, # first\n  y]\n", "a:\n- x  # first\n- y\n"),
        (f"a: 1 # {'long ' * 20}\n", f"# {' '.join(['long'] * 19)}\n# long\na: 1\n"),
        ("", ""),
        ("# only this\n", "# only this\n"),
    ],
    ids=[
        "mapping",
        "bounds",
        "list of words",
        "entries at the top",
        "entries within",
        "quotes",
        "long text",
        "long address",
        "lines",
        "comments",
        "comment in brackets",
        "long comment",
        "nothing",
        "a comment alone",
    ],
)
def test_a_file_is_written_so(text: str, expected: str) -> None:
    assert formatted(text) == expected


def test_what_cannot_be_read_is_not_written() -> None:
    with pytest.raises(ValueError, match="stands twice"):
        formatted("a: 1\na: 2\n")


def test_a_file_without_a_form_is_a_fault_at_its_first_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def formless(_: str) -> str:
        raise ValueError("no form")

    monkeypatch.setattr(review, "formatted", formless)
    file = tmp_path / "kb.yaml"
    file.write_text("classes: []\n", "utf-8")
    [fault] = review.format_at(str(file), write=True).faults
    assert fault.place is not None
    assert (fault.code, fault.message, fault.place.line, fault.place.column) == ("no-form", "no form", 1, 1)
    assert file.read_text("utf-8") == "classes: []\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("patients.csv", "id,prior,lines\n1,len;btz,1\n2,none,\n"),
        ("patients", "id,prior,lines\n1,len;btz,1\n2,none,\n"),
        ("letter.txt", "a: line\nanother: line\n"),
        ("notes", "- one\n- two\n"),
        ("patient.json", '{"prior": ["len"],\n  "lines": 1}\n'),
        ("patients.jsonl", '{"prior": ["len"]}\n'),
        ("compose.yaml", 'services:\n    web:   {image: "x"}\n'),
        ("patient.yaml", 'prior: ["len"]\n'),
    ],
)
def test_a_file_that_is_something_else_is_never_laid_out(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text, "utf-8")
    found = review.format_at(str(file), write=True)
    assert (found.changed, [f.code for f in found.faults]) == ([], ["no-form"])
    assert file.read_text("utf-8") == text


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_a_file_that_is_read_only_is_left_alone(tmp_path):
    file = tmp_path / "x.yaml"
    file.write_text("extends: builtin\nversion:   1\n", "utf-8")
    file.chmod(0o444)
    ran = mmopts("kb", "format", str(file))
    assert (ran.code, "cannot write" in ran.err, file.read_text("utf-8")) == (3, True, "extends: builtin\nversion:   1\n")


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_the_mode_of_a_file_stays(tmp_path):
    file = tmp_path / "x.yaml"
    file.write_text("extends: builtin\nversion:   1\n", "utf-8")
    file.chmod(0o640)
    mmopts("kb", "format", str(file))
    assert file.read_text("utf-8") != "extends: builtin\nversion:   1\n"
    assert file.stat().st_mode & 0o777 == 0o640
