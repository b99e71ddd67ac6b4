"""``mmopts facts``: what can be said of a patient, and with which words."""

from typing import Annotated

import typer

from mmopts.cli import asking
from mmopts.cli.declare import Values, command, house
from mmopts.cli.environment import Environment
from mmopts.cli.given import plainly
from mmopts.cli.options import SOURCE, WRITTEN
from mmopts.cli.output import show
from mmopts.facts import FACTS

app = house()
EXAMPLES = ("mmopts facts", "mmopts facts condition", "mmopts facts cytogenetics --json")


def _meant(word: str) -> str:
    """The fact that a word stands for: its name or its option in any case, or what is mistaken for it."""
    key = word.lstrip("-").casefold()
    name = key.replace("-", "_")
    return name if name in FACTS else next((fact.name for fact in FACTS.values() if key in fact.instead_of), word)


@command(app, SOURCE, WRITTEN, examples=EXAMPLES)
def facts(
    env: Environment,
    given: Values,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A fact.", autocompletion=lambda: list(FACTS))] = None,
) -> None:
    """The facts that a patient can have; or one of them, with every word that it takes."""
    here, output = plainly(env, given)
    show(asking.facts(here.kb, _meant(name) if name is not None else None), output, here.env)
