"""The page docs/reference.md: commands, facts, answers and exit codes, from the program and its knowledge base."""

from __future__ import annotations

import re
import typing
from collections import Counter
from collections.abc import Sequence
from typing import Any

import typer

import mmopts
from mmopts.answers.kinds import ANSWERS, BESIDE
from mmopts.cli.table import COMMANDS, PURPOSE, find
from mmopts.codes import CODES
from mmopts.diagnostics import Exit, as_option
from mmopts.facts import FACTS, OPEN_LISTS, Fact

SHARED = 3
"""An option with the same words in so many commands is told once."""
EXITS = {
    Exit.OK: "answered, also when nothing fits",
    Exit.FAULTS: "`kb check` found faults, or `kb format` a file that it cannot read (with `--check`: that is not in form)",
    Exit.USAGE: "the question cannot be used (an unknown word, a contradiction, no fact at all); also a file that cannot be "
    "read or written, a full disk, a package that is missing, no terminal",
    Exit.KNOWLEDGE: "the knowledge base cannot be used",
    Exit.INTERNAL: "a fault of mmopts",
    Exit.INTERRUPTED: "interrupted",
    Exit.PIPE: "the pipe was closed; nothing is said",
}
KINDS = {"flag": "true or false", "drugs": "drugs, regimens, classes", "months": "months by drug", "words": "words below"}
"""What a fact takes that is no number and has no values of its own."""
KEYS = {
    "schema": "the form of the answer, with its version",
    "tool_version": "the version of the program",
    "knowledge": "which knowledge base answered: version, day of review, digest, layers",
    "patient_id": "the `id` of the patient file, unchanged (in CSV on one line, without control characters)",
    "line": "which line of the input it answers",
    "question": "whose labels count, on which day, and which defaults acted",
    "patient": "the patient as understood; a patient file again",
    "names": "the name of each word of a list of facts that the answer speaks of, by `fact:word`",
    "assumptions": "what was presumed, and what follows by definition",
    "warnings": "what was read in a way worth knowing",
    "summary": "the answer in a few sentences",
    "plan": "where the regimen of `--plan` stands, and why",
    "options": "what is open or depends on an answer, in order",
    "omitted": "how many options `--limit` left out",
    "excluded": "what is ruled out, why, and what would change it",
    "next_questions": "what to find out, and what each answer would settle",
    "supportive_care": "supportive care, by topic",
    "sources": "the sources cited, by id",
    "notice": "what the program is not",
}
"""Keys that mean the same in every answer."""
OWN = {
    ("dose", "id"): "the regimen",
    ("dose", "name"): "its name, written out",
    ("dose", "verdict"): "whether it is open to this patient",
    ("dose", "preparation"): "what goes before: lymphodepletion, premedication",
    ("dose", "boxed_warnings"): "boxed warnings of its drugs",
    ("dose", "cautions"): "cautions; `always`: they go with the regimen, whoever the patient is",
    ("config", "file"): "where the defaults are kept",
    ("error", "exit_code"): "the code with which the program ends",
    ("history", "facts"): "the facts that follow, as a patient file",
    ("history", "lines"): "the lines of therapy, and what was given in each",
    ("history", "treatments"): "the treatments as they were read, in order of start, with their lines",
    ("report", "case"): "the label by which the case is known; no name",
    ("report", "suggest"): "the answer of `mmopts suggest`, whole",
    ("report", "regimens"): "each option of the first two tiers, explained",
    ("report", "history"): "what follows from treatments, where there are any",
    ("cohort", "rows"): "the rows of the input",
    ("cohort", "patients"): "those that were judged",
    ("cohort", "rejected"): "those that could not be used",
    ("cohort", "rejected_by_code"): "by the code of the fault, how many",
    ("cohort", "columns_left_out"): "the columns that `--ignore-columns` left out, with the fact that was perhaps meant",
    ("cohort", "conditional"): "conditional verdicts of all patients and regimens",
    ("cohort", "regimens"): "patients by verdict and label, a row a regimen, and those who lose it to one rule alone",
    ("cohort", "missing_facts"): "facts that alone would settle conditionals, and of how many patients",
    ("list", "regimens"): "the regimens, a row each",
    ("frailty", "measured"): "empty",
    ("history", "options"): "the facts as options of the command line",
    ("kb-check", "warnings"): "how many of the faults only warn",
    ("risk", "patient"): "the facts and laboratory values as understood; the latter are of `risk` alone",
    ("risk", "measured"): "each laboratory value in words, by its input",
    ("show", "regimens"): "the regimen",
    ("compare", "regimens"): "the regimens compared",
    ("compare", "for_patient"): "each of them for the patient, if one was given",
    ("explain", "regimen"): "the regimen for this patient: the decision, then every clause behind it",
    ("explain", "grades"): "what each grade of evidence means",
    ("ask", "ranked"): "what is open or depends on an answer, in order: id, name, verdict and tier",
    ("drugs", "classes"): "the classes and their members",
    ("drug", "rules"): "the rules about it",
    ("drug", "care"): "supportive care that goes with it",
    ("source", "source"): "the source: what it is, where it is, whether and in what copy the cited fact was read",
    ("source", "regimens"): "the regimens that cite it",
    ("guidance", "disagreements"): "points on which bodies differ, and what is done here",
    ("facts", "facts"): "the facts: option, values or bounds, and what each is",
    ("facts", "words"): "the words of one fact: other names, and what each means",
    ("kb-check", "path"): "the knowledge base that was checked",
    ("kb-check", "usable"): "whether `--kb` would take it",
    ("kb-check", "errors"): "how many of the faults forbid its use",
    ("kb-check", "faults"): "the faults, with file, line and column",
    ("kb-check", "coverage"): "what its examples and sources cover",
    ("kb-diff", "old"): "the first knowledge base",
    ("kb-diff", "new"): "the second",
    ("kb-diff", "added"): "regimens that only the second has",
    ("kb-diff", "removed"): "regimens that only the first has",
    ("kb-diff", "patients"): "how many example patients were compared",
    ("kb-diff", "changed"): "regimens that stand otherwise, and for which example patient",
    ("kb-diff", "not_compared"): "example patients that one of the two cannot read",
    ("kb-format", "path"): "the file or folder",
    ("kb-format", "written"): "whether files were written",
    ("kb-format", "files"): "the files that were looked at",
    ("kb-format", "changed"): "those that were not in form",
    ("kb-format", "faults"): "files that cannot be laid out, with the reason",
}
"""Keys whose meaning is that of one answer alone."""


# --- commands --------------------------------------------------------------------------------------


class Command(typing.NamedTuple):
    """A command as its help has it; an option is its heading, its form and its words."""

    name: str
    purpose: str
    examples: list[str]
    arguments: list[tuple[str, str]]
    options: list[tuple[str, str, str]]


def commands() -> list[Command]:
    """Every command, those within a group too."""
    found = []
    for name in COMMANDS:
        made = typer.main.get_command(find(name))
        inner = getattr(made, "commands", None)
        found += [_read(f"{name} {sub}", one) for sub, one in inner.items()] if inner else [_read(name, made)]
    return found


def _read(name: str, made: Any) -> Command:
    text, _, after = (made.help or "").replace("\x08", "").partition("Examples:")
    context = made.make_context(name, [], resilient_parsing=True)
    arguments, options = [], []
    for param in made.get_params(context):
        record = param.get_help_record(context)
        if record is None or "--help" in param.opts:
            continue
        said = re.sub(r"\s+\[required\]", "", record[1])
        if param.param_type_name == "argument":
            arguments.append((record[0], said))
        else:
            options.append((getattr(param, "rich_help_panel", None) or "Other options", record[0], said))
    return Command(name, " ".join(text.split()), [x.strip() for x in after.strip().splitlines()], arguments, options)


def _command_lines(found: list[Command]) -> list[str]:
    counts = Counter(option for one in found for option in one.options)
    shared = {option for option, count in counts.items() if count >= SHARED}
    panels: dict[str, list[tuple[str, str]]] = {}
    for one in found:
        for panel, option, said in one.options:
            if (panel, option, said) in shared and (option, said) not in panels.setdefault(panel, []):
                panels[panel].append((option, said))
    out = ["## Commands", "", PURPOSE, "", "Options that several commands share stand once, below the commands.", ""]
    for one in found:
        out += [f"### `mmopts {one.name}`", "", one.purpose, ""]
        out += ["```sh", *one.examples, "```", ""] if one.examples else []
        rows = [(f"`{name}`", said) for name, said in one.arguments]
        rows += [(f"`{option}`", said) for panel, option, said in one.options if (panel, option, said) not in shared]
        out += table(("of its own", "what it is"), rows) if rows else []
        common = [panel for panel in panels if any(o[0] == panel and o in shared for o in one.options)]
        out += [f"Shares: {', '.join(_part(one, panel, panels[panel]) for panel in common)}.", ""] if common else []
    for panel, options in panels.items():
        out += [f"### {panel}", "", *table(("option", "what it is"), [(f"`{o}`", said) for o, said in options])]
    return out


def _part(one: Command, panel: str, options: list[tuple[str, str]]) -> str:
    """A group of shared options; where a command has only some of them, which."""
    have = [option.split(" ")[0].rstrip(",") for p, option, said in one.options if p == panel and (option, said) in options]
    if len(have) == len(options) or len(have) > len(options) / 2:
        lacks = [o.split(" ")[0].rstrip(",") for o, said in options if (panel, o, said) not in one.options]
        return f"*{panel}*" + (f" (not {', '.join(f'`{x}`' for x in lacks)})" if lacks else "")
    return f"*{panel}* (only {', '.join(f'`{x}`' for x in have)})"


# --- facts -----------------------------------------------------------------------------------------


def _fact_lines() -> list[str]:
    kb = mmopts.load()
    rows = [(f"`{f.name}`", f"`{f.option}`", _takes(f), f.help) for f in FACTS.values()]
    rows += [(f"`{name}`", f"`{as_option(name)}`", "true", said) for name, said in OPEN_LISTS.items()]
    out = ["## Facts", "", "The key of a patient file, the option, and what both take. A number may be a range:",
           "`2-4`, `7-`, `30-<60`, `>65-`. See [patient-file.md](patient-file.md).", ""]  # fmt: skip
    out += table(("key", "option", "takes", "what it is"), rows)
    for fact, vocabulary in kb.vocabulary.items():
        out += [f"### Words of `{fact}`", ""]
        words = []
        for word in vocabulary.words.values():
            also = ", ".join(word.synonyms)
            words.append((f"`{word.id}`", word.name, word.definition or "", also))
        out += table(("word", "name", "meaning", "also understood"), words)
    return out


def _takes(fact: Fact) -> str:
    if fact.values:
        return ", ".join(f"`{v}`" for v in fact.values)
    if fact.kind == "number":
        return f"{fact.low:g} to {fact.high:g}{f' {fact.unit}' if fact.unit else ''}"
    return KINDS[fact.kind]


# --- answers ---------------------------------------------------------------------------------------


def _answer_lines() -> list[str]:
    out = ["## Answers in JSON", "", "Each is one object. `mmopts schema KIND` prints its JSON Schema; what goes wrong is a",
           "`mmopts.error/1` on standard error. Keys may be added, none is renamed.", ""]  # fmt: skip
    for kind, form in (ANSWERS | BESIDE).items():
        hints = typing.get_type_hints(form)
        rows = [(f"`{name.rstrip('_')}`", _meaning(kind, name, hints[name])) for name in form._fields]
        out += [f"### `mmopts.{kind}/1`", "", *table(("key", "what it is"), rows)]
    return out


def _meaning(kind: str, name: str, hint: Any) -> str:
    own = OWN.get((kind, name)) or KEYS.get(name) or next((_first(x) for x in _records(hint)), None)
    if not own:
        raise SystemExit(f"tools/reference.py does not say what {name} of mmopts.{kind}/1 is")
    return own


def _records(hint: Any) -> list[Any]:
    """The records in an annotation."""
    inner = [one for arg in typing.get_args(hint) for one in _records(arg)]
    return [hint] if hasattr(hint, "_fields") else inner


def _first(record: Any) -> str:
    """The first sentence of a record's docstring, as a clause."""
    text = re.split(r"[.:](?:\s|$)", " ".join((record.__doc__ or "").split()))[0]
    return f"{text[:1].lower()}{text[1:]}"


# --- the page --------------------------------------------------------------------------------------


def table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """A table in Markdown, with the blank line behind it."""
    out = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    return [*out, *(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows), ""]


def page() -> str:
    """The page."""
    rows = [(str(code.value), EXITS[code]) for code in Exit]
    lines = [
        "# Reference",
        "",
        "Made from the program (`python tools/docs.py --write`): the [commands](#commands), the [facts](#facts) of a",
        "patient, the [answers in JSON](#answers-in-json) and the [exit codes](#exit-codes). What can be wrong, and what",
        f"to do about it, is in [diagnostics.md](diagnostics.md): {len(CODES)} codes.",
        "",
        *_command_lines(commands()),
        *_fact_lines(),
        *_answer_lines(),
        "## Exit codes",
        "",
        *table(("code", "meaning"), rows),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"
