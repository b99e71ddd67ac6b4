"""Less of an answer's JSON: ``--detail brief`` and ``--fields``. Pure functions over the data; nothing is added to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mmopts.diagnostics import Diagnostic, QuestionError, cut, did_you_mean, in_quotes, nearest

Data = dict[str, Any]
_LEADING = ("preferred", "alternative")
_OF_LEADING = (
    "id", "name", "drugs", "verdict", "tier", "tier_because", "needs", "cautions", "labels", "prescription", "key_figure",
    "guidance",
)  # fmt: skip
_OF_OTHERS = ("id", "verdict", "tier")
_OF_ROWS = {
    "prescription": (
        "drug", "dose", "route", "days", "standard", "adjusted_for", "open", "text", "source", "unread",
    ),
    "key_figure": (
        "trial", "versus", "endpoint", "hr", "ci", "months", "control_months", "orr", "n", "applies", "source", "unread",
    ),
    "guidance": ("body", "year", "position", "text", "source", "unread"),
}  # fmt: skip
_OF_OPEN = ("fact", "if", "dose")
_OF_SOURCES = ("title", "year", "checked", "url")
EVERY = "*"


def brief(answer: Data) -> Data:
    """An answer of suggest without what a first look does not need (the contract's ``--detail brief``).

    Of a preferred or alternative option it keeps what decides, this patient's cautions alone, and of its doses, figure and
    guidance the keys of the contract; of the others id, verdict and tier; of what is ruled out the ids; of the sources
    those that are still cited, each with what it is and where.
    """
    kept = {key: value for key, value in answer.items() if key not in ("supportive_care", "sources")}
    kept["options"] = [_option(option) for option in answer.get("options", ())]
    kept["excluded"] = [{"id": entry["id"]} for entry in answer.get("excluded", ())]
    ids = set(_cited(kept))
    kept["sources"] = {n: _picked(source, _OF_SOURCES) for n, source in answer.get("sources", {}).items() if n in ids}
    return {key: kept[key] for key in answer if key in kept}


def _option(option: Data) -> Data:
    if option["tier"] not in _LEADING:
        return _picked(option, _OF_OTHERS)
    out = _picked(option, _OF_LEADING)
    out["cautions"] = [c for c in out.get("cautions", ()) if not c.get("always")]
    for key, names in _OF_ROWS.items():
        rows = out.get(key)
        out[key] = [_picked(row, names) for row in rows] if isinstance(rows, list) else rows and _picked(rows, names)
    for row in out["prescription"] or ():
        row["open"] = [entry if entry["dose"] is None else _picked(entry, _OF_OPEN) for entry in row["open"]]
    return out


def _picked(data: Data, keys: Iterable[str]) -> Data:
    """These keys of a mapping, as far as it has them."""
    return {key: data[key] for key in keys if key in data}


def _cited(data: Any) -> Iterable[str]:
    """The ids that stand under ``source`` anywhere in the data."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            if key == "source":
                yield from [value] if isinstance(value, str) else value or ()
            else:
                yield from _cited(value)
    elif isinstance(data, list):
        for value in data:
            yield from _cited(value)


def only(answer: Data, paths: Iterable[str]) -> Data:
    """What the paths name, and the schema. ``options.id`` is the id of each option; ``*`` stands for every key.

    Raises QuestionError for a path that leads nowhere in this answer; what is empty or null answers any path.
    """
    problems: list[Diagnostic] = []
    each = [path.split(".") for path in paths]
    for parts in each:
        _look(answer, parts, problems)
    if problems:
        raise QuestionError(problems)
    kept: Data = _kept(answer, [*([["schema"]] if "schema" in answer else []), *each])
    return kept


def _kept(data: Any, paths: Sequence[Sequence[str]]) -> Any:
    """What paths name of data; all of it where one of them ends here."""
    if not all(paths):
        return data
    if isinstance(data, list):
        return [_kept(entry, paths) for entry in data]
    if isinstance(data, Mapping):
        within = {key: [path[1:] for path in paths if path[0] in (key, EVERY)] for key in data}
        return {key: _kept(data[key], inner) for key, inner in within.items() if inner}
    return data


def nowhere(paths: Iterable[str], schema: Data) -> list[Diagnostic]:
    """The paths that lead nowhere in any answer of a schema."""
    problems: list[Diagnostic] = []
    for path in paths:
        nodes, above = [schema], ""
        for part in path.split("."):
            nodes = [n for node in nodes for n in _nodes(node, schema)]
            keys = {key for n in nodes for key in n.get("properties", {})}
            if keys and part not in (*keys, EVERY) and not any(n.get("additionalProperties") for n in nodes):
                near = [f"{above}{key}" for key in nearest(part, keys)]
                text = f"--fields: there is no {in_quotes(above + part)} in this answer." + did_you_mean(near)
                problems.append(Diagnostic("unknown-field", text, "fields", cut(above + part), near))
                break
            nodes = [found for n in nodes for found in _inner(n, part)]
            above += f"{part}."
    return problems


def _nodes(node: Data, schema: Data) -> list[Data]:
    """The schemas of the mappings that a schema allows: behind references, in lists, among alternatives."""
    if "$ref" in node:
        return _nodes(schema["$defs"][node["$ref"].rpartition("/")[2]], schema)
    inner = [node["items"]] if isinstance(node.get("items"), dict) else [*node.get("anyOf", ()), *node.get("oneOf", ())]
    return [found for each in inner for found in _nodes(each, schema)] if inner else [node]


def _inner(node: Data, part: str) -> list[Data]:
    """The schemas of what stands under a key, or under every key."""
    known = node.get("properties", {})
    found = list(known.values()) if part == EVERY else [known[part]] if part in known else []
    more = node.get("additionalProperties")
    return found or ([more] if isinstance(more, dict) else [])


def _look(answer: Data, parts: Sequence[str], problems: list[Diagnostic]) -> None:
    """Note the first part of a path that none of the entries reached by the parts before it has."""
    reached: list[Any] = [answer]
    for depth, part in enumerate(parts):
        entries = [e for value in reached for e in (value if isinstance(value, list) else [value]) if e not in (None, {})]
        maps = [e for e in entries if isinstance(e, Mapping)]
        reached = [v for e in maps for v in (e.values() if part == EVERY else [e[part]] if part in e else [])]
        if reached or not entries:
            continue
        above = "".join(f"{p}." for p in parts[:depth])
        near = [f"{above}{key}" for key in nearest(part, {key for e in maps for key in e})]
        text = f"--fields: there is no {in_quotes(above + part)} in this answer." + did_you_mean(near)
        problems.append(Diagnostic("unknown-field", text, "fields", cut(above + part), near))
        return
