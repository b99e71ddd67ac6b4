"""Facts that are stated beside a list of treatments, and those that follow from it.

A stated fact beats a derived one, and derived facts that contradict it give way as well; a warning names both.
Contradictions among stated facts are left to `intake`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from mmopts.diagnostics import Diagnostic, QuestionError
from mmopts.facts import DENIAL, FACTS, INCOMPLETE, NONE, OPEN_LISTS, TREATMENTS, incomplete_key
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Interval
from mmopts.names import split_list
from mmopts.patient import intake
from mmopts.patient.history import History, derive
from mmopts.patient.reading import Reader
from mmopts.patient.settling import TREATED
from mmopts.patient.spoken import number_text
from mmopts.patient.stated import Stated, doubted
from mmopts.patient.treatments import MAINTENANCE
from mmopts.words import joined

_LAST, _PROGRESSED, _PRIOR, _REFRACTORY, _LINES = "last", "progressed_on_last", "prior", "refractory", "lines"
_OF_TREATMENT = (_REFRACTORY, "intolerant", _LAST, _PROGRESSED, "prior_asct", "months_since", "early_relapse")
_SAYS_WHERE = {"setting", "relapse", "progressed_after_last"}
"""Facts of which one says whether this is a relapse."""
_YIELD = (_PROGRESSED, _LAST, "prior_asct", "early_relapse", "setting", _LINES, _REFRACTORY, "months_since", _PRIOR)
"""The order in which derived facts give way while they still contradict stated ones."""


class Resolved(NamedTuple):
    """A patient file with its treatments read: `facts` without them, the history, and what gave way to what."""

    facts: dict[str, Any]
    history: History
    warnings: list[Diagnostic]


def resolve(facts: Mapping[str, Any], kb: Knowledge, as_of: str) -> Resolved:
    """The facts of a patient file that lists `treatments`, stated and derived, on the day `as_of` (YYYY-MM-DD).

    Raises QuestionError with every fault of the list, KnowledgeError if the knowledge base has no rules for it.
    """
    history = derive(facts.get(TREATMENTS), kb, as_of)
    merged, warnings = merge(history, facts, kb)
    return Resolved(merged, history, warnings)


def merge(history: History, explicit: Mapping[str, Any], kb: Knowledge) -> tuple[dict[str, Any], list[Diagnostic]]:
    """Derived facts overlaid with the stated ones of a patient file, and a warning for each that gave way."""
    merging = _Merge(history, {k: v for k, v in explicit.items() if k != TREATMENTS and v is not None}, kb)
    return merging.merged(), [*history.warnings, *merging.warnings]


class _Merge:
    """`given` are the stated facts as they were given, `said` what they mean, `facts` what is left of the derived ones."""

    def __init__(self, history: History, given: Mapping[str, Any], kb: Knowledge) -> None:
        self.history, self.given, self.kb = history, given, kb
        self.facts = dict(history.facts)
        self.said = self._read(given)
        self.stated = [name for name in given if name in FACTS]
        self.warnings: list[Diagnostic] = []

    def _read(self, facts: Mapping[str, Any]) -> Stated:
        """What facts mean; unknown words are left to `intake`."""
        return Reader(self.kb, [], []).read({k: v for k, v in facts.items() if k in FACTS or k in OPEN_LISTS})

    def merged(self) -> dict[str, Any]:
        """The facts, the stated ones as they were given."""
        for name in [name for name in self.facts if name in self.stated]:
            beaten = {key: self.facts.pop(key) for key in (name, incomplete_key(name)) if key in self.facts}
            own = {key: self.given[key] for key in (name, incomplete_key(name)) if key in self.given}
            if self._read(beaten)[:3] != self._read(own)[:3]:
                self._warn(name, _shown(name, beaten[name]), name)
        untreated = self._says_untreated()
        if untreated:
            self._give_way_untreated(untreated)
        else:
            self._give_way_treated()
            self._give_way_prior()
            self._give_way_refractory()
            if self.said.last and self.history.lines and set(self.said.last) != set(self.history.lines[-1].drugs):
                self._drop(_PROGRESSED, _LAST)  # it was derived of another last line
        self._open_lists()
        gone = self._in_the_way() if self.stated else []
        against = self._against() if gone else ""
        for name in gone:
            self._drop(name, against)
        merged = {**self.facts, **self.given} if untreated else self._with_besides()
        if not untreated and (why := self._no_relapse(merged)):
            self.warnings.append(doubted("no-progression-told", why, "setting"))
        return merged

    def _no_relapse(self, merged: Mapping[str, Any]) -> str:
        """Why what is read as a relapse may be none; nothing if the record or a stated fact tells one."""
        read = "and it is read as a relapse all the same"
        if merged.get(_PROGRESSED) is True or self.given.keys() & _SAYS_WHERE or merged.get("setting") == MAINTENANCE:
            return ""
        lines = self.history.lines
        if lines and "setting" not in merged:
            return f"no progression is recorded, {read}: give the progression, or the setting"
        if lines and lines[-1].progression is None:
            last = joined([drug for drug in lines[-1].drugs if drug not in self.kb.steroids])
            return f"no progression after {last} is recorded, {read}: give it, or the setting"
        if not lines and set(self.history.facts.get(_PRIOR, ())) - {NONE} and "setting" not in merged:
            return f"only smoldering disease was treated, {read}: give the setting"
        return ""

    def _with_besides(self) -> dict[str, Any]:
        """Stated and derived facts, with the words that the treatments imply unless a stated fact speaks of them."""
        given = dict(self.given)
        for atom in self.history.besides:
            name, _, word = atom.partition(":")
            if f"{name}:{word.removeprefix(DENIAL)}" not in self.said.atoms:
                more = {**given, name: [*(split_list(given.get(name, self.facts.get(name))) or ()), word]}
                given = more if not self.stated or self._agrees(more) else given
        return {**self.facts, **given}

    def _against(self) -> str:
        """The stated fact that the derived ones contradict: without it they could all stay."""
        if len(self.stated) > 1:
            for one in self.stated:
                if self._agrees({k: v for k, v in self.given.items() if k.removesuffix(INCOMPLETE) != one}):
                    return one
        return self.stated[0]

    def _in_the_way(self) -> list[str]:
        """The derived facts that must give way so that the rest is free of contradictions, and no others."""
        whole, gone = self.facts, []
        for name in (n for n in _YIELD if n in whole):
            if self._agrees():
                break
            gone.append(name)
            self.facts = _without(whole, gone)
        for name in [*gone]:
            self.facts = _without(whole, [n for n in gone if n != name])
            if self._agrees():
                gone.remove(name)
        self.facts = whole
        return gone

    # --- warnings --------------------------------------------------------------------------------

    def _warn(self, stated: str, derived: str, about: str) -> None:
        text = f"{_shown(stated, self.given[stated])} is used; {derived}, as the treatments would have it, gives way"
        self.warnings.append(doubted("stated-beats-derived", text, about))

    def _drop(self, name: str, stated: str) -> None:
        if name in self.facts:
            derived = self.facts.pop(name)
            self.facts.pop(incomplete_key(name), None)
            self._warn(stated, _shown(name, derived), name)

    # --- what is stated --------------------------------------------------------------------------

    def _drugs(self, fact: str, state: bool) -> set[str]:
        """The drugs and classes that a stated list names, or denies."""
        prefix = f"{FACTS[fact].atom}:"
        return {a.removeprefix(prefix) for a, v in self.said.atoms.items() if v is state and a.startswith(prefix)}

    def _excluded(self, drug: str, fact: str) -> bool:
        """Whether a stated list denies a drug, or is whole and does not hold it."""
        if self._among(drug, self._drugs(fact, True)):
            return False
        return drug in self._drugs(fact, False) or fact in self.said.whole

    def _among(self, drug: str, names: Collection[str]) -> bool:
        """Whether a drug is named, by itself or by a class of it."""
        classes = self.kb.drugs[drug].classes if drug in self.kb.drugs else ()
        return drug in names or any(one in names for one in classes)

    def _last_line(self) -> list[str]:
        """The drugs of the last line, steroids aside."""
        drugs = self.said.last or (self.history.lines[-1].drugs if self.history.lines else ())
        return [drug for drug in drugs if drug not in self.kb.steroids]

    def _says_untreated(self) -> str | None:
        """The stated fact that says that there was no treatment, if one does."""
        lines = self.said.atoms.get(_LINES)
        if isinstance(lines, Interval) and lines.high == 0:
            return _LINES
        none = _PRIOR in self.said.whole and not self._drugs(_PRIOR, True)
        return _PRIOR if none or self.given.get(_PRIOR) == [] else None

    def _says_treated(self, name: str) -> bool:
        """Whether only a patient treated before can have a stated fact."""
        value = self.said.atoms.get(name)
        if name == _LAST:
            return bool(self.said.last)
        if FACTS[name].kind == "drugs":
            return bool(self._drugs(name, True))
        if name == "setting":
            return isinstance(value, frozenset) and value <= TREATED
        if name == _LINES:
            return isinstance(value, Interval) and value.low > 0
        return name == "months_since" or (FACTS[name].after_therapy and value is not False)

    # --- what gives way ----------------------------------------------------------------------------

    def _give_way_untreated(self, stated: str) -> None:
        for name in (_PRIOR, _LINES, *_OF_TREATMENT):
            if self.facts.get(name) not in (False, 0, [NONE]):
                self._drop(name, stated)
        if self.facts.get("setting") in TREATED:
            self._drop("setting", stated)

    def _give_way_treated(self) -> None:
        """A history without treatment gives way to stated facts that only a patient treated before can have."""
        treated = [name for name in self.stated if self._says_treated(name)]
        if treated and self.history.facts.get(_PRIOR) == [NONE]:
            for name in (_PRIOR, _LINES, "setting"):
                self._drop(name, treated[0])

    def _give_way_prior(self) -> None:
        """Derived drugs give way that the stated list of prior drugs does not hold."""
        for name in (_REFRACTORY, "intolerant", _LAST, "months_since"):
            have = self.facts.get(name, ())
            gone = [d for d in have if (d in self.kb.drugs or d in self.kb.classes) and self._excluded(d, _PRIOR)]
            if gone and name == _LAST:
                self._drop(name, _PRIOR)
            elif gone:
                self._warn(_PRIOR, f"⟨{name}⟩ {', '.join(gone)}", name)
                kept = {d: m for d, m in have.items() if d not in gone} if isinstance(have, dict) else None
                self._keep(name, [d for d in have if d not in gone] if kept is None else kept)

    def _keep(self, name: str, kept: Any) -> None:
        """Keep what is left of a derived list; an empty one is dropped."""
        self.facts[name] = kept
        if not kept:
            del self.facts[name]
            self.facts.pop(incomplete_key(name), None)

    def _give_way_refractory(self) -> None:
        """Derived progression on the last line gives way to stated refractoriness, and the other way round."""
        last, derived = self._last_line(), self.facts.get(_PROGRESSED)
        if _REFRACTORY in self.stated:
            named = self._drugs(_REFRACTORY, True)
            against = all(self._excluded(drug, _REFRACTORY) for drug in last)
            if (derived is True and against) or (derived is False and any(self._among(drug, named) for drug in last)):
                self._drop(_PROGRESSED, _REFRACTORY)
        elif _REFRACTORY in self.facts:
            states, progressed = self._states(), self.said.atoms.get(_PROGRESSED)
            if progressed is False:
                self._open([d for d in last if states.get(d)], states)
            elif progressed and not any(states.get(d) for d in last):
                self._open(last, states)

    def _states(self) -> dict[str, bool]:
        """By drug, whether the derived list says that it is refractory; drugs of which it says nothing are left out."""
        have = [d for d in self.facts[_REFRACTORY] if d != NONE]
        told = {d.removeprefix(DENIAL): not d.startswith(DENIAL) for d in have}
        if self.facts.get(incomplete_key(_REFRACTORY)) is True:
            return told
        return {d: False for d in self.history.facts[_PRIOR] if d != NONE} | told

    def _open(self, names: Iterable[str], states: Mapping[str, bool]) -> None:
        """Leave open whether the disease is refractory to some drugs."""
        word = {True: "", False: DENIAL}
        gone = {name: word[states.get(name, False)] + name for name in names}
        if gone:
            self._warn(_PROGRESSED, f"⟨{_REFRACTORY}⟩ {', '.join(gone.values())}", _REFRACTORY)
            self.facts[incomplete_key(_REFRACTORY)] = True
            kept = [word[state] + d for d, state in sorted(states.items(), key=lambda s: not s[1]) if d not in gone]
            self._keep(_REFRACTORY, kept)

    def _agrees(self, given: Mapping[str, Any] | None = None) -> bool:
        """Whether stated and derived facts are free of contradictions; other faults are told by `intake` itself."""
        known = {**self.facts, **(self.given if given is None else given)}
        facts = {k: v for k, v in known.items() if k in FACTS or k in OPEN_LISTS}
        try:
            intake(facts, self.kb)
        except QuestionError as error:
            return any(problem.code != "contradiction" for problem in error.problems)
        return True

    def _open_lists(self) -> None:
        """A list that is said to be incomplete cannot be "none": it denies the drugs that it knows instead."""
        if self.given.get(incomplete_key(_PRIOR)) is True:
            if self.facts.get(_PRIOR) == [NONE]:
                del self.facts[_PRIOR]
            if self.facts.get("prior_asct") is False:
                del self.facts["prior_asct"]  # it may be among what is not listed
        if self.given.get(incomplete_key(_REFRACTORY)) is True and self.facts.get(_REFRACTORY) == [NONE]:
            self.facts[_REFRACTORY] = [DENIAL + d for d in self._states()]


def _without(facts: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Facts without those of these names and their `_incomplete` keys."""
    return {k: v for k, v in facts.items() if k.removesuffix(INCOMPLETE) not in names}


def _shown(name: str, value: Any) -> str:
    """A fact and its value, as a user would write it."""
    if isinstance(value, bool):
        text = "yes" if value else "no"
    elif FACTS[name].kind == "months" and isinstance(value, Mapping):
        text = ", ".join(f"{drug}={number_text(months, FACTS[name])}" for drug, months in value.items())
    elif isinstance(value, (list, tuple)):
        text = ", ".join(map(str, value))
    else:
        text = number_text(value, FACTS[name])
    return f"⟨{name}⟩ {text}"
