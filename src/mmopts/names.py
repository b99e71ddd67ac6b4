"""Words to drugs, classes and vocabulary: what a clinician writes, and what is meant by it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from mmopts.errors import MANY, Problem, did_you_mean, nearest


class Meaning(NamedTuple):
    """What a word stands for: drugs or classes, and facts that it sets as well; nothing, if it is not known.

    `filler`: no systemic therapy of its own, such as the name of a phase.
    """

    drugs: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    sets: Mapping[str, bool] = {}
    filler: bool = False


def fold_name(word: str) -> str:
    """A name as it is looked up: case and separators do not matter, but a single letter keeps its case."""
    word = word.strip()
    return word if len(word) == 1 else re.sub(r"[\s_\-–]+", "", word).casefold()


def look_up(word: str, table: Mapping[str, Any]) -> Any | None:
    """The entry for `word`, or None. A lone small letter is read as the capital where only that is known."""
    key = fold_name(word)
    found = table.get(key)
    return table.get(key.upper()) if found is None and len(key) == 1 else found


def read_drug_word(
    word: str,
    names: Mapping[str, Any],
    ambiguous: Mapping[str, Any],
    fact: str,
    problems: list[Problem],
    warnings: list[tuple[str, str]],
) -> Meaning:
    """The meaning of one word of a drug list; a word that is unknown or ambiguous adds to `problems`.

    `names` and `ambiguous` come from the compiled knowledge base. A word that joins known ones
    (``dara-VRd``, ``len+dex``) stands for all of them.
    """
    entry = look_up(word, names)
    if entry is None:
        readings = look_up(word, ambiguous)
        if readings is not None:
            problems.append(
                Problem(
                    "ambiguous-name", f"{word!r} can mean {' or '.join(readings)}; write which.", fact, word, tuple(readings)
                )
            )
            return Meaning()
        parts = [look_up(part, names) for part in re.split(r"[+/&\-–]|\s+", word.strip()) if part]
        entries = [part for part in parts if part is not None]
        if len(parts) < 2 or len(entries) < len(parts):
            near = (
                list(dict.fromkeys(names[key]["name"] for key in nearest(fold_name(word), names)))
                if len(problems) < MANY
                else []
            )
            problems.append(
                Problem(
                    "unknown-name",
                    f"{word!r} is no drug, regimen or class known here." + did_you_mean(near),
                    fact,
                    word,
                    tuple(near),
                )
            )
            return Meaning()
    else:
        entries = [entry]
        if "also" in entry:
            warnings.append(
                (
                    "ambiguous-abbreviation",
                    f"{word} is read as {entry['drugs'][0]}; it can also mean {' or '.join(entry['also'])}.",
                )
            )
    return Meaning(
        tuple(dict.fromkeys(d for e in entries for d in e.get("drugs", ()))),
        tuple(dict.fromkeys(c for e in entries for c in e.get("classes", ()))),
        {k: v for e in entries for k, v in e.get("sets", {}).items()},
        all(e.get("filler") for e in entries),
    )


def split_list(raw: object) -> list[str] | None:
    """A list as options and files give it (commas, repeats, YAML lists) as words; None if it is no list of words."""
    items: Iterable[object] = raw if isinstance(raw, (list, tuple)) else [raw]
    out: list[str] = []
    for item in items:
        if isinstance(item, bool) or not isinstance(item, str):
            return None
        out += [part.strip() for part in re.split(r",(?![^(]*\))", item)]
    return [word for word in out if word]
