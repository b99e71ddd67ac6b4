"""Changes the program in small ways, at random, and lists the changes that no test minds.

    python tools/mutate.py [--seed 12] [--count 60] [--only assess/standing.py] [--map FILE] [--limit 240] [--list]

Each change (a mutant) is made in a copy of the tree. Which functions each test calls is measured first, by `mutating.py`,
and kept in the map; then the tests that call the changed function run, until the first that fails, and after them those
that call anything else in its module. A mutant that every test lets pass survives: either a test is missing, or the
change means nothing. The tests must pass without any change. Run by hand: measuring takes the time of two test runs,
each mutant some seconds, one that survives up to two minutes. Exit code 1 if fewer than nine in ten die.
"""

# A change is made by a lambda of a node whose kind is known where it stands.
# mypy: disable-error-code="misc"

from __future__ import annotations

import argparse
import ast
import copy
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path("src") / "mmopts"
WHOLE = ("knowledge/", "names.py", "words.py", "facts.py")
"""What compiling the knowledge base uses: it is compiled once, and every test depends on what comes of it."""
FIRST, THEN = 90.0, 60.0
"""How many seconds of tests are run that call the changed function, and then of those that call its module."""
FLIPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.Mult: ast.Add,
}  # fmt: skip
READERS = ("tests/test_imports.py",)
"""Test files that read the program's text: its layout would kill a mutant, not what it does."""
UNFOLLOWED = ("-k", "not interrupt")
"""Tests that are not run: an interrupt ends otherwise in a process whose calls are followed."""
SKIPPED = ("annotation", "returns", "decorator_list", "bases", "type_params")
"""Fields of a node that do nothing when the program runs, or everything."""
EITHER_WAY = ("min", "max")
"""Functions to which the order of their arguments means nothing."""
GUARDS = ("strict",)
"""Arguments that only refuse what cannot come."""


class Mutant(NamedTuple):
    """A change: the file, the function it is in ("" outside of all), the line, what it is called, the whole text with it."""

    file: str
    function: str
    line: int
    what: str
    text: str


class Map:
    """Which test calls which functions, and how long each takes, by the name of the test."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.kept: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}

    def measure(self, tree: Path) -> None:
        """Measure the test files that the map does not have as they are."""
        texts = {f"tests/{p.name}": p.read_text("utf-8") for p in sorted((tree / "tests").glob("test_*.py"))}
        now = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items() if name not in READERS}
        self.kept = {name: entry for name, entry in self.kept.items() if entry["hash"] == now.get(name)}
        if new := [name for name in now if name not in self.kept]:
            print(f"measuring {len(new)} test files", file=sys.stderr, flush=True)
            out = tree / "record.json"
            done = pytest(tree, new, ["-rf", *UNFOLLOWED], {"MUTATE_RECORD": str(out)}, None)
            print("\n".join(line for line in done.stdout.splitlines() if line.startswith("FAILED")), file=sys.stderr)
            found = json.loads(out.read_text("utf-8"))
            for name in new:
                tests = {test: entry for test, entry in found["tests"].items() if test.partition("::")[0] == name}
                self.kept[name] = {"hash": now[name], "tests": tests, "fixtures": found["fixtures"].get(name, [])}
            self.file.write_text(json.dumps(self.kept), "utf-8")

    def tests_of(self, mutant: Mutant) -> list[str]:
        """The tests that may mind a mutant: those likely to find it first; of a file together."""
        near = f"{mutant.file}:{mutant.function}"
        first = self._calling(lambda call: call == near) if mutant.function else []
        beside = (mutant.file, *(importers(mutant.file) if not mutant.function else ()))
        every = mutant.file.startswith(WHOLE)
        then = self._calling(lambda call: every or call.partition(":")[0] in beside)
        if not mutant.function:  # a table may be all that a test looks at
            then += [(n, t["seconds"]) for e in self.kept.values() for n, t in e["tests"].items() if not t["calls"]]
        chosen = _within(first, FIRST)
        return list(dict.fromkeys([*chosen, *_within([test for test in then if test[0] not in chosen], THEN)]))

    def _calling(self, wanted: Callable[[str], bool]) -> list[tuple[str, float]]:
        """The tests with such a call, with their seconds; first the files that are short and mostly of it."""
        files: list[tuple[float, list[tuple[str, float]]]] = []
        for entry in self.kept.values():
            shared = any(map(wanted, entry["fixtures"]))
            tests = [(n, t["seconds"]) for n, t in entry["tests"].items() if shared or any(map(wanted, t["calls"]))]
            if tests:
                share = len(tests) / len(entry["tests"])
                files.append(((sum(s for _, s in tests) + 0.5) / share, sorted(tests, key=lambda test: test[1])))
        return [test for _, tests in sorted(files) for test in tests]


def _within(tests: list[tuple[str, float]], seconds: float) -> list[str]:
    """The names of tests that take so many seconds together; the shortest, if there are more."""
    kept: set[str] = set()
    total = 0.0
    for name, taken in sorted(tests, key=lambda test: test[1]):
        total += taken + 0.01
        if total > seconds and kept:
            break
        kept.add(name)
    return [name for name, _ in tests if name in kept]


@cache
def importers(file: str) -> tuple[str, ...]:
    """The modules that import from a module."""
    name = "mmopts." + file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    parent, _, last = name.rpartition(".")
    said = re.compile(
        rf"from {re.escape(name)} import|from {re.escape(parent)} import .*\b{last}\b|import {re.escape(name)}\b"
    )
    files = [p for p in (ROOT / PACKAGE).rglob("*.py") if said.search(p.read_text("utf-8"))]
    return tuple(p.relative_to(ROOT / PACKAGE).as_posix() for p in files)


def points(tree: ast.AST) -> Iterator[tuple[ast.AST, str, Callable[[Random], str]]]:
    """Every node that can be changed, what the change is called, and the function that makes it in place."""
    for node in walk(tree):
        if isinstance(node, ast.Compare):
            yield node, "comparison", lambda rng, n=node: _flip_one(n.ops, rng)
        elif isinstance(node, ast.BoolOp):
            yield node, "and/or", lambda _, n=node: _flip(n)
        elif isinstance(node, ast.BinOp) and type(node.op) in FLIPS:
            yield node, "operator", lambda _, n=node: _flip(n)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node, "not dropped", lambda _, n=node: _become(n, n.operand)
        elif isinstance(node, ast.Constant) and isinstance(node.value, (bool, int)):
            yield node, "constant", lambda rng, n=node: _other(n, rng)
        elif isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
            yield node, "returned", lambda rng, n=node: _returned(n, rng)
        elif isinstance(node, (ast.If, ast.IfExp)):
            yield node, "condition", lambda rng, n=node: _decided(n, rng)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield node, "statement dropped", lambda _, n=node: _dropped(n)
        if isinstance(node, ast.Call) and _can_swap(node):
            yield node, "arguments swapped", lambda _, n=node: _swap(n)


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes beneath one, without annotations, without messages and without what only a type checker reads."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in SKIPPED or (isinstance(node, ast.Raise) and name == "exc"):
            continue
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, ast.If) and getattr(inner.test, "id", "") == "TYPE_CHECKING":
                continue
            if isinstance(inner, ast.keyword) and inner.arg in GUARDS:
                continue
            if isinstance(inner, ast.AST) and not isinstance(inner, (ast.Import, ast.ImportFrom, ast.AnnAssign)):
                yield from walk(inner)
            elif isinstance(inner, ast.AnnAssign) and inner.value is not None:
                yield from walk(inner.value)


def _flip(node: ast.AST) -> str:
    old = type(node.op)  # type: ignore[attr-defined]
    node.op = FLIPS[old]()  # type: ignore[attr-defined]
    return f"{old.__name__} -> {FLIPS[old].__name__}"


def _flip_one(ops: list[ast.cmpop], rng: Random) -> str:
    at = rng.randrange(len(ops))
    old = type(ops[at])
    ops[at] = FLIPS[old]()  # type: ignore[call-overload]
    return f"{old.__name__} -> {FLIPS[old].__name__}"


def _become(node: ast.AST, other: ast.AST) -> str:
    node.__class__ = other.__class__
    node.__dict__.update(copy.copy(other).__dict__)
    return ""


def _other(node: ast.Constant, rng: Random) -> str:
    old = node.value
    node.value = not old if isinstance(old, bool) else old + rng.choice((1, -1))  # type: ignore[operator]
    return f"{old!r} -> {node.value!r}"


def _returned(node: ast.Return, rng: Random) -> str:
    value = rng.choice((None, True, False))
    node.value = ast.Constant(value)
    return f"returns {value}"


def _decided(node: ast.If | ast.IfExp, rng: Random) -> str:
    value = rng.choice((True, False))
    node.test = ast.Constant(value)
    return f"always {value}"


def _dropped(node: ast.Expr) -> str:
    what = ast.unparse(node)[:60]
    node.value = ast.Constant(None)
    return what


def _can_swap(node: ast.Call) -> bool:
    """Whether a call has two arguments first that differ, by their places."""
    if getattr(node.func, "id", "") in EITHER_WAY and not node.keywords:
        return False
    plain = not any(isinstance(one, ast.Starred) for one in node.args)
    return plain and len(node.args) > 1 and ast.dump(node.args[0]) != ast.dump(node.args[1])


def _swap(node: ast.Call) -> str:
    node.args[0], node.args[1] = node.args[1], node.args[0]
    return ast.unparse(node)[:60]


def modules(only: str | None) -> list[str]:
    """The files that are changed, by their path in the package."""
    files = sorted(p.relative_to(ROOT / PACKAGE).as_posix() for p in (ROOT / PACKAGE).rglob("*.py"))
    return [name for name in files if only is None or only in name]


def function_of(tree: ast.AST, wanted: ast.AST) -> str:
    """The qualified name of the function that a node is in, as Python has it; "" if it runs when the module is loaded."""
    names: list[str] = []
    node, inside, at = tree, False, 0
    while node is not wanted:
        child = next(c for c in ast.iter_child_nodes(node) if any(n is wanted for n in ast.walk(c)))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            body = node.body if isinstance(node.body, list) else [node.body]
            if child in body:
                names += ["<locals>"] if inside else []
                names.append(getattr(node, "name", "<lambda>"))
                inside, at = True, len(names)
        elif isinstance(node, ast.ClassDef):
            names += ["<locals>"] if inside else []
            names.append(node.name)
            inside = False
        node = child
    return ".".join(names[:at])


def mutants(seed: int, count: int, only: str | None) -> Iterator[Mutant]:
    """`count` changes drawn from all that can be made, each place as likely as any other. The seed makes them the same."""
    rng = Random(seed)
    texts = {name: (ROOT / PACKAGE / name).read_text("utf-8") for name in modules(only)}
    places = [(name, i) for name, text in texts.items() for i, _ in enumerate(points(ast.parse(text)))]
    for name, index in rng.sample(places, min(count, len(places))):
        tree = ast.parse(texts[name])
        node, kind, change = list(points(tree))[index]
        line, function = node.lineno, function_of(tree, node)  # type: ignore[attr-defined]
        detail = change(rng)
        yield Mutant(name, function, line, f"{kind}: {detail}".rstrip(": "), ast.unparse(ast.fix_missing_locations(tree)))


def pytest(
    tree: Path, files: Iterable[str], words: list[str], variables: dict[str, str], limit: float | None
) -> subprocess.CompletedProcess[str]:
    """Run test files in a copy of the tree. Raises TimeoutExpired after so many seconds."""
    paths = os.pathsep.join([str(tree / "src"), str(tree / "tools"), os.environ.get("MUTATE_PATH", "")]).rstrip(os.pathsep)
    fixed = {"PYTHONPATH": paths, "MMOPTS_LAWS": "20", "MMOPTS_CONFIG": ""}
    fixed |= {"XDG_CACHE_HOME": str(tree / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    options = ["-q", "--no-header", "--tb=no", "-p", "no:cacheprovider", "-p", "mutating", "-n", "0", "-m", "", *words]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *files],
        cwd=tree,
        env={**os.environ, **fixed, **variables},
        capture_output=True,
        text=True,
        timeout=limit,
        check=False,
    )


def fate(mutant: Mutant, tree: Path, limit: float, found: Map) -> str:
    """What the tests make of a mutant: killed (by which test), timeout, or survived."""
    names = found.tests_of(mutant)
    chosen = tree / "chosen.txt"
    chosen.write_text("\n".join(names), "utf-8")
    files = dict.fromkeys(name.partition("::")[0] for name in names)
    file = tree / PACKAGE / mutant.file
    kept = file.read_text("utf-8")
    file.write_text(mutant.text, "utf-8")
    try:
        done = pytest(tree, files, ["-x"], {"MUTATE_SELECT": str(chosen)}, limit)
    except subprocess.TimeoutExpired:
        return "killed: timeout"
    finally:
        file.write_text(kept, "utf-8")
    if done.returncode == 0:
        return f"survived {len(names)} tests"
    lines = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return f"killed: {lines[0].split(' - ')[0][:90] if lines else f'exit {done.returncode}'}"


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="List the small changes of the program that no test minds.")
    parser.add_argument("--seed", type=int, default=12, help="another seed draws other changes (default 12)")
    parser.add_argument("--count", type=int, default=60, help="how many (default 60)")
    parser.add_argument("--only", help="only modules with this in their path")
    parser.add_argument("--map", type=Path, help="where what each test calls is kept (default: measured anew)")
    parser.add_argument("--pick", help="only these of the changes, by their numbers from 0, with commas")
    parser.add_argument("--limit", type=float, default=240, help="seconds a mutant; one that takes longer is dead")
    parser.add_argument("--part", default="0/1", help="i/n: every n-th of the changes, so that several runs share them")
    parser.add_argument("--list", action="store_true", help="list the changes, run nothing")
    asked = parser.parse_args()
    part, parts = map(int, asked.part.split("/"))
    drawn = list(mutants(asked.seed, asked.count, asked.only))[part::parts]
    drawn = [drawn[int(number)] for number in asked.pick.split(",")] if asked.pick else drawn
    if asked.list:
        print("\n".join(f"{i}: {m.file}:{m.line}: {m.what}" for i, m in enumerate(drawn)))
        return 0
    survived = 0
    with tempfile.TemporaryDirectory(prefix="mmopts-mutate-") as scratch:
        tree = Path(scratch) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".*", "__pycache__", "dist", "build"))
        found_calls = Map(asked.map or tree / "map.json")
        found_calls.measure(tree)
        for mutant in drawn:
            start = monotonic()
            found = fate(mutant, tree, asked.limit, found_calls)
            survived += found.startswith("survived")
            print(f"{mutant.file}:{mutant.line}: {mutant.what}: {found} ({monotonic() - start:.0f} s)", flush=True)
    share = 1 - survived / max(len(drawn), 1)
    print(f"{len(drawn)} changes, {survived} survived: {share:.0%} died")
    return int(share < 0.9)


if __name__ == "__main__":
    sys.exit(main())
