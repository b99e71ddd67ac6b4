"""``mmopts ask``: what to find out next, and what each answer would settle; or an interview at the terminal."""

from typing import Annotated

import typer

from mmopts.callers import identity
from mmopts.cli import engine
from mmopts.cli.declare import Values, command, house
from mmopts.cli.environment import Environment
from mmopts.cli.given import Here, asked, given_facts
from mmopts.cli.options import ASKED, OUTPUT, PATIENT, SOURCE, WRITTEN, raise_if
from mmopts.cli.output import Output, output_given, show
from mmopts.diagnostics import Diagnostic

app = house()
EXAMPLES = (
    "mmopts ask --prior len,btz",
    "mmopts ask --patient docs/patient.yaml --json",
    "mmopts ask --interactive -o patient.yaml",
)
Interactive = Annotated[
    bool,
    typer.Option(
        "--interactive",
        "-i",
        help="Ask at the terminal, a question at a time; -o writes the patient file.",
        rich_help_panel=OUTPUT,
    ),
]


@command(app, PATIENT, ASKED, SOURCE, WRITTEN, examples=EXAMPLES)
def ask(env: Environment, given: Values, interactive: Interactive = False) -> None:
    """What to find out next, and what each answer would settle."""
    problems: list[Diagnostic] = []
    output = output_given(given, problems, by_name=not interactive)
    if interactive:
        _interview(env, given, output, problems)
        return
    found = asked(env, given, problems)
    show(found.about.ask(), output, found.env)


def _interview(env: Environment, given: Values, output: Output, problems: list[Diagnostic]) -> None:
    """Questions and answers at the terminal, then the answer to all of them."""
    from mmopts.cli.interview import at_keyboard, conclude, converse

    if output.format != "table":
        text = f"--interactive and --format {output.format} contradict each other; give one."
        problems.append(Diagnostic("contradiction", text, "interactive", output.format))
    if "-" in (given["patient"] or ()):
        text = "--interactive and --patient - contradict each other: both read standard input. Name a file."
        problems.append(Diagnostic("contradiction", text, "interactive", "-"))
    raise_if(problems)
    at_keyboard(env)
    with given_facts(env, given, problems) as facts:
        raise_if(problems)
        here = Here(given, env)
        filled, used = here.filled(facts, begun=True)
        talk = engine.interview(filled, here.kb, identity(facts), used)
    converse(talk, here.env)
    conclude(talk, output, here.env)
