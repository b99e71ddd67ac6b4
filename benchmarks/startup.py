"""Times whole runs of the main job beside a bare Typer program, and says whether they keep the limits.

    python benchmarks/startup.py [--runs 40]

Install mmopts first (`pip install .`): the `mmopts` beside this Python is the one that is timed. The bare program has
as many options as `mmopts suggest`, of the same kinds and with help of the same length, and prints a word. Runs are
interleaved, so that a busy moment strikes all of them; a ratio is the median of the ratios of each round.
Exit code 1 if a limit is not kept.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import typer
from machine import described, program

from mmopts.cli.table import find

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))
from terminal import at_terminal

ASKED = ["suggest", "--prior", "len,btz", "--frail"]
BARE = "a bare Typer program"
LIMITS = {"suggest --json": 1.8, "suggest, piped": 1.8, "suggest, at a terminal": 2.5}


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Time mmopts beside a bare Typer program.")
    parser.add_argument("--runs", type=int, default=40, help="rounds (default 40)")
    rounds = parser.parse_args().runs
    installed = program()
    # Compiled modules are kept, as after any installation, whatever this shell says of them.
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "MMOPTS_", "TYPER_"))}
    with TemporaryDirectory() as folder:
        texts, flags = bare(Path(folder))
        started = [sys.executable, str(Path(folder) / "start.py"), *ASKED[1:]]
        took = timed(
            {
                "python -c pass": partial(piped, [sys.executable, "-c", "pass"], env),
                BARE: partial(piped, started, env),
                "suggest --json": partial(piped, [installed, *ASKED, "--json"], env),
                "suggest, piped": partial(piped, [installed, *ASKED], env),
                "suggest, at a terminal": partial(shown, [installed, *ASKED], env),
            },
            rounds,
        )
    print(described("typer", "rich"))
    print(f"{rounds} rounds, interleaved; the bare program has {texts} options with a value and {flags} flags\n")
    print(f"| run | median ms | times {BARE} | limit |")
    print("|---|---|---|---|")
    kept = True
    for name, found in took.items():
        ratio = median(a / b for a, b in zip(found, took[BARE], strict=True))
        limit = LIMITS.get(name)
        kept = kept and (limit is None or ratio <= limit)
        print(f"| `{name}` | {1000 * median(found):.1f} | {ratio:.2f} |" + (f" {limit:g} |" if limit else " |"))
    print(f"\n{'within the limits' if kept else 'OVER A LIMIT'}")
    return 0 if kept else 1


def bare(folder: Path) -> tuple[int, int]:
    """Write the bare program into `folder`, as a module and what starts it; how many options and flags it has.

    A module is compiled once, as that of an installed program is.
    """
    options: list[Any] = list(typer.main.get_command(find("suggest")).params)
    texts = [o for o in options if not o.is_flag]
    flags = [o for o in options if o.is_flag]
    lines = [
        f'    {o.name}: Annotated[list[str] | None, typer.Option("{o.opts[-1]}", help={o.help!r}, metavar="X")] = None,'
        for o in texts
    ] + [f'    {o.name}_: Annotated[bool, typer.Option("{o.opts[0]}", help={o.help!r})] = False,' for o in flags]
    (folder / "plain.py").write_text(
        "from typing import Annotated\n\nimport typer\n\n"
        "app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_help_option=False)\n\n\n"
        "@app.command()\ndef main(\n" + "\n".join(lines) + '\n) -> None:\n    print("done")\n',
        "utf-8",
    )
    (folder / "start.py").write_text("from plain import app\n\napp()\n", "utf-8")
    return len(texts), len(flags)


def piped(command: list[str], env: dict[str, str]) -> None:
    """One run whose output nobody reads."""
    subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)


def shown(command: list[str], env: dict[str, str]) -> None:
    """One run at a terminal."""
    code, text = at_terminal(command, env)
    if code:
        sys.exit(text.decode())


def timed(runs: dict[str, Callable[[], None]], rounds: int) -> dict[str, list[float]]:
    """Wall seconds of each run in each round, after three that are not counted."""
    took: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(-3, rounds):
        for name, run in runs.items():
            start = perf_counter()
            run()
            if number >= 0:
                took[name].append(perf_counter() - start)
    return took


if __name__ == "__main__":
    sys.exit(main())
