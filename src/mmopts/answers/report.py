"""The answer of ``mmopts report``: everything that a conference needs about one case, under a label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmopts.answers import citing, forms
from mmopts.answers.history import history
from mmopts.answers.patient import About, frame
from mmopts.assess.assessment import assess_given
from mmopts.facts import TREATMENTS
from mmopts.knowledge.records import LEADING, Knowledge


def report(given: Mapping[str, Any], kb: Knowledge, case: str, defaults: tuple[forms.Default, ...] = ()) -> forms.Report:
    """The options of a patient file's mapping, each of the first two tiers explained, and the history if there is one.

    `case` is all that names the patient. Raises QuestionError with every fault.
    """
    about = About(assess_given(given, kb), None, defaults)
    suggested = about.suggest()
    explained = tuple(about.explained(o.id) for o in suggested.options if o.tier in LEADING and not o.historical)
    past = history(given, kb, None, defaults) if given.get(TREATMENTS) else None
    sources = {**suggested.sources, **citing.cited(about.cited_by(explained), kb), **(past.sources if past else {})}
    return forms.Report(
        **frame("report", kb.meta, doses=True),
        case=case,
        suggest=suggested,
        regimens=explained,
        history=past,
        sources=dict(sorted(sources.items())),
    )
