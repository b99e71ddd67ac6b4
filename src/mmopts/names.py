"""Names as they are looked up, lists of words, keys that stand twice, and what can be written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")
MINUS = "\u2212"
"""By its number, since reading it by its name loads a module, which an interrupt meanwhile would turn into a fault."""


def fold_name(word: str) -> str:
    """The form under which a name is looked up: without case and separators; a single letter keeps its case.

    A minus before or behind a name is no separator: it says that something is not there (``t(4;14)-``, ``HBV-``).
    """
    word = plain(word).strip()
    if len(word) == 1:
        return word
    return word.casefold() if word.isalnum() else re.sub(r"(?<=[^-])-+(?=[^-])", "", re.sub(r"[\s_]+", "", word)).casefold()


def unsigned(word: str) -> str:
    """A word without the minus before or behind it; empty if it has none, or is nothing else."""
    said = plain(word).strip()
    bare = said.strip("- ")
    return bare if said != bare else ""


def plain(word: str) -> str:
    """A word in plain letters where Unicode has look-alikes: dashes, wide letters, marks without width."""
    if word.isascii():
        return word
    from unicodedata import category, normalize  # a library of its own, and most words are ASCII

    kept = (char for char in normalize("NFKC", word) if category(char) != "Cf")
    return "".join("-" if category(char) == "Pd" or char == MINUS else char for char in kept)


class TwiceError(ValueError):
    """A key that stands twice; its text is the key."""


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Keys and values of an object of JSON. Raises TwiceError for the first key that stands there twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise TwiceError(next(key for key in keys if keys.count(key) > 1))
    return found


def is_yaml(path: str) -> bool:
    """Whether a path is named as a YAML file is."""
    return path.casefold().endswith((".yaml", ".yml"))


def is_text(data: Any) -> bool:
    """Whether a text, or all text in data of JSON, can be written; half a pair of surrogates, which JSON holds, can not."""
    text = data
    if not isinstance(data, str):
        import json  # most callers have a text

        text = json.dumps(data, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def underscored(given: Mapping[Any, T]) -> tuple[dict[str, T], list[str]]:
    """Keys with ``_`` for ``-``, as facts are named; and which stand there in both spellings, so that one is lost."""
    names = [str(key).replace("-", "_") for key in given]
    found = dict(zip(names, given.values(), strict=True))
    twice = sorted({name for name in names if names.count(name) > 1}) if len(found) < len(names) else []
    return found, twice


def look_up(word: str, table: Mapping[str, T]) -> T | None:
    """The entry for `word`, or None. A lone small letter is read as the capital where only that is known."""
    key = fold_name(word)
    found = table.get(key)
    return table.get(key.upper()) if found is None and len(key) == 1 else found


def begun(word: str, table: Iterable[str]) -> list[str]:
    """The longer names in the table that begin with `word`, folded; none for a single letter."""
    key = fold_name(word)
    return [name for name in table if len(key) > 1 and name != key and name.startswith(key)]


def split_list(raw: object) -> list[str] | None:
    """A list as options and files give it (commas, semicolons, repeats, YAML lists) as words; None if it is none of words.

    Semicolons part the lists of a table, whose cells are parted by commas; whoever moves one to an option finds it read.
    Between digits a semicolon belongs to a word (``t4;14``).
    """
    items: Iterable[object] = raw if isinstance(raw, (list, tuple)) else [raw]
    out: list[str] = []
    for item in items:
        if not isinstance(item, str):
            return None
        parts = re.split(r"(?:,|;(?!\d)|(?<!\d);)(?![^(]*\))", item) if "(" in item or ";" in item else item.split(",")
        out += [part.strip() for part in parts]
    return [word for word in out if word]
