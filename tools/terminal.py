"""Runs a program as a person at a terminal sees it: a pseudo-terminal of a given width."""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

WIDTH = 100
HEIGHT = 50


def at_terminal(command: Sequence[str], env: Mapping[str, str], cwd: Path | None = None) -> tuple[int, bytes]:
    """Exit code and all output, standard error included, of a command at a terminal of `WIDTH` columns."""
    import fcntl
    import termios

    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    with subprocess.Popen(
        command,
        cwd=cwd,
        env={**env, "COLUMNS": str(WIDTH), "LINES": str(HEIGHT), "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.STDOUT,
    ) as process:
        os.close(theirs)
        chunks = []
        with contextlib.suppress(OSError):  # the end of a terminal is an input/output error on Linux, and empty elsewhere
            while chunk := os.read(ours, 65536):
                chunks.append(chunk)
        os.close(ours)
    return process.returncode, b"".join(chunks)
