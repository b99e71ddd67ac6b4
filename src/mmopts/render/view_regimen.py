"""The screens about single regimens: ``explain`` for a patient, ``show`` without one, ``compare`` side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from mmopts.render.blocks import Block, Column, Heading, Line, Table, View
from mmopts.render.phrases import key_figure, patient_options
from mmopts.render.view_suggest import about_patient, foot

Data = dict[str, Any]
_FORCE = {"yes": "", "no": " (not in force)", "unknown": " (date uncertain)"}
_FORBIDS = {"yes": "forbids", "no": "does not", "unknown": "open"}
_STATE = {"yes": "holds", "no": "fails", "unknown": "open"}
_STYLE = {"eligible": "good", "conditional": "open", "excluded": "bad"}
_PERCENT = (("orr", "ORR"), ("cr", "CR"), ("mrd", "MRD-negative"))


def star(row: Data, *groups: str) -> str:
    """An asterisk where a row, or these groups of its figures, were not read in their source."""
    unread = row.get("unread")
    if isinstance(unread, list):
        return "*" if (set(groups) & set(unread) if groups else unread) else ""
    return "*" if unread else ""


def cite(row: Data) -> str:
    """The sources of a row, in brackets."""
    source = row.get("source")
    return f" [{', '.join(source) if isinstance(source, list) else source}]" if source else ""


def explain_blocks(answer: Data, _view: View) -> list[Block]:
    """Verdict first, then why: indications, what forbids, tier, cautions, doses, evidence, labels, what would change it."""
    regimen = answer["regimen"]
    verdict, tier = regimen["verdict"], regimen["tier"]
    out: list[Block] = [
        Line(f"{regimen['id']}: {regimen['name']}", "name"),
        *about_patient(answer),
        Heading(f"{verdict.capitalize()}{f', {tier}' if tier else ''}"),
    ]
    if regimen["for_this_patient"]:
        out.append(Line(f"for this patient: {regimen['for_this_patient']}"))
    out += [Line(f"because {b['text']}{star(b)}{cite(b)}", _STYLE[verdict]) for b in regimen["because"]]
    if regimen["needs"]:
        out += [Line(f"depends on: {n['question']} ({n['option']})", "open") for n in regimen["needs"]]
    if regimen["tier_because"]:
        out.append(Line(f"tier: {regimen['tier_because']}"))
    out += [Line(f"would change it: {f['text']}") for f in {f["text"]: f for f in regimen["flips"]}.values()]
    out += [Heading("Indications (one that opens it is enough)"), *_indications(regimen["indications"])]
    out.append(Heading("What would forbid it"))
    out.append(
        _table([[_FORBIDS[f["holds"]], _forbid(f)] for f in regimen["forbids"]])
        if regimen["forbids"]
        else Line("Nothing.", "dim")
    )
    out += _guidance(regimen["guidance"]) + _cautions(regimen["cautions"]) + _doses(regimen["doses"])
    out += _evidence(regimen["evidence"]) + _labels(regimen)
    if regimen["checks"]:
        out += [Heading("It leans on what was assumed")]
        out.append(
            Table(
                [Column("", "", 24, wrap=True), Column("", "dim", 12)],
                [[c["question"], c["option"]] for c in regimen["checks"]],
            )
        )
    again = (
        f"mmopts suggest {patient_options(answer)} --why-not" if verdict == "excluded" else f"mmopts show {regimen['id']}"
    )
    return [*out, *foot(answer), Line(f"Next: {again}", "command")]


def _table(rows: Sequence[Sequence[str]], least: int = 0) -> Table:
    """Rows of a short word and a long text."""
    return Table([Column("", "name", least, wrap=True), Column("", "", 30, wrap=True)], rows)


def _clauses(row: Data) -> str:
    """The clauses that decide a row; where it does not hold, with what is known of them here."""
    known = row.get("opens", row["holds"]) != "yes"
    return "; ".join(
        dict.fromkeys(
            c["text"] + (f" (here {c['given']})" if known and c["given"] not in (None, "yes", "no") else "")
            for c in row["clauses"]
        )
    )


def _forbid(rule: Data) -> str:
    by = _clauses(rule) if rule["holds"] == "unknown" else ""
    return f"{rule['text']}{star(rule)}{f'; open: {by}' if by else ''}{cite(rule)}"


def _indications(rows: Sequence[Data]) -> list[Block]:
    return [
        Table(
            [Column("", "name"), Column("", "", 34, wrap=True), Column("by", "dim", 20, wrap=True)],
            [
                [
                    _state(row),
                    f"{row['text']}{_FORCE[row['in_force']]}{star(row)}{cite(row)}",
                    "" if row["opens"] == "yes" else _clauses(row),
                ]
                for row in rows
            ],
        )
    ]


def _state(row: Data) -> str:
    """Whether an indication opens the regimen, and where that differs, whether its label holds."""
    if row["opens"] == "yes":
        return {"yes": "holds", "no": "opens, off label", "unknown": "opens, label open"}[row["holds"]]
    return "other region" if row["opens"] == "no" and row["holds"] == "yes" else _STATE[row["opens"]]


def _guidance(rows: Sequence[Data]) -> list[Block]:
    """What each body says, side by side."""
    if not rows:
        return []
    said = [
        [f"{r['body']} {r['year']}", f"{r['statement']}{star(r)}{_tail('; ', r['strength'] or r['position'])}{cite(r)}"]
        for r in rows
    ]
    return [Heading("What guidance says"), _table(said)]


def _cautions(cautions: Sequence[Data]) -> list[Block]:
    if not cautions:
        return []
    rows = [
        ["always" if c["always"] else "for this patient", f"{c['text']}{star(c)} ({c['strength']}){cite(c)}"]
        for c in cautions
    ]
    return [Heading("Cautions"), _table(rows)]


def _doses(doses: Sequence[Data]) -> list[Block]:
    if not doses:
        return []
    rows = [[d.get("kind") or (f"if {d['when']}" if d.get("when") else ""), d["text"] + star(d) + cite(d)] for d in doses]
    return [Heading("Doses"), _table(rows, 14)]


def _pair(value: Any, unit: str = "") -> str:
    """A figure, or two of them: this against the control."""
    if isinstance(value, list):
        return " against ".join(f"{v:g}{unit}" if v is not None else "not reached" for v in value)
    return f"{value:g}{unit}"


def survival(name: str, figures: Data, mark: str) -> str:
    """``PFS HR 0.64 (0.49-0.83), 28.4 against 15.2 months``."""
    parts = []
    if figures.get("hr"):
        interval = f" ({figures['ci'][0]:g}-{figures['ci'][1]:g})" if figures.get("ci") else ""
        level = f", {figures['level']:g}% interval" if figures.get("level", 95) != 95 else ""
        parts.append(f"HR {figures['hr']:g}{interval}{level}")
    if "months" in figures:
        this = "not reached" if figures["months"] is None else f"{figures['months']:g}"
        control = figures.get("control", "")
        against = "" if control == "" else " against not reached" if control is None else f" against {control:g}"
        parts.append(f"{this}{against} months")
    return f"{name} {', '.join(parts)}{mark}" if parts else ""


def trial_lines(trial: Data) -> list[str]:
    """A trial in a few lines: design, figures, toxicity, subgroups."""
    versus = trial.get("versus") or []
    head = [
        f"phase {trial['phase']}" if trial.get("phase") else "",
        str(trial.get("design", "")),
        f"against {', '.join(versus)}" if versus else "",
        f"n={trial['n']}" if trial.get("n") else "",
        f"followed for {trial['follow_up']:g} months" if trial.get("follow_up") else "",
        str(trial.get("nct", "")),
    ]
    figures = [
        survival("PFS", trial.get("pfs") or {}, star(trial, "pfs")),
        survival("OS", trial.get("os") or {}, star(trial, "os")),
    ]
    response = trial.get("response") or {}
    figures += [
        f"{said} {_pair(response[key], '%')}{star(trial, 'response')}"
        for key, said in _PERCENT
        if response.get(key) is not None
    ]
    lines = [", ".join(h for h in head if h), "; ".join(f for f in figures if f)]
    if trial.get("population"):
        lines.append(f"let in: {trial['population']}{star(trial, 'population')}")
    if trial.get("primary") and trial["primary"].get("met") is False:
        lines.append(f"missed its primary endpoint ({trial['primary'].get('endpoint', '')})")
    if trial.get("toxicity"):
        lines.append(
            "grade 3 and over: "
            + ", ".join(f"{t['event']} {_pair(t['percent'], '%')}" for t in trial["toxicity"])
            + star(trial, "toxicity")
        )
    for sub in trial.get("subgroups", ()):
        said = [survival("PFS", sub.get("pfs") or {}, ""), survival("OS", sub.get("os") or {}, "")]
        here = {"yes": " (this patient)", "unknown": " (perhaps this patient)"}.get(sub.get("applies", ""), "")
        weak = ", weak" if sub.get("weak") else ""
        lines.append(f"{sub['name']}{here}{weak}: {'; '.join(s for s in said if s) or 'no figures'}")
    if trial.get("alert"):
        lines.append(f"alert: {trial['alert']}")
    return [line for line in lines if line]


def _evidence(trials: Sequence[Data]) -> list[Block]:
    if not trials:
        return [Heading("Evidence"), Line("No trial is recorded.", "dim")]
    out: list[Block] = [Heading("Evidence")]
    for trial in trials:
        fits = {"yes": ", patient fits", "no": ", patient outside", "unknown": ", fit not certain"}.get(
            trial.get("applies", ""), ""
        )
        grade = f" (grade {trial['grade']}{fits})" if trial.get("grade") else ""
        out.append(Line(f"{trial['trial']}{grade}{cite(trial)}", "name"))
        out += [Line(line, indent=2) for line in trial_lines(trial)]
    return out


def _labels(regimen: Data) -> list[Block]:
    rows = []
    for region, labels in regimen["label_detail"].items():
        for label in labels:
            what = " ".join(str(label[k]) for k in ("product", "formulation") if label.get(k))
            failing = (
                f"; {'open' if label['holds'] == 'unknown' else 'not met'}: {'; '.join(label['failing'])}"
                if label.get("failing")
                else ""
            )
            rows.append(
                [
                    region.upper(),
                    what,
                    label["status"],
                    f"{label['condition'] or 'no further condition'}{failing}{star(label)}{_span(label)}{cite(label)}",
                ]
            )
    if not rows:
        return []
    states = ", ".join(f"{region.upper()} {state}" for region, state in regimen["labels"].items())
    columns = [Column("", "name"), Column("", "", 10), Column(""), Column("", "", 28, wrap=True)]
    return [Heading(f"Labels: {states}"), Table(columns, rows)]


def _tail(before: str, text: str | None) -> str:
    return f"{before}{text}" if text else ""


def _bracketed(before: str, text: str | None) -> str:
    return f" ({before}{text})" if text else ""


def _span(row: Data) -> str:
    """Since when, and until when."""
    return (f", since {row['since']}" if row.get("since") else "") + (f" until {row['until']}" if row.get("until") else "")


def show_blocks(answer: Data, _view: View) -> list[Block]:
    """One regimen, whole."""
    return [block for regimen in answer["regimens"] for block in _regimen(regimen)] + foot(answer)


def _regimen(regimen: Data) -> list[Block]:
    also = f" (also {', '.join(regimen['aliases'])})" if regimen["aliases"] else ""
    out: list[Block] = [
        Line(f"{regimen['id']}{also}: {regimen['name']}", "name"),
        Line(
            f"{' or '.join(regimen['settings'])}; intensity {regimen['intensity']}"
            f"{'; a label must hold' if regimen['label_decides'] else ''}"
            f"{'; investigational' if regimen['investigational'] else ''}"
        ),
    ]
    rows = [
        [
            row["region"].upper() if row["region"] else row["basis"],
            f"{row['text']}{star(row)}{_span(row)}{_tail('; ', row['note'])}{cite(row)}",
        ]
        for row in regimen["indications"]
    ]
    out += [Heading("Indications"), _table(rows), *_evidence(regimen["evidence"]), *_doses(regimen["doses"])]
    rules = [
        [rule["effect"], f"{rule['text']}{star(rule)}{_tail(' if ', rule['when'])}{cite(rule)}"] for rule in regimen["rules"]
    ]
    return [*out, Heading("Rules"), _table(rules)] if rules else out


def compare_blocks(answer: Data, view: View) -> list[Block]:
    """Regimens in columns."""
    regimens = answer["regimens"]

    def row(title: str, texts: Iterable[str]) -> list[str]:
        return [title, *texts]

    rows = [
        row("drugs", (", ".join(r["drugs"]) for r in regimens)),
        row("settings", (", ".join(r["settings"]) for r in regimens)),
        row("intensity", (r["intensity"] for r in regimens)),
        row("US label", (_label_conditions(r, "us") for r in regimens)),
        row("EU label", (_label_conditions(r, "eu") for r in regimens)),
        row(
            "guidance",
            ("; ".join(i["text"] + star(i) for i in r["indications"] if i["basis"] == "guideline") or "-" for r in regimens),
        ),
        row("key figure", (key_figure(r)[0] for r in regimens)),
        row("best trial", ("; ".join(trial_lines(r["evidence"][0])[:2]) if r["evidence"] else "-" for r in regimens)),
        row("further trials", (", ".join(e["trial"] for e in r["evidence"][1:]) or "-" for r in regimens)),
        row("never with", ("; ".join(x["text"] for x in r["rules"] if x["effect"] == "avoid") or "-" for r in regimens)),
        row(
            "cautions",
            (_few([x["text"] for x in r["rules"] if x["effect"] == "caution" and x["always"]], view) for r in regimens),
        ),
        row("doses", ("; ".join(d["text"] for d in r["doses"]) or "-" for r in regimens)),
    ]
    columns = [Column("", "name"), *(Column(r["id"], "", 14, wrap=True) for r in regimens)]
    return [
        Table(columns, rows),
        Line("Figures of different trials cannot be compared with each other.", "warn"),
        *foot(answer),
    ]


def _few(texts: Sequence[str], view: View, count: int = 4) -> str:
    """The first few texts and how many more."""
    more = f"; and {len(texts) - count} more" if len(texts) > count and "all" not in view else ""
    return "; ".join(texts if "all" in view else texts[:count]) + more or "-"


def _label_conditions(regimen: Data, region: str) -> str:
    rows = [i for i in regimen["indications"] if i["region"] == region and not i.get("until")]
    return (
        "; ".join(
            f"{i['product'] or ''} {i['formulation'] or ''}".strip()
            + f": {i['condition'] or 'no further condition'}{star(i)}"
            for i in rows
        )
        or "-"
    )
