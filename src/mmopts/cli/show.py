"""``mmopts show``: all that is known of a regimen, without a patient."""

from mmopts.cli import asking
from mmopts.cli.declare import Values, command, house
from mmopts.cli.environment import Environment
from mmopts.cli.given import plainly
from mmopts.cli.options import SOURCE, WRITTEN, Regimen
from mmopts.cli.output import show as put

app = house()


@command(app, SOURCE, WRITTEN, examples=("mmopts show DKd",))
def show(
    env: Environment,
    given: Values,
    regimen: Regimen,
) -> None:
    """All that is known of a regimen: indications, evidence, doses, rules."""
    here, output = plainly(env, given)
    put(asking.shown(asking.regimen_named(regimen, here.kb), here.kb), output, here.env)
