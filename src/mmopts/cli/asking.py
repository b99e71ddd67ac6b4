"""What the command line asks of the rest of mmopts, and all of it: nothing else in this folder imports the engine.

Each function imports what it needs when it is called: a command loads only what answers it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmopts.case import Case
    from mmopts.knowledge.model import Knowledge

Data = dict[str, Any]


# --- knowledge ---------------------------------------------------------------------------------------


def load_knowledge(path: str | None) -> Knowledge:
    """The knowledge base at `path`, or the built-in one. Raises KnowledgeError."""
    from mmopts.knowledge.load import load_knowledge as load

    return load(path)


def knowledge_version(kb: Knowledge) -> str:
    """Its version and the day of its review, in words."""
    return f"knowledge {kb.meta['version']}, reviewed {kb.meta['reviewed']}"


def known_words(kind: str, path: str | None) -> Iterable[str]:
    """Words that a shell may complete: `kind` is regimens, drugs, classes, sources, received, or a fact with words."""
    kb = load_knowledge(path)
    if kind == "received":
        names = {name for entry in kb.drugs.values() for name in (entry["id"], *entry.get("abbreviations", ()))}
        return sorted({*names, *kb.classes, *kb.regimens})
    if kind in kb.vocabulary:
        return [*kb.vocabulary[kind]["ids"], *kb.vocabulary[kind].get("groups", {})]
    found: Mapping[str, Any] = getattr(kb, kind)
    return list(found)


def fact_words(name: str, kb: Knowledge) -> list[Data]:
    """The words of a fact's vocabulary: each with its meaning and what else it is called; then those for several words."""
    known = kb.vocabulary.get(name)
    if known is None:
        return []
    words = [
        {"word": word, "meaning": entry.get("definition") or entry["name"], "also": list(entry.get("synonyms", ()))}
        for word, entry in known["entries"].items()
    ]
    groups = [{"word": g, "meaning": "none of " + ", ".join(ids), "also": []} for g, ids in known.get("groups", {}).items()]
    return [*words, *groups]


def check_knowledge(path: str | None) -> tuple[Data, bool]:
    """The report on a knowledge base, and whether it has no error."""
    from mmopts.knowledge.load import layers_at
    from mmopts.review.check import check
    from mmopts.version import __version__

    result = check(layers_at(None if path == "builtin" else path))
    ok = all(f.severity != "error" for f in result.faults)
    meta = result.data["meta"] if result.data else None
    report = {
        "schema": "mmopts.kb-check/1",
        "tool_version": __version__,
        "knowledge": meta and {key: meta[key] for key in ("version", "reviewed", "layers")},
        "path": path or "builtin",
        "ok": ok,
        "faults": [f._asdict() for f in result.faults],
        "coverage": result.coverage,
    }
    return report, ok


def diff_knowledge(old: str | None, new: str | None) -> Data:
    """The verdicts that two knowledge bases give differently."""
    from mmopts.review.diff import difference

    kb, found = difference(old, new)
    return envelope("kb-diff", kb, **found)


def schema_of(kind: str, kb: Knowledge | None) -> Data:
    """The JSON Schema of suggest, of a knowledge base (kb), or of a patient file, which needs the knowledge base."""
    from mmopts import schemas

    if kind == "kb":
        return schemas.kb_schema()
    return schemas.suggest_schema() if kb is None else schemas.patient_schema(kb)


# --- questions and answers ---------------------------------------------------------------------------


def pose(facts: Mapping[str, Any], kb: Knowledge) -> Case:
    """A patient file's mapping, judged. Raises QuestionError with every fault."""
    from mmopts.ask import pose as posed

    return posed(facts, kb)


def suggestion(case: Case, limit: int | None = None) -> Data:
    """The answer of suggest."""
    from mmopts.report import suggestion as suggested

    return suggested(case, limit)


def questions(case: Case) -> Data:
    """The answer of ask."""
    from mmopts import answers

    return answers.questions(case)


def explanation(case: Case, regimen: str) -> Data:
    """The answer of explain."""
    from mmopts import answers

    return answers.explanation(case, answers.regimen_named(regimen, case.kb))


def regimen_named(word: str, kb: Knowledge) -> str:
    """The id of the regimen that a word names. Raises QuestionError."""
    from mmopts import answers

    return answers.regimen_named(word, kb)


def drug_named(word: str, kb: Knowledge) -> str:
    """The generic name of the drug that a word names. Raises QuestionError."""
    from mmopts import answers

    return answers.drug_named(word, kb)


def class_named(word: str, kb: Knowledge) -> str:
    """The id of the class that a word names. Raises QuestionError."""
    from mmopts import answers

    return answers.class_named(word, kb)


def shown(names: Sequence[str], kb: Knowledge, kind: str = "show") -> Data:
    """The answer of show, or of compare."""
    from mmopts import answers

    return answers.shown(names, kb, kind)


def listed(kb: Knowledge, settings: Sequence[str], drugs: Sequence[str], classes: Sequence[str]) -> Data:
    """The answer of list."""
    from mmopts import answers

    return answers.listed(kb, settings, drugs, classes)


def drugs(kb: Knowledge, word: str | None) -> Data:
    """The answer of drugs."""
    from mmopts import answers

    return answers.drugs(kb, answers.drug_named(word, kb) if word else None)


def sources(kb: Knowledge, name: str | None) -> Data:
    """The answer of sources."""
    from mmopts import answers

    return answers.sources(kb, name)


def guidance(kb: Knowledge, body: str | None) -> Data:
    """The answer of guidance."""
    from mmopts import answers

    return answers.guidance(kb, body)


def frailty(given: Data, kb: Knowledge) -> Data:
    """The answer of frailty."""
    from mmopts import answers

    return answers.frailty(given, kb)


def risk(given: Data, kb: Knowledge) -> Data:
    """The answer of risk."""
    from mmopts import answers

    return answers.risk(given, kb)


def envelope(kind: str, kb: Knowledge, **parts: Any) -> Data:
    """The frame of an answer whose parts the command line makes itself."""
    from mmopts.report import envelope as framed

    return framed(kind, kb, **parts)


# --- reading and writing -----------------------------------------------------------------------------


def split_list(texts: Sequence[str] | None) -> list[str]:
    """The words of comma lists."""
    from mmopts.names import split_list as split

    return split(texts) or []


def yaml_data(text: str) -> tuple[Any, Sequence[Any]]:
    """A YAML document as data, and its faults: each with code, line, column, message and suggestion."""
    from mmopts.knowledge.read import read_yaml

    document = read_yaml(text, "patient")
    return document.data, document.faults


def json_text(data: Any, pretty: bool = False) -> str:
    """Data as JSON, with a line end."""
    from mmopts.render.jsonout import json_text as written

    return written(data, pretty)


def plain(text: str) -> str:
    """A text without anything that could steer a terminal."""
    from mmopts.render.plain import plain as made_plain

    return made_plain(text)


def render(envelope: Data, form: str, view: frozenset[str]) -> str:
    """An answer as csv, markdown, html, or as text for a pipe (table)."""
    if form == "csv":
        from mmopts.render.csvout import csv_text

        return csv_text(envelope)
    if form == "markdown":
        from mmopts.render.markdown import markdown_text

        return markdown_text(envelope, view)
    if form == "html":
        from mmopts.render.html import html_text

        return html_text(envelope, view)
    from mmopts.render.layout import plain_text

    return plain_text(envelope, view)


def render_terminal(envelope: Data, view: frozenset[str], width: int, colour: bool) -> str:
    """An answer for a terminal."""
    from mmopts.render.table import terminal_text

    return terminal_text(envelope, view, width, colour)
