"""What a colleague would say in three to five lines, made from states, tiers, questions and answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from mmopts.assess.asking import Question, question_words
from mmopts.assess.assessment import Assessment, assess
from mmopts.assess.reasons import Clause
from mmopts.assess.standing import ALTERNATIVE, OTHER, PREFERRED, classes_of
from mmopts.assess.truths import of_scope
from mmopts.facts import split_atom
from mmopts.knowledge.records import (
    LABEL,
    LEADING,
    URGENCIES,
    Cited,
    Regimen,
    Rule,
    Sentence,
    State,
    cited_ids,
    cited_together,
)
from mmopts.logic import Supposing, Value, leaves, test_leaf
from mmopts.record import Record
from mmopts.words import (
    capitalised,
    clause_of,
    joined,
    led_once,
    short_question,
    supposing,
    when_words,
    yes_no_clause,
)

STATES, NAMED, ASKED, TOLD = 3, 3, 3, 2
"""At most so many states, options of a kind, questions and conditions are named."""
PRESSING = URGENCIES[:2]
"""The urgencies with which a state is told in full however many there are."""
MANY = 5
"""If there are more conditions than this, none is named."""


class Line(Record):
    """A line: its kind (state, first, if, refer or ask), its words, and the options that it names."""

    kind: str
    text: str
    options: tuple[str, ...]
    source: Cited


def summary(assessment: Assessment, questions: Sequence[Question]) -> list[Line]:
    """The lines, in the order in which they are said.

    The most urgent states stand first. The first few, and every one in which hours or days count, are told in full, the
    others by name.
    """
    states = sorted(assessment.states, key=_urgency)
    said: list[tuple[State, list[Sentence]]] = []
    later: list[State] = []
    for state in states:
        sentences = _said(state, assessment)
        public = [s for s in sentences if assessment.at(s.known)]
        if public:
            said.append((state, public))
        elif sentences:
            later.append(state)
    full = max(STATES, sum(state.urgency in PRESSING for state, _ in said))
    out = [_of_state(sentences, assessment) for _, sentences in said[:full]]
    if len(said) > full:
        names = "; ".join(s.name for s, _ in said[full:])
        out.append(Line("state", f"Also weighed: {names}.", (), None))
    if later:
        names = "; ".join(s.name for s in later)
        out.append(Line("state", f"Advice came only after that day for: {names}.", (), None))
    first = _first(assessment, questions)
    told = {n for line in first for n in line.options}
    out += [*first, *(line for line in _pivots(assessment, questions) if not told.issuperset(line.options))]
    out += _refer(assessment)
    calling = [s for s in states if s.refer and assessment.at(s.known) and assessment.closed.holds(s.refer_when)]
    called = _called([s.refer for s in calling if s.refer])
    if called:
        out.append(Line("refer", f"Call: {'; '.join(called)}.", (), _cited((s.source for s in calling), assessment)))
    if questions:
        worth = [q for q in questions if _matters(q, assessment)] or questions[:1]
        asked = [short_question(question_words(q.atom, assessment.kb)) for q in worth[:ASKED]]
        out.append(Line("ask", f"Find out: {' '.join(dict.fromkeys(asked))}", (), None))
    return out


def _matters(question: Question, assessment: Assessment) -> bool:
    """Whether a question is worth its place: not one that moves nothing but options that history has overtaken."""
    moved = [n for a in question.answers for n in (*a.opens, *a.closes) if n in assessment.standings]
    return not moved or any(assessment.standings[n].historical is None for n in moved)


def _urgency(state: State) -> int:
    return URGENCIES.index(state.urgency) if state.urgency else len(URGENCIES)


def _said(state: State, assessment: Assessment) -> list[Sentence]:
    """The sentences of a state that hold here, praise only what leads, and offer only what is open."""
    standings = assessment.standings

    def leads(praised: Sequence[str]) -> bool:
        return any(standings[name].leads for name in praised if name in standings)

    def is_open(offered: Sequence[str]) -> bool:
        listed = (n for n in offered if n in standings and standings[n].historical is None)
        return any(assessment.verdicts[n] for n in listed)

    holding = [s for s in state.summary if assessment.scope.counts(s.region) and assessment.closed.puts(s)]
    return [s for s in holding if all(map(leads, s.praises)) and all(map(is_open, s.offers))]


def _called(refers: Sequence[str]) -> list[str]:
    """Whom to call, each once; a call that another one includes is left out."""
    once = list(dict.fromkeys(refers))
    return [call for call in once if not any(call != other and _covers(other, call) for other in once)]


def _covers(other: str, call: str) -> bool:
    """Whether `other` includes `call`: it begins with the same words and goes on, or has it in its list."""
    return other.startswith((f"{call} ", f"{call},")) or f", {call}," in f"{other},"


def _of_state(sentences: Sequence[Sentence], assessment: Assessment) -> Line:
    said = " ".join(led_once([s.text for s in sentences], capitalised))
    return Line("state", said, (), _cited((s.source for s in sentences), assessment))


def _cited(sources: Iterable[Cited], assessment: Assessment) -> Cited:
    """Citations as one, without what was written after the day asked about, labels apart: their year is an edition's."""
    kb, day = assessment.kb, assessment.scope.as_of
    if day >= kb.meta.reviewed:
        return cited_together(sources)
    known = ((name, kb.sources.get(name)) for name in cited_ids(sources))
    return cited_together(n for n, s in known if s is None or s.kind == LABEL or s.year is None or str(s.year) <= day[:4])


def _shown(assessment: Assessment, tier: str, verdict: bool | None) -> list[str]:
    """The options of a tier with this verdict, in their order, without those that history has overtaken."""
    return [
        n
        for n in assessment.order
        if (s := assessment.standings[n]).tier == tier and s.historical is None and assessment.verdicts[n] is verdict
    ]


def _left(assessment: Assessment) -> Line:
    """What is left if nothing preferred or alternative is open, and what would open more."""
    depends = any(assessment.verdicts[n] is None for n in assessment.order)
    rest, until = _rest(assessment), _awaited(assessment)
    if not rest and not depends:
        rest = _shown(assessment, OTHER, True)[:NAMED]
    said = "Nothing preferred or alternative is open" if assessment.order else "Nothing is open"
    said += " as far as is known; see what depends on an answer." if depends else "."
    if rest:
        left = joined([_call(assessment, n) for n in rest], "or")
        said = f"Nothing preferred or alternative is open; what is left: {left}."
    later = f" More opens when {joined(until)}." if until else ""
    return Line("first", f"{said}{later}", tuple(rest), None)


def _awaited(assessment: Assessment) -> list[str]:
    """What must happen for options that only wait, such as "the child is born"."""
    states = {rule.state for regimen in assessment.kb.regimens.values() for rule in _waits(assessment, regimen)}
    return [s.opens_when for s in assessment.states if s.opens_when and s.id in states]


def _waits(assessment: Assessment, regimen: Regimen) -> list[Rule]:
    """The rules for which an indicated regimen waits, if nothing lasting keeps it out."""
    if assessment.at(regimen.in_setting) is False or not assessment.at(regimen.indicated):
        return []
    found = [rule for rule in regimen.forbids if assessment.at(rule.cond)]
    return found if all(rule.effect == "wait" for rule in found) else []


def _first(assessment: Assessment, questions: Sequence[Question]) -> list[Line]:
    """What comes first, then what else; of a pathway, the steps in their order.

    While all treatment waits, that is what comes first once it need not; `options` are those that are open today.
    """
    until = _held_back(assessment)
    if not until:
        return _leading(assessment, questions)
    today = assessment.standings
    lines = _leading(_afterwards(assessment), questions, f", once {joined(until)}")
    return [line._replace(options=tuple(n for n in line.options if n in today)) for line in lines]


def _leading(assessment: Assessment, questions: Sequence[Question], until: str = "") -> list[Line]:
    """The line of what comes first; `until`: what it waits for, in words."""
    regimens = assessment.kb.regimens
    if not assessment.leaders() and (waiting := _waiting(assessment, questions, until)):
        return waiting
    best, next_best = _shown(assessment, PREFERRED, True), _shown(assessment, ALTERNATIVE, True)
    if not best and not next_best:
        return [_left(assessment)]
    measures = [n for n in (*best, *next_best) if regimens[n].beside]
    best, next_best = ([n for n in tier if not regimens[n].beside] for tier in (best, next_best))
    lead = best or next_best
    steps = sorted({regimens[n].step for n in lead})
    acts = [[n for n in lead if regimens[n].step == step][:NAMED] for step in steps]
    text = "; then ".join(joined([_call(assessment, n) for n in act], "or") for act in acts)
    named = [*measures, *(n for act in acts for n in act)]
    if measures:
        text = _with(assessment, measures, text)
    others = [n for n in (*best, *next_best) if n not in named and steps and regimens[n].step == steps[0]][:NAMED]
    tail = f". Next: {joined([_call(assessment, n) for n in others], 'or')}" if others else ""
    return [Line("first", f"First{until}: {text}{tail}.", (*named, *others), None)]


def _holding(assessment: Assessment) -> list[State]:
    """The states that hold all treatment back for a while."""
    return [s for s in assessment.states if s.opens_when and assessment.closed.holds(s.holds_back)]


def _held_back(assessment: Assessment) -> list[str]:
    """What all treatment waits for: "the infection is controlled"."""
    return [s.opens_when for s in _holding(assessment) if s.opens_when]


def _afterwards(assessment: Assessment) -> Assessment:
    """The same patient once what holds all treatment back is over."""
    patient = assessment.patient
    holding = leaves([s.cond for s in _holding(assessment)])
    over: dict[str, Value] = {leaf.fact: False for leaf in holding if patient.facts.get(leaf.fact) is True}
    then = patient._replace(facts={**patient.facts, **over}, firm={**patient.firm, **over})
    return assess(assessment.kb, then, assessment.scope)


def _rest(assessment: Assessment) -> list[str]:
    """The first treatments that are open, beyond the first two tiers."""
    return [n for n in _shown(assessment, OTHER, True) if assessment.kb.regimens[n].drugs][:NAMED]


def _waiting(assessment: Assessment, questions: Sequence[Question], until: str) -> list[Line]:
    """If no certain option leads: the best options that depend on the same as the first of them, then what is open.

    If that is too much to tell, the one answer that opens the first of them; nothing if there is no such answer. An option
    that every answer to some question closes is not among them.
    """
    shut = {n for q in questions if len(q.answers) > 1 for n in set.intersection(*(set(a.closes) for a in q.answers))}
    tiers = ([n for n in _shown(assessment, tier, None) if n not in shut] for tier in LEADING)
    best = next(filter(None, tiers), [])
    if not best:
        return []
    words = _conditions(assessment, best[0], TOLD)
    first = [n for n in best if _conditions(assessment, n, TOLD) == words]
    if words is None:
        words, first = _opening(assessment, best, questions)
    if not words:
        return []
    first = first[:NAMED]
    rest = _shown(assessment, ALTERNATIVE, True)[:NAMED] or _rest(assessment)
    text = f"First{until}, {when_words(words)}: {joined([_call(assessment, n) for n in first], 'or')}."
    left = f" Otherwise: {joined([_call(assessment, n) for n in rest], 'or')}." if rest else ""
    return [Line("first", f"{text}{left}", (*first, *rest), None)]


def _opening(assessment: Assessment, best: Sequence[str], questions: Sequence[Question]) -> tuple[str, list[str]]:
    """The one answer that opens the first of these options, in words ("" if none does), and those that it opens."""
    clauses = assessment.reasons.of(assessment.kb.regimens[best[0]].verdict).clauses
    for question in questions:
        for answer in (a for a in question.answers if best[0] in a.opens):
            asked = (c for c in clauses if c.cond.fact == question.atom and test_leaf(c.cond, answer.value) is c.wanted)
            for clause in asked:
                return clause_of(clause.cond, assessment.speech, clause.wanted), [n for n in best if n in answer.opens]
    return "", []


def _with(assessment: Assessment, measures: Sequence[str], treatment: str) -> str:
    """Measures with the treatment that they accompany; the measure is said first if a state puts it first."""
    preferring = assessment.kb.policy.preferring_positions
    said = joined([_call(assessment, n) for n in measures])
    if not treatment:
        return said
    leads = any(f.position in preferring for n in measures for f in assessment.standings[n].firsts)
    return f"{said}, and with it {treatment}" if leads else f"{treatment}, and beside it {said}"


def _call(assessment: Assessment, name: str) -> str:
    """What an option is called: by a state that puts it first, else in any sentence; a one-letter id is written out."""
    regimen = assessment.kb.regimens[name]
    told = next((f.called for f in assessment.standings[name].firsts if f.called), regimen.called)
    return told or (name if len(name) > 1 else regimen.name)


def _pivots(assessment: Assessment, questions: Sequence[Question]) -> list[Line]:
    """What exactly one answer to one of the first questions would put first."""
    out = []
    first = set(_shown(assessment, PREFERRED, None))
    for question in questions[:ASKED]:
        opened = Counter(n for answer in question.answers for n in answer.opens)
        for answer in question.answers:
            opens = [n for n in assessment.order if n in answer.opens and n in first and opened[n] == 1][:NAMED]
            about = _about(assessment, question.atom, answer.value) if opens else None
            if about:
                options = joined([_call(assessment, n) for n in opens])
                out.append(Line("if", f"{supposing(about)}: {options}.", tuple(opens), None))
    return out[:2]


def _about(assessment: Assessment, atom: str, value: Value) -> str | None:
    """A yes or no about the patient, or one choice, in words: "not refractory to X"; None for other values."""
    fact, about = split_atom(atom)
    if isinstance(value, bool):
        return yes_no_clause(fact, assessment.speech.names.get(fact.name, {}).get(about, about), value)
    if isinstance(value, frozenset) and len(value) == 1:
        return yes_no_clause(fact, next(iter(value)), value=True)
    return None


def _refer(assessment: Assessment) -> list[Line]:
    """Options for which one refers to a centre, certain ones before those that depend on an answer."""
    kb, referred = assessment.kb, assessment.kb.policy.referred_classes
    found: dict[bool | None, list[str]] = {True: [], None: []}
    for name in assessment.order:
        if assessment.standings[name].tier in LEADING and referred & classes_of(kb.regimens[name], kb):
            found[assessment.verdicts[name]].append(name)
    sure, open_ = found[True][:NAMED], found[None][:NAMED]
    if not sure and not open_:
        return []
    hanging: dict[str, list[str]] = {}
    for name in open_:
        words = _conditions(assessment, name)
        hanging.setdefault("as soon as enough is known" if words is None else when_words(words), []).append(name)
    parts = [*([joined(sure)] if sure else []), *(f"{joined(names)} {words}" for words, names in hanging.items())]
    return [Line("refer", f"Refer{' now' if sure else ''}: {'; '.join(parts)}.", (*sure, *open_), None)]


def _conditions(assessment: Assessment, name: str, most: int = MANY) -> str | None:
    """What an option depends on; None if on more than `most` things, since a part would read as the whole.

    One thing that is enough by itself is told alone: the label of one region may ask for less than that of another. A date
    that is not known exactly is left out, since no patient can answer it.
    """
    clauses: list[Clause] = []
    verdict = assessment.kb.regimens[name].verdict
    open_ = [c for c in assessment.reasons.of(verdict).clauses if not of_scope(c.cond.fact)]
    enough = [c for c in open_ if Supposing(assessment.facts, c.cond, c.wanted).value(verdict)]
    for clause in enough[:1] or open_:
        told = bool(clause.cond.fact) and any(c.cond.fact == clause.cond.fact for c in clauses)
        if not told:  # of one fact what it must be says what it must not be
            clauses.append(clause)
    if len(clauses) > most:
        return None
    spoken = [clause_of(c.cond, assessment.speech, c.wanted) for c in clauses[:TOLD]]
    return joined(sorted(spoken, key=lambda words: words.startswith(("with ", "without ")))) or None
