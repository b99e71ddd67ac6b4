"""How a command is declared: a function with Typer's annotations, and bundles of options that it shares with others.

    @command(app, PATIENT, WRITTEN, examples=EXAMPLES)
    def suggest(env: Environment, given: Values, limit: Limit = None) -> Exit: ...

`command` gives Typer the signature that it reads: the options of the bundles, then the function's own. Those of the
bundles reach the function as one mapping, so that a fact is one row of `mmopts.facts` and no command names it again.

Typer reads annotations at each run: a module of commands does not postpone them, which would have each one compiled.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeAlias

import typer

from mmopts.cli.house import HouseCommand, HouseGroup
from mmopts.diagnostics import Diagnostic, Exit, QuestionError, cut

Values = Mapping[str, Any]
"""The values given for the options of bundles: a bool for a flag, for any other option the list of its texts, or None."""
Bundle = Mapping[str, Any]
"""Options by the names of their values, each an ``Annotated`` type of Typer."""
Words: TypeAlias = list[str] | None
"""An option with a text. It may be given more than once; its reader decides whether that is a list or a contradiction."""
Run = Callable[..., Exit | None]


def _show_help(ctx: typer.Context, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        ctx.obj.say(ctx.get_help() + "\n")
        raise typer.Exit


Help = Annotated[
    bool, typer.Option("--help", "-h", help="Show this page.", is_eager=True, expose_value=False, callback=_show_help)
]
"""Typer's own page of help, written like any answer: the whole of it, or a fault."""


def option(
    flag: str, *more: str, help: str, panel: str, metavar: str | None = None, complete: Any = None, **others: Any
) -> Any:
    """The option that an annotation declares. Without a metavar it is a flag."""
    return typer.Option(
        flag, *more, metavar=metavar, help=help, rich_help_panel=panel, autocompletion=complete, show_default=False, **others
    )


def house(cls: type[HouseGroup] | None = None) -> typer.Typer:
    """A Typer program in plain text: no boxes, no page of its own for faults, help by `Help`."""
    return typer.Typer(
        cls=cls, rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False, add_help_option=False
    )


def page_text(purpose: str, examples: Sequence[str]) -> str:
    """A page's text: what it is for, then examples, which are not wrapped."""
    return purpose + ("\n\n\b\nExamples:\n" + "\n".join(f"  {line}" for line in examples) if examples else "")


def command(app: typer.Typer, *bundles: Bundle, examples: Sequence[str] = ()) -> Callable[[Run], Run]:
    """Register a function as a command of `app`. It gets the environment, the bundles' options, and its own parameters."""

    def register(run: Run) -> Run:
        """Register the function: Typer sees its own parameters and, in their place, those of the bundles."""
        parameters = list(inspect.signature(run, eval_str=True).parameters.values())[2:]
        shared = {key: kind for bundle in bundles for key, kind in bundle.items()}

        def entry(ctx: typer.Context, **values: Any) -> Exit | None:
            _refuse_blank(values, ctx.command)
            given = {key: values.pop(key) for key in shared}
            values.pop("help", None)
            return run(ctx.obj, given, **values)

        entry.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [
                inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context),
                *(_parameter(key, kind) for key, kind in shared.items()),
                *(p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters),
                _parameter("help", Help),
            ]
        )
        entry.__annotations__ = {}
        app.command(
            run.__name__.strip("_"),
            cls=HouseCommand,
            help=page_text(inspect.getdoc(run) or "", examples),
            short_help=inspect.getdoc(run),
            add_help_option=False,
            context_settings=HELP_PAGE | {"allow_extra_args": True},
        )(entry)
        return run

    return register


HELP_PAGE: dict[str, Any] = {"max_content_width": 100}
"""How Typer lays out every page of help."""


def _parameter(name: str, kind: Any) -> inspect.Parameter:
    default = False if kind.__origin__ is bool else None
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)


def _refuse_blank(values: Values, of: Any) -> None:
    """An option or argument without a text is a fault, never the same as not given. So is one that swallowed an option.

    Raises QuestionError.
    """
    given = {key: v if isinstance(v, list) else [v] for key, v in values.items()}
    texts = [(key.strip("_").replace("_", "-"), t) for key, found in given.items() for t in found if isinstance(t, str)]
    options = {name for p in of.params for name in p.opts}
    blank = [
        Diagnostic("missing-value", f"{f'--{key}' if f'--{key}' in options else key} was given without a value.", key)
        for key, t in texts
        if not t.strip()
    ]
    if any(t.startswith("--") for _, t in texts):
        blank += [
            Diagnostic("missing-value", f"--{key} needs a value; {t.partition('=')[0]} is an option.", key, cut(t))
            for key, t in texts
            if t.partition("=")[0] in options
        ]
    if blank:
        raise QuestionError(blank)
