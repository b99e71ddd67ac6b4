"""One chunk of patients judged: verdicts and labels as masks, and the rows that cannot be used with the reason of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from mmopts.assess.assessment import assess
from mmopts.assess.truths import Scope, Truths, judge_worlds
from mmopts.cohort.arrays import as_text
from mmopts.cohort.bits import to_mask
from mmopts.cohort.cells import row_said
from mmopts.cohort.entries import known_keys, nested
from mmopts.cohort.heads import ID
from mmopts.cohort.lexicon import Lexicon
from mmopts.cohort.reading import Batch
from mmopts.cohort.sheet import Sheet
from mmopts.diagnostics import Diagnostic, QuestionError
from mmopts.facts import INCOMPLETE, TREATMENTS, incomplete_key
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Value, worlds_of
from mmopts.patient import Patient, intake
from mmopts.patient.known import Known
from mmopts.patient.reading import in_order
from mmopts.patient.settling import settle

CHUNK = 131_072
"""How many patients are judged at once."""
REMEMBERED = 1 << 13
"""So many patients with treatments are remembered, should the same come again."""


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


class Table(NamedTuple):
    """Patients as they were read, in columns of facts, of treatments, and `ID`.

    `odd`: the rows that columns cannot hold, as patient files. `unusable`: those that could not be read at all.
    """

    size: int
    columns: Mapping[str, pa.Array]
    odd: Mapping[int, Mapping[str, Any]] = {}
    unusable: Sequence[Reject] = ()

    @property
    def facts(self) -> dict[str, pa.Array]:
        """The columns but the ids."""
        return {name: array for name, array in self.columns.items() if name != ID}

    def tells_treatments(self) -> bool:
        """Whether treatments stand in any row."""
        return TREATMENTS in self.columns or any(TREATMENTS in row for row in self.odd.values())

    def said(self, row: int) -> dict[str, Any]:
        """One row as a patient file has it."""
        if row in self.odd:
            return row_said(self.odd[row])
        return row_said({name: array[row].as_py() for name, array in self.columns.items() if name != ID})


class Chunk(NamedTuple):
    """Patients of one chunk: their ids, their facts and truths, who was rejected and why, and tiers if they were asked for.

    `raw`: numbers as they were given. `alone`: patients who had to be read by themselves.
    """

    size: int
    ids: pa.Array
    facts: Known
    truths: Truths
    rejected: int
    rejects: list[Reject]
    tiers: dict[str, list[str | None]] | None
    raw: Mapping[str, tuple[pa.Array, pa.Array]]
    alone: Mapping[int, Patient]

    @property
    def kept(self) -> int:
        """Those who were not rejected."""
        return (1 << self.size) - 1 & ~self.rejected


Histories = Mapping[int, Sequence[Any]]
"""By row: treatments from a table of their own, where there is one."""


class Judge:
    """Judges chunks against a knowledge base; what it has read of words is remembered from chunk to chunk."""

    def __init__(self, kb: Knowledge, asked: Asked) -> None:
        self.kb, self.asked = kb, asked
        self.lexicon = Lexicon(kb)
        self._known: dict[str, Mapping[str, Any]] = {}

    def chunk(self, table: Table, numbers: Sequence[int], histories: Histories | None = None) -> Chunk:
        """Judge patients. `numbers`: the number of each row, which is its id where it has none."""
        ids = ids_of(table.columns.get(ID), numbers)
        if histories is not None or table.tells_treatments():
            table = self._derived(table, ids, histories)
        batch = Batch(self.lexicon, table.size, self.asked.keep)
        stated = batch.read(table.facts)
        settled = settle(stated, self.kb)
        known = settled.firm if self.asked.strict else settled.filled
        silent = batch.every & ~_any_fact(stated.columns, stated.last, stated.implied)
        unread = {r.row for r in table.unusable}
        singly = settled.conflict | batch.odd | silent | _mask((*table.odd, *unread))
        alone, faulty = self._read_singly(table, (row for row in worlds_of(singly) if row not in unread))
        rejects = sorted((*table.unusable, *(Reject(row, ids[row].as_py(), *fault) for row, fault in faulty.items())))
        self._put_in(known, singly, alone)
        rejected = _mask(r.row for r in rejects)
        tiers = self._tiers(table, batch.every & ~rejected, alone) if self.asked.tiers else None
        truths = judge_worlds(self.kb, known, self.asked.scope)
        return Chunk(table.size, ids, known, truths, rejected, rejects, tiers, batch.raw, alone)

    def _derived(self, table: Table, ids: pa.Array, histories: Histories | None) -> Table:
        """The same patients with the facts that follow from their treatments; those whose treatments are faulty are out."""
        sheet, rejects = Sheet(table.size), list(table.unusable)
        unread = {r.row for r in rejects}
        nameless = to_mask(_blank(table.columns.get(ID), table.size)) if histories is not None else 0
        cells = {name: array.to_pylist() for name, array in table.facts.items()}
        if TREATMENTS in cells:
            cells[TREATMENTS] = [nested(value) for value in cells[TREATMENTS]]
        for row in (row for row in range(table.size) if row not in unread):
            said = (
                dict(table.odd[row]) if row in table.odd else row_said({name: column[row] for name, column in cells.items()})
            )
            if self.asked.ignore and TREATMENTS in said:
                said[TREATMENTS] = known_keys(said[TREATMENTS])
            try:
                if nameless >> row & 1:
                    raise QuestionError([Diagnostic("no-id", "The row has no id, by which treatments are its own.", ID)])
                sheet.put(row, self._resolved(said, (histories or {}).get(row)))
            except QuestionError as error:
                rejects.append(Reject(row, ids[row].as_py(), *_fault_of(error.problems)))
        return Table(table.size, sheet.columns(), sheet.odd, rejects)

    def _resolved(self, said: dict[str, Any], joined: Sequence[Any] | None) -> Mapping[str, Any]:
        """The facts of a patient, those that follow from treatments among them. `joined`: treatments from a table.

        The same patient is worked out once. Raises QuestionError for faults of the treatments.
        """
        if said.get(TREATMENTS) is None:
            said.pop(TREATMENTS, None)
        elif joined is not None:
            text = "treatments stand in the row and in the table of treatments; keep one of the two."
            raise QuestionError([Diagnostic("contradiction", text, TREATMENTS)])
        if joined is not None:
            said[TREATMENTS] = joined
        if TREATMENTS not in said:
            return said
        from mmopts.patient.merge import resolve

        key = repr(said)
        facts = self._known.get(key)
        if facts is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            facts = self._known[key] = resolve(said, self.kb, self.asked.scope.as_of).facts
        return facts

    def _read_singly(self, table: Table, rows: Iterable[int]) -> tuple[dict[int, Patient], dict[int, tuple[str, str]]]:
        """Patients read as patient files are; and for whom that fails, the first fault's code, and all faults in words."""
        patients: dict[int, Patient] = {}
        faulty: dict[int, tuple[str, str]] = {}
        for row in rows:
            said = table.said(row)
            if all(name.endswith(INCOMPLETE) for name in said):
                faulty[row] = "no-facts", "No fact about the patient was given."
                continue
            try:
                patients[row] = self._read(said)
            except QuestionError as error:
                faulty[row] = _fault_of(error.problems)
        return patients, faulty

    def _read(self, said: Mapping[str, Any]) -> Patient:
        """A row read as a patient file is. Raises QuestionError with every fault of it."""
        problems: list[Diagnostic] = []
        for name, value in in_order(said):
            problems += self.lexicon.faults(name, value, said.get(incomplete_key(name)) is True)
        if problems:
            raise QuestionError(problems)
        return intake(said, self.kb, strict=self.asked.strict)

    def _put_in(self, known: Known, rows: int, alone: Mapping[int, Patient]) -> None:
        """Replace what is known of some rows by what was found when each was read by itself, if anything was."""
        if not rows:
            return
        keep = known.mask & ~rows
        for atom, column in known.columns.items():
            known.columns[atom] = {value: where & keep for value, where in column.items()}
        for row, patient in alone.items():
            for atom, value in patient.facts.items():
                into = known.columns.setdefault(atom, {})
                stands = self.lexicon.numbers.value(atom, value)
                into[stands] = into.get(stands, 0) | 1 << row

    def _tiers(self, table: Table, rows: int, alone: Mapping[int, Patient]) -> dict[str, list[str | None]]:
        """Tiers of some rows, patient by patient, as `suggest` works them out; None for what is excluded."""
        out: dict[str, list[str | None]] = {name: [None] * table.size for name in self.kb.regimens}
        for row in worlds_of(rows):
            patient = alone.get(row) or self._read(table.said(row))
            for name, standing in assess(self.kb, patient, self.asked.scope).standings.items():
                out[name][row] = standing.tier
        return out


def _fault_of(problems: Sequence[Diagnostic]) -> tuple[str, str]:
    """The code of the first of them, and all in words."""
    return problems[0].code, " ".join(p.text for p in problems)


def _mask(rows: Iterable[int]) -> int:
    return sum(1 << row for row in set(rows))


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


def ids_of(array: pa.Array | None, numbers: Sequence[int]) -> pa.Array:
    """Ids as text; a row without one has its number."""
    named = pc.cast(pa.array(numbers, pa.int64()), pa.string())
    if array is None:
        return named
    return pc.if_else(_blank(array, len(named)), named, pc.cast(array, pa.string()))


def _blank(array: pa.Array | None, count: int) -> pa.Array:
    """Where there is no id: null, no number, or nothing but blanks."""
    if array is None:
        return pa.repeat(pa.scalar(True), count)
    return pc.fill_null(pc.equal(pc.utf8_trim_whitespace(as_text(array)), ""), True)


def parts(batches: Iterable[pa.RecordBatch], size: int = CHUNK) -> Iterator[pa.RecordBatch]:
    """Batches of at most `size` rows."""
    for batch in batches:
        for start in range(0, len(batch), size):
            yield batch.slice(start, size)
