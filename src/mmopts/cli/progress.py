"""How far long work is, told on standard error."""

from __future__ import annotations

import contextlib
from time import monotonic

from mmopts.cli.environment import Environment

QUIET = 2.0
"""Seconds before the progress of long work is shown, and between two showings half a second."""


class Progress:
    """How far long work is, on standard error, where somebody watches it and no answer stands beside it."""

    def __init__(self, env: Environment, *, mixed: bool = False) -> None:
        """`mixed`: answers come on standard output meanwhile; at a terminal they would stand in the same place."""
        self.env = env
        self.watched = env.watched and not (mixed and env.terminal)
        self.start = self.last = monotonic()
        self.width = 0

    def tell(self, count: int, line: int) -> None:
        """Show how far a stream is, if the work is long and the last showing is a while ago."""
        if self._due():
            self._show(f"mmopts: {count} patients, line {line}, {count / (self.last - self.start):.0f} a second")

    def tell_of(self, done: int, of: int) -> None:
        """The same of work whose end is known."""
        if self._due():
            self._show(f"mmopts: {done} of {of} patients")

    def tell_rows(self, rows: int) -> None:
        """The same of work on the rows of a table."""
        if self._due():
            self._show(f"mmopts: {rows:,} patients, {rows / (self.last - self.start):,.0f} a second")

    def _due(self) -> bool:
        now = monotonic()
        if not self.watched or now - self.start < QUIET or now - self.last < QUIET / 4:
            return False
        self.last = now
        return True

    def _show(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # nobody is left to see it; the work goes on
            self.env.stderr.write(f"\r{text:{self.width}}")
        self.width = len(text)

    def clear(self) -> None:
        """Take it away."""
        if self.width:
            with contextlib.suppress(OSError, ValueError):
                self.env.stderr.write(f"\r{'':{self.width}}\r")
