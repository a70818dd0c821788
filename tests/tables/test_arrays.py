"""Arrays, lists and tensors as tables: what is a view, what is converted, what is refused."""

from io import StringIO

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.sparse import csr_array

from steepest.errors import InputError
from steepest.tables.from_arrays import open_arrays, open_matrix
from steepest.tables.table import RawBlock, Table


def names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def only(table: Table, asked: list[str] | None = None) -> RawBlock:
    (block,) = table.blocks(asked or names(table), 1000)
    return block


def test_lists_become_one_column() -> None:
    table = open_arrays([1, 2, 3], [2.0, 4.0, 6.0])
    assert names(table) == ["x", "y"]
    assert table.count == 3
    block = only(table)
    assert block.columns["x"].tolist() == [1, 2, 3]
    assert block.columns["y"].tolist() == [2.0, 4.0, 6.0]
    assert table.where(2) == "array, row 3 (index 2)"


def test_columns_are_named_by_number_or_by_the_user() -> None:
    rows = [[1, 2], [3, 4]]
    assert names(open_arrays(rows, [1, 2])) == ["x1", "x2", "y"]
    assert names(open_arrays(rows, [1, 2], weights=[1, 1])) == [
        "x1",
        "x2",
        "y",
        "weights",
    ]


def test_a_series_keeps_its_name() -> None:
    table = open_arrays(np.ones((2, 1)), pd.Series([1.0, 2.0], name="price"))
    assert names(table) == ["x", "price"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layout", ["C", "F", "slice", "backwards"])
def test_floats_are_streamed_as_views(dtype: type, layout: str) -> None:
    whole: np.ndarray = np.arange(40, dtype=dtype).reshape(10, 4)
    matrix = {
        "C": whole,
        "F": np.asfortranarray(whole),
        "slice": whole[::2, 1:],
        "backwards": whole[::-1],
    }[layout]
    target = np.arange(len(matrix), dtype=np.float64)
    blocks = list(open_arrays(matrix, target).blocks([f"x{i + 1}" for i in range(3)] + ["y"], 4))
    assert [block.start for block in blocks] == list(range(0, len(matrix), 4))
    for block in blocks:
        if matrix.shape[1] == 3:
            assert list(block.columns) == ["y"]
        assert block.matrix is not None
        assert np.shares_memory(block.matrix, matrix)
        assert block.matrix.dtype == dtype
        stop = block.start + len(block.matrix)
        assert np.array_equal(block.matrix, matrix[block.start : stop, :3])
        assert np.shares_memory(block.columns["y"], target)


def test_a_target_inside_the_matrix_leaves_the_features_a_view() -> None:
    matrix = np.arange(12.0).reshape(4, 3)
    table = open_matrix(matrix, ["a", "b", "y"])
    block = only(table, ["a", "b", "y"])
    assert block.matrix is not None
    assert np.shares_memory(block.matrix, matrix)
    assert block.columns == {}
    around = only(open_matrix(matrix, ["a", "y", "b"]), ["a", "b", "y"])
    assert around.matrix is not None
    assert np.array_equal(around.matrix, matrix[:, [0, 2]])  # every second column: still a view
    assert around.columns["y"].tolist() == [1.0, 4.0, 7.0, 10.0]
    reverse = only(table, ["b", "a"])
    assert reverse.matrix is not None
    assert np.array_equal(reverse.matrix, matrix[:, [1, 0]])


def test_half_precision_and_foreign_byte_order_are_widened() -> None:
    half = only(open_arrays(np.array([[0.5], [1.5]], dtype=np.float16), [1, 2]))
    assert half.columns["x"].dtype == np.float32
    foreign = only(open_arrays(np.array([[0.5], [1.5]], dtype=">f8"), [1, 2]))
    assert foreign.columns["x"].dtype.isnative
    assert foreign.columns["x"].tolist() == [0.5, 1.5]


def test_booleans_keep_their_kind() -> None:
    table = open_arrays(np.array([True, False]), [1.0, 2.0])
    assert [column.kind for column in table.columns] == ["boolean", "number"]


def test_tensors_without_a_copy_and_with_gradients() -> None:
    features = torch.arange(6.0).reshape(3, 2).requires_grad_()
    table = open_arrays(features, torch.tensor([[1.0], [2.0], [3.0]]))
    block = only(table)
    assert block.matrix is not None
    assert block.matrix.__array_interface__["data"][0] == features.data_ptr()
    assert block.columns["y"].tolist() == [1.0, 2.0, 3.0]


def test_bfloat16_is_widened() -> None:
    block = only(open_arrays(torch.tensor([1.5, 2.5], dtype=torch.bfloat16), [1, 2]))
    assert block.matrix is not None
    assert block.matrix.dtype == np.float32
    assert block.matrix.tolist() == [[1.5], [2.5]]


def test_a_masked_array_without_masked_values_is_used() -> None:
    table = open_arrays(np.ma.masked_array([1.0, 2.0]), [1.0, 2.0])
    assert table.count == 2


REFUSED = [
    ([1, 2, 3], [1, 2], "features have 3 rows but 'y' has 2; give both the same length"),
    ([], [], "features has 0 rows and 1 column; there is nothing to fit"),
    (np.ones((2, 0)), [1, 2], "features has 2 rows and 0 columns; there is nothing to fit"),
    (np.ones((2, 2, 2)), [1, 2], "features has shape (2, 2, 2); it must be rows by columns"),
    (
        [1, 2],
        [[1, 2], [3, 4]],
        "target has shape (2, 2); it must be a single column of numbers",
    ),
    ([[1, 2], [3]], [1, 2], "features: row 2 (index 1) has 1 value, not 2"),
    (
        [1, None],
        [1, 2],
        "features holds None at row 2 (index 1); use numbers only "
        "(float('nan') for a missing value, with missing='drop' or 'mean')",
    ),
    (
        ["a", "b"],
        [1, 2],
        "features holds text; put text columns in a DataFrame or a dict, where they are named",
    ),
    (
        np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]"),
        [1, 2],
        "features holds dates or times; turn them into numbers first, such as days",
    ),
    (
        [1j, 2j],
        [1, 2],
        "features holds complex numbers; give real and imaginary parts as two columns",
    ),
    (None, [1, 2], "features is None; give an array, list or tensor"),
    ({1, 2}, [1, 2], "features is of type set; give an array, list or tensor"),
    ([1, 2], 1, "target is 1; give the name of a column, as text, or the values"),
    (StringIO("1"), [1, 2], "features is an open file; give its name"),
    (
        np.ma.masked_array([1.0, 2.0], mask=[False, True]),
        [1, 2],
        "features is a masked array with 1 masked value; "
        "use .filled(numpy.nan) with missing='drop' or 'mean'",
    ),
    (
        csr_array(np.eye(2)),
        [1, 2],
        "features is a sparse matrix; make it dense first, with .toarray(), or give it to "
        "steepest.estimators, which take it as it is",
    ),
    (
        torch.eye(2).to_sparse(),
        [1, 2],
        "features is a sparse tensor; make it dense first, with .to_dense()",
    ),
]


@pytest.mark.parametrize(("features", "target", "message"), REFUSED)
def test_what_cannot_be_used_is_refused_in_one_line(
    features: object, target: object, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        open_arrays(features, target)
    assert str(caught.value) == message


def test_names_must_fit_and_differ() -> None:
    with pytest.raises(InputError, match="1 name for 2 columns; give one name for each column"):
        open_matrix([[1, 2]], ["a"])
    with pytest.raises(InputError, match="two columns are called 'y'; give every column its own"):
        open_matrix([[1, 2]], ["y", "y"])
