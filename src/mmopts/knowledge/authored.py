"""Authored files to one merged knowledge base, with the place of every entry kept for messages.

A knowledge base is a folder of YAML files, or one file; their top-level keys are joined. An overlay says
``extends: builtin``: its entries replace the keys that they give of the entry with the same id, add new
entries, and with ``remove: true`` take one out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from mmopts.errors import KnowledgeError, Problem
from mmopts.knowledge.layers import Layer
from mmopts.knowledge.read import Document, Fault, Path, read_yaml


class Authored(NamedTuple):
    """Merged data; `origin` leads from (key, position) to the file and the place there; faults of reading.

    `removed` are the kind and id of each entry that an overlay took out.
    """

    raw: dict[str, Any]
    origin: dict[Path, tuple[str, Document, Path]]
    faults: list[Fault]
    removed: set[tuple[str, str]]

    def place(self, path: Path) -> tuple[str, int, int]:
        """File, line and column of a path in the merged data, or of its nearest known ancestor."""
        for length in (2, 1):
            found = self.origin.get(path[:length])
            if found:
                file, document, start = found
                inner = (*start, *path[length:])
                while inner and inner not in document.places:
                    inner = inner[:-1]
                line, column = document.places.get(inner, (1, 1))
                return file, line, column
        return "", 0, 0


def merge(layers: Iterable[Layer]) -> Authored:
    """The layers as one knowledge base, the first below."""
    merged = Authored({}, {}, [], set())
    for number, layer in enumerate(layers):
        for file, text in layer.files:
            document = read_yaml(text, file)
            merged.faults.extend(document.faults)
            if isinstance(document.data, dict):
                _add(merged, file, document, overlay=number > 0)
            elif not document.faults:
                merged.faults.append(Fault("bad-yaml", "the file is no mapping of keys", file, 1, 1))
    return merged


def _add(merged: Authored, file: str, document: Document, overlay: bool) -> None:
    for key, value in document.data.items():
        if key == "extends":
            continue
        have = merged.raw.get(key)
        line, column = document.places.get((key,), (1, 1))
        if (
            isinstance(value, list)
            and all(isinstance(v, dict) and isinstance(v.get("id"), str) for v in value)
            and isinstance(have, list)
        ):
            _add_entries(merged, key, have, value, file, document, overlay)
        elif key not in merged.raw:
            merged.raw[key] = list(value) if isinstance(value, list) else value
            merged.origin[(key,)] = (file, document, (key,))
            if isinstance(value, list):
                for i in range(len(value)):
                    merged.origin[(key, i)] = (file, document, (key, i))
        elif isinstance(value, list) and isinstance(have, list):
            for i in range(len(value)):
                merged.origin[(key, len(have) + i)] = (file, document, (key, i))
            have.extend(value)
        elif isinstance(value, Mapping) and isinstance(have, Mapping):
            merged.raw[key] = {**have, **{k: _joined(have.get(k), v) for k, v in value.items()}}
        elif overlay:
            merged.raw[key] = value
        else:
            merged.faults.append(Fault("duplicate-key", f"{key!r} stands in two files", file, line, column))


def _joined(have: Any, new: Any) -> Any:
    """Two values of one key of a mapping: lists are joined, an entry with the same id replaced; else the new one."""
    if not isinstance(have, list) or not isinstance(new, list):
        return new
    ids = {e.get("id") for e in new if isinstance(e, dict)} - {None}
    return [*(e for e in have if not isinstance(e, dict) or e.get("id") not in ids), *new]


def _add_entries(
    merged: Authored, key: str, have: list[Any], new: list[Any], file: str, document: Document, overlay: bool
) -> None:
    places = {entry.get("id"): i for i, entry in enumerate(have) if isinstance(entry, dict)}
    for j, entry in enumerate(new):
        i = places.get(entry["id"])
        if overlay and i is not None:
            have[i] = {**have[i], **entry}
            merged.origin[(key, i)] = (file, document, (key, j))
        else:
            have.append(entry)
            merged.origin[(key, len(have) - 1)] = (file, document, (key, j))
    if overlay:
        gone = {e["id"] for e in new if e.get("remove") is True}
        if gone:
            merged.removed.update((key, name) for name in gone)
            kept = [
                (merged.origin.get((key, i)), e)
                for i, e in enumerate(have)
                if not isinstance(e, dict) or e.get("id") not in gone
            ]
            have[:] = [e for _, e in kept]
            for i, (origin, _) in enumerate(kept):
                if origin:
                    merged.origin[(key, i)] = origin


def unusable(faults: list[Fault]) -> KnowledgeError:
    """The error for a knowledge base with faults, naming the first few of them."""
    shown = [
        Problem(f.code, f"{f.file}:{f.line}:{f.column} {f.message}", "--kb", None, [f.suggestion] if f.suggestion else [])
        for f in faults[:5]
    ]
    more = len(faults) - len(shown)
    if more > 0:
        shown.append(Problem("kb-faults", f"and {more} more; mmopts kb check lists them all", "--kb"))
    return KnowledgeError(shown)
