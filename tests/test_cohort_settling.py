"""A batch and a single patient have one meaning: the same refusals, verdicts and labels."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from bases import builtin
from cohort_rows import Row, draw
from conftest import LONG

from mmopts.assess.truths import Scope, Truths
from mmopts.cohort.cells import row_said
from mmopts.cohort.judging import Asked, Chunk, Judge, Table
from mmopts.cohort.layouts import wide
from mmopts.diagnostics import QuestionError
from mmopts.logic import Worlds
from mmopts.patient import Patient, intake

KB = builtin()
TODAY = KB.meta.reviewed
PATIENTS = int(os.environ.get("MMOPTS_COHORT_PATIENTS", "20000" if LONG else "600"))
"""How many random patients are held against each other (100,000 once before a release)."""
PART = 2000


def batch(rows: list[Row], **asked: Any) -> tuple[Chunk, dict[str, list[Any]]]:
    names = sorted({name for row in rows for name in row})
    question = Asked(asked.pop("scope", Scope("any", TODAY)), labels=True, **asked)
    columns = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}
    chunk = Judge(KB, question).chunk(Table(len(rows), columns), range(1, len(rows) + 1))
    return chunk, wide(chunk, KB, question).to_pydict()


def alone(row: Row, strict: bool) -> Patient | str:
    said = row_said(dict(sorted(row.items())))
    if all(name.endswith("_incomplete") for name in said):
        return "no-facts"
    try:
        return intake(said, KB, strict=strict)
    except QuestionError as error:
        return error.problems[0].code


def differences(rows: list[Row], scope: Scope, strict: bool) -> Iterator[tuple[Row, str, object, object]]:
    chunk, words = batch(rows, scope=scope, strict=strict)
    refused = {reject.row: reject.code for reject in chunk.rejects}
    patients: list[tuple[int, Patient]] = []
    for number, row in enumerate(rows):
        patient = alone(row, strict)
        if isinstance(patient, Patient) and number not in refused:
            patients.append((number, patient))
        elif patient != refused.get(number):
            yield row, "refusal", patient, refused.get(number)
    truths = Truths(Worlds.of([{**patient.facts, **scope.facts(KB)} for _, patient in patients]))
    for name, regimen in KB.regimens.items():
        for world, (number, _) in enumerate(patients):
            wanted = {name: truths.verdict(regimen, world)}
            wanted |= {f"{name}.label_{region}": word for region, word in truths.labels(regimen, world).items()}
            found = {column: words[column][number] for column in wanted}
            if found != wanted:
                yield rows[number], name, wanted, found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scope", "strict"), [(Scope("any", TODAY), False), (Scope("us", "2021-06-15"), False), (Scope("eu", TODAY), True)]
)
def test_a_batch_refuses_judges_and_labels_as_each_patient_alone(scope, strict):
    for start in range(0, PATIENTS, PART):
        rows = draw(min(PART, PATIENTS - start), KB, start, odd=0.02)
        assert list(differences(rows, scope, strict)) == []


@pytest.mark.slow
def test_the_random_patients_are_rich_enough_to_mean_something():
    rows = draw(500, KB, 1)
    chunk, words = batch(rows)
    assert 50 < len(chunk.rejects) < 350
    verdicts = [v for name in KB.regimens for v in words[name]]
    assert {v: verdicts.count(v) > len(verdicts) / 100 for v in ("eligible", "conditional", "excluded")} == {
        "eligible": True, "conditional": True, "excluded": True,
    }  # fmt: skip


def test_steroids_named_as_the_last_line_break_nothing():
    chunk, _ = batch([{"prior": "VRd", "last": "steroids"}, {"last": "dex"}])
    assert chunk.rejects == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"prior": "none", "lines": "2"}, "contradiction"),
        ({"prior": "len;no-len"}, "contradiction"),
        ({"prior": "none;len"}, "contradiction"),
        ({"prior": "none", "prior_incomplete": "true"}, "contradiction"),
        ({"condition": "dialysis", "crcl": "90"}, "contradiction"),
        ({"months_since": "len=5;lenalidomide=6"}, "contradiction"),
        ({"prior": "xyzzy"}, "unknown-name"),
        ({"condition": "xyzzy"}, "unknown-word"),
        ({"lines": "31"}, "bad-value"),
        ({"lines": "1.5"}, "bad-value"),
        ({"prior_asct": "perhaps"}, "bad-value"),
        ({"prior_incomplete": "true"}, "no-facts"),
        ({}, "no-facts"),
    ],
)
def test_what_a_patient_file_refuses_a_row_refuses_with_the_same_code(row, code):
    chunk, _ = batch([{"prior": "VRd"}, row, {"age": "70"}])
    assert [(r.row, r.code) for r in chunk.rejects] == [(1, code)]
    assert all(r.message for r in chunk.rejects)


@pytest.mark.parametrize("cell", ["del(17p);t(4;14)", "t(4;14), del(17p)", " t(4;14) ; del(17p) "])
def test_a_translocation_stays_whole_in_a_list(cell):
    chunk, _ = batch([{"cytogenetics": cell}])
    assert chunk.rejects == []
    named = {a for a in chunk.facts.columns if a.startswith("cytogenetics:") and chunk.facts.having(a, True)}
    assert named == {"cytogenetics:del(17p)", "cytogenetics:t(4;14)"}


def test_a_list_longer_than_any_is_read_by_itself():
    drugs = list(KB.drugs)
    long = ";".join(drugs[n % len(drugs)] for n in range(100))
    chunk, words = batch([{"prior": long}, {"prior": ";".join(drugs)}])
    assert chunk.rejects == []
    assert [words[name][0] for name in KB.regimens] == [words[name][1] for name in KB.regimens]


def test_empty_cells_are_not_none():
    _, words = batch([{"prior": "", "age": "70"}, {"prior": " ; ", "age": "70"}, {"age": "70"}])
    for name in KB.regimens:
        assert words[name][0] == words[name][1] == words[name][2]
