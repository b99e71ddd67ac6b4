"""What a command may touch of the world outside: its streams and what they can show. Tests pass their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import BinaryIO, NamedTuple, TextIO

MAX_WIDTH = 160


class Environment(NamedTuple):
    """Streams, and how to write to them. `terminal`: lay out for reading at `width`; `colour`: and colour it."""

    stdin: BinaryIO
    stdout: TextIO
    stderr: TextIO
    terminal: bool = False
    width: int = 80
    colour: bool = False
    variables: Mapping[str, str] = {}

    @classmethod
    def of_process(cls) -> Environment:
        """That of this process. A stream that the caller has closed is a void."""
        stdin, stdout, stderr = sys.stdin or open(os.devnull), sys.stdout or _void(), sys.stderr or _void()  # noqa: SIM115
        for stream in (stdout, stderr):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
        terminal = stdout.isatty()
        width = 80
        if terminal:
            from shutil import get_terminal_size

            width = min(get_terminal_size((80, 24)).columns, MAX_WIDTH)
        colour = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return cls(stdin.buffer, stdout, stderr, terminal, width, colour, os.environ)


def _void() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")
