"""``mmopts ask``: what to find out next, and what each answer would settle."""

from __future__ import annotations

from mmopts.answers import questions
from mmopts.cli.asking import case_given
from mmopts.cli.command import Command, Values
from mmopts.cli.environment import Environment
from mmopts.cli.options import kb_option, output_options, patient_options, question_options
from mmopts.cli.output import show


def command() -> Command:
    """The command."""
    return Command(
        "ask",
        "What to find out next, and what each answer would settle.",
        run,
        [*patient_options(), *question_options(), kb_option(), *output_options()],
        ("mmopts ask --prior len,btz", "mmopts ask --patient patient.yaml --json"),
    )


def run(env: Environment, values: Values) -> None:
    """Answer for one patient."""
    case, output = case_given(env, values)
    show(questions(case), output, env)
