"""A SELECT over files: checked to be one, its CSV files read as strictly as any other."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, final

from steepest.errors import InputError
from steepest.rows.files.dialect import check_unique
from steepest.rows.files.engine import Engine, EngineError, first_line, identifier, quoted
from steepest.rows.files.origin import Origin, kind_of
from steepest.rows.files.table import FileTable
from steepest.rows.table import Column, RawBlock

_WORD = re.compile(
    r"(select|with|from|values|copy|attach|detach|install|load|pragma|set|reset|create|insert"
    r"|update|delete|drop|alter|call|explain|describe|show|export|import|execute|prepare|use"
    r"|vacuum|pivot|unpivot|summarize|truncate|merge|begin|commit|rollback|checkpoint|analyze)"
    r"[\s(*'\"]",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"\A(\s|\(|--[^\n]*\n|/\*.*?\*/)+", re.DOTALL)
_ROWS = ("SELECT", "WITH", "FROM", "VALUES")
_VIEW = "steepest_query"
_CHANGING = {"random", "uuid", "gen_random_uuid", "uuidv4", "uuidv7"}
_LENIENT = {"read_csv", "read_csv_auto", "sniff_csv"}


@final
class Query(Origin):
    """The rows of one SELECT statement."""

    def __init__(self, sql: str, engine: Engine, open_named: Callable[[str], FileTable]) -> None:
        self.shown = "query"
        try:
            _check(sql, engine)
            tree = _tree(sql, engine)
            _check_functions(tree)
            for name in _tables(tree):
                _define(name, engine, open_named)
            found = engine.schema(sql)
            check_unique([name for name, _ in found], "query")
            engine.ask(f"CREATE VIEW {_VIEW} AS {sql}\n")
        except EngineError as problem:
            raise self.explain(problem, ()) from problem
        if not _is_plain(tree):
            engine.single_thread()
        self.relation = _VIEW
        self.columns = tuple(Column(name, kind_of(type_), type_) for name, type_ in found)
        self.count = None
        self.description = f"columns {', '.join(name for name, _ in found)}"

    def where(self, row: int) -> str:
        return f"query, row {row + 1}"

    def inspect(self, asked: Sequence[int], block: RawBlock) -> None:
        """Nothing to refuse: numbers come in their own width."""

    def explain(self, problem: EngineError, asked: Sequence[int]) -> InputError:
        text = str(problem)
        line = re.search(r"CSV Error on Line: (\d+)", text)
        file = re.search(r"^\s*file = (.+)$", text, re.MULTILINE)
        if line and file:
            reason = re.search(
                r"(Expected Number of Columns.*|Could not convert.*|.*quote.*)", text
            )
            what = reason[0].strip() if reason else "the line cannot be read"
            return InputError(f"query: {file[1].strip()}, line {line[1]}: {what}")
        return InputError(f"query: {first_line(problem)}")


def looks_like_query(text: str) -> bool:
    """Does the text start as an SQL statement does?

    >>> looks_like_query("select x from 'a.csv'"), looks_like_query("selected.csv")
    (True, False)
    """
    return _first_word(text) is not None


def _first_word(text: str) -> str | None:
    word = _WORD.match(_BEFORE.sub("", text))
    return word[1].upper() if word else None


def _check(sql: str, engine: Engine) -> None:
    kinds = engine.statements(sql)
    word = _first_word(sql)
    # SHOW, DESCRIBE and SUMMARIZE count as SELECT for DuckDB; their rows are not a table's.
    if word not in _ROWS or kinds != ["SELECT"]:
        odd = next((kind for kind in kinds if kind != "SELECT"), word)
        what = f"{odd} is not allowed" if len(kinds) == 1 else f"{len(kinds)} statements were given"
        raise InputError(f"query: {what}; give one SELECT (or WITH … SELECT) statement")


def _check_functions(tree: dict[str, Any]) -> None:
    """Refuse what gives other rows at every pass, and what reads files less strictly than we."""
    nodes = list(_walk(tree))
    called = {str(node["function_name"]).lower() for node in nodes if "function_name" in node}
    if called & _CHANGING or any(node.get("sample") for node in nodes):
        raise InputError(
            "query: random() and samples give other rows at every pass; "
            "write the rows to a file first, and fit that"
        )
    for name in sorted(called & {"query", "query_table"}):
        raise InputError(f"query: {name}() hides what is read; write its SELECT itself")
    for name in sorted(called & _LENIENT):
        raise InputError(
            f"query: {name}() may leave out lines without a word; "
            "write the file's name in its place: FROM 'file.csv'"
        )


def _tree(sql: str, engine: Engine) -> dict[str, Any]:
    """The query as DuckDB parsed it."""
    answer = engine.ask("SELECT json_serialize_sql(?)", [sql.strip()])[0][0]
    try:
        tree: dict[str, Any] = json.loads(answer)
    except RecursionError:
        raise InputError(
            "query: its SELECTs or values are nested too deeply; name some of them with WITH"
        ) from None
    if tree.get("error"):
        reason = str(tree.get("error_message", "it is no plain SELECT"))
        raise InputError(f"query: it cannot be looked through ({reason}); write a plain SELECT")
    return tree


def _walk(node: Any) -> Iterator[dict[str, Any]]:
    """Every part of the tree, from the top; it may be as deep as JSON can be read."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting += reversed(node.values())
        elif isinstance(node, list):
            waiting += reversed(node)


def _tables(tree: dict[str, Any]) -> list[str]:
    """Names in FROM that are files to be read by us: their endings say CSV."""
    names = (node.get("table_name", "") for node in _walk(tree) if node.get("type") == "BASE_TABLE")
    endings = (".csv", ".tsv", ".txt", ".dat", ".csv.gz", ".tsv.gz", ".csv.zst")
    return [name for name in dict.fromkeys(names) if name.lower().endswith(endings)]


def _define(name: str, engine: Engine, open_named: Callable[[str], FileTable]) -> None:
    """A view under the file's own name, so that DuckDB's lenient guess is never asked for."""
    table = open_named(name)
    # The table owns the temporary copies of its files: it must live as long as the engine.
    engine.keep(table)
    engine.ask(f"CREATE VIEW {identifier(name)} AS SELECT * FROM {table.relation}")


def _is_plain(tree: dict[str, Any]) -> bool:
    """Do rows come out as they lie in one source? Groups, joins and ties are ordered by luck."""
    selects = [node for node in _walk(tree) if str(node.get("type", "")).endswith("_NODE")]
    kinds = {str(node.get("type")) for node in _walk(tree)}
    modifiers = [part for node in selects for part in node.get("modifiers", [])]
    return (
        all(node["type"] == "SELECT_NODE" for node in selects)
        and not kinds & {"JOIN", "SCALAR", "EXISTS", "ANY", "NOT_EXISTS"}
        and not any(str(node.get("class")) in ("WINDOW", "SUBQUERY") for node in _walk(tree))
        and not any(node.get("group_expressions") for node in selects)
        and all("LIMIT" in str(part.get("type")) for part in modifiers)
    )


def open_query(sql: str, engine: Engine, open_named: Callable[[str], FileTable]) -> FileTable:
    """The rows of a SELECT; `open_named` opens the CSV files that its FROM names."""
    if not sql.strip():
        raise InputError(f"query {quoted(sql)} is empty; give one SELECT statement")
    return FileTable(Query(sql, engine, open_named), engine)
