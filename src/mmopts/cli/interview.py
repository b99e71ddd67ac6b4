"""``mmopts ask --interactive``: questions and answers at a terminal, by keyboard alone, on any terminal.

It reads whole lines, so that the terminal's own editing works, and writes lines of text without moving the cursor.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mmopts.cli import engine
from mmopts.cli.environment import Environment
from mmopts.cli.faults import message_lines
from mmopts.cli.output import Output, put_text, rendered
from mmopts.diagnostics import Diagnostic, QuestionError

if TYPE_CHECKING:
    from mmopts.answers.interview import Interview
    from mmopts.record import Record

UNKNOWN, BACK, STOP, HELP = ("u", "unknown"), ("b", "back"), ("q", "stop", "quit"), ("?", "h", "help")
LONGEST = 10_000
"""The most bytes read of one answer."""
_INTRO = "A question at a time. u: unknown; b: back; q: stop and see the answer; ?: this line again.\n"


def at_keyboard(env: Environment) -> None:
    """Raise QuestionError unless somebody sits at a terminal, for reading and for writing."""
    if not (env.terminal and env.stdin.isatty()):
        text = (
            "--interactive asks at a terminal; here standard input or standard output is none. "
            "mmopts ask without it lists the questions."
        )
        raise QuestionError([Diagnostic("no-terminal", text, "interactive", None, ["mmopts ask"])])


def converse(talk: Interview, env: Environment) -> None:
    """Ask until nothing is left to ask, or until it is stopped."""
    env.say(_INTRO)
    while (prompt := talk.prompt()) is not None:
        env.say("\n" + _text(prompt, env))
        while (word := _line(env)) is not None and not _took(word, talk, env):
            pass
        if word is None or word.casefold() in STOP:
            return
    env.say("\nNothing is left to ask: no answer would change a verdict.\n")


def _took(word: str, talk: Interview, env: Environment) -> bool:
    """Take one answer; False if it could not be used and the same question is asked again."""
    key = word.casefold()
    if key in STOP:
        return True
    if not word or key in HELP:
        env.say(_INTRO)
        return False
    if key in BACK:
        if not talk.back():
            env.say("This is the first question.\n")
            return False
        return True
    if key in UNKNOWN:
        talk.unknown()
        return True
    try:
        moved = talk.answer(word)
    except QuestionError as error:
        env.say("".join(f"{line}\n" for line in message_lines(error)))
        return False
    env.say(_text(moved, env))
    return True


def _line(env: Environment) -> str | None:
    """The next answer; None at the end of the input."""
    env.say("> ")
    raw = env.stdin.readline(LONGEST)
    if not raw:
        env.say("\n")
        return None
    return raw.decode("utf-8", "replace").strip()


def _text(record: Record, env: Environment) -> str:
    return engine.render(record, "terminal", frozenset(), env.width, env.colour)


def conclude(talk: Interview, output: Output, env: Environment) -> None:
    """The answer, the command line that gives it again, and, if a file was named, the patient file."""
    if not talk.said:
        env.say("Nothing was said of the patient, so there is nothing to answer.\n")
        return
    shown = output._replace(file=None)
    put_text("\n" + rendered(talk.about.suggest(), shown, env), shown, env)
    env.say(f"\nThe same again:\n  mmopts suggest {talk.options}\n")
    if output.file is not None:
        put_text(patient_text(talk.facts), output, env)
        env.say(f"Written to {engine.plain(output.file)}: mmopts suggest --patient {engine.plain(output.file)}\n")


def patient_text(facts: dict[str, Any]) -> str:
    """A patient file: YAML, of which each value is JSON."""
    return "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in facts.items())
