"""The options that several commands share, declared once: facts of a patient, the question, and the output."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from mmopts.cli.completion import regimens, words_of
from mmopts.cli.declare import Bundle, Values, Words, option
from mmopts.diagnostics import BRIEF, Diagnostic, QuestionError, as_option, cut, in_quotes
from mmopts.facts import FACTS, OPEN_LISTS, QUESTION, REGIONS, TREATMENT, Fact, incomplete_key

OUTPUT = "The output"
FORMATS = ("table", "json", "jsonl", "csv", "markdown", "html")
DETAILS = ("full", "brief")
MAX_TEXT = 200_000

Kb = Annotated[
    Words,
    option(
        "--kb",
        metavar="PATH",
        help="Another knowledge base, or an overlay; builtin, whatever is the default here (also MMOPTS_KB).",
        panel=QUESTION,
    ),
]
Region = Annotated[
    Words,
    option("--region", metavar="|".join(REGIONS), help="Whose labels count.", panel=QUESTION, complete=lambda: REGIONS),
]
AsOf = Annotated[Words, option("--as-of", metavar="YYYY-MM-DD", help="Answer as of this day.", panel=QUESTION)]
Strict = Annotated[bool, option("--strict", help="Presume nothing: what is not said is unknown.", panel=QUESTION)]
Patient = Annotated[
    Words,
    option(
        "--patient",
        metavar="FILE",
        help="A patient file, YAML or JSON; - for standard input. Options beat it.",
        panel=TREATMENT,
    ),
]
Format = Annotated[
    Words,
    option(
        "--format",
        metavar="FORM",
        help=f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}.",
        panel=OUTPUT,
        complete=lambda: FORMATS,
    ),
]
Json = Annotated[bool, option("--json", help="The same as --format json.", panel=OUTPUT)]
Fields = Annotated[
    Words,
    option(
        "--fields", metavar="LIST", help="Only these keys of the JSON, with commas: schema,knowledge.version.", panel=OUTPUT
    ),
]
File = Annotated[
    Words,
    option(
        "--output",
        "-o",
        metavar="FILE",
        panel=OUTPUT,
        help="Write to this file, whole or not at all, in the form of its name (.html, .md, .json); - is standard output.",
    ),
]
NoPager = Annotated[bool, option("--no-pager", help="Never show a long answer page by page.", panel=OUTPUT)]
All = Annotated[bool, option("--all", help="Open what is folded.", panel=OUTPUT)]
WhyNot = Annotated[bool, option("--why-not", help="List what is ruled out, why, and what would change it.", panel=OUTPUT)]
Regimen = Annotated[
    str, typer.Argument(metavar="REGIMEN", help="Its usual name (mmopts list has them).", autocompletion=regimens)
]
Plan = Annotated[
    Words,
    option("--plan", metavar="REGIMEN", help="Say where this regimen stands, and why.", panel=QUESTION, complete=regimens),
]
Differences = Annotated[bool, option("--differences", help="Hide what is the same in all.", panel=OUTPUT)]
PlotFile = Annotated[
    Words,
    option("--plot", metavar="FILE", help="Draw the hazard ratios into this file too, .svg or .png.", panel=OUTPUT),
]
Limit = Annotated[Words, option("--limit", metavar="N", help="Show N options and count the rest.", panel=OUTPUT)]
Jobs = Annotated[
    Words,
    option(
        "--jobs",
        metavar="N",
        help="Processes that answer a file with a patient a line (one a processor, at most 4).",
        panel=OUTPUT,
    ),
]
Detail = Annotated[
    Words,
    option(
        "--detail",
        metavar="|".join(DETAILS),
        help="How much of each option the JSON has; brief leaves keys of its schema out.",
        panel=OUTPUT,
        complete=lambda: DETAILS,
    ),
]

ASKED: Bundle = {"region": Region, "as_of": AsOf, "strict": Strict}
"""Where, when and how strictly a question is put."""
SOURCE: Bundle = {"kb": Kb}
"""The knowledge base that answers."""
WRITTEN: Bundle = {"format": Format, "json": Json, "fields": Fields, "output": File, "no_pager": NoPager}
"""How an answer is written."""


def _value_name(option: str) -> str:
    return option[2:].replace("-", "_")


def metavar(fact: Fact) -> str:
    """What the option of a fact takes, in one word."""
    bounds = f"{fact.low:g}-{fact.high:g}" if fact.kind == "number" else "|".join(fact.values)
    return fact.metavar or bounds


def fact_options(names: Iterable[str] = FACTS) -> dict[str, Any]:
    """The options of these facts. Every value is read by intake, so that all faults are reported together."""
    out: dict[str, Any] = {}
    for fact in (FACTS[name] for name in names):
        said: dict[str, Any] = {"help": fact.help, "panel": fact.panel}
        if fact.kind == "flag":
            out[fact.name] = Annotated[bool, option(fact.option, **said)]
            out[_value_name(fact.denial)] = Annotated[bool, option(fact.denial, help=fact.denial_help, panel=fact.panel)]
            continue
        complete = words_of(fact) if fact.kind in ("drugs", "words", "choice") else None
        out[fact.name] = Annotated[Words, option(fact.option, **said, metavar=metavar(fact), complete=complete)]
        for value in fact.values if fact.shorthand else ():
            out[value] = Annotated[bool, option(f"--{value}", help=f"{value.capitalize()}.", panel=fact.panel)]
        if incomplete_key(fact.name) in OPEN_LISTS:
            said["help"] = "That list may not be complete."
            out[incomplete_key(fact.name)] = Annotated[bool, option(f"{fact.option}-incomplete", **said)]
    return out


PATIENT: Bundle = {"patient": Patient, **fact_options()}
"""Facts of a patient, by options or from a file."""


# --- reading what was given --------------------------------------------------------------------------


def one(given: Iterable[str] | None, name: str, problems: list[Diagnostic]) -> str | None:
    """The value of an option that can be given once. Given twice with different values it is a fault."""
    found = list(dict.fromkeys(given or ()))
    if len(found) > 1:
        option = as_option(name)
        both = " and ".join(f"{option} {cut(v, BRIEF)}" for v in found[:3])
        problems.append(
            Diagnostic("contradiction", f"{both} contradict each other; give one.", name, [cut(v) for v in found[:3]])
        )
    return found[0] if found else None


def _one_flag(given: Values, choices: dict[str, Any], name: str, problems: list[Diagnostic]) -> Any:
    """The value of the one flag that was given among several; two of them are a contradiction."""
    found = [option for option in choices if given.get(_value_name(option))]
    if len(found) > 1:
        problems.append(Diagnostic("contradiction", f"{' and '.join(found)} contradict each other; give one.", name, found))
    return choices[found[0]] if found else None


def facts_given(given: Values, problems: list[Diagnostic]) -> dict[str, Any]:
    """The facts and the question that options give, under the keys of a patient file."""
    out: dict[str, Any] = {}
    for fact in FACTS.values():
        found = _fact(fact, given, problems)
        if found is not None:
            out[fact.name] = found
    out |= {name: True for name in (*OPEN_LISTS, "strict") if given.get(name)}
    for name in ("region", "as_of"):
        value = one(given.get(name), name, problems)
        if value is not None:
            out[name] = value
    return out


def _fact(fact: Fact, given: Values, problems: list[Diagnostic]) -> Any:
    """The value of one fact from its options, as intake takes it; what contradicts itself is added to `problems`."""
    if fact.kind == "flag":
        return _one_flag(given, {fact.option: True, fact.denial: False}, fact.name, problems)
    if fact.kind in ("drugs", "words", "months"):
        found = given.get(fact.name)
        if found and sum(map(len, found)) > MAX_TEXT:
            problems.append(Diagnostic("too-large", f"{fact.option} is longer than {MAX_TEXT} characters.", fact.name))
            return None
        return found or None
    stated = list(dict.fromkeys(given.get(fact.name) or ()))
    if fact.kind == "number":
        return stated[0] if len(stated) == 1 else stated or None  # intake takes what they have in common
    flags = {f"--{value}": value for value in fact.values} if fact.shorthand else {}
    flagged = _one_flag(given, flags, fact.name, problems)
    said = {f"{fact.option} {cut(text, BRIEF)}": text for text in stated} | ({f"--{flagged}": flagged} if flagged else {})
    return _common(fact, said, problems)


def _common(fact: Fact, said: dict[str, str], problems: list[Diagnostic]) -> str | None:
    """The values of a choice that all its options leave; `said`: each option with its text. None left is a fault."""
    if len(said) < 2:
        return next(iter(said.values()), None)
    known = {value.casefold() for value in fact.values}
    sets = {text: {word.strip().casefold() for word in text.split(",")} for text in said.values()}
    unknown = next((text for text, words in sets.items() if words - known), None)
    if unknown is not None:
        return unknown  # which intake tells
    left = [value for value in fact.values if all(value.casefold() in words for words in sets.values())]
    if not left:
        text = f"{' and '.join(list(said)[:3])} contradict each other; give one."
        problems.append(Diagnostic("contradiction", text, fact.name, [cut(v) for v in list(said.values())[:3]]))
    return ",".join(left) or None


MOST_JOBS = 64
"""No more processes than this, however many are asked for: each holds a knowledge base of its own."""
MOST = 999_999_999
"""The largest number that an option takes, where it has no bound of its own."""


def number_given(
    given: Iterable[str] | None, name: str, low: int, problems: list[Diagnostic], high: int = MOST
) -> int | None:
    """A whole number from `low` to `high` from an option, or None."""
    raw = one(given, name, problems)
    if raw is None:
        return None
    if not (raw.isascii() and raw.isdigit() and len(raw) < 10 and low <= int(raw) <= high):
        wanted = f"a whole number from {low} to {high}"
        problems.append(Diagnostic("bad-value", f"--{name} takes {wanted}, not {in_quotes(raw, BRIEF)}.", name, cut(raw)))
        return None
    return int(raw)


def raise_if(problems: list[Diagnostic]) -> None:
    """Raise all problems together, if there are any."""
    if problems:
        raise QuestionError(problems)
