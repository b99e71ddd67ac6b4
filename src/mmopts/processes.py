"""Share work among processes and give the results in order.

No thread of this process waits for another, so that an interrupt acts at once; a process that is killed is noticed by the
end of its pipe.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def processors() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_order(
    jobs: int, worker: Callable[..., Callable[[Item], Result]], given: tuple[Any, ...], items: Iterable[Item]
) -> Generator[Result, None, None]:
    """The result of each item, in order, worked out by `jobs` processes, each with a worker: ``worker(*given)``.

    At most one item more than there are processes is under way. Whatever ends the work early ends the processes. Raises what
    a worker raises, and ChildProcessError if a process is ended from without.
    """
    hands: list[_Hand] = []
    waiting: deque[_Hand] = deque()
    try:
        for item in items:
            if len(hands) < jobs:
                if not hands:
                    _track()
                with _uninterrupted():
                    hands.append(_start(worker, given))
                hands[-1].give(item)
                waiting.append(hands[-1])
                continue
            hand = waiting.popleft()
            result = hand.take()
            hand.give(item)
            waiting.append(hand)
            yield result
        while waiting:
            yield waiting.popleft().take()
    except BaseException:
        for hand in hands:
            hand.process.terminate()
        raise
    finally:
        for hand in hands:
            hand.pipe.close()
        for hand in hands:
            hand.process.join()


class _Hand(NamedTuple):
    """A process that works on one item at a time, and the pipe to it. It always reads before it is written to again."""

    process: Any
    pipe: Any

    def give(self, item: Any) -> None:
        """Give it an item; it must have none."""
        with suppress(OSError):  # it has been ended: `take` says so
            self.pipe.send(item)

    def take(self) -> Any:
        """The result of its item. Raises what the work raised."""
        try:
            done, found = self.pipe.recv()
        except (EOFError, OSError):
            raise ChildProcessError("a process that shared the work was ended") from None
        if done:
            return found
        raise found


def _start(worker: Callable[..., Callable[[Any], Any]], given: tuple[Any, ...]) -> _Hand:
    from multiprocessing import get_context

    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, worker, given), daemon=True)
    process.start()
    there.close()
    return _Hand(process, here)


def _serve(pipe: Any, worker: Callable[..., Callable[[Any], Any]], given: tuple[Any, ...]) -> None:
    """Work until there are no more items. Interrupts are left to the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    work: Callable[[Any], Any] | None = None
    with suppress(EOFError, OSError):  # nobody is left who asks
        while True:
            item = pipe.recv()
            try:
                work = work or worker(*given)
                found = True, work(item)
            except Exception as error:  # noqa: BLE001  it is raised where the result is awaited
                found = False, error
            pipe.send(found)


def _track() -> None:
    """Start multiprocessing's own helper process now, since starting it lets interrupts through again."""
    if hasattr(signal, "pthread_sigmask"):
        from multiprocessing.resource_tracker import ensure_running

        ensure_running()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold an interrupt back: what starts meanwhile never gets one, this process gets it at the end.

    Whichever thread the system gives it to, Python acts on it in the main thread alone.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: held.append(number))
    blocking = hasattr(signal, "pthread_sigmask")
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if blocking else set()
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if held:
            signal.raise_signal(signal.SIGINT)
        if blocking:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
