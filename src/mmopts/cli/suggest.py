"""``mmopts suggest``: which regimens are open to a patient."""

from __future__ import annotations

from mmopts.cli.asking import case_given, knowledge_given
from mmopts.cli.command import Command, Values, flag, text
from mmopts.cli.environment import Environment
from mmopts.cli.options import (
    OUTPUT,
    facts_given,
    kb_option,
    one,
    output_options,
    patient_options,
    question_options,
    raise_if,
)
from mmopts.cli.output import Output, error_data, output_given, rendered, show, write
from mmopts.diagnostics import Exit, Problem, QuestionError
from mmopts.report import suggestion

EXAMPLES = (
    "mmopts suggest --prior len,btz --frail",
    "mmopts suggest --prior VRd --refractory len --lines 1 --fit --region us",
    "mmopts suggest --prior none --transplant eligible --cytogenetics 't(4;14)'",
    "mmopts suggest --patient patient.yaml --why-not",
    "mmopts suggest --patient patients.jsonl --format jsonl",
)


def command() -> Command:
    """The command."""
    return Command(
        "suggest",
        "Which regimens are open to a patient, why, on what evidence, and what to find out next.",
        run,
        [
            *patient_options(),
            *question_options(),
            kb_option(),
            *output_options(),
            flag("--why-not", "List what is ruled out, why, and what would change it.", OUTPUT),
            flag("--all", "Open what is folded: tiers other and investigational, and all supportive care.", OUTPUT),
            text("--limit", "N", "Show N options and count the rest.", OUTPUT),
        ],
        EXAMPLES,
    )


def run(env: Environment, values: Values) -> Exit:
    """Answer for one patient, or for one in each line."""
    if values["patient"] and values["format"] == ["jsonl"]:
        return run_lines(env, values)
    case, output = case_given(env, values)
    show(suggestion(case, output.limit), output, env)
    return Exit.OK


def run_lines(env: Environment, values: Values) -> Exit:
    """A patient a line in, an answer a line out; a bad line gives its error in place."""
    from mmopts.ask import pose
    from mmopts.cli.patient_file import facts_in, merged, parse_json, read_patients

    problems: list[Problem] = []
    output = output_given(values, problems)
    given = facts_given(values, problems)
    path = one(values, "patient", problems)
    raise_if(problems)
    kb = knowledge_given(values, env)
    code = Exit.OK
    lines: list[str] = []

    def put(line: str) -> None:
        if output.file is None:
            write(line, output, env)
        else:
            lines.append(line)

    found = False
    for number, line in read_patients(path or "", env):
        found = True
        try:
            if isinstance(line, QuestionError):
                raise line
            put(rendered(suggestion(pose(merged(facts_in(parse_json(line)), given), kb), output.limit), output, env))
        except QuestionError as error:
            code = Exit.USAGE
            put(rendered(error_data(error, line=number), Output("jsonl"), env))
    if not found:
        raise QuestionError([Problem("no-facts", "There is no patient in the input.", "patient")])
    if output.file is not None:
        write("".join(lines), output, env)
    return code
