"""Writing an answer where it belongs, whole or not at all, in the form that was asked for."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from mmopts import partfiles
from mmopts.cli import engine
from mmopts.cli.declare import Values
from mmopts.cli.environment import Environment, Writer
from mmopts.cli.faults import MACHINE
from mmopts.cli.options import DETAILS, FORMATS, number_given, one
from mmopts.diagnostics import BRIEF, Diagnostic, cannot_write, cut, in_quotes, near, no_choice
from mmopts.record import Record

STDOUT = "-"
ENDINGS = {
    "json": ("json", "jsonl"), "jsonl": ("jsonl", "json"), "csv": ("csv",), "md": ("markdown",), "markdown": ("markdown",),
    "html": ("html",), "htm": ("html",), "txt": ("table", "markdown", "yaml"), "yaml": ("yaml",), "yml": ("yaml",),
}  # fmt: skip
"""The forms that a file name with this ending may have; the first is meant if no form is given."""
USUAL = ("html", "md", "json", "jsonl", "csv", "txt", "yaml")
ELSE = ("pdf", "doc", "docx", "odt", "rtf", "xls", "xlsx", "ods", "tsv", "xml", "parquet", "png", "svg")
"""Endings of file names that promise a format in which no answer is written."""


class Output(Record):
    """What was asked of the output. `view` opens what a screen folds: ``all``, ``why_not``."""

    format: str = "table"
    file: str | None = None
    view: frozenset[str] = frozenset()
    limit: int | None = None
    brief: bool = False
    fields: tuple[str, ...] = ()
    pager: bool = True


def output_given(
    given: Values,
    problems: list[Diagnostic],
    *,
    view: Iterable[str] = (),
    limit: list[str] | None = None,
    detail: list[str] | None = None,
    forms: tuple[str, ...] = FORMATS,
    by_name: bool = True,
) -> Output:
    """The output that options ask for: one of `forms`; if nothing is said that of the file's name, or the first of them.

    Not `by_name`: what goes to the file is no answer but a patient file, which is YAML.
    """
    form = _choice(given.get("format"), "format", forms, problems)
    if given.get("json"):
        if form not in (None, "json"):
            said = f"--json and --format {cut(form, BRIEF)} contradict each other; give one."
            problems.append(Diagnostic("contradiction", said, "format", cut(form)))
        form = "json"
    size = _choice(detail, "detail", DETAILS, problems)
    fields = tuple(path for text in given.get("fields") or () for path in text.replace(" ", "").split(",") if path)
    file = one(given.get("output"), "output", problems)
    if file is not None and not by_name:
        _form_named("yaml", file, ("yaml",), problems, "")
    if file is not None and by_name:
        problems += of_the_question(file, given)
    if file not in (None, STDOUT):
        problems += _out_of_reach(file)
    by_option = " --format names the form for any other name." if "format" in given else ""
    form = _form_named(form, file, forms, problems, by_option) if file is not None and by_name else form or forms[0]
    for name, asked in (("detail", size == "brief"), ("fields", fields)):
        if asked and form not in MACHINE and form in FORMATS:
            said = f"--{name} is for the JSON; give --json or --format jsonl with it."
            problems.append(Diagnostic("contradiction", said, name, form, ["--json"]))
    return Output(
        form,
        None if file == STDOUT else file,
        frozenset(view),
        number_given(limit, "limit", 0, problems),
        size == "brief",
        fields,
        not given.get("no_pager"),
    )


def _out_of_reach(file: str) -> list[Diagnostic]:
    """The fault of an output file that cannot be written, told before the work is done."""
    try:
        target = partfiles.target_of(file)
        folder = os.path.dirname(target.path)
        if not target.open and not os.path.isdir(folder):
            raise FileNotFoundError(2, os.strerror(2))
    except (OSError, ValueError) as error:
        return cannot_write(file, getattr(error, "strerror", None) or "it is no path", "output").problems
    return []


def of_the_question(file: str, given: Values) -> Iterator[Diagnostic]:
    """The fault of an output file from which the question itself is read."""
    for name, what in (("patient", "the patient file"), ("kb", "the knowledge base")):
        asked = given.get(name) or ()
        for path in (asked,) if isinstance(asked, str) else asked:
            if path != STDOUT and _stands_in(file, path):
                text = f"{in_quotes(file)} is {what}, whose place the answer would take; give it a file of its own."
                yield Diagnostic("contradiction", text, "output", cut(file))


def _stands_in(file: str, path: str) -> bool:
    """Whether a file is the one of a path, or one that is there already in its folder."""
    real = os.path.realpath(file)
    if os.path.isdir(path):
        return os.path.isfile(real) and os.path.dirname(real) == os.path.realpath(path)
    return os.path.isfile(path) and os.path.realpath(path) == real


def _choice(given: Iterable[str] | None, name: str, choices: tuple[str, ...], problems: list[Diagnostic]) -> str | None:
    word = one(given, name, problems)
    if word is not None and word not in choices:
        problems.append(no_choice(f"--{name}", name, word, choices))
    return word


def _form_named(form: str | None, file: str, forms: tuple[str, ...], problems: list[Diagnostic], by_option: str) -> str:
    """The form of an answer in a file of this name, where `form` was asked for or none; a name that belies it is a fault.

    `by_option`: how a form is named otherwise, if it can be.
    """
    ending = os.path.splitext(file)[1][1:].casefold()
    known = ENDINGS.get(ending, ())
    fitting = tuple(f for f in known if f in forms)
    wanted = form or (fitting or forms)[0]
    meant = near(ending, USUAL) if form is None and ending and not known else ""
    if meant and ending not in ELSE:
        text = f"no answer is written as .{ending}; did you mean .{meant}?{by_option}"
        problems.append(Diagnostic("unknown-format", text, "output", cut(file), [f".{meant}"]))
    elif ending in ELSE or (known and not fitting):
        *others, last = (f".{end}" for end in USUAL if ENDINGS[end][0] in forms)
        named = f"{', '.join(others)} or {last}" if others else last
        text = f"this cannot be written as .{ending}: name a file that ends in {named}."
        problems.append(Diagnostic("unknown-format", text, "output", cut(file)))
    elif fitting and wanted not in fitting and wanted in forms:
        text = f"--format {wanted} and a file that ends in .{ending} contradict each other; change one."
        problems.append(Diagnostic("contradiction", text, "output", cut(file)))
    return wanted


def rendered(answer: Record, output: Output, env: Environment) -> str:
    """An answer as text. Raises QuestionError for fields that it does not have."""
    at_terminal = env.terminal and output.file is None
    if output.format in MACHINE:
        data: Any = answer
        if output.brief or output.fields:
            from mmopts.cli import shape

            data = engine.data_of(answer)
            data = shape.brief(data) if output.brief else data
            data = shape.only(data, output.fields) if output.fields else data
        return engine.json_text(data, pretty=output.format == "json" and at_terminal)
    form = ("terminal" if at_terminal else "plain") if output.format == "table" else output.format
    return engine.render(answer, form, output.view, env.width, env.colour)


def show(answer: Record, output: Output, env: Environment) -> None:
    """Write an answer to where it belongs."""
    put_text(rendered(answer, output, env), output, env)


def put_text(text: str, output: Output, env: Environment) -> None:
    """Write a whole text to where it belongs; at a terminal page by page if it is long."""
    if output.file is None and env.terminal and output.pager and env.pager and text.count("\n") >= env.height:
        from mmopts.cli.pager import page

        if page(text, env.pager):
            return
    with opened(output, env) as put:
        put(text)


@contextlib.contextmanager
def opened(output: Output, env: Environment) -> Iterator[Callable[[str | bytes], None]]:
    """A function that writes texts one after another to standard output, or to a file that appears when all are written.

    Raises UnwritableError for standard output, QuestionError for a file; BrokenPipeError is left as it is.
    """
    if output.file is None:
        yield env.say if env.terminal or output.format == "table" else _as_data(env.say)
        return
    path = output.file
    try:
        target = partfiles.target_of(path)
        with _streaming(target) if target.open else _replacing(target) as writer:
            yield writer.write
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no path"
        raise cannot_write(path, reason, "output") from None


def _as_data(put: Callable[[str | bytes], None]) -> Callable[[str | bytes], None]:
    """The same for what another program reads: always UTF-8, as in a file."""
    return lambda text: put(text.encode("utf-8", "replace") if isinstance(text, str) else text)


@contextlib.contextmanager
def _streaming(target: partfiles.Target) -> Iterator[Writer]:
    """Write into a pipe, a device, or a stream that is already open."""
    with open(partfiles.stream_into(target), "wb", buffering=0) as raw:
        yield Writer(raw)


@contextlib.contextmanager
def _replacing(target: partfiles.Target) -> Iterator[Writer]:
    """Write into a new file with an unguessable name, which replaces the target once it is complete."""
    with partfiles.replacing(target.path) as (part, handle):
        with open(handle, "wb", buffering=0) as raw:
            yield Writer(raw)
        if target.mode is not None:
            os.chmod(part, stat.S_IMODE(target.mode))
