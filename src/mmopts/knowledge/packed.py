"""A compiled knowledge base as text: a line for judging, and a line for each part that is read when it is asked for."""

from __future__ import annotations

import json
from functools import cache

from mmopts.knowledge.codec import Writer, read, read_tables
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Conditions

FORMAT = 10
"""Of the text; another one is compiled anew."""
_JSON = json.JSONDecoder()


def pack(knowledge: Knowledge, conditions: Conditions) -> str:
    """A knowledge base as text; `conditions` is the table in which its conditions were made."""
    writer = Writer(conditions)
    data = {"format": FORMAT, "knowledge": writer.write(list(knowledge)), **writer.tables()}
    return "\n".join([json.dumps(part, separators=(",", ":")) for part in (data, *writer.parts)])


def unpack(text: str) -> Knowledge:
    """The knowledge base of a packed text. Raises ValueError, KeyError, IndexError or TypeError if it is none."""
    data, end = _JSON.raw_decode(text)
    if data["format"] != FORMAT:
        raise ValueError("compiled by another version")
    parts = cache(lambda: text[end + 1 :].split("\n"))
    tables = read_tables(data, lambda number: _JSON.raw_decode(parts()[number])[0])
    found: Knowledge = read(Knowledge, data["knowledge"], tables)
    return found
