"""A trial compiled as evidence for one regimen: whom it let in, what it showed, and from when it counts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import isinf
from typing import Any

from mmopts.knowledge.context import Context, each, is_label
from mmopts.knowledge.fill import fill
from mmopts.knowledge.read import Path, Raw, as_list
from mmopts.knowledge.records import (
    Figures,
    Response,
    Subgroup,
    Toxicity,
    Trial,
)
from mmopts.logic import Cond


def trial_of(context: Context, entry: Raw, row: Raw, path: Path) -> Trial:
    """A trial as evidence for a regimen (`entry`)."""
    primary = row.get("primary", {})
    population = context.build.build(row.get("population"), (*path, "population"))
    response = row.get("response")
    return context.filled(
        Trial,
        row,
        path,
        id=row.get("id", row["trial"]),
        setting=context.setting(as_list(row["setting"])),
        versus=tuple(str(v) for v in as_list(row.get("versus", []))),
        population=population,
        words=context.say(population),
        full=row.get("recorded", "partial") == "full",
        endpoint=primary.get("endpoint"),
        met=primary.get("met"),
        pfs=_figures(row.get("pfs")),
        os=_figures(row.get("os")),
        response=Response(**{k: _point(v) for k, v in response.items()}) if response else None,
        toxicity=tuple(Toxicity(t["event"], _point(t["percent"])) for t in row.get("toxicity", ())),
        subgroups=each(row, "subgroups", path, partial(_subgroup, context=context)),
        key="compares" not in row,
        known=context.reached(_first_report(context, row), path),
        counts=_counts_from(context, entry, row, path),
    )


def _first_report(context: Context, row: Raw) -> str | None:
    """When a trial was first reported: its `since`, else the earliest year of its sources."""
    cited = [context.sources.get(name, {}) for name in row["reports"]]
    since = row.get("since") or min((str(source["year"]) for source in cited if "year" in source), default=None)
    return None if since is None else str(since)


def _counts_from(context: Context, entry: Raw, row: Raw, path: Path) -> Cond:
    """Whether a trial may speak for its regimen: from its `since`, else from its first recorded report or an earlier label.

    The recorded report is often not the first; an earlier label of the same setting shows that there was one.
    """
    settings = set(as_list(row["setting"]))
    rows = filter(is_label, entry["indications"])
    labels = [str(r["since"]) for r in rows if "since" in r and settings.intersection(as_list(r["setting"]))]
    first = _first_report(context, row)
    since = first if first is None or "since" in row else min([first, *labels])
    return context.public({"since": since} if since else {}, path)


def _subgroup(sub: Raw, path: Path, context: Context) -> Subgroup:
    when = context.when(sub, path)
    pfs, overall = _figures(sub.get("pfs")), _figures(sub.get("os"))
    return fill(Subgroup, sub, when=when, pfs=pfs, os=overall)


def _figures(row: Mapping[str, Any] | None) -> Figures | None:
    """A time-to-event endpoint; a median that was not reached is infinite in the authored form."""
    if row is None:
        return None
    months, control = row.get("months"), row.get("control")
    reached, theirs_reached = not _infinite(months), not _infinite(control)
    return fill(
        Figures, row, months=finite(months), control=finite(control), reached=reached, control_reached=theirs_reached
    )


def _infinite(value: Any) -> bool:
    return isinstance(value, float) and isinf(value)


def finite(value: Any) -> Any:
    """A value, or None for a number without end: the authored form of what was not reached, or has no bound."""
    return None if _infinite(value) else value


def _point(value: Any) -> tuple[float | None, ...]:
    return tuple(finite(v) for v in as_list(value))
