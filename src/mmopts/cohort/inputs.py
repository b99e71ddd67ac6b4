"""Patients from a CSV, JSONL or Parquet file, chunk by chunk, in the order of the file."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, count, islice
from typing import IO, Any, NamedTuple

import pyarrow as pa
import pyarrow.csv as pc_csv
import pyarrow.parquet as pq

from mmopts.callers import bounded_lines
from mmopts.cohort.arrays import readable
from mmopts.cohort.heads import ID, STDIO, unknown_key, used_columns
from mmopts.cohort.judging import CHUNK, Histories, Reject, Table, parts
from mmopts.cohort.quotes import Quotes
from mmopts.cohort.sheet import Sheet
from mmopts.diagnostics import LINE, Diagnostic, QuestionError, cut, in_quotes, no_choice
from mmopts.facts import TREATMENTS
from mmopts.names import TwiceError, is_text, once, underscored
from mmopts.patient.treatments import KEYS

FORMATS = ("csv", "jsonl", "parquet")
ENDINGS = {"csv": "csv", "jsonl": "jsonl", "ndjson": "jsonl", "parquet": "parquet", "pq": "parquet"}
BLOCK = 1 << 24
"""Bytes of a CSV that are parsed at once: about a chunk of rows."""
HISTORIES = 4096
"""So many patients are judged at once where histories are read, which takes a thousand times as long."""
LONGEST_LINE = 1 << 20
"""A longer line of a JSONL file is no patient."""


class Rows(NamedTuple):
    """Part of a file: columns by name, or lines of JSON that are still to be read.

    `numbers`: of the rows, in the file, from 1. `lost`: numbers of rows, with what is wrong, that could not be made into
    columns at all; they stand among the others and are counted.
    """

    numbers: Sequence[int]
    columns: Mapping[str, pa.Array] | None = None
    lines: Sequence[bytes] = ()
    lost: tuple[tuple[int, str], ...] = ()
    ignore: bool = False
    histories: Histories | None = None

    @property
    def size(self) -> int:
        """How many rows there are, but the lost ones."""
        return len(self.numbers)


OF_A_NAME = ("facts",)
"""Options of a file whose format nothing but its name can tell."""


def format_of(path: str, stated: str | None, option: str) -> str:
    """The format of a file, as stated or by the end of its name. Raises QuestionError if neither tells."""
    if stated is not None:
        if stated not in FORMATS:
            raise QuestionError([no_choice(f"--{option}", option, stated, FORMATS)])
        return stated
    found = ENDINGS.get(path.rpartition(".")[2].casefold())
    if found is None:
        if option in OF_A_NAME:
            mend = f"name a file for --{option} that ends in {', '.join(f'.{end}' for end in FORMATS)}"
        else:
            mend = f"give --{option} {' or '.join(FORMATS)}"
        text = f"the name {in_quotes(path)} does not tell the format; {mend}."
        raise QuestionError([Diagnostic("unknown-format", text, option, cut(path), FORMATS)])
    return found


Used = Callable[[Sequence[str]], list[str]]
"""Which of the columns of a table are read; raises QuestionError for what is wrong with their names."""


def read_rows(path: str, kind: str, ignore: bool, left_out: list[str], joined: bool = False) -> Iterator[Rows]:
    """The chunks of a file of patients. `joined`: their treatments come from a table of their own.

    `left_out` takes the names of columns that are no facts, where these are ignored; of JSON lines, those of the first.

    Raises QuestionError if it cannot be read, or has columns that are no facts.
    """
    used = partial(used_columns, ignore=ignore, nested=kind != "csv", joined=joined, left_out=left_out)
    return read_table(path, kind, used, ignore, joined)


def read_table(path: str, kind: str, used: Used, ignore: bool, small: bool = False) -> Iterator[Rows]:
    """The chunks of a table. `small`: no more rows at once than where histories are read.

    Raises QuestionError if it cannot be read, or for what `used` finds wrong with its columns.
    """
    try:
        if kind == "csv":
            yield from _csv(path, used, HISTORIES if small else CHUNK)
        elif kind == "jsonl":
            yield from _jsonl(path, used, ignore, small)
        else:
            yield from _parquet(path, used, ignore, small)
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from None
    except pa.ArrowException as error:
        long = "straddling object" in str(error)
        reason = f"a row is longer than {BLOCK} bytes" if long else cut(str(error).splitlines()[0], LINE)
        raise _unreadable(path, reason) from None
    except UnicodeDecodeError:
        raise _unreadable(path, "it is not UTF-8") from None
    except csv.Error as error:
        raise _unreadable(path, cut(f"its first line is no head of a CSV ({error})", LINE)) from None


def _unreadable(path: str, reason: str) -> QuestionError:
    text = f"cannot read {in_quotes(path, LINE)}: {reason.rstrip('.')}."
    return QuestionError([Diagnostic("cannot-read", text, None, cut(path, LINE))])


def _opened(path: str) -> contextlib.AbstractContextManager[IO[bytes]]:
    return contextlib.nullcontext(_standard_input()) if path == STDIO else open(path, "rb")


def _standard_input() -> IO[bytes]:
    """Raises OSError if the caller has closed it."""
    if sys.stdin is None:
        raise OSError(9, "it is closed")
    return sys.stdin.buffer


def check_nested(kind: pa.DataType, ignore: bool) -> None:
    """Raise QuestionError if a column of treatments is no list of them, or they have keys that no treatment has."""
    if pa.types.is_null(kind):
        return
    within = kind.value_type if pa.types.is_list(kind) or pa.types.is_large_list(kind) else None
    if within is not None and pa.types.is_null(within):
        return
    if within is None or not pa.types.is_struct(within):
        text = f"column {TREATMENTS!r} is no list of treatments but of the type {kind}."
        raise QuestionError([Diagnostic("bad-value", text, TREATMENTS, cut(str(kind)))])
    problems = [unknown_key(f"{TREATMENTS}.{field.name}") for field in within if field.name not in KEYS and not ignore]
    if problems:
        raise QuestionError(problems)


def _parquet(path: str, used: Used, ignore: bool, small: bool) -> Iterator[Rows]:
    source = io.BytesIO(_standard_input().read()) if path == STDIO else path
    with pq.ParquetFile(source, memory_map=False, pre_buffer=False) as file:
        names = used(file.schema_arrow.names)
        if TREATMENTS in names:
            check_nested(file.schema_arrow.field(TREATMENTS).type, ignore)
        size, first = HISTORIES if small or TREATMENTS in names else CHUNK, 1
        columns = [name for name in file.schema_arrow.names if name in names]
        for batch in parts(file.iter_batches(batch_size=size, columns=columns), size):
            found = zip(batch.schema.names, batch.columns, strict=True)
            yield Rows(range(first, first + len(batch)), {name: readable(name, array) for name, array in found})
            first += len(batch)


def _csv(path: str, used: Used, size: int) -> Iterator[Rows]:
    with _opened(path) as stream:
        yield from _csv_rows(stream, used, size)


class _Text(io.RawIOBase):
    """A stream of bytes that is read as far as it is UTF-8 text. Raises UnicodeDecodeError at what is not.

    Raises QuestionError at a quote that is not closed: what parses it takes the rows behind it for text.
    """

    def __init__(self, stream: _Begun) -> None:
        self._stream, self._decoder, self._quotes = stream, codecs.getincrementaldecoder("utf-8")(), Quotes()

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most `size` of them."""
        found = self._stream.read(size)
        self._decoder.decode(found, final=not found)
        self._quotes.feed(found)
        return found


def _csv_rows(stream: IO[bytes], used: Used, size: int) -> Iterator[Rows]:
    """The rows of a CSV in chunks of `size`; a row with more or fewer cells than the head is told as lost."""
    head = stream.readline(LONGEST_LINE)
    names = [n.strip() for n in next(csv.reader([head.decode("utf-8-sig")]), [])]
    columns = used(names)
    begin = stream.read(1)
    if not begin:  # a head alone
        return
    lost: list[tuple[int, str]] = []

    def broken(row: pc_csv.InvalidRow) -> str:
        found = f"{row.actual_columns} columns where the first line has {row.expected_columns}"
        lost.append((row.number, found))
        return "skip"

    reader = pc_csv.open_csv(
        _Text(_Begun(begin, stream)),  # else a row that is shown to `broken` may be no text, which nobody could catch
        read_options=pc_csv.ReadOptions(use_threads=False, block_size=BLOCK, column_names=names),
        parse_options=pc_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=broken),
        convert_options=pc_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), include_columns=columns, strings_can_be_null=False
        ),
    )
    number, reported = 1, 0
    for batch in parts(reader, size):
        bad = {n for n, _ in lost[reported:]}
        numbers: Sequence[int] = range(number, number + len(batch))
        if bad:
            numbers = tuple(islice((n for n in count(number) if n not in bad), len(batch)))
        number = numbers[-1] + 1
        passed = tuple((n, why) for n, why in lost[reported:] if n < number)
        yield Rows(numbers, dict(zip(columns, batch.columns, strict=True)), lost=passed)
        reported += len(passed)
    if lost[reported:]:
        yield Rows((), {}, lost=tuple(lost[reported:]))


class _Begun:
    """A stream of which the first bytes were read already."""

    def __init__(self, begin: bytes, stream: IO[bytes]) -> None:
        self._begin, self._stream = begin, stream

    def read(self, size: int) -> bytes:
        """The next bytes."""
        if not self._begin:
            return self._stream.read(size)
        begin, self._begin = self._begin, b""
        return begin + self._stream.read(max(0, size - len(begin)))


def _jsonl(path: str, used: Used, ignore: bool, small: bool) -> Iterator[Rows]:
    """The lines of a JSONL file in chunks, not yet parsed; empty lines are left out and keep their number."""
    with _opened(path) as stream:
        bounded = bounded_lines(stream.readline, LONGEST_LINE)
        begun: list[bytes] = []
        for line in bounded:
            begun.append(line)
            if line.strip():
                break
        else:
            return
        _check_keys(line.removeprefix(codecs.BOM_UTF8), used)
        size, first = HISTORIES if small or f'"{TREATMENTS}"'.encode() in line else CHUNK, 1
        every = chain(begun, bounded)
        while lines := list(islice(every, size)):
            kept = [line for line in lines if line.strip()]
            numbers: Sequence[int] = range(first, first + len(lines))
            if len(kept) < len(lines):
                numbers = tuple(n for n, line in zip(numbers, lines, strict=True) if line.strip())
            yield Rows(numbers, lines=kept, ignore=ignore)
            first += len(lines)


def _check_keys(line: bytes, used: Used) -> None:
    """The keys of the first line are judged as the head of a table is."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return
    if isinstance(found, dict):
        used(list(underscored(found)[0]))


# --- lines of JSON to columns -------------------------------------------------------------------------


def read_lines(rows: Rows) -> Table:
    """Lines of JSON as columns. What does not fit a plain column is left to be read by itself."""
    sheet, unusable = Sheet(len(rows.lines)), list[Reject]()
    for row, (number, line) in enumerate(zip(rows.numbers, rows.lines, strict=True)):
        found = read_line(line, number)
        if isinstance(found, Fault):
            unusable.append(Reject(row, "", *found))
        else:
            sheet.put(row, found, rows.ignore)
    return Table(rows.size, sheet.columns(), sheet.odd, unusable)


class Fault(NamedTuple):
    """What is wrong with a line: a code, and words."""

    code: str
    message: str


def read_line(line: bytes, number: int) -> dict[str, Any] | Fault:
    """The object of a line of JSON; `number` is that of the line."""
    if len(line) > LONGEST_LINE:
        return Fault("too-large", f"the line is longer than {LONGEST_LINE} bytes.")
    try:
        found = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"), object_pairs_hook=once)
    except TwiceError as error:
        return Fault("duplicate-key", f"the line has {in_quotes(str(error))} twice.")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or (b"\\u" in line and not is_text(found)):
        what = "holds half a character" if isinstance(found, dict) else "is no JSON object"
        return Fault("bad-json", f"the line {what}.")
    if not _is_id(found.get(ID)):
        return Fault("bad-value", "id is a text or a number.")
    return {str(k): v for k, v in found.items()}


def _is_id(found: Any) -> bool:
    """Whether this can tell a patient from others; nothing can stand there as well."""
    if isinstance(found, float):
        return math.isfinite(found)
    return found is None or (isinstance(found, (str, int)) and not isinstance(found, bool))
