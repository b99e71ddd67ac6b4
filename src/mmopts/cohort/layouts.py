"""A judged chunk as batches: a column a regimen (wide), a row a regimen (long), or every row with why it was rejected."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from mmopts.assess.truths import COUNTRIES, LABELS, NOT_APPLICABLE, VERDICTS
from mmopts.cohort.bits import from_mask, in_words
from mmopts.cohort.heads import ID
from mmopts.cohort.judging import Asked, Chunk
from mmopts.knowledge.records import Knowledge

LAYOUTS = ("wide", "long")
REJECTED = "rejected"
"""The column of the library's batches that says why a row has no verdicts."""
VERDICT_WORDS = tuple(VERDICTS[v] for v in (True, None, False))
LABEL_WORDS = tuple(LABELS[v] for v in (True, None, False))
STEP = 4096
"""Patients of a part of the long layout: each row of it takes a regimen."""


def _columns(chunk: Chunk, kb: Knowledge, asked: Asked) -> Iterator[tuple[str, str, pa.DictionaryArray]]:
    """Every column of the answer but the id: regimen, what it is (``verdict``, ``label_us``, ``tier``), and its words."""
    for name, regimen in kb.regimens.items():
        yield name, "verdict", in_words(chunk.truths.truth(regimen.verdict), chunk.size, VERDICT_WORDS)
        for region in COUNTRIES if asked.labels else ():
            cond = regimen.labels[region]
            if cond is None:
                words = pa.DictionaryArray.from_arrays(
                    pa.repeat(pa.scalar(0, pa.int8()), chunk.size), pa.array([NOT_APPLICABLE])
                )
            else:
                words = in_words(chunk.truths.truth(cond), chunk.size, LABEL_WORDS)
            yield name, f"label_{region}", words
        if chunk.tiers is not None:
            yield name, "tier", pa.array(chunk.tiers[name], pa.string()).dictionary_encode()


def wide(chunk: Chunk, kb: Knowledge, asked: Asked) -> pa.RecordBatch:
    """One row a patient, one column a regimen; labels and tiers beside it as ``ID.label_us``, ``ID.tier``."""
    names, arrays = [ID], [chunk.ids]
    for name, kind, words in _columns(chunk, kb, asked):
        names.append(name if kind == "verdict" else f"{name}.{kind}")
        arrays.append(words)
    return pa.RecordBatch.from_arrays(arrays, names=names)


def long(chunk: Chunk, kb: Knowledge, asked: Asked) -> Iterator[pa.RecordBatch]:
    """One row a patient and regimen, patient by patient, in parts; one without rows where every patient was rejected."""
    kept = without(wide(chunk, kb, asked), chunk.rejected)
    kinds = ["verdict", *(f"label_{r}" for r in COUNTRIES if asked.labels), *(["tier"] if asked.tiers else [])]
    regimens = list(kb.regimens)
    for start in range(0, len(kept) or 1, STEP):
        part = kept.slice(start, STEP)
        count = len(part)
        rows = pa.array([row for row in range(count) for _ in regimens], pa.int32())
        which = pa.array(list(range(len(regimens))) * count, pa.int32())
        order = pc.add(pc.multiply(which, count), rows)
        columns = [
            part.column(0).take(rows),
            pa.DictionaryArray.from_arrays(pc.cast(which, pa.int16()), pa.array(regimens)),
        ]
        for kind in kinds:
            every = [part.column(n if kind == "verdict" else f"{n}.{kind}").dictionary_decode() for n in regimens]
            columns.append(pa.concat_arrays(every).take(order).dictionary_encode())
        yield pa.RecordBatch.from_arrays(columns, names=[ID, "regimen", *kinds])


def without(batch: pa.RecordBatch, rejected: int) -> pa.RecordBatch:
    """A batch without the rows of a mask."""
    if not rejected:
        return batch
    kept = (1 << len(batch)) - 1 & ~rejected
    return batch.filter(from_mask(kept, len(batch)))


def judged(chunk: Chunk, kb: Knowledge, asked: Asked) -> pa.RecordBatch:
    """Every row of a chunk, as a library wants it: no verdict where a row was rejected, and why in a column of its own."""
    found = wide(chunk, kb, asked)
    why: list[str | None] = [None] * chunk.size
    for reject in chunk.rejects:
        why[reject.row] = f"{reject.code}: {reject.message}"
    keep = from_mask(chunk.kept, chunk.size)
    arrays = [found.column(0)]
    for array in found.columns[1:]:
        codes = array.indices if not chunk.rejected else pc.if_else(keep, array.indices, pa.scalar(None, array.indices.type))
        arrays.append(pa.DictionaryArray.from_arrays(codes, array.dictionary))
    return pa.RecordBatch.from_arrays([*arrays, pa.array(why, pa.string())], names=[*found.schema.names, REJECTED])
