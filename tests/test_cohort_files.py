"""``mmopts cohort``: files in and out, rejects, and outputs that appear whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jsonschema
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from asked import suggest
from bases import builtin
from cli_runner import mmopts

from mmopts.cohort import inputs, outputs
from mmopts.cohort import run as running
from mmopts.cohort.inputs import Rows
from mmopts.cohort.quotes import Quotes
from mmopts.diagnostics import QuestionError

KB = builtin()
HEAD = ["id", *KB.regimens]
CSV = "id,prior,lines_min,lines_max,fitness,cytogenetics\na,VRd;len,1,2,fit,t(4;14)\nb,none,,,frail,\nc,len,1,1,,\n"


def wide(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".parquet":
        found: list[dict[str, str]] = pq.read_table(path).to_pylist()
        return found
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


def suggested(given: dict[str, object]) -> dict[str, str]:
    answer = suggest(given, KB)
    return {o["id"]: o["verdict"] for o in answer["options"]} | {o["id"]: "excluded" for o in answer["excluded"]}


@pytest.fixture
def patients(tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    path.write_text(CSV, "utf-8")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_verdicts_are_those_of_suggest_in_every_format(tmp_path, patients, kind):
    out = tmp_path / f"out.{kind}"
    ran = mmopts("cohort", str(patients), "-o", str(out))
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    rows = wide(out)
    assert [list(row) for row in rows] == [HEAD] * 3
    asked = [
        {"prior": ["VRd", "len"], "lines": {"min": 1, "max": 2}, "fitness": "fit", "cytogenetics": ["t(4;14)"]},
        {"prior": ["none"], "fitness": "frail"},
        {"prior": ["len"], "lines": 1},
    ]
    for row, name, given in zip(rows, "abc", asked, strict=True):
        assert row == {"id": name, **suggested(given)}


def test_the_three_formats_say_the_same(tmp_path, patients):
    table = pa.table(
        {
            "id": ["a", "b", "c"],
            "prior": pa.array([["VRd", "len"], ["none"], ["len"]]),
            "lines": pa.array([{"min": 1, "max": 2}, None, {"min": 1, "max": 1}]),
            "fitness": ["fit", "frail", None],
            "cytogenetics": pa.array([["t(4;14)"], None, None], pa.list_(pa.string())),
        }
    )
    pq.write_table(table, tmp_path / "in.parquet")
    lines = [json.dumps({k: v for k, v in row.items() if v is not None}) for row in table.to_pylist()]
    (tmp_path / "in.jsonl").write_text("\n".join(lines) + "\n\n", "utf-8")
    for kind in ("csv", "parquet", "jsonl"):
        assert mmopts("cohort", str(tmp_path / f"in.{kind}"), "-o", str(tmp_path / f"{kind}.csv")).code == 0
    assert (tmp_path / "csv.csv").read_text() == (tmp_path / "parquet.csv").read_text()
    assert (tmp_path / "csv.csv").read_text() == (tmp_path / "jsonl.csv").read_text()


def test_months_are_a_map_or_words(tmp_path):
    maps = pa.array([[("bortezomib", 3.0)], None], pa.map_(pa.string(), pa.float64()))
    pq.write_table(pa.table({"prior": ["btz", "btz"], "months_since": maps}), tmp_path / "in.parquet")
    (tmp_path / "in.csv").write_text("prior,months_since\nbtz,bortezomib=3\nbtz,\n")
    for kind in ("parquet", "csv"):
        assert mmopts("cohort", str(tmp_path / f"in.{kind}"), "-o", str(tmp_path / f"{kind}.jsonl")).code == 0
    assert (tmp_path / "csv.jsonl").read_text() == (tmp_path / "parquet.jsonl").read_text()


def test_the_long_layout_has_a_row_for_each_patient_and_regimen_with_labels(tmp_path, patients):
    out, flat = tmp_path / "long.csv", tmp_path / "wide.csv"
    assert mmopts("cohort", str(patients), "-o", str(out), "--layout", "long", "--labels").code == 0
    assert mmopts("cohort", str(patients), "-o", str(flat), "--labels").code == 0
    rows = wide(out)
    assert list(rows[0]) == ["id", "regimen", "verdict", "label_us", "label_eu"]
    assert [(r["id"], r["regimen"]) for r in rows] == [(i, name) for i in "abc" for name in KB.regimens]
    side = {row["id"]: row for row in wide(flat)}
    for row in rows:
        name = row["regimen"]
        assert row["verdict"] == side[row["id"]][name]
        assert row["label_us"] == side[row["id"]][f"{name}.label_us"]


def test_tiers_are_those_of_suggest(tmp_path, patients):
    out = tmp_path / "out.csv"
    assert mmopts("cohort", str(patients), "-o", str(out), "--tiers").code == 0
    answer = suggest({"prior": ["len"], "lines": 1}, KB)
    row = wide(out)[2]
    assert {o["id"]: o["tier"] for o in answer["options"]} == {
        name: row[f"{name}.tier"] for name in KB.regimens if row[f"{name}.tier"]
    }


def test_a_row_without_an_id_has_its_number(tmp_path):
    (tmp_path / "in.csv").write_text("prior\nlen\nbtz\n")
    assert mmopts("cohort", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv")).code == 0
    assert [row["id"] for row in wide(tmp_path / "out.csv")] == ["1", "2"]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_letters_beyond_ascii_stay_as_they_are_in_text(tmp_path, kind):
    (tmp_path / "in.csv").write_text("id,prior\nZoë 漢,len\n", "utf-8")
    out = tmp_path / f"out.{kind}"
    assert mmopts("cohort", str(tmp_path / "in.csv"), "-o", str(out)).code == 0
    assert "Zoë 漢" in out.read_text("utf-8")
    assert wide(out)[0]["id"] == "Zoë 漢"


# --- rejects ---------------------------------------------------------------------------------------


def test_rejects_name_row_id_code_and_message_and_the_counts_add_up(tmp_path):
    rows = [f"p{n},len,{n % 3 + 1}" for n in range(40)]
    rows[4], rows[7], rows[30] = "p4,xyzzy,1", "p7,none,2", "p30,len,99"
    (tmp_path / "in.csv").write_text("id,prior,lines\n" + "\n".join(rows) + "\n")
    out, bad, summary = tmp_path / "out.csv", tmp_path / "bad.csv", tmp_path / "s.json"
    ran = mmopts("cohort", str(tmp_path / "in.csv"), "-o", str(out), "--rejects", str(bad), "--summary", str(summary))
    assert ran.code == 0
    assert f"3 of 40 rows cannot be used; see {bad}" in ran.err
    found = list(csv.DictReader(bad.read_text().splitlines()))
    assert [(r["row"], r["id"], r["code"]) for r in found] == [
        ("5", "p4", "unknown-name"), ("8", "p7", "contradiction"), ("31", "p30", "bad-value"),
    ]  # fmt: skip
    assert list(found[0]) == ["row", "id", "code", "message"]
    assert "'xyzzy' is no drug" in found[0]["message"]
    counts = json.loads(summary.read_text())
    assert (counts["rows"], counts["patients"], counts["rejected"]) == (40, 37, 3)
    assert len(wide(out)) == 37
    for row in counts["regimens"]:
        assert row["eligible"] + row["conditional"] + row["excluded"] == 37


def test_half_a_character_in_a_line_of_json_is_a_reject(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"id": "a", "prior": "len"}\n{"id": "b", "last": "\\ud800"}\n{"id": "\\ud800"}\n')
    out, bad = tmp_path / "out.csv", tmp_path / "bad.csv"
    ran = mmopts("cohort", str(tmp_path / "in.jsonl"), "-o", str(out), "--rejects", str(bad), "--max-rejects", "100")
    assert ran.code == 0
    assert [(r["row"], r["code"]) for r in csv.DictReader(bad.read_text().splitlines())] == [
        ("2", "bad-json"),
        ("3", "bad-json"),
    ]
    assert [row["id"] for row in wide(out)] == ["a"]


def test_a_broken_row_that_is_no_text_either_is_told_as_what_it_is(tmp_path):
    (tmp_path / "in.csv").write_bytes(b'id,prior\na,len\nb,"\xed\xa0\x80",c,d\n')
    ran = mmopts("cohort", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"))
    assert ran.code == 2
    assert "it is not UTF-8" in ran.err
    assert not (tmp_path / "out.csv").exists()


def test_what_waits_to_be_written_at_the_end_is_written(tmp_path, monkeypatch):
    class Late(ThreadPoolExecutor):
        """One whose only thread is busy at first."""

        def __init__(self, threads: int) -> None:
            super().__init__(threads)
            self.submit(time.sleep, 0.2)

    monkeypatch.setattr(outputs, "ThreadPoolExecutor", Late)
    (tmp_path / "in.csv").write_text(CSV)
    assert mmopts("cohort", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv")).code == 0
    assert [row["id"] for row in wide(tmp_path / "out.csv")] == ["a", "b", "c"]


def test_more_rejects_than_are_borne_leave_the_old_file_and_write_the_rejects(tmp_path):
    (tmp_path / "in.csv").write_text("id,prior\na,len\nb,xyzzy\n")
    out, bad = tmp_path / "out.csv", tmp_path / "bad.csv"
    out.write_text("old")
    ran = mmopts("cohort", str(tmp_path / "in.csv"), "-o", str(out), "--rejects", str(bad))
    assert ran.code == 2
    assert "1 of 2 rows cannot be used, more than --max-rejects 10%" in ran.err
    assert out.read_text() == "old"
    assert [r["id"] for r in csv.DictReader(bad.read_text().splitlines())] == ["b"]
    assert mmopts("cohort", str(tmp_path / "in.csv"), "-o", str(out), "--max-rejects", "50%").code == 0
    assert [row["id"] for row in wide(out)] == ["a"]


def test_a_line_of_a_csv_with_too_many_cells_is_a_reject_in_its_place(tmp_path):
    (tmp_path / "in.csv").write_text("prior,lines\nlen,1\nlen,1,2,3\nbtz,1\nxyzzy,1\n")
    bad = tmp_path / "bad.csv"
    words = ("cohort", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"), "--rejects", str(bad))
    assert mmopts(*words, "--max-rejects", "100").code == 0
    assert [row["id"] for row in wide(tmp_path / "out.csv")] == ["1", "3"]
    found = list(csv.DictReader(bad.read_text().splitlines()))
    assert [(r["row"], r["code"]) for r in found] == [("2", "bad-row"), ("4", "unknown-name")]


def test_lines_that_are_no_json_and_odd_values_are_rejects(tmp_path):
    lines = [
        '{"id": "a", "prior": ["len"], "lines": "1-2"}', "{not json", "[1]", '{"id": 5, "prior": "len;btz"}',
        '{"prior": [1]}', '{"prior": ["len"], "whatever": 1}', '{"lines": 1e400}', '{"months_since": {"len": 5}}',
    ]  # fmt: skip
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    bad = tmp_path / "bad.csv"
    words = ("cohort", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / "out.csv"), "--rejects", str(bad))
    assert mmopts(*words, "--max-rejects", "100").code == 0
    assert [row["id"] for row in wide(tmp_path / "out.csv")] == ["a", "5", "8"]
    found = [(r["row"], r["code"]) for r in csv.DictReader(bad.read_text().splitlines())]
    assert found == [("2", "bad-json"), ("3", "bad-json"), ("5", "bad-value"), ("6", "unknown-fact"), ("7", "bad-value")]


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_a_byte_order_mark_before_the_first_line_is_no_part_of_it(tmp_path, kind):
    texts = {"jsonl": '{"id": "a", "prior": "len"}\n\ufeff{"prior": "len"}\n{"id": "c", "prior": "len"}\n',
             "csv": "id,prior\na,len\nb,\ufeffxyzzy\nc,len\n"}  # fmt: skip
    (tmp_path / f"in.{kind}").write_text(f"\ufeff{texts[kind]}", "utf-8")
    words = ("cohort", str(tmp_path / f"in.{kind}"), "-o", str(tmp_path / "out.csv"))
    assert mmopts(*words, "--rejects", str(tmp_path / "bad.csv"), "--max-rejects", "100").code == 0
    assert [row["id"] for row in wide(tmp_path / "out.csv")] == ["a", "c"]


def test_empty_lines_are_no_patients_and_the_others_keep_their_numbers(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"prior": "len"}\n\n{not json\n  \n{"prior": "btz"}\n')
    bad = tmp_path / "bad.csv"
    words = ("cohort", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / "out.csv"), "--rejects", str(bad))
    assert mmopts(*words, "--max-rejects", "100").code == 0
    assert [row["id"] for row in wide(tmp_path / "out.csv")] == ["1", "5"]
    assert [(r["row"], r["code"]) for r in csv.DictReader(bad.read_text().splitlines())] == [("3", "bad-json")]


# --- faults of the question ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("prior,linse", "Did you mean lines?"),
        ("prior,Age", "Did you mean age?"),
        ("prior,egfr", "Did you mean crcl?"),
        ("prior,prior_lines", "Did you mean lines?"),
        ("prior,Performance-Status", "Did you mean ecog?"),
        ("prior,frail", "Did you mean fitness?"),
        ("prior,region", "give --region"),
        ("prior,prior", "more than one column 'prior'"),
        ("id", "no column is a fact"),
    ],
)
def test_a_column_that_is_no_fact_is_an_error_with_the_nearest_name(tmp_path, head, said):
    (tmp_path / "in.csv").write_text(f"{head}\n{','.join('1' for _ in head.split(','))}\n")
    ran = mmopts("cohort", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"))
    assert ran.code == 2
    assert said in ran.err
    assert not (tmp_path / "out.csv").exists()


def test_a_key_of_the_first_line_that_is_no_fact_is_an_error_with_the_nearest_name(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"prior": "len", "linse": 1}\n')
    ran = mmopts("cohort", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / "out.csv"))
    assert ran.code == 2
    assert "Did you mean lines?" in ran.err
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_columns_that_are_left_out_are_told_with_what_was_perhaps_meant(tmp_path, ending):
    rows = [{"id": "a", "prior": "VRd", "refractry": "len", "hospital": "x", "crcl_mim": 40}]
    if ending == "csv":
        text = "\n".join(",".join(map(str, row)) for row in (rows[0], rows[0].values()))
    else:
        text = json.dumps(rows[0])
    path, out, told = tmp_path / f"in.{ending}", tmp_path / "out.csv", tmp_path / "s.json"
    if ending == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_text(f"{text}\n")
    ran = mmopts("cohort", str(path), "-o", str(out), "--ignore-columns", "--summary", str(told))
    names = ["'refractry' (did you mean refractory?)", "'hospital'", "'crcl_mim' (did you mean crcl_min?)"]
    assert (ran.code, ran.err.splitlines()[-1]) == (0, f"mmopts: left out 3 columns that are no facts: {', '.join(names)}")
    assert json.loads(told.read_text())["columns_left_out"] == names


def test_a_column_that_is_left_out_sends_nothing_to_the_terminal(tmp_path):
    (tmp_path / "p.csv").write_text("id,prior,\x1b[31mred\na,len,x\n")
    ran = mmopts("cohort", str(tmp_path / "p.csv"), "-o", str(tmp_path / "out.csv"), "--ignore-columns")
    assert (ran.code, "\x1b" in ran.err, "[31mred" in ran.err) == (0, False, True)


def test_a_key_of_a_treatment_that_is_left_out_is_told(tmp_path):
    (tmp_path / "p.csv").write_text("id,age\na,60\n")
    (tmp_path / "t.csv").write_text("id,regimen,strt\na,VRd,2021-03\n")
    files = (str(tmp_path / "p.csv"), "--treatments", str(tmp_path / "t.csv"), "-o", str(tmp_path / "out.csv"))
    ran = mmopts("cohort", *files, "--ignore-columns")
    assert (ran.code, "left out a column that is no fact: 'strt' (did you mean start?)" in ran.err) == (0, True)


def test_other_columns_can_be_left_out(tmp_path):
    (tmp_path / "in.csv").write_text('note,prior\n"a, b",len\n')
    assert mmopts("cohort", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"), "--ignore-columns").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "a file of patients is missing"),
        (("in.csv",), "--output FILE is missing"),
        (("absent.csv", "-o", "out.csv"), "cannot read 'absent.csv'"),
        (("in.csv", "-o", "out.xyz"), "does not tell the format"),
        (("in.csv", "-o", "in.csv"), "is the input"),
        (("in.csv", "-o", "out.csv", "--rejects", "./out.csv"), "asked for twice"),
        (("in.csv", "-o", "out.csv", "--layout", "square"), "--layout takes wide, long"),
        (("in.csv", "-o", "out.csv", "--max-rejects", "many"), "--max-rejects takes a percentage"),
        (("in.csv", "-o", "out.csv", "--max-rejects", "1e1"), "--max-rejects takes a percentage"),
        (("in.csv", "-o", "out.csv", "--max-rejects", "\u0665"), "--max-rejects takes a percentage"),
        (("in.csv", "-o", "out.csv", "--jobs", "0"), "--jobs takes a whole number from 1 to 64"),
        (("in.csv", "-o", "out.csv", "--jobs", "65"), "--jobs takes a whole number from 1 to 64"),
        (("in.csv", "-o", "out.csv", "--as-of", "2024-04"), "takes a day like"),
        (("in.csv", "-o", "nowhere/out.csv"), "cannot write 'nowhere/out.csv'"),
        (("--sql", "oracle"), "--sql takes duckdb"),
    ],
)
def test_what_is_wrong_with_the_question_is_said_and_nothing_is_written(tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    Path("in.csv").write_text(CSV)
    ran = mmopts("cohort", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert sorted(os.listdir()) == ["in.csv"]


def test_a_key_with_a_hyphen_is_the_fact_on_every_line(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"prior-asct": true, "prior": ["VRd"]}\n{"prior": ["VRd"], "prior-asct": true}\n')
    assert mmopts("cohort", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / "out.csv")).code == 0
    one, other = (line.split(",", 1)[1] for line in (tmp_path / "out.csv").read_text().splitlines()[1:])
    assert one == other


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"age": 7}', "not 7."),
        ('{"age": {"min": 7, "max": 9}}', "not min 7, max 9."),
        ('{"prior": ["len"], "region": "us"}', "region is asked for all patients at once, not of one."),
    ],
)
def test_a_row_that_is_rejected_is_told_as_it_was_given(tmp_path, line, said):
    (tmp_path / "in.jsonl").write_text(f'{{"prior": ["len"]}}\n{line}\n')
    words = ("--max-rejects", "100", "--rejects", str(tmp_path / "bad.csv"))
    assert mmopts("cohort", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / "out.csv"), *words).code == 0
    assert said in (tmp_path / "bad.csv").read_text()


@pytest.mark.parametrize(
    "text", [b"prior,lines\rVRd,1\r", b"prior,lines\rVRd,1\n2,3\n", b'"' + b"x" * 200_000 + b'"\nVRd\n']
)
def test_a_first_line_that_is_no_head_of_a_csv_is_said_to_be_unreadable(tmp_path, text):
    (tmp_path / "in.csv").write_bytes(text)
    ran = mmopts("cohort", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"), "--ignore-columns")
    assert (ran.code, "cannot read" in ran.err or "no fact" in ran.err, os.listdir(tmp_path)) == (2, True, ["in.csv"])


def test_a_file_that_is_no_parquet_is_said_to_be_unreadable(tmp_path):
    (tmp_path / "in.parquet").write_text("nothing of the kind")
    ran = mmopts("cohort", str(tmp_path / "in.parquet"), "-o", str(tmp_path / "out.csv"))
    assert ran.code == 2
    assert "cannot read" in ran.err
    assert ".." not in ran.err.splitlines()[0]


# --- whole or not at all ---------------------------------------------------------------------------


def failing(error: BaseException):
    def read(*_):
        yield Rows((1,), {"prior": pa.array(["len"])})
        raise error

    return read


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (RuntimeError("a fault"), 70)])
def test_a_failure_in_the_last_chunk_leaves_the_old_file_and_no_half_one(tmp_path, monkeypatch, patients, error, code):
    out = tmp_path / "out.csv"
    out.write_text("old")
    monkeypatch.setattr(running, "read_rows", failing(error))
    assert mmopts("cohort", str(patients), "-o", str(out), "--summary", str(tmp_path / "s.json")).code == code
    assert out.read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["in.csv", "out.csv"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full")
def test_a_full_disk_is_a_fault_that_says_so(patients):
    ran = mmopts("cohort", str(patients), "-o", "/dev/full", "--to", "csv")
    assert ran.code == 2
    assert "No space left" in ran.err


@pytest.mark.slow
@pytest.mark.parametrize("later", [0, 0.5])
def test_an_interrupt_with_several_processes_leaves_nothing(tmp_path, later):
    big = tmp_path / "in.csv"
    big.write_text("prior,age\n" + "VRd;len,70\n" * 600_000)
    out = tmp_path / "out.csv"
    words = [sys.executable, "-m", "mmopts", "cohort", str(big), "-o", str(out), "--jobs", "2"]
    child = subprocess.Popen(words, stderr=subprocess.PIPE, start_new_session=True)
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob("*.part")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(later)
    os.killpg(child.pid, signal.SIGINT)
    _, told = child.communicate(timeout=60)
    assert (child.returncode, told) == (130, b"")
    assert sorted(os.listdir(tmp_path)) == ["in.csv"]


@pytest.mark.slow
def test_several_processes_write_what_one_writes(tmp_path, monkeypatch):
    from mmopts.cohort import inputs

    monkeypatch.setattr(inputs, "CHUNK", 50)
    drugs = list(KB.drugs)
    rows = "".join(f"{drugs[n % len(drugs)]},{n % 5}\n" for n in range(230))
    (tmp_path / "in.csv").write_text("prior,lines\n" + rows)
    for jobs in ("1", "2"):
        words = ("--jobs", jobs, "--max-rejects", "100", "--rejects", str(tmp_path / f"bad{jobs}.csv"))
        assert mmopts("cohort", str(tmp_path / "in.csv"), "-o", str(tmp_path / f"{jobs}.csv"), *words).code == 0
    assert (tmp_path / "1.csv").read_text() == (tmp_path / "2.csv").read_text()
    assert (tmp_path / "bad1.csv").read_text() == (tmp_path / "bad2.csv").read_text()


# --- summary ---------------------------------------------------------------------------------------


def test_a_summary_tells_what_one_rule_costs_and_what_one_missing_fact_leaves_open(tmp_path):
    # Heart failure forbids carfilzomib by one rule. With nothing but prior drugs, refractoriness is what is open.
    (tmp_path / "in.csv").write_text(
        "prior,refractory,lines,condition,fitness\nVRd,len,1,heart-failure,fit\nVRd,,1,none,fit\n"
    )
    summary = tmp_path / "s.json"
    ran = mmopts("cohort", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"), "--summary", str(summary))
    assert ran.code == 0
    data = json.loads(summary.read_text())
    jsonschema.validate(data, json.loads(mmopts("schema", "cohort").out))
    assert data["schema"] == "mmopts.cohort/1"
    assert data["question"] == {"region": "any", "as_of": KB.meta.reviewed, "strict": False, "defaults": []}
    row = next(r for r in data["regimens"] if r["id"] == "Kd")
    assert {"rule": "heart-failure-carfilzomib", "patients": 1} in row["lost_to_one_rule"]
    facts = {f["fact"]: f for f in data["missing_facts"]}
    assert facts["refractory"]["patients"] == 1
    assert "conditionals that hang on one missing fact alone" in ran.err


def test_sql_is_printed_without_any_patient():
    ran = mmopts("cohort", "--sql", "sqlite", "--region", "us", "--as-of", "2024-04-05")
    assert ran.code == 0
    assert ran.out.startswith(f"-- knowledge {KB.meta.version}")
    assert "region us, as of 2024-04-05" in ran.out


def test_a_line_may_hold_treatments_instead_of_facts(tmp_path):
    treatments = [{"regimen": "VRd", "start": "2021-03", "end": "2021-08", "stopped": "planned", "progression": "2024-05"}]
    (tmp_path / "in.jsonl").write_text(json.dumps({"id": "a", "treatments": treatments, "fitness": "fit"}))
    out = tmp_path / "out.jsonl"
    assert mmopts("cohort", str(tmp_path / "in.jsonl"), "-o", str(out)).code == 0
    assert wide(out) == [{"id": "a", **suggested({"treatments": treatments, "fitness": "fit"})}]


@pytest.mark.parametrize("option", ["--from", "--to"])
def test_a_format_given_twice_is_told_by_the_option_that_gave_it(option):
    ran = mmopts("cohort", "in.csv", "-o", "out.csv", option, "csv", option, "jsonl")
    assert ran.code == 2
    assert f"{option} csv and {option} jsonl contradict each other" in ran.err


# --- quotes, ids, an end that is asked for ---------------------------------------------------------


def fed(text: bytes, size: int) -> None:
    """Follow the quotes of a text that comes in parts."""
    quotes = Quotes()
    for start in range(0, len(text) + size, size):
        quotes.feed(text[start : start + size])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('1,len,ok\n2,btz,"said\n3,dara,x\n4,len,y\n', "the quote opened in line 3 of the file is never closed"),
        ('1,len,"a\n2,btz,b\n3,dara,"c"\n', "the quote opened in line 2 of the file has text behind its end"),
        ('1,len,"a', "the quote opened in line 2 of the file is never closed"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 5, 1 << 20])
def test_a_quote_that_is_not_closed_swallows_no_rows_in_silence(tmp_path, monkeypatch, text, said, size):
    (tmp_path / "in.csv").write_text(f"id,prior,note\n{text}")
    words = ("cohort", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"), "--ignore-columns")
    ran = mmopts(*words)
    assert (ran.code, said in ran.err) == (2, True)
    assert os.listdir(tmp_path) == ["in.csv"]
    with pytest.raises(QuestionError, match=said[:40]):
        fed(text.encode(), size)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1 << 20])
def test_sound_quotes_are_let_pass_however_the_file_is_cut(tmp_path, size):
    text = b'1,"a ""b"", c",5" cut\n2,"two\nlines",\r\n3,"","\n4,"x""",""""\n5,"end"'.replace(b',"","\n', b',"",""\n')
    fed(text, size)
    (tmp_path / "in.csv").write_bytes(b"id,prior\n" + b'a,"len\n"\nb,"VRd,btz"\n')
    assert mmopts("cohort", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv")).code == 0
    assert [row["id"] for row in wide(tmp_path / "out.csv")] == ["a", "b"]


def test_an_id_that_is_empty_is_the_number_and_one_that_stands_twice_is_told(tmp_path):
    (tmp_path / "in.csv").write_text("id,prior\na,len\n,len\na,btz\n")
    ran = mmopts("cohort", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"))
    assert ran.code == 0
    assert ran.err == "mmopts: 1 row has an id that an earlier row has; each row is judged by itself\n"
    assert [row["id"] for row in wide(tmp_path / "out.csv")] == ["a", "2", "a"]


def test_a_line_that_cannot_be_read_has_no_id_that_another_could_have(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"id":"3","prior":"len"}\n{"id":"2","prior":"len"}\nno json\n')
    ran = mmopts("cohort", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / "out.csv"), "--max-rejects", "100")
    assert (ran.code, "earlier row" in ran.err) == (0, False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prior,fitness\nlen,unknown\n", "fitness takes fit, intermediate, frail; not 'unknown'"),
        (
            "prior,lines_min,lines_max\nlen,3,2\n",
            "lines takes a range from the lower to the higher number, not min 3, max 2.",
        ),
        ("prior,lines,lines_min,lines_max\nlen,2,3,4\n", "lines 2 and min 3, max 4 contradict each other"),
        ("prior,lines\n", "there is no patient in the input"),
        ("id;prior\na;len\n", "the cells are parted by semicolons; a CSV has commas"),
    ],
)
def test_what_is_wrong_with_a_cell_or_a_head_is_said_in_plain_words(tmp_path, text, said):
    (tmp_path / "in.csv").write_text(text)
    ran = mmopts("cohort", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"))
    assert (ran.code, said in ran.err) == (2, True)


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="a system without such signals")
def test_a_run_that_is_asked_to_end_leaves_nothing_and_dies_of_the_signal(tmp_path, jobs):
    big = tmp_path / "in.csv"
    big.write_text("prior,age\n" + "VRd;len,70\n" * 900_000)
    words = [sys.executable, "-m", "mmopts", "cohort", str(big), "-o", str(tmp_path / "out.csv"), "--jobs", jobs]
    running_ = subprocess.Popen(words, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob("*.part")) and time.monotonic() < deadline:
        time.sleep(0.01)
    running_.send_signal(signal.SIGTERM)
    _, told = running_.communicate(timeout=60)
    assert (running_.returncode, told) == (-signal.SIGTERM, b"")
    assert os.listdir(tmp_path) == ["in.csv"]


@pytest.mark.parametrize("named", ['{"a":1}', '["a"]', "true", "1e400", "NaN"])
def test_an_id_of_a_line_is_a_text_or_a_number(tmp_path, named):
    lines = [
        f'{{"id":{named},"prior":"len"}}',
        '{"id":7,"prior":"len"}',
        '{"id":"x","prior":"len"}',
        '{"id":null,"prior":"len"}',
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(lines) + "\n")
    ran = mmopts("cohort", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / "out.csv"), "--max-rejects", "50")
    assert (ran.code, "row 1: id is a text or a number." in ran.err) == (0, True), ran.err
    assert [row["id"] for row in wide(tmp_path / "out.csv")] == ["7", "x", "4"]


@pytest.mark.parametrize("beside", [
    ["p.csv"], ["-o", "o.csv"], ["--jobs", "2"], ["--rejects", "r.csv"], ["--facts", "f.csv"], ["--tiers"], ["--to", "csv"],
    ["--layout", "long"], ["--summary", "s.json"], ["--strict"],
    ["--max-rejects", "5"], ["--ignore-columns"], ["--treatments", "t.csv"],
])  # fmt: skip
def test_what_sql_has_no_use_for_is_refused_beside_it(beside):
    ran = mmopts("cohort", "--sql", "sqlite", *beside)
    assert (ran.code, ran.out) == (2, "")
    assert "--sql" in ran.err


def test_a_key_that_stands_twice_in_a_line_is_told_and_not_dropped(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"id":"a","prior":["len"],"lines":1,"lines":3}\n')
    ran = mmopts("cohort", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / "out.csv"), "--max-rejects", "100")
    assert "the line has 'lines' twice" in ran.err


def test_numbers_as_a_program_writes_them_are_read(tmp_path):
    (tmp_path / "in.csv").write_text(f"id,prior,crcl\na,VRd,{175 / 3}\nb,VRd,{1 / 3 + 30}\n")
    ran = mmopts("cohort", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"))
    assert ran.code == 0, ran.err
    assert [row["id"] for row in wide(tmp_path / "out.csv")] == ["a", "b"]


def facts_of(tmp_path, rows):
    """The facts that are kept of rows of id, prior, age and clearance."""
    (tmp_path / "in.csv").write_text("\n".join(["id,prior,age,crcl", *rows]) + "\n")
    facts = tmp_path / "facts.csv"
    ran = mmopts("cohort", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"), "--facts", str(facts))
    assert ran.code == 0, ran.err
    return wide(facts)


def test_the_ends_of_more_ranges_than_are_remembered_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("mmopts.cohort.lexicon.KEPT", 2)
    rows = [f"{i},none,{70 + i}-{75 + i},{20 + i}-{60 + i}" for i in range(9)]
    facts = facts_of(tmp_path, rows)
    kept = [[float(row[end]) for end in ("age_min", "age_max", "crcl_min", "crcl_max")] for row in facts]
    assert kept == [[70 + i, 75 + i, 20 + i, 60 + i] for i in range(9)]


def test_the_ends_of_a_range_are_kept_while_those_of_another_fact_are_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr("mmopts.cohort.lexicon.KEPT", 3)
    monkeypatch.setattr("mmopts.cohort.inputs.CHUNK", 5)
    rows = [f"{i},none,71.5-73.5,{20 + i}-{60 + i}" for i in range(12)]
    facts = facts_of(tmp_path, rows)
    assert [(row["age_min"], row["age_max"]) for row in facts] == [("71.5", "73.5")] * 12


def test_no_answer_takes_the_place_of_the_knowledge_base(tmp_path):
    (tmp_path / "in.csv").write_text("id,prior\na,VRd\n")
    kb = tmp_path / "kb.yaml"
    kb.write_text("extends: builtin\nversion: x\n")
    ran = mmopts("cohort", str(tmp_path / "in.csv"), "-o", str(tmp_path / "o.csv"), "--kb", str(kb), "--summary", str(kb))
    assert (ran.code, "is the knowledge base" in ran.err) == (2, True)
    assert kb.read_text() == "extends: builtin\nversion: x\n"


def test_a_default_that_a_cohort_does_not_use_is_told(tmp_path):
    (tmp_path / "in.csv").write_text("id,prior\na,VRd\n")
    ran = mmopts("cohort", str(tmp_path / "in.csv"), "-o", str(tmp_path / "o.csv"), MMOPTS_UNAVAILABLE="car-t")
    assert "MMOPTS_UNAVAILABLE: unavailable is no default of a cohort" in ran.err


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (pa.array([[("lenalidomide", [1])]], pa.map_(pa.string(), pa.list_(pa.int64()))), "months are one number a drug"),
        (pa.array([2**64 - 1], pa.uint64()), "takes true or false, not 18446744073709551615"),
    ],
)
def test_a_column_of_parquet_that_cannot_be_meant_is_named(tmp_path, column, told):
    name = "months_since" if pa.types.is_map(column.type) else "prior_asct"
    pq.write_table(pa.table({"id": ["a"], "prior": ["VRd"], name: column}), tmp_path / "in.parquet")
    ran = mmopts("cohort", str(tmp_path / "in.parquet"), "-o", str(tmp_path / "out.csv"))
    assert (ran.code, told in ran.err, name in ran.err) == (2, True, True), ran.err


@pytest.mark.parametrize("nested", [True, False])
@pytest.mark.parametrize("zone", ["UTC", "Europe/London", "America/New_York"])
def test_a_day_with_a_time_zone_is_the_day_there(tmp_path, zone, nested):
    # Midnight there, in March and in July; stored as a moment, which is another day or hour in UTC.
    days = pa.array(["2021-03-01T00:00:00", "2021-07-01T00:00:00"])
    local = pc.assume_timezone(days.cast(pa.timestamp("us")), zone)
    ids = pa.array(["a", "b"])
    if nested:
        entries = pa.StructArray.from_arrays([pa.array(["VRd", "VRd"]), local], ["regimen", "start"])
        treatments = pa.ListArray.from_arrays(pa.array([0, 1, 2], pa.int32()), entries)
        pq.write_table(pa.table({"id": ids, "treatments": treatments}), tmp_path / "in.parquet")
        words = [str(tmp_path / "in.parquet")]
    else:
        pq.write_table(pa.table({"id": ids, "age": [60, 61]}), tmp_path / "in.parquet")
        pq.write_table(pa.table({"id": ids, "regimen": ["VRd", "VRd"], "start": local}), tmp_path / "t.parquet")
        words = [str(tmp_path / "in.parquet"), "--treatments", str(tmp_path / "t.parquet")]
    ran = mmopts("cohort", *words, "-o", str(tmp_path / "out.csv"))
    assert ran.code == 0, ran.err
    assert len(wide(tmp_path / "out.csv")) == 2


def test_a_time_of_day_is_no_day(tmp_path):
    # 19:00 in New York, which is midnight in UTC.
    moment = pc.assume_timezone(pa.array(["2021-02-28T19:00:00"]).cast(pa.timestamp("us")), "America/New_York")
    entries = pa.StructArray.from_arrays([pa.array(["VRd"]), moment], ["regimen", "start"])
    treatments = pa.ListArray.from_arrays(pa.array([0, 1], pa.int32()), entries)
    pq.write_table(pa.table({"id": ["a"], "treatments": treatments}), tmp_path / "in.parquet")
    ran = mmopts("cohort", str(tmp_path / "in.parquet"), "-o", str(tmp_path / "out.csv"), "--max-rejects", "100")
    assert "2021-02-28" in ran.err, ran.err


def test_not_a_number_is_nothing_in_every_table(tmp_path):
    pq.write_table(pa.table({"id": [1.0, float("nan")], "age": [60, 61]}), tmp_path / "in.parquet")
    ran = mmopts("cohort", str(tmp_path / "in.parquet"), "-o", str(tmp_path / "out.csv"))
    assert [row["id"] for row in wide(tmp_path / "out.csv")] == ["1", "2"], ran.err
    pq.write_table(pa.table({"id": ["a", "b"], "age": [60, 61]}), tmp_path / "in.parquet")
    treatments = {"id": ["a", "b"], "regimen": ["VRd", "VRd"], "start": ["2020-01", "2021-01"], "line": [1.0, float("nan")]}
    pq.write_table(pa.table(treatments), tmp_path / "t.parquet")
    words = [str(tmp_path / "in.parquet"), "--treatments", str(tmp_path / "t.parquet"), "-o", str(tmp_path / "out.csv")]
    ran = mmopts("cohort", *words)
    assert ran.code == 0, ran.err


@pytest.mark.parametrize(("place", "said"), [("-", "is not to be used"), ("out.csv", "nothing was written")])
def test_what_went_to_standard_output_is_not_said_to_be_unwritten(tmp_path, monkeypatch, place, said):
    monkeypatch.chdir(tmp_path)
    Path("in.csv").write_text("id,prior\na,len\nb,lenx\n")
    ran = mmopts("cohort", "in.csv", "-o", place, "--to", "csv")
    assert (ran.code, said in ran.err) == (2, True)


def test_a_line_without_end_is_not_read_into_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(inputs, "LONGEST_LINE", 100)

    class Stream(io.BytesIO):
        def readline(self, size=-1):
            assert 0 < size <= 101
            return super().readline(size)

    text = b'{"prior": "' + b"x" * 350 + b'"}\n{"prior": "VRd"}\n' + b"y" * 250
    monkeypatch.setattr(inputs, "_opened", lambda _: contextlib.nullcontext(Stream(text)))
    (tmp_path / "in.jsonl").write_bytes(text)
    words = ("--max-rejects", "100", "--rejects", str(tmp_path / "bad.csv"))
    assert mmopts("cohort", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / "out.csv"), *words).code == 0
    rejects = [line.split(",")[:3] for line in (tmp_path / "bad.csv").read_text().splitlines()[1:]]
    assert rejects == [["1", "", "too-large"], ["3", "", "too-large"]]


def test_a_row_that_is_too_long_is_said_to_be(tmp_path, monkeypatch):
    monkeypatch.setattr(inputs, "BLOCK", 64)
    (tmp_path / "in.csv").write_text("id,prior\na," + "x" * 400 + "\n")
    ran = mmopts("cohort", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"))
    assert (ran.code, "a row is longer than 64 bytes" in ran.err) == (2, True)


@pytest.mark.parametrize("layout", ["long", "wide"])
@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("row", ["a,lenn", "a,len,7"], ids=["a word that is not known", "a cell too many"])
def test_where_every_row_is_rejected_the_file_has_its_head_and_no_row(tmp_path, layout, form, row):
    source, target = tmp_path / "in.csv", tmp_path / f"out.{form}"
    source.write_text(f"id,prior\n{row}\n", "utf-8")
    ran = mmopts("cohort", str(source), "-o", str(target), "--layout", layout, "--max-rejects", "100")
    assert ran.code == 0
    source.write_text("id,prior\na,len\n", "utf-8")
    whole = tmp_path / f"whole.{form}"
    assert mmopts("cohort", str(source), "-o", str(whole), "--layout", layout).code == 0
    heads = [read(path, form) for path in (target, whole)]
    assert heads[0] == (heads[1][0], 0)
    assert heads[1][1] > 0


def read(path: Path, form: str) -> tuple[list[str], int]:
    """The head of a table and how many rows it has."""
    if form == "parquet":
        found = pq.read_table(path)
        return found.schema.names, found.num_rows
    head, *rows = list(csv.reader(path.read_text("utf-8").splitlines()))
    return head, len(rows)


def test_a_reject_that_cannot_be_read_has_no_id_and_never_that_of_another(tmp_path):
    (tmp_path / "in.csv").write_text("id,prior,age\n2,len,66,7\n1,len,70\n", "utf-8")
    (tmp_path / "in.jsonl").write_text(
        '{"id": "2", "prior": ["len"], "prior": ["btz"]}\n{"id": "1", "prior": ["len"]}\n', "utf-8"
    )
    for name in ("in.csv", "in.jsonl"):
        out, rejects = tmp_path / "out.csv", tmp_path / "rejects.csv"
        ran = mmopts("cohort", str(tmp_path / name), "-o", str(out), "--rejects", str(rejects), "--max-rejects", "100")
        assert ran.code == 0
        (found,) = csv.DictReader(io.StringIO(rejects.read_text("utf-8")))
        assert (found["row"], found["id"]) == ("1", "")
        told = mmopts("cohort", str(tmp_path / name), "-o", str(out), "--max-rejects", "100").err
        assert "  row 1: " in told


def test_no_text_of_a_file_steers_the_terminal(tmp_path):
    source = tmp_path / "in.csv"
    source.write_text('id,prior\n"x\x1b]0;pwned\x07",lenn\n', "utf-8")
    ran = mmopts("cohort", str(source), "-o", str(tmp_path / "out.csv"), "--max-rejects", "100")
    assert "row 1 (x]0;pwned): 'lenn' is no drug" in ran.err
    named = tmp_path / "r\x1b[31m.csv"
    told = mmopts(
        "cohort", str(source), "-o", str(tmp_path / "out.csv"), "--max-rejects", "100", "--rejects", str(named)
    ).err
    assert named.exists()
    assert "\x1b" not in told


def test_the_faults_of_a_row_do_not_hang_on_other_rows(tmp_path):
    row = '{"id": "b", "intolerant": ["dara"], "lines": 0, "progressed_on_last": true}\n'
    said = []
    for before in ("", '{"id": "a", "progressed_on_last": true, "age": 50}\n'):
        (tmp_path / "in.jsonl").write_text(before + row, "utf-8")
        asked = ["cohort", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / "out.csv"), "--max-rejects", "100"]
        said.append(mmopts(*asked).err.partition("(b): ")[2])
    assert said[0] == said[1]
    assert said[0].startswith("intolerant daratumumab contradicts lines 0.")


def test_a_default_that_acted_is_named(tmp_path):
    source, summary = tmp_path / "in.csv", tmp_path / "summary.json"
    source.write_text("id,prior\na,len\n", "utf-8")
    asked = ["cohort", str(source), "-o", str(tmp_path / "out.csv"), "--summary", str(summary)]
    ran = mmopts(*asked, MMOPTS_REGION="eu")
    assert "mmopts: MMOPTS_REGION: --region eu is the default here." in ran.err
    question = json.loads(summary.read_text("utf-8"))["question"]
    assert question["defaults"] == [{"option": "--region", "value": "eu", "origin": "MMOPTS_REGION"}]
    assert "default" not in mmopts(*asked, "--region", "us", MMOPTS_REGION="eu").err
    assert json.loads(summary.read_text("utf-8"))["question"]["defaults"] == []


def test_a_column_of_ids_by_another_name_is_led_to_its_own(tmp_path):
    source = tmp_path / "in.csv"
    source.write_text("patient_id,prior\n5,len\n", "utf-8")
    asked = ["cohort", str(source), "-o", str(tmp_path / "out.csv")]
    assert "'patient_id' is no fact of a patient. Did you mean id?" in mmopts(*asked).err
    assert "'patient_id' (did you mean id?)" in mmopts(*asked, "--ignore-columns").err


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("id;regimen;start", "the cells are parted by semicolons; a CSV has commas."),
        ("id,regimen,regimen", "there is more than one column 'regimen' in the table of treatments."),
        ("patient_id,regimen", "'patient_id' is no key of a treatment. Did you mean id?"),
    ],
)
def test_what_is_wrong_with_the_head_of_a_table_of_treatments_says_which_table(tmp_path, head, told):
    patients, treatments = tmp_path / "p.csv", tmp_path / "t.csv"
    patients.write_text("id,age\n5,60\n", "utf-8")
    treatments.write_text(f"{head}\n5,VRd,2020\n", "utf-8")
    ran = mmopts("cohort", str(patients), "--treatments", str(treatments), "-o", str(tmp_path / "out.csv"))
    assert told in ran.err


def test_with_columns_ignored_the_ends_of_numbers_and_the_keys_of_treatments_stay(tmp_path):
    source, facts = tmp_path / "in.jsonl", tmp_path / "facts.csv"
    both = '{"id":"a","prior":["len"],"lines_min":4,"lines_max":4,"crcl_min":20,"prior-incomplete":true,"foo":1}\n'
    source.write_text(both + '{"id":"b","prior":["len"],"lines":4,"crcl":"20-","prior_incomplete":true}\n', "utf-8")
    asked = ["cohort", str(source), "-o", str(tmp_path / "out.csv"), "--facts", str(facts), "--ignore-columns"]
    assert mmopts(*asked).code == 0
    one, other = csv.DictReader(io.StringIO(facts.read_text("utf-8")))
    assert one | {"id": ""} == other | {"id": ""}
    assert one["lines_min"] == "4"
    source.write_text(
        '{"id":"a","treatments":[{"regimen":"VRd","start":"2020","note":"x","best-response":"CR"}]}\n', "utf-8"
    )
    assert mmopts(*asked).code == 0
    assert "'note' is no key of a treatment" in mmopts(*asked[:-1], "--max-rejects", "100").err


def test_keys_are_judged_on_the_first_line_that_has_any(tmp_path):
    source = tmp_path / "in.jsonl"
    for before in ("", "\n \n", "\ufeff"):
        source.write_text(f'{before}{{"id":"a","prior":"len","foo":1}}\n', "utf-8")
        asked = ["cohort", str(source), "-o", str(tmp_path / "out.csv")]
        assert "'foo' is no fact of a patient" in mmopts(*asked).err
        assert "left out a column that is no fact: 'foo'" in mmopts(*asked, "--ignore-columns").err


def test_rejects_stand_in_the_order_of_the_rows_whatever_is_wrong_with_each(tmp_path):
    (tmp_path / "in.csv").write_text("id,prior\na,lenn\nb,len,9\nc,lenn\n", "utf-8")
    rejects = tmp_path / "rejects.csv"
    mmopts(
        "cohort",
        str(tmp_path / "in.csv"),
        "-o",
        str(tmp_path / "out.csv"),
        "--rejects",
        str(rejects),
        "--max-rejects",
        "100",
    )
    assert [row["row"] for row in csv.DictReader(io.StringIO(rejects.read_text("utf-8")))] == ["1", "2", "3"]
