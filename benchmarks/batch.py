"""Times full verdict sets of many patients against the built-in knowledge base, in one process.

    python benchmarks/batch.py [--patients 131072] [--repeats 5]

Patients are random facts (fixed seed), read by intake before anything is timed: a pool of them, over and over. They stand
in masks, a bit a patient, as a batch of `mmopts cohort` does. Exit code 1 if the limit is not kept: 1,000,000 patients a
second.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from itertools import cycle, islice
from statistics import median
from time import process_time

from drawn import SEED, patients
from machine import described

import mmopts
from mmopts.assess.truths import VERDICTS, Scope, judge_worlds
from mmopts.logic import Worlds

LIMIT = 1_000_000
POOL = 2_000
"""Different patients; more would only take longer to draw."""


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Time verdicts of many patients.")
    parser.add_argument("--patients", type=int, default=131_072, help="how many (default 131,072, a chunk of a cohort)")
    parser.add_argument("--repeats", type=int, default=5, help="how often to judge them (default 5)")
    asked = parser.parse_args()
    kb = mmopts.load()
    scope = Scope("any", kb.meta.reviewed)
    start = process_time()
    pool = [patient.facts for _, patient in islice(patients(kb), POOL)]
    read = POOL / (process_time() - start)
    worlds = Worlds.of(list(islice(cycle(pool), asked.patients)))
    shares: Counter[str] = Counter()
    took = []
    for _ in range(asked.repeats):
        start = process_time()
        truths = judge_worlds(kb, worlds, scope)
        found = [truths.truth(regimen.verdict) for regimen in kb.regimens.values()]
        took.append(process_time() - start)
    for truth in found:
        shares[VERDICTS[True]] += truth.t.bit_count()
        shares[VERDICTS[False]] += truth.f.bit_count()
    rate = asked.patients / median(took)
    print(described())
    print(
        f"{asked.patients:,} patients (a pool of {POOL:,}, seed {SEED}), {len(kb.regimens)} regimens; processor time, "
        f"median of {asked.repeats} runs\n"
    )
    print("| step | patients a second | limit |\n|---|---|---|")
    print(f"| words to facts, one patient after another | {read:,.0f} | |")
    print(f"| masks to masks of verdicts (`judge_worlds`) | {rate:,.0f} | {LIMIT:,} |")
    total = asked.patients * len(kb.regimens)
    print("\n" + ", ".join(f"{word} {100 * n / total:.0f}%" for word, n in sorted(shares.items())))
    print("within the limit" if rate >= LIMIT else "OVER THE LIMIT")
    return 0 if rate >= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
