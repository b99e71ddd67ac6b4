"""A patient a line in, an answer a line out: each line is answered in its place, and none ends the stream.

As CSV an answer is rows under one head, and what is wrong with a line is told on standard error.
"""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BytesIO
from itertools import chain, islice
from typing import Any

from mmopts.callers import ID, is_identity
from mmopts.cli import engine
from mmopts.cli.declare import Values
from mmopts.cli.environment import Environment, Writer
from mmopts.cli.faults import error_data, fault_of_ours, message_lines
from mmopts.cli.given import Here, posed
from mmopts.cli.options import facts_given, one, raise_if
from mmopts.cli.output import Output, opened, rendered
from mmopts.cli.patient_file import LINES, STDIN, as_written, facts_in, first_line_tells, merged, parse_json, read_patients
from mmopts.cli.progress import Progress
from mmopts.cli.shape import nowhere
from mmopts.diagnostics import Diagnostic, Exit, MmoptsError, QuestionError
from mmopts.processes import in_order, processors

CSV = "csv"
SEVERAL, PART, MOST = 50, 8, 4
"""From so many lines on a file is shared out, so many lines at a time, among at most so many processes."""

Line = tuple[int, str | QuestionError]
"""A line with its number, or what is wrong with it."""
Answered = tuple[int, str, str, Exit]
"""The number of a line, its answer or its error as text, what to tell beside it, and the exit code that it stands for."""


def several(env: Environment, given: Values, output: Output) -> tuple[bool, Environment]:
    """Whether the patients come one a line, and the environment to read them from.

    They do for JSON lines. For CSV it is told by the name of the file, or by the first line of standard input.
    """
    if output.format != CSV:
        return True, env
    path = (given["patient"] or [""])[0]
    return first_line_tells(env) if path == STDIN else (path.casefold().endswith(LINES), env)


def suggest_lines(
    env: Environment, given: Values, output: Output, jobs: int | None, problems: list[Diagnostic], plan: str | None
) -> Exit:
    """Answer each line; a bad one gives its error in place, a fault of ours too. The exit code is the worst of all.

    `plan`: the name of a regimen in mind, or None. Raises QuestionError for options that cannot be used, a plan that is not
    known, an input without a patient, a file that cannot be written.
    """
    options = facts_given(given, problems)
    path = one(given["patient"], "patient", problems) or ""
    raise_if(problems)
    lines = Lines(env, given, options, output, plan)
    raise_if(faults_of_all(lines))
    worst, count = Exit.OK, 0
    progress = Progress(lines.here.env, mixed=output.file is None)
    try:
        with opened(output, lines.here.env) as put:
            for number, text, told, code in _answered(lines, path, jobs):
                if output.format == CSV and not count:
                    put(engine.csv_head())
                if told:
                    env.stderr.write(told)
                count += 1
                worst = max(worst, code)
                put(text)
                progress.tell(count, number)
            if not count:
                raise QuestionError([Diagnostic("no-facts", "There is no patient in the input.", "patient")])
    finally:
        progress.clear()
    return worst


def faults_of_all(lines: Lines) -> list[Diagnostic]:
    """What is wrong with the options of a run for every line alike: it is told once, before any line is answered.

    Raises QuestionError for a default of this place that cannot be used.
    """
    lines.here.filled({}, begun=True)  # a default that cannot be used
    faults = engine.option_faults(lines.options, lines.here.kb)
    return [*faults, *nowhere(lines.output.fields, engine.schema_of("suggest", None))] if lines.output.fields else faults


def _answered(lines: Lines, path: str, jobs: int | None) -> Iterator[Answered]:
    """The answers in order: of a long file by several processes, of a pipe each as soon as its line has come."""
    patients = read_patients(path, lines.here.env)
    jobs = jobs or (min(processors(), MOST) if os.path.isfile(path) else 1)
    ahead = list(islice(patients, SEVERAL)) if jobs > 1 else []
    patients = chain(ahead, patients)
    if len(ahead) < SEVERAL:
        yield from map(lines.answer, patients)
        return
    parts = iter(lambda: list(islice(patients, PART)), [])
    with contextlib.closing(in_order(jobs, _answering, lines.given, parts)) as done:
        yield from chain.from_iterable(done)


def _answering(
    variables: Mapping[str, str], given: Values, options: Mapping[str, Any], output: Output, plan: str | None
) -> Callable[[Sequence[Line]], list[Answered]]:
    """Make a process ready: what answers parts of a file there."""
    gc.set_threshold(100_000, 50, 50)  # as in the process that started it: an answer makes much data and no cycles
    silent = Environment(BytesIO(), Writer(None), Writer(None), variables=variables)
    lines = Lines(silent, given, options, output, plan)
    return lambda part: [lines.answer(line) for line in part]


class Lines:
    """Answers lines, each by itself. `given` is what another process needs to do the same."""

    def __init__(
        self, env: Environment, given: Values, options: Mapping[str, Any], output: Output, plan: str | None
    ) -> None:
        self.given = dict(env.variables), given, options, output, plan
        self.here, self.options, self.output = Here(given, env), options, output
        self.plan = None if plan is None else engine.regimen_named(plan, self.here.kb)

    def answer(self, numbered: Line) -> Answered:
        """The answer to a line, or its error."""
        number, line = numbered
        output, here = self.output, self.here
        found: Mapping[str, Any] = {}
        try:
            if isinstance(line, QuestionError):
                raise line
            found = facts_in(parse_json(line))
            answer = posed(merged(found, self.options), here).about.suggest(output.limit, self.plan, number)
            if output.fields:
                output = output._replace(fields=(*output.fields, "line", "patient_id"))
            text = engine.csv_rows(answer) if output.format == CSV else rendered(answer, output, here.env)
            return number, text, "", Exit.OK
        except QuestionError as error:
            fault: MmoptsError = as_written(error, found.keys() - self.options.keys())
        except MmoptsError as error:
            fault = error
        except Exception as error:
            if here.env.variables.get("MMOPTS_DEBUG"):
                raise
            fault = fault_of_ours(error)
        named = found.get(ID)
        name = named if is_identity(named) else None
        code = Exit(fault.exit_code)
        if output.format == CSV:
            who = f"line {number}{f', patient {engine.plain(name)}' if name else ''}"
            messages = (f"mmopts: {who}: {text.removeprefix('mmopts: ')}\n" for text in message_lines(fault))
            return number, "", "".join(messages), code
        return number, engine.json_text(error_data(fault, line=number, patient_id=name)), "", code
