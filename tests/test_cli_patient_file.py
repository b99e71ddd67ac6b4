"""Patient files: YAML and JSON, whole answers, lines of JSON; options beat them."""

from __future__ import annotations

import json

import pytest
from cli_runner import ASK, mmopts

PATIENT = {"prior": ["len", "btz"], "refractory": ["len"], "lines": 1}


def test_yaml_json_and_standard_input_give_the_same_answer(tmp_path):
    (tmp_path / "p.yaml").write_text("prior: [len, btz]\nrefractory: [len]\nlines: 1\n", "utf-8")
    (tmp_path / "p.json").write_text(json.dumps(PATIENT), "utf-8")
    answers = [mmopts("suggest", "--patient", str(tmp_path / name), "--json").json for name in ("p.yaml", "p.json")]
    answers.append(mmopts("suggest", "--patient", "-", "--json", stdin=json.dumps(PATIENT).encode()).json)
    answers.append(mmopts("suggest", "--prior", "len,btz", "--refractory", "len", "--lines", "1", "--json").json)
    assert all(a == answers[0] for a in answers)


def test_flow_yaml_that_looks_like_json_is_read():
    assert mmopts("suggest", "--patient", "-", stdin=b"{prior: [len], lines: 1}").code == 0


def test_whole_answer_is_a_patient_file_and_gives_itself_again():
    first = mmopts("suggest", *ASK, "--region", "us", "--json")
    again = mmopts("suggest", "--patient", "-", "--json", stdin=first.out.encode()).json
    same = ("question", "patient", "options", "excluded", "next_questions", "supportive_care", "sources")
    assert {key: again[key] for key in same} == {key: first.json[key] for key in same}


def test_option_beats_the_file_fact_by_fact():
    ran = mmopts("suggest", "--patient", "-", "--refractory", "none", "--json", stdin=json.dumps(PATIENT).encode())
    assert (ran.json["patient"]["refractory"], ran.json["patient"]["lines"]) == (["none"], 1)


def test_list_that_an_option_replaces_is_whole_again():
    file = b'{"prior": ["len"], "prior_incomplete": true, "lines": 1}'
    assert mmopts("suggest", "--patient", "-", "--json", stdin=file).json["patient"]["prior_incomplete"] is True
    ran = mmopts("suggest", "--patient", "-", "--prior", "btz", "--json", stdin=file)
    assert (ran.json["patient"]["prior"], ran.json["patient"]["prior_incomplete"]) == (["bortezomib"], False)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no-mapping"),
        (b"[]", "no-mapping"),
        (b"3", "no-mapping"),
        (b"null", "no-mapping"),
        (b'{"prior": ["len"], "prior": ["btz"]}', "duplicate-key"),
        (b"prior: [len]\nprior: [btz]\n", "duplicate-key"),
        (b'{"months-since": {}, "months_since": {}}', "duplicate-key"),
        (b'{"lines": NaN}', "bad-value"),
        (b'{"lines": ' + b"9" * 5000 + b"}", "bad-value"),
        (b"\xff\xfe\x00", "not-text"),
        (b"a: &x [1]\nb: *x\n", "alias"),
        (b"prior: !!python/object:os.system x", "tag"),
        (b"[" * 5000, "too-deep"),
        (b'{"prior":' + b"[" * 500 + b"]" * 500 + b"}", "too-deep"),
        (b" " * 2_000_001, "too-large"),
        (b'{"schema": "mmopts.error/1"}', "no-patient"),
        (b"prior: [len\n", "bad-yaml"),
        (b'{"nosuchfact": 1}', "unknown-fact"),
        (b'{"prior": {"a": 1}}', "bad-value"),
        (b'{"lines": [1]}', "bad-value"),
    ],
)
def test_unusable_file_is_refused_with_its_reason(content, code):
    ran = mmopts("suggest", "--patient", "-", "--json", stdin=content)
    assert (ran.code, ran.out) == (2, "")
    assert code in [e["code"] for e in ran.errors]


def test_fault_in_a_json_file_has_its_place(tmp_path):
    file = tmp_path / "p.json"
    file.write_text('{"prior": ["len"],\n "lines": }', "utf-8")
    ran = mmopts("suggest", "--patient", str(file))
    assert ran.err.splitlines()[0] == "mmopts: the patient is not JSON (line 2, column 11): Expecting value."


def test_file_that_is_not_there_is_named():
    ran = mmopts("suggest", "--patient", "/nowhere.yaml", "--lines", "x", "--json")
    assert [e["code"] for e in ran.errors] == ["cannot-read"]
    assert "/nowhere.yaml" in ran.errors[0]["message"]


LINES = b'{"prior": ["len"], "lines": 1}\n\n{"prior": ["lenx"]}\nnot json\n{"lines": 2, "refractory": ["btz"]}\n'


def test_lines_give_an_envelope_each_and_a_bad_line_its_error_in_place():
    ran = mmopts("suggest", "--patient", "-", "--format", "jsonl", stdin=LINES)
    found = [json.loads(line) for line in ran.out.splitlines()]
    assert [f["schema"] for f in found] == ["mmopts.suggest/1", "mmopts.error/1", "mmopts.error/1", "mmopts.suggest/1"]
    assert [(f["line"], f["patient_id"]) for f in found] == [(1, None), (3, None), (4, None), (5, None)]
    assert [f["errors"][0]["code"] for f in found[1:3]] == ["unknown-name", "bad-json"]
    assert (ran.code, ran.err) == (2, "")


def test_sound_lines_leave_with_0_and_take_the_options_of_the_command_line():
    ran = mmopts(
        "suggest", "--patient", "-", "--format", "jsonl", "--frail", "--limit", "1", stdin=LINES.splitlines()[0] + b"\n"
    )
    (found,) = [json.loads(line) for line in ran.out.splitlines()]
    assert (ran.code, found["patient"]["fitness"], len(found["options"])) == (0, "frail", 1)


def test_line_that_is_too_long_does_not_stop_the_next():
    ran = mmopts("suggest", "--patient", "-", "--format", "jsonl", stdin=b'"' + b"a" * 2_500_000 + b'"\n{"lines": 1}\n')
    assert [json.loads(line)["schema"] for line in ran.out.splitlines()] == ["mmopts.error/1", "mmopts.suggest/1"]


def test_jsonl_without_a_file_is_one_envelope_on_one_line():
    ran = mmopts("suggest", *ASK, "--format", "jsonl")
    assert (ran.code, ran.out.count("\n"), json.loads(ran.out)["schema"]) == (0, 1, "mmopts.suggest/1")
