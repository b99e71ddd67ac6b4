"""One line of JSON, written piece by piece, against the standard library's writer."""

from __future__ import annotations

import json
from math import inf, nan
from types import MappingProxyType
from typing import Any

import pytest

from mmopts.answers.form import to_data
from mmopts.answers.forms import Said
from mmopts.logic import Interval
from mmopts.render.jsonout import json_text


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, 2.5, -0.0, 1e300, None, True, False], "b": {}, "c": ()},
        '\u00fc \U0001f600 \x1b[31m \ud800 "quoted" \\ \n',
        (inf, -inf, nan, 0.1),
        frozenset({"one"}),
        MappingProxyType({"key": ("x", ("y",))}),
        Said("text", ("one", "two"), True),
        {"rows": [Said("text", None), Said("text", None)], "span": Interval(1.0, 2)},
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_line_is_what_the_standard_library_writes(value: Any) -> None:
    assert json_text(value) == json.dumps(to_data(value), separators=(",", ":")) + "\n"
