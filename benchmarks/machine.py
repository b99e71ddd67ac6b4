"""What a measurement needs: the program, and beside it the kind of machine, Python, versions, date. No paths, no names."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from mmopts.knowledge.load import PACKED


def program() -> str:
    """The `mmopts` beside this Python; without one the measurement ends."""
    found = shutil.which("mmopts", path=os.path.dirname(os.path.abspath(sys.executable)))
    if found is None:
        sys.exit("no mmopts beside this Python; install it first: pip install .")
    return found


def described(*libraries: str) -> str:
    """One line about where a measurement was made."""
    found = []
    for name in ("mmopts", *libraries):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} absent")
    installed = "wheel" if os.path.exists(PACKED) else "editable"
    return (
        f"{datetime.now(tz=UTC):%Y-%m-%d}; {platform.system()} {platform.machine()}, {os.cpu_count()} cores; "
        f"{platform.python_implementation()} {platform.python_version()}; {', '.join(found)} ({installed} install)"
    )
