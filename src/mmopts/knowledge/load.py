"""Loads a knowledge base: the compiled one of the wheel, or authored files through a cache.

The cache is plain JSON, addressed by the content of the files and of the compiler; it is private to the user,
and a cache that cannot be written is ignored. Paths are plain text here: pathlib would double the time of loading.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mmopts.diagnostics import Diagnostic, KnowledgeError
from mmopts.knowledge.packed import unpack
from mmopts.knowledge.records import Knowledge

if TYPE_CHECKING:
    from mmopts.knowledge.layers import Layer

_HERE = os.path.dirname(os.path.abspath(__file__))
_PACKAGE = os.path.dirname(_HERE)
PACKED = os.path.join(_PACKAGE, "knowledge.json")
"""The compiled knowledge base that a wheel carries."""
DATA = os.path.join(os.path.dirname(os.path.dirname(_PACKAGE)), "data")
"""The authored knowledge base beside an editable install."""
_COMPILER = ("logic.py", "facts.py", "names.py", "words.py")
"""What compiling uses besides this folder."""


def load_knowledge(path: str | None = None) -> Knowledge:
    """The knowledge base at `path` (a file or folder, or an overlay), or the built-in one. Raises KnowledgeError."""
    if path is None and os.path.exists(PACKED):
        return _read_packed()
    layers = layers_at(path)
    digest = _digest(layers)
    cached = _cache_file(digest)
    try:
        return unpack(_read(cached))
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        pass
    from mmopts.knowledge.build import build

    text = build(layers, digest).packed()
    _write_cache(cached, text)
    return unpack(text)


def layers_at(path: str | None = None) -> list[Layer]:
    """The authored files at `path`, with the built-in ones beneath an overlay; the built-in ones alone without a path."""
    from mmopts.knowledge.layers import BUILTIN, Layer, extends_builtin, read_layer

    layers = [read_layer(path)] if path is not None else []
    if path is None or extends_builtin(layers[0]):
        base = read_layer(DATA) if os.path.isdir(DATA) else Layer(BUILTIN, _packed_sources())
        layers.insert(0, base._replace(name=BUILTIN))
    return layers


def _read(file: str) -> str:
    with open(file, encoding="utf-8") as stream:
        return stream.read()


def _read_packed() -> Knowledge:
    try:
        return unpack(_read(PACKED))
    except (OSError, ValueError, KeyError) as error:
        raise KnowledgeError([Diagnostic("kb-unreadable", f"the built-in knowledge base cannot be read: {error}")]) from None


def _packed_sources() -> list[tuple[str, str]]:
    folder = os.path.join(_PACKAGE, "data")
    return [(name, _read(os.path.join(folder, name))) for name in sorted(os.listdir(folder)) if name.endswith(".yaml")]


def _digest(layers: list[Layer]) -> str:
    """A name for the content: of the files, and of the code that compiles them."""
    import hashlib

    found = hashlib.sha256()
    code = [os.path.join(_HERE, name) for name in os.listdir(_HERE) if name.endswith((".py", ".json"))]
    for file in sorted([*code, *(os.path.join(_PACKAGE, name) for name in _COMPILER)]):
        with open(file, "rb") as stream:
            found.update(stream.read())
    for layer in layers:
        for name, text in layer.files:
            found.update(f"{name}\0{text}\0".encode())
    return found.hexdigest()[:16]


def _cache_file(digest: str) -> str:
    root = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(root, "mmopts", f"{digest}.json")


def _write_cache(file: str, text: str) -> None:
    part = f"{file}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(file), mode=0o700, exist_ok=True)
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            out.write(text)
        os.replace(part, file)
    except OSError:
        pass
