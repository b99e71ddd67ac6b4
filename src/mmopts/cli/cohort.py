"""``mmopts cohort``: many patients at once, from a file of facts to a file of verdicts."""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Annotated

import typer

from mmopts.cli import engine
from mmopts.cli.declare import Bundle, Values, Words, command, house, option
from mmopts.cli.environment import Environment
from mmopts.cli.given import Here
from mmopts.cli.options import ASKED, MOST_JOBS, OUTPUT, SOURCE, number_given, one, raise_if
from mmopts.cli.output import STDOUT
from mmopts.cli.progress import Progress
from mmopts.diagnostics import BRIEF, Diagnostic, Exit, as_option, cut, in_quotes
from mmopts.record import Record

app = house()
INPUT = "The input"
EXAMPLES = (
    "mmopts cohort docs/patients.csv -o options.parquet --rejects rejects.csv",
    "mmopts cohort docs/patients.csv -o options.csv --layout long --labels --summary summary.json",
    "mmopts cohort docs/patients.csv --treatments docs/treatments.csv -o options.csv",
    "mmopts cohort docs/patients.jsonl -o options.parquet --jobs 2 --region us",
    "mmopts cohort docs/patients.csv -o options.parquet --facts facts.parquet",
    "mmopts cohort --sql duckdb > judge.sql",
)

From = Annotated[
    Words, option("--from", metavar="csv|jsonl|parquet", help="The input's format, if its name does not tell.", panel=INPUT)
]
Treated = Annotated[Words, option("--treatments", metavar="FILE", help="Their treatments, one a row, by id.", panel=INPUT)]
TreatedFrom = Annotated[
    Words,
    option("--treatments-from", metavar="csv|jsonl|parquet", help="Its format, if its name does not tell.", panel=INPUT),
]
Ignore = Annotated[bool, option("--ignore-columns", help="Leave out columns that are no facts.", panel=INPUT)]
Target = Annotated[Words, option("--output", "-o", metavar="FILE", help="The verdicts: whole or not at all.", panel=OUTPUT)]
To = Annotated[
    Words, option("--to", metavar="csv|jsonl|parquet", help="Its format, if its name does not tell.", panel=OUTPUT)
]
Layout = Annotated[
    Words, option("--layout", metavar="wide|long", help="A column a regimen, or a row a regimen.", panel=OUTPUT)
]
Labels = Annotated[bool, option("--labels", help="The labels of both regions too.", panel=OUTPUT)]
Tiers = Annotated[bool, option("--tiers", help="Tiers too: patient by patient, so hundreds of times slower.", panel=OUTPUT)]
Summary = Annotated[
    Words, option("--summary", metavar="FILE", help="Counts by regimen, rule and missing fact, as JSON.", panel=OUTPUT)
]
Rejects = Annotated[
    Words, option("--rejects", metavar="FILE", help="Rows that cannot be used, as CSV: row,id,code,message.", panel=OUTPUT)
]
MaxRejects = Annotated[
    Words, option("--max-rejects", metavar="PERCENT", help="With more of them nothing is written (10).", panel=OUTPUT)
]
Facts = Annotated[
    Words, option("--facts", metavar="FILE", help="The facts after normalisation, which --sql judges.", panel=OUTPUT)
]
Jobs = Annotated[Words, option("--jobs", metavar="N", help="Processes that judge (1).", panel=OUTPUT)]
Sql = Annotated[
    Words, option("--sql", metavar="DIALECT", help="Print the judging of --facts as SQL, and do no more.", panel=OUTPUT)
]


ONCE: Bundle = {
    "from_": From, "treatments": Treated, "treatments_from": TreatedFrom, "output": Target, "to": To, "layout": Layout,
    "summary": Summary, "rejects": Rejects, "max_rejects": MaxRejects, "facts": Facts, "jobs": Jobs,
}  # fmt: skip
"""Options of a run, each of which has one value."""
FLAGS: Bundle = {"ignore_columns": Ignore, "tiers": Tiers}
"""Options of a run that are given or not."""


@command(app, ONCE, FLAGS, ASKED, SOURCE, examples=EXAMPLES)
def cohort(
    env: Environment,
    given: Values,
    input_: Annotated[
        str | None, typer.Argument(metavar="FILE", help="Patients, one a row: CSV, JSONL or Parquet; - is standard input.")
    ] = None,
    labels: Labels = False,
    sql: Sql = None,
) -> Exit:
    """Many patients at once: a file of facts to a file of verdicts."""
    problems: list[Diagnostic] = []
    here = Here(given, env)
    region, as_of = one(given["region"], "region", problems), one(given["as_of"], "as_of", problems)
    filled, acted = here.filled({"region": region})
    scope = engine.cohort_scope(here.kb, filled.get("region"), as_of, problems)
    dialect = one(sql, "sql", problems)
    if dialect is not None:
        beside = ["a file of patients"] if input_ else []
        beside += [as_option(name.rstrip("_")) for name in (*ONCE, *FLAGS, "strict") if given[name]]
        problems += _beside_sql(beside)
        text = engine.cohort_sql(here.kb, scope, dialect, labels, problems)
        raise_if(problems)
        env.say(text)
        return Exit.OK
    if unavailable := here.defaults.get("unavailable"):
        _tell(env, f"mmopts: {unavailable.origin}: unavailable is no default of a cohort; give it a column.\n")
    tell = partial(_tell, env)
    tell("".join(f"mmopts: {origin}: {option} {value} is the default here.\n" for option, value, origin in acted))
    said = {name: one(given[name], name.rstrip("_"), problems) for name in ONCE if name != "jobs"}
    options = engine.cohort_options()(
        source=_needed(input_, "a file of patients", problems),
        output=_needed(said["output"], "--output FILE", problems),
        scope=scope,
        max_rejects=_percent(said["max_rejects"], problems),
        jobs=number_given(given["jobs"], "jobs", 1, problems, MOST_JOBS) or 1,
        read_as=said["from_"],
        write_as=said["to"],
        layout=said["layout"] or "wide",
        treatments=said["treatments"],
        treatments_as=said["treatments_from"],
        summary=said["summary"],
        rejects=said["rejects"],
        facts=said["facts"],
        labels=labels,
        tiers=given["tiers"],
        strict=bool(given["strict"]),
        kb=here.path,
        ignore_columns=given["ignore_columns"],
        defaults=acted,
        tell=tell,
        show=partial(_show, env),
        progress=Progress(env, mixed=said["output"] == STDOUT),
    )
    raise_if(problems)
    return engine.cohort(options, here.kb)


def _needed(found: str | None, what: str, problems: list[Diagnostic]) -> str:
    """Add to `problems` what a cohort needs and was not given."""
    if found is None:
        problems.append(Diagnostic("missing-argument", f"{what} is missing.", None))
    return found or ""


def _beside_sql(names: Iterable[str]) -> Iterator[Diagnostic]:
    """The options given that cannot be combined with --sql."""
    for name in names:
        text = f"--sql prints the judging and does no more; {name} does not go with it."
        yield Diagnostic("contradiction", text, "sql")


def _tell(env: Environment, text: str) -> None:
    """Write messages to standard error, each line without anything from a file that could steer a terminal."""
    env.tell("\n".join(map(engine.plain, text.split("\n"))))


def _show(env: Environment, answer: Record) -> None:
    """Show the summary on standard error, since the answer goes to files."""
    env.tell(engine.render(answer, "terminal" if env.watched else "plain", frozenset(), env.width, False))


def _percent(raw: str | None, problems: list[Diagnostic]) -> float:
    """The percentage that was given, else 10."""
    if raw is None:
        return 10.0
    plain = re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,9})?", raw.strip().removesuffix("%"))
    percent = float(plain.group()) if plain else -1.0
    if not 0 <= percent <= 100:
        text = f"--max-rejects takes a percentage from 0 to 100, not {in_quotes(raw, BRIEF)}."
        problems.append(Diagnostic("bad-value", text, "max_rejects", cut(raw)))
    return percent
