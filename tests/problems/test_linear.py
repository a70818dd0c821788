"""Linear problems: against torch, finite differences, NumPy, and the problem of the moments."""

import re
import tracemalloc
from typing import Any

import numpy as np
import pytest
import scipy.sparse
import torch

from steepest.errors import InputError
from steepest.losses import (
    Absolute,
    Gamma,
    Hinge,
    Huber,
    LogCosh,
    Logistic,
    Multinomial,
    Poisson,
    Quantile,
    Squared,
    SquaredHinge,
    Tweedie,
)
from steepest.moments.qr_factor import factor_moments
from steepest.penalties.penalties import L1, L2, ElasticNet
from steepest.problems import design_matrix as design
from steepest.problems import linear, row_losses
from steepest.problems.coordinates import Coordinates
from steepest.problems.linear import LinearProblem
from steepest.problems.squared_loss import Quadratic
from steepest.results.moments import Moments

RANDOM = np.random.default_rng(7)
ROWS = 60
X = RANDOM.normal(size=(ROWS, 3)) * [1.0, 10.0, 0.1] + [0.0, 50.0, -3.0]
NUMBERS = RANDOM.normal(size=ROWS)
LABELS = RANDOM.integers(0, 2, ROWS).astype(float)
COUNTS = RANDOM.poisson(2.0, ROWS).astype(float)
AMOUNTS = RANDOM.gamma(2.0, size=ROWS)
KINDS = np.arange(ROWS) % 3.0
WEIGHTS = RANDOM.integers(0, 4, ROWS).astype(float)

LOSSES = [
    (Squared(), NUMBERS),
    (Absolute(), NUMBERS),
    (Huber(0.5), NUMBERS),
    (Quantile(0.8), NUMBERS),
    (LogCosh(), NUMBERS),
    (Logistic(), LABELS),
    (Multinomial(), KINDS),
    (Hinge(), LABELS),
    (SquaredHinge(), LABELS),
    (Poisson(), COUNTS),
    (Gamma(), AMOUNTS),
    (Tweedie(1.5), COUNTS),
]
EVERY = pytest.mark.parametrize(("loss", "y"), LOSSES, ids=lambda value: str(value)[:12])
SMOOTH = pytest.mark.parametrize(
    ("loss", "y"), [pair for pair in LOSSES if pair[0].smooth], ids=lambda value: str(value)[:12]
)


def some_point(problem: LinearProblem, seed: int = 0) -> np.ndarray:
    return 0.3 * np.random.default_rng(seed).normal(size=len(problem.names))


def rows_of(problem: LinearProblem) -> np.ndarray:
    """The rows in the descent's coordinates, with a column of 1 for the intercept."""
    rows = (X - problem.coordinates.centre) / problem.coordinates.spread
    return np.column_stack([rows, np.ones(ROWS)]) if problem.coordinates.intercept else rows


@EVERY
@pytest.mark.parametrize("intercept", [True, False])
def test_the_objective_is_the_formula(loss: Any, y: Any, intercept: Any) -> None:
    problem = LinearProblem.of(
        X, y, loss=loss, weights=WEIGHTS, penalty=ElasticNet(0.4, 0.25), intercept=intercept
    )
    theta = some_point(problem)
    table = theta.reshape(problem.predictors, -1)
    eta = rows_of(problem) @ table.T
    losses = loss.value(eta if isinstance(loss, Multinomial) else eta[:, 0], y)
    mean = (WEIGHTS * losses).sum() / WEIGHTS.sum()
    # Half of 0.4 · 0.75 times the squares of all but intercepts; the L1 part is the map's.
    expected = mean + 0.15 * (table[:, :3] ** 2).sum()
    assert problem.objective(theta) == pytest.approx(expected, rel=1e-13)
    summed = LinearProblem.of(
        X, y, loss=loss, weights=WEIGHTS, intercept=intercept, reduction="sum"
    )
    assert summed.objective(theta) == pytest.approx(mean * WEIGHTS.sum(), rel=1e-13)
    assert summed.gradient(theta) + 2 * 0.15 * WEIGHTS.sum() * theta * problem.penalized == (
        pytest.approx(WEIGHTS.sum() * problem.gradient(theta), rel=1e-11)
    )


@EVERY
@pytest.mark.parametrize("standardize", [True, False])
def test_the_gradient_agrees_with_central_differences(loss: Any, y: Any, standardize: bool) -> None:
    columns = X if standardize else X / [1.0, 50.0, 3.0]
    problem = LinearProblem.of(
        columns, y, loss=loss, weights=WEIGHTS, penalty=L2(0.1), standardize=standardize
    )
    assert problem.check_gradient(some_point(problem)) < 1e-8


@SMOOTH
def test_the_hessian_agrees_with_differences_of_the_gradient(loss: Any, y: Any) -> None:
    problem = LinearProblem.of(X, y, loss=loss, weights=WEIGHTS, penalty=L2(0.1))
    theta = some_point(problem, seed=3)
    differences = super(LinearProblem, problem).hessian(theta)
    assert problem.hessian(theta) == pytest.approx(differences, abs=1e-8)


# What torch calls these losses, of η and y.
TORCH = {
    "squared": lambda eta, y: torch.nn.functional.mse_loss(eta, y, reduction="none"),
    "huber": lambda eta, y: torch.nn.functional.huber_loss(eta, y, reduction="none", delta=0.5),
    "logistic": lambda eta, y: torch.nn.functional.binary_cross_entropy_with_logits(
        eta, y, reduction="none"
    ),
    "poisson": lambda eta, y: torch.nn.functional.poisson_nll_loss(eta, y, reduction="none"),
    "multinomial": lambda eta, y: torch.nn.functional.cross_entropy(
        eta, y.long(), reduction="none"
    ),
}


@pytest.mark.parametrize(
    ("loss", "y"),
    [pair for pair in LOSSES if pair[0].name in TORCH],
    ids=lambda value: str(value)[:12],
)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["alike", "weighed"])
@pytest.mark.parametrize("ridge", [0.0, 0.2])
def test_all_derivatives_agree_with_torch(
    loss: Any, y: Any, reduction: Any, weights: Any, ridge: float
) -> None:
    options = {"weights": weights, "reduction": reduction}
    problem = LinearProblem.of(X, y, loss=loss, penalty=L2(ridge), **options)
    rows, target = torch.tensor(rows_of(problem)), torch.tensor(y)
    shares = torch.tensor(np.ones(ROWS) if weights is None else weights)
    free = torch.tensor(problem.penalized, dtype=torch.float64)

    def objective(theta: Any) -> Any:
        eta = rows @ theta.reshape(problem.predictors, -1).T
        losses = TORCH[loss.name](eta if problem.predictors > 1 else eta[:, 0], target)
        total = (shares * losses).sum()
        kept = total if reduction == "sum" else total / shares.sum()
        return kept + ridge * (free * theta**2).sum()

    theta = some_point(problem, seed=5)
    point = torch.tensor(theta)
    value, slope = problem.objectives_and_gradient(theta)
    assert float(value) == pytest.approx(float(objective(point)), rel=1e-14)
    gradient = torch.autograd.functional.jacobian(objective, point).numpy()
    expected = torch.autograd.functional.hessian(objective, point).numpy()
    root, size = problem.curvature_root(theta), float(np.abs(expected).max())
    assert slope == pytest.approx(gradient, abs=1e-13 * max(1.0, size))
    assert problem.hessian(theta) == pytest.approx(expected, abs=1e-13 * max(1.0, size))
    assert root.T @ root == pytest.approx(expected, abs=1e-12 * size)


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_squared_loss_is_the_problem_of_the_moments(
    standardize: bool, intercept: Any, reduction: Any
) -> None:
    options = {"standardize": standardize, "intercept": intercept, "reduction": reduction}
    moments = Quadratic.of(factor_moments(Moments.of(X, NUMBERS)), ridge=0.3, **options)
    problem = LinearProblem.of(X, NUMBERS, loss=Squared(), penalty=L2(0.3), **options)
    assert problem.is_quadratic and problem.predictors == 1
    assert problem.names == moments.names
    assert problem.penalized.tolist() == moments.penalized.tolist()
    theta = some_point(problem)
    assert problem.objective(theta) == pytest.approx(moments.objective(theta), rel=1e-12)
    assert problem.gradient(theta) == pytest.approx(moments.gradient(theta), rel=1e-10)
    assert problem.hessian(theta) == pytest.approx(moments.hessian(theta), rel=1e-10, abs=1e-10)
    assert problem.curvature_bound() == pytest.approx(moments.eigenvalues[-1], abs=0.6001)
    assert problem.to_user(theta) == pytest.approx(moments.to_user(theta), rel=1e-12)


@EVERY
def test_blocks_batches_and_layouts_do_not_matter(
    loss: Any, y: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = X.astype(np.float32).astype(np.float64)
    whole = LinearProblem.of(narrow, y, loss=loss, weights=WEIGHTS, penalty=L2(0.1))
    batch = np.array([[some_point(whole, 5 * i + j) for i in range(5)] for j in range(2)])
    objective, gradient = whole.objectives_and_gradient(batch)
    hessian, bound = whole.hessian(batch[0, 0]), whole.curvature_bound()
    assert objective.shape == (2, 5) and gradient.shape == batch.shape
    assert objective[1, 2] == pytest.approx(whole.objective(batch[1, 2]), rel=1e-14)
    assert gradient[1, 2] == pytest.approx(whole.gradient(batch[1, 2]), rel=1e-12, abs=1e-15)
    monkeypatch.setattr(design, "_BLOCK_NUMBERS", 64)
    monkeypatch.setattr(row_losses, "_PREDICTORS_AT_ONCE", 2)
    tables = [
        narrow,
        X.astype(np.float32),
        np.asfortranarray(narrow),
        np.repeat(narrow, 2, axis=1)[:, ::2],
        scipy.sparse.csr_array(narrow),
        scipy.sparse.csr_matrix(X.astype(np.float32)),
        scipy.sparse.coo_array(narrow),
    ]
    for table in tables:
        other = LinearProblem.of(table, y, loss=loss, weights=WEIGHTS, penalty=L2(0.1))
        same = other.objectives_and_gradient(batch)
        assert same[0] == pytest.approx(objective, rel=1e-12)
        assert same[1] == pytest.approx(gradient, rel=1e-9, abs=1e-11)
        assert other.objectives(batch) == pytest.approx(objective, rel=1e-12)
        assert other.hessian(batch[0, 0]) == pytest.approx(hessian, rel=1e-9, abs=1e-11)
        assert other.curvature_bound() == pytest.approx(bound, rel=1e-10)


def test_rows_are_used_where_they_lie() -> None:
    wide, narrow = X.copy(), X.astype(np.float32)
    sparse = scipy.sparse.csr_array(X)
    for table in (wide, narrow, sparse):
        assert LinearProblem.of(table, NUMBERS, loss=Squared()).features is table


def test_memory_is_bounded() -> None:
    rows = np.ones((200_000, 10), dtype=np.float32)  # 8 MB
    rows[::2] = -1.0
    problem = LinearProblem.of(rows, np.arange(200_000) % 2, loss=Logistic())
    batch = np.zeros((500, 11))
    tracemalloc.start()
    problem.objectives(batch)
    problem.objectives_and_gradient(batch[:70])
    problem.hessian(batch[0])
    problem.curvature_bound()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # A block's numbers, and those of 64 predictors in a few arrays beside them.
    assert peak < 80e6


def test_float32_rows_are_summed_in_float64() -> None:
    # In float32 the sum of so many would stop at 2^24.
    rows = np.full((2**24 // 64 + 1, 1), 64.0, dtype=np.float32)
    problem = LinearProblem.of(
        rows, np.zeros(len(rows)), loss=Squared(), standardize=False, intercept=False,
        reduction="sum",
    )  # fmt: skip
    assert problem.objective(np.ones(1)) == 4096.0 * len(rows)
    assert problem.gradient(np.ones(1)).tolist() == [8192.0 * len(rows)]


def test_a_column_far_from_zero_keeps_its_digits() -> None:
    # Years of which only the last digits differ; the same column, moved to 0 beforehand exactly.
    years = 2.0**40 + np.arange(60.0)[:, None]
    far = LinearProblem.of(years, LABELS, loss=Logistic())
    near = LinearProblem.of(years - 2.0**40, LABELS, loss=Logistic())
    theta = np.array([0.7, -0.2])
    assert far.gradient(theta) == pytest.approx(near.gradient(theta), rel=1e-12)
    assert far.hessian(theta) == pytest.approx(near.hessian(theta), rel=1e-12)


def test_a_constant_column_leaves_nothing_undefined() -> None:
    columns = np.column_stack([X, np.full(ROWS, 0.1)])
    problem = LinearProblem.of(columns, LABELS, loss=Logistic())
    assert problem.coordinates.spread[3] == 1.0
    assert problem.gradient(np.zeros(5))[3] == pytest.approx(0.0, abs=1e-15)
    assert LinearProblem.of(columns, LABELS, loss=Logistic(), intercept=False).coordinates.spread[
        3
    ] == pytest.approx(0.1)


def test_weights_are_repetitions() -> None:
    times = WEIGHTS.astype(int)
    repeated = LinearProblem.of(
        np.repeat(X, times, axis=0), np.repeat(COUNTS, times), loss=Poisson()
    )
    weighted = LinearProblem.of(X, COUNTS, loss=Poisson(), weights=WEIGHTS)
    theta = some_point(weighted)
    assert weighted.objective(theta) == pytest.approx(repeated.objective(theta), rel=1e-13)
    assert weighted.gradient(theta) == pytest.approx(repeated.gradient(theta), rel=1e-11)
    assert weighted.hessian(theta) == pytest.approx(repeated.hessian(theta), rel=1e-11)
    centre = weighted.coordinates.centre
    assert centre == pytest.approx(np.average(X, axis=0, weights=WEIGHTS), rel=1e-14)


def test_a_row_without_weight_does_not_count_even_if_its_loss_is_infinite() -> None:
    rows = np.array([[1.0], [2.0], [2000.0]])
    problem = LinearProblem.of(
        rows, [1, 2, 3], loss=Poisson(), weights=[1, 1, 0], standardize=False, intercept=False
    )
    alone = LinearProblem.of(rows[:2], [1, 2], loss=Poisson(), standardize=False, intercept=False)
    theta = np.ones(1)
    assert problem.objective(theta) == alone.objective(theta)
    assert problem.gradient(theta).tolist() == alone.gradient(theta).tolist()
    assert problem.hessian(theta).tolist() == alone.hessian(theta).tolist()


@EVERY
def test_the_coordinates_of_the_descent_change_nothing_but_the_coordinates(
    loss: Any, y: Any
) -> None:
    raw = LinearProblem.of(X, y, loss=loss, standardize=False)
    problem = LinearProblem.of(X, y, loss=loss)
    user = some_point(raw) / np.tile([1.0, 10.0, 1.0, 1.0], raw.predictors)
    theta = problem.from_user(user)
    assert problem.to_user(theta) == pytest.approx(user, rel=1e-12)
    assert problem.objective(theta) == pytest.approx(raw.objective(user), rel=1e-12)
    expected = raw.gradient(user)
    found = problem.gradient_to_user(problem.gradient(theta))
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-10)
    batch = np.array([[theta, 2 * theta]])
    assert problem.to_user(batch)[0, 1] == pytest.approx(problem.to_user(2 * theta))


def test_the_coordinates_are_those_of_the_moments() -> None:
    moments = factor_moments(Moments.of(X, NUMBERS))
    for intercept in (True, False):
        for standardize in (True, False):
            options: dict[str, Any] = {"standardize": standardize, "intercept": intercept}
            expected = Coordinates.of(moments, **options)
            for table in (X, scipy.sparse.csr_array(X)):
                found = LinearProblem.of(table, NUMBERS, loss=Squared(), **options).coordinates
                assert found.centre == pytest.approx(expected.centre, rel=1e-13)
                assert found.spread == pytest.approx(expected.spread, rel=1e-11)


@EVERY
def test_no_curvature_exceeds_the_bound(loss: Any, y: Any) -> None:
    problem = LinearProblem.of(X, y, loss=loss, weights=WEIGHTS, penalty=L2(0.2))
    bound = problem.curvature_bound()
    if loss.greatest_curvature is None:
        assert bound == np.inf
        return
    largest = [
        np.linalg.eigvalsh(problem.hessian(scale * some_point(problem, seed)))[-1]
        for seed in range(20)
        for scale in (0.0, 1.0, 10.0)
    ]
    assert max(largest) <= bound * (1 + 1e-12)
    if loss.name in ("squared", "logistic", "log-cosh"):
        # The penalty spares the intercept; but for that the bound is reached.
        assert max(largest) >= bound - 0.4 - (loss.name == "log-cosh") * bound


def test_the_bound_of_many_columns_is_that_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    for table in (X, scipy.sparse.csr_array(X)):
        for weights in (None, WEIGHTS):
            exact = LinearProblem.of(table, LABELS, loss=Logistic(), weights=weights)
            expected = exact.curvature_bound()
            monkeypatch.setattr(linear, "MOST_DENSE", 0)
            other = LinearProblem.of(table, LABELS, loss=Logistic(), weights=weights)
            found = other.curvature_bound()
            monkeypatch.undo()
            assert expected <= found <= expected * 1.0001


def test_names() -> None:
    problem = LinearProblem.of(
        X, KINDS, loss=Multinomial(), names=["a", "b", "c"], classes=["low", "mid", "high"]
    )
    assert problem.predictors == 3
    assert problem.names[:5] == (
        "a [class low]", "b [class low]", "c [class low]", "intercept [class low]", "a [class mid]"
    )  # fmt: skip
    assert problem.penalized.tolist() == [True, True, True, False] * 3
    plain = LinearProblem.of(X, KINDS, loss=Multinomial(), intercept=False)
    assert plain.names[-1] == "x3 [class 2]" and plain.penalized.all()


def test_multinomial_of_two_classes_is_logistic() -> None:
    two = LinearProblem.of(X, LABELS, loss=Multinomial())
    one = LinearProblem.of(X, LABELS, loss=Logistic())
    theta = some_point(one)
    both = np.concatenate([np.zeros(4), theta])
    assert two.objective(both) == pytest.approx(one.objective(theta), rel=1e-14)
    assert two.gradient(both)[4:] == pytest.approx(one.gradient(theta), abs=1e-15)
    assert two.hessian(both)[4:, 4:] == pytest.approx(one.hessian(theta), abs=1e-15)


def test_parameters_beyond_float64_are_silent() -> None:
    for loss, y in LOSSES:
        problem = LinearProblem.of(X, y, loss=loss, penalty=L2(0.1))
        theta = np.full(len(problem.names), 1e308)
        assert not np.isfinite(problem.objective(theta))
        problem.objectives_and_gradient(theta)
        problem.hessian(theta)


def test_what_is_not_finite_is_explained() -> None:
    problem = LinearProblem.of(
        [[1.0], [2.0], [3.0]], [1, 2, 3], loss=Poisson(), standardize=False, intercept=False
    )
    assert problem.explain(np.array([1.0])) is None
    assert problem.objective(np.array([400.0])) == np.inf
    assert str(problem.explain(np.array([400.0]))) == (
        "the loss of row 2 (index 1) is inf: its linear predictor is 800"
    )


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((X, LABELS[:5]), {}, "the target has shape (5,), for 60 rows of features."),
        ((X[:, 0], LABELS), {}, "features must be a table, n rows of p columns, not (60,)."),
        ((X, NUMBERS), {}, "logistic loss needs a target that is 0 or 1: row 1 (index 0) holds"),
        ((X, LABELS), {"weights": [1, 2]}, "the weights have shape (2,), for 60 rows."),
        ((X, LABELS), {"weights": -WEIGHTS}, "weights must be 0 or more: row "),
        ((X, LABELS), {"weights": 0 * WEIGHTS}, "no row has weight: at least one must weigh more"),
        ((X, LABELS), {"names": ["a"]}, "1 name for 3 columns of features: give one for each."),
        (
            (X, KINDS),
            {"loss": Multinomial(), "classes": ["a", "b"]},
            "there are 2 names of classes, but the target holds class 2: name all 3, from",
        ),
    ],
)
def test_what_does_not_fit_together(arguments: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        LinearProblem.of(*arguments, **{"loss": Logistic(), **options})


def test_the_l1_part_is_left_to_the_proximal_map() -> None:
    plain = LinearProblem.of(X, LABELS, loss=Logistic())
    penalized = LinearProblem.of(X, LABELS, loss=Logistic(), penalty=L1(3.0))
    theta = some_point(plain)
    assert penalized.objective(theta) == plain.objective(theta)
    assert penalized.gradient(theta).tolist() == plain.gradient(theta).tolist()
    assert penalized.penalized.tolist() == [True, True, True, False]
