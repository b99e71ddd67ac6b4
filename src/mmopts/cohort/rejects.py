"""Rows that cannot be used: counted, written to the file that was asked for, and told at the end."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import NamedTuple

from mmopts.cohort.heads import ID
from mmopts.cohort.outputs import Files, writing
from mmopts.diagnostics import Diagnostic, QuestionError
from mmopts.partfiles import tidy

REJECT_HEAD = ("row", ID, "code", "message")
SHOWN = 5
"""The most rejects shown on standard error if no file was asked for."""


class RejectedRow(NamedTuple):
    """A row of the input by its number, its patient's id as far as it could be read, a code, and its faults in words.

    The code is that of the first fault.
    """

    row: int
    id: str
    code: str
    message: str


class Rejects:
    """The rejects of one run, and the `path` of the file to which they are written, if any."""

    def __init__(self, path: str | None) -> None:
        self.path = path
        self.codes: Counter[str] = Counter()
        self._first: list[RejectedRow] = []
        self._text = io.StringIO()
        csv.writer(self._text, lineterminator="\n").writerow(REJECT_HEAD)

    @property
    def count(self) -> int:
        """The number of rejects."""
        return self.codes.total()

    def take(self, rejects: list[RejectedRow]) -> None:
        """Add the rejects of a chunk."""
        self.codes.update(reject.code for reject in rejects)
        self._first += rejects[: SHOWN - len(self._first)]
        if self.path is not None:
            csv.writer(self._text, lineterminator="\n").writerows(rejects)

    def write(self, files: Files) -> None:
        """Write them to their file, if there is one."""
        if self.path is not None:
            with writing(self.path):
                files.open(self.path).write(self._text.getvalue().encode())

    def check(self, rows: int, most: float, begun: bool) -> None:
        """Raise QuestionError if more than `most` percent of so many rows are rejected; their file alone is written then.

        `begun`: something has gone to standard output, from where it cannot be taken back.
        """
        if 100 * self.count / rows <= most:
            return
        where = ""
        if self.path is not None:
            with tidy(), Files() as files:
                self.write(files)
                files.commit()
            where = f" See {self.path}."
        first = self._first[0]
        written = "what went to standard output is not to be used" if begun else "nothing was written"
        said = (
            f"{self.count:,} of {rows:,} rows cannot be used, more than --max-rejects {most:g}%; "
            f"{written}.{where} The first is row {first.row}: {first.message}"
        )
        raise QuestionError([Diagnostic("too-many-rejects", said, None, self.count, [first.code])])

    def told(self, rows: int) -> str:
        """The warning about them at the end; none if there are no rejects."""
        if not self.count:
            return ""
        said = f"mmopts: {self.count:,} of {rows:,} rows cannot be used"
        if self.path is not None:
            return f"{said}; see {self.path}\n"
        lines = [f"  row {one.row}{f' ({one.id})' if one.id else ''}: {one.message}" for one in self._first]
        return "\n".join([f"{said} (--rejects FILE lists them):", *lines, ""])
