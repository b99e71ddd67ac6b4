"""``mmopts drugs``: the drugs with their names and classes, or all about one of them."""

from __future__ import annotations

from mmopts.answers import drug_named, drugs
from mmopts.cli.asking import plain_given
from mmopts.cli.command import Argument, Command, Values
from mmopts.cli.environment import Environment
from mmopts.cli.options import kb_option, output_options
from mmopts.cli.output import show
from mmopts.cli.words import drugs as known


def command() -> Command:
    """The command."""
    return Command(
        "drugs",
        "The drugs with their names and classes; or all about one of them.",
        run,
        [Argument("name", "A drug, by any of its names.", required=False, complete=known), kb_option(), *output_options()],
        ("mmopts drugs", "mmopts drugs len"),
    )


def run(env: Environment, values: Values) -> None:
    """Show all, or one."""
    kb, output = plain_given(env, values)
    name = values["name"]
    show(drugs(kb, drug_named(name, kb) if name else None), output, env)
