"""The answers about one patient: `suggest`, `ask`, `explain`, `dose` and what `compare` tells of a patient."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from mmopts.answers import citing, doses, forms, parts
from mmopts.assess import asking, care, dose
from mmopts.assess.assessment import Assessment
from mmopts.assess.exclusion import Miss, missed, misses, opened, out_of_force
from mmopts.assess.grades import Graded, Grader, lowest
from mmopts.assess.reasons import Clause
from mmopts.assess.standing import OTHER, active_drugs
from mmopts.assess.summary import summary
from mmopts.assess.truths import SAID, VERDICTS
from mmopts.facts import split_atom
from mmopts.knowledge.records import Indication, Meta, Regimen, Rule
from mmopts.logic import Value
from mmopts.patient.settling import RECEIVED, RELAPSED
from mmopts.patient.spoken import answer_options
from mmopts.record import later
from mmopts.version import __version__
from mmopts.words import demanded, joined, step_words


def frame(kind: str, meta: Meta, doses: bool = False) -> dict[str, Any]:
    """What every answer has: its schema, the tool's version, the knowledge base and its notice, of `doses` first."""
    return {
        "schema": f"mmopts.{kind}/1",
        "tool_version": __version__,
        "knowledge": forms.KnowledgeHead(meta.version, meta.reviewed, meta.digest, meta.layers),
        "notice": f"{meta.dose_notice} {meta.notice}".strip() if doses else meta.notice,
    }


class About:
    """One patient's answers, made of one assessment. `patient_id` and `defaults` are echoed in each."""

    def __init__(
        self, assessment: Assessment, patient_id: str | None = None, defaults: tuple[forms.Default, ...] = ()
    ) -> None:
        self.assessment, self.kb = assessment, assessment.kb
        self.header = parts.about(assessment, patient_id, defaults)
        """What every answer about this patient repeats."""

    # --- suggest ---------------------------------------------------------------------------------

    def suggest(self, limit: int | None = None, plan: str | None = None, line: int | None = None) -> forms.Suggest:
        """Which regimens are open. `limit` cuts the options and counts what it left out; `plan`: a regimen in mind."""
        a, kb = self.assessment, self.kb
        kept = a.order if limit is None else a.order[:limit]
        options = tuple(self.option(kb.regimens[name]) for name in kept)
        shut = misses(a)
        tried = cache(lambda: opened(a, shut))
        excluded = tuple(self._excluded(miss, tried) for miss in shut)
        questions = asking.next_questions(a)
        lines = doses.care_rows(care.supportive_care(a, self._led()))
        said = tuple(forms.SummaryLine(*found) for found in summary(a, questions))
        return forms.Suggest(
            **frame("suggest", kb.meta),
            **self._header(questions),
            line=line,
            summary=said,
            plan=self._plan(plan) if plan else None,
            options=options,
            omitted=len(a.order) - len(kept),
            excluded=excluded,
            next_questions=self._questions(questions),
            supportive_care=lines,
            sources=citing.Sources(kb, lambda: self._ids(options, lines, said, *(e.because for e in excluded))),
        )

    @staticmethod
    def _ids(options: Iterable[forms.Option], *beside: Iterable[forms.Cites]) -> list[str]:
        """The ids of the sources that options cite, and what is said beside them."""
        return [*(i for o in options for i in o.sources), *citing.source_ids(*beside)]

    def _led(self) -> list[str]:
        """The options of the first two tiers, eligible ones if there are any; else what else may be given here."""
        a = self.assessment
        led = [n for n in a.order if a.standings[n].leads]
        return [n for n in led if a.verdicts[n]] or led or [n for n in a.order if a.standings[n].tier == OTHER]

    def _plan(self, name: str) -> forms.Plan:
        """Where somebody's own plan stands."""
        a = self.assessment
        if name not in a.standings:
            miss = missed(a, self.kb.regimens[name])
            because = joined([said.text for said in self._because(miss)])
            return forms.Plan(name, VERDICTS[False], None, None, (), f"{name} is ruled out: {because}.")
        standing, place = a.standings[name], a.order.index(name)
        verdict = VERDICTS[a.verdicts[name]]
        before = tuple(a.order[:place])
        head = f"{name} is {verdict}"
        told = [*before[:5], *(["others"] if len(before) > 5 else [])]
        tail = f", behind {joined(told)}" if told else ", before all others"
        why = "; then ".join(map(step_words, standing.steps))
        return forms.Plan(name, verdict, standing.tier, place + 1, before, f"{head}{tail}; tier: {why}.")

    # --- one option ------------------------------------------------------------------------------

    def option(self, regimen: Regimen) -> forms.Option:
        """One regimen for the patient, open or not."""
        a, kb = self.assessment, self.kb
        standing = a.standings.get(regimen.id)
        trials = standing.trials if standing else self._graded(regimen)
        resolved = cache(lambda: dose.prescription(a, regimen))
        out = forms.Option(
            id=regimen.id,
            name=regimen.name,
            drugs=regimen.drugs,
            verdict=VERDICTS[a.verdicts[regimen.id]],
            tier=standing.tier if standing else None,
            tier_because="; ".join(standing.steps) if standing else None,
            tier_steps=standing.steps if standing else (),
            grade=standing.grade if standing else trials[0].grade if trials else lowest(kb.policy),
            historical=bool(standing and standing.historical),
            intensity=regimen.intensity,
            settings=regimen.settings,
            for_this_patient=later(lambda: self._new_or_again(regimen)),
            because=later(lambda: parts.opening(a, regimen)),
            needs=later(lambda: tuple(parts.ask(atom, kb) for atom in asking.needs(a, regimen))),
            checks=later(lambda: parts.checks(a, regimen)),
            cautions=later(lambda: parts.cautions(a, regimen)),
            labels=later(lambda: a.truths.labels(regimen)),
            label_detail=later(lambda: parts.label_detail(a, regimen)),
            guidance=later(lambda: parts.guidance(a, regimen)),
            key_figure=later(lambda: parts.key_figure(trials)),
            evidence=later(lambda: tuple(parts.trial_row(g, a) for g in trials)),
            prescription=later(lambda: tuple(doses.dose_row(r) for r in resolved())),
            preparation=later(lambda: doses.preparation(regimen, a)),
            burden=later(lambda: doses.burden(resolved(), regimen, a.scope.regions)),
            boxed_warnings=later(lambda: doses.boxed_warnings(regimen.drugs, kb, a.scope.regions)),
            doses=later(lambda: tuple(forms.Said(d.text, d.source, d.unread) for d in out.prescription if d.recorded)),
            sources=later(lambda: citing.cited_by(out)),
        )
        return out

    def _graded(self, regimen: Regimen) -> Sequence[Graded]:
        """The trials of a regimen that is ruled out, graded all the same."""
        a = self.assessment
        grader = Grader(self.kb, a.truths, a.facts, a.speech)
        return [grader.grade(regimen, trial, ()) for trial in grader.trials(regimen)]

    def _new_or_again(self, regimen: Regimen) -> str:
        """What a regimen means for this patient: which of its drugs are new, given before, or in doubt.

        A new drug against a target that an earlier one had is not called new.
        """
        facts, kb = self.assessment.patient.facts, self.kb
        active = active_drugs(regimen, kb)
        if not active or self.assessment.settings != RELAPSED:
            return ""
        again = [d for d in active if facts.get(f"{RECEIVED}:{d}") is True]
        doubtful = [d for d in again if f"refractory:{d}" not in facts]
        met = {d for c in kb.classes.values() if c.one_target and facts.get(f"{RECEIVED}:{c.id}") is True for d in c.drugs}
        known = [d for d in active if facts.get(f"{RECEIVED}:{d}") is False]
        new, like = [d for d in known if d not in met], [d for d in known if d in met]
        said = []
        if new and len(new) == len(active):
            said.append({1: "new to this patient", 2: "both main drugs new"}.get(len(new), "all main drugs new"))
        elif new:
            said.append(f"new: {joined(new)}")
        if like:
            said.append(f"{joined(like)}: the same target as before")
        if doubtful:
            said.append(f"if {joined(doubtful)} still work{'s' if len(doubtful) == 1 else ''}")
        kept = [d for d in again if d not in doubtful]
        if kept:
            said.append(f"again: {joined(kept)}")
        return "; ".join(said)

    # --- exclusions ------------------------------------------------------------------------------

    def _excluded(self, miss: Miss, tried: Callable[[], Mapping[str, Miss]]) -> forms.Excluded:
        """A regimen that is ruled out; `tried` gives each with what was found to open it."""
        regimen = miss.regimen
        return forms.Excluded(
            id=regimen.id,
            name=regimen.name,
            drugs=regimen.drugs,
            settings=regimen.settings,
            other_setting=miss.other_setting,
            reason=self._reason(miss),
            waits=_passes(miss),
            labels=later(lambda: self.assessment.truths.labels(regimen)),
            because=later(lambda: self._because(miss)),
            flips=later(lambda: self._flips(tried()[regimen.id])),
        )

    def _because(self, miss: Miss) -> tuple[forms.Said, ...]:
        """Why a regimen is ruled out: the setting, the rules that forbid it, the indication that misses by least."""
        out = [forms.Said(rule.text, rule.source, rule.unread) for rule in miss.rules]
        if miss.other_setting:
            text = _for_settings(miss.regimen)
            return (forms.Said(text, miss.regimen.rows[0].source), *out)
        if miss.row is not None:
            out.append(forms.Said(self._missing(miss.row, miss.clauses), miss.row.source, bool(miss.row.unread)))
        return tuple(out)

    def _missing(self, row: Indication, clauses: Sequence[Clause]) -> str:
        a, head = self.assessment, parts.row_head(row)
        dead = out_of_force(row, a.at, a.scope)
        if dead:
            return f"{head}: {dead}"
        return f"{head} {demanded(clauses, a.speech).words}"

    def _reason(self, miss: Miss) -> str:
        """The kind of reason in a few words."""
        a = self.assessment
        if miss.other_setting:
            return _for_settings(miss.regimen)
        if miss.rules:
            return miss.rules[0].text
        assert miss.row is not None
        row, dead = miss.row, out_of_force(miss.row, a.at, a.scope)
        # What one trial asked for is no demand of medicine.
        asked = demanded(miss.clauses, a.speech)
        return dead or (f"rests here on {row.trial}{asked.of_trial}" if row.trial else asked.words)

    def _flips(self, miss: Miss) -> tuple[forms.Flip, ...]:
        """All that must change, with the options that say so if a change of facts was found that opens the regimen.

        Nothing if the indication is not in force: no fact about a patient brings back a label.
        """
        a = self.assessment
        if miss.changes is None and miss.row is not None and out_of_force(miss.row, a.at, a.scope):
            return ()
        out: dict[str, forms.Flip] = {}
        for found in miss.must:
            flip = self._flip(found, miss.changes)
            out.setdefault(flip.text, flip)
        return tuple(out.values())

    def _flip(self, found: Clause, changes: Mapping[str, Value] | None) -> forms.Flip:
        a = self.assessment
        needed, atom = a.say(found.cond, found.wanted), found.cond.fact
        given = parts.given(atom, a) if atom else None
        numeric = given is not None and found.cond.test in (">=", "<=")
        how = "you gave" if atom in a.patient.firm else "presumed"
        text = demanded([found], a.speech).words + (f"; {how} {given}" if numeric else "")
        if not atom:
            return forms.Flip(None, None, needed, None, text, None)
        fact, _ = split_atom(atom)
        options = answer_options(a.patient, atom, changes[atom], self.kb, changes) if changes and atom in changes else None
        return forms.Flip(fact.name, asking.option_words(atom), needed, given, text, options)

    # --- questions -------------------------------------------------------------------------------

    def ask(self) -> forms.AskAnswer:
        """What to find out next."""
        a, kb = self.assessment, self.kb
        ranked = [forms.Ranked(n, kb.regimens[n].name, VERDICTS[a.verdicts[n]], a.standings[n].tier) for n in a.order]
        questions = asking.next_questions(a)
        return forms.AskAnswer(
            **frame("ask", kb.meta),
            **self._header(questions),
            counts=self.counts(),
            ranked=tuple(ranked),
            next_questions=self._questions(questions),
        )

    def counts(self) -> forms.Counts:
        """How many regimens have each verdict."""
        verdicts = [*self.assessment.verdicts.values()]
        return forms.Counts(verdicts.count(True), verdicts.count(None), verdicts.count(False))

    def _questions(self, found: Sequence[asking.Question]) -> tuple[forms.NextQuestion, ...]:
        return tuple(
            forms.NextQuestion(
                **parts.ask(q.atom, self.kb)._asdict(),
                settles=q.settles,
                settles_at_least=q.settles_at_least,
                of=q.of,
                answers=tuple(self.answered(q.atom, one) for one in q.answers),
            )
            for q in found
        )

    def answered(self, atom: str, answer: asking.Answer) -> forms.Answered:
        """A possible answer about a fact, with the command-line options that say it."""
        options = answer_options(self.assessment.patient, atom, answer.value, self.kb)
        words = parts.value_words(atom, answer.value)
        return forms.Answered(words, options, answer.opens, answer.closes, answer.doses)

    # --- one regimen -----------------------------------------------------------------------------

    def explained(self, name: str) -> forms.Explained:
        """One regimen: the decision, and every clause behind it."""
        a, regimen = self.assessment, self.kb.regimens[name]
        miss = None if name in a.standings else missed(a, regimen)
        option = self.option(regimen)
        because = self._because(miss) if miss else ()
        return forms.Explained(
            option=option if miss is None else option._replace(because=because),
            reason=self._reason(miss) if miss else None,
            flips=self._flips(opened(a, [miss])[name]) if miss else (),
            excluded_because=because,
            indications=tuple(parts.indication(a, row) for row in regimen.rows),
            forbids=tuple(self._forbid(rule) for rule in regimen.forbids),
            care=self._care(name),
        )

    def _care(self, name: str) -> tuple[forms.Care, ...]:
        """The supportive care that one regimen asks for."""
        return doses.care_rows(care.supportive_care(self.assessment, [name], alone=True))

    def _forbid(self, rule: Rule) -> forms.Forbid:
        a = self.assessment
        found = parts.clauses(a, a.reasons.of(rule.cond).clauses)
        return forms.Forbid(rule.id, rule.text, SAID[a.at(rule.cond)], found, rule.source, rule.unread)

    def explain(self, name: str) -> forms.Explain:
        """The answer to ``mmopts explain``."""
        found = self.explained(name)
        return forms.Explain(
            **frame("explain", self.kb.meta),
            **self.header,
            regimen=found,
            grades={grade.id: grade.text for grade in self.kb.policy.grades},
            sources=citing.cited(self.cited_by([found]), self.kb),
        )

    def cited_by(self, found: Iterable[forms.Explained]) -> list[str]:
        """The sources that explained regimens cite."""
        out: list[str] = []
        for one in found:
            out += one.option.sources
            out += citing.source_ids(one.indications, one.forbids, one.care, one.option.because)
        return out

    def dose(self, name: str) -> forms.DoseCard:
        """The answer to ``mmopts dose``: one regimen's prescription."""
        option, lines = self.option(self.kb.regimens[name]), self._care(name)
        others = doses.other_schedules(dose.alternatives(self.assessment, self.kb.regimens[name]))
        schedules = [other.prescription for other in others]
        beside = (option.preparation, doses.stay_notes(option.burden), option.boxed_warnings, option.cautions, lines)
        cited = citing.source_ids(option.prescription, *schedules, *beside)
        return forms.DoseCard(
            **frame("dose", self.kb.meta, doses=True),
            **self.header,
            id=option.id,
            name=option.name,
            verdict=option.verdict,
            prescription=option.prescription,
            alternatives=others,
            preparation=option.preparation,
            burden=option.burden,
            boxed_warnings=option.boxed_warnings,
            cautions=option.cautions,
            care=lines,
            sources=citing.cited(cited, self.kb),
        )

    def _header(self, asked: Sequence[asking.Question]) -> dict[str, Any]:
        """What every answer repeats, with the names of the words that questions are about."""
        return {**self.header, "names": {**self.header["names"], **parts.names([q.atom for q in asked], self.kb)}}


def _passes(miss: Miss) -> bool:
    """Whether everything against a regimen passes with a state, such as an infection."""
    lasting = miss.other_setting or miss.row is not None or any(rule.effect != "wait" for rule in miss.rules)
    return bool(miss.rules) and not lasting


def _for_settings(regimen: Regimen) -> str:
    """The settings that a regimen is for: "for smoldering disease", "for newly diagnosed disease or maintenance"."""
    named = [s if s == "maintenance" else f"{s.replace('-', ' ')} disease" for s in regimen.settings]
    return f"for {joined(named, 'or')}"
