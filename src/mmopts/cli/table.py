"""The commands: their names and what each is for; a command's module is imported when it runs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

PURPOSE = (
    "Which multiple myeloma regimens are still open to a patient, why, on what evidence, and what to find out "
    "before being sure."
)
GROUPS = {"kb": ("check", "diff", "format")}
"""The commands that have commands of their own."""
COMMANDS = {
    "suggest": "Which regimens are open to a patient, why, and on what evidence.",
    "ask": "What to find out next, and what each answer would settle.",
    "explain": "Every clause of one regimen, for one patient.",
    "dose": "One regimen's doses, visits, warnings and care, for one patient.",
    "history": "From a list of dated treatments to the facts, with the rule behind each.",
    "report": "The pages for a tumour board: one case, known by its label alone.",
    "cohort": "Many patients at once: a file of facts to a file of verdicts.",
    "show": "All that is known of a regimen.",
    "compare": "Regimens side by side.",
    "list": "The regimens, by setting, drug or class.",
    "drugs": "The drugs, their names and classes; or one of them.",
    "facts": "The facts that a patient can have, with options and words.",
    "sources": "The sources and whether they were read; or one of them.",
    "guidance": "What each guideline body says, and where bodies disagree.",
    "frailty": "Frailty scores, from what is known.",
    "risk": "Staging and risk scores, from what is known.",
    "kb": "Check a knowledge base, compare two, or lay its files out.",
    "config": "The defaults of this place: region, unavailable, kb, columns.",
    "schema": "The JSON Schema of an answer, a patient file or a knowledge base.",
}
EXAMPLES = (
    "mmopts suggest --prior len,btz --frail",
    "mmopts suggest --prior VRd --refractory len --lines 1 --fit --region us",
    "mmopts ask --prior len,btz",
    "mmopts explain DKd --prior len,btz --refractory len",
    "mmopts suggest --patient docs/patient.yaml --json",
)
_MODULES = {"list": "list_"}


def find(name: str) -> typer.Typer:
    """The command of that name as a Typer program, imported now."""
    found: typer.Typer = import_module(f"mmopts.cli.{_MODULES.get(name, name)}").app
    return found
