"""The rules that bear on a regimen, compiled: what forbids it, and what warns of it or lowers it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mmopts.knowledge.context import Context
from mmopts.knowledge.doses import lighter
from mmopts.knowledge.language import speaks_of_itself
from mmopts.knowledge.read import Path, Raw, as_list
from mmopts.knowledge.records import LABEL_REGIONS, Rule
from mmopts.logic import Cond

FORBIDDING = ("avoid", "wait")
WARNING = ("caution", "lower", "cap")


class Rules:
    """Compiles the rules of one merged knowledge base, faults going to the context's report."""

    def __init__(self, context: Context) -> None:
        self.context, self.conds = context, context.conds
        self._rules: dict[tuple[str, Cond, str], Rule] = {}
        self._made: dict[tuple[Path, str | None, Cond | None], Rule] = {}
        """Compiled rules by their path, drug and condition: a rule applies to many regimens."""

    def forbidding(self, regimen: Raw, path: Path) -> tuple[Rule, ...]:
        """The rules that forbid a regimen."""
        return self._shared([*self._spent(regimen, warns=False), *self._rules_of(regimen, path, FORBIDDING)])

    def warning(self, regimen: Raw, path: Path) -> tuple[Rule, ...]:
        """The rules that warn of a regimen, lower or cap it; these may ask whether other regimens are open."""
        return self._shared([*self._spent(regimen, warns=True), *self._rules_of(regimen, path, WARNING)])

    def _spent(self, entry: Raw, warns: bool) -> Iterator[Rule]:
        """The rules for spent drugs: they exclude; in a salvage regimen some only warn."""
        exempt = set(entry.get("spent_exempt", ()))
        for i, rule in enumerate(self.context.raw["spent"]):
            eased = rule.get("salvage") if entry.get("salvage") else None
            if warns is not (eased is not None):
                continue
            made = {**rule, "effect": "spent"} if eased is None else {**rule, **eased, "effect": "caution", "tier": -1}
            where: Path = ("spent", i) if eased is None else ("spent", i, "salvage")
            yield from (self._rule(made, where, drug) for drug in self.context.selected(rule, entry) if drug not in exempt)

    def _rule(self, rule: Raw, path: Path, drug: str | None, state: str = "", within: Cond | None = None) -> Rule:
        found = self._made.get((path, drug, within))
        if found is None:
            found = self._made[path, drug, within] = self._compiled(rule, path, drug, state, within)
        return found

    def _compiled(self, rule: Raw, path: Path, drug: str | None, state: str, within: Cond | None) -> Rule:
        """One rule compiled; `drug`: for which of several drugs it is, `within`: the condition of its state."""
        cond = self.context.build.build(rule.get("when"), (*path, "when"), drug)
        if within is not None:
            cond = self.conds.all([within, cond])
        lifting = [self.conds.not_(one) for one in self.context.lifting.get(rule["id"], ())]
        text = str(rule["text"]).replace("{drug}", drug or "it")
        return self.context.filled(
            Rule,
            rule,
            path,
            strength=rule.get("strength", "editorial"),
            text=f"{rule['region'].upper()} label: {text}" if "region" in rule else text,
            cond=self.context.dated(self.conds.all([cond, *lifting]), rule, path),
            unlifted=self.context.dated(cond, rule, path),
            step=-rule.get("tier", 0) if rule["effect"] != "lower" else 1,
            always=cond is self.conds.true,
            state=state,
            drug=drug if path[0] == "drugs" or as_list(rule.get("for", {}).get("drugs")) == [drug] else None,
            facts=frozenset(self.context.atoms(rule.get("facts", ()))),
        )

    def _by_region(self, rule: Rule, region: str | None, effects: Sequence[str]) -> Iterator[Rule]:
        """The forms in which a rule acts, of these effects; a rule of one region's label acts if only that region counts.

        If another region counts as well, the rule is a caution that names its label, since the other labels do not say it.
        The caution lowers the tier by the rule's `tier`, if the rule's own region counts too.
        """
        elsewhere = [self.conds.leaf(f"counts:{r}", "is", True) for r in LABEL_REGIONS.values() if r != region]
        if region is None or (rule.effect == "caution" and not rule.step):
            if rule.effect in effects:
                yield rule
            return
        others = self.conds.any(elsewhere)
        if rule.effect in effects:
            yield self._where(rule, self.conds.not_(others))
        if "caution" in effects:
            step = 0 if rule.effect == "lower" else rule.step
            own = self.conds.leaf(f"counts:{region}", "is", True)
            for lowering, where in ((step, own), (0, self.conds.not_(own))) if step else ((0, self.conds.true),):
                yield self._where(rule, others, where)._replace(effect="caution", step=lowering)

    def _where(self, rule: Rule, *where: Cond) -> Rule:
        """The rule, limited by further conditions."""
        cond, unlifted = (self.conds.all([one, *where]) for one in (rule.cond, rule.unlifted))
        return rule._replace(cond=cond, unlifted=unlifted, always=False)

    def _of_intensity(self, rule: Raw, regimen: Raw, path: Path) -> Cond:
        """If a rule is about an intensity: for whom the regimen has it; else always."""
        about = "intensity" in rule.get("for", {})
        return self.conds.not_(lighter(self.context, regimen, path)) if about else self.conds.true

    def _shared(self, rules: Iterable[Rule]) -> tuple[Rule, ...]:
        """The rules, equal ones as one object, without those that never hold."""
        out: dict[tuple[str, Cond, str], Rule] = {}
        for rule in rules:
            if rule.cond is not self.conds.false:
                key = (rule.id, rule.cond, rule.text)
                out[key] = self._rules.setdefault(key, rule)
        return tuple(out.values())

    def _rules_of(self, regimen: Raw, path: Path, effects: Sequence[str]) -> Iterator[Rule]:
        """The rules of these effects that bear on a regimen: general, of a state, of its classes, of its drugs, its own."""
        for rule, region in self._bearing(regimen, path, effects):
            yield from self._by_region(rule, region, effects)

    def _bearing(self, regimen: Raw, path: Path, effects: Sequence[str]) -> Iterator[tuple[Rule, str | None]]:
        """The rules that may act by these effects, as authored, each with the region of its label, if it is of one."""
        context, conds = self.context, self.conds

        def acts(rule: Raw) -> bool:
            return rule["effect"] in effects or ("region" in rule and "caution" in effects)

        for i, rule in enumerate(context.raw.get("rules", ())):
            for drug in context.selected(rule, regimen) if acts(rule) else ():
                within = self._of_intensity(rule, regimen, path)
                yield self._rule(rule, ("rules", i), drug, within=within), rule.get("region")
        for i, state in enumerate(context.raw.get("states", ())):
            for j, rule in enumerate(state.get("rules", ())):
                where: Path = ("states", i, "rules", j)
                if acts(rule):
                    drugs = list(context.selected(rule, regimen))
                    told = rule
                    if rule["effect"] == "wait" and "opens_when" in state:
                        told = {**rule, "text": f"{rule['text']}; opens when {state['opens_when']}"}
                    for drug in drugs if "{drug}" in rule["text"] or speaks_of_itself(rule.get("when")) else drugs[:1]:
                        within = conds.all([context.state_conds[state["id"]], self._of_intensity(rule, regimen, path)])
                        made = self._rule(told, where, drug, state["id"], within)
                        yield made, rule.get("region")
        for kind, entries in (("classes", context.raw["classes"]), ("drugs", context.raw["drugs"])):
            for i, entry in enumerate(entries):
                mine = [d for d in regimen["drugs"] if entry["id"] in (d, *context.classes_of(d))]
                for j, rule in enumerate(entry.get("rules", ()) if mine else ()):
                    for drug in mine if acts(rule) else ():
                        yield self._rule(rule, (kind, i, "rules", j), drug), rule.get("region")
        for j, rule in enumerate(regimen.get("rules", ())):
            if acts(rule):
                yield self._rule(rule, (*path, "rules", j), None), rule.get("region")
