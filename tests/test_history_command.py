"""``mmopts history`` through the command line: its JSON, its screen, its schema, its faults; and histories elsewhere."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import unicodedata
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from cli_runner import child, mmopts

import mmopts as library

PATIENT = """\
id: A 1
treatments:
  - regimen: VRd
    start: 2021-03
    end: 2021-08
    part: induction
    best_response: VGPR
  - part: transplant
    start: 2021-10
  - regimen: lenalidomide
    part: maintenance
    start: 2022-01
    end: 2024-05
    stopped: progression
    progression: 2024-05
  - regimen: DPd
    start: 2024-06
    ongoing: true
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "patient.yaml"
    path.write_text(PATIENT, "utf-8")
    return str(path)


def of(text: str, *words: str) -> Any:
    """The answer to a patient file on standard input."""
    ran = mmopts("history", "-", "--json", *words, stdin=text.encode())
    assert (ran.code, ran.err) == (0, "")
    return ran.json


# --- JSON ------------------------------------------------------------------------------------------


def test_the_answer_is_an_envelope_with_facts_lines_and_derivations():
    found = of(PATIENT)
    assert found["schema"] == "mmopts.history/1"
    assert found["patient_id"] == "A 1"
    assert found["facts"]["lines"] == 2
    assert found["facts"]["refractory"] == ["lenalidomide", "no-bortezomib", "no-melphalan"]
    assert found["facts"]["setting"] == "relapsed"
    assert [(line["line"], line["start"]) for line in found["lines"]] == [(1, "2021-03"), (2, "2024-06")]
    wanted = {"fact", "value", "rule", "because", "source", "open"}
    assert all(wanted <= set(one) for one in found["derivations"])
    cited = {
        i for one in found["derivations"] for i in ([one["source"]] if isinstance(one["source"], str) else one["source"])
    }
    assert cited <= set(found["sources"])


def test_while_no_progression_is_known_the_setting_is_open_and_says_what_would_settle_it():
    found = of("treatments: [{regimen: VRd, start: 2021-03, end: 2021-08, part: induction}]")
    (setting,) = [one for one in found["derivations"] if one["fact"] == "setting"]
    assert (setting["value"], setting["rule"]) == (None, "setting-open")
    assert "no progression is recorded" in setting["because"]
    assert setting["open"] == "`progression` of entry 1, or `setting`"


def test_the_page_ends_with_the_command_that_asks_with_what_was_found(file):
    asked = mmopts("history", file, "--json").json["options"]
    assert mmopts("history", file).out.rstrip().endswith(f"mmopts suggest {asked}")


def test_a_file_and_standard_input_give_the_same(file):
    assert mmopts("history", file, "--json").json == of(PATIENT)


def test_json_is_read_as_yaml_is():
    assert of(json.dumps(yaml.load(PATIENT, yaml.BaseLoader)).replace('"true"', "true")) == of(PATIENT)


def test_the_answer_fits_its_schema(file):
    schema = mmopts("schema", "history").json
    jsonschema.validate(mmopts("history", file, "--json").json, schema)


def test_the_day_asked_about_counts():
    assert of(PATIENT, "--as-of", "2024-12-15")["facts"]["months_since"]["lenalidomide"] == {"min": 6.4, "max": 7.4}
    early = mmopts("history", "-", "--as-of", "2024-01-01", "--json", stdin=PATIENT.encode())
    assert early.code == 2
    assert any("entry 4" in one["message"] for one in early.errors)


def test_an_option_beats_the_day_of_the_file():
    assert of("as_of: 2025-01-01\n" + PATIENT, "--as-of", "2026-01-01")["question"]["as_of"] == "2026-01-01"


def test_a_stated_fact_beats_a_derived_one_and_the_answer_says_so():
    found = of("lines: 3\n" + PATIENT)
    assert found["facts"]["lines"] == 3
    warning = next(one for one in found["warnings"] if one["code"] == "stated-beats-derived")
    assert "lines 3" in warning["text"]
    assert "lines 2" in warning["text"]


DOUBTFUL = """\
treatments:
  - {regimen: VRd, drugs: [dara], start: 0221-03, end: 2021-08}
  - {regimen: Kd, start: 2022-03, end: 2022-08, stopped: progression}
  - {regimen: Kd, start: 2022-03, end: 2022-08, stopped: progression}
"""


@pytest.mark.parametrize("command", [["history", "-"], ["suggest", "--patient", "-"], ["explain", "DPd", "--patient", "-"]])
def test_what_is_doubtful_in_a_list_of_treatments_is_told_and_answered(command):
    ran = mmopts(*command, "--json", stdin=DOUBTFUL.encode())
    assert (ran.code, ran.err) == (0, "")
    assert {one["code"] for one in ran.json["warnings"]} >= {"drugs-differ", "treatment-twice", "date-implausible"}
    shown = mmopts(*command, stdin=DOUBTFUL.encode()).out
    for text in ("regimen and drugs differ", "same drugs and dates", "0221-03 is more than 50 years ago"):
        assert text in " ".join(shown.split())


def test_facts_and_options_say_the_same_to_suggest():
    found = of(PATIENT)
    by_options = mmopts("suggest", *shlex.split(found["options"]), "--json").json
    by_facts = mmopts("suggest", "--patient", "-", "--json", stdin=json.dumps(found["facts"]).encode()).json
    by_history = mmopts("suggest", "--patient", "-", "--json", stdin=PATIENT.encode()).json
    keys = [one["id"] for one in by_history["options"]]
    assert [one["id"] for one in by_options["options"]] == [one["id"] for one in by_facts["options"]] == keys


@pytest.mark.parametrize("command", ["suggest", "ask", "explain DKd", "dose DKd", "compare DKd Isa-Kd"])
def test_every_command_that_takes_a_patient_takes_a_history(file, command):
    ran = mmopts(*command.split(), "--patient", file, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json["patient"]["lines"] == 2


def test_an_option_beats_what_the_history_says(file):
    ran = mmopts("suggest", "--patient", file, "--lines", "4", "--json")
    assert ran.json["patient"]["lines"] == 4
    assert any(one["code"] == "stated-beats-derived" for one in ran.json["warnings"])


def test_a_line_of_a_stream_may_hold_a_history():
    line = json.dumps({"id": "x", "treatments": [{"regimen": "VRd", "start": "2021", "stopped": "planned"}]})
    ran = mmopts("suggest", "--patient", "-", "--format", "jsonl", stdin=f"{line}\n".encode())
    assert (ran.code, json.loads(ran.out)["patient"]["lines"]) == (0, 1)


# --- faults ----------------------------------------------------------------------------------------


def faults(text: str) -> list[dict[str, Any]]:
    ran = mmopts("history", "-", "--json", stdin=text.encode())
    assert ran.code == 2
    return ran.errors


def test_every_fault_names_entry_line_and_field():
    found = faults("age: 70\ntreatments:\n  - regimen: VRd\n    start: 2021-13\n\n  - regimen: VRx\n    part: mantenance\n")
    messages = [one["message"] for one in found]
    assert any(m.startswith("standard input: treatments entry 1 (line 3), start:") for m in messages)
    assert any(m.startswith("standard input: treatments entry 2 (line 6), regimen:") for m in messages)
    part = next(one for one in found if "part" in one["message"])
    assert part["suggestions"] == ["maintenance"]


def test_lines_of_json_are_told_too():
    text = '{"treatments": [\n {"regimen": "VRd"},\n {"regimen": "VRd", "start": "soon"}\n]}'
    assert faults(text)[0]["message"].startswith("standard input: treatments entry 2 (line 3), start:")


def test_a_patient_without_treatments_is_told_what_to_write():
    assert "--new" in faults("age: 70\n")[0]["message"]


def test_a_stated_fact_that_cannot_be_used_is_a_fault():
    assert faults("lines: 99\n" + PATIENT)[0]["fact"] == "lines"


def test_history_needs_a_file():
    ran = mmopts("history")
    assert ran.code == 2
    assert "--new" in ran.err


def test_new_takes_no_file():
    assert mmopts("history", "--new", "x.yaml").code == 2


# --- the template ----------------------------------------------------------------------------------


def test_the_template_is_a_patient_file_that_history_reads():
    text = mmopts("history", "--new").out
    assert text.startswith("#")
    found = of(text)
    assert found["facts"]["lines"] == 1
    assert found["facts"]["prior_asct"] is True


def test_the_template_can_be_written_to_a_file(tmp_path):
    path = tmp_path / "new.yaml"
    assert mmopts("history", "--new", "-o", str(path)).out == ""
    assert path.read_text("utf-8") == mmopts("history", "--new").out


# --- the schema of a patient file ------------------------------------------------------------------


@pytest.fixture(scope="module")
def schema() -> Any:
    return mmopts("schema", "patient").json


def test_a_history_fits_the_schema_of_a_patient(schema):
    for text in (PATIENT, mmopts("history", "--new").out):
        data = yaml.safe_load(text.replace("2021-10", '"2021-10"'))
        jsonschema.validate(json.loads(json.dumps(data, default=str)), schema)
    jsonschema.validate({"treatments": []}, schema)


@pytest.mark.parametrize(
    "entry",
    [
        {"start": "2021"},
        {"regimen": "VRd", "part": "mantenance"},
        {"regimen": "VRd", "start": "03/2021"},
        {"regimen": "VRd", "best_response": "good"},
        {"regimen": "VRd", "line": 31},
        {"regimen": "VRd", "dose": 25},
    ],
)
def test_the_schema_refuses_what_the_program_refuses(schema, entry):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"treatments": [entry]}, schema)
    assert mmopts("history", "-", stdin=json.dumps({"treatments": [entry]}).encode()).code == 2


# --- the screen ------------------------------------------------------------------------------------


def screen(text: str, width: int = 100, *words: str) -> str:
    return mmopts("history", "-", *words, terminal=True, width=width, stdin=text.encode()).out


def test_each_fact_stands_with_the_option_that_says_it():
    shown = screen(PATIENT)
    assert "2 prior lines\n  --lines 2\n" in shown
    assert "--refractory lenalidomide,no-bortezomib,no-melphalan --refractory-incomplete" in shown


def drawn(shown: str) -> list[str]:
    """The rows of the timeline."""
    start = shown.index("Treatments\n")
    return shown[start : shown.index("\n\n", start)].splitlines()[1:]


def test_the_timeline_has_a_bar_for_each_treatment_and_brackets_the_lines():
    rows = drawn(screen(PATIENT))
    assert [row[:9] for row in rows[:4]] == ["line 1 / ", "       | ", "       \\ ", "line 2 - "]
    assert [row.split()[-1][-1] for row in rows[2:4]] == ["P", ">"]
    assert "VGPR" in rows[0]
    assert re.search(r"2021 +2022 +2023", "\n".join(rows))


def test_days_that_a_coarse_date_leaves_open_are_drawn_apart_from_those_that_are_sure():
    # Begun on some day of 2018, ended on some day of 2022: 2019 to 2021 are sure.
    coarse, exact = (
        drawn(screen(f"as_of: 2024-12-31\ntreatments:\n- {{regimen: VRd, start: {start}, end: {end}}}\n"))[0].split()[-1]
        for start, end in ((2018, 2022), ("2018-01-01", "2022-12-31"))
    )
    assert re.fullmatch(r"(~+)(=+)(~+)", coarse)
    assert exact == "=" * len(coarse)
    assert coarse.count("=") == pytest.approx(len(coarse) * 3 / 5, abs=2)


def test_bars_stand_in_the_order_of_time():
    rows = [row[40:] for row in drawn(screen(PATIENT))[:4]]
    starts = [len(row) - len(row.lstrip()) for row in rows]
    assert starts == sorted(starts)
    assert len(set(starts)) == 4


def test_what_is_no_line_has_no_bracket():
    rows = drawn(
        screen("treatments:\n  - {regimen: radiotherapy, start: 2020-01, end: 2020-02}\n" + PATIENT.split("\n", 2)[2])
    )
    assert rows[0].startswith(" " * 9 + "1 radiotherapy")


def test_a_treatment_without_a_date_is_named():
    assert "Without a date: VRd." in screen("treatments: [{regimen: VRd}, {regimen: DPd, start: 2024}]")


def test_what_is_open_names_the_date_that_settles_it():
    shown = screen("treatments: [{regimen: Rd, start: 2022-03, end: 2023-03, progression: 2023-05}]", 200)
    line = next(line for line in shown.splitlines() if "refractory lenalidomide" in line and "settled by" in line)
    assert "`progression` of entry 1" in line
    assert "`end` of entry 1" in line


def test_each_derivation_tells_rule_authority_and_source():
    shown = screen(PATIENT, 200)
    assert (
        "By the rule: progression on a drug, or within 60 days of its last dose (IMWG (Rajkumar 2011)) [jcom-2016" in shown
    )
    assert "lenalidomide: yes; entry 3 (lenalidomide) was stopped for progression (2024-05)" in shown


def test_the_other_reading_of_a_rule_is_told():
    shown = screen(
        "treatments: [{regimen: VCd, start: 2021-03, stopped: toxicity}, {regimen: DRd, start: 2021-06, ongoing: true}]", 200
    )
    assert "that others read otherwise" in shown
    assert "one for toxicity stays in the line" in shown


def columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


@pytest.mark.parametrize("width", [60, 80, 100, 132, 200])
def test_no_line_is_wider_than_the_screen_but_commands(width):
    long = [line for line in screen(PATIENT, width).splitlines() if columns(line) > width]
    assert [line for line in long if not re.match(r" *(--|Next|And)", line)] == []


def test_a_wider_screen_says_no_less():
    words = [set(re.findall(r"[\w-]+", screen(PATIENT, width))) for width in (60, 200)]
    assert {word for word in words[0] - words[1] if not set(word) <= {"-", "_"}} == set()


def test_plain_text_is_not_coloured_and_survives_ascii():
    shown = mmopts("history", "-", stdin=PATIENT.encode()).out
    assert "\x1b" not in shown
    assert "\n".join(drawn(shown)).isascii()


@pytest.mark.parametrize(("fmt", "drawn_as"), [("markdown", "=" * 5), ("html", "<svg")])
def test_the_timeline_is_drawn_in_every_format(fmt, drawn_as):
    assert drawn_as in mmopts("history", "-", "--format", fmt, stdin=PATIENT.encode()).out


def test_csv_has_a_row_for_each_derivation():
    found = of(PATIENT)["derivations"]
    rows = list(csv.DictReader(io.StringIO(mmopts("history", "-", "--format", "csv", stdin=PATIENT.encode()).out)))
    assert [(row["fact"], row["about"]) for row in rows] == [(one["fact"], one["about"] or "") for one in found]


def test_hostile_labels_send_nothing_to_the_terminal():
    text = json.dumps({"treatments": [{"drugs": ["lenalidomide"], "regimen": "VRd", "start": "2021\u001b[2J"}]})
    ran = mmopts("history", "-", stdin=text.encode())
    assert ran.code == 2
    assert "\x1b" not in ran.err


def test_an_empty_list_has_a_screen_without_a_timeline():
    shown = screen("treatments: []")
    assert "no prior therapy" in shown.lower()
    assert "Treatments\n" not in shown


def test_history_runs_in_a_process_of_its_own(file):
    ran = child("history", file, "--json")
    assert (ran.code, ran.err) == (0, "")


@pytest.mark.parametrize("beside", [["--json"], ["--format", "html"], ["--all"], ["--as-of", "2020-01-01"]])
def test_a_list_to_fill_in_has_one_form_and_says_so(beside):
    ran = mmopts("history", "--new", *beside)
    assert (ran.code, ran.out) == (2, "")
    assert beside[0] in ran.err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fact", "value", "said"),
    [
        ("lines", {"max": 6}, "--lines 0-6"),
        ("age", {"max": 60}, "--age 18-60"),
        ("lines", {"min": "2", "max": "5"}, "--lines 2-5"),
        ("crcl", {"min": ">5", "max": "<60"}, "--crcl '>5-<60'"),
        ("lines", ["2-4", "3-"], "--lines 2-4 --lines 3-"),
        ("crcl", 29.99999, "--crcl 29.99999"),
        ("crcl", {"max": 59.5}, "--crcl 0-59.5"),
        ("ecog", "to 2", "--ecog 'to 2'"),
        ("ecog", " 2 ", "--ecog ' 2 '"),
        ("months_since", {"len": {"max": "5"}}, "--months-since lenalidomide=0-5"),
        ("months_since", ["len=3"], "--months-since lenalidomide=3"),
        ("fitness", ["fit", "frail"], "--fitness fit,frail"),
        ("setting", "relapsed,maintenance", "--setting relapsed,maintenance"),
    ],
)
def test_a_fact_in_any_form_that_is_read_is_said_in_options_that_are_read_as_the_same(fact, value, said, kb):
    given = {"treatments": [{"regimen": "VRd", "start": "2021", "end": "2022"}], fact: value}
    options = library.history(given, kb)["options"]
    assert f" {said} " in f" {options} "
    again = mmopts("suggest", *shlex.split(options), "--json").json
    mine = library.suggest(given, kb)
    assert [(o["id"], o["verdict"]) for o in again["options"]] == [(o["id"], o["verdict"]) for o in mine["options"]]


def test_a_fault_of_a_stated_fact_is_named_as_the_file_has_it_with_those_of_the_question():
    text = "lines: 99\nregion: mars\ntreatments:\n  - {regimen: VRd, start: 2024-01-01}\n"
    told = [one["message"] for one in faults(text)]
    assert any(m.startswith("standard input: lines takes a whole number from 0 to 30") for m in told)
    assert any("region takes us, eu, any; not 'mars'" in m for m in told)


def test_what_is_stated_beside_the_treatments_comes_back_as_lists_with_the_whole_question():
    text = "region: eu\nstrict: true\nprior: len\nrefractory: none\ntreatments:\n  - {regimen: VRd, start: 2019-01-01}\n"
    found = mmopts("history", "-", "--as-of", "2021-01-01", "--json", stdin=text.encode()).json
    assert found["facts"]["prior"] == ["lenalidomide"]
    assert found["facts"]["refractory"] == ["none"]
    assert found["options"].endswith("--region eu --as-of 2021-01-01 --strict")
    again = mmopts("suggest", "--patient", "-", "--json", stdin=json.dumps(found).encode()).json
    assert (again["question"]["region"], again["question"]["as_of"], again["patient"]["strict"]) == (
        "eu",
        "2021-01-01",
        True,
    )
    assert again == mmopts("suggest", *shlex.split(found["options"]), "--json").json


@pytest.mark.parametrize(
    ("last", "warned"),
    [
        ("{regimen: cilta-cel, start: 2021-08-01, best_response: sCR}", True),
        ("{regimen: DKd, start: 2021-08-01, ongoing: true, best_response: CR}", True),
        ("{regimen: DKd, start: 2021-08-01, end: 2022-08-01, stopped: toxicity}", True),
        ("{regimen: cilta-cel, start: 2021-08-01, progression: 2024-01-01}", False),
        ("{regimen: DKd, start: 2021-08-01, end: 2022-08-01, stopped: progression}", False),
        ("{regimen: R, start: 2021-08-01, ongoing: true, part: maintenance}", False),
    ],
)
def test_a_relapse_that_is_an_earlier_one_is_not_taken_for_one_of_now_without_a_word(last, warned):
    text = f"treatments:\n  - {{regimen: VRd, start: 2018-01-10, end: 2021-05-01, stopped: progression}}\n  - {last}\n"
    told = mmopts("suggest", "--patient", "-", "--json", stdin=text.encode()).json["warnings"]
    said = [one["text"] for one in told if one["code"] == "no-progression-told"]
    assert [text.endswith("read as a relapse all the same: give it, or the setting") for text in said] == [True] * warned
    stated = mmopts("suggest", "--patient", "-", "--json", stdin=f"setting: relapsed\n{text}".encode()).json["warnings"]
    assert "no-progression-told" not in [one["code"] for one in stated]
