"""What SQL a user may run: single questions. Judged on DuckDB's own parse, never on the text.

The statement type is not enough: DuckDB 2.0 parses `WITH x AS (COPY … TO 'file') SELECT …` as a SELECT. So the whole
syntax tree is walked and only known nodes and table functions pass.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

import duckdb
import orjson

from trading_assets.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Iterator

_QUESTIONS = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest", "json_each", "json_tree"})
_REFUSED_FUNCTIONS = frozenset({"getenv", "current_setting", "write_log", "json_execute_serialized_sql"})
_EXPLAIN = re.compile(
    r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*EXPLAIN\s+(?:\([^()]*\)|ANALYZE\b)?", re.IGNORECASE | re.DOTALL
)


def read_only_statements(connection: duckdb.DuckDBPyConnection, text: str) -> list[str]:
    """Split a text into its statements and let only questions pass.

    Args:
        connection: Any open connection; nothing of the text is run.
        text: One or more statements separated by `;`, comments allowed.

    Returns:
        The statements in order, at least one.

    Raises:
        SqlError: The text does not parse, is empty, or holds anything but SELECT, WITH, VALUES, FROM, DESCRIBE, SHOW,
            SUMMARIZE or EXPLAIN of one of them, or calls a function that reaches beyond the tables.
    """
    try:
        statements = connection.extract_statements(text)
    except duckdb.Error as error:
        raise sql_error(error) from error
    if not statements:
        msg = "there is no SQL statement; expected for instance SELECT * FROM daily_performance."
        raise SqlError(msg)
    for statement in statements:
        question = statement.query
        if statement.type == duckdb.StatementType.EXPLAIN:
            question = _EXPLAIN.sub("", question, count=1)
        _require_question(connection, question)
    return [str(statement.query) for statement in statements]


def sql_error(error: Exception) -> SqlError:
    """Turn what the engine says into one paragraph."""
    return SqlError(f"the SQL engine refused the statement: {' '.join(str(error).split())}")


def _require_question(connection: duckdb.DuckDBPyConnection, question: str) -> None:
    try:
        # all rows: DuckDB 2.0 takes a half-read answer for a connection still at work
        [(parsed,)] = connection.execute("SELECT json_serialize_sql(?)", [question]).fetchall()
        tree = orjson.loads(parsed)
    except (duckdb.Error, orjson.JSONDecodeError) as error:
        raise sql_error(error) from error
    if tree.get("error", True) or len(tree["statements"]) != 1:
        _refuse(f"a statement other than a question ({tree.get('error_message', 'not one statement')})")
    for node in _nodes(tree):
        _require_harmless(node)


def _nodes(tree: object) -> Iterator[dict[str, object]]:
    """All objects of the tree, without recursion: the depth is the user's choice."""
    waiting = [tree]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            yield found
            waiting.extend(found.values())
        elif isinstance(found, list):
            waiting.extend(found)


def _require_harmless(node: dict[str, object]) -> None:
    kind = str(node.get("type", ""))
    if kind.endswith("_NODE") and kind not in _QUESTIONS:
        _refuse(kind.removesuffix("_NODE").replace("_", " "))
    if kind == "TABLE_FUNCTION":
        function = node["function"]
        name = str(function["function_name"]).lower() if isinstance(function, dict) else "?"
        if name not in _TABLE_FUNCTIONS:
            _refuse(f"table function {name}")
    elif str(node.get("function_name", "")).lower() in _REFUSED_FUNCTIONS:
        _refuse(f"function {node['function_name']}")


def _refuse(found: str) -> NoReturn:
    msg = (
        f"this SQL is read-only and sees the tables only; found {found}. Use SELECT, WITH, VALUES, DESCRIBE, SHOW, "
        f"SUMMARIZE or EXPLAIN, and of table functions {', '.join(sorted(_TABLE_FUNCTIONS))}."
    )
    raise SqlError(msg)
