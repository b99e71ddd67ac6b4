"""Open facts as questions: what an option hangs on, what it presumes, and which question settles most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from mmopts.assess.adjusting import adjustments
from mmopts.assess.assessment import FIRM, Assessment
from mmopts.assess.standing import PREFERRED
from mmopts.assess.truths import judge_worlds
from mmopts.facts import FACTS, split_atom
from mmopts.knowledge.records import Knowledge, Regimen
from mmopts.logic import Cond, Evaluate, Facts, Interval, Truth, Value, Worlds, common, fold, worlds_of
from mmopts.patient.settling import RECEIVED, settle_answers
from mmopts.record import Record

NOTHING: Mapping[str, Sequence[Cond]] = {}
TRIED = 1000
"""At most so many combinations of answers are tried to find out which needs decide nothing."""


class Answer(Record):
    """One possible answer, and the conditional options that it opens and closes.

    `doses`: if the fact was presumed, the drugs whose dose this answer would change.
    """

    value: Value
    opens: tuple[str, ...]
    closes: tuple[str, ...]
    doses: tuple[str, ...] = ()


class Question(Record):
    """A question about an atom or a whole list; its best and its worst answer settle so many of `of` conditional options.

    The answers to a list cannot be tried one by one; `settles` then counts the options that depend on it.
    """

    atom: str
    settles: int
    settles_at_least: int
    of: int
    answers: tuple[Answer, ...]


# --- wording ---------------------------------------------------------------------------------------


def question_words(atom: str, kb: Knowledge) -> str:
    """The question that settles an atom, in the knowledge base's wording."""
    fact, about = split_atom(atom)
    if atom in kb.questions:
        return kb.questions[atom].replace("{about}", "which drugs")
    if fact.kind == "words" and about:
        word = kb.vocabulary[fact.name].words.get(about)
        if word is not None and word.question:
            return word.question
        about = word.name if word is not None else about
    text = kb.questions.get(fact.atom) or kb.questions.get(fact.name) or f"{fact.help.rstrip('.')}?"
    return text.replace("{about}", about)


def option_words(atom: str) -> str:
    """The command-line option that answers it; without a value where the user must choose one."""
    fact, about = split_atom(atom)
    if fact.kind == "months":
        return f"{fact.option} {about}=MONTHS"
    return f"{fact.option} {about}" if about else fact.option


# --- what an option hangs on, and what it presumes --------------------------------------------------


def needs(assessment: Assessment, regimen: Regimen) -> list[str]:
    """The open atoms that leave a regimen conditional: those with a value that changes its verdict.

    Where both a drug and its class are open, only the drug is named.
    """
    atoms = [a for a in assessment.open_atoms(regimen.verdict) if not _never_given(a, assessment.facts)]
    drugs = assessment.kb.drugs
    asked_by_drug = {f"{p}:{c}" for p, _, d in (a.partition(":") for a in atoms) if d in drugs for c in drugs[d].classes}
    atoms = [a for a in atoms if a not in asked_by_drug]
    return _moving(assessment, regimen, atoms) if len(atoms) > 1 else atoms


def _moving(assessment: Assessment, regimen: Regimen, atoms: Sequence[str]) -> list[str]:
    """Those of the atoms whose value changes the verdict for some values of the others; one clause may make up for another.

    If no atom is tested twice, each of them does; if there are too many combinations to try, all are kept.
    """
    leaves, decided = _open_leaves(assessment, regimen.verdict)
    asked = [leaf.fact for leaf in leaves]
    if len(set(asked)) == len(asked):
        return [a for a in atoms if a in asked]
    facts, kb = assessment.facts, assessment.kb
    own = {a: [_turn(leaf) for leaf in leaves if leaf.fact == a and leaf.test in (">=", "<=")] for a in atoms}
    values = {a: [facts.get(a), *possible(a, facts, kb, own[a])] for a in atoms}
    count = prod(map(len, values.values()))
    if count > TRIED:
        return list(atoms)
    worlds = Worlds(count)
    # The worlds are all combinations, numbered so that the next value of an atom is one `step` of its own away.
    steps, step = {}, 1
    for atom, several in values.items():
        every = worlds.mask // ((1 << step * len(several)) - 1)
        blocks = [(((1 << step) - 1) << place * step) * every for place in range(len(several))]
        worlds.columns[atom] = {v: where for v, where in zip(several, blocks, strict=True) if v is not None}
        steps[atom] = (step, worlds.mask & ~blocks[-1])
        step *= len(several)
    memo = {c: Truth(worlds.mask, 0) if holds else Truth(0, worlds.mask) for c, holds in decided.items()}
    t, f = fold(regimen.verdict, Evaluate(worlds), memo)
    return [a for a, (step, where) in steps.items() if ((t ^ t >> step) | (f ^ f >> step)) & where]


def _turn(leaf: Cond) -> float:
    """The number from which on a test of a number has another result than below it."""
    return leaf.bound if leaf.test == ">=" else split_atom(leaf.fact)[0].above(leaf.bound)


def _open_leaves(assessment: Assessment, cond: Cond) -> tuple[list[Cond], dict[Cond, bool]]:
    """The tests that leave a condition open, repeated as they occur in it; and the truth of the parts that are decided."""
    found: list[Cond] = []
    decided: dict[Cond, bool] = {}
    left = [cond]
    while left:
        one = left.pop()
        holds = assessment.at(one)
        if holds is not None:
            decided[one] = holds
        elif one.op == "leaf":
            found.append(one)
        else:
            left += one.args
    return found, decided


def presumed(assessment: Assessment, regimen: Regimen) -> list[str]:
    """The presumed atoms that an option rests on: those that are open once presumptions are taken away.

    Cautions of special states are left out: that no such state holds is said once, among the assumptions of the answer.
    """
    if assessment.patient.strict:
        return []
    at = assessment.at
    conds = [regimen.verdict, *(rule.unlifted for rule in regimen.cautions if not rule.state)]
    presumed = [cond for cond in conds if at(cond, FIRM) is None and at(cond) is not None]
    atoms = dict.fromkeys([atom for cond in presumed for atom in assessment.open_atoms(cond, FIRM)])
    return [atom for atom in atoms if atom in assessment.patient.facts]


def whole_list(atom: str, kb: Knowledge) -> tuple[str, str, str]:
    """What to check for a presumed atom: fact, question and option; of a list that was presumed whole, the list's."""
    fact, _ = split_atom(atom)
    if fact.kind != "drugs":
        return atom, question_words(atom, kb), option_words(atom)
    return fact.name, kb.questions.get(f"whole_{fact.name}", question_words(fact.name, kb)), fact.option


# --- the next question ------------------------------------------------------------------------------


def possible(atom: str, facts: Facts, kb: Knowledge, starts: Sequence[float] | None = None) -> list[Value]:
    """The answers still possible that the knowledge base tells apart; a number is cut into ranges at `starts`."""
    fact, _ = split_atom(atom)
    if fact.kind in ("flag", "drugs", "words"):
        return [True, False]
    have = facts.get(atom)
    if fact.kind == "choice":
        return [frozenset({v}) for v in fact.values if not isinstance(have, frozenset) or v in have]
    low, high = (have.low, have.high) if isinstance(have, Interval) else (fact.low, fact.high)
    cuts = sorted({low, *(s for s in (kb.starts.get(atom, ()) if starts is None else starts) if low <= s <= high)})
    ends = [*map(fact.below, cuts[1:]), high]
    return [Interval(a, b) for a, b in zip(cuts, ends, strict=True)]


def next_questions(assessment: Assessment) -> list[Question]:
    """The open facts behind the conditional options: those asked first in this setting, then those that settle most.

    If no option is certain to lead (`Assessment.leaders`), what the preferred options depend on goes before all else. Second
    stands a presumed fact that is in doubt for this patient, and how long ago a drug was given if a state asks for it; of
    other drugs that may be used again that stands last.
    """
    kb = assessment.kb
    conditional = [n for n in assessment.order if assessment.verdicts[n] is None]
    needed = {n: needs(assessment, kb.regimens[n]) for n in conditional}
    preferred = {n for n in conditional if assessment.standings[n].tier == PREFERRED}
    atoms = dict.fromkeys(a for n in conditional for a in needed[n] if _worth_asking(a, assessment))
    lists = {a: name for a in atoms if (name := _unsaid_list(a, assessment)) is not None}
    timed = _timed(assessment)
    tried = dict.fromkeys([*(a for a in atoms if a not in lists), *timed])
    by_atom: dict[str, list[Answer]] = {}
    for atom, answer in _answers(assessment, _answers_to(assessment, list(tried)), conditional):
        by_atom.setdefault(atom, []).append(answer)
    answers = _merged(assessment, {atom: found for atom, found in by_atom.items() if atom in atoms}, conditional)
    ranked: list[tuple[int, float, Question]] = []
    for atom, found in answers.items():
        counts = [len(a.opens) + len(a.closes) for a in found]
        if max(counts):
            lead = max(len(preferred & {*a.opens, *a.closes}) for a in found)
            asked = Question(atom, max(counts), min(counts), len(conditional), tuple(found))
            ranked.append((lead, sum(counts) / len(counts), asked))
    for name in dict.fromkeys(lists.values()):
        hang = [n for n in conditional if any(lists.get(a) == name for a in needed[n])]
        asked = Question(name, len(hang), 0, len(conditional), ())
        ranked.append((len(preferred & set(hang)), len(hang) / 2, asked))
    none_leads = not assessment.leaders()
    ranked.sort(key=lambda r: (none_leads and not r[0], _place(r[2].atom, assessment), -r[0], -r[1], r[2].atom))
    questions = [entry[2] for entry in ranked]
    known = {q.atom for q in questions}
    doubted = [_moved_besides(assessment, atom, conditional) for atom in _in_doubt(assessment) if atom not in known]
    last = [Question(atom, 0, 0, len(conditional), tuple(by_atom.get(atom, ()))) for atom in timed if atom not in known]
    of_states = {atom for state in assessment.states for atom in state.ask}
    soon, late = ([q for q in last if (q.atom in of_states) is early] for early in (True, False))
    return [*questions[:1], *doubted, *soon, *questions[1:], *late]


def _timed(assessment: Assessment) -> list[str]:
    """How long ago drugs were given, where a caution that lowers an option of the first two tiers depends on it."""
    regimens, facts = assessment.kb.regimens, assessment.facts
    leading = (regimens[n] for n in assessment.order if assessment.standings[n].leads)
    conds = (r.cond for one in leading for r in one.cautions if r.step > 0)
    atoms = dict.fromkeys(a for cond in conds for a in assessment.open_atoms(cond))
    given = [(a, *split_atom(a)) for a in atoms]
    return [a for a, fact, about in given if fact.kind == "months" and facts.get(f"{RECEIVED}:{about}") is True]


def _in_doubt(assessment: Assessment) -> list[str]:
    """The facts that are presumed here although the presumption is often wrong in patients like this one."""
    kb = assessment.kb
    made = {one.value: one.fact for one in assessment.patient.assumptions}
    rules = {rule.id: rule.doubt_when for rule in kb.presumptions} | {score.id: score.doubt_when for score in kb.fitness}
    doubts = ((fact, rules.get(str(rule))) for rule, fact in made.items())
    return [fact for fact, when in doubts if fact and when is not None and assessment.at(when) is True]


def _moved_besides(assessment: Assessment, atom: str, conditional: Sequence[str]) -> Question:
    """The question about a fact and what its answers change; doses or the order may depend on it even if no verdict does."""
    found = effects(assessment, atom)
    counts = [len({*a.opens, *a.closes} & set(conditional)) for a in found.answers] or [0]
    return Question(atom, max(counts), min(counts), len(conditional), found.answers)


def effects(assessment: Assessment, atom: str) -> Question:
    """What each possible answer about one atom, open or presumed, changes for every regimen.

    Neighbouring ranges that change the same are joined, unless only one of them agrees with the presumption.
    """
    kb = assessment.kb
    names = list(kb.regimens)
    now = assessment.verdicts
    doses = _doses(assessment, atom)
    found = [answer for _, answer in _answers(assessment, _answers_to(assessment, [atom]), names, doses)]
    moved = [
        a._replace(opens=tuple(n for n in a.opens if not now[n]), closes=tuple(n for n in a.closes if now[n] is not False))
        for a in found
    ]
    presumed = assessment.patient.facts.get(atom)
    joined: list[Answer] = []
    agreed: list[bool] = []
    for answer in moved:
        before = joined[-1] if joined else None
        agrees = presumed is not None and common(presumed, answer.value) is not None
        if (
            before
            and before[1:] == answer[1:]
            and agreed[-1] is agrees
            and isinstance(before.value, Interval)
            and isinstance(answer.value, Interval)
        ):
            joined[-1] = before._replace(value=Interval(before.value.low, answer.value.high))
        else:
            joined.append(answer)
            agreed.append(agrees)
    counts = [len(a.opens) + len(a.closes) for a in joined] or [0]
    return Question(atom, max(counts), min(counts), len(names), tuple(joined))


def _answers_to(assessment: Assessment, atoms: Sequence[str]) -> list[tuple[str, Value]]:
    """Each atom with each of its possible answers; a presumption rules none of them out, nor a score that is in doubt."""
    kb, doubted = assessment.kb, _in_doubt(assessment)
    firm = {atom: value for atom, value in assessment.patient.firm.items() if atom not in doubted}
    return [(atom, value) for atom in atoms for value in possible(atom, firm, kb)]


def _doses(assessment: Assessment, atom: str) -> dict[str, list[Cond]]:
    """By drug of the options of the first two tiers, the conditions that change its dose because of a presumed fact."""
    patient, kb = assessment.patient, assessment.kb
    fact, _ = split_atom(atom)
    if patient.facts.get(atom) == patient.firm.get(atom):
        return {}
    out: dict[str, list[Cond]] = {}
    for name in (n for n in assessment.order if assessment.standings[n].leads):
        for drug in kb.regimens[name].drugs:
            for rule in adjustments(assessment, kb.regimens[name], drug):
                if rule.because == fact.name and not rule.unchanged:
                    out.setdefault(drug, []).append(rule.when)
    return out


def _answers(
    assessment: Assessment,
    values: Sequence[tuple[str, Value]],
    names: Sequence[str],
    doses: Mapping[str, Sequence[Cond]] = NOTHING,
) -> list[tuple[str, Answer]]:
    """Each of these answers that contradicts nothing, with those of the named regimens that it opens and closes.

    `doses`: by drug, the conditions that change its dose; an answer names the drugs whose dose it changes.
    """
    if not values:
        return []
    kb, patient = assessment.kb, assessment.patient
    worlds = settle_answers(patient.stated, [{atom: value} for atom, value in values], kb, presume=not patient.strict)
    truths = judge_worlds(kb, worlds, assessment.scope)
    opened: list[list[str]] = [[] for _ in range(worlds.count)]
    closed: list[list[str]] = [[] for _ in range(worlds.count)]
    for name in names:
        for way, where in zip((opened, closed), truths.truth(kb.regimens[name].verdict), strict=True):
            for world in worlds_of(where):
                way[world].append(name)
    out = []
    for world, (atom, value) in enumerate(values, 1):
        if not worlds.conflict >> world & 1:
            moved = (d for d, conds in doses.items() if any(truths.at(c, world) and not truths.at(c) for c in conds))
            out.append((atom, Answer(value, tuple(opened[world]), tuple(closed[world]), tuple(sorted(moved)))))
    return out


def _merged(
    assessment: Assessment, answers: Mapping[str, list[Answer]], conditional: Sequence[str]
) -> dict[str, list[Answer]]:
    """Joins neighbouring ranges that settle the same, if the joined range settles the same as well."""
    runs: dict[str, list[list[Answer]]] = {}
    for atom, found in answers.items():
        for answer in found:
            mine = runs.setdefault(atom, [])
            if mine and isinstance(answer.value, Interval) and mine[-1][-1][1:] == answer[1:]:
                mine[-1].append(answer)
            else:
                mine.append([answer])
    joined = {
        (atom, i): Interval(run[0].value.low, run[-1].value.high)  # type: ignore[union-attr]
        for atom, several in runs.items()
        for i, run in enumerate(several)
        if len(run) > 1
    }
    ranges = _answers(assessment, [(atom, value) for (atom, _), value in joined.items()], conditional)
    whole = {(atom, answer.value): answer for atom, answer in ranges}
    out: dict[str, list[Answer]] = {}
    for atom, several in runs.items():
        for i, run in enumerate(several):
            one = whole.get((atom, joined[atom, i])) if (atom, i) in joined else None
            out.setdefault(atom, []).extend([one] if one is not None and one[1:] == run[0][1:] else run)
    return out


def _unsaid_list(atom: str, assessment: Assessment) -> str | None:
    """The list to ask for as a whole, if nothing was said of it yet: what was given comes before each single drug."""
    fact, _ = split_atom(atom)
    stated = assessment.patient.stated
    if fact.kind not in ("drugs", "months") or any(a.startswith(f"{RECEIVED}:") for a in stated.atoms):
        return None
    said = fact.name in stated.given and stated.given[fact.name] is not None
    return None if said else fact.name if fact.kind == "drugs" else FACTS["prior"].name


def _place(atom: str, assessment: Assessment) -> int:
    """The place of a question among those asked first in the patient's setting; behind them all if it is none of them.

    A fact listed without a drug or a word stands for all of its atoms.
    """
    asking = assessment.kb.asking
    listed = asking.first_in(assessment.settings) or asking.first_in(frozenset())
    wanted = [*(a for s in assessment.states for a in s.ask), *listed]
    name = atom.partition(":")[0]
    return next((wanted.index(a) for a in (atom, name) if a in wanted), len(wanted))


def _never_given(atom: str, facts: Facts) -> bool:
    """Whether an atom asks how long ago a drug was given that was not."""
    fact, about = split_atom(atom)
    return fact.kind == "months" and facts.get(f"{RECEIVED}:{about}") is False


def _worth_asking(atom: str, assessment: Assessment) -> bool:
    fact, _ = split_atom(atom)
    facts, asking = assessment.patient.facts, assessment.kb.asking
    if _never_given(atom, facts):
        return False
    if any(not {atom, fact.name}.isdisjoint(state.ask_not) for state in assessment.states):
        return False
    of_a_state = any(atom in state.ask for state in assessment.states)
    if any(atom in asking.never.get(s, ()) for s in assessment.settings) and not of_a_state:
        return False
    return not any(atom in atoms and known in facts for known, atoms in asking.only_without.items())
