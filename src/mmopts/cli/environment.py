"""The outside world as a command may use it: its streams and what they can show. Tests pass their own."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping
from typing import Any, BinaryIO

from mmopts.record import Record

MAX_WIDTH = 160


class Writer:
    """A stream that writes a whole text or raises.

    An unbuffered standard output may take a part of what it is given (a full disk, a pipe) and only say how much;
    the rest is given again, so that a lost answer cannot look like a whole one.
    """

    def __init__(self, raw: BinaryIO | None, encoding: str = "utf-8") -> None:
        self.raw = raw
        self.encoding = encoding

    def write(self, text: str | bytes) -> None:
        """Write `text`, or bytes as they are, and flush. Raises OSError or ValueError if not all of it could be written."""
        if self.raw is None:
            raise OSError(9, "it is closed")
        left = memoryview(text.encode(self.encoding, "replace") if isinstance(text, str) else text)
        while left:
            count = self.raw.write(left)
            if count is None:
                raise BlockingIOError(11, "it would have to wait")
            left = left[count:]
        self.raw.flush()


class UnwritableError(Exception):
    """Standard output cannot be written to, though it is no closed pipe: for example a full disk."""


class Environment(Record):
    """Streams, and how to write to them. `terminal`: lay out for reading at `width` and `height`; `colour`: and colour it.

    `watched`: somebody looks at standard error, so that long work may show its progress there.
    `pager`: the command through which a long answer is shown, or None.
    """

    stdin: BinaryIO
    stdout: Writer
    stderr: Writer
    terminal: bool = False
    width: int = 80
    colour: bool = False
    variables: Mapping[str, str] = {}
    height: int = 0
    watched: bool = False
    pager: str | None = None

    @classmethod
    def of_process(cls) -> Environment:
        """The environment of this process. Writing to a standard output that was closed fails as on a full disk."""
        stdin = sys.stdin.buffer if sys.stdin else open(os.devnull, "rb")  # noqa: SIM115
        terminal = sys.stdout is not None and sys.stdout.isatty()
        dumb = os.environ.get("TERM") == "dumb"
        width, height = 80, 0
        pager = None
        if terminal:
            from shutil import get_terminal_size

            size = get_terminal_size((80, 24))
            width, height = min(size.columns, MAX_WIDTH), size.lines
            if stdin.isatty() and not dumb:  # without a keyboard nobody could leave a pager
                pager = os.environ.get("PAGER", "less").strip() or None
        colour = terminal and not os.environ.get("NO_COLOR") and not dumb
        watched = sys.stderr is not None and sys.stderr.isatty()
        streams = _writer(sys.stdout), _writer(sys.stderr)
        return cls(stdin, *streams, terminal, width, colour, os.environ, height, watched, pager)

    def tell(self, text: str) -> None:
        """Write what accompanies an answer to standard error; if that fails, the answer still stands."""
        with contextlib.suppress(OSError, ValueError):
            self.stderr.write(text)

    def say(self, text: str | bytes) -> None:
        """Write to standard output. Raises UnwritableError; BrokenPipeError if its reader is gone."""
        try:
            self.stdout.write(text)
        except BrokenPipeError:
            raise
        except (OSError, ValueError) as error:
            raise UnwritableError(getattr(error, "strerror", None) or "it is closed") from None


def _writer(stream: Any) -> Writer:
    """A writer beneath a text stream of this process."""
    return Writer(None) if stream is None else Writer(stream.buffer, stream.encoding or "utf-8")
