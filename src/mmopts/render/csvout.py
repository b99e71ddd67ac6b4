"""CSV: a row for each entry of an answer's main list, with the columns that a spreadsheet can use."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

from mmopts.render.phrases import key_figure
from mmopts.render.plain import plain
from mmopts.render.views import kind_of

Data = dict[str, Any]


def csv_text(envelope: Data) -> str:
    """An answer as CSV with a head line."""
    head, rows = _ROWS[kind_of(envelope)](envelope)
    held = StringIO()
    writer = csv.writer(held, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([[_cell(v) for v in row] for row in rows])
    return held.getvalue()


def _cell(value: Any) -> Any:
    """A cell; several things are joined by "; ". A text that a spreadsheet would run as a formula is made text."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = "; ".join(plain(v) for v in value) if isinstance(value, (list, tuple)) else plain(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


Rows = tuple[Sequence[str], Iterable[Sequence[Any]]]


def _texts(entries: Iterable[Data]) -> list[str]:
    return [e["text"] for e in entries]


def _suggest(answer: Data) -> Rows:
    head = (
        "id",
        "name",
        "drugs",
        "verdict",
        "tier",
        "us",
        "eu",
        "for_this_patient",
        "key_figure",
        "because",
        "needs",
        "cautions",
        "would_change_it",
    )
    rows = [
        [
            o["id"],
            o["name"],
            o["drugs"],
            o["verdict"],
            o["tier"],
            o["labels"]["us"],
            o["labels"]["eu"],
            o["for_this_patient"],
            key_figure(o)[0],
            _texts(o["because"]),
            [n["question"] for n in o["needs"]],
            _texts(o["cautions"]),
            "",
        ]
        for o in answer["options"]
    ]
    rows += [
        [
            e["id"],
            e["name"],
            e["drugs"],
            "excluded",
            "",
            e["labels"]["us"],
            e["labels"]["eu"],
            "",
            "",
            _texts(e["because"]),
            "",
            "",
            _texts(e["flips"]),
        ]
        for e in answer["excluded"]
    ]
    return head, rows


def _ask(answer: Data) -> Rows:
    return ("fact", "question", "option", "settles", "settles_at_least", "of", "answer", "opens", "closes"), [
        [
            q["fact"],
            q["question"],
            q["option"],
            q["settles"],
            q["settles_at_least"],
            q["of"],
            a["answer"],
            a["opens"],
            a["closes"],
        ]
        for q in answer["next_questions"]
        for a in q["answers"]
    ]


def _explain(answer: Data) -> Rows:
    regimen = answer["regimen"]
    return ("id", "verdict", "part", "text", "holds", "clauses", "source"), [
        [
            regimen["id"],
            regimen["verdict"],
            part,
            row["text"],
            row["opens" if part == "indication" else "holds"],
            [c["text"] for c in row["clauses"]],
            row["source"],
        ]
        for part, rows in (("indication", regimen["indications"]), ("forbid", regimen["forbids"]))
        for row in rows
    ]


def _regimens(answer: Data) -> Rows:
    return ("id", "name", "drugs", "settings", "intensity", "us", "eu", "key_figure"), [
        [
            r["id"],
            r["name"],
            r["drugs"],
            r["settings"],
            r["intensity"],
            r["labels"]["us"],
            r["labels"]["eu"],
            key_figure(r)[0],
        ]
        for r in answer["regimens"]
    ]


def _drugs(answer: Data) -> Rows:
    drugs = answer["drugs"] if "drugs" in answer else [answer["drug"]]
    return ("id", "abbreviations", "brands", "classes", "routes", "regimens"), [
        [d["id"], d["abbreviations"], d["brands"], d["classes"], d.get("routes", []), d["regimens"]] for d in drugs
    ]


def _sources(answer: Data) -> Rows:
    found = answer["sources"].values() if "sources" in answer else [answer["source"]]
    head = ("id", "kind", "year", "checked", "title", "pmid", "doi", "url")
    return head, [[s.get(key) for key in head] for s in found]


def _guidance(answer: Data) -> Rows:
    head = ("body", "year", "title", "statement", "position", "strength", "level", "regimens", "when", "source")
    return head, [[row.get(key) for key in head] for row in answer["guidance"]]


def _frailty(answer: Data) -> Rows:
    return ("id", "name", "fitness", "points_min", "points_max", "missing"), [
        [s["id"], s["name"], s["fitness"], s["points"]["min"], s["points"]["max"], [m["fact"] for m in s["missing"]]]
        for s in answer["scores"]
    ]


def _risk(answer: Data) -> Rows:
    return ("id", "name", "group", "possible", "missing"), [
        [s["id"], s["name"], s["group"], s["possible"], [m["fact"] for m in s["missing"]]] for s in answer["scores"]
    ]


def _check(answer: Data) -> Rows:
    head = ("file", "line", "column", "severity", "code", "message", "suggestion")
    return head, [[f[key] for key in head] for f in answer["faults"]]


def _diff(answer: Data) -> Rows:
    return ("regimen", "old_verdict", "new_verdict", "old_tier", "new_tier", "patient"), [
        [c["regimen"], c["old"]["verdict"], c["new"]["verdict"], c["old"]["tier"], c["new"]["tier"], str(c["patient"])]
        for c in answer["changed"]
    ]


def _format(answer: Data) -> Rows:
    return ("file", "changed"), [[name, name in answer["changed"]] for name in answer["files"]]


_ROWS = {
    "suggest": _suggest,
    "ask": _ask,
    "explain": _explain,
    "show": _regimens,
    "compare": _regimens,
    "list": _regimens,
    "drugs": _drugs,
    "drug": _drugs,
    "sources": _sources,
    "source": _sources,
    "guidance": _guidance,
    "frailty": _frailty,
    "risk": _risk,
    "kb-check": _check,
    "kb-diff": _diff,
    "kb-format": _format,
}
