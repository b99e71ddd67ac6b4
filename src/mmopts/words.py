"""Conditions in words: an algebra of `logic.fold` that gives phrases a clinician reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any, NamedTuple

from mmopts.facts import split_atom
from mmopts.logic import Cond, fold

_NOUN = {
    "lines": ("prior line", "prior lines"),
    "age": ("age", "age"),
    "crcl": ("CrCl (mL/min)", "CrCl (mL/min)"),
    "neuropathy": ("neuropathy grade", "neuropathy grade"),
    "ecog": ("ECOG", "ECOG"),
    "adl": ("ADL", "ADL"),
    "iadl": ("IADL", "IADL"),
    "cci": ("Charlson index", "Charlson index"),
}
_FLAG = {
    "progressed_on_last": "progressed on the last therapy",
    "prior_asct": "autologous transplant before",
    "early_relapse": "early relapse (functional high risk)",
}
_VERB = {"exposed": "received", "refractory": "refractory to", "intolerant": "intolerant of"}


class Bound(NamedTuple):
    """A number between two bounds; an open bound is not itself included."""

    fact: str
    low: float = -inf
    high: float = inf
    low_open: bool = False
    high_open: bool = False

    def words(self) -> str:
        """For example "2 or more prior lines", "CrCl (mL/min) under 30"."""
        fact, about = split_atom(self.fact)
        one, many = _NOUN.get(fact.name, (f"months since {about}",) * 2)
        low, high = max(self.low, fact.low), min(self.high, fact.high)
        before = fact.name == "lines"
        if self.low_open or (self.high_open and self.low == -inf):
            return f"{many} {f'over {low:g}' if self.low_open else f'under {high:g}'}" + (
                f" and at most {high:g}" if self.low_open and self.high < inf else ""
            )
        if low == high:
            return f"exactly {low:g} {one if low == 1 else many}" if before else f"{many} {low:g}"
        if self.high == inf:
            return f"{low:g} or more {many}" if before else f"{many} of {low:g} or more"
        if self.low == -inf:
            return f"at most {high:g} {one if high == 1 else many}" if before else f"{many} of {high:g} or less"
        under = "under " if self.high_open else ""
        return f"{low:g} to {under}{high:g} {many}" if before else f"{many} {low:g} to {under}{high:g}"


Part = Bound | str


class Words:
    """The algebra: a condition as parts, all of which hold."""

    def __init__(self, vocabulary: Mapping[str, Any]) -> None:
        self.vocabulary = vocabulary

    def leaf(self, cond: Cond) -> tuple[Part, ...]:
        """One fact."""
        fact, about = split_atom(cond.fact)
        if cond.test in (">=", "<="):
            bound = float(cond.value)  # type: ignore[arg-type]
            return (Bound(cond.fact, bound) if cond.test == ">=" else Bound(cond.fact, high=bound),)
        if fact.kind == "choice":
            return (self._choice(fact.name, cond.value),)
        text = _FLAG.get(fact.name) or self._listed(fact.atom, about)
        return (text if cond.value else f"not {text}",)

    def _choice(self, name: str, values: object) -> str:
        said = " or ".join(sorted(values))  # type: ignore[call-overload]
        return {"transplant": f"transplant-{said}", "relapse": f"{said} relapse", "smm_risk": f"{said} smoldering risk"}.get(
            name, said
        )

    def _listed(self, name: str, about: str) -> str:
        if name in _VERB:
            return f"{_VERB[name]} {about}"
        return str(self.vocabulary[name]["entries"].get(about, {}).get("name", about))

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
        return (" or ".join(f"({join(i)})" if len(i) > 1 else join(i) for i in items),) if items else ("never",)

    def not_(self, item: tuple[Part, ...]) -> tuple[Part, ...]:
        """The opposite; of a single bound, the bound turned round."""
        if len(item) == 1:
            part = item[0]
            if isinstance(part, Bound):
                if part.high == inf:
                    return (Bound(part.fact, high=part.low, high_open=True),)
                if part.low == -inf:
                    return (Bound(part.fact, low=part.high, low_open=True),)
            elif " or " not in part:
                return (part[4:] if part.startswith("not ") else f"not {part}",)
        return (f"not ({join(item)})",)

    def at_least(self, count: int, items: Sequence[tuple[Part, ...]]) -> tuple[Part, ...]:
        """So many of them."""
        return (f"{count} or more of: {'; '.join(join(i) for i in items)}",)

    def named(self, cond: Cond, item: tuple[Part, ...]) -> tuple[Part, ...]:
        """The name that the knowledge base gives it."""
        return (str(cond.value),)


def join(parts: Sequence[Part]) -> str:
    """Parts as one phrase; drugs received, or refractory to, are listed together."""
    verbs: dict[str, list[str]] = {}
    out: list[str] = []
    for part in parts:
        text = part.words() if isinstance(part, Bound) else part
        verb = next((v for v in _VERB.values() if text.startswith(f"{v} ") and " or " not in text), None)
        if verb is None:
            out.append(text)
            continue
        if verb not in verbs:
            out.append(verb)
        verbs.setdefault(verb, []).append(text[len(verb) + 1 :])
    return ", ".join(f"{o} {_and(verbs[o])}" if o in verbs else o for o in out)


def _and(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def say(cond: Cond, vocabulary: Mapping[str, Any], wanted: bool = True) -> str:
    """A condition, or its opposite, in words; `vocabulary` is that of the knowledge base."""
    words = Words(vocabulary)
    parts = fold(cond, words, {})
    return join(parts if wanted else words.not_(parts))


def question(atom: str, vocabulary: Mapping[str, Any], questions: Mapping[str, str]) -> str:
    """The question that settles an atom, in the knowledge base's wording."""
    fact, about = split_atom(atom)
    if fact.kind == "words":
        entry = vocabulary[fact.name]["entries"].get(about, {})
        asked = entry.get("question")
        if asked:
            return str(asked)
        about = str(entry.get("name", about))
    text = questions.get(fact.atom) or questions.get(fact.name) or f"{about or fact.name}?"
    return text.replace("{about}", about)


def option(atom: str) -> str:
    """How the answer is given on the command line."""
    fact, about = split_atom(atom)
    if fact.kind == "months":
        return f"{fact.option} {about}=MONTHS"
    return f"{fact.option} {about}" if about else fact.option
