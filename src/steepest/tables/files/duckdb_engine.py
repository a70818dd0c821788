"""One private DuckDB, read from a thread of its own so that Ctrl-C is heard at once."""

import os
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, TypeVar, final

import duckdb
import pyarrow as pa

from steepest.storage.temporary_files import forget, temporary_name
from steepest.tables.files.remote_file import RemoteFile
from steepest.tables.files.temporary_copies import Copies
from steepest.tables.files.watched_files import WatchedFiles
from steepest.tables.prefetch import result_of

if TYPE_CHECKING:
    from steepest.tables.files.remote_store import RemoteFiles

Result = TypeVar("Result")

# Every thread holds a part of the file: four keep a 2 GB file under 400 MB, eight do not.
MOST_THREADS = 4
MEMORY = "1GB"
# Half of a row group, as blocks are (rows/gather.py); more would only hold memory.
BATCH_ROWS = 61_440
# Seconds that an interrupted thread is waited for, and how often it is interrupted meanwhile:
# DuckDB ignores an interrupt that comes before its query has begun.
_PATIENCE, _TIMES = 0.5, 5


class EngineError(Exception):
    """An error in DuckDB's own words."""


@final
class Engine:
    """A DuckDB in memory that fetches nothing, and sees files but no Python variables.

    `files` are those that it reads.

    >>> Engine().ask("SELECT 1 + 1")
    [(2,)]
    """

    def __init__(self) -> None:
        self.files = WatchedFiles()
        self._kept: list[object] = []
        self._remote: RemoteFiles | None = None
        spilled = temporary_name(tempfile.gettempdir(), "steepest-engine-")
        weakref.finalize(self, forget, spilled)  # DuckDB makes it when it is needed, and removes it
        self._connection = duckdb.connect(
            config={
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "allow_community_extensions": False,
                "python_enable_replacements": False,
                "preserve_insertion_order": True,
                "temp_directory": str(spilled),
                "memory_limit": MEMORY,
                "threads": min(MOST_THREADS, os.cpu_count() or 1),
            }
        )
        # Prefetching saves round trips to remote files; from a disk it only costs memory.
        self._connection.execute("SET GLOBAL disable_parquet_prefetching = true")

    def read_remote(self, files: Sequence[RemoteFile]) -> None:
        """Let these files of other machines be read, by their labels."""
        from steepest.tables.files.remote_store import RemoteFiles, ready

        copies = Copies()
        ready(files, copies)
        self.keep(copies)
        if self._remote is None:
            self._remote = RemoteFiles()
            self._connection.register_filesystem(self._remote)
            self._connection.execute("SET GLOBAL disable_parquet_prefetching = false")
        self._remote.known |= {str(file): file for file in files}

    def keep(self, thing: object) -> None:
        """Let something (that owns files which are read here) live as long as this engine."""
        self._kept.append(thing)

    def single_thread(self) -> None:
        """Let one thread do the work: groups and joins then come in the same order every time."""
        self._connection.execute("SET GLOBAL threads = 1")

    def confine(self, files: Iterable[str]) -> None:
        """Let no statement from now on open another file or change a setting."""
        self._connection.execute(f"SET GLOBAL allowed_paths = {listed([*files])}")
        self._connection.execute("SET GLOBAL enable_external_access = false")
        self._connection.execute("SET GLOBAL lock_configuration = true")

    def statements(self, sql: str) -> list[str]:
        """The kind of each statement, such as `["SELECT"]`, without running any."""
        try:
            return [found.type.name for found in self._connection.extract_statements(sql)]
        except duckdb.Error as problem:
            raise EngineError(str(problem)) from problem

    def schema(self, sql: str) -> list[tuple[str, str]]:
        """Names (just as the query gives them) and types of a query's columns."""

        def look(cursor: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
            relation = cursor.sql(sql)
            return list(zip(relation.columns, map(str, relation.types), strict=True))

        return self._in_a_thread(look)

    def ask(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a short answer, as Python values."""
        return self._in_a_thread(lambda cursor: cursor.execute(sql, list(parameters)).fetchall())

    def stream(self, sql: str) -> Iterator[pa.RecordBatch]:
        """A long answer in order, one Arrow batch at a time; the next is fetched meanwhile."""
        cursor = self._connection.cursor()
        thread = ThreadPoolExecutor(1, thread_name_prefix="steepest-rows")
        try:
            coming: Future[Any] = thread.submit(lambda: _reader(cursor, sql))
            reader = self._wait(coming)
            coming = thread.submit(next, reader, None)
            while (batch := self._wait(coming)) is not None:
                coming = thread.submit(next, reader, None)
                yield batch
        finally:
            _end(cursor, thread, coming)

    def _in_a_thread(self, work: Callable[[duckdb.DuckDBPyConnection], Result]) -> Result:
        cursor = self._connection.cursor()
        thread = ThreadPoolExecutor(1, thread_name_prefix="steepest-rows")
        coming = thread.submit(work, cursor)
        try:
            return self._wait(coming)
        finally:
            _end(cursor, thread, coming)

    def _wait(self, future: "Future[Result]") -> Result:
        try:
            return result_of(future)
        except Exception as problem:
            self.files.check_reachable()
            # The stream's errors come as plain exceptions, behind a prefix that helps nobody.
            message = str(problem).removeprefix("C Data interface error: ")
            raise EngineError(message) from problem


def _reader(cursor: duckdb.DuckDBPyConnection, sql: str) -> pa.RecordBatchReader:
    return cursor.sql(sql).to_arrow_reader(BATCH_ROWS)


def _end(cursor: duckdb.DuckDBPyConnection, thread: ThreadPoolExecutor, last: Future[Any]) -> None:
    """Stop the thread; one that DuckDB cannot interrupt, as while it plans, is left behind."""
    ended = last.cancel()
    for _ in range(_TIMES):
        if ended or last.done():
            break
        cursor.interrupt()
        wait([last], timeout=_PATIENCE / _TIMES)
    thread.shutdown(wait=ended or last.done(), cancel_futures=True)


def quoted(text: str) -> str:
    """The text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def listed(texts: Sequence[str]) -> str:
    """The texts as an SQL list of strings."""
    return "[" + ", ".join(map(quoted, texts)) + "]"


def identifier(name: str) -> str:
    """The name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def first_line(problem: EngineError) -> str:
    """DuckDB's own first line without its label, and its hint where it has one.

    >>> first_line(EngineError('Binder Error: no column "q"\\nCandidate bindings: "x"\\n\\nLINE 1'))
    'no column "q" (candidate bindings: "x")'
    """
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()] or ["failed"]
    label, separator, rest = lines[0].partition(" Error: ")
    message = rest if separator and len(label) < 40 else lines[0]
    hints = [
        line
        for line in lines[1:]
        if line.startswith(("Candidate bindings", "Candidate tables", "Did you mean"))
    ]
    hint = f" ({hints[0][0].lower()}{hints[0][1:]})" if hints else ""
    return message.rstrip(" .!") + hint
