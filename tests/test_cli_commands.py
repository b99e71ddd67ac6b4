"""Every command: its envelope, its help, and that it answers in every format."""

from __future__ import annotations

import io
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from cli_runner import ASK, TINY, child, mmopts
from contract import EXCLUDED, OPTION, QUESTION, TOP

from mmopts.cli.environment import Environment
from mmopts.cli.table import COMMANDS, EXAMPLES
from mmopts.diagnostics import as_option
from mmopts.facts import FACTS, OPEN_LISTS

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
]
FRAME = {"schema", "tool_version", "knowledge", "notice"}


@pytest.mark.parametrize(("words", "kind"), list(zip(EVERY, SCHEMAS, strict=True)))
def test_command_answers_with_an_envelope_of_its_kind(words, kind):
    ran = mmopts(*words, "--json")
    assert (ran.err, ran.json["schema"]) == ("", f"mmopts.{kind}/1")
    assert ran.code == (0 if ran.json.get("usable", True) else 1)
    if kind != "kb-check":
        assert set(ran.json) >= FRAME
        assert set(ran.json["knowledge"]) == {"version", "reviewed", "digest", "layers"}


@pytest.mark.slow
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
    assert "not refractory to lenalidomide" in [f["needs"] for f in answer["flips"]]
    assert next(f["text"] for f in answer["forbids"] if f["holds"] == "yes").startswith("refractory to lenalidomide")


def test_list_filters_by_setting_drug_and_class():
    found = mmopts("list", "--setting", "relapsed", "--drug", "dara", "--class", "PI", "--json").json["regimens"]
    assert "DKd" in [r["id"] for r in found]
    assert all("daratumumab" in r["drugs"] and "relapsed" in r["settings"] for r in found)


def test_frailty_gives_a_range_while_items_are_missing():
    whole = mmopts("frailty", "--age", "82", "--adl", "4", "--iadl", "5", "--cci", "1", "--json").json["scores"][0]
    assert (whole["points"], whole["group"], whole["missing"]) == ({"min": 4, "max": 4}, "frail", [])
    part = mmopts("frailty", "--age", "78", "--json").json["scores"][0]
    assert (part["points"], part["group"], part["possible"]) == ({"min": 1, "max": 4}, None, ["intermediate", "frail"])
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


ANSWERS = {"--age": "80", "--cytogenetics": "standard", "--condition": "none", "--ldh": "high"}
"""What to answer an option with that takes no number."""


@pytest.mark.parametrize(
    "words", ["risk --b2m 4", "risk --ldh high", "risk --cytogenetics t(4;14)", "frailty --age 80", "frailty --ecog 1"]
)
def test_what_a_score_asks_for_is_asked_in_its_words_and_its_option_is_taken(words):
    missing = [m for s in mmopts(*words.split(), "--json").json["scores"] for m in s["missing"]]
    assert missing
    for row in missing:
        again = mmopts(*words.split(), row["option"], ANSWERS.get(row["option"], "1"), "--json")
        assert again.code == 0, again.err
        assert row["question"] not in [m["question"] for s in again.json["scores"] for m in s["missing"]]
        assert ";" not in row["question"].replace("t(4;14)", "").replace("t(14;16)", "").replace("t(14;20)", "")


def test_the_laboratory_values_are_echoed():
    shown = mmopts("risk", "--b2m", "4", "--albumin", "3.2", "--ldh", "normal", "--cytogenetics", "standard").out
    assert "; serum beta-2-microglobulin 4 mg/L; serum albumin 3.2 g/dL; LDH above the upper limit of normal: no." in shown
    assert "Nothing known" not in mmopts("risk", "--ldh", "high").out


@pytest.mark.parametrize(
    ("words", "points", "groups"),
    [
        # IMiD 4, over 160 mg of dexamethasone 4, earlier clot 5; SAVED 2 + 3; PRISM 2 + 8
        ("imid,dexamethasone-high,clot", (13, 5, 10), ("high", "high", "high")),
        # IMiD 4, up to 160 mg 2, prophylaxis -3; SAVED 1; PRISM 2
        ("imid,dexamethasone-mid,prophylaxis", (3, 1, 2), ("low", "low", "intermediate")),
        # of two doses the larger, of two anticoagulants the full one
        (
            "IMiD,dexamethasone_high,dexamethasone-mid,prophylaxis,anticoagulated",
            (4, 2, 2),
            ("intermediate", "high", "intermediate"),
        ),
        ("none", (0, 0, 0), ("low", "low", "low")),
    ],
)
def test_scores_of_clots_count_what_is_listed(words, points, groups):
    # Points of vte-ash-sap, groups of vte-ash-table and Chakraborty 2022.
    scores = {s["id"]: s for s in mmopts("risk", "--clots", words, "--json").json["scores"]}
    assert list(scores) == ["impede", "saved", "prism"]
    assert tuple(s["points"]["min"] for s in scores.values()) == points
    assert tuple(s["group"] for s in scores.values()) == groups


@pytest.mark.parametrize(
    ("facts", "words", "points", "groups"),
    [
        # An earlier clot is 5 points of IMPEDE, 3 of SAVED and 8 of PRISM; therapeutic anticoagulation takes 4 of IMPEDE.
        (("--condition", "vte"), "none", (5, 3, 8), ("intermediate", "high", "high")),
        (("--condition", "vte"), "clot", (5, 3, 8), ("intermediate", "high", "high")),
        (("--condition", "anticoagulated"), "imid", (0, 0, 2), ("low", "low", "intermediate")),
    ],
)
def test_scores_of_clots_know_what_a_fact_says_of_the_patient(facts, words, points, groups):
    found = {s["id"]: s for s in mmopts("risk", *facts, "--clots", words, "--json").json["scores"]}
    scores = [found[name] for name in ("impede", "saved", "prism")]
    assert tuple(s["points"]["min"] for s in scores) == points
    assert tuple(s["group"] for s in scores) == groups


def test_a_word_that_no_score_of_clots_asks_for_is_refused_and_stagings_stand_alone():
    wrong = mmopts("risk", "--clots", "imid,none")
    assert wrong.code == 2
    assert "'none'" in wrong.err
    assert "impede" not in {s["id"] for s in mmopts("risk", "--b2m", "4", "--json").json["scores"]}
    assert "what is not named counts as absent" in mmopts("risk", "--clots", "imid").out


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


@pytest.mark.parametrize("kind", ["suggest", "history", "kb-check", "patient", "kb"])
def test_schema_is_a_json_schema(kind):
    ran = mmopts("schema", kind)
    assert (ran.code, "$schema" in ran.json) == (0, True)


# --- help ------------------------------------------------------------------------------------------


def test_no_arguments_give_short_help_with_examples_first():
    ran = mmopts()
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[2] == "  mmopts suggest --prior len,btz --frail"
    assert len(ran.out.splitlines()) < 15


def test_version_names_the_program_and_the_knowledge_on_one_line():
    assert re.fullmatch(r"mmopts \d+\.\d+\.\d+ \(knowledge [\d.]+, reviewed \d{4}-\d\d-\d\d\)\n", child("--version").out)
    assert re.search(r"knowledge unusable: .*none", mmopts("--version", MMOPTS_KB="/none").out)


def test_a_fact_is_found_by_the_key_that_leaves_its_list_open():
    assert mmopts("facts", "prior_incomplete", "--json").json["facts"][0]["name"] == "prior_incomplete"


def test_the_patient_of_an_answer_is_taken_wherever_it_stands(tmp_path):
    ask = ("--prior", "len,btz", "--refractory", "len")
    treated = tmp_path / "history.yaml"
    treated.write_text("treatments: [{regimen: VRd, start: 2021-03, stopped: planned}]\n")
    told = mmopts("history", str(treated), "--json").json
    report = mmopts("report", *ask, "--case", "K", "--format", "json").json
    for name, answer, facts in (("h", told, told["facts"]), ("r", report, report["suggest"]["patient"])):
        for kind, held in (("whole", answer), ("alone", facts)):
            (tmp_path / f"{name}-{kind}.json").write_text(json.dumps(held))
        whole, alone = (
            mmopts("suggest", "--patient", str(tmp_path / f"{name}-{k}.json"), "--json") for k in ("whole", "alone")
        )
        assert (whole.code, whole.json["options"]) == (0, alone.json["options"])
    listed = tmp_path / "facts.json"
    listed.write_text(mmopts("facts", "--json").out)
    assert mmopts("suggest", "--patient", str(listed)).code == 2


def test_a_command_that_takes_the_file_itself_says_so():
    ran = mmopts("history", "--patient", "p.yaml")
    assert (ran.code, "It takes the file itself: mmopts history FILE." in ran.err) == (2, True)
    assert "file itself" not in mmopts("show", "DKd", "--patient", "p.yaml").err


def test_a_fact_that_was_given_wrong_is_not_said_to_be_missing():
    ran = mmopts("suggest", "--fit", "--fitness", "frail", "--json")
    assert [e["code"] for e in ran.errors] == ["contradiction"]


def test_half_a_character_is_refused_on_its_line_alone(tmp_path):
    path = tmp_path / "p.jsonl"
    path.write_text('{"id": "\\ud800", "prior": "len"}\n{"id": "b", "prior": "len"}\n')
    ran = mmopts("suggest", "--patient", str(path), "--format", "jsonl")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert (ran.code, lines[0]["errors"][0]["code"], lines[1]["patient_id"]) == (2, "bad-json", "b")


def test_a_file_of_another_kind_is_pointed_to_what_takes_it(tmp_path):
    (tmp_path / "p.csv").write_text("id,prior\na,len\n")
    assert "mmopts cohort takes tables" in mmopts("suggest", "--patient", str(tmp_path / "p.csv")).err
    (tmp_path / "p.yaml").write_text("prior: [len]\n")
    assert "is YAML" in mmopts("suggest", "--patient", str(tmp_path / "p.yaml"), "--format", "jsonl").err


def test_the_built_in_knowledge_base_is_to_be_had_whatever_is_the_default():
    assert mmopts("show", "DRd", MMOPTS_KB="/none").code == 3
    assert mmopts("show", "DRd", "--kb", "builtin", MMOPTS_KB="/none").code == 0


def test_help_lists_every_command_after_the_examples():
    out = child("--help").out
    assert out.index("Examples:") < out.index("Options:") < out.index("Commands:")
    assert all(f"\n  {name} " in out for name in COMMANDS)


EXAMPLES_OF = {"kb": [["kb", "check"], ["kb", "diff"], ["kb", "format"]]}
PAGES = [words for name in COMMANDS for words in EXAMPLES_OF.get(name, [[name]])]
PATIENT_COMMANDS = ["suggest", "ask", "explain"]


@pytest.mark.parametrize("words", [[], ["kb"], *PAGES], ids=lambda words: " ".join(words) or "mmopts")
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_is_there_by_either_name(words, option):
    ran = mmopts(*words, option)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: {' '.join(['mmopts', *words])} ")
    assert "-h, --help" in ran.out


@pytest.mark.parametrize("words", PAGES, ids=" ".join)
def test_examples_stand_before_options(words):
    out = mmopts(*words, "--help").out
    assert out.index("Examples:") < out.index("--")
    assert f"    {' '.join(['mmopts', *words])}" in out


@pytest.mark.parametrize("name", PATIENT_COMMANDS)
def test_help_has_every_fact_under_its_heading(name):
    out = mmopts(name, "--help").out
    sections = dict(re.findall(r"^(\S.*):\n((?:  .*\n)+)", out + "\n", re.MULTILINE))
    for fact in FACTS.values():
        assert f"  {fact.option} " in sections[fact.panel]
    assert all(flag in out for flag in ("--frail", "--no-prior-asct", "--prior-incomplete", "--patient FILE"))


def test_help_is_not_cut_and_breaks_no_option():
    for words in (["suggest", "-h"], ["kb", "-h"], ["-h"]):
        out = mmopts(*words).out
        assert "..." not in out.replace("[ARGS]...", "")
        assert not re.search(r"-$", out, re.MULTILINE)


def examples():
    """Each example of each page, in its words; into a file and out of one as a shell would."""
    for words in PAGES:
        page = mmopts(*words, "-h").out
        yield from re.findall(r"^ {4}(mmopts .*)$", page.partition("Examples:")[2], re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("line", [*EXAMPLES, *dict.fromkeys(examples())])
def test_examples_of_the_program_run_in_a_copy_of_its_repository(tmp_path, monkeypatch, line):
    if "--interactive" in line or line.startswith("mmopts config "):
        pytest.skip("it needs a terminal, or changes the defaults of this place")
    if "cohort" in line:
        pytest.importorskip("pyarrow")
    if "--plot" in line:
        pytest.importorskip("matplotlib")
    for name in ("docs", "data"):
        if f" {name}" in line:
            shutil.copytree(Path(__file__).parent.parent / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    words, _, source = line.partition(" < ")
    words = re.split(r" [|>] ", words)[0]
    ran = mmopts(*shlex.split(words)[1:], stdin=Path(source).read_bytes() if source else b"")
    assert ran.code == 0, ran.err


@pytest.mark.slow
def test_completion_knows_commands_drugs_and_regimens():
    def asked(line):
        return child(_MMOPTS_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(line.split(" ")) - 1)).out.split()

    assert "suggest" in asked("mmopts sug")
    assert "lenalidomide" in asked("mmopts suggest --prior btz,lenali")[0]
    assert "DKd" in asked("mmopts show DK")
    assert "heart-failure" in asked("mmopts explain DKd --condition frail,hea")[0]
    assert asked("mmopts suggest --region e") == ["eu"]
    assert asked("mmopts suggest --why") == ["--why-not"]
    assert asked("mmopts kb ") == ["check", "diff", "format"]
    assert asked("mmopts facts cyto") == ["cytogenetics"]


def test_completion_uses_the_knowledge_base_of_this_place():
    asked = {"_MMOPTS_COMPLETE": "complete_bash", "COMP_WORDS": "mmopts suggest --prior al", "COMP_CWORD": "3"}
    assert child(**asked, MMOPTS_KB=TINY).out.split().count("alpha") == 1
    assert child(**asked, MMOPTS_KB="/none") == (0, "\n", "")


@pytest.mark.parametrize(
    "variables",
    [
        {"_MMOPTS_COMPLETE": "complete_bash"},
        {"_MMOPTS_COMPLETE": "complete_bash", "COMP_WORDS": "", "COMP_CWORD": ""},
        {"_MMOPTS_COMPLETE": "nonsense"},
        {"_MMOPTS_COMPLETE": "complete_nonsense"},
    ],
)
def test_completion_that_asks_nothing_gives_no_traceback(variables):
    ran = child(**variables)
    assert (ran.code in (0, 2), ran.out.strip(), "Traceback" in ran.err) == (True, "", False)


def test_empty_completion_variable_is_as_if_it_were_not_there():
    assert child("--version", _MMOPTS_COMPLETE="") == child("--version")


def test_completion_can_be_shown_for_a_shell():
    ran = child("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert "_MMOPTS_COMPLETE=complete_bash" in ran.out


# --- facts -------------------------------------------------------------------------------------------


def test_facts_lists_every_fact_with_its_option():
    lines = mmopts("facts").out.splitlines()[1:]
    every = [*(fact.option for fact in FACTS.values()), *map(as_option, OPEN_LISTS)]
    assert [line.split()[0] for line in lines[: len(every)]] == every
    assert lines[len(every)] == ""


def test_facts_tells_the_words_of_conditions_and_markers(kb):
    for name in ("condition", "cytogenetics", "unavailable"):
        found = mmopts("facts", name, "--json").json
        assert [fact["name"] for fact in found["facts"]] == [name]
        assert [word["id"] for word in found["words"]] == list(kb.vocabulary[name].words)
        assert all(word["name"] for word in found["words"])
        out = mmopts("facts", name, terminal=True, width=80).out
        assert all(word["id"] in out for word in found["words"])
        assert max(map(len, out.splitlines())) <= 80


def test_a_fact_answers_to_its_name_and_to_what_is_mistaken_for_it():
    assert [mmopts("facts", w, "--json").json["facts"][0]["name"] for w in ("CrCl", "prior-asct", "egfr")] == [
        "crcl",
        "prior_asct",
        "crcl",
    ]


def test_a_fact_is_an_option_by_its_row_alone():
    code = (
        "from mmopts import facts\n"
        "facts.FACTS['bmi'] = facts.Fact('bmi', 'number', 'bmi', 'Body mass index.', 'BMI {}', low=10, high=80)\n"
        "from mmopts.cli.environment import Environment\n"
        "from mmopts.cli.program import run\n"
        "run(['suggest', '--help'], Environment.of_process())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert re.search(r"^  --bmi 10-80 +Body mass index\.$", done.stdout, re.MULTILINE)


def test_answer_is_written_to_a_file_whole(tmp_path):
    file = tmp_path / "answer.json"
    file.write_text("old", "utf-8")
    ran = mmopts("suggest", *ASK, "--json", "-o", str(file))
    assert (ran.code, ran.out, [p.name for p in tmp_path.iterdir()]) == (0, "", ["answer.json"])
    assert json.loads(file.read_text("utf-8"))["schema"] == "mmopts.suggest/1"


def test_what_waits_for_an_infection_is_told_apart_from_what_is_spent():
    words = "--prior tec,len,btz,dara --refractory tec,len,dara --lines 4 --condition active-infection"
    waits = {e["id"]: e["waits"] for e in mmopts("suggest", *words.split(), "--json").json["excluded"]}
    assert [waits[name] for name in ("Benda-Rd", "Rd", "Tec", "Tal")] == [False, False, False, True]


def test_a_terminal_that_does_not_tell_its_width_has_80_columns(monkeypatch):
    # POSIX and what users expect of a terminal; the same as where there is none.
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(isatty=lambda: True, buffer=io.BytesIO(), encoding="utf-8"))
    monkeypatch.setattr(sys, "__stdout__", None)
    monkeypatch.delenv("COLUMNS", raising=False)
    assert Environment.of_process().width == 80
