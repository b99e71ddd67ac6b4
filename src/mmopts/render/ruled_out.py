"""What is ruled out, grouped by the reason in words, or each with its own reason and what would change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mmopts.answers.forms import Excluded
from mmopts.render.blocks import PRINTED, ROOMY, Block, Column, Group, Line, Row, Table, View
from mmopts.render.phrases import counted, flip_words, named, said, title_of_id

GROUPS = 2
"""The most reasons shown for what is ruled out; ``why_not`` shows all."""


def ruled_out(excluded: Sequence[Excluded], names: Mapping[str, str], view: View) -> list[Block]:
    """Ruled out, grouped by the reason in words; each with its own and what would change it under ``why_not``."""
    here = [e for e in excluded if not e.other_setting]
    elsewhere = len(excluded) - len(here)
    if view & {"why_not", "all"}:
        return _each(here, elsewhere)
    return _grouped(here, elsewhere, names, view) if excluded else []


def _each(here: Sequence[Excluded], elsewhere: int) -> list[Block]:
    """A row each; those for other settings are counted."""
    columns = [Column("", "name"), Column("because", wrap=True), Column("would change it", wrap=True)]
    found = Table(columns, [_why_not(e) for e in here], f"Ruled out ({len(here)})")
    if not elsewhere:
        return [found]
    return [
        found,
        Line(f"{counted(elsewhere, 'more regimen')} {'is' if elsewhere == 1 else 'are'} for other settings.", "dim"),
    ]


def _grouped(here: Sequence[Excluded], elsewhere: int, names: Mapping[str, str], view: View) -> list[Block]:
    """A line for each reason, of those that most share; the rest are counted."""
    groups: dict[str, list[Excluded]] = {}
    for e in here:
        groups.setdefault(e.reason if ROOMY in view else _gist(e.reason), []).append(e)
    ranked = sorted(groups.items(), key=lambda item: (not item[1][0].waits, -len(item[1])))
    several = [item for item in ranked if item[1][0].waits or len(item[1]) > 1][:GROUPS]
    shown = ranked if ROOMY in view else several
    lines = [
        Line(named([e.id for e in group], names), lead=f"{'for now, ' if group[0].waits else ''}{reason}:")
        for reason, group in shown
    ]
    rest = len(here) - sum(len(group) for _, group in shown)
    counts = [_rest(rest, bool(shown))] if rest else []
    counts += [f"{elsewhere} for other settings"] if elsewhere else []
    if counts:
        told = "" if PRINTED in view else " (--why-not)"
        lines.append(Line(f"{' and '.join(counts)}{told}.", "dim", lead="also" if shown else ""))
    return [Group("Ruled out", lines)]


def _rest(count: int, others: bool) -> str:
    """The count of those whose reasons are not shown here; `others`: the reasons of others are."""
    if count == 1:
        return f"1 for {'another reason' if others else 'a reason of its own'}"
    return f"{count} for {'other' if others else 'various'} reasons"


def _gist(reason: str) -> str:
    """A reason up to the end of its first clause; what a regimen needs stays whole."""
    return reason if reason.startswith(("needs ", "must not ", "only for ")) else reason.partition("; ")[0]


def _why_not(excluded: Excluded) -> Row:
    because = tuple(said(b) for b in excluded.because) or (excluded.reason,)
    flips = tuple(dict.fromkeys(map(flip_words, excluded.flips)))
    return Row((title_of_id(excluded.id, excluded.name), because, flips))
