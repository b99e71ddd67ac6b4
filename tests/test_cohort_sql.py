"""Judging as SQL: the verdicts of two engines, and a text that five more can read."""

from __future__ import annotations

import os
import sqlite3
from csv import reader

import pyarrow as pa
import pytest
from bases import builtin
from cli_runner import mmopts
from cohort_rows import draw
from pyarrow import csv

from mmopts.assess.truths import Scope
from mmopts.cohort.facts import fact_batch
from mmopts.cohort.judging import Asked, Judge, Table
from mmopts.cohort.layouts import wide, without
from mmopts.cohort.sql import QUOTES, sql_text

KB = builtin()
SCOPE = Scope("any", KB.meta.reviewed)
ROWS = int(os.environ.get("MMOPTS_COHORT_SQL", "5000"))
"""How many patients are judged by three engines (100,000 once before a release)."""


@pytest.fixture(scope="module")
def both():
    rows = draw(ROWS, KB, 17)
    names = sorted({name for row in rows for name in row})
    asked = Asked(SCOPE, labels=True, keep=True)
    judge = Judge(KB, asked)
    columns = {n: pa.array([row.get(n) for row in rows], pa.string()) for n in names}
    chunk = judge.chunk(Table(len(rows), columns), range(1, len(rows) + 1))
    facts = without(fact_batch(chunk, KB, judge.lexicon.numbers), chunk.rejected)
    return facts, without(wide(chunk, KB, asked), chunk.rejected).to_pydict()


@pytest.mark.slow
def test_duckdb_gives_the_verdicts_and_labels_of_python(both):
    duckdb = pytest.importorskip("duckdb")
    facts, words = both
    with duckdb.connect() as db:
        db.register("facts", pa.Table.from_batches([facts]))
        found = db.execute(sql_text(KB, SCOPE, "duckdb", labels=True))
        names = [column[0] for column in found.description]
        rows = found.fetchall()
    assert len(rows) > ROWS / 3
    assert {name: [row[i] for row in rows] for i, name in enumerate(names)} == words


def test_sqlite_reads_facts_that_were_imported_from_text(tmp_path):
    rows = draw(60, KB, 23)
    names = sorted({name for row in rows for name in row})
    table = pa.table({"id": [str(n) for n in range(len(rows))], **{n: [row.get(n) for row in rows] for n in names}})
    csv.write_csv(table, tmp_path / "in.csv")
    files = {option: str(tmp_path / f"{option}.csv") for option in ("output", "facts", "rejects")}
    options = [word for option, path in files.items() for word in (f"--{option}", path)]
    assert mmopts("cohort", str(tmp_path / "in.csv"), "--max-rejects", "100", *options).code == 0
    with open(files["facts"], encoding="utf-8", newline="") as facts:
        head, *lines = reader(facts)
    db = sqlite3.connect(":memory:")
    db.execute(f"CREATE TABLE facts ({', '.join(head)})")
    db.executemany(f"INSERT INTO facts VALUES ({', '.join('?' * len(head))})", lines)
    found = db.execute(mmopts("cohort", "--sql", "sqlite").out)
    told = [tuple(column[0] for column in found.description), *found]
    with open(files["output"], encoding="utf-8", newline="") as output:
        assert [list(map(str, row)) for row in told] == list(reader(output))
    assert len(told) > 20


@pytest.mark.slow
def test_sqlite_gives_the_verdicts_of_python(both):
    facts, words = both
    db = sqlite3.connect(":memory:")
    names = facts.schema.names
    db.execute(f"CREATE TABLE facts ({', '.join(names)})")
    db.executemany(
        f"INSERT INTO facts VALUES ({', '.join('?' * len(names))})", [tuple(r.values()) for r in facts.to_pylist()]
    )
    found = db.execute(sql_text(KB, SCOPE, "sqlite"))
    columns = [column[0] for column in found.description]
    rows = found.fetchall()
    db.close()
    assert columns == ["id", *KB.regimens]
    assert {name: [row[i] for row in rows] for i, name in enumerate(columns)} == {name: words[name] for name in columns}


@pytest.mark.slow
@pytest.mark.parametrize("dialect", sorted(QUOTES))
def test_every_dialect_can_be_read(dialect):
    sqlglot = pytest.importorskip("sqlglot")
    query = sqlglot.parse_one(sql_text(KB, SCOPE, dialect, labels=True), read=dialect)
    assert query.named_selects[:2] == ["id", next(iter(KB.regimens))]
    assert len(query.named_selects) == 1 + 3 * len(KB.regimens)


def test_a_dialect_that_is_not_known_is_refused():
    with pytest.raises(KeyError):
        sql_text(KB, SCOPE, "oracle")


def test_a_number_beyond_every_bound_is_written_as_it_was_given():
    rows = {"prior": pa.array(["none"] * 3), "crcl": pa.array(["87-", "90", "5-20"])}
    judge = Judge(KB, Asked(SCOPE, keep=True))
    facts = fact_batch(judge.chunk(Table(3, rows), (1, 2, 3)), KB, judge.lexicon.numbers).to_pydict()
    assert facts["crcl_min"] == [87.0, 90.0, 5.0]
    assert facts["crcl_max"][1:] == [90.0, 20.0]
