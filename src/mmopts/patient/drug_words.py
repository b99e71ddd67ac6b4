"""A word of a drug list, as a clinician writes it, and what is meant by it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mmopts.diagnostics import MANY, Diagnostic, did_you_mean, in_quotes, nearest
from mmopts.facts import DENIAL, NONE
from mmopts.knowledge.records import Knowledge, Meaning
from mmopts.names import begun, fold_name, look_up, plain, unsigned
from mmopts.patient.stated import doubted

NOTHING = Meaning("", filler=True)
"""The meaning of a word that was not understood."""

MOST_PARTS = 6
"""No known name is looked for in more than so many parts of a word."""


_NONE_MEANT = frozenset(("no", "nil", "nothing", "zero", "0", "false", "-"))
_UNSAID = frozenset(("na", "n/a", "nan", "null", "nd", "nk", "unknown", "unk", "missing", "?", ".", "not known", "not done"))
_ALL = frozenset(("all", "any", "everything", "everyone", "yes", "true", "1"))


def silent(word: str, fact: str) -> str:
    """What is said of a word of a list that names nothing: one for none, for what is not known, or for all; else nothing."""
    said, head = plain(word).strip().casefold(), f"{in_quotes(word)} names nothing that ⟨{fact}⟩ knows"
    if said in _NONE_MEANT:
        return f"{head}. Did you mean none?"
    if said in _UNSAID:
        return f"{head}: leave ⟨{fact}⟩ out, or its cell empty, if it is not known; write none if there are none."
    return f"{head}: write which, or none." if said in _ALL else ""


def minus(word: str, fact: str, code: str) -> Diagnostic | None:
    """A problem with a word that has a minus before or behind it: it can be read as a denial, or as nothing."""
    bare = unsigned(word)
    if not bare:
        return None
    text = f"{in_quotes(word)}: a minus is not read. Write {in_quotes(bare)}, or {in_quotes(DENIAL + bare)} if it is not so."
    return Diagnostic(code, text, fact, word, (bare, DENIAL + bare))


def read_drug_word(word: str, kb: Knowledge, fact: str, problems: list[Diagnostic], warnings: list[Diagnostic]) -> Meaning:
    """The meaning of one word of a drug list; an unknown or ambiguous word is added to `problems`.

    A word made of known ones (``dara-VRd``, ``len+dex``, ``len (maintenance)``) stands for all of them.
    """
    entry = look_up(word, kb.names)
    if entry is not None:
        if entry.also:
            text = f"{word} is read as {entry.drugs[0]}; it can also mean {' or '.join(entry.also)}."
            warnings.append(doubted("ambiguous-abbreviation", text, fact))
        return entry
    readings = look_up(word, kb.ambiguous)
    if readings is not None:
        text = f"{word!r} can mean {' or '.join(readings)}; write which."
        problems.append(Diagnostic("ambiguous-name", text, fact, word, readings))
        return NOTHING
    parts = [part for part in re.split(r"[+/&()\-]|\s+", plain(word).strip()) if part]
    care = care_named(parts, kb)
    entries = [care] if care else _each(parts, kb) or _longest(parts, kb)
    if len(parts) < 2 or not entries or unsigned(word):
        problems.append(_unknown(word, kb, fact, len(problems) < MANY))
        return NOTHING
    return Meaning(
        word,
        tuple(dict.fromkeys(d for e in entries for d in e.drugs)),
        tuple(dict.fromkeys(c for e in entries for c in e.classes)),
        {k: v for e in entries for k, v in e.sets.items()},
        all(e.filler for e in entries),
        qualifier=all(e.qualifier for e in entries),
    )


def care_named(words: Sequence[str], kb: Knowledge) -> Meaning | None:
    """Supportive care that goes by the names of its drugs, such as lymphodepletion; None if these words are none."""
    found = look_up(" ".join(words), kb.names) if len(words) > 1 else None
    return found if found is not None and found.filler else None


def _each(parts: Sequence[str], kb: Knowledge) -> list[Meaning]:
    """What each part means; nothing if a part is unknown."""
    entries = [entry for entry in (look_up(part, kb.names) for part in parts) if entry is not None]
    return entries if len(entries) == len(parts) else []


def _longest(parts: Sequence[str], kb: Knowledge) -> list[Meaning]:
    """The same, where a name may take several parts; the longest name first."""
    entries: list[Meaning] = []
    at = 0
    while at < len(parts):
        ends = range(min(len(parts), at + MOST_PARTS), at, -1)
        known = ((end, entry) for end in ends if (entry := look_up(" ".join(parts[at:end]), kb.names)) is not None)
        end, entry = next(known, (0, NOTHING))
        if not end:
            return []
        entries.append(entry)
        at = end
    return entries


def qualifiers_alone(meanings: Sequence[Meaning], said: str, fact: str) -> Diagnostic | None:
    """A problem if words say how or when something was given and none says what."""
    if not meanings or not all(meaning.qualifier for meaning in meanings):
        return None
    text = f"{in_quotes(said)} says how or when something was given, not what: name the drug, or its class."
    return Diagnostic("unknown-name", text, fact, said)


def _unknown(word: str, kb: Knowledge, fact: str, search: bool) -> Diagnostic:
    if signed := minus(word, fact, "unknown-name"):
        return signed
    if unsaid := silent(word, fact):
        return Diagnostic("unknown-name", unsaid, fact, word, (NONE,))
    near = names_begun(word, kb) if search else []
    if search and not near:
        near = list(dict.fromkeys(kb.names[key].name for key in nearest(fold_name(word), kb.names)))
    text = f"{in_quotes(word)} is no drug, regimen or class known here." + did_you_mean(near)
    listed = "mmopts drugs lists drugs and classes, mmopts list the regimens; what is under study goes by its class."
    text += "" if near or not search else f" {listed}"
    return Diagnostic("unknown-name", text, fact, word, tuple(near))


def names_begun(word: str, kb: Knowledge) -> list[str]:
    """The usual names of the drugs, classes and regimens of which some name or abbreviation begins with a word."""
    found = {key: kb.names[key] for key in begun(word, kb.names)}
    drugs = [meant.drugs[0] for meant in found.values() if len(meant.drugs) == 1]
    classes = [meant.classes[0] for meant in found.values() if len(meant.classes) == 1 and not meant.drugs]
    rest = [kb.aliases.get(key, meant.name) for key, meant in found.items() if len(meant.drugs) != 1 != len(meant.classes)]
    return list(dict.fromkeys([*drugs, *classes, *rest]))
