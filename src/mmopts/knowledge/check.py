"""Checks a knowledge base: its form, its meaning and its examples, all faults at once, each with its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, NamedTuple

from mmopts.knowledge.authored import Authored, merge, unusable
from mmopts.knowledge.layers import Layer
from mmopts.knowledge.compile import Compiler
from mmopts.knowledge.conditions import Report
from mmopts.knowledge.lint import figures, lint, references
from mmopts.knowledge.read import Fault, Path
from mmopts.knowledge.schema import Misfit, misfits

_READABLE = ("duplicate-key", "bad-key")
"""Faults of reading after which the rest of a file still is what its author meant."""
_STUBS: dict[str, dict[str, Any]] = {
    "regimens": {"drugs": [], "intensity": "standard", "indications": []},
    "drugs": {},
    "classes": {"name": "?"},
    "sources": {"title": "?", "kind": "review", "checked": "unread"},
    "definitions": {"name": "?", "text": "?", "source": []},
}
"""What stands for a required key that does not fit, in the entries that others refer to."""


class CheckResult(NamedTuple):
    """Faults by place; coverage as plain data; the compiled form, or None where errors forbid it."""

    faults: list[Fault]
    coverage: dict[str, Any]
    data: dict[str, Any] | None


class _Checked(NamedTuple):
    """How far a check came: the compiled form even where it has errors, and the data it was made of."""

    data: dict[str, Any] | None
    raw: dict[str, Any]
    authored: Authored
    faults: list[Fault]
    report: Report


def compile_layers(layers: list[Layer], digest: str) -> tuple[dict[str, Any] | None, list[Fault], Authored]:
    """The compiled knowledge base (None if errors forbid it), every fault found, and the merged authored data."""
    checked = _compile(layers, digest)
    faults = list(dict.fromkeys(checked.faults))
    return (None if _errors(faults) else checked.data), faults, checked.authored


def compiled_or_raise(layers: list[Layer], digest: str) -> dict[str, Any]:
    """The compiled form; raises KnowledgeError that names the faults."""
    data, faults, _ = compile_layers(layers, digest)
    if data is None:
        raise unusable(_errors(faults))
    return data


def check(layers: list[Layer], today: date | None = None) -> CheckResult:
    """Everything that is wrong with a knowledge base, and what its examples and its sources cover."""
    checked = _compile(layers, "")
    if checked.data is None:
        return CheckResult(_sorted(checked.faults), {}, None)
    sound = not _errors(checked.faults)
    # Warnings of what is missing wait until nothing else is wrong; they might only follow from it.
    quiet = checked.report if sound else partial(_errors_only, checked.report)
    lint(checked.raw, checked.data, quiet, checked.authored.place, today or datetime.now(UTC).date())
    coverage = figures(checked.raw)
    if sound:
        from mmopts.knowledge.examples import run

        coverage["clauses"] = run(checked.raw, checked.data, checked.report, checked.authored.place)
    faults = _sorted(checked.faults)
    return CheckResult(faults, coverage, None if _errors(faults) else checked.data)


def _errors_only(report: Report, *fault: Any, severity: str = "error") -> None:
    if severity == "error":
        report(*fault)


def _errors(faults: Sequence[Fault]) -> list[Fault]:
    return [f for f in faults if f.severity == "error"]


def _sorted(faults: Sequence[Fault]) -> list[Fault]:
    return sorted(dict.fromkeys(faults), key=lambda f: (f.file, f.line, f.column, f.code, f.message))


def _compile(layers: list[Layer], digest: str) -> _Checked:
    """Read, hold against the schema, compile. What does not fit the schema is set aside, so that the rest is checked too."""
    authored = merge(layers)
    faults = list(authored.faults)
    back: Callable[[Path], Path] = tuple

    def report(code: str, message: str, path: Path, suggestion: str = "", severity: str = "error") -> None:
        if len(path) > 1 and path[0] == "definitions" and isinstance(path[1], str):
            # The compiler knows a definition by its name.
            path = (path[0], next(i for i, d in enumerate(raw["definitions"]) if d["id"] == path[1]), *path[2:])
        place = authored.place(back(path))
        faults.append(Fault(code, message, *(place if place[0] else (layers[-1].name, 1, 1)), suggestion, severity))

    raw = authored.raw
    if any(f.code not in _READABLE for f in faults):
        return _Checked(None, raw, authored, faults, report)
    found = misfits(raw)
    for misfit in found:
        report(*misfit)
    if found:
        raw, back = _without(raw, found)
        # A regimen may be left without indications; it compiles as never open.
        if any(m.path[-1:] != ("indications",) for m in misfits(raw)):
            return _Checked(None, raw, authored, faults, report)
    references(raw, report)
    if not any(c["id"] == raw["steroid_class"] for c in raw["classes"]):
        return _Checked(None, raw, authored, faults, report)
    compiler = Compiler(raw, report)
    data = compiler.compile()
    for kind in ("definitions", "guidelines"):
        # These are built only where something needs them; their words are held against the vocabulary all the same.
        for i, entry in enumerate(raw.get(kind, ())):
            compiler.build.build(entry.get("when"), (kind, i, "when"))
    data["meta"] = {**data["meta"], "digest": digest, "layers": [layer.name for layer in layers]}
    return _Checked(data, raw, authored, faults, report)


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
                return (*path[:length], places[number], *path[length + 1:])
        return path

    return out, back
