"""A long answer at a terminal, page by page."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess


def page(text: str, command: str) -> bool:
    """Show `text` through the pager; gives whether it was shown: there is such a program, and it ended well.

    Leaving it early is no fault.
    """
    variables = os.environ | {"LESS": os.environ.get("LESS", "FRX")}  # colours as they are, and no page that is not full
    try:
        words = shlex.split(command)
        process = subprocess.Popen(words, stdin=subprocess.PIPE, env=variables)
    except (OSError, ValueError, IndexError):
        return False
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the pager's as long as it is there
    try:
        process.communicate(text.encode("utf-8", "replace"))
    except BrokenPipeError:
        process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
    return process.returncode == 0
