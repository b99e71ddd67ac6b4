"""CSV: a row for each entry of an answer's main list, figures as numbers with their units in the heads.

The last column of each row is the version of the knowledge base. A text that a spreadsheet would run as a formula is
made text by an apostrophe.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from typing import Any

from mmopts.answers import forms
from mmopts.record import Record
from mmopts.render.csvrows import TABLES
from mmopts.render.plain import plain

_VERSION = "knowledge_version"
_FORMULA = ("=", "+", "-", "@")


def csv_text(answer: Record) -> str:
    """An answer as CSV with a head line. Raises KeyError for a record that is no answer."""
    return csv_head(type(answer)) + csv_rows(answer)


def csv_head(kind: type) -> str:
    """The head line of the answers of a kind."""
    held = StringIO()
    csv.writer(held, lineterminator="\n").writerow(_heads(kind))
    return held.getvalue()


def csv_rows(answer: Record) -> str:
    """The rows of an answer, without a head."""
    known: forms.KnowledgeHead | None = getattr(answer, "knowledge", None)
    version = known.version if known else ""
    held = StringIO()
    out = csv.DictWriter(held, _heads(type(answer)), lineterminator="\n")
    for row in TABLES[type(answer)].rows(answer):
        out.writerow({head: _cell(value) for head, value in row.items()} | {_VERSION: _cell(version)})
    return held.getvalue()


def _heads(kind: type) -> Sequence[str]:
    return (*TABLES[kind].heads, _VERSION)


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
