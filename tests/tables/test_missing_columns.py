"""Columns without values, and tables of which nearly every row lacks one."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import steepest
from steepest.errors import InputError

N = 12
RNG = np.random.default_rng(0)
X = RNG.normal(size=N)
PLAIN = pd.DataFrame({"x": X, "y": X + RNG.normal(size=N)})
SLOPE = float(np.polyfit(PLAIN.x, PLAIN.y, 1)[0])
EMPTY = {
    "number": pd.Series([np.nan] * N),
    "text": pd.Series([None] * N, dtype="string"),
    "boolean": pd.Series([pd.NA] * N, dtype="boolean"),
}


def source_of(frame: pd.DataFrame, kind: str, folder: Path) -> Any:
    if kind == "csv":
        frame.to_csv(folder / "a.csv", index=False)
        return folder / "a.csv"
    if kind == "parquet":
        frame.to_parquet(folder / "a.parquet")
        return folder / "a.parquet"
    makers: dict[str, Any] = {"pandas": lambda each: each, "polars": pl.from_pandas}
    makers |= {"arrow": pa.Table.from_pandas, "lazy": lambda each: pl.from_pandas(each).lazy()}
    return makers[kind](frame)


@pytest.mark.parametrize("empty", EMPTY)
@pytest.mark.parametrize("kind", ["csv", "parquet", "pandas", "polars", "arrow", "lazy"])
def test_an_empty_column_is_left_out_and_said(empty: str, kind: str, tmp_path: Path) -> None:
    source = source_of(PLAIN.assign(e=EMPTY[empty]), kind, tmp_path)
    for missing in ("error", "mean"):
        fit = steepest.fit(source, target="y", missing=missing)
        assert fit.coefficients == {"x": pytest.approx(SLOPE)}
        assert "column 'e' is left out: all its values are missing" in fit.notes
    with pytest.raises(InputError, match="column 'e' has no values: all "):
        steepest.fit(source, target="y", features=["x", "e"])


def test_it_is_left_out_of_arrays_and_moments_too() -> None:
    rows = np.column_stack([X, np.full(N, np.nan)])
    assert list(steepest.fit(rows, PLAIN.y.to_numpy()).coefficients) == ["x1"]
    lazy = pl.from_pandas(PLAIN.assign(e=EMPTY["number"])).lazy()
    assert steepest.Moments.of(lazy, "y").features == ("x",)


def test_a_value_far_down_is_found(tmp_path: Path) -> None:
    late = np.full(3000, np.nan)
    late[2900:] = RNG.normal(size=100)
    frame = pd.DataFrame({"e": late, "y": RNG.normal(size=3000)})
    fit = steepest.fit(source_of(frame, "csv", tmp_path), target="y", missing="drop")
    slope = np.polyfit(frame.e[2900:], frame.y[2900:], 1)[0]
    assert fit.coefficients == {"e": pytest.approx(slope, rel=1e-9)}
    assert fit.notes[1].startswith("2900 of 3000 rows dropped")


def test_no_row_is_dropped_for_text_that_is_left_out(tmp_path: Path) -> None:
    frame = PLAIN.assign(e=["yes", *[None] * (N - 1)])
    fit = steepest.fit(source_of(frame, "csv", tmp_path), target="y", missing="drop")
    assert fit.rows == N
    assert "column 'e' holds one value only, 'yes', and is left out" in fit.notes


@pytest.mark.parametrize("loss", ["squared", "huber"])
def test_which_columns_leave_no_row_is_said_with_what_to_do(loss: str, tmp_path: Path) -> None:
    first, second = np.full(N, np.nan), np.full(N, np.nan)
    first[:2], second[2:] = [1.0, 2.0], np.arange(N - 2.0)
    frame = PLAIN.assign(a=first, b=second)
    said = (
        r"12 rows found, and every one has a missing value; exclude=\['a'\] leaves 10 whole "
        "rows, missing='mean' uses 12"
    )
    source = source_of(frame, "csv", tmp_path)
    with pytest.raises(InputError, match=said):
        steepest.fit(source, target="y", missing="drop", loss=loss)
    fit = steepest.fit(source, target="y", missing="drop", loss=loss, exclude=["a"])
    assert fit.rows == 10
    assert steepest.fit(source, target="y", missing="mean", loss=loss).rows == N


def test_a_target_that_is_nearly_empty_is_named() -> None:
    frame = PLAIN.assign(y=[1.0, *[np.nan] * (N - 1)])
    with pytest.raises(InputError, match="all but one have a missing value; the target 'y' is th"):
        steepest.fit(frame, target="y", missing="drop")


def test_a_target_that_the_dropped_rows_leave_constant_is_said_to_be_that() -> None:
    frame = PLAIN.assign(y=[1.0, 1.0, 1.0, *range(N - 3)], a=[1.0, 2.0, 4.0, *[np.nan] * (N - 3)])
    said = "'y' is 1 in each of the 3 rows without a gap: there is nothing to fit; missing='mean' u"
    with pytest.raises(InputError, match=said):
        steepest.fit(frame, target="y", missing="drop")
    assert steepest.fit(frame, target="y", missing="mean").rows == N
