"""Work for processes of their own, in a module that is loaded there at once: it imports no pytest."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Any

BIG = b"x" * 4_000_000
"""More than a pipe holds."""


def doubler(plus: int) -> Callable[[int], int]:
    return lambda item: 2 * item + plus


def teller() -> Callable[[Any], tuple[int, int]]:
    """Tells its process, and how much it was given."""
    return lambda item: (os.getpid(), len(item))


def sleeper() -> Callable[[Any], Any]:
    def work(item: Any) -> Any:
        time.sleep(60)
        return item

    return work


def faulty(where: str) -> Callable[[int], int]:
    def work(item: int) -> int:
        if item == 3:
            if where == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            raise KeyError(item)
        return item

    if where == "start":
        raise KeyError(3)
    return work
