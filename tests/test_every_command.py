"""Every regimen, drug, class, name, source, body and fact through every command that takes one, as text and as JSON.

The other formats get a sample that changes with each row; `MMOPTS_LONG=1` gives every format everything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import fuzz
import pytest
from conftest import LONG
from patients import patients as drawn

from mmopts.answers import knowledge
from mmopts.answers.form import to_data
from mmopts.answers.patient import About
from mmopts.assess.assessment import assess_given
from mmopts.cli import engine
from mmopts.diagnostics import QuestionError
from mmopts.facts import FACTS, SETTINGS
from mmopts.knowledge.records import Knowledge
from mmopts.render import rendered

OTHERS = ("csv", "markdown", "html", "terminal")
ROTA = cycle(range(8))
"""Every other row is written in one of the other formats, each in turn."""
PARTS = 4


def written(answer: Any, view: frozenset[str] = frozenset(), *, whole: bool = False) -> str:
    """An answer in JSON and in plain text, and in a format of the rota; what it says in plain text."""
    data = to_data(answer)
    text = json.dumps(data, allow_nan=False, ensure_ascii=False)
    assert data["schema"].startswith("mmopts.")
    plain: str = rendered(answer, "plain", view, 100, False)
    turn = next(ROTA)
    forms = OTHERS if LONG or whole else [OTHERS[turn // 2]] if turn % 2 == 0 else []
    for form in ("plain", *forms):
        shown = plain if form == "plain" else rendered(answer, form, view, 80, form == "terminal")
        assert shown.endswith("\n")
        if "None" in shown.split() or "object at 0x" in shown:
            pytest.fail(f"{form} tells a value of the program: {shown[:500]}")
    if "\x1b" in text + plain:
        pytest.fail("a control character")
    return plain


@pytest.fixture(scope="module")
def patients(kb: Knowledge) -> list[About]:
    found = [
        {"prior": ["VRd"], "refractory": ["len"], "lines": 1, "crcl": 25},
        {"prior": ["none"], "region": "eu"},
        {"prior": (many := ["VRd", "DPd", "Kd"]), "refractory": many, "lines": "3-4", "fitness": "frail", "strict": True},
    ]
    return [About(assess_given(one, kb)) for one in found]


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_every_regimen_is_written_by_every_command_that_takes_one(kb: Knowledge, patients: list[About], part: int) -> None:
    for index, name in enumerate(list(kb.regimens)[part::PARTS]):
        about = patients[index % len(patients)]
        assert name in written(knowledge.shown(name, kb))
        other = "DKd" if name != "DKd" else "PVd"
        assert name in written(knowledge.compared([name, other], kb, about if index % 2 else None))
        assert name in written(about.explain(name))
        assert written(about.dose(name))


@pytest.mark.parametrize("part", range(PARTS))
def test_every_word_for_a_regimen_shows_the_regimen(kb: Knowledge, part: int) -> None:
    words = list(dict.fromkeys((*kb.regimens, *kb.aliases)))[part::PARTS]
    seen = 0
    for word in words:
        try:
            name = knowledge.regimen_named(word, kb)
        except QuestionError as error:
            if not error.problems[0].message:
                pytest.fail(f"{word} is refused without a word")
            continue
        assert to_data(knowledge.shown(name, kb))["regimens"][0]["id"] in kb.regimens
        seen += 1
    assert seen


def test_every_drug_and_every_class_is_written(kb: Knowledge) -> None:
    for name in kb.drugs:
        assert name in written(engine.drugs(kb, name))
        assert written(knowledge.listed(kb, [], [name], []))
    for name in kb.classes:
        assert written(knowledge.listed(kb, [], [], [name]))
    written(engine.drugs(kb, None), whole=True)
    for setting in SETTINGS:
        assert written(knowledge.listed(kb, [setting], [], []))


def test_every_name_is_a_drug_a_regimen_a_class_or_told_what_it_may_be(kb: Knowledge) -> None:
    found = 0
    for word in [m.name for m in kb.names.values()]:
        for look in (engine.drug_named, engine.regimen_named, engine.class_named):
            try:
                found += bool(look(word, kb))
            except QuestionError as error:
                if error.problems[0].code not in ("unknown-name", "unknown-regimen", "ambiguous-name"):
                    pytest.fail(f"{word}: {error.problems[0].code}")
    assert found > len(kb.drugs)


@pytest.mark.slow
@pytest.mark.parametrize("fact", ["prior", "refractory", "intolerant", "last"])
def test_every_drug_and_class_in_every_list_has_a_whole_answer(kb: Knowledge, fact: str) -> None:
    words = [*kb.drugs, *kb.classes, *(n for n, r in kb.regimens.items() if r.drugs)]
    at = list(FACTS).index(fact)
    for word in words if LONG else words[at::12]:
        try:
            about = About(assess_given({fact: [word], "lines": "1-3"}, kb))
        except QuestionError as error:
            if not {p.code for p in error.problems} <= {"contradiction", "ambiguous-name"}:
                pytest.fail(f"{word}: {error}")
            continue
        assert written(about.suggest(None), frozenset({"why_not", "all"}))


@pytest.mark.slow
def test_every_source_every_body_and_every_fact_is_written(kb: Knowledge) -> None:
    for name in list(kb.sources)[:: 1 if LONG else 25]:
        assert name in written(knowledge.one_source(name, kb))
    written(knowledge.sources(kb), whole=True)
    for body in {p.body for p in kb.positions}:
        assert body in written(knowledge.guidance(kb, body), whole=True)
    written(knowledge.guidance(kb, None), whole=True)
    for name in FACTS:
        assert FACTS[name].option in written(knowledge.facts(kb, name), whole=True)
    written(knowledge.facts(kb, None), whole=True)


def values(name: str, kb: Knowledge) -> Iterator[Any]:
    """Some of what a fact can be, its bounds and each of its words among it."""
    fact = FACTS[name]
    if fact.kind == "flag":
        yield from (True, False)
    elif fact.kind == "choice":
        yield from fact.values
    elif fact.kind == "number":
        yield from (fact.low, fact.high, f"{fact.low:g}-{fact.high:g}", {"max": fact.high}, {"min": fact.low})
    elif fact.kind == "words":
        yield from ([w] for w in kb.vocabulary[name].words)
        yield from ([f"no-{w}"] for w in kb.vocabulary[name].words)
        yield from ([w] for w in (*kb.vocabulary[name].groups, "none"))
    elif fact.kind == "months":
        yield from ({drug: months} for drug, months in zip(kb.drugs, cycle((0, 1.5, 600)), strict=False))
    else:
        yield from (["none"], ["no-lenalidomide"], ["VRd"])


@pytest.mark.slow
@pytest.mark.parametrize("name", list(FACTS))
def test_every_value_of_every_fact_has_an_answer_or_a_reason(kb: Knowledge, name: str) -> None:
    answered = 0
    every = list(values(name, kb))
    for value in every if LONG or len(every) < 12 else every[:: len(every) // 8]:
        given = {"setting": "smoldering"} if name == "smm_risk" else {"setting": "relapsed"}
        try:
            about = About(assess_given({**given, name: value}, kb))
        except QuestionError as error:
            if not {p.code for p in error.problems} <= {"contradiction", "bad-value"}:
                pytest.fail(f"{value}: {error}")
            continue
        written(about.suggest(3))
        answered += 1
    assert answered


# --- table = CSV = JSON ----------------------------------------------------------------------------


@pytest.mark.slow
def test_table_csv_and_json_have_the_same_options_verdicts_and_tiers(kb: Knowledge) -> None:
    import csv
    import io

    for _, _, about in drawn("12", 60 if LONG else 12, kb, lambda given: About(assess_given(given, kb))):
        answer = about.suggest(None)
        data = to_data(answer)
        wanted = [(o["id"], o["verdict"], o["tier"]) for o in data["options"]]
        wanted_out = [e["id"] for e in data["excluded"]]
        rows = list(csv.DictReader(io.StringIO(rendered(answer, "csv", frozenset(), 0, False))))
        assert [(r["id"], r["verdict"], r["tier"]) for r in rows if r["verdict"] != "excluded"] == wanted
        assert [r["id"] for r in rows if r["verdict"] == "excluded"] == wanted_out
        told = [*wanted, *((e["id"],) for e in data["excluded"] if not e["other_setting"])]  # the others are counted
        for form in ("plain", "markdown", "html", "terminal"):
            shown = rendered(answer, form, frozenset({"all", "why_not"}), 200, False)
            assert [name for name, *_ in told if name not in shown] == [], form


# --- what is not held may not come back ------------------------------------------------------------


@pytest.mark.slow
def test_the_corpus_of_the_fuzzer_is_held() -> None:
    for case in fuzz.corpus():
        assert fuzz.finds(case) == []
