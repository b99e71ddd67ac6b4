"""Changes of dose: which ones apply to a drug of a regimen, and what the rows of its prescription become.

If several changes hold for a row, the most restrictive counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mmopts.assess.assessment import Assessment
from mmopts.assess.schedule import BY_MOUTH, doses_in_28_days
from mmopts.knowledge.days import days_of, step_of, stepped, weekly
from mmopts.knowledge.once import Once
from mmopts.knowledge.records import Adjustment, DoseRow, Regimen
from mmopts.record import Record
from mmopts.words import OMITTED

NOT_RECORDED = "not recorded"


class Changed(Record):
    """A row after an adjustment; `dose` is in words where numbers cannot say it."""

    row: DoseRow
    amount: float | None
    days: str
    dose: str | None = None

    @property
    def weight(self) -> float:
        """The amount in 28 days: the smaller, the more restrictive."""
        if self.amount is None:
            return 0.0 if self.dose == OMITTED else -1.0
        return self.amount * doses_in_28_days(self.row, self.days)

    @property
    def given(self) -> DoseRow:
        """The row as it is given."""
        amount = 0.0 if self.dose == OMITTED else self.amount
        same = amount == self.row.amount and self.days == self.row.days
        return self.row if same else self.row._replace(amount=amount, days=self.days)


def adjustments(assessment: Assessment, regimen: Regimen, drug: str) -> Sequence[Adjustment]:
    """The changes that may apply to a drug in this regimen: the regimen's own, and the drug's on facts it does not mention.

    A change of the regimen that is limited to one `standard` amount leaves the drug's changes in force for its other rows.
    """
    known, key = _bearing(assessment.kb), (regimen.id, drug, assessment.scope.region)
    if key not in known:
        known[key] = tuple(_adjustments(assessment, regimen, drug))
    return known[key]


_bearing: Once[dict[tuple[str, str, str], tuple[Adjustment, ...]]] = Once(lambda _: {})


def _adjustments(assessment: Assessment, regimen: Regimen, drug: str) -> list[Adjustment]:
    own = [a for a in regimen.adjustments if a.drug == drug]
    known = assessment.kb.drugs.get(drug)
    spoken = {a.because for a in own if a.standard is None}
    changed = {a.because for a in own if not a.unchanged}
    general = [
        a
        for a in (known.adjustments if known else ())
        # A mere remark on the drug gives way only where the regimen really changes the dose for the same fact.
        if a.route or a.because not in (changed if a.unchanged else spoken)
    ]
    parts = {p for d in regimen.drugs for p in (d, *assessment.kb.drugs[d].classes)}
    return [a for a in (*own, *general) if assessment.scope.counts(a.region) and set(a.together) <= parts]


def adjusted(
    rows: Iterable[tuple[DoseRow, Sequence[Adjustment]]],
) -> tuple[list[Changed], list[Adjustment]]:
    """Each row after the most restrictive of its adjustments; and the adjustments that brought this about."""
    out: list[Changed] = []
    used: dict[Adjustment, None] = {}
    for row, rules in rows:
        changed, asking = _adjusted_row(row, rules)
        out.append(changed)
        used.update(dict.fromkeys(asking))
    return out, list(used)


def _adjusted_row(authored: DoseRow, rules: Sequence[Adjustment]) -> tuple[Changed, list[Adjustment]]:
    """A row after its adjustments, and the adjustments that brought this about.

    A change of route applies beside the others. If one asks for weekly doses (or runs of days), whatever else lowers the
    dose is given weekly too. A `further` reduction is applied to what the others leave.
    """
    turned = next((rule for rule in rules if rule.route), None) if authored.route == BY_MOUTH else None
    row, used = (authored, []) if turned is None else (authored._replace(route=turned.route), [turned])
    plain = best = unchanged([row])[0]
    made: list[tuple[Adjustment, Changed]] = []
    asking = [rule for rule in rules if not rule.unchanged and rule.standard in (None, row.amount)]
    first = any(rule.weekly for rule in asking)
    thinned = first or any(rule.runs for rule in asking)
    for rule in (rule for rule in asking if not rule.further):
        new = _changed(row, rule)
        if new is not None and thinned:
            new = new._replace(days=weekly(new.days, row.cycle, runs=not first))
        if new is not None and row.amount is not None and new.weight < plain.weight:
            made.append((rule, new))
            best = new if new.weight < best.weight else best
    used += [rule for rule, new in made if new == best or ((rule.weekly or rule.runs) and best.days == new.days)]
    for rule in asking:
        if rule.further and rule.factor is not None and best.amount is not None:
            best = best._replace(amount=best.amount * rule.factor)
            used.append(rule)
    return best, used


def _changed(row: DoseRow, rule: Adjustment) -> Changed | None:
    """One row after one adjustment; None if the adjustment uses another unit, so that only its text can tell it."""
    if rule.omit:
        return Changed(row, None, row.days, OMITTED)
    days = _days(row, rule)
    if rule.factor is not None:
        return Changed(row, None if row.amount is None else row.amount * rule.factor, days)
    if rule.amount is None or row.amount is None or (rule.unit or row.unit) != row.unit:
        return None
    return Changed(row, min(row.amount, rule.amount), days)


def _days(row: DoseRow, rule: Adjustment) -> str:
    """The days of an adjusted row: the rule's, if they fit the cycle; by a step (``/2``), every second of the row's."""
    if rule.days is None:
        return row.days
    step = step_of(rule.days)
    if step:
        return stepped(row.days, step)
    listed = days_of(rule.days)
    return row.days if row.cycle and listed and max(listed) > row.cycle else rule.days


def unchanged(rows: Sequence[DoseRow]) -> list[Changed]:
    """Rows as they stand in the regimen."""
    return [Changed(r, r.amount, r.days, None if r.amount is not None else NOT_RECORDED) for r in rows]
