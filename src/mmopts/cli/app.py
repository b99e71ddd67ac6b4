"""``mmopts``: the commands, loaded one at a time, and the one place where faults become messages and exit codes."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

gc.disable()  # a run is short: collecting what it leaves costs a twentieth of it

import typer  # noqa: E402
from typer.core import TyperGroup, TyperOption

from mmopts import __version__
from mmopts.cli.command import write_examples
from mmopts.cli.environment import Environment
from mmopts.cli.output import complain, wants_json
from mmopts.errors import Exit, MmoptsError, Problem, QuestionError, did_you_mean, nearest

COMMANDS = {
    "suggest": "Which regimens are open to a patient, why, and on what evidence.",
    "ask": "What to find out next, and what each answer would settle.",
    "explain": "Every clause of one regimen, for one patient.",
    "show": "All that is known of a regimen.",
    "compare": "Regimens side by side.",
    "list": "The regimens, by setting, drug or class.",
    "drugs": "The drugs, their names and classes; or one of them.",
    "sources": "The sources and whether they were read; or one of them.",
    "frailty": "Frailty scores, from what is known.",
    "risk": "Staging and risk scores, from what is known.",
    "kb": "Check a knowledge base, or compare two.",
    "schema": "The JSON Schema of an answer, a patient file or a knowledge base.",
}
EXAMPLES = (
    "mmopts suggest --prior len,btz --frail",
    "mmopts suggest --prior VRd --refractory len --lines 1 --fit --region us",
    "mmopts ask --prior len,btz",
    "mmopts explain DKd --prior len,btz --refractory len",
    "mmopts suggest --patient patient.yaml --json",
)
USAGE: Any = typer.BadParameter.__base__  # click's UsageError, which Typer no longer names
_MODULES = {"list": "listing"}


class LazyGroup(TyperGroup):
    """Commands that are imported when they run: help and completion know them by a table."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        return import_module(f"mmopts.cli.{_MODULES.get(cmd_name, cmd_name)}").command()

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the arguments name. Raises QuestionError for one that is not known."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS and not ctx.resilient_parsing:
            near = nearest(args[0], COMMANDS)
            raise QuestionError([Problem("unknown-command", f"{args[0][:40]!r} is no command." + did_you_mean(near), None,
                                         args[0][:80], near)])
        return super().resolve_command(ctx, args)

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """The purpose, then examples."""
        super().format_help_text(ctx, formatter)
        write_examples(EXAMPLES, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The table of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """Command names, from the table."""
        from typer._click.shell_completion import CompletionItem

        return [CompletionItem(name, help=help) for name, help in COMMANDS.items() if name.startswith(incomplete)]


def _version(ctx: Any, param: Any, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        ctx.obj.stdout.write(f"mmopts {__version__}\n")
        raise typer.Exit


def build(arguments: Sequence[str]) -> LazyGroup:
    """The program. Options that install completion are made only where they can be asked for."""
    params: list[Any] = [TyperOption(param_decls=["version", "--version"], is_flag=True, is_eager=True, expose_value=False,
                                     callback=_version, help="Show the version.")]
    if arguments and (arguments[0] == "--help" or "-completion" in arguments[0]):
        from typer.main import get_install_completion_arguments

        params += get_install_completion_arguments()
    return LazyGroup(name="mmopts", params=params, rich_markup_mode=None,
                     help="Which multiple myeloma regimens are still open to a patient, why, on what evidence, "
                          "and what to find out before being sure.")


def run(arguments: Sequence[str], env: Environment) -> int:
    """Run a command line; the exit code."""
    command = build(arguments)
    as_json = wants_json(arguments)
    try:
        if not arguments:
            env.stdout.write(_short_help())
            return Exit.OK
        with command.make_context("mmopts", list(arguments), obj=env) as ctx:
            return int(command.invoke(ctx) or Exit.OK)
    except typer.Exit as done:
        return done.exit_code
    except MmoptsError as error:
        complain(error, as_json, env, "" if error.exit_code != Exit.USAGE else _hint(arguments))
        return int(error.exit_code)
    except USAGE as error:
        complain(QuestionError([_usage_problem(error)]), as_json, env, _hint(arguments))
        return Exit.USAGE
    except BrokenPipeError:
        return Exit.PIPE
    except (KeyboardInterrupt, typer.Abort, EOFError):
        return Exit.INTERRUPTED
    except Exception as error:
        if env.variables.get("MMOPTS_DEBUG"):
            raise
        complain(_fault_of_ours(error), as_json, env)
        return Exit.INTERNAL


def _short_help() -> str:
    shown = "\n".join(f"  {line}" for line in EXAMPLES)
    return (f"mmopts: which multiple myeloma regimens are open to a patient, and why.\n\n{shown}\n\n"
            f"Commands: {', '.join(COMMANDS)}.\nmmopts --help tells more; mmopts COMMAND --help about one of them.\n")


def _hint(arguments: Sequence[str]) -> str:
    known = [a for a in arguments[:1] if a in COMMANDS]
    return f"Try: {' '.join(['mmopts', *known, '--help'])}"


def _usage_problem(error: Any) -> Problem:
    """A fault that the parser found, in our words."""
    kind = type(error).__name__
    option = getattr(error, "option_name", None)
    if kind == "NoSuchOption":
        known = [o for p in error.ctx.command.get_params(error.ctx) for o in p.opts] if error.ctx else []
        near = nearest(option, known)
        return Problem("unknown-option", f"{option[:40]} is no option of {error.ctx.command_path if error.ctx else 'mmopts'}."
                       + did_you_mean(near), option[:80], None, near)
    if option and "does not take" in error.message:
        return Problem("bad-value", f"{option} takes no value.", option)
    if option:
        return Problem("missing-value", f"{option} needs a value.", option)
    if kind == "MissingParameter":
        name = error.param.metavar if error.param is not None else "an argument"
        return Problem("missing-argument", f"{name} is missing.", name)
    return Problem("usage", error.format_message())


def _fault_of_ours(error: Exception) -> MmoptsError:
    return MmoptsError([Problem("internal", f"a fault of mmopts, not of yours ({type(error).__name__}: {str(error)[:120]}). "
                                "Please report it with this message and the version; MMOPTS_DEBUG=1 shows where it happened.")])


def main() -> None:
    """The entry of the console script."""
    env = Environment.of_process()
    arguments = sys.argv[1:]
    if "_MMOPTS_COMPLETE" in os.environ:
        build(arguments).main(args=arguments, prog_name="mmopts")
    code = run(arguments, env)
    _flush(code)


def _flush(code: int) -> None:
    """Leave at once: nothing of a finished run needs to be taken apart."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        code = Exit.PIPE
    os._exit(code)
