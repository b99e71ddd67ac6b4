"""Conditions in words: an algebra of `logic.fold` that gives phrases a clinician reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import inf, nextafter

from mmopts.facts import FACTS, Fact, find_fact, split_atom
from mmopts.logic import Cond, Interval, fold
from mmopts.record import Record

Names = Mapping[str, Mapping[str, str]]
"""By list fact: the name of each word of its vocabulary."""


class Bound(Record):
    """A range of numbers; a bound that is open is not included itself."""

    fact: str
    low: float = -inf
    high: float = inf
    low_open: bool = False
    high_open: bool = False

    def words(self) -> str:
        """For example "2 or more prior lines", "CrCl under 30"."""
        name = self.fact.partition(":")[0]
        if name not in FACTS:
            return f"{name} {range_words(self)}"
        fact, about = split_atom(self.fact)
        low, high = max(self.low, fact.low), min(self.high, fact.high)
        shown = self._replace(low=low if self.low > -inf else -inf, high=high if self.high < inf else inf)
        if fact.kind == "number" and fact.whole and shown.high_open and shown.low > -inf:
            shown = shown._replace(high=fact.below(shown.high), high_open=False)
        if not fact.many:
            phrase = fact.phrase.replace("{}", about) + " {}" if about else fact.phrase
            return numbered(range_words(shown), fact, phrase)
        if shown.high == 0:
            return f"no {fact.one}"
        return numbered(f"exactly {low:g}" if shown.low == shown.high else range_words(shown), fact, fact.phrase)


def numbered(said: str, fact: Fact, phrase: str) -> str:
    """A number or a range in words, in a phrase of its fact, with its noun or unit: "CrCl 30 mL/min or more"."""
    if fact.many:
        one = said == "1" or said.endswith(" 1")
        return phrase.format(f"{said} {fact.one if one else fact.many}")
    more = " or more"
    unit = f" {fact.unit}" if fact.unit else ""
    return phrase.format(f"{said.removesuffix(more)}{unit}{more if said.endswith(more) else ''}")


def range_words(bound: Bound) -> str:
    """The numbers alone: "2 or more", "under 30", "over 65", "30 to under 60"."""
    low, high = bound.low, bound.high
    if low == high:
        return f"{low:g}"
    if high == inf:
        return f"over {low:g}" if bound.low_open else f"{low:g} or more"
    if low == -inf:
        return f"under {high:g}" if bound.high_open else f"at most {high:g}"
    start = f"over {low:g}" if bound.low_open else f"{low:g}"
    return f"{start} to {'under ' if bound.high_open else ''}{high:g}"


def span_words(value: Interval, fact: Fact | None = None) -> str:
    """A range in words: "2", "2 to 4", "7 or more", "under 30"; the limits of a `fact` are not said, all of it is "any"."""
    if value.low == value.high:
        return f"{value.low:g}"
    low = -inf if fact and value.low <= fact.low else value.low
    high = inf if fact and value.high >= fact.high else value.high
    if low == -inf and high == inf:
        return "any"
    above, below = left_out(low, up=False), left_out(high, up=True)
    ends = low if above is None else above, high if below is None else below
    return range_words(Bound("", *ends, above is not None, below is not None))


def left_out(end: float, up: bool) -> float | None:
    """The bound behind the upper or the lower end of a range that does not include it; None where the end is included.

    Such an end is stored as the float next to its bound, which alone of the two is a number of few digits.
    """
    bound = nextafter(end, inf if up else -inf)
    return bound if bound == float(f"{bound:.10g}") and end != float(f"{end:.10g}") else None


class Noun(str):
    """What a patient has or has not, so that its opposite is "no ...", not "not ..."."""

    __slots__ = ()


class Either(str):
    """Alternatives of one phrase each, so that their opposite is "neither ... nor ..."."""

    __slots__ = ()


Part = Bound | str
OMITTED, ONCE = "do not give", "once"
"""A dose that is none; a day, or an end, of what is given a single time."""
WHOM = "the patient to be "
"""How a fact says what a patient must be."""


class Words:
    """The algebra: a condition as parts, all of which hold."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def leaf(self, cond: Cond) -> tuple[Part, ...]:
        """One fact."""
        if cond.test in (">=", "<="):
            return (Bound(cond.fact, cond.bound) if cond.test == ">=" else Bound(cond.fact, high=cond.bound),)
        prefix, _, about = cond.fact.partition(":")
        fact = find_fact(prefix)
        if fact is None:
            return (cond.fact if cond.value else f"not {cond.fact}",)
        if fact.kind == "choice":
            return (fact.phrase.format(_choices(fact, cond)),)
        text = self._listed(fact.name, fact.verb, about) if about else fact.phrase
        noun = fact.kind == "words" or (fact.kind == "flag" and not fact.bar.endswith(fact.phrase))
        said: str = Noun(text) if noun else text
        return (said if cond.value else opposite(said),)

    def _listed(self, name: str, verb: str, about: str) -> str:
        return f"{verb} {about}" if verb else self.names.get(name, {}).get(about, about)

    def all(self, items: Sequence[tuple[Part, ...]]) -> tuple[Part, ...]:
        """Bounds of one fact are drawn together; the rest stands side by side."""
        bounds: dict[str, Bound] = {}
        out: list[Part] = []
        for part in (p for item in items for p in item):
            if isinstance(part, Bound):
                have = bounds.get(part.fact)
                if have is None:
                    out.append(part)
                    bounds[part.fact] = part
                else:
                    low = max((have.low, have.low_open), (part.low, part.low_open))
                    high = min((have.high, not have.high_open), (part.high, not part.high_open))
                    joined = Bound(part.fact, low[0], high[0], low[1], not high[1])
                    out[out.index(have)] = bounds[part.fact] = joined
            elif part not in out:
                out.append(part)
        if len(out) > 1:
            out = [f"({p})" if isinstance(p, str) and " or " in p and not p.startswith("(") else p for p in out]
        return tuple(out)

    def any(self, items: Sequence[tuple[Part, ...]]) -> tuple[Part, ...]:
        """The alternatives, joined by "or"."""
        said = " or ".join(f"({join(i)})" if len(i) > 1 else join(i) for i in items)
        plain = all(len(i) == 1 and " or " not in join(i) and not join(i).startswith("not ") for i in items)
        return (Either(said) if plain and len(items) > 1 else said,) if items else ("never",)

    def not_(self, item: tuple[Part, ...]) -> tuple[Part, ...]:
        """The opposite; of a single bound, the bound turned round."""
        if len(item) == 1:
            part = item[0]
            if isinstance(part, Bound):
                if part.high == inf:
                    return (Bound(part.fact, high=part.low, high_open=True),)
                if part.low == -inf:
                    return (Bound(part.fact, low=part.high, low_open=True),)
            elif " or " not in part or isinstance(part, (Noun, Either)):
                return (opposite(part),)
        return (f"not ({join(item)})",)

    def at_least(self, count: int, items: Sequence[tuple[Part, ...]]) -> tuple[Part, ...]:
        """So many of them."""
        return (f"{count} or more of: {'; '.join(join(i) for i in items)}",)

    def named(self, cond: Cond, item: tuple[Part, ...]) -> tuple[Part, ...]:
        """The name that the knowledge base gives it."""
        return (str(cond.value),)


def opposite(said: str) -> str:
    """The opposite of a phrase."""
    if isinstance(said, Noun) and not said.startswith(("on ", "not ")):
        return Noun(said[3:] if said.startswith("no ") else f"no {said}")
    if isinstance(said, Either):
        return f"neither {said.replace(' or ', ' nor ')}"
    return said[4:] if said.startswith("not ") else f"not {said}"


_VERBS = sorted({f.verb for f in FACTS.values() if f.verb}, key=len, reverse=True)
"""The longest first, since one may be the beginning of another."""


def denied(phrase: str) -> str:
    """The opposite of what a patient is or has: what does not begin with the verb of a fact is had."""
    return str(opposite(phrase if phrase.startswith(tuple(_VERBS)) else Noun(phrase)))


def led_once(texts: Iterable[str], written: Callable[[str], str] = str) -> list[str]:
    """Texts; one that opens like the text before it, up to a colon, drops that opening; `written`: what is left of it."""
    out: list[str] = []
    before = ""
    for text in texts:
        lead, colon, rest = text.partition(": ")
        out.append(written(rest) if colon and lead == before else text)
        before = lead if colon else ""
    return out


def capitalised(text: str) -> str:
    """A text with its first letter as a capital."""
    return f"{text[:1].upper()}{text[1:]}"


def join(parts: Sequence[Part]) -> str:
    """Parts as one phrase; drugs received, or refractory to, are listed together."""
    verbs: dict[str, list[str]] = {}
    out: list[str] = []
    for part in parts:
        text = part.words() if isinstance(part, Bound) else part
        verb = next((v for v in _VERBS if text.startswith(f"{v} ") and " or " not in text), None)
        if verb is None:
            out.append(text)
            continue
        if verb not in verbs:
            out.append(verb)
        verbs.setdefault(verb, []).append(text[len(verb) + 1 :])
    return ", ".join(f"{o} {joined(verbs[o])}" if o in verbs else o for o in out)


def days_words(days: str) -> str:
    """Days in a sentence: ``1, 8 of 21`` is "days 1, 8 of 21", ``20 mg on 1 of 28`` is "20 mg on day 1 of 28"."""
    part = r"(^|; | on )(\d[\d, -]*) of(?= \d)"
    return re.sub(part, lambda m: f"{m[1]}{'day' if m[2].isdigit() else 'days'} {m[2]} of", days)


def step_words(step: str) -> str:
    """A step that led to a tier, the tier first: ``B: TRIAL, PFS HR 0.6; on label: preferred`` is "preferred (B: ...)"."""
    why, _, tier = step.rpartition(": ")
    return f"{tier} ({why})" if why and tier.isalpha() else step


def joined(words: Sequence[str], last: str = "and") -> str:
    """Words as a list in a sentence."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def product_words(product: str | None, formulation: str | None) -> str:
    """The product of a label and its formulation, which may stand in the product's name."""
    name, form = product or "", formulation or ""
    return name if name.split()[-1:] == [form] else f"{name} {form}".strip()


def alternatives(words: Sequence[str]) -> str:
    """Clauses of which one is enough; of some that hold an "or" themselves the last stands apart."""
    return (
        f"{', '.join(words[:-1])}, or {words[-1]}" if len(words) > 1 and " or " in " ".join(words) else joined(words, "or")
    )


def yes_no_clause(fact: Fact, about: str, value: bool) -> str:
    """A yes or no behind "if", of a patient: "not refractory to X", "with t(11;14)", "without heart failure"."""
    said = (fact.clause or fact.phrase).format(about)
    if value:
        return said
    return f"without {said[5:]}" if said.startswith("with ") else f"not {said}"


def short_question(question: str) -> str:
    """A question without what stands in brackets to explain it; t(4;14) keeps its own."""
    return re.sub(r"\s+\([^()]*(\([^()]*\)[^()]*)*\)", "", question)


def when_words(clause: str) -> str:
    """A clause about a patient behind what follows from it: "if frail", "with t(11;14)", "without heart failure"."""
    return clause if clause.startswith(("with ", "without ")) else f"if {clause}"


def supposing(clause: str) -> str:
    """A clause about a patient before what follows from it: "If frail", "With t(11;14)", "Without heart failure"."""
    return capitalised(when_words(clause))


KEPT = 10_000
"""The most sets of demands whose words are remembered."""


class Speech:
    """Conditions in words, each worked out once; `names` are those of the words of list facts."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._words = Words(names)
        self._parts: dict[Cond, tuple[Part, ...]] = {}
        self._said: dict[tuple[Cond, bool], str] = {}
        self.demanded: dict[tuple[tuple[Cond, bool], ...], Demand] = {}
        """What `demanded` has said, of `KEPT` demands at most."""

    def say(self, cond: Cond, wanted: bool = True) -> str:
        """A condition, or its opposite, in words."""
        said = self._said.get((cond, wanted))
        if said is None:
            parts = fold(cond, self._words, self._parts)
            said = self._said[cond, wanted] = join(parts if wanted else self._words.not_(parts))
        return said


def clause_of(cond: Cond, speech: Speech, wanted: bool = True) -> str:
    """A condition, or its opposite, behind "if", of a patient: "with ECOG at most 2", "at high smoldering risk"."""
    while cond.op == "not":
        cond, wanted = cond.args[0], not wanted
    said = speech.say(cond, wanted)
    prefix, _, about = cond.fact.partition(":") if cond.op == "leaf" else ("", "", "")
    fact = find_fact(prefix) if prefix else None
    if fact is None or not fact.clause or fact.kind == "months":
        return said
    if fact.kind in ("number", "choice"):
        head, clause_head = fact.phrase.partition("{}")[0], fact.clause.partition("{}")[0]
        ends = fact.phrase.partition("{}")[2] == fact.clause.partition("{}")[2]
        return clause_head + said.removeprefix(head) if said.startswith(head) and ends else said
    return yes_no_clause(fact, speech.names.get(fact.name, {}).get(about, about), wanted is (cond.value is not False))


def say(cond: Cond, names: Names, wanted: bool = True) -> str:
    """A condition, or its opposite, in words; `names` are those of the words of list facts."""
    return Speech(names).say(cond, wanted)


class Demand(Record):
    """What is asked of a patient, in words: ``needs 2 or more prior lines and exposure to X; must not be frail``.

    `of_trial`: the same behind the name of a trial that asked for it: ``, which asked for ...; its patients must not ...``.
    """

    words: str
    of_trial: str


def demanded(demands: Iterable[tuple[Cond, bool]], speech: Speech) -> Demand:
    """What an indication asks of a patient.

    Takes conditions, each with whether it must hold or must not, and what says them.
    """
    asked = tuple(demands)
    said = speech.demanded.get(asked)
    if said is None:
        if len(speech.demanded) >= KEPT:
            speech.demanded.clear()
        said = speech.demanded[asked] = _demanded(asked, speech)
    return said


def _demanded(demands: Iterable[tuple[Cond, bool]], speech: Speech) -> Demand:
    """What conditions demand, in words: whom they are for, what they need, what must not be."""
    needs: list[str] = []
    bars: list[str] = []
    for asked, want in _apart(demands):
        cond, wanted = asked, want
        while cond.op == "not":
            cond, wanted = cond.args[0], not wanted
        fact = _fact_of(cond, speech)
        if fact is None or fact.kind == "number":
            said = speech.say(cond, wanted)
            needs.append(re.sub(r"^not an? ", "no ", said) if cond.op == "named" else said)
            continue
        if fact.kind == "choice":
            left = [v for v in fact.values if v not in cond.listed]
            wanted, about = (True, left[0]) if not wanted and len(left) == 1 else (wanted, _choices(fact, cond))
            about = fact.phrase.format(about)
        else:
            wanted = wanted is (cond.value is not False)
            about = speech.say(cond).removeprefix(f"{fact.verb} " if fact.verb else "")
        (needs if wanted else bars).append((fact.need if wanted else fact.bar).format(about))
    whom = [need.removeprefix(WHOM) for need in needs if need.startswith(WHOM)]
    needs = [need for need in needs if not need.startswith(WHOM)]
    several = any(sign in need for need in needs for sign in (", ", " and ", "; "))
    needed = "; ".join(needs) if several else joined(needs)
    only = f"{' and '.join(whom)} patients" if whom else ""
    plain = [f"only for {only}" if only else "", f"needs {needed}" if needed else "", *(f"must not {bar}" for bar in bars)]
    took = " and ".join(filter(None, [f"took only {only}" if only else "", f"asked for {needed}" if needed else ""]))
    barred = f"patients {' and '.join(f'must not {bar}' for bar in bars)}" if bars else ""
    trial = f", which {took}{f'; its {barred}' if barred else ''}" if took else f", whose {barred}" if barred else ""
    return Demand("; ".join(filter(None, plain)), trial)


def _apart(demands: Iterable[tuple[Cond, bool]]) -> Iterator[tuple[Cond, bool]]:
    """Demands of which all must hold, one by one; bounds of one number stay together."""
    for cond, wanted in demands:
        facts = [c.fact for c in cond.args]
        if cond.op == "all" and wanted and cond.args and len(set(facts)) == len(facts):
            yield from _apart((c, True) for c in cond.args)
        else:
            yield cond, wanted


def _choices(fact: Fact, cond: Cond) -> str:
    """The values of a choice that a leaf names."""
    return " or ".join(v.replace("-", " ") for v in fact.values if v in cond.listed)


def _fact_of(cond: Cond, speech: Speech) -> Fact | None:
    """The fact that a condition is about; None where it is about several, or has a name of its own."""
    if cond.op == "leaf":
        return find_fact(cond.fact.partition(":")[0])
    said = speech.say(cond) if cond.op != "any" else ""
    return next((f for f in FACTS.values() if f.verb and said.startswith(f"{f.verb} ")), None)
