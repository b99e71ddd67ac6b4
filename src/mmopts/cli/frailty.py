"""``mmopts frailty``: frailty scores from what is known, and what is missing."""

from mmopts.cli import asking
from mmopts.cli.declare import Values, command, house
from mmopts.cli.environment import Environment
from mmopts.cli.given import Here
from mmopts.cli.options import SOURCE, WRITTEN, fact_options, facts_given, raise_if
from mmopts.cli.output import output_given, show
from mmopts.diagnostics import Diagnostic

app = house()
FACTS = ("age", "ecog", "adl", "iadl", "cci")
EXAMPLES = ("mmopts frailty --age 82 --adl 4 --iadl 5 --cci 1", "mmopts frailty --age 78 --ecog 1")


@command(app, fact_options(FACTS), SOURCE, WRITTEN, examples=EXAMPLES)
def frailty(env: Environment, given: Values) -> None:
    """Frailty scores, from what is known; what is missing leaves a range."""
    problems: list[Diagnostic] = []
    output = output_given(given, problems)
    facts = facts_given(given, problems)
    raise_if(problems)
    here = Here(given, env)
    show(asking.frailty(facts, here.kb), output, here.env)
