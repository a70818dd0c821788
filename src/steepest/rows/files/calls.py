"""What a query may call: functions that compute, and a few that make rows.

A SELECT can do more than read. Some functions write files, wait, execute text or read settings,
and others give another value at every pass; none of them is allowed.
"""

from collections.abc import Iterable, Iterator

from steepest.errors import InputError
from steepest.rows.files.engine import Engine, listed
from steepest.rows.files.statement import Node, serialized, walk

# Those that read files, whose names are their first argument.
READERS = frozenset(
    (
        *("read_parquet", "parquet_scan"),
        *("read_json", "read_json_auto", "read_ndjson", "read_ndjson_auto"),
        *("read_json_objects", "read_json_objects_auto", "read_ndjson_objects"),
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
    """Raise InputError where the statement calls what it may not."""
    if any(node.get("sample") for node in walk(tree)):
        raise _changing("a sample")
    for node in walk(tree):
        if node.get("type") == "SHOW_REF":
            raise InputError(
                "query: SHOW, DESCRIBE and SUMMARIZE are not allowed; give one SELECT statement"
            )
        if node.get("type") == "TABLE_FUNCTION":
            _check_rows(node["function"])
    _check_values(tree, engine)


def _check_rows(function: Node) -> None:
    """A call in FROM."""
    name = str(function["function_name"]).lower()
    if "csv" in name:
        raise InputError(
            f"query: {name}() may leave out lines without a word; "
            "write the file's name in its place: FROM 'file.csv'"
        )
    if name not in READERS and name not in _MAKERS:
        raise InputError(
            f"query: {name}() is not allowed in FROM; give the name of a file, FROM 'FILE', or "
            "call read_parquet(), read_json(), range(), generate_series() or unnest()"
        )
    if any(str(each["name"]).lower() == "ignore_errors" for each in function["arguments"]):
        raise InputError(
            f"query: {name}() with ignore_errors leaves out rows without a word; "
            "leave that option out, and correct the rows"
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
        f"query: {what} may give other rows at every pass, and is not allowed; "
        "write the rows to a file first, and fit that"
    )
