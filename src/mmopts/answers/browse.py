"""The answers of the commands besides `suggest`: envelopes built from the parts of `report`, so that they agree with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mmopts.case import Case, Data
from mmopts.diagnostics import Problem, QuestionError, did_you_mean, nearest, unknown_word
from mmopts.patient import computed_fitness, intake, show_value
from mmopts.judge import Question, question_facts
from mmopts.knowledge.records import Knowledge, Row
from mmopts.logic import Evaluate, Interval, Worlds, fold
from mmopts.names import look_up
from mmopts.reasons import Clause
from mmopts.report import (
    about_case,
    ask_data,
    cautions_of,
    checks_of,
    cited,
    doses_of,
    envelope,
    evidence_of,
    excluded_data,
    given_words,
    guidance_of,
    label_detail,
    option_data,
    patient_words,
    questions_of,
    row_words,
    source_ids,
)
from mmopts.tiers import Graded, base_grade
from mmopts.words import say

SAID = {True: "yes", False: "no", None: "unknown"}


def regimen_named(word: str, kb: Knowledge) -> str:
    """The id of the regimen that a word names, in any case and with any separators. Raises QuestionError."""
    found = look_up(word, kb.aliases)
    if found is None:
        near = nearest(word, [*kb.regimens, *kb.aliases])
        near = list(dict.fromkeys(kb.aliases.get(n, n) for n in near))
        raise QuestionError([unknown_word("unknown-regimen", "regimen", "regimen", word, near)])
    return str(found)


def drug_named(word: str, kb: Knowledge) -> str:
    """The generic name of the drug that a word names. Raises QuestionError."""
    found = look_up(word, kb.names)
    drugs: Sequence[str] = found.get("drugs", ()) if found else ()
    if len(drugs) != 1:
        named = (entry["name"] for entry in kb.names.values() if len(entry.get("drugs", ())) == 1)
        near = nearest(word, named)
        raise QuestionError([unknown_word("unknown-name", "drug", "drug", word, near)])
    return str(drugs[0])


def class_named(word: str, kb: Knowledge) -> str:
    """The id of the class that a word names. Raises QuestionError."""
    found = look_up(word, kb.names)
    classes: Sequence[str] = found.get("classes", ()) if found else ()
    if len(classes) != 1:
        near = nearest(word, kb.classes)
        raise QuestionError([unknown_word("unknown-name", "class", "class", word, near, list(kb.classes))])
    return str(classes[0])


# --- about a patient -------------------------------------------------------------------------------


def questions(case: Case) -> Data:
    """The answer to ``mmopts ask``."""
    verdicts = [case.judged.verdict(case.kb.regimens[name]) for name in case.kb.regimens]
    counts = {v: verdicts.count(v) for v in ("eligible", "conditional", "excluded")}
    ranked = [{"id": name, "tier": case.tiers[name].tier} for name in case.open_ids]
    return envelope(
        "ask",
        case.kb,
        **about_case(case),
        counts=counts,
        ranked=ranked,
        next_questions=ask_data(questions_of(case), case.kb),
        sources={},
    )


def explanation(case: Case, name: str) -> Data:
    """The answer to ``mmopts explain``: every clause of one regimen, for this patient."""
    kb, regimen = case.kb, case.kb.regimens[name]
    if name in case.tiers:
        data = {**option_data(case, name), "flips": []}
    else:
        graded = [
            Graded(base_grade(row, kb.tiers), "by itself", row, case.judged.at(row["population"]))
            for row in regimen["evidence"]
            if case.judged.at(row["setting"]) is not False
        ]
        data = {
            **excluded_data(case, name),
            "verdict": "excluded",
            "tier": None,
            "tier_because": None,
            "needs": [],
            "intensity": regimen["intensity"],
            "for_this_patient": patient_words(case, regimen),
            "checks": checks_of(case, regimen),
            "cautions": cautions_of(case, regimen),
            "label_detail": label_detail(case, regimen),
            "evidence": [evidence_of(t, case) for t in graded],
            "doses": doses_of(case, regimen),
            "guidance": guidance_of(case, regimen),
        }
    indications = [_indication(case, row) for row in regimen["rows"]]
    forbids = [_forbid(case, kb.rules[number]) for number in regimen["forbids"]]
    ids = source_ids(
        indications,
        forbids,
        data["because"],
        data["cautions"],
        data["evidence"],
        data["doses"],
        data["guidance"],
        *data["label_detail"].values(),
    )
    return envelope(
        "explain",
        kb,
        **about_case(case),
        regimen={**data, "indications": indications, "forbids": forbids},
        sources=cited(ids, kb),
    )


def _indication(case: Case, row: Row) -> Data:
    """One indication: whether it opens the regimen, whether its label holds, and the clauses that decide."""
    opened = case.judged.at(row["open"])
    reason = case.reason(row["open"])
    return {
        "text": row_words(row),
        "basis": row["basis"],
        "region": row["region"],
        "settings": row["settings"],
        "since": row.get("since"),
        "until": row.get("until"),
        "status": row.get("status"),
        "unit": row.get("unit"),
        "note": row.get("note"),
        "opens": SAID[opened],
        "holds": SAID[case.judged.at(row["strict"])],
        "in_force": SAID[case.judged.at(row["force"])],
        "clauses": _clauses(case, reason.clauses),
        "source": row["source"],
        "unread": row["unread"],
    }


def _forbid(case: Case, rule: Row) -> Data:
    """One rule that would forbid the regimen, and whether it does."""
    return {
        "id": rule["id"],
        "text": rule["text"],
        "holds": SAID[case.judged.at(rule["cond"])],
        "clauses": _clauses(case, case.reason(rule["cond"]).clauses),
        "source": rule["source"],
        "unread": rule["unread"],
    }


def _clauses(case: Case, clauses: Iterable[Clause]) -> list[Data]:
    """The clauses that decide a condition; what belongs to the question (dates, regions) is told by `in_force`."""
    return [
        {
            "text": say(c.cond, case.kb.vocabulary, c.wanted),
            "fact": c.cond.fact or None,
            "given": given_words(c.cond.fact, case) if c.cond.fact else None,
        }
        for c in clauses
        if not c.cond.fact.startswith(("since:", "counts:"))
    ]


# --- without a patient -----------------------------------------------------------------------------


def _when(number: int, kb: Knowledge) -> str | None:
    return say(kb.conds[number], kb.vocabulary) or None


def regimen_data(name: str, kb: Knowledge) -> Data:
    """Everything that the knowledge base says of a regimen."""
    row = kb.regimens[name]
    indications = [
        {
            key: r.get(key)
            for key in (
                "basis",
                "region",
                "settings",
                "product",
                "formulation",
                "status",
                "since",
                "until",
                "unit",
                "body",
                "position",
                "trial",
                "note",
                "source",
                "unread",
            )
        }
        | {"text": row_words(r), "condition": r["words"] or None}
        for r in row["rows"]
    ]
    evidence = [
        {
            **{k: v for k, v in e.items() if k not in ("setting", "words", "subgroups")},
            "population": e["words"] or None,
            "subgroups": [
                {**{k: v for k, v in s.items() if k != "when"}, "when": _when(s["when"], kb)} for s in e["subgroups"]
            ],
        }
        for e in row["evidence"]
    ]
    rules = [
        {**{k: v for k, v in kb.rules[n].items() if k != "cond"}, "when": _when(kb.rules[n]["cond"], kb)}
        for n in (*row["forbids"], *row["cautions"])
    ]
    doses = [
        {"text": d["text"], "when": d["words"] or None, "source": d["source"], "unread": d["unread"]} for d in row["doses"]
    ]
    return {
        "id": name,
        "name": row["name"],
        "aliases": row["aliases"],
        "drugs": row["drugs"],
        "settings": row["settings"],
        "intensity": row["intensity"],
        "label_decides": row["label_decides"],
        "investigational": row["investigational"],
        "labels": label_states(row, kb),
        "indications": indications,
        "evidence": evidence,
        "rules": rules,
        "doses": doses,
        "sources": source_ids(indications, evidence, rules, doses),
    }


def label_states(row: Row, kb: Knowledge) -> Data:
    """Per region, whether some label is in force on the day of the review."""
    facts = question_facts(Question("any", kb.meta["reviewed"]), kb)
    evaluate, out = Evaluate(Worlds.around(facts, [])), {}
    for region, label in row["labels"].items():
        values = [fold(kb.conds[r["force"]], evaluate, {}).at() for r in row["rows"] if r["region"] == region]
        out[region] = (
            "not-applicable" if label is None else "label" if True in values else "unknown" if None in values else "none"
        )
    return out


def shown(names: Sequence[str], kb: Knowledge, kind: str = "show") -> Data:
    """The answer to ``mmopts show`` and, for several, to ``mmopts compare``."""
    data = [regimen_data(name, kb) for name in names]
    return envelope(kind, kb, regimens=data, sources=cited((i for d in data for i in d["sources"]), kb))


def listed(kb: Knowledge, settings: Sequence[str], drugs: Sequence[str], classes: Sequence[str]) -> Data:
    """The answer to ``mmopts list``: the regimens in any of the settings that hold every drug and class asked for."""
    out = []
    for name, row in kb.regimens.items():
        found = {c for d in row["drugs"] for c in kb.drugs[d].get("classes", ())}
        if (
            (not settings or set(settings) & set(row["settings"]))
            and set(drugs) <= set(row["drugs"])
            and set(classes) <= found
        ):
            trials = [
                {
                    "trial": e["trial"],
                    "phase": e.get("phase"),
                    "pfs": e.get("pfs"),
                    "response": e.get("response"),
                    "unread": e["unread"],
                }
                for e in row["evidence"]
            ]
            out.append(
                {
                    "id": name,
                    "name": row["name"],
                    "drugs": row["drugs"],
                    "settings": row["settings"],
                    "intensity": row["intensity"],
                    "labels": label_states(row, kb),
                    "evidence": trials,
                }
            )
    return envelope(
        "list", kb, filters={"setting": list(settings), "drug": list(drugs), "class": list(classes)}, regimens=out
    )


def drug_data(name: str, kb: Knowledge) -> Data:
    """What the knowledge base says of a drug, and the regimens that hold it."""
    drug = kb.drugs[name]
    doses = [
        {key: d[key] for key in ("text", "region", "source", "unread")} | {"when": d["words"] or None} for d in drug["doses"]
    ]
    return {
        **{k: v for k, v in drug.items() if k != "doses"},
        "abbreviations": drug.get("abbreviations", []),
        "brands": drug.get("brands", []),
        "classes": drug.get("classes", []),
        "doses": doses,
        "regimens": [r for r, row in kb.regimens.items() if name in row["drugs"]],
    }


def drugs(kb: Knowledge, name: str | None = None) -> Data:
    """The answer to ``mmopts drugs``: all of them, or one with its doses and its supportive care."""
    if name is None:
        return envelope("drugs", kb, drugs=[drug_data(d, kb) for d in kb.drugs], classes=dict(kb.classes))
    data = drug_data(name, kb)
    care = [
        {"topic": c["topic"], "text": c["text"], "when": _when(c["cond"], kb), "source": c["source"], "unread": c["unread"]}
        for c in kb.care
        if c["drugs"] is None or name in c["drugs"]
    ]
    ids = source_ids(data["doses"], care, data.get("boxed_warnings", ()))
    return envelope("drug", kb, drug=data, supportive_care=care, sources=cited(ids, kb))


def guidance(kb: Knowledge, body: str | None = None) -> Data:
    """The answer to ``mmopts guidance``: what each body says, unmerged, and where bodies disagree. Raises QuestionError."""
    bodies = list(dict.fromkeys(str(row["body"]) for row in kb.guidelines))
    wanted = bodies if body is None else [b for b in bodies if body.casefold() in b.casefold()]
    if not wanted:
        near = nearest(str(body), bodies)
        text = f"{str(body)[:40]!r} is no body whose guidance is known here." + did_you_mean(near)
        raise QuestionError([Problem("unknown-body", text, "body", str(body)[:80], near)])
    said = [
        {**{k: v for k, v in row.items() if k != "cond"}, "when": _when(row["cond"], kb)}
        for row in kb.guidelines
        if row["body"] in wanted
    ]
    differ = [row for row in kb.guidance["disagreements"] if body is None or any(v["body"] in wanted for v in row["views"])]
    ids = source_ids(said, *(row["views"] for row in differ))
    return envelope("guidance", kb, guidance=said, disagreements=differ, sources=cited(ids, kb))


def sources(kb: Knowledge, name: str | None = None) -> Data:
    """The answer to ``mmopts sources``: all of them, or one with the regimens that cite it."""
    if name is None:
        return envelope("sources", kb, sources=dict(kb.sources))
    if name not in kb.sources:
        near = nearest(name, kb.sources)
        raise QuestionError([unknown_word("unknown-source", "source", "source", name, near)])
    citing = [
        r
        for r, row in kb.regimens.items()
        if name
        in source_ids(row["rows"], row["evidence"], row["doses"], (kb.rules[n] for n in (*row["forbids"], *row["cautions"])))
    ]
    return envelope("source", kb, source=kb.sources[name], regimens=citing)


# --- scores ----------------------------------------------------------------------------------------


def frailty(given: Data, kb: Knowledge) -> Data:
    """The answer to ``mmopts frailty``: each score's points and groups, and what is missing."""
    _some_fact(given, "mmopts frailty --age 82 --adl 4 --iadl 5 --cci 1")
    patient = intake(given, kb)
    evaluate = Evaluate(Worlds.around(patient.firm, []))
    out = []
    for tool, points, values in computed_fitness(patient.firm, kb):
        items = [
            {
                "text": say(kb.conds[item["when"]], kb.vocabulary),
                "points": item["points"],
                "holds": SAID[fold(kb.conds[item["when"]], evaluate, {}).at()],
            }
            for item in tool["points"]
        ]
        groups = [{**g, "possible": bool(values & set(g["values"]))} for g in tool["groups"]]
        missing = [
            {"fact": i, "question": kb.questions[i], "option": f"--{i}"} for i in tool["inputs"] if i not in patient.firm
        ]
        out.append(
            {
                "id": tool["id"],
                "name": tool["name"],
                "points": _range(points),
                "fitness": sorted(values),
                "items": items,
                "groups": groups,
                "missing": missing,
                "note": tool.get("note"),
                "source": tool["source"],
                "unread": tool.get("unread", []),
            }
        )
    return envelope(
        "frailty",
        kb,
        patient={k: show_value(v) for k, v in patient.firm.items() if k in kb.fitness_inputs},
        scores=out,
        sources=cited(source_ids(out), kb),
    )


def _range(points: Interval) -> Data:
    return {"min": points.low, "max": points.high}


def _some_fact(given: Data, example: str) -> None:
    if all(v is None for v in given.values()):
        raise QuestionError([Problem("no-facts", f"No fact about the patient was given. Try: {example}")])


def risk(given: Data, kb: Knowledge) -> Data:
    """The answer to ``mmopts risk``: each staging that the knowledge base defines, as far as the facts decide it."""
    from mmopts.scores import score, score_facts

    _some_fact(given, "mmopts risk --b2m 4 --albumin 3.8 --ldh normal --cytogenetics standard")
    facts = score_facts(given, kb)
    out = [score(tool, facts, kb) for tool in kb.guidance["risk"]]
    return envelope(
        "risk", kb, patient={k: v for k, v in given.items() if v is not None}, scores=out, sources=cited(source_ids(out), kb)
    )
