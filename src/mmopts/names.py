"""Names as they are looked up, and lists of words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")


def fold_name(word: str) -> str:
    """A name as it is looked up: case and separators do not matter, but a single letter keeps its case."""
    word = plain(word).strip()
    if len(word) == 1:
        return word
    return word.casefold() if word.isalnum() else re.sub(r"[\s_\-]+", "", word).casefold()


def plain(word: str) -> str:
    """A word in the letters of a keyboard, as far as it has them: a dash, a wide letter, a mark without width."""
    if word.isascii():
        return word
    kept = (char for char in unicodedata.normalize("NFKC", word) if unicodedata.category(char) != "Cf")
    return "".join("-" if unicodedata.category(char) == "Pd" or char == "\N{MINUS SIGN}" else char for char in kept)


def look_up(word: str, table: Mapping[str, T]) -> T | None:
    """The entry for `word`, or None. A lone small letter is read as the capital where only that is known."""
    key = fold_name(word)
    found = table.get(key)
    return table.get(key.upper()) if found is None and len(key) == 1 else found


def begun(word: str, table: Iterable[str]) -> list[str]:
    """The folded names that begin with `word`, of which at least two letters stand; the name itself is none of them."""
    key = fold_name(word)
    return [name for name in table if len(key) > 1 and name != key and name.startswith(key)]


def split_list(raw: object) -> list[str] | None:
    """A list as options and files give it (commas, repeats, YAML lists) as words; None if it is no list of words."""
    items: Iterable[object] = raw if isinstance(raw, (list, tuple)) else [raw]
    out: list[str] = []
    for item in items:
        if not isinstance(item, str):
            return None
        parts = re.split(r",(?![^(]*\))", item) if "(" in item else item.split(",")
        out += [part.strip() for part in parts]
    return [word for word in out if word]
