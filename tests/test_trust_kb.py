"""What `kb check` calls unusable answers no question, and what it calls usable does; a fault is placed where it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_runner import ASK, TINY, mmopts

UNUSABLE = {
    "a duplicate id": "regimens:\n- {id: A, drugs: [carfilzomib], intensity: low, indications: []}\n"
    "- {id: A, drugs: [carfilzomib], intensity: low, indications: []}\n",
    "a day that is not": "reviewed: 2024-02-30\n",
    "an unknown source": "drugs:\n- {id: newdrug, classes: [PI], boxed_warnings: [{text: x, source: nope-1900}]}\n",
    "an unknown drug": "regimens:\n- {id: A, drugs: [nodrug], intensity: low, indications: []}\n",
    "an unknown key": "nonsense: 1\n",
    "an id that is a list": "vocabulary:\n  condition:\n  - id: [a]\n",
    "a key twice": "regimens: []\nregimens: []\n",
    "no YAML": "regimens: [\n",
    "an alias": "regimens: &a []\n",
    "a list": "- 1\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("text", UNUSABLE.values(), ids=UNUSABLE)
def test_what_is_unusable_ends_every_question_with_3_and_the_same_faults(text: str, tmp_path: Path) -> None:
    file = tmp_path / "kb.yaml"
    file.write_text(("" if text.startswith("-") else 'extends: "builtin"\n') + text, "utf-8")
    checked = mmopts("kb", "check", str(file), "--json")
    if checked.code == 3:  # not even readable
        assert checked.errors
    else:
        assert (checked.code, checked.json["usable"]) == (1, False)
        assert all(f["file"] == str(file) for f in checked.json["faults"] if f["severity"] == "error")
    ran = mmopts("suggest", *ASK, "--kb", str(file), "--json")
    assert (ran.code, ran.out) == (3, "")
    assert all(e["code"] != "internal" for e in ran.errors)
    if checked.code == 1:
        errors = {f["code"] for f in checked.json["faults"] if f["severity"] == "error"}
        assert {e["code"] for e in ran.errors} <= errors


@pytest.mark.slow
@pytest.mark.parametrize("extends", ['extends: "builtin"\n', "extends:   builtin # x\n"])
def test_an_overlay_may_be_quoted_and_is_usable(extends: str, tmp_path: Path) -> None:
    file = tmp_path / "kb.yaml"
    file.write_text(extends, "utf-8")
    assert mmopts("show", "DKd", "--kb", str(file), "--json").json["regimens"][0]["id"] == "DKd"


@pytest.mark.slow
def test_an_overlay_in_json_is_one_too(tmp_path: Path) -> None:
    file = tmp_path / "kb.json"
    file.write_text(json.dumps({"extends": "builtin"}), "utf-8")
    assert mmopts("show", "DKd", "--kb", str(file)).code == 0


def test_the_small_knowledge_base_is_usable() -> None:
    assert mmopts("kb", "check", TINY, "--json").json["usable"] is True
