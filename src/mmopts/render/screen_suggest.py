"""The screen of ``mmopts suggest``, in the order in which a clinician needs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mmopts.answers.forms import Care, Excluded, Option, Suggest
from mmopts.render.about import RECALLED, about_patient, command, foot, next_commands, options_of, sources_group, weights
from mmopts.render.blocks import Block, Column, Group, Line, Row, Table, View
from mmopts.render.depends import depends_lines, if_words
from mmopts.render.figures import key_figure_words, response_words
from mmopts.render.phrases import (
    LABEL_LEGEND,
    all_said,
    burden_words,
    cite,
    cited_ids,
    counted,
    general_caution,
    label_mark,
    named,
    said,
    star,
    title_of_id,
)  # fmt: skip

FIRST = ("preferred", "alternative")
CARE_LINES = 8
_TIERS = ("preferred", "alternative", "investigational", "other")
_PFS = "PFS v control, hazard ratio (95% interval) v comparator in trial"
_COLUMNS = (
    Column("", "name"), Column("for this patient", yields=True), Column(_PFS), Column("ORR"), Column("US"), Column("EU"),
    Column("given; visits in the first and later 28 days", yields=True),
)  # fmt: skip


def suggest_screen(answer: Suggest, view: View) -> list[Block]:
    """The whole screen."""
    current = [o for o in answer.options if not o.historical or "all" in view]
    eligible = [o for o in current if o.verdict != "conditional"]
    conditional = [o for o in current if o.verdict == "conditional"]
    shown = [o for o in eligible if o.tier in FIRST or "all" in view]
    names = {o.id: o.name for o in (*answer.options, *answer.excluded)}
    first = [o for o in answer.options if o.tier in FIRST]
    return [
        *about_patient(answer, weights([c.fact for c in o.checks] for o in first)),
        *_in_short(answer),
        *_plan(answer),
        *_eligible(shown, answer, view),
        *_also(eligible, conditional, answer, names, view),
        *_depends(conditional, answer, names, view),
        *_excluded(answer, names, view),
        *_care(answer, first, view),
        *sources_group(_sources(answer, shown, first, view), answer.sources, view),
        *foot(answer.knowledge, answer.notice, _legend(answer, shown, view)),
        *next_commands(_next(answer)),
    ]


def _in_short(answer: Suggest) -> list[Block]:
    lines = [Line(f"{s.text}{cite(s.source) if s.kind == 'state' else ''}") for s in answer.summary]
    return [Group("In short", lines)] if lines else []


def _plan(answer: Suggest) -> list[Block]:
    """Where the plan that somebody has in mind stands."""
    plan = answer.plan
    if plan is None:
        return []
    place = f", place {plan.place}" if plan.place else ""
    lines = [Line(f"{plan.verdict}{f', {plan.tier}' if plan.tier else ''}{place}. {plan.text}", lead=f"{plan.id}:")]
    if plan.before:
        lines.append(Line(", ".join(plan.before), lead="Before it:"))
    return [Group("Your plan", lines)]


# --- what is open ----------------------------------------------------------------------------------


def _eligible(shown: Sequence[Option], answer: Suggest, view: View) -> list[Block]:
    if not shown:
        nothing = "Nothing preferred or alternative is open as things stand." if answer.options else "No regimen is open."
        return [Group("Open now", [Line(nothing)])]
    out: list[Block] = []
    for tier in _in_order(o.tier for o in shown):
        rows = [_row(o, view) for o in shown if o.tier == tier]
        out.append(Table(_COLUMNS, rows, str(tier or "open").capitalize(), "cautions"))
    return out


def _in_order(tiers: Iterable[str | None]) -> list[str | None]:
    found = list(dict.fromkeys(tiers))
    return sorted(found, key=lambda t: _TIERS.index(t) if t in _TIERS else len(_TIERS))


def _row(option: Option, view: View) -> Row:
    """An option; beneath it whole what is special for this patient, then the general caution that matters."""
    cells = (
        title_of_id(option.id, option.name),
        option.for_this_patient,
        key_figure_words(option.key_figure),
        response_words(option.key_figure),
        label_mark(option.labels.get("us", "")),
        label_mark(option.labels.get("eu", "")),
        burden_words(option.burden),
    )
    return Row(cells, tuple(_cautions(option, view)))


def _cautions(option: Option, view: View) -> list[Line]:
    out = []
    figure = option.key_figure
    mine = [f"{c.text}{star(c.unread)}" for c in option.cautions if not c.always]
    if figure is not None and figure.applies == "no":
        mine.append(f"{figure.trial} let in no such patient")
    if mine:
        out.append(Line("; ".join(mine), "warn", lead="This patient:"))
    general = general_caution(option.cautions)
    if "all" in view:
        every = "; ".join(f"{c.text}{star(c.unread)}" for c in option.cautions if c.always)
        doses = all_said(option.doses)
        out += [Line(every, lead="In general:")] if every else []
        out += [Line(doses, lead="Doses:")] if doses else []
        out += [Line(option.tier_because, "dim", lead="Tier:")] if option.tier_because else []
        out += [Line(option.name, "dim")] if option.name != option.id else []
    elif general is not None and option.tier == "preferred":
        out.append(Line(f"{general.text}{star(general.unread)}", "dim", lead="In general:"))
    return out


def _also(
    eligible: Sequence[Option], conditional: Sequence[Option], answer: Suggest, names: Mapping[str, str], view: View
) -> list[Block]:
    """What is open or depends but not shown: named by tier; the historical counted; what --limit left out."""
    lines: list[Line] = []
    if "all" not in view:
        for tier in _in_order(o.tier for o in eligible if o.tier not in FIRST):
            mine = [o.id for o in eligible if o.tier == tier]
            lines.append(Line(named(mine, names), lead=f"{tier} ({len(mine)}):"))
        historical = [o.id for o in answer.options if o.historical]
        if historical:
            text = f"{named(historical, names)}; replaced by later treatment"
            lines.append(Line(text, "dim", lead=f"historical ({len(historical)}):"))
    if answer.omitted:
        lines.append(Line(f"{counted(answer.omitted, 'more option')} left out by --limit.", "strong"))
    return [Group("Also open" if len(lines) > 1 or not answer.omitted else "Left out", lines)] if lines else []


def _depends(conditional: Sequence[Option], answer: Suggest, names: Mapping[str, str], view: View) -> list[Block]:
    """What depends on an answer: grouped by the answer that opens it, or with ``all`` a row each."""
    if not conditional:
        return []
    if "all" not in view:
        return [Group("Depends", depends_lines(conditional, answer.next_questions, names))]
    columns = (_COLUMNS[0], Column("if", "open", wrap=True), *_COLUMNS[2:])
    out: list[Block] = []
    for tier in _in_order(o.tier for o in conditional):
        rows = []
        for option in (o for o in conditional if o.tier == tier):
            row = _row(option, view)
            rows.append(Row((row.cells[0], if_words(option, answer.next_questions), *row.cells[2:]), row.below))
        out.append(Table(columns, rows, f"Depends, {tier}", "cautions"))
    return out


# --- what is not -----------------------------------------------------------------------------------


def _excluded(answer: Suggest, names: Mapping[str, str], view: View) -> list[Block]:
    """Ruled out, grouped by the reason in words; each with its own and what would change it under ``why_not``."""
    here = [e for e in answer.excluded if not e.other_setting]
    elsewhere = len(answer.excluded) - len(here)
    tail = [Line(f"{counted(elsewhere, 'more regimen')} {'is' if elsewhere == 1 else 'are'} for other settings.", "dim")]
    if view & {"why_not", "all"}:
        rows = [_why_not(e) for e in here]
        columns = [Column("", "name"), Column("because", wrap=True), Column("would change it", wrap=True)]
        return [Table(columns, rows, f"Ruled out ({len(here)})"), *(tail if elsewhere else [])]
    groups: dict[str, list[Excluded]] = {}
    for e in sorted(here, key=lambda e: not e.waits):
        groups.setdefault(e.reason, []).append(e)
    lines = [
        Line(f"{named([e.id for e in group], names)}{' (opens once that has passed)' if group[0].waits else ''}",
             lead=f"{reason}:")
        for reason, group in groups.items()
    ]  # fmt: skip
    return [Group("Ruled out", [*lines, *(tail if elsewhere else [])])] if answer.excluded else []


def _why_not(excluded: Excluded) -> Row:
    because = tuple(said(b) for b in excluded.because) or (excluded.reason,)
    flips = tuple(dict.fromkeys(f.text + (f" ({f.options})" if f.options else "") for f in excluded.flips))
    return Row((title_of_id(excluded.id, excluded.name), because, flips))


# --- care, sources, what next ----------------------------------------------------------------------


def _care_shown(answer: Suggest, first: Iterable[Option], view: View) -> list[Care]:
    """Care for the options of the first two tiers: what is for this patient before the rest."""
    if "all" in view:
        return list(answer.supportive_care)
    drugs = {d for o in first for d in o.drugs}
    mine = [c for c in answer.supportive_care if not drugs or not c.for_ or drugs & set(c.for_)]
    return sorted(mine, key=lambda c: not c.for_this_patient)[:CARE_LINES]


def _care(answer: Suggest, first: Sequence[Option], view: View) -> list[Block]:
    shown = _care_shown(answer, first, view)
    if not shown:
        return []
    lines = [
        Line(f"{c.text}{star(c.unread)}{f' (with {chr(44).join(c.for_)})' if 'all' in view and c.for_ else ''}",
             lead=f"{c.title or c.topic}:")
        for c in shown
    ]  # fmt: skip
    rest = [c.title or c.topic for c in answer.supportive_care if c not in shown]
    return [Group("Care", [*lines, *([Line(f"also {', '.join(rest)} (--all)", "dim")] if rest else [])])]


def _sources(answer: Suggest, shown: Sequence[Option], first: Sequence[Option], view: View) -> list[str]:
    """What this screen cites: key figures, this patient's cautions, the state, care."""
    figures = [o.key_figure.source for o in shown if o.key_figure]
    cautions = [c.source for o in shown for c in o.cautions if not c.always or "all" in view]
    care = [c.source for c in _care_shown(answer, first, view)] if "all" in view else []
    states = [s.source for s in answer.summary if s.kind == "state"]
    return cited_ids([*states, *figures, *cautions, *care])


def _legend(answer: Suggest, shown: Sequence[Option], view: View) -> list[str]:
    """What each mark in use means."""
    marks = {label_mark(o.labels.get(region, "")) for o in shown for region in ("us", "eu")}
    found = [f"{mark} = {words}" for mark, words in LABEL_LEGEND.items() if mark in marks]
    first = [o for o in answer.options if o.tier in FIRST]
    unread = [
        *(o.key_figure.unread for o in shown if o.key_figure),
        *(c.unread for o in shown for c in o.cautions),
        *(c.unread for c in _care_shown(answer, first, view)),
        *(b.unread for e in answer.excluded for b in e.because if view),
    ]
    return [*([f"US, EU: {', '.join(found)}"] if found else []), *([RECALLED] if any(unread) else [])]


def _next(answer: Suggest) -> list[str]:
    options = options_of(answer)
    best = next((o.id for o in answer.options), None)
    out = [command("explain", best, options)] if best else []
    return [*out, *([command("ask", options)] if answer.next_questions else [])]
