"""Work shared out to processes, and its results in order."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    jobs: int, worker: Callable[..., Callable[[Item], Result]], given: tuple[Any, ...], items: Iterable[Item]
) -> Generator[Result, None, None]:
    """What is made of each item, in their order, by so many processes; each has a worker of its own: ``worker(*given)``.

    No more items are under way than processes and one. Whatever ends the work early ends the processes. Raises what a
    worker raises, and BrokenProcessPool if a process is ended from without.
    """
    from concurrent.futures import Future, ProcessPoolExecutor
    from multiprocessing import get_context

    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (worker, given))
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            with _uninterrupted():
                waiting.append(pool.submit(_work, item))
            if len(waiting) > jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BaseException:
        for process in list((getattr(pool, "_processes", None) or {}).values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_WORKER: list[Callable[[Any], Any]] = []
"""That of this process, if it is one of several."""


def _begin(worker: Callable[..., Callable[[Any], Any]], given: tuple[Any, ...]) -> None:
    """Make a process ready. An interrupt is the business of the process that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _WORKER.append(worker(*given))


def _work(item: Any) -> Any:
    return _WORKER[0](item)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold an interrupt back: processes that start meanwhile never get one, this one gets it at the end."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
