"""The screen of ``mmopts suggest``, in the order in which a clinician needs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mmopts.answers.forms import LEADING, Care, Caution, Cites, Option, Suggest
from mmopts.render.about import RECALLED, VISITS, about_patient, command, foot, next_commands, options_of
from mmopts.render.blocks import ROOMY, Block, Column, Group, Line, Row, Table, View
from mmopts.render.depends import depends_lines, what_opens
from mmopts.render.dosecard import dose_words
from mmopts.render.figures import PFS, cells_of
from mmopts.render.phrases import cite, cited_in, counted, general_caution, label_legend, named, star, visit_words
from mmopts.render.ruled_out import ruled_out
from mmopts.words import joined, led_once, step_words

CARE_LINES = 8
"""The most topics of care told in words if there is room."""
_TIERS = (*LEADING, "investigational", "other")
_COLUMNS = (
    Column("", "name", least=len("Alternative")),
    Column(PFS, wrap=True, least=34),
    Column("ORR", wrap=True),
    Column("US"),
    Column("EU"),
)
_GIVEN = (Column("route", yields=True), Column("visits/28 d", yields=True))


def suggest_screen(answer: Suggest, view: View) -> list[Block]:
    """The whole screen."""
    current = [o for o in answer.options if not o.historical or "all" in view]
    eligible = [o for o in current if o.verdict != "conditional"]
    conditional = [o for o in current if o.verdict == "conditional"]
    shown = [o for o in eligible if o.tier in LEADING or "all" in view]
    names = {o.id: o.name for o in answer.options} | {e.id: e.name for e in answer.excluded}
    shared = [] if "all" in view else _shared(shown)
    return [
        *about_patient(answer),
        *in_short(answer),
        *_plan(answer),
        *_with_all(shared),
        *_eligible(shown, answer, view, shared),
        *_depends(conditional, answer, names, view),
        *_also(answer, [o for o in current if o.tier not in LEADING], names, view),
        *ruled_out(answer.excluded, names, view),
        *_care(answer, view),
        *foot(answer, view, _legend(answer, shown, view), _sources(answer, shown, view)),
        *next_commands(_next(answer)),
    ]


def in_short(answer: Suggest) -> list[Block]:
    """What a colleague would say: a line for each state, and a paragraph for each other kind of line."""
    kinds: dict[str, list[str]] = {}
    for number, s in enumerate(answer.summary):
        state = s.kind == "state"
        kinds.setdefault(f"state {number}" if state else s.kind, []).append(f"{s.text}{cite(s.source) if state else ''}")
    lines = [Line(" ".join(texts)) for texts in kinds.values()]
    return [Group("In short", lines, beside=False)] if lines else []


def _plan(answer: Suggest) -> list[Block]:
    """Where the plan that somebody has in mind stands."""
    plan = answer.plan
    if plan is None:
        return []
    lines = [Line(plan.text, lead=f"Place {plan.place}:" if plan.place else "")]
    if len(plan.before) > 5:  # else the text names them
        lines.append(Line(", ".join(plan.before), lead="Before it:"))
    return [Group("Your plan", lines)]


# --- what is open ----------------------------------------------------------------------------------


SHARED = 3
"""If at least so many drug treatments share a caution of this patient, it is told once, above them."""


def _shared(shown: Sequence[Option]) -> list[Caution]:
    """The cautions of this patient that every drug treatment has that is shown."""
    each = [[c for c in o.cautions if not c.always] for o in shown if o.drugs]
    if len(each) < SHARED:
        return []
    return [c for c in each[0] if all(c in other for other in each[1:])]


def _with_all(shared: Sequence[Caution]) -> list[Block]:
    said = "; ".join(led_once([f"{c.text}{star(c.unread)}" for c in shared]))
    return [Group("Caution", [Line(said, "warn", lead="With each drug treatment below:")])] if said else []


def _eligible(shown: Sequence[Option], answer: Suggest, view: View, shared: Sequence[Caution]) -> list[Block]:
    if not shown and any(s.kind == "first" for s in answer.summary):
        return []  # what the summary says of it need not be said twice
    if not shown:
        nothing = "Nothing preferred or alternative is open as things stand." if answer.options else "No regimen is open."
        return [Group("Open now", [Line(nothing)])]
    out: list[Block] = []
    for tier in _in_order(o.tier for o in shown):
        rows = [_row(o, view, shared) for o in shown if o.tier == tier]
        columns = (*_COLUMNS, *(_GIVEN if _whole(tier, view) else ()))
        out.append(Table(columns, rows, str(tier or "open").capitalize(), "cautions"))
    return out


def _whole(tier: str | None, view: View) -> bool:
    """Whether options of a tier are shown with all that is said of them, not on one line."""
    return tier == "preferred" or "all" in view


def _in_order(tiers: Iterable[str | None]) -> list[str | None]:
    found = list(dict.fromkeys(tiers))
    return sorted(found, key=lambda t: _TIERS.index(t) if t in _TIERS else len(_TIERS))


def _row(option: Option, view: View, shared: Sequence[Caution] = ()) -> Row:
    """An option; beneath it whole what is special for this patient, but for what all share, then the general caution."""
    given = (", ".join(option.burden.routes), visit_words(option.burden)) if _whole(option.tier, view) else ()
    return Row((*cells_of(option), *given), tuple(_cautions(option, view, shared)))


def _cautions(option: Option, view: View, shared: Sequence[Caution]) -> list[Line]:
    """What is special for this patient, whole; then the general caution that matters, or with ``all`` every one."""
    mine = [f"{c.text}{star(c.unread)}" for c in option.cautions if not c.always and c not in shared]
    whole = _whole(option.tier, view)
    new = f"{option.for_this_patient}." if whole and option.for_this_patient else ""
    out = [Line("; ".join(led_once(mine)), "warn", lead=f"{new} This patient:".strip())] if mine else []
    general = general_caution(option.cautions) if whole else None
    if "all" not in view:
        told = f"{general.text}{star(general.unread)}" if general else ""
        lead = " ".join(p for p in (new if not mine else "", "In general:" if told else "") if p)
        return [*out, Line(told, lead=lead)] if lead else out
    every = "; ".join(f"{c.text}{star(c.unread)}" for c in option.cautions if c.always)
    doses = "; ".join(dose_words(d) for d in option.prescription)
    steps = "; then ".join(map(step_words, option.tier_steps)) or option.tier_because or ""
    parts = (
        (new if not mine else "", ""), ("In general:", every), ("Doses:", doses), ("Tier:", steps),
        ("", option.name if option.name != option.id else ""),
    )  # fmt: skip
    return [*out, *(Line(text, lead=lead) for lead, text in parts if text or (lead and lead == new))]


def _told_cautions(option: Option, view: View) -> list[Caution]:
    """The cautions of an option that this screen tells."""
    general = general_caution(option.cautions) if _whole(option.tier, view) else None
    return [c for c in option.cautions if "all" in view or not c.always or c is general]


def _also(answer: Suggest, folded: Sequence[Option], names: Mapping[str, str], view: View) -> list[Block]:
    """What is open or depends but not shown: counted by tier; the historical named; what --limit left out."""
    lines: list[Line] = []
    historical = [o.id for o in answer.options if o.historical]
    if ROOMY in view and "all" not in view:
        for tier in _in_order(o.tier for o in folded):
            mine = [o.id for o in folded if o.tier == tier]
            lines.append(Line(f"{named(mine, names)}.", lead=f"{len(mine)} {tier}:"))
    elif "all" not in view and folded:
        counts = [f"{len([o for o in folded if o.tier == tier])} {tier}" for tier in _in_order(o.tier for o in folded)]
        opening = len([o for o in folded if o.verdict == "conditional"])
        depend = f", {opening} of them wait{'s' if opening == 1 else ''} for an answer" if opening else ""
        them = "it" if len(folded) == 1 else "them"
        lines.append(Line(f"{joined(counts)}{depend} (--all shows {them})."))
    if "all" not in view and historical:
        lines.append(Line(f"{named(historical, names)}.", "dim", lead=f"{len(historical)} historical, replaced since:"))
    if answer.omitted:
        lines.append(Line(f"{counted(answer.omitted, 'more option')} left out by --limit.", "strong"))
    return [Group("Also", lines)] if lines else []


def _depends(conditional: Sequence[Option], answer: Suggest, names: Mapping[str, str], view: View) -> list[Block]:
    """What depends on an answer: grouped by the answer that opens it, or with ``all`` a row each."""
    if not conditional:
        return []
    if "all" not in view:
        lines = depends_lines(conditional, answer, names)
        return [Group("Depends", lines)] if lines else []
    columns = (_COLUMNS[0], Column("if", "open", wrap=True), *_COLUMNS[1:], *_GIVEN)
    out: list[Block] = []
    for tier in _in_order(o.tier for o in conditional):
        rows = []
        for option in (o for o in conditional if o.tier == tier):
            row = _row(option, view)
            rows.append(Row((row.cells[0], what_opens(option, answer).words, *row.cells[1:]), row.below))
        out.append(Table(columns, rows, f"Depends, {tier}", "cautions"))
    return out


# --- care, sources, what next ----------------------------------------------------------------------


def _care(answer: Suggest, view: View) -> list[Block]:
    """The topics, those with a line for this patient first; with ``all`` a line a topic.

    At a terminal what is urgent is told in full, the rest by name.
    """
    care = answer.supportive_care
    if "all" in view:
        lines = [Line(f"{c.text}{star(c.unread)}{_drugs(c)}", lead=f"{c.title or c.topic}:") for c in care]
        return [Group("Care", lines)] if lines else []
    ranked = sorted(care, key=lambda c: not c.for_this_patient)
    if ROOMY in view and care:
        lines = [Line(f"{c.text}{star(c.unread)}", lead=f"{c.title or c.topic}:") for c in ranked[:CARE_LINES]]
        rest = [c.title or c.topic for c in ranked[CARE_LINES:]]
        return [Group("Care", [*lines, *([Line(f"{', '.join(rest)} (--all).", "dim", lead="also")] if rest else [])])]
    urgent = [Line(f"{c.text}{star(c.unread)}", "bad", lead=f"{c.title or c.topic}:") for c in care if c.emergency]
    mine = [c.title or c.topic for c in care if c.for_this_patient and not c.emergency]
    usual = [c.title or c.topic for c in care if not c.for_this_patient]
    parts = [f"for this patient: {', '.join(mine)}" if mine else "", f"as usual: {', '.join(usual)}" if usual else ""]
    usually = [Line(f"{'; '.join(p for p in parts if p)}.")] if any(parts) else []
    return [Group("Care", [*urgent, *usually])] if care else []


def _drugs(care: Care) -> str:
    return f" (with {', '.join(care.for_)})" if care.for_ else ""


def _sources(answer: Suggest, shown: Sequence[Option], view: View) -> Sequence[str]:
    """What this screen cites: key figures, cautions for this patient, states, care."""
    figures = [o.key_figure for o in shown if _whole(o.tier, view)]
    cautions = [c for o in shown for c in o.cautions if not c.always or "all" in view]
    care = answer.supportive_care if "all" in view else ()
    ids = cited_in([s for s in answer.summary if s.kind == "state"], figures, cautions, care)
    return ids if "all" in view else [i for i in ids if i in _leading(answer, figures, cautions)]


def _leading(answer: Suggest, *rows: Iterable[Cites | None]) -> set[str]:
    """The first source of each row and of each line about a state: the one that the others support."""
    found = [r.source for group in (answer.summary, *rows) for r in group if r is not None and r.source]
    return {source if isinstance(source, str) else source[0] for source in found}


def _legend(answer: Suggest, shown: Sequence[Option], view: View) -> list[str]:
    """What each mark in use means."""
    unread = [
        *(o.key_figure.unread for o in shown if o.key_figure),
        *(c.unread for o in shown for c in _told_cautions(o, view)),
        *(c.unread for c in answer.supportive_care if view & {"all", ROOMY}),
        *(b.unread for e in answer.excluded for b in e.because if view),
    ]
    return [
        *label_legend(o.labels for o in shown),
        *([VISITS] if any(_whole(o.tier, view) for o in shown) else []),
        *([RECALLED] if any(unread) else []),
    ]


def _next(answer: Suggest) -> list[str]:
    """What to find out; where nothing is to be found out, why the first option comes first."""
    options = options_of(answer)
    if answer.next_questions:
        return [command("ask", options)]
    return [command("explain", o.id, options) for o in answer.options[:1]]
