"""The answers that need no patient: what the knowledge base holds of regimens, drugs, sources, guidance and facts."""

from __future__ import annotations

from collections.abc import Sequence

from mmopts.answers import citing, doses, forms, parts
from mmopts.answers.patient import About, frame
from mmopts.assess import dose
from mmopts.assess.assessment import speech
from mmopts.assess.grades import Graded, base_grade, by_strength
from mmopts.assess.standing import HISTORICAL, classes_of
from mmopts.assess.truths import COUNTRIES, NOT_APPLICABLE, Scope, Truths, judge, of_scope
from mmopts.diagnostics import (
    BRIEF,
    Diagnostic,
    QuestionError,
    as_option,
    cut,
    did_you_mean,
    in_quotes,
    nearest,
    unknown_word,
)
from mmopts.facts import ANY_REGION, FACTS, OPEN_LISTS, REGIONS
from mmopts.knowledge.once import Once
from mmopts.knowledge.records import Knowledge, Regimen, Rule
from mmopts.logic import Cond, Conditions, One
from mmopts.names import begun, look_up
from mmopts.patient.drug_words import names_begun

NAMED = 10
"""So many regimens are named at most where a drug or a class was given for a regimen."""

# --- what a word names ------------------------------------------------------------------------------


def regimen_named(word: str, kb: Knowledge) -> str:
    """The id of the regimen that a word names, in any case and with any separators. Raises QuestionError.

    A drug or a class, also one that is not spelt right, is answered with the regimens that hold it.
    """
    found = look_up(word, kb.aliases)
    if found is not None:
        return found
    meant = look_up(word, kb.names)
    known = [*kb.regimens, *kb.aliases, *kb.names]
    likely = [] if meant else sorted(begun(word, known), key=len) or nearest(word, known)
    if likely and likely[0] not in kb.regimens and likely[0] not in kb.aliases:
        meant = kb.names[likely[0]]
    if meant is not None and (meant.drugs or meant.classes):
        asked = {*meant.drugs, *meant.classes}
        holding = [r.id for r in kb.regimens.values() if asked <= {*r.drugs, *classes_of(r, kb)}]
        called = ", ".join([*meant.drugs, *(kb.classes[c].name for c in meant.classes)])
        listed = f"--drug {','.join(meant.drugs)}" if meant.drugs else f"--class {','.join(meant.classes)}"
        more = f" and {len(holding) - NAMED} more; mmopts list {listed}" if len(holding) > NAMED else ""
        text = f"{in_quotes(word)} is no regimen here; with {called}: {', '.join(holding[:NAMED]) or 'none'}{more}."
        raise QuestionError([Diagnostic("unknown-regimen", text, "regimen", cut(word), holding[:5])])
    near = list(dict.fromkeys(kb.aliases.get(n, n) for n in likely if n in kb.aliases or n in kb.regimens))
    raise QuestionError([unknown_word("unknown-regimen", "regimen", "regimen", word, near)])


def drug_named(word: str, kb: Knowledge) -> str:
    """The generic name of the drug that a word names. Raises QuestionError."""
    found = look_up(word, kb.names)
    if found is not None and len(found.drugs) == 1:
        return found.drugs[0]
    if found is not None and len(found.classes) == 1:
        known = kb.classes[found.classes[0]]
        text = f"a class and no drug: {', '.join(known.drugs)}; mmopts list --class {known.id} has the regimens."
        raise _another_kind("drug", word, text, known.drugs)
    near = [name for name in names_begun(word, kb) if name in kb.drugs]
    near = near or nearest(word, (entry.name for entry in kb.names.values() if len(entry.drugs) == 1))
    raise QuestionError([unknown_word("unknown-name", "drug", "drug", word, near)])


def class_named(word: str, kb: Knowledge) -> str:
    """The id of the class that a word names. Raises QuestionError."""
    found = look_up(word, kb.names)
    if found is not None and len(found.classes) == 1:
        return found.classes[0]
    if found is not None and len(found.drugs) == 1:
        known = kb.drugs[found.drugs[0]]
        text = f"a drug and no class; mmopts list --drug {known.id} has the regimens."
        raise _another_kind("class", word, text, known.classes)
    near = [name for name in names_begun(word, kb) if name in kb.classes] or nearest(word, kb.classes)
    raise QuestionError([unknown_word("unknown-name", "class", "class", word, near, list(kb.classes))])


def _another_kind(fact: str, word: str, what: str, suggestions: Sequence[str]) -> QuestionError:
    """A word that is known, but as `what` and not as a `fact`."""
    return QuestionError([Diagnostic("unknown-name", f"{in_quotes(word)} is {what}", fact, cut(word), suggestions)])


# --- regimens ---------------------------------------------------------------------------------------


_stripped = Once(lambda _: Conditions())
"""The conditions made of those of a knowledge base, each once: what was said of one is remembered."""


class Shelf:
    """A knowledge base as it stands on the day of its review, for nobody in particular."""

    def __init__(self, kb: Knowledge) -> None:
        self.kb = kb
        self.speech = speech(kb)
        self.truths: Truths = judge(kb, {}, Scope(ANY_REGION, kb.meta.reviewed))
        self._conditions = _stripped(kb)

    def say(self, cond: Cond) -> str | None:
        """A condition in words, without dates and regions; None if nothing is left of it."""
        parts = cond.args if cond.op == "all" else (cond,)
        asked = tuple([part for part in parts if not of_scope(part.fact)])
        return self.speech.say(cond if len(asked) == len(parts) else self._conditions.all(asked)) or None

    def regimen(self, regimen: Regimen) -> forms.RegimenRow:
        """Everything that the knowledge base says of a regimen."""
        indications = tuple(parts.plain_indication(row) for row in regimen.rows)
        graded = self.graded(regimen)
        evidence = tuple(parts.trial_row(g, None) for g in graded)
        rules = tuple(self.rule(rule) for rule in (*regimen.forbids, *regimen.cautions))
        resolved = dose.standard_prescription(self.kb, regimen)
        prescription = tuple(doses.dose_row(r) for r in resolved)
        guidance = tuple(parts.guidance_row(p, "unknown") for p in regimen.positions)
        warned = doses.boxed_warnings(regimen.drugs, self.kb, REGIONS)
        places = tuple(forms.Said(p.text, p.source, p.unread) for p in regimen.places if p.place == HISTORICAL)
        others = doses.other_schedules(dose.standard_alternatives(regimen))
        schedules = [other.prescription for other in others]
        before, burden = doses.preparation(regimen), doses.burden(resolved, regimen, COUNTRIES)
        beside = (before, doses.stay_notes(burden), warned)
        return parts.like(
            forms.RegimenRow,
            regimen,
            historical=places,
            labels=self.labels(regimen),
            indications=indications,
            evidence=evidence,
            key_figure=parts.key_figure(graded),
            guidance=guidance,
            rules=rules,
            prescription=prescription,
            alternatives=others,
            preparation=before,
            burden=burden,
            boxed_warnings=warned,
            sources=citing.source_ids(indications, evidence, rules, prescription, *schedules, guidance, places, *beside),
        )

    def graded(self, regimen: Regimen) -> list[Graded]:
        """Its trials with their grades by themselves."""
        policy = self.kb.policy
        return by_strength(
            Graded(base_grade(trial, policy), "by itself", trial, None, (), (), (), 0) for trial in regimen.evidence
        )

    def labels(self, regimen: Regimen, settings: Sequence[str] = ()) -> dict[str, str]:
        """Per region, whether some label is in force on the day of the review: label, none, unknown or not-applicable.

        `settings`: only labels of one of these count, if there are any.
        """
        out = {}
        rows = [r for r in regimen.rows if not settings or not set(settings).isdisjoint(r.settings)]
        for region, label in regimen.labels.items():
            values = [self.truths.at(r.force) for r in rows if r.region == region]
            known = "label" if True in values else "unknown" if None in values else "none"
            out[region] = NOT_APPLICABLE if label is None else known
        return out

    def rule(self, rule: Rule) -> forms.RuleRow:
        """A rule as it stands; one that always goes with a regimen has no condition, whatever states say instead of it."""
        when = None if rule.always else self.say(rule.cond)
        return parts.like(forms.RuleRow, rule, when=when, state=rule.state or None)


def shown(name: str, kb: Knowledge) -> forms.Show:
    """The answer to ``mmopts show``."""
    row = Shelf(kb).regimen(kb.regimens[name])
    return forms.Show(**frame("show", kb.meta), regimens=(row,), sources=citing.cited(row.sources, kb))


def compared(names: Sequence[str], kb: Knowledge, patient: About | None = None) -> forms.Compare:
    """The answer to ``mmopts compare``: regimens side by side, for a patient where one is given."""
    shelf = Shelf(kb)
    rows = tuple(shelf.regimen(kb.regimens[name]) for name in names)
    told = tuple(patient.explained(name) for name in names) if patient else ()
    ids = [i for row in rows for i in row.sources] + (patient.cited_by(told) if patient else [])
    nobody: dict[str, object] = dict.fromkeys(("patient_id", "question", "patient"))
    nobody |= {"names": {}, "assumptions": (), "warnings": ()}
    return forms.Compare(
        **frame("compare", kb.meta),
        **(patient.header if patient else nobody),
        regimens=rows,
        for_patient=told,
        sources=citing.cited(ids, kb),
    )


def listed(kb: Knowledge, settings: Sequence[str], drugs: Sequence[str], classes: Sequence[str]) -> forms.List:
    """The answer to ``mmopts list``: the regimens in any of the settings that hold every drug and class asked for.

    Their figures and labels are those of these settings.
    """
    shelf, out = Shelf(kb), []
    asked = [One({FACTS["setting"].atom: frozenset((setting,))}) for setting in settings]
    for regimen in kb.regimens.values():
        held = classes_of(regimen, kb)
        if settings and not set(settings) & set(regimen.settings):
            continue
        if set(drugs) <= set(regimen.drugs) and set(classes) <= held:
            historical = any(p.place == HISTORICAL for p in regimen.places)
            graded = shelf.graded(regimen)
            if asked:
                graded = [g for g in graded if any(one.value(g.trial.setting) is not False for one in asked)]
            labels, figure = shelf.labels(regimen, settings), parts.key_figure(graded)
            row = parts.like(forms.ListedRegimen, regimen, historical=historical, labels=labels, key_figure=figure)
            out.append(row)
    filters = forms.Filters(tuple(settings), tuple(drugs), tuple(classes))
    return forms.List(**frame("list", kb.meta), filters=filters, regimens=tuple(out))


# --- drugs ------------------------------------------------------------------------------------------


def _drug(name: str, kb: Knowledge, shelf: Shelf) -> forms.DrugRow:
    drug = kb.drugs[name]
    return parts.like(
        forms.DrugRow,
        drug,
        boxed_warnings=doses.boxed_warnings((name,), kb, REGIONS),
        adjustments=tuple(parts.like(forms.AdjustmentRow, a, when=shelf.say(a.when)) for a in drug.adjustments),
        regimens=tuple(r.id for r in kb.regimens.values() if name in r.drugs),
    )


def drugs(kb: Knowledge) -> forms.Drugs:
    """The answer to ``mmopts drugs``."""
    classes = tuple(parts.like(forms.ClassRow, c) for c in kb.classes.values())
    shelf = Shelf(kb)
    return forms.Drugs(**frame("drugs", kb.meta), drugs=tuple(_drug(d, kb, shelf) for d in kb.drugs), classes=classes)


def one_drug(name: str, kb: Knowledge) -> forms.OneDrug:
    """The answer to ``mmopts drugs NAME``: one drug with its doses, its rules and its supportive care."""
    shelf = Shelf(kb)
    row = _drug(name, kb, shelf)
    rules = {
        (r.id, r.text): r
        for regimen in kb.regimens.values()
        if name in regimen.drugs
        for r in (*regimen.forbids, *regimen.cautions)
        if r.drug == name
    }
    told = tuple(shelf.rule(r) for r in rules.values())
    care = tuple(
        forms.CareRow(topic.title, line.text, shelf.say(line.cond), line.region, line.source, line.unread)
        for topic in kb.care
        for line in topic.lines
        if line.drugs is not None and name in line.drugs
    )
    ids = citing.source_ids(row.boxed_warnings, row.adjustments, told, care)
    return forms.OneDrug(**frame("drug", kb.meta), drug=row, rules=told, care=care, sources=citing.cited(ids, kb))


# --- guidance and sources ---------------------------------------------------------------------------


def guidance(kb: Knowledge, body: str | None = None) -> forms.Guidance:
    """The answer to ``mmopts guidance``: what each body says, unmerged, and where bodies disagree. Raises QuestionError."""
    bodies = list(dict.fromkeys(row.body for row in kb.positions))
    wanted = bodies if body is None else [b for b in bodies if body.casefold() in b.casefold()]
    if not wanted:
        near = nearest(str(body), bodies)
        text = f"{in_quotes(str(body), BRIEF)} is no body whose guidance is known here." + (
            did_you_mean(near) or f" Known: {', '.join(bodies)}."
        )
        raise QuestionError([Diagnostic("unknown-body", text, "body", cut(str(body)), near or bodies)])
    said = tuple(parts.like(forms.PositionRow, p, when=p.words or None) for p in kb.positions if p.body in wanted)
    differ = [d for d in kb.library().disagreements if body is None or any(v.body in wanted for v in d.views)]
    rows = tuple(
        parts.like(forms.DisagreementRow, d, views=tuple(parts.like(forms.ViewRow, view) for view in d.views))
        for d in differ
    )
    ids = citing.source_ids(said, *(row.views for row in rows))
    return forms.Guidance(**frame("guidance", kb.meta), guidance=said, disagreements=rows, sources=citing.cited(ids, kb))


def sources(kb: Knowledge) -> forms.Sources:
    """The answer to ``mmopts sources``."""
    return forms.Sources(**frame("sources", kb.meta), sources=dict(kb.sources))


def one_source(name: str, kb: Knowledge) -> forms.OneSource:
    """The answer to ``mmopts sources ID``: one source with the regimens that cite it. Raises QuestionError."""
    if name not in kb.sources:
        raise QuestionError([unknown_word("unknown-source", "source", "source", name, nearest(name, kb.sources))])
    shelf = Shelf(kb)
    citing = tuple(r.id for r in kb.regimens.values() if name in shelf.regimen(r).sources)
    return forms.OneSource(**frame("source", kb.meta), source=kb.sources[name], regimens=citing)


# --- facts ------------------------------------------------------------------------------------------


def facts(kb: Knowledge, name: str | None = None) -> forms.FactList:
    """The answer to ``mmopts facts``: all facts, or one with the words that it takes. Raises QuestionError."""
    key = name.strip().lstrip("-").replace("-", "_") if name is not None else None
    unbounded = {"low": None, "high": None}
    every = {
        f.name: parts.like(forms.FactRow, f, **({} if f.kind in ("number", "months") else unbounded)) for f in FACTS.values()
    }
    every |= {key: forms.FactRow(key, as_option(key), "flag", said, (), None, None) for key, said in OPEN_LISTS.items()}
    if key is not None and key not in every:
        raise QuestionError([unknown_word("unknown-fact", "fact", "fact", str(name), nearest(key, every), list(every))])
    rows = (every[key],) if key is not None else tuple(every.values())
    table = kb.vocabulary.get(key) if key is not None else None
    known = table.words.values() if table else ()
    words = tuple(parts.like(forms.WordRow, w, definition=w.definition or w.note) for w in known)
    return forms.FactList(**frame("facts", kb.meta), facts=rows, words=words)
