"""Authored knowledge to its compiled form: every condition interned, every reference resolved.

The compiled form is plain JSON data; `model.from_compiled` gives it its types. What is wrong comes back as
faults, all of them at once. `compile_knowledge` assumes that the schema was checked before (`check`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import isinf
from typing import Any

from mmopts.errors import nearest
from mmopts.facts import FACTS
from mmopts.knowledge.conditions import Builder, as_list
from mmopts.knowledge.dates import span
from mmopts.knowledge.model import FORMAT
from mmopts.knowledge.read import Path
from mmopts.logic import Cond, Conditions
from mmopts.names import fold_name
from mmopts.words import say

LABELS = {"us-label": "us", "eu-label": "eu"}
NEVER_IN_FORCE = ("pending", "not-approved")
Raw = Mapping[str, Any]


class Compiler:
    """Compiles one merged knowledge base. `report` takes (code, message, path, suggestion, severity)."""

    def __init__(self, raw: Raw, report: Callable[..., None]) -> None:
        self.raw, self.report = raw, report
        self.conds = Conditions()
        self.drugs = {d["id"]: d for d in raw["drugs"]}
        self.classes = {c["id"]: c for c in raw["classes"]}
        self.members = {c: [d for d, e in self.drugs.items() if c in e.get("classes", ())] for c in self.classes}
        vocabulary = raw["vocabulary"]
        self.words = {
            "cytogenetics": _ids(vocabulary["cytogenetics"]),
            "condition": _ids(vocabulary["conditions"]),
            "unavailable": _ids(vocabulary["unavailable"]),
        }
        definitions = {d["id"]: d for d in raw.get("definitions", ())}
        self.build = Builder(
            self.conds,
            self.members,
            {c: e["name"] for c, e in self.classes.items()},
            list(self.drugs),
            self.words,
            definitions,
            report,
        )
        self.sources = {s["id"]: s for s in raw["sources"]}
        self.dates: set[str] = set()
        self.vocabulary = self._vocabulary()
        self.rules: dict[tuple[Any, ...], int] = {}
        self.rule_rows: list[dict[str, Any]] = []

    # --- parts -----------------------------------------------------------------------------------

    def _source(self, entry: Raw, path: Path) -> Any:
        for name in as_list(entry.get("source", [])):
            if name not in self.sources:
                near = nearest(str(name), self.sources)
                self.report("unknown-source", f"no source {name!r}", (*path, "source"), near[0] if near else "")
        return entry.get("source")

    def _date(self, entry: Raw, key: str, path: Path) -> Cond | None:
        text = entry.get(key)
        if text is None:
            return None
        text = str(text)
        try:
            span(text)
        except ValueError as error:
            self.report("bad-date", str(error), (*path, key))
            return None
        self.dates.add(text)
        return self.conds.leaf(f"since:{text}", "is", True)

    def _in_force(self, entry: Raw, path: Path) -> Cond:
        if entry["basis"] in LABELS and entry.get("status") in NEVER_IN_FORCE:
            return self.conds.false
        since, until = self._date(entry, "since", path), self._date(entry, "until", path)
        if since is not None and until is not None and span(str(entry["since"]))[0] > span(str(entry["until"]))[1]:
            self.report("unsatisfiable", "ends before it begins", (*path, "until"))
        if entry.get("status") == "withdrawn" and until is None:
            self.report("no-end", "a withdrawn label needs the date of its withdrawal in `until`", path)
        return self.conds.all([c for c in (since, self.conds.not_(until) if until is not None else None) if c is not None])

    def relax(self, cond: Cond) -> Cond:
        """The condition without what decides a label but never rules a regimen out (see `tiers.never_exclude`)."""
        conds = self.conds
        if cond.op == "leaf":
            gone = any(cond.fact == r["fact"] and cond.test == r["test"] for r in self.raw["tiers"]["never_exclude"])
            return conds.true if gone else cond
        if cond.op in ("all", "any"):
            parts = [self.relax(c) for c in cond.args]
            return conds.all(parts) if cond.op == "all" else conds.any(parts)
        return cond

    def _rule(self, rule: Raw, path: Path, drug: str | None) -> dict[str, Any]:
        text = str(rule["text"]).replace("{drug}", drug or "it")
        cond = self.build.build(rule.get("when"), (*path, "when"), drug)
        return {
            "id": rule["id"],
            "cond": cond,
            "text": text,
            "effect": rule["effect"],
            "strength": rule.get("strength", "editorial"),
            "tier": rule.get("tier", 0),
            "always": cond is self.conds.true,
            "source": self._source(rule, path),
            "unread": rule.get("unread", False),
        }

    def _numbers(self, rules: Iterable[dict[str, Any]]) -> list[int]:
        """The rules' places in the table of rules, where equal ones stand once; what never holds is left out."""
        out: dict[int, None] = {}
        for rule in rules:
            if rule["cond"] is not self.conds.false:
                key = (rule["id"], rule["cond"], rule["text"])
                if key not in self.rules:
                    self.rules[key] = len(self.rule_rows)
                    self.rule_rows.append(rule)
                out[self.rules[key]] = None
        return list(out)

    def _selected(self, rule: Raw, regimen: Raw, path: Path) -> Iterator[str | None]:
        """The drugs of a regimen to which a general rule applies; None where it applies to the regimen itself."""
        chosen = rule["for"]
        for key, known in (("drugs", self.drugs), ("classes", self.classes), ("not_classes", self.classes)):
            for word in as_list(chosen.get(key, [])):
                if word not in known:
                    near = nearest(str(word), known)
                    self.report("unknown-word", f"{word!r} is not known", (*path, "for", key), near[0] if near else "")
        if regimen["id"] in as_list(chosen.get("regimens", [])):
            yield None
        for drug in regimen["drugs"]:
            classes = set(self.drugs.get(drug, {}).get("classes", ()))
            if classes & set(as_list(chosen.get("not_classes", []))) or drug in as_list(chosen.get("not_drugs", [])):
                continue
            if (
                chosen.get("all")
                or drug in as_list(chosen.get("drugs", []))
                or "not_classes" in chosen
                or classes & set(as_list(chosen.get("classes", [])))
            ):
                yield drug

    def _rules_of(self, regimen: Raw, path: Path, *effects: str) -> Iterator[dict[str, Any]]:
        """The rules of these effects that bear on a regimen: general, of its classes, of its drugs, its own."""
        for i, rule in enumerate(self.raw.get("rules", ())):
            for drug in self._selected(rule, regimen, ("rules", i)) if rule["effect"] in effects else ():
                yield self._rule(rule, ("rules", i), drug)
        for kind, entries in (("classes", self.raw["classes"]), ("drugs", self.raw["drugs"])):
            for i, entry in enumerate(entries):
                mine = [
                    d
                    for d in regimen["drugs"]
                    if d == entry["id"] or (kind == "classes" and entry["id"] in self.drugs.get(d, {}).get("classes", ()))
                ]
                for j, rule in enumerate(entry.get("rules", ()) if mine else ()):
                    for drug in mine if rule["effect"] in effects else ():
                        yield self._rule(rule, (kind, i, "rules", j), drug)
        for j, rule in enumerate(regimen.get("rules", ())):
            if rule["effect"] in effects:
                yield self._rule(rule, (*path, "rules", j), None)

    # --- regimens --------------------------------------------------------------------------------

    def regimen(self, entry: Raw, path: Path) -> dict[str, Any]:
        """One regimen compiled, its cautions left out (they may ask whether other regimens are open)."""
        conds = self.conds
        for i, drug in enumerate(entry["drugs"]):
            if drug not in self.drugs:
                near = nearest(str(drug), self.drugs)
                self.report(
                    "unknown-drug",
                    f"{drug!r} is no drug of this knowledge base",
                    (*path, "drugs", i),
                    near[0] if near else "",
                )
        rows = [self._indication(entry, row, (*path, "indications", i)) for i, row in enumerate(entry["indications"])]
        labels: dict[str, Cond | None] = dict.fromkeys(LABELS.values())
        if entry["drugs"]:
            labels = {r: conds.any([w["strict"] for w in rows if w["region"] == r]) for r in LABELS.values()}
        exempt = set(entry.get("spent_exempt", ()))
        forbids: list[dict[str, Any]] = []
        for i, rule in enumerate(self.raw["spent"]):
            spent = (drug for drug in self._selected(rule, entry, ("spent", i)) if drug not in exempt)
            forbids += [self._rule({**rule, "effect": "spent"}, ("spent", i), drug) for drug in spent]
        forbids += self._rules_of(entry, path, "avoid")
        numbers = self._numbers(forbids)
        indicated = conds.any([row["open"] for row in rows])
        verdict = conds.all([indicated, *[conds.not_(self.rule_rows[n]["cond"]) for n in numbers]])
        settings = sorted({s for row in entry["indications"] for s in as_list(row["setting"])})
        return {
            "id": entry["id"],
            "name": entry.get("name") or ", ".join(entry["drugs"]),
            "drugs": sorted(entry["drugs"]),
            "aliases": list(entry.get("aliases", ())),
            "intensity": entry["intensity"],
            "settings": settings,
            "label_decides": entry.get("label_decides", False),
            "verdict": verdict,
            "indicated": indicated,
            "in_setting": conds.leaf("setting", "in", frozenset(settings)),
            "labels": labels,
            "rows": rows,
            "forbids": numbers,
            "evidence": [self._evidence(row, (*path, "evidence", i)) for i, row in enumerate(entry.get("evidence", ()))],
            "investigational": entry.get("investigational", False)
            or any(self.drugs.get(d, {}).get("investigational") for d in entry["drugs"]),
            "doses": self._doses(entry, path),
        }

    def _doses(self, entry: Raw, path: Path) -> list[dict[str, Any]]:
        """The doses of a drug or a regimen; `always` where no condition is attached."""
        out = []
        for i, row in enumerate(entry.get("doses", ())):
            cond = self.build.build(row.get("when"), (*path, "doses", i, "when"))
            out.append(
                {
                    "text": row["text"],
                    "region": row.get("region"),
                    "cond": cond,
                    "always": cond is self.conds.true,
                    "words": say(cond, self.vocabulary),
                    "source": self._source(row, (*path, "doses", i)),
                    "unread": row.get("unread", False),
                }
            )
        return out

    def _indication(self, entry: Raw, row: Raw, path: Path) -> dict[str, Any]:
        conds = self.conds
        region = LABELS.get(row["basis"])
        setting = conds.leaf("setting", "in", frozenset(as_list(row["setting"])))
        when = self.build.build(row.get("when"), (*path, "when"))
        if when is conds.false:
            self.report("unsatisfiable", "this condition can never hold", (*path, "when"))
        force = self._in_force(row, path)
        strict = conds.all([setting, when, force])
        if region is None:
            relaxed = strict
        else:
            decided = when if entry.get("label_decides") else self.relax(when)
            relaxed = conds.all([conds.leaf(f"counts:{region}", "is", True), setting, decided, force])
        kept = {
            k: row[k]
            for k in (
                "basis",
                "product",
                "formulation",
                "status",
                "since",
                "until",
                "body",
                "position",
                "trial",
                "unit",
                "note",
            )
            if k in row
        }
        source, unread = self._source(row, path), list(row.get("unread", ()))
        read = "when" not in unread and all(self.sources.get(i, {}).get("checked") == "read" for i in as_list(source))
        return {
            **kept,
            "settings": as_list(row["setting"]),
            "region": region,
            "strict": strict,
            "open": relaxed,
            "when": when,
            "words": say(when, self.vocabulary),
            "force": force,
            "source": source,
            "read": read,
            "unread": unread,
        }

    def _evidence(self, row: Raw, path: Path) -> dict[str, Any]:
        kept = {k: _finite(v) for k, v in row.items() if k not in ("population", "subgroups", "setting")}
        self._source(row, path)
        population = self.build.build(row.get("population"), (*path, "population"))
        return {
            **kept,
            "setting": self.conds.leaf("setting", "in", frozenset(as_list(row["setting"]))),
            "versus": [str(v) for v in as_list(row["versus"])] if "versus" in row else [],
            "population": population,
            "words": say(population, self.vocabulary),
            "unread": list(row.get("unread", ())),
            "subgroups": [
                {**_finite(sub), "when": self.build.build(sub.get("when"), (*path, "subgroups", i, "when"))}
                for i, sub in enumerate(row.get("subgroups", ()))
            ],
        }

    def cautions(self, entry: Raw, path: Path) -> list[int]:
        """The rules of a regimen that warn or change a dose."""
        return self._numbers(self._rules_of(entry, path, "caution", "dose"))

    # --- the whole -------------------------------------------------------------------------------

    def compile(self) -> dict[str, Any]:
        """The compiled form."""
        raw, regimens = self.raw, {}
        for i, entry in enumerate(raw["regimens"]):
            regimens[entry["id"]] = self.regimen(entry, ("regimens", i))
        self.build.verdicts = {name: row["verdict"] for name, row in regimens.items()}
        for i, entry in enumerate(raw["regimens"]):
            regimens[entry["id"]]["cautions"] = self.cautions(entry, ("regimens", i))
        guidelines = [self._guideline(row, ("guidelines", i)) for i, row in enumerate(raw.get("guidelines", ()))]
        for name, regimen in regimens.items():
            regimen["guidance"] = [i for i, row in enumerate(guidelines) if name in row["regimens"]]
        names, aliases = self._names()
        tools = [
            {
                **tool,
                "points": [
                    {**p, "when": self.build.build(p["when"], ("fitness", i, "points", j, "when"))}
                    for j, p in enumerate(tool["points"])
                ],
            }
            for i, tool in enumerate(raw["fitness"])
        ]
        tiers = {
            key: {**rule, "when": self.build.build(rule["when"], ("tiers", key, "when"))}
            if isinstance(rule, Mapping) and "when" in rule
            else rule
            for key, rule in raw["tiers"].items()
        }
        drugs = {
            name: {**{k: v for k, v in d.items() if k not in ("rules", "care")}, "doses": self._doses(d, ("drugs", i))}
            for i, (name, d) in enumerate(self.drugs.items())
        }
        out = {
            "meta": {"format": FORMAT, "version": raw["version"], "reviewed": raw["reviewed"], "notice": raw["notice"]},
            "classes": {c: {"name": e["name"], "drugs": self.members[c]} for c, e in self.classes.items()},
            "drugs": drugs,
            "steroids": self.members[raw["steroid_class"]],
            "names": names,
            "ambiguous": {fold_name(k): v for k, v in raw.get("ambiguous", {}).items()},
            "vocabulary": self.vocabulary,
            "entailments": self._entailments(),
            "presumptions": self._presumptions(),
            "questions": raw["questions"],
            "fitness_tools": tools,
            "fitness_inputs": sorted({i for tool in tools for i in tool["inputs"]}),
            "tiers": tiers,
            "ask": {k: raw[k] for k in ("never_ask", "ask_only_without")},
            "dates": {text: span(text) for text in sorted(self.dates)},
            "regimens": regimens,
            "rules": self.rule_rows,
            "guidelines": guidelines,
            "care": self._care(),
            "aliases": aliases,
        }
        library = {
            "sources": self.sources,
            "guidance": {k: raw.get(k, []) for k in ("definitions", "disagreements", "risk", "vte_scores")},
            "history": self._history(),
        }
        used: set[Cond] = set()
        _numbered(out, used.add)
        rows, numbers = self.conds.dump(used)
        return {**_numbered(out, numbers.__getitem__), "conds": rows, "library": library}

    def _history(self) -> dict[str, Any]:
        """Limits, words and rules, by id, for reading a list of treatments."""
        entry = self.raw.get("history")
        if entry is None:
            return {}
        if entry["single_infusion_class"] not in self.classes:
            near = nearest(entry["single_infusion_class"], self.classes)
            path = ("history", "single_infusion_class")
            self.report("unknown-class", f"{entry['single_infusion_class']!r} is no class known here", path, *near[:1])
        for name, limit in entry["limits"].items():
            self._source(limit, ("history", "limits", name))
        for i, rule in enumerate(entry["rules"]):
            self._source(rule, ("history", "rules", i))
            self._source({"source": rule.get("other_source", [])}, ("history", "rules", i))
        return {**entry, "rules": {rule["id"]: rule for rule in entry["rules"]}}

    def _guideline(self, row: Raw, path: Path) -> dict[str, Any]:
        """What one body says: its words as they are, and for whom as a condition."""
        setting = (
            self.conds.leaf("setting", "in", frozenset(as_list(row["settings"]))) if row.get("settings") else self.conds.true
        )
        cond = self.conds.all([setting, self.build.build(row.get("when"), (*path, "when"))])
        kept = {k: row.get(k) for k in ("id", "body", "year", "title", "statement", "position", "strength", "level")}
        return {
            **kept,
            "regimens": as_list(row.get("regimens", [])),
            "cond": cond,
            "source": self._source(row, path),
            "unread": row.get("unread", False),
        }

    def _names(self) -> tuple[dict[str, Any], dict[str, str]]:
        names: dict[str, Any] = {}
        aliases: dict[str, str] = {}

        def name(word: str, meaning: dict[str, Any], path: Path, firm: bool = True) -> None:
            key = fold_name(str(word))
            have = names.setdefault(key, {"name": str(word), **meaning})
            if firm and {k: have.get(k) for k in meaning} != meaning:
                self.report("name-clash", f"{word!r} already means {have.get('drugs') or have.get('classes')}", path)

        for i, drug in enumerate(self.raw["drugs"]):
            also = {fold_name(k): v for k, v in drug.get("ambiguous", {}).items()}
            for word in (drug["id"], *drug.get("abbreviations", ()), *drug.get("brands", ())):
                other = also.get(fold_name(str(word)))
                name(word, {"drugs": [drug["id"]], **({"also": other} if other else {})}, ("drugs", i))
        for i, entry in enumerate(self.raw["classes"]):
            for word in (entry["id"], entry["name"], *entry.get("aliases", ())):
                name(word, {"classes": [entry["id"]]}, ("classes", i))
        for word, entry in self.raw.get("procedures", {}).items():
            name(
                word,
                {
                    **{k: entry[k] for k in ("drugs", "classes", "filler") if k in entry},
                    "sets": {k: v for k, v in entry.items() if k not in ("drugs", "classes", "filler")},
                },
                ("procedures", word),
            )
        for i, entry in enumerate(self.raw["regimens"]):
            for word in (entry["id"], *entry.get("aliases", ())):
                if aliases.setdefault(fold_name(word), entry["id"]) != entry["id"]:
                    self.report("name-clash", f"{word!r} already names {aliases[fold_name(word)]}", ("regimens", i))
                if entry["drugs"] and len(word) > 1:
                    name(word, {"drugs": list(entry["drugs"])}, ("regimens", i), firm=False)
        for word, drugs in self.raw.get("combinations", {}).items():
            name(word, {"drugs": list(drugs)}, ("combinations", word), firm=False)
        return names, aliases

    def _vocabulary(self) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for fact, key in (("cytogenetics", "cytogenetics"), ("condition", "conditions"), ("unavailable", "unavailable")):
            entries = self.raw["vocabulary"][key]
            words = {fold_name(str(w)): e["id"] for e in entries for w in (e["id"], e["name"], *e.get("synonyms", ()))}
            out[fact] = {"ids": [e["id"] for e in entries], "names": words, "entries": {e["id"]: e for e in entries}}
        for entry in self.raw["vocabulary"].get("elsewhere", ()):
            hints = out[entry["fact"]].setdefault("elsewhere", {})
            hints.update({fold_name(str(word)): entry["say"] for word in entry["words"]})
        denials = self.raw["vocabulary"].get("denials", {})
        out["cytogenetics"]["groups"] = {word: self._group(group) for word, group in denials.items()}
        return out

    def _group(self, group: str) -> list[str]:
        """The cytogenetic markers of a group."""
        return [e["id"] for e in self.raw["vocabulary"]["cytogenetics"] if group in as_list(e.get("group", []))]

    def _entailments(self) -> list[dict[str, Any]]:
        out = [dict(rule) for rule in self.raw["entailments"]]
        for group in map(self._group, self.raw["vocabulary"].get("exclusive", [])):
            out += [
                {
                    "if": [f"cytogenetics:{one}", True],
                    "then": {f"cytogenetics:{o}": False for o in group if o != one},
                    "because": f"{FACTS['cytogenetics'].option} {one} (one of these translocations denies the others)",
                }
                for one in group
            ]
        return out

    def _presumptions(self) -> list[dict[str, Any]]:
        out = []
        for rule in self.raw["presumptions"]:
            kept = [w for w in self.words.get(rule["fact"], ()) if w not in rule.get("except", ())]
            then = {f"{rule['fact']}:{w}": False for w in kept} if "absent" in rule else {rule["fact"]: rule["value"]}
            out.append({"id": rule["id"], "fact": rule["fact"], "text": rule["text"], "then": then})
        return out

    def _care(self) -> list[dict[str, Any]]:
        out: list[dict[str, Any]] = []

        def add(item: Raw, path: Path, drugs: Sequence[str] | None) -> None:
            out.append(
                {
                    "topic": item["topic"],
                    "text": item["text"],
                    "drugs": drugs,
                    "cond": self.build.build(item.get("when"), (*path, "when")),
                    "source": self._source(item, path),
                    "unread": item.get("unread", False),
                }
            )

        for kind in ("classes", "drugs"):
            for i, entry in enumerate(self.raw[kind]):
                mine = self.members[entry["id"]] if kind == "classes" else [entry["id"]]
                for j, item in enumerate(entry.get("care", ())):
                    add(item, (kind, i, "care", j), mine)
        for i, item in enumerate(self.raw.get("care", ())):
            chosen = item.get("for", {})
            drugs = (
                None
                if chosen.get("all")
                else [
                    *as_list(chosen.get("drugs", [])),
                    *(d for c in as_list(chosen.get("classes", [])) for d in self.members.get(c, ())),
                ]
            )
            add(item, ("care", i), drugs)
        return out


def _finite(value: Any) -> Any:
    """Data without infinities, which JSON lacks: a median that was not reached is None."""
    if isinstance(value, float) and isinf(value):
        return None
    if isinstance(value, Mapping):
        return {k: _finite(v) for k, v in value.items()}
    return [_finite(v) for v in value] if isinstance(value, list) else value


def _ids(entries: Sequence[Raw]) -> list[str]:
    return [str(e["id"]) for e in entries]


def _numbered(value: Any, number: Callable[[Cond], Any]) -> Any:
    """The data with every condition replaced by its number."""
    if isinstance(value, Cond):
        return number(value)
    if isinstance(value, Mapping):
        return {k: _numbered(v, number) for k, v in value.items()}
    return [_numbered(v, number) for v in value] if isinstance(value, (list, tuple)) else value
