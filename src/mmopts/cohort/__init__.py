"""Many patients at once: columns of facts in words to columns of verdicts. Needs pyarrow (``pip install '.[cohort]'``).

>>> import pyarrow as pa, mmopts
>>> from mmopts import cohort
>>> rows = pa.RecordBatch.from_pydict({"id": ["a", "b"], "prior": ["VRd;len", "none"], "fitness": ["fit", "frail"]})
>>> for batch in cohort.judge([rows], mmopts.load()):
...     print(batch.select(["id", "DKd", "rejected"]).to_pylist())
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from mmopts.diagnostics import Diagnostic
    from mmopts.knowledge.records import Knowledge

__all__ = ["judge", "plain"]


def judge(
    batches: Iterable[pa.RecordBatch],
    kb: Knowledge | None = None,
    *,
    region: str | None = None,
    as_of: str | date | None = None,
    strict: bool = False,
    labels: bool = False,
    ignore_columns: bool = False,
    treatments: Iterable[pa.RecordBatch] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Verdicts of many patients, batch by batch, in the order of the rows; at most 131,072 rows are worked on at once.

    `batches`: patients, one a row. Columns are fact names (docs/scale.md) and ``id``; lists in words (``VRd;len``) or as
    Arrow lists; numbers in one column or in ``<fact>_min`` and ``<fact>_max``; ``treatments`` as a list of structs. `kb`:
    the built-in knowledge base if left out. `region`: whose labels count, us, eu or any (if left out). `as_of`: the day
    asked about (a date, or YYYY-MM-DD), that of the review if left out. `strict`: presume nothing. `treatments`: a table
    of treatments, one a row in any order, by ``id`` (docs/scale.md); it is held in memory. The treatments of ids that no
    row has are left alone: `batches` may be some of the patients.

    Gives one row for each row taken: ``id`` (the row's number where there is none), a column a regimen with the verdict in
    words (a dictionary column), with `labels` also ``ID.label_us`` and ``ID.label_eu``, and ``rejected``: null, or why the
    row has no verdicts (``code: message``). No row is dropped.

    Raises QuestionError for a column that is no fact or no key of a treatment (unless `ignore_columns`), for a treatment
    without an id, and for a region or a day that is none; TypeError for an argument of another kind.
    """
    import mmopts
    from mmopts.assess.assessment import read_scope
    from mmopts.cohort.arrays import as_text, readable
    from mmopts.cohort.heads import ID, used_columns
    from mmopts.cohort.inputs import HISTORIES, check_nested
    from mmopts.cohort.judging import CHUNK, Asked, Judge, Table, parts
    from mmopts.cohort.layouts import judged
    from mmopts.cohort.treatments import treatments_of
    from mmopts.diagnostics import QuestionError
    from mmopts.facts import TREATMENTS
    from mmopts.knowledge.records import Knowledge as _Knowledge

    _check(kb=(kb, _Knowledge), region=(region, str), as_of=(as_of, (str, date)))
    _check(strict=(strict, bool), labels=(labels, bool), ignore_columns=(ignore_columns, bool))
    joined = treatments is not None
    table = None if treatments is None else treatments_of(_batches("treatments", treatments), ignore_columns)
    known = mmopts.load() if kb is None else kb
    problems: list[Diagnostic] = []
    scope = read_scope({"region": region, "as_of": as_of}, known, problems)
    if problems:
        raise QuestionError(problems)
    asked = Asked(scope, strict=strict, labels=labels, ignore=ignore_columns)
    one, first = Judge(known, asked), 1
    for batch in parts(_batches("batches", batches), HISTORIES if joined else CHUNK):
        names = used_columns(batch.schema.names, ignore_columns, joined=joined)
        columns = {name: readable(name, batch.column(batch.schema.names.index(name))) for name in names}
        if TREATMENTS in columns:
            check_nested(columns[TREATMENTS].type, ignore_columns)
        histories = None if table is None else table.take(as_text(columns[ID]))
        numbers = range(first, first + len(batch))
        yield judged(one.chunk(Table(len(batch), columns), numbers, histories), known, asked)
        first += len(batch)


def _check(**arguments: tuple[object, type | tuple[type, ...]]) -> None:
    """Raise TypeError for an argument that is given and is none of its kind, or kinds."""
    for name, (value, kind) in arguments.items():
        if value is not None and not isinstance(value, kind):
            kinds = " or a ".join(k.__name__ for k in (kind if isinstance(kind, tuple) else (kind,)))
            raise TypeError(f"{name} is a {kinds}, not a {type(value).__name__}")


def _batches(name: str, given: object) -> Iterator[pa.RecordBatch]:
    """Record batches, as they are, from one or a table, or from several. Raises TypeError for what is none."""
    import pyarrow as pa

    for item in given if isinstance(given, Iterable) and not isinstance(given, (pa.RecordBatch, pa.Table)) else [given]:
        if isinstance(item, pa.RecordBatch):
            yield item
        elif isinstance(item, pa.Table):
            yield from item.to_batches()
        else:
            raise TypeError(f"{name} are record batches of pyarrow, not a {type(item).__name__}")


def plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch with its dictionary columns as plain text, for engines that know none (Spark)."""
    import pyarrow as pa

    columns = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
