"""The screen of ``mmopts history``: the facts, a timeline, what is open and what settles it, each rule with its source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from mmopts.answers.forms import History, cited_ids
from mmopts.facts import FACTS, incomplete_key
from mmopts.patient.spoken import patient_options
from mmopts.render.about import RECALLED, command, foot, next_commands
from mmopts.render.blocks import Bar, Block, Command, Group, Heading, Line, Timeline, View
from mmopts.render.phrases import cite, counted, number_words, open_fact_words, recalled, sentence, spaced, star
from mmopts.render.timeline import day_of, days_of, marks_in
from mmopts.words import capitalised

if TYPE_CHECKING:
    from mmopts.patient.derived import Derivation, Therapy

_STATE = {True: "yes", False: "no", None: "open"}
_ENTRY = "entry "


def history_screen(answer: History, view: View) -> list[Block]:
    """Facts first, then the timeline, then what is open, then every derivation with its rule."""
    name = f"{answer.patient_id}: " if answer.patient_id else ""
    out: list[Block] = [Line(sentence(w.text), "warn", lead="Warning:") for w in answer.warnings]
    out += [Heading(f"{name}Facts on {answer.question.as_of}"), *_facts(answer)]
    out += timeline_blocks(answer)
    out += _open(answer.derivations)
    out += _derived(answer.derivations)
    out += _others(answer.derivations)
    ids = cited_ids(source for one in answer.derivations for source in (one.source, one.other_source))
    out += foot(answer, view, [RECALLED] if recalled(answer.derivations) else [], ids)
    return [*out, *next_commands([command("suggest", answer.options)])]


def _facts(answer: History) -> list[Block]:
    """Each fact in words, and the option that says it."""
    facts = answer.facts
    out: list[Block] = []
    for name, fact in FACTS.items():
        if facts.get(name) is not None:
            more = bool(facts.get(incomplete_key(name)))
            own = {key: facts[key] for key in (name, incomplete_key(name)) if key in facts}
            out += [Line(open_fact_words(fact, facts[name], more, answer.names)), Command(patient_options(own), 1)]
    return out


# --- the timeline ----------------------------------------------------------------------------------


def timeline_blocks(answer: History) -> list[Block]:
    """A bar for each treatment, bracketed by lines."""
    groups: list[tuple[str, list[Bar]]] = []
    for row in answer.treatments:
        title = "" if row.line is None else f"line {number_words(row.line)}"
        if not groups or groups[-1][0] != title or not title:
            groups.append((title, []))
        groups[-1][1].append(_bar(row))
    today = day_of(answer.question.as_of)
    drawn = Timeline("Treatments", groups, today or 0, "")
    marks = marks_in(drawn) if today else []
    undated = [row.label for row in answer.treatments if not (row.start_days or row.end_days or row.progression_days)]
    note = f"{'; '.join(marks)}." if marks else ""
    out: list[Block] = [drawn._replace(note=note)] if marks else []
    return [*out, *([Line(f"{', '.join(undated)}.", "dim", lead="Without a date:")] if undated else [])]


def _bar(row: Therapy) -> Bar:
    part = f" ({row.part})" if row.part and row.part != row.label else ""
    return Bar(
        f"{row.entry} {row.label}{part}",
        row.best_response or "",
        days_of(row.start_days),
        days_of(row.end_days),
        days_of(row.progression_days),
        row.ongoing,
        row.once,
    )


# --- what is open ----------------------------------------------------------------------------------


def _open(found: Sequence[Derivation]) -> list[Block]:
    """What would settle each open fact, and what would narrow a range."""
    return [*_settled_by("Open", (one for one in found if one.value is None)),
            *_settled_by("Not exact", (one for one in found if one.value is not None))]  # fmt: skip


def _settled_by(title: str, found: Iterable[Derivation]) -> list[Block]:
    by_answer: dict[str, list[str]] = {}
    for one in found:
        if one.open:
            by_answer.setdefault(one.open, []).append(_subject(one))
    lines = [Line(f"settled by {told}", lead=f"{', '.join(dict.fromkeys(f))}:") for told, f in by_answer.items()]
    return [Group(title, lines)] if lines else []


def _subject(one: Derivation) -> str:
    """What a derivation is about, in a few words."""
    name = spaced(one.fact)
    if one.about is None:
        return name
    return f"line of {one.about}" if one.about.startswith(_ENTRY) else f"{name} {one.about}"


# --- derivations -----------------------------------------------------------------------------------


def _derived(found: Sequence[Derivation]) -> list[Block]:
    """For each fact its rules with their sources, and beneath each rule what follows from it, and why."""
    rules: dict[tuple[str, str], list[Derivation]] = {}
    for one in found:
        rules.setdefault((one.fact, one.rule), []).append(one)
    out: list[Block] = []
    for fact in dict.fromkeys(one.fact for one in found):
        out.append(Line("", lead=_title(fact)))
        for theirs in (rows for (about, _), rows in rules.items() if about == fact):
            first = theirs[0]
            text = f"{first.text}{star(first.unread)} ({first.authority}){cite(first.source)}"
            out.append(Line(text, "dim", 1, "By the rule:"))
            out += [_line(one) for one in theirs]
    return [Heading("How each fact follows"), *out] if out else []


def _title(name: str) -> str:
    """A fact above its rules: of a flag what it says, of others its name."""
    fact = FACTS.get(name)
    words = fact.phrase if fact is not None and fact.kind == "flag" else spaced(name).replace("asct", "transplant")
    return capitalised(words)


def _line(one: Derivation) -> Line:
    """What follows, and why."""
    lead = f"{one.about}: {_value(one)}" if one.about else _value(one)
    return Line(one.because, "open" if one.open else "", 2, f"{lead};")


def _value(one: Derivation) -> str:
    if one.value is None and not one.open:
        return "no line" if one.fact == "lines" else "open"
    if one.value is None or isinstance(one.value, bool):
        return _STATE[one.value]
    if isinstance(one.value, Mapping):
        return number_words(one.value)
    return ", ".join(one.value) if isinstance(one.value, (tuple, list)) else spaced(str(one.value))


def _others(found: Iterable[Derivation]) -> list[Block]:
    """Other readings of the rules that were applied, each once."""
    told = {one.rule: one for one in found if one.other_reading}
    lines = [
        Line(f"{one.other_reading}{star(one.unread)}{cite(one.other_source)}", lead=f"{one.text}:") for one in told.values()
    ]
    return [Heading(f"{counted(len(lines), 'rule')} that others read otherwise"), *lines] if lines else []
