"""Warnings of what is doubtful: an entry that stands twice, an impossible date or time, a list that seems too short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mmopts.diagnostics import Diagnostic
from mmopts.facts import FACTS, TREATMENTS, split_atom
from mmopts.knowledge.records import HistoryPolicy, Knowledge
from mmopts.logic import Interval, Value
from mmopts.patient.dates import Date, ordinal, within_months
from mmopts.patient.stated import Stated, doubted, show_value
from mmopts.patient.treatments import Treatment


def doubts(rows: Sequence[Treatment], policy: HistoryPolicy, today: int) -> Iterator[Diagnostic]:
    """A warning for each doubt about a list of treatments. `today` is the ordinal of the day asked about."""
    for place, row in enumerate(rows):
        twin = next((one for one in rows[:place] if row.start.text and _same(one, row)), None)
        if twin:
            text = f"entries {twin.entry} and {row.entry} ({row.label}) have the same drugs and dates; both are counted"
            yield doubted("treatment-twice", text, TREATMENTS)
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
    """Warnings of dates too long ago, and of a start long before the drug's first label."""
    longest, ahead = (policy.limits[name] for name in ("history_months", "before_label_months"))
    for field, date in (("start", row.start), ("end", row.end), ("progression", row.progression)):
        if date and date.text and within_months(date, Date(today, today), longest) is False:
            text = f"{row.said}, {field}: {date} is more than {longest // 12} years ago"
            yield doubted("date-implausible", text, TREATMENTS)
            return
    labels = {drug: policy.first_labels[drug] for drug in row.drugs if drug in policy.first_labels}
    days = {drug: ordinal(label) for drug, label in labels.items()}
    early = [drug for drug, first in days.items() if within_months(row.start, Date(first, first), ahead) is False]
    if row.start.text and early:
        told = " and ".join(f"{drug} ({labels[drug][:4]})" for drug in early)
        text = f"{row.said}, start: {row.start} is more than {ahead // 12} years before the first label of {told}"
        yield doubted("date-implausible", text, TREATMENTS)


def unnamed(stated: Stated, kb: Knowledge) -> Iterator[Diagnostic]:
    """A warning if a list of drugs that counts as whole names fewer drugs, steroids aside, than there were lines.

    Not if a class is named, since it may stand for several drugs.
    """
    prior, lines = FACTS["prior"], stated.atoms.get("lines")
    named = [split_atom(a)[1] for a, had in stated.atoms.items() if had is True and a.startswith(f"{prior.atom}:")]
    count = len([name for name in named if name not in kb.steroids]) if kb.classes.keys().isdisjoint(named) else 0
    if prior.name in stated.whole and count and isinstance(lines, Interval) and lines.low > count:
        told = f"{count} drug{'s' if count > 1 else ''}"
        text = f"⟨lines⟩ {show_value(lines, FACTS['lines'])}, but only {told} in ⟨prior⟩: is the list whole?"
        yield doubted("against-the-usual", text, prior.name)


def times(atoms: Mapping[str, Value], kb: Knowledge) -> Iterator[Diagnostic]:
    """A warning for each stated time since a drug that is longer than the patient's life or, by far, than the drug's."""
    fact, age = FACTS["months_since"], atoms.get("age")
    policy, today = kb.history, ordinal(kb.meta.reviewed)
    for atom, months in atoms.items():
        if not atom.startswith(f"{fact.atom}:") or not isinstance(months, Interval):
            continue
        drug = split_atom(atom)[1]
        told = f"⟨{fact.name}⟩ {drug}={show_value(months, fact)}"
        first = policy.first_labels.get(drug) if policy else None
        if isinstance(age, Interval) and months.low > 12 * age.high:
            yield doubted("date-implausible", f"{told} is more than ⟨age⟩ {show_value(age, FACTS['age'])}", fact.name)
        elif policy and first:
            ahead = policy.limits["before_label_months"]
            known = Date(ordinal(first), ordinal(first))
            if within_months(known, Date(today, today), int(months.low) - ahead) is True:
                text = f"{told} is more than {ahead // 12} years before the first label of {drug} ({first[:4]})"
                yield doubted("date-implausible", text, fact.name)
