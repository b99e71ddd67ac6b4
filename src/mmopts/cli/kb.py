"""``mmopts kb``: check a knowledge base, or compare the verdicts of two."""

from __future__ import annotations

from typing import Annotated

import typer

from mmopts.cli import asking
from mmopts.cli.declare import Help, Values, command, house
from mmopts.cli.environment import Environment
from mmopts.cli.house import HouseGroup
from mmopts.cli.options import WRITTEN, All, raise_if
from mmopts.cli.output import output_given, show
from mmopts.cli.settings import defaults, named
from mmopts.errors import Exit, Problem

app = house(cls=HouseGroup)
BUILTIN = "builtin"


@app.callback()
def kb(help: Help = False) -> None:
    """Check a knowledge base, or compare two."""


@command(app, WRITTEN, examples=("mmopts kb check", "mmopts kb check my-overlay.yaml --json"))
def check(
    env: Environment,
    given: Values,
    path: Annotated[
        str | None, typer.Argument(metavar="PATH", help="A folder, a file or an overlay; without it, the built-in one.")
    ] = None,
    all: All = False,  # noqa: A002
) -> Exit:
    """Every fault of a knowledge base, with its place; and what its examples and sources cover."""
    problems: list[Problem] = []
    output = output_given(given, problems, view=["all"] if all else ())
    raise_if(problems)
    used = [] if path else [d for name, d in defaults(env).items() if name == "kb"]
    report, ok = asking.check_knowledge(path or (str(used[0].value) if used else None))
    show(named(report, used), output, env)
    return Exit.OK if ok else Exit.FAULTS


@command(app, WRITTEN, examples=("mmopts kb diff builtin my-overlay.yaml",))
def diff(
    env: Environment,
    given: Values,
    old: Annotated[str, typer.Argument(metavar="OLD", help="The older one; builtin for the built-in one.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The newer one.")],
) -> None:
    """The verdicts that two knowledge bases give differently on their own example patients."""
    problems: list[Problem] = []
    output = output_given(given, problems)
    raise_if(problems)
    sides = (None if side == BUILTIN else side for side in (old, new))
    show(named(asking.diff_knowledge(*sides), []), output, env)
