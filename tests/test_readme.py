"""The pages' commands work as they stand; what they print is held by ``tools/readme.py --check``, apart from these tests."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import readme
import reference

from mmopts.diagnostics import Exit

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")

RUN = [
    block
    for page in readme.PAGES
    for block in readme.blocks(page.read_text("utf-8"))
    if block.mark == "run" and not readme.sets_up(block)
]
PAGES = sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").glob("*.md")) + [ROOT / "benchmarks" / "README.md"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the commands are for a POSIX shell at a terminal")
@pytest.mark.parametrize("block", RUN, ids=[block.body.splitlines()[0] for block in RUN])
def test_a_command_of_a_page_answers(block):
    if gone := readme.missing(block):
        pytest.skip(f"{gone} is not installed")
    assert readme.printed(readme.script(block)).strip() or " -o " in block.body


def test_readme_has_what_a_newcomer_looks_for():
    for words in ("pip install", "mmopts suggest --prior len,btz --frail", "pytest", "docs/terminal.svg"):
        assert words in README


def test_exit_codes_are_those_of_the_program():
    table = README.split("## Exit codes")[1].split("\n## ")[0]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)] == [int(code) for code in Exit]
    assert set(reference.EXITS) == set(Exit)


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_between_pages_lead_somewhere(page):
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text("utf-8"))
    assert [t for t in targets if not (page.parent / t).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_a_page_names_only_commands_and_options_that_there_are(page):
    text = re.sub(r"^```(text|json) output.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    known = {
        name for one in reference.commands() for _, option, _ in one.options for name in re.findall(r"--?[a-z-]+", option)
    }
    known |= {"--help", "-h", "--version", "--install-completion", "--show-completion"}
    for line in re.findall(r"^mmopts [^\n|#>]*", text, re.MULTILINE):
        assert [o for o in re.findall(r"(?<=\s)--[a-z-]+", line) if o not in known] == []
