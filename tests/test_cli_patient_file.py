"""Patient files: YAML and JSON, whole answers, lines of JSON; options beat them."""

from __future__ import annotations

import csv
import io
import json
import os
import select
import subprocess
import sys

import pytest
from cli_runner import ASK, TINY, mmopts

from mmopts.cli import engine
from mmopts.cli.environment import Environment, Writer
from mmopts.cli.progress import Progress

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


@pytest.mark.parametrize(
    "asked",
    [
        ["--prior", "sel", "--refractory", "PI"],
        ["--prior", "ide-cel", "--refractory", "IMiD"],
        ["--prior", "len", "--last", "PI"],
        ["--prior", "VRd", "--intolerant", "anti-CD38", "--lines", "1"],
    ],
)
def test_a_class_that_is_known_from_another_list_does_not_change_the_list_of_what_was_received(asked):
    first = mmopts("suggest", *asked, "--json")
    again = mmopts("suggest", "--patient", "-", "--json", stdin=first.out.encode()).json
    for key in ("patient", "options", "excluded", "next_questions"):
        assert again[key] == first.json[key]


def test_option_beats_the_file_fact_by_fact():
    ran = mmopts("suggest", "--patient", "-", "--refractory", "none", "--json", stdin=json.dumps(PATIENT).encode())
    assert (ran.json["patient"]["refractory"], ran.json["patient"]["lines"]) == (["none"], 1)


def test_list_that_an_option_replaces_is_whole_again():
    file = b'{"prior": ["len"], "prior_incomplete": true, "lines": 1}'
    assert mmopts("suggest", "--patient", "-", "--json", stdin=file).json["patient"]["prior_incomplete"] is True
    ran = mmopts("suggest", "--patient", "-", "--prior", "btz", "--json", stdin=file)
    assert (ran.json["patient"]["prior"], ran.json["patient"].get("prior_incomplete")) == (["bortezomib"], None)


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
        (b'{"lines": []}', "bad-value"),
        (b'{"lines": [[1]]}', "bad-value"),
        (b'{"lines": [1, 3]}', "contradiction"),
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
    assert ran.err.splitlines()[0] == "mmopts: p.json: the patient is not JSON (line 2, column 11): Expecting value."
    file.write_text('{"prior": }', "utf-8")  # of one line the number would tell nothing
    one = mmopts("suggest", "--patient", str(file))
    assert one.err.splitlines()[0] == "mmopts: p.json: the patient is not JSON (column 11): Expecting value."


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


# --- streams ---------------------------------------------------------------------------------------

GOOD = b'{"id": "p1", "prior": ["len"], "lines": 1}\n'


def stream(lines: bytes, *words: str, **variables: str):
    """The run, and its envelopes."""
    ran = mmopts("suggest", "--patient", "-", "--format", "jsonl", *words, stdin=lines, **variables)
    return ran, [json.loads(line) for line in ran.out.splitlines()]


def test_each_envelope_of_a_stream_has_its_line_and_the_id_of_its_patient():
    ran, found = stream(GOOD + b"\n" + b'{"lines": 2}\n{"id": "p4", "prior": ["lenx"]}\n')
    assert [(f["schema"][7:-2], f["line"], f["patient_id"]) for f in found] == [
        ("suggest", 1, "p1"),
        ("suggest", 3, None),
        ("error", 4, "p4"),
    ]
    assert ran.code == 2


def test_id_of_a_patient_is_echoed_by_every_command_and_comes_back_with_an_answer():
    for words in (["suggest"], ["ask"], ["explain", "DKd"]):
        assert mmopts(*words, "--patient", "-", "--json", stdin=GOOD).json["patient_id"] == "p1"
        assert mmopts(*words, *ASK, "--json").json["patient_id"] is None
    first = mmopts("suggest", "--patient", "-", "--json", stdin=GOOD)
    assert mmopts("suggest", "--patient", "-", "--json", stdin=first.out.encode()).json["patient_id"] == "p1"


@pytest.mark.parametrize("value", [3, ["a"], "x" * 201])
def test_id_that_is_no_text_is_refused(value):
    line = json.dumps({"id": value, "lines": 1}).encode()
    assert mmopts("suggest", "--patient", "-", "--json", stdin=line).errors[0]["fact"] == "id"


def test_line_with_a_byte_order_mark_alone_gets_its_envelope():
    ran, found = stream(b"\xef\xbb\xbf\n" + GOOD + b"\xef\xbb\xbf" + GOOD)
    assert [(f["schema"], f["line"]) for f in found] == [
        ("mmopts.error/1", 1),
        ("mmopts.suggest/1", 2),
        ("mmopts.suggest/1", 3),
    ]
    assert (found[0]["errors"][0]["code"], ran.code) == ("bad-json", 2)


def test_fault_of_ours_in_one_patient_has_its_envelope_and_the_stream_goes_on(monkeypatch):
    real = engine.about
    calls = iter((real, None, real))

    def broken(*given):
        assess = next(calls)
        if assess is None:
            raise KeyError("x")
        return assess(*given)

    monkeypatch.setattr(engine, "about", broken)
    ran, found = stream(GOOD + b'{"id": "b", "lines": 2}\n' + GOOD)
    assert [f["schema"] for f in found] == ["mmopts.suggest/1", "mmopts.error/1", "mmopts.suggest/1"]
    assert (found[1]["errors"][0]["code"], found[1]["exit_code"], found[1]["patient_id"]) == ("internal", 70, "b")
    assert (ran.code, ran.err) == (70, "")


def test_stream_into_a_file_is_written_as_it_goes_and_appears_whole(tmp_path, monkeypatch):
    file = tmp_path / "out.jsonl"
    sizes = []
    real = Writer.write

    def write(self, text):
        sizes.append((len(text), file.exists()))
        real(self, text)

    monkeypatch.setattr(Writer, "write", write)
    ran, found = stream(GOOD * 3, "--fields", "options.id", "-o", str(file))
    assert (ran.code, found, len(sizes), any(there for _, there in sizes)) == (0, [], 3, False)
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [(sorted(e), e["line"]) for e in lines] == [(["line", "options", "patient_id", "schema"], n) for n in (1, 2, 3)]


@pytest.mark.slow
def test_several_processes_answer_a_file_as_one_does_in_order_and_with_the_same_code(tmp_path):
    file = tmp_path / "patients.jsonl"
    file.write_bytes(b"".join(b'{"id": "p%d", "lines": %d}\n' % (n, n % 4 + 1) for n in range(60)) + b"no json\n\xff\n")
    words = ("suggest", "--patient", str(file), "--kb", TINY, "--format", "jsonl", "--fields", "options.id")
    alone, shared = mmopts(*words, "--jobs", "1"), mmopts(*words, "--jobs", "2")
    assert (shared.code, shared.out) == (alone.code, alone.out)
    found = [json.loads(line) for line in shared.out.splitlines()]
    assert [f["line"] for f in found] == list(range(1, 63))
    assert [f["errors"][0]["code"] for f in found[-2:]] == ["bad-json", "not-text"]


def test_stream_without_a_patient_leaves_no_file(tmp_path):
    ran = mmopts("suggest", "--patient", "-", "--format", "jsonl", "-o", str(tmp_path / "out"), stdin=b"\n \n")
    assert (ran.code, ran.errors[0]["code"], list(tmp_path.iterdir())) == (2, "no-facts", [])


def test_progress_is_shown_where_somebody_watches_and_taken_away(monkeypatch):
    clock = iter([0.0, 1.0, 3.0, 3.1, 4.0])
    monkeypatch.setattr("mmopts.cli.progress.monotonic", lambda: next(clock))
    err = io.BytesIO()
    progress = Progress(Environment(io.BytesIO(), Writer(io.BytesIO()), Writer(err), watched=True))
    for count in (10, 30, 31, 40):
        progress.tell(count, count)
    progress.clear()
    shown = err.getvalue().decode().split("\r")
    assert [s.strip() for s in shown if s.strip()] == [
        "mmopts: 30 patients, line 30, 10 a second",
        "mmopts: 40 patients, line 40, 10 a second",
    ]
    assert shown[-2].strip() == shown[-1] == ""
    monkeypatch.setattr("mmopts.cli.progress.monotonic", lambda: 100.0)
    assert stream(GOOD)[0].err == ""


# --- several patients in one CSV -------------------------------------------------------------------

THREE = (
    b'{"id": "a", "prior": ["len", "btz"], "fitness": "frail"}\n'
    b'{"id": "b", "prior": ["nonsense"]}\n'
    b"\n"
    b'{"id": "c", "prior": ["VRd"], "refractory": ["len"], "lines": 1}\n'
)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def in_file(tmp_path, name: str = "patients.jsonl", raw: bytes = THREE) -> str:
    (tmp_path / name).write_bytes(raw)
    return str(tmp_path / name)


@pytest.mark.parametrize("name", ["patients.jsonl", "PATIENTS.NDJSON"])
def test_several_patients_are_one_csv_with_one_head(tmp_path, name):
    ran = mmopts("suggest", "--patient", in_file(tmp_path, name), "--format", "csv")
    assert ran.out.count("patient_id,line,") == 1
    rows = rows_of(ran.out)
    assert {(row["patient_id"], row["line"]) for row in rows} == {("a", "1"), ("c", "4")}
    for number, patient in (("1", "a"), ("4", "c")):
        alone = json.loads(THREE.splitlines()[int(number) - 1])
        found = mmopts("suggest", "--patient", "-", "--json", stdin=json.dumps(alone).encode()).json
        ids = [entry["id"] for entry in (*found["options"], *found["excluded"])]
        assert [row["id"] for row in rows if row["patient_id"] == patient] == ids


def test_a_bad_line_of_a_csv_is_told_on_standard_error_and_ends_nothing(tmp_path):
    ran = mmopts("suggest", "--patient", in_file(tmp_path), "--format", "csv")
    assert ran.code == 2
    assert ran.err.startswith("mmopts: line 2, patient b: 'nonsense' is no drug")
    assert ran.err.count("\n") == 1
    assert "nonsense" not in ran.out


def test_lines_on_standard_input_are_several_patients_for_csv_too():
    ran = mmopts("suggest", "--patient", "-", "--format", "csv", "--limit", "1", stdin=THREE)
    assert {row["patient_id"] for row in rows_of(ran.out)} == {"a", "c"}


@pytest.mark.parametrize("raw", [b"id: d\nprior: [len]\n", b'{\n"id": "d",\n"prior": ["len"]\n}\n'])
def test_one_patient_on_standard_input_is_still_one_for_csv(raw):
    ran = mmopts("suggest", "--patient", "-", "--format", "csv", stdin=raw)
    assert (ran.code, {(row["patient_id"], row["line"]) for row in rows_of(ran.out)}) == (0, {("d", "")})


def test_options_hold_for_each_patient_of_a_csv(tmp_path):
    whole = mmopts("suggest", "--patient", in_file(tmp_path), "--format", "csv", "--region", "eu").out
    alone = mmopts("suggest", "--patient", "-", "--json", "--region", "eu", stdin=THREE.splitlines()[0]).json
    labels = {entry["id"]: entry["labels"]["eu"] for entry in (*alone["options"], *alone["excluded"])}
    assert {row["id"]: row["eu"] for row in rows_of(whole) if row["patient_id"] == "a"} == labels


def test_a_csv_of_no_patient_is_a_fault_and_writes_nothing(tmp_path):
    out = tmp_path / "out.csv"
    ran = mmopts("suggest", "--patient", in_file(tmp_path, raw=b"\n \n"), "--format", "csv", "-o", str(out))
    assert (ran.code, "There is no patient" in ran.err, out.exists()) == (2, True, False)


def test_a_csv_into_a_file_is_whole(tmp_path):
    out = tmp_path / "out.csv"
    ran = mmopts("suggest", "--patient", in_file(tmp_path), "--format", "csv", "-o", str(out))
    assert ran.out == ""
    assert out.read_text("utf-8") == mmopts("suggest", "--patient", in_file(tmp_path), "--format", "csv").out


def test_the_treatments_of_a_json_text_know_their_lines():
    text = '{"age": 60,\n "treatments": [\n  {"regimen": "VRd"},\n     {"regimen": "DPd"}]}'
    entries = engine.with_lines(json.loads(text), text)["treatments"]
    assert entries.lines == [3, 4]
    assert engine.with_lines(json.loads(text), "")["treatments"].lines == [0, 0]  # no line is known


def test_fault_of_a_fact_names_the_file_or_the_option_that_stated_it(tmp_path):
    file = tmp_path / "p.yaml"
    file.write_text("prior: [bortezomb]\nage: seventy\nplatlets: 3\n", "utf-8")
    for command in (["suggest"], ["ask"], ["dose", "Vd"], ["report", "--case", "K"]):
        ran = mmopts(*command, "--patient", str(file), "--age", "300")
        told = ran.err.splitlines()
        assert ran.code == 2
        assert sorted(line.partition(" Did you mean")[0] for line in told[:-1]) == [
            "mmopts: --age takes a number from 18 to 120, or a range such as 40-50, not '300'.",
            "mmopts: p.yaml: 'bortezomb' is no drug, regimen or class known here.",
            "mmopts: p.yaml: 'platlets' is no fact of a patient.",
        ]
    alone = mmopts("suggest", "--patient", "-", stdin=file.read_bytes())
    assert "mmopts: standard input: age takes a number" in alone.err
    assert "--age" not in alone.err


def test_fault_of_a_line_names_the_fact_as_the_line_does():
    line = b'{"prior": ["len"], "age": "x"}\n'
    ran = mmopts("suggest", "--patient", "-", "--format", "jsonl", stdin=line)
    assert json.loads(ran.out)["errors"][0]["message"].startswith("age takes a number")
    for form in (["--format", "jsonl"], ["--json"]):
        ran = mmopts("suggest", "--patient", "-", *form, "--prior", "none", stdin=b'{"lines": 2, "prior": ["len"]}\n')
        told = json.loads(ran.out or ran.err)["errors"][0]["message"].removeprefix("standard input: ")
        assert told == "lines 2 contradicts --prior none."


def test_faults_of_the_question_and_of_the_patient_are_told_together():
    ran = mmopts("suggest", "--prior", "bortezomb", "--region", "mars", "--as-of", "soon", "--json")
    assert [e["fact"] for e in json.loads(ran.err)["errors"]] == ["region", "as_of", "prior"]
    listed = b"treatments: [{regimen: VRd}]\nage: 7\n"
    ran = mmopts("suggest", "--patient", "-", "--as-of", "soon", "--json", stdin=listed)
    assert [e["fact"] for e in json.loads(ran.err)["errors"]] == ["as_of", "age"]
    misspelt = b"region: mars\ntreatments: [{regimen: VRdd, start: 2024-01}]\n"
    for command in (["suggest", "--patient"], ["history"]):
        ran = mmopts(*command, "-", "--json", stdin=misspelt)
        told = [e["message"] for e in json.loads(ran.err)["errors"]]
        assert [word in message for word, message in zip(("'mars'", "'VRdd'"), told, strict=True)] == [True, True]


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("creatinine", ["crcl"]),
        ("karnofsky", ["ecog"]),
        ("lines_of_therapy", ["lines"]),
        ("btz", ["prior", "refractory"]),
        ("VRd", ["prior", "refractory"]),
        ("del17p", ["cytogenetics"]),
        ("heart_failure", ["condition"]),
    ],
)
def test_word_that_stands_as_a_fact_is_told_where_it_belongs(word, near):
    ran = mmopts("suggest", "--patient", "-", "--json", stdin=json.dumps({word: True}).encode())
    error = next(e for e in ran.errors if e["code"] == "unknown-fact")
    assert (ran.code, error["suggestions"]) == (2, near)
    assert error["message"].endswith(f"Did you mean {' or '.join(near)}?")


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "it is empty."),
        (b"  \n\n", "it is empty."),
        (b"prior: [len]\nprior: [btz]\n", "line 2, column 1: 'prior' stands twice here (first on line 1)."),
        (b"prior: [\xe9]\n", "not UTF-8 text (byte 9)."),
        (b"just words\n", "a patient is a mapping of facts"),
    ],
)
def test_what_is_wrong_with_a_file_as_a_whole_begins_with_its_name(tmp_path, raw, told):
    (tmp_path / "seven.yaml").write_bytes(raw)
    ran = mmopts("suggest", "--patient", str(tmp_path / "seven.yaml"))
    assert ran.code == 2
    assert ran.err.startswith(f"mmopts: seven.yaml: {told}")


def test_csv_from_standard_input_is_answered_line_by_line_as_lines_come(tmp_path):
    # The second line is written only when the first answer is there: it would wait for ever for a whole buffer.
    asked = [sys.executable, "-m", "mmopts", "suggest", "--patient", "-", "--format", "csv"]
    with subprocess.Popen(asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as run:
        assert run.stdin
        assert run.stdout
        for number in (1, 2):
            run.stdin.write(f'{{"id": "p{number}", "prior": ["len"]}}\n'.encode())
            out = b""
            while f"p{number}".encode() not in out:
                ready, _, _ = select.select([run.stdout], [], [], 30)
                assert ready, "no answer to a line that was written"
                out += os.read(run.stdout.fileno(), 65536)
        run.stdin.close()
        run.stdout.read()
    assert run.returncode == 0


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\n \n"])
def test_patients_a_line_are_known_behind_blank_lines_and_the_mark_of_a_byte_order(before):
    lines = b'{"id": "a", "prior": ["len"]}\n{"id": "b", "prior": ["btz"]}\n'
    ran = mmopts("suggest", "--patient", "-", "--format", "csv", stdin=before + lines)
    assert (ran.code, ran.err) == (0, "")
    plain = mmopts("suggest", "--patient", "-", "--format", "csv", stdin=lines)
    rows = [[row | {"line": ""} for row in csv.DictReader(io.StringIO(one.out))] for one in (ran, plain)]
    assert rows[0] == rows[1] != []
