"""The layers: who may import whom, what a run loads, and that no medicine is named in code."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from mmopts.cli.table import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
SRC = ROOT / "src"
MODULES = {
    ".".join(file.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__"): file
    for file in sorted(SRC.rglob("*.py"))
}
PATIENT = ["--prior", "len,btz", "--frail"]


def imports(name: str) -> set[str]:
    """Every module that a module imports, also inside functions; not what is there for type checkers alone."""
    tree = ast.parse(MODULES[name].read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            node.body = []
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(name, node)
            found.add(base)
            found.update(f"{base}.{alias.name}" for alias in node.names if f"{base}.{alias.name}" in MODULES)
    return found


def _absolute(name: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = name.split(".") if MODULES[name].name == "__init__.py" else name.split(".")[:-1]
    return ".".join([*package[: len(package) - node.level + 1], *([node.module] if node.module else [])])


def ours(name: str) -> set[str]:
    return {i for i in imports(name) if i == "mmopts" or i.startswith("mmopts.")}


def under(prefix: str) -> list[str]:
    return [name for name in MODULES if name == prefix or name.startswith(f"{prefix}.")]


def importers(library: str) -> set[str]:
    return {name for name in MODULES if any(i == library or i.startswith(f"{library}.") for i in imports(name))}


# --- direction -------------------------------------------------------------------------------------


def test_logic_knows_nothing_of_the_others():
    assert ours("mmopts.logic") == set()


def test_errors_and_facts_know_nothing_of_the_others():
    assert ours("mmopts.errors") == ours("mmopts.facts") == set()


ORDER = ["logic", "knowledge", "intake", "patient", "judge", "tiers", "case", "report", "ask", "review"]


@pytest.mark.parametrize("below", ORDER)
def test_a_layer_imports_no_layer_above_it(below):
    above = [f"mmopts.{layer}" for layer in [*ORDER[ORDER.index(below) + 1 :], "render", "cli", "cohort"]]
    found = {
        (name, i)
        for name in under(f"mmopts.{below}")
        for i in ours(name)
        for layer in above
        if i == layer or i.startswith(f"{layer}.")
    }
    assert found == set()


def test_rendering_imports_nothing_of_the_engine():
    found = {(name, i) for name in under("mmopts.render") for i in ours(name)}
    shared = ("mmopts.render", "mmopts.facts", "mmopts.errors")
    assert {(name, i) for name, i in found if not i.startswith(shared)} == set()


def test_nothing_but_the_command_line_imports_the_command_line():
    assert {
        n
        for n in MODULES
        if not n.startswith("mmopts.cli") and n != "mmopts.__main__" and any(i.startswith("mmopts.cli") for i in imports(n))
    } == set()


@pytest.mark.parametrize(
    ("library", "home"),
    [
        ("rich", ["mmopts.render.table"]),
        ("yaml", under("mmopts.knowledge")),
        ("jsonschema", under("mmopts.knowledge")),
        ("duckdb", under("mmopts.cohort")),
        ("typer", under("mmopts.cli")),
        ("click", []),  # Typer carries its own since 0.26
        ("pydantic", []),
    ],
)
def test_a_library_is_imported_in_its_home_only(library, home):
    assert importers(library) <= set(home)


def test_no_imports_go_round():
    graph = {name: {i for i in ours(name) if i in MODULES and i != name} for name in MODULES}
    graph = {name: {i for i in found if i != "mmopts"} for name, found in graph.items()}  # the package itself
    while leaves := {name for name, found in graph.items() if not found}:
        graph = {name: found - leaves for name, found in graph.items() if name not in leaves}
    assert graph == {}


# --- what a run loads ------------------------------------------------------------------------------

WATCH = """
import io, json, sys
from mmopts.cli.environment import Environment, Writer
from mmopts.cli.program import run
out, err = io.BytesIO(), io.BytesIO()
env = Environment(io.BytesIO(), Writer(out), Writer(err), {terminal}, 100, {terminal}, {{"MMOPTS_CONFIG": ""}})
code = run({argv!r}, env)
print(json.dumps([code, len(out.getvalue()), err.getvalue().decode(), sorted(sys.modules)]))
"""


def loaded(*argv: str, terminal: bool = False) -> set[str]:
    """The libraries in memory after a command, in a process of its own (run once before, so that caches are filled)."""
    watch = WATCH.format(argv=list(argv), terminal=terminal)
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", watch],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
        )
    code, length, complaint, modules = json.loads(done.stdout)
    assert (code, length > 0, complaint) == (0, True, "")
    return set(modules)


UNWANTED = {"yaml", "jsonschema", "tomllib", "tempfile", "csv", "duckdb", "pydantic", "markdown_it", "pygments", "email"}
SLOW = {*UNWANTED, "rich", "dataclasses"}


def test_json_answer_loads_no_slow_library():
    assert loaded("suggest", *PATIENT, "--json") & SLOW == set()


def test_coloured_table_at_a_terminal_loads_no_slow_library_but_rich():
    assert loaded("suggest", *PATIENT, terminal=True) & UNWANTED == set()


def test_piped_text_loads_no_slow_library():
    assert loaded("suggest", *PATIENT) & SLOW == set()


def test_help_loads_no_slow_library_and_no_knowledge():
    found = loaded("suggest", "--help")
    assert (found & SLOW, {m for m in found if m.startswith("mmopts.knowledge")}) == (set(), set())


def commands_in(modules: set[str]) -> set[str]:
    """The modules of commands among those loaded."""
    commands = {f"mmopts.cli.{name}" for name in (*COMMANDS, "list_")}
    return {m for m in modules if m in commands}


def test_a_command_is_loaded_only_to_run():
    assert commands_in(loaded("suggest", *PATIENT)) == {"mmopts.cli.suggest"}
    assert commands_in(loaded("list", "--json")) == {"mmopts.cli.list_"}
    assert commands_in(loaded("--help")) == set()


def test_the_command_line_talks_to_the_engine_in_one_module():
    own = ("mmopts.cli", "mmopts.errors", "mmopts.facts", "mmopts.version")
    found = {n: {i for i in ours(n) if i != "mmopts" and not i.startswith(own)} for n in under("mmopts.cli")}
    assert {n for n, engine in found.items() if engine} == {"mmopts.cli.asking"}


def test_no_private_name_of_typer_is_used():
    text = {n: MODULES[n].read_text("utf-8") for n in under("mmopts.cli")}
    assert {
        n for n, t in text.items() if re.search(r"typer\._|from typer import _|__base__|type\(error\)\.__name__ ==", t)
    } == set()
    assert {i for n in text for i in imports(n) if i.startswith("typer")} == {"typer", "typer.core"}


def test_importing_the_package_loads_nothing_but_itself():
    done = subprocess.run(
        [sys.executable, "-c", "import sys, mmopts; print(*sorted(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert {m for m in done.stdout.split() if m.startswith("mmopts")} == {"mmopts", "mmopts.version"}


# --- no medicine in code ---------------------------------------------------------------------------


def medicine() -> set[str]:
    drugs = yaml.safe_load((ROOT / "data" / "drugs.yaml").read_text("utf-8"))["drugs"]
    words = {str(word) for drug in drugs for word in (drug["id"], *drug.get("brands", ()))}
    return words | {part for word in words for part in word.split() if len(part) > 8}


def test_no_drug_is_named_in_code():
    words = "|".join(map(re.escape, sorted(medicine(), key=len, reverse=True)))
    pattern = re.compile(rf"\b({words})\b", re.IGNORECASE)
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in MODULES.values()
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []
