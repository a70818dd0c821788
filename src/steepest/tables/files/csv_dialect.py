"""How a delimited text file is laid out: delimiter, header, names, decimal mark; or why not.

The rules:
- The delimiter is the one of comma, tab, semicolon and bar under which most records have the same
  number of fields (more numbers decide a tie); a space only where none of them divides the records.
- The first record is a header unless one of its fields is a number or missing-value word; inf and
  NA are names too where another field is a word above a number.
- Lines that start with # above the table, and Excel's `sep=`, are no rows.
- Every record must have as many fields as the others: no line is skipped, none is padded.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, final

from steepest.errors import InputError
from steepest.tables.files.csv_fields import DELIMITERS, has_comma, has_digits, is_number
from steepest.tables.files.csv_preamble import find_preamble
from steepest.tables.files.text_limits import LONGEST_LINE, check_width, too_long
from steepest.tables.number_text import NUMBERS_SHARE, NumberText, number_text
from steepest.tables.table import require_unique
from steepest.translation import counted
from steepest.wording.fact import phrase

MISSING_WORDS = ("", "NA", "N/A", "null", "NULL")
_RECORDS = 1000
_MOST_ABOVE = 50  # lines above a table
_ALIGNED = re.compile(r"(?m)^\x20|\x20{2}|\x20$")


@final
@dataclass(frozen=True)
class TextOptions:
    """How delimited text is written, as the user says; what is None is detected."""

    names: Sequence[str] | None = None
    header: bool | None = None
    delimiter: str | None = None
    encoding: str | None = None
    skip: int | None = None
    thousands: str | None = None
    decimal: str | None = None
    percent: bool | None = None
    na_values: Sequence[str] | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """Texts that stand for a missing value."""
        return (*MISSING_WORDS, *(self.na_values or ()))

    @property
    def numbers(self) -> NumberText | None:
        """How numbers are written; None where nothing is said of it."""
        return number_text(self.thousands, self.decimal, self.percent)

    @property
    def given(self) -> str | None:
        """The name of the first option that is given."""
        return next((name for name, value in vars(self).items() if value is not None), None)


_DETECT = TextOptions()


@final
@dataclass(frozen=True)
class Dialect:
    """How the records of a file are written.

    - `names`: one for each field;   `nameless`: places of those that the header leaves empty
    - `skip`: lines above the header;   `padded`: spaces after a delimiter are not part of the field
    - `numbers`: how numbers are written in the columns at the places `written`
    - `missing`: texts that stand for a missing value
    """

    delimiter: str
    header: bool
    names: tuple[str, ...]
    decimal_comma: bool = False
    nameless: tuple[int, ...] = ()
    skip: int = 0
    padded: bool = False
    numbers: NumberText | None = None
    written: tuple[int, ...] = field(default=(), compare=False)
    missing: tuple[str, ...] = MISSING_WORDS

    @property
    def layout(self) -> dict[str, Any]:
        """All but what differs from column to column."""
        apart = ("names", "nameless", "written", "numbers", "missing")
        values = {key: value for key, value in vars(self).items() if key not in apart}
        said = self.missing[len(MISSING_WORDS) :]
        written = "" if self.numbers is None else self.numbers.options
        return {**values, "numbers": written, **({"missing": said} if said else {})}

    @property
    def in_words(self) -> str:
        """In words: `delimiter ',', header`."""
        return phrase("csv layout", **self.layout)


class _Record(NamedTuple):
    line: int
    fields: tuple[str, ...]


def find_dialect(text: str, whole: bool, label: str, options: TextOptions = _DETECT) -> Dialect:
    r"""The layout of a file whose beginning (or all of it: `whole`) is `text`.

    `label` is its name for messages.
    Raises `InputError` for an empty file, a ragged record, equal names, too few names.

    >>> find_dialect("x;y\n1,5;2\n", True, "a.csv").in_words
    "delimiter ';', header, decimal comma"
    """
    if not text.strip():
        raise InputError("{label} is empty: 0 rows found, at least 1 is needed", label=label)
    above = find_preamble(text, options.skip)
    text = text[above.start :]
    if not text.strip():
        raise InputError(
            "{label} has no rows below the {lines: line} that skip leaves out",
            label=label,
            lines=above.lines,
        )
    said = above.delimiter if options.delimiter is None else options.delimiter
    delimiter = "\t" if said == "\\t" else said  # as in a shell
    if delimiter is None:
        divided = _divide(text, whole, label)
        delimiter, records = next(iter(divided.items()))
        if len(divided) > 1:
            delimiter, records = max(divided.items(), key=lambda item: _score(*item))
    else:
        _check_delimiter(delimiter)
        records = _records(text, whole, delimiter, label)
    padded = _is_padded(text, records, delimiter)
    if padded:
        records = _records(text, whole, delimiter, label, padded=True)
    if above.lines:
        records = [_Record(record.line + above.lines, record.fields) for record in records]
    _check_ragged(records, label)
    if above.names and options.names is None and options.header is not False:
        options = replace(options, names=above.names, header=False)
    found = _dialect(records, whole, delimiter, label, options)
    return replace(found, skip=above.lines, padded=padded)


def _dialect(
    records: Sequence[_Record], whole: bool, delimiter: str, label: str, options: TextOptions
) -> Dialect:
    first = records[0].fields
    check_width(label, len(first))
    below = records[1].fields if len(records) > 1 else ()
    numbers = options.numbers
    titled = _is_header(first, below, options) if options.header is None else options.header
    if titled and whole and len(records) == 1:
        raise InputError("{label} has a header and no rows: at least 1 row is needed", label=label)
    columns = _names(options.names, first if titled else None, len(first), label)
    require_unique(columns, label)
    rest = records[1:] if titled else records
    unnamed = titled and options.names is None
    nameless = [at for at, name in enumerate(first) if unnamed and not name.strip()]
    return Dialect(
        delimiter,
        titled,
        columns,
        decimal_comma=numbers is None and _has_decimal_comma(rest, delimiter),
        nameless=tuple(nameless),
        numbers=numbers,
        written=() if numbers is None else _columns_of(numbers, rest, options.missing),
        missing=options.missing,
    )


def _names(
    given: Sequence[str] | None, header: Sequence[str] | None, count: int, label: str
) -> tuple[str, ...]:
    if given is not None:
        if len(given) != count:
            raise InputError(
                "{label}: {count: name} given, but {count_2: column} found; give one name "
                "for each column",
                label=label,
                count=len(given),
                count_2=count,
            )
        return tuple(str(name) for name in given)
    if header is None:
        return tuple(f"column{position}" for position in range(1, count + 1))
    # Spaces around a name are nobody's intention; a nameless column is often an index.
    return tuple(name.strip() or f"column{at}" for at, name in enumerate(header, start=1))


def _is_header(fields: Sequence[str], below: Sequence[str], options: TextOptions = _DETECT) -> bool:
    """A header is words: no number, no missing-value word; but a nameless column may be there.

    Words such as inf and NA are names beside a word whose column holds a number in the row `below`.
    """
    words = [field for field in fields if field.strip()]
    numbers, writing = [word for word in words if has_digits(word)], options.numbers
    numbers += [word for word in words if writing is not None and writing.plain(word) is not None]
    doubtful = [word for word in words if is_number(word) or word in options.missing]
    if not words or numbers:
        return False
    return not doubtful or any(
        word.strip() and word not in doubtful and is_number(value)
        for word, value in zip(fields, below, strict=False)
    )


def _columns_of(
    numbers: NumberText, records: Sequence[_Record], missing: Sequence[str]
) -> tuple[int, ...]:
    """The columns that mostly hold numbers of that writing, or nothing so far."""
    places = []
    for at, fields in enumerate(zip(*(record.fields for record in records), strict=True)):
        known = [field for field in fields if field not in missing]
        read = [field for field in known if numbers.plain(field) is not None]
        if len(read) >= NUMBERS_SHARE * len(known):
            places.append(at)
    return tuple(places)


def _has_decimal_comma(records: Sequence[_Record], delimiter: str) -> bool:
    if delimiter == ",":
        return False
    fields = [field for record in records for field in record.fields]
    points = sum("." in field and is_number(field) for field in fields)
    return sum(map(has_comma, fields)) > points


def _divide(text: str, whole: bool, label: str) -> dict[str, list[_Record]]:
    """The records under every delimiter that divides at least half of them into equal parts."""
    marks = [mark for mark in DELIMITERS if mark == "," or mark in text]
    tried = {mark: _records(text, whole, mark, label) for mark in marks}
    good = {mark: records for mark, records in tried.items() if _share(records) >= 0.5}
    if good:
        return good
    spaced = _records(text, whole, " ", label, padded=True)
    return {" ": spaced} if _share(spaced) >= 0.5 else {",": tried[","]}


def _is_padded(text: str, records: Sequence[_Record], delimiter: str) -> bool:
    """Whether columns are aligned by spaces, or a quote opens after a space."""
    if delimiter == " ":
        return _ALIGNED.search(text) is not None
    return any(field.startswith(' "') for record in records for field in record.fields)


def _records(
    text: str, whole: bool, delimiter: str, label: str, *, padded: bool = False
) -> list[_Record]:
    records = list(_read(text, delimiter, label, padded))
    # The sample's end may have cut the last record.
    if not whole and len(records) < _RECORDS:
        records = records[:-1]
    if not records:
        raise _no_record(text, label)
    return records


def _no_record(text: str, label: str) -> InputError:
    """The error where all that was looked at is one record, or the beginning of one."""
    others = text.strip("\r\n").splitlines()[1:]
    if not others and text.endswith(("\r", "\n")):
        return InputError(
            "{label}: nothing but empty lines follows its first row for {count:,} bytes; "
            "this is no table of rows",
            label=label,
            count=len(text),
        )
    if len(text) < LONGEST_LINE:
        return InputError(
            "{label}, line 1: a row goes on for {count:,} bytes and {count_2:,} lines; is a "
            "quote left open?",
            label=label,
            count=len(text),
            count_2=len(others) + 1,
        )
    return too_long(label, 1)


def unpadded(
    lines: Iterable[str], delimiter: str, padded: bool = True, strict: bool = False
) -> "Iterator[tuple[int, list[str]]]":
    """The fields of each record, without the spaces after delimiters, and the line it ends in.

    Raises csv.Error; where `strict` also for text after a quote, and one that is left open.
    """
    if padded:
        lines = (line.rstrip("\r\n").rstrip(" ") + "\n" for line in lines)
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=padded, strict=strict)
    for fields in reader:
        yield reader.line_num, fields


def _read(text: str, delimiter: str, label: str, padded: bool) -> Iterator[_Record]:
    records = unpadded(io.StringIO(text, newline=""), delimiter, padded)
    count, line = 0, 1
    limit = csv.field_size_limit(max(len(text), 1))  # one for the whole process: given back below
    try:
        for ended, fields in records:
            if fields and count < _RECORDS:
                count += 1
                yield _Record(line, tuple(fields))
            if count == _RECORDS:
                return
            line = ended + 1
    except csv.Error as problem:
        raise InputError(
            "{label}, line {line}: {problem}; is a quote left open?",
            label=label,
            line=line,
            problem=problem,
        ) from problem
    finally:
        csv.field_size_limit(limit)


def _mode(records: Sequence[_Record]) -> tuple[int, int]:
    """The commonest number of fields, and how many records have it."""
    return Counter(len(record.fields) for record in records).most_common(1)[0]


def _share(records: Sequence[_Record]) -> float:
    fields, times = _mode(records)
    return times / len(records) if fields > 1 else 0.0


def _score(delimiter: str, records: Sequence[_Record]) -> tuple[float, float, int]:
    fields = [field for record in records for field in record.fields]
    numbers = sum(is_number(field) or (delimiter != "," and has_comma(field)) for field in fields)
    return _share(records), numbers / max(1, len(fields)), _mode(records)[0]


def _check_delimiter(delimiter: str) -> None:
    if len(delimiter) != 1 or delimiter in '\r\n"' or ord(delimiter) > 127:
        raise InputError(
            "delimiter {delimiter!r} must be one ASCII character, such as ',' or ';'",
            delimiter=delimiter,
        )


def _check_ragged(records: Sequence[_Record], label: str) -> None:
    usual, times = _mode(records)
    _check_above(records, usual, times, label)
    # A header that fits some record is believed before rows that all have another length.
    first = len(records[0].fields)
    alone = sum(len(record.fields) == first for record in records) == 1
    expected = usual if alone and len(records) > 2 else first
    for record in records:
        if len(record.fields) != expected:
            raise ragged(label, record.line, len(record.fields), expected)


def _check_above(records: Sequence[_Record], usual: int, times: int, label: str) -> None:
    """Refuse a table below lines that are none of its rows."""
    begin = len(records) - times
    alike = all(len(record.fields) == usual for record in records[begin:])
    if usual == 1 or not 0 < begin <= _MOST_ABOVE or times < 2 or not alike:
        return
    first, line = records[0], records[begin].line
    here = counted(len(first.fields), "field")
    raise InputError(
        "{label}, line {line}: {here} found where {usual} are expected; if the table begins "
        "in line {line_2}, set skip to {line_3}; else correct the lines above",
        label=label,
        line=first.line,
        here=here,
        usual=usual,
        line_2=line,
        line_3=line - 1,
    )


def ragged(label: str, line: int, fields_here: int, expected: int) -> InputError:
    """The error for a record of another length than the others."""
    fields = "field" if fields_here == 1 else "fields"
    return InputError(
        "{label}, line {line}: {fields_here} {fields} found where {expected} are expected; "
        "correct or remove that line (no line is skipped)",
        label=label,
        line=line,
        fields_here=fields_here,
        fields=fields,
        expected=expected,
    )
