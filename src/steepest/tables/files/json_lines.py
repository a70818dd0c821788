"""JSON lines files: one object to a line; a key that a line lacks is a missing value."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from re import fullmatch
from typing import Any, final

from steepest.errors import InputError, shortened
from steepest.number_checks import writes_number
from steepest.tables.exact_numbers import ROUNDED, WHOLE, is_rounded, may_round
from steepest.tables.files.checked_columns import error, float_of, place_of_error
from steepest.tables.files.duckdb_engine import (
    Engine,
    EngineError,
    first_line,
    identifier,
    listed,
    quoted,
)
from steepest.tables.files.file_table import FileTable, escaped, kind_of, names_of
from steepest.tables.files.line_numbers import open_bytes
from steepest.tables.files.remote_file import FilePath
from steepest.tables.files.temporary_copies import Copies, readable
from steepest.tables.files.text_encoding import marked
from steepest.tables.files.text_limits import LONGEST_LINE, check_width, too_long
from steepest.tables.table import Column, Kind, RawBlock
from steepest.translation import gathered, said_of, say, translated
from steepest.wording.fact import fact, phrase

_NUMBERS_SHARE = 2 / 3
_FORM = gathered('every line must be one JSON object, such as {"x": 1, "y": 2}')
_WHOLE = ("BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT")
_SURROGATE = re.compile("[\ud800-\udfff]")


@final
class JsonLines(FileTable):
    """One or several files of JSON objects, one on each line."""

    def __init__(self, paths: Sequence[FilePath], engine: Engine) -> None:
        super().__init__(engine)
        self._paths = list(paths)
        self.label = str(paths[0])
        self._copies = Copies()
        self._read = [readable(path, _mark(path), str(path), self._copies) for path in paths]
        for path, read in zip(paths, self._read, strict=True):
            _check_first(path, read)
        self._files = listed([str(escaped(path)) for path in self._read])
        self.files, self.read = tuple(paths), names_of(self._read)
        try:
            schema = engine.schema(
                f"SELECT * FROM read_json({self._files}, format = 'newline_delimited', "
                f"sample_size = -1, maximum_sample_files = {len(paths)}, union_by_name = true, "
                "map_inference_threshold = -1)"
            )
            types = self._types(schema, engine)
        except EngineError as problem:
            raise self.explain(problem, ()) from problem
        names = [name for name, _ in schema]
        if names == ["json"]:  # what DuckDB calls lines that are not all objects with names
            fault = self._fault({})
            if fault:
                raise fault
        self._check_names(names, engine)
        self.columns = tuple(
            Column(
                name, kind_of(type_), phrase("json of several kinds") if type_ == "JSON" else type_
            )
            for name, type_ in zip(names, types, strict=True)
        )
        self.relation = self._relation(names, types)
        self.checked = self._checked(names, [type_ for _, type_ in schema], types)
        self.count = None
        self.contents = fact("json lines")

    def where(self, row: int) -> str:
        left = row
        for path, read in zip(self._paths, self._read, strict=True):
            for index, (line, _) in enumerate(_lines(read)):
                if index == left:
                    return say(
                        "{path}, row {left} (line {line})", path=path, left=left + 1, line=line
                    )
            left -= index + 1
        return say("{paths}, row {row}", paths=self._paths[-1], row=row + 1)

    def explain(self, problem: EngineError, asked: Sequence[int]) -> InputError:
        """The first line that is broken, or whose value is not of its column's type."""
        wanted = {self.columns[at].name: self.columns[at].kind for at in asked}
        fault = self._fault(wanted)
        # DuckDB names its own copy of the file, and counts some lines from 2.
        message = re.sub(r' in file ".*?"(, (at byte \d+ )?in line \d+)?', "", first_line(problem))
        return fault or InputError(said_of(self.label, message))

    def explains(self, problem: EngineError) -> InputError | None:
        at = place_of_error(str(problem), self.label)
        if at is None:
            return None
        return self._fault({self.columns[at].name: "number"})

    def inspect(self, asked: Sequence[int], block: RawBlock) -> None:
        """Numbers beside true or false, and integers that were rounded, are looked for once."""
        new = [at for at in asked if at not in self._inspected]
        names = [self.columns[at].name for at in new]
        doubtful = [
            at
            for at, name in zip(new, names, strict=True)
            if at in self._mixed or may_round(block.columns[name])
        ]
        if not doubtful:
            return
        fault = self._fault({self.columns[at].name: self.columns[at].kind for at in doubtful})
        if fault:
            raise fault
        self._inspected.update(doubtful)

    def _fault(self, wanted: dict[str, Kind]) -> InputError | None:
        with suppress(OSError):
            for path, read in zip(self._paths, self._read, strict=True):
                for line, text in _lines(read):
                    fault = _fault(say("{path}, line {line}", path=path, line=line), text, wanted)
                    if fault:
                        return fault
        return None

    def _check_names(self, names: Sequence[str], engine: Engine) -> None:
        """Names must differ by more than case: to DuckDB `x` and `X` are one, and it renames."""
        if names != ["json"] and not any(re.search(r"_\d+$", name) for name in names):
            return
        objects = f"read_json_objects({self._files}, format = 'newline_delimited')"
        sql = f"SELECT DISTINCT unnest(json_keys(json)) AS key FROM {objects} ORDER BY key"
        keys = [key for (key,) in engine.ask(sql)]
        if not keys:
            raise InputError(
                "{label}: no line names a value; {FORM}", label=self.label, FORM=translated(_FORM)
            )
        _check_case(keys, self.label)

    def _relation(self, names: Sequence[str], types: Sequence[str]) -> str:
        pairs = zip(names, types, strict=True)
        columns = ", ".join(f"{identifier(name)}: {quoted(type_)}" for name, type_ in pairs)
        return (
            f"read_json({self._files}, format = 'newline_delimited', columns = {{{columns}}}, "
            "ignore_errors = false)"
        )

    def _checked(
        self, names: Sequence[str], read_types: Sequence[str], types: Sequence[str]
    ) -> str:
        """The relation for a query: whole numbers stay whole, others are made of their text."""
        read = [
            one if one in _WHOLE else "VARCHAR" if type_ == "DOUBLE" else type_
            for one, type_ in zip(read_types, types, strict=True)
        ]
        columns = ", ".join(
            identifier(name) if now == type_ or now in _WHOLE else _number(name, at, self.label)
            for at, (name, now, type_) in enumerate(zip(names, read, types, strict=True))
        )
        return f"(SELECT {columns} FROM {self._relation(names, read)})"

    def _types(self, schema: Sequence[tuple[str, str]], engine: Engine) -> list[str]:
        """Numbers as float64; values of several kinds as numbers where nearly all of them are."""
        types = ["DOUBLE" if kind_of(type_) == "number" else type_ for _, type_ in schema]
        mixed = [at for at, type_ in enumerate(types) if type_ == "JSON"]
        self._mixed = frozenset(mixed)
        if not mixed:
            return types
        names = [schema[at][0] for at in mixed]
        relation = self._relation(names, ["JSON"] * len(names))
        numbers = "('UBIGINT', 'BIGINT', 'DOUBLE', 'HUGEINT', 'UHUGEINT')"
        counts = ", ".join(
            f"count(*) FILTER (json_type({name}) != 'NULL'), "
            f"count(*) FILTER (json_type({name}) IN {numbers})"
            for name in map(identifier, names)
        )
        rows = engine.ask(f"SELECT {counts} FROM {relation}")
        for place, at in enumerate(mixed):
            present, number = rows[0][2 * place : 2 * place + 2]
            if number >= _NUMBERS_SHARE * present:
                types[at] = "DOUBLE"
        return types


@final
class _Object(dict[str, Any]):
    """A JSON object that knows the first key it was given twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        counts = Counter(key for key, _ in pairs) if len(self) < len(pairs) else Counter[str]()
        self.twice = next((key for key, times in counts.items() if times > 1), None)


def _number(name: str, at: int, label: str) -> str:
    """The SQL of a number from its text; an error where it is none, or float64 would round it."""
    field = identifier(name)
    return (
        f"CASE WHEN {field} IS NOT NULL AND try_cast({field} AS DOUBLE) IS NULL "
        f"THEN {error(field, at, label)} ELSE {float_of(field, field, at, label)} END"
    )


def _mark(path: FilePath) -> str | None:
    """The encoding that the file's byte order mark names: DuckDB reads UTF-8 without one."""
    with open_bytes(path) as file:
        return marked(file.read(4))


def _check_first(path: FilePath, read: FilePath) -> None:
    for line, text in _lines(read):
        if text.lstrip().startswith(b"["):
            raise InputError(
                "{path} is a JSON array; {FORM}, without the brackets around them",
                path=path,
                FORM=translated(_FORM),
            )
        fault = _fault(say("{path}, line {line}", path=path, line=line), text, {})
        if fault:
            raise fault
        keys = list(json.loads(text))
        check_width(str(path), len(keys))
        _check_case(keys, str(path))
        return
    raise InputError("{path} is empty: 0 rows found, at least 1 is needed", path=path)


def _lines(path: FilePath) -> Iterator[tuple[int, bytes]]:
    with open_bytes(path) as file:
        for line, text in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), start=1):
            if len(text) == LONGEST_LINE:
                raise too_long(str(path), line)
            if text.strip():
                yield line, text


def _check_case(keys: Sequence[str], label: str) -> None:
    seen: dict[str, str] = {}
    for key in keys:
        other = seen.setdefault(key.lower(), key)
        if other != key:
            raise InputError(
                "{label}: columns {other!r} and {key!r} differ in upper and lower case only; "
                "give every column its own name",
                label=label,
                other=other,
                key=key,
            )


def _fault(place: str, text: bytes, wanted: dict[str, Kind]) -> InputError | None:
    fault = _fault_of_line(text, wanted)
    return InputError(said_of(place, fault)) if fault else None


def _fault_of_line(text: bytes, wanted: dict[str, Kind]) -> str | None:
    try:
        record: Any = json.loads(text.decode(), object_pairs_hook=_Object, parse_float=_as_written)
    except UnicodeDecodeError as problem:
        return say(
            "byte {start} of the line is not UTF-8 text; save the file as UTF-8",
            start=problem.start,
        )
    except RecursionError:
        return say("its values are nested too deeply; correct or remove that line")
    except ValueError as problem:
        reason = getattr(problem, "msg", str(problem))[:60]
        return say(
            "this is no JSON object on one line ({reason}); correct or remove that line",
            reason=reason,
        )
    if not isinstance(record, _Object):
        return translated(_FORM)
    return _fault_of_keys(record) or _fault_of_values(record, wanted)


def _fault_of_keys(record: _Object) -> str | None:
    if record.twice is not None:
        return say(
            "the key {twice!r} stands there twice; correct or remove that line", twice=record.twice
        )
    if "" in record:
        return say("a key is empty; give every column a name")
    if _SURROGATE.search(json.dumps(record, ensure_ascii=False, default=str)):
        return say(
            "half of a surrogate pair (\\ud800 to \\udfff) is no character; correct that line"
        )
    return None


def _fault_of_values(record: _Object, wanted: dict[str, Kind]) -> str | None:
    for name, kind in wanted.items():
        value = record.get(name)
        if kind == "number" and not _is_number(value):
            return say(
                "column {name!r} is {value}, which is not a number", name=name, value=_cut(value)
            )
        if kind == "number" and is_rounded(value):
            return say(
                "column {name!r} is {value}, {ROUNDED}",
                name=name,
                value=_cut(value),
                ROUNDED=translated(ROUNDED),
            )
        if kind == "boolean" and not isinstance(value, bool | None):
            return say(
                "column {name!r} is {value}, which is neither true nor false",
                name=name,
                value=_cut(value),
            )
    return None


def _is_number(value: object) -> bool:
    if isinstance(value, str):
        return writes_number(value)
    number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return value is None or number


def _as_written(text: str) -> float | Decimal:
    """A number with decimals; a whole one with all its digits."""
    return Decimal(text) if fullmatch(WHOLE, text) else float(text)


def _cut(value: object) -> str:
    number = isinstance(value, Decimal)
    text = str(value) if number else json.dumps(value, ensure_ascii=False, default=str)
    return shortened(text)
