"""The screen of ``mmopts suggest``, in the order in which a clinician needs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mmopts.answers.forms import Care, Excluded, Option, Suggest
from mmopts.render.about import RECALLED, about_patient, command, foot, next_commands, options_of, sources_group, weights
from mmopts.render.blocks import Block, Column, Group, Line, Row, Table, View
from mmopts.render.depends import depends_lines, if_words
from mmopts.render.dosecard import dose_words
from mmopts.render.figures import PFS, key_figure_words, response_words
from mmopts.render.phrases import (
    LABEL_LEGEND,
    cite,
    cited_in,
    counted,
    general_caution,
    label_mark,
    named,
    said,
    star,
    title_of_id,
    visit_words,
)  # fmt: skip

FIRST = ("preferred", "alternative")
CARE_LINES = 8
_TIERS = ("preferred", "alternative", "investigational", "other")
_COLUMNS = (Column("", "name"), Column(PFS), Column("ORR"), Column("US"), Column("EU"))
_GIVEN = (Column("route", yields=True), Column("visits", yields=True))


def suggest_screen(answer: Suggest, view: View) -> list[Block]:
    """The whole screen."""
    current = [o for o in answer.options if not o.historical or "all" in view]
    eligible = [o for o in current if o.verdict != "conditional"]
    conditional = [o for o in current if o.verdict == "conditional"]
    shown = [o for o in eligible if o.tier in FIRST or "all" in view]
    names = {o.id: o.name for o in answer.options} | {e.id: e.name for e in answer.excluded}
    first = [o for o in answer.options if o.tier in FIRST]
    return [
        *about_patient(answer, weights([c.fact for c in o.checks] for o in first)),
        *_in_short(answer),
        *_plan(answer),
        *_eligible(shown, answer, view),
        *_also(eligible, conditional, answer, names, view),
        *_depends(conditional, answer, names, view),
        *_excluded(answer, names, view),
        *_care(answer, view),
        *sources_group(_sources(answer, shown, view), answer.sources, view),
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
        columns = (*_COLUMNS, *(_GIVEN if _whole(tier, view) else ()))
        out.append(Table(columns, rows, str(tier or "open").capitalize(), "cautions"))
    return out


def _whole(tier: str | None, view: View) -> bool:
    """Whether options of a tier are shown with all that is said of them, not on one line."""
    return tier == "preferred" or "all" in view


def _in_order(tiers: Iterable[str | None]) -> list[str | None]:
    found = list(dict.fromkeys(tiers))
    return sorted(found, key=lambda t: _TIERS.index(t) if t in _TIERS else len(_TIERS))


def _row(option: Option, view: View) -> Row:
    """An option; beneath it whole what is special for this patient, then the general caution that matters."""
    cells = (
        title_of_id(option.id, option.name),
        key_figure_words(option.key_figure, unit=""),
        response_words(option.key_figure),
        label_mark(option.labels.get("us", "")),
        label_mark(option.labels.get("eu", "")),
    )
    given = (", ".join(option.burden.routes), visit_words(option.burden)) if _whole(option.tier, view) else ()
    return Row((*cells, *given), tuple(_cautions(option, view)))


def _cautions(option: Option, view: View) -> list[Line]:
    """What is special for this patient, whole; then the general caution that matters, or with ``all`` every one."""
    figure = option.key_figure
    mine = [f"{c.text}{star(c.unread)}" for c in option.cautions if not c.always]
    if figure is not None and figure.applies == "no":
        mine.append(f"{figure.trial} let in no such patient")
    whole = _whole(option.tier, view)
    new = f"{option.for_this_patient}." if whole and option.for_this_patient else ""
    out = [Line("; ".join(mine), "warn", lead=f"{new} This patient:".strip())] if mine else []
    general = general_caution(option.cautions) if whole else None
    if "all" not in view:
        told = f"{general.text}{star(general.unread)}" if general else ""
        lead = " ".join(p for p in (new if not mine else "", "In general:" if told else "") if p)
        return [*out, Line(told, lead=lead)] if lead else out
    every = "; ".join(f"{c.text}{star(c.unread)}" for c in option.cautions if c.always)
    doses = "; ".join(dose_words(d) for d in option.prescription)
    parts = (
        (new if not mine else "", ""), ("In general:", every), ("Doses:", doses), ("Tier:", option.tier_because or ""),
        ("", option.name if option.name != option.id else ""),
    )  # fmt: skip
    return [*out, *(Line(text, lead=lead) for lead, text in parts if text or (lead and lead == new))]


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
    columns = (_COLUMNS[0], Column("if", "open", wrap=True), *_COLUMNS[1:], *_GIVEN)
    out: list[Block] = []
    for tier in _in_order(o.tier for o in conditional):
        rows = []
        for option in (o for o in conditional if o.tier == tier):
            row = _row(option, view)
            rows.append(Row((row.cells[0], if_words(option, answer.next_questions), *row.cells[1:]), row.below))
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


def _care_shown(answer: Suggest, view: View) -> list[Care]:
    """Care: what is for this patient before the rest."""
    if "all" in view:
        return list(answer.supportive_care)
    return sorted(answer.supportive_care, key=lambda c: not c.for_this_patient)[:CARE_LINES]


def _care(answer: Suggest, view: View) -> list[Block]:
    """A line a topic; the topics that are folded are named."""
    shown = _care_shown(answer, view)
    if not shown:
        return []
    lines = [Line(f"{c.text}{star(c.unread)}{_drugs(c, view)}", lead=f"{c.title or c.topic}:") for c in shown]
    rest = [c.title or c.topic for c in answer.supportive_care if c not in shown]
    return [Group("Care", [*lines, *([Line(f"{', '.join(rest)} (--all)", "dim", lead="also:")] if rest else [])])]


def _drugs(care: Care, view: View) -> str:
    return f" (with {', '.join(care.for_)})" if "all" in view and care.for_ else ""


def _sources(answer: Suggest, shown: Sequence[Option], view: View) -> list[str]:
    """What this screen cites: key figures, this patient's cautions, the state, care."""
    figures = [o.key_figure for o in shown if _whole(o.tier, view)]
    cautions = [c for o in shown for c in o.cautions if not c.always or "all" in view]
    care = _care_shown(answer, view) if "all" in view else []
    return cited_in([s for s in answer.summary if s.kind == "state"], figures, cautions, care)


def _legend(answer: Suggest, shown: Sequence[Option], view: View) -> list[str]:
    """What each mark in use means."""
    marks = {label_mark(o.labels.get(region, "")) for o in shown for region in ("us", "eu")}
    found = [f"{mark} = {words}" for mark, words in LABEL_LEGEND.items() if mark in marks]
    visits = any(o.burden.visits_first_28_days is not None for o in shown if _whole(o.tier, view))
    unread = [
        *(o.key_figure.unread for o in shown if o.key_figure),
        *(c.unread for o in shown for c in o.cautions),
        *(c.unread for c in _care_shown(answer, view)),
        *(b.unread for e in answer.excluded for b in e.because if view),
    ]
    return [
        *([f"US, EU: {', '.join(found)}"] if found else []),
        *(["visits in the first 28 days, then in each 28"] if visits else []),
        *([RECALLED] if any(unread) else []),
    ]


def _next(answer: Suggest) -> list[str]:
    options = options_of(answer)
    best = next((o.id for o in answer.options), None)
    out = [command("explain", best, options)] if best else []
    return [*out, *([command("ask", options)] if answer.next_questions else [])]
