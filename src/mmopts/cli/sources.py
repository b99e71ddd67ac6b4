"""``mmopts sources``: what the knowledge base cites and whether it was read, or all about one source."""

from __future__ import annotations

from mmopts.answers import sources
from mmopts.cli.asking import plain_given
from mmopts.cli.command import Argument, Command, Values
from mmopts.cli.environment import Environment
from mmopts.cli.options import kb_option, output_options
from mmopts.cli.output import show
from mmopts.cli.words import sources as known


def command() -> Command:
    """The command."""
    return Command(
        "sources",
        "The sources and whether they were read; or one of them, and what cites it.",
        run,
        [Argument("id", "The id of a source.", required=False, complete=known), kb_option(), *output_options()],
        ("mmopts sources", "mmopts sources --json | jq '.sources[] | select(.checked == \"unread\").title'"),
    )


def run(env: Environment, values: Values) -> None:
    """Show all, or one."""
    kb, output = plain_given(env, values)
    show(sources(kb, values["id"] or None), output, env)
