"""``mmopts kb``: check a knowledge base, or compare the verdicts of two."""

from __future__ import annotations

from mmopts.cli.command import Argument, Command, Group, Values, flag
from mmopts.cli.environment import Environment
from mmopts.cli.options import OUTPUT, output_options, raise_if
from mmopts.cli.output import output_given, show
from mmopts.diagnostics import Exit, Problem
from mmopts.report import envelope
from mmopts.version import __version__


def command() -> Group:
    """The commands."""
    check = Command(
        "check",
        "Every fault of a knowledge base, with its place; and what its examples and sources cover.",
        run_check,
        [
            Argument("path", "A folder, a file or an overlay; without it, the built-in one.", required=False),
            *output_options(),
            flag("--all", "List every clause that no example makes decisive.", OUTPUT),
        ],
        ("mmopts kb check", "mmopts kb check my-overlay.yaml --json"),
    )
    diff = Command(
        "diff",
        "The verdicts that two knowledge bases give differently on their own example patients.",
        run_diff,
        [
            Argument("old", "The older one; builtin for the built-in one."),
            Argument("new", "The newer one."),
            *output_options(),
        ],
        ("mmopts kb diff builtin my-overlay.yaml",),
    )
    return Group("kb", "Check a knowledge base, or compare two.", {"check": check, "diff": diff})


def run_check(env: Environment, values: Values) -> Exit:
    """Check, and leave with 1 if there are faults."""
    from mmopts.knowledge.load import layers_at
    from mmopts.review.check import check

    problems: list[Problem] = []
    output = output_given(values, problems)
    raise_if(problems)
    path = values["path"] or env.variables.get("MMOPTS_KB") or None
    result = check(layers_at(None if path == "builtin" else path))
    errors = [f for f in result.faults if f.severity == "error"]
    meta = result.data["meta"] if result.data else None
    show(
        {
            "schema": "mmopts.kb-check/1",
            "tool_version": __version__,
            "knowledge": meta and {key: meta[key] for key in ("version", "reviewed", "layers")},
            "path": path or "builtin",
            "ok": not errors,
            "faults": [f._asdict() for f in result.faults],
            "coverage": result.coverage,
        },
        output,
        env,
    )
    return Exit.FAULTS if errors else Exit.OK


def run_diff(env: Environment, values: Values) -> Exit:
    """Compare verdicts."""
    from mmopts.review.diff import difference

    problems: list[Problem] = []
    output = output_given(values, problems)
    raise_if(problems)
    kb, found = difference(*(None if values[side] == "builtin" else values[side] for side in ("old", "new")))
    show(envelope("kb-diff", kb, **found), output, env)
    return Exit.OK
