"""``mmopts explain``: every clause of one regimen, for one patient."""

from __future__ import annotations

from mmopts.answers import explanation, regimen_named
from mmopts.cli.asking import case_given
from mmopts.cli.command import Argument, Command, Values
from mmopts.cli.environment import Environment
from mmopts.cli.options import kb_option, output_options, patient_options, question_options
from mmopts.cli.output import show
from mmopts.cli.words import regimens


def command() -> Command:
    """The command."""
    return Command(
        "explain",
        "Every clause of one regimen, for one patient: what holds, what is open, what fails, and by what.",
        run,
        [
            Argument("regimen", "Its usual name.", complete=regimens),
            *patient_options(),
            *question_options(),
            kb_option(),
            *output_options(),
        ],
        ("mmopts explain DKd --prior len,btz --refractory len", "mmopts explain DKd --patient patient.yaml"),
    )


def run(env: Environment, values: Values) -> None:
    """Explain it."""
    case, output = case_given(env, values)
    show(explanation(case, regimen_named(values["regimen"], case.kb)), output, env)
