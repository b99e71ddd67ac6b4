"""What follows from stated facts: entailments, which are definitions, and presumptions, which fill gaps.

For many worlds at once, over masks (`mmopts.patient.known`); a single patient is one world, with an account.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from math import inf
from operator import and_, or_
from typing import TypeGuard

from mmopts.diagnostics import Diagnostic
from mmopts.facts import FACTS, split_atom
from mmopts.knowledge.once import Once
from mmopts.knowledge.records import Given, Knowledge
from mmopts.logic import Evaluate, Interval, Value, Worlds, common, fold
from mmopts.patient.fitness import in_doubt, presume_fitness
from mmopts.patient.known import Known, Statements
from mmopts.patient.stated import Stated, show_value
from mmopts.record import Record

RECEIVED = FACTS["prior"].atom
UNTREATED = (frozenset({"newly-diagnosed"}), frozenset({"smoldering"}))
"""Settings in which nobody was treated before, unless it is said."""
RELAPSED = frozenset({"relapsed"})
TREATED = frozenset({"relapsed", "maintenance"})
"""Settings in which everybody was treated before."""
NO_LINES, ONE_LINE = Interval(0, 0), Interval(1, 1)
TAKEN = (RECEIVED, "refractory", "intolerant")
"""What a drug can only be that was received."""
_AFTER_THERAPY = [fact.atom for fact in FACTS.values() if fact.after_therapy and fact.kind == "flag"]
"""What nobody has who was never treated."""


class Both(Record):
    """Worlds settled without presumptions and with them; `conflict`: those that contradict themselves."""

    firm: Known
    filled: Known
    conflict: int


def settle(stated: Statements, kb: Knowledge) -> Both:
    """All that follows from what was stated, with gaps filled and without."""
    known = _entailed(stated, kb)
    filled = _finished(known.copy(), stated, kb, presume=True)
    firm = _finished(known, stated, kb, presume=False)
    return Both(firm, filled, firm.conflict | filled.conflict)


def settle_answers(stated: Stated, answers: Sequence[Mapping[str, Value]], kb: Knowledge, presume: bool) -> Known:
    """World 0 is one patient's statement, each further world the same with some atoms answered; all that follows.

    An answer that leads to a contradiction once gaps are filled is in `conflict` also without presumptions.
    """
    worlds = Statements.around(stated, answers)
    if presume:
        return _finished(_entailed(worlds, kb), worlds, kb, presume)
    both = settle(worlds, kb)
    both.firm.conflict = both.conflict
    return both.firm


def _entailed(stated: Statements, kb: Knowledge) -> Known:
    """What follows by definition."""
    known = Known(stated.size, stated.columns, stated.none)
    _received(known, stated, kb)
    _setting_and_lines(known, stated, kb)
    known.account.closed = bool(known.account.conflicts)  # further contradictions follow from the first, and are not told
    for rule in kb.entailments:
        holds = known.having(rule.given.atom, value_of(rule.given))
        for other in rule.then if holds else ():
            known.learn(other.atom, value_of(other), holds, rule.because)
    _turned_round(known, kb)
    _of_classes(known, kb)
    _never_received(known, kb)
    _of_classes(known, kb)
    for atom, where in _denied_classes(known, kb):
        known.learn(atom, False, where, "the denial of each drug of that class")
    return known


def _turned_round(known: Known, kb: Knowledge) -> None:
    """A word is denied if what it entails is known to be false: a patient with a higher clearance is not on dialysis."""
    for rule in (r for r in kb.entailments if r.given.flag and split_atom(r.given.atom)[0].kind == "words"):
        atom = rule.given.atom
        for other in rule.then:
            for have, where in [*known.columns.get(other.atom, {}).items()]:
                if common(have, value_of(other)) is None:
                    known.learn(atom, False, where & ~known.known(atom), rule.because)


def _finished(known: Known, stated: Statements, kb: Knowledge, presume: bool) -> Known:
    """What follows beyond definitions; with `presume`, gaps are filled."""
    if presume:
        _presume_lists(known, stated, kb)
    _never_received(known, kb)
    if presume:
        for atom, where in _denied_classes(known, kb):
            known.presume(atom, False, where)
    _progression(known, stated, kb, presume)
    sure = presume_fitness(known, kb)
    if presume:
        _presume_gaps(known, stated, kb, sure)
    return known


# --- received, setting and lines -------------------------------------------------------------------


def _received(known: Known, stated: Statements, kb: Knowledge) -> None:
    """A drug was received if it is refractory, not tolerated, dated, or in the last line."""
    for implied, where in stated.implied.items():
        known.learn(implied.atom, implied.value, where, implied.because)
    for atom, column in stated.columns.items():
        prefix, _, about = atom.partition(":")
        if prefix in ("refractory", "intolerant", "months_since"):
            where = 0
            for value, mask in column.items():
                where |= 0 if value is False else mask
            known.learn(f"{RECEIVED}:{about}", True, where, f"⟨{prefix}⟩ {about} (it means received)")
    _of_classes(known, kb)


def _of_classes(known: Known, kb: Knowledge) -> None:
    """What is true of a drug is true of its classes."""
    for atom, drug, classes in _atoms(kb).of_drugs:
        where = known.having(atom, True)
        for name in classes if where else ():
            known.learn(name, True, where, f"⟨prior⟩ {drug}")


class _Atoms(Record):
    """The atoms of drugs and classes, spelt out once.

    `of_drugs`: each atom of a drug, with the drug and the same atoms of its classes; `of_classes`: each atom of a class that
    has drugs, with the same atoms of the drugs; `received`, `received_classes`: the atoms that they were received.
    """

    of_drugs: tuple[tuple[str, str, tuple[str, ...]], ...]
    of_classes: tuple[tuple[str, tuple[str, ...]], ...]
    received: tuple[str, ...]
    received_classes: tuple[str, ...]


def _spelt(kb: Knowledge) -> _Atoms:
    def atoms(prefix: str, names: Iterable[str]) -> tuple[str, ...]:
        return tuple([f"{prefix}:{name}" for name in names])

    return _Atoms(
        tuple([(f"{p}:{drug}", drug, atoms(p, entry.classes)) for p in TAKEN for drug, entry in kb.drugs.items()]),
        tuple([(f"{p}:{name}", atoms(p, e.drugs)) for name, e in kb.classes.items() if e.drugs for p in TAKEN]),
        atoms(RECEIVED, kb.drugs),
        atoms(RECEIVED, kb.classes),
    )


_atoms = Once(_spelt)


def had_line(count: object) -> TypeGuard[Interval]:
    """Whether a count of lines means that there was one at least."""
    return isinstance(count, Interval) and count.low >= 1


def any_received(known: Known, kb: Knowledge) -> tuple[int, int]:
    """Those who received any drug, and those who can have received none."""
    some, none, atoms = 0, known.mask, _atoms(kb)
    for atom in (*atoms.received, *atoms.received_classes):
        some |= known.having(atom, True)
    for atom in atoms.received if none & ~some else ():
        none &= known.having(atom, False)
    return some, none & ~some


def _setting_and_lines(known: Known, stated: Statements, kb: Knowledge) -> None:
    """Prior therapy means at least one line, and without any there is nothing to have relapsed from."""
    no_lines = stated.stating("lines", NO_LINES)
    name, word = ("lines", "0") if no_lines else ("prior", "none")
    untreated = no_lines | any_received(known, kb)[1]
    had, said = treated(known, stated)
    against = untreated & had
    known.conflict |= against
    if against and not known.account.conflicts:
        known.account.clash(Diagnostic("contradiction", f"{said} contradicts ⟨{name}⟩ {word}.", name, word))
    untreated &= ~had
    if untreated:
        for drug in (*kb.drugs, *kb.classes):
            known.learn(f"{RECEIVED}:{drug}", False, untreated, f"⟨{name}⟩ {word}")
        known.learn("lines", NO_LINES, untreated, f"⟨{name}⟩ {word}")
        for atom in _AFTER_THERAPY:
            known.learn(atom, False, untreated, f"⟨{name}⟩ {word}")
        gap = known.presume("setting", UNTREATED[0], untreated)
        known.assume("entailed-setting", "newly diagnosed, because there is no prior therapy", "setting", gap)
    had &= ~known.conflict
    counted = sum(stated.columns.get("lines", {}).values())
    known.learn("lines", Interval(1, FACTS["lines"].high), had, f"{said} (it means at least one line)")
    known.assume("entailed-lines", "at least 1 prior line, upper end open", "lines", had & ~counted)
    gap = known.presume("setting", RELAPSED, had)
    known.assume("entailed-setting", "relapsed, because there is prior therapy", "setting", gap)


def treated(known: Known, stated: Statements) -> tuple[int, str]:
    """Those for whom some fact says that there was prior therapy, and the first such fact, as it was given."""
    out, first = 0, ""
    for atom in dict.fromkeys((*stated.columns, *(i.atom for i in stated.implied), *known.columns)):
        for value, where in known.columns.get(atom, {}).items():
            said = _says_treated(atom, value, stated) if where else None
            if said:
                out |= where
                first = first or said
    return out, first


def _says_treated(atom: str, value: Value, stated: Statements) -> str | None:
    """A fact that only a patient treated before can have, as it was given; None for any other."""
    prefix, _, about = atom.partition(":")
    if prefix in TAKEN:
        return f"⟨{'prior' if prefix == RECEIVED else prefix}⟩ {about}" if value is True else None
    if prefix == "months_since":
        return f"⟨{prefix}⟩ {about}"
    if prefix in FACTS and FACTS[prefix].after_therapy and value is not False:
        return f"⟨{prefix}⟩"
    if atom == "lines" and had_line(value):
        told = (i.because for i in stated.implied if i.atom == atom and had_line(i.value))
        return next(told, None) or f"⟨{atom}⟩ {show_value(value, FACTS[atom])}"  # among many no reason is kept
    if atom == "setting" and isinstance(value, frozenset) and value <= TREATED:
        return f"⟨{atom}⟩ {show_value(value)}"
    return None


def value_of(given: Given) -> Value:
    """The value that a knowledge base gives an atom."""
    if given.flag is not None:
        return given.flag
    if given.words is not None:
        return frozenset(given.words)
    return Interval(given.low or 0, inf if given.high is None else given.high)


# --- lists of drugs --------------------------------------------------------------------------------


def _presume_lists(known: Known, stated: Statements, kb: Knowledge) -> None:
    """A list that was given is presumed whole: nothing else received, refractory, or not tolerated."""
    every = (*kb.drugs, *kb.classes)
    untreated = 0
    for setting in UNTREATED:
        untreated |= known.having("setting", setting)
    untreated &= ~_had_lines(known)
    some, none = any_received(known, kb)
    whole = stated.whole.get("prior", 0)
    presumed = whole | (untreated & ~some & ~none)
    if presumed:
        unnamed = _members_of_named_classes(stated, kb, *TAKEN)
        done = 0
        for name in every:
            done |= known.presume(f"{RECEIVED}:{name}", False, presumed & ~unnamed.get(name, 0))
        text = "the list of prior drugs is complete" if whole else "no prior therapy in this setting"
        known.assume("prior-whole", text, "prior", done)
        none = done & ~any_received(known, kb)[0]
        known.presume("lines", NO_LINES, none)
        for atom in _AFTER_THERAPY:
            known.presume(atom, False, none)
    whole = stated.whole.get("refractory", 0)
    if whole:
        unnamed = _members_of_named_classes(stated, kb, "refractory")
        done = 0
        for name in every:
            received = ~known.having(f"{RECEIVED}:{name}", False)
            done |= known.presume(f"refractory:{name}", False, whole & received & ~unnamed.get(name, 0))
        known.assume("refractory-whole", "the list of refractory drugs is complete", "refractory", done)
    unnamed = _members_of_named_classes(stated, kb, "intolerant")
    done = 0
    for name in every:
        done |= known.presume(f"intolerant:{name}", False, known.mask & ~unnamed.get(name, 0))
    text = "no further intolerance" if stated.whole.get("intolerant", 0) else "no intolerance"
    known.assume("tolerant", text, "intolerant", done)


def _had_lines(known: Known) -> int:
    """Those who had a line of therapy at least."""
    out = 0
    for count, where in known.columns.get("lines", {}).items():
        out |= where if had_line(count) else 0
    return out


def _members_of_named_classes(stated: Statements, kb: Knowledge, *prefixes: str) -> dict[str, int]:
    """By drug and class, those for whom it stays open because a class was named without saying which drug of it.

    A class named only as refractory opens no further drug if one of its drugs is said to have been given, in whatever list.
    """
    out: dict[str, int] = {}
    for name, entry in kb.classes.items():
        where = stated.last.get(name, 0)
        for prefix in prefixes:
            where |= stated.stating(f"{prefix}:{name}", True)
        if where and RECEIVED in prefixes:
            listed = 0
            for drug in entry.drugs:
                listed |= stated.last.get(drug, 0)
                for prefix in (*prefixes, "months_since"):
                    for value, said in stated.columns.get(f"{prefix}:{drug}", {}).items():
                        listed |= 0 if value is False else said
            where &= ~listed | stated.stating(f"{RECEIVED}:{name}", True)
        for drug in entry.drugs if where else ():
            out[drug] = out.get(drug, 0) | where
    for name, entry in kb.classes.items():
        where = 0
        for drug in entry.drugs:
            where |= out.get(drug, 0)
        if where:
            out[name] = where
    return out


def _never_received(known: Known, kb: Knowledge) -> None:
    """No drug of a class that was not received was; what was never received is neither refractory nor not tolerated.

    If only one drug of a refractory class can be the refractory one, it is.
    """
    for name, entry in kb.classes.items():
        where = known.having(f"{RECEIVED}:{name}", False)
        for drug in entry.drugs if where else ():
            known.learn(f"{RECEIVED}:{drug}", False, where, f"no {name} received")
    for name in (*kb.drugs, *kb.classes):
        where = known.having(f"{RECEIVED}:{name}", False)
        for prefix in ("refractory", "intolerant") if where else ():
            known.learn(f"{prefix}:{name}", False, where, f"{name} not being among the prior drugs")
    for name, entry in kb.classes.items():
        where = known.having(f"refractory:{name}", True)
        if not where:
            continue
        able = {drug: where & ~known.having(f"refractory:{drug}", False) for drug in entry.drugs}
        one = more = 0
        for mask in able.values():
            more |= one & mask
            one |= mask
        for drug, mask in able.items():
            because = f"refractoriness to {name}, of which only {drug} was received"
            known.learn(f"refractory:{drug}", True, mask & ~more, because)
            known.learn(f"{RECEIVED}:{drug}", True, mask & ~more, because)


def _denied_classes(known: Known, kb: Knowledge) -> Iterator[tuple[str, int]]:
    """The atoms of classes, each with those for whom it is denied of every drug of the class."""
    for atom, drugs in _atoms(kb).of_classes:
        denied = known.mask
        for drug in drugs:
            denied &= known.having(drug, False)
            if not denied:
                break
        else:
            yield atom, denied


# --- progression -----------------------------------------------------------------------------------


def _progression(known: Known, stated: Statements, kb: Knowledge, presume: bool) -> None:
    """Progressed on the last therapy: from the last line's drugs, from a single line, or from all being refractory.

    Progression is presumed, not certain: a later part of the line, such as a transplant, may have brought the response that
    an earlier part did not. A relapse after a product that is infused once is taken for a progression on it, as in a list
    of treatments.
    """
    drugs = [d for d in kb.drugs if d not in kb.steroids]
    active = [*drugs, *(c for c, entry in kb.classes.items() if not kb.steroids.issuperset(entry.drugs))]
    yes = {n: known.having(f"refractory:{n}", True) for n in active}
    no = {n: known.having(f"refractory:{n}", False) for n in active}
    got = {n: known.having(f"{RECEIVED}:{n}", True) for n in active}
    none = _intersection(known.mask, no.values()) & (_union(got.values()) | _had_lines(known))
    known.learn("progressed_on_last", False, none, "no drug being refractory (⟨refractory⟩)")
    complete = _intersection(known.mask, (known.known(f"{RECEIVED}:{n}") for n in drugs))
    whole = complete & _every_drug_failed(known, kb, {n: got[n] for n in drugs}, yes) & ~none
    single = known.having("lines", ONE_LINE)
    lines = [({n: got[n] & single for n in active}, complete & single)] if single else []
    lines.append(({n: stated.last.get(n, 0) for n in active}, known.mask))
    likely, refractory = whole | (_relapsed_after_infusion(known, stated, kb) & ~none), whole
    for line, sure in lines:
        failed = _union(where & yes[n] for n, where in line.items()) & ~none
        refractory |= failed
        likely |= failed
        worked = _intersection(sure & ~none, (~where | no[n] for n, where in line.items())) & _union(line.values())
        # What is only presumed not refractory gives way to a progression that is known, or more likely.
        said = _intersection(worked, (~where | stated.stating(f"refractory:{n}", False) for n, where in line.items()))
        worked &= said | ~(likely | known.having("progressed_on_last", True))
        known.learn("progressed_on_last", False, worked, "the last line not being refractory (⟨progressed_on_last⟩)")
    if presume:
        gap = known.presume("progressed_on_last", True, likely)
        because = "this is a relapse after a product that is infused once"
        if refractory:
            because = f"{'every drug' if whole else 'a drug of the last line'} is refractory"
        known.assume("progressed", f"progressed on the last therapy, as {because}", "progressed_on_last", gap)


def _every_drug_failed(known: Known, kb: Knowledge, got: Mapping[str, int], yes: Mapping[str, int]) -> int:
    """Those who had drugs of which each failed; one that was received by definition, as with a transplant, need not have."""
    meant: dict[str, int] = {}
    for by, atom in received_by_definition(kb):
        meant[atom] = meant.get(atom, 0) | known.having(by.atom, value_of(by))
    counted = {n: where & ~meant.get(f"{RECEIVED}:{n}", 0) for n, where in got.items()}
    return _intersection(_union(counted.values()), (~where | yes[n] for n, where in counted.items()))


def _relapsed_after_infusion(known: Known, stated: Statements, kb: Knowledge) -> int:
    """Those who relapsed after a last line with a product that is infused once, unless it is stated that it still works."""
    named = kb.infused_once.intersection(stated.last)
    given = _union(stated.last[name] & ~stated.stating(f"refractory:{name}", False) for name in named)
    return given & known.having("setting", RELAPSED)


def _union(masks: Iterable[int]) -> int:
    """Those of any of the masks."""
    return reduce(or_, masks, 0)


def _intersection(among: int, masks: Iterable[int]) -> int:
    """Those of `among` who are of every mask."""
    return reduce(and_, masks, among)


received_by_definition: Once[Sequence[tuple[Given, str]]] = Once(
    lambda kb: [
        (rule.given, then.atom) for rule in kb.entailments for then in rule.then if then.atom.startswith(f"{RECEIVED}:")
    ]
)
"""What entails that a drug was received, each with the atom that says so."""


# --- presumptions of the knowledge base --------------------------------------------------------------


def _presume_gaps(known: Known, stated: Statements, kb: Knowledge, sure_of_fitness: int) -> None:
    """Presumptions of the knowledge base, in order; one with a condition only for those of whom it is known to hold.

    One about a whole list does not apply where that list was said not to be whole.
    """
    for rule in kb.presumptions:
        where = known.mask & ~stated.open.get(rule.fact, 0)
        if rule.when is not None:
            surely = Worlds(known.count)
            surely.columns = {**known.columns}
            surely.columns["fitness"] = {v: m & sure_of_fitness for v, m in known.columns.get("fitness", {}).items()}
            where &= fold(rule.when, Evaluate(surely), {}).t
        done = 0
        for given in rule.then:
            done |= known.presume(given.atom, value_of(given), where)
        if done:
            known.assume(rule.id, in_doubt(rule.text, rule, known), split_atom(rule.fact)[0].name, done)
        for entailment in (e for e in kb.entailments if not e.said):
            holds = known.having(entailment.given.atom, value_of(entailment.given)) & where
            for other in entailment.then if holds else ():
                known.presume(other.atom, value_of(other), holds)
