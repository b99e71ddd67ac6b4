"""Which rows of a prescription count in a region."""

from __future__ import annotations

from collections.abc import Sequence

from mmopts.knowledge.records import DoseRow


def rows_of_region(rows: Sequence[DoseRow], region: str | None) -> tuple[DoseRow, ...]:
    """The rows for a region: where it has rows of its own for a drug and the same people, these alone."""
    mine = [r for r in rows if r.region in (None, region)]
    own = {(r.drug, r.when) for r in mine if r.region is not None}
    return tuple([r for r in mine if r.region is not None or (r.drug, r.when) not in own])
