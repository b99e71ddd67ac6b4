"""Arrow's bitmaps as Python integers, one bit a patient, and back."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from mmopts.logic import Truth


def to_mask(array: pa.Array) -> int:
    """The rows at which a boolean array is true; a null is not."""
    count, offset = len(array), array.offset
    valid, data = array.buffers()
    if not count or data is None:
        return 0
    found = _bits(data, offset, count)
    return found & _bits(valid, offset, count) if valid is not None else found


def _bits(buffer: pa.Buffer, offset: int, count: int) -> int:
    found = int.from_bytes(memoryview(buffer)[: (offset + count + 7) // 8], "little")
    return (found >> offset) & ((1 << count) - 1)


def from_mask(mask: int, count: int) -> pa.BooleanArray:
    """A boolean array of `count` rows, true at the rows of the mask."""
    return pa.BooleanArray.from_buffers(pa.bool_(), count, [None, pa.py_buffer(mask.to_bytes((count + 7) // 8, "little"))])


def nullable(truth: Truth, count: int) -> pa.BooleanArray:
    """A boolean array of three values: true, false, null for unknown."""
    known = (truth.t | truth.f).to_bytes((count + 7) // 8, "little")
    value = truth.t.to_bytes((count + 7) // 8, "little")
    return pa.BooleanArray.from_buffers(pa.bool_(), count, [pa.py_buffer(known), pa.py_buffer(value)])


def in_words(truth: Truth, count: int, words: Sequence[str]) -> pa.DictionaryArray:
    """Three words, for true, unknown and false, as a dictionary array of `count` rows."""
    yes, no = (pc.cast(from_mask(bits, count), pa.int8()) for bits in truth)
    codes = pc.add(pc.subtract(pa.scalar(1, pa.int8()), yes), no)
    return pa.DictionaryArray.from_arrays(codes, pa.array(words))
