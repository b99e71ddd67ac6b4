"""Checks a knowledge base: its schema and its meaning, all faults at once, each with its place."""

from __future__ import annotations

from typing import Any

from mmopts.knowledge.authored import Authored, Layer, merge, unusable
from mmopts.knowledge.compile import Compiler
from mmopts.knowledge.read import Fault, Path


def compile_layers(layers: list[Layer], digest: str) -> tuple[dict[str, Any] | None, list[Fault], Authored]:
    """The compiled knowledge base (None if errors forbid it), every fault found, and the merged authored data."""
    authored = merge(layers)
    faults = list(authored.faults)

    def report(code: str, message: str, path: Path, suggestion: str = "", severity: str = "error") -> None:
        file, line, column = authored.place(path)
        faults.append(Fault(code, message, file, line, column, suggestion, severity))

    from mmopts.knowledge.schema import schema_faults

    schema_faults(authored.raw, report)
    if any(f.severity == "error" for f in faults):
        return None, faults, authored
    data = Compiler(authored.raw, report).compile()
    data["meta"] = {**data["meta"], "digest": digest, "layers": [layer.name for layer in layers]}
    faults = list(dict.fromkeys(faults))
    return (None if any(f.severity == "error" for f in faults) else data), faults, authored


def compiled_or_raise(layers: list[Layer], digest: str) -> dict[str, Any]:
    """The compiled form; raises KnowledgeError that names the faults."""
    data, faults, _ = compile_layers(layers, digest)
    if data is None:
        raise unusable([f for f in faults if f.severity == "error"])
    return data
