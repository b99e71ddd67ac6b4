"""Times `mmopts cohort`: patients from words, Parquet to Parquet; the curve over patients, regimens and processes.

    python benchmarks/cohort.py [--patients 10000,100000,1000000] [--jobs 1,2] [--regimens 1,10]

Each run is a process of its own, so that its memory is its own. Beside it: the judging of facts that are normalised
already, by masks and by DuckDB over the SQL of `--sql`; a few predicates in DuckDB as one writes them by hand; and one
patient after another. Exit code 1 if a limit is not kept (10^6 in 6 s and 0.5 GB, 10^7 in 60 s and 0.7 GB).
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from machine import described

import mmopts
from mmopts.assess.truths import Scope, Truths, judge
from mmopts.cohort.facts import fact_batch
from mmopts.cohort.judging import CHUNK, Asked, Judge, Table
from mmopts.cohort.layouts import wide
from mmopts.cohort.sql import sql_text
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Cond, Worlds
from mmopts.patient import intake

SEED = 20261127
POOL = 50_000
LIMITS = {1_000_000: (6.0, 500), 10_000_000: (60.0, 700)}
"""Seconds and megabytes for so many patients, on two cores."""
HAND = {
    "DKd": "lines_min >= 1 AND NOT refractory_carfilzomib AND NOT refractory_daratumumab AND NOT condition_heart_failure",
    "DPd": "lines_min >= 1 AND NOT refractory_pomalidomide AND NOT refractory_daratumumab",
    "Kd": "lines_min >= 1 AND NOT refractory_carfilzomib AND NOT condition_heart_failure",
    "Rd": "NOT refractory_lenalidomide AND crcl_min >= 30",
    "EPd": "lines_min >= 2 AND exposed_lenalidomide AND NOT refractory_pomalidomide",
}
"""What somebody writes in a hurry: two-valued, no labels, no dates. For the time alone, not for its answers."""


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Time the judging of many patients.")
    parser.add_argument("--patients", default="10000,100000,1000000", help="how many, with commas")
    parser.add_argument("--jobs", default="1,2", help="processes, with commas")
    parser.add_argument("--regimens", default="1,10", help="times the regimens of the knowledge base, with commas")
    parser.add_argument("--one", nargs=3, metavar=("IN", "OUT", "JOBS"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        return once(*asked.one)
    kb = mmopts.load()
    print(described("pyarrow", "duckdb"))
    print(f"{len(kb.regimens)} regimens; seed {SEED}; columns in words, a pool of {POOL:,} treatment histories\n")
    kept = True
    with tempfile.TemporaryDirectory() as folder:
        print("| patients | jobs | seconds | processor seconds | MB (largest process) | limit |\n|---|---|---|---|---|---|")
        for count in map(int, asked.patients.split(",")):
            source = Path(folder) / f"{count}.parquet"
            write(source, count, kb)
            for jobs in asked.jobs.split(","):
                seconds, used, memory = timed(source, Path(folder) / "out.parquet", jobs)
                limit = LIMITS.get(count)
                said = f"{limit[0]:g} s, {limit[1]} MB" if limit else ""
                kept &= limit is None or (seconds <= limit[0] and memory <= limit[1])
                print(f"| {count:,} | {jobs} | {seconds:.1f} | {used:.1f} | {memory:.0f} | {said} |", flush=True)
            source.unlink()
        print()
        beside(kb, [int(n) for n in asked.regimens.split(",")])
    print("\nwithin the limits" if kept else "\nOVER A LIMIT")
    return 0 if kept else 1


def timed(source: Path, target: Path, jobs: str) -> tuple[float, float, float]:
    """Seconds from start to exit of a process, those of processor time, and the megabytes of its largest process."""
    start = perf_counter()
    done = subprocess.run(
        [sys.executable, __file__, "--one", str(source), str(target), jobs], check=True, capture_output=True, text=True
    )
    seconds = perf_counter() - start
    used, memory = map(float, done.stdout.split()[-2:])
    return seconds, used, memory


def once(source: str, target: str, jobs: str) -> int:
    """One run; prints its seconds of processor time and its megabytes."""
    import resource

    from mmopts.cohort.options import Options
    from mmopts.cohort.run import run

    code = run(Options(source, target, Scope("any", mmopts.load().meta.reviewed), jobs=int(jobs)))
    used = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    times = os.times()
    print(times.user + times.system + times.children_user + times.children_system, max(used))
    return int(code)


# --- patients ---------------------------------------------------------------------------------------


def pools(kb: Knowledge) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Treatment histories that go together, and values of facts that stand by themselves."""
    rng = random.Random(SEED)
    treating = {name: regimen.settings for name, regimen in kb.regimens.items() if regimen.drugs and len(name) > 1}
    given = [name for name, settings in treating.items() if "relapsed" in settings]
    first = [name for name, settings in treating.items() if "newly-diagnosed" in settings]
    history: dict[str, list[Any]] = {"prior": [], "refractory": [], "lines": []}
    for _ in range(POOL):
        lines = rng.choices((0, 1, 2, 3, 4, 5), (15, 30, 22, 15, 10, 8))[0]
        regimens = ([rng.choice(first)] if lines else []) + [rng.choice(given) for _ in range(lines - 1)]
        drugs = sorted({d for r in regimens for d in kb.regimens[r].drugs if d not in kb.steroids})
        to = rng.sample(drugs, rng.randint(0, len(drugs))) if drugs else []
        history["prior"].append(";".join(regimens) or "none")
        history["refractory"].append((";".join(to) or "none") if lines and rng.random() < 0.8 else None)
        history["lines"].append(lines if rng.random() < 0.9 else None)
    words = {name: list(kb.vocabulary[name].words) for name in ("condition", "cytogenetics")}
    quiet = [w for w in words["condition"] if w != "dialysis"]
    values: dict[str, list[Any]] = {
        "age": [round(rng.gauss(69, 10)) for _ in range(500)],
        "crcl": [round(max(5.0, rng.gauss(70, 25)), 1) for _ in range(2000)],
        "ecog": [0, 1, 1, 1, 2, 3, None],
        "cci": [0, 0, 1, 2, 3, None, None],
        "fitness": ["fit", "intermediate", "frail", None, None],
        "cytogenetics": ["standard", "del(17p)", "t(4;14)", "t(11;14)", "gain(1q);no-del(17p)", None, None],
        "condition": [None] * 6 + [rng.choice(quiet) for _ in range(4)] + [";".join(rng.sample(quiet, 2)) for _ in range(2)],
        "neuropathy": [0, 0, 1, 2, None, None],
    }
    return history, values


def batches(count: int, kb: Knowledge) -> Any:
    """Patients as record batches; one in a thousand has a word that nobody knows."""
    rng = random.Random(SEED)
    history, values = ({n: pa.array(v) for n, v in pool.items()} for pool in pools(kb))
    history["last"] = pa.nulls(POOL, pa.string())
    for start in range(0, count, CHUNK):
        size = min(CHUNK, count - start)
        chosen = pa.array(rng.choices(range(POOL), k=size), pa.int32())
        columns = {"id": pa.array([f"P{start + n:08d}" for n in range(size)])}
        columns |= {name: array.take(chosen) for name, array in history.items()}
        for name, array in values.items():
            columns[name] = array.take(pa.array(rng.choices(range(len(array)), k=size), pa.int32()))
        odd = rng.choices((None, "xyzzy"), (999, 1), k=size)
        columns["intolerant"] = pa.array(odd, pa.string())
        yield pa.RecordBatch.from_pydict(columns)


def write(path: Path, count: int, kb: Knowledge) -> None:
    """The patients as Parquet."""
    writer = None
    for batch in batches(count, kb):
        writer = writer or pq.ParquetWriter(path, batch.schema)
        writer.write_batch(batch)
    assert writer is not None
    writer.close()


# --- beside it --------------------------------------------------------------------------------------


def beside(kb: Knowledge, times: list[int]) -> None:
    """What the judging alone takes, by several engines."""
    scope = Scope("any", kb.meta.reviewed)
    batch = next(iter(batches(CHUNK, kb)))
    table = Table(len(batch), dict(zip(batch.schema.names, batch.columns, strict=True)))
    numbers = range(1, len(batch) + 1)
    judging = Judge(kb, Asked(scope, keep=True))
    chunk = judging.chunk(table, numbers)
    print(f"| {CHUNK:,} patients, one process | seconds | patients a second |\n|---|---|---|")
    row(
        "words to facts to verdicts (`cohort.judge`)",
        best(lambda: wide(judging.chunk(table, numbers), kb, Asked(scope))),
    )
    for many in times:
        wider = repeated(kb, many)
        verdicts = [regimen.verdict for regimen in wider.regimens.values()]
        worlds = Worlds(CHUNK)
        worlds.columns = chunk.truths.worlds.columns
        name = f"normalised facts to verdicts by masks, {len(verdicts):,} regimens"
        row(name, best(lambda w=worlds, v=verdicts: judged(w, v)))
    facts = pa.Table.from_batches([fact_batch(chunk, kb, judging.lexicon.numbers)])
    for name, seconds in by_duckdb(facts, sql_text(kb, scope, "duckdb")):
        row(name, seconds)
    given = as_files(batch.slice(0, 500))
    row("words to verdicts, one patient after another", best(lambda: judge_singly(given, kb, scope), 1), len(given))


def row(name: str, seconds: float, count: int = CHUNK) -> None:
    """Print what so many patients took."""
    print(f"| {name} | {seconds:.3f} | {count / seconds:,.0f} |", flush=True)


def by_duckdb(facts: pa.Table, query: str) -> Iterator[tuple[str, float]]:
    """What normalised facts take in DuckDB: by the query of `--sql`, and by the predicates of `HAND`."""
    try:
        import duckdb
    except ImportError:
        print("| DuckDB is not installed | | |")
        return
    with duckdb.connect() as db:
        db.execute("SET threads = 1")
        db.register("arrow_facts", facts)
        db.execute("CREATE TABLE facts AS SELECT * FROM arrow_facts")
        seconds = best(lambda: db.execute(f"CREATE OR REPLACE TABLE answers AS {query}"))
        yield f"the same by DuckDB, the SQL of `--sql` ({len(query) // 1000} kB), 1 thread", seconds
        hand = ", ".join(f"CASE WHEN {p} THEN 'eligible' ELSE 'excluded' END AS {n}" for n, p in HAND.items())
        seconds = best(lambda: db.execute(f"CREATE OR REPLACE TABLE answers AS SELECT id, {hand} FROM facts"))
        yield f"DuckDB, {len(HAND)} predicates written by hand, 1 thread", seconds


def as_files(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """The rows of a batch as patient files, those with an unknown word left out."""
    given = [{k: v for k, v in r.items() if v is not None and k != "id"} for r in batch.to_pylist()]
    given = [{k: v.split(";") if k in ("prior", "refractory", "condition") else v for k, v in g.items()} for g in given]
    return [{**g, "cytogenetics": [g["cytogenetics"]]} if ";" not in g.get("cytogenetics", ";") else
            {k: v for k, v in g.items() if k != "cytogenetics"} for g in given if "intolerant" not in g]  # fmt: skip


def judge_singly(given: Sequence[Mapping[str, Any]], kb: Knowledge, scope: Scope) -> None:
    """Every verdict of patient files, one after the other."""
    for patient in given:
        truths = judge(kb, intake(patient, kb).facts, scope)
        for regimen in kb.regimens.values():
            truths.verdict(regimen)


def judged(worlds: Worlds, verdicts: list[Cond]) -> None:
    """Every verdict in every world."""
    truths = Truths(worlds)
    for cond in verdicts:
        truths.truth(cond)


def best(work: Any, times: int = 3) -> float:
    """Seconds of the middle one of some runs."""
    took = []
    for _ in range(times):
        start = perf_counter()
        work()
        took.append(perf_counter() - start)
    return median(took)


def repeated(kb: Knowledge, times: int) -> Knowledge:
    """A knowledge base with its regimens several times over, sharing no condition between the copies."""

    def copied(cond: Cond, made: dict[Cond, Cond]) -> Cond:
        if cond not in made:
            made[cond] = Cond(cond.op, tuple(copied(a, made) for a in cond.args), cond.fact, cond.test, cond.value)
        return made[cond]

    regimens = {}
    for number in range(times):
        made: dict[Cond, Cond] = {}
        for name, regimen in kb.regimens.items():
            regimens[f"{name}~{number}"] = regimen._replace(verdict=copied(regimen.verdict, made))
    return kb._replace(regimens=regimens)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    sys.exit(main())
