"""``mmopts``: from arguments to an exit code, and the one place where faults become messages.

Little is imported before `main` runs, so that an interrupt finds it there.
"""

from __future__ import annotations

import os
import sys

COMPLETE = "_MMOPTS_COMPLETE"
"""Set by a shell that asks for completions."""
INTERRUPTED = 130


def main() -> None:
    """The entry of the console script."""
    try:
        import gc

        gc.set_threshold(100_000, 50, 50)  # a run makes few cycles and much data; looking for cycles takes 5 ms of 60
        code = _run()
    except KeyboardInterrupt:
        code = INTERRUPTED
    partfiles = sys.modules.get("mmopts.partfiles")
    if partfiles is not None:
        partfiles.drop_all()  # an interrupt may have come between two steps of writing
    os._exit(code)  # nothing of a finished run needs to be taken apart, and every text was flushed when written


def _run() -> int:
    from mmopts.cli.environment import Environment
    from mmopts.cli.program import complete, run

    if os.environ.get(COMPLETE):
        return complete(COMPLETE)
    return run(sys.argv[1:], Environment.of_process())
