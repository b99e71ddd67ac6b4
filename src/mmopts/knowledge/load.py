"""Loads a knowledge base: the compiled one of the wheel, or authored files through the cache of `kept`.

Paths are plain text here: pathlib would double the time of loading.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mmopts.diagnostics import Diagnostic, KnowledgeError
from mmopts.knowledge.codec import unpack
from mmopts.knowledge.records import Knowledge

if TYPE_CHECKING:
    from mmopts.knowledge.layers import Layer

_HERE = os.path.dirname(os.path.abspath(__file__))
_PACKAGE = os.path.dirname(_HERE)
PACKED = os.path.join(_PACKAGE, "knowledge.json")
"""The compiled knowledge base that a wheel carries."""
DATA = os.path.join(os.path.dirname(os.path.dirname(_PACKAGE)), "data")
"""The authored knowledge base beside an editable install."""
_COMPILER = ("logic.py", "facts.py", "names.py", "record.py", "words.py")
"""What compiling uses besides this folder."""
_NO_KNOWLEDGE = (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError)
"""What `unpack` raises for a text that is none of ours."""


def load_knowledge(path: str | None = None) -> Knowledge:
    """The knowledge base at `path` (a file or folder, or an overlay), or the built-in one. Raises KnowledgeError.

    ``builtin`` names the built-in one, as no path does.
    """
    if path is not None:
        from mmopts.knowledge.layers import meant

        path = meant(path)
    if path is None and os.path.exists(PACKED):
        return _read_packed()
    from mmopts.knowledge.kept import keep, read_kept

    layers = layers_at(path)
    digest = digest_of(layers)
    kept = read_kept(digest)
    if kept is not None:
        try:
            return unpack(kept)
        except _NO_KNOWLEDGE:
            pass  # whatever it is, it is compiled anew
    from mmopts.knowledge.build import build

    text = build(layers, digest).packed()
    keep(digest, text)
    return unpack(text)


def layers_at(path: str | None = None) -> list[Layer]:
    """The authored files at `path`, with the built-in ones beneath an overlay; the built-in ones alone without a path."""
    from mmopts.knowledge.layers import BUILTIN, Layer, extends_builtin, meant, read_layer

    path = meant(path)
    layers = [read_layer(path)] if path is not None else []
    if path is None or extends_builtin(layers[0]):
        base = read_layer(DATA) if os.path.isdir(DATA) else Layer(BUILTIN, _packed_sources())
        layers.insert(0, base._replace(name=BUILTIN))
    return layers


def _read(file: str) -> str:
    with open(file, "rb") as stream:  # a text stream, which looks for line ends, takes longer
        return stream.read().decode()


def _read_packed() -> Knowledge:
    try:
        return unpack(_read(PACKED))
    except (OSError, *_NO_KNOWLEDGE) as error:
        raise KnowledgeError([Diagnostic("kb-unreadable", f"the built-in knowledge base cannot be read: {error}")]) from None


def _packed_sources() -> list[tuple[str, str]]:
    folder = os.path.join(_PACKAGE, "data")
    return [(name, _read(os.path.join(folder, name))) for name in sorted(os.listdir(folder)) if name.endswith(".yaml")]


def digest_of(layers: list[Layer]) -> str:
    """A name for the content: of the files, and of the code that compiles them."""
    import hashlib

    found = hashlib.sha256()
    folders = (_HERE, os.path.join(_HERE, "records"))
    code = [os.path.join(place, name) for place in folders for name in os.listdir(place) if name.endswith((".py", ".json"))]
    for file in sorted([*code, *(os.path.join(_PACKAGE, name) for name in _COMPILER)]):
        with open(file, "rb") as stream:
            found.update(stream.read())
    for layer in layers:
        for name, text in layer.files:
            found.update(f"{name}\0{text}\0".encode("utf-8", "surrogateescape"))
    return found.hexdigest()[:16]
