"""``mmopts config``: the defaults of this place, where each comes from, and setting them."""

import json
import os
from typing import Annotated, Any

import typer

from mmopts.cli import engine, settings
from mmopts.cli.declare import Values, command, house
from mmopts.cli.environment import Environment
from mmopts.cli.given import loaded, of_default
from mmopts.cli.options import File, Json, raise_if
from mmopts.cli.output import Output, output_given, put_text
from mmopts.diagnostics import Diagnostic, QuestionError, cannot_write, in_quotes

app = house()
EXAMPLES = (
    "mmopts config",
    "mmopts config region eu",
    "mmopts config unavailable car-t,bispecific",
    "mmopts config --unset region",
)
FORMS = ("table", "json")


@command(app, {"json": Json, "output": File}, examples=EXAMPLES)
def config(
    env: Environment,
    given: Values,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="region, unavailable, kb or columns.", autocompletion=lambda: list(settings.NAMES)
        ),
    ] = None,
    value: Annotated[list[str] | None, typer.Argument(metavar="VALUE", help="What it is to be from now on.")] = None,
    unset: Annotated[bool, typer.Option("--unset", help="Forget this default.")] = False,
) -> None:
    """The defaults of this place: shown, or set in a small file. They never hold facts about a patient."""
    problems: list[Diagnostic] = []
    output = output_given(given, problems, forms=FORMS)
    if unset and (name is None or value):
        problems.append(Diagnostic("missing-argument", "--unset takes the name of one default.", "NAME"))
    raise_if(problems)
    if name is not None and (value or unset):
        _change(env, name, value or [])
    elif name is not None and name not in settings.NAMES:
        settings.checked(name, None, "config")
    _show(env, output, name)


def _change(env: Environment, name: str, value: list[str]) -> None:
    """Set a default in the file, or remove it if no value is given."""
    path = settings.place(env)
    if not path:
        raise QuestionError(
            [
                Diagnostic(
                    "cannot-write",
                    f"there is no file to keep it in: {settings.FILE} is empty, or the home folder has no full path.",
                    "config",
                )
            ]
        )
    kept = settings.read(path, but=name)
    if value:
        kept[name] = settings.from_words(value, name, "config")
        if name == "kb":
            kept[name] = os.path.abspath(_told(kept[name]))
            loaded(kept[name], "config")
        if name == "unavailable":
            kb = engine.load_knowledge(settings.knowledge_path(env))
            raise_if([of_default(p, "config") for p in engine.word_faults(name, kept[name], kb)])
    elif name not in settings.NAMES:
        settings.checked(name, None, "config")
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error.strerror, "config") from None
    text = "".join(f"{key} = {json.dumps(kept[key], ensure_ascii=False)}\n" for key in settings.NAMES if key in kept)
    put_text(f"# Defaults of mmopts for this place; mmopts config shows them.\n{text}", Output(file=path), env)


def _told(path: str) -> str:
    """A path that can be written down. Raises QuestionError for one whose bytes are no text."""
    if path.isprintable():
        return path
    raise QuestionError(
        [Diagnostic("bad-value", f"{in_quotes(path)} is no name that a file of defaults can keep.", "kb", path)]
    )


def _show(env: Environment, output: Output, name: str | None) -> None:
    """Print one default, or all of them and the file that keeps them."""
    found, path = settings.defaults(env), settings.place(env)
    names = [name] if name else list(settings.NAMES)
    if output.format == "json":
        kept = [(key, *_value_and_origin(found.get(key)), settings.variable(key), settings.NAMES[key]) for key in names]
        answer = engine.defaults_answer(kept, path or None)
        put_text(engine.json_text(answer, pretty=env.terminal and output.file is None), output, env)
        return
    lines = [f"{key:13}{_words(found.get(key))}" for key in names]
    if name is None:
        there = "" if path and os.path.exists(path) else " (not there yet)"
        lines.append(f"{'file':13}{path or 'none'}{there}")
    put_text("".join(f"{engine.plain(line)}\n" for line in lines), output, env)


def _value_and_origin(found: settings.Default | None) -> tuple[Any, str | None]:
    return (None, None) if found is None else (found.value, found.origin)


def _words(found: settings.Default | None) -> str:
    """A default and where it comes from, in words."""
    if found is None:
        return "not set"
    value = ", ".join(found.value) if isinstance(found.value, list) else str(found.value)
    return f"{value}  ({found.origin})"
