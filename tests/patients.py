"""Random patients, rich and reproducible: patient files as a user would write them, and command lines merged into them."""

from __future__ import annotations

import random
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from mmopts.diagnostics import QuestionError
from mmopts.facts import FACTS, OPEN_LISTS, SETTINGS
from mmopts.knowledge.records import Knowledge

Given = dict[str, Any]
USUAL = ["VRd", "DRd", "D-VRd", "VCd", "Kd", "Pd", "ASCT", "len", "btz", "dex", "dara", "pom", "carf", "isa", "thal", "mel"]
OPEN_CHANCE = 0.3


def _drugs(rng: random.Random, kb: Knowledge, most: int) -> list[str]:
    rare = [*kb.drugs, *(c for c in kb.classes if c != "corticosteroid"), *(n for n in kb.regimens if kb.regimens[n].drugs)]
    words = [rng.choice(USUAL) if rng.random() < 0.7 else rng.choice(rare) for _ in range(rng.randint(1, most))]
    return list(dict.fromkeys(words))


def _listed(rng: random.Random, kb: Knowledge, most: int) -> list[str]:
    """A drug list: none, drugs, drugs and denials, or denials alone."""
    kind = rng.random()
    if kind < 0.08:
        return ["none"]
    denials = [f"no-{rng.choice(list(kb.drugs))}" for _ in range(rng.randint(1, 2))]
    if kind < 0.16:
        return denials
    return [*_drugs(rng, kb, most), *(denials if kind < 0.3 else [])]


def _number(rng: random.Random, low: int, high: int) -> Any:
    """A number, a range in words, or a range as a mapping."""
    kind, a = rng.random(), rng.randint(low, high)
    if kind < 0.6:
        return a
    b = rng.randint(a, high)
    return rng.choice([f"{a}-{b}", f"{a}-", {"min": a}, {"max": b}, {"min": a, "max": b}])


def _words(rng: random.Random, kb: Knowledge, fact: str) -> list[str]:
    table = kb.vocabulary[fact]
    if rng.random() < 0.1:
        return [rng.choice(["none", *table.groups])]
    return [f"{rng.choice(['', '', 'no-'])}{w}" for w in rng.sample(list(table.words), rng.randint(1, 3))]


MAKERS: dict[str, Callable[[random.Random, Knowledge], Any]] = {
    "setting": lambda rng, _: rng.choice(SETTINGS),
    "prior": lambda rng, kb: _listed(rng, kb, 4),
    "refractory": lambda rng, kb: _listed(rng, kb, 3),
    "intolerant": lambda rng, kb: _listed(rng, kb, 2),
    "lines": lambda rng, _: _number(rng, 1, 6),
    "last": lambda rng, kb: _drugs(rng, kb, 1),
    "progressed_on_last": lambda rng, _: rng.random() < 0.6,
    "progressed_after_last": lambda rng, _: rng.random() < 0.5,
    "fitness": lambda rng, _: rng.choice(["fit", "intermediate", "frail", ["fit", "intermediate"]]),
    "age": lambda rng, _: _number(rng, 40, 90),
    "ecog": lambda rng, _: _number(rng, 0, 4),
    "adl": lambda rng, _: rng.randint(0, 6),
    "iadl": lambda rng, _: rng.randint(0, 8),
    "cci": lambda rng, _: rng.randint(0, 5),
    "transplant": lambda rng, _: rng.choice(["eligible", "ineligible"]),
    "prior_asct": lambda rng, _: rng.random() < 0.5,
    "cytogenetics": lambda rng, kb: _words(rng, kb, "cytogenetics"),
    "crcl": lambda rng, _: _number(rng, 5, 120),
    "neuropathy": lambda rng, _: _number(rng, 0, 4),
    "condition": lambda rng, kb: _words(rng, kb, "condition"),
    "months_since": lambda rng, _: {rng.choice(["btz", "len", "dara", "mel", "tec"]): rng.randint(0, 40)},
    "relapse": lambda rng, _: rng.choice(["slow", "rapid"]),
    "early_relapse": lambda rng, _: rng.random() < 0.5,
    "smm_risk": lambda rng, _: rng.choice(["low", "intermediate", "high"]),
    "unavailable": lambda rng, kb: _words(rng, kb, "unavailable"),
}
LIKELY = {"prior": 0.85, "refractory": 0.5, "lines": 0.5, "setting": 0.3, "fitness": 0.3, "crcl": 0.3}


def draw(rng: random.Random, kb: Knowledge) -> Given:
    """A patient file; it may contradict itself."""
    out = {fact: make(rng, kb) for fact, make in MAKERS.items() if rng.random() < LIKELY.get(fact, 0.15)}
    out |= {key: True for key in OPEN_LISTS if key.split("_")[0] in out and rng.random() < OPEN_CHANCE}
    return out or {"prior": ["len"]}


def scope(rng: random.Random, kb: Knowledge) -> Given:
    """What belongs to the question: a region, seldom another day, seldom no presumptions."""
    out: Given = {"region": rng.choice(["us", "eu", "any"])}
    if rng.random() < 0.2:
        out["as_of"] = rng.choice(["2019-09-01", "2024-04-10", "2025-07-15", kb.meta.reviewed])
    if rng.random() < 0.25:
        out["strict"] = True
    return out


def patients(
    seed: str, count: int, kb: Knowledge, usable: Callable[[Given], Any]
) -> Iterator[tuple[random.Random, Given, Any]]:
    """`count` patients that contradict nothing: the random source, the file with its question, what `usable` made of it."""
    rng = random.Random(seed)
    made = 0
    while made < count:
        given = {**draw(rng, kb), **scope(rng, kb)}
        try:
            found = usable(given)
        except QuestionError:
            continue
        made += 1
        yield rng, given, found


def options(words: str) -> Given:
    """The options of a command line as facts: what it says of each, repeated options gathered."""
    flags: dict[str, tuple[str, Any]] = {f.option: (f.name, True) for f in FACTS.values() if f.kind == "flag"}
    flags |= {f.denial: (f.name, False) for f in FACTS.values() if f.kind == "flag"}
    flags |= {f"--{v}": (f.name, v) for f in FACTS.values() if f.shorthand for v in f.values}
    flags |= {f"--{name.replace('_', '-')}": (name, True) for name in OPEN_LISTS}
    valued = {f.option: f.name for f in FACTS.values() if f.kind != "flag"}
    out: Given = {}
    left: Sequence[str] = shlex.split(words)
    while left:
        word, *left = left
        if word in flags:
            name, value = flags[word]
            assert out.setdefault(name, value) == value
        else:
            text, *left = left
            out.setdefault(valued[word], []).append(text)
    return out


def answered(given: Mapping[str, Any], words: str) -> Given:
    """A patient file with options behind it: an option beats the file fact by fact, and a list is replaced."""
    said = options(words)
    out = {k: v for k, v in given.items() if k not in said}
    out = {k: v for k, v in out.items() if k not in OPEN_LISTS or k.removesuffix("_incomplete") not in said}
    return {**out, **said}
