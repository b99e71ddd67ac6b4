"""The Python API against a caller who is careless: what an argument may be, whose an answer is, many at once."""

from __future__ import annotations

import copy
import json
import math
import pickle
from collections import UserDict
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pytest
from conftest import DATA

import mmopts
from mmopts import cohort
from mmopts.assess.truths import REMEMBERED, Scope, _asked
from mmopts.diagnostics import KnowledgeError, QuestionError
from mmopts.facts import FACTS
from mmopts.knowledge.records import Knowledge

# --- whatever a Python caller gives ----------------------------------------------------------------


class Text(str):
    __slots__ = ()


class Scalar:
    """As numpy has them: no number of Python, but able to say which one it is."""

    dtype = "int64"

    def __init__(self, value: object) -> None:
        self.value = value

    def tolist(self) -> object:
        return self.value


class Mute:
    def __str__(self) -> str:
        raise RuntimeError

    __repr__ = __str__


def endless() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


def deep() -> list[Any]:
    found: list[Any] = []
    for _ in range(5000):
        found = [found]
    return found


ODD = [
    b"len", math.nan, math.inf, 10**400, -(10**5000), iter(["len"]), Path("len"), Decimal("NaN"), 1 + 2j, {"len"}, [["len"]],
    ["len", None], {"min": math.nan}, {"min": True}, {1: 2}, range(3), object(), Mute(), endless(), deep(), len, type,
    memoryview(b"x"), ..., {"drug": endless()},
]  # fmt: skip
WORDS = ["\x00", "\ud800", "x" * 10**6, "\n", "-", "--prior"]
KEYS = [*FACTS, "region", "as_of", "strict", "prior_incomplete", "treatments", "id", "nonsense"]


def refusal(given: dict[str, Any], kb: Knowledge) -> QuestionError | None:
    try:
        mmopts.suggest(given, kb)
    except QuestionError as error:
        return error
    return None


@pytest.mark.slow
@pytest.mark.parametrize("key", KEYS)
def test_whatever_a_caller_gives_for_a_fact_is_refused_in_few_words_that_name_it(kb: Knowledge, key: str) -> None:
    for odd in [*ODD, *WORDS]:
        error = refusal({"lines": 1, "prior": ["len"], key: odd}, kb)
        if error is None:
            assert isinstance(odd, str), (key, odd)
            continue
        # It goes from process to process, speaks of keys and not of options, and is short.
        assert [p.text for p in pickle.loads(pickle.dumps(error)).problems] == [p.text for p in error.problems]
        text = str(error)
        assert "--" not in text.replace("'--prior'", ""), text
        assert len(text) < 500, text
        assert key in text or "nested" in text or isinstance(odd, (str, dict)), text


@pytest.mark.parametrize(
    "given", [None, 5, "prior", [("prior", "len")], [], b"x", object()], ids=lambda given: type(given).__name__
)
def test_what_is_no_mapping_is_no_patient(kb: Knowledge, given: Any) -> None:
    for ask in (mmopts.suggest, mmopts.history, partial(mmopts.explain, "DKd")):
        with pytest.raises(QuestionError, match="a patient is a mapping of facts"):
            ask(given, kb)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda _: mmopts.suggest({"prior": "len"}, "kb.yaml"), "kb"),
        (lambda _: mmopts.suggest({"prior": "len"}, {}), "kb"),
        (lambda _: mmopts.history({"treatments": []}, []), "kb"),
        (lambda kb: mmopts.explain({"prior": "len"}, "DKd", kb), "regimen"),
        (lambda kb: mmopts.suggest({"prior": "len"}, kb, limit=True), "limit"),
        (lambda kb: mmopts.suggest({"prior": "len"}, kb, limit="3"), "limit"),
        (lambda kb: mmopts.suggest({"prior": "len"}, kb, limit=2.5), "limit"),
        (lambda kb: list(cohort.judge(None, kb)), "batches"),
        (lambda kb: list(cohort.judge([{"prior": "len"}], kb)), "batches"),
        (lambda _: list(cohort.judge([], "kb")), "kb"),
        (lambda kb: list(cohort.judge([], kb, region=5)), "region"),
        (lambda kb: list(cohort.judge([], kb, as_of=2019)), "as_of"),
        (lambda kb: list(cohort.judge([], kb, strict="no")), "strict"),
        (lambda kb: list(cohort.judge([], kb, treatments=5)), "treatments"),
    ],
)
def test_an_argument_of_another_kind_is_named(kb: Knowledge, call: Any, named: str) -> None:
    with pytest.raises(TypeError, match=f"^{named} "):
        call(kb)


def test_a_table_of_arrow_is_judged_as_its_batches_are(kb: Knowledge) -> None:
    batch = pa.RecordBatch.from_pydict({"id": ["a", "b"], "prior": ["VRd", "none"]})
    [expected] = cohort.judge([batch], kb)
    for given in (batch, pa.Table.from_batches([batch]), [pa.Table.from_batches([batch])]):
        assert [b.to_pylist() for b in cohort.judge(given, kb)] == [expected.to_pylist()]


def test_scalars_and_arrays_and_other_mappings_are_what_they_hold(kb: Knowledge) -> None:
    plain = mmopts.suggest(
        {"prior": ["len"], "age": 70, "crcl": {"min": 30}, "prior_asct": True, "months_since": {"len": 3}}, kb
    )
    given = MappingProxyType(
        {
            Text("prior"): Scalar(["len"]), "age": Scalar(70), "crcl": UserDict(min=30), "prior_asct": Scalar(True),
            "months_since": MappingProxyType({Text("len"): Scalar(3)}),
        }
    )  # fmt: skip
    assert mmopts.suggest(given, kb) == plain


def test_an_id_comes_back_from_every_door(kb: Knowledge) -> None:
    given = {"id": "K-17", "prior": ["len"], "treatments": []}
    assert mmopts.suggest(given, kb)["patient_id"] == "K-17"
    assert mmopts.explain("DKd", given, kb)["patient_id"] == "K-17"
    assert mmopts.history(given, kb)["patient_id"] == "K-17"
    with pytest.raises(QuestionError, match="in quotes"):
        mmopts.suggest({**given, "id": 17}, kb)


@pytest.mark.slow
def test_a_knowledge_base_is_loaded_from_whatever_names_a_path(tmp_path: Path) -> None:
    overlay = DATA.parent / "docs" / "overlay.yaml"
    assert mmopts.load(overlay).meta.digest == mmopts.load(str(overlay)).meta.digest
    with pytest.raises(KnowledgeError, match="it is no path"):
        mmopts.load("")


def test_an_answer_is_the_callers_own(kb: Knowledge) -> None:
    def ruin(value: Any) -> None:
        for inner in list(value.values() if isinstance(value, dict) else value):
            if isinstance(inner, (dict, list)):
                ruin(inner)
        value.clear()

    given = {"prior": ["VRd"], "refractory": ["len"], "treatments": [{"regimen": "VRd", "start": "2021"}]}
    before = json.dumps(given)
    for ask in (mmopts.suggest, mmopts.history, partial(mmopts.explain, "DKd")):
        first = ask(given, kb)  # type: ignore[operator]
        text = json.dumps(first)
        assert pickle.loads(pickle.dumps(first)) == copy.deepcopy(first) == json.loads(text)
        ruin(first)
        assert json.dumps(ask(given, kb)) == text  # type: ignore[operator]
    assert json.dumps(given) == before


@pytest.mark.slow
def test_threads_that_ask_at_once_get_the_answers_that_each_would_get_alone() -> None:
    fresh = mmopts.load()
    patients = [{"prior": ["VRd"], "lines": n % 4 + 1, "age": 50 + n} for n in range(12)]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda p: json.dumps(mmopts.suggest(p, fresh)), patients))
    assert found == [json.dumps(mmopts.suggest(p, fresh)) for p in patients]


def test_what_is_raised_can_be_imported_from_where_it_is_raised() -> None:
    with pytest.raises(mmopts.QuestionError) as raised:
        mmopts.suggest({"prior": ["xyzzy"]})
    assert all(isinstance(problem, mmopts.Diagnostic) for problem in raised.value.problems)
    with pytest.raises(mmopts.KnowledgeError):
        mmopts.load("nowhere.yaml")
    assert issubclass(mmopts.QuestionError, mmopts.MmoptsError)
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        _ = mmopts.nothing_of_the_kind


def test_a_fact_in_both_spellings_is_refused() -> None:
    with pytest.raises(mmopts.QuestionError) as raised:
        mmopts.suggest({"prior": ["len"], "prior-asct": True, "prior_asct": False})
    assert [(p.code, p.fact) for p in raised.value.problems] == [("duplicate-key", "prior_asct")]


def test_a_knowledge_base_that_is_given_counts_whatever_was_asked_before(kb: Knowledge, tiny: Knowledge) -> None:
    for known in (None, tiny, kb, None, tiny):
        names = {e["id"] for e in mmopts.suggest({"prior": ["none"]}, known)["excluded"]}
        assert names
        assert names <= set((known or kb).regimens)


def test_a_cohort_refuses_a_region_and_a_day_that_are_none(kb: Knowledge) -> None:
    for wrong in ({"region": "zz"}, {"as_of": "someday"}):
        with pytest.raises(mmopts.QuestionError):
            list(cohort.judge([], kb, **wrong))


def test_facts_of_many_days_are_not_all_kept(kb: Knowledge) -> None:
    days = [f"{year}-{month:02}-01" for year in range(2010, 2020) for month in range(1, 13)]
    scopes = [Scope("any", day) for day in days]
    facts = [scope.facts(kb) for scope in scopes]
    assert len(_asked(kb)) <= REMEMBERED
    assert [scope.facts(kb) for scope in scopes] == facts


def test_numbers_of_other_kinds_are_numbers():
    plain = mmopts.suggest({"prior": ["len"], "age": 70, "crcl": 48.5})
    assert mmopts.suggest({"prior": ["len"], "age": Decimal(70), "crcl": Fraction(97, 2)})["patient"] == plain["patient"]
    with pytest.raises(mmopts.QuestionError, match="age takes a number"):
        mmopts.suggest({"age": Decimal("Infinity")})


def test_an_answer_is_no_patient_and_says_where_its_patient_stands():
    found = mmopts.suggest({"prior": ["len"]})
    with pytest.raises(mmopts.QuestionError, match='give its "patient"'):
        mmopts.suggest(found)
    assert mmopts.suggest(found["patient"])["options"] == found["options"]


def test_a_range_of_months_the_wrong_way_round_is_said_to_be():
    with pytest.raises(mmopts.QuestionError, match="from the lower to the higher number"):
        mmopts.suggest({"prior": ["len"], "months_since": {"len": {"min": 9, "max": 2}}})


def test_what_is_no_path_is_named():
    with pytest.raises(TypeError, match="path is a path or None, not int"):
        mmopts.load(3)  # type: ignore[arg-type]


def test_the_day_of_a_cohort_may_be_a_date():
    table = pa.table({"prior": ["VRd"], "refractory": ["len"]})
    told = [next(cohort.judge(table, as_of=day)).to_pylist() for day in (date(2021, 6, 1), "2021-06-01")]
    assert told[0] == told[1]
    with pytest.raises(TypeError, match="as_of is a str or a date, not a int"):
        list(cohort.judge(table, as_of=3))  # type: ignore[arg-type]


def test_a_library_is_told_of_arguments_and_not_of_options():
    with pytest.raises(QuestionError) as caught:
        list(cohort.judge(pa.table({"prio": ["x"]})))
    assert "ignore_columns leaves such out" in str(caught.value)
