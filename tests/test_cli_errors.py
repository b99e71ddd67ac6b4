"""What goes wrong: messages, error documents, exit codes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from cli_runner import ASK, TINY, child, mmopts
from conftest import examples
from hypothesis import given
from hypothesis import settings as config
from hypothesis import strategies as st

from mmopts.cli.faults import error_data
from mmopts.cli.table import COMMANDS, GROUPS
from mmopts.diagnostics import Diagnostic, Exit, QuestionError, as_option, said
from mmopts.facts import FACTS


def test_answer_leaves_with_0_and_a_silent_standard_error():
    ran = mmopts("suggest", *ASK)
    assert (ran.code, ran.err) == (0, "")


def test_no_option_left_still_leaves_with_0():
    ran = mmopts("suggest", "--prior", "alpha", "--refractory", "alpha", "--limit", "0", "--kb", TINY, "--json")
    assert (ran.code, ran.json["options"], ran.err) == (0, [], "")


def test_all_faults_of_a_question_are_reported_together():
    words = "--prior lenx --crcl much --fit --frail --setting relapsed --setting maintenance --limit -1 --region mars"
    ran = mmopts("suggest", *words.split(), "--json")
    assert ran.code == 2
    assert sorted((e["code"], e["fact"]) for e in ran.errors) == [
        ("bad-value", "crcl"),
        ("bad-value", "limit"),
        ("bad-value", "region"),
        ("contradiction", "fitness"),
        ("contradiction", "setting"),
        ("unknown-name", "prior"),
    ]
    ran = mmopts("suggest", "--prior", "lenx", "--crcl", "much", "--json")
    assert [(e["code"], e["fact"]) for e in ran.errors] == [("unknown-name", "prior"), ("bad-value", "crcl")]
    for command in (["suggest"], ["report", "--case", "K"]):
        ran = mmopts(*command, "--fit", "--frail", "--json")
        assert [(e["code"], e["fact"]) for e in ran.errors] == [("contradiction", "fitness")]


def test_every_name_that_a_message_may_hold_is_written_as_its_reader_knows_it(kb):
    names = {*FACTS, *(i.id for tool in (*kb.library().scores, *kb.library().clots) for i in tool.inputs), "as_of"}
    assert all(said(f"⟨{name}⟩ is wrong", as_option) == f"{as_option(name)} is wrong" for name in names)
    for wrong in ("abc", "-4", "4000"):
        assert mmopts("risk", f"--b2m={wrong}").err.startswith("mmopts: --b2m takes a number from 0 to 200 (mg/L), not ")


def test_contradicting_flags_are_both_named():
    assert (
        mmopts("suggest", "--prior", "len", "--fit", "--frail").err.splitlines()[0]
        == "mmopts: --fit and --frail contradict each other; give one."
    )
    assert (
        mmopts("suggest", "--prior", "len", "--prior-asct", "--no-prior-asct").err.splitlines()[0]
        == "mmopts: --prior-asct and --no-prior-asct contradict each other; give one."
    )
    assert (
        mmopts("suggest", "--prior", "len", "--fitness", "fit", "--frail").err.splitlines()[0]
        == "mmopts: --fitness fit and --frail contradict each other; give one."
    )


def test_same_value_given_twice_is_no_contradiction():
    assert mmopts("suggest", *ASK, "--fitness", "frail", "--lines", "1", "--lines", "1").code == 0


@pytest.mark.parametrize(
    ("words", "fact", "left"),
    [
        ("--lines 1-5 --lines 2-3", "lines", {"min": 2, "max": 3}),
        ("--lines 1-3 --lines 3-", "lines", 3),
        ("--crcl 30- --crcl 45", "crcl", 45),
        ("--setting relapsed,maintenance --setting Relapsed", "setting", "relapsed"),
        ("--fitness fit,frail --frail", "fitness", "frail"),
    ],
)
def test_an_option_given_again_leaves_what_both_allow(words, fact, left):
    assert mmopts("suggest", "--prior", "len", *words.split(), "--json").json["patient"][fact] == left


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--lines 1 --lines 3", "--lines 1 and 3"),
        ("--lines 1-2 --lines 3-", "--lines 1-2 and 3-"),
        ("--setting relapsed --setting maintenance", "--setting relapsed and --setting maintenance"),
        ("--region us --region eu", "--region us and --region eu"),
    ],
)
def test_an_option_given_again_that_leaves_nothing_is_a_contradiction(words, said):
    ran = mmopts("suggest", "--prior", "len", *words.split())
    assert (ran.code, ran.err.splitlines()[0]) == (2, f"mmopts: {said} contradict each other; give one.")


def test_an_unknown_word_in_an_option_given_again_is_told_as_one():
    (error,) = mmopts("suggest", "--prior", "len", "--setting", "relapsed", "--setting", "relapse", "--json").errors
    assert (error["code"], error["value"], error["suggestions"][0]) == ("bad-value", "relapse", "relapsed")


def test_unknown_word_suggests_the_nearest_and_is_never_dropped():
    ran = mmopts("suggest", "--prior", "lenalidomid", "--json")
    (error,) = ran.errors
    assert (ran.code, ran.out, error["code"], error["suggestions"][0]) == (2, "", "unknown-name", "lenalidomide")


def test_error_document_has_the_keys_of_the_contract():
    (error,) = mmopts("suggest", "--prior", "lenx", "--format", "json").errors
    assert set(error) == {"code", "message", "fact", "value", "suggestions"}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("x" * 200, "x" * 200),
        ("x" * 201, f"{'x' * 200}..."),
        ([True, None, 1.5] * 6, [True, None, 1.5] * 6),
        (list(range(20)), list(range(20))),
        ([0] * 21, str([0] * 21)),
        ([0] * 99, str([0] * 99)[:200]),
        (10**15 - 1, 10**15 - 1),
        (-(10**15), "-1000000000000000"),
    ],
)
def test_a_short_value_is_given_back_whole_and_a_long_one_cut(value, told):
    (error,) = error_data(QuestionError([Diagnostic("bad-value", "no.", "age", value)]))["errors"]
    assert error["value"] == told


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["suggest", "--prioor", "len"], "unknown-option", "--prioor is no option of mmopts suggest. Did you mean --prior"),
        (["suggest", "--prior"], "missing-value", "--prior needs a value."),
        (["suggest", "--prior", "--frail"], "missing-value", "--prior needs a value; --frail is an option."),
        (["suggest", "--prior", ""], "missing-value", "--prior was given without a value."),
        (["suggest", *ASK, "--egfr", "25"], "unknown-option", "--egfr is no option of mmopts suggest. Did you mean --crcl?"),
        (["suggest", *ASK, "-x"], "unknown-option", "-x is no option of mmopts suggest."),
        (["suggest", "two", "words", *ASK], "unexpected-argument", "'two words' are words too many."),
        (["suggest", *ASK, "--limit", "-1"], "bad-value", "--limit takes a whole number from 0 to 999999999, not '-1'."),
        (["--prior", "len"], "unknown-option", "--prior is no option of mmopts. Did you mean mmopts suggest --prior?"),
        (["facts", "conditon"], "unknown-fact", "'conditon' is no fact known here. Did you mean condition?"),
        (["suggest", "--json=1"], "bad-value", "--json takes no value."),
        (["suggest", "stray", *ASK], "unexpected-argument", "'stray' is one word too many."),
        (["show", "DKd", "Kd"], "unexpected-argument", "'Kd' is one word too many: mmopts show takes one REGIMEN."),
        (
            ["drugs", "len", "btz", "pom"],
            "unexpected-argument",
            "'btz pom' are words too many: mmopts drugs takes one NAME.",
        ),
        (["explain", *ASK], "missing-argument", "REGIMEN is missing."),
        (["sugest"], "unknown-command", "'sugest' is no command. Did you mean suggest"),
        (["--"], "missing-command", "mmopts takes suggest, ask, explain"),
        (["kb"], "missing-command", "mmopts kb takes check, diff, format."),
        (["kb", "chek"], "unknown-command", "'chek' is no command. Did you mean check?"),
        (
            ["suggest", *ASK, "--crcl", "48,5"],
            "bad-value",
            "--crcl takes a number from 0 to 250, or a range such as 60-70, not '48,5'. Did you mean 48.5?",
        ),
        (["regimens"], "unknown-command", "'regimens' is no command. Did you mean list?"),
        (["trials"], "unknown-command", "'trials' is no command. Did you mean show?"),
        (["suggest"], "no-facts", "No fact about the patient was given; --prior or --setting is enough to begin."),
        (
            ["suggest", *ASK, "--format", "jsn"],
            "bad-value",
            "--format takes table, json, jsonl, csv, markdown, html; not 'jsn'.",
        ),
        (["suggest", *ASK, "--as-of", "soon"], "bad-value", "--as-of takes a day like 20"),
        (["show", "Xyzzy"], "unknown-regimen", "'Xyzzy' is no regimen known here. mmopts list lists them."),
        (
            ["show", "belantamb"],
            "unknown-regimen",
            "'belantamb' is no regimen here; with belantamab mafodotin: B, BPd, BVd.",
        ),
        (["show", "lenalidomid"], "unknown-regimen", "'lenalidomid' is no regimen here; with lenalidomide: Benda-Rd, "),
        (["show", "car-t"], "unknown-regimen", "'car-t' is no regimen here; with CAR T-cell therapy: "),
        (["compare", "DKd", "dkd"], "too-few", "compare needs two different regimens."),
        (
            ["list", "--drug", "PI"],
            "unknown-name",
            "'PI' is a class and no drug: bortezomib, carfilzomib, ixazomib; mmopts list --class PI has the regimens.",
        ),
        (["list", "--class", "dara"], "unknown-name", "'dara' is a drug and no class; mmopts list --drug daratumumab has"),
        (["list", "--class", "pii"], "unknown-name", "'pii' is no class known here."),
        (["drugs", "lenalidomid"], "unknown-name", "'lenalidomid' is no drug known here. Did you mean lenalidomide"),
        (["sources", "nope-1900"], "unknown-source", "'nope-1900' is no source known here. mmopts sources lists them."),
        (["schema", "pacient"], "bad-value", "schema takes suggest, ask, explain, "),
        (["frailty"], "no-facts", "No fact about the patient was given."),
        (["risk", "--albumin", "38"], "bad-value", "--albumin takes a number from 0 to 20 (g/dL), not '38'."),
        (["suggest", *ASK, "--output", "/nowhere/at/all.json"], "cannot-write", "cannot write '/nowhere/at/all.json'"),
    ],
)
def test_usage_fault_is_a_line_for_readers_and_a_document_for_programs(words, code, message):
    ran = mmopts(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"mmopts: {message}")
    assert ran.err.splitlines()[-1].startswith("Try: mmopts")
    if (
        "--json=1" not in words
        and "csv" not in words
        and "schema" not in words
        and "jsn" not in words
        and words not in (["kb"], ["--"])
    ):
        ran = mmopts(words[0], "--json", *words[1:]) if words[0] not in ("sugest", "kb") else mmopts(*words, "--json")
        assert (ran.code, ran.out, ran.errors[0]["code"]) == (2, "", code)
        assert ran.errors[0]["message"].startswith(message)


def test_nearest_words_are_there_for_programs():
    for words, first in (
        (["suggest", "--prioor", "len"], "--prior"),
        (["suggest", "--egfr", "25"], "--crcl"),
        (["sugest"], "suggest"),
        (["kb", "chek"], "check"),
        (["suggest", *ASK, "--format", "jsn"], "json"),
    ):
        assert mmopts(*words, "--json").errors[0]["suggestions"][0] == first


def test_json_asked_anywhere_makes_a_parser_fault_a_document():
    for words in (["suggest", "--json", "--nope"], ["suggest", "--nope", "--format", "jsonl"], ["nope", "--format=json"]):
        assert mmopts(*words).errors[0]["code"].startswith("unknown-")


def test_unusable_knowledge_base_leaves_with_3(tmp_path):
    ran = mmopts("suggest", *ASK, "--kb", str(tmp_path / "none"), "--json")
    assert (ran.code, ran.errors[0]["code"]) == (3, "kb-unreadable")
    bad = tmp_path / "bad.yaml"
    bad.write_text("regimens: [", "utf-8")
    ran = mmopts("suggest", *ASK, MMOPTS_KB=str(bad))
    assert ran.code == 3
    assert ran.err.startswith(f"mmopts: {bad}:")


def test_checking_a_knowledge_base_with_faults_leaves_with_1(tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("drugs: []\nregimens:\n  - {id: new, drugs: [nodrug], intensity: low, indications: []}\n", "utf-8")
    ran = mmopts("kb", "check", str(bad), "--json")
    assert (ran.code, ran.json["usable"], ran.err) == (1, False, "")
    assert any(f["line"] == 3 and f["severity"] == "error" for f in ran.json["faults"])


def test_checking_a_sound_knowledge_base_leaves_with_0():  # of the built-in one, see test_kb_check.py
    assert mmopts("kb", "check", TINY).code == 0


def test_fault_of_ours_is_one_line_without_a_traceback(monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("x\x1b[31m")

    monkeypatch.setattr("mmopts.cli.engine.about", broken)
    ran = mmopts("suggest", *ASK)
    assert (ran.code, ran.out, ran.err.count("\n")) == (70, "", 1)
    assert ran.err.startswith("mmopts: a fault of mmopts, not of yours (ZeroDivisionError: x[31m). Please report it")
    assert mmopts("suggest", *ASK, "--json").errors[0]["code"] == "internal"
    with pytest.raises(ZeroDivisionError):
        mmopts("suggest", *ASK, MMOPTS_DEBUG="1")


@pytest.mark.slow
def test_interrupted_run_leaves_with_130():
    process = subprocess.Popen(
        [sys.executable, "-m", "mmopts", "suggest", "--patient", "-", "--format", "jsonl"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdin.write(b'{"lines": 1}\n')
    process.stdin.flush()
    assert process.stdout.readline()  # it waits for the next line by then
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (Exit.INTERRUPTED, b"")


def test_closed_pipe_leaves_with_141_and_says_nothing():
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "mmopts", "suggest", *ASK, "--json"],
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (Exit.PIPE, b"")


def test_two_formats_contradict_each_other():
    assert (
        mmopts("suggest", *ASK, "--json", "--format", "csv").errors[0]["message"]
        == "--json and --format csv contradict each other; give one."
    )


def test_codes_are_the_same_in_a_process_of_its_own():
    assert [child(*words).code for words in (["suggest", *ASK], ["suggest", "--prior", "lenx"], ["suggest", "--nope"])] == [
        0,
        2,
        2,
    ]


HOSTILE = [
    "\x1b[31mred\x1b[0m",
    "[bold]x[/bold]",
    "[/nope]",
    "\x00",
    "a" * 100_000,
    "\u202egnp",
    "\ud800",
    "-",
    "--",
    "%s{0}",
    "'; ls",
]
OPTIONS = [
    "--patient",
    "--setting",
    "--prior",
    "--refractory",
    "--intolerant",
    "--lines",
    "--last",
    "--fitness",
    "--age",
    "--ecog",
    "--adl",
    "--iadl",
    "--cci",
    "--transplant",
    "--cytogenetics",
    "--crcl",
    "--neuropathy",
    "--condition",
    "--months-since",
    "--relapse",
    "--smm-risk",
    "--unavailable",
    "--region",
    "--as-of",
    "--kb",
    "--format",
    "--limit",
]


@pytest.mark.slow
@pytest.mark.parametrize("option", OPTIONS)
def test_hostile_text_in_an_option_is_refused_in_print_that_can_do_no_harm(option):
    for text in HOSTILE:
        ran = mmopts("suggest", option, text)
        assert ran.code in (2, 3), (option, text[:20])
        assert ran.out == ""
        assert all(c.isprintable() or c == "\n" for c in ran.err)
        assert len(ran.err) < 3000
        if option != "--format":
            assert mmopts("suggest", option, text, "--json").errors


def test_hostile_names_of_commands_and_arguments_are_refused():
    for text in HOSTILE[:-4]:
        for words in ([text], ["show", text], ["drugs", text], ["sources", text], ["schema", text], ["compare", text, text]):
            ran = mmopts(*words)
            assert ran.code == 2, (words[0][:10], text[:20])
            assert all(c.isprintable() or c == "\n" for c in ran.err)


WORDS = [
    *COMMANDS, "check", *OPTIONS, "--json", "--frail", "--fit", "--no-prior-asct", "--prior=len", "--json=1", "-o", "-",
    "--", "-h", "--help", "--version", "--fields", "--detail", "brief",
    "len,btz", "none", "DKd", "3", "-1", "2-4", "", " ", "jsonl",
    "\ud800", "[/x]", "\x1b[1m", "_", "--no-such", "--unset", "region",
]  # fmt: skip


@config(max_examples=examples(40))
@given(st.lists(st.sampled_from(WORDS), max_size=7))
def test_any_command_line_ends_with_a_documented_code_and_no_traceback(words):
    words = ["show" if w == "config" else w for w in words]  # it would write
    words = [w for i, w in enumerate(words) if w != "-o" and not (w == "--output" or (i and words[i - 1] == "-o"))]
    ran = mmopts(*words, stdin=b'{"lines": 1}')
    assert ran.code in (0, 2, 3)
    assert "fault of mmopts" not in ran.out + ran.err
    assert all(c.isprintable() or c == "\n" for c in ran.err)
    if ran.code == 0:
        assert (ran.err, bool(ran.out)) == ("", True)
    elif "--json" in words:
        assert ran.errors


def test_the_dashes_before_options_make_none_of_them_like():
    # --age and --no-pager share little else
    assert mmopts("report", "--no-pager").err.splitlines()[0] == "mmopts: --no-pager is no option of mmopts report."
    assert "Did you mean --region?" in mmopts("suggest", "--reginon", "us").err


def test_a_command_is_meant_only_where_it_is_one_of_the_group():
    assert "Did you mean" not in mmopts("kb", "regimens").err


def test_a_whole_number_has_no_decimal_comma():
    assert "Did you mean" not in mmopts("suggest", *ASK, "--lines", "1,5").err


def test_the_hint_names_the_command_that_was_at_fault_whole():
    assert mmopts("kb", "diff", "builtin").err.splitlines()[-1] == "Try: mmopts kb diff --help"
    assert mmopts("kb", "nothing").err.splitlines()[-1] == "Try: mmopts kb --help"
    for group, commands in GROUPS.items():
        assert mmopts(group).err.splitlines()[0] == f"mmopts: mmopts {group} takes {', '.join(commands)}."


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("declined", " Did you mean --condition asct-declined?"),
        ("non-eligible", " Did you mean ineligible?"),
        ("elegible", " Did you mean eligible or ineligible?"),
        ("refused", ""),  # a transplant, or a transfusion
        ("pain", ""),
        ("maybe", ""),
    ],
)
def test_a_word_of_another_fact_is_led_there_and_a_denial_never_to_what_it_denies(word, told):
    wanted = f"mmopts: --transplant takes eligible, ineligible; not {word!r}.{told}"
    assert mmopts("suggest", *ASK, "--transplant", word).err.splitlines()[0] == wanted


def test_unfit_is_not_taken_for_fit():
    assert "Did you mean" not in mmopts("suggest", *ASK, "--fitness", "unfit").err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["risk", "--ldh", "foo", "--cytogenetics", "zzz"], ["--ldh takes high, normal", "'zzz' is not known"]),
        (["compare", "DKd", "zzz", "--lines", "99"], ["'zzz' is no regimen", "--lines takes a whole number"]),
        (["compare", "DKd", "Kd", "--region", "us"], ["--region is about a patient, and no fact about one was given."]),
        (["compare", "DKd", "Kdd"], ["compare needs two different regimens; Kdd is DKd."]),
    ],
)
def test_every_fault_of_a_command_is_told_at_once(words, told):
    ran = mmopts(*words)
    lines = ran.err.splitlines()
    assert (ran.code, len(lines)) == (2, len(told) + 1)
    for line, wanted in zip(sorted(lines[:-1]), sorted(told), strict=True):
        assert line.removeprefix("mmopts: ").startswith(wanted)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["--crcl", "<30"], ["0-<30"]),
        (["--crcl", "<= 30"], ["0-30"]),
        (["--crcl", "≤30"], ["0-30"]),
        (["--crcl", ">=30"], ["30-"]),
        (["--crcl", ">30"], [">30-"]),
        (["--lines", "3+"], ["3-"]),
        (["--lines", "2–4"], ["2-4"]),
        (["--crcl", "48 mL/min"], ["48"]),
        (["--age", "70,5"], ["70.5"]),
        (["--crcl", "1,200"], []),
        (["--lines", "1,5"], []),
        (["--lines", ">30"], []),
        (["--crcl", "4e2"], []),
    ],
)
def test_a_number_as_people_write_it_is_answered_with_the_words_for_it(given, meant):
    ran = mmopts("suggest", "--prior", "len", *given, "--json")
    assert ran.errors[0]["suggestions"] == meant
    if meant:
        assert mmopts("suggest", "--prior", "len", given[0], meant[0]).code == 0


def test_laboratory_values_too_may_have_had_a_decimal_comma():
    assert mmopts("risk", "--b2m", "3,5", "--json").errors[0]["suggestions"] == ["3.5"]
    assert mmopts("risk", "--b2m", "3,500", "--json").errors[0]["suggestions"] == []


@pytest.mark.parametrize("fact", ["prior", "refractory", "intolerant", "condition", "cytogenetics"])
@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("no", "Did you mean none?"),
        ("Nil", "Did you mean none?"),
        ("NA", "out, or its cell empty, if it is not known; write none if there are none."),
        ("unknown", "out, or its cell empty, if it is not known; write none if there are none."),
        ("all", "write which, or none."),
    ],
)
def test_a_word_that_names_nothing_is_never_led_to_a_drug(fact, word, told):
    ran = mmopts("suggest", "--lines", "2", f"--{fact}", word)
    assert ran.code == 2
    assert ran.err.splitlines()[0].endswith(told)
    assert mmopts("suggest", "--lines", "2", f"--{fact}", word, "--json").errors[0]["suggestions"] == ["none"]


def test_normal_cytogenetics_are_led_to_their_word():
    assert "write standard" in mmopts("suggest", "--prior", "len", "--cytogenetics", "normal").err
