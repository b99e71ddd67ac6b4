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
        """That of this process."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")
        terminal = sys.stdout.isatty()
        width = 80
        if terminal:
            from shutil import get_terminal_size

            width = min(get_terminal_size((80, 24)).columns, MAX_WIDTH)
        colour = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return cls(sys.stdin.buffer, sys.stdout, sys.stderr, terminal, width, colour, os.environ)
