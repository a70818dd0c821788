"""Every coefficient to the digits of float64, against least squares in exact fractions."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import steepest


def powers(x: np.ndarray, degree: int) -> np.ndarray:
    return np.column_stack([x**k for k in range(1, degree + 1)])


def hilbert(rows: int, columns: int) -> np.ndarray:
    i, j = np.arange(rows)[:, None], np.arange(columns)
    return np.asarray(1.0 / (1.0 + i + j))


def problems() -> dict[str, tuple[np.ndarray, np.ndarray, bool]]:
    """Features, target, intercept."""
    rng = np.random.default_rng(7)
    noise = rng.standard_normal(30)
    x = np.arange(1.0, 22.0)
    near = rng.standard_normal(30)
    near = np.column_stack([near, near + 1e-9 * rng.standard_normal(30)])
    graded = np.vander(np.linspace(0.1, 1.0, 20), 8)
    times = 1.7e9 + np.cumsum(rng.integers(1, 9, 30)).astype(np.float64)
    return {
        "degree 10": (powers(x, 10), powers(x, 10).sum(axis=1) + 1e3 * noise[:21], True),
        "degree 10 without intercept": (powers(x, 10), 1e3 * noise[:21], False),
        "degree 5, followed exactly": (powers(x, 5), powers(x, 5).sum(axis=1) + 1.0, True),
        "Hilbert 6": (hilbert(15, 6), noise[:15], True),
        "Hilbert 8": (hilbert(20, 8), hilbert(20, 8).sum(axis=1) + 1e-3 * noise[:20], False),
        "Vandermonde": (graded, noise[:20], False),
        "near copies": (near, near @ [3.0, -2.0] + 0.1 * noise, True),
        "times": (powers(times - 1.7e9, 3) + 1.7e9, noise, True),
        "seconds": (times[:, None], 1e-3 * times + noise, True),
        "units": (rng.standard_normal((30, 4)) * [1e-12, 1e12, 1.0, 1e6] + 5.0, noise, True),
    }


@pytest.mark.parametrize("name", problems())
def test_high_accuracy_has_every_digit(
    name: str, exactly: Callable[..., Any], digits_of: Callable[..., list[float]]
) -> None:
    features, target, intercept = problems()[name]
    fit = steepest.fit(features, target, intercept=intercept, accuracy="high")
    exact = exactly(features, target, intercept=intercept)
    true = digits_of([fit.step[each] for each in fit.names], exact.parameters)
    assert fit.verdict.kind == "converged"
    assert fit.digits is not None and min(true) >= 13.0
    assert all(-1.0 <= s - t <= 0.3 for s, t in zip(fit.digits.values(), true, strict=True))
    if exact.squares:
        assert digits_of([fit.residual_deviation], [exact.residual_deviation])[0] >= 13.0
    else:
        assert fit.r2 == 1.0


def test_near_copies_predict_what_they_claim(tmp_path: Path, exactly: Callable[..., Any]) -> None:
    """Slopes of 1e13 that cancel: R² is that of the predictions, also of the file's."""
    rng = np.random.default_rng(3)
    count = np.arange(426.0)
    features = np.column_stack([count, 1982.25 + count / 12.0 + 2e-12 * rng.standard_normal(426)])
    target = 0.2 * np.sin(count) + features[:, 1] / 10.0
    fit = steepest.fit(features, target)
    fit.save(tmp_path / "near.steepest")
    spread = np.square(target - target.mean()).sum()
    loaded = steepest.load(tmp_path / "near.steepest")
    assert isinstance(loaded, steepest.Fit)
    for each in (fit, loaded):
        own = 1.0 - np.square(target - each.predict(features)).sum() / spread
        assert own == pytest.approx(each.r2, abs=1e-12)
        assert max(map(abs, each.coefficients.values())) > 1e6
    exact = exactly(features, target)
    assert fit.r2 == pytest.approx(1.0 - float(exact.squares) / spread, abs=1e-12)


def test_coefficients_are_written_to_the_digits_that_are_known() -> None:
    rng = np.random.default_rng(2)
    x = rng.standard_normal(40)
    features = np.column_stack([x, x + 3e-6 * rng.standard_normal(40)])
    moments = steepest.Moments.of(features, features @ [1.0, 2.0] + 0.1 * rng.standard_normal(40))
    fit = steepest.fit(moments)
    assert fit.digits is not None
    known = min(fit.digits["x1"], fit.digits["x2"])
    assert known < 6.0
    assert f"{fit.coefficients['x1']:.9g}" not in fit.summary()
    zero = steepest.fit([[1.0, -1.0], [2.0, 1.0], [3.0, 1.0], [4.0, -1.0]], [1.0, 2.0, 3.0, 4.0])
    assert zero.digits is not None and min(zero.digits.values()) > 10.0
    assert "x2: 0" in repr(zero)
