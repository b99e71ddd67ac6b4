"""How a regimen is given, compiled: its prescription, what changes the doses, other schedules, what goes before."""

from __future__ import annotations

from functools import partial

from mmopts.knowledge.context import Context, each
from mmopts.knowledge.fill import fill
from mmopts.knowledge.read import Path, Raw, as_list
from mmopts.knowledge.records import (
    Adjustment,
    Administration,
    Alternative,
    DoseRow,
    Inpatient,
    Preparation,
    rows_of_region,
)
from mmopts.logic import Cond


def administration(context: Context, entry: Raw, path: Path) -> Administration:
    """How a regimen is given."""
    alternative = partial(_alternative, context=context)
    return Administration(
        prescription=each(entry, "prescription", path, partial(_dose, context=context)),
        adjustments=adjustments(context, entry, path, None),
        preparation=each(entry, "preparation", path, partial(_preparation, context=context)),
        alternatives=tuple(one for several in each(entry, "alternatives", path, alternative) for one in several),
        inpatient=context.filled(Inpatient, entry["inpatient"], (*path, "inpatient")) if entry.get("inpatient") else None,
    )


def _preparation(row: Raw, path: Path, context: Context) -> Preparation:
    return context.filled(Preparation, row, path, when=context.when(row, path))


def _dose(row: Raw, path: Path, context: Context) -> DoseRow:
    return context.filled(
        DoseRow,
        row,
        path,
        amount=None if row.get("not_recorded") else row["amount"],
        most=row.get("amount_max"),
        cycle=row.get("cycle", 0),
        when=context.when(row, path),
    )


def _alternative(row: Raw, path: Path, context: Context) -> tuple[Alternative, ...]:
    """Another schedule; one whose doses differ by region is one for each of them."""
    rows, when = each(row, "prescription", path, partial(_dose, context=context)), context.when(row, path)
    regions = tuple(dict.fromkeys(dose.region for dose in rows if dose.region is not None))
    several = (row["region"],) if "region" in row else regions or (None,)
    return tuple([fill(Alternative, row, when=when, region=r, rows=rows_of_region(rows, r)) for r in several])


def adjustments(context: Context, entry: Raw, path: Path, drug: str | None) -> tuple[Adjustment, ...]:
    """The changes of dose that stand at a drug, or at a regimen (`drug` None: each row names its own)."""

    def adjustment(row: Raw, path: Path) -> Adjustment:
        when = context.when(row, path)
        return context.filled(
            Adjustment,
            row,
            path,
            drug=drug or row["drug"],
            when=context.conds.all([when, context.setting(as_list(row["setting"]))]) if "setting" in row else when,
            words=context.say(when),
            together=tuple(as_list(row.get("with", []))),
            own=drug is None,
        )

    return each(entry, "adjustments", path, adjustment)


def lighter(context: Context, entry: Raw, path: Path) -> Cond:
    """The condition under which a regimen is less intensive than stated, since it then has a lighter schedule."""
    if "lighter_when" not in entry:
        return context.conds.false
    return context.build.build(entry["lighter_when"], (*path, "lighter_when"))
