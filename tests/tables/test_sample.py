"""A small sample of the rows, taken during the pass."""

import numpy as np
import pytest

from steepest.moments.row_sample import MOST_ROWS, Sample, Sampler
from steepest.tables.column_encoding import Block


def sampled(count: int, block: int = 1000, kept: np.ndarray | None = None, seed: int = 0) -> Sample:
    """The sample of rows whose feature is their index and whose target is minus that."""
    sampler = Sampler(1, seed)
    for start in range(0, count, block):
        index = np.arange(start, min(start + block, count))
        if kept is not None:
            index = index[kept[index]]
            if not len(index):
                continue
        features = index[:, None].astype(np.float32)
        sampler.add(
            Block(start, features, -index.astype(float), None, index if kept is not None else None)
        )
    return sampler.sample()


def test_a_small_table_is_kept_whole() -> None:
    sample = sampled(MOST_ROWS)
    assert sample.rows.tolist() == list(range(MOST_ROWS))
    assert sample.features.dtype == np.float64


@pytest.mark.parametrize("count", [2001, 4001, 50_000, 300_001])
def test_a_large_table_is_thinned(count: int) -> None:
    sample = sampled(count)
    assert MOST_ROWS / 2 <= len(sample.rows) <= 2 * MOST_ROWS
    assert (np.diff(sample.rows) > 0).all()
    assert sample.features[:, 0].tolist() == sample.rows.tolist()
    assert sample.target.tolist() == (-sample.rows).tolist()


def test_it_reaches_from_end_to_end_and_has_no_period() -> None:
    sample = sampled(200_000)
    assert np.histogram(sample.rows, bins=10, range=(0, 200_000))[0].min() > 0.05 * len(sample.rows)
    assert len(set(np.diff(sample.rows).tolist())) > 10


def test_the_size_of_the_blocks_does_not_matter() -> None:
    expected = sampled(30_000, 1000).rows.tolist()
    for block in (64, 7777, 30_000):
        assert sampled(30_000, block).rows.tolist() == expected


def test_seeds_differ() -> None:
    assert sampled(30_000, seed=1).rows.tolist() != sampled(30_000, seed=2).rows.tolist()
    assert sampled(30_000, seed=1).rows.tolist() == sampled(30_000, seed=1).rows.tolist()


def test_dropped_rows_are_not_in_it() -> None:
    kept = np.random.default_rng(0).random(50_000) < 0.5
    sample = sampled(50_000, kept=kept)
    assert len(sample.rows) > 300
    assert kept[sample.rows].all()
    assert sample.features[:, 0].tolist() == sample.rows.tolist()


def test_nothing_was_read() -> None:
    sample = Sampler(3).sample()
    assert (sample.rows.shape, sample.features.shape, sample.target.shape) == ((0,), (0, 3), (0,))
