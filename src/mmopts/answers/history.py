"""The answer of ``mmopts history``: from a list of treatments to the facts, with the rule and the source of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmopts.answers import citing, forms, parts
from mmopts.answers.patient import frame
from mmopts.assess.assessment import facts_and_question, read_scope, taken_in
from mmopts.diagnostics import Diagnostic
from mmopts.facts import FACTS, QUESTION_KEYS, TREATMENTS, incomplete_key
from mmopts.knowledge.records import Knowledge, cited_ids
from mmopts.patient.as_file import fact_as_file
from mmopts.patient.spoken import question_options
from mmopts.patient.treatments import policy_of


def history(
    given: Mapping[str, Any], kb: Knowledge, patient_id: str | None = None, defaults: tuple[forms.Default, ...] = ()
) -> forms.History:
    """What follows from the `treatments` of a patient file; facts stated beside them beat the derived ones.

    Raises QuestionError with every fault, KnowledgeError if the knowledge base has no rules for a list of treatments.
    """
    named, asked = facts_and_question(given)
    problems: list[Diagnostic] = []
    scope = read_scope(asked, kb, problems)
    if named.get(TREATMENTS) is None:
        text = f"the patient has no list of `{TREATMENTS}`; mmopts history --new prints one to fill in."
        problems.append(Diagnostic("no-treatments", text, TREATMENTS))
    patient, found = taken_in(named, kb, scope, problems)
    assert found is not None
    facts: dict[str, Any] = {}
    for name in (name for name in FACTS if name in found.facts):
        listed = FACTS[name].kind in ("drugs", "words", "months")
        facts[name] = fact_as_file(FACTS[name], patient, kb) if listed else found.facts[name]
        if (key := incomplete_key(name)) in found.facts:
            facts[key] = found.facts[key]
    facts |= {key: asked[key] for key in QUESTION_KEYS if asked.get(key) is not None}
    cited = cited_ids(source for one in found.history.derivations for source in (one.source, one.other_source))
    return forms.History(
        **frame("history", kb.meta),
        patient_id=patient_id,
        question=forms.Asked(scope.region, scope.as_of, defaults),
        facts=facts,
        names=parts.names(parts.patient_atoms(facts), kb),
        options=question_options(facts, kb.meta.reviewed),
        lines=found.history.lines,
        treatments=found.history.treatments,
        derivations=found.history.derivations,
        warnings=parts.notes([*found.warnings, *patient.warnings]),
        sources=citing.cited(cited, kb),
    )


def template(kb: Knowledge) -> str:
    """A list of treatments to be filled in, with comments. Raises KnowledgeError if the knowledge base has none."""
    return policy_of(kb).template
