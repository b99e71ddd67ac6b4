"""``mmopts cohort``: a file of patients in, a file of verdicts out; rejects, a summary and facts beside it."""

from __future__ import annotations

import json
import os
from array import array
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

import mmopts
from mmopts.answers.form import to_data
from mmopts.answers.forms import Cohort, CohortQuestion, Default
from mmopts.cohort.arrays import as_text
from mmopts.cohort.facts import fact_batch
from mmopts.cohort.heads import ID, STDIO, told_left_out
from mmopts.cohort.inputs import Fault, Rows, format_of, read_line, read_lines, read_rows
from mmopts.cohort.judging import Asked, Judge, Table
from mmopts.cohort.layouts import LAYOUTS, long, wide, without
from mmopts.cohort.options import Options
from mmopts.cohort.outputs import BatchFile, Files, writing
from mmopts.cohort.rejects import RejectedRow, Rejects
from mmopts.cohort.summary import Counting, Counts, summary
from mmopts.cohort.treatments import Treatments, read_treatments_table
from mmopts.diagnostics import Diagnostic, Exit, QuestionError, no_choice
from mmopts.knowledge.records import Knowledge
from mmopts.partfiles import target_of, tidy
from mmopts.processes import in_order


class Done(NamedTuple):
    """A chunk once it is judged: its batches, facts, rejects, counts and ids."""

    rows: int
    batches: list[pa.RecordBatch]
    facts: pa.RecordBatch | None
    rejects: list[RejectedRow]
    counts: Counts
    ids: pa.Array | None = None


class Worker:
    """Judges chunks of a file; one in each process."""

    def __init__(self, kb: Knowledge, asked: Asked, counted: bool) -> None:
        self.kb, self.asked, self.counted = kb, asked, counted
        self.judge = Judge(kb, asked)
        self.counting = Counting(kb) if counted else None

    def work(self, rows: Rows) -> Done:
        """Judge a chunk."""
        rejects = [RejectedRow(number, "", "bad-row", f"{text}.") for number, text in rows.lost]
        table = read_lines(rows) if rows.columns is None else Table(rows.size, rows.columns)
        chunk = self.judge.chunk(table, rows.numbers, rows.histories)
        rejects += [RejectedRow(rows.numbers[r.row], r.id, r.code, r.message) for r in chunk.rejects]
        if self.asked.layout == "long":
            batches = list(long(chunk, self.kb, self.asked))
        else:
            batches = [without(wide(chunk, self.kb, self.asked), chunk.rejected)]
        facts = None
        if self.asked.keep:
            facts = without(fact_batch(chunk, self.kb, self.judge.lexicon.numbers), chunk.rejected)
        counts = self.counting.count(chunk.truths.truth, chunk.kept) if self.counting else Counts(chunk.kept.bit_count())
        nameless = {reject.row for reject in chunk.rejects if not reject.id}
        ids = chunk.ids.filter(pa.array([row not in nameless for row in range(rows.size)])) if nameless else chunk.ids
        return Done(rows.size + len(rows.lost), batches, facts, sorted(rejects), counts, ids)


def _judging(kb: str | None, asked: Asked, counted: bool) -> Callable[[Rows], Done]:
    """Make what judges chunks in a process."""
    return Worker(mmopts.load(kb), asked, counted).work


def _done(chunks: Iterator[Rows], options: Options, kb: Knowledge, asked: Asked) -> Iterator[Done]:
    """The judged chunks in order, worked out by `jobs` processes."""
    counted = options.summary is not None
    if options.jobs == 1:
        worker = Worker(kb, asked, counted)
        yield from map(worker.work, chunks)
        return
    yield from in_order(options.jobs, _judging, (options.kb, asked, counted), chunks)


def checked(options: Options) -> tuple[str, str]:
    """The formats of input and output. Raises QuestionError with what is wrong with the options."""
    problems = [*_values_at_fault(options), *_files_at_fault(options)]
    files = [(options.source, options.read_as, "from"), (options.output, options.write_as, "to")]
    if options.treatments is not None:
        files.append((options.treatments, options.treatments_as, "treatments-from"))
    formats = []
    for path, stated, name in files:
        try:
            formats.append(format_of(path, stated, name))
        except QuestionError as error:
            problems += error.problems
    if problems:
        raise QuestionError(problems)
    return formats[0], formats[1]


def _values_at_fault(options: Options) -> Iterator[Diagnostic]:
    """The faults of options whose word or number is not one that they take."""
    if options.layout not in LAYOUTS:
        yield no_choice("--layout", "layout", options.layout, LAYOUTS)
    if not 0 <= options.max_rejects <= 100:
        text = f"--max-rejects takes a percentage from 0 to 100, not {options.max_rejects:g}."
        yield Diagnostic("bad-value", text, "max_rejects", options.max_rejects)


def _files_at_fault(options: Options) -> Iterator[Diagnostic]:
    """The faults of a file that is asked for twice, and of a missing format."""
    inputs = [p for p in (options.source, options.treatments) if p is not None]
    read = [*inputs, *([options.kb] if options.kb and os.path.isfile(options.kb) else [])]
    outputs = [p for p in (options.output, options.rejects, options.summary, options.facts) if p is not None]
    real = list(map(_real, outputs))
    same = sorted({p for p, r in zip(outputs, real, strict=True) if real.count(r) > 1})
    if same:
        text = f"{same[0]} is asked for twice; give each output a file of its own."
        yield Diagnostic("contradiction", text, "output", same)
    for one in (p for p in read if p != STDIO and _real(p) in real):
        text = f"{one} is {'the input' if one in inputs else 'the knowledge base'}; give each output a file of its own."
        yield Diagnostic("contradiction", text, "output", one)
    if options.treatments is not None and len(set(map(_real, inputs))) == 1:
        text = f"{options.source} is asked for twice, as patients and as treatments."
        yield Diagnostic("contradiction", text, "treatments", options.treatments)
    if options.treatments_as is not None and options.treatments is None:
        text = "--treatments-from tells the format of --treatments FILE, which is missing."
        yield Diagnostic("missing-argument", text, "treatments")


def _real(path: str) -> str:
    return path if path == STDIO else os.path.realpath(path)


def run(options: Options, kb: Knowledge | None = None) -> Exit:
    """Judge a file. Up to `max_rejects` rejected rows are no failure; beyond that only the rejects file is written.

    `kb`: the knowledge base at `options.kb`, where it is loaded already.
    Raises QuestionError for options or a file that cannot be used, KnowledgeError for the knowledge base.
    """
    read_as, write_as = checked(options)
    kb = kb or mmopts.load(options.kb)
    layout, keep = options.layout, options.facts is not None
    asked = Asked(options.scope, options.strict, options.labels, options.tiers, layout, keep, options.ignore_columns)
    facts_as = format_of(options.facts, None, "facts") if options.facts is not None else ""
    rejects, ids = Rejects(options.rejects), Ids()
    with tidy(), Files() as files:
        out = BatchFile(files, options.output, write_as)
        facts = BatchFile(files, options.facts, facts_as) if options.facts is not None else None
        left_out: list[str] = []
        treatments, chunks = _joined(options, read_as, left_out)
        rows, counts = _written(_done(chunks, options, kb, asked), options, out, facts, rejects, ids)
        if not rows:
            raise QuestionError([Diagnostic("no-facts", "there is no patient in the input.", None, options.source)])
        if treatments is not None:
            treatments.check_taken()
        rejects.check(rows, options.max_rejects, begun=options.output == STDIO or target_of(options.output).open)
        out.close()
        if facts is not None:
            facts.close()
        if options.summary is not None:
            acted = tuple([Default(*one) for one in options.defaults])
            question = CohortQuestion(options.scope.region, options.scope.as_of, options.strict, acted)
            _summarise(summary(counts, kb, question, rejects.codes, left_out), options.summary, options, files)
        rejects.write(files)
        files.commit()
    options.tell(told_left_out(left_out) + rejects.told(rows) + ids.told())
    return Exit.OK


def _written(
    chunks: Iterator[Done], options: Options, out: BatchFile, facts: BatchFile | None, rejects: Rejects, ids: Ids
) -> tuple[int, Counts]:
    """Write each chunk to the files, and take in its rejects and ids; how many rows there were, and their counts."""
    rows, counts = 0, Counts()
    files = [file for file in (out, facts) if file is not None]
    try:
        for done in chunks:
            rows += done.rows
            ids.take(done.ids)
            counts = counts.add(done.counts)
            rejects.take(done.rejects)
            out.write(done.batches)
            if facts is not None and done.facts is not None:
                facts.write([done.facts])
            if options.progress is not None:
                options.progress.tell_rows(rows)
        for file in files:
            file.wait()
    finally:
        if options.progress is not None:
            options.progress.clear()
        for file in files:
            file.stop()
    return rows, counts


def _summarise(answer: Cohort, path: str, options: Options, files: Files) -> None:
    """Write the summary as JSON, and show it unless an answer goes to standard output."""
    with writing(path):
        text = json.dumps(to_data(answer), ensure_ascii=False, indent=1)
        files.open(path).write(f"{text}\n".encode())
    if STDIO not in (options.output, path):
        options.show(answer)


def _joined(options: Options, read_as: str, left_out: list[str]) -> tuple[Treatments | None, Iterator[Rows]]:
    """The table of treatments, if there is one, and the chunks of patients with their treatments.

    `left_out` takes the columns that are ignored.
    """
    ignore = options.ignore_columns
    if options.treatments is None:
        return None, read_rows(options.source, read_as, ignore, left_out)
    kind = format_of(options.treatments, options.treatments_as, "treatments-from")
    table = read_treatments_table(options.treatments, kind, ignore, left_out)
    chunks = read_rows(options.source, read_as, ignore, left_out, joined=True)
    return table, (rows._replace(histories=table.take(_ids(rows))) for rows in chunks)


def _ids(rows: Rows) -> pa.Array:
    """The ids of a chunk, null where there is none."""
    if rows.columns is not None:
        column = rows.columns.get(ID)
        return pa.nulls(rows.size, pa.string()) if column is None else as_text(column)
    lines = (read_line(line, number) for number, line in zip(rows.numbers, rows.lines, strict=True))
    ids = [None if isinstance(line, Fault) else line.get(ID) for line in lines]
    return pa.array([None if each is None else str(each) for each in ids], pa.string())


class Ids:
    """The ids seen so far, 8 bytes each, by which repeated ones are known at the end."""

    def __init__(self) -> None:
        self._hashes: list[array[int]] = []

    def take(self, ids: pa.Array | None) -> None:
        """Add the ids of a chunk."""
        if ids:
            self._hashes.append(array("q", map(hash, ids.to_pylist())))

    def told(self) -> str:
        """The warning about ids that occur more than once; none if there are none."""
        whole = pa.chunked_array([pa.array(memoryview(part)) for part in self._hashes], pa.int64())
        more = len(whole) - pc.count_distinct(whole).as_py()
        if not more:
            return ""
        rows = "row has" if more == 1 else "rows have"
        return f"mmopts: {more:,} {rows} an id that an earlier row has; each row is judged by itself\n"
