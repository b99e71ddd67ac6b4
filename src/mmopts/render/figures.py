"""Figures of trials in words: survival, response, toxicity; and the key figure of a regimen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmopts.answers.forms import KeyFigure, ListedRegimen, Option, SubgroupRow, TrialRow
from mmopts.render.phrases import label_mark, star, title_of_id
from mmopts.words import joined

if TYPE_CHECKING:
    from mmopts.knowledge.records import Figures

_FITS = {
    "yes": "this patient would have been eligible",
    "no": "this patient would not have been eligible",
    "unknown": "open whether this patient would have been eligible",
    "presumed": "this patient would perhaps not have been eligible",
}
_NOT_REACHED = "not reached"
PFS = "PFS months v control, HR (95% CI) v comparator"
"""The title of a column of key figures."""


def key_figure_words(figure: KeyFigure | None, unit: str = " months") -> str:
    """``12.4 v 6.9 months, HR 0.63 (0.47-0.85) v CONTROL in TRIAL``, or "no comparison".

    Without a ratio the medians: ``14.7 v 17.3 months with CONTROL in TRIAL``. `unit` is empty where the title of a
    column says it.
    """
    if figure is None:
        return "no comparison"
    months = months_words(figure.months, figure.reached, figure.control_months, figure.control_reached, unit)
    against = f" v {figure.versus}" if figure.versus else ""
    name = "" if figure.endpoint.upper() in ("", "PFS", "ORR") else f"{figure.endpoint} "
    if figure.hr is None and figure.control_months is not None:
        return f"{name}{months}{star(figure.unread)}{against.replace(' v ', ' with ', 1)} in {figure.trial}"
    if figure.hr is None:
        return f"no comparison{f'; {name}{months}{star(figure.unread)} in {figure.trial}' if months else ''}"
    ratio = f"{name}{ratio_words(figure.hr, figure.ci)}{star(figure.unread)}{against} in {figure.trial}"
    return f"{months}, {ratio}" if months else ratio


def response_words(figure: KeyFigure | None) -> str:
    """The response rate where there is no comparison: ``61% in TRIAL (n=112)``; else nothing."""
    if figure is None or figure.hr is not None or figure.orr is None:
        return ""
    size = f" (n={figure.n})" if figure.n else ""
    return f"{figure.orr:g}%{star(figure.unread)} in {figure.trial}{size}"


def figure_paragraphs(figure: KeyFigure | None, unit: str = " months") -> tuple[str, ...]:
    """The key figure in words, and after it the response rate, named, if there is one."""
    rate = response_words(figure)
    return (key_figure_words(figure, unit), *([f"ORR {rate}"] if rate else []))


def cells_of(regimen: Option | ListedRegimen) -> tuple[str, ...]:
    """A regimen in a table of many: its id, its key figure, its response rate, and its label in the US and the EU."""
    return (
        title_of_id(regimen.id, regimen.name),
        key_figure_words(regimen.key_figure, unit=""),
        response_words(regimen.key_figure),
        label_mark(regimen.labels.get("us", "")),
        label_mark(regimen.labels.get("eu", "")),
    )


def months_words(
    months: float | None, reached: bool, control: float | None, control_reached: bool, unit: str = " months"
) -> str:
    """Median months, of this arm and of the control: ``12.4 v 6.9 months``; nothing if they were not reported."""
    this, other = _median(months, reached), _median(control, control_reached)
    if this and other and control is not None:
        return f"{this} v {other}{unit}"
    if this and other:
        return f"{this}{unit if months is not None else ''} v {other}"
    return f"{this}{unit}" if months is not None else this


def _median(months: float | None, reached: bool) -> str:
    return f"{months:g}" if months is not None else "" if reached else _NOT_REACHED


def ratio_words(hr: float, ci: tuple[float, float] | None, level: float = 95) -> str:
    """``HR 0.63 (0.47-0.85)``; the level of the interval if it is not 95%."""
    interval = f" ({ci[0]:.2f}-{ci[1]:.2f}{f', {level:g}% interval' if level != 95 else ''})" if ci else ""
    return f"HR {hr:.2f}{interval}"


def survival_words(name: str, figures: Figures | None, mark: str = "") -> str:
    """``PFS 28.4 v 15.2 months, HR 0.64 (0.49-0.83)``, by the name of its own endpoint; nothing if none was reported."""
    if figures is None:
        return ""
    name = figures.endpoint or name
    months = months_words(figures.months, figures.reached, figures.control, figures.control_reached)
    ratio = ratio_words(figures.hr, figures.ci, figures.level) if figures.hr is not None else ""
    said = ", ".join(p for p in (months, ratio) if p)
    note = f" ({figures.note})" if figures.note else ""
    return f"{name} {said}{mark}{note}".strip() if said else f"{name}{note}".strip() if note else ""


def percent_words(point: tuple[float | None, ...] | None) -> str:
    """``69% v 46%``, or one of them."""
    return " v ".join(f"{p:g}%" if p is not None else "not reported" for p in point or ())


def rates_words(trial: TrialRow) -> str:
    """Response rates, this arm against the control."""
    rates = trial.response
    if rates is None:
        return ""
    found = (("ORR", rates.orr), ("VGPR or better", rates.vgpr), ("CR or better", rates.cr), ("MRD-negative", rates.mrd))
    return ", ".join(f"{n} {percent_words(p)}" for n, p in found if p) + star(trial.unread, "response")


def toxicity_words(trial: TrialRow) -> str:
    """What happened of grade 3 or more, this arm against the control."""
    shown = ", ".join(f"{t.event} {percent_words(t.percent)}" for t in trial.toxicity)
    return f"{shown}{star(trial.unread, 'toxicity')}" if shown else ""


def trial_lines(trial: TrialRow) -> list[str]:
    """A trial in a few lines: design, figures, who was let in, toxicity, subgroups."""
    design = [
        f"phase {trial.phase}" if trial.phase else "",
        trial.design,
        f"v {joined(trial.versus)}" if trial.versus else "",
        f"n={trial.n}" if trial.n else "",
        f"followed for {trial.follow_up:g} months" if trial.follow_up else "",
        trial.nct or "",
    ]
    figures = [
        survival_words("PFS", trial.pfs, star(trial.unread, "pfs")),
        survival_words("OS", trial.os, star(trial.unread, "os")),
        rates_words(trial),
    ]
    fits = "presumed" if trial.presumed_outside else trial.applies
    outside = f"{', but' if fits == 'yes' else ':'} {'; '.join(trial.outside)}" if trial.outside else ""
    missed = f"missed its primary endpoint{f' ({trial.endpoint})' if trial.endpoint else ''}"
    toxicity = toxicity_words(trial)
    lines = [
        ", ".join(d for d in design if d),
        "; ".join(f for f in figures if f),
        f"enrolled: {trial.population}{star(trial.unread, 'population')}" if trial.population else "",
        f"{_FITS[fits]}{outside}" if fits in _FITS else "",
        missed if trial.met is False else "",
        f"grade 3 or more: {toxicity}" if toxicity else "",
        *(_subgroup(sub) for sub in trial.subgroups),
        f"alert: {trial.alert}" if trial.alert else "",
        trial.note or "",
    ]
    return [line for line in lines if line]


def _subgroup(sub: SubgroupRow) -> str:
    found = [survival_words("PFS", sub.pfs), survival_words("OS", sub.os)]
    here = {"yes": " (this patient)", "unknown": " (perhaps this patient)"}.get(sub.applies, "")
    weak = ", little gain" if sub.weak else ""
    return f"subgroup {sub.name}{here}{weak}: {'; '.join(f for f in found if f) or 'no figures'}"
