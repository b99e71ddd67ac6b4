"""Tiers: how strong the evidence for an option is, for this patient. Computed, never set by hand.

A grade (A to D) is read off each trial; a trial that does not fit the patient counts a grade less; the best
grade and the label give the tier; then each stated reason lowers it. The constants are in the knowledge base
(`tiers` in `data/guidance.yaml`) and are this project's editorial choice.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, NamedTuple

from mmopts.judge import Judged
from mmopts.knowledge.model import Knowledge, Row
from mmopts.logic import Cond, Facts, fold, test_leaf

TIERS = ("preferred", "alternative", "other", "investigational")
_DOWN = {"preferred": "alternative", "alternative": "other", "other": "other", "investigational": "investigational"}
GRADES = "ABCD"
_FIT = {True: 0, None: 1, False: 2}
FIRST = -1
"""The rank of what goes first of all in its tier."""
_INTENSITY = {"low": 0, "standard": 1, "high": 2}


class Graded(NamedTuple):
    """A trial's grade for this patient, and why it is that one. `applies`: whether the patient fits the trial."""

    grade: str
    text: str
    row: Row
    applies: bool | None


class Tier(NamedTuple):
    """An option's tier with its account; `trials` are its graded trials, best first."""

    tier: str
    because: str
    grade: str
    trials: list[Graded]


class Setting(NamedTuple):
    """What tiers depend on besides the regimen itself; `facts` are those of world 0."""

    judged: Judged
    regions: Sequence[str]
    frail: bool
    facts: Facts


Bounds = tuple[bool | None, bool | None]
"""A value at best, and at worst."""


class Favourable:
    """The algebra of `logic.fold` for entry criteria: their value at best and at worst.

    What is open and not `counted` is taken for the best, or for the worst, that it can be; what is open and
    counted stays open in both.
    """

    def __init__(self, facts: Facts, counted: Callable[[str], bool]) -> None:
        self.facts, self.counted = facts, counted

    def leaf(self, cond: Cond) -> Bounds:
        """One fact."""
        value = test_leaf(cond, self.facts.get(cond.fact))
        return (True, False) if value is None and not self.counted(cond.fact) else (value, value)

    def all(self, items: Sequence[Bounds]) -> Bounds:
        """All of them."""
        return self.at_least(len(items), items)

    def any(self, items: Sequence[Bounds]) -> Bounds:
        """One of them."""
        return self.at_least(1, items)

    def not_(self, item: Bounds) -> Bounds:
        """The best of what must not be is its worst."""
        best, worst = item
        return (None if worst is None else not worst, None if best is None else not best)

    def at_least(self, count: int, items: Sequence[Bounds]) -> Bounds:
        """So many of them."""
        return kleene(count, [best for best, _ in items]), kleene(count, [worst for _, worst in items])

    def named(self, cond: Cond, item: Bounds) -> Bounds:
        """As the condition inside."""
        return item


def kleene(count: int, values: Sequence[bool | None]) -> bool | None:
    """Whether `count` of the values are true, as far as they are known."""
    if values.count(True) >= count:
        return True
    return False if len(values) - values.count(False) < count else None


def _figures(row: Row, group: str) -> Row:
    """A group of a trial's figures; none if they were recalled and not read, for such give no grade."""
    return {} if group in row["unread"] else row.get(group) or {}


def is_win(row: Row, rules: Row) -> bool:
    """Whether a trial showed longer progression-free survival for its regimen."""
    pfs = _figures(row, "pfs")
    interval = pfs.get("ci")
    met = (row.get("primary") or {}).get("met")
    return bool(
        pfs.get("hr") and interval and pfs["hr"] < 1 and interval[1] < rules["win"]["pfs_upper_below"] and met is not False
    )


def base_grade(row: Row, rules: Row) -> str:
    """The grade of a trial by itself: A, B, C or D by what it showed."""
    win, design = rules["win"], row.get("design")
    if design == "retrospective":
        return "D"
    if design == "randomised" and row.get("phase") == win["phase"] and is_win(row, rules):
        overall = _figures(row, "os").get("ci")
        if overall and overall[1] < win["os_upper_below"]:
            return "A"
        return "B" if row["pfs"]["ci"][1] < win["strong_pfs_upper_below"] else "C"
    return "C"


def _lower(grade: str) -> str:
    return GRADES[min(GRADES.index(grade) + 1, len(GRADES) - 1)]


def grade_trial(row: Row, setting: Setting, rules: Row, needed: Container[str]) -> Graded:
    """A trial's grade for the patient of world 0.

    An entry criterion that is open lowers it only where it is about drugs received (`unknown_lowers`), and not where
    the option itself needs that fact: `needed` are the atoms on which its verdict depends.
    """
    judged, grade = setting.judged, base_grade(row, rules)
    name = row["trial"]
    notes: list[str] = []
    late = rules["late_single_arm"]
    orr = _figures(row, "response").get("orr")
    orr = orr[0] if isinstance(orr, list) else orr
    if row.get("design") == "single-arm" and (row.get("n") or 0) >= late["n"] and (orr or 0) >= late["orr"]:
        holds = judged.at(late["when"])
        if holds:
            grade = late["grade"]
            notes.append("large single arm, late line")
        elif holds is None:
            notes.append(f"{late['grade']} if late line is confirmed")
    for sub in row["subgroups"]:
        holds = judged.at(sub["when"])
        if sub.get("weak") and holds is not False:
            grade = max(grade, "C")
            notes.append(f"weak when {sub['name']}" + (" (unknown)" if holds is None else ""))
    applies = judged.at(row["population"])
    better = grade
    if applies is False:
        grade = _lower(grade)
        notes.append(f"outside {name}'s population")
    elif applies is None:
        counted = Favourable(
            setting.facts, lambda atom: atom.partition(":")[0] in rules["unknown_lowers"] and atom not in needed
        )
        best, _ = fold(judged.kb.conds[row["population"]], counted, {})
        if best is None:
            grade = _lower(grade)
        if grade != better:
            notes.append(f"{better} if {name}'s entry criteria are met")
    pfs = row.get("pfs") or {}
    figure = f", PFS HR {pfs['hr']:g}" if pfs.get("hr") else f", ORR {orr:g}%" if orr else ""
    text = f"{grade}: {name}{figure}" + (f" ({'; '.join(notes)})" if notes else "")
    return Graded(grade, text, row, applies)


def is_light(regimen: Row, kb: Knowledge) -> str | None:
    """A doublet (one drug and a steroid) or a single agent, where it is not of high intensity."""
    active = [d for d in regimen["drugs"] if d not in kb.steroids]
    if len(active) != 1 or regimen["intensity"] == "high":
        return None
    return "a doublet" if len(regimen["drugs"]) > 1 else "a single agent"


def label_state(labels: Mapping[str, str], regions: Sequence[str]) -> str:
    """The best label among the regions asked for."""
    states = [labels[r] for r in regions]
    return next(s for s in ("on-label", "unknown", "off-label", "not-applicable") if s in states)


def _capped(regimen: Row, trials: Sequence[Graded], judged: Judged, regions: Sequence[str], rules: Row) -> str | None:
    """Why an option can be no more than `other`, if it cannot."""
    for trial in trials:
        row = trial.row
        if row.get("alert"):
            return f"survival alert: {row['alert']}"
        hr = (row.get("os") or {}).get("hr")
        if hr and hr >= rules["cap_other"]["os_hr_from"] and row.get("design") == "randomised":
            return f"OS HR {hr:g} in {row['trial']}"
    if trials and min(t.grade for t in trials) > "B":
        missed = next((t for t in trials if (t.row.get("primary") or {}).get("met") is False), None)
        if missed is not None:
            return f"{missed.row['trial']} missed its primary endpoint"
    rows = [r for r in regimen["rows"] if r["region"] in regions]
    gone = [r for r in rows if r.get("status") == "withdrawn" and judged.at(r["force"]) is False]
    if gone and not any(judged.at(r["force"]) and "status" not in r["unread"] for r in rows):
        return "approval withdrawn"
    return None


def _start(regimen: Row, grade: str, label: str, judged: Judged, kb: Knowledge) -> tuple[str, str]:
    """The tier that grade and label give, and the words for it."""
    if regimen["investigational"]:
        return "investigational", "not approved anywhere"
    rows = [
        r
        for r in regimen["rows"]
        if r["basis"] == "guideline"
        and judged.at(r["strict"])
        and r.get("position") in kb.tiers["lifting_positions"]
        and r["read"]
    ]
    if label == "not-applicable":
        first = any(r["position"] != "alternative" for r in rows)
        return ("preferred" if first else "alternative" if rows else "other"), "guidance" if rows else "practice"
    said = {"on-label": "on label", "unknown": "label unknown", "off-label": "off label"}[label]
    if grade <= "B":
        return ("preferred" if label == "on-label" else "alternative"), said
    if grade == "C" and label == "on-label":
        return "alternative", said
    if rows:
        return "alternative", f"{said}, named by {rows[0].get('body', 'guidance')}"
    return "other", said


def tier_of(regimen: Row, kb: Knowledge, setting: Setting, beaten_by: str | None, needed: Container[str]) -> Tier:
    """The tier of one regimen for the patient of world 0; `needed` are the atoms on which its verdict depends."""
    judged, rules = setting.judged, kb.tiers
    trials = sorted(
        (grade_trial(row, setting, rules, needed) for row in regimen["evidence"] if judged.at(row["setting"]) is not False),
        key=lambda t: (t.grade, _FIT[t.applies], -(t.row.get("phase") or 0), -(t.row.get("n") or 0)),
    )
    grade = trials[0].grade if trials else "D"
    label = label_state(judged.labels(regimen), setting.regions)
    tier, said = _start(regimen, grade, label, judged, kb)
    steps = [f"{trials[0].text if trials else 'D: no trial'}; {said}: {tier}"]
    light = is_light(regimen, kb) if judged.at(rules["doublet"]["when"]) is not False else None

    def down(why: str) -> None:
        nonlocal tier
        if tier != _DOWN[tier]:
            tier = _DOWN[tier]
            steps.append(f"{why}: {tier}")

    if light and not setting.frail:
        down(light)
    if beaten_by:
        down(f"beaten by {beaten_by}")
    for rule in (kb.rules[n] for n in regimen["cautions"]):
        if rule["tier"] < 0 and judged.at(rule["cond"]):
            down(rule["text"])
    if setting.frail and regimen["intensity"] == "high":
        down("high intensity, frail")
    if light == "a doublet" and setting.frail and tier == "other" and grade <= "C" and label != "off-label":
        tier = "alternative"
        steps.append("a doublet suits the frail: alternative")
    cap = _capped(regimen, trials, judged, setting.regions, rules)
    if cap and tier in ("preferred", "alternative"):
        tier = "other"
        steps.append(f"{cap}: other")
    return Tier(tier, "; ".join(steps), grade, trials)


def beaten(kb: Knowledge, setting: Setting, open_ids: Sequence[str]) -> dict[str, str]:
    """Controls that lost a phase 3 trial to a regimen that is open and on label here: loser to "winner (trial)"."""
    out: dict[str, str] = {}
    judged, rules = setting.judged, kb.tiers
    for name in open_ids:
        regimen = kb.regimens[name]
        if setting.frail and regimen["intensity"] == "high":
            continue
        if label_state(judged.labels(regimen), setting.regions) != "on-label":
            continue
        for row in regimen["evidence"]:
            if row.get("phase") == rules["win"]["phase"] and is_win(row, rules) and judged.at(row["setting"]):
                for loser in row["versus"]:
                    if loser in kb.regimens and loser != name:
                        out.setdefault(loser, f"{name} ({row['trial']})")
    return out


def order(ids: Sequence[str], tiers: Mapping[str, Tier], kb: Knowledge, setting: Setting, rapid: bool) -> list[str]:
    """The options in the order in which they are shown.

    By tier, eligible before conditional; then, for the frail, the lighter; then by grade, label and name. T-cell
    therapies and antibody-drug conjugates keep their own order among their places (`tiers.class_order`).
    """
    judged = setting.judged

    def key(name: str) -> tuple[Any, ...]:
        regimen, tier = kb.regimens[name], tiers[name]
        label = ("on-label", "unknown", "off-label", "not-applicable").index(
            label_state(judged.labels(regimen), setting.regions)
        )
        light = (_INTENSITY[regimen["intensity"]],) if setting.frail else ()
        few = (len(regimen["drugs"]),) if setting.frail else ()
        return (
            TIERS.index(tier.tier),
            judged.at(regimen["verdict"]) is None,
            not regimen["drugs"],
            _class_rank(name, kb, setting, rapid) != FIRST,
            *light,
            tier.grade,
            *few,
            label,
            not tier.trials,
            name.casefold(),
        )

    out = sorted(ids, key=key)
    for tier in TIERS:
        places = [i for i, n in enumerate(out) if tiers[n].tier == tier and _class_rank(n, kb, setting, rapid) is not None]
        ranked = sorted(
            (out[i] for i in places),
            key=lambda n: (judged.at(kb.regimens[n]["verdict"]) is None, _class_rank(n, kb, setting, rapid) or 0),
        )
        for place, name in zip(places, ranked, strict=True):
            out[place] = name
    return out


def _class_rank(name: str, kb: Knowledge, setting: Setting, rapid: bool) -> int | None:
    """The place of a T-cell therapy or antibody-drug conjugate among its like; None for other regimens."""
    rules = kb.tiers
    classes = {c for d in kb.regimens[name]["drugs"] for c in kb.drugs[d].get("classes", ())}
    listed = rules["rapid_class_order" if rapid else "class_order"]
    rank = next((i for i, c in enumerate(listed) if c in classes), None)
    target = rules["target_first_after_bcma"]
    if rank is not None and target["class"] in classes and setting.judged.at(target["when"]):
        return FIRST
    return rank
