"""Parquet files whose columns have types that nobody expects, for `fuzz.py`; pyarrow writes them where it is installed."""

from __future__ import annotations

import contextlib
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

ARROW: dict[str, Callable[[Any], Any]] = {
    "string": lambda pa: pa.string(),
    "large_string": lambda pa: pa.large_string(),
    "string_view": lambda pa: getattr(pa, "string_view", pa.string)(),  # since pyarrow 16
    "dictionary": lambda pa: pa.dictionary(pa.int8(), pa.string()),
    "dictionary_of_numbers": lambda pa: pa.dictionary(pa.int32(), pa.int64()),
    "list": lambda pa: pa.list_(pa.string()),
    "large_list": lambda pa: pa.large_list(pa.large_string()),
    "fixed_list": lambda pa: pa.list_(pa.string(), 2),
    "list_of_numbers": lambda pa: pa.list_(pa.float64()),
    "list_of_lists": lambda pa: pa.list_(pa.list_(pa.string())),
    "struct": lambda pa: pa.struct([("min", pa.int64()), ("max", pa.int64())]),
    "map": lambda pa: pa.map_(pa.string(), pa.int32()),
    "timestamp": lambda pa: pa.timestamp("us", "UTC"),
    "date": lambda pa: pa.date32(),
    "time": lambda pa: pa.time64("us"),
    "duration": lambda pa: pa.duration("s"),
    "decimal": lambda pa: pa.decimal128(20, 3),
    "binary": lambda pa: pa.binary(),
    "large_binary": lambda pa: pa.large_binary(),
    "fixed_binary": lambda pa: pa.binary(4),
    "null": lambda pa: pa.null(),
    "bool": lambda pa: pa.bool_(),
    "int8": lambda pa: pa.int8(),
    "uint64": lambda pa: pa.uint64(),
    "half": lambda pa: pa.float16(),
    "treatments": lambda pa: pa.list_(pa.struct([("regimen", pa.binary()), ("start", pa.timestamp("ns", "UTC"))])),
    "treatments_of_any": lambda pa: pa.list_(pa.struct([("drugs", pa.map_(pa.string(), pa.string())), ("x", pa.null())])),
    "double": lambda pa: pa.float64(),
}
"""The types of columns."""


def write_parquet(text: str, file: Path) -> None:
    """Write what a case says of a table; a value that a type cannot hold is made to fit, or left out."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = json.loads(text)["columns"]
    arrays = [pa.chunked_array([_array(pa, ARROW[kind](pa), values)]) for _, kind, values in columns]
    table = pa.Table.from_arrays(arrays, names=[name for name, _, _ in columns])
    with contextlib.suppress(pa.ArrowNotImplementedError):  # what Parquet has no form for
        pq.write_table(table, file)
    if not file.exists():
        kept = [i for i, (_, kind, _) in enumerate(columns) if kind in ("string", "double", "list")]
        pq.write_table(table.select(kept) if kept else pa.table({"prior": ["len"]}), file)


def _array(pa: Any, kind: Any, values: list[Any]) -> Any:
    made = [_fitting(pa, kind, value) for value in values]
    if pa.types.is_map(kind):  # nulls of a map have entries that are none
        made = [one if one is not None else pa.array([[]], kind) for one in made]
    found = [one if one is not None else pa.nulls(1, kind) for one in made]
    return pa.concat_arrays(found) if found else pa.nulls(0, kind)


def _fitting(pa: Any, kind: Any, value: Any) -> Any:
    """An array of one value of this type, made from what is at hand; None where that cannot be."""
    if value is None:
        return None
    text = str(value).encode("utf-8", "replace").decode()
    tries: list[Any] = [value, [value], text, [text], text.encode(), len(text), {"min": len(text)}, text.encode()[:4]]
    if pa.types.is_map(kind):  # what is no pair ends the process
        tries = [list(value.items()) if isinstance(value, dict) else [(text, len(text))], [(text, None)], []]
    for one in tries:
        with contextlib.suppress(pa.ArrowException, TypeError, ValueError, OverflowError, AttributeError):
            return pa.array([one], kind)
    return None


def has_pyarrow() -> bool:
    """Whether Parquet can be written here."""
    return importlib.util.find_spec("pyarrow") is not None
