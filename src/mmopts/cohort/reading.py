"""Columns of many patients to what they stated. A word is read once for each distinct cell that has it.

What is not plainly right is not judged here: such a row is `odd`, and is read by itself as a patient file would be.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mmopts.cohort.bits import from_mask, rows_of, to_mask
from mmopts.cohort.cells import FLAGS, NUMBERS, said, split_column
from mmopts.cohort.plan import HISTORY, ID
from mmopts.diagnostics import MANY, Diagnostic, QuestionError
from mmopts.facts import FACTS, OPEN_LISTS, Fact
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Cond, Interval, Value, leaves
from mmopts.patient.known import Statements
from mmopts.patient.reading import Reader
from mmopts.patient.settling import NO_LINES, ONE_LINE, value_of
from mmopts.patient.stated import Implied

LIMB = 62
"""Signals in one integer column."""
LONGEST = 64
"""A list of more words is read row by row."""
KEPT = 1 << 16
"""So many distinct cells or words of a fact are remembered from chunk to chunk."""
_PLAIN = r"^(0|[1-9][0-9]{0,6})(\.[0-9]{1,10})?$"
ODD, NONE, SOME = ("odd",), ("none",), ("some",)
Signal = tuple[Any, ...]
"""What a word says: (``atom``, atom, value), (``whole``,), (``last``, name), (``implied``, atom, value), or one of `ODD`,
`NONE`, `SOME`, or (``twice``, atom), which no two words of a cell may say."""


class Numbers:
    """Values of number atoms, told apart only where a condition does: a number between two bounds stands for all there."""

    def __init__(self, kb: Knowledge) -> None:
        self.bounds: dict[str, list[float]] = {}
        for atom, bound in _bounds(kb):
            self.bounds.setdefault(atom, []).append(bound)
        self.bounds = {atom: sorted(set(found)) for atom, found in self.bounds.items()}

    def stands(self, atom: str, number: float) -> float:
        """The number that stands for this one."""
        bounds = self.bounds.get(atom, ())
        at = bisect_left(bounds, number)
        if at < len(bounds) and bounds[at] == number:
            return number
        return self.inside(atom, at)

    def inside(self, atom: str, at: int) -> float:
        """A number between two neighbouring bounds, or beyond the last."""
        bounds = self.bounds.get(atom, ())
        if not bounds:
            return 0.0
        if at == 0:
            return bounds[0] - 1
        return bounds[-1] + 1 if at == len(bounds) else (bounds[at - 1] + bounds[at]) / 2

    def interval(self, atom: str, value: Interval) -> Interval:
        """The same for both ends."""
        return Interval(self.stands(atom, value.low), self.stands(atom, value.high))

    def value(self, atom: str, value: Value) -> Value:
        """The same for any value: what is no number stands for itself."""
        return self.interval(atom, value) if isinstance(value, Interval) else value

    def places(self, atom: str, numbers: Any) -> Any:
        """For a float array: twice the number of bounds below each number, and one more if it is a bound."""
        out = pa.scalar(0, pa.int16())
        for bound in self.bounds.get(atom, ()):
            for test in (pc.greater, pc.greater_equal):
                out = pc.add(out, pc.cast(test(numbers, bound), pa.int16()))
        return out if isinstance(out, pa.Array) else pa.repeat(pa.scalar(0, pa.int16()), len(numbers))

    def number(self, atom: str, place: int) -> float:
        """The number that stands at a place of `places`."""
        return self.bounds[atom][place // 2] if place % 2 else self.inside(atom, place // 2)


def conditions(kb: Knowledge) -> Iterable[Cond]:
    """Every condition that verdicts, labels and settling ask for."""
    for regimen in kb.regimens.values():
        yield regimen.verdict
        yield from (c for c in regimen.labels.values() if c is not None)
        yield regimen.indicated
        yield from (rule.cond for rule in regimen.forbids)
    for tool in kb.fitness:
        yield tool.applies
        yield from (item.cond for item in tool.items)
    yield from (rule.when for rule in kb.presumptions if rule.when is not None)


def _bounds(kb: Knowledge) -> Iterable[tuple[str, float]]:
    for leaf in leaves(conditions(kb)):
        if leaf.test in (">=", "<="):
            yield leaf.fact, float(leaf.value)  # type: ignore[arg-type]
    given = [g for rule in kb.entailments for g in (rule.given, *rule.then)]
    given += [g for rule in kb.presumptions for g in rule.then]
    for one in given:
        value = value_of(one)
        if isinstance(value, Interval):
            yield from ((one.atom, end) for end in value)
    yield from (("lines", end) for end in (*NO_LINES, *ONE_LINE, FACTS["lines"].high))


class Lexicon:
    """What words and cells say, remembered from chunk to chunk."""

    def __init__(self, kb: Knowledge) -> None:
        self.kb, self.numbers = kb, Numbers(kb)
        self._words: dict[str, dict[str | None, int]] = {}
        self.signals: dict[str, dict[Signal, int]] = {}
        self._cells: dict[str, dict[str, Value | None]] = {}
        self.ranges: dict[tuple[str, str], Interval] = {}
        self._faults: dict[tuple[str, str, bool], tuple[Diagnostic, ...]] = {}

    def word(self, name: str, word: str | None) -> int:
        """The signals of one word of a list, a bit each; None stands for an empty list."""
        known = self._words.setdefault(name, {})
        found = known.get(word)
        if found is None:
            if len(known) > KEPT:
                known.clear()
            signals = self.signals.setdefault(name, {})
            found = 0
            for signal in self._read(FACTS[name], word):
                found |= 1 << signals.setdefault(signal, len(signals))
            known[word] = found
        return found

    def _read(self, fact: Fact, word: str | None) -> Iterable[Signal]:
        problems = list(_FAULTS)
        reader = Reader(self.kb, problems, [])
        stated = reader.read({fact.name: [] if word is None else word if fact.kind == "months" else [word]})
        if len(problems) > MANY:
            return [ODD]
        out: list[Signal] = []
        for atom, value in stated.atoms.items():
            out.append(("atom", atom, self.numbers.value(atom, value)))
            if fact.kind == "months":
                out.append(("twice", atom))
        out += [("whole",)] if stated.whole else []
        out += [("last", name) for name in stated.last]
        out += [("implied", i.atom, i.value) for i in stated.implied]
        if fact.kind == "drugs":
            out.append(NONE if word is None or word.strip().casefold() == "none" else SOME)
        return out

    def faults(self, name: str, value: Any, incomplete: bool) -> tuple[Diagnostic, ...]:
        """What is wrong with one fact of a patient file by itself; looking for the nearest words is done once for each."""
        key = name, repr(value), incomplete
        found = self._faults.get(key)
        if found is None:
            if len(self._faults) > KEPT:
                self._faults.clear()
            problems: list[Diagnostic] = []
            Reader(self.kb, problems, []).read({name: value, **({f"{name}_incomplete": True} if incomplete else {})})
            found = self._faults[key] = tuple(problems)
        return found

    def cell(self, fact: Fact, cell: str) -> Value | None:
        """What a cell of a single value says; None where it is odd. An empty cell must not come here."""
        known = self._cells.setdefault(fact.name, {})
        if cell not in known:
            if len(known) > KEPT:
                known.clear()
                self.ranges.clear()
            problems = list(_FAULTS)
            stated = Reader(self.kb, problems, []).read({fact.name: said(fact.name, cell)})
            value = stated.atoms.get(fact.atom) if len(problems) == MANY else None
            known[cell] = None if value is None else self.numbers.value(fact.atom, value)
            if isinstance(value, Interval):
                self.ranges[fact.name, cell] = value
        return known[cell]


_FAULTS = [Diagnostic("", "")] * MANY
"""Faults that are there already: a reader then looks for no nearest words, which takes long."""


class Batch:
    """One chunk being read: what was stated, and the rows that are `odd`.

    `raw`: by number, its ends as they were given, if they are asked for with `keep`.
    """

    def __init__(self, lexicon: Lexicon, count: int, keep: bool = False) -> None:
        self.keep = keep
        self.raw: dict[str, tuple[Any, Any]] = {}
        self.lexicon, self.count = lexicon, count
        self.every = (1 << count) - 1
        self.odd = 0
        self.columns: dict[str, dict[Value, int]] = {}
        self.whole: dict[str, int] = {}
        self.last: dict[str, int] = {}
        self.implied: dict[Implied, int] = {}
        self.open: dict[str, int] = {}

    def read(self, columns: dict[str, Any]) -> Statements:
        """Read columns by name."""
        ranges: dict[str, dict[str, Any]] = {}
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
        open_ = {name.removesuffix("_incomplete"): where for name, where in self.open.items()}
        return Statements(self.count, self.columns, self.whole, self.last, self.implied, open_)

    def _put(self, atom: str, value: Value, where: int) -> None:
        if where:
            column = self.columns.setdefault(atom, {})
            column[value] = column.get(value, 0) | where

    # --- one value a cell ------------------------------------------------------------------------

    def _flag(self, array: Any) -> tuple[int, int]:
        """The rows that say yes, and those that say no."""
        if pa.types.is_boolean(array.type):
            yes = to_mask(array)
            return yes, to_mask(array.is_valid()) & ~yes
        if _numeric(array):
            yes, no, missing = to_mask(pc.equal(array, 1)), to_mask(pc.equal(array, 0)), to_mask(_missing(array))
            self.odd |= self.every & ~(yes | no | missing)
            return yes, no
        cells, codes = _encoded(as_text(array))
        masks = {True: 0, False: 0}
        for value, where in self._groups([_flag_of(c) for c in cells.to_pylist()], codes).items():
            masks[value] |= where
        return masks[True], masks[False]

    def _groups(self, values: Sequence[Any], codes: Any) -> dict[Any, int]:
        """Rows by the value of their cell; a value of None makes odd, one of "" is no value."""
        kinds: dict[Any, int] = {}
        of = pa.array([kinds.setdefault(v, len(kinds)) for v in values], pa.int32())
        found = of.take(codes) if len(of) else pa.nulls(len(codes), pa.int32())
        out = {}
        for value, kind in kinds.items():
            where = to_mask(pc.equal(found, kind))
            if value is None:
                self.odd |= where
            elif value != "":
                out[value] = where
        return out

    def _cells(self, fact: Fact, text: Any) -> None:
        cells, codes = _encoded(text)
        values = ["" if not c.strip() else self.lexicon.cell(fact, c) for c in cells.to_pylist()]
        for value, where in self._groups(values, codes).items():
            self._put(fact.atom, value, where)

    # --- numbers ---------------------------------------------------------------------------------

    def _numbers(self, fact: Fact, ends: dict[str, Any]) -> None:
        if "" in ends and len(ends) == 1:
            array = ends[""]
            if pa.types.is_struct(array.type):
                ends = {f.name: pc.struct_field(array, f.name) for f in array.type if f.name in ("min", "max")}
            elif not _numeric(array):
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

    def _keep(self, fact: Fact, where: int, low: Any, high: Any) -> None:
        """Keep the ends of some rows as they were given."""
        if self.keep:
            have = self.raw.get(fact.atom, (low, high))
            chosen = from_mask(where, self.count)
            self.raw[fact.atom] = pc.if_else(chosen, low, have[0]), pc.if_else(chosen, high, have[1])

    def _end(self, fact: Fact, array: Any, default: float) -> Any:
        """One end of ranges as floats, `default` where it is left out; a row whose end is no such number is odd."""
        if array is None:
            return pa.repeat(pa.scalar(default, pa.float64()), self.count)
        if not _numeric(array):
            text = pc.utf8_trim_whitespace(as_text(array))
            plain = pc.match_substring_regex(text, _PLAIN)
            self.odd |= to_mask(pc.invert(pc.or_(plain, pc.equal(text, ""))))
            array = pc.cast(pc.if_else(plain, text, pa.scalar(None, pa.string())), pa.float64())
        array = pc.cast(array, pa.float64(), safe=False)
        good = pc.and_(pc.greater_equal(array, fact.low), pc.less_equal(array, fact.high))
        if fact.whole:
            good = pc.and_(good, pc.equal(pc.floor(array), array))
        self.odd |= self.every & ~to_mask(good) & ~to_mask(_missing(array))
        return pc.fill_null(pc.if_else(pc.is_finite(array), array, pa.scalar(None, pa.float64())), default)

    def _number_cells(self, fact: Fact, text: Any) -> None:
        cells, codes = _encoded(text)
        trimmed = pc.utf8_trim_whitespace(cells)
        plain = pc.fill_null(pc.match_substring_regex(trimmed, _PLAIN), False)
        values = Batch(self.lexicon, len(cells), self.keep)
        values._numbers(fact, {"": pc.cast(pc.if_else(plain, trimmed, pa.scalar(None, pa.string())), pa.float64())})
        found: list[Any] = [None] * len(cells)
        for value, where in values.columns.get(fact.atom, {}).items():
            for at in rows_of(where):
                found[at] = value
        texts = cells.to_pylist()
        for at in rows_of(to_mask(pc.invert(plain))):
            found[at] = "" if not texts[at].strip() else self.lexicon.cell(fact, texts[at])
        for value, where in self._groups(found, codes).items():
            self._put(fact.atom, value, where)
        if self.keep and len(cells):
            ends = []
            for side in (0, 1):
                plainly = values.raw[fact.atom][side] if fact.atom in values.raw else pa.nulls(len(cells), pa.float64())
                spoken = [self.lexicon.ranges.get((fact.name, c), (None, None))[side] for c in texts]
                ends.append(pc.if_else(plain, plainly, pa.array(spoken, pa.float64())).take(codes))
            self._keep(fact, self.every, *ends)

    # --- lists -----------------------------------------------------------------------------------

    def _words(self, fact: Fact, array: Any) -> None:
        """A list of words a row: signals of words, drawn together by row, then told apart into masks."""
        limbs, used, odd = self._signals(fact, array)
        masks: dict[Signal, int] = {}
        for signal, bit in self.lexicon.signals.get(fact.name, {}).items():
            if used >> bit & 1:
                limb = limbs[bit // LIMB]
                masks[signal] = to_mask(pc.not_equal(pc.bit_wise_and(limb, pa.scalar(1 << bit % LIMB, pa.int64())), 0))
        self.odd |= odd | masks.get(ODD, 0) | (masks.get(NONE, 0) & masks.get(SOME, 0))
        incomplete = self.open.get(f"{fact.name}_incomplete", 0)
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

    def _signals(self, fact: Fact, array: Any) -> tuple[list[Any], int, int]:
        """By row, the signals of its words in columns of `LIMB` bits; the signals that occur; the rows that are odd."""
        text = not _listed(array)
        if text:
            cells, codes = _encoded(as_text(array))
            lists = _split(cells)
        else:
            lists, codes = _as_words(array), None
        words = lists.flatten()
        words = pc.dictionary_encode(words if text else pc.fill_null(words, "\0"))
        known = [self.lexicon.word(fact.name, w) if w else 0 for w in words.dictionary.to_pylist()]
        empty = 0 if text else self.lexicon.word(fact.name, None)
        used = empty
        for bits in known:
            used |= bits
        signals = self.lexicon.signals.get(fact.name, {})
        twice = sum(1 << bit for signal, bit in signals.items() if signal[0] == "twice")
        size = max(1, -(-len(signals) // LIMB))
        lengths = pc.fill_null(pc.list_value_length(lists), 0)
        longest = min(pc.max(lengths).as_py() or 0, LONGEST) if len(lists) else 0
        firsts = pc.subtract(pc.cumulative_sum(lengths), lengths)
        out, again = [], None
        slots = [
            words.indices.take(pc.if_else(pc.greater(lengths, k), pc.add(firsts, k), pa.scalar(None, pa.int32())))
            for k in range(longest)
        ]
        for limb in range(size):
            mask = (1 << LIMB) - 1
            table = pa.array([bits >> limb * LIMB & mask for bits in known], pa.int64())
            start = empty >> limb * LIMB & mask
            nothing = pc.and_(pc.equal(lengths, 0), lists.is_valid())
            row = pc.if_else(nothing, pa.scalar(start, pa.int64()), pa.scalar(0, pa.int64()))
            alone = pa.scalar(twice >> limb * LIMB & mask, pa.int64())
            for slot in slots:
                more = pc.fill_null(table.take(slot), 0) if len(table) else row
                if alone.as_py():
                    common = pc.not_equal(pc.bit_wise_and(pc.bit_wise_and(row, more), alone), 0)
                    again = common if again is None else pc.or_(again, common)
                row = pc.bit_wise_or(row, more)
            out.append(row)
        odd = pc.greater(lengths, LONGEST)
        odd = odd if again is None else pc.or_(odd, again)
        if codes is not None:
            out = [pc.fill_null(row.take(codes), 0) for row in out]
            odd = odd.take(codes)
        return out, used, to_mask(odd)


def _flag_of(cell: str) -> Any:
    """True, False, "" for an empty cell, None for what is neither."""
    if not cell.strip():
        return ""
    found = said(next(iter(FLAGS)), cell)
    return found if isinstance(found, bool) else None


def _valid(array: Any) -> int:
    if array is None:
        return 0
    if _numeric(array):
        return to_mask(pc.invert(_missing(array)))
    return to_mask(pc.not_equal(pc.utf8_trim_whitespace(as_text(array)), ""))


def _missing(array: Any) -> Any:
    """Null, or not a number."""
    return array.is_null(nan_is_null=True)


def _numeric(array: Any) -> bool:
    return bool(pa.types.is_integer(array.type) or pa.types.is_floating(array.type))


def _listed(array: Any) -> bool:
    kind = array.type
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_map(kind))


def readable(name: str, array: Any) -> Any:
    """A column in a form that is read: text, yes and no, numbers, lists of text, a range, months by drug, treatments.

    Raises QuestionError for a type that holds no such fact, and for bytes that are no text.
    """
    if pa.types.is_string(array.type):
        return array
    try:
        return _entries(array) if name == HISTORY else _of_type(name, array)
    except (pa.ArrowException, AttributeError) as error:  # an older pyarrow lacks what a newer type needs
        kind = str(array.type)[:80]
        text = f"column {name!r} of the type {kind} cannot be read: {str(error).splitlines()[0][:120]}."
        raise QuestionError([Diagnostic("bad-value", text, name, kind)]) from None


def _of_type(name: str, array: Any) -> Any:
    array, (fact, end) = plain(array), split_column(name)
    kind = array.type
    months = fact in FACTS and FACTS[fact].kind == "months"
    if pa.types.is_struct(kind) and fact in NUMBERS and not end:
        ends = {f.name: plain(pc.struct_field(array, f.name)) for f in kind if f.name in ("min", "max")}
        if not ends or any(pa.types.is_nested(one.type) for one in ends.values()):
            raise pa.ArrowNotImplementedError("a range has numbers as min and max")
        return pa.StructArray.from_arrays([*ends.values()], [*ends])
    if pa.types.is_struct(kind) and months:
        if any(pa.types.is_nested(field.type) for field in kind):
            raise pa.ArrowNotImplementedError("months are one number a drug")
        texts = {field.name: as_text(plain(pc.struct_field(array, field.name))) for field in kind}
        if not texts:
            return pa.nulls(len(array), pa.string())
        words = [pc.fill_null(pc.binary_join_element_wise(drug, text, "="), "") for drug, text in texts.items()]
        joined = pc.binary_join_element_wise(*words, ";")  # to skip nulls there would leave out the rows that have no other
        return pc.utf8_trim(pc.replace_substring_regex(joined, ";+", ";"), ";")
    if pa.types.is_map(kind) and months:
        as_text(plain(array.keys)), as_text(plain(array.items))
        return array
    if name == ID and pa.types.is_nested(kind):
        raise pa.ArrowNotImplementedError("an id is one word or one number")
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        if pa.types.is_nested(kind.value_type):
            raise pa.ArrowNotImplementedError("a list of lists or of groups")
        if pa.types.is_fixed_size_list(kind):  # what is null there has words all the same
            array = pa.array(array.to_pylist(), pa.list_(kind.value_type))
        return pc.cast(array, pa.list_(pa.string()))
    if pa.types.is_nested(kind):
        raise pa.ArrowNotImplementedError("it holds groups")
    return array if _numeric(array) or pa.types.is_boolean(kind) else pc.cast(array, pa.string())


def _entries(array: Any) -> Any:
    """Lists of treatments whose values are as plain as those of a column: days are days, whatever the time zone."""
    kind = array.type
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)) or not pa.types.is_struct(kind.value_type):
        return array
    array = pc.cast(array, pa.list_(kind.value_type))
    rows = array.flatten()
    columns = [_value(pc.struct_field(rows, at)) for at in range(rows.type.num_fields)]
    fields = [field.name for field in rows.type]
    entries = pa.StructArray.from_arrays(columns, fields, mask=rows.is_null()) if fields else rows
    lengths = pc.fill_null(pc.list_value_length(array), 0)
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cast(pc.cumulative_sum(lengths), pa.int32())])
    return pa.ListArray.from_arrays(offsets, entries, mask=array.is_null())


def _value(array: Any) -> Any:
    """One key of treatments."""
    kind = array.type
    if pa.types.is_timestamp(kind):
        return pc.cast(array, pa.timestamp("us"), safe=False)
    if pa.types.is_duration(kind):
        raise pa.ArrowNotImplementedError("a duration is no date")
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return array if pa.types.is_nested(kind.value_type) else pc.cast(array, pa.list_(pa.string()))
    return plain(array)


def plain(array: Any) -> Any:
    """A column without what is only a way to store it: a dictionary, bytes of text, decimals, short floats."""
    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return plain(array.storage)
    if pa.types.is_dictionary(kind):
        return plain(array.dictionary_decode())
    if pa.types.is_decimal(kind) or pa.types.is_float16(kind):
        return pc.cast(array, pa.float64())
    if pa.types.is_fixed_size_binary(kind):
        array = pc.cast(array, pa.binary())
    return pc.cast(array, pa.string()) if pa.types.is_fixed_size_binary(kind) or _stringy(kind) else array


def _stringy(kind: Any) -> bool:
    """Whether a type is text or bytes in another form than that of `pa.string`."""
    others = ("large_string", "string_view", "binary", "large_binary", "binary_view", "null")
    return str(kind) in others


def as_text(array: Any) -> Any:
    """Any array as text, null where there is nothing."""
    if pa.types.is_dictionary(array.type):
        array = pc.cast(array, array.type.value_type)
    if _listed(array):
        return pc.binary_join(pc.cast(array, pa.list_(pa.string())), ";")
    return array if pa.types.is_string(array.type) else pc.cast(array, pa.string())


def _as_words(array: Any) -> Any:
    """A list of words a row; a map of numbers as ``name=number``."""
    if pa.types.is_map(array.type):
        words = pc.binary_join_element_wise(pc.cast(array.keys, pa.string()), pc.cast(array.items, pa.string()), "=")
        return pa.ListArray.from_arrays(array.offsets, words, mask=array.is_null() if array.null_count else None)
    return pc.cast(array, pa.list_(pa.string()))


def _encoded(text: Any) -> tuple[Any, Any]:
    """The distinct cells, and which of them each row has (null where it has none)."""
    found = pc.dictionary_encode(text)
    return found.dictionary, found.indices


_KEPT_SIGNS = ((";", "\x01"), (",", "\x02"))
"""What stands in brackets for a sign that would otherwise part two words."""


def _split(cells: Any) -> Any:
    """Cells to lists of words, as `cells.words_of` does."""
    bracketed = pc.any(pc.match_substring(cells, "(")).as_py() if len(cells) else False
    if bracketed:
        for sign, kept in _KEPT_SIGNS:
            cells = pc.replace_substring_regex(cells, rf"\(([^();,]*){sign}([^();,]*)\)", rf"(\1{kept}\2)")
        lists = pc.split_pattern_regex(cells, "[;,]")
        words = lists.flatten()
        for sign, kept in _KEPT_SIGNS:
            words = pc.replace_substring(words, kept, sign)
    else:
        lists = pc.split_pattern_regex(cells, "[;,]")
        words = lists.flatten()
    return pa.ListArray.from_arrays(lists.offsets, pc.utf8_trim_whitespace(words))
