"""The knowledge bases of the tests, each loaded once a process: one object for all, so what is worked out of it is kept."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import mmopts
from mmopts.knowledge.records import Knowledge

TINY = str(Path(__file__).parent / "tiny.yaml")


@cache
def builtin() -> Knowledge:
    """The built-in knowledge base."""
    return mmopts.load()


@cache
def tiny_base() -> Knowledge:
    """A knowledge base of invented drugs, small enough to work its answers out by hand."""
    return mmopts.load(TINY)
