"""The screens of ``frailty`` and ``risk``."""

from __future__ import annotations

from typing import Any

from mmopts.render.blocks import Block, Column, Heading, Line, Table, View
from mmopts.render.phrases import number_words
from mmopts.render.view_regimen import cite

Data = dict[str, Any]
_MARK = {"yes": "yes", "no": "no", "unknown": "not known"}


def frailty_blocks(answer: Data, _view: View) -> list[Block]:
    """Each frailty score."""
    out: list[Block] = []
    for score in answer["scores"]:
        points = _points(score["points"])
        out.append(Heading(f"{score['name']}: {' or '.join(score['fitness'])} ({points} points)"))
        out += _items(score)
        for group in score["groups"]:
            if group["possible"] and group.get("outcome"):
                out.append(Line(f"{' or '.join(group['values'])}: {_outcome(group['outcome'])}", indent=2))
        out += _end(score)
    return [*out, Line(answer["notice"], "dim")]


def risk_blocks(answer: Data, _view: View) -> list[Block]:
    """Each staging."""
    out: list[Block] = []
    for score in answer["scores"]:
        said = score["group"] or f"open: {' or '.join(score['possible'])}"
        points = f" ({_points(score['points'])} points)" if score["points"] else ""
        out.append(Heading(f"{score['name']}: {said}{points}"))
        out += _items(score)
        out += [
            Line(f"{g['name']}: {_outcome(g['outcome'])}{'*' if 'outcome' in score['unread'] else ''}", indent=2)
            for g in score["groups"]
            if g["holds"] == "yes" and g["outcome"]
        ]
        out += _end(score)
    return [*out, Line("Figures marked * were not read in their source.", "dim"), Line(answer["notice"], "dim")]


def _points(points: Data) -> str:
    return number_words(points["min"] if points["min"] == points["max"] else points)


def _items(score: Data) -> list[Block]:
    rows = [[i["text"], _MARK[i["holds"]], f"{i['points']:g}" if i["points"] is not None else ""] for i in score["items"]]
    return (
        [Table([Column("  item", "", 20), Column("holds"), Column("points")], [[f"  {a}", b, c] for a, b, c in rows])]
        if rows
        else []
    )


def _end(score: Data) -> list[Block]:
    out: list[Block] = [Line(f"missing: {m['question']} ({m['option']})", "open", 2) for m in score["missing"]]
    unread = [u for u in score["unread"] if u != "outcome"]
    recalled = f" Recalled, not read: {', '.join(unread)}." if unread else ""
    note = f"{score['note']}." if score.get("note") else ""
    return [*out, Line(f"{note}{recalled}{cite(score)}".strip(), "dim", 2)]


def _outcome(outcome: Data) -> str:
    """Outcomes in words: the key says what is counted."""
    parts = []
    for key, value in outcome.items():
        name = " ".join(word.upper() if word in ("os", "pfs") else word for word in key.split("_"))
        parts.append(f"{name} {'not reached' if value is None else f'{value:g}'}")
    return ", ".join(parts)
