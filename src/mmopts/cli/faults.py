"""What went wrong, said on standard error: one document for programs, or a line for each fault for readers."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from mmopts.cli import engine
from mmopts.cli.environment import Environment
from mmopts.diagnostics import LINE, REASON, Diagnostic, MmoptsError, as_option, cut, said

ERROR = "mmopts.error/1"
MACHINE = ("json", "jsonl")
MANY, MOST = 20, 100
"""The most faults written out for a reader, and for a program; the rest is counted."""


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether JSON is asked for anywhere among the arguments: a faulty command line cannot be read in any other way."""
    return any(
        a in ("--json", *(f"--format={form}" for form in MACHINE)) or (a in MACHINE and i and arguments[i - 1] == "--format")
        for i, a in enumerate(arguments)
    )


def error_data(error: MmoptsError, **more: Any) -> dict[str, Any]:
    """The envelope of an error; `more` is put beside its exit code."""
    problems = [
        {
            "code": p.code,
            "message": _clip(said(p.message, as_option)),
            "fact": p.fact,
            "value": _small(p.value),
            "suggestions": list(p.suggestions),
        }
        for p in _first(error.problems, MOST)
    ]
    return {"schema": ERROR, "exit_code": int(error.exit_code), **more, "errors": problems}


def _first(problems: Sequence[Diagnostic], count: int) -> list[Diagnostic]:
    """The first problems, and one more that counts the rest."""
    more = len(problems) - count
    return [*problems[:count], *([Diagnostic("too-many-faults", f"and {more} more.")] if more > 0 else [])]


def fault_of_ours(error: Exception) -> MmoptsError:
    """An unexpected exception as a fault with exit code 70."""
    name, reason = type(error).__name__, cut(str(error), REASON)
    text = (
        f"a fault of mmopts, not of yours ({name}: {reason}). "
        "Please report it with this message and the version; MMOPTS_DEBUG=1 shows where it happened."
    )
    return MmoptsError([Diagnostic("internal", text)])


def complain(error: MmoptsError, as_json: bool, env: Environment, hint: str = "") -> None:
    """Print on standard error what went wrong and what helps most."""
    if as_json:
        text = engine.json_text(error_data(error))
    else:
        text = "\n".join([*message_lines(error), *([hint] if hint else [])]) + "\n"
    with contextlib.suppress(OSError, ValueError):  # nobody is left to tell; the exit code still says it
        env.stderr.write(text)


def message_lines(error: MmoptsError) -> list[str]:
    """What went wrong, a line for each fault."""
    return [f"mmopts: {engine.plain(_clip(said(p.message, as_option)))}" for p in _first(error.problems, MANY)]


def _clip(message: str) -> str:
    return message if len(message) <= 600 else f"{message[:400]} ... {message[-190:]}"


def _small(value: object) -> object:
    if value is None or isinstance(value, (bool, int, float)):
        return value if not isinstance(value, int) or abs(value) < 10**15 else cut(str(value))
    if isinstance(value, str):
        return value if len(value) <= LINE else f"{cut(value, LINE)}..."
    if isinstance(value, (list, tuple)) and len(value) <= 20:
        return [_small(v) for v in value]
    return cut(repr(value), LINE)
