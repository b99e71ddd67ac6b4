"""Keeps the pages true: runs the commands that they show, and writes or checks their output.

    python tools/readme.py --write      put fresh output into the pages
    python tools/readme.py --check      say where a page differs from the program; exit 1 if one does
    python tools/readme.py --commands   the README's commands as one script, in order (the continuous check runs it)

The info string of a fenced block says what it is: ``sh run`` and ``python run`` are commands; ``text output``
(or ``json output``) below one is what it prints at a terminal 100 columns wide, with ``from=A`` and ``until=B,C``
from and up to a line that begins with one of these words; ``yaml file=PATH`` shows a file. Each
block runs by itself in an empty folder that has `docs/`: what it writes stays out of the repository. Programs come from
PATH, `python` and `mmopts` from beside the Python that runs this.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from terminal import at_terminal

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
OPTIONAL = ("jq",)
PAGES = (README, *(ROOT / "docs" / f"{name}.md" for name in ("tutorial", "patient-file")))
NO_PAGER = {"PAGER": "cat"}
SETTING_UP = ("pip install", "/activate")
"""Blocks with one of these make the environment, or change it."""
_FENCE = re.compile(r"^```(?P<info>[^\n`]+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_ESCAPE = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07|[()][A-Z0-9])")


class Block(NamedTuple):
    """A fenced block: its language, what follows the language in the info string, and its text and place."""

    language: str
    mark: str
    body: str
    start: int
    end: int


class Shown(NamedTuple):
    """A block whose text is made elsewhere, and the block of commands that prints it (None: a file)."""

    block: Block
    by: Block | None


def blocks(text: str) -> list[Block]:
    """The marked fenced blocks of a page, in order."""
    out = []
    for found in _FENCE.finditer(text):
        language, _, mark = found["info"].strip().partition(" ")
        if mark:
            out.append(Block(language, mark.strip(), found["body"], found.start("body"), found.end("body")))
    return out


def shown(text: str) -> list[Shown]:
    """The blocks whose text is generated."""
    out, last = [], None
    for block in blocks(text):
        if block.mark == "run":
            last = block
        elif block.mark.split()[0] == "output":
            if last is None:
                raise ValueError("an output block stands before any command")
            out.append(Shown(block, last))
        elif block.mark.startswith("file="):
            out.append(Shown(block, None))
        else:
            raise ValueError(f"unknown mark in a fenced block: {block.mark}")
    return out


def script(block: Block) -> str:
    """A block of commands as shell script."""
    return block.body if block.language == "sh" else f"python - <<'PYTHON'\n{block.body}PYTHON\n"


def missing(block: Block) -> str | None:
    """A program that the block needs besides Python and mmopts, and that is not installed here."""
    return next((name for name in OPTIONAL if f"| {name} " in block.body and not shutil.which(name)), None)


def sets_up(block: Block) -> bool:
    """Whether a block makes or changes the environment that the others run in."""
    return any(mark in block.body for mark in SETTING_UP)


def environment(colour: bool = False) -> dict[str, str]:
    """The environment of a command: no defaults of this place, and `mmopts` from beside this Python."""
    beside = os.path.dirname(os.path.abspath(sys.executable))
    gone = ("FORCE_COLOR", "CLICOLOR_FORCE", "NO_COLOR", "XDG_CONFIG_HOME")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MMOPTS_") and k not in gone}
    plain = {} if colour else {"NO_COLOR": "1"}
    path = beside + os.pathsep + kept.get("PATH", "")
    return {**kept, **plain, "PATH": path, "PYTHONUTF8": "1", "XDG_CONFIG_HOME": str(ROOT / ".nowhere")}


def printed(commands: str) -> str:
    """What commands print at a terminal, without colours. Raises CalledProcessError if they fail."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "docs", Path(folder) / "docs")
        code, raw = at_terminal(["bash", "-euo", "pipefail", "-c", commands], {**environment(), **NO_PAGER}, Path(folder))
    text = _ESCAPE.sub("", raw.decode()).replace("\r\n", "\n")
    if code:
        raise subprocess.CalledProcessError(code, commands, text)
    return "\n".join(line.rstrip() for line in text.strip("\n").split("\n")) + "\n"


def fresh(item: Shown) -> str:
    """What a generated block should say now."""
    if item.by is None:
        return (ROOT / item.block.mark.removeprefix("file=")).read_text("utf-8")
    out = printed(script(item.by))
    wanted = dict(word.split("=", 1) for word in item.block.mark.split()[1:])
    return cut(out, wanted.get("from", ""), wanted.get("until", ""), item.by.body)


def cut(text: str, start: str, end: str, by: str) -> str:
    """The lines from the one that begins with a word of `start` to before the next that begins with one of `end`."""
    lines = text.splitlines()
    places = []
    for words, first in ((start, 0), (end, len(lines))):
        found = [i for i, line in enumerate(lines) if line.startswith(tuple(words.split(",")))] if words else [first]
        found = [i for i in found if not places or i > places[0]]
        if not found:
            raise ValueError(f"no line begins with {words!r}: {by}")
        places.append(found[0])
    body = "\n".join(lines[places[0] : places[1]]).rstrip()
    return f"{'...' + chr(10) if start else ''}{body}\n{'...' + chr(10) if end else ''}"


def rewritten(text: str) -> str:
    """The page with every generated block made anew; one whose program is missing here stays."""
    for item in reversed(shown(text)):
        if item.by is None or not missing(item.by):
            text = text[: item.block.start] + fresh(item) + text[item.block.end :]
    return text


def commands(text: str) -> str:
    """Every block of commands as one script that says what it runs."""
    out = ["set -euo pipefail"]
    for block in blocks(text):
        if block.mark == "run":
            gone = missing(block)
            head = f"README: skipped, no {gone} here:" if gone else "README:"
            out.append(f"printf '%s\\n' {shlex.quote(head)} {shlex.quote(block.body.rstrip())}")
            if not gone:
                out.append(script(block).rstrip())
    return "\n".join(out) + "\n"


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Write or check the output that the pages show.")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--write", action="store_true", help="put fresh output into the pages")
    chosen.add_argument("--check", action="store_true", help="say where a page differs from the program (the default)")
    chosen.add_argument("--commands", action="store_true", help="print the README's commands as one script")
    asked = parser.parse_args()
    if asked.commands:
        print(commands(README.read_text("utf-8")), end="")
        return 0
    code = 0
    for page in PAGES:
        text = page.read_text("utf-8")
        new = rewritten(text)
        if asked.write:
            page.write_text(new, encoding="utf-8")
        elif new != text:
            old, wanted = text.splitlines(keepends=True), new.splitlines(keepends=True)
            sys.stdout.writelines(difflib.unified_diff(old, wanted, page.name, "the program"))
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
