"""Completion of positional words; nothing is loaded until a shell asks."""

from __future__ import annotations

from collections.abc import Iterable


def regimens(word: str) -> Iterable[str]:
    """The ids of the regimens."""
    from mmopts.cli.completion import regimens as known

    return known()


def drugs(word: str) -> Iterable[str]:
    """The generic names of the drugs."""
    from mmopts.cli.completion import drugs as known

    return known()


def sources(word: str) -> Iterable[str]:
    """The ids of the sources."""
    from mmopts.cli.completion import sources as known

    return known()
