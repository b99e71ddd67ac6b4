"""The command line as a Typer program: for help, for what is wrong with a command line, and for completion by a shell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from mmopts import __version__
from mmopts.cli.command import Argument, Command, Completer, Group, Option, refuse_blank
from mmopts.cli.environment import Environment
from mmopts.cli.table import COMMANDS, EXAMPLES, PURPOSE, find
from mmopts.diagnostics import Exit, Problem, QuestionError, did_you_mean, nearest

USAGE: Any = typer.BadParameter.__base__
"""Click's UsageError, which Typer carries but does not name."""


class OneCommand(TyperCommand):
    """A command whose help shows examples before options, and options in groups."""

    declared: Command

    def invoke(self, ctx: Any) -> Exit:
        """Run it. The environment is the context's object."""
        values = {k: list(v) if isinstance(v, tuple) else v for k, v in ctx.params.items()}
        many = {p.key for p in self.declared.params if isinstance(p, Option) and p.metavar}
        values = {k: v or [] if k in many else v for k, v in values.items()}
        refuse_blank(values)
        return self.declared.run(ctx.obj, values) or Exit.OK

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """The purpose, then the examples."""
        super().format_help_text(ctx, formatter)
        _write_examples(self.declared.examples, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The options under the heading that each was declared with."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                title = "Arguments" if isinstance(param, TyperArgument) else getattr(param, "rich_help_panel", None)
                groups.setdefault(title or "Other options", []).append(record)
        for title, records in groups.items():
            with formatter.section(title):
                formatter.write_dl(records)


def _write_examples(examples: Sequence[str], formatter: Any) -> None:
    if examples:
        with formatter.section("Examples"):
            for line in examples:
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


class LazyGroup(TyperGroup):
    """Commands that are imported when they run: help and completion know them by a table."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, imported now."""
        found = find(cmd_name)
        return None if found is None else _made(found)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the arguments name. Raises QuestionError for one that is not known."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS and not ctx.resilient_parsing:
            raise _unknown(args[0], COMMANDS)
        return super().resolve_command(ctx, args)

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """The purpose, then examples."""
        super().format_help_text(ctx, formatter)
        _write_examples(EXAMPLES, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The table of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """Command names, from the table."""
        item = import_module("typer._click.shell_completion").CompletionItem
        return [item(name, help=help) for name, help in COMMANDS.items() if name.startswith(incomplete)]


class SmallGroup(TyperGroup):
    """A group of a few commands."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the arguments name. Raises QuestionError for one that is not known."""
        if args and not args[0].startswith("-") and args[0] not in self.commands and not ctx.resilient_parsing:
            raise _unknown(args[0], self.commands)
        return super().resolve_command(ctx, args)


def _unknown(word: str, known: Iterable[str]) -> QuestionError:
    near = nearest(word, known)
    return QuestionError(
        [Problem("unknown-command", f"{word[:40]!r} is no command." + did_you_mean(near), None, word[:80], near)]
    )


def _completion(complete: Completer | None) -> Any:
    if complete is None:
        return None

    def shell_complete(ctx: Any, args: list[str], incomplete: str) -> list[str]:
        done, comma, word = incomplete.rpartition(",")
        try:
            return [f"{done}{comma}{w}" for w in complete(word) if w.casefold().startswith(word.casefold())]
        except Exception:  # noqa: BLE001  a shell that asks for words has no place for messages
            return []

    return shell_complete


def _param(param: Option | Argument) -> Any:
    if isinstance(param, Argument):
        return TyperArgument(
            param_decls=[param.key],
            nargs=-1 if param.many else 1,
            required=param.required,
            help=param.help,
            metavar=param.key.upper(),
            autocompletion=_completion(param.complete),
        )
    names = [param.key, param.flag, *([param.short] if param.short else [])]
    if not param.metavar:
        return TyperOption(
            param_decls=names, is_flag=True, default=False, help=param.help, hidden=param.hidden, rich_help_panel=param.group
        )
    return TyperOption(
        param_decls=names,
        multiple=True,
        metavar=param.metavar,
        help=param.help,
        rich_help_panel=param.group,
        autocompletion=_completion(param.complete),
    )


def _made(declared: Command | Group) -> Any:
    if isinstance(declared, Group):
        commands = {name: _made(command) for name, command in declared.commands.items()}
        return SmallGroup(name=declared.name, commands=commands, help=declared.help, rich_markup_mode=None)
    made = OneCommand(declared.name, params=[_param(p) for p in declared.params], help=declared.help, rich_markup_mode=None)
    made.declared = declared
    return made


def _version(ctx: Any, param: Any, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        ctx.obj.stdout.write(f"mmopts {__version__}\n")
        raise typer.Exit


def program(arguments: Sequence[str]) -> LazyGroup:
    """The program. Options that install completion are made only where they can be asked for."""
    params: list[Any] = [
        TyperOption(
            param_decls=["version", "--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_version,
            help="Show the version.",
        )
    ]
    if arguments and (arguments[0] == "--help" or "-completion" in arguments[0]):
        from typer.main import get_install_completion_arguments

        params += get_install_completion_arguments()
    return LazyGroup(name="mmopts", params=params, rich_markup_mode=None, help=PURPOSE)


def complete(arguments: Sequence[str]) -> None:
    """Answer a shell that asks for completions, and leave."""
    program(["--show-completion"]).main(
        args=list(arguments), prog_name="mmopts"
    )  # making its options prepares for the shells


def invoke(arguments: Sequence[str], env: Environment) -> int:
    """Read a command line with Typer and run it; the exit code. Raises QuestionError for what is wrong with it."""
    command = program(arguments)
    try:
        with command.make_context("mmopts", list(arguments), obj=env) as ctx:
            return int(command.invoke(ctx) or Exit.OK)
    except typer.Exit as done:
        return done.exit_code
    except typer.Abort:
        raise KeyboardInterrupt from None
    except USAGE as error:
        raise QuestionError([_problem(error)]) from None


def _problem(error: Any) -> Problem:
    """A fault that the parser found, in our words."""
    kind, option = type(error).__name__, str(getattr(error, "option_name", ""))
    if kind == "NoSuchOption":
        known = [o for p in error.ctx.command.get_params(error.ctx) for o in p.opts] if error.ctx else []
        near = nearest(option, known)
        where = error.ctx.command_path if error.ctx else "mmopts"
        return Problem(
            "unknown-option", f"{option[:40]} is no option of {where}." + did_you_mean(near), option[:80], None, near
        )
    if option and "does not take" in error.message:
        return Problem("bad-value", f"{option} takes no value.", option)
    if option:
        return Problem("missing-value", f"{option} needs a value.", option)
    if kind == "MissingParameter":
        name = error.param.metavar if error.param is not None else "an argument"
        return Problem("missing-argument", f"{name} is missing.", name)
    return Problem("usage", error.format_message())
