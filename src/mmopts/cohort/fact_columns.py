"""Normalised facts as plain columns: what `--facts` writes and what the SQL of `--sql` reads. Needs no pyarrow.

A yes or no is a nullable boolean. A number is two columns, ``age_min`` and ``age_max`` (null: open on that side; both:
unknown). A choice is a text of the values still possible, in their order with ``|`` between (null: any).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from mmopts.assess.truths import of_scope
from mmopts.facts import split_atom
from mmopts.knowledge.records import Knowledge
from mmopts.logic import leaves

BETWEEN = "|"


class FactColumn(NamedTuple):
    """An atom as columns: its `kind` (flag, number, choice), their common name, and the values of a choice."""

    atom: str
    kind: str
    name: str
    values: tuple[str, ...] = ()

    @property
    def ends(self) -> tuple[str, str]:
        """The columns of a number."""
        return f"{self.name}_min", f"{self.name}_max"


def fact_columns(kb: Knowledge) -> dict[str, FactColumn]:
    """By atom, the columns of every fact that a verdict or a label asks for."""
    out: dict[str, FactColumn] = {}
    taken: set[str] = set()
    for leaf in leaves(c for r in kb.regimens.values() for c in (r.verdict, *r.labels.values()) if c is not None):
        if of_scope(leaf.fact) or leaf.fact in out:
            continue
        fact, _ = split_atom(leaf.fact)
        kind = {"is": "flag", "in": "choice"}.get(leaf.test, "number")
        name = re.sub(r"\W+", "_", leaf.fact).strip("_").lower()
        while name in taken:
            name += "_"
        taken.add(name)
        out[leaf.fact] = FactColumn(leaf.fact, kind, name, fact.values if kind == "choice" else ())
    return dict(sorted(out.items()))


def choice_text(values: Iterable[str], column: FactColumn) -> str:
    """The values still possible as one text."""
    kept = set(values)
    return BETWEEN.join(v for v in column.values if v in kept)
