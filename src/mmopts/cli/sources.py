"""``mmopts sources``: what the knowledge base cites and whether it was read, or all about one source."""

from typing import Annotated

import typer

from mmopts.cli import asking
from mmopts.cli.completion import sources as known
from mmopts.cli.declare import Values, command, house
from mmopts.cli.environment import Environment
from mmopts.cli.given import plainly
from mmopts.cli.options import SOURCE, WRITTEN
from mmopts.cli.output import show

app = house()
EXAMPLES = (
    "mmopts sources",
    "mmopts sources --json | jq '.sources[] | select(.checked == \"unread\").title'",
)


@command(app, SOURCE, WRITTEN, examples=EXAMPLES)
def sources(
    env: Environment,
    given: Values,
    source: Annotated[str | None, typer.Argument(metavar="ID", help="The id of a source.", autocompletion=known)] = None,
) -> None:
    """The sources and whether they were read; or one of them, and what cites it."""
    here, output = plainly(env, given)
    show(asking.sources(here.kb, source), output, here.env)
