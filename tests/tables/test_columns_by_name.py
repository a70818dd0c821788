"""Tables as dicts of columns and as lists of dicts."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import steepest
from steepest.errors import InputError

Y = [1.0, 2.0, 4.0, 9.0]
X = [1, 2, 3, 5]
# The slope of Y on X by hand: 18 / 8.75, of the centred products.
SLOPE = 18.0 / 8.75


@pytest.mark.parametrize(
    "x",
    [
        X,
        tuple(X),
        np.array(X),
        np.array(X, dtype=">f8"),
        np.array(X, dtype=np.longdouble),
        torch.tensor(X, dtype=torch.bfloat16, requires_grad=True),
        pd.Series(X, index=[3, 2, 1, 0]),
    ],
)
def test_columns_of_every_kind(x: Any) -> None:
    fit = steepest.fit({"x": x, "y": Y}, "y")
    assert fit.coefficients == pytest.approx({"x": SLOPE}, rel=1e-12)
    # The line goes through the means, 2.75 and 4.
    assert fit.predict({"x": [2.75]}) == pytest.approx([4.0])
    assert steepest.fit({"x": x}, Y).coefficients == pytest.approx({"x": SLOPE}, rel=1e-12)


def test_rows_by_name() -> None:
    rows = [{"x": x, "y": y} for x, y in zip(X, Y, strict=True)]
    assert steepest.fit(rows, "y").coefficients == pytest.approx({"x": SLOPE}, rel=1e-12)
    with pytest.raises(InputError, match=r"1 missing value: x 1 \(first at DataFrame, row 5\)"):
        steepest.fit([*rows, {"y": 3.0}], "y")


def test_text_and_masked_values() -> None:
    masked = np.ma.masked_array([1.0, 7.0, 2.0, 3.0, 5.0], mask=[False, True, False, False, False])
    columns = {"x": masked, "y": [1.0, 99.0, 2.0, 4.0, 9.0]}
    assert steepest.fit(columns, "y", missing="drop").coefficients["x"] == pytest.approx(SLOPE)
    of_text = steepest.fit({"x": ["a", "b", "a", "b"], "y": Y}, "y")
    assert of_text.coefficients == pytest.approx({"x[b]": 5.5 - 2.5})  # the difference of means


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({}, "the table is an empty dict; give columns by name"),
        ({"x": X[:2], "y": Y}, "column 'x' has 2 rows and column 'y' has 4; give both the same"),
        ({"x": 1, "y": Y}, "column 'x' is 1; give a list, an array or a tensor"),
        ({"x": "abcd", "y": Y}, "column 'x' is 'abcd'; give a list, an array or a tensor"),
        # Neither has an order that is certain to be that of the target.
        ({"x": {0: 1, 1: 2}, "y": Y}, "column 'x' is {0: 1, 1: 2}; give a list, an array or"),
        ({"x": set(X), "y": Y}, "column 'x' is {1, 2, 3, 5}; give a list, an array or a tensor"),
        ({"x": [1, "a", 3, 5], "y": Y}, "column 'x' cannot be read as values of one kind: "),
        ({"x": [2**70, 1, 2, 3], "y": Y}, "column 'x' cannot be read as values of one kind: "),
        (
            {"X": np.ones((4, 2)), "y": Y},
            r"column 'X' has shape \(4, 2\); give each of its columns",
        ),
        ({"x": X, "y": Y, "z": [1] * 4}, "there is no target column 'q'. The columns are x, y, z"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(source: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        steepest.fit(source, "q")
    assert "\n" not in str(caught.value)
