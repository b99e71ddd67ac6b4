"""Facts as the words of a command line: what can be pasted behind a question to say them, exactly and no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmopts.facts import ANY_REGION, DENIAL, FACTS, OPEN_LISTS, Fact, incomplete_key, split_atom
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Value
from mmopts.patient.as_file import fact_as_file
from mmopts.patient.stated import Patient, restate
from mmopts.words import left_out


def answer_options(patient: Patient, atom: str, value: Value, kb: Knowledge, also: Mapping[str, Value] | None = None) -> str:
    """The options that say that an atom has this value, quoted for a POSIX shell.

    A list is written in full, since an option replaces the list of a patient file; a range stays a range. `also`: other
    atoms answered at the same time, which the same list may have to include.
    """
    fact, _ = split_atom(atom)
    facts = answer_facts(patient, atom, value, kb, also)
    said = _words(fact, facts.pop(fact.name), incomplete=incomplete_key(fact.name) in facts)
    return " ".join([*said, *(FACTS[name].option for name in facts if name in FACTS)])


def answer_facts(
    patient: Patient, atom: str, value: Value, kb: Knowledge, also: Mapping[str, Value] | None = None
) -> dict[str, Any]:
    """What a patient file says by this answer: the whole fact of the atom, and whether its list stays open."""
    fact, _ = split_atom(atom)
    said = {**(also or {}), atom: value}
    changed = restate(patient.stated, said)
    if fact.name not in changed.given:
        changed = changed._replace(given={**changed.given, fact.name: []})
    value_said = fact_as_file(fact, patient._replace(stated=changed, firm={**patient.firm, **said}), kb)
    said_open = incomplete_key(fact.name)
    listed = fact.kind == "drugs" and fact.name not in changed.whole and said_open in OPEN_LISTS
    more = {said_open: True} if listed and (_affirms(value_said) or patient.stated.given.get(said_open) is True) else {}
    return {fact.name: value_said, **more, **_kept(patient, fact)}


def _kept(patient: Patient, fact: Fact) -> dict[str, Any]:
    """The flags set by words of the old list, such as a transplant among the drugs, which the new list no longer sets."""
    stated = patient.stated
    set_too = (i for i in stated.implied if i.because.startswith(f"⟨{fact.name}⟩") and i.atom not in stated.atoms)
    return {split_atom(i.atom)[0].name: True for i in set_too if i.value is True and split_atom(i.atom)[0].kind == "flag"}


def patient_options(facts: Mapping[str, Any]) -> str:
    """The options that say a whole patient (a patient file's facts)."""
    out: list[str] = []
    for name, value in facts.items():
        fact = FACTS.get(name)
        if fact is None or value is None or value == []:
            continue
        out += _words(fact, value, incomplete=facts.get(incomplete_key(name)) is True)
    return " ".join(out)


def question_options(asked: Mapping[str, Any], reviewed: str) -> str:
    """The options that put a question again: a patient file's facts, with `region`, `as_of` and `strict`.

    What is meant anyway is left out; `reviewed` is the day that is meant where none is said.
    """
    region, day = asked.get("region"), asked.get("as_of")
    scope = (
        f"--region {region}" if region not in (None, ANY_REGION) else "",
        f"--as-of {quoted(str(day))}" if day not in (None, reviewed) else "",
        "--strict" if asked.get("strict") else "",
    )
    return " ".join(filter(None, (patient_options(asked), *scope)))


def _affirms(words: Any) -> bool:
    return isinstance(words, list) and any(not str(w).startswith(DENIAL) for w in words)


def _words(fact: Fact, value: Any, incomplete: bool) -> list[str]:
    """One fact as options."""
    if fact.kind == "flag":
        return [fact.option if value else fact.denial]
    if fact.kind == "months":
        return [f"{fact.option} {quoted(f'{drug}={number_text(months, fact)}')}" for drug, months in value.items()]
    if fact.shorthand and isinstance(value, str):
        return [f"--{value}"]
    if fact.kind == "number":
        each = value if isinstance(value, (list, tuple)) else [value]
        return [f"{fact.option} {quoted(number_text(one, fact))}" for one in each]
    said = ",".join(value) if isinstance(value, list) else str(value)
    return [f"{fact.option} {quoted(said)}", *([f"{fact.option}-incomplete"] if incomplete else [])]


def number_text(value: Any, fact: Fact) -> str:
    """A number or a range as an option takes it: ``3``, ``2-4``, ``7-``, ``30-<60``, ``>5-8``.

    A range has its lower end, of the fact if not its own: ``-4`` would be read as a number.
    """
    if not isinstance(value, Mapping):
        return f"{value:.10g}" if isinstance(value, (int, float)) else str(value)
    low, high = value.get("min"), value.get("max")
    return f"{_end(fact.low if low is None else low, up=False)}-{'' if high is None else _end(high, up=True)}"


def _end(value: float | str, up: bool) -> str:
    """One end of a range, also as a patient file may give it in words."""
    if isinstance(value, str):
        return value.strip()
    bound = left_out(value, up)
    return f"{value:.10g}" if bound is None else f"{'<' if up else '>'}{bound:.10g}"


def quoted(word: str) -> str:
    """A word as a POSIX shell takes it."""
    plain = word and all(letter.isalnum() or letter in "_.,:=+/-" for letter in word)
    return word if plain else "'" + word.replace("'", "'\\''") + "'"
