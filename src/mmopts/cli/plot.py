"""Drawing the hazard ratios of a comparison into a file, by a library that is not always there."""

from __future__ import annotations

from typing import Any

from mmopts.cli import engine
from mmopts.cli.environment import Environment
from mmopts.cli.output import Output, opened
from mmopts.diagnostics import Diagnostic, QuestionError, cut, in_quotes

KINDS = ("svg", "png")
INSTALL = "pip install '.[plot]'"


def draw(answer: Any, path: str, env: Environment) -> None:
    """Write the plot to `path`, whole or not at all. Raises QuestionError."""
    kind = path.rpartition(".")[2].casefold()
    if kind not in KINDS:
        text = f"--plot takes a file that ends in .svg or .png, not {in_quotes(path)}."
        raise QuestionError([Diagnostic("bad-value", text, "plot", cut(path), [f"plot.{known}" for known in KINDS])])
    try:
        drawn = engine.plotted(answer, kind)
    except ModuleNotFoundError:
        text = f"--plot needs matplotlib: {INSTALL}."
        raise QuestionError([Diagnostic("missing-package", text, "plot", None, [INSTALL])]) from None
    if drawn is None:
        text = "none of these regimens has a hazard ratio for progression-free survival with its interval: nothing to draw."
        raise QuestionError([Diagnostic("nothing-to-draw", text, "plot")])
    with opened(Output(file=path), env) as put:
        put(drawn)
