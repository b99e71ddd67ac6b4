"""Authored files to one merged knowledge base, with the place of every entry kept for messages.

A knowledge base is a folder of YAML files, or one file; their top-level keys are joined. An overlay says
``extends: builtin``: its entries replace the keys that they give of the entry with the same id, add new
entries, and with ``remove: true`` take one out.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from mmopts.diagnostics import NOWHERE, Diagnostic, KnowledgeError, Place, fault_at
from mmopts.knowledge.layers import BUILTIN, EXTENDS, Layer
from mmopts.knowledge.read import Document, Path, read_yaml


class Origin(NamedTuple):
    """Where a value stands: a file and the path in it; `inner`: the parts of the value that stand elsewhere."""

    file: str
    document: Document
    path: Path
    inner: dict[Hashable, Origin]

    def at(self, path: Path) -> Place:
        """File, line and column of what stands at a path below, or of the nearest that encloses it."""
        found = self
        for i, step in enumerate(path):
            if step not in found.inner:
                return found._place(path[i:])
            found = found.inner[step]
        return found._place(())

    def part(self, step: Hashable) -> Origin:
        """Where a part of the value stands: elsewhere if `inner` has it, else below this one."""
        return self.inner.get(step) or Origin(self.file, self.document, (*self.path, step), {})

    def _place(self, rest: Path) -> Place:
        places, path = self.document.places, (*self.path, *rest)
        while path and path not in places:
            path = path[:-1]
        return Place(self.file, *places.get(path, (1, 1)))


class Authored(NamedTuple):
    """Merged data, the origin of each key, faults of reading, and the kind and id of each entry that an overlay removed."""

    raw: dict[str, Any]
    origin: dict[Hashable, Origin]
    faults: list[Diagnostic]
    removed: set[tuple[str, str]]

    def place(self, path: Path) -> Place:
        """File, line and column of a path in the merged data, or of its nearest known ancestor."""
        found = self.origin.get(path[0]) if path else None
        return found.at(path[1:]) if found else NOWHERE


def merge(layers: Iterable[Layer]) -> Authored:
    """The layers as one knowledge base, the first below."""
    merged = Authored({}, {}, [], set())
    for number, layer in enumerate(layers):
        seen: set[tuple[str, str]] = set()
        for file, text in layer.files:
            document = read_yaml(text, file)
            merged.faults.extend(document.faults)
            if isinstance(document.data, dict):
                if number:
                    merged.faults.extend(_twice(file, document, seen))
                _add(merged, file, document, overlay=number > 0)
            elif not document.faults:
                merged.faults.append(fault_at("bad-yaml", "the file is no mapping of keys", file, 1, 1))
    return merged


def _twice(file: str, document: Document, seen: set[tuple[str, str]]) -> Iterator[Diagnostic]:
    """Entries of an overlay whose id its files have before (`seen`): the later one would take the place of the first."""
    for key, value in document.data.items():
        for place, entry in enumerate(value if isinstance(value, list) else ()):
            named = _id(entry)
            if named is not None and (key, named) in seen:
                here = Origin(file, document, (key, place), {})
                yield fault_at("duplicate-id", f"{named!r} stands twice under {key}", *here.at(()))
            elif named is not None:
                seen.add((key, named))


def _add(merged: Authored, file: str, document: Document, overlay: bool) -> None:
    """A file's keys joined to what is there."""
    for key, value in document.data.items():
        here = Origin(file, document, (key,), {})
        if key == EXTENDS:
            if value != BUILTIN:
                message = f"an overlay extends {BUILTIN}, nothing else"
                merged.faults.append(fault_at("bad-value", message, *here.at(()), f"{EXTENDS}: {BUILTIN}"))
        elif key not in merged.raw:
            merged.raw[key] = list(value) if isinstance(value, list) else value
            merged.origin[key] = here
            if isinstance(value, list):
                here.inner.update(_items(here, value, 0))
        else:
            have, origin = merged.raw[key], merged.origin[key]
            if isinstance(value, list) and isinstance(have, list):
                gone = _join(have, value, origin, here, overlay)
                merged.removed.update((key, name) for name in gone)
            elif isinstance(value, Mapping) and isinstance(have, Mapping):
                merged.raw[key] = _updated(have, value, origin, here)
            elif overlay:
                merged.raw[key], merged.origin[key] = value, here
            else:
                message = f"{key!r} stands in two files"
                merged.faults.append(fault_at("duplicate-key", message, *here.at(())))


def _items(here: Origin, value: list[Any], start: int) -> dict[Hashable, Origin]:
    """The origins of the items of a list that is appended behind `start` others."""
    return {start + i: here.part(i) for i in range(len(value))}


def _join(have: list[Any], new: list[Any], origin: Origin, here: Origin, overlay: bool) -> set[str]:
    """Append a list to another file's; in an overlay an entry with a known id replaces keys. Returns the ids removed."""
    places = {_id(entry): i for i, entry in enumerate(have) if _id(entry) is not None} if overlay else {}
    for j, entry in enumerate(new):
        i = places.get(_id(entry))
        mine = here.part(j)
        if i is None:
            have.append(entry)
            origin.inner[len(have) - 1] = mine
        else:
            have[i] = {**have[i], **entry}
            keys = {key: mine.part(key) for key in entry}
            below = origin.part(i)
            origin.inner[i] = below._replace(inner={**below.inner, **keys})
    gone = {name for e in new if isinstance(e, dict) and e.get("remove") is True and (name := _id(e)) is not None}
    if overlay and gone:
        kept = [i for i, entry in enumerate(have) if _id(entry) not in gone]
        inner: dict[Hashable, Origin] = {place: origin.inner[i] for place, i in enumerate(kept) if i in origin.inner}
        have[:] = [have[i] for i in kept]
        origin.inner.clear()
        origin.inner.update(inner)
        return gone
    return set()


def _id(entry: Any) -> str | None:
    """The id of an entry, if it has one."""
    found = entry.get("id") if isinstance(entry, dict) else None
    return found if isinstance(found, str) else None


def _updated(have: Mapping[str, Any], new: Mapping[str, Any], origin: Origin, here: Origin) -> dict[str, Any]:
    """Two mappings as one: lists are joined, a new entry replacing one with the same id; other values are replaced."""
    out = dict(have)
    for key, value in new.items():
        below = origin.part(key)
        mine = here.part(key)
        old = have.get(key)
        if isinstance(old, list) and isinstance(value, list):
            ids = {_id(entry) for entry in value} - {None}
            kept = [i for i, entry in enumerate(old) if _id(entry) not in ids]
            places = [below.part(i) for i in kept]
            out[key] = [*(old[i] for i in kept), *value]
            origin.inner[key] = mine._replace(inner={**dict(enumerate(places)), **_items(mine, value, len(kept))})
        else:
            out[key] = value
            origin.inner[key] = mine
    return out


def unusable(faults: list[Diagnostic]) -> KnowledgeError:
    """The error for a knowledge base with faults, naming the first few of them."""
    shown = [
        f._replace(message=f"{f.place.file}:{f.place.line}:{f.place.column} {f.message}", fact="kb") for f in faults[:5]
    ]
    more = len(faults) - len(shown)
    if more > 0:
        shown.append(Diagnostic("kb-faults", f"and {more} more; mmopts kb check lists them all", "kb"))
    return KnowledgeError(shown)
