"""Defaults of a place: a small file and variables, named in each answer, never a patient's facts."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import pytest
from cli_runner import ASK, TINY, mmopts
from conftest import DATA

from mmopts.cli import settings
from mmopts.cli.environment import Environment, Writer
from mmopts.knowledge import kept


@pytest.fixture
def file(tmp_path):
    return tmp_path / "config.toml"


def written(file, text):
    file.write_text(text, "utf-8")
    return {"MMOPTS_CONFIG": str(file)}


def test_without_a_file_nothing_is_a_default():
    assert mmopts("suggest", *ASK, "--json").json["question"]["defaults"] == []
    assert [d["value"] for d in mmopts("config", "--json").json["defaults"]] == [None] * 4


def test_default_that_acted_is_named_in_the_answer(file):
    place = written(file, 'region = "eu"\nunavailable = ["car-t"]\n')
    answer = mmopts("suggest", *ASK, "--json", **place).json
    assert (answer["question"]["region"], answer["patient"]["unavailable"]) == ("eu", ["car-t"])
    assert answer["question"]["defaults"] == [
        {"option": "--region", "value": "eu", "origin": str(file)},
        {"option": "--unavailable", "value": "car-t", "origin": str(file)},
    ]
    assert f"--region eu ({file})" in mmopts("suggest", *ASK, **place).out


@pytest.mark.parametrize("command", [["suggest"], ["ask"], ["explain", "Vd"], ["suggest", "--region", "us"]])
def test_a_default_is_no_fact_about_a_patient(file, command):
    ran = mmopts(*command, "--json", **written(file, 'region = "eu"\nunavailable = ["car-t"]\n'))
    assert (ran.code, ran.out, ran.errors[0]["code"]) == (2, "", "no-facts")
    stream = mmopts("suggest", "--patient", "-", "--format", "jsonl", stdin=b"{}\n", MMOPTS_UNAVAILABLE="car-t")
    assert (stream.code, stream.json["errors"][0]["code"]) == (2, "no-facts")


def test_option_and_patient_file_beat_a_variable_and_a_variable_the_file(file):
    place = written(file, 'region = "eu"\n')
    answer = mmopts("suggest", *ASK, "--json", MMOPTS_REGION="us", **place).json
    assert (answer["question"]["region"], answer["question"]["defaults"][0]["origin"]) == ("us", "MMOPTS_REGION")
    for words, stdin in ((["--region", "any"], b""), (["--patient", "-"], b'{"lines": 1, "region": "any"}')):
        answer = mmopts("suggest", *ASK, *words, "--json", stdin=stdin, **place).json
        assert (answer["question"]["region"], answer["question"]["defaults"]) == ("any", [])


def test_knowledge_base_may_be_a_default(file):
    place = written(file, f"kb = {json.dumps(TINY)}\n")
    answer = mmopts("list", "--json", **place).json
    assert answer["knowledge"]["layers"] == [TINY]  # which an answer without a patient names it by
    assert answer["regimens"] == mmopts("list", "--json", "--kb", TINY).json["regimens"]
    asked = mmopts("suggest", "--prior", "alpha", "--json", **place).json["question"]["defaults"]
    assert asked == [{"option": "--kb", "value": TINY, "origin": str(file)}]
    assert mmopts("suggest", "--prior", "alpha", "--json", "--kb", TINY, **place).json["question"]["defaults"] == []


def test_columns_is_the_width_at_a_terminal_and_changes_no_data(file):
    place = written(file, "columns = 60\n")
    lines = mmopts("suggest", *ASK, terminal=True, width=140, **place).out.splitlines()
    assert lines == mmopts("suggest", *ASK, terminal=True, width=60).out.splitlines()
    assert mmopts("suggest", *ASK, **place).out == mmopts("suggest", *ASK).out


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        (
            'prior = ["len"]\n',
            "unknown-default",
            "'prior' is no default; those are region, unavailable, kb, columns. A patient",
        ),
        ('regoin = "us"\n', "unknown-default", "Did you mean region?"),
        ('region = "mars"\n', "bad-value", "region takes us, eu, any; not 'mars'."),
        ("region = 3\n", "bad-value", "region (whose labels count: us, eu or any) cannot be '3'."),
        ("unavailable = 3\n", "bad-value", "unavailable (what cannot be had here; mmopts facts unavailable) cannot be '3'."),
        ("columns = 3\n", "bad-value", "columns (the width of tables at a terminal, 40 to 400) cannot be '3'."),
        ("region = \n", "bad-config", "line 1"),
        ("\x00", "bad-config", "cannot use the defaults"),
    ],
)
def test_unusable_default_is_refused_with_its_reason(text, code, named, file):
    ran = mmopts("suggest", *ASK, "--json", **written(file, text))
    assert (ran.code, ran.errors[0]["code"]) == (2, code)
    assert named in ran.errors[0]["message"]


@pytest.mark.parametrize(
    ("name", "value", "code", "said"),
    [
        ("unavailable", "car-t,xyzzy", 2, "'xyzzy' is not known to --unavailable"),
        ("unavailable", "car-t,none", 2, "--unavailable says none and also car-t"),
        ("kb", "nowhere.yaml", 3, "cannot read the knowledge base 'nowhere.yaml'"),
    ],
)
def test_a_default_that_an_answer_cannot_use_is_told_with_where_it_was_found(name, value, code, said, file):
    # Nobody who gave no such option could tell else what is meant.
    variable = f"MMOPTS_{name.upper()}"
    ran = mmopts("suggest", *ASK, **{variable: value})
    assert (ran.code, ran.err.startswith(f"mmopts: {variable}: {said}")) == (code, True), ran.err
    written_as = json.dumps(value.split(",") if name == "unavailable" else value)
    ran = mmopts("suggest", *ASK, **written(file, f"{name} = {written_as}\n"))
    assert (ran.code, ran.err.startswith(f"mmopts: {file}: {said}")) == (code, True), ran.err


@pytest.mark.parametrize(
    ("words", "code"),
    [(["unavailable", "xyzzy"], 2), (["unavailable", "car-t,none"], 2), (["kb", "nowhere.yaml"], 3)],
)
def test_a_default_that_no_answer_could_use_is_not_set(words, code, file):
    assert mmopts("config", "region", "eu", MMOPTS_CONFIG=str(file)).code == 0
    before = file.read_text()
    ran = mmopts("config", *words, MMOPTS_CONFIG=str(file))
    assert (ran.code, ran.err.startswith("mmopts: config: "), file.read_text()) == (code, True, before)


def test_unusable_variable_is_named():
    assert mmopts("suggest", *ASK, MMOPTS_REGION="mars").err.startswith("mmopts: MMOPTS_REGION: region takes us, eu, any")


def test_defaults_are_set_shown_and_forgotten(file):
    place = {"MMOPTS_CONFIG": str(file)}
    assert mmopts("config", "region", "EU", **place).out == f"region       eu  ({file})\n"
    assert mmopts("config", "unavailable", "car-t,bispecific", **place).code == 0
    assert mmopts("config", "columns", "120", **place).code == 0
    shown = {d["name"]: d["value"] for d in mmopts("config", "--json", **place).json["defaults"]}
    assert shown == {"region": "eu", "unavailable": ["car-t", "bispecific"], "kb": None, "columns": 120}
    assert mmopts("config", "region", **place).out == f"region       eu  ({file})\n"
    assert mmopts("config", "region", **place).out == f"region       eu  ({file})\n"  # to look at it forgets nothing
    assert mmopts("config", "--unset", "region", **place).out == "region       not set\n"
    assert mmopts("config", "--json", **place).json["defaults"][0]["value"] is None
    assert mmopts("suggest", *ASK, "--json", **place).json["patient"]["unavailable"] == ["bispecific", "car-t"]


def test_a_knowledge_base_that_is_kept_is_found_from_any_folder(file, tmp_path, monkeypatch):
    with open(TINY, "rb") as base:
        (tmp_path / "own.yaml").write_bytes(base.read())
    monkeypatch.chdir(tmp_path)
    assert mmopts("config", "kb", "own.yaml", MMOPTS_CONFIG=str(file)).code == 0
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    listed = mmopts("list", "--json", MMOPTS_CONFIG=str(file)).json["regimens"]
    assert "grade-a" in {regimen["id"] for regimen in listed}


@pytest.mark.parametrize(
    "words", [["prior", "len"], ["region", "mars"], ["columns", "wide"], ["region", "us", "eu"], ["--unset"], ["age"]]
)
def test_setting_what_cannot_be_a_default_changes_nothing(words, file):
    ran = mmopts("config", *words, "--json", MMOPTS_CONFIG=str(file))
    assert (ran.code, bool(ran.errors), file.exists()) == (2, True, False)


def test_file_is_in_the_place_of_the_platform(tmp_path):
    env = {k: v for k, v in os.environ.items() if k not in ("MMOPTS_CONFIG", "XDG_CONFIG_HOME")}
    done = subprocess.run(
        [sys.executable, "-m", "mmopts", "config", "--json"],
        capture_output=True,
        check=True,
        env={**env, "HOME": str(tmp_path)},
    )
    found = json.loads(done.stdout)["file"]
    assert found.endswith("config.toml")
    assert "mmopts" in found
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_path_beyond_ascii_stands_in_the_file_as_it_is(file, tmp_path):
    base = tmp_path / "\N{LATIN SMALL LETTER U WITH DIAERESIS}ber.yaml"
    base.write_text('extends: builtin\nversion: "1"\n', "utf-8")
    ran = mmopts("config", "kb", str(base), MMOPTS_CONFIG=str(file))
    assert (ran.code, ran.err) == (0, "")
    assert f'"{base}"' in file.read_text("utf-8")


def test_a_byte_order_mark_and_line_ends_of_windows_are_let_pass(file):
    file.write_bytes(b'\xef\xbb\xbfregion = "eu"\r\nunavailable = "car-t, bispecific"\r\n')
    question = mmopts("suggest", *ASK, "--json", MMOPTS_CONFIG=str(file)).json["question"]
    assert [d["value"] for d in question["defaults"]] == ["eu", "car-t,bispecific"]


@pytest.mark.parametrize("words", [["region", "us"], ["--unset", "region"]])
def test_a_default_that_cannot_be_used_is_mended_by_setting_it(words, file):
    place = written(file, 'region = "mars"\ncolumns = 90\n')
    assert mmopts("suggest", *ASK, **place).code == 2
    assert mmopts("config", *words, **place).code == 0
    assert mmopts("suggest", *ASK, **place).code == 0
    assert "columns = 90" in file.read_text("utf-8")


@pytest.mark.parametrize("word", ["9" * 5000, "0", "-1", "1e2", "٣٣", "x"])
def test_a_width_that_is_none_is_refused_whatever_its_size(word):
    ran = mmopts("suggest", *ASK, "--json", MMOPTS_COLUMNS=word)
    assert [e["fact"] for e in ran.errors] == ["columns"]


@pytest.mark.parametrize("empty", ["", ",", " , "])
def test_a_variable_that_says_nothing_is_no_default(empty):
    assert mmopts("suggest", *ASK, "--json", MMOPTS_UNAVAILABLE=empty).json["question"]["defaults"] == []


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the XDG base directories are those of other systems")
@pytest.mark.parametrize("relative", ["there", "./there", ""])
def test_a_relative_base_directory_is_ignored(relative, tmp_path):
    # XDG base directory specification: "If an implementation encounters a relative path ... it should consider the path
    # invalid and ignore it."
    env = {k: v for k, v in os.environ.items() if k != "MMOPTS_CONFIG"}
    done = subprocess.run(
        [sys.executable, "-m", "mmopts", "config", "--json"],
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={**env, "HOME": str(tmp_path), "XDG_CONFIG_HOME": relative, "XDG_CACHE_HOME": relative},
    )
    assert json.loads(done.stdout)["file"] == str(tmp_path / ".config" / "mmopts" / "config.toml")
    assert not (tmp_path / "there").exists()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the XDG base directories are those of other systems")
def test_a_relative_home_gets_no_files(tmp_path):
    env = {k: v for k, v in os.environ.items() if k not in ("MMOPTS_CONFIG", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
    overlay = DATA.parent / "docs" / "overlay.yaml"
    for words, code in ((("list", "--kb", str(overlay)), 0), (("config", "region", "eu"), 2)):
        done = subprocess.run(
            [sys.executable, "-m", "mmopts", *words],
            capture_output=True,
            check=False,
            cwd=tmp_path,
            env={**env, "HOME": "here"},
        )
        assert done.returncode == code
    assert not list(tmp_path.iterdir())


def test_an_empty_home_is_no_place_for_a_file(monkeypatch):
    monkeypatch.setenv("HOME", "")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    nowhere = Environment(io.BytesIO(), Writer(io.BytesIO()), Writer(io.BytesIO()))
    assert (settings.place(nowhere), kept.folder()) == ("", "")
    monkeypatch.setenv("XDG_CONFIG_HOME", os.path.abspath(os.sep))
    assert settings.place(nowhere).endswith("config.toml")
