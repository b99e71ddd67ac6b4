"""What the command line asks of the rest of mmopts, and all of it: nothing else in this folder imports the engine.

Each function imports what it needs when it is called: a command loads only what answers it. An answer is one of the
records of `mmopts.answers.forms`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mmopts.facts import TREATMENTS

if TYPE_CHECKING:
    from mmopts.answers import forms
    from mmopts.answers.interview import Interview
    from mmopts.answers.patient import About
    from mmopts.assess.truths import Scope
    from mmopts.cohort.options import Options
    from mmopts.diagnostics import Diagnostic, Exit
    from mmopts.knowledge.records import Knowledge
    from mmopts.record import Record


# --- knowledge ---------------------------------------------------------------------------------------


def load_knowledge(path: str | None) -> Knowledge:
    """The knowledge base at `path`, or the built-in one. Raises KnowledgeError."""
    from mmopts.knowledge.load import load_knowledge as load

    return load(path)


def knowledge_version(kb: Knowledge) -> str:
    """The version of a knowledge base and the day of its review, in words."""
    return f"knowledge {kb.meta.version}, reviewed {kb.meta.reviewed}"


def word_faults(name: str, value: Any, kb: Knowledge) -> Sequence[Diagnostic]:
    """What is wrong with the words of a fact; nothing if it is no fact with words."""
    if name not in kb.vocabulary:
        return ()
    from mmopts.patient.reading import Reader

    problems: list[Diagnostic] = []
    Reader(kb, problems, []).read({name: value})
    return problems


def option_faults(options: Mapping[str, Any], kb: Knowledge) -> list[Diagnostic]:
    """What is wrong with each fact and each part of a question by itself, whatever else is known of a patient."""
    from mmopts.assess.assessment import facts_and_question, read_scope
    from mmopts.patient.reading import Reader

    problems: list[Diagnostic] = []
    facts, question = facts_and_question(options)
    read_scope(question, kb, problems)
    Reader(kb, problems, []).read(facts)
    return problems


def known_words(kind: str, path: str | None) -> Iterable[str]:
    """Words that a shell may complete: `kind` is regimens, drugs, classes, sources, received, or a fact with words."""
    kb = load_knowledge(path)
    if kind == "received":
        names = {name for drug in kb.drugs.values() for name in (drug.id, *drug.abbreviations)}
        return sorted({*names, *kb.classes, *kb.regimens})
    if kind in kb.vocabulary:
        return [*kb.vocabulary[kind].words, *kb.vocabulary[kind].groups]
    found: Mapping[str, Any] = getattr(kb, kind)
    return list(found)


def check_knowledge(path: str | None) -> tuple[Record, bool]:
    """The report on a knowledge base, and whether it has no error."""
    from mmopts.answers.knowledge_base import check_answer

    return check_answer(path)


def diff_knowledge(old: str | None, new: str | None, progress: Callable[[int, int], None]) -> Record:
    """The verdicts that two knowledge bases give differently; `progress` is told how many patients of how many are done."""
    from mmopts.answers.knowledge_base import diff_answer
    from mmopts.processes import processors

    return diff_answer(old, new, progress, processors())


def format_knowledge(path: str | None, write: bool) -> tuple[Record, bool]:
    """Lay files out, or only check their layout; and whether all are well."""
    from mmopts.answers.knowledge_base import format_answer

    return format_answer(path, write)


def defaults_answer(rows: Iterable[tuple[str, Any, str | None, str, str]], file: str | None) -> forms.Config:
    """The defaults of a place, each with its name, value, origin, variable and meaning."""
    from mmopts.answers import forms
    from mmopts.version import __version__

    return forms.Config("mmopts.config/1", __version__, file, tuple([forms.DefaultRow(*row) for row in rows]))


def schema_kinds() -> Sequence[str]:
    """What has a JSON Schema: each kind of answer, the defaults, an error, a patient file, a knowledge base."""
    from mmopts.answers.kinds import ANSWERS, BESIDE

    return (*ANSWERS, *BESIDE, "patient", "kb")


def schema_of(kind: str, kb: Knowledge | None) -> dict[str, Any]:
    """The JSON Schema of a kind of answer, of a knowledge base (kb), or of a patient file (with `kb` given)."""
    from mmopts.answers.form import schema_of as answer_schema
    from mmopts.answers.kinds import ANSWERS, BESIDE

    if kind == "kb":
        from mmopts.knowledge.schema import kb_schema

        return kb_schema()
    if kb is not None:
        from mmopts.answers.patient_schema import patient_schema

        return patient_schema(kb)
    return answer_schema((ANSWERS | BESIDE)[kind], f"mmopts {kind}", kind)


# --- questions and answers ---------------------------------------------------------------------------


def _defaults(acted: Sequence[tuple[str, str, str]]) -> tuple[forms.Default, ...]:
    from mmopts.answers.forms import Default

    return tuple(Default(*d) for d in acted)


def about(
    facts: Mapping[str, Any], kb: Knowledge, patient_id: str | None, defaults: Sequence[tuple[str, str, str]]
) -> About:
    """A patient file's mapping, assessed; `defaults` are those that acted. Raises QuestionError with every fault."""
    from mmopts.answers.patient import About
    from mmopts.assess.assessment import assess_given

    return About(assess_given(facts, kb), patient_id, _defaults(defaults))


def interview(
    facts: Mapping[str, Any], kb: Knowledge, patient_id: str | None, defaults: Sequence[tuple[str, str, str]]
) -> Interview:
    """An interview that begins with what is known. Raises QuestionError with every fault of it."""
    from mmopts.answers.interview import Interview

    return Interview(facts, kb, patient_id, _defaults(defaults))


def regimen_named(word: str, kb: Knowledge) -> str:
    """The id of the regimen that a word names. Raises QuestionError."""
    from mmopts.answers import knowledge

    return knowledge.regimen_named(word, kb)


def drug_named(word: str, kb: Knowledge) -> str:
    """The generic name of the drug that a word names. Raises QuestionError."""
    from mmopts.answers import knowledge

    return knowledge.drug_named(word, kb)


def class_named(word: str, kb: Knowledge) -> str:
    """The id of the class that a word names. Raises QuestionError."""
    from mmopts.answers import knowledge

    return knowledge.class_named(word, kb)


def shown(name: str, kb: Knowledge) -> forms.Show:
    """The answer of show."""
    from mmopts.answers import knowledge

    return knowledge.shown(name, kb)


def compared(names: Sequence[str], kb: Knowledge, patient: About | None) -> forms.Compare:
    """The answer of compare."""
    from mmopts.answers import knowledge

    return knowledge.compared(names, kb, patient)


def listed(kb: Knowledge, settings: Sequence[str], drugs: Sequence[str], classes: Sequence[str]) -> forms.List:
    """The answer of list."""
    from mmopts.answers import knowledge

    return knowledge.listed(kb, settings, drugs, classes)


def drugs(kb: Knowledge, word: str | None) -> Record:
    """The answer of drugs."""
    from mmopts.answers import knowledge

    return knowledge.one_drug(knowledge.drug_named(word, kb), kb) if word else knowledge.drugs(kb)


def sources(kb: Knowledge, name: str | None) -> Record:
    """The answer of sources."""
    from mmopts.answers import knowledge

    return knowledge.one_source(name, kb) if name else knowledge.sources(kb)


def guidance(kb: Knowledge, body: str | None) -> forms.Guidance:
    """The answer of guidance."""
    from mmopts.answers import knowledge

    return knowledge.guidance(kb, body)


def facts(kb: Knowledge, name: str | None) -> forms.FactList:
    """The answer of facts."""
    from mmopts.answers import knowledge

    return knowledge.facts(kb, name)


def history(
    facts: Mapping[str, Any], kb: Knowledge, patient_id: str | None, defaults: Sequence[tuple[str, str, str]]
) -> forms.History:
    """The answer of history. Raises QuestionError with every fault."""
    from mmopts.answers import history as answers

    return answers.history(facts, kb, patient_id, _defaults(defaults))


def report(facts: Mapping[str, Any], kb: Knowledge, case: str, defaults: Sequence[tuple[str, str, str]]) -> forms.Report:
    """The answer of report, under the label `case`. Raises QuestionError with every fault."""
    from mmopts.answers import report as answers

    return answers.report(facts, kb, case, _defaults(defaults))


def history_template(kb: Knowledge) -> str:
    """A list of treatments to be filled in."""
    from mmopts.answers.history import template

    return template(kb)


def frailty(given: Mapping[str, Any], kb: Knowledge) -> forms.Scores:
    """The answer of frailty."""
    from mmopts.answers import scores

    return scores.frailty(given, kb)


def risk(given: Mapping[str, Any], kb: Knowledge) -> forms.Scores:
    """The answer of risk."""
    from mmopts.answers import scores

    return scores.risk(given, kb)


# --- many patients -----------------------------------------------------------------------------------


def cohort_scope(kb: Knowledge, region: str | None, as_of: str | None, problems: list[Diagnostic]) -> Scope:
    """The region and the day of a cohort; their faults are added to `problems`."""
    from mmopts.assess.assessment import read_scope

    return read_scope({"region": region, "as_of": as_of}, kb, problems)


def cohort_sql(kb: Knowledge, scope: Scope, dialect: str, labels: bool, problems: list[Diagnostic]) -> str:
    """The judging of normalised facts as SQL; an unknown dialect is added to `problems`."""
    from mmopts.cohort.sql import QUOTES, sql_text
    from mmopts.diagnostics import no_choice

    if dialect.casefold() not in QUOTES:
        problems.append(no_choice("--sql", "sql", dialect, tuple(QUOTES)))
        return ""
    return sql_text(kb, scope, dialect.casefold(), labels)


def cohort_options() -> type[Options]:
    """The options of a cohort as a record."""
    from mmopts.cohort.options import Options

    return Options


def cohort(options: Options, kb: Knowledge) -> Exit:
    """Judge a file of patients by what `kb` knows. Raises QuestionError."""
    from mmopts.diagnostics import Diagnostic, QuestionError

    try:
        from mmopts.cohort.run import run
    except ModuleNotFoundError:
        text = "mmopts cohort needs pyarrow: pip install '.[cohort]'."
        raise QuestionError([Diagnostic("missing-package", text, None, None, ["pip install '.[cohort]'"])]) from None
    return run(options, kb)


# --- reading and writing -----------------------------------------------------------------------------


def yaml_data(text: str) -> tuple[Any, Sequence[Diagnostic]]:
    """A YAML document as data, and its faults. A list of treatments knows the lines of its entries."""
    from mmopts.knowledge.read import read_yaml

    document = read_yaml(text, "patient")
    return _placed(document.data, document.places), document.faults


def with_lines(data: Any, text: str) -> Any:
    """The data of a JSON text; a list of treatments in it knows the lines of its entries."""
    if not (isinstance(data, dict) and isinstance(data.get(TREATMENTS), list)):
        return data
    from mmopts.knowledge.read import read_yaml

    return _placed(data, read_yaml(text).places)


def _placed(data: Any, places: Mapping[Any, tuple[int, int]]) -> Any:
    if isinstance(data, dict) and isinstance(data.get(TREATMENTS), list):
        from mmopts.patient.treatments import Entries

        entries = data[TREATMENTS]
        lines = [places.get((TREATMENTS, i), (0, 0))[0] for i in range(len(entries))]
        return {**data, TREATMENTS: Entries(entries, lines)}
    return data


def data_of(answer: Record) -> dict[str, Any]:
    """An answer as JSON data."""
    from mmopts.answers.form import to_data

    data: dict[str, Any] = to_data(answer)
    return data


def json_text(data: Any, pretty: bool = False) -> str:
    """Data as JSON, with a line end."""
    from mmopts.render.jsonout import json_text as written

    return written(data, pretty)


def plain(text: str) -> str:
    """A text without anything that could steer a terminal."""
    from mmopts.render.plain import plain as made_plain

    return made_plain(text)


def csv_head() -> str:
    """The head line of the options of patients."""
    from mmopts.answers.forms import Suggest
    from mmopts.render.csvout import csv_head as head

    return head(Suggest)


def csv_rows(answer: Record) -> str:
    """The rows of an answer as CSV, without a head."""
    from mmopts.render.csvout import csv_rows as rows

    return rows(answer)


def plotted(answer: forms.Compare, kind: str) -> bytes | None:
    """The forest plot of a comparison as a file of this kind; None if there is nothing to draw.

    Raises ModuleNotFoundError without the library that draws it.
    """
    from mmopts.render.plotfile import plot_bytes
    from mmopts.render.screen_compare import plot_of

    plot = plot_of(answer)
    return plot_bytes(plot, kind) if plot else None


def render(answer: Record, form: str, view: frozenset[str], width: int, colour: bool) -> str:
    """An answer as csv, markdown, html, plain (for a pipe or a file) or terminal (at `width` columns, coloured or not)."""
    from mmopts.render import rendered

    return rendered(answer, form, view, width, colour)
