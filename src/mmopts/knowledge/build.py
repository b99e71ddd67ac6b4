"""Authored files to records, with every fault of form, reference and meaning found on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from mmopts.diagnostics import ERROR, Diagnostic, Place, fault_at
from mmopts.knowledge.authored import Authored, merge, unusable
from mmopts.knowledge.codec import pack
from mmopts.knowledge.compile import compile_knowledge
from mmopts.knowledge.context import Context
from mmopts.knowledge.layers import Layer
from mmopts.knowledge.lint import lint, references
from mmopts.knowledge.read import Path
from mmopts.knowledge.records import Knowledge
from mmopts.knowledge.schema import MOST, Misfit, misfits
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
"""Stand-ins for required keys that do not fit, in entries that others refer to."""


class TooMany(Exception):  # noqa: N818 - it ends a search
    """There are so many faults that no more are looked for."""


class Faults:
    """Collects faults by their path in the data, and finds their places; raises TooMany after `MOST`."""

    def __init__(self, authored: Authored, layer: str) -> None:
        self.found = list(authored.faults)
        self.ways: list[Callable[[Path], Path]] = []
        """Steps from a path in the present data back to the authored data, the last change first."""
        self._authored, self._layer = authored, layer

    def __call__(self, code: str, message: str, path: Path, suggestion: str = "", severity: str = ERROR) -> None:
        """Take a fault."""
        self.found.append(fault_at(code, message, *self.place(path), suggestion, severity))
        if len(self.found) == MOST:
            text = f"{MOST:,} faults; no more are looked for"
            self.found.append(fault_at("too-many-faults", text, self._layer, 1, 1))
            raise TooMany

    def place(self, path: Path) -> Place:
        """File, line and column of a path."""
        definitions = self._authored.raw.get("definitions", ())
        if len(path) > 1 and path[0] == "definitions" and isinstance(path[1], str):
            # The compiler knows a definition by its name.
            path = (path[0], next(i for i, d in enumerate(definitions) if d.get("id") == path[1]), *path[2:])
        for way in self.ways:
            path = way(path)
        found = self._authored.place(path)
        return found if found.file else Place(self._layer, 1, 1)


class Built(NamedTuple):
    """How far a build came: the records (even with errors), the data that they were made from, and every fault.

    In `raw`, each regimen's `evidence` holds the rows of its trials. `report` takes further faults.
    """

    knowledge: Knowledge | None
    context: Context | None
    raw: dict[str, Any]
    report: Faults

    @property
    def faults(self) -> list[Diagnostic]:
        """Every fault so far."""
        return self.report.found

    def packed(self) -> str:
        """The records as text. Raises KnowledgeError, which names the faults, if they forbid use."""
        knowledge = self.usable()
        assert self.context is not None
        return pack(knowledge, self.context.conds)

    def usable(self) -> Knowledge:
        """The records. Raises KnowledgeError, which names the faults, if they forbid use."""
        found = errors(self.faults)
        if found or self.knowledge is None:
            raise unusable(found)
        return self.knowledge


def errors(faults: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The faults that forbid use, each once; the others only warn."""
    return list(dict.fromkeys(f for f in faults if f.severity == ERROR))


def build(layers: list[Layer], digest: str) -> Built:
    """Read, check against the schema, compile, check for contradictions: what shows no error here can be used.

    What does not fit the schema is set aside, so that the rest is checked too.
    """
    authored = merge(layers)
    report = Faults(authored, layers[-1].name)
    out = Built(None, None, authored.raw, report)
    if any(f.code not in _READABLE for f in report.found):
        return out
    try:
        return _built(out, authored, digest, [layer.name for layer in layers])
    except TooMany:
        return out


def _built(out: Built, authored: Authored, digest: str, layers: list[str]) -> Built:
    """Check and compile what was merged, as far as it can be: what does not fit its schema is left out and reported."""
    raw, report = out.raw, out.report
    found = misfits(raw)
    for misfit in found:
        report(*misfit)
    if found:
        raw, back = _without(raw, found)
        report.ways.append(back)
        # A regimen may be left without indications, it compiles as never open; a trial without arms.
        if any(m.path[-1:] not in (("indications",), ("arms",)) for m in misfits(raw)):
            return out
    removed = {name for kind, name in authored.removed if kind == "regimens"}
    trial_references(raw, removed, report, whole=not found)
    raw, seen = with_evidence(raw)
    report.ways.insert(0, seen)
    references(raw, report, removed)
    if not any(c["id"] == raw["steroid_class"] for c in raw["classes"]):
        return out._replace(raw=raw)
    knowledge, context = compile_knowledge(raw, report, digest, layers)
    for i, entry in enumerate(raw.get("definitions", ())):
        # The compiler builds only those that something needs; the words of all are checked here.
        context.when(entry, ("definitions", i))
    lint(raw, knowledge, report, report.place, whole=not found)
    return Built(knowledge, context, raw, report)


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
