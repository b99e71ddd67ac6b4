"""The question of a cohort and its SQL, as a command line asks for them. Needs no pyarrow."""

from __future__ import annotations

from mmopts.assess.truths import Scope
from mmopts.cohort.sql import QUOTES, sql_text
from mmopts.diagnostics import Diagnostic, no_choice
from mmopts.facts import REGIONS
from mmopts.knowledge.dates import span
from mmopts.knowledge.records import Knowledge


def scope_of(kb: Knowledge, region: str | None, as_of: str | None, problems: list[Diagnostic]) -> Scope:
    """The region and the day that are asked for; what is wrong with them is added to `problems`."""
    chosen = (region or REGIONS[-1]).casefold()
    if chosen not in REGIONS:
        problems.append(no_choice("⟨region⟩", "region", region, REGIONS))
        chosen = REGIONS[-1]
    day = as_of or kb.meta.reviewed
    try:
        first, last = span(day)
    except ValueError:
        first, last = "", "-"
    if first != last:
        text = f"⟨as_of⟩ takes a day like {kb.meta.reviewed}, not {day[:40]!r}."
        problems.append(Diagnostic("bad-value", text, "as_of", day[:40]))
        day = kb.meta.reviewed
    return Scope(chosen, day)


def sql_of(kb: Knowledge, scope: Scope, dialect: str, labels: bool, problems: list[Diagnostic]) -> str:
    """The query in a dialect; an unknown one is added to `problems`."""
    if dialect.casefold() not in QUOTES:
        problems.append(no_choice("--sql", "sql", dialect, tuple(QUOTES)))
        return ""
    return sql_text(kb, scope, dialect.casefold(), labels)
