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

    Where regimens ask for different lines, the first one's is told, and behind it the strongest of the others with their
    names. `alone`: one regimen was asked for, so that what goes only with it is told as well.
    """
    chosen = {name: frozenset(assessment.kb.regimens[name].drugs) for name in regimens}
    found = []
    for topic in assessment.kb.care:
        mine = _lines_of(topic, chosen, assessment, alone)
        if mine:
            drugs = {d for name, line in mine.items() for d in _drugs_of(line, name, chosen[name])}
            found.append(CareFound(topic, _together(mine, [*chosen]), tuple(sorted(drugs))))
    return found


def _lines_of(
    topic: CareTopic, chosen: Mapping[str, frozenset[str]], assessment: Assessment, alone: bool
) -> dict[str, CareLine]:
    """The line of a topic for each regimen that has one, those with the strongest first; `chosen` has the drugs of each."""
    several, left, out = len(assessment.scope.regions) > 1, dict(chosen), dict[str, CareLine]()
    for line in topic.lines:
        fitting = [name for name, drugs in left.items() if name in line.regimens or _drugs_of(line, name, drugs)]
        asked = fitting and assessment.scope.counts(line.region) and (alone or not line.alone)
        if asked and assessment.at(line.cond):
            told = _for_both(line, topic) if several else line
            out.update(dict.fromkeys(fitting, told))
            left = {name: drugs for name, drugs in left.items() if name not in fitting}
            if not left:
                break
    return out


def _drugs_of(line: CareLine, regimen: str, drugs: frozenset[str]) -> frozenset[str]:
    """The drugs of a regimen for which a line is told: all of one that it names, which may hold none (no maintenance)."""
    return drugs if line.drugs is None or regimen in line.regimens else drugs.intersection(line.drugs)


def _together(mine: Mapping[str, CareLine], chosen: Sequence[str]) -> CareLine:
    """One line of what regimens ask for: that of the first of them, and the strongest of the others with their names.

    The first one is named as well where its line is that of few.
    """
    first = mine.get(chosen[0])
    other = next((line for line in mine.values() if first is None or line.text != first.text), None)
    if other is None:
        assert first is not None
        return first
    told = f"{_with(other, mine, chosen)}: {other.text}"
    if first is None:
        return other._replace(text=told)
    few = 2 * sum(line is first for line in mine.values()) < len(mine)
    return first._replace(
        text=f"{f'{_with(first, mine, chosen)}: ' if few else ''}{first.text}; {told}",
        source=cited_together([first.source, other.source]),
        unread=first.unread or other.unread,
        general=first.general and other.general,
        emergency=first.emergency or other.emergency,
    )


def _with(line: CareLine, mine: Mapping[str, CareLine], chosen: Sequence[str]) -> str:
    """The regimens that ask for a line, the first of them by name."""
    names = [name for name in chosen if mine.get(name) is line]
    return f"with {joined(names if len(names) <= NAMED else [*names[: NAMED - 1], 'others'])}"


def _for_both(line: CareLine, topic: CareTopic) -> CareLine:
    """The line for several regions: that for no region in particular, else the one of a region, which is named."""
    if line.region is None:
        return line
    about = line.drugs, line.regimens, line.cond, line.alone
    same = (o for o in topic.lines if o.region is None and (o.drugs, o.regimens, o.cond, o.alone) == about)
    return next(same, line._replace(text=f"{line.region.upper()}: {line.text}"))
