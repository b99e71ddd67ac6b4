"""The JSON Schema of a knowledge base, applied: each misfit as a fault in words that need no schema to read.

The schema avoids ``anyOf`` and ``oneOf``, so that every error already is the one that matters. A subschema's
``description`` says what was expected, its ``x-code`` gives the fault a code of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path as File
from typing import Any, NamedTuple

from mmopts.diagnostics import nearest
from mmopts.facts import FACTS
from mmopts.knowledge.language import Report
from mmopts.knowledge.read import Path

_KINDS = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping of keys",
    "null": "nothing",
}
_SHOWN = 60


class Misfit(NamedTuple):
    """One way in which data does not fit: code, message, where, and what would be right."""

    code: str
    message: str
    path: Path
    suggestion: str = ""


@cache
def kb_schema() -> dict[str, Any]:
    """The JSON Schema of the merged knowledge base."""
    found: dict[str, Any] = json.loads((File(__file__).parent / "kb.schema.json").read_text("utf-8"))
    tested = found["$defs"]["condition"]["properties"]
    tested |= {fact.atom: _TESTS[fact.kind] for fact in FACTS.values()}
    return found


_TESTS: dict[str, dict[str, Any]] = {
    "number": {"$ref": "#/$defs/bounds"},
    "drugs": {"$ref": "#/$defs/drug_test"},
    "months": {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/$defs/bounds"}},
    "choice": {"$ref": "#/$defs/words"},
    "words": {"$ref": "#/$defs/words"},
    "flag": {"type": "boolean"},
}
"""How a condition tests a fact of each kind."""


def schema_faults(raw: Mapping[str, Any], report: Report) -> None:
    """Report every way in which the merged data does not fit the schema."""
    for misfit in misfits(raw):
        report(*misfit)


def misfits(raw: Mapping[str, Any]) -> list[Misfit]:
    """Every way in which the merged data does not fit the schema, each once."""
    from jsonschema import Draft202012Validator

    errors = Draft202012Validator(kb_schema()).iter_errors(raw)
    return list(dict.fromkeys(misfit for error in errors for misfit in _misfits(error)))


def _misfits(error: Any) -> Iterator[Misfit]:
    """What one error of the validator says, in our words; several where it holds several keys."""
    path: Path = tuple(error.absolute_path)
    rule, wanted, found = error.validator, error.validator_value, error.instance
    name = _name(path)
    if rule == "additionalProperties":
        known = list(error.schema.get("properties", ()))
        for key in (k for k in found if k not in known):
            yield _unknown_key(key, found[key], known, path)
    elif rule == "required":
        for key in (k for k in wanted if k not in found):
            code = "missing-source" if key == "source" else "missing-key"
            yield Misfit(code, f"{name} needs {key!r}", path, f"add {key}: ...")
    elif "propertyNames" in error.absolute_schema_path:
        yield _unknown_key(str(found), "", wanted, path)
    elif rule in ("enum", "const"):
        values = wanted if rule == "enum" else [wanted]
        listed = ", ".join(_word(v) for v in values)
        expected = f"one of {listed}" if len(values) > 1 else listed
        yield Misfit("bad-value", f"{name} must be {expected}, not {show(found)}", path, _first(found, values))
    else:
        yield _bad(error, path, name)


def _bad(error: Any, path: Path, name: str) -> Misfit:
    """A value of the wrong type, form or size."""
    rule, wanted, found, schema = error.validator, error.validator_value, error.instance, error.schema
    code = schema.get("x-code") or ("bad-type" if rule == "type" else "bad-value")
    expected = schema.get("description")
    if rule == "type":
        kinds = wanted if isinstance(wanted, list) else [wanted]
        return Misfit(
            code,
            f"{name} must be {expected or ' or '.join(_KINDS[k] for k in kinds)}, not {show(found)}",
            path,
            _retype(found, kinds),
        )
    if rule in ("minItems", "minLength", "minProperties") and not found:
        return Misfit(code, f"{name} is empty", path, expected or "give a value, or leave the key out")
    sizes = {
        "minimum": f"{wanted} or more",
        "maximum": f"at most {wanted}",
        "exclusiveMinimum": f"above {wanted}",
        "exclusiveMaximum": f"below {wanted}",
        "minItems": f"{wanted} values or more",
        "maxItems": f"{wanted} values at most",
    }
    text = expected or sizes.get(rule) or "of the form that docs/knowledge-base.md describes"
    return Misfit(code, f"{name} must be {text}, not {show(found)}", path)


def _unknown_key(key: str, value: object, known: list[str], path: Path) -> Misfit:
    """A key that has no place here; a key without a value is most often the rest of an unquoted text."""
    near = nearest(key, known)
    listed = f"known here: {', '.join(known)}"
    hint = near[0] if near else listed if value is not None else "put a text with a comma in quotes"
    return Misfit("unknown-key", f"{show(key)} is no key of {_name(path)}", (*path, key), hint)


def _name(path: Path) -> str:
    """What the value at a path is called: its key, and its number in a list."""
    if not path:
        return "the knowledge base"
    if isinstance(path[-1], int) and len(path) > 1:
        return f"{path[-2]} entry {path[-1] + 1}"
    return str(path[-1])


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def show(value: object) -> str:
    """A value as it may be shown: short, quoted if it is text."""
    if isinstance(value, (Mapping, list)):
        return "a mapping" if isinstance(value, Mapping) else "a list"
    if value is None:
        return "nothing"
    text = repr(value) if isinstance(value, str) else _word(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _first(found: object, known: list[Any]) -> str:
    near = nearest(str(found), [_word(k) for k in known])
    return near[0] if near else ""


def _retype(found: object, kinds: list[str]) -> str:
    """How the same value would be written with a type that fits."""
    if isinstance(found, str) and "boolean" in kinds:
        folded = found.casefold()
        return "true" if folded in ("yes", "y", "on", "true") else "false" if folded in ("no", "n", "off", "false") else ""
    if isinstance(found, str) and ("number" in kinds or "integer" in kinds):
        numeric = len(found) < 16 and found.replace(".", "", 1).lstrip("+-").isdigit()
        return "write the number without quotes" if numeric else ""
    if "string" in kinds and isinstance(found, (int, float)):
        return "put it in quotes"
    return "write it as a list: [...]" if "array" in kinds and not isinstance(found, Mapping) else ""
