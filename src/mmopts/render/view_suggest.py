"""The screen of ``mmopts suggest`` and ``mmopts ask``, in the order in which a clinician needs it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from mmopts.render.blocks import Block, Column, Heading, Line, Short, Table, View
from mmopts.render.phrases import (
    answer_words,
    caution_words,
    counted,
    key_figure,
    label_mark,
    merged_answers,
    patient_line,
    patient_options,
    short_question,
)

Data = dict[str, Any]
FIRST = ("preferred", "alternative")
CARE_LINES = 10


def suggest_blocks(answer: Data, view: View) -> list[Block]:
    """The whole screen."""
    eligible = [o for o in answer["options"] if o["verdict"] == "eligible"]
    conditional = [o for o in answer["options"] if o["verdict"] == "conditional"]
    return [
        *about_patient(answer),
        *_questions(answer, 3),
        *_eligible(eligible, view, bool(conditional)),
        *_conditional(answer, conditional, view),
        *_omitted(answer),
        *_excluded(answer, view),
        *_care(answer, eligible or conditional, view),
        *foot(answer),
        *_next(answer),
    ]


def ask_blocks(answer: Data, _view: View) -> list[Block]:
    """The questions, each with what its answers settle."""
    out = [*about_patient(answer)]
    counts = answer["counts"]
    out.append(
        Line(f"Now: {counts['eligible']} eligible, {counts['conditional']} conditional, {counts['excluded']} excluded.")
    )
    if not answer["next_questions"]:
        out.append(Line("No answer would settle more." if counts["conditional"] else "Nothing is open."))
    for number, asked in enumerate(answer["next_questions"], 1):
        out.append(Heading(f"{number}. {asked['question']}"))
        out.append(Line(f"{_settles(asked, full=True)}; answer with {asked['option']}", "dim"))
        rows = [
            [words, _names(opens, answer, 8) or "-", _names(closes, answer, 8) or "-"]
            for words, opens, closes in merged_answers(asked["answers"])
        ]
        out.append(
            Table(
                [Column("answer", "name"), Column("opens", least=20, wrap=True), Column("closes", "dim", 20, wrap=True)],
                rows,
            )
        )
    return [*out, *foot(answer)]


def about_patient(answer: Data) -> list[Block]:
    """The patient as understood, what was assumed, and warnings."""
    out: list[Block] = [Line(patient_line(answer["patient"]), "strong")]
    said = [note["text"] for note in answer["assumptions"] if not note["code"].startswith("entailed")]
    derived = [note["text"] for note in answer["assumptions"] if note["code"].startswith("entailed-fitness")]
    if derived:
        out.append(Line(f"Worked out: {'; '.join(derived)}."))
    if said:
        out.append(Line(f"Assumed: {'; '.join(said)}.", "dim"))
    out += [Line(f"Warning: {note['text']}", "warn") for note in answer["warnings"]]
    asked = answer["question"]
    if asked["region"] != "any" or asked["as_of"] != answer["knowledge"]["reviewed"] or answer["patient"].get("strict"):
        region = f"labels of {asked['region'].upper()} only; " if asked["region"] != "any" else ""
        strict = "; nothing presumed" if answer["patient"].get("strict") else ""
        out.append(Line(f"Asked: {region}as of {asked['as_of']}{strict}.", "dim"))
    return out


def _settles(asked: Data, full: bool = False) -> str:
    best = f"settles up to {asked['settles']} of {asked['of']}"
    return f"{best}, at least {asked['settles_at_least']}" if full else best


def _questions(answer: Data, count: int) -> list[Block]:
    shown = {o["id"] for o in answer["options"] if o["tier"] in FIRST}
    asked = [q for q in answer["next_questions"] if any(shown & {*a["opens"], *a["closes"]} for a in q["answers"])][:count]
    if not asked:
        return []
    rows = [
        [f"{n}. {short_question(q['question'])}", Short(_settles(q), f"{q['settles']} of {q['of']}"), q["option"]]
        for n, q in enumerate(asked, 1)
    ]
    out: list[Block] = [Heading("Ask first"), Table([Column("", "name"), Column(""), Column("", "dim", 10)], rows)]
    pivot = _pivot(answer, asked[0])
    return [*out, Line(pivot)] if pivot else out


def _names(ids: Sequence[str], answer: Data, count: int = 3) -> str:
    """The first few of some options, best first, and how many more."""
    place = {o["id"]: i for i, o in enumerate(answer.get("options") or answer.get("ranked") or ())}
    best = sorted(ids, key=lambda name: place.get(name, len(place)))
    more = f" and {len(best) - count} more" if len(best) > count else ""
    return ", ".join(best[:count]) + more


def _pivot(answer: Data, asked: Data) -> str:
    """One sentence where the answers to one question lead apart: "Refractory to X? no: A opens; yes: B opens"."""
    said = [(words, opens, closes) for words, opens, closes in merged_answers(asked["answers"]) if opens or closes]
    if len(said) < 2 or not any(opens for _, opens, _ in said):
        return ""
    parts = []
    for words, opens, closes in sorted(said, key=lambda entry: not entry[1]):
        does = f"{_names(opens, answer)} open{'s' if len(opens) == 1 else ''}" if opens else f"closes {len(closes)}"
        parts.append(f"{words}: {does}")
    return f"{short_question(asked['question'])} {'; '.join(parts)}."


_FIGURE = Column("PFS HR or ORR", "", 20)
_COLUMNS = (Column("", "name"), Column("for this patient", "", 18), _FIGURE, Column("US"), Column("EU"))


def _row(option: Data, why: str | Short) -> list[Any]:
    long, short = key_figure(option)
    return [
        option["id"],
        why,
        Short(long, short),
        label_mark(option["labels"]["us"]),
        label_mark(option["labels"]["eu"]),
        caution_words(option),
    ]


def _why(option: Data) -> str | Short:
    said = option["because"][0]["text"] if option["because"] else option["name"]
    return option["for_this_patient"] or Short(said, said.partition(":")[0][:24])


def _eligible(options: list[Data], view: View, more: bool) -> list[Block]:
    if not options:
        return [Heading("Eligible: none" + ("; see what depends on an answer" if more else ""))]
    shown = [o for o in options if o["tier"] in FIRST]
    folded = [o for o in options if o["tier"] not in FIRST]
    if "all" in view or not shown:
        shown, folded = options, []
    out: list[Block] = []
    for tier in dict.fromkeys(o["tier"] for o in shown):
        mine = [o for o in shown if o["tier"] == tier]
        out.append(Heading(f"Eligible, {tier} ({len(mine)})"))
        out.append(Table([*_COLUMNS, Column("mind", "dim", 20)], [_row(o, _why(o)) for o in mine], below=True))
    return [*out, *_folded(folded)]


def _folded(options: list[Data]) -> list[Block]:
    if not options:
        return []
    tiers = [f"{counted(sum(o['tier'] == t for o in options), '')}{t}" for t in dict.fromkeys(o["tier"] for o in options)]
    return [
        Line(
            f"Also: {' and '.join(tiers)} ({', '.join(o['id'] for o in options[:6])}{', ...' if len(options) > 6 else ''}); "
            "--all shows them.",
            "dim",
        )
    ]


def _conditional(answer: Data, options: list[Data], view: View) -> list[Block]:
    if not options:
        return []
    shown = options if "all" in view else [o for o in options if o["tier"] in FIRST]
    folded = [o for o in options if o not in shown]
    if not shown:
        shown, folded = options, []
    columns = [Column("", "name"), Column("if", "", 24, wrap=True), _FIGURE, Column("US"), Column("EU")]
    out: list[Block] = []
    for tier in dict.fromkeys(o["tier"] for o in shown):
        mine = [o for o in shown if o["tier"] == tier]
        out.append(Heading(f"Depends on an answer, {tier} ({len(mine)})"))
        out.append(Table(columns, [_row(o, _if(o, answer))[:-1] for o in mine]))
    return [*out, *_folded(folded)]


def _if(option: Data, answer: Data) -> str:
    """What must turn out how, for a conditional option; several questions of one kind are put as one."""
    needs = option["needs"]
    if len(needs) == 1:
        asked = next((q for q in answer["next_questions"] if q["fact"] == needs[0]["fact"]), None)
        return f"{short_question(needs[0]['question'])} {answer_words(asked, option['id'])}".rstrip()
    kinds: dict[str, tuple[str, list[str]]] = {}
    for need in needs:
        kind, _, about = need["fact"].partition(":")
        question = short_question(need["question"])
        key = kind if about and about in question else need["fact"]
        kinds.setdefault(key, (question, []))[1].append(about)
    return "; ".join(
        question.replace(abouts[0], ", ".join(abouts)) if len(abouts) > 1 else question
        for question, abouts in kinds.values()
    )


def _omitted(answer: Data) -> list[Block]:
    if not answer["omitted"]:
        return []
    return [Line(f"{counted(answer['omitted'], 'more option')} left out by --limit.", "warn")]


def _excluded(answer: Data, view: View) -> list[Block]:
    here = [e for e in answer["excluded"] if not e["other_setting"]]
    elsewhere = len(answer["excluded"]) - len(here)
    tail = f"; {elsewhere} more are for other settings" if elsewhere else ""
    out: list[Block] = [Heading(f"Ruled out ({len(here)}{tail})")]
    if "why_not" not in view:
        names = ", ".join(e["id"] for e in here[:12]) + (", ..." if len(here) > 12 else "")
        return [*out, Line(f"{names}; --why-not says why." if here else "None here.", "dim")]
    rows = [
        [e["id"], "; ".join(b["text"] for b in e["because"]), "; ".join(dict.fromkeys(f["text"] for f in e["flips"]))]
        for e in here
    ]
    return [
        *out,
        Table(
            [Column("", "name"), Column("because", "", 24, wrap=True), Column("would change it", "dim", 24, wrap=True)], rows
        ),
    ]


def _care(answer: Data, options: Iterable[Data], view: View) -> list[Block]:
    """Supportive care by topic, in the order of the knowledge base; that of the options shown first."""
    if not answer["supportive_care"]:
        return []
    drugs = {d for o in options if o["tier"] in FIRST for d in o["drugs"]}
    topics: dict[str, list[Data]] = {}
    for item in answer["supportive_care"]:
        if "all" in view or not drugs or drugs & set(item["for"]):
            topics.setdefault(item["topic"], []).append(item)
    shown = list(topics.items()) if "all" in view else list(topics.items())[:CARE_LINES]
    rows = []
    for topic, items in shown:
        for i, item in enumerate(items if "all" in view else items[:1]):
            more = f" (+{len(items) - 1})" if "all" not in view and len(items) > 1 else ""
            who = (
                ", ".join(item["for"])
                if len(item["for"]) <= 3
                else ""
                if len(item["for"]) > 8
                else f"{len(item['for'])} drugs"
            )
            rows.append([topic if not i else "", item["text"] + ("*" if item.get("unread") else "") + more, Short(who, "")])
    rest = [t for t in topics if t not in dict(shown)]
    out: list[Block] = [
        Heading("Supportive care"),
        Table([Column("", "name"), Column("", "", 58, wrap=True), Column("", "dim")], rows),
    ]
    if rest:
        out.append(Line(f"Also: {', '.join(rest)}; --all shows them.", "dim"))
    return out


def foot(answer: Data) -> list[Block]:
    """Sources, the knowledge base and its notice."""
    sources, known = answer.get("sources"), answer["knowledge"]
    out: list[Block] = [Heading("Sources" if sources else "Knowledge base")]
    if sources:
        read = sum(s.get("checked") == "read" for s in sources.values())
        out.append(
            Line(
                f"{len(sources)} cited, {read} of them read; figures marked * were not read in their source. "
                "mmopts sources ID shows one.",
                "dim",
            )
        )
    return [*out, Line(f"Knowledge base {known['version']}, reviewed {known['reviewed']}. {answer['notice']}", "dim")]


def _next(answer: Data) -> list[Block]:
    options = patient_options(answer)
    commands = [f"mmopts explain {o['id']} {options}" for o in answer["options"][:1]]
    commands += [f"mmopts ask {options}"] if answer["next_questions"] else []
    return [Line(f"{'      ' if i else 'Next: '}{command}", "command") for i, command in enumerate(commands)]
