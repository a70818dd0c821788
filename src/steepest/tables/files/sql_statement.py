"""One SELECT as DuckDB parses it: whether it is one, the names in its FROM, the files of its calls.

A name that is not that of a common table expression is a file's. DuckDB would look for tables of
that name first, and read a file by a guess of its own: here every such file is opened as if it
were given alone.
"""

import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from steepest.errors import InputError
from steepest.tables.files.duckdb_engine import Engine, EngineError, identifier, quoted
from steepest.translation import gathered, translated

Node: TypeAlias = dict[str, Any]

_WORD = re.compile(
    r"(select|with|from|values|copy|attach|detach|install|load|pragma|set|reset|create|insert"
    r"|update|delete|drop|alter|call|explain|describe|show|export|import|execute|prepare|use"
    r"|vacuum|pivot|unpivot|summarize|truncate|merge|begin|commit|rollback|checkpoint|analyze)"
    r"[\s(*'\"]",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"\A(\s|\(|--[^\n]*\n|/\*.*?\*/)+", re.DOTALL)
_SELECT = gathered("give one SELECT (or WITH … SELECT) statement")
_PARTS = ("catalog_name", "schema_name", "table_name")
_ROWS = ("SELECT", "WITH", "FROM", "VALUES")


def looks_like_query(text: str) -> bool:
    """Does the text start as an SQL statement does?

    >>> looks_like_query("select x from 'a.csv'"), looks_like_query("selected.csv")
    (True, False)
    """
    return _first_word(text) is not None


def parse(sql: str, engine: Engine) -> Node:
    """The statement as a tree. Raises InputError where it is not one SELECT."""
    kinds = engine.statements(sql)
    word = _first_word(sql)
    # SHOW, DESCRIBE and SUMMARIZE count as SELECT for DuckDB; their rows are not a table's.
    if word not in _ROWS or kinds != ["SELECT"]:
        odd = next((kind for kind in kinds if kind != "SELECT"), word)
        if len(kinds) == 1:
            raise only_select(str(odd))
        raise InputError(
            "query: {count} statements were given; {SELECT}",
            count=len(kinds),
            SELECT=translated(_SELECT),
        )
    return serialized(sql, engine)


def only_select(kind: str) -> InputError:
    """Why a statement of that kind, or one that holds it, is refused."""
    return InputError(
        "query: {kind} is not allowed; {SELECT}", kind=kind, SELECT=translated(_SELECT)
    )


def serialized(sql: str, engine: Engine) -> Node:
    """The tree of a SELECT."""
    tree: Node = json.loads(engine.ask("SELECT json_serialize_sql(?)", [sql])[0][0])
    if tree.get("error"):
        reason = str(tree.get("error_message", "it is no plain SELECT"))
        raise InputError(
            "query: it cannot be looked through ({reason}); write a plain SELECT", reason=reason
        )
    return tree


def walk(tree: Node) -> Iterator[Node]:
    """The node and all below it, in the order of the text."""
    return (node for node, _ in _walk(tree))


def file_names(tree: Node) -> list[str]:
    """The names in FROM that are files, each once. Raises InputError for a name with a schema."""
    for node in _files(tree):
        name = ".".join(node[part] for part in _PARTS if node[part])
        if name != node["table_name"]:
            raise InputError(
                "query: to SQL {name} is a table of a schema; put the name of a file between "
                "quotes: FROM '{name}'",
                name=name,
            )
    return list(dict.fromkeys(node["table_name"] for node in _files(tree)))


def with_aliases(sql: str, tree: Node) -> str:
    """The statement, where a file without an alias gets the one that DuckDB gives: d for 'a/d.csv'.

    Only where the text of the name is found just where the parser says.
    """
    text = sql.encode()
    for node in sorted(_files(tree), key=lambda node: -int(node["query_location"])):
        name, start = node["table_name"], node["query_location"]
        end = start + node.get("query_location_length", 0)
        alias = os.path.basename(name).split(".")[0]
        if alias and text[start:end].decode(errors="replace") in (quoted(name), identifier(name)):
            text = text[:end] + f" AS {identifier(alias)}".encode() + text[end:]
    return text.decode()


def called_files(tree: Node, functions: frozenset[str], engine: Engine) -> list[tuple[str, Path]]:
    """What calls of `functions` in FROM read: the text that is given, and a file that it names."""
    return [
        (text, path)
        for node in walk(tree)
        if node.get("type") == "TABLE_FUNCTION" and _name(node["function"]) in functions
        for text in _texts(node["function"], engine)
        for path in _found(text, _name(node["function"]), engine)
    ]


def is_plain(tree: Node) -> bool:
    """Do rows come out as they lie in one source? Groups, joins and ties are ordered by luck."""
    selects = [node for node in walk(tree) if str(node.get("type", "")).endswith("_NODE")]
    kinds = {str(node.get("type")) for node in walk(tree)}
    modifiers = [part for node in selects for part in node.get("modifiers", [])]
    return (
        all(node["type"] == "SELECT_NODE" for node in selects)
        and not kinds & {"JOIN", "PIVOT", "SCALAR", "EXISTS", "ANY", "NOT_EXISTS"}
        and not any(str(node.get("class")) in ("WINDOW", "SUBQUERY") for node in walk(tree))
        and not any(node.get("group_expressions") for node in selects)
        and all("LIMIT" in str(part.get("type")) for part in modifiers)
    )


def _first_word(text: str) -> str | None:
    word = _WORD.match(_BEFORE.sub("", text))
    return word[1].upper() if word else None


def _files(tree: Node) -> Iterator[Node]:
    """The names in FROM that are not of common table expressions."""
    for node, known in _walk(tree):
        if node.get("type") == "BASE_TABLE":
            schema = node["catalog_name"] or node["schema_name"]
            if schema or node["table_name"].lower() not in known:
                yield node


def _walk(tree: Node) -> Iterator[tuple[Node, frozenset[str]]]:
    """Each node, with the common table expressions that can be seen from it."""
    left: list[tuple[Any, frozenset[str]]] = [(tree, frozenset())]
    while left:  # no recursion: a sum of a thousand terms is a thousand nodes deep
        node, known = left.pop()
        if isinstance(node, dict):
            yield node, known
            common = (node.get("cte_map") or {}).get("map", [])
            known = known | {expression["key"].lower() for expression in common}
            node = list(node.values())
        if isinstance(node, list):
            left += [(child, known) for child in reversed(node)]


def _name(function: Node) -> str:
    return str(function["function_name"]).lower()


def _texts(function: Node, engine: Engine) -> list[str]:
    """The first argument, as a list of texts."""
    given = [each["expression"] for each in function["arguments"] if not each["name"]][:1]
    tree = serialized("SELECT 0", engine)
    tree["statements"][0]["node"]["select_list"] = given
    try:
        sql = engine.ask("SELECT json_deserialize_sql(?)", [json.dumps(tree)])[0][0]
        value = engine.ask(sql)[0][0]
    except EngineError:
        value = None
    texts: list[object] = value if isinstance(value, list) else [value]
    if not texts or not all(isinstance(text, str) for text in texts):
        raise InputError(
            "query: {function}() must be given its files as texts: {function}('FILE') or "
            "{function}(['FILE', …])",
            function=_name(function),
        )
    return [str(text) for text in texts]


def _found(text: str, function: str, engine: Engine) -> Sequence[Path]:
    rows = engine.ask("SELECT file FROM glob(?)", [text])
    if not rows:
        raise InputError(
            "query: {function}('{text}'): no file has this name or matches it",
            function=function,
            text=text,
        )
    return [Path(row[0]) for row in rows]
