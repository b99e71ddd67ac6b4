"""How much of a knowledge base was read in its sources, and how much of it examples test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mmopts.knowledge.lint_doses import prescriptions
from mmopts.knowledge.read import Raw, as_list
from mmopts.knowledge.records import Knowledge
from mmopts.review.doubts import idle_words

FIGURES = ("pfs", "os", "response", "toxicity", "follow_up", "n", "population", "primary")
DATED = ("when", "since")


def coverage(raw: Raw, kb: Knowledge) -> dict[str, Any]:
    """Counts of what was read where it is cited, of what has examples, and of the words that no answer turns on."""
    checked = {s["id"]: s["checked"] == "read" for s in raw["sources"]}
    examples = [len(r.get("examples", ())) for r in raw["regimens"]]
    doses = [row for _, _, rows in prescriptions(raw) for row in rows]
    changes = [row for kind in ("drugs", "regimens") for entry in raw[kind] for row in entry.get("adjustments", ())]
    words = sum(len(vocabulary.words) for vocabulary in kb.vocabulary.values())
    idle = idle_words(kb)
    return {
        "sources": {"read": sum(checked.values()), "unread": len(checked) - sum(checked.values())},
        "figures": _parts(raw, "evidence", FIGURES, checked),
        "indications": _parts(raw, "indications", DATED, checked),
        "doses": {
            **_rows([row for row in doses if "not_recorded" not in row], checked),
            "not_recorded": sum("not_recorded" in row for row in doses),
        },
        "adjustments": _rows(changes, checked),
        "positions": _rows(raw.get("guidelines", ()), checked),
        "regimens": {"total": len(examples), "with_examples": sum(map(bool, examples)), "examples": sum(examples)},
        "words": {"total": words, "idle": [word for _, _, word in idle]},
    }


def _read(row: Raw, checked: Mapping[str, bool]) -> bool:
    """Whether every source of a row was read."""
    return all(checked.get(str(name), False) for name in as_list(row.get("source", [])))


def _rows(rows: Sequence[Raw], checked: Mapping[str, bool]) -> dict[str, int]:
    """Rows that are read, or recalled, as a whole."""
    read = sum(_read(row, checked) and not row.get("unread", False) for row in rows)
    return {"read": read, "unread": len(rows) - read}


def _parts(raw: Raw, key: str, parts: Sequence[str], checked: Mapping[str, bool]) -> dict[str, int]:
    """Parts of the rows of each regimen, of which each may be recalled."""
    counts: Counter[bool] = Counter()
    for regimen in raw["regimens"]:
        for row in regimen.get(key, ()):
            read = _read(row, checked)
            counts.update(read and part not in row.get("unread", ()) for part in parts if part in row)
    return {"read": counts[True], "unread": counts[False]}
