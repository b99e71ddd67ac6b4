"""The JSON Schema of a knowledge base, applied."""

from __future__ import annotations

from typing import Any

from mmopts.knowledge.conditions import Report


def schema_faults(raw: dict[str, Any], report: Report) -> None:
    """Report every way in which the merged data does not fit the schema."""
