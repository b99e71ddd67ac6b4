"""One chunk of patients judged: verdicts and labels as masks, and the rows that cannot be used with the reason of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from mmopts.assess.assessment import assess
from mmopts.assess.truths import COUNTRIES, LABELS, NOT_APPLICABLE, VERDICTS, Scope, Truths, judge_worlds
from mmopts.cohort.bits import from_mask, in_words, rows_of, to_mask
from mmopts.cohort.cells import row_said
from mmopts.cohort.entries import nested
from mmopts.cohort.plan import HISTORY, ID
from mmopts.cohort.reading import Batch, Lexicon
from mmopts.cohort.sheet import Sheet
from mmopts.diagnostics import Diagnostic, QuestionError
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Value
from mmopts.patient import Patient, intake
from mmopts.patient.known import Known
from mmopts.patient.settling import settle

CHUNK = 131_072
"""How many patients are judged at once."""
REMEMBERED = 1 << 13
"""So many patients with treatments are remembered, should the same come again."""
REJECTED = "rejected"
"""The column of the library's batches that says why a row has no verdicts."""
VERDICT_WORDS = tuple(VERDICTS[v] for v in (True, None, False))
LABEL_WORDS = tuple(LABELS[v] for v in (True, None, False))


class Asked(NamedTuple):
    """What is asked of every patient: where and when, without presumptions or with them, and which columns.

    `keep`: keep numbers as they were given, for those who want the facts too. `ignore`: leave out what is neither a fact
    nor a key of a treatment.
    """

    scope: Scope
    strict: bool = False
    labels: bool = False
    tiers: bool = False
    layout: str = "wide"
    keep: bool = False
    ignore: bool = False


class Reject(NamedTuple):
    """A row that cannot be used: its place in the chunk from 0, its id, its first fault's code, and all faults in words."""

    row: int
    id: str
    code: str
    message: str


class Read(NamedTuple):
    """Columns of a chunk, the rows that columns cannot hold (as patient files), and those that could not be read at all."""

    columns: dict[str, Any]
    odd: dict[int, dict[str, Any]]
    unusable: list[Reject]


class Chunk(NamedTuple):
    """Patients of one chunk: their ids, their facts and truths, who was rejected and why, and tiers if they were asked for.

    `raw`: numbers as they were given. `alone`: patients who had to be read by themselves.
    """

    size: int
    ids: Any
    facts: Known
    truths: Truths
    rejected: int
    rejects: list[Reject]
    tiers: dict[str, list[str | None]] | None
    raw: Mapping[str, tuple[Any, Any]]
    alone: Mapping[int, Patient]

    @property
    def kept(self) -> int:
        """Those who were not rejected."""
        return (1 << self.size) - 1 & ~self.rejected


class Judge:
    """Judges chunks against a knowledge base; what it has read of words is remembered from chunk to chunk."""

    def __init__(self, kb: Knowledge, asked: Asked) -> None:
        self.kb, self.asked = kb, asked
        self.lexicon = Lexicon(kb)
        self._known: dict[str, Mapping[str, Any]] = {}

    def chunk(
        self,
        columns: Mapping[str, Any],
        count: int,
        first: int = 1,
        known_odd: Mapping[int, Mapping[str, Any]] | None = None,
        unusable: Sequence[Reject] = (),
        histories: Mapping[int, Sequence[Any]] | None = None,
    ) -> Chunk:
        """Judge patients given by columns (fact columns, treatments and `ID`).

        `first`: the number of the first row, which is its id where there is none. `known_odd`: rows that columns cannot
        hold, as patient files. `unusable`: rows that could not be read at all. `histories`: treatments by row, from a
        table of their own where there is one.
        """
        given = known_odd or {}
        ids = ids_of(columns.get(ID), range(first, first + count))
        if HISTORY in columns or histories is not None or any(HISTORY in row for row in given.values()):
            told = self._histories(columns, count, ids, given, histories)
            gone = {r.row for r in unusable}
            columns, given = told.columns, told.odd
            unusable = [*unusable, *(r for r in told.unusable if r.row not in gone)]
        facts = {name: array for name, array in columns.items() if name != ID}
        batch = Batch(self.lexicon, count, self.asked.keep)
        stated = batch.read(facts)
        settled = settle(stated, self.kb)
        known = settled.firm if self.asked.strict else settled.filled
        for row in (*given, *(r.row for r in unusable)):
            batch.odd |= 1 << row
        batch.odd |= batch.every & ~_any_fact(stated.columns, stated.last, stated.implied)
        rejects = list(unusable)
        gone = {r.row for r in unusable}
        singly = settled.conflict | batch.odd
        by_row = [row for row in rows_of(singly) if row not in gone]
        found = {row: self._alone(facts, row, given.get(row)) for row in by_row}
        for row, patient in found.items():
            if not isinstance(patient, Patient):
                code, text = patient
                rejects.append(Reject(row, ids[row].as_py(), code, text))
        rejected = sum(1 << r.row for r in rejects)
        self._put_in(known, singly, found)
        tiers = None
        if self.asked.tiers:
            tiers = self._tiers(facts, count, {r.row for r in rejects}, given, found)
        alone = {row: patient for row, patient in found.items() if isinstance(patient, Patient)}
        truths = judge_worlds(self.kb, known, self.asked.scope)
        return Chunk(count, ids, known, truths, rejected, sorted(rejects), tiers, batch.raw, alone)

    def _histories(
        self,
        columns: Mapping[str, Any],
        count: int,
        ids: Any,
        given: Mapping[int, Mapping[str, Any]],
        histories: Mapping[int, Sequence[Any]] | None,
    ) -> Read:
        """The same patients with the facts that follow from their treatments; those whose treatments are faulty are out."""
        sheet, rejects = Sheet(count), list[Reject]()
        nameless = to_mask(_blank(columns.get(ID), count)) if histories is not None else 0
        cells = {name: array.to_pylist() for name, array in columns.items() if name != ID}
        if HISTORY in cells:
            cells[HISTORY] = [nested(value, self.asked.ignore) for value in cells[HISTORY]]
        for row in range(count):
            said = dict(given[row]) if row in given else row_said({name: column[row] for name, column in cells.items()})
            try:
                if nameless >> row & 1:
                    raise QuestionError([Diagnostic("no-id", "The row has no id, by which treatments are its own.", ID)])
                sheet.put(row, self._resolved(said, (histories or {}).get(row)))
            except QuestionError as error:
                problem = error.problems[0].code, " ".join(p.text for p in error.problems)
                rejects.append(Reject(row, ids[row].as_py(), *problem))
        return Read(sheet.columns(), sheet.odd, rejects)

    def _resolved(self, said: dict[str, Any], own: Sequence[Any] | None) -> Mapping[str, Any]:
        """The facts of a patient, those that follow from treatments among them. `own`: treatments from a table.

        The same patient is worked out once. Raises QuestionError for faults of the treatments.
        """
        if said.get(HISTORY) is None:
            said.pop(HISTORY, None)
        elif own is not None:
            text = "treatments stand in the row and in the table of treatments; keep one of the two."
            raise QuestionError([Diagnostic("contradiction", text, HISTORY)])
        if own is not None:
            said[HISTORY] = own
        if HISTORY not in said:
            return said
        from mmopts.patient.merge import resolve

        key = repr(said)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            found = self._known[key] = resolve(said, self.kb, self.asked.scope.as_of).facts
        return found

    def _alone(self, facts: Mapping[str, Any], row: int, given: Mapping[str, Any] | None) -> Patient | tuple[str, str]:
        """A row read as a patient file is; or the code of its first fault and all its faults in words."""
        said = row_said({n: a[row].as_py() for n, a in facts.items()} if given is None else given)
        if not any(not name.endswith("_incomplete") for name in said):
            return "no-facts", "No fact about the patient was given."
        problems: list[Diagnostic] = []
        for name, value in said.items():
            problems += self.lexicon.faults(name, value, said.get(f"{name}_incomplete") is True)
        try:
            if not problems:
                return intake(said, self.kb, strict=self.asked.strict)
        except QuestionError as error:
            problems += error.problems
        return problems[0].code, " ".join(p.text for p in problems)

    def _put_in(self, known: Known, rows: int, found: Mapping[int, Patient | tuple[str, str]]) -> None:
        """Replace what is known of some rows by what was found when each was read by itself."""
        if not rows:
            return
        keep = known.mask & ~rows
        for atom, column in known.columns.items():
            known.columns[atom] = {value: where & keep for value, where in column.items()}
        for row, patient in found.items():
            for atom, value in patient.facts.items() if isinstance(patient, Patient) else ():
                into = known.columns.setdefault(atom, {})
                stands = self.lexicon.numbers.value(atom, value)
                into[stands] = into.get(stands, 0) | 1 << row

    def _tiers(
        self,
        facts: Mapping[str, Any],
        count: int,
        gone: set[int],
        given: Mapping[int, Mapping[str, Any]],
        found: Mapping[int, Patient | tuple[str, str]],
    ) -> dict[str, list[str | None]]:
        """Tiers, patient by patient, as `suggest` works them out; None for what is excluded."""
        out: dict[str, list[str | None]] = {name: [None] * count for name in self.kb.regimens}
        for row in range(count):
            if row in gone:
                continue
            patient = found.get(row) or self._alone(facts, row, given.get(row))
            assert isinstance(patient, Patient)
            for name, standing in assess(self.kb, patient, self.asked.scope).standings.items():
                out[name][row] = standing.tier
        return out


def _any_fact(columns: Mapping[str, Mapping[Value, int]], *more: Mapping[Any, int]) -> int:
    """Those who stated anything."""
    out = 0
    for column in columns.values():
        for where in column.values():
            out |= where
    for masks in more:
        for where in masks.values():
            out |= where
    return out


def ids_of(array: Any, numbers: Sequence[int]) -> Any:
    """Ids as text; a row without one has its number."""
    named = pc.cast(pa.array(numbers, pa.int64()), pa.string())
    if array is None:
        return named
    return pc.if_else(_blank(array, len(named)), named, pc.cast(array, pa.string()))


def _blank(array: Any, count: int) -> Any:
    """Where there is no id: null, or nothing but blanks."""
    if array is None:
        return pa.repeat(pa.scalar(True), count)
    return pc.fill_null(pc.equal(pc.utf8_trim_whitespace(pc.cast(array, pa.string())), ""), True)


# --- columns of the answer ----------------------------------------------------------------------------


def answers(chunk: Chunk, kb: Knowledge, asked: Asked) -> Iterator[tuple[str, str, Any]]:
    """Every column of the answer but the id: regimen, what it is (``verdict``, ``label_us``, ``tier``), and its words."""
    for name, regimen in kb.regimens.items():
        yield name, "verdict", in_words(chunk.truths.truth(regimen.verdict), chunk.size, VERDICT_WORDS)
        for region in COUNTRIES if asked.labels else ():
            cond = regimen.labels[region]
            if cond is None:
                words: Any = pa.DictionaryArray.from_arrays(
                    pa.repeat(pa.scalar(0, pa.int8()), chunk.size), pa.array([NOT_APPLICABLE])
                )
            else:
                words = in_words(chunk.truths.truth(cond), chunk.size, LABEL_WORDS)
            yield name, f"label_{region}", words
        if chunk.tiers is not None:
            yield name, "tier", pa.array(chunk.tiers[name], pa.string()).dictionary_encode()


def wide(chunk: Chunk, kb: Knowledge, asked: Asked) -> Any:
    """One row a patient, one column a regimen; labels and tiers beside it as ``ID.label_us``, ``ID.tier``."""
    names, arrays = [ID], [chunk.ids]
    for name, kind, words in answers(chunk, kb, asked):
        names.append(name if kind == "verdict" else f"{name}.{kind}")
        arrays.append(words)
    return pa.RecordBatch.from_arrays(arrays, names=names)


STEP = 4096
"""Patients of a part of the long layout: each row of it takes a regimen."""


def long(chunk: Chunk, kb: Knowledge, asked: Asked) -> Iterator[Any]:
    """One row a patient and regimen, patient by patient, in parts."""
    kept = without(wide(chunk, kb, asked), chunk.rejected)
    kinds = ["verdict", *(f"label_{r}" for r in COUNTRIES if asked.labels), *(["tier"] if asked.tiers else [])]
    regimens = list(kb.regimens)
    for start in range(0, len(kept), STEP):
        part = kept.slice(start, STEP)
        count = len(part)
        rows = pa.array([row for row in range(count) for _ in regimens], pa.int32())
        which = pa.array(list(range(len(regimens))) * count, pa.int32())
        order = pc.add(pc.multiply(which, count), rows)
        columns = [
            part.column(0).take(rows),
            pa.DictionaryArray.from_arrays(pc.cast(which, pa.int16()), pa.array(regimens)),
        ]
        for kind in kinds:
            every = [part.column(n if kind == "verdict" else f"{n}.{kind}").dictionary_decode() for n in regimens]
            columns.append(pa.concat_arrays(every).take(order).dictionary_encode())
        yield pa.RecordBatch.from_arrays(columns, names=[ID, "regimen", *kinds])


def without(batch: Any, rejected: int) -> Any:
    """A batch without the rows of a mask."""
    if not rejected:
        return batch
    kept = (1 << len(batch)) - 1 & ~rejected
    return batch.filter(from_mask(kept, len(batch)))


def judged(chunk: Chunk, kb: Knowledge, asked: Asked) -> Any:
    """Every row of a chunk, as a library wants it: no verdict where a row was rejected, and why in a column of its own."""
    found = wide(chunk, kb, asked)
    why: list[str | None] = [None] * chunk.size
    for reject in chunk.rejects:
        why[reject.row] = f"{reject.code}: {reject.message}"
    keep = from_mask(chunk.kept, chunk.size)
    arrays = [found.column(0)]
    for array in found.columns[1:]:
        codes = array.indices if not chunk.rejected else pc.if_else(keep, array.indices, pa.scalar(None, array.indices.type))
        arrays.append(pa.DictionaryArray.from_arrays(codes, array.dictionary))
    return pa.RecordBatch.from_arrays([*arrays, pa.array(why, pa.string())], names=[*found.schema.names, REJECTED])


def parts(batches: Iterable[Any], size: int = CHUNK) -> Iterator[Any]:
    """Batches of at most `size` rows."""
    for batch in batches:
        for start in range(0, len(batch), size):
            yield batch.slice(start, size)
