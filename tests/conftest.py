"""What the tests share: the built-in knowledge base, a tiny one made by hand, and a short way to ask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import mmopts
from mmopts.ask import pose
from mmopts.case import Case
from mmopts.errors import Problem, QuestionError
from mmopts.intake import Patient, intake
from mmopts.knowledge.model import Knowledge

settings.register_profile(
    "house",
    deadline=None,
    max_examples=25,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("house")

HERE = Path(__file__).parent
Ask = Callable[..., Case]
Answer = dict[str, Any]


@pytest.fixture(scope="session")
def kb() -> Knowledge:
    """The built-in knowledge base."""
    return mmopts.load()


@pytest.fixture(scope="session")
def tiny() -> Knowledge:
    """A knowledge base of invented drugs, small enough to work its tiers out by hand."""
    return mmopts.load(str(HERE / "tiny.yaml"))


@pytest.fixture(scope="session")
def ask(kb: Knowledge) -> Ask:
    """Pose a patient file, given as keywords, to the built-in knowledge base."""
    return lambda **given: pose(given, kb)


@pytest.fixture(scope="session")
def answer(kb: Knowledge) -> Callable[..., Answer]:
    """The whole answer to a patient file, given as keywords."""
    return lambda **given: mmopts.suggest(given, kb)


@pytest.fixture(scope="session")
def known(kb: Knowledge) -> Callable[..., Patient]:
    """What intake makes of a patient file, given as keywords."""
    return lambda strict=False, **given: intake(given, kb, strict=strict)


@pytest.fixture(scope="session")
def refused(kb: Knowledge) -> Callable[..., list[Problem]]:
    """The problems for which a patient file, given as keywords, is refused."""

    def refuse(**given: Any) -> list[Problem]:
        with pytest.raises(QuestionError) as caught:
            pose(given, kb)
        return caught.value.problems

    return refuse


def find(found: Answer, name: str) -> Answer:
    """An option or an exclusion of an answer, by its id."""
    return next(entry for entry in (*found["options"], *found["excluded"]) if entry["id"] == name)


def verdict(found: Answer, name: str) -> str:
    """The verdict of a regimen in an answer."""
    return str(find(found, name).get("verdict", "excluded"))
