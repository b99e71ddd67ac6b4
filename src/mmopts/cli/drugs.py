"""``mmopts drugs``: the drugs with their names and classes, or all about one of them."""

from typing import Annotated

import typer

from mmopts.cli import asking
from mmopts.cli.completion import drugs as known
from mmopts.cli.declare import Values, command, house
from mmopts.cli.environment import Environment
from mmopts.cli.given import plainly
from mmopts.cli.options import SOURCE, WRITTEN
from mmopts.cli.output import show

app = house()
EXAMPLES = ("mmopts drugs", "mmopts drugs len")


@command(app, SOURCE, WRITTEN, examples=EXAMPLES)
def drugs(
    env: Environment,
    given: Values,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A drug, by any of its names.", autocompletion=known)
    ] = None,
) -> None:
    """The drugs with their names and classes; or all about one of them."""
    here, output = plainly(env, given)
    show(asking.drugs(here.kb, name), output, here.env)
