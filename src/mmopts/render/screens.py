"""Which screen belongs to which answer: a table from the record to the function that makes its blocks."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeGuard

from mmopts.answers import forms
from mmopts.render.blocks import Block, View

if TYPE_CHECKING:
    from mmopts.record import Record

_SCREENS = {
    "Suggest": ("screen_suggest", "suggest_screen"),
    "AskAnswer": ("screen_ask", "ask_screen"),
    "Prompt": ("screen_interview", "prompt_screen"),
    "Moved": ("screen_interview", "moved_screen"),
    "Explain": ("screen_explain", "explain_screen"),
    "DoseCard": ("screen_dose", "dose_screen"),
    "History": ("screen_history", "history_screen"),
    "Report": ("screen_report", "report_screen"),
    "Cohort": ("screen_cohort", "cohort_screen"),
    "Show": ("screen_show", "show_screen"),
    "Compare": ("screen_compare", "compare_screen"),
    "List": ("screen_browse", "list_screen"),
    "Drugs": ("screen_browse", "drugs_screen"),
    "OneDrug": ("screen_browse", "drug_screen"),
    "Sources": ("screen_browse", "sources_screen"),
    "OneSource": ("screen_browse", "source_screen"),
    "Guidance": ("screen_guidance", "guidance_screen"),
    "Scores": ("screen_scores", "scores_screen"),
    "FactList": ("screen_browse", "facts_screen"),
    "KbCheck": ("screen_kb", "check_screen"),
    "KbDiff": ("screen_kb", "diff_screen"),
    "KbFormat": ("screen_kb", "format_screen"),
}
"""By the name of the record: the module and its function; only the one that is needed is loaded."""


def screen_of(answer: Record, view: View) -> list[Block]:
    """The blocks of an answer. Raises KeyError for a record that is no answer."""
    module, name = _SCREENS[type(answer).__name__]
    screen: Callable[[Any, View], list[Block]] = getattr(import_module(f"mmopts.render.{module}"), name)
    return screen(answer, view)


def title_of(answer: Record) -> str:
    """What a page with this answer is called."""
    if is_page(answer):
        return f"Treatment options: {answer.case}"
    schema: str = getattr(answer, "schema", "")
    return schema.partition("/")[0].replace(".", " ").replace("-", " ") or "mmopts"


def is_page(answer: Record) -> TypeGuard[forms.Report]:
    """Whether an answer is made to be read apart from the program, so that its text too has a title and a foot."""
    return isinstance(answer, forms.Report)


def foot_of(answer: Record) -> str:
    """What stands at the foot of each page: a case, the program, the knowledge base and its day."""
    known: forms.KnowledgeHead | None = getattr(answer, "knowledge", None)
    parts = [
        answer.case if is_page(answer) else "",
        f"mmopts {answer.tool_version}" if hasattr(answer, "tool_version") else "mmopts",
        f"knowledge {known.version}, reviewed {known.reviewed}" if known else "",
    ]
    return " \N{MIDDLE DOT} ".join(part for part in parts if part)
