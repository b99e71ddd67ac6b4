"""Where things lie in a picture: all of it inside, no text over another, lengths true to their axis."""

from __future__ import annotations

import re
from datetime import date
from itertools import combinations, pairwise
from math import log
from typing import NamedTuple
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmopts.render.blocks import Bar, Interval, Plot, Timeline
from mmopts.render.forest import bounds
from mmopts.render.svg import LETTER, ROW, WIDTH, svg

TODAY = date(2025, 7, 1).toordinal()
FIRST = date(2005, 1, 1).toordinal()


class Box(NamedTuple):
    """What a stroke or a text takes up."""

    left: float
    top: float
    right: float
    bottom: float
    style: str
    text: str = ""


def box_of(way: str, style: str) -> Box:
    """The room that a path takes."""
    x = y = 0.0
    seen: list[tuple[float, float]] = []
    for sign, numbers in re.findall(r"([A-Za-z])([-\d. ]*)", way):
        given_ = [float(n) for n in numbers.split()]
        if sign in "ML":
            x, y = given_
        elif sign == "l":
            for dx, dy in zip(given_[::2], given_[1::2], strict=True):
                x, y = x + dx, y + dy
                seen.append((x, y))
        elif sign == "h":
            x += given_[0]
        elif sign in "vV":
            y = given_[0] + (y if sign == "v" else 0)
        else:
            assert sign == "z"
        seen.append((x, y))
    return Box(min(p[0] for p in seen), min(p[1] for p in seen), max(p[0] for p in seen), max(p[1] for p in seen), style)


def text_box(node: ET.Element) -> Box:
    """The room that a text takes, with letters of the mean width."""
    text, style = node.text or "", node.get("class", "")
    wide = len(text) * LETTER * 0.95
    x, y = float(node.get("x", "")), float(node.get("y", ""))
    left = x - (wide if "e" in style.split() else wide / 2 if "m" in style.split() else 0)
    return Box(left, y - 8, left + wide, y + 2, style, text)


def parts(block: Plot | Timeline) -> tuple[list[Box], list[Box], float]:
    """The strokes, the texts that say something, and the height of the picture."""
    root = ET.fromstring(svg(block))
    _, _, width, height = (float(n) for n in root.get("viewBox", "").split())
    assert width == WIDTH
    texts = [text_box(node) for node in root.iter("text") if node.text]
    return [box_of(n.get("d", ""), n.get("class", "")) for n in root.iter("path")], texts, height


def lie_well(block: Plot | Timeline) -> None:
    """Everything is inside, and no text lies over another."""
    strokes, texts, height = parts(block)
    for one in (*strokes, *texts):
        assert one.left >= -0.1, one
        assert one.right <= WIDTH + 0.1, one
        assert one.top >= 0, one
        assert one.bottom <= height, one
    for one, other in combinations(texts, 2):
        apart = one.right <= other.left or other.right <= one.left or one.bottom <= other.top or other.bottom <= one.top
        assert apart, (one, other)


# --- treatments ------------------------------------------------------------------------------------------


DAYS = st.integers(FIRST, TODAY)
NAMES = st.lists(st.sampled_from(["alpha", "beta", "lenalidomide", "d"]), min_size=1, max_size=14).map(" ".join)


@st.composite
def bars(draw: st.DrawFn) -> Bar:
    days = sorted(draw(st.lists(DAYS, min_size=5, max_size=5)))
    start, end, progression = (draw(st.booleans()) for _ in range(3))
    kind = draw(st.sampled_from(["plain", "ongoing", "once"]))
    return Bar(
        draw(NAMES),
        draw(st.sampled_from(["", "VGPR", "CR"])),
        (days[0], days[1]) if start else None,
        (days[2], days[3]) if end or not start else None,
        (days[4], days[4]) if progression else None,
        kind == "ongoing" and start,
        kind == "once" and not end,
    )


TIMELINES = st.lists(
    st.tuples(st.sampled_from(["", "1", "line 2"]), st.lists(bars(), min_size=1, max_size=3)), min_size=1, max_size=3
)


@pytest.mark.slow
@given(TIMELINES)
def test_a_timeline_lies_inside_its_picture_and_no_text_over_another(groups):
    lie_well(Timeline("T", groups, TODAY, ""))


def lone(*found: Bar, title: str = "1") -> tuple[list[Box], list[Box]]:
    strokes, texts, _ = parts(Timeline("T", [(title, list(found))], TODAY, ""))
    return strokes, texts


@given(DAYS, st.integers(40, 4000))
def test_the_length_of_a_bar_is_its_time_on_the_axis(start, length):
    end = min(start + length, TODAY)
    strokes, texts = lone(Bar("A", "", (start, start), (end, end), None))
    axis = max((s for s in strokes if s.style == "a"), key=lambda s: s.right - s.left)
    first = date(date.fromordinal(start).year, 1, 1).toordinal()

    def at(day: int) -> float:
        return axis.left + (day - first) / (TODAY - first) * (axis.right - axis.left)

    bar = min((s for s in strokes if s.style == "b"), key=lambda s: s.top)
    assert bar.left == pytest.approx(at(start), abs=0.11)
    assert bar.right - bar.left == pytest.approx(max(at(end) - at(start), 2), abs=0.21)
    years = [t for t in texts if re.fullmatch(r"\d{4}", t.text)]
    ticks = sorted(s.left for s in strokes if s.style == "g")
    assert [(t.left + t.right) / 2 for t in years] == pytest.approx(ticks, abs=0.01)
    assert ticks == pytest.approx([at(date(int(t.text), 1, 1).toordinal()) for t in years], abs=0.11)
    assert all(b.left - a.right > 0 for a, b in pairwise(years))


def test_what_coarse_dates_leave_open_is_drawn_around_what_is_sure():
    day = FIRST + 1000
    strokes, _ = lone(Bar("A", "", (day, day + 300), (day + 900, day + 1200), None))
    sure, coarse = (min((s for s in strokes if s.style == style), key=lambda s: s.top) for style in "bc")
    assert coarse.left < sure.left < sure.right < coarse.right
    assert (sure.left - coarse.left) == pytest.approx(coarse.right - sure.right, abs=0.2)
    strokes, _ = lone(Bar("A", "", (day, day + 900), (day + 300, day + 1200), None))
    assert [s.style for s in strokes if s.style in "bc"] == ["c", "c"]  # itself, and in the legend
    strokes, _ = lone(Bar("A", "", (day, day), (day + 300, day + 300), None))
    assert [s.style for s in strokes if s.style in "bc"] == ["b", "b"]


def test_signs_stand_at_their_days():
    day = FIRST + 3000
    told = Bar("A", "", (FIRST, FIRST), (day, day), None)
    strokes, _ = lone(
        told, Bar("B", "", (FIRST, day), None, None, once=True), Bar("C", "", (FIRST, FIRST), None, (day, day))
    )
    end = min((s for s in strokes if s.style == "b"), key=lambda s: s.top).right
    once = min((s for s in strokes if s.style == "f"), key=lambda s: s.top)
    progression = next(s for s in strokes if s.style == "l")
    assert (once.left + once.right) / 2 == pytest.approx(end, abs=0.2)
    assert progression.left == pytest.approx(end, abs=0.2)
    strokes, texts = lone(told, Bar("B", "", (FIRST, day), None, None), Bar("C", "", None, (FIRST, day), None))
    end = min((s for s in strokes if s.style == "b"), key=lambda s: s.top).right
    open_ = [(t.left + t.right) / 2 for t in texts if t.text == "?"]
    assert open_[:2] == pytest.approx([end, end], abs=0.2)
    strokes, _ = lone(Bar("A", "", (FIRST, FIRST), None, None, ongoing=True))
    axis = max((s for s in strokes if s.style == "a"), key=lambda s: s.right - s.left)
    bar = min((s for s in strokes if s.style == "b"), key=lambda s: s.top)
    assert (bar.left, bar.right) == pytest.approx((axis.left, axis.right), abs=0.2)
    arrow = min((s for s in strokes if s.style == "f"), key=lambda s: s.top)
    assert arrow.right > axis.right > arrow.left


def test_a_line_has_a_bracket_around_its_bars_and_treatments_without_a_line_have_none():
    two = [Bar(name, "", (FIRST, FIRST), (FIRST + 900, FIRST + 900), None) for name in "AB"]
    strokes, texts = lone(*two)
    bracket = [s for s in strokes if s.style == "a" and s.right - s.left == 4]
    rows = [s for s in strokes if s.style == "b"][:2]
    assert len(bracket) == 1
    assert bracket[0].top < min(s.top for s in rows)
    assert bracket[0].bottom > max(s.bottom for s in rows)
    assert bracket[0].right < next(t.left for t in texts if t.text == "A")
    assert not [s for s in lone(*two, title="")[0] if s.style == "a" and s.right - s.left == 4]


# --- hazard ratios ---------------------------------------------------------------------------------------


RATIOS = st.tuples(*[st.floats(0.11, 4.9)] * 3).map(sorted)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    low, middle, high = draw(RATIOS)
    return Interval(draw(NAMES), middle, low, high, draw(st.sampled_from(["", "*"])))


PLOTS = st.lists(st.tuples(NAMES, st.lists(intervals(), min_size=1, max_size=3)), min_size=1, max_size=3)


@given(PLOTS)
def test_a_plot_lies_inside_its_picture_and_no_text_over_another(groups):
    strokes, texts, height = parts(Plot("T", groups, ""))
    for one in (*strokes, *texts):
        assert 0 <= one.top <= one.bottom <= height, one
        if one.text not in ("favours the regimen", "favours the control"):
            assert one.left >= -0.1, one
            assert one.right <= WIDTH + 0.1, one
    rows = [t for t in texts if "s" not in t.style]
    for one, other in combinations(rows, 2):
        apart = one.right <= other.left or other.right <= one.left or one.bottom <= other.top or other.bottom <= one.top
        assert apart, (one, other)


@given(st.lists(intervals(), min_size=1, max_size=3))
def test_an_interval_is_as_long_as_it_is_on_the_logarithmic_axis(rows):
    strokes, texts, _ = parts(Plot("T", [("v C", rows)], ""))
    low, high = (log(end) for end in bounds(rows))
    axis = max((s for s in strokes if s.style == "a"), key=lambda s: s.right - s.left)

    def at(ratio: float) -> float:
        return axis.left + (log(ratio) - low) / (high - low) * (axis.right - axis.left)

    whole = [s for s in strokes if s.style == "l"]
    squares = [s for s in strokes if s.style == "f"]
    assert len(whole) == 3 * len(rows)
    for row, line, left, right, square in zip(rows, whole[::3], whole[1::3], whole[2::3], squares, strict=True):
        assert (line.left, line.right) == pytest.approx((at(row.low), at(row.high)), abs=0.11)
        assert (left.left, right.left) == pytest.approx((line.left, line.right), abs=0.01)
        assert (square.left + square.right) / 2 == pytest.approx(at(row.hr), abs=0.11)
        middles = [(s.top + s.bottom) / 2 for s in (line, left, right, square)]
        assert middles == pytest.approx([line.top] * 4, abs=0.11)
        figure = next(t for t in texts if t.text.startswith(f"{row.hr:.2f} (") and abs(t.bottom - 2 - line.top) <= ROW / 2)
        assert figure.left > axis.right
    ticks = [t for t in texts if re.fullmatch(r"[\d.]+", t.text)]
    assert [(t.left + t.right) / 2 for t in ticks] == pytest.approx([at(float(t.text)) for t in ticks], abs=0.11)
    assert {bounds(rows)[0], 1.0, bounds(rows)[1]} <= {float(t.text) for t in ticks}
    rule = next(s for s in strokes if s.style == "a" and s.left == s.right and s.bottom - s.top > ROW)
    assert rule.left == pytest.approx(at(1), abs=0.11)
    left, right = (next(t for t in texts if t.text == f"favours the {side}") for side in ("regimen", "control"))
    assert left.right < rule.left < right.left
