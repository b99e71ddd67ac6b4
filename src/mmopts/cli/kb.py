"""``mmopts kb``: check a knowledge base, compare the verdicts of two, or lay its files out."""

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
    form = Command(
        "format",
        "Lay the files of a knowledge base out as all of them are; comments and meaning stay.",
        run_format,
        [
            Argument("path", "A folder, a file or an overlay; without it, the built-in one.", required=False),
            *output_options(),
            flag("--check", "Change nothing; leave with 1 if a file would change.", OUTPUT),
        ],
        ("mmopts kb format my-overlay.yaml", "mmopts kb format data --check"),
    )
    return Group("kb", "Check a knowledge base, compare two, or format one.", {"check": check, "diff": diff, "format": form})


def run_check(env: Environment, values: Values) -> Exit:
    """Check, and leave with 1 if there are faults."""
    from mmopts.knowledge.load import layers_at
    from mmopts.review.check import by_place, check
    from mmopts.review.form import form_faults

    problems: list[Problem] = []
    output = output_given(values, problems)
    raise_if(problems)
    path = values["path"] or env.variables.get("MMOPTS_KB") or None
    layers = layers_at(None if path == "builtin" else path)
    result = check(layers)
    faults = by_place([*result.faults, *form_faults(layers)])
    errors = [f for f in faults if f.severity == "error"]
    meta = result.data["meta"] if result.data else None
    show(
        {
            "schema": "mmopts.kb-check/1",
            "tool_version": __version__,
            "knowledge": meta and {key: meta[key] for key in ("version", "reviewed", "layers")},
            "path": path or "builtin",
            "ok": not errors,
            "faults": [f._asdict() for f in faults],
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


def run_format(env: Environment, values: Values) -> Exit:
    """Format, or only look; leave with 1 if a file cannot be formatted or, with --check, is not."""
    from mmopts.review.form import format_at

    problems: list[Problem] = []
    output = output_given(values, problems)
    raise_if(problems)
    path = values["path"] or env.variables.get("MMOPTS_KB") or None
    found = format_at(None if path == "builtin" else path, write=not values["check"])
    ok = not found.faults and not (values["check"] and found.changed)
    show(
        {
            "schema": "mmopts.kb-format/1",
            "tool_version": __version__,
            "path": path or "builtin",
            "ok": ok,
            "written": not values["check"],
            "files": found.files,
            "changed": found.changed,
            "faults": [f._asdict() for f in found.faults],
        },
        output,
        env,
    )
    return Exit.OK if ok else Exit.FAULTS
