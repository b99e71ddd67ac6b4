"""What a rule or a preference applies to: its ``for``, prepared once and applied to every regimen."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import inf
from typing import NamedTuple

from mmopts.knowledge.read import Raw, as_list

_OF_DRUGS = frozenset(("drugs", "not_drugs", "classes", "not_classes", "regimens", "all"))
"""Keys that choose drugs or regimens; a ``for`` with none of them chooses whole regimens."""


class Target(NamedTuple):
    """A ``for`` as sets. `whole`: it chooses regimens and no drugs of them."""

    whole: bool
    every: bool
    drugs: frozenset[str]
    classes: frozenset[str]
    not_drugs: frozenset[str]
    not_classes: frozenset[str]
    regimens: frozenset[str]
    not_regimens: frozenset[str]
    has: frozenset[str]
    lacks: frozenset[str]
    intensity: frozenset[str]
    least: float
    most: float

    def selected(self, regimen: Raw, classes: Mapping[str, Collection[str]]) -> Iterator[str | None]:
        """The drugs of a regimen to which it applies; None stands for the regimen itself. `classes`: those of each drug."""
        drugs: Sequence[str] = regimen["drugs"]
        if not self.least <= len(drugs) <= self.most or regimen["id"] in self.not_regimens:
            return
        if self.intensity and regimen["intensity"] not in self.intensity:
            return
        if self.has or self.lacks:
            parts = {p for drug in drugs for p in (drug, *classes[drug])}
            if not self.has <= parts or self.lacks & parts:
                return
        if self.whole or regimen["id"] in self.regimens:
            yield None
        if self.whole:
            return
        for drug in drugs:
            mine = classes[drug]
            if drug in self.not_drugs or not self.not_classes.isdisjoint(mine):
                continue
            if self.every or drug in self.drugs or not self.classes.isdisjoint(mine):
                yield drug


def target_of(chosen: Raw) -> Target:
    """A ``for`` made ready."""

    def words(key: str) -> frozenset[str]:
        return frozenset(as_list(chosen.get(key, [])))

    size = chosen.get("size", {})
    return Target(
        whole=not chosen.keys() & _OF_DRUGS,
        every=bool(chosen.get("all")) or "not_classes" in chosen,
        drugs=words("drugs"),
        classes=words("classes"),
        not_drugs=words("not_drugs"),
        not_classes=words("not_classes"),
        regimens=words("regimens"),
        not_regimens=words("not_regimens"),
        has=words("with"),
        lacks=words("without"),
        intensity=words("intensity"),
        least=size.get("min", 0),
        most=size.get("max", inf),
    )
