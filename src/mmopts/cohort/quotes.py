"""Check that every quote of a CSV is closed properly; else the rows behind it would be read as text of one cell."""

from __future__ import annotations

import re

from mmopts.diagnostics import Diagnostic, QuestionError

_SOUND = re.compile(
    rb"""(?:[^"]++                                               # text without quotes
        | (?<=[,\r\n])"[^"]*+(?:""[^"]*+)*+"(?=[,\r\n])         # a quoted cell
        | (?<![,\r\n])"                                         # a quote within a cell is a letter
        )*+""",
    re.VERBOSE,
)
_REST = re.compile(rb'[^"]*+(?:""[^"]*+)*+(")?')
"""The rest of a quoted cell and its closing quote, if there is one."""
_ENDS = b",\r\n"


class Quotes:
    """Follows the text of a CSV after its head. Raises QuestionError at a quote that is not closed properly."""

    def __init__(self) -> None:
        self.line = 2
        """The line of the file at which the next block begins; the head is line 1."""
        self._opened = 0
        """The line at which the open quoted cell began; 0 if none is open."""
        self._closing = False
        """Whether the last byte was a quote in a quoted cell, which closes it unless another quote follows."""
        self._before = b"\n"

    def feed(self, data: bytes) -> None:
        """The next bytes; none at the end."""
        if not data:
            if self._opened and not self._closing:
                raise _fault(self._opened, "is never closed")
            return
        if self._opened or b'"' in data:
            self._follow(self._before + data)
        self.line += data.count(b"\n")
        self._before = data[-1:]

    def _follow(self, text: bytes) -> None:
        """Go through a block; its first byte is the last of the block before."""
        at = 1
        if self._closing:
            self._closing = False
            if text[1:2] == b'"':
                at = 2
            elif text[1] in _ENDS:
                self._opened = 0
            else:
                raise _fault(self._opened, _BEHIND)
        while at < len(text):
            if not self._opened:
                found = _SOUND.match(text, at)
                at = found.end() if found else at
                if at == len(text):
                    return
                self._opened = self.line + text.count(b"\n", 1, at)
                at += 1
            rest = _REST.match(text, at)
            if rest is None or rest[1] is None:
                return
            at = rest.end()
            if at == len(text):
                self._closing = True
            elif text[at] in _ENDS:
                self._opened = 0
            else:
                raise _fault(self._opened, _BEHIND)


_BEHIND = "has text behind its end: it, or one before it, is not closed where it should be"


def _fault(line: int, what: str) -> QuestionError:
    text = f"the quote opened in line {line} of the file {what}; a quote within quotes is written twice."
    return QuestionError([Diagnostic("open-quote", text, None, line)])
