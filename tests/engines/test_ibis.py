"""Ibis: the moments of its own rows, and predictions that stay expressions."""

import numpy as np
import polars as pl
import pytest

from steepest.moments.lazy_moments import lazy_moments
from steepest.moments.one_pass import gather
from steepest.tables.column_encoding import Encoding
from steepest.tables.frames.eager import open_frame
from steepest.tables.frames.lazy import open_lazy, predict_lazy
from steepest.tables.holdout_split import Split

ibis = pytest.importorskip("ibis", reason="Ibis is not installed")
pytestmark = pytest.mark.engines


def houses(rows: int = 300) -> pl.DataFrame:
    random = np.random.default_rng(5)
    x = random.normal(size=rows)
    return pl.DataFrame(
        {
            "far": 1e6 + x,
            "city": random.choice(["Rome", "Oslo", "Bonn"], rows),
            "garden": random.random(rows) < 0.3,
            "price": 3.0 * x + random.normal(size=rows),
        }
    )


def test_moments_are_those_of_rows_in_memory() -> None:
    here, there = open_frame(houses()), open_lazy(ibis.memtable(houses().to_arrow()))
    encoding = Encoding.learn(there, "price")
    assert encoding == Encoding.learn(here, "price")
    expected = gather(here, encoding).total
    root = np.sqrt(expected.products.diagonal())
    folds = lazy_moments(there, encoding, split=Split.cross_validation(3, 1))
    for found in (lazy_moments(there, encoding)[0], folds[0] + folds[1] + folds[2]):
        assert found.rows == 300
        products = found.about(expected.shift, expected.scale).products
        assert np.all(np.abs(products - expected.products) <= 1e-10 * np.outer(root, root))


def test_predictions_stay_expressions() -> None:
    there = open_lazy(ibis.memtable(houses().to_arrow()))
    encoding = Encoding.learn(there, "price", features=["garden"])
    native = predict_lazy(there, encoding, {"prediction": ({"garden": 10.0}, 1.0)})
    assert isinstance(native, ibis.expr.types.Table)
    predicted = native.to_pyarrow()["prediction"].to_pylist()
    assert predicted == (1.0 + 10.0 * houses()["garden"]).to_list()
