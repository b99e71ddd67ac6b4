"""Settling of many worlds at once: what follows from stated facts, as `mmopts.patient.settling` says it for one.

A world is a patient of a batch, or one patient with some atoms answered otherwise.

Every step here stands for the function of the same name there, over masks: an integer has one bit a patient. Which
patients contradict themselves is found; what they contradict is worded by `mmopts.patient`, patient by patient. A
test holds both to one meaning over random patients.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mmopts.facts import FACTS
from mmopts.knowledge.records import Entailment, Knowledge, Score
from mmopts.logic import Evaluate, Interval, Value, Worlds, common, fold
from mmopts.patient import stated as alone
from mmopts.patient.settling import (
    NO_LINES,
    ONE_LINE,
    RECEIVED,
    RELAPSED,
    TAKEN,
    TREATED,
    UNTREATED,
    had_line,
    left_by,
    received_by_definition,
    value_of,
)
from mmopts.record import Record


class Stated(Record):
    """What many patients stated: atoms, and what else their words imply.

    `columns`: atom to value to the mask of those who stated it. `whole`: fact to those whose list is presumed whole.
    `last`: drug or class to those who had it in the last line. `implied`: atom and value to those of whom it follows.
    `open`: fact to those whose list was said not to be whole.
    """

    size: int
    columns: dict[str, dict[Value, int]]
    whole: dict[str, int]
    last: dict[str, int]
    implied: dict[tuple[str, Value], int]
    open: dict[str, int]


class Known(Worlds):
    """Facts being settled: adding a value narrows what is known, or is a `conflict` with it."""

    def __init__(self, count: int, columns: Mapping[str, Mapping[Value, int]]) -> None:
        super().__init__(count)
        self.columns = {atom: dict(column) for atom, column in columns.items()}
        self.conflict = 0

    def copy(self) -> Known:
        """The same again."""
        out = Known(self.count, self.columns)
        out.conflict = self.conflict
        return out

    def facts(self, world: int) -> dict[str, Value]:
        """What is known in one world."""
        return {a: value for a, column in self.columns.items() for value, where in column.items() if where >> world & 1}

    def having(self, atom: str, value: Value) -> int:
        """Those of whom an atom is known to have just this value."""
        column = self.columns.get(atom)
        return column.get(value, 0) if column else 0

    def known(self, atom: str) -> int:
        """Those of whom anything is known of an atom."""
        out = 0
        for where in self.columns.get(atom, {}).values():
            out |= where
        return out

    def learn(self, atom: str, value: Value, where: int) -> None:
        """Take in what is entailed for the patients of `where`."""
        if not where:
            return
        column = self.columns.setdefault(atom, {})
        if isinstance(value, bool):
            against = column.get(not value, 0) & where
            self.conflict |= against
            column[value] = column.get(value, 0) | (where ^ against)
            return
        left = where
        for have, mask in list(column.items()):
            hit = mask & left
            if not hit:
                continue
            left ^= hit
            both = common(have, value)
            if both is None:
                self.conflict |= hit
            elif both != have:
                column[have] ^= hit
                column[both] = column.get(both, 0) | hit
        if left:
            column[value] = column.get(value, 0) | left

    def presume(self, atom: str, value: Value, where: int) -> int:
        """Fill the gaps of the patients of `where`; those who had one."""
        gap = where & ~self.known(atom)
        if gap:
            column = self.columns.setdefault(atom, {})
            column[value] = column.get(value, 0) | gap
        return gap


class Both(Record):
    """Patients settled without presumptions and with them; `conflict`: those who contradict themselves."""

    firm: Known
    filled: Known
    conflict: int


def settle(stated: Stated, kb: Knowledge) -> Both:
    """All that follows from what was stated, with gaps filled and without."""
    known = _entailed(stated, kb)
    filled = _finished(known.copy(), stated, kb, presume=True)
    firm = _finished(known, stated, kb, presume=False)
    return Both(firm, filled, firm.conflict | filled.conflict)


def settle_answers(stated: alone.Stated, answers: Sequence[Mapping[str, Value]], kb: Knowledge, presume: bool) -> Known:
    """World 0 is one patient's statement, each further world the same with some atoms answered; all that follows."""
    worlds = Worlds.around(stated.atoms, answers)
    every = worlds.mask
    masks = Stated(
        worlds.count,
        worlds.columns,
        dict.fromkeys(stated.whole, every),
        dict.fromkeys(stated.last, every),
        {(i.atom, i.value): every for i in stated.implied},
        {name: every for name in FACTS if stated.given.get(f"{name}_incomplete") is True},
    )
    return _finished(_entailed(masks, kb), masks, kb, presume)


def _entailed(stated: Stated, kb: Knowledge) -> Known:
    """What follows by definition."""
    known = Known(stated.size, stated.columns)
    _received(known, stated, kb)
    _setting_and_lines(known, stated, kb)
    _entail(known, kb.entailments, known.mask, firm=True)
    _of_classes(known, kb)
    _never_received(known, kb)
    _of_classes(known, kb)
    _all_denied(known, kb)
    return known


def _finished(known: Known, stated: Stated, kb: Knowledge, presume: bool) -> Known:
    """What follows from that; with `presume`, gaps are filled."""
    if presume:
        _presume_lists(known, stated, kb)
    _never_received(known, kb)
    _progression(known, stated, kb, presume)
    sure = _fitness(known, kb)
    if presume:
        _presume_gaps(known, stated, kb, sure)
    return known


def _received(known: Known, stated: Stated, kb: Knowledge) -> None:
    for (atom, value), where in stated.implied.items():
        known.learn(atom, value, where)
    for atom, column in stated.columns.items():
        prefix, _, about = atom.partition(":")
        if prefix in ("refractory", "intolerant", "months_since"):
            where = 0
            for value, mask in column.items():
                where |= 0 if value is False else mask
            known.learn(f"{RECEIVED}:{about}", True, where)
    _of_classes(known, kb)


def _of_classes(known: Known, kb: Knowledge) -> None:
    """What is so of a drug is so of its classes."""
    for prefix in TAKEN:
        for drug, entry in kb.drugs.items():
            where = known.having(f"{prefix}:{drug}", True)
            for name in entry.classes if where else ():
                known.learn(f"{prefix}:{name}", True, where)


def _any_received(known: Known, kb: Knowledge) -> tuple[int, int]:
    """Those who received any drug, and those who can have received none."""
    some, none = 0, known.mask
    for name in (*kb.drugs, *kb.classes):
        some |= known.having(f"{RECEIVED}:{name}", True)
    for name in kb.drugs:
        none &= known.having(f"{RECEIVED}:{name}", False)
    return some, none & ~some


def _setting_and_lines(known: Known, stated: Stated, kb: Knowledge) -> None:
    untreated = stated.columns.get("lines", {}).get(NO_LINES, 0) | _any_received(known, kb)[1]
    treated = _treated(known)
    known.conflict |= untreated & treated
    untreated &= ~treated
    if untreated:
        for name in (*kb.drugs, *kb.classes):
            known.learn(f"{RECEIVED}:{name}", False, untreated)
        known.learn("lines", NO_LINES, untreated)
        known.presume("setting", UNTREATED[0], untreated)
    treated &= ~known.conflict
    known.learn("lines", Interval(1, FACTS["lines"].high), treated)
    known.presume("setting", RELAPSED, treated)


def _treated(known: Known) -> int:
    """Those of whom something says that there was prior therapy."""
    out = 0
    for atom, column in known.columns.items():
        prefix, _, _ = atom.partition(":")
        for value, where in column.items():
            if (
                (value is True and prefix in TAKEN)
                or prefix == "months_since"
                or (prefix in FACTS and FACTS[prefix].after_therapy and value is not False)
                or (atom == "lines" and had_line(value))
                or (atom == "setting" and isinstance(value, frozenset) and value <= TREATED)
            ):
                out |= where
    return out


def _entail(known: Known, rules: Iterable[Entailment], where: int, firm: bool) -> None:
    for rule in (r for r in rules if firm or not r.said):
        holds = known.having(rule.given.atom, value_of(rule.given)) & where
        for other in rule.then if holds else ():
            (known.learn if firm else known.presume)(other.atom, value_of(other), holds)


def _presume_lists(known: Known, stated: Stated, kb: Knowledge) -> None:
    every = (*kb.drugs, *kb.classes)
    untreated = 0
    for setting in UNTREATED:
        untreated |= known.having("setting", setting)
    untreated &= ~_had_lines(known)
    some, none = _any_received(known, kb)
    presumed = stated.whole.get("prior", 0) | (untreated & ~some & ~none)
    if presumed:
        unnamed = _members_of_named_classes(stated, kb, *TAKEN)
        done = 0
        for name in every:
            done |= known.presume(f"{RECEIVED}:{name}", False, presumed & ~unnamed.get(name, 0))
        known.presume("lines", NO_LINES, done & ~_any_received(known, kb)[0])
    whole = stated.whole.get("refractory", 0)
    if whole:
        unnamed = _members_of_named_classes(stated, kb, "refractory")
        for name in every:
            open_ = ~unnamed.get(name, 0) & ~known.having(f"{RECEIVED}:{name}", False)
            known.presume(f"refractory:{name}", False, whole & open_)
    unnamed = _members_of_named_classes(stated, kb, "intolerant")
    for name in every:
        known.presume(f"intolerant:{name}", False, known.mask & ~unnamed.get(name, 0))


def _had_lines(known: Known) -> int:
    """Those who had a line of therapy at least."""
    out = 0
    for count, where in known.columns.get("lines", {}).items():
        out |= where if had_line(count) else 0
    return out


def _members_of_named_classes(stated: Stated, kb: Knowledge, *prefixes: str) -> dict[str, int]:
    """By drug and by class: those for whom it stays open, since a class was named without saying which of its drugs."""

    def said(prefix: str, name: str) -> int:
        return stated.columns.get(f"{prefix}:{name}", {}).get(True, 0)

    out: dict[str, int] = {}
    for name, entry in kb.classes.items():
        named = 0
        for prefix in prefixes:
            named |= said(prefix, name)
        where = named | stated.last.get(name, 0)
        if where and RECEIVED in prefixes:
            listed = 0
            for drug in entry.drugs:
                listed |= said(RECEIVED, drug)
            where &= ~listed | said(RECEIVED, name)
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
    for name, entry in kb.classes.items():
        where = known.having(f"{RECEIVED}:{name}", False)
        for drug in entry.drugs if where else ():
            known.learn(f"{RECEIVED}:{drug}", False, where)
    for name in (*kb.drugs, *kb.classes):
        where = known.having(f"{RECEIVED}:{name}", False)
        if where:
            known.learn(f"refractory:{name}", False, where)
            known.learn(f"intolerant:{name}", False, where)
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
            known.learn(f"refractory:{drug}", True, mask & ~more)
            known.learn(f"{RECEIVED}:{drug}", True, mask & ~more)


def _all_denied(known: Known, kb: Knowledge) -> None:
    for name, entry in kb.classes.items():
        for prefix in TAKEN:
            denied = known.having(f"{prefix}:{name}", True) if entry.drugs else 0
            for drug in entry.drugs if denied else ():
                denied &= known.having(f"{prefix}:{drug}", False)
            known.learn(f"{prefix}:{name}", False, denied)


def _progression(known: Known, stated: Stated, kb: Knowledge, presume: bool) -> None:
    drugs = [d for d in kb.drugs if d not in kb.steroids]
    active = [*drugs, *(c for c, entry in kb.classes.items() if not kb.steroids.issuperset(entry.drugs))]
    yes = {n: known.having(f"refractory:{n}", True) for n in active}
    no = {n: known.having(f"refractory:{n}", False) for n in active}
    got = {n: known.having(f"{RECEIVED}:{n}", True) for n in active}
    received = given = 0
    complete = none = known.mask
    every = known.mask
    for n in active:
        received |= got[n]
        none &= no[n]
    meant: dict[str, int] = {}
    for by, atom in received_by_definition(kb):
        meant[atom] = meant.get(atom, 0) | known.having(by.atom, value_of(by))
    for n in drugs:
        counted = got[n] & ~meant.get(f"{RECEIVED}:{n}", 0)
        given |= counted
        complete &= known.known(f"{RECEIVED}:{n}")
        every &= ~counted | yes[n]
    none &= received | _had_lines(known)
    known.learn("progressed_on_last", False, none)
    likely = complete & given & every & ~none
    single = known.having("lines", ONE_LINE)
    lines = [({n: got[n] & single for n in active}, complete & single)] if single else []
    lines.append(({n: stated.last.get(n, 0) for n in active}, known.mask))
    for considered, sure in lines:
        some = failed = 0
        clear = said = sure & ~none
        for n, where in considered.items():
            some |= where
            failed |= where & yes[n]
            clear &= ~where | no[n]
            said &= ~where | stated.columns.get(f"refractory:{n}", {}).get(False, 0)
        likely |= failed & ~none
        clear &= some & ~failed
        # What is only presumed not refractory gives way to a progression that is known, or more likely.
        known.learn("progressed_on_last", False, clear & (said | ~(likely | known.having("progressed_on_last", True))))
    if presume:
        known.presume("progressed_on_last", True, likely)


def _fitness(known: Known, kb: Knowledge) -> int:
    """Fitness from a score, where it was not stated; those whose candidacy it may decide."""
    stated = sure = known.known("fitness")
    asked = 0
    for item in {i.id for tool in kb.fitness for i in tool.inputs}:
        asked |= known.known(item)
    asked &= ~stated
    left = asked
    sizes = [
        (len(values), place, values, where, tool)
        for place, tool in enumerate(kb.fitness)
        for values, where in _scored(known, tool, asked).items()
        if len(values) < len(FACTS["fitness"].values)
    ]
    for _, _, values, where, tool in sorted(sizes, key=lambda s: s[:2]):
        mine = where & left
        if mine:
            left ^= mine
            known.presume("fitness", values, mine)
            sure |= mine if tool.decides_transplant else 0
    return sure


def _scored(known: Known, tool: Score, where: int) -> dict[frozenset[str], int]:
    """What a score leaves possible of fitness, for those of `where` to whom it applies."""
    evaluate = Evaluate(known)
    points: dict[tuple[float, float], int] = {(0.0, 0.0): where & fold(tool.applies, evaluate, {}).t}
    for item in tool.items:
        t, f = fold(item.cond, evaluate, {})
        moved: dict[tuple[float, float], int] = {}
        for (low, high), mask in points.items():
            for ends, part in (
                ((low + item.points, high + item.points), mask & t),
                ((low, high), mask & f),
                ((low, high + item.points), mask & ~(t | f)),
            ):
                if part:
                    moved[ends] = moved.get(ends, 0) | part
        points = moved
    out: dict[frozenset[str], int] = {}
    for (low, high), mask in points.items():
        values = left_by(tool, low, high)
        out[values] = out.get(values, 0) | mask
    return out


def _presume_gaps(known: Known, stated: Stated, kb: Knowledge, sure_of_fitness: int) -> None:
    for rule in kb.presumptions:
        where = known.mask
        if rule.when is not None:
            surely = Worlds(known.count)
            surely.columns = {**known.columns}
            surely.columns["fitness"] = {v: m & sure_of_fitness for v, m in known.columns.get("fitness", {}).items()}
            where = fold(rule.when, Evaluate(surely), {}).t
        where &= known.mask & ~stated.open.get(rule.fact, 0)
        for given in rule.then:
            known.presume(given.atom, value_of(given), where)
        _entail(known, kb.entailments, where, firm=False)
