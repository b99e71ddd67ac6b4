"""The form of every answer, stated once: the JSON, its JSON Schema and the heads of CSV are made from these records.

A field is a key of the JSON, in this order; a trailing ``_`` is left out (``if_`` is ``if``). Text that cites carries
its `source` (an id, or several) and `unread` where it was recalled and not read.
"""

from mmopts.answers.forms.library import *
from mmopts.answers.forms.parts import *
from mmopts.answers.forms.patient import *
from mmopts.answers.forms.upkeep import *
from mmopts.knowledge.records import Source
from mmopts.record import Record

ANSWERS: dict[str, type[Record]] = {
    "suggest": Suggest,
    "ask": AskAnswer,
    "explain": Explain,
    "dose": DoseCard,
    "history": History,
    "report": Report,
    "cohort": Cohort,
    "show": Show,
    "compare": Compare,
    "list": List,
    "drugs": Drugs,
    "drug": OneDrug,
    "sources": Sources,
    "source": OneSource,
    "guidance": Guidance,
    "frailty": Scores,
    "risk": Scores,
    "facts": FactList,
    "kb-check": KbCheck,
    "kb-diff": KbDiff,
    "kb-format": KbFormat,
}
"""Each kind of answer: ``mmopts.<kind>/1``."""

INLINED: dict[type, str] = {Explained: "option"}
"""Records one of whose parts lends its keys to the JSON object of the whole."""

REPEATED = frozenset({
    Ask, Care, Caution, Dose, Flip, GuidanceRow, KeyFigure, LabelRow, Said, Source, TrialRow, Warned,
})  # fmt: skip
"""Records that come back from patient to patient: their JSON may be kept. Figures stand beside the name of their trial."""
