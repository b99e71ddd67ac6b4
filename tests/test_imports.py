"""The layers: who may import whom, what a run loads, and that no medicine is named in code."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest
from bases import builtin

from mmopts.cli.table import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
SRC = ROOT / "src"
MODULES = {
    ".".join(file.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__"): file
    for file in sorted(SRC.rglob("*.py"))
}
PATIENT = ["--prior", "len,btz", "--frail"]


@cache
def imports(name: str) -> frozenset[str]:
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
    return frozenset(found)


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

GROUND = (
    "logic",
    "facts",
    "diagnostics",
    "callers",
    "codes",
    "names",
    "partfiles",
    "processes",
    "record",
    "version",
    "words",
)
"""Modules that everything may use and that use nothing but each other."""
ORDER = ("knowledge", "patient", "assess", "review", "answers", "render", "cli")
"""Packages; each may use the ground and those before it."""
BESIDE = {"cohort": ("knowledge", "patient", "assess", "answers")}
"""Packages beside the row, with those that they may use."""


def home(name: str) -> str:
    """The package, or the module of the ground, in which a module lives."""
    return name.split(".")[1] if "." in name else ""


def test_logic_and_diagnostics_know_nothing_of_the_others():
    assert ours("mmopts.logic") | ours("mmopts.diagnostics") | ours("mmopts.facts") <= {"mmopts.record"}


@pytest.mark.parametrize("module", GROUND)
def test_the_ground_stands_on_itself(module):
    assert {home(i) for i in ours(f"mmopts.{module}")} <= {*GROUND, ""}


@pytest.mark.parametrize("package", [*ORDER, *BESIDE])
def test_a_package_uses_only_those_before_it(package):
    allowed = {*GROUND, package, *(BESIDE.get(package) or ORDER[: ORDER.index(package)])}
    allowed |= set(BESIDE) if package == "cli" else set()
    found = {(name, i) for name in under(f"mmopts.{package}") for i in ours(name) if home(i) and home(i) not in allowed}
    assert found == set()


def test_every_module_has_a_place_in_the_order():
    placeless = {home(name) for name in MODULES} - {"", "__main__", *GROUND, *ORDER, *BESIDE}
    assert not placeless, "give each a place in ORDER: it may import those before it alone"


def test_rendering_sees_answers_and_nothing_of_how_they_are_made():
    found = {(name, i) for name in under("mmopts.render") for i in ours(name)}
    shared = ("mmopts.render", "mmopts.answers", "mmopts.patient.spoken", *(f"mmopts.{module}" for module in GROUND))
    assert {(name, i) for name, i in found if not i.startswith(shared) and i != "mmopts.patient"} == set()


@pytest.mark.parametrize(
    ("library", "home"),
    [
        ("rich", ["mmopts.render.table"]),
        ("yaml", under("mmopts.knowledge")),
        ("jsonschema", under("mmopts.knowledge")),
        ("duckdb", under("mmopts.cohort")),
        ("typer", under("mmopts.cli")),
        ("matplotlib", ["mmopts.render.plotfile"]),
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


UNWANTED = {
    "matplotlib",
    "yaml",
    "jsonschema",
    "tomllib",
    "tempfile",
    "csv",
    "duckdb",
    "pydantic",
    "markdown_it",
    "pygments",
    "email",
}
SLOW = {*UNWANTED, "rich", "dataclasses"}


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_command_is_loaded_only_to_run():
    assert commands_in(loaded("suggest", *PATIENT)) == {"mmopts.cli.suggest"}
    assert commands_in(loaded("list", "--json")) == {"mmopts.cli.list_"}
    assert commands_in(loaded("--help")) == set()


def test_the_command_line_talks_to_the_engine_in_one_module():
    own = ("mmopts.cli", *(f"mmopts.{module}" for module in GROUND))
    found = {n: {i for i in ours(n) if i != "mmopts" and not i.startswith(own)} for n in under("mmopts.cli")}
    assert {n for n, engine in found.items() if engine} == {"mmopts.cli.engine"}


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

COMMON = {
    "asct": "the fact `prior_asct` (docs/patient-file.md)",
    "autologous transplant": "how that fact is spoken of",
    "abcd": "the grades of evidence",
    "ctx": "Typer's context",
    "did": "a word",
    "pad": "a word",
    "steroid": "what is never spent; which drugs are, the data say (`steroid_class`)",
    "steroids": "the same",
    "trial": "a word",
    "induction": "a part of treatment in a history (docs/history.md)",
    "consolidation": "the same",
    "bridging": "the same",
    "maintenance": "a setting (docs/patient-file.md)",
    "transplant": "a fact (docs/patient-file.md)",
}
"""Words that may stand in code though the knowledge base names something so, each with the reason."""


def named() -> set[str]:
    """Every name by which the knowledge base knows a drug, a class or a regimen, abbreviations and parts of names too."""
    kb = builtin()
    words = {*kb.names, *kb.aliases, *kb.drugs, *kb.classes, *kb.regimens}
    words |= {meaning.name for meaning in kb.names.values()}
    words |= {name for d in kb.drugs.values() for name in (*d.abbreviations, *d.brands, *d.id.split())}
    words |= {c.name for c in kb.classes.values()} | {alias for r in kb.regimens.values() for alias in r.aliases}
    words -= {word for key, meaning in kb.names.items() if meaning.qualifier for word in (key, meaning.name)}
    return {word.casefold() for word in words if len(word) > 2} - COMMON.keys()


EXAMPLE = re.compile(r"mmopts [a-z]+ |.*such as \{\"prior\": ")
"""A command line shown as an example, or a patient file: real words, for they are to be tried."""


def _texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """String constants and identifiers of a module, with their lines; not docstrings and examples, nor Python's `len`."""
    documents = {
        body[0].value
        for node in ast.walk(tree)
        if isinstance(body := getattr(node, "body", None), list) and body and isinstance(body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in documents:
            if not EXAMPLE.match(node.value):
                yield line, node.value
            continue
        for field in ("id", "attr", "arg", "name"):
            found = getattr(node, field, None)
            if isinstance(found, str):
                yield line, " ".join(part for part in found.split("_") if part != "len")


@pytest.mark.slow
def test_no_drug_class_regimen_or_abbreviation_is_named_in_code():
    words = named()
    assert {"lenalidomide", "len", "cd38", "vrd", "car-t", "bcma"} & words >= {
        "lenalidomide",
        "len",
        "vrd",
        "car-t",
    }
    joined = re.compile(
        r"(?<![\w-])(" + "|".join(map(re.escape, sorted(words, key=len, reverse=True))) + r")(?![\w-])",
        re.IGNORECASE,
    )
    found = []
    for name, file in MODULES.items():
        for line, text in _texts(ast.parse(file.read_text("utf-8"))):
            found += [f"{name}:{line}: {hit[0]} in {text[:60]!r}" for hit in joined.finditer(text)]
    assert sorted(set(found)) == []


# --- form ------------------------------------------------------------------------------------------


AUTHORED = tuple(under("mmopts.knowledge"))
"""Where the authored form, which is mappings, is read and checked."""


def subscripts(beyond: Sequence[str] = ()) -> tuple[int, int]:
    """How many string subscripts (``row["key"]``) src has beyond these modules, and how many lines."""
    count = lines = 0
    for text in (file.read_text("utf-8") for name, file in MODULES.items() if name not in beyond):
        lines += text.count("\n")
        count += sum(
            isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)
            for node in ast.walk(ast.parse(text))
        )
    return count, lines


def test_records_have_fields_and_not_keys(record_property):
    count, lines = subscripts(beyond=AUTHORED)
    record_property("string subscripts per 1,000 lines beyond the authored form", round(1000 * count / lines, 1))
    assert 1000 * count / lines <= 15, f"{count} string subscripts in {lines} lines"


def test_string_subscripts_of_all_of_src_are_few(record_property):
    count, lines = subscripts()
    record_property("string subscripts per 1,000 lines", round(1000 * count / lines, 1))
    assert 1000 * count / lines <= 15, f"{count} string subscripts in {lines} lines"
