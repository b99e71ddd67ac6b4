"""Files written beside their targets, which take their places when they are whole; nothing half written stays.

A part is noted before it is created, so that it is removed whatever ends the process: an interrupt or a signal.
"""

from __future__ import annotations

import os
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from mmopts.record import Record

SEPARATORS = tuple(filter(None, (os.sep, os.altsep)))
_OPEN_PLACES = ("/dev/", "/proc/")
"""A path in these folders may name an open stream: it is written to, never replaced."""
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_begun: set[str] = set()


def home() -> str:
    """The folder of whoever runs this; empty if there is none: an empty HOME is none, and not the root of all files."""
    found = os.path.expanduser("~")
    return found if os.path.isabs(found) and os.environ.get("HOME") != "" else ""


class Target(Record):
    """Where a path leads: to what is there (`mode`, None: nothing yet), which is `open` to be written into or replaced."""

    path: str
    mode: int | None
    open: bool


def target_of(path: str) -> Target:
    """Where what is written to a path goes, links followed. Raises OSError for a folder and for what is read-only."""
    if path.endswith(SEPARATORS):
        raise IsADirectoryError(21, "it names a folder")
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return Target(os.path.realpath(path), None, open=False)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(21, "it is a directory")
    if not stat.S_ISREG(mode) or path.startswith(_OPEN_PLACES):
        return Target(path, mode, open=True)
    if not (mode & 0o222 and os.access(path, os.W_OK)):
        raise PermissionError(13, "it is read-only")
    return Target(os.path.realpath(path), mode, open=False)


def stream_into(target: Target) -> int:
    """A handle that writes behind what is in a pipe, a device, or a stream that is already open. Raises OSError.

    Standard output and error under any name are the same stream, so that what others write there stands behind.
    """
    there = os.stat(target.path)
    for handle in (1, 2):
        with suppress(OSError):  # it may be closed
            if os.path.samestat(os.fstat(handle), there):
                return os.dup(handle)
    return os.open(target.path, os.O_WRONLY | getattr(os, "O_APPEND", 0))


def begin(target: str, mode: int = 0o666) -> tuple[str, int]:
    """A new file beside `target` under a name that nobody can guess, and its handle. Raises OSError."""
    part = f"{target}.{os.urandom(8).hex()}.part"
    _begun.add(part)
    try:
        return part, os.open(part, _CREATE, mode)
    except OSError:
        _begun.discard(part)
        raise


def place(part: str, target: str) -> None:
    """Move a part to its target. Raises OSError."""
    os.replace(part, target)
    _begun.discard(part)


def drop(part: str) -> None:
    """Remove a part if it still exists."""
    with suppress(OSError):
        os.unlink(part)
    _begun.discard(part)


def drop_all() -> None:
    """Remove every part."""
    for part in tuple(_begun):
        drop(part)


@contextmanager
def replacing(target: str, mode: int = 0o666) -> Iterator[tuple[str, int]]:
    """A new part and its handle; at the end it replaces `target`, and if anything goes wrong it is removed.

    Raises OSError.
    """
    with tidy():
        part, handle = begin(target, mode)
        try:
            yield part, handle
            place(part, target)
        finally:
            drop(part)


@contextmanager
def tidy() -> Iterator[None]:
    """While this is active, a signal to end first removes all parts; then the process dies of that signal as usual."""
    if threading.current_thread() is not threading.main_thread():  # signals are the business of another
        yield
        return
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    unhandled = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    try:
        for number in unhandled:
            signal.signal(number, _end)
        yield
    finally:
        for number in unhandled:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, _frame: FrameType | None) -> None:
    drop_all()
    with suppress(Exception):
        if "multiprocessing" in sys.modules:
            from multiprocessing import active_children

            for child in active_children():
                child.terminate()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
