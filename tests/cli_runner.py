"""Runs a command line as a user would: in this process with streams of its own, or in a process of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from typing import Any, NamedTuple

from bases import TINY, builtin, tiny_base

from mmopts.cli import engine
from mmopts.cli.environment import Environment, Writer
from mmopts.cli.program import run
from mmopts.codes import CODES
from mmopts.knowledge.records import Knowledge

KNOWN = {row.code for row in CODES}
ASK = ("--prior", "len,btz", "--frail")


_load = engine.load_knowledge


def load_once(path: str | None) -> Knowledge:
    """The built-in knowledge base and the tiny one are loaded once for all runs in this process, others each time."""
    return builtin() if path is None else tiny_base() if path == TINY else _load(path)


engine.load_knowledge = load_once


class Ran(NamedTuple):
    """What a run left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON document."""
        return json.loads(self.out)

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The errors of the one document on standard error."""
        assert self.err.count("\n") == 1
        document = json.loads(self.err)
        assert document["schema"] == "mmopts.error/1"
        assert document["exit_code"] == self.code
        found: list[dict[str, Any]] = document["errors"]
        assert [e["code"] for e in found if e["code"] not in KNOWN] == []
        return found


def mmopts(
    *words: str, stdin: bytes = b"", terminal: bool = False, width: int = 100, colour: bool = False, **variables: str
) -> Ran:
    """Run in this process, without the defaults of whoever runs the tests."""
    out, err = io.BytesIO(), io.BytesIO()
    variables = {"MMOPTS_CONFIG": "", **variables}
    code = run(words, Environment(io.BytesIO(stdin), Writer(out), Writer(err), terminal, width, colour, variables))
    return Ran(code, out.getvalue().decode(), err.getvalue().decode())


def child(*words: str, stdin: bytes = b"", **variables: str) -> Ran:
    """Run in a process of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MMOPTS_")}
    done = subprocess.run(
        [sys.executable, "-m", "mmopts", *words],
        input=stdin,
        capture_output=True,
        env={**kept, "MMOPTS_CONFIG": "", **variables},
        timeout=120,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
