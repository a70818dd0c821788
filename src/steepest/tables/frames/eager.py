"""DataFrames in memory (pandas, Polars, PyArrow, Modin, cuDF), all through narwhals."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from reprlib import repr as shortened
from typing import Any, final

import narwhals as nw
import numpy as np
from narwhals.exceptions import NarwhalsError

from steepest.arrays import Array, native, require_length
from steepest.errors import InputError
from steepest.tables.exact_numbers import is_number, is_rounded, may_round, rounded
from steepest.tables.number_text import DECIMALS, NUMBERS_SHARE, NumberText
from steepest.tables.table import Column, Kind, RawBlock, Table, require_unique
from steepest.translation import counted, say
from steepest.wording.fact import fact

Frame = nw.DataFrame[Any]
Series = nw.Series[Any]


@final
class FrameTable(Table):
    """An eager DataFrame, and single columns that stand beside it."""

    decimals = DECIMALS

    def __init__(self, frame: Frame, beside: Mapping[str, Array]) -> None:
        self._frame = frame
        self._beside = dict(beside)
        for name, values in beside.items():
            require_length(name, values, len(frame))
        require_unique([*frame.columns, *beside])
        self.columns = (
            *(_column(name, frame[name]) for name in frame.columns),
            *(Column(name, "number", str(values.dtype)) for name, values in beside.items()),
        )
        self.count: int | None = len(frame)
        self.summary = fact(
            "data frame", engine=engine_of(frame), rows=len(frame), columns=len(self.columns)
        )

    def blocks(self, names: Sequence[str], rows: int) -> Iterator[RawBlock]:
        inside = self._frame.select([name for name in names if name not in self._beside])
        for start in range(0, len(self._frame), rows):
            part = inside[start : start + rows]
            columns, missing = {}, {}
            for name in names:
                if name in self._beside:
                    columns[name] = native(self._beside[name][start : start + rows])
                    continue
                columns[name] = _values(part[name])
                if part[name].null_count():
                    missing[name] = part[name].is_null().to_numpy().astype(np.bool_)
            yield RawBlock(start=start, columns=columns, missing=missing)

    def select(self, names: Sequence[str]) -> Table:
        inside = [name for name in names if name not in self._beside]
        beside = {name: values for name, values in self._beside.items() if name in names}
        return FrameTable(self._frame.select(inside), beside)

    def beside(self, values: Mapping[str, Array]) -> Table:
        return FrameTable(self._frame, {**self._beside, **values})

    def levels(self, name: str, limit: int) -> list[str]:
        words = self._frame[name].drop_nulls().unique().cast(nw.String).to_list()
        return sorted(set(words))[: limit + 1]

    def where(self, row: int) -> str:
        return say("DataFrame, row {row}", row=row + 1)


def open_frame(
    frame: object,
    *,
    names: Sequence[str] | None = None,
    beside: Mapping[str, Array] | None = None,
    numbers: NumberText | None = None,
) -> Table:
    """A DataFrame as a table; `names` rename its columns, `beside` adds columns by position, and
    text that mostly holds `numbers` is read as they are written.

    >>> import pyarrow
    >>> table = open_frame(pyarrow.table({"x": [1.0], "city": ["Rome"]}))
    >>> table.columns[1]
    Column(name='city', kind='text', type='String', nameless=False)
    """
    try:
        wrapped: Frame = nw.from_native(frame, eager_only=True)
        found = wrapped.columns
    except (TypeError, NarwhalsError, ValueError) as problem:
        message = " ".join(str(problem).split())
        raise InputError(
            "this DataFrame cannot be read: {message}", message=message[:200]
        ) from problem
    if any(isinstance(name, tuple) for name in found):
        raise InputError(
            "the DataFrame's column names have several levels (a MultiIndex); flatten them "
            "first, for example frame.columns = ['_'.join(map(str, name)) for name in "
            "frame.columns]"
        )
    if not len(wrapped):
        raise InputError("the DataFrame has no rows; there is nothing to fit")
    renamed = _without_objects(_renamed(wrapped, found, names))
    return FrameTable(renamed if numbers is None else _read(renamed, numbers), beside or {})


def is_lazy(frame: object) -> bool:
    """Whether an engine keeps the rows, in no order that is known here."""
    return isinstance(nw.from_native(frame, pass_through=True), nw.LazyFrame)


def engine_of(frame: Frame | nw.LazyFrame[Any]) -> str:
    """The name of a frame's engine, such as "pandas"."""
    return str(frame.implementation).removeprefix("Implementation.").lower()


def kind_of(dtype: nw.dtypes.DType | type[nw.dtypes.DType]) -> Kind:
    """What kind of values a narwhals type holds.

    >>> kind_of(nw.Int64()), kind_of(nw.Date())
    ('number', 'date')
    """
    if dtype.is_numeric():
        return "number"
    if dtype == nw.Boolean:
        return "boolean"
    if dtype in (nw.String, nw.Categorical, nw.Enum):
        return "text"
    return "date" if dtype.is_temporal() else "other"


def _column(name: str, series: Series) -> Column:
    # What narwhals does not know may be NULLs only: a number column without values.
    empty = series.dtype == nw.Unknown and series.null_count() == len(series)
    kind: Kind = "number" if empty or _is_wide(series) else kind_of(series.dtype)
    type_ = _native_type(series) if series.dtype == nw.Unknown and not empty else series.dtype
    if kind != "other" or series.dtype != nw.Object:
        return Column(name=name, kind=kind, type=str(type_))
    for objects in (time, timedelta, date):  # a datetime is a date, too
        if all(isinstance(value, objects) for value in series.drop_nulls().to_list()):
            return Column(name=name, kind="date", type=objects.__name__)
    return Column(name=name, kind=kind, type=f"{type_}{_odd_one(series)}")


def _odd_one(series: Series) -> str:
    """The first of the objects that is no number."""
    for row, value in enumerate(series.to_list(), start=1):
        if value is not None and not is_number(value):
            odd = fact("odd object", value=shortened(value), type=type(value).__name__, row=row)
            return f" {odd}"
    return ""


def _is_wide(series: Series) -> bool:
    """Numbers of more digits than NumPy's own types hold: decimals, and Python's as objects."""
    if series.dtype == nw.Object:
        return all(map(is_number, series.drop_nulls().to_list()))
    decimal = series.dtype == nw.Unknown and str(_native_type(series)).startswith("decimal")
    return decimal or series.dtype.is_decimal() or series.dtype in (nw.Int128, nw.UInt128)


def _native_type(series: Series) -> object:
    column = series.to_native()
    return getattr(column, "dtype", None) or getattr(column, "type", series.dtype)


def _renamed(frame: Frame, found: Sequence[Any], names: Sequence[str] | None) -> Frame:
    """Every column under a name that is text, as pandas allows others."""
    wanted = [str(name) for name in (found if names is None else names)]
    if len(wanted) != len(found):
        raise InputError(
            "{names} for {columns}; give one name for each column",
            names=counted(len(wanted), "name"),
            columns=counted(len(found), "column"),
        )
    require_unique(wanted)
    changes = {old: new for old, new in zip(found, wanted, strict=True) if old != new}
    return frame.rename(changes) if changes else frame


def _without_objects(frame: Frame) -> Frame:
    """Columns of Python objects as what they hold (pandas keeps true, false, None as objects).

    Sparse columns of pandas, which narwhals does not know, are made dense.
    """
    for name in frame.columns:
        column = frame[name].to_native()
        better: Any = None
        if frame[name].dtype == nw.Object and hasattr(column, "convert_dtypes"):
            better = None if any(map(is_rounded, column)) else column.convert_dtypes()
        elif frame[name].dtype == nw.Unknown and hasattr(column, "sparse"):
            better = column.sparse.to_dense()
        if better is not None:
            dense: Series = nw.from_native(better, series_only=True)
            frame = frame.with_columns(dense.alias(name))
    return frame


def _read(frame: Frame, numbers: NumberText) -> Frame:
    """The frame with numbers where text mostly holds some; other values there are errors."""
    for name in frame.columns:
        if frame[name].dtype != nw.String:
            continue
        texts = [
            text if isinstance(text, str) and text.strip() else None
            for text in frame[name].to_list()
        ]
        plain = {text: numbers.plain(text) for text in texts if text is not None}
        present = len(texts) - texts.count(None)
        read = sum(text is not None and plain[text] is not None for text in texts)
        if read and read >= NUMBERS_SHARE * present:
            values = [_number(text, plain, name, row) for row, text in enumerate(texts, start=1)]
            column = nw.new_series(name, values, nw.Float64, backend=frame.implementation)
            frame = frame.with_columns(column)
    return frame


def _number(text: str | None, plain: Mapping[str, str | None], name: str, row: int) -> float | None:
    if text is None:
        return None
    number, place = plain[text], say("DataFrame, row {row}", row=row)
    if number is None:
        raise InputError(
            "{place}: column {name!r} is {text}, which is not a number; correct it, or leave "
            "it empty",
            place=place,
            name=name,
            text=shortened(text),
        )
    if is_rounded(number):
        raise rounded(place, name, number)
    return float(number)


def _values(series: Series) -> Array:
    """A column's values; what stands where one is missing is not looked at."""
    dtype = series.dtype
    if dtype == nw.Unknown and series.null_count() == len(series):
        return np.zeros(len(series))
    if _column(series.name, series).kind in ("date", "other"):  # to be shown, not to be used
        return np.array([str(value) for value in series.to_list()], dtype=object)
    if kind_of(dtype) == "text":
        return np.asarray(series.cast(nw.String).to_numpy(), dtype=object)
    if _is_wide(series):
        return _wide_values(series)
    # Filled first: NULLs would turn integers into floats, which round beyond 2**53.
    if series.null_count():
        series = series.fill_null(False if dtype == nw.Boolean else 0)
    return native(series.to_numpy())


def _wide_values(series: Series) -> Array:
    """Wide numbers as float64, or as they are where some may not be held."""
    if series.dtype != nw.Object:
        floats = native(series.cast(nw.Float64).to_numpy())
        if not may_round(floats):
            return floats
    return np.array(series.to_list(), dtype=object)
