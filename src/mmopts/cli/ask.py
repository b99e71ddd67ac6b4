"""``mmopts ask``: what to find out next, and what each answer would settle."""

from __future__ import annotations

from mmopts.cli.declare import Values, command, house
from mmopts.cli.environment import Environment
from mmopts.cli.given import asked
from mmopts.cli.options import ASKED, PATIENT, SOURCE, WRITTEN
from mmopts.cli.output import output_given, show
from mmopts.diagnostics import Diagnostic

app = house()
EXAMPLES = ("mmopts ask --prior len,btz", "mmopts ask --patient patient.yaml --json")


@command(app, PATIENT, ASKED, SOURCE, WRITTEN, examples=EXAMPLES)
def ask(env: Environment, given: Values) -> None:
    """What to find out next, and what each answer would settle."""
    problems: list[Diagnostic] = []
    output = output_given(given, problems)
    found = asked(env, given, problems)
    show(found.about.ask(), output, found.env)
