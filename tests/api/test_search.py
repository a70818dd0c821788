"""Grids over formulas and over the parameters of tables."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import steepest
from steepest.errors import InputError, KeywordError

X = np.array([[1.0, 5.0], [2.0, 3.0], [3.0, 8.0], [4.0, 1.0]])
Y = np.array([2.0, 4.0, 6.5, 8.0])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((0, 0.5, 0.1), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]),  # both ends, and 0.3, not 3 * 0.1
        ((0, 0.55, 0.1), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]),
        (slice(-1, 1, 1), [-1.0, 0.0, 1.0]),
        ("0:1:0.5", [0.0, 0.5, 1.0]),
        ([3, 1, 2], [3.0, 1.0, 2.0]),
        (range(3), [0.0, 1.0, 2.0]),
        (np.arange(0, 3), [0.0, 1.0, 2.0]),
    ],
)
def test_a_keyword_for_each_variable(given: Any, expected: list[float]) -> None:
    found = steepest.search("w^2 + b", w=given, b=2)
    assert found.axes[0].tolist() == expected
    np.testing.assert_array_equal(found.objective, np.square(expected) + 2)
    assert steepest.search("w^2 + b", {"w": given}, at={"b": 2}).axes[0].tolist() == expected


@pytest.mark.parametrize(
    ("error", "given", "message"),
    [
        (InputError, {"w": (0, 1, 2)}, "the step of w, 2, is longer than the range from 0 to 1; "
         "for these values themselves give a list"),
        (InputError, {"w": (0, 4)}, "w is (0, 4): give a range (lower, upper, step), or a list of "
         "values"),
        (InputError, {"w": (4, 0, 1)}, "'w=4.0:0.0:1.0' begins above its end: write the lower end "
         "first."),
        (InputError, {"over": "w=0:1:1", "w": (0, 1, 1)}, "w is given twice; give it once"),
        (InputError, {"wx": (0, 1, 0.5)}, "the grid names 'wx', which is no parameter: there are "
         "w."),
        (InputError, {"w": 2}, "nothing to search over; give at least one parameter, as in "
         "w=0:4:0.1"),
        (KeywordError, {"ranges": "w=0:1:0.1"}, "search has no argument ranges=; use over="),
    ],
)  # fmt: skip
def test_what_is_refused(error: type[Exception], given: dict[str, Any], message: str) -> None:
    with pytest.raises(error) as caught:
        steepest.search("w^2", **given)
    assert str(caught.value) == message


def test_over_the_parameters_of_a_table() -> None:
    """In the units of the columns, though the fit descends on standardised ones."""
    found = steepest.search(X, target=Y, x1=(1, 3, 0.5), x2=(-1, 1, 0.5), intercept=[0, 1])
    w1, w2, c = np.meshgrid(*found.axes, indexing="ij")
    errors = w1[..., None] * X[:, 0] + w2[..., None] * X[:, 1] + c[..., None] - Y
    np.testing.assert_allclose(found.objective, np.mean(errors**2, axis=-1), rtol=1e-12)
    assert found.best == {"x1": 2.0, "x2": 0.0, "intercept": 0.0}


def test_what_is_not_searched_over_is_held_at_the_fit() -> None:
    """Where numpy.linalg.lstsq has its least; L1 counts by the standardised columns."""
    (_, w2, c), *_ = np.linalg.lstsq(np.column_stack([X, np.ones(4)]), Y)
    found = steepest.search(X, target=Y, x1=(1, 3, 0.25))
    assert found.at == pytest.approx({"x2": w2, "intercept": c}, rel=1e-9)
    errors = np.outer(found.axes[0], X[:, 0]) + w2 * X[:, 1] + c - Y
    np.testing.assert_allclose(found.objective, np.mean(errors**2, axis=1), rtol=1e-9)
    l1 = steepest.search(X, target=Y, l1=0.5, x1=(1, 3, 0.25), x2=0.5, intercept=1)
    errors = np.outer(l1.axes[0], X[:, 0]) + 0.5 * X[:, 1] + 1 - Y
    sizes = np.outer(l1.axes[0], X[:, 0].std()) + 0.5 * X[:, 1].std()
    expected = np.mean(errors**2, axis=1) + 0.5 * sizes[:, 0]
    np.testing.assert_allclose(l1.objective, expected, rtol=1e-9)


def test_a_column_named_like_an_option_of_the_fit() -> None:
    rows = pd.DataFrame({"start": [1.0, 2.0, 4.0, 5.0], "y": [2.0, 3.0, 7.0, 9.0]})
    with pytest.raises(InputError) as caught:
        steepest.search(rows, target="y", start=(0, 4, 1))
    assert str(caught.value) == (
        "nothing to search over: start=(0, 4, 1) is an option of the fit; for a parameter of that "
        "name give over={'start': (0, 4, 1)}"
    )
    found = steepest.search(rows, target="y", over={"start": (0, 4, 1)})
    assert found.best == {"start": 2.0}  # least squares: 1.8
