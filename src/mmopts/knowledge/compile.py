"""A merged knowledge base to records: every condition interned, every reference resolved.

Its form was checked before (`schema`); what is wrong in meaning goes to `report`, all of it at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from math import inf, nextafter
from typing import Any, TypeVar

from mmopts.facts import FACTS
from mmopts.knowledge.context import NAMING, WORD_FACTS, Context, by_id, each, sentences
from mmopts.knowledge.dates import span
from mmopts.knowledge.doses import adjustments
from mmopts.knowledge.evidence import finite
from mmopts.knowledge.fill import fill
from mmopts.knowledge.histories import history_policy
from mmopts.knowledge.language import Report
from mmopts.knowledge.read import Path, Raw, as_list
from mmopts.knowledge.records import (
    Asking,
    BoxedWarning,
    CareLine,
    CareTopic,
    ClassOrder,
    Disagreement,
    Drug,
    DrugClass,
    Entailment,
    EvidenceGrade,
    Exclusion,
    Given,
    Input,
    Knowledge,
    Late,
    Library,
    Meaning,
    Meta,
    Policy,
    Position,
    Precedence,
    Presumption,
    Regimen,
    Score,
    ScoreGroup,
    ScoreItem,
    Sentence,
    Source,
    State,
    Unlikely,
    View,
    Vocabulary,
    Win,
    Word,
)
from mmopts.knowledge.regimens import Regimens
from mmopts.logic import Cond
from mmopts.names import fold_name

R = TypeVar("R", bound=tuple[Any, ...])


def compile_knowledge(raw: Raw, report: Report, digest: str, layers: Sequence[str]) -> tuple[Knowledge, Context]:
    """The knowledge base of merged data that fits the schema, and the context with its conditions."""
    context = Context(raw, report)
    positions, regimens = _regimens(context)
    names, aliases = _names(context)
    fitness = _all("fitness", _score, context)
    library = _library(context)
    knowledge = Knowledge(
        meta=fill(Meta, raw, digest=digest, layers=tuple(layers)),
        classes={
            c: fill(DrugClass, row, article=context.article(c), drugs=tuple(context.members[c]))
            for c, row in context.classes.items()
        },
        drugs={drug.id: drug for drug in _all("drugs", _drug, context)},
        steroids=frozenset(context.members[raw["steroid_class"]]),
        names=names,
        ambiguous={fold_name(k): tuple(v) for k, v in raw.get("ambiguous", {}).items()},
        vocabulary={fact: _vocabulary(fact, key, context) for fact, key in WORD_FACTS.items()},
        entailments=tuple(_entailments(context)),
        presumptions=_all("presumptions", _presumption, context),
        questions=dict(raw["questions"]),
        fitness=fitness,
        policy=_policy(context),
        asking=_asking(raw),
        dates={},
        starts=_starts(context.conds.items),
        regimens=regimens,
        positions=positions,
        states=_all("states", _state, context),
        exclusions=_all("exclusions", _exclusion, context),
        unlikely=_all("unlikely", _unlikely, context),
        care=_all("care", _care, context),
        aliases=aliases,
        library=lambda: library,
    )
    dates = {text: span(text) for text in sorted(context.dates)}  # complete only now
    return knowledge._replace(dates=dates), context


def _all(key: str, make: Callable[[Raw, Path, Context], R], context: Context) -> tuple[R, ...]:
    """What is made of each row of a list of the knowledge base."""
    return each(context.raw, key, (), lambda row, path: make(row, path, context))


def _regimens(context: Context) -> tuple[tuple[Position, ...], dict[str, Regimen]]:
    """What bodies say, and every regimen by its id. What may ask whether other regimens are open is compiled last."""
    made, entries = Regimens(context), context.raw["regimens"]
    opened = each(context.raw, "regimens", (), made.regimen)
    context.build.verdicts = {regimen.id: regimen.verdict for regimen in opened}
    positions = _all("guidelines", _position, context)
    rows = enumerate(zip(opened, entries, strict=True))
    return positions, {one.id: made.complete(one, entry, ("regimens", i), positions) for i, (one, entry) in rows}


def _library(context: Context) -> Library:
    """What judging does not need."""
    return Library(
        {i: fill(Source, row) for i, row in context.sources.items()},
        _all("disagreements", _disagreement, context),
        _all("risk", _score, context),
        _all("vte_scores", _score, context),
        history_policy(context),
    )


# --- names and words -------------------------------------------------------------------------------


def _names(context: Context) -> tuple[dict[str, Meaning], dict[str, str]]:
    """What each folded word of a drug list means, and the regimen that each folded name stands for."""
    raw = context.raw
    names: dict[str, Meaning] = {}
    aliases: dict[str, str] = {}

    def name(word: str, meaning: Meaning, path: Path, firm: bool = True) -> None:
        have = names.setdefault(fold_name(word), meaning)
        if firm and have[1:] != meaning[1:]:
            said = ", ".join(have.drugs or have.classes)
            context.report("name-clash", f"{word!r} already means {said}", path)

    for i, (drug, entry) in enumerate(context.drugs.items()):
        name(drug, Meaning(drug, (drug,), also=_also(entry, drug)), ("drugs", i))
    for i, (drug, entry) in enumerate(context.drugs.items()):
        for key in ("abbreviations", "brands"):
            for word in entry.get(key, ()):
                name(word, Meaning(word, (drug,), also=_also(entry, word)), ("drugs", i, key))
    for i, (one, entry) in enumerate(context.classes.items()):
        for word in (one, entry["name"], *entry.get("aliases", ())):
            name(word, Meaning(word, classes=(one,)), ("classes", i))
    for word, entry in raw.get("procedures", {}).items():
        sets = {k: v for k, v in entry.items() if k not in ("drugs", "classes", "filler", "qualifier")}
        qualifier = entry.get("qualifier", False)
        meaning = Meaning(
            word,
            tuple(entry.get("drugs", ())),
            tuple(entry.get("classes", ())),
            sets,
            entry.get("filler", qualifier),
            qualifier=qualifier,
        )
        name(word, meaning, ("procedures", word))
    for i, (one, entry) in enumerate(by_id(raw["regimens"]).items()):
        drugs = tuple(entry["drugs"])
        for word in (one, *entry.get("aliases", ())):
            if aliases.setdefault(fold_name(word), one) != one:
                context.report("name-clash", f"{word!r} already names {aliases[fold_name(word)]}", ("regimens", i))
            if drugs and len(word) > 1:
                name(word, Meaning(word, drugs), ("regimens", i), firm=False)
    for word, drugs in raw.get("combinations", {}).items():
        name(word, Meaning(word, tuple(drugs)), ("combinations", word), firm=False)
    return names, aliases


def _also(drug: Raw, word: str) -> tuple[str, ...]:
    """What else a word for a drug can mean."""
    return next((tuple(v) for k, v in drug.get("ambiguous", {}).items() if fold_name(k) == fold_name(word)), ())


def _vocabulary(fact: str, key: str, context: Context) -> Vocabulary:
    """The words of a list fact."""
    vocabulary = context.raw["vocabulary"]
    entries = vocabulary[key]
    hints: dict[str, str] = {}
    for entry in vocabulary.get("elsewhere", ()):
        if entry["fact"] == fact:
            hints.update({fold_name(str(word)): entry["say"] for word in entry["words"]})
    denials = vocabulary.get("denials", {}) if fact == "cytogenetics" else {}
    return Vocabulary(
        {word.id: word for word in each(vocabulary, key, ("vocabulary",), partial(context.filled, Word))},
        {fold_name(str(w)): e["id"] for e in entries for w in (e["id"], e["name"], *e.get("synonyms", ()))},
        {word: tuple(_group(group, context)) for word, group in denials.items()},
        hints,
    )


def _group(group: str, context: Context) -> list[str]:
    """The cytogenetic markers of a group."""
    return [i for i, e in context.words["cytogenetics"].items() if group in as_list(e.get("group", []))]


def _drug(row: Raw, path: Path, context: Context) -> Drug:
    boxed = each(row, "boxed_warnings", path, partial(context.filled, BoxedWarning))
    return fill(Drug, row, boxed_warnings=boxed, adjustments=adjustments(context, row, path, row["id"]))


# --- what follows from facts -----------------------------------------------------------------------


def _value(atom: str, value: Any) -> Given:
    """An atom with its value, from the authored form."""
    if isinstance(value, bool):
        return Given(atom, flag=value)
    if isinstance(value, Mapping):
        low, high = value.get("min", 0), value.get("max")
        return Given(atom, low=low, high=nextafter(value["below"], -inf) if "below" in value else high)
    return Given(atom, words=tuple(as_list(value)))


def _entailments(context: Context) -> Iterable[Entailment]:
    for rule in context.raw["entailments"]:
        atom, value = rule["if"]
        then = tuple(_value(a, v) for a, v in rule["then"].items())
        yield Entailment(_value(atom, value), then, rule["because"], rule.get("said", False))
    for group in (_group(g, context) for g in context.raw["vocabulary"].get("exclusive", [])):
        for one in group:
            others = tuple(_value(f"cytogenetics:{o}", False) for o in group if o != one)
            because = f"⟨cytogenetics⟩ {one} (one of these translocations denies the others)"
            yield Entailment(_value(f"cytogenetics:{one}", True), others, because)


def _presumption(rule: Raw, path: Path, context: Context) -> Presumption:
    """A presumption: the values that it fills in, for whom, and the words of its doubt."""
    fact = rule["fact"]
    if "absent" in rule:
        words = context.words.get(fact) or (*context.drugs, *context.classes)
        then = [_value(f"{fact}:{w}", False) for w in words if w not in rule.get("except", ())]
    else:
        then = [_value(fact, rule["value"])]
    when = context.when(rule, path) if "when" in rule else None
    return fill(Presumption, rule, then=tuple(then), when=when, **_doubt(rule, path, context))


def _doubt(row: Raw, path: Path, context: Context) -> dict[str, Any]:
    """For whom what is taken for granted is often wrong, and the words for that."""
    doubt = row.get("doubt", {})
    when = context.when(doubt, (*path, "doubt")) if doubt else None
    return {"doubt_when": when, "doubt": doubt.get("text", "")}


def _unlikely(row: Raw, path: Path, context: Context) -> Unlikely:
    return fill(Unlikely, row, when=context.when(row, path))


def _starts(conds: Sequence[Cond]) -> dict[str, tuple[float, ...]]:
    """Per numeric atom, the values at which some condition turns."""
    found: dict[str, set[float]] = {}
    for cond in conds:
        if cond.op == "leaf" and cond.test in (">=", "<="):
            bound, fact = cond.bound, FACTS.get(cond.fact.partition(":")[0])
            turn = bound if cond.test == ">=" else fact.above(bound) if fact else nextafter(bound, inf)
            found.setdefault(cond.fact, set()).add(turn)
    return {atom: tuple(sorted(turns)) for atom, turns in sorted(found.items())}


# --- scores ----------------------------------------------------------------------------------------


def _score(tool: Raw, path: Path, context: Context) -> Score:
    """A score; its own conditions may also test its inputs that are no facts of a patient."""
    build = context.build
    inputs = tuple(_input(entry, (*path, "inputs", i), context) for i, entry in enumerate(tool["inputs"]))
    build.inputs = {i.id: "number" if i.unit else "flag" for i in inputs if i.id not in FACTS}
    counted = "points" in tool

    def item(row: Raw, path: Path) -> ScoreItem:
        cond = context.when(row, path)
        return ScoreItem(row.get("name") or context.say(cond), row.get("points", 1), cond)

    def group(row: Raw, path: Path) -> ScoreGroup:
        bounds = row.get("criteria", row)
        return fill(
            ScoreGroup,
            row,
            cond=context.when(row, path) if "when" in row else None,
            low=bounds.get("min"),
            high=bounds.get("max"),
            outcome={k: finite(v) for k, v in row.get("outcome", {}).items()},
        )

    items = each(tool, "points" if counted else "criteria", path, item)
    groups = each(tool, "groups", path, group)
    applies = build.build(tool.get("applies"), (*path, "applies"))
    unless = build.build(tool["unless"], (*path, "unless")) if "unless" in tool else None
    build.inputs = {}
    made: dict[str, Any] = {"applies": applies, "applies_words": context.say(applies), "unless": unless}
    made |= _doubt(tool, path, context)
    return context.filled(Score, tool, path, counted=counted, inputs=inputs, items=items, groups=groups, **made)


def _input(entry: Any, path: Path, context: Context) -> Input:
    """An input of a score: the name of a fact, or a laboratory value of its own."""
    if isinstance(entry, str):
        entry = {"id": entry, "question": context.raw["questions"].get(entry, entry)}
    return fill(Input, entry, when=context.when(entry, path) if "when" in entry else None)


# --- guidance, states, care ------------------------------------------------------------------------


def _position(row: Raw, path: Path, context: Context) -> Position:
    setting = context.setting(as_list(row["settings"])) if row.get("settings") else context.conds.true
    about = context.conds.all([setting, context.when(row, path)])
    cond = context.conds.all([about, context.force({"since": f"{row['year']}-01-01", **row}, path)])
    return context.filled(Position, row, path, text=row["statement"], cond=cond, words=context.say(about))


def _state(row: Raw, path: Path, context: Context) -> State:
    said = each({"summary": sentences(row)}, "summary", path, partial(_sentence, row["source"], context=context))
    refer = context.build.build(row.get("refer_when"), (*path, "refer_when"))
    back = context.build.build(row["holds_back"], (*path, "holds_back")) if "holds_back" in row else context.conds.false
    cond = context.state_conds[row["id"]]
    known = context.public(row, path)
    return context.filled(State, row, path, cond=cond, summary=said, refer_when=refer, holds_back=back, known=known)


def _sentence(source: Any, row: Raw, path: Path, context: Context) -> Sentence:
    """A sentence of a state; it cites what the state cites, unless it has a source of its own."""
    named = {key: tuple(context.those(chosen) for chosen in row.get(key, ())) for key in NAMING}
    said = {"source": source, **row}
    return context.filled(Sentence, said, path, cond=context.when(row, path), known=context.public(said, path), **named)


def _exclusion(row: Raw, path: Path, context: Context) -> Exclusion:
    regimens = frozenset(context.those(row["for"]) if "for" in row else by_id(context.raw["regimens"]))
    return fill(Exclusion, row, cond=context.when(row, path), regimens=regimens)


def _care(row: Raw, path: Path, context: Context) -> CareTopic:
    return fill(CareTopic, row, lines=each(row, "lines", path, partial(_care_line, context=context)))


def _care_line(row: Raw, path: Path, context: Context) -> CareLine:
    """A line of supportive care, with the drugs and regimens for which it is."""
    when = context.when(row, path)
    cond = context.dated(when, row, path)
    chosen = row.get("for", {"all": True})
    drugs = None
    if not chosen.get("all"):
        members = (d for c in as_list(chosen.get("classes", [])) for d in context.members.get(c, ()))
        drugs = tuple(dict.fromkeys([*as_list(chosen.get("drugs", [])), *members]))
    return context.filled(
        CareLine,
        row,
        path,
        drugs=drugs,
        regimens=tuple(as_list(chosen.get("regimens", []))),
        cond=cond,
        general=when is context.conds.true,
    )


def _disagreement(row: Raw, path: Path, context: Context) -> Disagreement:
    return fill(Disagreement, row, views=each(row, "views", path, partial(context.filled, View)))


# --- policy ----------------------------------------------------------------------------------------


def _policy(context: Context) -> Policy:
    """The constants of tiers and of order."""
    rules = context.raw["tiers"]

    def when(key: str) -> Cond:
        return context.when(rules[key], ("tiers", key))

    def order(row: Raw, path: Path) -> ClassOrder:
        return fill(ClassOrder, row, when=context.when(row, path))

    def precedence(row: Raw, path: Path) -> Precedence:
        first, then = (frozenset(context.those(row[key])) for key in ("first", "then"))
        cond = context.conds.all([context.when(row, path), context.public(row, path)])
        return fill(Precedence, row, when=cond, first=first, then=then)

    return fill(
        Policy,
        rules,
        win=fill(Win, rules["win"]),
        grades=tuple([fill(EvidenceGrade, row) for row in rules["grades"]]),
        os_alert=rules["cap_other"]["os_hr_from"],
        late=fill(Late, rules["late_single_arm"], when=when("late_single_arm")),
        doublet=when("doublet"),
        suited_grade=rules["doublet"]["grade"],
        frail=when("frail"),
        orders=each(rules, "class_orders", ("tiers",), order),
        first_class=order(rules["first_class"], ("tiers", "first_class")),
        precedence=each(rules, "precedence", ("tiers",), precedence),
        floor=when("floor"),
        floor_grade=rules["floor"]["grade"],
    )


def _asking(raw: Raw) -> Asking:
    """Which questions come first, which never."""
    tables = (raw.get("ask_first", {}), raw["never_ask"], raw["ask_only_without"])
    return Asking(*({key: tuple(atoms) for key, atoms in table.items()} for table in tables))
