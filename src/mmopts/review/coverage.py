"""How much of a knowledge base was read in its sources, and how much of it examples test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from mmopts.knowledge.lint_doses import prescriptions
from mmopts.knowledge.read import Raw, as_list
from mmopts.knowledge.records import Knowledge
from mmopts.review.doubts import idle_words
from mmopts.review.records import Coverage, Exampled, ReadDoses, ReadRows, WordsUsed

FIGURES = ("pfs", "os", "response", "toxicity", "follow_up", "n", "population", "primary")
DATED = ("when", "since")


def coverage(raw: Raw, kb: Knowledge) -> Coverage:
    """Counts of what was read where it is cited, of what has examples, and of the words that no answer turns on."""
    checked = {s["id"]: s["checked"] == "read" for s in raw["sources"]}
    examples = [len(r.get("examples", ())) for r in raw["regimens"]]
    doses = [row for _, _, rows in prescriptions(raw) for row in rows]
    changes = [row for kind in ("drugs", "regimens") for entry in raw[kind] for row in entry.get("adjustments", ())]
    words = sum(len(vocabulary.words) for vocabulary in kb.vocabulary.values())
    recorded = _rows([row for row in doses if "not_recorded" not in row], checked)
    return Coverage(
        sources=ReadRows(sum(checked.values()), len(checked) - sum(checked.values())),
        figures=_parts(raw, "evidence", FIGURES, checked),
        indications=_parts(raw, "indications", DATED, checked),
        doses=ReadDoses(recorded.read, recorded.unread, sum("not_recorded" in row for row in doses)),
        adjustments=_rows(changes, checked),
        positions=_rows(raw.get("guidelines", ()), checked),
        regimens=Exampled(len(examples), sum(map(bool, examples)), sum(examples)),
        words=WordsUsed(words, tuple(word for _, _, word in idle_words(kb))),
    )


def _read(row: Raw, checked: Mapping[str, bool]) -> bool:
    """Whether every source of a row was read."""
    return all(checked.get(str(name), False) for name in as_list(row.get("source", [])))


def _rows(rows: Sequence[Raw], checked: Mapping[str, bool]) -> ReadRows:
    """Rows that are read, or recalled, as a whole."""
    read = sum(_read(row, checked) and not row.get("unread", False) for row in rows)
    return ReadRows(read, len(rows) - read)


def _parts(raw: Raw, key: str, parts: Sequence[str], checked: Mapping[str, bool]) -> ReadRows:
    """Parts of the rows of each regimen, of which each may be recalled."""
    counts: Counter[bool] = Counter()
    for regimen in raw["regimens"]:
        for row in regimen.get(key, ()):
            read = _read(row, checked)
            counts.update(read and part not in row.get("unread", ()) for part in parts if part in row)
    return ReadRows(counts[True], counts[False])
