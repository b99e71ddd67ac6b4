"""Half-written files: nothing of them stays, whenever a run is ended and however."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mmopts import partfiles

MOMENTS = 6
ENDS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGINT") if hasattr(signal, name)]
POSIX = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="a system without such signals")


def begun(folder: Path, words: list[str]) -> tuple[subprocess.Popen[bytes], float]:
    """A run, and the seconds that it took to begin a file."""
    start = time.monotonic()
    run = subprocess.Popen([sys.executable, "-m", "mmopts", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not list(folder.glob("*.part")) and run.poll() is None and time.monotonic() - start < 30:
        time.sleep(0.001)
    return run, time.monotonic() - start


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="there a stream that is open is no file of its own")
def test_what_is_written_into_an_open_stream_stands_behind_what_is_there(tmp_path):
    # ``(echo head; mmopts ... -o /dev/fd/3) 3>file``
    place = tmp_path / "all.txt"
    with place.open("wb", buffering=0) as stream:
        stream.write(b"head\n")
        target = partfiles.target_of(f"/dev/fd/{stream.fileno()}")
        assert target.open
        with os.fdopen(partfiles.stream_into(target), "wb") as behind:
            behind.write(b"answer\n")
    assert place.read_bytes() == b"head\nanswer\n"


@pytest.mark.slow
@POSIX
@pytest.mark.parametrize("words", [["suggest", "--patient", "in.jsonl", "--format", "jsonl"], ["cohort", "in.jsonl"]])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_run_that_is_ended_at_any_moment_leaves_no_part_of_its_file(tmp_path, monkeypatch, words, jobs):
    if words[0] == "cohort":
        pytest.importorskip("pyarrow")
    monkeypatch.chdir(tmp_path)
    rows = [{"prior": ["VRd"], "refractory": ["len"], "age": 40 + number % 50} for number in range(4000)]
    Path("in.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (tmp_path / "out").mkdir()
    rng = random.Random("moments")
    command = [*words, "-o", "out/x.jsonl", "--jobs", jobs]
    first, until = begun(tmp_path / "out", command)
    first.kill()  # nothing can be done about that
    first.wait(60)
    for file in (tmp_path / "out").glob("*.part"):
        file.unlink()
    for number in range(MOMENTS):
        if number % 2:
            run, _ = begun(tmp_path / "out", command)
            time.sleep(rng.choice([0, 0.0005, 0.01, 0.2]))
        else:
            run = subprocess.Popen([sys.executable, "-m", "mmopts", *command], stderr=subprocess.DEVNULL)
            time.sleep(until * rng.uniform(0.7, 1.2))
        how = ENDS[number % len(ENDS)]
        run.send_signal(how)
        code = run.wait(60)
        assert code in (-how, 130, 0), (how, code)
        assert os.listdir("out") == ([] if code else ["x.jsonl"]), how
        for file in (tmp_path / "out").iterdir():
            file.unlink()


def test_a_part_that_an_interrupt_left_between_two_steps_is_taken_away_at_the_end(tmp_path):
    part, handle = partfiles.begin(str(tmp_path / "x.json"))
    os.close(handle)
    assert os.listdir(tmp_path) == [os.path.basename(part)]
    partfiles.drop_all()
    assert os.listdir(tmp_path) == []
    partfiles.drop_all()


def test_a_part_is_whole_or_gone_and_never_anothers(tmp_path):
    target = tmp_path / "x.json"
    target.write_text("old")
    part, handle = partfiles.begin(str(target))
    with open(handle, "w") as out:
        out.write("new")
    assert target.read_text() == "old"
    partfiles.place(part, str(target))
    partfiles.drop(part)
    assert (target.read_text(), os.listdir(tmp_path)) == ("new", ["x.json"])
    with pytest.raises(OSError, match="No such file"):
        partfiles.begin(str(tmp_path / "nowhere" / "x.json"))


@POSIX
def test_signals_are_as_they_were_behind_it_and_another_thread_leaves_them_alone():
    def there() -> None:
        with partfiles.tidy():
            found.append(signal.getsignal(signal.SIGTERM))

    found: list[object] = []
    with partfiles.tidy():
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    thread = threading.Thread(target=there)
    thread.start()
    thread.join()
    assert found == [signal.SIG_DFL]
