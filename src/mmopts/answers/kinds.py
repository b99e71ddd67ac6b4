"""The kinds of answers, each with the record that is its form."""

from mmopts.answers import forms
from mmopts.record import Record

ANSWERS: dict[str, type[Record]] = {
    "suggest": forms.Suggest,
    "ask": forms.AskAnswer,
    "explain": forms.Explain,
    "dose": forms.DoseCard,
    "history": forms.History,
    "report": forms.Report,
    "cohort": forms.Cohort,
    "show": forms.Show,
    "compare": forms.Compare,
    "list": forms.List,
    "drugs": forms.Drugs,
    "drug": forms.OneDrug,
    "sources": forms.Sources,
    "source": forms.OneSource,
    "guidance": forms.Guidance,
    "frailty": forms.Scores,
    "risk": forms.Scores,
    "facts": forms.FactList,
    "kb-check": forms.KbCheck,
    "kb-diff": forms.KbDiff,
    "kb-format": forms.KbFormat,
}
"""Each kind of answer: ``mmopts.<kind>/1``."""
BESIDE: dict[str, type[Record]] = {"config": forms.Config, "error": forms.Error}
"""JSON that is no answer from the knowledge base: the defaults of a place, and what goes wrong."""
