"""What an interview writes and takes at the keyboard, without a terminal: questions, moves, and keys."""

from __future__ import annotations

import io

import pytest
import yaml
from render_examples import blank

from mmopts.answers.forms import Answered, Counts, Moved, Note, Prompt
from mmopts.answers.interview import Interview
from mmopts.cli.environment import Environment, Writer
from mmopts.cli.interview import at_keyboard, conclude, converse, patient_text
from mmopts.cli.output import Output
from mmopts.diagnostics import QuestionError
from mmopts.render import rendered


def talked(kb, text: str, facts: dict | None = None) -> tuple[Interview, list[str]]:
    """An interview of these lines at the keyboard, and what was written, a line each."""
    talk, out = Interview(facts or {}, kb), io.BytesIO()
    converse(talk, Environment(io.BytesIO(text.encode()), Writer(out), Writer(out), True, 100))
    return talk, out.getvalue().decode().splitlines()


INTRO = "A question at a time. u: unknown; b: back; q: stop and see the answer; ?: this line again."


def numbered(lines: list[str]) -> list[str]:
    """The numbers under which questions were put, in order."""
    return [line.split(".")[0] for line in lines if line[:1].isdigit()]


def test_the_keys_are_told_first_and_again_when_asked_for(kb):
    _, lines = talked(kb, "?\n\nh\nHELP\nq\n")
    assert lines[0] == INTRO
    assert len([line for line in lines if line.endswith(INTRO)]) == 5
    assert numbered(lines) == ["1"]


@pytest.mark.parametrize("word", ["q", "stop", "QUIT", ""])
def test_it_stops_when_told_to_and_at_the_end_of_the_input(kb, word):
    talk, lines = talked(kb, f"{word}\n" if word else "")
    assert numbered(lines) == ["1"]
    assert not talk.said
    assert "Nothing is left" not in lines[-1]


def test_back_puts_the_last_question_again_and_at_the_first_says_so(kb):
    talk, lines = talked(kb, "b\nrelapsed\nback\nq\n")
    assert any(line.endswith("This is the first question.") for line in lines)
    assert numbered(lines) == ["1", "2", "1"]
    assert not talk.said


def test_what_is_unknown_is_passed_over_and_what_cannot_be_used_asked_again(kb):
    talk, lines = talked(kb, "u\nunknown\nq\n")
    assert numbered(lines) == ["1", "2", "3"]
    assert not talk.said
    talk, lines = talked(kb, "relapst\nrelapsed\nq\n")
    assert numbered(lines) == ["1", "2"]
    assert talk.facts["setting"] == "relapsed"
    assert any("relapst" in line for line in lines)


def test_when_no_answer_would_change_a_verdict_it_says_so(tiny):
    talk = Interview({}, tiny)
    for _ in range(60):
        if talk.prompt() is None:
            break
        talk.unknown()
    count = len(talk._states)
    _, lines = talked(tiny, "u\n" * (count + 5))
    assert lines[-1] == "Nothing is left to ask: no answer would change a verdict."


def test_at_the_end_stands_the_answer_and_the_command_that_gives_it_again(kb, tmp_path):
    talk = Interview({"setting": "relapsed", "prior": ["VRd"]}, kb)
    out, file = io.BytesIO(), tmp_path / "p.yaml"
    env = Environment(io.BytesIO(), Writer(out), Writer(out), True, 100)
    conclude(talk, Output(format="table", file=str(file)), env)
    shown = out.getvalue().decode()
    assert f"The same again:\n  mmopts suggest {talk.options}\n" in shown
    assert shown.endswith(f"Written to {file}: mmopts suggest --patient {file}\n")
    assert yaml.safe_load(file.read_text("utf-8")) == talk.facts
    nothing = io.BytesIO()
    conclude(Interview({}, kb), Output(format="table"), Environment(io.BytesIO(), Writer(nothing), Writer(nothing), True))
    assert nothing.getvalue() == b"Nothing was said of the patient, so there is nothing to answer.\n"


def test_a_patient_file_keeps_letters_beyond_ascii_and_quotes():
    facts = {"id": "Zoë: 1", "prior": ["t(4;14)", '"'], "lines": {"min": 1}}
    text = patient_text(facts)
    assert "Zoë" in text
    assert yaml.safe_load(text) == facts


@pytest.mark.parametrize(("terminal", "keyboard", "fine"), [(True, True, True), (True, False, False), (False, True, False)])
def test_somebody_must_sit_at_a_keyboard_and_see_the_screen(terminal, keyboard, fine):
    class Keys(io.BytesIO):
        def isatty(self) -> bool:
            return keyboard

    env = Environment(Keys(), Writer(None), Writer(None), terminal)
    if fine:
        at_keyboard(env)
        return
    with pytest.raises(QuestionError) as caught:
        at_keyboard(env)
    assert [problem.code for problem in caught.value.problems] == ["no-terminal"]


# --- screens ---------------------------------------------------------------------------------------------


def shown(record) -> list[str]:
    return [line.strip() for line in rendered(record, "plain", frozenset(), 100).splitlines()]


def prompt(kind: str, *answers: Answered, **fields) -> Prompt:
    given = {"number": 2, "question": "How many?", "kind": kind, "hint": "a number", "counts": Counts(1, 2, 3), **fields}
    return blank(Prompt, answers=answers, **given)


YES, NO = Answered("yes", "", ("A", "B"), ()), Answered("no", "", (), ("C",))
FOOT = "Answer: a number; u unknown, b back, q stop."


def test_a_question_tells_where_it_stands_its_answers_and_how_to_answer():
    assert shown(prompt("choice", YES, NO, presumed="kidneys adequate")) == [
        "Now: 1 open, 2 that depend, 3 ruled out.", "2. How many?", "Presumed: kidneys adequate.", "1 yes: opens A, B",
        "2 no: closes C", FOOT,
    ]  # fmt: skip
    assert shown(prompt("number", YES, NO))[2:] == ["yes: opens A, B", "no: closes C", FOOT]
    assert shown(prompt("list", YES._replace(opens=()), NO._replace(closes=())))[2:] == ["1 yes", "2 no", FOOT]


def test_a_question_that_moves_no_verdict_says_so():
    still = [YES._replace(opens=()), NO._replace(closes=())]
    said = "No answer changes a verdict; it may change the order, doses and cautions."
    assert shown(prompt("number", *still))[2:] == [said, FOOT]
    assert shown(prompt("choice", *still))[2:] == [said, "1 yes: changes no verdict", "2 no: changes no verdict", FOOT]


def test_of_an_answer_six_regimens_are_named():
    many = YES._replace(opens=tuple("ABCDEFG"))
    assert "1 yes: opens A, B, C, D, E and 2 others" in shown(prompt("choice", many))
    assert "1 yes: opens A, B, C, D, E, F" in shown(prompt("choice", many._replace(opens=tuple("ABCDEF"))))


def test_what_an_answer_has_changed_is_told_whole():
    warned = Moved(("A", "B"), ("C",), (Note("odd", "This is odd."),))
    assert shown(warned) == ["Warning: This is odd.", "Opened: A, B", "Ruled out: C"]
    assert shown(Moved((), (), ())) == ["No verdict has changed."]
    assert shown(Moved((), ("C",), ())) == ["Ruled out: C"]
    for moved in (warned, Moved((), (), ())):  # beneath the answer that was given
        assert all(line.startswith("  ") for line in rendered(moved, "plain", frozenset(), 100).splitlines())


def test_a_regimen_that_is_called_by_a_letter_is_written_out():
    names = {"D": "delta alone"}
    opens = YES._replace(opens=("D", "E"))
    assert "1 yes: opens D (delta alone), E" in shown(prompt("choice", opens)._replace(names=names))
    assert shown(Moved(("D",), ("E",), (), names)) == ["Opened: D (delta alone)", "Ruled out: E"]
