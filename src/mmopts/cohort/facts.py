"""Normalised facts of a chunk as a batch: the columns of `fact_columns`, with numbers as they were given."""

from __future__ import annotations

from math import inf, nextafter

import pyarrow as pa
import pyarrow.compute as pc

from mmopts.cohort.bits import from_mask, nullable
from mmopts.cohort.fact_columns import FactColumn, choice_text, fact_columns
from mmopts.cohort.heads import ID
from mmopts.cohort.judging import Chunk
from mmopts.cohort.lexicon import Numbers
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Interval, Truth


def fact_batch(chunk: Chunk, kb: Knowledge, numbers: Numbers) -> pa.RecordBatch:
    """The facts of every row, rejected ones among them."""
    names, arrays = [ID], [chunk.ids]
    for atom, column in fact_columns(kb).items():
        if column.kind == "flag":
            names.append(column.name)
            truth = Truth(chunk.facts.having(atom, True), chunk.facts.having(atom, False))
            arrays.append(nullable(truth, chunk.size))
        elif column.kind == "choice":
            names.append(column.name)
            arrays.append(_choice(chunk, column))
        else:
            names += column.ends
            arrays += [_end(chunk, atom, side, numbers) for side in (0, 1)]
    return pa.RecordBatch.from_arrays(arrays, names=names)


def _choice(chunk: Chunk, column: FactColumn) -> pa.Array:
    out = pa.nulls(chunk.size, pa.string())
    for values, where in chunk.facts.columns.get(column.atom, {}).items():
        if where and isinstance(values, frozenset):
            out = pc.if_else(from_mask(where, chunk.size), choice_text(values, column), out)
    return out


def _end(chunk: Chunk, atom: str, side: int, numbers: Numbers) -> pa.Array:
    """The lower (0) or upper (1) ends of a number; null where that side is open."""
    out = pa.nulls(chunk.size, pa.float64())
    bounds = numbers.bounds.get(atom, [])
    for value, where in chunk.facts.columns.get(atom, {}).items():
        if not where or not isinstance(value, Interval):
            continue
        end = value[side]
        if end in bounds and abs(end) < inf:
            bound = pa.scalar(end, pa.float64())
        elif atom in chunk.raw:  # as it was given; a number beyond every bound is known as endless alone
            bound = chunk.raw[atom][side]
        elif abs(end) == inf:
            continue
        else:
            bound = pa.scalar(_beyond(bounds, end, side), pa.float64())
        out = pc.if_else(from_mask(where, chunk.size), bound, out)
    spans = {row: span for row, p in chunk.alone.items() if isinstance(span := p.facts.get(atom), Interval)}
    if spans:
        cells = out.to_pylist()
        for row, span in spans.items():
            end = span[side]
            cells[row] = None if abs(end) == inf else end
        out = pa.array(cells, pa.float64())
    return out


def _beyond(bounds: list[float], end: float, side: int) -> float | None:
    """For a number that is only known to lie between two bounds: the lowest, or the highest, that it can be."""
    near = [b for b in bounds if b < end] if side == 0 else [b for b in bounds if b > end]
    if not near:
        return None
    return nextafter(near[-1], inf) if side == 0 else nextafter(near[0], -inf)
