"""The rules by which a list of treatments becomes facts: from authored data to records."""

from __future__ import annotations

from collections.abc import Mapping

from mmopts.knowledge.context import Context, Raw
from mmopts.knowledge.read import Path
from mmopts.knowledge.records import HistoryLimit, HistoryPolicy, HistoryRule
from mmopts.knowledge.schema import near

RULES = (
    "first-line", "planned-part", "begun-together", "tandem", "further-transplant", "bridging",
    "after-progression", "restart-after-progression", "holiday", "drug-dropped", "drug-added",
    "regimen-changed", "changed-for-toxicity", "plan-not-told", "stated-line", "no-line-supportive",
    "no-line-steroid", "no-line-smoldering", "counted", "received", "earlier-lines-missing", "no-response",
    "progression-on-or-within", "after-single-infusion", "stopped-early", "held-response", "not-tolerated",
    "toxicity-not-told", "last-dose", "last-line", "progressed-on-last", "transplanted",
    "remission-after-transplant", "functional-high-risk", "untreated", "on-maintenance", "has-progressed",
    "setting-open",
)  # fmt: skip
"""The rules, by their ids, that `patient.history` applies: each must be there."""


def history_policy(context: Context) -> HistoryPolicy | None:
    """Limits, words and rules by which a list of treatments is read; the text of a rule tells the limits that it has."""
    raw = context.raw.get("history")
    if raw is None:
        return None
    for key, known in (("single_infusion_class", context.classes), ("transplant_word", context.raw.get("procedures", {}))):
        if raw[key] not in known:
            context.report("unknown-name", f"{raw[key]!r} is not known here", ("history", key), near(raw[key], known))
    limits = {
        name: HistoryLimit(
            row["value"],
            row["unit"],
            row["text"],
            context.cited(row, ("history", "limits", name)),
            row.get("unread", False),
        )
        for name, row in raw["limits"].items()
    }
    rules = [_history_rule(row, ("history", "rules", i), limits, context) for i, row in enumerate(raw["rules"])]
    missing = [rule for rule in RULES if rule not in {one.id for one in rules}]
    if missing:
        context.report("missing-rule", f"there is no rule {', '.join(missing)}", ("history", "rules"))
    return HistoryPolicy(
        limits,
        {rule.id: rule for rule in rules},
        raw["single_infusion_class"],
        raw["transplant_word"],
        tuple(raw["no_response"]),
        "\n".join(raw["template"]) + "\n",
    )


def _history_rule(row: Raw, path: Path, limits: Mapping[str, HistoryLimit], context: Context) -> HistoryRule:
    text = row["text"]
    for name, limit in limits.items():
        text = text.replace(f"{{{name}}}", str(limit.value))
    other = context.cited({"source": row["other_source"]}, path) if "other_source" in row else None
    return HistoryRule(
        row["id"],
        row["fact"],
        text,
        row["authority"],
        context.cited(row, path),
        row.get("other_reading"),
        other,
        row.get("unread", False),
    )
