"""What SECURITY.md promises: no connection is opened, and no fact of a patient is written but where ``-o`` says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PATIENT = ("--prior", "len,btz", "--condition", "hepatitis-b", "--age", "77")
COMMANDS = (
    ("suggest", *PATIENT),
    ("suggest", *PATIENT, "--format", "html", "-o", "answer.html"),
    ("ask", *PATIENT, "--json"),
    ("dose", "DKd", *PATIENT),
    ("report", *PATIENT, "--case", "K-17", "-o", "board.html"),
    ("history", str(ROOT / "docs" / "first-relapse.yaml")),
    ("suggest", *PATIENT, "--condition", "nonsense"),
)
CLOSED = """
import socket, sys
def refuse(*_, **__):
    raise AssertionError("a connection was asked for")
socket.socket.connect = socket.socket.connect_ex = socket.create_connection = socket.getaddrinfo = refuse
from mmopts.cli.app import main
sys.argv = ["mmopts", *sys.argv[1:]]
main()
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home that is empty at first; what a command leaves there, the next ones find."""
    return tmp_path_factory.mktemp("home")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="homes and caches lie elsewhere there")
@pytest.mark.parametrize("command", COMMANDS, ids=[" ".join(c[:2]) for c in COMMANDS])
def test_no_connection_is_opened_and_nothing_is_written_but_what_was_asked_for(command, home, tmp_path):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "MMOPTS_"))} | {"HOME": str(home)}
    ran = subprocess.run(
        [sys.executable, "-c", CLOSED, *command], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert "AssertionError" not in ran.stderr
    assert ran.returncode == (2 if "nonsense" in command else 0), ran.stderr
    asked = [command[command.index("-o") + 1]] if "-o" in command else []
    assert sorted(p.name for p in tmp_path.rglob("*")) == asked
    kept = [p for p in home.rglob("*") if p.is_file()]
    assert not [p for p in kept if any(fact in p.read_bytes() for fact in (b"len,btz", b"K-17", b'"age":77', b"age: 77"))]
