"""``mmopts frailty``: frailty scores from what is known, and what is missing."""

from __future__ import annotations

from mmopts.answers import frailty
from mmopts.cli.asking import knowledge_given
from mmopts.cli.command import Command, Values
from mmopts.cli.environment import Environment
from mmopts.cli.options import fact_options, facts_given, kb_option, output_options, raise_if
from mmopts.cli.output import output_given, show
from mmopts.diagnostics import Problem

FACTS = ("age", "ecog", "adl", "iadl", "cci")


def command() -> Command:
    """The command."""
    return Command(
        "frailty",
        "Frailty scores, from what is known; what is missing leaves a range.",
        run,
        [*fact_options(FACTS), kb_option(), *output_options()],
        ("mmopts frailty --age 82 --adl 4 --iadl 5 --cci 1", "mmopts frailty --age 78 --ecog 1"),
    )


def run(env: Environment, values: Values) -> None:
    """Score."""
    problems: list[Problem] = []
    output = output_given(values, problems)
    given = facts_given(values, problems)
    raise_if(problems)
    show(frailty(given, knowledge_given(values, env)), output, env)
