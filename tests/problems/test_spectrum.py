"""Eigenvalues of many columns: by product or singular values, as far as these are precise."""

import numpy as np
import pytest

from steepest.problems import spectrum
from steepest.problems.spectrum import eigen, eigenvalues


def rows_of(singular: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """A square matrix of these singular values."""
    generator = np.random.default_rng(seed)
    left, right = (
        np.linalg.qr(generator.normal(size=(len(singular), len(singular))))[0] for _ in range(2)
    )
    return np.asarray((left * singular) @ right.T)


SIZES = [(40, lowest, 500) for lowest in (1.0, 1e-3, 1e-6, 1e-9)]
SIZES += [(120, lowest, 100) for lowest in (1.0, 1e-3, 1e-6, 1e-9)]
SIZES += [(520, 1e-9, 500)]


@pytest.mark.parametrize(("count", "lowest", "few"), SIZES)
def test_the_lowest_eigenvalue_has_its_digits(
    count: int, lowest: float, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the method of few columns, and by that of many."""
    monkeypatch.setattr(spectrum, "FEW", few)
    singular = np.geomspace(1.0, lowest, count)
    rows = rows_of(singular)
    values, vectors = eigen(rows)
    assert values == pytest.approx(singular[::-1] ** 2, rel=1e-5)
    assert eigenvalues(rows) == pytest.approx(values, rel=1e-5)
    assert np.abs(vectors.T @ vectors - np.eye(count)).max() < 1e-12
    assert np.linalg.norm(rows @ vectors, axis=0) == pytest.approx(np.sqrt(values), rel=1e-5)


@pytest.mark.parametrize("few", [0, 500])
def test_flat_directions_are_zero(monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(spectrum, "FEW", few)
    tall = np.random.default_rng(1).normal(size=(9, 5))
    rows = np.column_stack([tall, tall[:, 0] - tall[:, 1], np.zeros(9)])
    values, vectors = eigen(rows)
    assert values[:2].tolist() == [0.0, 0.0]
    assert values[2:] == pytest.approx(np.linalg.eigvalsh(rows.T @ rows)[2:], rel=1e-10)
    assert np.abs(vectors.T @ vectors - np.eye(7)).max() < 1e-12
    assert eigenvalues(rows) == pytest.approx(values, rel=1e-10)


@pytest.mark.parametrize("few", [0, 500])
def test_columns_of_very_different_scale(monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(spectrum, "FEW", few)
    even = np.linalg.qr(np.random.default_rng(2).normal(size=(8, 4)))[0]
    scale = np.array([1e-15, 1.0, 1e9, 1e4])
    assert eigen(even * scale)[0] == pytest.approx(np.sort(scale**2), rel=1e-12)
    assert eigenvalues(even * scale) == pytest.approx(np.sort(scale**2), rel=1e-12)


@pytest.mark.parametrize("few", [0, 500])
def test_fewer_rows_than_columns(monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(spectrum, "FEW", few)
    rows = np.vstack([np.random.default_rng(3).normal(size=(3, 6)), np.zeros((5, 6))])
    values, vectors = eigen(rows)
    assert values[:3].tolist() == [0.0, 0.0, 0.0]
    assert (vectors * values) @ vectors.T == pytest.approx(rows.T @ rows, abs=1e-12)
