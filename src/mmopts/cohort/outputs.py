"""Files that appear whole or not at all, and the writers of CSV, JSONL and Parquet."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import IO, Protocol, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mmopts import partfiles
from mmopts.cohort.heads import STDIO
from mmopts.diagnostics import cannot_write


class Files:
    """Files being written beside their targets under names that nobody can guess; all take their places in `commit`.

    A device or a pipe is written to as it is.

    As a context manager: what was not committed goes. `writers` into them are closed before they are: one of Parquet that
    is let go of later would try to write its end.
    """

    def __init__(self) -> None:
        self._open: list[tuple[str, str, IO[bytes], int | None]] = []
        self.writers: list[Writer] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for writer in self.writers:
            with contextlib.suppress(OSError, ValueError):
                writer.close()
        for part, _, stream, _ in self._open:
            with contextlib.suppress(OSError, ValueError):
                stream.close()
            raw = getattr(stream, "raw", None)
            if raw is not None:  # what could not be flushed keeps the file open
                raw.close()
            if part:
                partfiles.drop(part)
        self._open.clear()

    def open(self, path: str) -> IO[bytes]:
        """A binary stream for a path; ``-`` is standard output. Raises QuestionError if it cannot be written."""
        with writing(path):
            if path == STDIO:
                if sys.stdout is None:
                    raise OSError(9, "it is closed")
                return sys.stdout.buffer
            target = partfiles.target_of(path)
            part, handle = ("", partfiles.stream_into(target)) if target.open else partfiles.begin(target.path)
            stream = os.fdopen(handle, "wb", buffering=1 << 20)
            self._open.append((part, target.path, stream, target.mode))
            return stream
        raise AssertionError

    def commit(self) -> None:
        """Close every file and let it take its place. A failure in closing leaves all old files as they were."""
        for _, target, stream, _ in self._open:
            with writing(target):
                stream.close()
        for part, target, _, mode in self._open:
            with writing(target):
                if not part:
                    continue
                if mode is not None:
                    os.chmod(part, stat.S_IMODE(mode))
                partfiles.place(part, target)
        self._open.clear()


@contextlib.contextmanager
def writing(path: str) -> Iterator[None]:
    """Where `path` is written to. Raises QuestionError for a fault in it; BrokenPipeError if its reader is gone."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise cannot_write(path, error.strerror or error, "output") from None


class Writer(Protocol):
    """Takes batches of one schema."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Write one batch."""

    def close(self) -> None:
        """Write what is left."""


class ParquetOut:
    """Parquet; a batch is a row group."""

    def __init__(self, stream: IO[bytes], schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(stream, schema, compression="snappy", write_statistics=schema.names[:1])

    def write(self, batch: pa.RecordBatch) -> None:
        """Write one batch."""
        self._writer.write_batch(batch, row_group_size=max(1, len(batch)))

    def close(self) -> None:
        """Write the end of the file."""
        self._writer.close()


class CsvOut:
    """CSV with a head; text in quotes where it needs them."""

    def __init__(self, stream: IO[bytes], schema: pa.Schema) -> None:
        self._stream = stream
        stream.write((",".join(_csv_text(name) for name in schema.names) + "\n").encode())

    def write(self, batch: pa.RecordBatch) -> None:
        """Write one batch."""
        cells = [_texts(array, _csv_text, "") for array in batch.columns]
        lines = pc.binary_join_element_wise(*cells, ",")
        self._stream.write("".join(f"{line}\n" for line in lines.to_pylist()).encode())

    def close(self) -> None:
        """Nothing is left to write."""


def _csv_text(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if not text or set(text) & set('",\n\r') else text


class JsonlOut:
    """One JSON object a line."""

    def __init__(self, stream: IO[bytes], schema: pa.Schema) -> None:
        self._stream = stream

    def write(self, batch: pa.RecordBatch) -> None:
        """Write one batch."""
        pieces: list[str | pa.Array] = []
        for name, array in zip(batch.schema.names, batch.columns, strict=True):
            pieces += [("{" if not pieces else ",") + _json_text(name) + ":", _texts(array, _json_text, "null")]
        lines = pc.binary_join_element_wise(*pieces, "}\n", "")
        self._stream.write("".join(lines.to_pylist()).encode())

    def close(self) -> None:
        """Nothing is left to write."""


def _json_text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _texts(array: pa.Array, written: Callable[[str], str], missing: str) -> pa.Array:
    """A column as texts; `written` gives that of a text, `missing` stands for null."""
    if pa.types.is_dictionary(array.type):
        words = pa.array([written(v) for v in array.dictionary.to_pylist()], pa.string())
        found = words.take(array.indices)
    elif pa.types.is_string(array.type):
        found = pa.array([None if v is None else written(v) for v in array.to_pylist()], pa.string())
    else:
        found = pc.cast(array, pa.string())
    return pc.fill_null(found, missing)


WRITERS: Mapping[str, Callable[[IO[bytes], pa.Schema], Writer]] = {"parquet": ParquetOut, "csv": CsvOut, "jsonl": JsonlOut}


class BatchFile:
    """A file of batches, whose form is known with the first. A thread writes while the next chunk is judged."""

    def __init__(self, files: Files, path: str, kind: str) -> None:
        self.files, self.path, self.kind = files, path, kind
        self.stream = files.open(path)
        self.writer: Writer | None = None
        self._thread = ThreadPoolExecutor(1)
        self._under_way: Future[None] | None = None

    def write(self, batches: list[pa.RecordBatch]) -> None:
        """Write batches, once those before are written. A fault may be raised by the next call."""
        self.wait()
        self._under_way = self._thread.submit(self._write, batches)

    def wait(self) -> None:
        """Let what is under way be written."""
        if self._under_way is not None:
            self._under_way.result()

    def _write(self, batches: list[pa.RecordBatch]) -> None:
        for batch in batches:
            with writing(self.path):
                if self.writer is None:
                    self.writer = WRITERS[self.kind](self.stream, batch.schema)
                    self.files.writers.append(self.writer)
                self.writer.write(batch)

    def close(self) -> None:
        """Write what is left."""
        self.wait()
        with writing(self.path):
            if self.writer is not None:
                self.writer.close()
            self.stream.flush()

    def stop(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=True, cancel_futures=True)
