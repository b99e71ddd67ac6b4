"""Streams, limits and interrupts: one patient's fault is its own, long input takes bounded room, none is a traceback."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from cli_runner import ASK, TINY, child, mmopts

import mmopts as library
from mmopts.cli.environment import Environment, Writer
from mmopts.cli.program import run
from mmopts.cli.progress import Progress
from mmopts.diagnostics import Exit, QuestionError

GOOD = b'{"prior": ["alpha"], "lines": 1}\n'
STREAM = ["suggest", "--patient", "-", "--format", "jsonl", "--kb", TINY]
FLOOD = 60_000
"""Characters of an error of any size of input."""


def stream(lines: bytes, *more: str, **variables: str):
    ran = mmopts(*STREAM, *more, stdin=lines, **variables)
    return ran, [json.loads(line) for line in ran.out.splitlines()]


# --- a fault in one patient ------------------------------------------------------------------------


def test_a_line_of_a_byte_order_mark_alone_gets_its_envelope():
    ran, told = stream(b"\xef\xbb\xbf\n" + GOOD)
    assert [(t["line"], t["schema"]) for t in told] == [(1, "mmopts.error/1"), (2, "mmopts.suggest/1")]
    assert (ran.code, ran.err) == (2, "")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--fields", "nothing"], "unknown-field"),
        (["--fields", "options.idd"], "unknown-field"),
        (["--region", "mars"], "bad-value"),
        (["--as-of", "soon"], "bad-value"),
        (["--prior", "qqqqzzzz"], "unknown-name"),
        (["--age", "900"], "bad-value"),
    ],
)
def test_a_fault_of_an_option_is_told_once_and_not_in_each_line(words, code):
    ran, told = stream(GOOD * 3, *words)
    assert (ran.code, told) == (2, [])
    assert [fault["code"] for fault in ran.errors] == [code]


def test_a_default_that_cannot_be_used_is_told_once_too():
    ran, told = stream(GOOD * 3, MMOPTS_UNAVAILABLE="qqqqzzzz")
    assert (ran.code, told, len(ran.errors)) == (2, [], 1)


def test_a_field_that_one_answer_lacks_by_chance_is_no_fault_of_the_run():
    _, told = stream(GOOD + b"{}\n", "--fields", "options.id,options.label_detail.us.product,patient.lines,names")
    assert [t["schema"] for t in told] == ["mmopts.suggest/1", "mmopts.error/1"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe", b"\x00", b"[" * 100_000, b'{"a":' * 50_000, b"null", b"[]", b'"x"', b"1e999", b'{"lines": 1e400}',
        b'{"lines": ' + b"9" * 10_000 + b"}", b'{"prior": ["\\ud800"]}', b'{"id": {}}', b'{"schema": "mmopts.x"}',
        b'{"prior": [[["alpha"]]]}', b'{"lines": NaN}', b'{"lines": 1, "lines": 1}', b'{"treatments": 3}',
        b"{" + b" " * 3_000_000 + b"}", b'{"' + b"k" * 100_000 + b'": 1}', b'{"prior": ["' + b"x" * 500_000 + b'"]}',
        b'{"last": ["nothing"]}', b'{"kb": "/etc/passwd"}',
    ],
    ids=lambda line: repr(line[:24]),
)  # fmt: skip
def test_no_line_ends_the_stream_or_floods_it(line):
    ran, told = stream(GOOD + line + b"\n" + GOOD)
    assert [t["line"] for t in told] == [1, 2, 3]
    assert [t["schema"] for t in told[::2]] == ["mmopts.suggest/1"] * 2
    assert told[1]["schema"] == "mmopts.error/1"
    assert (ran.code in (2, 3), len(ran.out.splitlines()[1]) < FLOOD) == (True, True)
    assert all(e["code"] != "internal" for e in told[1]["errors"])


def test_steroids_alone_as_the_last_line_are_answered_or_refused_and_no_fault_of_ours(kb):
    lines = (
        b'{"last": ["steroid"]}\n{"last": ["corticosteroid"], "prior": ["len"]}\n{"prior": ["steroid"], "strict": true}\n'
    )
    ran = mmopts(*STREAM[:5], stdin=lines)
    assert ran.code in (0, 2)
    assert [json.loads(line)["line"] for line in ran.out.splitlines()] == [1, 2, 3]


def test_a_fault_of_ours_in_one_patient_is_its_own(monkeypatch):
    from mmopts.cli import engine

    real, count = engine.about, iter(range(9))

    def sometimes(*given):
        if next(count) == 1:
            raise KeyError("corticosteroid")
        return real(*given)

    monkeypatch.setattr(engine, "about", sometimes)
    ran, told = stream(GOOD * 3)
    assert [t["schema"] for t in told] == ["mmopts.suggest/1", "mmopts.error/1", "mmopts.suggest/1"]
    assert (told[1]["errors"][0]["code"], told[1]["exit_code"], ran.code) == ("internal", 70, 70)


@pytest.mark.parametrize("limit", [-1, -100])
def test_a_limit_below_zero_is_refused_by_both_doors(limit, tiny):
    with pytest.raises(ValueError, match="0 or more"):
        library.suggest({"prior": ["alpha"]}, tiny, limit=limit)
    assert mmopts("suggest", "--prior", "alpha", "--kb", TINY, "--limit", str(limit)).code == 2


@pytest.mark.parametrize("facts", [{"last": ["nothing"]}, {"prior": [{}]}, {"lines": {"min": []}}, {1: 2}, {"prior": b"x"}])
def test_the_api_refuses_what_it_cannot_use_with_its_own_error(facts, kb):
    with pytest.raises(QuestionError):
        library.suggest(facts, kb)


# --- bounded ---------------------------------------------------------------------------------------


class Lines(io.RawIOBase):
    """`count` patients, made as they are read; `written` remembers how many answers were in the file by then."""

    def __init__(self, count: int, folder) -> None:
        self.left, self.folder = count, folder
        self.written: list[int] = []

    def readline(self, size: int | None = -1) -> bytes:
        self.left -= 1
        self.written.append(sum(p.read_bytes().count(b"\n") for p in self.folder.iterdir()))
        return GOOD if self.left >= 0 else b""


def test_a_stream_into_a_file_holds_no_answer_once_it_is_made(tmp_path):
    lines = Lines(12, tmp_path)
    env = Environment(lines, Writer(io.BytesIO()), Writer(io.BytesIO()), variables={"MMOPTS_CONFIG": ""})
    assert run([*STREAM, "-o", str(tmp_path / "out.jsonl")], env) == Exit.OK
    assert lines.written == list(range(13))
    assert [p.name for p in tmp_path.iterdir()] == ["out.jsonl"]


@pytest.mark.slow
def test_two_megabytes_of_unknown_keys_are_refused_soon_and_shortly():
    facts = {f"key{i}": 1 for i in range(130_000)}
    text = json.dumps(facts).encode()[:1_999_000].rpartition(b",")[0] + b"}"
    assert len(text) > 1_500_000
    start = time.process_time()
    for more in ([], ["--json"]):
        ran = mmopts("suggest", "--patient", "-", *more, stdin=text)
        assert (ran.code, ran.out, len(ran.err) < FLOOD) == (2, "", True)
    assert time.process_time() - start < 20  # seconds of work; a machine under load still does it


@pytest.mark.slow
@pytest.mark.parametrize("fact", ["prior", "refractory", "condition", "cytogenetics", "unavailable", "last", "intolerant"])
def test_a_hundred_thousand_unknown_words_are_refused_shortly(fact):
    text = json.dumps({fact: [f"word{i}" for i in range(100_000)]}).encode()
    for more in ([], ["--json"]):
        ran = mmopts("suggest", "--patient", "-", "--kb", TINY, *more, stdin=text)
        assert (ran.code, ran.out, len(ran.err) < FLOOD) == (2, "", True)


@pytest.mark.parametrize(
    "words",
    [["suggest", "--prior", "x" * 120_000], ["show", "y" * 120_000], ["z" * 120_000], ["suggest", "--" + "o" * 120_000]],
)
def test_a_very_long_word_is_refused_shortly(words):
    for more in ([], ["--json"]):
        ran = mmopts(*words, *more)
        assert (ran.code, ran.out, len(ran.err) < 3000) == (2, "", True)


@pytest.mark.slow
def test_the_faults_of_a_knowledge_base_are_told_shortly(tmp_path):
    file = tmp_path / "kb.yaml"
    file.write_text("extends: builtin\n" + "".join(f"key{i}: {i}\n" for i in range(20_000)), "utf-8")
    for more, most in ([], FLOOD), (["--json"], 500_000):
        ran = mmopts("suggest", *ASK, "--kb", str(file), *more)
        assert (ran.code, len(ran.err) < most) == (3, True)


# --- progress --------------------------------------------------------------------------------------


def watched(words, monkeypatch, *, terminal: bool, stdin: bytes = b"") -> tuple[str, str]:
    """Standard output and error of a run that somebody watches, in which each look at the clock takes three seconds."""
    clock = iter(range(0, 10**6, 3))
    monkeypatch.setattr("mmopts.cli.progress.monotonic", lambda: float(next(clock)))
    out, err = io.BytesIO(), io.BytesIO()
    env = Environment(io.BytesIO(stdin), Writer(out), Writer(err), terminal, variables={"MMOPTS_CONFIG": ""}, watched=True)
    assert run(words, env) == 0
    return out.getvalue().decode(), err.getvalue().decode()


@pytest.mark.parametrize("terminal", [True, False])
def test_a_comparison_of_knowledge_bases_shows_how_far_it_is_and_takes_that_away(monkeypatch, terminal):
    _, err = watched(["kb", "diff", TINY, TINY], monkeypatch, terminal=terminal)
    shown = [s.strip() for s in err.split("\r") if s.strip()]
    assert shown
    assert all(s.startswith("mmopts: ") and s.endswith(" patients") and " of " in s for s in shown)
    assert err.endswith("\r")


def test_a_comparison_that_nobody_watches_is_silent():
    assert mmopts("kb", "diff", TINY, TINY).err == ""


def test_a_stream_shows_how_far_it_is_unless_answers_stand_in_the_same_place(monkeypatch, tmp_path):
    lines = GOOD * 3
    assert "3 patients" in watched(STREAM, monkeypatch, terminal=False, stdin=lines)[1]
    assert watched(STREAM, monkeypatch, terminal=True, stdin=lines)[1] == ""
    assert "3 patients" in watched([*STREAM, "-o", str(tmp_path / "o")], monkeypatch, terminal=True, stdin=lines)[1]


def test_progress_that_cannot_be_shown_does_not_end_the_work():
    class Gone(io.RawIOBase):
        def write(self, data):
            raise OSError(errno.EIO, "gone")

    env = Environment(io.BytesIO(), Writer(io.BytesIO()), Writer(Gone()), watched=True)
    progress = Progress(env)
    for tell in (lambda: progress.tell(1, 1), lambda: progress.tell_of(1, 2), lambda: progress.tell_rows(1)):
        progress.start = progress.last = -100.0
        progress.width = 0
        tell()
        assert progress.width > 0  # it was tried
    progress.clear()


# --- interrupts and shells -------------------------------------------------------------------------


def test_little_is_imported_before_an_interrupt_is_taken():
    code = "import sys; had = set(sys.modules); import mmopts.cli.app; print(sorted(set(sys.modules) - had))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    wanted = ["__future__", "mmopts", "mmopts.cli", "mmopts.cli.app", "mmopts.version"]
    assert set(json.loads(done.stdout.replace("'", '"'))) <= set(wanted)


def test_an_interrupt_while_the_program_loads_leaves_with_130_in_silence():
    code = (
        "import builtins, sys; real = builtins.__import__\n"
        "def interrupted(name, *rest):\n"
        "    if name.startswith('mmopts.cli.environment'): raise KeyboardInterrupt\n"
        "    return real(name, *rest)\n"
        "import mmopts.cli.app; builtins.__import__ = interrupted; mmopts.cli.app.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("delay", [0.05, 0.1, 0.2, 0.4])
def test_an_interrupt_at_any_time_gives_no_half_answer(delay):
    process = subprocess.Popen(
        [sys.executable, "-m", "mmopts", "suggest", *ASK, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "MMOPTS_CONFIG": ""},
    )
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode in (0, 130, 1, -signal.SIGINT)  # 1, -2: Python itself was not up yet
    assert b"mmopts/cli/" not in err
    if process.returncode == 0:
        assert json.loads(out)["schema"] == "mmopts.suggest/1"


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["complete_bash", "complete_zsh", "complete_fish", "source_bash", "nonsense", "_", "\t"])
@pytest.mark.parametrize(
    "variables", [{}, {"COMP_WORDS": "", "COMP_CWORD": ""}, {"COMP_WORDS": "mmopts '", "COMP_CWORD": "x"}]
)
def test_completion_with_odd_variables_gives_no_traceback(shell, variables):
    ran = child(_MMOPTS_COMPLETE=shell, **variables)
    assert (ran.code in (0, 1, 2), "Traceback" in ran.err) == (True, False)


def test_completion_with_an_empty_variable_is_no_completion():
    assert child("--version", _MMOPTS_COMPLETE="").out.startswith("mmopts ")


@pytest.mark.slow
@pytest.mark.parametrize("locale", ["C", "POSIX", "xx_XX.nonsense"])
@pytest.mark.parametrize("coding", ["", "ascii", "latin-1", "utf-16"])
def test_no_locale_and_no_coding_of_the_streams_gives_a_traceback(locale, coding):
    ran = subprocess.run(
        [sys.executable, "-m", "mmopts", "suggest", *ASK, "--prior", "ü"],
        capture_output=True,
        check=False,
        timeout=60,
        env={**os.environ, "LC_ALL": locale, "PYTHONIOENCODING": coding, "MMOPTS_CONFIG": "", "PYTHONUTF8": "0"},
    )
    assert (ran.returncode, b"Traceback" in ran.stderr) == (2, False)


# --- streams that are closed or full ---------------------------------------------------------------

SHUT = ["<&-", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", ">/dev/full", "2>/dev/full", ">/dev/full 2>&-"]
TALK = [
    "suggest --prior alpha --json", "suggest --prior foo", "suggest --patient -", "ask --interactive", "history --new",
    "explain AB --prior alpha", "config", "kb check {kb}", "--version", "--help", "--show-completion", "schema suggest",
    "cohort {csv} -o - --to csv --max-rejects 50", "cohort {csv} -o - --to parquet --max-rejects 50",
    "cohort {csv} -o {out} --max-rejects 50", "cohort {csv} -o {out} --rejects - --max-rejects 50",
    "cohort {csv} -o {out} --summary - --max-rejects 50", "cohort - --from csv -o {out}", "cohort - --from jsonl -o {out}",
    "cohort - --from parquet -o {out}", "cohort {csv} -o {out} --facts -", "cohort --sql sqlite",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no device that is always full")
@pytest.mark.parametrize("words", TALK)
def test_a_stream_that_is_closed_or_full_is_no_fault_of_ours_and_costs_no_answer(words, tmp_path):
    table, out = tmp_path / "in.csv", tmp_path / "out.csv"
    table.write_text("id,prior\n1,alpha\n2,foo\n", "utf-8")
    command = words.format(csv=table, out=out, kb=TINY)
    variables = {"HOME": str(tmp_path), "MMOPTS_CONFIG": "", "MMOPTS_KB": "" if "--version" in words else TINY}

    def code(shut: str) -> int:
        line = f"{sys.executable} -m mmopts {command} {shut}"
        ran = subprocess.run(
            ["sh", "-c", line], env={**os.environ, **variables}, capture_output=True, timeout=100, check=False
        )
        assert b"Traceback" not in ran.stderr + ran.stdout
        assert b"ignored" not in ran.stderr
        return ran.returncode

    usual = code("</dev/null")
    assert usual in (0, 2, 3)
    for shut in SHUT:
        # What only goes with the answer is not needed for it; the answer itself is.
        assert code(shut) in ({usual} if shut in ("2>&-", "2>/dev/full") else {usual, 2}), shut


def test_the_option_that_installs_completion_takes_no_word():
    for option in ("--install-completion", "--show-completion"):
        ran = mmopts(option, "zsh")
        assert (ran.code, ran.out) == (2, "")
        assert "'zsh'" in ran.err


@pytest.mark.skipif(not os.path.exists("/proc/self"), reason="there is no folder in which nobody may write")
def test_completion_that_cannot_be_installed_is_no_fault_of_ours():
    # The shell is named, since none may be found where the tests run.
    ran = child("--install-completion", "bash", HOME="/proc", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert ran.code == 2
    assert "/proc/" in ran.err
