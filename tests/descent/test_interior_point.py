"""The interior point method against linear programmes (HiGHS), scikit-learn and arithmetic."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog
from sklearn.linear_model import QuantileRegressor
from sklearn.svm import LinearSVC, LinearSVR

from steepest.arrays import Floats
from steepest.descent.interior_point import descend_interior
from steepest.descent.optimizers import InteriorPoint
from steepest.descent.penalized_update import Proximal
from steepest.descent.schedules import Constant
from steepest.descent.stepwise import RunSettings
from steepest.descent.stopping import Epochs
from steepest.descent.trajectory import Trajectory
from steepest.errors import InputError
from steepest.losses import Absolute, Hinge, Logistic, Quantile
from steepest.losses.loss import ScalarLoss
from steepest.penalties.bounds import Bounds
from steepest.penalties.penalties import L1, L2
from steepest.problems.linear import LinearProblem

LOSSES = [Absolute(), Quantile(0.1), Quantile(0.5), Quantile(0.9), Hinge()]
OUTLIERS = [0.0, 1e4, 1e6, 1e9, 1e12]


def rows(loss: ScalarLoss, seed: int = 0, n: int = 200, d: int = 4) -> tuple[Floats, Floats]:
    """Features (n, d) and a target (n,) with heavy tails, or of two classes that overlap."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d))
    line = x @ rng.normal(size=d) + 3.0 * rng.normal()
    if isinstance(loss, Hinge):
        return x, np.where(line + rng.normal(size=n) > 0.0, 1.0, 0.0)
    return x, np.asarray(line + rng.standard_t(2, size=n), dtype=np.float64)


def minimise(problem: LinearProblem, bounds: Bounds | None = None) -> Trajectory:
    proximal = Proximal.of(problem.penalty, problem.penalized, bounds)
    return descend_interior(problem, inner_points(problem), [Epochs(200)], proximal=proximal)


def inner_points(problem: LinearProblem, start: Floats | None = None) -> RunSettings:
    return RunSettings(InteriorPoint(), Constant(1.0), problem.start() if start is None else start)


def by_highs(
    loss: ScalarLoss,
    x: Floats,
    y: Floats,
    *,
    shares: Floats | None = None,
    positive: bool = False,
) -> Floats:
    """Coefficients and intercept (d + 1,) of the linear programme, with columns scaled to 1, and
    residuals to those of a constant.
    """
    scale = np.abs(x).max(axis=0)
    table = np.column_stack([x / scale, np.ones(len(x))])
    if isinstance(loss, Hinge):
        place, above, below = 2.0 * y - 1.0, y, 1.0 - y
    else:
        quantile = loss.option if isinstance(loss, Quantile) else 0.5
        place, above, below = y, np.full(len(y), quantile), np.full(len(y), 1.0 - quantile)
    if shares is not None:
        above, below = above * shares, below * shares
    middle = float(np.median(place))
    unit = float(np.median(np.abs(place - middle))) or 1.0
    n, d = table.shape
    found = linprog(
        np.concatenate([np.zeros(d), above, below]),
        A_eq=np.hstack([table, np.eye(n), -np.eye(n)]),
        b_eq=(place - middle) / unit,
        bounds=[(0.0 if positive else None, None)] * (d - 1)
        + [(None, None)]
        + [(0.0, None)] * 2 * n,
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    assert found.status == 0
    result = found.x[:d] * unit / np.append(scale, 1.0)
    result[-1] += middle
    return np.asarray(result)


def excess(problem: LinearProblem, trajectory: Trajectory, best: Floats) -> float:
    """How far the last step is above an oracle's minimum (d,), in the user's units, relatively."""
    least = float(problem.minimised(problem.from_user(best)))
    return (trajectory.last.objective - least) / least


@pytest.mark.parametrize("loss", LOSSES, ids=str)
@pytest.mark.parametrize("outlier", OUTLIERS)
def test_the_minimum_is_that_of_a_linear_programme(loss: ScalarLoss, outlier: float) -> None:
    x, y = rows(loss)
    if outlier and isinstance(loss, Hinge):
        x[[5, 50], 0] = np.array([outlier, -outlier]) * (1.0 - 2.0 * y[[5, 50]])
        x[[5, 50], 0] *= 1e-6  # leverage, as far as HiGHS can take it
    elif outlier:
        y[[5, 50]] = outlier
    problem = LinearProblem.of(x, y, loss=loss)
    trajectory = minimise(problem)
    assert trajectory.stop.rule == "duality gap"
    assert excess(problem, trajectory, by_highs(loss, x, y)) < 1e-9
    assert trajectory.epochs <= 40


@pytest.mark.parametrize("loss", LOSSES[:4], ids=str)
def test_outliers_move_nothing_however_far_they_are(loss: ScalarLoss) -> None:
    """A residual that keeps its side pulls alike at any size: so the coefficients are the same."""
    x, y = rows(loss)
    ends = []
    for outlier in (1e3, 1e4, 1e8, 1e12):
        y[[5, 50, 77]] = outlier
        problem = LinearProblem.of(x, y, loss=loss)
        ends.append(problem.to_user(minimise(problem).last.parameters))
    for end in ends[1:]:
        np.testing.assert_allclose(end, ends[0], rtol=1e-11)


@pytest.mark.parametrize(("sentinel", "seed"), [(99999.0, 0), (999999.0, 0), (1e9, 0)])
def test_two_sentinels_in_a_column_of_numbers(sentinel: float, seed: int) -> None:
    """Right values: scikit-learn's QuantileRegressor, by HiGHS."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=200)
    y = 3.0 + 2.0 * x + 0.1 * rng.normal(size=200)
    y[[5, 50]] = sentinel
    for loss in (Absolute(), Quantile(0.5)):
        problem = LinearProblem.of(x[:, None], y, loss=loss)
        found = problem.to_user(minimise(problem).last.parameters)
        np.testing.assert_allclose(found, [1.98742765, 2.98013051], rtol=0, atol=5e-9)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
@pytest.mark.parametrize("standardize", [True, False])
def test_columns_of_any_scale(loss: ScalarLoss, standardize: bool) -> None:
    x, y = rows(loss, d=5)
    scales = 10.0 ** np.array([-6.0, -3.0, 0.0, 3.0, 6.0])
    problem = LinearProblem.of(x * scales, y, loss=loss, standardize=standardize)
    trajectory = minimise(problem)
    best = by_highs(loss, x, y)
    assert trajectory.stop.rule == "duality gap"
    assert excess(problem, trajectory, best / np.append(scales, 1.0)) < 1e-9
    found = problem.to_user(trajectory.last.parameters) * np.append(scales, 1.0)
    np.testing.assert_allclose(found, best, rtol=1e-7, atol=1e-9)


def test_a_column_in_another_unit_changes_nothing_else() -> None:
    x, y = rows(Absolute())
    ends = []
    for factor in (1.0, 2.0**20):
        problem = LinearProblem.of(x * [factor, 1.0, 1.0, 1.0], y, loss=Absolute())
        trajectory = minimise(problem)
        end = problem.to_user(trajectory.last.parameters) * [factor, 1.0, 1.0, 1.0, 1.0]
        ends.append((trajectory.epochs, trajectory.objective, end))
    assert ends[0][0] == ends[1][0]
    np.testing.assert_allclose(ends[0][1], ends[1][1], rtol=1e-12)
    np.testing.assert_allclose(ends[0][2], ends[1][2], rtol=1e-12)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_a_target_of_any_scale_and_offset(scale: float, offset: float) -> None:
    x, y = rows(Quantile(0.9))
    best = by_highs(Quantile(0.9), x, y) * scale
    best[-1] += offset * scale
    problem = LinearProblem.of(x, (y + offset) * scale, loss=Quantile(0.9))
    trajectory = minimise(problem)
    assert trajectory.stop.rule == "duality gap"
    np.testing.assert_allclose(problem.to_user(trajectory.last.parameters), best, rtol=1e-8)


def test_weights_are_repeated_rows() -> None:
    x, y = rows(Quantile(0.3))
    times = np.random.default_rng(4).integers(0, 4, size=len(y))
    y[times == 0] = 1e300  # what has no weight counts for nothing
    found = []
    for problem in (
        LinearProblem.of(x, y, loss=Quantile(0.3), weights=times),
        LinearProblem.of(x.repeat(times, axis=0), y.repeat(times), loss=Quantile(0.3)),
    ):
        trajectory = minimise(problem)
        assert trajectory.stop.rule == "duality gap"
        found.append((trajectory.last.objective, *problem.to_user(trajectory.last.parameters)))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-10)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_bounds(loss: ScalarLoss) -> None:
    x, y = rows(loss, seed=3, d=6)
    problem = LinearProblem.of(x, y, loss=loss)
    bounds = Bounds.of(problem.names, {name: (0, None) for name in problem.names[:-1]})
    trajectory = minimise(problem, bounds)
    best = by_highs(loss, x, y, positive=True)
    assert (best[:-1] == 0.0).any()
    assert (trajectory.parameters[:, :-1] >= 0.0).all()
    np.testing.assert_array_equal(trajectory.last.parameters[:-1] == 0.0, best[:-1] == 0.0)
    assert trajectory.stop.rule == "duality gap"
    assert excess(problem, trajectory, best) < 1e-9


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_an_l1_penalty_is_scikit_learns(quantile: float) -> None:
    x, y = rows(Quantile(quantile), n=203, d=8)
    theirs = QuantileRegressor(quantile=quantile, alpha=0.1, solver="highs").fit(x, y)
    loss, penalty = Quantile(quantile), L1(0.1)
    problem = LinearProblem.of(x, y, loss=loss, penalty=penalty, standardize=False)
    trajectory = minimise(problem)
    best = np.append(theirs.coef_, theirs.intercept_)
    assert trajectory.stop.rule == "duality gap"
    assert abs(excess(problem, trajectory, best)) < 1e-9
    np.testing.assert_array_equal(trajectory.last.parameters == 0.0, best == 0.0)
    np.testing.assert_allclose(trajectory.last.parameters, best, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("strength", [1e-4, 1e-2, 1.0])
@pytest.mark.parametrize("loss", [Absolute(), Hinge()], ids=str)
def test_ridge_is_scikit_learns_support_vector_machine(loss: ScalarLoss, strength: float) -> None:
    x, y = rows(loss, n=100)
    cost = 1.0 / (2.0 * len(y) * strength)
    options = {"C": cost, "fit_intercept": False, "tol": 1e-10, "max_iter": 10_000_000}
    if isinstance(loss, Hinge):
        theirs = LinearSVC(loss="hinge", random_state=0, **options).fit(x, y)
    else:
        theirs = LinearSVR(epsilon=0.0, random_state=0, **options).fit(x, y)
    problem = LinearProblem.of(
        x, y, loss=loss, penalty=L2(strength), standardize=False, intercept=False
    )
    trajectory = minimise(problem)
    assert trajectory.stop.rule == "duality gap"
    best = theirs.coef_.ravel()
    assert excess(problem, trajectory, best) < 1e-12
    assert excess(problem, trajectory, best) > -1e-8
    np.testing.assert_allclose(trajectory.last.parameters, best, rtol=1e-4, atol=1e-6)


def repeated(x: Floats) -> Floats:
    return np.column_stack([x, x[:, 0], x[:, 1] + x[:, 2]])


def test_columns_that_are_sums_of_others() -> None:
    x, y = rows(Absolute())
    problem = LinearProblem.of(repeated(x), y, loss=Absolute())
    trajectory = minimise(problem)
    best = by_highs(Absolute(), x, y)
    assert trajectory.stop.rule == "duality gap"
    assert abs(excess(problem, trajectory, np.insert(best, 4, [0.0, 0.0]))) < 1e-12


@pytest.mark.parametrize("n", [1, 3, 5])
def test_no_more_rows_than_parameters(n: int) -> None:
    x, y = rows(Absolute())
    problem = LinearProblem.of(x[:n], y[:n], loss=Absolute())
    trajectory = minimise(problem)
    assert trajectory.stop.rule == "duality gap"
    assert trajectory.last.objective < 1e-14


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_a_perfect_fit_is_exact(share: float) -> None:
    """So it is where fewer than half of the rows are anywhere else."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 3))
    y = x @ [1.0, -2.0, 3.0] + 4.0
    away = rng.random(300) < share
    y[away] += rng.normal(size=int(away.sum())) * 1e6
    problem = LinearProblem.of(x, y, loss=Absolute())
    trajectory = minimise(problem)
    assert trajectory.stop.rule == "duality gap"
    found = problem.to_user(trajectory.last.parameters)
    np.testing.assert_allclose(found, [1.0, -2.0, 3.0, 4.0], rtol=1e-13)


def test_whole_numbers_with_many_ties() -> None:
    rng = np.random.default_rng(2)
    x = rng.integers(0, 4, size=(400, 3)).astype(np.float64)
    y = rng.integers(0, 6, size=400).astype(np.float64)
    for loss in LOSSES[:4]:
        problem = LinearProblem.of(x, y, loss=loss)
        trajectory = minimise(problem)
        assert trajectory.stop.rule == "duality gap"
        assert abs(excess(problem, trajectory, by_highs(loss, x, y))) < 1e-12


def test_a_target_that_is_mostly_zero() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(300, 3))
    y = np.where(rng.random(300) < 0.8, 0.0, rng.normal(size=300))
    trajectory = minimise(problem := LinearProblem.of(x, y, loss=Absolute()))
    np.testing.assert_allclose(problem.to_user(trajectory.last.parameters), 0.0, atol=1e-15)
    assert trajectory.epochs < 15


def test_a_constant_target_is_its_own_minimum() -> None:
    x, _ = rows(Absolute())
    trajectory = minimise(LinearProblem.of(x, np.full(200, 7.0), loss=Absolute()))
    assert (trajectory.epochs, trajectory.last.objective) == (0, 0.0)
    assert trajectory.stop.rule == "duality gap"


def test_classes_with_a_margin_have_a_whole_face_of_minima() -> None:
    rng = np.random.default_rng(6)
    x = rng.normal(size=(100, 2))
    x = x[np.abs(x[:, 0]) > 0.1]
    problem = LinearProblem.of(x, 1.0 * (x[:, 0] > 0.0), loss=Hinge())
    trajectory = minimise(problem)
    assert trajectory.stop.rule == "duality gap"
    assert trajectory.last.objective < 1e-14


def test_every_step_is_of_one_point() -> None:
    x, y = rows(Quantile(0.3))
    penalty = L1(0.05)
    problem = LinearProblem.of(x, y, loss=Quantile(0.3), penalty=penalty)
    start = np.array([1.0, -1.0, 2.0, 0.0, 5.0])
    seen: list[tuple[int, float]] = []
    trajectory = descend_interior(
        problem,
        inner_points(problem, start),
        [Epochs(200)],
        proximal=Proximal.of(penalty, problem.penalized),
        progress=lambda k, objective: seen.append((k, objective)),
    )
    np.testing.assert_array_equal(trajectory.parameters[0], start)
    np.testing.assert_array_equal(trajectory.indices, range(trajectory.epochs + 1))
    np.testing.assert_allclose(trajectory.objective, problem.minimised(trajectory.parameters))
    np.testing.assert_allclose(trajectory.gradient, problem.gradient(trajectory.parameters))
    assert seen == list(enumerate(trajectory.objective.tolist()))


def test_stopping_rules_are_asked_at_each_step() -> None:
    x, y = rows(Absolute())
    problem = LinearProblem.of(x, y, loss=Absolute())
    trajectory = descend_interior(problem, inner_points(problem), [Epochs(3)])
    assert (trajectory.epochs, trajectory.stop.rule) == (3, "epochs")


def test_ctrl_c_keeps_the_steps_so_far() -> None:
    x, y = rows(Absolute())
    problem = LinearProblem.of(x, y, loss=Absolute())

    def press(k: int, objective: float) -> None:
        if k == 4:
            raise KeyboardInterrupt

    trajectory = descend_interior(problem, inner_points(problem), [Epochs(99)], progress=press)
    assert (trajectory.epochs, trajectory.stop.rule) == (4, "interrupted")


def test_a_sum_has_the_minimum_of_the_mean() -> None:
    x, y = rows(Absolute())
    problems = [
        LinearProblem.of(x, y, loss=Absolute(), reduction=reduction)
        for reduction in ("mean", "sum")
    ]
    mean, total = (minimise(problem) for problem in problems)
    np.testing.assert_allclose(mean.last.parameters, total.last.parameters, rtol=1e-10)
    np.testing.assert_allclose(200.0 * mean.last.objective, total.last.objective, rtol=1e-12)


def test_sparse_rows_are_those_of_the_dense_ones() -> None:
    from scipy.sparse import csr_array

    x, y = rows(Absolute())
    x[np.abs(x) < 0.5] = 0.0
    tables: list[NDArray[np.float64] | csr_array] = [x, csr_array(x)]
    dense, sparse = (minimise(LinearProblem.of(table, y, loss=Absolute())) for table in tables)
    np.testing.assert_allclose(sparse.last.parameters, dense.last.parameters, rtol=1e-10)


def test_a_smooth_loss_is_refused() -> None:
    problem = LinearProblem.of([[0.0], [1.0], [2.0]], [0, 1, 0], loss=Logistic())
    with pytest.raises(InputError, match="two straight pieces"):
        descend_interior(problem, inner_points(problem), [Epochs(9)])


def test_where_rounding_hides_the_rest_it_says_so() -> None:
    """Columns that differ by 1e-8 with L1: which of them is best is below what steps can see."""
    x = np.array([1.0, 2.0, 4.0])[:, None] * np.array([1.0, 1.0 + 1e-8, 1.0 + 2e-8])
    x[0, 1] *= 1.0 + 1e-8
    penalty = L1(0.01)
    problem = LinearProblem.of(
        x, [0.0, 1e3, 5.0], loss=Absolute(), penalty=penalty, intercept=False
    )
    trajectory = minimise(problem)
    assert trajectory.stop.rule == "line search"
    assert "may be left" in trajectory.stop.reason
    # One column alone is as good but for 1e-8, and its minimum is a scan of its kinks.
    kinks = np.array([0.0, 500.0, 1.25]) * problem.coordinates.spread[0]
    line = np.array([[kink, 0.0, 0.0] for kink in kinks])
    assert trajectory.last.objective == pytest.approx(problem.minimised(line).min(), rel=1e-7)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_rows_that_are_far_off_in_every_column(loss: ScalarLoss, seed: int) -> None:
    """Two rows weigh 1e2 to 1e5 times as much as the others: HiGHS' minimum of the same rows."""
    x, y = rows(loss, seed, n=120, d=3)
    x[[5, 50]] *= [[1e2], [10.0 ** (seed + 2)]]
    problem = LinearProblem.of(x, y, loss=loss)
    trajectory = minimise(problem)
    assert trajectory.stop.rule == "duality gap"
    assert excess(problem, trajectory, by_highs(loss, x, y)) < 1e-9
