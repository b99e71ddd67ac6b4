"""Whether prescriptions and changes of dose make sense: every drug of the regimen, days within their cycle."""

from __future__ import annotations

from collections.abc import Iterator

from mmopts.diagnostics import near
from mmopts.knowledge.days import cycles_of, days_of
from mmopts.knowledge.language import Report
from mmopts.knowledge.read import Path, Raw
from mmopts.knowledge.schema import show


def prescriptions(raw: Raw) -> Iterator[tuple[Raw, Path, list[Raw]]]:
    """Each regimen's prescription and other schedules: the regimen, the path of the rows, the rows."""
    for i, regimen in enumerate(raw["regimens"]):
        if "prescription" in regimen:
            yield regimen, ("regimens", i, "prescription"), regimen["prescription"]
        for j, other in enumerate(regimen.get("alternatives", ())):
            yield regimen, ("regimens", i, "alternatives", j, "prescription"), other["prescription"]


def lint_doses(raw: Raw, report: Report, whole: bool) -> None:
    """Report what is wrong with doses. Units, and that a dose has one and has days, the schema sees.

    Unless the data is `whole`, a row that is missing may only have been set aside.
    """
    for regimen, path, rows in prescriptions(raw):
        given = {row["drug"] for row in rows}
        for i, row in enumerate(rows):
            _row(row, regimen, (*path, i), report)
        for drug in regimen["drugs"] if whole and path[-3:-2] != ("alternatives",) else ():
            if drug not in given:
                text = f"the prescription of {regimen['id']} has no row for {drug}"
                report("dose-missing", text, path, f"add one; if no dose could be read: drug: {drug}, not_recorded: true")
    for i, regimen in enumerate(raw["regimens"]):
        for j, row in enumerate(regimen.get("adjustments", ())):
            _held(row["drug"], regimen, ("regimens", i, "adjustments", j, "drug"), report)
            _days(row, None, ("regimens", i, "adjustments", j), report)
    for i, drug in enumerate(raw["drugs"]):
        for j, row in enumerate(drug.get("adjustments", ())):
            _days(row, None, ("drugs", i, "adjustments", j), report)


def _row(row: Raw, regimen: Raw, path: Path, report: Report) -> None:
    """One phase of one drug."""
    _held(row["drug"], regimen, (*path, "drug"), report)
    _days(row, row.get("cycle"), path, report)
    if "cycles" in row:
        first, last = cycles_of(str(row["cycles"]))
        if not 1 <= first <= last:
            report("bad-cycles", f"cycles {row['cycles']} run backwards, or begin at nought", (*path, "cycles"))
    if row.get("amount_max", row.get("amount", 0)) < row.get("amount", 0):
        report("bad-value", f"amount_max {row['amount_max']:g} is below the amount {row['amount']:g}", (*path, "amount_max"))


def _held(drug: str, regimen: Raw, path: Path, report: Report) -> None:
    if drug not in regimen["drugs"]:
        report("foreign-dose", f"{drug!r} is no drug of {regimen['id']}", path, near(drug, regimen["drugs"]))


def _days(row: Raw, cycle: int | None, path: Path, report: Report) -> None:
    """Days that run forwards, each once, within the cycle if there is one."""
    if "days" not in row:
        return
    days = days_of(str(row["days"]))
    where = (*path, "days")
    if not days or list(days) != sorted(set(days)):
        report("bad-days", f"days {show(str(row['days']))} do not run forwards, each once", where)
    elif cycle and days[-1] > cycle:
        report("bad-days", f"day {days[-1]} lies behind a cycle of {cycle} days", where)
