"""Parts that several answers share: the patient and the question, labels, cautions, evidence, guidance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from mmopts.answers import forms
from mmopts.assess import asking
from mmopts.assess.assessment import Assessment
from mmopts.assess.grades import Graded, key_trial, medians
from mmopts.assess.reasons import Clause
from mmopts.assess.standing import in_force
from mmopts.assess.truths import SAID, of_scope
from mmopts.diagnostics import Diagnostic, as_option
from mmopts.facts import DENIAL, FACTS, split_atom
from mmopts.knowledge.once import Once
from mmopts.knowledge.records import (
    NEVER_IN_FORCE,
    WITHDRAWN,
    Indication,
    Knowledge,
    Position,
    Regimen,
    Rule,
    Trial,
)
from mmopts.logic import Value, leaves
from mmopts.patient.as_file import as_file
from mmopts.patient.stated import show_value
from mmopts.record import Record
from mmopts.words import demanded, product_words

Form = TypeVar("Form", bound=Record)

_BODY = {"us-label": "US label", "eu-label": "EU label", "guideline": "guidance", "trial": "trial"}
_STATUS = {"accelerated": "accelerated approval", "conditional": "conditional approval"}


# --- the patient and the question ------------------------------------------------------------------


def notes(found: Sequence[Diagnostic]) -> tuple[forms.Note, ...]:
    """Assumptions or warnings."""
    return tuple(
        forms.Note(n.code, n.text, n.fact, FACTS[n.fact].option if n.fact in FACTS else n.fact and as_option(n.fact))
        for n in found
    )


def patient_data(assessment: Assessment) -> dict[str, Any]:
    """The patient after normalisation, with the question, so that it reproduces the answer."""
    return {
        **as_file(assessment.patient, assessment.kb),
        "region": assessment.scope.region,
        "as_of": assessment.scope.as_of,
        "strict": assessment.patient.strict,
    }


def about(assessment: Assessment, patient_id: str | None, defaults: tuple[forms.Default, ...]) -> dict[str, Any]:
    """What every answer about a patient repeats: the question, the patient, assumptions, warnings."""
    patient = patient_data(assessment)
    return {
        "patient_id": patient_id,
        "question": forms.Asked(assessment.scope.region, assessment.scope.as_of, defaults),
        "patient": patient,
        "names": names(patient_atoms(patient), assessment.kb),
        "assumptions": notes(assessment.patient.assumptions),
        "warnings": notes(assessment.patient.warnings),
    }


def patient_atoms(facts: Mapping[str, Any]) -> list[str]:
    """The atoms of the words in a patient's lists, denied ones included."""
    found = ((fact, facts.get(fact.name)) for fact in FACTS.values() if fact.kind == "words")
    said = [(fact.atom, str(word)) for fact, words in found for word in words or ()]
    return [f"{atom}:{about}" for atom, word in said for about in dict.fromkeys((word, word.removeprefix(DENIAL)))]


def names(atoms: Iterable[str], kb: Knowledge) -> dict[str, str]:
    """The names that a knowledge base has for the words of lists among these atoms."""
    out = {}
    for atom in dict.fromkeys(atoms):
        prefix, _, about = atom.partition(":")
        word = kb.vocabulary[prefix].words.get(about) if prefix in kb.vocabulary else None
        if word is not None:
            out[atom] = word.name
    return out


def ask(atom: str, kb: Knowledge) -> forms.Ask:
    """The question behind an atom."""
    return _asks(kb)(atom)


_asks = Once(lambda kb: cache(lambda atom: forms.Ask(atom, asking.question_words(atom, kb), asking.option_words(atom))))
_checks = Once(lambda kb: cache(lambda atom: forms.Ask(*asking.whole_list(atom, kb))))
"""Questions, each worded once for a knowledge base."""


def checks(assessment: Assessment, regimen: Regimen) -> tuple[forms.Ask, ...]:
    """The presumed facts that an option rests on; for a list that is presumed whole, the list."""
    return tuple(dict.fromkeys(map(_checks(assessment.kb), asking.presumed(assessment, regimen))))


def given(atom: str, assessment: Assessment) -> str | None:
    """What is known of a fact; None if nothing is."""
    value = assessment.patient.facts.get(atom)
    return None if value is None else value_words(atom, value)


def value_words(atom: str, value: Value) -> str:
    """A value of a fact in words."""
    return show_value(value, split_atom(atom)[0])


# --- indications and labels ------------------------------------------------------------------------


def row_head(row: Indication) -> str:
    """Who says so: a region's label with its product, or a body's guidance, or a trial."""
    who = row.body or row.trial or ""
    if row.basis in ("guideline", "trial"):
        return f"{who} {_BODY[row.basis]}".strip()
    product = product_words(row.product, row.formulation)
    return f"{_BODY[row.basis]} ({product})" if product else _BODY[row.basis]


def row_words(row: Indication) -> str:
    """An indication in words: who says so, then the condition."""
    tail = ", ".join(x for x in (row.words, _STATUS.get(row.status), row.position) if x)
    return f"{row_head(row)}: {tail or 'no further condition'}"


def opening(assessment: Assessment, regimen: Regimen) -> tuple[forms.Said, ...]:
    """The indications that open a regimen, or that may."""
    rows = [(assessment.at(row.open), row) for row in regimen.rows]
    best = True if any(v for v, _ in rows) else None
    out = []
    for value, row in rows:
        if value is best:
            running = "" if assessment.at(row.force) is not None else f"; {_running(row)}"
            out.append(forms.Said(row_words(row) + running, row.source, bool(row.unread)))
    return tuple(out)


def _running(row: Indication) -> str:
    """What is said of a row whose beginning or end is known only to the current month or year."""
    dates = " until ".join(date for date in (row.since, row.until) if date)
    return f"in force from {dates}, the day is not known"


def label_detail(assessment: Assessment, regimen: Regimen) -> dict[str, tuple[forms.LabelRow, ...]]:
    """Each label row of the patient's setting: product, formulation, status, and the condition that fails or is open."""
    out: dict[str, list[forms.LabelRow]] = {region: [] for region in regimen.labels}
    for row in regimen.rows:
        if row.region and not (assessment.settings and assessment.settings.isdisjoint(row.settings)):
            out[row.region].append(_label_row(assessment, row))
    return {region: tuple(rows) for region, rows in out.items()}


def _label_row(assessment: Assessment, row: Indication) -> forms.LabelRow:
    """One row of a label for the patient: its status on the day, whether it holds, and the clauses that fail or are open."""
    value, force = assessment.at(row.strict), assessment.at(row.force)
    status = row.status_on(assessment.scope.as_of)
    if status not in (*NEVER_IN_FORCE, WITHDRAWN) and force is False:
        status = "not-in-force"
    failing: tuple[str, ...] = ()
    if assessment.at(row.when) is not True:
        failing = tuple(assessment.say(c.cond, c.wanted) for c in assessment.reasons.of(row.when).clauses)
    return forms.LabelRow(
        product=row.product,
        formulation=row.formulation,
        status="not-met" if value is False and force else status,
        approval=status,
        holds=SAID[value],
        condition=row.words or None,
        since=row.since,
        until=row.until,
        unit=row.unit,
        failing=failing if value is not True and force is not False else (),
        source=row.source,
        unread=row.unread,
    )


def clauses(assessment: Assessment, found: Iterable[Clause]) -> tuple[forms.Clause, ...]:
    """The clauses that decide a condition, without dates and regions, which are told elsewhere."""
    out = []
    for cond, wanted in found:
        if not of_scope(cond.fact):
            value, known = assessment.at(cond), given(cond.fact, assessment) if cond.fact else None
            holds = SAID[None if value is None else value is wanted]
            out.append(forms.Clause(assessment.say(cond, wanted), holds, cond.fact or None, known))
    return tuple(out)


def indication(assessment: Assessment, row: Indication) -> forms.IndicationRow:
    """One indication: whether it opens the regimen, whether its label holds, and the clauses that decide."""
    return _indication_row(
        row,
        opens=SAID[assessment.at(row.open)],
        holds=SAID[assessment.at(row.strict)],
        in_force=SAID[assessment.at(row.force)],
        clauses=clauses(assessment, assessment.reasons.of(row.open).clauses),
    )


def plain_indication(row: Indication) -> forms.IndicationRow:
    """One indication as it stands, for nobody in particular."""
    return _indication_row(row, opens=SAID[None], holds=SAID[None], in_force=SAID[None], clauses=())


def _indication_row(row: Indication, **for_patient: Any) -> forms.IndicationRow:
    return like(forms.IndicationRow, row, text=row_words(row), condition=row.words or None, **for_patient)


def like(kind: type[Form], record: Record, **made: Any) -> Form:
    """A form of this kind: some fields are `made`, the others are those of the same name of a record."""
    return kind(**{name: getattr(record, name) for name in kind._fields if name not in made}, **made)


# --- cautions, evidence, guidance -------------------------------------------------------------------


def cautions(assessment: Assessment, regimen: Regimen) -> tuple[forms.Caution, ...]:
    """The cautions that hold: those for this patient first, then those that always go with the regimen.

    Of these, `Policy.told_first` stand first. A caution that a state may lift is told until it is sure that the state does.
    """
    at = assessment.at
    standing = assessment.standings.get(regimen.id)
    outside = standing.trials[0] if standing and standing.trials else None
    holding = [rule for rule in regimen.cautions if at(rule.unlifted) and at(rule.cond) is not False]
    told = [rule for rule in holding if outside is None or not _told_by_trial(rule, outside)]
    held = [forms.Caution(r.text, r.source, r.strength, r.id, r.always, r.unread) for r in told]
    if standing and standing.historical:
        place = standing.historical
        held.append(forms.Caution(place.text, place.source, "guideline", "historical", False))
    if outside is not None:
        mark = f"outside-{outside.trial.id}"
        held += [forms.Caution(t, outside.trial.source, "consensus", mark, False) for t in outside.outside]
    found = {c.text: c for c in [*held, *_product_cautions(assessment, regimen)]}
    first = assessment.kb.policy.told_first
    return tuple(sorted(found.values(), key=lambda c: (c.always, first.index(c.id) if c.id in first else len(first))))


def _told_by_trial(rule: Rule, trial: Graded) -> bool:
    """Whether a caution tells an entry criterion for which the answer says that the trial left the patient out."""
    asked = {leaf.fact for leaf in leaves([rule.cond])}
    return rule.criterion_of == trial.trial.id and not asked.isdisjoint(trial.unmet)


def _product_cautions(assessment: Assessment, regimen: Regimen) -> list[forms.Caution]:
    """What the label of one product asks for besides, if that of another covers the patient and it does not."""
    out = []
    for region in assessment.scope.regions:
        mine = [r for r in regimen.rows if r.region == region and not assessment.settings.isdisjoint(r.settings)]
        rows = [r for r in mine if assessment.at(r.force)]
        met = [r for r in rows if assessment.at(r.strict)]
        covering = dict.fromkeys(product_words(r.product, r.formulation) for r in met)
        for row in rows if met else ():
            product = product_words(row.product, row.formulation)
            if assessment.at(row.strict) is False and product not in covering:
                unmet = assessment.reasons.of(row.when).clauses
                asked = demanded([(clause.cond, clause.wanted) for clause in unmet], assessment.speech).words
                text = f"{region.upper()}: {' and '.join(covering)} covers this; {product} {asked}"
                out.append(forms.Caution(text, row.source, "label", f"product-{region}", False, bool(row.unread)))
    return out


def trial_row(graded: Graded, assessment: Assessment | None) -> forms.TrialRow:
    """A trial as shown: its figures, its grade here, and whether the patient fits it."""
    trial = graded.trial
    subgroups = tuple(
        forms.SubgroupRow(s.name, s.pfs, s.os, s.weak, SAID[assessment.at(s.when) if assessment else None])
        for s in trial.subgroups
    )
    return like(
        forms.TrialRow,
        trial,
        population=trial.words or None,
        subgroups=subgroups,
        grade=graded.grade,
        grade_because=graded.text,
        applies=SAID[graded.applies],
        outside=graded.outside,
        presumed_outside=graded.presumed,
    )


def key_figure(trials: Sequence[Graded]) -> forms.KeyFigure | None:
    """The figure shown for an option; None if no trial has one."""
    found = key_trial(trials)
    return None if found is None else _figure(found.trial, SAID[found.applies])


def _figure(trial: Trial, applies: str) -> forms.KeyFigure:
    """A trial's figure: progression where it has a ratio or medians of both arms, else the response rate."""
    rates = trial.response.orr if trial.response else None
    pfs = trial.pfs if trial.pfs and (trial.pfs.hr or (medians(trial) and not rates)) else None
    return forms.KeyFigure(
        trial=trial.trial,
        versus=" or ".join(trial.versus) or None,
        endpoint=(pfs.endpoint or "PFS") if pfs else "ORR",
        hr=pfs.hr if pfs else None,
        ci=pfs.ci if pfs else None,
        months=pfs.months if pfs else None,
        control_months=pfs.control if pfs else None,
        reached=pfs.reached if pfs else True,
        control_reached=pfs.control_reached if pfs else True,
        orr=rates[0] if rates else None,
        control_orr=rates[1] if rates and len(rates) > 1 else None,
        n=trial.n,
        applies=applies,
        source=trial.source,
        unread=("pfs" if pfs else "response") in trial.unread,
    )


def guidance(assessment: Assessment, regimen: Regimen) -> tuple[forms.GuidanceRow, ...]:
    """What each body says of a regimen for a patient like this, side by side and unmerged."""
    standing = assessment.standings.get(regimen.id)
    sure = standing.bodies if standing else in_force(regimen, assessment.closed)
    rows: list[tuple[Position, bool | None]] = [(p, True) for p in sure]
    rows += [(p, None) for p in regimen.positions if p not in sure and assessment.at(p.cond) is None]
    return tuple(guidance_row(p, SAID[value]) for p, value in rows)


def guidance_row(row: Position, applies: str) -> forms.GuidanceRow:
    """What one body says."""
    return forms.GuidanceRow(
        row.body, row.year, row.position, row.text, row.title, row.strength, row.level, applies, row.source, row.unread
    )
