"""Every command: its envelope, its help, and that it answers in every format."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cli_runner import ASK, TINY, child, mmopts
from contract import EXCLUDED, OPTION, QUESTION, TOP
from hypothesis import given
from hypothesis import strategies as st

from mmopts.cli.command import Argument, Command, Group, Option
from mmopts.cli.environment import Environment
from mmopts.cli.parse import parse
from mmopts.cli.table import COMMANDS, find

EVERY = [
    ["suggest", *ASK],
    ["ask", *ASK],
    ["explain", "DKd", *ASK],
    ["explain", "Rd", "--prior", "len", "--refractory", "len"],
    ["show", "DKd"],
    ["compare", "DKd", "Isa-Kd"],
    ["list"],
    ["list", "--drug", "dara", "--setting", "relapsed", "--class", "PI"],
    ["drugs"],
    ["drugs", "len"],
    ["sources"],
    ["frailty", "--age", "82", "--adl", "4", "--iadl", "5", "--cci", "1"],
    ["risk", "--b2m", "4", "--albumin", "3.8", "--ldh", "normal", "--cytogenetics", "standard"],
    ["kb", "check", TINY],
    ["kb", "format", TINY, "--check"],
]
SCHEMAS = [
    "suggest",
    "ask",
    "explain",
    "explain",
    "show",
    "compare",
    "list",
    "list",
    "drugs",
    "drug",
    "sources",
    "frailty",
    "risk",
    "kb-check",
    "kb-format",
]
FRAME = {"schema", "tool_version", "knowledge", "notice"}


@pytest.mark.parametrize(("words", "kind"), list(zip(EVERY, SCHEMAS, strict=True)))
def test_command_answers_with_an_envelope_of_its_kind(words, kind):
    ran = mmopts(*words, "--json")
    assert (ran.err, ran.json["schema"]) == ("", f"mmopts.{kind}/1")
    assert ran.code == (0 if ran.json.get("ok", True) else 1)
    if kind not in ("kb-check", "kb-format"):
        assert set(ran.json) >= FRAME
        assert set(ran.json["knowledge"]) == {"version", "reviewed", "digest", "layers"}


@pytest.mark.parametrize("form", ["table", "jsonl", "csv", "markdown", "html"])
@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_command_answers_in_every_format(words, form):
    ran = mmopts(*words, "--format", form)
    assert (ran.code in (0, 1), ran.err, ran.out.endswith("\n"), "\x1b" in ran.out) == (True, "", True, False)


def test_suggest_has_every_key_of_the_contract():
    answer = mmopts("suggest", *ASK, "--json").json
    assert set(answer) >= TOP
    assert set(answer["options"][0]) >= OPTION
    assert set(answer["excluded"][0]) >= EXCLUDED
    assert set(answer["next_questions"][0]) >= QUESTION


def test_limit_cuts_the_options_and_counts_the_rest():
    whole, cut = (mmopts("suggest", *ASK, *more, "--json").json for more in ((), ("--limit", "3")))
    assert [o["id"] for o in cut["options"]] == [o["id"] for o in whole["options"][:3]]
    assert cut["omitted"] == len(whole["options"]) - 3


def test_ask_counts_the_verdicts_and_ranks_the_questions_as_suggest_does():
    asked, suggested = mmopts("ask", *ASK, "--json").json, mmopts("suggest", *ASK, "--json").json
    assert asked["next_questions"] == suggested["next_questions"]
    assert asked["counts"]["excluded"] == len(suggested["excluded"])
    assert asked["counts"]["eligible"] + asked["counts"]["conditional"] == len(suggested["options"])


def test_explain_agrees_with_suggest_and_names_every_clause():
    options = {o["id"]: o for o in mmopts("suggest", *ASK, "--json").json["options"]}
    regimen = mmopts("explain", "dkd", *ASK, "--json").json["regimen"]
    for key in ("verdict", "tier", "tier_because", "labels", "cautions", "evidence", "doses", "because", "checks"):
        assert regimen[key] == options["DKd"][key]
    assert {i["opens"] for i in regimen["indications"]} <= {"yes", "no", "unknown"}
    assert all(f["holds"] in ("yes", "no", "unknown") and f["clauses"] for f in regimen["forbids"])


def test_explain_of_a_regimen_that_is_ruled_out_says_what_would_change_it():
    answer = mmopts("explain", "Rd", "--prior", "len", "--refractory", "len", "--json").json["regimen"]
    assert (answer["verdict"], answer["tier"]) == ("excluded", None)
    assert any("not refractory to lenalidomide" in f["text"] for f in answer["flips"])
    assert next(f["text"] for f in answer["forbids"] if f["holds"] == "yes").startswith("refractory to lenalidomide")


def test_list_filters_by_setting_drug_and_class():
    found = mmopts("list", "--setting", "relapsed", "--drug", "dara", "--class", "PI", "--json").json["regimens"]
    assert "DKd" in [r["id"] for r in found]
    assert all("daratumumab" in r["drugs"] and "relapsed" in r["settings"] for r in found)


def test_frailty_gives_a_range_while_items_are_missing():
    whole = mmopts("frailty", "--age", "82", "--adl", "4", "--iadl", "5", "--cci", "1", "--json").json["scores"][0]
    assert (whole["points"], whole["fitness"], whole["missing"]) == ({"min": 4.0, "max": 4.0}, ["frail"], [])
    part = mmopts("frailty", "--age", "78", "--json").json["scores"][0]
    assert (part["points"], part["fitness"]) == ({"min": 1.0, "max": 4.0}, ["frail", "intermediate"])
    assert [m["option"] for m in part["missing"]] == ["--adl", "--iadl", "--cci"]


@pytest.mark.parametrize(
    ("words", "groups"),
    [
        (
            "--b2m 3 --albumin 4 --ldh normal --cytogenetics standard",
            {"iss": "stage I", "r-iss": "stage I", "r2-iss": "low"},
        ),
        (
            "--b2m 6 --albumin 4 --ldh high --cytogenetics standard",
            {"iss": "stage III", "r-iss": "stage III", "r2-iss": "intermediate-high"},
        ),
        (
            "--b2m 6 --albumin 3 --ldh high --cytogenetics del(17p),gain(1q),t(4;14)",
            {"r-iss": "stage III", "r2-iss": "high"},
        ),
        (
            "--b2m 4 --albumin 4 --ldh normal --cytogenetics standard",
            {"iss": "stage II", "r-iss": "stage II", "r2-iss": "low-intermediate"},
        ),
        ("--cytogenetics del(17p)", {"iss": None, "r-iss": None, "r2-iss": None, "ims-imwg-2025": "high risk"}),
        ("--cytogenetics t(4;14)", {"ims-imwg-2025": None}),
        ("--cytogenetics t(4;14),gain(1q)", {"ims-imwg-2025": "high risk"}),
        ("--cytogenetics standard --b2m 3", {"ims-imwg-2025": "not high risk"}),
        ("--cytogenetics standard --b2m 6 --creatinine 1.0", {"ims-imwg-2025": "high risk"}),
    ],
)
def test_staging_is_worked_out_as_far_as_the_facts_go(words, groups):
    scores = {s["id"]: s for s in mmopts("risk", *words.split(), "--json").json["scores"]}
    assert {name: scores[name]["group"] for name in groups} == groups
    assert all(s["missing"] or s["group"] for s in scores.values())


def test_two_knowledge_bases_are_compared_by_verdicts(tmp_path):
    text = Path(TINY).read_text("utf-8")
    same = mmopts("kb", "diff", TINY, TINY, "--json").json
    assert (same["added"], same["removed"], same["changed"]) == ([], [], [])
    name = "grade-a"
    for key, end in (("id", "\n"), ("id", ","), ("regimen", ",")):
        text = text.replace(f"{key}: {name}{end}", f"{key}: renamed{end}")
    (tmp_path / "new.yaml").write_text(text, "utf-8")
    found = mmopts("kb", "diff", TINY, str(tmp_path / "new.yaml"), "--json").json
    assert (found["added"], found["removed"]) == (["renamed"], [name])


def test_a_base_that_is_not_in_form_is_a_warning_until_it_is_formatted(tmp_path):
    (tmp_path / "kb.yaml").write_text("# mine\n" + Path(TINY).read_text("utf-8"), "utf-8")

    def warned():
        ran = mmopts("kb", "check", str(tmp_path), "--json")
        return [(f["line"], f["severity"]) for f in ran.json["faults"] if f["code"] == "not-formatted"], ran.code

    assert warned() == ([(2, "warning")], 0)
    looked = mmopts("kb", "format", str(tmp_path), "--check", "--json")
    assert (looked.code, looked.json["changed"], looked.json["written"]) == (1, ["kb.yaml"], False)
    assert warned() == ([(2, "warning")], 0)
    assert mmopts("kb", "format", str(tmp_path)).code == 0
    assert warned() == ([], 0)
    assert mmopts("kb", "format", str(tmp_path), "--check", "--json").json["changed"] == []
    assert (tmp_path / "kb.yaml").read_text("utf-8").startswith("# mine\n")
    same = mmopts("kb", "diff", TINY, str(tmp_path), "--json").json
    assert (same["added"], same["removed"], same["changed"]) == ([], [], [])


def test_a_file_that_cannot_be_read_is_left_as_it_is(tmp_path):
    (tmp_path / "a.yaml").write_text("a: {b: c}\n", "utf-8")
    (tmp_path / "b.yaml").write_text("a: 1\na: 2\n", "utf-8")
    ran = mmopts("kb", "format", str(tmp_path), "--json")
    assert (ran.code, ran.json["changed"]) == (1, ["a.yaml"])
    assert [(f["file"], f["line"], f["code"]) for f in ran.json["faults"]] == [("b.yaml", 2, "duplicate-key")]
    assert (tmp_path / "b.yaml").read_text("utf-8") == "a: 1\na: 2\n"


def test_the_built_in_base_is_in_form():
    ran = mmopts("kb", "format", "--check", "--json")
    assert (ran.code, ran.json["changed"], len(ran.json["files"])) == (0, [], 7)


@pytest.mark.parametrize("kind", ["suggest", "patient", "kb"])
def test_schema_is_a_json_schema(kind):
    ran = mmopts("schema", kind)
    assert (ran.code, "$schema" in ran.json) == (0, True)


# --- help ------------------------------------------------------------------------------------------


def test_no_arguments_give_short_help_with_examples_first():
    ran = mmopts()
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[2] == "  mmopts suggest --prior len,btz --frail"
    assert len(ran.out.splitlines()) < 15


def test_version_is_one_line():
    assert re.fullmatch(r"mmopts \d+\.\d+\.\d+\S*\n", child("--version").out)


def test_help_lists_every_command_after_the_examples():
    out = child("--help").out
    assert out.index("Examples:") < out.index("Options:") < out.index("Commands:")
    assert all(f"\n  {name} " in out for name in COMMANDS)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_help_of_a_command_has_examples_and_every_option(name):
    found = find(name)
    commands = found.commands.values() if isinstance(found, Group) else [found]
    for command in commands:
        words = [name, command.name] if isinstance(found, Group) else [name]
        out = child(*words, "--help").out
        assert "Examples:" in out
        assert all(p.flag in out for p in command.params if isinstance(p, Option) and not p.hidden)


def test_completion_knows_commands_drugs_and_regimens():
    def asked(line):
        return child(_MMOPTS_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(line.split(" ")) - 1)).out.split()

    assert "suggest" in asked("mmopts sug")
    assert "lenalidomide" in asked("mmopts suggest --prior btz,lenali")[0]
    assert "DKd" in asked("mmopts show DK")


# --- the quick reader and Typer read alike -----------------------------------------------------------


SUGGEST = find("suggest")
FLAGS = [p for p in SUGGEST.params if isinstance(p, Option)]
WORDS = st.one_of(
    st.sampled_from([p.flag for p in FLAGS]),
    st.sampled_from(["a", "-", "--", "-o", "-x", "--nope", "-1", "x y"]),
    st.builds("{}={}".format, st.sampled_from([p.flag for p in FLAGS]), st.sampled_from(["a", "b", "--json"])),
)


@given(st.lists(WORDS, max_size=6), st.booleans())
def test_sound_command_line_is_read_as_typer_reads_it(words, many):
    from mmopts.cli.help import USAGE, _made

    seen = []
    params = [*SUGGEST.params, Argument("name", "", many=many, required=False)]
    command = Command("probe", "", lambda _env, values: seen.append(values), params)
    quick = parse(command, words)
    made = _made(command)
    try:
        with made.make_context("probe", list(words), obj=Environment(None, None, None)) as ctx:
            made.invoke(ctx)
    except USAGE:
        assert quick is None
        return
    (slow,) = seen
    assert quick is None or {**quick, "name": quick["name"] or None} == {**slow, "name": slow["name"] or None}
    if quick is None:  # declined though sound: never wrong, but it should be rare
        assert any(w.startswith("-") and w not in {p.flag for p in FLAGS} for w in words)


def test_quick_reader_takes_the_command_lines_of_the_examples():
    for name in COMMANDS:
        found = find(name)
        for command in found.commands.values() if isinstance(found, Group) else [found]:
            for line in command.examples:
                words = (
                    line.split(" | ")[0].split(" > ")[0].replace("'", "").split()[2 if isinstance(found, Command) else 3 :]
                )
                assert parse(command, words) is not None, line


def test_answer_is_written_to_a_file_whole(tmp_path):
    file = tmp_path / "answer.json"
    file.write_text("old", "utf-8")
    ran = mmopts("suggest", *ASK, "--json", "-o", str(file))
    assert (ran.code, ran.out, [p.name for p in tmp_path.iterdir()]) == (0, "", ["answer.json"])
    assert json.loads(file.read_text("utf-8"))["schema"] == "mmopts.suggest/1"
