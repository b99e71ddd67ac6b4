"""Each numeric limit of the knowledge base is written down a second time, apart from the data (`limits.yaml`).

Double entry: a limit that moves in one book alone is noticed, and whoever moves it looks at its source again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mmopts.knowledge.read import read_yaml
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Cond, leaves

BOOK: dict[str, dict[str, dict[str, list[str]]]] = read_yaml((Path(__file__).parent / "limits.yaml").read_text("utf-8")).data
NUMBERS = ("age", "ecog", "crcl", "neuropathy", "adl", "iadl", "cci")
SHELVES = {
    "Trial": ("trials", ["population"]),
    "Subgroup": ("subgroups", ["when"]),
    "Rule": ("rules", ["cond"]),
    "State": ("states", ["cond", "refer_when"]),
    "Sentence": ("states", ["cond"]),
    "First": ("put first", ["cond"]),
    "Place": ("put first", ["cond"]),
    "Position": ("guidelines", ["cond"]),
    "Indication": ("indications", ["when"]),
    "CareLine": ("care", ["cond"]),
    "Adjustment": ("doses", ["when"]),
    "DoseRow": ("doses", ["when"]),
    "Alternative": ("doses", ["when"]),
    "Regimen": ("doses", ["lighter_when"]),
    "Exclusion": ("scores", ["cond"]),
    "Presumption": ("scores", ["when", "doubt_when"]),
    "Score": ("scores", ["applies"]),
    "ScoreItem": ("scores", ["cond"]),
    "Policy": ("order", ["doublet", "frail", "floor"]),
    "Late": ("order", ["when"]),
    "ClassOrder": ("order", ["when"]),
    "Precedence": ("order", ["when"]),
}
"""The kinds of entries that have conditions of their own: their part of the book, and the fields."""


def conditions(value: Any, owner: str = "tiers") -> Iterator[tuple[str, str, Cond]]:
    """Each condition of an entry: the part of the book, the entry's name there, and the condition."""
    if isinstance(value, Cond):
        return
    if hasattr(value, "_fields"):
        shelf, fields = SHELVES.get(type(value).__name__, ("", ()))
        name = named(value, owner)
        yield from ((shelf, name, cond) for f in fields if (cond := getattr(value, f)) is not None)
        for field in value._fields:
            yield from conditions(getattr(value, field), name)
    elif isinstance(value, (Mapping, tuple, list)):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from conditions(one, owner)


def named(value: Any, owner: str) -> str:
    """What an entry is called in the book: its id, or that of what it belongs to with what tells it there from others."""
    told = {"Indication": ("body", "product", "basis"), "CareLine": ("text",), "Subgroup": ("name",), "ScoreItem": ("text",)}
    words = next((w for field in told.get(type(value).__name__, ()) if (w := getattr(value, field, None))), None)
    return f"{owner}, {words}" if words else str(getattr(value, "id", owner))


def limits(cond: Cond) -> Iterator[tuple[str, str]]:
    """The whole numbers between which a condition may change, by fact."""
    for leaf in leaves([cond]):
        if leaf.fact in NUMBERS:
            assert leaf.test in (">=", "<="), leaf
            value = float(leaf.value)  # type: ignore[arg-type]
            yield leaf.fact, f"{value - 1:g}|{value:g}" if leaf.test == ">=" else f"{value:g}|{value + 1:g}"


def written(kb: Knowledge) -> dict[str, dict[str, dict[str, set[str]]]]:
    """The limits of a knowledge base, in the form of the book."""
    out: dict[str, dict[str, dict[str, set[str]]]] = {}
    for shelf, name, cond in conditions(kb):
        for fact, ends in limits(cond):
            out.setdefault(shelf, {}).setdefault(name, {}).setdefault(fact, set()).add(ends)
    return out


def test_every_limit_is_the_same_in_both_books(kb: Knowledge) -> None:
    found = written(kb)
    book = {
        part: {name: {f: set(e) for f, e in facts.items()} for name, facts in rows.items()} for part, rows in BOOK.items()
    }
    for part in book.keys() | found.keys():
        assert found.get(part, {}) == book.get(part, {}), part
