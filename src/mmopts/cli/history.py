"""``mmopts history``: from a list of dated treatments to the facts."""

from typing import Annotated

import typer

from mmopts.callers import identity, without_id
from mmopts.cli import engine
from mmopts.cli.declare import Values, command, house
from mmopts.cli.environment import Environment
from mmopts.cli.given import Here, given_facts
from mmopts.cli.options import OUTPUT, SOURCE, WRITTEN, All, AsOf, one, raise_if
from mmopts.cli.output import output_given, put_text, show
from mmopts.diagnostics import Diagnostic, cut

app = house()
EXAMPLES = (
    "mmopts history --new > patient.yaml",
    "mmopts history docs/first-relapse.yaml",
    "mmopts history - --as-of 2026-01-01 --json < docs/first-relapse.yaml",
)


@command(app, {"as_of": AsOf}, SOURCE, WRITTEN, examples=EXAMPLES)
def history(
    env: Environment,
    given: Values,
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="A patient file with `treatments`, YAML or JSON; - for standard input."),
    ] = None,
    new: Annotated[
        bool, typer.Option("--new", help="Print a list of treatments to fill in.", rich_help_panel=OUTPUT)
    ] = False,
    all: All = False,  # noqa: A002
) -> None:
    """From a list of dated treatments to the facts, with the rule behind each, and what is open."""
    problems: list[Diagnostic] = []
    read = {**given, "patient": [file] if file else None}
    output = output_given(read, problems, view=["all"] if all else [], by_name=not new)
    as_of = one(given["as_of"], "as_of", problems)
    if file is None and not new:
        text = "history takes a patient file, or - for standard input; --new prints one to fill in."
        problems.append(Diagnostic("missing-argument", text, "FILE", None, ["mmopts history --new"]))
    if file is not None and new:
        problems.append(Diagnostic("contradiction", "--new takes no file; -o names the one to write.", "FILE", cut(file)))
    beside = {"--format": given.get("format"), "--json": given.get("json"), "--all": all, "--as-of": as_of}
    problems += [
        Diagnostic("contradiction", f"--new prints a list to fill in, as YAML; {name} does not go with it.", name.strip("-"))
        for name, value in beside.items()
        if new and value
    ]
    raise_if(problems)
    here = Here(given, env)
    if file is None:
        put_text(engine.history_template(here.kb), output, env)
        return
    with given_facts(env, read, problems) as facts:
        show(engine.history(without_id(facts), here.kb, identity(facts), here.used), output, here.env)
