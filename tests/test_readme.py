"""The README shows what the program does: outputs, exit codes, formats and files are compared with the real ones."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest

from mmopts.diagnostics import Exit

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text("utf-8")


sys.path.insert(0, str(ROOT / "tools"))
TOOL = importlib.import_module("readme")
SHOWN = [item for page in TOOL.PAGES for item in TOOL.shown(page.read_text("utf-8"))]


@pytest.mark.skipif(sys.platform == "win32", reason="the commands are for a POSIX shell at a terminal")
@pytest.mark.parametrize("item", SHOWN, ids=[(s.by.body if s.by else s.block.mark).splitlines()[0] for s in SHOWN])
def test_block_shows_what_the_program_prints(item):
    if item.by is not None and (gone := TOOL.missing(item.by)):
        pytest.skip(f"{gone} is not installed")
    assert item.block.body == TOOL.fresh(item), "run: python tools/readme.py --write"


def test_main_job_is_shown_with_output():
    assert any(s.by and s.by.body == "mmopts suggest --prior len,btz --frail\n" for s in SHOWN)


def test_exit_codes_are_those_of_the_program():
    table = TEXT.split("## Exit codes")[1].split("\n## ")[0]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)] == [int(code) for code in Exit]


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", "docs/patient-file.md", "docs/knowledge-base.md", "benchmarks/README.md"]
)
def test_links_between_pages_lead_somewhere(page):
    here = ROOT / page
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", here.read_text("utf-8"))
    assert [t for t in targets if not (here.parent / t).exists()] == []
