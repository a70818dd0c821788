"""Residuals that sums of products cannot tell: found from the rows, or withheld and said."""

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from steepest.api.fit import fit
from steepest.results.moments import Moments
from steepest.tables.frames.lazy import open_lazy


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


@pytest.mark.parametrize(
    ("noise", "intercept"), [(1e-3, True), (1e-5, True), (1e-9, True), (1e-3, False), (1e-5, False)]
)
@pytest.mark.parametrize("options", [{}, {"weights": "w"}])
def test_a_lazy_frame_is_asked_for_them(
    noise: float,
    intercept: bool,
    options: dict[str, Any],
    exactly: Callable[..., Any],
    digits_of: Callable[..., list[float]],
) -> None:
    features, target = rows(noise)
    target = target - 1e6 * (not intercept)
    frame = pl.DataFrame({"a": features[:, 0], "b": features[:, 1], "y": target})
    frame = frame.with_columns(w=1.0 + pl.col("a").abs())
    columns = ["a", "b"]
    found = fit(
        open_lazy(frame.lazy()), target="y", features=columns, intercept=intercept, **options
    )
    weights = frame["w"].to_numpy() if "weights" in options else None
    exact = exactly(features, target, intercept=intercept, weights=weights)
    # Each residual is rounded as the target is, at 1e6 or 1e4.
    rel = 1e-6 if noise > 1e-8 else 0.2
    assert found.residual_deviation == pytest.approx(exact.residual_deviation, rel=rel)
    assert found.inference is not None and found.rmse is not None
    share = np.sqrt(exact.degrees / (60 if weights is None else weights.sum()))
    assert found.rmse == pytest.approx(exact.residual_deviation * share, rel=rel)
    errors = [found.inference[name].standard_error for name in found.names]
    assert errors == pytest.approx(exact.standard_errors, rel=rel)
    true = digits_of([found.step[name] for name in found.names], exact.parameters)
    assert found.digits is not None
    assert max(s - t for s, t in zip(found.digits.values(), true, strict=True)) < 0.3
    assert sum("were summed in" in note for note in found.notes) == 1


@pytest.mark.parametrize("noise", [1e-3, 1e-5])
def test_without_rows_they_are_withheld(noise: float) -> None:
    features, target = rows(noise)
    found = fit(Moments.of(features, target))
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
