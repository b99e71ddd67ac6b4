"""Supportive care for this patient: of each topic one line, the most specific that holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mmopts.assess.assessment import Assessment
from mmopts.knowledge.records import CareLine, CareTopic, cited_together
from mmopts.record import Record
from mmopts.words import joined

NAMED = 3
"""The most regimens that a line of care names; of more the first ones are named."""


class CareFound(Record):
    """The line of a topic that holds, and the drugs for which it does."""

    topic: CareTopic
    line: CareLine
    drugs: tuple[str, ...]


def supportive_care(assessment: Assessment, regimens: Iterable[str], alone: bool = False) -> list[CareFound]:
    """The care that these regimens ask for, a line a topic, in the order of the knowledge base.

    Where regimens ask for different lines, each is told with their names, that of the first regimen first. `alone`: one
    regimen was asked for, so that what goes only with it is told as well.
    """
    chosen = {name: frozenset(assessment.kb.regimens[name].drugs) for name in regimens}
    found = []
    for topic in assessment.kb.care:
        mine = _lines_of(topic, chosen, assessment, alone)
        if mine:
            drugs = {d for name, line in mine.items() for d in _drugs_of(line, name, chosen[name])}
            first = next(name for name in chosen if chosen[name] or name in mine)  # one without drugs asks for nothing
            found.append(CareFound(topic, _together(mine, first), tuple(sorted(drugs))))
    return found


def _lines_of(
    topic: CareTopic, chosen: Mapping[str, frozenset[str]], assessment: Assessment, alone: bool
) -> dict[str, CareLine]:
    """The line of a topic for each regimen that has one, in their order; `chosen` has the drugs of each."""
    several, lines = len(assessment.scope.regions) > 1, dict[str, CareLine]()
    for line in topic.lines:
        left = {name: drugs for name, drugs in chosen.items() if name not in lines}
        fitting = [name for name, drugs in left.items() if name in line.regimens or _drugs_of(line, name, drugs)]
        asked = fitting and assessment.scope.counts(line.region) and (alone or not line.alone)
        if asked and assessment.at(line.cond):
            lines.update(dict.fromkeys(fitting, _for_both(line, topic) if several else line))
            if len(lines) == len(chosen):
                break
    return {name: lines[name] for name in chosen if name in lines}


def _drugs_of(line: CareLine, regimen: str, drugs: frozenset[str]) -> frozenset[str]:
    """The drugs of a regimen for which a line is told: all of one that it names, which may hold none (no maintenance)."""
    return drugs if line.drugs is None or regimen in line.regimens else drugs.intersection(line.drugs)


def _together(mine: Mapping[str, CareLine], first: str) -> CareLine:
    """One line of what regimens ask for; with their names where it is not the same for all, or not for the `first`."""
    groups: dict[str, list[str]] = {}
    for name, line in mine.items():
        groups.setdefault(line.text, []).append(name)
    lines = list({line.text: line for line in mine.values()}.values())
    if first in mine and len(lines) == 1:
        return lines[0]
    return lines[0]._replace(
        text="; ".join(_with(names, text) for text, names in groups.items()),
        source=cited_together([line.source for line in lines]),
        unread=any(line.unread for line in lines),
        general=all(line.general for line in lines),
        emergency=any(line.emergency for line in lines),
    )


def _with(names: Sequence[str], text: str) -> str:
    """A line with the regimens that ask for it, the first of them by name."""
    return f"with {joined(names if len(names) <= NAMED else [*names[: NAMED - 1], 'others'])}: {text}"


def _for_both(line: CareLine, topic: CareTopic) -> CareLine:
    """The line for several regions: that for no region in particular, else the one of a region, which is named."""
    if line.region is None:
        return line
    about = line.drugs, line.regimens, line.cond, line.alone
    same = (o for o in topic.lines if o.region is None and (o.drugs, o.regimens, o.cond, o.alone) == about)
    return next(same, line._replace(text=f"{line.region.upper()}: {line.text}"))
