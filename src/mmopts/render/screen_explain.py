"""The screen of ``mmopts explain``: the decision first, then what holds, what is open, what would forbid, and the rest."""

from __future__ import annotations

from collections.abc import Sequence

from mmopts.answers.forms import Caution, Explain, Explained, GuidanceRow, IndicationRow, LabelRow, Option, TrialRow
from mmopts.render.about import RECALLED, about_patient, command, foot, next_commands, options_of
from mmopts.render.blocks import Block, Column, Group, Heading, Line, Row, Table, View
from mmopts.render.clauses import forbid_lines, indication_lines
from mmopts.render.dosecard import card_blocks, dose_parts
from mmopts.render.figures import figure_paragraphs, trial_lines
from mmopts.render.phrases import (
    cite,
    cited_in,
    counted,
    dates_words,
    flip_words,
    graded_words,
    id_and_name,
    label_words,
    recalled,
    said,
    spaced,
    star,
)
from mmopts.words import product_words, step_words

CHECKS = 8
"""The most presumed facts shown; ``all`` shows every one."""
_VERDICT = {"eligible": ("Open now", "good"), "conditional": ("Depends", "open"), "excluded": ("Ruled out", "bad")}
_PLACE = {
    "preferred": "preferred for this patient",
    "alternative": "an alternative for this patient",
    "other": "behind the preferred options and the alternatives",
}
_HOLDS = {"yes": "holds", "no": "does not hold", "unknown": "open"}


def explain_screen(answer: Explain, view: View) -> list[Block]:
    """The whole screen."""
    regimen = answer.regimen
    option = regimen.option
    return [
        Line(id_and_name(option.id, option.name), "name"),
        *about_patient(answer),
        *_decision(regimen),
        *card_blocks(option.prescription, option.preparation, option.burden, option.boxed_warnings, regimen.care),
        *_clauses(regimen, _settings(answer), view),
        *_checks(option, view),
        *guidance_block(option.guidance),
        *evidence_block(option.evidence),
        *label_block(option),
        *general_cautions(option.cautions, view),
        *foot(answer, view, _marks(answer), _sources(answer, view)),
        *next_commands([_again(answer)]),
    ]


def _again(answer: Explain) -> str:
    options = options_of(answer)
    if answer.regimen.option.verdict == "excluded":
        return command("suggest", options, "--why-not")
    return command("suggest", options, "--plan", answer.regimen.option.id)


def _sources(answer: Explain, view: View) -> Sequence[str]:
    """What this screen cites, in the order in which it does."""
    regimen, option = answer.regimen, answer.regimen.option
    indications = [row for row in regimen.indications if row.opens != "no"] + _failing(regimen, _settings(answer), view)
    because = regimen.excluded_because if option.verdict == "excluded" else option.because
    cautions = [c for c in option.cautions if "all" in view or not c.always]
    doses = (dose_parts(option.prescription), option.preparation, [option.burden.inpatient_note], option.boxed_warnings)
    labels = [row for found in option.label_detail.values() for row in found]
    return cited_in(cautions, [option.key_figure], because, *doses, regimen.care, indications, regimen.forbids,
                    option.guidance, option.evidence, labels)  # fmt: skip


def _failing(regimen: Explained, settings: set[str], view: View) -> list[IndicationRow]:
    """The indications that do not hold, without those of other settings unless ``all`` is asked for."""
    fails = [row for row in regimen.indications if row.opens == "no"]
    return [row for row in fails if "all" in view or not settings or not row.settings or settings & set(row.settings)]


def _decision(regimen: Explained) -> list[Block]:
    """The verdict and its tier, why, what is special for this patient, and what would change it."""
    option = regimen.option
    word, style = _VERDICT.get(option.verdict, (option.verdict, ""))
    told = [
        _PLACE.get(option.tier, option.tier) if option.tier else "",
        "historical" if option.historical else "",
        regimen.reason or "",
    ]
    lines = [Line(", ".join(t for t in told if t), style, lead=f"{word}:")]
    steps = option.tier_steps or ((option.tier_because,) if option.tier_because else ())
    lines += [Line(step_words(step), lead="Tier:" if number == 0 else "then") for number, step in enumerate(steps)]
    if option.for_this_patient:
        lines.append(Line(option.for_this_patient, lead="For this patient:"))
    lines += [Line(said(c), "warn", lead="Caution:") for c in option.cautions if not c.always]
    figure = "; ".join(figure_paragraphs(option.key_figure))
    lines.append(Line(figure + (cite(option.key_figure.source) if option.key_figure else ""), lead="PFS:"))
    lines.append(Line(label_words(option.labels), lead="Label:"))
    because = regimen.excluded_because if option.verdict == "excluded" else option.because
    lines += [Line(said(b), lead="Because:") for b in because]
    lines += [Line(f"{n.question} ({n.option})", "open", lead="Find out:") for n in option.needs]
    for flip in {f.text: f for f in regimen.flips}.values():
        lines.append(Line(flip_words(flip), lead="Would change it:"))
    return [Group("Decision", lines)]


def _clauses(regimen: Explained, settings: set[str], view: View) -> list[Block]:
    """Indications and forbidding rules by what became of them; those of other settings are folded to a count."""
    rows, forbids = regimen.indications, regimen.forbids
    holds = [line for row in rows if row.opens == "yes" for line in indication_lines(row)]
    open_ = [line for row in rows if row.opens not in ("yes", "no") for line in indication_lines(row)]
    open_ += forbid_lines([f for f in forbids if f.holds == "unknown"])
    forbid = forbid_lines([f for f in forbids if f.holds == "yes"]) + forbid_lines([f for f in forbids if f.holds == "no"])
    fails = [row for row in rows if row.opens == "no"]
    here = _failing(regimen, settings, view)
    failing = [line for row in here for line in indication_lines(row)]
    if len(fails) > len(here):
        failing.append(Line(f"{counted(len(fails) - len(here), 'indication')} for other settings (--all).", "dim"))
    parts = (
        ("What holds (one indication is enough)", holds or [Line("No indication.")]),
        ("What is open", open_),
        ("What would forbid it", forbid or [Line("No rule.")]),
        ("What does not hold", failing),
    )
    out: list[Block] = []
    for title, lines in parts:
        out += [Heading(title), *lines] if lines else []
    return out


def _settings(answer: Explain) -> set[str]:
    """The settings that the patient may be in; empty if that is not known."""
    found = answer.patient.get("setting") or ()
    return {found} if isinstance(found, str) else set(found)


def _checks(option: Option, view: View) -> list[Block]:
    """The presumed facts that the option leans on, the first of them unless ``all`` is asked for."""
    shown = option.checks if "all" in view else option.checks[:CHECKS]
    rows = [Row((c.question, c.option)) for c in shown]
    rest = len(option.checks) - len(shown)
    table = Table([Column("", wrap=True), Column("", "dim", wrap=True)], rows, "Presumed, to be checked")
    return [table, *([Line(f"and {rest} more (--all).", "dim")] if rest else [])] if rows else []


def guidance_block(rows: Sequence[GuidanceRow]) -> list[Block]:
    """What each body says for this patient's situation, side by side."""
    lines: list[Block] = []
    for r in rows:
        head = "; ".join(p for p in (spaced(r.position or ""), *graded_words(r.strength, r.level)) if p)
        apart = ". " if r.text[:1].isupper() and head else "; "
        text = apart.join(p for p in (head, f"{r.text}{star(r.unread)}") if p)
        lines.append(Line(text + cite(r.source), lead=f"{r.body} {r.year}:"))
    return [Heading("Guidance"), *lines] if lines else []


def _grade(trial: TrialRow) -> str:
    """The grade, with what it rests on as far as the name of the trial and the letter do not tell it."""
    if not trial.grade:
        return ""
    why = (trial.grade_because or "").removeprefix(f"{trial.grade}: {trial.trial}").strip(", ")
    return f"grade {trial.grade}{f' ({why})' if why else ''}"


def evidence_block(trials: Sequence[TrialRow]) -> list[Block]:
    """Each trial: its grade here and its figures."""
    out: list[Block] = [Heading("Evidence")]
    for trial in trials:
        grade = _grade(trial)
        out.append(Line(f"{grade}{cite(trial.source)}", lead=f"{trial.trial}:"))
        out += [Line(line, indent=1) for line in trial_lines(trial)]
    return out if trials else [*out, Line("No trial is recorded.")]


def label_block(option: Option) -> list[Block]:
    """The label rows of each region, and what fails."""
    rows = [label_row(region, row) for region, found in option.label_detail.items() for row in found]
    columns = [Column("", "name"), Column("product", wrap=True), Column("status"), Column("here"), Column("for", wrap=True),
               Column("what fails or is open", wrap=True), Column("dates"), Column("source", "dim")]  # fmt: skip
    return [Table(columns, rows, "Labels")] if rows else []


def label_row(region: str, row: LabelRow) -> Row:
    """A label's row in a table."""
    product = product_words(row.product, row.formulation)
    status = row.status if row.approval == row.status else f"{row.status}, {row.approval}"
    condition = (row.condition or "") + star(bool(row.unread))
    cells = (region.upper(), product, status, _HOLDS.get(row.holds, row.holds), condition, row.failing,
             dates_words(row.since, row.until), cite(row.source).strip(" []"))  # fmt: skip
    return Row(cells)


def general_cautions(cautions: Sequence[Caution], view: View) -> list[Block]:
    """Cautions that always go with the regimen: folded to a count unless ``all`` is asked for."""
    general = [c for c in cautions if c.always]
    if not general:
        return []
    if "all" not in view:
        return [Line(f"{counted(len(general), 'general caution')} of this regimen (--all).", "dim")]
    rows = [Row((c.strength, said(c))) for c in general]
    return [Table([Column(""), Column("", wrap=True)], rows, "General cautions")]


def _marks(answer: Explain) -> list[str]:
    """What the grades mean, where a trial has one; and the mark of what was recalled."""
    option = answer.regimen.option
    legend = "grade: " + ", ".join(f"{grade} {meaning}" for grade, meaning in answer.grades.items())
    return [*([legend] if any(trial.grade for trial in option.evidence) else []), *([RECALLED] if _recalled(option) else [])]


def _recalled(option: Option) -> bool:
    o = option
    remarks = [remark for dose in o.prescription for remark in dose.remarks]
    return recalled(o.cautions, o.because, o.prescription, remarks, o.boxed_warnings, o.guidance, o.evidence)
