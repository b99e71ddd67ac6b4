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
import copy
import importlib.util
import io
import json
import os
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "src")]

import yaml  # noqa: E402
from patients import MAKERS, draw, scope  # noqa: E402

import mmopts  # noqa: E402
from mmopts.cli.environment import Environment, Writer  # noqa: E402
from mmopts.cli.program import run  # noqa: E402
from mmopts.cli.table import COMMANDS  # noqa: E402
from mmopts.facts import FACTS, OPEN_LISTS  # noqa: E402
from mmopts.knowledge import kept, load  # noqa: E402

CORPUS = ROOT / "tools" / "fuzz-corpus.jsonl"
SLOW, STUCK = 30, 600
"""Seconds of one case: of work, and by the clock."""
FLOOD = 100_000
"""Characters on standard error."""
JUNK: list[Any] = [
    None, True, False, 0, 1, -1, 2, 31, 10**15, 10**400, 0.5, -0.0, 1e308, float("inf"), "", " ", "none", "no-", "no-none",
    "no-no-len", "len", "VRd", "VRd,DPd", "PI", "anti-CD38", "steroid", "dex", "cilta-cel", "del(17p)", "standard", "frail",
    "2-4", "7-", "-7", "4-2", "1e3", "nan", "2024-02-30", "2024-13", "2024", "2024-06", "2024-06-15", "0000-00-00",
    "9999-12-31",
    "\x1b[31m", "[bold]x[/bold]", "[/x]", "\u202egnp", "\x00", "\ud800", "é" * 300, "a" * 20_000, "<script>", "=1+1",
    "%s{0}",
    [], {}, [[]], [None], [1, "len"], {"min": 1}, {"max": 3}, {"min": 5, "max": 1}, {"a": {"b": []}}, {"all": []},
    {"any": [{}]},
    {"not": {"lines": {"min": 1}}}, {"at_least": {"count": 2, "of": []}}, "builtin", "any", "us", "eligible", "DKd",
    "ongoing",
]  # fmt: skip
OUTPUT = ["--json", "--format", "table", "csv", "markdown", "html", "jsonl", "json", "--limit", "0", "3", "--why-not",
          "--all", "--detail", "brief", "--fields", "options.id", "options.labels.us", "--strict", "--region", "us", "eu",
          "--as-of", "2020-01-01", "--no-pager", "--plan", "--case", "--differences", "--progressed-after-last", "--help",
          "--template", "--unset", "-", "--", "-h"]  # fmt: skip
DATED = ["start", "end", "progression"]
ENTRY = ["regimen", "drugs", *DATED, "ongoing", "part", "line", "best_response", "stopped", "not_tolerated", "setting", "x"]
PARTS = ["induction", "transplant", "consolidation", "maintenance", "bridging", "salvage"]
RESPONSES = ["sCR", "CR", "VGPR", "PR", "MR", "SD", "PD", "NE"]
STOPPED = ["planned", "progression", "toxicity", "other", "death"]


UNRAISABLE: list[str] = []
"""What an object that was let go of could not raise: Python prints it on standard error."""
_loaded = load.load_knowledge


@lru_cache(maxsize=1)
def _builtin() -> Any:
    return _loaded()


def _load_once(path: str | None = None) -> Any:
    """The built-in knowledge base is read once: it takes longer than most cases."""
    return _builtin() if path is None else _loaded(path)


class Case(NamedTuple):
    """A command line, standard input, and files by name; ``{}`` in a word is the folder in which they are."""

    kind: str
    words: list[str]
    stdin: str = ""
    files: dict[str, str] = {}  # noqa: RUF012  # a field of a NamedTuple, and nobody writes to it

    def line(self) -> str:
        """The case as a line of the corpus."""
        return json.dumps(self._asdict(), ensure_ascii=True)


class Ran(NamedTuple):
    """What a case left behind."""

    code: int
    out: str
    err: str


# --- the grammar -------------------------------------------------------------------------------------


class Grammar:
    """Draws cases."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.kb = mmopts.load()
        self.words = [*self.kb.regimens, *self.kb.drugs, *self.kb.classes, *self.kb.sources, *self.kb.names, *FACTS]
        self.data = {
            key: value
            for file in sorted((ROOT / "data").glob("*.yaml"))
            for key, value in yaml.load(file.read_text("utf-8"), Loader=yaml.CBaseLoader).items()
        }
        self.kinds = [key for key, value in self.data.items() if isinstance(value, list)]

    def junk(self) -> Any:
        """A value that may fit nowhere."""
        return copy.deepcopy(self.rng.choice([*JUNK, self.rng.choice(self.words)]))

    def facts(self, strange: float) -> dict[str, Any]:
        """A patient file; each fact is strange with this chance."""
        rng = self.rng
        found = {**draw(rng, self.kb), **(scope(rng, self.kb) if rng.random() < 0.5 else {})}
        for name in list(found):
            if rng.random() < strange:
                found[name] = self.junk()
        if rng.random() < strange:
            found[rng.choice([*FACTS, *OPEN_LISTS, "id", "treatments", "schema", "Prior", "x\x1b", ""])] = self.junk()
        return found

    def line_of(self) -> Case:
        """A command line."""
        rng = self.rng
        command = rng.choice([*COMMANDS, "suggest", "explain"])
        words = [command] if rng.random() < 0.97 else []
        if command == "config":
            words = ["config"]
        if command in ("explain", "dose", "show", "compare", "drugs", "sources", "guidance", "facts", "schema"):
            words += [str(rng.choice(self.words)) for _ in range(rng.choice([0, 1, 1, 2, 3]))]
        for _ in range(rng.choice([0, 1, 2, 3, 5])):
            fact = FACTS[rng.choice(list(FACTS))]
            flag = fact.kind == "flag"
            words.append(rng.choice([fact.option, fact.option, fact.denial]) if flag else fact.option)
            if not flag:
                value = MAKERS[fact.name](rng, self.kb) if rng.random() < 0.7 else self.junk()
                words.append(",".join(map(str, value)) if isinstance(value, list) else str(value))
        words += [rng.choice(OUTPUT) for _ in range(rng.choice([0, 0, 1, 2, 3]))]
        if command == "config" and any("columns" in w or w in ("region", "kb", "unavailable") for w in words):
            words = ["config"]
        return Case("line", [w.replace("{}", "") for w in words], json.dumps({"prior": ["len"]}))

    def patient(self) -> Case:
        """A patient file, as JSON, YAML, or a text with bytes changed."""
        facts = self.facts(self.rng.choice([0.0, 0.1, 0.5]))
        return Case("patient", [*self._command(), "--patient", "{}/patient"], "", {"patient": self._text(facts)})

    def _command(self) -> list[str]:
        rng = self.rng
        command = rng.choice(["suggest", "suggest", "ask", "explain", "dose", "history", "compare", "frailty", "risk"])
        names = {"explain": 1, "dose": 1, "compare": 2}.get(command, 0)
        words = [command, *rng.sample(list(self.kb.regimens), names)]
        return [*words, "--format", rng.choice(["table", "json", "json", "csv", "markdown", "html"])]

    def _text(self, data: Any) -> str:
        rng = self.rng
        text = json.dumps(data) if rng.random() < 0.5 else _dumped(data)
        return self._spliced(text) if rng.random() < 0.25 else text

    def _spliced(self, text: str) -> str:
        rng = self.rng
        for _ in range(rng.randint(1, 3)):
            a, b = sorted(rng.randrange(len(text) + 1) for _ in range(2))
            b = min(b, a + rng.choice([0, 1, 5]))
            piece = rng.choice(["", "{", "}", "[", "]", ":", ": ", "\n", "- ", '"', "'", "&a ", "*a", "!!x ", "\x00",
                                "\ufeff", "?", "|", "%", "#", "\t", "[" * 60, "1e999", "\ud800", ","])  # fmt: skip
            text = text[:a] + piece + text[b:]
        return text

    def stream(self) -> Case:
        """Lines of patients, some of them no patients."""
        rng = self.rng
        lines = []
        for _ in range(rng.randint(1, 3)):
            facts = self.facts(rng.choice([0.0, 0.3]))
            text = json.dumps(facts if rng.random() < 0.85 else self.junk())
            lines.append(self._spliced(text).replace("\n", " ") if rng.random() < 0.15 else text)
        text = rng.choice(["", "\ufeff"]) + "\n".join(lines) + rng.choice(["", "\n", "\n\n"])
        brief = rng.choice([[], ["--detail", "brief"], ["--fields", "options.id"], ["--limit", "2"]])
        return Case("stream", ["suggest", "--patient", "-", "--format", "jsonl", *brief], text)

    def history(self) -> Case:
        """A list of treatments."""
        rng = self.rng
        facts = self.facts(0.1) if rng.random() < 0.3 else {}
        facts["treatments"] = [self._treatment() for _ in range(rng.choice([0, 1, 2, 3, 5]))]
        return Case("history", [*self._command(), "--patient", "{}/patient"], "", {"patient": self._text(facts)})

    def _treatment(self) -> Any:
        rng = self.rng
        if rng.random() < 0.03:
            return self.junk()
        day = f"{rng.randint(2012, 2025)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        made: dict[str, Callable[[], Any]] = {
            "regimen": lambda: rng.choice([*self.kb.regimens, "VRd", "ASCT", "radiotherapy"]),
            "drugs": lambda: rng.sample(list(self.kb.drugs), rng.randint(1, 3)),
            "ongoing": lambda: rng.random() < 0.5,
            "part": lambda: rng.choice(PARTS),
            "line": lambda: rng.randint(1, 5),
            "best_response": lambda: rng.choice(RESPONSES),
            "stopped": lambda: rng.choice(STOPPED),
            "not_tolerated": lambda: [rng.choice(list(self.kb.drugs))],
        }
        out: dict[str, Any] = {rng.choice(["regimen", "drugs"]): None, "start": day[: rng.choice([4, 7, 10])]}
        out |= {key: None for key in ENTRY if rng.random() < 0.3}
        for key in out:
            shifted = f"{int(day[:4]) + rng.choice([0, 0, 1, 2])}{day[4:]}"[: rng.choice([4, 7, 10])]
            value = made.get(key, lambda shifted=shifted: shifted)()
            out[key] = self.junk() if rng.random() < 0.06 else value
        return out

    def overlay(self) -> Case:
        """Entries of the built-in knowledge base, changed, on top of it."""
        rng = self.rng
        out: dict[str, Any] = {"extends": "builtin"}
        for _ in range(rng.choice([1, 1, 2])):
            kind = rng.choice([*self.kinds, "regimens", "regimens", *self.data])
            value = copy.deepcopy(self.data[kind])
            if isinstance(value, list) and value:
                entry = rng.choice(value)
                if isinstance(entry, dict) and rng.random() < 0.3:
                    entry["id"] = f"{entry.get('id')}-x"
                out[kind] = [self._changed(entry, rng.choice([1, 1, 2]))]
            else:
                out[kind] = self._changed(value, 1)
        return Case("overlay", ["kb", "check", "{}/kb.yaml", "--json"], "", {"kb.yaml": _dumped(out, sort_keys=False)})

    def _changed(self, value: Any, times: int) -> Any:
        rng = self.rng
        for _ in range(times):
            holder: Any = None
            key: Any = None
            at = value
            while isinstance(at, (dict, list)) and at and (holder is None or rng.random() < 0.75):
                holder, key = at, rng.choice(list(at)) if isinstance(at, dict) else rng.randrange(len(at))
                at = holder[key]
            if holder is None:
                return self.junk()
            kind = rng.random()
            if kind < 0.2:
                del holder[key]
            elif kind < 0.3 and isinstance(holder, list):
                holder.append(copy.deepcopy(at))
            elif kind < 0.4 and isinstance(holder, dict):
                holder[rng.choice(["x", "not", "until", "remove", "id", "when", 3])] = self.junk()
            else:
                holder[key] = self.junk()
        return value

    def cohort(self) -> Case:
        """A CSV or JSONL file of patients."""
        rng = self.rng
        names = rng.sample([*FACTS, "id", "lines_min", "lines_max", "treatments", "strict", "x"], rng.randint(1, 6))
        rows = [self.facts(0.2) for _ in range(rng.randint(0, 6))]
        if rng.random() < 0.5:
            text = "".join(json.dumps(row) + "\n" for row in rows)
            file = "in.jsonl"
        else:
            cells = [[str(row.get(n, "")).replace("\n", " ").replace("\ud800", "") for n in names] for row in rows]
            text = "\n".join(",".join(f'"{c}"' if rng.random() < 0.9 else c for c in row) for row in [names, *cells]) + "\n"
            file = "in.csv"
        text = self._spliced(text) if rng.random() < 0.25 else text
        more = rng.choice([[], ["--tiers"], ["--layout", "long", "--labels"], ["--max-rejects", "100"]])
        words = [
            "cohort",
            f"{{}}/{file}",
            "-o",
            f"{{}}/out.{rng.choice(['csv', 'jsonl', 'parquet'])}",
            "--ignore-columns",
            *more,
        ]
        return Case("cohort", words, "", {file: text})

    def parquet(self) -> Case:
        """A Parquet file of patients whose columns have types that nobody expects; its text says how to write it."""
        rng = self.rng
        names = [*FACTS, "id", "lines_min", "lines_max", "age_min", "treatments", "strict", "x"]
        count = rng.randint(0, 4)
        columns = []
        for name in rng.sample(names, rng.randint(1, 6)):
            kind = rng.choice(list(ARROW))
            fitting = [self.facts(0.1).get(name) for _ in range(count)]
            values = fitting if rng.random() < 0.5 else [self.junk() for _ in range(count)]
            columns.append([name, kind, [None if rng.random() < 0.15 else value for value in values]])
        more = rng.choice(
            [[], ["--tiers"], ["--layout", "long", "--labels"], ["--max-rejects", "100"], ["--ignore-columns"]]
        )
        out = f"{{}}/out.{rng.choice(['csv', 'jsonl', 'parquet'])}"
        words = ["cohort", "{}/in.parquet", "-o", out, *more]
        return Case("parquet", words, "", {"in.parquet": json.dumps({"columns": columns})})

    def cache(self) -> Case:
        """A cache file of a small knowledge base that somebody spoilt; its text replaces the one that is kept."""
        text = kept_text()
        rng = self.rng
        at = rng.randrange(len(text) + 1)
        spoilt = rng.choice(
            [text[:at], text[:at] + "\x00" + text[at + 1 :], "", "{}\n{}", text[64:], text.replace("1", "2")]
        )
        return Case("cache", TINY_QUESTION, "", {"cache": spoilt[:200_000]})


ARROW: dict[str, Callable[[Any], Any]] = {
    "string": lambda pa: pa.string(),
    "large_string": lambda pa: pa.large_string(),
    "string_view": lambda pa: pa.string_view(),
    "dictionary": lambda pa: pa.dictionary(pa.int8(), pa.string()),
    "dictionary_of_numbers": lambda pa: pa.dictionary(pa.int32(), pa.int64()),
    "list": lambda pa: pa.list_(pa.string()),
    "large_list": lambda pa: pa.large_list(pa.large_string()),
    "fixed_list": lambda pa: pa.list_(pa.string(), 2),
    "list_of_numbers": lambda pa: pa.list_(pa.float64()),
    "list_of_lists": lambda pa: pa.list_(pa.list_(pa.string())),
    "struct": lambda pa: pa.struct([("min", pa.int64()), ("max", pa.int64())]),
    "map": lambda pa: pa.map_(pa.string(), pa.int32()),
    "timestamp": lambda pa: pa.timestamp("us", "UTC"),
    "date": lambda pa: pa.date32(),
    "time": lambda pa: pa.time64("us"),
    "duration": lambda pa: pa.duration("s"),
    "decimal": lambda pa: pa.decimal128(20, 3),
    "binary": lambda pa: pa.binary(),
    "large_binary": lambda pa: pa.large_binary(),
    "fixed_binary": lambda pa: pa.binary(4),
    "null": lambda pa: pa.null(),
    "bool": lambda pa: pa.bool_(),
    "int8": lambda pa: pa.int8(),
    "uint64": lambda pa: pa.uint64(),
    "half": lambda pa: pa.float16(),
    "treatments": lambda pa: pa.list_(pa.struct([("regimen", pa.binary()), ("start", pa.timestamp("ns", "UTC"))])),
    "treatments_of_any": lambda pa: pa.list_(pa.struct([("drugs", pa.map_(pa.string(), pa.string())), ("x", pa.null())])),
    "double": lambda pa: pa.float64(),
}
"""The types of columns."""


def write_parquet(text: str, file: Path) -> None:
    """Write what a case says of a table; a value that a type cannot hold is made to fit, or left out."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = json.loads(text)["columns"]
    arrays = [pa.chunked_array([_array(pa, ARROW[kind](pa), values)]) for _, kind, values in columns]
    table = pa.Table.from_arrays(arrays, names=[name for name, _, _ in columns])
    with contextlib.suppress(pa.ArrowNotImplementedError):  # what Parquet has no form for
        pq.write_table(table, file)
    if not file.exists():
        kept = [i for i, (_, kind, _) in enumerate(columns) if kind in ("string", "double", "list")]
        pq.write_table(table.select(kept) if kept else pa.table({"prior": ["len"]}), file)


def _array(pa: Any, kind: Any, values: list[Any]) -> Any:
    made = [_fitting(pa, kind, value) for value in values]
    if pa.types.is_map(kind):  # nulls of a map have entries that are none
        made = [one if one is not None else pa.array([[]], kind) for one in made]
    found = [one if one is not None else pa.nulls(1, kind) for one in made]
    return pa.concat_arrays(found) if found else pa.nulls(0, kind)


def _fitting(pa: Any, kind: Any, value: Any) -> Any:
    """An array of one value of this type, made from what is at hand; None where that cannot be."""
    if value is None:
        return None
    text = str(value).encode("utf-8", "replace").decode()
    tries: list[Any] = [value, [value], text, [text], text.encode(), len(text), {"min": len(text)}, text.encode()[:4]]
    if pa.types.is_map(kind):  # what is no pair ends the process
        tries = [list(value.items()) if isinstance(value, dict) else [(text, len(text))], [(text, None)], []]
    for one in tries:
        with contextlib.suppress(pa.ArrowException, TypeError, ValueError, OverflowError, AttributeError):
            return pa.array([one], kind)
    return None


def has_pyarrow() -> bool:
    """Whether Parquet can be written here."""
    return importlib.util.find_spec("pyarrow") is not None


def _dumped(data: Any, sort_keys: bool = True) -> str:
    """Data as YAML; as JSON where YAML cannot say it."""
    try:
        return str(yaml.safe_dump(data, sort_keys=sort_keys, allow_unicode=True))
    except (yaml.YAMLError, ValueError, UnicodeError):
        return json.dumps(data)


TINY_QUESTION = ["suggest", "--prior", "alpha", "--kb", str(ROOT / "tests" / "tiny.yaml"), "--json"]
"""Answered from the cache."""


# --- running -----------------------------------------------------------------------------------------


def kept_file() -> Path:
    """The cache file of the small knowledge base."""
    mmopts.load(str(ROOT / "tests" / "tiny.yaml"))
    return max(Path(kept.folder()).glob("*.json"), key=lambda p: p.stat().st_mtime)


def kept_text() -> str:
    """What it holds when nobody spoilt it."""
    with tempfile.TemporaryDirectory() as fresh, _cache(fresh):
        return kept_file().read_text("utf-8")


@contextlib.contextmanager
def _cache(folder: str) -> Iterator[None]:
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = folder
    try:
        yield
    finally:
        if before is None:
            del os.environ["XDG_CACHE_HOME"]
        else:
            os.environ["XDG_CACHE_HOME"] = before


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
    with _cache(folder):
        place = kept_file()
        place.write_text(case.files["cache"], "utf-8")
        found = asked(case.words, "", folder)
    return [] if found == wanted else [f"exit code {found.code}; another answer than without the cache"]


def cases(rng: Random, only: list[str]) -> Iterator[Case]:
    """Cases without end; the slow kinds are rarer."""
    grammar = Grammar(rng)
    makers = {
        "line": grammar.line_of, "patient": grammar.patient, "stream": grammar.stream, "history": grammar.history,
        "overlay": grammar.overlay, "cohort": grammar.cohort, "cache": grammar.cache, "parquet": grammar.parquet,
    }  # fmt: skip
    chances = {
        "line": 10, "patient": 10, "stream": 5, "history": 10, "overlay": 2, "cohort": 4, "cache": 1,
        "parquet": 3 if has_pyarrow() else 0,
    }  # fmt: skip
    kinds = only or list(makers)
    while True:
        yield makers[rng.choices(kinds, [chances[kind] for kind in kinds])[0]]()


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
    with tempfile.TemporaryDirectory(prefix="mmopts-fuzz-cache-") as cache, _cache(cache):
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
