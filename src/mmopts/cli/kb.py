"""``mmopts kb``: check a knowledge base, or compare the verdicts of two."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

from mmopts.cli.command import Values, argument, flag
from mmopts.cli.command import command as make
from mmopts.cli.environment import Environment
from mmopts.cli.options import OUTPUT, output_options, raise_if
from mmopts.cli.output import output_given, show
from mmopts.errors import Exit, Problem
from mmopts.report import envelope


def command() -> TyperGroup:
    """The commands."""
    check = make("check", "Every fault of a knowledge base, with its place; and what its examples and sources cover.", run_check, [
        argument("path", "A folder, a file or an overlay; without it, the built-in one.", required=False), *output_options(),
        flag("--all", "List every clause that no example makes decisive.", OUTPUT),
    ], ("mmopts kb check", "mmopts kb check my-overlay.yaml --json"))
    diff = make("diff", "The verdicts that two knowledge bases give differently on their own example patients.", run_diff, [
        argument("old", "The older one; builtin for the built-in one."), argument("new", "The newer one."), *output_options(),
    ], ("mmopts kb diff builtin my-overlay.yaml",))
    commands: dict[str, Any] = {"check": check, "diff": diff}
    return TyperGroup(name="kb", commands=commands, help="Check a knowledge base, or compare two.", rich_markup_mode=None)


def run_check(env: Environment, values: Values) -> Exit:
    """Check, and leave with 1 if there are faults."""
    from mmopts.knowledge.check import check
    from mmopts.knowledge.load import layers_at

    problems: list[Problem] = []
    output = output_given(values, problems)
    raise_if(problems)
    path = values["path"] or env.variables.get("MMOPTS_KB") or None
    result = check(layers_at(path))
    errors = [f for f in result.faults if f.severity == "error"]
    show({"schema": "mmopts.kb-check/1", "path": path or "builtin", "ok": not errors,
          "faults": [f._asdict() for f in result.faults], "coverage": result.coverage}, output, env)
    return Exit.FAULTS if errors else Exit.OK


def run_diff(env: Environment, values: Values) -> Exit:
    """Compare verdicts."""
    from mmopts.kbdiff import difference

    problems: list[Problem] = []
    output = output_given(values, problems)
    raise_if(problems)
    kb, found = difference(*(None if values[side] == "builtin" else values[side] for side in ("old", "new")))
    show(envelope("kb-diff", kb, **found), output, env)
    return Exit.OK


