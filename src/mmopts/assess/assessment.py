"""A patient and a scope assessed: verdicts, tiers and order, with all that reasons and questions are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mmopts.assess.grades import Grader
from mmopts.assess.placing import behind_winners, paced, placed
from mmopts.assess.reasons import SETTING, Reasons
from mmopts.assess.standing import PREFERRED, Closed, Standing, View, beaten, stand, surveyed
from mmopts.assess.truths import Scope, Truths, judge, of_scope
from mmopts.diagnostics import BRIEF, Diagnostic, QuestionError, cut, no_choice, shown
from mmopts.facts import ANY_REGION, INCOMPLETE, QUESTION_KEYS, REGIONS, TREATMENTS
from mmopts.knowledge.dates import span
from mmopts.knowledge.once import Once
from mmopts.knowledge.records import Knowledge, State
from mmopts.logic import Cond, Facts, Value
from mmopts.names import underscored
from mmopts.patient import Patient, intake
from mmopts.patient.stated import doubted
from mmopts.words import Names, Speech

if TYPE_CHECKING:
    from mmopts.patient.merge import Resolved

FIRM = 1
"""The world of the patient without presumptions; world 0 is the patient as answered."""


class Assessment:
    """One patient assessed: what every answer about a patient is made from.

    `truths`: of conditions, for the patient as answered (world 0) and without presumptions (world `FIRM`); `at` gives one;
    `facts` are those of world 0, the scope's among them, `firm_facts` those without presumptions; `settings`: those that
    the patient may be in, none where that is unknown. `verdicts`, by regimen: eligible (True), excluded (False), or
    conditional (None). `standings` are those of the options, `order` their order; `states` the special states that hold;
    `reasons` say why; `closed` takes what is not said to be false; `speech` says conditions in words.
    """

    __slots__ = (
        "at", "closed", "facts", "firm_facts", "kb", "order", "patient", "reasons", "scope", "settings", "speech",
        "standings", "states", "truths", "verdicts",
    )  # fmt: skip

    def __init__(self, kb: Knowledge, patient: Patient, scope: Scope, truths: Truths, facts: Facts) -> None:
        self.kb, self.patient, self.scope, self.truths, self.facts = kb, patient, scope, truths, facts
        self.at = truths.at
        self.closed = Closed(facts)
        self.reasons = Reasons(facts)
        self.verdicts = {name: truths.at(regimen.verdict) for name, regimen in kb.regimens.items()}
        settings = facts.get(SETTING)
        self.settings = settings if isinstance(settings, frozenset) else frozenset[str]()
        self.firm_facts = {a: v for a, v in facts.items() if of_scope(a) or a in patient.firm}
        self.speech = speech(kb)
        self.standings: Mapping[str, Standing] = {}
        self.order: list[str] = []
        self.states: tuple[State, ...] = tuple(s for s in kb.states if not s.unread and truths.at(s.cond))

    def leaders(self) -> list[str]:
        """The eligible options of the first two tiers, in their order, without any that was only lifted there.

        An option that gives no drug is among them only if it is preferred.
        """
        standings, regimens = self.standings, self.kb.regimens
        stand = (n for n in self.order if standings[n].leads and not standings[n].lifted and self.verdicts[n])
        return [n for n in stand if regimens[n].drugs or standings[n].tier == PREFERRED]

    def say(self, cond: Cond, wanted: bool = True) -> str:
        """A condition, or its opposite, in words."""
        return self.speech.say(cond, wanted)

    def open_atoms(self, cond: Cond, world: int = 0) -> list[str]:
        """The open facts that a condition depends on in a world, as answered or `FIRM`; none if it is decided."""
        facts = [leaf.fact for leaf in self.truths.open_leaves(cond, world)]
        return list(dict.fromkeys([fact for fact in facts if not of_scope(fact)]))


def word_names(kb: Knowledge) -> Names:
    """The names of the words of list facts."""
    return {fact: {i: w.name for i, w in table.words.items()} for fact, table in kb.vocabulary.items()}


speech = Once(lambda kb: Speech(word_names(kb)))
"""Conditions in the words of a knowledge base."""


def assess(kb: Knowledge, patient: Patient, scope: Scope) -> Assessment:
    """Assess a patient: verdicts, tiers, order."""
    firm = patient.firm
    without = {atom: firm.get(atom) for atom, value in patient.facts.items() if firm.get(atom) != value}
    truths = judge(kb, patient.facts, scope, [without])
    facts: dict[str, Value] = {**patient.facts, **scope.facts(kb)}
    out = Assessment(kb, patient, scope, truths, facts)
    grader = Grader(kb, truths, facts, out.speech)
    frail = truths.at(kb.policy.frail) is True
    frail_by = _scored_by(kb, patient) if frail else frozenset()
    view = surveyed(View(kb, truths, scope, frail, grader, out.closed, out.open_atoms, frozenset(), frail_by))
    eligible = [kb.regimens[name] for name, value in out.verdicts.items() if value]
    losers = beaten(view, eligible)
    out.standings = {
        name: stand(kb.regimens[name], view, losers.get(name), set(out.open_atoms(kb.regimens[name].verdict)))
        for name, value in out.verdicts.items()
        if value is not False
    }
    out.standings, out.order = placed(paced(behind_winners(out.standings, view), view), view)
    return out


def _scored_by(kb: Knowledge, patient: Patient) -> frozenset[str]:
    """The inputs of the score that told a patient's fitness; none where it was stated."""
    rules = {one.value for one in patient.assumptions}
    return frozenset(entry.id for score in kb.fitness if score.id in rules for entry in score.inputs)


# --- from a patient file ---------------------------------------------------------------------------


def assess_given(given: Mapping[str, Any], kb: Knowledge, needs_facts: bool = True) -> Assessment:
    """Read facts and question, as a patient file or options give them, and assess.

    Raises QuestionError with every fault, also when no fact was given (unless `needs_facts` is false).
    """
    named, asked = facts_and_question(given)
    problems: list[Diagnostic] = []
    scope = read_scope(asked, kb, problems)
    patient, resolved = taken_in(named, kb, scope, problems, strict=asked.get("strict") is True, needs_facts=needs_facts)
    patient.warnings.extend([*(resolved.warnings if resolved else ()), *dated(scope, kb)])
    return assess(kb, patient, scope)


def taken_in(
    named: Mapping[str, Any],
    kb: Knowledge,
    scope: Scope,
    problems: Sequence[Diagnostic],
    *,
    strict: bool = False,
    needs_facts: bool = False,
) -> tuple[Patient, Resolved | None]:
    """The patient of a file's facts, and what was read of its list of treatments, if it has one.

    `problems`: faults of the question, found before. Raises QuestionError with them and with every fault of the facts.
    """
    stated = {fact: value for fact, value in named.items() if fact != TREATMENTS}
    faults, resolved = list(problems), None
    if named.get(TREATMENTS) is not None and all(fault.fact != "as_of" for fault in problems):
        from mmopts.patient.merge import resolve  # a list of treatments is rare

        try:
            resolved = resolve(named, kb, scope.as_of)
        except QuestionError as error:
            faults += error.problems
        else:
            stated = resolved.facts
    known = stated if resolved else named
    if needs_facts and all(value is None for fact, value in known.items() if not fact.endswith(INCOMPLETE)):
        text = "No fact about the patient was given; ⟨prior⟩ or ⟨setting⟩ is enough to begin."
        faults.append(Diagnostic("no-facts", text))
    try:
        patient = intake(stated, kb, strict=strict)
    except QuestionError as error:
        raise QuestionError([*faults, *error.problems]) from None
    if faults:
        raise QuestionError(faults)
    return patient, resolved


def facts_and_question(given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a patient file says of the patient, and what of the question, under the names of facts.

    Raises QuestionError if a name stands there in both its spellings: one would be lost.
    """
    facts, twice = underscored(given)
    if twice:
        raise QuestionError([Diagnostic("duplicate-key", f"{name!r} is given twice.", name) for name in twice])
    return facts, {key: facts.pop(key) for key in QUESTION_KEYS if key in facts}


def dated(scope: Scope, kb: Knowledge) -> list[Diagnostic]:
    """A warning if the question is about another day than that of the review."""
    reviewed = kb.meta.reviewed
    if scope.as_of < reviewed:
        text = (
            f"labels, guidance, trials and what is put first are those of {scope.as_of}; "
            f"figures, cautions, doses and care are those of the review of {reviewed}"
        )
    elif scope.as_of > reviewed:
        text = f"that day is after the knowledge base was reviewed ({reviewed})"
    else:
        return []
    return [doubted("as-of", text, "as_of")]


def read_scope(asked: Mapping[str, Any], kb: Knowledge, problems: list[Diagnostic]) -> Scope:
    """Where, when and how strictly a question is put; what is wrong with it is added to `problems`."""
    region = ANY_REGION if asked.get("region") is None else asked["region"]
    folded = region.casefold() if isinstance(region, str) else ""
    if folded not in REGIONS:
        problems.append(no_choice("⟨region⟩", "region", region, REGIONS))
    as_of = asked.get("as_of")
    if as_of is None:
        as_of = kb.meta.reviewed
    else:
        try:
            first, last = span(as_of if isinstance(as_of, str) else shown(as_of))
            if first != last:
                raise ValueError
        except ValueError:
            said = cut(as_of, BRIEF) if isinstance(as_of, str) else shown(as_of, BRIEF)
            text = f"⟨as_of⟩ takes a day like {kb.meta.reviewed}, not {said!r}."
            problems.append(Diagnostic("bad-value", text, "as_of", said))
            as_of = said
    strict = asked.get("strict")
    if strict is not None and not isinstance(strict, bool):
        text = f"strict is true or false, not {shown(strict, BRIEF)}."
        problems.append(Diagnostic("bad-value", text, "strict", shown(strict)))
    return Scope(folded, str(as_of))
