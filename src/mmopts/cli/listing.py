"""``mmopts list``: the regimens, by setting, drug or class."""

from __future__ import annotations

from collections.abc import Callable

from mmopts.answers import class_named, drug_named, listed
from mmopts.cli.asking import plain_given
from mmopts.cli.command import Command, Values, text
from mmopts.cli.environment import Environment
from mmopts.cli.options import kb_option, output_options, raise_if
from mmopts.cli.output import show
from mmopts.cli.words import drugs
from mmopts.diagnostics import Problem, QuestionError, no_choice
from mmopts.facts import SETTINGS
from mmopts.knowledge.records import Knowledge
from mmopts.names import split_list

FILTERS = "Filters"


def command() -> Command:
    """The command."""
    return Command(
        "list",
        "The regimens, by setting, drug or class.",
        run,
        [
            text("--setting", "|".join(SETTINGS), "In any of these settings.", FILTERS, lambda _: SETTINGS),
            text("--drug", "LIST", "With all of these drugs.", FILTERS, drugs),
            text("--class", "LIST", "With a drug of each of these classes.", FILTERS),
            kb_option(),
            *output_options(),
        ],
        ("mmopts list --setting relapsed --drug dara", "mmopts list --class CAR-T --json"),
    )


def run(env: Environment, values: Values) -> None:
    """List them."""
    kb, output = plain_given(env, values)
    problems: list[Problem] = []
    found = [
        _named(values[name], read, kb, problems)
        for name, read in (("setting", _setting), ("drug", drug_named), ("class", class_named))
    ]
    raise_if(problems)
    show(listed(kb, *found), output, env)


def _named(given: list[str], read: Callable[[str, Knowledge], str], kb: Knowledge, problems: list[Problem]) -> list[str]:
    out = []
    for word in split_list(given) or []:
        try:
            out.append(read(word, kb))
        except QuestionError as error:
            problems += error.problems
    return out


def _setting(word: str, kb: Knowledge) -> str:
    if word.casefold() not in SETTINGS:
        raise QuestionError([no_choice("--setting", "setting", word, SETTINGS)])
    return word.casefold()
