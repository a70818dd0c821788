"""Certificates against minima that are known to more digits than float64 has."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import steepest

Wide = NDArray[Any]
Derivatives = Callable[[Wide, Wide], tuple[Wide, Wide]]
ROWS = 120


def _logistic(eta: Wide, y: Wide) -> tuple[Wide, Wide]:
    p = 1.0 / (1.0 + np.exp(-eta))
    return p - y, p * (1.0 - p)


def _poisson(eta: Wide, y: Wide) -> tuple[Wide, Wide]:
    return np.exp(eta) - y, np.exp(eta)


def _gamma(eta: Wide, y: Wide) -> tuple[Wide, Wide]:
    return 1.0 - y * np.exp(-eta), y * np.exp(-eta)


def _log_cosh(eta: Wide, y: Wide) -> tuple[Wide, Wide]:
    return np.tanh(eta - y), 1.0 - np.tanh(eta - y) ** 2


def _huber(eta: Wide, y: Wide) -> tuple[Wide, Wide]:
    return np.clip(eta - y, -1.35, 1.35), (np.abs(eta - y) <= 1.35).astype(np.longdouble)


def _squared(eta: Wide, y: Wide) -> tuple[Wide, Wide]:
    return 2.0 * (eta - y), np.full_like(eta, 2.0)


def _tweedie(eta: Wide, y: Wide) -> tuple[Wide, Wide]:
    rising, falling = np.exp(0.5 * eta), y * np.exp(-0.5 * eta)
    return rising - falling, 0.5 * (rising + falling)


LOSSES: dict[str, Derivatives] = {
    "squared": _squared,
    "tweedie:1.5": _tweedie,
    "logistic": _logistic,
    "poisson": _poisson,
    "gamma": _gamma,
    "log-cosh": _log_cosh,
    "huber": _huber,
}


def problem(name: str, seed: int, scale: float, offset: float) -> tuple[NDArray[np.float64], ...]:
    """Features, of that scale and offset, and a target."""
    rng = np.random.default_rng(seed)
    plain = rng.normal(size=(ROWS, 3))
    eta = plain @ [0.6, -0.5, 0.3] + 0.2
    target = {
        "logistic": (rng.random(ROWS) < 1.0 / (1.0 + np.exp(-eta))).astype(float),
        "poisson": rng.poisson(np.exp(eta)).astype(float),
        "gamma": rng.gamma(2.0, np.exp(eta) / 2.0),
        "log-cosh": eta + rng.standard_t(3, ROWS),
        "huber": eta + rng.standard_t(2, ROWS),
        "squared": 10.0 ** rng.uniform(-6.0, 6.0) * (eta + rng.normal(size=ROWS)),
        "tweedie:1.5": rng.gamma(rng.poisson(2.0 * np.exp(0.5 * eta)) + 1e-300, np.exp(0.5 * eta)),
    }[name]
    return scale * (plain + offset), target


def minimum(
    features: NDArray[np.float64],
    target: NDArray[np.float64],
    derivatives: Derivatives,
    start: NDArray[np.float64] | None = None,
) -> tuple[Wide, NDArray[np.float64]]:
    """Coefficients and intercept by Newton's method in 80 bits, and their standard errors; from a
    `start` in whole steps, so that what is near a minimum goes there, and nothing else does."""
    wide, y = features.astype(np.longdouble), target.astype(np.longdouble)
    centre, spread = wide.mean(axis=0), wide.std(axis=0)
    design = np.column_stack([(wide - centre) / spread, np.ones(len(y), dtype=np.longdouble)])
    theta = np.zeros(design.shape[1], dtype=np.longdouble)
    if start is not None:
        slopes = start[:-1].astype(np.longdouble)
        theta = np.append(slopes * spread, start[-1] + centre @ slopes)
    for _ in range(200 if start is None else 20):
        slope, curvature = derivatives(design @ theta, y)
        hessian = (design.T @ (curvature[:, None] * design)).astype(np.float64)
        step = np.linalg.solve(hessian, (design.T @ slope).astype(np.float64))
        theta = theta - step * (min(1.0, 1.0 / np.abs(step).max()) if start is None else 1.0)
    slope, curvature = derivatives(design @ theta, y)
    scale = 1.0 if derivatives in (_logistic, _poisson) else (slope**2).sum() / curvature.sum()
    change = np.diag(np.append(1.0 / spread, 1.0)).astype(np.float64)
    change[-1, :-1] = -(centre / spread).astype(np.float64)
    covariance = change @ np.linalg.inv(hessian) @ change.T * float(scale)
    slopes = theta[:-1] / spread
    return np.append(slopes, theta[-1] - centre @ slopes), np.sqrt(np.diag(covariance))


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("name", LOSSES)
def test_converged_is_said_within_a_millionth_of_a_standard_error(name: str, seed: int) -> None:
    """At scales of 1e-6 to 1e6 (of squared loss the target's too) and offsets of up to 1e3 of the
    features' spread; digits are true to a third of one."""
    rng = np.random.default_rng(100 + seed)
    scale, offset = 10.0 ** rng.uniform(-6, 6), rng.choice([0.0, 1.0, 1e3])
    features, target = problem(name, seed, scale, offset)
    loss = "huber:1.35" if name == "huber" else name
    fit = steepest.fit(features, target.astype(int) if name == "logistic" else target, loss=loss)
    # Of squared loss a whole step leads to the minimum from anywhere.
    start = np.zeros(4) if name == "squared" else None
    known, errors = minimum(features, target, LOSSES[name], start)
    ours = np.array([*fit.coefficients.values(), fit.intercept])
    gaps = np.abs(ours - known).astype(np.float64)
    assert fit.verdict.kind == "converged"
    assert (gaps <= 1e-6 * errors).all()
    assert fit.digits is not None
    true = -np.log10(np.maximum(gaps / np.abs(known).astype(np.float64), 1e-16))
    assert (np.array([*fit.digits.values()]) <= true + 0.3).all()


# Squared loss in closed form says which directions are still on their way.
@pytest.mark.parametrize("name", [name for name in LOSSES if name != "squared"])
def test_a_run_that_stopped_early_is_told_how_far_it_has_to_go(name: str) -> None:
    features, target = problem(name, 3, 1.0, 0.0)
    loss = "huber:1.35" if name == "huber" else name
    labels = target.astype(int) if name == "logistic" else target
    fit = steepest.fit(features, labels, loss=loss, optimizer="sgd", tolerance=1e-7)
    known, errors = minimum(features, target, LOSSES[name])
    ours = np.array([*fit.coefficients.values(), fit.intercept])
    left = (np.abs(ours - known) / errors).max()
    assert left > 1e-6
    assert fit.verdict.kind == "plateau"
    told = next(each for each in fit.verdict.reasons if each.kind == "left to go")
    assert told.values["errors"] == pytest.approx(float(left), rel=0.02)


@pytest.mark.parametrize("name", LOSSES)
def test_a_column_in_other_units_changes_no_verdict_and_no_digit(name: str) -> None:
    features, target = problem(name, 4, 1.0, 1.0)
    loss = "huber:1.35" if name == "huber" else name
    labels = target.astype(int) if name == "logistic" else target
    plain = steepest.fit(features, labels, loss=loss)
    scaled = steepest.fit(features * [2.0**20, 1.0, 1.0], labels, loss=loss)
    assert scaled.verdict.kind == plain.verdict.kind == "converged"
    assert scaled.coefficients["x1"] * 2.0**20 == plain.coefficients["x1"]
    assert scaled.digits == plain.digits


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("name", ["huber", "log-cosh"])
def test_targets_of_any_scale_and_offset(name: str, seed: int) -> None:
    """Residuals of 1e-6 to 1e6 of where the loss turns straight, offsets of up to 1e6 of them."""
    rng = np.random.default_rng(300 + seed)
    features, target = problem(name, seed, 10.0 ** rng.uniform(-6, 6), 0.0)
    scale = 10.0 ** rng.uniform(-6, 6)
    target = scale * (target + rng.choice([0.0, 1.0]) * 10.0 ** rng.uniform(0, 6))
    fit = steepest.fit(features, target, loss="huber:1.35" if name == "huber" else name)
    ours = np.array([*fit.coefficients.values(), fit.intercept])
    known, errors = minimum(features, target, LOSSES[name], ours)
    gaps = np.abs(ours - known).astype(np.float64)
    assert fit.verdict.kind == "converged"
    assert (gaps <= 1e-6 * errors).all()
    assert fit.digits is not None
    true = -np.log10(np.maximum(gaps / np.abs(known).astype(np.float64), 1e-16))
    assert (np.array([*fit.digits.values()]) <= true + 0.3).all()


def test_a_minimum_that_is_not_the_only_one_has_no_digits() -> None:
    """Of groups of two rows that are further apart than the bend, any value between is as good."""
    fit = steepest.fit([0.0, 0.0, 1.0, 1.0], [0.0, 1e4, 0.0, 3e4], loss="huber:1")
    assert fit.verdict.kind == "converged"
    assert fit.digits is not None and min(fit.digits.values()) == 0.0


@pytest.mark.parametrize("distance", [1e-4, 1e-7, 3e-8])
@pytest.mark.parametrize("loss", ["logistic", "poisson"])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_columns_nearly_alike(loss: Any, distance: float, reduction: Any) -> None:
    """Against Newton's method on the same rows in coordinates that part the columns: their mean and
    their difference, which float64 has exactly.
    """
    rng = np.random.default_rng(0)
    x = rng.standard_normal(150)
    rows = np.column_stack([x, x + distance * rng.standard_normal(150), rng.standard_normal(150)])
    chance = 1.0 / (1.0 + np.exp(rows[:, 2] - x))
    target = rng.poisson(np.exp(0.5 * x)) if loss == "poisson" else rng.random(150) < chance
    parted = np.column_stack([x, (rows[:, 1] - x) / distance, rows[:, 2], np.ones(150)])
    known = np.zeros(4)
    for _ in range(30):
        mean = np.exp(parted @ known)
        mean = mean if loss == "poisson" else mean / (1.0 + mean)
        weights = mean if loss == "poisson" else mean * (1.0 - mean)
        products = (parted.T * weights) @ parted
        known = known + np.linalg.solve(products, parted.T @ (target - mean))
    second = known[1] / distance
    exact = [known[0] - second, second, known[2], known[3]]
    labels = np.asarray(target, dtype=np.float64)
    found = steepest.fit(rows, labels, loss=loss, reduction=reduction)
    assert found.verdict.kind == "converged" and found.digits is not None
    off = np.abs(found.step.parameters - exact) / np.abs(exact)
    stated = np.array(list(found.digits.values()))
    assert stated.min() > 4.0
    # The parted coordinates are right to about 1e-16 / distance themselves.
    assert (off <= 10.0 ** (0.3 - stated) + 1e-15 / distance).all()


@pytest.mark.parametrize("optimizer", ["newton", "sgd"])
def test_newtons_method_is_not_advised_where_it_was_taken(optimizer: Any) -> None:
    features, target = problem("poisson", 0, 1.0, 0.0)
    rate: dict[str, Any] = {"lr": 0.01} if optimizer == "sgd" else {}
    fit = steepest.fit(
        features, target, loss="poisson", optimizer=optimizer, tolerance=0.01, **rate
    )
    assert fit.verdict.kind == "plateau"
    assert ("Newton's method" in str(fit.verdict)) == (optimizer == "sgd")


@pytest.mark.parametrize("factor", [2.0**20, 2.0**-20])
@pytest.mark.parametrize(
    ("loss", "options"),
    [
        ("squared", {}),
        ("squared", {"l1": 0.05}),
        ("squared", {"positive": True}),
        ("absolute", {}),
        ("quantile:0.9", {}),
        ("huber", {"positive": True}),
        ("logistic", {}),
        ("logistic", {"l1": 0.02}),
        ("hinge", {}),
        ("squared-hinge", {}),
        ("separable", {}),
        ("multinomial", {}),
    ],
)
def test_units_change_no_verdict(loss: Any, options: dict[str, Any], factor: float) -> None:
    """Of any loss, penalty and end: a power of two is exact, and so is what follows."""
    rng = np.random.default_rng(5)
    features = rng.normal([0.0, 3.0, -1.0], size=(90, 3))
    eta = features @ [1.0, -0.5, 0.25]
    targets = {
        "separable": (eta > eta.mean()).astype(int),
        "multinomial": rng.integers(0, 3, 90),
    }
    classes = (rng.random(90) < 1.0 / (1.0 + np.exp(-eta))).astype(int)
    number = eta + rng.standard_t(3, 90)
    target = targets.get(loss, classes if "hinge" in loss or loss == "logistic" else number)
    name = "logistic" if loss == "separable" else loss
    plain = steepest.fit(features, target, loss=name, **options)
    scaled = steepest.fit(features * [1.0, factor, 1.0], target, loss=name, **options)
    assert scaled.verdict.kind == plain.verdict.kind
    assert plain.verdict.kind == ("no minimum" if loss == "separable" else "converged")
    assert scaled.objective == pytest.approx(plain.objective, rel=1e-13, abs=1e-13)


LINE = np.random.default_rng(5).normal(size=(80, 3)) @ [[1.0, 0.0, 0.9], [0, 3, 0], [0, 0, 0.4]]
HEIGHT = 2.0 + LINE @ [1.0, -0.5, 0.25] + np.random.default_rng(6).normal(size=80)
WAYS: dict[str, dict[str, Any]] = {
    "closed form": {},
    "closed form, its own rate": {"lr": 0.05},
    "momentum": {"optimizer": "sgd", "momentum": 0.9, "lr": 0.01},
    "raw": {"standardize": False},
    "falling rate": {"lr": "exponential:0.2,gamma=0.999"},
    "Adam": {"optimizer": "adam", "lr": 0.02},
    "Newton": {"optimizer": "newton"},
}


def _table(door: str) -> object:
    import polars

    rows = {"a": LINE[:, 0], "b": LINE[:, 1], "c": LINE[:, 2], "y": HEIGHT}
    return polars.LazyFrame(rows) if door == "engine" else rows


@pytest.mark.parametrize("door", ["memory", "engine"])
@pytest.mark.parametrize("way", WAYS)
def test_squared_loss_has_converged_where_the_certificate_holds(way: str, door: str) -> None:
    """Whatever rule ended the run: the minimum by NumPy, and its standard errors."""
    x = np.column_stack([LINE, np.ones(80)])
    least, squares = np.linalg.lstsq(x, HEIGHT)[:2]
    errors = np.sqrt(squares[0] / 80 * np.linalg.inv(x.T @ x).diagonal())
    ends: list[dict[str, Any]] = [{"tolerance": 10.0**-k} for k in (1, 3, 6, 9, 12)]
    ends += [{"stopping": steepest.Stopping(gradient_tolerance=10.0**-k)} for k in (1, 4, 9)]
    for end in ends if door == "memory" else ends[3:6]:
        fit = steepest.fit(_table(door), "y", **WAYS[way], **end)
        left = np.abs((fit.step.parameters - least) / errors).max()
        assert (fit.verdict.kind == "converged") == (left <= 1e-6), (end, left, fit.verdict)


def test_weight_decay_comes_to_rest_beside_the_minimum() -> None:
    decay = steepest.optimizers.SGD(weight_decay=0.1)
    verdict = steepest.fit(LINE, HEIGHT, optimizer=decay, lr=0.1).verdict
    assert verdict.kind == "plateau"
    assert verdict.reason.startswith(
        "The steps have come to rest where the gradient and the weight"
    )
    assert "of its standard errors" in verdict.reason


@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_newton_goes_to_a_quadratics_minimum_in_one_step(ridge: float) -> None:
    fit = steepest.fit(LINE, HEIGHT, optimizer="newton", ridge=ridge)
    same = steepest.fit(LINE, HEIGHT, ridge=ridge)
    assert (fit.epochs, fit.verdict.kind, fit.learning_rate) == (1, "converged", 1.0)
    assert fit.step.parameters == pytest.approx(same.step.parameters, rel=1e-12)


@pytest.mark.parametrize("name", ["logistic", "poisson", "gamma", "log-cosh"])
def test_a_spread_of_few_roundings_is_known_exactly(name: str) -> None:
    """Its mean is rounded by a thousandth of it: a penalty still weighs the spread."""
    rng = np.random.default_rng(2)
    near = rng.integers(-300, 300, 40) * 2.0**-23
    eta = near / near.std()
    target = {
        "logistic": (rng.random(40) < 1.0 / (1.0 + np.exp(-eta))).astype(float),
        "poisson": rng.poisson(np.exp(eta)).astype(float),
        "gamma": np.exp(eta) * rng.gamma(2.0, size=40),
        "log-cosh": eta + rng.normal(size=40),
    }[name]
    far = steepest.fit(near[:, None] + 1e9, target, loss=name, ridge=0.5)
    same = steepest.fit(near[:, None], target, loss=name, ridge=0.5)
    assert far.verdict.kind == same.verdict.kind == "converged"
    assert far.coefficients["x"] == pytest.approx(same.coefficients["x"], rel=1e-11)
    assert far.objective == pytest.approx(same.objective, rel=1e-12)


def test_a_bound_that_rounding_alone_enforces_is_not_certified() -> None:
    """The column lies 4e7 of its spreads from 0, and is not standardised: beside the intercept its
    curvature is below rounding, while its slope says that it wants to leave the bound.
    """
    rng = np.random.default_rng(4)
    x = 1e9 + rng.normal(size=(120, 1)) * 24.0
    y = 100.0 + 0.005 * (x[:, 0] - 1e9) + 1e-3 * rng.normal(size=120)
    fit = steepest.fit(x, y, loss="log-cosh", positive=True, standardize=False)
    near = abs(fit.coefficients["x"] - 0.005) < 1e-5
    assert near or fit.verdict.kind == "plateau"


def test_parameters_that_are_next_to_nothing_are_a_minimum_with_ridge() -> None:
    """Mean count 1: the intercept is log 1 = 0, and the coefficient that ridge leaves is 1e-7."""
    x = np.array([0.0, 0, 0, 1, 1, 1]) * 1e-6
    fit = steepest.fit(x, [0, 1, 2, 0, 2, 1], loss="poisson", ridge=10.0, standardize=False)
    assert fit.verdict.kind == "converged"
    assert abs(fit.intercept) < 1e-6


def test_separation_is_found_in_any_units() -> None:
    """A group of counts that are all 0, in a column of a millionth, beside one of a million."""
    rng = np.random.default_rng(8)
    group, other = np.arange(24) % 2, rng.normal(size=24)
    counts = rng.poisson(3.0, 24) * group
    x = np.column_stack([group * 1e-6, 1e6 + other])
    fit = steepest.fit(x, counts, loss="poisson", standardize=False)
    assert fit.verdict.kind == "no minimum"
    assert "along x1 the objective" in fit.verdict.reason
