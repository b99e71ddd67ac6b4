"""The columns of CSV for each answer: a head, the entries of its main list, and the values of one entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from mmopts.answers import forms
from mmopts.answers.forms import Burden, Dose, Excluded, GuidanceRow, KeyFigure, Option, Warned
from mmopts.render.clauses import TRUTH
from mmopts.render.dosecard import dose_words, open_words, would_be
from mmopts.render.phrases import flip_words, in_region, number_words, patient_line, star

if TYPE_CHECKING:
    from mmopts.knowledge.records import Source
    from mmopts.patient.derived import Derivation

Values = Sequence[Any]

FIGURE_HEAD = ("trial", "versus", "endpoint", "hr", "hr_ci95_low", "hr_ci95_high", "pfs_months", "pfs_reached",
               "control_pfs_months", "control_pfs_reached", "orr_percent", "control_orr_percent", "n",
               "figure_unread")  # fmt: skip


def figure_values(figure: KeyFigure | None) -> Values:
    """The key figure as numbers."""
    if figure is None:
        return ("",) * len(FIGURE_HEAD)
    low, high = figure.ci or (None, None)
    return (figure.trial, figure.versus, figure.endpoint, figure.hr, low, high, figure.months, figure.reached,
            figure.control_months, figure.control_reached, figure.orr, figure.control_orr, figure.n,
            figure.unread)  # fmt: skip


BURDEN_HEAD = ("routes", "visits_first_28_days", "visits_later_28_days", "inpatient_days", "until",
               "visits_lasting_28_days", "hospital_stay", "inpatient_note", "infusion_days")  # fmt: skip


def burden_values(burden: Burden) -> Values:
    """Routes and visits."""
    note = burden.inpatient_note
    return (*burden[:-2], note.text if note else None, burden.infusion_days)


def _texts(rows: Iterable[Any]) -> list[str]:
    return [row.text for row in rows]


def _doses(prescription: Iterable[Dose]) -> list[str]:
    return [dose_words(dose) for dose in prescription]


def _bodies(rows: Iterable[GuidanceRow]) -> list[str]:
    return [f"{g.body} {g.year}: {g.position}{star(g.unread)}" for g in rows if g.position]


def _warned(rows: Iterable[Warned]) -> list[str]:
    return [f"{w.drug}{in_region(w.region)}: {w.text}{star(w.unread)}" for w in rows]


# --- for a patient ---------------------------------------------------------------------------------

_OPTION_HEAD = ("id", "name", "drugs", "verdict", "tier", "grade", "historical", "us", "eu", "for_this_patient",
                *FIGURE_HEAD, *BURDEN_HEAD, "because", "needs", "cautions_this_patient", "cautions_general", "reason",
                "would_change_it", "sources", "tier_because", "settings", "intensity", "checks", "guidance", "doses",
                "boxed_warnings", "waits", "other_setting")  # fmt: skip


def _option(o: Option, reason: str | None = None, flips: Iterable[str] = ()) -> Values:
    return (o.id, o.name, o.drugs, o.verdict, o.tier, o.grade, o.historical, o.labels.get("us"), o.labels.get("eu"),
            o.for_this_patient, *figure_values(o.key_figure), *burden_values(o.burden), _texts(o.because),
            [n.question for n in o.needs], _texts(c for c in o.cautions if not c.always),
            _texts(c for c in o.cautions if c.always), reason, list(flips), o.sources, o.tier_because, o.settings,
            o.intensity, [c.question for c in o.checks], _bodies(o.guidance), _doses(o.prescription),
            _warned(o.boxed_warnings), "", "")  # fmt: skip


def _excluded(e: Excluded) -> Values:
    nothing = ("",) * (len(FIGURE_HEAD) + len(BURDEN_HEAD))
    return (e.id, e.name, e.drugs, "excluded", "", "", "", e.labels.get("us"), e.labels.get("eu"), "", *nothing,
            _texts(e.because), "", "", "", e.reason, [flip_words(f) for f in e.flips], "", "", e.settings, "", "", "", "",
            "", e.waits, e.other_setting)  # fmt: skip


def _suggested(entry: tuple[forms.Suggest, Option | Excluded]) -> Values:
    answer, one = entry
    values = _option(one) if isinstance(one, Option) else _excluded(one)
    return (answer.patient_id, answer.line, *values)


def _suggest_entries(answer: forms.Suggest) -> Iterable[Any]:
    return ((answer, one) for one in chain[Option | Excluded](answer.options, answer.excluded))


_ASK_HEAD = (
    "fact",
    "question",
    "option",
    "settles",
    "settles_at_least",
    "of",
    "answer",
    "options",
    "opens",
    "closes",
    "doses",
)


def _ask_entries(answer: forms.AskAnswer) -> Iterable[Values]:
    for q in answer.next_questions:
        for a in q.answers or (forms.Answered("", q.option, (), ()),):
            yield (q.fact, q.question, q.option, q.settles, q.settles_at_least, q.of, *a)


_CLAUSE_HEAD = ("id", "verdict", "tier", "part", "depth", "text", "holds", "found", "source")


def _explain_entries(answer: forms.Explain) -> Iterable[Values]:
    """Indications and forbidding rules, each followed by its clauses; then cautions, guidance and what would change it."""
    option = answer.regimen.option
    own = (option.id, option.verdict, option.tier)
    for i in answer.regimen.indications:
        yield (*own, "indication", 0, i.text, TRUTH.get(i.opens, i.opens), "", i.source)
        yield from _clause_rows(own, "indication", i.clauses)
    for f in answer.regimen.forbids:
        yield (*own, "forbid", 0, f.text, TRUTH.get(f.holds, f.holds), "", f.source)
        yield from _clause_rows(own, "forbid", f.clauses)
    for c in option.cautions:
        yield (*own, "general caution" if c.always else "caution", 0, c.text, "", "", c.source)
    for g in option.guidance:
        yield (*own, "guidance", 0, (_bodies((g,)) or [g.text])[0], TRUTH.get(g.applies, g.applies), "", g.source)
    for text in map(flip_words, answer.regimen.flips):
        yield (*own, "would change it", 0, text, "", "", "")


def _clause_rows(own: Values, part: str, clauses: Iterable[forms.Clause]) -> Iterable[Values]:
    for c in clauses:
        yield (*own, part, 1, c.text, TRUTH.get(c.holds, c.holds), c.given, "")


_DOSE_HEAD = ("id", "drug", "dose", "route", "days", "standard", "adjusted_for", "would_change_it", "until", "text",
              "recorded", "unread", "source", "for", "changed_for", "remarks", "also_given_as",
              "boxed_warnings", "care")  # fmt: skip


def _dose_entries(answer: forms.DoseCard) -> Iterable[Values]:
    for d in answer.prescription:
        changes = [f"{open_words(o)}: {would_be(o)}" for o in d.open]
        remarks = [f"{r.if_}{in_region(r.region)}: {r.text.removeprefix(f'{r.if_}: ')}{star(r.unread)}" for r in d.remarks]
        others = [
            f"{other.name}{in_region(other.region)}: {dose_words(dose)}"
            for other in answer.alternatives
            for dose in other.prescription
            if dose.drug == d.drug
        ]
        yield (answer.id, d.drug, d.dose, d.route, d.days, d.standard, d.adjusted_for, changes, d.until, d.text,
               d.recorded, d.unread, d.source, d.when, d.changed_for, remarks, others,
               _warned(w for w in answer.boxed_warnings if w.drug == d.drug),
               [f"{c.title or c.topic}: {c.text}{star(c.unread)}" for c in answer.care if d.drug in c.for_])  # fmt: skip


_DERIVED_HEAD = ("fact", "about", "value", "rule", "because", "authority", "open", "other_reading", "unread", "source")


def _derived(d: Derivation) -> Values:
    value = number_words(d.value) if isinstance(d.value, Mapping) else d.value
    return (d.fact, d.about, value, d.text, d.because, d.authority, d.open, d.other_reading, d.unread, d.source)


# --- the knowledge base ----------------------------------------------------------------------------

_LISTED_HEAD = ("id", "name", "drugs", "settings", "intensity", "historical", "us", "eu", *FIGURE_HEAD)
_REGIMEN_HEAD = (*_LISTED_HEAD, *BURDEN_HEAD, "aliases", "investigational", "label_decides", "indications", "guidance",
                 "doses", "boxed_warnings", "rules", "sources")  # fmt: skip


def _regimen(r: forms.RegimenRow) -> Values:
    return (r.id, r.name, r.drugs, r.settings, r.intensity, bool(r.historical), r.labels.get("us"), r.labels.get("eu"),
            *figure_values(r.key_figure), *burden_values(r.burden), r.aliases, r.investigational, r.label_decides,
            _texts(r.indications), _bodies(r.guidance), _doses(r.prescription), _warned(r.boxed_warnings),
            [f"{rule.effect}: {rule.text}" for rule in r.rules], r.sources)  # fmt: skip


def _compare_entries(answer: forms.Compare) -> Iterable[Values]:
    if answer.for_patient:
        return [_option(e.option, e.reason, [flip_words(f) for f in e.flips]) for e in answer.for_patient]
    nothing = ("",) * 6
    return [
        (r.id, r.name, r.drugs, "", "", "", bool(r.historical), r.labels.get("us"), r.labels.get("eu"), "",
         *figure_values(r.key_figure), *burden_values(r.burden), *nothing, r.sources, "", r.settings, r.intensity, "",
         _bodies(r.guidance), _doses(r.prescription), _warned(r.boxed_warnings), "", "")
        for r in answer.regimens
    ]  # fmt: skip


def _listed(r: forms.ListedRegimen) -> Values:
    return (r.id, r.name, r.drugs, r.settings, r.intensity, r.historical, r.labels.get("us"), r.labels.get("eu"),
            *figure_values(r.key_figure))  # fmt: skip


_DRUG_HEAD = (
    "id",
    "abbreviations",
    "brands",
    "classes",
    "target",
    "routes",
    "investigational",
    "boxed_warnings",
    "regimens",
    "adjustments",
)


def _drug(d: forms.DrugRow) -> Values:
    return (d.id, d.abbreviations, d.brands, d.classes, d.target, d.routes, d.investigational, _texts(d.boxed_warnings),
            d.regimens, _texts(d.adjustments))  # fmt: skip


_SOURCE_HEAD = ("id", "kind", "region", "year", "checked", "title", "pmid", "doi", "url", "on", "extent", "copy")


def _source(s: Source) -> Values:
    return (s.id, s.kind, s.region, s.year, s.checked, s.title, s.pmid, s.doi, s.url, s.on, s.extent, s.copy)


def _score(s: forms.ScoreRow) -> Values:
    low, high = s.points or (None, None)
    found = [f"{i.text}: {number_words(i.points)}" for i in s.items if i.holds == "yes"]
    return (s.id, s.name, s.applies, s.group, s.possible, low, high, [m.fact for m in s.missing], s.source, found, s.note)


def _changed(c: forms.Change) -> Values:
    labels = [standing.labels.get(region) for region in ("us", "eu") for standing in (c.old, c.new)]
    return (c.regimen, c.old.verdict, c.new.verdict, c.old.tier, c.new.tier, *labels, patient_line(c.patient))


def _same(values: Values) -> Values:
    return values


def _facts(answer: forms.FactList) -> Iterable[Values]:
    """The facts, then the words that a list takes."""
    yield from answer.facts
    for w in answer.words:
        yield (w.id, "", "word", f"{w.name}: {w.definition}" if w.definition else w.name, w.synonyms, "", "")


def _counted(row: forms.RegimenCount) -> Values:
    return (*row[:-1], [f"{one.rule}: {one.patients}" for one in row.lost_to_one_rule])


ROWS: dict[type, tuple[Sequence[str], Callable[[Any], Values], Callable[[Any], Iterable[Any]]]] = {
    forms.Suggest: (("patient_id", "line", *_OPTION_HEAD), _suggested, _suggest_entries),
    forms.Report: (("patient_id", "line", *_OPTION_HEAD), _suggested, lambda a: _suggest_entries(a.suggest)),
    forms.AskAnswer: (_ASK_HEAD, _same, _ask_entries),
    forms.Explain: (_CLAUSE_HEAD, _same, _explain_entries),
    forms.DoseCard: (_DOSE_HEAD, _same, _dose_entries),
    forms.History: (_DERIVED_HEAD, _derived, lambda a: a.derivations),
    forms.Cohort: (forms.RegimenCount._fields, _counted, lambda a: a.regimens),
    forms.Show: (_REGIMEN_HEAD, _regimen, lambda a: a.regimens),
    forms.Compare: (_OPTION_HEAD, _same, _compare_entries),
    forms.List: (_LISTED_HEAD, _listed, lambda a: a.regimens),
    forms.Drugs: (_DRUG_HEAD, _drug, lambda a: a.drugs),
    forms.OneDrug: (_DRUG_HEAD, _drug, lambda a: (a.drug,)),
    forms.Sources: (_SOURCE_HEAD, _source, lambda a: a.sources.values()),
    forms.OneSource: (_SOURCE_HEAD, _source, lambda a: (a.source,)),
    forms.Guidance: (forms.PositionRow._fields, tuple, lambda a: a.guidance),
    forms.Scores: (("id", "name", "applies", "group", "possible", "points_min", "points_max", "missing", "source",
                    "found", "note"), _score, lambda a: a.scores),
    forms.FactList: (("name", "option", "kind", "help", "values", "low", "high"), tuple, _facts),
    forms.KbCheck: (forms.FaultRow._fields, tuple, lambda a: a.faults),
    forms.KbDiff: (("regimen", "old_verdict", "new_verdict", "old_tier", "new_tier", "old_us", "new_us", "old_eu", "new_eu",
                    "patient"), _changed, lambda a: a.changed),
    forms.KbFormat: (("file", "changed"), _same, lambda a: [(name, name in a.changed) for name in a.files]),
}  # fmt: skip
"""For each answer: the heads, the values of an entry, and the entries."""
