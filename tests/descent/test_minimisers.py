"""Every loss walked to its minimum, against scikit-learn's and SciPy's converged fits, to 1e-6."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse
import statsmodels.api
from scipy.optimize import minimize
from sklearn.linear_model import ElasticNet as SklearnElasticNet
from sklearn.linear_model import (
    GammaRegressor,
    HuberRegressor,
    Lasso,
    LogisticRegression,
    PoissonRegressor,
    QuantileRegressor,
    Ridge,
    TweedieRegressor,
)
from sklearn.svm import LinearSVC

from steepest.descent.optimizers import SGD, Adagrad, Adam, Optimizer
from steepest.descent.penalized_update import Proximal
from steepest.descent.schedules import Backtracking, Constant, Exponential, Schedule, _Formula
from steepest.descent.stepwise import descend
from steepest.descent.stopping import Epochs, GradientNorm
from steepest.descent.trajectory import Trajectory
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
from steepest.losses.counts_and_amounts import LogMean
from steepest.losses.loss import Loss, ScalarLoss
from steepest.moments.qr_factor import factor_moments
from steepest.penalties.bounds import Bounds
from steepest.penalties.penalties import L1, L2, ElasticNet, Penalty
from steepest.problems.linear import LinearProblem
from steepest.problems.squared_loss import Quadratic
from steepest.results.moments import Moments

RANDOM = np.random.default_rng(11)
ROWS = 120
X = RANDOM.normal(size=(ROWS, 5))
TREND = X @ np.array([1.0, -0.5, 0.0, 0.25, 0.0])
NUMBERS = TREND + RANDOM.standard_t(2, ROWS)
LABELS = (TREND + RANDOM.logistic(size=ROWS) > 0.0).astype(float)
KINDS = np.argmax(X[:, :3] + RANDOM.gumbel(size=(ROWS, 3)), axis=1).astype(float)
COUNTS = RANDOM.poisson(np.exp(0.5 * TREND + 1.0)).astype(float)
AMOUNTS = np.exp(0.5 * TREND) * RANDOM.gamma(2.0, size=ROWS)
WEIGHTS = RANDOM.uniform(0.5, 2.0, ROWS)

TIGHT = 1e-6


def problem_of(
    loss: Loss, y: np.ndarray, penalty: Penalty | None = None, **options: Any
) -> LinearProblem:
    options = {"standardize": False, "weights": WEIGHTS, **options}
    return LinearProblem.of(X, y, loss=loss, penalty=penalty, **options)


def walked(
    problem: LinearProblem | Quadratic,
    optimizer: Optimizer,
    schedule: Schedule,
    proximal: Proximal | None = None,
    tolerance: float = 1e-9,
) -> Trajectory:
    rules = [GradientNorm(tolerance), Epochs(30_000)]
    start = np.zeros(len(problem.names))
    return descend(problem, optimizer, schedule, rules, start, proximal=proximal, keep=50)


def minimiser(problem: LinearProblem, proximal: Proximal | None = None) -> np.ndarray:
    """Where descent ends: at a rate from the curvature's bound, or by line search without one."""
    bound = problem.curvature_bound()
    optimizer: Optimizer = SGD()
    schedule: Schedule = Backtracking(4.0)
    if np.isfinite(bound):
        optimizer, schedule = SGD(momentum=0.9, nesterov=True), Constant(1.0 / bound)
    path = walked(problem, optimizer, schedule, proximal)
    assert path.stop.rule == "gradient norm", path.stop
    return path.last.parameters


def parameters_of(model: Any) -> np.ndarray:
    """Class by class the coefficients and the intercept."""
    return np.column_stack([np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)]).ravel()


@pytest.mark.parametrize("standardize", [True, False])
def test_logistic(standardize: bool) -> None:
    problem = problem_of(Logistic(), LABELS, standardize=standardize)
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12)
    model.fit(X, LABELS, sample_weight=WEIGHTS)
    found = problem.to_user(minimiser(problem))
    assert found == pytest.approx(parameters_of(model), abs=TIGHT)


def test_logistic_with_l2() -> None:
    alpha = 0.05
    problem = problem_of(Logistic(), LABELS, L2(alpha))
    model = LogisticRegression(
        C=1 / (2 * alpha * WEIGHTS.sum()), solver="newton-cholesky", tol=1e-12
    ).fit(X, LABELS, sample_weight=WEIGHTS)
    assert minimiser(problem) == pytest.approx(parameters_of(model), abs=TIGHT)


@pytest.mark.parametrize("ratio", [1.0, 0.5])
def test_logistic_with_l1_and_elastic_net(ratio: float) -> None:
    alpha = 0.1
    penalty = ElasticNet(alpha, ratio)
    problem = problem_of(Logistic(), LABELS, penalty, weights=None)
    model = LogisticRegression(
        C=1 / (alpha * ROWS), l1_ratio=ratio, solver="saga", tol=1e-12, max_iter=100_000
    ).fit(X, LABELS)
    found = minimiser(problem, Proximal.of(penalty, problem.penalized))
    assert found == pytest.approx(parameters_of(model), abs=TIGHT)
    assert (found == 0.0).sum() == (model.coef_ == 0.0).sum() > 0


def test_multinomial_with_l2() -> None:
    alpha = 0.02
    problem = problem_of(Multinomial(), KINDS, L2(alpha))
    model = LogisticRegression(
        C=1 / (2 * alpha * WEIGHTS.sum()), solver="newton-cg", tol=1e-12, max_iter=1000
    ).fit(X, KINDS, sample_weight=WEIGHTS)
    found, expected = minimiser(problem).reshape(3, 6), parameters_of(model).reshape(3, 6)
    assert found[:, :5] == pytest.approx(expected[:, :5], abs=TIGHT)
    # The intercepts, which nothing penalizes, are known but for a number added to all of them.
    differences = found[:, 5] - found[0, 5]
    assert differences == pytest.approx(expected[:, 5] - expected[0, 5], abs=TIGHT)


def test_squared_hinge() -> None:
    problem = problem_of(SquaredHinge(), LABELS, L2(0.05), intercept=False)
    model = LinearSVC(
        C=1 / (2 * 0.05 * WEIGHTS.sum()),
        dual=False,
        fit_intercept=False,
        tol=1e-12,
        max_iter=10_000,
    ).fit(X, LABELS, sample_weight=WEIGHTS)
    assert minimiser(problem) == pytest.approx(model.coef_[0], abs=TIGHT)


def test_hinge() -> None:
    problem = problem_of(Hinge(), LABELS, L2(0.05), intercept=False)
    model = LinearSVC(
        C=1 / (2 * 0.05 * WEIGHTS.sum()),
        loss="hinge",
        fit_intercept=False,
        tol=1e-9,
        max_iter=1_000_000,
    ).fit(X, LABELS, sample_weight=WEIGHTS)
    path = descend(problem, SGD(), Exponential(1.0, gamma=0.998), [Epochs(8000)], np.zeros(5))
    assert path.last.parameters == pytest.approx(model.coef_[0], abs=TIGHT)


@pytest.mark.parametrize(
    ("loss", "y", "model"),
    [
        (Poisson(), COUNTS, PoissonRegressor),
        (Gamma(), AMOUNTS, GammaRegressor),
        (Tweedie(1.5), COUNTS, lambda **options: TweedieRegressor(power=1.5, **options)),
        (Tweedie(1.0), COUNTS, PoissonRegressor),
    ],
    ids=["poisson", "gamma", "tweedie", "tweedie:1"],
)
@pytest.mark.parametrize("alpha", [0.0, 0.3])
def test_losses_of_positive_targets(
    loss: LogMean, y: np.ndarray, model: Callable[..., Any] | type[Any], alpha: float
) -> None:
    problem = problem_of(loss, y, L2(alpha / 2))
    options = {"alpha": alpha, "tol": 1e-10, "max_iter": 10_000}
    expected = model(**options, solver="newton-cholesky").fit(X, y, sample_weight=WEIGHTS)
    assert minimiser(problem) == pytest.approx(parameters_of(expected), abs=TIGHT)


def test_huber_at_a_scale_that_statsmodels_keeps() -> None:
    rows = statsmodels.api.add_constant(X, prepend=False)
    model = statsmodels.api.RLM(NUMBERS, rows, M=statsmodels.api.robust.norms.HuberT(1.345))
    expected = model.fit(update_scale=False, tol=1e-13, maxiter=1000)
    problem = problem_of(Huber(1.345 * expected.scale), NUMBERS, weights=None)
    assert minimiser(problem) == pytest.approx(expected.params, abs=TIGHT)


def test_huber_at_the_scale_that_scikit_learn_estimates() -> None:
    model = HuberRegressor(epsilon=1.5, alpha=0.5, tol=1e-10, max_iter=10_000, warm_start=True)
    # Its L-BFGS ends where the objective falls by less than 2e-9 of itself, whatever `tol` says;
    # begun again where it ended it goes on.
    for _ in range(8):
        model.fit(X, NUMBERS)
    loss, penalty = Huber(1.5 * model.scale_), L2(0.5 * model.scale_ / (2 * ROWS))
    problem = problem_of(loss, NUMBERS, penalty, weights=None)
    assert minimiser(problem) == pytest.approx(parameters_of(model), abs=TIGHT)


@pytest.mark.parametrize("loss", [Huber(0.7), LogCosh()], ids=str)
def test_losses_between_squared_and_absolute_against_scipy(loss: ScalarLoss) -> None:
    problem = problem_of(loss, NUMBERS)
    rows = np.column_stack([X, np.ones(ROWS)])

    def objective(theta: np.ndarray) -> float:
        gap = np.abs(rows @ theta - NUMBERS)
        near = np.where(gap <= 0.7, 0.5 * gap**2, 0.7 * (gap - 0.35))
        losses = near if loss.name == "huber" else np.log(np.cosh(gap))
        return np.average(losses, weights=WEIGHTS)

    def slope(theta: np.ndarray) -> np.ndarray:
        gap = rows @ theta - NUMBERS
        slopes = np.clip(gap, -0.7, 0.7) if loss.name == "huber" else np.tanh(gap)
        return rows.T @ (WEIGHTS * slopes) / WEIGHTS.sum()

    best = minimize(objective, np.zeros(6), jac=slope, method="BFGS", options={"gtol": 1e-9})
    assert minimiser(problem) == pytest.approx(best.x, abs=TIGHT)


@pytest.mark.parametrize(
    ("loss", "quantile"), [(Quantile(0.8), 0.8), (Quantile(0.3), 0.3), (Absolute(), 0.5)], ids=str
)
def test_losses_with_kinks_at_rates_that_shrink(loss: ScalarLoss, quantile: float) -> None:
    # The objective rises from its minimum like a cone, so that steps along a subgradient reach any
    # accuracy at rates that shrink geometrically, slowly enough (Goffin 1977).
    problem = problem_of(loss, NUMBERS)
    schedule = Exponential(0.5, gamma=0.998)
    path = descend(problem, SGD(momentum=0.9), schedule, [Epochs(8000)], np.zeros(6), keep=2)
    model = QuantileRegressor(quantile=quantile, alpha=0.0, solver="highs")
    model.fit(X, NUMBERS, sample_weight=WEIGHTS)
    assert path.last.parameters == pytest.approx(parameters_of(model), abs=TIGHT)


PENALTIES = [L1(0.3), ElasticNet(0.5, 0.4), ElasticNet(0.6, 0.9)]


def sklearns_minimum(penalty: L1 | ElasticNet) -> np.ndarray:
    """Of the mean of the squares, which scikit-learn halves; the weights' mean does not matter."""
    options = {"tol": 1e-14, "max_iter": 100_000}
    if isinstance(penalty, L1):
        model = Lasso(alpha=penalty.alpha / 2, **options)
    else:
        model = SklearnElasticNet(alpha=penalty.alpha / 2, l1_ratio=penalty.l1_ratio, **options)
    return parameters_of(model.fit(X, NUMBERS))


@pytest.mark.parametrize("penalty", PENALTIES, ids=str)
@pytest.mark.parametrize("table", [X, scipy.sparse.csr_array(X)], ids=["dense", "sparse"])
def test_lasso_and_elastic_net_on_rows(penalty: L1 | ElasticNet, table: Any) -> None:
    problem = LinearProblem.of(table, NUMBERS, loss=Squared(), penalty=penalty, standardize=False)
    found = minimiser(problem, Proximal.of(penalty, problem.penalized))
    expected = sklearns_minimum(penalty)
    assert found == pytest.approx(expected, abs=TIGHT)
    assert (found == 0.0).tolist() == (expected == 0.0).tolist()


@pytest.mark.parametrize("penalty", PENALTIES, ids=str)
@pytest.mark.parametrize(
    ("optimizer", "schedule"),
    [
        (SGD(), Constant(0.3)),
        (SGD(), Backtracking(10.0)),
        (SGD(momentum=0.9), Constant(0.3)),
        (SGD(momentum=0.9, dampening=0.5), Constant(0.3)),
        (SGD(momentum=0.9, nesterov=True), Constant(0.3)),
        (Adagrad(), Constant(0.5)),
        (Adam(), Constant(0.01)),
    ],
    ids=str,
)
def test_lasso_and_elastic_net_on_moments_with_every_optimizer(
    penalty: L1 | ElasticNet, optimizer: Optimizer, schedule: _Formula
) -> None:
    rows = factor_moments(Moments.of(X, NUMBERS))
    problem = Quadratic.of(rows, standardize=False, ridge=penalty.squared)
    path = walked(problem, optimizer, schedule, Proximal.of(penalty, problem.penalized))
    expected = sklearns_minimum(penalty)
    assert path.stop.rule == "gradient norm"
    assert path.last.parameters == pytest.approx(expected, abs=TIGHT)
    assert (path.last.parameters == 0.0).tolist() == (expected == 0.0).tolist()
    # What is reported is all that is minimised.
    residual = NUMBERS - X @ expected[:5] - expected[5]
    total = np.mean(residual**2) + penalty.value(expected[:5])
    assert path.last.objective == pytest.approx(total, rel=1e-12)


def test_coefficients_of_zero_or_more() -> None:
    free = Ridge(alpha=0.0).fit(X, NUMBERS)
    assert (free.coef_ < 0.0).any()
    names = ("x1", "x2", "x3", "x4", "x5", "intercept")
    bounds = Bounds.of(names, {name: (0, None) for name in names[:5]})
    model = Lasso(alpha=0.1, positive=True, tol=1e-14, max_iter=100_000).fit(X, NUMBERS)
    problem = LinearProblem.of(X, NUMBERS, loss=Squared(), penalty=L1(0.2), standardize=False)
    found = minimiser(problem, Proximal.of(problem.penalty, problem.penalized, bounds))
    assert found == pytest.approx(parameters_of(model), abs=TIGHT)
    assert (found[:5] == 0.0).tolist() == (model.coef_ == 0.0).tolist()
