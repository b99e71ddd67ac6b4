"""``mmopts guidance``: what each body says, side by side, and where bodies disagree."""

from __future__ import annotations

from mmopts.answers import guidance
from mmopts.cli.asking import plain_given
from mmopts.cli.command import Argument, Command, Values
from mmopts.cli.environment import Environment
from mmopts.cli.options import kb_option, output_options
from mmopts.cli.output import show


def command() -> Command:
    """The command."""
    return Command(
        "guidance",
        "What each guideline body says, unmerged, and where bodies disagree.",
        run,
        [Argument("body", "A body, or part of its name.", required=False), kb_option(), *output_options()],
        ("mmopts guidance", "mmopts guidance PDQ", "mmopts guidance --json | jq '.disagreements[].topic'"),
    )


def run(env: Environment, values: Values) -> None:
    """Show all, or those of one body."""
    kb, output = plain_given(env, values)
    show(guidance(kb, values["body"] or None), output, env)
