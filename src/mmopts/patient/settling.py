"""What follows from stated facts: entailments, which are definitions, and presumptions, which fill gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import TypeGuard

from mmopts.diagnostics import Diagnostic
from mmopts.facts import FACTS, split_atom
from mmopts.knowledge.once import Once
from mmopts.knowledge.records import Given, Knowledge, Score
from mmopts.logic import Interval, One, Value, common
from mmopts.patient.stated import Stated, assumed, show_value
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


class Settled(Record):
    """All that follows from what was stated: facts, contradictions, and what was taken for granted."""

    facts: dict[str, Value]
    conflicts: list[Diagnostic]
    assumptions: list[Diagnostic]


class _Known(dict[str, Value]):
    """Facts being settled: adding a value narrows what is known, or is a conflict with it."""

    def __init__(self, stated: Mapping[str, Value]) -> None:
        super().__init__(stated)
        self.stated = frozenset(stated)
        self._of_stated: list[Diagnostic] = []
        self._unstated: list[Diagnostic] = []

    @property
    def conflicts(self) -> list[Diagnostic]:
        """Those of stated facts; else the first one of what follows from them."""
        return self._of_stated or self._unstated

    def learn(self, atom: str, value: Value, because: str) -> None:
        """Take in what is entailed; against what is known it is a conflict that names both."""
        have = self.get(atom)
        if have is None:
            self[atom] = value
        elif (both := common(have, value)) is not None:
            self[atom] = both
        else:
            self._conflict(atom, have, because)

    def _conflict(self, atom: str, have: Value, because: str) -> None:
        fact, about = split_atom(atom)
        name = f"⟨{fact.name}⟩"
        shown = f"{name} {about}".strip() if isinstance(have, bool) else f"{name} {show_value(have)}"
        if have is False:
            shown = f"{name} none" if fact.kind == "drugs" else f"not {shown}"
        told = Diagnostic("contradiction", f"{shown} contradicts {because}.", fact.name, show_value(have))
        if atom not in self.stated:
            self._unstated = self._unstated or [told]
        elif not any(p.fact == fact.name for p in self._of_stated):
            self._of_stated.append(told)

    def clash(self, told: Diagnostic) -> None:
        """Take in a conflict of stated facts."""
        self._of_stated.append(told)

    def presume(self, atom: str, value: Value) -> bool:
        """Fill a gap; whether there was one."""
        if atom in self:
            return False
        self[atom] = value
        return True


def settle(stated: Stated, kb: Knowledge, presume: bool) -> Settled:
    """All that follows from the stated facts; with `presume`, gaps are filled."""
    known = _Known(stated.atoms)
    notes: list[Diagnostic] = []
    _received(known, stated, kb)
    _setting_and_lines(known, stated, kb, notes)
    if not known.conflicts:
        _entail(known, kb)
        _of_classes(known, kb)
        _never_received(known, kb)
        _of_classes(known, kb)
        _all_denied(known, kb)
        if presume:
            _presume_lists(known, stated, kb, notes)
        _never_received(known, kb)
        _progression(known, stated, kb, notes, presume)
        sure = _fitness(known, kb, notes)
        if presume:
            _presume_gaps(known, stated, kb, notes, sure)
    return Settled(known, known.conflicts, notes)


def _received(known: _Known, stated: Stated, kb: Knowledge) -> None:
    """Refractory, intolerant or timed means received; so does standing in the last line."""
    for atom, value, because in stated.implied:
        known.learn(atom, value, because)
    for atom, value in stated.atoms.items():
        prefix, _, about = atom.partition(":")
        if prefix in ("refractory", "intolerant", "months_since") and value is not False:
            known.learn(f"{RECEIVED}:{about}", True, f"⟨{prefix}⟩ {about} (it means received)")
    _of_classes(known, kb)


def _of_classes(known: _Known, kb: Knowledge) -> None:
    """What is so of a drug is so of its classes."""
    for atom, value in list(known.items()):
        prefix, _, drug = atom.partition(":")
        if value is True and prefix in TAKEN and drug in kb.drugs:
            for name in kb.drugs[drug].classes:
                known.learn(f"{prefix}:{name}", True, f"⟨prior⟩ {drug}")


def had_line(count: object) -> TypeGuard[Interval]:
    """Whether a count of lines means that there was one at least."""
    return isinstance(count, Interval) and count.low >= 1


def any_received(known: Mapping[str, Value], kb: Knowledge) -> bool | None:
    """Whether any drug was received: False only if none can have been; None if that is open."""
    exposures = {a: v for a, v in known.items() if a.startswith(f"{RECEIVED}:")}
    if True in exposures.values():
        return True
    return False if all(f"{RECEIVED}:{name}" in exposures for name in kb.drugs) else None


def _setting_and_lines(known: _Known, stated: Stated, kb: Knowledge, notes: list[Diagnostic]) -> None:
    """Prior therapy means at least one line, and without any there is nothing to have relapsed from."""
    no_lines = stated.atoms.get("lines") == NO_LINES
    treated = treated_by(known, stated)
    if no_lines or any_received(known, kb) is False:
        name, said = ("lines", "0") if no_lines else ("prior", "none")
        untreated = f"⟨{name}⟩ {said}"
        if treated:
            if not known.conflicts:
                text = f"{treated} contradicts {untreated}."
                known.clash(Diagnostic("contradiction", text, name, said))
            return
        for drug in (*kb.drugs, *kb.classes):
            known.learn(f"{RECEIVED}:{drug}", False, untreated)
        known.learn("lines", NO_LINES, untreated)
        if known.presume("setting", UNTREATED[0]):
            text = "newly diagnosed, because there is no prior therapy"
            notes.append(assumed("entailed-setting", text, "setting"))
    elif treated:
        known.learn("lines", Interval(1, FACTS["lines"].high), f"{treated} (it means at least one line)")
        if "lines" not in stated.atoms:
            notes.append(assumed("entailed-lines", "at least 1 prior line, upper end open", "lines"))
        if known.presume("setting", RELAPSED):
            notes.append(assumed("entailed-setting", "relapsed, because there is prior therapy", "setting"))


def treated_by(known: Mapping[str, Value], stated: Stated) -> str | None:
    """What says that there was prior therapy, as it was given; None if nothing does."""
    for atom in (*stated.atoms, *(i.atom for i in stated.implied), *known):
        prefix, _, about = atom.partition(":")
        value = known.get(atom)
        if value is True and prefix in TAKEN:
            return f"⟨{'prior' if prefix == RECEIVED else prefix}⟩ {about}"
        if prefix == "months_since":
            return f"⟨{prefix}⟩ {about}"
        if prefix in FACTS and FACTS[prefix].after_therapy and value is not False:
            return f"⟨{prefix}⟩"
        if atom == "lines" and had_line(value):
            because = next((i.because for i in stated.implied if i.atom == atom), None)
            return because or f"⟨{atom}⟩ {show_value(value)}"
        if atom == "setting" and isinstance(value, frozenset) and value <= TREATED:
            return f"⟨{atom}⟩ {show_value(value)}"
    return None


def _entail(known: _Known, kb: Knowledge, firm: bool = True) -> None:
    """Entailments that the knowledge base states: one atom's value fixes others; not firm: it fills their gaps."""
    for rule in (r for r in kb.entailments if firm or not r.said):
        have, wanted = known.get(rule.given.atom), value_of(rule.given)
        if have == wanted:
            for other in rule.then:
                if firm:
                    known.learn(other.atom, value_of(other), rule.because)
                else:
                    known.presume(other.atom, value_of(other))


def value_of(given: Given) -> Value:
    """The value that a knowledge base gives an atom."""
    if given.flag is not None:
        return given.flag
    if given.words is not None:
        return frozenset(given.words)
    return Interval(given.low or 0, inf if given.high is None else given.high)


def _presume_lists(known: _Known, stated: Stated, kb: Knowledge, notes: list[Diagnostic]) -> None:
    """A list that was given is presumed whole: nothing else received, refractory, or not tolerated."""
    every = (*kb.drugs, *kb.classes)
    untreated = known.get("setting") in UNTREATED and not had_line(known.get("lines"))
    if "prior" in stated.whole or (untreated and any_received(known, kb) is None):
        unnamed = _members_of_named_classes(stated, kb, *TAKEN)
        done = [known.presume(f"{RECEIVED}:{name}", False) for name in every if name not in unnamed]
        if any(done):
            text = "the list of prior drugs is complete" if "prior" in stated.whole else "no prior therapy in this setting"
            notes.append(assumed("prior-whole", text, "prior"))
            if not any_received(known, kb):
                known.presume("lines", NO_LINES)
    if "refractory" in stated.whole:
        unnamed = _members_of_named_classes(stated, kb, "refractory")
        received = [n for n in every if n not in unnamed and known.get(f"{RECEIVED}:{n}") is not False]
        if any([known.presume(f"refractory:{n}", False) for n in received]):
            notes.append(assumed("refractory-whole", "the list of refractory drugs is complete", "refractory"))
    unnamed = _members_of_named_classes(stated, kb, "intolerant")
    if any([known.presume(f"intolerant:{name}", False) for name in every if name not in unnamed]):
        text = "no further intolerance" if "intolerant" in stated.whole else "no intolerance"
        notes.append(assumed("tolerant", text, "intolerant"))


def _members_of_named_classes(stated: Stated, kb: Knowledge, *prefixes: str) -> set[str]:
    """Drugs of a class that was named without saying which, and the classes that share them: these stay open.

    A class that is named only as refractory, while some of its drugs are listed as received, opens no further drug.
    """
    received = {drug for drug in kb.drugs if stated.atoms.get(f"{RECEIVED}:{drug}") is True}
    members: set[str] = set()
    for name, entry in kb.classes.items():
        named = [p for p in prefixes if stated.atoms.get(f"{p}:{name}") is True]
        listed = RECEIVED in prefixes and RECEIVED not in named and received.intersection(entry.drugs)
        if (named or name in stated.last) and not listed:
            members.update(entry.drugs)
    return members | {name for name, entry in kb.classes.items() if members.intersection(entry.drugs)}


def _never_received(known: _Known, kb: Knowledge) -> None:
    """A class none of whose members can have been received was not; what was never received is not refractory."""
    for name, entry in kb.classes.items():
        if known.get(f"{RECEIVED}:{name}") is False:
            for drug in entry.drugs:
                if known.setdefault(f"{RECEIVED}:{drug}", False) is not False:
                    known.learn(f"{RECEIVED}:{drug}", False, f"no {name} received")
    for name in (*kb.drugs, *kb.classes):
        if known.get(f"{RECEIVED}:{name}") is False:
            for atom in (f"refractory:{name}", f"intolerant:{name}"):
                if known.setdefault(atom, False) is not False:
                    known.learn(atom, False, f"{name} not being among the prior drugs")
    for name, entry in kb.classes.items():
        able = [d for d in entry.drugs if known.get(f"refractory:{d}") is not False]
        if known.get(f"refractory:{name}") is True and len(able) == 1:
            because = f"refractoriness to {name}, of which only {able[0]} was received"
            known.learn(f"refractory:{able[0]}", True, because)
            known.learn(f"{RECEIVED}:{able[0]}", True, because)


def _all_denied(known: _Known, kb: Knowledge) -> None:
    """What is so of a class is so of one of its drugs: it is not while each of them is denied."""
    for name, entry in kb.classes.items():
        for prefix in TAKEN:
            denied = known.get(f"{prefix}:{name}") is True and all(known.get(f"{prefix}:{d}") is False for d in entry.drugs)
            if denied and entry.drugs:
                known.learn(f"{prefix}:{name}", False, "the denial of each drug of that class")


def _progression(known: _Known, stated: Stated, kb: Knowledge, notes: list[Diagnostic], presume: bool) -> None:
    """Progressed on the last therapy: from the last line's drugs, from a single line, or from all being refractory.

    Progression is presumed, not certain: a later part of the line, as a transplant or maintenance, may have brought the
    response that an earlier part did not. A drug that was received by definition, as the one of a transplant, need not be
    refractory: it was given once.
    """
    active = [
        *(d for d in kb.drugs if d not in kb.steroids),
        *(c for c, entry in kb.classes.items() if not kb.steroids.issuperset(entry.drugs)),
    ]
    refractory = {n: known.get(f"refractory:{n}") for n in active}
    received = [n for n in active if known.get(f"{RECEIVED}:{n}") is True]
    complete = all(known.get(f"{RECEIVED}:{n}") is not None for n in active if n in kb.drugs)
    meant = {atom for given, atom in received_by_definition(kb) if known.get(given.atom) == value_of(given)}
    drugs = [n for n in received if n in kb.drugs and f"{RECEIVED}:{n}" not in meant]
    if all(v is False for v in refractory.values()) and (received or had_line(known.get("lines"))):
        known.learn("progressed_on_last", False, "no drug being refractory")
        return
    likely = "every drug" if complete and drugs and all(refractory[n] is True for n in drugs) else None
    lines = [(received, complete)] if known.get("lines") == ONE_LINE else []
    lines.append(([n for n in stated.last if n in refractory], True))
    for considered, sure in lines:
        states = [refractory[n] for n in considered]
        if True in states:
            likely = likely or "a drug of the last line"
        elif sure and states and all(s is False for s in states):
            # What is only presumed not refractory gives way to a progression that is known, or more likely.
            said = all(stated.atoms.get(f"refractory:{n}") is False for n in considered)
            if said or not (likely or known.get("progressed_on_last") is True):
                known.learn("progressed_on_last", False, "the last line not being refractory (⟨progressed_on_last⟩)")
    if presume and likely and known.presume("progressed_on_last", True):
        text = f"progressed on the last therapy, as {likely} is refractory"
        notes.append(assumed("progressed", text, "progressed_on_last"))


received_by_definition: Once[Sequence[tuple[Given, str]]] = Once(
    lambda kb: [
        (rule.given, then.atom) for rule in kb.entailments for then in rule.then if then.atom.startswith(f"{RECEIVED}:")
    ]
)
"""What entails that a drug was received, each with the atom that says so."""


class Scored(Record):
    """What a fitness score says: its points, the values of fitness that they leave possible, and whether it applies."""

    tool: Score
    points: Interval
    values: frozenset[str]
    applies: bool | None


def scored_fitness(known: Mapping[str, Value], kb: Knowledge) -> list[Scored]:
    """Each fitness score of the knowledge base for what is known."""
    logic = One(known)
    out = []
    for tool in kb.fitness:
        low = high = 0.0
        for item in tool.items:
            state = logic.value(item.cond)
            low += item.points if state is True else 0
            high += 0 if state is False else item.points
        out.append(Scored(tool, Interval(low, high), left_by(tool, low, high), logic.value(tool.applies)))
    return out


def left_by(tool: Score, low: float, high: float) -> frozenset[str]:
    """The values of fitness that so many points leave possible."""
    return frozenset(
        v
        for group in tool.groups
        for v in group.values
        if (-inf if group.low is None else group.low) <= high and (inf if group.high is None else group.high) >= low
    )


def _fitness(known: _Known, kb: Knowledge, notes: list[Diagnostic]) -> bool:
    """Fitness that was not stated, from the score that applies and says most; whether it may decide candidacy."""
    if "fitness" in known:
        return True
    if not any(i.id in known for tool in kb.fitness for i in tool.inputs):
        return False
    usable = [s for s in scored_fitness(known, kb) if s.applies and len(s.values) < len(FACTS["fitness"].values)]
    if not usable:
        return False
    best = min(usable, key=lambda s: len(s.values))
    known["fitness"] = best.values
    text = f"{show_value(best.values)} by the {best.tool.name} ({show_value(best.points)} points)"
    notes.append(assumed("entailed-fitness", text, "fitness"))
    return best.tool.decides_transplant


def _presume_gaps(known: _Known, stated: Stated, kb: Knowledge, notes: list[Diagnostic], sure_of_fitness: bool) -> None:
    """Presumptions of the knowledge base, one after the other; those with a condition only where it is known to hold.

    Of a list that was said not to be whole nothing is presumed absent.
    """
    for rule in kb.presumptions:
        if stated.given.get(f"{rule.fact}_incomplete") is True:
            continue
        if rule.when is not None:
            facts = known if sure_of_fitness else {k: v for k, v in known.items() if k != "fitness"}
            if One(facts).value(rule.when) is not True:
                continue
        done = [known.presume(given.atom, value_of(given)) for given in rule.then]
        if any(done):
            doubted = rule.doubt_when is not None and One(known).value(rule.doubt_when) is True
            notes.append(assumed(rule.id, f"{rule.text}, {rule.doubt}" if doubted else rule.text, rule.fact))
        _entail(known, kb, firm=False)
