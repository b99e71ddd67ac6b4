"""The commands: their names, what each is for, and where it is; a command's module is imported when it runs."""

from __future__ import annotations

from importlib import import_module

from mmopts.cli.command import Command, Group

PURPOSE = (
    "Which multiple myeloma regimens are still open to a patient, why, on what evidence, and what to find out "
    "before being sure."
)
COMMANDS = {
    "suggest": "Which regimens are open to a patient, why, and on what evidence.",
    "ask": "What to find out next, and what each answer would settle.",
    "explain": "Every clause of one regimen, for one patient.",
    "show": "All that is known of a regimen.",
    "compare": "Regimens side by side.",
    "list": "The regimens, by setting, drug or class.",
    "drugs": "The drugs, their names and classes; or one of them.",
    "sources": "The sources and whether they were read; or one of them.",
    "guidance": "What each guideline body says, and where bodies disagree.",
    "frailty": "Frailty scores, from what is known.",
    "risk": "Staging and risk scores, from what is known.",
    "kb": "Check a knowledge base, compare two, or format one.",
    "schema": "The JSON Schema of an answer, a patient file or a knowledge base.",
}
EXAMPLES = (
    "mmopts suggest --prior len,btz --frail",
    "mmopts suggest --prior VRd --refractory len --lines 1 --fit --region us",
    "mmopts ask --prior len,btz",
    "mmopts explain DKd --prior len,btz --refractory len",
    "mmopts suggest --patient patient.yaml --json",
)
_MODULES = {"list": "listing"}


def find(name: str) -> Command | Group | None:
    """The command of that name, imported now."""
    if name not in COMMANDS:
        return None
    found: Command | Group = import_module(f"mmopts.cli.{_MODULES.get(name, name)}").command()
    return found
