"""Names that the JSON of an answer promises to scripts; more may be added, none taken away."""

TOP = {
    "schema",
    "tool_version",
    "knowledge",
    "question",
    "patient",
    "assumptions",
    "warnings",
    "options",
    "omitted",
    "excluded",
    "next_questions",
    "supportive_care",
    "sources",
    "notice",
}
OPTION = {
    "id",
    "name",
    "drugs",
    "verdict",
    "tier",
    "tier_because",
    "settings",
    "because",
    "needs",
    "checks",
    "cautions",
    "labels",
    "label_detail",
    "evidence",
    "doses",
    "sources",
}
EXCLUDED = {"id", "name", "drugs", "labels", "because", "flips"}
QUESTION = {"fact", "option", "settles", "settles_at_least", "of"}
