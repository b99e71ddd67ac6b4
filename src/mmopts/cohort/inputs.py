"""Patients from a CSV, JSONL or Parquet file, chunk by chunk, in the order of the file."""

from __future__ import annotations

import codecs
import contextlib
import io
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.csv as pc_csv
import pyarrow.parquet as pq

from mmopts.cohort.cells import FLAGS, LISTS, NUMBERS, words_of
from mmopts.cohort.judging import CHUNK, HISTORY, Reject, parts
from mmopts.cohort.plan import ID, used_columns
from mmopts.diagnostics import Diagnostic, QuestionError, no_choice
from mmopts.facts import FACTS, OPEN_LISTS

FORMATS = ("csv", "jsonl", "parquet")
ENDINGS = {"csv": "csv", "jsonl": "jsonl", "ndjson": "jsonl", "parquet": "parquet", "pq": "parquet"}
STDIO = "-"
BLOCK = 1 << 24
"""Bytes of a CSV that are parsed at once: about a chunk of rows."""
LONGEST_LINE = 1 << 20
"""A longer line of a JSONL file is no patient."""


class Rows(NamedTuple):
    """Part of a file: columns by name, or lines of JSON that are still to be read; `first` is the number of its first row.

    `lost`: numbers of rows, with what is wrong, that could not be made into columns at all; they stand among the others
    and are counted. `numbers`: the numbers of the rows where rows are lost among them.
    """

    size: int
    first: int
    columns: Mapping[str, Any] | None = None
    lines: Sequence[bytes] = ()
    lost: tuple[tuple[int, str], ...] = ()
    numbers: tuple[int, ...] = ()
    ignore: bool = False

    def number(self, row: int) -> int:
        """The number of a row of the chunk (from 0) in the file (from 1)."""
        return self.numbers[row] if self.numbers else self.first + row


def format_of(path: str, stated: str | None, option: str) -> str:
    """The format of a file, as stated or by the end of its name. Raises QuestionError if neither tells."""
    if stated is not None:
        if stated not in FORMATS:
            raise QuestionError([no_choice(f"--{option}", option, stated, FORMATS)])
        return stated
    found = ENDINGS.get(path.rpartition(".")[2].casefold())
    if found is None:
        text = f"the name {path[:80]!r} does not tell the format; give --{option} {' or '.join(FORMATS)}."
        raise QuestionError([Diagnostic("unknown-format", text, option, path[:80], FORMATS)])
    return found


def read_rows(path: str, kind: str, ignore: bool) -> Iterator[Rows]:
    """The chunks of a file. Raises QuestionError if it cannot be read, or has columns that are no facts."""
    try:
        reader = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}[kind]
        yield from reader(path, ignore)
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from None
    except pa.ArrowException as error:
        raise _unreadable(path, str(error).splitlines()[0][:200]) from None
    except UnicodeDecodeError:
        raise _unreadable(path, "it is not UTF-8") from None


def _unreadable(path: str, reason: str) -> QuestionError:
    return QuestionError([Diagnostic("cannot-read", f"cannot read {path[:200]!r}: {reason}.", None, path[:200])])


def _opened(path: str) -> Any:
    return contextlib.nullcontext(sys.stdin.buffer) if path == STDIO else open(path, "rb")


def _parquet(path: str, ignore: bool) -> Iterator[Rows]:
    source: Any = io.BytesIO(sys.stdin.buffer.read()) if path == STDIO else path
    with pq.ParquetFile(source, memory_map=False, pre_buffer=False) as file:
        used = used_columns(file.schema_arrow.names, ignore)
        first = 1
        for batch in parts(file.iter_batches(batch_size=CHUNK, columns=used)):
            yield Rows(len(batch), first, dict(zip(batch.schema.names, batch.columns, strict=True)))
            first += len(batch)


def _csv(path: str, ignore: bool) -> Iterator[Rows]:
    with _opened(path) as stream:
        yield from _csv_rows(stream, ignore)


class _Text(io.RawIOBase):
    """A stream of bytes that is read as far as it is UTF-8 text. Raises UnicodeDecodeError at what is not."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._decoder = stream, codecs.getincrementaldecoder("utf-8")()

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most `size` of them."""
        found: bytes = self._stream.read(size)
        self._decoder.decode(found, final=not found)
        return found


def _csv_rows(stream: Any, ignore: bool) -> Iterator[Rows]:
    import csv

    head = stream.readline(LONGEST_LINE)
    names = [n.strip() for n in next(csv.reader([head.decode("utf-8-sig")]), [])]
    used = used_columns(names, ignore)
    lost: list[tuple[int, str]] = []

    def broken(row: Any) -> str:
        found = f"{row.actual_columns} columns where the first line has {row.expected_columns}"
        lost.append((row.number, found))
        return "skip"

    reader = pc_csv.open_csv(
        _Text(stream),  # else a row that is shown to `broken` may be no text, which nobody could catch
        read_options=pc_csv.ReadOptions(use_threads=False, block_size=BLOCK, column_names=names),
        parse_options=pc_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=broken),
        convert_options=pc_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), include_columns=used, strings_can_be_null=False
        ),
    )
    number, told = 1, 0
    for batch in parts(reader):
        numbers: list[int] = []
        bad = {n for n, _ in lost[told:]}
        if bad:
            while len(numbers) < len(batch):
                if number not in bad:
                    numbers.append(number)
                number += 1
            mine = tuple(one for one in lost[told:] if one[0] < number)
        else:
            mine = ()
        first = numbers[0] if numbers else number
        yield Rows(len(batch), first, dict(zip(used, batch.columns, strict=True)), (), mine, tuple(numbers))
        told += len(mine)
        number = number if numbers else number + len(batch)
    if lost[told:]:
        yield Rows(0, number, {}, (), tuple(lost[told:]))


def _jsonl(path: str, ignore: bool) -> Iterator[Rows]:
    with _opened(path) as stream:
        first = 1
        while lines := list(islice(stream, CHUNK)):
            if first == 1:
                _check_keys(lines[0], ignore)
            kept = [line for line in lines if line.strip()]
            numbers = () if len(kept) == len(lines) else tuple(first + n for n, line in enumerate(lines) if line.strip())
            yield Rows(len(kept), first, None, kept, (), numbers, ignore)
            first += len(lines)


def _check_keys(line: bytes, ignore: bool) -> None:
    """The keys of the first line are judged as the head of a table is."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return
    if isinstance(found, dict):
        used_columns([k for k in found if k != HISTORY] or ["prior"], ignore)


# --- lines of JSON to columns -------------------------------------------------------------------------


class Read(NamedTuple):
    """Columns of a chunk, the rows that columns cannot hold (as patient files), and those that could not be read at all."""

    columns: dict[str, Any]
    odd: dict[int, dict[str, Any]]
    unusable: list[Reject]


def read_lines(rows: Rows) -> Read:
    """Lines of JSON as columns. What does not fit a plain column is left to be read by itself."""
    read = Read({}, {}, [])
    cells: dict[str, list[Any]] = {}
    for row, line in enumerate(rows.lines):
        found = _line(line, row, rows, read)
        if found is None:
            continue
        plain: dict[str, Any] = {}
        for name, value in found.items():
            if value is None or name == ID:
                continue
            if not _fits(name, value, plain):
                if name not in FACTS and name not in OPEN_LISTS and name != HISTORY and rows.ignore:
                    continue
                read.odd[row] = {k: v for k, v in found.items() if k != ID}
                plain = {}
                break
        identity = found.get(ID)
        if identity is not None:
            plain[ID] = str(identity)
        for name, value in plain.items():
            cells.setdefault(name, [None] * len(rows.lines))[row] = value
    for name, column in cells.items():
        read.columns[name] = pa.array(column, _type_of(name))
    return read


def _line(line: bytes, row: int, rows: Rows, read: Read) -> dict[str, Any] | None:
    number = str(rows.number(row))
    if len(line) > LONGEST_LINE:
        read.unusable.append(Reject(row, number, "too-large", f"the line is longer than {LONGEST_LINE} bytes."))
        return None
    try:
        found = json.loads(line.decode("utf-8-sig" if rows.number(row) == 1 else "utf-8"))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not _is_text(found, line):
        what = "holds half a character" if isinstance(found, dict) else "is no JSON object"
        read.unusable.append(Reject(row, number, "bad-json", f"the line {what}."))
        return None
    return {str(k): v for k, v in found.items()}


def _is_text(found: dict[str, Any], line: bytes) -> bool:
    """Whether all of a line is text; half of a pair of surrogates, which JSON can write, is none."""
    if b"\\u" not in line:
        return True
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _fits(name: str, value: Any, plain: dict[str, Any]) -> bool:
    """Put a value into its plain column or columns, if it fits."""
    if name in FLAGS:
        plain[name] = value
        return isinstance(value, bool)
    if name in NUMBERS:
        if isinstance(value, dict) and set(value) <= {"min", "max"} and value:
            low, high = value.get("min"), value.get("max")
        else:
            low = high = value
        if not all(end is None or (isinstance(end, (int, float)) and not isinstance(end, bool)) for end in (low, high)):
            return False
        if any(isinstance(end, int) and abs(end) > 1 << 53 for end in (low, high)):
            return False
        plain[f"{name}_min"], plain[f"{name}_max"] = low, high
        return low is not None or high is not None
    if name not in LISTS:
        return False
    if isinstance(value, str):
        words: Any = words_of(value)
        if not words:
            return True
    elif name == "months_since" and isinstance(value, dict):
        if not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in value.values()) or any(
            "," in k or "=" in k for k in value
        ):
            return False
        words = [f"{drug}={months!r}" for drug, months in value.items()]
    else:
        words = value
    if not isinstance(words, list) or not all(isinstance(w, str) for w in words):
        return False
    if FACTS[name].kind == "choice":
        plain[name] = ";".join(words)
        return bool(words) and not any(";" in w for w in words)
    plain[name] = words
    return True


def _type_of(name: str) -> Any:
    if name == ID:
        return pa.string()
    if name in FLAGS:
        return pa.bool_()
    if name in LISTS:
        return pa.string() if FACTS[name].kind == "choice" else pa.list_(pa.string())
    return pa.float64()
