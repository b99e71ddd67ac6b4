"""What is doubtful in a list of treatments that can be read: an entry that stands twice, a date that can hardly be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mmopts.diagnostics import Diagnostic
from mmopts.knowledge.records import HistoryPolicy
from mmopts.patient.dates import Date, ordinal, within_months
from mmopts.patient.stated import doubted
from mmopts.patient.treatments import FACT, Treatment


def doubts(rows: Sequence[Treatment], policy: HistoryPolicy, today: int) -> Iterator[Diagnostic]:
    """A warning for each; nothing is changed for it. `today` is the ordinal of the day asked about."""
    for place, row in enumerate(rows):
        twin = next((one for one in rows[:place] if row.start.text and _same(one, row)), None)
        if twin:
            text = f"entries {twin.entry} and {row.entry} ({row.label}) have the same drugs and dates; both are counted"
            yield doubted("treatment-twice", text, FACT)
        yield from _dates(row, policy, today)


def _same(one: Treatment, other: Treatment) -> bool:
    """Whether two entries have the same drugs and dates, and no stated number that tells them apart."""
    return all(
        mine == theirs
        for mine, theirs in (
            (set(one.names), set(other.names)),
            (one.transplant, other.transplant),
            (one.start, other.start),
            (one.end, other.end),
            (one.line, other.line),
        )
    )


def _dates(row: Treatment, policy: HistoryPolicy, today: int) -> Iterator[Diagnostic]:
    """Dates too long ago, and a start long before there was such a drug."""
    longest, ahead = (policy.limits[name].value for name in ("history_months", "before_label_months"))
    for field, date in (("start", row.start), ("end", row.end), ("progression", row.progression)):
        if date and date.text and within_months(date, Date(today, today), longest) is False:
            text = f"{row.said}, {field}: {date} is more than {longest // 12} years ago"
            yield doubted("date-implausible", text, FACT)
            return
    labels = {drug: policy.first_labels[drug] for drug in row.drugs if drug in policy.first_labels}
    days = {drug: ordinal(label) for drug, label in labels.items()}
    early = [drug for drug, first in days.items() if within_months(row.start, Date(first, first), ahead) is False]
    if row.start.text and early:
        told = " and ".join(f"{drug} ({labels[drug][:4]})" for drug in early)
        text = f"{row.said}, start: {row.start} is more than {ahead // 12} years before the first label of {told}"
        yield doubted("date-implausible", text, FACT)
