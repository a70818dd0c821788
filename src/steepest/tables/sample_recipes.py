"""How the rows of each sample table are made: lessons' tables, and tables with a known trouble.

The rule that the rows follow stands in words in `wording/samples.py`.

Random ones come from NumPy's `default_rng(seed)`. Noise is drawn after the features and multiplied
by its size, so that one seed gives the same rows with more or less of the same noise.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from steepest.arrays import Array
from steepest.errors import InputError

# The columns by name, the target last.
Made: TypeAlias = dict[str, Array]

TARGET = "y"
MOST_COUNT = 1e15  # whole numbers above are no longer exact in float64
_SCALES = (1e-6, 1e-3, 1.0, 1e3, 1e6)
_FAR = (10.0, 20.0)  # an outlier's distance, in standard deviations of the noise


def three_points() -> Made:
    return {"x": np.array([1.0, 2.0, 3.0]), TARGET: np.array([2.0, 4.0, 6.0])}


def slope_only() -> Made:
    x = np.arange(-3, 3, 0.1)
    return {"x": x, TARGET: -3 * x}


def slope_and_bias() -> Made:
    x = np.arange(-3, 3, 0.1)
    return {"x": x, TARGET: x - 1}


def uniform_line(*, rows: int = 50, seed: int = 0) -> Made:
    x = np.random.default_rng(seed).random(rows)
    return {"x": x, TARGET: 3 * x + 0.8}


def noisy_line(
    *,
    slope: float = 2.0,
    intercept: float = 1.0,
    sigma: float = 1.0,
    outliers: int = 0,
    rows: int = 100,
    seed: int = 0,
) -> Made:
    if outliers > rows:
        raise InputError(
            "{outliers: outlier} of {rows: row}; give at most as many as rows",
            outliers=outliers,
            rows=rows,
        )
    random = np.random.default_rng(seed)
    x = random.uniform(0.0, 10.0, rows)
    y = slope * x + intercept + sigma * random.standard_normal(rows)
    far = random.choice(rows, outliers, replace=False)
    y[far] += (sigma or 1.0) * random.uniform(*_FAR, outliers)
    return {"x": x, TARGET: y}


def badly_scaled(*, sigma: float = 0.1, rows: int = 200, seed: int = 0) -> Made:
    random = np.random.default_rng(seed)
    plain = random.standard_normal((rows, len(_SCALES)))
    columns = {f"x{j + 1}": plain[:, j] * scale for j, scale in enumerate(_SCALES)}
    y = plain.sum(axis=1) + sigma * random.standard_normal(rows)
    return {**columns, TARGET: y}


def collinear(*, gap: float = 0.01, sigma: float = 0.1, rows: int = 200, seed: int = 0) -> Made:
    random = np.random.default_rng(seed)
    first, between, other = random.standard_normal((3, rows))
    second = first + gap * between
    y = first + 2 * second + 3 * other + sigma * random.standard_normal(rows)
    return {"x1": first, "x2": second, "x3": other, TARGET: y}


def two_classes(*, separation: float = 3.0, rows: int = 200, seed: int = 0) -> Made:
    labels = np.arange(rows) % 2  # in turn, so that any run of rows has both
    random = np.random.default_rng(seed)
    shift = separation / np.sqrt(8.0)
    x1, x2 = random.standard_normal((2, rows)) + (2 * labels - 1) * shift
    return {"x1": x1, "x2": x2, TARGET: labels}


def counts(*, slope: float = 0.8, intercept: float = 1.0, rows: int = 200, seed: int = 0) -> Made:
    random = np.random.default_rng(seed)
    x = random.uniform(-2.0, 2.0, rows)
    if 2.0 * abs(slope) + intercept > np.log(MOST_COUNT):
        raise InputError(
            "slope {slope:g} and intercept {intercept:g} give means up to exp({slope_2:g}); "
            "give smaller ones, with means below 1e15",
            slope=slope,
            intercept=intercept,
            slope_2=2.0 * abs(slope) + intercept,
        )
    return {"x": x, TARGET: random.poisson(np.exp(slope * x + intercept))}


RECIPES: Mapping[str, Callable[..., Made]] = MappingProxyType(
    {
        make.__name__.replace("_", "-"): make
        for make in (
            three_points,
            slope_only,
            slope_and_bias,
            uniform_line,
            noisy_line,
            badly_scaled,
            collinear,
            two_classes,
            counts,
        )
    }
)
