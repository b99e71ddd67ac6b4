"""Times `mmopts suggest --patient patients.jsonl --format jsonl`: whole answers of many patients, a line each.

    python benchmarks/stream.py [--patients 1000] [--jobs 1,2]

Install mmopts first (`pip install .`): the `mmopts` beside this Python is the one that is timed, as a process of its own,
from start to exit. The answers of every number of processes must be the same. Patients are random (fixed seed). Exit code
1 if the limit is not kept: 1,000 patients in 15 s on two cores.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import subprocess
import sys
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from drawn import SEED, patients
from machine import described, program

import mmopts

LIMIT = 0.015
"""Seconds a patient."""


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Time whole answers of many patients.")
    parser.add_argument("--patients", type=int, default=1000, help="how many (default 1000)")
    parser.add_argument("--jobs", default="1,2", help="processes, with commas (default 1,2)")
    asked = parser.parse_args()
    installed = program()
    print(described())
    print(f"{asked.patients:,} patients, seed {SEED}\n")
    head = ("processes", "seconds", "processor seconds", "ms of a processor a patient", "MB of answers", "MB of memory")
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    best, answers = float("inf"), set()
    with TemporaryDirectory() as folder:
        source, target = Path(folder) / "patients.jsonl", Path(folder) / "answers.jsonl"
        drawn = islice(patients(mmopts.load()), asked.patients)
        source.write_text("".join(json.dumps(given) + "\n" for given, _ in drawn), "utf-8")
        for jobs in asked.jobs.split(","):
            start, before = perf_counter(), used()
            words = ["suggest", "--patient", str(source), "--format", "jsonl", "--jobs", jobs, "-o", str(target)]
            subprocess.run([installed, *words], check=True)
            seconds, processor = perf_counter() - start, used() - before
            with target.open("rb") as written:  # never whole in memory, which the next process would start with
                answers.add(hashlib.file_digest(written, "sha256").hexdigest())
            each, size = 1000 * processor / asked.patients, target.stat().st_size / 1e6
            # Of the largest process that has ended, so that it can only grow from row to row.
            memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            print(f"| {jobs} | {seconds:.1f} | {processor:.1f} | {each:.1f} | {size:.0f} | {memory:.0f} |", flush=True)
            best = min(best, seconds)
    if len(answers) > 1:
        sys.exit("the answers differ")
    kept = best <= LIMIT * asked.patients
    print("\nwithin the limit" if kept else "\nOVER THE LIMIT")
    return 0 if kept else 1


def used() -> float:
    """Seconds of processor time of all processes that were started and have ended."""
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


if __name__ == "__main__":
    sys.exit(main())
