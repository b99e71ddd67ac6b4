"""``mmopts kb``: check a knowledge base, or compare the verdicts of two."""

from typing import Annotated

import typer

from mmopts.cli import engine
from mmopts.cli.declare import Help, Values, command, house, option, page_text
from mmopts.cli.environment import Environment
from mmopts.cli.house import HouseGroup
from mmopts.cli.options import OUTPUT, WRITTEN, All, raise_if
from mmopts.cli.output import output_given, show
from mmopts.cli.progress import Progress
from mmopts.cli.settings import knowledge_path
from mmopts.diagnostics import Diagnostic, Exit

EXAMPLES = ("mmopts kb check docs/overlay.yaml", "mmopts kb diff builtin docs/overlay.yaml", "mmopts kb format data --check")
app = house(cls=HouseGroup)
Check = Annotated[bool, option("--check", help="Change nothing; leave with 1 if a file would change.", panel=OUTPUT)]
Path = Annotated[
    str | None, typer.Argument(metavar="PATH", help="A folder, a file or an overlay; without it, the built-in one.")
]


@app.callback(help=page_text("Check a knowledge base, compare the verdicts of two, or lay its files out.", EXAMPLES))
def kb(help: Help = False) -> None:
    """Check a knowledge base, or compare two."""


@command(app, WRITTEN, examples=("mmopts kb check", "mmopts kb check docs/overlay.yaml --json"))
def check(
    env: Environment,
    given: Values,
    path: Path = None,
    all: All = False,  # noqa: A002
) -> Exit:
    """Every fault of a knowledge base, with its place; and what its examples and sources cover."""
    problems: list[Diagnostic] = []
    output = output_given({**given, "kb": path}, problems, view=["all"] if all else ())
    raise_if(problems)
    report, ok = engine.check_knowledge(_path(path, env))
    show(report, output, env)
    return Exit.OK if ok else Exit.FAULTS


@command(app, WRITTEN, examples=("mmopts kb diff builtin docs/overlay.yaml",))
def diff(
    env: Environment,
    given: Values,
    old: Annotated[str, typer.Argument(metavar="OLD", help="The older one; builtin for the built-in one.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The newer one.")],
) -> None:
    """The verdicts that two knowledge bases give differently on their own example patients."""
    problems: list[Diagnostic] = []
    output = output_given({**given, "kb": [old, new]}, problems)
    raise_if(problems)
    progress = Progress(env)
    try:
        answer = engine.diff_knowledge(old, new, progress.tell_of)
    finally:
        progress.clear()
    show(answer, output, env)


@command(app, WRITTEN, examples=("mmopts kb format docs/overlay.yaml", "mmopts kb format data --check"))
def format(  # noqa: A001
    env: Environment,
    given: Values,
    path: Path = None,
    check: Check = False,
) -> Exit:
    """Lay the files of a knowledge base out as all of them are; comments and meaning stay."""
    problems: list[Diagnostic] = []
    output = output_given(given, problems)
    raise_if(problems)
    report, ok = engine.format_knowledge(_path(path, env), not check)
    show(report, output, env)
    return Exit.OK if ok else Exit.FAULTS


def _path(path: str | None, env: Environment) -> str | None:
    """The knowledge base that is meant: the one named, the default, or (None) the built-in one."""
    return path or knowledge_path(env)
