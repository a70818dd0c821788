"""Residuals against exact rational arithmetic."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import steepest
from steepest.moments.exact_residuals import block_residuals
from steepest.tables.column_encoding import Block


def test_residuals_are_right_where_float64_keeps_no_digit() -> None:
    generator = np.random.default_rng(0)
    features = generator.standard_normal((50, 4)) * 1e6 + 1e9
    slopes = generator.standard_normal(4)
    target = features @ slopes + generator.standard_normal(50) * 1e-9
    centres = np.append(features.mean(axis=0), target.mean())
    found = block_residuals(Block(0, features, target), range(4), centres, slopes)
    for row, y, residual in zip(features.tolist(), target.tolist(), found.tolist(), strict=True):
        terms = zip(row, centres.tolist(), slopes.tolist(), strict=False)
        exact = Fraction(y) - Fraction(float(centres[-1]))
        exact -= sum((Fraction(x) - Fraction(c)) * Fraction(b) for x, c, b in terms)
        assert residual == pytest.approx(float(exact), rel=1e-12, abs=1e-18)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("held_out", [{}, {"validation": 0.3}, {"folds": 4}])
def test_a_close_fit_states_its_residuals(
    weighted: bool,
    held_out: dict[str, Any],
    exactly: Callable[..., Any],
    digits_of: Callable[..., Any],
) -> None:
    generator = np.random.default_rng(1)
    features = generator.integers(-100, 100, (60, 2)).astype(np.float64)
    target = features @ [3.0, -2.0] + 5.0 + generator.standard_normal(60) * 2.0**-30
    weights = generator.integers(1, 5, 60).astype(np.float64) if weighted else None
    fit = steepest.fit(features, target, weights=weights, epochs=10**18, **held_out)
    used = np.ones(60, bool)
    if "validation" in held_out:
        used = fit.settings.split.part(np.arange(60)) == 0
    exact = exactly(
        features[used], target[used], weights=None if weights is None else weights[used]
    )
    assert "the residuals were formed in twice the working precision" in " ".join(fit.notes)
    # The coefficients' own rounding leaves about (1e-13 / 1e-9)² of the sum.
    assert fit.reduced is not None
    assert digits_of([fit.reduced.training.residual**2], [exact.squares])[0] >= 7
