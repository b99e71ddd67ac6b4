"""``mmopts compare``: regimens side by side."""

from __future__ import annotations

from mmopts.answers import regimen_named, shown
from mmopts.cli.asking import plain_given
from mmopts.cli.command import Argument, Command, Values, flag
from mmopts.cli.environment import Environment
from mmopts.cli.options import OUTPUT, kb_option, output_options, raise_if
from mmopts.cli.output import show
from mmopts.cli.words import regimens
from mmopts.diagnostics import Problem, QuestionError


def command() -> Command:
    """The command."""
    return Command(
        "compare",
        "Regimens side by side.",
        run,
        [
            Argument("regimens", "Two or more.", many=True, complete=regimens),
            kb_option(),
            *output_options(),
            flag("--all", "Every caution.", OUTPUT),
        ],
        ("mmopts compare DKd Isa-Kd PVd",),
    )


def run(env: Environment, values: Values) -> None:
    """Compare them; every name that is not known is reported."""
    kb, output = plain_given(env, values)
    problems: list[Problem] = []
    names: list[str] = []
    for word in values["regimens"]:
        try:
            names.append(regimen_named(word, kb))
        except QuestionError as error:
            problems += error.problems
    if not problems and len(set(names)) < 2:
        problems.append(Problem("too-few", "compare needs two different regimens.", "regimens", values["regimens"][:5]))
    raise_if(problems)
    show(shown(list(dict.fromkeys(names)), kb, "compare"), output, env)
