"""The pages for a tumour board: what is to be decided first, then an appendix with everything behind it.

No command line stands in them: their reader has paper.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence

from mmopts.answers.forms import LEADING, Dose, Explained, NextQuestion, Option, Report, Suggest, Warned, cited_ids
from mmopts.facts import FACTS
from mmopts.render.about import RECALLED, about_patient
from mmopts.render.blocks import (
    PRINTED,
    ROOMY,
    Block,
    Cell,
    Column,
    Group,
    Line,
    References,
    Row,
    Section,
    Table,
    View,
)
from mmopts.render.clauses import forbid_lines, indication_lines
from mmopts.render.depends import what_opens
from mmopts.render.dosecard import CHECK, burden_lines, care_blocks, dose_table
from mmopts.render.figures import figure_paragraphs, response_words, trial_lines
from mmopts.render.numbering import Numbering
from mmopts.render.phrases import (
    all_said,
    cite,
    counted,
    id_and_name,
    in_region,
    label_mark,
    label_word,
    named,
    said,
    star,
    title_of_id,
    visit_words,
    visits_sentence,
)
from mmopts.render.ruled_out import ruled_out
from mmopts.render.screen_compare import forest
from mmopts.render.screen_explain import guidance_block
from mmopts.render.screen_history import timeline_blocks
from mmopts.render.screen_suggest import in_short
from mmopts.words import capitalised, days_words, joined, short_question, step_words

WHOLE, BESIDE, FEWER = 6, 3, 2
"""So many options the first page tells whole, so many beside a timeline; where there are more, so many fewer than that."""
NAMED = 3
"""Of what is named first in short so many at most are told whole."""
MANY_DAYS = 5
"""A list of days with so many commas does not go on a line."""
CHANGES, CYCLES = "\N{DAGGER}", "\N{DOUBLE DAGGER}"
"""Behind a dose that an open fact would change, and behind one whose days the appendix tells."""
FIGURES = "PFS months, HR (95% CI)"
DATED = "months_since"
"""What an axis of time tells better than a line."""
OPEN, STATEMENT = "open", "statement"
"""A label that a fact decides; a body's position that takes none."""


def report_screen(answer: Report, view: View) -> list[Block]:
    """The whole report; the references last, under the numbers by which all before them cite."""
    view = view | {PRINTED, ROOMY}
    led = [one.option for one in answer.regimens]
    open_ = [o for o in led if o.verdict != "conditional"]
    room = BESIDE if answer.history else WHOLE
    asked = answer.suggest
    whole = open_ if len(open_) <= room else open_[: room - FEWER]
    names = {o.id: o.name for o in asked.options} | {e.id: e.name for e in asked.excluded}
    body: list[Block] = [
        *_patient(answer),
        *in_short(asked),
        *(
            _open_now(whole, open_[len(whole) :], _named_first(asked, open_))
            or [Line("Nothing preferred or alternative is open as things stand.", "strong")]
        ),
        *_questions(asked, led, names),
        *_boxed(open_),
        *_marks([o for o in open_ if o in whole or o.id in _named_first(asked, open_)], led),
        Section("Appendix: each of these options", [_explained(one, asked) for one in answer.regimens], page=True),
        *_figures(led),
        *_rest(asked, names),
        *ruled_out(asked.excluded, names, view),
        *care_blocks(asked.supportive_care),
    ]
    numbering = Numbering(answer.sources)
    shown: list[Block] = numbering.numbered(body)
    return [*shown, References("References", numbering.references()), Line(answer.notice, "dim")]


def _named_first(asked: Suggest, options: Sequence[Option]) -> set[str]:
    """The options that stand first in short: those of the best tier among them that are open."""
    ids = [name for line in asked.summary if line.kind == "first" for name in line.options[:NAMED]]
    found = [o for o in options if o.id in ids]
    return {o.id for o in found if o.tier == found[0].tier}


def _patient(answer: Report) -> list[Block]:
    """Who it is, what was presumed, which defaults acted, and the treatments on an axis of time."""
    asked = answer.suggest
    told = {key: value for key, value in asked.patient.items() if key != DATED or answer.history is None}
    plainly = asked._replace(question=asked.question._replace(defaults=()), patient_id=None, patient=told)
    taken = [f"{d.option.removeprefix('--').replace('-', ' ')} {d.value}" for d in asked.question.defaults]
    history = answer.history
    return [
        *about_patient(plainly),
        *([Line(f"{joined(taken)}.", "dim", lead="By default:")] if taken else []),
        *(timeline_blocks(history) if history else []),
    ]


# --- the options -----------------------------------------------------------------------------------


def _open_now(whole: Sequence[Option], others: Sequence[Option], first: Container[str]) -> list[Block]:
    """The first options whole, a table for each tier; then a line for each of the others, and their cautions.

    Beneath the lines of those that stand `first` in short their doses.
    """
    columns = [Column("", "name", share=10), Column(FIGURES, wrap=True, share=31), Column("dose", wrap=True, share=42),
               Column("label", wrap=True, share=17)]  # fmt: skip
    out: list[Block] = []
    for tier in LEADING:
        rows = [_row(o) for o in whole if o.tier == tier]
        out += [Table(columns, rows, f"Open now: {tier}", "cautions")] if rows else []
    heads = [Column("", "name", share=10), Column("tier", share=9), Column(FIGURES, wrap=True, share=55),
             Column("label", wrap=True, share=14), Column("visits/28 d", wrap=True, share=12)]  # fmt: skip
    if others:
        out.append(Table(heads, [_short_row(o, o.id in first) for o in others], "Also open (whole in the appendix)"))
        out += _shared_cautions(others)
    return out


def _shared_cautions(options: Sequence[Option]) -> list[Block]:
    """What is special for this patient in options of which there is a line: each once, with those that it is about.

    With its first source: the appendix has them all.
    """
    about: dict[str, list[str]] = {}
    for option in options:
        for caution in option.cautions:
            if not caution.always:
                told = f"{caution.text}{star(caution.unread)}{cite(cited_ids([caution.source])[:1])}"
                about.setdefault(told, []).append(title_of_id(option.id, option.name))
    together: dict[str, list[str]] = {}
    for told, ids in about.items():
        together.setdefault(joined(ids), []).append(told)
    return [Line("; ".join(texts), "warn", lead=f"This patient, {ids}:") for ids, texts in together.items()]


def _figure_words(option: Option, most: int | None = None) -> tuple[str, ...]:
    """The key figure with its sources, or with the first `most` of them."""
    figure = option.key_figure
    words = figure_paragraphs(figure, unit="")
    return (*words[:-1], f"{words[-1]}{cite(cited_ids([figure.source])[:most]) if figure else ''}")


def _row(option: Option) -> Row:
    """An option with its figure, its doses and its label; beneath it what is special for this patient, then the rest."""
    cells: tuple[Cell, ...] = (
        title_of_id(option.id, option.name),
        _figure_words(option),
        tuple(map(_dose, option.prescription)) or "not recorded",
        tuple(_label(option, region) for region in option.labels),
    )
    bodies = "; ".join(f"{g.body} {g.year}: {g.position or g.text}{star(g.unread)}{cite(g.source)}"
                       for g in option.guidance if g.applies == "yes" and g.position != STATEMENT)  # fmt: skip
    usual = " ".join(p for p in (_given(option), f"{bodies}." if bodies else "") if p)
    return Row(cells, (*_mine(option), *([Line(usual, "dim")] if usual else [])))


def _short_row(option: Option, dosed: bool) -> Row:
    """An option on one line, and its doses on another where it is `dosed`."""
    labels = ", ".join(f"{region.upper()} {label_mark(label)}" for region, label in option.labels.items())
    figure = "; ".join(_figure_words(option, 1))
    doses = "; ".join(map(_dose, option.prescription)) or "not recorded"
    below = (Line(f"{doses}.", lead="Dose:"),) if dosed else ()
    visits = visit_words(option.burden._replace(inpatient_days=None, hospital_stay=False))
    return Row((title_of_id(option.id, option.name), option.tier or "", figure, labels, visits), below)


def _mine(option: Option) -> list[Line]:
    """What is special for this patient, whole."""
    told = all_said(c for c in option.cautions if not c.always)
    return [Line(told, "warn", lead="This patient:")] if told else []


def _given(option: Option) -> str:
    """New or again, by which routes, with how many visits."""
    parts = (option.for_this_patient, ", ".join(option.burden.routes), visits_sentence(option.burden))
    told = "; ".join(p for p in parts if p)
    return f"{told}." if told else ""


def _dose(dose: Dose) -> str:
    """A drug's dose on one line: many days, days by cycle and what would change it stand in the appendix."""
    if not dose.recorded:
        return f"{dose.drug}: not recorded"
    return (
        f"{dose.drug} {dose.dose} {dose.route}".rstrip()
        + _days(dose.days)
        + star(dose.unread)
        + (CHANGES if dose.open else "")
    )


def _folded(days: str) -> bool:
    """Whether days are too many for a line, or differ by cycle or by dose."""
    return "(" in days or ";" in days or days.count(",") >= MANY_DAYS


def _days(days: str) -> str:
    """``, days 1, 8 of 21``, ``, day 1 of 21``, ``, once``; a mark for days that the appendix tells."""
    if _folded(days):
        return CYCLES
    return f", {days_words(days)}" if days else ""


def _label(option: Option, region: str) -> str:
    """A region's label; where a fact decides, what is open."""
    word = label_word(option.labels[region])
    rows = [r for r in option.label_detail.get(region, ()) if r.holds == "unknown" and r.failing]
    asked = " ".join(dict.fromkeys(f"{clause}?" for clause in _once_counted([c for r in rows for c in r.failing])))
    return f"{region.upper()} {word}{f': {asked}' if word == OPEN and asked else ''}"


def _once_counted(clauses: Sequence[str]) -> list[str]:
    """Clauses of alternatives, of which those about one number ("1 prior line", "2 or more prior lines") become its noun."""
    out = list(dict.fromkeys(clauses))
    for fact in FACTS.values():
        found = [c for c in out if fact.many and c.endswith((fact.one, fact.many))]
        if len(found) > 1:
            out = [fact.many if c == found[0] else c for c in out if c not in found[1:]]
    return out


# --- what is open, what is boxed -------------------------------------------------------------------


def _questions(asked: Suggest, led: Sequence[Option], names: dict[str, str]) -> list[Block]:
    """What to find out for the options of the first two tiers, and what each answer does to them."""
    ids = {o.id for o in led}
    lines = [
        Line("; ".join(moves), lead=short_question(question.question))
        for question in asked.next_questions
        if (moves := _moves(question, ids, names))
    ]
    told = {i for question in asked.next_questions for a in question.answers for i in (*a.opens, *a.closes)}
    several = [o for o in led if o.verdict == "conditional" and o.id not in told]
    lines += [Line(what_opens(o, asked).words, lead=f"{named([o.id], names)}:") for o in several]
    return [Group("Open questions", lines)] if lines else []


def _moves(question: NextQuestion, ids: set[str], names: dict[str, str]) -> list[str]:
    out = []
    for answer in question.answers:
        found = (("opens", [i for i in answer.opens if i in ids]), ("closes", [i for i in answer.closes if i in ids]))
        told = " and ".join(f"{verb} {named(them, names)}" for verb, them in found if them)
        if told:
            out.append(f"{answer.answer}: {told}")
    return out


def _boxed(options: Iterable[Option]) -> list[Block]:
    """What the boxed warnings of the drugs of options are about, in one paragraph; the appendix has them whole."""
    every = [w for o in options for w in o.boxed_warnings]
    regions = {w.region for w in every}
    (alone,) = regions if len(regions) == 1 else (None,)
    by_drug: dict[str, list[Warned]] = {}
    for warned in every:
        by_drug.setdefault(f"{warned.drug}{'' if alone else in_region(warned.region)}", []).append(warned)
    told = [
        f"{drug}: {', '.join(dict.fromkeys(_gist(w) for w in found))}{cite(cited_ids(w.source for w in found))}"
        for drug, found in sorted(by_drug.items())
    ]
    lead = f"Boxed warnings{f' of the {alone.upper()} labels' if alone else ''} (whole in the appendix):"
    return [Line(f"{'; '.join(told)}.", lead=lead)] if told else []


def _gist(warned: Warned) -> str:
    """What a warning is about: what stands before a colon or a bracket."""
    return f"{re.split(r': | [(]', warned.text, maxsplit=1)[0]}{star(warned.unread)}"


def _marks(whole: Sequence[Option], led: Sequence[Option]) -> list[Block]:
    """What must be checked, and what each mark and short form in use means."""
    labels = {label_word(label) for o in led if o.verdict != "conditional" for label in o.labels.values()}
    doses = [d for o in whole for d in o.prescription]
    found = [
        "HR hazard ratio, below 1 favours the regimen",
        "v against (control, comparator)",
        "PFS progression-free survival",
        *(["ORR response rate, where there is no comparison"] if any(response_words(o.key_figure) for o in led) else []),
        *(["label open: a fact decides"] if OPEN in labels else []),
        *([f"{CHANGES} an open fact would change the dose, see the appendix"] if any(d.open for d in doses) else []),
        *([f"{CYCLES} days: see the appendix"] if any(_folded(d.days) for d in doses) else []),
        "visits/28 d: in the first 28 days, then in each later 28",
        RECALLED,
    ]  # fmt: skip
    return [Line(f"{'; '.join(found)}.", "dim", lead=f"{CHECK} Marks:")]


# --- the appendix ----------------------------------------------------------------------------------


def _explained(one: Explained, asked: Suggest) -> Section:
    """Everything behind one option."""
    option = one.option
    general = all_said(c for c in option.cautions if c.always)
    waits = what_opens(option, asked).words if option.verdict == "conditional" else ""
    boxed: dict[str, list[str]] = {}
    for warned in option.boxed_warnings:
        boxed.setdefault(f"{warned.drug}{in_region(warned.region)}", []).append(said(warned))
    opened = "Would be opened by:" if option.verdict == "conditional" else "Opened by:"
    blocks: list[Block] = [
        Line(_standing(option), lead="Standing:"),
        *([Line(f"{waits}.", "open", lead="If:")] if waits else []),
        *_mine(option),
        *(Line(said(b), lead=opened) for b in option.because),
        Line(_stopped("; ".join(_label(option, region) for region in option.labels)).replace("?;", "?"), lead="Label:"),
        *([Line(" ".join(short_question(n.question) for n in option.needs), "open", lead="Find out:")]
          if option.needs else []),
        *dose_table(option.prescription),
        *(Line(f"{'; '.join(texts)}.", "warn", lead=f"Boxed warning, {drug}:") for drug, texts in boxed.items()),
        *(Line(said(p), lead="Before:") for p in option.preparation),
        *(line._replace(lead="Visits:") for line in burden_lines(option.burden)),
        *guidance_block(option.guidance),
        *_evidence(option),
        *_conditions(one),
        *([Line(f"{general}.", lead="In general:")] if general else []),
    ]  # fmt: skip
    return Section(id_and_name(option.id, option.name), blocks)


def _stopped(text: str) -> str:
    """A text with a stop at its end, unless it ends with a question."""
    return text if text.endswith("?") else f"{text}."


def _standing(option: Option) -> str:
    """The verdict and the tier, with the steps that led there; a single one tells the tier itself."""
    steps = "; then ".join(map(step_words, option.tier_steps))
    tier = option.tier or "no tier"
    return f"{option.verdict}, {f'{tier}: ' if len(option.tier_steps) > 1 else ''}{steps or tier}"


def _evidence(option: Option) -> list[Block]:
    """A paragraph for each trial."""
    lines = [
        Line(f"{'. '.join(capitalised(line).rstrip('.') for line in trial_lines(trial))}.{cite(trial.source)}",
             lead=f"{trial.trial}{f' (grade {trial.grade})' if trial.grade else ''}:")
        for trial in option.evidence
    ]  # fmt: skip
    return [Group("Evidence", lines or [Line("No trial is recorded.")])]


def _conditions(one: Explained) -> list[Block]:
    """What is open with its clauses; rules that were looked at and do not apply are only named."""
    open_ = [line for row in one.indications if row.opens not in ("yes", "no") for line in indication_lines(row)]
    open_ += forbid_lines([f for f in one.forbids if f.holds == "unknown"])
    idle = [said(f) for f in one.forbids if f.holds == "no"]
    return [
        *([Group("Open", open_)] if open_ else []),
        *([Line(f"{'; '.join(idle)}.", "dim", lead="Would forbid it, and does not apply:")] if idle else []),
    ]


def _figures(led: Sequence[Option]) -> list[Block]:
    plot = forest((o.id, o.key_figure) for o in led)
    return [plot] if plot else []


def _rest(asked: Suggest, names: dict[str, str]) -> list[Block]:
    """What is open or waits in the other tiers, named."""
    lines = []
    current = [o for o in asked.options if not o.historical and o.tier not in LEADING]
    for tier in dict.fromkeys(o.tier for o in current):
        ids = [o.id for o in current if o.tier == tier]
        lines.append(Line(f"{named(ids, names)}.", lead=f"{len(ids)} {tier}:"))
    old = [o.id for o in asked.options if o.historical]
    if old:
        lines.append(Line(f"{named(old, names)}.", "dim", lead=f"{counted(len(old), 'historical one')}, replaced since:"))
    return [Group("Other options, open or waiting for an answer", lines)] if lines else []
