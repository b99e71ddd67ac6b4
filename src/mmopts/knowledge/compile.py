"""A merged knowledge base to records: every condition interned, every reference resolved, all faults told at once.

The form was checked before (`schema`); what is wrong in meaning comes back through `report`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf, nextafter
from typing import Any

from mmopts.facts import FACTS
from mmopts.knowledge.context import WORD_FACTS, Context, Raw
from mmopts.knowledge.dates import span
from mmopts.knowledge.histories import history_policy
from mmopts.knowledge.language import Report, as_list
from mmopts.knowledge.read import Path
from mmopts.knowledge.records import (
    Asking,
    BoxedWarning,
    CareLine,
    CareTopic,
    ClassOrder,
    Definition,
    Disagreement,
    Drug,
    DrugClass,
    Entailment,
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
    Presumption,
    Score,
    ScoreGroup,
    ScoreItem,
    Source,
    State,
    View,
    Vocabulary,
    Word,
)
from mmopts.knowledge.regimens import Regimens, adjustments, finite
from mmopts.logic import Cond
from mmopts.names import fold_name


def compile_knowledge(raw: Raw, report: Report, digest: str, layers: Sequence[str]) -> tuple[Knowledge, Context]:
    """The knowledge base of merged data that fits the schema, and the context with its conditions."""
    context = Context(raw, report)
    made = Regimens(context)
    regimens = {e["id"]: made.regimen(e, ("regimens", i)) for i, e in enumerate(raw["regimens"])}
    context.build.verdicts = {name: regimen.verdict for name, regimen in regimens.items()}
    positions = tuple(_position(row, ("guidelines", i), context) for i, row in enumerate(raw.get("guidelines", ())))
    for i, entry in enumerate(raw["regimens"]):
        regimens[entry["id"]] = made.complete(regimens[entry["id"]], entry, ("regimens", i), positions)
    names, aliases = _names(context)
    vocabulary = {fact: _vocabulary(fact, key, context) for fact, key in WORD_FACTS.items()}
    scores = tuple(
        _score(tool, (kind, i), context) for kind in ("fitness", "risk") for i, tool in enumerate(raw.get(kind, ()))
    )
    library = Library(
        {i: _source(row) for i, row in context.sources.items()},
        tuple(_definition(row, ("definitions", i), context) for i, row in enumerate(raw.get("definitions", ()))),
        tuple(_disagreement(row, ("disagreements", i), context) for i, row in enumerate(raw.get("disagreements", ()))),
        scores[len(raw["fitness"]) :],
        history_policy(context),
    )
    knowledge = Knowledge(
        meta=Meta(raw["version"], raw["reviewed"], raw["notice"], raw.get("dose_notice", ""), digest, tuple(layers)),
        classes={
            c: DrugClass(c, e["name"], context.article(c), tuple(context.members[c])) for c, e in context.classes.items()
        },
        drugs={d: _drug(row, ("drugs", i), context) for i, (d, row) in enumerate(context.drugs.items())},
        steroids=frozenset(context.members[raw["steroid_class"]]),
        names=names,
        ambiguous={fold_name(k): tuple(v) for k, v in raw.get("ambiguous", {}).items()},
        vocabulary=vocabulary,
        entailments=tuple(_entailments(context)),
        presumptions=tuple(_presumption(row, ("presumptions", i), context) for i, row in enumerate(raw["presumptions"])),
        questions=dict(raw["questions"]),
        fitness=scores[: len(raw["fitness"])],
        policy=_policy(context),
        asking=_asking(raw),
        dates={text: span(text) for text in sorted(context.dates)},
        starts=_starts(context.conds.items),
        regimens=regimens,
        positions=positions,
        states=tuple(_state(row, ("states", i), context) for i, row in enumerate(raw.get("states", ()))),
        exclusions=tuple(_exclusion(row, ("exclusions", i), context) for i, row in enumerate(raw.get("exclusions", ()))),
        care=tuple(_care(row, ("care", i), context) for i, row in enumerate(raw.get("care", ()))),
        aliases=aliases,
        library=lambda: library,
    )
    return knowledge, context


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

    for i, drug in enumerate(raw["drugs"]):
        name(drug["id"], Meaning(drug["id"], (drug["id"],), also=_also(drug, drug["id"])), ("drugs", i))
    for i, drug in enumerate(raw["drugs"]):
        for key in ("abbreviations", "brands"):
            for word in drug.get(key, ()):
                name(word, Meaning(word, (drug["id"],), also=_also(drug, word)), ("drugs", i, key))
    for i, entry in enumerate(raw["classes"]):
        for word in (entry["id"], entry["name"], *entry.get("aliases", ())):
            name(word, Meaning(word, classes=(entry["id"],)), ("classes", i))
    for word, entry in raw.get("procedures", {}).items():
        sets = {k: v for k, v in entry.items() if k not in ("drugs", "classes", "filler")}
        meaning = Meaning(
            word, tuple(entry.get("drugs", ())), tuple(entry.get("classes", ())), sets, entry.get("filler", False)
        )
        name(word, meaning, ("procedures", word))
    for i, entry in enumerate(raw["regimens"]):
        for word in (entry["id"], *entry.get("aliases", ())):
            if aliases.setdefault(fold_name(word), entry["id"]) != entry["id"]:
                context.report("name-clash", f"{word!r} already names {aliases[fold_name(word)]}", ("regimens", i))
            if entry["drugs"] and len(word) > 1:
                name(word, Meaning(word, tuple(entry["drugs"])), ("regimens", i), firm=False)
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
        {e["id"]: _word(e, ("vocabulary", key, i), context) for i, e in enumerate(entries)},
        {fold_name(str(w)): e["id"] for e in entries for w in (e["id"], e["name"], *e.get("synonyms", ()))},
        {word: tuple(_group(group, context)) for word, group in denials.items()},
        hints,
    )


def _word(entry: Raw, path: Path, context: Context) -> Word:
    return Word(
        entry["id"],
        entry["name"],
        entry.get("question"),
        entry.get("definition"),
        tuple(entry.get("synonyms", ())),
        tuple(as_list(entry.get("group", []))),
        entry.get("note"),
        context.cited(entry, path),
    )


def _group(group: str, context: Context) -> list[str]:
    """The cytogenetic markers of a group."""
    return [i for i, e in context.words["cytogenetics"].items() if group in as_list(e.get("group", []))]


def _drug(row: Raw, path: Path, context: Context) -> Drug:
    return Drug(
        row["id"],
        tuple(row.get("abbreviations", ())),
        tuple(row.get("brands", ())),
        tuple(row.get("classes", ())),
        row.get("target", ""),
        tuple(row.get("routes", ())),
        row.get("investigational", False),
        tuple(
            BoxedWarning(w.get("region"), w["text"], context.cited(w, (*path, "boxed_warnings", i)), w.get("unread", False))
            for i, w in enumerate(row.get("boxed_warnings", ()))
        ),
        adjustments(context, row, path, row["id"]),
    )


# --- what follows from facts -----------------------------------------------------------------------


def _value(atom: str, value: Any) -> Given:
    """A value that an atom gets, from its authored form."""
    if isinstance(value, bool):
        return Given(atom, flag=value)
    if isinstance(value, Mapping):
        low, high = value.get("min", 0), value.get("max")
        return Given(atom, low=low, high=nextafter(value["below"], -inf) if "below" in value else high)
    return Given(atom, words=tuple(as_list(value)))


def _entailments(context: Context) -> Iterable[Entailment]:
    for rule in context.raw["entailments"]:
        atom, value = rule["if"]
        yield Entailment(_value(atom, value), tuple(_value(a, v) for a, v in rule["then"].items()), rule["because"])
    for group in (_group(g, context) for g in context.raw["vocabulary"].get("exclusive", [])):
        for one in group:
            others = tuple(_value(f"cytogenetics:{o}", False) for o in group if o != one)
            because = f"⟨cytogenetics⟩ {one} (one of these translocations denies the others)"
            yield Entailment(_value(f"cytogenetics:{one}", True), others, because)


def _presumption(rule: Raw, path: Path, context: Context) -> Presumption:
    fact = rule["fact"]
    if "absent" in rule:
        words = (
            context.words[fact] if fact in context.words else (*context.drugs, *(c["id"] for c in context.raw["classes"]))
        )
        then = [_value(f"{fact}:{w}", False) for w in words if w not in rule.get("except", ())]
    else:
        then = [_value(fact, rule["value"])]
    when = context.build.build(rule["when"], (*path, "when")) if "when" in rule else None
    return Presumption(rule["id"], fact, rule["text"], tuple(then), when)


def _starts(conds: Sequence[Cond]) -> dict[str, tuple[float, ...]]:
    """Per numeric atom, the values at which some condition turns."""
    found: dict[str, set[float]] = {}
    for cond in conds:
        if cond.op == "leaf" and cond.test in (">=", "<="):
            bound = float(cond.value)  # type: ignore[arg-type]
            fact = FACTS.get(cond.fact.partition(":")[0])
            turn = bound if cond.test == ">=" else fact.above(bound) if fact else nextafter(bound, inf)
            found.setdefault(cond.fact, set()).add(turn)
    return {atom: tuple(sorted(turns)) for atom, turns in sorted(found.items())}


# --- scores ----------------------------------------------------------------------------------------


def _score(tool: Raw, path: Path, context: Context) -> Score:
    """A score; its inputs that are no facts of a patient may be tested by its own conditions."""
    build = context.build
    inputs = tuple(_input(entry, context) for entry in tool["inputs"])
    build.inputs = {i.id: "number" if i.unit else "flag" for i in inputs if i.id not in FACTS}
    key = "points" if "points" in tool else "criteria"
    items = []
    for j, item in enumerate(tool.get(key, ())):
        cond = build.build(item["when"], (*path, key, j, "when"))
        items.append(ScoreItem(item.get("name") or context.say(cond), item.get("points", 1), cond))
    groups = []
    for j, group in enumerate(tool["groups"]):
        when = build.build(group["when"], (*path, "groups", j, "when")) if "when" in group else None
        bounds = group.get("criteria", group)
        groups.append(
            ScoreGroup(
                group.get("id", ""),
                group.get("name", ""),
                when,
                bounds.get("min"),
                bounds.get("max"),
                tuple(group.get("values", ())),
                {k: finite(v) for k, v in group.get("outcome", {}).items()},
            )
        )
    applies = build.build(tool.get("applies"), (*path, "applies"))
    build.inputs = {}
    return Score(
        tool["id"],
        tool["name"],
        tool.get("setting"),
        applies,
        context.say(applies),
        tool.get("decides_transplant", False),
        "points" in tool,
        inputs,
        tuple(items),
        tuple(groups),
        tool.get("note"),
        context.cited(tool, path),
        tuple(tool.get("unread", ())),
    )


def _input(entry: Any, context: Context) -> Input:
    """An input of a score: the name of a fact, or a laboratory value of its own."""
    if isinstance(entry, str):
        return Input(entry, context.raw["questions"].get(entry, entry), None, None)
    return Input(entry["id"], entry["question"], entry.get("unit"), entry.get("limit"))


# --- guidance, states, care ------------------------------------------------------------------------


def _position(row: Raw, path: Path, context: Context) -> Position:
    setting = context.setting(as_list(row["settings"])) if row.get("settings") else context.conds.true
    when = context.build.build(row.get("when"), (*path, "when"))
    about = context.conds.all([setting, when])
    return Position(
        id=row["id"],
        body=row["body"],
        year=row["year"],
        title=row.get("title", ""),
        text=row["statement"],
        position=row["position"],
        strength=row.get("strength"),
        level=row.get("level"),
        regimens=tuple(as_list(row.get("regimens", []))),
        cond=context.conds.all([about, context.force(row, path)]),
        words=context.say(about),
        source=context.cited(row, path),
        unread=row.get("unread", False),
    )


def _state(row: Raw, path: Path, context: Context) -> State:
    return State(
        row["id"],
        row["name"],
        context.state_conds[row["id"]],
        row["summary"],
        row.get("refer"),
        tuple(row.get("ask", ())),
        tuple(row.get("ask_not", ())),
        context.cited(row, path),
        row.get("unread", False),
    )


def _exclusion(row: Raw, path: Path, context: Context) -> Exclusion:
    cond = context.build.build(row["when"], (*path, "when"))
    return Exclusion(
        row["id"], cond, row["text"], tuple(as_list(row["facts"])), context.cited(row, path), row.get("unread", False)
    )


def _care(row: Raw, path: Path, context: Context) -> CareTopic:
    return CareTopic(
        row["id"],
        row["title"],
        tuple(_care_line(line, (*path, "lines", i), context) for i, line in enumerate(row["lines"])),
    )


def _care_line(row: Raw, path: Path, context: Context) -> CareLine:
    cond = context.build.build(row.get("when"), (*path, "when"))
    chosen = row.get("for", {"all": True})
    drugs = None
    if not chosen.get("all"):
        members = (d for c in as_list(chosen.get("classes", [])) for d in context.members.get(c, ()))
        drugs = tuple(dict.fromkeys([*as_list(chosen.get("drugs", [])), *members]))
    return CareLine(
        row["text"],
        drugs,
        tuple(as_list(chosen.get("regimens", []))),
        cond,
        context.say(cond),
        cond is context.conds.true,
        row.get("alone", False),
        row.get("region"),
        context.cited(row, path),
        row.get("unread", False),
    )


def _definition(row: Raw, path: Path, context: Context) -> Definition:
    return Definition(
        row["id"], row["name"], row["text"], row.get("note"), context.cited(row, path), row.get("unread", False)
    )


def _disagreement(row: Raw, path: Path, context: Context) -> Disagreement:
    views = tuple(View(v["body"], v["view"], context.cited(v, (*path, "views", i))) for i, v in enumerate(row["views"]))
    return Disagreement(row["id"], row["topic"], views, row["we_do"])


def _source(row: Raw) -> Source:
    return Source._make(row.get(name) for name in Source._fields)


# --- policy ----------------------------------------------------------------------------------------


def _policy(context: Context) -> Policy:
    """The constants of tiers and of order."""
    rules = context.raw["tiers"]
    win, late, doublet = rules["win"], rules["late_single_arm"], rules["doublet"]

    def build(when: Any, *path: Any) -> Cond:
        return context.build.build(when, ("tiers", *path, "when"))

    def order(row: Raw, *path: Any) -> ClassOrder:
        return ClassOrder(build(row.get("when"), *path), tuple(as_list(row["classes"])))

    listed: Callable[[str], frozenset[str]] = lambda key: frozenset(rules[key])  # noqa: E731
    return Policy(
        win_phase=win["phase"],
        win_upper=win["pfs_upper_below"],
        strong_upper=win["strong_pfs_upper_below"],
        os_upper=win["os_upper_below"],
        os_alert=rules["cap_other"]["os_hr_from"],
        late=Late(build(late["when"], "late_single_arm"), late["n"], late["orr"], late["grade"]),
        by_label=rules["by_label"],
        preferring=listed("preferring_positions"),
        lifting=listed("lifting_positions"),
        refusing=listed("refusing_positions"),
        bodies_for_preferred=rules["bodies_for_preferred"],
        strong_grades=listed("strong_grades"),
        unknown_lowers=listed("unknown_lowers"),
        doublet=build(doublet["when"], "doublet"),
        frail=build(rules["frail"]["when"], "frail"),
        light=listed("light"),
        heavy=listed("heavy"),
        orders=tuple(order(row, "class_orders", i) for i, row in enumerate(rules["class_orders"])),
        first_class=order(rules["first_class"], "first_class"),
        referred=listed("referred_classes"),
    )


def _asking(raw: Raw) -> Asking:
    """Which questions come first, which never."""
    tables = (raw.get("ask_first", {}), raw["never_ask"], raw["ask_only_without"])
    return Asking(*({key: tuple(atoms) for key, atoms in table.items()} for table in tables))
