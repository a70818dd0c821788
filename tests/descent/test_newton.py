"""Newton's method against statsmodels, scikit-learn, SciPy and minima that are known."""

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.optimize import nnls

import steepest
from steepest.curvature.newton_step import newton_direction
from steepest.descent.model_minimum import model_minimum
from steepest.descent.newton import descend_newton
from steepest.descent.optimizers import Newton
from steepest.descent.penalized_update import Proximal, least_slope_norm
from steepest.descent.schedules import Backtracking
from steepest.descent.stepwise import RunSettings
from steepest.descent.stopping import Epochs
from steepest.descent.trajectory import Trajectory
from steepest.losses import make_loss
from steepest.penalties.bounds import Bounds
from steepest.penalties.penalties import L1, L2, ElasticNet, Penalty
from steepest.problems.linear import LinearProblem
from steepest.problems.problem import SecondOrder

Floats = NDArray[np.float64]
ROWS, COLUMNS = 300, 4
SCALES = np.array([1.0, 10.0, 0.1, 1e3])


def targets(seed: int) -> tuple[Floats, dict[str, Floats]]:
    """Features (n, p) and a target for each loss, drawn from a model that suits it."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(ROWS, COLUMNS)) * SCALES + 3.0 * SCALES
    eta = (features / SCALES - 3.0) @ [0.5, -0.4, 0.3, 0.2] - 0.2
    chance = 1.0 / (1.0 + np.exp(-eta))
    return features, {
        "logistic": (rng.random(ROWS) < chance).astype(float),
        "squared-hinge": (rng.random(ROWS) < chance).astype(float),
        "poisson": rng.poisson(np.exp(eta)).astype(float),
        "gamma": rng.gamma(2.0, np.exp(eta) / 2.0),
        "tweedie": rng.poisson(np.exp(eta)) * rng.gamma(2.0, 0.5, ROWS),
        "huber": eta + rng.standard_t(2, ROWS),
        "log-cosh": eta + rng.standard_t(3, ROWS),
        "squared": eta + rng.normal(size=ROWS),
        "multinomial": np.digitize(eta + rng.logistic(size=ROWS), [-1.0, 1.0]).astype(float),
    }


LOSSES = sorted(targets(0)[1])


def walk(problem: LinearProblem, penalty: Penalty, bounds: Bounds | None = None) -> Trajectory:
    proximal = Proximal.of(penalty, problem.penalized, bounds)
    run = RunSettings(Newton(), Backtracking(1.0), problem.start())
    return descend_newton(problem, run, [Epochs(100)], proximal=proximal)


@pytest.mark.parametrize("penalty", [L2(0.0), L2(0.01), L1(0.03), ElasticNet(0.04, 0.5)], ids=str)
@pytest.mark.parametrize("name", LOSSES)
def test_the_slope_vanishes_at_the_end(name: str, penalty: Penalty) -> None:
    """Slopes at the start are of order 0.1: nothing of them is left but rounding."""
    features, drawn = targets(1)
    problem = LinearProblem.of(features, drawn[name], loss=make_loss(name), penalty=penalty)
    path = walk(problem, penalty)
    slope = least_slope_norm(path.proximal, path.parameters[-1:], path.gradient[-1:])
    assert path.stop.rule == "decrement"
    assert path.epochs <= 12
    assert float(slope[0]) < 1e-11
    assert (np.diff(path.objective) <= 1e-15).all()


FAMILIES = {
    "logistic": sm.families.Binomial(),
    "poisson": sm.families.Poisson(),
    "gamma": sm.families.Gamma(sm.families.links.Log()),
    "tweedie": sm.families.Tweedie(sm.families.links.Log(), var_power=1.5),
}


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("seed", range(3))
def test_coefficients_are_those_of_statsmodels(name: str, seed: int) -> None:
    features, drawn = targets(seed)
    design = sm.add_constant(features)
    known = sm.GLM(drawn[name], design, family=FAMILIES[name]).fit(tol=1e-15, maxiter=200)
    target = drawn[name].astype(int) if name == "logistic" else drawn[name]
    fit = steepest.fit(features, target, loss=name)
    ours = np.array([fit.intercept, *fit.coefficients.values()])
    assert fit.verdict.kind == "converged"
    assert np.abs(ours / known.params - 1.0).max() < 1e-10


@pytest.mark.parametrize("scale", [1.0, 1e3, 1e6])
def test_counts_of_any_size_have_the_same_coefficients(scale: float) -> None:
    """Counts times a constant move the intercept by its logarithm, and nothing else."""
    features, drawn = targets(5)
    counts = drawn["poisson"]
    known = sm.GLM(counts, sm.add_constant(features), family=sm.families.Poisson()).fit(tol=1e-15)
    fit = steepest.fit(features, counts * scale, loss="poisson")
    assert np.abs([*fit.coefficients.values()] / known.params[1:] - 1.0).max() < 1e-9
    assert fit.intercept - known.params[0] == pytest.approx(np.log(scale), abs=1e-9)


def test_multinomial_probabilities_are_those_of_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression

    features, drawn = targets(2)
    fit = steepest.fit(features, drawn["multinomial"].astype(int), loss="multinomial")
    scaled = features / SCALES - 3.0
    known = LogisticRegression(C=np.inf, solver="newton-cg", tol=1e-13, max_iter=1000)
    known.fit(scaled, drawn["multinomial"])
    gap = np.abs(fit.predict_proba(features) - known.predict_proba(scaled)).max()
    assert fit.verdict.kind == "converged"
    assert gap < 1e-7  # of scikit-learn's tolerance


def test_lasso_is_the_one_of_scikit_learn_without_a_pass_after_the_first() -> None:
    from sklearn.linear_model import Lasso

    rng = np.random.default_rng(7)
    features = rng.normal(size=(60, 20))
    target = features[:, :3] @ [3.0, -2.0, 1.0] + rng.normal(size=60)
    fit = steepest.fit(features, target, l1=0.2, standardize=False)
    known = Lasso(alpha=0.1, tol=1e-15, max_iter=10**6).fit(features, target)
    assert [*fit.coefficients.values()] == pytest.approx(known.coef_.tolist(), abs=1e-10)
    assert fit.intercept == pytest.approx(known.intercept_, abs=1e-10)
    assert fit.verdict.kind == "converged"
    assert fit.epochs <= 2


def test_positive_coefficients_are_those_of_nonnegative_least_squares() -> None:
    from scipy.optimize import nnls

    rng = np.random.default_rng(8)
    features = rng.normal(size=(50, 6))
    target = features @ [1.0, -1.0, 2.0, -0.5, 0.0, 0.3] + rng.normal(size=50)
    fit = steepest.fit(features, target, positive=True, intercept=False, standardize=False)
    assert [*fit.coefficients.values()] == pytest.approx(nnls(features, target)[0].tolist())


@pytest.mark.parametrize(
    ("formula", "start", "place"),
    [
        ("x^2 - 4x + 5", 7, [2.0]),
        ("rosenbrock", (-1.2, 1), [1.0, 1.0]),
        ("log(1 + exp(x)) - 0.3 x", 5, [np.log(0.3 / 0.7)]),
        # A saddle lies at 0, and at (0, 1) the gradient leads straight to it.
        ("x^4 - 2 x^2 + y^2", (0.01, 1), [1.0, 0.0]),
        ("x^4 - 2 x^2 + y^2", (0, 1), [1.0, 0.0]),
        ("sin(x)", 2.0, [1.5 * np.pi]),
    ],
)
def test_functions_are_minimised_past_their_saddles(
    formula: str, start: object, place: list[float]
) -> None:
    run = steepest.minimize(formula, start=start, optimizer="newton")
    assert run.verdict.kind == "converged"
    assert [*np.abs(run.last.parameters)] == pytest.approx(np.abs(place).tolist(), abs=1e-9)


def test_one_step_leads_to_the_minimum_of_a_quadratic() -> None:
    run = steepest.minimize("3 x^2 + x y + 2 y^2 - 4 x", start=(50, -80), optimizer="newton")
    # 6x + y = 4, x + 4y = 0
    assert [*run.at(1).parameters] == pytest.approx([16 / 23, -4 / 23], rel=1e-12)


def test_a_direction_does_not_depend_on_units() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(9, 4))
    hessian, gradient = rows.T @ rows, rng.normal(size=4)
    units = 2.0 ** np.array([0.0, 40.0, -40.0, 7.0])
    plain = newton_direction(gradient, hessian, convex=True)
    scaled = newton_direction(gradient * units, hessian * np.outer(units, units), convex=True)
    assert (scaled * units).tolist() == plain.tolist()
    assert np.abs(hessian @ plain + gradient).max() < 1e-12


def test_the_minimum_of_a_model_fulfils_its_conditions() -> None:
    """Of random models with L1 and bounds: 0 lies in the slope's range, parameter by parameter."""
    rng = np.random.default_rng(3)
    for _ in range(50):
        rows = rng.normal(size=(12, 8))
        hessian, gradient = rows.T @ rows, 6.0 * rng.normal(size=8)
        strengths = np.where(rng.random(8) < 0.7, rng.exponential(4.0, 8), 0.0)
        lower = np.where(rng.random(8) < 0.4, 0.0, -np.inf)
        upper = np.where(rng.random(8) < 0.3, 0.5, np.inf)
        start = np.clip(rng.normal(size=8), lower, upper)
        z = model_minimum(start, gradient, hessian, strengths, lower, upper)
        slope = gradient + hessian @ (z - start)
        least = np.where(z > 0.0, slope + strengths, slope - strengths)
        most = np.where(z < 0.0, slope - strengths, slope + strengths)
        assert ((z >= lower) & (z <= upper)).all()
        assert ((least <= 1e-9) | (z <= lower)).all()
        assert ((most >= -1e-9) | (z >= upper)).all()


def test_a_prescribed_way_is_walked_as_told() -> None:
    features, drawn = targets(1)
    labels = drawn["logistic"].astype(int)
    for prescribed in ({"lr": 0.1, "epochs": 5}, {"epochs": 5}, {"batch_size": 30, "epochs": 2}):
        fit = steepest.fit(features, labels, loss="logistic", **prescribed)
        assert fit.plan.optimizer.name == "SGD"
    assert steepest.fit(features, labels, loss="logistic").plan.optimizer.name == "Newton"


def test_newton_takes_no_mini_batches() -> None:
    with pytest.raises(steepest.InputError, match="needs the curvature of all rows at each step"):
        steepest.fit([1, 2, 3], [2, 4, 7], optimizer="newton", batch_size=1, lr=0.1)


def test_the_last_point_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step looks at the rows once; verdict and digits take what the last step knows."""
    points: list[list[float]] = []
    measured = LinearProblem._second_order

    def counted(self: LinearProblem, parameters: Floats) -> SecondOrder:
        points.append(parameters.tolist())
        return measured(self, parameters)

    monkeypatch.setattr(LinearProblem, "_second_order", counted)
    features, drawn = targets(1)
    fit = steepest.fit(features, drawn["logistic"].astype(int), loss="logistic")
    assert fit.verdict.kind == "converged" and fit.digits
    assert len(points) == len({tuple(point) for point in points}) == fit.epochs + 1


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("apart", [1e-6, 1e-7, 1e-8])
@pytest.mark.parametrize("name", ["gamma", "tweedie", "logistic", "huber"])
def test_columns_that_nearly_cancel_hide_no_fall(name: str, apart: float, reduction: Any) -> None:
    """What the terms of the predictors round is more than the last steps gain: the run arrives all
    the same. The objective is that of the independent columns that span the same predictors.
    """
    for seed in range(3):
        rng = np.random.default_rng(seed)
        x, new, other = rng.normal(size=(3, 300))
        eta = 0.4 + 0.3 * x - 0.2 * other
        target = {
            "gamma": np.exp(eta) * rng.gamma(2.0, 0.5, 300),
            "tweedie": np.exp(eta) * rng.gamma(2.0, 0.5, 300) * (rng.random(300) < 0.7),
            "logistic": (rng.random(300) < 1.0 / (1.0 + np.exp(-eta))).astype(float),
            "huber": eta + rng.standard_t(3, 300),
        }[name]
        near = np.column_stack([x, x + apart * new, other])
        found = steepest.fit(near, target, loss=name, reduction=reduction)
        far = np.column_stack([x, (near[:, 1] - x) / apart, other])
        same = steepest.fit(far, target, loss=name, reduction=reduction)
        assert found.verdict.kind == same.verdict.kind == "converged"
        assert found.objective == pytest.approx(same.objective, rel=1e-11 + 5e-18 / apart)


@pytest.mark.parametrize("name", ["huber", "log-cosh", "logistic", "poisson", "gamma", "squared"])
def test_dependent_columns_within_bounds_have_one_answer(name: str) -> None:
    """Of the minima on a stretch the one without the later column, which is that of the others."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        a, b, other = rng.normal(size=(3, 80))
        a, b = a.round(2), b.round(2)
        eta = 0.5 * a + 0.4 * b + 0.2 * other
        target = {
            "logistic": (rng.random(80) < 1.0 / (1.0 + np.exp(-eta))).astype(float),
            "poisson": rng.poisson(np.exp(eta)).astype(float),
            "gamma": np.exp(eta) * rng.gamma(2.0, 0.5, 80),
        }.get(name, eta + 0.5 * rng.standard_t(3, 80))
        both = np.column_stack([a, b, a + b, other])
        found = steepest.fit(both, target, loss=name, positive=True)
        alone = steepest.fit(both[:, [0, 1, 3]], target, loss=name, positive=True)
        assert found.verdict.kind == alone.verdict.kind == "converged"
        kept = [found.coefficients[each] for each in ("x1", "x2", "x4")]
        assert found.coefficients["x3"] == 0.0
        assert kept == pytest.approx(list(alone.coefficients.values()), rel=1e-8, abs=1e-12)
        assert found.digits is not None and min(found.digits.values()) > 8.0


@pytest.mark.parametrize("apart", [1e-4, 1e-6, 1e-7, 1e-9])
def test_columns_that_are_nearly_dependent_within_bounds(apart: float) -> None:
    for seed in range(4):
        rng = np.random.default_rng(seed)
        a, b, other, new, noise = rng.normal(size=(5, 80))
        features = np.column_stack([a, b, a + b + apart * new, other])
        target = 0.5 * a + 0.4 * b + 0.2 * other + 0.5 * noise
        found = steepest.fit(features, target, positive=True)
        best, length = nnls(features - features.mean(axis=0), target - target.mean())
        assert found.rmse == pytest.approx(length / np.sqrt(80.0), rel=1e-12)
        assert list(found.coefficients.values()) == pytest.approx(best, abs=1e-6)
