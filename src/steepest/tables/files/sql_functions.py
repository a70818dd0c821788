"""What a query may do: read rows, compute, and call a few functions that make rows.

A SELECT can do more. A common table expression may be a COPY that writes a file; functions write
logs, wait, execute text, read settings, or give another value at every pass. None is allowed.
"""

from collections.abc import Iterable, Iterator

from steepest.errors import InputError
from steepest.tables.files.duckdb_engine import Engine, listed
from steepest.tables.files.sql_statement import Node, only_select, serialized, walk

# Those that read files, whose names are their first argument.
READERS = frozenset(
    (
        *("read_parquet", "parquet_scan"),
        *("read_json", "read_json_auto", "read_ndjson", "read_ndjson_auto"),
        *("read_json_objects", "read_json_objects_auto", "read_ndjson_objects"),
    )
)
# Queries (their types end in _NODE), and what stands in FROM.
_PARTS = frozenset(
    (
        *("SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"),
        *("BASE_TABLE", "SUBQUERY", "JOIN", "PIVOT", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY"),
    )
)
_MAKERS = ("range", "generate_series", "unnest", "repeat", "json_each", "json_tree")
# Of these DuckDB says that they are consistent, or they stand without parentheses.
_CLOCKS = frozenset(
    (
        *("current_localtime", "current_localtimestamp", "localtime", "localtimestamp"),
        *("current_date", "current_time", "current_timestamp"),
    )
)
_CONSTANT = "CONSISTENT"


def check_calls(tree: Node, engine: Engine) -> None:
    """Raise InputError where the statement holds or calls what it may not."""
    for node in walk(tree):
        kind = str(node.get("type", ""))
        is_part = kind.endswith("_NODE") or ("sample" in node and "alias" in node)
        if is_part and kind not in _PARTS:
            raise only_select(kind.split("_")[0])
        if node.get("sample"):
            raise _changing("a sample")
        if kind == "TABLE_FUNCTION":
            _check_rows(node["function"])
    _check_values(tree, engine)


def _check_rows(function: Node) -> None:
    """A call in FROM."""
    name = str(function["function_name"]).lower()
    if "csv" in name:
        raise InputError(
            "query: {name}() may leave out lines without a word; write the file's name in "
            "its place: FROM 'file.csv'",
            name=name,
        )
    if name not in READERS and name not in _MAKERS:
        raise InputError(
            "query: {name}() is not allowed in FROM; give the name of a file, FROM 'FILE', "
            "or call read_parquet(), read_json(), range(), generate_series() or unnest()",
            name=name,
        )
    if any(str(each["name"]).lower() == "ignore_errors" for each in function["arguments"]):
        raise InputError(
            "query: {name}() with ignore_errors leaves out rows without a word; leave that "
            "option out, and correct the rows",
            name=name,
        )


def _check_values(tree: Node, engine: Engine, seen: frozenset[str] = frozenset()) -> None:
    """Calls anywhere; those of a macro are looked through too."""
    names = frozenset(_called(tree)) - seen
    for name in sorted(names & _CLOCKS):
        raise _changing(name)
    sql = (
        "SELECT function_name, stability, macro_definition FROM duckdb_functions() "
        f"WHERE lower(function_name) IN {_tuple(names)} AND function_type NOT IN "
        "('table', 'table_macro', 'pragma') ORDER BY ALL"
    )
    for name, stability, definition in engine.ask(sql):
        if definition is not None:
            _check_values(serialized(f"SELECT {definition}", engine), engine, seen | names)
        elif stability not in (None, _CONSTANT):
            raise _changing(f"{name}()")


def _called(tree: Node) -> Iterator[str]:
    for node in walk(tree):
        if "function_name" in node:
            name = str(node["function_name"]).lower()
            # With one argument it counts from today.
            yield "current_date" if name == "age" and len(node["arguments"]) == 1 else name
        elif node.get("class") == "COLUMN_REF" and len(node["column_names"]) == 1:
            yield from _CLOCKS & {str(node["column_names"][0]).lower()}


def _tuple(names: Iterable[str]) -> str:
    return "(" + listed(sorted(names))[1:-1] + ")" if names else "('')"


def _changing(what: str) -> InputError:
    return InputError(
        "query: {what} may give other rows at every pass, and is not allowed; write the rows "
        "to a file first, and fit that",
        what=what,
    )
