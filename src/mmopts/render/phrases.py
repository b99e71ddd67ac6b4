"""Parts of an answer in a few words: the patient, an answer to a question, a label, a burden, a source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING, Any, Protocol

from mmopts.answers.forms import Answered, Asked, Burden, Caution, Cites, Counts, Flip, KnowledgeHead, Note, cited_ids
from mmopts.facts import DENIAL, FACTS, NONE, Fact, incomplete_key, split_atom
from mmopts.logic import Interval
from mmopts.patient.spoken import question_options
from mmopts.words import capitalised, denied, joined, numbered, span_words, yes_no_clause

if TYPE_CHECKING:
    from mmopts.knowledge.records import Source

ENTAILED = "entailed"
"""Codes of assumptions that are definitions, not presumptions, begin with this."""
SCORED = "entailed-fitness"
"""The one of them that nobody would take for granted: what a score makes of the patient."""
_LABEL_MARKS = {"on-label": "on", "off-label": "off", "unknown": "open", "not-applicable": "-"}
LABEL_LEGEND = {
    "on": "on label", "off": "off label", "open": "not known yet", "label": "has a label", "none": "no label",
    "-": "no product",
}  # fmt: skip
_LABEL_WORDS = {"unknown": "open", "label": "has a label", "none": "no label", "not-applicable": "no product"}
_NOTHING_OF = {"prior": "no prior therapy", "refractory": "not refractory to any drug", "intolerant": "no intolerance"}
"""What "none" says of a list of drugs."""
NOTHING: Mapping[str, str] = {}
_STRENGTH = ("label", "guideline", "consensus", "editorial")


class Recalled(Protocol):
    """What may have been recalled and not read in its source."""

    @property
    def unread(self) -> bool | tuple[str, ...]:
        """Whether it was; or which groups of its figures were."""


class Sentence(Cites, Recalled, Protocol):
    """A text with its source and whether it was recalled."""

    @property
    def text(self) -> str:
        """The words."""


def counted(count: int, noun: str) -> str:
    """``3 options``, ``1 option``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def depending(count: int) -> str:
    """``3 that depend``, ``1 that depends``."""
    return f"{count} that depend{'s' if count == 1 else ''}"


def counts_words(counts: Counts) -> str:
    """How many regimens have each verdict."""
    return f"{counts.eligible} open, {depending(counts.conditional)}, {counts.excluded} ruled out."


def sentence(text: str) -> str:
    """A text that ends as a sentence does."""
    return text if text.endswith((".", "?", "!", ":")) else f"{text}."


def cite(source: str | Sequence[str] | None) -> str:
    """The ids of sources in brackets, behind a text."""
    found = (source,) if isinstance(source, str) else source or ()
    return f" [{', '.join(found)}]" if found else ""


def star(unread: bool | Sequence[str], *groups: str) -> str:
    """An asterisk where something, or one of these groups of figures, was recalled and not read."""
    if isinstance(unread, bool):
        return "*" if unread else ""
    return "*" if (set(groups) & set(unread) if groups else unread) else ""


def said(row: Sentence) -> str:
    """A sentence with its mark and its source."""
    return f"{row.text}{star(row.unread)}{cite(row.source)}"


def all_said(rows: Iterable[Sentence]) -> str:
    """Sentences with marks and sources, one after the other."""
    return "; ".join(said(row) for row in rows)


def id_and_name(name: str, long: str) -> str:
    """A regimen above what is told of it: its id, and its name where that says more."""
    return f"{name}: {long}" if long != name else name


def title_of_id(name: str, long: str) -> str:
    """A regimen in a table: its id; one of a single letter is written out behind it."""
    return id_and_name(name, long) if len(name) == 1 and long else name


def named(names: Iterable[str], long: Mapping[str, str]) -> str:
    """Regimens in a sentence; those of a single letter are written out."""
    return ", ".join(f"{n} ({long[n]})" if len(n) == 1 and long.get(n, n) != n else n for n in names)


def spaced(word: str) -> str:
    """A word of a vocabulary as one says it: ``newly-diagnosed`` is "newly diagnosed"."""
    words = word.replace("_", "-").split("-")
    return " ".join(words) if all(w.isascii() and w.isalpha() and w.islower() for w in words) else word


# --- the patient -----------------------------------------------------------------------------------


def number_words(value: Any) -> str:
    """A number, or a range of which an end may be open: the float next to a bound is "under" or "over" it."""
    if not isinstance(value, Mapping):
        return f"{value:g}" if isinstance(value, (int, float)) else str(value)
    low, high = value.get("min"), value.get("max")
    return span_words(Interval(low or -inf, inf if high is None else high))


def _not(fact: Fact) -> str:
    """A flag that is denied; an event by its noun: "no progression on the last therapy"."""
    return f"no {fact.need}" if fact.bar.endswith(fact.phrase) else denied(fact.phrase)


def name_of(fact: Fact, word: str, names: Mapping[str, str]) -> str:
    """A word of a list, or its denial, by the name that `names` have for its atom."""
    refused = word.startswith(DENIAL) and f"{fact.atom}:{word}" not in names
    about = word.removeprefix(DENIAL) if refused else word
    said_ = names.get(f"{fact.atom}:{about}", spaced(about))
    return denied(said_) if refused else said_


def fact_words(fact: Fact, value: Any, names: Mapping[str, str] = NOTHING) -> str:
    """A fact of a patient in a sentence; `names` are those of the words of lists, by atom."""
    if fact.kind == "flag":
        return fact.phrase if value else _not(fact)
    if fact.kind == "number":
        return numbered(number_words(value), fact, fact.phrase)
    if fact.kind == "months":
        return ", ".join(f"{number_words(m)} {fact.phrase.format(drug)}" for drug, m in value.items())
    words = [value] if isinstance(value, str) else [str(v) for v in value]
    if fact.kind == "choice":
        return fact.phrase.format(joined([spaced(w) for w in words], "or"))
    if words == [NONE]:
        if fact.name in _NOTHING_OF:
            return _NOTHING_OF[fact.name]
        return f"{spaced(fact.name)}: none" if fact.phrase == "{}" else fact.phrase.format(NONE)
    denied = [w for w in words if fact.verb and w.startswith(DENIAL) and f"{fact.atom}:{w}" not in names]
    held = [name_of(fact, w, names) for w in words if w not in denied]
    parts = [fact.phrase.format(", ".join(held))] if held else []
    if denied:
        parts.append(f"not {fact.phrase.format(', '.join(w.removeprefix(DENIAL) for w in denied))}")
    return "; ".join(parts)


def open_fact_words(fact: Fact, value: Any, more: bool, names: Mapping[str, str] = NOTHING) -> str:
    """A fact in a sentence; of a list that may hold `more` that is said behind what it holds, not behind what it denies."""
    said_ = fact_words(fact, value, names)
    held, apart, denied = said_.partition("; ")
    return f"{held} (perhaps more){apart}{denied}" if more else said_


def patient_line(patient: Mapping[str, Any], names: Mapping[str, str] = NOTHING, also: Sequence[str] = ()) -> str:
    """Who the patient is, as understood; of maintenance, which follows a response, no lines are told that nobody counted.

    `names` are those of the words of lists, by atom; `also` is what is known besides the facts of a patient file.
    """
    parts = []
    responding = patient.get("setting") == "maintenance"
    for name, fact in FACTS.items():
        value = patient.get(name)
        if name == "lines" and responding and isinstance(value, Mapping) and value.get("max") is None:
            continue
        if value is None or (not value and isinstance(value, (tuple, list, Mapping))) or (name == "lines" and value == 0):
            if name == "refractory" and patient.get("prior") and list(patient["prior"]) != [NONE] and not responding:
                parts.append("refractory: not stated")
            continue
        parts.append(open_fact_words(fact, value, bool(patient.get(incomplete_key(name))), names))
    line = "; ".join([*parts, *also]) or "nothing known"
    return f"{capitalised(line)}."


def presumed(assumptions: Sequence[Note]) -> str:
    """The presumptions in one line, in the order of the facts that they are about: for every patient the same.

    Fitness by a score is among them: it moves options, and only the items were said.
    """
    order = {name: place for place, name in enumerate(FACTS)}
    notes = [a for a in assumptions if a.code == SCORED or not a.code.startswith(ENTAILED)]
    return "; ".join(a.text for a in sorted(notes, key=lambda a: order.get(a.fact or "", len(order))))


def same_question(patient: Mapping[str, Any], assumptions: Sequence[Note], asked: Asked | None, reviewed: str) -> str:
    """The options that put the same question again; what follows from others by definition is left out."""
    derived = {a.fact for a in assumptions if a.code.startswith(ENTAILED)}
    facts = {k: list(v) if isinstance(v, tuple) else v for k, v in patient.items() if k not in derived}
    scope = {"region": None, "as_of": None} if asked is None else {"region": asked.region, "as_of": asked.as_of}
    return question_options({**facts, **scope}, reviewed)


# --- answers to questions --------------------------------------------------------------------------


def answer_phrase(atom: str, answers: Sequence[str], names: Mapping[str, str] = NOTHING) -> str:
    """An answer, or several, about a fact as a clause: "refractory to X", "2 or more prior lines", "no neuropathy".

    `names` are those of the words of lists, by atom.
    """
    try:
        fact, about = split_atom(atom)
    except KeyError:
        return f"{spaced(atom)} is {joined(answers, 'or')}"
    if fact.kind == "number":
        return numbered(joined(answers, "or"), fact, fact.phrase)
    if fact.kind == "choice":
        return fact.phrase.format(joined([spaced(a) for a in answers], "or"))
    if fact.kind == "flag":
        phrase = fact.phrase
    elif fact.verb:
        phrase = f"{fact.verb} {about}"
    elif fact.kind == "months":
        return f"{joined(answers, 'or')} {fact.phrase.format(about)}"
    else:
        phrase = name_of(fact, about, names)
    if list(answers) == ["no"]:
        return _not(fact) if fact.kind == "flag" else denied(phrase)
    return phrase if list(answers) == ["yes"] else f"{phrase}: {joined(answers, 'or')}"


def answer_clause(atom: str, answers: Sequence[str], names: Mapping[str, str] = NOTHING) -> str:
    """An answer, or several, behind "if", of a patient: "aged over 75", "with heart failure", "without heart failure"."""
    try:
        fact, about = split_atom(atom)
    except KeyError:
        return answer_phrase(atom, answers, names)
    if fact.clause and list(answers) in (["yes"], ["no"]):
        return yes_no_clause(fact, name_of(fact, about, names), list(answers) == ["yes"])
    if not fact.clause or fact.kind not in ("number", "choice", "months"):
        return answer_phrase(atom, answers, names)
    said = joined([spaced(a) for a in answers], "or")
    if fact.kind == "months":
        return f"{said} {fact.clause.format(about)}"
    return numbered(said, fact, fact.clause) if fact.kind == "number" else fact.clause.format(said)


def moves_words(answer: Answered, most: int | None = None, long: Mapping[str, str] = NOTHING) -> str:
    """What an answer opens and closes, and of what it changes a dose; at most so many of each; `long`: names, by id."""
    moved = (("opens", answer.opens), ("closes", answer.closes))
    parts = [f"{verb} {_some([named([i], long) for i in ids], most)}" for verb, ids in moved if ids]
    told = parts or ["changes no verdict"]
    return "; ".join([*told, f"another dose of {_some(answer.doses, most)}"] if answer.doses else told)


def _some(names: Sequence[str], most: int | None) -> str:
    if most is None or len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 1])} and {counted(len(names) - most + 1, 'other')}"


def answers_that_open(answers: Sequence[Answered], name: str) -> tuple[str, ...]:
    """The answers that open a regimen; ranges that follow on each other are drawn together."""
    found = [i for i, a in enumerate(answers) if name in a.opens]
    words = [answers[i].answer for i in found]
    ends = [found_ends for word in words if (found_ends := _ends(word))]
    if len(found) < 2 or len(ends) < len(found) or found != list(range(found[0], found[-1] + 1)):
        return tuple(words)
    low, high = ends[0][0], None if found[-1] == len(answers) - 1 else ends[-1][1]
    if low is None:
        return (high if high and high.startswith("under") else f"at most {high}",)
    return (f"{low} to {high}" if high else low if low.startswith("over") else f"{low} or more",)


def _ends(words: str) -> tuple[str | None, str | None] | None:
    """The ends of a range in the words of `span_words`, None for one that is open; None for what is no range."""
    found = re.fullmatch(r"(under [\d.]+)|at most ([\d.]+)|((?:over )?[\d.]+)(?: to ((?:under )?[\d.]+)|( or more))?", words)
    if not found:
        return None
    under, most, low, high, more = found.groups()
    return low, under or most or high or (None if more or low.startswith("over") else low)


# --- labels, burden, cautions ----------------------------------------------------------------------


def graded_words(strength: str | None, level: str | None) -> list[str]:
    """How strong a body's advice is and on what level of evidence, each as the body writes it."""
    return [f"{what} {value}" for what, value in (("strength:", strength), ("evidence:", level)) if value]


def label_mark(label: str) -> str:
    """on, off, open or -."""
    return _LABEL_MARKS.get(label, label)


def label_legend(found: Iterable[Mapping[str, str]]) -> list[str]:
    """What the marks of these labels mean, in one entry; no entry where no mark is known."""
    marks = {label_mark(labels.get(region, "")) for labels in found for region in ("us", "eu")}
    known = [f"{mark} = {words}" for mark, words in LABEL_LEGEND.items() if mark in marks]
    return [f"US, EU: {', '.join(known)}"] if known else []


def label_words(labels: Mapping[str, str]) -> str:
    """The label of each region: "US on label, EU open"."""
    return ", ".join(f"{region.upper()} {label_word(label)}" for region, label in labels.items())


def label_word(label: str) -> str:
    """On label, off label, open, no product."""
    return _LABEL_WORDS.get(label, label.replace("-", " "))


def dates_words(since: str | None, until: str | None) -> str:
    """From when until when: ``2020-01-02 to 2024``, or one of the two."""
    return " to ".join(date for date in (since, until) if date)


def in_region(region: str | None) -> str:
    """`` (US)`` behind what is of one region; nothing of what is not."""
    return f" ({region.upper()})" if region else ""


def only_runs(burden: Burden) -> bool:
    """Whether an infusion runs day and night in the first 28 days, and nothing beside it asks for a visit."""
    return burden.visits_first_28_days == 0 and bool(burden.infusion_days)


def visit_words(burden: Burden) -> str:
    """Visits in the first 28 days, and in each later 28 of the first year: ``4, then 2``; the stay in hospital."""
    first, later = burden.visits_first_28_days, burden.visits_later_28_days
    nothing = first is None or only_runs(burden) or not (first or burden.routes)
    visits = "not known" if first is None and later else "" if nothing else f"{first}"
    visits += f", then {later}" if later not in (None, first) else ""
    return "; ".join(p for p in (visits, stay_words(burden)) if p)


def visits_sentence(burden: Burden) -> str:
    """The same after its unit, as a part of a sentence: ``visits/28 d 4, then 2; 6 days in hospital``."""
    visits = visit_words(burden)
    return f"visits/28 d {visits}" if visits and visits != stay_words(burden) else visits


def stay_words(burden: Burden) -> str:
    """Days in hospital, or of an infusion; of a treatment that is a stay there, that its days are not recorded."""
    if burden.infusion_days:
        return f"infusion over {counted(burden.infusion_days, 'day')} and nights"
    if burden.inpatient_days:
        return f"{counted(burden.inpatient_days, 'day')} in hospital"
    return "a stay in hospital, days not recorded" if burden.hospital_stay else ""


def flip_words(flip: Flip) -> str:
    """What would change that a regimen is ruled out, and the words to say so on a command line, if there are any."""
    return flip.text + (f" ({flip.options})" if flip.options else "")


def general_caution(cautions: Sequence[Caution]) -> Caution | None:
    """The one caution that goes with the regimen and matters most: the strongest, of those the first."""
    general = [c for c in cautions if c.always]
    return min(general, key=lambda c: _STRENGTH.index(c.strength) if c.strength in _STRENGTH else 9, default=None)


# --- sources ---------------------------------------------------------------------------------------


def cited_in(*parts: Iterable[Cites | None]) -> tuple[str, ...]:
    """The ids of the sources of records, each once, in order; a record that is missing has none."""
    return cited_ids(row.source for rows in parts for row in rows if row is not None)


def recalled(*parts: Iterable[Recalled | None]) -> bool:
    """Whether anything in records was recalled and not read."""
    return any(row.unread for rows in parts for row in rows if row is not None)


def reference(source: Source, read: bool = True) -> str:
    """A source as a reference: title, year, where it is, and, if asked for, whether it was read."""
    parts = [
        source.title,
        str(source.year) if source.year and str(source.year) not in source.title else "",
        f"PMID {source.pmid}" if source.pmid else "",
        f"https://doi.org/{source.doi}" if source.doi else source.url or "",
        capitalised(read_words(source)) if read else "",
    ]
    return ". ".join(p.rstrip(".") for p in parts if p)


def read_words(source: Source) -> str:
    """Whether a source was read, and in what form, unless it was read whole at its own address."""
    if source.checked != "read":
        return "not read"
    where = "read in a copy" if source.copy else "read"
    return f"{where}: {source.extent}" if source.extent else where if source.copy else ""


def knowledge_words(knowledge: KnowledgeHead) -> str:
    """Which knowledge base answered, and of what day it is."""
    return f"{knowledge.version} of {knowledge.reviewed}."
