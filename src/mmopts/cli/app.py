"""``mmopts``: from arguments to an exit code, and the one place where faults become messages."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

from mmopts import __version__
from mmopts.cli.command import Command, Group, Values, refuse_blank
from mmopts.cli.environment import Environment
from mmopts.cli.output import UnwritableError, complain, wants_json
from mmopts.cli.parse import parse
from mmopts.cli.table import COMMANDS, EXAMPLES, find
from mmopts.diagnostics import Exit, MmoptsError, Problem, QuestionError

COMPLETE = "_MMOPTS_COMPLETE"
"""Set by a shell that asks for completions."""


def run(arguments: Sequence[str], env: Environment) -> int:
    """Run a command line; the exit code."""
    as_json = wants_json(arguments)
    try:
        if not arguments:
            env.stdout.write(_short_help())
            return Exit.OK
        sound = _read(arguments)
        if sound is not None:
            command, values = sound
            refuse_blank(values)
            return int(command.run(env, values) or Exit.OK)
        from mmopts.cli.help import invoke

        return invoke(arguments, env)
    except MmoptsError as error:
        complain(error, as_json, env, _hint(arguments) if error.exit_code == Exit.USAGE else "")
        return int(error.exit_code)
    except BrokenPipeError:
        return Exit.PIPE
    except UnwritableError as error:
        complain(QuestionError([Problem("cannot-write", f"cannot write the answer: {error}.", "output")]), as_json, env)
        return Exit.USAGE
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except Exception as error:
        if env.variables.get("MMOPTS_DEBUG"):
            raise
        complain(_fault_of_ours(error), as_json, env)
        return Exit.INTERNAL


def _read(arguments: Sequence[str]) -> tuple[Command, Values] | None:
    """The command and its values, if the command line is in order."""
    found, rest = find(arguments[0]), list(arguments[1:])
    if isinstance(found, Group):
        found, rest = found.commands.get(rest[0] if rest else ""), rest[1:]
    values = parse(found, rest) if isinstance(found, Command) else None
    return (found, values) if isinstance(found, Command) and values is not None else None


def _short_help() -> str:
    shown = "\n".join(f"  {line}" for line in EXAMPLES)
    return (
        f"mmopts {__version__}: which multiple myeloma regimens are open to a patient, and why.\n\n{shown}\n\n"
        f"Commands: {', '.join(COMMANDS)}.\nmmopts --help tells more; mmopts COMMAND --help about one of them.\n"
    )


def _hint(arguments: Sequence[str]) -> str:
    known = [a for a in arguments[:1] if a in COMMANDS]
    return f"Try: {' '.join(['mmopts', *known, '--help'])}"


def _fault_of_ours(error: Exception) -> MmoptsError:
    return MmoptsError(
        [
            Problem(
                "internal",
                f"a fault of mmopts, not of yours ({type(error).__name__}: {str(error)[:120]}). "
                "Please report it with this message and the version; MMOPTS_DEBUG=1 shows where it happened.",
            )
        ]
    )


def main() -> None:
    """The entry of the console script."""
    gc.set_threshold(100_000, 50, 50)  # a run makes few cycles and much data; looking for cycles takes 5 ms of 60
    env = Environment.of_process()
    arguments = sys.argv[1:]
    if COMPLETE in os.environ:
        from mmopts.cli.help import complete

        complete(arguments)
    _leave(run(arguments, env), env)


def _leave(code: int, env: Environment) -> None:
    """Leave at once: nothing of a finished run needs to be taken apart."""
    try:
        env.stdout.flush()
        env.stderr.flush()
    except BrokenPipeError:
        code = Exit.PIPE
    except (OSError, ValueError):
        code = code or Exit.USAGE
    os._exit(code)
