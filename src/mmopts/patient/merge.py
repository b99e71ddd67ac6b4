"""Facts that are stated beside a list of treatments, and those that follow from it.

A stated fact beats a derived one, and what else would have been derived from the same history gives way to it; a
note names both. Contradictions among stated facts are left to `intake`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from mmopts.diagnostics import Diagnostic, QuestionError
from mmopts.facts import FACTS, OPEN_LISTS
from mmopts.patient import Note, intake
from mmopts.knowledge.dates import span
from mmopts.knowledge.records import Knowledge
from mmopts.names import look_up, read_drug_word, split_list
from mmopts.patient.history import INCOMPLETE, History, derive
from mmopts.patient.treatments import FACT

_NONE = "none"
_DENIED = "no-"
_LAST, _PROGRESSED, _PRIOR, _REFRACTORY, _LINES = "last", "progressed_on_last", "prior", "refractory", "lines"
_OF_TREATMENT = (_REFRACTORY, "intolerant", _LAST, _PROGRESSED, "prior_asct", "months_since", "early_relapse")
_TREATED = ("relapsed", "maintenance")
_AFTER_THERAPY = (_PROGRESSED, "prior_asct", "early_relapse", "relapse")
_YIELD = (_PROGRESSED, _LAST, "prior_asct", "early_relapse", "setting", _LINES, _REFRACTORY, "months_since", _PRIOR)
"""What gives way first where stated and derived facts still contradict each other."""


class Resolved(NamedTuple):
    """A patient file with its treatments read: `facts` without them, the history, and what gave way to what."""

    facts: dict[str, Any]
    history: History
    notes: list[Note]


def resolve(patient: Mapping[str, Any], kb: Knowledge) -> Resolved:
    """The facts of a patient file that lists `treatments`, stated and derived; `as_of` is the day of the question.

    Raises QuestionError with every fault of the list, or for an `as_of` that is no day.
    """
    named = {str(key).replace("-", "_"): value for key, value in patient.items()}
    as_of = kb.meta["reviewed"] if named.get("as_of") is None else str(named["as_of"])
    try:
        first, last = span(as_of)
    except ValueError:
        first, last = "", "-"
    if first != last:
        text = f"--as-of takes a day like {kb.meta['reviewed']}, not {as_of[:40]!r}."
        raise QuestionError([Diagnostic("bad-value", text, "as_of", as_of[:40])])
    history = derive(named.get(FACT), kb, as_of)
    facts, notes = merge(history, named, kb)
    return Resolved(facts, history, notes)


def merge(history: History, explicit: Mapping[str, Any], kb: Knowledge) -> tuple[dict[str, Any], list[Note]]:
    """Derived facts with the stated ones of a patient file over them, and a note for each that gave way."""
    merging = _Merge(history, {k: v for k, v in explicit.items() if k != FACT and v is not None}, kb)
    return merging.merged(), [*history.notes, *merging.notes]


class _Said(NamedTuple):
    """A stated list of drugs: those named, those denied, and whether all others are denied."""

    named: frozenset[str]
    denied: frozenset[str]
    whole: bool


class _Merge:
    def __init__(self, history: History, given: Mapping[str, Any], kb: Knowledge) -> None:
        self.history, self.given, self.kb = history, given, kb
        self.facts = dict(history.facts)
        self.notes: list[Note] = []

    def merged(self) -> dict[str, Any]:
        """The facts, the stated ones as they were given."""
        for name in FACTS:
            if name in self.given and name in self.facts:
                derived = self.facts.pop(name)
                self.facts.pop(name + INCOMPLETE, None)
                if not self._same(name, derived):
                    self._note(name, self._shown(name, derived), name)
        if self._says_untreated():
            self._give_way_untreated()
        else:
            self._give_way_treated()
            self._give_way_prior()
            self._give_way_refractory()
            self._give_way_last()
        self._open_lists()
        self._give_way_to_contradictions()
        return {**self.facts, **self.given}

    # --- notes -----------------------------------------------------------------------------------

    def _note(self, stated: str, derived: str, about: str) -> None:
        option = FACTS[stated].option
        text = f"{option} {_text(self.given[stated])} is used; {derived}, as the treatments would have it, gives way"
        self.notes.append(Note("stated-beats-derived", text, about, FACTS[about].option))

    def _shown(self, name: str, value: Any) -> str:
        return f"{FACTS[name].option} {_text(value)}"

    def _drop(self, name: str, stated: str) -> None:
        if name in self.facts:
            derived = self.facts.pop(name)
            self.facts.pop(name + INCOMPLETE, None)
            self._note(stated, self._shown(name, derived), name)

    def _same(self, name: str, derived: Any) -> bool:
        stated = self.given[name]
        if FACTS[name].kind == "drugs":
            return self._list(name, stated) == self._list(name, derived)
        return bool(stated == derived)

    # --- lists -----------------------------------------------------------------------------------

    def _list(self, name: str, raw: Any) -> _Said:
        """What a list of drugs says; words that are not known are left to `intake`."""
        named: set[str] = set()
        denied: set[str] = set()
        words = split_list(raw) or []
        for word in words:
            no = word.casefold().startswith(_DENIED) and look_up(word, self.kb.names) is None
            meaning = read_drug_word(word[len(_DENIED) :] if no else word, self.kb.names, self.kb.ambiguous, name, [], [])
            (denied if no else named).update((*meaning.drugs, *meaning.classes))
        only_denied = bool(denied) and not named
        whole = self.given.get(name + INCOMPLETE) is not True and not only_denied and name != _LAST
        return _Said(frozenset(named), frozenset(denied), whole)

    def _stated(self, name: str) -> _Said | None:
        return self._list(name, self.given[name]) if name in self.given else None

    def _among(self, drug: str, names: Iterable[str]) -> bool:
        """Whether a drug is named, by itself or by a class of it."""
        return bool({drug, *self.kb.drugs.get(drug, {}).get("classes", ())} & set(names))

    def _last_line(self) -> list[str]:
        """The drugs of the last line, steroids aside."""
        if _LAST in self.given:
            drugs = sorted(self._list(_LAST, self.given[_LAST]).named)
        else:
            drugs = self.history.lines[-1]["drugs"] if self.history.lines else []
        return [drug for drug in drugs if drug not in self.kb.steroids]

    # --- what gives way ----------------------------------------------------------------------------

    def _says_untreated(self) -> str | None:
        """The stated fact by which there was no treatment."""
        if self.given.get(_LINES) == 0 and not isinstance(self.given[_LINES], bool):
            return _LINES
        words = split_list(self.given.get(_PRIOR, [_DENIED]))
        return _PRIOR if words is not None and [w.casefold() for w in words] in ([], [_NONE]) else None

    def _give_way_untreated(self) -> None:
        stated = self._says_untreated()
        assert stated is not None
        for name in (_PRIOR, _LINES, *_OF_TREATMENT):
            if self.facts.get(name) not in (False, 0, [_NONE]):
                self._drop(name, stated)
        if self.facts.get("setting") in _TREATED:
            self._drop("setting", stated)

    def _give_way_treated(self) -> None:
        """What a list of no treatment says, against stated facts that only a patient treated before can have."""
        treated = [name for name in self.given if name in FACTS and self._says_treated(name)]
        if treated and self.history.facts.get(_PRIOR) == [_NONE]:
            for name in (_PRIOR, _LINES, "setting"):
                self._drop(name, treated[0])

    def _says_treated(self, name: str) -> bool:
        value = self.given[name]
        if FACTS[name].kind == "drugs":
            return bool(self._list(name, value).named)
        if name == "setting":
            return value in _TREATED
        if name == _LINES:
            return (value.get("min") or 0) > 0 if isinstance(value, Mapping) else value not in (0, "0")
        return name == "months_since" or (name in _AFTER_THERAPY and value is not False)

    def _give_way_prior(self) -> None:
        """Drugs that the stated list of prior drugs does not hold."""
        said = self._stated(_PRIOR)
        if said is None:
            return
        for name in (_REFRACTORY, "intolerant", _LAST, "months_since"):
            have = self.facts.get(name)
            if name in self.given or not isinstance(have, (list, dict)):
                continue
            out = [d for d in have if d in self.kb.drugs or d in self.kb.classes]
            gone = [d for d in out if d in said.denied or (said.whole and not self._among(d, said.named))]
            if not gone:
                continue
            if name == _LAST:
                self._drop(name, _PRIOR)
                continue
            self._note(_PRIOR, f"{FACTS[name].option} {', '.join(gone)}", name)
            if isinstance(have, dict):
                kept: Any = {d: months for d, months in have.items() if d not in gone}
            else:
                kept = [d for d in have if d not in gone]
            self.facts[name] = kept
            if not kept:
                del self.facts[name]
                self.facts.pop(name + INCOMPLETE, None)

    def _give_way_refractory(self) -> None:
        """Progression on the last line, against stated refractoriness; and the other way round."""
        said, derived = self._stated(_REFRACTORY), self.facts.get(_PROGRESSED)
        last = self._last_line()
        if said is not None and derived is not None:
            named = any(self._among(drug, said.named) for drug in last)
            denied = all(drug in said.denied or (said.whole and not self._among(drug, said.named)) for drug in last)
            if (derived is True and denied) or (derived is False and named):
                self._drop(_PROGRESSED, _REFRACTORY)
        if _REFRACTORY in self.facts and _PROGRESSED in self.given:
            states = self._states()
            if self.given[_PROGRESSED] is False:
                self._open([d for d in last if states.get(d)], _PROGRESSED)
            elif not any(states.get(d) for d in last):
                self._open(last, _PROGRESSED)

    def _give_way_last(self) -> None:
        """What was derived of another last line than the one stated."""
        said = self._stated(_LAST)
        if said is not None and self.history.lines and said.named != set(self.history.lines[-1]["drugs"]):
            self._drop(_PROGRESSED, _LAST)

    def _give_way_to_contradictions(self) -> None:
        """Whatever else derived contradicts what is stated, one fact after the other; stated facts stay."""
        stated = next((name for name in self.given if name in FACTS), None)
        for name in _YIELD if stated else ():
            if self._agrees():
                return
            assert stated is not None
            self._drop(name, stated)

    def _agrees(self) -> bool:
        """Whether stated and derived facts are free of contradictions; other faults are told by `intake` itself."""
        facts = {**self.facts, **self.given}
        try:
            intake({key: value for key, value in facts.items() if key in FACTS or key in OPEN_LISTS}, self.kb)
        except QuestionError as error:
            return any(problem.code != "contradiction" for problem in error.problems)
        return True

    def _states(self) -> dict[str, bool]:
        """What the derived list says of each drug, where it says anything."""
        have = self.facts[_REFRACTORY]
        told = {d[len(_DENIED) :]: False for d in have if d.startswith(_DENIED)} | {
            d: True for d in have if d != _NONE and not d.startswith(_DENIED)
        }
        if self.facts.get(_REFRACTORY + INCOMPLETE) is not True:
            received = [d for d in self.history.facts[_PRIOR] if d != _NONE]
            told = dict.fromkeys(received, False) | told
        return told

    def _open(self, names: Iterable[str], stated: str) -> None:
        """Leave open whether the disease is refractory to some drugs."""
        names = list(names)
        if not names:
            return
        states = self._states()
        word = {True: "", False: _DENIED}
        gone = ", ".join(word[states.get(d, False)] + d for d in names)
        self._note(stated, f"{FACTS[_REFRACTORY].option} {gone}", _REFRACTORY)
        kept = [word[state] + d for d, state in sorted(states.items(), key=lambda s: not s[1]) if d not in names]
        self.facts.pop(_REFRACTORY)
        self.facts.pop(_REFRACTORY + INCOMPLETE, None)
        if kept:
            self.facts |= {_REFRACTORY: kept, _REFRACTORY + INCOMPLETE: True}

    def _open_lists(self) -> None:
        """A list that is said to be incomplete cannot be none: it denies what it knows instead."""
        if self.given.get(_PRIOR + INCOMPLETE) is True:
            if self.facts.get(_PRIOR) == [_NONE]:
                del self.facts[_PRIOR]
            if self.facts.get("prior_asct") is False:
                del self.facts["prior_asct"]  # it may be among what is not listed
        if self.given.get(_REFRACTORY + INCOMPLETE) is True and self.facts.get(_REFRACTORY) == [_NONE]:
            self.facts[_REFRACTORY] = [_DENIED + d for d in self._states()]


def _text(value: Any) -> str:
    """A value as a user would write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        if set(value) <= {"min", "max"}:
            return " to ".join(str(value[end]) for end in ("min", "max") if value.get(end) is not None)
        return ", ".join(f"{key}={_text(inner)}" for key, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
