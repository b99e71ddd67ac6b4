"""What ``kb check``, ``kb diff`` and ``kb format`` answer: counts, faults with their place, verdicts that changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_kb_check import BASE, edited

from mmopts.answers.form import to_data
from mmopts.answers.knowledge_base import check_answer, diff_answer, format_answer
from mmopts.diagnostics import KnowledgeError
from mmopts.knowledge import load
from mmopts.knowledge.format import formatted
from mmopts.review import diff


@pytest.fixture(autouse=True)
def builtin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The fixture base as the built-in one, and a cache of our own."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "kb.yaml").write_text(formatted(BASE), "utf-8")
    monkeypatch.setattr(load, "DATA", str(data))
    monkeypatch.setattr(load, "PACKED", str(tmp_path / "none.json"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def written(folder: Path, text: str, name: str = "other.yaml") -> str:
    file = folder / name
    file.write_text(text, "utf-8")
    return str(file)


def test_a_sound_base_is_usable_and_without_errors() -> None:
    answer, good = check_answer("builtin")
    data = to_data(answer)
    assert good
    assert (data["schema"], data["path"], data["usable"], data["errors"]) == ("mmopts.kb-check/1", "builtin", True, 0)
    assert data["coverage"]["regimens"] == {"total": 2, "with_examples": 2, "examples": 5}
    assert set(data["coverage"]["clauses"]) == {"total", "decisive", "never_decisive", "limits"}


def test_a_fault_has_its_place_its_code_and_what_would_be_right(builtin: Path) -> None:
    path = written(builtin, formatted(edited(("intensity: standard", "intensity: standart"))))
    answer, good = check_answer(path)
    assert not good
    assert (answer.usable, answer.errors, answer.warnings) == (False, 1, 0)
    [row] = to_data(answer)["faults"]
    assert (row["file"], row["severity"], row["code"], row["suggestion"]) == (path, "error", "bad-value", "standard")
    assert to_data(answer)["coverage"] == {}


def test_a_base_whose_example_fails_is_at_fault_and_usable(builtin: Path) -> None:
    path = written(builtin, formatted(edited(("region: eu, verdict: excluded", "region: eu, verdict: eligible"))))
    answer, good = check_answer(path)
    assert not good
    assert (answer.usable, answer.errors) == (True, 1)
    assert [f.code for f in answer.faults if f.severity == "error"] == ["example-fails"]


def test_a_file_that_is_not_laid_out_is_a_warning(builtin: Path) -> None:
    answer, good = check_answer(written(builtin, BASE))
    assert good
    assert {f.code for f in answer.faults} == {"not-formatted"}


def test_a_changed_verdict_is_told_with_its_patient_and_nothing_else(builtin: Path) -> None:
    later = written(builtin, edited(("when: {lines: {min: 1}}", "when: {lines: {min: 3}}")))
    told: list[tuple[int, int]] = []
    answer = to_data(diff_answer(None, later, lambda done, of: told.append((done, of))))
    assert (answer["added"], answer["removed"], answer["patients"], answer["not_compared"]) == ([], [], 5, [])
    on = {"verdict": "eligible", "labels": {"us": "on-label", "eu": "off-label"}}
    [change] = [c for c in answer["changed"] if c["patient"] == {"prior": ["ixazomib"], "lines": 2}]
    assert change["regimen"] == "Vd"
    assert {k: change["old"][k] for k in on} == on
    assert (change["new"]["verdict"], change["new"]["labels"]["us"]) == ("excluded", "off-label")
    assert {c["regimen"] for c in answer["changed"]} == {"Vd"}
    assert told[-1] == (5, 5)


def test_several_processes_find_what_one_finds_in_the_same_order(builtin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = written(builtin, BASE, "old.yaml")
    later = written(builtin, edited(("when: {lines: {min: 1}}", "when: {lines: {min: 3}}")))
    alone = diff_answer(old, later)
    monkeypatch.setattr(diff, "PART", 1)
    told: list[tuple[int, int]] = []
    assert to_data(diff_answer(old, later, lambda done, of: told.append((done, of)), jobs=2)) == to_data(alone)
    assert alone.changed
    assert told == [(n, 5) for n in range(6)]


def test_the_same_base_differs_in_nothing(builtin: Path) -> None:
    answer = diff_answer("builtin", written(builtin, BASE))
    assert answer.changed == ()


def test_regimens_that_came_and_went_are_named_and_who_cannot_be_read_is_told(builtin: Path) -> None:
    fewer = written(builtin, "extends: builtin\nregimens: [{id: watch, remove: true}]\n")
    assert diff_answer(None, fewer).removed == ("watch",)
    assert diff_answer(fewer, None).added == ("watch",)
    renamed = written(builtin, BASE.replace("ixazomib", "izaxomib"), "renamed.yaml")
    sides = {(row.in_, row.because) for row in diff_answer(None, renamed).not_compared}
    assert {side for side, _ in sides} == {"old", "new"}
    assert all("is no drug, regimen or class known here" in because for _, because in sides)


def test_an_unusable_base_cannot_be_compared(builtin: Path) -> None:
    with pytest.raises(KnowledgeError):
        diff_answer(None, written(builtin, edited(("ci: [0.4, 0.6]", "ci: [0.6, 0.4]"))))


def test_formatting_tells_what_it_changed_and_changes_it_once(builtin: Path) -> None:
    path = written(builtin, BASE)
    looked, good = format_answer(path, write=False)
    assert (looked.changed, looked.written, good) == ((path,), False, False)
    assert Path(path).read_text("utf-8") == BASE
    done, good = format_answer(path, write=True)
    assert (done.changed, good) == ((path,), True)
    assert format_answer(path, write=True)[0].changed == ()
    assert Path(path).read_text("utf-8") == formatted(BASE)


def test_formatting_what_cannot_be_read_tells_why_at_its_place_and_leaves_it(tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text("a: [1,\nb: 2\n", "utf-8")
    found, good = format_answer(str(file), write=True)
    assert [(fault.code, fault.line) for fault in found.faults] == [("bad-yaml", 3)]
    assert (found.changed, good) == ((), False)
    assert file.read_text("utf-8") == "a: [1,\nb: 2\n"
