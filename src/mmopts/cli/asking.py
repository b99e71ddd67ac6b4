"""From a command's options to a judged case: what every command about a patient does first."""

from __future__ import annotations

from mmopts.ask import pose
from mmopts.case import Case
from mmopts.cli.command import Values
from mmopts.cli.environment import Environment
from mmopts.cli.options import facts_given, one, raise_if
from mmopts.cli.output import Output, output_given
from mmopts.diagnostics import Problem, QuestionError
from mmopts.knowledge.load import load_knowledge
from mmopts.knowledge.records import Knowledge


def knowledge_given(values: Values, env: Environment) -> Knowledge:
    """The knowledge base that ``--kb`` or MMOPTS_KB names, or the built-in one."""
    problems: list[Problem] = []
    path = one(values, "kb", problems) or env.variables.get("MMOPTS_KB") or None
    raise_if(problems)
    return load_knowledge(path)


def case_given(env: Environment, values: Values) -> tuple[Case, Output]:
    """The patient of the options and of the patient file, judged; faults of both are reported together."""
    problems: list[Problem] = []
    output = output_given(values, problems)
    facts = facts_given(values, problems)
    path = one(values, "patient", problems)
    if path is not None:
        from mmopts.cli.patient_file import merged, read_patient

        try:
            facts = merged(read_patient(path, env), facts)
        except QuestionError as error:
            problems += error.problems
            raise_if(problems)
    kb = knowledge_given(values, env)
    try:
        case = pose(facts, kb)
    except QuestionError as error:
        raise QuestionError([*problems, *error.problems]) from None
    raise_if(problems)
    return case, output


def plain_given(env: Environment, values: Values) -> tuple[Knowledge, Output]:
    """The knowledge base and the output, for a command without a patient."""
    problems: list[Problem] = []
    output = output_given(values, problems)
    raise_if(problems)
    return knowledge_given(values, env), output
