"""`mmopts.cohort.judge`, the recipes of docs/scale.md, and where pyarrow may be imported."""

from __future__ import annotations

import csv
import json
import math
import re
import subprocess
import sys
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from asked import suggest
from bases import builtin
from cli_runner import mmopts as command

from mmopts import cohort
from mmopts.cohort import judging
from mmopts.cohort.cells import said
from mmopts.cohort.sheet import Sheet
from mmopts.diagnostics import QuestionError

ROOT = Path(__file__).resolve().parents[1]
KB = builtin()
ROWS: dict[str, list[Any]] = {"id": ["a", "b"], "prior": ["VRd;len", "none"], "fitness": ["fit", "frail"]}


def verdicts(given: dict[str, Any]) -> dict[str, str]:
    return found(json.dumps(given))


@cache
def found(given: str) -> dict[str, str]:
    answer = suggest(json.loads(given), KB)
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


@pytest.mark.slow
def test_chunks_do_not_show(monkeypatch):
    drugs = list(KB.drugs)
    batch = pa.RecordBatch.from_pydict({"prior": [drugs[n % len(drugs)] for n in range(90)]})
    whole = pa.Table.from_batches(map(cohort.plain, cohort.judge([batch], KB)))
    parts = pa.Table.from_batches(map(cohort.plain, cohort.judge([batch.slice(n, 7) for n in range(0, 90, 7)], KB)))
    assert whole.equals(parts)
    assert len(list(judging.parts([batch], 40))) == 3


def test_the_question_and_labels_can_be_asked_for():
    batch = pa.RecordBatch.from_pydict({"prior": ["len"], "lines": [1]})
    (found,) = cohort.judge([batch], KB, region="us", as_of="2019-06-01", labels=True)
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
    without = "mmopts.cohort.sql, mmopts.cohort.heads, mmopts.cohort.options, mmopts.cli.cohort"
    code = f"import sys, {without}; print('pyarrow' in sys.modules)"
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


# --- columns however they are stored -------------------------------------------------------------------------

STORED = {
    "prior": [
        pa.large_string(), pa.binary(), pa.large_binary(), pa.dictionary(pa.int8(), pa.string()), pa.list_(pa.string()),
        pa.large_list(pa.large_string()), pa.list_(pa.string(), 2), pa.list_(pa.binary()),
    ],
    "age": [
        pa.int8(), pa.uint64(), pa.float32(), pa.float16(), pa.decimal128(10, 2), pa.dictionary(pa.int32(), pa.int64()),
        pa.string(), pa.binary(), pa.struct([("min", pa.int16()), ("max", pa.decimal128(5, 1))]),
    ],
    "prior_asct": [pa.bool_(), pa.int8(), pa.float16(), pa.decimal128(3, 0), pa.string(), pa.binary(), pa.null()],
    "months_since": [
        pa.struct([("bortezomib", pa.float16()), ("lenalidomide", pa.decimal128(6, 1))]), pa.map_(pa.string(), pa.int8()),
        pa.map_(pa.large_string(), pa.float64()), pa.string(), pa.list_(pa.string()),
    ],
    "condition": [pa.null(), pa.list_(pa.null()), pa.list_(pa.string()), pa.large_string()],
}  # fmt: skip
CASES = [(name, kind) for name, kinds in STORED.items() for kind in kinds]
MEANT: dict[str, list[Any]] = {
    "prior": [["VRd", "len"], None, ["Kd", "dex"]],
    "age": [70, None, 81],
    "prior_asct": [True, None, False],
    "months_since": [None, {"bortezomib": 3, "lenalidomide": None}, {"bortezomib": None, "lenalidomide": 8}],
    "condition": [None, None, None],
}


def as_stored(name: str, value: Any, kind: pa.DataType) -> Any:
    """A value in the form in which a column of a type holds it."""
    if value is None or pa.types.is_null(kind):
        return None
    if pa.types.is_struct(kind) or pa.types.is_map(kind):
        known = value if isinstance(value, dict) else {"min": value, "max": value}
        pairs = [(k, v) for k, v in known.items() if v is not None]
        return known if pa.types.is_struct(kind) else pairs
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        words = value if isinstance(value, list) else [f"{k}={v}" for k, v in value.items() if v is not None]
        return [w.encode() if pa.types.is_binary(kind.value_type) else w for w in words]
    if pa.types.is_dictionary(kind):
        return as_stored(name, value, kind.value_type)
    if pa.types.is_boolean(kind):
        return value
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        number = int(value)
        return float(number) if pa.types.is_floating(kind) else Decimal(number) if pa.types.is_decimal(kind) else number
    known = [f"{k}={v}" for k, v in value.items() if v is not None] if isinstance(value, dict) else value
    text = ";".join(known) if isinstance(known, list) else str(known)
    return text.encode() if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) else text


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kind"), CASES, ids=lambda one: str(one)[:50])
@pytest.mark.parametrize("file", [False, True])
def test_a_column_says_the_same_of_each_row_however_it_is_stored(tmp_path, name: str, kind: pa.DataType, file: bool):
    def wanted(row: int) -> dict[str, Any]:
        given = {"lines": 2, **({name: MEANT[name][row]} if MEANT[name][row] is not None else {})}
        if pa.types.is_null(kind):
            given.pop(name, None)
        if name == "months_since" and name in given:
            given[name] = {drug: months for drug, months in given[name].items() if months is not None}
        return {"id": str(row), **verdicts(given)}

    try:
        array = pa.array([as_stored(name, value, kind) for value in MEANT[name]], kind)
    except pa.ArrowTypeError:  # pyarrow 15
        pytest.skip("this Arrow makes no half floats of Python's numbers")
    columns = {"id": ["0", "1", "2"], "lines": [2] * 3, name: array}
    if not file:
        batches = list(cohort.judge([pa.RecordBatch.from_pydict(columns)], KB))
    elif pa.types.is_float16(kind) or "float16" in str(kind) or "halffloat" in str(kind):
        pytest.skip("an older Parquet has no half floats")
    else:
        try:
            pq.write_table(pa.table(columns), tmp_path / "in.parquet")
        except pa.ArrowNotImplementedError:  # pyarrow 15
            pytest.skip("this Parquet holds no lists of a fixed size where some are null")
        ran = command("cohort", str(tmp_path / "in.parquet"), "-o", str(tmp_path / "out.parquet"))
        assert ran.code == 0, ran.err
        batches = pq.read_table(tmp_path / "out.parquet").to_batches()
    found = [row for batch in batches for row in batch.to_pylist()]
    assert [{k: v for k, v in row.items() if k != "rejected"} for row in found] == [wanted(row) for row in range(3)]


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("lines_min", pa.array([{"min": 1}])),
        ("age", pa.array([{"from": 1}])),
        ("age", pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int8()))),
        ("id", pa.array([["a"]])),
        ("id", pa.array([{"a": "b"}])),
        ("prior", pa.array([b"\xff\xfe"])),
        ("prior", pa.array([[b"\xff"]])),
        ("months_since", pa.array([{"bortezomib": [1]}])),
        ("treatments", pa.array([[{"regimen": b"\xff"}]])),
        ("treatments", pa.array([[{"regimen": "VRd", "start": 5}]], pa.list_(pa.struct([("start", pa.duration("ns"))])))),
    ],
)
def test_a_column_that_can_hold_no_such_fact_is_named(name: str, array: pa.Array):
    columns = {"prior": ["len"], name: array}
    with pytest.raises(QuestionError, match=f"column '{name}' of the type .* cannot be read"):
        list(cohort.judge([pa.RecordBatch.from_pydict(columns)], KB))


@pytest.mark.parametrize(
    ("field", "array"),
    [
        ("start", pa.array([1614556800000000001], pa.timestamp("ns", "UTC"))),
        ("start", pa.array([1614556800], pa.timestamp("s"))),
        ("start", pa.array([18687], pa.date32())),
        ("start", pa.array([b"2021-03-01"])),
        ("line", pa.array([Decimal(1)], pa.decimal128(5, 2))),
        ("part", pa.array(["induction"]).dictionary_encode()),
    ],
)
def test_a_treatment_says_the_same_however_its_values_are_stored(field: str, array: pa.Array):
    plainly = {"regimen": "VRd", "start": "2021-03-01", "line": 1, "part": "induction", "end": "2021-08-01"}
    wanted = verdicts({"treatments": [plainly]})
    columns = {k: pa.array([v]) for k, v in plainly.items()} | {field: array}
    entries = pa.StructArray.from_arrays([*columns.values()], [*columns])
    (batch,) = cohort.judge([pa.RecordBatch.from_pydict({"treatments": pa.ListArray.from_arrays([0, 1], entries)})], KB)
    (row,) = batch.to_pylist()
    assert {name: row[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("lines", "ends"),
    [("2", (2, 2)), (2, (2, 2)), ({"min": 2}, (2, None)), ({"max": 3}, (None, 3)), ({"min": 1, "max": 3}, (1, 3)),
     ({"min": None}, None), ({}, None), ("2-4", None), (True, None), (1 << 60, None)],
)  # fmt: skip
def test_what_fits_into_columns_is_put_there_and_what_does_not_is_read_alone(lines: Any, ends: Any) -> None:
    sheet = Sheet(1)
    sheet.put(0, {"id": "a", "lines": lines})
    assert sheet.odd == ({} if ends else {0: {"lines": lines}})
    columns = {name: column.to_pylist() for name, column in sheet.columns().items()}
    assert columns == {"id": ["a"], **({"lines_min": [ends[0]], "lines_max": [ends[1]]} if ends else {})}
