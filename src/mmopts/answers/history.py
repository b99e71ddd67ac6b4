"""The answer of ``mmopts history``: from a list of treatments to the facts, with the rule and the source of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmopts.answers import citing, forms, parts
from mmopts.answers.patient import frame
from mmopts.assess.assessment import facts_and_question, read_scope
from mmopts.diagnostics import Diagnostic, QuestionError
from mmopts.facts import FACTS, incomplete_key
from mmopts.knowledge.records import Knowledge, cited_ids
from mmopts.patient import intake
from mmopts.patient.as_file import fact_as_file
from mmopts.patient.merge import resolve
from mmopts.patient.spoken import patient_options
from mmopts.patient.treatments import FACT, policy_of


def history(
    given: Mapping[str, Any], kb: Knowledge, patient_id: str | None = None, defaults: tuple[forms.Default, ...] = ()
) -> forms.History:
    """What follows from the `treatments` of a patient file; facts stated beside them beat the derived ones.

    Raises QuestionError with every fault, KnowledgeError if the knowledge base has no rules for a list of treatments.
    """
    named, asked = facts_and_question(given)
    problems: list[Diagnostic] = []
    scope = read_scope(asked, kb, problems)
    if named.get(FACT) is None:
        text = f"the patient has no list of `{FACT}`; mmopts history --new prints one to fill in."
        problems.append(Diagnostic("no-treatments", text, FACT))
    if problems:
        raise QuestionError(problems)
    found = resolve(named, kb, scope.as_of)
    patient = intake(found.facts, kb)
    facts = {key: found.facts[key] for name in FACTS for key in (name, incomplete_key(name)) if key in found.facts}
    if "months_since" in facts:
        facts["months_since"] = fact_as_file(FACTS["months_since"], patient, kb)  # a file may give it as text
    day = f"--as-of {scope.as_of}" if scope.as_of != kb.meta.reviewed else ""
    cited = cited_ids(source for one in found.history.derivations for source in (one.source, one.other_source))
    return forms.History(
        **frame("history", kb.meta),
        patient_id=patient_id,
        question=forms.Asked(scope.region, scope.as_of, defaults),
        facts=facts,
        names=parts.names(parts.patient_atoms(facts), kb),
        options=" ".join(part for part in (patient_options(facts), day) if part),
        lines=found.history.lines,
        treatments=found.history.treatments,
        derivations=found.history.derivations,
        warnings=parts.notes([*found.warnings, *patient.warnings]),
        sources=citing.cited(cited, kb),
    )


def template(kb: Knowledge) -> str:
    """A list of treatments to be filled in, with comments. Raises KnowledgeError if the knowledge base has none."""
    return policy_of(kb).template
