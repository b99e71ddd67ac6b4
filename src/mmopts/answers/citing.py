"""What an answer cites: the ids of the sources behind its rows, and these sources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property

from mmopts.answers import forms
from mmopts.answers.doses import stay_notes
from mmopts.knowledge.records import Cited, Knowledge, Source, cited_ids


def source_ids(*groups: Iterable[forms.Cites]) -> tuple[str, ...]:
    """The ids of the sources that rows cite, also in the open changes and remarks of a dose, sorted."""
    cited: list[Cited] = []
    for group in groups:
        for row in group:
            cited.append(row.source)
            if type(row) is forms.Dose:
                cited += [change.source for change in row.open]
                cited += [remark.source for remark in row.remarks]
    return tuple(sorted(cited_ids(cited)))


def cited_by(option: forms.Option) -> tuple[str, ...]:
    """The ids of the sources that an option cites."""
    o = option
    how = (o.prescription, o.preparation, stay_notes(o.burden), o.boxed_warnings)
    return source_ids(o.because, o.cautions, o.evidence, o.guidance, *how, *o.label_detail.values())


class Sources(Mapping[str, Source]):
    """The sources that an answer cites, sorted by id; which ones is worked out only when they are listed.

    Looking one up by its id does not need that.
    """

    def __init__(self, kb: Knowledge, ids: Callable[[], Iterable[str]]) -> None:
        self._known, self._ids = kb, ids

    @cached_property
    def _cited(self) -> list[str]:
        return [name for name in sorted(set(self._ids())) if name in self._known.sources]

    def __getitem__(self, name: str) -> Source:
        return self._known.sources[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._cited)

    def __len__(self) -> int:
        return len(self._cited)


def cited(ids: Iterable[str], kb: Knowledge) -> Mapping[str, Source]:
    """The sources with these ids."""
    known = kb.sources
    return {name: known[name] for name in sorted(set(ids)) if name in known}
