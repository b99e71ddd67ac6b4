"""Times whole runs of the main job against an empty Python, and says whether they keep the limits.

    python benchmarks/startup.py [--runs 40]

Install mmopts first (`pip install .`): the `mmopts` beside this Python is the one that is timed. Runs are
interleaved, so that a busy moment strikes all of them; a ratio is the median of the ratios of each round.
Exit code 1 if a limit is not kept.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

from machine import described

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))
from terminal import at_terminal

ASKED = ["suggest", "--prior", "len,btz", "--frail"]
LIMITS = {"suggest --json": 8.0, "suggest, piped": 12.0, "suggest, at a terminal": 12.0}


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Time mmopts against an empty Python.")
    parser.add_argument("--runs", type=int, default=40, help="rounds (default 40)")
    rounds = parser.parse_args().runs
    program = shutil.which("mmopts", path=os.path.dirname(os.path.abspath(sys.executable)))
    if program is None:
        sys.exit("no mmopts beside this Python; install it first: pip install .")
    # Compiled modules are kept, as after any installation, whatever this shell says of them.
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "MMOPTS_"))}
    runs = {
        "python -c pass": partial(piped, [sys.executable, "-c", "pass"], env),
        "python -c 'import typer'": partial(piped, [sys.executable, "-c", "import typer"], env),
        "suggest --json": partial(piped, [program, *ASKED, "--json"], env),
        "suggest, piped": partial(piped, [program, *ASKED], env),
        "suggest, at a terminal": partial(shown, [program, *ASKED], env),
    }
    for run in runs.values():
        for _ in range(3):
            timed(run)
    took: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            took[name].append(timed(run))
    base = took["python -c pass"]
    print(described("typer", "rich"))
    print(f"{rounds} rounds, interleaved\n")
    print("| run | median ms | times an empty Python | limit |")
    print("|---|---|---|---|")
    kept = True
    for name, found in took.items():
        ratio = median(a / b for a, b in zip(found, base, strict=True))
        limit = LIMITS.get(name)
        kept = kept and (limit is None or ratio <= limit)
        print(f"| `{name}` | {1000 * median(found):.1f} | {ratio:.1f} |" + (f" {limit:g} |" if limit else " |"))
    print(f"\n{'within the limits' if kept else 'OVER A LIMIT'}")
    return 0 if kept else 1


def piped(command: list[str], env: dict[str, str]) -> None:
    """One run whose output nobody reads."""
    subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)


def shown(command: list[str], env: dict[str, str]) -> None:
    """One run at a terminal."""
    code, text = at_terminal(command, env)
    if code:
        sys.exit(text.decode())


def timed(run: Callable[[], None]) -> float:
    """Wall seconds of one run."""
    start = perf_counter()
    run()
    return perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
