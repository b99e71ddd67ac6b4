"""Names that the JSON of an answer promises to scripts; more may be added, none taken away."""

TOP = {
    "schema", "tool_version", "knowledge", "question", "patient_id", "patient", "assumptions", "warnings", "summary",
    "options", "omitted", "excluded", "next_questions", "supportive_care", "sources", "notice",
}  # fmt: skip
OPTION = {
    "id", "name", "drugs", "verdict", "tier", "tier_because", "settings", "because", "needs", "checks", "cautions",
    "labels", "label_detail", "evidence", "doses", "sources", "prescription", "preparation", "burden", "guidance",
    "key_figure", "historical",
}  # fmt: skip
EXCLUDED = {"id", "name", "drugs", "labels", "because", "flips"}
QUESTION = {"fact", "option", "settles", "settles_at_least", "of", "answers"}
ANSWERED = {"answer", "options", "opens", "closes"}
SUMMARY = {"kind", "text", "options", "source"}
DOSE = {"drug", "dose", "route", "days", "standard", "adjusted_for", "open", "text", "source", "unread"}
OPEN_DOSE = {"fact", "if", "dose"}
BURDEN = {"routes", "visits_first_28_days", "visits_later_28_days", "inpatient_days", "until"}
GUIDANCE = {"body", "year", "position", "text", "source"}
KEY_FIGURE = {"trial", "versus", "endpoint", "hr", "ci", "months", "control_months", "orr"}
