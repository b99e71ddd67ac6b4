"""Writes the pages of docs/ that are made from the code (``--write``), or holds them against it (``--check``)."""

from __future__ import annotations

import argparse
import ast
import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SRC = ROOT / "src"
sys.path.insert(0, str(SRC))

import reference  # noqa: E402

from mmopts.codes import CODES, KINDS  # noqa: E402
from mmopts.diagnostics import Exit  # noqa: E402

PAGE = ROOT / "docs" / "diagnostics.md"
REFERENCE = ROOT / "docs" / "reference.md"
MODULES = ROOT / "docs" / "modules.md"


# --- the codes that the program uses ----------------------------------------------------------------


@cache
def used_codes() -> dict[str, str]:
    """Every code that the program gives, with a file that gives it: whatever is passed, or assigned, as ``code``."""
    trees = {file: ast.parse(file.read_text("utf-8")) for file in sorted(SRC.rglob("*.py")) if file.name != "codes.py"}
    places = {"report": 0, "fault": 0}
    for tree in trees.values():
        places |= dict(_takers(tree))
    found: dict[str, str] = {}
    for file, tree in trees.items():
        for node in ast.walk(tree):
            for code in _given(node, places):
                found.setdefault(code, str(file.relative_to(SRC)))
    schema = SRC / "mmopts" / "knowledge" / "kb.schema.json"
    for code in _in_schema(json.loads(schema.read_text("utf-8"))):
        found.setdefault(code, str(schema.relative_to(SRC)))
    return found


def _takers(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Functions and records that take a code, and at which place."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names = [a.arg for a in node.args.args if a.arg != "self"]
            if "code" in names:
                yield node.name, names.index("code")
        elif isinstance(node, ast.ClassDef):
            fields = [n.target.id for n in node.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)]
            if "code" in fields:
                yield node.name, fields.index("code")


def _given(node: ast.AST, places: dict[str, int]) -> Iterator[str]:
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        place = places.get(name)
        if place is not None and len(node.args) > place:
            yield from _literals(node.args[place])
        for keyword in node.keywords:
            if keyword.arg == "code":
                yield from _literals(keyword.value)
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            values = node.value.elts if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple) else [node.value]
            for one, value in zip(names, values, strict=False):
                if isinstance(one, ast.Name) and one.id == "code":
                    yield from _literals(value)


def _literals(node: ast.expr) -> Iterator[str]:
    """The texts that an expression may give."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*_literals(node.body), *_literals(node.orelse))
    elif isinstance(node, (ast.BoolOp, ast.Dict)):
        yield from (text for value in node.values for text in _literals(value))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        yield from (*_literals(node.func.value), *(text for value in node.args[1:] for text in _literals(value)))


def _in_schema(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("x-code"), str):
            yield value["x-code"]
        yield from (code for inner in value.values() for code in _in_schema(inner))
    elif isinstance(value, list):
        yield from (code for inner in value for code in _in_schema(inner))


# --- the page ---------------------------------------------------------------------------------------


def page() -> str:
    """The page of every code."""
    lines = [
        "# What can be wrong, and what to do",
        "",
        "Every fault, warning and assumption has a stable code. This page is made from `src/mmopts/codes.py`",
        "(`python tools/docs.py --write`); a test holds it against every code that the program gives.",
        "",
        "Exit codes: " + ", ".join(f"{code.value} {code.name.lower()}" for code in Exit) + ".",
        "",
    ]
    for kind, title in KINDS.items():
        rows = [(f"`{row.code}`", row.meaning, f"`{row.example}`", row.mend) for row in CODES if row.kind == kind]
        lines += [f"## {title}", "", *reference.table(("code", "what it says", "for example", "what to do"), rows)]
    return "\n".join(lines)


def modules() -> str:
    """The page of every module, with the first sentence of what it says of itself."""
    lines = [
        "# Where things are",
        "",
        "Every module of `src/mmopts`, package by package, with the first line of its docstring. This page is made by",
        "`python tools/docs.py --write`. How a patient goes through them: [CONTRIBUTING](../CONTRIBUTING.md).",
        "",
    ]
    root = SRC / "mmopts"
    for folder in (root, *sorted(file.parent for file in root.rglob("__init__.py") if file.parent != root)):
        name = folder.relative_to(SRC).as_posix().replace("/", ".")
        rows = [(f"`{file.name}`", _opening(file)) for file in sorted(folder.glob("*.py")) if file.name != "__init__.py"]
        lines += [f"## `{name}`", "", _opening(folder / "__init__.py"), "", *reference.table(("module", ""), rows)]
    return "\n".join(lines)


def _opening(file: Path) -> str:
    """The first paragraph of a module's docstring on one line."""
    found = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    return " ".join(found.partition("\n\n")[0].split()).replace("|", "\\|")


def main() -> int:
    """Write the page, or tell whether it is as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    known = {row.code for row in CODES}
    used = used_codes()
    for code in sorted(used.keys() - known):
        print(f"{used[code]} gives the code {code}, which src/mmopts/codes.py does not explain")
    for code in sorted(known - used.keys()):
        print(f"nothing gives the code {code} any more")
    if used.keys() != known:
        return 1
    differs = 0
    for file, made in ((PAGE, page()), (REFERENCE, reference.page()), (MODULES, modules())):
        if given.write:
            file.write_text(made, "utf-8")
        elif not file.exists() or file.read_text("utf-8") != made:
            print(f"{file.relative_to(ROOT)} is not as the code has it; run tools/docs.py --write")
            differs = 1
    return differs


if __name__ == "__main__":
    sys.exit(main())
