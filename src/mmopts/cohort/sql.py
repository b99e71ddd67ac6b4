"""Judging as SQL: an algebra of `logic.fold` that writes a query over the columns of `fact_columns`. Needs no pyarrow.

Kleene's logic is that of SQL's AND, OR and NOT over nullable booleans; the rest is comparisons and CASE, which the
dialects take alike. Only the quotes of names differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from mmopts.assess.truths import COUNTRIES, LABELS, NOT_APPLICABLE, VERDICTS, Scope
from mmopts.cohort.fact_columns import FactColumn, choice_text, fact_columns
from mmopts.knowledge.records import Knowledge
from mmopts.logic import Cond, Value, fold, test_leaf

QUOTES = {"duckdb": '"', "sqlite": '"', "postgres": '"', "trino": '"', "snowflake": '"', "spark": "`", "bigquery": "`"}
"""The dialects, and the quote of their names."""
FROM_TEXT = {
    "sqlite": {
        "flag": "CASE LOWER({0}) WHEN 'true' THEN TRUE WHEN '1' THEN TRUE WHEN 'false' THEN FALSE WHEN '0' THEN FALSE END",
        "number": "CAST(NULLIF({0}, '') AS REAL)",
        "choice": "NULLIF({0}, '')",
    }
}
"""How a column is read, by its kind, in a dialect whose tables have no types: a CSV that it imports is text."""
TRUE, FALSE, UNKNOWN = "TRUE", "FALSE", "CAST(NULL AS BOOLEAN)"


class Sql:
    """The algebra: a condition as a nullable boolean expression. What the scope decides is worked out already."""

    def __init__(self, columns: Mapping[str, FactColumn], scope: Mapping[str, Value], quote: str) -> None:
        self.columns, self.scope, self.quote = columns, scope, quote

    def name(self, column: str) -> str:
        """A name in quotes."""
        return f"{self.quote}{column}{self.quote}"

    def leaf(self, cond: Cond) -> str:
        """A test of one fact."""
        column = self.columns.get(cond.fact)
        if column is None:
            return {True: TRUE, False: FALSE, None: UNKNOWN}[test_leaf(cond, self.scope.get(cond.fact))]
        if column.kind == "flag":
            return self.name(column.name) if cond.value else f"(NOT {self.name(column.name)})"
        if column.kind == "number":
            low, high = (self.name(end) for end in column.ends)
            bound = repr(cond.bound)
            yes, no = (
                (f"{low} >= {bound}", f"{high} < {bound}")
                if cond.test == ">="
                else (f"{high} <= {bound}", f"{low} > {bound}")
            )
        else:
            yes = self._in(column, [v for v in column.values if v in cond.listed])
            no = self._in(column, [v for v in column.values if v not in cond.listed])
        return f"(CASE WHEN {yes} THEN {TRUE} WHEN {no} THEN {FALSE} END)"

    def _in(self, column: FactColumn, values: Sequence[str]) -> str:
        """Only these values are possible."""
        texts = [choice_text(c, column) for size in range(1, len(values) + 1) for c in combinations(values, size)]
        said = ", ".join(f"'{text}'" for text in texts)
        return f"{self.name(column.name)} IN ({said})" if said else FALSE

    def all(self, items: Sequence[str]) -> str:
        """All of them."""
        return self._joined(items, " AND ", TRUE, FALSE)

    def any(self, items: Sequence[str]) -> str:
        """One of them."""
        return self._joined(items, " OR ", FALSE, TRUE)

    def _joined(self, items: Sequence[str], word: str, idle: str, deciding: str) -> str:
        if deciding in items:
            return deciding
        kept = list(dict.fromkeys(i for i in items if i != idle))
        return f"({word.join(kept)})" if len(kept) > 1 else kept[0] if kept else idle

    def not_(self, item: str) -> str:
        """The opposite."""
        return {TRUE: FALSE, FALSE: TRUE, UNKNOWN: UNKNOWN}.get(item) or f"(NOT {item})"

    def at_least(self, count: int, items: Sequence[str]) -> str:
        """So many of them."""
        yes = " + ".join(f"CASE WHEN {i} THEN 1 ELSE 0 END" for i in items)
        no = " + ".join(f"CASE WHEN NOT {i} THEN 1 ELSE 0 END" for i in items)
        return f"(CASE WHEN ({yes}) >= {count} THEN {TRUE} WHEN ({no}) > {len(items) - count} THEN {FALSE} END)"

    def named(self, cond: Cond, item: str) -> str:
        """As the condition inside."""
        return item


def sql_text(kb: Knowledge, scope: Scope, dialect: str, labels: bool = False) -> str:
    """A query over the table ``facts`` of normalised facts that gives ``id`` and, by regimen, the verdict in words.

    Raises KeyError for a dialect that is not one of `QUOTES`.
    """
    quote = QUOTES[dialect]
    sql = Sql(fact_columns(kb), scope.facts(kb), quote)
    memo: dict[Cond, str] = {}
    inner, outer = [], []
    for name, regimen in kb.regimens.items():
        inner.append(f"{fold(regimen.verdict, sql, memo)} AS {sql.name(name)}")
        outer.append(_worded(sql.name(name), VERDICTS))
        for region in COUNTRIES if labels else ():
            cond = regimen.labels[region]
            column = sql.name(f"{name}.label_{region}")
            if cond is None:
                outer.append(f"'{NOT_APPLICABLE}' AS {column}")
            else:
                inner.append(f"{fold(cond, sql, memo)} AS {column}")
                outer.append(_worded(column, LABELS))
    known = f"knowledge {kb.meta.version} ({kb.meta.digest})"
    head = f"-- {known}, region {scope.region}, as of {scope.as_of}; dialect {dialect}"
    key = sql.name("id")
    return "\n".join(
        (head, f"SELECT {key},", ",\n".join(f"  {o}" for o in outer), "FROM (", f"SELECT {key},",
         ",\n".join(f"  {i}" for i in inner), _source(sql, FROM_TEXT.get(dialect)), ") judged", "")
    )  # fmt: skip


def _source(sql: Sql, read: Mapping[str, str] | None) -> str:
    """Where the facts come from: the table, or its columns read from text."""
    if read is None:
        return "FROM facts"
    columns = [
        f"  {read[column.kind].format(sql.name(name))} AS {sql.name(name)}"
        for column in sql.columns.values()
        for name in (column.ends if column.kind == "number" else (column.name,))
    ]
    return "\n".join(("FROM (", f"SELECT {sql.name('id')},", ",\n".join(columns), "FROM facts", ") facts"))


def _worded(column: str, words: Mapping[bool | None, str]) -> str:
    """A column in words, under the same name."""
    yes, no, open_ = (words[value] for value in (True, False, None))
    return f"CASE WHEN {column} THEN '{yes}' WHEN NOT {column} THEN '{no}' ELSE '{open_}' END AS {column}"
