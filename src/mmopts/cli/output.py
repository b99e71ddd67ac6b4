"""Writing an answer, or what went wrong, in the form that was asked for."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import Any, NamedTuple

from mmopts.cli.command import Values
from mmopts.cli.environment import Environment
from mmopts.cli.options import FORMATS, number_given, one
from mmopts.diagnostics import MmoptsError, Problem, QuestionError, no_choice
from mmopts.render.jsonout import json_text

ERROR = "mmopts.error/1"


class Output(NamedTuple):
    """What was asked of the output. `view` opens what a screen folds: ``all``, ``why_not``."""

    format: str = "table"
    file: str | None = None
    view: frozenset[str] = frozenset()
    limit: int | None = None


def output_given(values: Values, problems: list[Problem]) -> Output:
    """The output that options ask for."""
    form = one(values, "format", problems)
    if form is not None and form not in FORMATS:
        problems.append(no_choice("--format", "format", form, FORMATS))
    if values.get("json"):
        if form not in (None, "json"):
            problems.append(
                Problem(
                    "contradiction", f"--json and --format {form[:40]} contradict each other; give one.", "format", form[:80]
                )
            )
        form = "json"
    view = frozenset(name for name in ("all", "why_not") if values.get(name))
    return Output(form or "table", one(values, "output", problems), view, number_given(values, "limit", 0, problems))


def rendered(envelope: dict[str, Any], output: Output, env: Environment) -> str:
    """An answer as text."""
    if output.format == "json":
        return json_text(envelope, pretty=env.terminal and output.file is None)
    if output.format == "jsonl":
        return json_text(envelope)
    if output.format == "csv":
        from mmopts.render.csvout import csv_text

        return csv_text(envelope)
    if output.format == "markdown":
        from mmopts.render.markdown import markdown_text

        return markdown_text(envelope, output.view)
    if output.format == "html":
        from mmopts.render.html import html_text

        return html_text(envelope, output.view)
    if env.terminal and output.file is None:
        from mmopts.render.table import terminal_text

        return terminal_text(envelope, output.view, env.width, env.colour)
    from mmopts.render.layout import plain_text

    return plain_text(envelope, output.view)


class UnwritableError(Exception):
    """Standard output cannot be written to, and it is no closed pipe: a full disk, say."""


def show(envelope: dict[str, Any], output: Output, env: Environment) -> None:
    """Write an answer to where it belongs, at once."""
    write(rendered(envelope, output, env), output, env)


def write(content: str, output: Output, env: Environment) -> None:
    """Write text to standard output, or to a file that appears whole or not at all."""
    if output.file is None:
        try:
            env.stdout.write(content)
            env.stdout.flush()
        except BrokenPipeError:
            raise
        except (OSError, ValueError) as error:
            raise UnwritableError(getattr(error, "strerror", None) or "it is closed") from None
        return
    target = os.path.realpath(output.file) if "\0" not in output.file else output.file
    part = f"{target}.part-{os.getpid()}"
    try:
        if os.path.exists(target) and not os.path.isfile(target):
            with open(target, "w", encoding="utf-8") as out:
                out.write(content)
            return
        with open(part, "w", encoding="utf-8", newline="") as out:
            out.write(content)
        if os.path.exists(target):
            os.chmod(part, os.stat(target).st_mode & 0o777)
        os.replace(part, target)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no path"
        raise QuestionError(
            [Problem("cannot-write", f"cannot write {target[:200]!r}: {reason}.", "output", target[:200])]
        ) from None
    finally:
        if "\0" not in part and os.path.exists(part):
            os.unlink(part)


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether a JSON form is asked for anywhere among the arguments, sound or not."""
    forms = ("json", "jsonl")
    after = [*arguments[1:], ""]
    return any(
        a == "--json" or (a == "--format" and after[i] in forms) or a in ("--format=json", "--format=jsonl")
        for i, a in enumerate(arguments)
    )


def error_data(error: MmoptsError, **more: Any) -> dict[str, Any]:
    """The envelope of an error."""
    return {
        "schema": ERROR,
        "exit_code": int(error.exit_code),
        **more,
        "errors": [
            {
                "code": p.code,
                "message": _clip(p.message),
                "fact": p.fact,
                "value": _small(p.value),
                "suggestions": list(p.suggestions),
            }
            for p in error.problems
        ],
    }


def _clip(message: str) -> str:
    return message if len(message) <= 600 else f"{message[:400]} ... {message[-190:]}"


def _small(value: object) -> object:
    if value is None or isinstance(value, (bool, int, float)):
        return value if not isinstance(value, int) or abs(value) < 10**15 else str(value)[:80]
    if isinstance(value, str):
        return value if len(value) <= 200 else f"{value[:200]}..."
    if isinstance(value, (list, tuple)) and len(value) <= 20:
        return [_small(v) for v in value]
    return repr(value)[:200]


def complain(error: MmoptsError, as_json: bool, env: Environment, hint: str = "") -> None:
    """Say what went wrong on standard error: one document, or a line for each fault and one that helps."""
    if as_json:
        text = json_text(error_data(error))
    else:
        from mmopts.render.plain import plain

        lines = [f"mmopts: {plain(_clip(p.message))}" for p in error.problems[:20]]
        if len(error.problems) > len(lines):
            lines.append(f"mmopts: and {len(error.problems) - len(lines)} more.")
        text = "\n".join([*lines, *([hint] if hint else [])]) + "\n"
    with contextlib.suppress(OSError, ValueError):  # nobody is left to tell; the exit code still says it
        env.stderr.write(text)
        env.stderr.flush()
