"""The facts that a patient can have: one row each. Adding a fact is adding a row.

A fact as a user states it (`prior`, `lines`) becomes one or more *atoms*, which conditions test:
``exposed:<drug>``, ``refractory:<drug>``, ``condition:<word>``, ``lines``. This module knows the grammar
of facts, not their medicine; vocabularies, thresholds and the wording of questions are in the knowledge base.
"""

from __future__ import annotations

from typing import NamedTuple

SETTINGS = ("newly-diagnosed", "maintenance", "relapsed", "smoldering")
REGIONS = ("us", "eu", "any")


class Fact(NamedTuple):
    """A fact of a patient, and how it is spoken of.

    `kind`: number, choice, flag, drugs, words or months. Numbers lie in `low` to `high`; `whole`: only whole ones.
    `atom`: the atom, or the prefix of the atoms, that it sets. `help`: for what it is asked. `phrase`: the fact in a
    sentence about the patient, with ``{}`` for its value (of a flag: the fact as it is when true); `unit` behind a
    number; `verb` before a drug; `one` and `many`: the noun of what a number counts, behind it ("1 prior line").
    `after_therapy`: only somebody treated before can have it. `shorthand`: its values are flags of their own.
    """

    name: str
    kind: str
    atom: str
    help: str
    phrase: str
    values: tuple[str, ...] = ()
    low: float = 0
    high: float = 0
    whole: bool = True
    unit: str = ""
    verb: str = ""
    one: str = ""
    many: str = ""
    after_therapy: bool = False
    shorthand: bool = False

    @property
    def option(self) -> str:
        """Its option on the command line."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def denial(self) -> str:
        """The option that denies a flag."""
        return f"--no-{self.name.replace('_', '-')}"


_FACTS = (
    Fact("setting", "choice", "setting", "Newly diagnosed, maintenance, relapsed or smoldering.", "{}", SETTINGS),
    Fact("prior", "drugs", "exposed", "Drugs, brands, regimens or classes received; or none.", "received {}", verb="received"),
    Fact("refractory", "drugs", "refractory", "Those of them to which the disease is refractory; or none.",
         "refractory to {}", verb="refractory to"),
    Fact("intolerant", "drugs", "intolerant", "Those of them that were not tolerated.", "intolerant of {}",
         verb="intolerant of"),
    Fact("lines", "number", "lines", "Prior lines of therapy.", "{}", low=0, high=30, one="prior line", many="prior lines"),
    Fact("last", "drugs", "last", "Drugs or regimen of the last line.", "last line {}", verb="last had"),
    Fact("progressed_on_last", "flag", "progressed_on_last",
         "Progressed on the last therapy, or within 60 days of it.", "progressed on the last therapy", after_therapy=True),
    Fact("progressed_after_last", "flag", "progressed_after_last", "Progressed after the last therapy, on it or later.",
         "progressed after the last therapy", after_therapy=True),
    Fact("fitness", "choice", "fitness", "The same as --fit, --intermediate or --frail.", "{}",
         ("fit", "intermediate", "frail"), shorthand=True),
    Fact("age", "number", "age", "Age in years.", "age {}", low=18, high=120, whole=False),
    Fact("ecog", "number", "ecog", "ECOG performance status.", "ECOG {}", low=0, high=4),
    Fact("adl", "number", "adl", "Katz activities of daily living.", "ADL {}", low=0, high=6),
    Fact("iadl", "number", "iadl", "Lawton instrumental activities of daily living.", "IADL {}", low=0, high=8),
    Fact("cci", "number", "cci", "Charlson comorbidity index.", "Charlson index {}", low=0, high=40),
    Fact("transplant", "choice", "transplant", "Eligible or ineligible for autologous transplant.", "transplant-{}",
         ("eligible", "ineligible")),
    Fact("prior_asct", "flag", "prior_asct", "Autologous transplant before.", "autologous transplant before",
         after_therapy=True),
    Fact("cytogenetics", "words", "cytogenetics",
         "Markers found; no-X denies one; standard denies the high-risk ones.", "cytogenetics {}"),
    Fact("crcl", "number", "crcl", "Creatinine clearance in mL/min.", "CrCl {}", low=0, high=250, whole=False, unit="mL/min"),
    Fact("neuropathy", "number", "neuropathy", "Grade of peripheral neuropathy.", "neuropathy grade {}", low=0, high=4),
    Fact("condition", "words", "condition", "Comorbidities and the like; no-X denies one; none denies all.",
         "conditions {}"),
    Fact("months_since", "months", "months_since", "Months since the last dose of a drug.", "months since {}",
         low=0, high=600, whole=False),
    Fact("relapse", "choice", "relapse", "Slow or rapid relapse.", "{} relapse", ("slow", "rapid"), after_therapy=True),
    Fact("early_relapse", "flag", "early_relapse", "Early relapse (functional high risk).",
         "early relapse (functional high risk)", after_therapy=True),
    Fact("smm_risk", "choice", "smm_risk", "Risk of smoldering myeloma.", "{} smoldering risk",
         ("low", "intermediate", "high")),
    Fact("unavailable", "words", "unavailable", "What cannot be had here.", "not available here: {}"),
)  # fmt: skip
FACTS = {fact.name: fact for fact in _FACTS}
OPEN_LISTS = {"prior_incomplete": "The list of prior drugs may not be whole.",
              "refractory_incomplete": "The refractory list may not be whole."}  # fmt: skip
"""Keys of a patient file that keep a list from being presumed whole, with what they say."""
QUESTION_KEYS = ("region", "as_of", "strict")
"""Keys of a patient file that belong to the question, not to the patient."""


def split_atom(atom: str) -> tuple[Fact, str]:
    """The fact behind an atom and what it is about: ``refractory:X`` gives (refractory, ``X``). Raises KeyError."""
    prefix, _, about = atom.partition(":")
    return by_atom(prefix), about


def by_atom(prefix: str) -> Fact:
    """The fact that sets the atoms of this name or prefix. Raises KeyError."""
    found = FACTS.get(prefix) or next((fact for fact in FACTS.values() if fact.atom == prefix), None)
    if found is None:
        raise KeyError(prefix)
    return found
