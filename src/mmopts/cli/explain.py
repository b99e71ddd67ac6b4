"""``mmopts explain``: every clause of one regimen, for one patient."""

from mmopts.cli.declare import Values, command, house
from mmopts.cli.environment import Environment
from mmopts.cli.given import told_of
from mmopts.cli.options import ASKED, PATIENT, SOURCE, WRITTEN, All, Regimen

app = house()
EXAMPLES = ("mmopts explain DKd --prior len,btz --refractory len", "mmopts explain DKd --patient docs/patient.yaml")


@command(app, PATIENT, ASKED, SOURCE, WRITTEN, examples=EXAMPLES)
def explain(
    env: Environment,
    given: Values,
    regimen: Regimen,
    all: All = False,  # noqa: A002
) -> None:
    """Every clause of one regimen, for one patient: what holds, what is open, what fails, and by what."""
    told_of(regimen, all, env, given, lambda about, name: about.explain(name))
