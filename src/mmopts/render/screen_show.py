"""The screen of ``mmopts show``: what the knowledge base says of a regimen, without a patient."""

from __future__ import annotations

from mmopts.answers.forms import RegimenRow, RuleRow, Show, cited_ids
from mmopts.render.about import RECALLED, command, foot, next_commands
from mmopts.render.blocks import Block, Column, Group, Heading, Line, Row, Table, View
from mmopts.render.dosecard import card_blocks
from mmopts.render.figures import key_figure_words, response_words
from mmopts.render.phrases import all_said, cite, dates_words, id_and_name, label_words, recalled, spaced, star
from mmopts.render.screen_explain import evidence_block, guidance_block
from mmopts.words import joined


def show_screen(answer: Show, view: View) -> list[Block]:
    """Each regimen asked for."""
    out: list[Block] = []
    for regimen in answer.regimens:
        out += _regimen(regimen)
    parts = [part for r in answer.regimens for part in (r.rules, r.evidence, r.prescription, r.indications, r.guidance)]
    ids = cited_ids(regimen.sources for regimen in answer.regimens)
    names = [regimen.id for regimen in answer.regimens]
    return [
        *out,
        *foot(answer, view, [RECALLED] if recalled(*parts) else [], ids),
        *next_commands([command("compare" if len(names) > 1 else "dose", *names)] if names else []),
    ]


def _regimen(regimen: RegimenRow) -> list[Block]:
    """A regimen as it stands: names, labels, figure, doses, indications, rules, guidance and evidence."""
    facts = (
        ("Also called", ", ".join(regimen.aliases)),
        ("Drugs", ", ".join(regimen.drugs)),
        ("For", joined([spaced(s) for s in regimen.settings])),
        ("Intensity", regimen.intensity),
        ("Labels", label_words(regimen.labels)),
        ("PFS", key_figure_words(regimen.key_figure)),
        ("ORR", response_words(regimen.key_figure)),
        ("Investigational", "no US or EU approval" if regimen.investigational else ""),
        ("Historical", all_said(regimen.historical)),
        ("Label", "rules it out where it does not hold" if regimen.label_decides else ""),
    )
    out: list[Block] = [
        Line(id_and_name(regimen.id, regimen.name), "name"),
        *(Line(text, lead=f"{lead}:") for lead, text in facts if text),
    ]
    r = regimen
    out += card_blocks(r.prescription, r.preparation, r.burden, r.boxed_warnings, (), r.alternatives)
    if regimen.indications:
        rows = [
            Row((i.status, ", ".join(map(spaced, i.settings)), f"{i.text}{star(bool(i.unread))}",
                 _untold(i.condition, i.text), dates_words(i.since, i.until), cite(i.source).strip(" []")))
            for i in regimen.indications
        ]  # fmt: skip
        columns = [
            Column(""),
            Column("setting", wrap=True),
            Column("", wrap=True),
            Column("if", wrap=True),
            Column("dates"),
            Column("source", "dim", wrap=True),
        ]
        out.append(Table(columns, rows, "Indications"))
    out += rule_blocks(regimen.rules)
    return [*out, *guidance_block(regimen.guidance), *evidence_block(regimen.evidence)]


def _untold(words: str | None, text: str) -> str:
    """A condition, where a text does not already say it."""
    return words if words and words not in text else ""


def _if(rule: RuleRow) -> str:
    when = _untold(rule.when, rule.text)
    return f" (if {when})" if when else ""


def rule_blocks(rules: tuple[RuleRow, ...]) -> list[Block]:
    """Rules that forbid, lower or warn, a group for each effect."""
    out: list[Block] = []
    for effect in dict.fromkeys(r.effect for r in rules):
        lines = [
            Line(f"{r.text}{star(r.unread)}{_if(r)}; {r.strength}{cite(r.source)}") for r in rules if r.effect == effect
        ]
        out.append(Group(spaced(effect).capitalize(), lines))
    return [Heading("Rules"), *out] if out else []
