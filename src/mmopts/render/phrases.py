"""Parts of an envelope in a few words: the patient, a trial's key figure, a label, a caution, an answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from mmopts.facts import FACTS, OPEN_LISTS

Data = dict[str, Any]
_SETTING = {
    "newly-diagnosed": "Newly diagnosed",
    "maintenance": "Maintenance",
    "relapsed": "Relapsed",
    "smoldering": "Smoldering",
}
_MARK = {"on-label": "on", "off-label": "off", "unknown": "?", "not-applicable": "-"}
_STRENGTH = ("label", "guideline", "consensus", "editorial")


def counted(count: int, noun: str) -> str:
    """``3 options``, ``1 option``; a count alone with a space behind if there is no noun."""
    return f"{count} {noun}{'s' if noun and count != 1 else ''}"


def short_question(question: str) -> str:
    """A question without what stands in brackets to explain it; t(4;14) keeps its own."""
    return re.sub(r"\s+\([^()]*(\([^()]*\)[^()]*)*\)", "", question)


def label_mark(label: str) -> str:
    """on, off, ? or -."""
    return _MARK.get(label, label)


def number_words(value: Any) -> str:
    """A number, or a range of which an end may be open."""
    if not isinstance(value, dict):
        return f"{value:g}" if isinstance(value, (int, float)) else str(value)
    low, high = value.get("min"), value.get("max")
    if high is None:
        return f"{low or 0:g} or more"
    return f"up to {high:g}" if low is None else f"{low:g} to {high:g}"


def patient_line(patient: Data) -> str:
    """Who the patient is, as understood."""
    setting = patient.get("setting")
    parts = [_SETTING.get(setting, setting) if isinstance(setting, str) else " or ".join(setting or ["setting unknown"])]
    if patient.get("prior"):
        none = patient["prior"] == ["none"]
        parts.append(
            "no prior therapy"
            if none
            else f"received {', '.join(patient['prior'])}" + (" (perhaps more)" if patient.get("prior_incomplete") else "")
        )
    if patient.get("refractory"):
        parts.append(
            f"refractory to {_or_none(patient['refractory'])}"
            + (" (perhaps more)" if patient.get("refractory_incomplete") else "")
        )
    elif patient.get("prior") and patient["prior"] != ["none"]:
        parts.append("refractory to: not said")
    if patient.get("intolerant"):
        parts.append(f"intolerant of {_or_none(patient['intolerant'])}")
    if patient.get("lines") is not None and patient.get("lines") != 0:
        word = number_words(patient["lines"])
        parts.append(f"{word} prior line{'' if word == '1' else 's'}")
    for name, words in _OTHERS:
        value = patient.get(name)
        if value is not None and value != []:
            parts.append(words(value))
    return "; ".join(str(p) for p in parts) + "."


def _or_none(words: Sequence[str]) -> str:
    return ", ".join(words)


def _list_or(value: Any) -> str:
    return " or ".join(value) if isinstance(value, list) else str(value)


_OTHERS: Sequence[tuple[str, Any]] = (
    ("last", lambda v: f"last line {', '.join(v)}"),
    ("progressed_on_last", lambda v: "progressed on the last therapy" if v else "not progressed on the last therapy"),
    ("fitness", _list_or),
    ("age", lambda v: f"age {number_words(v)}"),
    ("ecog", lambda v: f"ECOG {number_words(v)}"),
    ("adl", lambda v: f"ADL {number_words(v)}"),
    ("iadl", lambda v: f"IADL {number_words(v)}"),
    ("cci", lambda v: f"Charlson {number_words(v)}"),
    ("transplant", lambda v: f"transplant-{_list_or(v)}"),
    ("prior_asct", lambda v: "transplanted before" if v else "no transplant before"),
    ("cytogenetics", lambda v: f"cytogenetics {', '.join(v)}"),
    ("crcl", lambda v: f"CrCl {number_words(v)} mL/min"),
    ("neuropathy", lambda v: f"neuropathy grade {number_words(v)}"),
    ("condition", lambda v: f"conditions {', '.join(v)}" if len(v) <= 12 else f"{len(v)} conditions stated or denied"),
    ("months_since", lambda v: ", ".join(f"{number_words(m)} months since {d}" for d, m in v.items())),
    ("relapse", lambda v: f"{_list_or(v)} relapse"),
    ("early_relapse", lambda v: "early relapse" if v else "no early relapse"),
    ("smm_risk", lambda v: f"{_list_or(v)} smoldering risk"),
    ("unavailable", lambda v: f"not to be had: {', '.join(v)}"),
)


def patient_options(answer: Data) -> str:
    """The options that put the same question again; what was worked out from others is left out."""
    derived = {n["fact"] for n in answer["assumptions"] if n["code"].startswith("entailed")}
    patient, out = answer["patient"], []
    for name, value in patient.items():
        fact = FACTS.get(name)
        if value is None or name in derived or value == []:
            continue
        if name in OPEN_LISTS and value:
            out.append(f"--{name.replace('_', '-')}")
        if fact is None:
            continue
        if fact.kind == "flag":
            out.append(fact.option if value else f"--no-{fact.option[2:]}")
        elif fact.kind == "months":
            out += [f"{fact.option} {quoted(f'{d}={m:g}')}" for d, m in value.items() if isinstance(m, (int, float))]
        elif fact.name == "fitness" and isinstance(value, str):
            out.append(f"--{value}")
        elif isinstance(value, dict):
            return "--patient FILE"
        else:
            out.append(f"{fact.option} {quoted(','.join(value) if isinstance(value, list) else f'{value}')}")
    asked = answer["question"]
    out += [f"--region {asked['region']}"] if asked["region"] != "any" else []
    out += [f"--as-of {asked['as_of']}"] if asked["as_of"] != answer["knowledge"]["reviewed"] else []
    return " ".join([*out, *(["--strict"] if patient.get("strict") else [])])


def quoted(word: str) -> str:
    """A word as a shell takes it."""
    return word if re.fullmatch(r"[\w.,:=+/-]+", word) else "'" + word.replace("'", "'\\''") + "'"


def key_figure(option: Data) -> tuple[str, str]:
    """The figure of the best trial that has one, with its interval and without; * where it was not read.

    A hazard ratio of a randomised trial that the patient may fit comes before a response rate of a better graded
    single arm, whose entry criteria are often merely not recorded. The figure comes before the trial's name, so that
    what is cut for want of room is the name.
    """
    trials = option["evidence"]
    best = trials[0].get("grade") if trials else None
    won = [
        t
        for t in trials
        if ((t.get("pfs") or {}).get("hr") or 1) < 1 and (t.get("grade") == best or t.get("design") == "randomised")
    ]
    fitting = [t for t in [*won, *trials] if t.get("applies") != "no"]
    for trial in [*fitting, *trials]:
        figures = trial_figures(trial)
        if figures:
            return f"{figures[0]} {trial['trial']}", f"{figures[1]} {trial['trial']}"
    return (trials[0]["trial"],) * 2 if trials else ("no trial", "no trial")


def trial_figures(trial: Data) -> tuple[str, str] | None:
    """A trial's PFS hazard ratio, with and without its interval, or its response rate; None if it has neither."""
    pfs, orr = trial.get("pfs") or {}, (trial.get("response") or {}).get("orr")
    unread = trial.get("unread") or ()
    if pfs.get("hr"):
        star = "*" if "pfs" in unread else ""
        interval = f" ({pfs['ci'][0]:.2f}-{pfs['ci'][1]:.2f})" if pfs.get("ci") else ""
        return f"HR {pfs['hr']:.2f}{interval}{star}", f"HR {pfs['hr']:.2f}{star}"
    if orr is not None:
        shown = f"ORR {(orr[0] if isinstance(orr, list) else orr):.0f}%{'*' if 'response' in unread else ''}"
        return shown, shown
    return None


def caution_words(option: Data, count: int = 3) -> str:
    """The heads of the cautions that matter most: those for this patient, then the strongest, one of each family."""
    ranked = sorted(option["cautions"], key=lambda c: (c["always"], _STRENGTH.index(c["strength"])))
    first = {_family(c): c for c in reversed(ranked)}
    kept = [c for c in ranked if first[_family(c)] is c][:count]
    return "; ".join(_head(c["text"], c["always"]) + ("*" if c.get("unread") else "") for c in kept)


def _family(caution: Data) -> str:
    """What a caution that always holds is about, by the first word of its id; others stand for themselves."""
    name = str(caution["id"])
    return name.partition("-")[0] if caution["always"] else name


def _head(text: str, always: bool) -> str:
    """What a caution is about: its text up to the first stop; of one for this patient, up to a semicolon or bracket."""
    found = re.match(r"(?:[A-Z]{2}: )?[^:;,(]+" if always else r"[^;(]+", text)
    return found.group().strip() if found else text


def merged_answers(answers: Sequence[Data]) -> list[tuple[str, list[str], list[str]]]:
    """Answers with what they open and close; neighbours that do the same are drawn together."""
    out: list[tuple[list[str], list[str], list[str]]] = []
    for answer in answers:
        if out and (answer["opens"], answer["closes"]) == out[-1][1:]:
            out[-1][0].append(answer["answer"])
        else:
            out.append(([answer["answer"]], answer["opens"], answer["closes"]))
    last = answers[-1]["answer"] if answers else ""
    return [(_span(words, words[-1] == last), opens, closes) for words, opens, closes in out]


def _span(words: Sequence[str], to_the_end: bool) -> str:
    """``2``, ``2 to 4``, ``3 or more`` of ranges in order; other answers joined by "or"."""
    low, high = words[0].split(" to ")[0], words[-1].split(" to ")[-1]
    if not re.match(r"(over )?[\d.]+$", low):
        return " or ".join(words)
    if to_the_end and low != high:
        return low if low.startswith("over ") else f"{low} or more"
    return low if low == high else f"{low} to {high}"


def answer_words(asked: Data | None, name: str) -> str:
    """The answers that open an option; nothing if no answer alone does."""
    if asked is None:
        return ""
    marked = [{"answer": a["answer"], "opens": [name] if name in a["opens"] else [], "closes": []} for a in asked["answers"]]
    return " or ".join(words for words, opens, _ in merged_answers(marked) if opens)
