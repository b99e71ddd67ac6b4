"""Words, numbers and lists, as options and patient files give them, to stated atoms; every fault is collected."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from mmopts.diagnostics import BRIEF, MANY, Diagnostic, cut, did_you_mean, in_quotes, nearest, shown, unquoted
from mmopts.facts import DENIAL, FACTS, NONE, OPEN_LISTS, QUESTION_KEYS, Fact, incomplete_key, meant_by
from mmopts.knowledge.records import Knowledge, Meaning, Vocabulary
from mmopts.logic import Interval, Value
from mmopts.names import begun, fold_name, look_up, plain, split_list, underscored
from mmopts.patient.drug_words import minus, qualifiers_alone, read_drug_word, silent
from mmopts.patient.stated import Implied, Stated, doubted

_NUMBER = r"(?:0|[1-9][0-9]{0,6})(?:\.[0-9]{0,17})?"
_ONE = rf"[+-]?{_NUMBER}"
_RANGE = rf"(>?{_NUMBER})?\s*(?:-|to)\s*(<?{_NUMBER})?"
IN_WORDS = rf"^(?=.*[0-9])\s*(?:{_ONE}|{_RANGE})\s*$"
"""A number or a range as a text."""
_ALIKE = 0.8
"""How much a word must be like the beginning of a name for that to be meant."""
_NOT = "(?:un|in|no|non|not)[- ]?"
"""What makes a word mean its opposite, which is then not what was meant."""
_ORDER = {fact: place for place, fact in enumerate(FACTS)}
_TELLING = 5
"""A part of a name with so many letters may stand for the name."""


def in_order(given: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What is given, facts in one order however they were given, so that their faults are; what is none stands first."""
    return sorted(given.items(), key=lambda item: _ORDER.get(item[0], -1))


class Reader:
    """Reads a patient file's keys and values; what is wrong is added to `problems`, doubts to `warnings`."""

    def __init__(self, kb: Knowledge, problems: list[Diagnostic], warnings: list[Diagnostic]) -> None:
        self.kb, self.problems, self.warnings = kb, problems, warnings
        self.atoms: dict[str, Value] = {}
        self.whole: set[str] = set()
        self.last: list[str] = []
        self.implied: list[Implied] = []

    def read(self, given: Mapping[str, Any]) -> Stated:
        """The stated atoms of a patient."""
        named, _ = underscored(given)
        for name, raw in in_order(named):
            if name in OPEN_LISTS:
                if not isinstance(raw, bool) and raw is not None:
                    self._fault("bad-value", f"{name} is true or false, not {shown(raw, BRIEF)}.", name, raw)
            elif name in QUESTION_KEYS:
                self._fault("unknown-fact", f"{name} is asked for all patients at once, not of one.", name, raw)
            elif name not in FACTS:
                near = meant_by(name) or self._listing(name)
                near = near or (nearest(name, (*FACTS, *OPEN_LISTS)) if len(self.problems) < MANY else [])
                text = f"{in_quotes(name)} is no fact of a patient." + did_you_mean(near)
                self._fault("unknown-fact", text, cut(name), None, near)
            elif raw is not None:
                self._fact(FACTS[name], raw, named.get(incomplete_key(name)) is True)
        return Stated(self.atoms, frozenset(self.whole), tuple(dict.fromkeys(self.last)), tuple(self.implied), named)

    def _listing(self, name: str) -> list[str]:
        """The facts that a drug, a marker or a condition is listed under, where one stands as if it were a fact."""
        word = name.replace("_", "-")
        if look_up(word, self.kb.names) is not None:
            return ["prior", "refractory"]
        return [fact for fact, table in self.kb.vocabulary.items() if look_up(word, table.names) is not None]

    def _fact(self, fact: Fact, raw: Any, incomplete: bool) -> None:
        """Read one fact by its kind."""
        if fact.kind == "drugs":
            self._drugs(fact, raw, incomplete)
        elif fact.kind == "words":
            self._words(fact, raw)
        elif fact.kind == "months":
            self._months(fact, raw)
        elif fact.kind == "flag":
            if isinstance(raw, bool):
                self.atoms[fact.atom] = raw
            else:
                self._bad(fact, raw, "true or false")
        elif fact.kind == "choice":
            self._choice(fact, raw)
        else:
            self._number(fact, raw)

    def _number(self, fact: Fact, raw: Any) -> None:
        """A number or a range; of several ranges, what they have in common."""
        given = raw if isinstance(raw, (list, tuple)) and raw else [raw]
        ranges = [_interval(fact, one) for one in given]
        known = [r for r in ranges if r is not None]
        if len(known) < len(ranges):
            if any(_upside_down(fact, one) for one in given):
                self._bad(fact, raw, "a range from the lower to the higher number")
                return
            kind = "a whole number" if fact.whole else "a number"
            self._bad(fact, raw, f"{kind} from {fact.low:g} to {fact.high:g}, or a range such as {_example(fact)}")
            return
        common = Interval(max(r.low for r in known), min(r.high for r in known))
        if common.low > common.high:
            told = " and ".join(cut(_spoken(r), BRIEF) for r in raw)
            self._contradiction(fact, f"{told} contradict each other; give one.", raw)
        else:
            self.atoms[fact.atom] = common

    def _fault(self, code: str, text: str, fact: str, value: object = None, near: Sequence[str] = ()) -> None:
        self.problems.append(Diagnostic(code, text, fact, _kept(value), tuple(near)))

    def _bad(self, fact: Fact, raw: object, wanted: str) -> None:
        said = repr(raw) if isinstance(raw, str) else _spoken(raw)
        near = _numbers_meant(fact, raw) if isinstance(raw, str) and fact.kind == "number" else []
        told = did_you_mean([text if text[-1].isalnum() else repr(text) for text in near])
        self._fault("bad-value", f"⟨{fact.name}⟩ takes {wanted}, not {cut(said)}.{told}", fact.name, raw, near)

    def _contradiction(self, fact: Fact, text: str, value: object) -> None:
        self._fault("contradiction", f"⟨{fact.name}⟩ {text}", fact.name, value)

    def _choice(self, fact: Fact, raw: Any) -> None:
        words = split_list(raw)
        folded = {v.casefold(): v for v in fact.values}
        if words and all(w.casefold() in folded for w in words):
            self.atoms[fact.atom] = frozenset(folded[w.casefold()] for w in words)
        else:
            said = ", ".join(words) if words else unquoted(raw)
            near = [value for value in nearest(said, fact.values) if not re.fullmatch(rf"{_NOT}{value}", said.casefold())]
            meant, entry = ("", "") if near else self._word_of_another(said)
            told = did_you_mean([meant] if meant else near)
            text = f"⟨{fact.name}⟩ takes {', '.join(fact.values)}; not {in_quotes(said)}.{told}"
            self._fault("bad-value", text, fact.name, raw, near or ([entry] if entry else fact.values))

    def _word_of_another(self, said: str) -> tuple[str, str]:
        """The fact and its word for which a word stands, whole or as a part of its names; nothing if there are several."""
        word = fold_name(said)
        names = ((fact, name, entry) for fact, table in self.kb.vocabulary.items() for name, entry in table.names.items())
        found = {
            (f"⟨{fact}⟩ {entry}", entry)
            for fact, name, entry in names
            if word == name or (len(word) >= _TELLING and word in name)
        }
        return found.pop() if len(found) == 1 else ("", "")

    # --- drugs -----------------------------------------------------------------------------------

    def _drugs(self, fact: Fact, raw: Any, incomplete: bool) -> None:
        """Read a list of drugs, classes and combinations, with denials; `incomplete`: it was said not to be whole."""
        words = split_list(raw)
        if words is None or (not words and raw != []):
            self._bad(fact, raw, "a list of drugs, or none")
            return
        if not words or NONE in [w.casefold() for w in words]:
            self._no_drugs(fact, raw, [w for w in words if w.casefold() != NONE], incomplete)
            return
        affirmed = False
        meanings = []
        for word in words:
            denied = word.casefold().startswith(DENIAL) and look_up(word, self.kb.names) is None
            meaning = self._meaning(word[len(DENIAL) :] if denied else word, fact)
            meanings.append(meaning)
            for name in (*meaning.drugs, *meaning.classes):
                self._drug(fact, name, denied, word)
            if not denied:
                affirmed = True
                self._implied(fact, word, meaning)
        if not_told := qualifiers_alone(meanings, ", ".join(words), fact.name):
            self.problems.append(not_told)
        if affirmed and not incomplete and fact.name != "last":
            self.whole.add(fact.name)

    def _no_drugs(self, fact: Fact, raw: Any, others: list[str], incomplete: bool) -> None:
        if others:
            self._contradiction(fact, f"says none and also {', '.join(others)}.", raw)
        elif incomplete:
            self._contradiction(fact, f"none and ⟨{incomplete_key(fact.name)}⟩ contradict each other.", raw)
        elif fact.name == "last":
            if raw != []:  # an empty list says nothing of a last line; the word says that there was none
                because = f"⟨{fact.name}⟩ {NONE}"
                self.implied.append(Implied("lines", Interval(0, 0), because))
                self.implied += [Implied(f"exposed:{n}", False, because) for n in (*self.kb.drugs, *self.kb.classes)]
        else:
            self.whole.add(fact.name)
            self.atoms.update({f"{fact.atom}:{name}": False for name in (*self.kb.drugs, *self.kb.classes)})

    def _drug(self, fact: Fact, name: str, denied: bool, word: str) -> None:
        if fact.name == "last":
            if denied:
                self._bad(fact, word, "drugs that were given, no denials")
            else:
                self.last.append(name)
            return
        atom = f"{fact.atom}:{name}"
        if self.atoms.get(atom, not denied) is denied:
            self._contradiction(fact, f"both states and denies {name}.", word)
        self.atoms[atom] = not denied

    def _meaning(self, word: str, fact: Fact) -> Meaning:
        return read_drug_word(word, self.kb, fact.name, self.problems, self.warnings)

    def _implied(self, fact: Fact, word: str, meaning: Meaning) -> None:
        """What naming a treatment also says: it was received, with all that it includes, in a line of therapy."""
        because, meant = f"⟨{fact.name}⟩ {word}", (*meaning.drugs, *meaning.classes)
        if fact.name == "last":
            self.implied += [Implied(f"exposed:{d}", True, because) for d in meant]
        if fact.name in ("prior", "last") and not meaning.filler:
            if not meant and not meaning.sets and meaning.name:
                self.warnings.append(doubted("no-rule", f"{word} is understood, but no rule asks for it", fact.name))
            self.implied += [Implied(atom, value, because) for atom, value in meaning.sets.items()]
            if meaning.name:
                self.implied.append(Implied("lines", Interval(1, FACTS["lines"].high), because))

    # --- words of a vocabulary -------------------------------------------------------------------

    def _words(self, fact: Fact, raw: Any) -> None:
        """Read a list of words of the vocabulary, with denials and words for a whole group."""
        table = self.kb.vocabulary[fact.name]
        words = split_list(raw)
        if words is None or (not words and raw != []):
            self._bad(fact, raw, "a list of words")
            return
        groups = {}
        for word in words:
            group = tuple(table.words) if word.casefold() == NONE else table.groups.get(word.casefold())
            if group is not None:
                groups[word] = group
                continue
            entry, denied = look_up(word, table.names), False
            if entry is None and word.casefold().startswith(DENIAL):
                entry, denied = look_up(word[len(DENIAL) :], table.names), True
            if entry is None:
                self.problems.append(_unknown_word(word, fact, table, len(self.problems) < MANY))
                continue
            atom = f"{fact.atom}:{entry}"
            if self.atoms.get(atom, not denied) is denied:
                self._contradiction(fact, f"both states and denies {entry}.", word)
            self.atoms[atom] = not denied
        for word, group in groups.items():
            self._deny_group(fact, word, group)

    def _deny_group(self, fact: Fact, word: str, group: tuple[str, ...]) -> None:
        said = [w for w in group if self.atoms.get(f"{fact.atom}:{w}") is True]
        if said:
            self._contradiction(fact, f"says {word} and also {', '.join(said)}.", word)
        self.atoms.update({f"{fact.atom}:{w}": False for w in group})

    # --- months ----------------------------------------------------------------------------------

    def _months(self, fact: Fact, raw: Any) -> None:
        """Read how long ago drugs were given: a mapping, or words like ``DRUG=7``."""
        pairs: list[tuple[str, Any]] = []
        if isinstance(raw, Mapping):
            pairs = list(raw.items())
        else:
            words = split_list(raw)
            if not words:
                self._bad(fact, raw, f"DRUG=MONTHS with months from {fact.low:g} to {fact.high:g}")
            for pair in words or ():
                drug, equals, number = pair.partition("=")
                pairs.append((drug, number if equals else None))
        for word, months in pairs:
            found = _interval(fact, months)
            if found is None:
                if _upside_down(fact, months):
                    self._bad(fact, f"{word}={_spoken(months)}", "a range from the lower to the higher number")
                    continue
                said = f"{word}={_spoken(months)}" if months is not None else word
                self._bad(fact, said, f"DRUG=MONTHS with months from {fact.low:g} to {fact.high:g}")
                continue
            known = len(self.problems)
            meaning = self._meaning(str(word), fact)
            if not meaning.drugs and len(self.problems) == known:
                self._bad(fact, word, "drugs, not a class")
            for drug in meaning.drugs:
                if self.atoms.setdefault(f"{fact.atom}:{drug}", found) != found:
                    self._contradiction(fact, f"gives two different numbers for {drug}.", drug)


def with_point(text: str) -> str:
    """A number with a decimal comma with a point; a comma before three digits may part thousands and stays."""
    return re.sub(r"^\s*([0-9]{1,6}),([0-9]{1,2})\s*$", r"\1.\2", text)


def _numbers_meant(fact: Fact, raw: str) -> list[str]:
    """What was perhaps meant by a text that is no number of a fact: ``<30``, ``3+``, ``48,5`` or ``48 mL/min``."""
    text = re.sub(r"(?<=[0-9])\s*[A-Za-z%/²]+$", "", plain(raw).strip())
    text = re.sub(r"^(?:≤|=<|<=)\s*(?=[0-9])", f"{fact.low:g}-", text)
    text = re.sub(r"^<\s*(?=[0-9])", f"{fact.low:g}-<", text)
    text = re.sub(r"^(?:≥|=>|>=)\s*([0-9.]+)$|^([0-9.]+)\s*\+$", lambda found: f"{found[1] or found[2]}-", text)
    text = re.sub(r"^>\s*([0-9.]+)$", r">\1-", text)
    text = text if fact.whole else with_point(text)
    return [text] if text != raw and _interval(fact, text) is not None else []


def _example(fact: Fact) -> str:
    """A range that the fact takes."""
    if fact.high > 40:
        tens = round((3 * fact.low + fact.high) / 4, -1)
        return f"{tens:g}-{tens + 10:g}"
    return f"{fact.low + 2:g}-{fact.low + 4:g}"


def _interval(fact: Fact, raw: Any) -> Interval | None:
    """A number, a range (``2-4``, ``7-``) or a mapping of min and max, within the bounds of its fact; else None."""
    if isinstance(raw, Mapping):
        ends = _ends(raw)
        return _between(fact, *ends) if ends else None
    if isinstance(raw, str) and not re.fullmatch(_ONE, raw.strip()):
        said = re.fullmatch(_RANGE, raw.strip())
        return _between(fact, said[1], said[2]) if said and (said[1] or said[2]) else None
    one = _number(fact, raw)
    return None if one is None else Interval(one, one)


def _ends(raw: Any) -> tuple[Any, Any] | None:
    """The ends of a mapping of min and max."""
    if not isinstance(raw, Mapping) or not raw or set(raw) - {"min", "max"}:
        return None
    return raw.get("min"), raw.get("max")


def _upside_down(fact: Fact, raw: Any) -> bool:
    """Whether a range has its ends the wrong way round, and would be right otherwise."""
    said = re.fullmatch(_RANGE, raw.strip()) if isinstance(raw, str) else None
    low, high = (said[1], said[2]) if said else _ends(raw) or (None, None)
    return low is not None and high is not None and _between(fact, high, low) is not None


def _spoken(raw: Any) -> str:
    """A value as a message names it: a range by its ends."""
    if isinstance(raw, (list, tuple)) and any(isinstance(one, Mapping) for one in raw):
        return " and ".join(map(_spoken, raw))
    ends = _ends(raw)
    if ends is not None:
        return ", ".join(f"{name} {end}" for name, end in zip(("min", "max"), ends, strict=True) if end is not None)
    if isinstance(raw, str):
        return raw
    try:
        return json.dumps(raw, default=shown)
    except (ValueError, TypeError, RecursionError):
        return shown(raw)


def _kept(raw: object) -> object:
    """What was given, as an error keeps it: plain data as it is, anything else as text."""
    if raw is None or isinstance(raw, (str, bool, int, float)):
        return raw
    try:
        json.dumps(raw)
    except (ValueError, TypeError, RecursionError):
        return shown(raw)
    return raw


def _between(fact: Fact, first: Any, last: Any) -> Interval | None:
    """From a first to a last number; ``>5`` and ``<60`` leave out the end itself."""
    low = _number(fact, fact.low if first is None else first.lstrip(">") if isinstance(first, str) else first)
    high = _number(fact, fact.high if last is None else last.lstrip("<") if isinstance(last, str) else last)
    if low is not None and isinstance(first, str) and first.startswith(">"):
        low = fact.above(low)
    if high is not None and isinstance(last, str) and last.startswith("<"):
        high = fact.below(high)
    return Interval(low, high) if low is not None and high is not None and low <= high else None


def _number(fact: Fact, raw: Any) -> float | None:
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        return None
    if isinstance(raw, str) and not re.fullmatch(_ONE, raw.strip()):
        return None
    try:
        number = float(raw)
    except OverflowError:
        return None
    return number if isfinite(number) and fact.low <= number <= fact.high and not (fact.whole and number % 1) else None


def _meant(word: str, table: Mapping[str, str], alike: float = 0.0) -> list[str]:
    """What the names of a table stand for that begin as a word does; with `alike`, or nearly so."""
    found = sorted(begun(word, table), key=len)
    if alike and not found:
        heads: dict[str, list[str]] = {}
        for name in table:
            heads.setdefault(name[: len(word) + 1], []).append(name)
        found = [name for head in nearest(word, heads, 1, alike) for name in heads[head]]
    return list(dict.fromkeys(table[name] for name in found))


def _near(word: str, table: Vocabulary) -> list[str]:
    """The words of a vocabulary that were perhaps meant: by the beginning of a name, or by a slip of the pen."""
    close = nearest(word, [*table.words, *table.groups, *table.names])
    near = _meant(word, table.names) or [table.names.get(name, name) for name in close] or _meant(word, table.names, _ALIKE)
    return list(dict.fromkeys(near))[:3]


def _unknown_word(word: str, fact: Fact, table: Vocabulary, search: bool) -> Diagnostic:
    """A problem for an unknown word: where it belongs, if that is known, else the nearest known words."""
    hint = look_up(word, table.elsewhere)
    if not hint and (signed := minus(word, fact.name, "unknown-word")):
        return signed
    if not hint and (unsaid := silent(word, fact.name)):
        return Diagnostic("unknown-word", unsaid, fact.name, word, (NONE,))
    if search and not hint:
        hint = next(iter(_meant(word, table.elsewhere, _ALIKE)), None)
    near = _near(word, table) if search and not hint else []
    text = f"{in_quotes(word)} is not known to ⟨{fact.name}⟩" + (f": {hint}." if hint else "." + did_you_mean(near))
    text += "" if hint or near else f" mmopts facts {fact.name} lists the words."
    return Diagnostic("unknown-word", text, fact.name, word, tuple(near))
