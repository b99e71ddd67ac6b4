"""``mmopts show``: all that is known of a regimen, without a patient."""

from __future__ import annotations

from mmopts.answers import regimen_named, shown
from mmopts.cli.asking import plain_given
from mmopts.cli.command import Argument, Command, Values
from mmopts.cli.environment import Environment
from mmopts.cli.options import kb_option, output_options
from mmopts.cli.output import show
from mmopts.cli.words import regimens


def command() -> Command:
    """The command."""
    return Command(
        "show",
        "All that is known of a regimen: indications, evidence, doses, rules.",
        run,
        [Argument("regimen", "Its usual name.", complete=regimens), kb_option(), *output_options()],
        ("mmopts show DKd",),
    )


def run(env: Environment, values: Values) -> None:
    """Show it."""
    kb, output = plain_given(env, values)
    show(shown([regimen_named(values["regimen"], kb)], kb), output, env)
