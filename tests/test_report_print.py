"""The pages for a tumour board on paper, as a browser prints them. Skipped where there is no Chromium or no poppler."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cli_runner import ASK, mmopts

CHROMIUM = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
POPPLER = shutil.which("pdftotext") and shutil.which("pdfinfo")
pytestmark = pytest.mark.skipif(not (CHROMIUM and POPPLER), reason="no Chromium, or no poppler")

SIZES = {"A4": (595.3, 841.9), "letter": (612.0, 792.0)}
"""Width and height in points."""
EDGE = 12 / 25.4 * 72
"""The margin of a sheet: 12 mm in points."""
MEASURE = """<script>addEventListener("load", () => {
const root = document.documentElement
const wide = [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > root.clientWidth + 1)
document.title = `measured ${root.clientWidth} ${root.scrollWidth} ${wide.map(e => e.tagName).join("")}.`
})</script></body>"""


def chromium(home: Path, *words: str) -> str:
    assert CHROMIUM
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={home}", *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={**os.environ, "HOME": str(home)},
    )
    return done.stdout


def out_of(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.fixture(scope="module")
def page() -> str:
    return mmopts("report", *ASK, "--case", "K-17").out


def print_out(page: str, size: str, home: Path) -> Path:
    """The page as a PDF on paper of this size."""
    (home / f"{size}.html").write_text(page.replace("@page{", f"@page{{size:{size};"), "utf-8")
    out = home / f"{size}.pdf"
    target = (home / f"{size}.html").as_uri()
    chromium(home / "profile", "--no-pdf-header-footer", f"--print-to-pdf={out}", target)
    return out


@pytest.fixture(scope="module")
def printed(page: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The page as a PDF for each size of paper."""
    home = tmp_path_factory.mktemp("print")
    return {size: print_out(page, size, home) for size in SIZES}


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_the_paper_has_its_size_and_so_many_sheets_as_somebody_would_hand_out(printed, size):
    told = out_of("pdfinfo", str(printed[size]))
    width, height = re.search(r"Page size:\s+([\d.]+) x ([\d.]+)", told).groups()
    assert (float(width), float(height)) == pytest.approx(SIZES[size], abs=1)
    assert 2 <= int(re.search(r"Pages:\s+(\d+)", told)[1]) <= 30


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_no_word_stands_outside_the_margins(printed, size):
    words = re.findall(
        r'<word xMin="([\d.-]+)" yMin="[\d.-]+" xMax="([\d.-]+)"', out_of("pdftotext", "-bbox", str(printed[size]), "-")
    )
    assert len(words) > 1000
    assert min(float(low) for low, _ in words) >= EDGE - 1
    assert max(float(high) for _, high in words) <= SIZES[size][0] - EDGE + 1


def sheets(pdf: Path) -> list[str]:
    return out_of("pdftotext", "-layout", str(pdf), "-").split("\f")[:-1]


@pytest.mark.parametrize("size", SIZES)
def test_each_sheet_has_label_version_day_and_its_number(printed, size):
    found = sheets(printed[size])
    known = mmopts("report", *ASK, "--case", "K-17", "--json").json["knowledge"]
    for number, text in enumerate(found, 1):
        foot = text.rstrip().splitlines()[-1]
        assert foot.split()[0] == "K-17"
        assert f"knowledge {known['version']}, reviewed {known['reviewed']}" in foot
        assert foot.endswith(f"{number} / {len(found)}")


@pytest.mark.parametrize("size", SIZES)
def test_no_interval_is_parted(printed, size):
    options = mmopts("report", *ASK, "--case", "K-17", "--json").json["suggest"]["options"]
    led = [o["key_figure"] for o in options if o["tier"] in ("preferred", "alternative") and not o["historical"]]
    ratios = {f"HR {f['hr']:.2f} ({f['ci'][0]:.2f}-{f['ci'][1]:.2f})" for f in led if f and f["ci"]}
    assert len(ratios) > 5
    text = "\n".join(re.sub(r" +", " ", sheet) for sheet in sheets(printed[size]))
    assert {ratio for ratio in ratios if ratio not in text} == set()


@pytest.mark.parametrize("size", SIZES)
def test_a_row_is_whole_on_one_sheet_and_no_head_stands_without_a_row(printed, size):
    answer = mmopts("report", *ASK, "--case", "K-17", "--json").json["suggest"]
    open_ = [o for o in answer["options"] if o["tier"] in ("preferred", "alternative") and o["verdict"] == "eligible"]
    rows = [(o["id"], o["prescription"][-1]["drug"]) for o in open_ if not o["historical"]]
    first = sheets(printed[size])[0]
    for name, last in rows:
        row = re.split(rf"^ *{name}  +(?:[0-9]|not)", first, maxsplit=1, flags=re.MULTILINE)[1]
        assert last in row.partition("visits/28 d")[0]
    assert not [text for text in sheets(printed[size]) if re.search(r"dose +label\s*K-17 ", text)]


ROOT = Path(__file__).resolve().parents[1]
CASES = {
    "six options": ASK,
    "many options": ("--patient", str(ROOT / "docs" / "patient.yaml")),
    "many options and a history": ("--patient", str(ROOT / "docs" / "first-relapse.yaml")),
    "little known": ("--prior", "VRd"),
    "four lines": ("--prior", "VRd,DPd,Kd", "--refractory", "PI,IMiD,anti-CD38", "--lines", "4", "--fit"),
    "untreated": ("--setting", "newly-diagnosed"),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_what_is_to_be_decided_takes_one_sheet(case, printed, tmp_path):
    """On A4 and on letter: the appendix begins on the second sheet."""
    page = "" if CASES[case] is ASK else mmopts("report", *CASES[case], "--case", "K-17").out
    for size in SIZES:
        text = sheets(print_out(page, size, tmp_path) if page else printed[size])
        assert ["Appendix:" in sheet for sheet in text[:2]] == [False, True], size
        assert "Check every dose" in text[0]


@pytest.mark.slow
@pytest.mark.parametrize("width", [794, 816, 1400])
def test_nothing_is_wider_than_its_window(page, tmp_path, width):
    """At the width of A4 and of letter (96 dots an inch), and on a screen."""
    file = tmp_path / "page.html"
    file.write_text(page.replace("</body>", MEASURE), "utf-8")
    shown = chromium(tmp_path / "profile", f"--window-size={width},1000", "--dump-dom", file.as_uri())
    seen, needed, wide = re.search(r"measured (\d+) (\d+) (\w*)\.", shown).groups()
    assert int(seen) > width - 40
    assert (int(needed) <= int(seen), wide) == (True, "")
