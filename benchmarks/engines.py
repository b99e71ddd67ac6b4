"""Times rule engines that people pick, on a few predicates over normalised facts, beside this project's own judging.

    pip install rule-engine json-logic-qubit zen-engine      # those that are there are timed
    python benchmarks/engines.py [--patients 5000]

The predicates are those of `benchmarks/cohort.py`: five, two-valued, without dates or labels. mmopts judges the same
patients by every regimen of its knowledge base in three values, so that the figures tell orders of magnitude only.
Every engine must give the same patients as plain Python does; else it is not timed but named as wrong.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cohort import HAND, batches, best, judged
from machine import described

import mmopts
from mmopts.assess.truths import Scope
from mmopts.cohort.facts import fact_batch
from mmopts.cohort.judging import Asked, Judge, Table
from mmopts.logic import Worlds

Patient = Mapping[str, Any]
Engine = Callable[[Sequence[Patient]], list[list[bool]]]
NUMBERS = ("lines_min", "crcl_min")


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Time rule engines beside mmopts.")
    parser.add_argument("--patients", type=int, default=5000)
    count = parser.parse_args().patients
    kb = mmopts.load()
    print(described("rule-engine", "json-logic-qubit", "zen-engine"))
    batch = next(iter(batches(count, kb)))
    judge = Judge(kb, Asked(Scope("any", kb.meta.reviewed), keep=True))
    table = Table(len(batch), dict(zip(batch.schema.names, batch.columns, strict=True)))
    chunk = judge.chunk(table, range(1, len(batch) + 1))
    names = sorted({word for text in HAND.values() for word in text.replace("NOT ", "").split() if "_" in word})
    rows = fact_batch(chunk, kb, judge.lexicon.numbers).select(names).to_pylist()
    patients = [{k: v if v is not None else 0 if k in NUMBERS else False for k, v in row.items()} for row in rows]
    print(f"\n| {count:,} patients, one process | rules | patients a second |\n|---|---|---|")
    wanted = plain_python()(patients)
    for name, made in ENGINES.items():
        try:
            engine = made()
        except ImportError:
            print(f"| {name} is not installed | | |")
            continue
        if engine(patients) != wanted:
            print(f"| {name} gives other patients | {len(HAND)} | |")
            continue
        print(f"| {name} | {len(HAND)} | {count / best(lambda e=engine: e(patients)):,.0f} |", flush=True)
    worlds, verdicts = Worlds(chunk.size), [regimen.verdict for regimen in kb.regimens.values()]
    worlds.columns = chunk.truths.worlds.columns
    print(f"| mmopts, masks | {len(verdicts)} | {count / best(lambda: judged(worlds, verdicts)):,.0f} |")
    return 0


def plain_python() -> Engine:
    """The predicates as Python compiles them."""
    code = [compile(_python(text), name, "eval") for name, text in HAND.items()]
    return lambda patients: [[bool(eval(c, {}, p)) for c in code] for p in patients]


def rule_engine() -> Engine:
    """The package `rule-engine`."""
    from rule_engine import Rule

    rules = [Rule(_python(text)) for text in HAND.values()]
    return lambda patients: [[rule.matches(p) for rule in rules] for p in patients]


def json_logic() -> Engine:
    """The package `json-logic-qubit`."""
    from json_logic import jsonLogic

    rules = [{"and": [_json_logic(part) for part in text.split(" AND ")]} for text in HAND.values()]
    return lambda patients: [[bool(jsonLogic(rule, p)) for rule in rules] for p in patients]


def zen() -> Engine:
    """The package `zen-engine`: one decision with an expression for each predicate."""
    from zen import ZenEngine

    expressions = [{"id": name, "key": name, "value": _python(text)} for name, text in HAND.items()]
    content = {
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in"},
            {"id": "rules", "type": "expressionNode", "name": "rules", "content": {"expressions": expressions}},
            {"id": "out", "type": "outputNode", "name": "out"},
        ],
        "edges": [
            {"id": "a", "type": "edge", "sourceId": "in", "targetId": "rules"},
            {"id": "b", "type": "edge", "sourceId": "rules", "targetId": "out"},
        ],
    }
    decision = ZenEngine().create_decision(json.dumps(content))

    def run(patients: Sequence[Patient]) -> list[list[bool]]:
        found = (decision.evaluate(dict(p))["result"] for p in patients)
        return [[bool(result[name]) for name in HAND] for result in found]

    return run


ENGINES: dict[str, Callable[[], Engine]] = {
    "Python's own `eval`": plain_python,
    "rule-engine": rule_engine,
    "json-logic-qubit": json_logic,
    "zen-engine": zen,
}


def _python(text: str) -> str:
    return text.replace("NOT ", "not ").replace(" AND ", " and ")


def _json_logic(part: str) -> Any:
    if part.startswith("NOT "):
        return {"!": [{"var": part.removeprefix("NOT ")}]}
    if " >= " in part:
        name, bound = part.split(" >= ")
        return {">=": [{"var": name}, float(bound)]}
    return {"var": part}


if __name__ == "__main__":
    raise SystemExit(main())
