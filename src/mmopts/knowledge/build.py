"""Authored files to records, with every fault of form, reference and meaning found on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from mmopts.diagnostics import ERROR, Diagnostic
from mmopts.knowledge.authored import Authored, merge, unusable
from mmopts.knowledge.compile import compile_knowledge
from mmopts.knowledge.context import Context
from mmopts.knowledge.language import Report
from mmopts.knowledge.layers import Layer
from mmopts.knowledge.lint import references
from mmopts.knowledge.packed import pack
from mmopts.knowledge.read import Path
from mmopts.knowledge.records import Knowledge
from mmopts.knowledge.schema import Misfit, misfits
from mmopts.knowledge.trials import trial_references, with_evidence

_READABLE = ("duplicate-key", "bad-key", "not-formatted")
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
    """How far a build came: the records even where there are errors, the data they were made of, and every fault.

    In `raw` each regimen's `evidence` is what its trials say of it.
    """

    knowledge: Knowledge | None
    context: Context | None
    raw: dict[str, Any]
    authored: Authored
    faults: list[Diagnostic]
    report: Report

    def packed(self) -> str:
        """The records as text. Raises KnowledgeError, which names the faults, if they forbid use."""
        found = errors(self.faults)
        if found or self.knowledge is None or self.context is None:
            raise unusable(found)
        return pack(self.knowledge, self.context.conds)


def errors(faults: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The faults that forbid use, each once; the others only warn."""
    return list(dict.fromkeys(f for f in faults if f.severity == ERROR))


def build(layers: list[Layer], digest: str) -> Built:
    """Read, hold against the schema, compile. What does not fit the schema is set aside, so that the rest is checked too."""
    authored = merge(layers)
    faults = list(authored.faults)
    back: Callable[[Path], Path] = tuple
    seen: Callable[[Path], Path] = tuple

    def report(code: str, message: str, path: Path, suggestion: str = "", severity: str = ERROR) -> None:
        if len(path) > 1 and path[0] == "definitions" and isinstance(path[1], str):
            # The compiler knows a definition by its name.
            path = (path[0], next(i for i, d in enumerate(raw["definitions"]) if d["id"] == path[1]), *path[2:])
        found = authored.place(back(seen(path)))
        place = found if found.file else found._replace(file=layers[-1].name, line=1, column=1)
        hints = (suggestion,) if suggestion else ()
        faults.append(Diagnostic(code, message, suggestions=hints, severity=severity, place=place))

    raw = authored.raw
    if any(f.code not in _READABLE for f in faults):
        return Built(None, None, raw, authored, faults, report)
    found = misfits(raw)
    for misfit in found:
        report(*misfit)
    if found:
        raw, back = _without(raw, found)
        # A regimen may be left without indications, it compiles as never open; a trial without arms.
        if any(m.path[-1:] not in (("indications",), ("arms",)) for m in misfits(raw)):
            return Built(None, None, raw, authored, faults, report)
    trial_references(raw, {name for kind, name in authored.removed if kind == "regimens"}, report, whole=not found)
    raw, seen = with_evidence(raw)
    references(raw, report)
    if not any(c["id"] == raw["steroid_class"] for c in raw["classes"]):
        return Built(None, None, raw, authored, faults, report)
    knowledge, context = compile_knowledge(raw, report, digest, [layer.name for layer in layers])
    for i, entry in enumerate(raw.get("definitions", ())):
        # These are built only where something needs them; their words are held against the vocabulary all the same.
        context.build.build(entry.get("when"), ("definitions", i, "when"))
    return Built(knowledge, context, raw, authored, faults, report)


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
