"""A pytest plugin for `mutate.py`: tells which functions each test calls, and runs only the tests of a mutant.

With MUTATE_RECORD (a file): the functions of the package that each test calls, also in processes that it starts, and
how long it takes, as JSON. What a fixture calls belongs to every test of the file.
With MUTATE_SELECT (a file of test names, one a line): those tests alone, in that order of files.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
import threading
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

PACKAGE = f"{os.sep}src{os.sep}mmopts{os.sep}"
CHILD = "import os\nif os.environ.get('MUTATE_CALLS'):\n    import mutating\n    mutating.follow_child()\n"
"""What a process that a test starts does first, as its `sitecustomize`."""
CALLS: set[str] = set()


def called(frame: FrameType, event: str, arg: Any) -> None:
    """Note the function of a frame, as `module.py:qualified.name`; nothing inside it is followed."""
    del event, arg
    _, inside, module = frame.f_code.co_filename.rpartition(PACKAGE)
    if inside:
        CALLS.add(f"{module}:{frame.f_code.co_qualname}")


def follow(note: Any) -> None:
    """Follow the calls of this process, or no more."""
    sys.settrace(note)
    threading.settrace(note)


def follow_child() -> None:
    """Follow the calls of a process that a test started, and leave them in its file at the end."""
    follow(called)
    atexit.register(_leave)


def _leave() -> None:
    follow(None)
    with open(os.environ["MUTATE_CALLS"], "a", encoding="utf-8") as out:
        out.write("".join(f"{name}\n" for name in sorted(CALLS)))


def _taken() -> list[str]:
    """What was called since the last time, here and in other processes."""
    children = Path(os.environ["MUTATE_CALLS"])
    found = CALLS | set(children.read_text("utf-8").split("\n") if children.exists() else ())
    children.unlink(missing_ok=True)
    CALLS.clear()
    return sorted(found - {""})


def _processor() -> float:
    """Seconds of a processor that this process and its ended children took: what else runs meanwhile does not count."""
    return sum(os.times()[:4])


class Recorder:
    """Notes what each test calls."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.tests: dict[str, dict[str, Any]] = {}
        self.fixtures: dict[str, set[str]] = defaultdict(set)
        site = out.with_suffix(".site")
        site.mkdir(exist_ok=True)
        (site / "sitecustomize.py").write_text(CHILD, "utf-8")
        os.environ["MUTATE_CALLS"] = str(out.with_suffix(".calls"))
        os.environ["PYTHONPATH"] = os.pathsep.join([str(site), str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Fixtures: of the whole file."""
        follow(called)
        try:
            return (yield)
        finally:
            follow(None)
            self.fixtures[item.nodeid.partition("::")[0]].update(_taken())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """The test itself; one that fails is left out."""
        start = _processor()
        follow(called)
        try:
            found = yield
            self.tests[item.nodeid] = {"seconds": round(_processor() - start, 3), "calls": []}
        finally:
            follow(None)
            calls = _taken()
        self.tests[item.nodeid]["calls"] = calls
        return found

    def pytest_sessionfinish(self) -> None:
        """Write it all."""
        fixtures = {file: sorted(calls) for file, calls in self.fixtures.items()}
        self.out.write_text(json.dumps({"tests": self.tests, "fixtures": fixtures}), "utf-8")


class Selector:
    """Leaves the tests that are named in a file."""

    def __init__(self, names: Path) -> None:
        self.names = names.read_text("utf-8").splitlines()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Those named, in the order of the names."""
        places = {name: i for i, name in enumerate(self.names)}
        items[:] = sorted((item for item in items if item.nodeid in places), key=lambda item: places[item.nodeid])


def pytest_configure(config: pytest.Config) -> None:
    """Become what the environment asks for."""
    if os.environ.get("MUTATE_RECORD"):
        config.pluginmanager.register(Recorder(Path(os.environ["MUTATE_RECORD"])))
    if os.environ.get("MUTATE_SELECT"):
        config.pluginmanager.register(Selector(Path(os.environ["MUTATE_SELECT"])))
