"""The screens of ``kb check``, ``kb diff`` and ``kb format``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mmopts.answers.forms import ClausesTested, FaultRow, KbCheck, KbDiff, KbFormat, Standing, Untested
from mmopts.record import Record
from mmopts.render.about import foot
from mmopts.render.blocks import Block, Column, Heading, Line, Row, Table, View
from mmopts.render.phrases import counted, label_words, patient_line


def check_screen(answer: KbCheck, view: View) -> list[Block]:
    """Every fault with its place, a line each; then what is covered."""
    word = "can be used" if answer.usable else "cannot be used"
    counts = f"{counted(answer.errors, 'error')}, {counted(answer.warnings, 'warning')}; it {word}."
    told = Line(counts, "bad" if answer.errors else "good", lead=f"{answer.path}:")
    return [*_faults(answer.faults), told, *_coverage(answer.coverage, view)]


def _faults(faults: Sequence[FaultRow]) -> list[Block]:
    """A line for each fault: where, what, and what to do."""
    return [
        Line(
            f"{f.severity}: {f.message}{f' ({f.suggestion})' if f.suggestion else ''} [{f.code}]",
            "bad" if f.severity == "error" else "warn",
            lead=f"{f.file}:{f.line}:{f.column}:",
        )
        for f in faults
    ]


def _coverage(coverage: Mapping[str, object], view: View) -> list[Block]:
    """What the knowledge base has, and what its examples test."""
    rows = [Row((_plain(name), _figures(part))) for name, part in coverage.items() if name != "clauses"]
    out: list[Block] = [Table([Column("", "name"), Column("", wrap=True)], rows, "Coverage")] if rows else []
    clauses = coverage.get("clauses")
    if isinstance(clauses, ClausesTested):
        text = f"examples make {clauses.decisive} of {clauses.total} clauses decisive, each way counted"
        out += _untested(text, "Never decisive", "never decisive", clauses.never_decisive, view)
        limits = clauses.limits
        text = f"examples stand at {limits.at_edge} of {limits.total} edges of limits, each side counted"
        out += _untested(text, "Never at the edge", "never just", limits.never_at_edge, view)
    return out


def _untested(text: str, title: str, never: str, rest: Sequence[Untested], view: View) -> list[Block]:
    """How many of its kind examples test, and the rest of them (`never`: what they never are) where that is unfolded."""
    if not rest or "all" not in view:
        return [Line(text + ("; --all lists the rest" if rest else ""))]
    rows = [Row((c.regimen, f"{c.file}:{c.line}", f"{c.clause}: {never} where it {c.when}")) for c in rest]
    return [Line(text), Table([Column("", "name"), Column("", wrap=True), Column("", wrap=True)], rows, title)]


def _figures(part: object) -> str:
    """The counts of a part, each with its name; of a list its length."""
    if isinstance(part, Record):
        return ", ".join(f"{_plain(name)} {_figures(count)}" for name, count in part._asdict().items())
    return str(len(part)) if isinstance(part, tuple) else str(part)


def _plain(name: str) -> str:
    return name.replace("_", " ")


def diff_screen(answer: KbDiff, view: View) -> list[Block]:
    """What was added and removed, and which verdicts, tiers and labels changed."""
    out: list[Block] = [Line(f"{answer.old} to {answer.new}, on {counted(answer.patients, 'example patient')}", "strong")]
    for title, names in (("Added", answer.added), ("Removed", answer.removed)):
        out += [Line(", ".join(names), lead=f"{title}:")] if names else []
    if answer.changed:
        rows = [Row((c.regimen, _standing(c.old), _standing(c.new), patient_line(c.patient))) for c in answer.changed]
        columns = [Column("", "name"), *(Column(t, wrap=True) for t in ("was", "is", "for"))]
        out.append(Table(columns, rows, f"Changed ({len(rows)})"))
    else:
        out.append(Line("No verdict, tier or label of the regimens in both differs."))
    if answer.not_compared:
        out.append(Heading("Not compared"))
        out += [Line(f"{patient_line(n.patient)} {n.because}", lead=f"in {n.in_}:") for n in answer.not_compared]
    return [*out, *foot(answer, view)]


def _standing(standing: Standing) -> str:
    tier = f", {standing.tier}" if standing.tier else ""
    return "; ".join(p for p in (f"{standing.verdict}{tier}", label_words(standing.labels)) if p)


def format_screen(answer: KbFormat, view: View) -> list[Block]:
    """Which files were laid out anew, or would be, and what keeps others from it."""
    word = "laid out anew" if answer.written else "not in form"
    changed: list[Block] = [Line(name, "warn", lead=f"{word}:") for name in answer.changed]
    amiss = {f.file for f in answer.faults} | (set() if answer.written else set(answer.changed))
    sound = counted(len(set(answer.files) - amiss), "file")
    return [*_faults(answer.faults), *changed, Line(f"{sound} in form.", "bad" if amiss else "good", lead=f"{answer.path}:")]
