"""The layout of authored files: where a file departs from it, and bringing files into it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from functools import cache
from itertools import zip_longest
from typing import NamedTuple

from mmopts import partfiles
from mmopts.diagnostics import WARNING, Diagnostic, KnowledgeError, fault_at
from mmopts.knowledge.format import formatted
from mmopts.knowledge.layers import EXTENDS, Layer, meant, read_layer
from mmopts.knowledge.load import DATA
from mmopts.knowledge.read import read_yaml
from mmopts.knowledge.schema import kb_schema
from mmopts.names import is_yaml


class Formed(NamedTuple):
    """The files looked at, those not in form, and the faults that keep others from being formatted."""

    path: str
    files: list[str]
    changed: list[str]
    faults: list[Diagnostic]


def layout_faults(layers: Iterable[Layer]) -> list[Diagnostic]:
    """A warning for each file that is not in form, at its first such line; the form never makes a file unusable."""
    out = []
    for layer in layers:
        for file, text in layer.files:
            if not _is_laid_out(file):
                continue
            try:
                ought = _laid_out(text)
            except ValueError:
                continue
            pairs = enumerate(zip_longest(text.split("\n"), ought.split("\n")), 1)
            line = next((number for number, (mine, theirs) in pairs if mine != theirs), None)
            if line is not None:
                message = "from this line on the file is not laid out as mmopts kb format does it"
                out.append(fault_at("not-formatted", message, file, line, 1, f"mmopts kb format {file}", WARNING))
    return out


def format_at(path: str | None, write: bool) -> Formed:
    """Bring the file or the files of the folder at `path` into form (None: the built-in ones of a source tree).

    Without `write` they are only checked. Raises KnowledgeError for what cannot be read or written.
    """
    path = meant(path)
    if path is None and not os.path.isdir(DATA):
        message = "the built-in knowledge base has no authored files here; name a file or a folder."
        raise KnowledgeError([Diagnostic("kb-unreadable", message, "path")])
    root = path or DATA
    formed = Formed(root, [], [], [])
    for name, text in read_layer(root).files:
        formed.files.append(name)
        if not _is_laid_out(name):
            formed.faults.append(fault_at("no-form", f"{os.path.basename(name)!r} is not named as YAML is", name, 1, 1))
            continue
        try:
            ought = _laid_out(text)
        except ValueError as error:
            formed.faults.extend(read_yaml(text, name).faults or [fault_at("no-form", str(error), name, 1, 1)])
            continue
        if ought == text:
            continue
        formed.changed.append(name)
        if write:
            _replace(os.path.join(root, name) if os.path.isdir(root) else root, ought)
    return formed


def _laid_out(text: str) -> str:
    """The text of a file in form. Raises ValueError for what is no part of a knowledge base."""
    document = read_yaml(text)
    if not document.faults and not isinstance(document.data, dict | None):
        raise ValueError("the file is no mapping of keys")
    other = [key for key in document.data or () if key not in _keys()]
    if other and not document.faults:
        raise ValueError(f"{other[0]!r} is no part of a knowledge base")
    return formatted(text)


@cache
def _keys() -> frozenset[str]:
    """The keys that a file of a knowledge base may have."""
    return frozenset([*kb_schema()["properties"], EXTENDS])


def _is_laid_out(name: str) -> bool:
    """Whether a file is laid out: one named as YAML, or without an ending; others are left alone."""
    return is_yaml(name) or not os.path.splitext(name)[1]


def _replace(file: str, text: str) -> None:
    """Write a file whole or not at all; its mode stays."""
    try:
        target = partfiles.target_of(file)
        with partfiles.replacing(target.path) as (part, handle):
            with open(handle, "w", encoding="utf-8", newline="\n") as out:
                out.write(text)
            if target.mode is not None:
                os.chmod(part, stat.S_IMODE(target.mode))
    except OSError as error:
        raise KnowledgeError([Diagnostic("cannot-write", f"cannot write {file}: {error.strerror}.", "path", file)]) from None
