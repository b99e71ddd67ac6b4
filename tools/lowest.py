"""The lowest allowed version of each dependency, those of the extras too, from pyproject.toml, as constraints for pip.

The test libraries stand at their newest: what is to be shown is that mmopts runs, not that an old test runner does.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOWEST = re.compile(r"([A-Za-z0-9_.-]+)\s*>=\s*([0-9.]+)")


def constraints() -> list[str]:
    """A line a dependency, such as ``rich==14.1``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    found = (LOWEST.match(one) for one in (*project["dependencies"], *extras["cohort"], *extras["plot"]))
    return [f"{match[1]}=={match[2]}" for match in found if match]


if __name__ == "__main__":
    print("\n".join(constraints()))
