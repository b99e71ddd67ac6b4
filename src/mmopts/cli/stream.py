"""A patient a line in, an answer a line out: each line is answered in its place, and none ends the stream.

As CSV an answer is rows under one head, and what is wrong with a line is told on standard error.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from time import monotonic
from typing import Any

from mmopts.cli import asking
from mmopts.cli.declare import Values
from mmopts.cli.environment import Environment
from mmopts.cli.faults import error_data, fault_of_ours, message_lines
from mmopts.cli.given import ID, Asked, Here, is_identity
from mmopts.cli.options import facts_given, one, raise_if
from mmopts.cli.output import Output, opened, rendered
from mmopts.cli.patient_file import LINES, STDIN, facts_in, first_line_tells, merged, parse_json, read_patients
from mmopts.diagnostics import Diagnostic, Exit, MmoptsError, QuestionError

CSV = "csv"
QUIET = 2.0
"""Seconds before the progress of long work is shown, and between two showings half a second."""


def several(env: Environment, given: Values, output: Output) -> tuple[bool, Environment]:
    """Whether the patients come one a line, and the environment to read them from.

    They do for JSON lines. For CSV it is told by the name of the file, or by the first line of standard input.
    """
    if output.format != CSV:
        return True, env
    path = (given["patient"] or [""])[0]
    return first_line_tells(env) if path == STDIN else (path.casefold().endswith(LINES), env)


def suggest_lines(env: Environment, given: Values, output: Output, problems: list[Diagnostic]) -> Exit:
    """Answer each line; a bad one gives its error in its place, a fault of ours too. The exit code is the worst of all."""
    options = facts_given(given, problems)
    path = one(given["patient"], "patient", problems) or ""
    raise_if(problems)
    here = Here(given, env)
    as_csv = output.format == CSV
    worst, count = Exit.OK, 0
    progress = Progress(here.env, mixed=output.file is None)
    try:
        with opened(output, here.env) as put:
            for number, line in read_patients(path, here.env):
                if as_csv and not count:
                    put(asking.csv_head())
                count += 1
                text, code = _line(number, line, options, here, output)
                worst = max(worst, code)
                put(text)
                progress.tell(count, number)
            if not count:
                raise QuestionError([Diagnostic("no-facts", "There is no patient in the input.", "patient")])
    finally:
        progress.clear()
    return worst


def _line(
    number: int, line: str | QuestionError, options: Mapping[str, Any], here: Here, output: Output
) -> tuple[str, Exit]:
    """The answer to a line, or its error, and the exit code that it stands for."""
    found: Mapping[str, Any] = {}
    try:
        if isinstance(line, QuestionError):
            raise line
        found = facts_in(parse_json(line))
        posed = Asked(merged(found, options), here)
        answer = posed.about.suggest(output.limit, line=number)
        if output.fields:
            output = output._replace(fields=(*output.fields, "line", "patient_id"))
        return (asking.csv_rows(answer) if output.format == CSV else rendered(answer, output, here.env)), Exit.OK
    except MmoptsError as error:
        fault = error
    except Exception as error:
        if here.env.variables.get("MMOPTS_DEBUG"):
            raise
        fault = fault_of_ours(error)
    named = found.get(ID)
    name = named if is_identity(named) else None
    if output.format == CSV:
        who = f"line {number}{f', patient {asking.plain(name)}' if name else ''}"
        here.env.stderr.write("".join(f"mmopts: {who}: {text.removeprefix('mmopts: ')}\n" for text in message_lines(fault)))
        return "", Exit(fault.exit_code)
    return asking.json_text(error_data(fault, line=number, patient_id=name)), Exit(fault.exit_code)


class Progress:
    """How far long work is, on standard error, where somebody watches it and no answer stands beside it."""

    def __init__(self, env: Environment, *, mixed: bool = False) -> None:
        """`mixed`: answers come on standard output meanwhile; at a terminal they would stand in the same place."""
        self.env = env
        self.watched = env.watched and not (mixed and env.terminal)
        self.start = self.last = monotonic()
        self.width = 0

    def tell(self, count: int, line: int) -> None:
        """Show how far a stream is, if the work is long and the last showing is a while ago."""
        if self._due():
            self._show(f"mmopts: {count} patients, line {line}, {count / (self.last - self.start):.0f} a second")

    def tell_of(self, done: int, of: int) -> None:
        """The same of work whose end is known."""
        if self._due():
            self._show(f"mmopts: {done} of {of} patients")

    def _due(self) -> bool:
        now = monotonic()
        if not self.watched or now - self.start < QUIET or now - self.last < QUIET / 4:
            return False
        self.last = now
        return True

    def _show(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # nobody is left to see it; the work goes on
            self.env.stderr.write(f"\r{text:{self.width}}")
        self.width = len(text)

    def clear(self) -> None:
        """Take it away."""
        if self.width:
            with contextlib.suppress(OSError, ValueError):
                self.env.stderr.write(f"\r{'':{self.width}}\r")
