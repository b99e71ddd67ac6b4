"""How a command is declared: its options as tables, its help with the examples first, and one place where it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from typer.core import TyperArgument, TyperCommand, TyperOption

from mmopts.cli.environment import Environment
from mmopts.errors import Exit

Values = Mapping[str, Any]
"""What was given: a flag's bool, an option's list of texts (empty if it was not given)."""
Run = Callable[[Environment, Values], Exit | None]
Completer = Callable[[str], Iterable[str]]


class Command(TyperCommand):
    """A command whose help shows examples before options, and options in groups."""

    examples: Sequence[str] = ()
    run: Run

    def invoke(self, ctx: Any) -> Exit:
        """Run it. The environment is the context's object."""
        values = {k: list(v or ()) if isinstance(v, (tuple, list, type(None))) else v for k, v in ctx.params.items()}
        return self.run(ctx.obj, values) or Exit.OK

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """The purpose, then the examples."""
        super().format_help_text(ctx, formatter)
        write_examples(self.examples, formatter)

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


def write_examples(examples: Sequence[str], formatter: Any) -> None:
    """Examples, as typed."""
    if examples:
        with formatter.section("Examples"):
            for line in examples:
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


def _completion(complete: Completer | None) -> Any:
    if complete is None:
        return None

    def shell_complete(ctx: Any, args: list[str], incomplete: str) -> list[tuple[str, str]]:
        done, comma, word = incomplete.rpartition(",")
        try:
            return [(f"{done}{comma}{w}", "") for w in complete(word) if w.casefold().startswith(word.casefold())]
        except Exception:
            return []  # a shell that asks for words is no place for messages

    return shell_complete


def text(flag: str, metavar: str, help: str, group: str, complete: Completer | None = None) -> TyperOption:
    """An option with a text, or with several when repeated; its meaning is left to whoever reads it."""
    return TyperOption(param_decls=[name_of(flag), flag, *(["-o"] if flag == "--output" else [])], multiple=True,
                       metavar=metavar, help=help, rich_help_panel=group, autocompletion=_completion(complete))


def flag(flag: str, help: str, group: str, hidden: bool = False) -> TyperOption:
    """An option without a value."""
    return TyperOption(param_decls=[name_of(flag), flag], is_flag=True, default=False, help=help, hidden=hidden,
                       rich_help_panel=group)


def argument(name: str, help: str, count: int = 1, required: bool = True, complete: Completer | None = None) -> TyperArgument:
    """A positional argument; `count` -1 for one or more."""
    return TyperArgument(param_decls=[name], nargs=count, required=required, help=help, metavar=name.upper(),
                         autocompletion=_completion(complete))


def name_of(flag: str) -> str:
    """The key of an option in `Values`."""
    return flag.lstrip("-").replace("-", "_")


def command(name: str, help: str, run: Run, params: Sequence[TyperOption | TyperArgument],
            examples: Sequence[str] = ()) -> Command:
    """A command that calls `run` with the environment and the values given; what `run` returns is the exit code."""
    made = Command(name, params=list(params), help=help, rich_markup_mode=None)
    made.run, made.examples = run, examples
    return made
