"""The answer as data: all that rendering sees.

Every command's answer is an envelope with `schema`, `tool_version`, `knowledge` and `notice`; `suggestion`
is that of ``mmopts.suggest/1``, and the rest are built from the same parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mmopts.case import FIRM_WORLD, Case, Data
from mmopts.facts import split_atom
from mmopts.patient import Note, record, show_value
from mmopts.judge import label_rows
from mmopts.knowledge.records import Knowledge, Row
from mmopts.logic import fold
from mmopts.questions import NextQuestion, next_questions
from mmopts.reasons import Clause
from mmopts.tiers import TIERS, Graded
from mmopts.version import __version__
from mmopts.words import option, question, say

_BODY = {"us-label": "US label", "eu-label": "EU label", "guideline": "guidance", "trial": "trial"}
_LISTS = ("exposed", "refractory", "intolerant")
_SAID = {True: "yes", False: "no", None: "unknown"}


def envelope(kind: str, kb: Knowledge, **parts: Any) -> Data:
    """The frame of every answer: ``mmopts.<kind>/1``."""
    return {
        "schema": f"mmopts.{kind}/1",
        "tool_version": __version__,
        "knowledge": knowledge(kb),
        **parts,
        "notice": kb.meta["notice"],
    }


def knowledge(kb: Knowledge) -> Data:
    """Which knowledge base answered."""
    return {key: kb.meta[key] for key in ("version", "reviewed", "digest", "layers")}


# --- parts of an option ----------------------------------------------------------------------------


def _is_question(clause: Clause) -> bool:
    return clause.cond.fact.startswith(("since:", "counts:"))


def needs_of(case: Case, regimen: Row) -> list[str]:
    """The open atoms that leave a regimen conditional."""
    if case.judged.at(regimen["verdict"]) is not None:
        return []
    found = case.reason(regimen["verdict"])
    atoms = dict.fromkeys(c.cond.fact for c in found.clauses if not _is_question(c))
    covered = {
        f"{prefix}:{name}"
        for prefix, _, drug in (a.partition(":") for a in atoms)
        for name in case.kb.drugs.get(drug, {}).get("classes", ())
    }
    return [a for a in atoms if a not in covered]


def _ask(atom: str, kb: Knowledge) -> Data:
    return {"fact": atom, "question": question(atom, kb.vocabulary, kb.questions), "option": option(atom)}


def checks_of(case: Case, regimen: Row) -> list[Data]:
    """The presumed facts that an option leans on: those open once presumptions are taken away."""
    judged, rules = case.judged, case.kb.rules
    if case.patient.strict:
        return []
    conds = [regimen["verdict"]] if judged.at(regimen["verdict"], FIRM_WORLD) is not judged.at(regimen["verdict"]) else []
    conds += [rules[n]["cond"] for n in regimen["cautions"] if judged.at(rules[n]["cond"], FIRM_WORLD) is None]
    return list({check["fact"]: check for number in conds for check in _presumed_in(case, number)}.values())


def _presumed_in(case: Case, number: int) -> list[Data]:
    """The presumed facts that leave a condition open once they are taken away."""
    found = case.presumed.get(number)
    if found is None:
        clauses = fold(case.kb.conds[number], case.firm, case.firm_memo).clauses
        atoms = [c.cond.fact for c in clauses if not _is_question(c) and c.cond.fact in case.patient.facts]
        found = case.presumed[number] = [_check(atom, case.kb) for atom in atoms]
    return found


def _check(atom: str, kb: Knowledge) -> Data:
    """The question behind a presumed atom; of a list that is presumed whole, whether it is."""
    fact, _ = split_atom(atom)
    if fact.kind != "drugs":
        return _ask(atom, kb)
    asked = kb.questions["prior" if fact.name == "prior" else f"whole_{fact.name}"]
    return {"fact": fact.name, "question": asked, "option": fact.option}


def row_head(row: Row) -> str:
    """Who says so: a region's label with its product, or a body's guidance, or a trial."""
    who = row.get("body") or row.get("trial") or ""
    if row["basis"] in ("guideline", "trial"):
        return f"{who} {_BODY[row['basis']]}".strip()
    product = _product(row)
    return f"{_BODY[row['basis']]} ({product})" if product else _BODY[row["basis"]]


def row_words(row: Row) -> str:
    """An indication in words: who says so, then the condition."""
    status = {"accelerated": "accelerated approval", "conditional": "conditional approval"}.get(row.get("status", ""))
    tail = ", ".join(x for x in (row["words"], status, row.get("position")) if x)
    return f"{row_head(row)}: {tail or 'no further condition'}"


def _because_open(case: Case, regimen: Row) -> list[Data]:
    rows = [(case.judged.at(row["open"]), row) for row in regimen["rows"]]
    best = True if any(v for v, _ in rows) else None
    return [
        {
            "text": row_words(row) + ("" if case.judged.at(row["force"]) is not None else f"; {_running(row)}"),
            "source": row["source"],
            "unread": bool(row["unread"]),
        }
        for value, row in rows
        if value is best
    ]


def _running(row: Row) -> str:
    """For a row whose beginning or end is only known to the month or the year that is running."""
    dates = " until ".join(str(row[key]) for key in ("since", "until") if key in row)
    return f"in force from {dates}, the day is not known"


def patient_words(case: Case, regimen: Row) -> str:
    """What a regimen means for this patient: which of its drugs are new, used before, or in doubt."""
    facts, kb = case.patient.facts, case.kb
    active = [d for d in regimen["drugs"] if d not in kb.steroids]
    if not active or facts.get("setting") != frozenset({"relapsed"}):
        return ""
    again = [d for d in active if facts.get(f"exposed:{d}") is True]
    open_ = [d for d in again if f"refractory:{d}" not in facts]
    new = [d for d in active if facts.get(f"exposed:{d}") is False]
    parts = []
    if len(new) == len(active):
        parts.append("every drug new" if len(new) > 1 else f"{new[0]} is new")
    elif new:
        parts.append(f"new: {', '.join(new)}")
    kept = [d for d in again if d not in open_]
    if open_:
        parts.append(f"if {' and '.join(open_)} still work{'s' if len(open_) == 1 else ''}")
    if kept:
        parts.append(f"again: {', '.join(kept)}")
    return "; ".join(parts)


def cautions_of(case: Case, regimen: Row) -> list[Data]:
    """The cautions that hold: those for this patient first, then what always goes with the regimen."""
    rules = (case.kb.rules[n] for n in regimen["cautions"])
    shown = ("text", "source", "strength", "id", "always", "unread")
    held = [{key: r[key] for key in shown} for r in rules if r["effect"] == "caution" and case.judged.at(r["cond"])]
    return sorted([*held, *_product_cautions(case, regimen)], key=lambda caution: caution["always"])


def _product_cautions(case: Case, regimen: Row) -> list[Data]:
    """Where one product's label covers the patient and another's does not."""
    out = []
    for region, rows in label_rows(case.judged, regimen).items():
        forced = [r for r in rows if case.judged.at(r["force"]) and _setting_holds(case, r)]
        met = [r for r in forced if r["value"]]
        unmet = [r for r in forced if r["value"] is False and not any(_product(r) == _product(m) for m in met)]
        if region in case.regions() and met and unmet:
            for row in unmet:
                covered = " and ".join(dict.fromkeys(_product(m) for m in met))
                out.append(
                    {
                        "text": f"{region.upper()}: {covered} covers this; {_product(row)} needs {row['words']}",
                        "source": row["source"],
                        "strength": "label",
                        "id": f"product-{region}",
                        "always": False,
                        "unread": bool(row["unread"]),
                    }
                )
    return out


def _setting_holds(case: Case, row: Row) -> bool:
    setting = case.patient.facts.get("setting")
    return isinstance(setting, frozenset) and bool(setting & set(row["settings"]))


def _product(row: Row) -> str:
    return f"{row.get('product', '')} {row.get('formulation', '')}".strip()


def label_detail(case: Case, regimen: Row) -> Data:
    """Each label row of the patient's setting: product, formulation, status, and the condition that fails or is open."""
    out: Data = {}
    for region, rows in label_rows(case.judged, regimen).items():
        shown = []
        for row in rows:
            if not _setting_holds(case, row) and case.patient.facts.get("setting"):
                continue
            value, force = row["value"], case.judged.at(row["force"])
            status = row.get("status", "active")
            if row.get("status") not in ("pending", "not-approved") and force is False:
                status = "not-in-force" if status != "withdrawn" else "withdrawn"
            entry = {
                "product": row.get("product"),
                "formulation": row.get("formulation"),
                "status": "not-met" if value is False and force else status,
                "approval": status,
                "holds": _SAID[value],
                "condition": row["words"] or None,
                "since": row.get("since"),
                "until": row.get("until"),
                "unit": row.get("unit"),
                "source": row["source"],
                "unread": row["unread"],
            }
            if value is not True and force is not False:
                entry["failing"] = (
                    [_clause_words(c, case) for c in case.reason(row["when"]).clauses]
                    if case.judged.at(row["when"]) is not True
                    else []
                )
            shown.append(entry)
        out[region] = shown
    return out


def _clause_words(clause: Clause, case: Case) -> str:
    return say(clause.cond, case.kb.vocabulary, clause.wanted)


def evidence_of(graded: Graded, case: Case) -> Data:
    """A trial as shown: its figures, its grade here, and whether the patient fits it."""
    row = graded.row
    kept = {k: v for k, v in row.items() if k not in ("setting", "words", "subgroups")}
    subgroups = [
        {**{k: v for k, v in sub.items() if k != "when"}, "applies": _SAID[case.judged.at(sub["when"])]}
        for sub in row["subgroups"]
    ]
    return {
        **kept,
        "population": row["words"] or None,
        "grade": graded.grade,
        "grade_because": graded.text,
        "applies": _SAID[graded.applies],
        "subgroups": subgroups,
    }


def doses_of(case: Case, regimen: Row) -> list[Data]:
    """The regimen's schedule, and the changes of dose that this patient's facts ask for."""
    kb, regions = case.kb, case.regions()
    rows = [("schedule", row) for row in regimen["doses"]]
    rows += [("change", kb.rules[n]) for n in regimen["cautions"] if kb.rules[n]["effect"] == "dose"]
    rows += [
        ("change", {**row, "text": f"{drug}: {row['text']}"})
        for drug in regimen["drugs"]
        for row in kb.drugs[drug]["doses"]
        if not row["always"] and row["region"] in (None, *regions)
    ]
    return [
        {"text": row["text"], "kind": kind, "source": row["source"], "unread": row["unread"]}
        for kind, row in rows
        if case.judged.at(row["cond"])
    ]


def guidance_of(case: Case, regimen: Row) -> list[Data]:
    """What each body says of a regimen for a patient like this, side by side and unmerged."""
    out = []
    for row in (case.kb.guidelines[n] for n in regimen["guidance"]):
        value = case.judged.at(row["cond"])
        if value is not False:
            said = {
                k: row[k]
                for k in ("body", "year", "title", "statement", "position", "strength", "level", "source", "unread")
            }
            out.append({**said, "applies": _SAID[value]})
    return out


def source_ids(*groups: Iterable[Mapping[str, Any]]) -> list[str]:
    """The ids of the sources that rows cite."""
    found: set[str] = set()
    for row in (row for group in groups for row in group):
        source = row.get("source")
        if source:
            found.update(source if isinstance(source, list) else [source])
    return sorted(found)


def option_data(case: Case, name: str) -> Data:
    """One option of the answer."""
    regimen, tier, kb = case.kb.regimens[name], case.tiers[name], case.kb
    out: Data = {
        "id": name,
        "name": regimen["name"],
        "drugs": regimen["drugs"],
        "verdict": case.judged.verdict(regimen),
        "tier": tier.tier,
        "tier_because": tier.because,
        "grade": tier.grade,
        "intensity": regimen["intensity"],
        "settings": regimen["settings"],
        "for_this_patient": patient_words(case, regimen),
        "because": _because_open(case, regimen),
        "needs": [_ask(a, kb) for a in needs_of(case, regimen)],
        "checks": checks_of(case, regimen),
        "cautions": cautions_of(case, regimen),
        "labels": case.judged.labels(regimen),
        "label_detail": label_detail(case, regimen),
        "evidence": [evidence_of(t, case) for t in tier.trials],
        "doses": doses_of(case, regimen),
        "guidance": guidance_of(case, regimen),
    }
    return {
        **out,
        "sources": source_ids(
            *(out[key] for key in ("because", "cautions", "evidence", "doses", "guidance")), *out["label_detail"].values()
        ),
    }


# --- exclusion -------------------------------------------------------------------------------------


def given_words(atom: str, case: Case) -> str | None:
    """What was said of a fact, for "you gave ..."; None if nothing was."""
    value = case.patient.facts.get(atom)
    return None if value is None else show_value(value)


def _flip(clause: Clause, case: Case) -> Data:
    needed = say(clause.cond, case.kb.vocabulary, clause.wanted)
    atom = clause.cond.fact
    if not atom:
        return {"fact": None, "option": None, "needs": needed, "given": None, "text": f"needs: {needed}"}
    given = given_words(atom, case)
    numeric = given is not None and clause.cond.test in (">=", "<=", "in")
    fact, _ = split_atom(atom)
    text = f"needs {needed}" + (f"; you gave {given}" if numeric else "")
    return {"fact": fact.name, "option": option(atom), "needs": needed, "given": given, "text": text}


def excluded_data(case: Case, name: str) -> Data:
    """Why a regimen is ruled out: its nearest indication, the rules that forbid it, and what would flip them."""
    regimen, kb = case.kb.regimens[name], case.kb
    because: list[Data] = []
    flips: list[Data] = []
    other_setting = case.judged.at(regimen["in_setting"]) is False
    if other_setting:
        where = " or ".join(regimen["settings"])
        because.append({"text": f"for {where} disease", "source": regimen["rows"][0]["source"]})
    else:
        for rule in (kb.rules[n] for n in regimen["forbids"]):
            if case.judged.at(rule["cond"]):
                because.append({"text": rule["text"], "source": rule["source"]})
                flips += [_flip(c, case) for c in case.reason(rule["cond"]).undo]
        if case.judged.at(regimen["indicated"]) is False:
            row, clauses = _nearest_row(case, regimen)
            missing = "; ".join(_clause_words(c, case) for c in clauses)
            head = row_head(row)
            because.append(
                {"text": f"{head} needs {missing}" if missing else f"{head}: {_out_of_force(row)}", "source": row["source"]}
            )
            flips += [_flip(c, case) for c in clauses]
    flips = list({flip["text"]: flip for flip in flips}.values())
    return {
        "id": name,
        "name": regimen["name"],
        "drugs": regimen["drugs"],
        "settings": regimen["settings"],
        "other_setting": other_setting,
        "labels": case.judged.labels(regimen),
        "because": because,
        "flips": flips,
    }


def _nearest_row(case: Case, regimen: Row) -> tuple[Row, list[Clause]]:
    """The indication that misses by the fewest clauses about the patient."""
    best: tuple[tuple[bool, bool, int], Row, list[Clause]] | None = None
    for row in regimen["rows"]:
        clauses = [c for c in case.reason(row["open"]).clauses if not _is_question(c)]
        if case.judged.at(row["when"]) is True or not _setting_holds(case, row):
            clauses = [c for c in clauses if c.cond.fact == "setting"]
        counted = row["region"] is None or row["region"] in case.regions()
        rank = (not counted or case.judged.at(row["force"]) is False, not _setting_holds(case, row), len(clauses))
        if best is None or rank < best[0]:
            best = rank, row, clauses
    assert best is not None
    return best[1], best[2]


def _out_of_force(row: Row) -> str:
    status = row.get("status")
    if status == "withdrawn":
        return f"withdrawn {row.get('until')}"
    if status in ("pending", "not-approved"):
        return str(status).replace("-", " ")
    if row["region"] and "until" not in row:
        return f"not in force on that day, or not counted in this region (since {row.get('since')})"
    return "not in force on that day"


# --- the whole answer ------------------------------------------------------------------------------


def ask_data(found: Sequence[NextQuestion], kb: Knowledge) -> list[Data]:
    """Next questions as data."""
    return [
        {
            **_ask(q.atom, kb),
            "settles": q.settles,
            "settles_at_least": q.settles_at_least,
            "of": q.of,
            "answers": [{"answer": a.words, "opens": a.opens, "closes": a.closes} for a in q.answers],
        }
        for q in found
    ]


def questions_of(case: Case) -> list[NextQuestion]:
    """The next questions of a case."""
    conditional = [n for n in case.open_ids if case.judged.at(case.kb.regimens[n]["verdict"]) is None]
    needs = {n: needs_of(case, case.kb.regimens[n]) for n in conditional}
    first = [n for n in conditional if case.tiers[n].tier == TIERS[0]]
    return next_questions(case.kb, case.patient, case.question, conditional, needs, first)


def supportive_care(case: Case, names: Sequence[str]) -> list[Data]:
    """Supportive care that comes with the drugs of these regimens."""
    shown = {d for n in names for d in case.kb.regimens[n]["drugs"]}
    out = []
    for item in case.kb.care:
        drugs = sorted(shown if item["drugs"] is None else shown.intersection(item["drugs"]))
        if drugs and case.judged.at(item["cond"]):
            out.append(
                {
                    "topic": item["topic"],
                    "text": item["text"],
                    "for": drugs,
                    "source": item["source"],
                    "unread": item["unread"],
                }
            )
    return out


def notes_data(notes: Sequence[Note]) -> list[Data]:
    """Assumptions or warnings as data."""
    return [{"code": n.code, "text": n.text, "fact": n.fact, "option": n.option} for n in notes]


def patient_data(case: Case) -> Data:
    """The patient after normalisation, with the question, so that it reproduces the answer."""
    return {
        **record(case.patient, case.kb),
        "region": case.question.region,
        "as_of": case.question.as_of,
        "strict": case.patient.strict,
    }


def about_case(case: Case) -> Data:
    """What every answer about a patient repeats: the question, the patient, assumptions, warnings."""
    return {
        "question": {"region": case.question.region, "as_of": case.question.as_of},
        "patient": patient_data(case),
        "assumptions": notes_data(case.patient.assumptions),
        "warnings": notes_data(case.patient.warnings),
    }


def cited(ids: Iterable[str], kb: Knowledge) -> Data:
    """The sources with these ids."""
    return {name: kb.sources[name] for name in sorted(set(ids)) if name in kb.sources}


def suggestion(case: Case, limit: int | None = None) -> Data:
    """The answer to ``mmopts suggest``. `limit` cuts the options and counts what it left out."""
    kb = case.kb
    kept = case.open_ids if limit is None else case.open_ids[:limit]
    options = [option_data(case, name) for name in kept]
    excluded = [excluded_data(case, name) for name in kb.regimens if name not in case.tiers]
    care = supportive_care(case, kept)
    ids = [*(i for o in options for i in o["sources"]), *source_ids(care, *(e["because"] for e in excluded))]
    parts = {
        **about_case(case),
        "options": options,
        "omitted": len(case.open_ids) - len(kept),
        "excluded": excluded,
        "next_questions": ask_data(questions_of(case), kb),
        "supportive_care": care,
    }
    return envelope("suggest", kb, **parts, sources=cited(ids, kb))
