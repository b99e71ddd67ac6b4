"""From columns of many patients to what they stated. Equal cells are read once, however many rows have them.

A row that is not plainly right is `odd`: it is not read here but by itself, as a patient file would be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mmopts.cohort.arrays import as_text, as_words, encoded, is_listed, is_numeric, split_cells, where_missing
from mmopts.cohort.bits import from_mask, to_mask
from mmopts.cohort.cells import FLAGS, PLAIN_NUMBER, said, split_column
from mmopts.cohort.lexicon import NONE, ODD, SOME, Lexicon, Signal
from mmopts.facts import FACTS, INCOMPLETE, OPEN_LISTS, Fact, incomplete_key
from mmopts.logic import Interval, Value, worlds_of
from mmopts.patient.known import Statements
from mmopts.patient.stated import Implied

LIMB = 62
"""The number of signals that one column of integers holds."""
LONGEST = 64
"""A list of more words is read row by row."""
_PLAIN = f"^{PLAIN_NUMBER}$"


class Batch:
    """One chunk being read: what was stated, and the rows that are `odd`.

    `raw`: by number, its ends as they were given, if they are asked for with `keep`.
    """

    def __init__(self, lexicon: Lexicon, count: int, keep: bool = False) -> None:
        self.keep = keep
        self.raw: dict[str, tuple[pa.Array, pa.Array]] = {}
        self.lexicon, self.count = lexicon, count
        self.every = (1 << count) - 1
        self.odd = 0
        self.columns: dict[str, dict[Value, int]] = {}
        self.whole: dict[str, int] = {}
        self.last: dict[str, int] = {}
        self.implied: dict[Implied, int] = {}
        self.open: dict[str, int] = {}

    def read(self, columns: Mapping[str, pa.Array]) -> Statements:
        """Read columns by name."""
        ranges: dict[str, dict[str, pa.Array]] = {}
        for name in OPEN_LISTS:
            if name in columns:
                self.open[name] = self._flag(columns[name])[0]
        for column, array in columns.items():
            name, end = split_column(column)
            if name in OPEN_LISTS:
                continue
            fact = FACTS[name]
            if fact.kind == "number":
                ranges.setdefault(name, {})[end] = array
            elif fact.kind == "flag":
                yes, no = self._flag(array)
                self._put(fact.atom, True, yes)
                self._put(fact.atom, False, no)
            elif fact.kind == "choice":
                self._cells(fact, as_text(array))
            else:
                self._words(fact, array)
        for name, ends in ranges.items():
            self._numbers(FACTS[name], ends)
        open_ = {name.removesuffix(INCOMPLETE): where for name, where in self.open.items()}
        return Statements(self.count, self.columns, self.whole, self.last, self.implied, open_)

    def _put(self, atom: str, value: Value, where: int) -> None:
        if where:
            column = self.columns.setdefault(atom, {})
            column[value] = column.get(value, 0) | where

    # --- one value a cell ------------------------------------------------------------------------

    def _flag(self, array: pa.Array) -> tuple[int, int]:
        """The rows that say yes and the rows that say no."""
        if pa.types.is_boolean(array.type):
            yes = to_mask(array)
            return yes, to_mask(array.is_valid()) & ~yes
        if is_numeric(array):
            if pa.types.is_uint64(array.type):
                array = pc.cast(array, pa.float64(), safe=False)
            yes, no, missing = to_mask(pc.equal(array, 1)), to_mask(pc.equal(array, 0)), to_mask(where_missing(array))
            self.odd |= self.every & ~(yes | no | missing)
            return yes, no
        cells, codes = encoded(as_text(array))
        masks = {True: 0, False: 0}
        for value, where in self._groups([_flag_of(c) for c in cells.to_pylist()], codes).items():
            masks[value] |= where
        return masks[True], masks[False]

    def _groups(self, values: Sequence[Any], codes: pa.Array) -> dict[Any, int]:
        """Rows by the value of their cell; None makes a row odd, "" is no value."""
        kinds: dict[Any, int] = {}
        of = pa.array([kinds.setdefault(v, len(kinds)) for v in values], pa.int32())
        kind_of_row = of.take(codes) if len(of) else pa.nulls(len(codes), pa.int32())
        out = {}
        for value, kind in kinds.items():
            where = to_mask(pc.equal(kind_of_row, kind))
            if value is None:
                self.odd |= where
            elif value != "":
                out[value] = where
        return out

    def _cells(self, fact: Fact, text: pa.Array) -> None:
        cells, codes = encoded(text)
        values = ["" if not c.strip() else self.lexicon.cell(fact, c) for c in cells.to_pylist()]
        for value, where in self._groups(values, codes).items():
            self._put(fact.atom, value, where)

    # --- numbers ---------------------------------------------------------------------------------

    def _numbers(self, fact: Fact, ends: dict[str, pa.Array]) -> None:
        """Numbers and ranges; `ends`: the columns of a fact by their end ("min", "max", "" for plain numbers)."""
        if "" in ends and len(ends) == 1:
            array = ends[""]
            if pa.types.is_struct(array.type):
                ends = {f.name: pc.struct_field(array, f.name) for f in array.type if f.name in ("min", "max")}
            elif not is_numeric(array):
                self._number_cells(fact, as_text(array))
                return
            else:
                ends = {"min": array, "max": array}
        elif "" in ends:  # a number and a range beside it: those who have only one of them are plain
            low, high = ends.get("min"), ends.get("max")
            both = to_mask(ends[""].is_valid()) & (_valid(low) | _valid(high))
            self.odd |= both
            self._numbers(fact, {"": ends.pop("")})
        low = self._end(fact, ends.get("min"), fact.low)
        high = low if ends.get("max") is ends.get("min") else self._end(fact, ends.get("max"), fact.high)
        given = _valid(ends.get("min")) | _valid(ends.get("max"))
        given &= ~self.odd
        if not given:
            return
        self.odd |= to_mask(pc.greater(low, high)) & given
        self._keep(fact, given, low, high)
        numbers = self.lexicon.numbers
        lows = numbers.places(fact.atom, low)
        highs = lows if low is high else numbers.places(fact.atom, high)
        wide = 2 * len(numbers.bounds.get(fact.atom, ())) + 1
        codes = pc.add(pc.multiply(pc.cast(lows, pa.int32()), wide), pc.cast(highs, pa.int32()))
        for code in pc.unique(codes).to_pylist():
            where = to_mask(pc.equal(codes, code)) & given
            pair = Interval(numbers.number(fact.atom, code // wide), numbers.number(fact.atom, code % wide))
            self._put(fact.atom, pair, where)

    def _keep(self, fact: Fact, where: int, low: pa.Array, high: pa.Array) -> None:
        """Keep the two ends of ranges in some rows as they were given."""
        if self.keep:
            have = self.raw.get(fact.atom, (low, high))
            chosen = from_mask(where, self.count)
            self.raw[fact.atom] = pc.if_else(chosen, low, have[0]), pc.if_else(chosen, high, have[1])

    def _end(self, fact: Fact, array: pa.Array | None, default: float) -> pa.Array:
        """One end of ranges as floats, `default` where it is left out; a row whose end is no such number is odd."""
        if array is None:
            return pa.repeat(pa.scalar(default, pa.float64()), self.count)
        if not is_numeric(array):
            text = pc.utf8_trim_whitespace(as_text(array))
            plain = pc.match_substring_regex(text, _PLAIN)
            self.odd |= to_mask(pc.invert(pc.or_(plain, pc.equal(text, ""))))
            array = pc.cast(pc.if_else(plain, text, pa.scalar(None, pa.string())), pa.float64())
        array = pc.cast(array, pa.float64(), safe=False)
        good = pc.and_(pc.greater_equal(array, fact.low), pc.less_equal(array, fact.high))
        if fact.whole:
            good = pc.and_(good, pc.equal(pc.floor(array), array))
        self.odd |= self.every & ~to_mask(good) & ~to_mask(where_missing(array))
        return pc.fill_null(pc.if_else(pc.is_finite(array), array, pa.scalar(None, pa.float64())), default)

    def _number_cells(self, fact: Fact, text: pa.Array) -> None:
        """Numbers in words, each different cell read once: plain ones by Arrow, ranges like ``2-4`` by the lexicon."""
        cells, codes = encoded(text)
        trimmed = pc.utf8_trim_whitespace(cells)
        plain = pc.fill_null(pc.match_substring_regex(trimmed, _PLAIN), False)
        values = Batch(self.lexicon, len(cells), self.keep)
        values._numbers(fact, {"": pc.cast(pc.if_else(plain, trimmed, pa.scalar(None, pa.string())), pa.float64())})
        by_cell: list[Any] = [None] * len(cells)
        for value, where in values.columns.get(fact.atom, {}).items():
            for at in worlds_of(where):
                by_cell[at] = value
        texts = cells.to_pylist()
        spoken: list[tuple[float | None, float | None]] = [(None, None)] * len(cells)
        for at in worlds_of(to_mask(pc.invert(plain))):
            by_cell[at] = "" if not texts[at].strip() else self.lexicon.cell(fact, texts[at])
            # Now: the lexicon forgets when it has read very many.
            spoken[at] = self.lexicon.ranges.get(fact.name, {}).get(texts[at], (None, None))[:2]
        for value, where in self._groups(by_cell, codes).items():
            self._put(fact.atom, value, where)
        if self.keep and len(cells):
            ends = []
            for side in (0, 1):
                plainly = values.raw[fact.atom][side] if fact.atom in values.raw else pa.nulls(len(cells), pa.float64())
                said_so = pa.array([both[side] for both in spoken], pa.float64())
                ends.append(pc.if_else(plain, plainly, said_so).take(codes))
            self._keep(fact, self.every, *ends)

    # --- lists -----------------------------------------------------------------------------------

    def _words(self, fact: Fact, array: pa.Array) -> None:
        """A list of words a row: signals of words, drawn together by row, then told apart into masks."""
        limbs, used, odd = self._signals(fact, array)
        masks: dict[Signal, int] = {}
        for signal, bit in self.lexicon.signals.get(fact.name, {}).items():
            if used >> bit & 1:
                limb = limbs[bit // LIMB]
                masks[signal] = to_mask(pc.not_equal(pc.bit_wise_and(limb, pa.scalar(1 << bit % LIMB, pa.int64())), 0))
        self.odd |= odd | masks.get(ODD, 0) | (masks.get(NONE, 0) & masks.get(SOME, 0))
        incomplete = self.open.get(incomplete_key(fact.name), 0)
        self.odd |= masks.get(NONE, 0) & incomplete
        for signal, where in masks.items():
            kind = signal[0]
            if kind == "atom":
                self._put(signal[1], signal[2], where)
            elif kind == "whole":
                self.whole[fact.name] = where & ~incomplete
            elif kind == "last":
                self.last[signal[1]] = where
            elif kind == "implied":
                key = Implied(signal[1], signal[2], "")
                self.implied[key] = self.implied.get(key, 0) | where
        if fact.kind != "months":
            for signal, where in masks.items():
                if signal[0] == "atom" and signal[2] is True:
                    self.odd |= where & masks.get(("atom", signal[1], False), 0)

    def _signals(self, fact: Fact, array: pa.Array) -> tuple[list[pa.Array], int, int]:
        """By row, the signals of its words in columns of `LIMB` bits; the signals that occur; the rows that are odd."""
        text = not is_listed(array)
        if text:
            cells, codes = encoded(as_text(array))
            lists = split_cells(cells)
        else:
            lists, codes = as_words(array), None
        words = lists.flatten()
        words = pc.dictionary_encode(words if text else pc.fill_null(words, "\0"))
        known = [self.lexicon.word(fact.name, w) if w else 0 for w in words.dictionary.to_pylist()]
        empty = 0 if text else self.lexicon.word(fact.name, None)
        used = empty
        for bits in known:
            used |= bits
        signals = self.lexicon.signals.get(fact.name, {})
        twice = sum(1 << bit for signal, bit in signals.items() if signal[0] == "twice")
        lengths = pc.fill_null(pc.list_value_length(lists), 0)
        nothing = pc.and_(pc.equal(lengths, 0), lists.is_valid())
        slots = _slots(words.indices, lengths)
        odd = pc.greater(lengths, LONGEST)
        limbs: list[pa.Array] = []
        for start in range(0, max(len(signals), 1), LIMB):
            of_limb = (bits >> start & (1 << LIMB) - 1 for bits in (empty, twice))
            limb, again = _limb([bits >> start & (1 << LIMB) - 1 for bits in known], slots, nothing, *of_limb)
            limbs.append(limb)
            odd = odd if again is None else pc.or_(odd, again)
        if codes is not None:
            limbs = [pc.fill_null(limb.take(codes), 0) for limb in limbs]
            odd = odd.take(codes)
        return limbs, used, to_mask(odd)


def _slots(words: pa.Array, lengths: pa.Array) -> list[pa.Array]:
    """The first word of each row, then the second, and so on: `words` of all rows, `lengths` how many each row has."""
    longest = min(pc.max(lengths).as_py() or 0, LONGEST) if len(lengths) else 0
    firsts = pc.subtract(pc.cumulative_sum(lengths), lengths)
    return [
        words.take(pc.if_else(pc.greater(lengths, k), pc.add(firsts, k), pa.scalar(None, pa.int32())))
        for k in range(longest)
    ]


def _limb(
    known: Sequence[int], slots: Sequence[pa.Array], nothing: pa.Array, empty: int, twice: int
) -> tuple[pa.Array, pa.Array | None]:
    """By row, the bits of its words, and where it says one of `twice` twice (None: nowhere).

    `known`: the bits of each word. `empty`: those of an empty list, which stands where there is `nothing`.
    """
    table = pa.array(known, pa.int64())
    row = pc.if_else(nothing, pa.scalar(empty, pa.int64()), pa.scalar(0, pa.int64()))
    again = None
    for slot in slots:
        more = pc.fill_null(table.take(slot), 0) if len(table) else row
        if twice:
            common = pc.not_equal(pc.bit_wise_and(pc.bit_wise_and(row, more), pa.scalar(twice, pa.int64())), 0)
            again = common if again is None else pc.or_(again, common)
        row = pc.bit_wise_or(row, more)
    return row, again


def _flag_of(cell: str) -> bool | str | None:
    """True or False; "" for an empty cell, None for anything else."""
    if not cell.strip():
        return ""
    flag = said(next(iter(FLAGS)), cell)
    return flag if isinstance(flag, bool) else None


def _valid(array: pa.Array | None) -> int:
    if array is None:
        return 0
    if is_numeric(array):
        return to_mask(pc.invert(where_missing(array)))
    return to_mask(pc.not_equal(pc.utf8_trim_whitespace(as_text(array)), ""))
