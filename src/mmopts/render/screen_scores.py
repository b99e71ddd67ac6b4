"""The screens of ``mmopts frailty`` and ``mmopts risk``."""

from __future__ import annotations

import re

from mmopts.answers.forms import ScoreGroupRow, ScoreRow, Scores
from mmopts.render.about import RECALLED, foot
from mmopts.render.blocks import Block, Column, Heading, Line, Row, Table, View
from mmopts.render.clauses import STYLE, TRUTH
from mmopts.render.phrases import cite, cited_in, patient_line, recalled, star
from mmopts.words import alternatives, joined

_EVENTS = {
    "stopped": "treatment discontinued",
    "grade_3_non_haematological": "grade 3 or more non-haematological toxicity",
}
"""Outcomes that are events, as a sentence says them."""
_MADE = {"no": "not made for such a patient", "unknown": "open whether it was made for such a patient"}


def scores_screen(answer: Scores, view: View) -> list[Block]:
    """Each score: its group as far as the facts decide it, its items, what is missing."""
    listed = answer.patient.get("clots")
    out: list[Block] = []
    if listed is None or len(answer.patient) > 1:
        out.append(Line(patient_line(answer.patient, also=tuple(answer.measured.values())), "strong"))
    if listed is not None:
        out.append(Line(f"For clots: {joined(listed) or 'nothing'}; what is not named counts as absent.", "strong"))
    for score in answer.scores:
        out += _score(score)
    marks = [RECALLED] if recalled(s for s in answer.scores if s.group is not None) else []
    return [*out, *foot(answer, view, marks, cited_in(answer.scores))]


def _score(score: ScoreRow) -> list[Block]:
    """One score: its group and points, its items, its groups with their outcomes, and what is missing."""
    named = {group.id: group.name or group.id for group in score.groups}
    if score.group is not None:
        result = Line(
            f"{named.get(score.group, score.group)}{_points(score)}{star(bool(score.unread))}", "strong", lead="Group:"
        )
    else:
        possible = alternatives([named.get(g, g) for g in score.possible]) or "not decided"
        result = Line(f"{possible}{_points(score)}", "open", lead="Open:")
    out: list[Block] = [Heading(f"{score.name}{cite(score.source)}"), result]
    if score.applies in _MADE:
        out.append(
            Line(_MADE[score.applies] + (f" (made for: {score.made_for})" if score.made_for else ""), "warn", lead="Use:")
        )
    out += [Line(f"{m.question} ({m.option})", "open", lead="Missing:") for m in score.missing]
    out += [
        Line(f"{item.text} ({item.points:+g})" if item.points else item.text, STYLE.get(item.holds, ""), 1,
             f"{TRUTH.get(item.holds, item.holds)}:")
        for item in score.items
    ]  # fmt: skip
    rows = [_group(group) for group in score.groups]
    columns = [Column("", "name"), Column("points"), Column("here"), Column("outcome", wrap=True)]
    out += [Table(columns, rows, "Groups")] if rows else []
    return [*out, *([Line(score.note, "dim")] if score.note else [])]


def _points(score: ScoreRow) -> str:
    if score.points is None:
        return ""
    low, high = score.points
    return f", {low:g} point{'' if low == 1 else 's'}" if low == high else f", {low:g} to {high:g} points"


def _group(group: ScoreGroupRow) -> Row:
    ends = [f"{end:g}" for end in (group.low, group.high) if end is not None]
    points = ends[0] if len(set(ends)) == 1 and len(ends) == 2 else f"{ends[0]} to {ends[1]}" if len(ends) == 2 else ""
    points = points or (
        f"{group.low:g} or more" if group.low is not None else f"up to {group.high:g}" if group.high is not None else ""
    )
    here = {"yes": "this patient", "unknown": "possible"}.get(group.holds, "")
    outcome = "; ".join(_outcome(key, value) for key, value in group.outcome.items())
    return Row((group.name or group.id, points, here, outcome))


def _outcome(key: str, value: object) -> str:
    """An outcome by its key: ``os_3_years`` is a rate at 3 years, ``pfs_median_months`` a median in months."""
    rate = re.fullmatch(r"(\w+?)_(\d+)_(years|months)", key)
    if rate:
        event = _EVENTS.get(rate[1])
        return f"{event or _endpoint(rate[1])} {'by' if event else 'at'} {rate[2]} {rate[3]} {_number(value)}%"
    median = re.fullmatch(r"(\w+?)_median_(years|months)", key)
    if median:
        unit = f" {median[2]}" if value is not None else ""
        return f"median {_endpoint(median[1])} {_number(value)}{unit}"
    return f"{_endpoint(key)} {_number(value)}"


def _endpoint(word: str) -> str:
    return word.upper() if word in ("os", "pfs") else word.replace("_", " ")


def _number(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return " to ".join(_number(v) for v in value)
    return f"{value:g}" if isinstance(value, (int, float)) else "not reached" if value is None else str(value)
