"""Attacks the program with random input, in this process: whatever comes, it ends as the contract says.

    python tools/fuzz.py [--seconds 60] [--seed 12] [--only overlay,stream] [--keep FILE]

Kinds: command lines, patient files, streams, histories, overlays on the built-in knowledge base, cohort files, Parquet
files with columns of odd types (where pyarrow is installed), cache files. Each case is a command line with the files that
it names; the corpus (`tools/fuzz-corpus.jsonl`, what was found before) goes first. A find is an exception, an exit code
that is not documented, a control character or a flood on standard error, JSON that does not parse, a stream without an
envelope a line, a file that nobody asked for, an overlay that `kb check` and `suggest` judge differently, a spoilt cache
that changes an answer, or a case that works for half a minute.
Finds are printed as lines for the corpus. Exit code 1 if there are any.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from fuzz_cases import Case, cache_in, cases, kept_file  # noqa: E402
from odd_tables import has_pyarrow, write_parquet  # noqa: E402

from mmopts.cli.environment import Environment, Writer  # noqa: E402
from mmopts.cli.program import run  # noqa: E402
from mmopts.knowledge import load  # noqa: E402

CORPUS = ROOT / "tools" / "fuzz-corpus.jsonl"
SLOW, STUCK = 30, 600
"""Seconds of one case: of work, and by the clock."""
FLOOD = 100_000
"""Characters on standard error."""
UNRAISABLE: list[str] = []
"""What an object that was let go of could not raise: Python prints it on standard error."""
_loaded = load.load_knowledge


@lru_cache(maxsize=1)
def _builtin() -> Any:
    return _loaded()


def _load_once(path: str | None = None) -> Any:
    """The built-in knowledge base is read once: it takes longer than most cases."""
    return _builtin() if path is None else _loaded(path)


class Ran(NamedTuple):
    """What a case left behind."""

    code: int
    out: str
    err: str


def asked(words: list[str], stdin: str, folder: str) -> Ran:
    """Run a command line in this process; an exception comes through."""
    out, err = io.BytesIO(), io.BytesIO()
    variables = {"MMOPTS_CONFIG": "", "MMOPTS_DEBUG": "1"}
    given = io.BytesIO(stdin.encode("utf-8", "surrogatepass"))
    env = Environment(given, Writer(out), Writer(err), variables=variables)
    UNRAISABLE.clear()
    hook, sys.unraisablehook = sys.unraisablehook, lambda what: UNRAISABLE.append(f"{what.exc_value!r} in {what.object!r}")
    load.load_knowledge = _load_once
    try:
        code = run([w.replace("{}", folder) for w in words], env)
    finally:
        sys.unraisablehook, load.load_knowledge = hook, _loaded
    if UNRAISABLE:
        raise RuntimeError(f"printed on standard error: {UNRAISABLE}")
    return Ran(code, out.getvalue().decode(), err.getvalue().decode())


def finds(case: Case) -> list[str]:
    """What is wrong with how a case ends; empty if nothing is, or if it needs what is not installed."""
    if case.kind == "parquet" and not has_pyarrow():
        return []
    with tempfile.TemporaryDirectory(prefix="mmopts-fuzz-") as folder:
        for name, text in case.files.items():
            if case.kind == "parquet":
                write_parquet(text, Path(folder) / name)
            elif case.kind != "cache":
                (Path(folder) / name).write_bytes(text.encode("utf-8", "surrogatepass"))
        before = set(os.listdir(folder))
        start = monotonic()
        try:
            with _alarm():
                return _judged(case, folder, before)
        except Exception:  # noqa: BLE001  whatever it is, it is a find
            return [f"{monotonic() - start:.0f} s, then\n{traceback.format_exc(limit=-6)}"]


@contextlib.contextmanager
def _alarm() -> Iterator[None]:
    """Raises TimeoutError in a case that takes too long, where there are alarms."""

    def late(*_: Any) -> None:
        raise TimeoutError(f"more than {SLOW} s of work, or {STUCK} s by the clock")

    if not hasattr(signal, "SIGALRM"):
        yield
        return
    for name in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(name, late)
    signal.alarm(STUCK)
    signal.setitimer(signal.ITIMER_PROF, SLOW)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.setitimer(signal.ITIMER_PROF, 0)


def _judged(case: Case, folder: str, before: set[str]) -> list[str]:
    if case.kind == "cache":
        return _cached(case, folder)
    ran = asked(case.words, case.stdin, folder)
    out = []
    if ran.code not in (0, 1, 2, 3) or (ran.code == 1 and case.words[:1] != ["kb"]):
        out.append(f"exit code {ran.code}")
    if len(ran.err) > FLOOD:
        out.append(f"{len(ran.err)} characters on standard error")
    if not all(c.isprintable() or c == "\n" for c in ran.err):
        out.append(f"a control character on standard error: {ran.err[:200]!r}")
    if any(ord(c) < 32 and c not in "\n\r\t" for c in ran.out):
        out.append("a control character on standard output")
    if ran.code == 0 and ran.err and case.kind not in ("cohort", "parquet"):
        out.append(f"answered, and complained: {ran.err[:200]!r}")
    as_json = "--json" in case.words or case.words[-2:] == ["--format", "json"]
    if as_json and case.kind not in ("line", "stream") and ran.out:
        json.loads(ran.out)
    if case.kind == "stream":
        out += _envelopes(case, ran)
    new = set(os.listdir(folder)) - before - {Path(w).name for w in case.words if w.startswith("{}/")}
    if new:
        out.append(f"files that nobody asked for: {sorted(new)}")
    if case.kind == "overlay" and ran.out:
        out += _used(json.loads(ran.out)["usable"], folder)
    return out


def _envelopes(case: Case, ran: Ran) -> list[str]:
    """A stream has an envelope for each line that is not blank, with its number."""
    raw = case.stdin.encode("utf-8", "surrogatepass").split(b"\n")
    wanted = [i for i, line in enumerate(raw, 1) if line.strip()]
    told = [json.loads(line) for line in ran.out.splitlines()]
    if [one["line"] for one in told] != wanted and (wanted or ran.code != 2):
        return [f"lines {wanted}, envelopes {[one['line'] for one in told]}"]
    bad = any(one["schema"] == "mmopts.error/1" for one in told)
    return [] if not told or bad == (ran.code == 2) else [f"exit code {ran.code}, errors {bad}"]


def _used(usable: bool, folder: str) -> list[str]:
    """What `kb check` calls unusable ends `suggest` with 3, what it calls usable answers."""
    for words in (
        ["suggest", "--prior", "len,btz", "--why-not", "--kb", "{}/kb.yaml"],
        ["list", "--kb", "{}/kb.yaml", "--json"],
    ):
        code = asked(words, "", folder).code
        # The words of the question may be the overlay's to refuse: a regimen or a drug that it removed.
        if (code == 3) == usable or code not in (0, 2, 3):
            return [f"kb check says usable: {usable}; {words[0]} ends with {code}"]
    return []


def _cached(case: Case, folder: str) -> list[str]:
    wanted = asked(case.words, "", folder)
    with cache_in(folder):
        place = kept_file()
        place.write_text(case.files["cache"], "utf-8")
        found = asked(case.words, "", folder)
    return [] if found == wanted else [f"exit code {found.code}; another answer than without the cache"]


def corpus() -> list[Case]:
    """What was found before."""
    return [Case(**json.loads(line)) for line in CORPUS.read_text("utf-8").splitlines()] if CORPUS.exists() else []


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Attack the program with random input.")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--only", default="", help="kinds, with commas")
    parser.add_argument("--keep", help="a file to which finds are added, as lines of the corpus")
    given = parser.parse_args()
    only = given.only.split(",") if given.only else []
    start, ran, found = monotonic(), Counter[str](), 0
    with tempfile.TemporaryDirectory(prefix="mmopts-fuzz-cache-") as cache, cache_in(cache):
        drawn = cases(Random(given.seed), only)
        old = [case for case in corpus() if not only or case.kind in only]
        while monotonic() - start < given.seconds or old:
            case = old.pop(0) if old else next(drawn)
            ran[case.kind] += 1
            wrong = finds(case)
            if not wrong:
                continue
            found += 1
            print(f"FIND {case.kind} {case.words}\n" + "\n".join(wrong) + f"\n{case.line()[:1500]}\n", flush=True)
            if given.keep:
                with open(given.keep, "a", encoding="utf-8") as file:
                    file.write(case.line() + "\n")
    print(f"{sum(ran.values())} cases in {monotonic() - start:.0f} s, {found} finds: {dict(ran)}")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
