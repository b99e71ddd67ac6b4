"""``mmopts guidance``: what each body says, side by side, and where bodies disagree."""

from typing import Annotated

import typer

from mmopts.cli import asking
from mmopts.cli.declare import Values, command, house
from mmopts.cli.environment import Environment
from mmopts.cli.given import plainly
from mmopts.cli.options import SOURCE, WRITTEN
from mmopts.cli.output import show

app = house()
EXAMPLES = ("mmopts guidance", "mmopts guidance PDQ", "mmopts guidance --json | jq '.disagreements[].topic'")


@command(app, SOURCE, WRITTEN, examples=EXAMPLES)
def guidance(
    env: Environment,
    given: Values,
    body: Annotated[str | None, typer.Argument(metavar="BODY", help="A body, or part of its name.")] = None,
) -> None:
    """What each guideline body says, unmerged, and where bodies disagree."""
    here, output = plainly(env, given)
    show(asking.guidance(here.kb, body), output, here.env)
