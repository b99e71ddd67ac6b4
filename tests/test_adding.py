"""Adding a fact is adding a row; an operator of conditions is a key and a method, and fails loudly where unhandled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import Any

import pytest
from conftest import HERE, authored, compiled, find

import mmopts
from mmopts.answers.form import to_data
from mmopts.answers.knowledge import facts
from mmopts.answers.patient import About
from mmopts.answers.patient_schema import patient_schema
from mmopts.assess.assessment import assess_given
from mmopts.assess.grades import Favourable, kleene
from mmopts.assess.reasons import Reason, Reasons
from mmopts.assess.standing import Closed
from mmopts.diagnostics import QuestionError
from mmopts.facts import FACTS, Fact
from mmopts.knowledge.language import Builder
from mmopts.knowledge.records import Knowledge
from mmopts.knowledge.schema import kb_schema
from mmopts.logic import Cond, Conditions, Evaluate, Interval, Truth, fold
from mmopts.words import Words

BASE: dict[str, Any] = {"prior": ["alpha", "beta"], "refractory": ["none"], "lines": 1, "region": "us"}
INDICATION = {"setting": "relapsed", "basis": "us-label", "product": "P", "since": "2020-01-01", "source": "s"}


def with_regimen(when: dict[str, Any]) -> dict[str, Any]:
    """The invented data with one more regimen, which is open for these."""
    raw = deepcopy(authored(HERE / "tiny.yaml"))
    rows = [{**INDICATION, "when": when}]
    raw["regimens"].append({"id": "added", "drugs": ["delta", "gamma"], "intensity": "standard", "indications": rows})
    return raw


# --- a fact -----------------------------------------------------------------------------------------------


@pytest.fixture
def weighed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Knowledge]:
    """A knowledge base that asks for a fact which one row adds."""
    row = Fact("bmi", "number", "bmi", "Body mass index.", "BMI {}", low=10, high=80, whole=False, unit="kg/m2")
    monkeypatch.setitem(FACTS, "bmi", row)
    kb_schema.cache_clear()
    yield compiled(with_regimen({"bmi": {"min": 18.5, "below": 30}}))
    kb_schema.cache_clear()


@pytest.mark.parametrize(
    ("bmi", "verdict"), [(25, "eligible"), (30, None), (18.5, "eligible"), ("20-29", "eligible"), ("20-40", "conditional")]
)
def test_a_fact_is_one_row(weighed: Knowledge, bmi: Any, verdict: str | None) -> None:
    assert find(mmopts.suggest({**BASE, "bmi": bmi}, weighed), "added").get("verdict") == verdict


def test_an_added_fact_is_needed_asked_for_and_answered(weighed: Knowledge) -> None:
    found = mmopts.suggest(BASE, weighed)
    [need] = find(found, "added")["needs"]
    assert (need["fact"], need["option"], need["question"]) == ("bmi", "--bmi", "Body mass index?")
    asked = to_data(About(assess_given(BASE, weighed)).ask())["next_questions"]
    [question] = [q for q in asked if q["fact"] == "bmi"]
    told = {a["options"]: (a["opens"], a["closes"]) for a in question["answers"]}
    assert told["--bmi '18.5-<30'"] == (["added"], [])
    assert told["--bmi 30-"] == ([], ["added"])


def test_an_added_fact_is_explained_flipped_and_fed_back(weighed: Knowledge) -> None:
    found = mmopts.explain("added", {**BASE, "bmi": 35}, weighed)
    assert found["regimen"]["verdict"] == "excluded"
    [flip] = found["regimen"]["flips"]
    assert flip["text"] == "needs BMI under 30 kg/m2; you gave 35"
    assert found["patient"]["bmi"] == 35
    assert mmopts.explain("added", found["patient"], weighed)["regimen"]["verdict"] == "excluded"


def test_an_added_fact_is_in_the_schemas_and_in_the_list_of_facts(weighed: Knowledge) -> None:
    assert "bmi" in patient_schema(weighed)["properties"]
    assert "bmi" in kb_schema()["$defs"]["condition"]["properties"]
    assert [row.option for row in facts(weighed, "bmi").facts] == ["--bmi"]


def test_an_added_fact_out_of_its_bounds_is_refused(weighed: Knowledge) -> None:
    with pytest.raises(QuestionError, match="bmi takes a number from 10 to 80"):
        mmopts.suggest({**BASE, "bmi": 5}, weighed)


# --- an operator ------------------------------------------------------------------------------------------

Method = Callable[..., Any]
EXCLUSIVE: dict[type, Method] = {}
"""What each algebra makes of ``one_of``: exactly one of the items holds."""


def _handles(algebra: type) -> Callable[[Method], Method]:
    def keep(method: Method) -> Method:
        EXCLUSIVE[algebra] = method
        return method

    return keep


@_handles(Evaluate)
def _truth(self: Evaluate, cond: Cond, items: Sequence[Truth]) -> Truth:
    return self.all([self.at_least(1, items), self.not_(self.at_least(2, items))])


@_handles(Reasons)
def _reason(self: Reasons, cond: Cond, items: Sequence[Reason]) -> Reason:
    return self.all([self.at_least(1, items), self.not_(self.at_least(2, items))])


@_handles(Words)
def _words(self: Words, cond: Cond, items: Sequence[Any]) -> Any:
    return (f"exactly one of: {'; '.join(str(part) for item in items for part in item)}",)


@_handles(Closed)
def _closed(self: Closed, cond: Cond, items: Sequence[bool | None]) -> bool | None:
    return kleene(1, items) if kleene(2, items) is False else None


@_handles(Favourable)
def _bounds(self: Favourable, cond: Cond, items: Sequence[Any]) -> Any:
    return self.at_least(1, items)


@pytest.fixture
def taught(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The language with a further operator."""
    made = Builder.__init__

    def further(self: Builder, conds: Conditions, *rest: Any) -> None:
        made(self, conds, *rest)

        def one_of(value: Any, path: Any, me: str | None) -> Cond:
            return conds._intern("one_of", tuple(self.build(v, (*path, i), me) for i, v in enumerate(value)))

        self.operators["one_of"] = one_of

    monkeypatch.setattr(Builder, "__init__", further)
    return monkeypatch


WHEN: dict[str, Any] = {"one_of": [{"exposed": "alpha"}, {"exposed": "kappa"}]}


@pytest.fixture
def exclusive(taught: pytest.MonkeyPatch) -> Knowledge:
    """A knowledge base that uses it, every algebra handling it."""
    for algebra, method in EXCLUSIVE.items():
        taught.setattr(algebra, "one_of", method, raising=False)
    return compiled(with_regimen(WHEN))


@pytest.mark.parametrize(
    ("prior", "verdict"), [(["alpha"], "eligible"), (["alpha", "kappa"], None), (["beta"], None), (["kappa"], "eligible")]
)
def test_an_operator_is_a_key_and_a_method(exclusive: Knowledge, prior: list[str], verdict: str | None) -> None:
    assert find(mmopts.suggest({**BASE, "prior": prior}, exclusive), "added").get("verdict") == verdict


def test_an_added_operator_is_asked_about_and_explained(exclusive: Knowledge) -> None:
    open_ = {**BASE, "prior": ["alpha"], "prior_incomplete": True}
    assert [n["fact"] for n in find(mmopts.suggest(open_, exclusive), "added")["needs"]] == ["exposed:kappa"]
    asked = to_data(About(assess_given(open_, exclusive)).ask())["next_questions"]
    assert "exposed:kappa" in {q["fact"] for q in asked}
    found = mmopts.explain("added", {**BASE, "prior": ["alpha", "kappa"]}, exclusive)["regimen"]
    assert found["indications"][0]["text"].startswith("US label (P): exactly one of")
    assert found["flips"]


@pytest.mark.parametrize("algebra", [Evaluate, Reasons, Words])
def test_an_operator_that_an_algebra_does_not_handle_fails_loudly(taught: pytest.MonkeyPatch, algebra: type) -> None:
    for other, method in EXCLUSIVE.items():
        if other is not algebra:
            taught.setattr(other, "one_of", method, raising=False)
    with pytest.raises(TypeError, match=rf"{algebra.__name__} does not handle the operator 'one_of'"):
        mmopts.explain("added", {**BASE, "prior": ["kappa"]}, compiled(with_regimen(WHEN)))


def test_every_algebra_says_which_operator_it_does_not_handle() -> None:
    unknown = Cond("sometimes", (Cond("leaf", (), "lines", ">=", 1.0),))
    facts = {"lines": Interval(1, 1)}
    for algebra in (Reasons(facts), Closed(facts), Favourable(facts, lambda _: True), Words({})):
        with pytest.raises(TypeError, match=rf"{type(algebra).__name__} does not handle the operator 'sometimes'"):
            fold(unknown, algebra, {})


def test_no_limit_is_left_out_of_an_operator_that_is_not_known(taught: pytest.MonkeyPatch) -> None:
    for algebra, method in EXCLUSIVE.items():
        taught.setattr(algebra, "one_of", method, raising=False)
    with pytest.raises(TypeError, match="'one_of'"):
        compiled(with_regimen({"one_of": [{"lines": {"max": 3}}, {"exposed": "alpha"}]}))
