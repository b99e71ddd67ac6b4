"""Fitness that was not stated, from the scores that tell it, for many worlds at once (`mmopts.patient.settling`)."""

from __future__ import annotations

from math import inf

from mmopts.facts import FACTS
from mmopts.knowledge.records import Knowledge, Presumption, Score
from mmopts.logic import Evaluate, Interval, One, fold
from mmopts.patient.known import Known
from mmopts.patient.stated import show_value


def presume_fitness(known: Known, kb: Knowledge) -> int:
    """Presume fitness, if not stated, by the score that says most; returns where it may decide on a transplant."""
    stated = sure = known.known("fitness")
    left = 0
    for item in {i.id for tool in kb.fitness for i in tool.inputs}:
        left |= known.known(item)
    left &= ~stated
    sizes = [
        (len(values), place, values, points, where)
        for place, tool in enumerate(kb.fitness)
        for (values, points), where in (scored(known, tool, left).items() if left else ())
        if len(values) < len(FACTS["fitness"].values)
    ]
    for _, place, values, points, where in sorted(sizes, key=lambda s: s[:2]):
        mine, tool = where & left, kb.fitness[place]
        if mine:
            left ^= mine
            known.presume("fitness", values, mine)
            text = f"{show_value(values)} by the {tool.name} ({show_value(points)} points)"
            known.assume("entailed-fitness", in_doubt(text, tool, known), "fitness", mine, tool.id)
            sure |= mine if tool.decides_transplant else 0
    return sure


def in_doubt(text: str, rule: Presumption | Score, known: Known) -> str:
    """What is taken for granted, with the doubt about it where that holds for the one patient."""
    doubted = rule.doubt_when is not None and known.count == 1 and One(known.facts()).value(rule.doubt_when) is True
    return f"{text}, {rule.doubt}" if doubted else text


def scored(known: Known, tool: Score, where: int) -> dict[tuple[frozenset[str], Interval], int]:
    """The values of fitness that a score leaves possible, and its points, for those of `where` to whom it applies."""
    evaluate = Evaluate(known)
    aside = 0 if tool.unless is None else fold(tool.unless, evaluate, {}).t
    points: dict[tuple[float, float], int] = {(0.0, 0.0): where & fold(tool.applies, evaluate, {}).t & ~aside}
    for item in tool.items:
        t, f = fold(item.cond, evaluate, {})
        moved: dict[tuple[float, float], int] = {}
        for (low, high), mask in points.items():
            for ends, part in (
                ((low + item.points, high + item.points), mask & t),
                ((low, high), mask & f),
                ((low, high + item.points), mask & ~(t | f)),
            ):
                if part:
                    moved[ends] = moved.get(ends, 0) | part
        points = moved
    return {(_left_by(tool, *ends), Interval(*ends)): mask for ends, mask in points.items() if mask}


def _left_by(tool: Score, low: float, high: float) -> frozenset[str]:
    """The values of fitness that so many points leave possible."""
    return frozenset(
        v
        for group in tool.groups
        for v in group.values
        if (-inf if group.low is None else group.low) <= high and (inf if group.high is None else group.high) >= low
    )
