"""Which screen belongs to which answer."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from mmopts.render.blocks import Block, View

_VIEWS = {
    "suggest": "suggest",
    "ask": "suggest",
    "explain": "regimen",
    "show": "regimen",
    "compare": "regimen",
    "list": "tables",
    "drugs": "tables",
    "drug": "tables",
    "sources": "tables",
    "source": "tables",
    "guidance": "tables",
    "frailty": "scores",
    "risk": "scores",
    "kb-check": "kb",
    "kb-diff": "kb",
    "kb-format": "kb",
}


def kind_of(envelope: dict[str, Any]) -> str:
    """What an answer is: ``suggest`` for ``mmopts.suggest/1``."""
    return str(envelope["schema"]).removeprefix("mmopts.").partition("/")[0]


def blocks_of(envelope: dict[str, Any], view: View) -> list[Block]:
    """The screen of an answer."""
    kind = kind_of(envelope)
    module = import_module(f"mmopts.render.view_{_VIEWS[kind]}")
    screen: list[Block] = getattr(module, f"{kind.replace('-', '_')}_blocks")(envelope, view)
    return screen
