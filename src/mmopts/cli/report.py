"""``mmopts report``: the pages for a tumour board."""

from typing import Annotated

from mmopts.cli import engine
from mmopts.cli.declare import Bundle, Values, Words, command, house, option
from mmopts.cli.environment import Environment
from mmopts.cli.given import Here, given_facts, together
from mmopts.cli.options import ASKED, OUTPUT, PATIENT, SOURCE, File, Json, one
from mmopts.cli.output import Output, output_given, show
from mmopts.diagnostics import Diagnostic, cut

app = house()
EXAMPLES = (
    "mmopts report --patient docs/patient.yaml --case K-17 -o board.html",
    "mmopts report --prior len,btz --frail --case K-17 --format markdown",
)
FORMS = ("html", "markdown", "json")
LONGEST = 80
"""So many letters a label may have."""

Format = Annotated[
    Words,
    option("--format", metavar="|".join(FORMS), help="A page, Markdown or data.", panel=OUTPUT, complete=lambda: FORMS),
]
Case = Annotated[
    Words,
    option(
        "--case",
        metavar="LABEL",
        help="What the case is called on the pages; never a name or a number of the patient.",
        panel=OUTPUT,
    ),
]
REPORTED: Bundle = {"format": Format, "json": Json, "output": File}
"""How a report is written."""


@command(app, PATIENT, ASKED, SOURCE, REPORTED, examples=EXAMPLES)
def report(env: Environment, given: Values, case: Case = None) -> None:
    """The pages for a tumour board: the options, what is open, doses and evidence of one case, known by its label alone."""
    problems: list[Diagnostic] = []
    output = output_given(given, problems, forms=FORMS)
    label = _label(one(case, "case", problems), problems)
    _refuse_terminal(env, given, output, problems)
    with together(problems), given_facts(env, given, problems) as facts:
        here = Here(given, env)
        filled, used = here.filled(facts)
        answer = engine.report(filled, here.kb, label, used)
    show(answer, output, here.env)


def _label(case: str | None, problems: list[Diagnostic]) -> str:
    """The label as it may be printed."""
    if case is None:
        text = "report needs a label for the case: --case K-17. It is printed; a name does not belong there."
        problems.append(Diagnostic("missing-argument", text, "case", None, ["--case K-17"]))
        return ""
    label = " ".join(engine.plain(case).split())
    if not label or len(label) > LONGEST:
        problems.append(Diagnostic("bad-value", f"--case takes a label of 1 to {LONGEST} letters.", "case", cut(case)))
    return label


def _refuse_terminal(env: Environment, given: Values, output: Output, problems: list[Diagnostic]) -> None:
    """A page of HTML is for a file, not for a terminal."""
    if env.terminal and output.format == "html" and not given["output"]:
        text = "report writes a page, which a terminal cannot show: give -o board.html, or --format markdown."
        problems.append(Diagnostic("missing-argument", text, "output", None, ["-o board.html", "--format markdown"]))
