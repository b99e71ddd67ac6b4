"""``mmopts dose``: one regimen's prescription, for one patient."""

from mmopts.cli.declare import Values, command, house
from mmopts.cli.environment import Environment
from mmopts.cli.given import told_of
from mmopts.cli.options import ASKED, PATIENT, SOURCE, WRITTEN, All, Regimen

app = house()
EXAMPLES = ("mmopts dose DRd --crcl 25 --age 78", "mmopts dose DKd --patient docs/patient.yaml --json")


@command(app, PATIENT, ASKED, SOURCE, WRITTEN, examples=EXAMPLES)
def dose(
    env: Environment,
    given: Values,
    regimen: Regimen,
    all: All = False,  # noqa: A002
) -> None:
    """One regimen's prescription for one patient: a dose a drug, what would change it, visits, warnings and care."""
    told_of(regimen, all, env, given, lambda about, name: about.dose(name))
