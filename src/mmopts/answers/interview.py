"""An interview: one question after the other, each answer judged at once, until nothing is left to ask or it is stopped.

It reads no keyboard and writes nothing: `prompt` gives the next question, `answer`, `unknown` and `back` go on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mmopts.answers import forms, parts
from mmopts.answers.patient import About
from mmopts.assess.asking import Question, effects, next_questions, question_words
from mmopts.assess.assessment import Assessment, assess_given
from mmopts.diagnostics import Diagnostic, QuestionError, cut, no_choice
from mmopts.facts import FACTS, OPEN_LISTS, QUESTION_KEYS, incomplete_key, split_atom
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Interval
from mmopts.names import split_list
from mmopts.patient.as_file import fact_as_file
from mmopts.patient.settling import RECEIVED
from mmopts.patient.spoken import answer_facts, question_options, quoted

_WORDS = {"y": "yes", "n": "no"}
_LISTS = ("drugs", "words")


class _State(NamedTuple):
    """Where an interview stands: what was said, which questions were passed over, and the assessment."""

    facts: Mapping[str, Any]
    passed: frozenset[str]
    assessment: Assessment


class Interview:
    """One interview. `facts` may be given before it begins; raises QuestionError for those that cannot be used."""

    def __init__(
        self,
        facts: Mapping[str, Any],
        kb: Knowledge,
        patient_id: str | None = None,
        defaults: tuple[forms.Default, ...] = (),
    ) -> None:
        self.kb, self._id, self._defaults = kb, patient_id, defaults
        self._question = {key: facts[key] for key in QUESTION_KEYS if facts.get(key) is not None}
        assessment = assess_given(facts, kb, needs_facts=False)
        self._states = [_State(dict(assessment.patient.stated.given), frozenset(), assessment)]
        self._found: Question | None = None

    # --- where it stands ---------------------------------------------------------------------------

    @property
    def _now(self) -> _State:
        return self._states[-1]

    @property
    def about(self) -> About:
        """The answers about the patient as known so far."""
        return About(self._now.assessment, self._id, self._defaults)

    @property
    def facts(self) -> dict[str, Any]:
        """What is said of the patient so far, in the form of a patient file, with where and when the question is put."""
        facts = {key: value for key, value in self._now.facts.items() if value is not None}
        if "months_since" in facts:
            facts["months_since"] = fact_as_file(FACTS["months_since"], self._now.assessment.patient, self.kb)
        return {**({"id": self._id} if self._id else {}), **facts, **self._question}

    @property
    def said(self) -> bool:
        """Whether anything is known of the patient."""
        return any(name in FACTS for name in self.facts)

    @property
    def options(self) -> str:
        """The options that put the same question."""
        return question_options(self.facts, self.kb.meta.reviewed)

    # --- questions ---------------------------------------------------------------------------------

    def prompt(self) -> forms.Prompt | None:
        """The next question, or None where no answer would change a verdict any more."""
        self._found = next(self._questions(), None)
        if self._found is None:
            return None
        atom, patient = self._found.atom, self._now.assessment.patient
        fact, _ = split_atom(atom)
        whole_list = atom in FACTS and fact.kind in _LISTS
        kind = "list" if whole_list else "number" if fact.kind in ("number", "months") else "choice"
        hint = {
            "list": "words with commas, or none" + (f" (mmopts facts {fact.name} has them)" if fact.kind == "words" else ""),
            "number": f"a number from {fact.low:g} to {fact.high:g}{f' {fact.unit}' if fact.unit else ''}, or a range",
            "choice": "the number of an answer, or its word",
        }[kind]
        about = self.about
        answers = tuple(about.answered(atom, answer) for answer in self._found.answers)
        if whole_list:
            answers = tuple(forms.Answered(drug, f"{fact.option} {quoted(drug)}", (), ()) for drug in self._received(atom))
        presumed = next((one.text for one in patient.assumptions if one.fact == fact.name), None)
        return forms.Prompt(
            len(self._states),
            atom,
            question_words(atom, self.kb),
            kind,
            hint,
            presumed,
            answers,
            about.counts(),
            self._names(),
        )

    def _questions(self) -> Iterator[Question]:
        """Those asked first in this setting, presumed facts among them; then the others, those that settle most first."""
        a, passed = self._now.assessment, self._now.passed
        asking = self.kb.asking
        open_ = {q.atom: q for q in next_questions(a)}
        presumed = {one.fact for one in a.patient.assumptions if not one.code.startswith("entailed")}
        wanted = [q for atom, q in open_.items() if split_atom(atom)[0].name == "refractory" and atom != "refractory"]
        for atom in dict.fromkeys((*asking.first_in(a.settings), *asking.first_in(frozenset()))):
            if atom in passed or self._known(atom):
                continue
            if atom in open_:
                yield open_[atom]
            elif atom == "refractory" and wanted:
                yield Question(atom, len(wanted), 0, wanted[0].of, ())
            elif split_atom(atom)[0].kind not in _LISTS:
                found = effects(a, atom)
                if found.settles or atom in presumed:
                    yield found
            elif atom in presumed and split_atom(atom)[0].kind == "words":
                yield Question(atom, 0, 0, len(self.kb.regimens), ())
        yield from (q for atom, q in open_.items() if atom not in passed and not self._passed_over(atom))

    def _known(self, atom: str) -> bool:
        """Whether there is nothing to ask: it was said, or follows from what was said."""
        if self._now.facts.get(atom) is not None:
            return True
        value = self._now.assessment.patient.firm.get(atom)
        if isinstance(value, Interval):
            return value.low == value.high
        return len(value) == 1 if isinstance(value, frozenset) else value is not None

    def _passed_over(self, atom: str) -> bool:
        """Whether the atom is of a list that was asked for as a whole and passed over."""
        fact, about = split_atom(atom)
        return bool(about) and fact.name in self._now.passed

    def _received(self, fact: str) -> list[str]:
        """The drugs that a list can be chosen from: those received."""
        firm = self._now.assessment.patient.firm
        found = [a.partition(":")[2] for a, v in firm.items() if v is True and a.startswith(f"{RECEIVED}:")]
        return sorted(name for name in found if name in self.kb.drugs) if fact in ("refractory", "intolerant") else []

    # --- answers -----------------------------------------------------------------------------------

    def answer(self, text: str) -> forms.Moved:
        """Take an answer to the question of the last `prompt`. Raises QuestionError for one that cannot be used."""
        assert self._found is not None, "a question comes first"
        before = self._now
        facts = {**before.facts, **self._meant(self._found, text.strip())}
        facts = {key: value for key, value in facts.items() if value is not None}
        after = assess_given({**facts, **self._question}, self.kb)
        self._states.append(_State(facts, before.passed | {self._found.atom}, after))
        old, new = before.assessment.verdicts, after.verdicts
        told = {one.text for one in before.assessment.patient.warnings}
        return forms.Moved(
            tuple(name for name, verdict in new.items() if verdict and not old[name]),
            tuple(name for name, verdict in new.items() if verdict is False and old[name] is not False),
            parts.notes([one for one in after.patient.warnings if one.text not in told]),
            self._names(),
        )

    def _names(self) -> dict[str, str]:
        """The names of the regimens that are called by a letter."""
        return {regimen.id: regimen.name for regimen in self.kb.regimens.values() if len(regimen.id) == 1}

    def unknown(self) -> None:
        """Pass the question over."""
        assert self._found is not None, "a question comes first"
        self._states.append(self._now._replace(passed=self._now.passed | {self._found.atom}))

    def back(self) -> bool:
        """Take the last answer back; False if there is none."""
        if len(self._states) == 1:
            return False
        self._states.pop()
        return True

    def _meant(self, question: Question, text: str) -> Mapping[str, Any]:
        """What an answer says, under the keys of a patient file."""
        atom = question.atom
        fact, about = split_atom(atom)
        if fact.kind in _LISTS and atom in FACTS:
            whole = {incomplete_key(atom): None} if incomplete_key(atom) in OPEN_LISTS else {}  # what is answered is whole
            return {fact.name: self._chosen(atom, text), **whole}
        if fact.kind == "number":
            return {fact.name: int(text) if text.isascii() and text.isdigit() and len(text) < 5 else text}
        if fact.kind == "months":
            have = fact_as_file(FACTS["months_since"], self._now.assessment.patient, self.kb) or {}
            return {fact.name: {**have, about: text}}
        words = [parts.value_words(atom, answer.value) for answer in question.answers]
        word = _WORDS.get(text.casefold(), text.casefold()) if "yes" in words else text.casefold()
        place = int(text) - 1 if text.isascii() and text.isdigit() and len(text) < 4 else -1
        if not 0 <= place < len(words):
            place = next((i for i, one in enumerate(words) if one.casefold() == word), -1)
        if place < 0:
            raise QuestionError([no_choice("this question", fact.name, text, words)])
        return answer_facts(self._now.assessment.patient, atom, question.answers[place].value, self.kb)

    def _chosen(self, fact: str, text: str) -> Sequence[str]:
        """The words of a list, numbers standing for the drugs that were offered."""
        offered = self._received(fact)
        words = split_list(text) or []
        if not words:
            raise QuestionError([Diagnostic("bad-value", f"⟨{fact}⟩ takes words with commas, or none.", fact, cut(text))])
        return [offered[int(w) - 1] if w.isascii() and w.isdigit() and 0 < int(w) <= len(offered) else w for w in words]
