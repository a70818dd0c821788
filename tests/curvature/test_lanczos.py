"""The density of eigenvalues has the moments of the matrix."""

import numpy as np
import pytest

from steepest.curvature.lanczos import spectrum


def symmetric(eigenvalues: np.ndarray, seed: int = 1) -> np.ndarray:
    square = np.random.default_rng(seed).standard_normal((len(eigenvalues), len(eigenvalues)))
    rotation = np.linalg.qr(square)[0]
    matrix = (rotation * eigenvalues) @ rotation.T
    return np.asarray((matrix + matrix.T) / 2.0)


def test_moments_through_one_probe_are_exact() -> None:
    matrix = symmetric(np.random.default_rng(8).standard_normal(60))
    density = spectrum(lambda v: matrix @ v, 60, steps=6, probes=1, seed=2)
    signs = np.random.default_rng(2).choice([-1.0, 1.0], 60)
    for power in range(12):  # 2 · 6 − 1 is the highest
        exact = signs @ np.linalg.matrix_power(matrix, power) @ signs
        assert density.moment(power) == pytest.approx(exact, rel=1e-10, abs=1e-10)


def test_moments_over_many_probes_are_the_traces() -> None:
    matrix = symmetric(np.geomspace(0.01, 3.0, 80))
    density = spectrum(lambda v: matrix @ v, 80, steps=20, probes=300)
    assert density.products == 20 * 300
    assert density.weights.sum() == pytest.approx(1.0)
    # Hutchinson: the variance of a probe is at most 2‖H‖², here 0.2 of the trace in one probe.
    for power in (1, 2):
        trace = np.trace(np.linalg.matrix_power(matrix, power))
        assert density.moment(power) == pytest.approx(trace, rel=0.05)


def test_the_density_counts_the_eigenvalues() -> None:
    eigenvalues = np.r_[np.zeros(60), np.full(30, 1.0), np.full(10, 7.0)]
    matrix = symmetric(eigenvalues)
    density = spectrum(lambda v: matrix @ v, 100, probes=200)
    assert density.share_below(0.5) == pytest.approx(0.6, abs=0.02)
    assert density.share_below(3.0) == pytest.approx(0.9, abs=0.02)
    values = np.linspace(-2.0, 9.0, 2001)
    assert np.trapezoid(density.at(values, 0.2), values) == pytest.approx(1.0, abs=1e-6)
