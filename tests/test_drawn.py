"""Hazard ratios and treatments as pictures: inside a page, and as files."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser
from pathlib import Path
from unittest.mock import MagicMock
from xml.etree import ElementTree as ET

import pytest
from cli_runner import Ran, child, mmopts

from mmopts.render.blocks import Bar, Interval, Line, Plot, Timeline
from mmopts.render.html import html_text
from mmopts.render.plotfile import _draw
from mmopts.render.svg import svg

PLOT = Plot("Title", [("v C", [Interval("A (T1)", 0.5, 0.4, 0.6), Interval("B (T2)", 1.5, 1.2, 1.9)]),
                      ("v D", [Interval("E (T3)", 0.8, 0.7, 0.9, "*")])], "Note")  # fmt: skip


def day(text: str) -> int:
    from datetime import date

    return date.fromisoformat(text).toordinal()


def tree(text: str) -> ET.Element:
    return ET.fromstring(text)


def words(root: ET.Element) -> list[str]:
    return [node.text or "" for node in root.iter("text")]


def boxes(root: ET.Element, style: str) -> list[tuple[float, float]]:
    """Where each path of a style begins: x and y."""
    found = [re.match(r"M([\d.]+) ([\d.]+)", node.get("d", "")) for node in root.iter("path") if node.get("class") == style]
    return [(float(m[1]), float(m[2])) for m in found if m]


def test_each_interval_has_its_label_figure_and_group():
    said = words(tree(svg(PLOT)))
    assert [w for w in said if w.startswith("v ")] == ["v C", "v D"]
    assert {"A (T1)", "B (T2)", "E (T3)", "0.50 (0.40-0.60)", "1.50 (1.20-1.90)", "0.80 (0.70-0.90)*"} <= set(said)


def test_there_is_a_square_for_each_ratio_and_none_for_a_pooled_one():
    assert len(boxes(tree(svg(PLOT)), "f")) == 3


def test_ratios_lie_on_their_side_of_one_and_in_their_order():
    root = tree(svg(PLOT))
    (one,) = {x for x, y in boxes(root, "a") if y == 8}
    below, above, between = (x + 3.5 for x, _ in boxes(root, "f"))
    assert below < between < one < above


def test_equal_ratios_are_equally_far_apart_on_the_axis():
    """The axis is logarithmic: 0.5 is as far from 1 as 2 is."""
    plot = Plot("", [("v", [Interval("A", 0.5, 0.4, 0.6), Interval("B", 1.0, 0.9, 1.1), Interval("C", 2.0, 1.9, 2.2)])], "")
    low, middle, high = (x for x, _ in boxes(tree(svg(plot)), "f"))
    assert middle - low == pytest.approx(high - middle, abs=0.2)


def test_nothing_to_draw_is_no_picture():
    assert svg(Plot("t", [], "")) == ""
    assert svg(Timeline("t", [], day("2026-01-01"), "")) == ""


def bar(label: str, start: str | None = None, end: str | None = None, **more) -> Bar:
    def pair(text: str | None):
        return None if text is None else tuple(day(t) for t in text.split("/")) * (1 if "/" in text else 2)

    return Bar(label, more.pop("response", ""), pair(start), pair(end), pair(more.pop("progression", None)), **more)


def timeline(*bars: Bar) -> ET.Element:
    return tree(svg(Timeline("Treatments", [("line 1", bars)], day("2026-01-01"), "")))


def test_treatments_are_told_with_response_and_line():
    said = words(timeline(bar("1 ABC", "2022-01-01", "2023-01-01", response="VGPR")))
    assert {"line 1", "1 ABC", "VGPR", "2022", "2026"} <= set(said)


def test_bars_follow_each_other_in_time():
    root = timeline(bar("1 A", "2022-01-01", "2022-06-01"), bar("2 B", "2024-01-01", "2024-06-01"))
    (first, _), (second, _) = sorted(boxes(root, "b"), key=lambda b: b[1])[:2]
    assert first < second


@pytest.mark.parametrize(
    ("found", "legend"),
    [
        (bar("1 A", "2022-01-01", "2023-01-01"), "given"),
        (bar("1 A", "2022-01-01/2022-01-31", "2023-01-01"), "given or not: its dates are coarse"),
        (bar("1 A", "2022-01-01/2022-12-31"), "given or not: its dates are coarse"),
        (bar("1 A", "2022-01-01/2022-12-31", once=True), "given or not: its dates are coarse"),
        (bar("1 A", "2022-01-01", ongoing=True), "still given"),
        (bar("1 A", "2022-01-01"), "a date is not told"),
        (bar("1 A", None, "2022-01-01"), "a date is not told"),
        (bar("1 A", "2022-01-01", once=True), "given at once"),
        (bar("1 A", "2022-01-01", "2023-01-01", progression="2023-02-01"), "progression"),
    ],
)
def test_each_sign_that_is_drawn_is_explained(found, legend):
    assert legend in words(timeline(found))


def test_what_is_still_given_and_has_no_start_is_drawn_as_still_given():
    said = words(timeline(bar("1 A", "2022-01-01", "2023-01-01"), bar("2 B", ongoing=True)))
    assert "still given" in said
    assert "a date is not told" not in said


def test_a_sign_that_is_not_drawn_is_not_explained():
    said = words(timeline(bar("1 A", "2022-01-01", "2023-01-01")))
    assert not {"still given", "progression", "a date is not told"} & set(said)


def test_a_long_name_takes_lines_and_is_not_cut():
    name = "1 " + " ".join(f"drug{i}" for i in range(20))
    assert " ".join(words(timeline(bar(name, "2022-01-01", "2023-01-01")))).count("drug") == 20


def test_texts_in_a_picture_are_escaped():
    text = svg(Timeline("<b>", [("<i>", [bar("<script>", "2022-01-01", "2023-01-01")])], day("2026-01-01"), ""))
    seen: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag, attrs):
            seen.append(tag)

    Tags().feed(text)
    assert set(seen) <= {"svg", "path", "text"}


# --- files -----------------------------------------------------------------------------------------

COMPARED = ("compare", "DPd", "Kd", "DKd")


def plotted(path: Path, *words: str) -> Ran:
    return mmopts(*(words or COMPARED), "--plot", str(path))


@pytest.mark.parametrize("form", ["svg", "png"])
def test_a_comparison_is_drawn_into_a_file_and_told_as_ever(tmp_path, form):
    pytest.importorskip("matplotlib")
    ran = plotted(tmp_path / f"x.{form}")
    assert (ran.code, ran.err, ran.out) == (0, "", mmopts(*COMPARED).out)
    raw = (tmp_path / f"x.{form}").read_bytes()
    assert raw.startswith(b"\x89PNG" if form == "png" else b"<?xml")


def test_the_file_has_each_key_figure_its_control_and_the_warning(tmp_path):
    pytest.importorskip("matplotlib")
    plotted(tmp_path / "x.svg")
    text = (tmp_path / "x.svg").read_text("utf-8")
    said = [node.text for node in ET.parse(io.StringIO(text)).iter("{http://www.w3.org/2000/svg}text")]
    figures = {r["id"]: r["key_figure"] for r in mmopts(*COMPARED, "--json").json["regimens"]}
    for name, figure in figures.items():
        assert any(t.strip() == f"{name} ({figure['trial']})" for t in said if t)
        assert f"{figure['hr']:.2f} ({figure['ci'][0]:.2f}-{figure['ci'][1]:.2f})" in said
        assert f"v {figure['versus']}" in said
    assert "PFS hazard ratios by control arm: trials are not compared head to head" in said


def test_the_same_plot_is_the_same_file(tmp_path):
    pytest.importorskip("matplotlib")
    plotted(tmp_path / "a.svg")
    plotted(tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_without_the_library_the_fault_tells_what_installs_it(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    ran = plotted(tmp_path / "x.svg")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("mmopts: --plot needs matplotlib: pip install '.[plot]'.\n")
    assert not (tmp_path / "x.svg").exists()


def test_a_file_of_another_kind_is_refused(tmp_path):
    ran = plotted(tmp_path / "x.jpg")
    assert (ran.code, "--plot takes a file that ends in .svg or .png" in ran.err) == (2, True)


def test_regimens_without_a_ratio_draw_nothing(tmp_path):
    pytest.importorskip("matplotlib")
    figures = mmopts("compare", "Tal", "Elra", "--json").json["regimens"]
    assert not any(r["key_figure"] and r["key_figure"]["hr"] for r in figures)
    ran = plotted(tmp_path / "x.svg", "compare", "Tal", "Elra")
    assert (ran.code, "nothing to draw" in ran.err, (tmp_path / "x.svg").exists()) == (2, True, False)


def test_the_axis_of_a_drawn_file_has_the_ticks_that_lie_on_it():
    axes = MagicMock()
    axes.get_yticklabels.return_value = [MagicMock()] * 5
    _draw(axes, PLOT, (0.3, 2.0), 5)
    ticks = [0.3, 0.5, 1.0, 2.0]
    axes.set_xlim.assert_called_once_with(0.3, 2.0)
    sides = [
        (call.args[0].strip("\N{LEFTWARDS ARROW}\N{RIGHTWARDS ARROW} "), call.kwargs["ha"])
        for call in axes.annotate.mock_calls
    ]
    assert sides == [("favours the regimen", "right"), ("favours the control", "left")]
    axes.set_xticks.assert_any_call(ticks, ["0.3", "0.5", "1", "2"])


def test_a_page_has_a_foot_where_it_is_given_one():
    blocks = [Line("a")]
    assert "<footer><p>K-17 &lt;a&gt;, 2026</p></footer>" in html_text(blocks, "T", "K-17 <a>, 2026")
    assert "<footer>" not in html_text(blocks, "T")


PLACES = [{"MPLBACKEND": "module://no.such"}, {"MPLCONFIGDIR": "/proc/none", "TMPDIR": "/nowhere"}, {"MATPLOTLIBRC": "rc"}]


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_the_drawing_is_the_same_whatever_the_place_has_set_and_says_nothing(place, tmp_path):
    pytest.importorskip("matplotlib")
    (tmp_path / "rc").write_text("axes.facecolor: red\nno line\nno.such: 3\n", "utf-8")
    place = {k: str(tmp_path / v) if v == "rc" else v for k, v in place.items()}
    drawn = []
    for name, more in (("a.svg", {}), ("b.svg", place)):
        ran = child("compare", "DKd", "Kd", "--plot", str(tmp_path / name), "--json", **more)
        assert (ran.code, ran.err) == (0, "")
        drawn.append((tmp_path / name).read_bytes())
    assert drawn[0] == drawn[1]
