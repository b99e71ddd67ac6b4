"""What is worked out of a knowledge base once, and not anew for each patient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from mmopts.knowledge.records import Knowledge

T = TypeVar("T")


class Once(Generic[T]):
    """A function of a knowledge base that remembers what it made of the last one."""

    def __init__(self, make: Callable[[Knowledge], T]) -> None:
        self._make = make
        self._kept: tuple[Knowledge, T] | None = None

    def __call__(self, kb: Knowledge) -> T:
        """What was made of this knowledge base."""
        kept = self._kept
        if kept is None or kept[0] is not kb:
            self._kept = kept = kb, self._make(kb)
        return kept[1]
