"""Eigenvalues by products alone agree with the dense ones."""

import numpy as np
import pytest

from steepest.curvature.extremes import Extremes, extremes


def symmetric(eigenvalues: np.ndarray, seed: int = 1) -> np.ndarray:
    square = np.random.default_rng(seed).standard_normal((len(eigenvalues), len(eigenvalues)))
    rotation = np.linalg.qr(square)[0]
    matrix = (rotation * eigenvalues) @ rotation.T
    return np.asarray((matrix + matrix.T) / 2.0)


SPECTRA = [
    pytest.param(np.array([3.0]), id="one"),
    pytest.param(np.array([-2.0, 5.0]), id="two"),
    pytest.param(np.linspace(-1.0, 10.0, 7), id="few"),
    pytest.param(np.geomspace(1e-3, 100.0, 70), id="decaying"),
    pytest.param(np.r_[np.zeros(180), np.linspace(1.0, 2.0, 20)], id="mostly-flat"),
    pytest.param(np.linspace(-1.0, 1.0, 300), id="evenly-spread"),
    pytest.param(np.r_[np.full(50, 4.0), np.full(50, -4.0)], id="two-values"),
    pytest.param(np.r_[np.linspace(0.0, 1.0, 150), 1.0001], id="close-pair"),
]


@pytest.mark.parametrize("eigenvalues", SPECTRA)
def test_both_ends_are_those_of_the_matrix(eigenvalues: np.ndarray) -> None:
    matrix = symmetric(eigenvalues)
    dense = np.linalg.eigvalsh(matrix)
    found = extremes(lambda v: matrix @ v, len(matrix), ends="both", tolerance=1e-7, most=600)
    scale = np.abs(dense).max()
    assert found.settled
    assert found.largest == pytest.approx(dense[-1], abs=1e-7 * scale)
    assert found.smallest == pytest.approx(dense[0], abs=1e-7 * scale)


@pytest.mark.parametrize("most", [1, 3, 10, 40, 200])
def test_the_stated_error_is_the_residual_and_bounds_the_distance(most: int) -> None:
    matrix = symmetric(np.random.default_rng(3).standard_normal(150))
    dense = np.linalg.eigvalsh(matrix)
    found = extremes(lambda v: matrix @ v, 150, tolerance=1e-9, most=most)
    assert found.products <= most
    assert np.abs(dense - found.largest).min() <= found.largest_error + 1e-13
    assert np.abs(dense - found.smallest).min() <= found.smallest_error + 1e-13
    assert np.linalg.norm(found.vector) == pytest.approx(1.0)
    residual = np.linalg.norm(matrix @ found.vector - found.largest * found.vector)
    assert residual == pytest.approx(found.largest_error, rel=1e-6, abs=1e-12)


def test_what_did_not_settle_says_so() -> None:
    matrix = symmetric(np.linspace(-1.0, 1.0, 300))
    assert not extremes(lambda v: matrix @ v, 300, tolerance=1e-9, most=5).settled


def test_a_basis_of_little_memory_still_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steepest.curvature.extremes._MEMORY", 0)
    matrix = symmetric(np.linspace(0.0, 1.0, 200))
    found = extremes(lambda v: matrix @ v, 200, ends="both", tolerance=1e-8, most=2000)
    assert found.products > 24
    assert found.settled
    dense = np.linalg.eigvalsh(matrix)
    assert [found.smallest, found.largest] == pytest.approx(dense[[0, -1]].tolist(), abs=1e-8)


def test_a_flat_objective_has_no_curvature() -> None:
    found = extremes(lambda v: 0.0 * v, 5, ends="both")
    assert (found.largest, found.smallest, found.products, found.settled) == (0.0, 0.0, 1, True)


def test_the_seed_decides() -> None:
    matrix = symmetric(np.linspace(-1.0, 1.0, 100))

    def run(seed: int) -> Extremes:
        return extremes(lambda v: matrix @ v, 100, most=8, seed=seed)

    assert run(4).largest == run(4).largest
    assert run(4).largest != run(5).largest


def test_a_space_that_ends_early_gives_the_same_vector_again() -> None:
    matrix = symmetric(np.r_[np.full(50, 4.0), np.full(50, -4.0)])
    first, second = (extremes(lambda v: matrix @ v, 100, ends="both") for _ in range(2))
    assert first.settled
    assert np.array_equal(first.vector, second.vector)


def test_what_a_singular_matrix_makes_zero_is_not_lost() -> None:
    eigenvalues = np.linspace(0.0, 1.0, 30)
    found = extremes(lambda v: eigenvalues * v, 30, ends="both", tolerance=1e-9)
    assert found.smallest == pytest.approx(0.0, abs=1e-9)
    assert found.largest == pytest.approx(1.0)
