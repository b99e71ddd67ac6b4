"""``mmopts list``: the regimens, by setting, drug or class."""

from collections.abc import Callable
from typing import Annotated

from mmopts.cli import asking
from mmopts.cli.completion import classes, drugs
from mmopts.cli.declare import Values, Words, command, house, option
from mmopts.cli.environment import Environment
from mmopts.cli.given import Here, plainly
from mmopts.cli.options import SOURCE, WRITTEN, raise_if
from mmopts.cli.output import show
from mmopts.diagnostics import Diagnostic, QuestionError, no_choice
from mmopts.facts import SETTINGS

app = house()
FILTERS = "Filters"
FILTER = {
    "setting": Annotated[
        Words,
        option(
            "--setting", metavar="|".join(SETTINGS), help="In any of these settings.", panel=FILTERS,
            complete=lambda: SETTINGS,
        ),
    ],
    "drug": Annotated[
        Words, option("--drug", metavar="LIST", help="With all of these drugs.", panel=FILTERS, complete=drugs)
    ],
    "class_": Annotated[
        Words,
        option("--class", metavar="LIST", help="With a drug of each of these classes.", panel=FILTERS, complete=classes),
    ],
}  # fmt: skip
EXAMPLES = ("mmopts list --setting relapsed --drug dara", "mmopts list --class CAR-T --json")


@command(app, FILTER, SOURCE, WRITTEN, examples=EXAMPLES)
def list_(env: Environment, given: Values) -> None:
    """The regimens, by setting, drug or class."""
    here, output = plainly(env, given)
    problems: list[Diagnostic] = []
    readers = (("setting", _setting), ("drug", _drug), ("class_", _class))
    settings, drugs, classes = (_named(given[name], read, here, problems) for name, read in readers)
    raise_if(problems)
    show(asking.listed(here.kb, settings, drugs, classes), output, here.env)


def _named(given: Words, read: Callable[[str, Here], str], here: Here, problems: list[Diagnostic]) -> list[str]:
    out = []
    for word in asking.split_list(given):
        try:
            out.append(read(word, here))
        except QuestionError as error:
            problems += error.problems
    return out


def _setting(word: str, here: Here) -> str:
    if word.casefold() not in SETTINGS:
        raise QuestionError([no_choice("--setting", "setting", word, SETTINGS)])
    return word.casefold()


def _drug(word: str, here: Here) -> str:
    return asking.drug_named(word, here.kb)


def _class(word: str, here: Here) -> str:
    return asking.class_named(word, here.kb)
