"""``mmopts list``: the regimens, by setting, drug or class."""

from collections.abc import Callable
from typing import Annotated

from mmopts.cli import engine
from mmopts.cli.completion import classes, drugs
from mmopts.cli.declare import Values, Words, command, house, option
from mmopts.cli.environment import Environment
from mmopts.cli.given import plainly
from mmopts.cli.options import SOURCE, WRITTEN, raise_if
from mmopts.cli.output import show
from mmopts.diagnostics import Diagnostic, QuestionError, no_choice
from mmopts.facts import SETTINGS
from mmopts.names import split_list

app = house()
FILTERS = "Filters"
FILTER = {
    "setting": Annotated[
        Words,
        option(
            "--setting",
            metavar="|".join(SETTINGS),
            help="In any of these settings.",
            panel=FILTERS,
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
}
EXAMPLES = ("mmopts list --setting relapsed --drug dara", "mmopts list --class CAR-T --json")


@command(app, FILTER, SOURCE, WRITTEN, examples=EXAMPLES)
def list_(env: Environment, given: Values) -> None:
    """The regimens, by setting, drug or class."""
    here, output = plainly(env, given)
    problems: list[Diagnostic] = []
    settings = _named(given["setting"], _setting, problems)
    drugs = _named(given["drug"], lambda word: engine.drug_named(word, here.kb), problems)
    classes = _named(given["class_"], lambda word: engine.class_named(word, here.kb), problems)
    raise_if(problems)
    show(engine.listed(here.kb, settings, drugs, classes), output, here.env)


def _named(given: Words, read: Callable[[str], str], problems: list[Diagnostic]) -> list[str]:
    """What each word of an option stands for; what is wrong with one is added to `problems`."""
    out = []
    for word in split_list(given) or ():
        try:
            out.append(read(word))
        except QuestionError as error:
            problems += error.problems
    return out


def _setting(word: str) -> str:
    if word.casefold() not in SETTINGS:
        raise QuestionError([no_choice("--setting", "setting", word, SETTINGS)])
    return word.casefold()
