"""Residuals that sums of products cannot tell: found from the rows, or withheld and said."""

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from steepest.api.fit import fit
from steepest.results.moments import Moments


def rows(noise: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((60, 2)) + 5.0
    return features, 1e6 + features @ [1e3, 2e3] + noise * rng.standard_normal(60)


@pytest.mark.parametrize("noise", [1e-3, 1e-5])
def test_fast_reads_the_rows_again(noise: float, exactly: Callable[..., Any]) -> None:
    features, target = rows(noise)
    found, exact = fit(features, target, accuracy="fast"), exactly(features, target)
    assert found.residual_deviation == pytest.approx(exact.residual_deviation, rel=1e-6)
    assert found.inference is not None
    errors = [found.inference[name].standard_error for name in found.names]
    assert errors == pytest.approx(exact.standard_errors, rel=1e-6)


@pytest.mark.parametrize("noise", [1e-3, 1e-5])
@pytest.mark.parametrize("kind", ["moments", "lazy"])
def test_without_rows_they_are_withheld(noise: float, kind: str) -> None:
    features, target = rows(noise)
    if kind == "moments":
        found = fit(Moments.of(features, target))
    else:
        frame = pl.DataFrame({"a": features[:, 0], "b": features[:, 1], "y": target})
        found = fit(frame.lazy(), target="y")
    assert found.residual_deviation is None
    assert found.inference is None
    assert "lost in the rounding" in found.missing("residual_deviation")
    assert "lost in the rounding" in found.missing("inference")
    assert sum("are withheld" in note for note in found.notes) == 1
    assert "withheld" in found.summary()


def test_residuals_that_products_tell_are_there(exactly: Callable[..., Any]) -> None:
    features, target = rows(1e3)
    found, exact = fit(Moments.of(features, target)), exactly(features, target)
    assert found.residual_deviation == pytest.approx(exact.residual_deviation, rel=1e-8)
    assert found.inference is not None
