"""``mmopts explain``: every clause of one regimen, for one patient."""

from __future__ import annotations

from mmopts.cli import asking
from mmopts.cli.declare import Values, command, house
from mmopts.cli.environment import Environment
from mmopts.cli.given import asked
from mmopts.cli.options import ASKED, PATIENT, SOURCE, WRITTEN, All, Regimen
from mmopts.cli.output import output_given, show
from mmopts.diagnostics import Diagnostic

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
    problems: list[Diagnostic] = []
    output = output_given(given, problems, view=["all"] if all else ())
    found = asked(env, given, problems)
    show(found.about.explain(asking.regimen_named(regimen, found.kb)), output, found.env)
