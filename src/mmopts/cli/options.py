"""The options that several commands share, declared once: facts of a patient, the question, and the output."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mmopts.cli.command import Option, Values, flag, key_of, text
from mmopts.diagnostics import Problem, QuestionError
from mmopts.facts import FACTS, OPEN_LISTS, Fact

PATIENT, QUESTION, OUTPUT = "The patient", "The question", "The output"
FORMATS = ("table", "json", "jsonl", "csv", "markdown", "html")
MAX_TEXT = 200_000

_HELP = {
    "setting": "Newly diagnosed, maintenance, relapsed or smoldering.",
    "prior": "Drugs, brands, regimens or classes received; or none.",
    "refractory": "Those of them to which the disease is refractory; or none.",
    "intolerant": "Those of them that were not tolerated.",
    "lines": "Prior lines of therapy.",
    "last": "Drugs or regimen of the last line.",
    "progressed_on_last": "Progressed on the last therapy, or within 60 days of it.",
    "fitness": "The same as --fit, --intermediate or --frail.",
    "age": "Age in years.",
    "ecog": "ECOG performance status.",
    "adl": "Katz activities of daily living.",
    "iadl": "Lawton instrumental activities of daily living.",
    "cci": "Charlson comorbidity index.",
    "transplant": "Eligible or ineligible for autologous transplant.",
    "prior_asct": "Autologous transplant before.",
    "cytogenetics": "Markers found; no-X denies one; standard denies the high-risk ones.",
    "crcl": "Creatinine clearance in mL/min.",
    "neuropathy": "Grade of peripheral neuropathy.",
    "condition": "Comorbidities and the like; no-X denies one; none denies all.",
    "months_since": "Months since the last dose of a drug.",
    "relapse": "Slow or rapid relapse.",
    "early_relapse": "Early relapse (functional high risk).",
    "smm_risk": "Risk of smoldering myeloma.",
    "unavailable": "What cannot be had here.",
}
_OPEN_HELP = {
    "prior_incomplete": "The list of prior drugs may not be whole.",
    "refractory_incomplete": "The refractory list may not be whole.",
}
_METAVARS = {"drugs": "LIST", "words": "LIST", "months": "DRUG=MONTHS"}


def _metavar(fact: Fact) -> str:
    if fact.kind == "number":
        return f"{fact.low:g}-{fact.high:g}"
    return _METAVARS.get(fact.kind) or "|".join(fact.values)


def _complete(fact: Fact) -> Any:
    def complete(word: str) -> Iterable[str]:
        from mmopts.cli.completion import words_for

        return words_for(fact)

    return complete if fact.kind in ("drugs", "words", "choice") else None


def _flag_off(name: str) -> str:
    return f"--no-{FACTS[name].option[2:]}"


def fact_options(names: Iterable[str] = FACTS) -> list[Option]:
    """The options of these facts. Every value is read by `intake`, so that all faults are reported together."""
    out: list[Option] = []
    for fact in (FACTS[name] for name in names):
        if fact.kind == "flag":
            off = _flag_off(fact.name)
            out += [
                flag(fact.option, f"{_HELP[fact.name]} {off}: it is not so.", PATIENT),
                flag(off, "", PATIENT, hidden=True),
            ]
            continue
        out.append(text(fact.option, _metavar(fact), _HELP[fact.name], PATIENT, _complete(fact)))
        if fact.name == "fitness":
            out += [flag(f"--{value}", f"{value.capitalize()}.", PATIENT) for value in fact.values]
        if f"{fact.name}_incomplete" in OPEN_LISTS:
            out.append(flag(f"{fact.option}-incomplete", _OPEN_HELP[f"{fact.name}_incomplete"], PATIENT))
    return out


def patient_options() -> list[Option]:
    """Facts of a patient, by options or from a file."""
    return [
        text("--patient", "FILE", "A patient file, YAML or JSON; - for standard input. Options beat it.", PATIENT),
        *fact_options(),
    ]


def question_options() -> list[Option]:
    """Where, when and how strictly the question is put."""
    return [
        text("--region", "us|eu|any", "Whose labels count.", QUESTION),
        text("--as-of", "YYYY-MM-DD", "Answer as of this day.", QUESTION),
        flag("--strict", "Presume nothing: what is not said is unknown.", QUESTION),
    ]


def kb_option() -> Option:
    """Another knowledge base."""
    return text("--kb", "PATH", "Another knowledge base, or an overlay on the built-in one (also MMOPTS_KB).", QUESTION)


def output_options() -> list[Option]:
    """How the answer is written."""
    return [
        text("--format", "|".join(FORMATS), "Form of the answer.", OUTPUT, lambda _: FORMATS),
        flag("--json", "The same as --format json.", OUTPUT),
        text("--output", "FILE", "Write to this file, whole or not at all.", OUTPUT, short="-o"),
    ]


def one(values: Values, name: str, problems: list[Problem]) -> str | None:
    """The value of an option that can be given once. Given twice with different values it is a fault."""
    given = list(dict.fromkeys(values.get(name) or ()))
    if len(given) > 1:
        option = f"--{name.replace('_', '-')}"
        both = " and ".join(f"{option} {str(v)[:40]}" for v in given[:3])
        problems.append(
            Problem("contradiction", f"{both} contradict each other; give one.", name, [v[:80] for v in given[:3]])
        )
    return given[0] if given else None


def _one_flag(values: Values, choices: dict[str, Any], name: str, problems: list[Problem]) -> Any:
    """The value that one of several flags stands for. Two of them contradict each other."""
    given = [option for option in choices if values.get(key_of(option)) is True]
    if len(given) > 1:
        problems.append(Problem("contradiction", f"{' and '.join(given)} contradict each other; give one.", name, given))
    return choices[given[0]] if given else None


def facts_given(values: Values, problems: list[Problem]) -> dict[str, Any]:
    """The facts and the question that options give, under the keys of a patient file."""
    out: dict[str, Any] = {}
    for fact in FACTS.values():
        if fact.kind == "flag":
            found = _one_flag(values, {fact.option: True, _flag_off(fact.name): False}, fact.name, problems)
        elif fact.kind in ("drugs", "words", "months"):
            found = values.get(fact.name) or None
            if found is not None and sum(map(len, found)) > MAX_TEXT:
                problems.append(Problem("too-large", f"{fact.option} is longer than {MAX_TEXT} characters.", fact.name))
                found = None
        else:
            found = one(values, fact.name, problems)
        if fact.name == "fitness":
            found = _fitness(values, fact, found, problems)
        if found is not None:
            out[fact.name] = found
    for name in (*OPEN_LISTS, "strict"):
        if values.get(name) is True:
            out[name] = True
    for name in ("region", "as_of"):
        value = one(values, name, problems)
        if value is not None:
            out[name] = value
    return out


def _fitness(values: Values, fact: Fact, stated: Any, problems: list[Problem]) -> Any:
    flagged = _one_flag(values, {f"--{value}": value for value in fact.values}, fact.name, problems)
    if stated is not None and flagged is not None and str(stated).casefold() != flagged:
        problems.append(
            Problem(
                "contradiction",
                f"{fact.option} {str(stated)[:40]} and --{flagged} contradict each other; give one.",
                fact.name,
                [str(stated)[:40], flagged],
            )
        )
    return stated if stated is not None else flagged


def number_given(values: Values, name: str, low: int, problems: list[Problem]) -> int | None:
    """A whole number of at least `low` from an option, or None."""
    raw = one(values, name, problems)
    if raw is None:
        return None
    if not (raw.isascii() and raw.isdigit() and len(raw) < 10 and int(raw) >= low):
        wanted = f"a whole number from {low} to 999999999"
        problems.append(
            Problem("bad-value", f"--{name.replace('_', '-')} takes {wanted}, not {raw[:40]!r}.", name, raw[:80])
        )
        return None
    return int(raw)


def raise_if(problems: list[Problem]) -> None:
    """Raise what was found wrong, all of it together."""
    if problems:
        raise QuestionError(problems)
