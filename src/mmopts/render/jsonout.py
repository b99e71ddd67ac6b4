"""JSON: one document, written at once, in ASCII, so that no text in it can steer a terminal."""

from __future__ import annotations

import json
from typing import Any


def json_text(data: Any, pretty: bool = False) -> str:
    """`data` as one line, or indented for a reader."""
    return json.dumps(data, indent=2 if pretty else None, separators=None if pretty else (",", ":")) + "\n"
