"""``mmopts dose``: one regimen's prescription, for one patient."""

from __future__ import annotations

from mmopts.cli import asking
from mmopts.cli.declare import Values, command, house
from mmopts.cli.environment import Environment
from mmopts.cli.given import asked
from mmopts.cli.options import ASKED, PATIENT, SOURCE, WRITTEN, All, Regimen
from mmopts.cli.output import output_given, show
from mmopts.diagnostics import Diagnostic

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
    problems: list[Diagnostic] = []
    output = output_given(given, problems, view=["all"] if all else ())
    found = asked(env, given, problems)
    show(found.about.dose(asking.regimen_named(regimen, found.kb)), output, found.env)
