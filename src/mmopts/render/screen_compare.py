"""The screen of ``mmopts compare``: regimens side by side, for a patient where one is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from mmopts.answers.forms import (
    Burden,
    Caution,
    Compare,
    Dose,
    Explained,
    GuidanceRow,
    KeyFigure,
    Option,
    RegimenRow,
    TrialRow,
    Warned,
)
from mmopts.render.about import RECALLED, about_patient, command, foot, next_commands, options_of
from mmopts.render.blocks import Block, Cell, Column, Group, Interval, Line, Plot, Row, Table, View, paragraphs
from mmopts.render.dosecard import CHECK, dose_words
from mmopts.render.figures import (
    figure_paragraphs,
    rates_words,
    survival_words,
    toxicity_words,
)
from mmopts.render.phrases import cited_in, general_caution, label_words, recalled, spaced, star, title_of_id, visit_words

NOT_COMPARED = "PFS hazard ratios by control arm: trials are not compared head to head"
DIFFER = "Patients, partners and years differ. Left of 1 favours the regimen."


class Side(NamedTuple):
    """What is compared of one regimen; `option` is for the patient, and None without one."""

    id: str
    name: str
    drugs: tuple[str, ...]
    labels: str
    intensity: str
    guidance: tuple[GuidanceRow, ...]
    key_figure: KeyFigure | None
    evidence: tuple[TrialRow, ...]
    prescription: tuple[Dose, ...]
    burden: Burden
    boxed: tuple[Warned, ...]
    general: tuple[str, ...]
    explained: Explained | None


def compare_screen(answer: Compare, view: View) -> list[Block]:
    """A column for each regimen; under ``differences`` the rows in which all are alike are only named."""
    shared, sides = _shared(_sides(answer))
    plot = plot_of(answer)
    rows = [Row((title, *map(cell, sides))) for title, cell in _ASPECTS]
    rows = [row for row in rows if any(paragraphs(c) for c in row.cells[1:])]
    alike = [row for row in rows if len(sides) > 1 and len(set(row.cells[1:])) == 1] if "differences" in view else []
    told = [row for row in rows if row not in alike]
    if shared and "differences" in view:
        alike.append(Row(("in general", shared)))
        shared = ()
    columns = [Column("", "name", wrap=True), *(Column(title_of_id(s.id, s.name), wrap=True) for s in sides)]
    parts = [part for s in sides for part in (s.prescription, s.evidence, s.guidance, s.boxed)]
    names = [s.id for s in sides]
    options = options_of(answer)
    return [
        *about_patient(answer),
        *([Table(columns, told, alike=True)] if sides else []),
        *([Group("In general, all of them", [Line(text) for text in shared], beside=False)] if shared else []),
        *([Line("; ".join(map(_alike, alike)) + ".", lead="The same for all:")] if alike else []),
        *([plot] if plot else []),
        Group("Check", [Line(CHECK, "strong")]),
        *foot(answer, view, [RECALLED] if recalled(*parts) else [], _sources(sides)),
        *next_commands([command("explain", names[0], options) if options else command("show", names[0])] if names else []),
    ]


def _sides(answer: Compare) -> list[Side]:
    return [_of_patient(e) for e in answer.for_patient] or [_without(r) for r in answer.regimens]


def _shared(sides: Sequence[Side]) -> tuple[tuple[str, ...], list[Side]]:
    """The general cautions that all have, to be told once, and the sides without them."""
    if len(sides) < 2:
        return (), list(sides)
    first, *others = sides
    shared = tuple(text for text in first.general if all(text in side.general for side in others))
    return shared, [s._replace(general=tuple(text for text in s.general if text not in shared)) for s in sides]


def _alike(row: Row) -> str:
    """A row in which all are alike: what it is of, and what it says."""
    said = "; ".join(paragraphs(row.cells[1]))
    return f"{row.cells[0]} ({said})" if said else str(row.cells[0])


def _sources(sides: Sequence[Side]) -> Sequence[str]:
    figures = [s.key_figure for s in sides]
    return cited_in(figures, *(part for s in sides for part in (s.guidance, s.prescription)))


def _of_patient(explained: Explained) -> Side:
    o: Option = explained.option
    general = general_caution(o.cautions)
    return Side(o.id, o.name, o.drugs, label_words(o.labels), o.intensity, o.guidance, o.key_figure, o.evidence,
                o.prescription, o.burden, o.boxed_warnings, (_caution(general),) if general else (), explained)  # fmt: skip


def _without(r: RegimenRow) -> Side:
    general = tuple(f"{rule.text}{star(rule.unread)}" for rule in r.rules if rule.effect == "caution" and not rule.when)
    return Side(r.id, r.name, r.drugs, label_words(r.labels), r.intensity, r.guidance, r.key_figure, r.evidence,
                r.prescription, r.burden, r.boxed_warnings, general, None)  # fmt: skip


def _caution(caution: Caution) -> str:
    return f"{caution.text}{star(caution.unread)}"


_VERDICT = {"eligible": "open", "conditional": "depends", "excluded": "ruled out"}


def _verdict(side: Side) -> Cell:
    if side.explained is None:
        return ""
    o = side.explained.option
    word = f"{_VERDICT.get(o.verdict, o.verdict)}{f', {o.tier}' if o.tier else ''}{', historical' if o.historical else ''}"
    because = tuple(b.text for b in side.explained.excluded_because) if o.verdict == "excluded" else ()
    return (word, *because, *(n.question for n in o.needs))


def _patient_words(side: Side) -> Cell:
    return side.explained.option.for_this_patient if side.explained else ""


def _own_cautions(side: Side) -> Cell:
    return tuple(_caution(c) for c in side.explained.option.cautions if not c.always) if side.explained else ""


def _guidance(side: Side) -> Cell:
    """What each body says; without a patient for whom it says so, since it may say two things."""
    return tuple(
        f"{g.body} {g.year}: {g.position or g.text}{star(g.unread)}{_for_whom(side, g)}"
        for g in side.guidance
        if g.position != "statement"
    )


def _for_whom(side: Side, row: GuidanceRow) -> str:
    return f" ({row.title})" if side.explained is None and row.title else ""


def _key_trial(side: Side) -> TrialRow | None:
    """The trial of the key figure, else the first."""
    name = side.key_figure.trial if side.key_figure else None
    return next((t for t in side.evidence if t.trial == name), side.evidence[0] if side.evidence else None)


def _survival(side: Side) -> Cell:
    trial = _key_trial(side)
    return survival_words("", trial.os, star(trial.unread, "os")) if trial else ""


def _responses(side: Side) -> Cell:
    trial = _key_trial(side)
    return rates_words(trial) if trial else ""


def _toxicity(side: Side) -> Cell:
    trial = _key_trial(side)
    return toxicity_words(trial) if trial else ""


def _grade(side: Side) -> Cell:
    trial = _key_trial(side)
    return f"{trial.grade} ({trial.trial})" if trial and trial.grade else "no trial" if trial is None else trial.trial


def _doses(side: Side) -> Cell:
    return tuple(dose_words(d) for d in side.prescription) or "not recorded"


def _boxed(side: Side) -> Cell:
    by_drug: dict[str, list[str]] = {}
    for w in side.boxed:
        by_drug.setdefault(w.drug, []).append(f"{w.text}{star(w.unread)}")
    return tuple(f"{drug}: {'; '.join(texts)}" for drug, texts in by_drug.items())


_ASPECTS: Sequence[tuple[str, Callable[[Side], Cell]]] = (
    ("verdict", _verdict),
    ("this patient", _patient_words),
    ("cautions", _own_cautions),
    ("label", lambda s: s.labels),
    ("guidance", _guidance),
    ("PFS v control", lambda s: figure_paragraphs(s.key_figure)),
    ("OS", _survival),
    ("response", _responses),
    ("grade", _grade),
    ("dose", _doses),
    ("routes", lambda s: ", ".join(s.burden.routes)),
    ("visits/28 d", lambda s: visit_words(s.burden)),
    ("until", lambda s: s.burden.until or ""),
    ("intensity", lambda s: spaced(s.intensity)),
    ("grade 3 or more", _toxicity),
    ("boxed warnings", _boxed),
    ("in general", lambda s: s.general),
    ("drugs", lambda s: ", ".join(s.drugs)),
)


def plot_of(answer: Compare) -> Plot | None:
    """The forest plot of a comparison."""
    return forest((side.id, side.key_figure) for side in _sides(answer))


def forest(figures: Iterable[tuple[str, KeyFigure | None]]) -> Plot | None:
    """A forest plot of the key figures of regimens, a group for each control arm; None where none has a ratio.

    Only they: of a trial that compares two routes of a regimen with each other the ratio says nothing of the regimen.
    """
    groups: dict[str, list[Interval]] = {}
    for name, figure in figures:
        if figure is None or figure.hr is None or figure.ci is None or figure.endpoint.upper() != "PFS":
            continue
        if 0 < figure.ci[0] <= figure.hr <= figure.ci[1]:
            control = f"v {figure.versus}" if figure.versus else "control not named"
            row = Interval(f"{name} ({figure.trial})", figure.hr, *figure.ci, star(figure.unread))
            groups.setdefault(control, []).append(row)
    drawn = tuple((control, tuple(rows)) for control, rows in groups.items())
    return Plot(NOT_COMPARED, drawn, DIFFER) if drawn else None
