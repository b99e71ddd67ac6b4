"""The question of a cohort and its SQL, as a command line asks for them. Needs no pyarrow."""

from __future__ import annotations

from mmopts.assess.assessment import read_scope
from mmopts.assess.truths import Scope
from mmopts.cohort.sql import QUOTES, sql_text
from mmopts.diagnostics import Diagnostic, no_choice
from mmopts.knowledge.records import Knowledge


def scope_of(kb: Knowledge, region: str | None, as_of: str | None, problems: list[Diagnostic]) -> Scope:
    """The region and the day that are asked for; what is wrong with them is added to `problems`."""
    return read_scope({"region": region, "as_of": as_of}, kb, problems)


def sql_of(kb: Knowledge, scope: Scope, dialect: str, labels: bool, problems: list[Diagnostic]) -> str:
    """The query in a dialect; an unknown one is added to `problems`."""
    if dialect.casefold() not in QUOTES:
        problems.append(no_choice("--sql", "sql", dialect, tuple(QUOTES)))
        return ""
    return sql_text(kb, scope, dialect.casefold(), labels)
