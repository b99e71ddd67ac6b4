"""Work that is shared out to processes: its order, its faults, its end. Nothing here may wait for ever."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest
from work import BIG, doubler, faulty, sleeper, teller

from mmopts.processes import in_order


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_results_come_in_the_order_of_the_items(jobs: int, count: int) -> None:
    assert list(in_order(jobs, doubler, (1,), range(count))) == [2 * n + 1 for n in range(count)]


def test_no_more_processes_are_started_than_there_are_items_and_large_ones_pass() -> None:
    found = list(in_order(3, teller, (), [BIG] * 5))
    assert [size for _, size in found] == [len(BIG)] * 5
    assert len({process for process, _ in found}) == 3
    assert len({process for process, _ in in_order(3, teller, (), [BIG])}) == 1


def test_items_are_read_as_they_are_wanted() -> None:
    read: list[int] = []

    def items() -> Iterator[int]:
        for n in range(100):
            read.append(n)
            yield n

    results = in_order(2, doubler, (0,), items())
    assert next(results) == 0
    assert len(read) == 3
    results.close()


@pytest.mark.parametrize(("where", "error"), [("work", KeyError), ("start", KeyError), ("killed", ChildProcessError)])
def test_a_fault_in_a_process_is_raised_where_its_result_is_awaited(where: str, error: type[Exception]) -> None:
    results = in_order(2, faulty, (where,), range(6))
    if where != "start":
        assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(error):
        next(results)


@pytest.mark.slow
def test_work_that_is_ended_early_ends_its_processes_at_once() -> None:
    start = time.monotonic()
    results = in_order(2, sleeper, (), [BIG] * 5)

    def give_up(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(3)
    try:
        with pytest.raises(KeyboardInterrupt):
            next(results)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - start < 30
