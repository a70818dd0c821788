"""Blocks of columns become rows in one piece."""

import numpy as np
import pytest

from steepest.moments.row_major import RowMajorCopy
from steepest.tables.blocks import Block


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("columns", [1, 2, 3, 4, 5, 7, 20])
@pytest.mark.parametrize("rows", [1, 127, 128, 300])
def test_columns_become_rows(rows: int, columns: int, kind: type) -> None:
    given: np.ndarray = np.random.default_rng(0).normal(size=(columns, rows)).astype(kind)
    copied = RowMajorCopy().rows(Block(0, list(given), given[0]))
    assert copied.dtype == kind
    assert copied.flags.c_contiguous
    assert np.array_equal(copied, given.T)


def test_each_block_takes_the_place_of_the_one_before() -> None:
    copies = RowMajorCopy()
    first = copies.rows(Block(0, list(np.arange(12.0).reshape(3, 4)), np.zeros(4)))
    second = copies.rows(Block(4, list(np.arange(6.0).reshape(3, 2)), np.zeros(2)))
    assert np.shares_memory(first, second)
    assert second.tolist() == [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]]
    wider = copies.rows(Block(6, list(np.arange(6.0, dtype=np.float32).reshape(3, 2)), None))
    assert wider.tolist() == second.tolist()


def test_a_matrix_is_used_where_it_lies() -> None:
    matrix = np.arange(6.0).reshape(3, 2)
    assert RowMajorCopy().rows(Block(0, matrix, None)) is matrix
