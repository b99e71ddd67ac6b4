"""Draws what `fuzz.py` attacks the program with: command lines and the files that they name."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "src")]

import yaml  # noqa: E402
from odd_tables import ARROW, has_pyarrow  # noqa: E402
from patients import MAKERS, draw, scope  # noqa: E402

import mmopts  # noqa: E402
from mmopts.cli.table import COMMANDS  # noqa: E402
from mmopts.facts import FACTS, OPEN_LISTS  # noqa: E402
from mmopts.knowledge import kept  # noqa: E402

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
TINY_QUESTION = ["suggest", "--prior", "alpha", "--kb", str(ROOT / "tests" / "tiny.yaml"), "--json"]
"""Answered from the cache."""


class Case(NamedTuple):
    """A command line, standard input, and files by name; ``{}`` in a word is the folder in which they are."""

    kind: str
    words: list[str]
    stdin: str = ""
    files: dict[str, str] = {}  # noqa: RUF012  # a field of a NamedTuple, and nobody writes to it

    def line(self) -> str:
        """The case as a line of the corpus."""
        return json.dumps(self._asdict(), ensure_ascii=True)


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


def _dumped(data: Any, sort_keys: bool = True) -> str:
    """Data as YAML; as JSON where YAML cannot say it."""
    try:
        return str(yaml.safe_dump(data, sort_keys=sort_keys, allow_unicode=True))
    except (yaml.YAMLError, ValueError, UnicodeError):
        return json.dumps(data)


# --- the cache ----------------------------------------------------------------------------------------


def kept_file() -> Path:
    """The cache file of the small knowledge base."""
    mmopts.load(str(ROOT / "tests" / "tiny.yaml"))
    return max(Path(kept.folder()).glob("*.json"), key=lambda p: p.stat().st_mtime)


def kept_text() -> str:
    """What it holds when nobody spoilt it."""
    with tempfile.TemporaryDirectory() as fresh, cache_in(fresh):
        return kept_file().read_text("utf-8")


@contextlib.contextmanager
def cache_in(folder: str) -> Iterator[None]:
    """Let the program keep its cache in this folder."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = folder
    try:
        yield
    finally:
        if before is None:
            del os.environ["XDG_CACHE_HOME"]
        else:
            os.environ["XDG_CACHE_HOME"] = before
