"""A compiled knowledge base as text: a line for judging, a line for the library, which is read when asked for."""

from __future__ import annotations

import json
from typing import Any

from mmopts.knowledge.codec import Writer, read, read_tables
from mmopts.knowledge.records import Knowledge, Library
from mmopts.logic import Conditions

FORMAT = 7
"""Of the text; another one is compiled anew."""
_JSON = json.JSONDecoder()


def pack(knowledge: Knowledge, conditions: Conditions) -> str:
    """A knowledge base as text; `conditions` is the table in which its conditions were made."""
    fields = {name: value for name, value in knowledge._asdict().items() if name != "library"}
    return "\n".join(_line(part, conditions) for part in (fields, {"library": knowledge.library()}))


def _line(fields: dict[str, Any], conditions: Conditions) -> str:
    writer = Writer(conditions)
    data = {"format": FORMAT, "fields": writer.write(fields)}
    return json.dumps({**data, **writer.tables()}, separators=(",", ":"))


def unpack(text: str) -> Knowledge:
    """The knowledge base of a packed text. Raises ValueError, KeyError, IndexError or TypeError if it is none."""
    core, end = _JSON.raw_decode(text)
    parsed: list[Library] = []

    def library() -> Library:
        if not parsed:
            parsed.append(_fields(_JSON.raw_decode(text, end + 1)[0], {"library": Library})["library"])
        return parsed[0]

    kinds = {name: kind for name, kind in Knowledge.__annotations__.items() if name != "library"}
    return Knowledge(**_fields(core, kinds), library=library)


def _fields(data: Any, kinds: dict[str, Any]) -> dict[str, Any]:
    if data["format"] != FORMAT:
        raise ValueError("compiled by another version")
    tables = read_tables(data)
    return {name: read(kind, data["fields"][name], tables) for name, kind in kinds.items()}
