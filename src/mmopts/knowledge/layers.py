"""The files of a knowledge base as they lie on the disk, read with a bound; nothing is parsed here but ``extends``."""

from __future__ import annotations

import re
from pathlib import Path as File
from typing import NamedTuple

from mmopts.diagnostics import Diagnostic, KnowledgeError
from mmopts.knowledge.limits import MAX_BYTES
from mmopts.names import is_yaml

BUILTIN = "builtin"
EXTENDS = "extends"
MAX_FILES = 1000
_PLAIN = re.compile(rf"^{EXTENDS}: *{BUILTIN} *(?:#.*)?$", re.MULTILINE)
_PERHAPS = re.compile(rf"^[{{ \t]*[\"']?{EXTENDS}[\"']?\s*:\s*[\"']?{BUILTIN}", re.MULTILINE)


class Layer(NamedTuple):
    """Files as read: name and text of each."""

    name: str
    files: list[tuple[str, str]]


def meant(path: str | None) -> str | None:
    """The path of a knowledge base; None for the built-in one, which has a name too."""
    return None if path == BUILTIN else path


def read_layer(path: str) -> Layer:
    """The YAML files at a path. Raises KnowledgeError if there are none, too much of them, or they cannot be read."""
    root = File(path)
    try:
        if not path:
            raise ValueError
        folder = root.is_dir()
        files = sorted(p for p in root.iterdir() if is_yaml(p.name)) if folder else [root]
        texts, left = [], MAX_BYTES
        for file in files[:MAX_FILES]:
            with file.open("rb") as stream:
                data = stream.read(left + 1)
            left -= len(data)
            if left < 0:
                break
            texts.append((file.name if folder else str(file), data.decode("utf-8-sig")))
    except (OSError, ValueError) as error:
        known = "it is not UTF-8 text" if isinstance(error, UnicodeError) else "it is no path"
        reason = error.strerror if isinstance(error, OSError) else known
        raise _unreadable(f"cannot read the knowledge base {path!r}: {reason}.", path) from None
    if left < 0 or len(files) > MAX_FILES:
        raise _unreadable(f"{path} has more than {MAX_BYTES:,} bytes or {MAX_FILES:,} files: no knowledge base", path)
    if not texts:
        raise _unreadable(f"no YAML file in {path}", path)
    return Layer(path, texts)


def _unreadable(message: str, path: str) -> KnowledgeError:
    return KnowledgeError([Diagnostic("kb-unreadable", message, "kb", path)])


def extends_builtin(layer: Layer) -> bool:
    """Whether a layer is an overlay on the built-in knowledge base, with or without quotes, in YAML or JSON."""
    if any(_PLAIN.search(text) for _, text in layer.files):
        return True
    perhaps = [text for _, text in layer.files if _PERHAPS.search(text)]
    if not perhaps:
        return False
    from mmopts.knowledge.read import read_yaml  # parsing takes its time: only what may say it

    return any(isinstance(data := read_yaml(text).data, dict) and data.get(EXTENDS) == BUILTIN for text in perhaps)
