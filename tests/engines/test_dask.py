"""Dask: the moments of its own rows, and predictions that stay lazy."""

from datetime import datetime
from typing import Any, Literal

import numpy as np
import pytest

from steepest.errors import InputError
from steepest.moments.lazy_moments import lazy_moments
from steepest.moments.one_pass import gather
from steepest.tables.column_encoding import Encoding, Tally
from steepest.tables.date_part import DATE_FIELDS
from steepest.tables.feature_columns import Coding
from steepest.tables.frames.eager import open_frame
from steepest.tables.frames.lazy import open_lazy, predict_lazy
from steepest.tables.holdout_split import Split

pd = pytest.importorskip("pandas", reason="pandas is not installed")
dask = pytest.importorskip("dask.dataframe", reason="Dask is not installed")
pytestmark = pytest.mark.engines


def houses(rows: int = 300) -> Any:
    random = np.random.default_rng(5)
    x = random.normal(size=rows)
    return pd.DataFrame(
        {
            "far": 1e6 + x,
            "rooms": random.integers(1, 9, rows),
            "city": random.choice(["Rome", "Oslo", "Bonn"], rows),
            "garden": random.random(rows) < 0.3,
            "importance": random.random(rows),
            "price": 3.0 * x + random.normal(size=rows),
        }
    )


@pytest.mark.parametrize("weights", [None, "importance"])
def test_moments_are_those_of_rows_in_memory(weights: str | None) -> None:
    frame = houses()
    here, there = open_frame(frame), open_lazy(dask.from_pandas(frame, npartitions=3))
    encoding = Encoding.learn(there, "price", weights=weights)
    assert encoding == Encoding.learn(here, "price", weights=weights)
    expected = gather(here, encoding).total
    (found,) = lazy_moments(there, encoding)
    found = found.about(expected.shift, expected.scale)
    root = np.sqrt(expected.products.diagonal())
    assert found.rows == 300
    assert np.all(np.abs(found.products - expected.products) <= 1e-10 * np.outer(root, root))
    folds = lazy_moments(there, encoding, split=Split.cross_validation(3, 1))
    total = (folds[0] + folds[1] + folds[2]).about(expected.shift, expected.scale)
    assert min(fold.rows for fold in folds) > 60
    assert np.all(np.abs(total.products - expected.products) <= 1e-10 * np.outer(root, root))


@pytest.mark.parametrize("missing", ["drop", "mean"])
def test_missing_values(missing: Literal["drop", "mean"]) -> None:
    frame = houses()
    frame.loc[::7, "far"] = None
    frame.loc[3::50, "price"] = None
    frame.loc[2::40, "city"] = None
    here, there = open_frame(frame), open_lazy(dask.from_pandas(frame, npartitions=2))
    encoding = Encoding.learn(there, "price", missing=missing)
    expected = gather(here, Encoding.learn(here, "price", missing=missing))
    tally = Tally()
    (found,) = lazy_moments(there, encoding, tally=tally)
    assert found.rows == expected.total.rows
    assert found.means == pytest.approx(expected.total.means, rel=1e-12)
    assert tally.notes() == expected.tally.notes()
    with pytest.raises(InputError, match="57 missing values: far 43, city 8, price 6; set"):
        lazy_moments(there, Encoding.learn(there, "price"))


def test_predictions_stay_lazy() -> None:
    frame = houses()
    there = open_lazy(dask.from_pandas(frame, npartitions=2))
    encoding = Encoding.learn(there, "price", features=["rooms", "garden"])
    native = predict_lazy(there, encoding, {"prediction": ({"rooms": 2.0, "garden": 10.0}, 1.0)})
    assert isinstance(native, dask.DataFrame)
    expected = 1.0 + 2.0 * frame["rooms"] + 10.0 * frame["garden"]
    assert native.compute()["prediction"].tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(1899, 12, 31, 18), [1899, 12, 31, 6, 18, -25_567.25]),
        (datetime(2000, 2, 29, 6), [2000, 2, 29, 1, 6, 11_016.25]),
    ],
)
def test_dates_have_the_same_fields(moment: datetime, expected: list[float]) -> None:
    frame = dask.from_pandas(pd.DataFrame({"t": [moment], "y": [1.0]}), npartitions=1)
    coding = Coding(DATE_FIELDS)
    learnt = Encoding.learn(open_lazy(frame), "y", features=["t"], missing="mean", coding=coding)
    assert [*learnt.fill.values()] == expected
