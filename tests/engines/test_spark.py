"""PySpark: the moments of its own rows, and predictions that stay lazy."""

import shutil
from datetime import datetime
from typing import Any, Literal

import numpy as np
import polars as pl
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

sql = pytest.importorskip("pyspark.sql", reason="PySpark is not installed")
pytestmark = [
    pytest.mark.engines,
    pytest.mark.skipif(shutil.which("java") is None, reason="Java is not installed"),
    # Spark's own import warns about the pandas it finds; nothing here uses pandas.
    pytest.mark.filterwarnings("ignore"),
]


def houses(rows: int = 300) -> pl.DataFrame:
    random = np.random.default_rng(5)
    x = random.normal(size=rows)
    return pl.DataFrame(
        {
            "far": 1e6 + x,
            "rooms": random.integers(1, 9, rows),
            "city": random.choice(["Rome", "Oslo", "Bonn"], rows),
            "garden": random.random(rows) < 0.3,
            "importance": random.random(rows),
            "price": 3.0 * x + random.normal(size=rows),
        }
    )


def spread(spark: Any, frame: pl.DataFrame) -> Any:
    names = {pl.Float64: "double", pl.Int64: "long", pl.String: "string", pl.Boolean: "boolean"}
    schema = ", ".join(f"{name} {names[kind.base_type()]}" for name, kind in frame.schema.items())
    return spark.createDataFrame(list(frame.iter_rows()), schema)


@pytest.mark.parametrize("weights", [None, "importance"])
def test_moments_are_those_of_rows_in_memory(spark: Any, weights: str | None) -> None:
    frame = houses()
    here, there = open_frame(frame), open_lazy(spread(spark, frame))
    encoding = Encoding.learn(there, "price", weights=weights)
    assert encoding == Encoding.learn(here, "price", weights=weights)
    expected = gather(here, encoding).total
    (found,) = lazy_moments(there, encoding)
    found = found.about(expected.shift, expected.scale)
    root = np.sqrt(expected.products.diagonal())
    assert found.rows == 300
    assert np.all(np.abs(found.products - expected.products) <= 1e-10 * np.outer(root, root))
    polars = lazy_moments(open_lazy(frame.lazy()), encoding, split=Split.cross_validation(3, 1))
    folds = lazy_moments(there, encoding, split=Split.cross_validation(3, 1))
    assert [fold.rows for fold in folds] == [fold.rows for fold in polars]
    total = (folds[0] + folds[1] + folds[2]).about(expected.shift, expected.scale)
    assert np.all(np.abs(total.products - expected.products) <= 1e-10 * np.outer(root, root))


@pytest.mark.parametrize("missing", ["drop", "mean"])
def test_missing_values(spark: Any, missing: Literal["drop", "mean"]) -> None:
    row = pl.int_range(300)
    frame = houses().with_columns(
        pl.when(row % 7 == 0).then(None).otherwise(pl.col("far")).alias("far"),
        pl.when(row % 11 == 0).then(None).otherwise(pl.col("city")).alias("city"),
        pl.when(row % 13 == 0).then(float("nan")).otherwise(pl.col("price")).alias("price"),
    )
    here, there = open_frame(frame), open_lazy(spread(spark, frame))
    encoding = Encoding.learn(there, "price", missing=missing)
    expected = gather(here, Encoding.learn(here, "price", missing=missing))
    tally = Tally()
    (found,) = lazy_moments(there, encoding, tally=tally)
    assert found.rows == expected.total.rows
    assert found.means == pytest.approx(expected.total.means, rel=1e-12)
    assert tally.notes() == expected.tally.notes()
    with pytest.raises(
        InputError, match="column 'price' has 24 nan values; correct them, or set missing"
    ):
        lazy_moments(there, Encoding.learn(there, "price"))


def test_predictions_stay_lazy(spark: Any) -> None:
    frame = houses()
    there = open_lazy(spread(spark, frame))
    encoding = Encoding.learn(there, "price", features=["rooms", "garden"])
    native = predict_lazy(there, encoding, {"prediction": ({"rooms": 2.0, "garden": 10.0}, 1.0)})
    assert isinstance(native, sql.DataFrame)
    expected = 1.0 + 2.0 * frame["rooms"] + 10.0 * frame["garden"]
    assert [row["prediction"] for row in native.collect()] == expected.to_list()


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(1899, 12, 31, 18), [1899, 12, 31, 6, 18, -25_567.25]),
        (datetime(2000, 2, 29, 6), [2000, 2, 29, 1, 6, 11_016.25]),
    ],
)
def test_dates_have_the_same_fields(spark: Any, moment: datetime, expected: list[float]) -> None:
    frame = spark.createDataFrame([(moment, 1.0)], ["t", "y"])
    coding = Coding(DATE_FIELDS)
    learnt = Encoding.learn(open_lazy(frame), "y", features=["t"], missing="mean", coding=coding)
    assert [*learnt.fill.values()] == expected
