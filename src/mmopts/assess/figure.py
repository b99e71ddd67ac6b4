"""The one figure that speaks for an option: of the trial that supports this use against another treatment."""

from __future__ import annotations

from collections.abc import Sequence

from mmopts.assess.grades import RANDOMISED, Graded
from mmopts.knowledge.records import Trial


def key_trial(trials: Sequence[Graded]) -> Graded | None:
    """Of graded trials, best first, the one whose figure is shown; None if none has one.

    A hazard ratio of a randomised trial that the patient may fit comes before a response rate of a better graded single
    arm, whose entry criteria are often merely not recorded; the medians of a randomised trial that the patient may fit
    come before any figure of one that the patient does not. A ratio that nobody read in its source has no such precedence.
    A trial of a route or a dose against another does not count.
    """
    told = [g for g in trials if g.trial.key]
    best = told[0].grade if told else None
    read = [g for g in told if "pfs" not in g.trial.unread]
    won = [g for g in read if _ratio(g.trial) < 1 and (g.grade == best or g.trial.design == RANDOMISED)]
    fitting = [g for g in (*won, *told) if g.applies is not False]
    shown = [g for g in fitting if _has_figure(g.trial)]
    return next((g for g in (*shown, *fitting, *told) if _has_figure(g.trial) or medians(g.trial)), None)


def medians(trial: Trial) -> bool:
    """Whether a randomised trial gave medians of both arms, if no ratio of them."""
    pfs = trial.pfs
    return trial.design == RANDOMISED and pfs is not None and pfs.months is not None and pfs.control is not None


def _ratio(trial: Trial) -> float:
    return trial.pfs.hr if trial.pfs and trial.pfs.hr else 1.0


def _has_figure(trial: Trial) -> bool:
    return bool(trial.pfs and trial.pfs.hr) or bool(trial.response and trial.response.orr)
