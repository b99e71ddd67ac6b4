"""A patient file: a mapping of facts in YAML or JSON, or a whole answer whose patient is asked about again."""

from __future__ import annotations

import json
import os
from codecs import BOM_UTF8
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from io import BufferedReader, RawIOBase
from typing import Any, BinaryIO

from mmopts.callers import A_PATIENT, bounded_lines, is_answer, plain
from mmopts.cli import engine
from mmopts.cli.environment import Environment
from mmopts.diagnostics import LINE, Diagnostic, QuestionError, as_option, cut, in_quotes, said
from mmopts.facts import INCOMPLETE
from mmopts.names import TwiceError, is_text, is_yaml, once, underscored

MAX_BYTES = 2_000_000
STDIN = "-"
LINES = (".jsonl", ".ndjson")
"""The endings of files with one patient a line."""


def _fail(code: str, message: str, value: object = None) -> QuestionError:
    return QuestionError([Diagnostic(code, message, "patient", value)])


def _unreadable(path: str, error: Exception, otherwise: str) -> QuestionError:
    """A file that cannot be read, with the system's reason, or another where it gives none."""
    reason = getattr(error, "strerror", None) or otherwise
    return _fail("cannot-read", f"cannot read the patient file {in_quotes(path, LINE)}: {reason}.", cut(path, LINE))


def _open(path: str, env: Environment) -> BinaryIO:
    if path == STDIN:
        return env.stdin
    try:
        return open(path, "rb")
    except (OSError, ValueError) as error:
        raise _unreadable(path, error, "it is no path") from None


def _decoded(raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        raise _fail("too-large", f"more than {MAX_BYTES} bytes.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _fail("not-text", f"not UTF-8 text (byte {error.start + 1}).") from None


def _bytes(read: Callable[[int], bytes], path: str, size: int = MAX_BYTES + 1) -> bytes:
    """What a file's `read` or `readline` gives, up to one byte more than is allowed. Raises QuestionError."""
    try:
        return read(size)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error, "it is closed") from None


def read_patient(path: str, env: Environment) -> dict[str, Any]:
    """The facts of the file at `path` (- for standard input). Raises QuestionError."""
    file = _open(path, env)
    try:
        raw = _bytes(file.read, path)
    finally:
        if file is not env.stdin:
            file.close()
    try:
        return _facts_of(_decoded(raw), yaml=not path.endswith(".json"))
    except QuestionError as error:
        raise QuestionError([p._replace(message=f"{file_named(path)}: {p.message}") for p in error.problems]) from None


def _facts_of(text: str, yaml: bool) -> dict[str, Any]:
    """The facts of a text in JSON, or in YAML as well. Raises QuestionError."""
    if not text.strip():
        raise _fail("no-mapping", "it is empty.")
    if text.lstrip().startswith(("{", "[")):
        try:
            return facts_in(engine.with_lines(parse_json(text), text))
        except QuestionError as error:
            if len(lines := text.split("\n")) > 1 and lines[0].rstrip().endswith("}") and lines[1].startswith("{"):
                message = "these are several patients, one a line: mmopts suggest --format jsonl or csv takes them."
                raise _fail("several-patients", message) from None
            if not yaml or error.problems[0].code != "bad-json":
                raise
    return facts_in(_parse_yaml(text))


def read_patients(path: str, env: Environment) -> Iterator[tuple[int, str | QuestionError]]:
    """The lines of a JSONL file that are not blank, numbered, or what is wrong with one. Raises QuestionError."""
    if is_yaml(path):
        message = f"{in_quotes(path)} is YAML; --format jsonl and csv read a patient a line. For this one give --json."
        raise _fail("bad-json", message)
    file = _open(path, env)
    try:
        for number, raw in enumerate(bounded_lines(partial(_bytes, file.readline, path), MAX_BYTES), 1):
            try:
                line = _decoded(raw)
            except QuestionError as error:
                yield number, error
                continue
            if raw.strip():  # a line with a byte order mark alone is no blank one
                yield number, line
    finally:
        if file is not env.stdin:
            file.close()


class _After(RawIOBase):
    """A stream that begins with lines that were already read from it."""

    def __init__(self, first: bytes, rest: BinaryIO) -> None:
        super().__init__()
        self.first, self.rest = first, rest

    def readable(self) -> bool:
        """Whether it can be read: always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; gives the number of bytes, 0 at the end."""
        piece = self.first[: len(buffer)] or self.rest.readline(len(buffer))  # as much as there is, and no waiting for more
        self.first = self.first[len(piece) :]
        buffer[: len(piece)] = piece
        return len(piece)


def first_line_tells(env: Environment) -> tuple[bool, Environment]:
    """Whether the first line of standard input is a patient of its own, and an environment in which it is unread.

    Blank lines before it, and the mark of a byte order, are passed over.
    """
    first = line = _bytes(env.stdin.readline, STDIN)
    while line and not (text := line.removeprefix(BOM_UTF8).strip()):
        line = _bytes(env.stdin.readline, STDIN)
        first += line
    rest = BufferedReader(_After(first, env.stdin))
    return text.startswith(b"{") and text.endswith(b"}"), env._replace(stdin=rest)


class ConstantError(ValueError):
    """A word of JavaScript in the place of a number, such as NaN."""


def _constant(word: str) -> Any:
    raise ConstantError(f"{word} is no number of JSON; null stands for what is not known")


def parse_json(text: str) -> Any:
    """JSON as data. Raises QuestionError, also for a duplicate key, a number out of bounds and deep nesting."""
    try:
        found = json.loads(text, object_pairs_hook=once, parse_constant=_constant)
    except TwiceError as error:
        key = str(error)
        raise _fail("duplicate-key", f"the patient file has {in_quotes(key)} twice.", cut(key)) from None
    except (ValueError, RecursionError) as error:
        place = ""
        if isinstance(error, json.JSONDecodeError):
            line = f"line {error.lineno}, " if "\n" in text.strip() else ""
            place, reason = f" ({line}column {error.colno})", error.msg
        else:
            reason = "nested too deeply" if isinstance(error, RecursionError) else "a number is out of bounds"
            reason = str(error) if isinstance(error, ConstantError) else reason
        raise _fail("bad-json", f"the patient is not JSON{place}: {reason}.") from None
    if "\\u" in text and not is_text(found):
        raise _fail("bad-json", "the patient holds half a character.")
    return found


def _parse_yaml(text: str) -> Any:
    """The data of a patient file in YAML. Raises QuestionError with the first ten faults and their places."""
    data, faults = engine.yaml_data(text)
    if faults:
        raise QuestionError(
            [
                Diagnostic(
                    f.code,
                    f"line {f.place.line}, column {f.place.column}: {f.message}.",
                    "patient",
                    None,
                    [f.suggestion] if f.suggestion else [],
                )
                for f in faults[:10]
            ]
        )
    return data


def facts_in(data: Any) -> dict[str, Any]:
    """The facts that a file's data holds: its own keys, or those of the patient of an answer.

    Raises QuestionError if it is no mapping, an answer without a patient, or nested too deeply.
    """
    if isinstance(data, Mapping) and is_answer(data):
        named = data.get("patient_id")
        within = (data.get("patient"), data.get("facts"), _within(data.get("suggest")))  # an answer holds its patient
        data = next((each for each in within if isinstance(each, Mapping)), None)
        if data is None:
            raise _fail("no-patient", "this answer of mmopts holds no patient.")
        data = data if named is None else {**data, "id": named}
    if not isinstance(data, Mapping):
        raise _fail("no-mapping", f"{A_PATIENT}; mmopts cohort takes tables.")
    plain(data)  # what is nested too deeply is refused; entries that know their lines stay as they are
    out, twice = underscored(data)
    if twice:
        raise _fail("duplicate-key", f"the patient has {in_quotes(twice[0])} twice.", cut(twice[0]))
    return out


def _within(answer: Any) -> Any:
    """The patient of an answer that stands within another, as in a report."""
    return answer.get("patient") if isinstance(answer, Mapping) else None


def file_named(path: str) -> str:
    """A patient file as a message names it, by its last part."""
    return "standard input" if path == STDIN else cut(os.path.basename(path) or path, LINE)


def as_written(error: QuestionError, written: Collection[str], place: str = "") -> QuestionError:
    """The same faults, where the facts that are `written` in a file are named as there; their own begin with the `place`."""
    faults = []
    for fault in error.problems:
        message = said(fault.message, lambda fact: fact if fact in written else as_option(fact))
        faults.append(fault._replace(message=f"{place}{message}" if fault.fact in written else message))
    return QuestionError(faults)


def merged(facts: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Options over a file, fact by fact; a list that an option replaces takes its "incomplete" with it."""
    kept = {k: v for k, v in facts.items() if not (k.endswith(INCOMPLETE) and k.removesuffix(INCOMPLETE) in options)}
    return {**kept, **options}
