"""The rules by which a list of treatments becomes facts: from authored data to records."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from mmopts.diagnostics import near
from mmopts.knowledge.context import Context, each
from mmopts.knowledge.dates import span
from mmopts.knowledge.fill import fill
from mmopts.knowledge.read import Path, Raw
from mmopts.knowledge.records import HistoryPolicy, HistoryRule

RULES = (
    "first-line", "planned-part", "begun-together", "tandem", "further-transplant", "bridging",
    "after-progression", "restart-after-progression", "holiday", "drug-dropped", "drug-added",
    "regimen-changed", "changed-for-toxicity", "plan-not-told", "stated-line", "no-line-supportive",
    "no-line-steroid", "no-line-smoldering", "counted", "received", "earlier-lines-missing", "no-response",
    "progression-on-or-within", "after-single-infusion", "stopped-early", "held-response",
    "responded-later", "not-tolerated",
    "toxicity-not-told", "last-dose", "last-line", "progressed-on-last", "transplanted",
    "remission-after-transplant", "functional-high-risk", "untreated", "on-maintenance", "on-smoldering", "has-progressed",
    "setting-open",
)  # fmt: skip
"""The rules, by their ids, that `patient.history` applies: each must be there."""


def history_policy(context: Context) -> HistoryPolicy | None:
    """Limits, words and rules by which a list of treatments is read; the text of a rule tells the limits that it has."""
    raw = context.raw.get("history")
    if raw is None:
        return None
    known_as = {
        "transplant_word": context.raw.get("procedures", {}),
        "long_remission_word": context.words["condition"],
    }
    for key, named in known_as.items():
        if raw[key] not in named:
            context.report("unknown-name", f"{raw[key]!r} is not known here", ("history", key), near(raw[key], named))
    limits = {name: row["value"] for name, row in raw["limits"].items()}
    rules = each(raw, "rules", ("history",), partial(_history_rule, limits=limits, context=context))
    known = {rule.id: rule for rule in rules}
    missing = [rule for rule in RULES if rule not in known]
    if missing:
        context.report("missing-rule", f"there is no rule {', '.join(missing)}", ("history", "rules"))
    template = "\n".join(raw["template"]) + "\n"
    return fill(HistoryPolicy, raw, limits=limits, rules=known, template=template, first_labels=_first_labels(raw, context))


def _first_labels(raw: Raw, context: Context) -> dict[str, str]:
    """The first day on which each drug may have had a label, as its regimens' indications tell by its brands."""
    older = raw.get("older_than_labels", ())
    for i, drug in enumerate(older):
        if drug not in context.drugs:
            path = ("history", "older_than_labels", i)
            context.report("unknown-drug", f"there is no drug {drug!r}", path, near(drug, context.drugs))
    drugs = {brand: drug for drug, row in context.drugs.items() if drug not in older for brand in row.get("brands", ())}
    found: dict[str, str] = {}
    for row in (row for regimen in context.raw["regimens"] for row in regimen["indications"]):
        drug = drugs.get(row.get("product", ""))
        if drug and "since" in row:
            day = span(str(row["since"]))[0]
            found[drug] = min(day, found.get(drug, day))
    return found


def _history_rule(row: Raw, path: Path, limits: Mapping[str, int], context: Context) -> HistoryRule:
    text = row["text"]
    for name, limit in limits.items():
        text = text.replace(f"{{{name}}}", str(limit))
    other = context.cited({"source": row.get("other_source", [])}, path) or None
    return context.filled(HistoryRule, row, path, text=text, other_source=other)
