"""Changes the program in small ways, at random, and lists the changes that no test minds.

    python tools/mutate.py [--seed 12] [--count 60] [--only assess/standing.py] [--limit 240] [--list]

Each change (a mutant) is made in a copy of the tree, and the test files of its module run until the first that fails.
A mutant that every test lets pass survives: either a test is missing, or the change means nothing. The tests must pass
without any change (`--deselect` those that do not). Run by hand: it takes about half a minute a mutant. Exit code 1 if
fewer than nine in ten die.
"""

# A change is made by a lambda of a node whose kind is known where it stands.
# mypy: disable-error-code="misc"

from __future__ import annotations

import argparse
import ast
import copy
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from time import monotonic
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path("src") / "mmopts"
TESTS: dict[str, str] = {
    "logic.py": "logic truths reasons",
    "patient/history.py": "history history_command treatments",
    "patient/treatments.py": "treatments history history_command",
    "patient/lines.py": "history treatments",
    "patient/response.py": "history treatments",
    "patient/merge.py": "history history_command intake",
    "patient/spoken.py": "history_command trust_api interview intake",
    "patient/derived.py": "history history_command",
    "patient/dates.py": "treatments history",
    "patient/": "intake reasons answers clinical trust_api laws",
    "assess/standing.py": "standing clinical expectations answers",
    "assess/grades.py": "answers standing clinical",
    "assess/dose.py": "dose care answers",
    "assess/schedule.py": "dose answers",
    "assess/care.py": "care dose answers",
    "assess/asking.py": "asking reasons answers laws",
    "assess/": "truths reasons standing asking answers clinical trust_api laws",
    "answers/interview.py": "interview",
    "answers/scores.py": "answers trust_api cli_commands",
    "answers/history.py": "history_command history",
    "answers/knowledge_base.py": "kb_answers",
    "answers/": "answers trust_api asking kb_answers schemas dose render_screens cli_commands",
    "knowledge/regimens.py": "adding kb_load kb_check truths trials dose standing clinical",
    "knowledge/context.py": "adding kb_load kb_check truths standing clinical",
    "render/": "render_words render_csv render_main_job render_hostile render_screens render_widths dose trust_api",
}
"""The test files of a module, by the longest beginning of its path; the files that find most come first."""
FLIPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.Mult: ast.Add,
}  # fmt: skip
SKIPPED = ("annotation", "returns", "decorator_list", "bases", "type_params")
"""Fields of a node that do nothing when the program runs, or everything."""


class Mutant(NamedTuple):
    """A change: the file, where in it, what it is called, and the whole text with it."""

    file: str
    line: int
    what: str
    text: str


def points(tree: ast.AST) -> Iterator[tuple[ast.AST, str, Callable[[Random], str]]]:
    """Every node that can be changed, what the change is called, and the function that makes it in place."""
    for node in walk(tree):
        if isinstance(node, ast.Compare):
            yield node, "comparison", lambda rng, n=node: _flip_one(n.ops, rng)
        elif isinstance(node, ast.BoolOp):
            yield node, "and/or", lambda rng, n=node: _flip(n)
        elif isinstance(node, ast.BinOp) and type(node.op) in FLIPS:
            yield node, "operator", lambda rng, n=node: _flip(n)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node, "not dropped", lambda rng, n=node: _become(n, n.operand)
        elif isinstance(node, ast.Constant) and isinstance(node.value, (bool, int)):
            yield node, "constant", lambda rng, n=node: _other(n, rng)
        elif isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
            yield node, "returned", lambda rng, n=node: _returned(n, rng)
        elif isinstance(node, (ast.If, ast.IfExp)):
            yield node, "condition", lambda rng, n=node: _decided(n, rng)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield node, "statement dropped", lambda rng, n=node: _dropped(n)
        if isinstance(node, ast.Call) and len(node.args) > 1 and not any(isinstance(a, ast.Starred) for a in node.args):
            yield node, "arguments swapped", lambda rng, n=node: _swap(n)


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes beneath one, without annotations, without messages and without what only a type checker reads."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in SKIPPED or (isinstance(node, ast.Raise) and name == "exc"):
            continue
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, ast.If) and getattr(inner.test, "id", "") == "TYPE_CHECKING":
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


def _swap(node: ast.Call) -> str:
    node.args[0], node.args[1] = node.args[1], node.args[0]
    return ast.unparse(node)[:60]


def modules(only: str | None) -> list[str]:
    """The files that are changed, by their path in the package."""
    files = sorted(p.relative_to(ROOT / PACKAGE).as_posix() for p in (ROOT / PACKAGE).rglob("*.py"))
    known = [name for name in files if name != "answers/forms.py" and tests_of(name) and not name.endswith("__init__.py")]
    return [name for name in known if only is None or only in name]


def tests_of(name: str) -> list[str]:
    """The test files of a module."""
    found = max((key for key in TESTS if name.startswith(key)), key=len, default="")
    return [f"tests/test_{word}.py" for word in TESTS.get(found, "").split() if (ROOT / f"tests/test_{word}.py").exists()]


def mutants(seed: int, count: int, only: str | None) -> Iterator[Mutant]:
    """`count` changes drawn from all that can be made, each place as likely as any other. The seed makes them the same."""
    rng = Random(seed)
    texts = {name: (ROOT / PACKAGE / name).read_text("utf-8") for name in modules(only)}
    places = [(name, i) for name, text in texts.items() for i, _ in enumerate(points(ast.parse(text)))]
    for name, index in rng.sample(places, min(count, len(places))):
        tree = ast.parse(texts[name])
        node, kind, change = list(points(tree))[index]
        line = node.lineno  # type: ignore[attr-defined]
        detail = change(rng)
        yield Mutant(name, line, f"{kind}: {detail}".rstrip(": "), ast.unparse(ast.fix_missing_locations(tree)))


def fate(mutant: Mutant, tree: Path, limit: float, deselected: list[str]) -> str:
    """What the tests make of a mutant: killed (by which test), timeout, or survived."""
    file = tree / PACKAGE / mutant.file
    kept = file.read_text("utf-8")
    file.write_text(mutant.text, "utf-8")
    variables = {**os.environ, "PYTHONPATH": str(tree / "src"), "MMOPTS_LAWS": "20", "MMOPTS_CONFIG": ""}
    variables |= {"XDG_CACHE_HOME": str(tree / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    words = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider", "-n", "0"]
    try:
        done = subprocess.run(
            [*words, *(f"--deselect={name}" for name in deselected), *tests_of(mutant.file)],
            cwd=tree,
            env=variables,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "killed: timeout"
    finally:
        file.write_text(kept, "utf-8")
    if done.returncode == 0:
        return "survived"
    lines = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return f"killed: {lines[0].split(' - ')[0][:90] if lines else f'exit {done.returncode}'}"


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="List the small changes of the program that no test minds.")
    parser.add_argument("--seed", type=int, default=12, help="another seed draws other changes (default 12)")
    parser.add_argument("--count", type=int, default=60, help="how many (default 60)")
    parser.add_argument("--only", help="only modules with this in their path")
    parser.add_argument("--deselect", action="append", default=[], help="a test that is not to be run")
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
        tree = Path(scratch)
        for name in ("src", "tests", "data", "docs", "tools"):
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md", "CONTRIBUTING.md"):
            shutil.copy(ROOT / name, tree / name)
        for mutant in drawn:
            start = monotonic()
            found = fate(mutant, tree, asked.limit, asked.deselect)
            survived += found == "survived"
            print(f"{mutant.file}:{mutant.line}: {mutant.what}: {found} ({monotonic() - start:.0f} s)", flush=True)
    share = 1 - survived / max(len(drawn), 1)
    print(f"{len(drawn)} changes, {survived} survived: {share:.0%} died")
    return int(share < 0.9)


if __name__ == "__main__":
    sys.exit(main())
