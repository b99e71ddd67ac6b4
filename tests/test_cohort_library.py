"""`mmopts.cohort.judge`, the recipes of docs/scale.md, and where pyarrow may be imported."""

from __future__ import annotations

import csv
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from asked import suggest
from bases import builtin
from cli_runner import mmopts as command

from mmopts import cohort
from mmopts.assess.truths import Scope
from mmopts.cohort import judging
from mmopts.cohort.cells import said
from mmopts.diagnostics import QuestionError

ROOT = Path(__file__).resolve().parents[1]
KB = builtin()
ROWS: dict[str, list[Any]] = {"id": ["a", "b"], "prior": ["VRd;len", "none"], "fitness": ["fit", "frail"]}


def verdicts(given: dict[str, Any]) -> dict[str, str]:
    answer = suggest(given, KB)
    return {o["id"]: o["verdict"] for o in answer["options"]} | {o["id"]: "excluded" for o in answer["excluded"]}


WANTED = [
    {"id": "a", **verdicts({"prior": ["VRd", "len"], "fitness": "fit"})},
    {"id": "b", **verdicts({"prior": ["none"], "fitness": "frail"})},
]


def judged(**columns: list[Any]) -> list[dict[str, Any]]:
    return [row for batch in cohort.judge([pa.RecordBatch.from_pydict(columns)], KB) for row in batch.to_pylist()]


def test_a_batch_gives_a_row_for_each_row_with_the_verdicts_of_suggest():
    assert judged(**ROWS) == [{**row, "rejected": None} for row in WANTED]


def test_a_row_that_cannot_be_used_stays_with_its_reason_and_without_verdicts():
    first, second = judged(prior=["len", "xyzzy"], id=["a", None])
    assert first["rejected"] is None
    assert second["rejected"].startswith("unknown-name: 'xyzzy' is no drug")
    assert (second["id"], {second[name] for name in KB.regimens}) == ("2", {None})


def test_rows_of_several_batches_are_numbered_on():
    batches = [pa.RecordBatch.from_pydict({"prior": ["len"] * n}) for n in (2, 0, 3)]
    assert [i for b in cohort.judge(batches, KB) for i in b.column("id").to_pylist()] == ["1", "2", "3", "4", "5"]


def test_chunks_do_not_show(monkeypatch):
    drugs = list(KB.drugs)
    batch = pa.RecordBatch.from_pydict({"prior": [drugs[n % len(drugs)] for n in range(90)]})
    whole = pa.Table.from_batches(map(cohort.plain, cohort.judge([batch], KB)))
    parts = pa.Table.from_batches(map(cohort.plain, cohort.judge([batch.slice(n, 7) for n in range(0, 90, 7)], KB)))
    assert whole.equals(parts)
    assert len(list(judging.parts([batch], 40))) == 3


def test_the_question_and_labels_can_be_asked_for():
    batch = pa.RecordBatch.from_pydict({"prior": ["len"], "lines": [1]})
    (found,) = cohort.judge([batch], KB, Scope("us", "2019-06-01"), labels=True)
    answer = suggest({"prior": ["len"], "lines": 1, "region": "us", "as_of": "2019-06-01"}, KB)
    row = found.to_pylist()[0]
    for option in answer["options"]:
        assert row[option["id"]] == option["verdict"]
        assert {region: row[f"{option['id']}.label_{region}"] for region in ("us", "eu")} == option["labels"]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("prior", [b"VRd", b"\xff"]),
        ("prior", [[b"VRd"], [b"\xff"]]),
        ("id", [b"1", b"\xff"]),
        ("prior", [{"drug": "VRd"}] * 2),
        ("prior", [[["VRd"]]] * 2),
        ("prior", [[{"drug": "VRd"}]] * 2),
        ("cytogenetics", [{"drug": "VRd"}] * 2),
        ("prior_asct", [{"yes": True}] * 2),
    ],
)
def test_a_column_of_a_type_that_cannot_be_read_is_named_and_no_fault_of_ours(tmp_path, name, values):
    table = pa.table({"lines": [1, 1], name: values})
    pq.write_table(table, tmp_path / "in.parquet")
    ran = command("cohort", str(tmp_path / "in.parquet"), "-o", str(tmp_path / "out.csv"), "--max-rejects", "100")
    assert (ran.code, f"column {name!r} of the type" in ran.err) == (2, True), ran.err
    assert not (tmp_path / "out.csv").exists()
    with pytest.raises(QuestionError, match="cannot be read"):
        list(cohort.judge(table.to_batches(), KB))


def test_months_by_drug_may_be_a_struct_a_map_or_words():
    said = [{"lenalidomide": 3, "bortezomib": None}, {"lenalidomide": None, "bortezomib": 8.5}, None]
    struct = pa.array(said, pa.struct([("lenalidomide", pa.float64()), ("bortezomib", pa.float64())]))
    maps = pa.array([[("lenalidomide", 3)], [("bortezomib", 8.5)], None], pa.map_(pa.string(), pa.float64()))
    words = pa.array(["lenalidomide=3", "bortezomib=8.5", None])
    found = [
        next(iter(cohort.judge([pa.RecordBatch.from_pydict({"prior": ["VRd"] * 3, "months_since": one})], KB)))
        for one in (struct, maps, words)
    ]
    assert found[0].equals(found[1])
    assert found[1].equals(found[2])
    assert found[0].column("rejected").null_count == 3


def test_a_column_that_is_no_fact_is_refused():
    with pytest.raises(QuestionError, match="Did you mean prior"):
        judged(priro=["len"])


@pytest.mark.parametrize(
    "array",
    [
        pa.array(["VRd;len"]).dictionary_encode(),
        pa.array(["VRd;len"], pa.large_string()),
        pa.array([["VRd", "len"]], pa.large_list(pa.string())),
        pa.array([["x"], ["VRd", "len"]]).slice(1),
    ],
)
def test_every_arrow_type_of_a_list_says_the_same(array):
    batch = pa.RecordBatch.from_arrays([pa.array(["a"]), array, pa.array(["fit"])], names=["id", "prior", "fitness"])
    (found,) = cohort.judge([batch], KB)
    assert found.to_pylist() == [{**WANTED[0], "rejected": None}]


@pytest.mark.parametrize(
    "column",
    [pa.array([1], pa.int8()), pa.array([1.0]), pa.array(["1"]), pa.array(["1-1"]), pa.array([{"min": 1, "max": 1}])],
)
def test_every_arrow_type_of_a_number_says_the_same(column):
    batch = pa.RecordBatch.from_arrays([pa.array(["len"]), column], names=["prior", "lines"])
    (found,) = cohort.judge([batch], KB)
    assert found.to_pylist() == [{"id": "1", **verdicts({"prior": ["len"], "lines": 1}), "rejected": None}]


def test_not_a_number_says_nothing():
    rows = judged(prior=["len", "len"], crcl=[float("nan"), None])
    assert {k: v for k, v in rows[0].items() if k != "id"} == {k: v for k, v in rows[1].items() if k != "id"}


# --- recipes ---------------------------------------------------------------------------------------

RECIPES = dict(
    re.findall(r"<!-- recipe: (\w+) -->\n```python\n(.*?)```", (ROOT / "docs" / "scale.md").read_text("utf-8"), re.DOTALL)
)


def ran(name: str) -> dict[str, Any]:
    scope: dict[str, Any] = {"__name__": "recipe"}
    exec(compile(RECIPES[name], f"docs/scale.md: {name}", "exec"), scope)
    return scope


def test_every_recipe_is_run():
    assert sorted(RECIPES) == ["duckdb", "folder", "pandas", "polars", "pyspark", "treatments"]


def test_the_recipe_for_pandas():
    pytest.importorskip("pandas")
    rows = ran("pandas")["answers"].drop(columns="rejected").to_dict("records")
    assert rows == WANTED


def test_the_recipe_for_polars():
    pytest.importorskip("polars")
    assert ran("polars")["answers"].drop("rejected").to_dicts() == WANTED


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("patients.csv").write_text("id,prior,fitness\na,VRd;len,fit\nb,none,frail\n")
    return tmp_path


def test_the_recipe_for_duckdb(folder):
    pytest.importorskip("duckdb")
    assert command("cohort", "patients.csv", "-o", "options.parquet", "--layout", "long").code == 0
    found = dict(ran("duckdb")["answers"])
    assert found == {name: sum(row[name] == "eligible" for row in WANTED) for name in KB.regimens}


@pytest.mark.filterwarnings("ignore")  # Spark's own, about the versions of what it finds
def test_the_recipe_for_spark(folder, monkeypatch):
    pytest.importorskip("pyspark")
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    recipe = ran("pyspark")
    rows = [row.asDict() for row in recipe["answers"]]
    recipe["spark"].stop()
    assert [{k: v for k, v in row.items() if k != "rejected"} for row in rows] == WANTED


def test_the_recipe_for_treatments(folder):
    ran("treatments")
    with Path("options.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    first = {"regimen": "VRd", "start": "2021-03", "end": "2021-08", "best_response": "VGPR", "part": "induction"}
    second = {"regimen": "ASCT", "start": "2021-10", "best_response": "CR", "part": "transplant"}
    other = {"regimen": "Rd", "start": "2019-05-02", "end": "2022-01-10", "best_response": "PR"}
    treated = [{**first, "not_tolerated": ["bortezomib"]}, second]
    assert rows == [
        {"id": "a", **verdicts({"age": 66, "treatments": treated})},
        {"id": "b", **verdicts({"age": 71, "treatments": [other]})},
    ]


def test_the_recipe_for_a_folder(folder):
    Path("patients").mkdir()
    for name in ("one", "two"):
        pq.write_table(pa.table(ROWS), f"patients/{name}.parquet")
    assert ran("folder")["codes"] == [0, 0]
    for name in ("one", "two"):
        assert pq.read_table(f"options/{name}.parquet").to_pylist() == WANTED


# --- where it is imported --------------------------------------------------------------------------


def test_only_the_cohort_imports_pyarrow_and_only_when_it_works():
    sources = {path: path.read_text("utf-8") for path in (ROOT / "src" / "mmopts").rglob("*.py")}
    users = {
        path.parent.name for path, text in sources.items() if re.search(r"^\s*(import|from) pyarrow", text, re.MULTILINE)
    }
    assert users == {"cohort"}
    code = "import sys, mmopts.cohort.asked, mmopts.cli.cohort; print('pyarrow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    ("cell", "meant"),
    [(1, True), (0, False), (1.0, True), (0.0, False), (True, True), (False, False), (" Yes ", True), ("0", False),
     ("", None), (math.nan, None), (2, 2), ("perhaps", "perhaps")],
)  # fmt: skip
def test_a_cell_of_a_flag_is_yes_or_no_in_words_and_in_numbers_and_else_what_it_is(cell: Any, meant: Any) -> None:
    found = said("prior_asct", cell)
    assert (found, type(found)) == (meant, type(meant))
