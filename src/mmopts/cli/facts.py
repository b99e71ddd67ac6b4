"""``mmopts facts``: the facts that a patient can have, with their options, values and words."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mmopts.cli import asking
from mmopts.cli.declare import Values, command, house
from mmopts.cli.environment import Environment
from mmopts.cli.given import Here
from mmopts.cli.options import SOURCE, File, Json, metavar, off
from mmopts.cli.output import output_given, put_text
from mmopts.errors import Problem, QuestionError, nearest, unknown_word
from mmopts.facts import FACTS, Fact

app = house()
EXAMPLES = ("mmopts facts", "mmopts facts condition", "mmopts facts cytogenetics --json")


@command(app, SOURCE, {"json": Json, "output": File}, examples=EXAMPLES)
def facts(
    env: Environment,
    given: Values,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A fact.", autocompletion=lambda: list(FACTS))] = None,
) -> None:
    """The facts that a patient can have; or one of them, with every word that it takes."""
    problems: list[Problem] = []
    output = output_given(given, problems)
    found = list(FACTS.values()) if name is None else [_named(name, problems)]
    if problems:
        raise QuestionError(problems)
    here = Here(given, env)
    entries = [_entry(fact, here) for fact in found if fact]
    if output.format == "json":
        answer = here.named(asking.envelope("facts", here.kb, facts=entries))
        put_text(asking.json_text(answer, pretty=env.terminal and output.file is None), output, env)
        return
    lines = _one(entries[0]) if name else [_head(entry) for entry in entries]
    put_text(_columns(lines, here.env if output.file is None else env._replace(terminal=False)), output, env)


def _named(word: str, problems: list[Problem]) -> Fact | None:
    key = word.lstrip("-").replace("-", "_").casefold()
    fact = FACTS.get(key) or next((f for f in FACTS.values() if key.replace("_", "-") in f.instead_of), None)
    if fact is None:
        problems.append(unknown_word("unknown-fact", "fact", "name", word, nearest(key, FACTS)))
    return fact


def _entry(fact: Fact, here: Here) -> dict[str, Any]:
    number = fact.kind in ("number", "months")
    return {
        "name": fact.name,
        "option": fact.option,
        "kind": fact.kind,
        "noun": fact.noun,
        "help": fact.help,
        "takes": f"or {off(fact)}" if fact.kind == "flag" else metavar(fact),
        "values": list(fact.values),
        "min": fact.low if number else None,
        "max": fact.high if number else None,
        "words": asking.fact_words(fact.name, here.kb),
    }


def _one(entry: dict[str, Any]) -> list[tuple[str, ...]]:
    """The lines about one fact: its option, then each word with its meaning and what else it is called."""
    words = [(w["word"], w["meaning"], f"also {', '.join(w['also'])}" if w["also"] else "") for w in entry["words"]]
    return [_head(entry), *words]


def _head(entry: dict[str, Any]) -> tuple[str, ...]:
    return f"{entry['option']} {entry['takes']}", entry["help"]


def _columns(rows: list[tuple[str, ...]], env: Environment) -> str:
    """Rows under each other, their first column aligned; at a terminal folded into its width."""
    rows = [tuple(asking.plain(cell) for cell in row) for row in rows]
    wide = max(len(row[0]) for row in rows) + 2
    lines = [f"{row[0]:{wide}}{'; '.join(cell.rstrip('.') for cell in row[1:] if cell)}" for row in rows]
    if env.terminal:
        from textwrap import fill

        lines = [fill(line, env.width, subsequent_indent=" " * wide, break_on_hyphens=False) for line in lines]
    return "\n".join(lines) + "\n"
