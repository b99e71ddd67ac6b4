"""The Typer program: reads a command line, runs one command, and makes an exit code of whatever happens."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from mmopts.cli import engine
from mmopts.cli.declare import HELP_PAGE, Help, page_text
from mmopts.cli.environment import Environment, UnwritableError
from mmopts.cli.faults import complain, fault_of_ours, wants_json
from mmopts.cli.house import LazyGroup
from mmopts.cli.settings import knowledge_path
from mmopts.cli.table import COMMANDS, EXAMPLES, GROUPS, PURPOSE
from mmopts.diagnostics import BRIEF, Diagnostic, Exit, MmoptsError, QuestionError, cut, in_quotes
from mmopts.version import __version__

app = typer.Typer(
    cls=LazyGroup, rich_markup_mode=None, pretty_exceptions_enable=False, add_help_option=False, context_settings=HELP_PAGE
)


def _show_version(ctx: typer.Context, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        ctx.obj.say(f"mmopts {__version__} ({_knowledge(ctx.obj)})\n")
        raise typer.Exit


def _knowledge(env: Environment) -> str:
    try:
        return engine.knowledge_version(engine.load_knowledge(knowledge_path(env)))
    except MmoptsError as error:
        return f"knowledge unusable: {engine.plain(error.problems[0].text)}"


@app.callback(help=page_text(PURPOSE, EXAMPLES))
def program(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Show the version of the program and of its knowledge.",
            is_eager=True,
            expose_value=False,
            callback=_show_version,
        ),
    ] = False,
    help: Help = False,
) -> None:
    """What stands before a command."""


def run(arguments: Sequence[str], env: Environment) -> int:
    """Run a command line; the exit code. Raises a fault of ours only where MMOPTS_DEBUG asks for it."""
    as_json = wants_json(arguments)
    try:
        if arguments:
            return _invoke(arguments, env)
        env.say(_short_help())
        return Exit.OK
    except MmoptsError as error:
        complain(error, as_json, env, _hint(arguments) if error.exit_code == Exit.USAGE else "")
        return int(error.exit_code)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        return Exit.PIPE
    except UnwritableError as error:
        complain(QuestionError([Diagnostic("cannot-write", f"cannot write the answer: {error}.", "output")]), as_json, env)
        return Exit.USAGE
    except Exception as error:
        if env.variables.get("MMOPTS_DEBUG"):
            raise
        complain(fault_of_ours(error), as_json, env)
        return Exit.INTERNAL


COMPLETION = ("--install-completion", "--show-completion")
"""Typer's own options, which read and write past the environment."""
NAMED_SHELL = "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION"
"""With this variable they take the name of a shell, and else no word."""


def _invoke(arguments: Sequence[str], env: Environment) -> int:
    if arguments[0] not in COMPLETION:
        return _invoked(arguments, env)
    if len(arguments) > 1 and not env.variables.get(NAMED_SHELL):
        text = f"{arguments[0]} takes no {in_quotes(arguments[1], BRIEF)}: it is for the shell that it is run in."
        raise QuestionError([Diagnostic("unexpected-argument", text, None, cut(arguments[1]))])
    try:
        return _invoked(arguments, env)
    except BrokenPipeError:
        raise
    except OSError as error:
        named = f" {error.filename!r}" if error.filename else ""
        text = f"cannot write{named}: {error.strerror or 'it is closed'}."
        raise QuestionError([Diagnostic("cannot-write", text, "output", error.filename)]) from None


def _invoked(arguments: Sequence[str], env: Environment) -> int:
    command = typer.main.get_command(app)
    try:
        with command.make_context("mmopts", list(arguments), obj=env) as ctx:
            return int(command.invoke(ctx) or Exit.OK)
    except typer.Exit as done:
        return done.exit_code and Exit.USAGE
    except SystemExit as done:  # Typer's own installing of completion ends so
        return Exit.USAGE if done.code else Exit.OK
    except typer.TyperException as error:
        raise QuestionError([Diagnostic("usage", error.format_message())]) from None
    except typer.Abort:
        raise KeyboardInterrupt from None


def complete(variable: str) -> int:
    """Answer a shell that asks for completions; the exit code. A request that cannot be read gets no answer."""
    try:
        typer.main.get_command(app).main(args=sys.argv[1:], prog_name="mmopts", complete_var=variable)
    except SystemExit as done:
        return Exit.USAGE if done.code else Exit.OK
    except Exception:  # noqa: BLE001  a shell that asks for words has no place for messages
        return Exit.USAGE
    return Exit.OK


def _short_help() -> str:
    examples = "\n".join(f"  {line}" for line in EXAMPLES)
    return (
        f"mmopts {__version__}: which multiple myeloma regimens are open to a patient, and why.\n\n{examples}\n\n"
        f"Commands: {', '.join(COMMANDS)}.\nmmopts --help tells more; mmopts COMMAND --help about one of them.\n"
    )


def _hint(arguments: Sequence[str]) -> str:
    named = [a for a in arguments[:1] if a in COMMANDS]
    named += [a for a in arguments[1:2] if named and a in GROUPS.get(named[0], ())]
    return " ".join(["Try: mmopts", *named, "--help"])
