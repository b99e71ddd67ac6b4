"""The knowledge bases of the tests, each loaded once a process: one object for all, so what is worked out of it is kept.

The files of the built-in one are parsed once too: many tests lay a file of theirs over them. Both are laid out once.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import mmopts
from mmopts.knowledge import authored
from mmopts.knowledge.format import formatted
from mmopts.knowledge.read import Document, read_yaml
from mmopts.knowledge.records import Knowledge
from mmopts.review import format as layout

DATA = Path(__file__).parent.parent / "data"
TINY = str(Path(__file__).parent / "tiny.yaml")


@cache
def builtin() -> Knowledge:
    """The built-in knowledge base."""
    return mmopts.load()


@cache
def tiny_base() -> Knowledge:
    """A knowledge base of invented drugs, small enough to work its answers out by hand."""
    return mmopts.load(TINY)


_parsed = cache(read_yaml)
_laid_out = cache(formatted)
_BUILTIN = frozenset(file.read_text("utf-8") for file in DATA.glob("*.yaml"))
_KNOWN = {*_BUILTIN, Path(TINY).read_text("utf-8")}


def _read(text: str, file: str = "") -> Document:
    """A file as data; those of the built-in knowledge base as they were parsed before: nobody changes what is parsed."""
    return (_parsed if text in _BUILTIN else read_yaml)(text, file)


def _formatted(text: str) -> str:
    """A file in form; those of these knowledge bases as they were laid out before."""
    return (_laid_out if text in _KNOWN else formatted)(text)


authored.read_yaml = layout.read_yaml = _read
layout.formatted = _formatted
