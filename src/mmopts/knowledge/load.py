"""Loads a knowledge base: the compiled one of the wheel, or authored files through a cache.

The cache is plain JSON, addressed by the content of the files and of the compiler; it is private to the user,
and a cache that cannot be written is ignored.
"""

from __future__ import annotations

import os
from pathlib import Path as File
from typing import TYPE_CHECKING, Any

from mmopts.errors import KnowledgeError, Problem
from mmopts.knowledge.model import Knowledge, pack, unpack

if TYPE_CHECKING:
    from mmopts.knowledge.layers import Layer

_HERE = File(__file__).parent
PACKED = _HERE.parent / "knowledge.json"
"""The compiled knowledge base that a wheel carries."""
DATA = _HERE.parents[2] / "data"
"""The authored knowledge base beside an editable install."""


def load_knowledge(path: str | None = None) -> Knowledge:
    """The knowledge base at `path` (a file or folder, or an overlay), or the built-in one. Raises KnowledgeError."""
    if path is None and PACKED.exists():
        return _read_packed()
    layers = layers_at(path)
    digest = _digest(layers)
    cached = _cache_file(digest)
    try:
        return unpack(cached.read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    from mmopts.knowledge.build import compiled_or_raise

    text = pack(compiled_or_raise(layers, digest))
    _write_cache(cached, text)
    return unpack(text)


def layers_at(path: str | None = None) -> list[Layer]:
    """The authored files at `path`, with the built-in ones beneath an overlay; the built-in ones alone without a path."""
    from mmopts.knowledge.layers import BUILTIN, Layer, extends_builtin, read_layer

    layers = [read_layer(path)] if path is not None else []
    if path is None or extends_builtin(layers[0]):
        base = read_layer(str(DATA)) if DATA.is_dir() else Layer(BUILTIN, _packed_sources())
        layers.insert(0, base._replace(name=BUILTIN))
    return layers


def _read_packed() -> Knowledge:
    try:
        return unpack(PACKED.read_text("utf-8"))
    except (OSError, ValueError, KeyError) as error:
        raise KnowledgeError([Problem("kb-unreadable", f"the built-in knowledge base cannot be read: {error}")]) from None


def _packed_sources() -> list[tuple[str, str]]:
    folder = PACKED.parent / "data"
    return [(file.name, file.read_text("utf-8")) for file in sorted(folder.glob("*.yaml"))]


def _digest(layers: list[Any]) -> str:
    """A name for the content: of the files, and of the code that compiles them."""
    import hashlib

    found = hashlib.sha256()
    for file in sorted(
        [
            *_HERE.glob("*.py"),
            *_HERE.glob("*.json"),
            _HERE.parent / "logic.py",
            _HERE.parent / "facts.py",
            _HERE.parent / "names.py",
            _HERE.parent / "words.py",
        ]
    ):
        found.update(file.read_bytes())
    for layer in layers:
        for name, text in layer.files:
            found.update(f"{name}\0{text}\0".encode())
    return found.hexdigest()[:16]


def _cache_file(digest: str) -> File:
    root = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return File(root) / "mmopts" / f"{digest}.json"


def _write_cache(file: File, text: str) -> None:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = file.with_suffix(f".{os.getpid()}")
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            out.write(text)
        os.replace(part, file)
    except OSError:
        pass
