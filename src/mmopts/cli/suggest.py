"""``mmopts suggest``: which regimens are open to a patient."""

from mmopts.cli import engine
from mmopts.cli.declare import Values, command, house
from mmopts.cli.environment import Environment
from mmopts.cli.given import asked
from mmopts.cli.options import (
    ASKED,
    MOST_JOBS,
    PATIENT,
    SOURCE,
    WRITTEN,
    All,
    Detail,
    Jobs,
    Limit,
    Plan,
    WhyNot,
    number_given,
    one,
)
from mmopts.cli.output import output_given, show
from mmopts.diagnostics import Diagnostic, Exit

app = house()
EXAMPLES = (
    "mmopts suggest --prior len,btz --frail",
    "mmopts suggest --prior VRd --refractory len --lines 1 --fit --region us",
    "mmopts suggest --prior none --transplant eligible --cytogenetics 't(4;14)'",
    "mmopts suggest --patient docs/patient.yaml --why-not",
    "mmopts suggest --patient docs/patients.jsonl --format jsonl",
    "mmopts suggest --patient docs/patients.jsonl --format csv -o options.csv",
)


@command(app, PATIENT, ASKED, SOURCE, WRITTEN, examples=EXAMPLES)
def suggest(
    env: Environment,
    given: Values,
    why_not: WhyNot = False,
    all: All = False,  # noqa: A002
    limit: Limit = None,
    detail: Detail = None,
    plan: Plan = None,
    jobs: Jobs = None,
) -> Exit:
    """Which regimens are open to a patient, why, on what evidence, and what to find out next."""
    problems: list[Diagnostic] = []
    view = [name for name, opened in (("all", all), ("why_not", why_not)) if opened]
    output = output_given(given, problems, view=view, limit=limit, detail=detail)
    count = number_given(jobs, "jobs", 1, problems, MOST_JOBS)
    word = one(plan, "plan", problems)
    if given["patient"] and output.format in ("jsonl", "csv"):
        from mmopts.cli.stream import several, suggest_lines

        lines, env = several(env, given, output)
        if lines:
            return suggest_lines(env, given, output, count, problems, word)
    found = asked(env, given, problems)
    in_mind = engine.regimen_named(word, found.kb) if word is not None else None
    show(found.about.suggest(output.limit, in_mind), output, found.env)
    return Exit.OK
