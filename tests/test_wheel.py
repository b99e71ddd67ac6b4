"""The wheel: it carries the knowledge base checked, compiled and as authored, the same bytes each time, or is not built."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest
from test_kb_check import BASE, edited

from mmopts.knowledge.codec import unpack
from mmopts.knowledge.records import Knowledge

ROOT = Path(__file__).resolve().parents[1]
wheels = pytest.importorskip("hatchling.builders.wheel")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A source tree with the fixture base for data."""
    copy = tmp_path / "tree"
    shutil.copytree(ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy / name)
    (copy / "data").mkdir()
    shutil.copy(ROOT / "data" / "LICENSE", copy / "data" / "LICENSE")
    (copy / "data" / "kb.yaml").write_text(BASE, "utf-8")
    return copy


def built(tree: Path, where: str) -> Path:
    return Path(next(wheels.WheelBuilder(str(tree)).build(directory=str(tree / where), versions=["standard"])))


def test_a_wheel_carries_the_compiled_base_and_the_authored_files(tree: Path) -> None:
    with zipfile.ZipFile(built(tree, "one")) as wheel:
        packed = wheel.read("mmopts/knowledge.json").decode()
        assert wheel.read("mmopts/data/kb.yaml").decode() == BASE
    knowledge = unpack(packed)
    assert list(knowledge.regimens) == ["Vd", "watch"]
    assert knowledge.meta.layers == ("builtin",)
    core, *parts = packed.split("\n")
    data = json.loads(core)
    fields = dict(zip(Knowledge._fields, data["knowledge"], strict=True))
    for whole in (fields["regimens"]["Vd"], fields["meta"]):
        lost = whole.pop()
        with pytest.raises(ValueError, match=f"has {len(whole) + 1} fields, not {len(whole)}"):
            unpack("\n".join([json.dumps(data), *parts]))
        whole.append(lost)
    assert unpack("\n".join([json.dumps(data), *parts])).meta == knowledge.meta


def test_a_part_is_read_when_it_is_asked_for(tree: Path) -> None:
    with zipfile.ZipFile(built(tree, "one")) as wheel:
        core, *parts = wheel.read("mmopts/knowledge.json").decode().split("\n")
    whole = unpack("\n".join([core, *parts]))
    assert {"label-us", "trial-1"} <= whole.sources.keys()
    broken = unpack("\n".join([core, *("[" for _ in parts)]))
    assert broken.regimens["Vd"].verdict.op == whole.regimens["Vd"].verdict.op
    for part in (broken.regimens["Vd"].administration, broken.library):
        with pytest.raises(ValueError, match="Expecting value"):
            part()


def test_the_same_tree_gives_the_same_wheel(tree: Path) -> None:
    assert built(tree, "one").read_bytes() == built(tree, "two").read_bytes()


def test_a_base_with_errors_is_no_wheel(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "data" / "kb.yaml").write_text(edited(("hr: 0.5", "hr: 0.7")), "utf-8")
    with pytest.raises(SystemExit, match="1 error; no wheel is built"):
        built(tree, "one")
    assert "data/kb.yaml:76:41: error hr-outside-ci:" in capsys.readouterr().err
