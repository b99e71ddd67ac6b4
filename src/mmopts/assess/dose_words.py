"""Doses in words: the amounts, days and phases of a drug's rows, and the reasons for their changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mmopts.assess.adjusting import NOT_RECORDED, Changed
from mmopts.knowledge.days import days_of, step_of
from mmopts.knowledge.records import Adjustment, DoseRow
from mmopts.words import OMITTED, ONCE

_AMOUNT = r"\d\s*(?:mg|mcg|g|MU)\b|10\^6"
"""An amount in a note, by its unit."""
_DAYS = r"\bdays?\b"
_CYCLES = re.compile(r"cycles (?P<first>\d+)(?:-(?P<last>\d+)|\+)")
STEP_UP = "step-up"
"""What the first, small doses are called if a drug is raised step by step to its full dose."""


def amount_words(changed: Changed) -> str:
    """An amount with its unit: ``25 mg``, ``0.5-1 x 10^6 cells/kg``."""
    if changed.dose is not None:
        return changed.dose
    assert changed.amount is not None
    row = changed.row
    top = f"-{row.most:g}" if row.most is not None and changed.amount == row.amount else ""
    times = "x " if row.unit[:1].isdigit() else ""
    return f"{changed.amount:g}{top} {times}{row.unit}"


def dose_words(rows: Sequence[Changed]) -> str:
    """The amounts of a drug in the order of its phases: ``20 mg/m2, then 56 mg/m2``."""
    said: list[str] = []
    for changed in rows:
        words = amount_words(changed)
        if not said or said[-1] != words:
            said.append(words)
    return ", then ".join(said) or NOT_RECORDED


def reasons_words(rows: Sequence[Changed], rules: Iterable[Adjustment]) -> list[str]:
    """What adjustments say of the doses that they made; those for one condition in one text, phase after phase.

    An adjustment to an amount that is not given in the end says nothing, nor does a text whose parts all stand in another.
    """
    given = {c.amount for c in rows}
    out: dict[tuple[str, str], list[str]] = {}
    for rule in rules:
        if rule.amount is None or rule.amount in given:
            out.setdefault((rule.because, rule.words), []).append(rule.text)
    told = list(dict.fromkeys(", then ".join(dict.fromkeys(texts)) for texts in out.values()))
    parts = [set(text.split("; ")) for text in told]
    return [text for text, mine in zip(told, parts, strict=True) if not any(mine < other for other in parts)]


def phase_notes(rows: Sequence[Changed]) -> list[str]:
    """The limits and notes of the phases, those of later phases with the phase's name.

    A note with an amount is told only if the dose is the regimen's own, one with days only if the days are.
    """
    own = all((c.amount, c.days) == (c.row.amount, c.row.days) and c.dose != OMITTED for c in rows)
    out: list[str] = []
    told: set[str] = set()
    for i, changed in enumerate(rows):
        row = changed.row
        said = [part.strip() for text in (row.cap, row.note) if text for part in text.split(";")]
        new = [part for part in dict.fromkeys(said) if part not in told and (own or not re.search(_AMOUNT, part))]
        new = [part for part in new if changed.days == row.days or not re.search(_DAYS, part)]
        told.update(said)
        phase = _phase(row) if i else ""
        out += [f"{phase}: {new[0]}", *new[1:]] if phase and new else new
    return out


def _phase(row: DoseRow) -> str:
    """The phase of a row: ``step-up, cycle 1``, ``maintenance, cycles 7+``."""
    cycles = f"cycle{'' if row.cycles.isdigit() else 's'} {row.cycles}" if row.cycles else ""
    return ", ".join(x for x in (STEP_UP if row.step_up else "", row.phase or "", cycles) if x)


def phase_days(changed: Changed) -> str:
    """The days of one phase: ``1-21 of 28``, ``every other day of 1-21 of 28``, ``once``."""
    row, days = changed.row, changed.days
    if not row.cycle:
        return ONCE if days in ("0", "1", "") else f"day {days}"
    if step_of(days) == 2:
        return f"every other day, {days.replace('/2', '')} of {row.cycle}"
    return f"{days} of {row.cycle}"


def schedule_words(rows: Sequence[Changed]) -> str:
    """The days of each phase: ``1, 8, 15, 22 of 28 (cycles 1-2); 1, 15 of 28 (cycles 3-6)``; step-up doses are marked."""
    said: list[tuple[str, str, str]] = []
    for changed in _together(rows):
        part = (amount_words(changed), phase_days(changed), _phase(changed.row))
        if part not in said:
            said.append(part)
    several = len({amount for amount, _, _ in said}) > 1
    words = []
    for amount, days, cycles in _run_on(said):
        head = f"{amount} on " if several else ""
        words.append(f"{head}{days}{f' ({cycles})' if cycles else ''}")
    return "; ".join(words)


def _run_on(said: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Joins phases that a change made alike: cycles 1-8 and 9+ become all cycles."""
    out: list[tuple[str, str, str]] = []
    for amount, days, phase in said:
        last = out[-1] if out else ("", "", "")
        before, after = _CYCLES.fullmatch(last[2]), _CYCLES.fullmatch(phase)
        if (
            last[:2] == (amount, days)
            and before
            and after
            and before["last"]
            and int(before["last"]) + 1 == int(after["first"])
        ):
            end = f"-{after['last']}" if after["last"] else "+"
            out[-1] = (amount, days, "" if before["first"] + end == "1+" else f"cycles {before['first']}{end}")
        else:
            out.append((amount, days, phase))
    return out


def _together(rows: Sequence[Changed]) -> list[Changed]:
    """Joins rows that became the same dose on other days of the same cycles."""
    out: list[Changed] = []
    for changed in rows:
        last = out[-1] if out else changed
        same = [(c.amount, c.dose, c.row.most, c.row.unit, c.row.route, c.row.cycle, _phase(c.row)) for c in (last, changed)]
        listed = [days_of(c.days) for c in (last, changed)]
        if (
            out
            and same[0] == same[1]
            and all(listed)
            and last.days != changed.days
            and max(listed[0] or ()) < min(listed[1] or ())
        ):
            out[-1] = last._replace(days=f"{last.days}, {changed.days}")
        else:
            out.append(changed)
    return out
