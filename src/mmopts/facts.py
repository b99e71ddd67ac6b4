"""The facts that a patient can have: one row each. Adding a fact is adding a row.

A fact as a user states it (`prior`, `lines`) becomes one or more *atoms*, which conditions test:
``exposed:<drug>``, ``refractory:<drug>``, ``condition:<word>``, ``lines``. This module knows the grammar
of facts, not their medicine; vocabularies, thresholds and the wording of questions are in the knowledge base.
"""

from functools import lru_cache
from math import inf, nextafter

from mmopts.record import Record

SETTINGS = ("newly-diagnosed", "maintenance", "relapsed", "smoldering")
ACTIVE_DISEASE = ("newly-diagnosed", "relapsed")
"""The settings of active disease, which is treated for that reason."""
REGIONS = ("us", "eu", "any")
ANY_REGION = REGIONS[-1]
"""The one that means any of the others."""
TREATMENT, FITNESS, DISEASE, QUESTION = "Treatment so far", "Fitness and organs", "The disease", "The question"
"""The headings under which facts stand in a list of options."""


class Fact(Record):
    """A fact of a patient, and how it is spoken of.

    `kind`: number, choice, flag, drugs, words or months. Numbers lie in `low` to `high`; `whole`: only whole ones.
    `atom`: the atom, or the prefix of the atoms, that it sets. `help`: for what it is asked. `phrase`: the fact in a
    sentence about the patient, with ``{}`` for its value (of a flag: the fact as it is when true); `clause` the same
    behind "if", of a patient ("aged over 75", "with heart failure"), where the phrase does not do; `unit` behind a
    number; `verb` before a drug; `one` and `many`: the noun of what a number counts, behind it ("1 prior line").
    `need` and `bar`: what an indication demands, behind "needs" and "the patient must not", ``{}`` for the value.
    `after_therapy`: only somebody treated before can have it. `shorthand`: its values are flags of their own.
    `panel`: the heading under which its option stands, `metavar` what is shown for its value where bounds or choices do
    not say it, `instead_of` words that are tried as options and mean this fact, or are mistaken for it.
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
    need: str = "{}"
    bar: str = "have {}"
    clause: str = ""
    after_therapy: bool = False
    shorthand: bool = False
    panel: str = TREATMENT
    metavar: str = ""
    instead_of: tuple[str, ...] = ()

    @property
    def option(self) -> str:
        """Its option on the command line."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def denial(self) -> str:
        """The option that denies a flag."""
        return f"--no-{self.name.replace('_', '-')}"

    @property
    def denial_help(self) -> str:
        """What the option that denies a flag says, in a sentence."""
        return f"There was no {self.need.removeprefix('an ').removeprefix('a ')}."

    def above(self, bound: float) -> float:
        """The least value of a number that is over a bound."""
        return bound + 1.0 if self.whole else nextafter(bound, inf)

    def below(self, bound: float) -> float:
        """The greatest value of a number that is under a bound."""
        return bound - 1.0 if self.whole else nextafter(bound, -inf)


_FACTS = (
    Fact("setting", "choice", "setting", "newly-diagnosed, maintenance, relapsed or smoldering.", "{}", SETTINGS,
         need="the {} setting", bar="be {}", metavar="SETTING", instead_of=("stage", "phase")),
    Fact("prior", "drugs", "exposed", "Drugs, brands, regimens or classes received; or none.", "received {}",
         verb="received",
         clause="treated with {}", need="exposure to {}", bar="have received {}", metavar="LIST", instead_of=("exposed",
         "received", "previous", "pretreated", "drugs", "therapy", "therapies")),
    Fact("refractory", "drugs", "refractory", "Those of them to which the disease is refractory; or none.",
         "refractory to {}", verb="refractory to", need="disease refractory to {}", bar="be refractory to {}",
         metavar="LIST", instead_of=("resistant", "refractory-to")),
    Fact("intolerant", "drugs", "intolerant", "Those of them that were not tolerated.", "intolerant of {}",
         verb="intolerant of", need="intolerance of {}", bar="be intolerant of {}", metavar="LIST",
         instead_of=("intolerance", "allergy")),
    Fact("lines", "number", "lines", "Prior lines of therapy; a range such as 2-4 will do.", "{}", low=0, high=30,
         clause="with {}", one="prior line", many="prior lines", instead_of=("line", "prior-lines", "lot",
         "lines-of-therapy")),
    Fact("last", "drugs", "last", "Drugs or regimen of the last line.", "last line: {}", verb="last had",
         clause="last treated with {}", metavar="LIST", instead_of=("last-line", "last-therapy")),
    Fact("progressed_on_last", "flag", "progressed_on_last",
         "Progressed on the last therapy, or so soon after it that it counts as on it.",
         "progressed on the last therapy",
         clause="with progression on the last therapy", need="progression on the last therapy",
         bar="have progressed on the last therapy", after_therapy=True, instead_of=("progressed", "progression")),
    Fact("progressed_after_last", "flag", "progressed_after_last",
         "Progressed after the last therapy, and not so soon that it counts as on it.", "progressed after the last therapy",
         clause="with progression after the last therapy", need="progression after the last therapy",
         bar="have progressed after the last therapy", after_therapy=True),
    Fact("fitness", "choice", "fitness", "The same as --fit, --intermediate or --frail.", "{}",
         ("fit", "intermediate", "frail"), need="the patient to be {}", bar="be {}", shorthand=True, panel=FITNESS,
         metavar="VALUE", instead_of=("frailty", "unfit")),
    Fact("age", "number", "age", "Age in years.", "age {}",
         clause="aged {}", low=18, high=120, whole=False, panel=FITNESS, instead_of=("years", "age-years")),
    Fact("ecog", "number", "ecog", "ECOG performance status.", "ECOG {}",
         clause="with ECOG {}", low=0, high=4, panel=FITNESS,
         instead_of=("ps", "performance-status", "kps", "karnofsky")),
    Fact("adl", "number", "adl", "Katz activities of daily living.", "ADL {}",
         clause="with ADL {}", low=0, high=6, panel=FITNESS),
    Fact("iadl", "number", "iadl", "Lawton instrumental activities of daily living.", "IADL {}",
         clause="with IADL {}", low=0, high=8,
         panel=FITNESS),
    Fact("cci", "number", "cci", "Charlson comorbidity index.", "Charlson index {}",
         clause="with a Charlson index of {}", low=0, high=40, panel=FITNESS,
         instead_of=("charlson",)),
    Fact("transplant", "choice", "transplant", "For autologous transplant: eligible or ineligible.", "transplant-{}",
         ("eligible", "ineligible"), need="the patient to be {}", bar="be {}", panel=FITNESS, metavar="WORD",
         instead_of=("transplant-eligible", "te")),
    Fact("prior_asct", "flag", "prior_asct", "Autologous transplant before.", "autologous transplant before",
         clause="with an earlier autologous transplant", need="an earlier autologous transplant",
         bar="have had an autologous transplant", after_therapy=True,
         instead_of=("asct", "prior-transplant")),
    Fact("cytogenetics", "words", "cytogenetics",
         "Markers found; no-X denies one; standard denies the high-risk ones.", "cytogenetics: {}",
         clause="with {}", panel=DISEASE,
         metavar="LIST", instead_of=("fish", "markers", "karyotype", "genetics")),
    Fact("crcl", "number", "crcl", "Creatinine clearance in mL/min.", "CrCl {}",
         clause="with CrCl {}", low=0, high=250, whole=False,
         unit="mL/min", panel=FITNESS, instead_of=("egfr", "gfr", "creatinine-clearance", "creatinine", "renal",
         "kidney", "kidneys")),
    Fact("neuropathy", "number", "neuropathy", "Grade of peripheral neuropathy.", "neuropathy grade {}",
         clause="with neuropathy of grade {}", low=0, high=4,
         panel=FITNESS, instead_of=("pn",)),
    Fact("condition", "words", "condition",
         "Comorbidities and the like (mmopts facts condition); no-X denies one; none denies all.", "conditions: {}",
         clause="with {}",
         panel=FITNESS, metavar="LIST", instead_of=("conditions", "comorbidity", "comorbidities",
         "platelets", "neutrophils", "anc", "lvef")),
    Fact("months_since", "months", "months_since", "Months since the last dose of a drug.", "months since {}",
         clause="months after {}",
         low=0, high=600, whole=False, metavar="DRUG=MONTHS"),
    Fact("relapse", "choice", "relapse", "Slow or rapid relapse.", "{} relapse", ("slow", "rapid"),
         clause="in {} relapse", need="a {}",
         bar="have a {}", after_therapy=True, panel=DISEASE),
    Fact("early_relapse", "flag", "early_relapse", "Early relapse (functional high risk).",
         "early relapse (functional high risk)",
         clause="with an early relapse", need="an early relapse", bar="have had an early relapse",
         after_therapy=True, panel=DISEASE),
    Fact("smm_risk", "choice", "smm_risk", "Risk of smoldering myeloma: low, intermediate or high.",
         "{} smoldering risk",
         clause="at {} smoldering risk", values=("low", "intermediate", "high"), panel=DISEASE, metavar="WORD"),
    Fact("unavailable", "words", "unavailable", "What cannot be had here.", "{}", panel=QUESTION,
         metavar="LIST"),
)  # fmt: skip
FACTS = {fact.name: fact for fact in _FACTS}
NONE, DENIAL = "none", "no-"
"""The word for an empty list, and the prefix of a word that is denied."""
INCOMPLETE = "_incomplete"
"""The end of the key of a patient file that keeps a list from being presumed whole."""
OPEN_LISTS = {"prior_incomplete": "The list of prior drugs may not be complete.",
              "refractory_incomplete": "The refractory list may not be complete."}  # fmt: skip
"""What each of these keys says."""
TREATMENTS = "treatments"
"""The key of a patient file that lists treatments by date, and the fact that what is wrong with them names."""
QUESTION_KEYS = ("region", "as_of", "strict")
"""Keys of a patient file that belong to the question, not to the patient."""


def incomplete_key(fact: str) -> str:
    """The key of a patient file that says that the list of a fact may not be whole."""
    return f"{fact}{INCOMPLETE}"


@lru_cache(8192)
def split_atom(atom: str) -> tuple[Fact, str]:
    """The fact behind an atom and what it is about: ``refractory:X`` gives (refractory, ``X``). Raises KeyError."""
    prefix, _, about = atom.partition(":")
    return by_atom(prefix), about


def by_atom(prefix: str) -> Fact:
    """The fact that sets the atoms of this name or prefix. Raises KeyError."""
    found = find_fact(prefix)
    if found is None:
        raise KeyError(prefix)
    return found


def meant_by(word: str) -> list[str]:
    """The facts that a word may mean: the one of that name in any case, else those that the word is often mistaken for."""
    name = word.strip().casefold().replace("-", "_")
    key = name.replace("_", "-")
    if name in FACTS:
        return [name]
    return [f.name for f in FACTS.values() if key in f.instead_of or (f.shorthand and key in f.values)]


def find_fact(prefix: str) -> Fact | None:
    """The fact that sets the atoms of this name or prefix; None if none does."""
    return FACTS.get(prefix) or next((fact for fact in FACTS.values() if fact.atom == prefix), None)
