"""What the tests share: the built-in knowledge base, a tiny one made by hand, and a short way to ask."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from asked import suggest
from bases import builtin, tiny_base
from hypothesis import HealthCheck, settings

from mmopts.assess.assessment import Assessment, assess_given
from mmopts.assess.truths import of_scope
from mmopts.diagnostics import ERROR, Diagnostic, QuestionError
from mmopts.knowledge.authored import merge
from mmopts.knowledge.codec import pack, unpack
from mmopts.knowledge.compile import compile_knowledge
from mmopts.knowledge.layers import read_layer
from mmopts.knowledge.records import Knowledge
from mmopts.knowledge.trials import with_evidence
from mmopts.patient import intake
from mmopts.patient.stated import Patient

LONG = os.environ.get("MMOPTS_LONG", "") not in ("", "0")
"""The long run, once before a release: the laws are held against many more random patients."""

settings.register_profile(
    "house",
    deadline=None,
    max_examples=500 if LONG else 20,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("house")

gc.set_threshold(1_000_000, 50, 50)  # answers make much data and few cycles


def pytest_configure(config: pytest.Config) -> None:
    """Modules are compiled once for all processes that the tests start, also where nothing is to be written beside them."""
    if not sys.dont_write_bytecode or "PYTHONPYCACHEPREFIX" in os.environ:
        return
    if (cache := getattr(config, "cache", None)) is not None:
        folder = str(cache.mkdir("compiled"))
    else:
        passing = tempfile.TemporaryDirectory(prefix="compiled-")
        config.add_cleanup(passing.cleanup)
        folder = passing.name
    sys.pycache_prefix, sys.dont_write_bytecode = folder, False
    os.environ["PYTHONPYCACHEPREFIX"] = folder
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_collection_finish() -> None:
    """What was imported stays: the collector need not walk it again and again."""
    gc.freeze()


def examples(few: int) -> int:
    """How many examples a property is held against: few, or twenty times as many in the long run."""
    return 20 * few if LONG else few


HERE = Path(__file__).parent
DATA = HERE.parent / "data"
LAWS = int(os.environ.get("MMOPTS_LAWS", "20000" if LONG else "80"))
"""How many random patients each law of `test_laws.py` is held against."""
Ask = Callable[..., Assessment]
Answer = Mapping[str, Any]


def compiled(raw: dict[str, Any]) -> Knowledge:
    """The knowledge base of merged data, through the compiled form; any fault fails the test."""
    faults: list[str] = []

    def report(code: str, message: str, path: Any, suggestion: str = "", severity: str = ERROR) -> None:
        if severity == ERROR:
            faults.append(f"{code} at {path}: {message} {suggestion}")

    knowledge, context = compile_knowledge(with_evidence(raw)[0], report, "test", ["test"])
    assert not faults, "\n".join(faults)
    return unpack(pack(knowledge, context.conds))


def authored(path: Path) -> dict[str, Any]:
    """The merged data of a file or a folder."""
    found = merge([read_layer(str(path))])
    assert not [f for f in found.faults if f.severity == ERROR], found.faults
    return found.raw


@pytest.fixture(scope="session")
def kb() -> Knowledge:
    """The built-in knowledge base."""
    return builtin()


@pytest.fixture(scope="session")
def tiny() -> Knowledge:
    """A knowledge base of invented drugs, small enough to work its answers out by hand."""
    return tiny_base()


@pytest.fixture(scope="session")
def ask(kb: Knowledge) -> Ask:
    """Assess a patient file, given as keywords, with the built-in knowledge base."""
    return lambda **given: assess_given(given, kb)


@pytest.fixture(scope="session")
def answer(kb: Knowledge) -> Callable[..., Answer]:
    """The answer to a patient file, given as keywords."""
    return lambda **given: suggest(given, kb)


@pytest.fixture(scope="session")
def known(kb: Knowledge) -> Callable[..., Patient]:
    """What intake makes of a patient file, given as keywords."""
    return lambda strict=False, **given: intake(given, kb, strict=strict)


@pytest.fixture(scope="session")
def refused(kb: Knowledge) -> Callable[..., list[Diagnostic]]:
    """The problems for which a patient file, given as keywords, is refused."""

    def refuse(**given: Any) -> list[Diagnostic]:
        with pytest.raises(QuestionError) as caught:
            assess_given(given, kb)
        return caught.value.problems

    return refuse


def find(found: Answer, name: str) -> Answer:
    """An option or an exclusion of an answer, by its id."""
    return next(entry for part in ("options", "excluded") for entry in found[part] if entry["id"] == name)


def verdict(found: Answer, name: str) -> str:
    """The verdict of a regimen in an answer."""
    return str(find(found, name).get("verdict", "excluded"))


def atoms_of(kb: Knowledge) -> set[str]:
    """Every atom of a patient that some verdict tests."""
    found: set[str] = set()
    stack = [regimen.verdict for regimen in kb.regimens.values()]
    while stack:
        cond = stack.pop()
        stack += cond.args
        if cond.op == "leaf" and not of_scope(cond.fact):
            found.add(cond.fact)
    return found
