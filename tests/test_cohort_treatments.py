"""``mmopts cohort``: patients whose treatments are told, in a table of their own, in a nested column or in lines of JSON."""

from __future__ import annotations

import csv
import json
import os
import random
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from asked import suggest
from bases import builtin
from cli_runner import child, mmopts

from mmopts import cohort
from mmopts.assess.assessment import assess_given
from mmopts.assess.truths import VERDICTS
from mmopts.cohort import inputs
from mmopts.cohort.entries import entry_cell
from mmopts.diagnostics import QuestionError
from mmopts.patient.treatments import KEYS, PARTS, REASONS, RESPONSES

KB = builtin()
VRD = {"regimen": "VRd", "start": "2021-03", "end": "2021-08", "best_response": "VGPR"}
KD = {"drugs": ["carfilzomib", "dexamethasone"], "start": "2023-01-02", "end": "2023-05-30", "best_response": "PD"}


def suggested(given: dict[str, Any]) -> dict[str, str]:
    answer = suggest(given, KB)
    return {o["id"]: o["verdict"] for o in answer["options"]} | {o["id"]: "excluded" for o in answer["excluded"]}


def judged(given: dict[str, Any]) -> dict[str, str]:
    """The verdicts of the assessment that `suggest` tells; that it tells those is a law of `test_laws.py`."""
    found = assess_given(given, KB)
    return {name: VERDICTS[verdict] for name, verdict in found.verdicts.items()}


def verdicts(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row.pop("id"): row for row in csv.DictReader(file)}


def cell(value: object) -> str:
    return ";".join(value) if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else str(value)


def table(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Rows of treatments with their `id`, in the form that the name of the file says."""
    names = ["id", *(key for key in KEYS if any(key in row for row in rows))]
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    elif path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerows([names, *([cell(row[n]) if n in row else "" for n in names] for row in rows)])
    else:
        columns = {n: [row.get(n) for row in rows] for n in names}
        for name in ("regimen", "drugs", "not_tolerated"):
            if name in columns:
                columns[name] = [[v] if isinstance(v, str) else v for v in columns[name]]
        pq.write_table(pa.table(columns), path)
    return path


def drawn(count: int, seed: int) -> dict[str, dict[str, Any]]:
    """Random patients: facts, and a list of treatments or none."""
    rng, out = random.Random(seed), {}
    for number in range(count):
        facts: dict[str, Any] = {"age": rng.randint(40, 90)} if rng.random() < 0.7 else {}
        if rng.random() < 0.3:
            facts["fitness"] = rng.choice(["fit", "frail"])
        if rng.random() < 0.15:
            facts["refractory"] = rng.choice([["lenalidomide"], ["none"], ["no-bortezomib"]])
        year, entries = rng.randint(2012, 2018), []
        for _ in range(rng.randint(0, 5)):
            entries.append(treatment(rng, year))
            year += rng.randint(0, 2)
        if rng.random() < 0.1:
            rng.shuffle(entries)
        out[f"p{number}"] = {**facts, **({"treatments": entries} if entries else {})}
    return {name: patient for name, patient in out.items() if patient}


def treatment(rng: random.Random, year: int) -> dict[str, Any]:
    start = rng.choice([f"{year}", f"{year}-0{rng.randint(1, 9)}", f"{year}-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}"])
    out: dict[str, Any] = {"start": start}
    if rng.random() < 0.8:
        out["regimen"] = rng.choice([*KB.regimens][:60])
    else:
        out["drugs"] = rng.sample(sorted(KB.drugs), rng.randint(1, 3))
    for key, values, chance in (
        ("part", PARTS, 0.2), ("best_response", RESPONSES, 0.6), ("stopped", REASONS, 0.5), ("line", (1, 2, 3), 0.05),
        ("end", (f"{year + 1}-02", f"{year}-12-30"), 0.6), ("progression", (f"{year + 1}-03", f"{year + 2}"), 0.4),
    ):  # fmt: skip
        if rng.random() < chance:
            out[key] = rng.choice(values)
    if "end" not in out and "stopped" not in out and rng.random() < 0.3:
        out["ongoing"] = True
    return out


def files(folder: Path, patients: dict[str, dict[str, Any]], kind: str, seed: int) -> list[str]:
    """The two tables of patients, the rows of the second in any order but that of each patient's own."""
    facts = [{"id": name, **{k: v for k, v in p.items() if k != "treatments"}} for name, p in patients.items()]
    names = sorted({key for row in facts for key in row} - {"id"})
    with (folder / "patients.csv").open("w", encoding="utf-8", newline="") as file:
        heads = ["id", *names]
        csv.writer(file).writerows([heads, *([cell(row[n]) if n in row else "" for n in heads] for row in facts)])
    left = {name: list(p.get("treatments", ())) for name, p in patients.items()}
    rng, rows = random.Random(seed), []
    while left := {name: entries for name, entries in left.items() if entries}:
        name = rng.choice(sorted(left))
        rows.append({"id": name, **left[name].pop(0)})
    return [str(folder / "patients.csv"), "--treatments", str(table(folder / f"treatments.{kind}", rows))]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "seed", "jobs"), [("csv", 1, "1"), ("jsonl", 2, "1"), ("parquet", 3, "1"), ("csv", 4, "2")]
)
def test_verdicts_are_those_of_suggest_with_the_same_history(tmp_path, monkeypatch, kind, seed, jobs):
    monkeypatch.setattr(inputs, "HISTORIES", 17)
    patients = drawn(90, seed)
    out, bad = tmp_path / "out.csv", tmp_path / "bad.csv"
    words = (*files(tmp_path, patients, kind, seed), "-o", str(out), "--rejects", str(bad), "--jobs", jobs)
    assert mmopts("cohort", *words, "--max-rejects", "100").code == 0
    found, rejected = verdicts(out), {row["id"]: row for row in csv.DictReader(bad.read_text().splitlines())}
    assert found.keys() | rejected.keys() == patients.keys()
    assert len(found) > 50
    for name, patient in patients.items():
        if name in rejected:
            with pytest.raises(QuestionError) as fault:
                judged(patient)
            assert rejected[name]["code"] == fault.value.problems[0].code
        else:
            assert found[name] == judged(patient), patient


def test_a_history_may_be_all_that_is_known(tmp_path):
    lines = [{"id": "a", "treatments": [VRD]}, {"id": "b", "treatments": []}, {"id": "c", "treatments": None}]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    ran = mmopts("cohort", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / "out.csv"), "--max-rejects", "50")
    assert (ran.code, "row 3 (c): No fact about the patient" in ran.err) == (0, True)
    assert verdicts(tmp_path / "out.csv") == {"a": suggested({"treatments": [VRD]}), "b": suggested({"prior": ["none"]})}


def test_a_patient_without_rows_has_no_treatments_recorded_which_is_not_none(tmp_path):
    (tmp_path / "p.csv").write_text("id,age\na,60\nb,60\n")
    second = table(tmp_path / "t.csv", [{"id": "a", **VRD}])
    out = tmp_path / "out.csv"
    assert mmopts("cohort", str(tmp_path / "p.csv"), "--treatments", str(second), "-o", str(out)).code == 0
    found = verdicts(out)
    assert found["b"] == suggested({"age": 60}) != suggested({"age": 60, "prior": ["none"]})
    assert found["a"] == suggested({"age": 60, "treatments": [VRD]})


@pytest.mark.parametrize(
    ("cell", "means"),
    [("yes", True), ("TRUE", True), ("1", True), ("no", False), ("0", False), (" ", None), ("maybe", "maybe")],
)
def test_whether_a_treatment_is_still_given_is_yes_or_no(cell, means):
    assert entry_cell("ongoing", cell) == means


def test_a_nested_column_of_parquet_says_what_lines_of_json_say(tmp_path):
    people = [
        {"id": "a", "treatments": [{**VRD, "start": date(2021, 3, 2), "end": None, "line": 1.0}, KD]},
        {"id": "b", "treatments": []},
        {"id": "c", "treatments": None},
    ]
    second = pa.struct(
        [("regimen", pa.string()), ("drugs", pa.list_(pa.string())), ("start", pa.string()), ("end", pa.string()),
         ("line", pa.float64()), ("best_response", pa.string())]
    )  # fmt: skip
    rows = [
        {**p, "treatments": p["treatments"] and [{**e, "start": str(e["start"])} for e in p["treatments"]]} for p in people
    ]
    schema = pa.schema([("id", pa.string()), ("treatments", pa.list_(second)), ("fitness", pa.string())])
    pq.write_table(pa.Table.from_pylist([{**r, "fitness": "fit"} for r in rows], schema), tmp_path / "in.parquet")
    assert mmopts("cohort", str(tmp_path / "in.parquet"), "-o", str(tmp_path / "out.csv")).code == 0
    first = {k: v for k, v in people[0]["treatments"][0].items() if v is not None} | {"start": "2021-03-02", "line": 1}
    assert verdicts(tmp_path / "out.csv") == {
        "a": suggested({"treatments": [first, KD], "fitness": "fit"}),
        "b": suggested({"treatments": [], "fitness": "fit"}),
        "c": suggested({"fitness": "fit"}),
    }


@pytest.mark.parametrize(
    ("patients", "treatments", "said"),
    [
        ("id,age\na,60\n", "id,regimen\na,VRd\nx,Kd\nx,Pd\n", "The first is row 2 of the table of treatments, id 'x'"),
        ("id,age\na,60\n", "id,regimen\na,VRd\nx,Kd\nx,Pd\n", "2 of 3 treatments are of an id that no patient has;"),
        ("id,age\na,60\n", "id,regimen\na,VRd\nx,Kd\ny,Pd\n", "2 of 3 treatments are of 2 ids that no patient has;"),
        ("id,age\na,60\n", "id,regimen\n,VRd\n", "row 1 of the table of treatments cannot be used: it has no id"),
        ("id,age\na,60\n", "id,regimen\na,VRd,x\n", "row 1 of the table of treatments cannot be used: 3 columns where"),
        ("id,age\na,60\n", "id,regimen,best_respons\na,VRd,CR\n", "Did you mean best_response?"),
        ("id,age\na,60\n", "regimen\nVRd\n", "the table of treatments has no column 'id'"),
        ("id,age\na,60\n", "id,start\na,2021\n", "has no column 'regimen' or 'drugs' or 'part'"),
        ("age\n60\n", "id,regimen\na,VRd\n", "patients have no column 'id'"),
        ("id,age\na,60\n,61\n", "id,regimen\na,VRd\n", "The row has no id, by which treatments are its own"),
        ("id,age\na,60\n", "id,regimen,start\na,VRd,2021\na,Kd,soon\n", "treatments entry 2 (row 2), start: 'soon'"),
        ("id,age,treatments\na,60,x\n", "id,regimen\na,VRd\n", "--treatments FILE reads them from a table"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_table_of_treatments_is_said_and_nothing_is_written(tmp_path, patients, treatments, said):
    (tmp_path / "p.csv").write_text(patients)
    (tmp_path / "t.csv").write_text(treatments)
    ran = mmopts("cohort", str(tmp_path / "p.csv"), "--treatments", str(tmp_path / "t.csv"), "-o", str(tmp_path / "out.csv"))
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert sorted(os.listdir(tmp_path)) == ["p.csv", "t.csv"]


@pytest.mark.parametrize(
    ("name", "patients"), [("p.csv", "id,age\na,60\n,61,x\n,62\n"), ("p.jsonl", '{"id": "a", "age": 60}\n\n{"age": 62}\n')]
)
def test_a_row_without_an_id_is_rejected_also_behind_one_that_is_lost(tmp_path, name, patients):
    (tmp_path / name).write_text(patients)
    second = table(tmp_path / "t.csv", [{"id": "a", **VRD}])
    words = ("cohort", str(tmp_path / name), "--treatments", str(second), "-o", str(tmp_path / "out.csv"))
    ran = mmopts(*words, "--max-rejects", "90", "--rejects", str(tmp_path / "rejects.csv"))
    assert (ran.code, list(verdicts(tmp_path / "out.csv"))) == (0, ["a"])
    assert "3,3,no-id," in (tmp_path / "rejects.csv").read_text()


def test_other_columns_of_treatments_can_be_left_out(tmp_path):
    (tmp_path / "p.csv").write_text("id,ward\na,7\n")
    (tmp_path / "t.csv").write_text("id,regimen,price,start\na,VRd,9,2021\n")
    words = ("cohort", str(tmp_path / "p.csv"), "--treatments", str(tmp_path / "t.csv"), "-o", str(tmp_path / "out.csv"))
    assert mmopts(*words).code == 2
    assert mmopts(*words, "--ignore-columns").code == 0
    assert verdicts(tmp_path / "out.csv") == {"a": suggested({"treatments": [{"regimen": "VRd", "start": "2021"}]})}


def test_treatments_stand_in_one_place_alone(tmp_path):
    (tmp_path / "p.jsonl").write_text(json.dumps({"id": "a", "treatments": [VRD]}) + '\n{"id": "b", "age": 60}\n')
    second = table(tmp_path / "t.jsonl", [{"id": "a", **KD}])
    words = ("cohort", str(tmp_path / "p.jsonl"), "--treatments", str(second), "-o", str(tmp_path / "out.csv"))
    ran = mmopts(*words, "--max-rejects", "50")
    assert "row 1 (a): treatments stand in the row and in the table of treatments" in ran.err
    assert list(verdicts(tmp_path / "out.csv")) == ["b"]


def test_standard_input_holds_one_of_the_two(tmp_path):
    (tmp_path / "p.csv").write_text("id\na\n")
    out = ("-o", str(tmp_path / "out.csv"))
    ran = mmopts("cohort", "-", "--from", "csv", "--treatments", "-", "--treatments-from", "csv", *out)
    assert (ran.code, "- is asked for twice, as patients and as treatments" in ran.err) == (2, True)
    words = ("cohort", str(tmp_path / "p.csv"), "--treatments", "-", "--treatments-from", "csv", *out)
    assert child(*words, stdin=b"id,regimen,start\na,VRd,2021\n").code == 0
    assert verdicts(tmp_path / "out.csv") == {"a": suggested({"treatments": [{"regimen": "VRd", "start": "2021"}]})}


def test_the_library_takes_the_table_and_a_part_of_the_patients():
    entries = [("b", KD), ("a", KD), ("a", VRD), ("z", VRD)]
    names = sorted({*KD, *VRD})
    second = pa.RecordBatch.from_pylist([{"id": name, **{k: entry.get(k) for k in names}} for name, entry in entries])
    rows = pa.RecordBatch.from_pydict({"id": ["a", "b", "c"]})
    (found,) = cohort.judge([rows], KB, treatments=[second])
    rows_out = found.to_pylist()
    for row, given in zip(rows_out, ([KD, VRD], [KD]), strict=False):
        assert {name: row[name] for name in KB.regimens} == suggested({"treatments": given})
    assert rows_out[2]["rejected"].startswith("no-facts")
    (nested,) = cohort.judge([pa.RecordBatch.from_pylist([{"id": "a", "treatments": [VRD]}])], KB)
    assert {name: nested.to_pylist()[0][name] for name in KB.regimens} == suggested({"treatments": [VRD]})
