"""Remembers prescriptions: one that was worked out serves every later patient for whom the same conditions hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from mmopts.assess.adjusting import adjustments
from mmopts.assess.assessment import Assessment
from mmopts.assess.plans import Held, Recipient, phase_of
from mmopts.facts import SETTINGS
from mmopts.knowledge.once import Once
from mmopts.knowledge.records import Regimen
from mmopts.logic import Cond
from mmopts.record import Record

T = TypeVar("T")
KEPT = 256
"""At most so many prescriptions of a regimen in a region are remembered."""


class _Hinges(Record):
    """What a prescription depends on: the conditions of a regimen's dose changes, and its phases named after a setting.

    `kept`: what was worked out, by the truths of these conditions.
    """

    changes: tuple[Cond, ...]
    phases: tuple[str, ...]
    kept: dict[tuple[Held, ...], Any]


_known: Once[dict[tuple[str, str], _Hinges | None]] = Once(lambda _: {})
"""By regimen and region; None after the first time: a run for one patient has no second, and gathers nothing."""


def remembered(recipient: Recipient, regimen: Regimen, make: Callable[[Recipient, Regimen], T]) -> T:
    """What `make` gives for a regimen's doses and a patient.

    From the second time on it is remembered, unless it is open or only presumed which rows are the patient's: what is said
    then depends on more than these conditions.
    """
    assessment = recipient.assessment
    known, key = _known(assessment.kb), (regimen.id, assessment.scope.region)
    if key not in known:
        known[key] = None
        return make(recipient, regimen)
    if not recipient.settled:
        return make(recipient, regimen)
    hinges = known[key] = known[key] or _hinges(assessment, regimen)
    held = _held(recipient, hinges)
    if held not in hinges.kept:
        if len(hinges.kept) >= KEPT:
            hinges.kept.clear()
        hinges.kept[held] = make(recipient, regimen)
    found: T = hinges.kept[held]
    return found


def _hinges(assessment: Assessment, regimen: Regimen) -> _Hinges:
    changes = [rule.when for drug in regimen.drugs for rule in adjustments(assessment, regimen, drug)]
    phases = [row.phase for row in regimen.prescription if row.phase in SETTINGS]
    return _Hinges(tuple(dict.fromkeys(changes)), tuple(dict.fromkeys(phases)), {})


def _held(recipient: Recipient, hinges: _Hinges) -> tuple[Held, ...]:
    """The truths that a prescription depends on."""
    phased = [recipient.both(cond, phase_of(phase)) for phase in hinges.phases for cond in hinges.changes]
    return (*recipient.rows.values(), *[recipient.both(cond) for cond in hinges.changes], *phased)
