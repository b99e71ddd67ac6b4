"""The heads of tables: which columns are read, and what is wrong with those that are not. Needs no pyarrow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from mmopts.cohort.cells import NUMBERS, split_column
from mmopts.diagnostics import Diagnostic, QuestionError, as_option, cut, did_you_mean, in_quotes, nearest
from mmopts.facts import FACTS, OPEN_LISTS, QUESTION_KEYS, TREATMENTS, meant_by
from mmopts.patient.treatments import KEYS

STDIO = "-"
"""The path that is standard input, or standard output."""
ID = "id"

_KNOWN = [ID, *FACTS, *OPEN_LISTS, *(f"{n}_{end}" for n in sorted(NUMBERS) for end in ("min", "max"))]
"""The columns of a table of patients."""
_ALIKE = 0.85
"""From here on a column that is left out may be a slip of the pen."""
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
"""What parts cells in other tables, with its name; no column has it in its own."""
_IDS = ("patient_id", "patientid", "patient", "pat_id", "pid", "subject_id", "subject", "record_id", "case_id", "mrn")
"""What the column of ids is often called elsewhere."""


def used_columns(
    names: Sequence[str], ignore: bool = False, nested: bool = True, joined: bool = False, left_out: list[str] | None = None
) -> list[str]:
    """The columns that are read: facts, ends of numbers, treatments and the id.

    `ignore`: leave out what is no fact, and add its name to `left_out`. `nested`: a column can hold a list of treatments.
    `joined`: treatments come from a table of their own, by id. Raises QuestionError with every fault of the names.
    """
    problems = _twice(names)
    used = []
    for name in dict.fromkeys(names):
        if name == ID or of_a_patient(name, nested):
            used.append(name)
        elif not ignore:
            problems.append(_unknown(name))
        elif left_out is not None:
            left_out.append(_slip(name, _KNOWN) if _folded(name) not in _IDS else f"{in_quotes(name)} (did you mean {ID}?)")
    if joined and ID not in used and not problems:
        problems.append(Diagnostic("missing-column", f"patients have no column {ID!r}, by which treatments are theirs.", ID))
    if not problems and not joined and not any(n != ID for n in used):
        problems.append(Diagnostic("no-facts", "no column is a fact of a patient.", None, None, list(FACTS)[:5]))
    if problems:
        raise QuestionError(problems)
    return used


def of_a_patient(column: str, nested: bool = True) -> bool:
    """Whether a column, or a key of a line of JSON, tells a patient: a fact, an end of a number, treatments (`nested`)."""
    fact, _ = split_column(column)
    return fact in FACTS or fact in OPEN_LISTS or (column == TREATMENTS and nested)


def _twice(names: Sequence[str], where: str = "") -> list[Diagnostic]:
    return [
        Diagnostic("duplicate-column", f"there is more than one column {in_quotes(name)}{where}.", cut(name))
        for name, count in Counter(names).items()
        if count > 1
    ]


def told_left_out(names: Sequence[str]) -> str:
    """The words about columns that were left out; none if there are none."""
    if not names:
        return ""
    what = "a column that is no fact" if len(names) == 1 else f"{len(names)} columns that are no facts"
    return f"mmopts: left out {what}: {', '.join(names)}\n"


def _slip(name: str, known: Sequence[str]) -> str:
    """A column that is left out, with the known name that was perhaps meant."""
    near = nearest(name, known, 1, _ALIKE)
    return f"{in_quotes(name)} (did you mean {near[0]}?)" if near else in_quotes(name)


def treatment_columns(names: Sequence[str], ignore: bool, left_out: list[str] | None = None) -> list[str]:
    """The columns of a table of treatments that are read: the id and the keys of a treatment.

    Raises QuestionError with every fault of the names. `ignore`: leave out what is neither, and add its name to `left_out`.
    """
    problems = _twice(names, " in the table of treatments")
    known = (ID, *KEYS)
    for name in dict.fromkeys(names):
        if name not in known and not ignore:
            problems.append(unknown_key(name))
        elif name not in known and left_out is not None:
            left_out.append(_slip(name, known))
    used = [name for name in dict.fromkeys(names) if name in known]
    if not problems:
        problems += [
            Diagnostic("missing-column", f"the table of treatments has no column {what}.", wanted[0], None, wanted)
            for what, wanted in ((repr(ID), [ID]), (" or ".join(map(repr, _GIVEN)), _GIVEN))
            if not set(wanted) & set(used)
        ]
    if problems:
        raise QuestionError(problems)
    return used


_GIVEN = ["regimen", "drugs", "part"]
"""One of these says what was given."""


def unknown_key(name: str) -> Diagnostic:
    """A column of a table of treatments that is no key of a treatment."""
    known, folded = [ID, *KEYS], _folded(name.rpartition(".")[2])
    return _none(name, "key of a treatment", folded, known, lambda: nearest(folded, known))


def _none(name: str, what: str, folded: str, known: Sequence[str], alike: Callable[[], list[str]]) -> Diagnostic:
    """The fault of a column that is none of the known ones: what parts its cells, or the nearest right name."""
    text = f"column {in_quotes(name)} is no {what}"
    if parted := _parted(name):
        return Diagnostic("unknown-column", f"{text}: {parted}", cut(name), None, ("commas between cells",))
    near = [folded] if folded in known else [ID] if folded in _IDS else alike()
    text = f"{text}.{did_you_mean(near)} ⟨ignore_columns⟩ leaves such out."
    return Diagnostic("unknown-column", text, cut(name), None, near)


def _folded(name: str) -> str:
    """A head as columns are named."""
    return name.casefold().strip().replace("-", "_").replace(" ", "_")


def _parted(name: str) -> str:
    """What is wrong with a head that holds several, parted by something else than commas; nothing for one column."""
    told = next((said for sign, said in _SEPARATORS.items() if sign in name), "")
    return told and f"the cells are parted by {told}; a CSV has commas."


def _unknown(name: str) -> Diagnostic:
    """The fault of a column that is no fact of a patient, with the nearest right name."""
    if name == TREATMENTS:
        text = (
            f"a column {name!r} holds lists of treatments in JSONL and Parquet alone; --treatments FILE reads them from a "
            "table with one row a treatment."
        )
        return Diagnostic("unknown-column", text, name, None, ["--treatments FILE"])
    if name in QUESTION_KEYS:
        option = as_option(name)
        return Diagnostic(
            "unknown-column", f"{name} is asked for all patients at once: give ⟨{name}⟩.", name, None, [option]
        )
    return _none(name, "fact of a patient", _folded(name), _KNOWN, lambda: meant_by(name) or nearest(name, _KNOWN))
