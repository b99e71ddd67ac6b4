"""What changes between two knowledge bases, as verdicts on the example patients of both."""

from __future__ import annotations

import json
from typing import Any

from mmopts.ask import pose
from mmopts.case import Case
from mmopts.diagnostics import QuestionError
from mmopts.knowledge.authored import unusable
from mmopts.knowledge.build import compile_layers
from mmopts.knowledge.load import layers_at
from mmopts.knowledge.records import Knowledge, from_compiled

Raw = dict[str, Any]


def difference(old: str | None, new: str | None) -> tuple[Knowledge, dict[str, Any]]:
    """The newer knowledge base, and how it differs: regimens added and removed, verdicts changed. None: the built-in one."""
    before, after = _loaded(old), _loaded(new)
    patients = {json.dumps(e, sort_keys=True): e for raw in (before[1], after[1]) for e in _examples(raw)}
    changed: list[Raw] = []
    unusable_in: list[Raw] = []
    for example in patients.values():
        cases = []
        for side, (kb, _) in (("old", before), ("new", after)):
            try:
                cases.append(pose(example, kb))
            except QuestionError as error:
                unusable_in.append({"patient": example, "in": side, "because": str(error)})
        if len(cases) == 2:
            changed += _changes(example, *cases)
    ids = [list(kb.regimens) for kb, _ in (before, after)]
    return after[0], {
        "old": before[0].meta["version"],
        "new": after[0].meta["version"],
        "added": [n for n in ids[1] if n not in ids[0]],
        "removed": [n for n in ids[0] if n not in ids[1]],
        "patients": len(patients),
        "changed": changed,
        "not_compared": unusable_in,
    }


def _loaded(path: str | None) -> tuple[Knowledge, Raw]:
    """A knowledge base and its authored data. Raises KnowledgeError."""
    data, faults, authored = compile_layers(layers_at(path), "")
    if data is None:
        raise unusable([f for f in faults if f.severity == "error"])
    return from_compiled(data), authored.raw


def _examples(raw: Raw) -> list[Raw]:
    """The example patients, each with its question."""
    return [
        {**e["patient"], **{k: e[k] for k in ("region", "as_of", "strict") if k in e}}
        for regimen in raw["regimens"]
        for e in regimen.get("examples", ())
    ]


def _changes(example: Raw, old: Case, new: Case) -> list[Raw]:
    out = []
    for name in old.kb.regimens.keys() & new.kb.regimens.keys():
        was, now = (_standing(case, name) for case in (old, new))
        if was != now:
            out.append({"regimen": name, "old": was, "new": now, "patient": example})
    return sorted(out, key=lambda change: change["regimen"])


def _standing(case: Case, name: str) -> Raw:
    tier = case.tiers.get(name)
    return {
        "verdict": case.judged.verdict(case.kb.regimens[name]),
        "tier": tier.tier if tier else None,
        "labels": case.judged.labels(case.kb.regimens[name]),
    }
