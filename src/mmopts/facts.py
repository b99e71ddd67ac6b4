"""The facts that a patient can have: their names, options, allowed values and atoms.

A fact as a user states it (`prior`, `lines`) becomes one or more *atoms*, which conditions test:
``exposed:<drug>``, ``refractory:<drug>``, ``condition:<word>``, ``lines``. This module knows the grammar
of facts, not their medicine; vocabularies, thresholds and the wording of questions are in the knowledge base.
"""

from __future__ import annotations

from typing import NamedTuple

SETTINGS = ("newly-diagnosed", "maintenance", "relapsed", "smoldering")
REGIONS = ("us", "eu", "any")
TREATMENT, FITNESS, DISEASE, QUESTION = "Treatment so far", "Fitness and organs", "The disease", "The question"
"""The headings under which a help page has the options."""


class Fact(NamedTuple):
    """A fact: `kind` is number, choice, flag, drugs, words or months; numbers lie in `low` to `high`.

    `whole`: only whole numbers. `atom`: the atom, or the prefix of the atoms, that it sets.
    For the command line: `noun` names it in a sentence, `help` describes its option, under the heading `panel`;
    `metavar` is shown for its value, where bounds or choices do not say it. `flags`: each value is a flag as well.
    `instead_of`: words that are tried as options and mean this fact, or are mistaken for it.
    """

    name: str
    kind: str
    option: str
    atom: str
    values: tuple[str, ...] = ()
    low: float = 0
    high: float = 0
    whole: bool = True
    noun: str = ""
    help: str = ""
    panel: str = TREATMENT
    metavar: str = ""
    flags: bool = False
    instead_of: tuple[str, ...] = ()


_FACTS = (
    Fact(
        "setting", "choice", "--setting", "setting", SETTINGS,
        noun="setting", help="newly-diagnosed, maintenance, relapsed or smoldering.", metavar="SETTING",
        instead_of=("stage", "phase"),
    ),
    Fact(
        "prior", "drugs", "--prior", "exposed", noun="prior therapy", metavar="LIST",
        help="Drugs, brands, regimens or classes received; or none.", instead_of=("exposed", "received", "previous"),
    ),
    Fact(
        "refractory", "drugs", "--refractory", "refractory", noun="refractory to", metavar="LIST",
        help="Those of them to which the disease is refractory; or none.", instead_of=("resistant",),
    ),
    Fact(
        "intolerant", "drugs", "--intolerant", "intolerant", noun="intolerant of", metavar="LIST",
        help="Those of them that were not tolerated.", instead_of=("intolerance", "allergy"),
    ),
    Fact(
        "lines", "number", "--lines", "lines", low=0, high=30, noun="prior lines of therapy",
        help="Prior lines of therapy.", instead_of=("line", "prior-lines", "lot"),
    ),
    Fact("last", "drugs", "--last", "last", noun="last line", help="Drugs or regimen of the last line.", metavar="LIST"),
    Fact(
        "progressed_on_last", "flag", "--progressed-on-last", "progressed_on_last", noun="progressed on the last therapy",
        help="Progressed on the last therapy, or within 60 days of it.", instead_of=("progressed", "progression"),
    ),
    Fact(
        "progressed_after_last", "flag", "--progressed-after-last", "progressed_after_last",
        noun="progressed after the last therapy", help="Progressed after the last therapy, and not within 60 days of it.",
    ),
    Fact(
        "fitness", "choice", "--fitness", "fitness", ("fit", "intermediate", "frail"), noun="fitness", panel=FITNESS,
        help="The same as --fit, --intermediate or --frail.", metavar="VALUE", flags=True, instead_of=("frailty", "unfit"),
    ),
    Fact("age", "number", "--age", "age", low=18, high=120, whole=False, noun="age", help="Age in years.", panel=FITNESS),
    Fact(
        "ecog", "number", "--ecog", "ecog", low=0, high=4, noun="ECOG performance status", panel=FITNESS,
        help="ECOG performance status.", instead_of=("ps", "performance-status"),
    ),
    Fact(
        "adl", "number", "--adl", "adl", low=0, high=6, noun="activities of daily living", panel=FITNESS,
        help="Katz activities of daily living.",
    ),
    Fact(
        "iadl", "number", "--iadl", "iadl", low=0, high=8, noun="instrumental activities of daily living", panel=FITNESS,
        help="Lawton instrumental activities of daily living.",
    ),
    Fact(
        "cci", "number", "--cci", "cci", low=0, high=40, noun="comorbidity index", panel=FITNESS,
        help="Charlson comorbidity index.", instead_of=("charlson",),
    ),
    Fact(
        "transplant", "choice", "--transplant", "transplant", ("eligible", "ineligible"), noun="transplant", panel=FITNESS,
        help="For autologous transplant: eligible or ineligible.", metavar="WORD", instead_of=("transplant-eligible", "te"),
    ),
    Fact(
        "prior_asct", "flag", "--prior-asct", "prior_asct", noun="autologous transplant before",
        help="Autologous transplant before.", instead_of=("asct", "prior-transplant"),
    ),
    Fact(
        "cytogenetics", "words", "--cytogenetics", "cytogenetics", noun="cytogenetics", metavar="LIST", panel=DISEASE,
        help="Markers found; no-X denies one; standard denies the high-risk ones.", instead_of=("fish", "markers"),
    ),
    Fact(
        "crcl", "number", "--crcl", "crcl", low=0, high=250, whole=False, noun="creatinine clearance", panel=FITNESS,
        help="Creatinine clearance in mL/min.", instead_of=("egfr", "gfr", "creatinine-clearance"),
    ),
    Fact(
        "neuropathy", "number", "--neuropathy", "neuropathy", low=0, high=4, noun="neuropathy", panel=FITNESS,
        help="Grade of peripheral neuropathy.", instead_of=("pn",),
    ),
    Fact(
        "condition", "words", "--condition", "condition", noun="condition", metavar="LIST", panel=FITNESS,
        help="Comorbidities and the like (mmopts facts condition); no-X denies one; none denies all.",
        instead_of=("conditions", "comorbidity", "comorbidities"),
    ),
    Fact(
        "months_since", "months", "--months-since", "months_since", low=0, high=600, whole=False,
        noun="months since the last dose", help="Months since the last dose of a drug.", metavar="DRUG=MONTHS",
    ),
    Fact(
        "relapse", "choice", "--relapse", "relapse", ("slow", "rapid"), noun="pace of the relapse", panel=DISEASE,
        help="Slow or rapid relapse.",
    ),
    Fact(
        "early_relapse", "flag", "--early-relapse", "early_relapse", noun="early relapse", panel=DISEASE,
        help="Early relapse (functional high risk).",
    ),
    Fact(
        "smm_risk", "choice", "--smm-risk", "smm_risk", ("low", "intermediate", "high"), panel=DISEASE,
        noun="risk of smoldering myeloma", help="Risk of smoldering myeloma: low, intermediate or high.", metavar="WORD",
    ),
    Fact(
        "unavailable", "words", "--unavailable", "unavailable", noun="not to be had here", metavar="LIST", panel=QUESTION,
        help="What cannot be had here.",
    ),
)  # fmt: skip
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
