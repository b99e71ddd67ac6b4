"""The screens that browse the knowledge base: lists of regimens, drugs, sources and facts."""

from __future__ import annotations

from mmopts.answers.forms import (
    AdjustmentRow,
    DrugRow,
    Drugs,
    FactList,
    FactRow,
    List,
    ListedRegimen,
    OneDrug,
    OneSource,
    Sources,
    WordRow,
)
from mmopts.render.about import RECALLED, command, foot, next_commands
from mmopts.render.blocks import Block, Column, Group, Heading, Line, Row, Table, View
from mmopts.render.dosecard import boxed_blocks
from mmopts.render.figures import PFS, cells_of
from mmopts.render.phrases import (
    cite,
    cited_in,
    counted,
    in_region,
    label_legend,
    recalled,
    reference,
    said,
    spaced,
    star,
)
from mmopts.render.screen_show import rule_blocks
from mmopts.words import joined


def list_screen(answer: List, view: View) -> list[Block]:
    """Regimens by setting, a row each."""
    settings, held = [spaced(s) for s in answer.filters.setting], (*answer.filters.drug, *answer.filters.class_)
    count = counted(len(answer.regimens), "regimen")
    chosen = (f" for {joined(settings, 'or')}" if settings else "") + (f" with {joined(held)}" if held else "")
    out: list[Block] = [Line(f"{count}{chosen}.", "strong")]
    columns = [
        Column("", "name"),
        Column(PFS, wrap=True, least=30),
        Column("ORR", wrap=True, least=24, yields=True),
        Column("US"),
        Column("EU"),
        Column("for", wrap=True, yields=True),
        Column("drugs", wrap=True, yields=True),
    ]
    for historical, title in ((False, "Regimens"), (True, "Historical")):
        rows = [_listed(r) for r in answer.regimens if r.historical is historical]
        out += [Table(columns, rows, title)] if rows else []
    marked = [
        *label_legend(r.labels for r in answer.regimens),
        *([RECALLED] if recalled(r.key_figure for r in answer.regimens) else []),
    ]
    first = next((r.id for r in answer.regimens), None)
    return [*out, *foot(answer, view, marked), *next_commands([command("show", first)] if first else [])]


def _listed(regimen: ListedRegimen) -> Row:
    settings = ", ".join(spaced(s) for s in regimen.settings)
    return Row((*cells_of(regimen), settings, ", ".join(regimen.drugs)))


def drugs_screen(answer: Drugs, view: View) -> list[Block]:
    """Drugs with their names and classes; then the classes with their members."""
    rows = [
        Row((d.id, ", ".join(d.abbreviations), ", ".join(d.brands), ", ".join(d.classes), ", ".join(d.routes)))
        for d in answer.drugs
    ]
    columns = [Column("", "name"), *(Column(t, wrap=True) for t in ("short", "brands", "classes", "routes"))]
    out: list[Block] = [Table(columns, rows, "Drugs")]
    classes = [
        Line(", ".join(c.drugs), lead=f"{c.id}{f' ({c.name})' if c.name not in ('', c.id) else ''}:") for c in answer.classes
    ]
    out += [Heading("Classes"), *classes] if classes else []
    first = next((d.id for d in answer.drugs), None)
    shown = next_commands([command("drugs", f"'{first}'" if first and " " in first else first or "")] if first else [])
    return [*out, *foot(answer, view), *shown]


def drug_screen(answer: OneDrug, view: View) -> list[Block]:
    """All that is known of one drug: boxed warnings before the rest."""
    drug = answer.drug
    facts = (
        ("Short", drug.abbreviations),
        ("Brands", drug.brands),
        ("Classes", drug.classes),
        ("Target", (drug.target,) if drug.target else ()),
        ("Given", drug.routes),
        ("Regimens", drug.regimens),
        ("Investigational", ("no US or EU approval",) if drug.investigational else ()),
    )
    out: list[Block] = [Line(drug.id, "name"), *(Line(", ".join(words), lead=f"{lead}:") for lead, words in facts if words)]
    out += boxed_blocks(drug.boxed_warnings)
    out += _adjustments(drug)
    out += rule_blocks(answer.rules)
    care = [
        Line(
            f"{c.text}{star(c.unread)}{f' (if {c.when})' if c.when else ''}{cite(c.source)}",
            lead=f"{c.topic}{in_region(c.region)}:",
        )
        for c in answer.care
    ]
    out += [Group("Care", care)] if care else []
    rows = (drug.boxed_warnings, drug.adjustments, answer.rules, answer.care)
    ids, legend = cited_in(*rows), [RECALLED] if recalled(*rows) else []
    return [*out, *foot(answer, view, legend, ids)]


def _adjustments(drug: DrugRow) -> list[Block]:
    lines = [Line(said(a), lead=f"{_scope(a)}:" if a.region or a.when else "") for a in drug.adjustments]
    return [Group("Doses", lines)] if lines else []


def _scope(row: AdjustmentRow) -> str:
    """For whom a change of dose is."""
    return " ".join(p for p in ((row.region or "").upper(), f"if {row.when}" if row.when else "") if p)


def sources_screen(answer: Sources, view: View) -> list[Block]:
    """The sources."""
    rows = [Row((s.id, "read" if s.checked == "read" else "not read", s.kind, str(s.year or ""), s.title)) for s in
            answer.sources.values()]  # fmt: skip
    columns = [Column("", "name"), Column("checked"), Column("kind"), Column("year"), Column("title", wrap=True)]
    first = next(iter(answer.sources), None)
    shown = next_commands([command("sources", first)] if first else [])
    return [Table(columns, rows, "Sources"), *foot(answer, view), *shown]


def source_screen(answer: OneSource, view: View) -> list[Block]:
    """One source, and what cites it."""
    source = answer.source
    facts = (
        ("Reference", reference(source, read=False)),
        ("Kind", source.kind),
        ("Region", (source.region or "").upper()),
        ("Checked", "read" if source.checked == "read" else "not read: its figures are recalled"),
        ("On", source.on or ""),
        ("Read of it", source.extent or ""),
        ("Copy", source.copy or ""),
        ("Address", source.url or ""),
        ("Cited for", ", ".join(answer.regimens) or "no regimen of its own"),
    )
    lines = [Line(text, lead=f"{lead}:") for lead, text in facts if text]
    return [Line(source.id, "name"), *lines, *foot(answer, view)]


def facts_screen(answer: FactList, view: View) -> list[Block]:
    """The facts with their options and values; then the words of a vocabulary."""
    rows = [Row((f.option, _values(f), f.help)) for f in answer.facts]
    out: list[Block] = [Table([Column("", "name"), Column("takes", wrap=True), Column("", wrap=True)], rows, "Facts")]
    words = [Row((w.id, w.name, _synonyms(w), f"{w.definition or ''}{cite(w.source)}")) for w in answer.words]
    columns = [Column("", "name"), *(Column(t, wrap=True) for t in ("", "also", "meaning"))]
    out += [Table(columns, words, "Words")] if words else []
    return [*out, *foot(answer, view)]


def _synonyms(word: WordRow) -> str:
    """Other words for it than its name."""
    return ", ".join(s for s in word.synonyms if s.lower() != word.name.lower())


def _values(fact: FactRow) -> str:
    if fact.values:
        return ", ".join(fact.values)
    if fact.low is not None and fact.kind != "months" and fact.high is not None:
        return f"{fact.low:g} to {fact.high:g}"
    return _KINDS.get(fact.kind, fact.kind).format(fact.name.replace("_", "-"))


_KINDS: dict[str, str] = {
    "flag": "true or false",
    "drugs": "drugs, regimens, classes",
    "words": "words: mmopts facts {}",
    "months": "DRUG=MONTHS",
}
