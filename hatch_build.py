"""Build hook of the wheel: the knowledge base, checked and compiled.

A wheel carries ``mmopts/knowledge.json``, which every run loads, and the authored files as
``mmopts/data/*.yaml``, on which an overlay (``extends: builtin``) builds. A knowledge base with errors
fails the build. An editable install gets neither: it reads ``data/`` and compiles through a cache.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class KnowledgeHook(BuildHookInterface):  # type: ignore[type-arg, misc, unused-ignore]
    """Compiles ``data/*.yaml`` and adds the result to the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before the wheel is packed; nothing for an editable install."""
        if version == "editable":
            return
        root = Path(self.root)
        text = compiled(root)
        self._scratch = tempfile.TemporaryDirectory(prefix="mmopts-build-")
        packed = Path(self._scratch.name) / "knowledge.json"
        packed.write_text(text, encoding="utf-8")
        added = build_data["force_include"]
        added[str(packed)] = "mmopts/knowledge.json"
        for file in sorted((root / "data").glob("*.yaml")):
            added[str(file)] = f"mmopts/data/{file.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the scratch folder."""
        if version != "editable":
            self._scratch.cleanup()


def compiled(root: Path) -> str:
    """The knowledge base of a source tree in its packed form; exits with its faults if it has errors."""
    sys.path.insert(0, str(root / "src"))
    keep_clean, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        from mmopts.knowledge.build import build, errors
        from mmopts.knowledge.layers import BUILTIN, read_layer
        from mmopts.knowledge.load import digest_of

        layers = [read_layer(str(root / "data"))._replace(name=BUILTIN)]
        built = build(layers, digest_of(layers))
        for fault in built.faults:
            file, line, column = fault.place
            hint = f" ({fault.suggestion})" if fault.suggestion else ""
            print(f"data/{file}:{line}:{column}: {fault.severity} {fault.code}: {fault.text}{hint}", file=sys.stderr)
        count = len(errors(built.faults))
        if count:
            sys.exit(f"the knowledge base in data/ has {count} {'error' if count == 1 else 'errors'}; no wheel is built")
        return built.packed()
    finally:
        sys.dont_write_bytecode = keep_clean
        sys.path.remove(str(root / "src"))
