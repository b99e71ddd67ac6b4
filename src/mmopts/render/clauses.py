"""Conditions as trees: each clause true, false or unknown in words, the value found, its source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mmopts.answers.forms import Clause, Forbid, IndicationRow
from mmopts.render.blocks import Line
from mmopts.render.phrases import cite, said, star

TRUTH = {"yes": "true", "no": "false", "unknown": "unknown"}
STYLE = {"yes": "good", "no": "bad", "unknown": "open"}
_FORCE = {"no": "not in force", "unknown": "in force from a date known only to the month or year"}
_FORBIDS = {"yes": "forbids", "unknown": "open"}
_PLAIN = (None, "", "yes", "no", "unknown", "None")


def clause_lines(clauses: Iterable[Clause]) -> list[Line]:
    """A line for each clause."""
    out: list[Line] = []
    for clause in clauses:
        found = f" (found: {clause.given})" if clause.given not in _PLAIN else ""
        lead = f"{TRUTH.get(clause.holds, clause.holds)}:"
        out.append(Line(f"{clause.text}{found}", STYLE.get(clause.holds, ""), 1, lead))
    return out


def indication_lines(row: IndicationRow) -> list[Line]:
    """An indication with the clauses that decide it."""
    dates = "; ".join(p for p in (_FORCE.get(row.in_force, ""), row.note or "") if p)
    text = f"{row.text}{f' ({dates})' if dates else ''}{star(bool(row.unread))}{cite(row.source)}"
    return [Line(text, lead=f"{_state(row)}:"), *clause_lines(row.clauses)]


def _state(row: IndicationRow) -> str:
    """Whether an indication opens the regimen, and where that differs, whether it holds as it stands."""
    if row.opens == "yes":
        return {"no": "opens it, off label", "unknown": "opens it, label open"}.get(row.holds, "holds")
    if row.opens == "no" and row.holds == "yes":
        return "holds, but for the other region"
    return {"no": "does not hold", "unknown": "open"}.get(row.opens, row.opens)


def forbid_lines(rows: Sequence[Forbid]) -> list[Line]:
    """Rules that would forbid the regimen with their clauses; one that does not apply takes a line."""
    out: list[Line] = []
    for row in rows:
        text = said(row)
        if row.holds == "no":
            out.append(Line(f"{text}{_found(row.clauses)}", lead="does not apply:"))
            continue
        out.append(Line(text, STYLE["no"] if row.holds == "yes" else "", lead=f"{_FORBIDS.get(row.holds, row.holds)}:"))
        out += clause_lines(row.clauses)
    return out


def _found(clauses: Sequence[Clause]) -> str:
    """The clauses that keep a rule from applying, with what was found."""
    told = [
        f"{TRUTH.get(c.holds, c.holds)}: {c.text}{f', found: {c.given}' if c.given not in _PLAIN else ''}" for c in clauses
    ]
    return f" ({'; '.join(told)})" if told else ""
