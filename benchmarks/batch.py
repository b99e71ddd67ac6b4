"""Times full verdict sets of many patients against the built-in knowledge base, in one process.

    python benchmarks/batch.py [--patients 10000] [--repeats 5]

Patients are random facts (fixed seed) read by intake, which is timed apart: the limit is for normalised
patients. Exit code 1 if it is not kept.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from machine import described
from mmopts.errors import QuestionError
from mmopts.intake import intake
from mmopts.judge import Question, judge_many
from mmopts.knowledge.model import Knowledge

import mmopts
from mmopts.facts import FACTS

LIMIT = 10_000
SEED = 20261121


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Time verdicts of many patients.")
    parser.add_argument("--patients", type=int, default=10_000, help="how many (default 10,000)")
    parser.add_argument("--repeats", type=int, default=5, help="how often to judge them (default 5)")
    asked = parser.parse_args()
    kb = mmopts.load()
    start = perf_counter()
    facts, refused = patients(kb, asked.patients)
    read = perf_counter() - start
    question = Question("any", kb.meta["reviewed"])
    took = []
    for _ in range(asked.repeats):
        start = perf_counter()
        verdicts = judge_many(kb, facts, question)
        took.append(perf_counter() - start)
    rate = asked.patients / median(took)
    shares = Counter(word for column in verdicts.values() for word in column)
    total = sum(shares.values())
    print(described())
    print(
        f"{asked.patients:,} patients, {len(kb.regimens)} regimens, {len(kb.conds):,} conditions, seed {SEED}; "
        f"{refused:,} contradictory draws thrown away; median of {asked.repeats} runs\n"
    )
    print("| step | patients a second | limit |")
    print("|---|---|---|")
    print(f"| intake (words to facts) | {asked.patients / read:,.0f} | |")
    print(f"| judge_many (full verdict sets) | {rate:,.0f} | {LIMIT:,} |")
    print("\nverdicts: " + ", ".join(f"{word} {100 * n / total:.0f}%" for word, n in sorted(shares.items())))
    print("within the limit" if rate >= LIMIT else "OVER THE LIMIT")
    return 0 if rate >= LIMIT else 1


def patients(kb: Knowledge, count: int) -> tuple[list[dict[str, Any]], int]:
    """Normalised facts of random patients, and how many draws contradicted themselves."""
    random = Random(SEED)
    out: list[dict[str, Any]] = []
    refused = 0
    while len(out) < count:
        try:
            out.append(intake(drawn(random, kb), kb).facts)
        except QuestionError:
            refused += 1
    return out, refused


def drawn(random: Random, kb: Knowledge) -> dict[str, Any]:
    """A patient file: one to eight prior drugs, some of them refractory, and about half of the other facts."""
    prior = random.sample(list(kb.drugs), random.randint(1, 8))
    out: dict[str, Any] = {"setting": "relapsed", "prior": prior}
    if random.random() < 0.7:
        out["refractory"] = random.sample(prior, random.randint(0, len(prior))) or ["none"]
    if random.random() < 0.8:
        out["lines"] = random.randint(1, 6)
    for fact in FACTS.values():
        if fact.name in ("setting", "lines") or random.random() < 0.5:
            continue
        if fact.kind == "choice":
            out[fact.name] = random.choice(fact.values)
        elif fact.kind == "flag" and fact.name != "progressed_on_last":
            out[fact.name] = random.random() < 0.5
        elif fact.kind == "number":
            out[fact.name] = random.randint(int(fact.low), int(fact.high))
        elif fact.kind == "words" and random.random() < 0.3:
            out[fact.name] = random.sample(kb.vocabulary[fact.name]["ids"], 1)
    return out


if __name__ == "__main__":
    sys.exit(main())
