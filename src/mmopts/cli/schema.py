"""``mmopts schema``: the JSON Schema of an answer, of a patient file or of a knowledge base."""

from typing import Annotated

import typer

from mmopts.cli import engine
from mmopts.cli.declare import Values, command, house
from mmopts.cli.environment import Environment
from mmopts.cli.given import Here
from mmopts.cli.options import SOURCE, File, raise_if
from mmopts.cli.output import output_given, put_text
from mmopts.diagnostics import Diagnostic, no_choice

app = house()


@command(app, SOURCE, {"output": File}, examples=("mmopts schema patient > patient.schema.json",))
def schema(
    env: Environment,
    given: Values,
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="A command, error, patient or kb.", autocompletion=engine.schema_kinds)
    ],
) -> None:
    """The JSON Schema of an answer (suggest, explain, ...), of a patient file, or of a knowledge base (kb)."""
    problems: list[Diagnostic] = []
    output = output_given(given, problems, forms=("json",))
    if kind not in engine.schema_kinds():
        problems.append(no_choice("schema", "kind", kind, engine.schema_kinds()))
    raise_if(problems)
    data = engine.schema_of(kind, Here(given, env).kb if kind == "patient" else None)
    put_text(engine.json_text(data, pretty=True), output, env)
