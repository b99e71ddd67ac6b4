"""Sources by number: where a text cites one by its id in brackets, its number in the list of references stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mmopts.render.blocks import Reference
from mmopts.render.phrases import read_words
from mmopts.words import capitalised

if TYPE_CHECKING:
    from mmopts.knowledge.records import Source

_IDS = re.compile(r"\[([^\[\]]+)\]")
_ADDRESS = re.compile(r"https://[!-~]+")


class Numbering:
    """Numbers for sources, in the order in which blocks cite them."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self.sources = sources
        self.numbers: dict[str, int] = {}

    def numbered(self, found: Any) -> Any:
        """Blocks, or any part of them, with numbers in place of ids."""
        if isinstance(found, str):
            whole = f"[{found}]"
            return _IDS.sub(self._cited, whole if found and self._known(found) else found)
        if isinstance(found, tuple) and hasattr(found, "_fields"):
            return type(found)(*map(self.numbered, found))
        if isinstance(found, (tuple, list)):
            return type(found)(map(self.numbered, found))
        return found

    def _known(self, text: str) -> bool:
        return all(name in self.sources for name in text.split(", "))

    def _cited(self, found: re.Match[str]) -> str:
        if not self._known(found[1]):
            return found[0]
        numbers = [self.numbers.setdefault(name, len(self.numbers) + 1) for name in found[1].split(", ")]
        return f"[{', '.join(map(str, sorted(numbers)))}]"

    def references(self) -> list[Reference]:
        """Each source that was cited, by number."""
        return [_reference(number, self.sources[name]) for name, number in self.numbers.items()]


def _reference(number: int, source: Source) -> Reference:
    links = (
        (f"doi:{source.doi}", f"https://doi.org/{source.doi}") if source.doi else None,
        (f"PMID {source.pmid}", f"https://pubmed.ncbi.nlm.nih.gov/{source.pmid}/") if source.pmid else None,
        (source.url, source.url) if source.url and not source.doi else None,
        ("copy", source.copy) if source.copy and not (source.url or source.doi) else None,
    )
    year = f", {source.year}" if source.year and str(source.year) not in source.title else ""
    read = capitalised(read_words(source)).rstrip(".")
    told = f" {read}." if read else ""
    sound = tuple(link for link in links if link and _ADDRESS.fullmatch(link[1]))
    return Reference(number, f"{source.title.rstrip('.')}{year}.{told}", sound)
