"""Which rows are held out."""

from typing import Any

import numpy as np
import pytest

from steepest.errors import InputError
from steepest.tables.holdout_split import Split, hash_rows


def test_the_hash_is_splitmix64() -> None:
    """The first outputs of the published generator from state 0."""
    expected = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F, 0xF88BB8A8724C81EC]
    assert hash_rows(np.arange(4), 0).tolist() == expected


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
@pytest.mark.parametrize("fraction", [0.01, 0.2, 0.5, 0.99])
def test_a_fraction_is_held_out(fraction: float, seed: int) -> None:
    rows = 100_000
    held = Split.validation(fraction, seed).part(np.arange(rows)).sum()
    assert held == pytest.approx(fraction * rows, abs=5.0 * np.sqrt(rows * fraction))


@pytest.mark.parametrize("folds", [2, 3, 10, 64])
def test_folds_are_even(folds: int) -> None:
    counts = np.bincount(Split.cross_validation(folds, 5).part(np.arange(64_000)), minlength=folds)
    assert len(counts) == folds
    assert counts.min() > 0.8 * 64_000 / folds


def test_a_row_goes_to_the_same_part_wherever_it_is_read() -> None:
    split = Split.cross_validation(7, seed=11)
    whole = split.part(np.arange(1000))
    pieces = [split.part(np.arange(a, b)) for a, b in ((0, 1), (1, 400), (400, 1000))]
    assert np.concatenate(pieces).tolist() == whole.tolist()
    some = np.array([999, 3, 512])
    assert split.part(some).tolist() == whole[some].tolist()


def test_seeds_differ_and_large_rows_are_no_trouble() -> None:
    rows = np.arange(2**62, 2**62 + 1000)
    parts = [Split.validation(0.5, seed).part(rows) for seed in (0, 1)]
    assert 400 < parts[0].sum() < 600
    assert 400 < (parts[0] != parts[1]).sum() < 600


def test_a_part_grows_with_its_fraction() -> None:
    rows = np.arange(5000)
    small, large = (Split.validation(f, 3).part(rows) for f in (0.1, 0.3))
    assert (large[small == 1] == 1).all()


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_a_wrong_fraction(fraction: float) -> None:
    with pytest.raises(InputError) as caught:
        Split.validation(fraction)
    assert str(caught.value) == f"validation is {fraction:g}; give a fraction between 0 and 1"


@pytest.mark.parametrize(
    ("given", "kind"), [([0.2], "list"), ("0.2", "str"), (np.eye(2), "ndarray")]
)
def test_what_is_no_fraction(given: Any, kind: str) -> None:
    with pytest.raises(InputError) as caught:
        Split.validation(given)
    assert str(caught.value) == (f"validation is of type {kind}; give a fraction between 0 and 1")


@pytest.mark.parametrize("folds", [-1, 0, 1, 1001])
def test_wrong_folds(folds: int) -> None:
    with pytest.raises(InputError) as caught:
        Split.cross_validation(folds)
    assert str(caught.value) == f"folds is {folds}; give a number from 2 to 1000"
