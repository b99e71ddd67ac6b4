"""The files of a knowledge base as they lie on the disk; nothing is parsed here."""

from __future__ import annotations

from pathlib import Path as File
from typing import NamedTuple

from mmopts.diagnostics import Diagnostic, KnowledgeError

BUILTIN = "builtin"


class Layer(NamedTuple):
    """Files as read: name and text of each."""

    name: str
    files: list[tuple[str, str]]


def read_layer(path: str) -> Layer:
    """The YAML files at a path. Raises KnowledgeError if there are none or they cannot be read."""
    root = File(path)
    try:
        files = sorted(p for p in root.iterdir() if p.suffix in (".yaml", ".yml")) if root.is_dir() else [root]
        texts = [(file.name if root.is_dir() else str(file), file.read_bytes().decode("utf-8-sig")) for file in files]
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise KnowledgeError(
            [Diagnostic("kb-unreadable", f"cannot read the knowledge base {path}: {reason}", "kb", path)]
        ) from None
    if not texts:
        raise KnowledgeError([Diagnostic("kb-unreadable", f"no YAML file in {path}", "kb", path)])
    return Layer(path, texts)


def extends_builtin(layer: Layer) -> bool:
    """Whether a layer is an overlay on the built-in knowledge base."""
    return any(line.split("#")[0].strip() == f"extends: {BUILTIN}" for _, text in layer.files for line in text.splitlines())
