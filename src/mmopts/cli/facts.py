"""``mmopts facts``: what can be said of a patient, and with which words."""

from typing import Annotated

import typer

from mmopts.cli import engine
from mmopts.cli.declare import Values, command, house
from mmopts.cli.environment import Environment
from mmopts.cli.given import plainly
from mmopts.cli.options import SOURCE, WRITTEN
from mmopts.cli.output import show
from mmopts.facts import FACTS, meant_by

app = house()
EXAMPLES = ("mmopts facts", "mmopts facts condition", "mmopts facts cytogenetics --json")


@command(app, SOURCE, WRITTEN, examples=EXAMPLES)
def facts(
    env: Environment,
    given: Values,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A fact.", autocompletion=lambda: list(FACTS))] = None,
) -> None:
    """The facts that a patient can have; or one of them, with every word that it takes."""
    here, output = plainly(env, given)
    meant = None if name is None else next(iter(meant_by(name.lstrip("-"))), name)
    show(engine.facts(here.kb, meant), output, here.env)
