"""Files: nothing is written but what was asked for, nothing planted is followed or believed, nothing is read without end."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from cli_runner import ASK, TINY, child, mmopts
from conftest import HERE

import mmopts as library
from mmopts.answers.form import to_data
from mmopts.knowledge import kept

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="links, pipes, owners and modes of POSIX")
JSON = ["suggest", *ASK, "--json"]
READ_ANEW = f"{HERE}/./tiny.yaml"  # not the name under which the runner keeps it from run to run
TINY_JSON = ["suggest", "--prior", "alpha", "--kb", READ_ANEW, "--json"]
EVERY = [
    ["suggest", *ASK], ["ask", *ASK], ["explain", "DKd", *ASK], ["dose", "DRd", "--crcl", "25"], ["show", "DKd"],
    ["compare", "DKd", "Isa-Kd"], ["list"], ["drugs", "len"], ["facts"], ["sources"], ["guidance"], ["schema", "suggest"],
    ["schema", "patient"], ["schema", "kb"], ["frailty", "--age", "82"], ["risk", "--b2m", "4"], ["config"],
    ["kb", "check", TINY], ["kb", "diff", TINY, TINY], ["history", "-"], ["--version"], ["--help"], [],
]  # fmt: skip
TREATED = json.dumps({"treatments": [{"regimen": "VRd", "start": "2021-03", "end": "2021-08"}]}).encode()


# --- nothing leaks ---------------------------------------------------------------------------------


def close_sockets(monkeypatch):
    """From here on a socket is a fault."""

    class Closed(socket.socket):
        def __init__(self, *_, **__):
            pytest.fail("a socket was opened")

    monkeypatch.setattr(socket, "socket", Closed)
    for name in ("create_connection", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, Closed)


@pytest.mark.slow
@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_no_command_opens_a_socket_or_writes_a_file(words, tmp_path, monkeypatch):
    library.load(TINY)  # the cache is the one file that may be written
    close_sockets(monkeypatch)
    monkeypatch.chdir(tmp_path)
    written = []
    real = os.open

    def opened(path, flags, *rest, **more):
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            written.append(str(path))
        return real(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", opened)
    ran = mmopts(*words, stdin=TREATED, MMOPTS_DEBUG="1")
    assert (ran.code, ran.err) == (0, "")
    assert [p for p in written if kept.folder() not in p] == []
    assert list(tmp_path.iterdir()) == []


def test_cohort_opens_no_socket_and_writes_only_what_is_named(tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    close_sockets(monkeypatch)
    (tmp_path / "in.csv").write_text("id,prior\na,len\nb,btz\n", "utf-8")
    ran = mmopts("cohort", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"))
    assert (ran.code, sorted(p.name for p in tmp_path.iterdir())) == (0, ["in.csv", "out.csv"])


SECRETS = {"id": "Ms-Secretname", "prior": ["pomalidomide"], "age": 77, "crcl": 41.5, "condition": ["hepatitis-b"]}


@pytest.mark.parametrize("fault", [{"lines": "many"}, {"refractory": ["lenx"]}, {"unknown_key": 1}, {"as_of": "soon"}])
def test_an_error_tells_no_fact_of_the_patient_but_the_word_at_fault(fault):
    ran = mmopts("suggest", "--patient", "-", "--json", stdin=json.dumps({**SECRETS, **fault}).encode())
    assert ran.code == 2
    for word in ("Secretname", "77", "41.5", "hepatitis-b"):
        assert word not in ran.err + ran.out


@pytest.mark.parametrize(
    "text", ["prior: [pomalidomide]\nage: [77\n", '{"prior": ["pomalidomide"], "age": 77', "prior: &a x\n"]
)
def test_a_file_that_cannot_be_read_is_not_quoted(text):
    ran = mmopts("suggest", "--patient", "-", stdin=text.encode())
    assert (ran.code, "pomalidomide" in ran.err, "77" in ran.err) == (2, False, False)


def test_a_fault_of_ours_tells_no_fact_of_the_patient_in_print(monkeypatch):
    def broken(*_):
        raise KeyError("x" * 5000)

    monkeypatch.setattr("mmopts.cli.engine.about", broken)
    ran = mmopts("suggest", *ASK)
    assert (ran.code, len(ran.err) < 600) == (70, True)


# --- planted ---------------------------------------------------------------------------------------


@POSIX
def test_links_planted_at_guessed_names_are_not_followed(tmp_path):
    prize = tmp_path / "prize"
    prize.write_text("mine", "utf-8")
    target = tmp_path / "out.json"
    for name in (
        f"out.json.{os.getpid()}.part",
        "out.json.part",
        ".out.json.tmp",
        "out.json.tmp",
        f".out.json.{os.getpid()}",
    ):
        (tmp_path / name).symlink_to(prize)
    assert mmopts(*JSON, "-o", str(target)).code == 0
    assert (prize.read_text("utf-8"), target.is_symlink()) == ("mine", False)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The cache file of the small knowledge base as the program made it; and the answer that is right."""
    home = tmp_path_factory.mktemp("made") / "cache"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(home))
        right = mmopts(*TINY_JSON)
    assert right.code == 0
    (file,) = (home / "mmopts").glob("*.json")
    return file, right


@pytest.fixture
def cached(made, tmp_path, monkeypatch):
    """The same in a cache of its own, which may be spoilt."""
    file, right = made
    shutil.copytree(file.parents[1], tmp_path / "cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "mmopts" / file.name, right


def tampered(file: Path) -> str:
    """The compiled text with another name for a regimen, and the old hash."""
    said, text = file.read_text("utf-8").split("\n", 1)
    return said + "\n" + text.replace("alpha", "aleph")


@pytest.mark.slow
@pytest.mark.parametrize(
    "spoil", ["", "\n", "\n\n", "{}", "[]", "null\nnull", "tampered", "\x00" * 100, "cut", "{" * 100_000]
)
def test_a_spoilt_cache_is_passed_over_and_made_anew(cached, spoil):
    file, right = cached
    good = file.read_bytes()
    text = {"tampered": tampered(file), "cut": file.read_text("utf-8")[:-200]}.get(spoil, spoil)
    file.write_text(text, "utf-8")
    assert mmopts(*TINY_JSON) == right
    assert file.read_bytes() == good


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", ["{}\n{}", "[]\n[]", "1\n1", '{"format": 6}\n{}', '{"format": 6, "fields": {}}\n{}', "x", "\n"]
)
def test_a_cache_with_a_right_hash_and_nonsense_in_it_is_made_anew(cached, text):
    file, right = cached
    file.write_bytes(kept._hash(text.encode()) + b"\n" + text.encode())
    assert mmopts(*TINY_JSON) == right


@POSIX
@pytest.mark.parametrize("mode", [0o666, 0o620, 0o602])
def test_a_cache_that_others_may_write_is_not_believed(cached, mode, monkeypatch):
    file, _ = cached
    assert kept.read_kept(file.stem) is not None
    file.chmod(mode)
    assert kept.read_kept(file.stem) is None
    file.chmod(0o600)
    file.parent.chmod(0o777)
    assert kept.read_kept(file.stem) is None
    file.parent.chmod(0o700)
    assert kept.read_kept(file.stem) is not None
    monkeypatch.setattr(os, "geteuid", lambda: file.stat().st_uid + 1)
    assert kept.read_kept(file.stem) is None


@pytest.mark.slow
@POSIX
@pytest.mark.parametrize("kind", ["fifo", "link", "folder", "folder-link"])
def test_a_cache_that_is_no_ordinary_file_is_neither_believed_nor_waited_for(cached, kind, tmp_path):
    file, right = cached
    other = tmp_path / "other"
    if kind == "folder-link":
        file.parent.rename(other)
        file.parent.symlink_to(other)
    else:
        file.rename(other)
        make = {"fifo": lambda: os.mkfifo(file), "link": lambda: file.symlink_to(other), "folder": file.mkdir}
        make[kind]()
    assert kept.read_kept(file.stem) is None
    ran = child(*TINY_JSON)
    assert (ran.code, ran.out) == (0, right.out)


@POSIX
def test_a_cache_is_the_users_own(made):
    file, _ = made
    assert [stat.S_IMODE(p.stat().st_mode) for p in (file.parent, file)] == [0o700, 0o600]
    assert [p.name for p in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("home", ["/dev/null", "/proc/none", "relative"])
def test_a_cache_that_cannot_be_written_is_done_without(home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", home)
    assert mmopts(*TINY_JSON).code == 0
    assert not (tmp_path / "relative").exists()


# --- lost output -----------------------------------------------------------------------------------


@POSIX
def test_a_process_substitution_gets_the_whole(tmp_path):
    if not os.path.exists("/dev/fd") or not os.path.exists("/bin/bash"):
        pytest.skip("no process substitution here")
    kept_at = tmp_path / "kept"
    line = f'"{sys.executable}" -m mmopts {" ".join(JSON)} -o >(cat > "{kept_at}"); code=$?; wait; exit $code'
    done = subprocess.run(["/bin/bash", "-c", line], capture_output=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(kept_at.read_text("utf-8"))["schema"] == "mmopts.suggest/1"


@POSIX
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_head_with_pipefail_sees_141(unbuffered):
    if not os.path.exists("/bin/bash"):
        pytest.skip("no bash here")
    line = f'set -o pipefail; "{sys.executable}" -m mmopts {" ".join(JSON)} | head -c 10'
    variables = {**os.environ, "PYTHONUNBUFFERED": unbuffered, "MMOPTS_CONFIG": ""}
    done = subprocess.run(["/bin/bash", "-c", line], capture_output=True, check=False, timeout=120, env=variables)
    assert (done.returncode, len(done.stdout), done.stderr) == (141, 10, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no device that is always full")
@pytest.mark.parametrize(
    "words", [["list"], ["schema", "kb"], ["kb", "check", TINY], ["facts", "--format", "html"], ["config"]]
)
def test_a_full_device_named_by_o_is_a_fault_of_the_place(words):
    ran = mmopts(*words, "--output", "/dev/full")
    assert (ran.code, ran.out, "cannot write '/dev/full': No space left on device." in ran.err) == (2, "", True)


# --- read without end ------------------------------------------------------------------------------


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="there is no device without an end")
@pytest.mark.parametrize(
    "words",
    [
        ["kb", "check", "/dev/zero"], ["kb", "diff", "builtin", "/dev/zero"], ["suggest", *ASK, "--kb", "/dev/zero"],
        ["suggest", "--patient", "/dev/zero"], ["kb", "format", "/dev/zero", "--check"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_device_without_an_end_is_read_with_a_bound(words):
    ran = mmopts(*words)
    assert (ran.code, len(ran.err) < 1000) == (2 if "--patient" in words else 3, True)


@POSIX
def test_a_pipe_as_knowledge_base_or_patient_is_read(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text('{"prior": ["len"]}', "utf-8"))
    writer.start()
    ran = mmopts("suggest", "--patient", str(pipe), "--json")
    writer.join(30)
    assert ran.json["patient"]["prior"] == ["lenalidomide"]


def test_the_api_writes_nothing_and_answers_as_the_command_does(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kb = library.load(TINY)
    answer = library.suggest({"prior": ["alpha"]}, kb)
    assert to_data(answer) == mmopts(*TINY_JSON).json
    assert list(tmp_path.iterdir()) == []
