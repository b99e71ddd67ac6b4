"""JSON: one document, written at once, in ASCII, so that no text in it can steer a terminal."""

from __future__ import annotations

import json
from typing import Any

from mmopts.answers.form import to_data


def json_text(answer: Any, pretty: bool = False) -> str:
    """A typed answer, or data, as one line, or indented for a reader."""
    return json.dumps(to_data(answer), indent=2 if pretty else None, separators=None if pretty else (",", ":")) + "\n"
