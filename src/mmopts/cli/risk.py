"""``mmopts risk``: staging and risk scores from what is known, and what is missing."""

from __future__ import annotations

from mmopts.answers import risk
from mmopts.cli.asking import knowledge_given
from mmopts.cli.command import Command, Values, text
from mmopts.cli.environment import Environment
from mmopts.cli.options import PATIENT, fact_options, facts_given, kb_option, one, output_options, raise_if
from mmopts.cli.output import output_given, show
from mmopts.diagnostics import Problem

FACTS = ("cytogenetics", "condition")
_LDH = {"high": True, "normal": False}


def command() -> Command:
    """The command."""
    return Command(
        "risk",
        "Staging and risk scores, from what is known; what is missing leaves several groups possible.",
        run,
        [
            text("--b2m", "MG/L", "Serum beta-2-microglobulin.", PATIENT),
            text("--albumin", "G/DL", "Serum albumin.", PATIENT),
            text("--ldh", "high|normal", "LDH against the upper limit of normal.", PATIENT, lambda _: _LDH),
            text("--creatinine", "MG/DL", "Serum creatinine.", PATIENT),
            *fact_options(FACTS),
            kb_option(),
            *output_options(),
        ],
        (
            "mmopts risk --b2m 4 --albumin 3.8 --ldh normal --cytogenetics standard",
            "mmopts risk --cytogenetics 'del(17p),gain(1q)'",
        ),
    )


def run(env: Environment, values: Values) -> None:
    """Score."""
    problems: list[Problem] = []
    output = output_given(values, problems)
    given = facts_given(values, problems) | {name: one(values, name, problems) for name in ("b2m", "albumin", "creatinine")}
    ldh = one(values, "ldh", problems)
    if ldh is not None and ldh.casefold() not in _LDH:
        problems.append(Problem("bad-value", f"--ldh takes high or normal, not {ldh[:40]!r}.", "ldh", ldh[:80], list(_LDH)))
    raise_if(problems)
    given["ldh_high"] = _LDH[ldh.casefold()] if ldh is not None else None
    show(risk(given, knowledge_given(values, env)), output, env)
