"""``mmopts schema``: the JSON Schema of an answer, of a patient file or of a knowledge base."""

from __future__ import annotations

from mmopts import schemas
from mmopts.cli.asking import knowledge_given
from mmopts.cli.command import Argument, Command, Values, text
from mmopts.cli.environment import Environment
from mmopts.cli.options import OUTPUT, kb_option, one, raise_if
from mmopts.cli.output import Output, write
from mmopts.diagnostics import Problem, QuestionError, no_choice
from mmopts.render.jsonout import json_text

KINDS = ("suggest", "patient", "kb")


def command() -> Command:
    """The command."""
    return Command(
        "schema",
        "The JSON Schema of an answer (suggest), of a patient file, or of a knowledge base (kb).",
        run,
        [
            Argument("kind", "suggest, patient or kb.", complete=lambda _: KINDS),
            kb_option(),
            text("--output", "FILE", "Write to this file, whole or not at all.", OUTPUT, short="-o"),
        ],
        ("mmopts schema patient > patient.schema.json",),
    )


def run(env: Environment, values: Values) -> None:
    """Print it."""
    kind = values["kind"]
    if kind not in KINDS:
        raise QuestionError([no_choice("schema", "kind", kind, KINDS)])
    problems: list[Problem] = []
    output = Output("json", one(values, "output", problems))
    raise_if(problems)
    data = (
        schemas.kb_schema()
        if kind == "kb"
        else schemas.suggest_schema()
        if kind == "suggest"
        else schemas.patient_schema(knowledge_given(values, env))
    )
    write(json_text(data, pretty=True), output, env)
