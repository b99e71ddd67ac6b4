"""How an authored file is laid out: block style, at most 100 columns, one thought a line; comments are kept.

A list of plain values and a mapping of numbers stand on one line where they fit (``[PI, IMiD]``, ``{min: 1, max: 3}``);
all else takes a line for each key. Quotes stand only where the reader (`read_yaml`) needs them, a long text is folded,
a word too long for a line (an address) stands in quotes, its lines joined by a backslash at their end.
No library does this: what keeps comments neither folds texts nor says which lists stay on a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import yaml

from mmopts.knowledge.read import LOADER, plain_value, read_yaml

WIDTH = 100
_STEP = 2
_LONGEST = 40
"""Of a word in a list on one line: a sentence has a line of its own."""
_COMMENT = re.compile(r"#[^\n]*")
_BREAK = re.compile(r"(?<=\S) (?=\S)")
_SURE = re.compile(r"[A-Za-z][\w./()+-]*(?: [\w./()+-]+)*\Z", re.ASCII)
"""What YAML reads as it stands wherever it is: words of letters, digits and a few signs."""
_JOINTS = frozenset("/-_?&=;, ")
"""Behind which a long word may break: the signs of an address."""
_IN_FLOW = re.compile(r"[,\[\]{}:?#]")


class _Entry(NamedTuple):
    """A key of a mapping or an item of a list, with the comments and blank lines that belong to it."""

    at: int
    column: int
    top: bool
    value: yaml.Node
    before: list[str]
    aside: list[str]
    after: list[str]


class _Note(NamedTuple):
    """A comment where it stands; `own`: alone on its line."""

    at: int
    column: int
    own: bool
    text: str


def formatted(text: str) -> str:
    """`text` laid out as all files are: the same data and comments. Raises ValueError if it cannot be read."""
    document = read_yaml(text)
    if document.faults:
        raise ValueError(document.faults[0].message)
    root = yaml.compose(text, Loader=LOADER)
    entries = {id(e.value): e for e in _entries(root, top=True)} if root is not None else {}
    footer = _attach(list(entries.values()), list(_notes(text)), text)
    body = _Writer(entries).document(root) if root is not None else []
    lines = _squeezed([*body, *_told(footer, 0)])
    out = "\n".join(lines) + "\n" if lines else ""
    if out == text:
        return out
    again = read_yaml(out)
    if again.faults or again.data != document.data:
        raise ValueError("it has no form in which it would read the same")
    return out


# --- where comments belong -------------------------------------------------------------------------


def _entries(node: yaml.Node, top: bool = False) -> Iterator[_Entry]:
    """Every key and item below a node, in the order of the text, the outer before the inner."""
    pairs: list[tuple[yaml.Mark, int, yaml.Node]] = []
    if isinstance(node, yaml.MappingNode):
        pairs = [(key.start_mark, key.start_mark.column, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        pairs = [(item.start_mark, node.start_mark.column, item) for item in node.value]
    for mark, column, value in pairs:
        yield _Entry(mark.index, column, top, value, [], [], [])
        yield from _entries(value, top and isinstance(value, yaml.SequenceNode))


def _notes(text: str) -> Iterator[_Note]:
    """Every comment: what begins with # between two tokens, or behind the sign of a block text."""
    end = 0
    for token in yaml.scan(text, Loader=LOADER):
        start = token.start_mark.index
        if start > end:
            yield from _notes_in(text, end, start)
        if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
            yield from _notes_in(text, start, text.find("\n", start))
        end = max(end, token.end_mark.index)
    yield from _notes_in(text, end, len(text))


def _notes_in(text: str, start: int, end: int) -> Iterator[_Note]:
    for found in _COMMENT.finditer(text, start, end):
        at = found.start()
        head = text[text.rfind("\n", 0, at) + 1 : at]
        yield _Note(at, len(head), not head.strip(), found[0].rstrip())


def _attach(entries: list[_Entry], notes: list[_Note], text: str) -> list[str]:
    """Give each comment to its entry, with the blank lines around; what follows the last entry comes back."""
    footer: list[str] = []
    for note in notes:
        past = [e for e in entries if e.at < note.at]
        following = next((e for e in entries if e.at > note.at), None)
        gap = [""] if note.own and _blank_above(text, note.at) else []
        if past and (not note.own or _holds(past[-1], note)):
            nearest = past[-1] if note.own else next(e for e in past if e is past[-1] or _closed(e, past[-1], note))
            (nearest.before if note.own else nearest.aside).append(note.text)
            continue
        if note.column > (following.column if following else 0):
            same = next((e for e in reversed(past) if e.column == note.column and not e.top), None)
            if same:
                same.after.extend([*gap, note.text])
                continue
        (following.before if following else footer).extend([*gap, note.text])
    for entry in entries:
        if _blank_above(text, entry.at):
            entry.before.append("")
    return footer


def _holds(entry: _Entry, note: _Note) -> bool:
    """Whether a comment stands between a key and the end of its text."""
    return isinstance(entry.value, yaml.ScalarNode) and note.at < entry.value.end_mark.index


def _closed(outer: _Entry, inner: _Entry, note: _Note) -> bool:
    """Whether an entry is a list in brackets that holds another one and ends before a comment."""
    node = outer.value
    flow = isinstance(node, yaml.CollectionNode) and node.flow_style
    return flow and node.start_mark.index < inner.at < node.end_mark.index <= note.at


def _blank_above(text: str, at: int) -> bool:
    """Whether the line above the one of a position is there and blank."""
    end = text.rfind("\n", 0, at)
    return end >= 0 and not text[text.rfind("\n", 0, end) + 1 : end].strip()


def _squeezed(lines: list[str]) -> list[str]:
    """Lines without blank ones at either end or behind one another."""
    out: list[str] = []
    for line in lines:
        if line or (out and out[-1]):
            out.append(line)
    while out and not out[-1]:
        out.pop()
    return out


# --- writing ---------------------------------------------------------------------------------------


class _Writer:
    """Writes nodes with what belongs to them."""

    def __init__(self, entries: dict[int, _Entry]) -> None:
        self.entries = entries

    def document(self, root: yaml.Node) -> list[str]:
        """The lines of a file."""
        if isinstance(root, yaml.ScalarNode):
            return _valued("", root, 0)
        if not root.value:
            return [_flow(root)]
        return self._block(root, 0, top=True)

    def _block(self, node: yaml.Node, indent: int, top: bool = False) -> list[str]:
        """A mapping or a list, a line or more for each entry; at the top a blank line between the long ones."""
        mapping = isinstance(node, yaml.MappingNode)
        out: list[str] = []
        long = False
        for i, child in enumerate(node.value):
            key, value = child if mapping else (None, child)
            entry = self.entries[id(value)]
            head = " " * indent + (f"{_key(key.value)}:" if key is not None else "-")
            lines = self._entry(head, value, indent, top)
            was, long = long, isinstance(value, yaml.CollectionNode) and len(lines) > 1
            before = _told(entry.before, indent)
            if top and i and (was or long):
                before.insert(0, "")
            out += [*before, *lines]
            out += _told(entry.after, indent)
        return _squeezed(out)

    def _entry(self, head: str, value: yaml.Node, indent: int, top: bool) -> list[str]:
        """An entry's lines, what stood behind it on its line still there if it fits, else above."""
        entry = self.entries[id(value)]
        aside = "  " + " ".join(entry.aside) if entry.aside else ""
        above = _told(entry.aside, indent)
        one = self._line(head, value)
        if one is not None and (len(one) <= WIDTH or not value.value):
            return [one + aside] if len(one) + len(aside) <= WIDTH else [*above, one]
        if isinstance(value, yaml.ScalarNode):
            return [*above, *_valued(head, value, indent)]
        if head.endswith("-"):
            lines = self._block(value, indent + _STEP)
            notes = next(i for i, line in enumerate(lines) if line and not line.lstrip().startswith("#"))
            above += [line[_STEP:] for line in lines[:notes] if line]
            return [*above, f"{head} {lines[notes].lstrip()}", *lines[notes + 1 :]]
        flat = top and isinstance(value, yaml.SequenceNode)
        lines = self._block(value, indent if flat else indent + _STEP, top=flat)
        return [head + aside, *lines] if len(head) + len(aside) <= WIDTH else [*above, head, *lines]

    def _line(self, head: str, value: yaml.Node) -> str | None:
        """An entry on one line, if its value is of the kind that may stand so."""
        if isinstance(value, yaml.ScalarNode):
            text = _word(value)
        else:
            text = _flow(value) if _short(value) and not any(map(self._noted, _entries(value))) else None
        return None if text is None else f"{head} {text}".rstrip(" ")

    def _noted(self, entry: _Entry) -> bool:
        """Whether a comment belongs to an entry."""
        own = self.entries[id(entry.value)]
        return any([*own.before, *own.aside, *own.after])


def _valued(head: str, node: yaml.ScalarNode, indent: int) -> list[str]:
    """A text that does not stand on its line: folded, literal if it has lines of its own, else in quotes."""
    text: str = node.value
    inner = indent + _STEP
    lead = f"{head} " if head else ""
    word = _word(node)
    if word is not None and (_bare(node) or len(lead) + len(word) <= WIDTH):
        return [lead + word]
    if _literal(text) and "\n" in text:
        lines = text.removesuffix("\n").split("\n")
        if max(map(len, lines)) + inner <= WIDTH:
            sign = "|" if text.endswith("\n") else "|-"
            return [lead + sign, *(" " * inner + line if line else "" for line in lines)]
    parts = _BREAK.split(text)
    if text.isprintable() and text == text.strip() and len(parts) > 1 and max(map(len, parts)) + inner <= WIDTH:
        return [f"{lead}>-", *(" " * inner + line for line in _filled(parts, WIDTH - inner))]
    return _continued(lead, text, inner)


def _continued(lead: str, text: str, indent: int) -> list[str]:
    """A text in quotes over several lines: a backslash at the end of one joins it to the next without a space."""
    pieces = [""]
    for char in text:
        sign = _escaped(char)
        if pieces[-1][-1:] in _JOINTS or len(pieces[-1]) + len(sign) + indent + 2 > WIDTH:
            pieces.append("")
        pieces[-1] += sign
    lines = [f'{lead}"']
    for piece in pieces:
        if len(lines[-1]) + len(piece) < WIDTH:
            lines[-1] += piece
        else:
            lines.append(" " * indent + ("\\" if piece.startswith(" ") else "") + piece)
    return [*(f"{line}\\" for line in lines[:-1]), f'{lines[-1]}"']


def _told(notes: list[str], indent: int) -> list[str]:
    """Comments on lines of their own."""
    out: list[str] = []
    for note in notes:
        first, *more = _filled(_BREAK.split(note), WIDTH - indent) if len(note) + indent > WIDTH else [note]
        more = _filled(_BREAK.split(" ".join(more)), WIDTH - indent - _STEP) if more else []
        out += [f"{' ' * indent}{line}".rstrip() for line in (first, *(f"# {line}" for line in more))]
    return out


def _filled(parts: list[str], width: int) -> list[str]:
    """Words as lines of at most `width`, a longer word alone on its line."""
    lines = [parts[0]]
    for part in parts[1:]:
        if len(lines[-1]) + 1 + len(part) <= width:
            lines[-1] += f" {part}"
        else:
            lines.append(part)
    return lines


def _literal(text: str) -> bool:
    """Whether a text with line breaks reads the same as a literal block, blank lines never two in a row."""
    lines = text.removesuffix("\n").split("\n")
    return (
        bool(lines[0] and lines[-1])
        and "\n\n\n" not in text
        and all(line == line.strip() and line.isprintable() for line in lines)
    )


def _short(node: yaml.Node) -> bool:
    """Whether a collection is a leaf that may stand on one line: a list of words or numbers, a mapping of numbers."""
    if isinstance(node, yaml.SequenceNode):
        words = [_word(item, flow=True) if isinstance(item, yaml.ScalarNode) else None for item in node.value]
        return all(word and len(word) <= _LONGEST for word in words)
    return all(
        isinstance(v, yaml.ScalarNode) and not v.style and isinstance(plain_value(v.value), (int, float))
        for _, v in node.value
    )


def _flow(node: yaml.Node) -> str:
    if isinstance(node, yaml.SequenceNode):
        return f"[{', '.join(str(_word(item, flow=True)) for item in node.value)}]"
    return f"{{{', '.join(f'{_key(k.value, flow=True)}: {v.value}' for k, v in node.value)}}}"


def _word(node: yaml.ScalarNode, flow: bool = False) -> str | None:
    """A scalar as it stands on one line: plain if the reader takes it so; None if it has lines of its own."""
    text: str = node.value
    if _bare(node):
        return text
    if "\n" in text and _literal(text) and not flow:
        return None
    return text if _plain(text, flow) else _quoted(text)


def _bare(node: yaml.ScalarNode) -> bool:
    """Whether a scalar is a number, true, false or nothing, which quotes would make a text."""
    return not node.style and not isinstance(plain_value(node.value), str)


def _key(text: str, flow: bool = False) -> str:
    return text if _plain(text, flow) and (_SURE.match(text) or _composed(f"{text}: x", text)) else _quoted(text)


@lru_cache(maxsize=50_000)
def _plain(text: str, flow: bool) -> bool:
    """Whether `text` without quotes is read as itself."""
    if not text.isprintable() or not isinstance(plain_value(text), str) or (flow and _IN_FLOW.search(text)):
        return False
    return bool(_SURE.match(text)) or _composed(f"- {text}", text)


def _composed(line: str, text: str) -> bool:
    """Whether a line of YAML holds one entry whose first scalar is plain and says `text`."""
    try:
        node: Any = yaml.compose(line, Loader=LOADER)
    except yaml.YAMLError:
        return False
    while isinstance(node, (yaml.CollectionNode, tuple)):
        inner = node.value if isinstance(node, yaml.CollectionNode) else node
        if not inner:
            return False
        node = inner[0]
    return isinstance(node, yaml.ScalarNode) and not node.style and node.value == text


def _quoted(text: str) -> str:
    if text.isprintable() and ('"' in text or "\\" in text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(_escaped(c) for c in text) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char.isprintable():
        return char
    code = ord(char)
    return "\\n" if char == "\n" else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
