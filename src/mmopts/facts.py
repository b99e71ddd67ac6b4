"""The facts that a patient can have: their names, options, allowed values and atoms.

A fact as a user states it (`prior`, `lines`) becomes one or more *atoms*, which conditions test:
``exposed:<drug>``, ``refractory:<drug>``, ``condition:<word>``, ``lines``. This module knows the grammar
of facts, not their medicine; vocabularies, thresholds and the wording of questions are in the knowledge base.
"""

from __future__ import annotations

from typing import NamedTuple

SETTINGS = ("newly-diagnosed", "maintenance", "relapsed", "smoldering")
REGIONS = ("us", "eu", "any")


class Fact(NamedTuple):
    """A fact: `kind` is number, choice, flag, drugs, words or months; numbers lie in `low` to `high`.

    `whole`: only whole numbers. `atom`: the atom, or the prefix of the atoms, that it sets.
    """

    name: str
    kind: str
    option: str
    atom: str
    values: tuple[str, ...] = ()
    low: float = 0
    high: float = 0
    whole: bool = True


_FACTS = (
    Fact("setting", "choice", "--setting", "setting", SETTINGS),
    Fact("prior", "drugs", "--prior", "exposed"),
    Fact("refractory", "drugs", "--refractory", "refractory"),
    Fact("intolerant", "drugs", "--intolerant", "intolerant"),
    Fact("lines", "number", "--lines", "lines", low=0, high=30),
    Fact("last", "drugs", "--last", "last"),
    Fact("progressed_on_last", "flag", "--progressed-on-last", "progressed_on_last"),
    Fact("fitness", "choice", "--fitness", "fitness", ("fit", "intermediate", "frail")),
    Fact("age", "number", "--age", "age", low=18, high=120, whole=False),
    Fact("ecog", "number", "--ecog", "ecog", low=0, high=4),
    Fact("adl", "number", "--adl", "adl", low=0, high=6),
    Fact("iadl", "number", "--iadl", "iadl", low=0, high=8),
    Fact("cci", "number", "--cci", "cci", low=0, high=40),
    Fact("transplant", "choice", "--transplant", "transplant", ("eligible", "ineligible")),
    Fact("prior_asct", "flag", "--prior-asct", "prior_asct"),
    Fact("cytogenetics", "words", "--cytogenetics", "cytogenetics"),
    Fact("crcl", "number", "--crcl", "crcl", low=0, high=250, whole=False),
    Fact("neuropathy", "number", "--neuropathy", "neuropathy", low=0, high=4),
    Fact("condition", "words", "--condition", "condition"),
    Fact("months_since", "months", "--months-since", "months_since", low=0, high=600, whole=False),
    Fact("relapse", "choice", "--relapse", "relapse", ("slow", "rapid")),
    Fact("early_relapse", "flag", "--early-relapse", "early_relapse"),
    Fact("smm_risk", "choice", "--smm-risk", "smm_risk", ("low", "intermediate", "high")),
    Fact("unavailable", "words", "--unavailable", "unavailable"),
)
FACTS = {fact.name: fact for fact in _FACTS}
OPEN_LISTS = ("prior_incomplete", "refractory_incomplete")
"""Keys of a patient file that keep a list from being presumed whole."""
QUESTION_KEYS = ("region", "as_of", "strict")
"""Keys of a patient file that belong to the question, not to the patient."""
BY_ATOM = {fact.atom: fact for fact in _FACTS}


def split_atom(atom: str) -> tuple[Fact, str]:
    """The fact behind an atom and what it is about: ``refractory:X`` gives (refractory, ``X``)."""
    prefix, _, about = atom.partition(":")
    return BY_ATOM[prefix], about
