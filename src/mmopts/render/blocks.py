"""What a screen is made of: headings, lines and tables. Every output format writes the same blocks in its own way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

View = frozenset[str]
"""What is opened of that which a screen folds: ``all``, ``why_not``."""


class Heading(NamedTuple):
    """The title of what follows."""

    text: str


class Line(NamedTuple):
    """A paragraph. `style` is one of those that `table` colours; it never carries meaning alone.

    A ``command`` is not wrapped, so that it can be copied.
    """

    text: str
    style: str = ""
    indent: int = 0


class Short(NamedTuple):
    """A cell with a shorter text for where there is little room."""

    long: str
    short: str


Cell = str | Short


class Column(NamedTuple):
    """A column. `least`: it may be cut down to this width, or wrapped if `wrap`; 0: never."""

    title: str
    style: str = ""
    least: int = 0
    wrap: bool = False


class Table(NamedTuple):
    """Rows under columns. `below`: the last column may go on a line of its own beneath the row."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    below: bool = False


Block = Heading | Line | Table
