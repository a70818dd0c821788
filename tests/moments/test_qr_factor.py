"""The rows' triangle, from moments and from merged QR."""

from typing import Any

import numpy as np
import pytest

from steepest.moments import one_pass as gathering
from steepest.moments.qr_factor import Factor, factor_moments, factor_rows, merge_factors
from steepest.results.moments import Moments
from steepest.tables.column_encoding import Encoding
from steepest.tables.from_arrays import open_arrays
from steepest.tables.holdout_split import Split


def rows(count: int = 3000, columns: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((count, columns)) + 5.0
    return features, features.sum(axis=1) + rng.standard_normal(count)


def by_rows(
    features: Any, target: Any, weights: Any = None, split: Split | None = None
) -> list[Factor]:
    table = open_arrays(features, target, weights=weights)
    encoding = Encoding.learn(table, "y", weights=None if weights is None else "weights")
    moments = Moments.of(features, target, weights=weights)
    columns = list(range(len(moments.names)))
    return factor_rows(table, encoding, moments, columns, split or Split())


def products(factor: Factor) -> np.ndarray:
    """Centred products in the columns' own units."""
    return (factor.triangle.T @ factor.triangle) / np.outer(factor.scale, factor.scale)


def centred(features: np.ndarray, target: np.ndarray, weights: Any = None) -> np.ndarray:
    table = np.column_stack([features, target])
    w = np.ones(len(table)) if weights is None else weights
    table = table - np.average(table, axis=0, weights=w)
    return (w[:, None] * table).T @ table


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 256 rows, so that triangles are merged."""
    monkeypatch.setattr(gathering, "MOST_BLOCK_ROWS", 256)


@pytest.mark.parametrize("weighted", [False, True])
def test_both_ways_hold_the_same_products(weighted: bool) -> None:
    features, target = rows()
    weights = np.random.default_rng(1).uniform(0.1, 2.0, len(target)) if weighted else None
    moments = Moments.of(features, target, weights=weights)
    (merged,) = by_rows(features, target, weights)
    for factor in (factor_moments(moments), merged):
        assert products(factor) == pytest.approx(centred(features, target, weights), rel=1e-11)
        assert np.triu(factor.triangle).tolist() == factor.triangle.tolist()
        assert (factor.triangle.diagonal() >= 0.0).all()
        assert factor.rows == 3000
        assert factor.weight == pytest.approx(moments.weight, rel=1e-13)
        assert factor.means == pytest.approx(list(moments.means.values()), rel=1e-14)
    assert merged.method == "qr"
    assert merged.norms == pytest.approx(
        np.sqrt(centred(features, target, weights).diagonal()) * merged.scale, rel=1e-6
    )


def test_the_residual_is_that_of_least_squares() -> None:
    features, target = rows(100)
    design = np.column_stack([features, np.ones(100)])
    expected = np.sqrt(np.linalg.lstsq(design, target, rcond=None)[1][0])
    assert factor_moments(Moments.of(features, target)).residual == pytest.approx(
        expected, rel=1e-9
    )
    assert by_rows(features, target)[0].residual == pytest.approx(expected, rel=1e-12)


def test_parts_of_a_split_add_up() -> None:
    features, target = rows()
    split = Split.cross_validation(4, seed=3)
    parts = by_rows(features, target, split=split)
    assert len(parts) == 4
    assert sum(part.rows for part in parts) == 3000
    place = split.part(np.arange(3000))
    for number, part in enumerate(parts):
        chosen = place == number
        assert part.rows == chosen.sum()
        expected = centred(features[chosen], target[chosen])
        assert products(part) == pytest.approx(expected, rel=1e-11)
        assert part.means[:-1] == pytest.approx(features[chosen].mean(axis=0), rel=1e-13)
    together = merge_factors(parts)
    assert together.rows == 3000
    assert products(together) == pytest.approx(centred(features, target), rel=1e-11)
    assert together.means == pytest.approx(by_rows(features, target)[0].means, rel=1e-13)


def test_fewer_rows_than_columns() -> None:
    features, target = rows(3, 5)
    (factor,) = by_rows(features, target)
    assert factor.triangle.shape == (6, 6)
    assert products(factor) == pytest.approx(centred(features, target), abs=1e-12)


def test_near_copies_are_resolved_by_qr_and_not_by_products() -> None:
    rng = np.random.default_rng(2)
    x = rng.standard_normal(1000)
    features = np.column_stack([x, x + 1e-9 * rng.standard_normal(1000)])
    target = rng.standard_normal(1000)
    assert factor_moments(Moments.of(features, target)).unresolved(True) == 1
    (factor,) = by_rows(features, target)
    assert factor.unresolved(True) is None
    spread = factor.triangle[1, 1] / factor.scale[1] / np.sqrt(1000)
    assert spread == pytest.approx(1e-9, rel=0.05)


@pytest.mark.parametrize("combination", ["copy", "sum"])
def test_exact_dependence_is_seen_by_both(combination: str) -> None:
    features, target = rows(1000, 2)
    extra = features[:, 0] if combination == "copy" else features.sum(axis=1)
    features = np.column_stack([features, extra])
    assert factor_moments(Moments.of(features, target)).unresolved(True) == 2
    assert by_rows(features, target)[0].unresolved(True) == 2


def test_columns_can_be_left_out() -> None:
    features, target = rows(600)
    table = open_arrays(features, target)
    encoding = Encoding.learn(table, "y")
    moments = Moments.of(features, target)
    (factor,) = factor_rows(table, encoding, moments, [2, 0, 3], Split())
    assert factor.names == ("x3", "x1", "y")
    assert products(factor) == pytest.approx(centred(features[:, [2, 0]], target), rel=1e-11)
