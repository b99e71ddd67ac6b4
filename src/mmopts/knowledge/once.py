"""What is worked out of a knowledge base once, and not anew for each patient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from mmopts.knowledge.records import Knowledge

T = TypeVar("T")


class Once(Generic[T]):
    """A function of a knowledge base that remembers what it made of the last two: those that are being compared."""

    def __init__(self, make: Callable[[Knowledge], T]) -> None:
        self._make = make
        self._kept: list[tuple[Knowledge, T]] = []

    def __call__(self, kb: Knowledge) -> T:
        """What was made of this knowledge base."""
        for known, made in self._kept:
            if known is kb:
                return made
        made = self._make(kb)
        self._kept = [(kb, made), *self._kept[:1]]
        return made
