"""From what a user states to what is known of the patient: stated, entailed, presumed.

A *stated* fact is taken as it is. An *entailment* is a definition (refractory means received). A
*presumption* fills a gap so that the answer is usable, and is always listed. A stated fact replaces a
presumption; against an entailment or another stated fact it is an error that names both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, isfinite, nextafter
from typing import Any, NamedTuple

from mmopts.errors import Problem, QuestionError, did_you_mean, nearest
from mmopts.facts import FACTS, OPEN_LISTS, Fact, split_atom
from mmopts.knowledge.model import Knowledge
from mmopts.logic import Evaluate, Interval, Value, Worlds, fold
from mmopts.names import look_up, read_drug_word, split_list


class Note(NamedTuple):
    """An assumption or a warning: a stable code, words, and the fact and option that it concerns."""

    code: str
    text: str
    fact: str | None = None
    option: str | None = None


class Implied(NamedTuple):
    """What a word says besides: received in the last line, or transplanted before."""

    atom: str
    value: Value
    because: str


class Stated(NamedTuple):
    """The stated atoms and what else the words imply.

    `whole` are the facts whose list is presumed whole; `last` the drugs and classes of the last line, if given.
    """

    atoms: dict[str, Value]
    whole: frozenset[str] = frozenset()
    last: tuple[str, ...] = ()
    implied: tuple[Implied, ...] = ()
    given: Mapping[str, Any] = {}


class Patient(NamedTuple):
    """A patient as known: `facts` with presumptions, `firm` without, and the account of both."""

    facts: dict[str, Value]
    firm: dict[str, Value]
    stated: Stated
    assumptions: list[Note]
    warnings: list[Note]
    strict: bool = False


def intake(given: Mapping[str, Any], kb: Knowledge, strict: bool = False) -> Patient:
    """Read stated facts (a patient file's keys and values, or the same from options) against a knowledge base.

    Raises QuestionError with every fault found: unknown words, values out of range, contradictions.
    """
    problems: list[Problem] = []
    warnings: list[Note] = []
    stated = _read(given, kb, problems, warnings)
    if problems:
        raise QuestionError(problems)
    firm, conflicts, _ = settle(stated, kb, presume=False)
    facts, more, assumptions = settle(stated, kb, presume=True)
    conflicts = conflicts or more
    if conflicts:
        raise QuestionError(conflicts)
    warnings += _doubts(stated, firm, kb)
    if strict:
        return Patient(firm, firm, stated, [a for a in assumptions if a.code.startswith("entailed")], warnings, True)
    return Patient(facts, firm, stated, assumptions, warnings)


# --- reading ---------------------------------------------------------------------------------------


def _read(given: Mapping[str, Any], kb: Knowledge, problems: list[Problem], warnings: list[Note]) -> Stated:
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
            problems.append(Problem("unknown-fact", f"{name[:80]!r} is no fact of a patient." + did_you_mean(near),
                                    name[:80], None, tuple(near)))
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
    shown = f"{raw!r}"
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
            problems.append(Problem("bad-value", f"{fact.option} takes {', '.join(fact.values)}; not {raw!r}."
                                    + did_you_mean(near), fact.name, raw, tuple(near or fact.values)))
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
    try:
        raw = float(raw[:40] if isinstance(raw, str) else raw)
    except (ValueError, OverflowError):
        return None
    return raw if isfinite(raw) and fact.low <= raw <= fact.high and not (fact.whole and raw % 1) else None


def _read_drugs(fact: Fact, raw: Any, kb: Knowledge, atoms: dict[str, Value], last: list[str],
                implied: list[Implied], problems: list[Problem], warnings: list[Note]) -> None:
    words = split_list(raw)
    if words is None or (not words and not isinstance(raw, (list, tuple))):
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
        meaning = read_drug_word(word, kb.names, kb.ambiguous, fact.name, problems, said)
        meant, because = (*meaning.drugs, *meaning.classes), f"{fact.option} {word}"
        if fact.name == "last":
            last.extend(meant)
            implied += [Implied(f"exposed:{d}", True, because) for d in meant]
        else:
            atoms.update({f"{fact.atom}:{d}": True for d in meant})
        if fact.name in ("prior", "last"):
            implied += [Implied(atom, value, because) for atom, value in meaning.sets.items()]
            implied.append(Implied("lines", Interval(1, FACTS["lines"].high), because))
    warnings += [Note(code, text, fact.name, fact.option) for code, text in said]


def _read_words(fact: Fact, raw: Any, kb: Knowledge, atoms: dict[str, Value], problems: list[Problem]) -> None:
    table = kb.vocabulary[fact.name]
    words = split_list(raw)
    if words is None:
        problems.append(_bad(fact, raw, "a list of words"))
        return
    for word in words:
        group = table["ids"] if word.casefold() == "none" else table.get("groups", {}).get(word.casefold())
        if group is not None:
            said = [w for w in group if atoms.get(f"{fact.atom}:{w}") is True]
            if said:
                problems.append(Problem("contradiction", f"{fact.option} says {word} and also {', '.join(said)}.",
                                        fact.name, word))
            atoms.update({f"{fact.atom}:{w}": False for w in group})
            continue
        entry, denied = look_up(word, table["names"]), False
        if entry is None and word.casefold().startswith("no-"):
            entry, denied = look_up(word[3:], table["names"]), True
        if entry is None:
            near = nearest(word, [*table["ids"], *table.get("groups", {})])
            problems.append(Problem("unknown-word", f"{word!r} is not known to {fact.option}." + did_you_mean(near),
                                    fact.name, word, tuple(near)))
            continue
        atom = f"{fact.atom}:{entry}"
        if atoms.get(atom, not denied) is denied:
            problems.append(Problem("contradiction", f"{fact.option} both states and denies {entry}.", fact.name, word))
        atoms[atom] = not denied


def _read_months(fact: Fact, raw: Any, kb: Knowledge, atoms: dict[str, Value],
                 problems: list[Problem], warnings: list[Note]) -> None:
    pairs: list[tuple[str, Any]] = []
    if isinstance(raw, Mapping):
        pairs = list(raw.items())
    else:
        for word in split_list(raw) or [""]:
            drug, equals, months = word.partition("=")
            pairs.append((drug, months if equals else None))
    for drug, months in pairs:
        found = _interval(fact, months)
        if found is None:
            problems.append(_bad(fact, f"{drug}={months}" if months is not None else raw,
                                 "DRUG=MONTHS with months from 0 to 600"))
            continue
        said: list[tuple[str, str]] = []
        found_problems = len(problems)
        meaning = read_drug_word(str(drug), kb.names, kb.ambiguous, fact.name, problems, said)
        if not meaning.drugs and len(problems) == found_problems:
            problems.append(_bad(fact, drug, "drugs, not a class"))
        atoms.update({f"{fact.atom}:{d}": found for d in meaning.drugs})
        warnings += [Note(code, text, fact.name, fact.option) for code, text in said]


# --- settling --------------------------------------------------------------------------------------


class _Known(dict[str, Value]):
    """Facts being settled: adding a value narrows what is known, or is a conflict with it."""

    def __init__(self, stated: Mapping[str, Value]) -> None:
        super().__init__(stated)
        self.conflicts: list[Problem] = []

    def learn(self, atom: str, value: Value, because: str) -> None:
        """Take in what is entailed; against what is known it is a conflict that names both."""
        have = self.get(atom)
        if have is None:
            self[atom] = value
        elif isinstance(have, Interval) and isinstance(value, Interval):
            low, high = max(have.low, value.low), min(have.high, value.high)
            if low > high:
                self._conflict(atom, have, because)
            else:
                self[atom] = Interval(low, high)
        elif isinstance(have, frozenset) and isinstance(value, frozenset):
            if have & value:
                self[atom] = have & value
            else:
                self._conflict(atom, have, because)
        elif have != value:
            self._conflict(atom, have, because)

    def _conflict(self, atom: str, have: Value, because: str) -> None:
        fact, about = split_atom(atom)
        said = f"{fact.option} {about}".strip() if isinstance(have, bool) else f"{fact.option} {show_value(have)}"
        if have is False:
            said = f"{fact.option} none" if fact.kind == "drugs" else f"not {said}"
        if not any(p.fact == fact.name for p in self.conflicts):
            text = f"{said} contradicts {because}."
            self.conflicts.append(Problem("contradiction", text, fact.name, show_value(have)))

    def presume(self, atom: str, value: Value) -> bool:
        """Fill a gap; whether there was one."""
        if atom in self:
            return False
        self[atom] = value
        return True


def show_value(value: Value) -> str:
    """A value in words: a number, a range, the possible words, yes or no."""
    if isinstance(value, Interval):
        if value.low == value.high:
            return f"{value.low:g}"
        return f"{value.low:g} or more" if value.high == inf else f"{value.low:g} to {value.high:g}"
    if isinstance(value, frozenset):
        return " or ".join(sorted(value))
    return "yes" if value else "no"


def settle(stated: Stated, kb: Knowledge, presume: bool) -> tuple[dict[str, Value], list[Problem], list[Note]]:
    """All that follows from the stated facts: (facts, contradictions, assumptions). With `presume`, gaps are filled."""
    known = _Known(stated.atoms)
    notes: list[Note] = []
    _received(known, stated, kb)
    _setting_and_lines(known, stated, notes)
    _entail(known, kb)
    if presume:
        _presume_lists(known, stated, kb, notes)
    _never_received(known, kb)
    _progression(known, stated, kb)
    _fitness(known, kb, notes)
    if presume:
        _presume_gaps(known, kb, notes)
    return known, known.conflicts, notes


def _received(known: _Known, stated: Stated, kb: Knowledge) -> None:
    """Refractory, intolerant or timed means received; so does standing in the last line."""
    for atom, value, because in stated.implied:
        known.learn(atom, value, because)
    for atom, value in stated.atoms.items():
        prefix, _, about = atom.partition(":")
        if prefix in ("refractory", "intolerant", "months_since") and value is not False:
            known.learn(f"exposed:{about}", True, f"{FACTS[prefix].option} {about} (it means received)")
    for atom, value in list(known.items()):
        prefix, _, drug = atom.partition(":")
        if value is True and prefix in ("exposed", "refractory", "intolerant"):
            for name in kb.drugs.get(drug, {}).get("classes", ()):
                known.learn(f"{prefix}:{name}", True, f"{FACTS['prior'].option} {drug}")


def _any_received(known: Mapping[str, Value]) -> bool | None:
    """Whether any drug was received: None if nothing is known of it."""
    exposures = [v for a, v in known.items() if a.startswith("exposed:")]
    return True if True in exposures else False if exposures else None


def _setting_and_lines(known: _Known, stated: Stated, notes: list[Note]) -> None:
    received = _any_received(known)
    lines, setting = FACTS["lines"], FACTS["setting"]
    said_lines = stated.atoms.get("lines")
    untreated = "--prior none"
    if "setting" not in known:
        treated = known.get("lines")
        if received or (isinstance(treated, Interval) and treated.low >= 1):
            known["setting"] = frozenset({"relapsed"})
            notes.append(Note("entailed-setting", "relapsed, because there is prior therapy", setting.name, setting.option))
        elif received is False:
            known["setting"] = frozenset({"newly-diagnosed"})
            notes.append(Note("entailed-setting", "newly diagnosed, because there is no prior therapy",
                              setting.name, setting.option))
    elif known["setting"] <= frozenset({"relapsed", "maintenance"}):  # type: ignore[operator]
        word = show_value(known["setting"])
        if received is False:
            known.conflicts.append(Problem("contradiction", f"{setting.option} {word} contradicts {untreated}.",
                                           setting.name, word))
        received = True
    if received:
        because = "prior therapy (it means at least one line)"
        known.learn("lines", Interval(1, lines.high), because)
        if said_lines is None:
            notes.append(Note("entailed-lines", "at least 1 prior line, upper end open", lines.name, lines.option))
    elif received is False:
        known.learn("lines", Interval(0, 0), untreated)


def _entail(known: _Known, kb: Knowledge, firm: bool = True) -> None:
    """Entailments that the knowledge base states: one atom's value fixes others; not firm: it fills their gaps."""
    for rule in kb.entailments:
        atom, wanted = rule["if"]
        have = known.get(atom)
        if have == wanted or (isinstance(have, frozenset) and have == frozenset({wanted})):
            for other, value in rule["then"].items():
                if firm:
                    known.learn(other, _from_json(value), rule["because"])
                else:
                    known.presume(other, _from_json(value))


def _from_json(value: Any) -> Value:
    if isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        high = value.get("max", inf) if "below" not in value else nextafter(value["below"], -inf)
        return Interval(value.get("min", 0), high)
    return frozenset([value] if isinstance(value, str) else value)


def _presume_lists(known: _Known, stated: Stated, kb: Knowledge, notes: list[Note]) -> None:
    """A list that was given is presumed whole: nothing else received, refractory, or not tolerated."""
    every = (*kb.drugs, *kb.classes)
    untreated = known.get("setting") in (frozenset({"newly-diagnosed"}), frozenset({"smoldering"}))
    if "prior" in stated.whole or (untreated and _any_received(known) is None):
        unnamed = _members_of_named_classes(stated, kb, "exposed", "refractory", "intolerant")
        done = [known.presume(f"exposed:{name}", False) for name in every if name not in unnamed]
        if any(done):
            text = "the prior list is whole" if "prior" in stated.whole else "no prior therapy in this setting"
            notes.append(Note("prior-whole", text, "prior", "--prior-incomplete"))
            if not _any_received(known):
                known.presume("lines", Interval(0, 0))
    if "refractory" in stated.whole:
        unnamed = _members_of_named_classes(stated, kb, "refractory")
        done = [known.presume(f"refractory:{n}", False) for n in every
                if n not in unnamed and known.get(f"exposed:{n}") is not False]
        if any(done):
            notes.append(Note("refractory-whole", "the refractory list is whole", "refractory", "--refractory-incomplete"))
    unnamed = _members_of_named_classes(stated, kb, "intolerant")
    if any([known.presume(f"intolerant:{name}", False) for name in every if name not in unnamed]):
        notes.append(Note("tolerant", "no further intolerance" if "intolerant" in stated.whole else "no intolerance",
                          "intolerant", "--intolerant"))


def _members_of_named_classes(stated: Stated, kb: Knowledge, *prefixes: str) -> set[str]:
    """Drugs of a class that was named without saying which: what is known of them stays open."""
    named = [c for c in kb.classes if c in stated.last or any(stated.atoms.get(f"{p}:{c}") is True for p in prefixes)]
    return {drug for c in named for drug in kb.classes[c]["drugs"]}


def _never_received(known: _Known, kb: Knowledge) -> None:
    """A class none of whose members can have been received was not; what was never received is not refractory."""
    for name, entry in kb.classes.items():
        drugs = entry["drugs"]
        if known.get(f"exposed:{name}") is False:
            for drug in drugs:
                if known.setdefault(f"exposed:{drug}", False) is not False:
                    known.learn(f"exposed:{drug}", False, f"no {name} received")
    for name in (*kb.drugs, *kb.classes):
        if known.get(f"exposed:{name}") is False:
            for atom in (f"refractory:{name}", f"intolerant:{name}"):
                if known.setdefault(atom, False) is not False:
                    known.learn(atom, False, f"{name} not being among the prior drugs")


def _progression(known: _Known, stated: Stated, kb: Knowledge) -> None:
    """Progressed on the last therapy: from the last line's drugs, from a single line, or from all being refractory."""
    option = FACTS["progressed_on_last"].option
    active = [*(d for d in kb.drugs if d not in kb.steroids),
              *(c for c, entry in kb.classes.items() if not kb.steroids.issuperset(entry["drugs"]))]
    refractory = {n: known.get(f"refractory:{n}") for n in active}
    received = [n for n in active if known.get(f"exposed:{n}") is True]
    complete = all(known.get(f"exposed:{n}") is not None for n in active if n in kb.drugs)
    if all(v is False for v in refractory.values()) and (received or known.get("setting") == frozenset({"relapsed"})):
        known.learn("progressed_on_last", False, "no drug being refractory")
        return
    if stated.last:
        considered, sure = [d for d in stated.last if d not in kb.steroids], True
    elif known.get("lines") == Interval(1, 1):
        considered, sure = received, complete
    else:
        drugs = [n for n in received if n in kb.drugs]
        if complete and drugs and all(refractory[n] is True for n in drugs) and "progressed_on_last" not in known:
            known["progressed_on_last"] = True
        return
    states = [refractory[n] for n in considered]
    if True in states:
        known.learn("progressed_on_last", True, f"refractoriness to the last line ({option})")
    elif sure and states and all(s is False for s in states):
        known.learn("progressed_on_last", False, f"the last line not being refractory ({option})")


def computed_fitness(known: Mapping[str, Value], kb: Knowledge) -> list[tuple[Mapping[str, Any], Interval, frozenset[str]]]:
    """What each fitness score of the knowledge base says: (tool, points, fitness values still possible)."""
    evaluate = Evaluate(Worlds.around(known, []))
    out = []
    for tool in kb.fitness_tools:
        low = high = 0.0
        for item in tool["points"]:
            state = fold(kb.conds[item["when"]], evaluate, {}).at()
            low += item["points"] if state is True else 0
            high += 0 if state is False else item["points"]
        values = {v for group in tool["groups"] for v in group["values"]
                  if group.get("min", -inf) <= high and group.get("max", inf) >= low}
        out.append((tool, Interval(low, high), frozenset(values)))
    return out


def _fitness(known: _Known, kb: Knowledge, notes: list[Note]) -> None:
    """Fitness that was not stated, from the first score that decides it."""
    if "fitness" in known or not any(name in known for name in kb.fitness_inputs):
        return
    found = [(tool, points, values) for tool, points, values in computed_fitness(known, kb)
             if len(values) < len(FACTS["fitness"].values)]
    if found:
        tool, points, values = min(found, key=lambda entry: len(entry[2]))
        known["fitness"] = values
        notes.append(Note("entailed-fitness", f"{show_value(values)} by the {tool['name']} ({show_value(points)} points)",
                          "fitness", "--fitness"))


def _presume_gaps(known: _Known, kb: Knowledge, notes: list[Note]) -> None:
    frail = FACTS["fitness"].values[-1]
    if known.get("fitness") == frozenset({frail}) and "transplant" not in known:
        known["transplant"] = frozenset({FACTS["transplant"].values[1]})
        notes.append(Note("no-transplant", "not eligible for transplant, because frail", "transplant", "--transplant"))
    _entail(known, kb, firm=False)
    for rule in kb.presumptions:
        done = [known.presume(atom, _from_json(value)) for atom, value in rule["then"].items()]
        if any(done):
            fact = FACTS[rule["fact"]]
            notes.append(Note(rule["id"], rule["text"], fact.name, fact.option))


def _doubts(stated: Stated, firm: Mapping[str, Value], kb: Knowledge) -> list[Note]:
    """Stated facts that sit oddly together without contradicting each other."""
    out: list[Note] = []
    said = stated.atoms.get("fitness")
    if isinstance(said, frozenset):
        for tool, points, values in computed_fitness(firm, kb):
            if not said & values:
                out.append(Note("fitness-differs", f"stated {show_value(said)}, but {show_value(values)} by the "
                                f"{tool['name']} ({show_value(points)} points); the stated one is used",
                                "fitness", "--fitness"))
    setting = stated.atoms.get("setting")
    if setting in (frozenset({"newly-diagnosed"}), frozenset({"smoldering"})) and _any_received(firm):
        out.append(Note("treated-before", f"{show_value(setting)}, yet drugs are listed as received; they are taken "
                        "as part of the first treatment", "setting", "--setting"))
    return out


# --- the record ------------------------------------------------------------------------------------


def record(patient: Patient, kb: Knowledge) -> dict[str, Any]:
    """Every fact after normalisation, in the form of a patient file that gives the same answer. Unknown is None."""
    out: dict[str, Any] = {}
    facts, stated = patient.firm if patient.strict else patient.facts, patient.stated
    for fact in FACTS.values():
        if fact.name == "last":
            out["last"] = list(stated.last) or None
        elif fact.kind in ("drugs", "words", "months"):
            out[fact.name] = _record_list(fact, stated)
        else:
            presumed = fact.atom not in patient.firm
            out[fact.name] = None if presumed else _record_value(fact, facts[fact.atom])
        if fact.name in ("prior", "refractory") and out[fact.name] is not None:
            out[f"{fact.name}_incomplete"] = fact.name not in stated.whole
    return out


def _record_list(fact: Fact, stated: Stated) -> Any:
    found = {a.partition(":")[2]: v for a, v in stated.atoms.items() if a.startswith(f"{fact.atom}:")}
    if fact.kind == "months":
        return {d: _record_value(fact, v) for d, v in sorted(found.items())} or None
    if stated.given.get(fact.name) is None:
        return None
    positive = {k for k, v in found.items() if v is True}
    if fact.name == "prior":
        also = (a.partition(":") for a, v in stated.atoms.items() if v is True)
        positive |= {about for prefix, _, about in also if prefix in ("refractory", "intolerant")}
    if fact.kind == "drugs":
        if not positive and not found:
            return split_list(stated.given[fact.name])
        return sorted(positive) or ["none"]
    return sorted(positive) + [f"no-{k}" for k, v in sorted(found.items()) if v is False]


def _record_value(fact: Fact, value: Value) -> Any:
    if isinstance(value, Interval):
        ends = [None if end == bound else int(end) if end % 1 == 0 else end
                for end, bound in ((value.low, None), (value.high, fact.high))]
        if value.low == value.high:
            return int(value.low) if value.low % 1 == 0 else value.low
        return {"min": ends[0], "max": ends[1]}
    if isinstance(value, frozenset):
        return next(iter(value)) if len(value) == 1 else sorted(value)
    return value


def restate(stated: Stated, changes: Mapping[str, Value]) -> Stated:
    """The same statement with some atoms answered."""
    return stated._replace(atoms={**stated.atoms, **changes})


def answers(stated: Sequence[tuple[Stated, Mapping[str, Value]]], kb: Knowledge) -> list[dict[str, Value] | None]:
    """The facts after each answer, or None where the answer contradicts what is known."""
    out: list[dict[str, Value] | None] = []
    for base, changes in stated:
        facts, conflicts, _ = settle(restate(base, changes), kb, presume=True)
        out.append(None if conflicts else facts)
    return out
