"""Authored files to the compiled form, with every fault of form and reference found on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from mmopts.knowledge.authored import Authored, merge, unusable
from mmopts.knowledge.compile import Compiler
from mmopts.knowledge.conditions import Report
from mmopts.knowledge.layers import Layer
from mmopts.knowledge.lint import references
from mmopts.knowledge.read import Fault, Path
from mmopts.knowledge.schema import Misfit, misfits
from mmopts.knowledge.trials import trial_references, with_evidence

_READABLE = ("duplicate-key", "bad-key")
"""Faults of reading after which the rest of a file still is what its author meant."""
_STUBS: dict[str, dict[str, Any]] = {
    "regimens": {"drugs": [], "intensity": "standard", "indications": []},
    "trials": {"phase": 4, "setting": "relapsed", "design": "retrospective", "source": [], "arms": []},
    "drugs": {},
    "classes": {"name": "?"},
    "sources": {"title": "?", "kind": "review", "checked": "unread"},
    "definitions": {"name": "?", "text": "?", "source": []},
}
"""What stands for a required key that does not fit, in the entries that others refer to."""


class Built(NamedTuple):
    """How far a check came: the compiled form even where it has errors, and the data it was made of.

    In `raw` each regimen's `evidence` is what its trials say of it.
    """

    data: dict[str, Any] | None
    raw: dict[str, Any]
    authored: Authored
    faults: list[Fault]
    report: Report


def compile_layers(layers: list[Layer], digest: str) -> tuple[dict[str, Any] | None, list[Fault], Authored]:
    """The compiled knowledge base (None if errors forbid it), every fault found, and the merged authored data."""
    checked = build(layers, digest)
    faults = list(dict.fromkeys(checked.faults))
    return (None if errors(faults) else checked.data), faults, checked.authored


def compiled_or_raise(layers: list[Layer], digest: str) -> dict[str, Any]:
    """The compiled form; raises KnowledgeError that names the faults."""
    data, faults, _ = compile_layers(layers, digest)
    if data is None:
        raise unusable(errors(faults))
    return data


def errors(faults: Sequence[Fault]) -> list[Fault]:
    """The faults that forbid use; the others only warn."""
    return [f for f in faults if f.severity == "error"]


def build(layers: list[Layer], digest: str) -> Built:
    """Read, hold against the schema, compile. What does not fit the schema is set aside, so that the rest is checked too."""
    authored = merge(layers)
    faults = list(authored.faults)
    back: Callable[[Path], Path] = tuple
    seen: Callable[[Path], Path] = tuple

    def report(code: str, message: str, path: Path, suggestion: str = "", severity: str = "error") -> None:
        if len(path) > 1 and path[0] == "definitions" and isinstance(path[1], str):
            # The compiler knows a definition by its name.
            path = (path[0], next(i for i, d in enumerate(raw["definitions"]) if d["id"] == path[1]), *path[2:])
        place = authored.place(back(seen(path)))
        faults.append(Fault(code, message, *(place if place[0] else (layers[-1].name, 1, 1)), suggestion, severity))

    raw = authored.raw
    if any(f.code not in _READABLE for f in faults):
        return Built(None, raw, authored, faults, report)
    found = misfits(raw)
    for misfit in found:
        report(*misfit)
    if found:
        raw, back = _without(raw, found)
        # A regimen may be left without indications, it compiles as never open; a trial without arms.
        if any(m.path[-1:] not in (("indications",), ("arms",)) for m in misfits(raw)):
            return Built(None, raw, authored, faults, report)
    trial_references(raw, {name for kind, name in authored.removed if kind == "regimens"}, report, whole=not found)
    raw, seen = with_evidence(raw)
    references(raw, report)
    if not any(c["id"] == raw["steroid_class"] for c in raw["classes"]):
        return Built(None, raw, authored, faults, report)
    compiler = Compiler(raw, report)
    data = compiler.compile()
    for kind in ("definitions",):
        # These are built only where something needs them; their words are held against the vocabulary all the same.
        for i, entry in enumerate(raw.get(kind, ())):
            compiler.build.build(entry.get("when"), (kind, i, "when"))
    data["meta"] = {**data["meta"], "digest": digest, "layers": [layer.name for layer in layers]}
    return Built(data, raw, authored, faults, report)


def _without(raw: dict[str, Any], found: Sequence[Misfit]) -> tuple[dict[str, Any], Callable[[Path], Path]]:
    """The data without what does not fit, and the way from a path in it back to the path in `raw`."""
    out = deepcopy(raw)
    gone: dict[Path, set[int]] = {}
    for path in (misfit.path for misfit in found):
        if len(path) == 1:
            out.pop(str(path[0]), None)
        elif len(path) > 1 and isinstance(path[1], int):
            entry = out[str(path[0])][path[1]]
            if path[0] not in _STUBS or not isinstance(entry, dict):
                gone.setdefault(path[:1], set()).add(path[1])
            elif len(path) > 3 and isinstance(path[3], int):
                gone.setdefault(path[:3], set()).add(path[3])
            else:
                if len(path) > 2:
                    entry.pop(path[2], None)
                out[str(path[0])][path[1]] = {**_STUBS[str(path[0])], "id": "?", **entry}
    kept: dict[Path, list[int]] = {}
    for prefix in sorted(gone, key=len, reverse=True):
        kind, *inner = prefix
        holder: dict[Any, Any] = out[str(kind)][inner[0]] if inner else out
        items = holder.get(prefix[-1])
        if isinstance(items, list):
            kept[prefix] = [i for i in range(len(items)) if i not in gone[prefix]]
            holder[prefix[-1]] = [items[i] for i in kept[prefix]]

    def back(path: Path) -> Path:
        for length in (1, 3):
            places, number = kept.get(path[:length]), path[length] if len(path) > length else None
            if places and isinstance(number, int):
                return (*path[:length], places[number], *path[length + 1 :])
        return path

    return out, back
