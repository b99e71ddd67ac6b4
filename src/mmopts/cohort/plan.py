"""Which columns are facts, and what is wrong with those that are not. Needs no pyarrow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mmopts.cohort.cells import NUMBERS, split_column
from mmopts.diagnostics import Diagnostic, QuestionError, as_option, did_you_mean, nearest
from mmopts.facts import FACTS, OPEN_LISTS, QUESTION_KEYS

ID = "id"


def used_columns(names: Sequence[str], ignore: bool = False) -> list[str]:
    """The columns that are read: facts, ends of numbers, and the id. Raises QuestionError with every fault of the names.

    `ignore`: leave out what is no fact instead.
    """
    problems = [
        Diagnostic("duplicate-column", f"there is more than one column {name[:80]!r}.", name[:80])
        for name, count in Counter(names).items()
        if count > 1
    ]
    used = []
    for name in dict.fromkeys(names):
        fact, _ = split_column(name)
        if name == ID or fact in FACTS or fact in OPEN_LISTS:
            used.append(name)
        elif not ignore:
            problems.append(_unknown(name))
    if not problems and not any(n != ID for n in used):
        problems.append(Diagnostic("no-facts", "no column is a fact of a patient.", None, None, list(FACTS)[:5]))
    if problems:
        raise QuestionError(problems)
    return used


def _unknown(name: str) -> Diagnostic:
    if name in QUESTION_KEYS:
        option = as_option(name)
        return Diagnostic(
            "unknown-column", f"{name} is asked for all patients at once: give {option}.", name, None, [option]
        )
    known = [ID, *FACTS, *OPEN_LISTS, *(f"{n}_{end}" for n in sorted(NUMBERS) for end in ("min", "max"))]
    folded = name.casefold().replace("-", "_").strip()
    meant = [f.name for f in FACTS.values() if folded in f.instead_of]
    near = [folded] if folded in known else meant or nearest(name, known)
    text = f"column {name[:80]!r} is no fact of a patient.{did_you_mean(near)} --ignore-columns leaves such out."
    return Diagnostic("unknown-column", text, name[:80], None, near)
