"""Treatments in a table of their own, one row a treatment: read whole, packed, and found by the id of their patient."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from mmopts.cohort.arrays import as_text, readable
from mmopts.cohort.cells import NO, YES
from mmopts.cohort.entries import entry_cell
from mmopts.cohort.heads import ID, treatment_columns, unknown_key
from mmopts.cohort.inputs import Fault, Rows, read_line, read_table
from mmopts.diagnostics import Diagnostic, QuestionError, cut
from mmopts.facts import TREATMENTS
from mmopts.patient.treatments import KEYS, Entries

SHOWN = 5
"""The most faulty rows that are shown."""
ROW = " row"
"""The column with the number of each row; its name occurs in no table of a user."""


class Treatments:
    """The table. Its columns are text, each distinct text once; `take` finds the treatments of a chunk of patients."""

    def __init__(self, batches: Iterable[pa.RecordBatch]) -> None:
        """`batches` have `ID` and keys of a treatment as dictionaries of text, and `ROW`: the number of each row."""
        table = pa.Table.from_batches(list(batches))
        packed = dict(zip(table.column_names, table.columns, strict=True))
        del table
        ids = packed.pop(ID).unify_dictionaries().combine_chunks()
        ids = ids.chunk(0) if isinstance(ids, pa.ChunkedArray) else ids
        self.ids = ids.dictionary
        """Each id once."""
        order = pc.sort_indices(ids.indices)
        counts = pc.value_counts(ids.indices)
        found = dict(zip(counts.field(0).to_pylist(), counts.field(1).to_pylist(), strict=True))
        sizes = pa.array([found.get(group, 0) for group in range(len(self.ids))], pa.int64())
        self._ends = pc.cumulative_sum(sizes)
        self._starts = pc.subtract(self._ends, sizes)
        self._sorted = pa.table({name: column.take(order) for name, column in packed.items()}).unify_dictionaries()
        self._sorted = self._sorted.combine_chunks()
        self._seen = bytearray(len(self.ids))

    def take(self, ids: pa.Array) -> dict[int, Entries]:
        """The treatments of some patients, by row, in the order in which they stand in the table."""
        asked = pc.dictionary_encode(ids)
        places = pc.index_in(self.ids, value_set=asked.dictionary)
        groups = pc.indices_nonzero(places.is_valid())
        starts, ends = self._starts.take(groups).to_pylist(), self._ends.take(groups).to_pylist()
        rows = [row for start, end in zip(starts, ends, strict=True) for row in range(start, end)]
        entries = list(_entries(self._sorted.take(pa.array(rows, pa.int64()))))
        found: dict[int, Entries] = {}
        at = 0
        for place, start, end, group in zip(places.take(groups).to_pylist(), starts, ends, groups.to_pylist(), strict=True):
            self._seen[group] = 1
            own = entries[at : at + end - start]
            found[place] = Entries([e.said for e in own], [e.row for e in own], "row")
            at += end - start
        return {row: found[place] for row, place in enumerate(asked.indices.to_pylist()) if place in found}

    def check_taken(self) -> None:
        """Raise QuestionError if treatments are left whose id no patient had."""
        left = [group for group, seen in enumerate(self._seen) if not seen]
        if not left:
            return
        starts, ends = self._starts.to_pylist(), self._ends.to_pylist()
        count = sum(ends[group] - starts[group] for group in left)
        row, group = min((self._sorted.column(ROW)[starts[group]].as_py(), group) for group in left)
        name = cut(str(self.ids[group].as_py()))
        whose = "an id that no patient has" if len(left) == 1 else f"{len(left):,} ids that no patient has"
        text = (
            f"{count:,} of {len(self._sorted):,} treatments are of {whose}; nothing was written. The first is row {row} "
            f"of the table of treatments, id {name!r}. Ids are written alike in both files."
        )
        raise QuestionError([Diagnostic("unknown-id", text, ID, name)])


class _Entry(NamedTuple):
    said: dict[str, Any]
    row: int


def _entries(table: pa.Table) -> Iterator[_Entry]:
    names = [name for name in table.column_names if name != ROW]
    columns = [table.column(name).to_pylist() for name in names]
    for number, row in enumerate(table.column(ROW).to_pylist()):
        cells = ((name, entry_cell(name, column[number])) for name, column in zip(names, columns, strict=True))
        yield _Entry({name: value for name, value in cells if value is not None}, row)


# --- reading it --------------------------------------------------------------------------------------


def read_treatments_table(path: str, kind: str, ignore: bool, left_out: list[str]) -> Treatments:
    """The table of a file; `left_out` takes the columns that are ignored.

    Raises QuestionError for a file, a column or a row that cannot be read.
    """
    faults: list[tuple[int, str]] = []
    used = partial(treatment_columns, ignore=ignore, left_out=left_out)
    return _table((batch for rows in read_table(path, kind, used, ignore) for batch in _batches(rows, faults)), faults)


def treatments_of(batches: Iterable[pa.RecordBatch], ignore: bool) -> Treatments:
    """The table of record batches, for libraries. Raises QuestionError for a column or a row that cannot be read."""

    def numbered() -> Iterator[pa.RecordBatch]:
        first = 1
        for batch in batches:
            names = batch.schema.names
            columns = {n: readable(n, batch.column(names.index(n))) for n in treatment_columns(names, ignore)}
            yield pa.RecordBatch.from_pydict({**columns, ROW: pa.array(range(first, first + len(batch)), pa.int64())})
            first += len(batch)

    return _table(numbered(), [])


def _table(batches: Iterable[pa.RecordBatch], faults: list[tuple[int, str]]) -> Treatments:
    """The table of batches; `faults` are added while they are read."""
    packed = [_packed(batch, faults) for batch in batches]
    if faults:
        raise _unreadable(faults)
    have = {name for batch in packed for name in batch.schema.names}
    return Treatments(_alike(packed, [ID, *(key for key in KEYS if key in have), ROW]))


_TEXT = pa.dictionary(pa.int32(), pa.string())


def _packed(batch: pa.RecordBatch, faults: list[tuple[int, str]]) -> pa.RecordBatch:
    """Columns as text, each distinct text once; a row without an id is added to the faults."""
    rows = batch.column(batch.schema.names.index(ROW))
    texts = {name: as_text(array) for name, array in zip(batch.schema.names, batch.columns, strict=True) if name != ROW}
    blank = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(texts[ID]), ""), True)
    faults += [(row, "it has no id") for row in rows.filter(blank).slice(0, SHOWN).to_pylist()]
    columns = {name: pc.cast(pc.dictionary_encode(array), _TEXT) for name, array in texts.items()}
    return pa.RecordBatch.from_pydict({**columns, ROW: rows})


def _alike(batches: list[pa.RecordBatch], names: list[str]) -> Iterator[pa.RecordBatch]:
    """Batches that all have the columns that any of them has; an empty one where there is none."""
    kinds = {name: pa.int64() if name == ROW else _TEXT for name in names}
    for batch in batches or [pa.RecordBatch.from_arrays([], names=[])]:
        have = batch.schema.names
        columns = [batch.column(have.index(n)) if n in have else pa.nulls(len(batch), kinds[n]) for n in names]
        yield pa.RecordBatch.from_arrays(columns, names=names)


def _batches(rows: Rows, faults: list[tuple[int, str]]) -> Iterator[pa.RecordBatch]:
    """A chunk of a file as a batch with the numbers of its rows; what cannot be read goes to `faults`."""
    faults += rows.lost
    if rows.columns is None:
        yield from _of_lines(rows, faults)
    elif rows.size:
        yield pa.RecordBatch.from_pydict({**rows.columns, ROW: pa.array(rows.numbers, pa.int64())})


def _of_lines(rows: Rows, faults: list[tuple[int, str]]) -> Iterator[pa.RecordBatch]:
    """Treatments from lines of JSON as one batch of text columns; faults go to `faults` with their line."""
    cells: dict[str, list[str | None]] = {}
    numbers: list[int] = []
    for number, line in zip(rows.numbers, rows.lines, strict=True):
        found = read_line(line, number)
        if isinstance(found, Fault):
            faults.append((number, found.message.rstrip(".")))
            continue
        unknown = [] if rows.ignore else [name for name in found if name not in (ID, *KEYS)]
        faults += [(number, unknown_key(name).message.rstrip(".")) for name in unknown]
        for name in (ID, *KEYS):
            if name in found:
                cells.setdefault(name, [None] * len(numbers)).append(_text(found[name]))
        numbers.append(number)
        for column in cells.values():
            column.extend([None] * (len(numbers) - len(column)))
    if numbers:
        columns = {name: pa.array(column, pa.string()) for name, column in cells.items()}
        columns.setdefault(ID, pa.nulls(len(numbers), pa.string()))
        yield pa.RecordBatch.from_pydict({**columns, ROW: pa.array(numbers, pa.int64())})


def _text(value: Any) -> str | None:
    """A value of JSON as the cell of a table."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return YES[0] if value else NO[0]
    if isinstance(value, list):
        return ";".join(str(item) for item in value)
    return str(value)


def _unreadable(faults: list[tuple[int, str]]) -> QuestionError:
    """The faults of rows that belong to no patient."""
    told = [
        Diagnostic("bad-row", f"row {row} of the table of treatments cannot be used: {text}.", TREATMENTS, row)
        for row, text in sorted(faults)[:SHOWN]
    ]
    return QuestionError(told)
