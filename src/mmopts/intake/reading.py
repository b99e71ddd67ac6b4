"""Words, numbers and lists, as options and patient files give them, to stated atoms; every fault is collected."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from mmopts.errors import MANY, Problem, did_you_mean, nearest
from mmopts.facts import FACTS, OPEN_LISTS, Fact
from mmopts.intake.stated import Implied, Note, Stated
from mmopts.knowledge.model import Knowledge
from mmopts.logic import Interval, Value
from mmopts.names import look_up, read_drug_word, split_list

_NUMBER = re.compile(r"[+-]?(0|[1-9][0-9]{0,6})(\.[0-9]{0,10})?")


def read(given: Mapping[str, Any], kb: Knowledge, problems: list[Problem], warnings: list[Note]) -> Stated:
    """Stated atoms from a patient file's keys and values; what is wrong is added to `problems`, doubts to `warnings`."""
    atoms: dict[str, Value] = {}
    whole: set[str] = set()
    last: list[str] = []
    implied: list[Implied] = []
    given = {str(key).replace("-", "_"): raw for key, raw in given.items()}
    for name, raw in given.items():
        if name in OPEN_LISTS:
            if not isinstance(raw, bool) and raw is not None:
                problems.append(Problem("bad-value", f"{name} is true or false, not {str(raw)[:40]!r}.", name, raw))
            continue
        fact = FACTS.get(name)
        if fact is None:
            near = nearest(name, (*FACTS, *OPEN_LISTS))
            problems.append(
                Problem(
                    "unknown-fact",
                    f"{name[:80]!r} is no fact of a patient." + did_you_mean(near),
                    name[:80],
                    None,
                    tuple(near),
                )
            )
        elif raw is None:
            continue
        elif fact.kind == "drugs":
            if given.get(f"{name}_incomplete") is not True and name != "last":
                whole.add(name)
            _read_drugs(fact, raw, kb, atoms, last, implied, problems, warnings)
        elif fact.kind == "words":
            _read_words(fact, raw, kb, atoms, problems)
        elif fact.kind == "months":
            _read_months(fact, raw, kb, atoms, problems, warnings)
        else:
            _read_scalar(fact, raw, atoms, problems)
    return Stated(atoms, frozenset(whole), tuple(dict.fromkeys(last)), tuple(implied), given)


def _bad(fact: Fact, raw: object, wanted: str) -> Problem:
    shown = repr(raw) if isinstance(raw, str) else json.dumps(raw, default=str)
    return Problem("bad-value", f"{fact.option} takes {wanted}, not {shown[:80]}.", fact.name, raw)


def _read_scalar(fact: Fact, raw: Any, atoms: dict[str, Value], problems: list[Problem]) -> None:
    if fact.kind == "flag":
        if isinstance(raw, bool):
            atoms[fact.atom] = raw
        else:
            problems.append(_bad(fact, raw, "true or false"))
    elif fact.kind == "choice":
        words = split_list(raw)
        folded = {v.casefold(): v for v in fact.values}
        if words and all(w.casefold() in folded for w in words):
            atoms[fact.atom] = frozenset(folded[w.casefold()] for w in words)
        else:
            near = nearest(str(raw), fact.values)
            problems.append(
                Problem(
                    "bad-value",
                    f"{fact.option} takes {', '.join(fact.values)}; not {raw!r}." + did_you_mean(near),
                    fact.name,
                    raw,
                    tuple(near or fact.values),
                )
            )
    else:
        found = _interval(fact, raw)
        if found is None:
            kind = "a whole number" if fact.whole else "a number"
            problems.append(_bad(fact, raw, f"{kind} from {fact.low:g} to {fact.high:g}"))
        else:
            atoms[fact.atom] = found


def _interval(fact: Fact, raw: Any) -> Interval | None:
    """A number, or a mapping of min and max, within the bounds of its fact; None if it is neither."""
    if isinstance(raw, Mapping):
        if not raw or set(raw) - {"min", "max"}:
            return None
        ends = [raw.get("min"), raw.get("max")]
        low = _number(fact, fact.low if ends[0] is None else ends[0])
        high = _number(fact, fact.high if ends[1] is None else ends[1])
        return Interval(low, high) if low is not None and high is not None and low <= high else None
    one = _number(fact, raw)
    return None if one is None else Interval(one, one)


def _number(fact: Fact, raw: Any) -> float | None:
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        return None
    if isinstance(raw, str) and not _NUMBER.fullmatch(raw.strip()):
        return None
    try:
        raw = float(raw)
    except OverflowError:
        return None
    return raw if isfinite(raw) and fact.low <= raw <= fact.high and not (fact.whole and raw % 1) else None


def _read_drugs(
    fact: Fact,
    raw: Any,
    kb: Knowledge,
    atoms: dict[str, Value],
    last: list[str],
    implied: list[Implied],
    problems: list[Problem],
    warnings: list[Note],
) -> None:
    words = split_list(raw)
    if words is None or (not words and raw != []):
        problems.append(_bad(fact, raw, "a list of drugs, or none"))
        return
    if "none" in [w.casefold() for w in words] or not words:
        if len(words) > 1:
            others = ", ".join(w for w in words if w.casefold() != "none")
            problems.append(Problem("contradiction", f"{fact.option} says none and also {others}.", fact.name, raw))
        elif fact.name != "last":
            atoms.update({f"{fact.atom}:{name}": False for name in (*kb.drugs, *kb.classes)})
        return
    said: list[tuple[str, str]] = []
    for word in words:
        known_problems = len(problems)
        meaning = read_drug_word(word, kb.names, kb.ambiguous, fact.name, problems, said)
        meant, because = (*meaning.drugs, *meaning.classes), f"{fact.option} {word}"
        if fact.name == "last":
            last.extend(meant)
            implied += [Implied(f"exposed:{d}", True, because) for d in meant]
        else:
            atoms.update({f"{fact.atom}:{d}": True for d in meant})
        if fact.name in ("prior", "last") and not meaning.filler:
            if not meant and known_problems == len(problems):
                text = f"{word} is understood, but no rule asks for it"
                warnings.append(Note("no-rule", text, fact.name, fact.option))
            implied += [Implied(atom, value, because) for atom, value in meaning.sets.items()]
            implied.append(Implied("lines", Interval(1, FACTS["lines"].high), because))
    warnings += [Note(code, text, fact.name, fact.option) for code, text in said]


def _read_words(fact: Fact, raw: Any, kb: Knowledge, atoms: dict[str, Value], problems: list[Problem]) -> None:
    table = kb.vocabulary[fact.name]
    words = split_list(raw)
    if words is None or (not words and raw != []):
        problems.append(_bad(fact, raw, "a list of words"))
        return
    for word in words:
        group = table["ids"] if word.casefold() == "none" else table.get("groups", {}).get(word.casefold())
        if group is not None:
            said = [w for w in group if atoms.get(f"{fact.atom}:{w}") is True]
            if said:
                problems.append(
                    Problem("contradiction", f"{fact.option} says {word} and also {', '.join(said)}.", fact.name, word)
                )
            atoms.update({f"{fact.atom}:{w}": False for w in group})
            continue
        entry, denied = look_up(word, table["names"]), False
        if entry is None and word.casefold().startswith("no-"):
            entry, denied = look_up(word[3:], table["names"]), True
        if entry is None:
            problems.append(_unknown_word(word, fact, table, len(problems) < MANY))
            continue
        atom = f"{fact.atom}:{entry}"
        if atoms.get(atom, not denied) is denied:
            problems.append(Problem("contradiction", f"{fact.option} both states and denies {entry}.", fact.name, word))
        atoms[atom] = not denied


def _unknown_word(word: str, fact: Fact, table: Mapping[str, Any], search: bool) -> Problem:
    """A word that is not known: where it belongs, if that is known, else the nearest known ones."""
    hint = look_up(word, table.get("elsewhere", {}))
    near = nearest(word, [*table["ids"], *table.get("groups", {})]) if search and not hint else []
    text = f"{word!r} is not known to {fact.option}" + (f": {hint}." if hint else "." + did_you_mean(near))
    return Problem("unknown-word", text, fact.name, word, tuple(near))


def _read_months(
    fact: Fact, raw: Any, kb: Knowledge, atoms: dict[str, Value], problems: list[Problem], warnings: list[Note]
) -> None:
    pairs: list[tuple[str, Any]] = []
    if isinstance(raw, Mapping):
        pairs = list(raw.items())
    else:
        for pair in split_list(raw) or [""]:
            drug, equals, number = pair.partition("=")
            pairs.append((drug, number if equals else None))
    for word, months in pairs:
        found = _interval(fact, months)
        if found is None:
            problems.append(
                _bad(fact, f"{word}={months}" if months is not None else raw, "DRUG=MONTHS with months from 0 to 600")
            )
            continue
        said: list[tuple[str, str]] = []
        found_problems = len(problems)
        meaning = read_drug_word(str(word), kb.names, kb.ambiguous, fact.name, problems, said)
        if not meaning.drugs and len(problems) == found_problems:
            problems.append(_bad(fact, word, "drugs, not a class"))
        for drug in meaning.drugs:
            atom = f"{fact.atom}:{drug}"
            if atoms.setdefault(atom, found) != found:
                text = f"{fact.option} gives two different numbers for {drug}."
                problems.append(Problem("contradiction", text, fact.name, drug))
        warnings += [Note(code, text, fact.name, fact.option) for code, text in said]
