"""A SELECT over files: checked to be one, its files read as strictly as any other."""

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import final

from steepest.errors import InputError
from steepest.tables.exact_numbers import ROUNDED, is_rounded
from steepest.tables.files.duckdb_engine import Engine, EngineError, first_line, identifier, quoted
from steepest.tables.files.file_table import FileTable, kind_of
from steepest.tables.files.open_files import check_regular
from steepest.tables.files.parquet import is_parquet
from steepest.tables.files.parquet_checksums import check_pages
from steepest.tables.files.remote_names import scheme_of
from steepest.tables.files.sql_functions import READERS, check_calls
from steepest.tables.files.sql_statement import (
    called_files,
    file_names,
    is_plain,
    parse,
    with_aliases,
)
from steepest.tables.files.watched_files import matching
from steepest.tables.table import Column, require_unique
from steepest.translation import say, translated
from steepest.wording.fact import fact

_VIEW = "steepest_query"
# What may follow a key, or stand in a list: a whole number that may be too long for float64.
_WHOLE = r"\s*([+-]?\d{16,})\s*[,}\]]"


@final
class Query(FileTable):
    """The rows of one SELECT statement."""

    def __init__(self, sql: str, engine: Engine, open_named: Callable[[str], FileTable]) -> None:
        super().__init__(engine)
        self.label = "query"
        self._named: list[FileTable] = []
        try:
            sql = sql.strip()
            tree = parse(sql, engine)
            check_calls(tree, engine)
            named = _open_all(file_names(tree), engine, open_named)
            self._named = list(named.values())
            called = called_files(tree, READERS, engine)
            for text, path in called:
                check_regular(path)
                _watch(text, path, engine)
            if not is_plain(tree):
                engine.single_thread()
            self._read_from(named, called)
            engine.confine([*self.read, *(text for text, _ in called)])
            aliased = with_aliases(sql, tree)
            schema = engine.schema(aliased)
            require_unique([name for name, _ in schema], "query")
            engine.ask(f"CREATE VIEW {_VIEW} AS {aliased}\n")
        except EngineError as problem:
            raise self.explain(problem, ()) from problem
        except RecursionError:
            raise InputError(
                "query: it is nested too deeply; write its innermost rows to a file first"
            ) from None
        self.relation = _VIEW
        self.columns = tuple(Column(name, kind_of(type_), type_) for name, type_ in schema)
        self.count = None
        contents = fact("columns of query", names=[name for name, _ in schema])
        self.summary = fact("file table", source=self.label, contents=contents)
        self.statement = _with_full_names(sql, named)

    def _read_from(self, named: dict[str, FileTable], called: Sequence[tuple[str, Path]]) -> None:
        paths = [path for _, path in called]
        self.files = (*(path for table in named.values() for path in table.files), *paths)
        self.read = (*(text for table in named.values() for text in table.read), *map(str, paths))

    def where(self, row: int) -> str:
        return say("query, row {row}", row=row + 1)

    def explain(self, problem: EngineError, asked: Sequence[int]) -> InputError:
        for table in self._named:
            if fault := table.explains(problem):
                return fault
        text = str(problem)
        barred = re.search(r'Cannot access file "(.*)" - file system operations', text)
        if barred:
            return InputError(
                "query: {barred} is not among the files that are read here; name it in FROM, "
                "and give no table of WITH its name",
                barred=barred[1],
            )
        return InputError("query: {problem}", problem=first_line(problem))


def _open_all(
    names: Sequence[str], engine: Engine, open_named: Callable[[str], FileTable]
) -> dict[str, FileTable]:
    """Each file as a view of its name, so that DuckDB never guesses its format."""
    opened: dict[str, FileTable] = {}
    for name in names:
        other = next((each for each in opened if each.lower() == name.lower()), None)
        if other is not None:
            raise InputError(
                "query: {other} and {name} are one name in SQL; write one of them with its folder",
                other=other,
                name=name,
            )
        opened[name] = table = open_named(name)
        # To SQL `x` and `X` are one name.
        require_unique([column.name.lower() for column in table.columns], name)
        # The table owns the temporary copies of its files: it must live as long as the engine.
        engine.keep(table)
        engine.ask(f"CREATE VIEW {identifier(name)} AS SELECT * FROM {table.named_relation}")
    return opened


def _with_full_names(sql: str, names: Sequence[str] | dict[str, FileTable]) -> str:
    """The same statement from whatever folder and by whatever link its files are named."""
    for name in names:
        if scheme_of(name) is not None:
            continue
        full = os.path.realpath(os.path.expanduser(name))
        sql = sql.replace(quoted(name), quoted(full)).replace(identifier(name), identifier(full))
    return sql


def _watch(text: str, path: Path, engine: Engine) -> None:
    """Remember a file that a function of the query reads; its pages are looked at once."""
    engine.files.watch(path)
    engine.files.watch_pattern(text, lambda: matching(os.path.expanduser(text)))
    if is_parquet(path):
        check_pages(path, engine)
    else:
        _check_wholes(str(path), engine)


def _check_wholes(text: str, engine: Engine) -> None:
    """Refuse a whole number that float64 does not hold, in a column that is read as float64.

    DuckDB's reader of JSON makes float64 of whole numbers beside numbers with decimals: only their
    text tells what they were.
    """
    schema = engine.schema(f"SELECT * FROM read_json({quoted(text)}, sample_size = -1)")
    for name, type_ in schema:
        if "DOUBLE" not in type_:
            continue
        nested = type_ != "DOUBLE"  # then the numbers stand below other keys, or in lists
        before = r"[:,\[]" if nested else rf'"{re.escape(name)}"\s*:'
        rows = engine.ask(
            f"SELECT regexp_extract_all(json::VARCHAR, {quoted(before + _WHOLE)}, 1) "
            f"FROM read_json_objects({quoted(text)}) "
            f"WHERE regexp_matches(json::VARCHAR, {quoted(before + _WHOLE)})"
        )
        for number in (number for (numbers,) in rows for number in numbers if is_rounded(number)):
            raise InputError(
                "{text}: column {name!r} is {number}, {ROUNDED}",
                text=text,
                name=name,
                number=number,
                ROUNDED=translated(ROUNDED),
            )


def open_query(sql: str, engine: Engine, open_named: Callable[[str], FileTable]) -> FileTable:
    """The rows of a SELECT; `open_named` opens the files that its FROM names."""
    if not sql.strip():
        raise InputError("query {sql} is empty; give one SELECT statement", sql=quoted(sql))
    return Query(sql, engine, open_named)
