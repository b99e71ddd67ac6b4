"""CSV: a row for each entry of an answer's main list, figures as numbers with their units in the heads.

The last column of each row is the version of the knowledge base. A text that a spreadsheet would run as a formula is
made text by an apostrophe.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from io import StringIO
from typing import Any

from mmopts.answers import forms
from mmopts.record import Record
from mmopts.render.csvrows import ROWS
from mmopts.render.plain import plain

_FORMULA = ("=", "+", "-", "@")


def csv_text(answer: Record) -> str:
    """An answer as CSV with a head line. Raises KeyError for a record that is no answer."""
    return csv_head(type(answer)) + csv_rows(answer)


def csv_head(kind: type) -> str:
    """The head line of the answers of a kind."""
    held = StringIO()
    csv.writer(held, lineterminator="\n").writerow([*ROWS[kind][0], "knowledge_version"])
    return held.getvalue()


def csv_rows(answer: Record) -> str:
    """The rows of an answer, without a head."""
    _, row_of, entries_of = ROWS[type(answer)]
    known: forms.KnowledgeHead | None = getattr(answer, "knowledge", None)
    held = StringIO()
    out = csv.writer(held, lineterminator="\n").writerow
    write(out, (row_of(entry) for entry in entries_of(answer)), known.version if known else "")
    return held.getvalue()


def write(out: Callable[[Sequence[Any]], Any], rows: Iterable[Sequence[Any]], version: str) -> None:
    """Each row as cells, the version of the knowledge base behind it."""
    for row in rows:
        out([*(_cell(value) for value in row), _cell(version)])


def _cell(value: Any) -> Any:
    """A value as a cell: several values are joined by "; ", an unknown one is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return value
    text = "; ".join(plain(v) for v in value) if isinstance(value, (list, tuple)) else plain(value)
    return f"'{text}" if text.lstrip()[:1] in _FORMULA else text
