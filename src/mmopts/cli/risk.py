"""``mmopts risk``: staging and risk scores from what is known, and what is missing."""

from typing import Annotated

from mmopts.cli import engine
from mmopts.cli.declare import Values, Words, command, house, option
from mmopts.cli.environment import Environment
from mmopts.cli.given import Here, together
from mmopts.cli.options import SOURCE, WRITTEN, fact_options, facts_given, one
from mmopts.cli.output import output_given, show
from mmopts.diagnostics import Diagnostic, no_choice
from mmopts.names import split_list

app = house()
FACTS = ("cytogenetics", "condition")
CLOTS = "Clots on treatment"
ITEMS = {
    "clots": Annotated[
        Words,
        option("--clots", metavar="LIST", help="What holds of the items of clot scores; none shows them.", panel=CLOTS),
    ],
}
LABORATORY = "The laboratory"
LDH = {"high": True, "normal": False}
MEASURED = {
    "b2m": Annotated[Words, option("--b2m", metavar="MG/L", help="Serum beta-2-microglobulin.", panel=LABORATORY)],
    "albumin": Annotated[Words, option("--albumin", metavar="G/DL", help="Serum albumin.", panel=LABORATORY)],
    "ldh": Annotated[
        Words,
        option(
            "--ldh",
            metavar="|".join(LDH),
            help="LDH against the upper limit of normal.",
            panel=LABORATORY,
            complete=lambda: list(LDH),
        ),
    ],
    "creatinine": Annotated[Words, option("--creatinine", metavar="MG/DL", help="Serum creatinine.", panel=LABORATORY)],
}
EXAMPLES = (
    "mmopts risk --b2m 4 --albumin 3.8 --ldh normal --cytogenetics standard",
    "mmopts risk --cytogenetics 'del(17p),gain(1q)'",
    "mmopts risk --clots none",
)


@command(app, MEASURED, ITEMS, fact_options(FACTS), SOURCE, WRITTEN, examples=EXAMPLES)
def risk(env: Environment, given: Values) -> None:
    """Staging and risk scores, from what is known; what is missing leaves several groups possible."""
    problems: list[Diagnostic] = []
    output = output_given(given, problems)
    facts = facts_given(given, problems)
    facts |= {name: one(given[name], name, problems) for name in ("b2m", "albumin", "creatinine")}
    ldh = one(given["ldh"], "ldh", problems)
    if ldh is not None and ldh.casefold() not in LDH:
        problems.append(no_choice("--ldh", "ldh", ldh, tuple(LDH)))
    facts["clots"] = split_list(given["clots"]) if given["clots"] is not None else None
    facts["ldh_high"] = LDH.get(ldh.casefold()) if ldh is not None else None
    with together(problems):
        here = Here(given, env)
        answer = engine.risk(facts, here.kb)
    show(answer, output, here.env)
