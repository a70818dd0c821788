"""Columns that carry nothing new."""

import numpy as np
import pytest

import steepest
from steepest.moments.collinearity import Dependence, find_dependence
from steepest.results.moments import Moments

RNG = np.random.default_rng(0)
X = RNG.standard_normal(300)
OTHER = RNG.standard_normal(300)
TARGET = X - OTHER + RNG.standard_normal(300)


def found(*columns: np.ndarray, target: np.ndarray = TARGET, intercept: bool = True) -> Dependence:
    return find_dependence(Moments.of(np.column_stack(columns), target), intercept)


def test_an_ordinary_table() -> None:
    dependence = found(X, OTHER)
    assert dependence.left_out == frozenset()
    assert dependence.notes() == []


@pytest.mark.parametrize("value", [0.0, 0.1, -1e9, 1e-300, 12345.678])
def test_a_constant_is_found_and_named(value: float) -> None:
    dependence = found(X, np.full(300, value))
    assert dependence.constant == ("x2",)
    assert dependence.left_out == {"x2"}
    assert [*map(str, dependence.notes())] == ["column 'x2' holds one value only: coefficient 0"]


@pytest.mark.parametrize("offset", [1.0, 1e6, 1e9])
def test_a_small_spread_far_from_zero_is_not_a_constant(offset: float) -> None:
    assert found(X, offset + OTHER).constant == ()


def test_one_row_that_differs_is_not_a_constant() -> None:
    column = np.full(300, 1e6)
    column[17] += 1e-6
    assert found(X, column).constant == ()


def test_without_intercept_only_zeros_carry_nothing() -> None:
    assert found(X, np.ones(300), intercept=False).constant == ()
    assert found(X, np.zeros(300), intercept=False).constant == ("x2",)


@pytest.mark.parametrize(
    "copy", [X.copy(), -X, 3.0 * X, 2.0 * X + 1.0, 1e-9 * X, X.astype(np.float64) * 1e12]
)
def test_a_copy_is_left_out(copy: np.ndarray) -> None:
    dependence = found(X, OTHER, copy)
    assert dependence.copies == (("x3", "x1"),)
    assert dependence.left_out == {"x3"}
    (sentence,) = map(str, dependence.notes())
    assert sentence.startswith("column 'x3' is a copy of 'x1'")
    assert sentence.endswith("coefficient 0")


def test_of_three_copies_the_first_is_kept() -> None:
    dependence = found(X, X, 2.0 * X)
    assert dependence.copies == (("x2", "x1"), ("x3", "x1"))


def test_without_intercept_an_offset_makes_it_another_column() -> None:
    assert found(X, X + 1.0, intercept=False).copies == ()
    assert found(X, 2.0 * X, intercept=False).copies == (("x2", "x1"),)


@pytest.mark.parametrize("distance", [1e-6, 3e-6])
def test_a_near_copy_is_kept_and_named(distance: float) -> None:
    dependence = found(X, X + distance * OTHER)
    assert dependence.left_out == frozenset()
    ((name, other, value),) = dependence.near
    assert (name, other) == ("x1", "x2")
    assert value == pytest.approx(1.0, abs=1e-10)
    (sentence,) = map(str, dependence.notes())
    assert "'x1' and 'x2' follow each other almost exactly" in sentence
    assert "correlation 0.99999999999" in sentence


def test_correlation_of_1e_9_short_of_1_is_ordinary() -> None:
    assert found(X, X + 1e-4 * OTHER).near == ()


def test_the_target_in_disguise_is_named_and_kept() -> None:
    dependence = found(OTHER, 1.0 - 2.0 * TARGET)
    assert dependence.left_out == frozenset()
    ((name, other, value),) = dependence.near
    assert (name, other) == ("x2", "y")
    assert value == pytest.approx(-1.0, abs=1e-12)


def test_a_sum_of_columns_is_left_out_and_told_as_unsure() -> None:
    """Sums of products cannot tell a sum of two columns from one that is nearly so."""
    dependence = found(X, OTHER, X + OTHER)
    assert dependence.left_out == {"x3"}
    assert [*map(str, dependence.notes())] == [
        "whether 'x3' = 'x1' + 'x2' cannot be told from sums of products: coefficient 0"
    ]


@pytest.mark.parametrize("scale", [1.0, -2.5])
def test_a_column_like_the_target_is_not_asked_for(scale: float) -> None:
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(30, 2))
    fit = steepest.fit(rows, scale * rows[:, 0] + 1.0)
    (note,) = (note for note in fit.notes if "almost exactly" in note)
    assert note == (
        f"'x1' follows the target 'y' almost exactly (correlation {np.sign(scale):g}): exclude it "
        "if it is made of it"
    )


@pytest.mark.parametrize(("seed", "rows"), [(242, 3000), (52, 20_000), (194, 20_000)])
def test_flags_of_one_text_twice_beside_years_and_row_numbers(seed: int, rows: int) -> None:
    """Each reflection of the QR rounds anew: a flag that two others explain kept 1e-14 of itself,
    and got a coefficient of 5e13 beside theirs.
    """
    rng = np.random.default_rng(seed)
    assert int(rng.choice([60, 500, 3000, 20_000])) == rows
    level = rng.integers(0, 3, rows)
    first, second, third = (np.where(level == k, 1.0, 0.0) for k in range(3))
    columns = [np.arange(1.0, rows + 1.0), rng.integers(1850, 2024, rows) * 1.0, 1.0 - first]
    columns += [second, np.where(rng.random(rows) < 0.01, 1.0, 0.0), 1.0 - first - second, first]
    columns += [third, rng.normal(size=rows) * 10.0 ** rng.integers(-3, 6)]
    columns.append(rng.integers(0, 100, rows) * 1.0)
    columns += [rng.normal(1e3, 1.0, size=rows) for _ in range(int(rng.integers(0, 6)))]
    table = np.column_stack(columns)[:, rng.permutation(len(columns))]
    target = table[:, 0] * 0.01 + rng.normal(size=rows)
    fit = steepest.fit(table, target)
    rank = np.linalg.matrix_rank((table - table.mean(axis=0)) / table.std(axis=0))
    assert np.count_nonzero(list(fit.coefficients.values())) == rank == len(columns) - 3
    errors = target - np.asarray(fit.predict(table))
    assert fit.r2 == pytest.approx(1.0 - errors @ errors / rows / target.var(), abs=1e-9)
