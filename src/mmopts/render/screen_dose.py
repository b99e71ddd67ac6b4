"""The screen of ``mmopts dose``: the dose card of one regimen."""

from __future__ import annotations

from mmopts.answers.forms import DoseCard
from mmopts.render.about import RECALLED, about_patient, command, foot, next_commands, options_of
from mmopts.render.blocks import Block, Group, Line, View
from mmopts.render.dosecard import card_blocks, dose_parts
from mmopts.render.phrases import cited_in, id_and_name, recalled, said
from mmopts.render.screen_explain import general_cautions


def dose_screen(answer: DoseCard, view: View) -> list[Block]:
    """The whole screen: verdict, what is special for this patient, the card, general cautions last and folded."""
    mine = [Line(said(c), "warn") for c in answer.cautions if not c.always]
    a = answer
    others = [dose for other in a.alternatives for dose in other.prescription]
    remarks = [remark for dose in a.prescription for remark in dose.remarks]
    parts = ([*dose_parts(a.prescription), *dose_parts(others)], a.preparation, [a.burden.inpatient_note], a.boxed_warnings)
    unread = recalled(a.prescription, remarks, others, *parts[1:], a.care, a.cautions)
    ids = cited_in(*parts, a.care)
    options = options_of(answer)
    return [
        Line(id_and_name(answer.id, answer.name), "name"),
        *about_patient(answer),
        Line(answer.verdict, "bad" if answer.verdict == "excluded" else "strong", lead="Verdict:"),
        *([Group("Cautions", mine)] if mine else []),
        *card_blocks(a.prescription, a.preparation, a.burden, a.boxed_warnings, a.care, a.alternatives),
        *general_cautions(answer.cautions, view),
        *foot(answer, view, [RECALLED] if unread else [], ids),
        *next_commands([command("explain", answer.id, options)]),
    ]
