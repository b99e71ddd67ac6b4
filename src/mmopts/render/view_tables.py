"""The screens of ``list``, ``drugs``, ``sources`` and ``guidance``."""

from __future__ import annotations

from typing import Any

from mmopts.render.blocks import Block, Column, Heading, Line, Short, Table, View
from mmopts.render.phrases import counted, key_figure
from mmopts.render.view_regimen import cite, star

Data = dict[str, Any]
_LABEL = {"label": "yes", "none": "no", "unknown": "?", "not-applicable": "-"}


def list_blocks(answer: Data, _view: View) -> list[Block]:
    """The regimens found."""
    found = answer["regimens"]
    if not found:
        return [Line("No regimen is like that. mmopts list shows all of them.")]
    rows = [
        [
            r["id"],
            r["name"],
            ", ".join(r["settings"]),
            _LABEL[r["labels"]["us"]],
            _LABEL[r["labels"]["eu"]],
            Short(*key_figure(r)),
        ]
        for r in found
    ]
    return [
        Table(
            [
                Column("", "name"),
                Column("", "", 20),
                Column("setting", "", 10),
                Column("US"),
                Column("EU"),
                Column("PFS HR or ORR", "", 16),
            ],
            rows,
        ),
        Line(f"{counted(len(found), 'regimen')}. US and EU: whether some label is in force, whoever the patient is.", "dim"),
    ]


def drugs_blocks(answer: Data, _view: View) -> list[Block]:
    """The drugs."""
    rows = [
        [d["id"], ", ".join(d["abbreviations"]), ", ".join(d["brands"]), ", ".join(d["classes"]), str(len(d["regimens"]))]
        for d in answer["drugs"]
    ]
    return [
        Table(
            [
                Column("", "name"),
                Column("also", "", 12),
                Column("brands", "", 12),
                Column("classes", "", 12),
                Column("regimens"),
            ],
            rows,
        ),
        Line(f"{counted(len(rows), 'drug')}. Any of these names is understood; mmopts drugs NAME shows one.", "dim"),
    ]


def drug_blocks(answer: Data, _view: View) -> list[Block]:
    """One drug."""
    drug = answer["drug"]
    out: list[Block] = [Line(drug["id"], "name")]
    facts = {
        "also": drug["abbreviations"],
        "brands": drug["brands"],
        "classes": drug["classes"],
        "target": [drug["target"]] if drug.get("target") else [],
        "given": drug.get("routes", []),
        "regimens": drug["regimens"],
    }
    out += [Line(f"{title}: {', '.join(words)}") for title, words in facts.items() if words]
    for warning in drug.get("boxed_warnings", ()):
        out.append(
            Line(
                f"Boxed warning{' ' + warning['region'].upper() if warning.get('region') else ''}: "
                f"{warning['text']}{star(warning)}{cite(warning)}",
                "warn",
            )
        )
    for title, rows in (("Doses", drug["doses"]), ("Supportive care", answer["supportive_care"])):
        if rows:
            shown = [
                [
                    r.get("topic") or (r.get("region") or "").upper(),
                    r["text"] + star(r) + (f" (if {r['when']})" if r.get("when") else "") + cite(r),
                ]
                for r in rows
            ]
            out += [Heading(title), Table([Column("", "name"), Column("", "", 30, wrap=True)], shown)]
    return out


def sources_blocks(answer: Data, _view: View) -> list[Block]:
    """The sources."""
    found = answer["sources"].values()
    rows = [[s["id"], s["checked"], s["kind"], str(s.get("year", "")), s["title"]] for s in found]
    read = sum(s["checked"] == "read" for s in found)
    return [
        Table([Column("", "name"), Column(""), Column(""), Column(""), Column("", "", 20)], rows),
        Line(f"{counted(len(rows), 'source')}, {read} of them read. mmopts sources ID shows one.", "dim"),
    ]


def source_blocks(answer: Data, _view: View) -> list[Block]:
    """One source."""
    source = answer["source"]
    out: list[Block] = [Line(source["title"], "name")]
    out += [Line(f"{key}: {value}") for key, value in source.items() if key != "title" and value not in (None, "")]
    return [*out, Line(f"cited for: {', '.join(answer['regimens']) or 'no regimen of its own'}")]


def guidance_blocks(answer: Data, _view: View) -> list[Block]:
    """Each body under its own name; then the points on which bodies disagree, and what is done here."""
    out: list[Block] = []
    said = answer["guidance"]
    for body in dict.fromkeys(row["body"] for row in said):
        rows = [
            [f"{r['year']}", f"{r['title']}: {r['statement']}{star(r)}{_tail(r)}{cite(r)}"]
            for r in said
            if r["body"] == body
        ]
        out += [Heading(body), Table([Column("", "dim"), Column("", "", 30, wrap=True)], rows)]
    for point in answer["disagreements"]:
        rows = [[v["body"], f"{v['view']}{cite(v)}"] for v in point["views"]]
        rows.append(["here", point["we_do"]])
        out += [
            Heading(f"Bodies differ: {point['topic']}"),
            Table([Column("", "name"), Column("", "", 30, wrap=True)], rows),
        ]
    return out


def _tail(row: Data) -> str:
    """How strongly, of which regimens, and for whom."""
    words = [row["strength"] or row["position"], ", ".join(row["regimens"]), row["when"] and f"if {row['when']}"]
    return "".join(f"; {word}" for word in words if word)
