"""Typer's command and group as this program has them: options under headings, faults in its own words, lazy commands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup

from mmopts.cli.table import COMMANDS, find
from mmopts.diagnostics import BRIEF, Diagnostic, QuestionError, cut, did_you_mean, in_quotes, nearest
from mmopts.facts import FACTS, meant_by

ARGUMENTS, OTHERS = "Arguments", "Other options"
FILE = "FILE"
"""How help calls a file that is an argument."""


class HouseCommand(TyperCommand):
    """A command. What is wrong with its command line is raised as QuestionError."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The arguments, then the options under the headings that they were declared with."""
        _write_options(self, ctx, formatter)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line; words that are left over are at fault."""
        try:
            left = super().parse_args(ctx, args)
        except typer.TyperException as error:
            raise QuestionError([slip(error, self, ctx)]) from None
        if left and not ctx.resilient_parsing:
            words = " ".join(left)
            many = "is one word" if len(left) == 1 else "are words"
            taken = [argument.make_metavar(ctx) for argument in self.params if isinstance(argument, TyperArgument)]
            only = f": {ctx.command_path} takes one {taken[0].strip('[]')}" if len(taken) == 1 else ""
            text = f"{in_quotes(words)} {many} too many{only}. A list is one word, with commas; what has spaces is quoted."
            raise QuestionError([Diagnostic("unexpected-argument", text, None, cut(words))])
        return left


_MEANT = {
    "regimen": "show", "trials": "show", "evidence": "show", "regimens": "list", "doses": "dose", "prescription": "dose",
    "questions": "ask", "interview": "ask", "why": "explain", "options": "suggest", "recommend": "suggest",
    "treatments": "history", "timeline": "history", "response": "history", "board": "report", "patients": "cohort",
    "batch": "cohort", "staging": "risk", "frail": "frailty", "fitness": "frailty", "check": "kb",
    "references": "sources", "guidelines": "guidance", "settings": "config", "defaults": "config",
}  # fmt: skip
"""Words that users try as commands, and the command that does what they mean."""


class HouseGroup(TyperGroup):
    """A group of commands. What is wrong with its command line is raised as QuestionError."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the options of the group; without a command it is at fault."""
        if args in ([], ["--"]) and not ctx.resilient_parsing:
            known = self.list_commands(ctx)
            raise QuestionError(
                [Diagnostic("missing-command", f"{ctx.command_path} takes {', '.join(known)}.", None, None, known)]
            )
        try:
            return super().parse_args(ctx, args)
        except typer.TyperException as error:
            raise QuestionError([slip(error, self, ctx)]) from None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the arguments name."""
        known = self.list_commands(ctx)
        if args and args[0] not in known and not ctx.resilient_parsing:
            near = [name for name in (_MEANT.get(args[0].casefold()),) if name in known] or nearest(args[0], known)
            text = f"{in_quotes(args[0], BRIEF)} is no command." + did_you_mean(near)
            raise QuestionError([Diagnostic("unknown-command", text, None, cut(args[0]), near)])
        command = self.named(args[0])
        return (args[0] if command else None), command, args[1:]

    def named(self, name: str) -> Any:
        """The command of that name, whole."""
        return self.commands.get(name)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The options, then the commands."""
        _write_options(self, ctx, formatter)
        self.format_commands(ctx, formatter)


class LazyGroup(HouseGroup):
    """The program: help and completion know its commands by a table; the one that runs is imported."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """What lists need of a command: its name and its purpose."""
        purpose = COMMANDS.get(cmd_name)
        return purpose and TyperCommand(cmd_name, help=purpose, short_help=purpose, rich_markup_mode=None)

    def named(self, name: str) -> Any:
        """The command of that name, imported now."""
        return typer.main.get_command(find(name)) if name in COMMANDS else None


def _write_options(command: Any, ctx: Any, formatter: Any) -> None:
    panels: dict[str, list[tuple[str, str]]] = {ARGUMENTS: []}
    for param in command.get_params(ctx):
        record = param.get_help_record(ctx)
        if record is not None:
            title = ARGUMENTS if isinstance(param, TyperArgument) else param.rich_help_panel or OTHERS
            panels.setdefault(title, []).append(record)
    if len(panels) == 2 and not panels[ARGUMENTS]:
        panels = {"Options": panels[OTHERS]}
    for title, records in panels.items():
        if not records:
            continue
        with formatter.section(title):
            formatter.write_dl(records)


def slip(error: typer.TyperException, command: Any, ctx: Any) -> Diagnostic:
    """What Typer found wrong with a command line, in this program's words, with the nearest right ones."""
    named = str(getattr(error, "option_name", None) or "")
    known = {name: p for p in command.params for name in (*p.opts, *p.secondary_opts)}
    if named and named not in known:
        near = _near(named, known) if isinstance(command, HouseCommand) else _after_a_command(named) or _near(named, known)
        text = f"{cut(named, BRIEF)} is no option of {ctx.command_path}." + did_you_mean(near)
        if named == "--patient" and any(p.human_readable_name == FILE for p in command.params):
            text += f" It takes the file itself: {ctx.command_path} {FILE}."
        return Diagnostic("unknown-option", text, cut(named), None, near)
    if named:
        if known[named].is_flag:
            return Diagnostic("bad-value", f"{named} takes no value.", named)
        return Diagnostic("missing-value", f"{named} needs a value.", named)
    if isinstance(error, typer.BadParameter) and error.param is not None:
        name = error.param.human_readable_name
        return Diagnostic("missing-argument", f"{name} is missing.", name)
    return Diagnostic("usage", error.format_message())


def _after_a_command(option: str) -> list[str]:
    """The suggestion of the main command, if an option of a patient stands before any command."""
    return [f"mmopts suggest {option}"] if any(fact.option == option for fact in FACTS.values()) else []


def _near(option: str, known: Iterable[str]) -> list[str]:
    """The options nearest to one that is not known: of a fact that the word stands for, else of a like spelling."""
    known = list(known)
    word = option.lstrip("-").casefold()
    meant = [FACTS[name].option for name in meant_by(word) if FACTS[name].option in known]
    long = {name[2:]: name for name in known if name.startswith("--")}  # what all begin with makes none of them like
    return meant or [long[name] for name in nearest(word, long)]
