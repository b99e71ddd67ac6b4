"""Random patients as rows of words, rich in what settling has to settle: classes, denials, open lists, ranges, months.

About a third of them contradict themselves: a batch must refuse just those whom `intake` refuses.
"""

from __future__ import annotations

import random

from mmopts.facts import FACTS, Fact
from mmopts.knowledge.records import Knowledge

Row = dict[str, str]
NUMBERS = {"lines": 6, "cci": 5, "crcl": 120}
EDGES = {"crcl": ("10", "14.9999", "15", "30", "29.999", "45", "60"), "age": ("65", "65.5", "70", "75", "75.5", "80", "81")}
MONTHS = ("3", "5.9", "6", "6.1", "12", "24", "30", "36", "50")
NONSENSE = "xyzzy"


def draw(count: int, kb: Knowledge, seed: int, odd: float = 0.0) -> list[Row]:
    """`count` patients; a share `odd` of them has a word that nobody knows."""
    return [_Draw(random.Random(f"{seed}/{number}"), kb).row(odd) for number in range(count)]


class _Draw:
    def __init__(self, rng: random.Random, kb: Knowledge) -> None:
        self.rng, self.kb = rng, kb

    def row(self, odd: float) -> Row:
        rng = self.rng
        out: Row = {}
        for name, chance, most, none, denied in (
            ("prior", 0.9, 4, 0.05, 0.1),
            ("refractory", 0.5, 2, 0.05, 0.1),
            ("intolerant", 0.15, 1, 0.05, 0.1),
            ("last", 0.2, 1, 0.02, 0.0),
        ):
            if rng.random() < chance:
                out[name] = self.drugs(most, none, denied)
        for name in ("prior_incomplete", "refractory_incomplete"):
            if rng.random() < 0.15:
                out[name] = rng.choice(("true", "false"))
        for fact in FACTS.values():
            if fact.kind != "drugs" and rng.random() < (0.6 if fact.name in ("lines", "age") else 0.2):
                out[fact.name] = self.fact(fact)
        if rng.random() < odd:
            out[rng.choice(("prior", "crcl", "condition", "fitness"))] = NONSENSE
        return out

    def drug(self) -> str:
        drug = self.rng.choice(list(self.kb.drugs))
        return self.rng.choice((drug, *self.kb.drugs[drug].abbreviations))

    def drugs(self, most: int, none: float, denied: float) -> str:
        rng = self.rng
        if rng.random() < none:
            return "none"
        words = []
        for _ in range(rng.randint(1, most)):
            kind = rng.random()
            word = (
                rng.choice([n for n, r in self.kb.regimens.items() if r.drugs])
                if kind < 0.35
                else rng.choice(list(self.kb.classes))
                if kind < 0.45
                else self.drug()
            )
            words.append(f"no-{word}" if rng.random() < denied else word)
        if rng.random() < 0.1:
            words.append(rng.choice([m.name for m in self.kb.names.values() if m.sets or m.filler]))
        return rng.choice((";", "; ", ",")).join(words)

    def fact(self, fact: Fact) -> str:
        rng = self.rng
        if fact.kind == "choice":
            return rng.choice(fact.values) if rng.random() < 0.85 else ";".join(rng.sample(fact.values, 2))
        if fact.kind == "flag":
            return rng.choice(("true", "false"))
        if fact.kind == "months":
            return ";".join(f"{self.drug()}={rng.choice(MONTHS)}" for _ in range(rng.randint(1, 2)))
        if fact.kind == "words":
            table = self.kb.vocabulary[fact.name]
            if rng.random() < 0.1:
                return rng.choice(["none", *table.groups])
            words = [rng.choice(list(table.words)) for _ in range(rng.randint(1, 3))]
            return ";".join(f"no-{w}" if rng.random() < 0.3 else w for w in words)
        low, high = int(fact.low), int(NUMBERS.get(fact.name, fact.high))
        kind, one = rng.random(), rng.randint(low, high - 1)
        if kind < 0.1:
            return f"{one}-{rng.randint(one, high)}"
        if kind < 0.15:
            return rng.choice((f"{one}-", f">{one}-"))
        if kind < 0.18:
            return f"{one}.5"
        return rng.choice(EDGES[fact.name]) if kind < 0.35 and fact.name in EDGES else str(one)
