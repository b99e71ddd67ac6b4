"""A run that the system asks to end takes its half-written files away first, and then ends as it was asked to."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Ended(BaseException):
    """The process was asked to end, by the signal `number`."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def cleaned_up() -> Iterator[None]:
    """Let a signal to end unwind what is within; the process then dies of that signal, as it would have done at once."""
    if threading.current_thread() is not threading.main_thread():  # signals are the business of another
        yield
        return
    known = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    mine = [one for one in known if signal.getsignal(one) is signal.SIG_DFL]

    def end(number: int, _frame: FrameType | None) -> None:
        for one in mine:
            signal.signal(one, signal.SIG_IGN)
        raise Ended(number)

    for one in mine:
        signal.signal(one, end)
    try:
        yield
    except Ended as asked:
        signal.signal(asked.number, signal.SIG_DFL)
        os.kill(os.getpid(), asked.number)
        raise
    finally:
        for one in mine:
            signal.signal(one, signal.SIG_DFL)
