"""The columns of CSV for each answer: a head stands with how its cell is read, so that none can slip beneath another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from mmopts.answers import forms
from mmopts.render.clauses import TRUTH
from mmopts.render.dosecard import dose_words, open_words, would_be
from mmopts.render.phrases import flip_words, in_region, number_words, patient_line, star

if TYPE_CHECKING:
    from mmopts.record import Record

Columns = Mapping[str, Callable[[Any], Any]]
"""Heads in their order, each with what reads its cell from an entry."""
Cells = Mapping[str, Any]
"""A row: values by head; heads that are not in it are empty."""


class Table(NamedTuple):
    """The CSV of one kind of answer: its heads, and the rows of an answer."""

    heads: tuple[str, ...]
    rows: Callable[[Any], Iterable[Cells]]


def table(columns: Columns, entries: Callable[[Any], Iterable[Any]]) -> Table:
    """A table with a row for each entry of an answer's main list."""
    return Table(tuple(columns), lambda answer: (cells(columns, entry) for entry in entries(answer)))


def cells(columns: Columns, entry: Any) -> dict[str, Any]:
    """The row of one entry."""
    return {head: read(entry) for head, read in columns.items()}


def own(form: type[Record], *names: str) -> Columns:
    """Columns that are fields of a form, all of them if none is named. Raises AttributeError for what is no field."""
    unknown = set(names).difference(form._fields)
    if unknown:
        raise AttributeError(f"{form.__name__} has no {min(unknown)}")
    return {name: attrgetter(name) for name in names or form._fields}


def within(part: Callable[[Any], Any], columns: Columns) -> Columns:
    """Columns of a part of an entry, empty where it has no such part."""

    def of_part(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def cell(entry: Any) -> Any:
            found = part(entry)
            return None if found is None else read(found)

        return cell

    return {head: of_part(read) for head, read in columns.items()}


def _nothing(entry: object) -> None:
    """The cell of a column that is empty in these rows."""


def _texts(rows: Iterable[Any]) -> list[str]:
    return [row.text for row in rows]


def _doses(prescription: Iterable[forms.Dose]) -> list[str]:
    return [dose_words(dose) for dose in prescription]


def _bodies(rows: Iterable[forms.GuidanceRow]) -> list[str]:
    return [f"{g.body} {g.year}: {g.position}{star(g.unread)}" for g in rows if g.position]


def _warned(rows: Iterable[forms.Warned]) -> list[str]:
    return [f"{w.drug}{in_region(w.region)}: {w.text}{star(w.unread)}" for w in rows]


# --- what several tables share -----------------------------------------------------------------------

LABELS: Columns = {"us": lambda entry: entry.labels.get("us"), "eu": lambda entry: entry.labels.get("eu")}
FIGURE: Columns = within(
    attrgetter("key_figure"),
    {
        **own(forms.KeyFigure, "trial", "versus", "endpoint", "hr"),
        "hr_ci95_low": lambda figure: figure.ci and figure.ci[0],
        "hr_ci95_high": lambda figure: figure.ci and figure.ci[1],
        "pfs_months": attrgetter("months"),
        "pfs_reached": attrgetter("reached"),
        "control_pfs_months": attrgetter("control_months"),
        "control_pfs_reached": attrgetter("control_reached"),
        "orr_percent": attrgetter("orr"),
        "control_orr_percent": attrgetter("control_orr"),
        "n": attrgetter("n"),
        "figure_unread": attrgetter("unread"),
    },
)
"""The key figure as numbers."""
BURDEN: Columns = within(
    attrgetter("burden"),
    {**own(forms.Burden), "inpatient_note": lambda burden: burden.inpatient_note and burden.inpatient_note.text},
)
"""Routes and visits."""
GIVEN: Columns = {
    "guidance": lambda entry: _bodies(entry.guidance),
    "doses": lambda entry: _doses(entry.prescription),
    "boxed_warnings": lambda entry: _warned(entry.boxed_warnings),
}
"""What bodies say of a regimen, and how it is given."""


# --- for a patient -----------------------------------------------------------------------------------

OPTION: Columns = {
    **own(forms.Option, "id", "name", "drugs", "verdict", "tier", "grade", "historical"),
    **LABELS,
    **own(forms.Option, "for_this_patient"),
    **FIGURE,
    **BURDEN,
    "because": lambda option: _texts(option.because),
    "needs": lambda option: [need.question for need in option.needs],
    "cautions_this_patient": lambda option: _texts(c for c in option.cautions if not c.always),
    "cautions_general": lambda option: _texts(c for c in option.cautions if c.always),
    "reason": _nothing,
    "would_change_it": _nothing,
    **own(forms.Option, "sources", "tier_because", "settings", "intensity"),
    "checks": lambda option: [check.question for check in option.checks],
    **GIVEN,
    "waits": _nothing,
    "other_setting": _nothing,
}
RULED_OUT: Columns = {
    **own(forms.Excluded, "id", "name", "drugs", "reason", "settings", "waits", "other_setting"),
    **LABELS,
    "verdict": lambda _: "excluded",
    "because": lambda excluded: _texts(excluded.because),
    "would_change_it": lambda excluded: list(map(flip_words, excluded.flips)),
}
EXPLAINED: Columns = {
    **within(attrgetter("option"), OPTION),
    **own(forms.Explained, "reason"),
    "would_change_it": lambda explained: list(map(flip_words, explained.flips)),
}
FOR_NOBODY: Columns = {
    **own(forms.RegimenRow, "id", "name", "drugs", "sources", "settings", "intensity"),
    "historical": lambda regimen: bool(regimen.historical),
    **LABELS,
    **FIGURE,
    **BURDEN,
    **GIVEN,
}
"""The columns of `OPTION` that a regimen has without a patient."""


def _suggested(answer: forms.Suggest) -> Iterable[Cells]:
    patient = {"patient_id": answer.patient_id, "line": answer.line}
    for option in answer.options:
        yield {**patient, **cells(OPTION, option)}
    for excluded in answer.excluded:
        yield {**patient, **cells(RULED_OUT, excluded)}


_SUGGEST_HEADS = ("patient_id", "line", *OPTION)


def _compared(answer: forms.Compare) -> Iterable[Cells]:
    if answer.for_patient:
        return (cells(EXPLAINED, explained) for explained in answer.for_patient)
    return (cells(FOR_NOBODY, regimen) for regimen in answer.regimens)


ASKED: Columns = {
    **within(itemgetter(0), own(forms.NextQuestion, "fact", "question", "option", "settles", "settles_at_least", "of")),
    **within(itemgetter(1), own(forms.Answered)),
}


def _asked(answer: forms.AskAnswer) -> Iterable[tuple[forms.NextQuestion, forms.Answered]]:
    """Each question with each of its answers; a question without any stands once."""
    return ((q, a) for q in answer.next_questions for a in q.answers or (forms.Answered("", q.option, (), ()),))


_CLAUSE_HEADS = ("id", "verdict", "tier", "part", "depth", "text", "holds", "found", "source")


def _explained(answer: forms.Explain) -> Iterable[Cells]:
    """Indications and forbidding rules, each followed by its clauses; then cautions, guidance and what would change it."""
    regimen, option = answer.regimen, answer.regimen.option
    ranked = {"id": option.id, "verdict": option.verdict, "tier": option.tier}
    for part, text, holds, source, clauses in (
        *(("indication", i.text, i.opens, i.source, i.clauses) for i in regimen.indications),
        *(("forbid", f.text, f.holds, f.source, f.clauses) for f in regimen.forbids),
        *(("general caution" if c.always else "caution", c.text, "", c.source, ()) for c in option.cautions),
        *(("guidance", (_bodies((g,)) or [g.text])[0], g.applies, g.source, ()) for g in option.guidance),
        *(("would change it", flip_words(f), "", "", ()) for f in regimen.flips),
    ):
        row = {**ranked, "part": part}
        yield {**row, "depth": 0, "text": text, "holds": TRUTH.get(holds, holds), "source": source}
        for c in clauses:
            yield {**row, "depth": 1, "text": c.text, "holds": TRUTH.get(c.holds, c.holds), "found": c.given}


DOSE: Columns = {
    "id": lambda entry: entry[0].id,
    **within(itemgetter(1), own(forms.Dose, "drug", "dose", "route", "days", "standard", "adjusted_for")),
    "would_change_it": lambda entry: [f"{open_words(o)}: {would_be(o)}" for o in entry[1].open],
    **within(itemgetter(1), own(forms.Dose, "until", "text", "recorded", "unread", "source")),
    "for": lambda entry: entry[1].when,
    **within(itemgetter(1), own(forms.Dose, "changed_for")),
    "remarks": lambda entry: list(map(_remark, entry[1].remarks)),
    "also_given_as": lambda entry: list(_also_given(*entry)),
    "boxed_warnings": lambda entry: _warned(w for w in entry[0].boxed_warnings if w.drug == entry[1].drug),
    "care": lambda entry: [
        f"{c.title or c.topic}: {c.text}{star(c.unread)}" for c in entry[0].care if entry[1].drug in c.for_
    ],
}
"""The columns of a dose card and one of its doses."""


def _remark(remark: forms.DoseRemark) -> str:
    text = remark.text.removeprefix(f"{remark.if_}: ")
    return f"{remark.if_}{in_region(remark.region)}: {text}{star(remark.unread)}"


def _also_given(card: forms.DoseCard, dose: forms.Dose) -> Iterable[str]:
    for other in card.alternatives:
        yield from (
            f"{other.name}{in_region(other.region)}: {dose_words(d)}" for d in other.prescription if d.drug == dose.drug
        )


DERIVED: Columns = {
    **own(forms.Derivation, "fact", "about"),
    "value": lambda d: number_words(d.value) if isinstance(d.value, Mapping) else d.value,
    "rule": attrgetter("text"),
    **own(forms.Derivation, "because", "authority", "open", "other_reading", "unread", "source"),
}
COUNTED: Columns = {
    **own(forms.RegimenCount),
    "lost_to_one_rule": lambda count: [f"{one.rule}: {one.patients}" for one in count.lost_to_one_rule],
}


# --- the knowledge base --------------------------------------------------------------------------------

LISTED: Columns = {
    **own(forms.ListedRegimen, "id", "name", "drugs", "settings", "intensity"),
    "historical": lambda regimen: bool(regimen.historical),
    **LABELS,
    **FIGURE,
}
REGIMEN: Columns = {
    **LISTED,
    **BURDEN,
    **own(forms.RegimenRow, "aliases", "investigational", "label_decides"),
    "indications": lambda regimen: _texts(regimen.indications),
    **GIVEN,
    "rules": lambda regimen: [f"{rule.effect}: {rule.text}" for rule in regimen.rules],
    **own(forms.RegimenRow, "sources"),
}
DRUG: Columns = {
    **own(forms.DrugRow, "id", "abbreviations", "brands", "classes", "target", "routes", "investigational"),
    "boxed_warnings": lambda drug: _texts(drug.boxed_warnings),
    **own(forms.DrugRow, "regimens"),
    "adjustments": lambda drug: _texts(drug.adjustments),
}
SOURCE: Columns = own(
    forms.Source, "id", "kind", "region", "year", "checked", "title", "pmid", "doi", "url", "on", "extent", "copy"
)
SCORE: Columns = {
    **own(forms.ScoreRow, "id", "name", "applies", "group", "possible"),
    "points_min": lambda score: score.points and score.points[0],
    "points_max": lambda score: score.points and score.points[1],
    "missing": lambda score: [m.fact for m in score.missing],
    **own(forms.ScoreRow, "source"),
    "found": lambda score: [f"{i.text}: {number_words(i.points)}" for i in score.items if i.holds == "yes"],
    **own(forms.ScoreRow, "note"),
}
CHANGED: Columns = {
    **own(forms.Change, "regimen"),
    "old_verdict": attrgetter("old.verdict"),
    "new_verdict": attrgetter("new.verdict"),
    "old_tier": attrgetter("old.tier"),
    "new_tier": attrgetter("new.tier"),
    "old_us": lambda change: change.old.labels.get("us"),
    "new_us": lambda change: change.new.labels.get("us"),
    "old_eu": lambda change: change.old.labels.get("eu"),
    "new_eu": lambda change: change.new.labels.get("eu"),
    "patient": lambda change: patient_line(change.patient),
}
FACT: Columns = own(forms.FactRow)


def _facts(answer: forms.FactList) -> Iterable[Cells]:
    """The facts, then the words that a list takes."""
    yield from (cells(FACT, fact) for fact in answer.facts)
    for w in answer.words:
        told = f"{w.name}: {w.definition}" if w.definition else w.name
        yield {"name": w.id, "kind": "word", "help": told, "values": w.synonyms}


TABLES: Mapping[type, Table] = {
    forms.Suggest: Table(_SUGGEST_HEADS, _suggested),
    forms.Report: Table(_SUGGEST_HEADS, lambda answer: _suggested(answer.suggest)),
    forms.AskAnswer: table(ASKED, _asked),
    forms.Explain: Table(_CLAUSE_HEADS, _explained),
    forms.DoseCard: table(DOSE, lambda answer: ((answer, dose) for dose in answer.prescription)),
    forms.History: table(DERIVED, attrgetter("derivations")),
    forms.Cohort: table(COUNTED, attrgetter("regimens")),
    forms.Show: table(REGIMEN, attrgetter("regimens")),
    forms.Compare: Table(tuple(OPTION), _compared),
    forms.List: table(LISTED, attrgetter("regimens")),
    forms.Drugs: table(DRUG, attrgetter("drugs")),
    forms.OneDrug: table(DRUG, lambda answer: (answer.drug,)),
    forms.Sources: table(SOURCE, lambda answer: answer.sources.values()),
    forms.OneSource: table(SOURCE, lambda answer: (answer.source,)),
    forms.Guidance: table(own(forms.PositionRow), attrgetter("guidance")),
    forms.Scores: table(SCORE, attrgetter("scores")),
    forms.FactList: Table(tuple(FACT), _facts),
    forms.KbCheck: table(own(forms.FaultRow), attrgetter("faults")),
    forms.KbDiff: table(CHANGED, attrgetter("changed")),
    forms.KbFormat: Table(("file", "changed"), lambda a: ({"file": f, "changed": f in a.changed} for f in a.files)),
}
"""The table of each kind of answer."""
