"""Compares the answers of two checkouts: a lossless change of code or data changes none of them.

    python tools/same_answers.py OLD NEW [--patients 2000] [--seed 20261127]

OLD and NEW are the roots of two checkouts. Each answers, in a process of its own, the same random patients,
drawn rich in facts from the words of OLD until as many were answered; some contradict themselves, and the
refusals are compared too. The whole envelopes of `suggest` are compared, the digest of the
knowledge apart. Exit code 1 if any differs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

SHOWN = 5


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Compare the answers of two checkouts.")
    parser.add_argument("old", type=Path, help="root of a checkout")
    parser.add_argument("new", type=Path, help="root of another one")
    parser.add_argument("--patients", type=int, default=2_000, help="how many at least (default 2,000)")
    parser.add_argument("--seed", type=int, default=20_261_127, help="of the draw")
    asked = parser.parse_args()
    [words] = run(asked.old, "words", [])
    random = Random(asked.seed)
    patients: list[dict[str, Any]] = []
    old: list[dict[str, Any]] = []
    while sum("options" in answer for answer in old) < asked.patients:
        more = [drawn(random, words) for _ in range(asked.patients)]
        patients += more
        old += run(asked.old, "answers", more)
    new = run(asked.new, "answers", patients)
    differing = [i for i, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
    for i in differing[:SHOWN]:
        print(json.dumps(patients[i]))
        print("  " + "; ".join(list(differences(old[i], new[i]))[:SHOWN]))
    answered = sum("options" in answer for answer in old)
    print(
        f"{len(patients):,} patients (seed {asked.seed}): {answered:,} answered, {len(patients) - answered:,} refused; "
        f"{len(differing):,} answers differ"
    )
    return 1 if differing else 0


def drawn(random: Random, words: dict[str, Any]) -> dict[str, Any]:
    """A patient file: one to seven drugs, classes or regimens received, and about half of the other facts."""
    prior = random.sample(words["prior"], random.randint(1, 7)) if random.random() < 0.9 else ["none"]
    out: dict[str, Any] = {"prior": prior, "region": random.choice(["us", "eu", "any"])}
    if random.random() < 0.3:
        out["as_of"] = f"{random.randint(2015, 2026)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"
    if random.random() < 0.2:
        out["strict"] = True
    for name, fact in words["facts"].items():
        if name == "prior" or (fact["kind"] in ("drugs", "months") and prior == ["none"]) or random.random() < 0.5:
            continue
        match fact["kind"]:
            case "drugs":
                out[name] = random.sample(prior, random.randint(1, len(prior)))
            case "months":
                out[name] = {random.choice(words["drugs"]): random.randint(0, 60)}
            case "choice":
                out[name] = random.choice(fact["values"])
            case "flag":
                out[name] = random.random() < 0.5
            case "number":
                out[name] = random.randint(int(fact["low"]), min(int(fact["high"]), fact["few"]))
            case "words":
                out[name] = random.sample(fact["values"], random.randint(1, 2))
    return out


def differences(old: Any, new: Any, path: str = "") -> list[str]:
    """Where two answers differ, as paths into them with both values."""
    if isinstance(old, dict) and isinstance(new, dict):
        return [d for k in {**old, **new} for d in differences(old.get(k), new.get(k), f"{path}.{k}")]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [d for i, (a, b) in enumerate(zip(old, new, strict=True)) for d in differences(a, b, f"{path}[{i}]")]
    return [] if old == new else [f"{path}: {json.dumps(old)[:80]} became {json.dumps(new)[:80]}"]


# --- in the checkout -------------------------------------------------------------------------------


def run(root: Path, what: str, patients: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a checkout says, one object a line: its `words`, or its `answers` to patients."""
    source = root.resolve() / "src"
    if not (source / "mmopts").is_dir():
        sys.exit(f"{root} is no checkout: it has no src/mmopts")
    variables = {k: v for k, v in os.environ.items() if k != "MMOPTS_KB"} | {"PYTHONPATH": str(source)}
    asked = "".join(json.dumps(patient) + "\n" for patient in patients)
    done = subprocess.run(
        [sys.executable, __file__, f"--{what}"], input=asked, env=variables, stdout=subprocess.PIPE, text=True, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def tell_words() -> None:
    """Print the words that patients may be drawn from."""
    import mmopts
    from mmopts.facts import FACTS

    kb = mmopts.load()
    few = {"lines": 7, "cci": 8, "crcl": 130}
    facts = {
        fact.name: {
            "kind": fact.kind,
            "values": list(kb.vocabulary[fact.name].words) if fact.kind == "words" else fact.values,
            "low": fact.low,
            "high": fact.high,
            "few": few.get(fact.name, int(fact.high)),
        }
        for fact in FACTS.values()
    }
    print(json.dumps({"prior": [*kb.drugs, *kb.regimens], "drugs": list(kb.drugs), "facts": facts}))


def tell_answers() -> None:
    """Print the answer to each patient of the standard input, or why there is none."""
    import mmopts
    from mmopts.diagnostics import QuestionError

    kb = mmopts.load()
    for line in sys.stdin:
        try:
            answer = mmopts.suggest(json.loads(line), kb)
            answer["knowledge"].pop("digest", None)
        except QuestionError as error:
            answer = {"refused": [problem._asdict() for problem in error.problems]}
        print(json.dumps(answer))


if __name__ == "__main__":
    if sys.argv[1:] == ["--words"]:
        tell_words()
    elif sys.argv[1:] == ["--answers"]:
        tell_answers()
    else:
        sys.exit(main())
