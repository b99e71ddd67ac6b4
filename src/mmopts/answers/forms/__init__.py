"""The form of every answer, stated once: the JSON and its JSON Schema are made from these records.

A field is a key of the JSON, in this order; a trailing ``_`` is left out (``if_`` is ``if``). Text that cites carries
its `source` (an id, or several) and `unread` where it was recalled and not read.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mmopts.answers.forms.parts import *
from mmopts.answers.forms.patient import *
from mmopts.knowledge.records import LEADING as LEADING  # for those who show what leads
from mmopts.knowledge.records import Source as Source
from mmopts.knowledge.records import cited_ids as cited_ids  # for those who read what rows cite
from mmopts.patient.derived import Derivation as Derivation

if TYPE_CHECKING:
    from mmopts.answers.forms.library import *
    from mmopts.answers.forms.upkeep import *
    from mmopts.review.records import *

INLINED: dict[type, str] = {Explained: "option"}
"""Records one of whose parts lends its keys to the JSON object of the whole."""

REPEATED = frozenset({
    Ask, Care, Caution, Dose, Flip, GuidanceRow, KeyFigure, LabelRow, Said, Source, TrialRow, Warned,
})  # fmt: skip
"""Records that come back from patient to patient: their JSON may be kept. Figures stand beside the name of their trial."""


def __getattr__(name: str) -> Any:
    """A form that is about no patient: its module is read when the first of them is asked for."""
    for room in (f"{__name__}.library", f"{__name__}.upkeep", "mmopts.review.records"):
        found = getattr(import_module(room), name, None)
        if found is not None:
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
