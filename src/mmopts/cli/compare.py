"""``mmopts compare``: regimens side by side."""

from __future__ import annotations

from typing import Annotated

import typer

from mmopts.cli import asking
from mmopts.cli.completion import regimens as known
from mmopts.cli.declare import Values, command, house
from mmopts.cli.environment import Environment
from mmopts.cli.given import plainly
from mmopts.cli.options import SOURCE, WRITTEN, All, raise_if
from mmopts.cli.output import show
from mmopts.errors import Problem, QuestionError

app = house()


@command(app, SOURCE, WRITTEN, examples=("mmopts compare DKd Isa-Kd PVd",))
def compare(
    env: Environment,
    given: Values,
    regimens: Annotated[list[str], typer.Argument(metavar="REGIMENS...", help="Two or more.", autocompletion=known)],
    all: All = False,  # noqa: A002
) -> None:
    """Regimens side by side."""
    here, output = plainly(env, given, ["all"] if all else ())
    problems: list[Problem] = []
    names: dict[str, None] = {}
    for word in regimens:
        try:
            names[asking.regimen_named(word, here.kb)] = None
        except QuestionError as error:
            problems += error.problems
    if not problems and len(names) < 2:
        problems.append(Problem("too-few", "compare needs two different regimens.", "regimens", regimens[:5]))
    raise_if(problems)
    show(here.named(asking.shown(list(names), here.kb, "compare")), output, here.env)
