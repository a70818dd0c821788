"""CSV and TSV files: every field accounted for, every type explicit, nothing skipped in silence."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import BinaryIO, final

from steepest.errors import InputError, shortened
from steepest.tables.exact_numbers import WHOLE
from steepest.tables.files.checked_columns import place_of_error
from steepest.tables.files.csv_dialect import (
    Dialect,
    TextOptions,
    find_dialect,
    ragged,
    unpadded,
)
from steepest.tables.files.csv_fields import is_number
from steepest.tables.files.csv_types import (
    IN_WORDS,
    KINDS,
    NO_WHOLE_NUMBER,
    NOT_OF_KIND,
    READ_AS,
    as_number,
    checked,
    counts_of,
    is_integer,
    is_odd,
    type_of,
)
from steepest.tables.files.duckdb_engine import Engine, EngineError, first_line, listed, quoted
from steepest.tables.files.file_table import FileTable, escaped, names_of
from steepest.tables.files.line_numbers import open_bytes, place_of
from steepest.tables.files.remote_file import FilePath
from steepest.tables.files.temporary_copies import Copies, readable
from steepest.tables.files.text_encoding import (
    SAMPLE,
    Decoder,
    encoding_name,
    find_encoding,
    first_bad_byte,
    is_plain,
)
from steepest.tables.files.text_limits import LONGEST_LINE, TextLines, too_long
from steepest.tables.number_text import DECIMALS, advice_for_numbers, looks_like_numbers
from steepest.tables.table import Column
from steepest.translation import joined, said_of, say, translated
from steepest.wording.fact import fact

_TYPED_ROWS = 20_480
_FEWEST_TYPED_ROWS = 1_000
_TYPED_FIELDS = 4_000_000
# Columns in one question.
_ASKED = 4_000
_FEWEST_LINES = 2
_BATCH = 1000  # records that are written at once
# After a field that would be a number in another writing than the one that was stated.
_MARK = "\u2060"
# DuckDB quotes the line before it says what is wrong with it: its words are not DuckDB's.
_LINE_ITSELF = re.compile(
    "^Original Line: .*^(?=Error when converting|Expected Number of Columns|Invalid unicode"
    "|Maximum line size|Value with unterminated quote)",
    re.DOTALL | re.MULTILINE,
)
_LONGEST_WORD = 12  # letters of a text that may stand for a missing value
_FILE = re.compile(r"^\s*file = (.+)$", re.MULTILINE)


@final
@dataclass(frozen=True)
class _File:
    label: str
    path: FilePath
    encoding: str
    dialect: Dialect


@final
class Delimited(FileTable):
    """One or several CSV files of the same columns."""

    def __init__(self, paths: Sequence[FilePath], engine: Engine, options: TextOptions) -> None:
        super().__init__(engine)
        self._copies = Copies()
        self._files = [_open(path, self._copies, options) for path in paths]
        _check_alike(self._files)
        self.files, self.read = tuple(paths), names_of([file.path for file in self._files])
        self._dialect = self._files[0].dialect
        self.label = self._files[0].label
        self.decimals = (",",) if self._dialect.decimal_comma else DECIMALS
        types = self._types()
        self.columns = tuple(
            Column(name, KINDS[type_], type_, at in self._dialect.nameless)
            for at, (name, type_) in enumerate(zip(self._dialect.names, types, strict=True))
        )
        self.relation = self._relation([READ_AS.get(type_, type_) for type_ in types])
        self.text = self._relation(["VARCHAR"] * len(types), missing=("",))
        self.checked = self._checked(types)
        self.count = None
        encodings = dict.fromkeys(encoding_name(file.encoding) for file in self._files)
        odd = [*encodings] if list(encodings) != ["UTF-8"] else []
        self.contents = fact("csv", **self._dialect.layout, encodings=odd)

    def where(self, row: int) -> str:
        left = row
        for file in self._files:
            record = left + self._dialect.header
            place = place_of(
                file.path, record, blanks=len(self.columns) == 1, skip=self._dialect.skip
            )
            if place.line is not None:
                return say(
                    "{label}, row {left} (line {line})",
                    label=file.label,
                    left=left + 1,
                    line=place.line,
                )
            left = record - place.seen
        return say("{label}, row {row}", label=self._files[-1].label, row=row + 1)

    def explain(self, problem: EngineError, asked: Sequence[int]) -> InputError:
        text = _LINE_ITSELF.sub("", str(problem))
        file = self._named(text)
        if "Could not convert" in text:
            return self._odd_value(asked) or self._plain(problem, file)
        if "unicode" in text or "not utf-8" in text:
            return first_bad_byte(file.path, file.label) or self._plain(problem, file)
        return self._broken(text, file) or self._plain(problem, file)

    def _broken(self, text: str, file: _File) -> InputError | None:
        at = re.search(r"CSV Error on Line: (\d+)", text)
        # DuckDB counts records; a line end within quotes makes that another line.
        skip = self._dialect.skip
        place = place_of(file.path, int(at[1]) - 1 - skip, blanks=True, skip=skip) if at else None
        line = place.line or int(at[1]) if place and at else None
        if "Maximum line size" in text or "not support a full read" in text:
            return too_long(file.label, line)
        counts = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
        if counts and line:
            return ragged(file.label, line, int(counts[2]), int(counts[1]))
        if "unterminated quote" in text or "quote" in text.lower().split("possible fixes")[0]:
            where = say(", line {line}", line=line) if line else ""
            return InputError(
                "{label}{where}: a quote is left open or misplaced; correct that line (the "
                "file may be cut off)",
                label=file.label,
                where=where,
            )
        if "invalid state" in text:
            return InputError(
                "{label}: lines end in different ways, or a quote is misplaced; save the "
                "file again with one kind of line end",
                label=file.label,
            )
        return None

    def _odd_value(self, asked: Sequence[int]) -> InputError | None:
        """The first value, in the order of the rows, that is not of its column's type."""
        comma = self._dialect.decimal_comma
        odd = [(at, is_odd(f"v{at}", self.columns[at], comma)) for at in asked]
        values = ", ".join(f"c{at} AS v{at}" for at in asked)
        inner = f"SELECT row_number() OVER () - 1 AS i, {values} FROM {self._text_relation()}"
        found = "coalesce(" + ", ".join(f"CASE WHEN {test} THEN {at} END" for at, test in odd) + ")"
        texts = ", ".join(f"v{at}" for at in asked)
        sql = f"SELECT i, {found} AS f, [{texts}] FROM ({inner}) WHERE f IS NOT NULL LIMIT 1"
        try:
            rows = self._engine.ask(sql)
        except EngineError as problem:
            return self.explain(problem, ())
        if not rows:
            return None
        row, position, fields = rows[0]
        column, value = self.columns[position], fields[list(asked).index(position)]
        if column.kind == "number" and looks_like_numbers([value]) and not self._dialect.numbers:
            advice = advice_for_numbers([value], self.decimals)
            return self._wrong(
                row, column, value, say("which is no plain number; {advice}", advice=advice)
            )
        without = say("or fit without the column: exclude={value!r}", value=[column.name])
        if column.kind == "number" and 0 < len(value) <= _LONGEST_WORD and value.isprintable():
            without += say("; read with na_values={value!r} it is missing", value=[value])
        return self._wrong(row, column, value, f"{translated(NOT_OF_KIND[column.kind])}, {without}")

    def _wrong(self, row: int, column: Column, value: str, what: str) -> InputError:
        return InputError(
            "{row}: column {name!r} is {MARK!r}, {what}",
            row=self.where(row),
            name=column.name,
            MARK=shortened(value.removesuffix(_MARK)),
            what=what,
        )

    def explains(self, problem: EngineError) -> InputError | None:
        text = str(problem)
        unlike = place_of_error(text, self.label)
        if unlike is not None:
            return self._unlike(unlike)
        odd = re.search(r"Could not convert .* source column c(\d+)\b", text)
        if odd and int(odd[1]) < len(self.columns):
            return self._odd_value([int(odd[1])])
        named = _FILE.search(text)
        ours = named and named[1].strip() in [str(file.path) for file in self._files]
        return self.explain(problem, ()) if ours else None

    def _unlike(self, at: int) -> InputError | None:
        """What a query could not be given of a column of numbers."""
        try:
            self._refuse_rounded(at)
        except InputError as fault:
            return fault
        inner = f"SELECT row_number() OVER () - 1 AS i, c{at} AS v FROM {self._text_relation()}"
        sql = f"SELECT i, v FROM ({inner}) WHERE v IS NOT NULL AND NOT {is_integer('v')} LIMIT 1"
        rows = self._engine.ask(sql)
        return (
            self._wrong(rows[0][0], self.columns[at], rows[0][1], translated(NO_WHOLE_NUMBER))
            if rows
            else None
        )

    def _widens(self, column: Column) -> bool:
        return column.kind == "number"

    def _refuse_rounded(self, at: int) -> None:
        value = as_number(f"c{at}", self._dialect.decimal_comma)
        values = f"SELECT {value} AS v FROM {self._text_relation()}"
        self._refuse_among(at, values, f"regexp_full_match(v, '{WHOLE}')")

    def _checked(self, types: Sequence[str]) -> str:
        """The relation with numbers made of their text: the engine stops at one it would round.

        Columns of long whole numbers stay whole, so that a query can subtract from them.
        """
        comma = self._dialect.decimal_comma
        read = [type_ if type_ == "BOOLEAN" else "VARCHAR" for type_ in types]
        columns = ", ".join(checked(type_, at, self.label, comma) for at, type_ in enumerate(types))
        return f"(SELECT {columns} FROM {self._relation(read)})"

    def _plain(self, problem: EngineError, file: _File) -> InputError:
        return InputError(said_of(file.label, first_line(problem)))

    def _named(self, text: str) -> _File:
        name = _FILE.search(text)
        path = name[1].strip() if name else ""
        return next((file for file in self._files if str(file.path) == path), self._files[0])

    def _relation(
        self,
        types: Sequence[str],
        paths: Sequence[FilePath] | None = None,
        missing: Sequence[str] | None = None,
    ) -> str:
        columns = ", ".join(f"c{at}: {quoted(type_)}" for at, type_ in enumerate(types))
        dialect = self._dialect
        files = [escaped(file.path) for file in self._files] if paths is None else [*paths]
        decimal = ", decimal_separator = ','" if dialect.decimal_comma else ""
        return (
            f"read_csv({listed([str(path) for path in files])}, auto_detect = false, "
            f"delim = {quoted(dialect.delimiter)}, quote = '\"', escape = '\"', "
            f"header = {dialect.header}, skip = {dialect.skip}, columns = {{{columns}}}, "
            f"nullstr = {listed(missing or dialect.missing)}, "
            "strict_mode = true, null_padding = false, "
            f"max_line_size = {LONGEST_LINE}, buffer_size = {2 * LONGEST_LINE}, "
            f"ignore_errors = false, encoding = 'utf-8'{decimal})"
        )

    def _text_relation(self, paths: Sequence[FilePath] | None = None) -> str:
        return self._relation(["VARCHAR"] * len(self._dialect.names), paths)

    def _types(self) -> list[str]:
        by_file = [self._types_in(file) for file in self._files]
        types = by_file[0]
        for file, others in zip(self._files[1:], by_file[1:], strict=True):
            for at, (ours, theirs) in enumerate(zip(types, others, strict=True)):
                types[at] = self._common(ours, theirs, at, file)
        return [type_ or "DOUBLE" for type_ in types]

    def _common(self, ours: str, theirs: str, at: int, file: _File) -> str:
        """The type of a column that two files hold; "" is one that is empty throughout."""
        if not ours or not theirs or ours == theirs:
            return ours or theirs
        if {ours, theirs} == {"DOUBLE", "BIGINT"}:
            return "BIGINT"
        name = self._dialect.names[at]
        raise InputError(
            "{label}: column {name!r} holds {HOLDS}, but {HOLDS_2} in {label_2}; files that "
            "are read together must hold the same columns",
            label=file.label,
            name=name,
            HOLDS=translated(IN_WORDS[theirs]),
            HOLDS_2=translated(IN_WORDS[ours]),
            label_2=self.label,
        )

    def _types_in(self, file: _File) -> list[str]:
        width = len(self._dialect.names)
        limit = max(_FEWEST_TYPED_ROWS, min(_TYPED_ROWS, _TYPED_FIELDS // width))
        relation = self._text_relation([escaped(file.path)])
        counts = counts_of("field", self._dialect.decimal_comma)
        types: list[str] = []
        for start in range(0, width, _ASKED):
            columns = ", ".join(f"c{at}" for at in range(start, min(start + _ASKED, width)))
            # As one column of fields: tests of thousands of columns take DuckDB minutes to plan.
            fields = (
                f"SELECT generate_subscripts([{columns}], 1) AS place, "
                f"unnest([{columns}]) AS field FROM (SELECT * FROM {relation} LIMIT {limit})"
            )
            sql = f"SELECT {counts} FROM ({fields}) GROUP BY place ORDER BY place"
            try:
                counted = self._engine.ask(sql)
            except EngineError as problem:
                raise self.explain(problem, ()) from problem
            if not counted:
                raise InputError(
                    "{label} has a header and no rows: at least 1 row is needed", label=file.label
                )
            types += [type_of(*numbers) for numbers in counted]
        return types


def _open(path: FilePath, copies: Copies, options: TextOptions) -> _File:
    label = str(path)
    with open_bytes(path) as file:
        sample = _sample(file)
        whole = not file.read(1)
    encoding = find_encoding(sample, label, options.encoding)
    text = Decoder(encoding, label).decode(sample).removeprefix("\ufeff")
    TextLines(label).look(text.encode(errors="replace"))
    dialect = find_dialect(text, whole, label, options)
    plain = is_plain(encoding) and not _mixes_line_ends(text)
    if dialect.padded or dialect.numbers is not None:
        copy = readable(path, encoding, label, copies, partial(_rewritten, dialect, label))
    else:
        copy = readable(path, None if plain else encoding, label, copies)
    return _File(label, copy, encoding, dialect)


def _rewritten(dialect: Dialect, label: str, lines: Iterator[str]) -> Iterator[str]:
    """Lines without the spaces after delimiters, and with numbers as Python writes them."""
    for _ in range(dialect.skip):
        yield next(lines, "")
    line = dialect.skip
    limit = csv.field_size_limit(LONGEST_LINE)  # one for the whole process: given back below
    records = unpadded(lines, dialect.delimiter, dialect.padded, strict=True)
    try:
        while batch := [*islice(records, _BATCH)]:
            line = dialect.skip + batch[-1][0]
            written = io.StringIO()
            writer = csv.writer(written, delimiter=dialect.delimiter, lineterminator="\n")
            writer.writerows(_plain_numbers(dialect, fields) for _, fields in batch)
            yield written.getvalue()
    except csv.Error as problem:
        raise InputError(
            "{label}, after line {line}: {problem}; a quote is left open or misplaced: correct it",
            label=label,
            line=line,
            problem=problem,
        ) from problem
    finally:
        csv.field_size_limit(limit)


def _plain_numbers(dialect: Dialect, fields: list[str]) -> list[str]:
    """The fields of a record, with its numbers plain; what is no number stays as it is.

    What would be one of another writing is gathered, so that it is not read as that.
    """
    numbers = dialect.numbers
    for at in dialect.written:
        if numbers is None or at >= len(fields) or not fields[at]:
            continue
        number = numbers.plain(fields[at])
        if number is not None:
            fields[at] = number
        elif is_number(fields[at]):
            fields[at] += _MARK
    return fields


def _sample(file: BinaryIO) -> bytes:
    """The beginning of a file: its first two lines at least, unless they are too long."""
    sample = file.read(SAMPLE)
    while sample.count(b"\n") < _FEWEST_LINES and len(sample) < LONGEST_LINE:
        more = file.read(SAMPLE)
        if not more:
            break
        sample += more
    return sample


def _mixes_line_ends(text: str) -> bool:
    both = text.count("\r\n")
    return 0 < both < text.count("\n")


def _check_alike(files: Sequence[_File]) -> None:
    first = files[0]
    for file in files[1:]:
        if file.dialect.names != first.dialect.names:
            ours, theirs = joined(file.dialect.names), joined(first.dialect.names)
            raise InputError(
                "{label} has columns {ours}, but {label_2} has {theirs}; files that are read "
                "together must hold the same columns",
                label=file.label,
                ours=ours,
                label_2=first.label,
                theirs=theirs,
            )
        if file.dialect != first.dialect:
            raise InputError(
                "{label} is written with {in_words}, but {label_2} with {in_words_2}; files "
                "that are read together must be alike",
                label=file.label,
                in_words=file.dialect.in_words,
                label_2=first.label,
                in_words_2=first.dialect.in_words,
            )
