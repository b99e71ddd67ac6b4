"""Supportive care for this patient: of each topic one line, the most specific that holds."""

from __future__ import annotations

from collections.abc import Iterable

from mmopts.assess.assessment import Assessment
from mmopts.knowledge.records import CareLine, CareTopic
from mmopts.record import Record


class CareFound(Record):
    """The line of a topic that holds, and the drugs for which it does."""

    topic: CareTopic
    line: CareLine
    drugs: tuple[str, ...]


def supportive_care(assessment: Assessment, regimens: Iterable[str], alone: bool = False) -> list[CareFound]:
    """The care that these regimens ask for, a line a topic, in the order of the knowledge base.

    `alone`: one regimen was asked for, so that what goes only with it is told as well.
    """
    kb, chosen = assessment.kb, list(regimens)
    given = {d for name in chosen for d in kb.regimens[name].drugs}
    several = len(assessment.scope.regions) > 1
    out = []
    for topic in kb.care:
        for line in topic.lines:
            drugs = given if line.drugs is None else given.intersection(line.drugs)
            named = [name for name in chosen if name in line.regimens]
            drugs = drugs | {d for name in named for d in kb.regimens[name].drugs}
            asked = assessment.scope.counts(line.region) and (alone or not line.alone)
            # What is named may hold no drug: no maintenance.
            if (drugs or named) and asked and assessment.at(line.cond):
                out.append(CareFound(topic, _for_both(line, topic) if several else line, tuple(sorted(drugs))))
                break
    return out


def _for_both(line: CareLine, topic: CareTopic) -> CareLine:
    """The line for several regions: that for no region in particular, else the one of a region, which is named."""
    if line.region is None:
        return line
    about = line.drugs, line.regimens, line.cond, line.alone
    same = (o for o in topic.lines if o.region is None and (o.drugs, o.regimens, o.cond, o.alone) == about)
    return next(same, line._replace(text=f"{line.region.upper()}: {line.text}"))
