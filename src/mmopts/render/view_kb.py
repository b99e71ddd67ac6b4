"""The screens of ``kb check``, ``kb diff`` and ``kb format``."""

from __future__ import annotations

from typing import Any

from mmopts.render.blocks import Block, Column, Heading, Line, Table, View
from mmopts.render.phrases import counted

Data = dict[str, Any]


def kb_check_blocks(answer: Data, view: View) -> list[Block]:
    """Every fault with its place, a line each; then what is covered."""
    out = _faults(answer)
    errors = sum(f["severity"] == "error" for f in answer["faults"])
    warnings = len(answer["faults"]) - errors
    said = "can be used" if answer["ok"] else "cannot be used"
    out.append(
        Line(
            f"{answer['path']}: {counted(errors, 'error')}, {counted(warnings, 'warning')}; it {said}.",
            "good" if answer["ok"] else "bad",
        )
    )
    return [*out, *_coverage(answer["coverage"], view)]


def _faults(answer: Data) -> list[Block]:
    out: list[Block] = []
    for fault in answer["faults"]:
        hint = f" ({fault['suggestion']})" if fault["suggestion"] else ""
        style = "bad" if fault["severity"] == "error" else "warn"
        out.append(
            Line(
                f"{fault['file']}:{fault['line']}:{fault['column']}: {fault['severity']}: {fault['message']}{hint} "
                f"[{fault['code']}]",
                style,
            )
        )
    return out


def _coverage(coverage: Data, view: View) -> list[Block]:
    rows = [[key.replace("_", " "), _figures(value)] for key, value in coverage.items() if key != "clauses"]
    out: list[Block] = (
        [Heading("Coverage"), Table([Column("", "name"), Column("", "", 30, wrap=True)], rows)] if rows else []
    )
    clauses = coverage.get("clauses")
    if clauses:
        out.append(
            Line(
                f"examples make {clauses['decisive']} of {clauses['total']} clauses decisive, each way counted"
                + ("" if "all" in view or not clauses["never_decisive"] else "; --all lists the rest")
            )
        )
        if "all" in view:
            out.append(
                Table(
                    [Column("", "name"), Column(""), Column("", "", 30, wrap=True)],
                    [
                        [c["regimen"], f"{c['file']}:{c['line']}", f"{c['clause']}: never decisive where it {c['when']}"]
                        for c in clauses["never_decisive"]
                    ],
                )
            )
    return out


def _figures(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k.replace('_', ' ')} {_figures(v)}" for k, v in value.items())
    return str(len(value)) if isinstance(value, list) else str(value)


def kb_diff_blocks(answer: Data, _view: View) -> list[Block]:
    """What was added, removed, and what verdicts changed."""
    out: list[Block] = [Line(f"{answer['old']} to {answer['new']}, on {counted(answer['patients'], 'example patient')}")]
    out += [Line(f"{title}: {', '.join(answer[title])}") for title in ("added", "removed") if answer[title]]
    if not answer["changed"]:
        return [*out, Line("No verdict, tier or label of the regimens in both differs.")]
    rows = [[c["regimen"], _standing(c["old"]), _standing(c["new"]), _patient(c["patient"])] for c in answer["changed"]]
    return [
        *out,
        Heading(f"Changed ({len(rows)})"),
        Table(
            [
                Column("", "name"),
                Column("was", "", 16, wrap=True),
                Column("is", "", 16, wrap=True),
                Column("for", "dim", 24, wrap=True),
            ],
            rows,
        ),
    ]


def kb_format_blocks(answer: Data, _view: View) -> list[Block]:
    """Which files were changed, or would be, and what keeps others from it."""
    word = "formatted" if answer["written"] else "not in form"
    out: list[Block] = [*_faults(answer), *(Line(f"{word}: {name}", "warn") for name in answer["changed"])]
    amiss = len({f["file"] for f in answer["faults"]}) + (0 if answer["written"] else len(answer["changed"]))
    sound = counted(len(answer["files"]) - amiss, "file")
    return [*out, Line(f"{answer['path']}: {sound} in form", "good" if answer["ok"] else "bad")]


def _standing(standing: Data) -> str:
    labels = ", ".join(f"{region.upper()} {label}" for region, label in standing["labels"].items())
    return f"{standing['verdict']}{', ' + standing['tier'] if standing['tier'] else ''}; {labels}"


def _patient(patient: Data) -> str:
    return ", ".join(f"{k} {'/'.join(map(str, v)) if isinstance(v, list) else v}" for k, v in patient.items())
