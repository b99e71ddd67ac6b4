"""Whether a condition can hold at all, without a search: some contradictions are missed, none is a false alarm."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nextafter

from mmopts.facts import by_atom
from mmopts.logic import Cond


def impossible(cond: Cond) -> bool:
    """Whether parts that must all hold contradict each other; alternatives do if each branch does."""
    return _apart(cond, True)


def plain_contradiction(cond: Cond) -> bool:
    """Whether the compiler reports this contradiction already: bounds of one number, or no alternatives."""
    literals: list[tuple[Cond, bool]] = []
    return (cond.op, cond.args) == ("any", ()) or (
        _gather(cond, True, literals) and _clash([(leaf, wanted) for leaf, wanted in literals if leaf.test in (">=", "<=")])
    )


def _gather(cond: Cond, wanted: bool, out: list[tuple[Cond, bool]]) -> bool:
    """Collect into `out` the leaves that must hold, or must not; returns whether that is possible."""
    if cond.op == "leaf":
        out.append((cond, wanted))
        return True
    if cond.op in ("not", "named"):
        return _gather(cond.args[0], wanted is (cond.op == "named"), out)
    if cond.op == ("all" if wanted else "any"):
        return all(_gather(part, wanted, out) for part in cond.args)
    if cond.op in ("all", "any"):
        return any(not _apart(part, wanted) for part in cond.args)
    return True


def _apart(cond: Cond, wanted: bool) -> bool:
    """Whether a condition can never hold, or (`wanted` false) never fail."""
    literals: list[tuple[Cond, bool]] = []
    return not _gather(cond, wanted, literals) or _clash(literals)


def _clash(literals: Sequence[tuple[Cond, bool]]) -> bool:
    """Whether leaves that must hold, or must not, leave some fact no value."""
    flags: dict[str, set[object]] = {}
    lows: dict[str, float] = {}
    highs: dict[str, float] = {}
    words: dict[str, frozenset[str]] = {}
    for leaf, wanted in literals:
        fact = leaf.fact
        prefix, _, about = fact.partition(":")
        if leaf.test == "is":
            flags.setdefault(fact, set()).add(leaf.value is wanted)
            if prefix in ("refractory", "intolerant") and leaf.value is wanted:
                flags.setdefault(f"exposed:{about}", set()).add(True)
        elif leaf.test == "in":
            values = leaf.listed if wanted else frozenset(by_atom(prefix).values) - leaf.listed
            words[fact] = words.get(fact, values) & values
        else:
            bound = leaf.bound
            if wanted is (leaf.test == ">="):
                lows[fact] = max(lows.get(fact, -inf), bound if wanted else nextafter(bound, inf))
            else:
                highs[fact] = min(highs.get(fact, inf), bound if wanted else nextafter(bound, -inf))
    return (
        any(len(v) > 1 for v in flags.values())
        or any(not v for v in words.values())
        or any(low > highs.get(fact, inf) for fact, low in lows.items())
    )
