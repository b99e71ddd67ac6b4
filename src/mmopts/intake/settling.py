"""What follows from stated facts: entailments, which are definitions, and presumptions, which fill gaps."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, nextafter
from typing import Any

from mmopts.errors import Problem
from mmopts.facts import FACTS, split_atom
from mmopts.intake.stated import Note, Stated, show_value
from mmopts.knowledge.model import Knowledge
from mmopts.logic import Evaluate, Interval, Value, Worlds, fold


class _Known(dict[str, Value]):
    """Facts being settled: adding a value narrows what is known, or is a conflict with it."""

    def __init__(self, stated: Mapping[str, Value]) -> None:
        super().__init__(stated)
        self.stated = frozenset(stated)
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
        if not self.conflicts or (atom in self.stated and not any(p.fact == fact.name for p in self.conflicts)):
            text = f"{said} contradicts {because}."
            self.conflicts.append(Problem("contradiction", text, fact.name, show_value(have)))

    def presume(self, atom: str, value: Value) -> bool:
        """Fill a gap; whether there was one."""
        if atom in self:
            return False
        self[atom] = value
        return True


def settle(stated: Stated, kb: Knowledge, presume: bool) -> tuple[dict[str, Value], list[Problem], list[Note]]:
    """All that follows from the stated facts: (facts, contradictions, assumptions). With `presume`, gaps are filled."""
    known = _Known(stated.atoms)
    notes: list[Note] = []
    _received(known, stated, kb)
    _setting_and_lines(known, stated, kb, notes)
    if known.conflicts:
        return known, known.conflicts, notes
    _entail(known, kb)
    if presume:
        _presume_lists(known, stated, kb, notes)
    _never_received(known, kb)
    _progression(known, stated, kb, notes)
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


def any_received(known: Mapping[str, Value]) -> bool | None:
    """Whether any drug was received: None if nothing is known of it."""
    exposures = [v for a, v in known.items() if a.startswith("exposed:")]
    return True if True in exposures else False if exposures else None


_AFTER_THERAPY = ("progressed_on_last", "prior_asct", "early_relapse", "relapse")
"""Facts that only a patient treated before can have."""


def _setting_and_lines(known: _Known, stated: Stated, kb: Knowledge, notes: list[Note]) -> None:
    """Prior therapy means at least one line, and without any there is nothing to have relapsed from."""
    lines, setting = FACTS["lines"], FACTS["setting"]
    said_lines = stated.atoms.get("lines")
    no_lines = said_lines == Interval(0, 0)
    treated = _treated_by(known, stated)
    if no_lines or any_received(known) is False:
        fact, said = (lines, "0") if no_lines else (FACTS["prior"], "none")
        untreated = f"{fact.option} {said}"
        if treated:
            if not known.conflicts:
                text = f"{treated} contradicts {untreated}."
                known.conflicts.append(Problem("contradiction", text, fact.name, said))
            return
        for name in (*kb.drugs, *kb.classes):
            known.learn(f"exposed:{name}", False, untreated)
        known.learn("lines", Interval(0, 0), untreated)
        if known.presume("setting", frozenset({"newly-diagnosed"})):
            text = "newly diagnosed, because there is no prior therapy"
            notes.append(Note("entailed-setting", text, setting.name, setting.option))
    elif treated:
        known.learn("lines", Interval(1, lines.high), f"{treated} (it means at least one line)")
        if said_lines is None:
            notes.append(Note("entailed-lines", "at least 1 prior line, upper end open", lines.name, lines.option))
        if known.presume("setting", frozenset({"relapsed"})):
            text = "relapsed, because there is prior therapy"
            notes.append(Note("entailed-setting", text, setting.name, setting.option))


def _treated_by(known: _Known, stated: Stated) -> str | None:
    """The option that says that there was prior therapy, as it was given; None if none does."""
    for atom in (*stated.atoms, *(i.atom for i in stated.implied), *known):
        prefix, _, about = atom.partition(":")
        value = known.get(atom)
        if value is True and prefix in ("exposed", "refractory", "intolerant"):
            return f"{FACTS['prior' if prefix == 'exposed' else prefix].option} {about}"
        if prefix == "months_since":
            return f"{FACTS[prefix].option} {about}"
        if atom in _AFTER_THERAPY and value is not False:
            return FACTS[atom].option
        if atom == "lines" and isinstance(value, Interval) and value.low >= 1:
            because = next((i.because for i in stated.implied if i.atom == atom), None)
            return because or f"{FACTS[atom].option} {show_value(value)}"
        if atom == "setting" and isinstance(value, frozenset) and value <= frozenset({"relapsed", "maintenance"}):
            return f"{FACTS[atom].option} {show_value(value)}"
    return None


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
    if "prior" in stated.whole or (untreated and any_received(known) is None):
        unnamed = _members_of_named_classes(stated, kb, "exposed", "refractory", "intolerant")
        done = [known.presume(f"exposed:{name}", False) for name in every if name not in unnamed]
        if any(done):
            text = "the prior list is whole" if "prior" in stated.whole else "no prior therapy in this setting"
            notes.append(Note("prior-whole", text, "prior", "--prior-incomplete"))
            if not any_received(known):
                known.presume("lines", Interval(0, 0))
    if "refractory" in stated.whole:
        unnamed = _members_of_named_classes(stated, kb, "refractory")
        done = [
            known.presume(f"refractory:{n}", False)
            for n in every
            if n not in unnamed and known.get(f"exposed:{n}") is not False
        ]
        if any(done):
            notes.append(Note("refractory-whole", "the refractory list is whole", "refractory", "--refractory-incomplete"))
    unnamed = _members_of_named_classes(stated, kb, "intolerant")
    if any([known.presume(f"intolerant:{name}", False) for name in every if name not in unnamed]):
        notes.append(
            Note(
                "tolerant",
                "no further intolerance" if "intolerant" in stated.whole else "no intolerance",
                "intolerant",
                "--intolerant",
            )
        )


def _members_of_named_classes(stated: Stated, kb: Knowledge, *prefixes: str) -> set[str]:
    """Drugs of a class that was named without saying which, and the classes that share them: these stay open.

    A class that is named only as refractory, while some of its drugs are listed as received, opens no further drug.
    """
    received = {drug for drug in kb.drugs if stated.atoms.get(f"exposed:{drug}") is True}
    members: set[str] = set()
    for name, entry in kb.classes.items():
        named = [p for p in prefixes if stated.atoms.get(f"{p}:{name}") is True]
        listed = "exposed" in prefixes and "exposed" not in named and received & set(entry["drugs"])
        if (named or name in stated.last) and not listed:
            members.update(entry["drugs"])
    return members | {name for name, entry in kb.classes.items() if members.intersection(entry["drugs"])}


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
    for name, entry in kb.classes.items():
        able = [d for d in entry["drugs"] if known.get(f"refractory:{d}") is not False]
        if known.get(f"refractory:{name}") is True and len(able) == 1:
            known.learn(f"refractory:{able[0]}", True, f"refractoriness to {name}, of which only {able[0]} was received")


def _progression(known: _Known, stated: Stated, kb: Knowledge, notes: list[Note]) -> None:
    """Progressed on the last therapy: from the last line's drugs, from a single line, or from all being refractory."""
    option = FACTS["progressed_on_last"].option
    active = [
        *(d for d in kb.drugs if d not in kb.steroids),
        *(c for c, entry in kb.classes.items() if not kb.steroids.issuperset(entry["drugs"])),
    ]
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
            text = "progressed on the last therapy, as every drug is refractory"
            notes.append(Note("entailed-progression", text, "progressed_on_last", option))
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
        values = {
            v
            for group in tool["groups"]
            for v in group["values"]
            if group.get("min", -inf) <= high and group.get("max", inf) >= low
        }
        out.append((tool, Interval(low, high), frozenset(values)))
    return out


def _fitness(known: _Known, kb: Knowledge, notes: list[Note]) -> None:
    """Fitness that was not stated, from the first score that decides it."""
    if "fitness" in known or not any(name in known for name in kb.fitness_inputs):
        return
    found = [
        (tool, points, values)
        for tool, points, values in computed_fitness(known, kb)
        if len(values) < len(FACTS["fitness"].values)
    ]
    if found:
        tool, points, values = min(found, key=lambda entry: len(entry[2]))
        known["fitness"] = values
        notes.append(
            Note(
                "entailed-fitness",
                f"{show_value(values)} by the {tool['name']} ({show_value(points)} points)",
                "fitness",
                "--fitness",
            )
        )


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
