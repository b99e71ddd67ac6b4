"""Columns of any Arrow type in the few forms that are read: text, yes and no, numbers, lists of words, treatments."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from mmopts.cohort.cells import NUMBERS, split_column
from mmopts.cohort.heads import ID
from mmopts.diagnostics import REASON, Diagnostic, QuestionError, cut
from mmopts.facts import FACTS, TREATMENTS

_STRINGY = ("large_string", "string_view", "binary", "large_binary", "binary_view", "null")
"""Types that hold text or bytes in another form than `pa.string` does."""


def readable(name: str, array: pa.Array) -> pa.Array:
    """A column in a form that is read: text, yes and no, numbers, lists of text, a range, months by drug, treatments.

    Raises QuestionError for a type that holds no such fact, and for bytes that are no text.
    """
    if pa.types.is_string(array.type):
        return array
    try:
        return _entries(array) if name == TREATMENTS else _of_type(name, array)
    except (pa.ArrowException, AttributeError) as error:  # an older pyarrow lacks what a newer type needs
        kind = cut(str(array.type))
        text = f"column {name!r} of the type {kind} cannot be read: {cut(str(error).splitlines()[0], REASON)}."
        raise QuestionError([Diagnostic("bad-value", text, name, kind)]) from None


def _of_type(name: str, array: pa.Array) -> pa.Array:
    """A column as text, numbers, lists of text or ranges in structs. Raises ArrowNotImplementedError for another."""
    array, (fact, end) = _plain(array), split_column(name)
    kind = array.type
    months = fact in FACTS and FACTS[fact].kind == "months"
    if pa.types.is_struct(kind) and fact in NUMBERS and not end:
        ends = {f.name: _plain(pc.struct_field(array, f.name)) for f in kind if f.name in ("min", "max")}
        if not ends or any(pa.types.is_nested(end.type) for end in ends.values()):
            raise pa.ArrowNotImplementedError("a range has numbers as min and max")
        return pa.StructArray.from_arrays([*ends.values()], [*ends])
    if pa.types.is_struct(kind) and months:
        if any(pa.types.is_nested(field.type) for field in kind):
            raise pa.ArrowNotImplementedError("months are one number a drug")
        texts = {field.name: as_text(_plain(pc.struct_field(array, field.name))) for field in kind}
        if not texts:
            return pa.nulls(len(array), pa.string())
        words = [pc.fill_null(pc.binary_join_element_wise(drug, text, "="), "") for drug, text in texts.items()]
        joined = pc.binary_join_element_wise(*words, ";")  # to skip nulls there would leave out the rows that have no other
        return pc.utf8_trim(pc.replace_substring_regex(joined, ";+", ";"), ";")
    if pa.types.is_map(kind) and months:
        if pa.types.is_nested(kind.item_type):
            raise pa.ArrowNotImplementedError("months are one number a drug")
        as_text(_plain(array.keys)), as_text(_plain(array.items))
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
    return array if is_numeric(array) or pa.types.is_boolean(kind) else pc.cast(array, pa.string())


def _entries(array: pa.Array) -> pa.Array:
    """Lists of treatments whose values are as plain as those of a column: a day is that of its time zone."""
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


def _value(array: pa.Array) -> pa.Array:
    """One key of treatments."""
    kind = array.type
    if pa.types.is_timestamp(kind):
        return pc.cast(_plain(array), pa.timestamp("us"), safe=False)
    if pa.types.is_duration(kind):
        raise pa.ArrowNotImplementedError("a duration is no date")
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return array if pa.types.is_nested(kind.value_type) else pc.cast(array, pa.list_(pa.string()))
    return _plain(array)


def _plain(array: pa.Array) -> pa.Array:
    """A column without what is only a way to store it: a dictionary, bytes of text, decimals, short floats, a time zone."""
    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return _plain(array.storage)
    if pa.types.is_dictionary(kind):
        return _plain(array.dictionary_decode())
    if pa.types.is_timestamp(kind) and kind.tz:
        return _local(array)
    if pa.types.is_decimal(kind) or pa.types.is_float16(kind):
        return pc.cast(array, pa.float64())
    if pa.types.is_fixed_size_binary(kind):
        array = pc.cast(array, pa.binary())
    return pc.cast(array, pa.string()) if pa.types.is_fixed_size_binary(kind) or str(kind) in _STRINGY else array


def _local(array: pa.Array) -> pa.Array:
    """Moments as the clock of their own time zone showed them: a day is the day there."""
    try:
        return pc.local_timestamp(array)
    except pa.ArrowInvalid:
        raise pa.ArrowNotImplementedError("its time zone is not known here") from None


def as_text(array: pa.Array) -> pa.Array:
    """Any array as text, null where there is nothing or no number."""
    if pa.types.is_floating(array.type):
        array = pc.if_else(where_missing(array), pa.scalar(None, array.type), array)
    if is_listed(array):
        return pc.binary_join(pc.cast(array, pa.list_(pa.string())), ";")
    return array if pa.types.is_string(array.type) else pc.cast(array, pa.string())


def as_words(array: pa.Array) -> pa.Array:
    """A list of words a row; a map of numbers as ``name=number``."""
    if pa.types.is_map(array.type):
        words = pc.binary_join_element_wise(pc.cast(array.keys, pa.string()), pc.cast(array.items, pa.string()), "=")
        return pa.ListArray.from_arrays(array.offsets, words, mask=array.is_null() if array.null_count else None)
    return pc.cast(array, pa.list_(pa.string()))


def is_listed(array: pa.Array) -> bool:
    """Whether each row has several values: a list, or a map."""
    kind = array.type
    return bool(pa.types.is_list(kind) or pa.types.is_map(kind))


def is_numeric(array: pa.Array) -> bool:
    """Whether it holds numbers."""
    return bool(pa.types.is_integer(array.type) or pa.types.is_floating(array.type))


def where_missing(array: pa.Array) -> pa.Array:
    """The rows that have no value: null, or not a number."""
    return array.is_null(nan_is_null=True)


def encoded(text: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The distinct cells, and which of them each row has (null where it has none)."""
    dictionary = pc.dictionary_encode(text)
    return dictionary.dictionary, dictionary.indices


_KEPT_SIGNS = ((";", "\x01"), (",", "\x02"))
"""What stands in brackets for a sign that would otherwise part two words."""


def split_cells(cells: pa.Array) -> pa.Array:
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
