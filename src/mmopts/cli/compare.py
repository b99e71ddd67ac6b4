"""``mmopts compare``: regimens side by side, for a patient if one is given."""

from typing import Annotated

import typer

from mmopts.cli import engine
from mmopts.cli.completion import regimens as known
from mmopts.cli.declare import Values, command, house
from mmopts.cli.environment import Environment
from mmopts.cli.given import Here, asked
from mmopts.cli.options import ASKED, PATIENT, SOURCE, WRITTEN, All, Differences, PlotFile, facts_given, one, raise_if
from mmopts.cli.output import output_given, put_text, rendered
from mmopts.diagnostics import Diagnostic, QuestionError, cut
from mmopts.facts import QUESTION_KEYS
from mmopts.names import fold_name

app = house()
EXAMPLES = (
    "mmopts compare DKd Isa-Kd PVd",
    "mmopts compare DKd Isa-Kd PVd --patient docs/patient.yaml --differences",
    "mmopts compare DKd Isa-Kd PVd --plot ratios.svg",
)


@command(app, PATIENT, ASKED, SOURCE, WRITTEN, examples=EXAMPLES)
def compare(
    env: Environment,
    given: Values,
    regimens: Annotated[list[str], typer.Argument(metavar="REGIMENS...", help="Two or more.", autocompletion=known)],
    all: All = False,  # noqa: A002
    differences: Differences = False,
    plot: PlotFile = None,
) -> None:
    """Regimens side by side; for one patient, if facts or a patient file are given."""
    problems: list[Diagnostic] = []
    view = [name for name, opened in (("all", all), ("differences", differences)) if opened]
    output = output_given(given, problems, view=view)
    drawing = one(plot, "plot", problems)
    here = Here(given, env)
    names: dict[str, None] = {}
    for word in regimens:
        try:
            names[engine.regimen_named(word, here.kb)] = None
        except QuestionError as error:
            problems += error.problems
    if not problems and len(names) < 2:
        same = [f"; {cut(word)} is {name}" for name in names for word in regimens if fold_name(word) != fold_name(name)]
        text = f"compare needs two different regimens{''.join(same[:1])}."
        problems.append(Diagnostic("too-few", text, "regimens", regimens[:5]))
    said, patient = facts_given(given, []).keys(), None
    if given["patient"] or said - set(QUESTION_KEYS):
        patient = asked(env, given, problems)
    else:
        problems += [
            Diagnostic("no-facts", f"⟨{name}⟩ is about a patient, and no fact about one was given.", name)
            for name in sorted(said & set(QUESTION_KEYS))
        ]
    raise_if(problems)
    answer = engine.compared(list(names), here.kb, patient.about if patient else None)
    text = rendered(answer, output, here.env)
    if drawing is not None:
        from mmopts.cli.plot import draw

        draw(answer, drawing, here.env)
    put_text(text, output, here.env)
