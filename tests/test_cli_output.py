"""Where an answer goes: whole, or with a fault that says so; and less of it on demand."""

from __future__ import annotations

import errno
import html
import io
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from cli_runner import ASK, child, mmopts
from conftest import DATA

from mmopts.cli.environment import Environment, Writer
from mmopts.cli.program import run

JSON = ["suggest", *ASK, "--json"]
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="pipes, devices and modes of POSIX")
FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no device that is always full")


def whole() -> str:
    return mmopts(*JSON).out


# --- standard output -------------------------------------------------------------------------------


class Small(io.BytesIO):
    """Takes a few bytes at a time, and raises when it has `room` bytes."""

    room = 10**9

    def write(self, data):
        if self.tell() >= self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(bytes(data[:1000]))


def test_output_that_takes_a_part_at_a_time_gets_the_whole():
    out = Small()
    assert run(JSON, Environment(io.BytesIO(), Writer(out), Writer(io.BytesIO()), variables={"MMOPTS_CONFIG": ""})) == 0
    assert out.getvalue().decode() == whole()


def test_output_that_is_full_before_the_end_is_a_fault():
    out, err = Small(), io.BytesIO()
    out.room = 5000
    assert run(JSON, Environment(io.BytesIO(), Writer(out), Writer(err), variables={"MMOPTS_CONFIG": ""})) == 2
    assert json.loads(err.getvalue())["errors"][0]["code"] == "cannot-write"


def test_output_that_would_have_to_wait_is_a_fault():
    class Busy(io.BytesIO):
        def write(self, data):
            return None

    assert run(JSON, Environment(io.BytesIO(), Writer(Busy()), Writer(io.BytesIO()), variables={"MMOPTS_CONFIG": ""})) == 2


def at(words, stdout, **variables):
    """Exit code and standard error of a process whose standard output is `stdout`."""
    done = subprocess.run(
        [sys.executable, "-m", "mmopts", *words],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
        env={**os.environ, "MMOPTS_CONFIG": "", **variables},
    )
    return done.returncode, done.stderr.decode()


@pytest.mark.slow
@FULL
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [JSON, ["suggest", *ASK], ["--help"], ["suggest", "-h"], ["--version"], []], ids=" ".join)
def test_full_device_is_said_without_a_traceback(words, unbuffered):
    with open("/dev/full", "wb") as full:
        code, err = at(words, full, PYTHONUNBUFFERED=unbuffered)
    assert (code, "cannot write the answer: No space left on device." in err, "Traceback" in err) == (2, True, False)


@POSIX
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_reader_that_leaves_early_ends_the_run_with_141_in_silence(unbuffered):
    process = subprocess.Popen(
        [sys.executable, "-m", "mmopts", *JSON],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "MMOPTS_CONFIG": "", "PYTHONUNBUFFERED": unbuffered},
    )
    assert len(process.stdout.read(10)) == 10
    process.stdout.close()
    assert (process.wait(60), process.stderr.read()) == (141, b"")
    process.stderr.close()


@POSIX
def test_standard_output_that_is_closed_is_a_fault():
    line = f'"{sys.executable}" -m mmopts {" ".join(ASK and JSON)} >&-'
    done = subprocess.run(["sh", "-c", line], capture_output=True, check=False, timeout=60)
    assert (done.returncode, b"Traceback" in done.stderr) == (2, False)


# --- a file ----------------------------------------------------------------------------------------


def test_dash_is_standard_output():
    assert mmopts(*JSON, "-o", "-") == mmopts(*JSON)


@POSIX
def test_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    found = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_text("utf-8")))
    reader.start()
    assert mmopts(*JSON, "-o", str(pipe)).code == 0
    reader.join(30)
    assert found == [whole()]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.slow
@POSIX
@pytest.mark.parametrize("place", ["/dev/stdout", "/dev/fd/1"])
def test_standard_output_by_its_path_adds_to_what_is_there(place, tmp_path):
    if not os.path.exists(place):
        pytest.skip("there is no such path")
    file = tmp_path / "log"
    file.write_text("before\n", "utf-8")
    with file.open("ab") as out:
        assert at([*JSON, "-o", place], out) == (0, "")
    assert file.read_text("utf-8") == "before\n" + whole()
    assert child(*JSON, "-o", place).out == whole()


@POSIX
def test_file_that_may_not_be_written_is_refused_not_replaced(tmp_path):
    file = tmp_path / "kept"
    file.write_text("old", "utf-8")
    file.chmod(0o400)
    ran = mmopts(*JSON, "-o", str(file))
    assert (ran.code, ran.errors[0]["code"]) == (2, "cannot-write")
    assert "it is read-only" in ran.errors[0]["message"]
    assert ([p.name for p in tmp_path.iterdir()], file.read_text("utf-8")) == (["kept"], "old")


@POSIX
def test_file_that_is_replaced_keeps_its_mode_and_its_link(tmp_path):
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("old", "utf-8")
    file.chmod(0o640)
    link.symlink_to(file)
    assert mmopts(*JSON, "-o", str(link)).code == 0
    assert (link.is_symlink(), file.read_text("utf-8"), stat.S_IMODE(file.stat().st_mode)) == (True, whole(), 0o640)


def test_temporary_file_has_a_name_that_nobody_can_guess_and_follows_no_link(tmp_path, monkeypatch):
    seen = []
    real = os.open

    def opened(path, flags, *rest):
        seen.append((os.path.basename(path), flags))
        return real(path, flags, *rest)

    monkeypatch.setattr(os, "open", opened)
    for _ in range(2):
        assert mmopts("show", "DKd", "-o", str(tmp_path / "a")).code == 0
    monkeypatch.undo()
    ours = [(name, flags) for name, flags in seen if name.startswith("a.")]
    assert len({name for name, _ in ours}) == 2
    assert all(flags & os.O_EXCL and str(os.getpid()) not in name for name, flags in ours)


@FULL
def test_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    file = tmp_path / "kept"
    file.write_text("old", "utf-8")

    def failing(self, text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Writer, "write", failing)
    assert mmopts(*JSON, "-o", str(file)).code == 2
    assert ([p.name for p in tmp_path.iterdir()], file.read_text("utf-8")) == (["kept"], "old")


@pytest.mark.parametrize(("place", "reason"), [(".", "directory"), ("none/file", "No such file"), ("", "without a value")])
def test_place_that_cannot_be_written_is_named(place, reason, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = mmopts(*JSON, "-o", place)
    assert (ran.code, reason in ran.errors[0]["message"], list(tmp_path.iterdir())) == (2, True, [])


@pytest.mark.parametrize("place", ["none/file.json", "."])
def test_a_place_that_cannot_be_written_is_named_before_the_work(place, tmp_path, monkeypatch):
    def never(*_):
        raise AssertionError("the work was done first")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mmopts.cli.engine.check_knowledge", never)
    ran = mmopts("kb", "check", "--json", "-o", place)
    assert (ran.code, ran.errors[0]["code"]) == (2, "cannot-write")


@pytest.mark.parametrize(("file", "meant"), [("q.htlm", ".html"), ("q.jsn", ".json"), ("q.cvs", ".csv")])
def test_an_ending_that_is_nearly_one_is_pointed_out(file, meant, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = mmopts("suggest", "--prior", "len", "-o", file)
    assert (ran.code, meant in ran.err, list(tmp_path.iterdir())) == (2, True, [])
    assert mmopts("suggest", "--prior", "len", "-o", file, "--format", "json").code == 0
    assert mmopts("suggest", "--prior", "len", "-o", "answer.v2").code == 0


@pytest.mark.parametrize("words", [("config", "-o", "q.jsn"), ("schema", "kb", "-o", "q.jsn")], ids=" ".join)
def test_an_option_that_a_command_lacks_is_not_offered(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = mmopts(*words)
    assert (ran.code, ".json" in ran.err, "--format" in ran.err) == (2, True, False)


@pytest.mark.parametrize("ending", ["tsv", "svg", "xlsx"])
def test_an_ending_of_another_format_is_no_slip_of_the_pen(ending, tmp_path, monkeypatch):
    # A table with tabs was meant, and no answer is one: all that can be had is named.
    monkeypatch.chdir(tmp_path)
    ran = mmopts("suggest", "--prior", "len", "-o", f"q.{ending}")
    assert (ran.code, "did you mean" in ran.err, list(tmp_path.iterdir())) == (2, False, [])
    assert all(word in ran.err for word in (f".{ending}", ".html", ".json", ".csv"))


@POSIX
@pytest.mark.parametrize(
    "command",
    [
        ("suggest", "--prior", "len", "--format", "csv"),
        ("cohort", str(DATA.parent / "docs" / "patients.csv"), "--to", "csv"),
    ],
)
def test_what_stands_around_a_stream_that_is_named_stays(command, tmp_path):
    # ``(echo head; mmopts ... -o /dev/stdout; echo tail) > file``
    place = tmp_path / "all.txt"
    with place.open("wb") as stream:
        stream.write(b"head\n")
        stream.flush()
        subprocess.run(
            [sys.executable, "-m", "mmopts", *command, "-o", "/dev/stdout"],
            stdout=stream,
            check=True,
            stderr=subprocess.DEVNULL,
        )
        stream.write(b"tail\n")
    lines = place.read_text("utf-8").splitlines()
    assert (lines[0], lines[-1]) == ("head", "tail")
    assert len(lines) > 5


ROW = ("drug", "dose", "route", "days", "standard", "adjusted_for", "text", "source", "unread")
"""What the contract says of a row of a prescription."""


# --- less of it ------------------------------------------------------------------------------------


def test_brief_answer_keeps_what_the_contract_says_and_is_small():
    full, ran = mmopts(*JSON).json, mmopts(*JSON, "--detail", "brief")
    assert len(ran.out) <= 60_000
    brief = ran.json
    assert set(brief) == set(full) - {"supportive_care"}
    leading = {"id", "name", "drugs", "verdict", "tier", "tier_because", "needs", "cautions", "labels", "guidance"}
    optional = {"prescription", "key_figure"}
    for was, option in zip(full["options"], brief["options"], strict=True):
        if was["tier"] in ("preferred", "alternative"):
            assert leading <= set(option) <= leading | optional
            assert option["cautions"] == [c for c in was["cautions"] if not c["always"]]
            for before, row in zip(was["prescription"], option["prescription"], strict=True):
                assert {key: row[key] for key in ROW} == {key: before[key] for key in ROW}
                assert [one["if"] for one in row["open"]] == [one["if"] for one in before["open"]]
        else:
            assert option == {key: was[key] for key in ("id", "verdict", "tier")}
    assert brief["excluded"] == [{"id": e["id"]} for e in full["excluded"]]
    rows = [g for o in brief["options"] for g in (*o.get("guidance", ()), *o.get("prescription", ()))]
    cited = {name for g in rows for name in (g["source"] if isinstance(g["source"], list) else [g["source"]])}
    assert cited <= set(brief["sources"]) < set(full["sources"])


def test_fields_keep_what_their_paths_name():
    full = mmopts(*JSON).json
    some = mmopts(*JSON, "--fields", "options.id,options.labels.us", "--fields", "omitted,sources.*.title").json
    assert some == {
        "schema": "mmopts.suggest/1",
        "options": [{"id": o["id"], "labels": {"us": o["labels"]["us"]}} for o in full["options"]],
        "omitted": 0,
        "sources": {name: {"title": s["title"]} for name, s in full["sources"].items()},
    }


@pytest.mark.parametrize("paths", ["options,options.id", "options.id,options"])
def test_a_path_that_names_the_whole_is_not_narrowed_by_one_within(paths):
    (whole,) = mmopts(*JSON, "--limit", "1", "--fields", "options").json["options"]
    assert mmopts(*JSON, "--limit", "1", "--fields", paths).json["options"] == [whole]
    assert len(whole) > 5


def test_a_key_and_every_key_are_both_kept():
    one = mmopts("sources", "--json").json["sources"]
    name = next(iter(one))
    kept = mmopts("sources", "--json", "--fields", f"sources.*.title,sources.{name}.checked").json["sources"]
    assert kept == {n: {"title": s["title"]} | ({"checked": s["checked"]} if n == name else {}) for n, s in one.items()}


def test_fields_of_other_commands_work_too():
    assert mmopts("show", "DKd", "--json", "--fields", "notice").json.keys() == {"schema", "notice"}


@pytest.mark.parametrize(
    ("path", "suggestion"),
    [("option", "options"), ("options.teir", "options.tier"), ("options.labels.uss", "options.labels.us")],
)
def test_field_that_is_not_there_is_refused_with_the_nearest(path, suggestion):
    (error,) = mmopts(*JSON, "--fields", path).errors
    assert (error["code"], error["value"], error["suggestions"][0]) == ("unknown-field", path, suggestion)


@pytest.mark.parametrize("words", [["--detail", "brief"], ["--fields", "options.id"]])
def test_less_of_the_json_needs_the_json(words):
    ran = mmopts("suggest", *ASK, *words)
    assert (ran.code, ran.err.splitlines()[0]) == (
        2,
        f"mmopts: {words[0]} is for the JSON; give --json or --format jsonl with it.",
    )


def test_detail_takes_two_words():
    assert mmopts(*JSON, "--detail", "breif").errors[0]["suggestions"] == ["brief"]


# --- page by page ----------------------------------------------------------------------------------


def paged(tmp_path, *words, terminal=True, pager=None):
    """What went to the pager and what to standard output."""
    held = tmp_path / "paged"
    out = io.BytesIO()
    pager = pager or f"\"{sys.executable}\" -c \"import sys; open(r'{held}', 'wb').write(sys.stdin.buffer.read())\""
    env = Environment(
        io.BytesIO(),
        Writer(out),
        Writer(io.BytesIO()),
        terminal,
        100,
        variables={"MMOPTS_CONFIG": ""},
        height=24,
        pager=pager,
    )
    assert run(["suggest", *ASK, *words], env) == 0
    return held.read_text("utf-8") if held.exists() else None, out.getvalue().decode()


def test_long_answer_at_a_terminal_is_paged_unless_forbidden(tmp_path):
    shown, out = paged(tmp_path)
    assert (out, "DRd" in shown) == ("", True)
    (tmp_path / "paged").unlink()
    assert paged(tmp_path, "--no-pager") == (None, shown)
    assert paged(tmp_path, "--limit", "0", "--no-pager")[0] is None


def test_pager_is_not_used_in_a_pipe_and_its_absence_is_no_fault(tmp_path):
    assert paged(tmp_path, terminal=False)[0] is None
    assert "DRd" in paged(tmp_path, pager="no-such-pager-here")[1]
    assert "DRd" in paged(tmp_path, pager=f'"{sys.executable}" -c "import sys; sys.exit(1)"')[1]


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("a.html", "<!DOCTYPE html>"), ("a.HTM", "<!DOCTYPE html>"), ("a.md", "#"), ("a.json", "{"),
        ("a.csv", "patient_id,"),
        ("a.jsonl", "{"), ("a.txt", "Relapsed"), ("a", "Relapsed"), ("a.b/c", "Relapsed"), ("a.2026", "Relapsed"),
    ],
)  # fmt: skip
def test_the_name_of_a_file_decides_its_form(tmp_path, name, begins):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    assert mmopts("suggest", *ASK, "-o", str(tmp_path / name)).err == ""
    assert (tmp_path / name).read_text("utf-8").lower().lstrip("# ").startswith(begins.lower().lstrip("# "))


@pytest.mark.parametrize(
    ("words", "name", "told"),
    [
        (
            ["suggest", *ASK],
            "a.pdf",
            "this cannot be written as .pdf: name a file that ends in .html, .md, .json, .jsonl, .csv or .txt.",
        ),
        (["suggest", *ASK], "a.docx", "this cannot be written as .docx"),
        (["suggest", *ASK, "--json"], "a.html", "--format json and a file that ends in .html contradict each other"),
        (["suggest", *ASK, "--format", "table"], "a.csv", "--format table and a file that ends in .csv contradict"),
        (
            ["report", *ASK, "--case", "K-17"],
            "b.csv",
            "this cannot be written as .csv: name a file that ends in .html, .md or .json.",
        ),
        (["config"], "c.html", "this cannot be written as .html: name a file that ends in .json or .txt."),
        (["schema", "suggest"], "s.html", "this cannot be written as .html: name a file that ends in .json."),
        (["history", "--new"], "p.json", "this cannot be written as .json: name a file that ends in .yaml."),
        (["report", *ASK, "--case", "K-17", "--format", "html"], "b.md", "--format html and a file that ends in .md"),
    ],
)
def test_a_name_that_belies_the_form_is_refused(tmp_path, words, name, told):
    ran = mmopts(*words, "-o", str(tmp_path / name))
    assert (ran.code, told in ran.err, list(tmp_path.iterdir())) == (2, True, [])


def test_a_report_is_markdown_where_its_name_says_so(tmp_path):
    assert mmopts("report", *ASK, "--case", "K-17", "-o", str(tmp_path / "b.md")).code == 0
    assert (tmp_path / "b.md").read_text("utf-8").startswith("# ")
    assert mmopts(*JSON, "-o", str(tmp_path / "x.jsonl")).code == 0


@pytest.mark.parametrize("jobs", ["65", "1000"])
def test_more_processes_than_make_sense_are_refused(jobs, tmp_path):
    path = tmp_path / "many.jsonl"
    path.write_text('{"prior": ["len"]}\n', "utf-8")
    ran = mmopts("suggest", "--patient", str(path), "--format", "jsonl", "--jobs", jobs)
    assert (ran.code, "--jobs takes a whole number from 1 to 64" in ran.err + ran.out) == (2, True)
    assert mmopts("suggest", "--patient", str(path), "--format", "jsonl", "--jobs", "64").code == 0


@pytest.mark.parametrize("jobs", ["-1", "0", "x"])
def test_a_number_of_processes_is_looked_at_even_where_none_is_needed(jobs):
    ran = mmopts("suggest", *ASK, f"--jobs={jobs}")
    assert (ran.code, "--jobs takes a whole number from 1" in ran.err) == (2, True)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "markdown", "html"])
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_what_a_program_reads_is_utf8_whatever_the_encoding_of_the_place(form, encoding):
    patient = '{"id": "Zoë → Łódź", "prior": ["len"]}'.encode()
    out = io.BytesIO()
    env = Environment(io.BytesIO(patient), Writer(out, encoding), Writer(io.BytesIO()), variables={"MMOPTS_CONFIG": ""})
    assert run(["suggest", "--patient", "-", "--format", form], env) == 0
    assert out.getvalue() == mmopts("suggest", "--patient", "-", "--format", form, stdin=patient).out.encode()


# --- what must not be lost -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["suggest", "--patient", "{}"],
        ["suggest", "--patient", "{}", "--format", "jsonl"],
        ["ask", "--patient", "{}"],
        ["explain", "Vd", "--patient", "{}"],
        ["compare", "Vd", "Rd", "--patient", "{}"],
        ["report", "--case", "K", "--patient", "{}"],
        ["dose", "Vd", "--patient", "{}"],
        ["history", "{}"],
    ],
    ids=lambda words: " ".join(words[:3]),
)
@pytest.mark.parametrize("link", [False, True])
def test_an_answer_takes_the_place_of_no_file_that_its_question_is_read_from(words, link, tmp_path):
    file = tmp_path / "read.json"
    file.write_text('{"prior": ["len"], "treatments": []}', "utf-8")
    said = file
    if link:
        said = tmp_path / "link.json"
        said.symlink_to(file)
    form = [] if "--format" in words else ["--json"]
    ran = mmopts(*(w.format(said) for w in words), *form, "-o", str(file))
    assert (ran.code, ran.out) == (2, "")
    assert [e["fact"] for e in ran.errors] == ["output"]
    assert file.read_text("utf-8") == '{"prior": ["len"], "treatments": []}'


@pytest.mark.slow
def test_an_answer_takes_the_place_of_no_knowledge_base(tmp_path):
    file = tmp_path / "overlay"
    text = (DATA.parent / "docs" / "overlay.yaml").read_text("utf-8")
    file.write_text(text, "utf-8")
    ran = mmopts(*JSON, "--kb", str(file), "-o", str(file))
    assert (ran.code, file.read_text("utf-8")) == (2, text)


def test_a_path_that_ends_as_a_folder_does_is_not_written_as_a_file(tmp_path):
    for path in (f"{tmp_path}/new/", f"{tmp_path}/"):
        ran = mmopts(*JSON, "-o", path)
        assert (ran.code, [e["code"] for e in ran.errors]) == (2, ["cannot-write"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [("--as-of", "nonsense"), ("--region", "zz"), ("--region", "us")])
def test_a_question_about_nobody_is_refused(words):
    # Region and day belong to a question about a patient; without one they had been dropped in silence.
    ran = mmopts("compare", "DKd", "PVd", *words)
    assert (ran.code, ran.out) == (2, "")


def test_what_cannot_be_answered_draws_nothing(tmp_path):
    plot = tmp_path / "ratios.svg"
    assert mmopts("compare", "DKd", "PVd", "--plot", str(plot), "--json", "--fields", "nope").code == 2
    assert not plot.exists()


def test_a_name_of_a_knowledge_base_that_is_no_text_is_named(tmp_path):
    name = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.yaml")
    for words in (("list", "--kb", name), ("config", "kb", name)):
        ran = mmopts(*words)
        assert ran.code in (2, 3)
        assert "report" not in ran.err


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there each name of a file is text")
def test_a_name_that_is_no_text_is_kept_as_no_default_though_the_file_is_there(tmp_path):
    kept = tmp_path / "kept.toml"
    name = os.fsencode(tmp_path) + b"/\xff.yaml"
    with open(name, "wb") as stream:
        stream.write((Path(__file__).parent / "fixtures" / "kb" / "base.yaml").read_bytes())
    assert mmopts("list", "--kb", os.fsdecode(name)).code == 0
    ran = mmopts("config", "kb", os.fsdecode(name), MMOPTS_CONFIG=str(kept))
    assert (ran.code, kept.exists(), "report" in ran.err) == (2, False, False)


@pytest.mark.parametrize(
    "command", [["kb", "check", "KB"], ["kb", "diff", "builtin", "KB"], ["list", "--kb", "KB"], ["list"]]
)
def test_no_answer_takes_the_place_of_the_knowledge_base_that_it_is_made_from(tmp_path, command):
    kb = tmp_path / "kb.json"
    kb.write_text('{"extends":"builtin","version":"x"}')
    words = [str(kb) if word == "KB" else word for word in command]
    ran = mmopts(*words, "--json", "-o", str(kb), **({"MMOPTS_KB": str(kb)} if command == ["list"] else {}))
    assert (ran.code, ran.errors[0]["code"]) == (2, "contradiction")
    assert kb.read_text() == '{"extends":"builtin","version":"x"}'


def test_no_answer_takes_the_place_of_a_file_in_the_folder_of_the_knowledge_base(tmp_path):
    (tmp_path / "kb").mkdir()
    kb = tmp_path / "kb" / "mine.json"
    kb.write_text('{"extends":"builtin","version":"x"}')
    ran = mmopts("kb", "check", str(tmp_path / "kb"), "--json", "-o", str(kb))
    assert (ran.code, ran.errors[0]["code"]) == (2, "contradiction")


def test_a_plan_is_told_of_each_of_several_patients_and_an_unknown_one_once(tmp_path):
    lines = tmp_path / "p.jsonl"
    lines.write_text('{"prior":["len"]}\n{"prior":["VRd"]}\n')
    asked = ("suggest", "--patient", str(lines), "--format", "jsonl", "--plan")
    assert [json.loads(line)["plan"]["id"] for line in mmopts(*asked, "DKd").out.splitlines()] == ["DKd", "DKd"]
    ran = mmopts(*asked, "XYZ")
    assert (ran.code, ran.out, ran.errors[0]["code"]) == (2, "", "unknown-regimen")


def test_an_address_with_several_parts_of_a_query_is_a_link_to_its_end():
    page = mmopts("sources", "cartitude-4-ims-2023", "--format", "html").out
    address = mmopts("sources", "cartitude-4-ims-2023", "--json").json["source"]["url"]
    assert "&" in address
    assert f'<a href="{html.escape(address)}">{html.escape(address)}</a>' in page
