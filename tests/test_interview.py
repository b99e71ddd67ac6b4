"""``mmopts ask --interactive``: the interview itself, and at a terminal (a pseudo-terminal) as somebody would use it."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import signal
import sys
import termios
import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from cli_runner import child, mmopts

from mmopts.answers.interview import Interview
from mmopts.assess.asking import Question
from mmopts.diagnostics import QuestionError
from mmopts.knowledge.records import Knowledge

PROMPT = "\n> "


# --- the interview ---------------------------------------------------------------------------------


@pytest.fixture
def talk(kb: Knowledge) -> Interview:
    """An interview of which nothing is said yet."""
    return Interview({}, kb)


def say(talk: Interview, *words: str) -> Any:
    """Answer one question after another; what the last answer changed."""
    moved = None
    for word in words:
        assert talk.prompt() is not None
        moved = talk.answer(word)
    return moved


def test_the_first_questions_are_setting_then_treatment_then_refractory_then_lines(talk):
    asked = []
    for word in ("relapsed", "VRd", "len", "1"):
        asked.append(talk.prompt().fact)
        talk.answer(word)
    assert asked == ["setting", "prior", "refractory", "lines"]


def asked_on(talk: Interview) -> list[str]:
    """The facts that are asked for from here on, if nothing is known of any."""
    asked = []
    while (prompt := talk.prompt()) is not None:
        asked.append(prompt.fact)
        talk.unknown()
    return asked


def test_age_fitness_kidneys_nerves_and_conditions_follow_before_what_the_list_does_not_name(talk, kb):
    say(talk, "relapsed", "VRd", "len", "1")
    asked = asked_on(talk)
    wanted = ["age", "fitness", "crcl", "neuropathy", "condition"]
    assert [fact for fact in asked if fact in wanted] == wanted
    listed = {*kb.asking.first["relapsed"], *kb.asking.first[""]}
    others = [place for place, fact in enumerate(asked) if fact not in listed]
    assert all(place > asked.index("condition") for place in others)


def test_a_newly_diagnosed_patient_is_not_asked_what_failed(talk):
    say(talk, "newly-diagnosed")
    asked = asked_on(talk)
    assert asked[0] == "transplant"
    assert not {"prior", "refractory", "lines"} & set(asked)


def test_a_range_that_was_given_is_narrowed_only_after_what_nothing_is_known_of(kb):
    given = {"prior": ["VRd"], "refractory": ["len"]}
    assert asked_on(Interview(given, kb))[0] == "lines"
    asked = asked_on(Interview({**given, "lines": "1-3"}, kb))
    assert asked.index("lines") > asked.index("condition")


def test_each_answer_tells_what_it_opens_and_closes(talk):
    say(talk, "relapsed", "VRd", "len")
    prompt = talk.prompt()
    one = next(answer for answer in prompt.answers if answer.answer == "1")
    moved = talk.answer("1")
    assert set(moved.opens) == set(one.opens)
    assert set(moved.closes) == set(one.closes)


def test_a_number_of_an_answer_is_the_answer(talk):
    prompt = talk.prompt()
    talk.answer(str([answer.answer for answer in prompt.answers].index("relapsed") + 1))
    assert talk.facts == {"setting": "relapsed"}


def test_numbers_choose_among_the_drugs_received(talk):
    say(talk, "relapsed", "VRd")
    prompt = talk.prompt()
    wanted = str([answer.answer for answer in prompt.answers].index("lenalidomide") + 1)
    talk.answer(wanted)
    assert talk.facts["refractory"] == ["lenalidomide"]


def test_a_list_takes_free_words(talk):
    say(talk, "relapsed", "VRd, dara")
    assert talk.about.assessment.patient.facts["exposed:daratumumab"] is True


def test_unknown_passes_over_and_does_not_ask_again(talk):
    first = talk.prompt().fact
    talk.unknown()
    assert first not in asked_on(talk)


def test_back_takes_the_last_answer_back(talk):
    say(talk, "relapsed")
    before = talk.prompt()
    talk.answer("VRd")
    assert talk.back()
    assert talk.prompt() == before
    assert talk.facts == {"setting": "relapsed"}
    assert talk.back()
    assert not talk.back()


def test_an_answer_that_cannot_be_used_leaves_the_question(talk):
    say(talk, "relapsed")
    before = talk.prompt()
    with pytest.raises(QuestionError):
        talk.answer("VRx")
    assert talk.prompt() == before


def test_what_was_said_before_is_not_asked(kb):
    talk = Interview({"prior": ["VRd"], "refractory": ["len"], "lines": 1}, kb)
    assert talk.prompt().fact not in ("setting", "prior", "refractory", "lines")


def test_a_history_may_begin_an_interview(kb):
    entry = {"regimen": "VRd", "start": "2021-03", "end": "2023-08", "stopped": "progression"}
    talk = Interview({"treatments": [entry]}, kb)
    assert talk.facts["lines"] == 1
    assert "treatments" not in talk.facts


def test_the_command_line_at_the_end_gives_the_same_answer(talk, kb):
    from mmopts.answers.form import to_data

    say(talk, "relapsed", "VRd", "len", "1-2", "74")
    mine = to_data(talk.about.suggest())
    theirs = mmopts("suggest", *shlex.split(talk.options), "--json").json
    assert mine == theirs


def test_an_interview_comes_to_an_end_whatever_is_answered(kb):
    for take in (0, -1):
        talk = Interview({}, kb)
        for _ in range(80):
            prompt = talk.prompt()
            if prompt is None:
                break
            if prompt.kind == "choice":
                talk.answer(prompt.answers[take].answer)
            else:
                talk.unknown()
        assert talk.prompt() is None


# --- at a terminal ---------------------------------------------------------------------------------


class Terminal:
    """A run of mmopts at a pseudo-terminal."""

    def __init__(self, *words: str, **variables: str) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("MMOPTS_") and k not in ("NO_COLOR", "COLUMNS")}
        variables = {**kept, "MMOPTS_CONFIG": "", "PAGER": "cat", "TERM": "xterm", **variables}
        self.child, self.mine = pty.fork()
        if self.child == 0:
            os.execve(sys.executable, [sys.executable, "-m", "mmopts", *words], variables)
        attributes = termios.tcgetattr(self.mine)
        attributes[3] &= ~termios.ECHO  # so that the text is what the program wrote
        termios.tcsetattr(self.mine, termios.TCSANOW, attributes)
        self.text = ""

    def until(self, wanted: str, seconds: float = 30) -> str:
        """What is written up to and with the wanted text."""
        end, start = time.monotonic() + seconds, len(self.text)
        while wanted not in self.text[start:]:
            ready, _, _ = select.select([self.mine], [], [], max(0, end - time.monotonic()))
            assert ready, f"{wanted!r} did not come after:\n{self.text[start:]}"
            if not self._read():
                raise AssertionError(f"{wanted!r} did not come before the end of:\n{self.text[start:]}")
        return self.text[start:]

    def _read(self) -> bool:
        try:
            found = os.read(self.mine, 65536)
        except OSError:  # Linux says so at the end
            found = b""
        self.text += found.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(found)

    def type(self, *lines: str) -> None:
        """Answer each next question."""
        for line in lines:
            self.until(PROMPT)
            os.write(self.mine, f"{line}\n".encode())

    def press(self, key: bytes) -> None:
        """Press one key at the next question."""
        self.until(PROMPT)
        os.write(self.mine, key)

    def interrupt(self) -> None:
        """Press Ctrl-C at the next question, and again while nothing comes of it.

        Python does not see one that comes between its last look at the signals and the read that waits for a key.
        """
        self.press(b"\x03")
        for _ in range(5):
            if select.select([self.mine], [], [], 5)[0]:
                break
            os.write(self.mine, b"\x03")

    def end(self) -> tuple[int, str]:
        """The exit code and all that was written, within a minute."""
        end = time.monotonic() + 60
        while select.select([self.mine], [], [], max(0, end - time.monotonic()))[0]:
            if not self._read():
                break
        else:
            raise AssertionError(f"it did not end after:\n{self.text[-2000:]}")
        _, status = os.waitpid(self.child, 0)
        self.child = 0
        return os.waitstatus_to_exitcode(status), self.text

    def close(self) -> None:
        """End it, if it has not ended."""
        if self.child:
            os.kill(self.child, signal.SIGKILL)
            os.waitpid(self.child, 0)
        os.close(self.mine)


@pytest.fixture
def terminal() -> Iterator[Any]:
    """Starts runs at a terminal, and ends them."""
    runs: list[Terminal] = []

    def start(*words: str, **variables: str) -> Terminal:
        runs.append(Terminal("ask", "--interactive", *words, **variables))
        return runs[-1]

    yield start
    for run in runs:
        run.close()


def last_command(text: str) -> list[str]:
    """The command line that an interview ends with."""
    return shlex.split(text[text.index("The same again:") :].splitlines()[1])


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["xterm", "dumb"])
def test_an_interview_ends_with_the_answer_and_the_command_that_gives_it_again(terminal, kind):
    run = terminal(TERM=kind)
    run.type("relapsed", "VRd", "lenalidomide", "1", "q")
    code, text = run.end()
    assert code == 0
    assert "DKd" in text[text.rindex(PROMPT) :]
    assert ("\x1b" in text) is (kind == "xterm")
    words = last_command(text)
    assert words[:2] == ["mmopts", "suggest"]
    again = mmopts(*words[1:], "--json").json
    assert again["patient"]["refractory"] == ["lenalidomide"]
    assert again["patient"]["lines"] == 1


def test_what_an_answer_changed_is_told(terminal):
    run = terminal("--prior", "VRd", "--refractory", "len", TERM="dumb")
    run.type("1")
    assert "Ruled out:" in run.until(PROMPT)


def test_unknown_back_and_help_at_the_keyboard(terminal):
    run = terminal(TERM="dumb")
    run.type("b", "?", "u")
    assert run.until(PROMPT).count("2.") == 1
    os.write(run.mine, b"b\n")
    assert "1. Newly diagnosed" in run.until(PROMPT)
    os.write(run.mine, b"stop\n")
    code, text = run.end()
    assert code == 0
    assert "This is the first question." in text
    assert "Nothing was said" in text


def test_a_word_that_is_not_known_is_said_and_asked_again(terminal):
    run = terminal("--setting", "relapsed", TERM="dumb")
    run.type("bortezomip")
    assert "bortezomib" in run.until(PROMPT)
    os.write(run.mine, b"bortezomib\n")
    assert "2." in run.until(PROMPT)


def test_the_patient_file_gives_the_same_answer(terminal, tmp_path):
    path = tmp_path / "patient.yaml"
    run = terminal("-o", str(path), "--region", "eu", TERM="dumb")
    run.type("relapsed", "VRd", "len", "1", "74", "q")
    code, text = run.end()
    assert code == 0
    assert yaml.safe_load(path.read_text("utf-8"))["lines"] == 1
    from_file = mmopts("suggest", "--patient", str(path), "--json")
    assert from_file.code == 0
    assert from_file.out == mmopts(*last_command(text)[1:], "--json").out


def test_control_c_interrupts(terminal):
    run = terminal(TERM="dumb")
    run.type("relapsed")
    run.interrupt()
    assert run.end()[0] == 130


def test_control_d_stops_and_shows_the_answer(terminal):
    run = terminal(TERM="dumb")
    run.type("relapsed", "VRd")
    run.press(b"\x04")
    code, text = run.end()
    assert code == 0
    assert "--prior VRd" in text


def test_an_interview_wraps_at_a_narrow_terminal(terminal):
    run = terminal("--setting", "relapsed", TERM="dumb", COLUMNS="60")
    run.type("VRd")
    assert max(map(len, run.until(PROMPT).splitlines())) <= 60


# --- where there is no terminal ----------------------------------------------------------------------


def test_in_a_pipe_it_refuses():
    ran = child("ask", "--interactive", stdin=b"relapsed\n")
    assert (ran.code, ran.out) == (2, "")
    assert re.search("--interactive asks at a terminal", ran.err)


def test_with_a_machine_format_it_refuses():
    ran = mmopts("ask", "--interactive", "--json", terminal=True)
    assert ran.code == 2
    assert ran.errors[0]["fact"] == "interactive"
    both = mmopts("ask", "--interactive", "--patient", "-", "--json", terminal=True)
    assert [(error["code"], error["fact"]) for error in both.errors] == [("contradiction", "interactive")] * 2


def test_answers_and_a_patient_file_cannot_both_come_from_standard_input(terminal):
    code, text = terminal("--patient", "-").end()
    assert code == 2
    assert "both read standard input" in text


def test_the_months_since_one_drug_leave_those_since_another(kb: Knowledge) -> None:
    talk = Interview({"prior": ["VRd", "mel"], "months_since": {"bortezomib": 20}}, kb)
    asked = Question("months_since:melphalan", 1, 1, 1, ())
    said = talk._meant(asked, "40")["months_since"]
    assert {drug: str(months) for drug, months in said.items()} == {"bortezomib": "20", "melphalan": "40"}
